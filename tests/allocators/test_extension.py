"""A family of faults can be added without touching the hostile allocator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from capnsafe_allocators import (
    FAMILIES,
    Fault,
    Grant,
    Kind,
    parse_fault,
    print_fault,
)
from capnsafe_allocators.families.family import Answer, Family
from capnsafe_allocators.fault import When
from capnsafe_allocators.ledger import Ledger

Lay = Callable[..., Any]


def _nothing(ledger: Ledger, fault: Fault, grant: Grant, answer: Any) -> Answer | None:
    # Only the segment that the fault names, so that for others it has nothing to apply to.
    if grant.index != fault.segment:
        return None
    return Answer(None, f"segment {grant.index} was answered as None")


GARBLE = Family(
    name="garble",
    description="answers nonsense",
    kinds={"none": Kind("It answers None.", takes_segment=True)},
    promises=("P1",),
    moments=(When.SEGMENT,),
    on_borrow=_nothing,
)


@pytest.fixture(autouse=True)
def _garble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "garble", GARBLE)


def test_a_new_family_has_text() -> None:
    line = "garble none segment 2 once segment=1"
    assert print_fault(parse_fault(line)) == line


def test_a_new_family_acts(lay: Lay) -> None:
    client = lay("garble none segment 2 once segment=1")
    keys = [client.allocate(1) for _ in range(2)]
    assert client.allocator.segment(keys[1]) is not None
    assert client.allocator.segment(keys[0]) is not None
    assert client.allocator.segment(keys[1]) is None
    assert client.allocator.segment(keys[1]) is not None
    (record,) = client.allocator.fired
    assert (record.call, record.what) == (4, "segment 1 was answered as None")
    assert [call.fault for call in client.allocator.calls] == [None] * 4 + [record.fault, None]
