"""The guilty line, as a value."""

from __future__ import annotations

import linecache
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from .lines import CodeLine, Stack

MOST_CALLERS = 12
NEIGHBOURS = 4
"""The lines before and after the guilty one that are kept with it."""


class Mended(NamedTuple):
    """A line, and a change of it with which no promise is broken."""

    file: str
    function: str
    line: int
    change: str


@dataclass(frozen=True, slots=True)
class Guilty:
    """The line of an encoder that broke a promise."""

    file: str
    """The source file below its package: ``_build/draft.py``."""
    function: str
    line: int
    source: str
    """The line itself."""
    why: str
    """Why it is the guilty one, as words that follow "it"."""
    callers: tuple[str, ...] = ()
    """The lines of the encoder from which it was called, as ``file:line``, innermost first."""
    change: str = ""
    """The change of the line with which no promise is broken, if one was found."""
    around: tuple[tuple[int, str], ...] = ()
    """The line and its neighbours in the file, with their numbers."""
    others: tuple[Mended, ...] = ()
    """Other changes with which no promise is broken, the best first."""
    suspects: tuple[str, ...] = ()
    """If no change repairs it: the places that are as suspicious, the most suspicious first."""

    @classmethod
    def by_evidence(cls, stack: Stack, why: str, suspects: Iterable[str] = ()) -> Guilty:
        """Return the innermost line of a stack."""
        told = tuple(caller.told for caller in stack[1 : MOST_CALLERS + 1])
        return replace(cls._at(stack[0], why, told, ""), suspects=tuple(suspects))

    @classmethod
    def by_change(cls, frame: CodeLine, change: str, others: Iterable[Mended]) -> Guilty:
        """Return a line that a change repairs; ``others`` would repair the encoder, too."""
        found = cls._at(frame, f"no promise is broken {change}", (), change)
        return replace(found, others=tuple(others))

    @classmethod
    def by_spectrum(cls, frame: CodeLine, suspects: Iterable[str]) -> Guilty:
        """Return a line that runs where a promise is broken, and hardly elsewhere."""
        found = cls._at(frame, "ran where a promise was broken, and hardly elsewhere", (), "")
        return replace(found, suspects=tuple(suspects))

    @classmethod
    def _at(cls, frame: CodeLine, why: str, callers: tuple[str, ...], change: str) -> Guilty:
        source = linecache.getline(frame.path, frame.line).strip()
        around = _around(frame)
        return cls(frame.file, frame.function, frame.line, source, why, callers, change, around)

    @property
    def changes(self) -> tuple[Mended, ...]:
        """Return the changes with which no promise is broken, the best first."""
        if not self.change:
            return ()
        return Mended(self.file, self.function, self.line, self.change), *self.others

    def is_like(self, other: Guilty) -> bool:
        """Return whether two guilty lines are of one mistake, by their places.

        A place without a repair is uncertain. So two of those are alike if one is among the
        suspects of the other.
        """
        if self.place == other.place:
            return True
        if self.change or other.change:
            return False
        return self.place in other.suspects or other.place in self.suspects

    @property
    def place(self) -> str:
        """Return the file and the function: a name that does not depend on line numbers."""
        return f"{self.file}:{self.function}"

    def to_json(self) -> dict[str, Any]:
        """Return it as data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Guilty:
        """Return it from data."""
        around = tuple((int(number), str(line)) for number, line in data.get("around", ()))
        others = tuple(Mended(*one) for one in data.get("others", ()))
        suspects = tuple(map(str, data.get("suspects", ())))
        told = {
            "callers": tuple(data["callers"]),
            "around": around,
            "others": others,
            "suspects": suspects,
        }
        return cls(**dict(data) | told)


def _around(frame: CodeLine) -> tuple[tuple[int, str], ...]:
    lines = linecache.getlines(frame.path)
    first = max(1, frame.line - NEIGHBOURS)
    chosen = lines[first - 1 : frame.line + NEIGHBOURS]
    return tuple((number, line.rstrip()) for number, line in enumerate(chosen, first))
