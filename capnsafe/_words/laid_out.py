"""The protocol by which values, readers and builders of a schema enter a message.

Their classes have a method ``__capnsafe_copy__``, which lays out the object in private bytes. The
encoder calls it before it asks for memory (P10).
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from ..errors import ArgumentTypeError, Error
from .arguments import call, error_text, method_of, type_name
from .block import Block, Copied
from .caught import Raised
from .tree import Tree

B = TypeVar("B")
R = TypeVar("R")
B_co = TypeVar("B_co", covariant=True)
R_co = TypeVar("R_co", covariant=True)


#: The data words and pointers of a struct, its class of builders, and its class of readers.
Types: TypeAlias = "tuple[int, int, Callable[[Any], B], Callable[[Any], R]]"


class LaidOut(Protocol):
    """An object that can be copied into a message."""

    def __capnsafe_copy__(self) -> Copied:
        """Return the object with everything below it, in private bytes."""


class SchemaClass(Protocol[B_co, R_co]):
    """A class that was generated for a struct of a schema."""

    def __capnsafe_schema__(self) -> Types[B_co, R_co]:
        """Return the data words, the pointers, the class of builders and the class of readers."""


#: Reads the method of a class that lays out an object of it.
_METHOD: Final[Callable[[type], object]] = attrgetter("__capnsafe_copy__")


def laid_out(value: object) -> Copied | None:
    """Return a copy of ``value``, or ``None`` if its class cannot be laid out."""
    try:
        method = call(_METHOD, type(value))
    except Raised:
        method = None
    if not callable(method):
        return None
    try:
        copied = call(method, value)
    except Raised as raised:
        cause = raised.__cause__ or raised
        if issubclass(type(cause), Error):
            raise cause from None
        raise ArgumentTypeError(
            f"{type_name(value)} could not be laid out: {error_text(cause)}"
        ) from cause
    if type(copied) is Block or type(copied) is Tree:
        return copied
    raise ArgumentTypeError(f"{type_name(value)} must be laid out as a tree or block of capnsafe")


def struct_type(kind: SchemaClass[B, R]) -> Types[B, R]:
    """Return (data words, pointers, builder, reader) of a generated class."""
    method = method_of(kind, "__capnsafe_schema__")
    if issubclass(type(kind), type) and callable(method):
        try:
            found: Types[B, R] = method()
        except Exception as error:
            raise ArgumentTypeError(f"the class cannot be opened: {error_text(error)}") from error
        return found
    raise ArgumentTypeError(
        f"the type of a struct must be a class that was generated from a schema, not {_shown(kind)}"
    )


def _shown(kind: Any) -> str:
    """Return a description of an object that is no class of values, and what to give instead."""
    if not issubclass(type(kind), type):
        is_value = callable(method_of(type(kind), "__capnsafe_schema__"))
        hint = ": give the class itself" if is_value else ""
        return f"an object of the class {type_name(kind)}{hint}"
    name = _name_of(kind)
    layout = method_of(kind, "_unbound") or method_of(kind, "_layout")
    owner = method_of(layout, "owner")
    if owner is kind:
        return f"the group {name}"
    given = f"the class {name}"
    return given if owner is None else f"{given}: give {_name_of(owner)}"


def class_or_name(value: Any) -> str:
    """Return the name of the class of an object, or which class it is itself."""
    is_class = issubclass(type(value), type)
    return f"the class {_name_of(value)}" if is_class else type_name(value)


def _name_of(kind: Any) -> str:
    """Return the name of a class, with those of the classes around it."""
    name = method_of(kind, "__qualname__")
    return name if type(name) is str else "type"
