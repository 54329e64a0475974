"""One scenario, one encoder, once: what happened, and the verdict on it.

The executor leads three things along one program: the encoder's session, the hostile memory below
it, and the model that knows what the message must say.  It writes down what happened (``Record``)
and lets the oracles judge.

Trying again.  P2 says that a call that raised may be tried again.  So where the memory gave a
reason to fail, an operation that makes a handle, and output, is tried once more at once.  Without
the handle, the rest of the program would be skipped, and a program cannot give the same handle two
tries.  Any other operation stays failed: what a program does next is then done to a message in
which something just failed, and a program can repeat such an operation by itself.

When to believe a failure, and what is judged after words were lost, is in ``excuses``.

What is looked at.  Every output is examined.  After a failure the memory itself is examined: it
must say what it said before.  With ``each_step`` that is done after every operation.  Where
contents cannot be judged any more, a call that raises must at least not have changed any (P6).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from operator import sub
from time import perf_counter_ns
from typing import Final

from capnsafe_allocators import FINALIZER, Callback, HostileAllocator, effects_of

from .encoders.protocol import Account, Attempt, Encoder, Failure, ProofKind, Session
from .excuses import Excuses, Interceptor, exchange
from .memories import new_memory
from .oracles import ORACLES, Cost
from .record import Calls, Contents, Outcome, Record, Step, Violation
from .record.telling import cause_of, full_type_name, plain, repr_of, text_of, type_name
from .reference.examination import Examination
from .reference.examiner import examine, examine_stream
from .reference.layout import ROOT
from .scenario import Operation, Scenario, print_scenario
from .scenario.labels import label_of
from .scenario.model import Expectation, ExpectationKind, Model
from .scenario.program import HANDLE_MAKERS, NO_HANDLE, Verb
from .scenario.schema import EVERYTHING, Type

__all__ = [
    "HarnessError",
    "Outcome",
    "Record",
    "Situation",
    "Step",
    "Timing",
    "Verdict",
    "Violation",
    "execute",
    "explain",
    "innermost",
    "observe",
    "script",
]

Situation = tuple[str, str, str]
"""(kind of operation, ``family kind`` of the fault or ``-``, outcome), as in the matrix."""

NO_FAULT: Final = "-"
CLOSE: Final = "close"
#: The field of the root that a call from inside a call reads or writes.
_CALLED_BACK: Final = {
    Callback.READ: "u32",
    Callback.WRITE: "u32",
    Callback.BUILD: "text",
    Callback.CLEAR: "data",
}
"""The label of the step that ends every execution."""


class HarnessError(Exception):
    """The harness itself failed; says nothing about the encoder.  Its cause is the exception."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Where the time of one execution went, in nanoseconds."""

    encoder: int
    """Inside the session's methods, the memory's calls included."""
    oracles: int
    """Judging the record, and the looks into memory that judging needs."""
    rest: int
    """The model, the memory's set-up and the record itself."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one execution came to."""

    violations: tuple[Violation, ...]
    situations: frozenset[Situation]
    operations: int
    """Attempts at operations that were really made."""
    allocator_calls: int
    faults_fired: int
    timing: Timing | None = None


def execute(
    scenario: Scenario,
    encoder: Encoder,
    *,
    each_step: bool = False,
    costly: bool = False,
    timed: bool = False,
) -> Verdict:
    """Run ``scenario`` once and judge it.

    ``each_step`` looks into the memory after every operation, not only at outputs and after
    failures.  ``costly`` asks the costly oracles too.  ``timed`` fills ``Verdict.timing``.

    Raises HarnessError if the harness itself fails.
    """
    run = _observe(scenario, encoder, each_step, timed)
    violations = _judge(run, costly)
    timing = None
    if timed:
        whole = perf_counter_ns() - run.started
        timing = Timing(
            run.encoder_time, run.oracle_time, whole - run.encoder_time - run.oracle_time
        )
    return Verdict(
        tuple(violations),
        frozenset(run.situations),
        run.attempts,
        len(run.hostile.calls),
        len(run.hostile.fired),
        timing,
    )


def explain(scenario: Scenario, encoder: Encoder, *, costly: bool = False) -> Verdict:
    """Run with checks after every operation, and tell what the first guilty operation broke.

    What is wrong later may follow from it.  These are the groups by which findings are kept: the
    quick run sees some things only at the output, and so cannot say what did them.
    """
    verdict = execute(scenario, encoder, each_step=True, costly=costly)
    if not verdict.violations:
        return execute(scenario, encoder, costly=costly)
    first = min(violation.operation for violation in verdict.violations)
    guilty = tuple(found for found in verdict.violations if found.operation == first)
    return replace(verdict, violations=guilty)


def observe(scenario: Scenario, encoder: Encoder, *, each_step: bool = True) -> Record:
    """What happened, step by step, unjudged: to tell people, and to print programs."""
    return _observe(scenario, encoder, each_step, False).record


def script(scenario: Scenario, encoder: Encoder) -> str:
    """``scenario`` as a program in the encoder's API, which shows what it breaks first.

    If nothing is broken, the program only runs.
    """
    run = _observe(scenario, encoder, True, False)
    if not _judge(run, True):
        run = _observe(scenario, encoder, False, False)
    found = [
        (finding.operation, oracle, finding)
        for oracle in ORACLES.values()
        for finding in oracle.found(run.record)
    ]
    if not found:
        return encoder.script(scenario)
    # Of what the first guilty operation broke, what a program can show.
    _, oracle, finding = min(
        found, key=lambda entry: (entry[0], entry[2].proof.kind is ProofKind.NONE)
    )
    attempts = []
    for step in run.record.steps:
        if step.index > finding.operation:
            break
        skipped = step.outcome is Outcome.SKIPPED
        interrupted = step.outcome is Outcome.INTERRUPTED
        # Of what goes beyond the message's limit, a right encoder makes nothing at all.
        limited = finding.proof.kind is ProofKind.WITHIN_LIMIT
        may_fail = step.excused or step.lost or limited
        done = step.outcome is Outcome.DONE
        attempts.append(Attempt(step.index, done, skipped, interrupted, may_fail))
        if step is finding.step:
            break
    headline = f"{oracle.promise}: {finding.detail}"
    return encoder.script(scenario, Account(tuple(attempts), headline, finding.proof))


def _observe(scenario: Scenario, encoder: Encoder, each_step: bool, timed: bool) -> _Run:
    try:
        run = _Run(scenario, encoder, each_step, timed)
        try:
            run.all_operations()
            run.end()
        finally:
            run.close()
    except Exception as error:
        raise _harness_error(scenario, encoder) from error
    return run


def _judge(run: _Run, costly: bool) -> list[Violation]:
    started = perf_counter_ns()
    violations: list[Violation] = []
    try:
        for oracle in ORACLES.values():
            if costly or oracle.cost is Cost.CHEAP:
                violations.extend(oracle.judge(run.record))
    except Exception as error:
        raise _harness_error(run.scenario, run.encoder) from error
    run.oracle_time += perf_counter_ns() - started
    if len(violations) > 1:
        violations.sort(key=lambda violation: violation.operation)
        # What one mistake does again and again is told once.
        first: dict[str, Violation] = {}
        for found in violations:
            first.setdefault(found.group, found)
        violations = list(first.values())
    return violations


def _harness_error(scenario: Scenario, encoder: Encoder) -> HarnessError:
    return HarnessError(
        f"the harness failed while {encoder.name} ran this scenario:\n{print_scenario(scenario)}"
    )


def _octets(answer: object) -> bytes:
    """What an encoder put out; what is no bytes is no message, and read as an empty one."""
    if type(answer) is bytes:
        return answer
    octets = plain(answer)
    return octets if type(octets) is bytes else b""


class _NoSession:
    """Stands for the session that an encoder could not begin: whatever is asked raises why."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def perform(self, operation: Operation) -> object:
        raise self._error

    def skip(self, operation: Operation) -> None:
        pass

    def output(self) -> bytes:
        raise self._error

    def canonical(self) -> bytes:
        raise self._error

    def segment_words(self) -> tuple[int, ...]:
        return ()

    def close(self) -> None:
        pass


class _StrangeWords(ValueError):
    """What an encoder returned is not how many words there are in each segment."""


@dataclass(slots=True)
class _Inner:
    """A call from inside another one that was finished, or found its handle stale."""

    kind: str
    during: str
    operation: Operation | None
    """None if it was an output."""
    value: object
    failure: Failure | None
    sentence: str
    agreed: bool = False
    """Whether the outcome was right as it came."""


_RETRIED: Final = HANDLE_MAKERS | {Verb.OUTPUT, Verb.CANONICAL}
_EXPECT_OUTPUT: Final = Expectation(ExpectationKind.OK)
_SUCCESS: Final = frozenset((ExpectationKind.OK, ExpectationKind.VALUE))
#: Verbs that change nothing, and those that make at most one object.
_READING: Final = frozenset(
    {Verb.GET, Verb.OPEN, Verb.REOPEN, Verb.OUTPUT, Verb.CANONICAL, Verb.UNWRAP}
)
_MAKES_ONE: Final = frozenset({Verb.ROOT, Verb.INIT, Verb.SET, Verb.FILL})
#: Allocator calls after which an operation is taken to go on for ever.
_RUNAWAY_CALLS: Final = 20_000
#: Segments of a message that are looked at: more than there are allocator calls.
_MOST_SEGMENTS: Final = 1 << 16
#: Words that an object may need besides its own: the root pointer, and a landing pad.
_MOST_EXTRA_WORDS: Final = 3


class _Run:
    """One execution under way."""

    __slots__ = (
        "_each_step",
        "_excuses",
        "_fired_seen",
        "_honest",
        "_inner",
        "_last_look",
        "_model",
        "_objects",
        "_places",
        "_retired",
        "_revision",
        "_session",
        "_timed",
        "_types",
        "_verified",
        "_witness",
        "attempts",
        "encoder",
        "encoder_time",
        "hostile",
        "oracle_time",
        "record",
        "scenario",
        "situations",
        "started",
    )

    def __init__(self, scenario: Scenario, encoder: Encoder, each_step: bool, timed: bool) -> None:
        self.started = perf_counter_ns()
        self.encoder_time = 0
        self.oracle_time = 0
        self.scenario = scenario
        self.encoder = encoder
        self.record = Record(scenario, encoder.name)
        self.situations: set[Situation] = set()
        self.attempts = 0
        kind, size = scenario.memory.kind, scenario.memory.size
        self._honest = new_memory(kind, size)
        self.hostile = HostileAllocator(
            self._honest,
            scenario.faults,
            stable=kind.stays,
            grows=kind.is_asked_to_grow(size, self._honest),
        )
        self._witness = Interceptor(self.hostile)
        self._verified = scenario.verify and getattr(encoder, "verifies", False)
        options = {"verify": True} if self._verified else {}
        self._session: Session
        try:
            self._session = encoder.session(self._witness, scenario.max_segment_words, **options)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._session = _NoSession(error)
        self.hostile.used = self._words_told
        self.hostile.reenter = self._reenter
        self.hostile.places_known = kind.places_known(size)
        self._excuses = Excuses(self.hostile, self.segment_words, scenario.faults)
        self._model = Model()
        self._types: list[Type] = []
        self._each_step = each_step
        self._timed = timed
        self._fired_seen = 0
        #: Calls from inside the one under way.
        self._inner: list[_Inner] = []
        #: Counts what the model was told, so that a tree is made once for each state.
        self._revision = 0
        #: The most objects that the message can have by now.
        self._objects = 0
        #: What pointers were set, and whether one was overwritten or cleared.
        self._places: set[object] = set()
        self._retired = False
        self._last_look: tuple[int, list[bytes], tuple[int, ...], Contents] | None = None

    # -- the program ------------------------------------------------------------------------------

    def all_operations(self) -> None:
        model, hostile, session, types = self._model, self.hostile, self._session, self._types
        for index, operation in enumerate(self.scenario.operations):
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
                if not done and step.excused and verb in _RETRIED and not self._excuses.unreadable:
                    step = Step(index, operation, label, expectation, makes_handle=made is not None)
                    done = self._attempt(step, self._perform, operation)
                if done and step.makes_handle and step.value is False:
                    # The encoder has no handle, whatever the model says that it should have.
                    model.forget(operation)
                elif done:
                    model.commit(operation)
                    self._revision += 1
                    self._note_made(operation)
                else:
                    model.forget(operation)
                    session.skip(operation)
                if self._inner:
                    self._settle_inner(step, done)
                if done and (self._each_step or step.output is not None):
                    self._look(step)
            if self._each_step:
                hostile.check_guards()
            hostile.operation_finished(index)

    def end(self) -> None:
        """The final output, closing, and what the memory saw."""
        index = len(self.scenario.operations)
        step = Step(index, None, "output", _EXPECT_OUTPUT)
        done = self._attempt(step, self._output, None)
        if not done and step.excused and not self._excuses.unreadable:
            step = Step(index, None, "output", _EXPECT_OUTPUT)
            done = self._attempt(step, self._output, None)
        if self._inner:
            self._settle_inner(step, done)
        if done:
            self._look(step)
        if self._each_step:
            self.hostile.check_guards()
        self.hostile.operation_finished(index)
        step = Step(index + 1, None, CLOSE, _EXPECT_OUTPUT)
        self._attempt(step, self._close, None)
        self.hostile.finished()
        self.record.evidence = self.hostile.evidence
        self.record.dirty = any(effects_of(fired.fault).soils for fired in self.hostile.fired)
        for step in self.record.steps:
            if step.error is not None:
                # Frames refer to exceptions and these to frames: let them go without a collector.
                step.error.__traceback__ = None

    def _note_made(self, operation: Operation) -> None:
        """Count what an operation that succeeded can have made, and whether it retired something.

        An operation that is not known to make one object may have made as many as there are words.
        """
        verb, _, place, value = operation
        # What is opened as something may be moved to where it has room for that.
        if verb in _READING and value is None:
            return
        if verb in _MAKES_ONE:
            self._objects += 1
        elif verb is not Verb.CLEAR:
            self._objects += sum(self.segment_words())
        # By place alone: two handles may lead to one object.
        self._retired |= verb not in _MAKES_ONE or place in self._places
        self._places.add(place)

    # -- calls from inside calls ------------------------------------------------------------------

    def _reenter(self, kind: str) -> str:
        """Call the session from inside its own call; return an error in the outcome, or "".

        It may be finished, or be told that it comes at the wrong time.  What is written is what is
        there already: a call that is finished before the one under way makes no difference.  What
        an encoder lets in when that one has ended comes after it: see ``_settle_inner``.
        """
        hostile, witness = self.hostile, self._witness
        operation = None if kind == Callback.CLOSE else self._reentrant(kind)
        calls, fired = len(hostile.calls), len(hostile.fired)
        outer = frozenset(witness.interrupts)
        value: object = None
        failure: Failure | None = None
        sentence = ""
        try:
            if kind == Callback.CLOSE:
                self._session.close()
            elif operation is not None:
                value = self._session.perform(operation)
            else:
                value = _octets(self._session.output())
        except BaseException as error:
            if id(error) in witness.interrupts:
                # It came out as it was raised, and it is us who called. Where several releases
                # were interrupted, it stands for all of them.
                witness.interrupts.intersection_update(outer)
                self._note_closed(kind)
                return ""
            if not isinstance(error, Exception):
                raise
            failure = self.encoder.classify(error)
            closing = self.record.steps[-1].verb == CLOSE or self._excuses.closed
            if failure is Failure.BUSY or (closing and failure is not Failure.FOREIGN):
                return ""
            if failure is not Failure.FOREIGN and hostile.called_back_from == FINALIZER:
                # What a release raised did not keep the message from closing.
                self._note_closed(kind)
                excused = self._excuses.note_faults(hostile.fired[fired:])
                if excused or self._excuses.excuse(hostile.calls[calls:]):
                    return ""
            sentence = f"it raised {type_name(error)}: {text_of(error)}"
        step = self.record.steps[-1]
        if failure is None:
            step.reentered = True
            if operation is not None:
                self._note_made(operation)
        if kind == Callback.CLOSE:
            # In the middle of a call of the memory's, nothing can be given back to it.
            if step.verb != CLOSE and hostile.called_back_from != FINALIZER:
                return sentence or "it closed the message in the middle of a call"
            self._note_closed(kind)
            return sentence
        if failure is None or failure is Failure.STALE:
            call = _Inner(kind, hostile.called_back_from, operation, value, failure, sentence)
            call.agreed = self._agrees(call)
            self._inner.append(call)
            return ""
        return sentence

    def _note_closed(self, kind: str) -> None:
        """A finalizer was let in; if it closed the message, nothing more is to be done with it."""
        step = self.record.steps[-1]
        if kind == Callback.CLOSE and step.verb != CLOSE:
            step.closed_inside = self._excuses.closed = True

    def _settle_inner(self, step: Step, done: bool) -> None:
        """Judge the calls from inside, now that the model has the one under way, if it was done.

        Each of them came before it or after it, in this order.
        """
        inner, self._inner = self._inner, []
        if self._excuses.unreadable:
            return
        for call in inner:
            if not call.agreed and not (done and self._agrees(call)):
                found = call.sentence or "what it returned was true neither before nor after it"
                self.hostile.note_call_back(call.kind, call.during, found)
        written: list[Operation] = []
        for call in reversed(inner if done else []):
            operation = call.operation
            if operation is None or call.failure is not None or operation.verb is Verb.GET:
                continue
            if operation not in written and self._model.expect(operation).kind in _SUCCESS:
                now = self._model.expect(Operation(Verb.GET, operation.handle, operation.place))
                if now.kind is not ExpectationKind.VALUE or now.value != operation.value:
                    written.append(operation)
        for operation in written:
            contents = self._contents_of_memory()
            if contents is None or not contents.wrong:
                return
            # It was not before the call, so it was after it, or the message is wrong.
            self._model.commit(operation)
            self._revision += 1

    def _agrees(self, call: _Inner) -> bool:
        """Whether the model says the same now as a call from inside did."""
        operation = call.operation
        if operation is None:
            assert isinstance(call.value, bytes)
            leftovers = not self._model.has_orphans
            examination = examine_stream(call.value, ROOT, leftovers=leftovers)
            return not Contents(examination, self._model.tree()).wrong
        expectation = self._model.expect(operation)
        if call.failure is not None or expectation.kind is ExpectationKind.STALE:
            return call.failure is Failure.STALE and expectation.kind is ExpectationKind.STALE
        return operation.verb is not Verb.GET or call.value == expectation.value

    def _reentrant(self, kind: str) -> Operation | None:
        """The operation on the newest root that a kind of re-entry is; None if it is output."""
        # The operation under way has no handle yet.
        numbers = len(self._types) - self.record.steps[-1].makes_handle
        roots = [number for number in range(numbers) if self._types[number] is EVERYTHING]
        alive = [number for number in roots if self._model.live(number)]
        if kind == Callback.OUTPUT or not alive:
            return None
        field = _CALLED_BACK[Callback(kind)]
        get = Operation(Verb.GET, alive[-1], field)
        expectation = self._model.expect(get)
        if kind == Callback.READ:
            return get
        if expectation.kind is not ExpectationKind.VALUE:
            # Something else lies there, which would be gone.
            return Operation(Verb.GET, alive[-1], "u32")
        verb = Verb.CLEAR if expectation.value is None else Verb.SET
        return Operation(verb, alive[-1], field, expectation.value)

    def close(self) -> None:
        """Give up the honest memory, also if a view of it is still held."""
        close = getattr(self._honest, "close", None)
        if close is not None:
            with suppress(BufferError):
                close()

    # -- what the encoder says of its segments ----------------------------------------------------

    def segment_words(self) -> tuple[int, ...]:
        """Return the words handed out in each segment; none if the encoder says what cannot be."""
        try:
            return self._words_told()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # The harness asks nothing of what was returned but that it is numbers in a row, so
            # whatever is raised, the encoder raises.
            if not self.record.strange:
                said = f"segment_words raised {full_type_name(error)}: {text_of(error)}"
                if isinstance(error, _StrangeWords):
                    said = str(error)
                index = self.record.steps[-1].index if self.record.steps else 0
                self.record.strange.append((index, said))
            return ()

    def _words_told(self) -> tuple[int, ...]:
        words = tuple(islice(self._session.segment_words(), _MOST_SEGMENTS))
        if len(words) == _MOST_SEGMENTS:
            raise _StrangeWords("segment_words returned more segments than there can be")
        if words and (set(map(type, words)) != {int} or min(words) < 0):
            raise _StrangeWords(f"segment_words returned {repr_of(list(words))}")
        return words

    # -- one attempt ------------------------------------------------------------------------------

    def _perform(self, step: Step, operation: Operation | None) -> None:
        assert operation is not None
        if operation.verb is Verb.OUTPUT:
            step.output = _octets(self._session.output())
        elif operation.verb is Verb.CANONICAL:
            step.canonical = _octets(self._session.canonical())
            step.tree = self._model.tree()
        else:
            step.value = self._session.perform(operation)

    def _output(self, step: Step, operation: Operation | None) -> None:
        step.output = _octets(self._session.output())

    def _close(self, step: Step, operation: Operation | None) -> None:
        self._session.close()

    def _attempt(
        self,
        step: Step,
        act: Callable[[Step, Operation | None], None],
        operation: Operation | None,
    ) -> bool:
        """Do it, and write down what came of it; True if it succeeded."""
        self.attempts += 1
        self.record.steps.append(step)
        hostile, witness, excuses = self.hostile, self._witness, self._excuses
        calls_before = len(hostile.calls)
        # Faults that fired between operations count as this step's, and have acted already.
        acted = len(hostile.fired)
        if acted > self._fired_seen:
            excuses.note_faults(hostile.fired[self._fired_seen :])
        step.short = excuses.begin()
        step.tampered = excuses.tampered
        step.closed = excuses.closed
        words = self.segment_words()
        step.objects = self._objects
        step.segments = len(words)
        # Where two segments share memory, what is filled in one changes the other.
        judged = step.tampered and not excuses.shared
        before = self._words_in_use() if judged else None
        counts = tuple(hostile.counts.values())
        hostile.last_call = sum(counts) + _RUNAWAY_CALLS
        witness.forget()
        started = perf_counter_ns() if self._timed else 0
        try:
            act(step, operation)
        except BaseException as error:
            if id(error) in witness.interrupts:
                step.outcome = Outcome.INTERRUPTED
            elif isinstance(error, KeyboardInterrupt):
                # Nobody's fault: somebody wants this to end.
                raise
            else:
                # An encoder that exits is no better than one that raises, nor is one that panics
                # (in Rust, that arrives as a BaseException).
                step.outcome = Outcome.RAISED
            step.error = error
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
            # What was short as it began need not be so at its borrow; what was, is in the calls.
            step.short = ""
        calls = hostile.calls[calls_before:] if excuses.can_lose or not done else []
        excuses.end(step.index, calls)
        step.calls = Calls(*map(sub, hostile.counts.values(), counts))
        step.lost = excuses.unreadable
        step.seen_lost = excuses.seen_lost
        if excuses.tampered:
            step.tampered = True
            # Where pointers were changed, every word may be taken for an object.
            step.objects = sum(words)
        if step.outcome is Outcome.DONE:
            return True
        if before is not None and not any(effects_of(entry.fault).alters for entry in during):
            step.damage = self._damage(before)
        if not step.excused:
            step.excused = excuses.excuse(calls) or (
                step.failure is Failure.LIMIT and self._may_be_too_large(operation)
            )
        if calls and step.verb != CLOSE:
            self._look(step)
        return False

    def _note_failure(self, step: Step) -> str:
        error = step.error
        assert error is not None
        step.raised_at = innermost(error, self.encoder)
        if step.outcome is Outcome.INTERRUPTED:
            return step.outcome.value
        failure = step.failure = self.encoder.classify(error)
        if failure is Failure.FOREIGN and not step.raised_at:
            # It never passed the library's own code: the mistake is the adapter's, or ours.
            raise error
        witness = self._witness
        raised = witness.raised or (witness.raised_by_release if step.verb == CLOSE else None)
        if failure is Failure.REFUSED and raised and id(cause_of(error)) not in raised:
            step.cause_kept = False
        if failure is Failure.ARGUMENT or failure is Failure.INDEX:
            step.builtin = self.encoder.argument_type(error)
        return failure.value

    def _note_faults(self, step: Step) -> None:
        fired = self.hostile.fired[self._fired_seen :]
        self._fired_seen = len(self.hostile.fired)
        step.faults = tuple(entry.fault for entry in fired)
        step.excused |= self._excuses.note_faults(fired)

    def _may_be_too_large(self, operation: Operation | None) -> bool:
        if operation is None:
            return False
        needed = self._model.largest_object(operation)
        return needed + _MOST_EXTRA_WORDS > self.scenario.max_segment_words

    # -- looking into memory ----------------------------------------------------------------------

    def _look(self, step: Step) -> None:
        """Examine the output of the step, or the memory itself if it gave none."""
        excuses = self._excuses
        if excuses.unreadable and not self._must_be_found(step):
            # A message that was closed in the middle of an output is put out, or it is not.
            whole = step.closed_inside and step.output is not None
            if not whole or excuses.lost or excuses.tampered:
                return
        started = perf_counter_ns() if self._timed else 0
        if step.output is not None:
            examination = examine_stream(step.output, ROOT, leftovers=not self._model.has_orphans)
            step.contents = Contents(examination, self._model.tree())
        else:
            step.contents = self._contents_of_memory()
        if self._timed:
            self.oracle_time += perf_counter_ns() - started

    def _must_be_found(self, step: Step) -> bool:
        """Whether an output may not be given unless it is right, whatever memory says (P5v).

        What is written through pointers that were changed is not where the model has it; so only
        until the next operation that changes something.
        """
        steps = self.record.steps
        since = next((at for at, one in enumerate(steps) if one.tampered), len(steps))
        reading = all(
            one.outcome is not Outcome.DONE
            or one.operation is None
            or one.operation.verb in (Verb.GET, Verb.OUTPUT)
            for one in steps[since:]
        )
        return self._verified and step.output is not None and not self._excuses.lost and reading

    def _words_in_use(self) -> list[bytes] | None:
        """What the words in use say; None if they cannot be told from others."""
        words = self.segment_words()
        snapshot = self.hostile.snapshot()
        if len(snapshot) != len(words):
            return None
        return [part[: used * 8] for part, used in zip(snapshot, words, strict=True)]

    def _damage(self, before: list[bytes]) -> tuple[int, int] | None:
        """A word in use that a call which raised has changed: (segment, word).

        Words that were retired may be zeroed late: so a word that became zero is no damage once
        anything was retired.
        """
        for number, (grant, old) in enumerate(zip(self.hostile.live, before, strict=False)):
            new = self.hostile.contents(grant)[: len(old)]
            if new == old:
                continue
            for at in range(0, len(new) - 7, 8):
                is_zero = not any(new[at : at + 8])
                if new[at : at + 8] != old[at : at + 8] and not (self._retired and is_zero):
                    return number, at // 8
        return None

    def _contents_of_memory(self) -> Contents | None:
        words = self.segment_words()
        snapshot = self.hostile.snapshot()
        if len(snapshot) != len(words):
            return None
        last = self._last_look
        if last is not None and last[:3] == (self._revision, snapshot, words):
            return last[3]
        examination: Examination = examine(
            snapshot, ROOT, words, leftovers=not self._model.has_orphans
        )
        contents = Contents(examination, self._model.tree())
        self._last_look = (self._revision, snapshot, words, contents)
        return contents


def innermost(error: BaseException, encoder: Encoder) -> str:
    """The innermost function of the encoder's own files in the traceback."""
    found = ""
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if encoder.owns(code.co_filename):
            found = f"{os.path.basename(code.co_filename)}:{code.co_qualname}"
        traceback = traceback.tb_next
    return found
