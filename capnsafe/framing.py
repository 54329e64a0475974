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
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from struct import Struct, pack, unpack_from
from typing import Any, Final, Protocol, SupportsIndex, TypeAlias, final

from .allocator import Buffer
from .arguments import integer, method_of, shown, truth, type_name
from .buffers import view_of
from .errors import ArgumentTypeError, ArgumentValueError, FramingError, MessageTooLarge
from .packing import Packer, Unpacker
from .reader import NESTING_LIMIT, TRAVERSAL_LIMIT_WORDS, MessageReader
from .reading import limit_of
from .wire import MAX_SEGMENTS, WORD_BYTES

Bytes: TypeAlias = bytes | bytearray | memoryview

#: The reference implementation refuses as many, and more.
SEGMENT_LIMIT: Final = 512

_NUMBER: Final = Struct("<I")
_MAX_NUMBER: Final = (1 << 32) - 1

#: What is asked of a file at a time while it has delivered little, and what is gathered for one.
_BLOCK_BYTES: Final = 1 << 16


class BinaryReader(Protocol):
    """A binary file, as far as reading from it goes: buffered or raw, or what a socket makes."""

    def read(self, size: int, /) -> bytes | None:
        """Answer at most ``size`` bytes; none at the end."""


class Receiver(Protocol):
    """A connected stream socket, as far as reading from it goes."""

    def recv(self, size: int, /) -> bytes:
        """Answer at most ``size`` bytes; none at the end."""


class BinaryWriter(Protocol):
    """A binary file, as far as writing to it goes."""

    def write(self, chunk: Bytes, /) -> int | None:
        """Write all of ``chunk``, or answer how many bytes of it were written."""


class Sender(Protocol):
    """A connected stream socket, as far as writing to it goes."""

    def send(self, chunk: Bytes, /) -> int:
        """Answer how many bytes of ``chunk`` were sent."""


#: Where messages are read from. A buffer is any object with a contiguous one, as ``mmap`` is.
Source: TypeAlias = Buffer | BinaryReader | Receiver


# -- writing --------------------------------------------------------------------------------------


def table_of(sizes: Sequence[int]) -> bytes:
    """Answer the table of segments of these sizes (bytes), padded to whole words."""
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


def _parts(segments: Sequence[Bytes]) -> list[bytes | memoryview]:
    """Answer the table and the segments, all of them checked."""
    try:
        listed = list(segments)
    except Exception as cause:
        raise ArgumentTypeError(
            f"segments must be a sequence of buffers, not {type_name(segments)}"
        ) from cause
    views = [
        segment if type(segment) is bytes else view_of(segment, f"segment {index}")
        for index, segment in enumerate(listed)
    ]
    return [table_of([len(view) for view in views]), *views]


def _packed(parts: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Answer the parts packed each for itself, as the reference implementation does.

    Its reader depends on it: a run must not go from the table into the first segment.
    """
    packer = Packer()
    for part in parts:
        view = memoryview(part)
        for start in range(0, len(view), _BLOCK_BYTES):
            yield packer.feed(view[start : start + _BLOCK_BYTES])
        yield packer.flush()


def _gathered(parts: Iterable[bytes | memoryview]) -> Generator[Bytes]:
    """Answer small parts joined, so that a small message is one call of the file's."""
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
    """Answer the message of these segments (each whole words) as one stream of bytes.

    Raises ``ArgumentValueError`` where there is no segment, or one that is not whole words, and
    ``MessageTooLarge`` where the table cannot hold the numbers.
    """
    is_packed = truth(packed)
    parts = _parts(segments)
    return b"".join(_packed(parts) if is_packed else parts)


def write_message(
    file: BinaryWriter | Sender, segments: Sequence[Bytes], *, packed: bool = False
) -> None:
    """Write the message of these segments to a binary file or a socket, without joining them.

    Raises what ``frame`` raises, before anything is written, and what ``file.write`` (a socket's
    ``send``) raises. A file that takes a part (raw ones may) is given the rest; ``BlockingIOError``
    where it takes nothing, ``FramingError`` where it says to have taken what cannot be.
    """
    is_packed = truth(packed)
    parts = _parts(segments)
    write: Callable[[memoryview], object] = _method(file, ("write", "send"), "write to")
    pieces = _gathered(_packed(parts) if is_packed else parts)
    try:
        for piece in pieces:
            _write_all(write, piece)
    finally:
        # What a file raises must not keep the segments: its traceback would, through this frame.
        pieces.close()
        for part in parts:
            _release(part)


def _write_all(write: Callable[[memoryview], Any], piece: Bytes) -> None:
    """Write all of a piece, which may take several calls."""
    chunk = memoryview(piece)
    try:
        while chunk:
            answer = write(chunk)
            written = 0 if answer is None else integer(answer, "what the file says to have written")
            if written == 0:
                raise BlockingIOError(f"the file takes none of the {len(chunk)} bytes")
            if not 0 < written <= len(chunk):
                raise FramingError(
                    f"the file says to have written {shown(written)} of {len(chunk)} bytes"
                )
            chunk = chunk[written:]
    finally:
        _release(chunk)


def _release(part: bytes | memoryview) -> None:
    """Let go of a view, unless it was the file that kept it."""
    if isinstance(part, memoryview):
        with suppress(BufferError):
            part.release()


def _method(file: Any, names: tuple[str, ...], purpose: str) -> Any:
    """Answer the first of these methods that a file or socket has."""
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
        """Answer how many segments the table counts that begins with these bytes, 4 or more."""
        count: int = _NUMBER.unpack_from(head)[0] + 1
        if count > self.segments:
            raise FramingError(
                f"the segment table counts {count} segments, and the limit is {self.segments}"
            )
        return count

    def sizes_of(self, table: Buffer, count: int) -> tuple[int, ...]:
        """Answer the words of each segment; the table is all there."""
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
    """Answer the bytes of the table of so many segments: numbers, rounded up to whole words."""
    return (count // 2 + 1) * WORD_BYTES


def _cut(view: memoryview, limits: _Limits) -> tuple[list[memoryview], int]:
    """Answer the segments of the message at the start of ``view``, and where it ends (bytes)."""
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
    """Answer the segments of so many words that begin at byte ``start``, if they are there."""
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
    """Answer the segments of the message at the start of ``buffer``, as read-only views into it.

    What follows the message is left alone; the last view ends where it begins. Raises
    ``FramingError`` where the table is not all there, counts more than ``max_segments`` segments
    or more than ``max_words`` words in them, or counts more than there are bytes.
    """
    limits = _Limits(max_segments, max_words)
    # Whatever is raised must not keep the buffer: its traceback would, through this frame.
    with view_of(buffer, "the message") as view:
        return _cut(view, limits)[0]


def read_message(
    source: Source,
    *,
    packed: bool = False,
    max_segments: SupportsIndex = SEGMENT_LIMIT,
    max_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
    traversal_limit_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
    nesting_limit: SupportsIndex = NESTING_LIMIT,
) -> MessageReader:
    """Answer a reader of the next message of a file or socket, or the one at the start of a buffer.

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
    """Answer a reader of each message in a buffer, a binary file or a stream socket, one by one.

    No message may have more than ``max_segments`` segments, nor more than ``max_words`` words in
    them; each has its own traversal and nesting limits (see ``MessageReader``).

    The iteration ends where the source ends between two messages. ``FramingError`` is raised where
    it ends inside one, or where a limit is exceeded, and again by each call from then on: where the
    next message begins is unknown. What a file or socket raises passes unchanged, and nothing that
    was received is lost: after a timeout the iteration can be continued by another ``next``.
    """
    limits = _Limits(max_segments, max_words)
    traversal = limit_of(traversal_limit_words, "traversal_limit_words")
    nesting = limit_of(nesting_limit, "nesting_limit")
    is_packed = truth(packed)
    origin: _Origin
    if _is_buffer(source):
        memory = view_of(source, "the source")
        origin = _Stream(_Unpacked(_Memory(memory))) if is_packed else _InMemory(memory)
    elif is_packed:
        # ``read1`` does not wait for more than is there.
        read = _method(source, ("read1", "read", "recv"), "read messages from")
        origin = _Stream(_Unpacked(_File(read)))
    else:
        origin = _Stream(_File(_method(source, ("read", "recv"), "read messages from")))
    return _Messages(origin, limits, traversal, nesting)


def _is_buffer(source: Any) -> bool:
    """Answer whether this is memory, and no file. Mapped memory is, though it has ``read``."""
    try:
        memoryview(source).release()
    except TypeError:
        return False
    except Exception:
        # Memory that cannot be had: ``view_of`` says why.
        return True
    return True


class _Input(ABC):
    """Bytes that come in chunks."""

    __slots__ = ()

    @abstractmethod
    def read(self, size: int) -> Bytes:
        """Answer at most ``size`` bytes, whatever has arrived; none at the end."""


@final
class _File(_Input):
    """What a method of a file or socket answers, looked at without trusting it."""

    __slots__ = ("_read",)

    def __init__(self, read: Callable[[int], object]) -> None:
        self._read = read

    def read(self, size: int) -> Bytes:
        chunk = self._read(size)
        if chunk is None:
            raise ArgumentTypeError(
                "the file answers None instead of bytes: it does not wait, and has nothing now"
            )
        received = chunk if type(chunk) is bytes else view_of(chunk, "what the file answers")
        if len(received) > size:
            raise FramingError(f"the file answers {len(received)} bytes, and {size} were asked for")
        return received


@final
class _Memory(_Input):
    """Memory, piece by piece."""

    __slots__ = ("_rest",)

    def __init__(self, rest: memoryview) -> None:
        self._rest = rest

    def read(self, size: int) -> Bytes:
        chunk = self._rest[:size]
        self._rest = self._rest[size:]
        return chunk


@final
class _Unpacked(_Input):
    """Packed bytes, unpacked: whole words, where whole words are asked for."""

    __slots__ = ("_packed", "_unpacker")

    def __init__(self, packed: _Input) -> None:
        self._packed = packed
        self._unpacker = Unpacker()

    def read(self, size: int) -> Bytes:
        limit = size // WORD_BYTES
        words = self._unpacker.feed(max_words=limit)
        while not words:
            chunk = self._packed.read(_BLOCK_BYTES)
            if not chunk:
                self._unpacker.finish()
                break
            words = self._unpacker.feed(chunk, max_words=limit)
        return words


class _Origin(ABC):
    """Where the segments of one message after the other come from."""

    __slots__ = ()

    @abstractmethod
    def cut(self, limits: _Limits) -> list[memoryview] | None:
        """Answer the segments of the next message, or None at the end.

        What an input raises leaves everything as it was, so that the call may be tried again.
        """


@final
class _InMemory(_Origin):
    """Messages that lie in memory, one behind the other."""

    __slots__ = ("_rest",)

    def __init__(self, rest: memoryview) -> None:
        self._rest = rest

    def cut(self, limits: _Limits) -> list[memoryview] | None:
        if not self._rest:
            return None
        segments, end = _cut(self._rest, limits)
        self._rest = self._rest[end:]
        return segments


@final
class _Stream(_Origin):
    """Messages that arrive piece by piece, one behind the other."""

    __slots__ = ("_input", "_received")

    def __init__(self, source: _Input) -> None:
        self._input = source
        # Of the next message, from its first byte on.
        self._received = bytearray()

    def cut(self, limits: _Limits) -> list[memoryview] | None:
        if not self._receive(WORD_BYTES):
            if not self._received:
                return None
            raise FramingError(
                f"a segment table has at least {WORD_BYTES} bytes, and {len(self._received)} were"
                " received"
            )
        count = limits.count_of(self._received)
        start = _table_bytes(count)
        if not self._receive(start):
            raise FramingError(
                f"the table of {count} segments has {start} bytes, and {len(self._received)} were"
                " received"
            )
        sizes = limits.sizes_of(self._received, count)
        self._receive(start + sum(sizes) * WORD_BYTES)
        segments = _segments(memoryview(self._received), start, sizes)
        # The segments keep the memory: the next message has its own.
        self._received = bytearray()
        return segments

    def _receive(self, size: int) -> bool:
        """Have at least ``size`` bytes of the message; answer whether the input had them.

        No more is asked for than that, and at one time no more than has been received before: what
        makes room for a claimed size is sizes that were kept.
        """
        received = self._received
        while len(received) < size:
            chunk = self._input.read(min(size - len(received), max(_BLOCK_BYTES, len(received))))
            if not chunk:
                return False
            received += chunk
        return True


@final
class _Messages:
    """The iterator of ``read_messages``."""

    __slots__ = (
        "_failure",
        "_limits",
        "_nesting_limit",
        "_number",
        "_origin",
        "_traversal_limit",
    )

    def __init__(
        self, origin: _Origin, limits: _Limits, traversal_limit: int, nesting_limit: int
    ) -> None:
        self._origin: _Origin | None = origin
        self._limits = limits
        self._traversal_limit = traversal_limit
        self._nesting_limit = nesting_limit
        self._number = 0
        self._failure: str | None = None

    def __iter__(self) -> _Messages:
        return self

    def __next__(self) -> MessageReader:
        if self._failure is not None:
            raise FramingError(self._failure)
        if self._origin is None:
            raise StopIteration
        segments: list[memoryview] | None = None
        asked: int | None = None
        granted: int | None = None
        try:
            segments = self._origin.cut(self._limits)
        except FramingError as error:
            self._failure = f"message {self._number}: {error}"
            asked = error.words_asked
            granted = error.words_granted
        if self._failure is not None:
            self._origin = None
            # Out here it has neither cause nor context, whose tracebacks would keep the memory.
            raise FramingError(self._failure, words_asked=asked, words_granted=granted)
        if segments is None:
            self._origin = None
            raise StopIteration
        self._number += 1
        return MessageReader(
            segments,
            traversal_limit_words=self._traversal_limit,
            nesting_limit=self._nesting_limit,
        )
