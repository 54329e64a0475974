"""Pointers of any type, the root's among them; sizes of objects; canonical messages."""

from __future__ import annotations

import random
from typing import Any

import pytest

from capnsafe import (
    ArgumentTypeError,
    Element,
    HeapAllocator,
    MalformedMessage,
    MessageBuilder,
    MessageReader,
    NestingLimitExceeded,
    ObjectSize,
    PointerKind,
    PointerListBuilder,
    StaleHandle,
    StructBuilder,
    read_message,
    wire,
)
from tests.capnsafe.generated import Scattering
from tests.capnsafe.memories import FailingMemory, Memory, MovingMemory, closing


def put(row: PointerListBuilder | StructBuilder, index: int, what: str) -> None:
    match what:
        case "text":
            row.set_text(index, "text")
        case "data":
            row.set_data(index, b"data")
        case "struct":
            row.init_struct(index, 1, 1).set_text(0, "below")
        case "list":
            row.init_list(index, Element.UINT16, 3)[1] = 7
        case "structs":
            row.init_struct_list(index, 2, 1, 0)[1].set_uint64(0, 8)
        case "deep":
            row.init_pointer_list(index, 1).init_pointer_list(0, 1).set_text(0, "deep")
        case "capability":
            row.set_capability(index, 9)
        case "null":
            row.clear(index)


def seen(row: Any, index: int, what: str) -> Any:
    match what:
        case "text":
            return row.get_text(index)
        case "data":
            return row.get_data(index)
        case "struct":
            return row.get_struct(index).get_text(0)
        case "list":
            return list(row.get_list(index, Element.UINT16))
        case "structs":
            return [one.get_uint64(0) for one in row.get_struct_list(index)]
        case "deep":
            return row.get_pointer_list(index).get_pointer_list(0).get_text(0)
        case "capability":
            return row.get_capability(index)
    return row.get_text(index)


VALUES: dict[str, Any] = {
    "text": "text",
    "data": b"data",
    "struct": "below",
    "list": [0, 7, 0],
    "structs": [0, 8],
    "deep": "deep",
    "capability": 9,
    "null": None,
}

KINDS = {
    "struct": PointerKind.STRUCT,
    "capability": PointerKind.CAPABILITY,
    "null": PointerKind.NULL,
}


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("what", VALUES)
def test_the_root_pointer_leads_to_anything(what: str, size: int) -> None:
    memory = MovingMemory(size)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.root_pointer()
        for other in (*VALUES, what):
            put(root, 0, other)
        reader = read_message(message.to_bytes()).root_pointer()
        for row in (root, message.root_pointer(), reader):
            assert len(row) == 1
            assert row.kind(0) is KINDS.get(what, PointerKind.LIST)
            assert seen(row, 0, what) == VALUES[what]
        if what == "capability":
            with pytest.raises(MalformedMessage):
                message.canonical()
        else:
            canonical = MessageReader([message.canonical()])
            assert seen(canonical.root_pointer(), 0, what) == VALUES[what]


def test_the_root_pointer_and_the_root_are_one() -> None:
    with MessageBuilder() as message:
        root = message.init_root(1, 0)
        row = message.root_pointer()
        row.set_text(0, "text")
        with pytest.raises(StaleHandle):
            root.set_uint8(0, 1)
        assert message.init_root(0, 0).data_words == 0
        assert row.kind(0) is PointerKind.STRUCT
        orphan = row.disown(0)
        assert orphan is not None
        assert message.get_root() is None
        row.adopt(0, orphan)
        assert message.get_root() is not None


def test_the_first_segment_may_be_refused() -> None:
    memory = FailingMemory("allocate", 1, OSError)
    with closing(MessageBuilder(memory), memory) as message:
        for _ in range(2):
            if memory.armed:
                with pytest.raises(Exception, match="refused"):
                    message.root_pointer()
            memory.armed = False
        message.root_pointer().set_text(0, "text")
        assert message.root_pointer().get_text(0) == "text"


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize("what", VALUES)
def test_any_pointer_is_copied(what: str, size: int) -> None:
    memory = MovingMemory(size)
    with closing(MessageBuilder(memory), memory) as message, MessageBuilder() as other:
        source = other.init_root(0, 3)
        put(source, 1, what)
        reader = read_message(other.to_bytes()).get_root()
        root = message.init_root(0, 4)
        rows = root.init_pointer_list(0, 2)
        sources: list[Any] = [source, reader]
        for at, row in enumerate(sources):
            put(root, at + 1, "text")
            root.copy_pointer(at + 1, row, 1)
            rows.copy_pointer(at, root, at + 1)
            assert seen(root, at + 1, what) == VALUES[what]
            assert seen(rows, at, what) == VALUES[what]
        root.copy_pointer(1, root, 1)
        assert seen(root, 1, what) == VALUES[what]
        with pytest.raises(ArgumentTypeError):
            root.copy_pointer(1, message, 1)  # type: ignore[arg-type]


def test_lists_of_lists_of_lists() -> None:
    for size in (1, 9, 500):
        memory = MovingMemory(size)
        with closing(MessageBuilder(memory), memory) as message:
            top = message.init_root(0, 1).init_pointer_list(0, 3)
            for one in range(3):
                middle = top.init_pointer_list(one, one)
                for two in range(one):
                    values = middle.init_list(two, Element.INT32, 2)
                    values[0], values[1] = one, -two
            reader = read_message(message.to_bytes()).get_root().get_pointer_list(0)
            assert reader is not None
            found = []
            for one in range(len(reader)):
                inner = reader.get_pointer_list(one)
                assert inner is not None
                for two in range(len(inner)):
                    numbers = inner.get_list(two, Element.INT32)
                    assert numbers is not None
                    found.append(list(numbers))
            assert found == [[1, 0], [2, 0], [2, -1]]


@pytest.mark.parametrize("size", [1, 100])
def test_the_size_of_every_object(size: int) -> None:
    memory = Memory(size)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(2, 5)
        root.set_text(0, "12345678")
        root.set_capability(1, 3)
        structs = root.init_struct_list(2, 2, 1, 1)
        structs[0].set_capability(0, 3)
        numbers = root.init_list(3, Element.UINT8, 17)
        row = root.init_pointer_list(4, 2)
        row.set_data(1, b"x")
        expected = {
            "root": ObjectSize(7 + 2 + 5 + 3 + 3, 2),
            "structs": ObjectSize(5, 1),
            "struct": ObjectSize(2, 1),
            "numbers": ObjectSize(3, 0),
            "row": ObjectSize(3, 0),
        }
        reader = read_message(message.to_bytes())
        read: Any = reader.get_root()
        for parts in (
            (root, structs, structs[0], numbers, row),
            (
                read,
                read.get_struct_list(2),
                read.get_struct_list(2)[0],
                read.get_list(3, Element.UINT8),
                read.get_pointer_list(4),
            ),
        ):
            assert [part.total_size() for part in parts] == list(expected.values())
        assert root.total_words() == read.total_words() == expected["root"].words
        assert message.total_words() == sum(message.segment_words()) == reader.total_words()
        orphan = root.disown(2)
        assert orphan is not None
        assert orphan.total_size() == expected["structs"]


@pytest.mark.parametrize("seed", range(60))
def test_a_canonical_message_is_told_from_others(seed: int) -> None:
    rng = random.Random(seed)
    with MessageBuilder(HeapAllocator(segment_words=rng.choice((1, 1000)))) as message:
        Scattering(rng).struct(message.init_root(3, 3), 0)
        canonical = message.canonical()
        segments = message.segments()
    assert MessageReader([canonical]).is_canonical()
    assert MessageReader(segments).is_canonical() is (segments == [canonical])
    assert not MessageReader([canonical, b""]).is_canonical()
    assert not MessageReader([canonical + bytes(8)]).is_canonical()
    assert not MessageReader([canonical[:-8]]).is_canonical() or canonical[:-8] == bytes(8)
    for _ in range(20):
        at = rng.randrange(len(canonical))
        changed = bytearray(canonical)
        changed[at] ^= 1 << rng.randrange(8)
        answer = MessageReader([changed]).is_canonical()
        with MessageBuilder() as copy:
            try:
                copy.root_pointer().copy_pointer(0, MessageReader([changed]).root_pointer(), 0)
                expected = copy.canonical() == changed
            except MalformedMessage:
                expected = False
        assert answer is expected


def test_what_is_not_canonical() -> None:
    assert MessageReader([bytes(8)]).is_canonical()
    assert not MessageReader([]).is_canonical()
    assert not MessageReader([b""]).is_canonical()
    # An amplification: 200 pointers that all lead to one list. No work is done beyond the words.
    words = [wire.with_offset(wire.list_shape(wire.SIZE_POINTER, 200), 0)]
    shape = wire.list_shape(wire.SIZE_BYTE, 8)
    words += [wire.with_offset(shape, 200 - at - 1) for at in range(200)]
    octets = b"".join(wire.POINTER.pack(word) for word in [*words, 1])
    assert not MessageReader([octets]).is_canonical()
    # A circle.
    circle = wire.POINTER.pack(wire.with_offset(wire.struct_shape(0, 1), -1))
    assert not MessageReader([circle]).is_canonical()
    with MessageBuilder() as message:
        message.root_pointer().set_capability(0, 1)
        assert not MessageReader(message.segments()).is_canonical()


def test_a_canonical_message_may_be_nested_too_deep_to_tell() -> None:
    with MessageBuilder() as message:
        node = message.init_root(0, 1)
        for _ in range(9):
            node = node.init_struct(0, 0, 1)
        node.init_struct(0, 1, 0).set_uint8(0, 1)
        canonical = message.canonical()
    assert MessageReader([canonical], nesting_limit=11).is_canonical()
    with pytest.raises(NestingLimitExceeded):
        MessageReader([canonical], nesting_limit=10).is_canonical()
    reader = MessageReader([canonical], traversal_limit_words=2)
    assert reader.is_canonical()
    assert reader.get_root().pointer_count == 1
