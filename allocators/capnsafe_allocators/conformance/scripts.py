"""Fixed programs, each for one kind of mistake, which are tried before the search."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count, permutations
from typing import Final

from .steps import ORDERS, Allocate, Grow, Release, ReleaseMany, Resize, Rounds, Step
from .words import MOST_WORDS

#: One word, a few words, and more than most allocators grant unasked.
_SIZES: Final = (1, 2, 7, 64, 1, 300)
#: Numbers at which allocators have limits: powers of two, and round numbers.
_LIMITS: Final = (4, 8, 16, 32, 64, 100, 128, 256, 300, 512, 1000, *(1 << n for n in range(10, 19)))


def _mixed() -> list[Step]:
    """Grant several sizes, write them, and release them in another order."""
    names = count()
    program: list[Step] = []
    for order in ORDERS:
        program += [Allocate(next(names), words) for words in _SIZES]
        program.append(ReleaseMany("every second"))
        program += [Allocate(next(names), words) for words in (2, 7, 1)]
        program.append(ReleaseMany(order))
    return program


def _first() -> list[Step]:
    """Grant one word, and three that nobody writes to."""
    first = Allocate(0, 1, required="first grant")
    return [first, Release((0, 0)), Allocate(1, 3, written=False), Release((1, 0))]


def _pairs() -> Iterator[list[Step]]:
    """Make two live grants of each size around a limit, up to 2 MiB, beside a small one."""
    for words in _LIMITS:
        names = count(1)
        program: list[Step] = [Allocate(0, 1)]
        for near in (words - 1, words, words + 1):
            pair = Allocate(next(names), near), Allocate(next(names), near)
            program += [*pair, *(Release((one.step, 0)) for one in pair)]
        yield program


def _doubling() -> list[Step]:
    """Make live grants, each twice as large as the one before."""
    doubling = (Allocate(n, 1 << n) for n in range(17))
    return [*doubling, ReleaseMany("last to first"), Allocate(17, 1)]


def _many(words: int, times: int) -> Iterator[list[Step]]:
    """Make many live grants, release them in one order, and make as many again."""
    for order in ORDERS:
        again: list[Step] = [Allocate(1, words, times), ReleaseMany()]
        if order != "every second":
            again = [Allocate(1, words, times, required="reusable memory"), ReleaseMany(order)]
        yield [Allocate(0, words, times), ReleaseMany(order), *again]


def _rounds() -> Iterator[list[Step]]:
    """Grant and release repeatedly, so that an allocator that loses released memory runs out."""
    for used in (None, 1, 0):
        yield [Rounds(0, 300, 128, used)]
        yield [Rounds(0, 30, 128, used, more=300)]
        # Beside a live grant, whose key or memory may be granted again.
        yield [Allocate(0, 1), Rounds(1, 1, 300, used), Allocate(2, 5), Rounds(3, 64, 300, used)]


def _churn() -> Iterator[list[Step]]:
    """Grant and release beside a live grant until 16-bit counters wrap around."""
    for words, times in ((4096, 300), (300, 2000), (1, 66_000)):
        yield [Allocate(0, 3), Rounds(1, words, times), Allocate(2, 3)]


def _neighbours() -> Iterator[list[Step]]:
    """Release around a live grant, in all orders, and ask for larger grants than the gaps."""
    for middle, wanted in ((1, (2, 3)), (2, (3, 5)), (8, (17, 24)), (64, (129, 192))):
        sizes = (middle, middle, middle, middle, middle)
        for order in permutations((0, 2, 4)):
            program: list[Step] = [Allocate(at, words) for at, words in enumerate(sizes)]
            program += [Release((at, 0)) for at in order]
            program += [Allocate(5 + at, words) for at, words in enumerate(wanted)]
            program += [Release((1, 0)), Allocate(9, 3 * middle), Release((3, 0))]
            program += [Allocate(10, 4 * middle), Allocate(11, middle), Allocate(12, 1)]
            yield program


def _growth() -> Iterator[list[Step]]:
    """Grow the last grant, by a little and by much, with others around it."""
    for words, more in ((4, 36), (1, 1), (600, 1800), (64, 1), (3000, 70_000)):
        grown: list[Step] = [Allocate(0, 4), Allocate(1, words), Grow(more)]
        yield [*grown, Allocate(2, 4), Grow(1), Allocate(3, words), ReleaseMany("last to first")]
        yield [*grown, Release((0, 0)), Grow(more), Allocate(2, 4), Allocate(3, words)]
        yield [*grown, Release((1, 0)), Allocate(2, words + more), Allocate(3, words)]
        yield [Allocate(0, words), *[Grow(1)] * 5, Allocate(1, words), *[Grow(more)] * 2]
        # The last live grant, after others were granted and released.
        yield [*grown, Allocate(2, words), Release((2, 0)), Grow(more), Allocate(3, words)]


def _two() -> Iterator[list[Step]]:
    """Use two allocators in turn."""
    for words in (4, 64, 2000):
        program: list[Step] = []
        for step in range(0, 6, 2):
            program += [Allocate(step, words), Allocate(step + 1, words, at=1)]
        program += [Release((1, 0)), Release((0, 0)), Allocate(6, words, at=1), Allocate(7, words)]
        yield [*program, Grow(words), Grow(words, at=1), ReleaseMany(at=1), Allocate(8, words)]
    yield [Allocate(0, 1, 300), Allocate(1, 1, 300, at=1), ReleaseMany(), Allocate(2, 2, 100, at=1)]


def _views() -> Iterator[list[Step]]:
    """Resize the bytearrays that segment returns."""
    yield [Allocate(0, 2), Resize()]
    yield [Allocate(0, 2), Allocate(1, 700), Release((0, 0)), Allocate(2, 1), Resize()]


def _refusals() -> Iterator[list[Step]]:
    """Ask for too much repeatedly; afterwards earlier sizes must be granted again."""
    for words in (1, 64):
        refused = [Allocate(10 + n, MOST_WORDS << n % 3) for n in range(9)]
        again = Allocate(2, words, required="reusable memory")
        yield [Allocate(0, words), *refused, Allocate(1, words), ReleaseMany(), again]


def _quick() -> Iterator[list[Step]]:
    yield from (_first(), _mixed(), _doubling())
    yield from _pairs()
    yield from _growth()
    yield from _neighbours()
    yield from _two()
    yield from _views()
    yield from _refusals()
    yield from _rounds()


def _thorough() -> Iterator[list[Step]]:
    yield from _many(1, 1100)
    yield from _many(64, 1100)
    yield from _churn()


#: The programs in the order in which they are tried. The second group is tried only if the first
#: shows no breach.
SCRIPTS: Final[tuple[Callable[[], Iterator[list[Step]]], ...]] = (_quick, _thorough)
