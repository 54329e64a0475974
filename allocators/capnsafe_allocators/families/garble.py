"""garble: the allocator returns something other than writable bytes, or an unusual key.

The contract allows some kinds, and clients must accept them: a buffer with words as its items,
bytes past the last whole word, and any object as a key.
"""

from __future__ import annotations

import ctypes
from dataclasses import replace
from typing import Any

from ..fault import Fault, When
from ..grant import Grant, ThornyKey
from ..ledger import Ledger
from ..place import WORD_BYTES
from .effects import Effects, Excuse, Loss, Move
from .exceptions import CustomRefusal
from .family import Family, Kind, SegmentResult

#: Bytes that are lent past the last word: fewer than a word.
_ODD_BYTES = 5


class Unexportable:
    """An object whose buffer raises when it is requested. Before Python 3.12 it has no buffer."""

    def __buffer__(self, flags: int, /) -> memoryview:
        """Raise an exception class that no library can know."""
        raise CustomRefusal("the buffer is refused on purpose")


def _released_view() -> memoryview:
    view = memoryview(bytearray(WORD_BYTES))
    view.release()
    return view


def _on_borrow(ledger: Ledger, fault: Fault, grant: Grant, buffer: Any) -> SegmentResult | None:
    value: Any
    match fault.kind:
        case "none":
            value = None
        case "number":
            value = grant.words
        case "objects":
            value = (ctypes.py_object * max(1, grant.words))()
        case "released":
            value = _released_view()
        case "raises":
            value = Unexportable()
        case "read-only":
            value = ledger.lend(grant, memoryview.toreadonly)
        case "strided" if grant.shown_bytes >= WORD_BYTES:
            value = ledger.lend(grant, lambda view: view[::2])
        case "words" if grant.shown_bytes >= WORD_BYTES and not grant.shown_bytes % WORD_BYTES:
            value = ledger.lend(grant, lambda view: view.cast("Q"))
        case "odd-length" if not grant.shown_bytes % WORD_BYTES:
            value = ledger.lend(grant, extra_bytes=_ODD_BYTES)
        case _:
            return None
    tells_length = fault.kind in ("words", "odd-length")
    return SegmentResult(
        value, f"segment() returned {fault.kind} for segment {grant.index}", tells_length
    )


def _on_grant(ledger: Ledger, fault: Fault, grant: Grant) -> str | None:
    if fault.kind == "thorny-key":
        grant.key = ThornyKey(grant.index)
        return f"the key of segment {grant.index} raises in every operation"
    if fault.kind == "no-key" and (ledger.nameless is None or not ledger.nameless.lives):
        grant.key = None
        ledger.nameless = grant
        return f"the key of segment {grant.index} is None"
    return None


_GARBLED = Effects(
    excuses=Excuse.STEP,
    excuses_in_growth=Excuse.STEP,
    loses_words=Loss.NONE,
    says_gone=False,
    changes_contents=False,
    shares_memory=False,
    exchanges_segments=False,
    soils=False,
    moves=Move.NOWHERE,
    endless=False,
    calls_message=False,
    aims=False,
)

_HARMLESS = replace(_GARBLED, excuses=Excuse.NOTHING, excuses_in_growth=Excuse.NOTHING)

GARBLE = Family(
    name="garble",
    description="returns something other than writable bytes",
    kinds={
        "none": Kind("segment() returns None.", effects=_GARBLED),
        "number": Kind("segment() returns a number.", effects=_GARBLED),
        "objects": Kind("segment() returns a buffer of Python objects.", effects=_GARBLED),
        "released": Kind("segment() returns a released view.", effects=_GARBLED),
        "raises": Kind(
            "segment() returns an object whose buffer raises when it is requested.",
            effects=_GARBLED,
        ),
        "read-only": Kind("segment() returns a buffer that cannot be written.", effects=_GARBLED),
        "strided": Kind("segment() returns every other byte of the segment.", effects=_GARBLED),
        "words": Kind(
            "segment() returns the segment as words instead of bytes: harmless.", effects=_HARMLESS
        ),
        "odd-length": Kind(
            "segment() returns a few bytes past the last word: harmless.", effects=_HARMLESS
        ),
        "thorny-key": Kind(
            "The key raises when it is compared, hashed or printed: harmless.", effects=_HARMLESS
        ),
        "no-key": Kind("The key is None, for one segment at a time: harmless.", effects=_HARMLESS),
    },
    demand="writable",
    promises=("P1", "P2", "P3"),
    moments=(When.SEGMENT, When.ALLOCATE, When.GROW, When.ANY, When.AFTER),
    changes_segments=False,
    needs_earlier=False,
    on_borrow=_on_borrow,
    on_grant=_on_grant,
)
