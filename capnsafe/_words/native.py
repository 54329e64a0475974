"""The mark of classes that interpreted code may derive from.

mypyc compiles a class for use by compiled code only, unless it has this mark. The mark is that of
the package ``mypy_extensions``, which the library does not need at run time, so the build tells
mypyc that this module has it from there (``ci/compile_package.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def mypyc_attr(*, allow_interpreted_subclasses: bool) -> Callable[[T], T]:
    """Mark a class. This does nothing at run time."""

    def unchanged(kind: T) -> T:
        return kind

    return unchanged
