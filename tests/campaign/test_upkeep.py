"""A corpus that people keep: which inputs stay, in which form, and that no failure loses one."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from capnsafe_fuzz.campaign.cache import Cache, read_stored, text_name
from capnsafe_fuzz.campaign.children import import_path
from capnsafe_fuzz.campaign.corpus import corpus_root, read_any
from capnsafe_fuzz.campaign.failures import (
    CampaignError,
    EnvironmentFailedError,
    ProvedNothingError,
    UsageError,
)
from capnsafe_fuzz.campaign.measure import Measured
from capnsafe_fuzz.campaign.minimize import Reached, choose
from capnsafe_fuzz.campaign.upkeep import (
    Minimized,
    add_inputs,
    merge_folders,
    minimize_folder,
)
from capnsafe_fuzz.cli import main
from capnsafe_fuzz.targets import TARGETS, Sequence, find_target

from .conftest import SEED

SIZE = 12
"""Inputs of each target."""


def generated(target: str, size: int = SIZE) -> list[Any]:
    """Different inputs, and changes of them, many of which reach nothing of their own."""
    rng = Random(5)
    made: dict[bytes, Any] = {}
    one = find_target(target)
    while len(made) < size:
        fresh = one.generate(rng)
        for scenario in (fresh, *(one.mutate(fresh, rng) for _ in range(3))):
            data = one.encode(scenario)
            made.setdefault(data, one.decode(data))
    return list(made.values())[:size]


def bytes_name(target: str, payload: bytes) -> str:
    return hashlib.sha256(target.encode() + b"\n" + payload).hexdigest()[:24]


def write_bytes(folder: Path, target: str, scenario: Any, version: int | None = None) -> Path:
    """Write an input as campaigns of earlier versions did."""
    payload = find_target(target).encode(scenario)
    if version is None:
        version = find_target(target).version
    path = folder / bytes_name(target, payload)
    path.write_bytes(f"capnsafe input {target} {version}\n".encode() + payload)
    return path


def fill_with_inputs(folder: Path) -> None:
    """Write inputs of every target: as text, as bytes, and as bytes of another version."""
    folder.mkdir()
    for target in TARGETS:
        for number, scenario in enumerate(generated(target)):
            if number % 3 == 0:
                Cache(folder, target).add(find_target(target).encode(scenario))
            elif number % 3 == 1:
                write_bytes(folder, target, scenario)
            else:
                write_bytes(folder, target, scenario, 999)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "corpus"
    fill_with_inputs(made)
    return made


@pytest.fixture(scope="module")
def minimized(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Minimized]:
    """The same corpus, minimized without a failure."""
    made = tmp_path_factory.mktemp("minimized") / "corpus"
    fill_with_inputs(made)
    return made, minimize(made)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def minimize(folder: Path, **options: Any) -> Minimized:
    given: dict[str, Any] = {"encoder": "capnsafe", "timeout": 20.0, "memory_limit": 2048}
    return minimize_folder(folder, advance=lambda done, total: None, **(given | options))


# What stays


def reached(
    places: Iterable[str] = (), cells: Iterable[str] = (), target: str = "builder", **rest: Any
) -> Reached:
    situations = tuple((cell, "-", "done") for cell in cells)
    return Reached(target, None, Measured(tuple(places), situations, **rest))


def test_the_first_input_at_a_place_stays() -> None:
    assert choose([reached(["a"]), reached(), reached(["b"])]) == [0, 2]


def test_a_rare_situation_is_served_before_a_frequent_one() -> None:
    # The third input covers the first one, and is the only one with "rare".
    assert choose([reached((), "ab"), reached((), "bc"), reached((), ["a", "b", "rare"])]) == [1, 2]


def test_the_first_of_equals_serves_a_situation() -> None:
    assert choose([reached((), "ab"), reached((), "ba"), reached((), "a")]) == [0]


def test_the_same_situation_of_two_targets_counts_twice() -> None:
    assert choose([reached((), "a"), reached((), "a", "reader")]) == [0, 1]


def test_what_others_cover_is_not_needed() -> None:
    covered = [("builder", ("a", "-", "done"))]
    assert choose([reached((), "a"), reached((), "ab")], covered) == [1]


def test_an_input_that_dies_or_breaks_a_promise_stays() -> None:
    assert choose([reached(died="SIGSEGV"), reached(), reached(groups=("P1 root",))]) == [0, 2]


@pytest.mark.process
def test_a_smaller_corpus_reaches_the_same(minimized: tuple[Path, Minimized]) -> None:
    folder, first = minimized
    assert first.inputs == first.files == SIZE * len(TARGETS)
    assert first.kept < first.inputs
    assert first.older == SIZE // 3 * len(TARGETS)
    stored = read_stored(folder)
    assert len(stored) == first.kept
    assert {one.version for one in stored} == {None}
    assert {one.target for one in stored} == set(TARGETS)
    left = contents(folder)
    again = minimize(folder)
    assert (again.situations, again.converted) == (first.situations, 0)
    # Where segments lie is chance, and decides about a few places.
    assert abs(again.places - first.places) < 10
    assert contents(folder).items() <= left.items()
    assert len(left) - len(contents(folder)) <= 1


@pytest.mark.process
def test_an_input_that_ends_its_process_stays(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    text = find_target("builder").print(SEED)
    (tmp_path / "small.scenario").write_text(text)
    (tmp_path / "deadly.scenario").write_text(text.replace("u16s 2", "u16s 9"))
    (tmp_path / "same.scenario").write_text(text.replace("u32 7", "u32 8"))
    add_inputs([tmp_path], folder)
    before = contents(folder)
    planned = minimize(folder, encoder="bad_encoders:leaving", dry_run=True)
    assert contents(folder) == before
    done = minimize(folder, encoder="bad_encoders:leaving")
    assert done == planned
    assert (done.inputs, done.kept, len(done.broken)) == (3, 2, 1)
    assert done.broken[0].endswith(": exit 7")
    assert len(contents(folder)) == 2
    assert any("u16s 9" in path.read_text() for path in folder.iterdir())


# Failures


def test_a_corrupt_file_is_named_and_nothing_changes(folder: Path) -> None:
    path = next(folder.glob("*.scenario"))
    path.write_bytes(path.read_bytes()[:-1])
    before = contents(folder)
    with pytest.raises(ProvedNothingError, match=path.name):
        minimize(folder)
    with pytest.raises(ProvedNothingError, match=path.name):
        add_inputs([corpus_root() / "stream"], folder)
    assert contents(folder) == before


def fill(disk: Path) -> Path:
    """Write a file that leaves no room."""
    filler = disk / ".filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    return filler


@pytest.mark.process
def test_a_full_disk_loses_nothing(small_disk: Path) -> None:
    for scenario in generated("stream", 12):
        write_bytes(small_disk, "stream", scenario)
    before = contents(small_disk)
    filler = fill(small_disk)
    # Room for two more files.
    os.truncate(filler, filler.stat().st_size - 8192)
    with pytest.raises(EnvironmentFailedError, match="No space left"):
        minimize(small_disk)
    filler.unlink()
    after = contents(small_disk)
    assert before.items() <= after.items()
    texts = after.keys() - before.keys()
    assert len(texts) == 2
    assert texts == {text_name(after[name]) for name in texts}
    assert len(read_stored(small_disk)) == len(after)


#: Kills its process before the given call of a function.
KILLED = """
import os, signal, sys
from pathlib import Path
from capnsafe_fuzz.campaign import upkeep
kind, calls = getattr(Path, sys.argv[1]), int(sys.argv[2])
def deadly(path, *arguments, **options):
    global calls
    if path.parent == Path(sys.argv[3]):
        calls -= 1
        if calls < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return kind(path, *arguments, **options)
setattr(Path, sys.argv[1], deadly)
upkeep.minimize_folder(
    Path(sys.argv[3]), "capnsafe", timeout=20, memory_limit=None, advance=lambda done, total: None
)
"""


@pytest.mark.process
def test_a_kill_in_the_middle_loses_nothing(
    folder: Path, minimized: tuple[Path, Minimized]
) -> None:
    _, whole = minimized
    for call, calls in (("rename", 3), ("unlink", 4)):
        held = contents(folder)
        done = subprocess.run(
            [sys.executable, "-c", KILLED, call, str(calls), str(folder)],
            env=os.environ | {"PYTHONPATH": import_path()},
            check=False,
        )
        assert done.returncode == -signal.SIGKILL
        lost = held.keys() - contents(folder).keys()
        assert len(lost) == (calls if call == "unlink" else 0)
    # The next run continues where that one ended, and removes its incomplete file.
    again = minimize(folder)
    assert again.situations == whole.situations
    # Whether two segments lie side by side is chance: it decides about a few places of the encoder,
    # and so about an input.
    assert abs(again.places - whole.places) < 10
    assert abs(again.kept - whole.kept) <= 1
    assert len(contents(folder).items() ^ contents(minimized[0]).items()) <= 4


def test_minimizing_needs_inputs(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        minimize(tmp_path / "nothing")
    with pytest.raises(ProvedNothingError, match="no input"):
        minimize(tmp_path)


# Adding and merging


def test_inputs_of_any_form_are_added_as_text(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "corpus"
    builder, reader = find_target("builder"), find_target("reader")
    finding = tmp_path / "finding"
    finding.mkdir()
    text = builder.print(SEED)
    (finding / "finding.scenario").write_text(
        text.replace("scenario 1\n", "scenario 1\nencoder planted:gone_for_now\n", 1)
    )
    (finding / "verdict.json").write_text("{}")
    read, older = generated("reader", 2)
    present = write_bytes(tmp_path, "reader", read)
    old = write_bytes(tmp_path, "reader", older, 999)
    pair = tmp_path / "pair.scenario"
    pair.write_text(find_target("builder-sequence").print(Sequence((SEED, SEED))))
    done = add_inputs([finding, present, old, pair], folder)
    assert (len(done.added), done.known, done.older) == (4, 0, 1)
    stored = {one.target: one for one in read_stored(folder)}
    assert stored.keys() == {"builder", "reader", "builder-sequence"}
    assert stored["builder"].path.read_text() == text
    assert {one.scenario for one in read_stored(folder) if one.target == "reader"} == {
        reader.decode(reader.encode(read)),
        reader.decode(reader.encode(older)),
    }
    # Again, also with another comment.
    (tmp_path / "again.scenario").write_text(text.replace("# a little", "# a lot"))
    assert add_inputs([finding, present, tmp_path / "again.scenario"], folder).added == ()
    # A campaign takes them all, and those of a sequence one by one.
    assert Cache(folder, "builder").open() == [builder.encode(SEED)] * 3


def test_bare_bytes_are_added_if_their_target_is_named(tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(b"any bytes")
    with pytest.raises(UsageError, match="is not a scenario"):
        add_inputs([tmp_path / "raw"], tmp_path / "corpus")
    assert not (tmp_path / "corpus").exists()
    (path,) = add_inputs([tmp_path / "raw"], tmp_path / "corpus", bare="stream").added
    assert read_any(path).scenario == find_target("stream").decode(b"any bytes")


def test_one_bad_file_and_nothing_is_added(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.scenario").write_text("capnsafe scenario 1\nnonsense\n")
    with pytest.raises(CampaignError, match=r"bad\.scenario"):
        add_inputs([folder, tmp_path / "bad.scenario"], tmp_path / "into")
    assert not (tmp_path / "into").exists()


@pytest.mark.process
def test_merging_adds_what_reaches_more_and_leaves_the_sources(tmp_path: Path) -> None:
    one, two, into = (tmp_path / name for name in ("one", "two", "into"))
    for number, scenario in enumerate(generated("stream")):
        (one, two)[number % 2].mkdir(exist_ok=True)
        write_bytes((one, two)[number % 2], "stream", scenario, 999 if number % 4 else None)
    sources = contents(one), contents(two)

    def merge(*paths: Path) -> Any:
        options: dict[str, Any] = {"timeout": 20, "memory_limit": None}
        return merge_folders(paths, into, "capnsafe", advance=lambda done, total: None, **options)

    first = merge(one)
    kept = contents(into)
    assert first.added == len(kept) > 0
    second = merge(one, two)
    assert second.inputs < SIZE
    assert kept.items() <= contents(into).items()
    assert len(contents(into)) == first.added + second.added
    assert (contents(one), contents(two)) == sources


# Facts


def test_facts_without_a_run(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    (stored, *_) = (one for one in read_stored(folder) if one.version is None)
    # The same input as bytes.
    write_bytes(folder, stored.target, stored.scenario)
    broken = next(path for path in folder.glob("*.scenario") if path != stored.path)
    broken.write_text(broken.read_text().replace("\n", "\n# more\n", 1))
    data = tmp_path / "facts.json"
    with pytest.raises(SystemExit, match="0"):
        main(["corpus", "stats", "--no-run", "--json", str(data), str(folder)])
    out, err = capsys.readouterr()
    assert max(map(len, out.splitlines())) <= 80
    assert broken.name in err
    facts = json.loads(data.read_text())
    assert facts["coverage"] is None
    assert facts["misnamed"] == [str(broken)]
    assert facts["targets"].keys() == set(TARGETS)
    of_one = facts["targets"][stored.target]
    assert (of_one["files"], of_one["inputs"], of_one["duplicates"]) == (SIZE + 1, SIZE, 1)
    assert of_one["texts"] == SIZE // 3
    assert of_one["versions"]["999"] == SIZE // 3
