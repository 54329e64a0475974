"""The exception that a signal raises in the command."""

from __future__ import annotations

import _thread
import sys
import threading
from typing import NoReturn

AGAIN_SECONDS = 0.01
"""The delay after which a lost signal is delivered again."""


class Interrupted(KeyboardInterrupt):
    """A signal asked the command to end.

    Python remembers a plain KeyboardInterrupt that leaves code run by ``exec``, as in a dataclass
    that is being made, and lets SIGINT kill the process at its end whatever its exit code is. It
    looks for that very class.
    """


def interrupt(number: int, frame: object) -> NoReturn:
    """Raise ``Interrupted``: a handler for ``signal.signal``."""
    raise Interrupted(number)


def deliver_again(lost: sys.UnraisableHookArgs) -> None:
    """Deliver a signal again if Python ignored its exception: a hook for ``sys.unraisablehook``.

    Python ignores exceptions in finalizers, and in functions that run after a fork.
    """
    if isinstance(lost.exc_value, Interrupted):
        threading.Timer(AGAIN_SECONDS, _thread.interrupt_main, lost.exc_value.args).start()
    else:
        sys.__unraisablehook__(lost)
