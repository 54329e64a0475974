"""How a struct is written as JSON: its keys, by the annotations of ``capnp/compat/json.capnp``.

The reference implementation's JSON codec honours these annotations:

- ``$Json.name`` gives a field or enumerant another name.
- ``$Json.flatten`` writes the fields of a struct or group into the object around it.
- ``$Json.discriminator`` names the member of a union that is set under a key of its own.
- ``$Json.base64`` and ``$Json.hex`` write a Data as a string.

A ``JsonLayout`` is made when a struct that has such an annotation is first written or read. A
generic struct has one for each brand, because a parameter can be flattened only if it is a struct.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, final

from ..errors import SchemaError
from .enums import Enumeration, json_labels_of
from .json_ids import BASE64, DISCRIMINATOR, FLATTEN, HEX, NAME, VALUE
from .kinds import DataKind, GroupKind, ListKind, StructKind
from .layout import NO_STRUCT, BaseKind, FieldLayout, Layout


def _options(annotations: dict[int, Any], of: int) -> list[str | None]:
    """Return the two first texts of a struct that is the value of an annotation."""
    low = annotations[of].slots().get_struct(0) or NO_STRUCT
    return [low.get_text(0), low.get_text(1)]


@final
class JsonField:
    """A field as JSON writes it.

    Attributes:
        field: The field.
        name: The key. It also names the field if it is the member of a union that is set.
        encoding: ``base64`` or ``hex`` for a Data that is a string; empty for other fields.
        inner: The layout of the struct or group whose fields are written in place of this field;
            ``None`` if the field is not flattened.
        prefix: What the keys of those fields begin with.
    """

    __slots__ = ("encoding", "field", "inner", "name", "prefix")

    def __init__(self, field: FieldLayout, outer: JsonLayout, opened: tuple[Layout, ...]) -> None:
        notes, kind = field.annotations, field.kind
        self.field: Final = field
        self.name: Final[str] = notes.get(NAME, field.label)
        self.encoding: Final = "base64" if BASE64 in notes else "hex" if HEX in notes else ""
        self.prefix = ""
        self.inner: JsonLayout | None = None
        if kind.is_parameter and (self.encoding or FLATTEN in notes):
            outer.untyped = field.label
            return
        if self.encoding and not isinstance(kind, DataKind):
            raise outer.error(f"{field.label} is not a Data, so it cannot be {self.encoding}")
        if BASE64 in notes and HEX in notes:
            raise outer.error(f"{field.label} cannot be both base64 and hex")
        if FLATTEN in notes:
            if not isinstance(kind, (GroupKind, StructKind)):
                raise outer.error(f"{field.label} is not a struct, so it cannot be flattened")
            struct = kind.struct.layout()
            if is_json_value(struct):
                raise outer.error(f"{field.label} has any JSON, so it cannot be flattened")
            self.prefix = _options(notes, FLATTEN)[0] or ""
            # A group that is flattened may have the name of its discriminator from its field.
            union = field.label if isinstance(kind, GroupKind) else None
            self.inner = JsonLayout(struct, opened, union)
            outer.untyped = outer.untyped or self.inner.untyped
        elif isinstance(kind, GroupKind):
            # A group is checked with the struct around it.
            outer.untyped = outer.untyped or JsonLayout(kind.struct.layout(), opened).untyped


@final
class JsonLayout:
    """The keys of a struct or group in JSON.

    Args:
        layout: The struct or group.
        opened: The layouts that flatten this one.
        union: The name of the discriminator if its annotation does not have one.

    Raises:
        SchemaError: If an annotation is on a field of a wrong type, two fields have one key, or a
            struct is flattened into itself.
    """

    __slots__ = (
        "by_key",
        "by_tag",
        "layout",
        "members",
        "names",
        "singles",
        "tag",
        "untyped",
        "value_key",
    )

    def __init__(
        self, layout: Layout, opened: tuple[Layout, ...] = (), union: str | None = None
    ) -> None:
        self.layout: Final = layout
        if layout in opened:
            raise self.error("it is flattened into itself")
        inside = (*opened, layout)
        #: A field whose annotation needs a type, and whose type is a parameter; or nothing.
        self.untyped = ""
        #: The key whose value names the member of the unnamed union that is set, and the key of the
        #: value of that member, if all have the same.
        self.tag: str | None = None
        self.value_key: str | None = None
        #: The keys. The value is whether the key is one of a flattened member of the union: several
        #: members may have it.
        self.names: Final[dict[str, bool]] = {}
        if DISCRIMINATOR in layout.annotations:
            name, self.value_key = _options(layout.annotations, DISCRIMINATOR)
            self.tag = union if name is None else name
            self._take(key for key in (self.tag, self.value_key) if key is not None)
        #: The fields outside of the union, and the members of it by their discriminants.
        self.singles: Final[list[JsonField]] = []
        self.members: Final[dict[int, JsonField]] = {}
        #: The members of the union by their names, and those with a key of their own by that.
        self.by_tag: Final[dict[str, JsonField]] = {}
        self.by_key: Final[dict[str, JsonField]] = {}
        for field in layout.fields:
            found = JsonField(field, self, inside)
            member = field.member
            inner = found.inner
            if inner is not None:
                self._take((found.prefix + name for name in inner.names), member is not None)
            if member is None:
                self.singles.append(found)
                if inner is None:
                    self._take((found.name,))
                continue
            self.members[member] = found
            if found.name in self.by_tag:
                raise self.error(f"two members of its union have the name {found.name!r} in JSON")
            self.by_tag[found.name] = found
            if inner is None and self.value_key is None:
                self._take((found.name,))
                self.by_key[found.name] = found

    def _take(self, names: Iterable[str], shared: bool = False) -> None:
        """Note keys; ``shared`` keys are those of flattened members of the union."""
        for name in names:
            if not (shared and self.names.get(name, True)) and name in self.names:
                raise self.error(f"two of its fields have the key {name!r} in JSON")
            self.names[name] = shared

    def error(self, what: str) -> SchemaError:
        """Return the error for a mistake in the annotations of the struct."""
        return SchemaError(f"{self.layout.owner.__qualname__} cannot be written as JSON: {what}")


def _shape_of(layout: Layout) -> JsonLayout:
    """Return the keys of a struct or group, which are found only once."""
    found: JsonLayout | None = layout.json
    if found is None:
        found = layout.json = JsonLayout(layout)
    return found


def json_of(layout: Layout) -> JsonLayout:
    """Return the keys of a struct or group.

    Raises:
        SchemaError: If there is a mistake in its annotations, or a parameter has no type.
    """
    found = _shape_of(layout)
    if found.untyped:
        raise found.error(f"{found.untyped} is of any type, so it cannot be flattened or encoded")
    return found


def check_struct(layout: Layout) -> None:
    """Check the annotations of a struct, and of the generic structs that are types of its fields.

    Raises:
        SchemaError: If the struct cannot be written as JSON. Parameters may have no type yet.
    """
    if layout.has_json:
        _shape_of(layout)
    for field in layout.fields:
        kind: BaseKind = field.kind
        while isinstance(kind, ListKind):
            kind = kind.of
        if (
            isinstance(kind, StructKind)
            and kind.struct.brand
            and kind.struct.owner()._layout.has_json
        ):
            _shape_of(kind.struct.layout())


def check_enum(owner: type[Enumeration]) -> None:
    """Raise ``SchemaError`` if two enumerants have one name in JSON."""
    labels = json_labels_of(owner)
    for label in labels:
        if labels.count(label) > 1:
            raise SchemaError(
                f"two enumerants of {owner.__qualname__} have the name {label!r} in JSON"
            )


def is_json_value(layout: Layout) -> bool:
    """Return whether a struct is ``Value`` of ``json.capnp``: any JSON."""
    return layout.type_id == VALUE
