"""A family of faults to begin with: a disk that is full, or that has lost a page.

Declare it in pyproject.toml, and every search lays its faults:

    [project.entry-points."capnsafe.faults"]
    disk = "fault_template:DISK"

``capnsafe_allocators/families/family.py`` lists the hooks, and ``effects.py`` the effects.
"""

import errno
from dataclasses import replace

from capnsafe_allocators import Effects, Excuse, Family, Kind, Loss, Move, When


def before_call(ledger, fault, call, grant):
    """Return the exception to raise, a sentence about a change that was made, or None."""
    if fault.kind == "full":
        return OSError(errno.ENOSPC, "the disk is full")
    if grant is None or not any(ledger.contents(grant)):
        return None
    ledger.write(grant, 0, bytes(len(ledger.contents(grant))))
    return f"segment {grant.index} has only zeros"


FULL = Effects(
    excuses=Excuse.STEP, excuses_in_growth=Excuse.NOTHING, loses_words=Loss.NONE, says_gone=False,
    changes_contents=False, shares_memory=False, exchanges_segments=False, soils=False,
    moves=Move.NOWHERE, endless=False, calls_message=False, aims=False,
)  # fmt: skip
LOST = replace(
    FULL, excuses=Excuse.REST, excuses_in_growth=Excuse.REST, changes_contents=True, endless=True
)

DISK = Family(
    name="disk",
    description="is a file on a disk that is full, or that has lost a page",
    kinds={
        "full": Kind("The call raises OSError.", effects=FULL),
        "lost": Kind("The segment of the call has only zeros.", effects=LOST),
    },
    demand="granted",
    promises=("P1", "P2", "P5v", "P8"),
    moments=(When.ALLOCATE, When.SEGMENT, When.GROW),
    changes_segments=False,
    needs_earlier=False,
    before_call=before_call,
)
