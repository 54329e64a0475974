"""P11 interoperable: the reference implementation reads the contents that were built.

pycapnp, the binding of the C++ implementation, reads each output with the schema file, and the
oracle compares the result with the model. That costs as much as building the message, so only a
sample is judged. If pycapnp is not installed, the oracle is not used.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from ..optional import PYCAPNP
from ..record import Outcome, Record
from ..record.difference import first_difference
from ..scenario import schema
from ..scenario.model import ZERO_SIZED
from ..scenario.program import quiet
from ..scenario.schema import (
    EVERYTHING,
    NEWER,
    TYPES,
    Field,
    FieldKind,
    ListType,
    StructType,
    Type,
)
from ..scenario.trees import ELEMENT_SIZES
from .oracle import Cost, Oracle, OracleFinding, of_step

SCHEMA_FILE: Final = Path(schema.__file__).with_name("everything.capnp")
#: pycapnp counts each element of a list of zero-sized elements as a word; the model allows four
#: million.
_TRAVERSAL_WORDS: Final = 1 << 40
_NESTING: Final = 1 << 16


@cache
def pycapnp_schema() -> Any:
    """Return the root type of the schema as pycapnp's type."""
    import capnp

    return capnp.load(str(SCHEMA_FILE)).Everything


def read_with_pycapnp(
    stream: bytes, *, traversal_words: int = _TRAVERSAL_WORDS, nesting: int = _NESTING
) -> Any:
    """Return the tree of a framed message, as pycapnp reads it; raise whatever pycapnp raises."""
    with pycapnp_schema().from_bytes(
        stream, traversal_limit_in_words=traversal_words, nesting_limit=nesting
    ) as root:
        return _struct(root, EVERYTHING)


def _bits(kind: FieldKind, value: float) -> int:
    form = "<f" if kind is FieldKind.FLOAT32 else "<d"
    return quiet(kind, int.from_bytes(struct.pack(form, value), "little"))


def _scalar(kind: FieldKind, value: Any) -> Any:
    if kind in schema.FLOATS:
        return _bits(kind, value)
    if kind is FieldKind.ENUM:
        return value.raw
    return value


_Work = list[tuple[Any, Any, Any, FieldKind, Type | None]]
"""(container, key, pycapnp's reader, kind, type): a value that is still to be read."""


def _struct(root: Any, held: StructType) -> dict[str, Any]:
    """Read a struct without recursion: ``work`` holds the values that are still to be read."""
    holder: dict[str, Any] = {}
    work: _Work = [(holder, "root", root, FieldKind.STRUCT, held)]
    while work:
        container, key, value, kind, of = work.pop()
        if kind is FieldKind.STRUCT:
            assert isinstance(of, StructType)
            tree: Any = {}
            for field in of.fields:
                tree[field.name] = None
                _field(tree, value, field, of, work)
        elif kind is FieldKind.LIST:
            assert isinstance(of, ListType)
            tree = _list(value, of, work)
        container[key] = tree
    result: dict[str, Any] = holder["root"]
    return result


def _field(tree: dict[str, Any], owner: Any, field: Field, of: StructType, work: _Work) -> None:
    """Read a field into a struct's tree, where it is null so far, or add it to ``work``."""
    *groups, name = field.name.split(".")
    if field.union is not None:
        union = of.by_name[field.union]
        if getattr(owner, union.name).which.raw != field.member:
            tree[field.name] = None if field.kind in schema.POINTERS else field.default
            return
    for group in groups:
        owner = getattr(owner, group)
    if field.kind is FieldKind.UNION:
        tree[field.name] = getattr(owner, name).which.raw
        return
    if field.kind is FieldKind.VOID or (field.kind in schema.POINTERS and not owner._has(name)):
        return
    if field.kind is FieldKind.CAPABILITY or field.kind is FieldKind.ANY:
        # pycapnp shows neither the target of a capability nor the value of an AnyPointer.
        tree[field.name] = PRESENT
        return
    value = getattr(owner, name)
    if field.target is not None:
        kind = FieldKind.STRUCT if isinstance(field.type, StructType) else FieldKind.LIST
        work.append((tree, field.name, value, kind, field.type))
    else:
        tree[field.name] = (
            bytes(value) if field.kind is FieldKind.DATA else _scalar(field.kind, value)
        )


def _list(value: Any, of: ListType, work: _Work) -> Any:
    if of.zero_sized:
        return ZERO_SIZED, len(value)
    if of.element is FieldKind.CAPABILITY:
        # pycapnp does not show that an element is null.
        return len(value)
    tree: list[Any] = [None] * len(value)
    for index, element in enumerate(value):
        if of.element in (FieldKind.STRUCT, FieldKind.LIST):
            work.append((tree, index, element, of.element, TYPES[of.target or ""]))
        elif of.element is FieldKind.DATA:
            tree[index] = bytes(element)
        else:
            tree[index] = _scalar(of.element, element)
    return tree


def as_pycapnp_reads(tree: Any) -> Any:
    """Return the model's tree as a lenient reader sees it: null elements of lists read as empty.

    An object written at an older version reads as the newer version.

    Raises:
        NotTextError: The newer version has Text where the message has another object.
    """
    holder: list[Any] = [None]
    work: list[tuple[Any, Any, Any, Type]] = [(holder, 0, tree, EVERYTHING)]
    while work:
        container, key, value, of = work.pop()
        made: Any
        if isinstance(of, StructType):
            made = dict(value)
            for field in of.fields:
                held = made[field.name]
                if held is None:
                    continue
                if field.kind is FieldKind.ANY or field.kind is FieldKind.CAPABILITY:
                    made[field.name] = PRESENT
                elif field.kind is FieldKind.EVOLVING:
                    made[field.name] = as_newer(held)
                elif field.target is not None:
                    work.append((made, field.name, held, field.type))
        else:
            assert isinstance(of, ListType)
            made = value
            if of.element in _EMPTY and not of.zero_sized:
                empty = _EMPTY[of.element]
                made = [empty if element is None else element for element in value]
            elif of.element is FieldKind.CAPABILITY:
                made = len(value)
            elif of.element in schema.FLOATS:
                made = [quiet(of.element, element) for element in value]
            elif of.element is FieldKind.STRUCT and not of.zero_sized:
                made = list(value)
                work.extend((made, index, element, of.type) for index, element in enumerate(value))
        container[key] = made
    return holder[0]


PRESENT: Final = "something"
"""Placeholder for a value of which pycapnp shows only that it exists."""
_EMPTY: Final[dict[FieldKind, Any]] = {FieldKind.TEXT: "", FieldKind.DATA: b"", FieldKind.LIST: []}


def as_newer(held: Any) -> Any:
    """Return a struct or list in the encoding's form (see ``scenario.trees``), read as Newer."""
    if isinstance(held, list):
        return [_newer(b"", [one]) for one in held]
    if isinstance(held, tuple):
        _, count, octets = held
        size = len(octets) // count if count else 0
        return [_newer(octets[at * size : at * size + size], []) for at in range(count)]
    if "sections" in held:
        return [_newer(one["data"], one["pointers"]) for one in held["elements"]]
    return _newer(held["data"], held["pointers"])


def _newer(data: bytes, pointers: list[Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for field in NEWER.fields:
        if field.kind in schema.POINTERS:
            blob = pointers[field.offset] if field.offset < len(pointers) else None
            tree[field.name] = None if blob is None else _text(blob)
        else:
            size = schema.SCALAR_BITS[field.kind] // 8
            octets = data[field.offset * size : (field.offset + 1) * size]
            tree[field.name] = int.from_bytes(octets, "little")
    return tree


class NotTextError(Exception):
    """Another object lies where a newer version has Text.

    An AnyPointer's list may have been opened as a list of structs, and given to a reader with the
    schema. Its contents need not match that schema.
    """


def _text(held: Any) -> str:
    """Return the Text: bytes with a zero byte after them (specification, "Text")."""
    match held:
        case (size, _, bytes(octets)) if size == ELEMENT_SIZES[8] and octets.endswith(b"\0"):
            try:
                return octets[:-1].decode()
            except UnicodeDecodeError as error:
                raise NotTextError(str(error)) from error
    raise NotTextError(f"{held!r} is no text")


def _check(record: Record) -> Iterator[OracleFinding]:
    # If pycapnp cannot load the schema from its path, that is not the encoder's fault.
    pycapnp_schema()
    for step in record.steps:
        if step.output is None or step.contents is None or step.outcome is not Outcome.DONE:
            continue
        if step.contents.wrong:
            return
        if step.contents.tree is None:
            continue
        try:
            meant = as_pycapnp_reads(step.contents.tree)
        except NotTextError:
            # pycapnp may refuse it, or read any value.
            continue
        try:
            found = read_with_pycapnp(step.output)
        except Exception as error:
            # The strict examiner accepts the output, so pycapnp must not refuse it in any way.
            yield of_step(step, "pycapnp refuses", f"pycapnp cannot read the output: {error}")
            return
        difference = first_difference(found, meant)
        if difference is not None:
            yield of_step(step, "pycapnp differs", f"read by pycapnp, {difference}")
            return


INTEROPERABLE = Oracle(
    "interoperable",
    "P11",
    Cost.COSTLY,
    "pycapnp refuses the output, or reads other contents",
    _check,
    PYCAPNP,
)
