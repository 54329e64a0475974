"""Faults in the client's own code: which moments count, and when they act."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType, FrameType, ModuleType
from typing import Any

import pytest
from capnsafe_allocators import Fault, HostileAllocator, files_of, parse_fault
from capnsafe_allocators.client_code import Watch

import capnsafe
from capnsafe.memory import HeapAllocator

from .conftest import Client


def own(filename: str) -> bool:
    return filename == __file__


def inner() -> None:
    return None


def work(times: int = 1) -> None:
    for _ in range(times):
        inner()
        len("a built-in function")


def moments(code: Callable[[], object], owns: Callable[[str], bool] = own) -> int:
    """Count the moments of a call."""
    count = 0

    def act() -> bool:
        nonlocal count
        count += 1
        return True

    with Watch(owns, act):
        code()
    return count


def laid(line: str, **options: Any) -> HostileAllocator:
    allocator = HostileAllocator(HeapAllocator(), [parse_fault(line)], **options)
    allocator.owns = own
    return allocator


def test_each_call_and_each_return_of_a_built_in_function_is_a_moment() -> None:
    # `work` begins, and for each time `inner` begins and `len` returns.
    assert moments(work) == 3
    assert moments(lambda: work(5)) == 1 + moments(work) + 4 * 2


def test_code_of_others_has_no_moments() -> None:
    assert moments(lambda: capnsafe.MessageBuilder().init_root(1, 1), files_of(capnsafe)) > 50
    assert moments(work, files_of(capnsafe)) == 0
    assert files_of(capnsafe)(str(capnsafe.wire.__file__))
    assert not files_of(capnsafe)(__file__)
    without_files = ModuleType("without_files")
    without_files.__file__ = None
    assert not files_of(without_files)(__file__)


def test_a_module_that_is_imported_on_the_way_has_none() -> None:
    module: CodeType = compile("def f(): pass\nf()", __file__, "exec")
    assert moments(lambda: exec(module, {"__name__": "imported"})) == 1 + 1 + 1
    nothing = compile("pass", __file__, "exec")
    assert moments(lambda: exec(nothing, {"__name__": "imported"})) == 1 + 1


def test_what_instrumentation_calls_does_not_count() -> None:
    atheris = pytest.importorskip("atheris", reason="Atheris instruments, and is not installed")

    def compares(number: int) -> bool:
        return number < 7 and len("ab") == number

    plain = moments(lambda: compares(2))
    atheris.instrument_func(compares)
    seen: list[object] = []

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "c_return" and frame.f_code is compares.__code__:
            seen.append(argument)

    sys.setprofile(note)
    try:
        compares(2)
    finally:
        sys.setprofile(None)
    assert len(seen) > 1
    assert moments(lambda: compares(2)) == plain


def test_a_profile_function_of_before_goes_on() -> None:
    def other(frame: FrameType, event: str, argument: object) -> None:
        pass

    sys.setprofile(other)
    try:
        moments(work)
        assert sys.getprofile() is other
        with Watch(own, lambda: False):
            work()
            assert sys.getprofile() is other
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize("amount", [0, 1, 4])
def test_the_client_is_called_after_as_many_moments(amount: int) -> None:
    allocator = laid(f"collect write after 0 once amount={amount}")
    asked: list[tuple[str, str]] = []

    def reenter(kind: str) -> str:
        asked.append((kind, allocator.called_back_from))
        return ""

    allocator.reenter = reenter
    with allocator.watching():
        work(10)
    assert asked == []
    allocator.operation_finished(0)
    for _ in range(amount):
        with allocator.watching():
            inner()
        assert asked == []
    with allocator.watching():
        inner()
        work()
    assert asked == [("write", "a finalizer")]
    (fired,) = allocator.fired
    assert fired.fault == Fault("collect", "write", fired.fault.when, 0, amount=amount)
    assert fired.operation == 1


def test_the_client_is_called_again_after_as_many_more() -> None:
    allocator = laid("collect read any 1 always amount=2")
    asked: list[str] = []
    allocator.reenter = lambda kind: asked.append(kind) or ""  # type: ignore[func-returns-value]
    with allocator.watching():
        work(10)
    assert asked == []
    Client(allocator).allocate(1)
    with allocator.watching():
        for _ in range(9):
            inner()
    assert len(asked) == 3


def test_it_acts_where_memory_stays_and_segment_was_called() -> None:
    allocator = laid("collect read segment 1 once amount=0", stable=True)
    asked: list[str] = []
    allocator.reenter = lambda kind: asked.append(kind) or ""  # type: ignore[func-returns-value]
    allocator.segment(Client(allocator).allocate(1))
    with allocator.watching():
        work()
    assert asked == ["read"]


def test_an_error_in_the_outcome_is_noted() -> None:
    allocator = laid("collect close after 0 once amount=0")
    allocator.reenter = lambda kind: "it went wrong"
    allocator.operation_finished(0)
    with allocator.watching():
        work()
    (evidence,) = allocator.evidence
    assert evidence.detail == "close from inside a finalizer: it went wrong"


def test_calls_from_inside_and_of_the_driver_have_no_moments() -> None:
    allocator = HostileAllocator(
        HeapAllocator(),
        [
            parse_fault("re-enter read allocate 1 once"),
            parse_fault("shrink below-used segment 1 once segment=0 amount=1"),
            parse_fault("collect write any 1 once amount=0"),
        ],
    )
    allocator.owns = own
    asked: list[str] = []

    def reenter(kind: str) -> str:
        if kind == "read":
            work(5)
        asked.append(kind)
        return ""

    def used() -> tuple[int]:
        work(5)
        assert asked == ["read"]
        return (1,)

    allocator.reenter = reenter
    allocator.used = used
    client = allocator
    with allocator.watching():
        key = client.allocate(1)
        assert asked == ["read"]
        client.segment(key)
        assert asked == ["read"]
        inner()
    assert asked == ["read", "write"]


def test_nobody_is_watched_where_nothing_can_act() -> None:
    allocator = laid("collect read after 0 once amount=0")
    allocator.operation_finished(0)
    with allocator.watching():
        assert sys.getprofile() is not None
        work()
        # Nobody can be called: it waits.
        assert sys.getprofile() is not None
    assert allocator.fired == []
    allocator.reenter = lambda kind: ""
    with allocator.watching():
        work()
        assert sys.getprofile() is None
    assert len(allocator.fired) == 1
    with allocator.watching():
        assert sys.getprofile() is None
    for other in (laid("re-enter read any 1 always"), laid("collect read any 1 always amount=0")):
        other.owns = other.owns if other.fired else None
        with other.watching():
            assert sys.getprofile() is None


def test_nobody_is_watched_before_a_fault_is_due() -> None:
    allocator = laid("collect read segment 2 once amount=0")
    asked: list[str] = []
    allocator.reenter = lambda kind: asked.append(kind) or ""  # type: ignore[func-returns-value]
    client = allocator
    with allocator.watching():
        key = client.allocate(1)
        client.segment(key)
        inner()
        assert sys.getprofile() is None
        client.segment(key)
        inner()
        assert asked == ["read"]
    # Outside the block, the driver's own calls are not watched.
    later = laid("collect read segment 1 once amount=0")
    with later.watching():
        key = later.allocate(1)
    later.segment(key)
    assert sys.getprofile() is None
