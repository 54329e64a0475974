"""The measuring process: run inputs again, and report the code that each reaches.

Started as ``python -m capnsafe_fuzz.campaign.measurer JOB REPLIES REQUESTS``: a job file, a
descriptor to write messages to, and one to read requests from. The first message is ``ready``: the
encoder is imported. A request is one of

- ``{"target", "text"}``: run this input. The reply has ``places``, those that no input of this
  process reached before; ``situations``, all that it reached; and ``groups``, those in which it
  breaks a promise.
- ``{"save": true}``: write the data that coverage.py has recorded so far. The reply is
  ``{"saved": true}``.

``broken`` in a reply says that the harness failed, or, with ``of_the_user``, that code of the user
cannot be loaded or made.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..ownership import own_blocks
from . import messages
from .ending import ignore_terminal_signals, limit_memory, no_core_dumps, tell_exits
from .failures import error_of_the_user, told_in_a_sentence, told_with_cause
from .supervisor import supervise
from .targets import UnknownNameError, find_encoder, find_target
from .watch import watch

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder


@dataclass(frozen=True, slots=True)
class MeasureJob:
    """The task of a measuring process."""

    parent: int
    encoder: str
    packages: tuple[str, ...]
    """The top-level packages whose code is watched."""
    memory_limit: int | None
    """In megabytes."""
    coverage_file: str | None
    """The file for coverage.py's data; None reports places instead."""

    def write(self, path: Path) -> None:
        """Write the job file."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> MeasureJob:
        """Read a job file."""
        data = json.loads(path.read_text())
        data["packages"] = tuple(data["packages"])
        return cls(**data)


class _Measurer:
    def __init__(self, encoder: Encoder, places: Callable[[], list[str]]) -> None:
        self._encoder = encoder
        self._places = places

    def run(self, target_name: str, text: str) -> messages.Message:
        target = find_target(target_name)
        scenario = target.parse(text)
        self._places()
        verdict = target.run(scenario, self._encoder, False)
        # Run this input's finalizers now, so that their effects are not measured for a later input.
        gc.collect()
        return {
            "places": sorted(self._places()),
            "situations": sorted(map(list, verdict.situations)),
            "groups": sorted({one.group for one in verdict.violations}),
        }


def main(arguments: list[str]) -> None:
    """Serve requests until there are no more."""
    job = MeasureJob.read(Path(arguments[0]))
    replies, requests = int(arguments[1]), int(arguments[2])
    supervise(job.parent)
    ignore_terminal_signals()
    no_core_dumps()
    own_blocks()
    # The output of an encoder belongs with its errors.
    os.dup2(2, 1)
    faulthandler.enable()
    tell_exits(2)
    limit_memory(job.memory_limit)
    save: Callable[[], None] | None = None
    if job.coverage_file is not None:
        from .code_coverage import record_coverage

        save = record_coverage(job.packages, Path(job.coverage_file))
    process = os.getpid()
    try:
        encoder = find_encoder(job.encoder)
    except UnknownNameError as error:
        messages.send(replies, {"broken": str(error), "of_the_user": True})
        return
    if os.getpid() != process:
        # The encoder's module forked, and this is the second process.
        os._exit(0)
    places: Callable[[], list[str]] = list
    if job.coverage_file is None:
        places = watch(job.packages).take
    measurer = _Measurer(encoder, places)
    # Garbage is collected after each input and at no other time, so that finalizers run at the same
    # place whatever ran before. The collector need not look at objects that exist by now.
    gc.collect()
    gc.freeze()
    gc.disable()
    messages.send(replies, {"ready": True})
    with os.fdopen(requests, "rb") as file:
        while (request := messages.receive(file)) is not None:
            if "save" in request:
                if save is not None:
                    save()
                messages.send(replies, {"saved": True})
                continue
            try:
                reply = measurer.run(request["target"], request["text"])
            except Exception as error:
                of_the_user = error_of_the_user(error)
                told = told_with_cause(of_the_user) if of_the_user else told_in_a_sentence(error)
                reply = {"broken": told, "of_the_user": of_the_user is not None}
            if os.getpid() != process:
                # The encoder forked, and returned twice.
                os._exit(0)
            messages.send(replies, reply)
    # Without finalizers: those of the user's code may do anything.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
