"""P1: whatever a caller hands in, a call succeeds or raises a subclass of the library's error."""

from __future__ import annotations

import inspect
import sys
from array import array
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from functools import partial
from itertools import islice
from typing import Any

import pytest

import capnsafe
from capnsafe import Element, MessageBuilder, MessageReader, Packer, Unpacker, read_message
from capnsafe._words.arguments import _called, _called_from_c, call_into
from capnsafe._words.caught import Raised
from capnsafe.wire import ELEMENTS
from tests.capnsafe.interrupts import Alarm, bytecodes_of, interrupt


class Index:
    """A number, and nothing else that an int is."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __index__(self) -> int:
        return self.number


class Disguised:
    """Says that it is of another class."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return self.kind


class Masked:
    """Raises when it is asked for its class."""

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        raise RuntimeError("no class")


class Raises:
    """Raises whatever is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def refuse(self, *arguments: object) -> Any:
        raise RuntimeError("refused")

    __iter__ = __len__ = __bool__ = __index__ = __float__ = __repr__ = __eq__ = refuse
    __hash__ = __buffer__ = refuse


class Number(int):
    """An int that cannot be computed with."""

    def refuse(self, *arguments: object) -> Any:
        raise RuntimeError("refused")

    __index__ = __lt__ = __le__ = __eq__ = __mul__ = __and__ = refuse
    __hash__ = int.__hash__


STRANGE = [
    None,
    object(),
    int,
    Element,
    -1,
    0,
    1,
    1.5,
    True,
    float("nan"),
    float("inf"),
    1e300,
    2**31,
    -(2**70),
    10**5000,
    "text",
    "\ud800",
    b"",
    b"octets",
    [],
    [1],
    [(1,)],
    (1, 2),
    {},
    array("I", [1]),
    memoryview(b"octets")[::2],
    Index(0),
    Index(3),
    Index(-1),
    Index(2**70),
    Disguised(Element),
    Disguised(capnsafe.StructBuilder),
    Disguised(tuple),
    Masked(),
    Raises(),
    Number(1),
    *ELEMENTS,
]

#: Arguments with which most calls go far enough to look at the others.
ORDINARY = {"element": Element.UINT32, "count": 2, "max_words": 10}

#: Calls that let the exception of a caller's file pass, as documented.
PASSES = {"write_to", "write_message"}


def builders() -> dict[str, Any]:
    message = MessageBuilder()
    root = message.init_root(2, 10)
    numbers = root.init_list(1, Element.UINT32, 4)
    made = {
        "message": message,
        "struct": root,
        "bits": root.init_list(0, Element.BOOL, 10),
        "numbers": numbers,
        "voids": root.init_list(2, Element.VOID, 4),
        "floats": root.init_list(3, Element.FLOAT64, 2),
        "structs": root.init_struct_list(4, 3, 1, 1),
        "pointers": root.init_pointer_list(5, 3),
        "orphan": message.new_orphan(numbers),
    }
    root.set_text(6, "text")
    root.set_data(7, b"data")
    return made


def readers() -> dict[str, Any]:
    message = read_message(builders()["message"].to_bytes())
    root = message.get_root()
    return {
        "message": message,
        "struct": root,
        "bits": root.get_list(0, Element.BOOL),
        "numbers": root.get_list(1, Element.UINT32),
        "voids": root.get_list(2, Element.VOID),
        "floats": root.get_list(3, Element.FLOAT64),
        "structs": root.get_struct_list(4),
        "pointers": root.get_pointer_list(5),
    }


def functions() -> dict[str, Any]:
    return {
        "capnsafe": capnsafe,
        "packer": Packer(),
        "unpacker": Unpacker(),
        "a builder of memory": MessageBuilder,
        "a reader of memory": MessageReader,
    }


def calls_of(owner: Any) -> list[str]:
    """The public calls of a handle, or of the package."""
    if owner is capnsafe:
        return [
            name
            for name in capnsafe.__all__
            if inspect.isfunction(getattr(capnsafe, name))
            or name in ("MessageBuilder", "MessageReader", "FixedAllocator", "HeapAllocator")
        ]
    if inspect.isclass(owner):
        return ["resume"] if owner is MessageBuilder else ["from_allocator"]
    return [
        name
        for name in dir(owner)
        if (not name.startswith("_") or name in ("__getitem__", "__setitem__"))
        and callable(getattr(owner, name))
    ]


CALLS = [
    pytest.param(make, owner, name, id=f"{make.__name__}: {owner}.{name}")
    for make in (builders, readers, functions)
    for owner, found in make().items()
    for name in calls_of(found)
    if name not in PASSES
]


def finish(answer: object) -> None:
    """Use up a result that does its work later: a context manager or an iterator."""
    kind = type(answer)
    if kind.__module__ == "capnsafe._build.lending" and issubclass(kind, AbstractContextManager):
        with answer:  # type: ignore[attr-defined]
            pass
    elif kind.__module__ == "capnsafe._stream.messages" and issubclass(kind, Iterator):
        for _ in islice(answer, 5):  # type: ignore[call-overload]
            pass


@pytest.mark.parametrize(("make", "owner", "name"), CALLS)
def test_a_strange_argument(make: Callable[[], dict[str, Any]], owner: str, name: str) -> None:
    parameters = inspect.signature(getattr(make()[owner], name)).parameters.values()
    usual = [
        ORDINARY.get(parameter.name, 0 if parameter.default is parameter.empty else None)
        for parameter in parameters
        if parameter.kind is not parameter.KEYWORD_ONLY
    ]
    for position, parameter in enumerate(parameters):
        for strange in STRANGE:
            positional = list(usual)
            named = {}
            if parameter.kind is parameter.KEYWORD_ONLY:
                named[parameter.name] = strange
            else:
                positional[position] = strange
            for at, other in enumerate(parameters):
                if at < len(positional) and at != position and other.default is not other.empty:
                    positional[at] = other.default
            call = getattr(make()[owner], name)
            with suppress(capnsafe.Error):
                answer = call(*positional, **named)
                if answer is not strange:
                    finish(answer)


CONVERTED: dict[str, Callable[[capnsafe.StructBuilder], object]] = {
    "an integer": lambda root: root.set_uint64(0, Index(5)),
    "a float": lambda root: root.set_float64(0, Index(5)),  # type: ignore[arg-type]
    "a bool": lambda root: root.set_bool(0, Index(1)),  # type: ignore[arg-type]
    "a buffer": lambda root: root.set_data(0, bytearray(b"octets")),
    "a text": lambda root: root.set_text(0, "text"),
    "an iterable": lambda root: root.select(0, 1, fields=[], pointers=iter([0])),
    "segments": lambda root: capnsafe.frame(iter([bytearray(8)])),  # type: ignore[arg-type]
    "a source": lambda root: read_message(bytearray(8)),
}
#: The others take hundreds of bytecodes, and so hundreds of alarms.
SHORT = ("an integer", "a bool", "a text", "segments")
LONG = (pytest.mark.thorough, pytest.mark.traced)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring exists from 3.12 on")
@pytest.mark.parametrize(
    "call",
    [
        pytest.param(
            call, marks=() if call in SHORT else (pytest.mark.thorough, pytest.mark.traced)
        )
        for call in CONVERTED
    ],
)
def test_the_alarm_of_a_signal_is_not_blamed_on_an_argument(call: str) -> None:
    with MessageBuilder() as message:
        root = message.init_root(1, 1)
        bytecodes = bytecodes_of(lambda: CONVERTED[call](root))
    for number in range(1, bytecodes + 1):
        with MessageBuilder() as message:
            root = message.init_root(1, 1)
            raised = interrupt(partial(CONVERTED[call], root), number, error=Alarm)
        assert raised is None or type(raised) is Alarm, number


class Ends:
    """Raises an exception that loops take for their end."""

    error = StopIteration("the only one")

    def refuse(self, *arguments: object) -> Any:
        raise self.error

    __index__ = __float__ = __buffer__ = refuse


@pytest.mark.parametrize("call", ["set_uint64", "set_float64", "set_bool"])
def test_a_conversion_that_raises_stop_iteration(call: str) -> None:
    with MessageBuilder() as message:
        root = message.init_root(1, 1)
        with pytest.raises(capnsafe.ArgumentTypeError) as raised:
            getattr(root, call)(0, Ends())
    assert raised.value.__cause__ is Ends.error


@pytest.mark.parametrize("called", [_called, _called_from_c])
def test_the_callers_code_is_called_alike_from_compiled_code_and_from_sources(
    called: Callable[[Callable[[int], int], int], int],
) -> None:
    """Each build uses one of the two functions."""
    assert called(abs, -3) == 3
    failure = LookupError("of the caller")

    def fail(_number: int) -> int:
        raise failure

    with pytest.raises(Raised) as raised:
        called(fail, 1)
    assert raised.value.__cause__ is failure

    def interrupt(_number: int) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        called(interrupt, 1)


def test_a_call_into_a_list_shows_how_far_it_came() -> None:
    results: list[int] = []
    argued = iter((-3,))
    call_into(results, abs, argued)
    assert results == [3]
    assert next(argued, None) is None

    def interrupt(_number: int) -> int:
        raise KeyboardInterrupt

    argued = iter((4,))
    with pytest.raises(KeyboardInterrupt):
        call_into(results, interrupt, argued)
    assert results == [3]
    assert next(argued, None) is None
