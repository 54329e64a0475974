"""Search for every planted bug: a release has to find them all, and a gate has no time for that.

For each bug, separate processes run the commands that a person would type::

    capnsafe fuzz --encoder planted:NAME --engine E --seed 1 --runs 50000
    capnsafe repro FINDING
    python FINDING/program.py

With the engine ``sweep``, the first command is ``capnsafe sweep --small-scope --runs 50000``.
If that finds nothing, ``capnsafe sweep --runs 50000`` follows, over the seeds.

The campaign must find the bug from this project's seeds. It does not get the regressions, which may
show a bug without any search. It ends with the first finding that is small enough to read, or with
the last execution. Then the kept scenario must break the same promise again. Its program must fail
on the copy with the bug, and pass on capnsafe itself. If any of this fails, the harness is in
trouble, not the encoder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..encoders.planted import BUGS, read_bug
from ..ownership import VARIABLE, OwnedFolder
from ..targets import described
from .children import import_path
from .config import StopRequest
from .corpus import KINDS, corpus_root
from .ending import end_with_parent
from .exit_codes import CLEAN, FINDINGS, INTERRUPTED, PROVED_NOTHING, UNSETTLED
from .failures import UsageError
from .figures import count
from .judge import TIMEOUT_GROUP
from .printed import PROGRAM_FILE, on_the_right_encoder
from .targets import CLEAN_ENCODER, PLANTED, find_target

DEFAULT_RUNS = 50_000

SWEEP = "sweep"
"""The engine that is the command ``capnsafe sweep``."""

MOST: Mapping[str, int] = {"operations": 6, "faults": 1}
"""The largest readable sizes, by noun; a bug that needs more says so in ``[needs]``."""

PROGRAM_SECONDS = 60.0
"""Time limit for a program; one that shows a timeout never ends."""

MOST_FINDINGS = 16
"""The search ends after this many findings that are all too large."""

POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryConfig:
    """The parameters of a search for planted bugs."""

    engine: str
    names: tuple[str, ...] = ()
    """Names of planted bugs; empty for all."""
    seed: int = 1
    runs: int = DEFAULT_RUNS
    """Executions of each search."""
    jobs: int = 1
    """Number of parallel searches."""
    findings: Path


@dataclass(frozen=True, slots=True)
class Canary:
    """The result for one planted bug."""

    name: str
    executions: int
    """Executions until it was found, or until the search ended."""
    group: str | None
    """Group of the smallest scenario kept; None if nothing was found."""
    sizes: Mapping[str, int]
    """Sizes of that scenario."""
    seconds: float
    troubles: tuple[str, ...]
    """The conditions that do not hold, one sentence each."""
    unsettled: tuple[str, ...] = ()
    """One sentence for each thing that its campaign left unsettled."""

    def to_json(self) -> dict[str, Any]:
        """Return it as data."""
        return {
            "name": self.name,
            "executions": self.executions,
            "group": self.group,
            "sizes": dict(self.sizes),
            "seconds": round(self.seconds, 3),
            "troubles": list(self.troubles),
            "unsettled": list(self.unsettled),
        }

    def __str__(self) -> str:
        """Return one line for people."""
        outcome = "trouble" if self.group else "missed"
        if not self.troubles:
            outcome = "found"
        after = f"{count(self.executions)} executions"
        what = "" if self.group is None else f": {self.group} ({', '.join(described(self.sizes))})"
        return f"{outcome:<7}  {self.name}, after {after}{what}  {self.seconds:.1f} s"


def bugs_for(engine: str) -> tuple[str, ...]:
    """Return the planted bugs that an engine can be asked for; a sweep only those with memory."""
    if engine != SWEEP:
        return tuple(BUGS)
    return tuple(name for name in BUGS if find_target(read_bug(BUGS[name]).target).memories)


def hunt_canaries(
    config: CanaryConfig, *, told: Callable[[Canary], None], stop: StopRequest
) -> list[Canary]:
    """Search for the planted bugs; ``told`` is called with each result as it comes.

    Raises:
        UsageError: A name is unknown.
    """
    names = config.names or bugs_for(config.engine)
    for name in names:
        if name not in BUGS:
            raise UsageError(f"no planted bug named {name!r}; capnsafe list encoders lists all")
    done: list[Canary] = []
    with ThreadPoolExecutor(config.jobs) as threads:
        hunts = [threads.submit(_hunt, name, config, stop) for name in names]
        try:
            for hunt in as_completed(hunts):
                canary = hunt.result()
                if canary is not None:
                    done.append(canary)
                    told(canary)
        except BaseException:
            stop()
            raise
    return done


def exit_code(canaries: Sequence[Canary], stop: StopRequest, *, allow_flaky: bool = False) -> int:
    """Return the command's exit code: a harness that misses one of them has proved nothing."""
    if any(canary.troubles for canary in canaries):
        return PROVED_NOTHING
    if stop.times:
        return INTERRUPTED
    unsettled = any(canary.unsettled for canary in canaries)
    return UNSETTLED if unsettled and not allow_flaky else CLEAN


def _hunt(name: str, config: CanaryConfig, stop: StopRequest) -> Canary | None:
    """Search for one bug; None if it was interrupted."""
    started = time.monotonic()
    with OwnedFolder() as folder:
        typed = _Typed(folder.path, stop)
        campaign, most = _campaign(name, config, typed, 1), 1
        while not stop.times and most < MOST_FINDINGS and _only_large(name, campaign):
            # Search again for more findings: the first one may be large, in a group of its own.
            most *= 2
            campaign = _campaign(name, config, typed, most)
        if stop.times:
            return None
        executions, found = int(campaign.get("executions", 0)), campaign.get("findings", [])
        unsettled = tuple(str(one["sentence"]) for one in campaign.get("unsettled", []))
        if not found:
            why = f"{PLANTED}:{name} was not found; the campaign said: {typed.last_line}"
            return Canary(name, executions, None, {}, time.monotonic() - started, (why,), unsettled)
        sizes, finding = min(
            ((_sizes(name, finding), finding) for finding in found),
            key=lambda pair: (len(_too_large(name, pair[0])), *pair[0].values()),
        )
        troubles = [*_too_large(name, sizes), *_not_shown(name, finding, typed)]
    if stop.times:
        return None
    seconds = time.monotonic() - started
    return Canary(name, executions, finding["group"], sizes, seconds, tuple(troubles), unsettled)


def _campaign(name: str, config: CanaryConfig, typed: _Typed, most: int) -> Mapping[str, Any]:
    """Run a campaign for up to ``most`` findings; return its ``--json``, or nothing without one."""
    target = read_bug(BUGS[name]).target
    seeds = typed.folder / "seeds" / target / KINDS[0]
    if not seeds.exists():
        seeds.parent.mkdir(parents=True)
        seeds.symlink_to(corpus_root() / target / KINDS[0])
    report = typed.folder / "report.json"
    options = [
        "--encoder", f"{PLANTED}:{name}", "--runs", str(config.runs), "--max-findings", str(most),
        "--findings", str(config.findings), "--json", str(report),
    ]  # fmt: skip
    own_seeds = ["--seeds", str(typed.folder / "seeds")]
    commands = [["fuzz", "--engine", config.engine, "--seed", str(config.seed), *own_seeds]]
    if config.engine == SWEEP:
        commands = [["sweep", "--jobs", "1", *more] for more in (["--small-scope"], own_seeds)]
    campaign: dict[str, Any] = {}
    executions = 0
    for command in commands:
        typed.capnsafe(*command, *options)
        campaign = _first_campaign(report)
        executions += int(campaign.get("executions", 0))
        if campaign.get("findings"):
            break
    return campaign | {"executions": executions}


def _first_campaign(report: Path) -> dict[str, Any]:
    try:
        campaigns = json.loads(report.read_text())["campaigns"]
    except (OSError, ValueError):
        return {}
    return dict(campaigns[0]) if campaigns else {}


def _only_large(name: str, campaign: Mapping[str, Any]) -> bool:
    """Return whether a campaign ended with its findings, and all of them are too large."""
    found = campaign.get("findings", [])
    return bool(found) and all(_too_large(name, _sizes(name, finding)) for finding in found)


def _sizes(name: str, finding: Mapping[str, Any]) -> dict[str, int]:
    """Return the sizes of the kept scenario, by noun of its target, in that order."""
    return {noun: finding[noun] for noun in finding if noun in read_bug(BUGS[name]).needs}


def _too_large(name: str, sizes: Mapping[str, int]) -> list[str]:
    """Return a trouble for each size that is larger than readable and than the bug needs."""
    needs = read_bug(BUGS[name]).needs
    troubles: list[str] = []
    for noun in MOST.keys() & sizes.keys():
        enough = max(MOST[noun], needs[noun])
        if sizes[noun] > enough:
            troubles.append(f"the kept scenario has {sizes[noun]} {noun}; {enough} would be enough")
    return sorted(troubles)


def _not_shown(name: str, finding: Mapping[str, Any], typed: _Typed) -> list[str]:
    """Return the troubles if the kept files do not show the bug to a reader."""
    troubles: list[str] = []
    path = Path(finding["path"])
    code = typed.capnsafe("repro", str(path))
    if code != FINDINGS or f"{finding['promise']} broken" not in typed.output:
        troubles.append(f"capnsafe repro {path} ends with {code}: {typed.last_line}")
    program = (path / PROGRAM_FILE).read_text(encoding="utf-8")
    loading = f"capnsafe = load_package({name!r})"
    code = typed.program(program)
    shown = code is None if finding["group"] == TIMEOUT_GROUP else code not in (None, CLEAN)
    if loading not in program or not shown:
        troubles.append(f"{path / PROGRAM_FILE} does not show it: it ends with {code}")
    code = typed.program(on_the_right_encoder(program, name))
    if code != CLEAN:
        troubles.append(f"{path / PROGRAM_FILE} fails on {CLEAN_ENCODER} too: {typed.last_line}")
    return troubles


class _Typed:
    """Commands in separate processes, and the output of the last one."""

    def __init__(self, folder: Path, stop: StopRequest) -> None:
        self.folder = folder
        self.output = ""
        self._stop = stop

    @property
    def last_line(self) -> str:
        """Return the last line of the command's output, usually the reason why it ended."""
        lines = self.output.split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "nothing")

    def capnsafe(self, *arguments: str) -> int | None:
        """Run this project's command; return its exit code."""
        return self._run(["-m", __name__.partition(".")[0], *arguments], None)

    def program(self, text: str) -> int | None:
        """Run a program; return its exit code, or None if it did not end in time."""
        path = self.folder / PROGRAM_FILE
        path.write_text(text, encoding="utf-8")
        return self._run([str(path)], time.monotonic() + PROGRAM_SECONDS)

    def _run(self, arguments: Sequence[str], deadline: float | None) -> int | None:
        environment = dict(os.environ)
        environment["PYTHONPATH"] = import_path()
        environment["TMPDIR"] = environment[VARIABLE] = str(self.folder)
        with tempfile.TemporaryFile(dir=self.folder) as said:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=environment,
                process_group=0,
                preexec_fn=partial(end_with_parent, os.getpid()),
            )
            code = self._wait(process, deadline)
            said.seek(0)
            self.output = said.read().decode(errors="replace")
        return code

    def _wait(self, process: subprocess.Popen[bytes], deadline: float | None) -> int | None:
        """Wait for its end; ask for that when the time is up or a signal came."""
        asked = False
        while True:
            try:
                code = process.wait(POLL_SECONDS)
                return None if asked and not self._stop.times else code
            except subprocess.TimeoutExpired:
                late = deadline is not None and time.monotonic() > deadline
                if self._stop.times > 1 or late:
                    process.kill()
                elif self._stop.times and not asked:
                    process.terminate()
                asked = asked or late or self._stop.times > 0
