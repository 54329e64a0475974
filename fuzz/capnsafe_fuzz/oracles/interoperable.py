"""P11 interoperable: the reference implementation reads the output as it was meant.

pycapnp, the binding of the C++ implementation, reads each output by the schema file, and what it
finds is compared with the model.  It costs as much as building the message did, so it is sampled.
Where pycapnp is not installed the oracle is not asked.
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
from ..scenario.model import WEIGHTLESS
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
#: pycapnp counts each element of a weightless list as a word; the model allows four million.
_TRAVERSAL_WORDS: Final = 1 << 40
_NESTING: Final = 1 << 16


@cache
def pycapnp_schema() -> Any:
    """The schema's root type, as pycapnp has it."""
    import capnp

    return capnp.load(str(SCHEMA_FILE)).Everything


def read_with_pycapnp(
    stream: bytes, *, traversal_words: int = _TRAVERSAL_WORDS, nesting: int = _NESTING
) -> Any:
    """The tree of a framed message, as pycapnp reads it; raises what pycapnp raises."""
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
"""(container, key, pycapnp's reader, kind, type): what is still to be read."""


def _struct(root: Any, held: StructType) -> dict[str, Any]:
    """Read a struct, iteratively below it: ``work`` holds what is still to be read."""
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
    """Read a field into a struct's tree, in which it is null so far, or put it to ``work``."""
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
        # pycapnp shows neither where a capability leads nor what an AnyPointer holds.
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
    if of.weightless:
        return WEIGHTLESS, len(value)
    if of.element is FieldKind.CAPABILITY:
        # Of an element that is null, pycapnp does not say so.
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
    """The model's tree as a lenient reader sees it: null elements of lists read as empty ones.

    What was written at an older version reads as what it would be at the newer one; raises
    ``NotTextError`` where that has Text and the message something else.
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
            if of.element in _EMPTY and not of.weightless:
                empty = _EMPTY[of.element]
                made = [empty if element is None else element for element in value]
            elif of.element is FieldKind.CAPABILITY:
                made = len(value)
            elif of.element in schema.FLOATS:
                made = [quiet(of.element, element) for element in value]
            elif of.element is FieldKind.STRUCT and not of.weightless:
                made = list(value)
                work.extend((made, index, element, of.type) for index, element in enumerate(value))
        container[key] = made
    return holder[0]


PRESENT: Final = "something"
"""Stands for what pycapnp can only tell to be there."""
_EMPTY: Final[dict[FieldKind, Any]] = {FieldKind.TEXT: "", FieldKind.DATA: b"", FieldKind.LIST: []}


def as_newer(held: Any) -> Any:
    """A struct or list as the encoding has it (see ``scenario.trees``), read as Newer."""
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
    """What was written as something else lies where a newer version has Text.

    A list of anything may have been opened as one of structs, and given to who has the schema:
    what it holds need not be what that says.
    """


def _text(held: Any) -> str:
    """What is read as Text: bytes with a zero byte behind them (specification, "Text")."""
    match held:
        case (size, _, bytes(octets)) if size == ELEMENT_SIZES[8] and octets.endswith(b"\0"):
            try:
                return octets[:-1].decode()
            except UnicodeDecodeError as error:
                raise NotTextError(str(error)) from error
    raise NotTextError(f"{held!r} is no text")


def _check(record: Record) -> Iterator[OracleFinding]:
    # A schema that cannot be loaded, from a path that pycapnp cannot take, is no encoder's fault.
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
            # The reference may refuse it, or read something.
            continue
        try:
            found = read_with_pycapnp(step.output)
        except Exception as error:
            yield of_step(step, "pycapnp refuses", f"pycapnp cannot read the output: {error}")
            return
        difference = first_difference(found, meant)
        if difference is not None:
            yield of_step(step, "pycapnp differs", f"as pycapnp reads it, {difference}")
            return


INTEROPERABLE = Oracle(
    "interoperable",
    "P11",
    Cost.COSTLY,
    "pycapnp refuses the output, or reads something else",
    _check,
    PYCAPNP,
)
