"""Memory that is never copied: each copy would grant and release the same words."""

from __future__ import annotations

from typing import NoReturn

from ..errors import ArgumentTypeError


class Single:
    """Something that ``copy`` and ``pickle`` refuse with ``ArgumentTypeError``."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        """Refuse copying and pickling."""
        raise ArgumentTypeError(
            f"a {type(self).__name__} cannot be copied: both would grant and release the same words"
        )
