"""Read planted bugs, patch a copy of the core, and import it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import capnsafe

from ...ownership import process_folder

if TYPE_CHECKING:
    from ...scenario import Scenario
    from ..capnsafe_encoder import CapnsafeEncoder

FOLDER: Final = Path(__file__).parent
ANY_FILE: Final = "*"
PACKAGE_PREFIX: Final = "capnsafe_planted_"
BUILDER: Final = "builder"
"""The target of a bug that names none."""


class PlantingError(Exception):
    """The file of a planted bug is wrong, or its patch does not apply; the message says why."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement in one file of the core."""

    before: str
    after: str
    file: str = ANY_FILE
    """A file, or any file that has the text: code that moves to another file keeps its bugs."""


@dataclass(frozen=True, slots=True)
class PlantedBug:
    """One mistake, as its file describes it."""

    name: str
    promise: str
    source: str
    mechanism: str
    needs: Mapping[str, int]
    """The sizes of the smallest scenario that shows it, by noun of its target."""
    edits: tuple[Edit, ...]
    target: str = BUILDER
    """The target of the scenario."""


#: The name of every planted bug, and its file, in alphabetical order.
BUGS: Final[Mapping[str, Path]] = {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}

_KEYS: Final = {"name", "promise", "source", "mechanism", "needs", "edit"}


def read_bug(path: Path) -> PlantedBug:
    """Read one file.

    Raises:
        PlantingError: If the file is malformed.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise PlantingError(f"{path}: {error}") from error
    if set(table) - {"target"} != _KEYS:
        raise PlantingError(
            f"{path}: has {sorted(table)}, and must have {sorted(_KEYS)}, and may have target"
        )
    if table["name"] != path.stem:
        raise PlantingError(f"{path}: is named {table['name']!r} inside")
    try:
        edits = tuple(Edit(**edit) for edit in table["edit"])
        bug = PlantedBug(
            table["name"],
            table["promise"],
            table["source"],
            table["mechanism"],
            dict(table["needs"]),
            edits,
            str(table.get("target", BUILDER)),
        )
    except (TypeError, KeyError) as error:
        raise PlantingError(f"{path}: {error}") from error
    numbers = bug.needs.values()
    if not bug.needs or not all(type(number) is int and number >= 0 for number in numbers):
        raise PlantingError(f"{path}: needs is a table of sizes, not {table['needs']}")
    return bug


@cache
def bugs_of(target: str) -> tuple[str, ...]:
    """Return the names of the planted bugs that scenarios of this target show."""
    return tuple(name for name, path in BUGS.items() if read_bug(path).target == target)


def plant(bug: PlantedBug, folder: Path) -> Path:
    """Make a package in ``folder`` that is the core with the bug; return the package's folder.

    Bytecode is in it, too: all files but the patched ones are the same, and compiling them takes
    ten times as long as everything else here.
    """
    source = Path(capnsafe.__file__).parent
    package = folder / (PACKAGE_PREFIX + bug.name)
    shutil.copytree(
        source, package, ignore=shutil.ignore_patterns("*.so"), copy_function=_link_or_copy
    )
    try:
        _apply(bug, package)
    except PlantingError:
        shutil.rmtree(package)
        raise
    return package


def _link_or_copy(source: str, target: str) -> None:
    """Link a file, which takes a fifth of the time; copy it where the system refuses that.

    A linked file is a file of the core. It must be replaced, and never written.
    """
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _apply(bug: PlantedBug, package: Path) -> None:
    if not bug.edits:
        raise PlantingError(f"{bug.name}: changes nothing")
    for edit in bug.edits:
        if edit.file == ANY_FILE:
            texts = {path: path.read_text("utf-8") for path in sorted(package.rglob("*.py"))}
        elif (package / edit.file).is_file():
            texts = {package / edit.file: (package / edit.file).read_text("utf-8")}
        else:
            raise PlantingError(f"{bug.name}: capnsafe has no file {edit.file}")
        counts = {path: text.count(edit.before) for path, text in texts.items()}
        found = sum(counts.values())
        if found != 1:
            where = "all files" if edit.file == ANY_FILE else edit.file
            raise PlantingError(
                f"{bug.name}: the text to replace occurs {found} times in {where}, and must "
                f"occur once:\n{edit.before}"
            )
        path = max(counts, key=lambda path: counts[path])
        if edit.before == edit.after:
            raise PlantingError(f"{bug.name}: an edit of {edit.file} changes nothing")
        path.unlink()
        path.write_text(texts[path].replace(edit.before, edit.after), "utf-8")
        # Its size and its time in whole seconds could equal those of the original.
        Path(importlib.util.cache_from_source(path)).unlink(missing_ok=True)


@cache
def _private_folder() -> Path:
    return Path(tempfile.mkdtemp(dir=process_folder().path, prefix="planted-"))


def _known(name: str) -> Path:
    if name not in BUGS:
        raise PlantingError(f"no planted bug {name!r}; there are {', '.join(BUGS)}")
    return BUGS[name]


@cache
def load_package(name: str) -> ModuleType:
    """Return the package with this bug in it, copied and imported once per process."""
    bug = read_bug(_known(name))
    folder = plant(bug, _private_folder())
    return import_package(folder)


def import_package(folder: Path) -> ModuleType:
    """Import the package in ``folder`` under the folder's name, without touching ``sys.path``."""
    spec = importlib.util.spec_from_file_location(
        folder.name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[folder.name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[folder.name]
        raise
    return module


def encoder(name: str) -> CapnsafeEncoder:
    """Return the encoder ``planted:NAME``."""
    from ..capnsafe_encoder import CapnsafeEncoder

    package: Any = load_package(name)
    return CapnsafeEncoder(package, f"planted:{name}")


def witness_text(name: str) -> str:
    """Return the text of the scenario that shows this bug."""
    path = _known(name).with_suffix(".scenario")
    if not path.is_file():
        raise PlantingError(f"{name}: has no witness {path.name}")
    return path.read_text("utf-8")


def witness(name: str) -> Scenario:
    """Return the scenario of the target ``builder`` that shows this bug."""
    from ...scenario import parse_scenario

    return parse_scenario(witness_text(name))
