"""The matrix operation × fault × outcome of a campaign, and its cells that cannot be reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..execution.verdict import LEFT_OUT, NO_FAULT

if TYPE_CHECKING:
    from ..targets import Target

NO_FAULT_TITLE: Final = "no fault"
SHADES: Final = 4
"""The shades of cells: for one outcome, two, three, and more."""


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One verb under one family of faults."""

    family: str
    outcomes: Sequence[int]
    """The numbers of the outcomes that were reached, ascending."""
    situations: int
    """How many situations: kinds of operations and faults, with their outcomes."""
    cannot: str | None
    """Why it cannot be reached; None if it was, or may be."""

    @property
    def shade(self) -> int:
        """Return its shade: 0 if nothing was reached."""
        return min(len(self.outcomes), SHADES)


@dataclass(frozen=True, slots=True)
class OperationReached:
    """One kind of operation, with each fault and its outcomes."""

    label: str
    faults: Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One verb."""

    verb: str
    cells: Sequence[MatrixCell]
    operations: Sequence[OperationReached]
    """All that was reached, kind by kind."""

    @property
    def situations(self) -> int:
        """Return how many situations were reached."""
        return sum(cell.situations for cell in self.cells)

    @property
    def open(self) -> Sequence[str]:
        """Return the families that may be reached and were not."""
        return [one.family for one in self.cells if not one.outcomes and one.cannot is None]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The matrix of one campaign."""

    families: Sequence[str]
    outcomes: Sequence[str]
    rows: Sequence[MatrixRow]
    reasons: Sequence[tuple[str, Sequence[tuple[str, Sequence[str]]]]]
    """Each reason why cells cannot be reached, with the verbs and their families."""

    @property
    def reached(self) -> int:
        """Return how many cells were reached."""
        return sum(bool(cell.outcomes) for row in self.rows for cell in row.cells)

    @property
    def impossible(self) -> int:
        """Return how many cells cannot be reached."""
        return sum(cell.cannot is not None for row in self.rows for cell in row.cells)

    @property
    def size(self) -> int:
        """Return how many cells there are."""
        return len(self.rows) * len(self.families)


def matrix_of(campaign: Mapping[str, Any], target: Target | None) -> Matrix:
    """Return the matrix of a campaign; without its target, it has only the reached cells."""
    found = [
        (str(one["operation"]), str(one["fault"]), str(one["outcome"]))
        for one in campaign["situations"]
        if not str(one["operation"]).startswith(LEFT_OUT)
    ]
    memory = campaign.get("allocator")
    unsupported = set(map(str, campaign.get("unsupported", ())))
    verbs = list(dict.fromkeys((*_verbs(target), *sorted(_first(o) for o, _, _ in found))))
    families = list(dict.fromkeys((*_faults(target), *sorted(_first(f) for _, f, _ in found))))
    names = {one: _column(one, {f for _, f, _ in found}, _faults(target)) for one in families}
    outcomes = sorted({outcome for _, _, outcome in found})
    numbers = {outcome: number for number, outcome in enumerate(outcomes)}
    at: dict[tuple[str, str], list[int]] = defaultdict(list)
    of: dict[str, dict[str, dict[str, list[str]]]] = defaultdict(lambda: defaultdict(dict))
    for label, fault, outcome in sorted(found):
        at[_first(label), _first(fault)].append(numbers[outcome])
        of[_first(label)][label].setdefault(_shown(fault), []).append(outcome)
    reasons: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    rows: list[MatrixRow] = []
    for verb in verbs:
        lacking = bool(of[verb]) and set(of[verb]) <= unsupported
        cells: list[MatrixCell] = []
        for family in families:
            hit = at.get((verb, family), [])
            cannot = None
            if not hit and lacking:
                cannot = f"{campaign['encoder']} does not support the operation"
            elif not hit and target is not None and family != NO_FAULT:
                cannot = target.unreachable(verb, family, memory)
            if cannot is not None:
                reasons[cannot][verb].append(names[family])
            cells.append(MatrixCell(names[family], sorted(set(hit)), len(hit), cannot))
        kinds = [
            OperationReached(label, list(faults.items())) for label, faults in of[verb].items()
        ]
        rows.append(MatrixRow(verb, cells, kinds))
    told = [(reason, list(verbs.items())) for reason, verbs in reasons.items()]
    return Matrix(list(names.values()), outcomes, rows, told)


def _verbs(target: Target | None) -> Sequence[str]:
    return () if target is None else target.verbs


def _faults(target: Target | None) -> Sequence[str]:
    return (NO_FAULT,) if target is None else (NO_FAULT, *target.faults)


def _first(words: str) -> str:
    return words.partition(" ")[0]


def _column(family: str, faults: set[str], declared: Sequence[str]) -> str:
    """Return the heading of a column: a family, or the only fault that begins with this word.

    Features of received data are sentences, which are put together by their first words.
    """
    of = [fault for fault in faults if _first(fault) == family]
    if family in declared or not of:
        return _shown(family)
    return of[0] if len(of) == 1 else f"{family} …"


def _shown(fault: str) -> str:
    return NO_FAULT_TITLE if fault == NO_FAULT else fault
