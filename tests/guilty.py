"""Measure how well guilty lines name planted bugs: ``python -m tests.guilty [NAME...]``.

Each bug's witness is searched for its guilty line, in a process of its own. A line is right if it
lies in the planted patch; a line of a patch that only deletes is one beside it. The place is right
if its function was patched. Two bugs fall together if their groups are equal.
"""

from __future__ import annotations

import ast
import json
import os
import sys
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from capnsafe_fuzz.encoders.planted import BUGS, PlantedBug, encoder, read_bug, witness_text
from capnsafe_fuzz.encoders.planted.loader import ANY_FILE, load_package
from capnsafe_fuzz.guilt.guilty import Guilty
from capnsafe_fuzz.targets import find_target
from capnsafe_fuzz.targets.guilt import find_guilty

import capnsafe

CLEAN = Path(capnsafe.__file__).parent


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


def search(bug: PlantedBug, *, repair: bool = True) -> tuple[str, Guilty | None]:
    """Return the promise that a witness breaks, and the guilty line; search in a child.

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
            json.dump([promise, None if found is None else found.to_json()], file)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()
    os.waitpid(child, 0)
    if not text and repair:
        return search(bug, repair=False)
    promise, told = json.loads(text) if text else (bug.promise, None)
    return promise, None if told is None else Guilty.from_json(told)


def rows(names: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield each bug's name, how right its guilty line is, and its group."""
    for name in names:
        bug = read_bug(BUGS[name])
        started = time.monotonic()
        promise, guilty = search(bug)
        how, group, told = "none", "", ""
        if guilty is not None:
            group = f"{promise} {guilty.place}"
            names_of_place = guilty.function.split(".")
            functions = {f"{guilty.file}:{one}" for one in names_of_place}
            told = f"{guilty.file}:{guilty.line} {guilty.why}"
            if guilty.line in patched_lines(bug).get(guilty.file, set()):
                how = "line"
            else:
                how = "function" if functions & patched_functions(bug) else "elsewhere"
        print(f"{how:9} {name:36} {time.monotonic() - started:5.1f} s  {told}", flush=True)
        yield name, how, group


def main(names: list[str]) -> None:
    """Print a row for each bug, and the sums."""
    found = list(rows(names or list(BUGS)))
    for how in ("line", "function", "elsewhere", "none"):
        print(f"{sum(one == how for _, one, _ in found):4} {how}")
    pairs = [
        (one, other)
        for (one, _, mine), (other, _, its) in combinations(found, 2)
        if mine and mine == its
    ]
    print(f"{len(pairs):4} of {len(found) * (len(found) - 1) // 2} pairs fall together")


if __name__ == "__main__":
    main(sys.argv[1:])
