"""Lists of structs, of a newer schema, that are opened and edited under the older one.

A list of values or pointers may have become a list of structs with that first field (specification,
"Lists"). The older program edits the values where they are, and the newer fields stay. The names in
parentheses are tests of other implementations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from capnsafe import (
    ArgumentIndexError,
    ArgumentTypeError,
    Element,
    HeapAllocator,
    ListBuilder,
    MalformedMessage,
    MessageBuilder,
    MessageTooLarge,
    Orphan,
    PointerKindMismatch,
    PointerListBuilder,
    StaleHandle,
    StructBuilder,
    StructListBuilder,
    read_message,
    wire,
)
from capnsafe.wire import ELEMENTS
from tests.capnsafe.generated import root_of
from tests.capnsafe.memories import Memory, closing
from tests.catalogue.hostile import list_pointer, scribbled

WIDE = [element for element in ELEMENTS if element.bytes]


@pytest.fixture(params=[1, 4, 9, 300])
def message(request: pytest.FixtureRequest) -> Iterator[MessageBuilder]:
    memory = Memory(grant_words=request.param)
    with closing(MessageBuilder(memory), memory) as message:
        yield message


def newer(root: StructBuilder, index: int, count: int = 3) -> StructListBuilder:
    """Build a list as the newer program does: each struct has more than its first field."""
    structs = root.init_struct_list(index, count, 2, 2)
    for at, struct in enumerate(structs):
        struct.set_uint64(0, 0xA5A5A5A5A5A5A5A5)
        struct.set_uint64(1, 100 + at)
        struct.set_text(0, f"first {at}")
        struct.set_text(1, f"second {at}")
    return structs


def numbers_of(root: StructBuilder, index: int, element: Element) -> ListBuilder:
    numbers = root.get_list(index, element)
    assert numbers is not None
    return numbers


def pointers_of(root: StructBuilder, index: int) -> PointerListBuilder:
    pointers = root.get_pointer_list(index)
    assert pointers is not None
    return pointers


def rest_of(message: MessageBuilder, index: int) -> list[tuple[int, str | None]]:
    structs = root_of(message.to_bytes()).get_struct_list(index)
    assert structs is not None
    return [(struct.get_uint64(1), struct.get_text(1)) for struct in structs]


REST = [(100 + at, f"second {at}") for at in range(3)]


@pytest.mark.parametrize("element", WIDE)
def test_values_are_edited_in_their_structs(message: MessageBuilder, element: Element) -> None:
    root = message.init_root(0, 1)
    structs = newer(root, 0)
    sizes = message.segment_words()
    numbers = numbers_of(root, 0, element)
    assert len(numbers) == 3
    structs[1].set_uint64(0, 0)
    assert list(numbers)[1] == 0
    values: list[Any] = [1.5, 2.5, -3.5] if element.floating else [element.low, 7, element.high]
    for at, value in enumerate(values):
        numbers[at] = value
    assert list(numbers) == values
    assert [numbers[at] for at in range(3)] == values
    # Nothing moved, and the bits behind each value stay.
    assert message.segment_words() == sizes
    behind = 0xA5A5A5A5A5A5A5A5 >> element.bits << element.bits
    wholes = [struct.get_uint64(0) >> element.bits << element.bits for struct in structs]
    assert wholes == [behind, 0, behind]
    assert rest_of(message, 0) == REST
    read = root_of(message.to_bytes()).get_list(0, element)
    assert read is not None
    assert list(read) == values


def test_pointers_are_edited_in_their_structs(message: MessageBuilder) -> None:
    root = message.init_root(0, 1)
    structs = newer(root, 0)
    texts = pointers_of(root, 0)
    assert len(texts) == 3
    assert [texts.get_text(at) for at in range(3)] == ["first 0", "first 1", "first 2"]
    texts.set_text(0, "edited")
    texts.clear(1)
    inner = texts.init_struct(2, 1, 0)
    inner.set_uint64(0, 9)
    assert structs[0].get_text(0) == "edited"
    assert structs[1].is_null(0)
    third = structs[2].get_struct(0)
    assert third is not None
    assert third.get_uint64(0) == 9
    orphan = texts.disown(2)
    assert orphan is not None
    texts.adopt(1, orphan)
    assert [texts.is_null(at) for at in range(3)] == [False, False, True]
    assert rest_of(message, 0) == REST
    with texts.lend_data(2) as view:
        assert not view
    with pytest.raises(PointerKindMismatch, match=r"\bpointer 1\b"):
        texts.get_list(1, Element.UINT8)
    with pytest.raises(PointerKindMismatch, match=r"\bpointer 1\b"):
        texts.get_capability(1)


def test_what_the_reference_implementation_shows() -> None:
    """(C++ UpgradeListInBuilder.) New {l :List(Item{t @0 :Text, n}), k :List(Num{v @0, extra})}."""
    octets = bytes.fromhex(
        "0000000010000000000000000000020005000000270000001d00000027000000080000000100010007000000"
        "00000000090000003200000000000000000000000500000022000000616c696365000000626f620000000000"
        "080000000100010007000000000000000000000000000000080000000000000001000000120000007800000000"
        "000000"
    )
    with MessageBuilder() as message:
        message.set_root(read_message(octets).get_root())
        root = message.get_root()
        assert root is not None
        texts = pointers_of(root, 0)
        numbers = numbers_of(root, 1, Element.UINT32)
        assert [texts.get_text(at) for at in range(2)] == ["alice", "bob"]
        assert list(numbers) == [7, 8]
        texts.set_text(1, "eve")
        numbers[0] = 9
        items = root_of(message.to_bytes()).get_struct_list(0)
        nums = root_of(message.to_bytes()).get_struct_list(1)
        assert items is not None
        assert nums is not None
        assert [(item.get_text(0), item.get_uint32(0)) for item in items] == [
            ("alice", 7),
            ("eve", 0),
        ]
        assert [(num.get_uint32(0), num.get_text(0)) for num in nums] == [(9, None), (8, "x")]


def test_voids_are_structs_without_a_look(message: MessageBuilder) -> None:
    root = message.init_root(0, 2)
    newer(root, 0)
    voids = numbers_of(root, 0, Element.VOID)
    assert list(voids) == [None] * 3
    root.set(1, voids)
    copied = root_of(message.to_bytes()).get_list(1, Element.VOID)
    assert copied is not None
    assert len(copied) == 3


def test_voids_in_a_tag_can_be_more_than_a_list_can_have() -> None:
    most = (1 << 30) - 1
    with scribbled(list_pointer(wire.SIZE_COMPOSITE, 0), wire.tag(most, 0, 0)) as root:
        voids = numbers_of(root, 0, Element.VOID)
        assert len(voids) == most
        with pytest.raises(MessageTooLarge):
            voids.total_size()


def test_bits_and_missing_fields_are_refused(message: MessageBuilder) -> None:
    root = message.init_root(0, 2)
    root.init_struct_list(0, 2, 0, 1)
    root.init_struct_list(1, 2, 1, 0)
    acts: list[Callable[[], object]] = [
        lambda: root.get_list(0, Element.BOOL),
        lambda: root.get_list(1, Element.BOOL),
        lambda: root.get_list(0, Element.UINT8),
        lambda: root.get_pointer_list(1),
    ]
    before = message.segments()
    for act in acts:
        with pytest.raises(PointerKindMismatch):
            act()
    assert message.segments() == before


def test_an_index_is_checked_as_in_any_list(message: MessageBuilder) -> None:
    root = message.init_root(0, 2)
    newer(root, 0)
    numbers = numbers_of(root, 0, Element.UINT16)
    texts = pointers_of(root, 0)
    before = message.segments()
    for index in (3, -1, 1 << 40):
        with pytest.raises(ArgumentIndexError, match=rf"{index}\b"):
            numbers[index]
        with pytest.raises(ArgumentIndexError):
            numbers[index] = 1
        with pytest.raises(ArgumentIndexError, match=rf"{index}\b"):
            texts.set_text(index, "x")
    with pytest.raises(ArgumentTypeError):
        numbers["0"]  # type: ignore[index]
    with pytest.raises(ArgumentTypeError):
        numbers[9] = "x"  # type: ignore[assignment]
    assert message.segments() == before
    root.init_struct_list(1, 0, 1, 1)
    assert list(numbers_of(root, 1, Element.UINT16)) == []
    assert len(pointers_of(root, 1)) == 0


def test_only_values_without_other_fields_between_them_are_lent(message: MessageBuilder) -> None:
    root = message.init_root(0, 2)
    newer(root, 0)
    with pytest.raises(ArgumentTypeError):
        numbers_of(root, 0, Element.UINT64).lend()
    root.init_struct_list(1, 2, 1, 0)
    with numbers_of(root, 1, Element.UINT64).lend() as view:
        view[1] = 5
    assert list(numbers_of(root, 1, Element.UINT64)) == [0, 5]


def test_a_copy_has_the_values_alone_and_the_structs_of_pointers(message: MessageBuilder) -> None:
    """As a reader copies them."""
    root = message.init_root(0, 3)
    newer(root, 0)
    numbers = numbers_of(root, 0, Element.UINT16)
    root.set(1, numbers)
    assert numbers.total_size() == (1, 0)
    assert list(numbers_of(root, 1, Element.UINT16)) == [0xA5A5] * 3
    with pytest.raises(PointerKindMismatch):
        root.get_struct_list(1)
    root.set(2, pointers_of(root, 0))
    assert rest_of(message, 2) == REST
    read = root_of(message.to_bytes()).get_pointer_list(0)
    assert pointers_of(root, 0).total_size() == pointers_of(root, 2).total_size()
    assert read is not None
    assert read.total_size() == pointers_of(root, 0).total_size()


def test_handles_become_stale_with_the_list(message: MessageBuilder) -> None:
    root = message.init_root(0, 1)
    newer(root, 0)
    numbers = numbers_of(root, 0, Element.UINT32)
    texts = pointers_of(root, 0)
    root.get_struct_list(0, 5, 5)  # This moves it.
    for act in (lambda: numbers[0], lambda: texts.get_text(0), lambda: numbers.total_size()):
        with pytest.raises(StaleHandle):
            act()
    assert numbers_of(root, 0, Element.UINT32)[0] == 0xA5A5A5A5
    assert pointers_of(root, 0).get_text(2) == "first 2"
    assert rest_of(message, 0) == REST


def test_a_default_that_became_structs_is_copied_as_such(message: MessageBuilder) -> None:
    root = message.init_root(0, 3)
    newer(root, 0)
    read = root_of(message.to_bytes())
    numbers = root.get_list(1, Element.UINT16, default=read.get_list(0, Element.UINT16))
    assert numbers is not None
    assert list(numbers) == [0xA5A5] * 3
    texts = root.get_pointer_list(2, default=read.get_pointer_list(0))
    assert texts is not None
    texts.set_text(1, "edited")
    assert [texts.get_text(at) for at in range(3)] == ["first 0", "edited", "first 2"]
    assert rest_of(message, 2) == REST


def test_a_tag_that_lies_is_refused() -> None:
    """(P6.)"""
    for tag in (wire.tag(9, 1, 1), wire.list_shape(wire.SIZE_BYTE, 1)):
        with scribbled(list_pointer(wire.SIZE_COMPOSITE, 4), tag, 1, 0, 2, 0) as root:
            with pytest.raises(MalformedMessage):
                root.get_list(0, Element.UINT32)
            with pytest.raises(MalformedMessage):
                root.get_pointer_list(0)


# -- orphans ---------------------------------------------------------------------------------------


def orphan_of(root: StructBuilder, index: int) -> Orphan:
    orphan = root.disown(index)
    assert orphan is not None
    return orphan


def test_orphans_are_edited_under_the_older_schema(message: MessageBuilder) -> None:
    root = message.init_root(0, 1)
    newer(root, 0)
    orphan = orphan_of(root, 0)
    orphan.get_list(Element.UINT8)[1] = 0x77
    orphan.get_pointer_list().set_text(0, "edited")
    assert len(orphan.get_list(Element.VOID)) == 3
    root.adopt(0, orphan)
    assert numbers_of(root, 0, Element.UINT64)[1] == 0xA5A5A5A5A5A5A577
    assert pointers_of(root, 0).get_text(0) == "edited"
    assert rest_of(message, 0) == REST


def test_orphaned_structs_grow(message: MessageBuilder) -> None:
    """(Rust `upgraded_struct_read_as_old`, and what C++ does on `get`.)"""
    root = message.init_root(0, 1)
    old = root.init_struct(0, 1, 2)
    old.set_uint64(0, 7)
    old.set_text(0, "text")
    old.init_struct(1, 1, 0)
    orphan = orphan_of(root, 0)
    same = orphan.get_struct(1, 1)
    below = same.get_struct(1)
    assert below is not None
    larger = orphan.get_struct(3, 4)
    assert (larger.data_words, larger.pointer_count) == (3, 4)
    with pytest.raises(StaleHandle):
        same.get_uint64(0)
    larger.set_uint64(2, 9)
    larger.set_text(3, "new")
    below.set_uint64(0, 5)
    assert orphan.get_struct().get_text(0) == "text"
    root.adopt(0, orphan)
    read = root_of(message.to_bytes()).get_struct(0)
    assert read is not None
    inner = read.get_struct(1)
    assert inner is not None
    found = (read.get_uint64(0), read.get_text(0), read.get_uint64(2), read.get_text(3))
    assert (*found, inner.get_uint64(0)) == (7, "text", 9, "new", 5)


def test_an_orphan_without_words_grows(message: MessageBuilder) -> None:
    root = message.init_root(0, 1)
    orphan = message.new_orphan_struct(0, 0)
    empty = orphan.get_struct()
    orphan.get_struct(1, 1).set_uint64(0, 3)
    with pytest.raises(StaleHandle):
        empty.total_size()
    root.adopt(0, orphan)
    grown = root.get_struct(0)
    assert grown is not None
    assert grown.get_uint64(0) == 3


def test_orphaned_lists_become_structs(message: MessageBuilder) -> None:
    root = message.init_root(0, 3)
    numbers = root.init_list(0, Element.UINT16, 3)
    numbers[2] = 7
    texts = root.init_pointer_list(1, 2)
    texts.set_text(1, "second")
    root.init_list(2, Element.BOOL, 3)
    orphan = orphan_of(root, 0)
    with pytest.raises(PointerKindMismatch):
        orphan.get_struct_list()
    structs = orphan.get_struct_list(2, 1)
    structs[1].set_text(0, "new")
    assert [struct.get_uint16(0) for struct in structs] == [0, 0, 7]
    assert list(orphan.get_list(Element.UINT16)) == [0, 0, 7]
    with pytest.raises(StaleHandle):
        numbers[0]
    of_texts = orphan_of(root, 1)
    assert of_texts.get_struct_list(1, 1)[1].get_text(0) == "second"
    assert (len(of_texts.get_struct_list()), len(of_texts.get_pointer_list())) == (2, 2)
    bits = orphan_of(root, 2)
    with pytest.raises(PointerKindMismatch):
        bits.get_struct_list(1, 1)
    root.adopt(0, orphan)
    root.adopt(1, of_texts)
    read = root_of(message.to_bytes())
    rows, row = read.get_struct_list(0), read.get_pointer_list(1)
    assert rows is not None
    assert row is not None
    assert (rows[2].get_uint16(0), rows[1].get_text(0), row.get_text(1)) == (7, "new", "second")


def test_an_orphan_that_cannot_grow_stays_as_it_was() -> None:
    """(P2.)"""
    memory = HeapAllocator(segment_words=12, growth=False)
    with MessageBuilder(memory, max_segment_words=12) as message:
        root = message.init_root(0, 1)
        struct = root.init_struct(0, 1, 1)
        struct.set_uint64(0, 5)
        struct.set_text(0, "text")
        orphan = orphan_of(root, 0)
        with pytest.raises(MessageTooLarge):
            orphan.get_struct(13, 0)
        assert orphan.get_struct().get_text(0) == "text"
        root.adopt(0, orphan)
        again = root.get_struct(0)
        assert again is not None
        assert again.get_uint64(0) == 5


def test_structs_and_values_of_their_first_field_are_joined(message: MessageBuilder) -> None:
    """(C++ ConcatenateStructListsUpgradeFromPrimitive.)"""
    root = message.init_root(0, 4)
    newer(root, 0)
    values = root.init_list(1, Element.UINT16, 2)
    values[1] = 7
    texts = root.init_pointer_list(2, 1)
    texts.set_text(0, "text")
    bits = root.init_list(3, Element.BOOL, 1)
    structs = root.get_struct_list(0)
    assert structs is not None
    joined = message.new_orphan_list([values, structs, texts]).get_struct_list()
    assert (joined.data_words, joined.pointer_count) == (2, 2)
    assert [struct.get_uint16(0) for struct in joined] == [0, 7, *[0xA5A5] * 3, 0]
    assert [struct.get_uint64(1) for struct in joined] == [0, 0, 100, 101, 102, 0]
    first = [struct.get_text(0) for struct in joined]
    assert first == [None, None, "first 0", "first 1", "first 2", "text"]
    wrong: list[list[Any]] = [[structs, bits], [values, texts], [structs, root]]
    for lists in wrong:
        with pytest.raises(ArgumentTypeError):
            message.new_orphan_list(lists)
