"""``Value`` of ``capnp/compat/json.capnp``: a struct that has any JSON.

A field of that type is written as the JSON that it has, and not as a struct.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isfinite
from typing import Any, Final

from .._read.objects import StructReader
from ..errors import ArgumentValueError
from .layout import Layout, new_value, read_value
from .unset import UNSET


def json_in(layout: Layout, low: StructReader) -> Any:
    """Return the JSON that a ``Value`` has, as objects of Python.

    Raises:
        ArgumentValueError: If it has none: a call, a number that is not finite, a raw text that is
            not JSON, or a member of a newer schema.
    """
    value = new_value(layout.owner)
    read_value(layout, low, value)
    return _json_of(value)


def _json_of(value: Any) -> Any:
    """Return the JSON that the value of a ``Value`` has."""
    if value is None:
        return None
    members = value._layout.members.values()
    found = {one.label: getattr(value, one.name) for one in members}
    label = next((each for each, one in found.items() if one is not UNSET), "of a newer schema")
    own: Any = found.get(label)
    if label == "number" and not isfinite(own):
        raise ArgumentValueError(f"JSON has no number {own}")
    if label in ("null", "boolean", "number", "string"):
        return own
    if label == "array":
        return [_json_of(item) for item in own]
    if label == "object":
        return {field.name: _json_of(field.value) for field in own}
    if label == "raw":
        try:
            return json.loads(own, parse_float=_finite, parse_constant=_finite)
        except ValueError as error:
            raise ArgumentValueError(f"the raw text of a Value is not JSON: {error}") from error
    raise ArgumentValueError(f"JSON has no form for a Value whose member is {label}")


def _finite(text: str) -> float:
    """Return a number of JSON."""
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"JSON has no number {text}")
    return number


#: The members of ``Value`` by the types of Python.
_MEMBERS: Final = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def json_value(layout: Layout, plain: Any) -> Any:
    """Return the ``Value`` that has some JSON."""
    label = _MEMBERS[type(plain)]
    member = next(field for field in layout.members.values() if field.label == label)
    make: Callable[..., Any] = layout.owner
    if label == "array":
        plain = [json_value(layout, item) for item in plain]
    elif label == "object":
        kind: Any = member.kind
        field: Callable[..., Any] = kind.struct.owner()
        plain = [field(name=name, value=json_value(layout, item)) for name, item in plain.items()]
    return make(**{member.name: plain})
