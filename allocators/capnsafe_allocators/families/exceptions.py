"""The exceptions that faults raise: one class of each kind that a library could confuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from .effects import Effects
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

_SENTENCES: Final[Mapping[type[BaseException], str]] = {
    MemoryError: "There is no memory left.",
    OSError: "The system failed.",
    ValueError: "An exception that a library may also raise for arguments.",
    KeyError: "A LookupError; from segment() it means that the segment is gone.",
    IndexError: "Another LookupError, which a library may also raise for arguments.",
    StopIteration: "An exception that silently ends an iteration.",
    CustomRefusal: "An exception class that no library can know.",
    KeyboardInterrupt: "A BaseException, which must pass through unchanged.",
    SystemExit: "Another BaseException.",
}


def exception_kinds(effects_of: Callable[[type[BaseException]], Effects]) -> dict[str, Kind]:
    """Return one kind for each exception, with the effects that ``effects_of`` returns for it."""
    return {
        name: Kind(_SENTENCES[exception], effects=effects_of(exception))
        for name, exception in EXCEPTIONS.items()
    }
