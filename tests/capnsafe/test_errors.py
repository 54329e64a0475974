"""The tree of exceptions, and the facts that they carry."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import pytest

import capnsafe
from capnsafe import (
    AllocationRefused,
    ArgumentError,
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    BadBuffer,
    BorrowRefused,
    Closed,
    Error,
    GrantOverlaps,
    GrantTooSmall,
    MessageBuilder,
    MessageTooLarge,
    ReleaseFailed,
    SegmentLost,
    StaleHandle,
    errors,
)
from tests.capnsafe.memories import ResizingMemory

TREE = {
    "Error": None,
    "ArgumentError": "Error",
    "ArgumentTypeError": "ArgumentError",
    "ArgumentValueError": "ArgumentError",
    "ArgumentIndexError": "ArgumentError",
    "AllocatorError": "Error",
    "AllocationRefused": "AllocatorError",
    "GrantTooSmall": "AllocatorError",
    "GrantOverlaps": "AllocatorError",
    "BorrowRefused": "AllocatorError",
    "BadBuffer": "AllocatorError",
    "ReleaseFailed": "AllocatorError",
    "SegmentLost": "Error",
    "ContentsChanged": "Error",
    "StaleHandle": "Error",
    "Unreadable": "Error",
    "Exhausted": "Error",
    "MessageTooLarge": "Error",
    "MessageStateError": "Error",
    "Closed": "MessageStateError",
    "Reentered": "MessageStateError",
    "Borrowed": "MessageStateError",
    "Poisoned": "MessageStateError",
    "MalformedMessage": "Error",
    "PointerOutOfBounds": "MalformedMessage",
    "PointerKindMismatch": "MalformedMessage",
    "TraversalLimitExceeded": "MalformedMessage",
    "NestingLimitExceeded": "MalformedMessage",
    "InvalidText": "MalformedMessage",
    "FramingError": "Error",
    "SchemaError": "Error",
}


def all_errors() -> dict[str, type[BaseException]]:
    return {
        name: thing
        for name, thing in vars(errors).items()
        if isinstance(thing, type) and issubclass(thing, BaseException)
    }


def test_the_tree_is_the_one_that_is_documented() -> None:
    found = all_errors()
    assert set(found) == set(TREE)
    for name, parent in TREE.items():
        assert found[name].__base__ is (Exception if parent is None else found[parent])
    drawn = re.findall(r"^    [│ ├└─]*(\w+)", errors.__doc__ or "", re.MULTILINE)
    assert drawn == list(TREE)


def test_argument_errors_are_also_the_builtin_ones() -> None:
    assert issubclass(ArgumentTypeError, TypeError)
    assert issubclass(ArgumentValueError, ValueError)
    assert issubclass(ArgumentIndexError, IndexError)
    assert not issubclass(ArgumentError, TypeError | ValueError | IndexError)


@pytest.mark.parametrize("name", TREE)
def test_every_error_is_exported_and_says_when_it_is_raised(name: str) -> None:
    assert getattr(capnsafe, name) is getattr(errors, name)
    assert name in capnsafe.__all__
    assert getattr(errors, name).__doc__


@pytest.mark.parametrize("name", [name for name in TREE if name != "ReleaseFailed"])
def test_facts_are_attributes_and_none_where_they_mean_nothing(name: str) -> None:
    error = getattr(errors, name)("A sentence.", segment=1, offset=2, words_asked=3)
    assert str(error) == "A sentence."
    assert (error.segment, error.offset, error.words_asked) == (1, 2, 3)
    assert error.words_granted is None


def test_release_failed_keeps_every_failure() -> None:
    failures = (OSError("a"), KeyError("b"))
    error = ReleaseFailed("A sentence.", failures)
    assert error.failures == failures
    assert error.segment is None


class Moody(ResizingMemory):
    """Does one wrong thing when it is told to."""

    mood = ""

    def allocate(self, minimum_words: int, /) -> int:
        if self.mood == "refuse":
            raise MemoryError
        key = super().allocate(minimum_words - (self.mood == "small"))
        if self.mood == "overlap":
            self.grants[key] = self.grants[0]
        return key

    def segment(self, key: int, /) -> bytearray:
        if self.mood == "gone":
            raise KeyError(key)
        if self.mood == "not now":
            raise OSError
        return bytes(8) if self.mood == "bytes" else super().segment(key)  # type: ignore[return-value]


Facts = tuple[int | None, int | None, int | None, int | None]


@pytest.mark.parametrize(
    ("mood", "error", "facts", "cause"),
    [
        ("refuse", AllocationRefused, (None, None, 7, None), MemoryError),
        ("small", GrantTooSmall, (1, None, 7, 6), None),
        ("overlap", GrantOverlaps, (1, None, None, None), None),
        ("not now", BorrowRefused, (0, None, None, None), OSError),
        ("bytes", BadBuffer, (0, None, None, None), None),
        ("gone", SegmentLost, (0, None, 7, None), KeyError),
    ],
)
def test_the_facts_of_what_memory_did(
    mood: str, error: type[Error], facts: Facts, cause: type[BaseException] | None
) -> None:
    memory = Moody(grant_words=7)
    message = MessageBuilder(memory)
    root = message.init_root(4, 2)
    memory.grant_words = 1
    memory.mood = mood
    at_the_grant = mood in ("refuse", "small", "overlap")
    call = partial(root.init_struct, 0, 6, 0) if at_the_grant else partial(root.get_int8, 0)
    with pytest.raises(error) as caught:
        call()
    raised = caught.value
    found = (raised.segment, raised.offset, raised.words_asked, raised.words_granted)
    assert found == facts
    assert type(raised.__cause__) is (cause or type(None))


def _stale(message: MessageBuilder) -> object:
    root = message.init_root(1, 1)
    child = root.init_struct(0, 1, 0)
    root.clear(0)
    return child.get_int8(0)


def _closed(message: MessageBuilder) -> object:
    message.close()
    return message.get_root()


@pytest.mark.parametrize(
    ("call", "error", "facts"),
    [
        (_stale, StaleHandle, (0, 3, None, None)),
        (_closed, Closed, (None, None, None, None)),
        (lambda m: m.init_root(40, 40), MessageTooLarge, (None, None, 80, None)),
        (lambda m: m.init_root(1, 1).set_int8(8, 0), ArgumentIndexError, (0, None, None, None)),
        (lambda m: m.init_root(1, 1).set_int8(0, 200), ArgumentValueError, (None,) * 4),
        (lambda m: m.init_root(1, 1).set_text(0, 1), ArgumentTypeError, (None,) * 4),
    ],
)
def test_the_facts_of_what_callers_did(
    call: Callable[[MessageBuilder], object], error: type[Error], facts: Facts
) -> None:
    with MessageBuilder(max_segment_words=64) as message, pytest.raises(error) as caught:
        call(message)
    raised = caught.value
    assert (raised.segment, raised.offset, raised.words_asked, raised.words_granted) == facts
    assert str(raised)
