"""Reading messages from memory, files and sockets.

Sources of messages:

- From memory (any contiguous buffer) nothing is copied: the segments are views into it. Only the
  readers keep them, and ``read_messages`` until it ends, fails or is dropped.
- From a file or a socket, each message is read into memory that grows with the bytes that have
  arrived, not with the claimed size. No byte after the message is read, so something other than a
  message may follow.
- Packed messages are read ahead, up to 64 KiB, because only their contents show where they end.

Mapped memory (``mmap``) cannot be closed while there is a view into it. The simplest way is to keep
no reference to the mapping, so that it is unmapped with the last reader::

    reader = read_message(mmap(file.fileno(), 0, access=ACCESS_READ))

To close it at a chosen moment, drop the readers first (the reader of the message, and those of its
structs and lists)::

    mapping = mmap(file.fileno(), 0, access=ACCESS_READ)
    reader = read_message(mapping)
    ...
    del reader
    mapping.close()

No exception that is raised here keeps a view. Do not map a file that somebody else may shorten:
access beyond the end of the file kills the process (SIGBUS), which no library can prevent. Read
such a file instead.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator
from types import GeneratorType
from typing import Final, SupportsIndex, TypeAlias, cast, final

from .._read.reader import NESTING_LIMIT, TRAVERSAL_LIMIT_WORDS, MessageReader
from .._read.reading import limit_of
from .._words.arguments import truth
from .._words.buffers import view_of
from .._words.exhausted import exhausted
from .._words.given import Given
from ..errors import ArgumentTypeError, FramingError, Reentered
from ..wire import WORD_BYTES
from .framing import (
    BLOCK_BYTES,
    SEGMENT_LIMIT,
    Bytes,
    Limits,
    cut_message,
    segments_in,
    table_bytes,
)
from .packing import NOTHING_WAITS, Waiting, require_end, unpacked
from .sources import ByteInput, MemoryInput, Pending, Source, file_of, is_buffer


def read_message(
    source: Source,
    *,
    packed: Given[bool] = False,
    max_segments: SupportsIndex = SEGMENT_LIMIT,
    max_words: SupportsIndex | None = None,
    traversal_limit_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
    nesting_limit: SupportsIndex = NESTING_LIMIT,
) -> MessageReader:
    """Read one message: the next of a file or socket, or the first of a buffer.

    The options are those of ``read_messages``.

    Raises:
        FramingError: If there is no message, or an invalid one.
    """
    messages = read_messages(
        source,
        packed=packed,
        max_segments=max_segments,
        max_words=max_words,
        traversal_limit_words=traversal_limit_words,
        nesting_limit=nesting_limit,
    )
    for message in messages:
        return message
    raise FramingError("there is no message: the source ended before its first byte")


def read_messages(
    source: Source,
    *,
    packed: Given[bool] = False,
    max_segments: SupportsIndex = SEGMENT_LIMIT,
    max_words: SupportsIndex | None = None,
    traversal_limit_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
    nesting_limit: SupportsIndex = NESTING_LIMIT,
) -> Iterator[MessageReader]:
    """Iterate over the messages in a buffer, a binary file or a stream socket.

    The iteration ends if the source ends between two messages. An exception of the file or socket
    passes unchanged, and so does a ``RecursionError`` while a file is read, because the file may
    have raised it. No received byte is lost: after a timeout, another ``next`` continues.

    Args:
        source: A buffer, or an object with a method ``read`` or ``recv``.
        packed: Whether the messages are packed.
        max_segments: The highest number of segments in a message.
        max_words: The highest number of words in all segments of a message together, by default
            the traversal limit: a message that cannot be read once in full is not read at all.
        traversal_limit_words: The traversal limit of each message (see ``MessageReader``).
        nesting_limit: The nesting limit of each message.

    Raises:
        FramingError: By ``next``, if the source ends inside a message or a limit is exceeded. Each
            later ``next`` raises it again, because the start of the next message is unknown.
        BlockingIOError: By ``next``, if a non-blocking file or socket has no bytes now.
        Reentered: By ``next``, if it is called from inside a call of the file.
    """
    try:
        traversal = limit_of(traversal_limit_words, "traversal_limit_words")
        limits = Limits(max_segments, traversal if max_words is None else max_words)
        nesting = limit_of(nesting_limit, "nesting_limit")
        is_packed = truth(packed)
        is_memory = is_buffer(source)
        origin: _Origin
        if is_memory:
            memory = view_of(source, "the source")
            origin = _Stream(MemoryInput(memory), NOTHING_WAITS) if is_packed else _InMemory(memory)
        else:
            origin = _Stream(file_of(source), NOTHING_WAITS if is_packed else None)
        # ``map`` takes a message from its list and returns it with no bytecode in between.
        return map(_taken, _Messages(origin, limits, traversal, nesting, is_memory))
    except RecursionError as error:
        raise exhausted() from error


# No received byte is lost, although any call can raise: a file may time out, a signal handler may
# raise at any bytecode, and Python may run out of memory. The bytecode that calls the file also
# records the chunk (see ``FileInput.chunk``). The rest of a stream's state is one immutable value,
# which one assignment replaces after the chunk was processed. If anything is raised in between, the
# next attempt begins with the old value and the recorded chunk, and has the same result.

_taken: Final[Callable[[list[MessageReader]], MessageReader]] = list.pop


class _Origin(ABC):
    """A source of the segments of consecutive messages."""

    __slots__ = ()

    @abstractmethod
    def ready(self) -> tuple[int, list[MessageReader]]:
        """Return how many messages were finished, and a list with the last, until it is taken."""

    @abstractmethod
    def cut(self, limits: Limits) -> list[memoryview] | None:
        """Return the segments of the next message, or None at the end.

        The stream does not advance until ``finish`` is called, even if this raises.
        """

    @abstractmethod
    def finish(self, message: MessageReader) -> None:
        """Record in one step that a message was read, and that the next one follows it."""


@final
class _InMemory(_Origin):
    """Consecutive messages in memory."""

    __slots__ = ("_end", "_known")

    def __init__(self, rest: memoryview) -> None:
        #: The rest of the memory, followed by the values that ``ready`` returns.
        self._known: tuple[memoryview, int, list[MessageReader]] = (rest, 0, [])
        #: Size in bytes of the message that ``cut`` returned last.
        self._end = 0

    def ready(self) -> tuple[int, list[MessageReader]]:
        return self._known[1:]

    def cut(self, limits: Limits) -> list[memoryview] | None:
        try:
            rest = self._known[0]
            if not rest:
                return None
            segments, self._end = cut_message(rest, limits)
            return segments
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def finish(self, message: MessageReader) -> None:
        rest, number, _ = self._known
        self._known = (rest[self._end :], number + 1, [message])


#: The state of a stream: (received bytes of the next message; how many of them are settled, as an
#: interrupted attempt may have added more; the pending input; the packed words that wait to be
#: unpacked, ``None`` in a stream that is not packed).
_Known: TypeAlias = "tuple[bytearray, int, Pending, Waiting | None]"

#: The state of a stream, followed by the values that ``ready`` returns.
_Everything: TypeAlias = "tuple[_Known, int, list[MessageReader]]"


@final
class _Stream(_Origin):
    """Consecutive messages that arrive in chunks."""

    __slots__ = ("_input", "_known")

    def __init__(self, source: ByteInput, waiting: Waiting | None) -> None:
        self._input = source
        self._known: _Everything = ((bytearray(), 0, source.begin(), waiting), 0, [])

    def ready(self) -> tuple[int, list[MessageReader]]:
        return self._known[1:]

    def cut(self, limits: Limits) -> list[memoryview] | None:
        received = self._known[0][0]
        if not self._receive(WORD_BYTES):
            if not received:
                return None
            raise FramingError(
                f"a segment table has at least {WORD_BYTES} bytes, and {len(received)} were"
                " received"
            )
        count = limits.count_of(received)
        start = table_bytes(count)
        if not self._receive(start):
            raise FramingError(
                f"the table of {count} segments has {start} bytes, and {len(received)} were"
                " received"
            )
        sizes = limits.sizes_of(received, count)
        self._receive(start + sum(sizes) * WORD_BYTES)
        return segments_in(memoryview(received), start, sizes)

    def finish(self, message: MessageReader) -> None:
        # The segments keep the memory: the next message has its own.
        (_, _, pending, waiting), number, _ = self._known
        self._known = ((bytearray(), 0, pending, waiting), number + 1, [message])

    def _receive(self, size: int) -> bool:
        """Receive until there are ``size`` bytes of the message; return whether there are.

        It asks for no bytes behind those. A single call asks for no more than have been received
        already (64 KiB at first), so that memory does not grow by claimed sizes alone.
        """
        (received, settled, pending, waiting), number, ready = self._known
        while settled < size:
            room = min(size - settled, max(BLOCK_BYTES, settled))
            chunk: Bytes
            if waiting is None:
                chunk, pending = self._input.chunk(pending, room)
                if not chunk:
                    return False
            else:
                room //= WORD_BYTES
                chunk, waiting = unpacked(waiting, b"", room)
                if not chunk:
                    packed, pending = self._input.chunk(pending, BLOCK_BYTES)
                    if not packed:
                        require_end(waiting)
                        return False
                    chunk, waiting = unpacked(waiting, packed, room)
            if len(received) > settled:
                # An earlier attempt added the same chunk, and was interrupted here.
                del received[settled:]
            received += chunk
            settled += len(chunk)
            self._known = ((received, settled, pending, waiting), number, ready)
        return True


@final
class _Messages:
    """The iterator below ``read_messages``, which returns each message in a list."""

    __slots__ = (
        "_attempt",
        "_failure",
        "_is_memory",
        "_limits",
        "_nesting_limit",
        "_origin",
        "_traversal_limit",
    )

    def __init__(
        self,
        origin: _Origin,
        limits: Limits,
        traversal_limit: int,
        nesting_limit: int,
        is_memory: bool,
    ) -> None:
        self._origin: _Origin | None = origin
        self._is_memory = is_memory
        self._limits = limits
        self._traversal_limit = traversal_limit
        self._nesting_limit = nesting_limit
        self._failure: str | None = None
        #: The generator that reads the next message. Python itself knows whether a generator runs,
        #: so no interrupt can leave a wrong state.
        self._attempt: GeneratorType[None, None, None] | None = None

    def __iter__(self) -> _Messages:
        return self

    def __reduce__(self) -> str:
        """Refuse copying and pickling."""
        raise ArgumentTypeError(
            "the iterator of read_messages cannot be copied: both copies would read one source"
        )

    def __next__(self) -> list[MessageReader]:
        """Return the next message, in the list from which it must be taken."""
        if self._attempt is not None and self._attempt.gi_running:
            raise Reentered(
                "the next message is still being read, and the file called next() meanwhile"
            )
        while self._failure is None and self._origin is not None:
            # A message is ready already if an earlier call was interrupted. After reading there is
            # none if a finalizer has taken it.
            if ready := self._origin.ready()[1]:
                return ready
            attempt = self._read(self._origin)
            self._attempt = cast("GeneratorType[None, None, None]", attempt)
            try:
                next(attempt, None)
            except RecursionError as error:
                if not self._is_memory:
                    # The error may be the file's.
                    raise
                raise exhausted() from error
        if self._failure is not None:
            raise FramingError(self._failure)
        raise StopIteration

    def _read(self, origin: _Origin) -> Generator[None]:
        """Read the next message, or note the end of the source. Yields nothing."""
        yield from ()
        segments: list[memoryview] | None = None
        asked: int | None = None
        granted: int | None = None
        try:
            segments = origin.cut(self._limits)
        except FramingError as error:
            self._failure = f"message {origin.ready()[0]}: {error}"
            asked = error.words_asked
            granted = error.words_granted
        if self._failure is not None:
            self._origin = None
            del origin
            # Raised outside the handler, it has no cause and no context, whose tracebacks would
            # keep the memory.
            raise FramingError(self._failure, words_asked=asked, words_granted=granted)
        if segments is None:
            self._origin = None
            return
        message = MessageReader(
            segments,
            traversal_limit_words=self._traversal_limit,
            nesting_limit=self._nesting_limit,
        )
        origin.finish(message)
