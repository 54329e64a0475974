"""The worker process: runs the scenarios of an engine, and reports new facts to the parent.

Started as ``python -m capnsafe_fuzz.campaign.worker JOB PARENT REPORTS REQUESTS``: a job file, the
parent's process id, a descriptor to write messages to, and one to read requests from. It owns
nothing: whatever happens to it, the parent knows the present input from the slot, and everything
reported before.

Loading and instrumenting an encoder takes about a second, and a shard must not depend on the shards
before it. So this process loads the encoder, and then forks for each shard. All forks are alike:
between two shards, this process does the same few things with the same memory, and each fork begins
with a collection of garbage. A process with threads or children of its own cannot be copied that
way. Then it runs one shard itself, and the parent starts another process for the next one.

A request is the number of a shard, in eight digits and a newline. The folder ``shard-NUMBER``
beside the job file has the fields and the slot of the shard. The request ``00000000`` asks to
kill the present fork.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import select
import signal
import sys
import threading
import traceback
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..engines import Cell, EndOfRun, Engine, Hunt, engines
from ..ownership import VARIABLE, blocks_of, own_blocks, remove_blocks
from ..targets import measure
from . import messages
from .ending import (
    adopt_orphans,
    children_of_this_process,
    end_children,
    end_out_of_memory,
    end_with_parent,
    ignore_terminal_signals,
    limit_memory,
    memory_is_spent,
    no_core_dumps,
    tell_exits,
)
from .failures import MOST_TOLD, error_of_the_user, told_in_a_sentence, told_with_cause
from .features import Features
from .shards import Job, Shard
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
"""One of so many executions is judged by the costly oracles, and so is each new situation."""
REQUEST_BYTES = 9
"""The length of a request."""
SHARD_FILE = "shard.json"
SLOT_FILE = "slot"
"""The files in the folder of a shard."""
KILL = 0
"""The request that asks to kill the present fork."""
POLL_SECONDS = 0.05
"""How often to look whether a fork has ended, where the system has no descriptor for that."""


class Worker:
    """Runs inputs, one at a time."""

    def __init__(
        self, job: Job, shard: Shard, target: Target, encoder: Encoder, slot: Slot, reports: int
    ) -> None:
        self._memory = job.memory
        self._runs = shard.runs
        self._target = target
        self._encoder = encoder
        self._slot = slot
        self._reports = reports
        self._process = os.getpid()
        self._executions = 0
        self._fired = 0
        self._fallbacks = 0
        self._seen: set[Cell] = set(shard.known)
        self._features = Features(encoder, shard.covered)
        #: The features that the present input reached first, and that are not reported yet.
        self._new_features: list[int] = []
        self._covers_new = False
        self._sizes = dict(shard.sizes)
        self._tries: dict[str, int] = {}
        self._seeds_left = set(shard.seeds)
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
            self._covers_new = False
            verdict = self._run(scenario, data, costly)
            new = verdict.situations - self._seen
            self._report_news(new, scenario)
            if new and not costly and not self._enough:
                self._run(scenario, data, costly=True)
                self._report_news((), scenario)
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

    def covers_new(self) -> bool:
        """Return whether the last input reached code of the encoder that none did before."""
        return self._covers_new

    def note_fallback(self) -> None:
        """Count a mutation that failed."""
        self._fallbacks += 1
        self._slot.note_fallbacks(self._fallbacks)

    @property
    def _enough(self) -> bool:
        return self._executions >= self._runs or self._slot.stopping

    def _end_if_enough(self) -> None:
        if self._enough:
            self._send({"kind": "done"})
            raise EndOfRun

    def _send(self, message: messages.Message) -> None:
        """Send a message, with the counts at this moment."""
        counts = {
            "execution": self._executions,
            "fired": self._fired,
            "fallbacks": self._fallbacks,
        }
        messages.send(self._reports, message | counts)

    def _scenario(self, data: bytes) -> Input:
        return self._target.over_memory(self._target.decode(data), self._memory)

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
        self._new_features += self._features.take_new()
        self._fired += verdict.faults_fired
        self._slot.finished(self._fired)
        if verdict.violations:
            self._report_violations(verdict, scenario)
        return verdict

    def _report_news(self, cells: Collection[Cell], scenario: Input) -> None:
        """Report an input that reached new situations or new features."""
        features, self._new_features = self._new_features, []
        if not cells and not features:
            return
        self._covers_new |= bool(features)
        self._seen.update(cells)
        news = {"kind": "news", "cells": sorted(cells), "features": features}
        self._send(news | {"data": self._target.encode(scenario).hex()})

    def _report_violations(self, verdict: Verdict, scenario: Input) -> None:
        size = measure(self._target, scenario)
        tries = {v.group: self._count(v.group) for v in verdict.violations}
        worth = [v for v in verdict.violations if worth_judging(self._sizes, v.group, size, tries)]
        if worth:
            self._send(
                {
                    "kind": "violation",
                    "violations": [messages.violation_to_json(v) for v in worth],
                    "size": size,
                    "tries": {v.group: tries[v.group] for v in worth},
                    "data": self._target.encode(scenario).hex(),
                }
            )

    def _count(self, group: str) -> int:
        self._tries[group] = self._tries.get(group, 0) + 1
        return self._tries[group]

    def _report_broken(self, error: Exception, data: bytes) -> None:
        of_the_user = error_of_the_user(error)
        self._send(
            {
                "kind": "broken",
                "error": told_with_cause(of_the_user) if of_the_user else told_in_a_sentence(error),
                "of_the_user": of_the_user is not None,
                "traceback": "".join(traceback.format_exception(error))[-MOST_TOLD:],
                "data": data.hex(),
            }
        )


def worth_judging(
    sizes: Mapping[str, tuple[int, ...] | None],
    group: str,
    size: tuple[int, ...],
    tries: Mapping[str, int],
) -> bool:
    """Return whether an input that fired should be judged.

    ``sizes`` are those of the scenarios kept, ``size`` is that of the input, and ``tries`` counts
    the inputs of each group. An unconfirmed report mutes nothing, because it may be a different
    mistake each time.
    """
    kept = sizes.get(group)
    if kept is not None:
        # The judge asks more oracles, and may split this group into two. So a group is reported
        # again at every power of two.
        return size < kept or tries[group].bit_count() == 1
    return True


def main(arguments: list[str]) -> None:
    """Load the encoder, and run shards until there are no more."""
    job_file = Path(arguments[0])
    job = Job.read(job_file)
    parent, reports, requests = map(int, arguments[1:])
    supervise(parent)
    ignore_terminal_signals()
    no_core_dumps()
    adopt_orphans()
    own_blocks()
    # The output of an encoder belongs with its errors.
    os.dup2(2, 1)
    faulthandler.enable()
    tell_exits(2)
    limit_memory(job.memory_limit)
    engine = engines()[job.engine]
    if is_of_the_user(job.encoder):
        faulthandler.dump_traceback_later(job.load_seconds, exit=True)
    process = os.getpid()
    early = [name for name in job.packages if name in sys.modules]
    if early:
        raise AssertionError(f"{', '.join(early)} was imported before it could be instrumented")
    try:
        with engine.instrument(job.packages):
            encoder = find_encoder(job.encoder)
            target = find_target(job.target)
            target.prepare(encoder)
    except UnknownNameError as error:
        told = {"error": str(error), "of_the_user": True, "traceback": "", "data": ""}
        messages.send(reports, {"kind": "broken"} | told)
        return
    faulthandler.cancel_dump_traceback_later()
    if os.getpid() != process:
        # The encoder's module forked, and this is the second process.
        os._exit(0)
    code = loaded_code(job.packages)
    # The watchdog of faulthandler, which has ended, was a thread.
    alone = not children_of_this_process() and threading.active_count() == 1
    messages.send(reports, {"kind": "ready", "code": code, "forks": alone})
    number = _next_shard(reports, requests) if alone else int(os.read(requests, REQUEST_BYTES) or 0)
    if number:
        _run(job, job_file.parent / f"shard-{number:08}", target, encoder, engine, reports)


def _next_shard(reports: int, requests: int) -> int:
    """Fork for each request; return its number in the fork, and 0 when there are no more."""
    # A collection in a fork would write to every page that it shares with this process.
    gc.freeze()
    process = os.getpid()
    number = 0
    while True:
        # The first fork does nothing: it leaves this process with the memory of all later ones.
        child = os.fork()
        if child == 0:
            end_with_parent(process)
            if not number:
                os._exit(0)
            os.close(requests)
            return number
        # While the first fork runs, the request for the first shard may arrive. It must not kill.
        code = _wait(child, requests if number else None)
        end_children()
        remove_blocks(blocks_of(os.environ.get(VARIABLE, ""), child))
        if number:
            os.write(reports, b'{"kind": "ended", "code": %4d}\n' % code)
        number = KILL
        while number == KILL:
            request = os.read(requests, REQUEST_BYTES)
            if not request:
                return 0
            number = int(request)


def _wait(child: int, kills: int | None) -> int:
    """Wait until a fork has ended; return its exit code.

    Kill the fork if a request arrives at the descriptor ``kills``. No other request may arrive
    there until the fork has ended.
    """
    descriptor = os.pidfd_open(child) if hasattr(os, "pidfd_open") else None
    waiting = [one for one in (kills, descriptor) if one is not None]
    try:
        while True:
            ready = select.select(waiting, [], [], POLL_SECONDS if descriptor is None else None)[0]
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            if kills in ready:
                if not os.read(kills, REQUEST_BYTES):
                    waiting.remove(kills)
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _run(
    job: Job, folder: Path, target: Target, encoder: Encoder, engine: Engine, reports: int
) -> None:
    """Run one shard in this process."""
    gc.collect()
    tell_exits(2)
    shard = Shard.read(folder / SHARD_FILE)
    slot = Slot(folder / SLOT_FILE)
    worker = Worker(job, shard, target, encoder, slot, reports)
    engine.hunt(
        Hunt(
            shard.seeds, shard.seed, folder, worker.execute, worker.note_fallback, target,
            kept=shard.kept, known=shard.known, runs=shard.runs, covers_new=worker.covers_new,
        )
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
