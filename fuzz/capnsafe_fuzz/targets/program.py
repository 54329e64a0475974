"""What programs of all targets have in common: their heads, and numbers that can be read."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder
    from ..execution import Violation

INTEROPERABLE = "interoperable"
"""The oracle that asks another implementation."""

_WIDTH = 88
_HEX_DIGITS = 72
"""Of bytes, on one line."""


def provable(violations: Iterable[Violation]) -> list[Violation]:
    """The first violation that a program can show with capnsafe alone, or else the first."""
    found = sorted(violations, key=lambda violation: violation.oracle == INTEROPERABLE)
    return found[:1]


def head(encoder: Encoder, violations: Iterable[Violation], imports: Iterable[str]) -> list[str]:
    """What broke, and where ``capnsafe`` comes from: for a planted bug, from its copy."""
    lines: list[str] = []
    shows = "# This program exits non-zero when that happens."
    for violation in violations:
        if violation.oracle == INTEROPERABLE:
            shows = "# This program does what leads there; to see it takes pycapnp besides."
        lines += textwrap.wrap(
            f"{violation.promise}: {violation.detail}",
            _WIDTH,
            initial_indent="# ",
            subsequent_indent="# ",
        )
    if lines:
        lines.append(shows)
    lines += imports
    planted = encoder.name.partition("planted:")[2]
    if planted:
        lines += ["from capnsafe_fuzz.encoders.planted import load_package", ""]
        lines.append(f"capnsafe = load_package({planted!r})")
    else:
        lines.append("import capnsafe")
    lines.append("")
    return lines


def constant(name: str, data: bytes) -> Iterator[str]:
    """``NAME = bytes.fromhex(...)``, over as many lines as it needs."""
    digits = data.hex()
    if len(digits) <= _HEX_DIGITS:
        yield f'{name} = bytes.fromhex("{digits}")'
        return
    yield f"{name} = bytes.fromhex("
    for start in range(0, len(digits), _HEX_DIGITS):
        yield f'    "{digits[start : start + _HEX_DIGITS]}"'
    yield ")"
