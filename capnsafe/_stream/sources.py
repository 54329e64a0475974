"""Chunks of bytes from memory, from files and from sockets, none of which is lost.

Any call can raise: a file may time out, a signal handler may raise at any bytecode, and Python may
run out of memory. So the bytecode that calls the file also records the chunk. A caller that failed
to process it passes the same pending input again, and gets the same chunk.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from errno import EAGAIN
from os import PathLike
from typing import Any, Final, Protocol, TypeAlias, cast, final

from .._words.arguments import call, exported, method_of, require_method, type_name
from .._words.buffers import view_of
from .._words.caught import Raised
from ..allocator import Buffer
from ..errors import ArgumentTypeError, FramingError
from .framing import Bytes

#: Chunks of fewer bytes come from the buffer of a file, if it has one.
_PEEKED_BYTES: Final = 1 << 12


class BinaryReader(Protocol):
    """A binary file that can be read: buffered, raw, or from ``socket.makefile``."""

    def read(self, size: int, /) -> bytes | None:
        """Return at most ``size`` bytes; no bytes at the end."""


class Receiver(Protocol):
    """A connected stream socket that can be read."""

    def recv(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; no bytes at the end."""


#: A source of messages. A buffer is any object with a contiguous buffer, such as ``mmap``.
Source: TypeAlias = Buffer | BinaryReader | Receiver


def is_buffer(source: Any) -> bool:
    """Return whether the source is a buffer. ``mmap`` counts as one, although it has ``read``."""
    try:
        call(exported, source).release()
    except Raised as raised:
        # For any other error, ``view_of`` raises the reason why there is no buffer.
        return not issubclass(type(raised.__cause__), TypeError)
    return True


#: Input that is not processed yet: a file's list of at most one chunk, or the rest of the memory.
Pending: TypeAlias = "list[Any] | memoryview"


class ByteInput:
    """A source of chunks of bytes."""

    __slots__ = ()

    @abstractmethod
    def begin(self) -> Pending:
        """Return the initial value of ``pending``."""

    @abstractmethod
    def chunk(self, pending: Pending, size: int) -> tuple[Bytes, Pending]:
        """Return at most ``size`` bytes (none at the end), and the next value of ``pending``.

        If the old value is passed again, the same chunk is returned again.
        """


def file_of(source: Any) -> FileInput:
    """Return an input over a file or socket."""
    if issubclass(type(source), (str, PathLike)):
        raise ArgumentTypeError(
            "messages are read from bytes, a binary file or a socket, not from"
            f" {type_name(source)}: open the file first"
        )
    reads_once: Any = method_of(source, "read1")
    if not callable(reads_once):
        return FileInput(require_method(source, ("read", "recv"), "read messages from"), None, None)
    reads: Any = method_of(source, "read")
    peek: Any = method_of(source, "peek")
    return FileInput(
        reads_once, reads if callable(reads) else None, peek if callable(peek) else None
    )


def _receive_from(read: Callable[[int], object], size: int, received: list[Any]) -> None:
    """Call a file's method, and append its result to the list."""
    # The list makes room before the call, and takes the chunk as the call returns: without a
    # bytecode or an allocation in between.
    received.extend(map(read, (size,)))
    if not received:
        raise ArgumentTypeError("the file raises StopIteration instead of returning bytes")


@final
class FileInput(ByteInput):
    """An input over a method of a file or socket, whose results are checked.

    The method is ``read1`` if there is one. It does not wait for more bytes than there are, and
    calls the raw file only once. (``read`` of a buffered file may call it several times. If a later
    call fails, the bytes of the earlier ones are lost.) Two things that ``read`` does, ``read1``
    does not:

    - It does not fill the buffer of the file, so ``peek`` is called for that.
    - It does not return ``None`` to say that a non-blocking file has nothing now. So if ``read1``
      returns no bytes, ``read`` is called to find out whether this is the end.
    """

    __slots__ = ("_at_end", "_fill", "_read")

    def __init__(
        self,
        read: Callable[[int], object],
        at_end: Callable[[int], object] | None,
        fill: Callable[[int], object] | None,
    ) -> None:
        self._read = read
        self._at_end = at_end
        self._fill = fill

    def begin(self) -> Pending:
        return []

    def chunk(self, pending: Pending, size: int) -> tuple[Bytes, Pending]:
        received = cast("list[Any]", pending)
        if not received:
            if self._fill is not None and size < _PEEKED_BYTES:
                self._fill(1)
            _receive_from(self._read, size, received)
        if self._at_end is not None and type(received[0]) is bytes and not received[0]:
            received.clear()
            _receive_from(self._at_end, 1, received)
        chunk = received[0]
        if type(chunk) is not bytes:
            try:
                chunk = self._octets(chunk)
            except (ArgumentTypeError, BlockingIOError):
                received.clear()
                raise
        if len(chunk) > size:
            raise FramingError(
                f"the file returned {len(chunk)} bytes where at most {size} were asked for"
            )
        return chunk, []

    def _octets(self, chunk: Any) -> memoryview:
        if chunk is None:
            # As a non-blocking socket does.
            raise BlockingIOError(EAGAIN, "the non-blocking file has no bytes now; try again later")
        if issubclass(type(chunk), Coroutine):
            chunk.close()
            raise ArgumentTypeError(
                "the file's method must be awaited; use capnsafe.aio.read_messages instead"
            )
        return view_of(chunk, "the result of the file's method")


@final
class MemoryInput(ByteInput):
    """An input over memory. The rest of the memory is pending."""

    __slots__ = ("_memory",)

    def __init__(self, memory: memoryview) -> None:
        self._memory = memory

    def begin(self) -> Pending:
        return self._memory

    def chunk(self, pending: Pending, size: int) -> tuple[Bytes, Pending]:
        rest = cast(memoryview, pending)
        return rest[:size], rest[size:]
