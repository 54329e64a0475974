"""The view of a struct in a notebook: a table of its fields, as HTML.

A notebook shows every value that a cell returns, so the table is bounded: long texts and lists are
cut, and so are deeply nested structs. All that comes from a message or a schema is escaped.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any, Final

from .._read.objects import PointerSlotsReader, StructReader
from .._words.face import counted
from .kinds import (
    DataKind,
    EnumKind,
    GroupKind,
    ListKind,
    PointerListKind,
    ScalarListKind,
    StructKind,
    StructListKind,
    TextKind,
)
from .layout import BaseKind, Default, FieldLayout, Layout, PointerTo

#: The most that is shown: characters of a text, bytes of a Data, items of a list, rows in all, and
#: levels of structs and lists.
MAX_CHARACTERS: Final = 200
MAX_BYTES: Final = 32
MAX_ITEMS: Final = 10
MAX_ROWS: Final = 200
MAX_LEVELS: Final = 6

_MORE: Final = "<i>…</i>"
_NULL: Final = "<i>null</i>"


def html_of(layout: Layout, low: StructReader) -> str:
    """Return the table of a struct."""
    return _Table().struct(layout, low, 0)


class _Table:
    """The tables of a struct and those within, and how many rows they have."""

    def __init__(self) -> None:
        self._rows = 0

    def struct(self, layout: Layout, low: StructReader, level: int) -> str:
        """Return the table of a struct or group."""
        name = escape(layout.owner.__qualname__)
        rows = [f'<tr><th colspan="2" style="text-align: left">{name}</th></tr>']
        which = None if layout.tag is None else low.get_uint16(layout.tag)
        for field in layout.fields:
            if field.member is not None and field.member != which:
                continue
            rows.append(self._row(escape(field.label), self._cell(field, low, level)))
        return f"<table>{''.join(rows)}</table>"

    def _row(self, name: str, shown: str) -> str:
        return (
            f'<tr><td style="text-align: left">{name}</td>'
            f'<td style="text-align: left">{shown}</td></tr>'
        )

    def _is_full(self, level: int) -> bool:
        """Count a cell, and return whether it is one too many."""
        self._rows += 1
        return self._rows > MAX_ROWS or level >= MAX_LEVELS

    def _cell(self, field: FieldLayout, low: StructReader, level: int) -> str:
        """Return the HTML of a field."""
        kind = field.kind
        if self._is_full(level):
            return _MORE
        if isinstance(kind, GroupKind):
            return self.struct(kind.struct.layout(), low, level + 1)
        if not isinstance(kind, PointerTo):
            return _scalar(kind, kind.take(low, field, []))
        if not low.is_null(field.offset):
            return self._object(kind, low, field.offset, level)
        if type(field.default) is Default:
            return self._object(kind, field.default.slots(), 0, level)
        if isinstance(kind, (TextKind, DataKind)) and not field.is_parameter:
            return _leaf(kind, field.initial())
        return "[]" if isinstance(kind, ListKind) else _NULL

    def _object(self, kind: PointerTo, slots: PointerSlotsReader, index: int, level: int) -> str:
        """Return the HTML of the object behind a pointer that is not null."""
        if isinstance(kind, StructKind):
            low = slots.get_struct(index)
            assert low is not None
            return self.struct(kind.struct.layout(), low, level + 1)
        if isinstance(kind, StructListKind):
            structs: Any = slots.get_struct_list(index)
            layout = kind.of.struct.layout()
            return self._list(
                structs, lambda at: self.struct(layout, structs[at], level + 2), level
            )
        if isinstance(kind, PointerListKind):
            pointers: Any = slots.get_pointer_list(index)

            def item(at: int) -> str:
                if pointers.is_null(at):
                    return _NULL
                return self._object(kind.of, pointers, at, level + 1)

            return self._list(pointers, item, level)
        if isinstance(kind, ScalarListKind):
            of = kind.of
            numbers: Any = slots.get_list(index, of.element)
            return self._list(
                numbers,
                lambda at: _scalar(
                    of, of.made(numbers[at]) if isinstance(of, EnumKind) else numbers[at]
                ),
                level,
            )
        return _leaf(kind, kind.load(slots, index, []))

    def _list(self, low: Any, item: Callable[[int], str], level: int) -> str:
        """Return the first items of a list."""
        count = len(low)
        items = []
        for at in range(min(count, MAX_ITEMS)):
            if self._is_full(level + 1):
                break
            items.append(item(at))
        if len(items) < count:
            items.append(f"<i>… {count - len(items)} more</i>")
        if all("<table>" not in each for each in items):
            return f"[{', '.join(items)}]"
        return "<br>".join(items)


def _scalar(kind: BaseKind, value: Any) -> str:
    """Return the HTML of a number, Bool, enum or Void."""
    if isinstance(kind, EnumKind):
        return escape(f"({int(value)})" if value.label is None else value.label)
    if value is None:
        return "void"
    return escape(str(value).lower() if isinstance(value, bool) else str(value))


def _leaf(kind: PointerTo, value: Any) -> str:
    """Return the HTML of a Text, a Data, a capability or an object of any kind."""
    if isinstance(kind, TextKind):
        cut = "…" if len(value) > MAX_CHARACTERS else ""
        return escape(f'"{value[:MAX_CHARACTERS]}{cut}"')
    if isinstance(kind, DataKind):
        cut = "…" if len(value) > MAX_BYTES else ""
        return f"{counted(len(value), 'byte')} <code>{value[:MAX_BYTES].hex(' ')}{cut}</code>"
    return escape(f"capability {value}" if isinstance(value, int) else repr(value))
