"""P10: code that runs in the middle of a read of memory that is borrowed for each read.

``MessageReader.over`` keeps no memory, so at each moment of a read the memory may go away, shrink
or say something else, and the reader may be called. A read returns what it returns alone, or raises
an error of the library's; two reads, one within the other, come to what they come to one after the
other, traversal limit included. No view is held afterwards.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from capnsafe import Element, Error, MessageBuilder, MessageReader, SegmentLost
from tests.builds import counts_bytecodes

from .moments import Exporting, Moments

pytestmark = [pytest.mark.thorough, counts_bytecodes]

LIMIT = 10_000


@cache
def _grants() -> dict[int, bytearray]:
    """Return a message in several segments."""
    memory = Exporting()
    root = MessageBuilder(memory).init_root(2, 5)
    root.set_uint32(0, 7)
    root.set_text(0, "a text in a segment of its own, as it is too long for the others")
    root.init_struct(1, 1, 1).set_text(0, "below")
    root.set_list(2, Element.UINT16, array("H", [1, 2, 3]))
    root.init_struct_list(3, 2, 1, 1)[1].set_data(0, b"data")
    root.set_capability(4, 3)
    return memory.grants


class Read:
    """A message in memory of a few segments, and a reader over that."""

    def __init__(self) -> None:
        self.memory = Exporting()
        self.memory.grants = {key: bytearray(memory) for key, memory in _grants().items()}
        self.reader = MessageReader.from_allocator(
            self.memory, list(self.memory.grants), traversal_limit_words=LIMIT
        )
        self.root = self.reader.get_root()
        self.child = self.root.get_struct(1)

    def unread(self) -> int:
        return self.reader._segments.unread_words

    def views(self) -> int:
        """Return of how many segments a view is held."""
        held = 0
        for memory in self.memory.grants.values():
            try:
                memory.append(0)
                memory.pop()
            except BufferError:
                held += 1
        return held


READS: dict[str, Callable[[Read], Any]] = {
    "get_root": lambda read: read.reader.get_root().get_uint32(0),
    "root_pointer": lambda read: read.reader.root_pointer().kind(0),
    "copied": lambda read: read.reader.root_pointer()._tree_at(0).shape,  # type: ignore[union-attr]
    "total_words": lambda read: read.reader.total_words(),
    "segments": lambda read: read.reader.segments(),
    "is_canonical": lambda read: read.reader.is_canonical(),
    "get_uint32": lambda read: read.root.get_uint32(0),
    "get_text": lambda read: read.root.get_text(0),
    "get_text below": lambda read: read.child and read.child.get_text(0),
    "get_struct": lambda read: (found := read.root.get_struct(1)) and found.get_uint64(0),
    "get_list": lambda read: list(read.root.get_list(2, Element.UINT16) or ()),
    "get_struct_list": lambda read: (
        (found := read.root.get_struct_list(3)) and found[1].get_data(0)
    ),
    "get_capability": lambda read: read.root.get_capability(4),
    "kind": lambda read: read.root.kind(1),
    "is_null": lambda read: read.root.is_null(1),
    "element_size": lambda read: read.root.element_size(2),
    "data_section": lambda read: read.root.data_section(),
    "view": lambda read: (found := read.root.get_list(2, Element.UINT16)) and bytes(found.view()),
    "total_size": lambda read: read.root.total_size(),
}


def _lose(read: Read) -> None:
    read.memory.grants.clear()


def _cut(read: Read) -> None:
    for key, memory in read.memory.grants.items():
        read.memory.grants[key] = memory[:16]


def _change(read: Read) -> None:
    for key, memory in read.memory.grants.items():
        read.memory.grants[key] = bytearray(b"\x05\x01\x02\x83" * (len(memory) // 4))


#: They ask for all segments, and return what there is.
LOOK_ANEW = ("segments", "total_words", "is_canonical")

#: What may be done to the memory in the middle of a read.
HARMS: dict[str, Callable[[Read], None]] = {"lose": _lose, "cut": _cut, "change": _change}


def _outcome(call: Callable[[Read], Any], read: Read) -> Any:
    try:
        return call(read)
    except Error as error:
        return type(error)


def _interrupted(outer: str, moment: int, collected: bool, act: Callable[[Read], None]) -> Any:
    """Return the read, and the outcome of the outer call, in which ``act`` ran at a moment."""
    read = Read()
    if collected:
        with Moments(moment, lambda: act(read)):
            outcome = _outcome(READS[outer], read)
    else:
        read.memory.moment = moment
        read.memory.hook = lambda: act(read)
        outcome = _outcome(READS[outer], read)
        read.memory.hook = None
    assert read.views() == 0
    return read, outcome


def _moments(outer: str, collected: bool) -> int:
    read = Read()
    read.memory.moment = 0
    with Moments() as counted:
        READS[outer](read)
    return counted.count if collected else -read.memory.moment


def _sample(outer: str, collected: bool) -> range:
    """All moments at which a view is given back, and a third of those of the collector."""
    last = _moments(outer, collected)
    return range(1 + list(READS).index(outer) % 3, last + 1, 3) if collected else range(1, last + 1)


@cache
def _alone(name: str) -> tuple[Any, int]:
    """Return what a read returns, and how many words it counts as read."""
    read = Read()
    before = read.unread()
    return READS[name](read), before - read.unread()


@pytest.mark.parametrize("collected", [False, True], ids=["view", "collector"])
@pytest.mark.parametrize("outer", READS)
def test_a_read_within_a_read(outer: str, collected: bool) -> None:
    names = list(READS)
    alone = {name: _alone(name) for name in names}
    for moment in _sample(outer, collected):
        inner = names[moment % len(names)]
        got: list[Any] = []
        read, outcome = _interrupted(
            outer,
            moment,
            collected,
            lambda read, inner=inner, got=got: got.append(_outcome(READS[inner], read)),  # type: ignore[misc]
        )
        assert (outcome, got) == (alone[outer][0], [alone[inner][0]]), (moment, inner)
        assert Read().unread() - read.unread() == alone[outer][1] + alone[inner][1]


@pytest.mark.parametrize("collected", [False, True], ids=["view", "collector"])
@pytest.mark.parametrize("outer", READS)
def test_memory_that_goes_away_in_the_middle_of_a_read(outer: str, collected: bool) -> None:
    alone = READS[outer](Read())
    for turn, moment in enumerate(_sample(outer, collected)):
        # The collector has many moments: each gets one harm, in turn.
        names = [list(HARMS)[turn % len(HARMS)]] if collected else list(HARMS)
        for name in names:
            _, outcome = _interrupted(outer, moment, collected, HARMS[name])
            if name == "change":
                # The value that is read then is undefined, but the read ends.
                continue
            is_error = isinstance(outcome, type) and issubclass(outcome, Error)
            assert is_error or outcome == alone or outer in LOOK_ANEW, name


def test_memory_that_is_lost_is_told() -> None:
    outcomes = [
        _interrupted("get_text", moment, False, HARMS["lose"])[1]
        for moment in range(1, _moments("get_text", False) + 1)
    ]
    assert SegmentLost in outcomes


def test_the_moments_are_many() -> None:
    assert sum(_moments(outer, False) for outer in READS) > 50
    assert sum(_moments(outer, True) for outer in READS) > 800
