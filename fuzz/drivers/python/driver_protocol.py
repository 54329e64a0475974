"""The driver protocol for libraries in Python: lines, shared memory, and the loop.

A driver is a subclass of ``Driver`` with a method for each operation; its program calls ``serve``.
docs/drivers.md describes the protocol. This file knows no library.
"""

from __future__ import annotations

import mmap
import os
import sys
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

Values = dict[str, str]


class MemoryRefused(Exception):
    """The memory refused a call. ``number`` names its exception in the harness."""

    number = -1


class MemoryGone(LookupError):
    """The segment does not exist any more."""

    number = -1


class MemoryInterrupt(KeyboardInterrupt):
    """The memory raised an exception that must pass unchanged."""

    number = -1


KINDS: dict[str, type[Any]] = {"gone": MemoryGone, "interrupt": MemoryInterrupt}


class UnsupportedOperation(Exception):
    """The library does not have an operation, and nothing was done."""


def hex_of(text: str) -> str:
    """Convert a text to a value of a line: its UTF-8 in hexadecimal."""
    return text.encode(errors="replace").hex()


class Memory:
    """The memory of the harness: an allocator of segments in the shared file."""

    def __init__(self, path: str, length: int, call: Callable[[str], tuple[str, Values]]) -> None:
        descriptor = os.open(path, os.O_RDWR)
        self.writable = memoryview(mmap.mmap(descriptor, length))
        self.readable = memoryview(mmap.mmap(descriptor, length, access=mmap.ACCESS_READ))
        os.close(descriptor)
        self._call = call

    def allocate(self, minimum_words: int) -> int:
        """Return the number of a new segment."""
        return int(self._call(f"allocate words={minimum_words}")[1]["segment"])

    def segment(self, number: int) -> memoryview | None:
        """Return the bytes of a segment where they are now; None if there are no usable ones."""
        word, values = self._call(f"segment segment={number}")
        if word == "nothing":
            return None
        first = int(values["at"])
        mapping = self.readable if values["readonly"] == "1" else self.writable
        return mapping[first : first + int(values["bytes"])]

    def release(self, number: int, words_used: int) -> None:
        """Give a segment back."""
        self._call(f"release segment={number} words={words_used}")


class GrowingMemory(Memory):
    """Memory whose last segment can grow."""

    def grow(self, number: int, minimum_words: int) -> None:
        """Ask for a longer segment."""
        self._call(f"grow segment={number} words={minimum_words}")


class Driver:
    """The base of drivers: the loop, and the parts that all libraries have in common."""

    #: The pairs of the line ``hello``, and the demands of the library: (name, text, place).
    hello: ClassVar[Values] = {}
    demands: tuple[tuple[str, str, str], ...] = ()

    def __init__(self) -> None:
        self._requests = os.fdopen(os.dup(0), "rb")
        self._replies = os.dup(1)
        # The output of a library must not get among the lines, so it goes to standard error.
        os.dup2(2, 1)
        self._memory: tuple[str, int] = ("", 0)

    def _send(self, line: str) -> None:
        data = line.encode() + b"\n"
        while data:
            data = data[os.write(self._replies, data) :]

    def _receive(self) -> tuple[str, Values]:
        raw = self._requests.readline()
        if not raw:
            os._exit(0)
        word, *pairs = raw.decode().split()
        return word, dict(pair.split("=", 1) for pair in pairs)

    def call(self, line: str) -> tuple[str, Values]:
        """Call the memory, and return its answer; meanwhile it may send requests."""
        self._send(line)
        while True:
            word, values = self._receive()
            if word == "refused":
                error = KINDS.get(values["kind"], MemoryRefused)(
                    bytes.fromhex(values["text"]).decode()
                )
                error.number = int(values["number"])
                raise error
            if word in ("granted", "memory", "nothing", "done"):
                return word, values
            self.answer(word, values)

    def new_memory(self, grows: bool) -> Memory:
        """Return the memory for a message."""
        return (GrowingMemory if grows else Memory)(*self._memory, self.call)

    def serve(self) -> NoReturn:
        """Serve requests until there are no more."""
        word, values = self._receive()
        assert word == "start", word
        self._memory = values["memory"], int(values["bytes"])
        self.schema = bytes.fromhex(values["schema"]).decode()
        self.prepare()
        operations = ",".join(
            name.removeprefix("do_") for name in dir(self) if name.startswith("do_")
        )
        pairs = self.hello | {"operations": operations}
        self._send("hello " + " ".join(f"{key}={value}" for key, value in pairs.items()))
        for name, text, place in self.demands:
            self._send(f"demand name={name} text={hex_of(text)} place={hex_of(place)}")
        self._send("ready")
        while True:
            self.answer(*self._receive())

    def answer(self, word: str, values: Values) -> None:
        """Perform a request, and answer it."""
        try:
            perform = getattr(self, f"{'on' if word in ('begin', 'close') else 'do'}_{word}", None)
            if perform is None:
                raise UnsupportedOperation(word)
            answer = "done" + (perform(values) or "")
        except UnsupportedOperation as error:
            answer = f"unsupported text={hex_of(str(error))}"
        except BaseException as error:
            answer = self._report(error)
        try:
            words = self.words()
        except MemoryInterrupt as error:
            answer, words = self._report(error), self.words()
        self._send(answer + words)

    def _report(self, error: BaseException) -> str:
        number = getattr(error, "number", None)
        if isinstance(error, MemoryRefused | MemoryGone | MemoryInterrupt):
            return f"passed cause={number}"
        cause = error.__cause__
        line = f"raised failure={self.classify(error)} class={type(error).__name__}"
        line += f" text={hex_of(str(error))} at={self._raised_at(error)}"
        if not self.is_builtin(error):
            line += " builtin=0"
        if isinstance(cause, MemoryRefused | MemoryGone | MemoryInterrupt):
            line += f" cause={cause.number}"
        return line

    def _raised_at(self, error: BaseException) -> str:
        """Return the library's innermost function that the exception passed."""
        found, trace = self.hello["library"], error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if self.owns(code.co_filename):
                found = f"{os.path.basename(code.co_filename)}:{code.co_qualname}"
            trace = trace.tb_next
        return found.replace(" ", "_")

    def words(self) -> str:
        """Return the part of an answer with the words in use of each segment.

        It may call the memory, and let an interrupt of it through; then it is called once more.
        """
        return ""

    def prepare(self) -> None:
        """Load the library."""

    def classify(self, error: BaseException) -> str:
        """Return the meaning of an exception: a failure of the protocol, ``error`` by default."""
        return "error"

    def is_builtin(self, error: BaseException) -> bool:
        """Return whether callers can catch an error in arguments as Python's own kind of error."""
        return True

    def owns(self, filename: str) -> bool:
        """Return whether a source file is the library's."""
        raise NotImplementedError


def value_line(value: object) -> str:
    """Return the part of an answer with a value; an empty string for None."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f" value={hex_of(value)}"
    if isinstance(value, bytes | bytearray | memoryview):
        return f" value={bytes(value).hex()}"
    return f" value={int(value)}"  # type: ignore[call-overload]


if __name__ == "__main__":
    sys.exit("this is not a driver, but a module that the drivers beside it import")
