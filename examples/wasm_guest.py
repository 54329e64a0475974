"""Build a message in the memory of a WebAssembly guest, which then reads it where it lies.

    pip install .[wasm]
    python examples/wasm_guest.py

Not one byte is copied between host and guest, though the guest's memory moves at every growth.
"""

from ctypes import addressof

from capnsafe import MessageBuilder
from capnsafe.memory.wasm import WasmAllocator, moving_engine, new_guest

# struct Order { number @0 :UInt64; customer @1 :Text; notes @2 :Data; lines @3 :List(Line); }
# struct Line { price @0 :UInt32; count @1 :UInt32; }
LINES = 5000

store, guest = new_guest(moving_engine())
functions = guest.exports(store)
places = set()

with WasmAllocator(store, guest, segment_words=256) as memory, MessageBuilder(memory) as message:
    order = message.init_root(data_words=1, pointer_count=3)
    order.set_uint64(0, 467)
    order.set_text(0, "Alice")
    for attempt in range(3):
        # Each of these makes the guest grant more memory, which moves the earlier segments.
        lines = order.init_struct_list(2, LINES * 2**attempt, data_words=1, pointer_count=0)
        for index, line in enumerate(lines):
            line.set_uint32(0, index)
            line.set_uint32(1, 2)
        places.add(addressof(functions["memory"].data_ptr(store).contents))

    # Tell the guest where the segments are, in its own addresses, and how many words they have.
    for pointer, words in zip(memory.pointers, message.check_segments(), strict=True):
        functions["add_segment"](store, pointer, words)
    number = functions["number"](store)
    total = functions["total"](store)
    customer = functions["customer_hash"](store) % 2**64

print(f"the guest's memory was seen in {len(places)} places while the message was built")
print(f"the guest read order {number}: total {total}, hash of the customer {customer:#x}")
