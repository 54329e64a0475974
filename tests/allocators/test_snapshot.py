"""Snapshots agree with a model, whatever the faults did to the segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from capnsafe_allocators import FAMILIES, Fault, HostileAllocator, When
from hypothesis import given, settings
from hypothesis import strategies as st

from capnsafe.allocator import Allocator
from capnsafe.memory import FixedAllocator, HeapAllocator


@dataclass
class Modelled:
    """What one live grant must hold."""

    key: Any
    contents: bytearray
    used: int
    granted: int
    #: It grows back to this length at the next call, once it was seen.
    regrow_to: list[int] = field(default_factory=list)
    seen: bool = True
    #: It lies in a bytearray of its own, so that it can be resized.
    resizable: bool = False


@dataclass(frozen=True)
class Step:
    """What the client does, and the fault that strikes when it has done it."""

    action: str
    segment: int
    at: int
    byte: int
    fault: Fault | None


_CHANGES = st.sampled_from(
    [("move", kind) for kind in FAMILIES["move"].kinds]
    + [("shrink", kind) for kind in FAMILIES["shrink"].kinds]
)


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    made = []
    for number in range(draw(st.integers(1, 25))):
        fault = None
        if draw(st.booleans()):
            family, name = draw(_CHANGES)
            kind = FAMILIES[family].kinds[name]
            fault = Fault(
                family,
                name,
                When.AFTER,
                number,
                segment=draw(st.integers(0, 4)) if kind.takes_segment else 0,
                amount=draw(st.integers(0, 12)) if kind.takes_amount else 0,
            )
        made.append(
            Step(
                draw(st.sampled_from(["allocate", "write", "write", "read", "use", "release"])),
                draw(st.integers(0, 4)),
                draw(st.integers(0, 95)),
                draw(st.integers(1, 255)),
                fault,
            )
        )
    return made


def _grow_back(live: list[Modelled]) -> None:
    for segment in live:
        if segment.regrow_to and segment.seen:
            longest = max(segment.regrow_to)
            segment.contents.extend(bytes(max(0, longest - len(segment.contents))))
            segment.regrow_to.clear()


def _strike(live: list[Modelled], fault: Fault) -> bool:
    """Apply the fault to the model; return False if it has nothing to act on."""
    if not live:
        return False
    segment = live[fault.segment % len(live)]
    if fault.family == "move":
        moving = [each for each in (live if fault.kind == "all" else [segment]) if each.contents]
        if fault.kind == "resize":
            return bool(moving) and segment.resizable
        for each in moving:
            each.resizable = True
        return bool(moving)
    words = len(segment.contents) // 8
    cut = max(1, fault.amount)
    if fault.kind.startswith("below-granted"):
        left = max(words - cut, segment.used)
    elif fault.kind.startswith("below-used"):
        left = max(0, segment.used - cut) if segment.used else words
    else:
        left = 0
    if left >= words:
        return False
    if fault.kind.endswith("-regrow"):
        segment.regrow_to.append(len(segment.contents))
    # A second cut must be seen, too, before anything comes back.
    segment.seen = False
    del segment.contents[left * 8 :]
    return True


def _run(memory: Allocator, script: Sequence[Step]) -> HostileAllocator:
    faults = [step.fault for step in script if step.fault is not None]
    allocator = HostileAllocator(memory, faults)
    live: list[Modelled] = []
    allocator.used = lambda: [segment.used for segment in live]
    due: list[Fault] = []
    for number, step in enumerate(script):
        if step.action == "allocate" or not live:
            _grow_back(live)
            key = allocator.allocate(1 + step.at % 9)
            words = max(12, 1 + step.at % 9)
            on_heap = isinstance(memory, HeapAllocator)
            live.append(Modelled(key, bytearray(words * 8), 0, words, resizable=on_heap))
        elif step.action == "use":
            segment = live[step.segment % len(live)]
            segment.used = max(segment.used, step.at % (segment.granted + 1))
        elif step.action == "release":
            segment = live.pop(step.segment % len(live))
            _grow_back(live)
            allocator.release(segment.key, segment.granted)
        else:
            _grow_back(live)
            segment = live[step.segment % len(live)]
            with memoryview(allocator.segment(segment.key)) as view:
                segment.seen = True
                assert bytes(view) == segment.contents
                if step.action == "write" and step.at < len(segment.contents):
                    view[step.at] = segment.contents[step.at] = step.byte
            del view
        assert allocator.snapshot() == [segment.contents for segment in live]
        if step.fault is not None:
            due.append(step.fault)
        before = len(allocator.fired)
        allocator.operation_finished(number)
        struck = [fault for fault in due if _strike(live, fault)]
        assert [record.fault for record in allocator.fired[before:]] == struck
        due = [fault for fault in due if fault not in struck]
        assert allocator.snapshot() == [segment.contents for segment in live]
        allocator.check_guards()
        assert allocator.evidence == []
    for segment in live:
        allocator.release(segment.key, segment.granted)
    allocator.finished()
    assert allocator.evidence == []
    return allocator


@pytest.mark.thorough
@settings(max_examples=300)
@given(steps(), st.sampled_from(["heap", "fixed"]))
def test_snapshots_agree_with_the_model(script: list[Step], name: str) -> None:
    def memory() -> Allocator:
        if name == "heap":
            return HeapAllocator(segment_words=28, growth=False)
        return FixedAllocator(bytearray(28 * 30 * 8), segment_words=28)

    first, second = _run(memory(), script), _run(memory(), script)
    assert first.calls == second.calls
    assert first.fired == second.fired
