"""The access to fields that the compiled encoder uses does the same as generated properties."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from capnsafe import COMPILED, Error, MessageBuilder, MessageReader
from capnsafe.schema import StructValue, handles
from capnsafe.schema.handles import GenericReader
from capnsafe.schema.kinds import VoidKind
from capnsafe.schema.layout import FieldLayout, Layout
from capnsafe.schema.lines import statement_lines
from capnsafe.schema.properties import Access, Settable, access, replace
from tests.capnsafe.schema import features_capnp
from tests.capnsafe.schema.features_capnp import Colour, Point

VALUES: tuple[Any, ...] = (
    *(0, 1, -1, 200, 70_000, 1 << 70, True, False, 0.0, -1.5, 1e300, float("inf")),
    *("", "text", b"", b"octets", None, object(), Colour.RED, 700),
    *([1, 2], [True], ["text"], [b"octets"], [[1], []], [Colour.GREEN], [None], Point(x=3)),
    *([Point(x=4), Point()], Point),
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


def is_generic(kind: Any) -> bool:
    return issubclass(kind.Reader, GenericReader)


def accesses(kind: Any, field: FieldLayout) -> tuple[Access, Access] | None:
    """Return the access of a reader, and that of a builder."""
    reader, builder = (
        access(kind._layout, field, vars(part)[field.name], generic=is_generic(kind))
        for part in (kind.Reader, kind.Builder)
    )
    assert (reader is None) == (builder is None)
    return None if reader is None or builder is None else (reader, builder)


@pytest.mark.skipif(COMPILED, reason="the properties of compiled handles are replaced already")
@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=ids)
def test_the_same_results(kind: Any, field: FieldLayout) -> None:
    found = accesses(kind, field)
    if found is None:
        return
    of_reader, of_builder = found
    name = field.name
    with MessageBuilder() as one, MessageBuilder() as other:
        generated, compiled = one.init_root(kind), other.init_root(kind)
        for value in (*VALUES, *VALUES[::-1]):
            written = attempt(partial(setattr, generated, name, value))
            put: Any = partial(setattr_named, name)
            if field.member is None and isinstance(of_builder, Settable):
                put = of_builder.put
            assert attempt(partial(put, compiled, value)) == written
            assert other.to_bytes() == one.to_bytes()
            taken = attempt(partial(getattr, generated, name))
            assert attempt(partial(of_builder.take, compiled)) == taken
            assert other.to_bytes() == one.to_bytes()
            reader = kind.Reader(MessageReader(one.segments()).get_root())
            read = attempt(partial(getattr, reader, name))
            assert attempt(partial(of_reader.__get__, reader, kind.Reader)) == read


def setattr_named(name: str, handle: object, value: object) -> None:
    setattr(handle, name, value)


def test_all_fields_but_those_of_parameters_are_replaced() -> None:
    kept = {type(field.kind) for kind, field in FIELDS if accesses(kind, field) is None}
    assert VoidKind in kept
    for kind, field in FIELDS:
        assert (
            accesses(kind, field) is not None
            or isinstance(field.kind, VoidKind)
            or field.is_parameter
            or is_generic(kind)
        )


def put_back(monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    """Put the attributes of the classes back at the end of the test."""
    for part in (kind, kind.Reader, kind.Builder):
        for name, value in list(vars(part).items()):
            if not name.startswith("__"):
                monkeypatch.setattr(part, name, value)


@pytest.mark.parametrize("kind", STRUCTS)
def test_replaced_properties(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put_back(monkeypatch, kind)
    layout = kind._layout
    documentation = {
        (part, field.name): vars(part)[field.name].__doc__
        for part in (kind.Reader, kind.Builder)
        for field in layout.fields
        if not COMPILED
    }
    before = kind()
    replace(kind.Reader, layout, generic=is_generic(kind))
    replace(kind.Builder, layout, generic=is_generic(kind))
    for (part, name), text in documentation.items():
        assert getattr(part, name).__doc__ == text
    # A reader does not take values, and a value survives its way through all properties.
    with MessageBuilder() as message:
        builder = message.init_root(kind)
        builder.set(before)
        reader = kind.Reader(MessageReader(message.segments()).get_root())
        assert reader.to_value() == before
        for field in layout.fields:
            with pytest.raises(AttributeError):
                setattr(reader, field.name, None)
            if field.member is None and not field.is_parameter:
                assert attempt(partial(getattr, reader, field.name)) is not None


@pytest.mark.skipif(COMPILED, reason="the properties of compiled handles are replaced already")
def test_a_layout_replaces_properties_in_compiled_code(monkeypatch: pytest.MonkeyPatch) -> None:
    put_back(monkeypatch, Point)
    layout = Point._layout
    monkeypatch.setattr(handles, "described", replace)
    Layout(Point, layout.type_id, layout.data_words, layout.pointer_count, *layout.fields)
    assert isinstance(vars(Point.Reader)["x"], Access)
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
