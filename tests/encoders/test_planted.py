"""Planted bugs: the loader refuses patches that do not apply, and the harness finds each."""

from __future__ import annotations

import errno
import gc
import itertools
import os
import re
import subprocess
import sys
import traceback
import warnings
from dataclasses import replace
from importlib.util import cache_from_source
from pathlib import Path

import pytest
from capnsafe_fuzz.encoders import find_encoder, planted
from capnsafe_fuzz.encoders.capnsafe_script import print_program
from capnsafe_fuzz.encoders.planted import Edit, PlantedBug, PlantingError, plant, read_bug
from capnsafe_fuzz.encoders.planted.loader import ANY_FILE
from capnsafe_fuzz.encoders.protocol import Account, Attempt, Proof, ProofKind
from capnsafe_fuzz.execution import execute, explain, script
from capnsafe_fuzz.oracles import ORACLES, interoperable
from capnsafe_fuzz.scenario import parse_scenario
from capnsafe_fuzz.targets.builder import TARGET

import capnsafe

EDIT = Edit("WORD_BYTES: Final = 8\n", "WORD_BYTES: Final = 4\n", "wire.py")
SIZES = {"operations": 1, "faults": 0}
BUG = PlantedBug("sample", "P11", "nobody", "A word is half as long.", SIZES, (EDIT,))


def refuse(source: str, target: str) -> None:
    raise OSError(errno.EXDEV, "another file system")


@pytest.mark.parametrize("links", [True, False])
def test_a_patch_is_applied_to_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    if not links:
        monkeypatch.setattr(os, "link", refuse)
    source = Path(capnsafe.__file__).parent
    before = (source / "wire.py").read_text()
    package = plant(BUG, tmp_path)
    assert package == tmp_path / "capnsafe_planted_sample"
    assert "WORD_BYTES: Final = 4" in (package / "wire.py").read_text()
    assert (package / "memory" / "heap.py").is_file()
    assert (source / "wire.py").read_text() == before
    # Bytecode comes along, but not that of a file which is another one now.
    assert not Path(cache_from_source(package / "wire.py")).exists()


@pytest.mark.process
def test_no_patch_speaks_of_a_name_that_is_not_there(tmp_path: Path) -> None:
    """It would break P1 wherever it is reached, and not what it is planted for."""
    patched: list[Path] = []
    for bug in map(read_bug, planted.BUGS.values()):
        package = plant(bug, tmp_path)
        for edit in bug.edits:
            patched += package.rglob("*.py") if edit.file == ANY_FILE else [package / edit.file]
    ruff = Path(sys.executable).with_name("ruff")
    command = f"{ruff} check --isolated --no-cache --select F821".split()
    checked = subprocess.run([*command, *patched], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("edits", "sentence"),
    [
        ((replace(EDIT, before="no such text"),), "occurs 0 times"),
        ((replace(EDIT, before="import"),), "times in wire.py, and must occur once"),
        ((replace(EDIT, file="nothing.py"),), "no file nothing.py"),
        ((replace(EDIT, after=EDIT.before),), "changes nothing"),
        ((), "changes nothing"),
        ((EDIT, EDIT), "occurs 0 times"),
    ],
)
def test_a_patch_that_does_not_apply_is_an_error(
    tmp_path: Path, edits: tuple[Edit, ...], sentence: str
) -> None:
    with pytest.raises(PlantingError, match=sentence):
        plant(replace(BUG, edits=edits), tmp_path)


RIGHT = """
name = "sample"
promise = "P2"
source = "somebody"
mechanism = "It is wrong."
[needs]
operations = 1
faults = 0
[[edit]]
file = "wire.py"
before = "a"
after = "b"
"""


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sample.toml"
    path.write_text(RIGHT)
    assert read_bug(path) == PlantedBug(
        "sample", "P2", "somebody", "It is wrong.", SIZES, (Edit("a", "b", "wire.py"),)
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('promise = "P2"\n', ""),
        ('promise = "P2"', 'promis = "P2"'),
        ('name = "sample"', 'name = "other"'),
        ("operations = 1", "operations = 'one'"),
        ('file = "wire.py"', 'path = "wire.py"'),
        ("[needs]", "[needs"),
    ],
)
def test_a_file_that_is_wrong_is_an_error(tmp_path: Path, before: str, after: str) -> None:
    assert before in RIGHT
    path = tmp_path / "sample.toml"
    path.write_text(RIGHT.replace(before, after))
    with pytest.raises(PlantingError, match=r"sample\.toml"):
        read_bug(path)


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(PlantingError, match="zero_before_allocate"):
        planted.load_package("nothing")
    with pytest.raises(PlantingError, match="zero_before_allocate"):
        planted.witness("nothing")


def test_a_planted_package_is_another_package() -> None:
    package = planted.load_package("zero_before_allocate")
    assert package.__name__ == "capnsafe_planted_zero_before_allocate"
    assert package.Error is not capnsafe.Error
    modules = [name for name in sys.modules if name.startswith(package.__name__ + ".")]
    assert len(modules) >= 5, "the copy does not import itself relatively"
    assert package is planted.load_package("zero_before_allocate")


@pytest.mark.parametrize("name", planted.bugs_of("builder"))
def test_every_planted_bug_is_found(name: str) -> None:
    bug = read_bug(planted.BUGS[name])
    witness = planted.witness(name)
    encoder = find_encoder(f"planted:{name}")
    violations = explain(witness, encoder, costly=True).violations
    # Where an optional package is missing, the bug is seen all the same.
    seen = {one.promise for one in violations if ORACLES[one.oracle].needs is None}
    assert bug.promise in seen
    # A quick run, which looks at the end alone, finds it, too.
    assert execute(witness, encoder).violations
    assert explain(witness, find_encoder("capnsafe"), costly=True).violations == ()
    assert TARGET.sizes(witness) == bug.needs


def test_a_program_is_printed_without_pycapnp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "capnp", None)
    monkeypatch.setattr(interoperable, "pycapnp_schema", interoperable.pycapnp_schema.__wrapped__)
    bug = "dirty_memory_shows"
    assert "assert " in script(planted.witness(bug), find_encoder(f"planted:{bug}"))


def end_of(program: str) -> BaseException | None:
    """Return the exception that ends a program, or None. A process for each takes a minute."""
    try:
        exec(compile(program, "<program>", "exec"), {"__name__": "program"})
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        # A program that cannot go on with a right encoder ends with 0.
        return None if isinstance(error, SystemExit) and error.code == 0 else error
    return None


def shows(error: BaseException | None, program: str) -> bool:
    """Return whether a program ended in this way because of the breach that it shows."""
    if error is None:
        return False
    if isinstance(error, AssertionError | SystemExit):
        *_, (frame, _) = traceback.walk_tb(error.__traceback__)
        return frame.f_code.co_filename == "<program>"
    headline = " ".join(
        line.removeprefix("# ")
        for line in itertools.takewhile(lambda line: line.startswith("#"), program.splitlines())
    )
    if isinstance(error, capnsafe.MalformedMessage):
        # The reader is the right one: what was built is no message, or not of the schema.
        read = "after " in headline or "finished, and then: " in headline
        return read and "MessageReader" in program
    if "did not let the memory's interrupt through" in headline:
        return isinstance(error.__cause__, KeyboardInterrupt)
    # An operation raised what it must not: what the finding says that it raised.
    name = type(error).__name__
    return re.search(rf"raised (\w+\.)*{name}\b", headline) is not None


@pytest.mark.parametrize("name", planted.bugs_of("builder"))
def test_its_program_shows_the_bug_and_nothing_else(name: str) -> None:
    program = script(planted.witness(name), find_encoder(f"planted:{name}"))
    loading = f"load_package({name!r})"
    assert loading in program
    error = end_of(program)
    assert shows(error, program), f"{error!r}\n{program}"
    right = end_of(program.replace(loading, '__import__("capnsafe")'))
    if "MappedFileAllocator" in program:
        # No program closes the file of its memory, and the warning would come in a later test.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            del error
            gc.collect()
    assert right is None, program


def test_its_program_reads_lists_as_the_right_reader_does() -> None:
    text = """capnsafe scenario 1
memory heap segment_words=36
limit max_segment_words=1000
h0 = root
h1 = init h0.i64s 30
h2 = init h0.i64s 20
fault refuse MemoryError allocate 3 always
"""
    scenario = parse_scenario(text)
    program = script(scenario, find_encoder("planted:zero_before_allocate"))
    assert "ReaderElement.INT64" in program
    error = end_of(program)
    assert shows(error, program), f"{error!r}\n{program}"
    loading = "load_package('zero_before_allocate')"
    assert end_of(program.replace(loading, '__import__("capnsafe")')) is None, program


def test_its_program_shows_shared_words_that_read_right() -> None:
    """Both lists are zeros, so each reads as it must."""
    text = """capnsafe scenario 1
memory heap segment_words=1024
limit max_segment_words=1024
h0 = root
h1 = init h0.u64s 4
h2 = disown h0.u64s
truncate h2 2
h3 = init h0.i64s 3
adopt h0.u64s h2
"""
    bug = "given_back_too_many_words"
    scenario = parse_scenario(text)
    attempts = [Attempt(index, True) for index in range(len(scenario.operations) + 1)]
    output = Account(tuple(attempts), "P11: after output", Proof(ProofKind.OUTPUT_DISJOINT))
    for program in (
        script(scenario, find_encoder(f"planted:{bug}")),
        print_program(scenario, output, bug),
    ):
        error = end_of(program)
        assert "two objects share" in str(error), program
        assert shows(error, program)
        loading = f"load_package({bug!r})"
        assert end_of(program.replace(loading, '__import__("capnsafe")')) is None, program
