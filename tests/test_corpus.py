"""The corpus: every file means something, is clean, and together they reach everything there is."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, TypeAlias

import pytest
from capnsafe_allocators import FAMILIES
from capnsafe_fuzz.campaign.corpus import Entry, corpus_root, read_corpus
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.encoders.planted import BUGS as EVERY_BUG
from capnsafe_fuzz.encoders.planted import bugs_of, read_bug, witness
from capnsafe_fuzz.encoders.planted.loader import ANY_FILE
from capnsafe_fuzz.execution import execute, explain
from capnsafe_fuzz.memories import MEMORIES
from capnsafe_fuzz.scenario import (
    NO_HANDLE,
    WHOLE_MESSAGE,
    Operation,
    Program,
    Scenario,
    Verb,
    parse_scenario,
    print_scenario,
)
from capnsafe_fuzz.scenario.program import ACTIONS
from capnsafe_fuzz.targets import TARGETS

import capnsafe
from capnsafe import HeapAllocator
from capnsafe._stream.framing import unframe

ROOT = Path(__file__).resolve().parents[1] / "corpus"
ENTRIES = read_corpus("builder", ROOT)
OTHERS = [entry for name in TARGETS if name != "builder" for entry in read_corpus(name, ROOT)]
SEEDS = [entry for entry in ENTRIES if entry.path.parent.name == "seeds"]

FEWEST_SEEDS = 40
MOST_OPERATIONS = 24
MOST_FAULTS = 1
LONGEST_REASON = 140
"""Characters: what is longer is not read."""

#: A function of the encoder: its file, and the line where it begins.
Function: TypeAlias = tuple[str, int]

PlaceKind = tuple[Verb, str | None, str | None]
"""A verb, the type that it is done to, and the field of it; None for any element of a list."""

BUGS = bugs_of("builder")

every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.path.stem)
every_seed = pytest.mark.parametrize("entry", SEEDS, ids=lambda entry: entry.path.stem)


def place_kinds(entry: Entry) -> Iterator[PlaceKind]:
    program = Program()
    for operation in entry.scenario.operations:
        place = operation.place if isinstance(operation.place, str) else None
        if operation.handle == NO_HANDLE:
            yield operation.verb, None, None
        else:
            yield operation.verb, program.handle_type(operation.handle).name, place
        program.add(operation)


def test_campaigns_begin_with_these_files() -> None:
    assert corpus_root() == ROOT
    assert len(SEEDS) >= FEWEST_SEEDS


def test_nothing_else_lies_about() -> None:
    strays = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*")
        if path.is_file() and path not in {entry.path for entry in [*ENTRIES, *OTHERS]}
    }
    assert strays == {"README.md"}


@every_entry
def test_text_is_canonical(entry: Entry) -> None:
    text = entry.path.read_text("utf-8")
    assert print_scenario(parse_scenario(text)) == text


@every_entry
def test_says_in_a_line_why_it_is_there(entry: Entry) -> None:
    reason = entry.scenario.comment
    assert "\n" not in reason
    assert 20 <= len(reason) <= LONGEST_REASON
    assert reason.endswith(".")


@every_entry
def test_capnsafe_keeps_every_promise(entry: Entry) -> None:
    assert explain(entry.scenario, find_encoder("capnsafe"), costly=True).violations == ()


@every_seed
def test_seeds_are_small(entry: Entry) -> None:
    assert len(entry.scenario.operations) <= MOST_OPERATIONS
    assert len(entry.scenario.faults) <= MOST_FAULTS


def test_seeds_say_different_things() -> None:
    assert len({entry.scenario for entry in SEEDS}) == len(SEEDS)
    assert len({entry.scenario.comment for entry in SEEDS}) == len(SEEDS)


@cache
def called_by(scenario: Scenario) -> frozenset[Function]:
    """The functions that run, in whatever file, when the right encoder is tested."""
    called: set[Function] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        called.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    before = sys.gettrace()
    sys.settrace(note)
    try:
        execute(scenario, find_encoder("capnsafe"), costly=True)
    finally:
        sys.settrace(before)
    return frozenset(called)


def changed_by(bug: str) -> set[Function] | None:
    """The functions whose bodies a planted bug changes; None if it changes anything else."""
    package = Path(capnsafe.__file__).parent
    changed: set[Function] = set()
    for edit in read_bug(EVERY_BUG[bug]).edits:
        paths = package.rglob("*.py") if edit.file == ANY_FILE else [package / edit.file]
        found = [(path, text) for path in paths if edit.before in (text := path.read_text())]
        if len(found) != 1:
            # It changes a text that another edit makes.
            return None
        ((path, text),) = found
        lines = edit.before.strip()
        first = text[: text.index(edit.before) + edit.before.index(lines)].count("\n") + 1
        line = innermost_function(ast.parse(text), first, first + lines.count("\n"))
        if line is None:
            return None
        changed.add((str(path), line))
    return changed


def innermost_function(module: ast.Module, first: int, last: int) -> int | None:
    """The line where the innermost function begins that has these lines in its body, if any."""
    begins = [
        # A decorator belongs to its function.
        min(part.lineno for part in (node, *node.decorator_list))
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body[0].lineno <= first
        and last <= (node.end_lineno or 0)
    ]
    return max(begins, default=None)


@pytest.mark.thorough
def test_a_witness_calls_what_its_bug_changes() -> None:
    """So a seed that calls nothing of it cannot show the bug, in the next test."""
    changed = {bug: changed_by(bug) for bug in BUGS}
    assert sum(functions is None for functions in changed.values()) < len(BUGS) / 4
    for bug, functions in changed.items():
        assert functions is None or functions & called_by(witness(bug)), bug


@pytest.mark.thorough
@pytest.mark.parametrize("bug", BUGS)
def test_no_seed_shows_a_planted_bug(bug: str) -> None:
    """Otherwise, a campaign would find the bug without searching for it.

    A seed that calls none of the functions that the bug changes runs as on the right encoder.
    """
    encoder = find_encoder(f"planted:{bug}")
    changed = changed_by(bug)
    fired = {
        entry.path.stem: [violation.group for violation in violations]
        for entry in SEEDS
        if (changed is None or changed & called_by(entry.scenario))
        and (violations := execute(entry.scenario, encoder, costly=True).violations)
    }
    # A seed that does can mostly stop one step short: see corpus/README.md.
    assert fired == {}


def test_no_seed_is_the_witness_of_a_planted_bug() -> None:
    witnesses = {witness(bug): bug for bug in BUGS}
    assert {witnesses.get(entry.scenario) for entry in SEEDS} == {None}


def test_seeds_do_every_verb_to_every_kind_of_place() -> None:
    wanted: set[PlaceKind] = {
        (verb, held, name) for held, pairs in ACTIONS.items() for verb, name in pairs
    }
    wanted |= {(verb, None, None) for verb in WHOLE_MESSAGE}
    assert wanted - {done for entry in SEEDS for done in place_kinds(entry)} == set()


def test_seeds_have_every_kind_of_fault() -> None:
    wanted = {(family.name, kind) for family in FAMILIES.values() for kind in family.kinds}
    laid = {(fault.family, fault.kind) for entry in SEEDS for fault in entry.scenario.faults}
    assert wanted - laid == set()


def test_seeds_have_every_memory() -> None:
    memories = {
        (entry.scenario.memory.name, entry.scenario.memory.segment_words) for entry in SEEDS
    }
    assert {name for name, _ in memories} == set(MEMORIES)
    assert ("fixed", 0) in memories


@pytest.mark.parametrize(
    ("name", "next_list", "segments", "pad"),
    [("segment_full", 1, 2, 2), ("segment_and_limit_full", 38, 3, 6)],
)
def test_far_pointers_are_one_operation_away(
    name: str, next_list: int, segments: int, pad: int
) -> None:
    (scenario,) = [entry.scenario for entry in SEEDS if entry.path.stem == name]
    memory: Any = HeapAllocator(segment_words=scenario.memory.segment_words, growth=False)
    session = find_encoder("capnsafe").session(memory, scenario.max_segment_words)
    for operation in scenario.operations:
        session.perform(operation)
    assert len(unframe(session.output())) == 1
    session.perform(Operation(Verb.INIT, 0, "f64s", next_list))
    found = unframe(session.output())
    session.close()
    assert len(found) == segments
    # The two lowest bits of a far pointer are 2; the third says whether it is a double one.
    first = bytes(found[0])
    assert pad in {first[at] & 7 for at in range(0, len(first), 8)}
