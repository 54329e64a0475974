"""Every family of faults over every memory: capnsafe keeps its promises, and the faults fire."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from capnsafe_allocators import FAMILIES, When, parse_fault
from capnsafe_allocators.exporter import COUNTS_VIEWS
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.execution import execute
from capnsafe_fuzz.scenario import Scenario, parse_scenario
from capnsafe_fuzz.scenario.honest import is_installed
from capnsafe_fuzz.scenario.scenario import BOUNDED_MEMORIES, MEMORY_NAMES

CLEAN = find_encoder("capnsafe")

#: Something in three segments, of which the second and third are not full; written and overwritten.
PROGRAM = """\
h0 = root
set h0.u32 7
set h0.text "a text in another segment"
h1 = init h0.u16s 9
set h1[8] 65535
set h0.text "another"
get h0.text
h2 = init h0.small
set h2.label "b"
clear h0.u16s
output
"""

MOMENTS = ("allocate 2", "segment 5", "release 1", "any 9", "after 2")

#: Over memory that stays nothing moves, is cut or is garbled, and there is no guest but in one.
NOT_WHERE_MEMORY_STAYS = {"move", "shrink", "vanish", "garble"}


def memory_line(name: str) -> str:
    return f"{name} segment_words=37" + (" total_words=600" if name in BOUNDED_MEMORIES else "")


def scenarios(memory: str, family: str) -> Iterator[Scenario]:
    for name, kind in FAMILIES[family].kinds.items():
        for moment in MOMENTS:
            if When(moment.split()[0]) not in FAMILIES[family].moments:
                continue
            options = " segment=0" * kind.takes_segment + " amount=3" * kind.takes_amount
            for often in ("once", "always"):
                line = f"{family} {name} {moment} {often}{options}"
                parse_fault(line)
                yield parse_scenario(
                    f"capnsafe scenario 1\nmemory {memory_line(memory)}\n"
                    f"limit max_segment_words=40\n{PROGRAM}fault {line}\n"
                )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("memory", MEMORY_NAMES)
def test_faults_over_memory(memory: str, family: str) -> None:
    if not is_installed(memory):
        pytest.skip(f"{memory} needs a library")
    fired = set()
    for scenario in scenarios(memory, family):
        verdict = execute(scenario, CLEAN, each_step=True)
        assert verdict.violations == (), scenario
        if verdict.faults_fired:
            fired.add(scenario.faults[0].kind)
    expected = set(FAMILIES[family].kinds)
    if family == "guest" and memory != "wasm":
        expected = set()
    if memory == "stable":
        if family in NOT_WHERE_MEMORY_STAYS:
            expected &= {"thorny-key", "no-key"}
        expected -= {"overlap", "later", "claim"}
    elif memory not in ("heap", "stable"):
        expected -= {"resize"}  # Of a bytearray, which only these are.
    if not COUNTS_VIEWS:
        expected -= {"claim"}
    assert fired == expected
