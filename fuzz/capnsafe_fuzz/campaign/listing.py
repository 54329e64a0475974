"""What there is, from the registries: the tables of ``capnsafe list``."""

from __future__ import annotations

from collections.abc import Callable

from ..engines import engines
from ..targets import TARGETS, find_target
from .targets import encoder_summaries

Rows = list[tuple[str, ...]]
Listing = tuple[tuple[str, ...], Rows]
"""Headings, and a row for each thing."""


def targets() -> Listing:
    """What campaigns can be run on."""
    rows: Rows = [(target.name, target.summary) for target in TARGETS.values()]
    return ("target", "what is run"), rows


def encoders() -> Listing:
    """Who can be tested."""
    rows: Rows = list(encoder_summaries().items())
    return ("encoder", "what it is"), rows


def allocators() -> Listing:
    """The honest memories that faults are laid over."""
    rows: Rows = [row for name in TARGETS for row in find_target(name).memories.items()]
    return ("allocator", "what it is"), rows


def faults() -> Listing:
    """What allocators do to encoders."""
    from capnsafe_allocators import FAMILIES

    rows: Rows = []
    for family in FAMILIES.values():
        for kind, about in family.kinds.items():
            moments = " ".join(when.value for when in family.moments)
            promises = " ".join(family.promises)
            found = "with verify" if about.effects.changes_contents else "always"
            rows.append((f"{family.name} {kind}", about.sentence, moments, promises, found))
    return ("fault", "what the allocator does", "laid at", "tests", "kept"), rows


def oracles() -> Listing:
    """Who judges."""
    rows: Rows = [
        (target, o.name, o.promise, o.cost, o.summary)
        for target in TARGETS
        for o in find_target(target).oracles
    ]
    return ("target", "oracle", "promise", "cost", "what it takes for a breach"), rows


def promises() -> Listing:
    """What is promised, by whom it is judged, and by what it is tested."""
    from capnsafe_allocators import FAMILIES, PROMISES

    oracles = [o for target in TARGETS for o in find_target(target).oracles]
    rows: Rows = []
    for name, promise in PROMISES.items():
        by = " ".join(dict.fromkeys(o.name for o in oracles if o.promise == name))
        tested = " ".join(f.name for f in FAMILIES.values() if name in f.promises)
        rows.append((name, promise.name, promise.sentence, by or "-", tested or "-"))
    return ("promise", "name", "what is promised", "judged by", "tested by faults"), rows


def search_engines() -> Listing:
    """Where scenarios come from."""
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
