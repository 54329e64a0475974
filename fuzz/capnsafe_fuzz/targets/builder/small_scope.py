"""The small scope: every program of up to three operations over a reduced alphabet.

Most mistakes show in a small case already, so all small cases together find them without luck. The
alphabet has one operation for each thing that an encoder does with memory: it makes a root, an
object at a pointer and an orphan, reads one back, clears, copies, adopts, and writes the message
out. Each program is built over each of ``memories()``. An operation comes only where there is a
handle of a type that understands it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...memories import PLAIN
from ...scenario import MemorySpec, Operation, Program, Scenario, ScenarioError, Verb

MOST_OPERATIONS: Final = 3

_OF_THE_MESSAGE: Final = (Operation(Verb.ROOT), Operation(Verb.REOPEN), Operation(Verb.OUTPUT))
_OF_A_HANDLE: Final = (
    (Verb.SET, "u64", 7),
    (Verb.GET, "u64", None),
    (Verb.SET, "text", "hi"),
    (Verb.GET, "text", None),
    (Verb.CLEAR, "text", None),
    (Verb.DISOWN, "text", None),
    (Verb.INIT, "u64s", 2),
    (Verb.INIT, "texts", 2),
    (Verb.INIT, "child", None),
    (Verb.OPEN, "child", None),
    (Verb.COPY_ROOT, None, None),
    (Verb.NEW, None, None),
    (Verb.SET, 0, 7),
    (Verb.SET, 0, "hi"),
    (Verb.GET, 0, None),
    (Verb.DROP, None, None),
)
"""On any handle that understands it: verb, place and value."""
_OF_TWO_HANDLES: Final = ((Verb.COPY, "child"), (Verb.ADOPT, "text"), (Verb.ADOPT, "child"))
"""On the root, with any handle as the second one: verb and place."""


def memories() -> tuple[MemorySpec, ...]:
    """Return the memories: a segment has room for everything, or each object has its own."""
    return MemorySpec(PLAIN.name, 1024), MemorySpec(PLAIN.name, 1)


def programs() -> Iterator[tuple[Operation, ...]]:
    """Yield every program of the small scope, shorter ones first."""
    known: list[tuple[Operation, ...]] = [()]
    for _ in range(MOST_OPERATIONS):
        known = [longer for program in known for longer in _longer(program)]
        yield from known


def small_scope() -> list[Scenario]:
    """Return every program over each of the memories, without faults."""
    return [
        Scenario(memory=memory, operations=program)
        for program in programs()
        for memory in memories()
    ]


def _longer(program: tuple[Operation, ...]) -> Iterator[tuple[Operation, ...]]:
    handles = range(len(Program(program).types))
    for operation in (
        *_OF_THE_MESSAGE,
        *(
            Operation(verb, handle, place, value)
            for handle in handles
            for verb, place, value in _OF_A_HANDLE
        ),
        *(
            Operation(verb, 0, place, handle)
            for handle in handles
            for verb, place in _OF_TWO_HANDLES
        ),
    ):
        try:
            Program(program).add(operation)
        except ScenarioError:
            continue  # The handle is of another type, or there is none.
        yield (*program, operation)
