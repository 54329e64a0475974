"""What holds of every memory: the same message, everything given back, and no word of the last."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from capnsafe import Allocator, Element, FixedAllocator, HeapAllocator, MessageBuilder
from capnsafe.errors import ArgumentTypeError
from capnsafe.memory import PoolAllocator, ScratchAllocator
from capnsafe.memory.adapters import AddressAllocator, CallableAllocator, HandedOverAllocator
from capnsafe.memory.malloc import MallocAllocator
from capnsafe.memory.mapped_file import MappedFileAllocator
from capnsafe.memory.shared_memory import SharedMemoryAllocator
from capnsafe.memory.wasm import WasmAllocator, moving_engine, new_guest
from tests.capnsafe.reading import NUMBERS, TEXT, init_child, init_node, meaning

Make = Callable[[int, bool], Any]


class Addresses:
    """Memory by its address, out of the C library's heap."""

    def __init__(self, segment_words: int) -> None:
        self.memory = MallocAllocator(segment_words=segment_words)
        self.keys: dict[int, int] = {}

    def allocate_segment(self, minimum_size: int, /) -> tuple[int, int]:
        key = self.memory.allocate(minimum_size)
        address, words = self.memory.address(key)
        self.keys[address] = key
        return address, words

    def deallocate_segment(self, address: int, word_size: int, words_used: int, /) -> None:
        self.memory.release(self.keys.pop(address), words_used)


#: Each makes a memory with segments of the given words, which grow in place or not.
MEMORIES: dict[str, Make] = {
    "heap": lambda words, in_place: HeapAllocator(segment_words=words, in_place=in_place),
    "fixed": lambda words, _: FixedAllocator(bytearray(1 << 16), segment_words=words),
    "pool": lambda words, in_place: PoolAllocator(1 << 13, segment_words=words, in_place=in_place),
    "scratch": lambda words, in_place: ScratchAllocator(
        bytearray(b"\xee" * words * 8), after=HeapAllocator(segment_words=words, in_place=in_place)
    ),
    "mapped-file": lambda words, in_place: MappedFileAllocator(
        segment_words=words, in_place=in_place
    ),
    "shared-memory": lambda words, _: SharedMemoryAllocator(segment_words=words),
    "malloc": lambda words, in_place: MallocAllocator(segment_words=words, in_place=in_place),
    "wasm": lambda words, in_place: WasmAllocator(
        *new_guest(), segment_words=words, in_place=in_place
    ),
    "wasm that moves": lambda words, in_place: WasmAllocator(
        *new_guest(moving_engine()), segment_words=words, in_place=in_place
    ),
    "callable": lambda words, _: CallableAllocator(
        lambda minimum: bytearray(b"\xee" * max(minimum, words) * 8)
    ),
    "addresses": lambda words, _: AddressAllocator(Addresses(words)),
    "handed over": lambda words, _: HandedOverAllocator(_many(words)),
}


def _many(words: int) -> list[bytearray]:
    return [bytearray(b"\xee" * size * 8) for size in [words] * 20 + [64] * 60 + [1 << 10] * 4]


@pytest.fixture(params=MEMORIES)
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Yield a function that makes a memory, and close the memory at the end if it can be closed."""
    with ExitStack() as stack:

        def made(words: int, in_place: bool) -> Allocator:
            memory: Allocator = MEMORIES[request.param](words, in_place)
            if hasattr(memory, "__exit__"):
                stack.enter_context(memory)  # type: ignore[arg-type]
            return memory

        yield made


def fill(message: MessageBuilder) -> None:
    node = init_node(message)
    for number in range(6):
        node.set_uint64(0, number)
        node.set_text(TEXT, f"this is text {number}" * (number + 1))
        node.init_list(NUMBERS, Element.UINT32, 5 * number)
        node = init_child(node)
    root = message.get_root()
    assert root is not None
    root.set_text(TEXT, "another one")


def expected() -> Any:
    with MessageBuilder() as message:
        fill(message)
        return meaning(message)


def live(memory: Any) -> int:
    return getattr(memory, "live_grants", None) or len(getattr(memory, "_live", ()))


@pytest.mark.untraced
@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("words", [1, 40, 1000])
def test_a_message_says_the_same_in_every_memory(make: Make, words: int, in_place: bool) -> None:
    memory = make(words, in_place)
    meant = expected()
    for _ in range(3):
        # The later ones lie where the first one was, and show nothing of it.
        with MessageBuilder(memory, verify=True) as message:
            fill(message)
            assert meaning(message) == meant
            with MessageBuilder() as canonical:
                fill(canonical)
                assert message.canonical() == canonical.canonical()
        assert live(memory) == 0


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_it_cannot_be_copied(make: Make, duplicate: Callable[[object], object]) -> None:
    memory = make(1, False)
    with pytest.raises(ArgumentTypeError, match=f"{type(memory).__name__}"):
        duplicate(memory)


@pytest.mark.parametrize("words", [1, 40])
def test_an_exception_in_the_middle_gives_everything_back(make: Make, words: int) -> None:
    memory = make(words, True)

    def build_and_fail() -> None:
        with MessageBuilder(memory) as message:
            fill(message)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        build_and_fail()
    assert live(memory) == 0


def test_two_messages_side_by_side_share_nothing(make: Make) -> None:
    memory = make(30, True)
    with MessageBuilder(memory) as first, MessageBuilder(memory) as second:
        fill(first)
        init_node(second).set_text(TEXT, "second")
        root = first.get_root()
        assert root is not None
        root.set_text(TEXT, "first" * 40)
        assert meaning(second)["text"] == "second"
        assert meaning(first)["text"] == "first" * 40
        assert meaning(first)["child"] == expected()["child"]


def test_a_key_that_was_released_is_a_lookup_error(make: Make) -> None:
    memory = make(10, True)
    key = memory.allocate(1)
    memory.release(key, 0)
    with pytest.raises(LookupError):
        memory.segment(key)
    with pytest.raises(LookupError):
        memory.release(key, 0)
