"""capnp-es behind its driver, which takes no memory from outside."""

from __future__ import annotations

import pytest
from capnsafe_fuzz.encoders.driven.encoder import DrivenEncoder
from capnsafe_fuzz.execution import explain
from capnsafe_fuzz.known_drivers import COMMANDS, missing
from capnsafe_fuzz.scenario import parse_scenario

pytestmark = pytest.mark.process

TEXT = """\
capnsafe scenario 1
memory heap segment_words=64
limit max_segment_words=536870911
h0 = root
set h0.i32Default -7
get h0.i32Default
set h0.text "abc"
get h0.text
get h0.data
h1 = init h0.smalls 2
h2 = open h1[1]
set h2.number 4000000000
h3 = init h0.i64s 2
set h3[1] -5
get h3[1]
select h0.choice numbers
set h0.choice.numbers.high -1
h4 = fill h0.u16s x"01000200"
h5 = open h0.child
disown h0.child
output
fault refuse MemoryError allocate 1 always
"""


def test_programs_run_without_faults() -> None:
    command = COMMANDS["javascript"]()
    if missing(command):
        pytest.skip("make drivers has not built it")
    encoder = DrivenEncoder("javascript", command)
    verdict = explain(parse_scenario(TEXT.replace("disown", "h6 = disown")), encoder)
    encoder.processes.close()
    assert verdict.violations == ()
    assert verdict.faults_fired == 0
    unsupported = {name for name, _, outcome in verdict.situations if outcome == "unsupported"}
    assert unsupported == {"fault refuse", "disown struct"}
