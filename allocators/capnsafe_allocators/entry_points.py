"""Entry points of installed packages.

``importlib.metadata`` parses the files of all installed packages whenever it is asked, and its own
import takes time, too. Every command and every worker of a campaign asks, and most installations
have no entry points for this project. So :func:`entry_points_of` first searches the files for the
name of the group, which takes a tenth of the time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def entry_points_of(group: str) -> list[EntryPoint]:
    """Return the entry points of a group, in no order."""
    if not _may_be_declared(group):
        return []
    from importlib.metadata import entry_points

    return list(entry_points(group=group))


def _may_be_declared(group: str) -> bool:
    """Return False if no installed package has an entry point of this group."""
    for finder in sys.meta_path:
        if finder is not PathFinder and hasattr(finder, "find_distributions"):
            return True
    name = group.encode()
    for folder in sys.path:
        try:
            if any(name in text for text in _declarations(folder or os.curdir)):
                return True
        except NotADirectoryError:
            # Perhaps an archive.
            return True
        except OSError:
            continue
    return False


def _declarations(folder: str) -> Iterator[bytes]:
    """Yield the files of entry points of the packages that are installed in a folder."""
    for child in os.listdir(folder):
        if child.lower().endswith((".dist-info", "egg-info")):
            try:
                with open(os.path.join(folder, child, "entry_points.txt"), "rb") as file:
                    yield file.read()
            except OSError:
                # Most packages declare none.
                continue
