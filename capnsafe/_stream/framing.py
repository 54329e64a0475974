"""The stream framing of messages: a table of segment sizes, then the segments, and so on.

Encoding specification, "Serialization Over a Stream"; all numbers little-endian, 32 bits::

    number of segments, minus one | words of segment 0 | words of segment 1 | ... | padding
    segment 0 | segment 1 | ...

What is received is checked against the limits and against the bytes that are really there before
anything is made of it: eight hostile bytes can claim four thousand million segments.

Where messages come from. From memory (any contiguous buffer) nothing is copied: the segments are
views into it, kept by the readers alone, and by ``read_messages`` until it ends, fails or is
dropped. From a file or a socket each message is read into memory of its own, which grows with what
has arrived, not with what was claimed; not one byte behind the message is read, so that the next
may be something else. Packed messages are read ahead, up to 64 KiB, since only their contents say
where they end.

Mapped memory (``mmap``) cannot be closed while a view into it is alive. The shortest way is to
leave that to the views: give the mapping away, and it is unmapped with the last reader::

    reader = read_message(mmap(file.fileno(), 0, access=ACCESS_READ))

To close it at a moment of one's own, drop the readers first (the message's, and those of its
structs and lists)::

    mapping = mmap(file.fileno(), 0, access=ACCESS_READ)
    reader = read_message(mapping)
    ...
    del reader
    mapping.close()

No exception that is raised here keeps a view. Beware of files that somebody else may shorten:
touching a mapping behind the end of its file kills the process (SIGBUS), and no library can help
it. Read such files instead.
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
from .._words.arguments import Raised, call, exported, integer, method_of, shown, truth, type_name
from .._words.buffers import view_of
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

#: The reference implementation refuses as many, and more.
SEGMENT_LIMIT: Final = 512

_NUMBER: Final = Struct("<I")
_MAX_NUMBER: Final = (1 << 32) - 1

#: Below this size, chunks come from the buffer of a file that has one.
_PEEKED_BYTES: Final = 1 << 12

#: What is asked of a file at a time while it has delivered little, and what is gathered for one.
_BLOCK_BYTES: Final = 1 << 16


class BinaryReader(Protocol):
    """A binary file, as far as reading from it goes: buffered or raw, or what a socket makes."""

    def read(self, size: int, /) -> bytes | None:
        """Return at most ``size`` bytes; none at the end."""


class Receiver(Protocol):
    """A connected stream socket, as far as reading from it goes."""

    def recv(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""


class BinaryWriter(Protocol):
    """A binary file, as far as writing to it goes."""

    def write(self, chunk: Bytes, /) -> int | None:
        """Write all of ``chunk`` or a part, and return how many bytes of it were written.

        ``None`` says that all were taken (``asyncio.StreamWriter``, a web response), and that the
        writer may have kept the chunk. From an ``io.RawIOBase`` it says that none was, for it would
        have had to wait.
        """


class Sender(Protocol):
    """A connected stream socket, as far as writing to it goes."""

    def send(self, chunk: Bytes, /) -> int:
        """Return how many bytes of ``chunk`` were sent."""


#: Where messages are read from. A buffer is any object with a contiguous one, as ``mmap`` is.
Source: TypeAlias = Buffer | BinaryReader | Receiver


# -- writing --------------------------------------------------------------------------------------


def table_of(sizes: Sequence[int]) -> bytes:
    """Return the table of segments of these sizes (bytes), padded to whole words."""
    if not sizes:
        raise ArgumentValueError("a message has at least one segment, and none was given")
    if len(sizes) > MAX_SEGMENTS:
        raise MessageTooLarge(f"the segment table cannot count {len(sizes)} segments")
    numbers = [len(sizes) - 1]
    for index, size in enumerate(sizes):
        words, odd = divmod(size, WORD_BYTES)
        if odd:
            raise ArgumentValueError(
                f"segment {index} has {size} bytes, which are not whole words", segment=index
            )
        if words > _MAX_NUMBER:
            raise MessageTooLarge(
                f"the segment table cannot hold the {words} words of segment {index}",
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
    """Return the table and the segments, all of them checked."""
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
    """Return the parts packed each for itself, as the reference implementation does.

    Its reader depends on it: a run must not go from the table into the first segment.
    """
    packer = Packer()
    for part in parts:
        view = memoryview(part)
        for start in range(0, len(view), _BLOCK_BYTES):
            yield packer.feed(view[start : start + _BLOCK_BYTES])
        yield packer.flush()


def _gathered(parts: Iterable[bytes | memoryview]) -> Generator[Bytes]:
    """Return small parts joined, so that a small message is one call of the file's."""
    gathered = bytearray()
    for part in parts:
        if len(gathered) + len(part) > _BLOCK_BYTES:
            if gathered:
                yield gathered
                # Another one: who was given the first may have kept it.
                gathered = bytearray()
            if len(part) > _BLOCK_BYTES:
                yield part
                continue
        gathered += part
    if gathered:
        yield gathered


def frame(segments: Sequence[Bytes], *, packed: bool = False) -> bytes:
    """Return the message of these segments (each whole words) as one stream of bytes.

    Raises ``ArgumentValueError`` where there is no segment, or one that is not whole words, and
    ``MessageTooLarge`` where the table cannot hold the numbers.
    """
    try:
        is_packed = truth(packed)
        parts = _parts(segments)
        return b"".join(_packed(parts) if is_packed else parts)
    except (RecursionError, MemoryError) as error:
        raise exhausted() from error


#: What is known of a message that is being written: (bytes taken before the last call of the file;
#: what that call returned, if it did; the bytes that it was given; whether the file is a raw one).
_Writing: TypeAlias = "tuple[int, list[Any], int, bool]"


@final
class Written:
    """Counts how many bytes of one message a file or socket has taken.

    Pass it to ``write_message`` or ``MessageBuilder.write_to``. If the call raises, or is
    interrupted at any bytecode, ``bytes`` is right nevertheless; bytes that the file took in a call
    that raised are its own to tell. Pass it again with the same message, and only the rest is
    written.
    """

    __slots__ = ("_writing",)

    def __init__(self) -> None:
        """Count from nothing."""
        self._writing: _Writing = (0, [], 0, False)

    @property
    def bytes(self) -> int:
        """The bytes that were taken, the segment table included."""
        taken, returned, size, is_raw = self._writing
        if returned:
            # Whoever called the file was interrupted before it was counted.
            with suppress(Error, BlockingIOError):
                taken += _taken_of(returned[0], size, is_raw)
        return taken

    def _write(self, write: Callable[[memoryview], object], chunk: memoryview, raw: bool) -> object:
        """Let the file take a chunk, and return what it returns; the same bytecode records it."""
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
    written: Written | None = None,
) -> None:
    """Write the message of these segments to a binary file or a socket, without joining them.

    Raises what ``frame`` raises, before anything is written, and what ``file.write`` (a socket's
    ``send``) raises. A file that takes a part (raw ones may) is given the rest. One that returns
    ``None`` took everything, as ``asyncio.StreamWriter`` does, unless it is an ``io.RawIOBase``.
    Raises ``BlockingIOError`` if the file takes nothing, ``FramingError`` if it says to have taken
    a number of bytes that is impossible, and ``ArgumentTypeError`` if it returns no number, or
    something to be awaited.

    ``written`` counts the bytes that the file takes, also where the call fails or is interrupted.
    If it has counted some of this message, only the rest is written.
    """
    is_packed = truth(packed)
    if written is None:
        written = Written()
    elif type(written) is not Written:
        raise ArgumentTypeError(f"written must be a Written, not {type_name(written)}")
    parts = _parts(segments)
    write: Callable[[memoryview], object] = _method(file, ("write", "send"), "write to")
    pieces = _gathered(_packed(parts) if is_packed else parts)
    waits = _is_raw(file)
    passed = written.bytes
    try:
        for piece in pieces:
            if passed >= len(piece):
                passed -= len(piece)
                continue
            _write_all(write, piece, passed, waits, written)
            passed = 0
        if passed:
            raise ArgumentValueError(
                f"written has counted {passed} bytes more than the message has: it is another one's"
            )
    finally:
        # What a file raises must not keep the segments: its traceback would, through this frame.
        pieces.close()
        for part in parts:
            _release(part)


def _is_raw(file: object) -> bool:
    """Return whether ``None`` from ``write`` says that nothing was written."""
    # Not ``isinstance``: the ``__class__`` of an object can be code that raises.
    return issubclass(type(file), RawIOBase)


def _count_of(answer: Any) -> int:
    """Return the number of bytes that ``write`` says to have written."""
    what = "what the file says to have written"
    if answer is True or answer is False:
        raise ArgumentTypeError(f"{what} must be a number of bytes, not {answer}")
    if issubclass(type(answer), Coroutine):
        answer.close()
        raise ArgumentTypeError("the file must be awaited: hand it frame(...) instead")
    return integer(answer, what)


def _taken_of(answer: Any, size: int, is_raw: bool) -> int:
    """Return how many of ``size`` bytes the file says to have taken, or raise."""
    if answer is None and not is_raw:
        return size
    taken = 0 if answer is None else _count_of(answer)
    if taken == 0:
        raise BlockingIOError(f"the file takes none of the {size} bytes")
    if not 0 < taken <= size:
        raise FramingError(f"the file says to have written {shown(taken)} of {size} bytes")
    return taken


def _write_all(
    write: Callable[[memoryview], object], piece: Bytes, start: int, is_raw: bool, written: Written
) -> None:
    """Write a piece from byte ``start`` on, which may take several calls."""
    chunk = memoryview(piece)[start:]
    kept = False
    try:
        while chunk:
            answer = written._write(write, chunk, is_raw)
            if answer is None and not is_raw:
                # Not released: the file may send it later.
                kept = True
                return
            chunk = chunk[_taken_of(answer, len(chunk), is_raw) :]
    finally:
        if not kept:
            _release(chunk)


def _release(part: bytes | memoryview) -> None:
    """Let go of a view, unless it was the file that kept it."""
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
        f"{type_name(file)} has no method {' or '.join(map(repr, names))} to {purpose}"
    )


# -- the table ------------------------------------------------------------------------------------


@final
class _Limits:
    """What a message may have at most, checked."""

    __slots__ = ("segments", "words")

    def __init__(self, max_segments: SupportsIndex, max_words: SupportsIndex) -> None:
        self.segments = limit_of(max_segments, "max_segments")
        self.words = limit_of(max_words, "max_words")

    def count_of(self, head: Buffer) -> int:
        """Return how many segments the table counts that begins with these bytes, 4 or more."""
        count: int = _NUMBER.unpack_from(head)[0] + 1
        if count > self.segments:
            raise FramingError(
                f"the segment table counts {count} segments, and the limit is {self.segments}"
            )
        return count

    def sizes_of(self, table: Buffer, count: int) -> tuple[int, ...]:
        """Return the words of each segment; the table is all there."""
        sizes: tuple[int, ...] = unpack_from(f"<{count}I", table, _NUMBER.size)
        words = sum(sizes)
        if words > self.words:
            raise FramingError(
                f"the segment table counts {words} words, and the limit is {self.words}",
                words_asked=words,
                words_granted=self.words,
            )
        return sizes


def _table_bytes(count: int) -> int:
    """Return the bytes of the table of so many segments: numbers, rounded up to whole words."""
    return (count // 2 + 1) * WORD_BYTES


def _cut(view: memoryview, limits: _Limits) -> tuple[list[memoryview], int]:
    """Return the segments of the message at the start of ``view``, and where it ends (bytes)."""
    if len(view) < _NUMBER.size:
        raise FramingError(f"a segment table has at least 4 bytes, and {len(view)} were received")
    count = limits.count_of(view)
    start = _table_bytes(count)
    if len(view) < start:
        raise FramingError(
            f"the table of {count} segments has {start} bytes, and {len(view)} were received"
        )
    segments = _segments(view, start, limits.sizes_of(view, count))
    return segments, start + sum(map(len, segments))


def _segments(view: memoryview, start: int, sizes: tuple[int, ...]) -> list[memoryview]:
    """Return the segments of so many words that begin at byte ``start``, if they are there."""
    words = sum(sizes)
    received_words = (len(view) - start) // WORD_BYTES
    if words > received_words:
        raise FramingError(
            f"the segment table counts {words} words, and {received_words} were received",
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

    What follows the message is left alone; the last view ends where it begins. Raises
    ``FramingError`` where the table is not all there, counts more than ``max_segments`` segments
    or more than ``max_words`` words in them, or counts more than there are bytes.
    """
    try:
        limits = _Limits(max_segments, max_words)
        # Whatever is raised must not keep the buffer: its traceback would, through this frame.
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
    """Return a reader of the next message of a file or socket, or the one at the start of a buffer.

    The options are those of ``read_messages``. Raises ``FramingError`` where there is no message.
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
    raise FramingError("a message was asked for, and 0 bytes were received")


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
    """Return a reader of each message in a buffer, a binary file or a stream socket, one by one.

    No message may have more than ``max_segments`` segments, nor more than ``max_words`` words in
    them; each has its own traversal and nesting limits (see ``MessageReader``).

    The iteration ends where the source ends between two messages. ``FramingError`` is raised where
    it ends inside one, or where a limit is exceeded, and again by each call from then on: where the
    next message begins is unknown. What a file or socket raises passes unchanged, and nothing that
    was received is lost: after a timeout the iteration can be continued by another ``next``. So
    does a ``RecursionError`` of Python's while a file is read: it may be the file's. From
    inside a call of the file, ``next`` raises ``Reentered``.
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
        # From C, so that a message leaves its list as it is returned, and no bytecode lies between.
        return map(_taken, _Messages(origin, limits, traversal, nesting, is_memory))
    except RecursionError as error:
        raise exhausted() from error


def _is_buffer(source: Any) -> bool:
    """Return whether this is memory, and no file. Mapped memory is, though it has ``read``."""
    try:
        call(exported, source).release()
    except Raised as raised:
        # Where it is another error, ``view_of`` says why the memory is not to be had.
        return not issubclass(type(raised.__cause__), TypeError)
    return True


# How nothing that was received is lost. Any call can raise: a file may time out, the handler of a
# signal may raise at any bytecode, and Python may run out of memory. So a chunk is recorded by the
# same bytecode that calls the file (see ``_File.chunk``), and the rest of what is known of a stream
# is one immutable value, replaced by one assignment when the chunk has been dealt with. Whatever is
# raised in between, the next attempt begins with the old value and the recorded chunk, and comes to
# the same result.

#: What an input has received or still holds: a file's list of at most one chunk, or memory.
_Pending: TypeAlias = "list[Any] | memoryview"


class _Input(ABC):
    """Bytes that come in chunks."""

    __slots__ = ()

    @abstractmethod
    def begin(self) -> _Pending:
        """Return what is pending at first."""

    @abstractmethod
    def chunk(self, pending: _Pending, size: int) -> tuple[Bytes, _Pending]:
        """Return at most ``size`` bytes, none at the end, and what is pending after them.

        If ``pending`` is passed again instead, the same chunk is returned again.
        """


def _file_of(source: Any) -> _File:
    """Return the way to read from a file or socket."""
    reads_once: Any = method_of(source, "read1")
    if not callable(reads_once):
        return _File(_method(source, ("read", "recv"), "read messages from"), None, None)
    reads: Any = method_of(source, "read")
    peek: Any = method_of(source, "peek")
    return _File(reads_once, reads if callable(reads) else None, peek if callable(peek) else None)


def _receive_from(read: Callable[[int], object], size: int, received: list[Any]) -> None:
    """Call a file's method, and put what it returns into the list."""
    # The list has room before the file is called, and takes the chunk as the call returns: no
    # bytecode lies between, and nothing is allocated.
    received.extend(map(read, (size,)))
    if not received:
        raise ArgumentTypeError("the file raises StopIteration instead of returning bytes")


@final
class _File(_Input):
    """Chunks that a method of a file or socket returns, checked.

    That is ``read1`` where there is one, which does not wait for more than is there, and calls the
    file below a buffered one once: the second of several calls may fail, and ``read`` then loses
    what the first returned. Two things that ``read`` does, ``read1`` does not. It fills the buffer
    of the file, for which ``peek`` is called. And a file that does not wait, and has nothing now,
    says so by ``None``: where ``read1`` returns nothing, ``read`` is asked whether this is the end.
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
            raise FramingError(f"the file answers {len(chunk)} bytes, and {size} were asked for")
        return chunk, []

    def _octets(self, chunk: Any) -> memoryview:
        if chunk is None:
            raise ArgumentTypeError(
                "the file answers None instead of bytes: it does not wait, and has nothing now"
            )
        if issubclass(type(chunk), Coroutine):
            chunk.close()
            raise ArgumentTypeError("the file must be awaited: hand over the bytes that it returns")
        return view_of(chunk, "what the file answers")


@final
class _Memory(_Input):
    """Memory, piece by piece. What is pending is the rest of it."""

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
    """Where the segments of one message after the other come from."""

    __slots__ = ()

    @abstractmethod
    def ready(self) -> tuple[int, list[MessageReader]]:
        """Return how many messages were finished; in the list is the last, until it is taken."""

    @abstractmethod
    def cut(self, limits: _Limits) -> list[memoryview] | None:
        """Return the segments of the next message, or None at the end.

        If this raises, or is called again before the message is finished, the stream is where it
        was.
        """

    @abstractmethod
    def finish(self, message: MessageReader) -> None:
        """Note in one step that a message was read, and that the next one begins behind it."""


@final
class _InMemory(_Origin):
    """Messages that lie in memory, one behind the other."""

    __slots__ = ("_end", "_known")

    def __init__(self, rest: memoryview) -> None:
        #: The rest of the memory, and what ``ready`` returns.
        self._known: tuple[memoryview, int, list[MessageReader]] = (rest, 0, [])
        #: Where the message ends that was cut.
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


#: What is known of a stream: (the bytes of the next message from its first one on; how many of them
#: are settled, as an attempt that was interrupted may have added more; what its input has pending;
#: what waits to be unpacked, ``None`` in a stream that is not packed).
_Known: TypeAlias = "tuple[bytearray, int, _Pending, Waiting | None]"

#: Both that and what ``ready`` returns.
_Everything: TypeAlias = "tuple[_Known, int, list[MessageReader]]"


@final
class _Stream(_Origin):
    """Messages that arrive piece by piece, one behind the other."""

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
        """Have at least ``size`` bytes of the message; return whether the input had them.

        No more is asked for than that, and at one time no more than has been received before: what
        makes room for a claimed size is sizes that were kept.
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
                # An attempt that was interrupted here has added the same chunk.
                del received[settled:]
            received += chunk
            settled += len(chunk)
            self._known = ((received, settled, pending, waiting), number, ready)
        return True


@final
class _Messages:
    """Makes the messages of ``read_messages``, each in a list of its own."""

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
        #: Reads the next message. It is a generator since Python itself knows whether one runs: no
        #: interrupt can leave that wrong.
        self._attempt: GeneratorType[None, None, None] | None = None

    def __iter__(self) -> _Messages:
        return self

    def __reduce__(self) -> str:
        """Refuse to be copied or pickled."""
        raise ArgumentTypeError(
            "messages that are read cannot be copied: both copies would take from one source"
        )

    def __next__(self) -> list[MessageReader]:
        """Return the next message, in the list from which it must be taken."""
        if self._attempt is not None and self._attempt.gi_running:
            raise Reentered("the next message is being read, and no other can be read meanwhile")
        while self._failure is None and self._origin is not None:
            # There already is one if an earlier call was interrupted. There is none after reading
            # if a finalizer has taken it.
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
        """Read the next message, or come to the end, and yield nothing."""
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
            # Out here it has neither cause nor context, whose tracebacks would keep the memory.
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
