"""Whether an allocator keeps its side of the contract: ``check_allocator(factory)``.

The contract is the docstring of :mod:`capnsafe.allocator`. What of it can be seen from outside is
in :data:`RULES`; the check drives an allocator directly, and a real message over it, and says which
rule is broken, at which call, and what to do about it::

    for breach in check_allocator(MyAllocator):
        print(breach)

The factory is called several times, and each time must answer an allocator that nobody has used.
An allocator that raises has refused, which it may: what could not be tried for that is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from inspect import signature
from typing import Any, Final, NamedTuple

from capnsafe import MessageBuilder
from capnsafe.allocator import Allocator
from capnsafe.errors import (
    AllocationRefused,
    BadBuffer,
    Error,
    GrantOverlaps,
    GrantTooSmall,
    ReleaseFailed,
    SegmentLost,
)

from .place import WORD_BYTES, octets

#: What each rule says, by its id. The words are those of the contract.
RULES: Final[Mapping[str, str]] = {
    "methods": "allocate(minimum_words), segment(key) and release(key, words_used) are methods",
    "granted": "an allocator that nobody has used grants a word, or there is nothing to check",
    "had": "segment answers the memory of a live grant, if not at once then when it is asked again",
    "length": "a segment has at least as many words as were asked",
    "writable": "segment answers an object with a writable, C-contiguous buffer of bytes",
    "kept": "what is written into a segment is there until the segment is released",
    "apart": "no grant covers memory that another live grant covers",
    "own": "an allocator has nothing to do with the grants of another one",
    "named": "a key stands for its grant, whatever else was granted or released meanwhile",
    "length kept": "a segment never has fewer words than were handed out",
    "stable": "an allocator that says stable answers the same object, of the same length",
    "let go": "an allocator keeps no view that would stop memory from moving or growing",
    "grown": "grow makes a segment longer, keeps its words, or leaves it as it is",
    "released": "release takes a grant back, also the last and a grant nobody wrote to",
    "usable again": "an allocator serves again after everything was released",
}

#: Words asked in turn: one, a few, and more than most allocators grant by themselves.
_ASKED: Final = (1, 2, 7, 64, 1, 300)
#: How often a segment is asked for that is refused, before it counts as not to be had.
_ASKED_AGAIN: Final = 3
#: How often words are granted and given back: what is not taken back is used up by then.
_ROUNDS: Final = 128
#: The most words asked at once, 2 MiB: more than one block of most allocators has.
_MOST_WORDS: Final = 1 << 18
#: What a segment has, and what it is to grow to, in words.
_GROWTHS: Final = ((4, 40), (600, 2400))
_SHOWN_CHARACTERS: Final = 60

#: The methods, and what each is called with.
_METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    "allocate": ("minimum_words",),
    "segment": ("key",),
    "release": ("key", "words_used"),
    "grow": ("key", "minimum_words"),
}


class Breach(NamedTuple):
    """A rule that an allocator breaks."""

    rule: str
    #: The call that showed it, as a person would write it; k1 is what the first allocate answered.
    call: str
    #: What was found, and what was expected, as a sentence without a full stop.
    what: str
    #: The calls that changed something before it, from the first one on: they show it again.
    before: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Tell people which rule, at which call, and how to get there."""
        told = f"{self.rule!r} is broken: {self.call} {self.what}\n  rule: {RULES[self.rule]}"
        return f"{told}\n  calls before: {', '.join(self.before)}" if self.before else told


class _Stop(Exception):
    """Nothing more can be tried with this allocator."""


class _Grant:
    """A grant of the allocator that is checked, and what was written into it."""

    def __init__(self, number: int, key: Any, words: int) -> None:
        self.number = number
        self.name = f"k{number}"
        self.key = key
        self.words = words
        self.contents = b""


class _Check:
    def __init__(self, allocator: Allocator) -> None:
        self.allocator = allocator
        self.breaches: list[Breach] = []
        self.grants: list[_Grant] = []
        self.made = 0
        #: The calls so far, but for those of segment.
        self.calls: list[str] = []
        #: What the last refused allocate raised.
        self.refusal = ""

    def breach(self, rule: str, call: str, what: str) -> None:
        self.breaches.append(Breach(rule, call, what, tuple(self.calls)))

    # -- single calls -----------------------------------------------------------------------------

    def allocate(self, words: int) -> _Grant | None:
        """A new grant; None if it was refused."""
        try:
            key = self.allocator.allocate(words)
        except Exception as error:
            self.refusal = _told(error)
            return None
        self.made += 1
        grant = _Grant(self.made, key, words)
        self.calls.append(f"{grant.name} = allocate({words})")
        self.grants.append(grant)
        return grant

    def answer(self, grant: _Grant) -> Any:
        """What segment answers; it may refuse a call, but not each time."""
        for attempt in range(_ASKED_AGAIN):
            try:
                return self.allocator.segment(grant.key)
            except LookupError as error:
                what = f"raised {_told(error)}, though {grant.name} is live"
                if grant.key is None:
                    what += f" ({grant.name} is None: does allocate return the key?)"
                self.breach("named", f"segment({grant.name})", what)
                raise _Stop from None
            except Exception as error:
                if attempt == _ASKED_AGAIN - 1:
                    what = f"raised {_told(error)} each time, though {grant.name} is live"
                    self.breach("had", f"segment({grant.name})", what)
        raise _Stop

    def borrow(self, grant: _Grant) -> memoryview:
        """The bytes of a grant."""
        call = f"segment({grant.name})"
        buffer = self.answer(grant)
        try:
            view = memoryview(buffer)
        except Exception as error:
            what = f"answered what has no buffer, of type {type(buffer).__name__}: {_told(error)}"
            self.breach("writable", call, what)
            raise _Stop from None
        if view.readonly or not view.c_contiguous or "O" in view.format:
            fault = "whose items are Python objects"
            if view.readonly:
                fault = "that cannot be written"
            elif not view.c_contiguous:
                fault = "that is not C-contiguous"
            what = f"answered a buffer {fault}, of type {type(buffer).__name__}"
            self.breach("writable", call, what)
            raise _Stop
        bytes_of = octets(view)
        words = len(bytes_of) // WORD_BYTES
        if words < grant.words:
            rule = "length kept" if grant.contents else "length"
            in_bytes = f"{len(bytes_of)} of {grant.words * WORD_BYTES} bytes"
            self.breach(rule, call, f"has {words} words of {grant.words} asked ({in_bytes})")
            raise _Stop
        return bytes_of

    def fill(self, grant: _Grant, words: int | None = None) -> None:
        """Write something into the first words, or all that were asked, that no other one holds."""
        with self.borrow(grant) as view:
            size = (grant.words if words is None else words) * WORD_BYTES
            grant.contents = bytes([grant.number % 255 + 1]) * size
            view[: len(grant.contents)] = grant.contents

    def require_kept(self, rule: str = "kept") -> None:
        """Every live grant holds what was written into it."""
        for grant in self.grants:
            with self.borrow(grant) as view:
                found = bytes(view[: len(grant.contents)])
            if found == grant.contents:
                continue
            at = next(at for at, octet in enumerate(found) if octet != grant.contents[at])
            call = f"segment({grant.name})"
            others = [one for one in self.grants if one.contents[:1] == found[at : at + 1]]
            if others:
                what = f"has at word {at // WORD_BYTES} what was written to {others[0].name}"
                self.breach("apart" if rule == "kept" else rule, call, what)
            else:
                what = f"has lost what was written at word {at // WORD_BYTES}"
                self.breach(rule, call, what)
            raise _Stop

    def release(self, grant: _Grant) -> None:
        self.grants.remove(grant)
        words_used = len(grant.contents) // WORD_BYTES
        call = f"release({grant.name}, {words_used})"
        try:
            self.allocator.release(grant.key, words_used)
        except Exception as error:
            self.breach("released", call, f"raised {_told(error)}")
            raise _Stop from None
        self.calls.append(call)

    # -- what is tried ----------------------------------------------------------------------------

    def require_methods(self) -> None:
        for name, arguments in _METHODS.items():
            method = getattr(self.allocator, name, None)
            if not callable(method):
                # What cannot be called says that nothing grows.
                if name == "grow":
                    continue
                self.breach("methods", name, "is missing, or cannot be called")
                raise _Stop
            try:
                signature(method).bind(*arguments)
            except TypeError as error:
                call = f"{name}({', '.join(arguments)})"
                self.breach("methods", call, f"is not how it can be called: {error}")
                raise _Stop from None
            except ValueError:
                pass  # Of what is not written in Python nobody knows how it is called.

    def first_grant(self) -> None:
        """There is something to check."""
        grant = self.allocate(1)
        if grant is None:
            self.breach("granted", "allocate(1)", f"raised {self.refusal}")
            raise _Stop
        self.fill(grant)
        self.release(grant)

    def many_segments(self) -> None:
        """Grants of several sizes, written, read and released in another order."""
        for step in (2, -2):
            for words in _ASKED:
                self.grant_one_more(words)
            for grant in self.grants[1::2][:: step // 2]:
                self.release(grant)
                self.require_kept("named")
            for words in (2, 7, 1):
                self.grant_one_more(words)
            while self.grants:
                self.release(self.grants[-1])
                self.require_kept("named")

    def grant_one_more(self, words: int) -> None:
        """Have words granted and write to them, and see that no other grant has changed."""
        grant = self.allocate(words)
        if grant is not None:
            self.require_kept()
            self.fill(grant)
            self.require_kept()

    def unwritten_grant(self) -> None:
        """A grant that nobody wrote to, given back as it came."""
        grant = self.allocate(3)
        if grant is not None:
            self.release(grant)

    def serves_again(self) -> None:
        """Room for what there was room for at first, however often it was granted and released."""
        grant = self.allocate(1)
        if grant is None:
            what = f"raised {self.refusal}, though all was released"
            self.breach("usable again", "allocate(1)", what)
            return
        self.release(grant)

    def serves_for_long(self, used: int) -> None:
        """The same words again and again, of which so many are written."""
        words = max(_ASKED)
        for done in range(_ROUNDS):
            grant = self.allocate(words)
            if grant is None:
                if done:
                    # Each round was the same: what was called before is said in a word.
                    self.calls = [f"{done} times k = allocate({words}), release(k, {used})"]
                    what = f"raised {self.refusal}, though all was released"
                    self.breach("usable again", f"allocate({words})", what)
                return
            if used:
                self.fill(grant, used)
            self.release(grant)

    def larger_and_larger(self) -> None:
        """Each grant twice as long as the one before, which is given back."""
        words = 1
        while words <= _MOST_WORDS:
            grant = self.allocate(words)
            if grant is None:
                return
            self.fill(grant)
            self.require_kept()
            self.release(grant)
            words *= 2

    def promise_to_stay(self) -> None:
        """Where it says stable, it is."""
        if getattr(self.allocator, "stable", False) is not True:
            return
        grant = self.allocate(4)
        if grant is None:
            return
        self.fill(grant)
        first = self.answer(grant)
        length = memoryview(first).nbytes
        self.allocate(64)
        now = self.answer(grant)
        call = f"segment({grant.name})"
        if now is not first:
            self.breach("stable", call, "answers another object than before, and says stable")
        elif memoryview(now).nbytes != length:
            self.breach("stable", call, "answers another length than before, and says stable")
        while self.grants:
            self.release(self.grants[-1])

    def growth(self) -> None:
        """Where the last segment can grow, it and the others hold what they held."""
        grow = getattr(self.allocator, "grow", None)
        if not callable(grow):
            return
        for words, longer in _GROWTHS:
            self.grant_one_more(4)
            last = self.allocate(words)
            if last is None:
                return
            self.fill(last)
            self.calls.append(f"grow({last.name}, {longer})")
            # An allocator that raises has refused, and the segment is as it was.
            with suppress(Exception):
                grow(last.key, longer)
            self.require_kept("grown")
            with self.borrow(last) as view:
                last.words = min(longer, len(view) // WORD_BYTES)
            self.fill(last)
            self.require_kept()
            self.grant_one_more(4)
            while self.grants:
                self.release(self.grants[-1])

    def held_views(self) -> None:
        """A bytearray that is answered can be resized when the client has let go of it."""
        grant = self.allocate(2)
        if grant is None:
            return
        buffer = self.answer(grant)
        if type(buffer) is bytearray:
            try:
                buffer.append(0)
                buffer.pop()
            except BufferError:
                call = f"segment({grant.name})"
                self.breach("let go", call, "answered a bytearray of which a view is held")
        del buffer
        self.release(grant)


def _told(error: BaseException) -> str:
    """The error as one would write it, however long it is, and whatever its repr does."""
    try:
        told = repr(error)
    except Exception:
        return type(error).__name__
    return told if len(told) <= _SHOWN_CHARACTERS * 3 else told[: _SHOWN_CHARACTERS * 3] + " ..."


def _drive(factory: Callable[[], Allocator], what: Callable[[_Check], None]) -> list[Breach]:
    check = _Check(factory())
    try:
        check.require_methods()
        what(check)
    except _Stop:
        pass
    return check.breaches


def _two_at_once(factory: Callable[[], Allocator]) -> list[Breach]:
    """Two allocators, each with a grant, given back in turn."""
    first, second = factory(), factory()
    if first is second:
        return []
    one, other = _Check(first), _Check(second)
    with suppress(_Stop):
        for check in (one, other):
            check.require_methods()
        kept = one.allocate(4)
        if kept is None:
            return []
        # What the other one writes is not what this one wrote.
        one.fill(kept)
        other.made = kept.number
        given = other.allocate(4)
        if given is not None:
            other.fill(given)
            one.require_kept("own")
            other.release(given)
        one.require_kept("own")
        one.release(kept)
    if other.breaches:
        return other.breaches
    told = "while another allocator of the factory granted, was written to, and released"
    return [breach._replace(what=f"{breach.what}, {told}") for breach in one.breaches]


def _in_turn(check: _Check) -> None:
    check.first_grant()
    check.unwritten_grant()
    check.many_segments()
    check.serves_again()


def _build(allocator: Allocator) -> list[Breach]:
    """Build a message over the allocator, and read it back."""
    texts = ["a", "b" * 50, "c" * 700]
    call = "a message that builds three texts"
    try:
        with MessageBuilder(allocator, verify=True) as message:
            root = message.init_root(data_words=1, pointer_count=3)
            root.set_uint64(0, 7)
            for index, text in enumerate(texts):
                root.set_text(index, text)
            found = [root.get_text(index) for index in range(3)]
            number = root.get_uint64(0)
            message.to_bytes()
    except AllocationRefused:
        return []
    except Error as error:
        cause = f", caused by {_told(error.__cause__)}" if error.__cause__ is not None else ""
        rule = _RULE_OF.get(type(error), "kept")
        return [Breach(rule, call, f"raised {type(error).__name__}: {error}{cause}")]
    if found != texts or number != 7:
        return [Breach("kept", call, "reads something else than was written")]
    return []


#: Which rule a message's complaint is about; else it is about contents.
_RULE_OF: Final[Mapping[type[Error], str]] = {
    GrantTooSmall: "length",
    GrantOverlaps: "apart",
    BadBuffer: "writable",
    SegmentLost: "length kept",
    ReleaseFailed: "released",
}


def check_allocator(factory: Callable[[], Allocator]) -> tuple[Breach, ...]:
    """Answer each rule that the allocators of ``factory`` break, once; nothing if they break none.

    ``factory`` is called without arguments, several times.
    """
    breaches = [
        *_drive(factory, _in_turn),
        *_drive(factory, _Check.larger_and_larger),
        *_drive(factory, lambda check: check.serves_for_long(max(_ASKED))),
        *_drive(factory, lambda check: check.serves_for_long(1)),
        *_drive(factory, lambda check: check.serves_for_long(0)),
        *_drive(factory, _Check.promise_to_stay),
        *_drive(factory, _Check.growth),
        *_drive(factory, _Check.held_views),
    ]
    if not breaches:
        breaches += _two_at_once(factory)
    if not breaches:
        breaches += _build(factory())
    first: dict[str, Breach] = {}
    for breach in breaches:
        first.setdefault(breach.rule, breach)
    return tuple(first.values())
