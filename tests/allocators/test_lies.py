"""Families of faults that lie: the results for clients, memory afterwards, and when none fires."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from capnsafe_allocators import CustomRefusal, HostileAllocator, parse_fault
from capnsafe_allocators.exporter import COUNTS_VIEWS
from capnsafe_allocators.grant import TouchedKey
from capnsafe_allocators.hostile import Runaway

from capnsafe.memory import HeapAllocator

Lay = Callable[..., Any]


def kinds(client: Any) -> list[str]:
    return [f"{record.fault.family} {record.fault.kind}" for record in client.allocator.fired]


def no_evidence(client: Any) -> None:
    client.allocator.check_guards()
    assert client.allocator.evidence == []


# ------------------------------------------------------------------------------------- garble


@pytest.mark.parametrize("kind", ["none", "number", "released", "raises"])
def test_garble_answers_what_has_no_buffer(lay: Lay, kind: str) -> None:
    client = lay(f"garble {kind} segment 2 once")
    key = client.allocate(2)
    assert len(client.read(key)) == 128
    with pytest.raises((TypeError, ValueError, CustomRefusal)):
        memoryview(client.allocator.segment(key))
    assert len(client.read(key)) == 128
    assert kinds(client) == [f"garble {kind}"]
    no_evidence(client)


def test_garble_answers_buffers_of_other_forms(lay: Lay) -> None:
    client = lay(
        "garble read-only segment 1 once",
        "garble strided segment 2 once",
        "garble words segment 3 once",
        "garble odd-length segment 4 once",
        "garble objects segment 5 once",
    )
    key = client.allocate(2)
    with memoryview(client.allocator.segment(key)) as view:
        assert view.readonly
    with memoryview(client.allocator.segment(key)) as view:
        assert (view.nbytes, view.c_contiguous) == (64, False)
    with memoryview(client.allocator.segment(key)) as view:
        assert (view.format, len(view)) == ("Q", 16)
        view[3] = 7
    with memoryview(client.allocator.segment(key)) as view:
        assert view.nbytes == 133
    with memoryview(client.allocator.segment(key)) as view:
        assert "O" in view.format
    assert client.read(key)[24] == 7
    no_evidence(client)


def test_a_write_to_the_odd_bytes_is_seen(lay: Lay) -> None:
    client = lay("garble odd-length segment 1 once")
    client.write(client.allocate(2), 130, b"x")
    client.allocator.check_guards()
    assert [evidence.symptom for evidence in client.allocator.evidence] == ["guard"]


def test_a_thorny_key_is_good_for_giving_back_only(lay: Lay) -> None:
    client = lay("garble thorny-key allocate 1 once")
    key = client.allocate(1)
    for touch in (repr, str, bool, hash, lambda it: it == it, lambda it: it is None or it < it):
        with pytest.raises(TouchedKey):
            touch(key)
    assert len(client.read(key)) == 128
    client.allocator.release(key, 0)
    no_evidence(client)


def test_one_key_at_a_time_is_none(lay: Lay) -> None:
    client = lay("garble no-key allocate 1 always")
    keys = [client.allocate(1) for _ in range(2)]
    assert [key is None for key in keys] == [True, False]
    client.write(None, 0, b"first")
    assert client.read(None)[:5] == b"first"
    client.allocator.release(None, 1)
    assert client.allocate(1) is None
    assert client.read(None)[:5] == bytes(5)
    no_evidence(client)


# -------------------------------------------------------------------------------------- short


@pytest.mark.skipif(not COUNTS_VIEWS, reason="an object cannot have a buffer and a len of its own")
def test_a_claim_is_in_the_len_only(lay: Lay) -> None:
    client = lay("short claim allocate 1 once amount=9")
    answer = client.allocator.segment(client.allocate(1))
    assert len(answer) == 16 + 9
    with memoryview(answer) as view:
        assert view.nbytes == 128
    assert kinds(client) == ["short claim"]


def test_an_excess_is_granted_for_real(lay: Lay) -> None:
    client = lay("short excess allocate 1 once amount=30")
    assert client.words(client.allocate(2)) == 32
    no_evidence(client)


# ------------------------------------------------------------------------------------- vanish


def test_a_segment_is_gone_for_good_or_until_that_was_seen(lay: Lay) -> None:
    client = lay("vanish gone after 0 once segment=0", "vanish gone-back after 0 once segment=1")
    keys = [client.allocate(1) for _ in range(2)]
    client.allocator.operation_finished(0)
    for key in (*keys, keys[0]):
        with pytest.raises(KeyError):
            client.allocator.segment(key)
    assert len(client.read(keys[1])) == 128
    assert [call.error for call in client.allocator.calls][2:] == ["KeyError"] * 3 + [None]


def test_two_segments_change_places(lay: Lay) -> None:
    client = lay("vanish swap after 0 once segment=0")
    keys = [client.allocate(words) for words in (1, 30)]
    for key in keys:
        client.write(key, 0, b"01"[keys.index(key) : keys.index(key) + 1] * 8)
    client.allocator.operation_finished(0)
    assert [client.words(key) for key in keys] == [30, 16]
    assert [client.read(key)[:1] for key in keys] == [b"1", b"0"]
    for key in keys:
        client.allocator.release(key, 16)
    no_evidence(client)


def test_what_was_said_operations_ago_comes_back(lay: Lay) -> None:
    client = lay("vanish old after 2 once segment=0 amount=2")
    key = client.allocate(1)
    for operation in range(3):
        client.write(key, 0, bytes([operation + 1]) * 8)
        client.allocator.operation_finished(operation)
    assert client.read(key)[0] == 1
    assert kinds(client) == ["vanish old"]


def test_what_has_no_length_does_not_show_that_a_segment_was_cut(lay: Lay) -> None:
    """So it does not grow back before somebody saw it."""
    client = lay(
        "shrink nothing-regrow segment 2 once segment=0",
        "garble none segment 2 once",
        "garble words segment 4 once",
    )
    key = client.allocate(2)
    assert client.words(key) == 16
    assert client.allocator.segment(key) is None
    assert client.words(key) == 0
    assert [call.words for call in client.allocator.calls] == [16, 16, -1, 0]
    assert client.words(key) == 16
    assert [call.words for call in client.allocator.calls[4:]] == [16]


# -------------------------------------------------------------------------------------- alias


@pytest.mark.parametrize(("kind", "first"), [("same", 0), ("overlap amount=3", 24)])
def test_a_grant_lies_in_another_one(lay: Lay, kind: str, first: int) -> None:
    name, _, amount = kind.partition(" ")
    client = lay(f"alias {name} allocate 2 once segment=0 {amount}", used=(16, 0))
    keys = [client.allocate(1) for _ in range(2)]
    client.write(keys[1], 0, b"shared")
    assert client.read(keys[0])[first : first + 6] == b"shared"
    no_evidence(client)
    client.allocator.release(keys[1], 0)
    assert client.read(keys[0])[first : first + 6] == b"shared"
    no_evidence(client)


def test_words_handed_out_of_a_shared_grant_are_evidence(lay: Lay) -> None:
    client = lay("alias same allocate 2 once segment=0", used=(16, 3))
    for _ in range(2):
        client.allocate(1)
    client.allocator.check_guards()
    assert [evidence.symptom for evidence in client.allocator.evidence] == ["shared"]


def test_a_grant_that_is_made_twice_is_released_twice(lay: Lay) -> None:
    client = lay("alias again allocate 2 once segment=0")
    key = client.allocate(1)
    assert client.allocate(1) is key
    client.allocator.release(key, 0)
    assert len(client.read(key)) == 128
    client.allocator.release(key, 0)
    client.allocator.finished()
    no_evidence(client)
    client.allocator.release(key, 0)
    assert [evidence.symptom for evidence in client.allocator.evidence] == ["double-release"]


def test_a_grant_is_dirty_before_another_is_granted_again(lay: Lay) -> None:
    client = lay("dirty filler allocate 2 once", "alias again allocate 2 once segment=0")
    key = client.allocate(1)
    assert client.allocate(1) is key
    assert kinds(client) == ["dirty filler", "alias again"]
    client.allocator.release(key, 0)
    client.allocator.release(key, 0)
    client.allocator.finished()
    no_evidence(client)


def test_a_segment_that_was_cut_leaves_words_to_who_lies_in_it(lay: Lay) -> None:
    """And to nobody else: the guard begins after them, as before."""
    client = lay(
        "alias later after 0 once segment=0",
        "shrink nothing after 1 once segment=0",
        "shrink nothing after 2 once segment=1",
    )
    keys = [client.allocate(1) for _ in range(2)]
    for index in range(3):
        client.allocator.operation_finished(index)
        if index == 1:
            client.write(keys[1], 120, b"the last")
        no_evidence(client)
    place = client.allocator.live[0].place
    place.write(place.start + 128, b"outside!")
    client.allocator.check_guards()
    assert [evidence.symptom for evidence in client.allocator.evidence] == ["guard"]


def test_a_segment_that_moves_away_shares_nothing_any_more(lay: Lay) -> None:
    client = lay("alias later after 0 once segment=0", "move one after 1 once segment=0")
    keys = [client.allocate(1) for _ in range(2)]
    client.allocator.operation_finished(0)
    client.write(keys[0], 0, b"both")
    assert client.read(keys[1])[:4] == b"both"
    client.allocator.operation_finished(1)
    client.write(keys[0], 0, b"one!")
    assert client.read(keys[1])[:4] == b"both"
    no_evidence(client)


# ----------------------------------------------------------------------------------- scribble


def test_scribble_changes_one_word_in_use(lay: Lay) -> None:
    client = lay("scribble data after 0 once segment=1 amount=7", used=(1, 5))
    keys = [client.allocate(1) for _ in range(2)]
    client.allocator.operation_finished(0)
    # Word 7 modulo the 5 in use.
    assert client.read(keys[1]) == bytes(16) + b"\xa5" * 8 + bytes(104)
    assert not any(client.read(keys[0]))
    no_evidence(client)


def test_circles_lead_to_themselves(lay: Lay) -> None:
    client = lay("scribble circles after 0 once segment=0", used=(3,))
    key = client.allocate(1)
    client.allocator.operation_finished(0)
    # A struct pointer with the offset -1, no data and one pointer.
    circle = (0xFFFF_FFFC | 1 << 48).to_bytes(8, "little")
    assert client.read(key)[:32] == circle * 3 + bytes(8)


def test_scribble_finds_nothing_where_nothing_is_in_use(lay: Lay) -> None:
    client = lay("scribble data any 1 always segment=0 amount=0", used=(0,))
    client.read(client.allocate(1))
    client.allocator.operation_finished(0)
    assert kinds(client) == []


# ----------------------------------------------------------------------------------- re-enter


def test_the_client_is_called_once_from_inside_its_call(lay: Lay) -> None:
    client = lay("re-enter read segment 1 always")
    key = client.allocate(1)
    asked: list[str] = []

    def reenter(kind: str) -> str:
        asked.append(kind)
        client.read(key)
        return "" if len(asked) == 1 else "it went wrong"

    client.allocator.reenter = reenter
    client.read(key)
    no_evidence(client)
    client.read(key)
    assert asked == ["read", "read"]
    (evidence,) = client.allocator.evidence
    assert (evidence.promise, evidence.symptom) == ("P10", "not-busy")
    assert evidence.detail == "read from inside segment: it went wrong"


def test_nobody_is_called_who_cannot_be(lay: Lay) -> None:
    client = lay("re-enter close any 1 always")
    client.read(client.allocate(1))
    assert kinds(client) == []


# ----------------------------------------------------------------------------------- finalize


@pytest.mark.skipif(not COUNTS_VIEWS, reason="a class can export a buffer from Python 3.12 on")
def test_the_client_is_called_when_its_last_view_is_back(lay: Lay) -> None:
    client = lay("finalize write segment 2 once")
    key = client.allocate(1)
    asked: list[str] = []

    def reenter(kind: str) -> str:
        asked.append(kind)
        return "it went wrong"

    client.allocator.reenter = reenter
    client.read(key)
    assert asked == []
    view = memoryview(client.allocator.segment(key))
    part = view[:8]
    view.release()
    assert asked == []
    part.release()
    assert asked == ["write"]
    assert client.allocator.views == 0
    (evidence,) = client.allocator.evidence
    assert evidence.detail == "write from inside a finalizer: it went wrong"
    client.read(key)
    assert asked == ["write"]


def test_no_finalizer_calls_where_nobody_can_be_called(lay: Lay) -> None:
    client = lay("finalize write segment 1 always")
    client.read(client.allocate(1))
    assert kinds(client) == []


# ------------------------------------------------------------------------- release, and guests


def test_release_raises_and_has_released(lay: Lay) -> None:
    client = lay("release custom release 1 once")
    key = client.allocate(1)
    with pytest.raises(CustomRefusal):
        client.allocator.release(key, 0)
    client.allocator.finished()
    no_evidence(client)


def test_a_guest_is_told_to_misbehave_where_there_is_one() -> None:
    class Guest(HeapAllocator):
        told: ClassVar[list[str]] = []

        def misbehave(self, kind: str) -> bool:
            self.told.append(kind)
            return kind == "trap"

    lines = ["guest trap allocate 2 once", "guest fuel allocate 1 always"]
    hostile = HostileAllocator(Guest(), [parse_fault(line) for line in lines])
    hostile.allocate(1)
    hostile.allocate(1)
    assert Guest.told == ["fuel", "trap", "fuel"]
    assert [record.fault.kind for record in hostile.fired] == ["trap"]
    without = HostileAllocator(HeapAllocator(), [parse_fault("guest trap allocate 1 always")])
    without.allocate(1)
    assert without.fired == []


# ----------------------------------------------------------------------------- calls for ever


def test_a_client_that_calls_for_ever_is_stopped(lay: Lay) -> None:
    client = lay()
    key = client.allocate(1)
    client.allocator.last_call = 3
    client.read(key)
    client.read(key)
    with pytest.raises(Runaway):
        client.read(key)
    with pytest.raises(Runaway):
        client.allocate(1)
