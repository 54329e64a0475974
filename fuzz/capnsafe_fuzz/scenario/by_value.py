"""Copies that go through values: an object is read into a value of its schema, then built from it.

Such a copy differs from the object, because it has only the parts that the schema knows:

- The fields of a newer version are left out, and an older object gets the size of the schema.
- A text, data or list that equals the default of its field becomes null, which reads the same.
- A null text, data or list in a list becomes an empty one, which reads the same.
- The object of an AnyPointer is copied without change.
"""

from __future__ import annotations

from typing import Any, Final

from .nodes import NODES, Capability, ListNode, Node, StructNode, clone
from .operations import Verb
from .program import Operation, place_of, quiet
from .schema import FLOATS, WIDE, FieldKind, ListType, StructType, Type
from .versions import as_text, upgraded

MOST_ZERO_SIZED: Final = 1000
"""The most elements without size in an object that a program copies by value. Each costs memory."""


class _Unspecified(Exception):
    """Raised if it is not specified which value an object has."""


def copies_value(held: Type, operation: Operation, source: Type) -> bool:
    """Return whether a copy of a handle of type ``source`` goes through a value.

    It does if the schema gives the type of the value, or if the place takes a struct of any type.
    """
    if not in_schema(source):
        return False
    if operation.verb is Verb.COPY_ROOT or operation.verb is Verb.NEW:
        return isinstance(source, StructType)
    if operation.verb is not Verb.COPY:
        return False
    kind, target, _ = place_of(held, operation.place)
    if kind is FieldKind.ANY:
        return isinstance(held, StructType) and isinstance(source, StructType)
    return target == source.name


def in_schema(held: Type) -> bool:
    """Return whether the schema declares a struct type, or the type of a list's structs."""
    return WIDE.name not in (held.name, getattr(held, "target", None))


def value_of(node: Node, of: Type) -> Node | None:
    """Read ``node`` into a value of the type ``of``; return the new object that is built from it.

    Return None if the value is not specified, or too large.
    """
    try:
        if isinstance(of, StructType):
            assert isinstance(node, StructNode)
            return _struct_value(node, of)
        assert isinstance(of, ListType)
        return _list_value(node, of)
    except _Unspecified:
        return None


# Copies have a limited depth, so this may recurse.


def _struct_value(node: StructNode, of: StructType) -> StructNode:
    made = StructNode(of)
    for name, held in node.contents.items():
        field = of.by_name.get(name)
        if field is None or held is None:
            continue
        value: Any
        if field.kind in _OBJECTS:
            value = _object_value(held, field.type)
        else:
            value = _single_value(held, field.kind)
        if field.kind is FieldKind.ANY or not _is_default(value, field.default):
            made.contents[name] = value
    return made


def _is_default(value: Any, default: Any) -> bool:
    """Return whether an object is a text, data or list that reads the same as a null pointer."""
    if isinstance(value, ListNode):
        return not value.count
    if not isinstance(value, str | bytes):
        return False
    return value == (type(value)() if default is None else default)


def _object_value(held: Any, of: Type) -> Node:
    """Return the value of an object, which may be of an older version."""
    if isinstance(of, StructType):
        if not isinstance(held, StructNode):
            raise _Unspecified
        return _struct_value(held, of)
    assert isinstance(of, ListType)
    return _list_value(held, of)


def _list_value(held: Any, of: ListType) -> ListNode:
    if of.element is FieldKind.STRUCT and (
        not isinstance(held, ListNode) or held.type.element is not FieldKind.STRUCT
    ):
        held = upgraded(held, of, retire_old=False)
    if not isinstance(held, ListNode):
        raise _Unspecified
    if of.zero_sized and held.count > MOST_ZERO_SIZED:
        raise _Unspecified
    made = ListNode(of, held.count)
    if of.element in _NEVER_NULL:
        for index in range(held.count):
            item = held.contents.get(index)
            if of.element is FieldKind.LIST:
                assert isinstance(of.type, ListType)
                item = ListNode(of.type, 0) if item is None else item
                made.contents[index] = _list_value(item, of.type)
            else:
                empty: Any = "" if of.element is FieldKind.TEXT else b""
                made.contents[index] = empty if item is None else _single_value(item, of.element)
        return made
    for index, item in held.contents.items():
        if of.element is FieldKind.STRUCT:
            assert isinstance(of.type, StructType)
            made.contents[index] = _struct_value(item, of.type)
        else:
            made.contents[index] = _single_value(item, of.element)
    return made


_OBJECTS: Final = frozenset((FieldKind.STRUCT, FieldKind.LIST, FieldKind.EVOLVING))
_NEVER_NULL: Final = frozenset((FieldKind.TEXT, FieldKind.DATA, FieldKind.LIST))


_CLASSES: Final[dict[FieldKind, type]] = {
    FieldKind.TEXT: str,
    FieldKind.DATA: bytes,
    FieldKind.CAPABILITY: Capability,
}


def _single_value(held: Any, kind: FieldKind) -> Any:
    """Return the value of anything but a struct or list."""
    if kind is FieldKind.ANY:
        return clone(held) if isinstance(held, NODES) else held
    if kind is FieldKind.TEXT:
        held = as_text(held)
    wanted: Any = _CLASSES.get(kind, int)
    if not isinstance(held, wanted):
        raise _Unspecified
    if kind in FLOATS and quiet(kind, held) != held:
        # On some machines, a Python float does not preserve the bits of such a NaN.
        raise _Unspecified
    return held
