"""Dicts and JSON, in the format of the reference implementation's JSON codec.

Keys are the names in the schema. Null pointers are left out, and so are the members of a union that
are not set. In JSON, 64-bit integers are strings, Data is a list of numbers, and floats that JSON
cannot express are the strings ``NaN``, ``Infinity`` and ``-Infinity``. The annotations of
``capnp/compat/json.capnp`` change keys and forms of JSON: see :mod:`capnsafe.schema.json_layout`.
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping
from math import copysign, inf, isfinite, nan
from typing import Any, Final, TypeAlias

from .._read.objects import PointerSlotsReader, StructReader
from .._words.arguments import call, listed, type_name
from .._words.caught import Misplaced, Raised
from .._words.exhausted import exhausted
from ..errors import ArgumentError, ArgumentTypeError, ArgumentValueError
from ..wire import Element
from .any_kinds import AnyKind
from .enums import Enumeration, json_labels_of, labels_of
from .json_layout import JsonField, JsonLayout, is_json_value, json_of
from .json_value import json_in, json_value
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
    TextKind,
    VoidKind,
)
from .layout import NO_STRUCT, BaseKind, Default, FieldLayout, Layout, PointerTo

_NO_FORM: Final = "JSON has no form for capabilities and pointers of any kind"
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
        """Return the name of an enumerant, or a number as a string if JSON has no such number."""
        if isinstance(kind, EnumKind):
            names = json_labels_of(type(value))
            return names[value] if value < len(names) else int(value)
        if isinstance(kind, ScalarKind):
            if kind.element in _WIDE:
                return str(value)
            if kind.element.floating and not isfinite(value):
                return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
        return super().scalar(kind, value)

    def pointer(self, kind: PointerTo, value: Any) -> Any:
        """Return a Data as a list of numbers."""
        if isinstance(kind, (CapabilityKind, AnyKind)):
            raise ArgumentTypeError(_NO_FORM)
        if value is None:
            # A null pointer whose type is a parameter.
            value = kind.empty()
        return list(value) if isinstance(kind, DataKind) else value


DICT: Final = DictForm()
JSON: Final = JsonForm()


def plain_struct(layout: Layout, low: StructReader, form: DictForm, opened: Open = ()) -> Any:
    """Return the fields of a struct or group as a dict. Only ``Value`` of JSON may be no dict."""
    if layout.has_json and form is JSON:
        if is_json_value(layout):
            return json_in(layout, low)
        annotated: dict[str, Any] = {}
        _annotated(json_of(layout), low, "", annotated, opened)
        return annotated
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


def _annotated(
    shape: JsonLayout, low: StructReader, prefix: str, plain: dict[str, Any], opened: Open
) -> None:
    """Add the fields of a struct or group to a dict, with a prefix to their keys."""
    for each in shape.singles:
        kind = each.field.kind
        if not isinstance(kind, PointerTo) or not low.is_null(each.field.offset):
            _annotated_field(each, each.name, low, prefix, plain, opened)
    tag = shape.layout.tag
    member = None if tag is None else shape.members.get(low.get_uint16(tag))
    if member is None:
        return
    if shape.tag is not None:
        plain[prefix + shape.tag] = member.name
        if isinstance(member.field.kind, VoidKind):
            return
    key = member.name if shape.value_key is None else shape.value_key
    _annotated_field(member, key, low, prefix, plain, opened)


def _annotated_field(
    each: JsonField,
    key: str,
    low: StructReader,
    prefix: str,
    plain: dict[str, Any],
    opened: Open,
) -> None:
    """Add a field to a dict, or the fields of it if it is flattened."""
    field = each.field
    kind = field.kind
    inner = each.inner
    if inner is not None:
        if isinstance(kind, StructKind):
            found = low.get_struct(field.offset)
            if found is None:
                if field in opened:
                    return
                opened = (*opened, field)
                default = field.default
                found = default.struct() if type(default) is Default else NO_STRUCT
            low = found
        _annotated(inner, low, prefix + each.prefix, plain, opened)
    elif isinstance(kind, GroupKind):
        plain[prefix + key] = plain_struct(kind.struct.layout(), low, JSON, opened)
    elif each.encoding:
        octets = low.get_data(field.offset, default=field.default) or b""
        text = octets.hex() if each.encoding == "hex" else _base64_text(octets)
        plain[prefix + key] = text
    elif not isinstance(kind, PointerTo):
        plain[prefix + key] = JSON.scalar(kind, kind.take(low, field, []))
    elif low.is_null(field.offset):
        plain[prefix + key] = _plain_default(kind, field, JSON, opened)
    else:
        plain[prefix + key] = _plain_pointer(kind, low, field.offset, JSON, opened)


def _base64_text(octets: bytes) -> str:
    return binascii.b2a_base64(octets, newline=False).decode()


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
    try:
        return json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=indent)
    except RecursionError as error:
        raise exhausted() from error


def value_from(layout: Layout, plain: Any, as_json: bool) -> Any:
    """Return the value of a struct or group that a dict describes.

    Raises:
        ArgumentTypeError: If an item is of the wrong type.
        ArgumentValueError: If an item is out of range, or a key of a dict is no field of the
            schema. In JSON, such keys are ignored, as by the reference implementation.
    """
    try:
        return _struct_value(layout, plain, as_json)
    except Misplaced as misplaced:
        error = misplaced.error
        place = "".join(misplaced.keys).removeprefix(".")
        raise type(error)(f"{place}: {error}") from error.__cause__


def _placed(key: str, error: Exception) -> Misplaced:
    """Return the error for the item with this key: ``.name`` of a field, or ``[0]`` of a list."""
    if isinstance(error, Misplaced):
        error.keys.insert(0, key)
        return error
    return Misplaced([key], error)


def _struct_value(layout: Layout, plain: Any, as_json: bool) -> Any:
    if as_json and is_json_value(layout):
        return json_value(layout, plain)
    if not issubclass(type(plain), Mapping):
        raise ArgumentTypeError(
            f"the fields of {layout.owner.__qualname__} must be a dict, not {type_name(plain)}"
        )
    if as_json and layout.has_json:
        return _annotated_value(json_of(layout), plain, None)
    by_label = {field.label: field for field in layout.fields}
    found: dict[str, Any] = {}
    for label, item in _items_of(plain):
        field = by_label.get(label)
        if field is None:
            if not as_json:
                raise ArgumentValueError(f"{layout.owner.__qualname__} has no field {label!r}")
        elif item is not None or field.member is not None or not _skips_null(field.kind, as_json):
            if as_json and field.member is not None:
                # The last member in the text is the one that is set.
                for name in layout.members.keys() & found.keys():
                    del found[name]
            try:
                found[field.name] = _from_plain(field.kind, item, as_json)
            except (ArgumentError, Misplaced) as error:
                raise _placed(f".{label}", error) from None
    return layout.made(found)


def _skips_null(kind: BaseKind, as_json: bool) -> bool:
    """Return whether ``None`` leaves a field as it is: whether it stands for a null pointer."""
    any_json = as_json and isinstance(kind, StructKind) and is_json_value(kind.struct.layout())
    return isinstance(kind, PointerTo) and not any_json


def _annotated_value(shape: JsonLayout, plain: Mapping[str, Any], base: Any) -> Any:
    """Return the value of a struct or group that a JSON object describes.

    Fields that are not in the object are those of ``base``; without it, they have their defaults.
    """
    found: dict[str, Any] = {}
    for each in shape.singles:
        if each.inner is not None:
            inside = _keys_inside(each, plain)
            if inside:
                found[each.field.name] = _flattened_value(each, inside)
        elif plain.get(each.name) is not None or (
            each.name in plain and not _skips_null(each.field.kind, True)
        ):
            found[each.field.name] = _field_value(each, plain[each.name])
    member = _member_in(shape, plain)
    if member is not None:
        key = member.name if shape.value_key is None else shape.value_key
        inside = {} if member.inner is None else _keys_inside(member, plain)
        if inside:
            value = _flattened_value(member, inside)
        elif member.inner is None and key in plain:
            value = _field_value(member, plain[key])
        else:
            value = member.field.initial()
        found[member.field.name] = value
    if base is None:
        return shape.layout.made(found)
    for name, value in found.items():
        setattr(base, name, value)
    return base


def _member_in(shape: JsonLayout, plain: Mapping[str, Any]) -> JsonField | None:
    """Return the member of the union that a JSON object sets: the last that it names."""
    member = None
    for key, item in plain.items():
        if key == shape.tag:
            if type(item) is not str:
                raise ArgumentTypeError(
                    f"{key} must be the name of a member of {shape.layout.owner.__qualname__}, not"
                    f" {type_name(item)}"
                )
            member = shape.by_tag.get(item, member)
        else:
            member = shape.by_key.get(key, member)
    return member


def _keys_inside(each: JsonField, plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return the items of a JSON object that belong to a flattened field, without its prefix."""
    assert each.inner is not None
    size = len(each.prefix)
    return {
        key[size:]: item
        for key, item in plain.items()
        if key.startswith(each.prefix) and key[size:] in each.inner.names
    }


def _flattened_value(each: JsonField, inside: dict[str, Any]) -> Any:
    """Return the value of a flattened field. The object may have only a part of its fields."""
    assert each.inner is not None
    return _annotated_value(each.inner, inside, each.field.initial())


def _field_value(each: JsonField, plain: Any) -> Any:
    """Return the value of a field that is not flattened."""
    try:
        return _decoded(each, plain) if each.encoding else _from_plain(each.field.kind, plain, True)
    except (ArgumentError, Misplaced) as error:
        raise _placed(f".{each.name}", error) from None


#: Base64 with at most three characters in its last group, which padding may complete.
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}={0,2})?")


def _decoded(each: JsonField, plain: Any) -> bytes:
    """Return the Data that a string has in base64 or hex."""
    if plain is None:
        return b""
    if type(plain) is not str:
        raise ArgumentTypeError(
            f"{each.name} must be a string of {each.encoding}, not {type_name(plain)}"
        )
    if each.encoding == "hex":
        if len(plain) % 2 or not re.fullmatch("[0-9A-Fa-f]*", plain):
            raise ArgumentValueError(f"{each.name} must be two hex digits for each byte")
        return bytes.fromhex(plain)
    digits = re.sub(r"[ \t\r\n]", "", plain)
    if not _BASE64.fullmatch(digits):
        raise ArgumentValueError(f"{each.name} must be base64")
    digits = digits.rstrip("=")
    return binascii.a2b_base64(digits + "=" * (-len(digits) % 4))


def _items_of(plain: Any) -> Iterable[tuple[Any, Any]]:
    """Return the items of a dict, which may run the caller's code."""
    try:
        return call(dict, plain).items()
    except Raised as raised:
        raise ArgumentTypeError("the items of the dict cannot be read") from raised.__cause__


def _from_plain(kind: BaseKind, plain: Any, as_json: bool) -> Any:
    if isinstance(kind, TextKind):
        if plain is not None and not issubclass(type(plain), str):
            raise ArgumentTypeError(f"a Text is a str, not {type_name(plain)}")
        return plain
    if isinstance(kind, (GroupKind, StructKind)):
        if plain is None and isinstance(kind, StructKind) and _skips_null(kind, as_json):
            return None
        return _struct_value(kind.struct.layout(), plain, as_json)
    if isinstance(kind, ListKind):
        return None if plain is None else _list_value(kind.of, plain, as_json)
    if isinstance(kind, EnumKind):
        owner: Callable[[int], Enumeration] = kind.owner()
        names = (json_labels_of if as_json else labels_of)(kind.owner())
        if issubclass(type(plain), str):
            if plain not in names:
                raise ArgumentValueError(f"{kind.owner().__qualname__} has no enumerant {plain!r}")
            return owner(names.index(plain))
        if as_json:
            plain = _json_integer(kind, plain)
        return owner(kind.raw(plain))
    if isinstance(kind, ScalarKind):
        if as_json:
            plain = (_json_float if kind.element.floating else _json_integer)(kind, plain)
        kind.raw(plain)
        return plain
    if not as_json or plain is None:
        return plain
    if isinstance(kind, (AnyKind, CapabilityKind)):
        raise ArgumentTypeError(_NO_FORM)
    if isinstance(kind, DataKind):
        try:
            return bytes(map(_whole, listed(plain, "a Data")))
        except (ValueError, TypeError) as error:
            raise ArgumentValueError("a Data in JSON is a list of numbers from 0 to 255") from error
    return None if isinstance(kind, VoidKind) else plain


def _list_value(of: BaseKind, plain: Any, as_json: bool) -> list[Any]:
    """Return the items of a list whose elements have this kind."""
    if issubclass(type(plain), str) or (as_json and not issubclass(type(plain), list)):
        raise ArgumentTypeError(f"a list must be an array of its items, not {type_name(plain)}")
    items = []
    for index, item in enumerate(listed(plain, "a list")):
        try:
            if item is None and isinstance(of, StructKind) and _skips_null(of, as_json):
                raise ArgumentTypeError("a list of structs has no null")
            items.append(_from_plain(of, item, as_json))
        except (ArgumentError, Misplaced) as error:
            raise _placed(f"[{index}]", error) from None
    return items


def _whole(number: Any) -> Any:
    """Return a float that is an integer as an int, and everything else as it is."""
    return int(number) if type(number) is float and number.is_integer() else number


#: The numbers in strings that the reference implementation reads: those of C, decimal or hex.
_INTEGER: Final = re.compile(r"[ \t\n\v\f\r]*([+-]?)(?:0[xX]([0-9a-fA-F]+)|([0-9]+))")
_FLOAT: Final = re.compile(
    r"""
    [ \t\n\v\f\r]* [+-]? (
        ([0-9]+ \.? [0-9]* | \. [0-9]+) ([eE] [+-]? [0-9]+)?
        | (?P<hex> 0[xX] ([0-9a-fA-F]+ \.? [0-9a-fA-F]* | \. [0-9a-fA-F]+) ([pP] [+-]? [0-9]+)?)
        | [nN][aA][nN] | [iI][nN][fF] ([iI][nN][iI][tT][yY])?
    )
    """,
    re.VERBOSE,
)
#: The least number that is rounded to infinity as a Float32.
_NO_FLOAT32: Final = float.fromhex("0x1.ffffffp127")


def _json_integer(kind: ScalarKind, plain: Any) -> Any:
    """Return the integer or Bool for a number, a string or a bool of JSON."""
    if type(plain) is int and kind.integral:
        return plain
    if kind.element is Element.BOOL:
        if type(plain) is not bool:
            raise ArgumentTypeError(f"a Bool in JSON is true or false, not {type_name(plain)}")
        return plain
    if type(plain) is bool:
        raise ArgumentTypeError("an integer in JSON is a number or a string, not bool")
    if type(plain) is not str:
        return _whole(plain)
    found = _INTEGER.fullmatch(plain)
    if found is None:
        raise _no_number(plain)
    sign, digits, decimal = found.groups()
    try:
        number = int(decimal) if digits is None else int(digits, 16)
    except ValueError as error:
        # Python does not convert thousands of digits.
        raise _no_number(plain) from error
    return -number if sign == "-" else number


def _json_float(kind: ScalarKind, plain: Any) -> Any:
    """Return the float for a number, a string or ``null`` of JSON."""
    if plain is None:
        return nan
    if type(plain) is bool:
        raise ArgumentTypeError("a float in JSON is a number, a string or null, not bool")
    number = plain
    try:
        if type(plain) is str:
            found = _FLOAT.fullmatch(plain)
            if found is None:
                raise _no_number(plain)
            number = float.fromhex(plain) if found["hex"] else float(plain)
        elif type(plain) is int:
            number = float(plain)
    except OverflowError:
        number = -inf if str(plain).strip().startswith("-") else inf
    if kind.element is Element.FLOAT32 and type(number) is float and abs(number) >= _NO_FLOAT32:
        return copysign(inf, number)
    return number


def _no_number(text: str) -> ArgumentValueError:
    return ArgumentValueError(f"{text!r} is not a number")


def _integer(text: str) -> int | float:
    """Return a number of JSON as an int. The reference implementation writes -0.0 as ``-0``."""
    return -0.0 if text == "-0" else int(text)


def _no_constant(name: str) -> None:
    """Refuse ``NaN`` and ``Infinity`` that are no strings: JSON does not have them."""
    raise ValueError(f"it has no number {name}; a string can be one")


def parsed_json(text: str | bytes) -> Any:
    """Return the contents of a JSON text."""
    try:
        return json.loads(text, parse_int=_integer, parse_constant=_no_constant)
    except ValueError as error:
        raise ArgumentValueError(f"the text is not JSON: {error}") from error
