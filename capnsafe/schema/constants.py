"""Constants whose values need the module of another file.

Files may import each other. Then the module that Python imports first is not complete while the
other one runs, so a constant that needs its classes is made when it is first used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias, final

#: Functions that make the values of constants, by their names.
Makers: TypeAlias = "dict[str, Callable[[], Any]]"


def constants(module: dict[str, Any], makers: Makers) -> tuple[Callable[[str], Any], Any]:
    """Return the functions ``__getattr__`` and ``__dir__`` of a module with such constants.

    Args:
        module: The names of the module.
        makers: The functions that make the values.
    """

    def get(name: str) -> Any:
        make = makers.get(name)
        if make is None:
            raise AttributeError(f"module {module['__name__']!r} has no attribute {name!r}")
        return module.setdefault(name, make())

    def names() -> list[str]:
        return sorted({*module, *makers})

    return get, names


@final
class Late:
    """The descriptor of such a constant in a class."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make: Final = make
        self._made: list[Any] = []

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Return the value, which is made only once."""
        if not self._made:
            self._made.append(self._make())
        return self._made[0]


def constant(make: Callable[[], Any]) -> Any:
    """Return such a constant for a class. ``make`` returns its value."""
    return Late(make)
