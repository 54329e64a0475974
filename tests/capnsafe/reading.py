"""What a finished message says, told by the reference implementation."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import capnp

from capnsafe import MessageBuilder, MessageReader, StructBuilder

SCHEMA_FILE = Path(__file__).with_name("core.capnp")
TOOL = Path(sys.executable).with_name("capnp")

core: Any = capnp.SchemaParser().load(str(SCHEMA_FILE))

DATA_WORDS = 4
POINTERS = 10

TEXT, DATA, CHILD, CHILDREN, NUMBERS, TEXTS, EMPTY, EMPTIES, BOOLS, ANY = range(POINTERS)


def init_node(message: MessageBuilder) -> StructBuilder:
    return message.init_root(DATA_WORDS, POINTERS)


def init_child(node: StructBuilder, pointer: int = CHILD) -> StructBuilder:
    return node.init_struct(pointer, DATA_WORDS, POINTERS)


def value_of(reader: Any) -> Any:
    """Return a plain value, with None for a null pointer and floats as their repr."""
    node: dict[str, Any] = {
        name: getattr(reader, name) for name in ("u64", "i32", "u16", "u8", "flag", "i16")
    }
    node["f64"] = repr(reader.f64)
    for name in ("text", "data"):
        node[name] = getattr(reader, name) if reader._has(name) else None
    for name in ("numbers", "texts", "bools"):
        node[name] = list(getattr(reader, name)) if reader._has(name) else None
    node["empty"] = reader._has("empty")
    node["empties"] = len(reader.empties) if reader._has("empties") else None
    node["child"] = value_of(reader.child) if reader._has("child") else None
    node["children"] = (
        [value_of(child) for child in reader.children] if reader._has("children") else None
    )
    return node


def meaning(message: MessageBuilder) -> Any:
    """Return the contents that pycapnp reads, as a plain value."""
    with core.Node.from_bytes(message.to_bytes(), traversal_limit_in_words=1 << 20) as reader:
        return value_of(reader)


def tool(action: str, message: bytes, *arguments: str) -> bytes:
    """Return the output of the command `capnp` for a framed message."""
    return subprocess.run(
        [str(TOOL), action, *arguments, str(SCHEMA_FILE), "Node"],
        input=message,
        capture_output=True,
        check=True,
    ).stdout


def contents(message: MessageReader) -> list[bytes]:
    """Return the words of each segment, also those that a reader does not show."""
    return [bytes(view) for view in message._segments._views]
