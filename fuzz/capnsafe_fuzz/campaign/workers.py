"""Worker processes, seen from the parent: their messages, their standard error, how they ended."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from . import messages
from .children import GRACE_SECONDS, Child, start
from .ending import GARBLED, describe_death, place_in, timed_out
from .failures import EnvironmentFailedError, UsageError, sentence
from .pool import TIMED_OUT, Ended
from .shards import Job, Shard
from .slot import RECENT, Slot, SlotState
from .targets import is_of_the_user
from .worker import KILL, SHARD_FILE, SLOT_FILE

STDERR_LINES = 100
STDERR_LINE_BYTES = 2000
"""How much of the end of a line is kept."""
STARTUP_SECONDS = 120.0
"""Seconds that a worker has for its imports, and to begin the first execution of a shard."""
MOST_UNREAD_BYTES: Final = 8 << 20
"""The bytes of messages of a shard that may wait to be judged; then its worker has to wait, too."""

MESSAGE_BYTES: Final = 1000
"""The approximate size of a short message."""

_STATUS = re.compile(rb"cov: (\d+) ft: \d+ corp: \d+/")
_CHATTER = re.compile(
    rb"#\d+\s|INFO: |WARNING: Failed to find|SUMMARY: |MS: |artifact_prefix=|Base64: |0x|\\"
)
"""libFuzzer's own output, and its copy of the input, which the slot has anyway."""


class LocalRun:
    """A shard that runs in a process of this machine, or will run, or has run."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.messages: deque[messages.Message] = deque()
        self.ended: Ended | None = None
        self.coverage: int | None = None
        self.slot: Slot | None = None
        self.unread = 0
        self._tells = False

    def take(self) -> messages.Message:
        """Return the next message, which is then read."""
        message = self.messages.popleft()
        self.unread -= _size(message)
        return message

    def put(self, message: messages.Message) -> None:
        """Note a message of the worker."""
        self.messages.append(message)
        self.unread += _size(message)
        self._tells |= message["kind"] == "violation"

    def state(self) -> SlotState:
        """Return the counts at this moment."""
        if self.ended is not None:
            return self.ended.state
        return SlotState.nothing() if self.slot is None else self.slot.read()

    def recent(self, most: int = RECENT, *, until: int | None = None) -> list[bytes]:
        """Return the inputs of the last executions, as ``Slot.recent`` does."""
        if self.slot is not None:
            return self.slot.recent(most, until=until)
        return [] if self.ended is None else self.ended.before(most, until)

    def end(self, how: str | None, stderr: str, *, done: bool) -> None:
        """Note that it has ended."""
        state, recent = SlotState.nothing(), []
        if self.slot is not None:
            state = self.slot.read()
            if not done or self._tells or state.seeds_left:
                recent = self.slot.recent()
            self.slot.close()
            self.slot = None
        self.ended = Ended(how, state, stderr, done, recent)


class WorkerProcess:
    """One worker process, and the shard that it runs."""

    def __init__(self, job: Job, scratch: Path) -> None:
        """Start it; ``scratch`` is a new folder of its own."""
        self._job = job
        self._scratch = scratch
        self._since = time.monotonic()
        scratch.mkdir()
        job_file = scratch / "job.json"
        job.write(job_file)
        try:
            self._child: Child = start(
                "capnsafe_fuzz.campaign.worker",
                [str(job_file), str(os.getpid())],
                scratch,
                keep_stderr=True,
            )
        except OSError as error:
            raise EnvironmentFailedError(
                f"a worker cannot be started: {sentence(error)}"
            ) from error
        self._messages = messages.LineBuffer()
        self._open = {self._child.says, self._child.stderr}
        self._partial = b""
        self._lines: deque[bytes] = deque(maxlen=STDERR_LINES)
        self.code: Mapping[str, str] | None = None
        """The digests of the encoder's files; None until the imports are done."""
        self._forks = False
        self._number = 0
        self._run: LocalRun | None = None
        self._done_at: float | None = None
        self._killed: str | None = None
        """Why the process of the shard was killed, if it was."""
        self._killed_at = 0.0
        self.closed = False

    # Shards

    @property
    def idle(self) -> bool:
        """Return whether it can begin with a shard."""
        return not self.closed and self.code is not None and self._run is None

    def begin(self, run: LocalRun) -> None:
        """Begin with a shard."""
        self._number += 1
        folder = self._scratch / f"shard-{self._number:08}"
        try:
            folder.mkdir()
            run.shard.write(folder / SHARD_FILE)
            run.slot = Slot(folder / SLOT_FILE, create=True)
        except OSError as error:
            raise EnvironmentFailedError(
                f"a worker cannot be started: {sentence(error)}"
            ) from error
        self._lines.clear()
        self._done_at = self._killed = None
        self._since = time.monotonic()
        self._run = run
        self._request(self._number)

    def stop(self) -> None:
        """Ask it to end the shard after the present execution."""
        if self._run is not None and self._run.slot is not None:
            self._run.slot.stop()

    def _request(self, number: int) -> None:
        try:
            os.write(self._child.hears, b"%08d\n" % number)
        except BrokenPipeError:
            return  # it died; that shows at the next look

    def _end_run(self, how: str | None) -> None:
        """Note how the shard ended, and remove its files: a slot is large."""
        run, self._run = self._run, None
        if run is None:
            return
        self._drain_stderr()
        done = self._done_at is not None
        run.end(how, self._stderr, done=done)
        shutil.rmtree(self._scratch / f"shard-{self._number:08}", ignore_errors=True)

    # Messages

    @property
    def descriptors(self) -> Iterable[int]:
        """Return the descriptors to wait for."""
        if self._run is not None and self._run.unread > MOST_UNREAD_BYTES:
            return self._open - {self._child.says}
        return self._open

    def pump(self, ready: Iterable[int]) -> None:
        """Read the messages at the ``ready`` descriptors, and enforce deadlines."""
        ended = self._child.process.poll() is not None
        if self._child.stderr in ready:
            self._read_stderr()
        if self._child.says in ready and self._child.says in self._open:
            self._read_messages()
        elif ended and self._child.says in self.descriptors and not _readable(self._child.says):
            # All its messages are read. A process that it started may keep the pipe open.
            self._open.discard(self._child.says)
        if self._child.says not in self._open:
            self._gone()
        elif self.code is None:
            if time.monotonic() - self._since > STARTUP_SECONDS:
                raise EnvironmentFailedError(
                    f"a worker was not ready after {STARTUP_SECONDS:g} seconds"
                )
        elif self._run is not None:
            self._look_after(self._run)

    def _read_messages(self) -> None:
        data = os.read(self._child.says, 1 << 16)
        if not data:
            self._open.discard(self._child.says)
        try:
            for message in self._messages.feed(data):
                self._hear(message)
        except messages.GarbledError:
            self._killed = GARBLED
            self._child.kill()
            self._open.discard(self._child.says)

    def _hear(self, message: messages.Message) -> None:
        kind = messages.kind_from_worker(message)
        if kind == "ready":
            self.code, self._forks = dict(message["code"]), bool(message["forks"])
        elif kind == "ended":
            code = int(message["code"])
            self._end_run(self._how(code))
        elif self._run is not None:
            if kind == "done":
                self._done_at = time.monotonic()
            else:
                self._run.put(message)
        elif kind == "broken":
            raise UsageError(message["error"])

    def _how(self, code: int) -> str | None:
        """Return how the process of a shard failed; None if it did not."""
        if self._done_at is not None:
            # If something keeps it from ending, such as a thread, it was killed.
            return describe_death(code) if code and not self._killed else None
        self._drain_stderr()
        return self._killed or describe_death(code, self._stderr)

    @property
    def _stderr(self) -> str:
        return b"\n".join(self._lines).decode(errors="replace")

    def _look_after(self, run: LocalRun) -> None:
        """Kill the process of a shard that takes too long, or that does not end."""
        now = time.monotonic()
        if self._killed is not None:
            if now - self._killed_at > GRACE_SECONDS:
                self._child.kill()
            return
        state = run.state()
        if not state.executions and now - self._since > STARTUP_SECONDS:
            raise EnvironmentFailedError(
                f"a worker did not begin an execution within {STARTUP_SECONDS:g} seconds"
            )
        if state.running and time.monotonic_ns() - state.started > self._job.timeout * 1e9:
            self._killed = TIMED_OUT
        elif self._done_at is not None and now - self._done_at > GRACE_SECONDS:
            self._killed = "it did not end"
        if self._killed is not None:
            self._killed_at = now
            if self._forks:
                self._request(KILL)
            else:
                self._child.kill()

    def _gone(self) -> None:
        """Note that the process has ended, or closed its pipes."""
        try:
            code = self._child.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            # It closed its pipes, and goes on.
            self._killed, code = self._killed or TIMED_OUT, self._child.kill()
        # Processes that it started end with it; otherwise they would keep its standard error open.
        self._child.kill_started()
        until = time.monotonic() + GRACE_SECONDS
        while self._child.stderr in self._open and time.monotonic() < until:
            if _readable(self._child.stderr, 0.1):
                self._read_stderr()
        if self.code is None:
            stderr = self._stderr
            self.close()
            raise _not_loaded(self._job, describe_death(code, stderr), stderr)
        self._end_run(self._how(code))
        self.close()

    def close(self) -> None:
        """End it, and remove its files. A shard that has not ended ends with its last report."""
        if self.closed:
            return
        self.closed = True
        self._child.close()
        if self._run is not None:
            self._done_at = self._done_at or time.monotonic()
            self._open.clear()
            self._end_run(None)
        shutil.rmtree(self._scratch, ignore_errors=True)

    # Standard error

    def _drain_stderr(self) -> None:
        """Read the rest: the process of the shard has written everything before it ended."""
        while self._open and self._child.stderr in self._open and _readable(self._child.stderr):
            self._read_stderr()

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
                if self._run is not None:
                    self._run.coverage = int(status[1])
            elif not _CHATTER.match(line):
                self._lines.append(line[-STDERR_LINE_BYTES:])


def _readable(descriptor: int, seconds: float = 0.0) -> bool:
    return bool(select.select([descriptor], [], [], seconds)[0])


def _size(message: messages.Message) -> int:
    """Return the approximate size of a message in bytes."""
    details = (len(violation["detail"]) for violation in message.get("violations", ()))
    return len(message.get("data", "")) + sum(details) + MESSAGE_BYTES


def _not_loaded(job: Job, how: str, stderr: str) -> Exception:
    """Return the failure of a worker that ended before it was ready."""
    if is_of_the_user(job.encoder):
        why = f"it ended a worker ({how})"
        if any(map(timed_out, stderr.splitlines())):
            why = f"a worker took longer than {job.load_seconds:g} seconds"
        return UsageError(f"the encoder {job.encoder!r} cannot be loaded: {why}{place_in(stderr)}")
    last = stderr.strip().rpartition("\n")[2]
    return EnvironmentFailedError(
        f"a worker ended outside any execution ({how})" + (f": {last}" if last else "")
    )
