"""The memory of a message that is read: bounds, limits, far pointers, and copies.

The memory is not trusted (P6): each pointer is loaded once, and that copy is checked and used.
:mod:`capnsafe._read.reader` describes the limits.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, Self, SupportsIndex, final

from .._words.arguments import integer, number_text
from .._words.tree import Spot, Tree, read_spot
from ..errors import (
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    NestingLimitExceeded,
    PointerKindMismatch,
    PointerOutOfBounds,
    TraversalLimitExceeded,
)
from ..wire import (
    FAR,
    OFFSET_MASK,
    OFFSET_SIGN,
    OTHER,
    POINTER,
    SHAPE_MASK,
    SIZE_BIT,
    SIZE_COMPOSITE,
    WORD_BYTES,
    far_is_double,
    far_offset,
    far_segment,
    is_capability,
    kind,
    list_shape,
    object_words,
    offset,
    shape_of,
)

_UNPACK_FROM: Final = POINTER.unpack_from

#: For few octets, by their number: a function that copies them out of a view in one call. (A slice
#: of a view is another view, which takes twice as long.)
_FEW: Final = 128
_COPIED: Final = tuple(Struct(f"{size}s").unpack_from for size in range(_FEW + 1))

_KIND_NAMES: Final = ("a struct", "a list", "a far pointer", "a capability")
SIZE_NAMES: Final = (
    "a list of voids",
    "a list of bits",
    "a list of bytes",
    "a list of 2-byte values",
    "a list of 4-byte values",
    "a list of 8-byte values",
    "a list of pointers",
    "a list of structs",
)


def limit_of(value: SupportsIndex, name: str) -> int:
    """Return a limit as an int, or raise if it is not an integer or is negative."""
    limit = value if type(value) is int else integer(value, name)
    if limit < 0:
        raise ArgumentValueError(f"{name} must not be negative: {number_text(limit)}")
    return limit


def not_negative(index: SupportsIndex) -> int:
    """Return the index of a field, pointer or element as an int, or raise if it is negative."""
    number = index if type(index) is int else integer(index, "an index")
    if number < 0:
        raise ArgumentIndexError(f"an index must not be negative: {number_text(number)}")
    return number


def element_index(index: SupportsIndex, count: int) -> int:
    """Return the index of an element of a list of ``count`` elements as an int, or raise."""
    number = not_negative(index)
    if number >= count:
        raise ArgumentIndexError(
            f"element {number_text(number)} does not exist: the list has {count} elements"
        )
    return number


class ReaderBase:
    """The base of all readers: a copy is the reader itself, and pickling is refused.

    A reader never changes, and does not own the memory.
    """

    __slots__ = ()

    def __copy__(self) -> Self:
        """Return the reader itself."""
        return self

    def __reduce__(self) -> str:
        """Refuse pickling and deep copies."""
        raise ArgumentTypeError(
            "a reader cannot be pickled or copied deeply; copy the bytes of the message, and read"
            " the copy"
        )


class Segments:
    """The memory of a message, and the rest of its traversal limit.

    The views stay valid for as long as the message is read; :mod:`capnsafe._read.borrowed` is for
    memory that moves. ``count`` is the number of segments, ``unread_words`` the rest of the
    traversal limit.
    """

    __slots__ = ("_views", "_words", "count", "unread_words")

    def __init__(self, views: list[memoryview], unread_words: int) -> None:
        self._views = views
        self._words = [len(view) // WORD_BYTES for view in views]
        self.count = len(views)
        self.unread_words = unread_words

    def view(self, segment: int) -> memoryview | None:
        """Return the memory of a segment, or ``None`` if each read must borrow it."""
        return self._views[segment]

    def size(self, segment: int) -> int:
        """Return the number of whole words in the segment."""
        return self._words[segment]

    def octets(self, segment: int, first: int, size: int) -> bytes:
        """Return a copy of ``size`` bytes from byte ``first`` on, which were claimed before."""
        view = self._views[segment]
        if size <= _FEW:
            few: bytes = _COPIED[size](view, first)[0]
            return few
        return bytes(view[first : first + size])

    def charge(self, words: int) -> None:
        """Charge the traversal limit. Every read of an object calls this.

        Elements without size count as one word each.
        """
        if words > self.unread_words:
            raise TraversalLimitExceeded(
                f"the traversal limit allows {self.unread_words} more words, not {words}; a higher"
                " limit can be given as traversal_limit_words",
                words_asked=words,
                words_granted=self.unread_words,
            )
        self.unread_words -= words

    def claim(self, segment: int, start: int, words: int, what: str) -> None:
        """Check that ``words`` words at word ``start`` lie within the segment, and charge them."""
        if segment >= self.count:
            raise PointerOutOfBounds(
                f"{what} would be in segment {segment}, but the message has {self.count} segments",
                segment=segment,
                offset=start,
            )
        limit = self._words[segment]
        if start < 0 or start + words > limit:
            raise PointerOutOfBounds(
                f"{what} of {words} words at word {start} is not within segment {segment}, which"
                f" has {limit} words",
                segment=segment,
                offset=start,
                words_asked=words,
                words_granted=limit,
            )
        if words > self.unread_words:
            self.charge(words)
        self.unread_words -= words

    def word(self, segment: int, at: int) -> int:
        """Return a word that was claimed before. Load it only once, as the memory may change."""
        word: int = _UNPACK_FROM(self._views[segment], at * WORD_BYTES)[0]
        return word

    def follow(self, segment: int, at: int) -> tuple[int, int, int] | None:
        """Follow the pointer at word ``at``, through its landing pads.

        Returns:
            (shape of the object, its segment, the word where it starts), none of them checked, or
            ``None`` for a null pointer (encoding specification, "Inter-Segment Pointers").
        """
        pointer: int = _UNPACK_FROM(self._views[segment], at * WORD_BYTES)[0]
        if pointer & 2:
            return self.resolve(pointer, segment, at)
        if pointer == 0:
            return None
        # Most pointers lead to a struct or list in their own segment. As in ``resolve``, without
        # calls: the offset is signed.
        words = ((pointer >> 2 & OFFSET_MASK) ^ OFFSET_SIGN) - OFFSET_SIGN
        return pointer & SHAPE_MASK, segment, at + 1 + words

    def resolve(self, pointer: int, segment: int, at: int) -> tuple[int, int, int]:
        """Follow a pointer that is not null and was loaded from word ``at``."""
        if kind(pointer) == OTHER:
            return pointer, segment, at
        if kind(pointer) != FAR:
            return shape_of(pointer), segment, at + 1 + offset(pointer)
        segment = far_segment(pointer)
        pad = far_offset(pointer)
        if not far_is_double(pointer):
            self.claim(segment, pad, 1, "a landing pad")
            pointer = self.word(segment, pad)
            if kind(pointer) == FAR:
                raise PointerKindMismatch(
                    "the landing pad of a far pointer must not be a far pointer itself",
                    segment=segment,
                    offset=pad,
                )
            if kind(pointer) == OTHER:
                return pointer, segment, pad
            return shape_of(pointer), segment, pad + 1 + offset(pointer)
        self.claim(segment, pad, 2, "a double landing pad")
        pointer = self.word(segment, pad)
        if kind(pointer) != FAR or far_is_double(pointer):
            raise PointerKindMismatch(
                "a double landing pad must start with a single far pointer",
                segment=segment,
                offset=pad,
            )
        tag = self.word(segment, pad + 1)
        if kind(tag) == FAR or offset(tag) != 0:
            raise PointerKindMismatch(
                "the tag of a double landing pad must be a struct or list with offset zero",
                segment=segment,
                offset=pad + 1,
            )
        return tag, far_segment(pointer), far_offset(pointer)


@final
class ReaderSource:
    """A source of copies for ``read_tree``, which checks bounds and charges the limits."""

    __slots__ = ("_limit", "_nesting", "_segments", "too_many")

    def __init__(self, segments: Segments, nesting: int, limit: Segments | None = None) -> None:
        """Make a source. ``limit`` is charged for elements without size, if not ``segments``."""
        self._segments = segments
        self._nesting = nesting
        self._limit = segments if limit is None else limit
        #: Whether there were more elements without size than the limit allows.
        self.too_many = False

    def spot(self, segment: int, word: int, pointer: int, depth: int) -> Spot:
        """Follow a pointer that is not null."""
        if kind(pointer) == OTHER:
            return pointer, segment, word
        descend(self._nesting - depth, segment, word)
        shape, segment, start = self._segments.resolve(pointer, segment, word)
        if kind(shape) == OTHER:
            return shape, segment, start
        self._segments.claim(segment, start, object_words(shape), "an object that is copied")
        return shape, segment, start

    def octets(self, segment: int, start: int, words: int) -> bytes:
        """Return a copy of words that were claimed before."""
        return self._segments.octets(segment, start * WORD_BYTES, words * WORD_BYTES)

    def charge_elements(self, count: int) -> None:
        """Charge the elements of a list whose elements have no size."""
        self.too_many = count > self._limit.unread_words
        self._limit.charge(count)


@final
class Elements:
    """The place and layout of the elements of an opened list, for every kind of reader."""

    __slots__ = ("count", "data_bytes", "pointers", "segment", "size_code", "start", "step_bytes")

    def __init__(
        self,
        segment: int,
        start: int,
        count: int,
        size_code: int,
        step_bytes: int,
        data_bytes: int,
        pointers: int,
    ) -> None:
        self.segment = segment
        self.start = start
        """The word of the first element."""
        self.count = count
        self.size_code = size_code
        self.step_bytes = step_bytes
        """Bytes from one element to the next; 0 for bits and voids."""
        self.data_bytes = data_bytes
        self.pointers = pointers

    @property
    def zero_sized(self) -> bool:
        """Whether the elements have no size, so that a few bytes may claim millions of them."""
        return self.step_bytes == 0 and self.size_code != SIZE_BIT


def tree_of_list(segments: Segments, found: Elements, nesting: int) -> Tree:
    """Return a copy of a list that was opened, charged to the traversal limit again."""
    source = ReaderSource(segments, nesting)
    count = found.count
    start = found.start
    if found.size_code == SIZE_COMPOSITE:
        count *= found.step_bytes // WORD_BYTES
        start -= 1
    shape = list_shape(found.size_code, count)
    segments.charge(object_words(shape))
    return read_spot(source, (shape, found.segment, start), -1)


def name_of(shape: int) -> str:
    """Return the name of the kind of an object, for a message."""
    if kind(shape) == OTHER and not is_capability(shape):
        return f"a pointer of a reserved type ({shape:#018x})"
    return _KIND_NAMES[kind(shape)]


def descend(nesting: int, segment: int, at: int) -> None:
    """Raise ``NestingLimitExceeded`` if no further level may be opened."""
    if nesting <= 0:
        raise NestingLimitExceeded(
            "objects are nested deeper than the nesting limit allows; a higher limit can be given"
            " as nesting_limit",
            segment=segment,
            offset=at,
        )
