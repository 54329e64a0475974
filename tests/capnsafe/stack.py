"""Calls near the limit of the stack, and the errors that they may raise."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Thread
from typing import Any

from capnsafe import Error

#: Beyond the deepest that a call of the library goes by itself.
MOST_FRAMES = 60

#: Frames to spare with which a method can be called, and can call nothing that is prepared to fail:
#: one for the act, one for the method, and one for what does the work of several methods.
BARE_FRAMES = 3


def near_the_limit(spare: int, call: Callable[[], object]) -> BaseException | None:
    """Run a call with so many frames to spare, in a thread of its own; return what it raised."""
    raised: list[BaseException] = []

    def deeper(frames: int) -> None:
        if frames:
            deeper(frames - 1)
        else:
            call()

    def run() -> None:
        here = 0
        frame: Any = sys._getframe()
        while frame is not None:
            here += 1
            frame = frame.f_back
        try:
            # A tracer takes one more.
            traced = sys.gettrace() is not None
            deeper(sys.getrecursionlimit() - here - spare - traced)
        except BaseException as error:
            # Without the frames, which keep views.
            raised.append(error.with_traceback(None))

    thread = Thread(target=run)
    thread.start()
    thread.join()
    return raised[0] if raised else None


def require_own_error(spare: int, raised: BaseException | None) -> None:
    """Raise unless the error is the library's, or nothing of the library could be called."""
    if spare > BARE_FRAMES:
        assert isinstance(raised, Error | None), (spare, raised)
    else:
        assert isinstance(raised, RecursionError | Error | None), (spare, raised)
