"""Run one program with the encoder, the memory below its message, and the model beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import sub
from time import perf_counter_ns
from typing import Any, Final

from capnsafe_allocators import effects_of

from ..encoders.protocol import Encoder, Failure
from ..guilt.recorder import Recorder
from ..record import Answer, CallCounts, Contents, Outcome, Record, Step
from ..record.telling import cause_of
from ..reference.canonical import plain_form
from ..reference.examiner import examine_stream
from ..reference.framing import write
from ..reference.layout import ROOT
from ..scenario import Operation, Scenario
from ..scenario.forms import questions_of
from ..scenario.labels import label_of
from ..scenario.model import VOID, Expectation, ExpectationKind
from ..scenario.operations import OPERATIONS, Verb
from ..scenario.program import NO_HANDLE
from .examiner import MessageExaminer
from .excuse import Excuses, exchange, number_of
from .expected_message import ExpectedMessage
from .reentry import ReentrantCalls
from .subject import Subject, failure_of, innermost, within_reach
from .verdict import CLOSE, LEFT_OUT, NO_FAULT, Situation

_EXPECT_OUTPUT: Final = Expectation(ExpectationKind.OK)
#: After this many allocator calls, an operation counts as endless.
_RUNAWAY_CALLS: Final = 20_000
#: The same for an encoder in another process, where a call takes longer.
_REMOTE_RUNAWAY_CALLS: Final = 4_000
#: After this many allocator calls, the rest of a program is left out: it would take seconds.
_MOST_CALLS: Final = 20_000
#: Words that an object may need besides its own: the root pointer, and a landing pad.
_MOST_EXTRA_WORDS: Final = 3
#: The most words of landing pads that one object may need.
_MOST_PAD_WORDS: Final = 2
_BY_OTHERS: Final = frozenset((Verb.READ, Verb.RESUME))
"""Operations in which a reader or another builder reads the memory of the message."""
_OF_SEVERAL_CALLS: Final = frozenset((Verb.LEND, Verb.LENT, Verb.CHECK, Verb.READ, Verb.RESUME))
_LEFT_OUT: Final = Expectation(ExpectationKind.VOID)
_SUCCESS: Final = (ExpectationKind.OK, ExpectationKind.VALUE)


class Execution:
    """One execution in progress."""

    __slots__ = (
        "_each_step",
        "_examiner",
        "_excuses",
        "_expected",
        "_fired_seen",
        "_pads",
        "_recorder",
        "_reentrant_calls",
        "_scenario",
        "_timed",
        "attempts",
        "encoder_time",
        "record",
        "situations",
        "subject",
    )

    def __init__(
        self,
        scenario: Scenario,
        encoder: Encoder,
        each_step: bool,
        timed: bool,
        recorder: Recorder[Step] | None = None,
    ) -> None:
        """Make the memory and begin the message.

        A ``recorder`` gets a trace of each attempt.
        """
        scenario, beyond = within_reach(scenario, encoder)
        self._scenario = scenario
        self._each_step = each_step
        self._timed = timed
        self.record = Record(scenario, encoder.name)
        self.situations: set[Situation] = {
            (f"{LEFT_OUT}{fault.family}", NO_FAULT, Failure.UNSUPPORTED.value) for fault in beyond
        }
        self.attempts = 0
        #: Nanoseconds in the encoder, if they are measured.
        self.encoder_time = 0
        self._fired_seen = 0
        #: The most words of landing pads that the present step needs, if there are more segments.
        self._pads = 0
        self.subject = Subject(scenario, encoder, self.record)
        self._recorder = recorder
        if recorder is not None:
            recorder.memory = self.subject.hostile
        self._expected = ExpectedMessage(by_value=getattr(encoder, "by_value", False))
        self._excuses = Excuses(self.subject.hostile, self.subject.segment_words, scenario.faults)
        self._examiner = MessageExaminer(
            self.subject, self._expected, self._excuses, self.record, timed
        )
        self._reentrant_calls = ReentrantCalls(
            self.subject, self._expected, self._excuses, self._examiner, self.record
        )

    @property
    def examination_time(self) -> int:
        """Return the nanoseconds spent in examinations, if they are measured."""
        return self._examiner.time

    def final_contents(self) -> Contents | None:
        """Return the last output with the expected contents; None if there is no output.

        They are comparable even if a fault excuses wrong contents.
        """
        end = len(self._scenario.operations)
        for step in reversed(self.record.steps):
            if step.index == end and step.output is not None:
                model = self._expected.model
                examination = examine_stream(step.output, ROOT, leftovers=not model.has_orphans)
                return Contents(examination, model.tree())
        return None

    def complete(self) -> None:
        """Do the whole program and its end, then release the memory."""
        try:
            self._all_operations()
            self._end()
        finally:
            self.subject.close()

    # -- the program ------------------------------------------------------------------------------

    def _all_operations(self) -> None:
        """Do every operation of the program, and examine each result."""
        expected, subject = self._expected, self.subject
        model, types = expected.model, expected.types
        session, hostile = subject.session, subject.hostile
        for index, operation in enumerate(self._scenario.operations):
            if len(hostile.calls) > _MOST_CALLS or subject.ending:
                break
            verb, number = operation.verb, operation.handle
            held = types[number] if number != NO_HANDLE else None
            label, made = label_of(held, operation)
            if made is not None:
                types.append(made)
            expectation = model.expect(operation)
            if not subject.promises(expectation):
                self.situations.add((label, NO_FAULT, Failure.UNSUPPORTED.value))
                expectation = VOID
            step = Step(index, operation, label, expectation, makes_handle=made is not None)
            if verb in _OF_SEVERAL_CALLS and not self._can_be_made(verb):
                expectation = step.expectation = _LEFT_OUT
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
                    if verb is Verb.RESUME:
                        model.forget_handles()
                    model.forget(operation)
                elif done:
                    expected.commit(operation)
                    expected.note_made(operation, subject.segment_words)
                else:
                    model.forget(operation)
                    session.skip(operation)
                if self._reentrant_calls.finished:
                    self._reentrant_calls.settle(step, done)
                if done and (self._each_step or step.output is not None):
                    self._examiner.examine(step)
            self._operation_finished(index)

    def _can_be_made(self, verb: Verb) -> bool:
        """Return whether an operation of several calls can be judged.

        It cannot if a finalizer may change the message between two of the calls. Another builder
        can continue with the message only if no call has failed, because it does not know which
        words a failed call wrote.
        """
        if any(effects_of(fault).calls_message for fault in self._scenario.faults):
            return False
        if verb in _BY_OTHERS and self._excuses.can_lose:
            # The reader or the other builder may see a segment short, which then grows back.
            return False
        failed = any(
            step.outcome in (Outcome.RAISED, Outcome.INTERRUPTED) for step in self.record.steps
        )
        return verb is not Verb.RESUME or not (failed or self.subject.hostile.fired)

    def _end(self) -> None:
        """Do the final output and closing, and collect the memory's evidence."""
        hostile = self.subject.hostile
        if not self.subject.ending:
            self._output_and_close()
        if self.subject.ending:
            # Only the bytes that the process wrote before its end can be judged.
            hostile.check_guards()
            self.record.evidence = tuple(hostile.evidence)
        else:
            self.record.evidence = hostile.evidence
        hostile.finished()
        self.record.dirty = any(effects_of(entry.fault).soils for entry in hostile.fired)
        for step in self.record.steps:
            if step.error is not None:
                # A traceback refers to frames, and a frame may refer to the exception. Break this
                # cycle here, so that the garbage collector need not.
                step.error.__traceback__ = None

    def _output_and_close(self) -> None:
        """Do the final output and closing."""
        index = len(self._scenario.operations)
        step = Step(index, None, "output", _EXPECT_OUTPUT)
        done = self._attempt(step, self._output, None)
        if not done and step.excused and not self._excuses.unreadable:
            step = Step(index, None, "output", _EXPECT_OUTPUT)
            done = self._attempt(step, self._output, None)
        if self._reentrant_calls.finished:
            self._reentrant_calls.settle(step, done)
        if done:
            self._examiner.examine(step)
            step.ask = self._questions(step)
        self._operation_finished(index)
        step = Step(index + 1, None, CLOSE, _EXPECT_OUTPUT)
        self._attempt(step, self._close, None)

    def _questions(self, step: Step) -> Callable[[], Iterator[Answer]] | None:
        """Return what asks questions about an output; None if the encoder answers none."""
        encoder: Any = self.subject.encoder
        root, stream, contents = self._expected.model.root, step.output, step.contents
        if not hasattr(encoder, "answer_question") or root is None or stream is None:
            return None
        if contents is None or contents.wrong:
            return None

        def ask() -> Iterator[Answer]:
            for name, given, expected in questions_of(root, stream):
                yield Answer(name, given, expected, encoder.answer_question(name, stream, given))

        return ask

    def _operation_finished(self, index: int) -> None:
        """Let the faults act that are laid after this operation."""
        if self._each_step:
            self.subject.hostile.check_guards()
        self.subject.hostile.operation_finished(index)

    def _perform(self, step: Step, operation: Operation | None) -> None:
        assert operation is not None
        if operation.verb is Verb.OUTPUT:
            step.output = self.subject.output()
        elif operation.verb is Verb.CANONICAL:
            step.canonical = self.subject.canonical()
            step.tree = self._expected.model.tree()
        elif operation.verb is Verb.READ:
            step.canonical = self.subject.octets_of(operation)
            step.tree = self._expected.model.tree()
        elif operation.verb is Verb.LENT:
            step.output = self.subject.octets_of(operation)
        elif operation.verb is Verb.CHECK:
            hostile = self.subject.hostile
            acted = len(hostile.fired)
            self.subject.session.perform(operation)
            # After the check, others may read the message in its memory, as here. But a segment may
            # have changed after its check, while another one was checked.
            if not any(effects_of(entry.fault).alters for entry in hostile.fired[acted:]):
                step.output = write(self.subject.words_in_use() or [bytes(8)])
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
        hostile, interceptor = subject.hostile, subject.interceptor
        calls_before = len(hostile.calls)
        # Faults that fired between operations count for this step, and have acted already.
        acted = len(hostile.fired)
        if acted > self._fired_seen:
            excuses.note_faults(hostile.fired[self._fired_seen :])
        words = subject.segment_words()
        step.short = excuses.begin(words)
        step.tampered = excuses.tampered
        step.closed = excuses.closed
        step.objects = self._expected.objects
        step.segments = len(words)
        # If two segments share memory, a write in one changes the other.
        judged = step.tampered and not excuses.shared
        before = subject.words_in_use() if judged else None
        copied = self._note_need(step, operation, words) if not excuses.unreadable else None
        counts = tuple(hostile.counts.values())
        is_short = subject.is_remote and step.verb != CLOSE
        runaway = _REMOTE_RUNAWAY_CALLS if is_short else _RUNAWAY_CALLS
        hostile.last_call = sum(counts) + runaway
        interceptor.forget()
        self._reentrant_calls.begin(calls_before, self._fired_seen)
        started = perf_counter_ns() if self._timed else 0
        try:
            if self._recorder is not None:
                with hostile.watching(), self._recorder.recording(step):
                    act(step, operation)
            elif hostile.may_act_in_code:
                with hostile.watching():
                    act(step, operation)
            else:
                act(step, operation)
        except BaseException as error:
            if number_of(error) in interceptor.interrupts:
                step.outcome = Outcome.INTERRUPTED
            elif isinstance(error, KeyboardInterrupt):
                # A real interrupt, not a mistake: the user wants to stop.
                raise
            else:
                # An encoder that exits is as wrong as one that raises a foreign exception. So is
                # one that panics (from Rust, that arrives as a BaseException).
                step.outcome = Outcome.RAISED
            step.error = error
        if self._reentrant_calls.broken is not None:
            raise self._reentrant_calls.broken
        if self._timed:
            self.encoder_time += perf_counter_ns() - started
        done = step.outcome is Outcome.DONE
        outcome = step.outcome.value if done else self._note_failure(step)
        step.swallowed = bool(interceptor.interrupts) and step.outcome is not Outcome.INTERRUPTED
        if len(hostile.fired) > self._fired_seen:
            self._note_faults(step)
            for fault in step.faults:
                self.situations.add((step.verb, f"{fault.family} {fault.kind}", outcome))
        else:
            self.situations.add((step.verb, NO_FAULT, outcome))
        during = hostile.fired[acted:]
        if step.short and exchange(entry.fault for entry in during):
            # A segment that was short when the step began may be whole when it is borrowed; the
            # calls show that.
            step.short = ""
        # A loss that only a re-entrant call saw may have come after the outer call had its result.
        # The message does not know of a loss that only a reader of its memory saw.
        by_reader = operation is not None and operation.verb is Verb.READ
        first = len(hostile.calls) if by_reader else calls_before
        step.seen_lost = excuses.end(step.index, first, self._reentrant_calls.nested)
        step.calls = CallCounts(*map(sub, hostile.counts.values(), counts))
        step.lost = excuses.unreadable
        if excuses.tampered:
            step.tampered = True
            # If pointers were changed, every word may count as an object.
            step.objects = sum(words)
        if step.outcome is Outcome.DONE:
            step.must_match = step.tampered and self._examiner.must_match()
            self._note_taken(step, words, copied)
            return True
        if operation is not None and operation.verb is Verb.RESUME:
            # It is unknown which of the two builders saw a fault.
            excuses.lost = True
        calls = hostile.calls[calls_before:]
        altered = step.reentered or any(effects_of(entry.fault).alters for entry in during)
        if before is not None and not altered:
            step.damage = self._examiner.damage(before)
        if not step.excused:
            step.excused = excuses.excuse(calls) or (
                step.failure is Failure.LIMIT and self._may_be_too_large(operation)
            )
        # An impossible operation is refused without a call, and must have changed nothing, too. But
        # an operation that was never sent to a driver is no step of its library.
        performed = calls or (step.unsupported and not subject.is_remote)
        if performed and step.verb != CLOSE:
            self._examiner.examine(step)
        return False

    def _note_need(self, step: Step, operation: Operation | None, used: tuple[int, ...]) -> Any:
        """Note the words that a step needs; return the object that it will copy.

        ``used`` has the words in use of each segment.
        """
        if operation is None or step.expectation.kind not in _SUCCESS:
            step.needed_words = 0 if operation is None else None
            return None
        model = self._expected.model
        segments = len(used)
        words, objects = model.needed_words(operation)
        step.needed_words = words + (1 if segments == 0 and words else 0)
        self._pads = _MOST_PAD_WORDS * objects
        live = self.subject.hostile.live
        # If a fault fired, a segment may have grown without the encoder's knowledge.
        if segments == len(live) == 1 and not self.subject.hostile.fired:
            granted = min(live[0].shown_bytes // 8, self._scenario.max_segment_words)
            step.has_room = sum(used) + words <= granted
        return model.copied_object(operation) if segments == 1 else None

    def _note_taken(self, step: Step, before: tuple[int, ...], copied: Any) -> None:
        """Note the number of words that a successful step took, and the words that it copied."""
        if step.verb == CLOSE or self._excuses.closed:
            return
        after = self.subject.segment_words()
        step.words = sum(after)
        step.told_words = self.subject.told_words()
        if step.reentered or step.tampered:
            step.needed_words = None
        if step.needed_words is None:
            return
        step.taken_words = step.words - sum(before)
        if len(after) > 1:
            step.needed_words += self._pads
        elif copied is not None and len(self.subject.hostile.live) == 1:
            memory = self.subject.hostile.contents(self.subject.hostile.live[0])
            found = bytes(memory[before[0] * 8 : after[0] * 8])
            step.copied = (found, plain_form(copied))

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
        raised = self.subject.interceptor.raised
        keeps_cause = failure is Failure.REFUSED or step.unsupported
        if keeps_cause and raised and number_of(cause_of(error)) not in raised:
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
        needed = self._expected.model.largest_object(operation)
        return needed + _MOST_EXTRA_WORDS > self._scenario.max_segment_words
