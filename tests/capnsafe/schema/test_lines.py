"""The lines of generated code: a formatter leaves them, and a linter has nothing to say."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import capnsafe
from capnsafe.schema.generator import modules_of
from capnsafe.schema.lines import doc_lines, docstring_lines, quoted, statement_lines
from capnsafe.schema.loading import request_in
from tests.capnsafe.schema.random_schemas import RandomSchema
from tests.capnsafe.schema.regenerate import generated
from tests.capnsafe.schema.tools import compiled

#: Rules that hold for generated code. Names and comments of a schema may be longer than a line.
RULES = ["--select=E,F,W,I,UP,B,SIM,RET,PIE,C4,PERF,RUF", "--ignore=E501"]


def require_formatted(folder: Path, paths: Iterable[Path]) -> None:
    """Fail unless a formatter leaves modules as they are, and a linter has nothing to say."""
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n# ruff: noqa\n") == 1
        assert "fmt:" not in text
        (folder / path.name).write_text(text.replace("\n# ruff: noqa\n", "\n"), encoding="utf-8")
    ruff = str(Path(sys.executable).with_name("ruff"))
    options = ["--isolated", "--no-cache", "--line-length=100", "--target-version=py311"]
    for command in (["format", "--diff"], ["check", *RULES]):
        done = subprocess.run(
            [ruff, *command, *options], cwd=folder, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.process
def test_generated_code_is_formatted(tmp_path: Path) -> None:
    require_formatted(tmp_path, generated())


@pytest.mark.process
def test_generated_code_of_random_schemas_is_formatted(tmp_path: Path) -> None:
    schemas = tmp_path / "schemas"
    schemas.mkdir()
    paths = []
    for seed in range(10):
        made = RandomSchema(seed)
        files = {
            schemas / f"random{seed}.capnp": made.text,
            schemas / made.shared_name: made.shared,
        }
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
        for name, text in modules_of(request_in(compiled(*files)), in_package=True).items():
            paths.append(schemas / name)
            paths[-1].write_text(text, encoding="utf-8")
    formatted = tmp_path / "formatted"
    formatted.mkdir()
    require_formatted(formatted, paths)


@pytest.mark.parametrize(
    "value",
    ["", "a", "it's", 'a "b"', 'it\'s "a"', "\"a\" isn't 'b'", "''\\'\"", "\\'\"", '\n\0é\\"'],
)
def test_literals(value: str) -> None:
    for literal, of in ((quoted(value), value), (quoted(value.encode()), value.encode())):
        assert ast.literal_eval(literal) == of
        single = value.count('"') > value.count("'")
        assert literal[-1] == ("'" if single else '"')


COMMENTS = [
    "one",
    " one \n",
    "\n  one\n    two\n\n   three  \n",
    "one\n\ttwo\tthree\n  four",
    'say """it"""',
    'say "it"',
    '"it" is said',
    '"""it""" is\n"said"',
    "a\\b\\",
    "one\n\n\n  two",
    "'it'",
    "one\x0c\x85two",
]


#: Names of which two do not fit into a line, but each in a line of its own.
A = "a" * 60
B = "b" * 50

STATEMENTS = [
    "x = 1",
    f"return {A}({B}, c=1)",
    f"return {A}(1, c={B})",
    f"return {A}.{B}()",
    f"return {A}.c.d.e.f({B})",
    f"return {B}.{B}.c(d)",
    f"return {A}, {B}",
    f"return {A} and {B}",
    f"return {A} and {B} and {A}",
    f"raise {A}.{B}(c)",
    f"{A}({B}, c)",
    f"{A}: {B}.C",
    f"{A}: {B}[C]",
    f"{A}: {B}[C, d]",
    f"{A}: {A}.c[d] = e",
    f"{A}: {B}[C] = d.e",
    f"{A}: b[{B}] = d(e=lambda: f)",
    f"{A}: b[c[{A}], {B}] = d(e)",
    f"{A}: {B} | C",
    f"{A}: {B} | {A} | c[{A}, {B}]",
    f"{A}: {B} = c.d",
    f'{A}: b = c("{A}")',
    f"{A} = b({B} or {A})",
    f"{A} = b({B} or {A} or {B})",
    f"{A} = {{1: {B}, 2: c}}",
    f"{A} = {{1: {{2: ({A}, {B})}}}}",
    f"{A} = f({B}).c(d)",
    f"{A} = f({B}).c({A}, d)",
    f"{A}.{B} = f({A}).c(d)",
    f"x({A}, lambda: {B})",
    f"x({A}, lambda: {A}{B})",
    f"x({A}, lambda: {A}.c[{B}])",
    f"x({A}, lambda: {A}.{B})",
    f"x({A}, lambda low, at: {B}({A}))",
]


def require_stable(folder: Path, lines: list[str]) -> None:
    """Fail unless a formatter leaves the lines of a module as they are."""
    path = folder / "module.py"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    ruff = str(Path(sys.executable).with_name("ruff"))
    command = [ruff, "format", "--diff", "--isolated", "--no-cache", "--line-length=100"]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.process
@pytest.mark.parametrize("level", [0, 1, 2])
def test_long_statements(level: int, tmp_path: Path) -> None:
    module = ["x = 1"]
    for at, statement in enumerate(STATEMENTS):
        lines = statement_lines(level + 1, statement)
        text = "\n".join(line.removeprefix("    " * (level + 1)) for line in lines)
        assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(statement))
        # Each is the body of a function, in as many classes as there are levels.
        around = ["    " * each + f"class C{at}:" for each in range(level)]
        module += ["", "", *around, "    " * level + f"def f{at}():", *lines]
    require_stable(tmp_path, module)


@pytest.mark.process
def test_docstrings(tmp_path: Path) -> None:
    module = ["x = 1"]
    for at, comment in enumerate(COMMENTS):
        lines = docstring_lines(1, doc_lines(comment))
        module += ["", "", f"def f{at}():", *lines]
        found: dict[str, Any] = {}
        exec("\n".join(["def f():", *lines]), found)
        assert inspect.cleandoc(found["f"].__doc__).split() == comment.split()
    require_stable(tmp_path, module)
    assert doc_lines(" \n ") == []


@pytest.mark.process
def test_a_comment_that_ends_with_a_quote(tmp_path: Path) -> None:
    path = tmp_path / "said.capnp"
    path.write_text('@0xa1b2c3d4e5f60755; struct Said { it @0 :Text;\n  # That is "it"\n}')
    module: Any = capnsafe.load(path)
    assert module.Said.Reader.it.__doc__ == 'That is "it" '
