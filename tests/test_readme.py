"""The README says what the code does: its examples run, and what is made is up to date."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import capnp
import pytest
from capnsafe_allocators import check_allocator

from . import readme

TEXT = readme.README.read_text(encoding="utf-8")

SCHEMA = """
@0xb5a1d1f5ad6a3d0c;
struct Person { id @0 :UInt32; name @1 :Text; phones @2 :List(Text); }
"""


def run_examples() -> dict[str, Any]:
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        exec(compile(textwrap.dedent(block), "README.md", "exec"), names)
    return names


def test_the_examples_run_and_pycapnp_reads_what_they_build(tmp_path: Path) -> None:
    data = run_examples()["data"]
    (tmp_path / "person.capnp").write_text(SCHEMA)
    schema = capnp.load(str(tmp_path / "person.capnp"))
    with schema.Person.from_bytes(data) as person:
        assert person.to_dict() == {
            "id": 123,
            "name": "Alice",
            "phones": ["555-1212", "555-4567"],
        }


def test_the_allocator_that_is_shown_keeps_the_contract() -> None:
    pool = run_examples()["Pool"]
    assert not check_allocator(lambda: pool(budget_words=1000), seconds=2, examples=8)


def test_what_the_page_of_faults_shows_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", readme.FAULTS.read_text("utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "faults.md", "exec"), {})


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
