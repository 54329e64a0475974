"""The accessors that the compiled encoder uses do the same as the generated properties."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from capnsafe import Error, MessageBuilder, MessageReader
from capnsafe.schema import StructValue
from capnsafe.schema import layout as layout_module
from capnsafe.schema.layout import FieldLayout, Layout, accessors_of
from capnsafe.schema.lines import statement_lines
from capnsafe.schema.properties import FieldAccessors, replace
from tests.capnsafe.schema import features_capnp
from tests.capnsafe.schema.features_capnp import Colour, Generic, Point

VALUES: tuple[Any, ...] = (
    *(0, 1, -1, 200, 70_000, 1 << 70, True, False, 0.0, -1.5, 1e300, float("inf")),
    *("", "text", b"", b"octets", None, object(), Colour.RED, 700),
)
STRUCTS = [
    kind
    for kind in vars(features_capnp).values()
    if isinstance(kind, type) and issubclass(kind, StructValue) and kind is not StructValue
]
FIELDS = [(kind, field) for kind in STRUCTS for field in kind._layout.fields]


def ids(one: object) -> str | None:
    return one.name if isinstance(one, FieldLayout) else getattr(one, "__name__", None)


def attempt(act: Callable[[], object]) -> object:
    """Return a result in a form that can be compared; for an exception, its type and its text."""
    try:
        return repr(act())
    except Error as error:
        return type(error), str(error)


@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=ids)
def test_the_same_results(kind: Any, field: FieldLayout) -> None:
    accessors = accessors_of(field)
    if accessors is None:
        # A member of a union, or a field whose property makes more than one call.
        return
    name = field.name
    with MessageBuilder() as one, MessageBuilder() as other:
        generated, compiled = one.init_root(kind), other.init_root(kind)
        for value in (*VALUES, *VALUES[::-1]):
            written = attempt(partial(setattr, generated, name, value))
            assert attempt(partial(accessors.put, compiled, value)) == written
            assert other.to_bytes() == one.to_bytes()
            taken = attempt(partial(getattr, generated, name))
            assert attempt(partial(accessors.take, compiled)) == taken
            reader = kind.Reader(MessageReader(one.segments()).get_root())
            read = attempt(partial(getattr, reader, name))
            assert attempt(partial(accessors.read, reader)) == read


def test_most_kinds_of_fields_have_accessors() -> None:
    kinds = {type(field.kind).__name__ for _, field in FIELDS if accessors_of(field) is not None}
    assert kinds == {"ScalarKind", "EnumKind", "TextKind", "DataKind"}
    assert all(accessors_of(field) is None for field in Generic._layout.fields)


def test_a_replaced_property_keeps_its_documentation(monkeypatch: pytest.MonkeyPatch) -> None:
    for role in (Point.Reader, Point.Builder):
        # They are put back at the end.
        monkeypatch.setattr(role, "x", role.x)
    documentation = Point.Builder.x.__doc__
    accessors = accessors_of(Point._layout.by_name["x"])
    assert accessors is not None
    replace(Point, "x", FieldAccessors(lambda _: 1, lambda _: 2, accessors.put))
    assert Point.Builder.x.__doc__ == documentation
    assert Point.Reader.x.__doc__ == documentation
    with MessageBuilder() as message:
        point = message.init_root(Point)
        point.x = 7
        assert point.x == 2
        assert Point.Reader(MessageReader(message.segments()).get_root()).x == 1


def test_a_layout_replaces_properties(monkeypatch: pytest.MonkeyPatch) -> None:
    layout = Point._layout
    for role in (Point, Point.Reader, Point.Builder):
        # All of this is put back at the end.
        monkeypatch.setattr(role, "_layout", layout)
        for field in layout.fields if role is not Point else ():
            monkeypatch.setattr(role, field.name, getattr(role, field.name))
    # In the compiled encoder, this changes nothing.
    monkeypatch.setattr(layout_module, "_replaced", accessors_of)
    Layout(Point, layout.type_id, layout.data_words, layout.pointer_count, *layout.fields)
    assert vars(Point.Builder)["x"].fset.__module__ == "capnsafe.schema.properties"
    with MessageBuilder() as message:
        point = message.init_root(Point)
        point.x = -7
        assert point.x == -7


def test_the_line_of_an_enum_with_a_long_name() -> None:
    name = "A" * 70
    lines = statement_lines(2, f"return {name}.BY_VALUE[self._low._integer(_uint16, 0, 3)]")
    assert lines == [
        f"        return {name}.BY_VALUE[",
        "            self._low._integer(_uint16, 0, 3)",
        "        ]",
    ]
