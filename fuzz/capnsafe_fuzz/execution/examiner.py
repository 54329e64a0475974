"""Examine outputs and memory: the contents of the message, beside the expected ones."""

from __future__ import annotations

from time import perf_counter_ns

from ..record import Contents, Outcome, Record, Step
from ..reference.examination import Examination
from ..reference.examiner import examine, examine_stream
from ..reference.layout import ROOT
from ..scenario.operations import OPERATIONS
from .excuse import Excuses
from .expected_message import ExpectedMessage
from .subject import Subject


class MessageExaminer:
    """Examines the message of one execution."""

    __slots__ = (
        "_excuses",
        "_expected",
        "_last_examination",
        "_record",
        "_subject",
        "_timed",
        "time",
    )

    def __init__(
        self,
        subject: Subject,
        expected: ExpectedMessage,
        excuses: Excuses,
        record: Record,
        timed: bool,
    ) -> None:
        """Begin without examinations."""
        self._subject = subject
        self._expected = expected
        self._excuses = excuses
        self._record = record
        self._timed = timed
        #: Nanoseconds spent, if they are measured.
        self.time = 0
        self._last_examination: tuple[int, list[bytes], tuple[int, ...], Contents] | None = None

    def examine(self, step: Step) -> None:
        """Examine the output of the step, or the memory itself if there is none."""
        excuses = self._excuses
        if excuses.unreadable and not self._must_be_found(step):
            # A message that was closed in the middle of an output may be complete or not.
            whole = step.closed_inside and step.output is not None
            if not whole or excuses.lost or excuses.tampered:
                return
        started = perf_counter_ns() if self._timed else 0
        if step.output is not None:
            leftovers = not self._expected.model.has_orphans
            examination = examine_stream(step.output, ROOT, leftovers=leftovers)
            step.contents = Contents(examination, self._expected.model.tree())
        else:
            step.contents = self.contents_of_memory()
        if self._timed:
            self.time += perf_counter_ns() - started

    def _must_be_found(self, step: Step) -> bool:
        """Return whether an output must be right, whatever the memory holds (P5v).

        Values written through changed pointers do not lie where the model has them; so this holds
        only until the next operation that changes the message.
        """
        return step.output is not None and self.must_match()

    def must_match(self) -> bool:
        """Return whether all reads must be right, although contents were changed (P5v)."""
        if not self._subject.verified or self._excuses.lost or self._excuses.closed:
            return False
        steps = self._record.steps
        since = next((at for at, one in enumerate(steps) if one.tampered), len(steps))
        return all(
            one.outcome is not Outcome.DONE
            or one.operation is None
            or (OPERATIONS[one.operation.verb].reads_only and one.operation.value is None)
            for one in steps[since:]
        )

    def damage(self, before: list[bytes]) -> tuple[int, int] | None:
        """Return a word in use that a call changed although it raised: (segment, word).

        Retired words may be zeroed late. So once words were retired, a word that became zero is no
        damage.
        """
        hostile = self._subject.hostile
        for number, (grant, old) in enumerate(zip(hostile.live, before, strict=False)):
            new = hostile.contents(grant)[: len(old)]
            if new == old:
                continue
            for at in range(0, len(new) - 7, 8):
                is_zero = not any(new[at : at + 8])
                if new[at : at + 8] != old[at : at + 8] and not (
                    self._expected.retired and is_zero
                ):
                    return number, at // 8
        return None

    def contents_of_memory(self) -> Contents | None:
        """Examine the memory; None if its words in use are not known."""
        words = self._subject.segment_words()
        snapshot = self._subject.hostile.snapshot()
        if len(snapshot) != len(words) or not self._subject.shows_memory:
            return None
        last = self._last_examination
        if last is not None and last[:3] == (self._expected.revision, snapshot, words):
            return last[3]
        examination: Examination = examine(
            snapshot, ROOT, words, leftovers=not self._expected.model.has_orphans
        )
        contents = Contents(examination, self._expected.model.tree())
        self._last_examination = (self._expected.revision, snapshot, words, contents)
        return contents
