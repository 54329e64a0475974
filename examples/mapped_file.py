"""Build a message in a file that grows with it, and read it from the mapped file.

    python examples/mapped_file.py

The message may be larger than memory, and is never copied: the file is the message.
"""

import tempfile
from mmap import ACCESS_READ, mmap
from pathlib import Path

from capnsafe import Element, MessageBuilder, read_message
from capnsafe.memory.mapped_file import MappedFileAllocator

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "samples.bin"

    # struct Samples { name @0 :Text; values @1 :List(UInt64); }
    with MappedFileAllocator(path) as memory, MessageBuilder(memory) as message:
        samples = message.init_root(data_words=0, pointer_count=2)
        samples.set_text(0, "a million squares")
        values = samples.init_list(1, Element.UINT64, 1_000_000)
        for index in range(0, 1_000_000, 1000):
            values[index] = index * index
        memory.finish(message.check_segments())

    with path.open("rb") as file:
        read = read_message(mmap(file.fileno(), 0, access=ACCESS_READ)).get_root()
    numbers = read.get_list(1, Element.UINT64)
    print(f"{path.stat().st_size} bytes: {read.get_text(0)}, the last {numbers[999_000]}")
