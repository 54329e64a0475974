"""An encoder may end its call before it gives the view back: a call from inside comes after it."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from capnsafe_allocators import Fault, When, parse_fault
from capnsafe_allocators.exporter import COUNTS_VIEWS
from capnsafe_fuzz.encoders.capnsafe_encoder import CapnsafeEncoder, CapnsafeSession
from capnsafe_fuzz.execution import execute, observe
from capnsafe_fuzz.scenario import MemorySpec, Operation, generate, parse_scenario

import capnsafe

if not COUNTS_VIEWS:
    pytest.skip("a class can export a buffer from Python 3.12 on", allow_module_level=True)


class Late:
    """Memory whose last view is given back when it is told to, and not by the message."""

    def __init__(self, memory: Any) -> None:
        self._memory = memory
        self._views: list[memoryview] = []

    def allocate(self, minimum_words: int, /) -> Any:
        self.give_back()
        return self._memory.allocate(minimum_words)

    def segment(self, key: Any, /) -> Any:
        self.give_back()
        answer = self._memory.segment(key)
        try:
            view = memoryview(answer)
        except (TypeError, BufferError):
            return answer
        self._views.append(view)
        return view[:]

    def release(self, key: Any, words_used: int, /) -> None:
        self.give_back()
        self._memory.release(key, words_used)

    def give_back(self) -> None:
        while self._views:
            self._views.pop().release()


class LateSession(CapnsafeSession):
    """A session whose calls have ended when their last view is given back."""

    __slots__ = ("_ended", "_late", "_spoils")

    def __init__(self, session: CapnsafeSession, late: Late, spoils: bool) -> None:
        super().__init__(session._message, session._elements)
        self._late = late
        self._spoils = spoils
        self._ended = False

    def perform(self, operation: Operation) -> object:
        if self._spoils and self._ended and operation.value == "old":
            operation = operation._replace(value="spoilt")
        try:
            return super().perform(operation)
        finally:
            self._ended = True
            self._late.give_back()
            self._ended = False

    def output(self) -> bytes:
        try:
            return super().output()
        finally:
            self._late.give_back()

    def canonical(self) -> bytes:
        try:
            return super().canonical()
        finally:
            self._late.give_back()


class LateEncoder(CapnsafeEncoder):
    def __init__(self, spoils: bool = False) -> None:
        super().__init__(capnsafe)
        self.spoils = spoils

    def session(self, memory: Any, max_segment_words: int, **options: bool) -> LateSession:
        late = Late(memory)
        return LateSession(super().session(late, max_segment_words), late, self.spoils)


SET_OVER = """capnsafe scenario 1
memory heap segment_words=1024
limit max_segment_words=4096
h0 = root
set h0.text "old"
set h0.text "new"
set h0.u32 7
get h0.text
fault finalize build after 1 always
"""


def test_a_call_that_comes_after_the_one_under_way_is_right() -> None:
    scenario = parse_scenario(SET_OVER)
    steps = observe(scenario, LateEncoder()).steps
    assert steps[2].reentered
    assert steps[4].value == "old"
    assert execute(scenario, LateEncoder(), each_step=True, costly=True).violations == ()


def test_a_root_that_is_gone_by_then_may_be_refused() -> None:
    text = SET_OVER.replace('set h0.text "new"', "h1 = root").replace(
        "set h0.u32 7", "set h1.u32 7"
    )
    scenario = parse_scenario(text)
    assert execute(scenario, LateEncoder(), each_step=True, costly=True).violations == ()


def test_another_value_than_either_order_gives_is_wrong() -> None:
    found = execute(parse_scenario(SET_OVER), LateEncoder(spoils=True), each_step=True).violations
    assert "P10" in {violation.promise for violation in found}


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["read", "write", "build", "clear", "output"])
def test_no_program_blames_it(kind: str) -> None:
    rng = Random(kind)
    finished = 0
    for _ in range(30):
        made = generate(rng, 16)
        fault = Fault("finalize", kind, When.AFTER, rng.randrange(4), persistent=True)
        refusal = parse_fault(f"refuse MemoryError segment {rng.randrange(1, 40)} once")
        faults = (fault, refusal) if rng.random() < 0.3 else (fault,)
        memory = MemorySpec("heap", segment_words=rng.choice([4, 40, 1024]))
        scenario = replace(made, memory=memory, faults=faults, verify=False)
        verdict = execute(scenario, LateEncoder(), each_step=True, costly=True)
        assert verdict.violations == (), scenario
        finished += any(step.reentered for step in observe(scenario, LateEncoder()).steps)
    assert finished > 10
