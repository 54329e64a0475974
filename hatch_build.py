"""The wheel: it holds the sources and, where a compiler is, what mypyc compiles from them.

Hatchling runs :class:`CompiledPackage` when it builds a wheel; an editable install stays plain. The
environment variable ``CAPNSAFE_COMPILE`` says what to do:

- not set: compile if there is a compiler; without one, or if that fails, the wheel is plain
- ``0``: build a plain wheel
- ``1``: compile, and fail if that fails
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: What the build needs. Another version of mypy may see errors where this one sees none.
NEEDED: Final = ["mypy==2.4.1", "setuptools>=77"]


class CompiledPackage(BuildHookInterface[Any]):
    """Compiles the package for a wheel, and adds the extension modules to it."""

    PLUGIN_NAME = "custom"

    #: Where the extension modules are until they are in the wheel.
    _folder: Path | None = None

    def dependencies(self) -> list[str]:
        """Return what the build needs beside Hatchling; nothing for a plain wheel."""
        return NEEDED if self.target_name == "wheel" and _obstacle() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, unless the wheel is to be plain."""
        if self.target_name != "wheel" or version == "editable":
            return
        obstacle = _obstacle()
        if obstacle is None:
            self._folder = Path(tempfile.mkdtemp(prefix="capnsafe-build-"))
            script = Path(self.root) / "ci" / "compile_package.py"
            done = subprocess.run([sys.executable, script, self._folder], check=False)
            if done.returncode:
                obstacle = "the build failed"
        if self._folder is None or obstacle is not None:
            if os.environ.get("CAPNSAFE_COMPILE") == "1":
                raise RuntimeError(f"capnsafe is not compiled: {obstacle}")
            self.app.display_warning(f"capnsafe stays plain Python: {obstacle}")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        for module in self._folder.rglob("*" + sysconfig.get_config_var("EXT_SUFFIX")):
            build_data["force_include"][str(module)] = str(module.relative_to(self._folder))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the folder of the build."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _obstacle() -> str | None:
    """Return why not to compile, or ``None`` to try it."""
    setting = os.environ.get("CAPNSAFE_COMPILE", "")
    if setting == "0":
        return "CAPNSAFE_COMPILE is 0"
    if sys.implementation.name != "cpython":
        return "mypyc compiles for CPython"
    if setting == "1" or os.name == "nt":
        return None
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        return f"there is no compiler {compiler}"
    header = Path(sysconfig.get_path("include")) / "Python.h"
    return None if header.is_file() else f"there is no {header}"
