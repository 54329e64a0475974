"""Quick judgements: while a scenario is shrunk, one process of a driver serves many candidates."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign.judge import Judge
from capnsafe_fuzz.known_drivers import DRIVERS
from capnsafe_fuzz.scenario import Scenario, parse_scenario

pytestmark = pytest.mark.process

#: Each error tells which process raised it, and the fault of the last scenario kills it.
DRIVER = f"""
import os, sys
sys.path.insert(0, {str(DRIVERS / "python")!r})
from capnsafe_driver import CapnsafeDriver

class Telling(CapnsafeDriver):
    def do_root(self, values):
        try:
            return super().do_root(values)
        except Exception:
            os.abort()

    def do_reopen(self, values):
        raise RuntimeError(os.getpid())

Telling().serve()
"""
HARMLESS = "h0 = root\n"
TELLING = "h0 = root\nh1 = reopen\n"
DEADLY = "h0 = root\nfault refuse MemoryError allocate 1 once\n"


@pytest.fixture
def judge() -> Iterator[Judge]:
    with Judge("builder", timeout=10.0, memory_limit=None) as judge:
        yield judge


@pytest.fixture
def encoder(tmp_path: Path) -> str:
    file = tmp_path / "driver.py"
    file.write_text(DRIVER)
    return f"driver:{sys.executable} {file}"


def scenario(rest: str) -> Scenario:
    head = "capnsafe scenario 1\nmemory heap segment_words=37\nlimit max_segment_words=536870911\n"
    return parse_scenario(head + rest)


def test_one_process_serves_all(judge: Judge, encoder: str) -> None:
    def told(*, quick: bool) -> str:
        (violation,) = judge.ask(encoder, scenario(TELLING), quick=quick).violations
        return violation.detail

    assert told(quick=True) == told(quick=True)
    assert told(quick=False) != told(quick=True)


def test_a_death_is_told(judge: Judge, encoder: str) -> None:
    dead = judge.ask(encoder, scenario(DEADLY), quick=True)
    assert dead.ended == "SIGABRT"
    assert [found.group for found in dead.violations] == ["P1 root SIGABRT after allocate"]
    again = judge.ask(encoder, scenario(HARMLESS), quick=True)
    assert (again.violations, again.ended) == ((), "")
