"""Operations that need several calls of capnsafe's API, for sessions and printed programs.

The first argument of each function is the builder of the operation's handle, or the message.
"""

from __future__ import annotations

from typing import Any


def write_lent(numbers: Any, octets: bytes) -> None:
    """Lend a list, and write bytes to the beginning of its memory."""
    with numbers.lend() as view, view.cast("B") as lent:
        size = min(len(lent), len(octets))
        lent[:size] = octets[:size]


def output_of_lent(message: Any, framed: Any) -> bytes:
    """Lend each segment and copy it; return the copies as a stream, made by ``framed``."""
    segments = []
    for index in range(max(1, len(message.segment_words()))):
        with message.lend_segment(index) as view:
            segments.append(bytes(view))
    stream: bytes = framed(segments)
    return stream


def size_of(builder: Any) -> int:
    """Return the number of words of an object and all objects below it."""
    words: int = builder.total_size().words
    return words


def read_back(message: Any, memory: Any, reader: Any, builder: Any) -> bytes:
    """Return the canonical form of the message that a reader of the memory sees.

    ``reader`` is the class ``MessageReader``, and ``builder`` is ``MessageBuilder``.
    """
    keys = list(memory.keys)
    if not keys:
        return bytes(8)
    read = reader.from_allocator(
        memory, keys, traversal_limit_words=_TRAVERSAL_WORDS, nesting_limit=_NESTING
    )
    if read.root_pointer().is_null(0):
        return bytes(8)
    with builder() as copy:
        copy.set_root(read.get_root())
        octets: bytes = copy.canonical()
    return octets


def resumed(message: Any, memory: Any, **options: Any) -> tuple[Any, Any]:
    """Return a new message that continues this one in the same memory, and its root."""
    # check_segments also zeroes all retired words, which the new message cannot know.
    grants = list(zip(memory.keys, message.check_segments(), strict=True))
    taken = type(message).resume(memory, grants, **options)
    root = taken.get_root()
    if hasattr(memory, "used"):
        memory.used = taken.segment_words
    return taken, root


_TRAVERSAL_WORDS = 1 << 40
_NESTING = 1 << 16
