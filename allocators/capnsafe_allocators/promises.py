"""The promises of an encoder about memory that it does not own.

The ids are used everywhere: a fault names the promises that it tests, an oracle the one that it
judges, a planted bug the one that it breaks.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Promise(NamedTuple):
    """One promise: its name, and a sentence."""

    name: str
    sentence: str


PROMISES: Final[dict[str, Promise]] = {
    "P1": Promise(
        "raised",
        "Whatever the memory does, a call succeeds or raises a subclass of the library's error; the"
        " allocator's own exception is its cause, and a KeyboardInterrupt passes unchanged.",
    ),
    "P2": Promise(
        "all or nothing",
        "A call that raises leaves the message reading as it did before, and may be tried again.",
    ),
    "P3": Promise(
        "contained",
        "Not one byte is written outside the words that the allocator granted.",
    ),
    "P4": Promise(
        "no stale borrow",
        "No allocator method runs while memory is borrowed, and no borrow outlives its call.",
    ),
    "P5": Promise(
        "no loss in silence",
        "A segment seen shorter than the words in use, or missing, is lost: output raises from then"
        " on.",
    ),
    "P5v": Promise(
        "verified",
        "With verification on, any change of contents by somebody else is found.",
    ),
    "P6": Promise(
        "its own memory is not trusted",
        "A word read back from memory is loaded once and checked as if it came from the network.",
    ),
    "P7": Promise(
        "bounded",
        "A call takes time in proportion to the words that it writes and the old words that it"
        " clears, and makes a bounded number of allocator calls.",
    ),
    "P8": Promise(
        "released once",
        "Every grant is released exactly once, rejected grants and failed builds included.",
    ),
    "P9": Promise(
        "clean",
        "Words read as zero when handed out, and no old bytes reach the output.",
    ),
    "P10": Promise(
        "no re-entry",
        "Foreign code that runs inside a call of the message (the allocator, a finalizer, a method"
        " of an argument) may call the message: that call gets a clear error or is finished, and"
        " the message is unharmed.",
    ),
    "P11": Promise(
        "interoperable",
        "The result is a valid message that the reference implementation reads the same.",
    ),
    "P12": Promise(
        "current",
        "A handle whose object was overwritten or cleared raises, and writes nothing.",
    ),
}
