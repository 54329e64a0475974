"""The evidence of a trace: the line that memory, or an exception, points at.

The oracle says how its finding can be proved, and so which rule leads to the line:

- *The exception that escaped.* The line that let it through: the innermost line of the encoder that
  it passed, or the last ``except`` there that was tried and did not catch it.
- *An interrupt that was kept.* The ``except`` that caught it.
- *A call that raised and changed the message.* One function made the last write and let the
  exception pass; its line that led to the write is the guilty one, since the write came too early.
- *Wrong contents.* The line that wrote last.
- *A view that was held.* The line, in the function that also led to the allocator call, that took
  the view.
- *Any other evidence of the memory.* The line during which the memory noted it.
- *Too many calls.* The line that made the first call above the bound.
- *A loss in silence.* The line at which the function that met the loss ended.

If something is missing, no line points at it; :mod:`.repair` may find the place.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from capnsafe_allocators import Call, When

from ..encoders.protocol import ProofKind
from ..oracles import OracleFinding
from ..record import Outcome, Record, Step
from .lines import CodeLine, Stack
from .recorder import Deed, LineTrace, Raise

_INTERRUPTS: Final = frozenset({KeyboardInterrupt.__name__, SystemExit.__name__})
_OUTSIDE: Final = frozenset({"guard", "stale-write", "resized"})
_CALLED: Final = {"segment": When.SEGMENT, "allocate": When.ALLOCATE, "grow": When.GROW}


class Clue(NamedTuple):
    """A line, and why."""

    stack: Stack
    """The line, and those from which it was called."""
    why: str


Traces = Sequence[tuple[Step, LineTrace]]


def evidence_of(
    record: Record, finding: OracleFinding, traces: Traces, log: Sequence[Call]
) -> Clue | None:
    """Return the line that the traces point at; None if they point at none.

    Args:
        record: The record of the execution.
        finding: The finding of an oracle.
        traces: The trace of each attempt at an operation.
        log: The log of the allocator's calls.
    """
    search = _Search(record, finding, traces, log)
    rule = search.rule()
    return rule() if rule is not None else None


class _Search:
    def __init__(
        self, record: Record, finding: OracleFinding, traces: Traces, log: Sequence[Call]
    ) -> None:
        self.record = record
        self.finding = finding
        self.traces = traces
        self.log = log
        own = [
            (step, trace)
            for step, trace in traces
            if step is finding.step or (finding.step is None and step.index == finding.operation)
        ]
        self.step: Step | None = own[-1][0] if own else None
        self.trace = own[-1][1] if own else LineTrace()

    def rule(self) -> Callable[[], Clue | None] | None:
        """Return the rule for the finding; None if there is none."""
        step = self.step
        kind = self.finding.proof.kind
        raised = step is not None and step.outcome in (Outcome.RAISED, Outcome.INTERRUPTED)
        match kind:
            case ProofKind.OWN_ERROR | ProofKind.CAUSE | ProofKind.SUCCESS:
                return self.raised
            case ProofKind.NONE if raised:
                return self.raised
            case ProofKind.INTERRUPT:
                return self.swallowed
            case ProofKind.WORD_KEPT:
                return self.too_early
            case (
                ProofKind.READS
                | ProofKind.OUTPUT_READS
                | ProofKind.DISJOINT
                | ProofKind.OUTPUT_DISJOINT
            ):
                return self.too_early if raised else self.written
            case ProofKind.EVIDENCE if self.finding.symptom in _OUTSIDE:
                return self.outside
            case ProofKind.EVIDENCE:
                return self.held if self.finding.symptom == "held-view" else self.noted
            case ProofKind.CALLS:
                return self.too_many
            case ProofKind.REFUSAL if self.finding.symptom == "after a loss":
                return self.unheeded
        return None

    # Exceptions

    def escaped(self) -> Raise | None:
        """Return where the exception of the step entered the encoder's code."""
        error = self.step.error if self.step is not None else None
        for raised in self.trace.raises:
            if error is not None and raised.error == id(error) and raised.stack:
                return raised
        return None

    def raised(self) -> Clue | None:
        raised = self.escaped()
        if raised is None:
            return None
        return Clue(self.tried(raised) or raised.stack, "let the exception through")

    def tried(self, raised: Raise) -> Stack | None:
        """Return the last ``except`` of the frame that was tried in vain."""
        passed = [one for one in self.trace.raises if one.error == raised.error]
        end = passed[1].at if len(passed) > 1 else len(self.trace.lines)
        frame = raised.stack[0]
        depth = len(raised.stack)
        found = None
        for stack in self.trace.lines[raised.at : end]:
            here = len(stack) == depth and stack[0].place == frame.place
            if here and _is_except(stack[0]):
                found = stack
        return found

    def swallowed(self) -> Clue | None:
        kept = [one for one in self.trace.raises if one.kind in _INTERRUPTS and one.stack]
        if not kept:
            return None
        last = kept[-1]
        for stack in self.trace.lines[last.at :]:
            if stack and stack[0].place == last.stack[0].place:
                return Clue(stack, "caught the interrupt")
        return Clue(last.stack, "caught the interrupt")

    # Writes

    def writes(self) -> list[Deed]:
        return [deed for deed in self.trace.deeds if deed.words and deed.stack]

    def too_early(self) -> Clue | None:
        raised, writes = self.escaped(), self.writes()
        if not writes:
            return None
        if raised is None:
            return Clue(writes[-1].stack, "wrote last")
        before = [deed for deed in writes if deed.at < raised.at]
        last = (before or writes)[-1]
        return Clue(_common(last.stack, raised.stack), "wrote before the call raised")

    def written(self) -> Clue | None:
        writes = self.writes()
        return Clue(writes[-1].stack, "wrote last") if writes else None

    def outside(self) -> Clue | None:
        writes = self.writes()
        for deed in writes:
            if any(grant < 0 or word < 0 for grant, word in deed.words):
                return Clue(deed.stack, "wrote outside")
        return Clue(writes[0].stack, "wrote first") if writes else None

    # Evidence of the memory

    def noted_in(self) -> tuple[LineTrace, Deed] | None:
        for _, trace in self.traces:
            for deed in trace.deeds:
                for at in deed.evidence:
                    one = self.record.evidence[at]
                    same = one.symptom == self.finding.symptom
                    if same and one.operation == self.finding.operation and deed.stack:
                        return trace, deed
        return None

    def noted(self) -> Clue | None:
        found = self.noted_in()
        if found is None:
            return None
        if self.finding.symptom == "double-release":
            return self.released_first(found[1])
        return Clue(found[1].stack, "ran when the memory noted it")

    def released_first(self, second: Deed) -> Clue:
        released = {
            self.log[at].segment for at in second.calls if self.log[at].kind is When.RELEASE
        }
        for _, trace in self.traces:
            for deed in trace.deeds:
                calls = (self.log[at] for at in deed.calls)
                if any(one.kind is When.RELEASE and one.segment in released for one in calls):
                    return Clue(deed.stack, "released it first")
        return Clue(second.stack, "released it again")

    def held(self) -> Clue | None:
        found = self.noted_in()
        takers = list((found[0] if found else self.trace).takers.values())
        if not takers:
            return None
        if found is None:
            return Clue(takers[-1], "took the view")
        return Clue(_common(takers[0], found[1].stack), "took the view")

    def too_many(self) -> Clue | None:
        proof = self.finding.proof
        made = 0
        for deed in self.trace.deeds:
            made += sum(self.log[at].kind is _CALLED[proof.call] for at in deed.calls)
            if made > proof.expected:
                return Clue(deed.stack, "made a call too many")
        return None

    def unheeded(self) -> Clue | None:
        """Return the line at which the function that met the first missing segment ended."""
        for _, trace in self.traces:
            for deed in trace.deeds:
                if any(self.is_loss(self.log[at]) for at in deed.calls):
                    return Clue(_last_in(trace, deed), "met the loss")
        return None

    def is_loss(self, call: Call) -> bool:
        gone = call.error in (KeyError.__name__, IndexError.__name__)
        return call.kind is When.SEGMENT and call.fault is not None and gone


def _is_except(frame: CodeLine) -> bool:
    return linecache.getline(frame.path, frame.line).lstrip().startswith("except")


def _last_in(trace: LineTrace, deed: Deed) -> Stack:
    """Return the last line that ran in the call that did the deed."""
    last = deed.stack
    for stack in trace.lines[deed.at + 1 :]:
        if len(stack) < len(deed.stack):
            break
        # Not a line of a deeper call, or of another call at the same depth.
        if len(stack) == len(deed.stack) and stack[1:] == deed.stack[1:]:
            last = stack
    return last


def _common(one: Stack, other: Stack) -> Stack:
    """Return the part of a stack from the innermost call that it shares with another one."""
    shared = 0
    for mine, its in zip(reversed(one), reversed(other), strict=False):
        if mine.place != its.place:
            break
        shared += 1
        if mine.line != its.line:
            break
    return one[len(one) - max(shared, 1) :]
