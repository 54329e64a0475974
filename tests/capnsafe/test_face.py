"""The ``repr`` of handles: the object that they lead to, and its place."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from capnsafe import (
    Element,
    Error,
    HeapAllocator,
    MessageBuilder,
    MessageReader,
    read_message,
    wire,
)
from capnsafe._words.face import shape_text
from tests.builds import plain_only


class Counting:
    """An allocator that counts its calls; it refuses and hides its memory once it is told to."""

    def __init__(self) -> None:
        self.memory = HeapAllocator()
        self.calls = 0
        self.broken = False
        self.during: Callable[[], object] = bool

    def _called(self) -> None:
        self.calls += 1
        self.during()
        if self.broken:
            raise OSError("the memory is gone")

    def allocate(self, minimum_words: int) -> Any:
        self._called()
        return self.memory.allocate(minimum_words)

    def segment(self, key: Any) -> Any:
        self._called()
        return self.memory.segment(key)

    def release(self, key: Any, words_used: int) -> None:
        self._called()
        self.memory.release(key, words_used)


def test_builders_show_what_and_where() -> None:
    memory = Counting()
    message = MessageBuilder(memory)
    assert repr(message) == "<MessageBuilder: 0 segments, 0 words, open>"
    root = message.init_root(1, 4)
    numbers = root.init_list(0, Element.UINT32, 5)
    rows = root.init_struct_list(1, 2, 1, 1)
    pointers = root.init_pointer_list(2, 2)
    orphans = [
        message.new_orphan_struct(1, 0),
        message.new_orphan_primitives(Element.UINT16, 3),
        message.new_orphan_pointers(1),
        message.new_orphan_structs(2, 1, 0),
        message.new_orphan_text("text"),
    ]
    faces = {
        root: "<StructBuilder: 1 data word and 4 pointers, segment 0, word 1>",
        numbers: "<ListBuilder: 5 of UINT32, segment 0, word 6>",
        rows: "<StructListBuilder: 2 elements of 1 data word and 1 pointer, segment 0, word 10>",
        rows[1]: "<StructBuilder: 1 data word and 1 pointer, segment 0, word 12>",
        pointers: "<PointerListBuilder: 2 pointers, segment 0, word 14>",
        orphans[0]: "<Orphan: struct of 1 data word and 0 pointers, segment 0, word 16>",
        orphans[1]: "<Orphan: list of 3 elements of 16 bits, segment 0, word 17>",
        orphans[2]: "<Orphan: list of 1 pointer, segment 0, word 18>",
        orphans[3]: "<Orphan: list of structs, 2 words, segment 0, word 19>",
        orphans[4]: "<Orphan: list of 5 elements of 8 bits, segment 0, word 22>",
    }
    before = memory.calls
    assert {thing: repr(thing) for thing in faces} == faces
    assert repr(message) == "<MessageBuilder: 1 segment, 23 words, open>"
    assert memory.calls == before
    root.adopt(3, orphans[0])
    assert repr(orphans[0]) == "<Orphan: adopted or dropped>"
    message.close()
    assert repr(message) == "<MessageBuilder: closed>"
    # They were made for the message, and say where they were.
    assert repr(root) == faces[root]


def test_a_capability_taken_out_is_shown() -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 1)
        root.set_capability(0, 7)
        assert repr(root.disown(0)) == "<Orphan: capability 7, segment 0, word 1>"


def test_readers_show_what_and_where() -> None:
    with MessageBuilder() as message:
        root = message.init_root(1, 3)
        root.init_list(0, Element.UINT8, 3)
        root.init_struct_list(1, 2, 1, 1)
        root.init_pointer_list(2, 2)
        framed = message.to_bytes()
    endless = read_message(framed, traversal_limit_words=10**5000)
    assert repr(endless).startswith("<MessageReader: 1 segment, ")
    reader = read_message(framed, traversal_limit_words=100)
    assert repr(reader) == "<MessageReader: 1 segment, 100 words may still be read>"
    read = reader.get_root()
    octets = read.get_list(0, Element.UINT8)
    assert repr(reader) == "<MessageReader: 1 segment, 94 words may still be read>"
    rows = read.get_struct_list(1)
    assert octets is not None
    assert rows is not None
    assert [repr(each) for each in (read, octets, rows, rows[1], read.get_pointer_list(2))] == [
        "<StructReader: 8 data bytes and 3 pointers, segment 0, word 1>",
        "<ListReader: 3 of UINT8, segment 0, word 5>",
        "<StructListReader: 2 elements of 8 data bytes and 1 pointer, segment 0, word 7>",
        "<StructReader: 8 data bytes and 1 pointer, segment 0, word 9>",
        "<PointerListReader: 2 pointers, segment 0, word 11>",
    ]
    # A value that is read as a struct need not begin at a word.
    narrow = read.get_struct_list(0)
    assert narrow is not None
    assert repr(narrow[1]) == "<StructReader: 1 data byte and 0 pointers, segment 0, byte 41>"


def test_borrowed_readers_ask_no_memory() -> None:
    memory = Counting()
    key = memory.allocate(4)
    memory.segment(key)[:] = b"".join(
        wire.POINTER.pack(word)
        for word in (wire.with_offset(wire.struct_shape(1, 1), 0), 9, wire.list_shape(2, 3), 0)
    )
    reader = MessageReader.from_allocator(memory, [key], traversal_limit_words=50)
    root = reader.get_root()
    octets = root.get_list(0, Element.UINT8)
    before = memory.calls
    memory.broken = True
    assert repr(reader).startswith("<MessageReader: 1 segment, ")
    assert repr(root) == "<StructReader: 8 data bytes and 1 pointer, segment 0, word 1>"
    assert repr(octets) == "<ListReader: 3 of UINT8, segment 0, word 3>"
    assert memory.calls == before


@pytest.mark.parametrize("broken", [False, True])
def test_a_face_never_raises(broken: bool) -> None:
    memory = Counting()
    message = MessageBuilder(memory)
    root = message.init_root(1, 2)
    child = root.init_struct(0, 1, 0)
    faces: list[str] = []
    memory.during = lambda: faces.extend(map(repr, (message, root, child)))
    memory.broken = broken
    with pytest.raises(Error) if broken else nullcontext():
        root.set_text(1, "in the middle of a call")
    assert faces[0] == "<MessageBuilder: 1 segment, 5 words, in a call, or poisoned>"
    memory.during = bool
    memory.broken = False
    root.clear(0)
    stale = repr(child)
    assert stale == faces[2] == "<StructBuilder: 1 data word and 0 pointers, segment 0, word 4>"
    with root.init_list(0, Element.UINT64, 1).lend():
        assert repr(message).endswith(", lent>")
    message.close()


@pytest.mark.parametrize("code", range(8))
def test_every_shape_has_a_text(code: int) -> None:
    assert shape_text(wire.list_shape(code, 1)).startswith("list of ")


@plain_only("compiled classes have no subclasses elsewhere")
def test_names_of_subclasses_are_shown_past_their_metaclass() -> None:
    class Meta(type):
        @property
        def __name__(cls) -> str:  # type: ignore[override]
            raise ZeroDivisionError

    class Mine(MessageBuilder, metaclass=Meta):
        pass

    with Mine() as message:
        assert repr(message) == "<Mine: 0 segments, 0 words, open>"
