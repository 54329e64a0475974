"""What the package promises by name: the list of exports, docstrings, and no dependency."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest

import capnsafe

PACKAGE = Path(capnsafe.__file__).parent

#: Libraries that are the subject of one file, and extras.
EXTRAS = {"memory/wasm.py": {"wasmtime"}}

EXPORTS = [
    "AllocationRefused",
    "Allocator",
    "AllocatorError",
    "ArgumentError",
    "ArgumentIndexError",
    "ArgumentTypeError",
    "ArgumentValueError",
    "BadBuffer",
    "BorrowRefused",
    "Borrowed",
    "Closed",
    "ContentsChanged",
    "Element",
    "Error",
    "Exhausted",
    "FixedAllocator",
    "FramingError",
    "GrantOverlaps",
    "GrantTooSmall",
    "HeapAllocator",
    "InvalidText",
    "ListBuilder",
    "ListReader",
    "MalformedMessage",
    "MessageBuilder",
    "MessageReader",
    "MessageStateError",
    "MessageTooLarge",
    "NestingLimitExceeded",
    "ObjectSize",
    "Orphan",
    "Packer",
    "PointerKind",
    "PointerKindMismatch",
    "PointerListBuilder",
    "PointerListReader",
    "PointerOutOfBounds",
    "Poisoned",
    "Reentered",
    "ReleaseFailed",
    "SegmentLost",
    "StaleHandle",
    "StructBuilder",
    "StructListBuilder",
    "StructListReader",
    "StructReader",
    "TraversalLimitExceeded",
    "Unpacker",
    "Unreadable",
    "Written",
    "frame",
    "pack",
    "read_message",
    "read_messages",
    "unframe",
    "unpack",
    "write_message",
]


def test_the_exports_are_these() -> None:
    assert sorted(capnsafe.__all__) == EXPORTS


@pytest.mark.parametrize("name", capnsafe.__all__)
def test_every_public_name_and_method_has_a_docstring(name: str) -> None:
    thing = getattr(capnsafe, name)
    assert inspect.getdoc(thing)
    if isinstance(thing, type):
        for member, value in vars(thing).items():
            public = not member.startswith("_") or member in ("__len__", "__getitem__", "__iter__")
            function = value.fget if isinstance(value, property) else value
            if public and isinstance(function, FunctionType):
                assert function.__doc__, f"{name}.{member}"


@pytest.mark.parametrize("name", capnsafe.__all__)
def test_every_public_method_has_annotations(name: str) -> None:
    thing = getattr(capnsafe, name)
    functions = vars(thing).values() if isinstance(thing, type) else [thing]
    for value in functions:
        if isinstance(value, FunctionType) and value.__module__.startswith("capnsafe"):
            signature = inspect.signature(value)
            assert signature.return_annotation is not inspect.Signature.empty, value
            for parameter in list(signature.parameters.values())[1:]:
                assert parameter.annotation is not inspect.Parameter.empty, (value, parameter)


def test_the_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()


@pytest.mark.parametrize(
    "source", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_the_core_imports_the_standard_library_and_itself_alone(source: Path) -> None:
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [node.module or ""]
        else:
            continue
        own = EXTRAS.get(source.relative_to(PACKAGE).as_posix(), set())
        for module in modules:
            assert module.split(".")[0] in sys.stdlib_module_names | own, module


@pytest.mark.process
def test_importing_the_package_imports_nothing_else_of_the_distribution() -> None:
    code = (
        "import sys, capnsafe; "
        "others = {'capnsafe_fuzz', 'capnsafe_allocators', 'capnp', 'wasmtime'}; "
        "sys.exit(any(name.split('.')[0] in others for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent).returncode == 0
