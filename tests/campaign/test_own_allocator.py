"""Campaigns over an allocator of one's own: it must keep its contract, or is named for it."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign.config import CampaignConfig
from capnsafe_fuzz.campaign.judge import Judge
from capnsafe_fuzz.campaign.parent import run_campaign
from capnsafe_fuzz.campaign.replay import find_scenarios
from capnsafe_fuzz.campaign.targets import UnknownNameError, find_memory, find_target
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.execution import execute
from capnsafe_fuzz.scenario import decode, encode, parse_scenario, print_scenario

BUILD = find_target("builder")

MODULE = """
import os
import time

from bad_encoders import BentEncoder


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


class Hanging(Plain):
    def segment(self, key):
        time.sleep(1000)


class Forking(Plain):
    forked = False

    def allocate(self, minimum_words):
        if not Forking.forked:
            Forking.forked = True
            pid = os.fork()
            if pid == 0:
                time.sleep(300)
            with open(os.path.join(os.path.dirname(__file__), "started"), "a") as file:
                file.write(f"{pid}\\n")
        return super().allocate(minimum_words)


class Large(Plain):
    def allocate(self, minimum_words):
        return super().allocate(max(minimum_words, 1 << 13))


class Session:
    # Gives out nothing but zeros where a segment was large.

    def __init__(self, session, memory):
        self._session = session
        self._memory = memory

    def __getattr__(self, name):
        return getattr(self._session, name)

    def output(self):
        output = self._session.output()
        return bytes(len(output)) if self._memory.large else output


class Watched:
    def __init__(self, memory):
        self._memory = memory
        self.large = False

    def __getattr__(self, name):
        return getattr(self._memory, name)

    def segment(self, key):
        buffer = self._memory.segment(key)
        try:
            self.large |= memoryview(buffer).nbytes > 8 << 12
        except TypeError:
            pass
        return buffer


class WrongWhereLarge(BentEncoder):
    def session(self, memory, max_segment_words, **options):
        watched = Watched(memory)
        return Session(self._encoder.session(watched, max_segment_words, **options), watched)


wrong_where_large = WrongWhereLarge("wrong_where_large", lambda operation: None)
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


@pytest.mark.process
def test_one_that_keeps_its_contract_is_taken() -> None:
    name = "own_memory_of_a_test:Plain"
    assert find_memory(name, BUILD) == name


@pytest.mark.process
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Forgetful", "breaks the contract of allocators:\nbroken rule: preserved contents"),
        ("Failing", "cannot be tried: OSError"),
        ("Missing", "no allocator 'own_memory_of_a_test:Missing'"),
    ],
)
def test_one_that_does_not_is_named_for_it(name: str, what: str) -> None:
    with pytest.raises(UnknownNameError, match=what):
        find_memory(f"own_memory_of_a_test:{name}", BUILD)


@pytest.mark.process
def test_one_that_never_answers_is_left_where_nobody_waits() -> None:
    started = time.monotonic()
    wanted = iter([True, True, False])
    name = "own_memory_of_a_test:Hanging"
    find_memory(name, BUILD, lambda: not next(wanted, False))
    assert time.monotonic() - started < 20


@pytest.mark.process
def test_what_one_starts_ends_with_its_trial(tmp_path: Path) -> None:
    name = "own_memory_of_a_test:Forking"
    assert find_memory(name, BUILD) == name
    started = [int(line) for line in (tmp_path / "started").read_text().split()]
    assert started

    def running(pid: int) -> bool:
        with suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        return False

    until = time.monotonic() + 5
    while any(map(running, started)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(running, started))


def test_a_scenario_names_it_in_text_and_is_a_heap_in_bytes() -> None:
    scenario = parse_scenario(TEXT)
    assert print_scenario(scenario) == TEXT
    assert decode(encode(scenario)).memory.name == "heap"
    assert (
        BUILD.over_memory(decode(encode(scenario)), scenario.memory.name).memory == scenario.memory
    )


def test_a_scenario_runs_over_it() -> None:
    verdict = execute(parse_scenario(TEXT), find_encoder("capnsafe"), each_step=True)
    assert verdict.violations == ()
    assert verdict.allocator_calls > 4


@pytest.mark.process
def test_what_shows_over_it_alone_is_confirmed_over_it(config: CampaignConfig) -> None:
    encoder, memory = "own_memory_of_a_test:wrong_where_large", "own_memory_of_a_test:Large"
    result = run_campaign(replace(config, encoder=encoder, memory=memory, runs=100))
    assert not result.unconfirmed
    kept = result.findings["P11 output framing"]
    assert kept.finding.scenario.memory.name == memory
    with Judge("builder", timeout=60.0, memory_limit=None) as judge:
        (found,) = find_scenarios(kept.path)
        assert judge.ask(encoder, found.scenario).groups == {"P11 output framing"}
        assert not judge.ask(encoder, BUILD.over_memory(found.scenario, "heap")).groups
