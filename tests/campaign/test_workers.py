"""A worker process begins the shard that it is given, or the campaign says that it did not."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign import workers
from capnsafe_fuzz.campaign.failures import EnvironmentFailedError
from capnsafe_fuzz.campaign.shards import Job, Shard
from capnsafe_fuzz.campaign.workers import LocalRun, WorkerProcess

pytestmark = pytest.mark.process

JOB = Job(
    target="builder", encoder="capnsafe", engine="random", packages=("capnsafe",), memory=None,
    memory_limit=None, timeout=60.0, load_seconds=60.0,
)  # fmt: skip


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(JOB, tmp_path / "worker")
    yield worker
    worker.close()


def pump(worker: WorkerProcess, until: Callable[[], bool]) -> None:
    last = time.monotonic() + 60
    while not until():
        assert time.monotonic() < last, "neither the worker nor its parent does anything"
        worker.pump(select.select(list(worker.descriptors), [], [], 0.1)[0])


def test_a_shard_can_be_requested_before_the_worker_is_ready(worker: WorkerProcess) -> None:
    run = LocalRun(Shard(1, 3, ()))
    worker.begin(run)
    pump(worker, lambda: run.ended is not None)
    assert run.ended is not None
    assert (run.ended.done, run.ended.how, run.ended.state.executions) == (True, None, 3)


def test_a_worker_that_begins_nothing_is_told(
    worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    pump(worker, lambda: worker.idle)
    supervisor = worker._child.process.pid
    (process,) = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    os.kill(int(process), signal.SIGSTOP)
    monkeypatch.setattr(workers, "STARTUP_SECONDS", 0.2)
    worker.begin(LocalRun(Shard(1, 3, ())))
    with pytest.raises(EnvironmentFailedError, match="did not begin an execution"):
        pump(worker, lambda: False)


@pytest.mark.parametrize(("target", "imported"), [("builder", False), ("values", True)])
def test_a_worker_imports_the_modules_that_its_target_needs(
    target: str, imported: bool, tmp_path: Path
) -> None:
    """Later imports are not instrumented, and each fork would repeat them."""
    worker = WorkerProcess(replace(JOB, target=target), tmp_path / "worker")
    try:
        pump(worker, lambda: worker.idle)
        assert worker.code is not None
        assert "capnsafe._build.message" in worker.code
        assert ("capnsafe.schema.handles" in worker.code) is imported
    finally:
        worker.close()
