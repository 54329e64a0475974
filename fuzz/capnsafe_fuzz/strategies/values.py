"""Values of operations: the choices of ``scenario.values``, made by Hypothesis."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from ..scenario.operations import Verb
from ..scenario.program import MAX_INDEX, Place, Value, max_count, quiet, value_range
from ..scenario.schema import FLOATS, FieldKind, ListType, Type
from ..scenario.values import ALPHABET, EDGE_BITS, choose_value
from .numbers import SIZES, below, between, pick, up_to

_TEXTS = st.one_of(
    SIZES.map("a".__mul__), st.lists(st.sampled_from(ALPHABET), max_size=20).map("".join)
)
_DATA = st.one_of(SIZES.map(bytes), st.binary(max_size=24))


@cache
def _written(kind: FieldKind, default: Value) -> st.SearchStrategy[Any]:
    """Return a strategy for the values that SET can write to a place of this kind."""
    if kind is FieldKind.TEXT:
        return _TEXTS
    if kind is FieldKind.DATA:
        return _DATA
    if kind is FieldKind.BOOL:
        return st.booleans()
    if kind is FieldKind.ANY:
        return st.one_of(_written(FieldKind.CAPABILITY, None), _TEXTS, _DATA)
    least, most = value_range(kind)
    if kind in FLOATS:
        anything = between(least, most).map(lambda bits: quiet(kind, bits))
        return st.one_of(st.sampled_from(EDGE_BITS[kind]), anything)
    edges = {0, 1, least, most, least + 1, most - 1}
    if isinstance(default, int):
        edges.add(default)
    # Not the usual order: a sampled number shrinks to an earlier one.
    return st.one_of(
        between(0, min(9, most)),
        st.sampled_from(sorted(edges, key=lambda number: (abs(number), number < 0))),
        between(least, most),
    )


@cache
def _counts(of: ListType) -> st.SearchStrategy[int]:
    """Return a strategy for the lengths of a list, usually short."""
    most = max_count(of)
    return up_to(*(4,) * 9, *(24,) * 5, most)


class _Drawn:
    __slots__ = ("_draw",)

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def member(self, members: tuple[str, ...], /) -> str:
        return pick(self._draw, (*members, *members[-1:] * len(members)))

    def octets(self, element: FieldKind, /) -> bytes:
        return self._draw(_DATA)

    def type_name(self, names: tuple[str, ...], /) -> str:
        return pick(self._draw, names)

    def count(self, of: ListType, /) -> int:
        return self._draw(_counts(of))

    def written(self, kind: FieldKind, default: Value, /) -> Value:
        value: Value = self._draw(_written(kind, default))
        return value


def draw_value(draw: st.DrawFn, verb: Verb, held: Type, place: Place) -> Value:
    """Draw a value for an operation whose value is not a second handle."""
    return choose_value(_Drawn(draw), verb, held, place)


_FAR = 16
_FIRST, _NEAR, _LAST, _END, _ANYWHERE = range(5)
_INDICES = (_FIRST,) * 5 + (_NEAR,) * 6 + (_LAST,) * 6 + (_END,) * 2 + (_ANYWHERE,)


def draw_index(draw: st.DrawFn, count: int | None) -> int:
    """Draw, usually, an index into a list of ``count`` elements; None if there is no such list."""
    how = pick(draw, _INDICES)
    if how == _NEAR:
        near = draw(below(_FAR))
        return near % count if count else near
    if how == _ANYWHERE:
        return draw(below(MAX_INDEX + 1))
    if how == _FIRST or not count:
        return 0
    return min(count - (how == _LAST), MAX_INDEX)
