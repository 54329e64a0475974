"""Use memory with another interface: a function, addresses, segments made in advance.

python examples/adapters.py
"""

import ctypes

from capnsafe import MessageBuilder, Unreadable, read_message
from capnsafe.memory.adapters import AddressAllocator, CallableAllocator, HandedOverAllocator
from capnsafe.memory.adapters.accessors import AppendBuilder


class Arrays:
    """An allocator with the interface of capnproto-rust: addresses, and words used."""

    def __init__(self) -> None:
        self.arrays: dict[int, ctypes.Array[ctypes.c_uint64]] = {}

    def allocate_segment(self, minimum_size: int) -> tuple[int, int]:
        array = (ctypes.c_uint64 * minimum_size)()
        self.arrays[ctypes.addressof(array)] = array
        return ctypes.addressof(array), minimum_size

    def deallocate_segment(self, address: int, word_size: int, words_used: int) -> None:
        print(f"  {words_used} of {word_size} words were used")
        del self.arrays[address]


class Tape:
    """Memory that can be written but not read, as capnproto-rust issue #467 proposes."""

    def __init__(self) -> None:
        self.octets = bytearray()

    def alloc(self, amount: int) -> tuple[int, int]:
        self.octets += bytes(amount * 8)
        return 0, len(self.octets) // 8 - amount

    def write(self, offset: int, value: int, size: int) -> None:
        self.octets[offset : offset + size] = value.to_bytes(size, "little")

    def write_bit(self, segment: int, offset: int, bit: int, value: bool) -> None:
        self.octets[offset] = self.octets[offset] & ~(1 << bit) | value << bit

    def write_u8(self, segment: int, offset: int, value: int) -> None:
        self.write(offset, value, 1)

    def write_u16(self, segment: int, offset: int, value: int) -> None:
        self.write(offset, value, 2)

    def write_u32(self, segment: int, offset: int, value: int) -> None:
        self.write(offset, value, 4)

    def write_u64(self, segment: int, offset: int, value: int) -> None:
        self.write(offset, value, 8)


for name, memory in {
    "a function": CallableAllocator(lambda minimum_words: bytearray(minimum_words * 8)),
    "addresses": AddressAllocator(Arrays()),
    "made in advance": HandedOverAllocator([bytearray(64), bytearray(4096)]),
}.items():
    with MessageBuilder(memory) as message:
        message.init_root(data_words=1, pointer_count=1).set_text(0, "Alice")
        print(f"{name}: {read_message(message.to_bytes()).get_root().get_text(0)}")

tape = Tape()
root = AppendBuilder(tape, zeroed=True).init_root(data_words=1, pointer_count=1)
root.set_text(0, "Alice")
try:
    root.get_text(0)
except Unreadable as error:
    print(f"accessors: {error}")
