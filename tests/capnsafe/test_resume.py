"""Messages that go on in memory that holds one already."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from capnsafe import (
    ArgumentTypeError,
    ArgumentValueError,
    BadBuffer,
    BorrowRefused,
    ContentsChanged,
    Element,
    Error,
    GrantOverlaps,
    GrantTooSmall,
    HeapAllocator,
    MessageBuilder,
    SegmentLost,
    StructBuilder,
    wire,
)
from tests.capnsafe.memories import FailingMemory, Memory, MovingMemory, closing

TEXT, DATA, STRUCTS, FREE = range(4)


def begun(memory: Any) -> list[tuple[Any, int]]:
    """Build a message and leave it: answer its grants."""
    message = MessageBuilder(memory)
    root = message.init_root(1, 4)
    root.set_uint64(0, 42)
    root.set_text(TEXT, "a text of some length")
    root.set_data(DATA, b"data")
    root.init_struct_list(STRUCTS, 2, 1, 1)[1].set_text(0, "element")
    return list(enumerate(message.segment_words()))


def root_of(message: MessageBuilder) -> StructBuilder:
    root = message.get_root()
    assert root is not None
    return root


@pytest.mark.parametrize("size", [1, 5, 100])
@pytest.mark.parametrize("kind", [Memory, MovingMemory])
def test_a_message_goes_on(kind: type[Memory], size: int) -> None:
    memory = kind(size)
    grants = begun(memory)
    with closing(MessageBuilder.resume(memory, grants), memory) as message:
        assert message.segment_words() == tuple(words for _, words in grants)
        root = root_of(message)
        assert root.get_uint64(0) == 42
        assert root.get_text(TEXT) == "a text of some length"
        root.set_text(TEXT, "another text, which is longer than the first one was")
        root.init_struct(FREE, 1, 0).set_uint64(0, 7)
        elements = root.get_struct_list(STRUCTS, 2, 2)
        assert elements is not None
        assert elements[1].get_text(0) == "element"
        assert b"some length" not in message.to_bytes()
        assert root.get_data(DATA) == b"data"


def test_it_says_the_same_as_if_it_had_never_stopped() -> None:
    plain, memory = Memory(9), Memory(9)
    grants = begun(memory)
    begun(plain)
    with closing(MessageBuilder.resume(memory, grants), memory) as message:
        before = message.segments()
        assert before == [
            plain.grants[key].body()[: words * 8] for key, words in enumerate_words(grants)
        ]
        root_of(message).set_data(FREE, b"more" * 20)
        for old, new in zip(before, message.segments(), strict=False):
            assert new[8 * 6 : len(old)] == old[8 * 6 :]  # All but the root's pointers.


def enumerate_words(grants: list[tuple[Any, int]]) -> list[tuple[int, int]]:
    return [(int(key), words) for key, words in grants]


def test_words_behind_those_in_use_are_zeroed_when_they_are_handed_out() -> None:
    memory = Memory(100)
    with closing(MessageBuilder.resume(memory, begun(memory)), memory) as message:
        values = root_of(message).init_list(FREE, Element.UINT64, 20)
        assert list(values) == [0] * 20


def test_grants_are_released_once_with_the_words_that_were_written() -> None:
    memory = Memory(100)
    grants = begun(memory)
    message = MessageBuilder.resume(memory, grants)
    message.close()
    assert [grant.releases for grant in memory.grants] == [[words] for _, words in grants]


def test_nothing_in_use_is_a_message_to_begin() -> None:
    memory = Memory(1)
    with closing(MessageBuilder.resume(memory, []), memory) as message:
        assert message.segments() == [bytes(8)]
        message.init_root(1, 0).set_uint64(0, 1)
        assert not MessageBuilder.resume(memory, ()).segment_words()


def test_a_later_segment_may_be_unused() -> None:
    memory = Memory(10)
    grants = begun(memory)
    key = memory.allocate(50)
    with closing(MessageBuilder.resume(memory, [*grants, (key, 0)]), memory) as message:
        root_of(message).set_data(FREE, bytes(300))
        assert message.segment_words()[key] > 0


class Refusing(Memory):
    """Returns segment 0 as a function of the test changes it."""

    answer: Any = None

    def segment(self, key: int, /) -> Any:
        view = super().segment(key)
        return view if key or self.answer is None else self.answer(view)


def refuse(view: memoryview, error: BaseException) -> Any:
    view.release()
    raise error


ANSWERS: list[tuple[Any, type[Error]]] = [
    (lambda view: view[:8], GrantTooSmall),
    (lambda view: view.toreadonly(), BadBuffer),
    (lambda view: None, BadBuffer),
    (lambda view: refuse(view, LookupError()), SegmentLost),
    (lambda view: refuse(view, OSError()), BorrowRefused),
]


@pytest.mark.parametrize(("answer", "error"), ANSWERS)
def test_a_grant_that_is_none_is_refused_and_nothing_released(
    answer: Any, error: type[Error]
) -> None:
    memory = Refusing(7)
    grants = begun(memory)
    memory.answer = answer
    with pytest.raises(error):
        MessageBuilder.resume(memory, grants)
    memory.require_kept()
    assert memory.calls["release"] == 0
    memory.answer = None
    with closing(MessageBuilder.resume(memory, grants), memory) as message:
        assert root_of(message).get_uint64(0) == 42


def test_every_look_can_fail() -> None:
    looks = FailingMemory("segment", 10**9, OSError, grant_words=5)
    grants = begun(looks)
    before = looks.calls["segment"]
    MessageBuilder.resume(looks, grants)
    count = looks.calls["segment"] - before
    for error in (OSError, KeyboardInterrupt):
        for number in range(1, count + 1):
            memory = FailingMemory("segment", 10**9, error, grant_words=5)
            grants = begun(memory)
            memory.number = memory.calls["segment"] + number
            with pytest.raises((BorrowRefused, KeyboardInterrupt)):
                MessageBuilder.resume(memory, grants)
            assert memory.calls["release"] == 0
            with closing(MessageBuilder.resume(memory, grants), memory) as message:
                assert root_of(message).get_uint64(0) == 42


def test_the_same_memory_twice_is_refused() -> None:
    memory = Memory(100)
    ((key, words),) = begun(memory)
    with pytest.raises(GrantOverlaps):
        MessageBuilder.resume(memory, [(key, words), (key, 0)])


@pytest.mark.parametrize(
    ("grants", "error"),
    [
        ([(0, 0)], ArgumentValueError),
        ([(0, -1)], ArgumentValueError),
        ([(0, 1 << 29)], ArgumentValueError),
        ([(0, "1")], ArgumentTypeError),
        ([0], ArgumentTypeError),
        ([(0, 1, 2)], ArgumentTypeError),
        (5, ArgumentTypeError),
    ],
)
def test_what_is_no_grant_is_refused(grants: Any, error: type[Error]) -> None:
    memory = Memory(10)
    with pytest.raises(error):
        MessageBuilder.resume(memory, grants)
    assert not memory.calls


def test_a_limit_below_the_words_in_use_is_refused() -> None:
    memory = Memory(100)
    grants = begun(memory)
    with pytest.raises(ArgumentValueError):
        MessageBuilder.resume(memory, grants, max_segment_words=grants[0][1] - 1)


def test_a_message_that_verifies_begins_with_what_is_there() -> None:
    memory = Memory(100)
    grants = begun(memory)
    with closing(MessageBuilder.resume(memory, grants, verify=True), memory) as message:
        message.segments()
        old = memory.grants[0].word(1)
        memory.grants[0].scribble(1, old ^ 1)
        with pytest.raises(ContentsChanged):
            message.segments()
        memory.grants[0].scribble(1, old)


def test_memory_that_stays_is_taken_over() -> None:
    memory = HeapAllocator()
    grants = begun(memory)
    with MessageBuilder.resume(memory, grants) as message:
        assert root_of(message).get_text(TEXT) == "a text of some length"
    assert memory.live_grants == 0


@pytest.mark.parametrize("seed", range(150))
def test_what_is_there_is_not_trusted(seed: int) -> None:
    """Random pointers: whatever is called succeeds or raises, and no word outside is touched."""
    rng = random.Random(seed)
    memory = Memory(30)
    keys = [memory.allocate(30) for _ in range(rng.randint(1, 3))]
    for key in keys:
        for word in range(30):
            far = wire.far_pointer(rng.randrange(4), rng.randrange(32), double=rng.random() < 0.5)
            near = rng.randrange(-4, 30) & wire.OFFSET_MASK
            shape = rng.choice(
                (
                    wire.struct_shape(rng.randrange(3), rng.randrange(3)),
                    wire.list_shape(rng.randrange(8), rng.randrange(9)),
                )
            )
            value = rng.choice((0, far, shape | near << 2, rng.getrandbits(64)))
            memory.grants[key].scribble(word, value)
    message = MessageBuilder.resume(memory, [(key, 30) for key in keys])
    with suppress(Error):
        walk(message, rng)
    atomic: list[Callable[[], object]] = [
        lambda: message.get_root(2, 2),
        message.canonical,
        lambda: message.init_root(1, 1),
    ]
    for call in atomic:
        before = message.segments()
        try:
            call()
        except Error:
            assert message.segments() == before
    memory.require_kept()
    message.close()


def walk(message: MessageBuilder, rng: random.Random) -> None:
    node: Any = message.get_root()
    for _ in range(6):
        if not isinstance(node, StructBuilder) or node.pointer_count == 0:
            return
        index = rng.randrange(node.pointer_count)
        choice = rng.randrange(6)
        if choice == 0:
            node.set_data(index, b"new")
        elif choice == 1:
            node.disown(index)
        elif choice == 2:
            node.get_struct_list(index, 1, 1)
        elif choice == 3:
            node.clear(index)
        else:
            node = node.get_struct(index, 1, 2)
