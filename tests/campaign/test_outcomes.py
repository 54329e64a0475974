"""Every outcome of the table is made to happen: its exit code, its sentence, its JSON."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from capnsafe_fuzz.campaign import gate, parent, shards, triage
from capnsafe_fuzz.campaign.exit_codes import EXIT_CODES
from capnsafe_fuzz.campaign.outcomes import OUTCOMES, RunOutcome, Unsettling
from capnsafe_fuzz.cli import main
from capnsafe_fuzz.encoders.planted import BUGS
from capnsafe_fuzz.scenario import Operation, Scenario, Verb, print_scenario

from .conftest import CANARY

BUG = CANARY
ROOT = Operation(Verb.ROOT)
SEEDS = {
    "text": Scenario(operations=(ROOT, Operation(Verb.SET, 0, "text", "a text"))),
    "list": Scenario(operations=(ROOT, Operation(Verb.INIT, 0, "u16s", 9))),
}
KNOWN = "P1 set text ZeroDivisionError bad_encoders.py:_raise"

CHANGING = """
from stateful_encoders import WrongOnce

class Changing(WrongOnce):
    def __init__(self):
        super().__init__()
        self.name = "changing:Changing"
    def begin(self):
        if self.sessions == 3:
            with open(__file__, "a") as file:
                file.write("# changed\\n")
"""


@dataclass(frozen=True)
class Place:
    """A folder with a corpus, and what a case may change for its test."""

    folder: Path
    patch: pytest.MonkeyPatch

    @property
    def seeds(self) -> Path:
        return self.folder / "corpus"


Case = Callable[[Place], list[str]]


def fuzz(encoder: str, *options: str) -> Case:
    """A campaign of few executions."""

    def arguments(place: Place) -> list[str]:
        ended = {"--time", "--until-stale"} & set(options)
        runs = [] if ended else ["--runs", "40"]
        return [
            "fuzz", "builder", "--engine", "random", "--seed", "1", *runs,
            "--seeds", str(place.seeds), "--encoder", encoder,
            "--findings", str(place.folder / "findings"), *options,
        ]  # fmt: skip

    return arguments


def with_changed(case: Case, prepare: Callable[[Place], object]) -> Case:
    """The same after something was changed."""

    def arguments(place: Place) -> list[str]:
        prepare(place)
        return case(place)

    return arguments


def bent(name: str) -> str:
    return f"bad_encoders:{name}"


def stateful(name: str) -> str:
    return f"stateful_encoders:{name}"


def gated(encoder: str, settings: str = "", **patches: Any) -> Case:
    """A gate with one canary and one witness."""

    def arguments(place: Place) -> list[str]:
        place.patch.setattr(gate, "BUGS", {BUG: BUGS[BUG]})
        for name, value in patches.items():
            place.patch.setattr(gate, name, value)
        (place.folder / "pyproject.toml").write_text(
            f'[tool.capnsafe]\nencoder = "{encoder}"\nengine = "random"\nexecutions = 40\n'
            f'corpus = "corpus"\ncanaries = ["{BUG}"]\ntargets = ["builder"]\n{settings}'
        )
        return ["gate", "--findings", str(place.folder / "findings")]

    return arguments


def without(case: Case, module: str) -> Case:
    """The same where a module cannot be imported."""

    def arguments(place: Place) -> list[str]:
        place.patch.setitem(sys.modules, module, None)
        return case(place)

    return arguments


def canary(runs: str) -> Case:
    def arguments(place: Place) -> list[str]:
        findings = str(place.folder / "findings")
        return ["canaries", BUG, "--engine", "random", "--runs", runs, "--findings", findings]

    return arguments


def swept(*options: str) -> Case:
    """A sweep of one small program."""

    def arguments(place: Place) -> list[str]:
        path = place.folder / "root.scenario"
        path.write_text(print_scenario(Scenario(operations=(Operation(Verb.ROOT),))))
        return ["sweep", str(path), "--findings", str(place.folder / "findings"), *options]

    return arguments


def few_deaths(place: Place) -> None:
    place.patch.setattr(parent, "MOST_DEATHS", 2)


def short_epochs(place: Place) -> None:
    """The seeds first, and then epochs of one execution each."""
    for name in ("FIRST", "FEWEST", "WIDTH"):
        place.patch.setattr(shards, name, 1)
    place.patch.setattr(shards, "WIDEST", 1)
    place.patch.setattr(shards, "MOST", 2)


def other_clean_encoder(place: Place) -> None:
    place.patch.setattr(triage, "CLEAN_ENCODER", bent("raising_twice"))


def write_known(place: Place) -> None:
    element = KNOWN.replace("set text ", "set text element ")
    (place.folder / "known").write_text(f"{KNOWN}\n{element}\n")


def write_changing(place: Place) -> None:
    (place.folder / "changing.py").write_text(CHANGING)
    place.patch.delitem(sys.modules, "changing", raising=False)


def no_seeds(place: Place) -> None:
    for path in place.seeds.rglob("*.scenario"):
        path.unlink()


CASES: Mapping[str, Case] = {
    "execution passed": fuzz("capnsafe"),
    "execution broken": fuzz(bent("raising")),
    "execution sequence": fuzz(stateful("WrongFromTheTenth")),
    "execution crash": fuzz(bent("segfaulting"), "-x"),
    "execution timeout": fuzz(bent("hanging"), "-x", "--timeout", "0.3s"),
    "execution flaky": fuzz(stateful("WrongOnce")),
    "execution shared": with_changed(fuzz(bent("raising")), other_clean_encoder),
    "execution known": with_changed(fuzz(bent("raising"), "--known", "known"), write_known),
    "execution unsupported": fuzz(bent("without_lists")),
    "execution harness": fuzz(bent("broken")),
    "worker death": fuzz(stateful("EndsOnce"), "--runs", "60"),
    "judge code": with_changed(fuzz("changing:Changing"), write_changing),
    "campaign executions": with_changed(fuzz(stateful("EndsAlways")), few_deaths),
    "campaign seeds": fuzz(stateful("Slow"), "--time", "1s"),
    "campaign allowed": fuzz(stateful("WrongOnce"), "--allow-flaky"),
    "campaign stale": with_changed(fuzz(bent("without_lists"), "--until-stale"), short_epochs),
    "campaign usage": fuzz("nosuch"),
    "campaign nothing": with_changed(fuzz("capnsafe"), no_seeds),
    "campaign unsupported": fuzz(bent("without_anything")),
    "campaign environment": fuzz("capnsafe", "--findings", "/dev/null/findings"),
    "campaign interrupted": fuzz(stateful("Interrupting")),
    "sweep passed": swept(),
    "sweep executions": swept("--runs", "1"),
    "gate open": gated("capnsafe"),
    "gate shut": gated(bent("raising")),
    "gate blind": gated("capnsafe", CANARY_EXECUTIONS=2),
    "gate unsettled": gated(stateful("WrongOnce")),
    "gate lacking": without(gated("capnsafe"), "wasmtime"),
    "gate error": with_changed(gated("capnsafe"), no_seeds),
    "canaries found": canary("3000"),
    "canaries missed": canary("2"),
}
IDS = [f"{outcome.of} {outcome.name}" for outcome in OUTCOMES]


def test_there_is_a_case_for_every_outcome_and_an_outcome_for_every_code() -> None:
    assert list(CASES) == IDS
    assert {outcome.code for outcome in OUTCOMES} == set(EXIT_CODES)
    assert set(Unsettling) <= {outcome.name for outcome in OUTCOMES}


@pytest.fixture
def hearing_interrupts() -> Iterator[None]:
    """As in a terminal: where tests run in the background, SIGINT may be ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.process
@pytest.mark.usefixtures("near_canary", "hearing_interrupts")
@pytest.mark.parametrize("outcome", OUTCOMES, ids=IDS)
def test_it_happens(
    outcome: RunOutcome,
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name, scenario in SEEDS.items():
        path = corpus / "builder" / "seeds" / f"{name}.scenario"
        path.write_text(print_scenario(scenario))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    arguments = CASES[f"{outcome.of} {outcome.name}"](Place(tmp_path, monkeypatch))
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--json", "result.json"])
    said = "".join(capfd.readouterr())
    assert ended.value.code == outcome.code, said
    assert outcome.sentence in said
    if outcome.code != 2:
        assert told(outcome, json.loads(Path("result.json").read_text()))


def told(outcome: RunOutcome, data: dict[str, Any]) -> bool:
    """Whether ``--json`` tells of it where the table says."""
    assert data["exit_code"] == outcome.code
    where, _, value = outcome.json.partition(" = ")
    above: list[Any] = data.get("campaigns", [])
    if outcome.of == "gate":
        above = data["parts"]
    elif outcome.of == "canaries":
        above = data["canaries"]
    *lists, key = where.removeprefix("parts[].").removeprefix("canaries[].").split(".")
    for name in lists:
        found = [each[name.removesuffix("[]")] for each in above]
        above = [one for part in found for one in ([part] if isinstance(part, dict) else part)]
    if key == "exit_code":
        return True
    values = [each[key.removesuffix("[]")] for each in above]
    if not value:
        return any(values)
    wanted = value.replace("TARGET", "builder").partition("…")[0].strip()
    return any(str(one).startswith(wanted) for one in values)
