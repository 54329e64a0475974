"""The type of an oracle and of its findings, and the function that asks the oracles.

An oracle reads the record of one execution. The oracles of building, in this package, read a
``Record``. Those of a target for data from outside read the target's own type, and are in the
target's package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, TypeVar

from ..encoders.protocol import Proof, ProofKind
from ..optional import Package
from ..record import Contents, Record, Step, Violation
from ..record.telling import full_type_name, repr_of, text_of
from ..reference.examination import ProblemKind
from ..scenario.model import ExpectationKind

_NO_PROOF: Final = Proof()
_EVIDENCE: Final = Proof(ProofKind.EVIDENCE)
_DISJOINT: Final = Proof(ProofKind.DISJOINT)
_OUTPUT_DISJOINT: Final = Proof(ProofKind.OUTPUT_DISJOINT)

Judged = TypeVar("Judged", contravariant=True)
"""The record of one execution, of the type that the oracle reads."""


class Cost(Enum):
    """How often an oracle judges."""

    CHEAP = "cheap"
    """After every execution."""
    COSTLY = "costly"
    """For new coverage, and for a sample of the other executions."""


@dataclass(frozen=True, slots=True)
class OracleFinding:
    """A violation as a check finds it, without the facts that the oracle adds."""

    operation: int
    verb: str
    symptom: str
    """A few words; they end the group's name."""
    detail: str
    """A sentence."""
    proof: Proof = _NO_PROOF
    """How a program can show it."""
    step: Step | None = None
    """The step that broke it; None if only the operation is known."""


@dataclass(frozen=True, slots=True)
class Oracle(Generic[Judged]):
    """An oracle for one promise."""

    name: str
    promise: str
    cost: Cost
    summary: str
    """A breach of the promise, described in a line."""
    check: Callable[[Judged], Iterator[OracleFinding]]
    needs: Package | None = None
    """The package that the oracle needs; it is skipped without it."""

    def found(self, record: Judged) -> Iterable[OracleFinding]:
        """Return the findings of the check; none if the package is missing."""
        if self.needs is not None and not self.needs.is_installed:
            return ()
        return self.check(record)

    def judge(self, record: Judged) -> Iterable[Violation]:
        """Yield every breach of the promise in this execution."""
        return map(self.violation, self.found(record))

    def violation(self, found: OracleFinding) -> Violation:
        """Return the finding as a violation, for the rest of the harness."""
        group = " ".join(f"{self.promise} {found.verb} {found.symptom}".split())
        return Violation(self.promise, self.name, found.operation, found.verb, found.detail, group)


def judge(oracles: Iterable[Oracle[Judged]], record: Judged, costly: bool) -> tuple[Violation, ...]:
    """Return the violations, each group once, in the order of the operations.

    Args:
        oracles: The oracles to ask.
        record: The record of one execution.
        costly: Ask the costly oracles, too.
    """
    violations = [
        violation
        for oracle in oracles
        if costly or oracle.cost is Cost.CHEAP
        for violation in oracle.judge(record)
    ]
    if not violations:
        return ()
    violations.sort(key=lambda violation: violation.operation)
    # A mistake that repeats is reported once.
    first: dict[str, Violation] = {}
    for violation in violations:
        first.setdefault(violation.group, violation)
    return tuple(first.values())


def of_step(step: Step, symptom: str, detail: str, proof: Proof = _NO_PROOF) -> OracleFinding:
    """Return a finding about one step."""
    return OracleFinding(step.index, step.verb, symptom, detail, proof, step)


def reading(step: Step, contents: Contents) -> Proof:
    """Return a proof that a message has wrong contents, by reading it."""
    problem = contents.invalid
    if problem is not None and problem.kind is ProblemKind.SHARED_WORDS:
        # Both objects may have the right contents.
        return _DISJOINT if step.output is None else _OUTPUT_DISJOINT
    kind = ProofKind.READS if step.output is None else ProofKind.OUTPUT_READS
    difference = contents.difference
    if difference is None:
        return _NO_PROOF
    return Proof(kind, difference.path, difference.expected)


def wrong_value(step: Step) -> tuple[str, str, object] | None:
    """Return a symptom, a sentence, and the right result, if a done step returned a wrong one."""
    if step.operation is None or step.output is not None or step.canonical is not None:
        return None
    if step.expectation.kind is ExpectationKind.OK:
        if step.value is False:
            return "null", f"{step.verb} found null where there is an object", True
        return None
    expected = step.expectation.value
    if step.makes_handle:
        if step.value is not False:
            return "no null", f"{step.verb} found an object where there is null", False
    elif type(step.value) is not type(expected) or step.value != expected:
        return "value", f"{step.verb} returned {repr_of(step.value)}, not {expected!r}", expected
    return None


def exception_name(step: Step) -> str:
    """Return the type of a step's exception and its place: ``struct.error builder.py:set_text``."""
    return f"{full_type_name(step.error)} {step.raised_at}".rstrip()


def raised_sentence(step: Step) -> str:
    """Return a sentence for people about the exception that a step raised."""
    text = text_of(step.error)
    ending = f": {text}" if text else ""
    return f"{step.verb} raised {exception_name(step)}{ending}"


def from_evidence(promise: str) -> Callable[[Record], Iterator[OracleFinding]]:
    """Return a check that reports the evidence of the hostile memory against one promise."""

    def check(record: Record) -> Iterator[OracleFinding]:
        for evidence in record.evidence:
            if evidence.promise == promise:
                verb = record.verb_at(evidence.operation)
                yield OracleFinding(
                    evidence.operation, verb, evidence.symptom, evidence.detail, _EVIDENCE
                )

    return check
