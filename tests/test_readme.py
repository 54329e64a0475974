"""The README agrees with the code: its examples run, and its generated parts are up to date."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import capnp
import pytest
from capnsafe_allocators import check_allocator

from tests.capnsafe.schema import addressbook_capnp

from . import readme

TEXT = readme.README.read_text(encoding="utf-8")

SCHEMA = readme.README.parent / "tests/capnsafe/schema/addressbook.capnp"


@pytest.fixture(autouse=True)
def generated_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let examples import the module that ``capnp compile`` writes for addressbook.capnp."""
    monkeypatch.setitem(sys.modules, "addressbook_capnp", addressbook_capnp)


def run_examples(text: str = TEXT) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(textwrap.dedent(block), "README.md", "exec"), names)
    return names


def test_the_examples_run_and_pycapnp_reads_what_they_build() -> None:
    data = run_examples()["data"]
    with capnp.load(str(SCHEMA)).AddressBook.from_bytes(data) as book:
        assert [(person.id, person.name) for person in book.people] == [
            (123, "Alice"),
            (456, "Bob"),
        ]


def test_the_schema_that_is_shown_is_the_one_of_the_examples() -> None:
    shown = re.findall(r"```capnp\n(.*?)```", TEXT, re.DOTALL)
    assert shown == [SCHEMA.read_text(encoding="utf-8")]


@pytest.mark.process
@pytest.mark.parametrize("page", ["schemas.md", "low-level.md"])
def test_the_examples_of_a_page_run(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SCHEMA.parent)
    run_examples((ROOT / "docs" / page).read_text(encoding="utf-8"))


@pytest.mark.process
def test_the_tutorial_runs_with_the_files_that_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "guest.md").read_text(encoding="utf-8")
    for language in ("capnp", "wat"):
        [shown] = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
        (tmp_path / f"invoice.{language}").write_text(shown, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    [command] = re.findall(r"\$ (capnp .*)", page)
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    subprocess.run(command.split(), check=True)
    names = run_examples(page)
    assert (names["answer"].total, names["memory"].live_grants) == (2999, 0)
    del sys.modules["invoice_capnp"]


@pytest.mark.filterwarnings("ignore:This message has already been written")
def test_the_calls_beside_those_of_pycapnp_do_the_same() -> None:
    page = (ROOT / "docs" / "from-pycapnp.md").read_text(encoding="utf-8")
    theirs, ours, *others = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    table = page.split("| --- | --- | --- |\n")[1].split("\n\n")[0]
    rows = [re.findall(r"`([^`]+)`", row) for row in table.splitlines()]
    assert len(rows) > 15
    assert {len(cells) for cells in rows} == {2}
    names: list[dict[str, Any]] = [{}, {}]
    # pycapnp ends the process if it loads a file again by another path.
    exec(theirs.replace('"addressbook.capnp"', repr(str(SCHEMA))), names[0])
    exec(ours, names[1])
    for cells in rows:
        if any(re.match(r"[\w.\[\]]+ = ", cell) for cell in cells):
            for cell, found in zip(cells, names, strict=True):
                exec(cell, found)
        else:
            one, other = (eval(cell, found) for cell, found in zip(cells, names, strict=True))
            assert one == other, cells
    assert names[0]["data"] == names[1]["data"]
    assert names[0]["packed"] == names[1]["packed"]
    for example in others:
        exec(example, names[1])


def test_the_allocator_that_is_shown_keeps_the_contract() -> None:
    pool = run_examples()["Pool"]
    assert not check_allocator(lambda: pool(budget_words=1000), seconds=300, examples=8)


def test_what_the_page_of_faults_shows_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", readme.FAULTS.read_text("utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "faults.md", "exec"), {})


@pytest.mark.process
@pytest.mark.parametrize("request_file", readme.SCHEMAS, ids=lambda path: path.stem)
def test_the_compiled_schemas_of_all_programs_are_up_to_date(request_file: Path) -> None:
    assert request_file.read_bytes() == readme.compiled_schema(request_file)


@pytest.mark.process
@pytest.mark.parametrize("name", readme.PARTS)
def test_what_is_made_is_up_to_date(name: str) -> None:
    document, make = readme.PARTS[name]
    assert f"{make()}\n<!-- /{name} -->" in document.read_text(encoding="utf-8")


ROOT = readme.README.parent
FOR_CONTRIBUTORS = [ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"]
PAGES = sorted((ROOT / "docs").glob("*.md"))
DOCUMENTS = [readme.README, *FOR_CONTRIBUTORS, *PAGES]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_linked_file_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_document_is_linked_in_the_readme() -> None:
    assert [path.name for path in PAGES if f"(docs/{path.name})" not in TEXT] == []
    assert [path.name for path in FOR_CONTRIBUTORS if f"({path.name})" not in TEXT] == []


def files_and_tests(text: str) -> set[tuple[str, str]]:
    """Return the files in backticks, each with the test that is named in it, or an empty string.

    Names with capital letters in a row stand for any name: ``families/NAME.py``.
    """
    found = re.findall(r"`((?:[\w.-]+/)*[\w.-]+(?:/|\.(?:py|md|toml|txt)))(?:::(\w+))?`", text)
    any_name = re.compile(r"[A-Z]{4,}(?!\w*\.md)")
    return {(path, test) for path, test in found if not any_name.search(path)}


@pytest.mark.parametrize("document", FOR_CONTRIBUTORS, ids=lambda document: document.name)
def test_every_file_and_test_that_contributors_are_told_of_is_there(document: Path) -> None:
    named = files_and_tests(document.read_text(encoding="utf-8"))
    assert named
    missing = {
        (path, test)
        for path, test in named
        if not (ROOT / path).exists()
        or (test and f"def {test}(" not in (ROOT / path).read_text(encoding="utf-8"))
    }
    assert missing == set()
