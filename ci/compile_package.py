"""Compile the package with mypyc: ``python ci/compile_package.py FOLDER``.

The folder then holds the package as a wheel does: the sources, and the extension modules that mypyc
compiled from them. ``make compile`` runs this, and so does the build of a wheel (hatch_build.py).
"""

from __future__ import annotations

import ast
import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = "capnsafe"

#: Modules and packages that stay interpreted. Every ``__init__`` does, too.
INTERPRETED: Final = (
    # mypyc cannot compile classes that inherit from builtin exceptions.
    "errors.py",
    "_words/caught.py",
    # It decides whether the compiled modules are loaded.
    "_sources.py",
    # It counts frames of the interpreter, which compiled functions do not have.
    "_words/exhausted.py",
    # The alias and the decorator that mypyc must not see: GIVEN and NATIVE take their places.
    "_words/given.py",
    "_words/native.py",
    # It asks Python whether a generator is running, and mypyc's generators cannot tell.
    "_stream/messages.py",
    # Coroutines, whose time goes into waiting.
    "aio.py",
    # Their time is that of ctypes, files, or a guest. (The heap is the default, and compiled.)
    "memory/adapters",
    "memory/backing.py",
    "memory/closing.py",
    "memory/fixed.py",
    "memory/malloc.py",
    "memory/mapped_file.py",
    "memory/pool.py",
    "memory/scratch.py",
    "memory/shared_memory.py",
    "memory/wasm.py",
    # mypyc cannot compile an Enum with a ``__setattr__``.
    "schema/unset.py",
    # Generated code is interpreted, and its classes derive from those of these modules.
    "schema/anything.py",
    "schema/enums.py",
    "schema/handles.py",
    "schema/values.py",
    # Used once for each schema, or for texts, whose speed matters less.
    "schema/annotations.py",
    "schema/generator.py",
    "schema/json_ids.py",
    "schema/json_layout.py",
    "schema/json_value.py",
    "schema/lines.py",
    "schema/loading.py",
    "schema/naming.py",
    "schema/notebook.py",
    "schema/plain.py",
    "schema/plugin.py",
    "schema/request.py",
    "schema/schema_capnp.py",
    "schema/text.py",
    "schema/type_names.py",
    "schema/text_parser.py",
)

#: To mypyc, an argument that the library checks itself is any object: capnsafe/_words/given.py.
GIVEN: Final = """\
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
Given: TypeAlias = T | Any
"""


#: To mypyc, the mark of classes is the one that it knows: capnsafe/_words/native.py.
NATIVE: Final = """\
from mypy_extensions import mypyc_attr as mypyc_attr
"""


def compile_package(folder: Path) -> None:
    """Compile the package into ``folder``, which then holds its sources, too."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / PACKAGE, folder / PACKAGE, ignore=ignored)
    # mypyc and setuptools work on paths relative to the current folder.
    work = folder / "build"
    shutil.copytree(ROOT / PACKAGE, work / PACKAGE, ignore=ignored)
    os.chdir(work)
    package = Path(PACKAGE)
    (package / "_words" / "given.pyi").write_text(GIVEN)
    (package / "_words" / "native.pyi").write_text(NATIVE)
    interpreted = tuple(package / name for name in INTERPRETED)
    sources = [
        path
        for path in sorted(package.rglob("*.py"))
        if path.name != "__init__.py"
        and not any(path.is_relative_to(excluded) for excluded in interpreted)
    ]
    for path in sources:
        path.write_text(with_explicit_causes(path.read_text("utf-8")), "utf-8")
    _build([str(path) for path in sources])
    for module in Path().rglob("*" + sysconfig.get_config_var("EXT_SUFFIX")):
        # setuptools has another copy.
        if module.parts[0] != "build":
            module.rename(folder / module)
    os.chdir(folder)
    shutil.rmtree(work)


def with_explicit_causes(source: str) -> str:
    """Return a module in which ``raise error from cause`` sets the cause by an assignment.

    mypyc drops the cause, which the library promises (P1). Every line keeps its number.
    """
    lines = source.encode().split(b"\n")
    raises = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Raise) and node.cause is not None
    ]
    # From the end, so that the places of the others stay as they are.
    for number, node in enumerate(sorted(raises, key=lambda node: node.lineno, reverse=True)):
        error, cause = node.exc, node.cause
        assert error is not None
        assert cause is not None
        assert error.end_lineno is not None
        assert cause.end_lineno == cause.lineno == error.end_lineno, "`from` on a line of its own"
        last = lines[error.end_lineno - 1]
        why = last[cause.col_offset : cause.end_col_offset]
        name = b"raised_%d" % number
        lines[error.end_lineno - 1] = b"%s; %s.__cause__ = %s; raise %s" % (
            last[: error.end_col_offset], name, why, name,
        )  # fmt: skip
        first = lines[node.lineno - 1]
        lines[node.lineno - 1] = b"%s%s = %s" % (
            first[: node.col_offset], name, first[error.col_offset :],
        )  # fmt: skip
    return b"\n".join(lines).decode()


def _build(sources: list[str]) -> None:
    """Compile modules, whose paths are relative to the current folder, to where they are."""
    from mypyc.build import mypycify
    from setuptools import setup

    # One C file for each module, because the compiler takes more than linear time. -O3 takes far
    # longer, and gains nothing.
    modules = mypycify(
        # Not strict, because `make typecheck` is, and Given is any object here.
        ["--config-file=", *sources],
        opt_level="2",
        debug_level="0",
        multi_file=True,
        group_name=PACKAGE,
    )
    setup(name=PACKAGE, ext_modules=modules, packages=[], script_args=["-q", "build_ext", "-i"])


if __name__ == "__main__":
    compile_package(Path(sys.argv[1]).resolve())
