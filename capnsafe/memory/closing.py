"""Context managers for allocators whose memory must be released even if a message stays open."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from .uncopyable import Uncopyable


class Closing(Uncopyable, ABC):
    """The base of allocators that are closed at the end of a ``with`` block."""

    __slots__ = ()

    @abstractmethod
    def close(self) -> None:
        """Release everything. Closing again does nothing."""

    def __enter__(self) -> Self:
        """Return the allocator itself."""
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Release everything that is left."""
        self.close()
