"""move: segments change place, and what still points at the old place is wrong.

The contents are copied to memory of our own. The old place is painted over and watched, so that a
later write into it is seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fault import Fault, When
from .family import Family, Kind

if TYPE_CHECKING:
    from ..grant import Grant
    from ..hostile import HostileAllocator


def _before_call(
    allocator: HostileAllocator, fault: Fault, kind: When, grant: Grant | None
) -> str | None:
    return _move(allocator, fault)


def _move(allocator: HostileAllocator, fault: Fault) -> str | None:
    if fault.kind == "all":
        # The bytes of an empty grant have no address that a client could hold.
        moving = [grant for grant in allocator.live if grant.shown_bytes]
    else:
        chosen = allocator.live_grant(fault.segment)
        moving = [chosen] if chosen is not None and chosen.shown_bytes else []
    if not moving:
        return None
    if fault.kind == "resize":
        return allocator.resize_in_place(moving[0])
    for grant in moving:
        allocator.relocate(grant)
    names = ", ".join(str(grant.index) for grant in moving)
    return f"segment {names} moved" if len(moving) == 1 else f"segments {names} moved"


MOVE = Family(
    name="move",
    description="puts segments elsewhere",
    kinds={
        "one": Kind("One segment changes place.", takes_segment=True),
        "all": Kind("All segments change place."),
        "resize": Kind(
            "The bytearray below one segment is resized, and back, so that it moves; "
            "that fails, and is evidence, while a view of it is held.",
            takes_segment=True,
        ),
    },
    promises=("P4", "P11"),
    moments=(When.ALLOCATE, When.SEGMENT, When.RELEASE, When.GROW, When.ANY, When.AFTER),
    before_call=_before_call,
    between_operations=_move,
    changes_segments=True,
)
