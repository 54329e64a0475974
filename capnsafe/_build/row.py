"""A row of pointers of an object that is being built, and the values that need no handle.

Pointer indices count pointers. Every call that builds something retires what the pointer led to
before: handles on it, and on all below it, raise ``StaleHandle`` from then on. Where memory cannot
be had the call raises and the old value stays.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, SupportsIndex

from .. import wire
from .._words.arguments import integer, shown, text_octets
from .._words.buffers import data_octets
from .._words.tree import Tree, read_tree
from ..errors import (
    ArgumentIndexError,
    ArgumentValueError,
    InvalidText,
    MessageTooLarge,
    PointerKindMismatch,
)
from ..wire import POINTER_KINDS, WORD_BYTES, PointerKind
from .arena import Arena
from .draft import install, point
from .fields import Handle
from .lending import Lent
from .loan import Stretch
from .owner import Owner
from .segment import Segment
from .survey import Built, Found, resolve
from .upgrade import enlarged, upgrade


class Row(Handle):
    """The pointer section of a struct, or a list of pointers."""

    __slots__ = ("_count", "_first", "_owner")

    def __init__(
        self,
        arena: Arena,
        owner: Owner,
        segment: Segment,
        anchor: int,
        since: int,
        data: int,
        data_bits: int,
        first: int,
        count: int,
    ) -> None:
        super().__init__(arena, segment, anchor, since, data, data_bits)
        #: Whose the object is, for what it adopts.
        self._owner = owner
        #: Word of the first pointer, and how many there are.
        self._first = first
        self._count = count

    def _slot(self, index: SupportsIndex) -> int:
        """Return the word of a pointer."""
        at = index if type(index) is int else integer(index, "a pointer index")
        if self._ticket != self._arena.ticket:
            self._require_current()
        if not 0 <= at < self._count:
            self._word_of(at)
        return self._first + at

    def _word_of(self, index: int) -> int:
        """Return the word of a pointer; asks nobody whether the handle is stale."""
        if not 0 <= index < self._count:
            raise ArgumentIndexError(
                f"pointer {shown(index)} of {self._count}", segment=self._segment.index
            )
        return self._first + index

    def _pointer_at(self, word: int) -> int:
        """Load the pointer at ``word``, in a call of the message."""
        return self._serve(lambda: self._arena.load(self._segment, word))

    def _find(self, word: int) -> Found | None:
        """Follow the pointer at ``word``; ``None`` where it is null."""
        pointer = self._arena.load(self._segment, word)
        if pointer == 0:
            return None
        return resolve(self._arena, self._segment, word, pointer)

    def _find_list(self, word: int, size_code: int, what: str) -> Found | None:
        """Follow a pointer that must lead to a list of this element size."""
        found = self._find(word)
        if found is not None:
            self._require_list(found, word, size_code, what)
        return found

    def _require_list(self, found: Found, word: int, size_code: int, what: str) -> None:
        """Raise ``PointerKindMismatch`` for what is no list of this element size."""
        if found.shape & 3 != wire.LIST or wire.list_size_code(found.shape) != size_code:
            raise PointerKindMismatch(
                f"pointer {word - self._first} does not lead to a list of {what}",
                segment=self._segment.index,
            )

    def _enlarge(self, word: int, found: Found, data_words: int, pointers: int) -> Found:
        """Move what was found to where it has these sections, unless it has them already."""
        larger = enlarged(self._arena, found, data_words, pointers)
        if larger is None:
            return found
        return upgrade(self._arena, self._segment, word, found, larger)

    def _anchor_of(self, found: Found, word: int) -> tuple[Segment, int, int]:
        """Return (segment, anchor, since) for a handle on what was found."""
        if wire.object_words(found.shape):
            return found.segment, found.start, self._arena.epoch
        return self._segment, word, ~self._arena.epoch

    def _install_list(
        self, index: SupportsIndex, shape: int, head: bytes
    ) -> tuple[Segment, int, int]:
        """Build a list; answer (segment, word, since)."""
        return install(self, self._slot(index), shape, wire.object_words(shape), head)

    # -- text and data ---------------------------------------------------------------------------

    def set_text(self, index: int, value: str) -> None:
        """Build a Text: UTF-8 and a NUL behind it."""
        octets = text_octets(value)
        self._set_octets(index, octets, len(octets) + 1)

    def get_text(self, index: int, default: str | None = None) -> str | None:
        """Return a copy of the Text; ``default`` where the pointer is null."""
        octets = self.get_text_octets(index)
        if octets is None:
            return default
        try:
            return octets.decode()
        except UnicodeDecodeError as error:
            raise InvalidText(f"a Text that is not UTF-8: {error}") from error

    def get_text_octets(self, index: int) -> bytes | None:
        """Return a copy of the Text as bytes, without its NUL and whether it is UTF-8 or not.

        ``None`` where the pointer is null. NULs within the text are part of it.
        """
        octets = self._get_octets(index, "Text")
        if octets is None:
            return None
        if not octets or octets[-1] != 0:
            raise InvalidText("a Text without a NUL at its end", segment=self._segment.index)
        return octets[:-1]

    def set_data(self, index: int, value: bytes | bytearray | memoryview) -> None:
        """Build a Data from any contiguous buffer, which is copied before memory is asked for."""
        octets = data_octets(value)
        self._set_octets(index, octets, len(octets))

    def get_data(self, index: int, default: bytes | None = None) -> bytes | None:
        """Return a copy of the Data; ``default`` where the pointer is null."""
        octets = self._get_octets(index, "Data")
        return default if octets is None else octets

    def lend_data(self, index: int) -> AbstractContextManager[memoryview[Any]]:
        """Lend the bytes of a Data as a writable view, for as long as a ``with`` block lasts (P4).

        See ``ListBuilder.lend``. A null pointer lends an empty view.
        """
        at = integer(index, "a pointer index")
        return Lent(self._arena, lambda: self._stretch_of(at), writable=True)

    def _stretch_of(self, index: int) -> Stretch:
        self._refresh()
        found = self._find_list(self._word_of(index), wire.SIZE_BYTE, "Data")
        if found is None:
            return self._segment, 0, 0
        return found.segment, found.start * WORD_BYTES, wire.list_count(found.shape)

    def _set_octets(self, index: SupportsIndex, octets: bytes, count: int) -> None:
        """Build a list of ``count`` bytes: ``octets``, and zeros behind them."""
        word = self._slot(index)
        if count > wire.MAX_LIST_COUNT:
            raise MessageTooLarge(f"a list has at most {wire.MAX_LIST_COUNT} bytes, not {count}")
        words = (count + 7) >> 3
        shape = wire.list_shape(wire.SIZE_BYTE, count)
        install(self, word, shape, words, octets)

    def _get_octets(self, index: SupportsIndex, what: str) -> bytes | None:
        word = self._slot(index)

        def read() -> bytes | None:
            found = self._find_list(word, wire.SIZE_BYTE, what)
            if found is None:
                return None
            count = wire.list_count(found.shape)
            if count == 0:
                return b""
            return self._arena.copy_out(found.segment, found.start, count)

        return self._serve(read)

    # -- capabilities ----------------------------------------------------------------------------

    def set_capability(self, index: int, capability: int) -> None:
        """Point to entry ``capability`` of the message's capability table, which is the caller's.

        (Specification, "Capabilities (Interfaces)".)
        """
        entry = integer(capability, "a capability")
        word = self._slot(index)
        if not 0 <= entry < 1 << 32:
            raise ArgumentValueError(f"a capability is 0 to 2**32 - 1, not {shown(entry)}")
        pointer = wire.capability_pointer(entry)
        self._serve(lambda: point(self._arena, self._segment, word, pointer))

    def get_capability(self, index: int) -> int | None:
        """Return the entry of the capability table; ``None`` where the pointer is null."""
        word = self._slot(index)
        pointer = self._pointer_at(word)
        if pointer == 0:
            return None
        if not wire.is_capability(pointer):
            raise PointerKindMismatch(
                f"pointer {word - self._first} does not lead to a capability",
                segment=self._segment.index,
            )
        return wire.capability_index(pointer)

    # -- any pointer -----------------------------------------------------------------------------

    def copied(self, index: int) -> Tree | None:
        """Copy out what the pointer leads to, whatever it is; ``None`` where it is null."""
        word = self._slot(index)

        def read() -> Tree | None:
            pointer = self._arena.load(self._segment, word)
            if pointer == 0:
                return None
            return read_tree(Built(self._arena), self._segment.index, word, pointer)

        return self._serve(read)

    def kind(self, index: int) -> PointerKind:
        """Return what the pointer leads to."""
        word = self._slot(index)
        found = self._serve(lambda: self._find(word))
        if found is None:
            return PointerKind.NULL
        return POINTER_KINDS[found.shape & 3]

    def is_null(self, index: int) -> bool:
        """Return whether the pointer is null."""
        return self._pointer_at(self._slot(index)) == 0

    def clear(self, index: int) -> None:
        """Make the pointer null. What it led to is retired."""
        word = self._slot(index)
        self._serve(lambda: point(self._arena, self._segment, word, 0))
