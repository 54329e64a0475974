"""Every call that copies, moves, grows or disowns, with its memory failing at every moment.

Each act runs once unharmed, which says how often it calls its allocator and what the message means
afterwards. Then it runs again for each of these calls, which fails, moves or shrinks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from capnsafe import (
    AllocationRefused,
    AllocatorError,
    Element,
    GrantTooSmall,
    HeapAllocator,
    MessageBuilder,
    Orphan,
    PointerListBuilder,
    SegmentLost,
    StructBuilder,
    StructListReader,
)
from tests.capnsafe.generated import root_of
from tests.capnsafe.memories import FailingMemory, Memory, MovingMemory, ResizingMemory, closing

pytestmark = pytest.mark.untraced

STRUCT, BYTES, TEXTS, STRUCTS, FREE, UNION, OTHER = range(7)
SIZES = (2, 6, 100)

with MessageBuilder() as _message:
    _root = _message.init_root(2, 8)
    _root.set_uint64(1, 99)
    _root.set_text(STRUCT, "read")
    _root.init_struct_list(STRUCTS, 2, 1, 1)[1].set_text(0, "far away")
    READ = _message.to_bytes()


class Scene:
    """A message with a value of each kind, and an orphan."""

    def __init__(self, message: MessageBuilder) -> None:
        self.message = message
        root = self.root = message.init_root(1, 7)
        root.set_uint64(0, 0x1234)
        struct = root.init_struct(STRUCT, 1, 2)
        struct.set_text(0, "of struct")
        struct.init_struct(1, 1, 0).set_uint64(0, 5)
        root.set_data(BYTES, b"abc")
        texts = root.init_pointer_list(TEXTS, 2)
        texts.set_text(0, "zero")
        texts.set_text(1, "one")
        root.init_struct_list(STRUCTS, 2, 1, 1)[1].set_text(0, "of structs")
        root.init_struct(UNION, 0, 1).set_text(0, "member")
        self.struct = struct
        self.orphan: Orphan = message.new_orphan(struct)
        self.texts: Orphan = message.new_orphan_list([texts_of(root), texts_of(root)])


def _set_root(scene: Scene) -> None:
    scene.message.set_root(root_of(READ))


def _grow(what: Any) -> None:
    assert what is not None


ACTS: dict[str, Callable[[Scene], object]] = {
    "set from itself": lambda scene: scene.root.set(STRUCT, scene.root),
    "set from a reader": lambda scene: scene.root.set(FREE, root_of(READ)),
    "set_root": _set_root,
    "set_root from below": lambda scene: scene.message.set_root(scene.struct),
    "copy_from": lambda scene: scene.root.copy_from(scene.root),
    "copy_from of an element": lambda scene: element_of(scene).copy_from(element_of(scene)),
    "struct grows": lambda scene: _grow(scene.root.get_struct(STRUCT, 2, 3)),
    "bytes become structs": lambda scene: _grow(scene.root.get_struct_list(BYTES, 1, 1)),
    "texts become structs": lambda scene: _grow(scene.root.get_struct_list(TEXTS, 1, 1)),
    "structs grow": lambda scene: _grow(scene.root.get_struct_list(STRUCTS, 2, 2)),
    "root grows": lambda scene: _grow(scene.message.get_root(2, 8)),
    "disown": lambda scene: scene.root.disown(STRUCT),
    "adopt": lambda scene: scene.root.adopt(FREE, scene.orphan),
    "adopt over a value": lambda scene: scene.root.adopt(STRUCT, scene.orphan),
    "drop": lambda scene: scene.orphan.drop(),
    "select": lambda scene: scene.root.select(3, 7, pointers=[UNION, STRUCT]),
    "set_list": lambda scene: scene.root.set_list(BYTES, Element.UINT16, b"abcdefgh" * 3),
    "set_capability": lambda scene: scene.root.set_capability(STRUCT, 4),
    "new_orphan": lambda scene: scene.message.new_orphan(scene.root),
    "new_orphan_struct": lambda scene: scene.message.new_orphan_struct(3, 3),
    "new_orphan_structs": lambda scene: scene.message.new_orphan_structs(2, 3, 3),
    "clear": lambda scene: scene.root.set(STRUCT, None),
    "an orphan is cut": lambda scene: scene.texts.truncate(1),
    "an orphan is extended": lambda scene: scene.texts.extend(9),
    "lists are joined": lambda scene: scene.message.new_orphan_list([texts_of(scene.root)] * 2),
    "an orphan is copied": lambda scene: scene.root.set(FREE, scene.texts),
    "any pointer is copied": lambda scene: scene.root.copy_pointer(FREE, scene.root, STRUCT),
    "a default struct": lambda scene: _grow(
        scene.root.get_struct(FREE, 3, 9, default=root_of(READ))
    ),
    "a default list": lambda scene: _grow(
        scene.root.get_struct_list(FREE, 2, 2, default=default_of())
    ),
    "a default list of texts": lambda scene: _grow(
        scene.root.get_pointer_list(FREE, default=texts_of(scene.root))
    ),
}


def texts_of(root: StructBuilder) -> PointerListBuilder:
    texts = root.get_pointer_list(TEXTS)
    assert texts is not None
    return texts


def default_of() -> StructListReader:
    structs = root_of(READ).get_struct_list(STRUCTS)
    assert structs is not None
    return structs


def element_of(scene: Scene) -> StructBuilder:
    structs = scene.root.get_struct_list(STRUCTS)
    assert structs is not None
    return structs[1]


def said(message: MessageBuilder) -> tuple[bytes, ...]:
    """Return the contents of the message: a copy of it, in one segment."""
    with MessageBuilder() as copy:
        copy.set_root(root_of(message.to_bytes()))
        return tuple(copy.segments())


def unharmed(act: Callable[[Scene], object], size: int) -> tuple[int, int, tuple[bytes, ...]]:
    """Return how often the act calls `allocate` and `segment`, and the contents afterwards."""
    memory = Memory(size)
    with closing(MessageBuilder(memory), memory) as message:
        scene = Scene(message)
        before = dict(memory.calls)
        act(scene)
        granted = memory.calls["allocate"] - before["allocate"]
        looked = memory.calls["segment"] - before["segment"]
        return granted, looked, said(message)


def failures() -> Iterator[tuple[str, int, type[BaseException], bool]]:
    """Yield (kind of call, test each n-th call, the exception, whether from then on)."""
    for error in (OSError, LookupError, KeyboardInterrupt):
        for always in (False, True):
            yield "allocate", 1, error, always
    yield "segment", 1, OSError, False
    yield "segment", 5, OSError, True
    yield "segment", 3, KeyboardInterrupt, False
    yield "segment", 4, LookupError, False


def is_lost(message: MessageBuilder) -> bool:
    try:
        message.segments()
    except SegmentLost:
        return True
    return False


@pytest.mark.thorough
@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("size", SIZES)
def test_a_refusal_at_every_call(name: str, size: int) -> None:
    act = ACTS[name]
    granted, looked, expected = unharmed(act, size)
    for kind, step, error, always in failures():
        calls = granted if kind == "allocate" else looked
        # Each call for one exception; the others differ only in how they are wrapped.
        most = 20 if error is OSError and not always else 5
        for number in range(1, 1 + calls, max(step, calls // most)):
            memory = FailingMemory(kind, 10**9, error, always=always, grant_words=size)
            with closing(MessageBuilder(memory), memory) as message:
                scene = Scene(message)
                before = message.segments()
                memory.number = memory.calls[kind] + number
                with pytest.raises((AllocatorError, SegmentLost, KeyboardInterrupt)):
                    act(scene)
                memory.armed = False
                if kind == "segment" and error is LookupError and is_lost(message):
                    continue  # A segment of the message, and not one that was to be new.
                assert message.segments() == before
                act(scene)
                assert said(message) == expected


class RefusingHeap(HeapAllocator):
    """Memory that stays where it is, and refuses one grant."""

    countdown = 0

    def allocate(self, minimum_words: int, /) -> int:
        if self.countdown == 1:
            raise MemoryError("no more")
        self.countdown -= 1
        return super().allocate(minimum_words)


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("size", SIZES)
def test_a_refusal_by_memory_that_stays(name: str, size: int) -> None:
    act = ACTS[name]
    granted, _, expected = unharmed(act, size)
    for number in range(1, 2 + granted):
        memory = RefusingHeap(segment_words=size, growth=False)
        with MessageBuilder(memory) as message:
            scene = Scene(message)
            before = message.segments()
            memory.countdown = number
            if number <= granted:
                with pytest.raises(AllocationRefused):
                    act(scene)
                assert message.segments() == before
                memory.countdown = 0
            act(scene)
            assert said(message) == expected


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("size", SIZES)
def test_all_memory_moves_at_every_call(name: str, size: int) -> None:
    expected = unharmed(ACTS[name], size)[2]
    memory = MovingMemory(size)
    with closing(MessageBuilder(memory), memory) as message:
        ACTS[name](Scene(message))
        assert said(message) == expected


class CuttingMemory(ResizingMemory):
    """Cuts every segment to the words handed out, at one call of `segment`."""

    def __init__(self, grant_words: int) -> None:
        super().__init__(grant_words)
        self.message: MessageBuilder | None = None
        self.countdown = 0
        self.again = False

    def segment(self, key: int, /) -> bytearray:
        if self.countdown:
            self.countdown -= 1
            if self.countdown == 0 and self.message is not None:
                for at, words in enumerate(self.message.segment_words()):
                    self.cut(at, words)
                self.countdown += self.again
        return super().segment(key)


@pytest.mark.parametrize("name", ACTS)
def test_unused_words_go_at_every_call(name: str) -> None:
    act = ACTS[name]
    _, looked, expected = unharmed(act, 200)
    for number in range(1, looked + 4):
        memory = CuttingMemory(200)
        with MessageBuilder(memory) as message:
            memory.message = message
            scene = Scene(message)
            before = message.segments()
            memory.countdown = number
            try:
                act(scene)
            except AllocatorError:
                assert message.segments() == before
                memory.countdown = 0
                act(scene)
            assert said(message) == expected
        assert sorted(key for key, _ in memory.released) == list(range(len(memory.grants)))


def test_unused_words_that_always_go_are_given_up() -> None:
    memory = CuttingMemory(10)
    with MessageBuilder(memory) as message:
        memory.message = message
        root = message.init_root(0, 2)
        root.set_text(0, "text")
        before = message.segments()
        memory.countdown = 1
        memory.again = True
        with pytest.raises(GrantTooSmall):
            root.set(1, root)
        memory.countdown = 0
        assert message.segments() == before
        root.set(1, root)
        assert root.total_words() == 2 + 1 + 2 + 1


@pytest.mark.parametrize("name", ACTS)
def test_a_segment_that_loses_words_is_lost(name: str) -> None:
    """An act that needs the segment raises; either way, output does."""
    memory = ResizingMemory(6)
    with MessageBuilder(memory) as message:
        scene = Scene(message)
        memory.cut(0, 1)
        try:
            ACTS[name](scene)
        except SegmentLost:
            pass
        else:
            # (To extend an orphan takes a grant, which may lie where the lost words were.)
            assert name in (
                "drop",
                "new_orphan_struct",
                "new_orphan_structs",
                "an orphan is cut",
                "an orphan is extended",
            )
        with pytest.raises(SegmentLost):
            message.to_bytes()
