"""An independent, strict examiner of finished messages.

It follows the schema alone and shares no code with any encoder, so that it does not share the
encoder's misunderstandings. Where a lenient reader accepts a message, the examiner reports its
problems:

- a pointer that leads out of bounds, or to another kind of object than the schema has;
- two things that share words: objects, tags, landing pads, the root pointer;
- a far pointer that leads to a far pointer; a double-far's tag with an offset;
- a pointer of no known kind;
- a struct of other sizes than the schema's, a struct list whose tag and pointer disagree;
- a text without its NUL, or that is not UTF-8;
- padding that is not zero: beyond the end of a list or text, or data that belongs to no field, or
  only to a member of a union that is not selected;
- words that cannot be reached from the root and are not zero: old bytes of retired objects.

Where the schema gives no type, values are read in the encoding's form, as in the model.

It does not recurse, and its work is bounded by the words of the message: an object that shares
words with an earlier one is reported and not entered, and lists of zero-sized elements are counted
and not entered.

It runs after every execution. For speed, the schema is compiled first (``layout``) and all scalars
of a struct are unpacked at once.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from ..scenario.model import ZERO_SIZED, Capability
from .examination import UNREADABLE, Examination, Problem, ProblemKind
from .framing import WORD_BYTES, unframe
from .layout import Shape, ShapeKind, StructLayout

#: The examiner stops after this many reports: the first ones say what is wrong.
MOST_PROBLEMS: Final = 32

_POINTER_STRUCT: Final = 0
_POINTER_LIST: Final = 1
_POINTER_FAR: Final = 2
_POINTER_CAPABILITY: Final = 3

_ELEMENT_BIT: Final = 1
_ELEMENT_POINTER: Final = 6
_ELEMENT_COMPOSITE: Final = 7


_BITS: Final = (0, 1, 8, 16, 32, 64)
"""Widths of elements in bits, by the element size of the encoding."""
_LIST_OF_ANYTHING: Final = Shape(ShapeKind.POINTER_LIST, element=Shape(ShapeKind.ANYTHING))
_MAY_BE_CAPABILITY: Final = frozenset((ShapeKind.CAPABILITY, ShapeKind.ANYTHING))
_KINDS: Final = {
    **dict.fromkeys(ShapeKind, "list pointer"),
    ShapeKind.STRUCT: "struct pointer",
    ShapeKind.CAPABILITY: "capability",
}


def examine(
    segments: Sequence[bytes | bytearray | memoryview],
    root: StructLayout,
    used_words: Sequence[int] | None = None,
    *,
    leftovers: bool = True,
) -> Examination:
    """Read the message in ``segments`` strictly, with a root of type ``root``.

    Args:
        segments: The bytes of each segment.
        root: The layout of the root struct.
        used_words: For each segment, the words that belong to the message; the rest is ignored.
            Without it, whole segments belong to the message.
        leftovers: Whether to report words that are not zero and that the root does not reach. False
            if there are orphans.
    """
    examiner = _Examiner(segments, used_words)
    tree = examiner.read_root(root)
    if not leftovers:
        return Examination(tree, tuple(examiner.problems))
    examiner.find_leftovers()
    return Examination(tree, tuple(examiner.problems), tuple(examiner.claimed))


def examine_stream(stream: bytes, root: StructLayout, *, leftovers: bool = True) -> Examination:
    """Examine a framed message."""
    segments, framing = unframe(stream)
    examination = examine(segments, root, leftovers=leftovers)
    if not framing:
        return examination
    return replace(examination, problems=(*framing, *examination.problems))


def _words_of(data: bytes) -> Sequence[int]:
    if sys.byteorder == "little":
        return memoryview(data).cast("Q")
    return struct.unpack(f"<{len(data) // WORD_BYTES}Q", data)


class _Examiner:
    """The state of one examination."""

    __slots__ = ("claimed", "data", "problems", "sizes", "words")

    def __init__(
        self,
        segments: Sequence[bytes | bytearray | memoryview],
        used_words: Sequence[int] | None,
    ) -> None:
        self.data: list[bytes] = []
        self.sizes: list[int] = []
        #: One byte per word: 1 once an object has claimed it.
        self.claimed: list[bytearray] = []
        self.problems: list[Problem] = []
        for index, segment in enumerate(segments):
            size = len(segment) // WORD_BYTES
            if used_words is not None and index < len(used_words):
                size = min(size, used_words[index])
            self.data.append(bytes(segment[: size * WORD_BYTES]))
            self.sizes.append(size)
            self.claimed.append(bytearray(size))
        self.words: list[Sequence[int]] = [_words_of(data) for data in self.data]

    def report(
        self, kind: ProblemKind, segment: int, word: int, sentence: str, stray: int = 0
    ) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(kind, segment, word, sentence, stray))

    def claim(self, segment: int, start: int, count: int, what: str) -> bool:
        """Claim words for one object; report and return False if they are outside or taken."""
        end = start + count
        if start < 0 or end > self.sizes[segment]:
            self.report(
                ProblemKind.OUT_OF_BOUNDS,
                segment,
                start,
                f"{what} lies at words {start} to {end} of segment {segment}, "
                f"which has {self.sizes[segment]} words",
            )
            return False
        claimed = self.claimed[segment]
        taken = claimed.find(1, start, end)
        if taken >= 0:
            self.report(
                ProblemKind.SHARED_WORDS,
                segment,
                taken,
                f"{what} shares word {taken} of segment {segment} with something else",
            )
            return False
        claimed[start:end] = b"\1" * count
        return True

    def find_leftovers(self) -> None:
        """Report each run of unclaimed words that is not zero."""
        for segment, claimed in enumerate(self.claimed):
            start = claimed.find(0)
            while start >= 0:
                end = claimed.find(1, start)
                if end < 0:
                    end = len(claimed)
                first, last = start * WORD_BYTES, end * WORD_BYTES
                data = self.data[segment]
                if data.count(0, first, last) != last - first:
                    word = start
                    while self.words[segment][word] == 0:
                        word += 1
                    self.report(
                        ProblemKind.LEFTOVER,
                        segment,
                        word,
                        f"word {word} of segment {segment} cannot be reached from the root "
                        f"and holds {self.words[segment][word]:#018x}",
                        self.words[segment][word],
                    )
                start = claimed.find(0, end)

    def read_root(self, root: StructLayout) -> Any:
        if not self.sizes or self.sizes[0] == 0:
            return None
        self.claim(0, 0, 1, "the root pointer")
        if self.words[0][0] == 0:
            return None
        holder: dict[str, Any] = {}
        work: list[tuple[Any, Any, Shape, int, int]] = [
            (holder, "root", Shape(ShapeKind.STRUCT, struct=root), 0, 0)
        ]
        while work:
            container, key, shape, segment, word = work.pop()
            container[key] = self.read_pointer(key, shape, segment, word, work)
        return holder["root"]

    def follow(self, name: Any, segment: int, word: int) -> tuple[int, int, int] | None:
        """Resolve far pointers; return the segment, the base of offsets and the pointer."""
        pointer = self.words[segment][word]
        if pointer & 3 != _POINTER_FAR:
            return segment, word + 1, pointer
        target = pointer >> 32
        pad = (pointer & 0xFFFFFFFF) >> 3
        double = bool(pointer & 4)
        if target >= len(self.sizes):
            self.report(
                ProblemKind.OUT_OF_BOUNDS,
                segment,
                word,
                f"the far pointer of {name} names segment {target} of {len(self.sizes)}",
            )
            return None
        if not self.claim(target, pad, 2 if double else 1, f"the landing pad of {name}"):
            return None
        landed = self.words[target][pad]
        if not double:
            if landed & 3 == _POINTER_FAR:
                self.report(
                    ProblemKind.FAR_CHAIN,
                    target,
                    pad,
                    f"the landing pad of {name} is itself a far pointer",
                )
                return None
            if landed == 0:
                self.report(
                    ProblemKind.WRONG_KIND, target, pad, f"the landing pad of {name} is null"
                )
                return None
            return target, pad + 1, landed
        tag = self.words[target][pad + 1]
        if landed & 3 != _POINTER_FAR or landed & 4:
            self.report(
                ProblemKind.FAR_CHAIN,
                target,
                pad,
                f"the double-far landing pad of {name} does not begin with a single far pointer",
            )
            return None
        content = landed >> 32
        start = (landed & 0xFFFFFFFF) >> 3
        if content >= len(self.sizes):
            self.report(
                ProblemKind.OUT_OF_BOUNDS,
                target,
                pad,
                f"the landing pad of {name} names segment {content} of {len(self.sizes)}",
            )
            return None
        if tag & 0xFFFFFFFC:
            self.report(
                ProblemKind.DOUBLE_FAR_TAG,
                target,
                pad + 1,
                f"the tag of the double-far pointer of {name} has an offset",
            )
            return None
        return content, start, tag

    def read_pointer(
        self,
        name: Any,
        shape: Shape,
        segment: int,
        word: int,
        work: list[tuple[Any, Any, Shape, int, int]],
    ) -> Any:
        """Read the target of a pointer that is not null; add the values inside it to ``work``."""
        followed = self.follow(name, segment, word)
        if followed is None:
            return UNREADABLE
        at, base, pointer = followed
        if pointer & 3 == _POINTER_CAPABILITY and shape.kind in _MAY_BE_CAPABILITY:
            if pointer & 0xFFFFFFFF == _POINTER_CAPABILITY:
                return Capability(pointer >> 32)
            sentence = f"the pointer of {name} is {pointer:#018x}, of no known kind"
            self.report(ProblemKind.WRONG_KIND, segment, word, sentence)
            return UNREADABLE
        offset = (pointer & 0xFFFFFFFF) >> 2
        if offset >= 1 << 29:
            offset -= 1 << 30
        start = base + offset
        if shape.kind is ShapeKind.ANYTHING:
            return self.read_anything(name, at, start, pointer, work)
        wanted = _POINTER_STRUCT if shape.kind is ShapeKind.STRUCT else _POINTER_LIST
        if pointer & 3 != wanted or shape.kind is ShapeKind.CAPABILITY:
            self.report(
                ProblemKind.WRONG_KIND,
                segment,
                word,
                f"the pointer of {name} is {pointer:#018x}, which is not a {_KINDS[shape.kind]}",
            )
            return UNREADABLE
        high = pointer >> 32
        if shape.kind is ShapeKind.STRUCT:
            layout = shape.struct
            assert layout is not None
            data_words, pointer_count = high & 0xFFFF, high >> 16
            if (data_words, pointer_count) != (layout.data_words, layout.pointer_count):
                self.report(
                    ProblemKind.WRONG_SIZE,
                    segment,
                    word,
                    f"{name} has {data_words} data words and {pointer_count} pointers, and its "
                    f"schema has {layout.data_words} and {layout.pointer_count}",
                )
                return UNREADABLE
            if not self.claim(at, start, layout.total_words, f"{name}"):
                return UNREADABLE
            return self.read_struct(layout, at, start, work)
        return self.read_list(name, shape, at, start, high & 7, high >> 3, work)

    def read_struct(
        self,
        layout: StructLayout,
        segment: int,
        start: int,
        work: list[tuple[Any, Any, Shape, int, int]],
    ) -> dict[str, Any]:
        """Read a struct whose words are claimed."""
        data = self.data[segment]
        first = start * WORD_BYTES
        pointers_at = start + layout.data_words
        last = pointers_at * WORD_BYTES
        if data.count(0, first, last) == last - first:
            tree = layout.blank()
        else:
            tree, stray = layout.read_data(data, first)
            if stray:
                bit = (stray & -stray).bit_length() - 1
                self.report(
                    ProblemKind.PADDING,
                    segment,
                    start + bit // 64,
                    f"bit {bit} of a {layout.name} belongs to no field and is set",
                    stray >> bit // 64 * 64 & 0xFFFFFFFFFFFFFFFF,
                )
        end = last + layout.pointer_count * WORD_BYTES
        if data.count(0, last, end) != end - last:
            words = self.words[segment]
            for index, name, shape in layout.pointers:
                if words[pointers_at + index]:
                    work.append((tree, name, shape, segment, pointers_at + index))
            unused: Sequence[int] = layout.unused_pointers
            if layout.union is not None:
                member = layout.union.member(tree)
                own = () if member is None else member.pointers
                for index, name, shape in own:
                    if words[pointers_at + index]:
                        work.append((tree, name, shape, segment, pointers_at + index))
                used = {index for index, _, _ in own}
                unused = [*unused, *(at for at in layout.union.pointers if at not in used)]
            for index in unused:
                if words[pointers_at + index]:
                    self.report(
                        ProblemKind.PADDING,
                        segment,
                        pointers_at + index,
                        f"pointer {index} of a {layout.name} belongs to no field and is set",
                        words[pointers_at + index],
                    )
        return tree

    def read_list(
        self,
        name: Any,
        shape: Shape,
        segment: int,
        start: int,
        element_size: int,
        count: int,
        work: list[tuple[Any, Any, Shape, int, int]],
    ) -> Any:
        """Read any kind of list. For a struct list, ``count`` is the words after the tag."""
        if element_size != shape.element_size:
            self.report(
                ProblemKind.WRONG_KIND,
                segment,
                start,
                f"{name} is a list of element size {element_size}, but its schema has "
                f"{shape.element_size}",
            )
            return UNREADABLE
        if element_size == _ELEMENT_COMPOSITE:
            return self.read_struct_list(name, shape, segment, start, count, work)
        bits = count * shape.element_bits
        words = (bits + 63) // 64
        if not self.claim(segment, start, words, f"{name}"):
            return UNREADABLE
        if shape.element_bits == 0:
            return ZERO_SIZED, count
        if element_size == _ELEMENT_POINTER:
            return self.read_pointer_list(name, shape, segment, start, count, work)
        first = start * WORD_BYTES
        last = first + words * WORD_BYTES
        if bits & 63:
            self.check_padding(name, segment, start, bits, count)
        data = self.data[segment]
        if shape.kind is ShapeKind.TEXT:
            return self.read_text(name, segment, start, data[first : first + count])
        if shape.kind is ShapeKind.DATA:
            return data[first : first + count]
        if element_size == _ELEMENT_BIT:
            number = int.from_bytes(data[first:last], "little")
            return [number >> bit & 1 == 1 for bit in range(count)]
        return list(struct.unpack_from(f"<{count}{shape.letter}", data, first))

    def read_anything(
        self,
        name: Any,
        segment: int,
        start: int,
        pointer: int,
        work: list[tuple[Any, Any, Shape, int, int]],
    ) -> Any:
        """Read a struct or list without a type, in the encoding's form."""
        high = pointer >> 32
        if pointer & 3 == _POINTER_STRUCT:
            data_words, pointer_count = high & 0xFFFF, high >> 16
            size = data_words + pointer_count
            if not self.claim(segment, start, size, f"{name}"):
                return UNREADABLE
            return self.read_sections(segment, start, data_words, pointer_count, work)
        if pointer & 3 != _POINTER_LIST:
            sentence = f"the pointer of {name} is {pointer:#018x}, of no known kind"
            self.report(ProblemKind.WRONG_KIND, segment, start, sentence)
            return UNREADABLE
        element_size, count = high & 7, high >> 3
        if element_size == _ELEMENT_COMPOSITE:
            return self.read_any_structs(name, segment, start, count, work)
        if element_size == _ELEMENT_POINTER:
            if not self.claim(segment, start, count, f"{name}"):
                return UNREADABLE
            return self.read_pointer_list(name, _LIST_OF_ANYTHING, segment, start, count, work)
        bits = count * _BITS[element_size]
        words = (bits + 63) // 64
        if not self.claim(segment, start, words, f"{name}"):
            return UNREADABLE
        self.check_padding(name, segment, start, bits, count)
        first = start * WORD_BYTES
        return element_size, count, self.data[segment][first : first + (bits + 7) // 8]

    def read_sections(
        self,
        segment: int,
        start: int,
        data_words: int,
        pointer_count: int,
        work: list[tuple[Any, Any, Shape, int, int]],
    ) -> dict[str, Any]:
        """Read a struct without a type, whose words are claimed."""
        first = start * WORD_BYTES
        data = self.data[segment][first : first + data_words * WORD_BYTES]
        pointers = self.read_pointer_list(
            "", _LIST_OF_ANYTHING, segment, start + data_words, pointer_count, work
        )
        return {"data": data, "pointers": pointers}

    def read_any_structs(
        self,
        name: Any,
        segment: int,
        start: int,
        words: int,
        work: list[tuple[Any, Any, Shape, int, int]],
    ) -> Any:
        if not self.claim(segment, start, words + 1, f"{name}"):
            return UNREADABLE
        tag = self.words[segment][start]
        count = (tag & 0xFFFFFFFF) >> 2
        data_words, pointer_count = tag >> 32 & 0xFFFF, tag >> 48
        size = data_words + pointer_count
        if tag & 3 != _POINTER_STRUCT or count * size != words:
            self.report(
                ProblemKind.TAG_MISMATCH,
                segment,
                start,
                f"the tag of {name} counts {count} elements of {size} words, but its pointer has "
                f"{words} words",
            )
            return UNREADABLE
        if size == 0:
            return {"sections": (0, 0), "elements": (ZERO_SIZED, count)}
        elements = [
            self.read_sections(segment, start + 1 + index * size, data_words, pointer_count, work)
            for index in range(count if size else 0)
        ]
        return {"sections": (data_words, pointer_count), "elements": elements}

    def check_padding(self, name: Any, segment: int, start: int, bits: int, count: int) -> None:
        """Report bits that are not zero in the last word of a list, after its last element."""
        used = bits & 63
        last = start + bits // 64
        if used and (stray := self.words[segment][last] >> used << used):
            self.report(
                ProblemKind.PADDING,
                segment,
                last,
                f"the padding after the {count} elements of {name} is not zero",
                stray,
            )

    def read_text(self, name: Any, segment: int, start: int, data: bytes) -> Any:
        if not data.endswith(b"\0"):
            self.report(ProblemKind.TEXT, segment, start, f"the text of {name} has no NUL")
            return UNREADABLE
        try:
            return data[:-1].decode()
        except UnicodeDecodeError as error:
            self.report(ProblemKind.TEXT, segment, start, f"the text of {name}: {error}")
            return UNREADABLE

    def read_pointer_list(
        self,
        name: Any,
        shape: Shape,
        segment: int,
        start: int,
        count: int,
        work: list[tuple[Any, Any, Shape, int, int]],
    ) -> list[Any]:
        elements: list[Any] = [None] * count
        assert shape.element is not None
        words = self.words[segment]
        work.extend(
            (elements, index, shape.element, segment, start + index)
            for index in range(count)
            if words[start + index]
        )
        return elements

    def read_struct_list(
        self,
        name: Any,
        shape: Shape,
        segment: int,
        start: int,
        words: int,
        work: list[tuple[Any, Any, Shape, int, int]],
    ) -> Any:
        if not self.claim(segment, start, words + 1, f"{name}"):
            return UNREADABLE
        layout = shape.struct
        assert layout is not None
        tag = self.words[segment][start]
        count = (tag & 0xFFFFFFFF) >> 2
        data_words, pointer_count = tag >> 32 & 0xFFFF, tag >> 48
        if tag & 3 != _POINTER_STRUCT:
            self.report(
                ProblemKind.TAG_MISMATCH, segment, start, f"the tag of {name} is no struct pointer"
            )
            return UNREADABLE
        if (data_words, pointer_count) != (layout.data_words, layout.pointer_count):
            self.report(
                ProblemKind.WRONG_SIZE,
                segment,
                start,
                f"the elements of {name} have {data_words} data words and {pointer_count} "
                f"pointers, and their schema has {layout.data_words} and {layout.pointer_count}",
            )
            return UNREADABLE
        if count * layout.total_words != words:
            self.report(
                ProblemKind.TAG_MISMATCH,
                segment,
                start,
                f"the tag of {name} counts {count} elements of {layout.total_words} words, but "
                f"its pointer has {words} words",
            )
            return UNREADABLE
        if layout.total_words == 0:
            return ZERO_SIZED, count
        size = layout.total_words
        first = start + 1
        return [
            self.read_struct(layout, segment, first + index * size, work) for index in range(count)
        ]
