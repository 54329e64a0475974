"""Calls that take an object as a whole: equality, element sizes, sections, views, contents."""

from __future__ import annotations

import array
import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from capnsafe import (
    AllocationRefused,
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    Borrowed,
    Element,
    ElementSize,
    HeapAllocator,
    ListReader,
    MessageBuilder,
    MessageReader,
    Orphan,
    PointerKindMismatch,
    StaleHandle,
    StructBuilder,
    TraversalLimitExceeded,
    equal,
    frame,
    read_message,
    wire,
)
from capnsafe.wire import ELEMENTS
from tests.capnsafe.generated import root_of
from tests.capnsafe.memories import FailingMemory, Memory, closing
from tests.capnsafe.reader_schema import list_pointer, rooted

WIDE = [element for element in ELEMENTS if element.bytes]


@pytest.fixture(params=[1, 4, 9, 300])
def message(request: pytest.FixtureRequest) -> Iterator[MessageBuilder]:
    memory = Memory(grant_words=request.param)
    with closing(MessageBuilder(memory), memory) as message:
        yield message


# -- equality --------------------------------------------------------------------------------------


def everything(root: StructBuilder) -> None:
    root.set_uint64(0, 7)
    root.set_text(0, "text")
    root.init_list(1, Element.BOOL, 11)[10] = True
    rows = root.init_pointer_list(2, 3)
    rows.set_data(1, b"data")
    structs = root.init_struct_list(3, 2, 1, 2)
    structs[1].set_uint32(0, 5)
    structs[1].set_text(0, "below")


def test_objects_with_the_same_contents_are_equal(message: MessageBuilder) -> None:
    """(C++ any-test AnyStruct, AnyList; it does not matter where the words are.)"""
    root = message.init_root(1, 5)
    everything(root)
    with MessageBuilder(HeapAllocator(segment_words=3, growth=False)) as other:
        larger = other.init_root(3, 8)
        everything(larger)
        assert equal(root, larger) is True
        assert equal(root_of(message.to_bytes()), larger) is True
        assert equal(other.new_orphan(root), larger) is True
        larger.set_uint64(2, 1)
        assert equal(root, larger) is False
        assert equal(larger, root) is False
        larger.set_uint64(2, 0)
        assert equal(root, larger) is True
        larger.init_struct(7, 0, 0)
        assert equal(root, larger) is False


def changes() -> dict[str, Callable[[StructBuilder], object]]:
    """Return changes of ``everything``, each of one detail."""

    def structs(root: StructBuilder) -> Any:
        return root.get_struct_list(3)

    return {
        "number": lambda root: root.set_uint64(0, 8),
        "text": lambda root: root.set_text(0, "tex"),
        "null": lambda root: root.clear(0),
        "kind": lambda root: root.init_struct(0, 1, 0),
        "bit": lambda root: root.init_list(1, Element.BOOL, 11),
        "length": lambda root: root.init_list(1, Element.BOOL, 12),
        "element size": lambda root: root.init_list(1, Element.VOID, 11),
        "element": lambda root: root.init_pointer_list(2, 3).set_data(0, b"data"),
        "elements": lambda root: root.init_struct_list(3, 3, 1, 2),
        "no structs": lambda root: root.init_list(3, Element.UINT64, 2),
        "field": lambda root: structs(root)[1].set_uint32(0, 6),
        "place": lambda root: structs(root)[1].set_text(1, "below"),
        "below": lambda root: structs(root)[1].set_text(0, "Below"),
    }


@pytest.mark.parametrize("change", changes())
def test_objects_that_differ_in_anything_are_not(change: str) -> None:
    with MessageBuilder() as message, MessageBuilder() as other:
        root = message.init_root(1, 5)
        everything(root)
        changed = other.init_root(1, 5)
        everything(changed)
        assert equal(root, changed) is True
        changes()[change](changed)
        assert equal(root, changed) is False
        assert equal(changed, root) is False


def test_lists_of_structs_are_equal_in_spite_of_their_versions(message: MessageBuilder) -> None:
    root = message.init_root(0, 4)
    small = root.init_struct_list(0, 2, 1, 1)
    large = root.init_struct_list(1, 2, 2, 3)
    for structs in (small, large):
        structs[1].set_uint64(0, 7)
        structs[0].set_text(0, "text")
    assert equal(small, large) is True
    empty = root.init_struct_list(2, 2, 0, 0)
    wide = root.init_struct_list(3, 2, 1, 0)
    assert equal(empty, wide) is True
    wide[1].set_uint8(7, 1)
    assert equal(empty, wide) is False
    assert equal(wide, empty) is False


def test_null_pointers_are_equal_to_each_other_alone(message: MessageBuilder) -> None:
    root = message.init_root(0, 1)
    assert equal(None, root.get_struct(0)) is True
    assert equal(None, root) is False
    assert equal(root, None) is False
    with pytest.raises(ArgumentTypeError):
        equal(root, 5)  # type: ignore[arg-type]


def test_capabilities_cannot_be_told_apart(message: MessageBuilder) -> None:
    """(C++ Equality::UNKNOWN_CONTAINS_CAPS.) Something else that differs decides."""
    root = message.init_root(1, 1)
    root.set_capability(0, 1)
    assert equal(root, root) is None
    other = message.new_orphan(root)
    other.get_struct().set_uint64(0, 1)
    assert equal(root, other) is False


def test_equality_is_charged_like_copies() -> None:
    with MessageBuilder() as message:
        message.init_root(0, 1).set_data(0, bytes(800))
        reader = MessageReader(message.segments(), traversal_limit_words=150).get_root()
    with pytest.raises(TraversalLimitExceeded):
        equal(reader, reader)


# -- element sizes ---------------------------------------------------------------------------------


def test_the_element_size_of_any_list(message: MessageBuilder) -> None:
    """(C++ AnyList::getElementSize.)"""
    root = message.init_root(0, len(ELEMENTS) + 5)
    for at, element in enumerate(ELEMENTS):
        root.init_list(at, element, 2)
    first = len(ELEMENTS)
    root.init_pointer_list(first, 2)
    root.init_struct_list(first + 1, 2, 1, 1)
    root.set_text(first + 2, "text")
    root.init_struct(first + 3, 1, 0)
    expected = [ElementSize(element.size_code) for element in ELEMENTS]
    expected += [ElementSize.POINTER, ElementSize.INLINE_COMPOSITE, ElementSize.BYTE]
    read = root_of(message.to_bytes())
    for row in (root, read):
        assert [row.element_size(at) for at in range(first + 3)] == expected
        assert row.element_size(first + 4) is None
        with pytest.raises(PointerKindMismatch):
            row.element_size(first + 3)
    assert read.element_size(99) is None
    lists = [root.disown(at) for at in range(first + 3)]
    assert [orphan.element_size for orphan in lists if orphan is not None] == expected
    assert message.new_orphan_struct(1, 0).element_size is None


# -- data sections ---------------------------------------------------------------------------------


def test_the_data_section_as_it_lies_there(message: MessageBuilder) -> None:
    """(C++ AnyStruct::getDataSection.)"""
    root = message.init_root(2, 1)
    root.set_uint64(1, 0x0102030405060708)
    expected = bytes(8) + bytes([8, 7, 6, 5, 4, 3, 2, 1])
    assert root.data_section() == expected
    assert root_of(message.to_bytes()).data_section() == expected
    empty = root.init_struct(0, 0, 0)
    assert empty.data_section() == b""
    with empty.lend_data_section() as view:
        assert len(view) == 0
    with root.lend_data_section() as view:
        view[0] = 9
        with pytest.raises(Borrowed):
            root.data_section()
    assert root.get_uint64(0) == 9
    root.clear(0)
    with pytest.raises(StaleHandle):
        empty.data_section()
    with pytest.raises(StaleHandle), empty.lend_data_section():
        pass


def test_the_data_of_an_element_smaller_than_a_word() -> None:
    row = rooted(list_pointer(wire.SIZE_TWO_BYTES, 2), 0x22221111).get_struct_list(0)
    assert row is not None
    assert [struct.data_section() for struct in row] == [b"\x11\x11", b"\x22\x22"]


# -- views -----------------------------------------------------------------------------------------


def numbers_in(octets: bytes | bytearray, element: Element) -> ListReader:
    numbers = read_message(octets).get_root().get_list(0, element)
    assert numbers is not None
    return numbers


@pytest.mark.parametrize("element", WIDE)
def test_a_list_is_seen_without_a_copy(element: Element) -> None:
    """(Rust `primitive_list_as_slice`, pycapnp `get_data_as_view`.)"""
    values: list[Any] = [1.5, -2.0, 0.5] if element.floating else [element.low, 7, element.high]
    with MessageBuilder() as message:
        numbers = message.init_root(0, 1).init_list(0, element, 3)
        for at, value in enumerate(values):
            numbers[at] = value
        octets = bytearray(message.to_bytes())
    view = numbers_in(octets, element).view()
    assert view.tolist() == values
    assert (view.readonly, view.format) == (True, element.codec.format[1:])
    assert np.asarray(view).tolist() == values
    # It shows the memory of the message, and keeps it.
    octets[24:] = bytes(len(octets) - 24)
    assert view[0] == 0
    with pytest.raises(BufferError):
        octets.append(0)
    del view
    octets.append(0)


def test_a_view_of_fields_of_structs_skips_the_others() -> None:
    with MessageBuilder() as message:
        structs = message.init_root(0, 1).init_struct_list(0, 3, 2, 1)
        for at, struct in enumerate(structs):
            struct.set_uint16(0, at + 1)
            struct.set_uint16(1, 99)
        octets = message.to_bytes()
    numbers = numbers_in(octets, Element.UINT16)
    assert numbers.view().tolist() == [1, 2, 3]
    assert list(numbers) == [1, 2, 3]


def test_a_view_of_an_empty_list_is_empty() -> None:
    with MessageBuilder() as message:
        message.init_root(0, 1).init_list(0, Element.FLOAT64, 0)
        view = numbers_in(message.to_bytes(), Element.FLOAT64).view()
    assert (len(view), view.format, view.readonly) == (0, "d", True)


def test_a_view_of_memory_that_may_move_is_one_of_a_copy() -> None:
    memory = HeapAllocator()
    with MessageBuilder(memory) as message:
        built = message.init_root(0, 1).set_list(0, Element.UINT32, array.array("I", [1, 2, 3]))
        read = MessageReader.from_allocator(memory, [0]).get_root().get_list(0, Element.UINT32)
        assert read is not None
        view = read.view()
        built[0] = 9
        assert view.tolist() == [1, 2, 3]
        assert read.view().tolist() == [9, 2, 3]


def test_bits_and_voids_have_no_view() -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 2)
        for at, element in enumerate((Element.VOID, Element.BOOL)):
            root.init_list(at, element, 3)
            read = root_of(message.to_bytes()).get_list(at, element)
            assert read is not None
            with pytest.raises(ArgumentTypeError):
                read.view()


# -- contents of orphans ---------------------------------------------------------------------------


def filled(message: MessageBuilder, root: StructBuilder, index: int) -> Orphan:
    """Return an orphan that was built at a pointer, with objects below it."""
    struct = root.init_struct(index, 1, 3)
    struct.set_uint64(0, 7)
    struct.set_text(0, "text")
    struct.init_struct(1, 1, 0).set_uint64(0, 5)
    orphan = root.disown(index)
    assert orphan is not None
    return orphan


def assert_filled(struct: Any) -> None:
    below = struct.get_struct(1)
    assert (struct.get_uint64(0), struct.get_text(0), below.get_uint64(0)) == (7, "text", 5)


@pytest.mark.parametrize("sections", [(1, 3), (2, 2), (3, 5)])
def test_an_element_takes_the_contents_of_an_orphan(
    message: MessageBuilder, sections: tuple[int, int]
) -> None:
    """(C++ List::Builder::adoptWithCaveats.)"""
    root = message.init_root(0, 2)
    structs = root.init_struct_list(0, 3, *sections)
    structs[1].set_uint64(0, 1)
    structs[1].set_text(1, "the old value")
    old = structs[1]
    orphan = filled(message, root, 1)
    top = orphan.get_struct()
    below = top.get_struct(1)
    assert below is not None
    structs.adopt(1, orphan)
    assert_filled(structs[1])
    assert_filled(old)
    below.set_uint64(0, 6)
    moved = structs[1].get_struct(1)
    assert moved is not None
    assert moved.get_uint64(0) == 6
    moved.set_uint64(0, 5)
    with pytest.raises(StaleHandle):
        top.get_uint64(0)
    for act in (orphan.get_struct, orphan.drop, lambda: structs.adopt(0, orphan)):
        with pytest.raises(StaleHandle):
            act()
    read = root_of(message.to_bytes()).get_struct_list(0)
    assert read is not None
    assert_filled(read[1])
    assert read[0].get_uint64(0) == read[2].get_uint64(0) == 0
    assert b"the old value" not in message.to_bytes()


def test_an_orphan_without_words_clears_an_element(message: MessageBuilder) -> None:
    root = message.init_root(0, 1)
    structs = root.init_struct_list(0, 2, 1, 1)
    structs[0].set_uint64(0, 1)
    structs[0].set_text(0, "old")
    structs[1].set_uint64(0, 2)
    structs.adopt(0, message.new_orphan_struct(0, 0))
    assert structs[0].get_uint64(0) == 0
    assert structs[0].is_null(0)
    assert structs[1].get_uint64(0) == 2
    empties = root.init_struct_list(0, 2, 0, 0)
    empties.adopt(1, message.new_orphan_struct(2, 0))
    assert len(empties) == 2


def test_nothing_is_cut_off_and_nothing_else_adopted(message: MessageBuilder) -> None:
    root = message.init_root(0, 2)
    structs = root.init_struct_list(0, 2, 0, 2)
    fewer = root.init_struct_list(1, 2, 1, 1)
    fewer[0].set_text(0, "kept")
    orphan = message.new_orphan_struct(1, 3)
    orphan.get_struct().set_uint64(0, 1)
    with pytest.raises(ArgumentValueError):
        structs.adopt(0, orphan)
    orphan.get_struct().set_text(2, "too far")
    with pytest.raises(ArgumentValueError):
        fewer.adopt(0, orphan)
    assert fewer[0].get_text(0) == "kept"
    with pytest.raises(PointerKindMismatch):
        fewer.adopt(0, message.new_orphan_text("text"))
    with pytest.raises(ArgumentIndexError):
        fewer.adopt(2, orphan)
    with pytest.raises(ArgumentTypeError):
        fewer.adopt(0, root)  # type: ignore[arg-type]
    with MessageBuilder() as other, pytest.raises(ArgumentValueError):
        fewer.adopt(0, other.new_orphan_struct(1, 1))
    orphan.get_struct().clear(2)
    fewer.adopt(0, orphan)
    assert fewer[0].get_uint64(0) == 1


def test_an_element_of_the_orphan_itself_cannot_take_it(message: MessageBuilder) -> None:
    orphan = message.new_orphan_struct(0, 1)
    structs = orphan.get_struct().init_struct_list(0, 1, 1, 1)
    with pytest.raises(ArgumentValueError):
        structs.adopt(0, orphan)
    assert len(orphan.get_struct().get_struct_list(0) or ()) == 1


def test_in_a_resumed_message_every_object_of_the_orphan_is_looked_at() -> None:
    """Two pointers lead to one struct, so its owner does not tell what is below it."""
    memory = HeapAllocator(segment_words=64)
    with MessageBuilder(memory) as message:
        root = message.init_root(0, 2)
        root.init_struct(0, 0, 1).init_struct_list(0, 1, 0, 1)
        words = message.segment_words()
        image = bytes(memory.segment(0))
    fresh = HeapAllocator(segment_words=64)
    fresh.allocate(64)
    fresh.segment(0)[:] = image
    with MessageBuilder.resume(fresh, [(0, words[0])]) as message:
        again = message.get_root()
        assert again is not None
        # The second pointer leads where the first one does, one word nearer.
        pointer = int.from_bytes(fresh.segment(0)[8:16], "little")
        fresh.segment(0)[16:24] = (pointer - 4).to_bytes(8, "little")
        structs = (again.get_struct(1) or again).get_struct_list(0)
        orphan = again.disown(0)
        assert structs is not None
        assert orphan is not None
        structs = (again.get_struct(1) or again).get_struct_list(0)
        assert structs is not None
        with pytest.raises(ArgumentValueError):
            structs.adopt(0, orphan)


def test_a_refusal_at_every_call_leaves_element_and_orphan() -> None:
    """(P2: each pointer of the orphan needs a landing pad.)"""
    for failing in range(1, 30):
        memory = FailingMemory("allocate", 1 << 30, MemoryError, grant_words=5)
        with closing(MessageBuilder(memory), memory) as message:
            root = message.init_root(0, 2)
            structs = root.init_struct_list(0, 1, 1, 3)
            structs[0].set_text(2, "old")
            orphan = filled(message, root, 1)
            memory.number = memory.calls["allocate"] + failing
            before = message.segment_words()
            try:
                structs.adopt(0, orphan)
            except AllocationRefused:
                assert message.segment_words() == before
                assert structs[0].get_text(2) == "old"
                assert_filled(orphan.get_struct())
                structs.adopt(0, orphan)
                assert_filled(structs[0])
            else:
                assert_filled(structs[0])
                return
    raise AssertionError("the call always fails")


# -- packed output ---------------------------------------------------------------------------------


def test_packed_output_in_one_call(message: MessageBuilder) -> None:
    """(pycapnp `to_bytes_packed`, C++ writePackedMessage.)"""
    for packed in (False, True):
        assert message.to_bytes(packed=packed) == frame(message.segments(), packed=packed)
    message.init_root(1, 1).set_text(0, "text" * 30)
    packed_octets = message.to_bytes(packed=True)
    assert packed_octets == frame(message.segments(), packed=True)
    assert read_message(packed_octets, packed=True).get_root().get_text(0) == "text" * 30
    file = io.BytesIO()
    message.write_to(file, packed=True)
    assert file.getvalue() == packed_octets
    with pytest.raises(ArgumentTypeError):
        message.to_bytes(packed=Ellipsis)  # type: ignore[arg-type]
