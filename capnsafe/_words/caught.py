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
class Shrank(Exception):
    """A segment became too short for the words just reserved in it, so plan the call again."""
