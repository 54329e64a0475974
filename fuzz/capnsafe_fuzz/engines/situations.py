"""Situations as coverage: counters for combinations of operation, fault and outcome.

libFuzzer keeps an input when it raises a counter that no input raised before. Code coverage alone
does not distinguish "the allocator refused while a list was made" from "it refused while a text was
set" if both run through the same lines. So every situation gets its own empty, instrumented
function, which is called when the situation is reached: its entry is one more counter.

The functions are made when they are first needed; libFuzzer accepts counters that appear while it
runs. There are a few hundred situations. The table is bounded nevertheless, because an encoder may
raise exceptions with any number of names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .protocol import Cell

MAX_SITUATIONS = 4096


class SituationCoverage:
    """One instrumented function for each situation that was reached."""

    def __init__(self, instrument: Callable[[Callable[[], None]], Callable[[], None]]) -> None:
        self._instrument = instrument
        self._functions: dict[Cell, Callable[[], None]] = {}

    def reach(self, cells: Iterable[Cell]) -> bool:
        """Touch the counters of ``cells``; return whether any is new."""
        functions = self._functions
        unseen: list[Cell] = []
        for cell in cells:
            function = functions.get(cell)
            if function is None:
                unseen.append(cell)
            else:
                function()
        # Sorted, so that the same situations get the same counters in every run.
        for cell in sorted(unseen):
            if len(functions) >= MAX_SITUATIONS:
                break
            functions[cell] = self._instrument(_new_function())
            functions[cell]()
        return bool(unseen)


def _new_function() -> Callable[[], None]:
    # Each needs its own code object: a counter belongs to code, not to a closure over it.
    namespace: dict[str, Callable[[], None]] = {}
    exec("def situation():\n    pass", {}, namespace)
    return namespace["situation"]
