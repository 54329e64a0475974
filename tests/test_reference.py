"""The reference: it is made of docstrings without a warning, and has every public name."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import zlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import pytest

from capnsafe import errors, wire
from tests.builds import plain_only
from tests.capnsafe.schema import addressbook_capnp

pytestmark = [pytest.mark.process, plain_only("compiled classes have no docstrings")]

ROOT = Path(__file__).parents[1]

#: The modules that users import from.
MODULES = [
    *(
        "capnsafe",
        "capnsafe.aio",
        "capnsafe.allocator",
        "capnsafe.errors",
        "capnsafe.schema",
        "capnsafe.wire",
    ),
    *("capnsafe.memory", "capnsafe.memory.adapters", "capnsafe.memory.malloc"),
    *("capnsafe.memory.mapped_file", "capnsafe.memory.shared_memory", "capnsafe.memory.wasm"),
]

#: Generated modules only make these. Their methods are for the package itself.
KINDS = {"EnumKind", "GroupKind", "StructKind"}


def build(source: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = [*command, str(source), str(folder)]
    return subprocess.run(done, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the names that have an entry in the reference."""
    folder = tmp_path_factory.mktemp("docs")
    done = build(ROOT / "docs" / "reference", folder)
    assert (done.returncode, done.stderr) == (0, "")
    *_, packed = (folder / "objects.inv").read_bytes().split(b"\n", 4)
    return {line.split(" ")[0] for line in zlib.decompress(packed).decode().splitlines()}


def public_names(module: ModuleType) -> list[str]:
    """Return the names that a module exports, or else defines: constants, too."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    found: list[str] = []
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.append(node.name)
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets += [node.target] if isinstance(node, ast.AnnAssign) else []
        found += [target.id for target in targets if isinstance(target, ast.Name)]
    return [
        name
        for name in found
        if not name.startswith("_") and not isinstance(getattr(module, name), TypeVar)
    ]


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_there(module: str, names: set[str]) -> None:
    found = public_names(import_module(module))
    assert found
    assert [name for name in found if not {f"{module}.{name}", f"capnsafe.{name}"} & names] == []


def members_of(kind: type) -> Iterator[tuple[type, str]]:
    """Return the public members of a class: methods, properties, attributes and constants.

    Each is with the class of this package that has it.
    """
    for owner in kind.__mro__:
        if owner.__module__.partition(".")[0] == "capnsafe":
            own = {*vars(owner), *vars(owner).get("__annotations__", {})}
            yield from ((owner, name) for name in sorted(own) if not name.startswith("_"))


def missing_members(module: ModuleType, name: str, names: set[str]) -> list[str]:
    """Return the public members of a class that have no entry, nor one at a class above it."""
    kind = getattr(module, name)
    if not inspect.isclass(kind) or name in KINDS:
        return []
    missing = []
    for owner, member in members_of(kind):
        places = {f"{place}.{name}" for place in (module.__name__, "capnsafe", kind.__module__)}
        places |= {f"{place}.{owner.__name__}" for place in ("capnsafe", owner.__module__)}
        if not {f"{place}.{member}" for place in places} & names:
            missing.append(f"{name}.{member}")
    return missing


@pytest.mark.parametrize("module", MODULES)
def test_every_member_is_there(module: str, names: set[str]) -> None:
    found = import_module(module)
    missing = [missing_members(found, name, names) for name in public_names(found)]
    assert [each for each in missing if each] == []


def test_a_member_that_is_missing_is_noticed(names: set[str]) -> None:
    members = {member for _, member in members_of(wire.Element)}
    assert {"UINT8", "bits", "unpack_from"} <= members
    without = {name for name in names if not name.endswith("Element.bits")}
    assert missing_members(wire, "Element", without) == ["Element.bits"]
    without = {name for name in names if not name.endswith("ArgumentError.field")}
    assert missing_members(errors, "ArgumentTypeError", without) == ["ArgumentTypeError.field"]


def test_generated_classes_are_there(names: set[str]) -> None:
    for kind in (addressbook_capnp.Person, addressbook_capnp.Person.PhoneNumber):
        for place in (kind, kind.Reader, kind.Builder):
            assert f"addressbook_capnp.{place.__qualname__}" in names
    for member in ("name", "init_phones", "employment"):
        assert f"addressbook_capnp.Person.Builder.{member}" in names


def test_a_docstring_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "conf.py").write_text("extensions = ['sphinx.ext.autodoc']\n")
    (folder / "index.rst").write_text("Page\n====\n\n.. autofunction:: capnsafe.gone\n")
    done = build(folder, tmp_path / "docs")
    assert done.returncode == 1
    assert "failed to import 'gone' from module 'capnsafe'" in done.stderr
