"""Lists of primitives built at once, from whatever holds their items as memory has them."""

from __future__ import annotations

import array
import ctypes
import struct
import sys
from collections.abc import Iterator
from typing import Any

import numpy
import pytest

from capnsafe import (
    AllocationRefused,
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    Closed,
    Element,
    FixedAllocator,
    HeapAllocator,
    ListBuilder,
    MessageBuilder,
    MessageTooLarge,
    StaleHandle,
    StructBuilder,
    wire,
)
from capnsafe.wire import ELEMENTS
from tests.builds import patches_constants
from tests.capnsafe.generated import root_of
from tests.capnsafe.memories import Memory, closing

NUMBERS = [element for element in ELEMENTS if element.bytes]
INTEGERS = [element for element in NUMBERS if not element.floating]


@pytest.fixture(params=["strict", "tiny", "stable"])
def message(request: pytest.FixtureRequest) -> Iterator[MessageBuilder]:
    if request.param == "stable":
        with MessageBuilder(HeapAllocator(segment_words=8)) as message:
            yield message
    else:
        memory = Memory(grant_words=1 if request.param == "tiny" else 50)
        with closing(MessageBuilder(memory), memory) as message:
            yield message


@pytest.fixture
def root(message: MessageBuilder) -> StructBuilder:
    return message.init_root(0, 2)


def samples(element: Element) -> list[int | float]:
    if element.floating:
        return [1.5, -0.0, 2.0**100, 0.0, -7.25]
    return [element.low, element.high, 0, 1, element.high // 3]


def octets(element: Element) -> bytes:
    return b"".join(map(element.codec.pack, samples(element)))


def require(root: StructBuilder, message: MessageBuilder, element: Element, made: Any) -> None:
    """The list exists, holds the samples, and has zeros after them."""
    assert type(made) is ListBuilder
    assert made.element is element
    assert list(made) == samples(element)
    read = root_of(message.to_bytes()).get_list(0, element)
    assert read is not None
    assert list(read) == samples(element)
    assert root._tree().children[0][1].body.rstrip(b"\0") == octets(element).rstrip(b"\0")
    built = message.canonical()
    for at, value in enumerate(samples(element)):
        made[at] = value
    assert message.canonical() == built


CODES = {
    Element.INT8: "b",
    Element.UINT8: "B",
    Element.INT16: "h",
    Element.UINT16: "H",
    Element.INT32: "i",
    Element.UINT32: "I",
    Element.INT64: "q",
    Element.UINT64: "Q",
    Element.FLOAT32: "f",
    Element.FLOAT64: "d",
}


@pytest.mark.parametrize("element", NUMBERS)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_from_bytes(
    message: MessageBuilder, root: StructBuilder, element: Element, kind: Any
) -> None:
    require(root, message, element, root.set_list(0, element, kind(octets(element))))


@pytest.mark.parametrize("element", NUMBERS)
def test_from_an_array(message: MessageBuilder, root: StructBuilder, element: Element) -> None:
    values = array.array(CODES[element], samples(element))
    require(root, message, element, root.set_list(0, element, values))
    require(root, message, element, root.set_list(0, element, memoryview(values)))
    long = {"q": "l", "Q": "L"}.get(CODES[element])
    if long and array.array(long).itemsize == 8:
        require(
            root, message, element, root.set_list(0, element, array.array(long, samples(element)))
        )


@pytest.mark.parametrize("element", NUMBERS)
def test_from_a_ctypes_array(
    message: MessageBuilder, root: StructBuilder, element: Element
) -> None:
    kind: Any = {
        "b": ctypes.c_int8,
        "B": ctypes.c_uint8,
        "h": ctypes.c_int16,
        "H": ctypes.c_uint16,
        "i": ctypes.c_int32,
        "I": ctypes.c_uint32,
        "q": ctypes.c_int64,
        "Q": ctypes.c_uint64,
        "f": ctypes.c_float,
        "d": ctypes.c_double,
    }[CODES[element]]
    values = (kind * 5)(*samples(element))
    require(root, message, element, root.set_list(0, element, values))
    swapped: Any = getattr(kind, "__ctype_be__", None)
    if element.bytes > 1 and sys.byteorder == "little":
        before = message.segments()
        with pytest.raises(ArgumentTypeError):
            root.set_list(0, element, (swapped * 5)(*samples(element)))
        assert message.segments() == before


@pytest.mark.parametrize("element", NUMBERS)
def test_from_numpy(message: MessageBuilder, root: StructBuilder, element: Element) -> None:
    name = CODES[element]
    values = numpy.array(samples(element), dtype=f"<{name}")
    require(root, message, element, root.set_list(0, element, values))
    before = message.segments()
    wide = numpy.zeros(10, dtype=values.dtype)
    wide[::2] = values
    refused = [wide[::2], values.astype(object), values.astype(complex), values[::-1]]
    if element.bytes > 1:
        refused.append(values.astype(f">{name}"))
    for other in refused:
        with pytest.raises(ArgumentTypeError):
            root.set_list(0, element, other)
    assert message.segments() == before
    # Two dimensions are one after the other; strides of what is contiguous do not matter.
    rows = numpy.array([samples(element)] * 2, dtype=values.dtype)
    assert list(root.set_list(0, element, rows)) == samples(element) * 2
    assert len(root.set_list(0, element, values[:0])) == 0


@pytest.mark.parametrize("element", NUMBERS)
def test_items_of_another_type_are_refused(
    message: MessageBuilder, root: StructBuilder, element: Element
) -> None:
    root.set_text(0, "kept")
    before = message.segments()
    for other in NUMBERS:
        code = CODES[other]
        if code == "B" or code == CODES[element]:
            continue
        with pytest.raises(ArgumentTypeError):
            root.set_list(0, element, array.array(code, [1] * 8))
    for values in (
        memoryview(bytes(24))[::2],
        memoryview(bytes(8)).cast("?"),
        (ctypes.c_void_p * 2)(),
        (ctypes.c_wchar * 2)(),
        None,
        5,
        "text",
        [1, 2],
        object(),
    ):
        with pytest.raises(ArgumentTypeError):
            root.set_list(0, element, values)
    assert message.segments() == before


@pytest.mark.parametrize("element", [element for element in NUMBERS if element.bytes > 1])
def test_bytes_are_whole_items(
    message: MessageBuilder, root: StructBuilder, element: Element
) -> None:
    before = message.segments()
    for size in (1, element.bytes - 1, element.bytes + 1):
        with pytest.raises(ArgumentValueError):
            root.set_list(0, element, bytes(size))
    assert message.segments() == before


@pytest.mark.parametrize("element", [Element.VOID, Element.BOOL])
def test_bits_and_voids_are_in_no_buffer(root: StructBuilder, element: Element) -> None:
    with pytest.raises(ArgumentTypeError):
        root.set_list(0, element, b"\1")
    with pytest.raises(ArgumentTypeError):
        root.set_list(0, "UINT8", b"\1")  # type: ignore[arg-type]
    assert root.is_null(0)


@pytest.mark.parametrize("element", NUMBERS)
def test_no_items_are_an_empty_list(
    message: MessageBuilder, root: StructBuilder, element: Element
) -> None:
    for empty in (b"", array.array(CODES[element])):
        made = root.set_list(0, element, empty)
        assert list(made) == []
        assert not root.is_null(0)
        read = root_of(message.to_bytes()).get_list(0, element)
        assert read is not None
        assert len(read) == 0


@pytest.mark.parametrize("count", range(1, 18))
def test_no_byte_behind_the_last_item_is_dirty(count: int) -> None:
    memory = Memory(grant_words=30)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 1)
        root.set_list(0, Element.UINT8, b"\xff" * count)
        body = message.segments()[0][16:]
        assert body == (b"\xff" * count).ljust((count + 7) // 8 * 8, b"\0")


def test_the_old_value_is_retired(message: MessageBuilder, root: StructBuilder) -> None:
    old = root.set_list(0, Element.UINT8, b"SECRET")
    root.set_list(0, Element.UINT8, b"other")
    assert b"SECRET" not in message.to_bytes()
    with pytest.raises(StaleHandle):
        old[0]


def test_a_list_is_set_from_the_messages_own_memory() -> None:
    memory = HeapAllocator(segment_words=100)
    with MessageBuilder(memory) as message:
        root = message.init_root(0, 1)
        root.set_list(0, Element.UINT64, struct.pack("<4Q", 1, 2, 3, 4))
        with memoryview(memory.segment(0)) as view, view[16:48] as own:
            made = root.set_list(0, Element.UINT64, own)
            assert list(made) == [1, 2, 3, 4]
            made = root.set_list(0, Element.UINT64, own)
        # The old place is zero by now, and that is what was given.
        assert list(made) == [0, 0, 0, 0]


def test_wrong_types_come_before_stale_handles_before_indices_before_values(
    message: MessageBuilder, root: StructBuilder
) -> None:
    child = root.init_struct(0, 0, 1)
    with pytest.raises(ArgumentIndexError):
        child.set_list(1, Element.UINT16, b"odd")
    root.clear(0)
    for values, index, error in (
        (5, 0, ArgumentTypeError),
        (b"ab", "0", ArgumentTypeError),
        (b"odd", 0, StaleHandle),
        (b"ab", 99, StaleHandle),
    ):
        with pytest.raises(error):
            child.set_list(index, Element.UINT16, values)  # type: ignore[arg-type]
    message.close()
    with pytest.raises(Closed):
        root.set_list(0, Element.UINT16, b"ab")


class Hooked:
    """A buffer whose export calls into the message (Python 3.12 lets it)."""

    def __init__(self, content: bytes, hook: Any) -> None:
        self.content = content
        self.hook = hook

    def __buffer__(self, flags: int) -> memoryview:
        self.hook()
        return memoryview(self.content)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="classes export buffers from 3.12 on")
def test_a_hostile_buffer(message: MessageBuilder, root: StructBuilder) -> None:
    """What its export does to the message is finished before memory is touched (P10)."""
    child = root.init_struct(0, 0, 1)
    with pytest.raises(StaleHandle):
        child.set_list(0, Element.UINT8, Hooked(b"abc", lambda: root.clear(0)))
    assert root.is_null(0)
    root.set_list(0, Element.UINT8, Hooked(b"abc", lambda: root.set_text(0, "from inside")))
    assert root.get_data(0) == b"abc"

    def refuse() -> None:
        raise KeyError("no buffer")

    with pytest.raises(ArgumentTypeError) as caught:
        root.set_list(0, Element.UINT8, Hooked(b"abc", refuse))
    assert type(caught.value.__cause__) is KeyError
    assert root.get_data(0) == b"abc"
    with pytest.raises(Closed):
        root.set_list(0, Element.UINT8, Hooked(b"abc", message.close))


@patches_constants
def test_more_than_a_list_can_count_is_refused(
    message: MessageBuilder, root: StructBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MAX_LIST_COUNT", 5)
    before = message.segments()
    with pytest.raises(MessageTooLarge):
        root.set_list(0, Element.UINT8, bytes(6))
    assert message.segments() == before
    root.set_list(0, Element.UINT8, bytes(5))


def test_more_than_a_segment_holds_is_refused() -> None:
    memory = Memory()
    with closing(MessageBuilder(memory, max_segment_words=5), memory) as message:
        root = message.init_root(0, 1)
        with pytest.raises(MessageTooLarge):
            root.set_list(0, Element.UINT64, bytes(48))
        assert root.is_null(0)
        assert list(root.set_list(0, Element.UINT64, bytes(40))) == [0] * 5


def test_elements_of_a_list_of_lists_are_set(message: MessageBuilder, root: StructBuilder) -> None:
    rows = root.init_pointer_list(0, 2)
    rows.set_list(1, Element.INT16, array.array("h", [1, -2]))
    read = root_of(message.to_bytes()).get_pointer_list(0)
    assert read is not None
    row = read.get_list(1, Element.INT16)
    assert row is not None
    assert list(row) == [1, -2]


@pytest.mark.parametrize("budget_words", [3, 100])
def test_the_buffer_is_given_back(budget_words: int) -> None:
    """Whether the list was built or refused, its source can be resized."""
    source = bytearray(64)
    with MessageBuilder(FixedAllocator(bytearray(budget_words * 8))) as message:
        root = message.init_root(0, 1)
        try:
            root.set_list(0, Element.UINT64, source)
        except AllocationRefused:
            assert budget_words == 3
        source.append(1)
        assert budget_words == 3 or len(root.get_list(0, Element.UINT64) or ()) == 8
