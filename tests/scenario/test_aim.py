"""Where a changed word would be met: the guesses hold for an encoder that has room."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.scenario import generate, mutate, parse_scenario
from capnsafe_fuzz.scenario.aim import ReadBack, read_backs

from capnsafe import HeapAllocator, unframe

HEAD = """capnsafe scenario 1
memory heap segment_words=1024
limit max_segment_words=536870911
"""
WORDS = 4096


def program(text: str) -> Any:
    return parse_scenario(HEAD + text).operations


def built(operations: Any) -> bytes:
    """The one segment that a program makes."""
    memory: Any = HeapAllocator(segment_words=WORDS)
    session = find_encoder("capnsafe").session(memory, (1 << 29) - 1)
    for operation in operations:
        session.perform(operation)
    (segment,) = unframe(session.output())
    session.close()
    return bytes(segment)


def led_to(segment: bytes, word: int) -> int:
    """The word to which the pointer at a word leads."""
    pointer = int.from_bytes(segment[word * 8 : word * 8 + 4], "little", signed=True)
    return word + 1 + (pointer >> 2)


@pytest.mark.parametrize(
    "text",
    [
        "h0 = root\nh1 = init h0.smalls 2\nclear h0.smalls\n",
        'h0 = root\nset h0.text "a"\nset h0.text "b"\n',
        "h0 = root\nh1 = init h0.child\nh2 = init h1.u16s 9\nh3 = open h1.u16s\n",
        'h0 = root\nh1 = init h0.texts 3\nset h1[2] "long enough"\nclear h1[2]\n',
        'h0 = root\nh1 = fill h0.u8s x"0102"\nh2 = disown h0.u8s\n',
        "h0 = root\nh1 = init h0.child\nh2 = new h1\nh3 = init h1.smalls 1\ncopy h1.smalls h3\n",
    ],
)
def test_the_pointer_leads_to_the_first_word(text: str) -> None:
    operations = program(text)
    meeting = read_backs(operations)[-1]
    assert meeting.operation == len(operations) - 1
    pointer, first = meeting.words
    assert led_to(built(operations[:-1]), pointer) == first


def test_the_tag_of_a_list_is_met() -> None:
    operations = program("h0 = root\nh1 = init h0.smalls 2\nclear h0.smalls\n")
    assert read_backs(operations) == [ReadBack(2, (32, 36))]
    tag = built(operations[:2])[36 * 8 :]
    assert int.from_bytes(tag[:8], "little") == 2 << 2 | 1 << 32 | 1 << 48


def test_an_element_of_a_struct_list_has_no_pointer() -> None:
    text = "h0 = root\nh1 = init h0.smalls 2\nh2 = open h1[0]\nh3 = open h1[0]\nh4 = root\n"
    assert read_backs(program(text)) == [ReadBack(4, (0, 1))]


def test_what_was_never_made_is_not_met() -> None:
    assert (
        read_backs(program("h0 = root\nclear h0.text\nselect h0.choice number\nget h0.u8\n")) == []
    )


@pytest.mark.thorough
def test_faults_are_laid_where_words_are_read_back() -> None:
    rng = Random(3)
    aimed = changed = 0
    for _ in range(1500):
        scenario = mutate(generate(rng, 8), rng)
        met = {(m.operation - 1, word) for m in read_backs(scenario.operations) for word in m.words}
        for fault in scenario.faults:
            if fault.family == "scribble" and fault.kind != "circles" and met:
                changed += 1
                aimed += fault.when.value == "after" and (fault.number, fault.amount) in met
    assert 0.3 < aimed / changed < 0.8
