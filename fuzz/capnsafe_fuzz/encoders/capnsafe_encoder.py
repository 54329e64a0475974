"""capnsafe under test, or a patched copy of it.

The package is a parameter: a planted bug is a copy of capnsafe under another name, with classes and
exceptions of its own, and the adapter must not confuse the two.

What an operation needs (which method, which numbers of the schema) depends only on the type of its
handle, its verb and its place.  It is compiled once into a closure and kept, so that an execution
costs one look-up an operation.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from ..scenario.program import HANDLE_MAKERS, Operation, Verb
from ..scenario.schema import (
    EVERYTHING,
    FLOATS,
    TYPES,
    Field,
    Kind,
    ListType,
    StructType,
    Type,
)
from .protocol import Failure

if TYPE_CHECKING:
    from capnsafe.allocator import Allocator

    from ..scenario import Scenario
    from .protocol import Account

Performer = Callable[[Any, Any, Any], Any]
"""(handle, place, value) -> value or new handle."""

#: The suffix of getters and setters, and the name in ``Element``, by kind.
ACCESSORS: Final = {
    Kind.VOID: "void",
    Kind.BOOL: "bool",
    Kind.INT8: "int8",
    Kind.INT16: "int16",
    Kind.INT32: "int32",
    Kind.INT64: "int64",
    Kind.UINT8: "uint8",
    Kind.UINT16: "uint16",
    Kind.UINT32: "uint32",
    Kind.UINT64: "uint64",
    Kind.FLOAT32: "float32",
    Kind.FLOAT64: "float64",
    Kind.ENUM: "uint16",
    Kind.TEXT: "text",
    Kind.DATA: "data",
}

_FLOAT_FORMS: Final = {
    Kind.FLOAT32: (struct.Struct("<I"), struct.Struct("<f")),
    Kind.FLOAT64: (struct.Struct("<Q"), struct.Struct("<d")),
}


def float_of(kind: Kind, bits: int) -> float:
    """The Python float with these IEEE bits."""
    whole, real = _FLOAT_FORMS[kind]
    value: float = real.unpack(whole.pack(bits))[0]
    return value


def bits_of(kind: Kind, value: float) -> int:
    """The IEEE bits of a Python float."""
    whole, real = _FLOAT_FORMS[kind]
    bits: int = whole.unpack(real.pack(value))[0]
    return bits


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Turns (type, verb, place) into a performer, for one package."""

    elements: Any
    """The package's ``Element`` enumeration."""

    def element(self, kind: Kind) -> Any:
        return self.elements[ACCESSORS[kind].upper()]

    def compile(self, held: Type, verb: Verb, place: str | None) -> Performer:
        if isinstance(held, StructType):
            assert place is not None
            field = held.by_name[place]
            performer = self._on_scalar_field(field, verb)
            if performer is None:
                performer = self._on_pointer(field.kind, field.target, verb, field.offset)
            return performer
        return self._on_element(held, verb)

    def _on_scalar_field(self, field: Field, verb: Verb) -> Performer | None:
        if field.kind in (Kind.TEXT, Kind.DATA, Kind.STRUCT, Kind.LIST):
            return None
        assert verb in (Verb.SET, Verb.GET)
        offset, kind = field.offset, field.kind
        name = f"{verb.value}_{ACCESSORS[kind]}"
        default: Any = field.default
        if kind in FLOATS:
            default = float_of(kind, int(default or 0))
            if verb is Verb.SET:
                return lambda handle, _, value: getattr(handle, name)(
                    offset, float_of(kind, value), default
                )
            return lambda handle, _, __: bits_of(kind, getattr(handle, name)(offset, default))
        if not default:
            if verb is Verb.SET:
                return lambda handle, _, value: getattr(handle, name)(offset, value)
            return lambda handle, _, __: getattr(handle, name)(offset)
        if verb is Verb.SET:
            return lambda handle, _, value: getattr(handle, name)(offset, value, default)
        return lambda handle, _, __: getattr(handle, name)(offset, default)

    def _on_pointer(
        self, kind: Kind, target: str | None, verb: Verb, fixed: int | None
    ) -> Performer:
        """On a pointer at index ``fixed``, or at the place of each operation if that is None."""
        performer = self._on_any_pointer(kind, target, verb)
        if fixed is None:
            return performer
        return lambda handle, _, value: performer(handle, fixed, value)

    def _on_any_pointer(self, kind: Kind, target: str | None, verb: Verb) -> Performer:
        if verb is Verb.CLEAR:
            return lambda handle, index, _: handle.clear(index)
        if kind in (Kind.TEXT, Kind.DATA):
            name = f"{verb.value}_{ACCESSORS[kind]}"
            if verb is Verb.SET:
                return lambda handle, index, value: getattr(handle, name)(index, value)
            return lambda handle, index, _: getattr(handle, name)(index)
        assert target is not None
        return self._on_object(TYPES[target], verb)

    def _on_object(self, made: Type, verb: Verb) -> Performer:
        if isinstance(made, StructType):
            data_words, pointers = made.data_words, made.pointer_count
            if verb is Verb.INIT:
                return lambda handle, index, _: handle.init_struct(index, data_words, pointers)
            return lambda handle, index, _: handle.get_struct(index)
        if made.element is Kind.STRUCT:
            assert isinstance(made.type, StructType)
            data_words, pointers = made.type.data_words, made.type.pointer_count
            if verb is Verb.INIT:
                return lambda handle, index, count: handle.init_struct_list(
                    index, count, data_words, pointers
                )
            return lambda handle, index, _: handle.get_struct_list(index)
        if made.element in (Kind.TEXT, Kind.DATA, Kind.LIST):
            if verb is Verb.INIT:
                return lambda handle, index, count: handle.init_pointer_list(index, count)
            return lambda handle, index, _: handle.get_pointer_list(index)
        element = self.element(made.element)
        if verb is Verb.INIT:
            return lambda handle, index, count: handle.init_list(index, element, count)
        return lambda handle, index, _: handle.get_list(index, element)

    def _on_element(self, held: ListType, verb: Verb) -> Performer:
        kind = held.element
        if kind is Kind.STRUCT:
            assert verb is Verb.OPEN
            return lambda handle, index, _: handle[index]
        if kind in (Kind.TEXT, Kind.DATA, Kind.LIST):
            return self._on_pointer(kind, held.target, verb, None)
        if kind in FLOATS:
            if verb is Verb.SET:
                return lambda handle, index, value: handle.__setitem__(index, float_of(kind, value))
            return lambda handle, index, _: bits_of(kind, handle[index])
        if verb is Verb.SET:
            return lambda handle, index, value: handle.__setitem__(index, value)
        return lambda handle, index, _: handle[index]


class CapnsafeSession:
    """A ``MessageBuilder`` of the package, and the handles made so far."""

    __slots__ = ("_handles", "_message", "_performers", "_types")

    def __init__(
        self, message: Any, performers: Callable[[Type, Verb, str | None], Performer]
    ) -> None:
        self._message = message
        self._performers = performers
        self._handles: list[Any] = []
        self._types: list[Type] = []

    def perform(self, operation: Operation) -> object:
        """Do one operation other than OUTPUT."""
        verb, number, place, value = operation
        if verb is Verb.ROOT:
            handle = self._message.init_root(EVERYTHING.data_words, EVERYTHING.pointer_count)
            return self._number(EVERYTHING, handle)
        if verb is Verb.REOPEN:
            return self._number(EVERYTHING, self._message.get_root())
        held = self._types[number]
        performer = self._performers(held, verb, place if isinstance(place, str) else None)
        result = performer(self._handles[number], place, value)
        if verb in HANDLE_MAKERS:
            return self._number(self._made(held, place), result)
        return result

    def _number(self, made: Type, handle: Any) -> bool:
        self._types.append(made)
        self._handles.append(handle)
        return handle is not None

    @staticmethod
    def _made(held: Type, place: Any) -> Type:
        return held.by_name[place].type if isinstance(held, StructType) else held.type

    def skip(self, operation: Operation) -> None:
        """Number the handle that the operation would have made, without an object behind it."""
        if operation.verb in HANDLE_MAKERS:
            if operation.verb in (Verb.ROOT, Verb.REOPEN):
                made: Type = EVERYTHING
            else:
                made = self._made(self._types[operation.handle], operation.place)
            self._number(made, None)

    def output(self) -> bytes:
        """Answer the framed message."""
        stream: bytes = self._message.to_bytes()
        return stream

    def segment_words(self) -> tuple[int, ...]:
        """Answer the words handed out of each segment."""
        words: tuple[int, ...] = self._message.segment_words()
        return words

    def close(self) -> None:
        """Release everything."""
        self._message.close()


class CapnsafeEncoder:
    """capnsafe, or a copy of it under another name."""

    def __init__(self, package: ModuleType, name: str = "capnsafe") -> None:
        """``package`` must have capnsafe's public names."""
        self.name: Final = name
        self.package: Final = package
        self._folder = os.path.dirname(os.path.abspath(package.__file__ or "")) + os.sep
        self._builder = package.MessageBuilder
        #: Whether messages can verify what memory holds.
        self.verifies: Final = "verify" in signature(package.MessageBuilder).parameters
        self._compiler = _Compiler(package.Element)
        self._compiled: dict[tuple[Type, Verb, str | None], Performer] = {}
        #: The first class that fits decides.
        self._classes: Final = (
            (package.StaleHandle, Failure.STALE),
            (package.ArgumentIndexError, Failure.INDEX),
            (package.ArgumentError, Failure.ARGUMENT),
            (package.SegmentLost, Failure.LOST),
            (package.AllocatorError, Failure.REFUSED),
            (package.MessageTooLarge, Failure.LIMIT),
            (package.Reentered, Failure.BUSY),
            (package.Error, Failure.ERROR),
        )

    def session(
        self, memory: Allocator, max_segment_words: int, **options: bool
    ) -> CapnsafeSession:
        """Begin a message; ``verify=True`` where the package has that."""
        message = self._builder(memory, max_segment_words=max_segment_words, **options)
        return CapnsafeSession(message, self._performer)

    def _performer(self, held: Type, verb: Verb, place: str | None) -> Performer:
        key = (held, verb, place)
        performer = self._compiled.get(key)
        if performer is None:
            performer = self._compiled[key] = self._compiler.compile(held, verb, place)
        return performer

    def classify(self, error: BaseException) -> Failure:
        """Say what an exception of a session means; FOREIGN if the package has no such class."""
        for held, failure in self._classes:
            if isinstance(error, held):
                return failure
        return Failure.FOREIGN

    def owns(self, filename: str) -> bool:
        """Whether the file is one of the package's."""
        return filename.startswith(self._folder)

    def argument_type(self, error: BaseException) -> bool:
        """Whether callers can catch the error as the builtin that it is."""
        return isinstance(error, TypeError | ValueError | IndexError)

    def script(self, scenario: Scenario, account: Account | None = None) -> str:
        """Print the scenario as a program in capnsafe's API."""
        from .capnsafe_script import print_program

        planted = self.name.partition(":")[2]
        return print_program(scenario, account, planted, verifies=self.verifies)
