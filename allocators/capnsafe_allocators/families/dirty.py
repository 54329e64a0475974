"""dirty: the allocator grants memory that is not zero, or adds it when a segment grows.

Or the words of a grant are zero at first, and somebody writes to those that are not in use yet.
"""

from __future__ import annotations

import struct

from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from ..place import WORD_BYTES, paint
from .effects import Effects, Excuse, Loss, Move
from .family import Family, Kind

#: A struct pointer to the next word with one data word and one pointer, a list pointer to the next
#: word with one byte, a single far pointer to word 0 of segment 0, and a double far pointer there.
_POINTERS = struct.pack("<8I", 0, 1 | 1 << 16, 1, 2 | 1 << 3, 2, 0, 6, 0)
_FILLER = b"\xa5" * WORD_BYTES


def _on_grant(ledger: Ledger, fault: Fault, grant: Grant) -> str | None:
    if fault.kind == "behind" or not _soil(ledger, fault, grant, 0):
        return None
    return f"segment {grant.index} was granted full of {fault.kind}"


def _on_growth(ledger: Ledger, fault: Fault, grant: Grant, first: int) -> str | None:
    if fault.kind == "behind" or not _soil(ledger, fault, grant, first):
        return None
    return f"the words added to segment {grant.index} are full of {fault.kind}"


def _soil(ledger: Ledger, fault: Fault, grant: Grant, first: int) -> bool:
    """Fill a grant from byte ``first`` on; return False if there are no bytes."""
    shown = grant.shown_bytes // WORD_BYTES * WORD_BYTES - first
    if shown <= 0:
        return False
    if fault.kind != "pointers":
        dirt = paint(_FILLER, shown)
    else:
        dirt = (_POINTERS * (shown // len(_POINTERS) + 1))[:shown]
    ledger.write(grant, first, dirt)
    return True


def _between_operations(ledger: Ledger, fault: Fault) -> str | None:
    """Soil the words after those in use; between operations no others are reserved."""
    if fault.kind != "behind" or ledger.used is None:
        return None
    soiled = 0
    for grant in ledger.live:
        used = ledger.used_words(grant)
        if used * WORD_BYTES < grant.shown_bytes and not grant.gone:
            soiled += _soil(ledger, fault, grant, used * WORD_BYTES)
    return f"the words after those in use became dirty in {soiled} segments" if soiled else None


_SOILED = Effects(
    excuses=Excuse.NOTHING,
    excuses_in_growth=Excuse.NOTHING,
    loses_words=Loss.NONE,
    says_gone=False,
    changes_contents=False,
    shares_memory=False,
    exchanges_segments=False,
    soils=True,
    moves=Move.NOWHERE,
    endless=False,
    calls_message=False,
    aims=False,
)

DIRTY = Family(
    name="dirty",
    description="grants or adds memory that is not zero",
    kinds={
        "filler": Kind("Every byte of the grant, or of the added words, is 0xA5.", effects=_SOILED),
        "pointers": Kind(
            "The words of the grant, or those added, look like struct, list and far pointers.",
            effects=_SOILED,
        ),
        "behind": Kind(
            "Every byte after the words in use becomes 0xA5 when an operation has finished.",
            effects=_SOILED,
        ),
    },
    demand="zeroed",
    promises=("P9", "P11"),
    moments=(When.ALLOCATE, When.GROW, When.ANY, When.AFTER),
    changes_segments=False,
    needs_earlier=False,
    on_grant=_on_grant,
    on_growth=_on_growth,
    between_operations=_between_operations,
)
