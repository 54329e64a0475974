"""Measure how well guilty lines name planted bugs: ``python -m tests.guilty [NAME...]``.

Each bug's witness is searched for its guilty line, in a process of its own. A line is right if it
lies in the planted patch; a line of a patch that only deletes is one beside it. The place is right
if its function was patched. Two bugs fall together if a campaign would take their guilty lines for
one mistake by their places.

With ``--runs N``, a campaign of N executions searches for each bug, and the groups of its findings
are counted. The guilty line of a bug is then the best one of its findings.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from capnsafe_fuzz.campaign.finding import read_guilty
from capnsafe_fuzz.encoders.planted import BUGS, PlantedBug, encoder, read_bug, witness_text
from capnsafe_fuzz.encoders.planted.loader import ANY_FILE, load_package
from capnsafe_fuzz.guilt.guilty import Guilty
from capnsafe_fuzz.targets import find_target
from capnsafe_fuzz.targets.guilt import find_guilty

import capnsafe

CLEAN: Final = Path(capnsafe.__file__).parent
HOW: Final = ("line", "function", "elsewhere", "none")
"""How right a guilty line is, the best first."""


def patched_lines(bug: PlantedBug) -> dict[str, set[int]]:
    """Return the lines of the patched package that a patch made, by file."""
    found: dict[str, set[int]] = {}
    folder = Path(str(load_package(bug.name).__file__)).parent
    for edit in bug.edits:
        files = [CLEAN / edit.file] if edit.file != ANY_FILE else sorted(CLEAN.rglob("*.py"))
        (source,) = (file for file in files if edit.before in file.read_text("utf-8"))
        file = source.relative_to(CLEAN)
        before, after = edit.before.split("\n"), edit.after.split("\n")
        same = 0
        while same < min(len(before), len(after)) and before[same] == after[same]:
            same += 1
        rest = 0
        most = min(len(before), len(after)) - same
        while rest < most and before[-1 - rest] == after[-1 - rest]:
            rest += 1
        text = (folder / file).read_text("utf-8")
        if edit.after.strip():
            start = text[: text.index(edit.after)].count("\n") + 1
        else:
            clean = source.read_text("utf-8")
            start = clean[: clean.index(edit.before)].count("\n") + 1
        first, last = start + same, start + len(after) - rest - 1
        if last < first:
            first, last = first - 1, first
        found.setdefault(str(file), set()).update(range(first, last + 1))
    return found


def patched_functions(bug: PlantedBug) -> set[str]:
    """Return the innermost functions that a patch changed, as ``file:name``."""
    found = set()
    folder = Path(str(load_package(bug.name).__file__)).parent
    for file, lines in patched_lines(bug).items():
        tree = ast.parse((folder / file).read_text("utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for line in lines:
            around = [one for one in functions if one.lineno <= line <= (one.end_lineno or 0)]
            if around:
                found.add(f"{file}:{max(around, key=lambda one: one.lineno).name}")
    return found


def search(bug: PlantedBug, *, repair: bool = True) -> Guilty | None:
    """Return the guilty line of a bug's witness; search in a child.

    A changed encoder may end the child. Then evidence alone counts.
    """
    load_package(bug.name)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        target, planted = find_target(bug.target), encoder(bug.name)
        scenario = target.parse(witness_text(bug.name))
        promise = target.run(scenario, planted, True).violations[0].promise
        found = find_guilty(target, scenario, planted, promise, repair=repair)
        with os.fdopen(writing, "w") as file:
            json.dump(None if found is None else found.to_json(), file)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()
    os.waitpid(child, 0)
    if not text and repair:
        return search(bug, repair=False)
    told = json.loads(text) if text else None
    return None if told is None else Guilty.from_json(told)


class Row(NamedTuple):
    """The measurements of one bug."""

    name: str
    how: str
    """How right its guilty line is."""
    groups: frozenset[str]
    guilty: tuple[Guilty, ...]
    functions: frozenset[str]
    """The functions that its patch changes."""


def how_right(bug: PlantedBug, guilty: Guilty | None) -> str:
    """Return whether a guilty line lies in the patch, in its function, or elsewhere."""
    if guilty is None:
        return "none"
    if guilty.line in patched_lines(bug).get(guilty.file, set()):
        return "line"
    functions = {f"{guilty.file}:{one}" for one in guilty.function.split(".")}
    return "function" if functions & patched_functions(bug) else "elsewhere"


def by_witness(bug: PlantedBug) -> Row:
    """Search the witness of a bug for its guilty line."""
    started = time.monotonic()
    guilty = search(bug)
    how = how_right(bug, guilty)
    told = "" if guilty is None else f"{guilty.file}:{guilty.line} {guilty.why}"
    print(f"{how:9} {bug.name:36} {time.monotonic() - started:5.1f} s  {told}", flush=True)
    found = () if guilty is None else (guilty,)
    groups = frozenset(one.place for one in found)
    return Row(bug.name, how, groups, found, frozenset(patched_functions(bug)))


def by_campaign(bug: PlantedBug, runs: int) -> Row:
    """Search for a bug by a campaign, and count the groups of its findings."""
    started = time.monotonic()
    with TemporaryDirectory() as folder:
        told = Path(folder) / "result.json"
        command = (
            *(sys.executable, "-m", "capnsafe_fuzz", "fuzz", bug.target),
            *("--encoder", f"planted:{bug.name}", "--guilty", "--engine", "random"),
            *("--runs", str(runs), "--seed", "1"),
            *("--findings", f"{folder}/findings", "--json", str(told)),
        )
        subprocess.run(command, check=False, capture_output=True)
        campaigns = json.loads(told.read_text())["campaigns"] if told.exists() else []
    findings = [finding for campaign in campaigns for finding in campaign["findings"]]
    groups = frozenset(str(finding["group"]) for finding in findings)
    named = [read_guilty(finding) for finding in findings]
    how = min((how_right(bug, one) for one in named), key=HOW.index, default="none")
    seconds = time.monotonic() - started
    print(f"{len(groups):3} {how:9} {bug.name:36} {seconds:5.0f} s  {sorted(groups)}", flush=True)
    guilty = tuple(one for one in named if one is not None)
    return Row(bug.name, how, groups, guilty, frozenset(patched_functions(bug)))


def main(names: list[str], runs: int) -> None:
    """Print a row for each bug, and the sums."""
    bugs = [read_bug(BUGS[name]) for name in names or BUGS]
    rows = [by_campaign(bug, runs) if runs else by_witness(bug) for bug in bugs]
    for how in HOW:
        print(f"{sum(row.how == how for row in rows):4} of {len(rows)} {how}")
    if runs:
        found = [row for row in rows if row.groups]
        once = sum(len(row.groups) == 1 for row in found)
        print(f"{once:4} of {len(found)} found bugs give one group")
    pairs = [
        (one, other)
        for one, other in combinations([row for row in rows if row.guilty], 2)
        if not one.functions & other.functions
    ]
    together = [
        (one, other)
        for one, other in pairs
        if any(mine.is_like(its) for mine in one.guilty for its in other.guilty)
    ]
    print(f"{len(together):4} of {len(pairs)} pairs in different functions fall together")


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m tests.guilty")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--runs", type=int, default=0, help="executions of a campaign on each bug")
    given = parser.parse_args()
    main(given.names, given.runs)
