"""Values of every type, written by one library and read by the other, in both directions.

What capnsafe writes, pycapnp and the command `capnp` read; what they write, at any segment size,
packed or canonical, capnsafe reads, copies and makes canonical, to the same bytes. Messages go to
the command in batches, one process for each form of a batch.
"""

from __future__ import annotations

import io
import string
import subprocess
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from capnsafe import (
    HeapAllocator,
    MessageBuilder,
    MessageReader,
    frame,
    pack,
    read_message,
    read_messages,
    unframe,
    wire,
)
from tests.capnsafe.generated import TOOL, converted, copied_in_segments
from tests.capnsafe.reading import contents
from tests.differential.schema import (
    DEPTH,
    SCHEMA,
    SCHEMA_FILE,
    built,
    built_by_them,
    completed,
    layout_of,
    plain,
    read,
    read_theirs,
    structs,
)

pytestmark = pytest.mark.process

EVERY = layout_of("Every")

SEGMENT_SIZES = st.sampled_from([1, 2, 5, 16, 51, 1000])

bounded = settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

#: The values of one batch.
batches = st.lists(structs(EVERY, DEPTH), min_size=1, max_size=6)

Values = list[dict[str, Any]]


def expected(values: Values) -> Values:
    return [completed(value, EVERY) for value in values]


def read_ours(messages: list[MessageReader], values: Values) -> Values:
    assert len(messages) == len(values)
    return [
        read(message.get_root(), EVERY, value)
        for message, value in zip(messages, values, strict=True)
    ]


def messages_in(stream: bytes, packed: bool = False) -> list[MessageReader]:
    return list(read_messages(stream, packed=packed))


def read_by_them(stream: bytes, values: Values) -> Values:
    readers = list(SCHEMA.Every.read_multiple_bytes(stream))
    assert len(readers) == len(values)
    return [read_theirs(each, EVERY, value) for each, value in zip(readers, values, strict=True)]


def unpacked_by_them(messages: list[bytes], values: Values) -> Values:
    """One by one: pycapnp ends the process where two messages of a packed stream are alive."""
    return [
        read_theirs(SCHEMA.Every.from_bytes_packed(message), EVERY, value)
        for message, value in zip(messages, values, strict=True)
    ]


# -- from capnsafe to them ------------------------------------------------------------------------


@bounded
@given(batches, SEGMENT_SIZES)
def test_what_is_written_they_read(values: Values, segment_words: int) -> None:
    segments = [built(value, "Every", segment_words) for value in values]
    event(f"more than one segment: {any(len(each) > 1 for each in segments)}")
    messages = [frame(each) for each in segments]
    packed = [frame(each, packed=True) for each in segments]
    assert read_by_them(b"".join(messages), values) == expected(values)
    assert unpacked_by_them(packed, values) == expected(values)
    # The tool reads either form, and writes what pycapnp reads.
    assert read_by_them(converted("binary:binary", messages), values) == expected(values)
    assert converted("packed:binary", packed) == converted("binary:binary", messages)


@bounded
@given(batches, SEGMENT_SIZES)
def test_both_write_the_same_canonical_form(values: Values, segment_words: int) -> None:
    ours = [frame(built(value, "Every", segment_words)) for value in values]
    theirs = [built_by_them(value, "Every").to_bytes() for value in values]
    form = converted("binary:canonical", theirs)
    assert form == converted("binary:canonical", ours)
    assert form == b"".join(map(canonical, ours))
    assert form == b"".join(map(canonical, theirs))


def canonical(message: bytes) -> bytes:
    """Return the canonical form of a copy of a message in small segments."""
    with MessageBuilder(HeapAllocator(segment_words=3, growth=False)) as copy:
        copy.set_root(read_message(message).get_root())
        return copy.canonical()


@pytest.mark.parametrize("form", ["text", "json"])
@bounded
@given(st.lists(structs(EVERY, DEPTH).map(lambda value: tellable(value)), min_size=1, max_size=6))
def test_told_in_text_it_is_what_they_tell(form: str, values: Values) -> None:
    """In the tool's text an AnyPointer is opaque, and -0 is read as 0; all else comes back."""
    ours = [frame(built(value, "Every", 9)) for value in values]
    theirs = [built_by_them(value, "Every").to_bytes() for value in values]
    text = told(f"binary:{form}", ours)
    assert text == told(f"binary:{form}", theirs)
    again = told(f"{form}:binary", [text])
    found = unsigned(read_ours(messages_in(again), values))
    assert found == unsigned(expected(values))


#: The tool looks for the end of a message by brackets, quotes and comments, also within texts.
TO_PLAIN = {ord(character): "." for character in string.punctuation}


def tellable(value: Any) -> Any:
    """Return a value that the tool can read from text."""
    if isinstance(value, dict):
        return {name: tellable(each) for name, each in value.items() if name != "any"}
    if isinstance(value, str):
        return value.translate(TO_PLAIN)
    if isinstance(value, bytes):
        return bytes(46 if octet in TO_PLAIN else octet for octet in value)
    return [tellable(each) for each in value] if isinstance(value, list) else value


def unsigned(value: Any) -> Any:
    """Return a value in which -0.0 is 0.0."""
    if isinstance(value, dict):
        return {name: unsigned(each) for name, each in value.items()}
    if isinstance(value, list):
        return [unsigned(each) for each in value]
    return bytes(8) if value == plain(-0.0) else value


def told(formats: str, messages: list[bytes]) -> bytes:
    """Return the output of the tool for a stream with the schema."""
    return subprocess.run(
        [str(TOOL), "convert", "--short", formats, str(SCHEMA_FILE), "Every"],
        input=b"".join(messages),
        capture_output=True,
        check=True,
    ).stdout


def split(stream: bytes) -> list[bytes]:
    return [frame(contents(message)) for message in read_messages(stream)]


# -- from them to capnsafe ------------------------------------------------------------------------


@bounded
@given(batches, SEGMENT_SIZES)
def test_what_they_write_is_read(values: Values, segment_words: int) -> None:
    theirs = [built_by_them(value, "Every").to_bytes() for value in values]
    assert read_ours(messages_in(b"".join(theirs)), values) == expected(values)
    size = f"--segment-size={segment_words}"
    for packed in (False, True):
        stream = converted("binary:packed" if packed else "binary:binary", theirs, size)
        assert read_ours(messages_in(stream, packed), values) == expected(values)
        from_file = list(read_messages(io.BytesIO(stream), packed=packed))
        assert read_ours(from_file, values) == expected(values)
    form = converted("binary:canonical", theirs)
    roots = []
    for message in theirs:
        words = canonical(message)
        assert form.startswith(words)
        form = form[len(words) :]
        roots.append(MessageReader([words]))
        assert roots[-1].is_canonical()
        # What pycapnp built is canonical if it is its own canonical form, and only then.
        assert read_message(message).is_canonical() == (list(unframe(message)) == [words])
    assert form == b""
    assert read_ours(roots, values) == expected(values)


# -- byte by byte ---------------------------------------------------------------------------------


@bounded
@given(batches, SEGMENT_SIZES, SEGMENT_SIZES)
def test_a_copy_has_their_bytes_in_every_form(
    values: Values, written_words: int, copied_words: int
) -> None:
    """A deep copy is laid out as the reference implementation lays out its own."""
    messages = [frame(built(value, "Every", written_words)) for value in values]
    roots = [read_message(message).get_root() for message in messages]
    size = f"--segment-size={copied_words}"
    copies = [copied_in_segments(root, copied_words) for root in roots]
    assert b"".join(copies) == converted("binary:binary", messages, size)
    assert b"".join(frame(unframe(copy), packed=True) for copy in copies) == converted(
        "binary:packed", messages, size
    )
    flat = [unframe(copied_in_segments(root, wire.MAX_SECTION))[0] for root in roots]
    assert b"".join(flat) == converted("binary:flat", messages)
    assert b"".join(map(pack, flat)) == converted("binary:flat-packed", messages)
    assert b"".join(map(canonical, copies)) == converted("binary:canonical", messages)
    # What they copied is copied to the same bytes again.
    theirs = split(converted("binary:binary", messages, size))
    again = [copied_in_segments(read_message(each).get_root(), copied_words) for each in theirs]
    assert again == copies
