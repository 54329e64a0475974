"""One message under construction in a driver's process.

The driver calls back for memory while it performs an operation. The hostile allocator serves these
calls. A fault may call the message from inside one of them: then another request goes to the
driver before it has the answer to its call.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final, NoReturn

from capnsafe_allocators.hostile import Runaway

from ...scenario.nodes import DEFAULTS
from ...scenario.operations import HANDLE_MAKERS, Verb
from ...scenario.program import NO_HANDLE, Operation, made_by, place_of
from ...scenario.schema import Type
from ..protocol import Failure, Memory
from .errors import (
    DriverDied,
    ReportedError,
    UnsupportedError,
    died,
    raise_from_driver,
    reported_class,
)
from .lines import MOST_LINE_BYTES, GarbageError, Line, hex_of
from .mapped import WORD_BYTES, SharedFile
from .process import DriverProcess, EndedError, Processes
from .requests import DESCRIBED, request_of, value_of
from .tape import RecordedProcess, Tape

_MOST_WORDS: Final = MOST_LINE_BYTES // 2 // WORD_BYTES
"""The most words that a library may ask for in one execution. A larger message has no line."""
_FAILURES: Final = {failure.value: failure for failure in Failure}


class DrivenSession:
    """A message in another process."""

    def __init__(self, processes: Processes, memory: Memory, begin: str) -> None:
        """Send the line ``begin`` to a process of the driver."""
        self._file: SharedFile = processes.file
        self._memory: Any = memory
        self._types: list[Type] = []
        self._keys: list[Any] = []
        self._asked_words = 0
        #: The words of each grant; None after it was released.
        self._granted: list[int | None] = []
        self._words: tuple[int, ...] | None = ()
        #: The exceptions that the memory raised, by their numbers in the lines to the driver.
        self._raised: list[BaseException] = []
        self._last_call = ""
        self._depth = 0
        self._dead: DriverDied | None = None
        self._process: DriverProcess | RecordedProcess = self._present(processes)
        self._hello = self._process.hello
        self._library = self._hello.library
        self._ask(begin)

    def _present(self, processes: Processes) -> DriverProcess | RecordedProcess:
        """Return the process in which the message lies."""
        return processes.present()

    # -- the protocol of sessions -----------------------------------------------------------------

    def perform(self, operation: Operation) -> object:
        """Do one operation other than OUTPUT and CANONICAL."""
        number, verb = operation.handle, operation.verb
        held = None if number == NO_HANDLE else self._types[number]
        self._require(operation)
        line = self._ask(request_of(held, operation, len(self._types)))
        if verb in HANDLE_MAKERS:
            made = made_by(held, operation)
            assert made is not None
            self._types.append(made)
            return line.values.get("object") != "0"
        if verb is not Verb.GET:
            return None
        assert held is not None
        try:
            value = value_of(place_of(held, operation.place)[0], line)
        except GarbageError as error:
            raise self._garbled(str(error)) from error
        # If a pointer is null, the driver answers null, even if the field has a default.
        return DEFAULTS.get(str(operation.place)) if value is None else value

    @property
    def ending(self) -> str:
        """Return how the process ended, as a word; an empty string while it runs."""
        return "" if self._dead is None else type(self._dead).__name__

    def skip(self, operation: Operation) -> None:
        """Give a number to the handle that the operation would have made, without an object."""
        if operation.verb in HANDLE_MAKERS:
            held = None if operation.handle == NO_HANDLE else self._types[operation.handle]
            made = made_by(held, operation)
            assert made is not None
            self._types.append(made)

    def output(self) -> bytes:
        """Return the framed message."""
        return self._octets(Operation(Verb.OUTPUT))

    def canonical(self) -> bytes:
        """Return the one segment of the canonical form."""
        return self._octets(Operation(Verb.CANONICAL))

    def segment_words(self) -> tuple[int, ...]:
        """Return the number of words in use of each live segment, from the driver's last answer.

        If the driver does not report them, all words that it was granted count.
        """
        if self._words is not None:
            return self._words
        return tuple(words for words in self._granted if words is not None)

    def close(self) -> None:
        """Release all memory."""
        self._ask("close")
        if self._process.unasked():
            # The next execution would get it as its first answer.
            raise_from_driver(self._garbled("it sent a line that nobody had asked for"), None)

    # -- requests ---------------------------------------------------------------------------------

    def _require(self, operation: Operation) -> None:
        """Raise UnsupportedError for an operation that the driver does not have."""
        described = operation.verb in DESCRIBED
        if not described or operation.verb.value not in self._hello.operations:
            raise UnsupportedError(f"the driver of {self._library} has no {operation.verb.value}")

    def _octets(self, operation: Operation) -> bytes:
        self._require(operation)
        line = self._ask(request_of(None, operation, 0))
        try:
            return line.octets("value")
        except GarbageError as error:
            raise self._garbled(str(error)) from error

    def _ask(self, request: str) -> Line:
        """Send a request, serve the calls of memory, and return the answer.

        If the answer reports an exception, raise it.
        """
        if self._dead is not None:
            raise_from_driver(self._dead, None)
        if self._depth and "reenter" not in self._hello.able:
            raise_from_driver(
                ReportedError("the driver performs no call inside another", failure=Failure.BUSY),
                None,
            )
        outside = self._last_call
        if not self._depth:
            self._last_call = outside = ""
        self._depth += 1
        try:
            self._process.send(request)
            while True:
                line = self._process.receive()
                served = _CALLS.get(line.word)
                if served is None:
                    break
                self._last_call = line.word
                reply = served(self, line)
                self._process.send(reply)
            return self._result(line)
        except EndedError as error:
            raise_from_driver(self._end(error), None)
        except GarbageError as error:
            raise_from_driver(self._garbled(str(error)), None)
        finally:
            self._depth -= 1
            if self._depth:
                self._last_call = outside

    def _result(self, line: Line) -> Line:
        """Return the line of an answer, or raise the exception that it reports."""
        if "words" in self._hello.able:
            self._words = line.numbers("words")
        else:
            self._words = None
        if line.word != "done":
            self._raise_reported(line)
        return line

    def _raise_reported(self, line: Line) -> NoReturn:
        """Raise the exception that an answer reports."""
        if line.word == "unsupported":
            raise UnsupportedError(line.text("text") or "the driver does not have it")
        cause: BaseException | None = None
        if "cause" in line.values:
            number = line.number("cause")
            if number >= len(self._raised):
                raise GarbageError(f"cause={number}, but no call of memory had that number")
            cause = self._raised[number]
        if line.word == "passed" and cause is not None:
            # The exception has no traceback that shows a place in the library, so name the library.
            with suppress(AttributeError):
                vars(cause)["raised_at"] = self._library
            raise_from_driver(cause, cause.__cause__)
        if line.word != "raised":
            raise GarbageError(f"{line.word!r} is no answer of the protocol")
        failure = _FAILURES.get(line.values.get("failure", ""))
        if failure is None:
            given = line.values.get("failure", "")[:40]
            raise GarbageError(
                f"raised has failure={given}, which is none of {', '.join(sorted(_FAILURES))}"
            )
        kind = reported_class(
            self._library, line.values.get("class", "Error"), line.values.get("builtin") == "0"
        )
        error = kind(line.text("text"), failure=failure)
        error.raised_at = line.values.get("at", self._library)
        raise_from_driver(error, cause)

    def _end(self, error: EndedError) -> DriverDied:
        """Note that the process is gone; return the exception of this operation."""
        self._dead = died(self._library, error, self._last_call)
        return self._dead

    def _garbled(self, what: str) -> DriverDied:
        return self._end(self._process.garbled(what))

    # -- calls of memory --------------------------------------------------------------------------

    def _serve_allocate(self, line: Line) -> str:
        words = line.number("words")
        self._asked_words += words
        if self._asked_words > _MOST_WORDS:
            asked = f"{self._asked_words} words for a program that needs a fraction of them"
            raise self._process.called_endlessly(f"it asked for {asked}")
        try:
            key = self._memory.allocate(words)
        except BaseException as error:
            return self._refusal(error)
        number = len(self._keys)
        self._keys.append(key)
        self._granted.append(words)
        return f"granted segment={number}"

    def _serve_segment(self, line: Line) -> str:
        number, key = self._key(line)
        try:
            buffer = self._memory.segment(key)
        except BaseException as error:
            return self._refusal(error)
        # The hostile memory counts views, and a fault may act when one is released. So the view is
        # released here, before the answer.
        view = None
        with suppress(Exception):
            view = memoryview(buffer)
        del buffer
        if view is None:
            return "nothing"
        try:
            offset = self._file.offset_of(view) if view.c_contiguous else None
            length, readonly = view.nbytes, view.readonly
        except BufferError:
            offset = None
        finally:
            view.release()
        if offset is None:
            return "nothing"
        if self._granted[number] is not None:
            self._granted[number] = length // WORD_BYTES
        return f"memory at={offset} bytes={length} readonly={int(readonly)}"

    def _serve_release(self, line: Line) -> str:
        number, key = self._key(line)
        self._granted[number] = None
        try:
            self._memory.release(key, line.number("words"))
        except BaseException as error:
            return self._refusal(error)
        return "done"

    def _serve_grow(self, line: Line) -> str:
        _, key = self._key(line)
        grow = self._memory.grow
        if grow is None:
            raise GarbageError("the driver called grow, which this memory does not have")
        try:
            grow(key, line.number("words"))
        except BaseException as error:
            return self._refusal(error)
        return "done"

    def _key(self, line: Line) -> tuple[int, Any]:
        number = line.number("segment")
        if number >= len(self._keys):
            raise GarbageError(f"{line.word} of segment {number}, which was never granted")
        return number, self._keys[number]

    def _refusal(self, error: BaseException) -> str:
        """Return the line for an exception of the memory."""
        if isinstance(error, EndedError | GarbageError):
            raise error
        if isinstance(error, Runaway):
            # The library would get a refusal, which is not the reason for its mistake.
            raise self._process.called_endlessly(f"it called its memory without end: {error}")
        self._raised.append(error)
        kind = _python_kind(error)
        text = hex_of(str(error))
        return f"refused number={len(self._raised) - 1} kind={kind} text={text}"


class RecordedSession(DrivenSession):
    """A message whose requests and memory are recorded."""

    def __init__(self, processes: Processes, memory: Memory, begin: str, tape: Tape) -> None:
        """Record everything on ``tape``."""
        self._tape = tape
        super().__init__(processes, memory, begin)

    def _present(self, processes: Processes) -> RecordedProcess:
        return RecordedProcess(processes.present(), self._tape)

    def perform(self, operation: Operation) -> object:
        """Do one operation other than OUTPUT and CANONICAL."""
        self._tape.attempt()
        return super().perform(operation)

    def output(self) -> bytes:
        """Return the framed message."""
        self._tape.attempt()
        return super().output()

    def canonical(self) -> bytes:
        """Return the one segment of the canonical form."""
        self._tape.attempt()
        return super().canonical()

    def close(self) -> None:
        """Release all memory."""
        self._tape.attempt()
        super().close()


_CALLS: Final = {
    "allocate": DrivenSession._serve_allocate,
    "segment": DrivenSession._serve_segment,
    "release": DrivenSession._serve_release,
    "grow": DrivenSession._serve_grow,
}


def _python_kind(error: BaseException) -> str:
    """Return the kind of an exception, as in the line ``refused``: error, gone or interrupt."""
    if not isinstance(error, Exception):
        return "interrupt"
    return "gone" if isinstance(error, LookupError) else "error"
