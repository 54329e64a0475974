"""Re-entrant calls: calls of a message from inside one of its own calls.

A fault asks for one while the encoder calls the allocator, or while a finalizer runs. The call
under way is the *outer* call. The encoder may refuse a re-entrant call, or serve it as if it came
before or after the outer one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from capnsafe_allocators import FINALIZER, Callback

from ..encoders.protocol import Failure
from ..record import Contents, Record, Step
from ..record.telling import text_of, type_name
from ..reference.examiner import examine_stream
from ..reference.layout import ROOT
from ..scenario.model import ExpectationKind
from ..scenario.operations import Verb
from ..scenario.program import Operation
from ..scenario.schema import EVERYTHING
from .examiner import MessageExaminer
from .excuse import Excuses, NestedCall, number_of
from .expected_message import ExpectedMessage
from .subject import Subject, failure_of
from .verdict import CLOSE

_SUCCESS: Final = frozenset((ExpectationKind.OK, ExpectationKind.VALUE))
#: The field of the root that a re-entrant call reads or writes.
_CALLED_BACK: Final = {
    Callback.READ: "u32",
    Callback.WRITE: "u32",
    Callback.BUILD: "text",
    Callback.CLEAR: "data",
}


@dataclass(slots=True)
class _ReentrantCall:
    """A re-entrant call that was finished, or found its handle stale."""

    kind: str
    during: str
    operation: Operation | None
    """None if it was an output."""
    value: object
    failure: Failure | None
    sentence: str
    agreed: bool = False
    """Whether the outcome agreed with the model at that time, so without the outer call."""


class ReentrantCalls:
    """Makes the re-entrant calls that faults ask for, and judges them."""

    __slots__ = (
        "_calls_before",
        "_examiner",
        "_excuses",
        "_expected",
        "_fired_before",
        "_record",
        "_subject",
        "broken",
        "finished",
        "nested",
    )

    def __init__(
        self,
        subject: Subject,
        expected: ExpectedMessage,
        excuses: Excuses,
        examiner: MessageExaminer,
        record: Record,
    ) -> None:
        """Begin without calls."""
        self._subject = subject
        self._expected = expected
        self._excuses = excuses
        self._examiner = examiner
        self._record = record
        #: Re-entrant calls of the present call that are not judged yet.
        self.finished: list[_ReentrantCall] = []
        #: Why a re-entrant call could not be judged. It is raised after the present call, since an
        #: encoder or a finalizer may swallow an exception in it.
        self.broken: BaseException | None = None
        #: The re-entrant calls of finalizers in this step.
        self.nested: list[NestedCall] = []
        self._calls_before = self._fired_before = 0
        subject.hostile.reenter = self.call

    def begin(self, calls: int, fired: int) -> None:
        """Begin a step, before which there were ``calls`` allocator calls and ``fired`` faults."""
        self.nested.clear()
        self._calls_before = calls
        self._fired_before = fired

    def call(self, kind: str) -> str:
        """Call the session from inside its own call; return what was wrong with the outcome, or "".

        The encoder may serve the call, or refuse it as ``Failure.BUSY``. The call writes only the
        value that a field has already, so it changes nothing if it takes effect before the outer
        call. ``settle`` finds out whether it took effect after it.
        """
        try:
            return self._call(kind)
        except BaseException as error:
            self.broken = self.broken or error
            return ""

    def _call(self, kind: str) -> str:
        subject = self._subject
        operation = self._record.steps[-1].operation
        if operation is not None and operation.verb is Verb.RESUME:
            # During RESUME there are two builders. A re-entrant call could write by the old one.
            return ""
        hostile, interceptor = subject.hostile, subject.interceptor
        operation = None if kind == Callback.CLOSE else self._reentrant(kind)
        calls = len(hostile.calls)
        finalizing = hostile.called_back_from == FINALIZER
        words = self._excuses.words_in_use() if finalizing and self._excuses.can_lose else {}
        outer = frozenset(interceptor.interrupts)
        reasons = frozenset(interceptor.raised)
        value: object = None
        failure: Failure | None = None
        sentence = ""
        try:
            if kind == Callback.CLOSE:
                subject.session.close()
            elif operation is not None:
                value = subject.session.perform(operation)
            else:
                value = subject.output()
        except BaseException as error:
            if number_of(error) in interceptor.interrupts:
                # The interrupt reached the caller, which is the harness, so the outer call need not
                # raise it. If several releases were interrupted, one interrupt stands for all.
                interceptor.interrupts.intersection_update(outer)
                self._note_closed(kind)
                return ""
            if isinstance(error, KeyboardInterrupt):
                raise
            failure = failure_of(error, subject.encoder)
            closing = self._record.steps[-1].verb == CLOSE or self._excuses.closed
            if failure is Failure.BUSY or (closing and failure is not Failure.FOREIGN):
                return ""
            if failure is Failure.UNSUPPORTED and operation is not None:
                return ""
            if failure is not Failure.FOREIGN and finalizing:
                # A ``close`` closes the message even if ``release`` raises.
                self._note_closed(kind)
                # The outer call may have done everything but return. So the faults that the outer
                # call met excuse this one, too.
                excused = self._excuses.note_faults(hostile.fired[self._fired_before :])
                if excused or self._excuses.excuse(hostile.calls[self._calls_before :]):
                    return ""
            sentence = f"it raised {type_name(error)}: {text_of(error)}"
        finally:
            # What the memory raised to this call is no reason for the outer one to fail.
            interceptor.raised.intersection_update(reasons)
            if finalizing and len(hostile.calls) > calls:
                self.nested.append(NestedCall(calls, len(hostile.calls), words))
        step = self._record.steps[-1]
        if failure is None:
            step.reentered = True
            if operation is not None:
                self._expected.note_made(operation, subject.segment_words)
        if kind == Callback.CLOSE:
            # In the middle of a call of the memory, the encoder cannot release anything to it.
            if step.verb != CLOSE and not finalizing:
                return sentence or "it closed the message in the middle of a call"
            self._note_closed(kind)
            return sentence
        if failure is None or failure is Failure.STALE:
            call = _ReentrantCall(
                kind, hostile.called_back_from, operation, value, failure, sentence
            )
            call.agreed = self._agrees(call)
            self.finished.append(call)
            return ""
        return sentence

    def _note_closed(self, kind: str) -> None:
        """If the call was a close, note that no later call of the message may succeed."""
        step = self._record.steps[-1]
        if kind == Callback.CLOSE and step.verb != CLOSE:
            step.closed_inside = self._excuses.closed = True

    def settle(self, step: Step, done: bool) -> None:
        """Judge the re-entrant calls of a step, whose outer call has ended.

        If the outer call was ``done``, the model has its effect by now. Each re-entrant call must
        agree with the model before the outer call or after it.
        """
        inner, self.finished = self.finished, []
        if self._excuses.unreadable:
            return
        for call in inner:
            if not call.agreed and not (done and self._agrees(call)):
                found = call.sentence or "its result fits neither before nor after the outer call"
                self._subject.hostile.note_call_back(call.kind, call.during, found)
        model = self._expected.model
        written: list[Operation] = []
        for call in reversed(inner if done else []):
            operation = call.operation
            if operation is None or call.failure is not None or operation.verb is Verb.GET:
                continue
            if operation not in written and model.expect(operation).kind in _SUCCESS:
                now = model.expect(Operation(Verb.GET, operation.handle, operation.place))
                if now.kind is not ExpectationKind.VALUE or now.value != operation.value:
                    written.append(operation)
        for operation in written:
            contents = self._examiner.contents_of_memory()
            if contents is None or not contents.wrong:
                return
            # The contents are wrong if this write came before the outer call. So it came after it,
            # or the encoder is wrong.
            self._expected.commit(operation)

    def _agrees(self, call: _ReentrantCall) -> bool:
        """Return whether the model agrees now with the result of a re-entrant call."""
        operation = call.operation
        if operation is None:
            assert isinstance(call.value, bytes)
            leftovers = not self._expected.model.has_orphans
            examination = examine_stream(call.value, ROOT, leftovers=leftovers)
            return not Contents(examination, self._expected.model.tree()).wrong
        expectation = self._expected.model.expect(operation)
        if call.failure is not None or expectation.kind is ExpectationKind.STALE:
            return call.failure is Failure.STALE and expectation.kind is ExpectationKind.STALE
        return operation.verb is not Verb.GET or call.value == expectation.value

    def _reentrant(self, kind: str) -> Operation | None:
        """Return the operation on the newest root for a kind of re-entry; None if it is output."""
        # The operation under way has no handle yet.
        numbers = len(self._expected.types) - self._record.steps[-1].makes_handle
        roots = [number for number in range(numbers) if self._expected.types[number] is EVERYTHING]
        alive = [number for number in roots if self._expected.model.live(number)]
        if kind == Callback.OUTPUT or not alive:
            return None
        field = _CALLED_BACK[Callback(kind)]
        get = Operation(Verb.GET, alive[-1], field)
        expectation = self._expected.model.expect(get)
        if kind == Callback.READ:
            return get
        if expectation.kind is not ExpectationKind.VALUE:
            # The pointer leads to another kind of object, which a write would lose.
            return Operation(Verb.GET, alive[-1], "u32")
        verb = Verb.CLEAR if expectation.value is None else Verb.SET
        return Operation(verb, alive[-1], field, expectation.value)
