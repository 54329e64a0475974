"""A pool of worker processes of this machine."""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from .shards import Job, Shard
from .workers import LocalRun, WorkerProcess


class LocalPool:
    """Up to ``jobs`` worker processes, each started when it is first needed."""

    def __init__(self, job: Job, jobs: int, scratch: Path) -> None:
        """Start nothing yet; ``scratch`` is a folder for the workers' files."""
        self._job = job
        self._jobs = jobs
        self._scratch = scratch
        self._waiting: deque[LocalRun] = deque()
        self._workers: list[WorkerProcess] = []
        self._started = 0
        self._codes: list[Mapping[str, str]] = []
        self._coded: set[WorkerProcess] = set()
        self.began = False

    def submit(self, shard: Shard, *, first: bool = False) -> LocalRun:
        """Run a shard as soon as a worker is free."""
        run = LocalRun(shard)
        if first:
            self._waiting.appendleft(run)
        else:
            self._waiting.append(run)
        return run

    def pump(self, seconds: float) -> None:
        """Wait for messages, and begin with shards where a worker is free."""
        self._begin()
        descriptors = [one for worker in self._workers for one in worker.descriptors]
        if not descriptors:
            time.sleep(seconds)
            return
        ready, _, _ = select.select(descriptors, [], [], seconds)
        for worker in self._workers:
            worker.pump(ready)
        self._begin()

    def _begin(self) -> None:
        """Begin with shards where a worker is free, and start workers if more are needed."""
        self._workers = [worker for worker in self._workers if not worker.closed]
        for worker in self._workers:
            if worker.code is not None and worker not in self._coded:
                self._coded.add(worker)
                self._codes.append(worker.code)
                self.began = True
            if worker.idle and self._waiting:
                worker.begin(self._waiting.popleft())
        loading = sum(worker.code is None for worker in self._workers)
        while len(self._workers) < self._jobs and loading < len(self._waiting):
            self._started += 1
            self._workers.append(
                WorkerProcess(self._job, self._scratch / f"worker-{self._started}")
            )
            loading += 1

    def stop(self) -> None:
        """Ask all shards to end."""
        while self._waiting:
            self._waiting.popleft().end(None, "", done=True)
        for worker in self._workers:
            worker.stop()

    def codes(self) -> list[Mapping[str, str]]:
        """Return, once each, the digests of the encoder's files where it was loaded."""
        codes, self._codes = self._codes, []
        return codes

    def close(self) -> None:
        """End all workers."""
        self.stop()
        for worker in self._workers:
            worker.close()
        self._workers.clear()
