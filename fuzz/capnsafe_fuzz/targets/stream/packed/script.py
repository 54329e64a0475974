"""Print an input of the form ``packed`` as a program in capnsafe's API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ....reference import packing
from ... import program
from ..scenario import MAX_BYTES, WORD_BYTES
from .run import NO_ROOM, ROOMY_AFTER
from .scenario import MOST_CUTS, Packed

if TYPE_CHECKING:
    from ....encoders.protocol import Encoder
    from ....execution import Violation


def print_program(scenario: Packed, encoder: Encoder, violations: Sequence[Violation]) -> str:
    """Return the program; it checks the results of the guilty calls, or of all calls."""
    first = program.provable(violations)
    lines = program.head(encoder, first, ["import itertools"])
    lines += program.constant("DATA", scenario.data)
    guilty = {violation.operation for violation in first} or {0, 1, 2, 3, 4}
    expected = packing.unpack(scenario.data)
    if guilty & {0, 1}:
        lines += program.constant("UNPACKED", expected.words)
    if guilty & {2, 3, 4}:
        lines += program.constant("WORDS", scenario.words)
        lines += program.constant("PACKED", packing.pack(scenario.words))
    if 0 in guilty:
        lines += _unpack(scenario, expected)
    if 1 in guilty:
        lines += _unpack_in_chunks(scenario, expected)
    if 2 in guilty:
        lines += ["", "assert capnsafe.pack(WORDS) == PACKED"]
    if guilty & {3, 4}:
        lines += ["", "packer = capnsafe.Packer()"]
        for _ in range(2 if 4 in guilty else 1):
            lines += ["parts, at = [], 0"]
            lines += _loop(scenario, "WORDS", ["parts.append(packer.feed(chunk))"])
            lines += ["assert b''.join([*parts, packer.flush()]) == PACKED"]
    return "\n".join(lines) + "\n"


def _unpack(scenario: Packed, expected: packing.Unpacked) -> list[str]:
    call = f"capnsafe.unpack(DATA, max_words={scenario.max_words})"
    if expected.whole and len(expected.words) <= scenario.max_words * WORD_BYTES:
        return ["", f"assert {call} == UNPACKED"]
    return [
        "",
        "try:",
        f"    {call}",
        "except capnsafe.FramingError:",
        "    pass",
        "else:",
        '    raise AssertionError("bytes that end early or stand for too much were unpacked")',
    ]


def _unpack_in_chunks(scenario: Packed, expected: packing.Unpacked) -> list[str]:
    ask = [
        f"room = {scenario.room} if len(results) < {ROOMY_AFTER} else {NO_ROOM}",
        "results.append(unpacker.feed(chunk, max_words=room))",
        f"assert len(results[-1]) <= room * {WORD_BYTES}",
        "while not unpacker.needs_input:",
        f"    room = {scenario.room} if len(results) < {ROOMY_AFTER} else {NO_ROOM}",
        "    results.append(unpacker.feed(max_words=room))",
        f"    assert 0 < len(results[-1]) <= room * {WORD_BYTES} or unpacker.needs_input",
    ]
    return [
        "",
        "unpacker, results, at = capnsafe.Unpacker(), [], 0",
        *_loop(scenario, "DATA", ask),
        "assert b''.join(results) == UNPACKED",
        "try:",
        "    unpacker.finish()",
        "    whole = True",
        "except capnsafe.FramingError:",
        "    whole = False",
        f"assert whole is {expected.whole}",
    ]


def _loop(scenario: Packed, name: str, body: list[str]) -> list[str]:
    if not scenario.sizes:
        return [f"for chunk in [{name}]:", *(f"    {line}" for line in body)]
    return [
        f"sizes = itertools.islice(itertools.cycle({scenario.sizes!r}), {MOST_CUTS})",
        f"for size in [*sizes, {MAX_BYTES}]:",
        f"    if at >= len({name}):",
        "        break",
        f"    chunk, at = {name}[at : at + size], at + size",
        *(f"    {line}" for line in body),
    ]
