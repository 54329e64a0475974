"""The failures that the memory excuses in an execution, by the faults that fired.

An operation that the model expects to succeed may fail if a fault of that step excuses it, or if an
earlier one excuses failures for good. Each kind of fault declares which
(:class:`capnsafe_allocators.Effects`). Memory that only moves, is dirty, or keeps its contract in
an unusual way excuses nothing.

Contents are no longer judged once words in use were taken away, were changed behind the encoder's
back, or belong to two segments at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Final, NamedTuple

from capnsafe_allocators import (
    Call,
    Excuse,
    Fault,
    Fired,
    HostileAllocator,
    Loss,
    Move,
    When,
    effects_of,
)

from capnsafe.allocator import FEW_SEGMENTS

#: The names of exceptions that pass through any client.
_INTERRUPTS: Final = frozenset({KeyboardInterrupt.__name__, SystemExit.__name__})
#: The names of exceptions with which ``segment`` reports a missing segment: LookupErrors.
_GONE: Final = frozenset({KeyError.__name__, IndexError.__name__})


_NUMBER: Final = "capnsafe number"
"""The key of an exception's number among its attributes."""
_numbers: Final = count(1)


def number_of(error: BaseException | None) -> int:
    """Return the number of an exception that the memory raised; 0 for any other."""
    number: int = 0 if error is None else object.__getattribute__(error, "__dict__").get(_NUMBER, 0)
    return number


def _numbered(error: BaseException) -> int:
    """Give an exception a number, and return it."""
    number = object.__getattribute__(error, "__dict__")[_NUMBER] = next(_numbers)
    return number


class Interceptor:
    """Stands between encoder and memory, and remembers which exceptions the memory raised.

    It numbers them, and keeps no references: an exception would keep its traceback, and with it the
    encoder's frames and the views in them. Nor does it keep an ``id``, because another exception
    may get that.
    """

    __slots__ = ("_memory", "interrupts", "raised")

    def __init__(self, memory: HostileAllocator) -> None:
        self._memory = memory
        #: The numbers of exceptions that allocate and segment raised to the present call. Those
        #: that release raised are missing, because they are no reason for an operation to fail.
        self.raised: set[int] = set()
        #: The numbers of exceptions that no library may swallow.
        self.interrupts: set[int] = set()

    @property
    def stable(self) -> bool:
        """Whether the memory declares itself stable."""
        return getattr(self._memory, "stable", False)

    @property
    def grow(self) -> Callable[[object, int], None] | None:
        """A function that passes the call on; None if the memory has no such method."""
        return self._grow if hasattr(self._memory, "grow") else None

    @property
    def keys(self) -> list[object]:
        """The keys of all grants, for a builder or reader that continues with the message."""
        return list(self._memory.keys)

    def _note(self, error: BaseException, *, is_reason: bool = True) -> None:
        if isinstance(error, Exception):
            if is_reason:
                self.raised.add(_numbered(error))
        elif self._memory.calls and self._memory.calls[-1].error == type(error).__name__:
            # Raised by a fault; a real Ctrl-C during the call would not be in the log.
            self.interrupts.add(_numbered(error))

    def forget(self) -> None:
        """Begin a new step."""
        if self.raised or self.interrupts:
            self.raised.clear()
            self.interrupts.clear()

    def allocate(self, minimum_words: int, /) -> object:
        """Pass the call on."""
        try:
            return self._memory.allocate(minimum_words)
        except BaseException as error:
            self._note(error)
            raise

    def segment(self, key: object, /) -> object:
        """Pass the call on."""
        try:
            return self._memory.segment(key)
        except BaseException as error:
            self._note(error)
            raise

    def _grow(self, key: object, minimum_words: int, /) -> None:
        try:
            self._memory.grow(key, minimum_words)
        except BaseException as error:
            # An exception refuses the growth, and is no reason for the encoder's call to fail.
            if not isinstance(error, Exception):
                self._note(error)
            raise

    def release(self, key: object, words_used: int, /) -> None:
        """Pass the call on."""
        try:
            self._memory.release(key, words_used)
        except BaseException as error:
            self._note(error, is_reason=False)
            raise


def exchange(faults: Iterable[Fault]) -> bool:
    """Return whether one of these faults may have given a segment the length of another."""
    return any(effects_of(fault).exchanges_segments for fault in faults)


class NestedCall(NamedTuple):
    """A call of the encoder that a finalizer made from inside another one."""

    first: int
    """The index of its first allocator call in the log."""
    end: int
    words: dict[int, int]
    """The words in use when it began, by grant."""


class Excuses:
    """The state of the memory during an execution, as far as it excuses failures."""

    __slots__ = (
        "_before",
        "_for_good",
        "_grants",
        "_hostile",
        "_moved",
        "_segment_words",
        "_unsettled",
        "can_lose",
        "closed",
        "cut",
        "lost",
        "seen_lost",
        "shared",
        "tampered",
    )

    def __init__(
        self,
        hostile: HostileAllocator,
        segment_words: Callable[[], Sequence[int]],
        faults: Iterable[Fault],
    ) -> None:
        """Begin with only the ``faults`` that may fire.

        ``segment_words`` returns how many words were handed out in each segment.
        """
        self._hostile = hostile
        self._segment_words = segment_words
        #: True if some fault can remove words in use; otherwise the checks are skipped.
        effects = [effects_of(fault) for fault in faults]
        self.can_lose = any(one.shortens or one.says_gone for one in effects)
        #: Words in use at the end of the last step, by grant.
        self._before: dict[int, int] = {}
        #: How often each grant was granted and not released since.
        self._grants: Counter[int] = Counter()
        #: Words in use were taken away.
        self.lost = False
        #: A segment was cut or hidden; it is not known yet whether that took words in use.
        self.cut = False
        #: Contents were changed behind the encoder's back.
        self.tampered = False
        #: The message was closed from inside one of its calls.
        self.closed = False
        #: Memory that two segments share may have been hidden, moved, or changed by the allocator.
        self._unsettled = False
        #: Segments were moved.
        self._moved = False
        #: A fault fired that excuses all later failures.
        self._for_good = False
        #: A grant was made in the memory of another segment.
        self.shared = False
        #: Description of the borrow that showed the encoder a loss of words in use.
        self.seen_lost = ""

    @property
    def unreadable(self) -> bool:
        """Return whether contents can no longer be judged."""
        return self.lost or self.tampered or self.closed

    def begin(self, words: Sequence[int]) -> str:
        """Begin a step; return the segment that has fewer words than are in use, or "".

        ``words`` has the words handed out in each segment.
        """
        if not self.can_lose:
            return ""
        self._before = self._by_grant(words)
        return self._missing_words()

    def note_faults(self, fired: Iterable[Fired]) -> bool:
        """Note faults that fired in this step; return whether one excuses a failure of it."""
        excused = False
        for entry in fired:
            effects = effects_of(entry.fault)
            growing = entry.during is When.GROW
            excuse = effects.excuses_in_growth if growing else effects.excuses
            # Shared memory takes effect at once; altered words may show in a later step.
            excused |= excuse is Excuse.STEP or (excuse is Excuse.REST and effects.sharing_shows)
            self._for_good |= excuse is Excuse.REST
            self.cut |= effects.loses_words is not Loss.NONE
            self.lost |= effects.loses_words is Loss.CERTAIN
            self.tampered |= effects.changes_contents
            self.shared |= effects.shares_memory
            # Shared memory that moves with a segment is at another place at each look.
            moves_along = effects.moves is Move.WITH_ITS_MEMORY
            self._unsettled |= effects.soils or moves_along or self.cut
            self._moved |= effects.moves is not Move.NOWHERE or (growing and effects.shares_memory)
        # A segment that is cut during a comparison may seem to share nothing. Segments that moved
        # are compared again, unless there are many.
        known = self._hostile.places_known
        if self._moved:
            known = min(known, FEW_SEGMENTS)
        unseen = len(self._hostile.live) > known
        self.tampered |= self.shared and (self._unsettled or unseen)
        return excused

    def end(self, index: int, first: int, nested: Iterable[NestedCall]) -> str:
        """End the step of operation ``index``, whose allocator calls begin at ``first`` in the log.

        Returns the borrow that showed a loss of words in use, or "". Those of ``nested`` calls show
        it to later steps only: they may come when the outer call has its result.
        """
        if not self.can_lose:
            return ""
        calls = self._hostile.calls
        own = inside = ""
        for one in nested:
            loss = self._first_loss(index, calls[first : one.first], self._before)
            own = own or loss
            loss = self._first_loss(index, calls[one.first : one.end], one.words)
            inside = inside or loss
            first = one.end
        loss = self._first_loss(index, calls[first:], self._before)
        shown = self.seen_lost or own or loss
        self.seen_lost = shown or inside
        self.lost |= bool(self.seen_lost)
        if self.cut and not self.lost:
            # Words that a cut took while they were being handed out do not count as in use yet.
            self._before = self.words_in_use()
            self.lost = bool(self._missing_words())
        return shown

    def excuse(self, calls: Iterable[Call]) -> bool:
        """Return whether the memory excuses a call that failed in this step."""
        if self.unreadable or self.cut or self._for_good:
            return True
        return any(
            call.error is not None and (call.kind is not When.GROW or call.error in _INTERRUPTS)
            for call in calls
        )

    def words_in_use(self) -> dict[int, int]:
        """Return the words in use, by grant; empty if grants and segments differ in number."""
        return self._by_grant(self._segment_words())

    def _by_grant(self, words: Sequence[int]) -> dict[int, int]:
        live = self._hostile.live
        if len(live) != len(words):
            return {}
        return {grant.index: used for grant, used in zip(live, words, strict=True)}

    def _missing_words(self) -> str:
        """Return the segment that is shorter than the words in use, as each borrow shows it."""
        for grant in self._hostile.live:
            used = self._before.get(grant.index, 0)
            if used and grant.gone and not grant.returns:
                return f"segment {grant.index} is gone, of which {used} words are in use"
            if grant.shown_bytes // 8 < used:
                return f"segment {grant.index} has {grant.shown_bytes // 8} of {used} words in use"
        return ""

    def _first_loss(self, index: int, calls: Iterable[Call], words: Mapping[int, int]) -> str:
        """Return the first loss of words in use that a borrow showed, or "".

        A loss of a grant that was granted again does not count. To the encoder these are two
        segments, and a borrow of one does not show the other.
        """
        loss = ""
        for call in calls:
            if call.kind is When.ALLOCATE or call.kind is When.RELEASE:
                self._grants[call.segment] += 1 if call.kind is When.ALLOCATE else -1
            if call.kind is not When.SEGMENT:
                continue
            used = words.get(call.segment, 0)
            if not used or loss or self._grants[call.segment] > 1:
                continue
            if call.error in _GONE:
                loss = f"segment {call.segment} was missing in operation {index}"
            elif call.error is None and 0 <= call.words < used:
                loss = (
                    f"segment {call.segment} was returned with {call.words} of {used} words in "
                    f"use in operation {index}"
                )
        return loss
