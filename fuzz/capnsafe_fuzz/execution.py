"""One scenario, one encoder, once: what happened, and the verdict on it.

The executor leads three things along one program: the encoder's session, the hostile memory below
it, and the model that knows what the message must say.  It writes down what happened (``Record``)
and lets the oracles judge.

Trying again.  P2 says that a call that raised may be tried again.  So where the memory gave a
reason to fail, an operation that makes a handle, and output, is tried once more at once.  Without
the handle, the rest of the program would be skipped, and a program cannot give the same handle two
tries.  Any other operation stays failed: what a program does next is then done to a message in
which something just failed, and a program can repeat such an operation by itself.

When to believe a failure.  An operation that the model expects to succeed may raise if, during it,
the memory raised, granted too little, or is known to have lost words.  Memory that merely moves or
is dirty is no reason, and neither is a fault that fired in an earlier operation and is over.

What is looked at.  Every output is examined.  After a failure the memory itself is examined: it
must say what it said before.  With ``each_step`` that is done after every operation.  Once words
in use were taken away, contents are not judged any more; P1, P3, P4, P5 and P8 still are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from time import perf_counter_ns
from typing import Any, Final

from capnsafe_allocators import GUARD_WORDS, Call, HostileAllocator, When

from capnsafe import FixedAllocator, HeapAllocator

from .encoders.protocol import Account, Attempt, Encoder, Failure, ProofKind, Session
from .oracles import ORACLES, Cost
from .oracles.decode import Examination, examine, examine_stream
from .oracles.layout import ROOT
from .oracles.record import Contents, Outcome, Record, Step, Violation
from .scenario import Operation, Scenario, print_scenario
from .scenario.model import Expectation, ExpectationKind, Model
from .scenario.program import HANDLE_MAKERS, NO_HANDLE, Verb
from .scenario.schema import (
    EVERYTHING,
    FLOATS,
    SCALAR_BITS,
    TYPES,
    Kind,
    ListType,
    StructType,
    Type,
)

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
        for finding in oracle.check(run.record)
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
        may_fail = step.excused or step.lost
        done = step.outcome is Outcome.DONE
        attempts.append(Attempt(step.index, done, skipped, interrupted, may_fail))
        if step is finding.step:
            break
    headline = f"{oracle.promise}: {finding.detail}"
    return encoder.script(scenario, Account(tuple(attempts), headline, finding.proof))


def _observe(scenario: Scenario, encoder: Encoder, each_step: bool, timed: bool) -> _Run:
    try:
        run = _Run(scenario, encoder, each_step, timed)
        run.all_operations()
        run.end()
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


def honest_memory(scenario: Scenario) -> Any:
    """The memory below the faults, with room for the guards that the hostile allocator adds."""
    spec = scenario.memory
    if spec.name == "stable":
        # Memory that stays is shown as it is, without guards.
        return HeapAllocator(segment_words=spec.segment_words, growth=False)
    guards = 2 * GUARD_WORDS
    if spec.name == "heap":
        return HeapAllocator(segment_words=spec.segment_words + guards, growth=False)
    size = spec.segment_words + guards if spec.segment_words else None
    return FixedAllocator(bytearray((spec.total_words + guards) * 8), segment_words=size)


class _Witness:
    """Stands between encoder and memory, and remembers which exceptions the memory raised.

    By identity number and not by reference: a kept exception would keep its traceback, and with it
    the frames, and the views in them, of the encoder that it passed through.
    """

    __slots__ = ("_memory", "interrupts", "raised", "raised_by_release")

    def __init__(self, memory: HostileAllocator) -> None:
        self._memory = memory
        #: Exceptions that allocate and segment raised since the step began, by ``id``.
        self.raised: set[int] = set()
        #: Those that release raised: what a failed operation gives back is not why it failed.
        self.raised_by_release: set[int] = set()
        #: Those of them that no library may keep.
        self.interrupts: set[int] = set()

    @property
    def stable(self) -> bool:
        """Whether the memory promises that it stays."""
        return getattr(self._memory, "stable", False)

    def _note(self, error: BaseException, raised: set[int]) -> None:
        if isinstance(error, Exception):
            raised.add(id(error))
        elif self._memory.calls and self._memory.calls[-1].error == type(error).__name__:
            # Raised by a fault; a real Ctrl-C during the call would not be in the log.
            self.interrupts.add(id(error))

    def forget(self) -> None:
        self.raised.clear()
        self.raised_by_release.clear()
        self.interrupts.clear()

    def allocate(self, minimum_words: int, /) -> object:
        try:
            return self._memory.allocate(minimum_words)
        except BaseException as error:
            self._note(error, self.raised)
            raise

    def segment(self, key: object, /) -> object:
        try:
            return self._memory.segment(key)
        except BaseException as error:
            self._note(error, self.raised)
            raise

    def release(self, key: object, words_used: int, /) -> None:
        try:
            self._memory.release(key, words_used)
        except BaseException as error:
            self._note(error, self.raised_by_release)
            raise


_RETRIED: Final = HANDLE_MAKERS | {Verb.OUTPUT}
_EXPECT_OUTPUT: Final = Expectation(ExpectationKind.OK)
_SUCCESS: Final = frozenset((ExpectationKind.OK, ExpectationKind.VALUE))
#: Families of faults that are no reason to fail: the memory keeps its side of the contract.
_HARMLESS: Final = frozenset({("short", "odd")})
_HARMLESS_FAMILIES: Final = frozenset({"move", "dirty"})
#: Words that an object may need besides its own: the root pointer, and a landing pad.
_MOST_EXTRA_WORDS: Final = 3


class _Run:
    """One execution under way."""

    __slots__ = (
        "_before",
        "_can_lose",
        "_each_step",
        "_fired_seen",
        "_last_look",
        "_lost",
        "_model",
        "_revision",
        "_seen_lost",
        "_session",
        "_shrunk",
        "_timed",
        "_types",
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
        self.hostile = HostileAllocator(
            honest_memory(scenario), scenario.faults, stable=scenario.memory.name == "stable"
        )
        self._witness = _Witness(self.hostile)
        self._session: Session = encoder.session(self._witness, scenario.max_segment_words)
        self.hostile.used = self._session.segment_words
        self._model = Model()
        self._types: list[Type] = []
        self._each_step = each_step
        self._timed = timed
        self._fired_seen = 0
        #: Counts what the model was told, so that a tree is made once for each state.
        self._revision = 0
        self._last_look: tuple[int, list[bytes], tuple[int, ...], Contents] | None = None
        self._can_lose = any(
            fault.family == "shrink" or fault.kind == "KeyError" for fault in scenario.faults
        )
        #: Words in use at the end of the last step, by grant.
        self._before: dict[int, int] = {}
        self._lost = False
        self._shrunk = False
        self._seen_lost = ""

    # -- the program ------------------------------------------------------------------------------

    def all_operations(self) -> None:
        model, hostile, session, types = self._model, self.hostile, self._session, self._types
        for index, operation in enumerate(self.scenario.operations):
            verb, number = operation.verb, operation.handle
            held = types[number] if number != NO_HANDLE else None
            place = operation.place
            label, made = _label(held, verb, place if isinstance(place, str) else None)
            if made is not None:
                types.append(made)
            expectation = model.expect(operation)
            step = Step(index, operation, label, expectation, makes_handle=made is not None)
            if expectation.kind is ExpectationKind.VOID:
                step.outcome = Outcome.SKIPPED
                step.excused = step.lost = self._lost
                self.record.steps.append(step)
                model.forget(operation)
                session.skip(operation)
            else:
                done = self._attempt(step, self._perform, operation)
                if not done and step.excused and verb in _RETRIED and not self._lost:
                    step = Step(index, operation, label, expectation, makes_handle=made is not None)
                    done = self._attempt(step, self._perform, operation)
                if done and step.makes_handle and step.value is False:
                    # The encoder has no handle, whatever the model says that it should have.
                    model.forget(operation)
                elif done:
                    model.commit(operation)
                    self._revision += 1
                else:
                    model.forget(operation)
                    session.skip(operation)
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
        if not done and step.excused and not self._lost:
            step = Step(index, None, "output", _EXPECT_OUTPUT)
            done = self._attempt(step, self._output, None)
        if done:
            self._look(step)
        if self._each_step:
            self.hostile.check_guards()
        self.hostile.operation_finished(index)
        step = Step(index + 1, None, CLOSE, _EXPECT_OUTPUT)
        self._attempt(step, self._close, None)
        self.hostile.finished()
        self.record.evidence = self.hostile.evidence
        self.record.dirty = any(fired.fault.family == "dirty" for fired in self.hostile.fired)
        for step in self.record.steps:
            if step.error is not None:
                # Frames refer to exceptions and these to frames: let them go without a collector.
                step.error.__traceback__ = None

    # -- one attempt ------------------------------------------------------------------------------

    def _perform(self, step: Step, operation: Operation | None) -> None:
        assert operation is not None
        if operation.verb is Verb.OUTPUT:
            step.output = self._session.output()
        else:
            step.value = self._session.perform(operation)

    def _output(self, step: Step, operation: Operation | None) -> None:
        step.output = self._session.output()

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
        hostile, witness = self.hostile, self._witness
        calls_before = len(hostile.calls)
        if self._can_lose:
            self._before = self._words_in_use()
            step.short = self._missing_words()
        if witness.raised or witness.raised_by_release or witness.interrupts:
            witness.forget()
        started = perf_counter_ns() if self._timed else 0
        try:
            act(step, operation)
        except Exception as error:
            step.outcome = Outcome.RAISED
            step.error = error
        except BaseException as error:
            if id(error) not in witness.interrupts:
                raise
            step.outcome = Outcome.INTERRUPTED
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
        if self._can_lose:
            self._note_losses(step, hostile.calls[calls_before:])
            if self._shrunk and not self._lost:
                # Words that were being handed out when a cut took them, as not in use yet.
                self._before = self._words_in_use()
                self._lost = bool(self._missing_words())
        step.lost = self._lost
        step.seen_lost = self._seen_lost
        if step.outcome is Outcome.DONE:
            return True
        calls = hostile.calls[calls_before:]
        if not step.excused:
            step.excused = (
                self._lost
                or self._shrunk
                or any(call.error is not None for call in calls)
                or (step.failure is Failure.LIMIT and self._may_be_too_large(operation))
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
        if failure is Failure.REFUSED and raised and id(error.__cause__) not in raised:
            step.cause_kept = False
        if failure is Failure.ARGUMENT or failure is Failure.INDEX:
            step.builtin = self.encoder.argument_type(error)
        return failure.value

    def _note_faults(self, step: Step) -> None:
        fired = self.hostile.fired[self._fired_seen :]
        self._fired_seen = len(self.hostile.fired)
        step.faults = tuple(entry.fault for entry in fired)
        for fault in step.faults:
            if fault.family == "shrink":
                self._shrunk = True
                if not fault.kind.startswith("below-granted"):
                    self._lost = True
            elif fault.family not in _HARMLESS_FAMILIES:
                step.excused |= (fault.family, fault.kind) not in _HARMLESS

    # -- words that are taken away ----------------------------------------------------------------

    def _words_in_use(self) -> dict[int, int]:
        live = self.hostile.live
        words = self._session.segment_words()
        if len(live) != len(words):
            return {}
        return {grant.index: used for grant, used in zip(live, words, strict=True)}

    def _missing_words(self) -> str:
        """Which segment is now shorter than the words in use; what any borrow of it must see."""
        for grant in self.hostile.live:
            used = self._before.get(grant.index, 0)
            if grant.shown_bytes // 8 < used:
                return f"segment {grant.index} has {grant.shown_bytes // 8} of {used} words in use"
        return ""

    def _note_losses(self, step: Step, calls: Iterable[Call]) -> None:
        for call in calls:
            used = self._before.get(call.segment, 0)
            if call.kind is not When.SEGMENT or not used or self._seen_lost:
                continue
            if call.error == "KeyError":
                self._seen_lost = f"segment {call.segment} could not be had in operation"
            elif call.error is None and call.words < used:
                self._seen_lost = (
                    f"segment {call.segment} was answered with {call.words} of {used} words in "
                    "use in operation"
                )
            else:
                continue
            self._seen_lost += f" {step.index}"
            self._lost = True

    def _may_be_too_large(self, operation: Operation | None) -> bool:
        if operation is None:
            return False
        held = self._types[operation.handle] if operation.handle != NO_HANDLE else None
        return _needed_words(held, operation) + _MOST_EXTRA_WORDS > self.scenario.max_segment_words

    # -- looking into memory ----------------------------------------------------------------------

    def _look(self, step: Step) -> None:
        """Examine the output of the step, or the memory itself if it gave none."""
        if self._lost:
            return
        started = perf_counter_ns() if self._timed else 0
        if step.output is not None:
            step.contents = Contents(examine_stream(step.output, ROOT), self._model.tree())
        else:
            step.contents = self._contents_of_memory()
        if self._timed:
            self.oracle_time += perf_counter_ns() - started

    def _contents_of_memory(self) -> Contents | None:
        words = tuple(self._session.segment_words())
        snapshot = self.hostile.snapshot()
        if len(snapshot) != len(words):
            return None
        last = self._last_look
        if last is not None and last[:3] == (self._revision, snapshot, words):
            return last[3]
        examination: Examination = examine(snapshot, ROOT, words)
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


# -- names of operations --------------------------------------------------------------------------

_LABELS: Final[dict[tuple[Type | None, Verb, str | None], tuple[str, Type | None]]] = {}


def _label(held: Type | None, verb: Verb, place: str | None) -> tuple[str, Type | None]:
    """What an operation is called in situations and groups, and the type of what it makes."""
    key = (held, verb, place)
    known = _LABELS.get(key)
    if known is None:
        known = _LABELS[key] = _make_label(held, verb, place)
    return known


def _make_label(held: Type | None, verb: Verb, place: str | None) -> tuple[str, Type | None]:
    if held is None:
        return verb.value, None if verb is Verb.OUTPUT else EVERYTHING
    if isinstance(held, StructType):
        assert place is not None
        field = held.by_name[place]
        kind, target, where = field.kind, field.target, ""
    else:
        kind, target, where = held.element, held.target, " element"
    made = None
    name = _kind_name(kind)
    if target is not None:
        leads_to = TYPES[target]
        if isinstance(leads_to, ListType):
            name = f"{_kind_name(leads_to.element)}-list"
        elif leads_to.words == 0:
            name = "empty-struct"
        if verb in HANDLE_MAKERS:
            made = leads_to
    return f"{verb.value} {name}{where}", made


def _kind_name(kind: Kind) -> str:
    if kind in FLOATS:
        return "float"
    if kind in SCALAR_BITS and kind not in (Kind.VOID, Kind.BOOL):
        return "number"
    return kind.value.lower()


def _needed_words(held: Type | None, operation: Operation) -> int:
    """Words of the object that an operation makes; 0 if it makes none."""
    verb, _, place, value = operation
    if held is None:
        return EVERYTHING.words if verb is Verb.ROOT else 0
    if isinstance(held, StructType):
        assert isinstance(place, str)
        target = held.by_name[place].target
    else:
        target = held.target
    if verb is Verb.SET and isinstance(value, str):
        return (len(value.encode()) + 8) // 8
    if verb is Verb.SET and isinstance(value, bytes):
        return (len(value) + 7) // 8
    if verb is not Verb.INIT or target is None:
        return 0
    made = TYPES[target]
    if isinstance(made, StructType):
        return made.words
    assert isinstance(value, int)
    if isinstance(made.type if made.target else None, StructType):
        assert isinstance(made.type, StructType)
        return 1 + value * made.type.words
    bits = SCALAR_BITS.get(made.element, 64)
    return (value * bits + 63) // 64
