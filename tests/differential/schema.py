"""Random values of a schema, written and read by either library.

What a struct has, and where, is asked of the schema compiler by way of pycapnp's reflection. A
value is a dict of the fields that were set; a pointer that is null is None, an enum its number, and
of a union the one member that is set is there. What an AnyPointer leads to is the pair (how to read
it, value).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import capnp
from hypothesis import strategies as st

from capnsafe import (
    Element,
    HeapAllocator,
    MessageBuilder,
    PointerListBuilder,
    PointerListReader,
    StructBuilder,
    StructReader,
)
from capnsafe.wire import ELEMENTS

SCHEMA_FILE = Path(__file__).with_name("every.capnp")
SCHEMA: Any = capnp.SchemaParser().load(str(SCHEMA_FILE))

_NAMED = {each.name: each for each in ELEMENTS}

Value: TypeAlias = Any
Row: TypeAlias = StructBuilder | PointerListBuilder
ReadRow: TypeAlias = StructReader | PointerListReader

#: How deep structs lie in each other, at most.
DEPTH = 2


class Type(NamedTuple):
    """A type of the schema. `struct` names that of a struct, `element` is that of a list."""

    kind: str
    struct: str = ""
    element: Any = None

    @property
    def is_pointer(self) -> bool:
        return self.kind in ("text", "data", "struct", "list", "anyPointer")

    @property
    def primitive(self) -> Element:
        return Element.UINT16 if self.kind == "enum" else _NAMED[self.kind.upper()]


class Field(NamedTuple):
    """A field: a slot, or a group of them. `member` is its value in the union, or None."""

    name: str
    member: int | None
    type: Type | None
    offset: int
    default: Value
    group: Any


class Layout(NamedTuple):
    """A struct or group: its sections, its fields, and where its union's discriminant is."""

    data_words: int
    pointers: int
    fields: tuple[Field, ...]
    discriminant: int

    def members(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.member is not None)


NAMES = (
    "Empty",
    "Leaf",
    "Every",
    "Older",
    "OlderPart",
    "Newer",
    "NewerPart",
    "Value",
    "Name",
)
_BY_ID = {getattr(SCHEMA, name).schema.node.id: name for name in NAMES}


def _type(proto: Any) -> Type:
    kind = str(proto.which())
    if kind == "struct":
        return Type(kind, _BY_ID[proto.struct.typeId])
    if kind == "list":
        return Type(kind, element=_type(proto.list.elementType))
    return Type(kind)


def _field(found: Any) -> Field:
    proto = found.proto
    member = None if proto.discriminantValue == 0xFFFF else int(proto.discriminantValue)
    name = str(proto.name)
    if proto.which() == "group":
        return Field(name, member, None, 0, None, _layout(found.schema))
    slot = proto.slot
    type_ = _type(slot.type)
    default = None
    if not type_.is_pointer and type_.kind != "void":
        default = getattr(slot.defaultValue, type_.kind)
    return Field(name, member, type_, int(slot.offset), default, None)


def _layout(schema: Any) -> Layout:
    body = schema.node.struct
    fields = tuple(_field(schema.fields[name]) for name in schema.fieldnames)
    return Layout(
        int(body.dataWordCount), int(body.pointerCount), fields, int(body.discriminantOffset)
    )


@cache
def layout_of(name: str) -> Layout:
    return _layout(getattr(SCHEMA, name).schema)


# -- values ---------------------------------------------------------------------------------------

#: What an AnyPointer is given, by how it is read.
ANYTHING = {
    "text": Type("text"),
    "leaf": Type("struct", "Leaf"),
    "numbers": Type("list", element=Type("uint32")),
    "leaves": Type("list", element=Type("struct", "Leaf")),
}


def _primitives(element: Element) -> st.SearchStrategy[Value]:
    if element is Element.VOID:
        return st.none()
    if element is Element.BOOL:
        return st.booleans()
    if element.floating:
        return st.floats(width=32 if element.bits == 32 else 64, allow_nan=False)
    return st.integers(element.low, element.high)


def values(type_: Type, depth: int) -> st.SearchStrategy[Value]:
    if type_.kind == "text":
        return st.text(max_size=12)
    if type_.kind == "data":
        return st.binary(max_size=12)
    if type_.kind == "struct":
        return structs(layout_of(type_.struct), depth - 1)
    if type_.kind == "list":
        return st.lists(values(type_.element, depth), max_size=3)
    if type_.kind == "anyPointer":
        return st.sampled_from(sorted(ANYTHING)).flatmap(
            lambda how: st.tuples(st.just(how), values(ANYTHING[how], depth))
        )
    if type_.kind == "enum":
        return st.integers(0, 2)
    return _primitives(type_.primitive)


@st.composite
def structs(draw: st.DrawFn, layout: Layout, depth: int) -> dict[str, Value]:
    """Draw some fields of a struct, and one member of its union where it has one."""
    plain = [
        field
        for field in layout.fields
        if field.member is None and (depth > 0 or field.type is None or not _nests(field.type))
    ]
    chosen = []
    if plain:
        chosen = draw(
            st.lists(st.sampled_from(plain), unique_by=lambda each: each.name, max_size=7)
        )
    members = layout.members()
    if members:
        chosen.append(draw(st.sampled_from(members)))
    return {
        field.name: draw(
            structs(field.group, depth) if field.type is None else values(field.type, depth)
        )
        for field in chosen
    }


def _nests(type_: Type) -> bool:
    """Return whether a struct of this type may contain itself."""
    while type_.kind == "list":
        type_ = type_.element
    return type_.struct in ("Every", "Older", "Newer")


def completed(value: dict[str, Value], layout: Layout) -> dict[str, Value]:
    """Return the contents that a reader finds, with the fields that were not set."""
    found: dict[str, Value] = {}
    members = layout.members()
    first = next((field.name for field in members if field.member == 0), None)
    taken = next((field.name for field in members if field.name in value), first)
    for field in layout.fields:
        if field.member is not None and field.name != taken:
            continue
        if field.type is None:
            found[field.name] = completed(value.get(field.name, {}), field.group)
        elif field.name in value:
            found[field.name] = _completed(value[field.name], field.type)
        else:
            found[field.name] = plain(field.default)
    return found


def _completed(value: Value, type_: Type) -> Value:
    if value is None:
        return None
    if type_.kind == "struct":
        return completed(value, layout_of(type_.struct))
    if type_.kind == "list":
        return [_completed(each, type_.element) for each in value]
    if type_.kind == "anyPointer":
        return value[0], _completed(value[1], ANYTHING[value[0]])
    return plain(value)


def plain(value: Value) -> Value:
    """Return a float as its bits, so that -0.0 is not 0.0."""
    return struct.pack("<d", value) if isinstance(value, float) else value


# -- capnsafe -------------------------------------------------------------------------------------


def write(node: StructBuilder, value: dict[str, Value], layout: Layout) -> None:
    """Set the fields of a struct, or of a group in it."""
    for field in layout.fields:
        if field.name not in value:
            continue
        if field.member is not None:
            _select(node, layout, field)
        given = value[field.name]
        if field.type is None:
            write(node, given, field.group)
        elif field.type.is_pointer:
            _write_pointer(node, field.offset, given, field.type)
        elif field.type.kind != "void":
            setter = getattr(node, f"set_{field.type.primitive.name.lower()}")
            setter(field.offset, given, default=field.default)


def _slots(field: Field) -> tuple[list[tuple[Element, int]], list[int]]:
    """Return the data slots and the pointers of a field, or of a group's fields."""
    if field.type is None:
        parts = [_slots(inner) for inner in field.group.fields]
        return [at for data, _ in parts for at in data], [at for _, at_ in parts for at in at_]
    if field.type.is_pointer:
        return [], [field.offset]
    if field.type.kind == "void":
        return [], []
    return [(field.type.primitive, field.offset)], []


def _select(node: StructBuilder, layout: Layout, field: Field) -> None:
    members = [_slots(each) for each in layout.members()]
    assert field.member is not None
    node.select(
        layout.discriminant,
        field.member,
        fields=[at for data, _ in members for at in data],
        pointers=[at for _, pointers in members for at in pointers],
    )


def _write_pointer(row: Row, index: int, value: Value, type_: Type) -> None:
    if type_.kind == "text":
        row.set_text(index, value)
    elif type_.kind == "data":
        row.set_data(index, value)
    elif type_.kind == "struct":
        layout = layout_of(type_.struct)
        write(row.init_struct(index, layout.data_words, layout.pointers), value, layout)
    elif type_.kind == "anyPointer":
        _write_pointer(row, index, value[1], ANYTHING[value[0]])
    elif type_.element.kind == "struct":
        layout = layout_of(type_.element.struct)
        structs = row.init_struct_list(index, len(value), layout.data_words, layout.pointers)
        for node, each in zip(structs, value, strict=True):
            write(node, each, layout)
    elif type_.element.is_pointer:
        pointers = row.init_pointer_list(index, len(value))
        for at, each in enumerate(value):
            _write_pointer(pointers, at, each, type_.element)
    else:
        primitives = row.init_list(index, type_.element.primitive, len(value))
        for at, each in enumerate(value):
            primitives[at] = each


def built(value: dict[str, Value], name: str, segment_words: int) -> list[bytes]:
    """Return the segments that capnsafe builds from a value."""
    layout = layout_of(name)
    with MessageBuilder(HeapAllocator(segment_words=segment_words, growth=False)) as message:
        write(message.init_root(layout.data_words, layout.pointers), value, layout)
        return message.segments()


def read(node: StructReader, layout: Layout, like: dict[str, Value]) -> dict[str, Value]:
    """Read every field. `like` says how an AnyPointer is to be read."""
    found: dict[str, Value] = {}
    active = node.get_uint16(layout.discriminant) if layout.members() else 0
    for field in layout.fields:
        if field.member is not None and field.member != active:
            continue
        hint = like.get(field.name)
        if field.type is None:
            found[field.name] = read(node, field.group, hint or {})
        elif field.type.is_pointer:
            found[field.name] = _read_pointer(node, field.offset, field.type, hint)
        elif field.type.kind == "void":
            found[field.name] = None
        else:
            getter = getattr(node, f"get_{field.type.primitive.name.lower()}")
            found[field.name] = plain(getter(field.offset, default=field.default))
    return found


def _read_pointer(row: ReadRow, index: int, type_: Type, like: Value) -> Value:
    if row.is_null(index):
        return None
    if type_.kind == "text":
        return row.get_text(index)
    if type_.kind == "data":
        return row.get_data(index)
    if type_.kind == "anyPointer":
        return like[0], _read_pointer(row, index, ANYTHING[like[0]], like[1])
    if type_.kind == "struct":
        node = row.get_struct(index)
        assert node is not None
        return read(node, layout_of(type_.struct), like or {})
    if type_.element.kind == "struct":
        nodes = row.get_struct_list(index)
        assert nodes is not None
        layout = layout_of(type_.element.struct)
        return [read(node, layout, _nth(like, at)) for at, node in enumerate(nodes)]
    if type_.element.is_pointer:
        pointers = row.get_pointer_list(index)
        assert pointers is not None
        # Whether an element is null, pycapnp does not tell: it reads as empty.
        empty: Value = {"text": "", "data": b"", "list": []}[type_.element.kind]
        return [
            empty
            if pointers.is_null(at)
            else _read_pointer(pointers, at, type_.element, _nth(like, at))
            for at in range(len(pointers))
        ]
    primitives = row.get_list(index, type_.element.primitive)
    assert primitives is not None
    return [plain(each) for each in primitives]


def _nth(like: Value, at: int) -> Value:
    return like[at] if like else {}


# -- pycapnp --------------------------------------------------------------------------------------


def write_theirs(node: Any, value: dict[str, Value], layout: Layout) -> None:
    """Set the fields of a struct, or of a group in it, by pycapnp."""
    for field in layout.fields:
        if field.name not in value:
            continue
        given = value[field.name]
        if field.type is None:
            inner = node.init(field.name) if field.member is not None else getattr(node, field.name)
            write_theirs(inner, given, field.group)
        elif field.type.kind == "struct":
            write_theirs(node.init(field.name), given, layout_of(field.type.struct))
        elif field.type.kind == "list":
            _fill_theirs(node.init(field.name, len(given)), given, field.type)
        elif field.type.kind == "anyPointer":
            _set_theirs(getattr(node, field.name), given)
        else:
            setattr(node, field.name, _theirs(given, field.type))


def _theirs(value: Value, type_: Type) -> Value:
    return ("red", "green", "blue")[value] if type_.kind == "enum" else value


def _set_theirs(any_: Any, given: tuple[str, Value]) -> None:
    how, value = given
    if how == "text":
        any_.set_as_text(value)
    elif how == "leaf":
        write_theirs(any_.as_struct(SCHEMA.Leaf), value, layout_of("Leaf"))
    else:
        field = "uint32s" if how == "numbers" else "leaves"
        schema = SCHEMA.Every.schema.fields[field].schema
        _fill_theirs(any_.init_as_list(schema, len(value)), value, ANYTHING[how])


def _fill_theirs(target: Any, value: list[Value], type_: Type) -> None:
    for at, each in enumerate(value):
        if type_.element.kind == "struct":
            write_theirs(target[at], each, layout_of(type_.element.struct))
        elif type_.element.kind == "list":
            _fill_theirs(target.init(at, len(each)), each, type_.element)
        else:
            target[at] = _theirs(each, type_.element)


def built_by_them(value: dict[str, Value], name: str) -> Any:
    """Return pycapnp's builder of a value."""
    builder = getattr(SCHEMA, name).new_message()
    write_theirs(builder, value, layout_of(name))
    return builder


def read_theirs(node: Any, layout: Layout, like: dict[str, Value]) -> dict[str, Value]:
    """Read every field by pycapnp."""
    found: dict[str, Value] = {}
    active = str(node.which()) if layout.members() else ""
    for field in layout.fields:
        if field.member is not None and field.name != active:
            continue
        hint = like.get(field.name)
        if field.type is None:
            found[field.name] = read_theirs(getattr(node, field.name), field.group, hint or {})
        elif field.type.is_pointer and not node._has(field.name):
            found[field.name] = None
        else:
            found[field.name] = _read_theirs(getattr(node, field.name), field.type, hint)
    return found


def _read_theirs(value: Value, type_: Type, like: Value) -> Value:
    if type_.kind == "struct":
        return read_theirs(value, layout_of(type_.struct), like or {})
    if type_.kind == "list":
        return [_read_theirs(each, type_.element, _nth(like, at)) for at, each in enumerate(value)]
    if type_.kind == "anyPointer":
        return like[0], _read_theirs(_opened(value, like[0]), ANYTHING[like[0]], like[1])
    if type_.kind == "enum":
        return value.raw
    if type_.kind == "data":
        return bytes(value)
    return None if type_.kind == "void" else plain(value)


def _opened(any_: Any, how: str) -> Any:
    opening: dict[str, Callable[[], Any]] = {
        "text": any_.as_text,
        "leaf": lambda: any_.as_struct(SCHEMA.Leaf),
        "numbers": lambda: any_.as_list(SCHEMA.Every.schema.fields["uint32s"].schema),
        "leaves": lambda: any_.as_list(SCHEMA.Every.schema.fields["leaves"].schema),
    }
    return opening[how]()
