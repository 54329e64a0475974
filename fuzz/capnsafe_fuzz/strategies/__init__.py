"""Hypothesis strategies: scenarios of every target, and their parts.

In a test of an encoder::

    @given(scenarios())
    def test_my_encoder(scenario):
        check(scenario, encoder="my_package:MyEncoder")

``check`` is in ``capnsafe_fuzz.testing``. A failing example is printed as its text, and shrinks
towards few operations, few faults, plain memory and small numbers.

The strategies are made from the table of operations, the families of faults and the records of the
memories, so they know every new one. Modules: `programs`, `values`, `numbers`, `faults`,
`memories`; `received` for the other targets; `printing` of examples.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from capnsafe_allocators import FAMILIES, Fault, When
from hypothesis import strategies as st

from ..memories import MEMORIES
from ..scenario import MemorySpec, Operation, Scenario, Verb
from ..scenario.program import MAX_OPERATIONS
from ..scenario.scenario import MAX_FAULTS, PLAIN_MEMORY
from ..targets import TARGETS, find_target
from ..targets.builder.target import LARGEST
from .faults import Timeline, draw_fault, families_of
from .memories import draw_limit, draw_memory, kinds_of
from .numbers import below, pick
from .printing import print_as_text
from .programs import draw_program
from .received import received

__all__ = ["fault_scripts", "faults", "memories", "programs", "scenarios"]

DEFAULT_FAULTS: Final = 3
"""The most faults of a scenario, unless the caller chooses another number."""

_BUILDER: Final = "builder"
_WITH_PROGRAMS: Final = (_BUILDER, "values")
"""The targets whose inputs are programs over memory with faults."""
_VERIFIES: Final = (*(False,) * 9, True)


def scenarios(
    target: str = _BUILDER,
    *,
    memory: str | Iterable[str] | None = None,
    families: str | Iterable[str] | None = None,
    max_operations: int | None = None,
    max_faults: int | None = None,
    verify: bool | None = None,
) -> st.SearchStrategy[Any]:
    """Return a strategy for the inputs of a target.

    Args:
        target: The name of a target; all other arguments are for ``builder`` and ``values`` only.
        memory: The kind of memory, or several; by default all (``capnsafe list allocators``).
        families: The family of faults, or several; by default all (``capnsafe list faults``).
        max_operations: The most operations, up to 64; by default 24.
        max_faults: The most faults, up to 8; by default 3, and 0 gives scenarios without any.
        verify: Whether the encoder verifies its memory; by default it does in a tenth of scenarios.

    Raises:
        ValueError: If an argument has another value; the message lists the accepted values.
    """
    if target not in TARGETS:
        raise ValueError(f"target must be one of {', '.join(TARGETS)}, not {target!r}")
    if target not in _WITH_PROGRAMS:
        given = {
            "memory": memory,
            "families": families,
            "max_operations": max_operations,
            "max_faults": max_faults,
            "verify": verify,
        }
        for name, argument in given.items():
            if argument is not None:
                raise ValueError(f"{name} is for the target {_BUILDER} only, not for {target}")
        return received(find_target(target))
    return _scenarios(
        kinds_of(_names("memory", memory, MEMORIES)),
        families_of(_names("families", families, FAMILIES)),
        _most("max_operations", max_operations, LARGEST, MAX_OPERATIONS),
        _most("max_faults", max_faults, DEFAULT_FAULTS, MAX_FAULTS),
        verify,
    )


@st.composite
def _scenarios(
    draw: st.DrawFn,
    kinds: Any,
    families: Any,
    max_operations: int,
    max_faults: int,
    verify: bool | None,
) -> Scenario:
    drawn = draw_program(draw, max_operations, _EVERY_VERB)
    operations = tuple(drawn.generator.operations)
    memory = draw_memory(draw, kinds)
    limit = draw_limit(draw)
    verifies = pick(draw, _VERIFIES) if verify is None else verify
    timeline = Timeline(operations, [slot.position for slot in drawn.slots], memory)
    script = _draw_script(draw, families, timeline, max_faults)
    if memory.kind.grows and any(fault.when is When.GROW for fault in script):
        memory = replace(memory, grows=True)
    return Scenario(memory, limit, operations, script, verify=verifies)


def programs(
    *, max_operations: int = LARGEST, verbs: Collection[Verb] | None = None
) -> st.SearchStrategy[tuple[Operation, ...]]:
    """Return a strategy for programs; with ``verbs``, only of these and of ``Verb.ROOT``."""
    most = _most("max_operations", max_operations, LARGEST, MAX_OPERATIONS)
    return _programs(most, _EVERY_VERB if verbs is None else frozenset((Verb.ROOT, *verbs)))


@st.composite
def _programs(
    draw: st.DrawFn, max_operations: int, verbs: frozenset[Verb]
) -> tuple[Operation, ...]:
    return tuple(draw_program(draw, max_operations, verbs).generator.operations)


def memories(kinds: str | Iterable[str] | None = None) -> st.SearchStrategy[MemorySpec]:
    """Return a strategy for honest memories of these kinds, by default of all."""
    return _memories(kinds_of(_names("kinds", kinds, MEMORIES)))


@st.composite
def _memories(draw: st.DrawFn, kinds: Any) -> MemorySpec:
    return draw_memory(draw, kinds)


def faults(
    operations: Sequence[Operation] = (), *, families: str | Iterable[str] | None = None
) -> st.SearchStrategy[Fault]:
    """Return a strategy for faults of these families that are likely to fire in a program."""
    return _faults(families_of(_names("families", families, FAMILIES)), tuple(operations))


@st.composite
def _faults(draw: st.DrawFn, families: Any, operations: tuple[Operation, ...]) -> Fault:
    return draw_fault(draw, families, _plain_timeline(operations))


def fault_scripts(
    operations: Sequence[Operation] = (),
    *,
    families: str | Iterable[str] | None = None,
    max_faults: int = DEFAULT_FAULTS,
) -> st.SearchStrategy[tuple[Fault, ...]]:
    """Return a strategy for scripts of such faults; the simplest has none."""
    return _fault_scripts(
        families_of(_names("families", families, FAMILIES)),
        tuple(operations),
        _most("max_faults", max_faults, DEFAULT_FAULTS, MAX_FAULTS),
    )


@st.composite
def _fault_scripts(
    draw: st.DrawFn, families: Any, operations: tuple[Operation, ...], max_faults: int
) -> tuple[Fault, ...]:
    return _draw_script(draw, families, _plain_timeline(operations), max_faults)


def _plain_timeline(operations: tuple[Operation, ...]) -> Timeline:
    return Timeline(operations, range(len(operations)), PLAIN_MEMORY)


def _draw_script(
    draw: st.DrawFn, families: Any, timeline: Timeline, max_faults: int
) -> tuple[Fault, ...]:
    """Draw a script: mostly of one fault, and each can be left out."""
    if not max_faults:
        return ()
    counts = (0, *(1,) * 4, *(2,) * 2 * (max_faults > 1), *range(3, max_faults + 1))
    one = _maybe_fault(families, timeline)
    script = [draw(one) for _ in range(pick(draw, counts))]
    return tuple(fault for fault in script if fault is not None)


@st.composite
def _maybe_fault(draw: st.DrawFn, families: Any, timeline: Timeline) -> Fault | None:
    return draw_fault(draw, families, timeline) if draw(below(16)) else None


def _names(
    what: str, chosen: str | Iterable[str] | None, known: Collection[str]
) -> tuple[str, ...]:
    """Return the chosen names in the order in which they are known."""
    names = set(known) if chosen is None else {chosen} if isinstance(chosen, str) else set(chosen)
    if not names or not names <= set(known):
        strange = ", ".join(map(repr, sorted(names - set(known)))) or "an empty choice"
        raise ValueError(f"{what} must be among {', '.join(known)}, not {strange}")
    return tuple(name for name in known if name in names)


def _most(what: str, number: int | None, usual: int, limit: int) -> int:
    if number is None:
        return usual
    if number.__class__ is not int or not 0 <= number <= limit:
        raise ValueError(f"{what} must be 0 to {limit}, not {number!r}")
    return number


_EVERY_VERB: Final = frozenset(Verb)

print_as_text(find_target)
