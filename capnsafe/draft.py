"""Drafts: objects that are reserved and filled before anything of them can be seen.

A call that changes a pointer goes through four steps, and only the third changes what the message
says:

1. *reserve* the words of the objects and of their landing pads. Reserved words are not handed out
   yet: only the marks of the draft say so.
2. *fill* them. Nobody can reach them yet. Words are zeroed here, so it does not matter what the
   allocator returned, nor what an attempt that failed left behind.
3. *publish*: in one borrow of one segment the pointers are written, and with them the marks move.
   No allocator call comes after that, so no failure can come after it either. Before it the old
   values are surveyed, read-only, into extents.
4. *retire* those extents: they are noted as retired, handles into them are stale from now on, and
   they are zeroed in the same borrow where they lie in the same segment. Elsewhere they are queued
   and zeroed at the next borrow of their segment, at the latest by output, which borrows every one.

(C++, Rust and Java erase the old value before they ask for memory, and lose it when memory is
refused.) Rollback touches no memory: fresh grants are released, and the marks never moved.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from . import wire
from .arena import Arena, Shrank
from .errors import GrantTooSmall, MessageTooLarge
from .segment import Segment, View, fill, give_back
from .survey import Extent, survey
from .wire import WORD_BYTES

#: How often a call plans anew because a segment shrank while it was reserving. Such a segment is
#: closed to new objects; a call considers two segments that were there before.
_ATTEMPTS: Final = 3


#: What an object begins with, whole words. A bytearray may still change until the draft is linked.
Octets: TypeAlias = "bytes | bytearray"

#: Reserved words that are to be filled: (start, words, first octets).
Piece: TypeAlias = "tuple[int, int, Octets]"


class Draft:
    """What one call is about to build."""

    __slots__ = ("_arena", "_marks", "_pieces")

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        #: Words in use after publication, for the segments that this draft adds to.
        self._marks: dict[Segment, int] = {}
        self._pieces: dict[Segment, list[Piece]] = {}

    def _used(self, segment: Segment) -> int:
        return self._marks.get(segment, segment.used)

    def take(self, segment: Segment, words: int, head: Octets) -> int:
        """Reserve words at the end of a segment that has room, to begin with ``head``."""
        start = self._used(segment)
        self._marks[segment] = start + words
        self._pieces.setdefault(segment, []).append((start, words, head))
        return start

    def place(
        self, slot: Segment, word: int, shape: int, words: int, head: Octets
    ) -> tuple[int, Segment, int]:
        """Reserve an object for the pointer at ``word`` of ``slot``.

        Answers (the pointer, the object's segment, its first word). An object without words has
        none, and is named by the word of its pointer.
        """
        if words == 0:
            return shape if shape & 3 == wire.LIST else wire.EMPTY_STRUCT, slot, word
        if self._used(slot) + words <= slot.granted:
            start = self.take(slot, words, head)
            return wire.with_offset(shape, start - word - 1), slot, start
        return self._place_far(slot, shape, words, head)

    def _place_far(
        self, slot: Segment, shape: int, words: int, head: Octets
    ) -> tuple[int, Segment, int]:
        """Reserve an object in another segment than its pointer's.

        The last segment is tried before a new one is asked for; the landing pad lies in front of
        the object. (The reference implementation places objects the same way, so that equal
        segment sizes give equal bytes.) Where the object alone fills a segment, the pad is a
        double-far one (specification, "Inter-Segment Pointers"): two words, in the slot's segment
        if it has them, else in a segment of their own.
        """
        arena = self._arena
        if words > arena.limit:
            raise MessageTooLarge(
                f"an object of {words} words: a segment has at most {arena.limit}",
                words_asked=words,
            )
        target = arena.last_segment()
        if target is slot or target.lost or target.granted - self._used(target) <= words:
            target = arena.grant(words + 1 if words < arena.limit else words)
        if target.granted - self._used(target) > words:
            pad = self.take(target, 1, wire.POINTER.pack(shape))
            start = self.take(target, words, head)
            return wire.far_pointer(target.index, pad), target, start
        start = self.take(target, words, head)
        pads = wire.POINTER.pack(wire.far_pointer(target.index, start)) + wire.POINTER.pack(shape)
        pad_segment = slot
        if self._used(slot) + 2 > slot.granted:
            if arena.limit < 2:
                raise MessageTooLarge(
                    f"a far pointer to {words} words needs 2 more, and a segment has 1",
                    words_asked=words,
                )
            pad_segment = arena.grant(2)
        pad = self.take(pad_segment, 2, pads)
        return wire.far_pointer(pad_segment.index, pad, double=True), target, start

    def link(
        self,
        slot: Segment,
        pointers: list[tuple[int, int]],
        data: list[tuple[int, bytes]] | None = None,
    ) -> None:
        """Fill what was reserved, then publish pointers of one segment: (word, pointer).

        ``data`` are octets that change in the same moment: (byte, octets).
        """
        arena = self._arena
        for segment, pieces in self._pieces.items():
            if segment is not slot:
                view = arena.borrow(segment, self._marks[segment])
                try:
                    _write(segment, view, pieces)
                finally:
                    give_back(view)
        end = self._marks.get(slot, 0)
        writes = [(word * WORD_BYTES, wire.POINTER.pack(pointer)) for word, pointer in pointers]
        if data:
            writes += data
        view = arena.borrow(slot, end)
        try:
            _write(slot, view, self._pieces.get(slot, []))
            old = [
                (slot, word, value)
                for word, _ in pointers
                if (value := wire.POINTER.unpack_from(view, word * WORD_BYTES)[0])
            ]
            if not old:
                # Nothing to retire: publish under the borrow that is there.
                arena.publish(slot, view, writes, self._marks, [], [])
                return
        finally:
            give_back(view)
        retired: list[Extent] = survey(arena, old)
        view = arena.borrow(slot, end)
        try:
            replaced = [word for _, word, _ in old]
            arena.publish(slot, view, writes, self._marks, retired, replaced)
        finally:
            give_back(view)


def _write(segment: Segment, view: View, pieces: list[Piece]) -> None:
    for start, words, head in pieces:
        if segment.written < start + words:
            segment.written = start + words
        fill(view, start, words, head)


def install(
    arena: Arena, slot: Segment, word: int, shape: int, words: int, head: Octets
) -> tuple[Segment, int]:
    """Build an object of ``words`` words, and point to it from ``word`` of ``slot``.

    ``shape`` is its pointer without an offset, ``head`` its first octets (whole words); the rest is
    zero. Answers where it is. What the pointer led to before is retired.
    """
    arena.require_idle()
    memory = slot.memory
    start = slot.used
    end = start + words
    if (
        memory is not None
        and words
        and end <= slot.granted
        and end * WORD_BYTES <= len(memory)
        and not slot.unzeroed
        and wire.POINTER.unpack_from(memory, word * WORD_BYTES)[0] == 0
    ):
        # The four steps in memory that stays, with nothing to retire: no allocator call, and so no
        # failure. An interrupt before the pointer is written leaves words unused.
        fill(memory, start, words, head)
        if slot.written < end:
            slot.written = end
        slot.used = end
        arena.handed_out += words
        wire.POINTER.pack_into(
            memory, word * WORD_BYTES, shape | (start - word - 1 & wire.OFFSET_MASK) << 2
        )
        return slot, start
    arena.begin()
    try:
        for _ in range(_ATTEMPTS):
            draft = Draft(arena)
            try:
                pointer, segment, start = draft.place(slot, word, shape, words, head)
                draft.link(slot, [(word, pointer)])
                return segment, start
            except Shrank:
                continue
        raise _shrank(words)
    except BaseException as error:
        arena.abandon(error)
        raise


def install_root(arena: Arena, shape: int, words: int) -> tuple[Segment, int]:
    """Build the root struct; the first time, in the first segment, behind its pointer."""
    if arena.segments:
        return install(arena, arena.segments[0], 0, shape, words, b"")
    arena.begin()
    try:
        slot = arena.grant(words + 1 if words < arena.limit else 1)
        draft = Draft(arena)
        draft.take(slot, 1, b"")
        pointer, segment, start = draft.place(slot, 0, shape, words, b"")
        draft.link(slot, [(0, pointer)])
        return segment, start
    except Shrank:
        error = _shrank(words)
        arena.abandon(error)
        raise error from None
    except BaseException as error:
        arena.abandon(error)
        raise


def clear(arena: Arena, slot: Segment, word: int) -> None:
    """Make the pointer at ``word`` of ``slot`` null, and retire what it led to."""
    arena.begin()
    try:
        Draft(arena).link(slot, [(word, 0)])
    except BaseException as error:
        arena.abandon(error)
        raise


def _shrank(words: int) -> GrantTooSmall:
    return GrantTooSmall(
        f"segments shrank again and again while {words} words were being reserved",
        words_asked=words,
    )
