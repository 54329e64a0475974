"""The worker process: runs the scenarios of an engine, and reports new facts to the parent.

Started as ``python -m capnsafe_fuzz.campaign.worker JOB REPORTS ANSWERS``: a job file, a descriptor
to write messages to, and one to read replies from. It owns nothing: whatever happens to it, the
parent knows the present input from the slot, and everything reported before.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import traceback
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..engines import Cell, EndOfRun, Hunt, engines
from ..ownership import own_blocks
from ..targets import measure
from . import messages
from .ending import (
    end_out_of_memory,
    ignore_terminal_signals,
    limit_memory,
    memory_is_spent,
    no_core_dumps,
    tell_exits,
)
from .failures import MOST_TOLD, error_of_the_user, told_in_a_sentence, told_with_cause
from .slot import Slot
from .supervisor import supervise
from .targets import (
    UnknownNameError,
    find_encoder,
    find_target,
    is_of_the_user,
    loaded_code,
)

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder
    from ..execution import Verdict
    from ..targets import Input, Target

COSTLY_EVERY = 16
"""The costly oracles are asked once in so many executions, and on every new situation."""


@dataclass(frozen=True, slots=True)
class Job:
    """The task of a worker."""

    parent: int
    target: str
    encoder: str
    engine: str
    packages: tuple[str, ...]
    """Top-level packages with the encoder's code, for engines that instrument."""
    memory: str | None
    """The only honest memory for scenarios; None leaves them their own."""
    seed: int
    runs: int | None
    """Executions, including the seeds, after which to end; None runs until told to stop."""
    memory_limit: int | None
    load_seconds: float
    """Seconds that the import of a user's encoder may take."""
    scratch: str
    seeds: tuple[str, ...]
    """Initial inputs, in hexadecimal, in order."""
    sizes: dict[str, tuple[int, ...] | None]
    """Known groups: the sizes of the scenarios kept."""

    def write(self, path: Path) -> None:
        """Write the job file."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Job:
        """Read a job file."""
        data = json.loads(path.read_text())
        data["packages"] = tuple(data["packages"])
        data["seeds"] = tuple(data["seeds"])
        data["sizes"] = {g: tuple(s) if s else None for g, s in data["sizes"].items()}
        return cls(**data)


class Worker:
    """Runs inputs, one at a time."""

    def __init__(
        self, job: Job, target: Target, encoder: Encoder, slot: Slot, reports: int, answers: int
    ) -> None:
        self._job = job
        self._target = target
        self._encoder = encoder
        self._slot = slot
        self._reports = reports
        self._answers = os.fdopen(answers, "rb")
        self._process = os.getpid()
        self._executions = 0
        self._fired = 0
        self._fallbacks = 0
        self._seen: set[Cell] = set()
        self._sizes = dict(job.sizes)
        self._tries: dict[str, int] = {}
        self._seeds_left = {bytes.fromhex(seed) for seed in job.seeds}
        slot.note_seeds_left(len(self._seeds_left))

    def execute(self, data: bytes) -> Collection[Cell]:
        """Run one input.

        Raises:
            EndOfRun: Enough inputs were run.
        """
        self._end_if_enough()
        try:
            scenario = self._scenario(data)
            costly = self._executions % COSTLY_EVERY == 0
            verdict = self._run(scenario, data, costly)
            if not self._seen.issuperset(verdict.situations):
                self._report_situations(verdict, scenario)
                if not costly and not self._enough:
                    self._run(scenario, data, costly=True)
        except EndOfRun:
            raise
        except Exception as error:
            if isinstance(error, MemoryError) or memory_is_spent():
                # If an encoder leaves no stack or memory, the harness fails next.
                end_out_of_memory()
            self._report_broken(error, data)
            raise EndOfRun from None
        self._end_if_enough()
        return verdict.situations

    def note_fallback(self) -> None:
        """Count a mutation that failed."""
        self._fallbacks += 1
        self._slot.note_fallbacks(self._fallbacks)

    @property
    def _enough(self) -> bool:
        runs = self._job.runs
        return (runs is not None and self._executions >= runs) or self._slot.stopping

    def _end_if_enough(self) -> None:
        if self._enough:
            messages.send(self._reports, {"kind": "done", "executions": self._executions})
            raise EndOfRun

    def _scenario(self, data: bytes) -> Input:
        return self._target.over_memory(self._target.decode(data), self._job.memory)

    def _run(self, scenario: Input, data: bytes, costly: bool) -> Verdict:
        self._executions += 1
        self._slot.begin(self._executions, data)
        if data in self._seeds_left:
            self._seeds_left.discard(data)
            self._slot.note_seeds_left(len(self._seeds_left))
        verdict = self._target.run(scenario, self._encoder, costly)
        if os.getpid() != self._process:
            # The encoder forked, and returned twice.
            os._exit(0)
        self._fired += verdict.faults_fired
        self._slot.finished(self._fired)
        if verdict.violations:
            self._report_violations(verdict, scenario)
        return verdict

    def _report_situations(self, verdict: Verdict, scenario: Input) -> None:
        new = sorted(verdict.situations - self._seen)
        self._seen.update(new)
        messages.send(
            self._reports,
            {
                "kind": "situations",
                "execution": self._executions,
                "cells": new,
                "data": self._target.encode(scenario).hex(),
            },
        )

    def _report_violations(self, verdict: Verdict, scenario: Input) -> None:
        size = measure(self._target, scenario)
        worth = [v for v in verdict.violations if self._worth_telling(v.group, size)]
        if not worth:
            return
        messages.send(
            self._reports,
            {
                "kind": "violation",
                "execution": self._executions,
                "violations": [messages.violation_to_json(v) for v in worth],
                "data": self._target.encode(scenario).hex(),
            },
        )
        answer = messages.receive(self._answers)
        if answer is None:
            os._exit(1)
        for group, kept in answer["sizes"].items():
            self._sizes[group] = tuple(kept) if kept else None

    def _worth_telling(self, group: str, size: tuple[int, ...]) -> bool:
        self._tries[group] = self._tries.get(group, 0) + 1
        kept = self._sizes.get(group)
        if kept is not None:
            # The judge asks more oracles, and may split this group into two. So a group is reported
            # again at every power of two.
            return size < kept or self._tries[group].bit_count() == 1
        # It may be a different mistake each time: an unconfirmed report mutes nothing.
        return True

    def _report_broken(self, error: Exception, data: bytes) -> None:
        of_the_user = error_of_the_user(error)
        messages.send(
            self._reports,
            {
                "kind": "broken",
                "error": told_with_cause(of_the_user) if of_the_user else told_in_a_sentence(error),
                "of_the_user": of_the_user is not None,
                "traceback": "".join(traceback.format_exception(error))[-MOST_TOLD:],
                "data": data.hex(),
            },
        )


def main(arguments: list[str]) -> None:
    """Do the job, and end."""
    job = Job.read(Path(arguments[0]))
    reports, answers = int(arguments[1]), int(arguments[2])
    supervise(job.parent)
    ignore_terminal_signals()
    no_core_dumps()
    own_blocks()
    # The output of an encoder belongs with its errors.
    os.dup2(2, 1)
    faulthandler.enable()
    tell_exits(2)
    limit_memory(job.memory_limit)
    engine = engines()[job.engine]
    early = [name for name in job.packages if name in sys.modules]
    if early:
        raise AssertionError(f"{', '.join(early)} was imported before it could be instrumented")
    if is_of_the_user(job.encoder):
        faulthandler.dump_traceback_later(job.load_seconds, exit=True)
    process = os.getpid()
    try:
        with engine.instrument(job.packages):
            encoder = find_encoder(job.encoder)
    except UnknownNameError as error:
        told = {"error": str(error), "of_the_user": True, "traceback": "", "data": ""}
        messages.send(reports, {"kind": "broken"} | told)
        return
    target = find_target(job.target)
    faulthandler.cancel_dump_traceback_later()
    if os.getpid() != process:
        # The encoder's module forked, and this is the second process.
        os._exit(0)
    scratch = Path(job.scratch)
    slot = Slot(scratch / "slot")
    worker = Worker(job, target, encoder, slot, reports, answers)
    code = loaded_code(job.packages)
    messages.send(reports, {"kind": "ready", "python": sys.version.split()[0], "code": code})
    seeds = [bytes.fromhex(seed) for seed in job.seeds]
    engine.hunt(Hunt(seeds, job.seed, scratch, worker.execute, worker.note_fallback, target))


if __name__ == "__main__":
    main(sys.argv[1:])
