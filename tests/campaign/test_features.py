"""The code of a library that ran, as its driver counts it."""

from __future__ import annotations

from typing import Any

import pytest
from capnsafe_fuzz.campaign.features import Features, counters_of


class Counting:
    """An encoder whose counters are set by the test."""

    def __init__(self) -> None:
        self.counters = b""

    def covered(self) -> bytes:
        return self.counters


def features_of(counters: bytes, known: tuple[int, ...] = ()) -> list[int]:
    encoder: Any = Counting()
    encoder.counters = counters
    return Features(encoder, known).take_new()


@pytest.mark.parametrize(
    ("times", "number"),
    [(1, 0), (2, 1), (3, 2), (4, 3), (7, 3), (8, 4), (15, 4), (16, 5), (31, 5), (32, 6), (127, 6),
     (128, 7), (255, 7)],
)  # fmt: skip
def test_a_feature_is_a_counter_and_a_range(times: int, number: int) -> None:
    assert features_of(bytes([0, 0, times])) == [16 + number]
    assert counters_of([16 + number]) == {2}


def test_a_feature_is_new_once() -> None:
    encoder: Any = Counting()
    features = Features(encoder, known=(0, 8))
    encoder.counters = bytes([1, 2, 0, 1])
    assert features.take_new() == [9, 24]
    assert features.take_new() == []
    encoder.counters = bytes([2, 1, 0, 1])
    assert features.take_new() == [1]


def test_an_encoder_that_counts_nothing_has_no_features() -> None:
    encoder: Any = object()
    assert Features(encoder).take_new() == []
    assert features_of(b"") == []
