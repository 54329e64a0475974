"""A worker, seen from the parent: its messages, its standard error, how it ended."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import messages
from .children import GRACE_SECONDS, Child, start
from .ending import GARBLED, describe_death
from .slot import Slot, SlotState
from .worker import Job

STDERR_LINES = 100
STDERR_LINE_BYTES = 2000
"""How much of the end of a line is kept."""

_STATUS = re.compile(rb"cov: (\d+) ft: \d+ corp: (\d+)/")
_CHATTER = re.compile(
    rb"#\d+\s|INFO: |WARNING: Failed to find|SUMMARY: |MS: |artifact_prefix=|Base64: |0x|\\"
)
"""libFuzzer's own output, and its copy of the input, which the slot has anyway."""


@dataclass(frozen=True, slots=True)
class Death:
    """A worker ended without reporting that it was done."""

    how: str
    """``SIGSEGV``, ``exit 3``, or ``timeout`` if the parent ended it for that."""
    state: SlotState
    stderr: str
    """The last lines of its output."""
    ready: bool
    """Whether it had begun; otherwise it ended while it loaded the encoder."""
    recent: list[bytes]
    """The inputs of its last executions, the last one first."""

    @property
    def timed_out(self) -> bool:
        """Return whether the parent ended it because an execution took too long."""
        return self.how == TIMED_OUT


TIMED_OUT = "timeout"


class WorkerProcess:
    """One running worker."""

    def __init__(self, job: Job, scratch: Path, timeout: float, seeds: Sequence[bytes]) -> None:
        """Start it; ``seeds`` are the seeds of the job, as bytes."""
        self._timeout = timeout
        self.seeds = seeds
        self._scratch = scratch
        self._since = time.monotonic()
        self.slot = Slot(scratch / "slot", create=True)
        job_file = scratch / "job.json"
        job.write(job_file)
        self._child: Child = start(
            "capnsafe_fuzz.campaign.worker", [str(job_file)], scratch, keep_stderr=True
        )
        self._messages = messages.LineBuffer()
        self._open = {self._child.says, self._child.stderr}
        self._partial = b""
        self._lines: deque[bytes] = deque(maxlen=STDERR_LINES)
        self.coverage: int | None = None
        self.corpus: int | None = None
        self.ready = False
        """It has imported what it needs, and begins."""
        self.done = False
        """It said that it has run all it was asked to run."""
        self._done_at = 0.0
        self._garbled = False

    def pump(self, seconds: float) -> Iterator[messages.Message]:
        """Yield the messages that arrive within some time."""
        ended = self._child.process.poll() is not None
        ready, _, _ = select.select(list(self._open), [], [], 0 if ended else seconds)
        if ended and self._child.says not in ready:
            # All its messages are read. A process that it started may keep the pipe open.
            self._open.discard(self._child.says)
        if self._child.stderr in ready:
            self._read_stderr()
        if self._child.says in ready:
            data = os.read(self._child.says, 1 << 16)
            if not data:
                self._open.discard(self._child.says)
            try:
                for message in self._messages.feed(data):
                    kind = messages.kind_from_worker(message)
                    self.ready |= kind == "ready"
                    if kind == "done":
                        self.done, self._done_at = True, time.monotonic()
                    yield message
            except messages.GarbledError:
                self._garbled = True
                self._child.kill()
                self._open.discard(self._child.says)

    def answer(self, message: messages.Message) -> None:
        """Send the reply that it waits for."""
        try:
            messages.send(self._child.hears, message)
        except BrokenPipeError:
            return  # it died while it waited; that shows at the next look

    @property
    def age(self) -> float:
        """Return the seconds since it was started."""
        return time.monotonic() - self._since

    @property
    def gone(self) -> bool:
        """Return whether it can send nothing more."""
        return self._child.says not in self._open

    @property
    def lingers(self) -> bool:
        """Return whether it is done, but something keeps it from ending, such as a thread."""
        return self.done and time.monotonic() - self._done_at > GRACE_SECONDS

    @property
    def overdue(self) -> bool:
        """Return whether the present execution takes too long."""
        started = self.slot.read().started
        return bool(started) and time.monotonic_ns() - started > self._timeout * 1e9

    def death(self, *, timed_out: bool = False) -> Death:
        """Return how it ended. Kill it if it has not, because it is overdue."""
        if timed_out:
            self._child.kill()
        try:
            code = self._child.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            # It closed its pipes, and goes on.
            timed_out, code = True, self._child.kill()
        # Processes that it started end with it; otherwise they would keep its standard error open.
        self._child.kill_started()
        until = time.monotonic() + GRACE_SECONDS
        while self._child.stderr in self._open and time.monotonic() < until:
            if select.select([self._child.stderr], [], [], 0.1)[0]:
                self._read_stderr()
        stderr = b"\n".join(self._lines).decode(errors="replace")
        how = TIMED_OUT if timed_out else GARBLED if self._garbled else describe_death(code, stderr)
        return Death(how, self.slot.read(), stderr, self.ready, self.slot.recent())

    def failure_at_the_end(self) -> str | None:
        """Return how it failed after its work was done: ``SIGSEGV``; None if it did not."""
        try:
            code = self._child.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            return None  # a thread keeps it, say
        return describe_death(code) if code else None

    def close(self) -> None:
        """End it, and remove its files: a slot is large."""
        self._child.close()
        self.slot.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _read_stderr(self) -> None:
        data = os.read(self._child.stderr, 1 << 16)
        if not data:
            self._open.discard(self._child.stderr)
        *lines, self._partial = (self._partial + data).split(b"\n")
        # A line may never end.
        self._partial = self._partial[-STDERR_LINE_BYTES:]
        for line in lines:
            status = _STATUS.search(line)
            if status:
                self.coverage, self.corpus = int(status[1]), int(status[2])
            elif not _CHATTER.match(line):
                self._lines.append(line[-STDERR_LINE_BYTES:])
