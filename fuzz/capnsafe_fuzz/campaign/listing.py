"""The tables of ``capnsafe list``, made from the registries."""

from __future__ import annotations

from collections.abc import Callable

from ..engines import engines
from ..plugins import ALLOCATORS, DRIVERS, ENCODERS, summaries
from ..targets import TARGETS, find_target
from .targets import encoder_summaries

Rows = list[tuple[str, ...]]
Listing = tuple[tuple[str, ...], Rows]
"""Headings, and the rows."""


def targets() -> Listing:
    """List the targets of campaigns."""
    rows: Rows = [(target.name, target.summary) for target in TARGETS.values()]
    return ("target", "description"), rows


def encoders() -> Listing:
    """List the encoders that can be tested."""
    rows: Rows = list(encoder_summaries().items())
    rows += [*summaries(ENCODERS).items(), *summaries(DRIVERS).items()]
    return ("encoder", "description"), rows


def allocators() -> Listing:
    """List the honest memories below the faults."""
    rows: Rows = [row for name in TARGETS for row in find_target(name).memories.items()]
    rows += summaries(ALLOCATORS).items()
    return ("allocator", "description"), rows


def faults() -> Listing:
    """List the faults."""
    from capnsafe_allocators import FAMILIES

    rows: Rows = []
    for family in FAMILIES.values():
        for kind, about in family.kinds.items():
            moments = " ".join(when.value for when in family.moments)
            promises = " ".join(family.promises)
            found = "with verify" if about.effects.changes_contents else "always"
            rows.append((f"{family.name} {kind}", about.sentence, moments, promises, found))
    return ("fault", "misbehaviour of the allocator", "laid at", "tests", "kept"), rows


def oracles() -> Listing:
    """List the oracles."""
    rows: Rows = [
        (target, o.name, o.promise, o.cost.value, o.summary)
        for target in TARGETS
        for o in find_target(target).oracles
    ]
    return ("target", "oracle", "promise", "cost", "a breach is"), rows


def promises() -> Listing:
    """List the promises, with the oracles that judge and the faults that test them."""
    from capnsafe_allocators import FAMILIES, PROMISES

    oracles = [o for target in TARGETS for o in find_target(target).oracles]
    rows: Rows = []
    for name, promise in PROMISES.items():
        by = " ".join(dict.fromkeys(o.name for o in oracles if o.promise == name))
        tested = " ".join(f.name for f in FAMILIES.values() if name in f.promises)
        rows.append((name, promise.name, promise.sentence, by or "-", tested or "-"))
    return ("promise", "name", "sentence", "judged by", "tested by faults"), rows


def search_engines() -> Listing:
    """List the engines."""
    rows: Rows = [
        (engine.name, engine.summary, engine.missing() or "yes") for engine in engines().values()
    ]
    return ("engine", "how it searches", "runs here"), rows


LISTS: dict[str, Callable[[], Listing]] = {
    "targets": targets,
    "encoders": encoders,
    "allocators": allocators,
    "faults": faults,
    "oracles": oracles,
    "promises": promises,
    "engines": search_engines,
}
