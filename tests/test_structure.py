"""The structure of the repository, held by a machine: who may import whom, and house rules."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache, partial
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from capnsafe_fuzz.memories import MEMORIES, MemoryKind
from capnsafe_fuzz.oracles import ORACLES

ROOT = Path(__file__).resolve().parents[1]

#: Layers from the bottom up. A module may import from its own layer and from those below it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("capnsafe",),
    ("capnsafe_allocators",),
    (
        "capnsafe_fuzz.optional",
        "capnsafe_fuzz.ownership",
        "capnsafe_fuzz.known_drivers",
        "capnsafe_fuzz.plugins",
    ),
    ("capnsafe_fuzz.memories",),
    ("capnsafe_fuzz.scenario",),
    ("capnsafe_fuzz.reference",),
    ("capnsafe_fuzz.encoders",),
    ("capnsafe_fuzz.record",),
    ("capnsafe_fuzz.oracles",),
    ("capnsafe_fuzz.guilt",),
    ("capnsafe_fuzz.execution",),
    ("capnsafe_fuzz.targets",),
    ("capnsafe_fuzz.strategies",),
    ("capnsafe_fuzz.engines",),
    ("capnsafe_fuzz.campaign",),
    ("capnsafe_fuzz.report",),
    (
        "capnsafe_fuzz.cli",
        "capnsafe_fuzz.testing",
        "capnsafe_fuzz.streams",
        "capnsafe_fuzz.interrupts",
        "capnsafe_fuzz.__main__",
    ),
)

#: Where a module's own library is the subject of that file, and nowhere else.
FOREIGN = {
    "capnsafe": {"wasmtime"},
    "capnsafe_allocators": {"hypothesis"},
    "capnsafe_fuzz": {
        "atheris",
        "capnp",
        "click",
        "coverage",
        "hypothesis",
        "jinja2",
        "ray",
        "rich",
        "wasmtime",
    },
}

PACKAGES = {
    "capnsafe": ROOT / "capnsafe",
    "capnsafe_allocators": ROOT / "allocators" / "capnsafe_allocators",
    "capnsafe_fuzz": ROOT / "fuzz" / "capnsafe_fuzz",
}

#: The ids that DESIGN speaks of.
PROMISES = {f"P{number}" for number in range(1, 13)} | {"P5v"}


def modules() -> list[tuple[str, Path]]:
    found = []
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            if parts[-1] == "__init__":
                parts = parts[:-1]
            found.append((".".join((package, *parts)), path))
    return found


MODULES = modules()


def layer_of(module: str) -> int | None:
    for height, names in enumerate(LAYERS):
        for name in names:
            if module == name or module.startswith(name + "."):
                return height
    return None


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(module: str, path: Path) -> frozenset[str]:
    """Every module, or name in one, that a file imports, also in functions and for typing."""
    found: set[str] = set()
    is_package = path.name == "__init__.py"
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                keep = len(parts) - node.level + (1 if is_package else 0)
                base = ".".join([*parts[:keep], *([node.module] if node.module else [])])
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return frozenset(found)


def test_every_layer_exists() -> None:
    present = {module for module, _ in MODULES}
    missing = [name for names in LAYERS for name in names if name not in present]
    assert missing == []


def test_arrows_run_one_way() -> None:
    upward = set()
    for module, path in MODULES:
        own = layer_of(module)
        if own is None:
            assert module == "capnsafe_fuzz", f"{module} belongs to no layer"
            own = 0
        upward |= {
            (module, name) for name in imports_of(module, path) if (layer_of(name) or 0) > own
        }
    assert upward == set()


def modules_imported_by(module: str, path: Path) -> set[str]:
    """Return the modules of this tree that a file imports, also for typing.

    ``from package import module`` imports the module; any other name comes from the package's file.
    """
    present = {name for name, _ in MODULES}
    found = imports_of(module, path)
    holders = {name if name in present else name.rpartition(".")[0] for name in found}
    if not any(name.rpartition(".")[0] == "capnsafe" and name not in present for name in found):
        # `from .. import wire`, in a room of the encoder, imports that module only.
        holders.discard("capnsafe")
    return (holders & present) - {module}


def a_circle(arrows: dict[str, set[str]]) -> list[str]:
    """Return some modules that import each other in a circle; none if there is no circle."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_imports_run_in_a_circle() -> None:
    arrows = {module: modules_imported_by(module, path) for module, path in MODULES}
    assert a_circle(arrows) == []


#: The rooms of the encoder, from the bottom up. `_words.crossing` stands below: it imports nothing.
ROOMS = (
    "_sources",
    "errors",
    "allocator",
    "wire",
    "_words",
    "_read",
    "_stream",
    "memory",
    "_build",
    "schema",
    "aio",
)


def test_the_rooms_of_the_encoder_import_downward() -> None:
    def floor_of(name: str) -> int:
        room = name.split(".")[1]
        return -1 if name.startswith("capnsafe._words.crossing") else ROOMS.index(room)

    upward = {
        (module, name)
        for module, path in MODULES
        if module.startswith("capnsafe.")
        for name in imports_of(module, path)
        if name.startswith("capnsafe.") and floor_of(name) > floor_of(module)
    }
    assert upward == set()


def test_a_circle_is_seen_through_imports_for_typing() -> None:
    above, below = "capnsafe_fuzz.record.record", "capnsafe_fuzz.encoders.protocol"
    arrows = {m: modules_imported_by(m, path) for m, path in MODULES if m in (above, below)}
    assert below in arrows[above]  # For typing only.
    arrows[below].add(above)
    assert set(a_circle(arrows)) == {above, below}


def test_each_oracle_has_a_file_and_nothing_else_is_there() -> None:
    folder = PACKAGES["capnsafe_fuzz"] / "oracles"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "oracle"}
    assert files == {oracle.name.replace("-", "_") for oracle in ORACLES.values()}


def test_encoders_and_oracles_know_only_the_protocol_of_each_other() -> None:
    pair = ("capnsafe_fuzz.encoders", "capnsafe_fuzz.oracles")
    crossing = {
        (module, name)
        for one, other in (pair, pair[::-1])
        for module, path in MODULES
        if module.startswith(one)
        for name in imports_of(module, path)
        if name.startswith(other + ".") and not name.startswith(other + ".protocol")
    }
    assert crossing == set()


def test_dependencies_are_those_declared() -> None:
    undeclared = set()
    for module, path in MODULES:
        allowed = FOREIGN[module.split(".")[0]] | set(sys.stdlib_module_names) | set(PACKAGES)
        tops = {name.split(".")[0] for name in imports_of(module, path)}
        undeclared |= {(module, top) for top in tops - allowed}
    assert undeclared == set()


def names_of_memories_in(path: Path) -> set[str]:
    """Names of kinds of memory among the strings of a file that are no docstrings.

    ``stable`` is also an attribute of allocators, which ``getattr`` asks for.
    """
    text = path.read_text(encoding="utf-8")
    possible = [name for name in MEMORIES if name in text]
    if not possible:
        return set()
    nodes = list(ast.walk(tree_of(path)))
    attributes = {
        id(argument)
        for call in nodes
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        if call.func.id in ("getattr", "hasattr")
        for argument in call.args
    }
    prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    left_out = attributes | prose
    strings = [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in left_out
    ]
    return {
        name
        for name in possible
        for string in strings
        if string == name or re.search(rf"memory {name}\b", string)
    }


def test_no_kind_of_memory_is_named_outside_its_own_file() -> None:
    named = {
        (module, name)
        for module, path in MODULES
        if module.startswith("capnsafe_fuzz") and module != "capnsafe_fuzz.optional"
        for name in names_of_memories_in(path)
    }
    own = {(module_of(kind), name) for name, kind in MEMORIES.items()}
    assert named == own


def module_of(kind: MemoryKind) -> str:
    """The module in which a kind of memory is declared."""
    call = kind.call.func if isinstance(kind.call, partial) else kind.call
    return str(call.__module__)


def test_promise_ids_are_known() -> None:
    unknown = {
        (module, name)
        for module, path in MODULES
        for name in re.findall(r"\bP\d+v?\b", path.read_text(encoding="utf-8"))
        if name not in PROMISES
    }
    assert unknown == set()


def test_every_module_says_what_it_is() -> None:
    silent = [module for module, path in MODULES if not ast.get_docstring(tree_of(path))]
    assert silent == []


def test_no_file_name_says_nothing() -> None:
    nothing = {"utils", "util", "helpers", "common", "manager", "misc"}
    assert [module for module, path in MODULES if path.stem in nothing] == []


def test_no_class_name_stands_twice() -> None:
    places: dict[str, list[str]] = {}
    for module, path in MODULES:
        if module.endswith("_capnp"):
            continue  # Generated code has the names of a schema, and a Reader in each class.
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(module)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
