"""Faults as text: one fault, one line.

::

    <family> <kind> <when> <n> once|always [segment=N] [amount=N]

    refuse MemoryError allocate 2 once
    shrink below-used after 3 always segment=0 amount=1

``segment`` and ``amount`` are printed for the kinds that take them, and only these may have them.
There is one way to print a fault; the parser accepts that way, any blanks between the parts, and
``segment`` and ``amount`` left out (they are 0 then).
"""

from __future__ import annotations

from .families import FAMILIES, check_fault
from .fault import Fault, FaultError, When

_WHENS = {when.value: when for when in When}
_SHAPE = "<family> <kind> <when> <n> once|always [segment=N] [amount=N]"


class FaultSyntaxError(FaultError):
    """A line that is no fault; the message names the mistake and the accepted form."""


def print_fault(fault: Fault) -> str:
    """Write the fault on one line. Raises :class:`FaultError` for a fault that means nothing."""
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
    """Read one line. Raises :class:`FaultSyntaxError`."""
    parts = line.split()
    if len(parts) < 5:
        raise FaultSyntaxError(f"a fault is written {_SHAPE}, but this has {len(parts)} parts")
    family, kind, when, number, how_often, *options = parts
    if family not in FAMILIES:
        raise FaultSyntaxError(
            f"there is no family of faults {family!r}; there are {', '.join(FAMILIES)}"
        )
    if when not in _WHENS:
        raise FaultSyntaxError(f"there is no moment {when!r}; there are {', '.join(_WHENS)}")
    if how_often not in ("once", "always"):
        raise FaultSyntaxError(f"a fault is laid 'once' or 'always', not {how_often!r}")
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
