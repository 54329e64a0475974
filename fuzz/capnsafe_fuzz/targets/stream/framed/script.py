"""Print an input of the form ``framed`` as a program in capnsafe's API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ....reference import framing
from ... import program
from .run import STEPS, announced_words_of
from .scenario import Frame

if TYPE_CHECKING:
    from ....encoders.protocol import Encoder
    from ....execution import Violation

_SOURCES: Final = {
    "read messages of memory": "bytearray(DATA)",
    "read messages of a file": "opened(DATA)",
    "read messages of a socket": "receiving(DATA)",
    "read packed messages": "opened(PACKED)",
}

_READ: Final = '''
def read(messages):
    """Return the segments of each message, and whether the stream ended well after them."""
    found = []
    while True:
        try:
            reader = next(messages)
        except StopIteration:
            return found, True
        except capnsafe.FramingError:
            return found, False
        except TimeoutError:
            continue
        found.append(reader.segments())
'''

_FILE: Final = '''
class File(io.RawIOBase):
    """Returns pieces of these sizes, and stalls once."""

    def __init__(self, data):
        self.data, self.consumed, self.reads = data, 0, 0
        self.most = itertools.chain(PIECES, itertools.repeat(len(data) + 1))

    def read(self, size):
        self.reads += 1
        if self.reads == STALL:
            raise TimeoutError
        assert size <= max(65536, self.consumed), "more is asked for than arrived"
        piece = self.data[self.consumed : self.consumed + min(size, next(self.most))]
        self.consumed += len(piece)
        return piece

    def readable(self):
        return True

    def readinto(self, buffer):
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def opened(data):
    """Return the file, or one over it with a buffer of this many bytes."""
    file = File(data)
    return io.BufferedReader(file, BUFFER) if BUFFER else file
'''

_SOCKET: Final = '''
def receiving(data):
    """Return a socket to which these bytes were sent."""
    ours, theirs = socket.socketpair()
    ours.sendall(data)
    ours.close()
    return theirs
'''


def print_program(scenario: Frame, encoder: Encoder, violations: Sequence[Violation]) -> str:
    """Return the program; it checks the result of the guilty call, or of all if there is none."""
    first = program.provable(violations)
    names = [STEPS[violation.operation] for violation in first] or list(STEPS)
    expected = framing.read(scenario.data, scenario.max_segments, scenario.max_words)
    limits = f"max_segments={scenario.max_segments}, max_words={scenario.max_words}"
    lines = program.head(encoder, first, ["import io", "import itertools", "import socket"])
    lines += program.constant("DATA", scenario.data)
    lines.append(f"MESSAGES = {[list(message) for message in expected.messages]!r}")
    lines.append(f"PIECES = list({scenario.sizes!r}) * 8")
    lines.append(f"STALL = {scenario.stall}")
    lines.append(f"BUFFER = {scenario.buffer}")
    lines += [*_READ.splitlines(), "", *_FILE.splitlines(), "", *_SOCKET.splitlines()]
    for name in names:
        if name == "count words":
            lines += ["", *_check_count(announced_words_of(scenario), limits)]
        else:
            lines += ["", *_check(name, expected, limits)]
    return "\n".join(lines) + "\n"


def _check_count(words: int | None, limits: str) -> list[str]:
    call = f"capnsafe.message_words(DATA, {limits})"
    if words is None:
        return _check_refusal(call, "a limit is exceeded")
    return [f"assert {call} == {words}"]


def _check_refusal(call: str, why: str) -> list[str]:
    return [
        "try:",
        f"    {call}",
        "except capnsafe.FramingError:",
        "    pass",
        "else:",
        f'    raise AssertionError("{why}")',
    ]


def _check(name: str, expected: framing.Stream, limits: str) -> list[str]:
    if name in ("unframe", "read message"):
        call = f"capnsafe.unframe(DATA, {limits})"
        if name == "read message":
            call = f"capnsafe.read_message(DATA, {limits}).segments()"
        if expected.messages:
            return [f"assert [bytes(view) for view in {call}] == MESSAGES[0]"]
        return _check_refusal(call, f"there is {expected.wrong or 'nothing'}")
    if name in _SOURCES:
        ended = not expected.wrong or name == "read packed messages"
        lines = []
        if name == "read packed messages":
            lines.append(
                'PACKED = b"".join(capnsafe.frame(message, packed=True) for message in MESSAGES)'
            )
            limits += ", packed=True"
        lines.append(f"source = {_SOURCES[name]}")
        call = f"capnsafe.read_messages(source, {limits})"
        lines.append(f"assert read({call}) == (MESSAGES, {ended})")
        if name == "read messages of a socket":
            lines.append("source.close()")
        if name == "read messages of memory":
            lines.append("source.append(0)  # Nothing holds it any more.")
        return lines
    streams = [framing.write(message).hex() for message in expected.messages]
    return [
        f"STREAMS = [bytes.fromhex(digits) for digits in {streams!r}]",
        "assert [capnsafe.frame(message) for message in MESSAGES] == STREAMS",
    ]
