"""A family of faults can be added without touching the hostile allocator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from capnsafe_allocators import (
    FAMILIES,
    Effects,
    Excuse,
    Fault,
    Grant,
    Kind,
    Loss,
    Move,
    parse_fault,
    print_fault,
)
from capnsafe_allocators.families.family import Family, SegmentResult
from capnsafe_allocators.fault import When
from capnsafe_allocators.ledger import Ledger

Lay = Callable[..., Any]


def _nothing(ledger: Ledger, fault: Fault, grant: Grant, answer: Any) -> SegmentResult | None:
    # Only the segment that the fault names, so that for others it has nothing to apply to.
    if grant.index != fault.segment:
        return None
    return SegmentResult(None, f"segment {grant.index} was answered as None")


EFFECTS = Effects(
    excuses=Excuse.STEP,
    excuses_in_growth=Excuse.STEP,
    loses_words=Loss.NONE,
    says_gone=False,
    changes_contents=False,
    shares_memory=False,
    exchanges_segments=False,
    soils=False,
    moves=Move.NOWHERE,
    endless=False,
    calls_message=False,
    aims=False,
)

GARBLE = Family(
    name="garble",
    description="answers nonsense",
    kinds={"none": Kind("It returns None.", effects=EFFECTS, takes_segment=True)},
    demand="writable",
    promises=("P1",),
    moments=(When.SEGMENT,),
    changes_segments=False,
    needs_earlier=False,
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
    assert (record.call, record.change) == (4, "segment 1 was answered as None")
    assert [call.fault for call in client.allocator.calls] == [None] * 4 + [record.fault, None]


@pytest.mark.parametrize("effect", [field.name for field in fields(Effects)])
def test_a_kind_that_leaves_out_an_effect_is_refused(effect: str) -> None:
    said = {field.name: getattr(EFFECTS, field.name) for field in fields(Effects)}
    assert Effects(**said) == EFFECTS
    del said[effect]
    with pytest.raises(TypeError):
        Effects(**said)


@pytest.mark.parametrize(
    "missing", ["changes_segments", "needs_earlier", "demand", "promises", "moments"]
)
def test_a_family_that_leaves_out_a_declaration_is_refused(missing: str) -> None:
    said = {field.name: getattr(GARBLE, field.name) for field in fields(GARBLE)}
    del said[missing]
    with pytest.raises(TypeError):
        Family(**said)
    without: Any = Kind
    with pytest.raises(TypeError):
        without("It has no effects.")


def test_effects_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="REST"):
        replace(EFFECTS, changes_contents=True)
    with pytest.raises(ValueError, match="REST"):
        replace(EFFECTS, loses_words=Loss.POSSIBLE, excuses=Excuse.REST)
