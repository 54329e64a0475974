"""Builders: handles on the objects of a message that is being built.

A handle holds numbers, never memory; :mod:`capnsafe._build.fields` describes the steps of a call.
This module has the handles that open others: those on structs, and on lists of pointers or structs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Final, SupportsIndex, TypeAlias, TypeVar, cast, final

from .. import wire
from .._read.lists import ListReader
from .._read.objects import PointerListReader, PointerSlotsReader, StructListReader, StructReader
from .._words.arguments import (
    check_count,
    check_element,
    check_sections,
    integer,
    listed,
    number_text,
    pairs_of,
    struct_list,
    type_name,
)
from .._words.block import Copied, as_tree
from .._words.buffers import octets_of
from .._words.equality import equal_trees
from .._words.exhausted import exhausted
from .._words.face import counted, sections
from .._words.given import Given
from .._words.laid_out import LaidOut, class_or_name, laid_out
from .._words.tree import ObjectSize, Tree, read_spot
from ..allocator import Buffer
from ..errors import (
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    MessageTooLarge,
    PointerKindMismatch,
)
from ..wire import WORD_BYTES, Element
from .draft import amend, change, copy_in, install, overwrite, point
from .fields import Handle, require_range
from .lease import Lease
from .lending import Lent
from .loan import Stretch
from .orphan import OrphanBase, not_a_list
from .orphanage import disown
from .pointer_slots import PointerSlots
from .primitives import ListBuilder
from .reshape import elements_of, sections_of, widened
from .states import State
from .survey import BuilderSource, Found, composite, pointers_in, primitives_in
from .upgrade import can_be_structs, enlarged, upgrade, upgrade_apart

T = TypeVar("T")

# Python finds a module constant faster than a member of a class.
_IDLE: Final = State.IDLE
_BOOL: Final = Element.BOOL
_INT8: Final = Element.INT8
_INT16: Final = Element.INT16
_INT32: Final = Element.INT32
_INT64: Final = Element.INT64
_UINT8: Final = Element.UINT8
_UINT16: Final = Element.UINT16
_UINT32: Final = Element.UINT32
_UINT64: Final = Element.UINT64
_FLOAT32: Final = Element.FLOAT32
_FLOAT64: Final = Element.FLOAT64


class Pointers(PointerSlots):
    """The pointers of an object, and the structs and lists that they lead to.

    Every call that builds something retires the pointer's old object: handles on it, and on
    everything below it, then raise ``StaleHandle``. If memory is refused, the call raises and the
    old object stays.
    """

    __slots__ = ()

    # -- structs ---------------------------------------------------------------------------------

    def init_struct(
        self, index: SupportsIndex, data_words: SupportsIndex, pointer_count: SupportsIndex
    ) -> StructBuilder:
        """Build a zeroed struct of ``data_words`` words and ``pointer_count`` pointers."""
        try:
            data, pointers = check_sections(data_words, pointer_count)
            if type(index) is int and 0 <= index < self._count:
                # As in _slot, without the call: ``install`` checks that the handle is not stale.
                word = self._first + index
            else:
                word = self._slot(index)
            words = data + pointers
            shape = wire.struct_shape(data, pointers)
            # As in _install, without the call.
            segment, start, epoch = install(self, word, shape, words, b"")
            lease = self._lease
            if not words or segment is not lease.segment or epoch != lease.epoch:
                lease = lease.on(segment, words, epoch)
            return StructBuilder(lease, start, start, data, pointers)
        except RecursionError as error:
            raise exhausted() from error

    def _open(
        self,
        index: SupportsIndex,
        default: Given[Copyable | None],
        fit: Callable[[Tree], Tree],
        handle_on: Callable[[int, Found, Tree | None], T],
    ) -> T | None:
        """Open the object of a pointer. If the pointer is null, build a copy of the default first.

        ``fit`` returns the default in the layout to be opened, or raises if it is of another kind.
        ``handle_on`` takes the word of the pointer, the object, and the default if it was copied.
        After a copy, it must not read the object back, because that may fail.
        """
        try:
            word = self._slot(index)

            def whole(tree: Tree | None) -> T | None:
                found = self._find(word)
                if found is not None:
                    return handle_on(word, found, None)
                if tree is None:
                    return None
                return handle_on(
                    word, copy_in(self._lease.arena, self._lease.segment, word, tree), tree
                )

            opened = self._serve(lambda: whole(None))
            if opened is None and default is not None:
                # This reads the default by a call of its message, which may be this message.
                tree = fit(tree_of(default))
                opened = self._serve(lambda: whole(tree))
            return opened
        except RecursionError as error:
            raise exhausted() from error

    def get_struct(
        self,
        index: SupportsIndex,
        data_words: SupportsIndex = 0,
        pointer_count: SupportsIndex = 0,
        *,
        default: Given[StructBuilder | StructReader | None] = None,
    ) -> StructBuilder | None:
        """Open the struct, or return ``None`` if the pointer is null.

        The struct has at least the sections that are asked for. A smaller one, of an older schema,
        is moved, and handles on it become stale.

        Args:
            index: The index of the pointer.
            data_words: The smallest data section, in words.
            pointer_count: The smallest number of pointers.
            default: Copied to the message first if the pointer is null.
        """
        data, pointers = check_sections(data_words, pointer_count)

        def handle_on(word: int, found: Found, copied: Tree | None) -> StructBuilder:
            if found.shape & 3 != wire.STRUCT:
                raise PointerKindMismatch(
                    f"pointer {self._index_of(word)} does not lead to a struct",
                    segment=self._lease.segment.index,
                )
            found = self._enlarge(word, found, data, pointers)
            return StructBuilder(
                *self._lease_on(found, word),
                found.start,
                wire.struct_data_words(found.shape),
                wire.struct_pointers(found.shape),
            )

        return self._open(
            index,
            default,
            lambda tree: widened(_require_kind(tree, None), data, pointers),
            handle_on,
        )

    # -- lists -----------------------------------------------------------------------------------

    def init_list(
        self, index: SupportsIndex, element: Given[Element], count: SupportsIndex
    ) -> ListBuilder:
        """Build a zeroed list of ``count`` primitives."""
        check_element(element)
        number = check_count(count)
        shape = wire.list_shape(element.size_code, number)
        words = wire.list_body_words(element.size_code, number)
        lease, start = self._install(self._slot(index), shape, words, b"")
        return ListBuilder(lease, start, start, element, number)

    def get_list(
        self,
        index: SupportsIndex,
        element: Given[Element],
        *,
        default: Given[ListBuilder | ListReader | None] = None,
    ) -> ListBuilder | None:
        """Open the list of primitives, or return ``None`` if the pointer is null.

        The elements must have the width with which the list was built. The encoding does not record
        whether they are signed or floats. A list of structs, of a newer schema, is opened as the
        list of their first fields, which are written in their place. With a ``default``, a null
        pointer first gets a copy of it.
        """
        check_element(element)

        def handle_on(word: int, found: Found, copied: Tree | None) -> ListBuilder:
            elements = primitives_in(self._lease.arena, found, element)
            if elements is None:
                raise self._mismatch(word, element.name)
            start, count, factor = elements
            return ListBuilder(*self._lease_on(found, word), start, element, count, factor)

        return self._open(
            index, default, lambda tree: _require_kind(tree, element.size_code), handle_on
        )

    def init_pointer_list(self, index: SupportsIndex, count: SupportsIndex) -> PointerListBuilder:
        """Build a list of ``count`` null pointers, to Text, Data, or lists."""
        number = check_count(count)
        shape = wire.list_shape(wire.SIZE_POINTER, number)
        lease, start = self._install(self._slot(index), shape, number, b"")
        return PointerListBuilder(lease, start, start, number)

    def get_pointer_list(
        self,
        index: SupportsIndex,
        *,
        default: Given[PointerListBuilder | PointerListReader | None] = None,
    ) -> PointerListBuilder | None:
        """Open the list of pointers, or return ``None`` if the pointer is null.

        A list of structs, of a newer schema, is opened as the list of their first pointers, which
        are written in their place. With a ``default``, a null pointer first gets a copy of it.
        """

        def handle_on(word: int, found: Found, copied: Tree | None) -> PointerListBuilder:
            sections = None if copied is None else sections_of(copied)
            elements = pointers_in(self._lease.arena, found, sections)
            if elements is None:
                raise self._mismatch(word, "pointers")
            return PointerListBuilder(*self._lease_on(found, word), *elements)

        return self._open(index, default, _require_pointers, handle_on)

    def init_struct_list(
        self,
        index: SupportsIndex,
        count: SupportsIndex,
        data_words: SupportsIndex,
        pointer_count: SupportsIndex,
    ) -> StructListBuilder:
        """Build a zeroed list of ``count`` structs, each with these sections."""
        number, data, pointers = struct_list(count, data_words, pointer_count)
        tag = wire.POINTER.pack(wire.tag(number, data, pointers))
        words = number * (data + pointers)
        shape = wire.list_shape(wire.SIZE_COMPOSITE, words)
        lease, start = self._install(self._slot(index), shape, 1 + words, tag)
        return StructListBuilder(lease, start, number, data, pointers)

    def get_struct_list(
        self,
        index: SupportsIndex,
        data_words: SupportsIndex = 0,
        pointer_count: SupportsIndex = 0,
        *,
        default: Given[StructListBuilder | StructListReader | None] = None,
    ) -> StructListBuilder | None:
        """Open the list of structs, or return ``None`` if the pointer is null.

        Its elements have at least the sections that are asked for. A list of smaller structs is
        moved. So is a list of primitives or pointers, which becomes a list of structs with that one
        field (specification, "Lists"); a list of bits is refused. Handles on a moved list become
        stale. With a ``default``, a null pointer first gets a copy of it.
        """
        data, pointers = check_sections(data_words, pointer_count)

        def handle_on(word: int, found: Found, copied: Tree | None) -> StructListBuilder:
            if copied is not None:
                elements = elements_of(copied)
            else:
                found, elements = self._struct_list_at(word, found, data, pointers)
            count, data_words, pointer_count = elements
            return StructListBuilder(*self._lease_on(found, word), count, data_words, pointer_count)

        return self._open(
            index,
            default,
            lambda tree: widened(_require_kind(tree, wire.SIZE_COMPOSITE), data, pointers),
            handle_on,
        )

    def _struct_list_at(
        self, word: int, found: Found, data: int, pointers: int
    ) -> tuple[Found, tuple[int, int, int]]:
        """Return a list of structs, moved if it is too small, and the numbers in its tag."""
        if not can_be_structs(found.shape, data + pointers):
            raise self._mismatch(word, "structs")
        larger = enlarged(self._lease.arena, found, data, pointers)
        if larger is None:
            return found, composite(self._lease.arena, found)
        found = upgrade(self._lease.arena, self._lease.segment, word, found, larger)
        return found, (larger.count, larger.data_words, larger.pointers)

    def set_list(
        self, index: SupportsIndex, element: Given[Element], values: Buffer
    ) -> ListBuilder:
        """Build a list of primitives from a buffer of them.

        ``values`` is any contiguous buffer of bytes, or of little-endian items of type ``element``:
        ``bytes``, ``array.array``, a numpy array. It is copied once, and held until the call ends.
        """
        try:
            check_element(element)
            octets = octets_of(element, values)
            try:
                word = self._slot(index)
                size = len(octets)
                count, rest = divmod(size, element.bytes)
                if rest:
                    raise ArgumentValueError(
                        f"the buffer must hold whole elements of {element.name}, and has {size}"
                        " bytes"
                    )
                if count > wire.MAX_LIST_COUNT:
                    raise MessageTooLarge(
                        f"a list can have at most {wire.MAX_LIST_COUNT} elements, not {count}"
                    )
                shape = wire.list_shape(element.size_code, count)
                words = wire.object_words(shape)
                lease, start = self._install(word, shape, words, octets)
            finally:
                octets.release()
            return ListBuilder(lease, start, start, element, count)
        except RecursionError as error:
            raise exhausted() from error

    # -- any pointer -----------------------------------------------------------------------------

    def set(self, index: SupportsIndex, value: Given[Copyable | None]) -> None:
        """Build a deep copy of a struct or list of any builder or reader.

        ``value`` is read in full before anything is written. So it may be the pointer's own object,
        or a part of it. ``None`` clears the pointer.
        """
        try:
            at = integer(index, "a pointer index")
            copied = None if value is None else copy_of(value)
            self._put_copy(self._slot(at), copied)
        except RecursionError as error:
            raise exhausted() from error

    def _put_copy(self, word: int, copied: Copied | None) -> None:
        """Build a copy at ``word``, or make the pointer null, in a call of the message."""
        if copied is None:
            self._serve(lambda: point(self._lease.arena, self._lease.segment, word, 0))
        else:
            self._serve(lambda: copy_in(self._lease.arena, self._lease.segment, word, copied))

    def copy_pointer(
        self,
        index: SupportsIndex,
        source: Given[PointerSlots | PointerSlotsReader],
        source_index: SupportsIndex,
    ) -> None:
        """Build a deep copy of another pointer's object, of any kind.

        ``source`` is a struct or a list of pointers of any builder or reader. If its pointer is
        null, this one becomes null.
        """
        try:
            if not issubclass(type(source), (PointerSlots, PointerSlotsReader)):
                raise ArgumentTypeError(
                    f"source must be a struct or a list of pointers, not {type_name(source)}"
                )
            at = integer(index, "a pointer index")
            tree = source._tree_at(source_index)
            self._put_copy(self._slot(at), tree)
        except RecursionError as error:
            raise exhausted() from error

    def disown(self, index: SupportsIndex) -> Orphan | None:
        """Make the pointer null, and return its object as an orphan, or ``None`` if it was null.

        The object stays in its place. Handles on it, and on everything below it, become stale; the
        orphan opens new ones. Each of these objects is looked at, as when the pointer is cleared.
        If an interrupt comes before the caller holds the orphan, ``MessageBuilder.last_disowned``
        has it.
        """
        word = self._slot(index)

        def take_out() -> Orphan | None:
            found = self._find_known(word)
            if found is None:
                return None
            # Made first, so that nothing can fail after the object has left the message.
            orphan = Orphan(self._lease.arena, found)
            disown(self._lease.arena, self._lease.segment, word, found, orphan)
            return orphan

        return self._serve(take_out)

    def adopt(self, index: SupportsIndex, orphan: Given[Orphan]) -> None:
        """Let the pointer lead to an orphan of this message, which is then used up.

        If this raises, the caller still has the orphan. An object below the orphan cannot adopt it.
        The objects of the orphan are not looked at, so the work does not depend on their size (P7).
        Only in a resumed message (``MessageBuilder.resume``), which need not
        be a tree, each of them is.
        """
        if type(orphan) is not Orphan:
            raise ArgumentTypeError(f"orphan must be an Orphan, not {type_name(orphan)}")
        word = self._slot(index)
        self._serve(lambda: orphan._give_to(self._lease, word))


@final
class StructBuilder(Pointers):
    """A struct: a data section of words, and a pointer section."""

    __slots__ = ()

    def __init__(
        self, lease: Lease, word: int, start: int, data_words: int, pointer_count: int, /
    ) -> None:
        # This runs for every element that is opened. Two calls of ``super`` would double its cost.
        self._lease = lease
        self._word = word
        self._data = start * WORD_BYTES
        self._data_bits = data_words * 64
        self._first = start + data_words
        self._count = pointer_count

    def __copy__(self) -> StructBuilder:
        """Return another handle on the same struct."""
        start = self._data // WORD_BYTES
        return StructBuilder(self._lease, self._word, start, self.data_words, self._count)

    def __repr__(self) -> str:
        """Return the sizes of the struct and its place. Reads no memory."""
        return self._face(sections(self._data_bits // 64, self._count), self._data)

    @property
    def data_words(self) -> int:
        """Size of the data section in words."""
        return self._data_bits // 64

    @property
    def pointer_count(self) -> int:
        """Number of pointers."""
        return self._count

    def _tree(self) -> Tree:
        """Return a copy of the struct and everything below it."""
        try:
            shape = wire.struct_shape(self.data_words, self._count)
            spot = (shape, self._lease.segment.index, self._data // WORD_BYTES)
            return self._serve(lambda: read_spot(BuilderSource(self._lease.arena), spot, 0))
        except RecursionError as error:
            raise exhausted() from error

    def total_size(self) -> ObjectSize:
        """Return the size of the struct and everything below it, without landing pads."""
        try:
            return self._tree().total_size()
        except RecursionError as error:
            raise exhausted() from error

    def data_section(self) -> bytes:
        """Return a copy of the data section: ``data_words`` words, as they lie in the message."""
        try:
            size = self._data_bits // 8
            self._check()
            if size == 0:
                return b""
            lease = self._lease
            return self._serve(lambda: lease.arena.octets_at(lease.segment, self._data, size))
        except RecursionError as error:
            raise exhausted() from error

    def lend_data_section(self) -> AbstractContextManager[memoryview[Any]]:
        """Lend the data section as a writable view of the memory, inside a ``with`` block (P4).

        Its items are bytes. See ``ListBuilder.lend``.
        """
        return Lent(self._lease.arena, self._stretch_of_data, writable=True)

    def _stretch_of_data(self) -> Stretch:
        self._renew()
        return self._lease.segment, self._data, self._data_bits // 8

    def total_words(self) -> int:
        """Return the words of the struct and everything below it, without landing pads."""
        try:
            return self._tree().total_size().words
        except RecursionError as error:
            raise exhausted() from error

    def copy_from(self, value: Given[StructBuilder | StructReader | LaidOut]) -> None:
        """Make this struct, in its place, a deep copy of another one, or of a value of a schema.

        Fields that the other struct does not have become zero.

        Raises:
            ArgumentValueError: If the other struct has a nonzero field that does not fit. Nothing
                is ever cut off.
        """
        try:
            tree = as_tree(struct_copy_of(value, "value"))
            self._check()
            data = wire.struct_data_words(tree.shape)
            room = self.data_words
            if any(tree.body[room * WORD_BYTES : data * WORD_BYTES]) or any(
                at - data >= self._count for at, _ in tree.children
            ):
                raise ArgumentValueError(
                    f"a struct of {data} data words and {wire.struct_pointers(tree.shape)} pointers"
                    f" has fields that do not fit in one of {room} data words and {self._count}"
                    " pointers"
                )
            start = self._data // WORD_BYTES
            self._serve(
                lambda: overwrite(
                    self._lease.arena, self._lease.segment, start, room, self._count, tree
                )
            )
        except RecursionError as error:
            raise exhausted() from error

    def select(
        self,
        offset: SupportsIndex,
        member: SupportsIndex,
        *,
        fields: Iterable[Given[tuple[Element, int]]] = (),
        pointers: Iterable[SupportsIndex] = (),
    ) -> None:
        """Switch a union: set its discriminant and clear the slots of its members, in one step.

        The new member begins as zero, as in generated code (specification, "Unions").

        Args:
            offset: The offset of the discriminant, in units of 2 bytes.
            member: The new value of the discriminant.
            fields: (type, offset) of the data slots that the members share.
            pointers: The indices of the pointers that the members share.
        """
        try:
            tag = integer(member, "a member")
            slots = [(_UINT16, integer(offset, "a field offset"))]
            for element, at in pairs_of(fields):
                slots.append((check_element(element), integer(at, "a field offset")))
            rows = [integer(index, "a pointer index") for index in listed(pointers, "pointers")]
            words = sorted({self._slot(index) for index in rows})
            self._check()
            require_range(_UINT16, tag)
            for element, at in slots:
                if at < 0 or (at + 1) * element.bits > self._data_bits:
                    raise self._outside(element, at)
            self._serve(lambda: self._select(tag, slots, words))
        except RecursionError as error:
            raise exhausted() from error

    def _select(self, tag: int, slots: list[tuple[Element, int]], words: list[int]) -> None:
        arena = self._lease.arena
        segment = self._lease.segment
        first = self._data
        data = bytearray(arena.octets_at(segment, first, self._data_bits // 8))
        for element, at in slots:
            if element is _BOOL:
                data[at >> 3] &= ~(1 << (at & 7)) & 0xFF
            else:
                data[at * element.bytes : (at + 1) * element.bytes] = bytes(element.bytes)
        _UINT16.codec.pack_into(data, slots[0][1] * 2, tag)
        change(arena, segment, [(word, 0) for word in words], [(first, bytes(data))])

    def _amend(
        self, mask: int, bits: int, pointers: dict[int, Copied | None]
    ) -> tuple[list[tuple[int, Found]], int]:
        """Write the bits of the data section that ``mask`` has, and these pointers, in one step.

        Bit 0 is the lowest of the first byte. A pointer without a copy becomes null. Returns the
        new objects, each with the word of its pointer, and their epoch.
        """
        words = [(self._slot(index), copied) for index, copied in pointers.items()]
        if bits.bit_length() > self._data_bits:
            self._check()
            raise self._outside(_BOOL, bits.bit_length() - 1)
        size = self._data_bits // 8
        arena = self._lease.arena
        segment = self._lease.segment

        def write() -> tuple[list[tuple[int, Found]], int]:
            data: list[tuple[int, bytes]] = []
            if mask:
                old = int.from_bytes(arena.octets_at(segment, self._data, size), "little")
                data.append((self._data, (old & ~mask | bits).to_bytes(size, "little")))
            return amend(arena, segment, words, data), arena.epoch

        return self._serve(write)

    def _handle_on_new(
        self, word: int, found: Found, tree: Tree, element: Element | None, epoch: int
    ) -> StructBuilder | ListBuilder | PointerListBuilder | StructListBuilder:
        """Return a handle on an object that was just built from ``tree``, without reading it back.

        ``element`` is that of a list of primitives. ``epoch`` is that of the call that built the
        object: a finalizer may have replaced it since.
        """
        lease, start = self._lease_of(found, word, epoch)
        shape = found.shape
        if shape & 3 == wire.STRUCT:
            data_words, pointers = wire.struct_data_words(shape), wire.struct_pointers(shape)
            return StructBuilder(lease, start, found.start, data_words, pointers)
        if element is not None:
            return ListBuilder(lease, start, found.start, element, wire.list_count(shape))
        if wire.list_size_code(shape) == wire.SIZE_POINTER:
            return PointerListBuilder(lease, start, found.start, wire.list_count(shape))
        return StructListBuilder(lease, start, *elements_of(tree))

    def get_bool(self, offset: SupportsIndex, *, default: Given[bool] = False) -> bool:
        """Read the Bool at bit ``offset``."""
        return self._take_bool(offset, default)

    def set_bool(
        self, offset: SupportsIndex, value: Given[bool], *, default: Given[bool] = False
    ) -> None:
        """Write the Bool at bit ``offset``."""
        self._put_bool(offset, value, default)

    def get_int8(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Read the Int8 at ``offset`` (bytes)."""
        return self._take_integer(_INT8, offset, default)

    def set_int8(
        self, offset: SupportsIndex, value: SupportsIndex, *, default: SupportsIndex = 0
    ) -> None:
        """Write the Int8 at ``offset`` (bytes)."""
        self._put_integer(_INT8, offset, value, default)

    def get_int16(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Read the Int16 at ``offset`` (units of 2 bytes)."""
        return self._take_integer(_INT16, offset, default)

    def set_int16(
        self, offset: SupportsIndex, value: SupportsIndex, *, default: SupportsIndex = 0
    ) -> None:
        """Write the Int16 at ``offset`` (units of 2 bytes)."""
        self._put_integer(_INT16, offset, value, default)

    def get_int32(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Read the Int32 at ``offset`` (units of 4 bytes)."""
        return self._take_integer(_INT32, offset, default)

    def set_int32(
        self, offset: SupportsIndex, value: SupportsIndex, *, default: SupportsIndex = 0
    ) -> None:
        """Write the Int32 at ``offset`` (units of 4 bytes)."""
        self._put_integer(_INT32, offset, value, default)

    def get_int64(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Read the Int64 at ``offset`` (words)."""
        return self._take_integer(_INT64, offset, default)

    def set_int64(
        self, offset: SupportsIndex, value: SupportsIndex, *, default: SupportsIndex = 0
    ) -> None:
        """Write the Int64 at ``offset`` (words)."""
        self._put_integer(_INT64, offset, value, default)

    def get_uint8(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Read the UInt8 at ``offset`` (bytes)."""
        return self._take_integer(_UINT8, offset, default)

    def set_uint8(
        self, offset: SupportsIndex, value: SupportsIndex, *, default: SupportsIndex = 0
    ) -> None:
        """Write the UInt8 at ``offset`` (bytes)."""
        self._put_integer(_UINT8, offset, value, default)

    def get_uint16(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Read the UInt16 or an enum at ``offset`` (units of 2 bytes)."""
        return self._take_integer(_UINT16, offset, default)

    def set_uint16(
        self, offset: SupportsIndex, value: SupportsIndex, *, default: SupportsIndex = 0
    ) -> None:
        """Write the UInt16 or an enum at ``offset`` (units of 2 bytes)."""
        self._put_integer(_UINT16, offset, value, default)

    def get_uint32(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Read the UInt32 at ``offset`` (units of 4 bytes)."""
        return self._take_integer(_UINT32, offset, default)

    def set_uint32(
        self, offset: SupportsIndex, value: SupportsIndex, *, default: SupportsIndex = 0
    ) -> None:
        """Write the UInt32 at ``offset`` (units of 4 bytes)."""
        self._put_integer(_UINT32, offset, value, default)

    def get_uint64(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Read the UInt64 at ``offset`` (words)."""
        return self._take_integer(_UINT64, offset, default)

    def set_uint64(
        self, offset: SupportsIndex, value: SupportsIndex, *, default: SupportsIndex = 0
    ) -> None:
        """Write the UInt64 at ``offset`` (words)."""
        self._put_integer(_UINT64, offset, value, default)

    def get_float32(self, offset: SupportsIndex, *, default: Given[float] = 0.0) -> float:
        """Read the Float32 at ``offset`` (units of 4 bytes)."""
        return self._take_float(_FLOAT32, offset, default)

    def set_float32(
        self, offset: SupportsIndex, value: Given[float], *, default: Given[float] = 0.0
    ) -> None:
        """Write the Float32 at ``offset`` (units of 4 bytes)."""
        self._put_float(_FLOAT32, offset, value, default)

    def get_float64(self, offset: SupportsIndex, *, default: Given[float] = 0.0) -> float:
        """Read the Float64 at ``offset`` (words)."""
        return self._take_float(_FLOAT64, offset, default)

    def set_float64(
        self, offset: SupportsIndex, value: Given[float], *, default: Given[float] = 0.0
    ) -> None:
        """Write the Float64 at ``offset`` (words)."""
        self._put_float(_FLOAT64, offset, value, default)


@final
class PointerListBuilder(Pointers):
    """A list of pointers, to Text, Data, or lists."""

    __slots__ = ("_length", "_step")

    def __init__(self, lease: Lease, word: int, start: int, count: int, step: int = 0) -> None:
        """Make a handle on ``count`` pointers from word ``start`` on.

        ``step`` is the number of words of each element if they are the first pointers of a list of
        structs, which is then identified by its tag, and 0 otherwise.
        """
        # Without pointers side by side, all are found by ``_word_of``.
        super().__init__(lease, word, 0, 0, start, 0 if step else count)
        self._length = count
        self._step = step

    def __copy__(self) -> PointerListBuilder:
        """Return another handle on the same list."""
        return PointerListBuilder(self._lease, self._word, self._first, self._length, self._step)

    def __repr__(self) -> str:
        """Return the length of the list and its place. Reads no memory."""
        return self._face(counted(self._length, "pointer"), self._first * WORD_BYTES)

    def _end(self) -> int:
        return self._word + 1 + self._length * self._step if self._step else Pointers._end(self)

    def _word_of(self, index: int) -> int:
        if self._step and 0 <= index < self._length:
            return self._first + index * self._step
        if not 0 <= index < self._length:
            raise ArgumentIndexError(
                f"pointer {number_text(index)} does not exist: there are {self._length} pointers",
                segment=self._lease.segment.index,
            )
        return self._first + index

    def _index_of(self, word: int) -> int:
        return (word - self._first) // (self._step or 1)

    def _tree(self) -> Tree:
        """Return a copy of the list and everything below it, with the elements as written."""
        try:
            if self._step:
                shape = wire.list_shape(wire.SIZE_COMPOSITE, self._length * self._step)
                spot = (shape, self._lease.segment.index, self._word)
            else:
                shape = wire.list_shape(wire.SIZE_POINTER, self._length)
                spot = (shape, self._lease.segment.index, self._first)
            return self._serve(lambda: read_spot(BuilderSource(self._lease.arena), spot, 0))
        except RecursionError as error:
            raise exhausted() from error

    def total_size(self) -> ObjectSize:
        """Return the size of the list and everything below it, without landing pads."""
        try:
            return self._tree().total_size()
        except RecursionError as error:
            raise exhausted() from error

    def __len__(self) -> int:
        """Return the number of elements."""
        return self._length


@final
class StructListBuilder(Handle):
    """A list of structs, stored consecutively after a tag word."""

    __slots__ = ("_length", "_pointer_count", "_step")

    def __init__(
        self, lease: Lease, start: int, count: int, data_words: int, pointer_count: int
    ) -> None:
        # No call of ``super``, as in StructBuilder. The list begins with its tag, so it always has
        # words.
        self._lease = lease
        self._word = start
        self._data = (start + 1) * WORD_BYTES
        self._data_bits = data_words * 64
        self._length = count
        self._pointer_count = pointer_count
        #: Words of each element.
        self._step = data_words + pointer_count

    def __copy__(self) -> StructListBuilder:
        """Return another handle on the same list."""
        return StructListBuilder(
            self._lease, self._word, self._length, self.data_words, self._pointer_count
        )

    def _end(self) -> int:
        return self._word + 1 + self._length * self._step

    def __repr__(self) -> str:
        """Return the size of the list, and the place of its first element. Reads no memory."""
        each = sections(self._data_bits // 64, self._pointer_count)
        return self._face(f"{counted(self._length, 'element')} of {each}", self._data)

    @property
    def data_words(self) -> int:
        """Size of the data section of each element, in words."""
        return self._data_bits // 64

    @property
    def pointer_count(self) -> int:
        """Number of pointers of each element."""
        return self._pointer_count

    def total_size(self) -> ObjectSize:
        """Return the size of the list and everything below it, without landing pads."""
        try:
            return self._tree().total_size()
        except RecursionError as error:
            raise exhausted() from error

    def __len__(self) -> int:
        """Return the number of elements."""
        return self._length

    def __iter__(self) -> Iterator[StructBuilder]:
        """Iterate over the elements; each is opened by a separate call of the message."""
        try:
            for index in range(self._length):
                yield self[index]
        except RecursionError as error:
            raise exhausted() from error

    def adopt(self, index: SupportsIndex, orphan: Given[Orphan]) -> None:
        """Move the contents of an orphaned struct of this message into an element.

        The orphan is then used up. Objects below it stay in their places, and handles on them stay
        valid; the old contents of the element are retired. If this raises, the caller still has the
        orphan.

        Raises:
            ArgumentValueError: If the orphan has a nonzero field that does not fit. Nothing is ever
                cut off.
        """
        try:
            if type(orphan) is not Orphan:
                raise ArgumentTypeError(f"orphan must be an Orphan, not {type_name(orphan)}")
            start = self[index]._data // WORD_BYTES
            self._serve(
                lambda: orphan._give_contents_to(
                    self._lease, start, self.data_words, self._pointer_count
                )
            )
        except RecursionError as error:
            raise exhausted() from error

    def __setitem__(
        self, index: SupportsIndex, value: Given[StructBuilder | StructReader | LaidOut]
    ) -> None:
        """Make an element a deep copy of a struct, as ``StructBuilder.copy_from`` does."""
        try:
            self[index].copy_from(value)
        except RecursionError as error:
            raise exhausted() from error

    def _tree(self) -> Tree:
        """Return a copy of the list and everything below it."""
        try:
            words = self._length * (self.data_words + self._pointer_count)
            spot = (
                wire.list_shape(wire.SIZE_COMPOSITE, words),
                self._lease.segment.index,
                self._word,
            )
            return self._serve(lambda: read_spot(BuilderSource(self._lease.arena), spot, 0))
        except RecursionError as error:
            raise exhausted() from error

    def __getitem__(self, index: SupportsIndex) -> StructBuilder:
        """Open an element. Negative indices and slices are refused."""
        try:
            at = index if type(index) is int else integer(index, "an index")
            lease = self._lease
            arena = lease.arena
            if arena.state is not _IDLE or lease.epoch != arena.epoch:
                self._check()
                lease = self._lease
            if not 0 <= at < self._length:
                raise ArgumentIndexError(
                    f"element {number_text(at)} does not exist: the list has {self._length}"
                    " elements",
                    segment=self._lease.segment.index,
                )
            pointer_count = self._pointer_count
            step = self._step
            tag = self._word
            start = tag + 1 + at * step
            # A zero-sized element exists as long as the tag.
            return StructBuilder(
                lease, start if step else tag, start, step - pointer_count, pointer_count
            )
        except RecursionError as error:
            raise exhausted() from error


@final
class Orphan(OrphanBase):
    """An object of a message without a pointer, until it is adopted.

    The caller should adopt or drop it. Otherwise its words stay in the message's memory and in its
    output, unreachable.
    """

    __slots__ = ()

    def get_struct(
        self, data_words: SupportsIndex = 0, pointer_count: SupportsIndex = 0
    ) -> StructBuilder:
        """Open the object as a struct with at least these sections (words, pointers).

        A smaller one, of an older schema, is moved, and handles on it become stale.
        """
        data, pointers = check_sections(data_words, pointer_count)
        return self._arena.serve(lambda: self._open_struct(data, pointers))

    def _open_struct(self, data: int, pointers: int) -> StructBuilder:
        found = self._current()
        if found.shape & 3 != wire.STRUCT:
            raise PointerKindMismatch("the orphan is not a struct")
        larger = enlarged(self._arena, found, data, pointers)
        if larger is not None:
            found = upgrade_apart(self._arena, found, larger, self._becomes)
        return StructBuilder(
            self._lease(found),
            found.start,
            found.start,
            wire.struct_data_words(found.shape),
            wire.struct_pointers(found.shape),
        )

    def get_list(self, element: Given[Element]) -> ListBuilder:
        """Open the object as a list of primitives.

        A list of structs, of a newer schema, is opened as the list of their first fields.
        """
        check_element(element)
        return self._arena.serve(lambda: self._open_list(element))

    def _open_list(self, element: Element) -> ListBuilder:
        found = self._current()
        elements = primitives_in(self._arena, found, element)
        if elements is None:
            raise not_a_list(element.name)
        start, count, factor = elements
        return ListBuilder(self._lease(found), found.start, start, element, count, factor)

    def get_pointer_list(self) -> PointerListBuilder:
        """Open the object as a list of pointers.

        A list of structs, of a newer schema, is opened as the list of their first pointers.
        """
        return self._arena.serve(self._open_pointer_list)

    def _open_pointer_list(self) -> PointerListBuilder:
        found = self._current()
        elements = pointers_in(self._arena, found, None)
        if elements is None:
            raise not_a_list("pointers")
        return PointerListBuilder(self._lease(found), found.start, *elements)

    def get_struct_list(
        self, data_words: SupportsIndex = 0, pointer_count: SupportsIndex = 0
    ) -> StructListBuilder:
        """Open the object as a list of structs with at least these sections (words, pointers).

        A list of smaller structs, of primitives or of pointers is moved, as by
        ``StructBuilder.get_struct_list``, and handles on it become stale.
        """
        data, pointers = check_sections(data_words, pointer_count)
        return self._arena.serve(lambda: self._open_struct_list(data, pointers))

    def _open_struct_list(self, data: int, pointers: int) -> StructListBuilder:
        found = self._current()
        if not can_be_structs(found.shape, data + pointers):
            raise not_a_list("structs")
        larger = enlarged(self._arena, found, data, pointers)
        if larger is None:
            count, data_words, pointer_count = composite(self._arena, found)
        else:
            found = upgrade_apart(self._arena, found, larger, self._becomes)
            count, data_words, pointer_count = larger.count, larger.data_words, larger.pointers
        return StructListBuilder(self._lease(found), found.start, count, data_words, pointer_count)


#: Objects that can be copied into a message: structs and lists of builders and readers, orphans,
#: and values of a schema.
Copyable: TypeAlias = (
    "StructBuilder | ListBuilder | PointerListBuilder | StructListBuilder | Orphan"
    " | StructReader | ListReader | PointerListReader | StructListReader | LaidOut"
)

_COPYABLE: Final = (
    StructBuilder,
    ListBuilder,
    PointerListBuilder,
    StructListBuilder,
    Orphan,
    StructReader,
    ListReader,
    PointerListReader,
    StructListReader,
)


def copy_of(value: Given[Copyable]) -> Copied:
    """Return a copy of a struct or list and everything below it."""
    if type(value) in _COPYABLE:
        tree: Tree = cast(Any, value)._tree()
        return tree
    copied = laid_out(value)
    if copied is None:
        raise ArgumentTypeError(
            f"value must be a struct, a list or an Orphan, not {type_name(value)}"
        )
    return copied


def tree_of(value: Given[Copyable]) -> Tree:
    """Return a copy of a struct or list and everything below it, as a tree."""
    return as_tree(copy_of(value))


def equal(left: Given[Copyable | None], right: Given[Copyable | None]) -> bool | None:
    """Return whether two structs or lists, with everything below them, have the same contents.

    They may be of any messages, builders or readers, or values of a schema. ``None`` stands for a
    null pointer. Structs are equal if they differ only in zeros and null pointers at the ends of
    their sections, as those of another version of a schema do. Lists are equal if they have the
    same element size and equal elements. Returns ``None`` if only capabilities could tell them
    apart. Both are read like copies.
    """
    try:
        if left is None or right is None:
            return left is right
        return equal_trees(tree_of(left), tree_of(right))
    except (RecursionError, MemoryError) as error:
        raise exhausted() from error


def struct_copy_of(value: StructBuilder | StructReader | LaidOut, what: str) -> Copied:
    """Return a copy of a struct and everything below it, or raise an error that names ``what``."""
    if type(value) is StructBuilder or type(value) is StructReader:
        return value._tree()
    copied = laid_out(value)
    if copied is None or copied.shape & 3 != wire.STRUCT:
        raise ArgumentTypeError(f"{what} must be a struct, not {class_or_name(value)}")
    return copied


def _require_kind(tree: Tree, size_code: int | None) -> Tree:
    """Return a default if it is a list of this element size, or a struct for ``None``; or raise."""
    kind = wire.list_size_code(tree.shape) if tree.shape & 3 == wire.LIST else None
    if kind != size_code or tree.shape & 3 == wire.OTHER:
        raise ArgumentTypeError("the default must be of the same kind as the object to open")
    return tree


def _require_pointers(tree: Tree) -> Tree:
    """Return a default if it can be opened as a list of pointers, or raise."""
    sections = sections_of(tree)
    if sections is not None and sections[2] > 0:
        return tree
    return _require_kind(tree, wire.SIZE_POINTER)
