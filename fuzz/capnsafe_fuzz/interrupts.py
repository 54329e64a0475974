"""The exception that a signal raises in the command."""

from __future__ import annotations

from typing import NoReturn


class Interrupted(KeyboardInterrupt):
    """A signal asked the command to end.

    Python remembers a plain KeyboardInterrupt that leaves code run by ``exec``, as in a dataclass
    that is being made, and lets SIGINT kill the process at its end whatever its exit code is. It
    looks for that very class.
    """


def interrupt(number: int, frame: object) -> NoReturn:
    """Raise ``Interrupted``: a handler for ``signal.signal``."""
    raise Interrupted
