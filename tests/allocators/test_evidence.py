"""What a bad client leaves behind, and that a good one leaves nothing."""

from __future__ import annotations

import ctypes
import gc
import struct
import sys
from collections.abc import Callable
from typing import Any

import pytest
from capnsafe_allocators import Evidence, HostileAllocator, When, parse_fault
from capnsafe_allocators.exporter import COUNTS_VIEWS

from capnsafe.allocator import Allocator
from capnsafe.memory import FixedAllocator, HeapAllocator

Lay = Callable[..., Any]

counts_views = pytest.mark.skipif(
    not COUNTS_VIEWS, reason="this Python cannot count the views of a buffer"
)


def kinds(allocator: HostileAllocator) -> list[tuple[str, str]]:
    return [(evidence.promise, evidence.symptom) for evidence in allocator.evidence]


def test_a_good_client_leaves_no_evidence(lay: Lay) -> None:
    client = lay(
        "move all segment 3 always",
        "dirty pointers allocate 2 once",
        "shrink nothing-regrow after 0 once segment=1",
        "short odd allocate 3 once amount=1",
    )
    keys = [client.allocate(4) for _ in range(3)]
    for operation in range(3):
        for key in keys:
            client.write(key, 0, b"x" * client.words(key))
        client.allocator.check_guards()
        client.allocator.operation_finished(operation)
    for key in keys:
        client.allocator.release(key, 16 if key is not keys[2] else 4)
    client.allocator.finished()
    assert client.allocator.evidence == []
    assert len(client.allocator.fired) > 5


def test_the_places_that_only_the_client_may_change_are_known(lay: Lay) -> None:
    client = lay("move one segment 2 once segment=0")
    key = client.allocate(4)
    allocator = client.allocator
    ((index, place),) = allocator.watched_places()
    assert index == 0
    client.write(key, 0, b"x" * 8)
    client.write(key, 0, b"y" * 8)
    (now, moved), (left, old) = allocator.watched_places()
    assert (now, left) == (0, -1)
    assert moved is not place
    assert old is place


# ---------------------------------------------------------------------------------- P3: guards


class OutOfBounds:
    """A client that knows the address of its segment, and does not look at its length."""

    def __init__(self, allocator: HostileAllocator, key: Any) -> None:
        with memoryview(allocator.segment(key)) as view:
            self.address = ctypes.addressof(ctypes.c_char.from_buffer(view))
            self.length = view.nbytes

    def write(self, first: int, data: bytes) -> None:
        ctypes.memmove(self.address + first, data, len(data))


@pytest.mark.parametrize("memory_name", ["heap", "fixed"])
@pytest.mark.parametrize(
    ("first", "length"), [(128, 1), (128, 64), (191, 1), (-1, 1), (-64, 64), (-64, 1), (120, 16)]
)
def test_a_write_past_an_end_is_seen_once(memory_name: str, first: int, length: int) -> None:
    allocator = HostileAllocator(
        HeapAllocator(segment_words=32, growth=False)
        if memory_name == "heap"
        else FixedAllocator(bytearray(4096), segment_words=32)
    )
    allocator.allocate(1)
    client = OutOfBounds(allocator, allocator.allocate(1))
    assert client.length == 128
    allocator.operation_finished(0)
    client.write(first, bytes(length))
    allocator.check_guards()
    (evidence,) = allocator.evidence
    changed = range(max(first, 128), first + length) if first > 0 else range(first, first + length)
    assert evidence[:3] == ("P3", "guard", 1)
    assert f"bytes {changed[0]} to {changed[-1]} of segment 1" in evidence.detail
    allocator.check_guards()
    allocator.finished()
    assert kinds(allocator).count(("P3", "guard")) == 1


@pytest.mark.parametrize("byte", [0, 0xFF, 0xA5, 0xDB, ord("x")])
def test_no_width_or_value_of_write_goes_unseen(byte: int) -> None:
    allocator = HostileAllocator(HeapAllocator(segment_words=32))
    client = OutOfBounds(allocator, allocator.allocate(1))
    for first in range(128, 192):
        for width in (2, 4, 8):
            allocator.evidence.clear()
            client.write(min(first, 192 - width), bytes([byte]) * width)
            allocator.check_guards()
            assert kinds(allocator) == [("P3", "guard")]


@pytest.mark.parametrize("fault", ["move one", "shrink nothing"])
def test_damage_is_found_before_a_fault_covers_it(fault: str) -> None:
    faults = [parse_fault(f"{fault} after 0 once")]
    allocator = HostileAllocator(HeapAllocator(segment_words=32), faults)
    client = OutOfBounds(allocator, allocator.allocate(1))
    client.write(128, b"damage")
    allocator.operation_finished(0)
    assert kinds(allocator) == [("P3", "guard")]


def test_damage_is_found_at_release() -> None:
    allocator = HostileAllocator(HeapAllocator(segment_words=32))
    key = allocator.allocate(1)
    OutOfBounds(allocator, key).write(128, b"damage")
    allocator.release(key, 0)
    assert kinds(allocator) == [("P3", "guard")]


def test_without_guards_nothing_around_is_watched() -> None:
    memory = FixedAllocator(bytearray(1024), segment_words=16)
    allocator = HostileAllocator(memory, guard_words=0)
    first, second = allocator.allocate(1), allocator.allocate(1)
    OutOfBounds(allocator, first).write(128, b"next door")
    allocator.check_guards()
    assert allocator.evidence == []
    with memoryview(allocator.segment(second)) as view:
        assert bytes(view[:9]) == b"next door"


def test_guards_are_as_wide_as_asked() -> None:
    allocator = HostileAllocator(FixedAllocator(bytearray(100 * 8)), guard_words=20)
    key = allocator.allocate(1)
    client = OutOfBounds(allocator, key)
    assert client.length == 60 * 8
    client.write(-160, b"x")
    client.write(60 * 8 + 159, b"x")
    allocator.check_guards()
    assert kinds(allocator) == [("P3", "guard")] * 2


# ----------------------------------------------------------------------------- P3: stale writes


@pytest.mark.parametrize("fault", ["move one after 0 once", "move all any 3 once"])
def test_a_write_through_a_stale_address_of_a_moved_segment_is_seen(fault: str) -> None:
    allocator = HostileAllocator(HeapAllocator(segment_words=32), [parse_fault(fault)])
    key = allocator.allocate(1)
    client = OutOfBounds(allocator, key)
    client.write(0, b"before")
    allocator.check_guards()
    assert allocator.evidence == []
    allocator.operation_finished(0)
    allocator.segment(key)
    client.write(8, b"after")
    allocator.check_guards()
    (evidence,) = allocator.evidence
    assert evidence[:3] == ("P3", "stale-write", 1)
    assert evidence.detail == (
        "the place of segment 0 before it moved was written: bytes 8 to 12 of it"
    )
    allocator.check_guards()
    assert len(allocator.evidence) == 1


def test_a_write_after_release_is_seen() -> None:
    allocator = HostileAllocator(HeapAllocator())
    key = allocator.allocate(1)
    client = OutOfBounds(allocator, key)
    allocator.release(key, 0)
    client.write(0, b"x")
    allocator.finished()
    assert kinds(allocator) == [("P3", "stale-write")]


@pytest.mark.parametrize("kind", ["nothing", "nothing-regrow"])
def test_a_write_into_what_was_cut_is_seen(kind: str) -> None:
    faults = [parse_fault(f"shrink {kind} after 0 once")]
    allocator = HostileAllocator(HeapAllocator(segment_words=32), faults)
    key = allocator.allocate(1)
    client = OutOfBounds(allocator, key)
    allocator.operation_finished(0)
    client.write(64, b"x")
    # It is found before the words that grow back cover it.
    for _ in range(2):
        allocator.segment(key)
    allocator.check_guards()
    assert kinds(allocator) == [("P3", "guard")]


# ------------------------------------------------------------------------------ P4: held views


@counts_views
@pytest.mark.parametrize("call", ["allocate", "segment", "release"])
def test_a_view_that_is_held_across_a_call_is_seen(lay: Lay, call: str) -> None:
    client = lay()
    key, other = client.allocate(1), client.allocate(1)
    view = memoryview(client.allocator.segment(key))
    assert client.allocator.evidence == []
    match call:
        case "allocate":
            client.allocate(1)
        case "segment":
            client.allocator.segment(other)
        case "release":
            client.allocator.release(other, 0)
    held = Evidence("P4", "held-view", 0, "a view of segment 0 was held")
    assert client.allocator.evidence == [held]
    view.release()
    client.read(key)
    assert client.allocator.evidence == [held]
    # Nor is the one that was let go blamed for another.
    new = client.allocate(1)
    with memoryview(client.allocator.segment(new)):
        client.allocate(1)
    assert len(client.allocator.evidence) == 2
    assert "segment 0" not in client.allocator.evidence[1].detail


@counts_views
def test_slices_casts_and_ctypes_hold_a_view(lay: Lay) -> None:
    client = lay()
    key = client.allocate(1)
    holders: list[Callable[[memoryview], object]] = [
        lambda view: view[8:16],
        lambda view: view.cast("Q"),
        lambda view: ctypes.c_char.from_buffer(view),
        lambda view: (ctypes.c_char * 128).from_buffer(client.allocator.segment(key)),
    ]
    for holder in holders:
        client.allocator.evidence.clear()
        view = memoryview(client.allocator.segment(key))
        held: object = holder(view)
        if not isinstance(held, ctypes._SimpleCData):
            # ctypes holds the view itself, which then cannot be released.
            view.release()
        del view
        client.allocator.operation_finished(0)
        assert kinds(client.allocator)[-1] == ("P4", "held-view")
        del held
        client.allocator.evidence.clear()
        client.allocator.operation_finished(1)
        assert client.allocator.evidence == []
        assert client.allocator.views == 0


@counts_views
def test_a_view_that_outlives_an_operation_or_the_message_is_seen(lay: Lay) -> None:
    client = lay()
    view = memoryview(client.allocator.segment(client.allocate(1)))
    client.allocator.operation_finished(4)
    assert client.allocator.evidence == [("P4", "held-view", 4, "a view of segment 0 was held")]
    client.allocator.evidence.clear()
    client.allocator.finished()
    assert kinds(client.allocator)[0] == ("P4", "held-view")
    view.release()


@counts_views
def test_an_answer_that_is_used_after_a_later_call_is_seen() -> None:
    allocator = HostileAllocator(HeapAllocator(), [parse_fault("move one allocate 2 once")])
    key = allocator.allocate(1)
    answer = allocator.segment(key)
    struct.pack_into("<Q", answer, 0, 7)
    struct.pack_into("<Q", answer, 8, 7)
    assert allocator.evidence == []
    allocator.allocate(1)
    struct.pack_into("<Q", answer, 0, 8)
    assert kinds(allocator) == [("P4", "stale-buffer")]
    # It was the old place that was written, as through a stale address.
    allocator.check_guards()
    assert kinds(allocator)[1:] == [("P3", "stale-write")]
    assert allocator.snapshot()[0][0] == 7


@counts_views
def test_an_answer_that_is_used_after_the_operation_is_seen(lay: Lay) -> None:
    client = lay()
    answer = client.allocator.segment(client.allocate(1))
    client.allocator.operation_finished(0)
    memoryview(answer).release()
    assert kinds(client.allocator) == [("P4", "stale-buffer")]


@pytest.mark.parametrize("fault", ["move resize after 0 once", "move resize allocate 2 once"])
def test_resizing_finds_a_view_that_is_held_on_any_python(fault: str) -> None:
    allocator = HostileAllocator(HeapAllocator(), [parse_fault(fault)])
    key = allocator.allocate(1)
    view = memoryview(allocator.segment(key))
    allocator.operation_finished(0)
    allocator.allocate(1)
    assert ("P4", "held-view") in kinds(allocator)
    assert allocator.fired[0].change == "segment 0 could not be resized while a view is held"
    view.release()


def test_resizing_does_not_blame_the_client_for_a_view_of_the_memory() -> None:
    if not COUNTS_VIEWS:
        pytest.skip("this Python cannot tell whose view it is")
    memory = HeapAllocator()
    allocator = HostileAllocator(memory, [parse_fault("move resize any 2 always")])
    key = allocator.allocate(1)
    with memoryview(memory.segment(0)):
        allocator.segment(key)
        assert (allocator.evidence, allocator.fired) == ([], [])
    allocator.segment(key)
    assert len(allocator.fired) == 1


def test_the_answer_is_a_writable_buffer_of_bytes(lay: Lay) -> None:
    client = lay()
    key = client.allocate(1)
    segment = client.allocator.segment
    struct.pack_into("<Q", segment(key), 120, 0x0102030405060708)
    assert struct.unpack_from("<Q", segment(key), 120) == (0x0102030405060708,)
    with pytest.raises(struct.error):
        struct.pack_into("<Q", segment(key), 121, 1)
    with memoryview(segment(key)) as view:
        assert (view.format, view.ndim, view.nbytes) == ("B", 1, 128)
        assert view.c_contiguous
        assert not view.readonly
    array = (ctypes.c_ubyte * 128).from_buffer(segment(key))
    array[0] = 9
    del array
    assert client.read(key)[0] == 9
    client.allocator.check_guards()
    assert client.allocator.evidence == []


# -------------------------------------------------------------------------------- P8: releases


def test_a_second_release_is_seen(lay: Lay) -> None:
    client = lay()
    key = client.allocate(1)
    client.allocator.release(key, 0)
    client.allocator.operation_finished(0)
    client.allocator.release(key, 3)
    assert client.allocator.evidence == [
        ("P8", "double-release", 1, "segment 0 was released 2 times")
    ]
    grant = client.allocator.grants[0]
    assert (grant.released, grant.words_used) == (2, 0)


def test_a_grant_that_is_never_released_is_seen(lay: Lay) -> None:
    client = lay()
    keys = [client.allocate(1) for _ in range(2)]
    client.allocator.release(keys[1], 0)
    client.allocator.finished()
    client.allocator.finished()
    assert client.allocator.evidence == [
        ("P8", "never-released", 0, "segment 0 was never released")
    ]


@pytest.mark.parametrize("key", [None, "segment 0", 0, [], {}])
def test_what_was_never_granted_can_neither_be_released_nor_borrowed(lay: Lay, key: object) -> None:
    client = lay("refuse OSError release 2 once", "refuse OSError segment 2 once")
    client.allocate(1)
    client.allocator.release(key, 0)
    with pytest.raises(LookupError):
        client.allocator.segment(key)
    assert kinds(client.allocator) == [("P8", "unknown-release"), ("P8", "unknown-borrow")]
    assert [call.segment for call in client.allocator.calls] == [0, -1, -1]


def test_a_borrow_after_release_is_seen(lay: Lay) -> None:
    client = lay()
    key = client.allocate(1)
    client.allocator.release(key, 0)
    with pytest.raises(LookupError):
        client.allocator.segment(key)
    assert kinds(client.allocator) == [("P8", "unknown-borrow")]


@pytest.mark.parametrize("words_used", [-1, 17, 0, 2, None])
def test_wrong_words_used_are_seen(lay: Lay, words_used: object) -> None:
    client = lay("dirty filler allocate 1 once")
    key = client.allocate(1)
    client.write(key, 15, b"xy")
    client.allocator.release(key, words_used)
    assert kinds(client.allocator) == [("P8", "words-used")]


@pytest.mark.parametrize("words_used", [3, 4, 16])
def test_words_used_that_may_be_right_are_believed(lay: Lay, words_used: int) -> None:
    client = lay("dirty filler allocate 1 once")
    key = client.allocate(1)
    client.write(key, 15, b"xy")
    client.allocator.release(key, words_used)
    assert client.allocator.evidence == []


def test_words_that_the_allocator_itself_changed_are_not_the_clients(lay: Lay) -> None:
    client = lay("dirty filler any 1 once", "shrink nothing-regrow after 0 once")
    key = client.allocate(1)
    client.allocator.operation_finished(0)
    client.read(key)
    client.read(key)
    client.allocator.release(key, 0)
    assert client.allocator.evidence == []


# ------------------------------------------------------------------------------------- the log


def test_calls_tell_everything(lay: Lay) -> None:
    client = lay()
    key = client.allocate(3)
    client.allocator.operation_finished(0)
    client.read(key)
    client.allocator.release(key, 2)
    assert client.allocator.calls == [
        (When.ALLOCATE, 0, 3, 16, None, None, 0),
        (When.SEGMENT, 0, 0, 16, None, None, 1),
        (When.RELEASE, 0, 2, 0, None, None, 1),
    ]


def test_the_honest_memorys_own_refusal_passes_and_is_logged() -> None:
    allocator = HostileAllocator(FixedAllocator(bytearray(8 * 40)))
    allocator.allocate(4)
    with pytest.raises(MemoryError, match="left"):
        allocator.allocate(1)
    assert allocator.calls[1] == (When.ALLOCATE, -1, 1, 0, None, "MemoryError", 0)
    assert len(allocator.grants) == 1


def test_without_a_log_faults_fire_all_the_same(lay: Lay) -> None:
    client = lay("refuse OSError segment 2 once", log=False)
    key = client.allocate(1)
    client.read(key)
    with pytest.raises(OSError, match="refused"):
        client.read(key)
    assert client.allocator.calls == []
    assert [record.call for record in client.allocator.fired] == [2]


def test_all_memory_goes_back_in_the_end() -> None:
    memory = HeapAllocator(segment_words=32, growth=False)
    allocator = HostileAllocator(memory, [parse_fault("move all any 2 always")])
    keys = [allocator.allocate(1) for _ in range(3)]
    for key in keys[:2]:
        allocator.segment(key)
        allocator.release(key, 0)
    allocator.allocate(1)
    assert memory.live_grants == 4
    allocator.finished()
    assert memory.live_grants == 0


def test_what_the_client_writes_is_in_the_honest_memory(memory: Allocator, lay: Lay) -> None:
    client = lay()
    key = client.allocate(1)
    for contents in (b"first", b"second"):
        client.write(key, 8, contents)
        # Memory that is not stable moves at each call, so there must have been another call.
        honest = bytes(memory.segment(0))
        assert honest[72 : 72 + len(contents)] == contents
        assert client.allocator.snapshot()[0] == honest[64:192]
        client.allocator.check_guards()
    assert client.allocator.evidence == []


def test_it_never_claims_to_be_stable() -> None:
    assert not hasattr(HostileAllocator(HeapAllocator()), "stable")


def test_guards_cannot_be_negative() -> None:
    with pytest.raises(ValueError, match="guard_words"):
        HostileAllocator(HeapAllocator(), guard_words=-1)


class Keeper(HostileAllocator):
    """An allocator with room for what its client leaves in a cycle with it."""

    kept: memoryview


@counts_views
def test_a_view_collected_with_its_allocator_is_nobodys_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ignored: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    allocator = Keeper(HeapAllocator(segment_words=4))
    allocator.kept = memoryview(allocator.segment(allocator.allocate(1)))
    del allocator
    gc.collect()
    assert ignored == []
