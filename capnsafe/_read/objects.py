"""Readers of objects that hold pointers: structs, lists of pointers, lists of structs.

The docstring of :mod:`capnsafe._read.reader` lists the checks of each step and its cost. Lists of
primitives, which hold no pointers, are in :mod:`capnsafe._read.lists`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Final, SupportsFloat, SupportsIndex, TypeAlias, final, overload

from .._words.arguments import check_element, double, integer, number_text, truth, type_name
from .._words.exhausted import exhausted
from .._words.face import counted, place
from .._words.given import Given
from .._words.tree import ObjectSize, Tree, read_spot, read_tree, require_known
from ..errors import (
    ArgumentValueError,
    InvalidText,
    PointerKindMismatch,
    PointerOutOfBounds,
)
from ..wire import (
    ELEMENT_BITS,
    ELEMENT_SIZES,
    LIST,
    LIST_COUNT_SHIFT,
    OFFSET_MASK,
    POINTER_KINDS,
    SIZE_BIT,
    SIZE_BYTE,
    SIZE_COMPOSITE,
    SIZE_POINTER,
    SIZE_VOID,
    STRUCT,
    WORD_BYTES,
    Element,
    ElementSize,
    PointerKind,
    capability_index,
    is_capability,
    kind,
    list_body_words,
    list_shape,
    list_size_code,
    struct_data_words,
    struct_pointers,
    struct_shape,
)
from .lists import ListReader
from .reading import (
    SIZE_NAMES,
    Elements,
    ReaderBase,
    ReaderSource,
    Segments,
    descend,
    element_index,
    name_of,
    not_negative,
    tree_of_list,
)

#: The bits of a shape that tell a list and its element size; their value for a list of bytes.
_LIST_OF: Final = 3 | 7 << 32
_BYTES: Final = list_shape(SIZE_BYTE, 0)

#: The type of a default of a float.
Real: TypeAlias = SupportsFloat | SupportsIndex


class PointerSlotsReader(ReaderBase):
    """The methods that read pointers: those of a struct, or the elements of a list."""

    __slots__ = ("_nesting", "_segment", "_segments")

    def __init__(self, segments: Segments, segment: int, nesting: int) -> None:
        self._segments = segments
        self._segment = segment
        # The number of levels that may be opened below this object.
        self._nesting = nesting

    @abstractmethod
    def _slot(self, index: SupportsIndex) -> int:
        """Return the word of the pointer, or -1 if the struct is too short to have it."""

    def is_null(self, index: SupportsIndex) -> bool:
        """Return whether the pointer is null. A pointer beyond the end of a struct is null."""
        try:
            at = self._slot(index)
            return at < 0 or self._segments.word(self._segment, at) == 0
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def kind(self, index: SupportsIndex) -> PointerKind:
        """Return the kind of object that the pointer leads to. Reads only its landing pads.

        Raises:
            MalformedMessage: If the pointer is of a reserved kind.
        """
        try:
            at = self._slot(index)
            target = self._segments.follow(self._segment, at) if at >= 0 else None
            if target is None:
                return PointerKind.NULL
            require_known(*target)
            return POINTER_KINDS[kind(target[0])]
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def element_size(self, index: SupportsIndex) -> ElementSize | None:
        """Return the element size of the list that the pointer leads to, or ``None`` if it is null.

        Reads only the landing pads.

        Raises:
            PointerKindMismatch: If the pointer does not lead to a list.
        """
        try:
            at = self._slot(index)
            target = self._segments.follow(self._segment, at) if at >= 0 else None
            if target is None:
                return None
            shape, segment, start = target
            if kind(shape) != LIST:
                raise PointerKindMismatch(
                    f"{name_of(shape)} was found where a list was asked for",
                    segment=segment,
                    offset=start,
                )
            return ELEMENT_SIZES[list_size_code(shape)]
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def get_struct(
        self, index: SupportsIndex, *, default: Given[StructReader | None] = None
    ) -> Given[StructReader | None]:
        """Open the struct, or return ``default`` for a null pointer."""
        try:
            at = self._slot(index)
            if at < 0:
                return default
            found = open_struct(self._segments, self._segment, at, self._nesting)
            return default if found is None else found
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def get_list(
        self,
        index: SupportsIndex,
        element: Given[Element],
        *,
        default: Given[ListReader | None] = None,
    ) -> Given[ListReader | None]:
        """Open the list as a list of primitives, or return ``default`` for a null pointer.

        A list of structs is read as the list of their first fields.
        """
        try:
            check_element(element)
            found = self._open_list(index)
            if found is None:
                return default
            if found.size_code != element.size_code and (
                found.size_code != SIZE_COMPOSITE
                or element.size_code == SIZE_BIT
                or found.data_bytes < element.bytes
            ):
                raise self._mismatch(found, SIZE_NAMES[element.size_code])
            return ListReader(self._segments, found, element)
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def get_pointer_list(
        self, index: SupportsIndex, *, default: Given[PointerListReader | None] = None
    ) -> Given[PointerListReader | None]:
        """Open the list as a list of pointers, or return ``default`` for a null pointer.

        A list of structs is read as the list of their first pointers.
        """
        try:
            found = self._open_list(index)
            if found is None:
                return default
            if found.pointers == 0:
                raise self._mismatch(found, SIZE_NAMES[SIZE_POINTER])
            return PointerListReader(self._segments, found, self._nesting - 1)
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def get_struct_list(
        self, index: SupportsIndex, *, default: Given[StructListReader | None] = None
    ) -> Given[StructListReader | None]:
        """Open the list as a list of structs, or return ``default`` for a null pointer.

        A list of numbers or pointers is read as a list of structs with that one field. A list of
        bits is refused.
        """
        try:
            found = self._open_list(index)
            if found is None:
                return default
            if found.size_code == SIZE_BIT:
                raise self._mismatch(found, SIZE_NAMES[SIZE_COMPOSITE])
            return StructListReader(self._segments, found, self._nesting - 1)
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    @overload
    def get_text(self, index: SupportsIndex, *, default: str) -> str: ...

    @overload
    def get_text(self, index: SupportsIndex, *, default: str | None = None) -> str | None: ...

    def get_text(
        self, index: SupportsIndex, *, default: Given[str | None] = None
    ) -> Given[str | None]:
        """Return the text without its NUL, or ``default`` for a null pointer.

        Raises:
            InvalidText: If it does not end in a NUL, or is not UTF-8.
        """
        try:
            blob = self._blob(index, "a text")
            if blob is None:
                return default
            if not blob or blob[-1]:
                raise without_nul(blob)
            try:
                return blob[:-1].decode()
            except UnicodeDecodeError as cause:
                raise InvalidText(
                    f"the text is not UTF-8 at byte {cause.start}; get_text_octets returns the"
                    " bytes"
                ) from cause
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def get_text_octets(self, index: SupportsIndex) -> bytes | None:
        """Return the bytes of the text without its NUL, or ``None`` for a null pointer.

        They need not be UTF-8. NULs within the text are part of it.

        Raises:
            InvalidText: If the text does not end in a NUL.
        """
        try:
            blob = self._blob(index, "a text")
            if blob is None:
                return None
            if blob[-1:] != b"\0":
                raise without_nul(blob)
            return blob[:-1]
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def get_capability(self, index: SupportsIndex) -> int | None:
        """Return the capability's index in the capability table, or ``None`` for a null pointer."""
        try:
            at = self._slot(index)
            pointer = self._segments.word(self._segment, at) if at >= 0 else 0
            if pointer == 0:
                return None
            if not is_capability(pointer):
                raise PointerKindMismatch(
                    "the pointer does not lead to a capability",
                    segment=self._segment,
                    offset=at,
                )
            return capability_index(pointer)
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def _tree_at(self, index: SupportsIndex) -> Tree | None:
        """Return a copy of the object that the pointer leads to, or ``None`` for a null pointer."""
        try:
            at = self._slot(index)
            pointer = self._segments.word(self._segment, at) if at >= 0 else 0
            if pointer == 0:
                return None
            source = ReaderSource(self._segments, self._nesting)
            return read_tree(source, self._segment, at, pointer)
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    @overload
    def get_data(self, index: SupportsIndex, *, default: bytes) -> bytes: ...

    @overload
    def get_data(self, index: SupportsIndex, *, default: bytes | None = None) -> bytes | None: ...

    def get_data(
        self, index: SupportsIndex, *, default: Given[bytes | None] = None
    ) -> Given[bytes | None]:
        """Return a copy of the data, or ``default`` for a null pointer."""
        try:
            blob = self._blob(index, "data")
            return default if blob is None else blob
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def _blob(self, index: SupportsIndex, what: str) -> bytes | None:
        """Return a copy of a list of bytes. It does not count as a level of nesting."""
        at = self._slot(index)
        if at < 0:
            return None
        segments = self._segments
        target = segments.follow(self._segment, at)
        if target is None:
            return None
        shape, segment, start = target
        if shape & _LIST_OF != _BYTES:
            name = SIZE_NAMES[list_size_code(shape)] if kind(shape) == LIST else name_of(shape)
            raise PointerKindMismatch(
                f"{name} was found where {what} was asked for", segment=segment, offset=start
            )
        count = shape >> LIST_COUNT_SHIFT
        segments.claim(segment, start, (count + 7) // WORD_BYTES, what)
        return segments.octets(segment, start * WORD_BYTES, count)

    def _open_list(self, index: SupportsIndex) -> Elements | None:
        """Check and charge the list that the pointer leads to, and return its elements' place.

        Elements without size are charged as one word each: a few bytes may claim millions of them.
        """
        at = self._slot(index)
        if at < 0:
            return None
        segments = self._segments
        target = segments.follow(self._segment, at)
        if target is None:
            return None
        if self._nesting <= 0:
            descend(self._nesting, self._segment, at)
        shape, segment, start = target
        # Every list that is read comes by here, so the parts of words are taken without calls.
        if shape & 3 != LIST:
            raise PointerKindMismatch(
                f"{name_of(shape)} was found where a list was asked for",
                segment=segment,
                offset=start,
            )
        size_code = shape >> 32 & 7
        count = shape >> LIST_COUNT_SHIFT
        segments.claim(segment, start, list_body_words(size_code, count), SIZE_NAMES[size_code])
        if size_code != SIZE_COMPOSITE:
            if size_code == SIZE_VOID:
                segments.charge(count)
            width = ELEMENT_BITS[size_code] // 8
            pointers = 1 if size_code == SIZE_POINTER else 0
            return Elements(
                segment, start, count, size_code, width, 0 if pointers else width, pointers
            )
        word = segments.word(segment, start)
        if word & 3 != STRUCT:
            raise PointerKindMismatch(
                f"the tag of a list of structs must describe a struct, not {name_of(word)}",
                segment=segment,
                offset=start,
            )
        data_words = word >> 32 & 0xFFFF
        pointers = word >> 48
        element_words = data_words + pointers
        structs = word >> 2 & OFFSET_MASK
        if structs * element_words > count:
            raise PointerOutOfBounds(
                f"a list of {count} words is too short for the {structs} structs of"
                f" {element_words} words that its tag counts",
                segment=segment,
                offset=start,
                words_asked=structs * element_words,
                words_granted=count,
            )
        if element_words == 0:
            segments.charge(structs)
        return Elements(
            segment,
            start + 1,
            structs,
            size_code,
            element_words * WORD_BYTES,
            data_words * WORD_BYTES,
            pointers,
        )

    def _mismatch(self, found: Elements, asked: str) -> PointerKindMismatch:
        """Return the error for a list whose elements cannot be read as ``asked``."""
        name = SIZE_NAMES[found.size_code]
        if found.size_code == SIZE_COMPOSITE:
            name += f" of {found.data_bytes // WORD_BYTES} data words and {found.pointers} pointers"
        return PointerKindMismatch(
            f"{name} was found where {asked} was asked for",
            segment=found.segment,
            offset=found.start,
        )


def without_nul(blob: bytes) -> InvalidText:
    """Return the error for a text that does not end in a NUL."""
    return InvalidText(f"the text of {len(blob)} bytes does not end in a NUL")


def open_struct(segments: Segments, segment: int, at: int, nesting: int) -> StructReader | None:
    """Check and charge the struct that the pointer at word ``at`` leads to."""
    target = segments.follow(segment, at)
    if target is None:
        return None
    descend(nesting, segment, at)
    shape, segment, start = target
    if kind(shape) != STRUCT:
        raise PointerKindMismatch(
            f"{name_of(shape)} was found where a struct was asked for",
            segment=segment,
            offset=start,
        )
    data_words = struct_data_words(shape)
    pointers = struct_pointers(shape)
    segments.claim(segment, start, data_words + pointers, "a struct")
    data_bytes = data_words * WORD_BYTES
    return StructReader(
        segments, segment, start * WORD_BYTES, data_bytes, start + data_words, pointers, nesting - 1
    )


@final
class StructReader(PointerSlotsReader):
    """A struct. Fields beyond its end, of a newer schema, read as their defaults."""

    __slots__ = ("_data", "_data_bytes", "_first_pointer", "_pointer_count", "_view")

    def __init__(
        self,
        segments: Segments,
        segment: int,
        data: int,
        data_bytes: int,
        first_pointer: int,
        pointer_count: int,
        nesting: int,
    ) -> None:
        """Make a reader of a struct that was checked. Users call ``get_root`` or ``get_struct``."""
        self._segments = segments
        self._segment = segment
        self._nesting = nesting
        #: None if each read borrows the memory.
        self._view = segments.view(segment)
        # In bytes: an element of a list of bytes can be read as a struct.
        self._data = data
        self._data_bytes = data_bytes
        # In words.
        self._first_pointer = first_pointer
        self._pointer_count = pointer_count

    def __repr__(self) -> str:
        """Return the sizes of the struct and its place. Reads no memory."""
        sizes = f"{counted(self._data_bytes, 'data byte')} and"
        sizes += f" {counted(self._pointer_count, 'pointer')}"
        return f"<{type_name(self)}: {sizes}, {place(self._segment, self._data)}>"

    @property
    def data_bytes(self) -> int:
        """Bytes of the data section; whole words, except in a list of numbers read as structs."""
        return self._data_bytes

    @property
    def pointer_count(self) -> int:
        """Number of pointers as written; the reader's schema may have more or fewer."""
        return self._pointer_count

    def data_section(self) -> bytes:
        """Return a copy of the data section: ``data_bytes`` bytes, as they lie in the message."""
        try:
            return self._segments.octets(self._segment, self._data, self._data_bytes)
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def _tree(self) -> Tree:
        """Return a copy of the struct and everything below it, charged to the traversal limit."""
        try:
            segments = self._segments
            words, rest = divmod(self._data_bytes, WORD_BYTES)
            segments.charge(words + self._pointer_count + (rest > 0))
            if rest == 0:
                source = ReaderSource(segments, self._nesting)
                shape = struct_shape(words, self._pointer_count)
                return read_spot(source, (shape, self._segment, self._data // WORD_BYTES), -1)
            # An element of a list of numbers smaller than a word. It has no pointers.
            data = segments.octets(self._segment, self._data, self._data_bytes)
            return Tree(struct_shape(1, 0), bytearray(data.ljust(WORD_BYTES, b"\0")))
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def total_size(self) -> ObjectSize:
        """Return the size of the struct and everything below it, without landing pads."""
        try:
            return self._tree().total_size()
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def total_words(self) -> int:
        """Return the words of the struct and everything below it, without landing pads."""
        try:
            return self._tree().total_size().words
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def _slot(self, index: SupportsIndex) -> int:
        number = index if type(index) is int and index >= 0 else not_negative(index)
        return self._first_pointer + number if number < self._pointer_count else -1

    def _place(self, offset: SupportsIndex, width: int) -> int:
        """Return the byte at which a field of ``width`` bytes starts, or -1 beyond the end."""
        number = offset if type(offset) is int and offset >= 0 else not_negative(offset)
        return self._data + number * width if (number + 1) * width <= self._data_bytes else -1

    def _integer(self, element: Element, offset: SupportsIndex, default: SupportsIndex) -> int:
        """Read an integer. On the wire it is XORed with its default (in two's complement)."""
        try:
            mask = default if type(default) is int else integer(default, "the default")
            if not element.low <= mask <= element.high:
                raise ArgumentValueError(
                    f"the default of {element.name} must be in {element.low} .. {element.high}, not"
                    f" {number_text(mask)}"
                )
            at = self._place(offset, element.bytes)
            if at < 0:
                return mask
            view = self._view
            if view is None:
                octets = self._segments.octets(self._segment, at, element.bytes)
                return int(element.codec.unpack(octets)[0]) ^ mask
            value: int = element.unpack_from(view, at)[0]
            return value ^ mask
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def _float(self, element: Element, offset: SupportsIndex, default: Real) -> float:
        """Read a float, whose bits are XORed with those of its default."""
        try:
            number = default if type(default) is float else double(default)
            try:
                bits: int = element.raw.unpack(element.codec.pack(number))[0]
            except OverflowError as cause:
                raise ArgumentValueError(f"the default is too large for {element.name}") from cause
            at = self._place(offset, element.bytes)
            if at >= 0:
                view = self._view
                if view is None:
                    octets = self._segments.octets(self._segment, at, element.bytes)
                    bits ^= element.raw.unpack(octets)[0]
                else:
                    bits ^= element.raw.unpack_from(view, at)[0]
            value: float = element.codec.unpack(element.raw.pack(bits))[0]
            return value
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def get_bool(self, offset: SupportsIndex, *, default: Given[bool] = False) -> bool:
        """Return the Bool at bit ``offset``."""
        try:
            return self._bit(not_negative(offset), truth(default))
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def _bit(self, number: int, inverted: bool) -> bool:
        """Return the Bool at a bit of the data section, for a default."""
        try:
            at = self._data + (number >> 3)
            if number >> 3 >= self._data_bytes:
                return inverted
            view = self._view
            octet = self._segments.octets(self._segment, at, 1)[0] if view is None else view[at]
            return bool(octet >> (number & 7) & 1) is not inverted
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def get_int8(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Return the Int8 at ``offset`` bytes."""
        return self._integer(Element.INT8, offset, default)

    def get_int16(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Return the Int16 at ``offset``, in units of 2 bytes."""
        return self._integer(Element.INT16, offset, default)

    def get_int32(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Return the Int32 at ``offset``, in units of 4 bytes."""
        return self._integer(Element.INT32, offset, default)

    def get_int64(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Return the Int64 at ``offset`` words."""
        return self._integer(Element.INT64, offset, default)

    def get_uint8(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Return the UInt8 at ``offset`` bytes."""
        return self._integer(Element.UINT8, offset, default)

    def get_uint16(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Return the UInt16, or the enum, at ``offset``, in units of 2 bytes."""
        return self._integer(Element.UINT16, offset, default)

    def get_uint32(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Return the UInt32 at ``offset``, in units of 4 bytes."""
        return self._integer(Element.UINT32, offset, default)

    def get_uint64(self, offset: SupportsIndex, *, default: SupportsIndex = 0) -> int:
        """Return the UInt64 at ``offset`` words."""
        return self._integer(Element.UINT64, offset, default)

    def get_float32(self, offset: SupportsIndex, *, default: Real = 0.0) -> float:
        """Return the Float32 at ``offset``, in units of 4 bytes."""
        return self._float(Element.FLOAT32, offset, default)

    def get_float64(self, offset: SupportsIndex, *, default: Real = 0.0) -> float:
        """Return the Float64 at ``offset`` words."""
        return self._float(Element.FLOAT64, offset, default)


@final
class PointerListReader(PointerSlotsReader):
    """A list of pointers: ``len()``, and the methods that read pointers, by element index."""

    __slots__ = ("_count", "_found", "_start", "_step_words")

    def __init__(self, segments: Segments, found: Elements, nesting: int) -> None:
        """Make a reader of the elements that were found. Users call ``get_pointer_list``."""
        super().__init__(segments, found.segment, nesting)
        self._found = found
        # In each element of a list of structs, the data section comes first.
        self._start = found.start + found.data_bytes // WORD_BYTES
        self._step_words = found.step_bytes // WORD_BYTES
        self._count = found.count

    def __repr__(self) -> str:
        """Return the length of the list and its place. Reads no memory."""
        where = place(self._segment, self._start * WORD_BYTES)
        return f"<{type_name(self)}: {counted(self._count, 'pointer')}, {where}>"

    def total_size(self) -> ObjectSize:
        """Return the size of the list and everything below it, without landing pads."""
        try:
            return self._tree().total_size()
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def __len__(self) -> int:
        """Return the number of elements."""
        return self._count

    def _tree(self) -> Tree:
        """Return a copy of the list and everything below it, with the elements as written."""
        try:
            return tree_of_list(self._segments, self._found, self._nesting)
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def _slot(self, index: SupportsIndex) -> int:
        return self._start + element_index(index, self._count) * self._step_words


@final
class StructListReader(ReaderBase):
    """A list of structs: ``len()``, ``[index]`` and iteration."""

    __slots__ = ("_found", "_nesting", "_segments")

    def __init__(self, segments: Segments, found: Elements, nesting: int) -> None:
        """Make a reader of the elements that were found. Users call ``get_struct_list``."""
        self._segments = segments
        self._found = found
        self._nesting = nesting

    def __repr__(self) -> str:
        """Return the length of the list, and the place of its first element. Reads no memory."""
        found = self._found
        each = f"{counted(found.data_bytes, 'data byte')} and {counted(found.pointers, 'pointer')}"
        where = place(found.segment, found.start * WORD_BYTES)
        return f"<{type_name(self)}: {counted(found.count, 'element')} of {each}, {where}>"

    def total_size(self) -> ObjectSize:
        """Return the size of the list and everything below it, without landing pads."""
        try:
            return self._tree().total_size()
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def __len__(self) -> int:
        """Return the number of elements. Empty structs were charged when the list was opened."""
        return self._found.count

    def __getitem__(self, index: SupportsIndex) -> StructReader:
        """Return an element."""
        try:
            return self._struct(element_index(index, self._found.count))
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def __iter__(self) -> Iterator[StructReader]:
        """Return an iterator over the elements."""
        try:
            return self._structs()
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def _tree(self) -> Tree:
        """Return a copy of the list and everything below it, with the elements as written."""
        try:
            return tree_of_list(self._segments, self._found, self._nesting)
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def _structs(self) -> Iterator[StructReader]:
        try:
            for index in range(self._found.count):
                yield self._struct(index)
        except (RecursionError, MemoryError) as error:
            raise exhausted() from error

    def _struct(self, index: int) -> StructReader:
        found = self._found
        if self._nesting <= 0:
            descend(self._nesting, found.segment, found.start)
        data = found.start * WORD_BYTES + index * found.step_bytes
        return StructReader(
            self._segments,
            found.segment,
            data,
            found.data_bytes,
            # Elements with pointers have data sections of whole words.
            (data + found.data_bytes) // WORD_BYTES,
            found.pointers,
            self._nesting - 1,
        )
