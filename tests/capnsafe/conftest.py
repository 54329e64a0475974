"""Messages to build in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from capnsafe import HeapAllocator, MessageBuilder, StructBuilder
from tests.capnsafe.memories import Memory, closing


@pytest.fixture(params=["strict", "stable"])
def message(request: pytest.FixtureRequest) -> Iterator[MessageBuilder]:
    """A message whose memory is asked at each access, and one that keeps bytearrays."""
    if request.param == "stable":
        with MessageBuilder(HeapAllocator(segment_words=8)) as message:
            yield message
    else:
        memory = Memory(grant_words=8)
        with closing(MessageBuilder(memory), memory) as message:
            yield message


@pytest.fixture
def root(message: MessageBuilder) -> StructBuilder:
    return message.init_root(4, 4)
