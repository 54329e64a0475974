"""Code generated from json_keys.capnp by capnpc-capnsafe. Do not edit it.

Structs with each annotation of JSON.
"""

# This code is formatted. Linters have nothing to say about it.
# ruff: noqa

from __future__ import annotations

import builtins
import dataclasses
import typing

from capnsafe import schema

if typing.TYPE_CHECKING:
    import typing_extensions

_float32: typing.Final = schema.Element.FLOAT32
_float64: typing.Final = schema.Element.FLOAT64
_int16: typing.Final = schema.Element.INT16
_int32: typing.Final = schema.Element.INT32
_int64: typing.Final = schema.Element.INT64
_int8: typing.Final = schema.Element.INT8
_uint16: typing.Final = schema.Element.UINT16
_uint64: typing.Final = schema.Element.UINT64

Flat_Place_Which: typing.TypeAlias = typing.Literal["nowhere", "town"]

Shape_Which: typing.TypeAlias = typing.Literal[
    "nothing",
    "circle",
    "plain",
    "other",
    "group",
    "data",
    "struct",
    "size",
    "given",
]

Valued_Which: typing.TypeAlias = typing.Literal[
    "nothing",
    "number",
    "data",
    "shape",
    "group",
    "list",
]

Unions_Inside_Which: typing.TypeAlias = typing.Literal["a", "b"]

Unions_Valued_Which: typing.TypeAlias = typing.Literal["c", "d"]

Untagged_Which: typing.TypeAlias = typing.Literal["a", "b", "c"]

if typing.TYPE_CHECKING:
    _Box_T = typing_extensions.TypeVar("_Box_T", default=schema.Anything)
    _Box_T_value = typing_extensions.TypeVar("_Box_T_value", default=schema.Anything)
    _Box_T_reader = typing_extensions.TypeVar(
        "_Box_T_reader",
        covariant=True,
        default=schema.AnyReader,
    )
    _Box_T_builder = typing_extensions.TypeVar("_Box_T_builder", default=schema.AnyBuilder)
    _Box_T_set = typing_extensions.TypeVar("_Box_T_set", default=schema.Anything)
else:
    _Box_T = typing.TypeVar("_Box_T")
    _Box_T_value = typing.TypeVar("_Box_T_value")
    _Box_T_reader = typing.TypeVar("_Box_T_reader")
    _Box_T_builder = typing.TypeVar("_Box_T_builder")
    _Box_T_set = typing.TypeVar("_Box_T_set")

Box_Which: typing.TypeAlias = typing.Literal["none", "member"]

if typing.TYPE_CHECKING:
    _Spread_T = typing_extensions.TypeVar("_Spread_T", default=schema.Anything)
    _Spread_T_value = typing_extensions.TypeVar("_Spread_T_value", default=schema.Anything)
    _Spread_T_reader = typing_extensions.TypeVar(
        "_Spread_T_reader",
        covariant=True,
        default=schema.AnyReader,
    )
    _Spread_T_builder = typing_extensions.TypeVar("_Spread_T_builder", default=schema.AnyBuilder)
    _Spread_T_set = typing_extensions.TypeVar("_Spread_T_set", default=schema.Anything)
else:
    _Spread_T = typing.TypeVar("_Spread_T")
    _Spread_T_value = typing.TypeVar("_Spread_T_value")
    _Spread_T_reader = typing.TypeVar("_Spread_T_reader")
    _Spread_T_builder = typing.TypeVar("_Spread_T_builder")
    _Spread_T_set = typing.TypeVar("_Spread_T_set")

if typing.TYPE_CHECKING:
    _Coded_T = typing_extensions.TypeVar("_Coded_T", default=schema.Anything)
    _Coded_T_value = typing_extensions.TypeVar("_Coded_T_value", default=schema.Anything)
    _Coded_T_reader = typing_extensions.TypeVar(
        "_Coded_T_reader",
        covariant=True,
        default=schema.AnyReader,
    )
    _Coded_T_builder = typing_extensions.TypeVar("_Coded_T_builder", default=schema.AnyBuilder)
    _Coded_T_set = typing_extensions.TypeVar("_Coded_T_set", default=schema.Anything)
else:
    _Coded_T = typing.TypeVar("_Coded_T")
    _Coded_T_value = typing.TypeVar("_Coded_T_value")
    _Coded_T_reader = typing.TypeVar("_Coded_T_reader")
    _Coded_T_builder = typing.TypeVar("_Coded_T_builder")
    _Coded_T_set = typing.TypeVar("_Coded_T_set")


class Box_Fields(
    typing.TypedDict,
    typing.Generic[_Box_T_value, _Box_T_builder, _Box_T_set],
    total=False,
):
    """The fields that ``update`` takes."""

    item: _Box_T_set | None
    none: None
    member: _Box_T_set | None


class Size(schema.Enumeration):
    """The enum ``Size``."""

    SMALL = 0
    VERY_LARGE = 1

    BY_VALUE: schema.Enumerants[Size]


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Plain(schema.StructValue):
    """The struct ``Plain``."""

    number: builtins.int = 0
    text: builtins.str = "as it was"
    wide: builtins.int = 0

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Plain.Builder, Plain.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 2, 1, Plain.Builder, Plain.Reader

    class Reader(schema.GeneratedReader["Plain"]):
        """Reads ``Plain``."""

        __slots__ = ()

        @builtins.property
        def number(self) -> builtins.int:
            """``number :Int32``."""
            return self._low.get_int32(0)

        @builtins.property
        def text(self) -> builtins.str:
            """``text :Text``."""
            return self._low.get_text(0, default="as it was")

        def has_text(self) -> builtins.bool:
            """Return whether the pointer ``text`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def wide(self) -> builtins.int:
            """``wide :UInt64``."""
            return self._low.get_uint64(1)

    class Builder(schema.GeneratedBuilder["Plain"]):
        """Builds ``Plain``."""

        __slots__ = ()

        @builtins.property
        def number(self) -> builtins.int:
            """``number :Int32``."""
            return self._low.get_int32(0)

        @number.setter
        def number(self, value: builtins.int) -> None:
            self._low._put_integer(_int32, 0, value, 0)

        @builtins.property
        def text(self) -> builtins.str:
            """``text :Text``."""
            return self._low.get_text(0, default="as it was")

        @text.setter
        def text(self, value: builtins.str) -> None:
            self._low.set_text(0, value)

        def has_text(self) -> builtins.bool:
            """Return whether the pointer ``text`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def wide(self) -> builtins.int:
            """``wide :UInt64``."""
            return self._low.get_uint64(1)

        @wide.setter
        def wide(self, value: builtins.int) -> None:
            self._low._put_integer(_uint64, 1, value, 0)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            number: builtins.int
            text: builtins.str
            wide: builtins.int

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Named(schema.StructValue):
    """The struct ``Named``."""

    number: builtins.int = 0
    size: Size = dataclasses.field(default_factory=lambda: Named._layout.initial("size"))
    sizes: builtins.list[Size] = dataclasses.field(default_factory=builtins.list)
    base: builtins.bytes = b""
    hex: builtins.bytes = b"\x01\xff"
    list: builtins.bytes = b""
    place: Named.Place = dataclasses.field(default_factory=lambda: Named.Place())

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Place(schema.StructValue):
        """The group ``Named.Place``."""

        x: builtins.int = 0
        y: builtins.float = 0.0

        class Reader(schema.GeneratedReader["Named.Place"]):
            """Reads ``Named.Place``."""

            __slots__ = ()

            @builtins.property
            def x(self) -> builtins.int:
                """``x :Int16``."""
                return self._low.get_int16(3)

            @builtins.property
            def y(self) -> builtins.float:
                """``y :Float64``."""
                return self._low.get_float64(1)

        class Builder(schema.GeneratedBuilder["Named.Place"]):
            """Builds ``Named.Place``."""

            __slots__ = ()

            @builtins.property
            def x(self) -> builtins.int:
                """``x :Int16``."""
                return self._low.get_int16(3)

            @x.setter
            def x(self, value: builtins.int) -> None:
                self._low._put_integer(_int16, 3, value, 0)

            @builtins.property
            def y(self) -> builtins.float:
                """``y :Float64``."""
                return self._low.get_float64(1)

            @y.setter
            def y(self, value: builtins.float) -> None:
                self._low._put_float(_float64, 1, value, 0.0)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                x: builtins.int
                y: builtins.float

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Named.Builder, Named.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 2, 4, Named.Builder, Named.Reader

    class Reader(schema.GeneratedReader["Named"]):
        """Reads ``Named``."""

        __slots__ = ()

        @builtins.property
        def number(self) -> builtins.int:
            """``number :Int32``."""
            return self._low.get_int32(0)

        @builtins.property
        def size(self) -> Size:
            """``size :Size``."""
            return Size.BY_VALUE[self._low._integer(_uint16, 2, 0)]

        @builtins.property
        def sizes(self) -> schema.Items[Size]:
            """``sizes :List(Size)``."""
            return schema.EnumItems(self._low.get_list(0, _uint16), Size.BY_VALUE)

        def has_sizes(self) -> builtins.bool:
            """Return whether the pointer ``sizes`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def base(self) -> builtins.bytes:
            """``base :Data``."""
            return self._low.get_data(1) or b""

        def has_base(self) -> builtins.bool:
            """Return whether the pointer ``base`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def hex(self) -> builtins.bytes:
            """``hex :Data``."""
            return self._low.get_data(2, default=b"\x01\xff")

        def has_hex(self) -> builtins.bool:
            """Return whether the pointer ``hex`` is not null."""
            return not self._low.is_null(2)

        @builtins.property
        def list(self) -> builtins.bytes:
            """``list :Data``."""
            return self._low.get_data(3) or b""

        def has_list(self) -> builtins.bool:
            """Return whether the pointer ``list`` is not null."""
            return not self._low.is_null(3)

        @builtins.property
        def place(self) -> Named.Place.Reader:
            """The group ``place``."""
            return Named.Place.Reader(self._low)

    class Builder(schema.GeneratedBuilder["Named"]):
        """Builds ``Named``."""

        __slots__ = ()

        @builtins.property
        def number(self) -> builtins.int:
            """``number :Int32``."""
            return self._low.get_int32(0)

        @number.setter
        def number(self, value: builtins.int) -> None:
            self._low._put_integer(_int32, 0, value, 0)

        @builtins.property
        def size(self) -> Size:
            """``size :Size``."""
            return Size.BY_VALUE[self._low._take_integer(_uint16, 2, 0)]

        @size.setter
        def size(self, value: Size) -> None:
            self._low._put_integer(_uint16, 2, value, 0)

        @builtins.property
        def sizes(self) -> schema.ItemsBuilder[Size, Size]:
            """``sizes :List(Size)``."""
            return schema.EnumItemsBuilder(self._low.get_list(0, _uint16), Size.BY_VALUE)

        @sizes.setter
        def sizes(self, value: typing.Iterable[Size]) -> None:
            self._assign("sizes", value)

        def has_sizes(self) -> builtins.bool:
            """Return whether the pointer ``sizes`` is not null."""
            return not self._low.is_null(0)

        def init_sizes(self, count: builtins.int) -> schema.ItemsBuilder[Size, Size]:
            """Build a list of ``count`` zeroed items as ``sizes``."""
            return schema.EnumItemsBuilder(self._low.init_list(0, _uint16, count), Size.BY_VALUE)

        @builtins.property
        def base(self) -> builtins.bytes:
            """``base :Data``."""
            return self._low.get_data(1) or b""

        @base.setter
        def base(self, value: builtins.bytes) -> None:
            self._low.set_data(1, value)

        def has_base(self) -> builtins.bool:
            """Return whether the pointer ``base`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def hex(self) -> builtins.bytes:
            """``hex :Data``."""
            return self._low.get_data(2, default=b"\x01\xff")

        @hex.setter
        def hex(self, value: builtins.bytes) -> None:
            self._low.set_data(2, value)

        def has_hex(self) -> builtins.bool:
            """Return whether the pointer ``hex`` is not null."""
            return not self._low.is_null(2)

        @builtins.property
        def list(self) -> builtins.bytes:
            """``list :Data``."""
            return self._low.get_data(3) or b""

        @list.setter
        def list(self, value: builtins.bytes) -> None:
            self._low.set_data(3, value)

        def has_list(self) -> builtins.bool:
            """Return whether the pointer ``list`` is not null."""
            return not self._low.is_null(3)

        @builtins.property
        def place(self) -> Named.Place.Builder:
            """The group ``place``."""
            return Named.Place.Builder(self._low)

        @place.setter
        def place(self, value: Named.Place) -> None:
            Named.Place.Builder(self._low).set(value)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            number: builtins.int
            size: Size
            sizes: typing.Iterable[Size]
            base: builtins.bytes
            hex: builtins.bytes
            list: builtins.bytes
            place: Named.Place

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Flat(schema.StructValue):
    """The struct ``Flat``."""

    own: builtins.int = 0
    plain: Plain | None = None
    given: Plain | None = dataclasses.field(default_factory=lambda: Flat._layout.initial("given"))
    deep: Deep | None = None
    near: Flat.Near = dataclasses.field(default_factory=lambda: Flat.Near())
    place: Flat.Place = dataclasses.field(default_factory=lambda: Flat.Place())

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Near(schema.StructValue):
        """The group ``Flat.Near``."""

        x: builtins.int = 0
        shape: Shape | None = None

        class Reader(schema.GeneratedReader["Flat.Near"]):
            """Reads ``Flat.Near``."""

            __slots__ = ()

            @builtins.property
            def x(self) -> builtins.int:
                """``x :Int16``."""
                return self._low.get_int16(2)

            @builtins.property
            def shape(self) -> Shape.Reader:
                """``shape :Shape``."""
                return Shape.Reader(self._low.get_struct(3) or schema.NO_STRUCT)

            def has_shape(self) -> builtins.bool:
                """Return whether the pointer ``shape`` is not null."""
                return not self._low.is_null(3)

        class Builder(schema.GeneratedBuilder["Flat.Near"]):
            """Builds ``Flat.Near``."""

            __slots__ = ()

            @builtins.property
            def x(self) -> builtins.int:
                """``x :Int16``."""
                return self._low.get_int16(2)

            @x.setter
            def x(self, value: builtins.int) -> None:
                self._low._put_integer(_int16, 2, value, 0)

            @builtins.property
            def shape(self) -> Shape.Builder:
                """``shape :Shape``."""
                return Shape.Builder(
                    self._low.get_struct(3, 2, 3) or self._low.init_struct(3, 2, 3),
                )

            @shape.setter
            def shape(self, value: Shape | Shape.Reader | Shape.Builder | None) -> None:
                self._assign("shape", value)

            def has_shape(self) -> builtins.bool:
                """Return whether the pointer ``shape`` is not null."""
                return not self._low.is_null(3)

            def init_shape(self) -> Shape.Builder:
                """Build a zeroed struct as ``shape``."""
                return Shape.Builder(self._low.init_struct(3, 2, 3))

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                x: builtins.int
                shape: Shape | Shape.Reader | Shape.Builder | None

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Place(schema.UnionValue):
        """The group ``Flat.Place``."""

        nowhere: schema.UnsetType | None = schema.UNSET
        town: builtins.str | schema.UnsetType = schema.UNSET

        MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Flat_Place_Which]] = {
            0: "nowhere",
            1: "town",
        }

        def which(self) -> Flat_Place_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Flat.Place.MEMBERS.get(self._member())

        class Reader(schema.GeneratedReader["Flat.Place"]):
            """Reads ``Flat.Place``."""

            __slots__ = ()

            @builtins.property
            def nowhere(self) -> None:
                """``nowhere :Void``."""
                if self._low.get_uint16(3) != 0:
                    raise self._unset("nowhere")
                return None

            @builtins.property
            def town(self) -> builtins.str:
                """``town :Text``."""
                if self._low.get_uint16(3) != 1:
                    raise self._unset("town")
                return self._low.get_text(4) or ""

            def has_town(self) -> builtins.bool:
                """Return whether the pointer ``town`` is not null."""
                return self._low.get_uint16(3) == 1 and not self._low.is_null(4)

            def which(self) -> Flat_Place_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Flat.Place.MEMBERS.get(self._low.get_uint16(3))

        class Builder(schema.GeneratedBuilder["Flat.Place"]):
            """Builds ``Flat.Place``."""

            __slots__ = ()

            @builtins.property
            def nowhere(self) -> None:
                """``nowhere :Void``."""
                if self._low.get_uint16(3) != 0:
                    raise self._unset("nowhere")
                return None

            @nowhere.setter
            def nowhere(self, value: None) -> None:
                self._select("nowhere", value)

            @builtins.property
            def town(self) -> builtins.str:
                """``town :Text``."""
                if self._low.get_uint16(3) != 1:
                    raise self._unset("town")
                return self._low.get_text(4) or ""

            @town.setter
            def town(self, value: builtins.str) -> None:
                self._select("town", value)

            def has_town(self) -> builtins.bool:
                """Return whether the pointer ``town`` is not null."""
                return self._low.get_uint16(3) == 1 and not self._low.is_null(4)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                nowhere: None
                town: builtins.str

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

            def which(self) -> Flat_Place_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Flat.Place.MEMBERS.get(self._low.get_uint16(3))

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Flat.Builder, Flat.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 5, Flat.Builder, Flat.Reader

    class Reader(schema.GeneratedReader["Flat"]):
        """Reads ``Flat``."""

        __slots__ = ()

        @builtins.property
        def own(self) -> builtins.int:
            """``own :Int32``."""
            return self._low.get_int32(0)

        @builtins.property
        def plain(self) -> Plain.Reader:
            """``plain :Plain``."""
            return Plain.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

        def has_plain(self) -> builtins.bool:
            """Return whether the pointer ``plain`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def given(self) -> Plain.Reader:
            """``given :Plain``."""
            return Plain.Reader(
                self._low.get_struct(1, default=_FLAT_GIVEN.struct()) or schema.NO_STRUCT,
            )

        def has_given(self) -> builtins.bool:
            """Return whether the pointer ``given`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def deep(self) -> Deep.Reader:
            """``deep :Deep``."""
            return Deep.Reader(self._low.get_struct(2) or schema.NO_STRUCT)

        def has_deep(self) -> builtins.bool:
            """Return whether the pointer ``deep`` is not null."""
            return not self._low.is_null(2)

        @builtins.property
        def near(self) -> Flat.Near.Reader:
            """The group ``near``."""
            return Flat.Near.Reader(self._low)

        @builtins.property
        def place(self) -> Flat.Place.Reader:
            """The group ``place``."""
            return Flat.Place.Reader(self._low)

    class Builder(schema.GeneratedBuilder["Flat"]):
        """Builds ``Flat``."""

        __slots__ = ()

        @builtins.property
        def own(self) -> builtins.int:
            """``own :Int32``."""
            return self._low.get_int32(0)

        @own.setter
        def own(self, value: builtins.int) -> None:
            self._low._put_integer(_int32, 0, value, 0)

        @builtins.property
        def plain(self) -> Plain.Builder:
            """``plain :Plain``."""
            return Plain.Builder(self._low.get_struct(0, 2, 1) or self._low.init_struct(0, 2, 1))

        @plain.setter
        def plain(self, value: Plain | Plain.Reader | Plain.Builder | None) -> None:
            self._assign("plain", value)

        def has_plain(self) -> builtins.bool:
            """Return whether the pointer ``plain`` is not null."""
            return not self._low.is_null(0)

        def init_plain(self) -> Plain.Builder:
            """Build a zeroed struct as ``plain``."""
            return Plain.Builder(self._low.init_struct(0, 2, 1))

        @builtins.property
        def given(self) -> Plain.Builder:
            """``given :Plain``."""
            return Plain.Builder(
                self._low.get_struct(1, 2, 1, default=_FLAT_GIVEN.struct())
                or self._low.init_struct(1, 2, 1),
            )

        @given.setter
        def given(self, value: Plain | Plain.Reader | Plain.Builder | None) -> None:
            self._assign("given", value)

        def has_given(self) -> builtins.bool:
            """Return whether the pointer ``given`` is not null."""
            return not self._low.is_null(1)

        def init_given(self) -> Plain.Builder:
            """Build a zeroed struct as ``given``."""
            return Plain.Builder(self._low.init_struct(1, 2, 1))

        @builtins.property
        def deep(self) -> Deep.Builder:
            """``deep :Deep``."""
            return Deep.Builder(self._low.get_struct(2, 0, 2) or self._low.init_struct(2, 0, 2))

        @deep.setter
        def deep(self, value: Deep | Deep.Reader | Deep.Builder | None) -> None:
            self._assign("deep", value)

        def has_deep(self) -> builtins.bool:
            """Return whether the pointer ``deep`` is not null."""
            return not self._low.is_null(2)

        def init_deep(self) -> Deep.Builder:
            """Build a zeroed struct as ``deep``."""
            return Deep.Builder(self._low.init_struct(2, 0, 2))

        @builtins.property
        def near(self) -> Flat.Near.Builder:
            """The group ``near``."""
            return Flat.Near.Builder(self._low)

        @near.setter
        def near(self, value: Flat.Near) -> None:
            Flat.Near.Builder(self._low).set(value)

        @builtins.property
        def place(self) -> Flat.Place.Builder:
            """The group ``place``."""
            return Flat.Place.Builder(self._low)

        @place.setter
        def place(self, value: Flat.Place) -> None:
            Flat.Place.Builder(self._low).set(value)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            own: builtins.int
            plain: Plain | Plain.Reader | Plain.Builder | None
            given: Plain | Plain.Reader | Plain.Builder | None
            deep: Deep | Deep.Reader | Deep.Builder | None
            near: Flat.Near
            place: Flat.Place

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Deep(schema.StructValue):
    """The struct ``Deep``."""

    named: Named | None = None
    shapes: builtins.list[Shape] = dataclasses.field(default_factory=builtins.list)

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Deep.Builder, Deep.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 0, 2, Deep.Builder, Deep.Reader

    class Reader(schema.GeneratedReader["Deep"]):
        """Reads ``Deep``."""

        __slots__ = ()

        @builtins.property
        def named(self) -> Named.Reader:
            """``named :Named``."""
            return Named.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

        def has_named(self) -> builtins.bool:
            """Return whether the pointer ``named`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def shapes(self) -> schema.Items[Shape.Reader]:
            """``shapes :List(Shape)``."""
            return schema.StructItems(self._low.get_struct_list(1), Shape.Reader)

        def has_shapes(self) -> builtins.bool:
            """Return whether the pointer ``shapes`` is not null."""
            return not self._low.is_null(1)

    class Builder(schema.GeneratedBuilder["Deep"]):
        """Builds ``Deep``."""

        __slots__ = ()

        @builtins.property
        def named(self) -> Named.Builder:
            """``named :Named``."""
            return Named.Builder(self._low.get_struct(0, 2, 4) or self._low.init_struct(0, 2, 4))

        @named.setter
        def named(self, value: Named | Named.Reader | Named.Builder | None) -> None:
            self._assign("named", value)

        def has_named(self) -> builtins.bool:
            """Return whether the pointer ``named`` is not null."""
            return not self._low.is_null(0)

        def init_named(self) -> Named.Builder:
            """Build a zeroed struct as ``named``."""
            return Named.Builder(self._low.init_struct(0, 2, 4))

        @builtins.property
        def shapes(self) -> schema.ItemsBuilder[Shape.Builder, Shape]:
            """``shapes :List(Shape)``."""
            return schema.StructItemsBuilder(self._low.get_struct_list(1, 2, 3), Shape)

        @shapes.setter
        def shapes(self, value: typing.Iterable[Shape | Shape.Reader | Shape.Builder]) -> None:
            self._assign("shapes", value)

        def has_shapes(self) -> builtins.bool:
            """Return whether the pointer ``shapes`` is not null."""
            return not self._low.is_null(1)

        def init_shapes(self, count: builtins.int) -> schema.ItemsBuilder[Shape.Builder, Shape]:
            """Build a list of ``count`` zeroed items as ``shapes``."""
            return schema.StructItemsBuilder(self._low.init_struct_list(1, count, 2, 3), Shape)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            named: Named | Named.Reader | Named.Builder | None
            shapes: typing.Iterable[Shape | Shape.Reader | Shape.Builder]

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Shape(schema.UnionValue):
    """The struct ``Shape``."""

    name: builtins.str = ""
    nothing: schema.UnsetType | None = schema.UNSET
    circle: builtins.float | schema.UnsetType = schema.UNSET
    plain: Plain | schema.UnsetType | None = schema.UNSET
    other: Plain | schema.UnsetType | None = schema.UNSET
    group: Shape.Group | schema.UnsetType = schema.UNSET
    data: builtins.bytes | schema.UnsetType = schema.UNSET
    struct: Plain | schema.UnsetType | None = schema.UNSET
    size: Size | schema.UnsetType = schema.UNSET
    given: Plain | schema.UnsetType | None = schema.UNSET

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Group(schema.StructValue):
        """The group ``Shape.Group``."""

        plain: builtins.str = ""
        octets: builtins.bytes = b""

        class Reader(schema.GeneratedReader["Shape.Group"]):
            """Reads ``Shape.Group``."""

            __slots__ = ()

            @builtins.property
            def plain(self) -> builtins.str:
                """``plain :Text``."""
                return self._low.get_text(1) or ""

            def has_plain(self) -> builtins.bool:
                """Return whether the pointer ``plain`` is not null."""
                return not self._low.is_null(1)

            @builtins.property
            def octets(self) -> builtins.bytes:
                """``octets :Data``."""
                return self._low.get_data(2) or b""

            def has_octets(self) -> builtins.bool:
                """Return whether the pointer ``octets`` is not null."""
                return not self._low.is_null(2)

        class Builder(schema.GeneratedBuilder["Shape.Group"]):
            """Builds ``Shape.Group``."""

            __slots__ = ()

            @builtins.property
            def plain(self) -> builtins.str:
                """``plain :Text``."""
                return self._low.get_text(1) or ""

            @plain.setter
            def plain(self, value: builtins.str) -> None:
                self._low.set_text(1, value)

            def has_plain(self) -> builtins.bool:
                """Return whether the pointer ``plain`` is not null."""
                return not self._low.is_null(1)

            @builtins.property
            def octets(self) -> builtins.bytes:
                """``octets :Data``."""
                return self._low.get_data(2) or b""

            @octets.setter
            def octets(self, value: builtins.bytes) -> None:
                self._low.set_data(2, value)

            def has_octets(self) -> builtins.bool:
                """Return whether the pointer ``octets`` is not null."""
                return not self._low.is_null(2)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                plain: builtins.str
                octets: builtins.bytes

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Shape_Which]] = {
        0: "nothing",
        1: "circle",
        2: "plain",
        3: "other",
        4: "group",
        5: "data",
        6: "struct",
        7: "size",
        8: "given",
    }

    def which(self) -> Shape_Which | None:
        """Return the member that is set, or ``None`` for one of a newer schema."""
        return Shape.MEMBERS.get(self._member())

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Shape.Builder, Shape.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 2, 3, Shape.Builder, Shape.Reader

    class Reader(schema.GeneratedReader["Shape"]):
        """Reads ``Shape``."""

        __slots__ = ()

        @builtins.property
        def name(self) -> builtins.str:
            """``name :Text``."""
            return self._low.get_text(0) or ""

        def has_name(self) -> builtins.bool:
            """Return whether the pointer ``name`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def nothing(self) -> None:
            """``nothing :Void``."""
            if self._low.get_uint16(0) != 0:
                raise self._unset("nothing")
            return None

        @builtins.property
        def circle(self) -> builtins.float:
            """``circle :Float64``."""
            if self._low.get_uint16(0) != 1:
                raise self._unset("circle")
            return self._low.get_float64(1)

        @builtins.property
        def plain(self) -> Plain.Reader:
            """``plain :Plain``."""
            if self._low.get_uint16(0) != 2:
                raise self._unset("plain")
            return Plain.Reader(self._low.get_struct(1) or schema.NO_STRUCT)

        def has_plain(self) -> builtins.bool:
            """Return whether the pointer ``plain`` is not null."""
            return self._low.get_uint16(0) == 2 and not self._low.is_null(1)

        @builtins.property
        def other(self) -> Plain.Reader:
            """``other :Plain``."""
            if self._low.get_uint16(0) != 3:
                raise self._unset("other")
            return Plain.Reader(self._low.get_struct(1) or schema.NO_STRUCT)

        def has_other(self) -> builtins.bool:
            """Return whether the pointer ``other`` is not null."""
            return self._low.get_uint16(0) == 3 and not self._low.is_null(1)

        @builtins.property
        def group(self) -> Shape.Group.Reader:
            """The group ``group``."""
            if self._low.get_uint16(0) != 4:
                raise self._unset("group")
            return Shape.Group.Reader(self._low)

        @builtins.property
        def data(self) -> builtins.bytes:
            """``data :Data``."""
            if self._low.get_uint16(0) != 5:
                raise self._unset("data")
            return self._low.get_data(1) or b""

        def has_data(self) -> builtins.bool:
            """Return whether the pointer ``data`` is not null."""
            return self._low.get_uint16(0) == 5 and not self._low.is_null(1)

        @builtins.property
        def struct(self) -> Plain.Reader:
            """``struct :Plain``."""
            if self._low.get_uint16(0) != 6:
                raise self._unset("struct")
            return Plain.Reader(self._low.get_struct(1) or schema.NO_STRUCT)

        def has_struct(self) -> builtins.bool:
            """Return whether the pointer ``struct`` is not null."""
            return self._low.get_uint16(0) == 6 and not self._low.is_null(1)

        @builtins.property
        def size(self) -> Size:
            """``size :Size``."""
            if self._low.get_uint16(0) != 7:
                raise self._unset("size")
            return Size.BY_VALUE[self._low._integer(_uint16, 4, 0)]

        @builtins.property
        def given(self) -> Plain.Reader:
            """``given :Plain``."""
            if self._low.get_uint16(0) != 8:
                raise self._unset("given")
            return Plain.Reader(
                self._low.get_struct(1, default=_SHAPE_GIVEN.struct()) or schema.NO_STRUCT,
            )

        def has_given(self) -> builtins.bool:
            """Return whether the pointer ``given`` is not null."""
            return self._low.get_uint16(0) == 8 and not self._low.is_null(1)

        def which(self) -> Shape_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Shape.MEMBERS.get(self._low.get_uint16(0))

    class Builder(schema.GeneratedBuilder["Shape"]):
        """Builds ``Shape``."""

        __slots__ = ()

        @builtins.property
        def name(self) -> builtins.str:
            """``name :Text``."""
            return self._low.get_text(0) or ""

        @name.setter
        def name(self, value: builtins.str) -> None:
            self._low.set_text(0, value)

        def has_name(self) -> builtins.bool:
            """Return whether the pointer ``name`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def nothing(self) -> None:
            """``nothing :Void``."""
            if self._low.get_uint16(0) != 0:
                raise self._unset("nothing")
            return None

        @nothing.setter
        def nothing(self, value: None) -> None:
            self._select("nothing", value)

        @builtins.property
        def circle(self) -> builtins.float:
            """``circle :Float64``."""
            if self._low.get_uint16(0) != 1:
                raise self._unset("circle")
            return self._low.get_float64(1)

        @circle.setter
        def circle(self, value: builtins.float) -> None:
            self._select("circle", value)

        @builtins.property
        def plain(self) -> Plain.Builder:
            """``plain :Plain``."""
            if self._low.get_uint16(0) != 2:
                raise self._unset("plain")
            return Plain.Builder(self._low.get_struct(1, 2, 1) or self._low.init_struct(1, 2, 1))

        @plain.setter
        def plain(self, value: Plain | Plain.Reader | Plain.Builder | None) -> None:
            self._select("plain", value)

        def has_plain(self) -> builtins.bool:
            """Return whether the pointer ``plain`` is not null."""
            return self._low.get_uint16(0) == 2 and not self._low.is_null(1)

        def init_plain(self) -> Plain.Builder:
            """Build a zeroed struct as ``plain``."""
            return Plain.Builder(self._select_blank("plain"))

        @builtins.property
        def other(self) -> Plain.Builder:
            """``other :Plain``."""
            if self._low.get_uint16(0) != 3:
                raise self._unset("other")
            return Plain.Builder(self._low.get_struct(1, 2, 1) or self._low.init_struct(1, 2, 1))

        @other.setter
        def other(self, value: Plain | Plain.Reader | Plain.Builder | None) -> None:
            self._select("other", value)

        def has_other(self) -> builtins.bool:
            """Return whether the pointer ``other`` is not null."""
            return self._low.get_uint16(0) == 3 and not self._low.is_null(1)

        def init_other(self) -> Plain.Builder:
            """Build a zeroed struct as ``other``."""
            return Plain.Builder(self._select_blank("other"))

        @builtins.property
        def group(self) -> Shape.Group.Builder:
            """The group ``group``."""
            if self._low.get_uint16(0) != 4:
                raise self._unset("group")
            return Shape.Group.Builder(self._low)

        @group.setter
        def group(self, value: Shape.Group) -> None:
            self._select("group", value)

        def init_group(self) -> Shape.Group.Builder:
            """Set the group ``group``, with zeroed fields."""
            self._select_blank("group")
            return Shape.Group.Builder(self._low)

        @builtins.property
        def data(self) -> builtins.bytes:
            """``data :Data``."""
            if self._low.get_uint16(0) != 5:
                raise self._unset("data")
            return self._low.get_data(1) or b""

        @data.setter
        def data(self, value: builtins.bytes) -> None:
            self._select("data", value)

        def has_data(self) -> builtins.bool:
            """Return whether the pointer ``data`` is not null."""
            return self._low.get_uint16(0) == 5 and not self._low.is_null(1)

        @builtins.property
        def struct(self) -> Plain.Builder:
            """``struct :Plain``."""
            if self._low.get_uint16(0) != 6:
                raise self._unset("struct")
            return Plain.Builder(self._low.get_struct(1, 2, 1) or self._low.init_struct(1, 2, 1))

        @struct.setter
        def struct(self, value: Plain | Plain.Reader | Plain.Builder | None) -> None:
            self._select("struct", value)

        def has_struct(self) -> builtins.bool:
            """Return whether the pointer ``struct`` is not null."""
            return self._low.get_uint16(0) == 6 and not self._low.is_null(1)

        def init_struct(self) -> Plain.Builder:
            """Build a zeroed struct as ``struct``."""
            return Plain.Builder(self._select_blank("struct"))

        @builtins.property
        def size(self) -> Size:
            """``size :Size``."""
            if self._low.get_uint16(0) != 7:
                raise self._unset("size")
            return Size.BY_VALUE[self._low._take_integer(_uint16, 4, 0)]

        @size.setter
        def size(self, value: Size) -> None:
            self._select("size", value)

        @builtins.property
        def given(self) -> Plain.Builder:
            """``given :Plain``."""
            if self._low.get_uint16(0) != 8:
                raise self._unset("given")
            return Plain.Builder(
                self._low.get_struct(1, 2, 1, default=_SHAPE_GIVEN.struct())
                or self._low.init_struct(1, 2, 1),
            )

        @given.setter
        def given(self, value: Plain | Plain.Reader | Plain.Builder | None) -> None:
            self._select("given", value)

        def has_given(self) -> builtins.bool:
            """Return whether the pointer ``given`` is not null."""
            return self._low.get_uint16(0) == 8 and not self._low.is_null(1)

        def init_given(self) -> Plain.Builder:
            """Build a zeroed struct as ``given``."""
            return Plain.Builder(self._select_blank("given"))

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            name: builtins.str
            nothing: None
            circle: builtins.float
            plain: Plain | Plain.Reader | Plain.Builder | None
            other: Plain | Plain.Reader | Plain.Builder | None
            group: Shape.Group
            data: builtins.bytes
            struct: Plain | Plain.Reader | Plain.Builder | None
            size: Size
            given: Plain | Plain.Reader | Plain.Builder | None

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)

        def which(self) -> Shape_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Shape.MEMBERS.get(self._low.get_uint16(0))


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Valued(schema.UnionValue):
    """The struct ``Valued``."""

    nothing: schema.UnsetType | None = schema.UNSET
    number: builtins.int | schema.UnsetType = schema.UNSET
    data: builtins.bytes | schema.UnsetType = schema.UNSET
    shape: Shape | schema.UnsetType | None = schema.UNSET
    group: Valued.Group | schema.UnsetType = schema.UNSET
    list: builtins.list[builtins.str] | schema.UnsetType = schema.UNSET

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Group(schema.StructValue):
        """The group ``Valued.Group``."""

        x: builtins.int = 0

        class Reader(schema.GeneratedReader["Valued.Group"]):
            """Reads ``Valued.Group``."""

            __slots__ = ()

            @builtins.property
            def x(self) -> builtins.int:
                """``x :Int32``."""
                return self._low.get_int32(2)

        class Builder(schema.GeneratedBuilder["Valued.Group"]):
            """Builds ``Valued.Group``."""

            __slots__ = ()

            @builtins.property
            def x(self) -> builtins.int:
                """``x :Int32``."""
                return self._low.get_int32(2)

            @x.setter
            def x(self, value: builtins.int) -> None:
                self._low._put_integer(_int32, 2, value, 0)

    MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Valued_Which]] = {
        0: "nothing",
        1: "number",
        2: "data",
        3: "shape",
        4: "group",
        5: "list",
    }

    def which(self) -> Valued_Which | None:
        """Return the member that is set, or ``None`` for one of a newer schema."""
        return Valued.MEMBERS.get(self._member())

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Valued.Builder, Valued.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 2, 1, Valued.Builder, Valued.Reader

    class Reader(schema.GeneratedReader["Valued"]):
        """Reads ``Valued``."""

        __slots__ = ()

        @builtins.property
        def nothing(self) -> None:
            """``nothing :Void``."""
            if self._low.get_uint16(0) != 0:
                raise self._unset("nothing")
            return None

        @builtins.property
        def number(self) -> builtins.int:
            """``number :Int64``."""
            if self._low.get_uint16(0) != 1:
                raise self._unset("number")
            return self._low.get_int64(1)

        @builtins.property
        def data(self) -> builtins.bytes:
            """``data :Data``."""
            if self._low.get_uint16(0) != 2:
                raise self._unset("data")
            return self._low.get_data(0) or b""

        def has_data(self) -> builtins.bool:
            """Return whether the pointer ``data`` is not null."""
            return self._low.get_uint16(0) == 2 and not self._low.is_null(0)

        @builtins.property
        def shape(self) -> Shape.Reader:
            """``shape :Shape``."""
            if self._low.get_uint16(0) != 3:
                raise self._unset("shape")
            return Shape.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

        def has_shape(self) -> builtins.bool:
            """Return whether the pointer ``shape`` is not null."""
            return self._low.get_uint16(0) == 3 and not self._low.is_null(0)

        @builtins.property
        def group(self) -> Valued.Group.Reader:
            """The group ``group``."""
            if self._low.get_uint16(0) != 4:
                raise self._unset("group")
            return Valued.Group.Reader(self._low)

        @builtins.property
        def list(self) -> schema.Items[builtins.str]:
            """``list :List(Text)``."""
            if self._low.get_uint16(0) != 5:
                raise self._unset("list")
            return schema.PointerItems(self._low.get_pointer_list(0), schema.text_at)

        def has_list(self) -> builtins.bool:
            """Return whether the pointer ``list`` is not null."""
            return self._low.get_uint16(0) == 5 and not self._low.is_null(0)

        def which(self) -> Valued_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Valued.MEMBERS.get(self._low.get_uint16(0))

    class Builder(schema.GeneratedBuilder["Valued"]):
        """Builds ``Valued``."""

        __slots__ = ()

        @builtins.property
        def nothing(self) -> None:
            """``nothing :Void``."""
            if self._low.get_uint16(0) != 0:
                raise self._unset("nothing")
            return None

        @nothing.setter
        def nothing(self, value: None) -> None:
            self._select("nothing", value)

        @builtins.property
        def number(self) -> builtins.int:
            """``number :Int64``."""
            if self._low.get_uint16(0) != 1:
                raise self._unset("number")
            return self._low.get_int64(1)

        @number.setter
        def number(self, value: builtins.int) -> None:
            self._select("number", value)

        @builtins.property
        def data(self) -> builtins.bytes:
            """``data :Data``."""
            if self._low.get_uint16(0) != 2:
                raise self._unset("data")
            return self._low.get_data(0) or b""

        @data.setter
        def data(self, value: builtins.bytes) -> None:
            self._select("data", value)

        def has_data(self) -> builtins.bool:
            """Return whether the pointer ``data`` is not null."""
            return self._low.get_uint16(0) == 2 and not self._low.is_null(0)

        @builtins.property
        def shape(self) -> Shape.Builder:
            """``shape :Shape``."""
            if self._low.get_uint16(0) != 3:
                raise self._unset("shape")
            return Shape.Builder(self._low.get_struct(0, 2, 3) or self._low.init_struct(0, 2, 3))

        @shape.setter
        def shape(self, value: Shape | Shape.Reader | Shape.Builder | None) -> None:
            self._select("shape", value)

        def has_shape(self) -> builtins.bool:
            """Return whether the pointer ``shape`` is not null."""
            return self._low.get_uint16(0) == 3 and not self._low.is_null(0)

        def init_shape(self) -> Shape.Builder:
            """Build a zeroed struct as ``shape``."""
            return Shape.Builder(self._select_blank("shape"))

        @builtins.property
        def group(self) -> Valued.Group.Builder:
            """The group ``group``."""
            if self._low.get_uint16(0) != 4:
                raise self._unset("group")
            return Valued.Group.Builder(self._low)

        @group.setter
        def group(self, value: Valued.Group) -> None:
            self._select("group", value)

        def init_group(self) -> Valued.Group.Builder:
            """Set the group ``group``, with zeroed fields."""
            self._select_blank("group")
            return Valued.Group.Builder(self._low)

        @builtins.property
        def list(self) -> schema.ItemsBuilder[builtins.str, builtins.str]:
            """``list :List(Text)``."""
            if self._low.get_uint16(0) != 5:
                raise self._unset("list")
            return schema.PointerItemsBuilder(
                self._low.get_pointer_list(0),
                schema.text_at,
                schema.TEXT,
            )

        @list.setter
        def list(self, value: typing.Iterable[builtins.str]) -> None:
            self._select("list", value)

        def has_list(self) -> builtins.bool:
            """Return whether the pointer ``list`` is not null."""
            return self._low.get_uint16(0) == 5 and not self._low.is_null(0)

        def init_list(self, count: builtins.int) -> schema.ItemsBuilder[builtins.str, builtins.str]:
            """Build a list of ``count`` zeroed items as ``list``."""
            return schema.PointerItemsBuilder(
                self._select_blank("list", count),
                schema.text_at,
                schema.TEXT,
            )

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            nothing: None
            number: builtins.int
            data: builtins.bytes
            shape: Shape | Shape.Reader | Shape.Builder | None
            group: Valued.Group
            list: typing.Iterable[builtins.str]

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)

        def which(self) -> Valued_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Valued.MEMBERS.get(self._low.get_uint16(0))


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Unions(schema.StructValue):
    """The struct ``Unions``."""

    inside: Unions.Inside = dataclasses.field(default_factory=lambda: Unions.Inside())
    valued: Unions.Valued = dataclasses.field(default_factory=lambda: Unions.Valued())
    valueds: builtins.list[_Valued] = dataclasses.field(default_factory=builtins.list)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Inside(schema.UnionValue):
        """The group ``Unions.Inside``."""

        a: builtins.int | schema.UnsetType = schema.UNSET
        b: Plain | schema.UnsetType | None = schema.UNSET

        MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Unions_Inside_Which]] = {
            0: "a",
            1: "b",
        }

        def which(self) -> Unions_Inside_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Unions.Inside.MEMBERS.get(self._member())

        class Reader(schema.GeneratedReader["Unions.Inside"]):
            """Reads ``Unions.Inside``."""

            __slots__ = ()

            @builtins.property
            def a(self) -> builtins.int:
                """``a :Int32``."""
                if self._low.get_uint16(2) != 0:
                    raise self._unset("a")
                return self._low.get_int32(0)

            @builtins.property
            def b(self) -> Plain.Reader:
                """``b :Plain``."""
                if self._low.get_uint16(2) != 1:
                    raise self._unset("b")
                return Plain.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

            def has_b(self) -> builtins.bool:
                """Return whether the pointer ``b`` is not null."""
                return self._low.get_uint16(2) == 1 and not self._low.is_null(0)

            def which(self) -> Unions_Inside_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Unions.Inside.MEMBERS.get(self._low.get_uint16(2))

        class Builder(schema.GeneratedBuilder["Unions.Inside"]):
            """Builds ``Unions.Inside``."""

            __slots__ = ()

            @builtins.property
            def a(self) -> builtins.int:
                """``a :Int32``."""
                if self._low.get_uint16(2) != 0:
                    raise self._unset("a")
                return self._low.get_int32(0)

            @a.setter
            def a(self, value: builtins.int) -> None:
                self._select("a", value)

            @builtins.property
            def b(self) -> Plain.Builder:
                """``b :Plain``."""
                if self._low.get_uint16(2) != 1:
                    raise self._unset("b")
                return Plain.Builder(
                    self._low.get_struct(0, 2, 1) or self._low.init_struct(0, 2, 1),
                )

            @b.setter
            def b(self, value: Plain | Plain.Reader | Plain.Builder | None) -> None:
                self._select("b", value)

            def has_b(self) -> builtins.bool:
                """Return whether the pointer ``b`` is not null."""
                return self._low.get_uint16(2) == 1 and not self._low.is_null(0)

            def init_b(self) -> Plain.Builder:
                """Build a zeroed struct as ``b``."""
                return Plain.Builder(self._select_blank("b"))

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                a: builtins.int
                b: Plain | Plain.Reader | Plain.Builder | None

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

            def which(self) -> Unions_Inside_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Unions.Inside.MEMBERS.get(self._low.get_uint16(2))

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Valued(schema.UnionValue):
        """The group ``Unions.Valued``."""

        c: builtins.int | schema.UnsetType = schema.UNSET
        d: builtins.str | schema.UnsetType = schema.UNSET

        MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Unions_Valued_Which]] = {
            0: "c",
            1: "d",
        }

        def which(self) -> Unions_Valued_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Unions.Valued.MEMBERS.get(self._member())

        class Reader(schema.GeneratedReader["Unions.Valued"]):
            """Reads ``Unions.Valued``."""

            __slots__ = ()

            @builtins.property
            def c(self) -> builtins.int:
                """``c :Int32``."""
                if self._low.get_uint16(3) != 0:
                    raise self._unset("c")
                return self._low.get_int32(2)

            @builtins.property
            def d(self) -> builtins.str:
                """``d :Text``."""
                if self._low.get_uint16(3) != 1:
                    raise self._unset("d")
                return self._low.get_text(1) or ""

            def has_d(self) -> builtins.bool:
                """Return whether the pointer ``d`` is not null."""
                return self._low.get_uint16(3) == 1 and not self._low.is_null(1)

            def which(self) -> Unions_Valued_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Unions.Valued.MEMBERS.get(self._low.get_uint16(3))

        class Builder(schema.GeneratedBuilder["Unions.Valued"]):
            """Builds ``Unions.Valued``."""

            __slots__ = ()

            @builtins.property
            def c(self) -> builtins.int:
                """``c :Int32``."""
                if self._low.get_uint16(3) != 0:
                    raise self._unset("c")
                return self._low.get_int32(2)

            @c.setter
            def c(self, value: builtins.int) -> None:
                self._select("c", value)

            @builtins.property
            def d(self) -> builtins.str:
                """``d :Text``."""
                if self._low.get_uint16(3) != 1:
                    raise self._unset("d")
                return self._low.get_text(1) or ""

            @d.setter
            def d(self, value: builtins.str) -> None:
                self._select("d", value)

            def has_d(self) -> builtins.bool:
                """Return whether the pointer ``d`` is not null."""
                return self._low.get_uint16(3) == 1 and not self._low.is_null(1)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                c: builtins.int
                d: builtins.str

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

            def which(self) -> Unions_Valued_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Unions.Valued.MEMBERS.get(self._low.get_uint16(3))

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Unions.Builder, Unions.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 2, 3, Unions.Builder, Unions.Reader

    class Reader(schema.GeneratedReader["Unions"]):
        """Reads ``Unions``."""

        __slots__ = ()

        @builtins.property
        def inside(self) -> Unions.Inside.Reader:
            """The group ``inside``."""
            return Unions.Inside.Reader(self._low)

        @builtins.property
        def valued(self) -> Unions.Valued.Reader:
            """The group ``valued``."""
            return Unions.Valued.Reader(self._low)

        @builtins.property
        def valueds(self) -> schema.Items[Valued.Reader]:
            """``valueds :List(Valued)``."""
            return schema.StructItems(self._low.get_struct_list(2), Valued.Reader)

        def has_valueds(self) -> builtins.bool:
            """Return whether the pointer ``valueds`` is not null."""
            return not self._low.is_null(2)

    class Builder(schema.GeneratedBuilder["Unions"]):
        """Builds ``Unions``."""

        __slots__ = ()

        @builtins.property
        def inside(self) -> Unions.Inside.Builder:
            """The group ``inside``."""
            return Unions.Inside.Builder(self._low)

        @inside.setter
        def inside(self, value: Unions.Inside) -> None:
            Unions.Inside.Builder(self._low).set(value)

        @builtins.property
        def valued(self) -> Unions.Valued.Builder:
            """The group ``valued``."""
            return Unions.Valued.Builder(self._low)

        @valued.setter
        def valued(self, value: Unions.Valued) -> None:
            Unions.Valued.Builder(self._low).set(value)

        @builtins.property
        def valueds(self) -> schema.ItemsBuilder[Valued.Builder, Valued]:
            """``valueds :List(Valued)``."""
            return schema.StructItemsBuilder(self._low.get_struct_list(2, 2, 1), Valued)

        @valueds.setter
        def valueds(self, value: typing.Iterable[Valued | Valued.Reader | Valued.Builder]) -> None:
            self._assign("valueds", value)

        def has_valueds(self) -> builtins.bool:
            """Return whether the pointer ``valueds`` is not null."""
            return not self._low.is_null(2)

        def init_valueds(self, count: builtins.int) -> schema.ItemsBuilder[Valued.Builder, Valued]:
            """Build a list of ``count`` zeroed items as ``valueds``."""
            return schema.StructItemsBuilder(self._low.init_struct_list(2, count, 2, 1), Valued)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            inside: Unions.Inside
            valued: Unions.Valued
            valueds: typing.Iterable[Valued | Valued.Reader | Valued.Builder]

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Untagged(schema.UnionValue):
    """The struct ``Untagged``."""

    a: builtins.int | schema.UnsetType = schema.UNSET
    b: Plain | schema.UnsetType | None = schema.UNSET
    c: builtins.str | schema.UnsetType = schema.UNSET

    MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Untagged_Which]] = {0: "a", 1: "b", 2: "c"}

    def which(self) -> Untagged_Which | None:
        """Return the member that is set, or ``None`` for one of a newer schema."""
        return Untagged.MEMBERS.get(self._member())

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Untagged.Builder, Untagged.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 1, Untagged.Builder, Untagged.Reader

    class Reader(schema.GeneratedReader["Untagged"]):
        """Reads ``Untagged``."""

        __slots__ = ()

        @builtins.property
        def a(self) -> builtins.int:
            """``a :Int32``."""
            if self._low.get_uint16(2) != 0:
                raise self._unset("a")
            return self._low.get_int32(0)

        @builtins.property
        def b(self) -> Plain.Reader:
            """``b :Plain``."""
            if self._low.get_uint16(2) != 1:
                raise self._unset("b")
            return Plain.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

        def has_b(self) -> builtins.bool:
            """Return whether the pointer ``b`` is not null."""
            return self._low.get_uint16(2) == 1 and not self._low.is_null(0)

        @builtins.property
        def c(self) -> builtins.str:
            """``c :Text``."""
            if self._low.get_uint16(2) != 2:
                raise self._unset("c")
            return self._low.get_text(0) or ""

        def has_c(self) -> builtins.bool:
            """Return whether the pointer ``c`` is not null."""
            return self._low.get_uint16(2) == 2 and not self._low.is_null(0)

        def which(self) -> Untagged_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Untagged.MEMBERS.get(self._low.get_uint16(2))

    class Builder(schema.GeneratedBuilder["Untagged"]):
        """Builds ``Untagged``."""

        __slots__ = ()

        @builtins.property
        def a(self) -> builtins.int:
            """``a :Int32``."""
            if self._low.get_uint16(2) != 0:
                raise self._unset("a")
            return self._low.get_int32(0)

        @a.setter
        def a(self, value: builtins.int) -> None:
            self._select("a", value)

        @builtins.property
        def b(self) -> Plain.Builder:
            """``b :Plain``."""
            if self._low.get_uint16(2) != 1:
                raise self._unset("b")
            return Plain.Builder(self._low.get_struct(0, 2, 1) or self._low.init_struct(0, 2, 1))

        @b.setter
        def b(self, value: Plain | Plain.Reader | Plain.Builder | None) -> None:
            self._select("b", value)

        def has_b(self) -> builtins.bool:
            """Return whether the pointer ``b`` is not null."""
            return self._low.get_uint16(2) == 1 and not self._low.is_null(0)

        def init_b(self) -> Plain.Builder:
            """Build a zeroed struct as ``b``."""
            return Plain.Builder(self._select_blank("b"))

        @builtins.property
        def c(self) -> builtins.str:
            """``c :Text``."""
            if self._low.get_uint16(2) != 2:
                raise self._unset("c")
            return self._low.get_text(0) or ""

        @c.setter
        def c(self, value: builtins.str) -> None:
            self._select("c", value)

        def has_c(self) -> builtins.bool:
            """Return whether the pointer ``c`` is not null."""
            return self._low.get_uint16(2) == 2 and not self._low.is_null(0)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            a: builtins.int
            b: Plain | Plain.Reader | Plain.Builder | None
            c: builtins.str

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)

        def which(self) -> Untagged_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Untagged.MEMBERS.get(self._low.get_uint16(2))


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Box(schema.UnionValue, schema.GenericValue, typing.Generic[_Box_T]):
    """The struct ``Box``."""

    item: _Box_T | None = None
    none: schema.UnsetType | None = schema.UNSET
    member: _Box_T | schema.UnsetType | None = schema.UNSET

    MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Box_Which]] = {0: "none", 1: "member"}

    def which(self) -> Box_Which | None:
        """Return the member that is set, or ``None`` for one of a newer schema."""
        return Box.MEMBERS.get(self._member())

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Box.Builder, Box.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 2, Box.Builder, Box.Reader

    class Reader(
        schema.GenericReader["Box[_Box_T_value]"],
        typing.Generic[_Box_T_value, _Box_T_reader],
    ):
        """Reads ``Box``."""

        __slots__ = ()

        @builtins.property
        def item(self) -> _Box_T_reader:
            """``item :AnyPointer``."""
            found: _Box_T_reader = self._open("item")
            return found

        def has_item(self) -> builtins.bool:
            """Return whether the pointer ``item`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def none(self) -> None:
            """``none :Void``."""
            if self._low.get_uint16(0) != 0:
                raise self._unset("none")
            return None

        @builtins.property
        def member(self) -> _Box_T_reader:
            """``member :AnyPointer``."""
            if self._low.get_uint16(0) != 1:
                raise self._unset("member")
            found: _Box_T_reader = self._open("member")
            return found

        def has_member(self) -> builtins.bool:
            """Return whether the pointer ``member`` is not null."""
            return self._low.get_uint16(0) == 1 and not self._low.is_null(1)

        def which(self) -> Box_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Box.MEMBERS.get(self._low.get_uint16(0))

    class Builder(
        schema.GenericBuilder["Box[_Box_T_value]"],
        typing.Generic[_Box_T_value, _Box_T_builder, _Box_T_set],
    ):
        """Builds ``Box``."""

        __slots__ = ()

        @builtins.property
        def item(self) -> _Box_T_builder:
            """``item :AnyPointer``."""
            found: _Box_T_builder = self._open("item")
            return found

        @item.setter
        def item(self, value: _Box_T_set | None) -> None:
            self._assign("item", value)

        def has_item(self) -> builtins.bool:
            """Return whether the pointer ``item`` is not null."""
            return not self._low.is_null(0)

        def init_item(self, count: builtins.int = 0) -> _Box_T_builder:
            """Build a zeroed struct, or a list of ``count`` zeroed items, as ``item``."""
            found: _Box_T_builder = self._init("item", count)
            return found

        @builtins.property
        def none(self) -> None:
            """``none :Void``."""
            if self._low.get_uint16(0) != 0:
                raise self._unset("none")
            return None

        @none.setter
        def none(self, value: None) -> None:
            self._select("none", value)

        @builtins.property
        def member(self) -> _Box_T_builder:
            """``member :AnyPointer``."""
            if self._low.get_uint16(0) != 1:
                raise self._unset("member")
            found: _Box_T_builder = self._open("member")
            return found

        @member.setter
        def member(self, value: _Box_T_set | None) -> None:
            self._select("member", value)

        def has_member(self) -> builtins.bool:
            """Return whether the pointer ``member`` is not null."""
            return self._low.get_uint16(0) == 1 and not self._low.is_null(1)

        def init_member(self, count: builtins.int = 0) -> _Box_T_builder:
            """Build a zeroed struct, or a list of ``count`` zeroed items, as ``member``."""
            found: _Box_T_builder = self._init("member", count)
            return found

        def update(
            self,
            /,
            **fields: typing.Unpack[Box_Fields[_Box_T_value, _Box_T_builder, _Box_T_set]],
        ) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)

        def which(self) -> Box_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Box.MEMBERS.get(self._low.get_uint16(0))


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Spread(schema.GenericValue, typing.Generic[_Spread_T]):
    """The struct ``Spread``."""

    item: _Spread_T | None = None

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Spread.Builder, Spread.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 0, 1, Spread.Builder, Spread.Reader

    class Reader(
        schema.GenericReader["Spread[_Spread_T_value]"],
        typing.Generic[_Spread_T_value, _Spread_T_reader],
    ):
        """Reads ``Spread``."""

        __slots__ = ()

        @builtins.property
        def item(self) -> _Spread_T_reader:
            """``item :AnyPointer``."""
            found: _Spread_T_reader = self._open("item")
            return found

        def has_item(self) -> builtins.bool:
            """Return whether the pointer ``item`` is not null."""
            return not self._low.is_null(0)

    class Builder(
        schema.GenericBuilder["Spread[_Spread_T_value]"],
        typing.Generic[_Spread_T_value, _Spread_T_builder, _Spread_T_set],
    ):
        """Builds ``Spread``."""

        __slots__ = ()

        @builtins.property
        def item(self) -> _Spread_T_builder:
            """``item :AnyPointer``."""
            found: _Spread_T_builder = self._open("item")
            return found

        @item.setter
        def item(self, value: _Spread_T_set | None) -> None:
            self._assign("item", value)

        def has_item(self) -> builtins.bool:
            """Return whether the pointer ``item`` is not null."""
            return not self._low.is_null(0)

        def init_item(self, count: builtins.int = 0) -> _Spread_T_builder:
            """Build a zeroed struct, or a list of ``count`` zeroed items, as ``item``."""
            found: _Spread_T_builder = self._init("item", count)
            return found


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Coded(schema.GenericValue, typing.Generic[_Coded_T]):
    """The struct ``Coded``."""

    item: _Coded_T | None = None

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Coded.Builder, Coded.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 0, 1, Coded.Builder, Coded.Reader

    class Reader(
        schema.GenericReader["Coded[_Coded_T_value]"],
        typing.Generic[_Coded_T_value, _Coded_T_reader],
    ):
        """Reads ``Coded``."""

        __slots__ = ()

        @builtins.property
        def item(self) -> _Coded_T_reader:
            """``item :AnyPointer``."""
            found: _Coded_T_reader = self._open("item")
            return found

        def has_item(self) -> builtins.bool:
            """Return whether the pointer ``item`` is not null."""
            return not self._low.is_null(0)

    class Builder(
        schema.GenericBuilder["Coded[_Coded_T_value]"],
        typing.Generic[_Coded_T_value, _Coded_T_builder, _Coded_T_set],
    ):
        """Builds ``Coded``."""

        __slots__ = ()

        @builtins.property
        def item(self) -> _Coded_T_builder:
            """``item :AnyPointer``."""
            found: _Coded_T_builder = self._open("item")
            return found

        @item.setter
        def item(self, value: _Coded_T_set | None) -> None:
            self._assign("item", value)

        def has_item(self) -> builtins.bool:
            """Return whether the pointer ``item`` is not null."""
            return not self._low.is_null(0)

        def init_item(self, count: builtins.int = 0) -> _Coded_T_builder:
            """Build a zeroed struct, or a list of ``count`` zeroed items, as ``item``."""
            found: _Coded_T_builder = self._init("item", count)
            return found


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Boxes(schema.StructValue):
    """The struct ``Boxes``."""

    text: Box[builtins.str] | None = None
    data: Box[builtins.bytes] | None = None
    spread: Spread[Plain] | None = None
    nested: Spread[Spread[Plain]] | None = None
    coded: builtins.list[Coded[builtins.bytes]] = dataclasses.field(default_factory=builtins.list)

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Boxes.Builder, Boxes.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 0, 5, Boxes.Builder, Boxes.Reader

    class Reader(schema.GeneratedReader["Boxes"]):
        """Reads ``Boxes``."""

        __slots__ = ()

        @builtins.property
        def text(self) -> Box.Reader[builtins.str, builtins.str]:
            """``text :Box``."""
            found: Box.Reader[builtins.str, builtins.str] = self._open("text")
            return found

        def has_text(self) -> builtins.bool:
            """Return whether the pointer ``text`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def data(self) -> Box.Reader[builtins.bytes, builtins.bytes]:
            """``data :Box``."""
            found: Box.Reader[builtins.bytes, builtins.bytes] = self._open("data")
            return found

        def has_data(self) -> builtins.bool:
            """Return whether the pointer ``data`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def spread(self) -> Spread.Reader[Plain, Plain.Reader]:
            """``spread :Spread``."""
            found: Spread.Reader[Plain, Plain.Reader] = self._open("spread")
            return found

        def has_spread(self) -> builtins.bool:
            """Return whether the pointer ``spread`` is not null."""
            return not self._low.is_null(2)

        @builtins.property
        def nested(self) -> Spread.Reader[Spread[Plain], Spread.Reader[Plain, Plain.Reader]]:
            """``nested :Spread``."""
            found: Spread.Reader[Spread[Plain], Spread.Reader[Plain, Plain.Reader]] = self._open(
                "nested",
            )
            return found

        def has_nested(self) -> builtins.bool:
            """Return whether the pointer ``nested`` is not null."""
            return not self._low.is_null(3)

        @builtins.property
        def coded(self) -> schema.Items[Coded.Reader[builtins.bytes, builtins.bytes]]:
            """``coded :List(Coded)``."""
            found: schema.Items[Coded.Reader[builtins.bytes, builtins.bytes]] = self._open("coded")
            return found

        def has_coded(self) -> builtins.bool:
            """Return whether the pointer ``coded`` is not null."""
            return not self._low.is_null(4)

    class Builder(schema.GeneratedBuilder["Boxes"]):
        """Builds ``Boxes``."""

        __slots__ = ()

        @builtins.property
        def text(self) -> Box.Builder[builtins.str, builtins.str, builtins.str]:
            """``text :Box``."""
            found: Box.Builder[builtins.str, builtins.str, builtins.str] = self._open("text")
            return found

        @text.setter
        def text(
            self,
            value: Box[builtins.str]
            | Box.Reader[builtins.str, builtins.str]
            | Box.Builder[builtins.str, builtins.str, builtins.str]
            | None,
        ) -> None:
            self._assign("text", value)

        def has_text(self) -> builtins.bool:
            """Return whether the pointer ``text`` is not null."""
            return not self._low.is_null(0)

        def init_text(self) -> Box.Builder[builtins.str, builtins.str, builtins.str]:
            """Build a zeroed struct as ``text``."""
            found: Box.Builder[builtins.str, builtins.str, builtins.str] = self._init("text")
            return found

        @builtins.property
        def data(self) -> Box.Builder[builtins.bytes, builtins.bytes, builtins.bytes]:
            """``data :Box``."""
            found: Box.Builder[builtins.bytes, builtins.bytes, builtins.bytes] = self._open("data")
            return found

        @data.setter
        def data(
            self,
            value: Box[builtins.bytes]
            | Box.Reader[builtins.bytes, builtins.bytes]
            | Box.Builder[builtins.bytes, builtins.bytes, builtins.bytes]
            | None,
        ) -> None:
            self._assign("data", value)

        def has_data(self) -> builtins.bool:
            """Return whether the pointer ``data`` is not null."""
            return not self._low.is_null(1)

        def init_data(self) -> Box.Builder[builtins.bytes, builtins.bytes, builtins.bytes]:
            """Build a zeroed struct as ``data``."""
            found: Box.Builder[builtins.bytes, builtins.bytes, builtins.bytes] = self._init("data")
            return found

        @builtins.property
        def spread(
            self,
        ) -> Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder]:
            """``spread :Spread``."""
            found: Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder] = (
                self._open("spread")
            )
            return found

        @spread.setter
        def spread(
            self,
            value: Spread[Plain]
            | Spread.Reader[Plain, Plain.Reader]
            | Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder]
            | None,
        ) -> None:
            self._assign("spread", value)

        def has_spread(self) -> builtins.bool:
            """Return whether the pointer ``spread`` is not null."""
            return not self._low.is_null(2)

        def init_spread(
            self,
        ) -> Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder]:
            """Build a zeroed struct as ``spread``."""
            found: Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder] = (
                self._init("spread")
            )
            return found

        @builtins.property
        def nested(
            self,
        ) -> Spread.Builder[
            Spread[Plain],
            Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder],
            Spread[Plain]
            | Spread.Reader[Plain, Plain.Reader]
            | Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder],
        ]:
            """``nested :Spread``."""
            found: Spread.Builder[
                Spread[Plain],
                Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder],
                Spread[Plain]
                | Spread.Reader[Plain, Plain.Reader]
                | Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder],
            ] = self._open("nested")
            return found

        @nested.setter
        def nested(
            self,
            value: Spread[Spread[Plain]]
            | Spread.Reader[Spread[Plain], Spread.Reader[Plain, Plain.Reader]]
            | Spread.Builder[
                Spread[Plain],
                Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder],
                Spread[Plain]
                | Spread.Reader[Plain, Plain.Reader]
                | Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder],
            ]
            | None,
        ) -> None:
            self._assign("nested", value)

        def has_nested(self) -> builtins.bool:
            """Return whether the pointer ``nested`` is not null."""
            return not self._low.is_null(3)

        def init_nested(
            self,
        ) -> Spread.Builder[
            Spread[Plain],
            Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder],
            Spread[Plain]
            | Spread.Reader[Plain, Plain.Reader]
            | Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder],
        ]:
            """Build a zeroed struct as ``nested``."""
            found: Spread.Builder[
                Spread[Plain],
                Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder],
                Spread[Plain]
                | Spread.Reader[Plain, Plain.Reader]
                | Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder],
            ] = self._init("nested")
            return found

        @builtins.property
        def coded(
            self,
        ) -> schema.ItemsBuilder[
            Coded.Builder[builtins.bytes, builtins.bytes, builtins.bytes],
            Coded[builtins.bytes],
        ]:
            """``coded :List(Coded)``."""
            found: schema.ItemsBuilder[
                Coded.Builder[builtins.bytes, builtins.bytes, builtins.bytes],
                Coded[builtins.bytes],
            ] = self._open("coded")
            return found

        @coded.setter
        def coded(
            self,
            value: typing.Iterable[
                Coded[builtins.bytes]
                | Coded.Reader[builtins.bytes, builtins.bytes]
                | Coded.Builder[builtins.bytes, builtins.bytes, builtins.bytes]
            ],
        ) -> None:
            self._assign("coded", value)

        def has_coded(self) -> builtins.bool:
            """Return whether the pointer ``coded`` is not null."""
            return not self._low.is_null(4)

        def init_coded(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[
            Coded.Builder[builtins.bytes, builtins.bytes, builtins.bytes],
            Coded[builtins.bytes],
        ]:
            """Build a list of ``count`` zeroed items as ``coded``."""
            found: schema.ItemsBuilder[
                Coded.Builder[builtins.bytes, builtins.bytes, builtins.bytes],
                Coded[builtins.bytes],
            ] = self._init("coded", count)
            return found

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            text: (
                Box[builtins.str]
                | Box.Reader[builtins.str, builtins.str]
                | Box.Builder[builtins.str, builtins.str, builtins.str]
                | None
            )
            data: (
                Box[builtins.bytes]
                | Box.Reader[builtins.bytes, builtins.bytes]
                | Box.Builder[builtins.bytes, builtins.bytes, builtins.bytes]
                | None
            )
            spread: (
                Spread[Plain]
                | Spread.Reader[Plain, Plain.Reader]
                | Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder]
                | None
            )
            nested: (
                Spread[Spread[Plain]]
                | Spread.Reader[Spread[Plain], Spread.Reader[Plain, Plain.Reader]]
                | Spread.Builder[
                    Spread[Plain],
                    Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder],
                    Spread[Plain]
                    | Spread.Reader[Plain, Plain.Reader]
                    | Spread.Builder[Plain, Plain.Builder, Plain | Plain.Reader | Plain.Builder],
                ]
                | None
            )
            coded: typing.Iterable[
                Coded[builtins.bytes]
                | Coded.Reader[builtins.bytes, builtins.bytes]
                | Coded.Builder[builtins.bytes, builtins.bytes, builtins.bytes]
            ]

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Scalars(schema.StructValue):
    """The struct ``Scalars``."""

    float32: builtins.float = 0.0
    float64: builtins.float = 0.0
    int8: builtins.int = 0
    int64: builtins.int = 0
    uint64: builtins.int = 0
    bool: builtins.bool = False
    text: builtins.str = ""
    data: builtins.bytes = b""
    size: Size = dataclasses.field(default_factory=lambda: Scalars._layout.initial("size"))
    list: builtins.list[builtins.int] = dataclasses.field(default_factory=builtins.list)
    hex: builtins.bytes = b""
    base64: builtins.bytes = b""
    void: None = None
    plain: Plain | None = None
    uint16: builtins.int = 0

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Scalars.Builder, Scalars.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 5, 6, Scalars.Builder, Scalars.Reader

    class Reader(schema.GeneratedReader["Scalars"]):
        """Reads ``Scalars``."""

        __slots__ = ()

        @builtins.property
        def float32(self) -> builtins.float:
            """``float32 :Float32``."""
            return self._low.get_float32(0)

        @builtins.property
        def float64(self) -> builtins.float:
            """``float64 :Float64``."""
            return self._low.get_float64(1)

        @builtins.property
        def int8(self) -> builtins.int:
            """``int8 :Int8``."""
            return self._low.get_int8(4)

        @builtins.property
        def int64(self) -> builtins.int:
            """``int64 :Int64``."""
            return self._low.get_int64(2)

        @builtins.property
        def uint64(self) -> builtins.int:
            """``uint64 :UInt64``."""
            return self._low.get_uint64(3)

        @builtins.property
        def bool(self) -> builtins.bool:
            """``bool :Bool``."""
            return self._low.get_bool(40)

        @builtins.property
        def text(self) -> builtins.str:
            """``text :Text``."""
            return self._low.get_text(0) or ""

        def has_text(self) -> builtins.bool:
            """Return whether the pointer ``text`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def data(self) -> builtins.bytes:
            """``data :Data``."""
            return self._low.get_data(1) or b""

        def has_data(self) -> builtins.bool:
            """Return whether the pointer ``data`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def size(self) -> Size:
            """``size :Size``."""
            return Size.BY_VALUE[self._low._integer(_uint16, 3, 0)]

        @builtins.property
        def list(self) -> schema.Numbers[builtins.int]:
            """``list :List(Int32)``."""
            return schema.ints(self._low.get_list(2, _int32))

        def has_list(self) -> builtins.bool:
            """Return whether the pointer ``list`` is not null."""
            return not self._low.is_null(2)

        @builtins.property
        def hex(self) -> builtins.bytes:
            """``hex :Data``."""
            return self._low.get_data(3) or b""

        def has_hex(self) -> builtins.bool:
            """Return whether the pointer ``hex`` is not null."""
            return not self._low.is_null(3)

        @builtins.property
        def base64(self) -> builtins.bytes:
            """``base64 :Data``."""
            return self._low.get_data(4) or b""

        def has_base64(self) -> builtins.bool:
            """Return whether the pointer ``base64`` is not null."""
            return not self._low.is_null(4)

        @builtins.property
        def void(self) -> None:
            """``void :Void``."""
            return None

        @builtins.property
        def plain(self) -> Plain.Reader:
            """``plain :Plain``."""
            return Plain.Reader(self._low.get_struct(5) or schema.NO_STRUCT)

        def has_plain(self) -> builtins.bool:
            """Return whether the pointer ``plain`` is not null."""
            return not self._low.is_null(5)

        @builtins.property
        def uint16(self) -> builtins.int:
            """``uint16 :UInt16``."""
            return self._low.get_uint16(16)

    class Builder(schema.GeneratedBuilder["Scalars"]):
        """Builds ``Scalars``."""

        __slots__ = ()

        @builtins.property
        def float32(self) -> builtins.float:
            """``float32 :Float32``."""
            return self._low.get_float32(0)

        @float32.setter
        def float32(self, value: builtins.float) -> None:
            self._low._put_float(_float32, 0, value, 0.0)

        @builtins.property
        def float64(self) -> builtins.float:
            """``float64 :Float64``."""
            return self._low.get_float64(1)

        @float64.setter
        def float64(self, value: builtins.float) -> None:
            self._low._put_float(_float64, 1, value, 0.0)

        @builtins.property
        def int8(self) -> builtins.int:
            """``int8 :Int8``."""
            return self._low.get_int8(4)

        @int8.setter
        def int8(self, value: builtins.int) -> None:
            self._low._put_integer(_int8, 4, value, 0)

        @builtins.property
        def int64(self) -> builtins.int:
            """``int64 :Int64``."""
            return self._low.get_int64(2)

        @int64.setter
        def int64(self, value: builtins.int) -> None:
            self._low._put_integer(_int64, 2, value, 0)

        @builtins.property
        def uint64(self) -> builtins.int:
            """``uint64 :UInt64``."""
            return self._low.get_uint64(3)

        @uint64.setter
        def uint64(self, value: builtins.int) -> None:
            self._low._put_integer(_uint64, 3, value, 0)

        @builtins.property
        def bool(self) -> builtins.bool:
            """``bool :Bool``."""
            return self._low.get_bool(40)

        @bool.setter
        def bool(self, value: builtins.bool) -> None:
            self._low._put_bool(40, value, False)

        @builtins.property
        def text(self) -> builtins.str:
            """``text :Text``."""
            return self._low.get_text(0) or ""

        @text.setter
        def text(self, value: builtins.str) -> None:
            self._low.set_text(0, value)

        def has_text(self) -> builtins.bool:
            """Return whether the pointer ``text`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def data(self) -> builtins.bytes:
            """``data :Data``."""
            return self._low.get_data(1) or b""

        @data.setter
        def data(self, value: builtins.bytes) -> None:
            self._low.set_data(1, value)

        def has_data(self) -> builtins.bool:
            """Return whether the pointer ``data`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def size(self) -> Size:
            """``size :Size``."""
            return Size.BY_VALUE[self._low._take_integer(_uint16, 3, 0)]

        @size.setter
        def size(self, value: Size) -> None:
            self._low._put_integer(_uint16, 3, value, 0)

        @builtins.property
        def list(self) -> schema.NumbersBuilder[builtins.int]:
            """``list :List(Int32)``."""
            return schema.ints(self._low.get_list(2, _int32))

        @list.setter
        def list(self, value: typing.Iterable[builtins.int]) -> None:
            self._assign("list", value)

        def has_list(self) -> builtins.bool:
            """Return whether the pointer ``list`` is not null."""
            return not self._low.is_null(2)

        def init_list(self, count: builtins.int) -> schema.NumbersBuilder[builtins.int]:
            """Build a list of ``count`` zeroed items as ``list``."""
            return schema.ints(self._low.init_list(2, _int32, count))

        @builtins.property
        def hex(self) -> builtins.bytes:
            """``hex :Data``."""
            return self._low.get_data(3) or b""

        @hex.setter
        def hex(self, value: builtins.bytes) -> None:
            self._low.set_data(3, value)

        def has_hex(self) -> builtins.bool:
            """Return whether the pointer ``hex`` is not null."""
            return not self._low.is_null(3)

        @builtins.property
        def base64(self) -> builtins.bytes:
            """``base64 :Data``."""
            return self._low.get_data(4) or b""

        @base64.setter
        def base64(self, value: builtins.bytes) -> None:
            self._low.set_data(4, value)

        def has_base64(self) -> builtins.bool:
            """Return whether the pointer ``base64`` is not null."""
            return not self._low.is_null(4)

        @builtins.property
        def void(self) -> None:
            """``void :Void``."""
            return None

        @builtins.property
        def plain(self) -> Plain.Builder:
            """``plain :Plain``."""
            return Plain.Builder(self._low.get_struct(5, 2, 1) or self._low.init_struct(5, 2, 1))

        @plain.setter
        def plain(self, value: Plain | Plain.Reader | Plain.Builder | None) -> None:
            self._assign("plain", value)

        def has_plain(self) -> builtins.bool:
            """Return whether the pointer ``plain`` is not null."""
            return not self._low.is_null(5)

        def init_plain(self) -> Plain.Builder:
            """Build a zeroed struct as ``plain``."""
            return Plain.Builder(self._low.init_struct(5, 2, 1))

        @builtins.property
        def uint16(self) -> builtins.int:
            """``uint16 :UInt16``."""
            return self._low.get_uint16(16)

        @uint16.setter
        def uint16(self, value: builtins.int) -> None:
            self._low._put_integer(_uint16, 16, value, 0)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            float32: builtins.float
            float64: builtins.float
            int8: builtins.int
            int64: builtins.int
            uint64: builtins.int
            bool: builtins.bool
            text: builtins.str
            data: builtins.bytes
            size: Size
            list: typing.Iterable[builtins.int]
            hex: builtins.bytes
            base64: builtins.bytes
            plain: Plain | Plain.Reader | Plain.Builder | None
            uint16: builtins.int

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


_FLAT_GIVEN: typing.Final = schema.Default(
    b"\x00\x00\x00\x00\x02\x00\x01\x00\x07\x00\x00\x00\x00\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x002\x00\x00\x00given\x00\x00\x00",
)
_SHAPE_GIVEN: typing.Final = schema.Default(
    b"\x00\x00\x00\x00\x02\x00\x01\x00\t\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
)
Size.BY_VALUE = schema.enumerants(
    Size,
    "small",
    "veryLarge",
    annotations={"VERY_LARGE": {0xFA5B1FD61C2E7C3D: "very-large"}},
)
schema.Layout(
    Plain,
    0x94ACE1AE664989ED,
    2,
    1,
    schema.FieldLayout("number", "number", schema.INT32, 0),
    schema.FieldLayout("text", "text", schema.TEXT, 0, default="as it was"),
    schema.FieldLayout("wide", "wide", schema.UINT64, 1),
)
schema.Layout(
    Named.Place,
    0x9997D59A83A2100E,
    2,
    4,
    schema.FieldLayout("x", "x", schema.INT16, 3, annotations={0xFA5B1FD61C2E7C3D: "X"}),
    schema.FieldLayout("y", "y", schema.FLOAT64, 1),
    is_group=True,
)
schema.Layout(
    Named,
    0xA487A1776A4BA1AD,
    2,
    4,
    schema.FieldLayout(
        "number",
        "number",
        schema.INT32,
        0,
        annotations={0xFA5B1FD61C2E7C3D: "a number"},
    ),
    schema.FieldLayout(
        "size",
        "size",
        schema.EnumKind(lambda: Size),
        2,
        annotations={0xFA5B1FD61C2E7C3D: "size_"},
    ),
    schema.FieldLayout("sizes", "sizes", schema.list_of(schema.EnumKind(lambda: Size)), 0),
    schema.FieldLayout("base", "base", schema.DATA, 1, annotations={0xD7D879450A253E4B: None}),
    schema.FieldLayout(
        "hex",
        "hex",
        schema.DATA,
        2,
        default=b"\x01\xff",
        annotations={0xF061E22F0AE5C7B5: None},
    ),
    schema.FieldLayout("list", "list", schema.DATA, 3),
    schema.FieldLayout(
        "place",
        "place",
        schema.GroupKind(lambda: Named.Place),
        annotations={0xFA5B1FD61C2E7C3D: "where"},
    ),
)
schema.Layout(
    Flat.Near,
    0xC9287575B28FA3DA,
    1,
    5,
    schema.FieldLayout("x", "x", schema.INT16, 2),
    schema.FieldLayout(
        "shape",
        "shape",
        schema.StructKind(lambda: Shape),
        3,
        annotations={
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00:\x00\x00\x00shape-\x00\x00",
            ),
        },
    ),
    is_group=True,
)
schema.Layout(
    Flat.Place,
    0xA46B6FFC2F420439,
    1,
    5,
    schema.FieldLayout("nowhere", "nowhere", schema.VOID, 0, member=0),
    schema.FieldLayout(
        "town",
        "town",
        schema.TEXT,
        4,
        member=1,
        annotations={0xFA5B1FD61C2E7C3D: "city"},
    ),
    tag=3,
    is_group=True,
    annotations={
        0xCFA794E8D19A0162: schema.Default(
            b"\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        ),
    },
)
schema.Layout(
    Flat,
    0xAB16FB9C0D98769B,
    1,
    5,
    schema.FieldLayout("own", "own", schema.INT32, 0),
    schema.FieldLayout(
        "plain",
        "plain",
        schema.StructKind(lambda: Plain),
        0,
        annotations={
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00",
            ),
        },
    ),
    schema.FieldLayout(
        "given",
        "given",
        schema.StructKind(lambda: Plain),
        1,
        default=_FLAT_GIVEN,
        annotations={
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00:\x00\x00\x00given.\x00\x00",
            ),
        },
    ),
    schema.FieldLayout(
        "deep",
        "deep",
        schema.StructKind(lambda: Deep),
        2,
        annotations={
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x002\x00\x00\x00deep.\x00\x00\x00",
            ),
        },
    ),
    schema.FieldLayout(
        "near",
        "near",
        schema.GroupKind(lambda: Flat.Near),
        annotations={
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x002\x00\x00\x00near-\x00\x00\x00",
            ),
        },
    ),
    schema.FieldLayout(
        "place",
        "place",
        schema.GroupKind(lambda: Flat.Place),
        annotations={
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00\x1a\x00\x00\x00p.\x00\x00\x00\x00\x00\x00",
            ),
            0xCFA794E8D19A0162: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
            ),
        },
    ),
)
schema.Layout(
    Deep,
    0xD5E18BB43ECC2A94,
    0,
    2,
    schema.FieldLayout(
        "named",
        "named",
        schema.StructKind(lambda: Named),
        0,
        annotations={
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00:\x00\x00\x00named.\x00\x00",
            ),
        },
    ),
    schema.FieldLayout("shapes", "shapes", schema.list_of(schema.StructKind(lambda: Shape)), 1),
)
schema.Layout(
    Shape.Group,
    0xE5ACA92AD6E37EE7,
    2,
    3,
    schema.FieldLayout(
        "plain",
        "plain",
        schema.TEXT,
        1,
        annotations={0xFA5B1FD61C2E7C3D: "number"},
    ),
    schema.FieldLayout("octets", "octets", schema.DATA, 2, annotations={0xF061E22F0AE5C7B5: None}),
    is_group=True,
)
schema.Layout(
    Shape,
    0xCED74A69F9514BCA,
    2,
    3,
    schema.FieldLayout("name", "name", schema.TEXT, 0),
    schema.FieldLayout("nothing", "nothing", schema.VOID, 0, member=0),
    schema.FieldLayout(
        "circle",
        "circle",
        schema.FLOAT64,
        1,
        member=1,
        annotations={0xFA5B1FD61C2E7C3D: "ring"},
    ),
    schema.FieldLayout(
        "plain",
        "plain",
        schema.StructKind(lambda: Plain),
        1,
        member=2,
        annotations={
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00:\x00\x00\x00plain-\x00\x00",
            ),
        },
    ),
    schema.FieldLayout(
        "other",
        "other",
        schema.StructKind(lambda: Plain),
        1,
        member=3,
        annotations={
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00:\x00\x00\x00plain-\x00\x00",
            ),
        },
    ),
    schema.FieldLayout(
        "group",
        "group",
        schema.GroupKind(lambda: Shape.Group),
        member=4,
        annotations={
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00:\x00\x00\x00plain-\x00\x00",
            ),
        },
    ),
    schema.FieldLayout(
        "data",
        "data",
        schema.DATA,
        1,
        member=5,
        annotations={0xD7D879450A253E4B: None},
    ),
    schema.FieldLayout("struct", "struct", schema.StructKind(lambda: Plain), 1, member=6),
    schema.FieldLayout("size", "size", schema.EnumKind(lambda: Size), 4, member=7),
    schema.FieldLayout(
        "given",
        "given",
        schema.StructKind(lambda: Plain),
        1,
        default=_SHAPE_GIVEN,
        member=8,
        annotations={
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00\x1a\x00\x00\x00g-\x00\x00\x00\x00\x00\x00",
            ),
        },
    ),
    tag=0,
    annotations={
        0xCFA794E8D19A0162: schema.Default(
            b"\x00\x00\x00\x00\x00\x00\x02\x00\x05\x00\x00\x00*\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00kind\x00\x00\x00\x00",
        ),
    },
)
schema.Layout(
    Valued.Group,
    0xE510599EB775B491,
    2,
    1,
    schema.FieldLayout("x", "x", schema.INT32, 2),
    is_group=True,
)
schema.Layout(
    Valued,
    0x8A14A779C7EE1318,
    2,
    1,
    schema.FieldLayout("nothing", "nothing", schema.VOID, 0, member=0),
    schema.FieldLayout(
        "number",
        "number",
        schema.INT64,
        1,
        member=1,
        annotations={0xFA5B1FD61C2E7C3D: "NUMBER"},
    ),
    schema.FieldLayout(
        "data",
        "data",
        schema.DATA,
        0,
        member=2,
        annotations={0xD7D879450A253E4B: None},
    ),
    schema.FieldLayout("shape", "shape", schema.StructKind(lambda: Shape), 0, member=3),
    schema.FieldLayout("group", "group", schema.GroupKind(lambda: Valued.Group), member=4),
    schema.FieldLayout("list", "list", schema.list_of(schema.TEXT), 0, member=5),
    tag=0,
    annotations={
        0xCFA794E8D19A0162: schema.Default(
            b"\x00\x00\x00\x00\x00\x00\x02\x00\x05\x00\x00\x00\x1a\x00\x00\x00\x05\x00\x00\x002\x00\x00\x00is\x00\x00\x00\x00\x00\x00value\x00\x00\x00",
        ),
    },
)
schema.Layout(
    Unions.Inside,
    0xDB85EF9E5EC88455,
    2,
    3,
    schema.FieldLayout("a", "a", schema.INT32, 0, member=0),
    schema.FieldLayout(
        "b",
        "b",
        schema.StructKind(lambda: Plain),
        0,
        member=1,
        annotations={
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00",
            ),
        },
    ),
    tag=2,
    is_group=True,
    annotations={
        0xCFA794E8D19A0162: schema.Default(
            b"\x00\x00\x00\x00\x00\x00\x02\x00\x05\x00\x00\x00\x1a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00of\x00\x00\x00\x00\x00\x00",
        ),
    },
)
schema.Layout(
    Unions.Valued,
    0x885072820749CD07,
    2,
    3,
    schema.FieldLayout("c", "c", schema.INT32, 2, member=0),
    schema.FieldLayout("d", "d", schema.TEXT, 1, member=1),
    tag=3,
    is_group=True,
    annotations={
        0xCFA794E8D19A0162: schema.Default(
            b"\x00\x00\x00\x00\x00\x00\x02\x00\x05\x00\x00\x00\x12\x00\x00\x00\x05\x00\x00\x00\x12\x00\x00\x00v\x00\x00\x00\x00\x00\x00\x00w\x00\x00\x00\x00\x00\x00\x00",
        ),
    },
)
schema.Layout(
    Unions,
    0xA2E5355FC959CC65,
    2,
    3,
    schema.FieldLayout(
        "inside",
        "inside",
        schema.GroupKind(lambda: Unions.Inside),
        annotations={
            0xCFA794E8D19A0162: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x02\x00\x05\x00\x00\x00\x1a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00of\x00\x00\x00\x00\x00\x00",
            ),
        },
    ),
    schema.FieldLayout(
        "valued",
        "valued",
        schema.GroupKind(lambda: Unions.Valued),
        annotations={
            0xCFA794E8D19A0162: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x02\x00\x05\x00\x00\x00\x12\x00\x00\x00\x05\x00\x00\x00\x12\x00\x00\x00v\x00\x00\x00\x00\x00\x00\x00w\x00\x00\x00\x00\x00\x00\x00",
            ),
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00",
            ),
        },
    ),
    schema.FieldLayout("valueds", "valueds", schema.list_of(schema.StructKind(lambda: Valued)), 2),
)
schema.Layout(
    Untagged,
    0xE0EBB936E862C5A1,
    1,
    1,
    schema.FieldLayout("a", "a", schema.INT32, 0, member=0),
    schema.FieldLayout(
        "b",
        "b",
        schema.StructKind(lambda: Plain),
        0,
        member=1,
        annotations={
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00",
            ),
        },
    ),
    schema.FieldLayout("c", "c", schema.TEXT, 0, member=2),
    tag=2,
)
schema.Layout(
    Box,
    0xF13527089E5282AC,
    1,
    2,
    schema.FieldLayout(
        "item",
        "item",
        schema.parameter(0xF13527089E5282AC, 0),
        0,
        annotations={0xFA5B1FD61C2E7C3D: "thing"},
    ),
    schema.FieldLayout("none", "none", schema.VOID, 0, member=0),
    schema.FieldLayout("member", "member", schema.parameter(0xF13527089E5282AC, 0), 1, member=1),
    tag=0,
)
schema.Layout(
    Spread,
    0x8E7746B8BB263C42,
    0,
    1,
    schema.FieldLayout(
        "item",
        "item",
        schema.parameter(0x8E7746B8BB263C42, 0),
        0,
        annotations={
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00\x1a\x00\x00\x00s.\x00\x00\x00\x00\x00\x00",
            ),
        },
    ),
)
schema.Layout(
    Coded,
    0x9EA6CDEAECA91F3B,
    0,
    1,
    schema.FieldLayout(
        "item",
        "item",
        schema.parameter(0x9EA6CDEAECA91F3B, 0),
        0,
        annotations={0xF061E22F0AE5C7B5: None},
    ),
)
schema.Layout(
    Boxes,
    0xD02AA139D823EB25,
    0,
    5,
    schema.FieldLayout(
        "text",
        "text",
        schema.StructKind(lambda: Box, {0xF13527089E5282AC: (schema.TEXT,)}),
        0,
    ),
    schema.FieldLayout(
        "data",
        "data",
        schema.StructKind(lambda: Box, {0xF13527089E5282AC: (schema.DATA,)}),
        1,
    ),
    schema.FieldLayout(
        "spread",
        "spread",
        schema.StructKind(
            lambda: Spread,
            {0x8E7746B8BB263C42: (schema.StructKind(lambda: Plain),)},
        ),
        2,
    ),
    schema.FieldLayout(
        "nested",
        "nested",
        schema.StructKind(
            lambda: Spread,
            {
                0x8E7746B8BB263C42: (
                    schema.StructKind(
                        lambda: Spread,
                        {0x8E7746B8BB263C42: (schema.StructKind(lambda: Plain),)},
                    ),
                ),
            },
        ),
        3,
        annotations={
            0x82D3E852AF0336BF: schema.Default(
                b"\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00",
            ),
        },
    ),
    schema.FieldLayout(
        "coded",
        "coded",
        schema.list_of(schema.StructKind(lambda: Coded, {0x9EA6CDEAECA91F3B: (schema.DATA,)})),
        4,
    ),
)
schema.Layout(
    Scalars,
    0xFF365DACDC5CE7C8,
    5,
    6,
    schema.FieldLayout("float32", "float32", schema.FLOAT32, 0),
    schema.FieldLayout("float64", "float64", schema.FLOAT64, 1),
    schema.FieldLayout("int8", "int8", schema.INT8, 4),
    schema.FieldLayout("int64", "int64", schema.INT64, 2),
    schema.FieldLayout("uint64", "uint64", schema.UINT64, 3),
    schema.FieldLayout("bool", "bool", schema.BOOL, 40),
    schema.FieldLayout("text", "text", schema.TEXT, 0),
    schema.FieldLayout("data", "data", schema.DATA, 1),
    schema.FieldLayout("size", "size", schema.EnumKind(lambda: Size), 3),
    schema.FieldLayout("list", "list", schema.list_of(schema.INT32), 2),
    schema.FieldLayout("hex", "hex", schema.DATA, 3, annotations={0xF061E22F0AE5C7B5: None}),
    schema.FieldLayout("base64", "base64", schema.DATA, 4, annotations={0xD7D879450A253E4B: None}),
    schema.FieldLayout("void", "void", schema.VOID, 0),
    schema.FieldLayout("plain", "plain", schema.StructKind(lambda: Plain), 5),
    schema.FieldLayout("uint16", "uint16", schema.UINT16, 16),
)
_Valued = Valued
