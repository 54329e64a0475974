"""Sequences: text and bytes say the same, errors name their line, the shortest one is found."""

from __future__ import annotations

from random import Random

import pytest
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.scenario import ScenarioError, ScenarioSyntaxError
from capnsafe_fuzz.targets import (
    TARGETS,
    Sequence,
    find_target,
    inputs_of,
    sequences_of,
    single_target,
    target_of_text,
)

BUILD = find_target("builder")
TARGET = find_target("builder-sequence")
HEAD = "capnsafe scenario-sequence 1\n"
PLAIN = "capnsafe scenario 1\nmemory heap segment_words=1\nlimit max_segment_words=9\n"


@pytest.mark.parametrize("name", TARGETS)
def test_text_and_bytes_say_the_same(name: str) -> None:
    target = find_target(sequences_of(name))
    assert single_target(target.name) == name
    rng = Random(name)
    for _ in range(20):
        made = target.crossover(target.generate(rng), target.generate(rng), rng)
        sequence = target.mutate(made, rng)
        text = target.print(sequence)
        assert target_of_text(text.encode()) == target.name
        assert target.parse(text) == sequence
        assert target.parse(text.replace("\n", "\r\n")) == sequence
        assert target.decode(target.encode(sequence)) == target.decode(
            target.encode(target.decode(target.encode(sequence)))
        )
    for junk in (b"", b"\xff" * 9, bytes(40)):
        assert target.decode(junk).inputs


def test_equal_inputs_in_a_row_stand_there_once() -> None:
    text = f"{HEAD}# why\n---\n{PLAIN}--- 50 times\n{PLAIN}h0 = root\n---\n{PLAIN}"
    sequence = TARGET.parse(text)
    assert len(sequence.inputs) == 52
    assert sequence.comment == "why"
    assert TARGET.print(sequence) == text
    assert dict(TARGET.sizes(sequence)) == {"scenarios": 52, "operations": 50, "faults": 0}
    assert inputs_of(sequence) == sequence.inputs
    assert inputs_of(sequence.last) == (sequence.last,)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (PLAIN, 1),
        (HEAD, 2),
        (f"{HEAD}x\n---\n{PLAIN}", 2),
        (f"{HEAD}---\n{PLAIN}h0 = rot\n", 6),
        (f"{HEAD}---\n{PLAIN}--- 2 times\n{PLAIN}h0 = rot\n", 10),
        (f"{HEAD}--- 0 times\n{PLAIN}", 2),
        (f"{HEAD}--- 99999 times\n{PLAIN}", 2),
    ],
)
def test_an_error_names_its_line(text: str, line: int) -> None:
    with pytest.raises(ScenarioSyntaxError) as error:
        TARGET.parse(text)
    assert error.value.line == line


def test_a_sequence_has_an_input() -> None:
    with pytest.raises(ScenarioError):
        Sequence(())


def test_what_matters_stays_and_nothing_else() -> None:
    rng = Random(3)
    inputs = tuple(BUILD.generate(rng) for _ in range(60))
    first, last = inputs[17].operations[0], inputs[-1].operations[0]

    def fires(sequence: Sequence) -> bool:
        before = [one.operations for one in sequence.inputs[:-1]]
        return any(first in each for each in before) and last in sequence.last.operations

    shrunk = TARGET.shrink(Sequence(inputs), fires, budget=20_000)
    assert [one.operations for one in shrunk.inputs] == [(first,), (last,)]
    assert TARGET.simplicity(shrunk) < TARGET.simplicity(Sequence(inputs))


def test_a_number_of_messages_becomes_as_many_plain_ones() -> None:
    rng = Random(4)
    inputs = tuple(BUILD.generate(rng) for _ in range(100))
    asked = 0

    def fires(sequence: Sequence) -> bool:
        nonlocal asked
        asked += len(sequence.inputs)
        return len(sequence.inputs) > 30

    shrunk = TARGET.shrink(Sequence(inputs), fires, budget=5_000)
    assert shrunk.inputs == (BUILD.decode(b""),) * 31
    assert asked <= 5_000


def test_state_that_builds_up_takes_one_message_many_times() -> None:
    rng = Random(5)
    inputs = tuple(BUILD.generate(rng) for _ in range(60))

    def fires(sequence: Sequence) -> bool:
        return sum(len(one.operations) for one in sequence.inputs[:-1]) > 40

    shrunk = TARGET.shrink(Sequence(inputs), fires, budget=5_000)
    assert len(set(shrunk.inputs[:-1])) == 1
    assert len(shrunk.inputs) < 10


def test_the_story_is_of_the_last_and_names_those_before() -> None:
    sequence = TARGET.parse(f"{HEAD}--- 2 times\n{PLAIN}---\n{PLAIN}h0 = root\n")
    encoder = find_encoder("capnsafe")
    assert TARGET.refusal(encoder) is None
    assert TARGET.run(sequence, encoder, True).violations == ()
    story = TARGET.tell(sequence, encoder)
    assert story[0] == "scenarios 1 to 2 of 3"
    assert "scenario 3 of 3, in the same process" in story
    assert TARGET.lines(sequence) == ["h0 = root"]
    assert [len(one.inputs) for one in TARGET.beginnings(TARGET.sample)] == [1]
    assert TARGET.memory(sequence) == "heap"
    moved = TARGET.over_memory(sequence, "malloc")
    assert {one.memory.name for one in moved.inputs} == {"malloc"}
