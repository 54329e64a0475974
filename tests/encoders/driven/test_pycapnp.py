"""pycapnp behind its driver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from capnsafe_fuzz.encoders.driven.encoder import DrivenEncoder
from capnsafe_fuzz.execution import execute, explain
from capnsafe_fuzz.known_drivers import COMMANDS
from capnsafe_fuzz.scenario import parse_scenario

pytestmark = pytest.mark.process

TEXT = """\
capnsafe scenario 1
memory heap segment_words=37
limit max_segment_words=536870911
h0 = root
set h0.text "old"
"""


@pytest.fixture(scope="module")
def pycapnp() -> Iterator[DrivenEncoder]:
    encoder = DrivenEncoder("pycapnp", COMMANDS["pycapnp"]())
    yield encoder
    encoder.processes.close()


def groups(encoder: DrivenEncoder, rest: str) -> list[str]:
    return [found.group for found in explain(parse_scenario(TEXT + rest), encoder).violations]


def test_each_operation_without_faults(pycapnp: DrivenEncoder) -> None:
    program = """\
get h0.text
set h0.group.text "\\u{e9}"
get h0.group.text
get h0.data
set h0.f32 0x7fc00000
get h0.f32
set h0.colour 1
get h0.colour
set h0.i32Default -7
h1 = init h0.smalls 2
h2 = open h1[1]
set h2.flag true
h3 = init h0.matrix 2
h4 = init h3[1] 3
set h4[2] 65535
h5 = open h3[1]
h6 = init h0.texts 2
set h6[0] "x"
get h6[0]
select h0.choice numbers
set h0.choice.numbers.low -1
get h0.choice
select h0.choice number
set h0.choice.number 7
get h0.choice.number
select h0.choice words
select h0.choice mixed
h7 = open h0.choice.mixed
get h7.either
select h7.either flag
set h7.either.flag true
get h7.either.flag
select h7.either pair
set h7.either.pair.second x"01"
select h7.either words
set h7.either.words "x"
get h7.either
select h7.either blank
h8 = fill h0.u16s x"01000200"
h9 = init h0.child
copy h9.small h2
h10 = disown h0.text
adopt h9.text h10
clear h0.group.text
h11 = reopen
h12 = disown h0.smalls
h13 = unwrap h12
drop h12
output
"""
    verdict = execute(parse_scenario(TEXT + program), pycapnp, each_step=True)
    assert verdict.violations == ()
    assert "unsupported" not in {outcome for _, _, outcome in verdict.situations}


def test_what_faults_do(pycapnp: DrivenEncoder) -> None:
    assert groups(pycapnp, "fault garble none segment 1 once\n")[0].startswith("P1 root pycapnp.")
    moved = groups(pycapnp, "set h0.u32 8\nfault move one after 1 once\n")
    assert "P3 set number stale-write" in moved
    lost = 'set h0.text "too long for the first segment"\nfault refuse OSError allocate 2 once\n'
    assert "P2 set text contents" in groups(pycapnp, lost)


def test_a_refused_release_of_a_segment_that_it_did_not_take(pycapnp: DrivenEncoder) -> None:
    short = 'h1 = init h0.small\nset h0.data x"00"\nfault short zero allocate 2 once\n'
    for refused in ("MemoryError", "KeyboardInterrupt"):
        assert groups(pycapnp, f"{short}fault refuse {refused} release 1 once\n") == []


def test_an_index_that_it_does_not_check_ends_the_process(pycapnp: DrivenEncoder) -> None:
    (found,) = groups(pycapnp, "h1 = init h0.datas 0\nclear h1[0]\n")
    assert found == "P1 clear data element pycapnp.SIGABRT before any call of the allocator"
