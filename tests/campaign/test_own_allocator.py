"""Campaigns over an allocator of one's own: it must keep its contract, or is named for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from capnsafe_fuzz.campaign.targets import UnknownNameError, find_memory, find_target
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.execution import execute
from capnsafe_fuzz.scenario import decode, encode, parse_scenario, print_scenario
from capnsafe_fuzz.targets.build.memories import over_memory

MODULE = """
class Plain:
    def __init__(self):
        self.live = {}
    def allocate(self, minimum_words):
        key = object()
        self.live[key] = bytearray(minimum_words * 8)
        return key
    def segment(self, key):
        return self.live[key]
    def release(self, key, words_used):
        del self.live[key]


class Forgetful(Plain):
    def segment(self, key):
        return bytearray(self.live[key])


class Failing(Plain):
    def __init__(self):
        raise OSError("no such device")
"""

TEXT = """\
capnsafe scenario 1
memory own_memory_of_a_test:Plain segment_words=64
limit max_segment_words=36
h0 = root
set h0.text "a"
"""


@pytest.fixture(autouse=True)
def _module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_memory_of_a_test.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))


def test_one_that_keeps_its_contract_is_taken() -> None:
    name = "own_memory_of_a_test:Plain"
    assert find_memory(name, find_target("build")) == name


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Forgetful", "breaks the contract of allocators:\n'kept'"),
        ("Failing", "cannot be tried: OSError"),
        ("Missing", "no allocator 'own_memory_of_a_test:Missing'"),
    ],
)
def test_one_that_does_not_is_named_for_it(name: str, what: str) -> None:
    with pytest.raises(UnknownNameError, match=what):
        find_memory(f"own_memory_of_a_test:{name}", find_target("build"))


def test_a_scenario_names_it_in_text_and_is_a_heap_in_bytes() -> None:
    scenario = parse_scenario(TEXT)
    assert print_scenario(scenario) == TEXT
    assert decode(encode(scenario)).memory.name == "heap"
    assert over_memory(decode(encode(scenario)), scenario.memory.name).memory == scenario.memory


def test_a_scenario_runs_over_it() -> None:
    verdict = execute(parse_scenario(TEXT), find_encoder("capnsafe"), each_step=True)
    assert verdict.violations == ()
    assert verdict.allocator_calls > 4
