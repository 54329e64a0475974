"""What memory says is not believed, nor followed: P6."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from capnsafe import (
    Element,
    MalformedMessage,
    MessageBuilder,
    PointerKindMismatch,
    PointerOutOfBounds,
    StaleHandle,
    wire,
)
from tests.capnsafe.memories import Grant, Memory, ResizingMemory, closing


class Scribbled:
    """A root with one pointer used by tests, an object, and a bystander, in one segment."""

    #: Words: 0 root pointer; 1 to 4 the root (data, three pointers); 5 and 6 the victim
    #: (data, pointer); 7 to 9 the bystander (tag and two words); 10 to 12 retired.
    SLOT = 2
    VICTIM = 5
    BYSTANDER = 7
    RETIRED = 10

    def __init__(self) -> None:
        self.memory = Memory(grant_words=64)
        self.message = MessageBuilder(self.memory)
        self.root = self.message.init_root(1, 3)
        self.victim = self.root.init_struct(0, 1, 1)
        self.root.init_struct_list(1, 2, 1, 0)
        self.root.init_struct_list(2, 2, 1, 0)
        self.root.clear(2)

    @property
    def grant(self) -> Grant:
        return self.memory.grants[0]


def _near(at: int, target: int, shape: int) -> int:
    return wire.with_offset(shape, target - at - 1)


STRUCT_1_1 = wire.struct_shape(1, 1)


S = Scribbled

SLOT_LIES: dict[str, int] = {
    "a struct before the segment": _near(S.SLOT, -1, STRUCT_1_1),
    "a struct far before the segment": _near(S.SLOT, -(1 << 28), STRUCT_1_1),
    "a struct behind the words handed out": _near(S.SLOT, 12, STRUCT_1_1),
    "a struct in words not handed out": _near(S.SLOT, 13, STRUCT_1_1),
    "a struct far behind": _near(S.SLOT, 1 << 28, STRUCT_1_1),
    "the largest struct": _near(S.SLOT, 5, wire.struct_shape(65535, 65535)),
    "the largest list": _near(S.SLOT, 5, wire.list_shape(wire.SIZE_EIGHT_BYTES, (1 << 29) - 1)),
    "the largest composite": _near(S.SLOT, 5, wire.list_shape(wire.SIZE_COMPOSITE, (1 << 29) - 1)),
    "a list that ends outside": _near(S.SLOT, 5, wire.list_shape(wire.SIZE_BYTE, 65)),
    "itself": _near(S.SLOT, S.SLOT, wire.struct_shape(0, 1)),
    "its parent": _near(S.SLOT, 1, wire.struct_shape(1, 3)),
    "the root pointer and all": _near(S.SLOT, 0, wire.struct_shape(0, 5)),
    "its own slot as data": _near(S.SLOT, 1, wire.struct_shape(3, 0)),
    "retired words": _near(S.SLOT, S.RETIRED, wire.struct_shape(2, 0)),
    "half retired words": _near(S.SLOT, 9, wire.struct_shape(2, 0)),
    "a far pointer to no segment": wire.far_pointer(1, 0),
    "a far pointer to the last segment": wire.far_pointer((1 << 32) - 1, 0),
    "a pad outside": wire.far_pointer(0, 13),
    "a pad far outside": wire.far_pointer(0, (1 << 29) - 1),
    "a double pad half outside": wire.far_pointer(0, 12, double=True),
    "a pad that is itself": wire.far_pointer(0, S.SLOT),
    "a double pad that is itself": wire.far_pointer(0, S.SLOT, double=True),
    "a retired pad": wire.far_pointer(0, S.RETIRED),
    "a pad in data that is no pointer": wire.far_pointer(0, 1),
}


VICTIM_LIES: dict[str, int] = {
    "itself": _near(6, S.VICTIM, STRUCT_1_1),
    "its slot": _near(6, S.SLOT, wire.struct_shape(1, 0)),
    "its parent": _near(6, 1, wire.struct_shape(1, 3)),
    "outside": _near(6, 12, STRUCT_1_1),
    "half of itself": _near(6, 6, wire.struct_shape(1, 0)),
    "a list of pointers that holds itself": _near(6, 5, wire.list_shape(wire.SIZE_POINTER, 2)),
    "a far pointer nowhere": wire.far_pointer(7, 7),
    "retired words": _near(6, 11, wire.struct_shape(1, 0)),
    "a composite whose tag lies": _near(6, 7, wire.list_shape(wire.SIZE_COMPOSITE, 2)),
}


def _changes(scribbled: Scribbled) -> list[Callable[[], object]]:
    root = scribbled.root
    return [
        lambda: root.clear(0),
        lambda: root.init_struct(0, 1, 1),
        lambda: root.init_struct(0, 0, 0),
        lambda: root.init_list(0, Element.UINT64, 100),
        lambda: root.set_text(0, "text"),
        lambda: scribbled.message.init_root(1, 1),
        lambda: scribbled.message.init_root(0, 0),
    ]


def require_refused(scribbled: Scribbled) -> None:
    """Every call that would retire the lie raises, within bounded work, and changes nothing."""
    before = scribbled.grant.body()
    words = scribbled.message.segment_words()
    for change in _changes(scribbled):
        calls = scribbled.memory.calls["segment"]
        with pytest.raises(MalformedMessage):
            change()
        assert scribbled.memory.calls["segment"] - calls < 100
        assert scribbled.message.segment_words() == words
        assert scribbled.grant.body()[: words[0] * 8] == before[: words[0] * 8]
    scribbled.victim.set_uint64(0, 9)
    scribbled.message.close()
    scribbled.memory.require_all_released()


@pytest.mark.parametrize("lie", SLOT_LIES)
def test_a_pointer_that_lies_is_not_followed(lie: str) -> None:
    scribbled = Scribbled()
    if lie.startswith("a pad in data"):
        scribbled.grant.scribble(1, wire.far_pointer(0, 1))
    scribbled.grant.scribble(S.SLOT, SLOT_LIES[lie])
    require_refused(scribbled)


@pytest.mark.parametrize("lie", VICTIM_LIES)
def test_a_lie_inside_the_old_value_is_not_followed(lie: str) -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(6, VICTIM_LIES[lie])
    if lie.startswith("a composite"):
        scribbled.grant.scribble(7, wire.tag(3, 1, 0))
    require_refused(scribbled)


@pytest.mark.parametrize(
    "tag",
    [
        wire.tag(3, 1, 0),
        wire.tag((1 << 30) - 1, 1, 0),
        wire.tag((1 << 30) - 1, 65535, 65535),
        wire.tag(1, 65535, 65535),
        wire.tag(1, 1, 2),
        wire.list_shape(2, 2),
        wire.far_pointer(0, 0),
        3,
    ],
)
def test_a_tag_that_lies_is_not_believed(tag: int) -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(S.BYSTANDER, tag)
    # Words: the list starts with the tag that was just broken.
    with pytest.raises(MalformedMessage):
        scribbled.root.get_struct_list(1)
    before = scribbled.grant.body()
    with pytest.raises(MalformedMessage):
        scribbled.root.clear(1)
    assert scribbled.grant.body() == before


def test_a_tag_of_elements_without_words_may_say_any_number() -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(S.BYSTANDER, wire.tag((1 << 30) - 1, 0, 0))
    structs = scribbled.root.get_struct_list(1)
    assert structs is not None
    assert len(structs) == (1 << 30) - 1
    structs[len(structs) - 1]
    scribbled.root.clear(1)
    assert scribbled.root.is_null(1)


@pytest.mark.parametrize("lie", [name for name in SLOT_LIES if "itself" not in name])
def test_opening_a_pointer_that_lies_raises_or_stays_inside(lie: str) -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(S.SLOT, SLOT_LIES[lie])
    before = scribbled.grant.body()
    opens: list[Callable[[], object]] = [
        lambda: scribbled.root.get_struct(0),
        lambda: scribbled.root.get_list(0, Element.UINT64),
        lambda: scribbled.root.get_pointer_list(0),
        lambda: scribbled.root.get_struct_list(0),
        lambda: scribbled.root.get_text(0),
        lambda: scribbled.root.get_data(0),
    ]
    for open_ in opens:
        with suppress(MalformedMessage):
            open_()
    assert scribbled.grant.body() == before


def test_an_opened_object_stays_within_what_was_handed_out() -> None:
    """A pointer to the parent is no lie that a getter can see: it is read as such, and bounded."""
    scribbled = Scribbled()
    scribbled.grant.scribble(S.SLOT, SLOT_LIES["its parent"])
    opened = scribbled.root.get_struct(0)
    assert opened is not None
    opened.set_uint64(0, 3)
    assert scribbled.root.get_uint64(0) == 3


@pytest.mark.parametrize("pointer", [3, 3 | 1 << 32, 3 | 7 << 2])
def test_a_capability_can_be_overwritten_and_not_opened(pointer: int) -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(6, pointer)
    with pytest.raises(PointerKindMismatch):
        scribbled.victim.get_struct(0)
    with pytest.raises(PointerKindMismatch):
        scribbled.victim.get_data(0)
    scribbled.victim.set_text(0, "text")
    scribbled.grant.scribble(6, pointer)
    scribbled.root.clear(0)
    assert scribbled.root.is_null(0)


@pytest.mark.parametrize(
    "root",
    [
        1,
        3,
        wire.far_pointer(5, 0),
        _near(0, 200, STRUCT_1_1),
        _near(0, -1, STRUCT_1_1),
        1 | 6 << 32,
    ],
)
def test_a_root_pointer_that_lies_is_not_opened(root: int) -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(0, root)
    with pytest.raises(MalformedMessage):
        scribbled.message.get_root()


def test_a_root_pointer_that_was_made_null_opens_as_none() -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(0, 0)
    assert scribbled.message.get_root() is None


def test_an_attempt_that_a_lie_ended_leaves_its_words_free_and_counted() -> None:
    """P2, P8 and P9 on memory that stays: words that were filled are filled again, and reported."""
    memory = ResizingMemory(64, stable=True)
    message = MessageBuilder(memory, max_segment_words=64)
    root = message.init_root(0, 2)
    root.set_data(0, b"old")
    good = bytes(memory.grants[0][8:16])
    memory.grants[0][8:16] = wire.far_pointer(9, 9).to_bytes(8, "little")
    with pytest.raises(PointerOutOfBounds):
        root.set_data(0, b"\xff" * 80)
    memory.grants[0][8:16] = good
    assert message.segment_words() == (4,)
    root.init_list(1, Element.UINT64, 2)
    assert message.segments()[0][32:] == bytes(16)
    assert root.get_data(0) == b"old"
    message.close()
    assert memory.released == [(0, 14)]


def test_one_object_under_two_pointers_is_retired_once() -> None:
    scribbled = Scribbled()
    element_words = S.BYSTANDER + 1
    scribbled.grant.scribble(S.SLOT, _near(S.SLOT, element_words, wire.struct_shape(1, 0)))
    structs = scribbled.root.get_struct_list(1)
    shared = scribbled.root.get_struct(0)
    assert structs is not None
    assert shared is not None
    first = structs[0]
    scribbled.root.clear(1)
    for handle in (first, shared):
        with pytest.raises(StaleHandle):
            handle.set_uint64(0, 1)
    with pytest.raises(MalformedMessage):
        scribbled.root.clear(0)
    with pytest.raises(MalformedMessage):
        scribbled.root.get_struct(0)
    for handle in (first, shared):
        with pytest.raises(StaleHandle):
            handle.set_uint64(0, 1)
    assert scribbled.message.segments()[0][S.BYSTANDER * 8 :] == bytes(48)


@pytest.mark.parametrize("pads", ["single", "double"])
@pytest.mark.parametrize("word", [0, 1])
@pytest.mark.parametrize(
    "lie",
    [
        3,
        wire.far_pointer(0, 0),
        wire.far_pointer(0, 0, double=True),
        wire.far_pointer(99, 0),
        wire.far_pointer(1, (1 << 29) - 1),
        wire.with_offset(wire.struct_shape(9, 9), 2),
        wire.with_offset(wire.struct_shape(1, 1), -200),
        wire.list_shape(wire.SIZE_BYTE, (1 << 29) - 1),
    ],
)
def test_a_landing_pad_that_lies_is_not_followed(pads: str, word: int, lie: int) -> None:
    memory = Memory()
    with closing(MessageBuilder(memory, max_segment_words=64), memory) as message:
        root = message.init_root(1, 1)
        root.init_list(0, Element.UINT64, 64 if pads == "double" else 5)
        pointer = memory.grants[0].word(2)
        assert wire.kind(pointer) == wire.FAR
        assert wire.far_is_double(pointer) is (pads == "double")
        if word == 1 and pads == "single":
            return  # behind a single pad the object starts
        grant = memory.grants[wire.far_segment(pointer)]
        good = grant.word(wire.far_offset(pointer) + word)
        grant.scribble(wire.far_offset(pointer) + word, lie)
        before = [bytes(each.memory) for each in memory.grants]
        with pytest.raises(MalformedMessage):
            root.get_list(0, Element.UINT64)
        with pytest.raises(MalformedMessage):
            root.clear(0)
        with pytest.raises(MalformedMessage):
            message.init_root(1, 1)
        assert [bytes(each.memory) for each in memory.grants[: len(before)]] == before
        grant.scribble(wire.far_offset(pointer) + word, good)
        root.clear(0)
        assert root.is_null(0)


def test_clearing_an_amplified_value_costs_no_more_than_the_message() -> None:
    """P7: a thousand pointers, each to the list that holds all of them."""
    memory = ResizingMemory(grant_words=3000)
    message = MessageBuilder(memory)
    root = message.init_root(0, 1)
    root.init_pointer_list(0, 2000)
    for at in range(2, 2002):
        pointer = _near(at, 2, wire.list_shape(wire.SIZE_POINTER, 2000))
        memory.grants[0][at * 8 : at * 8 + 8] = pointer.to_bytes(8, "little")
    calls = 0
    ask = memory.segment

    def counted(key: int, /) -> bytearray:
        nonlocal calls
        calls += 1
        return ask(key)

    memory.segment = counted  # type: ignore[method-assign]
    with pytest.raises(MalformedMessage):
        root.clear(0)
    assert calls < 10


def test_a_chain_longer_than_any_stack_is_cleared() -> None:
    """P1: no RecursionError, whatever the depth."""
    with MessageBuilder() as message:
        root = message.init_root(0, 1)
        node = root
        for _ in range(20_000):
            node = node.init_struct(0, 0, 1)
        root.clear(0)
        assert root.is_null(0)
        with pytest.raises(StaleHandle):
            node.is_null(0)


def test_pointer_out_of_bounds_tells_where() -> None:
    scribbled = Scribbled()
    scribbled.grant.scribble(S.SLOT, SLOT_LIES["a struct far behind"])
    with pytest.raises(PointerOutOfBounds) as caught:
        scribbled.root.get_struct(0)
    assert (caught.value.segment, caught.value.offset) == (0, 1 << 28)
