"""A message that is being built: its root, its orphans, its output, and its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from io import BytesIO
from types import TracebackType
from typing import Any, Final, SupportsIndex, TypeVar, cast, overload

from .. import wire
from .._read.objects import StructReader
from .._stream.framing import frame, table_of
from .._stream.writing import BinaryWriter, Sender, WriteProgress, write_message
from .._words.arguments import (
    add_note,
    attributes,
    check_count,
    check_element,
    check_sections,
    error_text,
    integer,
    listed,
    method_of,
    number_text,
    struct_list,
    text_octets,
    truth,
    type_name,
)
from .._words.block import Copied
from .._words.buffers import data_octets
from .._words.canonical import canonical_words
from .._words.exhausted import exhausted
from .._words.face import counted
from .._words.given import Given
from .._words.laid_out import LaidOut, SchemaClass, struct_type
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
from .builder import (
    Copyable,
    Orphan,
    PointerListBuilder,
    StructBuilder,
    copy_of,
    struct_copy_of,
    tree_of,
)
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

B = TypeVar("B")
R = TypeVar("R")

#: The methods of every allocator.
_METHODS: Final = ("allocate", "segment", "release")

#: The attributes of an allocator that a message reads: those, and the optional ones.
_ATTRIBUTES: Final = (*_METHODS, "stable", "grow")

#: A message without a root is one null pointer.
_NO_ROOT = bytes(wire.WORD_BYTES)


class MessageBuilder:
    """A message in the memory of an allocator.

    Use it as a context manager: every grant is released at the end of the block, even after an
    exception. No allocator method is called before the root is built. A message must not be used
    from several threads, nor from a signal handler that returns into a call of the message.
    """

    __slots__ = ("_arena",)

    def __init__(
        self,
        allocator: Allocator | None = None,
        *,
        max_segment_words: SupportsIndex = wire.MAX_SEGMENT_WORDS,
        verify: Given[bool] = False,
    ) -> None:
        """Make an empty message.

        Args:
            allocator: The owner of the memory, by default a new ``HeapAllocator``.
            max_segment_words: The largest size of a segment, and so of an object, in words. Words
                of a grant beyond it are not used.
            verify: Whether to keep a private copy of everything written, as large as the message,
                and to compare with it all words that are read back or output. If somebody else
                changed a word, the call raises ``ContentsChanged`` (P5v). A lent view is compared
                when it is lent; the caller's writes to it count as the message's own.
        """
        if allocator is None:
            allocator = HeapAllocator()
        stable: object
        grow: Any
        if type(allocator) is HeapAllocator:
            # To look for attributes that somebody wrote takes as long as to set ten fields.
            stable, grow = allocator.stable, allocator.grow
        else:
            allocate, segment, release, stable, grow = attributes(allocator, _ATTRIBUTES)
            if not (callable(allocate) and callable(segment) and callable(release)):
                methods = zip(_METHODS, (allocate, segment, release), strict=True)
                missing = [name for name, method in methods if not callable(method)]
                raise ArgumentTypeError(
                    f"an allocator must have a method {missing[0]!r}, and {type_name(allocator)}"
                    " has none"
                )
        limit = integer(max_segment_words, "max_segment_words")
        if not 1 <= limit <= wire.MAX_SEGMENT_WORDS:
            raise ArgumentValueError(
                f"max_segment_words must be 1 to {wire.MAX_SEGMENT_WORDS}, not {number_text(limit)}"
            )
        self._arena = Arena(
            allocator, limit, truth(verify), stable is True, grow if callable(grow) else None
        )

    def __repr__(self) -> str:
        """Return the size of the message and its state. Calls no allocator."""
        arena = self._arena
        if arena.state is State.CLOSED:
            return f"<{type_name(self)}: closed>"
        segments = counted(len(arena.segments), "segment")
        words = counted(arena.handed_out, "word")
        return f"<{type_name(self)}: {segments}, {words}, {state_text(arena.state)}>"

    @classmethod
    def resume(
        cls,
        allocator: Allocator,
        grants: Iterable[Given[tuple[Key, int]]],
        *,
        max_segment_words: SupportsIndex = wire.MAX_SEGMENT_WORDS,
        verify: Given[bool] = False,
    ) -> MessageBuilder:
        """Continue a message that is already in the allocator's memory.

        New objects are put after the words in use. Words that are read are checked as if they came
        from the network (P6). The message now owns the grants, and releases them at ``close``. If
        this raises, the caller still owns them, and nothing was released.

        Args:
            allocator: The owner of the memory.
            grants: (key, words in use) of each segment, in their order. The first segment begins
                with the root pointer.
            max_segment_words: The largest size of a segment, in words.
            verify: Whether to keep and compare a private copy, as in ``MessageBuilder``.

        Raises:
            GrantTooSmall: If a segment has fewer words than are in use.
            GrantOverlaps: If two segments share memory.
            AllocatorError: If ``segment`` raises or returns no writable buffer.
        """
        try:
            message = cls(allocator, max_segment_words=max_segment_words, verify=verify)
            limit = message._arena.limit
            taken: list[tuple[Key, int]] = []
            for pair in listed(grants, "grants"):
                if type(pair) is not tuple or len(pair) != 2:
                    raise ArgumentTypeError(
                        "each grant must be a tuple of a key and the words in use"
                    )
                words = integer(pair[1], "the words in use")
                if not (0 if taken else 1) <= words <= limit:
                    raise ArgumentValueError(
                        f"the words in use of segment {len(taken)} must be {0 if taken else 1} to"
                        f" {limit}, not {number_text(words)}"
                    )
                taken.append((pair[0], words))
            message._arena.resume(taken)
            return message
        except RecursionError as error:
            raise exhausted() from error

    @classmethod
    def over(
        cls,
        allocator: Allocator,
        grants: Iterable[Given[tuple[Key, int]]],
        *,
        max_segment_words: SupportsIndex = wire.MAX_SEGMENT_WORDS,
        verify: Given[bool] = False,
    ) -> MessageBuilder:
        """Call ``resume``, by its former name."""
        try:
            return cls.resume(allocator, grants, max_segment_words=max_segment_words, verify=verify)
        except RecursionError as error:
            raise exhausted() from error

    def __reduce__(self) -> str:
        """Refuse copying and pickling."""
        raise ArgumentTypeError("a message cannot be copied: its memory would have two owners")

    @overload
    def init_root(self, data_words: SchemaClass[B, R], /) -> B: ...

    @overload
    def init_root(
        self, data_words: SupportsIndex, pointer_count: SupportsIndex
    ) -> StructBuilder: ...

    def init_root(
        self,
        data_words: Given[SupportsIndex | SchemaClass[B, R]],
        pointer_count: SupportsIndex | None = None,
    ) -> Given[StructBuilder | B]:
        """Build a zeroed root struct, with sections of these sizes (words, pointers).

        ``init_root(Person)`` builds a struct of a schema, and returns its builder. An earlier root
        is retired with everything below it.
        """
        try:
            if pointer_count is None:
                size, count, wrap, _ = struct_type(cast(SchemaClass[B, R], data_words))
                return wrap(self.init_root(size, count))
            data, pointers = check_sections(cast(SupportsIndex, data_words), pointer_count)
            words = data + pointers
            arena = self._arena
            segment, start, epoch = install_root(arena, wire.struct_shape(data, pointers), words)
            kind = Lease if words else SlotLease
            lease = kind(arena, arena.owner, segment, epoch)
            return StructBuilder(lease, start, start, data, pointers)
        except RecursionError as error:
            raise exhausted() from error

    @overload
    def get_root(self, data_words: SchemaClass[B, R], /) -> B | None: ...

    @overload
    def get_root(
        self, data_words: SupportsIndex = 0, pointer_count: SupportsIndex = 0
    ) -> StructBuilder | None: ...

    def get_root(
        self,
        data_words: Given[SupportsIndex | SchemaClass[B, R]] = 0,
        pointer_count: SupportsIndex = 0,
    ) -> Given[StructBuilder | B | None]:
        """Open the root struct, or return ``None`` if there is none yet.

        The struct has at least the sections that are asked for (words, pointers); for
        ``get_root(Person)`` those of the schema. A smaller one, of an older schema, is moved, and
        handles on it become stale.
        """
        try:
            wrap: Callable[[StructBuilder], B] | None = None
            size: SupportsIndex
            if issubclass(type(data_words), type):
                asked_class = cast(SchemaClass[B, R], data_words)
                size, pointer_count, wrap, _ = struct_type(asked_class)
            else:
                size = cast(SupportsIndex, data_words)
                if callable(method_of(type(size), "__capnsafe_schema__")):
                    # A value; this raises.
                    struct_type(cast(SchemaClass[B, R], data_words))
            asked = check_sections(size, pointer_count)
            root = self._arena.serve(lambda: self._open_root(asked))
            return root if root is None or wrap is None else wrap(root)
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
            raise PointerKindMismatch(
                "the root is not a struct; use root_pointer()", segment=0, offset=0
            )
        larger = enlarged(arena, found, *asked)
        if larger is not None:
            found = upgrade(arena, slot, 0, found, larger)
        data = wire.struct_data_words(found.shape)
        pointers = wire.struct_pointers(found.shape)
        if data + pointers:
            lease = Lease(arena, arena.owner, found.segment, arena.epoch)
            return StructBuilder(lease, found.start, found.start, data, pointers)
        lease = SlotLease(arena, arena.owner, slot, arena.epoch)
        return StructBuilder(lease, 0, found.start, data, pointers)

    def root_pointer(self) -> PointerListBuilder:
        """Open the root pointer as a list of one pointer, for a root that is not a struct.

        If there is no segment yet, one is asked for, of at least the one word of the pointer.
        """
        return self._arena.serve(self._open_root_pointer)

    def _open_root_pointer(self) -> PointerListBuilder:
        arena = self._arena
        begin_root(arena)
        lease = Lease(arena, arena.owner, arena.segment_at(0), arena.epoch)
        return PointerListBuilder(lease, 0, 0, 1)

    def set_root(self, value: Given[StructBuilder | StructReader | LaidOut]) -> None:
        """Build a deep copy of a struct, or a value of a schema, as the root.

        An earlier root is retired.

        With equal segment sizes, the reference implementation writes the same bytes.
        """
        try:
            copied = struct_copy_of(value, "the root")
            self._arena.serve(lambda: copy_in_root(self._arena, copied))
        except RecursionError as error:
            raise exhausted() from error

    def new_orphan(self, value: Given[Copyable]) -> Orphan:
        """Build a deep copy of a struct or list as an orphan."""
        try:
            return self._apart(copy_of(value))
        except RecursionError as error:
            raise exhausted() from error

    def _apart(self, copied: Copied) -> Orphan:
        return self._arena.serve(lambda: Orphan(self._arena, build_apart(self._arena, copied)))

    def new_orphan_list(self, lists: Iterable[Given[Copyable]]) -> Orphan:
        """Build the concatenation of lists as an orphan.

        There must be at least one list, and all must have the same element size. Structs all get
        the largest sections of any.
        """
        try:
            return self._apart(joined([tree_of(value) for value in listed(lists, "lists")]))
        except RecursionError as error:
            raise exhausted() from error

    def new_orphan_struct(self, data_words: SupportsIndex, pointer_count: SupportsIndex) -> Orphan:
        """Build a zeroed struct as an orphan."""
        data, pointers = check_sections(data_words, pointer_count)
        return self._build_apart(wire.struct_shape(data, pointers), b"")

    def new_orphan_primitives(self, element: Given[Element], count: SupportsIndex) -> Orphan:
        """Build a zeroed list of ``count`` primitives as an orphan."""
        size_code = check_element(element).size_code
        return self._build_apart(wire.list_shape(size_code, check_count(count)), b"")

    def new_orphan_pointers(self, count: SupportsIndex) -> Orphan:
        """Build a list of ``count`` null pointers as an orphan."""
        return self._build_apart(wire.list_shape(wire.SIZE_POINTER, check_count(count)), b"")

    def new_orphan_structs(
        self, count: SupportsIndex, data_words: SupportsIndex, pointer_count: SupportsIndex
    ) -> Orphan:
        """Build a zeroed list of ``count`` structs as an orphan."""
        number, data, pointers = struct_list(count, data_words, pointer_count)
        shape = wire.list_shape(wire.SIZE_COMPOSITE, number * (data + pointers))
        return self._build_apart(shape, wire.POINTER.pack(wire.tag(number, data, pointers)))

    def new_orphan_text(self, value: Given[str]) -> Orphan:
        """Build a Text (UTF-8 with a NUL at its end) as an orphan."""
        return self._bytes_apart(text_octets(value) + b"\0")

    def new_orphan_data(self, value: Given[bytes | bytearray | memoryview]) -> Orphan:
        """Build a Data from any contiguous buffer as an orphan."""
        return self._bytes_apart(data_octets(value))

    def _bytes_apart(self, octets: bytes) -> Orphan:
        try:
            return self._build_apart(
                wire.list_shape(wire.SIZE_BYTE, check_count(len(octets))), octets
            )
        except RecursionError as error:
            raise exhausted() from error

    def _build_apart(self, shape: int, head: bytes) -> Orphan:
        """Build an orphan without children: ``head``, then zeros."""
        try:
            self._arena.require_idle()
            size = wire.object_words(shape) * wire.WORD_BYTES
            if size > self._arena.limit * wire.WORD_BYTES:
                raise MessageTooLarge(
                    f"an object of {size // wire.WORD_BYTES} words does not fit in a segment of at"
                    f" most {self._arena.limit} words (max_segment_words)",
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

        Use it if a signal handler may raise before the caller has assigned the result of that call.
        """
        orphan = self._arena.disowned
        return orphan if isinstance(orphan, Orphan) else None

    def canonical(self) -> bytes:
        """Return the canonical form of the message: one segment, without framing.

        Raises:
            MalformedMessage: If the message has capabilities.
        """
        try:
            self._arena.require_idle()
            if not self._arena.segments:
                return _NO_ROOT
            return canonical_words(self.root_pointer()._tree_at(0))
        except RecursionError as error:
            raise exhausted() from error

    def segment_words(self) -> tuple[int, ...]:
        """Return the number of words in use of each segment. Calls no allocator."""
        return tuple(segment.used for segment in self._arena.segments)

    def check_segments(self) -> tuple[int, ...]:
        """Check every segment as output does, and return the number of words in use of each.

        Call this before others read the message in the memory where it was built. Afterwards all
        retired words are zero.

        Raises:
            SegmentLost: If any segment ever lost words (P5).
            ContentsChanged: If the message verifies, and somebody else changed it (P5v).
        """
        return self._put_out(lambda words: None)

    def total_words(self) -> int:
        """Return the number of words in use of all segments together: the size of the output."""
        return sum(self.segment_words())

    def segments(self) -> list[bytes]:
        """Return a copy of the words in use of every segment.

        Raises:
            SegmentLost: If any segment ever lost words (P5).
        """
        segments: list[bytes] = []
        self._put_out(lambda words: segments.append(bytes(words)))
        return segments or [_NO_ROOT]

    def _put_out(
        self,
        write: Callable[[bytes | memoryview], object],
        begin: Callable[[tuple[int, ...]], object] = len,
    ) -> tuple[int, ...]:
        """Pass the number of words of all segments to ``begin``, then the words to ``write``.

        Returns these numbers.
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

    def lend_segment(self, index: SupportsIndex) -> AbstractContextManager[memoryview[Any]]:
        """Lend the words in use of one segment as a read-only view, inside a ``with`` block (P4).

        For output without a copy, lend one segment after the other: as many as ``segment_words()``
        has, and at least one. A message that verifies lends the private copy that it compared.

        Raises:
            SegmentLost: If any segment is known to have lost words.
        """
        return self._lent(integer(index, "a segment index"))

    def lend_segments(self) -> AbstractContextManager[list[memoryview[Any]]]:
        """Lend the words in use of all segments at once, inside a ``with`` block (P4).

        That needs a message of one segment, memory that stays (``stable``), or a message that
        verifies.

        Raises:
            Borrowed: Otherwise, because asking the allocator for one segment may move the others.
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
            raise ArgumentIndexError(
                f"segment {number_text(index)} does not exist: the message has {len(segments)}"
                " segments"
            )
        if self._arena.loss is not None:
            raise segment_lost(self._arena.loss)
        segment = segments[index]
        return segment, 0, segment.used * wire.WORD_BYTES

    def to_bytes(self, *, packed: Given[bool] = False) -> bytes:
        """Return the message with stream framing (specification, "Serialization Over a Stream").

        Args:
            packed: Whether to pack it.
        """
        if truth(packed):
            return frame(self.segments(), packed=True)
        output = BytesIO()

        def begin(words: tuple[int, ...]) -> None:
            # Make room for the whole output first, so that each segment is copied only once.
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

    def write_to(
        self,
        file: BinaryWriter | Sender,
        *,
        packed: Given[bool] = False,
        progress: Given[WriteProgress | None] = None,
    ) -> None:
        """Write the framed message to a binary file or socket, as ``write_message`` does.

        With ``packed``, it is packed.

        ``progress`` counts the bytes that the file takes. If the call fails, pass it again to write
        the rest of the unchanged message. An exception of the file passes unchanged.
        """
        is_packed = truth(packed)
        write_message(file, self.segments(), packed=is_packed, progress=progress)

    def close(self) -> None:
        """Release every grant, once. Handles raise ``Closed`` from then on.

        Lent views are taken back first, and raise ``ValueError`` when they are used.

        Raises:
            Borrowed: If a part of a lent view is still held. Nothing was released; drop that part
                and close again.
            ReleaseFailed: If the allocator's ``release`` raised. Every grant counts as released.
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
        """Close the message. An exception that leaves the block is not replaced."""
        if exception is None:
            self.close()
            return
        try:
            self.close()
        except Error as error:
            add_note(exception, f"closing the message also raised {error_text(error)}")
