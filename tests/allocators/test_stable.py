"""The hostile allocator where it promises that memory stays: never moved, and still watched."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import pytest
from capnsafe_allocators import FAMILIES, Evidence, HostileAllocator, parse_fault, print_fault
from capnsafe_allocators.fault import Fault, When

from capnsafe import FixedAllocator, HeapAllocator

WORDS = 16


def stable(*lines: str, **options: Any) -> HostileAllocator:
    memory = HeapAllocator(segment_words=WORDS, growth=False)
    faults = [parse_fault(line) for line in lines]
    return HostileAllocator(memory, faults, stable=True, **options)


def told(allocator: HostileAllocator) -> list[tuple[str, str]]:
    return [(evidence.promise, evidence.symptom) for evidence in allocator.evidence]


def test_it_promises_and_keeps_the_promise() -> None:
    allocator = stable()
    assert allocator.stable is True
    first = allocator.allocate(1)
    buffer = allocator.segment(first)
    assert type(buffer) is bytearray
    assert buffer == bytes(WORDS * 8)
    for operation in range(3):
        buffer[0] = operation
        other = allocator.allocate(WORDS + 1)
        assert len(allocator.segment(other)) == (WORDS + 1) * 8
        assert allocator.segment(first) is buffer
        assert allocator.snapshot()[0] == buffer
        allocator.check_guards()
        allocator.operation_finished(operation)
        allocator.release(other, 0)
    allocator.release(first, 1)
    allocator.finished()
    assert allocator.evidence == []


def test_the_address_stays_too() -> None:
    allocator = stable()
    buffer = allocator.segment(allocator.allocate(1))
    address = ctypes.addressof(ctypes.c_char.from_buffer(buffer))
    for operation in range(8):
        allocator.allocate(1)
        allocator.operation_finished(operation)
        assert ctypes.addressof(ctypes.c_char.from_buffer(buffer)) == address


@pytest.mark.parametrize(
    "memory",
    [FixedAllocator(bytearray(64)), HostileAllocator(HeapAllocator())],
    ids=["fixed", "hostile"],
)
def test_only_memory_that_stays_can_be_shown_so(memory: Any) -> None:
    with pytest.raises(ValueError, match="stable"):
        HostileAllocator(memory, stable=True)


def test_memory_that_is_no_bytearray_cannot_be_shown_so() -> None:
    memory = HeapAllocator()
    memory.segment = lambda key: memoryview(bytearray(64))  # type: ignore[method-assign, assignment, return-value]
    with pytest.raises(TypeError, match="memoryview"):
        HostileAllocator(memory, stable=True).allocate(1)


# -- faults ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FAMILIES["refuse"].kinds)
def test_it_refuses_to_grant_and_to_take_back(kind: str) -> None:
    allocator = stable(f"refuse {kind} allocate 1 once", f"refuse {kind} release 1 once")
    with pytest.raises(BaseException, match="allocate"):
        allocator.allocate(1)
    key = allocator.allocate(1)
    with pytest.raises(BaseException, match="release"):
        allocator.release(key, 0)
    allocator.finished()
    assert len(allocator.fired) == 2
    assert allocator.evidence == []


@pytest.mark.parametrize(
    ("line", "length"),
    [
        ("short zero allocate 1 once", 0),
        ("short less allocate 1 once amount=1", 32),
        ("short odd allocate 1 once amount=3", 43),
        ("short odd any 1 once amount=5", 45),
    ],
)
def test_it_grants_another_length(line: str, length: int) -> None:
    allocator = stable(line)
    key = allocator.allocate(5)
    assert len(allocator.segment(key)) == length
    assert len(allocator.fired) == 1
    assert allocator.calls[0].words == allocator.calls[1].words == length // 8
    assert len(allocator.segment(allocator.allocate(5))) == WORDS * 8
    allocator.operation_finished(0)
    for key in [grant.key for grant in allocator.grants]:
        allocator.release(key, 0)
    allocator.finished()
    assert allocator.evidence == []


def test_it_grants_dirt() -> None:
    allocator = stable("dirty filler allocate 1 once")
    key = allocator.allocate(2)
    assert allocator.segment(key) == b"\xa5" * (WORDS * 8)
    allocator.segment(key)[0] = 0
    allocator.release(key, 1)
    allocator.finished()
    assert allocator.evidence == []


def every_fault(*, when: set[When]) -> list[Fault]:
    return [
        Fault(family.name, kind, moment, 1, persistent=True)
        for family in FAMILIES.values()
        for kind in family.kinds
        for moment in family.moments
        if moment in when or family.name in ("move", "shrink")
    ]


@pytest.mark.parametrize("fault", every_fault(when={When.SEGMENT}), ids=print_fault)
def test_what_would_break_the_promise_is_never_fired(fault: Fault) -> None:
    allocator = HostileAllocator(HeapAllocator(segment_words=WORDS), [fault], stable=True)
    keys = [allocator.allocate(2) for _ in range(2)]
    buffers = [allocator.segment(key) for key in keys]
    for operation in range(4):
        allocator.operation_finished(operation)
        assert all(allocator.segment(key) is buffers[at] for at, key in enumerate(keys))
        assert [len(buffer) for buffer in buffers] == [WORDS * 8] * 2
    for key in keys:
        allocator.release(key, 0)
    allocator.finished()
    assert allocator.fired == []
    assert allocator.evidence == []


@pytest.mark.parametrize("kind", FAMILIES["refuse"].kinds)
def test_a_refusal_of_any_call_waits_for_one_that_may_be_refused(kind: str) -> None:
    allocator = stable(f"refuse {kind} any 2 once")
    key = allocator.allocate(1)
    allocator.segment(key)
    with pytest.raises(BaseException, match="allocate"):
        allocator.allocate(1)


# -- evidence --------------------------------------------------------------------------------------


def _resized_and_held(buffer: bytearray) -> memoryview:
    buffer.pop()
    return memoryview(buffer)


Misdeed = Callable[[bytearray], Any]
GROWS: list[Misdeed] = [
    lambda buffer: buffer.__setitem__(slice(WORDS * 8, WORDS * 8 + 8), b"8 octets"),
    lambda buffer: buffer.__setitem__(slice(0, 8), b"nine octet"),
    lambda buffer: buffer.extend(b"1"),
]
CUTS: list[Misdeed] = [
    lambda buffer: buffer.__setitem__(slice(0, 8), b"7 octet"),
    lambda buffer: buffer.clear(),
]


@pytest.mark.parametrize("do", GROWS + CUTS)
@pytest.mark.parametrize("moment", ["call", "operation", "check", "release", "finished"])
def test_resizing_is_evidence_once(do: Misdeed, moment: str) -> None:
    allocator = stable()
    key = allocator.allocate(1)
    buffer = allocator.segment(key)
    do(buffer)
    if moment == "call":
        assert allocator.segment(key) is buffer
    elif moment == "operation":
        allocator.operation_finished(0)
    elif moment == "check":
        allocator.check_guards()
    elif moment == "release":
        allocator.release(key, 2)
    if moment != "finished":
        assert told(allocator) == [("P3", "resized")]
    found = bytes(buffer)
    if moment != "release":
        assert allocator.segment(key) is buffer
        allocator.operation_finished(1)
        allocator.check_guards()
        assert allocator.snapshot() == [found]
        allocator.release(key, 2)
    allocator.finished()
    assert told(allocator) == [("P3", "resized")]


def test_a_segment_that_was_resized_and_is_held_is_both() -> None:
    allocator = stable()
    key = allocator.allocate(1)
    view = _resized_and_held(allocator.segment(key))
    allocator.check_guards()
    assert told(allocator) == [("P3", "resized")]
    allocator.release(key, 0)
    allocator.finished()
    assert told(allocator) == [("P3", "resized")] + [("P4", "held-view")] * 2
    view.release()


@pytest.mark.parametrize("moment", ["allocate", "segment", "release", "operation", "finished"])
@pytest.mark.parametrize("released", [False, True])
def test_a_view_that_is_held_is_evidence(moment: str, released: bool) -> None:
    allocator = stable()
    keys = [allocator.allocate(1) for _ in range(2)]
    view = memoryview(allocator.segment(keys[0]))[8:16]
    assert allocator.evidence == []
    if released:
        with view:
            allocator.release(keys[0], 0)
        assert allocator.evidence == [
            Evidence("P4", "held-view", 0, "a view of segment 0 was held")
        ]
        allocator.evidence.clear()
        view = memoryview(allocator.grants[0].place.buffer())
    allocator.operation_finished(2)
    allocator.evidence.clear()
    if moment == "allocate":
        allocator.allocate(1)
    elif moment == "segment":
        allocator.segment(keys[1])
    elif moment == "release":
        allocator.release(keys[1], 0)
    elif moment == "operation":
        allocator.operation_finished(3)
    else:
        allocator.live.clear()
        allocator.finished()
    assert allocator.evidence == [Evidence("P4", "held-view", 3, "a view of segment 0 was held")]
    view.release()
    allocator.evidence.clear()
    allocator.operation_finished(4)
    assert allocator.evidence == []


def test_a_write_after_the_release_is_evidence() -> None:
    allocator = stable()
    key = allocator.allocate(1)
    buffer = allocator.segment(key)
    allocator.release(key, 0)
    buffer[9] = 1
    allocator.check_guards()
    assert told(allocator) == [("P3", "stale-write")]
    buffer.append(1)
    allocator.finished()
    assert told(allocator) == [("P3", "stale-write"), ("P3", "resized")]


def test_words_used_is_judged() -> None:
    allocator = stable()
    key = allocator.allocate(1)
    allocator.segment(key)[15] = 1
    allocator.release(key, 1)
    assert told(allocator) == [("P8", "words-used")]
