"""The encoder capnsafe, or a patched copy of it.

The package is a parameter: a planted bug is a copy of capnsafe under another name, with its own
classes and exceptions, and the adapter must not confuse the two.

`capnsafe_plan` chooses the call for an operation; a session makes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from inspect import signature
from struct import calcsize
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from capnsafe_allocators import files_of

from ..memories import LIBRARY
from ..scenario.operations import HANDLE_MAKERS, Verb
from ..scenario.program import NO_HANDLE, Operation, made_by
from ..scenario.schema import FLOATS, Type
from . import capnsafe_steps
from .capnsafe_api import bits_of, float_of
from .capnsafe_plan import (
    FUNCTION,
    MEMORY,
    Argument,
    BufferArgument,
    ElementArgument,
    FloatArgument,
    HandleArgument,
    NameArgument,
    Plan,
    plan_of,
)
from .capnsafe_script import print_program
from .protocol import Failure

if TYPE_CHECKING:
    from capnsafe.allocator import Allocator

    from ..scenario import Scenario
    from .protocol import Account

_PLAIN: Final = frozenset((int, bool, str, bytes))
"""Converts the arguments of a plan to those of the package."""
_NONE: Final[dict[str, Any]] = {}
_TOLD: Final = re.compile(r", (\d+) words?,")
_OUTPUT: Final = Operation(Verb.OUTPUT)
_CANONICAL: Final = Operation(Verb.CANONICAL)


def view_of(argument: BufferArgument) -> memoryview:
    """Return the buffer of an argument."""
    octets, code, rows = argument
    if not code:
        return memoryview(octets)[::2]
    # mypy accepts only literal formats; these come from the element of a list.
    if rows == 1:  # No shape: memoryview refuses one that has a zero.
        flat: memoryview = memoryview(octets).cast(code)  # type: ignore[call-overload]
        return flat
    shape = [rows, len(octets) // rows // calcsize(code)]
    view: memoryview = memoryview(octets).cast(code, shape)  # type: ignore[call-overload]
    return view


class CapnsafeSession:
    """A ``MessageBuilder`` of the package, and the handles made so far."""

    __slots__ = ("_elements", "_handles", "_memory", "_message", "_options", "_package", "_types")

    def __init__(
        self,
        message: Any,
        elements: Any,
        package: ModuleType | None = None,
        memory: Any = None,
        options: Mapping[str, Any] = _NONE,
    ) -> None:
        """Begin with the message, ``Element`` and the package, and its memory and options."""
        self._message = message
        self._elements = elements
        self._package = package
        self._memory = memory
        self._options = options
        self._handles: list[Any] = []
        self._types: list[Type] = []

    def perform(self, operation: Operation) -> object:
        """Do one operation other than OUTPUT and CANONICAL."""
        number = operation.handle
        held = None if number == NO_HANDLE else self._types[number]
        if operation.verb is Verb.RESUME:
            return self._resume(operation)
        result = self._call(plan_of(held, operation))
        if operation.verb in HANDLE_MAKERS:
            return self._number(operation, result)
        return result

    def _call(self, plan: Plan) -> Any:
        number, method, arguments, keywords, returns = plan
        receiver = self._message if number == NO_HANDLE else self._handles[number]
        if method.startswith(FUNCTION):
            call = partial(getattr(capnsafe_steps, method[len(FUNCTION) :]), receiver)
        else:
            call = getattr(receiver, method)
        result = call(
            *[one if one.__class__ in _PLAIN else self._argument(one) for one in arguments],
            **({name: self._argument(one) for name, one in keywords} if keywords else _NONE),
        )
        if returns is None:
            return result
        return bits_of(returns, result) if returns in FLOATS else result.value

    def _resume(self, operation: Operation) -> bool:
        """Continue the message with a new builder. The old builder must not be used or closed."""
        self._message, root = capnsafe_steps.resumed(self._message, self._memory, **self._options)
        self._handles = [None] * len(self._handles)
        return self._number(operation, root)

    def _argument(self, argument: Argument) -> Any:
        """Return an argument of a plan in the package's API."""
        if argument.__class__ in _PLAIN:
            return argument
        if isinstance(argument, HandleArgument):
            return self._handles[argument.number]
        if isinstance(argument, ElementArgument):
            return getattr(self._elements, argument.name)
        if isinstance(argument, FloatArgument):
            return float_of(*argument)
        if isinstance(argument, BufferArgument):
            return view_of(argument)
        if isinstance(argument, NameArgument):
            return self._memory if argument is MEMORY else getattr(self._package, argument.name)
        assert isinstance(argument, list | tuple)
        return argument.__class__([self._argument(one) for one in argument])

    def _number(self, operation: Operation, handle: Any) -> bool:
        held = None if operation.handle == NO_HANDLE else self._types[operation.handle]
        made = made_by(held, operation)
        assert made is not None
        self._types.append(made)
        self._handles.append(handle)
        return handle is not None

    def skip(self, operation: Operation) -> None:
        """Give a number to the handle that the operation would have made, without an object."""
        if operation.verb in HANDLE_MAKERS:
            self._number(operation, None)

    def output(self) -> bytes:
        """Return the framed message."""
        stream: bytes = self._call(plan_of(None, _OUTPUT))
        return stream

    def canonical(self) -> bytes:
        """Return the one segment of the canonical form."""
        segment: bytes = self._call(plan_of(None, _CANONICAL))
        return segment

    def segment_words(self) -> tuple[int, ...]:
        """Return the words handed out in each segment."""
        words: tuple[int, ...] = self._message.segment_words()
        return words

    def told_words(self) -> int | None:
        """Return the number of words in use, from the ``repr`` of the message."""
        told = _TOLD.search(repr(self._message))
        return None if told is None else int(told[1])

    def close(self) -> None:
        """Release everything."""
        self._message.close()


class CapnsafeEncoder:
    """capnsafe, or a copy of it under another name."""

    def __init__(self, package: ModuleType, name: str = "capnsafe") -> None:
        """Test ``package``, which must have capnsafe's public names."""
        self.name: Final = name
        self.package: Final = package
        self._is_own = files_of(package)
        self._builder = package.MessageBuilder
        #: Whether messages can verify the contents of their memory.
        self.verifies: Final = "verify" in signature(package.MessageBuilder).parameters
        #: The package whose memories are used, so that mistakes in them are tested, too.
        memory = getattr(package, "memory", None)
        self.memories: Final = LIBRARY if memory is None else memory.__name__.rpartition(".")[0]
        #: The first class that matches decides.
        self._classes: Final = (
            (package.StaleHandle, Failure.STALE),
            (package.ArgumentIndexError, Failure.INDEX),
            (package.ArgumentError, Failure.ARGUMENT),
            (package.SegmentLost, Failure.LOST),
            (package.AllocatorError, Failure.REFUSED),
            (package.MessageTooLarge, Failure.LIMIT),
            (package.Reentered, Failure.BUSY),
            # Raised while another call is running, and after a call was interrupted.
            (package.Poisoned, Failure.BUSY),
            (package.Error, Failure.ERROR),
        )

    def session(
        self, memory: Allocator, max_segment_words: int, **options: bool
    ) -> CapnsafeSession:
        """Begin a message; use ``verify=True`` if the package has that."""
        given = {"max_segment_words": max_segment_words, **options}
        message = self._builder(memory, **given)
        return CapnsafeSession(message, self.package.Element, self.package, memory, given)

    def classify(self, error: BaseException) -> Failure:
        """Return the meaning of a session's exception; FOREIGN if the package has no such class."""
        for held, failure in self._classes:
            if isinstance(error, held):
                return failure
        return Failure.FOREIGN

    def owns(self, filename: str) -> bool:
        """Return whether the file belongs to the package."""
        return self._is_own(filename)

    def argument_type(self, error: BaseException) -> bool:
        """Return whether callers can catch the error as its builtin class."""
        return isinstance(error, TypeError | ValueError | IndexError)

    def script(self, scenario: Scenario, account: Account | None = None) -> str:
        """Print the scenario as a program in capnsafe's API."""
        planted = self.name.partition(":")[2]
        return print_program(scenario, account, planted, verifies=self.verifies)
