"""An adapter that gets one verb wrong is noticed: whatever a program says is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from capnsafe_fuzz.encoders.capnsafe_encoder import CapnsafeEncoder, CapnsafeSession
from capnsafe_fuzz.execution import execute
from capnsafe_fuzz.scenario import Operation, Scenario, Verb, generate

import capnsafe

MOST_SCENARIOS = 600
"""Within so many, each blunder shows; they are seeded, and most show within fifty."""

IDLE = (Verb.SELECT, Verb.COPY, Verb.COPY_ROOT, Verb.ADOPT, Verb.DROP, Verb.CLEAR)
"""Verbs that are gotten wrong by doing nothing."""


class Blundering(CapnsafeSession):
    """A session that does all but one verb."""

    __slots__ = ("_wrong",)

    def __init__(self, session: CapnsafeSession, wrong: Verb) -> None:
        super().__init__(
            session._message,
            session._elements,
            session._package,
            session._memory,
            session._options,
        )
        self._wrong = wrong

    def perform(self, operation: Operation) -> object:
        verb = operation.verb
        if verb is not self._wrong:
            return super().perform(operation)
        if verb in IDLE:
            return None
        if verb is Verb.FILL:
            assert isinstance(operation.value, bytes)
            return super().perform(operation._replace(value=bytes(len(operation.value))))
        if verb is Verb.NEW:
            return self._number(operation, self._message.new_orphan_struct(1, 0))
        if verb is Verb.DISOWN:
            super().perform(Operation(Verb.CLEAR, operation.handle, operation.place))
        return self._number(operation, None)

    def canonical(self) -> bytes:
        form = super().canonical()
        return form[:-1] + b"\1" if self._wrong is Verb.CANONICAL else form


class BlunderingEncoder(CapnsafeEncoder):
    def __init__(self, wrong: Verb) -> None:
        super().__init__(capnsafe)
        self.wrong = wrong

    def session(self, memory: Any, max_segment_words: int, **options: bool) -> Blundering:
        return Blundering(super().session(memory, max_segment_words), self.wrong)


def scenarios(verb: Verb) -> Iterator[Scenario]:
    rng = Random(3)
    made = (generate(rng, 24) for _ in range(MOST_SCENARIOS))
    return (one for one in made if any(step.verb is verb for step in one.operations))


@pytest.mark.parametrize(
    "verb",
    [*IDLE, Verb.FILL, Verb.NEW, Verb.DISOWN, Verb.UNWRAP, Verb.CANONICAL],
    ids=lambda verb: verb.value,
)
def test_what_is_done_wrong_is_noticed(verb: Verb) -> None:
    encoder = BlunderingEncoder(verb)
    assert any(execute(one, encoder).violations for one in scenarios(verb))
