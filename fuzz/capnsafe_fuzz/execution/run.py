"""Lead the encoder's message, the memory below it, and the model along one program."""

from __future__ import annotations

from collections.abc import Callable
from operator import sub
from time import perf_counter_ns
from typing import Final

from capnsafe_allocators import effects_of

from ..encoders.protocol import Encoder, Failure
from ..record import CallCounts, Outcome, Record, Step
from ..record.telling import cause_of
from ..scenario import Operation, Scenario
from ..scenario.labels import label_of
from ..scenario.model import Expectation, ExpectationKind
from ..scenario.operations import OPERATIONS, Verb
from ..scenario.program import NO_HANDLE
from .course import Course
from .excuse import Excuses, exchange
from .inside import Inside
from .look import Looks
from .subject import Subject, failure_of, innermost
from .verdict import CLOSE, NO_FAULT, Situation

_EXPECT_OUTPUT: Final = Expectation(ExpectationKind.OK)
#: After this many allocator calls, an operation counts as endless.
_RUNAWAY_CALLS: Final = 20_000
#: After this many allocator calls, the rest of a program is left out: it would take seconds.
_MOST_CALLS: Final = 20_000
#: Words that an object may need besides its own: the root pointer, and a landing pad.
_MOST_EXTRA_WORDS: Final = 3


class Execution:
    """One execution under way."""

    __slots__ = (
        "_course",
        "_each_step",
        "_excuses",
        "_fired_seen",
        "_inside",
        "_looks",
        "_scenario",
        "_timed",
        "attempts",
        "encoder_time",
        "record",
        "situations",
        "subject",
    )

    def __init__(self, scenario: Scenario, encoder: Encoder, each_step: bool, timed: bool) -> None:
        """Make the memory and begin the message."""
        self._scenario = scenario
        self._each_step = each_step
        self._timed = timed
        self.record = Record(scenario, encoder.name)
        self.situations: set[Situation] = set()
        self.attempts = 0
        #: Nanoseconds in the encoder, if they are measured.
        self.encoder_time = 0
        self._fired_seen = 0
        self.subject = Subject(scenario, encoder, self.record)
        self._course = Course()
        self._excuses = Excuses(self.subject.hostile, self.subject.segment_words, scenario.faults)
        self._looks = Looks(self.subject, self._course, self._excuses, self.record, timed)
        self._inside = Inside(self.subject, self._course, self._excuses, self._looks, self.record)

    @property
    def look_time(self) -> int:
        """Return the nanoseconds spent in examinations, if they are measured."""
        return self._looks.time

    def close(self) -> None:
        """Release the memory."""
        self.subject.close()

    # -- the program ------------------------------------------------------------------------------

    def all_operations(self) -> None:
        """Do every operation of the program, and examine each result."""
        course, subject = self._course, self.subject
        model, types = course.model, course.types
        session, hostile = subject.session, subject.hostile
        for index, operation in enumerate(self._scenario.operations):
            if len(hostile.calls) > _MOST_CALLS:
                break
            verb, number = operation.verb, operation.handle
            held = types[number] if number != NO_HANDLE else None
            label, made = label_of(held, operation)
            if made is not None:
                types.append(made)
            expectation = model.expect(operation)
            step = Step(index, operation, label, expectation, makes_handle=made is not None)
            if expectation.kind is ExpectationKind.VOID:
                step.outcome = Outcome.SKIPPED
                step.excused = step.lost = self._excuses.unreadable
                self.record.steps.append(step)
                model.forget(operation)
                session.skip(operation)
            else:
                done = self._attempt(step, self._perform, operation)
                again = not done and step.excused and OPERATIONS[verb].is_retried
                if again and not self._excuses.unreadable:
                    step = Step(index, operation, label, expectation, makes_handle=made is not None)
                    done = self._attempt(step, self._perform, operation)
                if done and step.makes_handle and step.value is False:
                    # The encoder has no handle, although the model expects one.
                    model.forget(operation)
                elif done:
                    course.commit(operation)
                    course.note_made(operation, subject.segment_words)
                else:
                    model.forget(operation)
                    session.skip(operation)
                if self._inside.finished:
                    self._inside.settle(step, done)
                if done and (self._each_step or step.output is not None):
                    self._looks.look(step)
            if self._each_step:
                hostile.check_guards()
            hostile.operation_finished(index)

    def end(self) -> None:
        """Do the final output and closing, and collect the memory's evidence."""
        index = len(self._scenario.operations)
        step = Step(index, None, "output", _EXPECT_OUTPUT)
        done = self._attempt(step, self._output, None)
        if not done and step.excused and not self._excuses.unreadable:
            step = Step(index, None, "output", _EXPECT_OUTPUT)
            done = self._attempt(step, self._output, None)
        if self._inside.finished:
            self._inside.settle(step, done)
        if done:
            self._looks.look(step)
        if self._each_step:
            self.subject.hostile.check_guards()
        self.subject.hostile.operation_finished(index)
        step = Step(index + 1, None, CLOSE, _EXPECT_OUTPUT)
        self._attempt(step, self._close, None)
        self.subject.hostile.finished()
        self.record.evidence = self.subject.hostile.evidence
        fired = self.subject.hostile.fired
        self.record.dirty = any(effects_of(entry.fault).soils for entry in fired)
        for step in self.record.steps:
            if step.error is not None:
                # Frames refer to exceptions and these to frames: break the circle without a
                # collector.
                step.error.__traceback__ = None

    def _perform(self, step: Step, operation: Operation | None) -> None:
        assert operation is not None
        if operation.verb is Verb.OUTPUT:
            step.output = self.subject.output()
        elif operation.verb is Verb.CANONICAL:
            step.canonical = self.subject.canonical()
            step.tree = self._course.model.tree()
        else:
            step.value = self.subject.session.perform(operation)

    def _output(self, step: Step, operation: Operation | None) -> None:
        step.output = self.subject.output()

    def _close(self, step: Step, operation: Operation | None) -> None:
        self.subject.session.close()

    def _attempt(
        self,
        step: Step,
        act: Callable[[Step, Operation | None], None],
        operation: Operation | None,
    ) -> bool:
        """Do an operation, and record the result; return True if it succeeded."""
        self.attempts += 1
        self.record.steps.append(step)
        subject, excuses = self.subject, self._excuses
        hostile, witness = subject.hostile, subject.witness
        calls_before = len(hostile.calls)
        # Faults that fired between operations count for this step, and have acted already.
        acted = len(hostile.fired)
        if acted > self._fired_seen:
            excuses.note_faults(hostile.fired[self._fired_seen :])
        step.short = excuses.begin()
        step.tampered = excuses.tampered
        step.closed = excuses.closed
        words = subject.segment_words()
        step.objects = self._course.objects
        step.segments = len(words)
        # If two segments share memory, a write in one changes the other.
        judged = step.tampered and not excuses.shared
        before = subject.words_in_use() if judged else None
        counts = tuple(hostile.counts.values())
        hostile.last_call = sum(counts) + _RUNAWAY_CALLS
        witness.forget()
        self._inside.begin(calls_before, self._fired_seen)
        started = perf_counter_ns() if self._timed else 0
        try:
            with hostile.watching():
                act(step, operation)
        except BaseException as error:
            if id(error) in witness.interrupts:
                step.outcome = Outcome.INTERRUPTED
            elif isinstance(error, KeyboardInterrupt):
                # A real interrupt, not a mistake: the user wants to stop.
                raise
            else:
                # An encoder that exits is as wrong as one that raises a foreign exception. So is
                # one that panics (from Rust, that arrives as a BaseException).
                step.outcome = Outcome.RAISED
            step.error = error
        if self._inside.broken is not None:
            raise self._inside.broken
        if self._timed:
            self.encoder_time += perf_counter_ns() - started
        done = step.outcome is Outcome.DONE
        outcome = step.outcome.value if done else self._note_failure(step)
        step.swallowed = bool(witness.interrupts) and step.outcome is not Outcome.INTERRUPTED
        if len(hostile.fired) > self._fired_seen:
            self._note_faults(step)
            for fault in step.faults:
                self.situations.add((step.verb, f"{fault.family} {fault.kind}", outcome))
        else:
            self.situations.add((step.verb, NO_FAULT, outcome))
        during = hostile.fired[acted:]
        if step.short and exchange(entry.fault for entry in during):
            # A segment that was short at the beginning need not be short at its borrow; the calls
            # show that.
            step.short = ""
        # A loss that only a call from inside saw may have come after the outer call had its result.
        step.seen_lost = excuses.end(step.index, calls_before, self._inside.nested)
        step.calls = CallCounts(*map(sub, hostile.counts.values(), counts))
        step.lost = excuses.unreadable
        if excuses.tampered:
            step.tampered = True
            # If pointers were changed, every word may count as an object.
            step.objects = sum(words)
        if step.outcome is Outcome.DONE:
            return True
        calls = hostile.calls[calls_before:]
        altered = step.reentered or any(effects_of(entry.fault).alters for entry in during)
        if before is not None and not altered:
            step.damage = self._looks.damage(before)
        if not step.excused:
            step.excused = excuses.excuse(calls) or (
                step.failure is Failure.LIMIT and self._may_be_too_large(operation)
            )
        # What cannot be done is refused without a call, and must have changed nothing either.
        if (calls or step.unsupported) and step.verb != CLOSE:
            self._looks.look(step)
        return False

    def _note_failure(self, step: Step) -> str:
        error = step.error
        assert error is not None
        step.raised_at = innermost(error, self.subject.encoder)
        if step.outcome is Outcome.INTERRUPTED:
            return step.outcome.value
        failure = step.failure = failure_of(error, self.subject.encoder)
        if failure is Failure.FOREIGN and not step.raised_at:
            # It never passed through the library: the mistake is the adapter's, or the harness's.
            raise error
        operation = step.operation
        step.unsupported = (
            failure is Failure.UNSUPPORTED
            and operation is not None
            and operation.verb is not Verb.OUTPUT
        )
        raised = self.subject.witness.raised
        told = failure is Failure.REFUSED or step.unsupported
        if told and raised and id(cause_of(error)) not in raised:
            step.cause_kept = False
        if failure is Failure.ARGUMENT or failure is Failure.INDEX:
            step.builtin = self.subject.encoder.argument_type(error)
        return failure.value

    def _note_faults(self, step: Step) -> None:
        fired = self.subject.hostile.fired[self._fired_seen :]
        self._fired_seen = len(self.subject.hostile.fired)
        step.faults = tuple(entry.fault for entry in fired)
        step.excused |= self._excuses.note_faults(fired)

    def _may_be_too_large(self, operation: Operation | None) -> bool:
        if operation is None:
            return False
        needed = self._course.model.largest_object(operation)
        return needed + _MOST_EXTRA_WORDS > self._scenario.max_segment_words
