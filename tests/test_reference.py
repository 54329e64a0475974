"""The reference: it is made of docstrings without a warning, and has every public name."""

from __future__ import annotations

import inspect
import subprocess
import sys
import zlib
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import capnsafe
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
    """Return the names that a module exports, or else defines."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_there(module: str, names: set[str]) -> None:
    found = public_names(import_module(module))
    assert found
    assert [name for name in found if not {f"{module}.{name}", f"capnsafe.{name}"} & names] == []


def methods_of(kind: type) -> list[str]:
    return [
        name
        for name, value in inspect.getmembers_static(kind)
        if not name.startswith("_")
        and isinstance(value, (property, staticmethod, classmethod)) | inspect.isfunction(value)
    ]


def undocumented(module: ModuleType, name: str, names: set[str]) -> list[str]:
    """Return the public methods of a class that have no entry."""
    kind = getattr(module, name)
    if not inspect.isclass(kind) or issubclass(kind, (Exception, tuple, int, dict)):
        return []
    places = (f"{module.__name__}.{name}", f"capnsafe.{name}")
    return [
        f"{name}.{method}"
        for method in methods_of(kind)
        if not {f"{place}.{method}" for place in places} & names
    ]


@pytest.mark.parametrize("module", [capnsafe, capnsafe.schema], ids=lambda each: each.__name__)
def test_every_method_is_there(module: ModuleType, names: set[str]) -> None:
    found = {*public_names(module)} - KINDS
    assert [undocumented(module, name, names) for name in found] == [[]] * len(found)


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
