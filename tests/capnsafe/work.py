"""Work, counted: the same on every machine, however busy it is."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def work_of(call: Callable[[], object]) -> int:
    """Return the work of a call: lines of Python that run, and functions that are called.

    Each turn of a comprehension is a line. Functions that are written in C count once.
    """
    work = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal work
        work += event == "line"
        return trace

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal work
        work += event in ("call", "c_call")

    before = sys.gettrace(), sys.getprofile()
    # A collection runs finalizers of other tests.
    gc.disable()
    sys.settrace(trace)
    sys.setprofile(count)
    try:
        call()
    finally:
        sys.setprofile(before[1])
        sys.settrace(before[0])
        gc.enable()
    return work
