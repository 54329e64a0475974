"""The moments at which foreign code can run in the middle of a client's own code.

Python may run the garbage collector at a call, and with it the finalizers of unrelated objects. So
each call that the client's own functions make is such a moment, and so is each return of a built-in
function to one of them. A profile function observes both. The moments of a call of the client
depend only on its code and its arguments, so the n-th moment is the same in every process. Calls
that coverage instrumentation adds do not count, nor do modules that are imported on the way.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any, Final

#: The packages with built-in functions that coverage instrumentation calls.
_INSTRUMENTATION: Final = frozenset({"atheris"})


def files_of(package: ModuleType) -> Callable[[str], bool]:
    """Return a function that returns whether a source file belongs to a package."""
    if package.__file__ is None:
        return lambda filename: False
    folder = os.path.dirname(os.path.abspath(package.__file__)) + os.sep
    return lambda filename: filename.startswith(folder)


class Watch:
    """A context manager that calls a function at each such moment, until it returns False."""

    __slots__ = ("_act", "_owned", "_owns", "_previous")

    def __init__(self, owns: Callable[[str], bool], act: Callable[[], bool]) -> None:
        """Make a context manager.

        Args:
            owns: Returns whether a source file belongs to the client.
            act: Called at each moment. It must not raise.
        """
        self._owns = owns
        self._act = act
        #: The results of ``owns``, by file name.
        self._owned: dict[str, bool] = {}
        self._previous: Any = None

    def __enter__(self) -> None:
        """Start to watch this thread."""
        self._previous = sys.getprofile()
        sys.setprofile(self._event)

    def __exit__(self, *raised: object) -> None:
        """Stop watching, and restore the earlier profile function, if there was one."""
        sys.setprofile(self._previous)

    def _event(self, frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event == "call":
            if code.co_name == "<module>":
                return
        elif event != "c_return" or _is_added(argument):
            return
        filename = code.co_filename
        owned = self._owned.get(filename)
        if owned is None:
            owned = self._owned[filename] = self._owns(filename)
        if owned and not self._act():
            sys.setprofile(self._previous)


def _is_added(function: object) -> bool:
    """Return whether instrumentation calls this built-in function."""
    module = getattr(function, "__module__", None)
    return isinstance(module, str) and module.partition(".")[0] in _INSTRUMENTATION
