"""The output of a message: the words of its segments."""

from __future__ import annotations

from collections.abc import Callable

from ..wire import WORD_BYTES
from .arena import Arena
from .segment import Segment


def put_out(arena: Arena, write: Callable[[bytes | memoryview], object]) -> None:
    """Pass the handed-out words of each segment to ``write``, which must only copy them.

    Use it only within a call.
    """
    # Every segment is borrowed, so lost words are noticed (P5), and every retired word is zero
    # before it is copied (P9).
    for segment in arena.segments:
        _emit(arena, segment, segment.used * WORD_BYTES, write)


def _emit(
    arena: Arena, segment: Segment, size: int, write: Callable[[bytes | memoryview], object]
) -> None:
    if arena.verifies:
        # The copy that was compared is emitted (P5v).
        write(arena.copy_out(segment, 0, size))
        return
    view = arena.borrow(segment)
    try:
        view = arena.hold_part(view, size)
        write(view)
    finally:
        arena.give_back(view)
