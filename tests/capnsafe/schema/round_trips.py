"""Values are exchanged with pycapnp and with the tool ``capnp``, in every form and both directions.

The tool converts a whole stream of messages in one process, so the values of one struct are sent
to it together.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from capnsafe import MessageBuilder, MessageReader, read_messages
from capnsafe.schema import StructValue
from capnsafe.schema.kinds import GroupKind, ListKind, StructKind
from capnsafe.schema.layout import Layout
from tests.capnsafe.memories import MovingMemory
from tests.capnsafe.schema.tools import alike, converted, plain_of, reference, same

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')

#: All punctuation but quotes and backslashes, and the escapes of text and JSON.
PUNCTUATION = re.compile(r"[!#-&(-/:-@[\]^-`{-~]")
OCTAL = "\\{:03o}"
UNICODE = "\\u{:04x}"

#: The tool prints a message in several lines, of which only the first is not indented.
BETWEEN_MESSAGES = re.compile(r"\n(?=\()")


def structs_of(module: Any) -> list[Any]:
    """Return the classes of all structs that a generated module declares. Groups are no structs."""
    found = []
    todo = [module]
    while todo:
        for name, inner in vars(todo.pop()).items():
            if not isinstance(inner, type) or inner.__module__ != module.__name__:
                continue
            # Not another name of a class, and no class that belongs to a struct.
            if inner.__qualname__.split(".")[-1] != name or name in ("Reader", "Builder"):
                continue
            todo.append(inner)
            if issubclass(inner, StructValue) and not inner._layout.is_group:
                found.append(inner)
    return list(dict.fromkeys(found))


def name_of(kind: Any) -> str:
    """Return the name of the struct of a class in its file, with the scopes around it."""
    return str(kind.__qualname__)


def theirs(kind: Any, file: Path) -> Any:
    """Return the struct of a class, as pycapnp loads it."""
    found = reference(file)
    for name in name_of(kind).split("."):
        found = getattr(found, name)
    return found


def require_round_trips(value: Any, file: Path) -> None:
    """Require that a value is read back from each form, and that pycapnp reads and writes it."""
    require_own_round_trips(value)
    require_pycapnp_agrees(value, file)


def require_own_round_trips(value: Any) -> None:
    """Require that each form of a value is read back as that value."""
    kind: Any = type(value)
    plain = value.to_dict()
    octets = value.to_bytes()
    assert kind.from_bytes(octets) == value
    assert kind.from_bytes(value.to_bytes(packed=True), packed=True) == value
    # A struct that is null and the member of a union is there, with its defaults.
    assert same(kind.from_dict(plain).to_dict(), plain)
    assert same(kind.from_json(value.to_json()).to_dict(), plain)
    assert same(kind.from_text(value.to_text()).to_dict(), plain)
    with MessageBuilder(MovingMemory(grant_words=max(32, len(octets) // 64))) as message:
        message.set_root(value)
        root: Any = message.get_root(kind)
        assert root.to_value() == value
        assert kind.from_bytes(message.to_bytes()) == value
        root.set(value)
        assert root.to_value() == value


def require_pycapnp_agrees(value: Any, file: Path) -> None:
    """Require that pycapnp reads the value, and that the value is read from what pycapnp writes."""
    kind: Any = type(value)
    struct = theirs(kind, file)
    plain = value.to_dict()
    with struct.from_bytes(value.to_bytes()) as message:
        found = plain_of(message.to_dict())
    assert same(found, plain)
    packed = struct.from_bytes_packed(value.to_bytes(packed=True))
    assert same(plain_of(packed.to_dict()), plain)
    canonical = struct.from_segments([canonical_of(value)])
    assert same(plain_of(canonical.to_dict()), plain)
    written = struct.new_message()
    write_by_pycapnp(written, found)
    assert same(kind.from_bytes(written.to_bytes()).to_dict(), plain)
    written.clear_write_flag()
    assert same(kind.from_bytes(written.to_bytes_packed(), packed=True).to_dict(), plain)


def write_by_pycapnp(struct: Any, plain: dict[str, Any]) -> None:
    """Set each field of a builder of pycapnp. Its ``from_dict`` starts with the default of a field.

    So it would keep a pointer of that default which is null in ``plain``.
    """
    for name, item in plain.items():
        if isinstance(item, dict):
            write_by_pycapnp(struct.init(name), item)
        elif isinstance(item, list):
            write_items_by_pycapnp(struct.init(name, len(item)), item)
        else:
            setattr(struct, name, item)


def write_items_by_pycapnp(items: Any, plain: list[Any]) -> None:
    """Set each item of a list builder of pycapnp."""
    for index, item in enumerate(plain):
        if isinstance(item, dict):
            write_by_pycapnp(items[index], item)
        elif isinstance(item, list):
            write_items_by_pycapnp(items.init(index, len(item)), item)
        else:
            items[index] = item


def require_tool_agrees(values: list[Any], file: Path) -> None:
    """Require that the tool reads and writes some values of one struct in each form."""
    require_same_octets(values, file)
    require_same_text(values, file)
    require_same_json(values, file)


def require_same_octets(values: list[Any], file: Path) -> None:
    """Require that canonical and packed messages are those of the tool, octet for octet."""
    kind: Any = type(values[0])
    stream = b"".join(value.to_bytes() for value in values)

    canonical = [canonical_of(value) for value in values]
    assert converted(stream, "binary:canonical", file, name_of(kind)) == b"".join(canonical)
    # Objects behind AnyPointers are equal only if they have the same sections.
    read = [kind.from_message(MessageReader([octets])) for octets in canonical]
    assert [canonical_of(value) for value in read] == canonical

    packed = b"".join(value.to_bytes(packed=True) for value in values)
    assert converted(stream, "binary:packed", file, name_of(kind)) == packed
    unpacked = read_messages(converted(packed, "packed:binary", file, name_of(kind)))
    assert [kind.from_message(message) for message in unpacked] == values


def require_same_text(values: list[Any], file: Path) -> None:
    """Require that the tool prints the text of some values, and reads it. So does capnsafe."""
    kind: Any = type(values[0])
    texts = [value.to_text() for value in values]
    require_printed(values, file)
    # A text leaves out the first member of a union if its pointer is null.
    read = [kind.from_text(text).to_dict() for text in texts]
    stream = b"".join(value.to_bytes() for value in values)
    pretty = converted(stream, "binary:text", file, name_of(kind), short=False).decode().strip()
    assert same([kind.from_text(text).to_dict() for text in BETWEEN_MESSAGES.split(pretty)], read)
    given = "\n".join(escaped(text, OCTAL) for text in texts).encode()
    found = read_messages(converted(given, "text:binary", file, name_of(kind)))
    # The tool reads -0, which it prints for -0.0, as the integer.
    assert same(
        [unsigned_zeros(kind.from_message(message).to_dict()) for message in found],
        unsigned_zeros(read),
    )


def require_printed(values: list[Any], file: Path) -> None:
    """Require that the tool prints the text of some values."""
    stream = b"".join(value.to_bytes() for value in values)
    printed = converted(stream, "binary:text", file, name_of(type(values[0]))).decode()
    assert printed.splitlines() == [value.to_text() for value in values]


def require_same_json(values: list[Any], file: Path) -> None:
    """Require that the tool writes the JSON of some values, and reads it. So does capnsafe."""
    kind: Any = type(values[0])
    plains = [value.to_dict() for value in values]
    own = [value.to_json() for value in values]
    stream = b"".join(value.to_bytes() for value in values)
    told = converted(stream, "binary:json", file, name_of(kind)).splitlines()
    assert alike([json.loads(text) for text in told], [json.loads(text) for text in own])
    assert same([kind.from_json(text).to_dict() for text in told], plains)
    given = "\n".join(escaped(text, UNICODE) for text in own).encode()
    read = read_messages(converted(given, "json:binary", file, name_of(kind)))
    assert same([kind.from_message(message).to_dict() for message in read], plains)


def canonical_of(value: Any) -> bytes:
    """Return the canonical form of a value."""
    with MessageBuilder() as message:
        message.set_root(value)
        return message.canonical()


def escaped(text: str, escape: str) -> str:
    """Return a text or JSON with more escapes in its strings.

    The tool looks for the end of a message before it parses one. It then takes some punctuation in
    strings for brackets and comments.
    """

    def escaped_string(string: re.Match[str]) -> str:
        return PUNCTUATION.sub(lambda found: escape.format(ord(found[0])), string[0])

    return STRING.sub(escaped_string, text)


def unsigned_zeros(plain: Any) -> Any:
    """Return a value in plain form, in which -0.0 is 0.0."""
    if isinstance(plain, dict):
        return {key: unsigned_zeros(item) for key, item in plain.items()}
    if isinstance(plain, list):
        return [unsigned_zeros(item) for item in plain]
    return plain + 0.0 if isinstance(plain, float) else plain


def outermost(kinds: list[Any]) -> list[Any]:
    """Return the structs that no other of these structs contains, directly or further below."""
    below = {kind: contained(kind._layout) for kind in kinds}
    return [
        kind for kind in kinds if not any(kind in below[other] for other in kinds if other != kind)
    ]


def contained(layout: Layout) -> set[Any]:
    """Return the classes of the structs that the fields of a struct can contain."""
    found: set[Any] = set()
    todo = [layout]
    while todo:
        for field in todo.pop().fields:
            kind: Any = field.kind
            while isinstance(kind, ListKind):
                kind = kind.of
            if isinstance(kind, GroupKind):
                todo.append(kind.struct.layout())
            elif isinstance(kind, StructKind) and kind.struct.layout().owner not in found:
                found.add(kind.struct.layout().owner)
                todo.append(kind.struct.layout())
    return found
