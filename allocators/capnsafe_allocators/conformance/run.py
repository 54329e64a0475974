"""The model of the contract: the grants of one or two allocators, and their contents.

A :class:`CheckRun` calls fresh allocators, writes to every grant words that no other grant has, and
compares the contents of all live grants after every call. It raises :class:`Broken` at the first
breach.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from ctypes import addressof, c_char
from time import monotonic, process_time
from typing import Any, Final

from capnsafe._words.arguments import type_name
from capnsafe.allocator import Allocator

from ..place import WORD_BYTES, octets
from .rules import Breach, Broken
from .words import MOST_WORDS, first_difference, place_of, stamp_of, stamped

#: Number of times that a refused call is made before it counts as always refused.
ATTEMPTS: Final = 3
#: Once the live grants of a run have this many words together, it asks for no more: 16 MiB.
LIVE_WORDS: Final = 1 << 21
#: If there are more live grants than this, all are compared only every ``_TURNS`` times.
_COMPARED: Final = 40
_TURNS: Final = 8
#: The fraction of the remaining time in which one step may repeat a slow call.
_STEP_PART: Final = 0.3
_SHOWN_CHARACTERS: Final = 180
#: The limit of the time on the clock, in limits of the processor time.
_CLOCK_FACTOR: Final = 4

#: A grant's name in a program: (number of the step that makes it, its index in that step).
Name = tuple[int, int]


class TimeLimit:
    """A limit on the processor time, which does not depend on other programs.

    An allocator that waits uses none, so the time on the clock is limited, too.
    """

    def __init__(self, seconds: float) -> None:
        """Begin to count the seconds."""
        self._processor = process_time() + seconds
        self._clock = monotonic() + seconds * _CLOCK_FACTOR

    def left(self) -> float:
        """Return the seconds that are left, which may be negative."""
        return min(self._processor - process_time(), self._clock - monotonic())


class WrittenGrant:
    """A grant, and its contents."""

    __slots__ = (
        "contents",
        "key",
        "length",
        "name",
        "number",
        "seen",
        "side",
        "size",
        "stamp",
        "words",
    )

    def __init__(self, side: Side, name: Name, number: int, key: Any, words: int) -> None:
        self.side = side
        self.name = name
        self.number = number
        self.key = key
        #: Words that were asked for, by allocate or a successful grow.
        self.words = words
        self.contents = b""
        #: The number of the write of the contents.
        self.stamp = 0
        #: The words of the segment when it was written.
        self.size = 0
        #: The first result of segment, and its length in bytes, if the allocator is stable.
        self.seen: Any = None
        self.length = 0

    @property
    def used(self) -> int:
        """Number of words written."""
        return len(self.contents) // WORD_BYTES

    @property
    def call(self) -> str:
        """The call of segment for this grant, as text."""
        return f"{self.side.prefix}segment({self})"

    def __str__(self) -> str:
        return f"k{self.number}"


class Side:
    """One of the two allocators of a run, and its live grants."""

    def __init__(self, allocator: Allocator, prefix: str) -> None:
        self.prefix = prefix
        self.allocator = allocator
        self.allocate = _method(allocator, "allocate")
        self.segment = _method(allocator, "segment")
        self.release = _method(allocator, "release")
        self.grow = attribute(allocator, "grow")
        self.stable = attribute(allocator, "stable") is True
        self.live: dict[Name, WrittenGrant] = {}
        #: Live grants by key, for keys that can be compared.
        self.keys: dict[Any, WrittenGrant] = {}
        #: Sizes that were granted in this run.
        self.served: set[int] = set()


class CheckRun:
    """Calls of up to two fresh allocators, and the model of both."""

    def __init__(
        self,
        factory: Callable[[], Allocator],
        limit: TimeLimit,
        *,
        step_seconds: float,
        two: bool,
        keep: bool,
        ignored: frozenset[str],
        most_words: int = LIVE_WORDS,
    ) -> None:
        """Make fresh allocators.

        Args:
            factory: Returns an unused allocator.
            limit: The time after which steps stop.
            step_seconds: The processor time in which one step may repeat a slow call.
            two: Whether to use two allocators.
            keep: Whether to leave the allocators open at the end.
            ignored: Names of rules that may be broken.
            most_words: The limit on the words of all live grants together.
        """
        self._most_words = most_words
        self._limit = limit
        self._step_seconds = step_seconds
        self._keep = keep
        self.ignored = ignored
        #: The calls so far, as text, except those of segment and of the present step.
        self.calls: list[str] = []
        #: Returns the calls of the present step so far.
        self.partial: Callable[[], list[str]] = list
        #: Names of the grants that the present step released, and its number of allocate calls.
        self.released: list[Name] = []
        self.allocated = 0
        #: Breaches that do not end the run.
        self.noted: dict[str, Breach] = {}
        self.sides: list[Side] = []
        self._live_words = 0
        self._turn = -1
        self._step_until = 0.0
        self._step_processor = 0.0
        self._writers: dict[int, WrittenGrant] = {}
        self._grants = 0
        self._stamp = 0
        for prefix in ("first.", "second.") if two else ("",):
            self.sides.append(Side(factory(), prefix))
        #: The side of the last call, and whether that was grow.
        self._last = self.sides[0]
        self._growing = False

    def side(self, at: int) -> Side:
        """Return a side, or the first one if there is no second."""
        return self.sides[min(at, len(self.sides) - 1)]

    def close(self) -> None:
        """Release all grants and close the allocators, whatever they raise."""
        for side in self.sides:
            for grant in [*side.live.values()]:
                with suppress(Exception):
                    side.release(grant.key, grant.used)
            side.live.clear()
            if not self._keep:
                close(side.allocator)

    def begin_step(self) -> None:
        """Begin a step: start its clock, and forget the calls of the last one."""
        self.partial = list
        self.released.clear()
        self.allocated = 0
        self._step_until = monotonic() + self._limit.left() * _STEP_PART
        self._step_processor = process_time() + self._step_seconds

    @property
    def step_is_long(self) -> bool:
        """Return whether the step must stop repeating its call."""
        return monotonic() >= self._step_until or process_time() >= self._step_processor

    @property
    def is_full(self) -> bool:
        """Return whether the live grants have reached their limit."""
        return self._live_words >= self._most_words

    # -- single calls -----------------------------------------------------------------------------

    def allocate(self, side: Side, name: Name, words: int) -> WrittenGrant | str:
        """Return a new grant, or the error of the refusal as text."""
        self._last, self._growing = side, False
        self.allocated += 1
        try:
            key = side.allocate(words)
        except Exception as error:
            return self.error_text(error, f"{side.prefix}allocate({words})")
        self._grants += 1
        grant = WrittenGrant(side, name, self._grants, key, words)
        if _is_plain(key):
            other = side.keys.get(key)
            if other is not None:
                detail = f"returned {key!r}, which is also the key of {other}"
                raise self.broken(
                    "distinct keys", f"{grant} = {side.prefix}allocate({words})", detail
                )
            side.keys[key] = grant
        side.live[name] = grant
        side.served.add(words)
        return grant

    def release(self, grant: WrittenGrant) -> str:
        """Release a grant; return the call as text."""
        side = grant.side
        self._last, self._growing = side, False
        del side.live[grant.name]
        self._live_words -= grant.size
        if _is_plain(grant.key):
            side.keys.pop(grant.key, None)
        call = f"{side.prefix}release({grant}, {grant.used})"
        try:
            side.release(grant.key, grant.used)
        except Exception as error:
            told = self.error_text(error, call)
            if "accepted release" not in self.ignored:
                raise self.broken("accepted release", call, f"raised {told}") from None
        self.released.append(grant.name)
        return call

    def grow(self, grant: WrittenGrant, words: int) -> None:
        """Call grow. An allocator that raises, or does nothing, has refused."""
        side = grant.side
        call = f"{side.prefix}grow({grant}, {words})"
        assert callable(side.grow)
        self._last, self._growing = side, True
        grant.seen = None
        try:
            side.grow(grant.key, words)
        except Exception as error:
            call += f"  # raised {self.error_text(error, call)}"
        self.calls.append(call)
        self.verify()
        with self.borrow(grant) as view:
            grant.words = max(grant.words, min(words, len(view) // WORD_BYTES))
        self.fill(grant)

    def borrow(self, grant: WrittenGrant) -> memoryview:
        """Return the bytes of a grant, and check their buffer, length and address."""
        buffer = self.buffer(grant)
        try:
            view = octets(buffer)
        except Exception as error:
            told = self.error_text(error, grant.call)
            detail = _describe_flaw(buffer) or f"no buffer of bytes: {told}"
            detail = f"returned an object of type {type_name(buffer)} with {detail}"
            raise self.broken("writable buffer", grant.call, detail) from None
        if view.readonly or not view.c_contiguous:
            detail = f"returned an object of type {type_name(buffer)} with {_describe_flaw(buffer)}"
            raise self.broken("writable buffer", grant.call, detail)
        length = len(view)
        if length < grant.words * WORD_BYTES or length < len(grant.contents):
            rule = "granted length"
            asked = f"{grant.words} were asked for"
            if length < len(grant.contents):
                rule = "growth without loss" if self._growing else "lasting length"
                asked = f"it had {grant.used}"
            detail = f"has {length // WORD_BYTES} words ({length} bytes), but {asked}"
            self.breach(rule, grant, detail)
        if address := addressof(c_char.from_buffer(view)) % WORD_BYTES:
            detail = f"begins {address} bytes after a multiple of {WORD_BYTES}"
            raise self.broken("aligned memory", grant.call, detail)
        if grant.side.stable:
            self._require_stable(grant, buffer, length)
        return view

    def buffer(self, grant: WrittenGrant) -> Any:
        """Return the result of segment. A call may be refused, but not every time."""
        for attempt in range(ATTEMPTS):
            try:
                return grant.side.segment(grant.key)
            except LookupError as error:
                detail = f"raised {self.error_text(error, grant.call)}, although {grant} is live"
                if grant.key is None:
                    detail += f" ({grant} is None: does allocate return the key?)"
                self.breach("lasting keys", grant, detail)
            except Exception as error:
                told = self.error_text(error, grant.call)
                if attempt == ATTEMPTS - 1:
                    detail = f"raised {told} {ATTEMPTS} times, although {grant} is live"
                    self.breach("access to live grants", grant, detail)
        raise AssertionError

    # -- contents ---------------------------------------------------------------------------------

    def fill(self, grant: WrittenGrant, most: int = MOST_WORDS, contents: bytes = b"") -> None:
        """Write the whole segment, up to ``most`` words, with words that no other grant has."""
        with self.borrow(grant) as view:
            self._live_words += len(view) // WORD_BYTES - grant.size
            grant.size = len(view) // WORD_BYTES
            words = min(grant.size, most)
            if len(contents) != words * WORD_BYTES:
                self._stamp += 1
                self._writers[self._stamp] = grant
                contents = stamped(self._stamp, words)
            grant.stamp = self._stamp
            grant.contents = contents
            view[: len(contents)] = contents

    def verify(self) -> None:
        """Compare the contents of all live grants; if there are many, usually of a sample."""
        grants = [grant for side in self.sides for grant in side.live.values()]
        if len(grants) > _COMPARED:
            self._turn += 1
            if self._turn % _TURNS:
                grants = grants[:: len(grants) // _COMPARED] + grants[-_COMPARED // 4 :]
        for grant in grants:
            contents = grant.contents
            with self.borrow(grant) as view:
                found = view[: len(contents)].tobytes()
            if found != contents:
                self._tell_difference(grant, found)

    def _tell_difference(self, grant: WrittenGrant, found: bytes) -> None:
        at = first_difference(found, grant.contents)
        word = found[at * WORD_BYTES : (at + 1) * WORD_BYTES]
        stamp = stamp_of(word)
        writer = self._writers.get(stamp)
        rule = "growth without loss" if self._growing else "preserved contents"
        if writer is None or writer is grant:
            detail = f"has lost its word {at}"
        else:
            detail = f"has at word {at} a word that was written to {writer}"
            if writer.side is not grant.side:
                rule = "separate allocators"
            elif writer.name not in writer.side.live:
                detail += ", which was released"
                # It was written after this grant was, so both grants shared that place.
                rule = "separate grants" if stamp > grant.stamp else rule
            else:
                rule = "separate grants" if self._has(writer, word) else "lasting keys"
        self.breach(rule, grant, detail)

    def _has(self, grant: WrittenGrant, word: bytes) -> bool:
        """Return whether a grant still has a word that was written to it."""
        first = place_of(word) * WORD_BYTES
        with suppress(Broken), self.borrow(grant) as view:
            return view[first : first + WORD_BYTES].tobytes() == word
        return False

    def _require_stable(self, grant: WrittenGrant, buffer: Any, length: int) -> None:
        if grant.seen is None:
            grant.seen, grant.length = buffer, length
        elif buffer is not grant.seen:
            detail = "returned another object than before, although stable is True"
            raise self.broken("stable object", grant.call, detail)
        elif length != grant.length:
            detail = f"has {length} bytes, but had {grant.length}, although stable is True"
            raise self.broken("stable object", grant.call, detail)

    # -- breaches ---------------------------------------------------------------------------------

    def broken(self, rule: str, call: str, detail: str) -> Broken:
        """Return an exception that reports a breach at the present call."""
        return Broken(Breach(rule, call, detail, (*self.calls, *self.partial())))

    def breach(self, rule: str, grant: WrittenGrant, detail: str) -> None:
        """Raise a breach that a call of segment shows.

        If the other allocator was called last, the broken rule is "separate allocators".
        """
        if grant.side is not self._last and rule != "granted length":
            detail += f" after a call of {self._last.prefix[:-1]}, another allocator"
            raise self.broken("separate allocators", grant.call, detail)
        raise self.broken(rule, grant.call, detail)

    def error_text(self, error: BaseException, call: str) -> str:
        """Return an exception as text, and note a breach if printing it fails."""
        for convert in (repr, str):
            try:
                # The result may be of a subclass of str, whose methods are not trusted.
                told = str.__str__(convert(error))
            except Exception as failure:
                detail = f"raised {type_name(error)}, whose {convert.__name__} raises "
                detail += type_name(failure)
                breach = self.broken("printable objects", call, detail).breach
                self.noted.setdefault(breach.rule, breach)
                return type_name(error)
            if convert is repr:
                text = one_line(told)
        return text


def one_line(text: str) -> str:
    """Return a foreign text on one line, cut if it is long, with unprintable characters escaped."""
    cut = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + " ..."
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in cut)


def attribute(allocator: Allocator, name: str) -> object:
    """Return an attribute, or None if there is none or it cannot be read."""
    try:
        return getattr(allocator, name, None)
    except Exception:
        return None


def _method(allocator: Allocator, name: str) -> Any:
    """Return a method, which earlier allocators of the same factory had."""
    try:
        return getattr(allocator, name)
    except Exception as error:
        detail = f"raised {type_name(error)} when it was read, but not every time"
        raise Broken(Breach("readable attributes", f"allocator.{name}", detail)) from None


def close(allocator: Any) -> None:
    """Exit an allocator that is a context manager, so that it frees its files and memory."""
    leave = attribute(allocator, "__exit__")
    if callable(leave):
        # The check is over: an exception here breaks no rule of the contract.
        with suppress(Exception):
            leave(None, None, None)


def _is_plain(key: Any) -> bool:
    """Return whether equal keys are certainly the same key, and can be looked up."""
    kind = type(key)
    return (
        kind is int or kind is str or kind is bytes or (kind is tuple and all(map(_is_plain, key)))
    )


def _describe_flaw(buffer: Any) -> str:
    # Any object may be here, and may fail in any way; then it has no flaw that this can name.
    with suppress(Exception), memoryview(buffer) as view:
        if view.readonly:
            return "a buffer that cannot be written"
        if not view.c_contiguous:
            return "a buffer that is not C-contiguous"
        if "O" in view.format:
            return "a buffer of Python objects"
    return ""
