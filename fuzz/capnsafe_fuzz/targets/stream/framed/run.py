"""Run one input of the form ``framed``, and judge the results."""

from __future__ import annotations

import socket
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from ....encoders.protocol import Failure
from ....execution import Situation
from ....optional import PYCAPNP
from ....oracles import Cost, Oracle, OracleFinding
from ....oracles.interoperable import pycapnp_schema
from ....record.telling import plain
from ....reference import framing
from ...library import RAISED, LibraryCall, LibraryCalls, LibraryRun, library_of, shown
from .scenario import Frame
from .sources import PieceFile, TakingFile, opened

if TYPE_CHECKING:
    from ....encoders.protocol import Encoder

NEEDED: Final = (
    "frame",
    "message_words",
    "read_message",
    "read_messages",
    "unframe",
    "write_message",
)
"""The names that the package under test must have."""

STEPS: Final = (
    "unframe",
    "read message",
    "read messages of memory",
    "read messages of a file",
    "read messages of a socket",
    "frame",
    "write message",
    "read packed messages",
    "count words",
)
_UNFRAME, _READ, _MEMORY, _FILE, _SOCKET, _FRAME, _WRITE, _PACKED, _COUNT = range(9)

MOST_HEAP_BYTES: Final = 1 << 20
"""Bytes that reading may take besides the input: half a thousand views, and their messages."""

MOST_SEGMENTS: Final = 1 << 10
"""The most segments of a message that are examined: more than the bytes of an input have."""
MOST_STALLS: Final = 8
"""How often a file that stalls once may be reported to have stalled."""

Segments = tuple[bytes, ...]


@dataclass(slots=True)
class IterationResult:
    """The result of an iteration over messages."""

    messages: list[Segments] = field(default_factory=list)
    ended: bool = False
    """Whether it ended like a stream that ends between two messages; otherwise it raised."""
    consumed: list[int] = field(default_factory=list)
    """Bytes that the file had returned after each message."""
    stalls: int = 0
    """How often the file's exception came through."""


@dataclass(slots=True)
class FrameRun(LibraryRun):
    """The record of one execution."""

    scenario: Frame
    expected: framing.Stream
    greedy: str = ""
    """Description of a read that asked for too much at once."""
    pinned: str = ""
    """The part of the memory that was still held when its readers were gone."""
    heap_bytes: int = 0
    """The most memory that reading took, in bytes, if it was measured."""

    @property
    def stalls(self) -> int:
        """Return how often the exception of a stalled file reached the caller."""
        read = [call.value for call in self.calls if isinstance(call.value, IterationResult)]
        return sum(result.stalls for result in read)

    def situations(self) -> Iterator[Situation]:
        """Yield the kind of stream, how it arrived, and how each call ended."""
        features = ["-", *self._features()]
        for call in self.calls:
            outcome = call.outcome
            if isinstance(call.value, IterationResult):
                ended = "ended" if call.value.ended else "refused"
                outcome = f"{min(2, len(call.value.messages))} {ended}"
            for feature in features:
                yield call.name, feature, outcome

    def _features(self) -> Iterator[str]:
        scenario, expected = self.scenario, self.expected
        if expected.wrong:
            yield expected.wrong
        for message in expected.messages:
            if len(message) == 1:
                yield "one segment"
            else:
                yield "segments odd" if len(message) % 2 else "segments even"
            if any(not segment for segment in message):
                yield "empty segment"
        table = framing.table_of(scenario.data, expected.ends[-1] if expected.ends else 0)
        if expected.wrong and table is not None:
            largest = max(table.sizes)
            yield f"claims 2^{largest.bit_length()} words"
        elif expected.wrong:
            claimed = int.from_bytes(scenario.data[-4:], "little")
            yield f"claims 2^{claimed.bit_length() // 4 * 4} segments"
        if scenario.sizes:
            yield f"pieces {'small' if min(scenario.sizes) < framing.WORD_BYTES else 'large'}"
        if scenario.buffer:
            yield f"buffer {'small' if scenario.buffer < framing.WORD_BYTES else 'large'}"
        if scenario.stall:
            stalled = "stalled below a buffer" if scenario.buffer else "stalled"
            yield stalled if self.stalls else "stall not reached"


def run(scenario: Frame, encoder: Encoder, measured: bool) -> FrameRun:
    """Make every call once; ``measured`` watches the heap meanwhile, which takes time."""
    library: Any = library_of(encoder)
    calls = LibraryCalls(encoder)
    expected = framing.read(scenario.data, scenario.max_segments, scenario.max_words)
    done = FrameRun(scenario, library, calls.made, expected)
    limits = {"max_segments": scenario.max_segments, "max_words": scenario.max_words}
    buffer = bytearray(scenario.data)
    if measured:
        tracemalloc.start()
    try:
        calls.call(_UNFRAME, STEPS[_UNFRAME], lambda: _copied(library.unframe(buffer, **limits)))
        calls.call(
            _READ, STEPS[_READ], lambda: _copied(library.read_message(buffer, **limits).segments())
        )
        calls.call(
            _MEMORY,
            STEPS[_MEMORY],
            lambda: _read(done, library.read_messages(buffer, **limits)),
        )
        if measured:
            done.heap_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        if measured:
            tracemalloc.stop()
    calls.call(_COUNT, STEPS[_COUNT], lambda: library.message_words(buffer, **limits))
    _look_for_views(done, buffer)
    _from_file(done, calls, limits)
    calls.call(_SOCKET, STEPS[_SOCKET], lambda: _from_socket(done, limits))
    if expected.messages:
        _write(done, calls, limits)
    return done


def _copied(segments: Any) -> Segments:
    """Return copies of the segments of a message; for an endless one, one more than allowed."""
    return tuple(map(plain, islice(segments, MOST_SEGMENTS)))


def _read(run: FrameRun, messages: Any, file: PieceFile | None = None) -> IterationResult:
    library, found = run.library, IterationResult()
    while len(found.messages) <= len(run.expected.messages):
        try:
            found.messages.append(_copied(next(messages).segments()))
        except StopIteration:
            found.ended = True
            return found
        except library.FramingError:
            return found
        except TimeoutError:
            found.stalls += 1
            if found.stalls > MOST_STALLS:
                return found
            continue
        if file is not None:
            found.consumed.append(file.consumed)
    return found


def _look_for_views(run: FrameRun, buffer: bytearray) -> None:
    try:
        buffer.append(0)
    except BufferError as error:
        run.pinned = str(error)


def _from_file(run: FrameRun, calls: LibraryCalls, limits: dict[str, int]) -> None:
    scenario, library = run.scenario, run.library
    file = PieceFile(scenario.data, scenario.sizes, scenario.stall)
    calls.call(
        _FILE,
        STEPS[_FILE],
        lambda: _read(
            run,
            library.read_messages(opened(file, scenario.buffer), **limits),
            # A buffer reads more than it was asked for.
            None if scenario.buffer else file,
        ),
    )
    run.greedy = file.greedy


def _from_socket(run: FrameRun, limits: dict[str, int]) -> IterationResult:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(run.scenario.data)
        ours.shutdown(socket.SHUT_WR)
        return _read(run, run.library.read_messages(theirs, **limits))


def _write(run: FrameRun, calls: LibraryCalls, limits: dict[str, int]) -> None:
    """Frame the messages of the stream, plain and packed, and read the packed stream again."""
    scenario, library, messages = run.scenario, run.library, run.expected.messages
    taking = TakingFile(scenario.sizes)

    def write() -> bytes:
        for message in messages:
            library.write_message(taking, message)
        return bytes(taking.taken)

    def read_packed() -> IterationResult:
        packed = b"".join(library.frame(message, packed=True) for message in messages)
        file = PieceFile(packed, scenario.sizes, scenario.stall)
        source = opened(file, scenario.buffer)
        return _read(run, library.read_messages(source, packed=True, **limits))

    calls.call(_FRAME, STEPS[_FRAME], lambda: library.frame(messages[0]))
    calls.call(_WRITE, STEPS[_WRITE], write)
    calls.call(_PACKED, STEPS[_PACKED], read_packed)


# -- oracles --------------------------------------------------------------------------------------


def _framed(run: FrameRun) -> Iterator[OracleFinding]:
    """Compare the messages with those of the reference."""
    expected = run.expected
    first = expected.messages[0] if expected.messages else None
    for call in run.calls:
        if call.failure is Failure.FOREIGN:
            continue
        if call.step in (_UNFRAME, _READ):
            if first is None and call.failure is None:
                why = expected.wrong or "nothing"
                yield OracleFinding(
                    call.step, call.name, "accepted", f"there is {why}, but it {call.outcome_text}"
                )
            elif first is not None and call.value != first:
                detail = f"the message is {shown(first)}, but it {call.outcome_text}"
                yield OracleFinding(call.step, call.name, "segments", detail)
        elif call.step in (_MEMORY, _FILE, _SOCKET, _PACKED):
            yield from _whole_stream(run, call)
        elif call.step == _COUNT:
            words = announced_words_of(run.scenario)
            if call.value != words:
                wanted = f"the message has {words} words" if words else "a limit is exceeded"
                detail = f"{wanted}, but it {call.outcome_text}"
                yield OracleFinding(call.step, call.name, "words", detail)


def announced_words_of(scenario: Frame) -> int | None:
    """Return the words that the first message must have; None if that must be refused."""
    return framing.announced_words(scenario.data, scenario.max_segments, scenario.max_words)


def _whole_stream(run: FrameRun, call: LibraryCall) -> Iterator[OracleFinding]:
    expected = run.expected
    if call.failure is not None:
        yield OracleFinding(call.step, call.name, "refused", f"it {call.outcome_text}")
        return
    read: IterationResult = call.value
    # The packed stream holds the messages, and no error.
    wrong = expected.wrong if call.step != _PACKED else ""
    if tuple(read.messages) != expected.messages:
        detail = f"the stream holds {shown(expected.messages)}, but it returned {shown(read)}"
        yield OracleFinding(call.step, call.name, "messages", detail)
    elif read.ended and wrong:
        detail = f"after {len(read.messages)} messages there is {wrong}, but no error was raised"
        yield OracleFinding(call.step, call.name, "accepted", detail)
    elif not read.ended and not wrong:
        detail = f"the stream ends after {len(read.messages)} messages, but an error was raised"
        yield OracleFinding(call.step, call.name, "refused", detail)


def _kept(run: FrameRun) -> Iterator[OracleFinding]:
    """Check that data which arrived before the file stalled is not lost."""
    for call in run.calls:
        if call.step not in (_FILE, _PACKED) or call.failure is not None or not call.value.stalls:
            continue
        if tuple(call.value.messages) != run.expected.messages:
            detail = (
                f"after read {run.scenario.stall} raised, the messages are {shown(call.value)}, "
                f"but the stream holds {shown(run.expected.messages)}"
            )
            yield OracleFinding(call.step, call.name, "stalled", detail)


def _bounded(run: FrameRun) -> Iterator[OracleFinding]:
    if run.greedy:
        yield OracleFinding(_FILE, STEPS[_FILE], "greedy", run.greedy)
    for call in run.calls:
        if call.step == _FILE and call.failure is None:
            for end, consumed in zip(run.expected.ends, call.value.consumed, strict=False):
                if consumed != end:
                    detail = f"{consumed} bytes were read for messages that end at byte {end}"
                    yield OracleFinding(call.step, call.name, "read ahead", detail)
                    break
    if run.heap_bytes > MOST_HEAP_BYTES:
        detail = f"reading {len(run.scenario.data)} bytes took {run.heap_bytes} bytes of memory"
        yield OracleFinding(_UNFRAME, STEPS[_UNFRAME], "memory", detail)


def _given_back(run: FrameRun) -> Iterator[OracleFinding]:
    if run.pinned:
        detail = f"the memory cannot be resized when its readers are gone: {run.pinned}"
        yield OracleFinding(_MEMORY, STEPS[_MEMORY], "view kept", detail)


def _written(run: FrameRun) -> Iterator[OracleFinding]:
    messages = run.expected.messages
    for call in run.calls:
        if call.step not in (_FRAME, _WRITE) or call.failure is Failure.FOREIGN:
            continue
        written = messages[:1] if call.step == _FRAME else messages
        wanted = b"".join(map(framing.write, written))
        if call.value != wanted:
            detail = f"the stream is {shown(wanted)}, but it {call.outcome_text}"
            yield OracleFinding(call.step, call.name, "bytes", detail)


def _interoperable(run: FrameRun) -> Iterator[OracleFinding]:
    """Check that, if pycapnp reads the whole stream, it reads as many messages."""
    scenario = run.scenario
    if not scenario.data or len(scenario.data) % framing.WORD_BYTES:
        return
    if run.expected.wrong.startswith("too many"):
        return
    try:
        count = sum(1 for _ in pycapnp_schema().read_multiple_bytes(scenario.data))
    except Exception:
        # pycapnp refuses the stream; it refuses some that the specification allows.
        return
    for call in run.calls:
        if call.step not in (_MEMORY, _FILE, _SOCKET) or call.failure is not None:
            continue
        read: IterationResult = call.value
        if len(read.messages) != count or not read.ended:
            detail = f"pycapnp reads {count} messages, but it returned {shown(read)}"
            yield OracleFinding(call.step, call.name, "pycapnp differs", detail)


ORACLES: Final[tuple[Oracle[FrameRun], ...]] = (
    RAISED,
    Oracle(
        "kept",
        "P2",
        Cost.CHEAP,
        "data that arrived is lost when the file has no more for a while",
        _kept,
    ),
    Oracle(
        "given_back",
        "P4",
        Cost.CHEAP,
        "memory is still held when its readers are gone, or an exception is kept",
        _given_back,
    ),
    Oracle(
        "framed",
        "P6",
        Cost.CHEAP,
        "other messages are read than the stream holds, or one with a wrong table",
        _framed,
    ),
    Oracle(
        "bounded",
        "P7",
        Cost.CHEAP,
        "more bytes are read than the message has, or more memory is taken than arrived",
        _bounded,
    ),
    Oracle(
        "written",
        "P11",
        Cost.CHEAP,
        "segments are framed as another stream",
        _written,
    ),
    Oracle(
        "interoperable",
        "P11",
        Cost.COSTLY,
        "pycapnp reads another number of messages",
        _interoperable,
        PYCAPNP,
    ),
)
