"""The parent's interface to the measuring process, which runs inputs of a corpus again."""

from __future__ import annotations

import os
import select
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..engines import Cell
from ..ownership import OwnedFolder
from ..targets import Input, Sequence
from . import messages
from .children import GRACE_SECONDS, Child, compile_packages, start
from .ending import describe_death
from .failures import EnvironmentFailedError, HarnessFailedError, UsageError
from .judge import SECONDS_PER_INPUT
from .measurer import MeasureJob
from .targets import LOAD_SECONDS, encoder_packages, find_target

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

STARTUP_SECONDS = LOAD_SECONDS + 60.0
"""How long a measuring process may take for its imports."""
SAVE_SECONDS = 120.0
"""How long it may take to write the data of coverage.py."""
SAVED_EVERY = 500
"""Inputs after which the data of coverage.py is written, in case a later one ends the process."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The places and situations that an input reached."""

    places: tuple[str, ...] = ()
    """The places that no input before it reached, in the order of their names."""
    situations: tuple[Cell, ...] = ()
    """All situations that it reached, sorted."""
    groups: tuple[str, ...] = ()
    """The groups of the promises that it broke."""
    died: str | None = None
    """How it ended its process, or that it never ended; then nothing else is known."""


class Measure:
    """Run inputs on an encoder, and report the places and situations that are new with each."""

    def __init__(
        self,
        encoder: str,
        *,
        timeout: float,
        memory_limit: int | None,
        packages: tuple[str, ...] | None = None,
        coverage: bool = False,
    ) -> None:
        """Start nothing yet.

        ``packages`` are those whose code is watched; by default the encoder's. With ``coverage``,
        coverage.py records that code, and no places are reported.
        """
        self._encoder = encoder
        self._timeout = timeout
        self._memory_limit = memory_limit
        self._packages = encoder_packages(encoder) if packages is None else packages
        self._coverage = coverage
        self._folder: OwnedFolder | None = None
        self._child: Child | None = None
        self._lines = messages.LineBuffer()
        self._seen: set[str] = set()
        self._unsaved: list[messages.Message] = []
        self.coverage_files: list[Path] = []
        """The files of coverage.py's data, one for each process; they end with this object."""

    def run(self, target: str, scenario: Input) -> Measured:
        """Run an input of this target.

        Raises:
            CampaignError: The encoder cannot be loaded, or the harness failed.
        """
        request = {"target": target, "text": find_target(target).print(scenario)}
        seconds = self._timeout
        if isinstance(scenario, Sequence):
            seconds += SECONDS_PER_INPUT * len(scenario.inputs)
        reply = self._ask(request, seconds)
        if "died" in reply:
            self._restart()
            return Measured(died=reply["died"])
        if self._coverage:
            self._unsaved.append(request)
            if len(self._unsaved) >= SAVED_EVERY:
                self.save()
        places = tuple(one for one in reply["places"] if one not in self._seen)
        self._seen.update(places)
        situations = tuple(
            (str(verb), str(fault), str(end)) for verb, fault, end in reply["situations"]
        )
        return Measured(places, situations, tuple(reply["groups"]))

    def save(self) -> None:
        """Write the data of coverage.py."""
        reply = self._ask({"save": True}, SAVE_SECONDS)
        if "saved" not in reply:
            raise EnvironmentFailedError(
                f"the data of coverage.py could not be written: {reply.get('died')}"
            )
        self._unsaved.clear()

    def _restart(self) -> None:
        """Run again, in another process, the inputs whose coverage ended with the last one."""
        lost, self._unsaved = self._unsaved, []
        for request in lost:
            # One that dies now has done so because of others before it.
            if "died" not in self._ask(request, self._timeout):
                self._unsaved.append(request)

    def _ask(self, request: messages.Message, seconds: float) -> messages.Message:
        """Send a request to the process, which is started if there is none; return its reply."""
        if self._child is None:
            self._begin()
        assert self._child is not None
        try:
            messages.send(self._child.hears, request)
        except BrokenPipeError:
            return self._end(None)
        reply = self._reply(seconds)
        if "broken" in reply:
            failed = UsageError if reply.get("of_the_user") else HarnessFailedError
            raise failed(str(reply["broken"]))
        return reply

    def _begin(self) -> None:
        compile_packages()
        if self._folder is None:
            self._folder = OwnedFolder()
        number = len(self.coverage_files)
        data = self._folder.path / f"coverage-{number}"
        job = MeasureJob(
            os.getpid(),
            self._encoder,
            self._packages,
            self._memory_limit,
            str(data) if self._coverage else None,
        )
        path = self._folder.path / "job"
        job.write(path)
        self._lines = messages.LineBuffer()
        self._child = start(
            f"{__package__}.measurer", [str(path)], self._folder.path, keep_stderr=False
        )
        self.coverage_files.append(data)
        reply = self._reply(STARTUP_SECONDS)
        if "died" in reply:
            raise UsageError(
                f"the encoder {self._encoder!r} cannot be loaded: it ended the process "
                f"({reply['died']})"
            )
        if "broken" in reply:
            raise UsageError(reply["broken"])

    def _reply(self, seconds: float) -> messages.Message:
        """Return the next message of the process; if it dies or is too slow, that it died."""
        child = self._child
        assert child is not None
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not select.select([child.says], [], [], left)[0]:
                continue
            data = os.read(child.says, 65536)
            if not data:
                return self._end(None)
            try:
                for message in self._lines.feed(data):
                    if message.keys() & {"places", "saved", "ready", "broken"}:
                        return message
                    return self._end("it wrote into the harness's pipes")
            except messages.GarbledError:
                return self._end("it wrote into the harness's pipes")
        return self._end(f"not done after {seconds:g} seconds")

    def _end(self, how: str | None) -> messages.Message:
        child, self._child = self._child, None
        assert child is not None
        if how is None:
            with suppress(subprocess.TimeoutExpired):
                # Its pipes close a little before it has ended.
                child.process.wait(GRACE_SECONDS)
            how = describe_death(child.kill())
        child.close()
        return {"died": how}

    def __enter__(self) -> Measure:
        """Start nothing before the first input."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process, and remove its files."""
        if self._child is not None:
            self._child.close()
            self._child = None
        if self._folder is not None:
            self._folder.close()
            self._folder = None
