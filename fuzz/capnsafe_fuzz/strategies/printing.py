"""How Hypothesis prints an example: as its text, which can be pasted into a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis.vendor.pretty import RepresentationPrinter, for_type_by_name

from ..targets import TARGETS, Target


def printed(text: str) -> str:
    """Return an expression whose value is the scenario of this text."""
    text = text.rstrip("\n")
    if "'''" in text or text.endswith(("'", "\\")):
        return f"parse_scenario({text!r})"
    raw = "r" if "\\" in text else ""
    return f"parse_scenario({raw}'''{text}\n''')"


def print_as_text(find: Callable[[str], Target]) -> None:
    """Let Hypothesis print the inputs of every target as their texts."""
    for name in TARGETS:
        target = find(name)
        for kind in target.input_types:
            for_type_by_name(kind.__module__, kind.__name__, _printer(target))


def _printer(target: Target) -> Callable[[Any, RepresentationPrinter, bool], None]:
    def show(scenario: Any, printer: RepresentationPrinter, cycle: bool) -> None:
        # As one piece: otherwise Hypothesis would indent the lines of the text.
        printer.text(printed(target.print(scenario)))

    return show
