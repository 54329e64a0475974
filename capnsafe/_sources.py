"""The choice between the compiled package and its sources.

An installation may hold extension modules, which mypyc compiled from the sources beside them
(``ci/compile_package.py``). Python prefers an extension module. The environment variable
``CAPNSAFE_PLAIN`` makes it take the sources. This module is the first one of the package to be
imported, and makes the choice.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, FileFinder, SourceFileLoader


def choose(folder: str) -> None:
    """If the environment wants the sources, let Python find nothing else in this folder.

    The finders that are put here serve every later import, also of tools that instrument.
    """
    if os.environ.get("CAPNSAFE_PLAIN", "") in ("", "0"):
        return
    for below, _, _ in os.walk(folder):
        sys.path_importer_cache[below] = FileFinder(below, (SourceFileLoader, SOURCE_SUFFIXES))


def is_extension(file: str | None) -> bool:
    """Return whether a module of this file is compiled."""
    return file is not None and file.endswith(tuple(EXTENSION_SUFFIXES))


choose(os.path.dirname(__file__))
