"""The plan of each operation: its one call of capnsafe's API.

Only this module knows which method performs an operation. A session makes the call, and a program
prints it. A plan holds no object of the library: handles are numbers, kinds of list elements are
names, and floats are their bits. So it can also be sent to a library in another process.

The call depends only on the type of the handle, the verb, the place, and the type that a pointer is
opened as. That part is kept as an outline, with slots for the values of each operation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, Final, NamedTuple

from ..scenario.operations import SOURCED, Verb
from ..scenario.program import NO_HANDLE, As, Operation, place_of
from ..scenario.schema import (
    DYNAMIC,
    EVERYTHING,
    FLOATS,
    POINTERS,
    SCALAR_BITS,
    TYPES,
    FieldKind,
    ListType,
    OrphanType,
    StructType,
    Type,
)
from .capnsafe_api import ACCESSORS, POINTER_ELEMENTS, union_slots


class HandleArgument(NamedTuple):
    """The object of a handle of the program, as an argument."""

    number: int


class ElementArgument(NamedTuple):
    """A kind of list element by its name in ``Element``, as an argument."""

    name: str


class FloatArgument(NamedTuple):
    """A float by its IEEE bits, as an argument, because Python does not print the bits of a NaN."""

    kind: FieldKind
    bits: int


class BufferArgument(NamedTuple):
    """A ``memoryview`` as an argument: of items of one type, or of every second byte."""

    octets: bytes
    code: str
    """The format of the items; an empty string for a view of every second byte."""
    rows: int = 1
    """The number of rows of a view with two dimensions; 1 for a view with one."""


class NameArgument(NamedTuple):
    """The memory of the message, or a public name of the package, as an argument."""

    name: str


MEMORY: Final = NameArgument("memory")

Argument = (
    int
    | str
    | bytes
    | HandleArgument
    | ElementArgument
    | FloatArgument
    | BufferArgument
    | NameArgument
    | Sequence[Any]
)

FUNCTION: Final = "*"
"""The prefix of the name of a function in ``capnsafe_steps``, in place of the name of a method."""


class Plan(NamedTuple):
    """A call of the API."""

    receiver: int
    """The number of the handle whose method is called; NO_HANDLE for the message."""
    method: str
    arguments: tuple[Argument, ...] = ()
    keywords: tuple[tuple[str, Argument], ...] = ()
    returns: FieldKind | None = None
    """The kind of value that is read, if it needs a conversion.

    Floats become their bits, and the object of an AnyPointer becomes its name.
    """


# The slots of a plan, for the values of each operation.


def _place(operation: Operation) -> Any:
    return operation[2]


def _value(operation: Operation) -> Any:
    return operation[3]


def _count(operation: Operation) -> Any:
    value = operation.value
    return value.length if isinstance(value, As) else value


def _handle(operation: Operation) -> HandleArgument:
    return HandleArgument(operation.handle)


def _source(operation: Operation) -> HandleArgument:
    assert isinstance(operation.value, int)
    return HandleArgument(operation.value)


def _both(operation: Operation) -> list[HandleArgument]:
    return [_handle(operation), _source(operation)]


def _typed(kind: FieldKind) -> Callable[[Operation], BufferArgument]:
    size = SCALAR_BITS[kind] // 8

    def typed(operation: Operation) -> BufferArgument:
        octets = operation.value
        assert isinstance(octets, bytes)
        # Divide an even number of items into two rows.
        rows = 2 if octets and not len(octets) // size % 2 else 1
        return BufferArgument(octets, _CODES[kind], rows)

    return typed


def _strided(operation: Operation) -> BufferArgument:
    assert isinstance(operation.value, bytes)
    return BufferArgument(bytes(two for one in operation.value for two in (one, 0xFF)), "")


def _float32(operation: Operation) -> FloatArgument:
    assert isinstance(operation.value, int)
    return FloatArgument(FieldKind.FLOAT32, operation.value)


def _float64(operation: Operation) -> FloatArgument:
    assert isinstance(operation.value, int)
    return FloatArgument(FieldKind.FLOAT64, operation.value)


class _Outline(NamedTuple):
    """A plan with slots, which are functions of the operation."""

    method: str
    arguments: tuple[Any, ...] = ()
    keywords: tuple[tuple[str, Argument], ...] = ()
    returns: FieldKind | None = None
    on_message: bool = False


#: (type of the handle, verb, place, type or member that the value names).
_Key = tuple[Type | None, Verb, str | None, Any]
_OUTLINES: Final[dict[_Key, _Outline]] = {}


#: A fuzzer makes a dozen plans for each execution, and this is the fastest way to make a tuple.
_make: Final = tuple.__new__


def plan_of(held: Type | None, operation: Operation) -> Plan:
    """Return the call for an operation on a handle of type ``held``; None for the message."""
    verb, number, place, value = operation
    if value.__class__ is As:
        taken: Any = value.type
    else:
        # The outline depends on the member of a union, and on the method that sets an AnyPointer.
        taken = value if verb is Verb.SELECT else value.__class__
    key = held, verb, place if place.__class__ is str else None, taken
    outline = _OUTLINES.get(key)
    if outline is None:
        outline = _OUTLINES[key] = _outline(held, operation)
    method, arguments, keywords, returns, on_message = outline
    if verb is Verb.ENSURE:
        keywords = (("default", _source(operation)),)
    filled = [one(operation) if one.__class__ is FunctionType else one for one in arguments]
    receiver = NO_HANDLE if on_message else number
    return _make(Plan, (receiver, method, tuple(filled), keywords, returns))


#: Operations whose outline depends only on the verb.
_FIXED: Final = {
    Verb.ROOT: _Outline(
        "init_root", (EVERYTHING.data_words, EVERYTHING.pointer_count), on_message=True
    ),
    Verb.REOPEN: _Outline("get_root", on_message=True),
    Verb.OUTPUT: _Outline("to_bytes", on_message=True),
    Verb.CANONICAL: _Outline("canonical", on_message=True),
    Verb.COPY_ROOT: _Outline("set_root", (_handle,), on_message=True),
    Verb.NEW: _Outline("new_orphan", (_handle,), on_message=True),
    Verb.DROP: _Outline("drop"),
    Verb.LENT: _Outline("*output_of_lent", (NameArgument("frame"),), on_message=True),
    Verb.CHECK: _Outline("check_segments", on_message=True),
    Verb.READ: _Outline(
        "*read_back",
        (MEMORY, NameArgument("MessageReader"), NameArgument("MessageBuilder")),
        on_message=True,
    ),
    Verb.RESUME: _Outline("*resumed", (MEMORY,), on_message=True),
    Verb.LEND: _Outline("*write_lent", (_value,)),
    Verb.SIZE: _Outline("*size_of"),
    Verb.JOIN: _Outline("new_orphan_list", (_both,), on_message=True),
}
_RESIZES: Final = frozenset((Verb.TRUNCATE, Verb.EXTEND))
#: Operations on every kind of pointer.
_ON_POINTERS: Final = {
    Verb.CLEAR: "clear",
    Verb.DISOWN: "disown",
    Verb.ADOPT: "adopt",
    Verb.COPY: "set",
}
_ON_OBJECTS: Final = frozenset(
    (Verb.INIT, Verb.OPEN, Verb.FILL, Verb.UNWRAP, Verb.CAST, Verb.ENSURE)
)
_CODES: Final = {
    FieldKind.INT8: "b",
    FieldKind.INT16: "h",
    FieldKind.INT32: "i",
    FieldKind.INT64: "q",
    FieldKind.UINT8: "B",
    FieldKind.UINT16: "H",
    FieldKind.UINT32: "I",
    FieldKind.UINT64: "Q",
    FieldKind.FLOAT32: "f",
    FieldKind.FLOAT64: "d",
    FieldKind.ENUM: "H",
}
"""The formats of typed buffers."""
#: The setter of an AnyPointer, by the type of the value.
_SET_ANY: Final = {
    str: FieldKind.TEXT,
    bytes: FieldKind.DATA,
    int: FieldKind.CAPABILITY,
}


def _outline(held: Type | None, operation: Operation) -> _Outline:
    verb, _, place, value = operation
    keywords: tuple[tuple[str, Argument], ...]
    if held is None or verb in _FIXED:
        return _FIXED[verb]
    if verb in _RESIZES:
        assert isinstance(held, OrphanType)
        is_text = held.content == FieldKind.TEXT.value
        keywords = (("text", True),) if is_text else ()
        return _Outline(verb.value, (_value,), keywords)
    if isinstance(held, OrphanType):
        if isinstance(value, As):
            return _object(verb, value.type, (), FieldKind.ANY)
        return _object(verb, str(held.target), ())
    kind, target, _ = place_of(held, place)
    at: Any = _place
    default = None
    if isinstance(held, StructType):
        field = held.by_name[str(place)]
        at, default = field.offset, field.default
    # All other values are recorded as the API returns them.
    converted = verb is Verb.GET and (kind in FLOATS or kind is FieldKind.ANY)
    returns = kind if converted else None
    if verb is Verb.SELECT:
        assert isinstance(held, StructType)
        slots, pointers = union_slots(held, field)
        fields = [(_element(slot), offset) for slot, offset in slots]
        member = field.members.index(str(value))
        return _Outline("select", (at, member), (("fields", fields), ("pointers", pointers)))
    if isinstance(held, ListType) and kind not in POINTER_ELEMENTS:
        if verb is Verb.COPY:
            return _Outline("__setitem__", (at, _source))
        if verb is Verb.SET:
            return _Outline("__setitem__", (at, _written(kind)))
        return _Outline("__getitem__", (at,), returns=returns)
    if verb in _ON_POINTERS:
        return _Outline(_ON_POINTERS[verb], (at, _source) if verb in SOURCED else (at,))
    if kind is FieldKind.ANY and verb is Verb.GET:
        return _Outline("kind", (at,), returns=returns)
    if kind is FieldKind.ANY and verb is Verb.SET:
        kind = _SET_ANY[type(value)]
    if kind in ACCESSORS:
        arguments = [at]
        if verb is Verb.SET:
            arguments.append(_written(kind))
        keywords = ()
        if verb is Verb.STRIDE:
            return _Outline("set_data", (at, _strided))
        if default and (verb is Verb.GET or kind not in POINTERS):
            keywords = (
                ("default", FloatArgument(kind, int(default)) if kind in FLOATS else default),
            )
        return _Outline(
            f"{verb.value}_{ACCESSORS[kind]}", tuple(arguments), keywords, returns=returns
        )
    return _object(verb, value.type if isinstance(value, As) else str(target), (at,), kind)


def _object(
    verb: Verb, name: str, at: tuple[Any, ...], kind: FieldKind = FieldKind.STRUCT
) -> _Outline:
    """Return the outline that makes or opens a struct or list, at a pointer or of an orphan."""
    assert verb in _ON_OBJECTS, f"{verb.value} has no plan"
    made = TYPES[name]
    makes = verb is Verb.INIT
    # Sizes are given for a new object, and for one that may be of an older version, so smaller.
    sized = makes or kind in DYNAMIC
    method = "init" if makes else "get"
    count = (_count,) if makes else ()
    if isinstance(made, StructType):
        sizes = (made.data_words, made.pointer_count) if sized else ()
        return _Outline(f"{method}_struct", (*at, *sizes))
    assert isinstance(made, ListType)
    if made.element is FieldKind.STRUCT:
        assert isinstance(made.type, StructType)
        sizes = (made.type.data_words, made.type.pointer_count) if sized else ()
        return _Outline(f"{method}_struct_list", (*at, *count, *sizes))
    if made.element in POINTERS:
        return _Outline(f"{method}_pointer_list", (*at, *count))
    if verb is Verb.FILL:
        return _Outline("set_list", (*at, _element(made.element), _value))
    if verb is Verb.CAST:
        return _Outline("set_list", (*at, _element(made.element), _typed(made.element)))
    return _Outline(f"{method}_list", (*at, _element(made.element), *count))


def _element(kind: FieldKind) -> ElementArgument:
    return ElementArgument(ACCESSORS[kind].upper())


def _written(kind: FieldKind) -> Callable[[Operation], Any]:
    if kind in FLOATS:
        return _float32 if kind is FieldKind.FLOAT32 else _float64
    return _value
