"""Drafts: objects that are reserved and filled before any of them can be seen.

A call that changes a pointer has four steps, and only the third changes the message:

1. *Reserve* the words of the objects and of their landing pads. Only the marks of the draft count
   reserved words; the arena has not handed them out.
2. *Fill* them. No pointer leads to them. Words are zeroed here, so their contents after
   ``allocate``, or after a failed attempt, do not matter.
3. *Publish.* The old values are surveyed, read-only, into extents. Then, in one borrow of one
   segment, the pointers are written and the marks move. No allocator call comes after that, so
   nothing can fail after it.
4. *Retire* these extents. Handles into them are stale from now on. Extents in the same segment are
   zeroed in the same borrow. The others are zeroed at the next borrow of their segment, at the
   latest by output, which borrows every segment.

(C++, Rust and Java erase the old value before they ask for memory, and lose it when memory is
refused.) Rollback touches no memory: fresh grants are released, and the marks have not moved.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar, final

from .. import wire
from .._words.block import Block, Copied, as_tree
from .._words.caught import Shrank
from .._words.tree import Tree
from ..errors import GrantTooSmall, MessageTooLarge
from ..wire import WORD_BYTES
from .arena import Arena
from .fields import Handle
from .segment import MOST_PADDED, PADDED, Extent, Segment, View, fill, fill_copy
from .states import State
from .survey import Found, resolve, survey

#: How often a call reserves its words, if segments shrink meanwhile. A segment that shrank gets no
#: new objects. A call tries to reserve in at most two segments that exist: the third time, all its
#: words are in new ones.
_ATTEMPTS: Final = 3

#: Objects of fewer words are small: ``PADDED`` has an entry for them and their landing pad.
_MOST_QUICK: Final = MOST_PADDED - 1
#: Up to this number of words, the objects of a tree are joined, so that they are written at once.
_MOST_JOINED: Final = 1 << 12

# Python finds a module constant faster than a member of a class.
_IDLE: Final = State.IDLE
_WORKING: Final = State.WORKING
_PUBLISHED: Final = State.PUBLISHED
_UNPACK: Final = wire.POINTER.unpack_from
_PACK_INTO: Final = wire.POINTER.pack_into
_PACK: Final = wire.POINTER.pack
_NULL: Final = bytes(WORD_BYTES)

T = TypeVar("T")


#: The first bytes of an object, which zeros follow. A bytearray may still change until the draft is
#: linked; a view shows the caller's buffer.
Octets: TypeAlias = "bytes | bytearray | memoryview"

#: The place of a new object: (segment, word, epoch). The word is the first of the object or, if it
#: has no words, that of its pointer. (Every call that builds makes one, and to make an object with
#: named parts takes several times as long as a tuple.)
Placed: TypeAlias = "tuple[Segment, int, int]"

#: Reserved words to be filled: (start, words, first octets).
Piece: TypeAlias = "tuple[int, int, Octets]"


@final
class Draft:
    """The objects that one call is about to build."""

    __slots__ = ("_arena", "_marks", "_pieces")

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        #: Words in use after publication, for the segments that this draft adds to.
        self._marks: dict[Segment, int] = {}
        self._pieces: dict[Segment, list[Piece]] = {}

    def _used(self, segment: Segment) -> int:
        return self._marks.get(segment, segment.used)

    def first_segment(self, words: int) -> Segment:
        """Return the first segment, granted if necessary, with the root pointer's word reserved."""
        segments = self._arena.segments
        slot = segments[0] if segments else self._arena.grant(words)
        self.take(slot, 1, b"")
        return slot

    def take(self, segment: Segment, words: int, head: Octets) -> int:
        """Reserve words at the end of a segment that has room, to begin with ``head``."""
        marks = self._marks
        start = marks.get(segment)
        if start is None:
            start = segment.used
            self._pieces[segment] = []
        marks[segment] = start + words
        self._pieces[segment].append((start, words, head))
        return start

    def _room(self, segment: Segment, words: int) -> bool:
        """Return whether a segment has ``words`` words left, or could be grown to have them."""
        end = self._used(segment) + words
        return not segment.lost and (end <= segment.granted or self._arena.grow(segment, end))

    def has_behind(self, found: Found, words: int) -> bool:
        """Return whether an object can be extended to ``words`` words in its place."""
        segment = found.segment
        end = found.start + wire.object_words(found.shape)
        return end == self._used(segment) and found.start + words <= segment.granted

    def give_back(self, segment: Segment, start: int, end: int) -> bool:
        """Take back the words ``start`` to ``end`` if they are the last; return whether it did.

        The word of the root pointer always stays, and so do words behind which a pointer may lead.
        """
        root = start == 0 and segment.index == 0
        if end != self._used(segment) or start < segment.kept_end or root:
            return False
        self._marks[segment] = start
        return True

    def place(
        self, slot: Segment, word: int, shape: int, words: int, head: Octets
    ) -> tuple[int, Segment, int]:
        """Reserve an object for the pointer at ``word`` of ``slot``.

        Returns (the pointer, the object's segment, its first word). For an object without words,
        the last is the word of its pointer.
        """
        if words == 0:
            if shape & 3 == wire.STRUCT:
                return wire.EMPTY_STRUCT, slot, word
            # The pointer leads to the place of the next object, as in the reference implementation.
            end = self._used(slot)
            slot.keep_end(end)
            return wire.with_offset(shape, end - word - 1), slot, word
        end = self._used(slot) + words
        if end <= slot.granted or self._arena.grow(slot, end):
            start = self.take(slot, words, head)
            return wire.with_offset(shape, start - word - 1), slot, start
        return self._place_far(slot, shape, words, head)

    def _place_far(
        self, slot: Segment, shape: int, words: int, head: Octets
    ) -> tuple[int, Segment, int]:
        """Reserve an object in another segment than its pointer's.

        The last segment is tried, and grown if possible, before a new one is asked for. The landing
        pad lies in front of the object. (The reference implementation places objects the same way,
        but does not grow segments. So equal segment sizes give equal bytes.) If the object alone
        fills a segment, the landing pad is a double-far one (specification, "Inter-Segment
        Pointers"): two words, in the slot's segment if it has room, else in another segment.
        """
        arena = self._arena
        if words > arena.limit:
            raise MessageTooLarge(
                f"an object of {words} words does not fit in a segment of at most {arena.limit}"
                " words (max_segment_words)",
                words_asked=words,
            )
        target = arena.last_segment()
        if target is slot or not self._room(target, words + 1):
            target = arena.grant(words + 1 if words < arena.limit else words)
        if target.granted - self._used(target) > words:
            tag = wire.POINTER.pack(shape)
            if type(head) is bytes and words < MOST_PADDED:
                # The pad lies in front of the object, so both can be written at once.
                pad = self.take(target, 1 + words, tag + head)
            else:
                pad = self.take(target, 1, tag)
                self.take(target, words, head)
            return wire.far_pointer(target.index, pad), target, pad + 1
        start = self.take(target, words, head)
        pads = wire.POINTER.pack(wire.far_pointer(target.index, start)) + wire.POINTER.pack(shape)
        pad_segment = slot
        if self._used(slot) + 2 > slot.granted:
            if arena.limit < 2:
                raise MessageTooLarge(
                    "a double-far landing pad needs 2 words, and segments have at most 1"
                    " (max_segment_words)",
                    words_asked=words,
                )
            pad_segment = arena.grant(2)
        pad = self.take(pad_segment, 2, pads)
        return wire.far_pointer(pad_segment.index, pad, double=True), target, start

    def place_copy(self, slot: Segment, word: int, copied: Copied) -> tuple[int, Segment, int]:
        """Reserve an object and everything below it for the pointer at ``word`` of ``slot``.

        Returns the same as ``place``. A block is placed as a whole if the segment has room for it.
        Otherwise each of its objects is placed like one of a tree.
        """
        if type(copied) is Block:
            words = copied.words
            end = self._used(slot) + words
            if words and (end <= slot.granted or self._arena.grow(slot, end)):
                start = self._take_block(slot, copied)
                return wire.with_offset(copied.shape, start - word - 1), slot, start
        return self._place_tree(slot, word, as_tree(copied))

    def _take_block(self, segment: Segment, block: Block) -> int:
        """Reserve the words of a block, in which empty lists may lead to the end."""
        start = self.take(segment, block.words, block.octets[WORD_BYTES:])
        segment.keep_end(start + block.words)
        return start

    def _place_tree(self, slot: Segment, word: int, tree: Tree) -> tuple[int, Segment, int]:
        """Reserve each object of a tree for the pointer at ``word`` of ``slot``.

        The order is that of the reference implementation: an object comes before its children.
        """
        holder = bytearray(WORD_BYTES)
        top, top_start = slot, word
        todo = [(holder, 0, slot, word, tree)]
        # Objects for which the slot's segment has room are reserved together.
        run: list[Piece] = []
        first = end = self._used(slot)
        granted = slot.granted
        whole = True
        while todo:
            body, at, near, where, node = todo.pop()
            pointer = node.shape
            if node.shape & 3 != wire.OTHER:
                words = len(node.body) // WORD_BYTES
                segment = near
                if words and near is slot and end + words <= granted:
                    start = end
                    end += words
                    run.append((start, words, node.body))
                    pointer = wire.with_offset(node.shape, start - where - 1)
                else:
                    if run:
                        self._take_run(slot, run, end)
                        run = []
                    pointer, segment, start = self.place(near, where, node.shape, words, node.body)
                    end = self._used(slot)
                    granted = slot.granted
                    whole = False
                if node is tree:
                    top, top_start = segment, start
                if node.children:
                    todo += [
                        (node.body, child_at, segment, start + child_at, child)
                        for child_at, child in reversed(node.children)
                    ]
            wire.POINTER.pack_into(body, at * WORD_BYTES, pointer)
        if run:
            if whole and end - first <= _MOST_JOINED:
                run = [(first, end - first, b"".join([head for _, _, head in run]))]
            self._take_run(slot, run, end)
        root: int = wire.POINTER.unpack(holder)[0]
        return root, top, top_start

    def _take_run(self, segment: Segment, run: list[Piece], end: int) -> None:
        """Reserve the words up to ``end`` of a segment that has them, in pieces."""
        pieces = self._pieces.get(segment)
        if pieces is None:
            self._pieces[segment] = run
        else:
            pieces += run
        self._marks[segment] = end

    def house(self, words: int, head: Octets) -> tuple[Segment, int]:
        """Reserve an object that no pointer leads to yet."""
        arena = self._arena
        if words > arena.limit:
            raise MessageTooLarge(
                f"an object of {words} words does not fit in a segment of at most {arena.limit}"
                " words (max_segment_words)",
                words_asked=words,
            )
        if not arena.segments:
            self.first_segment(words + 1 if words < arena.limit else 1)
        target = arena.last_segment()
        if not self._room(target, words):
            target = arena.grant(words)
        return target, self.take(target, words, head)

    def point_to(self, slot: Segment, word: int, shape: int, target: Segment, start: int) -> int:
        """Return a pointer at ``word`` of ``slot`` that leads to an existing object.

        From another segment it needs a landing pad: one word in the object's segment or, if that is
        full, two words elsewhere.
        """
        if wire.object_words(shape) == 0:
            return shape if shape & 3 == wire.LIST else wire.EMPTY_STRUCT
        if target is slot:
            return wire.with_offset(shape, start - word - 1)
        if self._used(target) < target.granted:
            pad = self._used(target)
            self.take(target, 1, wire.POINTER.pack(wire.with_offset(shape, start - pad - 1)))
            return wire.far_pointer(target.index, pad)
        arena = self._arena
        pads = wire.POINTER.pack(wire.far_pointer(target.index, start)) + wire.POINTER.pack(shape)
        segment = slot
        if self._used(segment) + 2 > segment.granted:
            segment = arena.last_segment()
            if not self._room(segment, 2):
                if arena.limit < 2:
                    raise MessageTooLarge(
                        "a double-far landing pad needs 2 words, and segments have at most 1"
                        " (max_segment_words)"
                    )
                segment = arena.grant(2)
        return wire.far_pointer(segment.index, self.take(segment, 2, pads), double=True)

    def carry_over(
        self, pointer: int, old: Segment, old_word: int, new: Segment, new_word: int
    ) -> int:
        """Return a pointer for ``new_word`` to the target of ``pointer``, which is at ``old_word``.

        Far pointers and capabilities do not depend on their place.
        """
        if pointer == 0 or pointer & 2:
            return pointer
        found = resolve(self._arena, old, old_word, pointer)
        return self.point_to(new, new_word, found.shape, found.segment, found.start)

    def install(
        self, slot: Segment, word: int, shape: int, words: int, head: Octets
    ) -> tuple[Segment, int]:
        """Build an object, and point to it from ``word`` of ``slot``; return its place."""
        pointer, segment, start = self.place(slot, word, shape, words, head)
        self.link(slot, [(word, pointer)])
        return segment, start

    def house_copy(self, copied: Copied) -> tuple[Segment, int]:
        """Reserve an object and everything below it, to which no pointer leads yet."""
        if type(copied) is Block and self._arena.segments:
            target = self._arena.last_segment()
            if self._room(target, copied.words):
                return target, self._take_block(target, copied)
        tree = as_tree(copied)
        segment, start = self.house(tree.words, tree.body)
        for at, child in tree.children:
            pointer, _, _ = self._place_tree(segment, start + at, child)
            wire.POINTER.pack_into(tree.body, at * WORD_BYTES, pointer)
        return segment, start

    def settle(self) -> None:
        """Fill the reserved words, and count them as handed out, without a pointer to them."""
        arena = self._arena
        segments = list(self._pieces)
        for segment in segments:
            view = arena.borrow(segment, self._marks[segment])
            try:
                _write(arena, segment, view, self._pieces[segment])
                if segment is segments[-1]:
                    arena.publish(segment, view, [], self._marks, [], [])
            finally:
                arena.give_back(view)

    def link(
        self,
        slot: Segment,
        pointers: list[tuple[int, int]],
        data: list[tuple[int, bytes]] | None = None,
        moved: list[Extent] | None = None,
        disowned: list[Extent] | None = None,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Fill the reserved words, then publish pointers of one segment.

        Args:
            slot: The segment with the pointers.
            pointers: (word, pointer) to write. Empty if no pointer leads to the built object.
            data: (byte, octets) to write in the same step.
            moved: The words to retire. If ``None``, the old values of the pointers are retired with
                everything below them.
            disowned: Words that stay, and whose handles become stale.
            then: Called during the publication.
        """
        arena = self._arena
        own_pieces: list[Piece] = []
        for segment, pieces in self._pieces.items():
            if segment is slot:
                own_pieces = pieces
                continue
            view = arena.borrow(segment, self._marks[segment])
            try:
                _write(arena, segment, view, pieces)
            finally:
                arena.give_back(view)
        end = self._marks.get(slot, 0)
        writes = [(word * WORD_BYTES, _PACK(pointer)) for word, pointer in pointers]
        if data:
            writes += data
        view = arena.borrow(slot, end)
        try:
            _write(arena, slot, view, own_pieces)
            old = [
                (slot, word, value)
                for word, _ in pointers
                if (value := _UNPACK(view, word * WORD_BYTES)[0])
            ]
            if slot.shadow is not None:
                for word, _ in pointers:
                    at = word * WORD_BYTES
                    slot.require_unchanged(at, bytes(view[at : at + WORD_BYTES]))
            if not old and not moved and not disowned:
                # There is nothing to retire, so publish in this borrow.
                arena.publish(slot, view, writes, self._marks, [], [], then=then)
                return
        finally:
            arena.give_back(view)
        retired = survey(arena, old) if moved is None else moved
        view = arena.borrow(slot, end)
        try:
            replaced = [word for _, word, _ in old]
            arena.publish(slot, view, writes, self._marks, retired, replaced, disowned, then)
        finally:
            arena.give_back(view)


def _write(arena: Arena, segment: Segment, view: View, pieces: list[Piece]) -> None:
    end = 0
    for start, words, head in pieces:
        end = start + words
        if segment.written < end:
            segment.written = end
        fill(view, start, words, head)
        if segment.shadow is not None:
            fill_copy(segment.shadow, start, words, head)
    if end:
        arena.note_filled(segment, end)


def install(handle: Handle, word: int, shape: int, words: int, head: Octets) -> Placed:
    """Build an object of ``words`` words, and point to it from ``word`` of the handle's segment.

    This is a whole call of the message. ``handle`` is on the object that the pointer is in,
    ``shape`` is the pointer without an offset, ``head`` the first octets of the object; the rest is
    zero. The old value of the pointer is retired. Return the place of the new object.

    The general way is a draft. The quick way serves most objects: the pointer is null, and its
    segment has room for the object. It makes no plan. It has two forms:

    - In memory that stays, this function itself is the quick way. It borrows nothing, because a
      borrow would take a quarter of its time. It serves small objects, also those behind a landing
      pad in the last segment.
    - In other memory, ``_install_near`` is the quick way, with one borrow.

    In memory that stays, a Text takes 0.28 of the time that it takes by drafts, and an address book
    0.49; in other memory, 0.46 and 0.63.
    """
    lease = handle._lease
    arena = lease.arena
    if arena.state is not _IDLE:
        arena.require_idle()
    # As in Arena.begin, without the call.
    arena.state = _WORKING
    try:
        epoch = arena.epoch
        if lease.epoch != epoch:
            handle._renew()
        slot = lease.segment
        view = slot.memory
        if view is None:
            start = slot.used
            if (
                words
                and slot.shadow is None
                and _install_near(arena, slot, word, shape, words, head)
            ):
                arena.finish()
                return slot, start, epoch
        elif type(head) is bytes and 0 < words < _MOST_QUICK and not slot.unzeroed:
            at = word * WORD_BYTES
            target = slot
            start = slot.used
            end = start + words
            if end <= slot.granted:
                within: bytearray | None = view
                first = start
                octets = head
                # The object lies behind its pointer, so the offset is not negative.
                pointer = shape | start - word - 1 << 2
            else:
                target = arena.last_segment()
                first = target.used
                start = first + 1
                end = start + words
                octets = _PACK(shape) + head
                pointer = wire.far_pointer(target.index, first)
                if (
                    target is slot
                    or len(view) < slot.used * WORD_BYTES
                    or target.unzeroed
                    or end > target.granted
                ):
                    within = None
                else:
                    within = target.memory
            try:
                if (
                    within is not None
                    and end * WORD_BYTES <= len(within)
                    and view.startswith(_NULL, at)
                    and arena.state is _WORKING
                ):
                    # ``written`` is set before the words are, because the message may be closed in
                    # between, and ``release`` must be told of all words that may be written (P8).
                    if target.written < end:
                        target.written = end
                    PADDED[end - first].pack_into(within, first * WORD_BYTES, octets)
                    # The garbage collector can run between any two calls, and an object that it
                    # finalizes can close the message. An interrupt here only leaves words unused.
                    if arena.state is _WORKING:
                        target.used = end
                        arena.handed_out += end - first
                        _PACK_INTO(view, at, pointer)
                        if arena.state is _WORKING:
                            # As in Arena.finish, without the call.
                            arena.state = _IDLE
                            return target, start, epoch
            except struct.error:
                # Somebody resized a bytearray of an allocator that is ``stable``.
                pass
        if arena.state is not _WORKING:
            raise arena.unavailable()
        segment, start = _install_by_draft(arena, slot, word, shape, words, head)
        epoch = arena.epoch
        arena.finish()
    except BaseException as error:
        # Whatever ends the call, an interrupt included, it is undone.
        arena.unfinished = arena.state
        arena.abandon(error)
        raise
    return segment, start, epoch


def _install_by_draft(
    arena: Arena, slot: Segment, word: int, shape: int, words: int, head: Octets
) -> tuple[Segment, int]:
    """Build an object in the general way of ``install``.

    It is a function of its own, because a closure makes all variables of its function slower.
    """
    return carry_out(arena, lambda draft: draft.install(slot, word, shape, words, head))


def _install_near(
    arena: Arena, slot: Segment, word: int, shape: int, words: int, head: Octets
) -> bool:
    """Build an object after the words in use, in one borrow, if the pointer is null.

    This is the quick way of ``install`` with a borrow, for memory that does not stay. Returns
    whether it was done.
    """
    start = slot.used
    end = start + words
    if end > slot.granted:
        return False
    try:
        view = arena.borrow(slot, end)
    except Shrank:
        return False
    try:
        if _UNPACK(view, word * WORD_BYTES)[0] or arena.state is not _WORKING:
            return False
        slot.written = end if slot.written < end else slot.written
        fill(view, start, words, head)
        if arena.state is not _WORKING:
            return False
        slot.used = end
        arena.handed_out += words
        _PACK_INTO(view, word * WORD_BYTES, shape | start - word - 1 << 2)
        if arena.state is _WORKING:
            arena.state = _PUBLISHED
    finally:
        arena.give_back(view)
    return True


def carry_out(arena: Arena, build: Callable[[Draft], T]) -> T:
    """Let ``build`` reserve, fill and publish; start again if a segment shrank meanwhile.

    Use it only within a call of the message, which undoes it if it raises.
    """
    for _ in range(_ATTEMPTS):
        try:
            return build(Draft(arena))
        except Shrank:
            arena.forget_filled()
    raise GrantTooSmall(
        f"segments shrank in each of {_ATTEMPTS} attempts, while words were being reserved"
    )


def install_root(arena: Arena, shape: int, words: int) -> Placed:
    """Build the root struct. The first one goes behind the root pointer if there is room.

    This is a whole call of the message. Return the place of the root.
    """

    def build(draft: Draft) -> Placed:
        if arena.segments:
            slot = arena.segments[0]
        else:
            slot = arena.grant(words + 1 if words < arena.limit else 1)
        if slot.used == 0:
            if words < slot.granted and words:
                # The pointer to the word after it has offset 0, so it is the shape.
                draft.take(slot, words + 1, wire.POINTER.pack(shape))
                draft.settle()
                return slot, 1, arena.epoch
            draft.take(slot, 1, b"")
        pointer, segment, start = draft.place(slot, 0, shape, words, b"")
        draft.link(slot, [(0, pointer)])
        return segment, start, arena.epoch

    return arena.serve(lambda: carry_out(arena, build))


def begin_root(arena: Arena) -> None:
    """Ask for the first segment, if there is none, with one word for the root pointer."""

    def build(draft: Draft) -> None:
        draft.first_segment(1)
        draft.settle()

    if not arena.segments:
        carry_out(arena, build)


def point(arena: Arena, slot: Segment, word: int, pointer: int) -> None:
    """Write a pointer that needs no words, and retire its old object."""
    carry_out(arena, lambda draft: draft.link(slot, [(word, pointer)]))


def change(
    arena: Arena,
    segment: Segment,
    pointers: list[tuple[int, int]],
    data: list[tuple[int, bytes]],
) -> None:
    """Write pointers and octets of one segment in one step, and retire the old objects."""
    carry_out(arena, lambda draft: draft.link(segment, pointers, data))


def amend(
    arena: Arena,
    segment: Segment,
    copies: list[tuple[int, Copied | None]],
    data: list[tuple[int, bytes]],
) -> list[tuple[int, Found]]:
    """Build copies, and write their pointers and octets of one segment in one step.

    The old objects are retired. ``copies`` has the words of pointers; one without a copy becomes
    null. Returns the new objects, each with the word of its pointer.
    """

    def build(draft: Draft) -> list[tuple[int, Found]]:
        pointers: list[tuple[int, int]] = []
        made: list[tuple[int, Found]] = []
        for word, copied in copies:
            pointer = 0
            if copied is not None:
                pointer, where, start = draft.place_copy(segment, word, copied)
                made.append((word, Found(copied.shape, where, start)))
            pointers.append((word, pointer))
        draft.link(segment, pointers, data)
        return made

    return carry_out(arena, build)


def copy_in(arena: Arena, slot: Segment, word: int, copied: Copied) -> Found:
    """Build a copy, point to it from ``word`` of ``slot``, and return its place."""

    def build(draft: Draft) -> Found:
        pointer, segment, start = draft.place_copy(slot, word, copied)
        draft.link(slot, [(word, pointer)])
        return Found(copied.shape, segment, start)

    return carry_out(arena, build)


def copy_in_root(arena: Arena, copied: Copied) -> Found:
    """Build a copy as the root, and return its place.

    The first segment is asked for with one word, for the root pointer, as in the reference
    implementation. So equal segment sizes give equal bytes.
    """
    if arena.segments:
        return copy_in(arena, arena.segments[0], 0, copied)

    def build(draft: Draft) -> Found:
        # It is there already if a first attempt has failed.
        slot = arena.segments[0] if arena.segments else arena.grant(1)
        if type(copied) is Block and 0 < copied.words < slot.granted:
            # The block begins with the root pointer.
            slot.keep_end(1 + copied.words)
            if not _fill_first(arena, slot, copied.octets):
                draft.take(slot, 1 + copied.words, copied.octets)
                draft.settle()
            return Found(copied.shape, slot, 1)
        draft.take(slot, 1, b"")
        pointer, segment, start = draft.place_copy(slot, 0, copied)
        draft.link(slot, [(0, pointer)])
        return Found(copied.shape, segment, start)

    return carry_out(arena, build)


def _fill_first(arena: Arena, slot: Segment, octets: bytes) -> bool:
    """Write the first words of a message, and count them as handed out.

    This is the quick way for small objects in memory that stays, like that of ``install``. Returns
    whether it was done.
    """
    memory = slot.memory
    words = len(octets) // WORD_BYTES
    if (
        memory is None
        or words >= MOST_PADDED
        or len(memory) < len(octets)
        or arena.state is not _WORKING
    ):
        return False
    # As in ``install``, this is set before the words are written.
    slot.written = words if slot.written < words else slot.written
    try:
        PADDED[words].pack_into(memory, 0, octets)
    except struct.error:
        # Somebody resized a bytearray of an allocator that is ``stable``.
        return False
    if arena.state is not _WORKING:
        raise arena.unavailable()
    slot.used = words
    arena.handed_out += words
    arena.state = _PUBLISHED
    return True


def overwrite(
    arena: Arena, segment: Segment, start: int, data_words: int, pointers: int, tree: Tree
) -> None:
    """Replace the contents of the struct at word ``start`` by those of ``tree``, in place.

    Words and pointers of the tree beyond the sizes of the struct must be zero.
    """
    first = start + data_words
    source_data = wire.struct_data_words(tree.shape)
    kept = min(source_data, data_words) * WORD_BYTES
    data = bytes(tree.body[:kept]).ljust(data_words * WORD_BYTES, b"\0")

    def build(draft: Draft) -> None:
        values = [0] * pointers
        for at, child in tree.children:
            index = at - source_data
            values[index], _, _ = draft.place_copy(segment, first + index, child)
        draft.link(
            segment,
            [(first + index, value) for index, value in enumerate(values)],
            [(start * WORD_BYTES, data)] if data else None,
        )

    carry_out(arena, build)
