"""Each family of faults: where it fires, how the client sees it, and where it must not fire."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from ctypes import addressof, c_char
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from capnsafe_allocators import (
    FAMILIES,
    CustomRefusal,
    Fault,
    FaultError,
    HostileAllocator,
    When,
    parse_fault,
)
from capnsafe_allocators.fault import CALLS

from capnsafe.memory import FixedAllocator, HeapAllocator

Lay = Callable[..., Any]


def fired(client: Any) -> list[tuple[str, int]]:
    """What fired, and at which call."""
    return [
        (f"{record.fault.family} {record.fault.kind}", record.call)
        for record in client.allocator.fired
    ]


def address_of(allocator: HostileAllocator, key: Any) -> int:
    with memoryview(allocator.segment(key)) as view:
        return addressof(c_char.from_buffer(view))


def no_evidence(client: Any) -> None:
    client.allocator.check_guards()
    assert client.allocator.evidence == []


# ------------------------------------------------------------------------------------- refuse

EXCEPTIONS: dict[str, type[BaseException]] = {
    "MemoryError": MemoryError,
    "OSError": OSError,
    "ValueError": ValueError,
    "KeyError": KeyError,
    "IndexError": IndexError,
    "StopIteration": StopIteration,
    "custom": CustomRefusal,
    "KeyboardInterrupt": KeyboardInterrupt,
    "SystemExit": SystemExit,
}


def test_there_is_a_test_for_each_way_to_refuse() -> None:
    assert set(EXCEPTIONS) == set(FAMILIES["refuse"].kinds)


@pytest.mark.parametrize("kind", EXCEPTIONS)
def test_refuse_raises_at_allocate(lay: Lay, kind: str) -> None:
    client = lay(f"refuse {kind} allocate 2 once")
    client.allocate(1)
    with pytest.raises(EXCEPTIONS[kind]) as caught:
        client.allocate(3)
    assert type(caught.value) is EXCEPTIONS[kind]
    client.allocate(1)
    assert fired(client) == [(f"refuse {kind}", 1)]
    assert [grant.asked for grant in client.allocator.grants] == [1, 1]
    refused = client.allocator.calls[1]
    assert refused.error == EXCEPTIONS[kind].__name__
    assert (refused.segment, refused.asked, refused.words) == (-1, 3, 0)
    assert refused.fault == client.allocator.fired[0].fault


@pytest.mark.parametrize("kind", EXCEPTIONS)
def test_refuse_raises_at_segment(lay: Lay, kind: str) -> None:
    client = lay(f"refuse {kind} segment 2 always")
    key = client.allocate(1)
    client.read(key)
    for _ in range(2):
        with pytest.raises(EXCEPTIONS[kind]):
            client.allocator.segment(key)
    client.allocate(1)
    assert fired(client) == [(f"refuse {kind}", 2), (f"refuse {kind}", 3)]


def test_a_release_that_was_refused_counts(lay: Lay) -> None:
    client = lay("refuse OSError release 1 once")
    key = client.allocate(1)
    with pytest.raises(OSError, match="refused on purpose"):
        client.allocator.release(key, 0)
    grant = client.allocator.grants[0]
    assert (grant.released, grant.words_used) == (1, 0)
    assert client.allocator.live == []
    client.allocator.finished()
    no_evidence(client)


def test_refuse_does_not_fire_before_its_moment_or_at_other_calls(lay: Lay) -> None:
    client = lay("refuse MemoryError allocate 4 once", "refuse MemoryError release 2 always")
    keys = [client.allocate(1) for _ in range(3)]
    for key in keys:
        client.write(key, 0, b"written")
    client.allocator.release(keys[0], 1)
    client.allocator.operation_finished(9)
    client.allocator.check_guards()
    assert fired(client) == []


def test_refuse_after_an_operation_holds_for_the_calls_that_follow(lay: Lay) -> None:
    client = lay("refuse MemoryError after 1 always")
    key = client.allocate(1)
    client.allocator.operation_finished(0)
    client.read(key)
    client.allocator.operation_finished(1)
    with pytest.raises(MemoryError):
        client.read(key)
    with pytest.raises(MemoryError):
        client.allocate(1)


def test_an_exception_that_was_raised_is_not_kept_alive(lay: Lay) -> None:
    # Its traceback holds the client's frames, and so views that the client let go of.
    client = lay("refuse OSError allocate 1 once")

    class Local:
        pass

    def call() -> weakref.ref[Local]:
        local = Local()
        try:
            client.allocate(1)
        except OSError:
            return weakref.ref(local)
        raise AssertionError("not refused")

    gc.disable()
    try:
        assert call()() is None
    finally:
        gc.enable()


# -------------------------------------------------------------------------------------- short


@pytest.mark.parametrize(
    ("kind", "asked", "granted_bytes"),
    [
        ("zero", 5, 0),
        ("less", 5, 32),
        ("less amount=2", 5, 24),
        ("less amount=9", 5, 0),
        ("odd amount=3", 5, 43),
        ("odd amount=12", 5, 44),
        ("odd", 5, 47),
    ],
)
def test_short_grants_another_length(lay: Lay, kind: str, asked: int, granted_bytes: int) -> None:
    kind, _, amount = kind.partition(" ")
    client = lay(f"short {kind} allocate 2 once {amount}")
    keys = [client.allocate(asked) for _ in range(3)]
    assert [len(client.read(key)) for key in keys] == [128, granted_bytes, 128]
    assert [len(contents) for contents in client.allocator.snapshot()] == [128, granted_bytes, 128]
    assert fired(client) == [(f"short {kind}", 1)]
    assert client.allocator.calls[1].words == granted_bytes // 8
    no_evidence(client)


def test_what_a_short_grant_lacks_is_watched(lay: Lay) -> None:
    client = lay("short less allocate 1 once amount=2")
    client.allocate(5)
    place = client.allocator.grants[0].place
    place.write(place.start + 4 * 8, b"x")
    client.allocator.check_guards()
    (evidence,) = client.allocator.evidence
    assert (evidence.promise, evidence.symptom) == ("P3", "guard")
    assert "bytes 32 to 32 of segment 0" in evidence.detail


def test_the_odd_bytes_of_a_grant_are_nobodys(lay: Lay) -> None:
    client = lay("short odd allocate 1 once amount=3")
    key = client.allocate(2)
    client.write(key, 15, b"x")
    no_evidence(client)
    client.write(key, 16, b"x")
    client.allocator.check_guards()
    assert [evidence.symptom for evidence in client.allocator.evidence] == ["guard"]


def test_an_odd_grant_stays_odd_when_it_moves(lay: Lay) -> None:
    client = lay("short odd allocate 1 once amount=3", "move one after 0 once segment=0")
    key = client.allocate(2)
    client.allocator.operation_finished(0)
    assert len(client.read(key)) == 19
    no_evidence(client)
    client.write(key, 18, b"x")
    client.allocator.check_guards()
    assert [evidence.symptom for evidence in client.allocator.evidence] == ["guard"]


def test_short_does_not_fire_where_nothing_was_asked_or_nothing_granted() -> None:
    short = parse_fault("short less allocate 1 once amount=1")
    allocator = HostileAllocator(FixedAllocator(bytearray(40 * 8), segment_words=1), [short])
    allocator.allocate(0)
    with pytest.raises(MemoryError):
        allocator.allocate(50)
    assert allocator.fired == []
    allocator.allocate(2)
    assert [record.call for record in allocator.fired] == [2]
    assert allocator.grants[-1].words == 1


# --------------------------------------------------------------------------------------- move


@pytest.mark.parametrize("when", ["allocate 3", "segment 2", "release 1", "any 4", "after 0"])
def test_move_puts_one_segment_elsewhere_and_keeps_its_contents(lay: Lay, when: str) -> None:
    client = lay(f"move one {when} once segment=1")
    keys = [client.allocate(4) for _ in range(2)]
    client.write(keys[1], 8, b"contents")
    places = [grant.place for grant in client.allocator.grants]
    before = client.allocator.snapshot()
    match when.split()[0]:
        case "allocate":
            client.allocate(1)
        case "segment" | "any":
            client.read(keys[0])
        case "release":
            # The segment that is released is not among the live any more: 1 modulo 1 is the other.
            client.allocator.release(keys[0], 0)
            before = before[1:]
        case "after":
            client.allocator.operation_finished(0)
    assert fired(client) == [
        ("move one", -1 if when == "after 0" else len(client.allocator.calls) - 1)
    ]
    assert client.allocator.grants[0].place is places[0]
    assert client.allocator.grants[1].place is not places[1]
    assert set(places[1].read(0, places[1].watched)) == {0xDB}
    assert client.allocator.snapshot()[: len(before)] == before
    assert client.read(keys[1])[8:16] == b"contents"
    no_evidence(client)


def test_a_segment_that_moved_has_another_address() -> None:
    # Memory that never moves by itself; only addresses of memory that still lives can be compared.
    allocator = HostileAllocator(HeapAllocator(), [parse_fault("move one segment 2 once")])
    key = allocator.allocate(1)
    old = memoryview(allocator.segment(key))
    new = memoryview(allocator.segment(key))
    old[0] = 1
    assert new[0] == 0
    old.release()
    new.release()


def test_move_all(lay: Lay) -> None:
    client = lay("move all after 1 always")
    keys = [client.allocate(2) for _ in range(3)]
    for number, key in enumerate(keys):
        client.write(key, 0, bytes([number + 1]) * 16)
    before = client.allocator.snapshot()
    client.allocator.operation_finished(0)
    places = [grant.place for grant in client.allocator.grants]
    for operation in (1, 2):
        client.allocator.operation_finished(operation)
        moved = [grant.place for grant in client.allocator.grants]
        assert not set(moved) & set(places)
        places = moved
    assert fired(client) == [("move all", -1), ("move all", -1)]
    assert client.allocator.fired[0].change == "segments 0, 1, 2 moved"
    assert client.allocator.snapshot() == before
    no_evidence(client)


@pytest.mark.parametrize("kind", ["one", "all", "resize"])
def test_move_waits_for_something_to_move(kind: str) -> None:
    allocator = HostileAllocator(
        HeapAllocator(),
        [parse_fault("short zero allocate 1 once"), parse_fault(f"move {kind} any 1 once")],
    )
    empty = allocator.allocate(4)
    allocator.segment(empty)
    assert [record.fault.family for record in allocator.fired] == ["short"]
    allocator.release(empty, 0)
    full = allocator.allocate(4)
    assert [record.fault.family for record in allocator.fired] == ["short"]
    allocator.segment(full)
    assert [(record.fault.family, record.call) for record in allocator.fired[1:]] == [("move", 4)]


def test_segments_stop_moving_before_they_take_all_memory() -> None:
    fault = parse_fault("move all segment 1 always")
    allocator = HostileAllocator(HeapAllocator(), [fault])
    key = allocator.allocate(1 << 18)
    for _ in range(60):
        allocator.segment(key)
    assert 30 < len(allocator.fired) < 40
    allocator.check_guards()
    assert allocator.evidence == []


def test_move_after_does_not_fire_at_calls(lay: Lay) -> None:
    client = lay("move all after 2 once", "move all segment 9 once")
    key = client.allocate(1)
    place = client.allocator.grants[0].place
    client.allocator.operation_finished(0)
    client.allocator.operation_finished(1)
    client.read(key)
    assert client.allocator.grants[0].place is place
    assert fired(client) == []


def test_move_at_calls_does_not_fire_between_operations(lay: Lay) -> None:
    client = lay("move all segment 1 always")
    client.read(client.allocate(1))
    place = client.allocator.grants[0].place
    client.allocator.operation_finished(7)
    assert client.allocator.grants[0].place is place
    assert fired(client) == [("move all", 1)]


def test_resize_fires_over_a_bytearray_only() -> None:
    resize = parse_fault("move resize segment 1 always segment=0")
    heap = HeapAllocator(segment_words=24)
    over_heap = HostileAllocator(heap, [resize])
    key = over_heap.allocate(1)
    with memoryview(over_heap.segment(key)) as view:
        view[0] = 7
    with memoryview(over_heap.segment(key)) as view:
        assert (view[0], view.nbytes) == (7, 64)
    assert [record.change for record in over_heap.fired] == [
        "segment 0 was resized and put back"
    ] * 2
    assert len(heap.segment(0)) == 24 * 8
    assert over_heap.evidence == []

    over_fixed = HostileAllocator(FixedAllocator(bytearray(800)), [resize])
    over_fixed.segment(over_fixed.allocate(1))
    assert over_fixed.fired == []


@pytest.mark.parametrize("words", [17, 40, 200, 3000, 40_000])
def test_resize_moves_always(words: int) -> None:
    allocator = HostileAllocator(
        HeapAllocator(segment_words=words, growth=False),
        [parse_fault("move resize segment 2 always segment=0")],
    )
    key = allocator.allocate(1)
    places = [address_of(allocator, key) for _ in range(30)]
    assert all(here != there for here, there in pairwise(places))


@pytest.mark.parametrize("words", [40, 200, 3000, 40_000])
def test_what_shares_its_memory_stays_where_it_is_while_it_is_resized(words: int) -> None:
    allocator = HostileAllocator(
        HeapAllocator(segment_words=words, growth=False),
        [
            parse_fault("alias same allocate 2 once segment=0"),
            parse_fault("move resize any 4 always segment=0"),
        ],
    )
    first = allocator.allocate(1)
    before = address_of(allocator, first)
    second = allocator.allocate(1)
    places = [address_of(allocator, key) for key in [first, second] * 30]
    assert len(set(places)) == 1
    assert before not in places
    assert len(allocator.fired) > 50


# ------------------------------------------------------------------------------------- shrink


@pytest.mark.parametrize(
    ("kind", "amount", "words"),
    [
        ("below-granted", 0, 15),
        ("below-granted", 4, 12),
        ("below-granted", 99, 6),
        ("below-used", 0, 5),
        ("below-used", 2, 4),
        ("below-used", 99, 0),
        ("nothing", None, 0),
    ],
)
def test_shrink_cuts(lay: Lay, kind: str, amount: int | None, words: int) -> None:
    option = "" if amount is None else f"amount={amount}"
    client = lay(f"shrink {kind} after 0 once segment=1 {option}", used=(16, 6))
    keys = [client.allocate(1) for _ in range(2)]
    for key in keys:
        client.write(key, 0, b"\x11" * 128)
    client.allocator.operation_finished(0)
    assert [client.words(key) for key in keys] == [16, words]
    assert client.allocator.snapshot() == [b"\x11" * 128, b"\x11" * 8 * words]
    assert client.allocator.calls[-1].words == words
    assert fired(client) == [(f"shrink {kind}", -1)]
    client.allocator.operation_finished(1)
    assert client.words(keys[1]) == words
    no_evidence(client)
    # Words after the cut do not belong to the client any more.
    place = client.allocator.grants[1].place
    place.write(place.start + 8 * words, b"\x11")
    client.allocator.check_guards()
    assert [evidence.symptom for evidence in client.allocator.evidence] == ["guard"]


@pytest.mark.parametrize("kind", ["below-granted", "below-used", "nothing"])
def test_shrink_grows_back_once_it_was_seen(lay: Lay, kind: str) -> None:
    client = lay(f"shrink {kind}-regrow after 0 once segment=1", used=(4, 4))
    keys = [client.allocate(1) for _ in range(2)]
    client.write(keys[1], 0, b"\x11" * 128)
    client.allocator.operation_finished(0)
    left = {"below-granted": 15, "below-used": 3, "nothing": 0}[kind]
    # Neither other calls nor other segments bring it back before the client could see the loss.
    client.allocate(1)
    client.read(keys[0])
    assert len(client.allocator.snapshot()[1]) == 8 * left
    assert client.words(keys[1]) == left
    assert client.words(keys[0]) == 16
    expected = b"\x11" * 8 * left + bytes(8 * (16 - left))
    assert client.allocator.snapshot()[1] == expected
    assert client.read(keys[1]) == expected
    assert fired(client) == [(f"shrink {kind}-regrow", -1), (f"shrink {kind}-regrow", 6)]
    assert client.allocator.fired[1].change == "segment 1 grew back to 16 words"
    no_evidence(client)


def test_what_was_cut_twice_grows_back_once(lay: Lay) -> None:
    client = lay(
        "shrink below-granted-regrow after 0 once segment=0 amount=1",
        "shrink nothing-regrow after 0 once segment=0",
        "shrink below-granted after 1 once segment=0 amount=2",
        used=(4,),
    )
    key = client.allocate(1)
    client.allocator.operation_finished(0)
    assert [client.words(key) for _ in range(2)] == [0, 16]
    client.allocator.operation_finished(1)
    assert [client.words(key) for _ in range(3)] == [14, 14, 14]


def test_what_was_cut_again_grows_back_only_when_that_was_seen(lay: Lay) -> None:
    client = lay(
        "shrink below-granted-regrow after 0 once segment=0 amount=1",
        "shrink below-used after 1 once segment=0 amount=1",
        used=(4,),
    )
    key = client.allocate(1)
    client.allocator.operation_finished(0)
    assert client.words(key) == 15
    client.allocator.operation_finished(1)
    assert [client.words(key) for _ in range(2)] == [3, 16]


def test_shrink_always_cuts_what_grew_back(lay: Lay) -> None:
    client = lay("shrink nothing-regrow segment 1 always")
    key = client.allocate(1)
    assert [client.words(key) for _ in range(3)] == [0, 0, 0]
    client.allocate(1)
    assert len(client.allocator.snapshot()[0]) == 128


@pytest.mark.parametrize(
    ("kind", "used"),
    [
        ("below-granted amount=1", (16,)),
        ("below-granted amount=1", None),
        ("below-used amount=1", (0,)),
        ("below-used amount=1", ()),
    ],
)
def test_shrink_does_not_fire_where_there_is_nothing_to_cut(
    lay: Lay, kind: str, used: tuple[int, ...] | None
) -> None:
    kind, _, amount = kind.partition(" ")
    client = lay(f"shrink {kind} any 1 always segment=0 {amount}", used=used)
    key = client.allocate(1)
    assert client.words(key) == 16
    client.allocator.operation_finished(0)
    assert fired(client) == []


def test_shrink_fires_once_below_a_mark_even_if_laid_always(lay: Lay) -> None:
    client = lay("shrink below-used any 1 always segment=0 amount=1", used=(8,))
    key = client.allocate(1)
    assert [client.words(key) for _ in range(3)] == [7, 7, 7]
    assert len(fired(client)) == 1


def test_a_client_that_cannot_say_what_it_used_is_believed_what_it_said_before(lay: Lay) -> None:
    client = lay("shrink below-used after 0 always segment=0 amount=1")
    answers: list[tuple[int, ...]] = [(8,)]
    client.allocator.used = lambda: answers.pop()
    key = client.allocate(1)
    client.allocator.operation_finished(0)
    client.allocator.operation_finished(1)
    assert client.words(key) == 7
    assert len(fired(client)) == 1


# -------------------------------------------------------------------------------------- dirty


def test_dirty_grants_are_full_of_filler(lay: Lay) -> None:
    client = lay("dirty filler allocate 2 once")
    keys = [client.allocate(1) for _ in range(3)]
    assert client.allocator.snapshot() == [bytes(128), b"\xa5" * 128, bytes(128)]
    assert client.read(keys[1]) == b"\xa5" * 128
    assert fired(client) == [("dirty filler", 1)]
    no_evidence(client)


def test_dirty_pointers_look_like_every_kind_of_pointer(lay: Lay) -> None:
    client = lay("dirty pointers any 1 always")
    key = client.allocate(1)
    contents = client.read(key)
    words = [int.from_bytes(contents[at : at + 8], "little") for at in range(0, 128, 8)]
    assert {word & 3 for word in words} == {0, 1, 2}
    assert {word >> 2 & 1 for word in words if word & 3 == 2} == {0, 1}
    assert 0 not in words
    assert fired(client) == [("dirty pointers", 0)]
    no_evidence(client)


def test_dirty_does_not_fire_without_a_word_to_fill(lay: Lay) -> None:
    client = lay("short zero allocate 1 once", "dirty filler allocate 1 once")
    client.allocate(1)
    assert fired(client) == [("short zero", 0)]
    client.allocate(1)
    assert fired(client) == [("short zero", 0), ("dirty filler", 1)]


# ------------------------------------------------------------------------------------ moments


@pytest.mark.parametrize("number", [3, 4, 5, 6, 7])
def test_any_counts_calls_of_all_kinds(lay: Lay, number: int) -> None:
    client = lay(f"refuse custom any {number} once")
    keys = [client.allocate(1) for _ in range(2)]
    calls: list[Callable[[], object]] = [
        lambda: client.read(keys[0]),
        lambda: client.allocate(1),
        lambda: client.allocator.release(keys[1], 0),
        lambda: client.read(keys[0]),
        lambda: client.allocator.release(keys[0], 0),
    ]
    for position, call in enumerate(calls, start=3):
        if position == number:
            with pytest.raises(CustomRefusal):
                call()
        else:
            call()
    assert fired(client) == [("refuse custom", number - 1)]


def test_faults_of_one_moment_act_in_the_order_of_the_script(lay: Lay) -> None:
    first = lay("move one segment 1 once", "refuse OSError segment 1 once")
    key = first.allocate(1)
    with pytest.raises(OSError, match="segment"):
        first.read(key)
    assert fired(first) == [("move one", 1), ("refuse OSError", 1)]
    assert first.allocator.calls[1].error == "OSError"


def test_what_stands_behind_a_refusal_stays_due(lay: Lay) -> None:
    client = lay("refuse OSError segment 1 once", "move one segment 1 once")
    key = client.allocate(1)
    with pytest.raises(OSError, match="segment"):
        client.read(key)
    client.read(key)
    assert fired(client) == [("refuse OSError", 1), ("move one", 2)]


def test_a_fault_that_means_nothing_is_refused(lay: Lay) -> None:
    with pytest.raises(FaultError, match="explode"):
        HostileAllocator(HeapAllocator(), [Fault("explode", "now", When.ANY, 1)])


# -------------------------------------------------------------------------------------- alias


@pytest.mark.parametrize(("segments", "stays"), [(16, False), (17, True)])
@pytest.mark.parametrize(("kind", "apart"), [("same", 0), ("overlap", 8)])
def test_of_many_segments_none_moves_where_another_is_laid_over_it(
    kind: str, apart: int, segments: int, stays: bool
) -> None:
    amount = "amount=1" if apart else ""
    faults = [
        parse_fault(f"alias {kind} allocate {segments} once segment=2 {amount}".rstrip()),
        parse_fault(f"move resize after 0 once segment={segments - 1}"),
    ]
    allocator = HostileAllocator(HeapAllocator(segment_words=64, growth=False), faults)
    keys = [allocator.allocate(1) for _ in range(segments - 1)]
    before = address_of(allocator, keys[2])
    shared = allocator.allocate(1)
    there = address_of(allocator, keys[2])
    # A client with few segments looks up the other one again; one with many need not.
    assert (there == before) is stays
    assert address_of(allocator, shared) - there == apart
    allocator.operation_finished(0)
    assert [record.fault.family for record in allocator.fired] == ["alias", "move"]
    # Where there is no room to stay in, it moves, always; and both do.
    assert (address_of(allocator, keys[2]) != there) is stays
    assert address_of(allocator, shared) - address_of(allocator, keys[2]) == apart
    allocator.finished()


# ------------------------------------------------------------------------------------- sweeps


def test_amounts_to_sweep_are_declared_for_kinds_that_take_one() -> None:
    for family in FAMILIES.values():
        for name, kind in family.kinds.items():
            needs = kind.takes_amount and not kind.effects.aims
            assert bool(kind.swept_amounts) == needs, (family.name, name)
            with pytest.raises(ValueError, match="swept_amounts"):
                replace(kind, swept_amounts=() if needs else (1,))


def test_a_family_acts_at_the_calls_of_its_hooks() -> None:
    calls = {name: {c.value for c in CALLS if f.acts_at(c)} for name, f in FAMILIES.items()}
    every = {"allocate", "segment", "release", "grow"}
    assert calls["refuse"] == calls["collect"] == every
    assert calls["dirty"] == calls["short"] == {"allocate", "grow"}
    assert calls["garble"] == {"allocate", "segment"}
    assert calls["finalize"] == {"segment"}
