"""One struct in two versions of its schema, between an older and a newer writer and reader.

The newer version has larger sections, and lists of values and of texts became lists of structs.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capnsafe import HeapAllocator, MessageBuilder, StructBuilder, frame, read_message
from tests.capnsafe.generated import converted
from tests.differential.schema import (
    SCHEMA,
    Layout,
    Type,
    Value,
    built,
    built_by_them,
    layout_of,
    read,
    read_theirs,
    structs,
    write,
    write_theirs,
)

bounded = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

SEGMENT_SIZES = st.sampled_from([1, 3, 12, 1000])


def values_of(name: str) -> st.SearchStrategy[dict[str, Value]]:
    return structs(layout_of(name), 3)


@pytest.mark.parametrize(("written", "asked"), [("Older", "Newer"), ("Newer", "Older")])
@bounded
@given(st.data(), SEGMENT_SIZES)
def test_each_reads_what_the_other_version_wrote(
    written: str, asked: str, data: st.DataObject, segment_words: int
) -> None:
    value = data.draw(values_of(written))
    layout = layout_of(asked)
    ours = frame(built(value, written, segment_words))
    theirs = built_by_them(value, written).to_bytes()
    with getattr(SCHEMA, asked).from_bytes(ours) as reader:
        expected = read_theirs(reader, layout, {})
    with getattr(SCHEMA, asked).from_bytes(theirs) as reader:
        assert read_theirs(reader, layout, {}) == expected
    for message in (ours, theirs):
        assert read(read_message(message).get_root(), layout, {}) == expected


@pytest.mark.process
@bounded
@given(values_of("Older"), values_of("Newer"), SEGMENT_SIZES, SEGMENT_SIZES)
def test_an_older_message_grows_as_theirs_does(
    older: dict[str, Value], newer: dict[str, Value], written_words: int, copied_words: int
) -> None:
    """Everything that the newer value sets is set in the older message, which grows to hold it."""
    source = frame(built(older, "Older", written_words))
    layout = layout_of("Newer")
    with MessageBuilder(HeapAllocator(segment_words=copied_words, growth=False)) as message:
        message.set_root(read_message(source).get_root())
        root = message.get_root(layout.data_words, layout.pointers)
        assert root is not None
        overlay(root, newer, layout)
        ours = message.to_bytes()
        form = message.canonical()
    with SCHEMA.Newer.from_bytes(source) as reader:
        builder = reader.as_builder()
    overlay_theirs(builder, newer, layout)
    theirs = builder.to_bytes()
    with SCHEMA.Newer.from_bytes(ours) as reader, SCHEMA.Newer.from_bytes(theirs) as other:
        assert read_theirs(reader, layout, {}) == read_theirs(other, layout, {})
    assert form == converted("binary:canonical", [theirs])
    assert form == converted("binary:canonical", [ours])


def overlay(node: StructBuilder, value: dict[str, Value], layout: Layout) -> None:
    """Set what `value` says; in objects that are there, opened at the sizes of their layouts."""
    for field in layout.fields:
        if field.name not in value or field.type is None:
            continue
        given = value[field.name]
        inner = _layout_in(field.type)
        if inner is None or node.is_null(field.offset):
            write(node, {field.name: given}, layout)
        elif field.type.kind == "struct":
            opened = node.get_struct(field.offset, inner.data_words, inner.pointers)
            assert opened is not None
            overlay(opened, given, inner)
        else:
            elements = node.get_struct_list(field.offset, inner.data_words, inner.pointers)
            assert elements is not None
            for element, each in zip(elements, given, strict=False):
                overlay(element, each, inner)


def overlay_theirs(node: Any, value: dict[str, Value], layout: Layout) -> None:
    """Do the same by pycapnp."""
    for field in layout.fields:
        if field.name not in value or field.type is None:
            continue
        given = value[field.name]
        inner = _layout_in(field.type)
        if inner is None or not node._has(field.name):
            write_theirs(node, {field.name: given}, layout)
        elif field.type.kind == "struct":
            overlay_theirs(getattr(node, field.name), given, inner)
        else:
            for element, each in zip(getattr(node, field.name), given, strict=False):
                overlay_theirs(element, each, inner)


def _layout_in(type_: Type) -> Layout | None:
    """Return the layout of a struct, or of the structs of a list."""
    if type_.kind == "list":
        type_ = type_.element
    return layout_of(type_.struct) if type_.kind == "struct" else None
