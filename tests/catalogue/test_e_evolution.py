"""Group E: lists and structs as another version of the schema has them, and their defaults."""

from __future__ import annotations

import array
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from capnsafe import (
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    Element,
    MessageBuilder,
    PointerKindMismatch,
    StructBuilder,
    StructReader,
    read_message,
    wire,
)
from capnsafe.wire import ELEMENTS
from tests.capnsafe.memories import Memory, closing
from tests.capnsafe.reading import TOOL, core, tool
from tests.catalogue.hostile import list_pointer, read

PRIMITIVES = [element for element in ELEMENTS if element is not Element.VOID]


@pytest.fixture(params=[1, 8, 200])
def message(request: pytest.FixtureRequest) -> Iterator[MessageBuilder]:
    memory = Memory(grant_words=request.param)
    with closing(MessageBuilder(memory), memory) as message:
        yield message


def read_back(message: MessageBuilder) -> StructReader:
    return read_message(message.to_bytes()).get_root()


@pytest.mark.parametrize(("data_words", "pointers"), list(product(range(4), range(1, 4))))
def test_e1_structs_are_read_as_pointers_past_their_data(
    message: MessageBuilder, data_words: int, pointers: int
) -> None:
    """CVE-2022-46149: data words were taken for pointers.

    They were skipped in the first element alone, or in the list and once more in a copy of it.
    Here the data of each element looks like a pointer to a secret.
    """
    root = message.init_root(0, 3)
    structs = root.init_struct_list(0, 3, data_words, pointers)
    for number, struct in enumerate(structs):
        for word in range(data_words):
            struct.set_uint64(word, list_pointer(wire.SIZE_BYTE, 8, 1))
        struct.set_text(0, f"first pointer of {number}")
    texts = [f"first pointer of {number}" for number in range(3)]
    rows = read_back(message).get_pointer_list(0)
    assert rows is not None
    assert [rows.get_text(at) for at in range(len(rows))] == texts
    # A list that is read this way is copied with its own type.
    root.set(1, rows)
    copied = root.get_struct_list(1)
    assert copied is not None
    assert [struct.get_text(0) for struct in copied] == texts
    assert [struct.data_words for struct in copied] == [data_words] * 3
    again = read_back(message).get_pointer_list(1)
    assert again is not None
    assert [again.get_text(at) for at in range(len(again))] == texts


def test_e2_what_is_null_is_copied_as_null(message: MessageBuilder) -> None:
    """capnproto C++ 949f7353: a null list became List(Void)."""
    root = message.init_root(0, 3)
    root.set_text(0, "old")
    empty = read_back(message)
    root.set(0, empty.get_list(1, Element.UINT32))
    assert root.is_null(0)
    root.set(0, root.get_list(1, Element.UINT32))
    assert root.is_null(0)
    with MessageBuilder() as other:
        other.init_root(0, 3)
        root.copy_from(read_back(other))
    assert [root.is_null(at) for at in range(3)] == [True] * 3


@pytest.mark.parametrize("element", ELEMENTS)
def test_e2_an_empty_list_keeps_its_element_size(message: MessageBuilder, element: Element) -> None:
    root = message.init_root(0, 2)
    root.init_list(0, element, 0)
    root.set(1, read_back(message).get_list(0, element))
    copied = read_back(message).get_list(1, element)
    assert copied is not None
    assert len(copied) == 0
    tree = root._tree_at(1)
    assert tree is not None
    assert wire.list_size_code(tree.shape) == element.size_code


@pytest.mark.parametrize(("data_words", "pointers"), [(1, 3), (3, 1), (2, 2), (0, 2)])
def test_e3_the_pointers_of_each_element_are_found(
    message: MessageBuilder, data_words: int, pointers: int
) -> None:
    """capnproto C++ b2496f3a: from element to element by the pointers alone."""
    root = message.init_root(0, 2)
    structs = root.init_struct_list(0, 4, data_words, pointers)
    texts = {}
    for number, struct in enumerate(structs):
        for word in range(data_words):
            struct.set_uint64(word, 2**64 - 1)
        for index in range(pointers):
            texts[number, index] = f"secret {number} {index}"
            struct.set_text(index, texts[number, index])
    root.set(1, structs)
    for pointer in (0, 1):
        opened = root.get_struct_list(pointer)
        assert opened is not None
        found = {
            (number, index): struct.get_text(index)
            for number, struct in enumerate(opened)
            for index in range(pointers)
        }
        assert found == texts
    root.clear(0)
    root.clear(1)
    assert b"secret" not in message.to_bytes()
    assert all(not any(segment[16:]) for segment in message.segments()[1:])


@pytest.mark.untraced
@pytest.mark.parametrize(("written", "asked"), list(product(ELEMENTS, ELEMENTS)))
def test_e4_elements_are_seen_at_their_own_size(
    message: MessageBuilder, written: Element, asked: Element
) -> None:
    """capnproto-rust bf928c98: as many elements as were written, but of the schema's size.

    (327ab918: an empty list. 0f0ccb54: bits have no address.)
    """
    root = message.init_root(0, 1)
    for count in (0, 3):
        root.init_list(0, written, count)
        acts: list[Callable[[int, Element], Any]] = [root.get_list, read_back(message).get_list]
        for act in acts:
            if written.size_code == asked.size_code:
                assert len(act(0, asked)) == count
            else:
                with pytest.raises(PointerKindMismatch):
                    act(0, asked)


@pytest.mark.parametrize("element", PRIMITIVES)
def test_e4_in_bulk_the_size_is_that_of_the_element(
    message: MessageBuilder, element: Element
) -> None:
    root = message.init_root(0, 1)
    root.set_text(0, "old")
    items = array.array("H", [1, 2, 3])
    if element is Element.UINT16:
        assert list(root.set_list(0, element, items)) == [1, 2, 3]
        return
    with pytest.raises(ArgumentTypeError):
        root.set_list(0, element, items)
    assert root.get_text(0) == "old"


def test_e6_what_a_shorter_struct_does_not_have_is_default(message: MessageBuilder) -> None:
    """capnproto-java 906bab7: words after the struct were read as its fields."""
    root = message.init_root(0, 3)
    old = root.init_struct(0, 1, 1)
    old.set_uint64(0, 5)
    root.set_text(1, "behind the struct")
    opened = read_back(message).get_struct(0)
    assert opened is not None
    assert opened.get_uint64(0) == 5
    assert opened.get_uint64(1) == 0
    assert opened.get_int32(2, default=-7) == -7
    assert opened.get_bool(64, default=True) is True
    assert opened.get_float32(2, default=1.5) == 1.5
    assert opened.get_text(1) is None
    assert opened.is_null(7)
    elements = root.init_struct_list(2, 3, 1, 0)
    for element in elements:
        element.set_uint64(0, 2**64 - 1)
    read_elements = read_back(message).get_struct_list(2)
    assert read_elements is not None
    # Behind an element lies the next one.
    assert [element.get_uint64(1, default=9) for element in read_elements] == [9] * 3
    assert [element.get_text(0) for element in read_elements] == [None] * 3
    with pytest.raises(ArgumentIndexError):
        old.set_uint64(1, 1)
    with pytest.raises(ArgumentIndexError):
        old.set_text(1, "x")


def test_e7_a_struct_grows_with_its_null_pointers(message: MessageBuilder) -> None:
    """capnp-ts #107: following each pointer of the old struct, null ones too."""
    root = message.init_root(0, 2)
    old = root.init_struct(0, 1, 3)
    old.set_uint64(0, 7)
    old.set_text(1, "between two nulls")
    larger = root.get_struct(0, 2, 5)
    assert larger is not None
    assert (larger.data_words, larger.pointer_count) == (2, 5)
    assert [larger.get_text(at) for at in range(5)] == [None, "between two nulls", None, None, None]
    assert larger.get_uint64(0) == 7
    root.init_struct_list(1, 2, 0, 2)[1].set_text(1, "last")
    structs = root.get_struct_list(1, 1, 3)
    assert structs is not None
    assert [structs[1].get_text(at) for at in range(3)] == [None, "last", None]
    assert [structs[0].is_null(at) for at in range(3)] == [True] * 3


def test_e8_every_setter_checks_its_index(message: MessageBuilder) -> None:
    """capnproto-rust 36441ca9: getters did, setters did not."""
    root = message.init_root(1, 16)
    lists = [root.init_list(at, element, 3) for at, element in enumerate(PRIMITIVES)]
    rows = root.init_pointer_list(12, 3)
    structs = root.init_struct_list(13, 3, 1, 1)
    orphan = message.new_orphan_struct(1, 0)
    before = message.segments()
    acts: list[Callable[[int], object]] = [
        lambda index: rows.set_text(index, "x"),
        lambda index: rows.set_data(index, b"x"),
        lambda index: rows.set_capability(index, 1),
        lambda index: rows.set_list(index, Element.UINT8, b"x"),
        lambda index: rows.set(index, root),
        lambda index: rows.set(index, None),
        lambda index: rows.adopt(index, orphan),
        lambda index: rows.init_list(index, Element.UINT8, 1),
        lambda index: rows.init_pointer_list(index, 1),
        lambda index: rows.init_struct_list(index, 1, 1, 1),
        lambda index: rows.init_struct(index, 1, 1),
        lambda index: structs.__setitem__(index, structs[0]),
        rows.clear,
        rows.disown,
    ]
    for index in (3, 4, 64, -1, 1 << 32):
        for values in lists:
            with pytest.raises(ArgumentIndexError):
                values[index] = values[0]
        for act in acts:
            with pytest.raises(ArgumentIndexError):
                act(index)
    assert message.segments() == before


def test_e10_nothing_is_copied_from_a_list_that_is_null(message: MessageBuilder) -> None:
    """capnproto-rust #525: no bytes, from an address that is none."""
    root = message.init_root(0, 2)
    root.init_struct(0, 0, 2).set_text(1, "kept")
    with MessageBuilder() as other:
        other.init_root(0, 0)
        missing = read_back(other)
        assert missing.get_list(5, Element.UINT64) is None
        assert missing._tree_at(5) is None
        root.set(1, missing.get_pointer_list(5))
        root.set(1, missing.get_struct_list(5))
    assert root.is_null(1)
    inner = root.get_struct(0)
    assert inner is not None
    assert inner.get_text(1) == "kept"


def test_e11_octets_go_where_their_list_is(message: MessageBuilder) -> None:
    """capnproto-java #143: all of them went to the start of the segment."""
    root = message.init_root(1, 4)
    root.set_uint64(0, 0x1122334455667788)
    root.set_text(0, "in front")
    rows = root.init_pointer_list(1, 3)
    rows.set_data(1, b"\xaa" * 13)
    rows.set_list(2, Element.UINT32, array.array("I", [1, 2, 3]))
    root.set_text(2, "behind")
    rows.set_data(1, b"\xbb" * 29)
    assert root.get_uint64(0) == 0x1122334455667788
    assert (root.get_text(0), root.get_text(2)) == ("in front", "behind")
    assert rows.get_data(1) == b"\xbb" * 29
    values = rows.get_list(2, Element.UINT32)
    assert values is not None
    assert list(values) == [1, 2, 3]


@pytest.mark.process
@pytest.mark.parametrize(("count", "data_words", "pointers"), [(0, 0, 0), (4, 0, 0), (0, 2, 3)])
def test_e12_lists_of_nothing_have_a_tag(
    message: MessageBuilder, count: int, data_words: int, pointers: int
) -> None:
    """c-capnproto #19: a list of structs without words was none."""
    root = message.init_root(4, 10)
    empties = root.init_struct_list(7, count, data_words, pointers)
    assert len(empties) == count
    reader = read_back(message).get_struct_list(7)
    assert reader is not None
    assert len(reader) == len(list(reader)) == count
    with core.Node.from_bytes(message.to_bytes()) as node:
        assert len(node.empties) == count
    assert TOOL.exists()
    assert b"empties = [" in tool("decode", message.to_bytes(), "--short")
    larger = root.get_struct_list(7, 3, 3)
    assert larger is not None
    assert len(larger) == count


def test_e14_a_member_that_is_not_set_reads_as_nothing(message: MessageBuilder) -> None:
    """go-capnp #56: the bits of the member that is set, read as another one.

    Slots are shared; so a switch clears them in the same step, and there is no bit left to be
    taken for a float, a text or a struct.
    """
    root = message.init_root(2, 1)
    slots: dict[str, Any] = {"fields": [(Element.UINT64, 1)], "pointers": [0]}
    root.select(0, 1, **slots)
    root.set_uint64(1, 0x4141414141414141)
    root.set_text(0, "the first member")
    text = root.get_text(0)
    root.select(0, 2, **slots)
    for row in (root, read_back(message)):
        assert row.get_uint16(0) == 2
        assert row.get_float64(1) == 0.0
        assert row.get_struct(0) is None
        assert row.get_text(0) is None
    assert text == "the first member"
    assert b"the first member" not in message.to_bytes()


def test_e6_e7_a_smaller_struct_takes_nothing_that_it_would_cut(message: MessageBuilder) -> None:
    """Elsewhere the rest is cut without a word (C++ has `setWithCaveats`)."""
    root = message.init_root(0, 2)
    small: StructBuilder = root.init_struct_list(0, 1, 1, 0)[0]
    large = root.init_struct(1, 2, 1)
    large.set_uint64(0, 3)
    small.copy_from(large)
    assert small.get_uint64(0) == 3
    large.set_uint64(1, 4)
    with pytest.raises(ArgumentValueError):
        small.copy_from(large)
    assert small.get_uint64(0) == 3


def test_e1_a_list_of_bits_is_never_one_of_structs() -> None:
    """(specification, "Lists".)"""
    root = read(list_pointer(wire.SIZE_BIT, 3), 7)
    with pytest.raises(PointerKindMismatch):
        root.get_struct_list(0)
    with pytest.raises(PointerKindMismatch):
        root.get_pointer_list(0)
