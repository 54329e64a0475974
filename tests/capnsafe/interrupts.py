"""Interrupts at a chosen bytecode (from Python 3.12 on, which has `sys.monitoring`).

CPython keeps an exception that a callback raises out of a handler as the thread's current one. So
each interrupt happens in a thread of its own, and nothing of it stays behind.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from threading import Thread, get_ident
from types import CodeType
from typing import Any

_TOOL = 4


def _with_nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_nested(constant)


def _code_of_capnsafe() -> Iterator[CodeType]:
    for name, module in list(sys.modules.items()):
        if name.startswith("capnsafe") and name.split(".")[0] == "capnsafe":
            for thing in vars(module).values():
                members = vars(thing).values() if isinstance(thing, type) else (thing,)
                for member in members:
                    code = getattr(getattr(member, "__func__", member), "__code__", None)
                    if code is not None and "capnsafe" in code.co_filename:
                        yield from _with_nested(code)


_CODES = list(_code_of_capnsafe())


def codes_of_capnsafe() -> tuple[CodeType, ...]:
    """Return the code of every function of capnsafe, once."""
    return tuple(dict.fromkeys(_code_of_capnsafe()))


#: Code that the last counted act ran. To watch no other halves the cost of an interrupt.
_counted: set[CodeType] = set()


#: Strides of samples. A prime falls in step with no loop.
_STRIDES = (1, 2, 3, 5, 7, 11, 17, 29, 47, 79, 131, 223, 367, 613, 1021, 1699, 2833, 4723, 7879)


def sample(first: int, last: int, most: int) -> range:
    """Return all bytecodes from ``first`` to ``last``, or a sample of at most about ``most``."""
    wanted = (last - first) // most
    return range(first, last + 1, next(stride for stride in _STRIDES if stride >= wanted))


class Alarm(Exception):
    """An exception that the handler of a signal raises, as for a timeout."""


class _Interrupted:
    """One act in a thread of its own, with an interrupt at the n-th bytecode that capnsafe runs."""

    def __init__(
        self,
        act: Callable[[], object],
        number: int,
        codes: Iterable[CodeType],
        handler: Callable[[], object] | None = None,
        error: type[BaseException] | None = KeyboardInterrupt,
        again: bool = False,
    ) -> None:
        self.left = number
        self._again = number if again else 0
        self.ran: set[CodeType] = set()
        self._codes = tuple(codes)
        self.raised: BaseException | None = None
        self._act = act
        self._handler = handler
        self._error = error
        self._thread = 0
        thread = Thread(target=self._run)
        thread.start()
        thread.join()

    def _run(self) -> None:
        self._thread = get_ident()
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
        monitoring.use_tool_id(_TOOL, "interrupts")
        monitoring.register_callback(_TOOL, monitoring.events.INSTRUCTION, self._step)
        try:
            for code in self._codes:
                monitoring.set_local_events(_TOOL, code, monitoring.events.INSTRUCTION)
            self._act()
        except BaseException as error:
            # The test decides what may be raised.
            self.raised = error
        finally:
            for code in self._codes:
                monitoring.set_local_events(_TOOL, code, 0)
            monitoring.register_callback(_TOOL, monitoring.events.INSTRUCTION, None)
            monitoring.free_tool_id(_TOOL)

    def _step(self, code: CodeType, offset: int) -> None:
        if get_ident() != self._thread:
            return
        self.ran.add(code)
        self.left -= 1
        if self.left == 0:
            self.left = self._again
            if self._handler is not None:
                self._handler()
            if self._error is not None:
                raise self._error


def bytecodes_of(act: Callable[[], object]) -> int:
    """Return how many bytecodes of capnsafe an act runs. Exceptions of the act pass through."""
    counted = _Interrupted(act, 0, _CODES)
    if counted.raised is not None:
        raise counted.raised
    _counted.clear()
    _counted.update(counted.ran)
    return -counted.left


def interrupt(
    act: Callable[[], object],
    number: int,
    handler: Callable[[], object] | None = None,
    error: type[BaseException] | None = KeyboardInterrupt,
) -> BaseException | None:
    """Raise `error` at the n-th bytecode of capnsafe in an act; return what the act raised.

    The act must be the one that was counted last.

    `handler` is called first, as that of a signal may do more than raise. Without an `error` the
    act goes on, as it does after a finalizer.
    """
    return _Interrupted(act, number, _counted, handler, error).raised


def cut_short(
    act: Callable[[], object], number: int, handler: Callable[[], object] | None = None
) -> None:
    """Raise KeyboardInterrupt at the n-th bytecode of capnsafe in an act, which raises no other."""
    raised = interrupt(act, number, handler)
    if raised is not None and not isinstance(raised, KeyboardInterrupt):
        raise raised


def interrupt_in(
    code: CodeType,
    act: Callable[[], object],
    number: int,
    error: type[BaseException] | None,
    handler: Callable[[], object] | None = None,
    *,
    again: bool = False,
) -> BaseException | None:
    """Raise `error` at the n-th bytecode of one function in an act; return what the act raised.

    `handler` is called first. With `again`, that happens whenever so many more have run.
    """
    return _Interrupted(act, number, (code,), handler, error, again).raised
