"""P11 interoperable: the reference implementation reads the output as it was meant.

pycapnp, the binding of the C++ implementation, reads each output by the schema file, and what it
finds is compared with the model.  It costs as much as building the message did, so it is sampled.
Where pycapnp is not installed the oracle is silent, and ``available`` says so.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from ..scenario import schema
from ..scenario.model import WEIGHTLESS
from ..scenario.schema import EVERYTHING, TYPES, Kind, ListType, StructType, Type
from .difference import first_difference
from .oracle import Cost, Finding, Oracle, of_step
from .record import Outcome, Record

SCHEMA_FILE: Final = Path(schema.__file__).with_name("everything.capnp")
#: pycapnp counts each element of a weightless list as a word; the model allows four million.
_TRAVERSAL_WORDS: Final = 1 << 40
_NESTING: Final = 1 << 16


def available() -> bool:
    """Whether pycapnp is installed."""
    return find_spec("capnp") is not None


@cache
def pycapnp_schema() -> Any:
    """The schema's root type, as pycapnp has it."""
    import capnp

    return capnp.load(str(SCHEMA_FILE)).Everything


def read_with_pycapnp(stream: bytes) -> Any:
    """The tree of a framed message, as pycapnp reads it; raises what pycapnp raises."""
    with pycapnp_schema().from_bytes(
        stream, traversal_limit_in_words=_TRAVERSAL_WORDS, nesting_limit=_NESTING
    ) as root:
        return _struct(root, EVERYTHING)


def _bits(kind: Kind, value: float) -> int:
    if kind is Kind.FLOAT32:
        return int.from_bytes(struct.pack("<f", value), "little")
    return int.from_bytes(struct.pack("<d", value), "little")


def _scalar(kind: Kind, value: Any) -> Any:
    if kind in schema.FLOATS:
        return _bits(kind, value)
    if kind is Kind.ENUM:
        return value.raw
    return value


def _struct(root: Any, held: StructType) -> dict[str, Any]:
    """Read a struct, iteratively below it: ``work`` holds what is still to be read."""
    holder: dict[str, Any] = {}
    work: list[tuple[Any, Any, Any, Kind, Type | None]] = [
        (holder, "root", root, Kind.STRUCT, held)
    ]
    while work:
        container, key, value, kind, of = work.pop()
        if kind is Kind.STRUCT:
            assert isinstance(of, StructType)
            tree: Any = {}
            for field in of.fields:
                owner = value
                *groups, name = field.name.split(".")
                for group in groups:
                    owner = getattr(owner, group)
                if field.kind in schema.POINTERS and not owner._has(name):
                    tree[field.name] = None
                elif field.kind in (Kind.STRUCT, Kind.LIST):
                    tree[field.name] = None
                    held_type = field.type
                    work.append((tree, field.name, getattr(owner, name), field.kind, held_type))
                elif field.kind is Kind.VOID:
                    tree[field.name] = None
                elif field.kind is Kind.DATA:
                    tree[field.name] = bytes(getattr(owner, name))
                else:
                    tree[field.name] = _scalar(field.kind, getattr(owner, name))
        elif kind is Kind.LIST:
            assert isinstance(of, ListType)
            tree = _list(value, of, work)
        container[key] = tree
    result: dict[str, Any] = holder["root"]
    return result


def _list(value: Any, of: ListType, work: list[tuple[Any, Any, Any, Kind, Type | None]]) -> Any:
    if of.weightless:
        return WEIGHTLESS, len(value)
    tree: list[Any] = [None] * len(value)
    for index, element in enumerate(value):
        if of.element in (Kind.STRUCT, Kind.LIST):
            work.append((tree, index, element, of.element, TYPES[of.target or ""]))
        elif of.element is Kind.DATA:
            tree[index] = bytes(element)
        else:
            tree[index] = _scalar(of.element, element)
    return tree


def _as_pycapnp_reads(tree: Any) -> Any:
    """The model's tree as a lenient reader sees it: null elements of lists read as empty ones."""
    holder: list[Any] = [None]
    work: list[tuple[Any, Any, Any, Type]] = [(holder, 0, tree, EVERYTHING)]
    while work:
        container, key, value, of = work.pop()
        made: Any
        if isinstance(of, StructType):
            made = dict(value)
            work.extend(
                (made, field.name, made[field.name], field.type)
                for field in of.fields
                if field.target is not None and made[field.name] is not None
            )
        elif of.weightless:
            made = value
        elif of.element is Kind.TEXT:
            made = ["" if element is None else element for element in value]
        elif of.element is Kind.DATA:
            made = [b"" if element is None else element for element in value]
        elif of.element is Kind.LIST:
            made = [[] if element is None else element for element in value]
        elif of.element is Kind.STRUCT:
            made = list(value)
            work.extend((made, index, element, of.type) for index, element in enumerate(value))
        else:
            made = value
        container[key] = made
    return holder[0]


def _check(record: Record) -> Iterator[Finding]:
    if not available():
        return
    for step in record.steps:
        if step.output is None or step.contents is None or step.outcome is not Outcome.DONE:
            continue
        if step.contents.wrong:
            return
        if step.contents.tree is None:
            continue
        try:
            found = read_with_pycapnp(step.output)
        except Exception as error:
            yield of_step(step, "pycapnp refuses", f"pycapnp cannot read the output: {error}")
            return
        difference = first_difference(found, _as_pycapnp_reads(step.contents.tree))
        if difference is not None:
            yield of_step(step, "pycapnp differs", f"as pycapnp reads it, {difference}")
            return


INTEROPERABLE = Oracle(
    "interoperable",
    "P11",
    Cost.COSTLY,
    "pycapnp refuses the output, or reads something else",
    _check,
)
