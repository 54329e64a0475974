"""The base of allocators, which cannot be copied: copies would release the same words twice."""

from __future__ import annotations

from typing import NoReturn

from .._words.native import mypyc_attr
from ..errors import ArgumentTypeError


@mypyc_attr(allow_interpreted_subclasses=True)
class Uncopyable:
    """A base class whose instances refuse ``copy`` and ``pickle`` with ``ArgumentTypeError``."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        """Refuse copying and pickling."""
        raise ArgumentTypeError(
            f"a {type(self).__name__} cannot be copied: both would grant and release the same words"
        )
