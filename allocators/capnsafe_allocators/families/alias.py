"""alias: two segments share memory.

A client can see by addresses that a new grant or added words share memory, and must refuse them.
Memory that is shared later is a change of contents that addresses do not show in time.
"""

from __future__ import annotations

from dataclasses import replace

from capnsafe.allocator import FEW_SEGMENTS

from ..fault import Fault, When
from ..grant import Grant
from ..growth import take_in
from ..ledger import Ledger
from ..place import WORD_BYTES, Place, make_room
from .effects import Effects, Excuse, Loss, Move
from .family import Family, Kind


def _on_grant(ledger: Ledger, fault: Fault, grant: Grant) -> str | None:
    if fault.kind == "later":
        return None
    # The new grant is the last live one.
    earlier = len(ledger.live) - 1
    if earlier < 1:
        return None
    other = ledger.live[fault.segment % earlier]
    if not other.shown_bytes:
        return None
    if fault.kind == "again":
        ledger.grant_again(grant, other)
        return f"the grant of segment {other.index} was granted again"
    words = max(1, fault.amount) if fault.kind == "overlap" else 0
    if not _lay_over(ledger, grant, other, words):
        return None
    grant.own_words = 0
    return f"segment {grant.index} was granted in the memory of segment {other.index}"


def _lay_over(ledger: Ledger, grant: Grant, other: Grant, words: int) -> bool:
    """Move a grant into the memory of another, ``words`` words from its start, if possible."""
    shown = other.shown_bytes - words * WORD_BYTES
    if shown < WORD_BYTES or other.place.of is not None or grant.place.of is not None:
        return False
    if ledger.stays and words:
        # Memory that stays is shown as the whole bytearray of a grant.
        return False
    ledger.abandon(grant)
    grant.place = Place.within(other.place, words, other.shown_bytes)
    # A client with many segments need not look at all of them again, and would miss the overlap if
    # the other one moved now. So there it stays.
    if not ledger.stays and len(ledger.live) <= FEW_SEGMENTS:
        make_room(other.place.buffer())
    grant.granted_bytes = grant.shown_bytes = shown
    grant.most_words = max(grant.most_words, grant.words)
    # Writes through one change the other.
    grant.tampered = other.tampered = True
    return True


def _on_growth(ledger: Ledger, fault: Fault, grant: Grant, first: int) -> str | None:
    if fault.kind not in ("same", "overlap") or ledger.stays:
        return None
    # A client with many segments need not know the places of all of them.
    if len(ledger.live) > FEW_SEGMENTS:
        return None
    others = [
        other
        for other in ledger.live
        if other is not grant and other.shown_bytes and ledger.is_whole(other)
    ]
    if not others:
        return None
    other = others[fault.segment % len(others)]
    words = max(1, fault.amount) if fault.kind == "overlap" else 0
    grant.own_words = first // WORD_BYTES + words
    take_in(ledger, grant, other, grant.own_words)
    return f"segment {grant.index} grew into the memory of segment {other.index}"


def _before_call(ledger: Ledger, fault: Fault, kind: When, grant: Grant | None) -> str | None:
    return _later(ledger, fault)


def _later(ledger: Ledger, fault: Fault) -> str | None:
    if fault.kind != "later":
        return None
    grant = ledger.live_grant(fault.segment + 1)
    other = ledger.live_grant(fault.segment)
    if grant is None or other is None or grant is other or not other.shown_bytes:
        return None
    if ledger.stays or not _lay_over(ledger, grant, other, 0):
        return None
    return f"segment {grant.index} was put into the memory of segment {other.index}"


_SHARED = Effects(
    excuses=Excuse.STEP,
    # The segment can no longer grow.
    excuses_in_growth=Excuse.REST,
    loses_words=Loss.NONE,
    says_gone=False,
    changes_contents=False,
    shares_memory=True,
    exchanges_segments=False,
    soils=False,
    moves=Move.NOWHERE,
    endless=True,
    calls_message=False,
    aims=False,
)
_SHARED_LATER = replace(
    _SHARED, excuses=Excuse.REST, changes_contents=True, exchanges_segments=True
)

ALIAS = Family(
    name="alias",
    description="lets two segments share memory",
    kinds={
        "same": Kind(
            "A grant, or the words added to a growing segment, lie in the place of another one.",
            effects=_SHARED,
            takes_segment=True,
        ),
        "overlap": Kind(
            "A grant begins `amount` words (at least one) behind the start of another segment; "
            "added words reach another one after `amount` words.",
            effects=_SHARED,
            takes_segment=True,
            takes_amount=True,
            swept_amounts=(1, 2),
        ),
        "again": Kind(
            "A live grant is granted a second time.", effects=_SHARED, takes_segment=True
        ),
        "later": Kind(
            "A segment is moved to the place of the one before it.",
            effects=_SHARED_LATER,
            takes_segment=True,
        ),
    },
    demand="separate",
    promises=("P3", "P5v", "P8"),
    moments=(When.ALLOCATE, When.SEGMENT, When.RELEASE, When.GROW, When.ANY, When.AFTER),
    changes_segments=False,
    needs_earlier=False,
    before_call=_before_call,
    on_grant=_on_grant,
    on_growth=_on_growth,
    between_operations=_later,
)
