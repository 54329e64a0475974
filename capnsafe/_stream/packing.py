"""Packing and unpacking: the encoding's own compression of zero bytes.

Encoding specification, "Packing". Each word becomes a tag, whose bit *k* says that byte *k*
follows, and the bytes that are not zero. Two tags are followed by a count::

    0x00 | n                                     a zero word, and n more of them
    0xff | the word's 8 bytes | n | n words      a word without a zero, and n more words as they are

Any bytes are valid packed words, except that they may end in the middle of a word. So only two
things can be wrong with them: their end, and their size, as two bytes can stand for 2 KiB.

Each packer may choose where a run ends. This one does as the reference implementation, so that both
write the same bytes: a run of zero words is as long as possible, and a run of verbatim words
goes on while at most one byte of a word is zero. The reference implementation packs the segment
table and each segment separately, so no run goes from one into the next (``Packer.flush``).

No Python code runs for each byte. To pack a block, the tags of all its words are made at once:
every eighth byte of the block is a slice, ``bytes.translate`` turns each byte of it into a bit,
and the eight slices are combined as integers. A regular expression over the tags finds the runs.
Each word outside a run is put behind its tag, and all zero bytes are deleted; the tag itself
stays, because it is not zero. To unpack a word, ``bytes.translate`` selects from the packed bytes
by a pattern that was made once for each tag.
"""

from __future__ import annotations

import re
from typing import Final, SupportsIndex, TypeAlias, final

from .._read.reader import TRAVERSAL_LIMIT_WORDS
from .._read.reading import limit_of
from .._words.buffers import view_of
from .._words.exhausted import exhausted
from ..allocator import Buffer
from ..errors import ArgumentValueError, FramingError, MessageStateError
from ..wire import WORD_BYTES

#: Bytes that a packer collects before it packs them.
_BLOCK_BYTES: Final = 1 << 14

#: A run is one word and up to 255 words that are counted.
_RUN_WORDS: Final = 256

_ZERO: Final = 0x00
_DENSE: Final = 0xFF

#: In the tags of a block: zero words, or a dense word and others with at most one zero byte.
_RUNS: Final = re.compile(rb"\x00{1,256}|\xff[\xff\xfe\xfd\xfb\xf7\xef\xdf\xbf\x7f]{0,255}")

#: For each byte of a word, a translation table from nonzero values to the byte's bit in the tag.
_BITS: Final = tuple(bytes(1) + bytes((1 << byte,)) * 255 for byte in range(WORD_BYTES))

_TABLE_BYTES: Final = 256


def _pattern(tag: int) -> bytes:
    """Return the place of each byte of a word, counted from its tag; zeros have the last place."""
    places = []
    place = 0
    for byte in range(WORD_BYTES):
        if tag >> byte & 1:
            place += 1
            places.append(place)
        else:
            places.append(_TABLE_BYTES - 1)
    return bytes(places)


_PATTERNS: Final = tuple(_pattern(tag) for tag in range(256))

#: The number of bytes of a packed word: its tag and its bytes, without a count.
_PACKED_BYTES: Final = tuple(1 + tag.bit_count() for tag in range(256))


def _pack_words(block: bytes, more: bool) -> tuple[bytes, int]:
    """Return whole words packed, and how many bytes of the block were packed.

    If ``more`` words follow, a run at the end of the block stays unpacked: they may extend it.
    """
    words = len(block) // WORD_BYTES
    # Each tag, followed by its word.
    spread = bytearray(words * (1 + WORD_BYTES))
    bits = 0
    for byte in range(WORD_BYTES):
        column = block[byte::WORD_BYTES]
        spread[1 + byte :: 1 + WORD_BYTES] = column
        bits |= int.from_bytes(column.translate(_BITS[byte]), "little")
    tags = bits.to_bytes(words, "little")
    spread[:: 1 + WORD_BYTES] = tags
    parts: list[bytes | bytearray] = []
    done = 0
    for run in _RUNS.finditer(tags):
        start, end = run.span()
        if more and end == words and end - start < _RUN_WORDS:
            words = start
            break
        if done < start:
            mixed = spread[done * (1 + WORD_BYTES) : start * (1 + WORD_BYTES)]
            parts.append(mixed.translate(None, b"\x00"))
        count = end - start - 1
        if tags[start] == _ZERO:
            parts.append(bytes((_ZERO, count)))
        else:
            second = (start + 1) * WORD_BYTES
            first = block[second - WORD_BYTES : second]
            parts.append(b"\xff%b%c%b" % (first, count, block[second : end * WORD_BYTES]))
        done = end
    if done < words:
        mixed = spread[done * (1 + WORD_BYTES) : words * (1 + WORD_BYTES)]
        parts.append(mixed.translate(None, b"\x00"))
    return b"".join(parts), words * WORD_BYTES


@final
class Packer:
    """A packer of words that arrive in chunks of any size.

    The output does not depend on the sizes of the chunks. Between two calls, less than 16 KiB are
    held back.
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        """Make a packer that holds nothing."""
        self._held = bytearray()

    def __copy__(self) -> Packer:
        """Return an independent packer in the same state."""
        copied = Packer()
        copied._held += self._held
        return copied

    def feed(self, chunk: Buffer) -> bytes:
        """Add a chunk, and return the packed words that it completes.

        If this raises, no byte of the chunk was added.
        """
        try:
            view = view_of(chunk, "the chunk")
            held = self._held
            if len(held) + len(view) < _BLOCK_BYTES:
                held += view
                return b""
            held = bytearray(held)
            parts: list[bytes] = []
            for start in range(0, len(view), _BLOCK_BYTES):
                held += view[start : start + _BLOCK_BYTES]
                if len(held) >= _BLOCK_BYTES:
                    whole = len(held) // WORD_BYTES * WORD_BYTES
                    packed, done = _pack_words(bytes(held[:whole]), more=True)
                    del held[:done]
                    parts.append(packed)
            result = b"".join(parts)
            self._held = held
            return result
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def flush(self) -> bytes:
        """Return the rest, packed, and end the last run. The packer can be used again.

        Raises:
            ArgumentValueError: If the last word is not complete. The packer keeps the rest.
        """
        try:
            held = bytes(self._held)
            if len(held) % WORD_BYTES:
                raise ArgumentValueError(
                    "only whole words can be packed, and the last has"
                    f" {len(held) % WORD_BYTES} bytes"
                )
            packed = _pack_words(held, more=False)[0]
            self._held.clear()
            return packed
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error


#: Packed words that wait to be unpacked: (packed bytes; index of the first unread one; rest of the
#: current run, in zero words and in verbatim words; whether more input is needed for the next
#: word). The value is never changed in place.
Waiting: TypeAlias = tuple[bytes, int, int, int, bool]

NOTHING_WAITS: Final[Waiting] = (b"", 0, 0, 0, True)


def unpacked(
    waiting: Waiting, chunk: bytes | bytearray | memoryview, room: int
) -> tuple[bytes, Waiting]:
    """Unpack at most ``room`` words from the waiting bytes and a chunk that follows them.

    Returns (the words, what waits now). Nothing is changed in place, so that the caller can
    replace its state in one step.
    """
    packed, at, zero_words, verbatim_words, _ = waiting
    if len(chunk):
        packed = b"".join([memoryview(packed)[at:], chunk])
        at = 0
    end = len(packed)
    words = bytearray()
    while room:
        if zero_words:
            count = min(zero_words, room)
            words += bytes(count * WORD_BYTES)
            zero_words -= count
            room -= count
        elif verbatim_words:
            count = min(verbatim_words, room, (end - at) // WORD_BYTES)
            if count == 0:
                break
            behind = at + count * WORD_BYTES
            words += packed[at:behind]
            at = behind
            verbatim_words -= count
            room -= count
        elif at == end:
            break
        else:
            tag = packed[at]
            behind = at + _PACKED_BYTES[tag]
            if tag == _ZERO:
                if behind >= end:
                    break
                zero_words = packed[behind] + 1
                at = behind + 1
            elif tag == _DENSE:
                if behind >= end:
                    break
                words += packed[at + 1 : behind]
                room -= 1
                verbatim_words = packed[behind]
                at = behind + 1
            else:
                if behind > end:
                    break
                table = packed[at:behind].ljust(_TABLE_BYTES, b"\x00")
                words += _PATTERNS[tag].translate(table)
                room -= 1
                at = behind
    starved = room > 0
    return bytes(words), (packed, at, zero_words, verbatim_words, starved)


def require_end(waiting: Waiting) -> None:
    """Raise as ``Unpacker.finish`` does if something waits."""
    packed, at, zero_words, verbatim_words, starved = waiting
    rest = len(packed) - at
    if not starved and (rest or zero_words or verbatim_words):
        raise MessageStateError(
            "packed words still wait to be returned; call feed() while needs_input is false"
        )
    if verbatim_words:
        raise FramingError(
            f"the packed bytes end {verbatim_words * WORD_BYTES - rest} bytes"
            " before the end of a run of words"
        )
    if rest:
        raise FramingError(f"the packed bytes end inside a word, {rest} bytes after its start")


@final
class Unpacker:
    """An unpacker of words that arrive in chunks of any size.

    It keeps its input packed. So bytes that stand for many words take no memory until these words
    are asked for, and then only as much as was asked for.
    """

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        """Make an unpacker that expects a tag."""
        self._waiting = NOTHING_WAITS

    @property
    def needs_input(self) -> bool:
        """Whether all complete words that were fed were returned."""
        return self._waiting[-1]

    def feed(
        self, chunk: Buffer = b"", *, max_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS
    ) -> bytes:
        """Add a chunk, and return at most ``max_words`` whole words, unpacked.

        The other words wait, packed, for the next call: call this without a chunk until
        ``needs_input`` is true. If this raises, no byte of the chunk was added.
        """
        try:
            view = view_of(chunk, "the chunk")
            words, waiting = unpacked(self._waiting, view, limit_of(max_words, "max_words"))
            self._waiting = waiting
            return words
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def finish(self) -> None:
        """Check that the packed bytes are complete.

        Raises:
            FramingError: If they end in the middle of a word or of a run.
            MessageStateError: If words still wait to be returned by ``feed``.
        """
        try:
            require_end(self._waiting)
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error


def pack(words: Buffer) -> bytes:
    """Pack whole words, in runs that are as long as possible.

    To pack a message as the reference implementation does, use ``frame`` or ``write_message``,
    which end the runs between the segment table and the segments.

    Raises:
        ArgumentValueError: If the buffer does not hold whole words.
    """
    try:
        packer = Packer()
        return b"".join([packer.feed(words), packer.flush()])
    except (RecursionError, MemoryError) as error:
        raise exhausted() from error


def unpack(packed: Buffer, *, max_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS) -> bytes:
    """Unpack packed words.

    Raises:
        FramingError: If the bytes end in the middle of a word or of a run, or stand for more than
            ``max_words`` words. No more than that number is ever unpacked.
    """
    try:
        limit = limit_of(max_words, "max_words")
        unpacker = Unpacker()
        words = unpacker.feed(packed, max_words=limit)
        if unpacker.feed(max_words=1):
            raise FramingError(
                f"the packed bytes stand for more words than the limit of {limit}",
                words_granted=limit,
            )
        unpacker.finish()
        return words
    except (RecursionError, MemoryError) as error:
        raise exhausted() from error
