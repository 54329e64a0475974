"""scribble: the allocator, or another user of its memory, overwrites words that are handed out.

One word or every word is changed: to data that is not a pointer, or to pointers that a walk must
survive. They lead to themselves, out of the segment, or to more words than there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from ..place import WORD_BYTES
from .effects import Effects, Excuse, Loss, Move
from .family import Family, Kind

_STRUCT: Final = 0
_LIST: Final = 1
_FAR: Final = 2
_DOUBLE: Final = 4
#: A pointer with this offset leads to its own word (encoding specification, "Structs").
_ITSELF: Final = 0xFFFF_FFFC
_MOST_IN_A_LIST: Final = (1 << 29) - 1
_MOST_IN_A_SECTION: Final = (1 << 16) - 1
_SIZE_VOID: Final = 0
_SIZE_POINTER: Final = 6
_SIZE_COMPOSITE: Final = 7
#: Pointers of the list that contains itself: enough that a walk doubles at each step.
_FAN: Final = 2


def _list(offset: int, size: int, count: int) -> int:
    return _LIST | offset | size << 32 | count << 35


#: (segment as the client counts it, word) -> the new value of the word.
_PATTERNS: Final[Mapping[str, Callable[[int, int], int]]] = {
    "data": lambda segment, word: 0xA5A5_A5A5_A5A5_A5A5,
    "null": lambda segment, word: 0,
    "struct": lambda segment, word: _MOST_IN_A_SECTION << 32 | _MOST_IN_A_SECTION << 48,
    "list": lambda segment, word: _list(0, _SIZE_POINTER, _MOST_IN_A_LIST),
    "voids": lambda segment, word: _list(0, _SIZE_VOID, _MOST_IN_A_LIST),
    "composite": lambda segment, word: _list(0, _SIZE_COMPOSITE, 0),
    "tag": lambda segment, word: _STRUCT | _MOST_IN_A_LIST << 2,
    "circle": lambda segment, word: _STRUCT | _ITSELF | 1 << 48,
    "fan": lambda segment, word: _list(_ITSELF, _SIZE_POINTER, _FAN),
    "far": lambda segment, word: _FAR | word << 3 | segment << 32,
    "double-far": lambda segment, word: _FAR | _DOUBLE | word << 3 | segment << 32,
}


def _before_call(ledger: Ledger, fault: Fault, kind: When, grant: Grant | None) -> str | None:
    return _scribble(ledger, fault)


def _between_operations(ledger: Ledger, fault: Fault) -> str | None:
    before = {grant.index: grant.tampered for grant in ledger.live}
    change = _scribble(ledger, fault)
    if ledger.used is not None:
        # Words after those in use are unchanged, and are still judged. In the middle of a call it
        # is not certain which words are in use.
        for grant in ledger.live:
            grant.tampered = before[grant.index]
    return change


def _scribble(ledger: Ledger, fault: Fault) -> str | None:
    grant = ledger.live_grant(fault.segment)
    if grant is None:
        return None
    used = min(ledger.used_words(grant), grant.shown_bytes // WORD_BYTES)
    if not used:
        return None
    index = ledger.live.index(grant)
    if fault.kind == "circles":
        pattern_name, words = "circle", range(used)
    else:
        pattern_name, words = fault.kind, range(fault.amount % used, fault.amount % used + 1)
    pattern = _PATTERNS[pattern_name]
    scribbled = b"".join(pattern(index, word).to_bytes(WORD_BYTES, "little") for word in words)
    first = words[0] * WORD_BYTES
    if ledger.contents(grant)[first : first + len(scribbled)] == scribbled:
        return None
    ledger.write(grant, first, scribbled)
    if len(words) == 1:
        return f"word {words[0]} of segment {grant.index} became {pattern_name}"
    return f"all {used} words in use of segment {grant.index} became {pattern_name}"


_SCRIBBLED: Final = Effects(
    excuses=Excuse.REST,
    excuses_in_growth=Excuse.REST,
    loses_words=Loss.NONE,
    says_gone=False,
    changes_contents=True,
    shares_memory=False,
    exchanges_segments=False,
    soils=False,
    moves=Move.NOWHERE,
    endless=True,
    calls_message=False,
    aims=False,
)
_AIMED: Final = replace(_SCRIBBLED, aims=True)
_WORD: Final = "Word `amount` (modulo the words in use) of one segment becomes "

SCRIBBLE = Family(
    name="scribble",
    description="overwrites words that were handed out",
    kinds={
        name: Kind(_WORD + sentence, effects=_AIMED, takes_segment=True, takes_amount=True)
        for name, sentence in {
            "data": "the bytes 0xA5.",
            "null": "zero.",
            "struct": "a pointer to the largest possible struct.",
            "list": "a pointer to the longest possible list of pointers.",
            "voids": "a pointer to the longest possible list of voids.",
            "composite": "a pointer to a struct list of no words, whose tag is the next word.",
            "tag": "the tag of the longest possible list of empty structs.",
            "circle": "a pointer to a struct that consists of that pointer.",
            "fan": "a pointer to a list of two pointers, the first of which is that pointer.",
            "far": "a far pointer to itself.",
            "double-far": "a double-far pointer to itself.",
        }.items()
    }
    | {
        "circles": Kind(
            "Every word in use of one segment becomes a pointer to itself.",
            effects=_SCRIBBLED,
            takes_segment=True,
        )
    },
    demand="untouched",
    promises=("P5v", "P6", "P7"),
    moments=(When.ALLOCATE, When.SEGMENT, When.RELEASE, When.GROW, When.ANY, When.AFTER),
    changes_segments=False,
    needs_earlier=False,
    before_call=_before_call,
    between_operations=_between_operations,
)
