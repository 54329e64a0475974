"""Run one input of the form ``packed``, and judge the results."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ....encoders.protocol import Failure
from ....execution import Situation
from ....optional import PYCAPNP
from ....oracles import Cost, Oracle, OracleFinding
from ....oracles.interoperable import pycapnp_schema
from ....record.telling import plain, text_of
from ....reference import packing
from ...library import RAISED, LibraryCalls, LibraryRun, exception_name, library_of, shown
from ..scenario import WORD_BYTES
from .scenario import DENSE, ZERO, Packed, cut, groups

if TYPE_CHECKING:
    from ....encoders.protocol import Encoder

NEEDED: Final = ("Packer", "Unpacker", "frame", "pack", "unpack", "unframe")
"""The names that the package under test must have."""

STEPS: Final = ("unpack", "unpack in chunks", "pack", "pack in chunks", "pack again")

ROOMY_AFTER: Final = 64
"""Results after which no more are requested with little room: many would take long."""
NO_ROOM: Final = 1 << 20


@dataclass(slots=True)
class PackedRun(LibraryRun):
    """The record of one execution."""

    scenario: Packed
    expected: packing.Unpacked
    packed: bytes
    """The words, packed."""
    unasked: str = ""
    """Description of a result of the unpacker with more words than requested, or fewer than
    possible.
    """

    def situations(self) -> Iterator[Situation]:
        """Yield the kinds of groups, where chunks cut them, and how each call ended."""
        scenario = self.scenario
        features = {"-", *_features(scenario)}
        if len(self.expected.words) > scenario.max_words * WORD_BYTES:
            features.add("over limit")
        if len(self.expected.words) > scenario.room * WORD_BYTES:
            features.add("over room")
        if not self.expected.whole:
            features.add("ends early")
        for call in self.calls:
            for feature in features:
                yield call.name, feature, call.outcome


def run(scenario: Packed, encoder: Encoder) -> PackedRun:
    """Make every call once."""
    library: Any = library_of(encoder)
    calls = LibraryCalls(encoder)
    done = PackedRun(
        scenario,
        library,
        calls.made,
        packing.unpack(scenario.data),
        packing.pack(scenario.words),
    )
    data, words = scenario.data, scenario.words
    calls.call(0, STEPS[0], lambda: library.unpack(data, max_words=scenario.max_words))
    calls.call(1, STEPS[1], lambda: _unpack(done))
    calls.call(2, STEPS[2], lambda: library.pack(words))
    packers: list[Any] = []

    def pack() -> bytes:
        if not packers:
            packers.append(library.Packer())
        return _pack(done, packers[0])

    calls.call(3, STEPS[3], pack)
    calls.call(4, STEPS[4], pack)
    return done


def _unpack(run: PackedRun) -> tuple[bytes, bool]:
    """Unpack chunk by chunk; return all words, and whether the unpacker reported a good end."""
    scenario, library = run.scenario, run.library
    unpacker = library.Unpacker()
    results: list[bytes] = []

    def ask(chunk: bytes) -> None:
        room = scenario.room if len(results) < ROOMY_AFTER else NO_ROOM
        result = plain(unpacker.feed(chunk, max_words=room))
        if type(result) is not bytes:
            run.unasked = f"{shown(result)} was returned instead of bytes"
            return
        results.append(result)
        if len(result) > room * WORD_BYTES:
            run.unasked = (
                f"{len(result)} bytes were returned, but at most {room * WORD_BYTES} requested"
            )
        elif sum(map(len, results)) > len(run.expected.words):
            run.unasked = "more words were returned than the bytes stand for"
        elif not result and not unpacker.needs_input:
            run.unasked = "no words were returned, but no input was requested"

    for chunk in cut(scenario.data, scenario.sizes):
        ask(chunk)
        while not unpacker.needs_input and not run.unasked:
            ask(b"")
        if run.unasked:
            break
    try:
        unpacker.finish()
    except library.FramingError:
        return b"".join(results), False
    return b"".join(results), True


def _pack(run: PackedRun, packer: Any) -> bytes:
    parts = [_exact(packer.feed(chunk)) for chunk in cut(run.scenario.words, run.scenario.sizes)]
    parts.append(_exact(packer.flush()))
    return b"".join(parts)


def _exact(result: object) -> bytes:
    octets = plain(result)
    if type(octets) is not bytes:
        raise TypeError(f"{shown(octets)} was returned instead of bytes")
    return octets


# -- oracles --------------------------------------------------------------------------------------


def _bounded(run: PackedRun) -> Iterator[OracleFinding]:
    whole, chunks = run.calls[:2]
    most = run.scenario.max_words * WORD_BYTES
    if type(whole.value) is bytes and len(whole.value) > most:
        detail = f"the limit is {most} bytes, but {len(whole.value)} were returned"
        yield OracleFinding(whole.step, whole.name, "limit", detail)
    if run.unasked:
        yield OracleFinding(chunks.step, chunks.name, "unasked", run.unasked)


def _unpacked(run: PackedRun) -> Iterator[OracleFinding]:
    whole, chunks = run.calls[:2]
    expected = run.expected
    too_many = len(expected.words) > run.scenario.max_words * WORD_BYTES
    wanted = expected.words if expected.whole and not too_many else None
    if wanted is None and whole.failure is None:
        why = "are more than the limit" if too_many else "end in the middle"
        yield OracleFinding(
            whole.step, whole.name, "accepted", f"the bytes {why}, but it {whole.outcome_text}"
        )
    elif wanted is not None and whole.value != wanted:
        detail = f"the words are {shown(wanted)}, but it {whole.outcome_text}"
        yield OracleFinding(whole.step, whole.name, "words", detail)
    if run.unasked:
        return
    if chunks.failure not in (None, Failure.FOREIGN):
        yield OracleFinding(chunks.step, chunks.name, "refused", f"it {chunks.outcome_text}")
    elif chunks.failure is None and chunks.value[0] != expected.words:
        detail = f"the words are {shown(expected.words)}, but it returned {shown(chunks.value[0])}"
        yield OracleFinding(chunks.step, chunks.name, "words", detail)
    elif chunks.failure is None and chunks.value[1] is not expected.whole:
        where = "where a word does" if expected.whole else "in the middle"
        detail = f"the bytes end {where}, but finish says otherwise"
        yield OracleFinding(chunks.step, chunks.name, "end", detail)


def _packed(run: PackedRun) -> Iterator[OracleFinding]:
    for call in run.calls[2:]:
        if call.failure is not None:
            if call.failure is not Failure.FOREIGN:
                yield OracleFinding(call.step, call.name, "refused", f"it {call.outcome_text}")
            continue
        if type(call.value) is not bytes:
            yield OracleFinding(
                call.step, call.name, "words", f"it {call.outcome_text} instead of bytes"
            )
            continue
        back = packing.unpack(call.value)
        if not back.whole or back.words != run.scenario.words:
            detail = (
                f"{shown(run.scenario.words)} was packed as {shown(call.value)}, which stands for "
                f"{shown(back.words)}"
            )
            yield OracleFinding(call.step, call.name, "words", detail)
        elif call.value != run.packed:
            detail = (
                f"the reference implementation packs {shown(run.packed)}, but it returned "
                f"{shown(call.value)}"
            )
            yield OracleFinding(call.step, call.name, "runs", detail)


def _interoperable(run: PackedRun) -> Iterator[OracleFinding]:
    if not run.scenario.words:
        return
    message = pycapnp_schema().new_message()
    message.data = run.scenario.words
    stream = message.to_bytes()
    # pycapnp warns of a second write, which is intended here.
    message.clear_write_flag()
    packed = message.to_bytes_packed()
    library = run.library
    made: tuple[tuple[int, Callable[[], bytes], bytes], ...] = (
        (0, lambda: library.unpack(packed), stream),
        (2, lambda: library.frame(library.unframe(stream), packed=True), packed),
    )
    for step, got, wanted in made:
        name = STEPS[step]
        try:
            result = plain(got())
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            detail = f"the output of pycapnp raises {exception_name(error)}: {text_of(error)}"
            yield OracleFinding(step, name, "pycapnp refused", detail)
            continue
        if result != wanted:
            detail = f"pycapnp has {shown(wanted)}, but it returned {shown(result)}"
            yield OracleFinding(step, name, "pycapnp differs", detail)


ORACLES: Final[tuple[Oracle[PackedRun], ...]] = (
    RAISED,
    Oracle(
        "unpacked",
        "P6",
        Cost.CHEAP,
        "packed bytes unpack to wrong words, or to any words although they end early",
        _unpacked,
    ),
    Oracle(
        "bounded",
        "P7",
        Cost.CHEAP,
        "more words are returned than the limit or the room allows, or none without an end",
        _bounded,
    ),
    Oracle(
        "packed",
        "P11",
        Cost.CHEAP,
        "packed words unpack to others, or differ from the reference implementation's",
        _packed,
    ),
    Oracle(
        "interoperable",
        "P11",
        Cost.COSTLY,
        "pycapnp packs a message differently, or its packed message reads differently",
        _interoperable,
        PYCAPNP,
    ),
)


def _features(scenario: Packed) -> Iterator[str]:
    cuts = list(itertools.accumulate(map(len, cut(scenario.data, scenario.sizes))))
    at = 0
    before = "start"
    for group in groups(scenario.data):
        kind = {ZERO: "zero", DENSE: "dense"}.get(group[0], "sparse")
        yield f"{before} {kind}"
        before = kind
        if kind != "sparse" and len(group) > 1:
            count = group[1] if kind == "zero" else group[9] if len(group) > 9 else 0
            yield f"{kind} run {'full' if count == 255 else 'long' if count else 'short'}"
        head = 10 if kind == "dense" else len(group)
        first, behind = bisect_right(cuts, at), bisect_left(cuts, at + len(group))
        inner = [place - at for place in cuts[first:behind]]
        if inner:
            yield f"{kind} cut"
        if any(place >= head for place in inner):
            yield f"{kind} run cut"
        if kind != "sparse" and (1 if kind == "zero" else 9) in inner:
            yield f"{kind} cut before count"
        at += len(group)
