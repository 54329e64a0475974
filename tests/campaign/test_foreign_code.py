"""Any misbehaviour of a user's encoder or allocator, loaded or run, is reported as such."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from capnsafe_fuzz.campaign import targets
from capnsafe_fuzz.campaign.config import CampaignConfig
from capnsafe_fuzz.campaign.confirmer import in_child
from capnsafe_fuzz.campaign.ending import OUT_OF_MEMORY, place_in
from capnsafe_fuzz.campaign.failures import UsageError
from capnsafe_fuzz.campaign.judge import Judge
from capnsafe_fuzz.campaign.parent import run_campaign
from capnsafe_fuzz.campaign.targets import UnknownNameError, check_encoder, find_memory, find_target
from capnsafe_fuzz.scenario import parse_scenario

from .conftest import SEED

pytestmark = pytest.mark.process

BUILD = find_target("builder")

#: Ends just before the line on which a module misbehaves.
HEAD = """\
import os, signal, sys
in_worker = sys.argv[0].endswith("worker.py")
in_judge = sys.argv[0].endswith("confirmer.py")
"""
TAIL = """
from capnsafe_fuzz.encoders import find_encoder
encoder = find_encoder("capnsafe")
"""
LINE = HEAD.count("\n") + 1


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Writes a module and returns its name, which is that of no other test."""

    def write(text: str) -> str:
        name = f"foreign_{abs(hash((tmp_path, text)))}"
        (tmp_path / f"{name}.py").write_text(HEAD + text + TAIL)
        monkeypatch.syspath_prepend(str(tmp_path))
        return name

    return write


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("os._exit(0)", r"it ended the process \(exit 0\) in {0}"),
        ("sys.exit(0)", r"SystemExit in {0} \(<module>\): 0"),
        ("def f(:", r"SyntaxError in {0}: invalid syntax"),
        ("raise BaseException('odd')", r"BaseException in {0} \(<module>\): odd"),
        ("raise KeyboardInterrupt", r"KeyboardInterrupt in {0}"),
        ("import no_such_library", r"ModuleNotFoundError in {0} .*'no_such_library'"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", r"it ended the process \(SIGSEGV\) in {0}"),
        ("while True: pass", r"1 seconds in {0}"),
        ("while True: os.write(2, bytes(1 << 20))", r"1 seconds in {0}"),
        ("everything = bytearray(1 << 40)", r"MemoryError in {0}"),
    ],
)
def test_a_module_that_cannot_be_loaded_is_told_with_its_line(
    module: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, does: str, told: str
) -> None:
    monkeypatch.setattr(targets, "LOAD_SECONDS", 1.0)
    monkeypatch.setattr(targets, "CONTRACT_SECONDS", 1.0)
    name = module(does)
    place = told.format(rf"{name}\.py:{LINE}")
    with pytest.raises(UnknownNameError, match=f"the encoder '{name}:encoder' cannot.*{place}"):
        check_encoder(f"{name}:encoder", BUILD)
    with pytest.raises(UnknownNameError, match=f"allocator '{name}:Memory' cannot.*{place}"):
        find_memory(f"{name}:Memory", BUILD)
    assert name not in sys.modules


def test_a_module_that_forks_is_loaded_once(
    module: Callable[[str], str], config: CampaignConfig
) -> None:
    name = f"{module('os.fork()')}:encoder"
    result = run_campaign(replace(config, encoder=name, runs=50))
    assert (result.executions, result.worker_deaths) == (50, 0)


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("if in_worker: os._exit(0)", "exit 0"),
        ("while in_worker: pass", "seconds"),
        ("if in_worker: raise OSError('no device')", "OSError"),
    ],
)
def test_what_a_module_does_only_in_a_worker(
    module: Callable[[str], str],
    config: CampaignConfig,
    monkeypatch: pytest.MonkeyPatch,
    does: str,
    told: str,
) -> None:
    if "while" in does:
        monkeypatch.setattr("capnsafe_fuzz.campaign.parent.LOAD_SECONDS", 6.0)
    name = module(does)
    told = rf"'{name}:encoder' cannot be loaded: .*{told}.* in {name}\.py:{LINE}"
    with pytest.raises(UsageError, match=told):
        run_campaign(replace(config, encoder=f"{name}:encoder"))


def test_what_a_module_does_only_in_the_judge(module: Callable[[str], str]) -> None:
    name = module("if in_judge: os._exit(0)")
    with (
        Judge("builder", timeout=10, memory_limit=None) as judge,
        pytest.raises(UsageError, match=rf"cannot be loaded: .*\(exit 0\) in {name}\.py:{LINE}"),
    ):
        judge.ask(f"{name}:encoder", SEED)


def _print_without_end() -> Any:
    while True:
        os.write(1, bytes(1 << 16))
        os.write(2, bytes(1 << 16))


def _leave_one_that_prints() -> Any:
    if os.fork() == 0:
        os.setsid()
        until = time.monotonic() + 20
        while time.monotonic() < until:
            os.write(2, bytes(1 << 16))
        os._exit(0)
    os._exit(3)


def _eat() -> Any:
    kept = []
    while True:
        kept.append(bytearray(1 << 24))


@pytest.mark.parametrize(
    ("does", "ended"),
    [
        (_print_without_end, {"hung": True}),
        (_leave_one_that_prints, {"died": "exit 3"}),
        (_eat, {"died": OUT_OF_MEMORY}),
    ],
)
def test_what_an_execution_does_costs_neither_time_nor_memory(
    does: Callable[[], Any], ended: dict[str, Any]
) -> None:
    started = time.monotonic()
    reply = in_child(does, timeout=20 if does is _eat else 2, memory_limit=1024)
    assert reply.items() >= ended.items()
    assert len(reply["stderr"]) < 20_000
    assert f" in {Path(__file__).name}:" in place_in(reply["stderr"])
    assert time.monotonic() - started < 18


MEMORY = """\
from capnsafe import HeapAllocator
class Memory(HeapAllocator):
    made = 0
    def __init__(self):
        Memory.made += 1
        if (in_worker or in_judge) and Memory.made > {0}: {1}
        super().__init__()
"""


@pytest.mark.parametrize("does", ["raise OSError('no such device')", "sys.exit(0)"])
def test_a_factory_that_fails_is_the_users(
    module: Callable[[str], str], config: CampaignConfig, does: str
) -> None:
    told = rf"allocator '.*:Memory' cannot be made: .*\.py:{LINE + 5} \(__init__\): "
    later = f"{module(MEMORY.format(5, does))}:Memory"
    with pytest.raises(UsageError, match=told):
        run_campaign(replace(config, memory=later))
    never = f"{module(MEMORY.format(0, does))}:Memory"
    text = f"capnsafe scenario 1\nmemory {never} segment_words=64\n"
    text += "limit max_segment_words=36\nh0 = root\n"
    with (
        Judge("builder", timeout=10, memory_limit=None) as judge,
        pytest.raises(UsageError, match=told),
    ):
        judge.ask("capnsafe", parse_scenario(text))


def test_a_guest_on_the_default_engine_fits_under_the_memory_limit() -> None:
    def build() -> dict[str, Any]:
        from wasmtime import Engine, Limits, Memory, MemoryType, Store

        store = Store(Engine())
        memory = Memory(store, MemoryType(Limits(1, None)))
        memory.grow(store, 16)
        return {"violations": [memory.size(store)]}

    assert in_child(build, timeout=20, memory_limit=1024) == {"violations": [17]}
