"""The pointers of an object that is being built, and their values that need no handle.

A pointer index counts pointers. Every call that builds something retires the pointer's old object:
handles on it, and on everything below it, then raise ``StaleHandle``. If memory is refused, the
call raises and the old object stays.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Final, SupportsIndex, overload

from .. import wire
from .._words.arguments import integer, number_text, text_octets
from .._words.buffers import data_octets
from .._words.exhausted import exhausted
from .._words.given import Given
from .._words.tree import Tree, read_tree, require_known
from ..errors import (
    ArgumentIndexError,
    ArgumentValueError,
    InvalidText,
    MessageTooLarge,
    PointerKindMismatch,
)
from ..wire import POINTER_KINDS, WORD_BYTES, ElementSize, PointerKind
from .draft import install, point
from .fields import Handle
from .lease import Lease
from .lending import Lent
from .loan import Stretch
from .states import State
from .survey import BuilderSource, Found, resolve
from .upgrade import enlarged, upgrade

# Python finds a module constant faster than a member of a class.
_IDLE: Final = State.IDLE

#: The shape of an empty list of bytes, and the bit at which its count begins.
_BYTES: Final = wire.list_shape(wire.SIZE_BYTE, 0)
_COUNT_SHIFT: Final = wire.LIST_COUNT_SHIFT


class PointerSlots(Handle):
    """The pointer section of a struct, or a list of pointers."""

    __slots__ = ("_count", "_first")

    def __init__(
        self, lease: Lease, word: int, data: int, data_bits: int, first: int, count: int
    ) -> None:
        super().__init__(lease, word, data, data_bits)
        #: Word of the first pointer, and number of pointers.
        self._first = first
        self._count = count

    def _end(self) -> int:
        return self._first + self._count if self._count else Handle._end(self)

    def _slot(self, index: SupportsIndex) -> int:
        """Return the word of a pointer."""
        try:
            at = index if type(index) is int else integer(index, "a pointer index")
            lease = self._lease
            arena = lease.arena
            if arena.state is not _IDLE or lease.epoch != arena.epoch:
                self._check()
            if not 0 <= at < self._count:
                return self._word_of(at)
            return self._first + at
        except RecursionError as error:
            raise exhausted() from error

    def _word_of(self, index: int) -> int:
        """Return the word of a pointer, without a check that the handle is current."""
        if not 0 <= index < self._count:
            raise ArgumentIndexError(
                f"pointer {number_text(index)} does not exist: there are {self._count} pointers",
                segment=self._lease.segment.index,
            )
        return self._first + index

    def _index_of(self, word: int) -> int:
        """Return the index of the pointer at ``word``."""
        return word - self._first

    def _pointer_at(self, word: int) -> int:
        """Return the pointer at ``word``, in a call of the message."""
        try:
            return self._serve(lambda: self._lease.arena.load(self._lease.segment, word))
        except RecursionError as error:
            raise exhausted() from error

    def _find(self, word: int) -> Found | None:
        """Return the object of the pointer at ``word``, or ``None`` if it is null."""
        pointer = self._lease.arena.load(self._lease.segment, word)
        if pointer == 0:
            return None
        return resolve(self._lease.arena, self._lease.segment, word, pointer)

    def _find_known(self, word: int) -> Found | None:
        """Return the object of the pointer at ``word``, or raise if it is of a reserved kind."""
        found = self._find(word)
        if found is not None:
            require_known(found.shape, found.segment.index, found.start)
        return found

    def _find_list(self, word: int, size_code: int, what: str) -> Found | None:
        """Return the list of the pointer at ``word``, which must have this element size."""
        found = self._find(word)
        if found is not None:
            self._require_list(found, word, size_code, what)
        return found

    def _require_list(self, found: Found, word: int, size_code: int, what: str) -> None:
        """Raise ``PointerKindMismatch`` if an object is not a list of this element size."""
        if found.shape & 3 != wire.LIST or wire.list_size_code(found.shape) != size_code:
            raise self._mismatch(word, what)

    def _mismatch(self, word: int, what: str) -> PointerKindMismatch:
        """Return the error for a pointer that does not lead to a list of ``what``."""
        return PointerKindMismatch(
            f"pointer {self._index_of(word)} does not lead to a list of {what}",
            segment=self._lease.segment.index,
        )

    def _enlarge(self, word: int, found: Found, data_words: int, pointers: int) -> Found:
        """Return the object, moved if it needs room for these sections (words, pointers)."""
        larger = enlarged(self._lease.arena, found, data_words, pointers)
        if larger is None:
            return found
        return upgrade(self._lease.arena, self._lease.segment, word, found, larger)

    def _lease_on(self, found: Found, word: int) -> tuple[Lease, int]:
        """Return a lease on the object of the pointer at ``word``, and its identifying word.

        Use it only within a call of the message.
        """
        return self._lease_of(found, word, self._lease.arena.epoch)

    def _lease_of(self, found: Found, word: int, epoch: int) -> tuple[Lease, int]:
        """Return the same as ``_lease_on`` for an object that existed in an epoch."""
        lease = self._lease
        words = wire.object_words(found.shape)
        if words:
            return lease.on(found.segment, words, epoch), found.start
        return lease.on(lease.segment, words, epoch), word

    def _install(
        self, word: int, shape: int, words: int, head: bytes | memoryview
    ) -> tuple[Lease, int]:
        """Build an object and point to it from ``word``, as ``install`` does.

        Returns a lease on it, and the word that identifies it.
        """
        try:
            segment, start, epoch = install(self, word, shape, words, head)
            lease = self._lease
            if words and segment is lease.segment and epoch == lease.epoch:
                return lease, start
            return lease.on(segment, words, epoch), start
        except RecursionError as error:
            raise exhausted() from error

    # -- text and data ---------------------------------------------------------------------------

    def set_text(self, index: SupportsIndex, value: Given[str]) -> None:
        """Build a Text: UTF-8 with a NUL at its end."""
        octets = text_octets(value)
        self._set_octets(index, octets, len(octets) + 1)

    @overload
    def get_text(self, index: SupportsIndex, *, default: str) -> str: ...

    @overload
    def get_text(self, index: SupportsIndex, *, default: str | None = None) -> str | None: ...

    def get_text(
        self, index: SupportsIndex, *, default: Given[str | None] = None
    ) -> Given[str | None]:
        """Return a copy of the Text, or ``default`` if the pointer is null.

        Raises:
            InvalidText: If it does not end in a NUL, or is not UTF-8.
        """
        try:
            octets = self.get_text_octets(index)
            if octets is None:
                return default
            try:
                return octets.decode()
            except UnicodeDecodeError as error:
                raise InvalidText(
                    f"the Text is not UTF-8 at byte {error.start}; get_text_octets returns the"
                    " bytes"
                ) from error
        except RecursionError as error:
            raise exhausted() from error

    def get_text_octets(self, index: SupportsIndex) -> bytes | None:
        """Return a copy of the Text's bytes without its NUL, or ``None`` if the pointer is null.

        They need not be UTF-8. NULs within the text are part of it.

        Raises:
            InvalidText: If the Text does not end in a NUL.
        """
        octets = self._get_octets(index, "Text")
        if octets is None:
            return None
        if not octets or octets[-1] != 0:
            raise InvalidText(
                f"the Text of {len(octets)} bytes does not end in a NUL",
                segment=self._lease.segment.index,
            )
        return octets[:-1]

    def set_data(self, index: SupportsIndex, value: Given[bytes | bytearray | memoryview]) -> None:
        """Build a Data from any contiguous buffer. It is copied before memory is asked for."""
        octets = data_octets(value)
        self._set_octets(index, octets, len(octets))

    @overload
    def get_data(self, index: SupportsIndex, *, default: bytes) -> bytes: ...

    @overload
    def get_data(self, index: SupportsIndex, *, default: bytes | None = None) -> bytes | None: ...

    def get_data(
        self, index: SupportsIndex, *, default: Given[bytes | None] = None
    ) -> Given[bytes | None]:
        """Return a copy of the Data, or ``default`` if the pointer is null."""
        octets = self._get_octets(index, "Data")
        return default if octets is None else octets

    def lend_data(self, index: SupportsIndex) -> AbstractContextManager[memoryview[Any]]:
        """Lend the bytes of a Data as a writable view of the memory, inside a ``with`` block (P4).

        See ``ListBuilder.lend``. A null pointer lends an empty view.
        """
        at = integer(index, "a pointer index")
        return Lent(self._lease.arena, lambda: self._stretch_of(at), writable=True)

    def _stretch_of(self, index: int) -> Stretch:
        self._renew()
        found = self._find_list(self._word_of(index), wire.SIZE_BYTE, "Data")
        if found is None:
            return self._lease.segment, 0, 0
        return found.segment, found.start * WORD_BYTES, wire.list_count(found.shape)

    def _set_octets(self, index: SupportsIndex, octets: bytes, count: int) -> None:
        """Build a list of ``count`` bytes: ``octets``, then zeros."""
        try:
            if type(index) is int and 0 <= index < self._count and count <= wire.MAX_LIST_COUNT:
                # As in _slot, without the call: ``install`` checks that the handle is not stale.
                word = self._first + index
            else:
                word = self._slot(index)
                if count > wire.MAX_LIST_COUNT:
                    raise MessageTooLarge(
                        f"a list can have at most {wire.MAX_LIST_COUNT} bytes, not {count}"
                    )
            words = (count + 7) >> 3
            shape = _BYTES | count << _COUNT_SHIFT
            install(self, word, shape, words, octets)
        except RecursionError as error:
            raise exhausted() from error

    def _get_octets(self, index: SupportsIndex, what: str) -> bytes | None:
        try:
            word = self._slot(index)

            def read() -> bytes | None:
                found = self._find_list(word, wire.SIZE_BYTE, what)
                if found is None:
                    return None
                count = wire.list_count(found.shape)
                if count == 0:
                    return b""
                return self._lease.arena.copy_out(found.segment, found.start, count)

            return self._serve(read)
        except RecursionError as error:
            raise exhausted() from error

    # -- capabilities ----------------------------------------------------------------------------

    def set_capability(self, index: SupportsIndex, capability: SupportsIndex) -> None:
        """Set the pointer to an entry of the capability table, which the caller keeps.

        ``capability`` is its index (specification, "Capabilities (Interfaces)").
        """
        entry = integer(capability, "a capability")
        word = self._slot(index)
        if not 0 <= entry < 1 << 32:
            raise ArgumentValueError(
                f"a capability must be 0 to 2**32 - 1, not {number_text(entry)}"
            )
        pointer = wire.capability_pointer(entry)
        self._serve(lambda: point(self._lease.arena, self._lease.segment, word, pointer))

    def get_capability(self, index: SupportsIndex) -> int | None:
        """Return the index in the capability table, or ``None`` if the pointer is null."""
        word = self._slot(index)
        pointer = self._pointer_at(word)
        if pointer == 0:
            return None
        if not wire.is_capability(pointer):
            raise PointerKindMismatch(
                f"pointer {self._index_of(word)} does not lead to a capability",
                segment=self._lease.segment.index,
            )
        return wire.capability_index(pointer)

    # -- any pointer -----------------------------------------------------------------------------

    def _tree_at(self, index: SupportsIndex) -> Tree | None:
        """Return a copy of the object of a pointer, or ``None`` if it is null."""
        word = self._slot(index)

        def read() -> Tree | None:
            pointer = self._lease.arena.load(self._lease.segment, word)
            if pointer == 0:
                return None
            return read_tree(
                BuilderSource(self._lease.arena), self._lease.segment.index, word, pointer
            )

        return self._serve(read)

    def kind(self, index: SupportsIndex) -> PointerKind:
        """Return the kind of object that the pointer leads to.

        Raises:
            MalformedMessage: If the pointer is of a reserved kind.
        """
        word = self._slot(index)
        found = self._serve(lambda: self._find_known(word))
        if found is None:
            return PointerKind.NULL
        return POINTER_KINDS[found.shape & 3]

    def element_size(self, index: SupportsIndex) -> ElementSize | None:
        """Return the element size of the list that the pointer leads to, or ``None`` if it is null.

        Raises:
            PointerKindMismatch: If the pointer does not lead to a list.
        """
        word = self._slot(index)
        found = self._serve(lambda: self._find(word))
        if found is None:
            return None
        if found.shape & 3 != wire.LIST:
            raise PointerKindMismatch(
                f"pointer {self._index_of(word)} does not lead to a list",
                segment=self._lease.segment.index,
            )
        return wire.ELEMENT_SIZES[wire.list_size_code(found.shape)]

    def is_null(self, index: SupportsIndex) -> bool:
        """Return whether the pointer is null."""
        return self._pointer_at(self._slot(index)) == 0

    def clear(self, index: SupportsIndex) -> None:
        """Make the pointer null, and retire its object."""
        word = self._slot(index)
        self._serve(lambda: point(self._lease.arena, self._lease.segment, word, 0))
