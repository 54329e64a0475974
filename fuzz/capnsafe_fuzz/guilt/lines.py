"""Watch the lines of an encoder's own code while it runs.

From Python 3.12 on, ``sys.monitoring`` observes them, and code of other files costs nothing. In
Python 3.11, or if all of its tools are taken, ``sys.settrace`` does. Both report the same events: a
line that is about to run, and an exception that is raised in a frame or passes through it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple, Protocol

_MONITORING: Final[Any] = getattr(sys, "monitoring", None)
_TOOLS: Final = range(5, -1, -1)
"""The tool ids of ``sys.monitoring``; profilers and debuggers prefer the low ones."""


class CodeLine(NamedTuple):
    """A line of the encoder, in a call that is under way."""

    path: str
    """The source file."""
    file: str
    """The source file below its package: ``_build/draft.py``."""
    function: str
    """The qualified name, without the marks of nested functions and lambdas."""
    line: int

    @property
    def place(self) -> str:
        """Return the file and the function: a name that does not depend on line numbers."""
        return f"{self.file}:{self.function}"

    @property
    def told(self) -> str:
        """Return the file and the line."""
        return f"{self.file}:{self.line}"


Stack = tuple[CodeLine, ...]
"""The encoder's own frames, innermost first."""


class Listener(Protocol):
    """Receives the events."""

    def line(self, frame: FrameType) -> None:
        """Note that a line is about to run."""

    def exception(self, frame: FrameType, error: BaseException) -> None:
        """Note that an exception is raised in a frame, or passes through it."""


class Lines:
    """A context manager that reports the events of the encoder's own code to a listener."""

    __slots__ = ("_busy", "_listener", "_owned", "_owns", "_previous", "_tool")

    def __init__(self, owns: Callable[[str], bool], listener: Listener) -> None:
        """Watch nothing yet. ``owns`` returns whether a source file is the encoder's."""
        self._owns = owns
        self._listener = listener
        self._owned: dict[str, bool] = {}
        self._busy = False
        self._tool: int | None = None
        self._previous: Any = None

    def __enter__(self) -> None:
        """Start to watch."""
        self._tool = _free_tool()
        if self._tool is None:
            self._previous = sys.gettrace()
            sys.settrace(self._trace)
            return
        monitoring, events = _MONITORING, _MONITORING.events
        monitoring.restart_events()
        monitoring.register_callback(self._tool, events.LINE, self._on_line)
        monitoring.register_callback(self._tool, events.RAISE, self._on_raise)
        monitoring.set_events(self._tool, events.LINE | events.RAISE)

    def __exit__(self, *raised: object) -> None:
        """Stop watching."""
        if self._tool is None:
            sys.settrace(self._previous)
            return
        monitoring = _MONITORING
        monitoring.set_events(self._tool, 0)
        monitoring.register_callback(self._tool, monitoring.events.LINE, None)
        monitoring.register_callback(self._tool, monitoring.events.RAISE, None)
        monitoring.free_tool_id(self._tool)

    def stack(self, frame: FrameType | None) -> Stack:
        """Return the encoder's own frames from ``frame`` outwards."""
        found = []
        while frame is not None:
            if self.is_own(frame.f_code):
                found.append(_frame_of(frame))
            frame = frame.f_back
        return tuple(found)

    def is_own(self, code: CodeType) -> bool:
        """Return whether code is the encoder's."""
        name = code.co_filename
        owned = self._owned.get(name)
        if owned is None:
            owned = self._owned[name] = self._owns(name)
        return owned

    # The listener may itself run code of the encoder, which is not watched.

    def _on_line(self, code: CodeType, line: int) -> Any:
        if not self.is_own(code):
            return _MONITORING.DISABLE
        if not self._busy:
            self._busy = True
            self._listener.line(sys._getframe(1))
            self._busy = False
        return None

    def _on_raise(self, code: CodeType, offset: int, error: BaseException) -> Any:
        if self.is_own(code) and not self._busy:
            self._busy = True
            self._listener.exception(sys._getframe(1), error)
            self._busy = False

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        if self._busy or not self.is_own(frame.f_code):
            return None
        if event == "line":
            self._busy = True
            self._listener.line(frame)
            self._busy = False
        elif event == "exception":
            self._busy = True
            self._listener.exception(frame, argument[1])
            self._busy = False
        return self._trace


def _free_tool() -> int | None:
    if _MONITORING is not None:
        for tool in _TOOLS:
            if _MONITORING.get_tool(tool) is None:
                _MONITORING.use_tool_id(tool, "capnsafe")
                return tool
    return None


def file_below(path: str, module: object) -> str:
    """Return a source file below the package of its module: ``_build/draft.py``."""
    depth = max(1, module.count(".")) if isinstance(module, str) else 1
    return "/".join(path.split(os.sep)[-depth:])


def plain_name(qualified: str) -> str:
    """Return a qualified name without the marks of nested functions and lambdas."""
    names = [name for name in qualified.split(".") if not name.startswith("<")]
    return ".".join(names) or "module"


def _frame_of(frame: FrameType) -> CodeLine:
    code = frame.f_code
    file = file_below(code.co_filename, frame.f_globals.get("__name__"))
    return CodeLine(code.co_filename, file, plain_name(code.co_qualname), frame.f_lineno)
