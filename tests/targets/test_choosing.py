"""The choice between repairs, evidence and the spectrum."""

from __future__ import annotations

from dataclasses import replace

from capnsafe_fuzz.guilt.guilty import Guilty
from capnsafe_fuzz.guilt.lines import CodeLine
from capnsafe_fuzz.guilt.repair import Repair
from capnsafe_fuzz.guilt.rules import Clue
from capnsafe_fuzz.targets.guilt import choose

FILE = "package/draft.py"


def line(number: int, function: str = "link") -> CodeLine:
    return CodeLine(FILE, FILE, function, number)


BLAME = {line(1): 0.2, line(2): 0.9, line(3): 0.5, line(4, "place"): 0.85}
REPAIR = Repair(FILE, "link", 3, 3, "without `x`", 0.5, 1, 0, 0, 0, 0)


def chosen(evidence: CodeLine | None, *repairs: Repair) -> Guilty:
    clue = None if evidence is None else Clue((evidence,), "wrote last")
    stack = () if clue is None else clue.stack
    ranked = sorted(repairs, key=lambda one: -one.score(stack, max(BLAME.values())))
    found = choose(clue, ranked, BLAME)
    assert found is not None
    return found


def test_a_repair_counts_more_than_evidence_and_suspicion() -> None:
    found = chosen(line(2), REPAIR)
    assert (found.line, found.change) == (3, "without `x`")


def test_a_repair_that_does_other_things_elsewhere_does_not_count() -> None:
    for one in (replace(REPAIR, altered=0.6), replace(REPAIR, broken=0.1, fixed=0.6)):
        assert not chosen(line(2), one).change


def test_of_several_repairs_the_suspicious_one_counts_and_the_others_are_kept() -> None:
    better = replace(REPAIR, line=2, end=2, suspicion=0.9, told="with `y`")
    worse = replace(REPAIR, line=1, end=1, suspicion=0.2, told="with `z`")
    close = replace(better, line=4, end=4, function="place", suspicion=0.85, told="with `w`")
    found = chosen(None, REPAIR, better, worse, close)
    assert found.line == 2
    assert [one.line for one in found.others] == [4]


def test_evidence_names_the_line_of_a_repair_that_is_as_good() -> None:
    twin = replace(REPAIR, line=1, end=1, told="with `y`")
    assert chosen(line(1), REPAIR, twin).line == 1
    assert chosen(line(3), REPAIR, twin).line == 3


def test_evidence_counts_if_its_line_is_suspicious() -> None:
    found = chosen(line(4, "place"))
    assert (found.line, found.why) == (4, "wrote last")
    assert found.suspects == (f"{FILE}:link", f"{FILE}:place")
    found = chosen(line(1))
    assert found.line == 2
    assert not found.callers


def test_without_anything_nobody_is_guilty() -> None:
    assert choose(None, [], {}) is None
    assert choose(None, [], {line(1): 0.0}) is None
