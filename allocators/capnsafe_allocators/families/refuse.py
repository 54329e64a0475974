"""refuse: the allocator raises instead of doing what it was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fault import Fault, When
from .family import Family, Kind

if TYPE_CHECKING:
    from ..grant import Grant
    from ..hostile import HostileAllocator


class CustomRefusal(Exception):
    """An exception class that no library can know."""


_EXCEPTIONS: dict[str, type[BaseException]] = {
    "MemoryError": MemoryError,
    "OSError": OSError,
    "ValueError": ValueError,
    "KeyError": KeyError,
    "custom": CustomRefusal,
    "KeyboardInterrupt": KeyboardInterrupt,
}


def _before_call(
    allocator: HostileAllocator, fault: Fault, kind: When, grant: Grant | None
) -> BaseException:
    return _EXCEPTIONS[fault.kind](f"refused on purpose: {kind.value}")


REFUSE = Family(
    name="refuse",
    description="raises instead of doing what it was asked",
    kinds={
        "MemoryError": Kind("There is no memory left."),
        "OSError": Kind("The system failed."),
        "ValueError": Kind("An exception that a library may also raise for arguments."),
        "KeyError": Kind("A LookupError: from segment() it says that the segment is gone."),
        "custom": Kind("An exception class that no library can know."),
        "KeyboardInterrupt": Kind("A BaseException, which must pass through unchanged."),
    },
    promises=("P1", "P2", "P5", "P8"),
    moments=(When.ALLOCATE, When.SEGMENT, When.RELEASE, When.ANY, When.AFTER),
    before_call=_before_call,
)
