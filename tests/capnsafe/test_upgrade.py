"""Objects of an older schema, opened at the sizes of a newer one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import capnp
import pytest

from capnsafe import (
    ArgumentTypeError,
    ArgumentValueError,
    Element,
    HeapAllocator,
    MalformedMessage,
    MessageBuilder,
    MessageTooLarge,
    PointerKindMismatch,
    StaleHandle,
    StructBuilder,
    StructListBuilder,
    frame,
    wire,
)
from capnsafe.wire import ELEMENTS
from tests.capnsafe.generated import root_of
from tests.capnsafe.memories import Memory, closing

VALUES = [element for element in ELEMENTS if element not in (Element.VOID, Element.BOOL)]


@pytest.fixture(params=[1, 4, 9, 300])
def memory(request: pytest.FixtureRequest) -> Memory:
    return Memory(grant_words=request.param)


@pytest.fixture
def message(memory: Memory) -> Iterator[MessageBuilder]:
    with closing(MessageBuilder(memory), memory) as message:
        yield message


def struct_of(node: StructBuilder, index: int, *sections: int) -> StructBuilder:
    child = node.get_struct(index, *sections)
    assert child is not None
    return child


def structs_of(node: StructBuilder, index: int, *sections: int) -> StructListBuilder:
    structs = node.get_struct_list(index, *sections)
    assert structs is not None
    return structs


def sample(element: Element, at: int) -> int | float:
    return at + 0.5 if element.floating else (element.high - at, element.low + at)[at % 2]


# -- structs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("sections", [(2, 2), (1, 3), (3, 3), (2, 0), (5, 9)])
def test_a_struct_grows_and_keeps_all(message: MessageBuilder, sections: tuple[int, int]) -> None:
    root = message.init_root(0, 2)
    old = root.init_struct(0, 1, 2)
    old.set_uint64(0, 0x0123456789ABCDEF)
    old.set_text(0, "text")
    child = old.init_struct(1, 1, 1)
    root.set_text(1, "in the way")
    new = struct_of(root, 0, *sections)
    assert (new.data_words, new.pointer_count) == (max(sections[0], 1), max(sections[1], 2))
    assert new.get_uint64(0) == 0x0123456789ABCDEF
    assert [new.get_uint64(at) for at in range(1, new.data_words)] == [0] * (new.data_words - 1)
    assert new.get_text(0) == "text"
    assert all(new.is_null(at) for at in range(2, new.pointer_count))
    with pytest.raises(StaleHandle):
        old.get_uint64(0)
    with pytest.raises(StaleHandle):
        old.set_text(0, "stale")
    # What lies below it stays where it is.
    child.set_uint64(0, 5)
    child.set_text(0, "below")
    for at in range(new.pointer_count):
        if at != 1:
            new.set_text(at, f"t{at}")
    for at in range(new.data_words):
        new.set_uint64(at, at)
    read = root_of(message.to_bytes()).get_struct(0)
    assert read is not None
    inner = read.get_struct(1)
    assert inner is not None
    assert (inner.get_uint64(0), inner.get_text(0)) == (5, "below")
    assert [read.get_uint64(at) for at in range(new.data_words)] == list(range(new.data_words))
    for at in range(new.pointer_count):
        if at != 1:
            assert read.get_text(at) == f"t{at}"


@pytest.mark.parametrize("sections", [(), (0, 0), (1, 2), (0, 2), (1, 0)])
def test_a_struct_that_is_large_enough_stays(
    message: MessageBuilder, sections: tuple[int, ...]
) -> None:
    root = message.init_root(0, 1)
    old = root.init_struct(0, 1, 2)
    before = message.segments()
    new = struct_of(root, 0, *sections)
    assert (new.data_words, new.pointer_count) == (1, 2)
    new.set_uint64(0, 1)
    assert old.get_uint64(0) == 1
    old.set_uint64(0, 0)
    assert message.segments() == before


def test_the_old_words_are_zero(message: MessageBuilder) -> None:
    root = message.init_root(0, 1)
    old = root.init_struct(0, 2, 1)
    old.set_uint64(0, 0x5345435245542121)
    old.set_uint64(1, 0x5345435245542121)
    old.set_text(0, "text")
    secret = (0x5345435245542121).to_bytes(8, "little")
    assert message.to_bytes().count(secret) == 2
    new = struct_of(root, 0, 4, 1)
    assert message.to_bytes().count(secret) == 2
    new.set_uint64(0, 0)
    new.set_uint64(1, 0)
    assert secret not in message.to_bytes()
    assert new.get_text(0) == "text"


def test_the_root_grows(message: MessageBuilder) -> None:
    assert message.get_root(3, 3) is None
    old = message.init_root(1, 1)
    old.set_uint64(0, 7)
    child = old.init_struct(0, 1, 0)
    new = message.get_root(2, 2)
    assert new is not None
    assert (new.data_words, new.pointer_count, new.get_uint64(0)) == (2, 2, 7)
    child.set_uint64(0, 8)
    assert struct_of(new, 0).get_uint64(0) == 8
    with pytest.raises(StaleHandle):
        old.get_uint64(0)
    again = message.get_root(1, 1)
    assert again is not None
    assert again.data_words == 2
    new.set_uint64(1, 1)
    for sections in ((-1, 0), (0, 65536)):
        with pytest.raises(ArgumentValueError):
            message.get_root(*sections)
    with pytest.raises(ArgumentTypeError):
        message.get_root("2", 0)  # type: ignore[call-overload]


def test_a_struct_without_words_grows(message: MessageBuilder) -> None:
    root = message.init_root(0, 2)
    old = root.init_struct(0, 0, 0)
    new = struct_of(root, 0, 1, 1)
    new.set_uint64(0, 1)
    new.set_text(0, "text")
    with pytest.raises(StaleHandle):
        old.copy_from(old)
    newer = struct_of(root, 0, 0, 2)
    assert (newer.get_uint64(0), newer.get_text(0), newer.is_null(1)) == (1, "text", True)


def test_every_kind_of_child_is_kept(message: MessageBuilder) -> None:
    root = message.init_root(0, 1)
    old = root.init_struct(0, 1, 9)
    old.init_struct(0, 0, 0)
    old.init_list(1, Element.VOID, 5)
    old.init_list(2, Element.UINT8, 0)
    old.set_capability(3, 77)
    old.init_struct_list(4, 2, 1, 0)[1].set_uint64(0, 4)
    old.init_struct_list(5, 3, 0, 0)
    old.init_pointer_list(6, 1).set_text(0, "deep")
    bits = old.init_list(7, Element.BOOL, 70)
    bits[69] = True
    for _ in range(3):
        new = struct_of(root, 0, struct_of(root, 0).data_words + 1, 9)
        assert struct_of(new, 0).data_words == 0
        assert not new.is_null(0)
        assert len(new.get_list(1, Element.VOID) or ()) == 5
        assert new.get_data(2) == b""
        assert new.get_capability(3) == 77
        assert structs_of(new, 4)[1].get_uint64(0) == 4
        assert len(structs_of(new, 5)) == 3
        texts = new.get_pointer_list(6)
        assert texts is not None
        assert texts.get_text(0) == "deep"
        assert bits[69] is True
        assert new.is_null(8)
        assert message.to_bytes()


def test_far_pointers_move_as_they_are() -> None:
    memory = Memory(grant_words=1)
    with closing(MessageBuilder(memory), memory) as message:
        old = message.init_root(0, 2)  # Three words: the first segment is full.
        child = old.init_struct(0, 1, 0)  # Its pad and its word: so is the second.
        old.set_data(1, b"d")
        segments = len(message.segment_words())
        new = message.get_root(0, 3)
        assert new is not None
        child.set_uint64(0, 3)
        assert struct_of(new, 0).get_uint64(0) == 3
        assert new.get_data(1) == b"d"
        # One segment for the struct and its pad, and none for pads of its children.
        assert len(message.segment_words()) == segments + 1


def test_children_in_a_full_segment_get_double_pads() -> None:
    memory = Memory(grant_words=6)
    with closing(MessageBuilder(memory), memory) as message:
        old = message.init_root(0, 2)
        child = old.init_struct(0, 1, 0)
        values = old.init_list(1, Element.UINT64, 2)
        assert message.segment_words() == (6,)
        new = message.get_root(0, 3)
        assert new is not None
        # Their pads are two words each: after the struct, then in a segment of their own.
        assert message.segment_words() == (6, 6, 2)
        for word, segment in ((1, 1), (2, 2)):
            pointer = wire.POINTER.unpack_from(message.segments()[1], word * 8)[0]
            assert pointer & 3 == wire.FAR
            assert wire.far_is_double(pointer)
            assert wire.far_segment(pointer) == segment
        child.set_uint64(0, 1)
        values[1] = 2
        assert struct_of(new, 0).get_uint64(0) == 1
        numbers = new.get_list(1, Element.UINT64)
        assert numbers is not None
        assert list(numbers) == [0, 2]
        copied = root_of(message.to_bytes())
        assert copied.total_words() == 6


# -- lists ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("element", VALUES)
@pytest.mark.parametrize("sections", [(1, 0), (0, 1), (2, 2)])
def test_a_list_of_values_becomes_one_of_structs(
    message: MessageBuilder, element: Element, sections: tuple[int, int]
) -> None:
    root = message.init_root(0, 2)
    values = root.init_list(0, element, 5)
    for at in range(5):
        values[at] = sample(element, at)
    kept = root.init_list(1, element, 5)
    before = message.segment_words()
    structs = structs_of(root, 0, *sections)
    assert (structs.data_words, structs.pointer_count) == (max(1, sections[0]), sections[1])
    name = element.name.lower()
    for at, node in enumerate(structs):
        assert getattr(node, f"get_{name}")(0) == sample(element, at)
        rest = node.get_uint64(0) >> element.bits
        assert rest == 0
        if sections[1]:
            node.set_text(0, f"text {at}")
    with pytest.raises(StaleHandle):
        values[0]
    kept[4] = sample(element, 4)
    read = root_of(message.to_bytes()).get_struct_list(0)
    assert read is not None
    assert [getattr(node, f"get_{name}")(0) for node in read] == [
        sample(element, at) for at in range(5)
    ]
    assert message.segment_words() > before
    if sections[1]:
        assert [node.get_text(0) for node in read] == [f"text {at}" for at in range(5)]


def test_a_list_of_pointers_becomes_one_of_structs(message: MessageBuilder) -> None:
    root = message.init_root(0, 1)
    pointers = root.init_pointer_list(0, 4)
    pointers.set_text(0, "zero")
    child = pointers.init_struct(2, 1, 1)
    pointers.set_capability(3, 9)
    structs = structs_of(root, 0, 1, 0)
    assert (structs.data_words, structs.pointer_count) == (1, 1)
    assert structs[0].get_text(0) == "zero"
    assert structs[1].is_null(0)
    child.set_uint64(0, 2)
    child.set_text(0, "below")
    assert struct_of(structs[2], 0).get_uint64(0) == 2
    assert structs[3].get_capability(0) == 9
    with pytest.raises(StaleHandle):
        pointers.get_text(0)
    structs[1].set_uint64(0, 11)
    larger = structs_of(root, 0, 2, 3)
    assert [node.get_uint64(0) for node in larger] == [0, 11, 0, 0]
    child.set_uint64(0, 3)
    assert struct_of(larger[2], 0).get_text(0) == "below"
    assert struct_of(larger[2], 0).get_uint64(0) == 3


def test_a_list_of_structs_grows(message: MessageBuilder) -> None:
    root = message.init_root(0, 1)
    old = root.init_struct_list(0, 3, 1, 1)
    for at, node in enumerate(old):
        node.set_uint64(0, at + 1)
        node.set_text(0, f"{at}")
    element = old[1]
    below = old[2].init_struct(0, 1, 0)
    new = structs_of(root, 0, 2, 1)
    assert [node.get_uint64(0) for node in new] == [1, 2, 3]
    assert [node.get_uint64(1) for node in new] == [0, 0, 0]
    assert new[1].get_text(0) == "1"
    below.set_uint64(0, 6)
    for stale in (element.get_uint64, element.get_text):
        with pytest.raises(StaleHandle):
            stale(0)
    with pytest.raises(StaleHandle):
        old[0]
    newer = structs_of(root, 0, 1, 4)
    assert (newer.data_words, newer.pointer_count) == (2, 4)
    assert struct_of(newer[2], 0).get_uint64(0) == 6
    assert structs_of(root, 0, 2, 2)[1].get_text(0) == "1"
    assert newer[1].get_text(0) == "1"


def test_a_list_of_no_elements_grows(message: MessageBuilder) -> None:
    root = message.init_root(0, 3)
    root.init_list(0, Element.UINT16, 0)
    root.init_pointer_list(1, 0)
    root.init_struct_list(2, 0, 1, 0)
    for at in range(3):
        structs = structs_of(root, at, 2, 2)
        assert (len(structs), structs.data_words, structs.pointer_count) == (0, 2, 2)
    for at in range(3):
        read = root_of(message.to_bytes()).get_struct_list(at)
        assert read is not None
        assert len(read) == 0


def test_voids_become_structs(message: MessageBuilder) -> None:
    root = message.init_root(0, 2)
    voids = root.init_list(0, Element.VOID, 3)
    root.init_struct_list(1, 3, 0, 0)
    for at in range(2):
        structs = structs_of(root, at, 1, 1)
        structs[2].set_uint64(0, 5)
        assert [node.get_uint64(0) for node in structs] == [0, 0, 5]
    with pytest.raises(StaleHandle):
        voids[0]


def test_bits_do_not_become_structs(message: MessageBuilder) -> None:
    root = message.init_root(0, 2)
    bits = root.init_list(0, Element.BOOL, 9)
    before = message.segments()
    for sections in ((), (1, 0), (0, 1)):
        with pytest.raises(PointerKindMismatch):
            root.get_struct_list(0, *sections)
    assert message.segments() == before
    bits[8] = True


def test_other_kinds_are_refused(message: MessageBuilder) -> None:
    root = message.init_root(0, 3)
    root.init_struct(0, 1, 1)
    root.set_text(1, "text")
    root.set_capability(2, 1)
    before = message.segments()
    for at in (0, 2):
        with pytest.raises(PointerKindMismatch):
            root.get_struct_list(at, 5, 5)
    for at in (1, 2):
        with pytest.raises(PointerKindMismatch):
            root.get_struct(at, 5, 5)
    with pytest.raises(PointerKindMismatch):
        root.get_struct_list(1)
    assert message.segments() == before


def test_null_stays_null(message: MessageBuilder) -> None:
    root = message.init_root(0, 1)
    assert root.get_struct(0, 5, 5) is None
    assert root.get_struct_list(0, 5, 5) is None


@pytest.mark.parametrize(
    "sections", [(-1, 0), (0, -1), (65536, 0), (0, 65536), ("1", 0), (0, None)]
)
def test_sections_are_checked(message: MessageBuilder, sections: tuple[Any, Any]) -> None:
    root = message.init_root(0, 2)
    root.init_struct(0, 1, 1)
    root.init_struct_list(1, 1, 1, 1)
    for call, at in ((root.get_struct, 0), (root.get_struct_list, 1)):
        with pytest.raises((ArgumentValueError, ArgumentTypeError)):
            call(at, *sections)


# -- limits --------------------------------------------------------------------------------------


def test_what_becomes_too_large_is_refused(memory: Memory) -> None:
    with closing(MessageBuilder(memory, max_segment_words=20), memory) as message:
        root = message.init_root(0, 3)
        numbers = root.init_list(0, Element.UINT8, 10)
        node = root.init_struct(1, 1, 1)
        old = root.init_struct_list(2, 4, 1, 0)
        before = message.segments()
        calls = memory.calls["allocate"]
        for call, at, sections in (
            (root.get_struct_list, 0, (2, 0)),
            (root.get_struct_list, 2, (1, 4)),
            (root.get_struct, 1, (20, 1)),
        ):
            with pytest.raises(MessageTooLarge):
                call(at, *sections)
        with pytest.raises(MessageTooLarge):
            message.get_root(20, 3)
        assert message.segments() == before
        assert memory.calls["allocate"] == calls
        numbers[9] = 1
        node.set_uint64(0, 1)
        old[3].set_uint64(0, 1)


def test_a_huge_list_of_voids_costs_nothing_until_there_is_memory(memory: Memory) -> None:
    """2²⁹−1 voids as structs of one word would be 4 GiB: that is not even tried privately."""
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 2)
        root.init_list(0, Element.VOID, wire.MAX_LIST_COUNT)
        root.init_struct_list(1, wire.MAX_LIST_COUNT, 0, 0)
        before = message.segments()
        for at in range(2):
            for sections in ((1, 0), (0, 1), (65535, 65535)):
                with pytest.raises(MessageTooLarge):
                    root.get_struct_list(at, *sections)
        assert len(structs_of(root, 1)) == wire.MAX_LIST_COUNT
        assert message.segments() == before


# -- hostile memory ------------------------------------------------------------------------------


def test_an_object_over_its_own_pointer_does_not_grow() -> None:
    memory = Memory(grant_words=40)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 2)
        root.init_struct(0, 1, 1)
        for shape in (wire.struct_shape(0, 2), wire.list_shape(wire.SIZE_EIGHT_BYTES, 2)):
            memory.grants[0].scribble(1, wire.with_offset(shape, -1))
            before = message.segments()
            grow = root.get_struct if shape & 3 == wire.STRUCT else root.get_struct_list
            with pytest.raises(MalformedMessage) as caught:
                grow(0, 4, 4)
            assert type(caught.value) is MalformedMessage
            with pytest.raises(MalformedMessage):
                root.disown(0)
            assert message.segments() == before
        memory.grants[0].scribble(1, 0)
        root.clear(0)


def test_a_pad_in_its_own_object_does_not_grow() -> None:
    memory = Memory(grant_words=40)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 1)
        node = root.init_struct(0, 4, 0)
        # The pad is the second word of the object that it leads to.
        memory.grants[0].scribble(1, wire.far_pointer(0, 3))
        node.set_uint64(1, wire.with_offset(wire.struct_shape(4, 0), -2))
        before = message.segments()
        for attempt in (
            lambda: root.get_struct(0, 5, 0),
            lambda: root.disown(0),
            lambda: root.clear(0),
        ):
            with pytest.raises(MalformedMessage):
                attempt()
        assert message.segments() == before


def test_a_pointer_out_of_bounds_below_does_not_move() -> None:
    memory = Memory(grant_words=40)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 1)
        node = root.init_struct(0, 1, 1)
        node.init_struct(0, 1, 0)
        memory.grants[0].scribble(3, wire.with_offset(wire.struct_shape(1, 0), 500))
        before = message.segments()
        with pytest.raises(MalformedMessage):
            root.get_struct(0, 2, 2)
        assert message.segments() == before
        memory.grants[0].scribble(3, 0)
        assert struct_of(root, 0, 2, 2).is_null(0)


# -- pycapnp -------------------------------------------------------------------------------------

SCHEMA = """
@0xd1b2c3d4e5f60718;
struct Value { number @0 :UInt16; label @1 :Text; }
struct Words { text @0 :Text; number @1 :UInt64; more @2 :Text; }
struct Old { values @0 :List(UInt16); texts @1 :List(Text); inner @2 :Old; number @3 :UInt32; }
struct New {
  values @0 :List(Value);
  texts @1 :List(Words);
  inner @2 :New;
  number @3 :UInt32;
  total @4 :UInt64;
  note @5 :Text;
}
"""


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Any:
    file: Path = tmp_path_factory.mktemp("schema") / "versions.capnp"
    file.write_text(SCHEMA)
    return capnp.SchemaParser().load(str(file))


def old_message(versions: Any, first_segment_words: int) -> bytes:
    old = versions.Old.new_message(num_first_segment_words=first_segment_words)
    node = old
    for depth in range(3):
        node.number = depth
        node.values = [depth, 2, 65535]
        node.texts = ["a", "b" * depth * 9]
        node = node.init("inner")
    message: bytes = old.to_bytes()
    return message


@pytest.mark.parametrize("segment_words", [1, 5, 12, 300])
@pytest.mark.parametrize("first_segment_words", [1, 100])
def test_pycapnp_reads_what_grew_as_it_grows_itself(
    versions: Any, segment_words: int, first_segment_words: int
) -> None:
    message = old_message(versions, first_segment_words)
    with versions.New.from_bytes(message) as reader:
        theirs = reader.as_builder()
    with MessageBuilder(HeapAllocator(segment_words=segment_words, growth=False)) as ours:
        ours.set_root(root_of(message))
        node = ours.get_root(2, 4)
        their = theirs
        depth = 0
        while node is not None:
            for struct in (node, their):
                if struct is node:
                    node.set_uint64(1, depth + 100)
                    node.set_text(3, f"note {depth}")
                    if not node.is_null(0):
                        structs_of(node, 0, 1, 1)[1].set_text(0, "label")
                        words = structs_of(node, 1, 1, 2)
                        words[0].set_uint64(0, 8)
                        words[1].set_text(1, "more")
                else:
                    their.total = depth + 100
                    their.note = f"note {depth}"
                    if their._has("values"):
                        their.values[1].label = "label"
                        their.texts[0].number = 8
                        their.texts[1].more = "more"
            depth += 1
            their = their.inner if their._has("inner") else None
            node = node.get_struct(2, 2, 4)
        assert depth == 4
        with versions.New.from_bytes(ours.to_bytes()) as read:
            assert read.to_dict() == theirs.to_dict()
        # And the older version still reads its part.
        with versions.Old.from_bytes(frame(ours.segments())) as read:
            assert list(read.inner.values) == [1, 2, 65535]
            assert read.inner.inner.texts[1] == "b" * 18
