"""How all tests run: properties the same each time, coverage where the encoder itself is tested.

Properties are tried with the same examples each time, however slow the machine is: to search is
what campaigns are for, and a test that depends on a clock fails where nothing is wrong.

To follow every branch makes a test take up to four times as long, and the harness's own tests run
the encoder some hundred thousand times. What only those would reach, no test of the encoder asks
for: so they do not count, and are not slowed down. Nor do tests of the encoder that make the same
calls again and again, each time with a fault one call or one bytecode later: those with the mark
``thorough``, except where such a fault alone reaches a branch (``traced``), and those with the mark
``untraced``.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from random import Random

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

from tests.leftovers import Leftovers
from tests.processes import OwnProcess, ProcessWatch

settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

HERE = Path(__file__).parent

COVERING = tuple(HERE / name for name in ("capnsafe", "catalogue", "differential"))

LEFTOVERS = pytest.StashKey[Leftovers]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shuffle", type=int, metavar="SEED", help="run the tests in random order")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFTOVERS] = Leftovers()
    config.pluginmanager.register(ProcessWatch())
    config.pluginmanager.register(OwnProcess())
    config.pluginmanager.register(Tracing())


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[LEFTOVERS].close()


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left(pytestconfig: pytest.Config) -> Iterator[None]:
    """Look when all other fixtures have ended: each worker of pytest-xdist does so itself."""
    yield
    left = pytestconfig.stash[LEFTOVERS].left()
    if left:
        pytest.fail("left behind by the tests:\n" + "\n".join(left), pytrace=False)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are processors, if many tests wait for processes that they started."""
    waits = "not process" not in config.option.markexpr
    return (os.cpu_count() or 1) + waits


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    seed = config.getoption("--shuffle")
    if seed is not None:
        # Each worker of pytest-xdist must collect the same order.
        Random(seed).shuffle(items)


def pytest_collection_finish() -> None:
    # Thousands of tests and all modules live until the end: the garbage collector need not look at
    # them each time.
    gc.freeze()


class Tracing:
    """Traces the tests that count for coverage, and no others.

    To stop and start takes longer than a short test, so it is done only where one kind follows the
    other.
    """

    def __init__(self) -> None:
        self._stopped: list[Coverage] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        traced = _is_traced(item)
        # A worker of pytest-xdist has two of them, one over the other.
        while not traced and (coverage := Coverage.current()) is not None:
            coverage.stop()
            self._stopped.append(coverage)
        while traced and self._stopped:
            self._stopped.pop().start()
        return (yield)


def _is_traced(item: pytest.Item) -> bool:
    marks = {mark.name for mark in item.iter_markers()}
    repeats = marks & {"thorough", "untraced"} and "traced" not in marks
    return _covers(item.path) and not repeats


@cache
def _covers(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in COVERING)
