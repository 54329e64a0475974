"""Watch which code of the tested encoder an execution reaches, for the first time in this process.

A *place* is a line, or one direction of a branch, as a string that is the same in every process of
the same Python and the same code. Places are finer than the lines and branches of coverage.py:
each condition of one line is a branch.

From Python 3.12 on, ``sys.monitoring`` reports them. A place that was seen is switched off, so that
thousands of executions run at nearly full speed. Before, ``sys.settrace`` reports pairs of lines.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Protocol


class PlaceWatch(Protocol):
    """Collects places."""

    def take(self) -> list[str]:
        """Return the places reached for the first time since the last call."""


def watch(packages: Iterable[str]) -> PlaceWatch:
    """Watch the code of these packages, which are imported; to the end of this process."""
    folders = tuple(_folders(packages))
    if sys.version_info >= (3, 12):
        return _Monitored(folders)
    return _Traced(folders)


def _folders(packages: Iterable[str]) -> Iterable[str]:
    """Yield the beginning of the paths of all files of packages and modules."""
    for name in packages:
        module = sys.modules.get(name)
        for folder in getattr(module, "__path__", ()):
            yield os.path.join(folder, "")
        file = getattr(module, "__file__", None)
        if file is not None and not hasattr(module, "__path__"):
            yield file


class _Places:
    """The places of this process, by name."""

    def __init__(self, folders: tuple[str, ...]) -> None:
        self._folders = folders
        self._files: dict[str, str | None] = {}
        # Kept alive, because ``id`` stands for them.
        self._codes: list[CodeType] = []
        self.new: list[str] = []

    def is_ours(self, code: CodeType) -> bool:
        """Return whether code belongs to a watched package."""
        return self._file(code) is not None

    def keep(self, code: CodeType) -> None:
        """Keep code alive."""
        self._codes.append(code)

    def note(self, code: CodeType, place: str) -> None:
        """Note a place in code as new."""
        self.new.append(f"{self._file(code)}:{place}")

    def _file(self, code: CodeType) -> str | None:
        """Return the path of its file below the package; None if it is of no watched package."""
        path = code.co_filename
        if path not in self._files:
            start = next((one for one in self._folders if path.startswith(one)), None)
            self._files[path] = None if start is None else path[len(start) :] or Path(path).name
        return self._files[path]

    def take(self) -> list[str]:
        """Return the new places, and forget that they are new."""
        taken, self.new = self.new, []
        return taken


if sys.version_info >= (3, 12):
    _FREE_TOOLS = (3, 4)
    """Ids of ``sys.monitoring`` that Python reserves for no purpose."""

    class _Monitored:
        """Places as ``sys.monitoring`` reports them."""

        def __init__(self, folders: tuple[str, ...]) -> None:
            monitoring = sys.monitoring
            events = monitoring.events
            self._places = _Places(folders)
            self._tool = next(id for id in _FREE_TOOLS if monitoring.get_tool(id) is None)
            self._taken: dict[tuple[int, int], int] = {}
            # From 3.14 on, each direction of a branch is switched off alone.
            self._directed = hasattr(events, "BRANCH_LEFT")
            self._local = events.LINE
            branches: list[int] = (
                [events.BRANCH_LEFT, events.BRANCH_RIGHT] if self._directed else [events.BRANCH]
            )
            monitoring.use_tool_id(self._tool, __name__)
            monitoring.register_callback(self._tool, events.PY_START, self._start)
            monitoring.register_callback(self._tool, events.LINE, self._line)
            for branch in branches:
                self._local |= branch
                monitoring.register_callback(self._tool, branch, self._branch)
            monitoring.set_events(self._tool, events.PY_START)

        def take(self) -> list[str]:
            """Return the new places."""
            return self._places.take()

        def _start(self, code: CodeType, offset: int) -> Any:
            if self._places.is_ours(code):
                self._places.keep(code)
                sys.monitoring.set_local_events(self._tool, code, self._local)
            return sys.monitoring.DISABLE

        def _line(self, code: CodeType, line: int) -> Any:
            self._places.note(code, str(line))
            return sys.monitoring.DISABLE

        def _branch(self, code: CodeType, offset: int, to: int) -> Any:
            known = self._taken.get((id(code), offset))
            if known is None:
                self._taken[id(code), offset] = to
            elif known == to:
                return None
            # One name may stand for several functions of a file.
            self._places.note(code, f"{code.co_firstlineno} {code.co_qualname} {offset} {to}")
            return sys.monitoring.DISABLE if self._directed or known is not None else None


class _Traced:
    """Places as ``sys.settrace`` reports them: a line, and the one before it."""

    def __init__(self, folders: tuple[str, ...]) -> None:
        self._places = _Places(folders)
        self._seen: set[tuple[int, int, int]] = set()
        sys.settrace(self._call)

    def take(self) -> list[str]:
        """Return the new places."""
        return self._places.take()

    def _call(self, frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        code = frame.f_code
        if not self._places.is_ours(code):
            return None
        seen, last = self._seen, -code.co_firstlineno

        def local(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
            nonlocal last
            if event in ("line", "return"):
                line = frame.f_lineno if event == "line" else 0
                pair = id(code), last, line
                if pair not in seen:
                    seen.add(pair)
                    self._places.keep(code)
                    self._places.note(code, f"{code.co_firstlineno} {last} {line}")
                last = line
            return local

        return local
