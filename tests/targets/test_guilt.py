"""The guilty line of planted bugs: each rule of evidence, and the search for a change."""

from __future__ import annotations

import pytest
from capnsafe_fuzz.encoders.planted import encoder, witness
from capnsafe_fuzz.guilt.guilty import Guilty
from capnsafe_fuzz.scenario import parse_scenario
from capnsafe_fuzz.targets import find_target
from capnsafe_fuzz.targets.guilt import find_guilty, is_same_mistake

BUILDER = find_target("builder")

OTHER_SYMPTOM = """capnsafe scenario 1
memory heap segment_words=1
limit max_segment_words=536870911
h0 = root
h1 = init h0.u32s 1
h2 = init h0.u32s 1
fault refuse MemoryError allocate 3 once
"""


def guilty(bug: str, promise: str, *, repair: bool = False) -> Guilty | None:
    return find_guilty(BUILDER, witness(bug), encoder(bug), promise, repair=repair)


@pytest.mark.parametrize(
    ("bug", "promise", "place", "source"),
    [
        # The exception that escaped, and the handler that let it through.
        (
            "allocator_error_escapes",
            "P1",
            "_build/granting.py:GrantingArena.grant",
            "except MemoryError as error:",
        ),
        # The handler that kept an interrupt.
        (
            "interrupt_taken_for_no_growth",
            "P1",
            "_build/granting.py:GrantingArena.grow",
            "except BaseException:",
        ),
        # A write before the exception, in the function that let it pass.
        (
            "zero_before_allocate",
            "P2",
            "_build/draft.py:Draft.install",
            "Draft(arena).link(slot, [(word, 0)])",
        ),
        # A write outside.
        (
            "grant_size_not_checked",
            "P3",
            "_build/segment.py:fill",
            "(c_char * (words * WORD_BYTES)).from_address(address).raw = octets",
        ),
        # The first of two releases.
        (
            "rejected_grant_released_twice",
            "P8",
            "_build/granting.py:GrantingArena._release",
            None,
        ),
    ],
)
def test_the_evidence_points_at_a_line(
    bug: str, promise: str, place: str, source: str | None
) -> None:
    found = guilty(bug, promise)
    assert found is not None
    assert found.place == place
    assert source is None or found.source == source
    assert not found.change


@pytest.mark.process
def test_a_change_that_repairs_the_encoder_names_the_line() -> None:
    found = guilty("zero_before_allocate", "P2", repair=True)
    assert found is not None
    assert found.place == "_build/draft.py:Draft.install"
    assert found.source == "Draft(arena).link(slot, [(word, 0)])"
    assert found.change == "without `Draft(arena).link(slot, [(word, 0)])`"
    assert Guilty.from_json(found.to_json()) == found
    planted = encoder("zero_before_allocate")
    other = parse_scenario(OTHER_SYMPTOM)
    assert is_same_mistake(BUILDER, other, planted, found)
    # Everything is as it was.
    assert BUILDER.run(other, planted, False).violations
    elsewhere = encoder("allocator_error_escapes")
    assert not is_same_mistake(BUILDER, witness("allocator_error_escapes"), elsewhere, found)


def test_where_nothing_is_broken_nobody_is_guilty() -> None:
    clean = encoder("zero_before_allocate")
    assert find_guilty(BUILDER, BUILDER.sample, clean, "P2") is None
