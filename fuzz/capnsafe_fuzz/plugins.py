"""Encoders, drivers and allocators of other packages, which they declare as entry points.

An entry point has a name and a value ``module:attribute``. The groups are:

- ``capnsafe.encoders``: an encoder, or a function that returns one;
- ``capnsafe.drivers``: the command of a driver, as a string or a list of strings;
- ``capnsafe.allocators``: an allocator class, or a function that returns one.

A command that takes the name of an encoder or an allocator takes these names, too. Nothing of a
package is imported until its name is used. Families of faults are entry points, too:
:func:`capnsafe_allocators.add_families`.
"""

from __future__ import annotations

from shlex import join
from typing import TYPE_CHECKING, Final

from capnsafe_allocators.entry_points import entry_points_of

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENCODERS: Final = "capnsafe.encoders"
DRIVERS: Final = "capnsafe.drivers"
ALLOCATORS: Final = "capnsafe.allocators"


class PluginError(Exception):
    """An entry point of another package cannot be used; the message says why."""


def plugins(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group by their names."""
    return {point.name: point for point in entry_points_of(group)}


def encoder_of(name: str) -> str:
    """Return the full name of an encoder: the value of its entry point, or else ``name`` itself.

    Raises:
        PluginError: If ``name`` is the entry point of a driver, and its value is no command.
    """
    found = plugins(ENCODERS).get(name)
    if found is not None:
        return found.value
    driver = plugins(DRIVERS).get(name)
    return name if driver is None else f"driver:{_command(driver)}"


def allocator_of(name: str | None) -> str | None:
    """Return the full name of an allocator: the value of its entry point, or else ``name``."""
    found = None if name is None else plugins(ALLOCATORS).get(name)
    return name if found is None else found.value


def _command(point: EntryPoint) -> str:
    try:
        command = point.load()
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"the driver {point.name!r} ({point.value}) cannot be loaded: "
            f"{type(error).__name__}: {error}"
        ) from error
    if isinstance(command, str):
        return command
    if isinstance(command, list | tuple) and all(isinstance(part, str) for part in command):
        return join(command)
    raise PluginError(
        f"the driver {point.name!r} ({point.value}) is {command!r}, and must be a command: a "
        "string or a list of strings"
    )


def summaries(group: str) -> dict[str, str]:
    """Return one line of description for each entry point of a group, by name."""
    return {
        name: f"{point.value}, of the package {point.dist.name if point.dist else '?'}"
        for name, point in plugins(group).items()
    }
