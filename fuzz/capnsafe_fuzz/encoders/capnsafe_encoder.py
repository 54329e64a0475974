"""The encoder capnsafe, or a patched copy of it.

The package is a parameter: a planted bug is a copy of capnsafe under another name, with its own
classes and exceptions, and the adapter must not confuse the two.

`capnsafe_plan` chooses the call for an operation; a session makes it.
"""

from __future__ import annotations

from inspect import signature
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from capnsafe_allocators import files_of

from ..scenario.operations import HANDLE_MAKERS, Verb
from ..scenario.program import NO_HANDLE, Operation, made_by
from ..scenario.schema import FLOATS, Type
from .capnsafe_api import bits_of, float_of
from .capnsafe_plan import (
    Argument,
    ElementArgument,
    FloatArgument,
    HandleArgument,
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
_OUTPUT: Final = Operation(Verb.OUTPUT)
_CANONICAL: Final = Operation(Verb.CANONICAL)


class CapnsafeSession:
    """A ``MessageBuilder`` of the package, and the handles made so far."""

    __slots__ = ("_elements", "_handles", "_message", "_types")

    def __init__(self, message: Any, elements: Any) -> None:
        """Take the message, and the package's ``Element``."""
        self._message = message
        self._elements = elements
        self._handles: list[Any] = []
        self._types: list[Type] = []

    def perform(self, operation: Operation) -> object:
        """Do one operation other than OUTPUT and CANONICAL."""
        number = operation.handle
        held = None if number == NO_HANDLE else self._types[number]
        result = self._call(plan_of(held, operation))
        if operation.verb in HANDLE_MAKERS:
            return self._number(operation, result)
        return result

    def _call(self, plan: Plan) -> Any:
        number, method, arguments, keywords, returns = plan
        receiver = self._message if number == NO_HANDLE else self._handles[number]
        result = getattr(receiver, method)(
            *[one if one.__class__ in _PLAIN else self._argument(one) for one in arguments],
            **({name: self._argument(one) for name, one in keywords} if keywords else _NONE),
        )
        if returns is None:
            return result
        return bits_of(returns, result) if returns in FLOATS else result.value

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
        #: The first class that matches decides.
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
        """Begin a message; use ``verify=True`` if the package has that."""
        message = self._builder(memory, max_segment_words=max_segment_words, **options)
        return CapnsafeSession(message, self.package.Element)

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
