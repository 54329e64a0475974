"""capnsafe under test, or a patched copy of it.

The package is a parameter: a planted bug is a copy of capnsafe under another name, with classes and
exceptions of its own, and the adapter must not confuse the two.

What an operation needs (which method, which numbers of the schema) depends only on the type of its
handle, its verb, its place, and what it takes a pointer for.  It is compiled once into a closure
and kept, so that an execution costs one look-up an operation.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from ..scenario.operations import HANDLE_MAKERS, SOURCED, Verb
from ..scenario.program import As, Operation, made_by
from ..scenario.schema import (
    DYNAMIC,
    EVERYTHING,
    FLOATS,
    POINTERS,
    TYPES,
    Field,
    FieldKind,
    ListType,
    OrphanType,
    StructType,
    Type,
)
from .capnsafe_api import ACCESSORS, POINTER_ELEMENTS, bits_of, float_of, union_slots
from .capnsafe_script import print_program
from .protocol import Failure

if TYPE_CHECKING:
    from capnsafe.allocator import Allocator

    from ..scenario import Scenario
    from .protocol import Account

Performer = Callable[[Any, Any, Any], Any]
"""(handle, place, value) -> value or new handle; of COPY and ADOPT, the value is a handle, too."""

CompiledKey = tuple[Type, Verb, str | None, str | None]
"""What a performer depends on: the last is what a pointer is taken for."""


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Turns a ``CompiledKey`` into a performer, for one package."""

    elements: Any
    """The package's ``Element`` enumeration."""

    def element(self, kind: FieldKind) -> Any:
        return getattr(self.elements, ACCESSORS[kind].upper())

    def compile(self, key: CompiledKey) -> Performer:
        held, verb, place, taken = key
        if verb is Verb.DROP:
            return lambda orphan, _, __: orphan.drop()
        if isinstance(held, OrphanType):
            assert verb is Verb.UNWRAP
            return self._on_orphan(TYPES[taken or held.target or ""])
        if isinstance(held, StructType):
            assert place is not None
            field = held.by_name[place]
            if verb is Verb.SELECT:
                return self._select(held, field)
            performer = self._on_scalar_field(field, verb)
            if performer is None:
                target = taken or field.target
                performer = self._on_pointer(field.kind, target, verb, field.offset)
            return performer
        return self._on_element(held, verb, taken)

    def _select(self, held: StructType, union: Field) -> Performer:
        data, pointers = union_slots(held, union)
        fields = [(self.element(kind), offset) for kind, offset in data]
        numbers = {member: number for number, member in enumerate(union.members)}
        return lambda handle, _, member: handle.select(
            union.offset, numbers[member], fields=fields, pointers=pointers
        )

    def _on_orphan(self, made: Type) -> Performer:
        if isinstance(made, StructType):
            return lambda orphan, _, __: orphan.get_struct()
        assert isinstance(made, ListType)
        if made.element is FieldKind.STRUCT:
            return lambda orphan, _, __: orphan.get_struct_list()
        if made.element in POINTER_ELEMENTS:
            return lambda orphan, _, __: orphan.get_pointer_list()
        element = self.element(made.element)
        return lambda orphan, _, __: orphan.get_list(element)

    def _on_scalar_field(self, field: Field, verb: Verb) -> Performer | None:
        if field.kind in POINTERS:
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
        self, kind: FieldKind, target: str | None, verb: Verb, fixed: int | None
    ) -> Performer:
        """On a pointer at index ``fixed``, or at the place of each operation if that is None."""
        performer = self._on_any_pointer(kind, target, verb)
        if fixed is None:
            return performer
        return lambda handle, _, value: performer(handle, fixed, value)

    def _on_any_pointer(self, kind: FieldKind, target: str | None, verb: Verb) -> Performer:
        if verb in _MOVES:
            return _MOVES[verb]
        if kind is FieldKind.ANY and verb is Verb.GET:
            return lambda handle, index, _: handle.kind(index).value
        if kind is FieldKind.ANY and verb is Verb.SET:
            return _set_any
        if kind in (FieldKind.TEXT, FieldKind.DATA, FieldKind.CAPABILITY):
            name = f"{verb.value}_{ACCESSORS[kind]}"
            if verb is Verb.SET:
                return lambda handle, index, value: getattr(handle, name)(index, value)
            return lambda handle, index, _: getattr(handle, name)(index)
        assert target is not None
        made = TYPES[target]
        if verb is Verb.FILL:
            assert isinstance(made, ListType)
            element = self.element(made.element)
            return lambda handle, index, octets: handle.set_list(index, element, octets)
        return self._on_object(made, verb, kind in DYNAMIC)

    def _on_object(self, made: Type, verb: Verb, grows: bool) -> Performer:
        """INIT or OPEN; what ``grows`` is opened at the sizes of its type, whatever it has."""
        if isinstance(made, StructType):
            data_words, pointers = made.data_words, made.pointer_count
            if verb is Verb.INIT:
                return lambda handle, index, _: handle.init_struct(index, data_words, pointers)
            if grows:
                return lambda handle, index, _: handle.get_struct(index, data_words, pointers)
            return lambda handle, index, _: handle.get_struct(index)
        assert isinstance(made, ListType)
        if made.element is FieldKind.STRUCT:
            assert isinstance(made.type, StructType)
            data_words, pointers = made.type.data_words, made.type.pointer_count
            if verb is Verb.INIT:
                return lambda handle, index, count: handle.init_struct_list(
                    index, count, data_words, pointers
                )
            if grows:
                return lambda handle, index, _: handle.get_struct_list(index, data_words, pointers)
            return lambda handle, index, _: handle.get_struct_list(index)
        if made.element in POINTER_ELEMENTS:
            if verb is Verb.INIT:
                return lambda handle, index, count: handle.init_pointer_list(index, count)
            return lambda handle, index, _: handle.get_pointer_list(index)
        element = self.element(made.element)
        if verb is Verb.INIT:
            return lambda handle, index, count: handle.init_list(index, element, count)
        return lambda handle, index, _: handle.get_list(index, element)

    def _on_element(self, held: ListType, verb: Verb, taken: str | None) -> Performer:
        kind = held.element
        if kind is FieldKind.STRUCT:
            if verb is Verb.COPY:
                return lambda handle, index, source: handle.__setitem__(index, source)
            assert verb is Verb.OPEN
            return lambda handle, index, _: handle[index]
        if kind in POINTER_ELEMENTS:
            return self._on_pointer(kind, taken or held.target, verb, None)
        if kind in FLOATS:
            if verb is Verb.SET:
                return lambda handle, index, value: handle.__setitem__(index, float_of(kind, value))
            return lambda handle, index, _: bits_of(kind, handle[index])
        if verb is Verb.SET:
            return lambda handle, index, value: handle.__setitem__(index, value)
        return lambda handle, index, _: handle[index]


_MOVES: Final[dict[Verb, Performer]] = {
    Verb.CLEAR: lambda handle, index, _: handle.clear(index),
    Verb.COPY: lambda handle, index, source: handle.set(index, source),
    Verb.DISOWN: lambda handle, index, _: handle.disown(index),
    Verb.ADOPT: lambda handle, index, orphan: handle.adopt(index, orphan),
}
"""What goes with every pointer, whatever it leads to."""


def _set_any(handle: Any, index: int, value: object) -> None:
    """Set what may lead to anything to a text, a blob or a capability."""
    if isinstance(value, str):
        handle.set_text(index, value)
    elif isinstance(value, bytes):
        handle.set_data(index, value)
    else:
        handle.set_capability(index, value)


class CapnsafeSession:
    """A ``MessageBuilder`` of the package, and the handles made so far."""

    __slots__ = ("_handles", "_message", "_performers", "_types")

    def __init__(self, message: Any, performers: Callable[[CompiledKey], Performer]) -> None:
        self._message = message
        self._performers = performers
        self._handles: list[Any] = []
        self._types: list[Type] = []

    def perform(self, operation: Operation) -> object:
        """Do one operation other than OUTPUT and CANONICAL."""
        verb, number, place, value = operation
        if verb is Verb.ROOT:
            handle = self._message.init_root(EVERYTHING.data_words, EVERYTHING.pointer_count)
            return self._number(EVERYTHING, handle)
        if verb is Verb.REOPEN:
            return self._number(EVERYTHING, self._message.get_root())
        held, handle = self._types[number], self._handles[number]
        if verb is Verb.COPY_ROOT:
            return self._message.set_root(handle)
        if verb is Verb.NEW:
            return self._number(self._made(operation), self._message.new_orphan(handle))
        argument: Any = value
        taken = None
        if isinstance(value, As):
            taken, argument = value.type, value.length
        elif verb in SOURCED:
            assert isinstance(value, int)
            argument = self._handles[value]
        key = (held, verb, place if isinstance(place, str) else None, taken)
        result = self._performers(key)(handle, place, argument)
        if verb in HANDLE_MAKERS:
            return self._number(self._made(operation), result)
        return result

    def _number(self, made: Type, handle: Any) -> bool:
        self._types.append(made)
        self._handles.append(handle)
        return handle is not None

    def _made(self, operation: Operation) -> Type:
        made = made_by(self._types[operation.handle], operation)
        assert made is not None
        return made

    def skip(self, operation: Operation) -> None:
        """Number the handle that the operation would have made, without an object behind it."""
        if operation.verb in HANDLE_MAKERS:
            if operation.verb in (Verb.ROOT, Verb.REOPEN):
                made: Type = EVERYTHING
            else:
                made = self._made(operation)
            self._number(made, None)

    def output(self) -> bytes:
        """Answer the framed message."""
        stream: bytes = self._message.to_bytes()
        return stream

    def canonical(self) -> bytes:
        """Answer the one segment of the canonical form."""
        segment: bytes = self._message.canonical()
        return segment

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
        self._compiled: dict[CompiledKey, Performer] = {}
        #: The first class that fits decides.
        self._classes: Final = (
            (package.StaleHandle, Failure.STALE),
            (package.ArgumentIndexError, Failure.INDEX),
            (package.ArgumentError, Failure.ARGUMENT),
            (package.SegmentLost, Failure.LOST),
            (package.AllocatorError, Failure.REFUSED),
            (package.MessageTooLarge, Failure.LIMIT),
            (package.Reentered, Failure.BUSY),
            # A call is under way, or was interrupted: in the middle of a call both say this.
            (package.Poisoned, Failure.BUSY),
            (package.Error, Failure.ERROR),
        )

    def session(
        self, memory: Allocator, max_segment_words: int, **options: bool
    ) -> CapnsafeSession:
        """Begin a message; ``verify=True`` where the package has that."""
        message = self._builder(memory, max_segment_words=max_segment_words, **options)
        return CapnsafeSession(message, self._performer)

    def _performer(self, key: CompiledKey) -> Performer:
        performer = self._compiled.get(key)
        if performer is None:
            performer = self._compiled[key] = self._compiler.compile(key)
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
        planted = self.name.partition(":")[2]
        return print_program(scenario, account, planted, verifies=self.verifies)
