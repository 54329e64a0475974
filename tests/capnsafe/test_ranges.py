"""Sorted ranges: equal to a plain model, and no order of insertion costs more."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

import pytest

from capnsafe._words.ranges import Epochs, Intervals, Places, Ranges
from tests.capnsafe.work import work_of


@pytest.mark.parametrize("seed", range(30))
def test_intervals_are_sets(seed: int) -> None:
    rng = random.Random(seed)
    intervals, expected = Intervals(), set[int]()
    assert not intervals
    for _ in range(40):
        start = rng.randrange(-5, 80)
        end = start + rng.choice([1, 1, 2, 5, 30])
        intervals.add(start, end)
        expected.update(range(start, end))
        assert intervals
        assert {number for number in range(-10, 120) if number in intervals} == expected
        assert len(intervals) == sum(number - 1 not in expected for number in expected)
        low = rng.randrange(-10, 110)
        high = low + rng.randrange(1, 9)
        assert intervals.meets(low, high) == any(low <= number < high for number in expected)
        assert intervals.covers(low, high) == expected.issuperset(range(low, high))


@pytest.mark.parametrize("seed", range(30))
def test_epochs_of_ranges_that_overlap(seed: int) -> None:
    rng = random.Random(seed)
    epochs = Epochs()
    expected = [0] * 30
    assert not epochs
    for epoch in range(1, 20):
        start = rng.randrange(29)
        end = rng.randrange(start + 1, 31)
        if rng.random() < 0.3:
            epochs.cut(start, end)
            expected[start:end] = [0] * (end - start)
        else:
            epochs.put(start, end, epoch)
            expected[start:end] = [epoch] * (end - start)
        assert [epochs.at(word) for word in range(30)] == expected
        assert bool(epochs) is any(expected)
    assert len(epochs) <= 30


def test_ranges_in_many_blocks() -> None:
    rng = random.Random(1)
    numbers = list(range(5000))
    rng.shuffle(numbers)
    ranges = Ranges()
    for number in numbers:
        ranges.put((number * 2, number * 2 + 1))
    assert len(ranges) == 5000
    rng.shuffle(numbers)
    gone = set(numbers[:4000])
    for number in gone:
        ranges.remove((number * 2, number * 2 + 1))
        ranges.remove((number * 2, number * 2 + 1))
        ranges.remove((-1, 0))
    kept = [number * 2 for number in range(5000) if number not in gone]
    seen = []
    met = ranges.before((10_000,))
    while met is not None:
        seen.append(met[0])
        met = ranges.before(met)
    assert seen == kept[::-1]
    for number in kept:
        ranges.remove((number, number + 1))
    assert not ranges
    ranges.remove((1, 2))


def test_places_are_of_segments() -> None:
    places = Places()
    places.note(1, 100, 200)
    places.note(1, 100, 200)
    places.note(2, 200, 300)
    assert places
    assert places.meeting(150, 250, 2) == 1
    assert places.meeting(150, 250, 1) is None or places.meeting(150, 250, 1) == 2
    assert places.meeting(200, 250, 2) is None
    places.note(2, 0, 0)
    assert places.meeting(200, 250, 7) is None
    assert not places.meets(2, 200, 250)
    places.note(2, 150, 160)
    assert places.meets(2, 0, 151)
    assert not places.meets(2, 160, 170)
    places.forget(0, 5)
    assert not places


def upward(count: int) -> Iterable[int]:
    return range(0, 3 * count, 3)


def downward(count: int) -> Iterable[int]:
    return reversed(range(0, 3 * count, 3))


def shuffled(count: int) -> Iterable[int]:
    numbers = list(range(0, 3 * count, 3))
    random.Random(count).shuffle(numbers)
    return numbers


@pytest.mark.parametrize("order", [upward, downward, shuffled])
def test_no_order_moves_more(order: Callable[[int], Iterable[int]]) -> None:
    """Ranges are added and removed within one block, however many there are."""

    def fill(count: int) -> None:
        intervals, epochs, places = Intervals(), Epochs(), Places()
        for number in order(count):
            intervals.add(number, number + 1)
            epochs.put(number, number + 1, 1)
            places.note(number, number, number + 1)
        blocks = intervals._ranges._blocks
        assert max(map(len, blocks)) <= 512
        assert len(blocks) <= max(1, count // 200)
        for number in order(count):
            epochs.cut(number, number + 1)
            places.forget(number, number + 1)

    assert work_of(lambda: fill(4000)) <= 4.8 * work_of(lambda: fill(1000))
