"""Buffers and numbers of other libraries: numpy's, those of ctypes and of ``array``.

Items that hold addresses are refused wherever a buffer is taken: their bytes would be written into
the message, or written over.
"""

from __future__ import annotations

import ctypes
import io
import struct
from array import array, typecodes
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy
import pytest

from capnsafe import (
    ArgumentTypeError,
    ArgumentValueError,
    BadBuffer,
    Element,
    Error,
    FixedAllocator,
    MessageBuilder,
    MessageReader,
    Packer,
    Unpacker,
    frame,
    pack,
    read_message,
    unframe,
    unpack,
    write_message,
)
from capnsafe._words.buffers import holds_addresses
from capnsafe.memory import ScratchAllocator
from capnsafe.memory.adapters import CallableAllocator, HandedOverAllocator
from capnsafe.memory.adapters.accessors import AppendBuilder
from tests.capnsafe.memories import ResizingMemory


def record(*fields: tuple[str, Any]) -> Any:
    return type("Record", (ctypes.Structure,), {"_fields_": list(fields)})


def union(*fields: tuple[str, Any]) -> Any:
    return type("Either", (ctypes.Union,), {"_fields_": list(fields)})


THING = object()

#: An array of wide characters: its code is another one since Python 3.13.
WIDE = array("w" if "w" in typecodes else "u", "ab" * 64)

#: Records with an object between two numbers.
RECORDS: Any = numpy.zeros(8, dtype=[("first", "u8"), ("thing", object), ("last", "u4")])
RECORDS["thing"] = THING

ADDRESSES: dict[str, Any] = {
    "fields beside an object": RECORDS[["first", "last"]],
    "a field in front of an object": RECORDS[["first"]],
    "fields beside an object, of a part": RECORDS[2:6][["first", "last"]],
    "fields beside an object, of one": RECORDS[["first", "last"]][0],
    "numbers over objects": numpy.frombuffer(numpy.array([THING] * 8, dtype=object), "f8"),
    "objects": numpy.array([THING] * 8, dtype=object),
    "records with an object": numpy.zeros(8, dtype=[("number", "u8"), ("thing", object)]),
    "a record with an object": numpy.zeros(1, dtype=[("x", "u8"), ("y", object)])[0],
    "no objects": numpy.array([], dtype=object),
    "one object": numpy.array(THING, dtype=object),
    "objects of ctypes": (ctypes.py_object * 8)(),
    "pointers": (ctypes.POINTER(ctypes.c_int) * 8)(),
    "texts by pointer": (ctypes.c_char_p * 8)(),
    "wide texts by pointer": (ctypes.c_wchar_p * 8)(),
    "void pointers": (ctypes.c_void_p * 8)(),
    "functions": (record(("call", ctypes.CFUNCTYPE(None))) * 8)(),
    "records in records": (record(("inner", record(("p", ctypes.py_object)) * 2)) * 8)(),
}

for name, kind in {
    "unions": union(("thing", ctypes.py_object), ("number", ctypes.c_uint64)),
    "records with a union": record(("either", union(("p", ctypes.POINTER(ctypes.c_int))))),
    "unions with a function": union(("call", ctypes.CFUNCTYPE(None)), ("number", ctypes.c_uint64)),
    "derived unions": type("Derived", (union(("p", ctypes.c_void_p)),), {}),
}.items():
    ADDRESSES[name] = (kind * 8)()


class Answering(ResizingMemory):
    """Grants one buffer, whatever is asked."""

    def __init__(self, buffer: Any) -> None:
        super().__init__()
        self.buffer = buffer

    def segment(self, key: int, /) -> Any:
        return self.buffer


class File:
    def __init__(self, buffer: Any) -> None:
        self.buffer = buffer

    def read(self, size: int) -> Any:
        return self.buffer


class Words:
    """Accessors that forget writes."""

    words = 0

    def alloc(self, amount: int) -> tuple[int, int]:
        self.words += amount
        return 0, self.words - amount

    def write_bit(self, *_: object) -> None: ...
    def write_u8(self, *_: object) -> None: ...
    def write_u16(self, *_: object) -> None: ...
    def write_u32(self, *_: object) -> None: ...
    def write_u64(self, *_: object) -> None: ...


def root() -> Any:
    return MessageBuilder().init_root(4, 4)


TAKERS: dict[str, Callable[[Any], object]] = {
    "set_data": lambda buffer: root().set_data(0, buffer),
    "set_data of a list": lambda buffer: root().init_pointer_list(0, 1).set_data(0, buffer),
    "new_orphan_data": lambda buffer: MessageBuilder().new_orphan_data(buffer),
    "set_list of numbers": lambda buffer: root().set_list(0, Element.UINT64, buffer),
    "set_list of bytes": lambda buffer: root().set_list(0, Element.UINT8, buffer),
    "set_data over accessors": lambda buffer: (
        AppendBuilder(Words()).init_root(0, 1).set_data(0, buffer)
    ),
    "FixedAllocator": FixedAllocator,
    "ScratchAllocator": ScratchAllocator,
    "HandedOverAllocator": lambda buffer: HandedOverAllocator([buffer]),
    "CallableAllocator": lambda buffer: MessageBuilder(
        CallableAllocator(lambda words: buffer)
    ).init_root(1, 0),
    "an allocator": lambda buffer: MessageBuilder(Answering(buffer)).init_root(1, 0),
    "MessageBuilder.resume": lambda buffer: MessageBuilder.resume(Answering(buffer), [(0, 1)]),
    "MessageReader": lambda buffer: MessageReader([buffer]),
    "MessageReader.from_allocator": lambda buffer: MessageReader.from_allocator(
        Answering(buffer), [0]
    ).get_root(),
    "read_message": read_message,
    "read_message packed": lambda buffer: read_message(buffer, packed=True),
    "read_message of a file": lambda buffer: read_message(File(buffer)),
    "unframe": unframe,
    "frame": lambda buffer: frame([buffer]),
    "write_message": lambda buffer: write_message(io.BytesIO(), [buffer]),
    "pack": pack,
    "Packer": lambda buffer: Packer().feed(buffer),
    "unpack": unpack,
    "Unpacker": lambda buffer: Unpacker().feed(buffer),
}


@pytest.mark.parametrize("taker", TAKERS)
@pytest.mark.parametrize("buffer", ADDRESSES)
def test_addresses_are_refused(buffer: str, taker: str) -> None:
    with pytest.raises((ArgumentTypeError, BadBuffer)) as caught:
        TAKERS[taker](ADDRESSES[buffer])
    assert any(word in str(caught.value) for word in ("addresses", "objects", "format", "only"))


NUMBERS: dict[str, Any] = {
    "a name with an O": (record(("Offset", ctypes.c_uint64)) * 64)(),
    "names of codes": (record(("O", ctypes.c_uint64), ("X", ctypes.c_uint64)) * 32)(),
    "records of numpy": numpy.zeros(64, dtype=[("Object&P", "u4"), ("Zz", "f4")]),
    "records in records": numpy.zeros(32, dtype=[("O", [("P", "u8"), ("c", "c8")])]),
    "complex numbers": numpy.zeros(32, dtype="c16"),
    "two dimensions": numpy.zeros((8, 8)),
    "wide characters": (ctypes.c_wchar * 128)(),
    "unions": (union(("a", ctypes.c_uint64), ("b", record(("c", ctypes.c_uint32)) * 2)) * 64)(),
    "bits of a record": (record(("Odd", ctypes.c_uint64)) * 64)(),
    "raw items": numpy.zeros(128, dtype="V4"),
    "texts": numpy.zeros(64, dtype="U2"),
    "array.array": WIDE,
}


def test_the_bytes_of_objects_are_no_data() -> None:
    """What an allocator returns is its own memory, and bytes are taken for bytes."""
    with pytest.raises(ArgumentTypeError, match="addresses"):
        root().set_data(0, numpy.frombuffer(RECORDS, "u1"))


@pytest.mark.parametrize("field", ["first", "last"])
def test_one_field_of_records_with_objects_is_numbers(field: str) -> None:
    RECORDS["first"] = numpy.arange(8)
    holder = root()
    for column in (RECORDS[field], RECORDS[:1][field], RECORDS[::2][field]):
        holder.set_data(0, column)
        assert holder.get_data(0) == column.tobytes()


MASKED: dict[str, Any] = {
    "masked": numpy.ma.array([1, 2, 3], mask=[0, 1, 0], dtype="u4"),
    "a part": numpy.ma.array([1, 2, 3], mask=[0, 1, 0], dtype="u4")[1:],
    "floats": numpy.ma.masked_invalid([1.0, float("nan")]),
    "records": numpy.ma.array(numpy.zeros(2, "u4,u4"), mask=[(0, 0), (0, 1)]),
    "a view": memoryview(numpy.ma.array([1, 2, 3], mask=[0, 1, 0], dtype="u4")),
    "no dimension": numpy.ma.array(7, mask=True),
    "the constant": numpy.ma.masked,
}


@pytest.mark.parametrize("taker", ["set_data", "set_list of numbers", "frame", "pack"])
@pytest.mark.parametrize("name", MASKED)
def test_elements_that_are_masked_are_not_written(name: str, taker: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"some of its items are masked; .*filled\(\)"):
        TAKERS[taker](MASKED[name])


def test_an_array_of_which_no_element_is_masked_is_an_array() -> None:
    holder = root()
    for mask in (numpy.ma.nomask, False, [False, False]):
        values: Any = numpy.ma.array([7, 8], mask=mask, dtype="u4")
        assert list(holder.set_list(0, Element.UINT32, values)) == [7, 8]
        holder.set_uint32(0, values[1])
        assert holder.get_uint32(0) == 8
    partly: Any = numpy.ma.array([7, 8], mask=[True, False], dtype="u4")
    assert list(holder.set_list(0, Element.UINT32, partly[1:])) == [8]
    assert list(holder.set_list(0, Element.UINT32, partly.filled(0))) == [0, 8]


@pytest.mark.parametrize(
    "value",
    [
        numpy.ma.masked,
        numpy.ma.array([7, 8], mask=[True, False])[0],
        numpy.ma.array(7, mask=True),
        numpy.ma.array(7.5, mask=True),
        numpy.ma.array(True, mask=True),
    ],
    ids=repr,
)
def test_a_masked_element_is_no_number_and_no_bool(value: Any) -> None:
    for write in ("set_bool", "set_uint8", "set_float64"):
        with pytest.raises(ArgumentTypeError, match="is masked"):
            getattr(root(), write)(0, value)


def _unsaid(array: object) -> Any:
    raise OSError


#: An array without a readable mask.
SILENT: Any = type("Silent", (numpy.ma.MaskedArray,), {"mask": property(_unsaid)})


def test_an_array_that_does_not_say_what_is_masked_is_refused() -> None:
    values = numpy.array([7], dtype="u4").view(SILENT)
    with pytest.raises(ArgumentTypeError, match="masked"):
        root().set_list(0, Element.UINT32, values)


@pytest.mark.parametrize("base", [7, property(lambda array: array)], ids=["number", "itself"])
def test_a_base_that_leads_nowhere_holds_no_addresses(base: Any) -> None:
    kind: Any = type("Based", (numpy.ndarray,), {"base": base})
    values = numpy.arange(3, dtype="u1").view(kind)
    holder = root()
    holder.set_data(0, values)
    assert holder.get_data(0) == b"\0\1\2"


@pytest.mark.parametrize(
    ("values", "right"),
    [
        (numpy.array([1.5, -2], "e"), None),
        (numpy.array([1.5, -2], ">e"), None),
        (numpy.array([1.5, -2], ">f8"), None),
        (numpy.array([1.5, -2], "g"), None),
        (numpy.array([1.5, -2], "<f8"), [1.5, -2]),
        (numpy.array(["2026-11-29"], "M8[s]"), None),
        (numpy.array([1], "m8[s]"), None),
        (numpy.zeros(1, [("at", "M8[s]")]), None),
    ],
    ids=repr,
)
def test_a_list_of_floats_is_right_or_refused(values: Any, right: list[float] | None) -> None:
    holder = root()
    if right is None:
        with pytest.raises(ArgumentTypeError):
            holder.set_list(0, Element.FLOAT64, values)
        assert holder.is_null(0)
    else:
        assert list(holder.set_list(0, Element.FLOAT64, values)) == right


@pytest.mark.parametrize("name", NUMBERS)
def test_memory_of_any_other_items_is_memory(name: str) -> None:
    buffer = NUMBERS[name]
    for memory in (Answering(buffer), FixedAllocator(buffer), ScratchAllocator(buffer)):
        with MessageBuilder(memory) as message:
            message.init_root(1, 0).set_uint64(0, 7)
            assert memoryview(buffer).tobytes()[8:16] == struct.pack("<Q", 7)
    holder = root()
    holder.set_data(0, buffer)
    assert holder.get_data(0) == memoryview(buffer).tobytes()


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("B", False),
        ("O", True),
        ("<O", True),
        ("T{<Q:Offset:<O:o:}", True),
        ("T{<Q:O:}", False),
        ("(2,3)&<i", True),
        ("T{Zd:z:(3)Zf:Z:}", False),
        ("T{Z:a:d:b:}", True),
        ("X{}", True),
        # A colon in a name: what is a name and what a code cannot be told.
        ("T{<Q:a:b:O:c:}", True),
        ("T{<Q:a:b:i:c:}", False),
    ],
)
def test_names_in_formats_are_no_codes(code: str, answer: bool) -> None:
    assert holds_addresses(code) is answer


def test_data_of_any_order_is_its_items_in_c_order() -> None:
    rows: Any = numpy.arange(6, dtype="<u2").reshape(2, 3)
    holder = root()
    for view in (rows, numpy.asfortranarray(rows), rows[:, ::-1][:, ::-1], rows.T.T):
        holder.set_data(0, view)
        assert holder.get_data(0) == rows.tobytes()
    holder.set_data(0, rows[:, ::2])
    assert holder.get_data(0) == rows[:, ::2].tobytes()
    holder.set_data(0, numpy.array(7, dtype="<u4"))
    assert holder.get_data(0) == b"\7\0\0\0"


def test_lists_of_items_that_are_no_numbers_are_refused() -> None:
    holder = root()
    refused = [
        numpy.array(["2026-11-28"], dtype="M8[D]"),
        numpy.zeros(2, dtype=[("a", "u4"), ("b", "u4")]),
        numpy.asfortranarray(numpy.zeros((2, 3))),
        numpy.zeros(4)[::2],
        numpy.zeros(2, dtype="U1"),
        numpy.zeros(2, dtype="c8"),
        numpy.zeros(2, dtype="f2"),
        numpy.zeros(2, dtype=bool),
        (ctypes.c_wchar * 2)(),
        WIDE,
        "text",
        7,
    ]
    for values in refused:
        for element in (Element.UINT32, Element.FLOAT64, Element.INT8):
            with pytest.raises(ArgumentTypeError):
                holder.set_list(0, element, values)
    assert list(holder.set_list(0, Element.INT64, numpy.array(7))) == [7]


def test_what_is_no_buffer_of_bytes_is_told_why() -> None:
    with pytest.raises(ArgumentTypeError, match="cannot include dtype 'M'"):
        root().set_data(0, numpy.array(["2026-11-28"], dtype="M8[D]"))
    with pytest.raises(ArgumentTypeError):
        root().set_data(0, numpy.str_("text"))
    with pytest.raises(ArgumentValueError, match="writable"):
        FixedAllocator(bytes(8))


BOOLS = [numpy.True_, numpy.array(True), numpy.arange(3)[2] > 1, ctypes.c_bool(True), 1]


@pytest.mark.parametrize("value", BOOLS, ids=repr)
def test_bools_of_other_libraries_are_bools(value: Any) -> None:
    with MessageBuilder() as message:
        holder = message.init_root(1, 1)
        holder.set_bool(0, value)
        assert holder.get_bool(0) is True
        holder.set_bool(1, value, default=value)
        assert holder.get_bool(1) is False
        assert holder.get_bool(1, default=value) is True
        reader = read_message(message.to_bytes()).get_root()
        assert reader.get_bool(0, default=value) is False
        assert reader.get_bool(99, default=value) is True
        bits = holder.init_list(0, Element.BOOL, 2)
        bits[1] = value
        assert list(bits) == [False, True]
        assert (
            read_message(frame(message.segments(), packed=value), packed=value).get_root()
            is not None
        )


class NoBuffer:
    def __index__(self) -> int:
        raise OSError

    def __buffer__(self, flags: int) -> memoryview:
        raise OSError


@pytest.mark.parametrize(
    "value", [numpy.array([True]), numpy.float64(1), "x", None, NoBuffer(), numpy.array("x")]
)
def test_what_is_no_bool_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentTypeError):
        root().set_bool(0, value)
    with pytest.raises(ArgumentTypeError):
        AppendBuilder(Words()).init_root(1, 0).set_bool(0, value)


def test_a_class_with_the_name_of_another_is_named_with_its_module() -> None:
    with pytest.raises(ArgumentTypeError, match=r"numpy\.bool"):
        root().set_uint8(0, numpy.True_)
    impostor = type("int", (), {"__module__": 7})()
    with pytest.raises(ArgumentTypeError):
        root().set_uint8(0, impostor)


def test_numbers_of_other_libraries_are_numbers() -> None:
    holder = root()
    for value in (numpy.int8(3), numpy.uint64(3), numpy.array(3)):
        holder.set_int64(numpy.int64(1), value)
        assert holder.get_int64(numpy.uint8(1)) == 3
    for number in (numpy.float16(1.5), numpy.float32(1.5), numpy.longdouble(1.5), numpy.array(1.5)):
        holder.set_float64(0, number)
        assert holder.get_float64(0) == 1.5
    for number in (Decimal("1.5"), Fraction(3, 2), numpy.complex128(1.5)):
        holder.set_float32(0, number)
        assert holder.get_float32(0) == 1.5


@pytest.mark.parametrize("value", [Decimal("1e999"), numpy.longdouble("1e999"), 10**400], ids=str)
def test_a_finite_number_is_not_written_as_an_infinite_one(value: Any) -> None:
    holder = root()
    with pytest.raises(ArgumentValueError):
        holder.set_float64(0, value)
    for infinite in (Decimal("-Infinity"), numpy.longdouble("-inf"), numpy.float32("-inf")):
        holder.set_float64(0, infinite)
        assert holder.get_float64(0) == float("-inf")


@pytest.mark.filterwarnings("ignore:Casting complex")
@pytest.mark.parametrize(
    "value",
    [
        numpy.complex64(1 + 2j),
        numpy.array(1 + 2j),
        numpy.array([1.5]),
        numpy.datetime64("2026-11-28"),
        numpy.zeros(1, dtype="i4,f4")[0],
        numpy.str_("1.5"),
        numpy.array("1.5"),
        numpy.array("1.5", dtype=object),
        numpy.void(b"1"),
    ],
    ids=repr,
)
def test_what_is_no_number_is_refused(value: Any) -> None:
    holder = root()
    with pytest.raises(ArgumentTypeError):
        holder.set_float64(0, value)
    with pytest.raises(ArgumentTypeError):
        holder.set_int64(0, value)
    reader = MessageReader([bytes(8)]).get_root()
    with pytest.raises(ArgumentTypeError):
        reader.get_float64(0, default=value)
    with pytest.raises(Error):
        AppendBuilder(Words()).init_root(1, 0).set_float64(0, value)
    assert holder.get_float64(0) == 0
