"""Labels of operations in situations and groups: the verb, and the kind of its target.

There are fewer labels than places, so that a matrix of them is readable, and more than verbs: a
mistake with lists of structs rarely concerns texts.
"""

from __future__ import annotations

from typing import Final

from .operations import PLACELESS, Verb
from .program import ACTIONS, As, Operation, made_by, place_of
from .schema import (
    FLOATS,
    SCALAR_BITS,
    TYPES,
    FieldKind,
    ListType,
    OrphanType,
    StructType,
    Type,
)

_Key = tuple[Type | None, Verb, str | None, str | None]
_LABELS: Final[dict[_Key, tuple[str, Type | None]]] = {}


def label_of(held: Type | None, operation: Operation) -> tuple[str, Type | None]:
    """Return the label of an operation on such a handle, and the type of handle it makes."""
    verb, _, place, value = operation
    taken = value.type if isinstance(value, As) else None
    key = (held, verb, place if isinstance(place, str) else None, taken)
    known = _LABELS.get(key)
    if known is None:
        known = _LABELS[key] = (_label(held, operation), made_by(held, operation))
    return known


def _label(held: Type | None, operation: Operation) -> str:
    verb, _, place, value = operation
    if held is None:
        return verb.value
    if verb in PLACELESS:
        name, where = _type_name(held), ""
    else:
        kind, target, _ = place_of(held, place)
        where = "" if isinstance(held, StructType) else " element"
        name = _kind_name(kind)
        if target is not None and kind is not FieldKind.EVOLVING:
            name = _type_name(TYPES[target])
    taken = f" as {_type_name(TYPES[value.type])}" if isinstance(value, As) else ""
    return f"{verb.value} {name}{where}{taken}"


def _type_name(held: Type) -> str:
    if isinstance(held, OrphanType):
        return "orphan"
    if isinstance(held, ListType):
        return f"{_kind_name(held.element)}-list"
    return "struct" if held.words else "empty-struct"


def _kind_name(kind: FieldKind) -> str:
    if kind in FLOATS:
        return "float"
    if kind in SCALAR_BITS and kind not in (FieldKind.VOID, FieldKind.BOOL, FieldKind.UNION):
        return "number"
    return "any" if kind is FieldKind.ANY else kind.value.lower()


PRIMITIVES: Final = frozenset(
    _label(held, Operation(verb, 0, 0 if place is None else place))
    for name, held in TYPES.items()
    for verb, place in ACTIONS[name]
    if verb not in PLACELESS
    and place_of(held, 0 if place is None else place)[0] in SCALAR_BITS.keys() - {FieldKind.UNION}
)
"""The labels of operations that read or write a number, a float or a bool."""
