"""Features: the code of a library that ran, as its driver counts it.

A driver may count how often each place in the code of its library runs. A *feature* is one counter
in one of eight ranges, as in AFL and libFuzzer: a loop that runs twice is another feature than one
that runs once, but the 200th run is the same as the 201st. An input that reaches a new feature is
kept, like an input that reaches a new situation.

A feature is a number: eight times that of its counter, and the number of the range.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder

RANGES: Final = (1, 2, 3, 4, 8, 16, 32, 128)
"""The lowest count of each range."""
_RANGE_OF: Final = bytes(
    0 if not times else 1 << sum(times >= lowest for lowest in RANGES[1:]) for times in range(256)
)
"""A bit for the range of each count."""


def counters_of(features: Iterable[int]) -> frozenset[int]:
    """Return the counters of some features."""
    return frozenset(feature // len(RANGES) for feature in features)


class Features:
    """All features that the executions of a shard, and those before it, have reached."""

    def __init__(self, encoder: Encoder, known: Iterable[int] = ()) -> None:
        """Begin with the features ``known`` from earlier shards."""
        self._covered = getattr(encoder, "covered", None)
        # One bit for each feature, so that two sets of thousands are compared in microseconds.
        self._seen = sum(1 << feature for feature in set(known))

    def take_new(self) -> list[int]:
        """Return the features that were reached since the last call, and never before."""
        if self._covered is None:
            return []
        counters: bytes = self._covered()
        reached = int.from_bytes(counters.translate(_RANGE_OF), "little")
        new = reached & ~self._seen
        self._seen |= new
        features = []
        while new:
            lowest = new & -new
            features.append(lowest.bit_length() - 1)
            new ^= lowest
        return features
