"""Numbers and sentences as people read them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Return ``1:02:03`` or ``2:03``."""
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def count(number: int) -> str:
    """Return a number with digits in threes: ``12 345``."""
    return f"{number:,}".replace(",", " ")


def plural(number: int, noun: str) -> str:
    """Return ``1 finding`` or ``2 findings``."""
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def printable(text: str) -> str:
    """Return ``text`` on one line, with terminal control characters escaped."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
