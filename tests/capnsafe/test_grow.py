"""Memory that grows in place: it may refuse, move, lie, and fail at every call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from ctypes import addressof, c_char
from typing import Any

import pytest

from capnsafe import (
    AllocatorError,
    Closed,
    ContentsChanged,
    Error,
    GrantOverlaps,
    GrantTooSmall,
    HeapAllocator,
    MessageBuilder,
    MessageReader,
    MessageStateError,
    Reentered,
    SegmentLost,
    read_message,
)
from tests.capnsafe.memories import (
    GUARD,
    ExporterMemory,
    FailingMemory,
    Memory,
    ResizingMemory,
    Stop,
    closing,
)
from tests.capnsafe.reading import CHILD, TEXT, init_child, init_node, meaning
from tests.capnsafe.test_all_or_nothing import ACTS, Scene, said


def lengthen(memory: Memory, key: int, words: int) -> None:
    """Put a grant elsewhere, with ``words`` words of which the added ones are random."""
    grant = memory.grants[key]
    body = grant.body()
    fresh = memory.make(words)
    fresh.memory[GUARD : GUARD + len(body)] = body
    start = GUARD + len(body)
    shown = grant.first[GUARD : GUARD + len(body)]
    grant.came_as(fresh.first[:GUARD] + shown + fresh.first[start:])
    grant.memory = fresh.memory
    grant.words = words


class GrowingMemory(Memory):
    """Moves the segment, and lengthens it by the words requested and `extra` more."""

    def __init__(self, grant_words: int = 1, *, extra: int = 0) -> None:
        super().__init__(grant_words)
        self.extra = extra
        self.asked: list[tuple[int, int, int]] = []

    def grow(self, key: int, minimum_words: int, /) -> Any:
        self.called("grow")
        self.asked.append((key, self.grants[key].words, minimum_words))
        lengthen(self, key, minimum_words + self.extra)
        return "not looked at"


class FailingGrowingMemory(FailingMemory):
    """Grows, but fails at one call, or from then on."""

    def grow(self, key: int, minimum_words: int, /) -> None:
        self.called("grow")
        lengthen(self, key, minimum_words)


class AnsweringGrowth(GrowingMemory):
    """Calls a function of the test instead of growing."""

    def __init__(self, act: Callable[[AnsweringGrowth, int, int], None], grant_words: int) -> None:
        super().__init__(grant_words)
        self.act: Callable[[AnsweringGrowth, int, int], None] | None = act

    def grow(self, key: int, minimum_words: int, /) -> None:
        self.called("grow")
        if self.act is not None:
            self.act(self, key, minimum_words)


def build(message: MessageBuilder) -> Any:
    node = init_node(message)
    for number in range(12):
        node.set_text(TEXT, f"this is text {number}")
        node = init_child(node)
    return node


def reference() -> Any:
    with MessageBuilder() as message:
        build(message)
        return meaning(message)


@pytest.mark.parametrize("extra", [0, 1, 50])
@pytest.mark.parametrize("grant_words", [1, 20])
def test_a_message_in_memory_that_grows_lies_in_one_segment(grant_words: int, extra: int) -> None:
    memory = GrowingMemory(grant_words, extra=extra)
    with closing(MessageBuilder(memory), memory) as message:
        build(message)
        assert len(message.segment_words()) == 1
        assert meaning(message) == reference()
    assert memory.calls["grow"] > 1
    # Nothing was asked that the segment had already, and no more than it needed.
    assert all(had < asked <= had + 14 for _, had, asked in memory.asked)


def test_it_is_asked_only_where_words_are_missing() -> None:
    memory = GrowingMemory(100)
    with closing(MessageBuilder(memory), memory) as message:
        init_node(message).set_text(TEXT, "there is room")
        assert memory.calls["grow"] == 0


def test_only_the_last_segment_is_asked_to_grow() -> None:
    def refuse(memory: AnsweringGrowth, key: int, words: int) -> None:
        memory.asked.append((key, len(memory.grants), words))

    memory = AnsweringGrowth(refuse, 16)
    with closing(MessageBuilder(memory), memory) as message:
        build(message)
        assert meaning(message) == reference()
        assert len(message.segment_words()) > 3
    assert memory.asked
    assert all(key == grants - 1 for key, grants, _ in memory.asked)
    # Once for each new segment at most.
    assert len(memory.asked) <= memory.calls["allocate"]


def test_an_object_far_away_grows_the_last_segment() -> None:
    asked: list[int] = []

    def grow(memory: AnsweringGrowth, key: int, words: int) -> None:
        asked.append(key)
        lengthen(memory, key, words)

    memory = AnsweringGrowth(grow, 20)
    with closing(MessageBuilder(memory), memory) as message:
        node = init_node(message)
        memory.act = None
        child = init_child(node)
        assert len(message.segment_words()) == 2
        memory.act = grow
        node.set_text(TEXT, "a text that does not fit into twenty words" * 4)
        child.set_text(TEXT, "near")
        assert len(message.segment_words()) == 2
        assert set(asked) == {1}
        assert meaning(message)["child"]["text"] == "near"


def test_orphans_and_pads_grow_the_last_segment() -> None:
    memory = GrowingMemory(15)
    with closing(MessageBuilder(memory), memory) as message:
        node = init_node(message)
        orphan = message.new_orphan_struct(4, 10)
        assert len(message.segment_words()) == 1
        node.adopt(CHILD, orphan)
        other = message.new_orphan(node)
        node.adopt(CHILD, other)
        assert len(message.segment_words()) == 1
        assert meaning(message)["child"] is not None


def test_no_segment_grows_beyond_the_limit() -> None:
    memory = GrowingMemory(16, extra=1000)
    with closing(MessageBuilder(memory, max_segment_words=30), memory) as message:
        build(message)
        assert meaning(message) == reference()
        assert max(message.segment_words()) <= 30
    assert all(asked <= 30 for _, _, asked in memory.asked)


@pytest.mark.parametrize(
    "act",
    [
        lambda memory, key, words: None,
        lambda memory, key, words: lengthen(memory, key, words - 1),
        lambda memory, key, words: 1 / 0,
        lambda memory, key, words: {}[key],
    ],
    ids=["nothing", "too little", "raises", "LookupError"],
)
def test_what_refuses_to_grow_grants_a_segment_instead(act: Any) -> None:
    memory = AnsweringGrowth(act, 16)
    with closing(MessageBuilder(memory), memory) as message:
        build(message)
        assert meaning(message) == reference()
        assert len(message.segment_words()) > 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, Stop])
def test_an_interrupt_while_growing_passes_and_the_message_stays(
    error: type[BaseException],
) -> None:
    def interrupt(memory: AnsweringGrowth, key: int, words: int) -> None:
        lengthen(memory, key, words)
        raise error

    memory = AnsweringGrowth(interrupt, 15)
    with closing(MessageBuilder(memory), memory) as message:
        node = init_node(message)
        before = meaning(message)
        with pytest.raises(error):
            node.set_text(TEXT, "text")
        assert meaning(message) == before
        memory.act = None
        node.set_text(TEXT, "again")
        assert meaning(message)["text"] == "again"


@pytest.mark.parametrize("words", [0, 1, 14])
def test_a_segment_that_is_cut_by_growing_is_lost(words: int) -> None:
    def cut(memory: AnsweringGrowth, key: int, asked: int) -> None:
        memory.grants[key].words = words

    memory = AnsweringGrowth(cut, 15)
    message = MessageBuilder(memory)
    node = init_node(message)
    with pytest.raises(SegmentLost):
        node.set_text(TEXT, "text")
    memory.grants[0].words = 15
    with pytest.raises(SegmentLost):
        message.segments()
    message.close()
    assert memory.live == []


@pytest.mark.parametrize("stays", [False, True])
def test_growth_into_another_segment_is_refused(stays: bool) -> None:
    """The segment as a whole, or the words that are added, are another's (P3)."""
    whole = bytearray(8 * 100)

    class Overlapping:
        places: list[list[int]]

        def __init__(self) -> None:
            self.places = []
            self.lie = False

        def allocate(self, minimum_words: int, /) -> int:
            start = 50 if not self.places else 30
            self.places.append([start, start + 15])
            return len(self.places) - 1

        def segment(self, key: int, /) -> Any:
            start, end = self.places[key]
            return memoryview(whole)[start * 8 : end * 8]

        def grow(self, key: int, minimum_words: int, /) -> None:
            if self.lie:
                self.places[key] = [30 if stays else 51, 30 + 21]
                self.places[key][1] = self.places[key][0] + max(minimum_words, 21)

        def release(self, key: int, words_used: int, /) -> None:
            pass

    memory = Overlapping()
    with MessageBuilder(memory) as message:
        node = init_node(message)
        child = init_child(node)
        child.set_uint64(0, 7)
        memory.lie = True
        memory.places[1][1] = 45
        for _ in range(2):
            with pytest.raises(GrantOverlaps):
                child.set_text(TEXT, "too long for what is left")
        memory.places[1] = [30, 45]
        memory.lie = False
        assert meaning(message)["child"]["u64"] == 7


class RoomyMemory:
    """Stays, but for growth, which takes a bytearray elsewhere; grants its first one again."""

    stable = True

    def __init__(self) -> None:
        self.segments: list[bytearray] = []
        self.full = True

    def allocate(self, minimum_words: int, /) -> int:
        self.segments.append(self.segments[0] if self.segments else bytearray(16 * 8))
        return len(self.segments) - 1

    def segment(self, key: int, /) -> bytearray:
        return self.segments[key]

    def release(self, key: int, words_used: int, /) -> None:
        pass

    def grow(self, key: int, minimum_words: int, /) -> None:
        if self.full:
            raise MemoryError("no room")
        self.segments[key].extend(bytes(1 << 20))


def test_what_stays_is_compared_where_growth_took_it() -> None:
    """A first segment that was compared once, and grew since, is somewhere else (P3)."""
    memory = RoomyMemory()
    with MessageBuilder(memory, max_segment_words=1 << 18) as message:
        root = message.init_root(1, 2)
        root.set_uint32(0, 7)
        with pytest.raises(GrantOverlaps):
            root.set_data(0, bytes(100))
        before = address(memory.segments[0])
        memory.full = False
        root.set_data(0, b"octets" * 20)
        assert address(memory.segments[0]) != before
        memory.full = True
        with pytest.raises(GrantOverlaps):
            root.set_data(1, bytes(1 << 20))
        assert (root.get_uint32(0), root.get_data(1)) == (7, None)
        assert root.get_data(0) == b"octets" * 20


def address(memory: bytearray) -> int:
    return addressof(c_char.from_buffer(memory))


class ReplacingMemory(RoomyMemory):
    """Stays, but for growth, which answers another bytearray."""

    def allocate(self, minimum_words: int, /) -> int:
        self.segments.append(bytearray(minimum_words * 8))
        return len(self.segments) - 1

    def grow(self, key: int, minimum_words: int, /) -> None:
        old = self.segments[key]
        self.segments[key] = old.ljust(minimum_words * 8, b"\0")


def test_what_stays_may_be_another_object_where_it_has_grown() -> None:
    memory = ReplacingMemory()
    with MessageBuilder(memory) as message:
        root = message.init_root(1, 1)
        root.set_uint64(0, 1)
        root.set_text(0, "hello")
        assert len(memory.segments) == 1
        root.set_uint64(0, 99)
        read = MessageReader.from_allocator(memory, [0]).get_root()
        assert (read.get_uint64(0), read.get_text(0)) == (99, "hello")


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("where", ["grow", "segment"])
def test_what_stays_is_not_taken_for_the_old_object_where_growing_it_broke_off(
    where: str, interrupt: type[BaseException]
) -> None:
    class BreakingOff(ReplacingMemory):
        grown = 0

        def grow(self, key: int, minimum_words: int, /) -> None:
            super().grow(key, minimum_words)
            self.grown += 1
            if where == "grow" and self.grown == 1:
                raise interrupt

        def segment(self, key: int, /) -> Any:
            if where == "segment" and self.grown == 1:
                self.grown += 1
                raise interrupt
            return self.segments[key]

    memory = BreakingOff()
    with MessageBuilder(memory) as message:
        root = message.init_root(1, 1)
        root.set_uint64(0, 1)
        with suppress(Error, KeyboardInterrupt):
            root.set_text(0, "hello")
        root.set_uint64(0, 99)
        read = MessageReader.from_allocator(memory, list(range(len(memory.segments)))).get_root()
        assert read.get_uint64(0) == 99
        assert root.get_text(0) == read.get_text(0)


def test_what_stays_and_grew_into_something_else_is_asked_for_each_time() -> None:
    class Viewed(ReplacingMemory):
        asked = 0

        def segment(self, key: int, /) -> Any:
            self.asked += 1
            memory = self.segments[key]
            return memoryview(memory) if len(memory) > 24 else memory

    memory = Viewed()
    with MessageBuilder(memory) as message:
        root = message.init_root(1, 1)
        root.set_uint64(0, 1)
        assert memory.asked == 1
        root.set_text(0, "hello")
        before = memory.asked
        root.set_uint64(0, 99)
        assert memory.asked == before + 1
        assert root.get_text(0) == "hello"


def test_what_grows_and_shrinks_again_is_no_growth() -> None:
    class Wavering(GrowingMemory):
        def segment(self, key: int, /) -> Any:
            view = super().segment(key)
            if self.asked:
                self.grants[key].words = 15
            return view

    memory = Wavering(15)
    with closing(MessageBuilder(memory), memory) as message:
        node = init_node(message)
        before = meaning(message)
        with pytest.raises(GrantTooSmall):
            node.set_text(TEXT, "text")
        assert meaning(message) == before
        memory.asked.clear()


def test_no_call_is_taken_while_a_segment_grows() -> None:
    raised: list[Exception] = []

    def call(memory: AnsweringGrowth, key: int, words: int) -> None:
        for attempt in (lambda: node.set_uint64(0, 1), message.to_bytes, message.close):
            try:
                attempt()
            except Error as error:
                raised.append(error)
        lengthen(memory, key, words)

    memory = AnsweringGrowth(call, 15)
    with closing(MessageBuilder(memory), memory) as message:
        node = init_node(message)
        node.set_text(TEXT, "grown")
        assert [type(error) for error in raised] == [Reentered] * 3
        assert meaning(message)["text"] == "grown"


class GrowingExporterMemory(ExporterMemory):
    """Grows its bytearrays by what is asked."""

    def grow(self, key: int, minimum_words: int, /) -> None:
        self.extend(key, minimum_words)


def test_a_message_that_is_closed_while_it_grows_grows_no_more() -> None:
    """A view that is given back closes it, in the middle of a call that needs several objects."""
    with MessageBuilder() as source:
        build(source)
        copied = source.to_bytes()
    for number in range(1, 200):
        memory = GrowingExporterMemory()
        message = MessageBuilder(memory)

        def hook(message: MessageBuilder = message) -> None:
            with suppress(MessageStateError):
                message.close()

        memory.hook = hook  # type: ignore[method-assign]
        memory.number = number
        try:
            message.set_root(read_message(copied).get_root())
        except Closed:
            assert memory.released
        if not memory.released:
            break
    else:
        pytest.fail("the call never ended")
    assert number > 5
    memory.hook = lambda: None  # type: ignore[method-assign]
    assert meaning(message) == reference()
    message.close()


def test_memory_that_stays_is_kept_while_it_grows() -> None:
    memory = HeapAllocator(segment_words=4, in_place=True)
    with MessageBuilder(memory) as message:
        build(message)
        assert meaning(message) == reference()
        assert len(message.segment_words()) == 1
        assert memory.live_grants == 1
    assert memory.live_grants == 0


def test_a_stable_segment_that_is_cut_by_growing_is_lost() -> None:
    class Cutting(ResizingMemory):
        def grow(self, key: int, minimum_words: int, /) -> None:
            self.cut(key, 3)

    message = MessageBuilder(Cutting(15, stable=True))
    node = init_node(message)
    with pytest.raises(SegmentLost):
        node.set_text(TEXT, "text")
    message.close()


@pytest.mark.parametrize("extra", [0, 20])
def test_a_message_that_verifies_finds_what_changed_while_it_grew(extra: int) -> None:
    memory = GrowingMemory(15, extra=extra)
    with closing(MessageBuilder(memory, verify=True), memory) as message:
        build(message)
        assert meaning(message) == reference()
        assert message.check_segments() == message.segment_words()
        memory.grants[0].scribble(3, 0xDEAD)
        with pytest.raises(ContentsChanged):
            message.check_segments()
        with pytest.raises(ContentsChanged):
            message.segments()


class Unreadable:
    """Has a `grow` that cannot even be asked for."""

    @property
    def grow(self) -> Any:
        raise OSError

    def allocate(self, minimum_words: int, /) -> int:
        raise MemoryError

    segment = release = allocate


def test_an_attribute_that_raises_is_told_at_once() -> None:
    with pytest.raises(AllocatorError):
        MessageBuilder(Unreadable())  # type: ignore[arg-type]


def test_an_attribute_that_cannot_be_called_says_that_nothing_grows() -> None:
    memory = Memory(15)
    memory.grow = None  # type: ignore[attr-defined]
    with closing(MessageBuilder(memory), memory) as message:
        init_node(message).set_text(TEXT, "text")
        assert len(message.segment_words()) == 2


# -- every act over memory that grows, failing at every call ---------------------------------------


def unharmed(name: str, size: int) -> tuple[Counter[str], tuple[bytes, ...]]:
    """Return how often an act makes each kind of call, and the contents of the message then."""
    memory = FailingGrowingMemory("grow", 10**9, OSError, grant_words=size)
    with closing(MessageBuilder(memory), memory) as message:
        scene = Scene(message)
        before = memory.calls.copy()
        ACTS[name](scene)
        return memory.calls - before, said(message)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("size", [2, 40])
def test_memory_that_grows_may_fail_at_every_call(name: str, size: int) -> None:
    act = ACTS[name]
    calls, expected = unharmed(name, size)
    assert calls["allocate"] == 0
    for kind, error, always in [
        ("grow", OSError, False),
        ("grow", LookupError, True),
        ("grow", KeyboardInterrupt, False),
        ("segment", OSError, False),
        ("segment", KeyboardInterrupt, True),
    ]:
        for number in range(1, 1 + calls[kind], max(1, calls[kind] // 20)):
            memory = FailingGrowingMemory(kind, 10**9, error, always=always, grant_words=size)
            with closing(MessageBuilder(memory), memory) as message:
                scene = Scene(message)
                before = message.segments()
                memory.number = memory.calls[kind] + number
                try:
                    act(scene)
                except (Error, KeyboardInterrupt):
                    assert kind == "segment" or error is KeyboardInterrupt
                    memory.armed = False
                    assert message.segments() == before
                    act(scene)
                else:
                    # What refuses to grow is asked for a segment.
                    assert memory.raised
                    assert kind == "grow"
                    assert error is not KeyboardInterrupt
                memory.armed = False
                assert said(message) == expected


def test_the_acts_do_grow() -> None:
    assert sum(unharmed(name, 2)[0]["grow"] for name in ACTS) > len(ACTS) / 2
