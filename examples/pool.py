"""Share a bounded number of words among many messages.

    python examples/pool.py

If the pool is full, the call raises AllocationRefused, and the message stays as it was.
"""

from capnsafe import AllocationRefused, MessageBuilder
from capnsafe.memory import PoolAllocator

pool = PoolAllocator(pool_words=100, segment_words=25)
open_messages = []
try:
    for number in range(10):
        message = MessageBuilder(pool)
        open_messages.append(message)
        message.init_root(data_words=1, pointer_count=1).set_text(0, f"message {number}")
except AllocationRefused as error:
    print(f"{len(open_messages) - 1} messages, then: {error}")

for message in open_messages:
    message.close()
print(f"{pool.free_words} words are free again")
