"""Whatever an encoder returns or raises is told as a finding, and never stops the harness."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from capnsafe_fuzz.campaign.messages import violation_from_json, violation_to_json
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.execution import Verdict
from capnsafe_fuzz.scenario import Operation, Verb
from capnsafe_fuzz.targets import find_target
from capnsafe_fuzz.targets.stream.packed import PACKED

import capnsafe

TEXT = """\
capnsafe scenario 1
memory heap segment_words=64
limit max_segment_words=536870911
h0 = root
set h0.u32 7
set h0.text "abc"
get h0.u32
get h0.text
output
"""


class Everything:
    """Equal to all, larger than all, and impossible to look at."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        raise ValueError("no hash")

    def __len__(self) -> int:
        return -1

    def __bool__(self) -> bool:
        raise ValueError("no truth")

    def __repr__(self) -> str:
        raise ValueError("no words")

    def __iter__(self) -> Iterator[int]:
        raise ValueError("no parts")


class Unequal:
    def __eq__(self, other: object) -> bool:
        raise ValueError("compared")

    def __repr__(self) -> str:
        return "\ud800\x1b[2J"


class Liar:
    """Says that it is bytes."""

    @property  # type: ignore[misc]  # it is the lie
    def __class__(self) -> Any:
        return bytes

    def __repr__(self) -> Any:
        return 5


class LongBytes(bytes):
    def __len__(self) -> int:
        return -3

    def __eq__(self, other: object) -> bool:
        return True


class Text(str):
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __format__(self, form: str) -> str:
        raise ValueError("not told")

    def __len__(self) -> int:
        return -1


class Number(int):
    def __eq__(self, other: object) -> bool:
        return True


class UnspeakableError(Exception):
    __module__ = 5  # type: ignore[assignment]  # no name at all

    def __str__(self) -> str:
        raise SystemExit

    def __bool__(self) -> bool:
        raise ValueError("no truth")

    @property
    def __cause__(self) -> Any:
        raise ValueError("no cause")

    @__cause__.setter
    def __cause__(self, value: Any) -> None:
        raise ValueError("no cause")


class TextError(Exception):
    def __str__(self) -> str:
        return Text("what it says")


def _released() -> memoryview:
    view = memoryview(b"abc")
    view.release()
    return view


def _circle() -> Exception:
    error = ValueError("\ud800" * 100_000)
    error.__cause__ = error
    return error


STRANGE: dict[str, Callable[[], Any]] = {
    "everything": Everything,
    "unequal": Unequal,
    "liar": Liar,
    "long bytes": lambda: LongBytes(b"abcdefgh"),
    "bytearray": lambda: bytearray(b"abc"),
    "released view": _released,
    "text": lambda: Text("abd"),
    "number": lambda: Number(8),
    "huge number": lambda: 1 << 100_000,
    "true": lambda: True,
    "none": lambda: None,
    "endless": lambda: itertools.count(),
    "class": lambda: Everything,
}
"""Values that no call is expected to return."""

RAISED: dict[str, Callable[[], BaseException]] = {
    "unspeakable": UnspeakableError,
    "text": TextError,
    "circle": _circle,
    "exit": SystemExit,
}

WORDS: dict[str, Callable[[], Any]] = {
    **STRANGE,
    "negative": lambda: [-1],
    "texts": lambda: ["1"],
    "bools": lambda: (True,),
    "nested": lambda: [[1]],
}


class Session:
    def __init__(self, inner: Any, owner: StrangeEncoder) -> None:
        self._inner = inner
        self._owner = owner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def perform(self, operation: Operation) -> object:
        value = self._inner.perform(operation)
        return self._owner.answer("get", value) if operation.verb is Verb.GET else value

    def output(self) -> Any:
        return self._owner.answer("output", self._inner.output())

    def segment_words(self) -> Any:
        return self._owner.answer("segment_words", self._inner.segment_words())


class StrangeEncoder:
    """capnsafe, but for what one of its methods returns or raises."""

    name = "strange"
    verifies = False

    def __init__(self, where: str, answer: Callable[[], Any]) -> None:
        self._inner: Any = find_encoder("capnsafe")
        self._where = where
        self._answer = answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def session(self, memory: Any, max_segment_words: int) -> Any:
        if self._where == "session":
            return self.answer("session", None)
        return Session(self._inner.session(memory, max_segment_words), self)

    def owns(self, filename: str) -> bool:
        return filename == __file__

    def answer(self, where: str, value: Any) -> Any:
        if where != self._where:
            return value
        made = self._answer()
        if isinstance(made, BaseException):
            raise made
        return made


def _sound(verdict: Verdict) -> None:
    """What was found can be sent, stored and told."""
    assert verdict.violations
    for violation in verdict.violations:
        sent = json.loads(json.dumps(violation_to_json(violation)))
        assert violation_from_json(sent) == violation
        assert len(violation.detail) < 20_000
        assert type(violation.group) is str


@pytest.mark.parametrize("where", ["get", "output", "segment_words"])
@pytest.mark.parametrize("strange", [*STRANGE, *RAISED, *sorted(WORDS.keys() - STRANGE.keys())])
def test_a_builder_may_return_or_raise_anything(where: str, strange: str) -> None:
    if strange not in STRANGE and strange not in RAISED and where != "segment_words":
        return
    target = find_target("builder")
    scenario = target.parse(TEXT)
    encoder: Any = StrangeEncoder(where, WORDS.get(strange) or RAISED[strange])
    verdict = target.run(scenario, encoder, True)
    # Bytes are numbers in a row, too.
    if where != "segment_words" or strange not in ("long bytes", "bytearray"):
        _sound(verdict)
    assert target.tell(scenario, encoder)


@pytest.mark.parametrize("strange", RAISED)
def test_a_session_may_fail_to_begin(strange: str) -> None:
    target = find_target("builder")
    scenario = target.parse(TEXT)
    encoder: Any = StrangeEncoder("session", RAISED[strange])
    verdict = target.run(scenario, encoder, True)
    _sound(verdict)
    assert {violation.promise for violation in verdict.violations} == {"P1"}
    assert verdict.violations[0].operation == 0
    assert target.tell(scenario, encoder)


class Package(ModuleType):
    """capnsafe, but for what one of its names returns or raises."""

    def __getattr__(self, name: str) -> Any:
        return getattr(capnsafe, name)


FUNCTIONS = {
    "reader": ("MessageReader",),
    "stream": ("unframe", "read_message", "read_messages", "frame", "write_message"),
}
OF_PACKED = ("unpack", "pack", "Packer", "Unpacker")
METHODS = {
    "MessageReader": ("get_root", "get_text", "get_struct_list", "_tree"),
    "Packer": ("feed", "flush"),
    "Unpacker": ("feed", "finish"),
    "read_message": ("segments",),
}


class Wrapped:
    """An object one of whose methods returns or raises what it should not."""

    def __init__(self, inner: Any, method: str, answer: Callable[..., Any]) -> None:
        self._inner = inner
        self._method = method
        self._answer = answer

    def __getattr__(self, name: str) -> Any:
        return self._answer if name == self._method else getattr(self._inner, name)


def _cases() -> Iterator[tuple[str, str, str]]:
    for target, names in (*FUNCTIONS.items(), ("stream", OF_PACKED)):
        for name in names:
            yield target, name, ""
            for method in METHODS.get(name, ()):
                yield target, name, method


@pytest.mark.parametrize(("name", "function", "method"), list(_cases()))
@pytest.mark.parametrize("strange", [*STRANGE, *RAISED])
def test_a_package_may_return_or_raise_anything(
    name: str, function: str, method: str, strange: str
) -> None:
    target = find_target(name)
    scenario = PACKED.sample if function in OF_PACKED else target.sample

    def answer(*arguments: Any, **options: Any) -> Any:
        made = (STRANGE.get(strange) or RAISED[strange])()
        if isinstance(made, BaseException):
            raise made
        return made

    def wrapped(*arguments: Any, **options: Any) -> Any:
        return Wrapped(getattr(capnsafe, function)(*arguments, **options), method, answer)

    package = Package("strange_package")
    setattr(package, function, wrapped if method else answer)
    encoder: Any = StrangeEncoder("", lambda: None)
    encoder.package = package
    verdict = target.run(scenario, encoder, True)
    # What a method returns may be right by chance, or not be asked for.
    if not method and (function, strange) != ("write_message", "everything"):
        expected_nothing = function == "write_message" and strange in STRANGE
        assert expected_nothing or verdict.violations
    if verdict.violations:
        _sound(verdict)
    assert target.tell(scenario, encoder)
    assert isinstance(target.script(scenario, encoder), str)
