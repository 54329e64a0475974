"""The rules of the contract that can be observed from outside, and the report of a broken rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

#: Each rule by its name, a noun phrase, with the sentence that explains it.
RULES: Final[Mapping[str, str]] = {
    "callable methods": (
        "allocate(minimum_words), segment(key) and release(key, words_used) are methods"
    ),
    "readable attributes": (
        "reading the methods, grow and stable returns a value or raises AttributeError"
    ),
    "printable objects": "repr and str of the allocator and of its exceptions return a string",
    "first grant": "an unused allocator grants one word",
    "access to live grants": (
        "segment returns the memory of a live grant, at the latest on the third call"
    ),
    "granted length": "a segment has at least as many words as were asked for",
    "writable buffer": (
        "segment returns an object with a writable, C-contiguous buffer of plain numbers"
    ),
    "aligned memory": "a segment begins at an address that is a multiple of 8",
    "preserved contents": "bytes written to a segment stay there until it is released",
    "separate grants": "a grant shares no memory with another live grant",
    "separate allocators": "an allocator does not touch the grants of another allocator",
    "distinct keys": "the key of a live grant is not the key of another one",
    "lasting keys": "a key names the same grant until release, whatever else is called",
    "lasting length": "a segment never has fewer words than were handed out",
    "stable object": (
        "an allocator with stable = True returns the same object, of the same length, until grow"
    ),
    "resizable buffer": "the allocator holds no view of a bytearray that segment returns",
    "growth without loss": "grow keeps the words of every segment, and shortens none",
    "accepted release": "release takes back every grant, even one that was never written",
    "reusable memory": "words that were released can be granted again",
}

#: The rules that the contract only recommends (SHOULD): a message does without them.
RECOMMENDED: Final[frozenset[str]] = frozenset({"accepted release", "reusable memory"})


class Breach(NamedTuple):
    """A rule that an allocator breaks, with the calls that show it."""

    rule: str
    #: The call that showed it, as Python; k1 is the key that the first allocate returned.
    call: str
    #: The observation: the rest of a sentence that begins with the call.
    detail: str
    #: The earlier calls, in order. With these, a fresh allocator shows the breach.
    before: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the rule, the observation and, one on each line, the calls."""
        lines = [f"broken rule: {self.rule}: {self.call} {self.detail}"]
        lines.append(f"  the contract: {RULES[self.rule]}")
        if self.before:
            lines.append("  the calls:")
            lines += [f"    {call}" for call in (*self.before, self.call)]
        return "\n".join(lines)


class CheckUnfinishedError(TimeoutError):
    """The time of a check was over before all its programs had run, and no breach was found."""


class Broken(Exception):
    """A call showed a breach, which ends the run."""

    def __init__(self, breach: Breach) -> None:
        super().__init__(breach)
        self.breach = breach
