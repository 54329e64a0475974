"""Words that two objects of a message share: found without a schema, and shown by programs."""

from __future__ import annotations

from random import Random

import pytest
from capnsafe_fuzz.encoders.shared_words import shared_word
from capnsafe_fuzz.scenario import generate

from capnsafe import unframe
from tests.reference.test_canonical_form import built


def words(*numbers: int) -> bytes:
    return b"".join((number & (1 << 64) - 1).to_bytes(8, "little") for number in numbers)


def struct(offset: int, data: int, pointers: int) -> int:
    return (offset & 0x3FFFFFFF) << 2 | data << 32 | pointers << 48


def listed(offset: int, size: int, count: int) -> int:
    return 1 | (offset & 0x3FFFFFFF) << 2 | size << 32 | count << 35


def far(segment: int, pad: int, double: int = 0) -> int:
    return 2 | double << 2 | pad << 3 | segment << 32


ROOT = struct(0, 0, 2)


@pytest.mark.parametrize(
    ("segments", "shared"),
    [
        ([words(ROOT, struct(1, 1, 0), struct(0, 1, 0), 7)], (0, 3)),
        ([words(ROOT, struct(1, 1, 0), struct(1, 1, 0), 7, 8)], None),
        ([words(ROOT, struct(-1, 0, 0), struct(-1, 0, 0))], None),
        ([words(ROOT, struct(-2, 1, 0), 0)], (0, 0)),
        ([words(ROOT, 0, listed(-2, 5, 1))], (0, 1)),
        ([words(ROOT, listed(1, 5, 2), listed(1, 2, 1), 1, 2)], (0, 4)),
        ([words(ROOT, listed(1, 2, 8), listed(1, 1, 64), 1, 2)], None),
        ([words(ROOT, listed(1, 6, 1), 0, struct(0, 1, 0), 7)], None),
        ([words(ROOT, listed(1, 6, 1), 0, struct(-4, 1, 0), 7)], (0, 0)),
        # Two structs of a word and a pointer each, whose second pointer leads to the first struct.
        ([words(ROOT, listed(1, 7, 4), 0, struct(2, 1, 1), 1, 0, 2, struct(-4, 1, 0))], (0, 4)),
        ([words(ROOT, listed(1, 7, 4), 0, struct(2, 1, 1), 1, 0, 2, struct(0, 1, 0), 3)], None),
        ([words(ROOT, far(1, 0), far(1, 0)), words(struct(0, 1, 0), 7)], (1, 0)),
        ([words(ROOT, far(1, 0), far(1, 2)), words(struct(0, 1, 0), 7, struct(-2, 1, 0))], (1, 1)),
        ([words(ROOT, far(1, 0), far(1, 2)), words(struct(0, 1, 0), 7, struct(0, 1, 0), 8)], None),
        (
            [words(ROOT, far(1, 0, 1), far(2, 1)), words(far(2, 0), 1 << 32), words(7, 1 << 32, 8)],
            None,
        ),
        (
            [words(ROOT, far(1, 0, 1), struct(0, 1, 0), 7), words(far(0, 3), 1 << 32)],
            (0, 3),
        ),
        # What lies outside is another problem.
        ([words(ROOT, struct(9, 1, 0), far(7, 0))], None),
        ([words(ROOT, 3 | 5 << 32, 3 | 5 << 32)], None),
        ([b""], None),
    ],
)
def test_a_word_that_two_objects_share_is_found(
    segments: list[bytes], shared: tuple[int, int] | None
) -> None:
    assert shared_word(segments) == shared


def test_objects_of_the_encoder_share_none() -> None:
    rng = Random(8)
    for _ in range(40):
        assert shared_word(list(map(bytes, unframe(built(generate(rng, 12))[1])))) is None
