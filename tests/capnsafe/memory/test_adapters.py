"""Memory of other shapes, as an allocator."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from capnsafe import (
    AllocationRefused,
    ArgumentError,
    BadBuffer,
    HeapAllocator,
    MessageBuilder,
    ReleaseFailed,
    SegmentLost,
)
from capnsafe.memory import PoolAllocator, ScratchAllocator
from capnsafe.memory.adapters import AddressAllocator, CallableAllocator, HandedOverAllocator
from tests.capnsafe.reading import TEXT, init_child, init_node, meaning

# -- scratch first ---------------------------------------------------------------------------------


def test_a_small_message_lies_in_the_scratch_and_a_large_one_goes_on_elsewhere() -> None:
    scratch = bytearray(b"\xee" * 160)
    heap = HeapAllocator(segment_words=8)
    for _ in range(2):
        with MessageBuilder(ScratchAllocator(scratch, after=heap)) as message:
            node = init_node(message)
            assert heap.live_grants == 0
            assert bytes(scratch[:120]) == message.segments()[0]
            init_child(node).set_text(TEXT, "further on")
            assert heap.live_grants > 0
            assert meaning(message)["child"]["text"] == "further on"
        assert heap.live_grants == 0


def test_the_scratch_serves_one_segment_at_a_time() -> None:
    memory = ScratchAllocator(bytearray(200))
    first, second = MessageBuilder(memory), MessageBuilder(memory)
    init_node(first)
    init_node(second).set_uint64(0, 2)
    first.close()
    third = MessageBuilder(memory)
    init_node(third).set_uint64(0, 3)
    assert (meaning(second)["u64"], meaning(third)["u64"]) == (2, 3)
    second.close()
    third.close()
    assert memory.allocate(25) is not None
    with pytest.raises(LookupError):
        memory.segment(0)


def test_what_comes_after_the_scratch_may_grow() -> None:
    heap = HeapAllocator(segment_words=8, in_place=True)
    with MessageBuilder(ScratchAllocator(bytearray(120), after=heap)) as message:
        node = init_node(message)
        for number in range(10):
            node.set_text(TEXT, f"number {number} of ten")
            node = init_child(node)
        assert len(message.segment_words()) == 2
    with MessageBuilder(ScratchAllocator(bytearray(120), after=PoolAllocator(30))) as message:
        node = init_node(message)
        with pytest.raises(AllocationRefused):
            node.set_text(TEXT, "x" * 300)


# -- a function that returns a buffer --------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [bytearray, lambda octets: memoryview(bytearray(octets)), lambda n: (ctypes.c_uint8 * n)()],
)
def test_a_function_supplies_segments_and_is_told_of_their_end(make: Any) -> None:
    asked: list[int] = []
    back: list[tuple[Any, int]] = []

    def supply(minimum_words: int) -> Any:
        asked.append(minimum_words)
        return make(max(minimum_words, 20) * 8)

    memory = CallableAllocator(supply, take_back=lambda buffer, used: back.append((buffer, used)))
    with MessageBuilder(memory) as message:
        init_child(init_node(message)).set_text(TEXT, "from a function")
        assert meaning(message)["child"]["text"] == "from a function"
        words = message.segment_words()
    assert asked == [15, 15]
    assert [used for _, used in back] == list(words)
    with pytest.raises(LookupError):
        memory.segment(0)


def test_a_buffer_may_be_resized_behind_the_message() -> None:
    """What ends the process of pycapnp's users: its hook keeps the address."""
    buffers: list[bytearray] = []

    def supply(minimum_words: int) -> bytearray:
        buffers.append(bytearray(minimum_words * 8))
        return buffers[-1]

    message = MessageBuilder(CallableAllocator(supply))
    node = init_node(message)
    buffers[0].extend(bytes(1 << 20))
    node.set_uint64(0, 7)
    assert meaning(message)["u64"] == 7
    buffers[0].clear()
    with pytest.raises(SegmentLost):
        node.set_uint64(0, 8)
    message.close()


@pytest.mark.parametrize("answer", [None, b"read-only" * 100, 7, "text"])
def test_what_is_no_buffer_is_refused_and_handed_back(answer: Any) -> None:
    back: list[Any] = []
    memory = CallableAllocator(lambda _: answer, take_back=lambda buffer, _: back.append(buffer))
    with MessageBuilder(memory) as message:
        with pytest.raises(BadBuffer):
            init_node(message)
        assert back == [answer]


# -- addresses and lengths -------------------------------------------------------------------------


class Supply:
    """What capnproto-rust's allocator looks like from here, over arrays that it keeps."""

    def __init__(self, words: int = 0, shift: int = 0, missing: int = 0) -> None:
        self.words = words
        self.shift = shift
        self.missing = missing
        self.arrays: dict[int, Any] = {}
        self.back: list[tuple[int, int]] = []

    def allocate_segment(self, minimum_size: int, /) -> tuple[int, int]:
        words = max(minimum_size, self.words) - self.missing
        array = (ctypes.c_uint64 * (words + 1))()
        ctypes.memset(array, 0xEE, ctypes.sizeof(array))
        address = ctypes.addressof(array) + self.shift
        self.arrays[address] = array
        return address, words

    def deallocate_segment(self, address: int, word_size: int, words_used: int, /) -> None:
        del self.arrays[address]
        self.back.append((word_size, words_used))


@pytest.mark.parametrize("words", [0, 20, 500])
def test_memory_by_its_address(words: int) -> None:
    supply = Supply(words)
    with MessageBuilder(AddressAllocator(supply)) as message:
        init_child(init_node(message)).set_text(TEXT, "by address")
        assert meaning(message)["child"]["text"] == "by address"
        used = message.segment_words()
        for array in supply.arrays.values():
            assert array[len(array) - 1] == 0xEEEEEEEEEEEEEEEE
    assert supply.arrays == {}
    assert [each for _, each in supply.back] == list(used)


@pytest.mark.parametrize("bad", [Supply(shift=4), Supply(missing=1)], ids=["unaligned", "short"])
def test_an_address_that_cannot_be_right_is_refused_and_given_back(bad: Supply) -> None:
    with MessageBuilder(AddressAllocator(bad)) as message:
        with pytest.raises(AllocationRefused) as caught:
            init_node(message)
        assert isinstance(caught.value.__cause__, ValueError)
        assert bad.arrays == {}


class Answering:
    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.back = 0

    def allocate_segment(self, minimum_size: int, /) -> Any:
        return self.answer

    def deallocate_segment(self, address: int, word_size: int, words_used: int, /) -> None:
        self.back += 1
        raise OSError("nothing was granted")


@pytest.mark.parametrize(
    "answer", [(0, 100), (8, 1 << 64), (-16, 100), None, (8,), ("8", 100), (8, 100.0)], ids=str
)
def test_what_is_no_address_is_refused_and_never_touched(answer: Any) -> None:
    message = MessageBuilder(AddressAllocator(Answering(answer)))
    with pytest.raises(AllocationRefused):
        init_node(message)
    message.close()


def test_memory_that_cannot_be_given_back_is_told_of_once() -> None:
    class Refusing(Supply):
        def deallocate_segment(self, *_: int) -> None:
            raise OSError

    message = MessageBuilder(AddressAllocator(Refusing()))
    init_child(init_node(message))
    with pytest.raises(ReleaseFailed) as caught:
        message.close()
    assert len(caught.value.failures) == 2
    message.close()


# -- handed over in advance ------------------------------------------------------------------------


def test_segments_are_those_handed_over_in_order() -> None:
    buffers = [bytearray(120), bytearray(8), bytearray(320)]
    memory = HandedOverAllocator(buffers)
    with MessageBuilder(memory) as message:
        node = init_node(message)
        init_child(node).set_text(TEXT, "third")
        assert message.segments()[1] == buffers[2][: message.segment_words()[1] * 8]
        with pytest.raises(AllocationRefused) as caught:
            node.set_text(TEXT, "no more is left" * 30)
        assert isinstance(caught.value.__cause__, MemoryError)
        assert meaning(message)["child"]["text"] == "third"
    with MessageBuilder(memory) as message:
        assert init_node(message).get_uint64(0) == 0
    with pytest.raises(LookupError):
        memory.segment(0)


def test_what_is_handed_over_must_be_buffers() -> None:
    with pytest.raises(ArgumentError):
        HandedOverAllocator([bytearray(8), b"read-only"])


# -- arguments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "adapt",
    [
        lambda: CallableAllocator(None),  # type: ignore[arg-type]
        lambda: CallableAllocator(bytearray, take_back="no function"),  # type: ignore[arg-type]
        lambda: AddressAllocator(object()),  # type: ignore[arg-type]
        lambda: HandedOverAllocator(5),  # type: ignore[arg-type]
        lambda: HandedOverAllocator([b"read-only"]),
        lambda: HandedOverAllocator(["no buffer"]),
    ],
)
def test_what_cannot_be_adapted_is_told_at_once(adapt: Any) -> None:
    with pytest.raises(ArgumentError):
        adapt()
