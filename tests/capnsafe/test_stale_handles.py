"""A handle whose object was overwritten, cleared or moved is stale and writes nothing: P12."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from capnsafe import (
    ArgumentIndexError,
    Element,
    ListBuilder,
    MessageBuilder,
    MessageTooLarge,
    StaleHandle,
    StructBuilder,
)
from tests.capnsafe.memories import Memory, closing
from tests.capnsafe.reading import (
    ANY,
    BOOLS,
    CHILD,
    CHILDREN,
    DATA,
    DATA_WORDS,
    EMPTIES,
    EMPTY,
    NUMBERS,
    POINTERS,
    TEXT,
    TEXTS,
    init_child,
    init_node,
    meaning,
)


def handles_below(node: StructBuilder) -> dict[str, Callable[[], object]]:
    """Build one of everything below `node`; answer a use of every handle."""
    child = init_child(node)
    grandchild = init_child(child)
    empty = child.init_struct(EMPTY, 0, 0)
    numbers = child.init_list(NUMBERS, Element.UINT32, 3)
    no_numbers = grandchild.init_list(NUMBERS, Element.UINT32, 0)
    bools = child.init_list(BOOLS, Element.BOOL, 3)
    voids = grandchild.init_list(ANY, Element.VOID, 3)
    texts = child.init_pointer_list(TEXTS, 2)
    no_texts = grandchild.init_pointer_list(TEXTS, 0)
    children = child.init_struct_list(CHILDREN, 2, DATA_WORDS, POINTERS)
    empties = child.init_struct_list(EMPTIES, 2, 0, 0)
    no_children = grandchild.init_struct_list(CHILDREN, 0, 1, 1)
    element = children[1]
    empty_element = empties[1]

    def write(builder: ListBuilder, value: Any) -> None:
        builder[0] = value

    return {
        "set a field": lambda: child.set_uint64(0, 1),
        "get a field": lambda: child.get_uint64(0),
        "set a bool": lambda: child.set_bool(120, True),
        "get a bool": lambda: child.get_bool(120),
        "set a float": lambda: child.set_float64(2, 1.5),
        "get a float": lambda: child.get_float64(2),
        "a field further down": lambda: grandchild.set_uint64(0, 1),
        "set text": lambda: child.set_text(TEXT, "late"),
        "get text": lambda: child.get_text(TEXT),
        "set data": lambda: child.set_data(DATA, b"late"),
        "clear": lambda: child.clear(TEXT),
        "is_null": lambda: child.is_null(TEXT),
        "init": lambda: child.init_struct(ANY, 1, 1),
        "get": lambda: child.get_struct(CHILD),
        "an empty struct": lambda: empty.is_null(0),
        "a field of an empty struct": lambda: empty.set_bool(0, True),
        "set an element": lambda: write(numbers, 1),
        "get an element": lambda: numbers[0],
        "a list without elements": lambda: no_numbers[0],
        "set a bool element": lambda: write(bools, True),
        "a void": lambda: voids[0],
        "set a void": lambda: write(voids, None),
        "text in a list": lambda: texts.set_text(0, "late"),
        "a pointer list without elements": lambda: no_texts.is_null(0),
        "open an element": lambda: children[0],
        "an element that was open": lambda: element.set_uint64(0, 1),
        "text of an element": lambda: element.set_text(TEXT, "late"),
        "open an element without words": lambda: empties[0],
        "an element without words": lambda: empty_element.is_null(0),
        "a struct list without elements": lambda: no_children[0],
    }


OVERWRITES: dict[str, Callable[[MessageBuilder, StructBuilder], object]] = {
    "clear": lambda message, node: node.clear(CHILD),
    "init_struct": lambda message, node: init_child(node),
    "init an empty struct": lambda message, node: node.init_struct(CHILD, 0, 0),
    "init_root": lambda message, node: init_node(message),
    "an empty root": lambda message, node: message.init_root(0, 0),
}


@pytest.mark.parametrize("overwrite", OVERWRITES)
def test_handles_below_what_was_overwritten_are_stale_and_write_nothing(
    message: MessageBuilder, overwrite: str
) -> None:
    node = init_node(message)
    uses = handles_below(node)
    for use in uses.values():
        with suppress(ArgumentIndexError):
            use()  # as long as the object lives, nothing says stale
    uses = handles_below(node)
    OVERWRITES[overwrite](message, node)
    before = message.segments()
    for name, use in uses.items():
        for _ in range(2):
            with pytest.raises(StaleHandle) as caught:
                use()
            assert caught.value.segment is not None, name
            assert caught.value.offset is not None, name
    assert message.segments() == before


@pytest.mark.parametrize(
    "rebuild",
    [
        lambda root: root.init_struct(0, 0, 0),
        lambda root: root.init_list(0, Element.UINT8, 0),
        lambda root: root.init_list(0, Element.VOID, 5),
        lambda root: root.init_pointer_list(0, 0),
    ],
)
def test_objects_without_words_are_stale_after_each_overwrite(
    root: StructBuilder, rebuild: Callable[[StructBuilder], Any]
) -> None:
    """Nothing of such an object is in memory but its pointer, which each of them shares."""

    def probe(handle: Any) -> None:
        if isinstance(handle, ListBuilder):
            handle[99]
        else:
            handle.is_null(99)

    old = rebuild(root)
    with pytest.raises(ArgumentIndexError):
        probe(old)
    for _ in range(3):
        new = rebuild(root)
        with pytest.raises(StaleHandle):
            probe(old)
        with pytest.raises(ArgumentIndexError):
            probe(new)
        old = new
    root.clear(0)
    with pytest.raises(StaleHandle):
        probe(old)
    new = rebuild(root)  # into a null pointer: nothing is retired by this
    with pytest.raises(StaleHandle):
        probe(old)
    with pytest.raises(ArgumentIndexError):
        probe(new)


def test_an_opened_object_without_words_is_stale_like_a_built_one(root: StructBuilder) -> None:
    root.init_struct(0, 0, 0)
    root.init_list(1, Element.UINT8, 0)
    opened, listed = root.get_struct(0), root.get_list(1, Element.UINT8)
    assert opened is not None
    assert listed is not None
    root.clear(0)
    root.clear(1)
    with pytest.raises(StaleHandle):
        opened.is_null(0)
    with pytest.raises(StaleHandle):
        listed[0]


def test_handles_beside_what_was_overwritten_live_on(message: MessageBuilder) -> None:
    node = init_node(message)
    sibling = node.init_struct_list(CHILDREN, 2, DATA_WORDS, POINTERS)
    element = sibling[0]
    for round_ in range(20):
        init_child(node).set_text(TEXT, "x" * round_)
        element.set_uint64(0, round_)
        assert sibling[0].get_uint64(0) == round_
        assert node.get_uint64(0) == 0
    node.clear(CHILD)
    element.set_uint64(0, 77)
    assert meaning(message)["children"][0]["u64"] == 77


def test_the_root_is_stale_after_another_root(message: MessageBuilder) -> None:
    for sections in ((0, 0), (1, 1), (0, 0), (0, 0)):
        root = message.init_root(*sections)
        message.init_root(0, 0)
        with pytest.raises(StaleHandle):
            root.is_null(0)


def test_retired_words_are_zero_in_the_output(message: MessageBuilder) -> None:
    """P9: whatever an object held is gone from the output once it was overwritten."""
    node = init_node(message)
    secret = b"\xa5" * 400
    child = init_child(node)
    child.set_data(DATA, secret)
    children = child.init_struct_list(CHILDREN, 3, DATA_WORDS, POINTERS)
    for element in children:
        element.set_uint64(0, 0xA5A5_A5A5_A5A5_A5A5)
        element.init_pointer_list(TEXTS, 2).set_data(1, secret)
    node.init_struct(CHILD, 0, 0)
    assert b"\xa5" not in b"".join(message.segments())


@pytest.mark.parametrize("element", [Element.BOOL, Element.UINT8, Element.INT16, Element.FLOAT32])
def test_padding_is_zero(element: Element) -> None:
    """P9: the memory came full of random bytes, and the list does not fill its last word."""
    memory = Memory(grant_words=4)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 1)
        root.init_list(0, element, 1)
        assert message.segments()[0][16:] == bytes(8)


def test_overwriting_keeps_what_was_there_until_the_new_value_is_complete(
    root: StructBuilder,
) -> None:
    root.set_text(0, "old")
    with pytest.raises(MessageTooLarge):
        root.init_list(0, Element.INT64, 1 << 29)
    assert root.get_text(0) == "old"
