"""Enums of a schema."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final, TypeVar, final

from ..errors import ArgumentValueError
from .json_ids import NAME

E = TypeVar("E", bound="Enumeration")


class Enumeration(IntEnum):
    """The base of generated enums. A value that the schema does not know is also accepted."""

    @classmethod
    def _missing_(cls, value: object) -> Enumeration:
        """Return a member without a name in the schema, so that the value survives."""
        if type(value) is not int or not 0 <= value < 1 << 16:
            raise ArgumentValueError(f"a value of {cls.__qualname__} must be 0 to 65535")
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member

    def __repr__(self) -> str:
        """Return an expression that makes the value."""
        kind = type(self)
        if self.label is None:
            return f"{kind.__qualname__}({int(self)})"
        return f"{kind.__qualname__}.{self._name_}"

    @property
    def label(self) -> str | None:
        """The name in the schema, or ``None`` if the schema does not know the value."""
        names = labels_of(type(self))
        return names[self] if self < len(names) else None


_ANNOTATIONS: Final[dict[type[Enumeration], dict[str, dict[int, Any]]]] = {}

_LABELS: Final[dict[type[Enumeration], tuple[str, ...]]] = {}
_JSON_LABELS: Final[dict[type[Enumeration], tuple[str, ...]]] = {}


@final
class Enumerants(dict[int, E]):
    """The members of an enum by value. A value that the schema does not know gets a new member."""

    def __init__(self, owner: type[E]) -> None:
        super().__init__((int(member), member) for member in owner)
        self._owner: Final = owner

    def __missing__(self, value: int) -> E:
        """Return a member for a value that the schema does not know."""
        return self._owner(value)


def enumerants(
    owner: type[E], *names: str, annotations: dict[str, dict[int, Any]] | None = None
) -> Enumerants[E]:
    """Declare an enum; return its members by value.

    Args:
        owner: The class of the enum.
        names: The names in the schema of the members, in the order of their values.
        annotations: The values of annotations on each member, by its name in Python. The key ``""``
            has those on the enum itself.
    """
    _LABELS[owner] = names
    notes = _ANNOTATIONS[owner] = annotations or {}
    _JSON_LABELS[owner] = tuple(
        notes.get(member._name_, {}).get(NAME, label)
        for member, label in zip(owner, names, strict=True)
    )
    return Enumerants(owner)


def annotations_of(owner: type[Enumeration], name: str | None) -> dict[int, Any]:
    """Return the annotations of an enum, or of one of its members."""
    if name is not None and name not in owner.__members__:
        raise ArgumentValueError(f"{owner.__qualname__} has no member {name!r}")
    return _ANNOTATIONS[owner].get(name or "", {})


def labels_of(owner: type[Enumeration]) -> tuple[str, ...]:
    """Return the names of the enumerants in the schema."""
    return _LABELS[owner]


def json_labels_of(owner: type[Enumeration]) -> tuple[str, ...]:
    """Return the names of the enumerants in JSON, which annotations may change."""
    return _JSON_LABELS[owner]
