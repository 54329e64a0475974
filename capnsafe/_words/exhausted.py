"""The error for a call during which Python ran out of stack or memory.

A frame that has no room to call another function can still raise: a ``try`` costs nothing, and the
functions below make the error in C, without a frame. So each function of a public call has its own
handler. Python's own ``RecursionError`` reaches the caller only if the call fails before its first
handler, and then it has done nothing.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from ..errors import Exhausted

#: Make the error without a frame on the stack, which ``Exhausted(…)`` would need.
exhausted: Final = partial(
    Exhausted.__new__,
    Exhausted,
    "Python ran out of stack or memory; the call changed nothing, and may be tried again",
)
exhausted_when_done: Final = partial(
    Exhausted.__new__,
    Exhausted,
    "Python ran out of stack or memory after the call had done its work; do not repeat it",
)


def require_stack(frames: int) -> None:
    """Raise ``RecursionError`` if calls cannot be nested by ``frames`` more levels."""
    if frames > 1:
        require_stack(frames - 1)
