"""Null pointers that read as a default, and builders that begin with one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from capnsafe import (
    ArgumentIndexError,
    ArgumentTypeError,
    Element,
    InvalidText,
    MessageBuilder,
    PointerKind,
    PointerKindMismatch,
    StructBuilder,
    StructReader,
    read_message,
)
from tests.capnsafe.memories import HookedMemory, Memory, MovingMemory, closing

TEXT, DATA, STRUCT, NUMBERS, TEXTS, STRUCTS, BITS = range(7)

with MessageBuilder() as _message:
    _root = _message.init_root(1, 7)
    _root.set_uint64(0, 11)
    _root.set_text(TEXT, "default")
    _root.set_data(DATA, b"default")
    _root.init_struct(STRUCT, 1, 1).set_text(0, "below")
    _root.set_list(NUMBERS, Element.UINT16, b"\1\0\2\0\3\0")
    _texts = _root.init_pointer_list(TEXTS, 2)
    _texts.set_text(1, "one")
    _structs = _root.init_struct_list(STRUCTS, 2, 1, 1)
    _structs[1].set_uint64(0, 5)
    _structs[1].set_text(0, "element")
    _root.init_list(BITS, Element.BOOL, 3)
    DEFAULTS = _message.to_bytes()


def defaults() -> StructReader:
    return read_message(DEFAULTS).get_root()


def there(value: Any) -> Any:
    assert value is not None
    return value


def empty_reader() -> StructReader:
    with MessageBuilder() as message:
        message.init_root(0, 7)
        return read_message(message.to_bytes()).get_root()


def test_a_reader_answers_the_default_for_null() -> None:
    short = MessageBuilder()
    short.init_root(0, 0)
    for node in (empty_reader(), read_message(short.to_bytes()).get_root()):
        default = defaults()
        struct = there(default.get_struct(STRUCT))
        numbers = there(default.get_list(NUMBERS, Element.UINT16))
        texts = there(default.get_pointer_list(TEXTS))
        structs = there(default.get_struct_list(STRUCTS))
        assert node.get_text(TEXT, default="x") == "x"
        assert node.get_data(DATA, default=b"x") == b"x"
        assert node.get_struct(STRUCT, default=struct) is struct
        assert node.get_list(NUMBERS, Element.UINT16, default=numbers) is numbers
        assert node.get_pointer_list(TEXTS, default=texts) is texts
        assert node.get_struct_list(STRUCTS, default=structs) is structs
        assert node.get_text(TEXT) is None
        assert node.get_struct(STRUCT) is None


def test_a_reader_answers_what_is_there_before_the_default() -> None:
    node, other = defaults(), defaults()
    assert node.get_text(TEXT, default="x") == "default"
    assert node.get_data(DATA, default=b"x") == b"default"
    assert node.get_struct(STRUCT, default=other) is not other
    assert list(there(node.get_list(NUMBERS, Element.UINT16, default=None))) == [1, 2, 3]


def test_a_builder_reads_the_default_of_a_text_and_writes_nothing() -> None:
    memory = Memory(100)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 7)
        before = message.segments()
        assert root.get_text(TEXT, default="x") == "x"
        assert root.get_data(DATA, default=b"x") == b"x"
        assert message.segments() == before
        root.set_text(TEXT, "")
        root.set_data(DATA, b"")
        assert root.get_text(TEXT, default="x") == ""
        assert root.get_data(DATA, default=b"x") == b""


OPENS: dict[str, Callable[[StructBuilder, StructReader], Any]] = {
    "struct": lambda root, default: root.get_struct(
        STRUCT, 0, 0, default=default.get_struct(STRUCT)
    ),
    "list": lambda root, default: root.get_list(
        NUMBERS, Element.UINT16, default=default.get_list(NUMBERS, Element.UINT16)
    ),
    "texts": lambda root, default: root.get_pointer_list(
        TEXTS, default=default.get_pointer_list(TEXTS)
    ),
    "structs": lambda root, default: root.get_struct_list(
        STRUCTS, 0, 0, default=default.get_struct_list(STRUCTS)
    ),
}


@pytest.mark.parametrize("size", [1, 4, 100])
@pytest.mark.parametrize("name", OPENS)
def test_a_builder_opens_a_copy_of_the_default(name: str, size: int) -> None:
    memory = MovingMemory(size)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 7)
        opened = OPENS[name](root, defaults())
        again = OPENS[name](root, defaults())
        words = message.segment_words()
        assert OPENS[name](root, defaults()) is not None
        assert message.segment_words() == words
        default = defaults()
        index = {"struct": STRUCT, "list": NUMBERS, "texts": TEXTS, "structs": STRUCTS}[name]
        for node in (opened, again):
            assert node.total_size() == there(default._tree_at(index)).total_size()
        if name == "list":
            opened[0] = 9
            assert list(again) == [9, 2, 3]
        elif name == "texts":
            opened.set_text(0, "changed")
            assert (again.get_text(0), again.get_text(1)) == ("changed", "one")
        else:
            node = opened if name == "struct" else opened[1]
            node.set_uint64(0, 77)
            assert node.get_text(0) == ("below" if name == "struct" else "element")
        assert defaults().get_text(TEXT) == "default"


def test_the_copy_has_the_sections_that_are_asked_for() -> None:
    for size in (1, 4, 100):
        memory = Memory(size)
        with closing(MessageBuilder(memory), memory) as message:
            root = message.init_root(0, 7)
            struct = there(root.get_struct(STRUCT, 3, 4, default=defaults().get_struct(STRUCT)))
            assert (struct.data_words, struct.pointer_count) == (3, 4)
            assert struct.get_text(0) == "below"
            assert struct.get_uint64(2) == 0
            structs = there(
                root.get_struct_list(STRUCTS, 2, 3, default=defaults().get_struct_list(STRUCTS))
            )
            assert (structs.data_words, structs.pointer_count, len(structs)) == (2, 3, 2)
            assert (structs[1].get_uint64(0), structs[1].get_text(0)) == (5, "element")
            assert structs[0].is_null(2)
            # Nothing was moved: there are no words retired, and so no zeros between the objects.
            canonical = message.canonical()
            assert b"element" in canonical


def test_what_is_there_is_opened_before_the_default() -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 7)
        root.init_struct(STRUCT, 1, 1).set_uint64(0, 3)
        struct = there(root.get_struct(STRUCT, 0, 0, default=defaults().get_struct(STRUCT)))
        assert (struct.get_uint64(0), struct.get_text(0)) == (3, None)


def test_a_default_of_another_kind_is_refused() -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 7)
        default = defaults()
        numbers: Any = default.get_list(NUMBERS, Element.UINT16)
        struct: Any = default.get_struct(STRUCT)
        bits: Any = default.get_list(BITS, Element.BOOL)
        before = message.segments()
        for opening in (
            lambda: root.get_struct(STRUCT, 0, 0, default=numbers),
            lambda: root.get_list(NUMBERS, Element.UINT16, default=struct),
            lambda: root.get_list(NUMBERS, Element.UINT32, default=numbers),
            lambda: root.get_pointer_list(TEXTS, default=numbers),
            lambda: root.get_struct_list(STRUCTS, 0, 0, default=struct),
            lambda: root.get_struct_list(STRUCTS, 1, 0, default=bits),
            lambda: root.get_struct(STRUCT, 0, 0, default="text"),  # type: ignore[arg-type]
        ):
            with pytest.raises(ArgumentTypeError):
                opening()
            assert message.segments() == before
        with pytest.raises(ArgumentIndexError):
            root.get_struct(9, 0, 0, default=struct)
        root.set_text(STRUCT, "text")
        with pytest.raises(PointerKindMismatch):
            root.get_struct(STRUCT, 0, 0, default=struct)


def test_a_default_of_the_message_itself() -> None:
    with MessageBuilder() as message:
        root = message.init_root(1, 7)
        root.set_uint64(0, 8)
        copy = there(root.get_struct(STRUCT, 0, 0, default=root))
        copy.set_uint64(0, 9)
        assert (root.get_uint64(0), copy.get_uint64(0)) == (8, 9)


def test_reading_the_default_may_build_what_was_null() -> None:
    """The default lies in memory of an allocator that calls this message."""
    memory = HookedMemory(100)
    with closing(MessageBuilder(memory), memory) as other, MessageBuilder() as message:
        default = other.init_root(1, 0)
        root = message.init_root(0, 7)

        def hook(kind: str) -> None:
            memory.hook = None
            root.init_struct(STRUCT, 1, 0).set_uint64(0, 1)

        memory.hook = hook
        struct = there(root.get_struct(STRUCT, 0, 0, default=default))
        assert struct.get_uint64(0) == 1


@pytest.mark.parametrize("text", ["", "\0", "a\0b\0", "ü\0"])
def test_a_text_with_nuls_is_as_it_is(text: str) -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 1)
        root.set_text(0, text)
        reader = read_message(message.to_bytes()).get_root()
        for node in (root, reader):
            assert node.get_text(0) == text
            assert node.get_text_octets(0) == text.encode()


def test_the_octets_of_a_text_are_not_decoded() -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 3)
        root.set_data(0, b"\xff\xfe\0")
        root.set_data(1, b"no nul")
        reader = read_message(message.to_bytes()).get_root()
        for node in (root, reader):
            assert node.get_text_octets(0) == b"\xff\xfe"
            with pytest.raises(InvalidText):
                node.get_text(0)
            with pytest.raises(InvalidText):
                node.get_text_octets(1)
            assert node.get_text_octets(2) is None


def test_both_sides_tell_the_kind_of_a_pointer() -> None:
    for size in (1, 100):
        memory = Memory(size)
        with closing(MessageBuilder(memory), memory) as message:
            root = message.init_root(0, 5)
            root.init_struct(1, 0, 0)
            root.init_struct_list(2, 1, 1, 1)
            root.set_capability(3, 4)
            root.set_text(4, "text")
            reader = read_message(message.to_bytes()).get_root()
            for node in (root, reader):
                assert [node.kind(index) for index in range(5)] == [
                    PointerKind.NULL,
                    PointerKind.STRUCT,
                    PointerKind.LIST,
                    PointerKind.CAPABILITY,
                    PointerKind.LIST,
                ]
            assert reader.kind(99) is PointerKind.NULL
