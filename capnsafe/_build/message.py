"""A message that is being built: its root, its output, its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from io import BytesIO
from types import TracebackType
from typing import Any

from .. import wire
from .._read.objects import StructReader
from .._stream.framing import BinaryWriter, Sender, Written, frame, table_of, write_message
from .._words.arguments import (
    add_note,
    attribute,
    check_count,
    check_element,
    check_sections,
    integer,
    listed,
    shown,
    struct_list,
    text_octets,
    told,
    truth,
    type_name,
)
from .._words.buffers import data_octets
from .._words.canonical import canonical_words
from .._words.exhausted import exhausted
from .._words.face import counted
from .._words.tree import Tree
from ..allocator import Allocator, Key
from ..errors import (
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    Error,
    MessageTooLarge,
    PointerKindMismatch,
)
from ..memory.heap import HeapAllocator
from ..wire import Element
from .arena import Arena
from .builder import Copyable, Orphan, PointerListBuilder, StructBuilder, tree_of
from .draft import begin_root, copy_in_root, install_root
from .lease import Lease, SlotLease
from .lending import Lent, LentTogether
from .loan import Stretch
from .orphanage import build_apart
from .output import put_out
from .reshape import joined
from .segment import Segment, segment_lost
from .states import State, state_text
from .survey import resolve
from .upgrade import enlarged, upgrade

#: A message without a root is one null pointer.
_NO_ROOT = bytes(wire.WORD_BYTES)


class MessageBuilder:
    """A message over the memory of an allocator.

    Use it as a context manager: every grant is released at the end, whatever happened. No allocator
    method is called before the first root is built. Not for use from several threads, nor from the
    handler of a signal that then lets a call of the message go on.
    """

    __slots__ = ("_arena",)

    def __init__(
        self,
        allocator: Allocator | None = None,
        *,
        max_segment_words: int = wire.MAX_SEGMENT_WORDS,
        verify: bool = False,
    ) -> None:
        """Build in the memory of ``allocator``, by default in ``HeapAllocator()``.

        No segment is used beyond ``max_segment_words`` words, and so no object can be larger.

        With ``verify`` the message keeps a private copy of what it writes, as large as itself.
        Whatever is read back is compared with it, and so is all that output emits: where somebody
        else wrote, the call raises ``ContentsChanged`` (P5v). What is written by way of a lent view
        is compared when the view is lent, and counts as the message's own when it comes back.
        """
        if allocator is None:
            allocator = HeapAllocator()
        for name in ("allocate", "segment", "release"):
            if not callable(attribute(allocator, name)):
                raise ArgumentTypeError(
                    f"an allocator has a method {name!r}; {type_name(allocator)} has none"
                )
        limit = integer(max_segment_words, "max_segment_words")
        if not 1 <= limit <= wire.MAX_SEGMENT_WORDS:
            raise ArgumentValueError(
                f"max_segment_words is 1 to {wire.MAX_SEGMENT_WORDS}, not {shown(limit)}"
            )
        self._arena = Arena(allocator, limit, verifies=truth(verify))

    def __repr__(self) -> str:
        """Return the size of the message and its state. Calls no allocator."""
        arena = self._arena
        if arena.state is State.CLOSED:
            return f"<{type_name(self)}: closed>"
        segments = counted(len(arena.segments), "segment")
        words = counted(arena.handed_out, "word")
        return f"<{type_name(self)}: {segments}, {words}, {state_text(arena.state)}>"

    @classmethod
    def over(
        cls,
        allocator: Allocator,
        grants: Iterable[tuple[Key, int]],
        *,
        max_segment_words: int = wire.MAX_SEGMENT_WORDS,
        verify: bool = False,
    ) -> MessageBuilder:
        """Go on with a message that lies in the allocator's memory already.

        ``grants`` are the segments in their order: the allocator's key, and the words in use. The
        first one begins with the root pointer. What they hold is checked as if it came from the
        network, whenever it is read (P6); new objects go behind the words in use. From now on the
        grants are the message's, which releases them at ``close``.

        Raises ``GrantTooSmall`` where one has fewer words than are in use, ``GrantOverlaps``, or
        what ``segment`` raises. Then the grants are still the caller's, and nothing is released.
        """
        try:
            message = cls(allocator, max_segment_words=max_segment_words, verify=verify)
            limit = message._arena.limit
            taken: list[tuple[Key, int]] = []
            for pair in listed(grants, "grants"):
                if type(pair) is not tuple or len(pair) != 2:
                    raise ArgumentTypeError("a grant is a tuple of a key and the words in use")
                words = integer(pair[1], "the words in use")
                if not (0 if taken else 1) <= words <= limit:
                    raise ArgumentValueError(
                        f"segment {len(taken)} has {0 if taken else 1} to {limit} words in use, not"
                        f" {shown(words)}"
                    )
                taken.append((pair[0], words))
            message._arena.take_over(taken)
            return message
        except RecursionError as error:
            raise exhausted() from error

    def __reduce__(self) -> str:
        """Refuse to be copied or pickled."""
        raise ArgumentTypeError("a message cannot be copied: it would have two owners")

    def init_root(self, data_words: int, pointer_count: int) -> StructBuilder:
        """Build the root struct, with sections of these sizes (words, pointers), all zero.

        A root that was there before is retired with all below it.
        """
        try:
            data, pointers = check_sections(data_words, pointer_count)
            words = data + pointers
            arena = self._arena
            lease = install_root(arena, wire.struct_shape(data, pointers), words)
            return StructBuilder(lease, lease.word, data, pointers)
        except RecursionError as error:
            raise exhausted() from error

    def get_root(self, data_words: int = 0, pointer_count: int = 0) -> StructBuilder | None:
        """Open the root struct; ``None`` where there is none yet.

        It has at least the sections that are asked for: a smaller one, of an older schema, is
        moved, and handles on it are stale.
        """
        try:
            asked = check_sections(data_words, pointer_count)
            return self._arena.serve(lambda: self._open_root(asked))
        except RecursionError as error:
            raise exhausted() from error

    def _open_root(self, asked: tuple[int, int]) -> StructBuilder | None:
        arena = self._arena
        if not arena.segments:
            return None
        slot = arena.segments[0]
        pointer = arena.load(slot, 0)
        if pointer == 0:
            return None
        found = resolve(arena, slot, 0, pointer)
        if found.shape & 3 != wire.STRUCT:
            raise PointerKindMismatch("the root is no struct", segment=0, offset=0)
        larger = enlarged(arena, found, *asked)
        if larger is not None:
            found = upgrade(arena, slot, 0, found, larger)
        data = wire.struct_data_words(found.shape)
        pointers = wire.struct_pointers(found.shape)
        if data + pointers:
            lease = Lease(arena, arena.owner, found.segment, found.start, arena.epoch)
        else:
            lease = SlotLease(arena, arena.owner, slot, 0, arena.epoch)
        return StructBuilder(lease, found.start, data, pointers)

    def root_pointer(self) -> PointerListBuilder:
        """Open the root pointer as a list of one pointer: for a root that is no struct.

        The first segment is asked for with the one word of the pointer, if there is none yet.
        """
        return self._arena.serve(self._open_root_pointer)

    def _open_root_pointer(self) -> PointerListBuilder:
        arena = self._arena
        begin_root(arena)
        lease = Lease(arena, arena.owner, arena.segment_at(0), 0, arena.epoch)
        return PointerListBuilder(lease, 0, 1)

    def set_root(self, value: StructBuilder | StructReader) -> None:
        """Build a deep copy of a struct as the root; what was the root before is retired.

        At equal segment sizes the bytes are those that the reference implementation writes.
        """
        try:
            if type(value) is not StructBuilder and type(value) is not StructReader:
                raise ArgumentTypeError(f"the root is a struct, not {type_name(value)}")
            tree = value.tree()
            self._arena.serve(lambda: copy_in_root(self._arena, tree))
        except RecursionError as error:
            raise exhausted() from error

    def new_orphan(self, value: Copyable) -> Orphan:
        """Build a deep copy of a struct or list that no pointer leads to yet."""
        try:
            return self._apart(tree_of(value))
        except RecursionError as error:
            raise exhausted() from error

    def _apart(self, tree: Tree) -> Orphan:
        return self._arena.serve(lambda: Orphan(self._arena, build_apart(self._arena, tree)))

    def new_orphan_list(self, lists: Iterable[Copyable]) -> Orphan:
        """Build the lists one behind the other as one list, that no pointer leads to yet.

        They are of one kind, and at least one. Structs all get the largest sections of any.
        """
        try:
            return self._apart(joined([tree_of(value) for value in listed(lists, "lists")]))
        except RecursionError as error:
            raise exhausted() from error

    def new_orphan_struct(self, data_words: int, pointer_count: int) -> Orphan:
        """Build a struct, all zero, that no pointer leads to yet."""
        data, pointers = check_sections(data_words, pointer_count)
        return self._build_apart(wire.struct_shape(data, pointers), b"")

    def new_orphan_primitives(self, element: Element, count: int) -> Orphan:
        """Build a list of ``count`` primitives, all zero, that no pointer leads to yet."""
        size_code = check_element(element).size_code
        return self._build_apart(wire.list_shape(size_code, check_count(count)), b"")

    def new_orphan_pointers(self, count: int) -> Orphan:
        """Build a list of ``count`` null pointers, that no pointer leads to yet."""
        return self._build_apart(wire.list_shape(wire.SIZE_POINTER, check_count(count)), b"")

    def new_orphan_structs(self, count: int, data_words: int, pointer_count: int) -> Orphan:
        """Build a list of ``count`` structs, all zero, that no pointer leads to yet."""
        number, data, pointers = struct_list(count, data_words, pointer_count)
        shape = wire.list_shape(wire.SIZE_COMPOSITE, number * (data + pointers))
        return self._build_apart(shape, wire.POINTER.pack(wire.tag(number, data, pointers)))

    def new_orphan_text(self, value: str) -> Orphan:
        """Build a Text, UTF-8 and a NUL behind it, that no pointer leads to yet."""
        return self._bytes_apart(text_octets(value) + b"\0")

    def new_orphan_data(self, value: bytes | bytearray | memoryview) -> Orphan:
        """Build a Data from any contiguous buffer, that no pointer leads to yet."""
        return self._bytes_apart(data_octets(value))

    def _bytes_apart(self, octets: bytes) -> Orphan:
        try:
            return self._build_apart(
                wire.list_shape(wire.SIZE_BYTE, check_count(len(octets))), octets
            )
        except RecursionError as error:
            raise exhausted() from error

    def _build_apart(self, shape: int, head: bytes) -> Orphan:
        """Build an object that begins with ``head``, zero behind it, and has nothing below."""
        try:
            self._arena.require_idle()
            size = wire.object_words(shape) * wire.WORD_BYTES
            if size > self._arena.limit * wire.WORD_BYTES:
                raise MessageTooLarge(
                    f"an object of {size // wire.WORD_BYTES} words: a segment has at most"
                    f" {self._arena.limit}",
                    words_asked=size // wire.WORD_BYTES,
                )
            body = bytearray(head)
            body += bytes(size - len(body))
            return self._apart(Tree(shape, body))
        except RecursionError as error:
            raise exhausted() from error

    @property
    def last_disowned(self) -> Orphan | None:
        """The orphan that the last ``disown`` returned, until it is adopted or dropped.

        For a handler that raises between that call and the assignment of what it returns.
        """
        orphan = self._arena.disowned
        return orphan if isinstance(orphan, Orphan) else None

    def canonical(self) -> bytes:
        """Return the message in canonical form: one segment, without framing."""
        try:
            self._arena.require_idle()
            if not self._arena.segments:
                return _NO_ROOT
            return canonical_words(self.root_pointer().copied(0))
        except RecursionError as error:
            raise exhausted() from error

    def segment_words(self) -> tuple[int, ...]:
        """Return how many words are handed out of each segment. Calls no allocator."""
        return tuple(segment.used for segment in self._arena.segments)

    def check_segments(self) -> tuple[int, ...]:
        """Look at every segment as output does, and answer how many words of each are handed out.

        For memory in which the message is read where it was built. It is complete then: retired
        words are zero. Raises ``SegmentLost`` if any segment lost words, ever (P5), and
        ``ContentsChanged`` if the message verifies and finds other contents than it wrote (P5v).
        """
        return self._put_out(lambda words: None)

    def total_words(self) -> int:
        """Return the words handed out of all segments together: the size of the output."""
        return sum(self.segment_words())

    def segments(self) -> list[bytes]:
        """Return a copy of every segment's words.

        Raises ``SegmentLost`` if any segment lost words, ever (P5).
        """
        segments: list[bytes] = []
        self._put_out(lambda words: segments.append(bytes(words)))
        return segments or [_NO_ROOT]

    def _put_out(
        self,
        write: Callable[[bytes | memoryview], object],
        begin: Callable[[tuple[int, ...]], object] = len,
    ) -> tuple[int, ...]:
        """Hand over the words of each segment, and before to ``begin`` how many each has.

        Return these numbers.
        """
        try:

            def whole() -> tuple[int, ...]:
                sizes = self.segment_words()
                begin(sizes)
                put_out(self._arena, write)
                return sizes

            return self._arena.serve(whole)
        except RecursionError as error:
            raise exhausted() from error

    def lend_segment(self, index: int) -> AbstractContextManager[memoryview[Any]]:
        """Lend the words handed out of one segment, read-only and not copied (P4).

        For output without a copy: take one after the other, as many as ``segment_words()`` has, and
        at least one. Raises ``SegmentLost`` if any segment is known to have lost words. A message
        that verifies lends the private copy that it compared.
        """
        return self._lent(integer(index, "a segment index"))

    def lend_segments(self) -> AbstractContextManager[list[memoryview[Any]]]:
        """Lend all segments at once, where no allocator call is needed in between.

        That is so where there is one segment, where memory stays (``stable``), and where the
        message verifies. Else it raises ``Borrowed``: to ask for one segment may move the others.
        """
        return LentTogether(lambda: len(self._arena.segments), self._lent)

    def _lent(self, at: int) -> Lent:
        return Lent(self._arena, lambda: self._stretch_of(at), writable=False)

    def _stretch_of(self, index: int) -> Stretch:
        segments = self._arena.segments
        if not segments and index == 0:
            rootless = Segment(0, None)
            rootless.memory = bytearray(_NO_ROOT)
            return rootless, 0, len(_NO_ROOT)
        if not 0 <= index < len(segments):
            raise ArgumentIndexError(f"segment {shown(index)} of {len(segments)}")
        if self._arena.loss is not None:
            raise segment_lost(self._arena.loss)
        segment = segments[index]
        return segment, 0, segment.used * wire.WORD_BYTES

    def to_bytes(self) -> bytes:
        """Return the message with stream framing (specification, "Serialization Over a Stream")."""
        output = BytesIO()

        def begin(words: tuple[int, ...]) -> None:
            # No segment is copied twice: all go to the place that they have in the output.
            sizes = [count * wire.WORD_BYTES for count in words]
            if sizes:
                table = table_of(sizes)
                output.seek(len(table) + sum(sizes) - 1)
                output.write(b"\0")
                output.seek(0)
                output.write(table)

        if not self._put_out(output.write, begin):
            return frame(self.segments())
        return output.getvalue()

    def write_to(self, file: BinaryWriter | Sender, *, written: Written | None = None) -> None:
        """Write the framed message to a binary file; what the file raises passes unchanged.

        A file that takes a part at a time (unbuffered, or a socket's) is given the rest again. One
        that returns ``None`` took everything: see ``write_message``. ``written`` counts what the
        file took; pass it again to write the rest, if the message has not changed meanwhile.
        """
        write_message(file, self.segments(), written=written)

    def close(self) -> None:
        """Release every grant, once. Handles raise ``Closed`` from then on.

        Views that are lent are taken back first, and raise ``ValueError`` when they are touched.
        Where a part of one is held, it raises ``Borrowed`` and releases nothing: the memory is not
        given back below somebody who writes to it. Close again when it is let go. Raises
        ``ReleaseFailed`` after all were released, if ``release`` raised.
        """
        self._arena.close()

    def __enter__(self) -> MessageBuilder:
        """Return the message itself."""
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the message; an exception that is on its way is not replaced by another."""
        if exception is None:
            self.close()
            return
        try:
            self.close()
        except Error as error:
            add_note(exception, f"and closing the message raised {told(error)}")
