"""The words of a message, handed to who asked for the output."""

from __future__ import annotations

from collections.abc import Callable

from ..wire import WORD_BYTES
from .arena import Arena
from .segment import Segment


def put_out(arena: Arena, write: Callable[[bytes | memoryview], object]) -> None:
    """Hand the words handed out of each segment to ``write``, which copies and calls nobody.

    Only within a call.
    """
    # Every segment is borrowed, so words lost anywhere are noticed (P5), and every retired
    # word is zero before it is copied (P9).
    for segment in arena.segments:
        _emit(arena, segment, segment.used * WORD_BYTES, write)


def _emit(
    arena: Arena, segment: Segment, size: int, write: Callable[[bytes | memoryview], object]
) -> None:
    if arena.verifies:
        # What is emitted is the copy that was compared (P5v).
        write(arena.copy_out(segment, 0, size))
        return
    view = arena.borrow(segment)
    try:
        view = arena.hold_part(view, size)
        write(view)
    finally:
        arena.give_back(view)
