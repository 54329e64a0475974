"""Build small messages in a buffer that is reused, and large ones on the heap.

python examples/scratch.py
"""

from capnsafe import HeapAllocator, MessageBuilder
from capnsafe.memory import ScratchAllocator

scratch = bytearray(1024)
heap = HeapAllocator()
for text in ("short", "long " * 1000, "short again"):
    with MessageBuilder(ScratchAllocator(scratch, after=heap)) as message:
        message.init_root(data_words=0, pointer_count=1).set_text(0, text)
        where = "the heap as well" if heap.live_grants else "the buffer alone"
        print(f"{len(text)} characters: in {where}")
