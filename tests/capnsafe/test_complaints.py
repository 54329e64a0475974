"""Wrong and hostile arguments get an error and change nothing, in one order: P1, P10."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest

from capnsafe import (
    ArgumentError,
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    BadBuffer,
    Closed,
    Element,
    Error,
    MessageBuilder,
    StaleHandle,
    StructBuilder,
)
from tests.capnsafe.memories import Memory

# -- the order of complaints -----------------------------------------------------------------------


def test_wrong_types_come_before_stale_handles_before_indices_before_values(
    root: StructBuilder,
) -> None:
    child = root.init_struct(0, 1, 1)
    with pytest.raises(ArgumentIndexError):
        child.set_int8(99, 1000)
    with pytest.raises(ArgumentIndexError):
        child.set_int8(99, 0, default=1000)
    root.clear(0)
    with pytest.raises(StaleHandle):
        child.set_int8(99, 1000)
    with pytest.raises(StaleHandle):
        child.init_struct(99, 1, 1)
    with pytest.raises(ArgumentTypeError):
        child.set_int8("0", 1000)  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError):
        child.set_int8(0, 0, default="0")  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError):
        child.get_int8(0, default="0")  # type: ignore[arg-type]


# -- hostile arguments (P1, P10) -------------------------------------------------------------------


class Hostile:
    """Runs something when it is asked to be a number, a truth or a buffer."""

    def __init__(self, action: Callable[[], object], value: int = 1) -> None:
        self.action = action
        self.value = value

    def __index__(self) -> int:
        self.action()
        return self.value

    def __float__(self) -> float:
        self.action()
        return float(self.value)

    def __bool__(self) -> bool:
        self.action()
        return bool(self.value)

    def __buffer__(self, flags: int, /) -> memoryview:
        self.action()
        return memoryview(b"hostile!")


HAS_BUFFER_PROTOCOL = sys.version_info >= (3, 12)

HOSTILE_CALLS: dict[str, Callable[[StructBuilder, Any], object]] = {
    "offset of set": lambda s, h: s.set_int32(h, 5),
    "value": lambda s, h: s.set_int32(0, h),
    "default of set": lambda s, h: s.set_int32(0, 5, default=h),
    "offset of get": lambda s, h: s.get_int32(h),
    "default of get": lambda s, h: s.get_int32(0, default=h),
    "offset of a bool": lambda s, h: s.set_bool(h, True),
    "value of a bool": lambda s, h: s.set_bool(0, h),
    "default of a bool": lambda s, h: s.set_bool(0, True, default=h),
    "default of a get_bool": lambda s, h: s.get_bool(0, default=h),
    "offset of a float": lambda s, h: s.set_float32(h, 1.0),
    "value of a float": lambda s, h: s.set_float32(0, h),
    "default of a float": lambda s, h: s.set_float32(0, 1.0, default=h),
    "default of a get_float": lambda s, h: s.get_float32(0, default=h),
    "pointer index": lambda s, h: s.init_struct(h, 1, 1),
    "data words": lambda s, h: s.init_struct(0, h, 1),
    "pointer count": lambda s, h: s.init_struct(0, 1, h),
    "count": lambda s, h: s.init_list(0, Element.INT8, h),
    "count of structs": lambda s, h: s.init_struct_list(0, h, 1, 1),
    "pointer index of text": lambda s, h: s.set_text(h, "text"),
    "pointer index of clear": lambda s, h: s.clear(h),
}


if HAS_BUFFER_PROTOCOL:
    HOSTILE_CALLS["buffer"] = lambda s, h: s.set_data(0, h)


@pytest.mark.parametrize("call", HOSTILE_CALLS)
def test_an_argument_that_raises_is_an_argument_error(
    message: MessageBuilder, root: StructBuilder, call: str
) -> None:
    def fail() -> None:
        raise RuntimeError("hostile")

    child = root.init_struct(0, 2, 2)
    before = message.segments()
    with pytest.raises(ArgumentError):
        HOSTILE_CALLS[call](child, Hostile(fail))
    assert message.segments() == before


@pytest.mark.parametrize("call", HOSTILE_CALLS)
def test_an_argument_that_retires_the_object_finds_it_stale(
    message: MessageBuilder, root: StructBuilder, call: str
) -> None:
    """P10 and P12: the caller's code has run before the handle is looked at."""
    child = root.init_struct(0, 2, 2)
    child.set_text(1, "secret")
    with pytest.raises(StaleHandle):
        HOSTILE_CALLS[call](child, Hostile(lambda: root.clear(0)))
    assert message.segments()[0][40:] == bytes(len(message.segments()[0]) - 40)
    assert root.is_null(0)


@pytest.mark.parametrize("call", HOSTILE_CALLS)
def test_an_argument_that_closes_the_message_finds_it_closed(call: str) -> None:
    memory = Memory(grant_words=16)
    message = MessageBuilder(memory)
    child = message.init_root(1, 1).init_struct(0, 2, 2)
    with pytest.raises(Closed):
        HOSTILE_CALLS[call](child, Hostile(message.close))
    memory.require_all_released()


@pytest.mark.parametrize("call", HOSTILE_CALLS)
def test_an_argument_that_builds_is_finished_first(
    message: MessageBuilder, root: StructBuilder, call: str
) -> None:
    child = root.init_struct(0, 2, 2)
    HOSTILE_CALLS[call](child, Hostile(lambda: root.set_text(1, "inner")))
    assert root.get_text(1) == "inner"
    assert message.to_bytes()


class ByMetaclass(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise RuntimeError("nameless")


class Nameless(metaclass=ByMetaclass):
    pass


@pytest.mark.parametrize(
    "call",
    [
        lambda root, wrong: root.set_int32(0, wrong),
        lambda root, wrong: root.set_float64(0, wrong),
        lambda root, wrong: root.set_text(0, wrong),
        lambda root, wrong: root.set_data(0, wrong),
        lambda root, wrong: root.init_list(0, wrong, 1),
    ],
)
def test_even_an_object_whose_class_has_no_name_is_a_wrong_type(
    root: StructBuilder, call: Callable[[StructBuilder, Any], object]
) -> None:
    with pytest.raises(ArgumentTypeError):
        call(root, Nameless())


def test_an_object_that_claims_to_be_an_element_is_none(root: StructBuilder) -> None:
    with pytest.raises(ArgumentTypeError):
        root.init_list(0, Mock(spec=Element), 1)
    with pytest.raises(ArgumentTypeError):
        root.get_list(0, Mock(spec=Element))


def test_a_message_has_one_owner(message: MessageBuilder, root: StructBuilder) -> None:
    for wrong in (copy.deepcopy, pickle.dumps):
        for original in (message, root):
            with pytest.raises(Error):
                wrong(original)
    root.set_uint64(0, 1)


class Interrupting:
    """A number whose owner is interrupted while it is asked for."""

    def __float__(self) -> float:
        raise KeyboardInterrupt


class Complaining:
    """A number whose conversion raises."""

    def __float__(self) -> float:
        raise RuntimeError("not today")


def test_an_interrupt_in_a_conversion_passes_unchanged() -> None:
    with MessageBuilder() as message, pytest.raises(KeyboardInterrupt):
        message.init_root(1, 0).set_float64(0, Interrupting())  # type: ignore[arg-type]


def test_what_a_conversion_raises_is_the_cause() -> None:
    with MessageBuilder() as message:
        root = message.init_root(1, 0)
        with pytest.raises(ArgumentTypeError) as caught:
            root.set_float64(0, Complaining())  # type: ignore[arg-type]
        assert isinstance(caught.value.__cause__, RuntimeError)
        with pytest.raises(ArgumentValueError):
            root.set_float64(0, 10**400)
        with pytest.raises(ArgumentTypeError):
            root.set_float64(0, "1.5")  # type: ignore[arg-type]


# -- hostile class names and texts of an allocator's exceptions and results (P1) -------------------


class _Words(str):
    """Text whose methods raise."""

    def _fails(self, *_: object) -> Any:
        raise ValueError("a method of the text was called")

    __len__ = __format__ = __str__ = __repr__ = __getitem__ = __contains__ = __hash__ = _fails
    __eq__ = __ne__ = __add__ = __radd__ = __mod__ = __iter__ = _fails


class _Unspeakable(Exception):
    def __repr__(self) -> str:
        return _Words("unspeakable words")

    def __getattribute__(self, name: str) -> Any:
        raise ValueError("an attribute of the exception was asked")


def _name_in_words() -> Any:
    return type(_Words("Named"), (), {})()


@pytest.mark.parametrize("method", ["allocate", "segment", "release", "grow"])
def test_words_that_cannot_be_trusted_escape_from_no_allocator_call(method: str) -> None:
    class Raising(Memory):
        def grow(self, key: int, minimum_words: int, /) -> None:
            """Grow nothing."""

    def fail(*_: object) -> None:
        raise _Unspeakable

    memory = Raising()
    message = MessageBuilder(memory)
    root = message.init_root(0, 3)
    root.set_text(0, "text")
    setattr(memory, method, fail)
    for call in (lambda: root.set_text(1, "x" * 999), message.to_bytes, message.close):
        error: Error | None = None
        try:
            call()
        except Error as raised:
            error = raised
        assert error is None or type(str(error)) is str
        refused = method != "grow" and method[0] in "sr" and call == message.close
        assert method != "release" or not refused or "unspeakable words" in str(error)


def test_names_that_cannot_be_trusted_escape_from_nowhere() -> None:
    named = _name_in_words()
    with MessageBuilder() as message:
        root = message.init_root(1, 1)
        for call in (
            lambda: root.set_uint32(0, named),
            lambda: root.set_float64(0, named),
            lambda: root.set_text(0, named),
            lambda: root.set_data(0, named),
            lambda: root.set_list(0, Element.UINT8, named),
            lambda: root.set(0, named),
            lambda: root.adopt(0, named),
            lambda: MessageBuilder(named),
        ):
            with pytest.raises(ArgumentTypeError, match="Named"):
                call()

    class Answers(Memory):
        def segment(self, key: int, /) -> Any:
            return named

    with MessageBuilder(Answers()) as message, pytest.raises(BadBuffer, match="Named"):
        message.init_root(1, 1)
