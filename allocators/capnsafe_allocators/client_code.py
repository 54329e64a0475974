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
    """A context manager that calls a function at each such moment, until it returns False.

    A profile function makes each call of this thread slower. So it can wait until it is needed.
    """

    __slots__ = ("_act", "_is_entered", "_is_needed", "_owned", "_owns", "_previous", "_runs")

    def __init__(
        self,
        owns: Callable[[str], bool],
        act: Callable[[], bool],
        is_needed: Callable[[], bool] = lambda: True,
    ) -> None:
        """Make a context manager.

        Args:
            owns: Returns whether a source file belongs to the client.
            act: Called at each moment. It must not raise.
            is_needed: Returns whether ``act`` has anything to do. It is called when the block
                begins and by ``start``.
        """
        self._owns = owns
        self._act = act
        self._is_needed = is_needed
        #: The results of ``owns``, by file name.
        self._owned: dict[str, bool] = {}
        self._previous: Any = None
        self._is_entered = False
        self._runs = False

    def __enter__(self) -> None:
        """Start to watch this thread, if that is needed now."""
        self._is_entered = True
        self.start()

    def __exit__(self, *raised: object) -> None:
        """Stop watching, and restore the earlier profile function, if there was one."""
        self._is_entered = False
        self._stop()

    def start(self) -> None:
        """Start to watch in the middle of the block, if that is needed now."""
        if self._is_entered and not self._runs and self._is_needed():
            self._runs = True
            self._previous = sys.getprofile()
            sys.setprofile(self._event)

    def _stop(self) -> None:
        if self._runs:
            self._runs = False
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
            self._stop()


def _is_added(function: object) -> bool:
    """Return whether instrumentation calls this built-in function."""
    module = getattr(function, "__module__", None)
    return isinstance(module, str) and module.partition(".")[0] in _INSTRUMENTATION
