"""What the package promises by name: the list of exports, docstrings, and no dependency."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
from inspect import getattr_static
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

import capnsafe
from tests.builds import plain_only

PACKAGE = Path(capnsafe.__file__).parent

#: Libraries that are the subject of one file, and extras. Generated code imports the package.
EXTRAS = {"memory/wasm.py": {"wasmtime"}, "schema/schema_capnp.py": {"capnsafe"}}

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
    "COMPILED",
    "Closed",
    "ContentsChanged",
    "Element",
    "ElementSize",
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
    "SchemaError",
    "SegmentLost",
    "StaleHandle",
    "StructBuilder",
    "StructListBuilder",
    "StructListReader",
    "StructReader",
    "TraversalLimitExceeded",
    "Unpacker",
    "Unreadable",
    "WriteProgress",
    "equal",
    "frame",
    "load",
    "message_words",
    "pack",
    "read_message",
    "read_messages",
    "unframe",
    "unpack",
    "write_message",
]


#: The modules that users import from; others are internal by their names.
MODULES = ["aio", "allocator", "errors", "memory", "schema", "wire"]

#: Types that public methods return beside exported classes: of Python, and aliases of such.
OTHER_TYPES = {
    *("AbstractContextManager", "Any", "Buffer", "Given", "Iterator", "Key", "ModuleType", "None"),
    "Primitive",
}


def test_the_exports_are_these() -> None:
    assert sorted(capnsafe.__all__) == EXPORTS


def test_the_package_shows_its_public_names_and_nothing_else() -> None:
    shown = [name for name in dir(capnsafe) if not name.startswith("_")]
    assert shown == sorted([*EXPORTS, *MODULES])


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'capnsafe' has no attribute 'lode'"):
        capnsafe.lode  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.process
@pytest.mark.parametrize("use", ["capnsafe.load", "capnsafe.schema", "from capnsafe import *"])
def test_schemas_are_imported_when_they_are_used(use: str) -> None:
    """They are a third of the package, and most processes of a campaign use none."""
    program = f"""\
import sys
import capnsafe
assert not any(name.startswith("capnsafe.schema") for name in sys.modules)
assert {{"load", "schema"}} <= set(dir(capnsafe))
{use}
assert "capnsafe.schema" in sys.modules
assert capnsafe.load is capnsafe.load is sys.modules["capnsafe.schema.loading"].load
assert capnsafe.schema is sys.modules["capnsafe.schema"]
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)


@plain_only("compiled classes have no docstrings")
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


@pytest.mark.parametrize("name", capnsafe.__all__)
def test_no_public_method_returns_a_type_that_is_not_exported(name: str) -> None:
    thing = getattr(capnsafe, name)
    members: dict[str, Any] = {name: thing}
    if isinstance(thing, type):
        members = {member: getattr_static(thing, member) for member in dir(thing)}
    for member, value in members.items():
        if member.startswith("_"):
            continue
        function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
        if not isinstance(function, FunctionType):
            continue
        returned = re.findall(r"[A-Z]\w+", inspect.signature(function).return_annotation)
        assert set(returned) <= {*EXPORTS, *OTHER_TYPES}, f"{name}.{member}"


@pytest.mark.parametrize("name", capnsafe.__all__)
def test_defaults_of_fields_are_keyword_only(name: str) -> None:
    thing = getattr(capnsafe, name)
    for member in dir(thing) if isinstance(thing, type) else ():
        function = getattr_static(thing, member)
        if isinstance(function, FunctionType) and not member.startswith("_"):
            default = inspect.signature(function).parameters.get("default")
            assert default is None or default.kind is default.KEYWORD_ONLY, member


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


def test_former_names_still_work() -> None:
    memory = capnsafe.HeapAllocator()
    capnsafe.MessageBuilder(memory).init_root(1, 0).set_uint64(0, 7)
    root = capnsafe.MessageReader.over(memory, [0]).get_root()
    assert root is not None
    assert root.get_uint64(0) == 7
    again = capnsafe.MessageBuilder.over(memory, [(0, 2)], max_segment_words=3, verify=True)
    assert again.segments() == [memory.segment(0)[:16]]
    with pytest.raises(capnsafe.ArgumentValueError, match="1 to 3, not 4"):
        capnsafe.MessageBuilder.over(memory, [(0, 4)], max_segment_words=3)
    with pytest.raises(capnsafe.TraversalLimitExceeded):
        capnsafe.MessageReader.over(memory, [0], traversal_limit_words=0).get_root()
    with pytest.raises(capnsafe.NestingLimitExceeded):
        capnsafe.MessageReader.over(memory, [0], nesting_limit=0).get_root()
