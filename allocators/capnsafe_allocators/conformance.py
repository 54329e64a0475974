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
from typing import Any, Final, NamedTuple

from capnsafe import MessageBuilder
from capnsafe.allocator import Allocator
from capnsafe.errors import AllocationRefused, Error, SegmentLost

from .place import WORD_BYTES, octets

#: What each rule says, by its id. The words are those of the contract.
RULES: Final[Mapping[str, str]] = {
    "methods": "allocate, segment and release are methods",
    "length": "a segment has at least as many words as were asked",
    "writable": "segment answers an object with a writable, C-contiguous buffer of bytes",
    "kept": "what is written into a segment is there until the segment is released",
    "apart": "no grant covers memory that another live grant covers",
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


class Breach(NamedTuple):
    """A rule that an allocator breaks."""

    rule: str
    #: The call that showed it, as a person would write it.
    call: str
    #: What was found, and what was expected, as a sentence without a full stop.
    what: str

    def __str__(self) -> str:
        """Tell people which rule, at which call, and how."""
        return f"{self.rule!r} ({RULES[self.rule]}) is broken: {self.call} {self.what}"


class _Stop(Exception):
    """Nothing more can be tried with this allocator."""


class _Grant:
    """A grant of the allocator that is checked, and what was written into it."""

    def __init__(self, number: int, key: Any, words: int) -> None:
        self.number = number
        self.key = key
        self.words = words
        self.contents = b""


class _Check:
    def __init__(self, allocator: Allocator) -> None:
        self.allocator = allocator
        self.breaches: list[Breach] = []
        self.grants: list[_Grant] = []
        self.made = 0

    def breach(self, rule: str, call: str, what: str) -> None:
        self.breaches.append(Breach(rule, call, what))

    # -- single calls -----------------------------------------------------------------------------

    def allocate(self, words: int) -> _Grant | None:
        """A new grant; None if it was refused."""
        self.made += 1
        try:
            key = self.allocator.allocate(words)
        except Exception:
            return None
        grant = _Grant(self.made, key, words)
        self.grants.append(grant)
        return grant

    def borrow(self, grant: _Grant, after: str) -> memoryview | None:
        """The bytes of a grant; None if it was refused, or is no buffer."""
        call = f"segment(key {grant.number}) {after}".rstrip()
        try:
            buffer = self.allocator.segment(grant.key)
        except LookupError as error:
            self.breach("named", call, f"raised {error!r}, though key {grant.number} is live")
            raise _Stop from None
        except Exception:
            return None
        try:
            view = memoryview(buffer)
        except Exception as error:
            self.breach(
                "writable", call, f"answered a {type(buffer).__name__} without a buffer: {error!r}"
            )
            raise _Stop from None
        if view.readonly or not view.c_contiguous or "O" in view.format:
            fault = "read-only" if view.readonly else "not contiguous"
            self.breach("writable", call, f"answered a buffer that is {fault}, or not bytes")
            raise _Stop
        bytes_of = octets(view)
        if len(bytes_of) // WORD_BYTES < grant.words:
            rule = "length kept" if grant.contents else "length"
            self.breach(
                rule,
                call,
                f"answered {len(bytes_of) // WORD_BYTES} words, and {grant.words} were asked",
            )
            raise _Stop
        return bytes_of

    def fill(self, grant: _Grant) -> None:
        """Write something into the words asked that no other grant holds."""
        view = self.borrow(grant, "")
        if view is not None:
            grant.contents = bytes([grant.number]) * (grant.words * WORD_BYTES)
            view[: len(grant.contents)] = grant.contents
            view.release()

    def require_kept(self, after: str, rule: str = "kept") -> None:
        """Every live grant holds what was written into it."""
        for grant in self.grants:
            view = self.borrow(grant, after)
            if view is None:
                continue
            found = bytes(view[: len(grant.contents)])
            view.release()
            if found == grant.contents:
                continue
            at = next(at for at, octet in enumerate(found) if octet != grant.contents[at])
            other = next((one for one in self.grants if one.number == found[at]), None)
            if other is not None and other is not grant:
                self.breach(
                    "apart" if rule == "kept" else rule,
                    f"segment(key {grant.number}) {after}",
                    f"has at word {at // WORD_BYTES} what was written to key {other.number}",
                )
            else:
                self.breach(
                    rule,
                    f"segment(key {grant.number}) {after}",
                    f"has lost what was written at word {at // WORD_BYTES}",
                )
            raise _Stop

    def release(self, grant: _Grant) -> None:
        self.grants.remove(grant)
        try:
            self.allocator.release(grant.key, grant.words if grant.contents else 0)
        except Exception as error:
            self.breach("released", f"release(key {grant.number})", f"raised {error!r}")

    # -- what is tried ----------------------------------------------------------------------------

    def require_methods(self) -> None:
        for name in ("allocate", "segment", "release"):
            if not callable(getattr(self.allocator, name, None)):
                self.breach("methods", name, "is missing, or cannot be called")
                raise _Stop

    def many_segments(self) -> None:
        """Grants of several sizes, written, read and released in another order."""
        for words in _ASKED:
            grant = self.allocate(words)
            if grant is not None:
                self.fill(grant)
                self.require_kept(f"after allocate({words})")
        for grant in self.grants[1::2]:
            self.release(grant)
            self.require_kept(f"after release(key {grant.number})", "named")
        again = self.allocate(2)
        if again is not None:
            self.fill(again)
            self.require_kept("after a new grant took released words")
        while self.grants:
            self.release(self.grants[-1])

    def unwritten_grant(self) -> None:
        """A grant that nobody wrote to, given back as it came."""
        grant = self.allocate(3)
        if grant is not None:
            self.release(grant)

    def serves_again(self) -> None:
        """Room for one grant after everything was released, if there was room for it at first."""
        grant = self.allocate(1)
        if grant is None:
            self.breach("usable again", "allocate(1)", "is refused after all was released")
            return
        self.fill(grant)
        self.require_kept("after all was released")
        self.release(grant)

    def promise_to_stay(self) -> None:
        """Where it says stable, it is."""
        if getattr(self.allocator, "stable", False) is not True:
            return
        grant = self.allocate(4)
        if grant is None:
            return
        first = self.allocator.segment(grant.key)
        length = memoryview(first).nbytes
        self.allocate(64)
        now = self.allocator.segment(grant.key)
        call = f"segment(key {grant.number})"
        if now is not first:
            self.breach("stable", call, "answers another object than before, and says stable")
        elif memoryview(now).nbytes != length:
            self.breach("stable", call, "answers another length than before, and says stable")
        while self.grants:
            self.release(self.grants[-1])

    def growth(self) -> None:
        """Where segments can grow, what they held stays."""
        grow = getattr(self.allocator, "grow", None)
        grant = self.allocate(4) if callable(grow) else None
        if grant is None or not callable(grow):
            return
        self.fill(grant)
        # An allocator that raises has refused, and the segment is as it was.
        with suppress(Exception):
            grow(grant.key, 40)
        self.require_kept("after grow(key, 40)", "grown")
        self.release(grant)

    def held_views(self) -> None:
        """A bytearray that is answered can be resized when the client has let go of it."""
        grant = self.allocate(2)
        if grant is None:
            return
        buffer = self.allocator.segment(grant.key)
        if type(buffer) is bytearray:
            try:
                buffer.append(0)
                buffer.pop()
            except BufferError:
                call = f"segment(key {grant.number})"
                self.breach("let go", call, "answered a bytearray of which a view is held")
        del buffer
        self.release(grant)


def _drive(factory: Callable[[], Allocator], what: Callable[[_Check], None]) -> list[Breach]:
    check = _Check(factory())
    try:
        check.require_methods()
        what(check)
    except _Stop:
        pass
    return check.breaches


def _in_turn(check: _Check) -> None:
    check.unwritten_grant()
    if check.made and not check.breaches:
        check.many_segments()
        check.serves_again()


def _build(allocator: Allocator) -> list[Breach]:
    """Build a message over the allocator, and read it back."""
    texts = ["a", "b" * 50, "c" * 700]
    call = "a message that builds three texts"
    try:
        with MessageBuilder(allocator) as message:
            root = message.init_root(data_words=1, pointer_count=3)
            root.set_uint64(0, 7)
            for index, text in enumerate(texts):
                root.set_text(index, text)
            found = [root.get_text(index) for index in range(3)]
            number = root.get_uint64(0)
            message.to_bytes()
    except AllocationRefused:
        return []
    except SegmentLost as error:
        return [Breach("length kept", call, f"raised {error}")]
    except Error as error:
        cause = f", caused by {error.__cause__!r}" if error.__cause__ is not None else ""
        rule = (
            "released"
            if type(error).__name__ == "ReleaseFailed"
            else _RULE_OF.get(type(error).__name__, "kept")
        )
        return [Breach(rule, call, f"raised {type(error).__name__}: {error}{cause}")]
    if found != texts or number != 7:
        return [Breach("kept", call, "reads something else than was written")]
    return []


#: Which rule a message's complaint is about, by the class of the error.
_RULE_OF: Final[Mapping[str, str]] = {
    "GrantTooSmall": "length",
    "GrantOverlaps": "apart",
    "BadBuffer": "writable",
}


def check_allocator(factory: Callable[[], Allocator]) -> tuple[Breach, ...]:
    """Answer each rule that the allocators of ``factory`` break, once; nothing if they break none.

    ``factory`` is called without arguments, several times.
    """
    breaches = [
        *_drive(factory, _in_turn),
        *_drive(factory, _Check.promise_to_stay),
        *_drive(factory, _Check.growth),
        *_drive(factory, _Check.held_views),
    ]
    if not breaches:
        breaches += _build(factory())
    first: dict[str, Breach] = {}
    for breach in breaches:
        first.setdefault(breach.rule, breach)
    return tuple(first.values())
