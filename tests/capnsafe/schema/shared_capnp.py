"""Code generated from shared.capnp by capnpc-capnsafe. Do not edit it.

Declarations that another file imports.
"""

# This code is formatted. Linters have nothing to say about it.
# ruff: noqa

from __future__ import annotations

import dataclasses
import typing

from capnsafe import schema

if typing.TYPE_CHECKING:
    import typing_extensions

_int16: typing.Final = schema.Element.INT16
_uint8: typing.Final = schema.Element.UINT8

if typing.TYPE_CHECKING:
    _Box_Item = typing_extensions.TypeVar("_Box_Item", default=schema.Anything)
    _Box_Item_value = typing_extensions.TypeVar("_Box_Item_value", default=schema.Anything)
    _Box_Item_reader = typing_extensions.TypeVar(
        "_Box_Item_reader",
        covariant=True,
        default=schema.AnyReader,
    )
    _Box_Item_builder = typing_extensions.TypeVar("_Box_Item_builder", default=schema.AnyBuilder)
    _Box_Item_set = typing_extensions.TypeVar("_Box_Item_set", default=schema.Anything)
else:
    _Box_Item = typing.TypeVar("_Box_Item")
    _Box_Item_value = typing.TypeVar("_Box_Item_value")
    _Box_Item_reader = typing.TypeVar("_Box_Item_reader")
    _Box_Item_builder = typing.TypeVar("_Box_Item_builder")
    _Box_Item_set = typing.TypeVar("_Box_Item_set")


class Box_Fields(
    typing.TypedDict,
    typing.Generic[_Box_Item_value, _Box_Item_builder, _Box_Item_set],
    total=False,
):
    """The fields that ``update`` takes."""

    item: _Box_Item_set | None
    note: str


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Date(schema.StructValue):
    """A day of the calendar."""

    year: int = 1970
    month: int = 1
    day: int = 1

    class Season(schema.Enumeration):
        """The enum ``Date.Season``."""

        SPRING = 0
        SUMMER = 1
        AUTUMN = 2
        WINTER = 3

        BY_VALUE: schema.Enumerants[Date.Season]

    @classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Date.Builder, Date.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 0, Date.Builder, Date.Reader

    class Reader(schema.GeneratedReader["Date"]):
        """Reads ``Date``."""

        __slots__ = ()

        @property
        def year(self) -> int:
            """``year :Int16``."""
            return self._low.get_int16(0, default=1970)

        @property
        def month(self) -> int:
            """``month :UInt8``."""
            return self._low.get_uint8(2, default=1)

        @property
        def day(self) -> int:
            """``day :UInt8``."""
            return self._low.get_uint8(3, default=1)

    class Builder(schema.GeneratedBuilder["Date"]):
        """Builds ``Date``."""

        __slots__ = ()

        @property
        def year(self) -> int:
            """``year :Int16``."""
            return self._low.get_int16(0, default=1970)

        @year.setter
        def year(self, value: int) -> None:
            self._low._put_integer(_int16, 0, value, 1970)

        @property
        def month(self) -> int:
            """``month :UInt8``."""
            return self._low.get_uint8(2, default=1)

        @month.setter
        def month(self, value: int) -> None:
            self._low._put_integer(_uint8, 2, value, 1)

        @property
        def day(self) -> int:
            """``day :UInt8``."""
            return self._low.get_uint8(3, default=1)

        @day.setter
        def day(self, value: int) -> None:
            self._low._put_integer(_uint8, 3, value, 1)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            year: int
            month: int
            day: int

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Box(schema.GenericValue, typing.Generic[_Box_Item]):
    """A generic struct."""

    item: _Box_Item | None = None
    note: str = ""

    @classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Box.Builder, Box.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 0, 2, Box.Builder, Box.Reader

    class Reader(
        schema.GenericReader["Box[_Box_Item_value]"],
        typing.Generic[_Box_Item_value, _Box_Item_reader],
    ):
        """Reads ``Box``."""

        __slots__ = ()

        @property
        def item(self) -> _Box_Item_reader:
            """``item :AnyPointer``."""
            found: _Box_Item_reader = self._open("item")
            return found

        def has_item(self) -> bool:
            """Return whether the pointer ``item`` is not null."""
            return not self._low.is_null(0)

        @property
        def note(self) -> str:
            """``note :Text``."""
            return self._low.get_text(1) or ""

        def has_note(self) -> bool:
            """Return whether the pointer ``note`` is not null."""
            return not self._low.is_null(1)

    class Builder(
        schema.GenericBuilder["Box[_Box_Item_value]"],
        typing.Generic[_Box_Item_value, _Box_Item_builder, _Box_Item_set],
    ):
        """Builds ``Box``."""

        __slots__ = ()

        @property
        def item(self) -> _Box_Item_builder:
            """``item :AnyPointer``."""
            found: _Box_Item_builder = self._open("item")
            return found

        @item.setter
        def item(self, value: _Box_Item_set | None) -> None:
            self._assign("item", value)

        def has_item(self) -> bool:
            """Return whether the pointer ``item`` is not null."""
            return not self._low.is_null(0)

        def init_item(self, count: int = 0) -> _Box_Item_builder:
            """Build a zeroed struct, or a list of ``count`` zeroed items, as ``item``."""
            found: _Box_Item_builder = self._init("item", count)
            return found

        @property
        def note(self) -> str:
            """``note :Text``."""
            return self._low.get_text(1) or ""

        @note.setter
        def note(self, value: str) -> None:
            self._low.set_text(1, value)

        def has_note(self) -> bool:
            """Return whether the pointer ``note`` is not null."""
            return not self._low.is_null(1)

        def update(
            self,
            /,
            **fields: typing.Unpack[Box_Fields[_Box_Item_value, _Box_Item_builder, _Box_Item_set]],
        ) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


Date.Season.BY_VALUE = schema.enumerants(Date.Season, "spring", "summer", "autumn", "winter")
schema.Layout(
    Date,
    0xE76A65CB5826F8C3,
    1,
    0,
    schema.FieldLayout("year", "year", schema.INT16, 0, default=1970),
    schema.FieldLayout("month", "month", schema.UINT8, 2, default=1),
    schema.FieldLayout("day", "day", schema.UINT8, 3, default=1),
)
schema.Layout(
    Box,
    0xF255C37DC96F9D96,
    0,
    2,
    schema.FieldLayout("item", "item", schema.parameter(0xF255C37DC96F9D96, 0), 0),
    schema.FieldLayout("note", "note", schema.TEXT, 1),
)
UNIT: typing.Final[schema.Annotation[str]] = schema.Annotation(0xC5F0A7E1B39D2C46, schema.TEXT)
