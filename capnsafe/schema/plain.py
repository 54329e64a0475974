"""Dicts and JSON, in the format of the reference implementation's JSON codec.

Keys are the names in the schema. Null pointers are left out, and so are the members of a union that
are not set. In JSON, 64-bit integers are strings, Data is a list of numbers, and floats that JSON
cannot express are the strings ``NaN``, ``Infinity`` and ``-Infinity``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from typing import Any, Final, TypeAlias

from .._read.objects import PointerSlotsReader, StructReader
from .._words.arguments import call, listed, type_name
from .._words.caught import Raised
from ..errors import ArgumentTypeError, ArgumentValueError
from ..wire import Element
from .any_kinds import AnyKind
from .enums import Enumeration, labels_of
from .kinds import (
    CapabilityKind,
    DataKind,
    EnumKind,
    GroupKind,
    ListKind,
    PointerListKind,
    ScalarKind,
    ScalarListKind,
    StructKind,
    StructListKind,
)
from .layout import NO_STRUCT, BaseKind, Default, FieldLayout, Layout, PointerTo

_WIDE: Final = (Element.INT64, Element.UINT64)


#: The fields whose defaults are being converted. A struct may be the default of its own field.
Open: TypeAlias = "tuple[FieldLayout, ...]"


class DictForm:
    """The form of leaves in dicts: objects of Python."""

    #: Whether a null pointer is shown if it is the union member whose discriminant is 0.
    shows_first = True

    def scalar(self, kind: BaseKind, value: Any) -> Any:
        """Return the form of a number, Bool, enum or Void."""
        if isinstance(kind, EnumKind):
            return int(value) if value.label is None else value.label
        return value

    def pointer(self, kind: PointerTo, value: Any) -> Any:
        """Return the form of a Text, a Data, a capability or a pointer of any kind."""
        return value


class JsonForm(DictForm):
    """The form of JSON."""

    def scalar(self, kind: BaseKind, value: Any) -> Any:
        """Return a number as a string if JSON has no such number."""
        if isinstance(kind, ScalarKind):
            if kind.element in _WIDE:
                return str(value)
            if kind.element.floating and not isfinite(value):
                return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
        return super().scalar(kind, value)

    def pointer(self, kind: PointerTo, value: Any) -> Any:
        """Return a Data as a list of numbers."""
        if isinstance(kind, DataKind):
            return list(value)
        if isinstance(kind, (CapabilityKind, AnyKind)):
            raise ArgumentTypeError("JSON has no form for capabilities and pointers of any kind")
        return value


DICT: Final = DictForm()
JSON: Final = JsonForm()


def plain_struct(
    layout: Layout, low: StructReader, form: DictForm, opened: Open = ()
) -> dict[str, Any]:
    """Return the fields of a struct or group as a dict."""
    plain: dict[str, Any] = {}
    which = None if layout.tag is None else low.get_uint16(layout.tag)
    for field in layout.fields:
        if field.member is not None and field.member != which:
            continue
        kind = field.kind
        if isinstance(kind, GroupKind):
            plain[field.label] = plain_struct(kind.struct.layout(), low, form, opened)
        elif isinstance(kind, PointerTo):
            if not low.is_null(field.offset):
                plain[field.label] = _plain_pointer(kind, low, field.offset, form, opened)
            elif field.member or (field.member == 0 and form.shows_first):
                plain[field.label] = _plain_default(kind, field, form, opened)
        else:
            plain[field.label] = form.scalar(kind, kind.take(low, field, []))
    return plain


def _plain_default(kind: PointerTo, field: FieldLayout, form: DictForm, opened: Open) -> Any:
    """Return the default of a field in plain form, which stands for a null pointer."""
    if isinstance(kind, (StructKind, StructListKind)) and field in opened:
        return {} if isinstance(kind, StructKind) else []
    inner = (*opened, field)
    if type(field.default) is Default:
        return _plain_pointer(kind, field.default.slots(), 0, form, inner)
    if isinstance(kind, StructKind):
        return plain_struct(kind.struct.layout(), NO_STRUCT, form, inner)
    return [] if isinstance(kind, ListKind) else form.pointer(kind, field.initial())


def _plain_pointer(
    kind: PointerTo, slots: PointerSlotsReader, index: int, form: DictForm, opened: Open
) -> Any:
    """Return the object behind a pointer in plain form; an empty object if the pointer is null."""
    if isinstance(kind, StructKind):
        low = slots.get_struct(index)
        return {} if low is None else plain_struct(kind.struct.layout(), low, form, opened)
    if isinstance(kind, StructListKind):
        structs = slots.get_struct_list(index)
        layout = kind.of.struct.layout()
        return [plain_struct(layout, item, form, opened) for item in structs or ()]
    if isinstance(kind, PointerListKind):
        pointers = slots.get_pointer_list(index)
        if pointers is None:
            return []
        return [_plain_pointer(kind.of, pointers, at, form, opened) for at in range(len(pointers))]
    value = kind.load(slots, index, [])
    value = kind.empty() if value is None else value
    if isinstance(kind, ScalarListKind):
        return [form.scalar(kind.of, item) for item in value]
    return form.pointer(kind, value)


def json_text(plain: Any, indent: int | None) -> str:
    """Return the JSON text of a dict."""
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=indent)


def value_from(layout: Layout, plain: Any, as_json: bool) -> Any:
    """Return the value of a struct or group that a dict describes.

    Raises:
        ArgumentTypeError: If an item is of the wrong type.
        ArgumentValueError: If a key of a dict is no field of the schema. In JSON, such keys are
            ignored, as by the reference implementation.
    """
    if not issubclass(type(plain), Mapping):
        raise ArgumentTypeError(
            f"the fields of {layout.owner.__qualname__} must be a dict, not {type_name(plain)}"
        )
    by_label = {field.label: field for field in layout.fields}
    found = {}
    for label, item in _items_of(plain):
        field = by_label.get(label)
        if field is None:
            if not as_json:
                raise ArgumentValueError(f"{layout.owner.__qualname__} has no field {label!r}")
        elif item is not None or not isinstance(field.kind, PointerTo) or field.member is not None:
            found[field.name] = _from_plain(field.kind, item, as_json)
    make: Any = layout.owner
    return make(**found)


def _items_of(plain: Any) -> Iterable[tuple[Any, Any]]:
    """Return the items of a dict, which may run the caller's code."""
    try:
        return call(dict, plain).items()
    except Raised as raised:
        raise ArgumentTypeError("the items of the dict cannot be read") from raised.__cause__


def _from_plain(kind: BaseKind, plain: Any, as_json: bool) -> Any:
    if isinstance(kind, (GroupKind, StructKind)):
        return None if plain is None else value_from(kind.struct.layout(), plain, as_json)
    if isinstance(kind, ListKind):
        of: BaseKind = kind.of
        return [_from_plain(of, item, as_json) for item in listed(plain, "a list")]
    if isinstance(kind, EnumKind):
        owner: Callable[[int], Enumeration] = kind.owner()
        names = labels_of(kind.owner())
        if issubclass(type(plain), str):
            if plain not in names:
                raise ArgumentValueError(f"{kind.owner().__qualname__} has no enumerant {plain!r}")
            return owner(names.index(plain))
        return owner(kind.raw(plain))
    if not as_json:
        return plain
    if isinstance(kind, DataKind):
        try:
            return bytes(listed(plain, "a Data"))
        except (ValueError, TypeError) as error:
            raise ArgumentValueError("a Data in JSON is a list of numbers from 0 to 255") from error
    if isinstance(kind, ScalarKind) and issubclass(type(plain), str):
        try:
            return float(plain) if kind.element.floating else int(plain)
        except ValueError as error:
            raise ArgumentValueError(f"{plain!r} is not a number") from error
    if isinstance(kind, ScalarKind) and not kind.element.floating:
        return int(plain) if type(plain) is float and plain.is_integer() else plain
    return plain


def _integer(text: str) -> int | float:
    """Return a number of JSON as an int. The reference implementation writes -0.0 as ``-0``."""
    return -0.0 if text == "-0" else int(text)


def parsed_json(text: str | bytes) -> Any:
    """Return the contents of a JSON text."""
    try:
        return json.loads(text, parse_int=_integer)
    except ValueError as error:
        raise ArgumentValueError(f"the text is not JSON: {error}") from error
