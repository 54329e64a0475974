"""capnsafe does the same behind a driver, and mistakes of drivers are found."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.encoders.driven import process
from capnsafe_fuzz.encoders.driven.encoder import DrivenEncoder
from capnsafe_fuzz.encoders.driven.process import DriverFailedError
from capnsafe_fuzz.execution import execute, explain, observe, script
from capnsafe_fuzz.record import Step
from capnsafe_fuzz.report.matrix import matrix_of
from capnsafe_fuzz.scenario import Scenario, parse_scenario
from capnsafe_fuzz.targets import find_target

ROOT = Path(__file__).parents[3]
DRIVER = (sys.executable, str(ROOT / "fuzz" / "drivers" / "python" / "capnsafe_driver.py"))
MISTAKEN = (sys.executable, str(Path(__file__).parent / "mistaken_driver.py"))
CLEAN = find_encoder("capnsafe")
TEXT = """\
capnsafe scenario 1
memory heap segment_words=64
limit max_segment_words=536870911
h0 = root
set h0.u32 8
get h0.u32
set h0.text "abc"
"""

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def driven() -> Iterator[DrivenEncoder]:
    encoder = DrivenEncoder("driven", DRIVER)
    yield encoder
    encoder.processes.close()


@pytest.fixture
def mistaken(request: pytest.FixtureRequest) -> Iterator[DrivenEncoder]:
    encoder = DrivenEncoder("mistaken", (*MISTAKEN, request.param))
    yield encoder
    encoder.processes.close()


def test_the_corpus(driven: DrivenEncoder) -> None:
    folder = ROOT / "corpus" / "builder"
    for path in sorted(folder.rglob("*.scenario"))[::3]:
        scenario = parse_scenario(path.read_text())
        assert execute(scenario, driven).violations == (), path


def test_random_scenarios_have_the_same_outcomes(driven: DrivenEncoder) -> None:
    target, rng = find_target("builder"), Random(16)
    for _ in range(60):
        scenario = target.generate(rng)
        # Memory of other kinds is no memory of a driver, and may move or refuse elsewhere.
        assert isinstance(scenario, Scenario)
        plain = replace(scenario, memory=replace(Scenario().memory, segment_words=64), faults=())
        here, there = observe(plain, CLEAN), observe(plain, driven)
        if any(step.unsupported for step in there.steps):
            continue
        for one, other in zip(here.steps, there.steps, strict=True):
            assert facts(one) == facts(other)
        assert execute(scenario, driven).violations == ()


def facts(step: Step) -> tuple[object, ...]:
    ending = step.outcome, step.value, step.failure, str(step.error)
    return *ending, step.output, step.canonical


def test_an_interrupt_passes_unchanged(driven: DrivenEncoder) -> None:
    text = TEXT + "fault refuse KeyboardInterrupt segment 4 once\n"
    steps = observe(parse_scenario(text), driven).steps
    (interrupted,) = [step for step in steps if step.outcome == "interrupted"]
    assert type(interrupted.error) is KeyboardInterrupt


@pytest.mark.parametrize(
    ("mistaken", "group"),
    [
        ("wrong value", "P11 get number value"),
        ("nothing", "P11 set number contents"),
        ("forgetful", "P8 close never-released"),
        ("signal", "P1 set number SIGSEGV before any call of the allocator"),
        ("exit", "P1 set number exit-3 before any call of the allocator"),
        ("garbage", "P1 set number garbage before any call of the allocator"),
        ("one line more", "P1 close garbage after release"),
        ("strange answer", "P1 set number garbage before any call of the allocator"),
    ],
    indirect=["mistaken"],
)
def test_a_mistake_is_found(mistaken: DrivenEncoder, group: str) -> None:
    found = explain(parse_scenario(TEXT), mistaken).violations
    assert [violation.group for violation in found] == [group]


@pytest.mark.parametrize("mistaken", ["stale"], indirect=True)
def test_a_write_to_a_place_that_was_left_is_found(mistaken: DrivenEncoder) -> None:
    text = TEXT + "fault move one after 2 once\n"
    assert "P3 set text stale-write" in {
        violation.group for violation in explain(parse_scenario(text), mistaken).violations
    }


@pytest.mark.parametrize("mistaken", ["exit"], indirect=True)
def test_a_death_ends_one_scenario_and_no_other(mistaken: DrivenEncoder) -> None:
    text = TEXT.replace("set h0.u32 8\n", "").replace('set h0.text "abc"\n', "")
    for _ in range(2):
        (death, *_), alive = observe_errors(mistaken, TEXT), observe_errors(mistaken, text)
        assert "code 3: a last word, before any call" in death
        assert alive == []
    assert mistaken.processes.deaths == 2
    # It gives a program, too.
    assert "sys.exit(1 if" in script(parse_scenario(TEXT), mistaken)


@pytest.mark.parametrize("mistaken", ["late signal"], indirect=True)
def test_a_death_after_the_last_answer_is_told_by_the_next_scenario(
    mistaken: DrivenEncoder,
) -> None:
    assert observe_errors(mistaken, TEXT) == []
    # It says that it is closed, and dies then.
    os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    (death, *_) = observe_errors(mistaken, TEXT)
    assert "it ended with SIGSEGV" in death
    assert observe_errors(mistaken, TEXT) == []


def observe_errors(encoder: DrivenEncoder, text: str) -> list[str]:
    return [str(step.error) for step in observe(parse_scenario(text), encoder).steps if step.error]


@pytest.mark.parametrize("mistaken", ["hang"], indirect=True)
def test_a_hang_is_found(mistaken: DrivenEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "WAIT_SECONDS", 0.5)
    groups = {violation.group for violation in explain(parse_scenario(TEXT), mistaken).violations}
    assert groups == {"P1 set number hang before any call of the allocator"}


@pytest.mark.parametrize(
    ("states", "seconds"),
    [
        # It computes, sleeps, or does not get the processor.
        (lambda second: process._State(second, sleeps=False), 3),
        (lambda second: process._State(0.0, sleeps=True), 8),
        (lambda second: process._State(second / 100, sleeps=False), 80),
        (lambda second: process._State(second / 30, sleeps=False), 80),
        (lambda second: process._State(second / 4, sleeps=False), 12),
    ],
)
def test_the_time_of_an_answer(
    states: Callable[[float], process._State], seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(process, "_state_of", lambda pid: states(now))
    clock = process._Clock(1, 0.0, process.WAIT_SECONDS)
    while not clock.is_over():
        now += 0.25
    assert now == pytest.approx(seconds, abs=0.25)


@pytest.mark.parametrize("mistaken", ["printing"], indirect=True)
def test_what_is_printed_without_end_takes_little_memory(mistaken: DrivenEncoder) -> None:
    peaks: list[int] = []
    printed: list[int] = []
    drop = process.DriverProcess.drop_printed

    def watched(self: process.DriverProcess) -> None:
        file = os.fstat(self._errors)
        peaks.append(file.st_blocks * 512)
        printed.append(file.st_size)
        drop(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process.DriverProcess, "drop_printed", watched)
        (first, *_) = observe_errors(mistaken, TEXT)
    assert "did not answer within 3 seconds: " in first
    assert first.endswith("endless endless, before any call of the allocator")
    assert max(peaks) < max(printed) / 2


@pytest.mark.parametrize(("command", "how"), [("false", "code 1"), ("cat", "'start'")])
def test_a_process_that_never_was_a_driver_is_replaced(command: str, how: str) -> None:
    processes = process.Processes((command,))
    for _ in range(2):
        present = processes.present()
        with pytest.raises(DriverFailedError, match=how):
            assert present.hello
        assert present.has_ended
        # It has printed nothing that could be dropped, and its file is closed.
        present.drop_printed()
    assert processes.present() is not present
    processes.close()


@pytest.mark.parametrize("mistaken", ["unsupported"], indirect=True)
def test_what_a_driver_cannot_do_is_told(mistaken: DrivenEncoder) -> None:
    verdict = execute(parse_scenario(TEXT), mistaken)
    assert {name for name, _, outcome in verdict.situations if outcome == "unsupported"} == {
        "set number",
        "set text",
    }
    assert verdict.violations == ()


def test_faults_that_a_driver_does_not_support_are_told(driven: DrivenEncoder) -> None:
    scenario = parse_scenario(TEXT + "fault collect read allocate 1 once\n")
    verdict = execute(scenario, driven)
    left_out = ("fault collect", "-", "unsupported")
    assert left_out in verdict.situations
    assert (verdict.violations, verdict.faults_fired) == ((), 0)
    cells = [dict(zip(("operation", "fault", "outcome"), one, strict=True)) for one in (left_out,)]
    matrix = matrix_of({"situations": cells, "encoder": "driven"}, None)
    assert matrix.rows == []


HELLO = "hello library=x version=1 operations=root"


def _says(*lines: str) -> tuple[str, ...]:
    """Return the command of a process that reads a line, writes some, and ends."""
    return ("sh", "-c", 'read start; printf "%s\\n" "$@"', "sh", *lines)


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (("no-such-driver",), "cannot be started: No such file"),
        (("cat",), "its first line begins with 'start'"),
        (("false",), "it did not send its hello: it exited with code 1"),
        (
            _says("hello library=x version=1 operations=rot"),
            "operations=rot is unknown; known are adopt",
        ),
        (_says(f"{HELLO} able=memory,wrods"), "able=wrods is unknown; known are coverage, grow"),
        (_says(f"{HELLO} detects=stael"), "detects=stael is unknown; known are index, kind, stale"),
        (_says(f"{HELLO} promises=P99"), "promises=P99 is unknown; known are P1"),
        (_says(HELLO, "demand name=zero"), "demand name=zero is unknown; known are enough"),
        (_says(HELLO), "it did not send 'ready' after its hello: it exited with code 0"),
    ],
)
def test_what_is_no_driver(command: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(DriverFailedError, match=complaint):
        DrivenEncoder("none", command).check()
