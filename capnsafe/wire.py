"""Words and pointers of the Cap'n Proto encoding: pure functions, no memory.

A pointer is handled as one unsigned 64-bit integer, the word as it lies in little-endian memory
(encoding specification, "Structs", "Lists", "Inter-Segment Pointers")::

    struct   kind 0 | offset, 30 bits signed | data words, 16 | pointers, 16
    list     kind 1 | offset, 30 bits signed | element size, 3 | elements (or words), 29
    far      kind 2 | double 1 | offset of the pad, 29 bits | segment, 32
    other    kind 3 (capabilities)

The *shape* of an object is its pointer with offset 0: everything that the pointer says except the
place, and the form in which the tag of a landing pad has it. All arithmetic on numbers that came
from memory is in this module. Every number is a Python integer, so nothing wraps.
"""

from __future__ import annotations

from enum import Enum
from struct import Struct
from typing import ClassVar, Final, TypeAlias, final

#: The bytes of a word.
WORD_BYTES: Final = 8

#: The kind of a pointer to a struct. The kind is in the two lowest bits of a pointer.
STRUCT: Final = 0
#: The kind of a pointer to a list.
LIST: Final = 1
#: The kind of a far pointer, to a landing pad in any segment.
FAR: Final = 2
#: The kind of a capability, and of pointers of reserved types.
OTHER: Final = 3

#: The largest segment in words. The field has 29 bits.
MAX_SEGMENT_WORDS: Final = (1 << 29) - 1
#: The largest count of a list. The field has 29 bits.
MAX_LIST_COUNT: Final = (1 << 29) - 1
#: The largest data section (words), and the largest pointer section of a struct.
MAX_SECTION: Final = (1 << 16) - 1
#: The largest number of segments.
MAX_SEGMENTS: Final = 1 << 32

#: The offset field of a struct or list pointer, once the two bits of the kind are shifted out.
OFFSET_MASK: Final = 0x3FFFFFFF
#: The sign of that field.
OFFSET_SIGN: Final = 0x20000000
#: The bits of a struct or list pointer without its offset.
SHAPE_MASK: Final = 0xFFFFFFFF_00000003

#: A struct without any words points at itself (offset -1), so that it is not the null pointer.
EMPTY_STRUCT: Final = OFFSET_MASK << 2

# Element sizes of list pointers (specification, "Lists").
#: The element size of a list of Voids, which have no bits.
SIZE_VOID: Final = 0
#: The element size of a list of Bools.
SIZE_BIT: Final = 1
#: The element size of a list of elements of 1 byte, such as Text.
SIZE_BYTE: Final = 2
#: The element size of a list of elements of 2 bytes.
SIZE_TWO_BYTES: Final = 3
#: The element size of a list of elements of 4 bytes.
SIZE_FOUR_BYTES: Final = 4
#: The element size of a list of elements of 8 bytes.
SIZE_EIGHT_BYTES: Final = 5
#: The element size of a list of pointers.
SIZE_POINTER: Final = 6
#: The element size of a list of structs, which begins with a tag.
SIZE_COMPOSITE: Final = 7

#: Bits of one element, by element size. For a composite list, the tag has them.
ELEMENT_BITS: Final = (0, 1, 8, 16, 32, 64, 64, 0)

#: Reads and writes a word.
POINTER: Final = Struct("<Q")

#: The bit at which the count of a list pointer begins.
LIST_COUNT_SHIFT: Final = 35

#: The value of an element of a primitive list.
Primitive: TypeAlias = int | float | bool | None


@final
class Element:
    """A primitive type of list elements and struct fields.

    The instances are the attributes of the class, and no others. An enum value of a schema is a
    UINT16. (The class is not an ``Enum``, because mypyc cannot compile one with attributes.)
    """

    __slots__ = (
        "bits",
        "bytes",
        "codec",
        "floating",
        "high",
        "low",
        "name",
        "pack_into",
        "raw",
        "size_code",
        "unpack_from",
    )

    #: No bits.
    VOID: ClassVar[Element]
    #: One bit.
    BOOL: ClassVar[Element]
    #: A signed integer of 1 byte.
    INT8: ClassVar[Element]
    #: A signed integer of 2 bytes.
    INT16: ClassVar[Element]
    #: A signed integer of 4 bytes.
    INT32: ClassVar[Element]
    #: A signed integer of 8 bytes.
    INT64: ClassVar[Element]
    #: An unsigned integer of 1 byte.
    UINT8: ClassVar[Element]
    #: An unsigned integer of 2 bytes.
    UINT16: ClassVar[Element]
    #: An unsigned integer of 4 bytes.
    UINT32: ClassVar[Element]
    #: An unsigned integer of 8 bytes.
    UINT64: ClassVar[Element]
    #: A float of 4 bytes.
    FLOAT32: ClassVar[Element]
    #: A float of 8 bytes.
    FLOAT64: ClassVar[Element]

    def __init__(self, name: str, code: str, size_code: int, low: int, high: int) -> None:
        """Derive the properties of a field of this type. ``code`` is one of ``struct``."""
        #: The name, which is that of the attribute of the class.
        self.name: Final = name
        #: The element size of a list pointer.
        self.size_code: Final = size_code
        #: The width in bits.
        self.bits: Final = ELEMENT_BITS[size_code]
        #: The width in bytes; 0 for Void and Bool.
        self.bytes: Final = ELEMENT_BITS[size_code] // 8
        #: The least integer; for a float that of its bits.
        self.low: Final = low
        #: The greatest integer; for a float that of its bits.
        self.high: Final = high
        #: Whether it is a float.
        self.floating: Final = code in ("<f", "<d")
        #: Reads and writes a value.
        self.codec: Final = Struct(code)
        #: A method of the codec, which is found faster here.
        self.pack_into: Final = self.codec.pack_into
        #: A method of the codec, which is found faster here.
        self.unpack_from: Final = self.codec.unpack_from
        #: The same bits as an unsigned integer, for XOR with a default.
        self.raw: Final = Struct({0: "x", 1: "<B", 2: "<H", 4: "<I", 8: "<Q"}[self.bytes])

    def __repr__(self) -> str:
        """Return the name by which programs know it."""
        return f"Element.{self.name}"

    def __reduce__(self) -> str:
        """Return its name: copies and pickles give the same object."""
        return f"Element.{self.name}"


Element.VOID = Element("VOID", "x", SIZE_VOID, 0, 0)
Element.BOOL = Element("BOOL", "?", SIZE_BIT, 0, 1)
Element.INT8 = Element("INT8", "<b", SIZE_BYTE, -(1 << 7), (1 << 7) - 1)
Element.INT16 = Element("INT16", "<h", SIZE_TWO_BYTES, -(1 << 15), (1 << 15) - 1)
Element.INT32 = Element("INT32", "<i", SIZE_FOUR_BYTES, -(1 << 31), (1 << 31) - 1)
Element.INT64 = Element("INT64", "<q", SIZE_EIGHT_BYTES, -(1 << 63), (1 << 63) - 1)
Element.UINT8 = Element("UINT8", "<B", SIZE_BYTE, 0, (1 << 8) - 1)
Element.UINT16 = Element("UINT16", "<H", SIZE_TWO_BYTES, 0, (1 << 16) - 1)
Element.UINT32 = Element("UINT32", "<I", SIZE_FOUR_BYTES, 0, (1 << 32) - 1)
Element.UINT64 = Element("UINT64", "<Q", SIZE_EIGHT_BYTES, 0, (1 << 64) - 1)
Element.FLOAT32 = Element("FLOAT32", "<f", SIZE_FOUR_BYTES, 0, (1 << 32) - 1)
Element.FLOAT64 = Element("FLOAT64", "<d", SIZE_EIGHT_BYTES, 0, (1 << 64) - 1)

#: Every primitive type. Other instances of ``Element`` are refused.
ELEMENTS: Final = (
    Element.VOID,
    Element.BOOL,
    Element.INT8,
    Element.INT16,
    Element.INT32,
    Element.INT64,
    Element.UINT8,
    Element.UINT16,
    Element.UINT32,
    Element.UINT64,
    Element.FLOAT32,
    Element.FLOAT64,
)


class PointerKind(Enum):
    """The kind of object that a pointer leads to."""

    NULL = "null"
    STRUCT = "struct"
    LIST = "list"
    CAPABILITY = "capability"


class ElementSize(Enum):
    """The size of the elements of a list, as its pointer has it (specification, "Lists")."""

    VOID = 0
    BIT = 1
    BYTE = 2
    TWO_BYTES = 3
    FOUR_BYTES = 4
    EIGHT_BYTES = 5
    POINTER = 6
    #: Structs, whose sizes the tag has.
    INLINE_COMPOSITE = 7


#: The kinds of objects, by the kinds of pointers. A far pointer leads to another pointer.
POINTER_KINDS: Final = {
    STRUCT: PointerKind.STRUCT,
    LIST: PointerKind.LIST,
    OTHER: PointerKind.CAPABILITY,
}

#: The element sizes by their number in a list pointer.
ELEMENT_SIZES: Final = tuple(ElementSize)


def kind(pointer: int) -> int:
    """Return STRUCT, LIST, FAR or OTHER."""
    return pointer & 3


def offset(pointer: int) -> int:
    """Return the signed offset in words, counted from the end of the pointer (struct and list)."""
    field = (pointer >> 2) & OFFSET_MASK
    return field - (1 << 30) if field & OFFSET_SIGN else field


def with_offset(shape: int, words: int) -> int:
    """Return ``shape`` as a pointer to an object that starts ``words`` words beyond its end.

    Raises:
        OverflowError: If ``words`` does not fit in 30 bits, signed. In segments of legal size it
            always fits.
    """
    if not -(1 << 29) <= words < (1 << 29):
        raise OverflowError(f"a pointer cannot reach {words} words")
    return shape | (words & OFFSET_MASK) << 2


def shape_of(pointer: int) -> int:
    """Return a struct or list pointer without its offset."""
    return pointer & SHAPE_MASK


def struct_shape(data_words: int, pointers: int) -> int:
    """Return the shape of a struct with these sections (words, pointers)."""
    return STRUCT | data_words << 32 | pointers << 48


def struct_data_words(pointer: int) -> int:
    """Return the words of the data section (struct pointer, or tag of a composite list)."""
    return (pointer >> 32) & 0xFFFF


def struct_pointers(pointer: int) -> int:
    """Return the number of pointers (struct pointer, or tag of a composite list)."""
    return (pointer >> 48) & 0xFFFF


def list_shape(size_code: int, count: int) -> int:
    """Return the shape of a list; for a composite list ``count`` is its words without the tag."""
    return LIST | size_code << 32 | count << LIST_COUNT_SHIFT


def list_size_code(pointer: int) -> int:
    """Return the element size of a list pointer."""
    return (pointer >> 32) & 7


def list_count(pointer: int) -> int:
    """Return the elements of a list, or the words without the tag of a composite list."""
    return pointer >> LIST_COUNT_SHIFT


def tag(count: int, data_words: int, pointers: int) -> int:
    """Return the tag word of a composite list: a struct pointer whose offset is the count."""
    return STRUCT | count << 2 | data_words << 32 | pointers << 48


def tag_count(word: int) -> int:
    """Return the number of elements in a tag (30 bits, unsigned)."""
    return (word >> 2) & OFFSET_MASK


def list_body_words(size_code: int, count: int) -> int:
    """Return the words of a list's body, including the tag of a composite list."""
    if size_code == SIZE_COMPOSITE:
        return count + 1
    return (count * ELEMENT_BITS[size_code] + 63) // 64


def object_words(pointer: int) -> int:
    """Return the words of the object that a struct or list pointer (or shape) describes."""
    if pointer & 3 == STRUCT:
        return struct_data_words(pointer) + struct_pointers(pointer)
    return list_body_words(list_size_code(pointer), list_count(pointer))


def far_pointer(segment: int, pad: int, *, double: bool = False) -> int:
    """Return a far pointer to the landing pad at word ``pad`` of ``segment``."""
    return FAR | (4 if double else 0) | pad << 3 | segment << 32


def far_is_double(pointer: int) -> bool:
    """Return whether the landing pad has two words: a far pointer and a tag."""
    return pointer & 4 != 0


def far_offset(pointer: int) -> int:
    """Return the word at which the landing pad starts."""
    return (pointer >> 3) & MAX_SEGMENT_WORDS


def far_segment(pointer: int) -> int:
    """Return the segment that holds the landing pad."""
    return pointer >> 32


def capability_pointer(index: int) -> int:
    """Return the pointer for entry ``index`` (32 bits) of the capability table."""
    return OTHER | index << 32


def is_capability(pointer: int) -> bool:
    """Return whether a pointer is a capability: its low 32 bits are just the kind."""
    return pointer & 0xFFFFFFFF == OTHER


def capability_index(pointer: int) -> int:
    """Return the index of a capability pointer in the capability table."""
    return pointer >> 32
