"""Exceptions that the library raises and catches itself; none of them reaches a caller.

They have a module of their own, because mypyc cannot compile a class that inherits from a built-in
exception.
"""

from __future__ import annotations

from typing import final


@final
class Raised(Exception):
    """The caller's code raised an exception, which is the ``__cause__``."""


@final
class Misplaced(Exception):
    """An item of a dict or list is wrong. Its keys and indices lead to the error."""

    def __init__(self, keys: list[str], error: Exception) -> None:
        super().__init__(keys, error)
        self.keys = keys
        self.error = error


@final
class Shrank(Exception):
    """A segment became too short for the words just reserved in it, so plan the call again."""
