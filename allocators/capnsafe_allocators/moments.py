"""The moments of faults: counting calls, and firing the faults that are due at each event.

:mod:`.fault` defines the moments, :mod:`.families.family` the hooks. A hook acts through the
ledger, and its result becomes a record of a fault that fired.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from .client_code import Watch
from .families import Family, SegmentResult, check_fault, effects_of
from .fault import CALLS, Fault, When
from .grant import Grant
from .ledger import Ledger
from .records import Fired

#: A fault in the client's own code acts at most this often, because there are thousands of moments.
MOST_IN_CODE: Final = 16


class PendingFault:
    """A fault that waits to fire: its family, and the calls at which it may act."""

    __slots__ = ("calls", "family", "fault", "fired", "passed")

    def __init__(self, fault: Fault, stays: bool) -> None:
        self.fault = fault
        #: Number of moments in the client's own code since it was due, or fired last.
        self.passed = 0
        #: Number of times that it fired.
        self.fired = 0
        self.family: Family = check_fault(fault)
        self.calls: tuple[When, ...] = ()
        if fault.when in CALLS:
            self.calls = (fault.when,)
        elif fault.when is When.ANY or self.family.between_operations is None:
            self.calls = CALLS
        if stays:
            self.calls = tuple(call for call in self.calls if call is not When.SEGMENT)

    @property
    def cannot_fire_where_memory_stays(self) -> bool:
        """Whether the fault cannot fire if the allocator promises that memory stays."""
        return self.family.changes_segments or self.family.needs_views_given_back


class Moments:
    """A running fault script."""

    __slots__ = ("_in_code", "_laid", "_ledger", "calls", "counts", "keep_states", "watch")

    def __init__(self, ledger: Ledger, faults: Sequence[Fault]) -> None:
        """Lay ``faults`` over the grants of ``ledger``."""
        self._ledger = ledger
        self._laid = [PendingFault(fault, ledger.stays) for fault in faults]
        if ledger.stays:
            self._laid = [laid for laid in self._laid if not laid.cannot_fire_where_memory_stays]
        #: The watch of the client's own code, once the client's driver has asked for one.
        self.watch: Watch | None = None
        #: The faults that act in the client's own code, and at no other event.
        self._in_code = [laid for laid in self._laid if laid.family.in_code is not None]
        self._laid = [laid for laid in self._laid if laid.family.in_code is None]
        #: Whether a fault may bring back earlier contents of a segment.
        self.keep_states = any(laid.family.needs_earlier for laid in self._laid)
        #: Number of calls so far.
        self.calls = 0
        #: Number of calls so far, by kind.
        self.counts = dict.fromkeys(CALLS, 0)

    @property
    def may_act(self) -> bool:
        """Whether any fault, or the second part of one, can still act at an event."""
        return bool(self._laid or self._ledger.follow_ups)

    @property
    def are_in_code(self) -> bool:
        """Whether a fault can still act in the client's own code."""
        return bool(self._in_code)

    def count(self, kind: When) -> int:
        """Count a call of this kind, and return the number of calls of all kinds."""
        self.calls += 1
        self.counts[kind] += 1
        if self.watch is not None:
            self.watch.start()
        return self.calls

    def is_due_in_code(self) -> bool:
        """Return whether a fault is due that acts in the client's own code."""
        return any(self._is_due(laid.fault) for laid in self._in_code)

    def _is_due(self, fault: Fault) -> bool:
        when = fault.when
        if when is When.AFTER:
            # Operations are counted from 0: `operation` is one more than the last that finished.
            return self._ledger.operation > fault.number
        return (self.calls if when is When.ANY else self.counts[when]) >= fault.number

    def _is_due_at(self, laid: PendingFault, kind: When) -> bool:
        """Return whether a fault may act on a grant or growth in a call of this kind.

        A fault that can act on both, and was laid at one of them, does not act on the other.
        """
        other = When.GROW if kind is When.ALLOCATE else When.ALLOCATE
        acts_on_both = laid.family.on_growth is not None
        return self._is_due(laid.fault) and not (acts_on_both and laid.fault.when is other)

    def _fire(
        self, laid: PendingFault, change: str, call: int, operation: int, during: When | None = None
    ) -> None:
        self._note(Fired(laid.fault, call, operation, change, during))
        laid.fired += 1
        in_code = laid.family.in_code is not None
        if not laid.fault.persistent or (in_code and laid.fired == MOST_IN_CODE):
            waiting = self._in_code if in_code else self._laid
            waiting.remove(laid)

    def _note(self, fired: Fired) -> None:
        self._ledger.fired.append(fired)
        self._ledger.sharing_shows &= effects_of(fired.fault).sharing_shows

    def _follow(self, kind: When) -> Fault | None:
        first: Fault | None = None
        waiting = []
        for follow_up in self._ledger.follow_ups:
            fault, whose, act = follow_up
            if not whose.lives:
                continue
            change = act()
            if change is None:
                waiting.append(follow_up)
            else:
                operation = self._ledger.operation
                self._note(Fired(fault, self.calls - 1, operation, change, kind))
                first = first or fault
        self._ledger.follow_ups = waiting
        return first

    def before_call(self, kind: When, grant: Grant | None, asked: int) -> Fault | None:
        """Let follow-ups and faults act, and return the first that did, or raise its exception."""
        ledger = self._ledger
        call = self.calls - 1
        first = self._follow(kind) if self._ledger.follow_ups else None
        for laid in tuple(self._laid):
            hook = laid.family.before_call
            if hook is None or kind not in laid.calls or not self._is_due(laid.fault):
                continue
            outcome = hook(ledger, laid.fault, kind, grant)
            if outcome is None:
                continue
            first = first or laid.fault
            if isinstance(outcome, str):
                self._fire(laid, outcome, call, ledger.operation, kind)
                continue
            name = type(outcome).__name__
            self._fire(laid, f"{kind.value} raised {name}", call, ledger.operation, kind)
            index = -1 if grant is None else grant.index
            ledger.note_call(kind, index, asked, 0, laid.fault, name)
            try:
                raise outcome
            finally:
                # Otherwise frame and traceback would keep each other and the client's views alive.
                del outcome
        return first

    def wanted_bytes(
        self, kind: When, minimum_words: int
    ) -> tuple[PendingFault | None, int | None]:
        """Return (a token for ``shortened``, the size in bytes that a fault wants), or Nones.

        ``kind`` is ``ALLOCATE`` or ``GROW``.
        """
        for laid in self._laid:
            hook = laid.family.grant_bytes
            if hook is None or not self._is_due_at(laid, kind):
                continue
            wanted = hook(laid.fault, minimum_words)
            if wanted is not None:
                return laid, wanted
        return None, None

    def shortened(self, laid: PendingFault, change: str, kind: When) -> Fault:
        """Record that the grant or growth was made with the size that a fault wanted."""
        self._fire(laid, change, self.calls - 1, self._ledger.operation, kind)
        return laid.fault

    def on_grant(self, grant: Grant) -> Fault | None:
        """Let faults act on a grant before the client has it; return the first that did."""
        first: Fault | None = None
        for laid in tuple(self._laid):
            hook = laid.family.on_grant
            if hook is None or not self._is_due_at(laid, When.ALLOCATE):
                continue
            change = hook(self._ledger, laid.fault, grant)
            if change is not None:
                operation = self._ledger.operation
                self._fire(laid, change, self.calls - 1, operation, When.ALLOCATE)
                first = first or laid.fault
            if grant.again is not None:
                break  # This grant is dropped, and the client gets the other one.
        return first

    def on_growth(self, grant: Grant, first: int) -> Fault | None:
        """Let faults act on the added bytes of a grant, from byte ``first`` on.

        The client has not looked at them yet. Returns the first fault that acted.
        """
        done: Fault | None = None
        for laid in tuple(self._laid):
            hook = laid.family.on_growth
            if hook is None or not self._is_due_at(laid, When.GROW):
                continue
            change = hook(self._ledger, laid.fault, grant, first)
            if change is not None:
                operation = self._ledger.operation
                self._fire(laid, change, self.calls - 1, operation, When.GROW)
                done = done or laid.fault
        return done

    def on_borrow(self, grant: Grant, buffer: Any) -> tuple[SegmentResult | None, Fault | None]:
        """Return the result that a fault puts in place of ``buffer``, and the fault."""
        for laid in tuple(self._laid):
            hook = laid.family.on_borrow
            if hook is None or self._ledger.stays or not self._is_due(laid.fault):
                continue
            substitute = hook(self._ledger, laid.fault, grant, buffer)
            if substitute is not None:
                operation = self._ledger.operation
                self._fire(laid, substitute.change, self.calls - 1, operation, When.SEGMENT)
                return substitute, laid.fault
        return None, None

    def in_code(self) -> bool:
        """Let faults act in the client's own code; return whether any that is due can act again."""
        ledger = self._ledger
        if ledger.called_back_from or ledger.asks_used:
            # The ledger itself called the client, not its user.
            return True
        for laid in tuple(self._in_code):
            hook = laid.family.in_code
            if hook is None or not self._is_due(laid.fault):
                continue
            if laid.passed < laid.fault.amount:
                laid.passed += 1
                continue
            change = hook(ledger, laid.fault)
            if change is not None:
                laid.passed = 0
                self._fire(laid, change, self.calls - 1, ledger.operation)
        return self.is_due_in_code()

    def operation_finished(self, index: int) -> None:
        """Fire the faults that are laid after operations up to ``index``."""
        for laid in tuple(self._laid):
            hook = laid.family.between_operations
            if hook is None or laid.fault.when is not When.AFTER or not self._is_due(laid.fault):
                continue
            change = hook(self._ledger, laid.fault)
            if change is not None:
                self._fire(laid, change, -1, index)
