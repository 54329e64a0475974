"""What an oracle is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ..encoders.protocol import Proof, ProofKind
from ..optional import Package
from ..record import Contents, Record, Step, Violation
from ..record.telling import full_type_name, text_of

_NO_PROOF: Final = Proof()
_EVIDENCE: Final = Proof(ProofKind.EVIDENCE)


class Cost(Enum):
    """How often an oracle can be asked."""

    CHEAP = "cheap"
    """After every execution."""
    COSTLY = "costly"
    """For new coverage, and every so many executions."""


@dataclass(frozen=True, slots=True)
class OracleFinding:
    """What an oracle's check found: a violation, but for what every violation of it has."""

    operation: int
    verb: str
    what: str
    """What broke, and where: the rest of the group's name."""
    detail: str
    """A sentence."""
    proof: Proof = _NO_PROOF
    """How a program can show it."""
    step: Step | None = None
    """The very attempt; None if only the operation is known."""


@dataclass(frozen=True, slots=True)
class Oracle:
    """Decides whether one promise was broken in an execution."""

    name: str
    promise: str
    cost: Cost
    summary: str
    """What it takes for a breach, in a line."""
    check: Callable[[Record], Iterator[OracleFinding]]
    needs: Package | None = None
    """The package without which it is not asked."""

    def found(self, record: Record) -> Iterable[OracleFinding]:
        """Return what the check finds; nothing where the package is missing."""
        if self.needs is not None and not self.needs.is_installed:
            return ()
        return self.check(record)

    def judge(self, record: Record) -> Iterable[Violation]:
        """Every breach of the promise in this execution."""
        return map(self.violation, self.found(record))

    def violation(self, found: OracleFinding) -> Violation:
        """What a finding of this oracle's check is to everybody else."""
        group = " ".join(f"{self.promise} {found.verb} {found.what}".split())
        return Violation(self.promise, self.name, found.operation, found.verb, found.detail, group)


def of_step(step: Step, what: str, detail: str, proof: Proof = _NO_PROOF) -> OracleFinding:
    """A finding about one step."""
    return OracleFinding(step.index, step.verb, what, detail, proof, step)


def reading(step: Step, contents: Contents) -> Proof:
    """Shows that a message says something else than it must, by reading it."""
    kind = ProofKind.READS if step.output is None else ProofKind.OUTPUT_READS
    difference = contents.difference
    if difference is None:
        return _NO_PROOF
    return Proof(kind, difference.path, difference.expected)


def exception_name(step: Step) -> str:
    """``struct.error builder.py:set_text``: the type of what a step raised, and where it arose."""
    return f"{full_type_name(step.error)} {step.raised_at}".rstrip()


def raised_sentence(step: Step) -> str:
    """What a step raised, for people."""
    text = text_of(step.error)
    told = f": {text}" if text else ""
    return f"{step.verb} raised {exception_name(step)}{told}"


def from_evidence(promise: str) -> Callable[[Record], Iterator[OracleFinding]]:
    """A check that tells what the hostile memory saw its client do against one promise."""

    def check(record: Record) -> Iterator[OracleFinding]:
        for evidence in record.evidence:
            if evidence.promise == promise:
                verb = record.verb_at(evidence.operation)
                yield OracleFinding(
                    evidence.operation, verb, evidence.what, evidence.detail, _EVIDENCE
                )

    return check
