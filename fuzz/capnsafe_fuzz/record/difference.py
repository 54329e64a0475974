"""The first difference between two trees of a message, in words that a person can look up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from .telling import repr_of

Path = tuple[str | int, ...]
"""Fields and indices, from the root."""

_LONGEST_VALUE: Final = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place, in the order of the schema, at which two messages differ."""

    path: Path
    found: Any
    expected: Any

    def __str__(self) -> str:
        """Describe it in a sentence."""
        return f"{print_path(self.path)} is {_short(self.found)}, not {_short(self.expected)}"


def first_difference(found: Any, expected: Any) -> Difference | None:
    """Return the first difference of two trees, without recursion, since messages nest deeply."""
    work: list[tuple[Path, Any, Any]] = [((), found, expected)]
    while work:
        path, left, right = work.pop()
        if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
            work.extend(((*path, key), left[key], right[key]) for key in reversed(list(right)))
        elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
            if left and isinstance(right[0], dict | list):
                work.extend(
                    ((*path, index), left[index], right[index])
                    for index in reversed(range(len(right)))
                )
            elif left != right:
                pairs = enumerate(zip(left, right, strict=True))
                index = next(at for at, (one, other) in pairs if one != other)
                work.append(((*path, index), left[index], right[index]))
        elif type(left) is not type(right) or left != right:
            return Difference(path, left, right)
    return None


def print_path(path: Path) -> str:
    """Return a path as text: ``child.i32s[3]``; the root itself is ``the root``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "the root"


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return "a struct"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = repr_of(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
