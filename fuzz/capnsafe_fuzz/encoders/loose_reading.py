"""Expressions that read objects without a schema, for the check at the end of a program.

A path goes through the form in which such objects are recorded (``scenario.trees``). The parts of
the path give the kinds of the objects on the way, and the value at its end is the expected one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ..scenario.nodes import Capability
from ..scenario.trees import ELEMENT_SIZES

_ELEMENTS: Final = {0: "VOID", 1: "BOOL", 8: "UINT8", 16: "UINT16", 32: "UINT32", 64: "UINT64"}
_BYTE: Final = ELEMENT_SIZES[8]


def loose_reading(
    holder: str, at: int, path: Sequence[str | int], expected: Any, element: Callable[[], str]
) -> str:
    """Return an expression that is true if pointer ``at`` of ``holder`` has the expected value.

    ``element`` names the class Element of the package that reads.
    """
    expression = holder
    rest = list(path)
    while rest:
        part = rest.pop(0)
        if isinstance(part, int):
            expression, at = f"{expression}.get_pointer_list({at})", part
            continue
        if part in ("sections", "elements"):
            expression = f"{expression}.get_struct_list({at})"
            if not rest or part == "sections":
                return f"len({expression}) >= 0"
            expression += f"[{rest.pop(0)}]"
            part = str(rest.pop(0)) if rest else ""
        else:
            expression = f"{expression}.get_struct({at})"
        if part == "data":
            octets = f"bytes(map({expression}.get_uint8, range({len(expected)})))"
            # Fields beyond the end of a struct read as zero.
            return f"({expression}.data_bytes, {octets}) == ({len(expected)}, {expected!r})"
        if not rest and part == "pointers":
            return f"{expression}.pointer_count == {len(expected)}"
        if not rest:
            return f"{expression} is not None"
        assert part == "pointers"
        at = int(rest.pop(0))
    return _at_the_end(expression, at, expected, element)


def _at_the_end(holder: str, at: int, expected: Any, element: Callable[[], str]) -> str:
    if expected is None:
        return f"{holder}.is_null({at})"
    if isinstance(expected, Capability):
        return f"{holder}.get_capability({at}) == {expected.number}"
    if isinstance(expected, list):
        return f"len({holder}.get_pointer_list({at})) == {len(expected)}"
    if isinstance(expected, dict):
        opened = "get_struct_list" if "sections" in expected else "get_struct"
        return f"{holder}.{opened}({at}) is not None"
    size, count, octets = expected
    if size == _BYTE:
        return f"{holder}.get_data({at}) == {octets!r}"
    bits = next(bits for bits, known in ELEMENT_SIZES.items() if known == size)
    whole = int.from_bytes(octets, "little")
    values = [whole >> index * bits & (1 << bits) - 1 for index in range(count if bits else 0)]
    found = f"list({holder}.get_list({at}, {element()}.{_ELEMENTS[bits]}))"
    return f"{found} == {values}" if bits else f"len({found}) == {count}"
