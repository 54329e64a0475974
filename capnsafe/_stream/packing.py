"""Packing: the compression of zero bytes that comes with the encoding, in both directions.

Encoding specification, "Packing". Each word becomes a tag, whose bit *k* says that byte *k*
follows, and the bytes that are not zero. Two tags are followed by a count::

    0x00 | n                                     a zero word, and n more of them
    0xff | the word's 8 bytes | n | n words      a word without a zero, and n more words as they are

Any bytes are packed words, unless they end in the middle; so there is nothing to refuse in them but
their end, and their size: two bytes can stand for 2 KiB.

Where a run ends is the packer's choice. This one chooses as the reference implementation does, so
that both write the same bytes: zero words are counted as far as they go, and words are copied as
they are as long as at most one of their bytes is zero. The reference implementation packs the
segment table and each segment for itself: no run goes from one into the next (``Packer.flush``).

How it is fast in Python. Packing never looks at one byte: the tags of all words of a block are made
by slicing every eighth byte, translating it, and joining the eight as integers; runs are found by a
regular expression over the tags; and words that are in no run are put behind their tags, whereupon
every zero byte is deleted, which no tag of theirs is. Unpacking has to go from tag to tag. Each
word is made by ``bytes.translate``: a pattern that is fixed for each tag is looked up in the packed
bytes.
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

#: What a packer collects before it packs, and so what it holds at most (bytes).
_BLOCK_BYTES: Final = 1 << 14

#: A run is one word and up to 255 that are counted.
_RUN_WORDS: Final = 256

_ZERO: Final = 0x00
_DENSE: Final = 0xFF

#: In the tags of a block: zero words, or a dense word and others with at most one zero byte.
_RUNS: Final = re.compile(rb"\x00{1,256}|\xff[\xff\xfe\xfd\xfb\xf7\xef\xdf\xbf\x7f]{0,255}")

#: For each byte of a word, the translation of what is not zero to its bit in the tag.
_BITS: Final = tuple(bytes(1) + bytes((1 << byte,)) * 255 for byte in range(WORD_BYTES))

_TABLE_BYTES: Final = 256


def _pattern(tag: int) -> bytes:
    """Return where the bytes of a word are, counted from its tag; the last of a table is zero."""
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

#: The bytes of a tag and of what follows it, without the count.
_PACKED_BYTES: Final = tuple(1 + tag.bit_count() for tag in range(256))


def _pack_words(block: bytes, more: bool) -> tuple[bytes, int]:
    """Pack whole words; answer them packed, and how many bytes of the block that were.

    Where ``more`` words follow, a run that they might lengthen is left for later.
    """
    words = len(block) // WORD_BYTES
    # Each tag, and behind it its word.
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
    """Packs words that come in chunks of any size.

    What comes out does not depend on where the chunks end. At most 32 KiB are held back.
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        """Begin a run of words."""
        self._held = bytearray()

    def __copy__(self) -> Packer:
        """Return a packer that goes on from here by itself."""
        copied = Packer()
        copied._held += self._held
        return copied

    def feed(self, chunk: Buffer) -> bytes:
        """Take some bytes, and answer what can be said of all words so far, packed.

        All of them are taken or, if an exception comes in between, none.
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
            answer = b"".join(parts)
            self._held = held
            return answer
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def flush(self) -> bytes:
        """Return the rest, packed; no run goes on behind it. The packer can be used again.

        Raises ``ArgumentValueError``, and keeps what it holds, in the middle of a word.
        """
        try:
            held = bytes(self._held)
            if len(held) % WORD_BYTES:
                raise ArgumentValueError(
                    f"words are packed whole, and the last has {len(held) % WORD_BYTES} bytes"
                )
            packed = _pack_words(held, more=False)[0]
            self._held.clear()
            return packed
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error


#: Packed words that wait to be unpacked: (the packed bytes; the first of them that was not looked
#: at yet; what is left of the run in which the last words ended, zero words and verbatim words;
#: whether all words that the bytes stand for were unpacked). A value: it is never changed.
Waiting: TypeAlias = tuple[bytes, int, int, int, bool]

NOTHING_WAITS: Final[Waiting] = (b"", 0, 0, 0, True)


def unpacked(
    waiting: Waiting, chunk: bytes | bytearray | memoryview, room: int
) -> tuple[bytes, Waiting]:
    """Return at most ``room`` words of what waits and the bytes behind it, and what waits then.

    Nothing is changed, so that the caller can take both in one step.
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
    """Raise what ``Unpacker.finish`` raises, if something waits."""
    packed, at, zero_words, verbatim_words, starved = waiting
    rest = len(packed) - at
    if not starved and (rest or zero_words or verbatim_words):
        raise MessageStateError("there are packed words that were not asked for yet")
    if verbatim_words:
        raise FramingError(
            f"the packed bytes end {verbatim_words * WORD_BYTES - rest} bytes"
            " before the end of a run of words"
        )
    if rest:
        raise FramingError(f"the packed bytes end {rest} bytes behind the start of a word")


@final
class Unpacker:
    """Unpacks words that come in chunks of any size.

    It holds what was fed to it, still packed, and no more than that: bytes that stand for much cost
    nothing until their words are asked for, and then no more than the words that were asked for.
    """

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        """Begin in front of a tag."""
        self._waiting = NOTHING_WAITS

    @property
    def needs_input(self) -> bool:
        """Whether every word that was fed was answered, as far as is known."""
        return self._waiting[-1]

    def feed(
        self, chunk: Buffer = b"", *, max_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS
    ) -> bytes:
        """Take some bytes, and answer at most ``max_words`` words: whole ones, unpacked.

        What was not answered waits, packed, for the next call. Feed nothing to be given more of it,
        until ``needs_input``. The bytes are taken or, if an exception comes in between, not.
        """
        try:
            view = view_of(chunk, "the chunk")
            words, waiting = unpacked(self._waiting, view, limit_of(max_words, "max_words"))
            self._waiting = waiting
            return words
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def finish(self) -> None:
        """Say that nothing follows.

        Raises ``FramingError`` where the packed bytes end in the middle of a word or of a run, and
        ``MessageStateError`` while words wait to be answered.
        """
        try:
            require_end(self._waiting)
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error


def pack(words: Buffer) -> bytes:
    """Return whole words packed; their runs go as far as they can.

    Raises ``ArgumentValueError`` where the buffer's bytes are not whole words. To pack a message as
    the reference implementation does, use ``frame`` or ``write_message``: they end the runs between
    the segment table and the segments.
    """
    try:
        packer = Packer()
        return b"".join([packer.feed(words), packer.flush()])
    except (RecursionError, MemoryError) as error:
        raise exhausted() from error


def unpack(packed: Buffer, *, max_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS) -> bytes:
    """Return packed words unpacked.

    Raises ``FramingError`` where they end in the middle, or are more than ``max_words``, of which
    it makes no more than that many.
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
