"""Faults as text: one fault, one line.

::

    <family> <kind> <when> <n> once|always [segment=N] [amount=N]

    refuse MemoryError allocate 2 once
    shrink below-used after 3 always segment=0 amount=1

``segment`` and ``amount`` are printed for the kinds that take them, and are errors for others. A
fault is always printed in the same way. The parser also accepts any blanks between the parts, and
``segment`` and ``amount`` may be omitted (they are 0 then).
"""

from __future__ import annotations

from .families import FAMILIES, check_fault
from .fault import Fault, FaultError, When

_WHENS = {when.value: when for when in When}
_SHAPE = "<family> <kind> <when> <n> once|always [segment=N] [amount=N]"


class FaultSyntaxError(FaultError):
    """A line is not a valid fault. The message names the mistake and the accepted form."""


def print_fault(fault: Fault) -> str:
    """Return the fault as one line of text, or raise :class:`FaultError` if it is not valid."""
    kind = check_fault(fault).kinds[fault.kind]
    parts = [
        fault.family,
        fault.kind,
        fault.when.value,
        str(fault.number),
        "always" if fault.persistent else "once",
    ]
    if kind.takes_segment:
        parts.append(f"segment={fault.segment}")
    if kind.takes_amount:
        parts.append(f"amount={fault.amount}")
    return " ".join(parts)


def _number(text: str, noun: str) -> int:
    # str.isdigit alone would accept digits of other scripts.
    if not (text.isascii() and text.isdigit()) or (len(text) > 1 and text[0] == "0"):
        raise FaultSyntaxError(f"{noun} must be a decimal number, not {text!r}")
    if len(text) > 10:
        raise FaultSyntaxError(f"{noun} is too large: {text[:20]}")
    return int(text)


def parse_fault(line: str) -> Fault:
    """Return the fault of one line of text, or raise :class:`FaultSyntaxError`."""
    parts = line.split()
    if len(parts) < 5:
        raise FaultSyntaxError(f"a fault must be {_SHAPE}; this line has only {len(parts)} parts")
    family, kind, when, number, how_often, *options = parts
    if family not in FAMILIES:
        raise FaultSyntaxError(
            f"there is no family of faults {family!r}; the families are {', '.join(FAMILIES)}"
        )
    if when not in _WHENS:
        raise FaultSyntaxError(f"there is no moment {when!r}; the moments are {', '.join(_WHENS)}")
    if how_often not in ("once", "always"):
        raise FaultSyntaxError(f"expected 'once' or 'always', not {how_often!r}")
    numbers: dict[str, int] = {}
    for option in options:
        name, equals, value = option.partition("=")
        if name not in ("segment", "amount") or not equals:
            raise FaultSyntaxError(f"expected segment=N or amount=N, not {option!r}")
        if name in numbers:
            raise FaultSyntaxError(f"{name} is given twice")
        numbers[name] = _number(value, name)
    try:
        fault = Fault(
            family,
            kind,
            _WHENS[when],
            _number(number, f"the number after {when!r}"),
            how_often == "always",
            **numbers,
        )
        check_fault(fault)
    except FaultSyntaxError:
        raise
    except FaultError as error:
        raise FaultSyntaxError(str(error)) from None
    known = FAMILIES[family].kinds[kind]
    for name, taken in (("segment", known.takes_segment), ("amount", known.takes_amount)):
        if name in numbers and not taken:
            raise FaultSyntaxError(f"{family} {kind} takes no {name}")
    return fault
