"""Describe words as pointers, for people who read a scenario."""

from __future__ import annotations

from typing import Final

_SIZES: Final = ("void", "bit", "byte", "2-byte value", "4-byte value", "8-byte value", "pointer")
_COMPOSITE: Final = 7


def describe_word(word: int) -> str:
    """Return the word's meaning as a pointer; empty for a zero word."""
    if not word:
        return ""
    low, high = word & 0xFFFFFFFF, word >> 32
    kind = low & 3
    if kind == 2:
        double = "double far" if low & 4 else "far"
        return f"{double} to word {low >> 3} of segment {high}"
    if kind == 3:
        return f"capability {high}" if low == 3 else "of no known kind"
    offset = low >> 2
    signed = offset - (1 << 30) if offset >> 29 else offset
    if kind == 0:
        data, pointers = high & 0xFFFF, high >> 16
        return f"struct {signed:+}: {_many(data, 'data word')}, {_many(pointers, 'pointer')}"
    count, size = high >> 3, high & 7
    if size == _COMPOSITE:
        return f"list {signed:+} of structs in {_many(count, 'word')}"
    return f"list {signed:+} of {_many(count, _SIZES[size])}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
