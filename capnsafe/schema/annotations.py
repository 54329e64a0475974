"""Annotations: values that a schema attaches to its structs, fields and enums.

``UNIT.of(Sensor, "height")`` returns the value of the annotation ``unit`` on the field ``height``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Generic, TypeAlias, TypeVar, final

from ..errors import ArgumentValueError
from .enums import Enumeration, annotations_of
from .kinds import EnumKind
from .layout import BaseKind, Default, PointerTo
from .values import StructValue

T = TypeVar("T")

#: The values of annotations, by the ids of the declarations of the annotations.
Annotations: TypeAlias = "Mapping[int, Any]"


@final
class Annotation(Generic[T]):
    """An annotation that a schema declares, such as ``annotation unit @0x… (field) :Text;``.

    ``T`` is the type of its values.
    """

    __slots__ = ("_id", "_kind")

    def __init__(self, annotation_id: int, kind: BaseKind) -> None:
        self._id: Final = annotation_id
        self._kind: Final = kind

    def of(self, owner: type[StructValue] | type[Enumeration], name: str | None = None) -> T | None:
        """Return the value of this annotation on a struct or enum, or on one of its members.

        The value is ``None`` if the annotation is absent, or if it has the type Void.

        Args:
            owner: The class of the struct or enum.
            name: The name in Python of a field or enumerant; ``None`` for ``owner`` itself.

        Raises:
            ArgumentValueError: If ``owner`` has no member ``name``.
        """
        value: T | None = self._read(_found(owner, name).get(self._id))
        return value

    def is_on(self, owner: type[StructValue] | type[Enumeration], name: str | None = None) -> bool:
        """Return whether a struct or enum, or its member ``name``, has this annotation.

        Raises:
            ArgumentValueError: If ``owner`` has no member ``name``.
        """
        return self._id in _found(owner, name)

    def _read(self, raw: Any) -> Any:
        kind = self._kind
        if type(raw) is Default and isinstance(kind, PointerTo):
            return raw.value(kind)
        return kind.made(raw) if isinstance(kind, EnumKind) and raw is not None else raw


def _found(owner: type[StructValue] | type[Enumeration], name: str | None) -> Annotations:
    if issubclass(owner, Enumeration):
        return annotations_of(owner, name)
    layout = owner._layout
    if name is None:
        return layout.annotations
    field = layout.by_name.get(name)
    if field is None:
        raise ArgumentValueError(f"{owner.__qualname__} has no field {name!r}")
    return field.annotations
