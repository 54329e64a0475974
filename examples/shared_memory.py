"""Build a message in shared memory, and let another process read it there.

    python examples/shared_memory.py

Only a name and a number for each segment go through the pipe between the two processes.
"""

from multiprocessing import get_context
from multiprocessing.connection import Connection

from capnsafe import MessageBuilder, MessageReader
from capnsafe.memory.shared_memory import SharedMemoryAllocator, SharedSegments


def reader(pipe: Connection) -> None:
    """Read the message whose segments the pipe names, and report what it says."""
    with SharedSegments(pipe.recv()) as shared:
        root = MessageReader(shared.segments).get_root()
        description = f"{root.get_text(0)} is {root.get_uint32(0)}"
        del root  # Readers must go before the memory.
    pipe.send(description)


def main() -> None:
    """Build a message, and wait until the other process has read it."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=reader, args=(theirs,))
    process.start()
    with SharedMemoryAllocator() as memory, MessageBuilder(memory) as message:
        person = message.init_root(data_words=1, pointer_count=1)
        person.set_uint32(0, 42)
        person.set_text(0, "Alice")
        parts = list(zip(memory.names, message.check_segments(), strict=True))
        ours.send(parts)
        print(f"the other process read: {ours.recv()}")
    process.join()


if __name__ == "__main__":
    main()
