"""Interrupts at a chosen bytecode (from Python 3.12 on, which has `sys.monitoring`)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any


def _code_of_capnsafe() -> Iterator[Any]:
    for name, module in list(sys.modules.items()):
        if name.startswith("capnsafe") and name.split(".")[0] == "capnsafe":
            for thing in vars(module).values():
                members = vars(thing).values() if isinstance(thing, type) else (thing,)
                for member in members:
                    code = getattr(getattr(member, "__func__", member), "__code__", None)
                    if code is not None and "capnsafe" in code.co_filename:
                        yield code


CODES = list(_code_of_capnsafe())


class InterruptAt:
    """Raises KeyboardInterrupt at the n-th bytecode that capnsafe runs.

    `handler` is called first, as that of a signal may do more than raise.
    """

    TOOL = 4

    def __init__(self, number: int, handler: Callable[[], object] | None = None) -> None:
        self.left = number
        self.codes = CODES
        self.handler = handler

    def __enter__(self) -> InterruptAt:
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
        monitoring.use_tool_id(self.TOOL, "interrupts")
        monitoring.register_callback(self.TOOL, monitoring.events.INSTRUCTION, self.step)
        for code in self.codes:
            monitoring.set_local_events(self.TOOL, code, monitoring.events.INSTRUCTION)
        return self

    def step(self, code: object, offset: int) -> None:
        self.left -= 1
        if self.left == 0:
            if self.handler is not None:
                self.handler()
            raise KeyboardInterrupt

    def __exit__(self, *_: object) -> None:
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
        for code in self.codes:
            monitoring.set_local_events(self.TOOL, code, 0)
        monitoring.register_callback(self.TOOL, monitoring.events.INSTRUCTION, None)
        monitoring.free_tool_id(self.TOOL)
