"""The hostile allocator where memory grows in place: its books, its guards, faults at growth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ctypes import addressof, c_char
from typing import Any

import pytest
from capnsafe_allocators import FAMILIES, HostileAllocator, When, parse_fault
from capnsafe_allocators.exporter import COUNTS_VIEWS
from capnsafe_allocators.families.exceptions import EXCEPTIONS
from capnsafe_allocators.hostile import Runaway
from capnsafe_allocators.place import GUARD_WORD
from capnsafe_fuzz.memories.stable import RoomyHeap

from capnsafe.memory import FixedAllocator, HeapAllocator, PoolAllocator
from capnsafe.memory.malloc import MallocAllocator
from capnsafe.memory.mapped_file import MappedFileAllocator
from tests.allocators.conftest import Client

#: Each grants segments of 16 words to clients that ask less, with guards of 8 words, and grows.
GROWING: dict[str, Callable[[], Any]] = {
    "heap": lambda: HeapAllocator(segment_words=32, growth=False, in_place=True),
    "pool": lambda: PoolAllocator(4096, segment_words=32, in_place=True),
    "malloc": lambda: MallocAllocator(segment_words=32, in_place=True),
    "mapped file": lambda: MappedFileAllocator(segment_words=32),
}


@pytest.fixture(params=GROWING)
def memory(request: pytest.FixtureRequest) -> Iterator[Any]:
    made = GROWING[request.param]()
    yield made
    if request.param in ("malloc", "mapped file"):
        made.close()


def over(memory: Any, *lines: str, **options: Any) -> Client:
    faults = [parse_fault(line) for line in lines]
    return Client(HostileAllocator(memory, faults, grows=True, **options))


def heap(*lines: str, **options: Any) -> Client:
    return over(GROWING["heap"](), *lines, **options)


def stable(*lines: str) -> Client:
    memory = HeapAllocator(segment_words=16, growth=False, in_place=True)
    return over(memory, *lines, stable=True)


def grow(client: Client, key: Any, words: int) -> None:
    grow: Any = client.allocator.grow
    grow(key, words)


def told(client: Client) -> list[tuple[str, str]]:
    client.allocator.check_guards()
    return [(evidence.promise, evidence.symptom) for evidence in client.allocator.evidence]


def fired(client: Client) -> list[tuple[str, When | None]]:
    return [(record.fault.kind, record.during) for record in client.allocator.fired]


# -------------------------------------------------------------------------- what is offered


def test_it_is_offered_where_it_is_asked_for_and_the_memory_can() -> None:
    assert not hasattr(HostileAllocator(HeapAllocator()), "grow")
    assert callable(getattr(HostileAllocator(HeapAllocator(), grows=True), "grow", None))
    fixed = FixedAllocator(bytearray(800))
    with pytest.raises(ValueError, match="grow"):
        HostileAllocator(fixed, grows=True)


# -------------------------------------------------------------------------------- the books


def test_a_segment_grows_and_keeps_what_it_held(memory: Any) -> None:
    client = over(memory)
    first, last = client.allocate(2), client.allocate(2)
    client.write(first, 0, b"first")
    client.write(last, 0, b"last")
    for words in (17, 40, 41, 300):
        grow(client, last, words)
        held = client.words(last)
        assert held >= words
        assert client.read(last)[:4] == b"last"
        assert client.read(last)[4:128] == bytes(124)
        assert client.allocator.grants[1].words == held
    assert client.words(first) == 16
    assert client.read(first)[:5] == b"first"
    client.allocator.release(last, 1)
    client.allocator.release(first, 1)
    client.allocator.finished()
    assert told(client) == []
    assert memory.live_grants == 0


@pytest.mark.parametrize("words", [16, 17, 40])
def test_guards_lie_around_a_segment_that_has_grown(memory: Any, words: int) -> None:
    client = over(memory)
    key = client.allocate(1)
    grow(client, key, words)
    place = client.allocator.grants[0].place
    end = place.start + client.words(key) * 8
    assert place.read(0, place.start) == GUARD_WORD * 8
    assert place.read(end, place.watched) == GUARD_WORD * 8
    assert told(client) == []
    for at in (place.start - 1, end, place.watched - 1):
        place.write(at, b"x")
        assert told(client)[-1:] == [("P3", "guard")]
    assert len(told(client)) == 3


def test_words_that_were_added_count_as_used(memory: Any) -> None:
    for words_used, evidence in ((20, []), (19, [("P8", "words-used")])):
        client = over(memory)
        key = client.allocate(1)
        grow(client, key, 40)
        client.write(key, 19 * 8, b"written")
        client.allocator.release(key, words_used)
        assert told(client) == evidence


def test_a_call_is_written_down(memory: Any) -> None:
    client = over(memory)
    key = client.allocate(1)
    grow(client, key, 20)
    grow(client, key, 3)
    words = client.words(key)
    asked = [call[:4] for call in client.allocator.calls if call.kind is When.GROW]
    assert asked == [(When.GROW, 0, 20, words), (When.GROW, 0, 3, words)]
    assert client.allocator.counts[When.GROW] == 2
    assert told(client) == []


def test_what_a_pool_refuses_is_not_there() -> None:
    client = over(PoolAllocator(64, segment_words=32, in_place=True))
    key = client.allocate(1)
    grow(client, key, 100)
    assert client.words(key) == 16
    client.allocate(1)
    grow(client, key, 17)
    assert client.words(key) == 16
    assert told(client) == []


def test_memory_that_stays_is_the_same_object_and_longer() -> None:
    client = stable()
    key = client.allocate(1)
    buffer = client.allocator.segment(key)
    buffer[:4] = b"kept"
    grow(client, key, 20)
    assert client.allocator.segment(key) is buffer
    assert len(buffer) >= 160
    assert buffer[:4] == b"kept"
    client.allocator.release(key, 1)
    client.allocator.finished()
    assert told(client) == []


@pytest.mark.parametrize("words", [1, 2, 16, 36, 4096])
def test_memory_that_stays_is_somewhere_else_when_it_has_grown(words: int) -> None:
    """Each time, whatever the C library does: an encoder that relies on the old place is seen."""
    memory = RoomyHeap(segment_words=words)
    allocator = HostileAllocator(memory, stable=True, grows=True)
    for _ in range(20):
        key = allocator.allocate(words)
        buffer = allocator.segment(key)
        buffer[:] = held = bytes(range(8)) * words
        before = addressof(c_char.from_buffer(buffer))
        grow(Client(allocator), key, words + 1)
        after = addressof(c_char.from_buffer(buffer))
        assert after != before
        assert buffer == held + bytes(words * 8)
        # Views are looked for by resizing, which moves nothing any more.
        allocator.operation_finished(0)
        assert addressof(c_char.from_buffer(buffer)) == after
    assert allocator.evidence == []


def test_a_client_that_grows_the_bytearray_itself_is_seen() -> None:
    client = stable()
    key = client.allocate(1)
    grow(client, key, 20)
    client.allocator.segment(key).append(0)
    assert told(client) == [("P3", "resized")]


def test_a_view_that_is_held_is_seen_and_the_heap_does_not_grow() -> None:
    client = heap()
    key = client.allocate(1)
    view = memoryview(client.allocator.segment(key))
    with pytest.raises(BufferError):
        grow(client, key, 20)
    assert told(client) == [("P4", "held-view")]
    assert client.allocator.calls[-1].error == "BufferError"
    view.release()
    grow(client, key, 20)
    assert client.words(key) >= 20


def test_an_answer_is_stale_once_the_segment_has_grown(memory: Any) -> None:
    if not COUNTS_VIEWS:
        pytest.skip("views cannot be counted")
    client = over(memory)
    key = client.allocate(1)
    answer = client.allocator.segment(key)
    with memoryview(answer):
        pass
    grow(client, key, 5)
    with memoryview(answer):
        pass
    assert told(client) == [("P4", "stale-buffer")]


def test_what_is_not_granted_cannot_grow(memory: Any) -> None:
    client = over(memory)
    key = client.allocate(1)
    client.allocator.release(key, 0)
    for unknown in (key, "no key"):
        with pytest.raises(KeyError):
            grow(client, unknown, 20)
    assert told(client) == [("P8", "unknown-growth")] * 2


def test_a_client_that_grows_for_ever_is_stopped(memory: Any) -> None:
    client = over(memory)
    key = client.allocate(1)
    client.allocator.last_call = 2
    grow(client, key, 20)
    with pytest.raises(Runaway):
        grow(client, key, 21)


# ------------------------------------------------------------------------------- the faults


@pytest.mark.parametrize("kind", EXCEPTIONS)
def test_growing_is_refused(memory: Any, kind: str) -> None:
    client = over(memory, f"refuse {kind} grow 2 once")
    key = client.allocate(1)
    grow(client, key, 20)
    before = client.words(key)
    with pytest.raises(EXCEPTIONS[kind]):
        grow(client, key, 200)
    assert client.words(key) == before
    assert client.allocator.calls[3].error == kind.replace("custom", "CustomRefusal")
    grow(client, key, 200)
    assert client.words(key) >= 200
    assert fired(client) == [(kind, When.GROW)]
    assert told(client) == []


@pytest.mark.parametrize("make", [heap, stable])
@pytest.mark.parametrize(
    ("fault", "octets"),
    [
        ("zero", 16 * 8),
        ("less {} amount=3", 17 * 8),
        ("less {} amount=9", 16 * 8),
        ("odd {} amount=3", 20 * 8 + 3),
        ("excess {} amount=7", 27 * 8),
    ],
)
def test_it_grows_to_another_length(make: Callable[..., Client], fault: str, octets: int) -> None:
    kind, *rest = fault.split()
    client = make(f"short {kind} grow 1 once {' '.join(rest).replace('{} ', '')}".strip())
    key = client.allocate(1)
    client.write(key, 0, b"kept")
    grow(client, key, 20)
    assert len(client.read(key)) == octets
    assert client.read(key)[:4] == b"kept"
    assert fired(client) == [(kind, When.GROW)]
    assert told(client) == []
    grow(client, key, 50)
    assert client.words(key) >= 50
    assert client.read(key)[4:] == bytes(len(client.read(key)) - 4)
    client.allocator.release(key, 1)
    assert told(client) == []


def test_a_fault_at_a_grant_does_not_act_on_growth_nor_the_other_way() -> None:
    client = heap("dirty filler grow 1 once", "dirty pointers allocate 2 once")
    key = client.allocate(1)
    assert client.read(key) == bytes(16 * 8)
    grow(client, key, 20)
    assert client.read(key)[: 16 * 8] == bytes(16 * 8)
    assert set(client.read(key)[16 * 8 :]) == {0xA5}
    grow(client, key, 50)
    assert fired(client) == [("filler", When.GROW)]
    client.allocate(1)
    assert fired(client)[1:] == [("pointers", When.ALLOCATE)]


def test_dirt_that_was_added_is_not_taken_for_the_clients() -> None:
    client = heap("dirty filler grow 1 once")
    key = client.allocate(1)
    grow(client, key, 20)
    client.allocator.release(key, 0)
    assert told(client) == []


def test_what_has_moved_grows_elsewhere(memory: Any) -> None:
    client = over(memory, "move one grow 1 once segment=0")
    key = client.allocate(1)
    client.write(key, 0, b"kept")
    old = client.allocator.grants[0].place
    grow(client, key, 20)
    assert client.words(key) == 20
    assert client.read(key)[:4] == b"kept"
    old.write(old.start, b"stale")
    assert told(client) == [("P3", "stale-write")]
    client.allocator.release(key, 1)
    client.allocator.finished()
    assert memory.live_grants == 0


@pytest.mark.parametrize("kind", ["below-granted", "below-used", "nothing"])
def test_growing_makes_it_shorter(memory: Any, kind: str) -> None:
    amount = "" if kind == "nothing" else " amount=3"
    client = over(memory, f"shrink {kind} grow 1 once segment=0{amount}")
    client.allocator.used = lambda: [10]
    key = client.allocate(1)
    client.write(key, 0, b"x" * 80)
    grow(client, key, 20)
    words = {"below-granted": 13, "below-used": 7, "nothing": 0}[kind]
    assert client.words(key) == words
    # What is gone does not come back as if nothing had been.
    grow(client, key, 20)
    assert client.words(key) == words
    assert told(client) == []


def test_what_grew_back_grows_again(memory: Any) -> None:
    client = over(memory, "shrink nothing-regrow grow 1 once segment=0")
    key = client.allocate(1)
    grow(client, key, 20)
    assert client.words(key) == 0
    assert client.words(key) == 16
    grow(client, key, 20)
    assert client.words(key) >= 20
    assert told(client) == []


@pytest.mark.parametrize("kind", ["gone", "gone-back"])
def test_what_is_gone_does_not_grow(memory: Any, kind: str) -> None:
    client = over(memory, f"vanish {kind} grow 1 once segment=0")
    key = client.allocate(1)
    grow(client, key, 20)
    with pytest.raises(KeyError):
        client.allocator.segment(key)
    if kind == "gone-back":
        assert client.words(key) == 16


@pytest.mark.parametrize(
    ("fault", "own"), [("same {}", 16), ("overlap {} amount=2", 18), ("overlap {} amount=90", 106)]
)
def test_it_grows_into_another_segment(memory: Any, fault: str, own: int) -> None:
    line = fault.replace("{}", "grow 1 once segment=0")
    client = over(memory, f"alias {line}")
    used = [1, own]
    client.allocator.used = lambda: used
    first, last = client.allocate(1), client.allocate(1)
    client.write(first, 0, b"first")
    client.write(last, 0, b"last")
    grow(client, last, 40)
    assert client.words(last) >= 40
    assert client.read(last)[own * 8 :][:5] == b"first"
    assert client.read(last)[:4] == b"last"
    assert client.address(first) == client.address(last) + own * 8
    # Only a client that hands the words out has overlooked it.
    assert told(client) == []
    grow(client, last, 400)
    assert client.words(last) < 400
    used[1] += 1
    assert told(client) == [("P3", "shared")]


def test_nothing_can_be_grown_into_where_there_is_nothing(memory: Any) -> None:
    client = over(memory, "alias same grow 1 once segment=0")
    grow(client, client.allocate(1), 20)
    assert fired(client) == []


def test_a_segment_is_called_from_inside_its_growth(memory: Any) -> None:
    client = over(memory, "re-enter read grow 1 once")
    said = []

    def reenter(kind: str) -> str:
        said.append(kind)
        return "it was served"

    client.allocator.reenter = reenter
    grow(client, client.allocate(1), 20)
    assert said == ["read"]
    assert told(client) == [("P10", "not-busy")]


def test_words_in_use_are_written_to_while_it_grows(memory: Any) -> None:
    client = over(memory, "scribble null grow 1 once segment=0 amount=0")
    client.allocator.used = lambda: [1]
    key = client.allocate(1)
    client.write(key, 0, b"written")
    grow(client, key, 20)
    assert client.read(key)[:8] == bytes(8)


def test_the_look_after_a_growth_is_garbled(memory: Any) -> None:
    client = over(memory, "garble none grow 1 once")
    key = client.allocate(1)
    client.read(key)
    grow(client, key, 20)
    assert client.allocator.segment(key) is None
    assert client.words(key) >= 20
    assert fired(client) == [("none", When.SEGMENT)]


def test_faults_at_any_call_and_after_operations_meet_growth() -> None:
    for when in ("any 2", "after 0"):
        client = heap(f"short zero {when} once")
        key = client.allocate(1)
        client.allocator.operation_finished(0)
        grow(client, key, 20)
        assert client.words(key) == 16
        assert fired(client) == [("zero", When.GROW)]


def test_families_say_that_they_can_be_laid_at_growth() -> None:
    assert [name for name, family in FAMILIES.items() if When.GROW not in family.moments] == [
        "release",
        "finalize",
    ]
