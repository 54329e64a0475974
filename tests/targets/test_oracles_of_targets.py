"""Each oracle of what is received fires where it must: a library is bent, and its oracle says so.

That none fires on capnsafe is in ``test_targets``, over all seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from types import ModuleType
from typing import Any

import pytest
from capnsafe_fuzz.encoders.capnsafe_encoder import CapnsafeEncoder
from capnsafe_fuzz.optional import PYCAPNP
from capnsafe_fuzz.oracles import Cost, Oracle, OracleFinding, judge
from capnsafe_fuzz.reference import packing as packing
from capnsafe_fuzz.reference.framing import write
from capnsafe_fuzz.targets import find_target
from capnsafe_fuzz.targets.reader.scenario import Ask, Question, Read
from capnsafe_fuzz.targets.stream.framed import Frame
from capnsafe_fuzz.targets.stream.packed import Packed

import capnsafe
from tests.capnsafe.generated import converted, scattered


def bent(**functions: Any) -> CapnsafeEncoder:
    """capnsafe with other functions."""
    module = ModuleType("bent")
    vars(module).update({name: getattr(capnsafe, name) for name in capnsafe.__all__})
    vars(module).update(functions)
    module.__file__ = __file__
    return CapnsafeEncoder(module, "bent")


def fired(target: str, scenario: Any, encoder: CapnsafeEncoder) -> set[str]:
    verdict = find_target(target).run(scenario, encoder, True)
    return {violation.oracle for violation in verdict.violations}


def word(number: int) -> bytes:
    return number.to_bytes(8, "little")


WORDS = bytes(range(1, 9)) + bytes(8)
PACKED = Packed(WORDS, (3,))
FRAME = Frame(write([bytes(8) + WORDS, b""]) * 2, (5,), 2)
READ = Read(
    (word(1 << 32) + word(7),),
    questions=(
        Question(Ask.ROOT),
        Question(Ask.FIELD, 0, 0, "UINT8"),
        Question(Ask.COPY, 0),
        Question(Ask.CANONICAL, 0),
    ),
)


def _foreign(*arguments: Any, **options: Any) -> Any:
    raise ZeroDivisionError("on purpose")


def _longer(data: Any, **options: Any) -> bytes:
    return capnsafe.unpack(data) + bytes(8)


class _Boundless:
    """An unpacker that answers all there is, whatever the room."""

    def __init__(self) -> None:
        self._unpacker = capnsafe.Unpacker()

    def feed(self, chunk: bytes = b"", *, max_words: int) -> bytes:
        return self._unpacker.feed(chunk)

    needs_input = True

    def finish(self) -> None:
        self._unpacker.finish()


def _single_runs(data: bytes) -> bytes:
    """Right, and not what the reference implementation chooses."""
    return b"".join(packing.pack(data[at : at + 8]) for at in range(0, len(data), 8))


@pytest.mark.parametrize(
    ("functions", "oracle", "scenario"),
    [
        ({"pack": _foreign}, "raised", PACKED),
        ({"unpack": _longer}, "unpacked", Packed(b"\1\1")),
        ({"Unpacker": _Boundless}, "bounded", Packed(b"\0\7", room=1)),
        ({"pack": _single_runs}, "packed", Packed(bytes(16))),
        ({"frame": lambda segments, packed: b""}, "interoperable", PACKED),
    ],
)
def test_packed(functions: dict[str, Any], oracle: str, scenario: Packed) -> None:
    if oracle == "interoperable" and not PYCAPNP.is_installed:
        pytest.skip("pycapnp is not installed")
    assert oracle in fired("stream", scenario, bent(**functions))


def _kept_alive(buffer: Any, **options: Any) -> Any:
    KEPT.append(memoryview(buffer))
    return capnsafe.unframe(buffer, **options)


KEPT: list[memoryview] = []


class _Forgetful:
    """Starts again with the rest of the file, after the file had nothing."""

    def __init__(self, source: Any, **options: Any) -> None:
        self._again = partial(capnsafe.read_messages, source, **options)
        self._messages = self._again()

    def __next__(self) -> Any:
        try:
            return next(self._messages)
        except TimeoutError:
            self._messages = self._again()
            raise


def _greedy(source: Any, **options: Any) -> Any:
    if hasattr(source, "read"):
        source.read(1 << 20)
    return capnsafe.read_messages(source, **options)


def _wasteful(buffer: Any, **options: Any) -> Any:
    taken = [0] * (1 << 20)
    assert taken
    return capnsafe.unframe(buffer, **options)


def _first_only(source: Any, **options: Any) -> Any:
    return iter([capnsafe.read_message(source, **options)])


@pytest.mark.parametrize(
    ("functions", "oracle"),
    [
        ({"frame": _foreign}, "raised"),
        ({"unframe": _kept_alive}, "given_back"),
        ({"read_messages": _Forgetful}, "kept"),
        ({"unframe": lambda buffer, **options: []}, "framed"),
        ({"read_messages": _greedy}, "bounded"),
        ({"unframe": _wasteful}, "bounded"),
        ({"write_message": lambda file, segments: None}, "written"),
        ({"read_messages": _first_only}, "interoperable"),
    ],
)
def test_frame(functions: dict[str, Any], oracle: str) -> None:
    if oracle == "interoperable" and not PYCAPNP.is_installed:
        pytest.skip("pycapnp is not installed")
    scenario = Frame(FRAME.data, FRAME.sizes, 0 if oracle == "interoperable" else 2)
    assert oracle in fired("stream", scenario, bent(**functions))
    for view in KEPT:
        view.release()
    KEPT.clear()


def test_a_costly_oracle_judges_only_if_it_is_asked() -> None:
    found = OracleFinding(0, "set", "words", "they differ")
    cheap: Oracle[None] = Oracle("cheap", "P2", Cost.CHEAP, "", lambda record: iter([found, found]))
    costly: Oracle[None] = Oracle("costly", "P3", Cost.COSTLY, "", lambda record: iter([found]))
    assert [one.oracle for one in judge([costly, cheap], None, False)] == ["cheap"]
    assert [one.oracle for one in judge([costly, cheap], None, True)] == ["costly", "cheap"]


def _reader(change: Callable[[list[Any]], Any], **limits: Any) -> Any:
    """A reader class that sees other segments, or has other limits."""

    def make(segments: list[Any], **options: Any) -> Any:
        return capnsafe.MessageReader(change(segments), **{**options, **limits})

    return make


def _more_words(segments: list[Any]) -> Any:
    return [bytes(segment) + bytes(64) for segment in segments]


def _other_words(segments: list[Any]) -> Any:
    return [bytes(segment)[:-8] + word(9) for segment in segments]


PINNED: list[Any] = []


def _pinning(segments: list[Any]) -> Any:
    PINNED.extend(memoryview(segment) for segment in segments)
    return segments


class _OtherBuilder:
    """Copies an object other than its argument."""

    def __init__(self) -> None:
        self._message = capnsafe.MessageBuilder()

    def __enter__(self) -> _OtherBuilder:
        return self

    def __exit__(self, *nothing: object) -> None:
        self._message.close()

    def set_root(self, reader: Any) -> None:
        self._message.init_root(1, 0).set_uint8(0, 8)

    def segments(self) -> list[bytes]:
        return self._message.segments()

    def canonical(self) -> bytes:
        return self._message.canonical()


@pytest.mark.parametrize(
    ("functions", "oracle", "scenario"),
    [
        ({"MessageReader": _reader(_pinning)}, "given_back", READ),
        (
            {"MessageReader": _reader(_more_words)},
            "checked",
            Read((word(5 << 32),), questions=READ.questions),
        ),
        (
            {"MessageReader": _reader(list, traversal_limit_words=100)},
            "bounded",
            Read(READ.segments, 1, questions=READ.questions),
        ),
        ({"MessageReader": _reader(_other_words)}, "read", READ),
        ({"MessageBuilder": _OtherBuilder}, "copied", READ),
    ],
)
def test_read(functions: dict[str, Any], oracle: str, scenario: Read) -> None:
    assert fired("reader", scenario, bent()) == set()
    assert oracle in fired("reader", scenario, bent(**functions))
    for view in PINNED:
        view.release()
    PINNED.clear()


def test_read_by_the_schema() -> None:
    target = find_target("reader")
    with capnsafe.MessageBuilder() as message:
        message.init_root(9, 26).set_uint32(5, 7)
        segments = tuple(message.segments())
    scenario = Read(segments, questions=(Question(Ask.EVERYTHING),))
    assert target.run(scenario, bent(), True).violations == ()

    def blind(buffers: list[Any], **options: Any) -> Any:
        return capnsafe.MessageReader([bytes(8)], **options)

    wanted = {"decoded", "interoperable"} if PYCAPNP.is_installed else {"decoded"}
    assert fired("reader", scenario, bent(MessageReader=blind)) == wanted


def test_a_canonical_form_is_its_own() -> None:
    from capnsafe_fuzz.reference.canonical import canonical
    from capnsafe_fuzz.reference.reading import Reference, Refused

    rng = Random(2)
    target = find_target("reader")
    seen = 0
    for _ in range(200):
        scenario = target.generate(rng)
        try:
            copy, _ = Reference(scenario.segments).copy_at(0, 0, 64, 8192)
            once = canonical(copy) if copy is not None and copy[0] & 3 == 0 else None
        except (Refused, IndexError):
            continue
        if once is None:
            continue
        again, _ = Reference((once,)).copy_at(0, 0, 200, 8192)
        assert again is not None
        assert canonical(again) == once
        seen += 1
    assert seen > 50


@pytest.mark.process
def test_the_canonical_form_once_more_is_that_of_the_reference_implementation() -> None:
    """Oracles are to be trusted no more than the library: this one is asked beside the tool."""
    from capnsafe_fuzz.reference.canonical import canonical
    from capnsafe_fuzz.reference.reading import Reference

    messages = [scattered(seed) for seed in range(60)]
    forms = []
    for message in messages:
        segments = tuple(bytes(view) for view in capnsafe.unframe(message))
        copy, _ = Reference(segments).copy_at(0, 0, 64, 1 << 20)
        assert copy is not None
        forms.append(canonical(copy))
    assert b"".join(forms) == converted("binary:canonical", messages)
