"""The error for a call during which Python ran out of stack or memory.

A frame that has no room to call another function can still raise: a ``try`` costs nothing, and the
functions below make the error in C, without a frame. So each function of a public call has its own
handler. Python's own ``RecursionError`` reaches the caller only if the call fails before its first
handler, and then it has done nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from sys import _getframe, getrecursionlimit
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


#: The shift from the recursion limit to a quarter of it. Before Python 3.12, C functions used up
#: the same stack, and its frames do not show how much is in use: then the shift leaves nothing.
_SHIFT: Final = 2 if sys.version_info >= (3, 12) else 62


def stack_check(frames: int) -> Callable[[], None]:
    """Return a function that raises ``RecursionError`` if calls cannot nest ``frames`` deeper.

    Every message calls one when it is closed. So its levels are made here, once, and each of them
    only calls the next: that takes a third of the time of a function that counts them down. They
    are called only if a quarter of the stack is in use.
    """
    check = _last_level
    for _ in range(frames - 2):
        check = _level_above(check)

    def check_unless_shallow() -> None:
        try:
            _getframe(getrecursionlimit() >> _SHIFT)
        except ValueError:
            # There are fewer frames.
            return
        check()

    return check_unless_shallow


def _last_level() -> None:
    pass


def _level_above(check: Callable[[], None]) -> Callable[[], None]:
    # Not ``check`` itself: the frame of this call is the purpose.
    return lambda: check()
