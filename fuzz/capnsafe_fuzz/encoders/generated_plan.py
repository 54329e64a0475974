"""The plan of each operation in generated code: one statement of Python.

A session runs the statement, and a program prints it. Operations that generated code does not have,
such as those on orphans, call the low layer: ``template`` returns None, and ``capnsafe_plan`` has
the call.

In a statement, ``h`` is the handle, ``i`` the index, ``v`` the value, and ``s`` the source of a
copy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from ..scenario.by_value import copies_value, in_schema
from ..scenario.operations import HANDLE_MAKERS, SOURCED, Verb
from ..scenario.program import NO_HANDLE, As, Operation, made_by
from ..scenario.schema import (
    FLOATS,
    SCALAR_BITS,
    TYPES,
    Field,
    FieldKind,
    ListType,
    StructType,
    Type,
)


class Template(NamedTuple):
    """A statement with the names of its parts in braces."""

    expression: str
    target: str = ""
    """The property or item to which the expression is assigned; an empty string if none is."""
    returns: FieldKind | None = None
    """The kind of float that the expression returns, if it returns one."""


_ON_MESSAGE: Final = {
    Verb.ROOT: Template("message.init_root(everything.Everything)"),
    Verb.REOPEN: Template("message.get_root(everything.Everything)"),
}
_NEAR: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

#: The values that select a member of a union, by its kind. A member that is a group is built.
_BLANK: Final = {
    FieldKind.BOOL: "False",
    FieldKind.TEXT: '""',
    FieldKind.STRUCT: "None",
    FieldKind.VOID: "None",
}

#: The call that reads the item ``at`` of a list in the low layer.
_LOW_ITEMS: Final = {
    FieldKind.TEXT: 'get_text(at) or ""',
    FieldKind.DATA: 'get_data(at) or b""',
    FieldKind.CAPABILITY: "get_capability(at)",
    FieldKind.LIST: "get_list(at, everything.schema.Element.UINT16) or ()",
}

_SCALARS: Final = frozenset(SCALAR_BITS) - {FieldKind.ENUM}


class GeneratedPlanner:
    """Plans a program's operations one after the other, and remembers its handles."""

    __slots__ = ("_types", "generated")

    def __init__(self) -> None:
        self._types: list[Type] = []
        #: For each handle, whether its object is a generated builder, or a list of them.
        self.generated: Final[list[bool]] = []

    def template(self, operation: Operation) -> Template | None:
        """Return the statement of the next operation; None if the low layer does it."""
        verb, number, place, value = operation
        if number == NO_HANDLE:
            return _ON_MESSAGE.get(verb)
        held = self._types[number]
        if not self.generated[number]:
            return None
        if verb in (Verb.COPY, Verb.COPY_ROOT, Verb.NEW):
            return self._copy(held, operation)
        if verb in SOURCED or place is None:
            return None
        if isinstance(held, ListType):
            return _on_element(held, verb)
        assert isinstance(held, StructType)
        assert isinstance(place, str)
        path = f"{{h}}.{_python_path(place)}"
        field = held.by_name[place]
        if verb is Verb.GET:
            return _get(field, path)
        if verb is Verb.SET:
            return _set(field, path, value)
        if verb is Verb.SELECT:
            return _select(held, f"{place}.{value!s}", path)
        if verb is Verb.CLEAR:
            one = field.kind in (FieldKind.STRUCT, FieldKind.ANY, FieldKind.CAPABILITY)
            return Template("None", path) if one else None
        if verb is Verb.INIT or verb is Verb.OPEN:
            return _object(field, verb, path, value)
        return None

    def _copy(self, held: Type, operation: Operation) -> Template | None:
        """Return the statement that copies a value."""
        verb, number, place, value = operation
        source = number
        if verb is Verb.COPY:
            assert isinstance(value, int)
            source = value
        of = self._types[source]
        if not copies_value(held, operation, of):
            return None
        if verb is Verb.COPY_ROOT:
            return Template("message.set_root({h}.to_value())")
        if verb is Verb.NEW:
            return Template("message.new_orphan({h}.to_value())")
        path = "{h}[{i}]" if isinstance(held, ListType) else f"{{h}}.{_python_path(str(place))}"
        if isinstance(of, StructType):
            return Template("{s}.to_value()", path)
        assert isinstance(of, ListType)
        if of.element in _LOW_ITEMS and not self.generated[source]:
            item = _LOW_ITEMS[of.element]
            return Template(f"[{{s}}.{item} for at in range(len({{s}}))]", path)
        if of.element is FieldKind.STRUCT:
            return Template("[one.to_value() for one in {s}]", path)
        if of.element is FieldKind.LIST:
            return Template("[list(one) for one in {s}]", path)
        return Template("list({s})", path)

    def note(self, operation: Operation) -> None:
        """Give a number to the handle that the operation makes."""
        if operation.verb not in HANDLE_MAKERS:
            return
        held = None if operation.handle == NO_HANDLE else self._types[operation.handle]
        made = made_by(held, operation)
        assert made is not None
        generated = (isinstance(made, StructType) or is_struct_list(made)) and in_schema(made)
        if isinstance(made, ListType) and made.element not in _SCALARS and not is_struct_list(made):
            generated = self.template(operation) is not None
        self._types.append(made)
        self.generated.append(generated)


def is_struct_list(held: Type) -> bool:
    """Return whether a handle is on a list of structs."""
    return isinstance(held, ListType) and held.element is FieldKind.STRUCT


def _python_path(place: str) -> str:
    """Return the name of a field in Python: ``flagDefault`` is ``flag_default``."""
    return _NEAR.sub("_", place).lower()


def _has(path: str) -> str:
    """Return the call that tests whether the pointer of a property is not null."""
    around, _, name = path.rpartition(".")
    return f"{around}.has_{name}()"


def _get(field: Field, path: str) -> Template:
    if field.kind is FieldKind.UNION:
        # In changed memory, a member may be set that the schema does not have.
        members = (*field.members, None)
        return Template(f"{members}.index({path}.which())")
    if field.kind is FieldKind.ENUM:
        return Template(f"int({path})")
    if field.kind is FieldKind.ANY:
        return Template(f"{path}.kind.value")
    if field.kind is FieldKind.TEXT or field.kind is FieldKind.DATA:
        # Generated code reads a null pointer as the default.
        low = f"{{h}}.low_level.get_{field.kind.value.lower()}({field.offset})"
        return Template(f"{path} or {low}")
    return Template(path, returns=field.kind if field.kind in FLOATS else None)


def _set(field: Field, path: str, value: object) -> Template:
    if field.kind is FieldKind.ENUM:
        return Template("everything.Colour({v})", path)
    if field.kind is FieldKind.ANY and isinstance(value, int):
        return Template(f"{path}.set_capability({{v}})")
    is_blob = field.kind in (FieldKind.TEXT, FieldKind.DATA)
    if is_blob and field.union is None and (not value or value == field.default):
        # ``update`` would leave the pointer null, which reads the same.
        return Template("{v}", path)
    return _assignment(field, path, "{v}")


def _assignment(field: Field, path: str, value: str) -> Template:
    """Return the statement that sets a field: half of them are set by ``update``."""
    is_blob = field.kind in (FieldKind.TEXT, FieldKind.DATA) and field.union is None
    if (field.kind in SCALAR_BITS or is_blob) and field.offset % 2:
        around, _, name = path.rpartition(".")
        return Template(f"{around}.update({name}={value})")
    return Template(value, path)


def _select(held: StructType, member: str, path: str) -> Template:
    name = member.rpartition(".")[2]
    field = held.by_name.get(member)
    if field is None:
        return Template(f"{path}.init_{_python_path(name)}()")
    return _assignment(field, f"{path}.{_python_path(name)}", _BLANK.get(field.kind, "0"))


def _object(field: Field, verb: Verb, path: str, value: object) -> Template | None:
    """Return the statement that builds or opens a struct or list."""
    name = value.type if isinstance(value, As) else field.target
    around, _, last = path.rpartition(".")
    if field.kind is FieldKind.ANY:
        made = TYPES[str(name)]
        if not isinstance(made, StructType) or not in_schema(made):
            return None
        if verb is Verb.INIT:
            return Template(f"{path}.init_struct(everything.{name})")
        return Template(f"{path}.as_struct(everything.{name}) if {_has(path)} else None")
    if name != field.target:
        return None
    if verb is Verb.OPEN:
        return Template(f"{path} if {_has(path)} else None")
    count = "{v}" if isinstance(TYPES[str(name)], ListType) else ""
    return Template(f"{around}.init_{last}({count})")


def _on_element(held: ListType, verb: Verb) -> Template | None:
    kind = held.element
    if verb is Verb.GET:
        if kind is FieldKind.ENUM:
            return Template("int({h}[{i}])")
        if kind is FieldKind.TEXT or kind is FieldKind.DATA:
            return Template(f"{{h}}[{{i}}] or {{h}}.low_level.get_{kind.value.lower()}({{i}})")
        return Template("{h}[{i}]")
    if verb is Verb.SET:
        written = "everything.Colour({v})" if kind is FieldKind.ENUM else "{v}"
        return Template(written, "{h}[{i}]")
    if verb is Verb.OPEN and kind is FieldKind.STRUCT:
        return Template("{h}[{i}]")
    return None


def written_float(types: Sequence[Type], operation: Operation) -> FieldKind | None:
    """Return the kind of float that an operation on a struct writes; None if it writes no float."""
    number, place = operation.handle, operation.place
    if number == NO_HANDLE or not isinstance(place, str):
        return None
    held = types[number]
    assert isinstance(held, StructType)
    kind = held.by_name[place].kind
    return kind if kind in FLOATS else None
