"""The reader reads messages of the reference implementation, also of older and newer schemas."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from capnsafe._read.objects import PointerListReader, StructReader
from capnsafe._read.reader import MessageReader
from capnsafe._stream.framing import unframe
from capnsafe._stream.messages import read_message
from capnsafe.errors import PointerKindMismatch, TraversalLimitExceeded
from capnsafe.wire import Element
from tests.builds import patches_constants
from tests.capnsafe.reader_schema import (
    EVERYTHING,
    SCHEMA,
    Value,
    element_of,
    everything,
    fields,
    plain,
    root_of,
    value_of,
    watch_fars,
    with_defaults,
    written,
)

# -- messages of the reference implementation ------------------------------------------------------


@given(everything, st.integers(1, 200))
def test_reads_what_pycapnp_writes(value: dict[str, Value], segment_words: int) -> None:
    segments = written(value, segment_words)
    event("one segment" if len(segments) == 1 else "many segments")
    read = value_of(root_of(segments), EVERYTHING.id)
    assert plain(read) == plain(with_defaults(value, EVERYTHING.id))


@given(
    everything,
    st.integers(36, 80),
    st.sets(st.sampled_from(["text", "data", "smalls", "texts", "matrix", "uint8s", "empty"])),
)
def test_reads_what_pycapnp_moved(
    value: dict[str, Value], segment_words: int, names: set[str]
) -> None:
    value.pop("child", None)
    moved = tuple(sorted(name for name in names if name in value))
    segments = written(value, segment_words, moved)
    expected = {name: each for name, each in value.items() if name not in moved}
    if moved:
        expected["child"] = {name: value[name] for name in moved}
    with pytest.MonkeyPatch.context() as monkeypatch:
        doubles = watch_fars(monkeypatch)
        read = value_of(root_of(segments), EVERYTHING.id)
    event(f"double-far pointers: {any(doubles)}")
    assert plain(read) == plain(with_defaults(expected, EVERYTHING.id))


#: One value that has everything in it.
FULL: dict[str, Value] = {
    "bool0": True,
    "bool1": False,
    "int8": -128,
    "int8d": 127,
    "int16": -(1 << 15),
    "int16d": (1 << 15) - 1,
    "int32": -(1 << 31),
    "int32d": (1 << 31) - 1,
    "int64": -(1 << 63),
    "int64d": (1 << 63) - 1,
    "uint8": 255,
    "uint8d": 0,
    "uint16": 65535,
    "uint16d": 0,
    "uint32": (1 << 32) - 1,
    "uint32d": 0,
    "uint64": (1 << 64) - 1,
    "uint64d": 0,
    "float32": -0.0,
    "float32d": float("inf"),
    "float64": float("nan"),
    "float64d": 5e-324,
    "enum": "green",
    "enumd": "red",
    "text": "grüße, 世界",
    "data": bytes(range(256)),
    "child": {"int8": 1, "child": {"text": ""}},
    "empty": {},
    "voids": [None] * 5,
    "bools": [True, False, True, True, False, False, True, False, True],
    "int8s": [-128, 0, 127],
    "int16s": [-(1 << 15), (1 << 15) - 1],
    "int32s": [-(1 << 31), (1 << 31) - 1, 0],
    "int64s": [-(1 << 63), (1 << 63) - 1],
    "uint8s": [0, 255],
    "uint16s": [0, 65535],
    "uint32s": [0, (1 << 32) - 1],
    "uint64s": [0, (1 << 64) - 1],
    "float32s": [1.5, -0.0, float("-inf")],
    "float64s": [0.1, float("nan")],
    "enums": ["blue", "green", "red"],
    "texts": ["", "a", "bc" * 20],
    "datas": [b"", b"\0", b"\xff" * 20],
    "children": [{}, {"text": "x", "smalls": [{"number": 9}]}],
    "smalls": [{"number": 7, "name": "seven"}, {}],
    "empties": [{}, {}, {}],
    "matrix": [[], [1, 2, 3], [65535]],
}


def test_the_full_value_leaves_no_field_out() -> None:
    assert list(FULL) == [name for name, _, _, _ in fields(EVERYTHING.id)]


@pytest.mark.process
@pytest.mark.parametrize("segment_size", [1, 2, 3, 5, 8, 13, 40, 100, 1000])
def test_reads_what_the_capnp_tool_converts(segment_size: int) -> None:
    message = SCHEMA.Everything.new_message(**FULL).to_bytes()
    tool = shutil.which("capnp", path=str(Path(sys.executable).parent)) or shutil.which("capnp")
    assert tool is not None
    converted = subprocess.run(
        [tool, "convert", "binary:binary", f"--segment-size={segment_size}"],
        input=message,
        capture_output=True,
        check=True,
    ).stdout
    assert (len(unframe(converted)) > 1) == (segment_size < 1000)
    read = value_of(read_message(converted).get_root(), EVERYTHING.id)
    assert plain(read) == plain(with_defaults(FULL, EVERYTHING.id))


@patches_constants
def test_reads_double_far_pointers_of_pycapnp(monkeypatch: pytest.MonkeyPatch) -> None:
    """43 and 44 words fill the first segment, so that no landing pad finds room there."""
    moved = {"text": "hello world", "smalls": [{"name": "x"}, {}]}
    for segment_words, expected in [(43, 2), (44, 2), (45, 1), (46, 0)]:
        segments = written(moved, segment_words, ("text", "smalls"))
        doubles = watch_fars(monkeypatch)
        read = value_of(root_of(segments), EVERYTHING.id)
        assert plain(read) == plain(with_defaults({"child": moved}, EVERYTHING.id))
        assert sum(doubles) == expected
        assert len(doubles) > sum(doubles)


@pytest.mark.parametrize("segment_words", [1, 50, 10000])
def test_a_whole_message_costs_its_words(segment_words: int) -> None:
    """Each word is charged once: root pointer, objects and landing pads; voids one word each."""
    value = {name: each for name, each in FULL.items() if name not in ("voids", "empties")}
    segments = written(value, segment_words)
    words = sum(map(len, segments)) // 8
    reader = MessageReader(segments, traversal_limit_words=words)
    walk_once(reader.get_root(), EVERYTHING.id)
    assert reader._segments.unread_words == 0
    short = MessageReader(segments, traversal_limit_words=words - 1)
    with pytest.raises(TraversalLimitExceeded):
        walk_once(short.get_root(), EVERYTHING.id)


def walk_once(reader: StructReader, type_id: int) -> None:
    """Open every object below a struct once."""
    pending: list[tuple[StructReader | PointerListReader, int, Any]] = [
        (reader, offset, type_) for _, type_, offset, _ in fields(type_id)
    ]

    def push(opened: StructReader | None, opened_id: int) -> None:
        if opened is not None:
            pending.extend((opened, offset, type_) for _, type_, offset, _ in fields(opened_id))

    while pending:
        row, index, type_ = pending.pop()
        which = str(type_.which())
        if which == "text":
            row.get_text(index)
        elif which == "data":
            row.get_data(index)
        elif which == "struct":
            push(row.get_struct(index), type_.struct.typeId)
        elif which == "list":
            element = type_.list.elementType
            which = str(element.which())
            if which == "struct":
                for each in row.get_struct_list(index) or ():
                    push(each, element.struct.typeId)
            elif which in ("text", "data", "list"):
                pointers = row.get_pointer_list(index)
                if pointers is not None:
                    pending.extend((pointers, i, element) for i in range(len(pointers)))
            else:
                list(row.get_list(index, element_of(which)) or ())


# -- older and newer writers -----------------------------------------------------------------------


def rewritten(name: str, value: dict[str, Value], read_as: str) -> dict[str, Value]:
    """Write with one type of the schema, and read with another."""
    message = getattr(SCHEMA, name).new_message(**value).to_bytes()
    return value_of(read_message(message).get_root(), getattr(SCHEMA, read_as).schema.node.id)


def test_a_newer_reader_finds_defaults_in_an_older_struct() -> None:
    read = rewritten("Older", {"number": 9, "name": "old"}, "Newer")
    assert read == {"number": 9, "name": "old", "more": 2.5, "flag": True, "tail": None}


def test_an_older_reader_overlooks_what_is_newer() -> None:
    value = {"number": 9, "name": "new", "more": 1.0, "flag": False, "tail": "t"}
    assert rewritten("Newer", value, "Older") == {"number": 9, "name": "new"}


LISTS: dict[str, Value] = {
    "voids": [None, None, None],
    "bytes": [0, 7, 255],
    "shorts": [-1, 0, 300],
    "ints": [1, (1 << 32) - 1],
    "longs": [-(1 << 63), 5],
    "texts": ["a", "", "ccc"],
}


def test_lists_of_values_are_read_as_lists_of_structs() -> None:
    read = rewritten("Lists", LISTS, "ListsOfStructs")
    for name, values_ in LISTS.items():
        extra = "number" if name == "texts" else "name"
        absent = 0 if name == "texts" else None
        assert read[name] == [
            ({} if name == "voids" else {"value": each}) | {extra: absent} for each in values_
        ]


def test_lists_of_structs_are_read_as_lists_of_their_first_field() -> None:
    structs_: dict[str, Value] = {
        name: [{"value": each} if name != "voids" else {"name": "x"} for each in values_]
        for name, values_ in LISTS.items()
    }
    for each in structs_["texts"]:
        each["number"] = (1 << 64) - 1
    for name in ("bytes", "shorts", "ints", "longs"):
        for each in structs_[name]:
            each["name"] = "beside"
    assert rewritten("ListsOfStructs", structs_, "Lists") == LISTS | {"bools": None}


def test_lists_of_bits_are_never_lists_of_structs() -> None:
    bits = read_message(SCHEMA.Lists.new_message(bools=[True]).to_bytes()).get_root()
    with pytest.raises(PointerKindMismatch):
        bits.get_struct_list(1)
    flags = SCHEMA.ListsOfStructs.new_message(bools=[{"value": True}]).to_bytes()
    with pytest.raises(PointerKindMismatch, match=r"\b1\b"):
        read_message(flags).get_root().get_list(1, Element.BOOL)
