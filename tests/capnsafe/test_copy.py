"""Deep copies: byte for byte those of the reference implementation, and safe in any overlap."""

from __future__ import annotations

import pytest

from capnsafe import HeapAllocator, MessageBuilder
from tests.capnsafe.generated import (
    converted,
    copied_in_segments,
    filled,
    root_of,
    scattered,
)

MESSAGES = [scattered(seed) for seed in range(150)] + [filled(seed) for seed in range(50)]


# -- the reference implementation's bytes --------------------------------------------------------


@pytest.mark.parametrize("segment_words", [1, 2, 7, 40, 1000])
def test_a_copy_has_the_bytes_of_the_reference_implementation(segment_words: int) -> None:
    expected = converted("binary:binary", MESSAGES, f"--segment-size={segment_words}")
    ours = [copied_in_segments(root_of(message), segment_words) for message in MESSAGES]
    assert b"".join(ours) == expected


@pytest.mark.parametrize("segment_words", [1, 7, 1000])
def test_a_copy_of_a_builder_has_the_same_bytes(segment_words: int) -> None:
    expected = converted("binary:binary", MESSAGES, f"--segment-size={segment_words}")
    ours = []
    for message in MESSAGES:
        with MessageBuilder(HeapAllocator(segment_words=5, growth=False)) as source:
            source.set_root(root_of(message))
            root = source.get_root()
            assert root is not None
            ours.append(copied_in_segments(root, segment_words))
    assert b"".join(ours) == expected
