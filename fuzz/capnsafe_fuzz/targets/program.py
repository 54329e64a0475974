"""The common parts of the programs of all targets: their heads, and bytes as readable constants."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder
    from ..execution import Violation

INTEROPERABLE = "interoperable"
"""The oracle that uses another implementation."""

_WIDTH = 88
_HEX_DIGITS = 72
"""Hexadecimal digits on one line."""


def provable(violations: Iterable[Violation]) -> list[Violation]:
    """Return the first violation that a program can show with capnsafe alone, or else the first."""
    found = sorted(violations, key=lambda violation: violation.oracle == INTEROPERABLE)
    return found[:1]


def head(encoder: Encoder, violations: Iterable[Violation], imports: Iterable[str]) -> list[str]:
    """Return the breach as a comment, and the import of ``capnsafe`` or of a planted bug's copy."""
    lines: list[str] = []
    shows = "# This program exits non-zero when that happens."
    for violation in violations:
        if violation.oracle == INTEROPERABLE:
            shows = "# This program leads to it; showing it takes pycapnp, too."
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
    """Yield ``NAME = bytes.fromhex(...)``, on as many lines as needed."""
    digits = data.hex()
    if len(digits) <= _HEX_DIGITS:
        yield f'{name} = bytes.fromhex("{digits}")'
        return
    yield f"{name} = bytes.fromhex("
    for start in range(0, len(digits), _HEX_DIGITS):
        yield f'    "{digits[start : start + _HEX_DIGITS]}"'
    yield ")"
