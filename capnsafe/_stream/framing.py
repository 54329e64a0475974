"""The stream framing of messages: a table of segment sizes, then the segments, and so on.

Encoding specification, "Serialization Over a Stream"; all numbers little-endian, 32 bits::

    number of segments, minus one | words of segment 0 | words of segment 1 | ... | padding
    segment 0 | segment 1 | ...

Eight hostile bytes can claim four billion segments. So a segment table is checked against the
limits and against the bytes that have arrived before memory is allocated for it.

Sources of messages:

- From memory (any contiguous buffer) nothing is copied: the segments are views into it. Only the
  readers keep them, and ``read_messages`` until it ends, fails or is dropped.
- From a file or a socket, each message is read into memory that grows with the bytes that have
  arrived, not with the claimed size. No byte behind the message is read, so something other than a
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
access behind the end of the file kills the process (SIGBUS), which no library can prevent. Read
such a file instead.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from io import RawIOBase
from struct import Struct, pack, unpack_from
from types import GeneratorType
from typing import Any, Final, Protocol, SupportsIndex, TypeAlias, cast, final

from .._read.reader import NESTING_LIMIT, TRAVERSAL_LIMIT_WORDS, MessageReader
from .._read.reading import limit_of
from .._words.arguments import (
    call,
    exported,
    integer,
    method_of,
    number_text,
    truth,
    type_name,
)
from .._words.buffers import view_of
from .._words.caught import Raised
from .._words.exhausted import exhausted
from ..allocator import Buffer
from ..errors import (
    ArgumentTypeError,
    ArgumentValueError,
    Error,
    FramingError,
    MessageTooLarge,
    Reentered,
)
from ..wire import MAX_SEGMENTS, WORD_BYTES
from .packing import NOTHING_WAITS, Packer, Waiting, require_end, unpacked

Bytes: TypeAlias = bytes | bytearray | memoryview

#: The reference implementation refuses messages of 512 and more segments.
SEGMENT_LIMIT: Final = 512

_NUMBER: Final = Struct("<I")
_MAX_NUMBER: Final = (1 << 32) - 1

#: Smaller chunks come from the buffer of a file that has one.
_PEEKED_BYTES: Final = 1 << 12

#: Bytes that are asked of a file at first, and up to which small parts are joined for writing.
_BLOCK_BYTES: Final = 1 << 16


class BinaryReader(Protocol):
    """A binary file that can be read: buffered, raw, or from ``socket.makefile``."""

    def read(self, size: int, /) -> bytes | None:
        """Return at most ``size`` bytes; no bytes at the end."""


class Receiver(Protocol):
    """A connected stream socket that can be read."""

    def recv(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; no bytes at the end."""


class BinaryWriter(Protocol):
    """A binary file that can be written."""

    def write(self, chunk: Bytes, /) -> int | None:
        """Write all of ``chunk`` or a part, and return the number of bytes written.

        ``None`` means that all bytes were taken (``asyncio.StreamWriter``, a web response), and
        that the writer may have kept the chunk. From an ``io.RawIOBase``, ``None`` means that no
        byte was written, because the file would have had to wait.
        """


class Sender(Protocol):
    """A connected stream socket that can be written."""

    def send(self, chunk: Bytes, /) -> int:
        """Send all of ``chunk`` or a part, and return the number of bytes sent."""


#: A source of messages. A buffer is any object with a contiguous buffer, such as ``mmap``.
Source: TypeAlias = Buffer | BinaryReader | Receiver


# -- writing --------------------------------------------------------------------------------------


def table_of(sizes: Sequence[int]) -> bytes:
    """Return the table of segments of these sizes (bytes), padded to whole words."""
    if not sizes:
        raise ArgumentValueError("a message must have at least one segment")
    if len(sizes) > MAX_SEGMENTS:
        raise MessageTooLarge(
            f"a message can have at most {MAX_SEGMENTS} segments, not {len(sizes)}"
        )
    numbers = [len(sizes) - 1]
    for index, size in enumerate(sizes):
        words, odd = divmod(size, WORD_BYTES)
        if odd:
            raise ArgumentValueError(
                f"segment {index} must have whole words of 8 bytes, and has {size} bytes",
                segment=index,
            )
        if words > _MAX_NUMBER:
            raise MessageTooLarge(
                f"a segment can have at most {_MAX_NUMBER} words, and segment {index} has {words}",
                segment=index,
                words_asked=words,
                words_granted=_MAX_NUMBER,
            )
        numbers.append(words)
    if len(numbers) % 2:
        numbers.append(0)
    return pack(f"<{len(numbers)}I", *numbers)


_listed: Final[Callable[[Sequence[Bytes]], list[Bytes]]] = list


def _parts(segments: Sequence[Bytes]) -> list[bytes | memoryview]:
    """Check the segments, and return the segment table followed by them."""
    try:
        listed = call(_listed, segments)
    except Raised as raised:
        raise ArgumentTypeError(
            f"segments must be a sequence of buffers, not {type_name(segments)}"
        ) from raised.__cause__
    views = [
        segment if type(segment) is bytes else view_of(segment, f"segment {index}")
        for index, segment in enumerate(listed)
    ]
    return [table_of([len(view) for view in views]), *views]


def _packed(parts: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Return the parts, each packed separately, as the reference implementation does.

    Its reader requires that no run goes from the table into the first segment.
    """
    packer = Packer()
    for part in parts:
        view = memoryview(part)
        for start in range(0, len(view), _BLOCK_BYTES):
            yield packer.feed(view[start : start + _BLOCK_BYTES])
        yield packer.flush()


def _gathered(parts: Iterable[bytes | memoryview]) -> Generator[Bytes]:
    """Return the parts with small ones joined, so that a small message is written by one call."""
    gathered = bytearray()
    for part in parts:
        if len(gathered) + len(part) > _BLOCK_BYTES:
            if gathered:
                yield gathered
                # A new one, because the file may have kept the first.
                gathered = bytearray()
            if len(part) > _BLOCK_BYTES:
                yield part
                continue
        gathered += part
    if gathered:
        yield gathered


def frame(segments: Sequence[Bytes], *, packed: bool = False) -> bytes:
    """Return the message of these segments (each of whole words) as one stream of bytes.

    Raises:
        ArgumentValueError: If there is no segment, or one that does not have whole words.
        MessageTooLarge: If there are too many segments, or one of them is too large.
    """
    try:
        is_packed = truth(packed)
        parts = _parts(segments)
        return b"".join(_packed(parts) if is_packed else parts)
    except (RecursionError, MemoryError) as error:
        raise exhausted() from error


#: The progress of writing a message: (bytes taken before the last call of the file; a list of what
#: that call returned, empty if it has not returned; the number of bytes that it was given; whether
#: the file is a raw one).
_Writing: TypeAlias = "tuple[int, list[Any], int, bool]"


@final
class WriteProgress:
    """A count of the bytes of one message that a file or socket has taken.

    Pass it to ``write_message`` or ``MessageBuilder.write_to``. ``bytes`` is right even if the call
    raises or is interrupted at any bytecode; only the file knows how many bytes it took in a call
    that raised. If the count is passed again with the same message, only the rest is written.
    """

    __slots__ = ("_writing",)

    def __init__(self) -> None:
        """Start with a count of zero."""
        self._writing: _Writing = (0, [], 0, False)

    @property
    def bytes(self) -> int:
        """Number of bytes taken, including the segment table."""
        taken, returned, size, is_raw = self._writing
        if returned:
            # An interrupt came between the call of the file and the count.
            with suppress(Error, BlockingIOError):
                taken += _taken_of(returned[0], size, is_raw)
        return taken

    def _write(self, write: Callable[[memoryview], object], chunk: memoryview, raw: bool) -> object:
        """Call ``write``, and return its result, which the same bytecode has recorded."""
        returned: list[Any] = []
        calling = map(write, (chunk,))
        self._writing = (self.bytes, returned, len(chunk), raw)
        returned.extend(calling)
        if not returned:
            raise StopIteration
        return returned[0]


def write_message(
    file: BinaryWriter | Sender,
    segments: Sequence[Bytes],
    *,
    packed: bool = False,
    progress: WriteProgress | None = None,
) -> None:
    """Write the message of these segments to a binary file or a socket, without joining them.

    If the file takes only a part of a chunk, as a raw file may, it is called again with the rest.
    The result ``None`` means that everything was taken, as ``asyncio.StreamWriter`` does, except
    from an ``io.RawIOBase``.

    Args:
        file: An object with a method ``write`` or ``send``.
        segments: The segments of the message, each of whole words.
        packed: Whether to pack the message.
        progress: A count of the bytes that the file takes, right even if the call fails or is
            interrupted. If it has counted some bytes of this message, only the rest is written.

    Raises:
        ArgumentTypeError: If the file does not return a number, or must be awaited.
        BlockingIOError: If the file takes nothing.
        FramingError: If the file returns an impossible number of bytes.
        Error: Whatever ``frame`` raises, before anything is written.
        Exception: Whatever the file raises.
    """
    is_packed = truth(packed)
    if progress is None:
        progress = WriteProgress()
    elif type(progress) is not WriteProgress:
        raise ArgumentTypeError(f"progress must be a WriteProgress, not {type_name(progress)}")
    parts = _parts(segments)
    write: Callable[[memoryview], object] = _method(file, ("write", "send"), "write to")
    pieces = _gathered(_packed(parts) if is_packed else parts)
    waits = _is_raw(file)
    passed = progress.bytes
    try:
        for piece in pieces:
            if passed >= len(piece):
                passed -= len(piece)
                continue
            _write_all(write, piece, passed, waits, progress)
            passed = 0
        if passed:
            raise ArgumentValueError(
                f"progress has counted {passed} bytes more than this message has; use a new one for"
                " each message"
            )
    finally:
        # The traceback of an exception from the file refers to this frame. It must not keep the
        # segments alive.
        pieces.close()
        for part in parts:
            _release(part)


def _is_raw(file: object) -> bool:
    """Return whether ``None`` from ``write`` means that nothing was written."""
    # Not ``isinstance``, because the ``__class__`` of an object can be code that raises.
    return issubclass(type(file), RawIOBase)


def _count_of(answer: Any) -> int:
    """Return the result of ``write`` as a number of bytes, or raise ``ArgumentTypeError``."""
    what = "the result of the file's write method"
    if answer is True or answer is False:
        raise ArgumentTypeError(f"{what} must be a number of bytes, not {answer}")
    if issubclass(type(answer), Coroutine):
        answer.close()
        raise ArgumentTypeError(
            "the file's write method must be awaited; await it with frame(...) instead"
        )
    return integer(answer, what)


def _taken_of(answer: Any, size: int, is_raw: bool) -> int:
    """Return how many of ``size`` bytes the file took, or raise if its result is impossible."""
    if answer is None and not is_raw:
        return size
    taken = 0 if answer is None else _count_of(answer)
    if taken == 0:
        raise BlockingIOError(f"the file took none of {size} bytes")
    if not 0 < taken <= size:
        raise FramingError(
            f"the file's write method returned {number_text(taken)} for {size} bytes"
        )
    return taken


def _write_all(
    write: Callable[[memoryview], object],
    piece: Bytes,
    start: int,
    is_raw: bool,
    progress: WriteProgress,
) -> None:
    """Write a piece from byte ``start`` on, in as many calls as it takes."""
    chunk = memoryview(piece)[start:]
    kept = False
    try:
        while chunk:
            answer = progress._write(write, chunk, is_raw)
            if answer is None and not is_raw:
                # Do not release it, because the file may still send it.
                kept = True
                return
            chunk = chunk[_taken_of(answer, len(chunk), is_raw) :]
    finally:
        if not kept:
            _release(chunk)


def _release(part: bytes | memoryview) -> None:
    """Release a view, unless the file has kept a part of it."""
    if isinstance(part, memoryview):
        with suppress(BufferError):
            part.release()


def _method(file: Any, names: tuple[str, ...], purpose: str) -> Any:
    """Return the first of these methods that a file or socket has."""
    for name in names:
        method = method_of(file, name)
        if callable(method):
            return method
    raise ArgumentTypeError(
        f"cannot {purpose} {type_name(file)}, which has no method {' or '.join(map(repr, names))}"
    )


# -- the table ------------------------------------------------------------------------------------


@final
class _Limits:
    """The limits on the size of a message, checked."""

    __slots__ = ("segments", "words")

    def __init__(self, max_segments: SupportsIndex, max_words: SupportsIndex) -> None:
        self.segments = limit_of(max_segments, "max_segments")
        self.words = limit_of(max_words, "max_words")

    def count_of(self, head: Buffer) -> int:
        """Return the number of segments in a table, of which 4 bytes or more have arrived."""
        count: int = _NUMBER.unpack_from(head)[0] + 1
        if count > self.segments:
            raise FramingError(
                f"the segment table counts {count} segments, more than the limit {self.segments}"
                " (max_segments)"
            )
        return count

    def sizes_of(self, table: Buffer, count: int) -> tuple[int, ...]:
        """Return the words of each segment, from a table that has arrived completely."""
        sizes: tuple[int, ...] = unpack_from(f"<{count}I", table, _NUMBER.size)
        words = sum(sizes)
        if words > self.words:
            raise FramingError(
                f"the segment table counts {words} words, more than the limit {self.words}"
                " (max_words)",
                words_asked=words,
                words_granted=self.words,
            )
        return sizes


def _table_bytes(count: int) -> int:
    """Return the size of the table of ``count`` segments, in bytes rounded up to whole words."""
    return (count // 2 + 1) * WORD_BYTES


def _cut(view: memoryview, limits: _Limits) -> tuple[list[memoryview], int]:
    """Return the segments of the message at the start of ``view``, and its size in bytes."""
    if len(view) < _NUMBER.size:
        raise FramingError(
            f"a segment table has at least 4 bytes, but only {len(view)} were received"
        )
    count = limits.count_of(view)
    start = _table_bytes(count)
    if len(view) < start:
        raise FramingError(
            f"the table of {count} segments has {start} bytes, but only {len(view)} were received"
        )
    segments = _segments(view, start, limits.sizes_of(view, count))
    return segments, start + sum(map(len, segments))


def _segments(view: memoryview, start: int, sizes: tuple[int, ...]) -> list[memoryview]:
    """Return the segments of these sizes (words) from byte ``start`` on, if all have arrived."""
    words = sum(sizes)
    received_words = (len(view) - start) // WORD_BYTES
    if words > received_words:
        raise FramingError(
            f"the segment table counts {words} words, but only {received_words} were received",
            words_asked=words,
            words_granted=received_words,
        )
    segments: list[memoryview] = []
    for size in sizes:
        end = start + size * WORD_BYTES
        segments.append(view[start:end])
        start = end
    return segments


# -- reading one message --------------------------------------------------------------------------


def unframe(
    buffer: Buffer,
    *,
    max_segments: SupportsIndex = SEGMENT_LIMIT,
    max_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
) -> list[memoryview]:
    """Return the segments of the message at the start of ``buffer``, as read-only views into it.

    Bytes behind the message are ignored; the end of the last view shows where they begin.

    Raises:
        FramingError: If the table is not complete, counts more than ``max_segments`` segments or
            more than ``max_words`` words, or counts more words than there are.
    """
    try:
        limits = _Limits(max_segments, max_words)
        # The traceback of an exception refers to this frame. It must not keep the buffer alive.
        with view_of(buffer, "the message") as view:
            return _cut(view, limits)[0]
    except (RecursionError, MemoryError) as error:
        raise exhausted() from error


def read_message(
    source: Source,
    *,
    packed: bool = False,
    max_segments: SupportsIndex = SEGMENT_LIMIT,
    max_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
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


# -- reading many messages ------------------------------------------------------------------------


def read_messages(
    source: Source,
    *,
    packed: bool = False,
    max_segments: SupportsIndex = SEGMENT_LIMIT,
    max_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
    traversal_limit_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
    nesting_limit: SupportsIndex = NESTING_LIMIT,
) -> Iterator[MessageReader]:
    """Iterate over the messages in a buffer, a binary file or a stream socket.

    The iteration ends if the source ends between two messages. An exception of the file or socket
    passes unchanged, and so does a ``RecursionError`` while a file is read, which may be the
    file's. No received byte is lost: after a timeout, another ``next`` continues.

    Args:
        source: A buffer, or an object with a method ``read`` or ``recv``.
        packed: Whether the messages are packed.
        max_segments: The highest number of segments in a message.
        max_words: The highest number of words in all segments of a message together.
        traversal_limit_words: The traversal limit of each message (see ``MessageReader``).
        nesting_limit: The nesting limit of each message.

    Raises:
        FramingError: By ``next``, if the source ends inside a message or a limit is exceeded. Each
            later ``next`` raises it again, because the start of the next message is unknown.
        Reentered: By ``next``, if it is called from inside a call of the file.
    """
    try:
        limits = _Limits(max_segments, max_words)
        traversal = limit_of(traversal_limit_words, "traversal_limit_words")
        nesting = limit_of(nesting_limit, "nesting_limit")
        is_packed = truth(packed)
        is_memory = _is_buffer(source)
        origin: _Origin
        if is_memory:
            memory = view_of(source, "the source")
            origin = _Stream(_Memory(memory), NOTHING_WAITS) if is_packed else _InMemory(memory)
        else:
            origin = _Stream(_file_of(source), NOTHING_WAITS if is_packed else None)
        # ``map`` takes a message from its list and returns it with no bytecode in between.
        return map(_taken, _Messages(origin, limits, traversal, nesting, is_memory))
    except RecursionError as error:
        raise exhausted() from error


def _is_buffer(source: Any) -> bool:
    """Return whether the source is a buffer. ``mmap`` counts as one, although it has ``read``."""
    try:
        call(exported, source).release()
    except Raised as raised:
        # For any other error, ``view_of`` raises the reason why there is no buffer.
        return not issubclass(type(raised.__cause__), TypeError)
    return True


# No received byte is lost, although any call can raise: a file may time out, a signal handler may
# raise at any bytecode, and Python may run out of memory. The bytecode that calls the file also
# records the chunk (see ``_File.chunk``). The rest of a stream's state is one immutable value,
# which one assignment replaces after the chunk was processed. If anything is raised in between, the
# next attempt begins with the old value and the recorded chunk, and has the same result.

#: Input that is not processed yet: a file's list of at most one chunk, or the rest of the memory.
_Pending: TypeAlias = "list[Any] | memoryview"


class _Input(ABC):
    """A source of chunks of bytes."""

    __slots__ = ()

    @abstractmethod
    def begin(self) -> _Pending:
        """Return the initial value of ``pending``."""

    @abstractmethod
    def chunk(self, pending: _Pending, size: int) -> tuple[Bytes, _Pending]:
        """Return at most ``size`` bytes (none at the end), and the next value of ``pending``.

        If the old value is passed again, the same chunk is returned again.
        """


def _file_of(source: Any) -> _File:
    """Return an input over a file or socket."""
    reads_once: Any = method_of(source, "read1")
    if not callable(reads_once):
        return _File(_method(source, ("read", "recv"), "read messages from"), None, None)
    reads: Any = method_of(source, "read")
    peek: Any = method_of(source, "peek")
    return _File(reads_once, reads if callable(reads) else None, peek if callable(peek) else None)


def _receive_from(read: Callable[[int], object], size: int, received: list[Any]) -> None:
    """Call a file's method, and append its result to the list."""
    # The list makes room before the call, and takes the chunk as the call returns: without a
    # bytecode or an allocation in between.
    received.extend(map(read, (size,)))
    if not received:
        raise ArgumentTypeError("the file raises StopIteration instead of returning bytes")


@final
class _File(_Input):
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

    def begin(self) -> _Pending:
        return []

    def chunk(self, pending: _Pending, size: int) -> tuple[Bytes, _Pending]:
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
            except ArgumentTypeError:
                received.clear()
                raise
        if len(chunk) > size:
            raise FramingError(
                f"the file returned {len(chunk)} bytes where at most {size} were asked for"
            )
        return chunk, []

    def _octets(self, chunk: Any) -> memoryview:
        if chunk is None:
            raise ArgumentTypeError(
                "the file returned None instead of bytes: it is non-blocking and has nothing now;"
                " try again later"
            )
        if issubclass(type(chunk), Coroutine):
            chunk.close()
            raise ArgumentTypeError(
                "the file's method must be awaited; await it, and pass the bytes instead"
            )
        return view_of(chunk, "the result of the file's method")


@final
class _Memory(_Input):
    """An input over memory. The rest of the memory is pending."""

    __slots__ = ("_memory",)

    def __init__(self, memory: memoryview) -> None:
        self._memory = memory

    def begin(self) -> _Pending:
        return self._memory

    def chunk(self, pending: _Pending, size: int) -> tuple[Bytes, _Pending]:
        rest = cast(memoryview, pending)
        return rest[:size], rest[size:]


_taken: Final[Callable[[list[MessageReader]], MessageReader]] = list.pop


class _Origin(ABC):
    """A source of the segments of consecutive messages."""

    __slots__ = ()

    @abstractmethod
    def ready(self) -> tuple[int, list[MessageReader]]:
        """Return how many messages were finished, and a list of the last until it is taken."""

    @abstractmethod
    def cut(self, limits: _Limits) -> list[memoryview] | None:
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

    def cut(self, limits: _Limits) -> list[memoryview] | None:
        try:
            rest = self._known[0]
            if not rest:
                return None
            segments, self._end = _cut(rest, limits)
            return segments
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def finish(self, message: MessageReader) -> None:
        rest, number, _ = self._known
        self._known = (rest[self._end :], number + 1, [message])


#: The state of a stream: (received bytes of the next message; how many of them are settled, as an
#: interrupted attempt may have added more; the pending input; the packed words that wait to be
#: unpacked, ``None`` in a stream that is not packed).
_Known: TypeAlias = "tuple[bytearray, int, _Pending, Waiting | None]"

#: The state of a stream, followed by the values that ``ready`` returns.
_Everything: TypeAlias = "tuple[_Known, int, list[MessageReader]]"


@final
class _Stream(_Origin):
    """Consecutive messages that arrive in chunks."""

    __slots__ = ("_input", "_known")

    def __init__(self, source: _Input, waiting: Waiting | None) -> None:
        self._input = source
        self._known: _Everything = ((bytearray(), 0, source.begin(), waiting), 0, [])

    def ready(self) -> tuple[int, list[MessageReader]]:
        return self._known[1:]

    def cut(self, limits: _Limits) -> list[memoryview] | None:
        received = self._known[0][0]
        if not self._receive(WORD_BYTES):
            if not received:
                return None
            raise FramingError(
                f"a segment table has at least {WORD_BYTES} bytes, and {len(received)} were"
                " received"
            )
        count = limits.count_of(received)
        start = _table_bytes(count)
        if not self._receive(start):
            raise FramingError(
                f"the table of {count} segments has {start} bytes, and {len(received)} were"
                " received"
            )
        sizes = limits.sizes_of(received, count)
        self._receive(start + sum(sizes) * WORD_BYTES)
        return _segments(memoryview(received), start, sizes)

    def finish(self, message: MessageReader) -> None:
        # The segments keep the memory: the next message has its own.
        (_, _, pending, waiting), number, _ = self._known
        self._known = ((bytearray(), 0, pending, waiting), number + 1, [message])

    def _receive(self, size: int) -> bool:
        """Receive until there are ``size`` bytes of the message; return whether there are.

        No more bytes are asked for. A single call asks for no more than have been received already
        (64 KiB at first), so that memory does not grow by claimed sizes alone.
        """
        (received, settled, pending, waiting), number, ready = self._known
        while settled < size:
            room = min(size - settled, max(_BLOCK_BYTES, settled))
            chunk: Bytes
            if waiting is None:
                chunk, pending = self._input.chunk(pending, room)
                if not chunk:
                    return False
            else:
                room //= WORD_BYTES
                chunk, waiting = unpacked(waiting, b"", room)
                if not chunk:
                    packed, pending = self._input.chunk(pending, _BLOCK_BYTES)
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
        limits: _Limits,
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
                    # It may be the file's.
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
