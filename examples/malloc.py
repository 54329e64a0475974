"""Build a message in the heap of the C library, and let C code read it by its address.

python examples/malloc.py
"""

import ctypes

from capnsafe import MessageBuilder
from capnsafe.memory.malloc import MallocAllocator

with MallocAllocator(segment_words=32) as memory, MessageBuilder(memory) as message:
    person = message.init_root(data_words=1, pointer_count=1)
    person.set_text(0, "Alice")
    (words,) = message.check_segments()
    address, granted = memory.address(0)
    # Words: the root pointer, the number, the pointer to the text, the text.
    name = ctypes.string_at(address + 3 * 8)
    print(f"C reads {name.decode()!r} in {words} of {granted} words")
