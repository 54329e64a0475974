"""Memory that must be given back where a message is left open: at the end of a ``with`` block."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from .single import Single


class Closing(Single, ABC):
    """Something that is closed at the end of a ``with`` block, however that ends."""

    __slots__ = ()

    @abstractmethod
    def close(self) -> None:
        """Give everything back. Closing again does nothing."""

    def __enter__(self) -> Self:
        """Return this itself."""
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give back what is left."""
        self.close()
