"""Situations as coverage: what an engine that follows branches is shown of operation, fault,
outcome.

libFuzzer keeps an input when it raises a counter that no input raised before. Code coverage alone
does not tell "the allocator refused while a list was made" from "it refused while a text was set"
as soon as both run through the same lines. So every situation gets one empty function of its own,
instrumented, and called when the situation is reached: its entry is one more counter.

The functions are made when first needed.  libFuzzer takes counters that appear while it runs. There
are a few hundred situations; the table is bounded all the same, so that an encoder whose exceptions
have no end of names cannot grow it without end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .protocol import Cell

MAX_SITUATIONS = 4096


class SituationCoverage:
    """One instrumented function for each situation seen."""

    def __init__(self, instrument: Callable[[Callable[[], None]], Callable[[], None]]) -> None:
        self._instrument = instrument
        self._functions: dict[Cell, Callable[[], None]] = {}

    def reach(self, cells: Iterable[Cell]) -> bool:
        """Touch the counters of ``cells``; answers whether any is new."""
        functions = self._functions
        unseen: list[Cell] = []
        for cell in cells:
            function = functions.get(cell)
            if function is None:
                unseen.append(cell)
            else:
                function()
        # In sorted order, so that the same situations get the same counters in every run.
        for cell in sorted(unseen):
            if len(functions) >= MAX_SITUATIONS:
                break
            functions[cell] = self._instrument(_new_function())
            functions[cell]()
        return bool(unseen)


def _new_function() -> Callable[[], None]:
    # Each needs a code object of its own: a counter belongs to code, not to a closure over it.
    namespace: dict[str, Callable[[], None]] = {}
    exec("def situation():\n    pass", {}, namespace)
    return namespace["situation"]
