"""Random messages, and the output of the command `capnp` for them."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import capnp
from capnsafe_fuzz.scenario import schema
from capnsafe_fuzz.scenario.schema import EVERYTHING, SCALAR_BITS, FieldKind, ListType, StructType

from capnsafe import (
    Element,
    HeapAllocator,
    MessageBuilder,
    PointerListBuilder,
    StructBuilder,
    StructReader,
    read_message,
)
from capnsafe.wire import ELEMENTS

TOOL = Path(sys.executable).with_name("capnp")
SCHEMA_FILE = Path(str(schema.__file__)).with_name("everything.capnp")

everything: Any = capnp.SchemaParser().load(str(SCHEMA_FILE))

DEPTH = 4

_NAMED = {each.name: each for each in ELEMENTS}


def element_of(kind: FieldKind) -> Element:
    return Element.UINT16 if kind is FieldKind.ENUM else _NAMED[kind.value.upper()]


def _put(rng: random.Random, target: Any, element: Element, at: int) -> None:
    """Write random bits, which are zero in half of all cases."""
    if element is Element.VOID or rng.random() < 0.5:
        return
    if element is Element.BOOL:
        target[at] = True
    elif element.floating:
        target[at] = rng.choice((1.5, -0.0, float("inf"), rng.random()))
    else:
        target[at] = rng.choice((element.low, element.high, rng.randint(element.low, element.high)))


class Scattering:
    """Builds objects of any shape, as no schema has them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def struct(self, node: StructBuilder, depth: int) -> None:
        rng = self.rng
        for word in range(node.data_words):
            if rng.random() < 0.4:
                node.set_uint64(word, rng.getrandbits(64))
        self.pointers(node, node.pointer_count, depth)

    def pointers(self, row: StructBuilder | PointerListBuilder, count: int, depth: int) -> None:
        for index in range(count):
            if self.rng.random() < 0.6:
                self.any(row, index, depth + 1)

    def sections(self, depth: int) -> tuple[int, int]:
        return self.rng.randrange(4), 0 if depth >= DEPTH else self.rng.randrange(4)

    def any(self, row: StructBuilder | PointerListBuilder, index: int, depth: int) -> None:
        rng = self.rng
        choice = rng.randrange(7 if depth < DEPTH else 4)
        if choice == 0:
            row.set_text(index, "x" * rng.randrange(20))
        elif choice == 1:
            row.set_data(index, rng.randbytes(rng.randrange(20)))
        elif choice in (2, 3):
            element = rng.choice(ELEMENTS)
            values = row.init_list(index, element, rng.choice((0, 1, 3, 8, 13, 70)))
            for at in range(len(values)):
                _put(rng, values, element, at)
        elif choice == 4:
            self.struct(row.init_struct(index, *self.sections(depth)), depth)
        elif choice == 5:
            structs = row.init_struct_list(index, rng.randrange(5), *self.sections(depth))
            for node in structs:
                self.struct(node, depth)
        else:
            count = rng.randrange(5)
            self.pointers(row.init_pointer_list(index, count), count, depth)


class Filling:
    """Fills structs of everything.capnp."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def struct(self, node: StructBuilder, kind: StructType, depth: int = 0) -> None:
        rng = self.rng
        for field in kind.fields:
            if rng.random() < 0.5 or field.kind is FieldKind.UNION or field.union is not None:
                continue
            if field.kind in SCALAR_BITS:
                self._scalar(node, field.kind, field.offset)
            elif field.kind is FieldKind.TEXT:
                node.set_text(field.offset, "é" * rng.randrange(9))
            elif field.kind is FieldKind.DATA:
                node.set_data(field.offset, rng.randbytes(rng.randrange(20)))
            elif isinstance(field.type, StructType):
                if depth < 2 and (field.type is not EVERYTHING or rng.random() < 0.7):
                    child = node.init_struct(
                        field.offset, field.type.data_words, field.type.pointer_count
                    )
                    self.struct(child, field.type, depth + 1)
            elif field.name != "children" or depth < 2:
                assert isinstance(field.type, ListType)
                self.list(node, field.offset, field.type, depth)

    def _scalar(self, node: StructBuilder, kind: FieldKind, offset: int) -> None:
        rng = self.rng
        if kind is FieldKind.VOID:
            return
        if kind is FieldKind.BOOL:
            node.set_bool(offset, True)
        elif kind is FieldKind.FLOAT32:
            node.set_float32(offset, rng.choice((1.5, -0.0, 3e38)))
        elif kind is FieldKind.FLOAT64:
            node.set_float64(offset, rng.random())
        elif kind is FieldKind.ENUM:
            node.set_uint16(offset, rng.randrange(3))
        else:
            element = element_of(kind)
            getattr(node, f"set_{element.name.lower()}")(
                offset, rng.choice((element.low, element.high, 1))
            )

    def list(
        self, row: StructBuilder | PointerListBuilder, index: int, kind: ListType, depth: int
    ) -> None:
        rng = self.rng
        count = rng.randrange(5)
        if kind.element in SCALAR_BITS:
            values = row.init_list(index, element_of(kind.element), count)
            for at in range(count):
                if kind.element is FieldKind.ENUM:
                    values[at] = rng.randrange(3)
                else:
                    _put(rng, values, values.element, at)
        elif kind.element is FieldKind.STRUCT:
            assert isinstance(kind.type, StructType)
            count = min(count, 2) if kind.type is EVERYTHING else count
            for node in row.init_struct_list(
                index, count, kind.type.data_words, kind.type.pointer_count
            ):
                self.struct(node, kind.type, depth + 1)
        else:
            pointers = row.init_pointer_list(index, count)
            for at in range(count):
                if kind.element is FieldKind.TEXT:
                    pointers.set_text(at, "t" * at)
                elif kind.element is FieldKind.DATA:
                    pointers.set_data(at, b"d" * at)
                else:
                    assert isinstance(kind.type, ListType)
                    self.list(pointers, at, kind.type, depth + 1)


def scattered(seed: int) -> bytes:
    """Return a framed message of objects of any shape, in segments of some small size."""
    rng = random.Random(seed)
    with MessageBuilder(_memory(rng)) as message:
        root = message.init_root(rng.randrange(4), rng.randrange(1, 5))
        Scattering(rng).struct(root, 0)
        if rng.random() < 0.5:
            # Once more over it, so that there are retired words, and far pointers to and fro.
            Scattering(rng).struct(root, 1)
        return message.to_bytes()


def filled(seed: int) -> bytes:
    """Return a framed message whose root is an Everything."""
    rng = random.Random(seed)
    with MessageBuilder(_memory(rng)) as message:
        root = message.init_root(EVERYTHING.data_words, EVERYTHING.pointer_count)
        Filling(rng).struct(root, EVERYTHING)
        return message.to_bytes()


def _memory(rng: random.Random) -> HeapAllocator:
    return HeapAllocator(segment_words=rng.choice((1, 3, 8, 50, 1000)), growth=rng.random() < 0.5)


def root_of(message: bytes) -> StructReader:
    return read_message(message).get_root()


def copied_in_segments(value: StructReader | StructBuilder, words: int) -> bytes:
    """Return the framed deep copy, in segments of the given size."""
    with MessageBuilder(HeapAllocator(segment_words=words, growth=False)) as message:
        message.set_root(value)
        return message.to_bytes()


def converted(formats: str, messages: Sequence[bytes], *options: str) -> bytes:
    """Return the output of `capnp convert` for a stream of messages."""
    return subprocess.run(
        [str(TOOL), "convert", *options, formats],
        input=b"".join(messages),
        capture_output=True,
        check=True,
    ).stdout
