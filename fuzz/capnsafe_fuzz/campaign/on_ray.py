"""A pool of workers on a Ray cluster, for campaigns that need more than one machine.

An actor of Ray is one place: it runs one worker on some node, as the pool of this machine does, and
returns the whole report of a shard when the shard has ended. The package must be installed on each
node in the same version, with everything that the encoder needs.

Actors and nodes may disappear at any time. The shard that ran there runs again elsewhere, from its
begin, and gives the same report. Ray itself restarts nothing. If the driver disappears, Ray ends
the actors, and ``--resume`` goes on from the driver's state.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..ownership import OwnedFolder
from .children import compile_packages
from .failures import EnvironmentFailedError, UsageError
from .local import LocalPool
from .messages import Message
from .pool import Ended
from .shards import Job, Shard
from .slot import RECENT, SlotState

POLL_SECONDS: Final = 0.1
MOST_LOSSES: Final = 20
"""After so many places were lost without any report between, the cluster is unusable."""
WAITING_SECONDS: Final = 300.0
"""How long to wait for the first place, in seconds: a cluster may have to start a node."""


@dataclass(frozen=True, slots=True)
class ShardReport:
    """Everything that a shard reported."""

    messages: list[Message]
    ended: Ended
    coverage: int | None
    codes: list[Mapping[str, str]]


class RayPlace:
    """One worker on a node; an actor of Ray."""

    def __init__(self, job: Job, path: Sequence[str]) -> None:
        """Prepare the node; ``path`` is the import path of the driver."""
        sys.path += [folder for folder in path if folder not in sys.path]
        compile_packages()
        self._folder = OwnedFolder()
        self._pool = LocalPool(job, 1, self._folder.path)
        self._stopping = False

    def ready(self) -> None:
        """Return as soon as there is a node for it."""

    def stop(self) -> None:
        """Ask the present shard to end."""
        self._stopping = True

    def run(self, shard: Shard) -> ShardReport | UsageError | EnvironmentFailedError:
        """Run a shard; return its report, or the reason why it cannot run here."""
        run = self._pool.submit(shard)
        messages: list[Message] = []
        try:
            while run.ended is None or run.messages:
                if self._stopping:
                    self._pool.stop()
                if run.ended is None:
                    self._pool.pump(POLL_SECONDS)
                while run.messages:
                    messages.append(run.take())
        except (UsageError, EnvironmentFailedError) as error:
            return error
        return ShardReport(messages, run.ended, run.coverage, self._pool.codes())


class RayRun:
    """A shard that runs in an actor."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.messages: deque[Message] = deque()
        self.ended: Ended | None = None
        self.coverage: int | None = None

    def take(self) -> Message:
        """Return the next message, and remove it."""
        return self.messages.popleft()

    def state(self) -> SlotState:
        """Return the counts; they are known when the shard has ended."""
        return SlotState.nothing() if self.ended is None else self.ended.state

    def recent(self, most: int = RECENT, *, until: int | None = None) -> list[bytes]:
        """Return the inputs of the last executions."""
        return [] if self.ended is None else self.ended.before(most, until)

    def end(self, report: ShardReport) -> None:
        """Note the report."""
        self.messages.extend(report.messages)
        self.coverage = report.coverage
        self.ended = report.ended

    def drop(self) -> None:
        """Note that it did not run, because the campaign ends."""
        self.ended = Ended(None, SlotState.nothing(), "", True, [])


@dataclass(eq=False, slots=True)
class _Actor:
    """An actor, seen from the driver."""

    actor: Any
    reference: Any
    """The reply that is awaited; None if it is idle."""
    run: RayRun | None = None
    """The shard that it runs; None while it is awaited or idle."""


class RayPool:
    """Up to ``jobs`` actors on a cluster."""

    def __init__(self, job: Job, jobs: int, address: str | None) -> None:
        """Connect to the cluster at ``address``; None starts one on this machine.

        Raises:
            EnvironmentFailedError: There is no such cluster.
        """
        if address is None:
            # Ray reads it when it is imported: its processes listen on 127.0.0.1 only.
            os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        import ray

        self._ray = ray
        self._owner = not ray.is_initialized()
        if self._owner:
            # A cluster on one machine need not be reachable from others.
            local: dict[str, Any] = {
                "num_cpus": jobs, "include_dashboard": False, "_node_ip_address": "127.0.0.1",
            }  # fmt: skip
            try:
                ray.init(
                    address=address or "local",
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                    **({} if address else local),
                )
            except (OSError, ValueError, RuntimeError) as error:
                where = f"the Ray cluster at {address}" if address else "a Ray cluster"
                raise EnvironmentFailedError(f"{where} cannot be used: {error}") from error
        self._job = job
        self._jobs = jobs
        self._kind = ray.remote(RayPlace)
        self._path = [folder or os.getcwd() for folder in sys.path]
        self._waiting: deque[RayRun] = deque()
        self._places: list[_Actor] = []
        self._codes: list[Mapping[str, str]] = []
        self._losses = 0
        self._stopping = False
        self._since = time.monotonic()
        self.began = False

    def submit(self, shard: Shard, *, first: bool = False) -> RayRun:
        """Run a shard as soon as an actor is free."""
        run = RayRun(shard)
        if first:
            self._waiting.appendleft(run)
        else:
            self._waiting.append(run)
        return run

    def pump(self, seconds: float) -> None:
        """Wait for reports, and begin with shards where an actor is free."""
        self._begin()
        awaited = {place.reference: place for place in self._places if place.reference is not None}
        if not awaited:
            time.sleep(seconds)
            return
        ready, _ = self._ray.wait(list(awaited), num_returns=1, timeout=max(seconds, 0.001))
        for reference in ready:
            self._hear(awaited[reference])
        if not self.began and time.monotonic() - self._since > WAITING_SECONDS:
            raise EnvironmentFailedError(
                f"the Ray cluster had no free CPU in {WAITING_SECONDS:g} seconds"
            )
        self._begin()

    def _begin(self) -> None:
        for place in self._places:
            if place.reference is None and self._waiting:
                place.run = self._waiting.popleft()
                place.reference = place.actor.run.remote(place.run.shard)
        wanted = sum(place.run is None for place in self._places)
        while len(self._places) < self._jobs and wanted < len(self._waiting):
            # Two calls at a time: one runs a shard, and another one stops it.
            actor = self._kind.options(num_cpus=1, max_restarts=0, max_concurrency=2).remote(
                self._job, self._path
            )
            self._places.append(_Actor(actor, actor.ready.remote()))
            wanted += 1

    def _hear(self, place: _Actor) -> None:
        """Note a report, or that a place was lost."""
        try:
            reply = self._ray.get(place.reference)
        except self._ray.exceptions.RayError as error:
            self._lose(place, error)
            return
        place.reference, run = None, place.run
        self.began = True
        self._losses = 0
        if run is None:
            return
        place.run = None
        if isinstance(reply, Exception):
            raise reply
        self._codes += reply.codes
        run.end(reply)

    def _lose(self, place: _Actor, error: Exception) -> None:
        """Let the shard of a lost place run again."""
        self._places.remove(place)
        self._losses += 1
        if self._losses > MOST_LOSSES:
            raise EnvironmentFailedError(
                f"{self._losses} workers on the Ray cluster were lost, one after the other: "
                f"{str(error).splitlines()[0]}"
            ) from error
        if place.run is not None:
            if self._stopping:
                place.run.drop()
            else:
                self._waiting.appendleft(place.run)

    def stop(self) -> None:
        """Ask all shards to end."""
        while self._waiting:
            self._waiting.popleft().drop()
        if not self._stopping:
            self._stopping = True
            for place in self._places:
                place.actor.stop.remote()

    def codes(self) -> list[Mapping[str, str]]:
        """Return, once each, the digests of the encoder's files where it was loaded."""
        codes, self._codes = self._codes, []
        return codes

    def close(self) -> None:
        """End all actors, and leave the cluster."""
        for place in self._places:
            self._ray.kill(place.actor)
            if place.run is not None:
                place.run.drop()
        self._places.clear()
        while self._waiting:
            self._waiting.popleft().drop()
        if self._owner:
            self._ray.shutdown()
