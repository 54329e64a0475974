"""Families of faults of other packages, which they declare as entry points.

An entry point of the group ``capnsafe.faults`` has the name of a family and the value
``module:FAMILY``. The harness adds all that are installed, because the families decide which faults
a search lays.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .entry_points import entry_points_of
from .families import FAMILIES, Family
from .promises import PROMISES

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

FAULTS: Final = "capnsafe.faults"
"""The group of entry points."""

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_HOOKS: Final = (
    "before_call", "grant_bytes", "on_grant", "on_growth", "on_borrow", "between_operations",
    "in_code",
)  # fmt: skip

_added: Final[dict[str, str]] = {}
"""The values of the entry points whose families were added."""


class FamilyPluginError(Exception):
    """The entry point of a family of faults cannot be used; the message says why."""


def add_families() -> None:
    """Add the families of other packages to ``FAMILIES``, unless that is done.

    Raises:
        FamilyPluginError: If one of them cannot be loaded, or is no family.
    """
    for point in sorted(entry_points_of(FAULTS), key=lambda one: one.name):
        if _added.get(point.name) != point.value:
            FAMILIES[point.name] = _family(point)
            _added[point.name] = point.value


def is_added(family: str) -> bool:
    """Return whether a family comes from another package."""
    return family in _added


def _family(point: EntryPoint) -> Family:
    try:
        family = point.load()
    except (Exception, SystemExit) as error:
        raise _misfit(point, f"cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(family, Family):
        raise _misfit(point, f"is {family!r:.200}, and must be a Family")
    if family.name != point.name:
        raise _misfit(point, f"has the name {family.name!r}, and must have that of the entry point")
    if family.name in FAMILIES:
        raise _misfit(point, "has the name of another family")
    for name in (family.name, *family.kinds):
        if not _NAME.fullmatch(name):
            raise _misfit(
                point, f"has the name {name!r}, and must have one of letters, digits, - and _"
            )
    if not family.kinds or not family.moments:
        raise _misfit(point, "must have a kind and a moment")
    if not all(promise in PROMISES for promise in family.promises):
        raise _misfit(
            point, f"tests {', '.join(family.promises)}; the promises are {', '.join(PROMISES)}"
        )
    if all(getattr(family, hook) is None for hook in _HOOKS):
        raise _misfit(point, f"never acts: it needs one of {', '.join(_HOOKS)}")
    return family


def _misfit(point: EntryPoint, complaint: str) -> FamilyPluginError:
    return FamilyPluginError(f"the family of faults {point.name!r} ({point.value}) {complaint}")
