"""Work in forks returns its results in order, and goes on after a piece that harms a fork."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial

import pytest
from capnsafe_fuzz.guilt import children
from capnsafe_fuzz.guilt.children import PIECES, in_forks
from capnsafe_fuzz.memories.kind import LIBRARY
from capnsafe_fuzz.memories.shared_memory import SharedBlocks, close_blocks, shared_blocks
from capnsafe_fuzz.ownership import SHARED_MEMORY

pytestmark = pytest.mark.process

LEFT: list[int] = []
"""State of the process, which a piece of work may change."""


def square(number: int) -> int:
    return number * number


def grant(number: int) -> list[str]:
    """Grant a block of shared memory, and return the names of this process's blocks."""
    SharedBlocks(1).allocate(1)
    names: list[str] = shared_blocks(LIBRARY).names
    return names


def die(number: int) -> int:
    os._exit(1)


def leave(number: int) -> int:
    LEFT.append(number)
    return number


def wait(number: int) -> int:
    time.sleep(60)
    return number


def is_unharmed() -> bool:
    return not LEFT


def test_results_come_in_order() -> None:
    work = [partial(square, number) for number in range(3 * PIECES + 1)]
    assert list(in_forks(work, is_unharmed)) == [(n, n * n) for n in range(len(work))]


@pytest.mark.parametrize("harm", [die, leave])
@pytest.mark.parametrize("at", [(0,), (5,), (PIECES,), (3, 4, 2 * PIECES), (2 * PIECES + 1,)])
def test_only_the_piece_that_harms_its_process_has_no_result(
    harm: Callable[[int], int], at: tuple[int, ...]
) -> None:
    number = 2 * PIECES + 2
    work = [partial(harm if n in at else square, n) for n in range(number)]
    found = dict(in_forks(work, is_unharmed))
    assert found == {n: n * n for n in range(number) if n not in at}
    assert not LEFT


def test_a_piece_that_never_ends_has_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "PATIENCE", 0.3)
    work = [partial(square, 1), partial(wait, 2), partial(square, 3)]
    assert list(in_forks(work, is_unharmed)) == [(0, 1), (2, 9)]


def test_a_caller_that_stops_leaves_no_process_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    forks: list[int] = []
    fork = os.fork

    def counted() -> int:
        child = fork()
        forks.append(child)
        return child

    monkeypatch.setattr(os, "fork", counted)
    work = [partial(square, number) for number in range(PIECES)]
    for _ in in_forks([*work, partial(wait, 0)], is_unharmed):
        break
    [child] = forks
    with pytest.raises(ChildProcessError):
        os.waitpid(child, os.WNOHANG)


def test_blocks_of_shared_memory_end_with_their_fork() -> None:
    mine = set(grant(0))
    found = [name for _, names in in_forks([partial(grant, 1)], is_unharmed) for name in names]
    assert found
    assert mine.isdisjoint(found)
    here = {path.name for path in SHARED_MEMORY.iterdir()}
    assert here.isdisjoint(found)
    assert here >= mine
    close_blocks()


def test_work_that_harms_every_process_is_not_done_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(children, "MOST_LOST", 3)
    work = [partial(square, 1), *(partial(die, number) for number in range(9)), partial(square, 2)]
    assert list(in_forks(work, is_unharmed)) == [(0, 1)]
