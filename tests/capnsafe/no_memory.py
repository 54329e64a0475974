"""Run the acts of a scene with one allocation of Python's refused, and print the outcome of each.

Run as a program: CPython itself may end where an allocation is refused, so each attempt is made in
a child of its own.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from typing import Any

from capnsafe import Exhausted, read_messages
from capnsafe._stream.framing import frame
from tests.capnsafe.scene import ACTS, POISONED, Scene

#: CPython's own tests have it; there are no stubs of it.
_testcapi: Any = import_module("_testcapi")

#: An act counts as over once it has not needed this many refused allocations in a row.
_UNUSED = 3


def without_one_allocation(number: int, act: Callable[[], object]) -> BaseException | None:
    """Run an act whose n-th allocation is refused; return its exception."""
    raised: BaseException | None = None
    _testcapi.set_nomemory(number, number + 1)
    try:
        act()
    except BaseException as error:
        raised = error
    finally:
        _testcapi.remove_mem_hooks()
    # The frames keep views.
    return raised.with_traceback(None) if raised is not None else None


def outcome_of_act(name: str, stable: bool, number: int) -> str:
    act = ACTS[name]
    scene = Scene(stable)
    before = scene.now()
    act(scene)
    after = scene.now()
    scene = Scene(stable)
    raised = without_one_allocation(number, lambda: act(scene))
    if raised is None:
        return "not needed"
    now = scene.now()
    if now == POISONED:
        outcome = "poisoned"
    elif isinstance(raised, Exhausted):
        right = now == (after if raised.done else before)
        outcome = "as it says" if right else f"not as it says: {raised}"
    else:
        outcome = "before or after" if now in (before, after) else f"neither: {raised!r}"
    scene.message.close()
    scene.require_released()
    return outcome


def outcome_of_stream(packed: bool, number: int) -> str:
    messages = [bytes([each]) * 8 * each for each in (1, 90, 3)]
    stream = b"".join(frame([words], packed=packed) for words in messages)
    # Made before: a ``BytesIO`` goes on before it has memory for what it returns.
    pieces = iter([stream[at : at + 4] for at in range(0, len(stream), 4)])

    class Pieces:
        def read(self, size: int, /) -> bytes:
            return next(pieces, b"")

    reading = read_messages(Pieces(), packed=packed)
    # ``extend`` takes what was returned before the failure.
    read: list[Any] = [None] * 8
    read.clear()
    raised = without_one_allocation(number, lambda: read.extend(reading))
    if raised is None:
        return "not needed"
    read.extend(reading)
    found = [bytes(message._segments._views[0]) for message in read]
    return "whole" if found == messages else f"lost: {len(found)} after {raised!r}"


def in_a_child(attempt: Callable[[], str]) -> str:
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = attempt()
        except BaseException as error:
            said = f"raised {error!r}"
        os.write(sending, said.encode()[:4000])
        os._exit(0)
    os.close(sending)
    with open(receiving, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said or "ended CPython"


def outcomes(attempt: Callable[[int], str], stride: int) -> Counter[str]:
    seen: Counter[str] = Counter()
    unused = 0
    number = 0
    while unused < _UNUSED:
        outcome = in_a_child(lambda: attempt(number))  # noqa: B023 - it runs before the next one
        unused = unused + 1 if outcome == "not needed" else 0
        seen[outcome] += 1
        number += stride
    return seen


def main() -> None:
    table = {}
    for name, stride in (("disown", 13), ("adopt over", 13), ("extend", 11), ("switch", 29)):
        for stable in (False, True):
            label = f"{name}, {'stable' if stable else 'asked'}"
            table[label] = outcomes(lambda at: outcome_of_act(name, stable, at), stride)  # noqa: B023
    for packed in (False, True):
        table[f"stream, packed {packed}"] = outcomes(lambda at: outcome_of_stream(packed, at), 23)  # noqa: B023
    json.dump(table, sys.stdout)


if __name__ == "__main__":
    main()
