"""Orphans that are cut, extended, joined and copied (C11 of the catalogue of real bugs)."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from capnsafe import (
    AllocatorError,
    ArgumentTypeError,
    ArgumentValueError,
    Element,
    HeapAllocator,
    ListBuilder,
    MalformedMessage,
    MessageBuilder,
    MessageTooLarge,
    Orphan,
    PointerKind,
    PointerKindMismatch,
    Reentered,
    StaleHandle,
    StructBuilder,
    read_message,
    wire,
)
from capnsafe._build.segment import Segment
from capnsafe.wire import ELEMENTS
from tests.capnsafe.memories import (
    FailingMemory,
    HookedMemory,
    Memory,
    MovingMemory,
    closing,
)

SIZES = (1, 5, 200)
NUMERIC = [element for element in ELEMENTS if element is not Element.VOID]


def orphaned(root: StructBuilder, index: int) -> Orphan:
    orphan = root.disown(index)
    assert orphan is not None
    return orphan


def list_of(root: StructBuilder, index: int, element: Element) -> list[Any]:
    values = root.get_list(index, element)
    assert values is not None
    return list(values)


def some(element: Element, count: int) -> list[Any]:
    if element is Element.BOOL:
        return [at % 3 != 1 for at in range(count)]
    return [float(at + 1) if element.floating else at + 1 for at in range(count)]


def fill(values: ListBuilder, what: list[Any]) -> None:
    for at, value in enumerate(what):
        values[at] = value


@pytest.mark.thorough
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("element", NUMERIC)
def test_a_list_is_cut_and_extended(element: Element, size: int) -> None:
    for before in (0, 1, 7, 8, 9, 65):
        for after in (0, 1, 3, 8, 13, 64, 130):
            memory = MovingMemory(size)
            with closing(MessageBuilder(memory), memory) as message:
                root = message.init_root(0, 1)
                fill(root.init_list(0, element, before), some(element, before))
                orphan = orphaned(root, 0)
                if after < before:
                    orphan.truncate(after)
                else:
                    orphan.extend(after)
                root.adopt(0, orphan)
                zero = some(element, 1)[0] * 0
                expected = some(element, min(before, after)) + [zero] * (after - before)
                assert list_of(root, 0, element) == expected
                reader = read_message(message.to_bytes()).get_root().get_list(0, element)
                assert reader is not None
                assert list(reader) == expected


def test_a_list_of_voids_has_a_length_too() -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 1)
        root.init_list(0, Element.VOID, 5)
        orphan = orphaned(root, 0)
        orphan.extend(1000)
        assert len(orphan.get_list(Element.VOID)) == 1000
        orphan.truncate(3)
        root.adopt(0, orphan)
        assert list_of(root, 0, Element.VOID) == [None] * 3


def test_what_is_cut_behind_which_others_lie_is_zero_and_not_handed_out_again() -> None:
    memory = Memory(200)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 2)
        root.set_data(0, b"x" * 61)
        orphan = orphaned(root, 0)
        root.set_data(1, b"behind")
        used = message.segment_words()
        orphan.truncate(11)
        assert message.segment_words() == used
        (octets,) = message.segments()
        assert octets.count(b"x") == 11
        root.set_data(1, b"y" * 8)
        assert message.segment_words()[0] == used[0] + 1
        root.adopt(0, orphan)
        assert root.get_data(0) == b"x" * 11
        assert root.get_data(1) == b"y" * 8


@pytest.mark.parametrize("verifies", [False, True])
def test_what_is_cut_at_the_end_is_zero_and_given_back(verifies: bool) -> None:
    memory = Memory(40000)
    with closing(MessageBuilder(memory, verify=verifies), memory) as message:
        root = message.init_root(0, 2)
        root.set_data(0, b"x" * 200_000)
        orphan = orphaned(root, 0)
        orphan.truncate(11)
        # The word of the root pointer, two of the root, and two of the list.
        assert message.segment_words() == (5,)
        (grant,) = memory.grants
        assert grant.body()[5 * 8 : (3 + 25_000) * 8] == bytes((25_000 - 2) * 8)
        root.set_data(1, b"y" * 8)
        assert message.segment_words() == (6,)
        root.adopt(0, orphan)
        assert root.get_data(0) == b"x" * 11
        assert root.get_data(1) == b"y" * 8


def test_a_list_that_is_cut_to_nothing_gives_all_its_words_back() -> None:
    for size in (1, 100):
        memory = Memory(size)
        with closing(MessageBuilder(memory), memory) as message:
            root = message.init_root(0, 1)
            root.init_list(0, Element.UINT64, 3)[1] = 1
            orphan = orphaned(root, 0)
            used = sum(message.segment_words())
            orphan.truncate(0)
            assert sum(message.segment_words()) == used - 3
            orphan.extend(2)
            assert sum(message.segment_words()) == used - 1
            root.adopt(0, orphan)
            assert list_of(root, 0, Element.UINT64) == [0, 0]


def test_handles_on_elements_that_were_given_back_are_stale() -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 2)
        root.init_struct_list(0, 4, 1, 1)
        orphan = orphaned(root, 0)
        elements = list(orphan.get_struct_list())
        # An empty struct is identified by its pointer, here one that is cut off.
        empty = elements[3].init_struct(0, 0, 0)
        orphan.truncate(2)
        behind = root.init_list(1, Element.UINT64, 4)
        behind[3] = 7
        for handle in (*elements, empty):
            with pytest.raises(StaleHandle):
                handle.data_section()
        with pytest.raises(StaleHandle):
            elements[3].set_uint64(0, 1)
        assert list(behind) == [0, 0, 0, 7]


Opened = Callable[[StructBuilder], Any]


@pytest.mark.parametrize(
    ("shape", "opened"),
    [
        pytest.param(wire.struct_shape(4, 0), lambda root: root.get_struct(0), id="data"),
        pytest.param(wire.struct_shape(0, 4), lambda root: root.get_struct(0), id="pointers"),
        pytest.param(
            wire.list_shape(wire.SIZE_BYTE, 25),
            lambda root: root.get_list(0, Element.UINT8),
            id="list",
        ),
        pytest.param(
            wire.list_shape(wire.SIZE_POINTER, 4),
            lambda root: root.get_pointer_list(0),
            id="pointer list",
        ),
        pytest.param(
            wire.list_shape(wire.SIZE_COMPOSITE, 3),
            lambda root: root.get_struct_list(0),
            id="struct list",
        ),
        pytest.param(
            wire.list_shape(wire.SIZE_COMPOSITE, 3),
            lambda root: root.get_pointer_list(0),
            id="pointers of a struct list",
        ),
        pytest.param(
            wire.struct_shape(4, 0), lambda root: orphaned(root, 0).get_struct(), id="orphan"
        ),
    ],
)
def test_handles_that_reach_into_words_that_were_given_back_are_stale(
    shape: int, opened: Opened
) -> None:
    """A pointer that was scribbled upon leads to an object that ends in the list that is cut."""
    memory = Memory(100)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 2)
        # Words 1 and 2 are the root, 3 to 5 are this list, and 6 to 9 the one that is cut.
        root.init_list(0, Element.UINT64, 3)[0] = wire.tag(3, 0, 1)
        root.init_list(1, Element.UINT64, 4)
        orphan = orphaned(root, 1)
        memory.grants[0].scribble(1, wire.with_offset(shape, 1))
        before = opened(root)
        kept = message.new_orphan_struct(0, 0)
        within = root
        orphan.truncate(2)
        # It ends in word 6, which is still in use.
        assert message.segment_words() == (8,)
        assert repr(before)
        call = before.total_size
        call()
        orphan.truncate(0)
        assert message.segment_words() == (6,)
        with pytest.raises(StaleHandle):
            call()
        root.set_data(1, b"a later object")
        with pytest.raises(StaleHandle):
            call()
        assert within.get_data(1) == b"a later object"
        kept.drop()


def test_an_orphan_that_reaches_into_words_that_were_given_back_is_stale() -> None:
    memory = Memory(100)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 3)
        root.init_list(0, Element.UINT64, 2)
        root.init_list(1, Element.UINT64, 4)
        orphan = orphaned(root, 1)
        memory.grants[0].scribble(1, wire.with_offset(wire.list_shape(wire.SIZE_BYTE, 17), 2))
        overlapping = orphaned(root, 0)
        orphan.truncate(0)
        root.set_data(1, b"a later object")
        for call in (
            lambda: overlapping.get_list(Element.UINT8),
            lambda: overlapping.truncate(1),
            lambda: root.adopt(0, overlapping),
            overlapping.drop,
        ):
            with pytest.raises(StaleHandle):
                call()
        assert root.get_data(1) == b"a later object"


def test_the_word_of_the_root_pointer_is_never_given_back() -> None:
    memory = Memory(1)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.root_pointer().init_struct(0, 0, 2)
        # These words are the landing pad for a list of one word, that of the root pointer.
        pad = root.init_list(0, Element.UINT64, 2)
        pad[0] = wire.far_pointer(0, 0)
        pad[1] = wire.list_shape(wire.SIZE_EIGHT_BYTES, 1)
        where = wire.far_pointer(wire.far_segment(memory.grants[1].word(1)), 1, double=True)
        memory.grants[1].scribble(2, where)
        orphan = orphaned(root, 1)
        assert message.segment_words()[0] == 1
        orphan.truncate(0)
        assert message.segment_words()[0] == 1


def test_words_in_front_of_the_place_of_an_empty_list_are_not_given_back() -> None:
    """Its pointer leads to the end of the words in use, which must not come before that."""
    with MessageBuilder() as message:
        root = message.init_root(0, 2)
        root.init_list(0, Element.UINT64, 3)
        orphan = orphaned(root, 0)
        root.init_list(1, Element.UINT64, 0)
        (used,) = message.segment_words()
        orphan.truncate(1)
        assert message.segment_words() == (used,)
        assert list_of(root, 1, Element.UINT64) == []
        # A later list can give its words back.
        root.init_list(0, Element.UINT64, 5)
        orphaned(root, 0).truncate(1)
        assert message.segment_words() == (used + 1,)
        assert list_of(root, 1, Element.UINT64) == []


def test_a_list_that_was_extended_over_the_place_of_an_empty_list_keeps_that_place() -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 2)
        root.init_list(0, Element.UINT64, 3)
        orphan = orphaned(root, 0)
        root.init_list(1, Element.UINT64, 0)
        orphan.extend(6)
        (used,) = message.segment_words()
        orphan.truncate(4)
        assert message.segment_words() == (used - 2,)
        orphan.truncate(1)
        assert message.segment_words() == (used - 2,)
        assert list_of(root, 1, Element.UINT64) == []


def test_an_empty_list_in_another_segment_is_lent() -> None:
    memory = Memory(4)
    with closing(MessageBuilder(memory, verify=True), memory) as message:
        root = message.init_root(0, 3)
        memory.grant_words = 64
        root.set_data(0, bytes(72))
        root.init_list(1, Element.UINT64, 30)
        orphan = orphaned(root, 1)
        orphan.truncate(0)
        with orphan.get_list(Element.UINT64).lend() as view:
            assert len(view) == 0


def test_a_call_that_failed_does_not_let_words_go_that_another_kept() -> None:
    with MessageBuilder() as other:
        given = other.init_root(0, 2)
        given.init_list(0, Element.UINT64, 5)
        given.init_list(1, Element.UINT64, 0)
        for number in range(1, 20):
            memory = FailingMemory("segment", number, AllocatorError, grant_words=100)
            memory.armed = False
            with closing(MessageBuilder(memory), memory) as message:
                root = message.init_root(0, 3)
                root.init_list(0, Element.UINT64, 3)
                orphan = orphaned(root, 0)
                root.init_list(1, Element.UINT64, 0)
                memory.armed = True
                memory.calls["segment"] = 0
                try:
                    root.set(2, given)
                except AllocatorError:
                    memory.armed = False
                    orphan.truncate(1)
                    assert list_of(root, 1, Element.UINT64) == []
                else:
                    assert number > 1
                    break


def test_words_of_a_resumed_message_are_not_given_back() -> None:
    """Its pointers are not known, and one of an empty list may lead to the end."""
    memory = Memory(100)
    first = MessageBuilder(memory)
    root = first.init_root(0, 2)
    root.init_list(0, Element.UINT64, 3)
    root.init_list(1, Element.UINT64, 0)
    grants = list(enumerate(first.segment_words()))
    with closing(MessageBuilder.resume(memory, grants), memory) as message:
        again = message.get_root()
        assert again is not None
        used = message.segment_words()
        orphaned(again, 0).truncate(1)
        assert message.segment_words() == used
        assert list_of(again, 1, Element.UINT64) == []


def test_a_cut_replaces_the_records_of_earlier_ones_further_on() -> None:
    segment = Segment(0, None)
    assert not segment.was_cut(100, 0)
    for epoch, end in enumerate((9, 5, 7, 7), 1):
        segment.give_back(end, epoch)
        assert segment.used == end
    assert segment.cuts == [(5, 2), (7, 4)]
    # Of every object that ends at a word: the last epoch of a handle that is stale.
    last = [
        max((old for old in range(5) if segment.was_cut(end, old)), default=None)
        for end in range(10)
    ]
    assert last == [None] * 6 + [1, 1, 3, 3]


@pytest.mark.parametrize("size", SIZES)
def test_a_text_keeps_its_nul(size: int) -> None:
    memory = MovingMemory(size)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 1)
        root.set_text(0, "a text of 24 characters.")
        orphan = orphaned(root, 0)
        orphan.truncate(6, text=True)
        root.adopt(0, orphan)
        assert root.get_text(0) == "a text"
        assert read_message(message.to_bytes()).get_root().get_text(0) == "a text"
        orphan = orphaned(root, 0)
        orphan.extend(9, text=True)
        root.adopt(0, orphan)
        assert root.get_text(0) == "a text\0\0\0"
        orphan = orphaned(root, 0)
        orphan.truncate(0, text=True)
        root.adopt(0, orphan)
        assert root.get_text(0) == ""


def test_whether_it_is_text_is_asked_once() -> None:
    class Wavering:
        answers = 0

        def __index__(self) -> int:
            self.answers += 1
            return self.answers - 1

    with MessageBuilder() as message:
        root = message.init_root(0, 1)
        root.set_data(0, b"ABCDEFGH")
        orphan = orphaned(root, 0)
        once: Any = Wavering()
        orphan.truncate(8, text=once)
        root.adopt(0, orphan)
        assert root.get_data(0) == b"ABCDEFGH"
        assert once.answers == 1


def test_a_list_at_the_end_is_extended_where_it_is() -> None:
    memory = Memory(100)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 2)
        root.set_data(0, b"abc")
        orphan = orphaned(root, 0)
        used = message.segment_words()[0]
        orphan.extend(8)
        assert message.segment_words() == (used,)
        orphan.extend(20)
        assert message.segment_words() == (used + 2,)
        root.set_data(1, b"behind")
        orphan.extend(30)
        assert message.segment_words() == (used + 3 + 4,)
        root.adopt(0, orphan)
        assert root.get_data(0) == b"abc" + bytes(27)
        assert message.segments()[0].count(b"abc") == 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 40])
def test_structs_and_what_is_below_them(size: int, count: int) -> None:
    memory = MovingMemory(size)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 2)
        structs = root.init_struct_list(0, 3, 1, 2)
        for at, struct in enumerate(structs):
            struct.set_uint64(0, at + 1)
            struct.set_text(0, f"text {at}")
            struct.init_struct(1, 1, 0).set_uint64(0, 100 + at)
        orphan = orphaned(root, 0)
        below = [orphan.get_struct_list()[at].get_struct(1) for at in range(3)]
        (orphan.truncate if count < 3 else orphan.extend)(count)
        for at, node in enumerate(below):
            assert node is not None
            if at < count:
                assert node.get_uint64(0) == 100 + at
            else:
                with pytest.raises(StaleHandle):
                    node.get_uint64(0)
        root.adopt(0, orphan)
        built = root.get_struct_list(0)
        reader = read_message(message.to_bytes()).get_root().get_struct_list(0)
        assert built is not None
        assert reader is not None
        for found in (built, reader):
            assert len(found) == count
            told = [(one.get_uint64(0), one.get_text(0)) for one in found]
            kept = [(at + 1, f"text {at}") for at in range(min(3, count))]
            assert told == kept + [(0, None)] * (count - 3)
        for at in range(count, 3):
            assert f"text {at}".encode() not in message.to_bytes()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [0, 1, 2, 3, 40])
def test_pointers_and_what_is_below_them(size: int, count: int) -> None:
    memory = MovingMemory(size)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 2)
        row = root.init_pointer_list(0, 2)
        row.set_text(0, "first")
        row.init_pointer_list(1, 1).set_text(0, "second")
        orphan = orphaned(root, 0)
        (orphan.truncate if count < 2 else orphan.extend)(count)
        root.adopt(0, orphan)
        found = root.get_pointer_list(0)
        assert found is not None
        assert len(found) == count
        assert count == 0 or found.get_text(0) == "first"
        assert (b"second" in message.to_bytes()) is (count > 1)
        if count > 1:
            below = found.get_pointer_list(1)
            assert below is not None
            assert below.get_text(0) == "second"


def test_handles_on_the_list_are_stale() -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 1)
        root.init_list(0, Element.UINT8, 6)
        orphan = orphaned(root, 0)
        for change, count in (
            (orphan.truncate, 5),
            (orphan.extend, 6),
            (orphan.extend, 100),
            (orphan.truncate, 9),
        ):
            values = orphan.get_list(Element.UINT8)
            values[0] = 1
            change(count)
            with pytest.raises(StaleHandle):
                values[0] = 2
            assert orphan.get_list(Element.UINT8)[0] == 1


def test_what_cannot_be_resized_is_refused() -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 2)
        root.init_list(0, Element.UINT16, 4)
        orphan = orphaned(root, 0)
        before = message.segments()
        for count in (5, 1 << 28):
            with pytest.raises(ArgumentValueError):
                orphan.truncate(count)
        for count in (0, 3):
            with pytest.raises(ArgumentValueError):
                orphan.extend(count)
        with pytest.raises(ArgumentValueError):
            orphan.truncate(-1)
        with pytest.raises(MessageTooLarge):
            orphan.extend(1 << 29)
        with pytest.raises(ArgumentTypeError):
            orphan.extend("5")  # type: ignore[arg-type]
        with pytest.raises(PointerKindMismatch):
            orphan.truncate(1, text=True)
        with pytest.raises(PointerKindMismatch):
            message.new_orphan_struct(1, 1).truncate(0)
        assert message.segments()[0][: len(before[0])] == before[0]
        root.adopt(0, orphan)
        with pytest.raises(StaleHandle):
            orphan.extend(9)


def test_structs_that_would_exceed_a_list_are_refused() -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 1)
        root.init_struct_list(0, 1, 100, 0)
        with pytest.raises(MessageTooLarge):
            orphaned(root, 0).extend(1 << 23)


def test_a_list_that_was_scribbled_upon_is_not_resized() -> None:
    memory = Memory(100)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 1)
        row = root.init_pointer_list(0, 2)
        row.set_text(0, "first")
        row.set_text(1, "second")
        orphan = orphaned(root, 0)
        # Both pointers lead to one text; then the second one leads into the list itself.
        same = memory.grants[0].word(2) - (1 << 2)
        inside = wire.with_offset(wire.list_shape(wire.SIZE_BYTE, 8), -2)
        for count, value in ((0, same), (1, inside)):
            memory.grants[0].scribble(3, value)
            before = message.segments()
            with pytest.raises(MalformedMessage):
                orphan.truncate(count)
            assert message.segments() == before


def test_a_list_whose_tag_says_fewer_elements_is_extended_with_zeros() -> None:
    memory = Memory(100)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 1)
        for index, element in enumerate(root.init_struct_list(0, 3, 1, 0)):
            element.set_uint64(0, index + 1)
        orphan = orphaned(root, 0)
        assert memory.grants[0].word(2) == wire.tag(3, 1, 0)
        memory.grants[0].scribble(2, wire.tag(2, 1, 0))
        orphan.extend(3)
        root.adopt(0, orphan)
        structs = root.get_struct_list(0)
        assert structs is not None
        assert [element.get_uint64(0) for element in structs] == [1, 2, 0]


@pytest.mark.parametrize("element", ELEMENTS)
def test_lists_are_joined(element: Element) -> None:
    rng = random.Random(1)
    with MessageBuilder() as message, MessageBuilder() as other:
        root = message.init_root(0, 6)
        far = other.init_root(0, 1)
        expected: list[Any] = []
        parts: list[Any] = []
        for index, count in enumerate((0, 3, 9, 0, 70)):
            values = (far if index == 2 else root).init_list(
                0 if index == 2 else index, element, count
            )
            if element is not Element.VOID:
                what = some(element, count)
                rng.shuffle(what)
                fill(values, what)
            expected += list(values)
            parts.append(values)
        reader = read_message(other.to_bytes()).get_root().get_list(0, element)
        assert reader is not None
        orphan = message.new_orphan_list([*parts, reader])
        root.adopt(5, orphan)
        assert list_of(root, 5, element) == expected + list(reader)


def test_lists_of_pointers_are_joined_deeply() -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 3)
        one = root.init_pointer_list(0, 2)
        one.set_text(1, "one")
        two = root.init_pointer_list(1, 1)
        two.init_pointer_list(0, 1).set_text(0, "two")
        root.adopt(2, message.new_orphan_list([one, two, one]))
        one.set_text(1, "changed")
        joined = root.get_pointer_list(2)
        assert joined is not None
        below = joined.get_pointer_list(2)
        assert below is not None
        assert (len(joined), joined.get_text(1), joined.get_text(4)) == (5, "one", "one")
        assert below.get_text(0) == "two"
        assert joined.is_null(0)


def test_structs_of_different_sizes_are_joined_at_the_largest() -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 4)
        small = root.init_struct_list(0, 2, 1, 1)
        wide = root.init_struct_list(1, 1, 2, 0)
        empty = root.init_struct_list(2, 3, 0, 0)
        small[0].set_uint64(0, 1)
        small[1].set_text(0, "text")
        wide[0].set_uint64(1, 2)
        root.adopt(3, message.new_orphan_list([small, empty, wide, small]))
        joined = root.get_struct_list(3)
        assert joined is not None
        assert (len(joined), joined.data_words, joined.pointer_count) == (8, 2, 1)
        assert [one.get_uint64(0) for one in joined] == [1, 0, 0, 0, 0, 0, 1, 0]
        assert [one.get_uint64(1) for one in joined] == [0] * 5 + [2, 0, 0]
        assert [one.get_text(0) for one in joined] == [None, "text", *[None] * 5, "text"]


def test_what_is_no_list_of_one_kind_is_not_joined() -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 3)
        bytes_ = root.init_list(0, Element.UINT8, 2)
        words = root.init_list(1, Element.UINT64, 2)
        for lists in ([], [bytes_, words], [root], [root, bytes_], [3], 5):
            with pytest.raises(ArgumentTypeError):
                message.new_orphan_list(lists)  # type: ignore[arg-type]
        huge = root.init_list(2, Element.VOID, 1 << 28)
        with pytest.raises(MessageTooLarge):
            message.new_orphan_list([huge, huge])


def test_an_orphan_is_copied() -> None:
    with MessageBuilder() as message, MessageBuilder() as other:
        root = message.init_root(0, 4)
        root.set_text(0, "text")
        root.set_capability(1, 7)
        text, capability = orphaned(root, 0), orphaned(root, 1)
        struct = message.new_orphan_struct(1, 1)
        struct.get_struct().set_text(0, "below")
        copies = [message.new_orphan(one) for one in (text, capability, struct)]
        struct.get_struct().set_text(0, "changed")
        assert copies[2].get_struct().get_text(0) == "below"
        for at, copy in enumerate(copies):
            root.adopt(at, copy)
        assert root.get_text(0) == "text"
        assert root.get_capability(1) == 7
        target = other.init_root(0, 2)
        target.set(0, text)
        target.set(1, capability)
        assert target.get_text(0) == "text"
        assert target.kind(1) is PointerKind.CAPABILITY
        text.drop()
        with pytest.raises(StaleHandle):
            target.set(0, text)


CHANGES: dict[str, Callable[[Orphan], None]] = {
    "cut": lambda orphan: orphan.truncate(1),
    "cut to nothing": lambda orphan: orphan.truncate(0),
    "extend": lambda orphan: orphan.extend(9),
}


def scene(message: MessageBuilder, kind: int) -> tuple[StructBuilder, Orphan]:
    root = message.init_root(0, 2)
    if kind == 0:
        root.set_data(0, b"data")
    elif kind == 1:
        row = root.init_pointer_list(0, 3)
        row.set_text(0, "first")
        row.set_text(2, "last")
    else:
        root.init_struct_list(0, 3, 1, 1)[2].set_text(0, "last")
    orphan = orphaned(root, 0)
    root.set_text(1, "behind")
    return root, orphan


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("kind", range(3))
@pytest.mark.parametrize("size", [2, 7, 100])
def test_a_refusal_at_every_call(name: str, kind: int, size: int) -> None:
    change = CHANGES[name]
    calm = Memory(size)
    with closing(MessageBuilder(calm), calm) as message:
        root, orphan = scene(message, kind)
        before = dict(calm.calls)
        change(orphan)
        calls = {name: calm.calls[name] - before.get(name, 0) for name in ("allocate", "segment")}
        root.adopt(0, orphan)
        expected = message.canonical()
    for called, count in calls.items():
        for number in range(1, count + 1):
            for error in (OSError, KeyboardInterrupt):
                memory = FailingMemory(called, 10**9, error, grant_words=size)
                with closing(MessageBuilder(memory), memory) as message:
                    root, orphan = scene(message, kind)
                    held = message.segments()
                    memory.number = memory.calls[called] + number
                    with pytest.raises((AllocatorError, KeyboardInterrupt)):
                        change(orphan)
                    memory.armed = False
                    assert message.segments() == held
                    change(orphan)
                    root.adopt(0, orphan)
                    assert message.canonical() == expected


def test_allocator_calls_are_bounded() -> None:
    for count in (10, 1000):
        memory = Memory(10000)
        with closing(MessageBuilder(memory), memory) as message:
            root = message.init_root(0, 1)
            root.init_list(0, Element.UINT64, count)
            orphan = orphaned(root, 0)
            message.new_orphan_struct(1, 0)
            before = memory.calls.total()
            orphan.extend(2 * count)
            orphan.truncate(3)
            assert memory.calls.total() - before <= 12


def test_memory_that_stays_works_as_well() -> None:
    with MessageBuilder(HeapAllocator(segment_words=3, growth=False), verify=True) as message:
        root, orphan = scene(message, 1)
        orphan.extend(9)
        orphan.truncate(2)
        root.adopt(0, orphan)
        row = root.get_pointer_list(0)
        assert row is not None
        assert (len(row), row.get_text(0)) == (2, "first")
        assert b"last" not in message.to_bytes()


def test_no_call_from_inside_the_allocator_changes_an_orphan() -> None:
    memory = HookedMemory(3)
    with closing(MessageBuilder(memory), memory) as message:
        root, orphan = scene(message, 1)
        other = message.new_orphan_struct(1, 1)
        row = orphan.get_pointer_list()
        seen: list[str] = []

        def hook(kind: str) -> None:
            for call in (
                lambda: orphan.truncate(1),
                lambda: orphan.extend(50),
                orphan._tree,
                lambda: message.new_orphan(other),
                lambda: message.new_orphan_list([row]),
                lambda: root.adopt(0, orphan),
            ):
                with pytest.raises(Reentered):
                    call()
                seen.append(kind)

        memory.hook = hook
        orphan.extend(20)
        orphan.truncate(2)
        memory.hook = None
        assert {"allocate", "segment"} <= set(seen)
        root.adopt(0, orphan)
        found = root.get_pointer_list(0)
        assert found is not None
        assert (len(found), found.get_text(0)) == (2, "first")
