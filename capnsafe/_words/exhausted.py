"""The error for a call for which Python has no stack or memory left.

A frame that has no room to call anything can still raise: a ``try`` costs nothing until then, and
what makes the error is called from C. So the functions that a public call consists of have a
handler each. Python's own ``RecursionError`` reaches the caller only where its call fails before
the first of these handlers; then nothing was done.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from ..errors import Exhausted

#: Make the error. They need no frame on the stack, as ``Exhausted(…)`` does: there may be none.
exhausted: Final = partial(
    Exhausted.__new__,
    Exhausted,
    "Python has no stack or memory left: the call changed nothing, and may be tried again",
)
exhausted_when_done: Final = partial(
    Exhausted.__new__,
    Exhausted,
    "Python had no stack or memory left when the call had done its work",
)
