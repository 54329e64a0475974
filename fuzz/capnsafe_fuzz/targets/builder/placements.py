"""Placements: every single fault that can be laid over a program, by the trace of that program.

A fault is placed where it can act at once: at each allocator call, before it is served, and after
each operation. Other moments are left out because they add nothing: a fault that cannot act at a
call stays due, and acts as if it had been laid at the next one.

At each place a fault is laid *once*; *always* at calls of this kind from then on; and, if it can
act at calls of several kinds, *always* at any call from then on.

Some places differ little from others. So, unless ``everything`` is asked for, faults are laid at
the first and last of many calls of one kind in one operation (``MOST_CALLS``); on the segment of
the call, the first and the last one of many that are live (``MOST_SEGMENTS``); and change the first
and last of many words that are not zero (``MOST_WORDS``). Places that are left out are counted. The
amounts of other faults are those that their kind declares (``Kind.swept_amounts``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import isqrt
from typing import Final, overload

from capnsafe_allocators import FAMILIES, Family, Fault, Kind, When

from ...execution.trace import Trace, TracedCall
from ...scenario import Scenario
from ...scenario.scenario import MAX_FAULT_AMOUNT, MAX_FAULT_SEGMENT, MAX_MOMENT, trusted
from ..protocol import Variations

MOST_CALLS: Final = 6
MOST_SEGMENTS: Final = 3
MOST_WORDS: Final = 8

STAYS: Final = "the memory promises that it stays"
NOT_LIVE: Final = "no segment is live"
BEYOND: Final = "the moment, segment or word has a number that no scenario can name"
CALLS: Final = "calls like others of the same operation"
SEGMENTS: Final = "other segments, of many that are live"
WORDS: Final = "other words that are not zero, of many"
ALIKE: Final = "pairs with a fault like another one at the same moment, or that persists"


@dataclass(slots=True)
class Placements:
    """All placements over one program."""

    faults: list[Fault] = field(default_factory=list)
    """The faults, by their moments; each is laid alone."""
    impossible: Counter[str] = field(default_factory=Counter)
    """The number of placements that cannot act, by the reason."""
    left_out: Counter[str] = field(default_factory=Counter)
    """The number of placements that are left out, by the reason."""


@dataclass(frozen=True, slots=True)
class _Place:
    """One place in a program: a call, or the end of an operation."""

    moments: tuple[tuple[When, int, bool], ...]
    """The ways to lay a fault there: moment, its number, and whether it persists."""
    live: tuple[int, ...]
    own: int
    """The number of the grant that the call names; -1 if it names none."""
    words: dict[int, tuple[int, ...]]
    """For each grant, the words in use that are not zero."""


def place_faults(trace: Trace, *, everything: bool = False) -> Placements:
    """Return every fault that can be laid over a program with this trace."""
    placing = _Placing(everything, trace.stays)
    counts = dict.fromkeys(When, 0)
    alike = Counter((call.operation, call.kind) for call in trace.calls)
    passed: Counter[tuple[int, When]] = Counter()
    ended = 0
    for number, call in enumerate(trace.calls, 1):
        while ended < min(call.operation, len(trace.words)):
            placing.after(ended, trace.words[ended])
            ended += 1
        counts[call.kind] += 1
        words = trace.words[call.operation - 1] if 0 < call.operation <= len(trace.words) else {}
        of = call.operation, call.kind
        left_out = MOST_CALLS // 2 <= passed[of] < alike[of] - MOST_CALLS // 2
        passed[of] += 1
        if left_out and not everything:
            placing.leave_out(call, number, counts[call.kind], words)
        else:
            placing.at(call, number, counts[call.kind], words)
    for operation in range(ended, len(trace.words)):
        placing.after(operation, trace.words[operation])
    return placing.placed


class _Placing:
    def __init__(self, everything: bool, stays: bool) -> None:
        self.placed = Placements()
        self._everything = everything
        self._stays = stays

    def after(self, operation: int, words: dict[int, tuple[int, ...]]) -> None:
        """Lay faults after an operation."""
        moments = ((When.AFTER, operation, False), (When.AFTER, operation, True))
        place = _Place(moments, tuple(words), -1, words)
        for family in FAMILIES.values():
            if family.between_operations is not None:
                self._lay(family, place, None)

    def at(
        self, call: TracedCall, number: int, of_kind: int, words: dict[int, tuple[int, ...]]
    ) -> None:
        """Lay faults at the call with this number, and with ``of_kind`` among those of its kind."""
        for family in FAMILIES.values():
            if not family.acts_at(call.kind) or call.kind not in family.moments:
                continue
            moments = [(call.kind, of_kind, False), (call.kind, of_kind, True)]
            if family.before_call is not None and When.ANY in family.moments:
                moments.append((When.ANY, number, True))
            place = _Place(tuple(moments), call.live, call.segment, words)
            self._lay(family, place, call.kind)

    def leave_out(
        self, call: TracedCall, number: int, of_kind: int, words: dict[int, tuple[int, ...]]
    ) -> None:
        """Count the faults that could be laid at this call."""
        other = _Placing(self._everything, self._stays)
        other.at(call, number, of_kind, words)
        self.placed.left_out[CALLS] += len(other.placed.faults)
        self.placed.left_out.update(other.placed.left_out)

    def _lay(self, family: Family, place: _Place, call: When | None) -> None:
        placed = self.placed
        why = STAYS if self._stays and needs_to_move(family, call) else family.missing
        if why is not None:
            placed.impossible[why] += len(family.kinds) * len(place.moments)
            return
        for name, kind in family.kinds.items():
            if kind.takes_segment and not place.live:
                placed.impossible[NOT_LIVE] += len(place.moments)
                continue
            for segment in self._segments(kind, place):
                for amount in self._amounts(kind, place, segment):
                    for when, number, persists in place.moments:
                        large = number > MAX_MOMENT or amount > MAX_FAULT_AMOUNT
                        if large or segment > MAX_FAULT_SEGMENT:
                            placed.left_out[BEYOND] += 1
                            continue
                        fault = Fault(family.name, name, when, number, persists, segment, amount)
                        placed.faults.append(fault)

    def _segments(self, kind: Kind, place: _Place) -> Sequence[int]:
        if not kind.takes_segment:
            return (0,)
        every = range(len(place.live))
        if len(every) <= MOST_SEGMENTS or self._everything:
            return every
        own = place.live.index(place.own) if place.own in place.live else every[-1]
        chosen = list(dict.fromkeys((own, every[0], every[-1])))
        left = sum(len(_amounts(kind, place, one)) for one in every if one not in chosen)
        self.placed.left_out[SEGMENTS] += left * len(place.moments)
        return chosen

    def _amounts(self, kind: Kind, place: _Place, segment: int) -> Sequence[int]:
        every = _amounts(kind, place, segment)
        if not kind.effects.aims or len(every) <= MOST_WORDS or self._everything:
            return every
        self.placed.left_out[WORDS] += (len(every) - MOST_WORDS) * len(place.moments)
        half = MOST_WORDS // 2
        return [*every[:half], *every[-half:]]


def _amounts(kind: Kind, place: _Place, segment: int) -> Sequence[int]:
    """Return every amount that is worth trying."""
    if not kind.takes_amount:
        return (0,)
    if not kind.effects.aims:
        return kind.swept_amounts
    return place.words.get(place.live[segment], ()) or (0,)


def needs_to_move(family: Family, call: When | None) -> bool:
    """Return whether a family cannot act at such a call, or after an operation, if memory stays."""
    acts_on_borrow = call is When.SEGMENT and family.in_code is None
    return family.changes_segments or family.needs_views_given_back or acts_on_borrow


def variations(
    scenario: Scenario, trace: Trace, *, pairs: bool = False, everything: bool = False
) -> Variations:
    """Return a program without faults, then with each single fault, or with each pair of faults."""
    placed = place_faults(trace, everything=everything)
    faults = placed.faults
    scripts: Sequence[tuple[Fault, ...]] = [(fault,) for fault in faults]
    left_out = placed.left_out
    if pairs:
        every = EveryPair(faults)
        scripts = every if everything else list(_telling_pairs(faults))
        left_out = Counter({ALIKE: len(every) - len(scripts)})

    def make(index: int) -> Scenario:
        return trusted(
            scenario.memory,
            scenario.max_segment_words,
            scenario.operations,
            scripts[index - 1] if index else (),
            scenario.verify,
        )

    return Variations(1 + len(scripts), make, placed.impossible, +left_out)


class EveryPair(Sequence[tuple[Fault, ...]]):
    """Every pair of some faults, the earlier one first; there may be millions, so none is kept."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Make the pairs of these faults."""
        self._faults = faults

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self._faults) * (len(self._faults) - 1) // 2

    @overload
    def __getitem__(self, index: int) -> tuple[Fault, ...]: ...

    @overload
    def __getitem__(self, index: slice) -> list[tuple[Fault, ...]]: ...

    def __getitem__(self, index: int | slice) -> tuple[Fault, ...] | list[tuple[Fault, ...]]:
        """Return the pair with this number, from 0; or some pairs."""
        if isinstance(index, slice):
            return [self[one] for one in range(len(self))[index]]
        number = range(len(self))[index]
        # Before the pairs whose later fault has the number n, there are n * (n - 1) / 2 others.
        later = (1 + isqrt(1 + 8 * number)) // 2
        return self._faults[number - later * (later - 1) // 2], self._faults[later]


def _telling_pairs(faults: Sequence[Fault]) -> Iterator[tuple[Fault, ...]]:
    """Yield the pairs of faults that act once, at different moments, one for each pair of effects.

    If several kinds of a family have the same effects, the first kind stands for all of them, with
    its first segment and amount.
    """
    first: dict[tuple[object, ...], Fault] = {}
    for fault in faults:
        effects = FAMILIES[fault.family].kinds[fault.kind].effects
        if not fault.persistent:
            first.setdefault((fault.family, effects, fault.when, fault.number), fault)
    for one, other in combinations(first.values(), 2):
        if (one.when, one.number) != (other.when, other.number):
            yield one, other
