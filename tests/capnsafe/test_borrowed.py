"""Reading memory that moves, shrinks, vanishes or lies between two reads."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import pytest

from capnsafe import (
    ArgumentTypeError,
    BadBuffer,
    BorrowRefused,
    Element,
    Error,
    MessageBuilder,
    MessageReader,
    NestingLimitExceeded,
    PointerOutOfBounds,
    SegmentLost,
    TraversalLimitExceeded,
)
from tests.capnsafe.generated import Scattering
from tests.capnsafe.memories import FailingMemory, Grant, Memory, MovingMemory, Stop

AnyMemory = TypeVar("AnyMemory", bound=Memory)


def lent(memory: AnyMemory, segments: list[bytes]) -> AnyMemory:
    """Put a finished message into a memory that checks that nothing of it is kept."""
    for segment in segments:
        key = memory.allocate(len(segment) // 8)
        grant = memory.grants[key]
        for word in range(grant.words):
            grant.scribble(word, int.from_bytes(segment[word * 8 : word * 8 + 8], "little"))
    return memory


def example(size: int = 6) -> list[bytes]:
    with MessageBuilder(Memory(size)) as message:
        root = message.init_root(2, 6)
        root.set_uint32(0, 77)
        root.set_bool(40, True)
        root.set_float64(1, 1.5)
        root.set_text(0, "text")
        root.set_data(1, b"data")
        root.set_list(2, Element.UINT16, b"\1\0\2\0\3\0")
        structs = root.init_struct_list(3, 2, 1, 1)
        structs[1].set_uint64(0, 5)
        structs[1].set_text(0, "element")
        root.init_pointer_list(4, 1).init_list(0, Element.BOOL, 11)[9] = True
        root.set_capability(5, 3)
        return message.segments()


def story(reader: MessageReader) -> Any:
    """Read all of the example, each value with a read of its own."""
    root: Any = reader.get_root()
    return (
        root.get_uint32(0),
        root.get_uint32(0, default=5),
        root.get_bool(40),
        root.get_float64(1),
        root.get_text(0),
        root.get_data(1),
        list(root.get_list(2, Element.UINT16)),
        [(one.get_uint64(0), one.get_text(0)) for one in root.get_struct_list(3)],
        len(root.get_struct_list(3)),
        list(root.get_pointer_list(4).get_list(0, Element.BOOL)),
        list(root.get_list(3, Element.UINT64)),
        root.get_capability(5),
        root.kind(3),
        root.total_size(),
        root.get_list(2, Element.UINT16).total_size(),
        root.get_struct_list(3).total_size(),
        reader.total_words(),
    )


@pytest.mark.parametrize("size", [1, 6, 100])
@pytest.mark.parametrize("kind", [Memory, MovingMemory])
def test_it_reads_what_a_plain_reader_reads(kind: type[Memory], size: int) -> None:
    segments = example(size)
    memory = lent(kind(), segments)
    reader = MessageReader.from_allocator(memory, range(len(segments)))
    assert story(reader) == story(MessageReader(segments))
    memory.require_kept()
    assert not memory.calls["release"]


@pytest.mark.parametrize("seed", range(40))
def test_random_messages_read_the_same(seed: int) -> None:
    rng = random.Random(seed)
    with MessageBuilder(Memory(rng.choice((1, 5, 300)))) as message:
        Scattering(rng).struct(message.init_root(2, 3), 0)
        segments = message.segments()
        canonical = message.canonical()
    memory = lent(MovingMemory(), segments)
    reader = MessageReader.from_allocator(memory, range(len(segments)))
    with MessageBuilder() as copy:
        copy.set_root(reader.get_root())
        assert copy.canonical() == canonical
    assert MessageReader.from_allocator(lent(Memory(), [canonical]), [0]).is_canonical()
    assert reader.is_canonical() is (segments == [canonical])
    memory.require_kept()


class Shrinking(Memory):
    """Shows a segment cut to some words from the n-th call on."""

    def __init__(self, number: int, words: int) -> None:
        super().__init__()
        self.number = number
        self.words = words

    def segment(self, key: int, /) -> Any:
        view = super().segment(key)
        return view[: self.words * 8 + 3] if self.calls["segment"] >= self.number else view


@pytest.mark.parametrize("words", [0, 1, 3, 8])
def test_memory_that_shrinks_at_every_read(words: int) -> None:
    segments = example(100)
    calm = lent(Memory(), segments)
    expected = story(MessageReader.from_allocator(calm, [0]))
    for number in range(1, calm.calls["segment"] + 2):
        memory = lent(Shrinking(number, words), segments)
        try:
            assert story(MessageReader.from_allocator(memory, [0]))[:-1] == expected[:-1]
        except (SegmentLost, PointerOutOfBounds):
            pass
        else:
            assert number >= calm.calls["segment"]
        memory.require_kept()


def test_memory_that_is_back_can_be_read_again() -> None:
    segments = example(100)
    memory = lent(Shrinking(10**9, 1), segments)
    root = MessageReader.from_allocator(memory, [0]).get_root()
    memory.number = 0
    for read in (lambda: root.get_uint32(0), lambda: root.get_float64(1), lambda: root._tree()):
        with pytest.raises(SegmentLost) as caught:
            read()
        assert caught.value.segment == 0
    with pytest.raises((SegmentLost, PointerOutOfBounds)):
        root.get_text(0)
    memory.number = 10**9
    assert root.get_uint32(0) == 77


@pytest.mark.parametrize(
    ("raised", "expected"),
    [(LookupError, SegmentLost), (OSError, BorrowRefused), (KeyboardInterrupt, KeyboardInterrupt)],
)
def test_a_segment_that_cannot_be_had_at_any_read(
    raised: type[BaseException], expected: type[BaseException]
) -> None:
    segments = example()
    calm = lent(Memory(), segments)
    keys = range(len(segments))
    story(MessageReader.from_allocator(calm, keys))
    for number in range(1, calm.calls["segment"] + 1, 3):
        memory = FailingMemory("segment", number, raised)
        reader = MessageReader.from_allocator(lent(memory, segments), keys)
        with pytest.raises(expected) as caught:
            story(reader)
        if expected is not raised:
            assert isinstance(caught.value.__cause__, raised)
        memory.require_kept()
        assert story(reader)[0] == 77


@pytest.mark.parametrize("answer", [None, 5, "text", memoryview(bytes(16))[::2]])
def test_what_is_no_buffer(answer: Any) -> None:
    class Garbling(Memory):
        def segment(self, key: int, /) -> Any:
            return answer

    with pytest.raises(BadBuffer):
        MessageReader.from_allocator(Garbling(), [0]).get_root()


def test_an_answer_that_is_refused_is_not_kept_by_the_exception() -> None:
    class Sliced(Memory):
        def segment(self, key: int, /) -> Any:
            with super().segment(key) as view:
                return view[::2]

    memory = lent(Sliced(), example(100))
    with pytest.raises(BadBuffer) as caught:
        MessageReader.from_allocator(memory, [0]).get_root()
    memory.require_kept()
    assert caught.value.segment == 0


def test_read_only_memory_is_enough() -> None:
    (segment,) = example(100)

    class Lookup:
        def segment(self, key: str, /) -> bytes:
            return {"only": segment}[key]

    assert story(MessageReader.from_allocator(Lookup(), ["only"])) == story(
        MessageReader([segment])
    )
    with pytest.raises(SegmentLost):
        MessageReader.from_allocator(Lookup(), ["other"]).get_root()
    with pytest.raises(PointerOutOfBounds):
        MessageReader.from_allocator(Lookup(), []).get_root()


def test_wrong_arguments() -> None:
    calls: list[Callable[[], object]] = [
        lambda: MessageReader.from_allocator(5, [0]),  # type: ignore[arg-type]
        lambda: MessageReader.from_allocator(Memory(), 5),  # type: ignore[arg-type]
        lambda: MessageReader.from_allocator(Memory(), [0], nesting_limit="1"),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(ArgumentTypeError):
            call()


def test_the_limits_hold() -> None:
    segments = example(100)
    memory = lent(Memory(), segments)
    with pytest.raises(TraversalLimitExceeded):
        story(MessageReader.from_allocator(memory, [0], traversal_limit_words=12))
    with pytest.raises(NestingLimitExceeded):
        story(MessageReader.from_allocator(memory, [0], nesting_limit=1))


class Changing(Memory):
    """Writes at random into the segments whenever it is asked for one."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self.rng = rng
        self.active = False

    def segment(self, key: int, /) -> Any:
        if self.active:
            grant: Grant = self.rng.choice(self.grants)
            word = self.rng.randrange(grant.words)
            value = self.rng.choice(
                (self.rng.getrandbits(64), grant.word(self.rng.randrange(grant.words)))
            )
            grant.scribble(word, value)
        view = super().segment(key)
        if self.active and self.rng.random() < 0.1:
            return view[: self.rng.randrange(len(view) + 1)]
        return view


@pytest.mark.parametrize("seed", range(100))
def test_memory_that_changes_at_every_read_reads_or_raises(seed: int) -> None:
    segments = example(random.Random(seed).choice((1, 6, 100)))
    memory = Changing(random.Random(seed))
    lent(memory, segments).active = True
    reader = MessageReader.from_allocator(memory, range(len(segments)), traversal_limit_words=2000)
    calls: list[Callable[[], object]] = [lambda: story(reader), reader.is_canonical]
    for call in calls:
        # The story takes no null pointer for what was there.
        with suppress(Error, TypeError, AttributeError):
            call()
    memory.active = False
    memory.require_kept()


def test_a_copy_into_the_message_that_lends_the_memory() -> None:
    """A reader and a builder over one allocator: the reader calls it, the builder is not held."""
    memory = Memory(100)
    message = MessageBuilder(memory)
    root = message.init_root(1, 2)
    root.set_text(0, "text")
    reader = MessageReader.from_allocator(memory, [0])
    root.set(1, reader.get_root())
    assert reader.get_root().get_text(0) == "text"
    copy = root.get_struct(1)
    assert copy is not None
    assert copy.get_text(0) == "text"
    message.close()
    memory.require_all_released()


def test_an_interrupt_keeps_no_view() -> None:
    memory = FailingMemory("segment", 3, Stop)
    reader = MessageReader.from_allocator(lent(memory, example(100)), [0])
    with pytest.raises(Stop):
        story(reader)
    memory.require_kept()


@pytest.mark.parametrize("size", [1, 6, 100])
def test_calls_are_bounded(size: int) -> None:
    segments = example(size)
    memory = lent(Memory(), segments)
    root: Any = MessageReader.from_allocator(memory, range(len(segments))).get_root()
    bounds: list[tuple[int, Callable[[], object]]] = [
        (1, lambda: root.get_uint32(0)),
        (1, lambda: root.get_bool(40)),
        (6, lambda: root.get_text(0)),
        (6, lambda: root.get_struct_list(3)),
        (6, lambda: root.get_pointer_list(4)),
        (6, lambda: root.kind(3)),
    ]
    for bound, read in bounds:
        before = memory.calls["segment"]
        read()
        assert 1 <= memory.calls["segment"] - before <= bound


def test_what_has_no_bytes_is_read_without_a_question() -> None:
    with MessageBuilder() as message:
        root = message.init_root(0, 2)
        root.set_data(0, b"")
        root.init_pointer_list(1, 0)
        segments = message.segments()
    memory = lent(Memory(), segments)
    reader = MessageReader.from_allocator(memory, list(range(len(segments)))).get_root()
    assert reader.get_data(0) == b""
    rows = reader.get_pointer_list(1)
    assert rows is not None
    assert len(rows) == 0
    assert reader.total_size().words == 2
