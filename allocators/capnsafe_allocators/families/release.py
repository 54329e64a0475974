"""release: the allocator raises from release, and has taken the grant back all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fault import Fault, When
from .exceptions import EXCEPTION_KINDS, EXCEPTIONS
from .family import Family

if TYPE_CHECKING:
    from ..grant import Grant
    from ..hostile import HostileAllocator


def _before_call(
    allocator: HostileAllocator, fault: Fault, kind: When, grant: Grant | None
) -> BaseException | None:
    if kind is not When.RELEASE:
        return None
    return EXCEPTIONS[fault.kind](f"released, and raised on purpose: {grant!r}")


RELEASE = Family(
    name="release",
    description="raises from release",
    kinds=EXCEPTION_KINDS,
    promises=("P1", "P8"),
    moments=(When.RELEASE, When.AFTER),
    before_call=_before_call,
)
