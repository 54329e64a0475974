"""What an allocator may raise: a class of each sort that a library could confuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .family import Kind


class CustomRefusal(Exception):
    """An exception class that no library can know."""


EXCEPTIONS: Final[Mapping[str, type[BaseException]]] = {
    "MemoryError": MemoryError,
    "OSError": OSError,
    "ValueError": ValueError,
    "KeyError": KeyError,
    "IndexError": IndexError,
    "StopIteration": StopIteration,
    "custom": CustomRefusal,
    "KeyboardInterrupt": KeyboardInterrupt,
    "SystemExit": SystemExit,
}

#: The same, told to people.
EXCEPTION_KINDS: Final[Mapping[str, Kind]] = {
    "MemoryError": Kind("There is no memory left."),
    "OSError": Kind("The system failed."),
    "ValueError": Kind("An exception that a library may also raise for arguments."),
    "KeyError": Kind("A LookupError: from segment() it says that the segment is gone."),
    "IndexError": Kind("Another LookupError, which a library may also raise for arguments."),
    "StopIteration": Kind("An exception that ends an iteration in silence."),
    "custom": Kind("An exception class that no library can know."),
    "KeyboardInterrupt": Kind("A BaseException, which must pass through unchanged."),
    "SystemExit": Kind("Another BaseException."),
}
