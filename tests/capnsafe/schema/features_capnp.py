"""Code generated from features.capnp by capnpc-capnsafe. Do not edit it.

What the language has besides the types of fields, which `every.capnp` has.

A docstring with a backslash \\ and \"\"\"quotes\"\"\"
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

from . import shared_capnp

_bool: typing.Final = schema.Element.BOOL
_float32: typing.Final = schema.Element.FLOAT32
_float64: typing.Final = schema.Element.FLOAT64
_int32: typing.Final = schema.Element.INT32
_int64: typing.Final = schema.Element.INT64
_int8: typing.Final = schema.Element.INT8
_uint16: typing.Final = schema.Element.UINT16
_uint32: typing.Final = schema.Element.UINT32
_uint8: typing.Final = schema.Element.UINT8
_void: typing.Final = schema.Element.VOID

Keywords_WhichOne_Which: typing.TypeAlias = typing.Literal["which_", "from_", "lambda_"]

Choice_Pair_Which: typing.TypeAlias = typing.Literal["inner", "outer"]

Choice_Which: typing.TypeAlias = typing.Literal[
    "name",
    "number",
    "flag",
    "point",
    "points",
    "numbers",
    "texts",
    "any",
    "nothing",
    "colour",
    "day",
    "real",
    "data",
    "store",
    "pair",
]

if typing.TYPE_CHECKING:
    _Generic_Key = typing_extensions.TypeVar("_Generic_Key", default=schema.Anything)
    _Generic_Value = typing_extensions.TypeVar("_Generic_Value", default=schema.Anything)
    _Generic_Key_value = typing_extensions.TypeVar("_Generic_Key_value", default=schema.Anything)
    _Generic_Value_value = typing_extensions.TypeVar(
        "_Generic_Value_value",
        default=schema.Anything,
    )
    _Generic_Key_reader = typing_extensions.TypeVar(
        "_Generic_Key_reader",
        covariant=True,
        default=schema.AnyReader,
    )
    _Generic_Value_reader = typing_extensions.TypeVar(
        "_Generic_Value_reader",
        covariant=True,
        default=schema.AnyReader,
    )
    _Generic_Key_builder = typing_extensions.TypeVar(
        "_Generic_Key_builder",
        default=schema.AnyBuilder,
    )
    _Generic_Value_builder = typing_extensions.TypeVar(
        "_Generic_Value_builder",
        default=schema.AnyBuilder,
    )
    _Generic_Key_set = typing_extensions.TypeVar("_Generic_Key_set", default=schema.Anything)
    _Generic_Value_set = typing_extensions.TypeVar("_Generic_Value_set", default=schema.Anything)
else:
    _Generic_Key = typing.TypeVar("_Generic_Key")
    _Generic_Value = typing.TypeVar("_Generic_Value")
    _Generic_Key_value = typing.TypeVar("_Generic_Key_value")
    _Generic_Value_value = typing.TypeVar("_Generic_Value_value")
    _Generic_Key_reader = typing.TypeVar("_Generic_Key_reader")
    _Generic_Value_reader = typing.TypeVar("_Generic_Value_reader")
    _Generic_Key_builder = typing.TypeVar("_Generic_Key_builder")
    _Generic_Value_builder = typing.TypeVar("_Generic_Value_builder")
    _Generic_Key_set = typing.TypeVar("_Generic_Key_set")
    _Generic_Value_set = typing.TypeVar("_Generic_Value_set")

if typing.TYPE_CHECKING:
    _Generic_Inner_Key = typing_extensions.TypeVar("_Generic_Inner_Key", default=schema.Anything)
    _Generic_Inner_Value = typing_extensions.TypeVar(
        "_Generic_Inner_Value",
        default=schema.Anything,
    )
    _Generic_Inner_Key_value = typing_extensions.TypeVar(
        "_Generic_Inner_Key_value",
        default=schema.Anything,
    )
    _Generic_Inner_Value_value = typing_extensions.TypeVar(
        "_Generic_Inner_Value_value",
        default=schema.Anything,
    )
    _Generic_Inner_Key_reader = typing_extensions.TypeVar(
        "_Generic_Inner_Key_reader",
        covariant=True,
        default=schema.AnyReader,
    )
    _Generic_Inner_Value_reader = typing_extensions.TypeVar(
        "_Generic_Inner_Value_reader",
        covariant=True,
        default=schema.AnyReader,
    )
    _Generic_Inner_Key_builder = typing_extensions.TypeVar(
        "_Generic_Inner_Key_builder",
        default=schema.AnyBuilder,
    )
    _Generic_Inner_Value_builder = typing_extensions.TypeVar(
        "_Generic_Inner_Value_builder",
        default=schema.AnyBuilder,
    )
    _Generic_Inner_Key_set = typing_extensions.TypeVar(
        "_Generic_Inner_Key_set",
        default=schema.Anything,
    )
    _Generic_Inner_Value_set = typing_extensions.TypeVar(
        "_Generic_Inner_Value_set",
        default=schema.Anything,
    )
else:
    _Generic_Inner_Key = typing.TypeVar("_Generic_Inner_Key")
    _Generic_Inner_Value = typing.TypeVar("_Generic_Inner_Value")
    _Generic_Inner_Key_value = typing.TypeVar("_Generic_Inner_Key_value")
    _Generic_Inner_Value_value = typing.TypeVar("_Generic_Inner_Value_value")
    _Generic_Inner_Key_reader = typing.TypeVar("_Generic_Inner_Key_reader")
    _Generic_Inner_Value_reader = typing.TypeVar("_Generic_Inner_Value_reader")
    _Generic_Inner_Key_builder = typing.TypeVar("_Generic_Inner_Key_builder")
    _Generic_Inner_Value_builder = typing.TypeVar("_Generic_Inner_Value_builder")
    _Generic_Inner_Key_set = typing.TypeVar("_Generic_Inner_Key_set")
    _Generic_Inner_Value_set = typing.TypeVar("_Generic_Inner_Value_set")

Versions_Old_Which: typing.TypeAlias = typing.Literal["a", "b"]

Versions_New_Which: typing.TypeAlias = typing.Literal["a", "b", "c"]

StructWithARatherLongNameThatFillsLines_Which: typing.TypeAlias = typing.Literal[
    "some_member_of_the_union_with_a_long_name",
    "other_members_of_the_union_with_a_long_name",
    "last_group_of_the_union_with_a_long_name",
]

Recursive_Choice_Which: typing.TypeAlias = typing.Literal["member", "members"]

if typing.TYPE_CHECKING:
    _Chain_Item = typing_extensions.TypeVar("_Chain_Item", default=schema.Anything)
    _Chain_Item_value = typing_extensions.TypeVar("_Chain_Item_value", default=schema.Anything)
    _Chain_Item_reader = typing_extensions.TypeVar(
        "_Chain_Item_reader",
        covariant=True,
        default=schema.AnyReader,
    )
    _Chain_Item_builder = typing_extensions.TypeVar(
        "_Chain_Item_builder",
        default=schema.AnyBuilder,
    )
    _Chain_Item_set = typing_extensions.TypeVar("_Chain_Item_set", default=schema.Anything)
else:
    _Chain_Item = typing.TypeVar("_Chain_Item")
    _Chain_Item_value = typing.TypeVar("_Chain_Item_value")
    _Chain_Item_reader = typing.TypeVar("_Chain_Item_reader")
    _Chain_Item_builder = typing.TypeVar("_Chain_Item_builder")
    _Chain_Item_set = typing.TypeVar("_Chain_Item_set")

if typing.TYPE_CHECKING:
    _Chain_Inner_Item = typing_extensions.TypeVar("_Chain_Inner_Item", default=schema.Anything)
    _Chain_Inner_Item_value = typing_extensions.TypeVar(
        "_Chain_Inner_Item_value",
        default=schema.Anything,
    )
    _Chain_Inner_Item_reader = typing_extensions.TypeVar(
        "_Chain_Inner_Item_reader",
        covariant=True,
        default=schema.AnyReader,
    )
    _Chain_Inner_Item_builder = typing_extensions.TypeVar(
        "_Chain_Inner_Item_builder",
        default=schema.AnyBuilder,
    )
    _Chain_Inner_Item_set = typing_extensions.TypeVar(
        "_Chain_Inner_Item_set",
        default=schema.Anything,
    )
else:
    _Chain_Inner_Item = typing.TypeVar("_Chain_Inner_Item")
    _Chain_Inner_Item_value = typing.TypeVar("_Chain_Inner_Item_value")
    _Chain_Inner_Item_reader = typing.TypeVar("_Chain_Inner_Item_reader")
    _Chain_Inner_Item_builder = typing.TypeVar("_Chain_Inner_Item_builder")
    _Chain_Inner_Item_set = typing.TypeVar("_Chain_Inner_Item_set")

if typing.TYPE_CHECKING:
    _Chain_Group_Item = typing_extensions.TypeVar("_Chain_Group_Item", default=schema.Anything)
    _Chain_Group_Item_value = typing_extensions.TypeVar(
        "_Chain_Group_Item_value",
        default=schema.Anything,
    )
    _Chain_Group_Item_reader = typing_extensions.TypeVar(
        "_Chain_Group_Item_reader",
        covariant=True,
        default=schema.AnyReader,
    )
    _Chain_Group_Item_builder = typing_extensions.TypeVar(
        "_Chain_Group_Item_builder",
        default=schema.AnyBuilder,
    )
    _Chain_Group_Item_set = typing_extensions.TypeVar(
        "_Chain_Group_Item_set",
        default=schema.Anything,
    )
else:
    _Chain_Group_Item = typing.TypeVar("_Chain_Group_Item")
    _Chain_Group_Item_value = typing.TypeVar("_Chain_Group_Item_value")
    _Chain_Group_Item_reader = typing.TypeVar("_Chain_Group_Item_reader")
    _Chain_Group_Item_builder = typing.TypeVar("_Chain_Group_Item_builder")
    _Chain_Group_Item_set = typing.TypeVar("_Chain_Group_Item_set")

Chain_Group_Which: typing.TypeAlias = typing.Literal["none", "one"]


class Generic_Fields(
    typing.TypedDict,
    typing.Generic[
        _Generic_Key_value,
        _Generic_Value_value,
        _Generic_Key_builder,
        _Generic_Value_builder,
        _Generic_Key_set,
        _Generic_Value_set,
    ],
    total=False,
):
    """The fields that ``update`` takes."""

    key: _Generic_Key_set | None
    value: _Generic_Value_set | None
    inner: (
        Generic.Inner[_Generic_Key_value, _Generic_Value_value]
        | Generic.Inner.Reader[
            _Generic_Key_value,
            _Generic_Value_value,
            builtins.object,
            builtins.object,
        ]
        | Generic.Inner.Builder[
            _Generic_Key_value,
            _Generic_Value_value,
            _Generic_Key_builder,
            _Generic_Value_builder,
            _Generic_Key_set,
            _Generic_Value_set,
        ]
        | None
    )


class Chain_Inner_Fields(
    typing.TypedDict,
    typing.Generic[_Chain_Inner_Item_value, _Chain_Inner_Item_builder, _Chain_Inner_Item_set],
    total=False,
):
    """The fields that ``update`` takes."""

    item: _Chain_Inner_Item_set | None
    number: builtins.int


class Chain_Group_Fields(
    typing.TypedDict,
    typing.Generic[_Chain_Group_Item_value, _Chain_Group_Item_builder, _Chain_Group_Item_set],
    total=False,
):
    """The fields that ``update`` takes."""

    item: _Chain_Group_Item_set | None
    none: None
    one: _Chain_Group_Item_set | None


class Chain_Fields(
    typing.TypedDict,
    typing.Generic[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set],
    total=False,
):
    """The fields that ``update`` takes."""

    item: _Chain_Item_set | None
    next: (
        Chain[_Chain_Item_value]
        | Chain.Reader[_Chain_Item_value, builtins.object]
        | Chain.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set]
        | None
    )
    group: Chain.Group[_Chain_Item_value]
    inner: (
        Chain.Inner[_Chain_Item_value]
        | Chain.Inner.Reader[_Chain_Item_value, builtins.object]
        | Chain.Inner.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set]
        | None
    )
    inners: typing.Iterable[
        Chain.Inner[_Chain_Item_value]
        | Chain.Inner.Reader[_Chain_Item_value, builtins.object]
        | Chain.Inner.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set]
    ]


LIMIT: typing.Final[builtins.int] = 1000
RATIO: typing.Final[builtins.float] = -0.5
WORST: typing.Final[builtins.float] = builtins.float("inf")
YES: typing.Final[builtins.bool] = True
ZERO: typing.Final[builtins.int] = 0
NOTHING: typing.Final[None] = None
TITLE: typing.Final[builtins.str] = 'A "title"'
BLOB: typing.Final[builtins.bytes] = b"\x00\x01\xff"


class Colour(schema.Enumeration):
    """A colour."""

    RED = 0
    GREEN = 1
    DARK_BLUE = 2
    CLASS = 3

    BY_VALUE: schema.Enumerants[Colour]


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Point(schema.StructValue):
    """The struct ``Point``."""

    x: builtins.int = 0
    y: builtins.int = 0
    ZERO: typing.ClassVar[Point]
    DIMENSIONS: typing.ClassVar[builtins.int] = 2
    DISCOVERY: typing.ClassVar[shared_capnp.Date]
    SEASON: typing.ClassVar[shared_capnp.Date.Season]
    NAMES: typing.ClassVar[builtins.list[builtins.str]]

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Point.Builder, Point.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 0, Point.Builder, Point.Reader

    class Reader(schema.GeneratedReader["Point"]):
        """Reads ``Point``."""

        __slots__ = ()

        @builtins.property
        def x(self) -> builtins.int:
            """``x :Int32``."""
            return self._low.get_int32(0)

        @builtins.property
        def y(self) -> builtins.int:
            """``y :Int32``."""
            return self._low.get_int32(1)

    class Builder(schema.GeneratedBuilder["Point"]):
        """Builds ``Point``."""

        __slots__ = ()

        @builtins.property
        def x(self) -> builtins.int:
            """``x :Int32``."""
            return self._low.get_int32(0)

        @x.setter
        def x(self, value: builtins.int) -> None:
            self._low._put_integer(_int32, 0, value, 0)

        @builtins.property
        def y(self) -> builtins.int:
            """``y :Int32``."""
            return self._low.get_int32(1)

        @y.setter
        def y(self, value: builtins.int) -> None:
            self._low._put_integer(_int32, 1, value, 0)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            x: builtins.int
            y: builtins.int

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Keywords(schema.StructValue):
    """Names that Python needs for itself."""

    class_: builtins.int = 0
    def_: builtins.str = ""
    import_: builtins.int = -1
    int: builtins.int = 0
    str: builtins.str = "text"
    list: builtins.list[builtins.str] = dataclasses.field(
        default_factory=lambda: Keywords._layout.initial("list"),
    )
    property: builtins.bool = False
    schema_: builtins.float = 0.0
    set_: builtins.bytes = b"\xff"
    to_dict_: None = None
    which_one: Keywords.WhichOne = dataclasses.field(default_factory=lambda: Keywords.WhichOne())
    name: builtins.str = ""
    has_name: builtins.str = ""
    init_name: builtins.list[builtins.int] = dataclasses.field(default_factory=builtins.list)
    http_port: builtins.int = 0

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class WhichOne(schema.UnionValue):
        """The group ``Keywords.WhichOne``."""

        which_: schema.UnsetType | None = schema.UNSET
        from_: builtins.int | schema.UnsetType = schema.UNSET
        lambda_: Keywords.WhichOne.Lambda | schema.UnsetType = schema.UNSET

        @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
        class Lambda(schema.StructValue):
            """The group ``Keywords.WhichOne.Lambda``."""

            none: builtins.str = ""
            self: builtins.str = ""

            class Reader(schema.GeneratedReader["Keywords.WhichOne.Lambda"]):
                """Reads ``Keywords.WhichOne.Lambda``."""

                __slots__ = ()

                @builtins.property
                def none(self) -> builtins.str:
                    """``none :Text``."""
                    return self._low.get_text(4) or ""

                def has_none(self) -> builtins.bool:
                    """Return whether the pointer ``none`` is not null."""
                    return not self._low.is_null(4)

                @builtins.property
                def self(self) -> builtins.str:
                    """``self :Text``."""
                    return self._low.get_text(5) or ""

                def has_self(self) -> builtins.bool:
                    """Return whether the pointer ``self`` is not null."""
                    return not self._low.is_null(5)

            class Builder(schema.GeneratedBuilder["Keywords.WhichOne.Lambda"]):
                """Builds ``Keywords.WhichOne.Lambda``."""

                __slots__ = ()

                @builtins.property
                def none(self) -> builtins.str:
                    """``none :Text``."""
                    return self._low.get_text(4) or ""

                @none.setter
                def none(self, value: builtins.str) -> None:
                    self._low.set_text(4, value)

                def has_none(self) -> builtins.bool:
                    """Return whether the pointer ``none`` is not null."""
                    return not self._low.is_null(4)

                @builtins.property
                def self(self) -> builtins.str:
                    """``self :Text``."""
                    return self._low.get_text(5) or ""

                @self.setter
                def self(self, value: builtins.str) -> None:
                    self._low.set_text(5, value)

                def has_self(self) -> builtins.bool:
                    """Return whether the pointer ``self`` is not null."""
                    return not self._low.is_null(5)

                class _Fields(typing.TypedDict, total=False):
                    """The fields that ``update`` takes."""

                    none: builtins.str
                    self: builtins.str

                def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                    """Set several fields in one step, all or nothing."""
                    self._update(fields)

        MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Keywords_WhichOne_Which]] = {
            0: "which_",
            1: "from_",
            2: "lambda_",
        }

        def which(self) -> Keywords_WhichOne_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Keywords.WhichOne.MEMBERS.get(self._member())

        class Reader(schema.GeneratedReader["Keywords.WhichOne"]):
            """Reads ``Keywords.WhichOne``."""

            __slots__ = ()

            @builtins.property
            def which_(self) -> None:
                """``which :Void``."""
                if self._low.get_uint16(8) != 0:
                    raise self._unset("which_")
                return None

            @builtins.property
            def from_(self) -> builtins.int:
                """``from :UInt8``."""
                if self._low.get_uint16(8) != 1:
                    raise self._unset("from_")
                return self._low.get_uint8(18)

            @builtins.property
            def lambda_(self) -> Keywords.WhichOne.Lambda.Reader:
                """The group ``lambda``."""
                if self._low.get_uint16(8) != 2:
                    raise self._unset("lambda_")
                return Keywords.WhichOne.Lambda.Reader(self._low)

            def which(self) -> Keywords_WhichOne_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Keywords.WhichOne.MEMBERS.get(self._low.get_uint16(8))

        class Builder(schema.GeneratedBuilder["Keywords.WhichOne"]):
            """Builds ``Keywords.WhichOne``."""

            __slots__ = ()

            @builtins.property
            def which_(self) -> None:
                """``which :Void``."""
                if self._low.get_uint16(8) != 0:
                    raise self._unset("which_")
                return None

            @which_.setter
            def which_(self, value: None) -> None:
                self._select("which_", value)

            @builtins.property
            def from_(self) -> builtins.int:
                """``from :UInt8``."""
                if self._low.get_uint16(8) != 1:
                    raise self._unset("from_")
                return self._low.get_uint8(18)

            @from_.setter
            def from_(self, value: builtins.int) -> None:
                self._select("from_", value)

            @builtins.property
            def lambda_(self) -> Keywords.WhichOne.Lambda.Builder:
                """The group ``lambda``."""
                if self._low.get_uint16(8) != 2:
                    raise self._unset("lambda_")
                return Keywords.WhichOne.Lambda.Builder(self._low)

            @lambda_.setter
            def lambda_(self, value: Keywords.WhichOne.Lambda) -> None:
                self._select("lambda_", value)

            def init_lambda_(self) -> Keywords.WhichOne.Lambda.Builder:
                """Set the group ``lambda``, with zeroed fields."""
                self._select_blank("lambda_")
                return Keywords.WhichOne.Lambda.Builder(self._low)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                which_: None
                from_: builtins.int
                lambda_: Keywords.WhichOne.Lambda

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

            def which(self) -> Keywords_WhichOne_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Keywords.WhichOne.MEMBERS.get(self._low.get_uint16(8))

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Keywords.Builder, Keywords.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 3, 9, Keywords.Builder, Keywords.Reader

    class Reader(schema.GeneratedReader["Keywords"]):
        """Reads ``Keywords``."""

        __slots__ = ()

        @builtins.property
        def class_(self) -> builtins.int:
            """``class :UInt16``."""
            return self._low.get_uint16(0)

        @builtins.property
        def def_(self) -> builtins.str:
            """``def :Text``."""
            return self._low.get_text(0) or ""

        def has_def_(self) -> builtins.bool:
            """Return whether the pointer ``def`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def import_(self) -> builtins.int:
            """``import :Int8``."""
            return self._low.get_int8(2, default=-1)

        @builtins.property
        def int(self) -> builtins.int:
            """``int :Int64``."""
            return self._low.get_int64(1)

        @builtins.property
        def str(self) -> builtins.str:
            """``str :Text``."""
            return self._low.get_text(1, default="text")

        def has_str(self) -> builtins.bool:
            """Return whether the pointer ``str`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def list(self) -> schema.Items[builtins.str]:
            """``list :List(Text)``."""
            return schema.PointerItems(
                self._low.get_pointer_list(2, default=_KEYWORDS_LIST.pointers()),
                schema.text_at,
            )

        def has_list(self) -> builtins.bool:
            """Return whether the pointer ``list`` is not null."""
            return not self._low.is_null(2)

        @builtins.property
        def property(self) -> builtins.bool:
            """``property :Bool``."""
            return self._low.get_bool(24)

        @builtins.property
        def schema_(self) -> builtins.float:
            """``schema :Float32``."""
            return self._low.get_float32(1)

        @builtins.property
        def set_(self) -> builtins.bytes:
            """``set :Data``."""
            return self._low.get_data(3, default=b"\xff")

        def has_set_(self) -> builtins.bool:
            """Return whether the pointer ``set`` is not null."""
            return not self._low.is_null(3)

        @builtins.property
        def to_dict_(self) -> None:
            """``toDict :Void``."""
            return None

        @builtins.property
        def which_one(self) -> Keywords.WhichOne.Reader:
            """The group ``whichOne``."""
            return Keywords.WhichOne.Reader(self._low)

        @builtins.property
        def name(self) -> builtins.str:
            """``name :Text``."""
            return self._low.get_text(6) or ""

        def has_name_(self) -> builtins.bool:
            """Return whether the pointer ``name`` is not null."""
            return not self._low.is_null(6)

        @builtins.property
        def has_name(self) -> builtins.str:
            """``hasName :Text``."""
            return self._low.get_text(7) or ""

        def has_has_name(self) -> builtins.bool:
            """Return whether the pointer ``hasName`` is not null."""
            return not self._low.is_null(7)

        @builtins.property
        def init_name(self) -> schema.Numbers[builtins.int]:
            """``initName :List(Int8)``."""
            return schema.ints(self._low.get_list(8, _int8))

        def has_init_name(self) -> builtins.bool:
            """Return whether the pointer ``initName`` is not null."""
            return not self._low.is_null(8)

        @builtins.property
        def http_port(self) -> builtins.int:
            """``httpPort :UInt16``."""
            return self._low.get_uint16(10)

    class Builder(schema.GeneratedBuilder["Keywords"]):
        """Builds ``Keywords``."""

        __slots__ = ()

        @builtins.property
        def class_(self) -> builtins.int:
            """``class :UInt16``."""
            return self._low.get_uint16(0)

        @class_.setter
        def class_(self, value: builtins.int) -> None:
            self._low._put_integer(_uint16, 0, value, 0)

        @builtins.property
        def def_(self) -> builtins.str:
            """``def :Text``."""
            return self._low.get_text(0) or ""

        @def_.setter
        def def_(self, value: builtins.str) -> None:
            self._low.set_text(0, value)

        def has_def_(self) -> builtins.bool:
            """Return whether the pointer ``def`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def import_(self) -> builtins.int:
            """``import :Int8``."""
            return self._low.get_int8(2, default=-1)

        @import_.setter
        def import_(self, value: builtins.int) -> None:
            self._low._put_integer(_int8, 2, value, -1)

        @builtins.property
        def int(self) -> builtins.int:
            """``int :Int64``."""
            return self._low.get_int64(1)

        @int.setter
        def int(self, value: builtins.int) -> None:
            self._low._put_integer(_int64, 1, value, 0)

        @builtins.property
        def str(self) -> builtins.str:
            """``str :Text``."""
            return self._low.get_text(1, default="text")

        @str.setter
        def str(self, value: builtins.str) -> None:
            self._low.set_text(1, value)

        def has_str(self) -> builtins.bool:
            """Return whether the pointer ``str`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def list(self) -> schema.ItemsBuilder[builtins.str, builtins.str]:
            """``list :List(Text)``."""
            return schema.PointerItemsBuilder(
                self._low.get_pointer_list(2, default=_KEYWORDS_LIST.pointers()),
                schema.text_at,
                schema.TEXT,
            )

        @list.setter
        def list(self, value: typing.Iterable[builtins.str]) -> None:
            self._assign("list", value)

        def has_list(self) -> builtins.bool:
            """Return whether the pointer ``list`` is not null."""
            return not self._low.is_null(2)

        def init_list(self, count: builtins.int) -> schema.ItemsBuilder[builtins.str, builtins.str]:
            """Build a list of ``count`` zeroed items as ``list``."""
            return schema.PointerItemsBuilder(
                self._low.init_pointer_list(2, count),
                schema.text_at,
                schema.TEXT,
            )

        @builtins.property
        def property(self) -> builtins.bool:
            """``property :Bool``."""
            return self._low.get_bool(24)

        @property.setter
        def property(self, value: builtins.bool) -> None:
            self._low._put_bool(24, value, False)

        @builtins.property
        def schema_(self) -> builtins.float:
            """``schema :Float32``."""
            return self._low.get_float32(1)

        @schema_.setter
        def schema_(self, value: builtins.float) -> None:
            self._low._put_float(_float32, 1, value, 0.0)

        @builtins.property
        def set_(self) -> builtins.bytes:
            """``set :Data``."""
            return self._low.get_data(3, default=b"\xff")

        @set_.setter
        def set_(self, value: builtins.bytes) -> None:
            self._low.set_data(3, value)

        def has_set_(self) -> builtins.bool:
            """Return whether the pointer ``set`` is not null."""
            return not self._low.is_null(3)

        @builtins.property
        def to_dict_(self) -> None:
            """``toDict :Void``."""
            return None

        @builtins.property
        def which_one(self) -> Keywords.WhichOne.Builder:
            """The group ``whichOne``."""
            return Keywords.WhichOne.Builder(self._low)

        @which_one.setter
        def which_one(self, value: Keywords.WhichOne) -> None:
            Keywords.WhichOne.Builder(self._low).set(value)

        @builtins.property
        def name(self) -> builtins.str:
            """``name :Text``."""
            return self._low.get_text(6) or ""

        @name.setter
        def name(self, value: builtins.str) -> None:
            self._low.set_text(6, value)

        def has_name_(self) -> builtins.bool:
            """Return whether the pointer ``name`` is not null."""
            return not self._low.is_null(6)

        @builtins.property
        def has_name(self) -> builtins.str:
            """``hasName :Text``."""
            return self._low.get_text(7) or ""

        @has_name.setter
        def has_name(self, value: builtins.str) -> None:
            self._low.set_text(7, value)

        def has_has_name(self) -> builtins.bool:
            """Return whether the pointer ``hasName`` is not null."""
            return not self._low.is_null(7)

        @builtins.property
        def init_name(self) -> schema.NumbersBuilder[builtins.int]:
            """``initName :List(Int8)``."""
            return schema.ints(self._low.get_list(8, _int8))

        @init_name.setter
        def init_name(self, value: typing.Iterable[builtins.int]) -> None:
            self._assign("init_name", value)

        def has_init_name(self) -> builtins.bool:
            """Return whether the pointer ``initName`` is not null."""
            return not self._low.is_null(8)

        def init_init_name(self, count: builtins.int) -> schema.NumbersBuilder[builtins.int]:
            """Build a list of ``count`` zeroed items as ``initName``."""
            return schema.ints(self._low.init_list(8, _int8, count))

        @builtins.property
        def http_port(self) -> builtins.int:
            """``httpPort :UInt16``."""
            return self._low.get_uint16(10)

        @http_port.setter
        def http_port(self, value: builtins.int) -> None:
            self._low._put_integer(_uint16, 10, value, 0)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            class_: builtins.int
            def_: builtins.str
            import_: builtins.int
            int: builtins.int
            str: builtins.str
            list: typing.Iterable[builtins.str]
            property: builtins.bool
            schema_: builtins.float
            set_: builtins.bytes
            which_one: Keywords.WhichOne
            name: builtins.str
            has_name: builtins.str
            init_name: typing.Iterable[builtins.int]
            http_port: builtins.int

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Scopes(schema.StructValue):
    """A class whose name is also the name of a class inside of another one."""

    point: Scopes.Point | None = None
    other: _Point | None = None
    deepest: Scopes.Point.Deeper.Deepest | None = None

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Point(schema.StructValue):
        """Not the Point above."""

        z: builtins.float = 0.0
        colour: Scopes.Point.Colour = dataclasses.field(
            default_factory=lambda: Scopes.Point._layout.initial("colour"),
        )
        outer: _Colour = dataclasses.field(
            default_factory=lambda: Scopes.Point._layout.initial("outer"),
        )
        corner: Point | None = None

        class Colour(schema.Enumeration):
            """The enum ``Scopes.Point.Colour``."""

            BLACK = 0
            WHITE = 1

            BY_VALUE: schema.Enumerants[Scopes.Point.Colour]

        @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
        class Deeper(schema.StructValue):
            """The struct ``Scopes.Point.Deeper``."""

            @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
            class Deepest(schema.StructValue):
                """The struct ``Scopes.Point.Deeper.Deepest``."""

                value: builtins.int = 0

                @builtins.classmethod
                def __capnsafe_schema__(
                    cls,
                ) -> schema.Types[
                    Scopes.Point.Deeper.Deepest.Builder,
                    Scopes.Point.Deeper.Deepest.Reader,
                ]:
                    """Return the sections of the struct, its builder and its reader."""
                    return (
                        1,
                        0,
                        Scopes.Point.Deeper.Deepest.Builder,
                        Scopes.Point.Deeper.Deepest.Reader,
                    )

                class Reader(schema.GeneratedReader["Scopes.Point.Deeper.Deepest"]):
                    """Reads ``Scopes.Point.Deeper.Deepest``."""

                    __slots__ = ()

                    @builtins.property
                    def value(self) -> builtins.int:
                        """``value :UInt8``."""
                        return self._low.get_uint8(0)

                class Builder(schema.GeneratedBuilder["Scopes.Point.Deeper.Deepest"]):
                    """Builds ``Scopes.Point.Deeper.Deepest``."""

                    __slots__ = ()

                    @builtins.property
                    def value(self) -> builtins.int:
                        """``value :UInt8``."""
                        return self._low.get_uint8(0)

                    @value.setter
                    def value(self, value: builtins.int) -> None:
                        self._low._put_integer(_uint8, 0, value, 0)

            @builtins.classmethod
            def __capnsafe_schema__(
                cls,
            ) -> schema.Types[Scopes.Point.Deeper.Builder, Scopes.Point.Deeper.Reader]:
                """Return the sections of the struct, its builder and its reader."""
                return 0, 0, Scopes.Point.Deeper.Builder, Scopes.Point.Deeper.Reader

            class Reader(schema.GeneratedReader["Scopes.Point.Deeper"]):
                """Reads ``Scopes.Point.Deeper``."""

                __slots__ = ()

            class Builder(schema.GeneratedBuilder["Scopes.Point.Deeper"]):
                """Builds ``Scopes.Point.Deeper``."""

                __slots__ = ()

        @builtins.classmethod
        def __capnsafe_schema__(cls) -> schema.Types[Scopes.Point.Builder, Scopes.Point.Reader]:
            """Return the sections of the struct, its builder and its reader."""
            return 2, 1, Scopes.Point.Builder, Scopes.Point.Reader

        class Reader(schema.GeneratedReader["Scopes.Point"]):
            """Reads ``Scopes.Point``."""

            __slots__ = ()

            @builtins.property
            def z(self) -> builtins.float:
                """``z :Float64``."""
                return self._low.get_float64(0)

            @builtins.property
            def colour(self) -> Scopes.Point.Colour:
                """``colour :Scopes.Point.Colour``."""
                return Scopes.Point.Colour.BY_VALUE[self._low._integer(_uint16, 4, 1)]

            @builtins.property
            def outer(self) -> Colour:
                """``outer :Colour``."""
                return Colour.BY_VALUE[self._low._integer(_uint16, 5, 2)]

            @builtins.property
            def corner(self) -> Point.Reader:
                """``corner :Point``."""
                return Point.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

            def has_corner(self) -> builtins.bool:
                """Return whether the pointer ``corner`` is not null."""
                return not self._low.is_null(0)

        class Builder(schema.GeneratedBuilder["Scopes.Point"]):
            """Builds ``Scopes.Point``."""

            __slots__ = ()

            @builtins.property
            def z(self) -> builtins.float:
                """``z :Float64``."""
                return self._low.get_float64(0)

            @z.setter
            def z(self, value: builtins.float) -> None:
                self._low._put_float(_float64, 0, value, 0.0)

            @builtins.property
            def colour(self) -> Scopes.Point.Colour:
                """``colour :Scopes.Point.Colour``."""
                return Scopes.Point.Colour.BY_VALUE[self._low._take_integer(_uint16, 4, 1)]

            @colour.setter
            def colour(self, value: Scopes.Point.Colour) -> None:
                self._low._put_integer(_uint16, 4, value, 1)

            @builtins.property
            def outer(self) -> Colour:
                """``outer :Colour``."""
                return Colour.BY_VALUE[self._low._take_integer(_uint16, 5, 2)]

            @outer.setter
            def outer(self, value: Colour) -> None:
                self._low._put_integer(_uint16, 5, value, 2)

            @builtins.property
            def corner(self) -> Point.Builder:
                """``corner :Point``."""
                return Point.Builder(
                    self._low.get_struct(0, 1, 0) or self._low.init_struct(0, 1, 0),
                )

            @corner.setter
            def corner(self, value: Point | Point.Reader | Point.Builder | None) -> None:
                self._assign("corner", value)

            def has_corner(self) -> builtins.bool:
                """Return whether the pointer ``corner`` is not null."""
                return not self._low.is_null(0)

            def init_corner(self) -> Point.Builder:
                """Build a zeroed struct as ``corner``."""
                return Point.Builder(self._low.init_struct(0, 1, 0))

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                z: builtins.float
                colour: Scopes.Point.Colour
                outer: Colour
                corner: Point | Point.Reader | Point.Builder | None

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Scopes.Builder, Scopes.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 0, 3, Scopes.Builder, Scopes.Reader

    class Reader(schema.GeneratedReader["Scopes"]):
        """Reads ``Scopes``."""

        __slots__ = ()

        @builtins.property
        def point(self) -> Scopes.Point.Reader:
            """``point :Scopes.Point``."""
            return Scopes.Point.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

        def has_point(self) -> builtins.bool:
            """Return whether the pointer ``point`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def other(self) -> Point.Reader:
            """``other :Point``."""
            return Point.Reader(self._low.get_struct(1) or schema.NO_STRUCT)

        def has_other(self) -> builtins.bool:
            """Return whether the pointer ``other`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def deepest(self) -> Scopes.Point.Deeper.Deepest.Reader:
            """``deepest :Scopes.Point.Deeper.Deepest``."""
            return Scopes.Point.Deeper.Deepest.Reader(self._low.get_struct(2) or schema.NO_STRUCT)

        def has_deepest(self) -> builtins.bool:
            """Return whether the pointer ``deepest`` is not null."""
            return not self._low.is_null(2)

    class Builder(schema.GeneratedBuilder["Scopes"]):
        """Builds ``Scopes``."""

        __slots__ = ()

        @builtins.property
        def point(self) -> Scopes.Point.Builder:
            """``point :Scopes.Point``."""
            return Scopes.Point.Builder(
                self._low.get_struct(0, 2, 1) or self._low.init_struct(0, 2, 1),
            )

        @point.setter
        def point(
            self,
            value: Scopes.Point | Scopes.Point.Reader | Scopes.Point.Builder | None,
        ) -> None:
            self._assign("point", value)

        def has_point(self) -> builtins.bool:
            """Return whether the pointer ``point`` is not null."""
            return not self._low.is_null(0)

        def init_point(self) -> Scopes.Point.Builder:
            """Build a zeroed struct as ``point``."""
            return Scopes.Point.Builder(self._low.init_struct(0, 2, 1))

        @builtins.property
        def other(self) -> Point.Builder:
            """``other :Point``."""
            return Point.Builder(self._low.get_struct(1, 1, 0) or self._low.init_struct(1, 1, 0))

        @other.setter
        def other(self, value: Point | Point.Reader | Point.Builder | None) -> None:
            self._assign("other", value)

        def has_other(self) -> builtins.bool:
            """Return whether the pointer ``other`` is not null."""
            return not self._low.is_null(1)

        def init_other(self) -> Point.Builder:
            """Build a zeroed struct as ``other``."""
            return Point.Builder(self._low.init_struct(1, 1, 0))

        @builtins.property
        def deepest(self) -> Scopes.Point.Deeper.Deepest.Builder:
            """``deepest :Scopes.Point.Deeper.Deepest``."""
            return Scopes.Point.Deeper.Deepest.Builder(
                self._low.get_struct(2, 1, 0) or self._low.init_struct(2, 1, 0),
            )

        @deepest.setter
        def deepest(
            self,
            value: Scopes.Point.Deeper.Deepest
            | Scopes.Point.Deeper.Deepest.Reader
            | Scopes.Point.Deeper.Deepest.Builder
            | None,
        ) -> None:
            self._assign("deepest", value)

        def has_deepest(self) -> builtins.bool:
            """Return whether the pointer ``deepest`` is not null."""
            return not self._low.is_null(2)

        def init_deepest(self) -> Scopes.Point.Deeper.Deepest.Builder:
            """Build a zeroed struct as ``deepest``."""
            return Scopes.Point.Deeper.Deepest.Builder(self._low.init_struct(2, 1, 0))

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            point: Scopes.Point | Scopes.Point.Reader | Scopes.Point.Builder | None
            other: Point | Point.Reader | Point.Builder | None
            deepest: (
                Scopes.Point.Deeper.Deepest
                | Scopes.Point.Deeper.Deepest.Reader
                | Scopes.Point.Deeper.Deepest.Builder
                | None
            )

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


class Store:
    """A store."""

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Entry(schema.StructValue):
        """The struct ``Store.Entry``."""

        key: builtins.str = ""
        value: schema.Anything | None = None

        @builtins.classmethod
        def __capnsafe_schema__(cls) -> schema.Types[Store.Entry.Builder, Store.Entry.Reader]:
            """Return the sections of the struct, its builder and its reader."""
            return 0, 2, Store.Entry.Builder, Store.Entry.Reader

        class Reader(schema.GeneratedReader["Store.Entry"]):
            """Reads ``Store.Entry``."""

            __slots__ = ()

            @builtins.property
            def key(self) -> builtins.str:
                """``key :Text``."""
                return self._low.get_text(0) or ""

            def has_key(self) -> builtins.bool:
                """Return whether the pointer ``key`` is not null."""
                return not self._low.is_null(0)

            @builtins.property
            def value(self) -> schema.AnyReader:
                """``value :AnyPointer``."""
                return schema.AnyReader(self._low, 1)

            def has_value(self) -> builtins.bool:
                """Return whether the pointer ``value`` is not null."""
                return not self._low.is_null(1)

        class Builder(schema.GeneratedBuilder["Store.Entry"]):
            """Builds ``Store.Entry``."""

            __slots__ = ()

            @builtins.property
            def key(self) -> builtins.str:
                """``key :Text``."""
                return self._low.get_text(0) or ""

            @key.setter
            def key(self, value: builtins.str) -> None:
                self._low.set_text(0, value)

            def has_key(self) -> builtins.bool:
                """Return whether the pointer ``key`` is not null."""
                return not self._low.is_null(0)

            @builtins.property
            def value(self) -> schema.AnyBuilder:
                """``value :AnyPointer``."""
                return schema.AnyBuilder(self._low, 1)

            @value.setter
            def value(self, value: schema.Anything | None) -> None:
                self._assign("value", value)

            def has_value(self) -> builtins.bool:
                """Return whether the pointer ``value`` is not null."""
                return not self._low.is_null(1)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                key: builtins.str
                value: schema.Anything | None

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    VERSION: typing.ClassVar[builtins.int] = 3


class Empty:
    """The interface ``Empty``."""


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Pointers(schema.StructValue):
    """The struct ``Pointers``."""

    any: schema.Anything | None = None
    any_struct: schema.AnyStruct | None = None
    any_list: schema.AnyList | None = None
    capability: builtins.int | None = None
    store: builtins.int | None = None
    stores: builtins.list[builtins.int | None] = dataclasses.field(default_factory=builtins.list)
    entry: Store.Entry | None = None
    day: shared_capnp.Date | None = dataclasses.field(
        default_factory=lambda: Pointers._layout.initial("day"),
    )
    season: shared_capnp.Date.Season = dataclasses.field(
        default_factory=lambda: Pointers._layout.initial("season"),
    )
    text_box: shared_capnp.Box[builtins.str] | None = None
    point_box: shared_capnp.Box[Point] | None = None
    boxes: builtins.list[shared_capnp.Box[Point]] = dataclasses.field(default_factory=builtins.list)
    points: builtins.list[Point] = dataclasses.field(
        default_factory=lambda: Pointers._layout.initial("points"),
    )
    grid: builtins.list[builtins.list[builtins.float]] = dataclasses.field(
        default_factory=lambda: Pointers._layout.initial("grid"),
    )
    colours: builtins.list[Colour] = dataclasses.field(
        default_factory=lambda: Pointers._layout.initial("colours"),
    )
    bits: builtins.list[builtins.bool] = dataclasses.field(
        default_factory=lambda: Pointers._layout.initial("bits"),
    )
    days: builtins.list[shared_capnp.Date] = dataclasses.field(default_factory=builtins.list)
    lengths: builtins.list[builtins.list[Point]] = dataclasses.field(default_factory=builtins.list)
    names: builtins.list[builtins.list[builtins.str]] = dataclasses.field(
        default_factory=builtins.list,
    )
    voids: builtins.list[None] = dataclasses.field(default_factory=builtins.list)
    more: builtins.list[builtins.list[Colour]] = dataclasses.field(default_factory=builtins.list)

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Pointers.Builder, Pointers.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 20, Pointers.Builder, Pointers.Reader

    class Reader(schema.GeneratedReader["Pointers"]):
        """Reads ``Pointers``."""

        __slots__ = ()

        @builtins.property
        def any(self) -> schema.AnyReader:
            """``any :AnyPointer``."""
            return schema.AnyReader(self._low, 0)

        def has_any(self) -> builtins.bool:
            """Return whether the pointer ``any`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def any_struct(self) -> schema.AnyStructReader:
            """``anyStruct :AnyStruct``."""
            return schema.AnyStructReader(self._low, 1)

        def has_any_struct(self) -> builtins.bool:
            """Return whether the pointer ``anyStruct`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def any_list(self) -> schema.AnyListReader:
            """``anyList :AnyList``."""
            return schema.AnyListReader(self._low, 2)

        def has_any_list(self) -> builtins.bool:
            """Return whether the pointer ``anyList`` is not null."""
            return not self._low.is_null(2)

        @builtins.property
        def capability(self) -> builtins.int | None:
            """``capability :Capability``."""
            return self._low.get_capability(3)

        def has_capability(self) -> builtins.bool:
            """Return whether the pointer ``capability`` is not null."""
            return not self._low.is_null(3)

        @builtins.property
        def store(self) -> builtins.int | None:
            """``store :Store``."""
            return self._low.get_capability(4)

        def has_store(self) -> builtins.bool:
            """Return whether the pointer ``store`` is not null."""
            return not self._low.is_null(4)

        @builtins.property
        def stores(self) -> schema.Items[builtins.int | None]:
            """``stores :List(Store)``."""
            return schema.PointerItems(
                self._low.get_pointer_list(5),
                lambda low, at: low.get_capability(at),
            )

        def has_stores(self) -> builtins.bool:
            """Return whether the pointer ``stores`` is not null."""
            return not self._low.is_null(5)

        @builtins.property
        def entry(self) -> Store.Entry.Reader:
            """``entry :Store.Entry``."""
            return Store.Entry.Reader(self._low.get_struct(6) or schema.NO_STRUCT)

        def has_entry(self) -> builtins.bool:
            """Return whether the pointer ``entry`` is not null."""
            return not self._low.is_null(6)

        @builtins.property
        def day(self) -> shared_capnp.Date.Reader:
            """``day :Date``."""
            return shared_capnp.Date.Reader(
                self._low.get_struct(7, default=_POINTERS_DAY.struct()) or schema.NO_STRUCT,
            )

        def has_day(self) -> builtins.bool:
            """Return whether the pointer ``day`` is not null."""
            return not self._low.is_null(7)

        @builtins.property
        def season(self) -> shared_capnp.Date.Season:
            """``season :Date.Season``."""
            return shared_capnp.Date.Season.BY_VALUE[self._low._integer(_uint16, 0, 3)]

        @builtins.property
        def text_box(self) -> shared_capnp.Box.Reader[builtins.str, builtins.str]:
            """``textBox :Box``."""
            found: shared_capnp.Box.Reader[builtins.str, builtins.str] = self._open("text_box")
            return found

        def has_text_box(self) -> builtins.bool:
            """Return whether the pointer ``textBox`` is not null."""
            return not self._low.is_null(8)

        @builtins.property
        def point_box(self) -> shared_capnp.Box.Reader[Point, Point.Reader]:
            """``pointBox :Box``."""
            found: shared_capnp.Box.Reader[Point, Point.Reader] = self._open("point_box")
            return found

        def has_point_box(self) -> builtins.bool:
            """Return whether the pointer ``pointBox`` is not null."""
            return not self._low.is_null(9)

        @builtins.property
        def boxes(self) -> schema.Items[shared_capnp.Box.Reader[Point, Point.Reader]]:
            """``boxes :List(Box)``."""
            found: schema.Items[shared_capnp.Box.Reader[Point, Point.Reader]] = self._open("boxes")
            return found

        def has_boxes(self) -> builtins.bool:
            """Return whether the pointer ``boxes`` is not null."""
            return not self._low.is_null(10)

        @builtins.property
        def points(self) -> schema.Items[Point.Reader]:
            """``points :List(Point)``."""
            return schema.StructItems(
                self._low.get_struct_list(11, default=_POINTERS_POINTS.structs()),
                Point.Reader,
            )

        def has_points(self) -> builtins.bool:
            """Return whether the pointer ``points`` is not null."""
            return not self._low.is_null(11)

        @builtins.property
        def grid(self) -> schema.Items[schema.Numbers[builtins.float]]:
            """``grid :List(List(Float32))``."""
            return schema.PointerItems(
                self._low.get_pointer_list(12, default=_POINTERS_GRID.pointers()),
                lambda low, at: schema.floats(low.get_list(at, _float32)),
            )

        def has_grid(self) -> builtins.bool:
            """Return whether the pointer ``grid`` is not null."""
            return not self._low.is_null(12)

        @builtins.property
        def colours(self) -> schema.Items[Colour]:
            """``colours :List(Colour)``."""
            return schema.EnumItems(
                self._low.get_list(13, _uint16, default=_POINTERS_COLOURS.numbers(_uint16)),
                Colour.BY_VALUE,
            )

        def has_colours(self) -> builtins.bool:
            """Return whether the pointer ``colours`` is not null."""
            return not self._low.is_null(13)

        @builtins.property
        def bits(self) -> schema.Numbers[builtins.bool]:
            """``bits :List(Bool)``."""
            return schema.bools(
                self._low.get_list(14, _bool, default=_POINTERS_BITS.numbers(_bool)),
            )

        def has_bits(self) -> builtins.bool:
            """Return whether the pointer ``bits`` is not null."""
            return not self._low.is_null(14)

        @builtins.property
        def days(self) -> schema.Items[shared_capnp.Date.Reader]:
            """``days :List(Date)``."""
            return schema.StructItems(self._low.get_struct_list(15), shared_capnp.Date.Reader)

        def has_days(self) -> builtins.bool:
            """Return whether the pointer ``days`` is not null."""
            return not self._low.is_null(15)

        @builtins.property
        def lengths(self) -> schema.Items[schema.Items[Point.Reader]]:
            """``lengths :List(List(Point))``."""
            return schema.PointerItems(
                self._low.get_pointer_list(16),
                lambda low, at: schema.StructItems(low.get_struct_list(at), Point.Reader),
            )

        def has_lengths(self) -> builtins.bool:
            """Return whether the pointer ``lengths`` is not null."""
            return not self._low.is_null(16)

        @builtins.property
        def names(self) -> schema.Items[schema.Items[builtins.str]]:
            """``names :List(List(Text))``."""
            return schema.PointerItems(
                self._low.get_pointer_list(17),
                lambda low, at: schema.PointerItems(low.get_pointer_list(at), schema.text_at),
            )

        def has_names(self) -> builtins.bool:
            """Return whether the pointer ``names`` is not null."""
            return not self._low.is_null(17)

        @builtins.property
        def voids(self) -> schema.Numbers[None]:
            """``voids :List(Void)``."""
            return schema.voids(self._low.get_list(18, _void))

        def has_voids(self) -> builtins.bool:
            """Return whether the pointer ``voids`` is not null."""
            return not self._low.is_null(18)

        @builtins.property
        def more(self) -> schema.Items[schema.Items[Colour]]:
            """``more :List(List(Colour))``."""
            return schema.PointerItems(
                self._low.get_pointer_list(19),
                lambda low, at: schema.EnumItems(low.get_list(at, _uint16), Colour.BY_VALUE),
            )

        def has_more(self) -> builtins.bool:
            """Return whether the pointer ``more`` is not null."""
            return not self._low.is_null(19)

    class Builder(schema.GeneratedBuilder["Pointers"]):
        """Builds ``Pointers``."""

        __slots__ = ()

        @builtins.property
        def any(self) -> schema.AnyBuilder:
            """``any :AnyPointer``."""
            return schema.AnyBuilder(self._low, 0)

        @any.setter
        def any(self, value: schema.Anything | None) -> None:
            self._assign("any", value)

        def has_any(self) -> builtins.bool:
            """Return whether the pointer ``any`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def any_struct(self) -> schema.AnyStructBuilder:
            """``anyStruct :AnyStruct``."""
            return schema.AnyStructBuilder(self._low, 1)

        @any_struct.setter
        def any_struct(self, value: schema.AnyStruct | None) -> None:
            self._assign("any_struct", value)

        def has_any_struct(self) -> builtins.bool:
            """Return whether the pointer ``anyStruct`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def any_list(self) -> schema.AnyListBuilder:
            """``anyList :AnyList``."""
            return schema.AnyListBuilder(self._low, 2)

        @any_list.setter
        def any_list(self, value: schema.AnyList | None) -> None:
            self._assign("any_list", value)

        def has_any_list(self) -> builtins.bool:
            """Return whether the pointer ``anyList`` is not null."""
            return not self._low.is_null(2)

        @builtins.property
        def capability(self) -> builtins.int | None:
            """``capability :Capability``."""
            return self._low.get_capability(3)

        @capability.setter
        def capability(self, value: builtins.int | None) -> None:
            self._assign("capability", value)

        def has_capability(self) -> builtins.bool:
            """Return whether the pointer ``capability`` is not null."""
            return not self._low.is_null(3)

        @builtins.property
        def store(self) -> builtins.int | None:
            """``store :Store``."""
            return self._low.get_capability(4)

        @store.setter
        def store(self, value: builtins.int | None) -> None:
            self._assign("store", value)

        def has_store(self) -> builtins.bool:
            """Return whether the pointer ``store`` is not null."""
            return not self._low.is_null(4)

        @builtins.property
        def stores(self) -> schema.ItemsBuilder[builtins.int | None, builtins.int | None]:
            """``stores :List(Store)``."""
            return schema.PointerItemsBuilder(
                self._low.get_pointer_list(5),
                lambda low, at: low.get_capability(at),
                schema.CAPABILITY,
            )

        @stores.setter
        def stores(self, value: typing.Iterable[builtins.int | None]) -> None:
            self._assign("stores", value)

        def has_stores(self) -> builtins.bool:
            """Return whether the pointer ``stores`` is not null."""
            return not self._low.is_null(5)

        def init_stores(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[builtins.int | None, builtins.int | None]:
            """Build a list of ``count`` zeroed items as ``stores``."""
            return schema.PointerItemsBuilder(
                self._low.init_pointer_list(5, count),
                lambda low, at: low.get_capability(at),
                schema.CAPABILITY,
            )

        @builtins.property
        def entry(self) -> Store.Entry.Builder:
            """``entry :Store.Entry``."""
            return Store.Entry.Builder(
                self._low.get_struct(6, 0, 2) or self._low.init_struct(6, 0, 2),
            )

        @entry.setter
        def entry(
            self,
            value: Store.Entry | Store.Entry.Reader | Store.Entry.Builder | None,
        ) -> None:
            self._assign("entry", value)

        def has_entry(self) -> builtins.bool:
            """Return whether the pointer ``entry`` is not null."""
            return not self._low.is_null(6)

        def init_entry(self) -> Store.Entry.Builder:
            """Build a zeroed struct as ``entry``."""
            return Store.Entry.Builder(self._low.init_struct(6, 0, 2))

        @builtins.property
        def day(self) -> shared_capnp.Date.Builder:
            """``day :Date``."""
            return shared_capnp.Date.Builder(
                self._low.get_struct(7, 1, 0, default=_POINTERS_DAY.struct())
                or self._low.init_struct(7, 1, 0),
            )

        @day.setter
        def day(
            self,
            value: shared_capnp.Date | shared_capnp.Date.Reader | shared_capnp.Date.Builder | None,
        ) -> None:
            self._assign("day", value)

        def has_day(self) -> builtins.bool:
            """Return whether the pointer ``day`` is not null."""
            return not self._low.is_null(7)

        def init_day(self) -> shared_capnp.Date.Builder:
            """Build a zeroed struct as ``day``."""
            return shared_capnp.Date.Builder(self._low.init_struct(7, 1, 0))

        @builtins.property
        def season(self) -> shared_capnp.Date.Season:
            """``season :Date.Season``."""
            return shared_capnp.Date.Season.BY_VALUE[self._low._take_integer(_uint16, 0, 3)]

        @season.setter
        def season(self, value: shared_capnp.Date.Season) -> None:
            self._low._put_integer(_uint16, 0, value, 3)

        @builtins.property
        def text_box(self) -> shared_capnp.Box.Builder[builtins.str, builtins.str, builtins.str]:
            """``textBox :Box``."""
            found: shared_capnp.Box.Builder[builtins.str, builtins.str, builtins.str] = self._open(
                "text_box",
            )
            return found

        @text_box.setter
        def text_box(
            self,
            value: shared_capnp.Box[builtins.str]
            | shared_capnp.Box.Reader[builtins.str, builtins.str]
            | shared_capnp.Box.Builder[builtins.str, builtins.str, builtins.str]
            | None,
        ) -> None:
            self._assign("text_box", value)

        def has_text_box(self) -> builtins.bool:
            """Return whether the pointer ``textBox`` is not null."""
            return not self._low.is_null(8)

        def init_text_box(
            self,
        ) -> shared_capnp.Box.Builder[builtins.str, builtins.str, builtins.str]:
            """Build a zeroed struct as ``textBox``."""
            found: shared_capnp.Box.Builder[builtins.str, builtins.str, builtins.str] = self._init(
                "text_box",
            )
            return found

        @builtins.property
        def point_box(
            self,
        ) -> shared_capnp.Box.Builder[Point, Point.Builder, Point | Point.Reader | Point.Builder]:
            """``pointBox :Box``."""
            found: shared_capnp.Box.Builder[
                Point,
                Point.Builder,
                Point | Point.Reader | Point.Builder,
            ] = self._open("point_box")
            return found

        @point_box.setter
        def point_box(
            self,
            value: shared_capnp.Box[Point]
            | shared_capnp.Box.Reader[Point, Point.Reader]
            | shared_capnp.Box.Builder[Point, Point.Builder, Point | Point.Reader | Point.Builder]
            | None,
        ) -> None:
            self._assign("point_box", value)

        def has_point_box(self) -> builtins.bool:
            """Return whether the pointer ``pointBox`` is not null."""
            return not self._low.is_null(9)

        def init_point_box(
            self,
        ) -> shared_capnp.Box.Builder[Point, Point.Builder, Point | Point.Reader | Point.Builder]:
            """Build a zeroed struct as ``pointBox``."""
            found: shared_capnp.Box.Builder[
                Point,
                Point.Builder,
                Point | Point.Reader | Point.Builder,
            ] = self._init("point_box")
            return found

        @builtins.property
        def boxes(
            self,
        ) -> schema.ItemsBuilder[
            shared_capnp.Box.Builder[Point, Point.Builder, Point | Point.Reader | Point.Builder],
            shared_capnp.Box[Point],
        ]:
            """``boxes :List(Box)``."""
            found: schema.ItemsBuilder[
                shared_capnp.Box.Builder[
                    Point,
                    Point.Builder,
                    Point | Point.Reader | Point.Builder,
                ],
                shared_capnp.Box[Point],
            ] = self._open("boxes")
            return found

        @boxes.setter
        def boxes(
            self,
            value: typing.Iterable[
                shared_capnp.Box[Point]
                | shared_capnp.Box.Reader[Point, Point.Reader]
                | shared_capnp.Box.Builder[
                    Point,
                    Point.Builder,
                    Point | Point.Reader | Point.Builder,
                ]
            ],
        ) -> None:
            self._assign("boxes", value)

        def has_boxes(self) -> builtins.bool:
            """Return whether the pointer ``boxes`` is not null."""
            return not self._low.is_null(10)

        def init_boxes(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[
            shared_capnp.Box.Builder[Point, Point.Builder, Point | Point.Reader | Point.Builder],
            shared_capnp.Box[Point],
        ]:
            """Build a list of ``count`` zeroed items as ``boxes``."""
            found: schema.ItemsBuilder[
                shared_capnp.Box.Builder[
                    Point,
                    Point.Builder,
                    Point | Point.Reader | Point.Builder,
                ],
                shared_capnp.Box[Point],
            ] = self._init("boxes", count)
            return found

        @builtins.property
        def points(self) -> schema.ItemsBuilder[Point.Builder, Point]:
            """``points :List(Point)``."""
            return schema.StructItemsBuilder(
                self._low.get_struct_list(11, 1, 0, default=_POINTERS_POINTS.structs()),
                Point,
            )

        @points.setter
        def points(self, value: typing.Iterable[Point | Point.Reader | Point.Builder]) -> None:
            self._assign("points", value)

        def has_points(self) -> builtins.bool:
            """Return whether the pointer ``points`` is not null."""
            return not self._low.is_null(11)

        def init_points(self, count: builtins.int) -> schema.ItemsBuilder[Point.Builder, Point]:
            """Build a list of ``count`` zeroed items as ``points``."""
            return schema.StructItemsBuilder(self._low.init_struct_list(11, count, 1, 0), Point)

        @builtins.property
        def grid(
            self,
        ) -> schema.ItemsBuilder[
            schema.NumbersBuilder[builtins.float],
            typing.Iterable[builtins.float],
        ]:
            """``grid :List(List(Float32))``."""
            return schema.PointerItemsBuilder(
                self._low.get_pointer_list(12, default=_POINTERS_GRID.pointers()),
                lambda low, at: schema.floats(low.get_list(at, _float32)),
                schema.list_of(schema.FLOAT32),
            )

        @grid.setter
        def grid(self, value: typing.Iterable[typing.Iterable[builtins.float]]) -> None:
            self._assign("grid", value)

        def has_grid(self) -> builtins.bool:
            """Return whether the pointer ``grid`` is not null."""
            return not self._low.is_null(12)

        def init_grid(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[
            schema.NumbersBuilder[builtins.float],
            typing.Iterable[builtins.float],
        ]:
            """Build a list of ``count`` zeroed items as ``grid``."""
            return schema.PointerItemsBuilder(
                self._low.init_pointer_list(12, count),
                lambda low, at: schema.floats(low.get_list(at, _float32)),
                schema.list_of(schema.FLOAT32),
            )

        @builtins.property
        def colours(self) -> schema.ItemsBuilder[Colour, Colour]:
            """``colours :List(Colour)``."""
            return schema.EnumItemsBuilder(
                self._low.get_list(13, _uint16, default=_POINTERS_COLOURS.numbers(_uint16)),
                Colour.BY_VALUE,
            )

        @colours.setter
        def colours(self, value: typing.Iterable[Colour]) -> None:
            self._assign("colours", value)

        def has_colours(self) -> builtins.bool:
            """Return whether the pointer ``colours`` is not null."""
            return not self._low.is_null(13)

        def init_colours(self, count: builtins.int) -> schema.ItemsBuilder[Colour, Colour]:
            """Build a list of ``count`` zeroed items as ``colours``."""
            return schema.EnumItemsBuilder(self._low.init_list(13, _uint16, count), Colour.BY_VALUE)

        @builtins.property
        def bits(self) -> schema.NumbersBuilder[builtins.bool]:
            """``bits :List(Bool)``."""
            return schema.bools(
                self._low.get_list(14, _bool, default=_POINTERS_BITS.numbers(_bool)),
            )

        @bits.setter
        def bits(self, value: typing.Iterable[builtins.bool]) -> None:
            self._assign("bits", value)

        def has_bits(self) -> builtins.bool:
            """Return whether the pointer ``bits`` is not null."""
            return not self._low.is_null(14)

        def init_bits(self, count: builtins.int) -> schema.NumbersBuilder[builtins.bool]:
            """Build a list of ``count`` zeroed items as ``bits``."""
            return schema.bools(self._low.init_list(14, _bool, count))

        @builtins.property
        def days(self) -> schema.ItemsBuilder[shared_capnp.Date.Builder, shared_capnp.Date]:
            """``days :List(Date)``."""
            return schema.StructItemsBuilder(self._low.get_struct_list(15, 1, 0), shared_capnp.Date)

        @days.setter
        def days(
            self,
            value: typing.Iterable[
                shared_capnp.Date | shared_capnp.Date.Reader | shared_capnp.Date.Builder
            ],
        ) -> None:
            self._assign("days", value)

        def has_days(self) -> builtins.bool:
            """Return whether the pointer ``days`` is not null."""
            return not self._low.is_null(15)

        def init_days(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[shared_capnp.Date.Builder, shared_capnp.Date]:
            """Build a list of ``count`` zeroed items as ``days``."""
            return schema.StructItemsBuilder(
                self._low.init_struct_list(15, count, 1, 0),
                shared_capnp.Date,
            )

        @builtins.property
        def lengths(
            self,
        ) -> schema.ItemsBuilder[
            schema.ItemsBuilder[Point.Builder, Point],
            typing.Iterable[Point | Point.Reader | Point.Builder],
        ]:
            """``lengths :List(List(Point))``."""
            return schema.PointerItemsBuilder(
                self._low.get_pointer_list(16),
                lambda low, at: schema.StructItemsBuilder(low.get_struct_list(at, 1, 0), Point),
                schema.list_of(schema.StructKind(lambda: Point)),
            )

        @lengths.setter
        def lengths(
            self,
            value: typing.Iterable[typing.Iterable[Point | Point.Reader | Point.Builder]],
        ) -> None:
            self._assign("lengths", value)

        def has_lengths(self) -> builtins.bool:
            """Return whether the pointer ``lengths`` is not null."""
            return not self._low.is_null(16)

        def init_lengths(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[
            schema.ItemsBuilder[Point.Builder, Point],
            typing.Iterable[Point | Point.Reader | Point.Builder],
        ]:
            """Build a list of ``count`` zeroed items as ``lengths``."""
            return schema.PointerItemsBuilder(
                self._low.init_pointer_list(16, count),
                lambda low, at: schema.StructItemsBuilder(low.get_struct_list(at, 1, 0), Point),
                schema.list_of(schema.StructKind(lambda: Point)),
            )

        @builtins.property
        def names(
            self,
        ) -> schema.ItemsBuilder[
            schema.ItemsBuilder[builtins.str, builtins.str],
            typing.Iterable[builtins.str],
        ]:
            """``names :List(List(Text))``."""
            return schema.PointerItemsBuilder(
                self._low.get_pointer_list(17),
                lambda low, at: schema.PointerItemsBuilder(
                    low.get_pointer_list(at),
                    schema.text_at,
                    schema.TEXT,
                ),
                schema.list_of(schema.TEXT),
            )

        @names.setter
        def names(self, value: typing.Iterable[typing.Iterable[builtins.str]]) -> None:
            self._assign("names", value)

        def has_names(self) -> builtins.bool:
            """Return whether the pointer ``names`` is not null."""
            return not self._low.is_null(17)

        def init_names(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[
            schema.ItemsBuilder[builtins.str, builtins.str],
            typing.Iterable[builtins.str],
        ]:
            """Build a list of ``count`` zeroed items as ``names``."""
            return schema.PointerItemsBuilder(
                self._low.init_pointer_list(17, count),
                lambda low, at: schema.PointerItemsBuilder(
                    low.get_pointer_list(at),
                    schema.text_at,
                    schema.TEXT,
                ),
                schema.list_of(schema.TEXT),
            )

        @builtins.property
        def voids(self) -> schema.NumbersBuilder[None]:
            """``voids :List(Void)``."""
            return schema.voids(self._low.get_list(18, _void))

        @voids.setter
        def voids(self, value: typing.Iterable[None]) -> None:
            self._assign("voids", value)

        def has_voids(self) -> builtins.bool:
            """Return whether the pointer ``voids`` is not null."""
            return not self._low.is_null(18)

        def init_voids(self, count: builtins.int) -> schema.NumbersBuilder[None]:
            """Build a list of ``count`` zeroed items as ``voids``."""
            return schema.voids(self._low.init_list(18, _void, count))

        @builtins.property
        def more(
            self,
        ) -> schema.ItemsBuilder[schema.ItemsBuilder[Colour, Colour], typing.Iterable[Colour]]:
            """``more :List(List(Colour))``."""
            return schema.PointerItemsBuilder(
                self._low.get_pointer_list(19),
                lambda low, at: schema.EnumItemsBuilder(low.get_list(at, _uint16), Colour.BY_VALUE),
                schema.list_of(schema.EnumKind(lambda: Colour)),
            )

        @more.setter
        def more(self, value: typing.Iterable[typing.Iterable[Colour]]) -> None:
            self._assign("more", value)

        def has_more(self) -> builtins.bool:
            """Return whether the pointer ``more`` is not null."""
            return not self._low.is_null(19)

        def init_more(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[schema.ItemsBuilder[Colour, Colour], typing.Iterable[Colour]]:
            """Build a list of ``count`` zeroed items as ``more``."""
            return schema.PointerItemsBuilder(
                self._low.init_pointer_list(19, count),
                lambda low, at: schema.EnumItemsBuilder(low.get_list(at, _uint16), Colour.BY_VALUE),
                schema.list_of(schema.EnumKind(lambda: Colour)),
            )

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            any: schema.Anything | None
            any_struct: schema.AnyStruct | None
            any_list: schema.AnyList | None
            capability: builtins.int | None
            store: builtins.int | None
            stores: typing.Iterable[builtins.int | None]
            entry: Store.Entry | Store.Entry.Reader | Store.Entry.Builder | None
            day: shared_capnp.Date | shared_capnp.Date.Reader | shared_capnp.Date.Builder | None
            season: shared_capnp.Date.Season
            text_box: (
                shared_capnp.Box[builtins.str]
                | shared_capnp.Box.Reader[builtins.str, builtins.str]
                | shared_capnp.Box.Builder[builtins.str, builtins.str, builtins.str]
                | None
            )
            point_box: (
                shared_capnp.Box[Point]
                | shared_capnp.Box.Reader[Point, Point.Reader]
                | shared_capnp.Box.Builder[
                    Point,
                    Point.Builder,
                    Point | Point.Reader | Point.Builder,
                ]
                | None
            )
            boxes: typing.Iterable[
                shared_capnp.Box[Point]
                | shared_capnp.Box.Reader[Point, Point.Reader]
                | shared_capnp.Box.Builder[
                    Point,
                    Point.Builder,
                    Point | Point.Reader | Point.Builder,
                ]
            ]
            points: typing.Iterable[Point | Point.Reader | Point.Builder]
            grid: typing.Iterable[typing.Iterable[builtins.float]]
            colours: typing.Iterable[Colour]
            bits: typing.Iterable[builtins.bool]
            days: typing.Iterable[
                shared_capnp.Date | shared_capnp.Date.Reader | shared_capnp.Date.Builder
            ]
            lengths: typing.Iterable[typing.Iterable[Point | Point.Reader | Point.Builder]]
            names: typing.Iterable[typing.Iterable[builtins.str]]
            voids: typing.Iterable[None]
            more: typing.Iterable[typing.Iterable[Colour]]

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Choice(schema.UnionValue):
    """The struct ``Choice``."""

    common: builtins.int = 0
    name: builtins.str | schema.UnsetType = schema.UNSET
    number: builtins.int | schema.UnsetType = schema.UNSET
    flag: builtins.bool | schema.UnsetType = schema.UNSET
    point: Point | schema.UnsetType | None = schema.UNSET
    points: builtins.list[Point] | schema.UnsetType = schema.UNSET
    numbers: builtins.list[builtins.int] | schema.UnsetType = schema.UNSET
    texts: builtins.list[builtins.str] | schema.UnsetType = schema.UNSET
    any: schema.Anything | schema.UnsetType | None = schema.UNSET
    nothing: schema.UnsetType | None = schema.UNSET
    colour: Colour | schema.UnsetType = schema.UNSET
    day: shared_capnp.Date | schema.UnsetType | None = schema.UNSET
    real: builtins.float | schema.UnsetType = schema.UNSET
    data: builtins.bytes | schema.UnsetType = schema.UNSET
    store: builtins.int | schema.UnsetType | None = schema.UNSET
    pair: Choice.Pair | schema.UnsetType = schema.UNSET

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Pair(schema.UnionValue):
        """The group ``Choice.Pair``."""

        left: builtins.str = ""
        right: builtins.int = 9
        inner: builtins.int | schema.UnsetType = schema.UNSET
        outer: builtins.str | schema.UnsetType = schema.UNSET

        MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Choice_Pair_Which]] = {
            0: "inner",
            1: "outer",
        }

        def which(self) -> Choice_Pair_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Choice.Pair.MEMBERS.get(self._member())

        class Reader(schema.GeneratedReader["Choice.Pair"]):
            """Reads ``Choice.Pair``."""

            __slots__ = ()

            @builtins.property
            def left(self) -> builtins.str:
                """``left :Text``."""
                return self._low.get_text(0) or ""

            def has_left(self) -> builtins.bool:
                """Return whether the pointer ``left`` is not null."""
                return not self._low.is_null(0)

            @builtins.property
            def right(self) -> builtins.int:
                """``right :UInt32``."""
                return self._low.get_uint32(2, default=9)

            @builtins.property
            def inner(self) -> builtins.int:
                """``inner :UInt8``."""
                if self._low.get_uint16(7) != 0:
                    raise self._unset("inner")
                return self._low.get_uint8(12)

            @builtins.property
            def outer(self) -> builtins.str:
                """``outer :Text``."""
                if self._low.get_uint16(7) != 1:
                    raise self._unset("outer")
                return self._low.get_text(1) or ""

            def has_outer(self) -> builtins.bool:
                """Return whether the pointer ``outer`` is not null."""
                return self._low.get_uint16(7) == 1 and not self._low.is_null(1)

            def which(self) -> Choice_Pair_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Choice.Pair.MEMBERS.get(self._low.get_uint16(7))

        class Builder(schema.GeneratedBuilder["Choice.Pair"]):
            """Builds ``Choice.Pair``."""

            __slots__ = ()

            @builtins.property
            def left(self) -> builtins.str:
                """``left :Text``."""
                return self._low.get_text(0) or ""

            @left.setter
            def left(self, value: builtins.str) -> None:
                self._low.set_text(0, value)

            def has_left(self) -> builtins.bool:
                """Return whether the pointer ``left`` is not null."""
                return not self._low.is_null(0)

            @builtins.property
            def right(self) -> builtins.int:
                """``right :UInt32``."""
                return self._low.get_uint32(2, default=9)

            @right.setter
            def right(self, value: builtins.int) -> None:
                self._low._put_integer(_uint32, 2, value, 9)

            @builtins.property
            def inner(self) -> builtins.int:
                """``inner :UInt8``."""
                if self._low.get_uint16(7) != 0:
                    raise self._unset("inner")
                return self._low.get_uint8(12)

            @inner.setter
            def inner(self, value: builtins.int) -> None:
                self._select("inner", value)

            @builtins.property
            def outer(self) -> builtins.str:
                """``outer :Text``."""
                if self._low.get_uint16(7) != 1:
                    raise self._unset("outer")
                return self._low.get_text(1) or ""

            @outer.setter
            def outer(self, value: builtins.str) -> None:
                self._select("outer", value)

            def has_outer(self) -> builtins.bool:
                """Return whether the pointer ``outer`` is not null."""
                return self._low.get_uint16(7) == 1 and not self._low.is_null(1)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                left: builtins.str
                right: builtins.int
                inner: builtins.int
                outer: builtins.str

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

            def which(self) -> Choice_Pair_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Choice.Pair.MEMBERS.get(self._low.get_uint16(7))

    MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Choice_Which]] = {
        0: "name",
        1: "number",
        2: "flag",
        3: "point",
        4: "points",
        5: "numbers",
        6: "texts",
        7: "any",
        8: "nothing",
        9: "colour",
        10: "day",
        11: "real",
        12: "data",
        13: "store",
        14: "pair",
    }

    def which(self) -> Choice_Which | None:
        """Return the member that is set, or ``None`` for one of a newer schema."""
        return Choice.MEMBERS.get(self._member())

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Choice.Builder, Choice.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 2, 2, Choice.Builder, Choice.Reader

    class Reader(schema.GeneratedReader["Choice"]):
        """Reads ``Choice``."""

        __slots__ = ()

        @builtins.property
        def common(self) -> builtins.int:
            """``common :UInt8``."""
            return self._low.get_uint8(0)

        @builtins.property
        def name(self) -> builtins.str:
            """``name :Text``."""
            if self._low.get_uint16(1) != 0:
                raise self._unset("name")
            return self._low.get_text(0, default="nobody")

        def has_name(self) -> builtins.bool:
            """Return whether the pointer ``name`` is not null."""
            return self._low.get_uint16(1) == 0 and not self._low.is_null(0)

        @builtins.property
        def number(self) -> builtins.int:
            """``number :Int64``."""
            if self._low.get_uint16(1) != 1:
                raise self._unset("number")
            return self._low.get_int64(1, default=-7)

        @builtins.property
        def flag(self) -> builtins.bool:
            """``flag :Bool``."""
            if self._low.get_uint16(1) != 2:
                raise self._unset("flag")
            return self._low.get_bool(64)

        @builtins.property
        def point(self) -> Point.Reader:
            """``point :Point``."""
            if self._low.get_uint16(1) != 3:
                raise self._unset("point")
            return Point.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

        def has_point(self) -> builtins.bool:
            """Return whether the pointer ``point`` is not null."""
            return self._low.get_uint16(1) == 3 and not self._low.is_null(0)

        @builtins.property
        def points(self) -> schema.Items[Point.Reader]:
            """``points :List(Point)``."""
            if self._low.get_uint16(1) != 4:
                raise self._unset("points")
            return schema.StructItems(self._low.get_struct_list(0), Point.Reader)

        def has_points(self) -> builtins.bool:
            """Return whether the pointer ``points`` is not null."""
            return self._low.get_uint16(1) == 4 and not self._low.is_null(0)

        @builtins.property
        def numbers(self) -> schema.Numbers[builtins.int]:
            """``numbers :List(UInt16)``."""
            if self._low.get_uint16(1) != 5:
                raise self._unset("numbers")
            return schema.ints(self._low.get_list(0, _uint16))

        def has_numbers(self) -> builtins.bool:
            """Return whether the pointer ``numbers`` is not null."""
            return self._low.get_uint16(1) == 5 and not self._low.is_null(0)

        @builtins.property
        def texts(self) -> schema.Items[builtins.str]:
            """``texts :List(Text)``."""
            if self._low.get_uint16(1) != 6:
                raise self._unset("texts")
            return schema.PointerItems(self._low.get_pointer_list(0), schema.text_at)

        def has_texts(self) -> builtins.bool:
            """Return whether the pointer ``texts`` is not null."""
            return self._low.get_uint16(1) == 6 and not self._low.is_null(0)

        @builtins.property
        def any(self) -> schema.AnyReader:
            """``any :AnyPointer``."""
            if self._low.get_uint16(1) != 7:
                raise self._unset("any")
            return schema.AnyReader(self._low, 0)

        def has_any(self) -> builtins.bool:
            """Return whether the pointer ``any`` is not null."""
            return self._low.get_uint16(1) == 7 and not self._low.is_null(0)

        @builtins.property
        def nothing(self) -> None:
            """``nothing :Void``."""
            if self._low.get_uint16(1) != 8:
                raise self._unset("nothing")
            return None

        @builtins.property
        def colour(self) -> Colour:
            """``colour :Colour``."""
            if self._low.get_uint16(1) != 9:
                raise self._unset("colour")
            return Colour.BY_VALUE[self._low._integer(_uint16, 4, 1)]

        @builtins.property
        def day(self) -> shared_capnp.Date.Reader:
            """``day :Date``."""
            if self._low.get_uint16(1) != 10:
                raise self._unset("day")
            return shared_capnp.Date.Reader(
                self._low.get_struct(0, default=_CHOICE_DAY.struct()) or schema.NO_STRUCT,
            )

        def has_day(self) -> builtins.bool:
            """Return whether the pointer ``day`` is not null."""
            return self._low.get_uint16(1) == 10 and not self._low.is_null(0)

        @builtins.property
        def real(self) -> builtins.float:
            """``real :Float32``."""
            if self._low.get_uint16(1) != 11:
                raise self._unset("real")
            return self._low.get_float32(2, default=1.5)

        @builtins.property
        def data(self) -> builtins.bytes:
            """``data :Data``."""
            if self._low.get_uint16(1) != 12:
                raise self._unset("data")
            return self._low.get_data(0) or b""

        def has_data(self) -> builtins.bool:
            """Return whether the pointer ``data`` is not null."""
            return self._low.get_uint16(1) == 12 and not self._low.is_null(0)

        @builtins.property
        def store(self) -> builtins.int | None:
            """``store :Store``."""
            if self._low.get_uint16(1) != 13:
                raise self._unset("store")
            return self._low.get_capability(0)

        def has_store(self) -> builtins.bool:
            """Return whether the pointer ``store`` is not null."""
            return self._low.get_uint16(1) == 13 and not self._low.is_null(0)

        @builtins.property
        def pair(self) -> Choice.Pair.Reader:
            """The group ``pair``."""
            if self._low.get_uint16(1) != 14:
                raise self._unset("pair")
            return Choice.Pair.Reader(self._low)

        def which(self) -> Choice_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Choice.MEMBERS.get(self._low.get_uint16(1))

    class Builder(schema.GeneratedBuilder["Choice"]):
        """Builds ``Choice``."""

        __slots__ = ()

        @builtins.property
        def common(self) -> builtins.int:
            """``common :UInt8``."""
            return self._low.get_uint8(0)

        @common.setter
        def common(self, value: builtins.int) -> None:
            self._low._put_integer(_uint8, 0, value, 0)

        @builtins.property
        def name(self) -> builtins.str:
            """``name :Text``."""
            if self._low.get_uint16(1) != 0:
                raise self._unset("name")
            return self._low.get_text(0, default="nobody")

        @name.setter
        def name(self, value: builtins.str) -> None:
            self._select("name", value)

        def has_name(self) -> builtins.bool:
            """Return whether the pointer ``name`` is not null."""
            return self._low.get_uint16(1) == 0 and not self._low.is_null(0)

        @builtins.property
        def number(self) -> builtins.int:
            """``number :Int64``."""
            if self._low.get_uint16(1) != 1:
                raise self._unset("number")
            return self._low.get_int64(1, default=-7)

        @number.setter
        def number(self, value: builtins.int) -> None:
            self._select("number", value)

        @builtins.property
        def flag(self) -> builtins.bool:
            """``flag :Bool``."""
            if self._low.get_uint16(1) != 2:
                raise self._unset("flag")
            return self._low.get_bool(64)

        @flag.setter
        def flag(self, value: builtins.bool) -> None:
            self._select("flag", value)

        @builtins.property
        def point(self) -> Point.Builder:
            """``point :Point``."""
            if self._low.get_uint16(1) != 3:
                raise self._unset("point")
            return Point.Builder(self._low.get_struct(0, 1, 0) or self._low.init_struct(0, 1, 0))

        @point.setter
        def point(self, value: Point | Point.Reader | Point.Builder | None) -> None:
            self._select("point", value)

        def has_point(self) -> builtins.bool:
            """Return whether the pointer ``point`` is not null."""
            return self._low.get_uint16(1) == 3 and not self._low.is_null(0)

        def init_point(self) -> Point.Builder:
            """Build a zeroed struct as ``point``."""
            return Point.Builder(self._select_blank("point"))

        @builtins.property
        def points(self) -> schema.ItemsBuilder[Point.Builder, Point]:
            """``points :List(Point)``."""
            if self._low.get_uint16(1) != 4:
                raise self._unset("points")
            return schema.StructItemsBuilder(self._low.get_struct_list(0, 1, 0), Point)

        @points.setter
        def points(self, value: typing.Iterable[Point | Point.Reader | Point.Builder]) -> None:
            self._select("points", value)

        def has_points(self) -> builtins.bool:
            """Return whether the pointer ``points`` is not null."""
            return self._low.get_uint16(1) == 4 and not self._low.is_null(0)

        def init_points(self, count: builtins.int) -> schema.ItemsBuilder[Point.Builder, Point]:
            """Build a list of ``count`` zeroed items as ``points``."""
            return schema.StructItemsBuilder(self._select_blank("points", count), Point)

        @builtins.property
        def numbers(self) -> schema.NumbersBuilder[builtins.int]:
            """``numbers :List(UInt16)``."""
            if self._low.get_uint16(1) != 5:
                raise self._unset("numbers")
            return schema.ints(self._low.get_list(0, _uint16))

        @numbers.setter
        def numbers(self, value: typing.Iterable[builtins.int]) -> None:
            self._select("numbers", value)

        def has_numbers(self) -> builtins.bool:
            """Return whether the pointer ``numbers`` is not null."""
            return self._low.get_uint16(1) == 5 and not self._low.is_null(0)

        def init_numbers(self, count: builtins.int) -> schema.NumbersBuilder[builtins.int]:
            """Build a list of ``count`` zeroed items as ``numbers``."""
            return schema.ints(self._select_blank("numbers", count))

        @builtins.property
        def texts(self) -> schema.ItemsBuilder[builtins.str, builtins.str]:
            """``texts :List(Text)``."""
            if self._low.get_uint16(1) != 6:
                raise self._unset("texts")
            return schema.PointerItemsBuilder(
                self._low.get_pointer_list(0),
                schema.text_at,
                schema.TEXT,
            )

        @texts.setter
        def texts(self, value: typing.Iterable[builtins.str]) -> None:
            self._select("texts", value)

        def has_texts(self) -> builtins.bool:
            """Return whether the pointer ``texts`` is not null."""
            return self._low.get_uint16(1) == 6 and not self._low.is_null(0)

        def init_texts(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[builtins.str, builtins.str]:
            """Build a list of ``count`` zeroed items as ``texts``."""
            return schema.PointerItemsBuilder(
                self._select_blank("texts", count),
                schema.text_at,
                schema.TEXT,
            )

        @builtins.property
        def any(self) -> schema.AnyBuilder:
            """``any :AnyPointer``."""
            if self._low.get_uint16(1) != 7:
                raise self._unset("any")
            return schema.AnyBuilder(self._low, 0)

        @any.setter
        def any(self, value: schema.Anything | None) -> None:
            self._select("any", value)

        def has_any(self) -> builtins.bool:
            """Return whether the pointer ``any`` is not null."""
            return self._low.get_uint16(1) == 7 and not self._low.is_null(0)

        @builtins.property
        def nothing(self) -> None:
            """``nothing :Void``."""
            if self._low.get_uint16(1) != 8:
                raise self._unset("nothing")
            return None

        @nothing.setter
        def nothing(self, value: None) -> None:
            self._select("nothing", value)

        @builtins.property
        def colour(self) -> Colour:
            """``colour :Colour``."""
            if self._low.get_uint16(1) != 9:
                raise self._unset("colour")
            return Colour.BY_VALUE[self._low._take_integer(_uint16, 4, 1)]

        @colour.setter
        def colour(self, value: Colour) -> None:
            self._select("colour", value)

        @builtins.property
        def day(self) -> shared_capnp.Date.Builder:
            """``day :Date``."""
            if self._low.get_uint16(1) != 10:
                raise self._unset("day")
            return shared_capnp.Date.Builder(
                self._low.get_struct(0, 1, 0, default=_CHOICE_DAY.struct())
                or self._low.init_struct(0, 1, 0),
            )

        @day.setter
        def day(
            self,
            value: shared_capnp.Date | shared_capnp.Date.Reader | shared_capnp.Date.Builder | None,
        ) -> None:
            self._select("day", value)

        def has_day(self) -> builtins.bool:
            """Return whether the pointer ``day`` is not null."""
            return self._low.get_uint16(1) == 10 and not self._low.is_null(0)

        def init_day(self) -> shared_capnp.Date.Builder:
            """Build a zeroed struct as ``day``."""
            return shared_capnp.Date.Builder(self._select_blank("day"))

        @builtins.property
        def real(self) -> builtins.float:
            """``real :Float32``."""
            if self._low.get_uint16(1) != 11:
                raise self._unset("real")
            return self._low.get_float32(2, default=1.5)

        @real.setter
        def real(self, value: builtins.float) -> None:
            self._select("real", value)

        @builtins.property
        def data(self) -> builtins.bytes:
            """``data :Data``."""
            if self._low.get_uint16(1) != 12:
                raise self._unset("data")
            return self._low.get_data(0) or b""

        @data.setter
        def data(self, value: builtins.bytes) -> None:
            self._select("data", value)

        def has_data(self) -> builtins.bool:
            """Return whether the pointer ``data`` is not null."""
            return self._low.get_uint16(1) == 12 and not self._low.is_null(0)

        @builtins.property
        def store(self) -> builtins.int | None:
            """``store :Store``."""
            if self._low.get_uint16(1) != 13:
                raise self._unset("store")
            return self._low.get_capability(0)

        @store.setter
        def store(self, value: builtins.int | None) -> None:
            self._select("store", value)

        def has_store(self) -> builtins.bool:
            """Return whether the pointer ``store`` is not null."""
            return self._low.get_uint16(1) == 13 and not self._low.is_null(0)

        @builtins.property
        def pair(self) -> Choice.Pair.Builder:
            """The group ``pair``."""
            if self._low.get_uint16(1) != 14:
                raise self._unset("pair")
            return Choice.Pair.Builder(self._low)

        @pair.setter
        def pair(self, value: Choice.Pair) -> None:
            self._select("pair", value)

        def init_pair(self) -> Choice.Pair.Builder:
            """Set the group ``pair``, with zeroed fields."""
            self._select_blank("pair")
            return Choice.Pair.Builder(self._low)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            common: builtins.int
            name: builtins.str
            number: builtins.int
            flag: builtins.bool
            point: Point | Point.Reader | Point.Builder | None
            points: typing.Iterable[Point | Point.Reader | Point.Builder]
            numbers: typing.Iterable[builtins.int]
            texts: typing.Iterable[builtins.str]
            any: schema.Anything | None
            nothing: None
            colour: Colour
            day: shared_capnp.Date | shared_capnp.Date.Reader | shared_capnp.Date.Builder | None
            real: builtins.float
            data: builtins.bytes
            store: builtins.int | None
            pair: Choice.Pair

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)

        def which(self) -> Choice_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Choice.MEMBERS.get(self._low.get_uint16(1))


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Tree(schema.StructValue):
    """The struct ``Tree``."""

    value: builtins.int = 0
    left: Tree | None = None
    right: Tree | None = None
    children: builtins.list[Tree] = dataclasses.field(default_factory=builtins.list)

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Tree.Builder, Tree.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 3, Tree.Builder, Tree.Reader

    class Reader(schema.GeneratedReader["Tree"]):
        """Reads ``Tree``."""

        __slots__ = ()

        @builtins.property
        def value(self) -> builtins.int:
            """``value :UInt32``."""
            return self._low.get_uint32(0)

        @builtins.property
        def left(self) -> Tree.Reader:
            """``left :Tree``."""
            return Tree.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

        def has_left(self) -> builtins.bool:
            """Return whether the pointer ``left`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def right(self) -> Tree.Reader:
            """``right :Tree``."""
            return Tree.Reader(self._low.get_struct(1) or schema.NO_STRUCT)

        def has_right(self) -> builtins.bool:
            """Return whether the pointer ``right`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def children(self) -> schema.Items[Tree.Reader]:
            """``children :List(Tree)``."""
            return schema.StructItems(self._low.get_struct_list(2), Tree.Reader)

        def has_children(self) -> builtins.bool:
            """Return whether the pointer ``children`` is not null."""
            return not self._low.is_null(2)

    class Builder(schema.GeneratedBuilder["Tree"]):
        """Builds ``Tree``."""

        __slots__ = ()

        @builtins.property
        def value(self) -> builtins.int:
            """``value :UInt32``."""
            return self._low.get_uint32(0)

        @value.setter
        def value(self, value: builtins.int) -> None:
            self._low._put_integer(_uint32, 0, value, 0)

        @builtins.property
        def left(self) -> Tree.Builder:
            """``left :Tree``."""
            return Tree.Builder(self._low.get_struct(0, 1, 3) or self._low.init_struct(0, 1, 3))

        @left.setter
        def left(self, value: Tree | Tree.Reader | Tree.Builder | None) -> None:
            self._assign("left", value)

        def has_left(self) -> builtins.bool:
            """Return whether the pointer ``left`` is not null."""
            return not self._low.is_null(0)

        def init_left(self) -> Tree.Builder:
            """Build a zeroed struct as ``left``."""
            return Tree.Builder(self._low.init_struct(0, 1, 3))

        @builtins.property
        def right(self) -> Tree.Builder:
            """``right :Tree``."""
            return Tree.Builder(self._low.get_struct(1, 1, 3) or self._low.init_struct(1, 1, 3))

        @right.setter
        def right(self, value: Tree | Tree.Reader | Tree.Builder | None) -> None:
            self._assign("right", value)

        def has_right(self) -> builtins.bool:
            """Return whether the pointer ``right`` is not null."""
            return not self._low.is_null(1)

        def init_right(self) -> Tree.Builder:
            """Build a zeroed struct as ``right``."""
            return Tree.Builder(self._low.init_struct(1, 1, 3))

        @builtins.property
        def children(self) -> schema.ItemsBuilder[Tree.Builder, Tree]:
            """``children :List(Tree)``."""
            return schema.StructItemsBuilder(self._low.get_struct_list(2, 1, 3), Tree)

        @children.setter
        def children(self, value: typing.Iterable[Tree | Tree.Reader | Tree.Builder]) -> None:
            self._assign("children", value)

        def has_children(self) -> builtins.bool:
            """Return whether the pointer ``children`` is not null."""
            return not self._low.is_null(2)

        def init_children(self, count: builtins.int) -> schema.ItemsBuilder[Tree.Builder, Tree]:
            """Build a list of ``count`` zeroed items as ``children``."""
            return schema.StructItemsBuilder(self._low.init_struct_list(2, count, 1, 3), Tree)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            value: builtins.int
            left: Tree | Tree.Reader | Tree.Builder | None
            right: Tree | Tree.Reader | Tree.Builder | None
            children: typing.Iterable[Tree | Tree.Reader | Tree.Builder]

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Generic(schema.GenericValue, typing.Generic[_Generic_Key, _Generic_Value]):
    """The struct ``Generic``."""

    key: _Generic_Key | None = None
    value: _Generic_Value | None = None
    inner: Generic.Inner[_Generic_Key, _Generic_Value] | None = None

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Inner(schema.GenericValue, typing.Generic[_Generic_Inner_Key, _Generic_Inner_Value]):
        """The struct ``Generic.Inner``."""

        key: _Generic_Inner_Key | None = None

        @builtins.classmethod
        def __capnsafe_schema__(cls) -> schema.Types[Generic.Inner.Builder, Generic.Inner.Reader]:
            """Return the sections of the struct, its builder and its reader."""
            return 0, 1, Generic.Inner.Builder, Generic.Inner.Reader

        class Reader(
            schema.GenericReader[
                "Generic.Inner[_Generic_Inner_Key_value, _Generic_Inner_Value_value]"
            ],
            typing.Generic[
                _Generic_Inner_Key_value,
                _Generic_Inner_Value_value,
                _Generic_Inner_Key_reader,
                _Generic_Inner_Value_reader,
            ],
        ):
            """Reads ``Generic.Inner``."""

            __slots__ = ()

            @builtins.property
            def key(self) -> _Generic_Inner_Key_reader:
                """``key :AnyPointer``."""
                found: _Generic_Inner_Key_reader = self._open("key")
                return found

            def has_key(self) -> builtins.bool:
                """Return whether the pointer ``key`` is not null."""
                return not self._low.is_null(0)

        class Builder(
            schema.GenericBuilder[
                "Generic.Inner[_Generic_Inner_Key_value, _Generic_Inner_Value_value]"
            ],
            typing.Generic[
                _Generic_Inner_Key_value,
                _Generic_Inner_Value_value,
                _Generic_Inner_Key_builder,
                _Generic_Inner_Value_builder,
                _Generic_Inner_Key_set,
                _Generic_Inner_Value_set,
            ],
        ):
            """Builds ``Generic.Inner``."""

            __slots__ = ()

            @builtins.property
            def key(self) -> _Generic_Inner_Key_builder:
                """``key :AnyPointer``."""
                found: _Generic_Inner_Key_builder = self._open("key")
                return found

            @key.setter
            def key(self, value: _Generic_Inner_Key_set | None) -> None:
                self._assign("key", value)

            def has_key(self) -> builtins.bool:
                """Return whether the pointer ``key`` is not null."""
                return not self._low.is_null(0)

            def init_key(self, count: builtins.int = 0) -> _Generic_Inner_Key_builder:
                """Build a zeroed struct, or a list of ``count`` zeroed items, as ``key``."""
                found: _Generic_Inner_Key_builder = self._init("key", count)
                return found

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Generic.Builder, Generic.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 0, 3, Generic.Builder, Generic.Reader

    class Reader(
        schema.GenericReader["Generic[_Generic_Key_value, _Generic_Value_value]"],
        typing.Generic[
            _Generic_Key_value,
            _Generic_Value_value,
            _Generic_Key_reader,
            _Generic_Value_reader,
        ],
    ):
        """Reads ``Generic``."""

        __slots__ = ()

        @builtins.property
        def key(self) -> _Generic_Key_reader:
            """``key :AnyPointer``."""
            found: _Generic_Key_reader = self._open("key")
            return found

        def has_key(self) -> builtins.bool:
            """Return whether the pointer ``key`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def value(self) -> _Generic_Value_reader:
            """``value :AnyPointer``."""
            found: _Generic_Value_reader = self._open("value")
            return found

        def has_value(self) -> builtins.bool:
            """Return whether the pointer ``value`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def inner(
            self,
        ) -> Generic.Inner.Reader[
            _Generic_Key_value,
            _Generic_Value_value,
            _Generic_Key_reader,
            _Generic_Value_reader,
        ]:
            """``inner :Generic.Inner``."""
            found: Generic.Inner.Reader[
                _Generic_Key_value,
                _Generic_Value_value,
                _Generic_Key_reader,
                _Generic_Value_reader,
            ] = self._open("inner")
            return found

        def has_inner(self) -> builtins.bool:
            """Return whether the pointer ``inner`` is not null."""
            return not self._low.is_null(2)

    class Builder(
        schema.GenericBuilder["Generic[_Generic_Key_value, _Generic_Value_value]"],
        typing.Generic[
            _Generic_Key_value,
            _Generic_Value_value,
            _Generic_Key_builder,
            _Generic_Value_builder,
            _Generic_Key_set,
            _Generic_Value_set,
        ],
    ):
        """Builds ``Generic``."""

        __slots__ = ()

        @builtins.property
        def key(self) -> _Generic_Key_builder:
            """``key :AnyPointer``."""
            found: _Generic_Key_builder = self._open("key")
            return found

        @key.setter
        def key(self, value: _Generic_Key_set | None) -> None:
            self._assign("key", value)

        def has_key(self) -> builtins.bool:
            """Return whether the pointer ``key`` is not null."""
            return not self._low.is_null(0)

        def init_key(self, count: builtins.int = 0) -> _Generic_Key_builder:
            """Build a zeroed struct, or a list of ``count`` zeroed items, as ``key``."""
            found: _Generic_Key_builder = self._init("key", count)
            return found

        @builtins.property
        def value(self) -> _Generic_Value_builder:
            """``value :AnyPointer``."""
            found: _Generic_Value_builder = self._open("value")
            return found

        @value.setter
        def value(self, value: _Generic_Value_set | None) -> None:
            self._assign("value", value)

        def has_value(self) -> builtins.bool:
            """Return whether the pointer ``value`` is not null."""
            return not self._low.is_null(1)

        def init_value(self, count: builtins.int = 0) -> _Generic_Value_builder:
            """Build a zeroed struct, or a list of ``count`` zeroed items, as ``value``."""
            found: _Generic_Value_builder = self._init("value", count)
            return found

        @builtins.property
        def inner(
            self,
        ) -> Generic.Inner.Builder[
            _Generic_Key_value,
            _Generic_Value_value,
            _Generic_Key_builder,
            _Generic_Value_builder,
            _Generic_Key_set,
            _Generic_Value_set,
        ]:
            """``inner :Generic.Inner``."""
            found: Generic.Inner.Builder[
                _Generic_Key_value,
                _Generic_Value_value,
                _Generic_Key_builder,
                _Generic_Value_builder,
                _Generic_Key_set,
                _Generic_Value_set,
            ] = self._open("inner")
            return found

        @inner.setter
        def inner(
            self,
            value: Generic.Inner[_Generic_Key_value, _Generic_Value_value]
            | Generic.Inner.Reader[
                _Generic_Key_value,
                _Generic_Value_value,
                builtins.object,
                builtins.object,
            ]
            | Generic.Inner.Builder[
                _Generic_Key_value,
                _Generic_Value_value,
                _Generic_Key_builder,
                _Generic_Value_builder,
                _Generic_Key_set,
                _Generic_Value_set,
            ]
            | None,
        ) -> None:
            self._assign("inner", value)

        def has_inner(self) -> builtins.bool:
            """Return whether the pointer ``inner`` is not null."""
            return not self._low.is_null(2)

        def init_inner(
            self,
        ) -> Generic.Inner.Builder[
            _Generic_Key_value,
            _Generic_Value_value,
            _Generic_Key_builder,
            _Generic_Value_builder,
            _Generic_Key_set,
            _Generic_Value_set,
        ]:
            """Build a zeroed struct as ``inner``."""
            found: Generic.Inner.Builder[
                _Generic_Key_value,
                _Generic_Value_value,
                _Generic_Key_builder,
                _Generic_Value_builder,
                _Generic_Key_set,
                _Generic_Value_set,
            ] = self._init("inner")
            return found

        def update(
            self,
            /,
            **fields: typing.Unpack[
                Generic_Fields[
                    _Generic_Key_value,
                    _Generic_Value_value,
                    _Generic_Key_builder,
                    _Generic_Value_builder,
                    _Generic_Key_set,
                    _Generic_Value_set,
                ]
            ],
        ) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Versions(schema.StructValue):
    """An older version of a struct, and of a union."""

    old: Versions.Old | None = None
    new: Versions.New | None = None

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Old(schema.UnionValue):
        """The struct ``Versions.Old``."""

        id: builtins.int = 0
        a: builtins.str | schema.UnsetType = schema.UNSET
        b: builtins.int | schema.UnsetType = schema.UNSET
        kind: Versions.Old.Kind = dataclasses.field(
            default_factory=lambda: Versions.Old._layout.initial("kind"),
        )
        items: builtins.list[builtins.int] = dataclasses.field(default_factory=builtins.list)

        class Kind(schema.Enumeration):
            """The enum ``Versions.Old.Kind``."""

            ONE = 0
            TWO = 1

            BY_VALUE: schema.Enumerants[Versions.Old.Kind]

        MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Versions_Old_Which]] = {0: "a", 1: "b"}

        def which(self) -> Versions_Old_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Versions.Old.MEMBERS.get(self._member())

        @builtins.classmethod
        def __capnsafe_schema__(cls) -> schema.Types[Versions.Old.Builder, Versions.Old.Reader]:
            """Return the sections of the struct, its builder and its reader."""
            return 2, 2, Versions.Old.Builder, Versions.Old.Reader

        class Reader(schema.GeneratedReader["Versions.Old"]):
            """Reads ``Versions.Old``."""

            __slots__ = ()

            @builtins.property
            def id(self) -> builtins.int:
                """``id :UInt32``."""
                return self._low.get_uint32(0)

            @builtins.property
            def a(self) -> builtins.str:
                """``a :Text``."""
                if self._low.get_uint16(2) != 0:
                    raise self._unset("a")
                return self._low.get_text(0) or ""

            def has_a(self) -> builtins.bool:
                """Return whether the pointer ``a`` is not null."""
                return self._low.get_uint16(2) == 0 and not self._low.is_null(0)

            @builtins.property
            def b(self) -> builtins.int:
                """``b :UInt8``."""
                if self._low.get_uint16(2) != 1:
                    raise self._unset("b")
                return self._low.get_uint8(6)

            @builtins.property
            def kind(self) -> Versions.Old.Kind:
                """``kind :Versions.Old.Kind``."""
                return Versions.Old.Kind.BY_VALUE[self._low._integer(_uint16, 4, 0)]

            @builtins.property
            def items(self) -> schema.Numbers[builtins.int]:
                """``items :List(UInt16)``."""
                return schema.ints(self._low.get_list(1, _uint16))

            def has_items(self) -> builtins.bool:
                """Return whether the pointer ``items`` is not null."""
                return not self._low.is_null(1)

            def which(self) -> Versions_Old_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Versions.Old.MEMBERS.get(self._low.get_uint16(2))

        class Builder(schema.GeneratedBuilder["Versions.Old"]):
            """Builds ``Versions.Old``."""

            __slots__ = ()

            @builtins.property
            def id(self) -> builtins.int:
                """``id :UInt32``."""
                return self._low.get_uint32(0)

            @id.setter
            def id(self, value: builtins.int) -> None:
                self._low._put_integer(_uint32, 0, value, 0)

            @builtins.property
            def a(self) -> builtins.str:
                """``a :Text``."""
                if self._low.get_uint16(2) != 0:
                    raise self._unset("a")
                return self._low.get_text(0) or ""

            @a.setter
            def a(self, value: builtins.str) -> None:
                self._select("a", value)

            def has_a(self) -> builtins.bool:
                """Return whether the pointer ``a`` is not null."""
                return self._low.get_uint16(2) == 0 and not self._low.is_null(0)

            @builtins.property
            def b(self) -> builtins.int:
                """``b :UInt8``."""
                if self._low.get_uint16(2) != 1:
                    raise self._unset("b")
                return self._low.get_uint8(6)

            @b.setter
            def b(self, value: builtins.int) -> None:
                self._select("b", value)

            @builtins.property
            def kind(self) -> Versions.Old.Kind:
                """``kind :Versions.Old.Kind``."""
                return Versions.Old.Kind.BY_VALUE[self._low._take_integer(_uint16, 4, 0)]

            @kind.setter
            def kind(self, value: Versions.Old.Kind) -> None:
                self._low._put_integer(_uint16, 4, value, 0)

            @builtins.property
            def items(self) -> schema.NumbersBuilder[builtins.int]:
                """``items :List(UInt16)``."""
                return schema.ints(self._low.get_list(1, _uint16))

            @items.setter
            def items(self, value: typing.Iterable[builtins.int]) -> None:
                self._assign("items", value)

            def has_items(self) -> builtins.bool:
                """Return whether the pointer ``items`` is not null."""
                return not self._low.is_null(1)

            def init_items(self, count: builtins.int) -> schema.NumbersBuilder[builtins.int]:
                """Build a list of ``count`` zeroed items as ``items``."""
                return schema.ints(self._low.init_list(1, _uint16, count))

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                id: builtins.int
                a: builtins.str
                b: builtins.int
                kind: Versions.Old.Kind
                items: typing.Iterable[builtins.int]

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

            def which(self) -> Versions_Old_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Versions.Old.MEMBERS.get(self._low.get_uint16(2))

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class New(schema.UnionValue):
        """The struct ``Versions.New``."""

        id: builtins.int = 0
        a: builtins.str | schema.UnsetType = schema.UNSET
        b: builtins.int | schema.UnsetType = schema.UNSET
        c: builtins.float | schema.UnsetType = schema.UNSET
        kind: Versions.New.Kind = dataclasses.field(
            default_factory=lambda: Versions.New._layout.initial("kind"),
        )
        items: builtins.list[Versions.New.Item] = dataclasses.field(default_factory=builtins.list)
        extra: builtins.str = ""

        class Kind(schema.Enumeration):
            """The enum ``Versions.New.Kind``."""

            ONE = 0
            TWO = 1
            THREE = 2

            BY_VALUE: schema.Enumerants[Versions.New.Kind]

        @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
        class Item(schema.StructValue):
            """The struct ``Versions.New.Item``."""

            value: builtins.int = 0
            note: builtins.str = ""

            @builtins.classmethod
            def __capnsafe_schema__(
                cls,
            ) -> schema.Types[Versions.New.Item.Builder, Versions.New.Item.Reader]:
                """Return the sections of the struct, its builder and its reader."""
                return 1, 1, Versions.New.Item.Builder, Versions.New.Item.Reader

            class Reader(schema.GeneratedReader["Versions.New.Item"]):
                """Reads ``Versions.New.Item``."""

                __slots__ = ()

                @builtins.property
                def value(self) -> builtins.int:
                    """``value :UInt16``."""
                    return self._low.get_uint16(0)

                @builtins.property
                def note(self) -> builtins.str:
                    """``note :Text``."""
                    return self._low.get_text(0) or ""

                def has_note(self) -> builtins.bool:
                    """Return whether the pointer ``note`` is not null."""
                    return not self._low.is_null(0)

            class Builder(schema.GeneratedBuilder["Versions.New.Item"]):
                """Builds ``Versions.New.Item``."""

                __slots__ = ()

                @builtins.property
                def value(self) -> builtins.int:
                    """``value :UInt16``."""
                    return self._low.get_uint16(0)

                @value.setter
                def value(self, value: builtins.int) -> None:
                    self._low._put_integer(_uint16, 0, value, 0)

                @builtins.property
                def note(self) -> builtins.str:
                    """``note :Text``."""
                    return self._low.get_text(0) or ""

                @note.setter
                def note(self, value: builtins.str) -> None:
                    self._low.set_text(0, value)

                def has_note(self) -> builtins.bool:
                    """Return whether the pointer ``note`` is not null."""
                    return not self._low.is_null(0)

                class _Fields(typing.TypedDict, total=False):
                    """The fields that ``update`` takes."""

                    value: builtins.int
                    note: builtins.str

                def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                    """Set several fields in one step, all or nothing."""
                    self._update(fields)

        MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Versions_New_Which]] = {
            0: "a",
            1: "b",
            2: "c",
        }

        def which(self) -> Versions_New_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Versions.New.MEMBERS.get(self._member())

        @builtins.classmethod
        def __capnsafe_schema__(cls) -> schema.Types[Versions.New.Builder, Versions.New.Reader]:
            """Return the sections of the struct, its builder and its reader."""
            return 3, 3, Versions.New.Builder, Versions.New.Reader

        class Reader(schema.GeneratedReader["Versions.New"]):
            """Reads ``Versions.New``."""

            __slots__ = ()

            @builtins.property
            def id(self) -> builtins.int:
                """``id :UInt32``."""
                return self._low.get_uint32(0)

            @builtins.property
            def a(self) -> builtins.str:
                """``a :Text``."""
                if self._low.get_uint16(2) != 0:
                    raise self._unset("a")
                return self._low.get_text(0) or ""

            def has_a(self) -> builtins.bool:
                """Return whether the pointer ``a`` is not null."""
                return self._low.get_uint16(2) == 0 and not self._low.is_null(0)

            @builtins.property
            def b(self) -> builtins.int:
                """``b :UInt8``."""
                if self._low.get_uint16(2) != 1:
                    raise self._unset("b")
                return self._low.get_uint8(6)

            @builtins.property
            def c(self) -> builtins.float:
                """``c :Float64``."""
                if self._low.get_uint16(2) != 2:
                    raise self._unset("c")
                return self._low.get_float64(2)

            @builtins.property
            def kind(self) -> Versions.New.Kind:
                """``kind :Versions.New.Kind``."""
                return Versions.New.Kind.BY_VALUE[self._low._integer(_uint16, 4, 0)]

            @builtins.property
            def items(self) -> schema.Items[Versions.New.Item.Reader]:
                """``items :List(Versions.New.Item)``."""
                return schema.StructItems(self._low.get_struct_list(1), Versions.New.Item.Reader)

            def has_items(self) -> builtins.bool:
                """Return whether the pointer ``items`` is not null."""
                return not self._low.is_null(1)

            @builtins.property
            def extra(self) -> builtins.str:
                """``extra :Text``."""
                return self._low.get_text(2) or ""

            def has_extra(self) -> builtins.bool:
                """Return whether the pointer ``extra`` is not null."""
                return not self._low.is_null(2)

            def which(self) -> Versions_New_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Versions.New.MEMBERS.get(self._low.get_uint16(2))

        class Builder(schema.GeneratedBuilder["Versions.New"]):
            """Builds ``Versions.New``."""

            __slots__ = ()

            @builtins.property
            def id(self) -> builtins.int:
                """``id :UInt32``."""
                return self._low.get_uint32(0)

            @id.setter
            def id(self, value: builtins.int) -> None:
                self._low._put_integer(_uint32, 0, value, 0)

            @builtins.property
            def a(self) -> builtins.str:
                """``a :Text``."""
                if self._low.get_uint16(2) != 0:
                    raise self._unset("a")
                return self._low.get_text(0) or ""

            @a.setter
            def a(self, value: builtins.str) -> None:
                self._select("a", value)

            def has_a(self) -> builtins.bool:
                """Return whether the pointer ``a`` is not null."""
                return self._low.get_uint16(2) == 0 and not self._low.is_null(0)

            @builtins.property
            def b(self) -> builtins.int:
                """``b :UInt8``."""
                if self._low.get_uint16(2) != 1:
                    raise self._unset("b")
                return self._low.get_uint8(6)

            @b.setter
            def b(self, value: builtins.int) -> None:
                self._select("b", value)

            @builtins.property
            def c(self) -> builtins.float:
                """``c :Float64``."""
                if self._low.get_uint16(2) != 2:
                    raise self._unset("c")
                return self._low.get_float64(2)

            @c.setter
            def c(self, value: builtins.float) -> None:
                self._select("c", value)

            @builtins.property
            def kind(self) -> Versions.New.Kind:
                """``kind :Versions.New.Kind``."""
                return Versions.New.Kind.BY_VALUE[self._low._take_integer(_uint16, 4, 0)]

            @kind.setter
            def kind(self, value: Versions.New.Kind) -> None:
                self._low._put_integer(_uint16, 4, value, 0)

            @builtins.property
            def items(self) -> schema.ItemsBuilder[Versions.New.Item.Builder, Versions.New.Item]:
                """``items :List(Versions.New.Item)``."""
                return schema.StructItemsBuilder(
                    self._low.get_struct_list(1, 1, 1),
                    Versions.New.Item,
                )

            @items.setter
            def items(
                self,
                value: typing.Iterable[
                    Versions.New.Item | Versions.New.Item.Reader | Versions.New.Item.Builder
                ],
            ) -> None:
                self._assign("items", value)

            def has_items(self) -> builtins.bool:
                """Return whether the pointer ``items`` is not null."""
                return not self._low.is_null(1)

            def init_items(
                self,
                count: builtins.int,
            ) -> schema.ItemsBuilder[Versions.New.Item.Builder, Versions.New.Item]:
                """Build a list of ``count`` zeroed items as ``items``."""
                return schema.StructItemsBuilder(
                    self._low.init_struct_list(1, count, 1, 1),
                    Versions.New.Item,
                )

            @builtins.property
            def extra(self) -> builtins.str:
                """``extra :Text``."""
                return self._low.get_text(2) or ""

            @extra.setter
            def extra(self, value: builtins.str) -> None:
                self._low.set_text(2, value)

            def has_extra(self) -> builtins.bool:
                """Return whether the pointer ``extra`` is not null."""
                return not self._low.is_null(2)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                id: builtins.int
                a: builtins.str
                b: builtins.int
                c: builtins.float
                kind: Versions.New.Kind
                items: typing.Iterable[
                    Versions.New.Item | Versions.New.Item.Reader | Versions.New.Item.Builder
                ]
                extra: builtins.str

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

            def which(self) -> Versions_New_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Versions.New.MEMBERS.get(self._low.get_uint16(2))

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Versions.Builder, Versions.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 0, 2, Versions.Builder, Versions.Reader

    class Reader(schema.GeneratedReader["Versions"]):
        """Reads ``Versions``."""

        __slots__ = ()

        @builtins.property
        def old(self) -> Versions.Old.Reader:
            """``old :Versions.Old``."""
            return Versions.Old.Reader(self._low.get_struct(0) or schema.NO_STRUCT)

        def has_old(self) -> builtins.bool:
            """Return whether the pointer ``old`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def new(self) -> Versions.New.Reader:
            """``new :Versions.New``."""
            return Versions.New.Reader(self._low.get_struct(1) or schema.NO_STRUCT)

        def has_new(self) -> builtins.bool:
            """Return whether the pointer ``new`` is not null."""
            return not self._low.is_null(1)

    class Builder(schema.GeneratedBuilder["Versions"]):
        """Builds ``Versions``."""

        __slots__ = ()

        @builtins.property
        def old(self) -> Versions.Old.Builder:
            """``old :Versions.Old``."""
            return Versions.Old.Builder(
                self._low.get_struct(0, 2, 2) or self._low.init_struct(0, 2, 2),
            )

        @old.setter
        def old(
            self,
            value: Versions.Old | Versions.Old.Reader | Versions.Old.Builder | None,
        ) -> None:
            self._assign("old", value)

        def has_old(self) -> builtins.bool:
            """Return whether the pointer ``old`` is not null."""
            return not self._low.is_null(0)

        def init_old(self) -> Versions.Old.Builder:
            """Build a zeroed struct as ``old``."""
            return Versions.Old.Builder(self._low.init_struct(0, 2, 2))

        @builtins.property
        def new(self) -> Versions.New.Builder:
            """``new :Versions.New``."""
            return Versions.New.Builder(
                self._low.get_struct(1, 3, 3) or self._low.init_struct(1, 3, 3),
            )

        @new.setter
        def new(
            self,
            value: Versions.New | Versions.New.Reader | Versions.New.Builder | None,
        ) -> None:
            self._assign("new", value)

        def has_new(self) -> builtins.bool:
            """Return whether the pointer ``new`` is not null."""
            return not self._low.is_null(1)

        def init_new(self) -> Versions.New.Builder:
            """Build a zeroed struct as ``new``."""
            return Versions.New.Builder(self._low.init_struct(1, 3, 3))

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            old: Versions.Old | Versions.Old.Reader | Versions.Old.Builder | None
            new: Versions.New | Versions.New.Reader | Versions.New.Builder | None

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class StructWithARatherLongNameThatFillsLines(schema.UnionValue):
    """Lines of generated code break where they are too long."""

    some_member_of_the_union_with_a_long_name: (
        StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
        | schema.UnsetType
        | None
    ) = schema.UNSET
    other_members_of_the_union_with_a_long_name: (
        builtins.list[StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName]
        | schema.UnsetType
    ) = schema.UNSET
    last_group_of_the_union_with_a_long_name: (
        StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName | schema.UnsetType
    ) = schema.UNSET
    things: builtins.list[
        StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
    ] = dataclasses.field(default_factory=builtins.list)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class NestedStructWithAnEvenLongerName(schema.StructValue):
        """The struct ``StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName``."""

        text: builtins.str = (
            'a default that is so long that the line of the field has to "be" broken, or it\'s not'
        )

        @builtins.classmethod
        def __capnsafe_schema__(
            cls,
        ) -> schema.Types[
            StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder,
            StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader,
        ]:
            """Return the sections of the struct, its builder and its reader."""
            return (
                0,
                1,
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder,
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader,
            )

        class Reader(
            schema.GeneratedReader[
                "StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName"
            ],
        ):
            """Reads ``StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName``."""

            __slots__ = ()

            @builtins.property
            def text(self) -> builtins.str:
                """``text :Text``."""
                return self._low.get_text(
                    0,
                    default='a default that is so long that the line of the field has to "be" broken, or it\'s not',
                )

            def has_text(self) -> builtins.bool:
                """Return whether the pointer ``text`` is not null."""
                return not self._low.is_null(0)

        class Builder(
            schema.GeneratedBuilder[
                "StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName"
            ],
        ):
            """Builds ``StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName``."""

            __slots__ = ()

            @builtins.property
            def text(self) -> builtins.str:
                """``text :Text``."""
                return self._low.get_text(
                    0,
                    default='a default that is so long that the line of the field has to "be" broken, or it\'s not',
                )

            @text.setter
            def text(self, value: builtins.str) -> None:
                self._low.set_text(0, value)

            def has_text(self) -> builtins.bool:
                """Return whether the pointer ``text`` is not null."""
                return not self._low.is_null(0)

    class EnumerationWithALongNameToo(schema.Enumeration):
        """The enum ``StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo``."""

        FIRST = 0
        SECOND = 1

        BY_VALUE: schema.Enumerants[
            StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo
        ]

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class LastGroupOfTheUnionWithALongName(schema.StructValue):
        """The group ``StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName``."""

        field: builtins.list[
            StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
        ] = dataclasses.field(default_factory=builtins.list)
        grid: builtins.list[
            builtins.list[StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName]
        ] = dataclasses.field(
            default_factory=lambda: (
                StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName._layout.initial(
                    "grid",
                )
            ),
        )
        kinds: builtins.list[
            StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo
        ] = dataclasses.field(
            default_factory=lambda: (
                StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName._layout.initial(
                    "kinds",
                )
            ),
        )

        class Reader(
            schema.GeneratedReader[
                "StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName"
            ],
        ):
            """Reads ``StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName``."""

            __slots__ = ()

            @builtins.property
            def field(
                self,
            ) -> schema.Items[
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
            ]:
                """``field :List(StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName)``."""
                return schema.StructItems(
                    self._low.get_struct_list(0),
                    StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader,
                )

            def has_field(self) -> builtins.bool:
                """Return whether the pointer ``field`` is not null."""
                return not self._low.is_null(0)

            @builtins.property
            def grid(
                self,
            ) -> schema.Items[
                schema.Items[
                    StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
                ]
            ]:
                """``grid :List(List(StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName))``."""
                return schema.PointerItems(
                    self._low.get_pointer_list(
                        1,
                        default=_STRUCTWITHARATHERLONGNAMETHATFILLSLINES_LASTGROUPOFTHEUNIONWITHALONGNAME_GRID.pointers(),
                    ),
                    lambda low, at: schema.StructItems(
                        low.get_struct_list(at),
                        StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader,
                    ),
                )

            def has_grid(self) -> builtins.bool:
                """Return whether the pointer ``grid`` is not null."""
                return not self._low.is_null(1)

            @builtins.property
            def kinds(
                self,
            ) -> schema.Items[StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo]:
                """``kinds :List(StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo)``."""
                return schema.EnumItems(
                    self._low.get_list(
                        3,
                        _uint16,
                        default=_STRUCTWITHARATHERLONGNAMETHATFILLSLINES_LASTGROUPOFTHEUNIONWITHALONGNAME_KINDS.numbers(
                            _uint16,
                        ),
                    ),
                    StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo.BY_VALUE,
                )

            def has_kinds(self) -> builtins.bool:
                """Return whether the pointer ``kinds`` is not null."""
                return not self._low.is_null(3)

        class Builder(
            schema.GeneratedBuilder[
                "StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName"
            ],
        ):
            """Builds ``StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName``."""

            __slots__ = ()

            @builtins.property
            def field(
                self,
            ) -> schema.ItemsBuilder[
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder,
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
            ]:
                """``field :List(StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName)``."""
                return schema.StructItemsBuilder(
                    self._low.get_struct_list(0, 0, 1),
                    StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
                )

            @field.setter
            def field(
                self,
                value: typing.Iterable[
                    StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
                    | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
                    | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder
                ],
            ) -> None:
                self._assign("field", value)

            def has_field(self) -> builtins.bool:
                """Return whether the pointer ``field`` is not null."""
                return not self._low.is_null(0)

            def init_field(
                self,
                count: builtins.int,
            ) -> schema.ItemsBuilder[
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder,
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
            ]:
                """Build a list of ``count`` zeroed items as ``field``."""
                return schema.StructItemsBuilder(
                    self._low.init_struct_list(0, count, 0, 1),
                    StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
                )

            @builtins.property
            def grid(
                self,
            ) -> schema.ItemsBuilder[
                schema.ItemsBuilder[
                    StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder,
                    StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
                ],
                typing.Iterable[
                    StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
                    | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
                    | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder
                ],
            ]:
                """``grid :List(List(StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName))``."""
                return schema.PointerItemsBuilder(
                    self._low.get_pointer_list(
                        1,
                        default=_STRUCTWITHARATHERLONGNAMETHATFILLSLINES_LASTGROUPOFTHEUNIONWITHALONGNAME_GRID.pointers(),
                    ),
                    lambda low, at: schema.StructItemsBuilder(
                        low.get_struct_list(at, 0, 1),
                        StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
                    ),
                    schema.list_of(
                        schema.StructKind(
                            lambda: (
                                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
                            ),
                        ),
                    ),
                )

            @grid.setter
            def grid(
                self,
                value: typing.Iterable[
                    typing.Iterable[
                        StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
                        | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
                        | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder
                    ]
                ],
            ) -> None:
                self._assign("grid", value)

            def has_grid(self) -> builtins.bool:
                """Return whether the pointer ``grid`` is not null."""
                return not self._low.is_null(1)

            def init_grid(
                self,
                count: builtins.int,
            ) -> schema.ItemsBuilder[
                schema.ItemsBuilder[
                    StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder,
                    StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
                ],
                typing.Iterable[
                    StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
                    | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
                    | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder
                ],
            ]:
                """Build a list of ``count`` zeroed items as ``grid``."""
                return schema.PointerItemsBuilder(
                    self._low.init_pointer_list(1, count),
                    lambda low, at: schema.StructItemsBuilder(
                        low.get_struct_list(at, 0, 1),
                        StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
                    ),
                    schema.list_of(
                        schema.StructKind(
                            lambda: (
                                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
                            ),
                        ),
                    ),
                )

            @builtins.property
            def kinds(
                self,
            ) -> schema.ItemsBuilder[
                StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo,
                StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo,
            ]:
                """``kinds :List(StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo)``."""
                return schema.EnumItemsBuilder(
                    self._low.get_list(
                        3,
                        _uint16,
                        default=_STRUCTWITHARATHERLONGNAMETHATFILLSLINES_LASTGROUPOFTHEUNIONWITHALONGNAME_KINDS.numbers(
                            _uint16,
                        ),
                    ),
                    StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo.BY_VALUE,
                )

            @kinds.setter
            def kinds(
                self,
                value: typing.Iterable[
                    StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo
                ],
            ) -> None:
                self._assign("kinds", value)

            def has_kinds(self) -> builtins.bool:
                """Return whether the pointer ``kinds`` is not null."""
                return not self._low.is_null(3)

            def init_kinds(
                self,
                count: builtins.int,
            ) -> schema.ItemsBuilder[
                StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo,
                StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo,
            ]:
                """Build a list of ``count`` zeroed items as ``kinds``."""
                return schema.EnumItemsBuilder(
                    self._low.init_list(3, _uint16, count),
                    StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo.BY_VALUE,
                )

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                field: typing.Iterable[
                    StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
                    | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
                    | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder
                ]
                grid: typing.Iterable[
                    typing.Iterable[
                        StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
                        | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
                        | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder
                    ]
                ]
                kinds: typing.Iterable[
                    StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo
                ]

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    MEMBERS: typing.ClassVar[
        builtins.dict[builtins.int, StructWithARatherLongNameThatFillsLines_Which]
    ] = {
        0: "some_member_of_the_union_with_a_long_name",
        1: "other_members_of_the_union_with_a_long_name",
        2: "last_group_of_the_union_with_a_long_name",
    }

    def which(self) -> StructWithARatherLongNameThatFillsLines_Which | None:
        """Return the member that is set, or ``None`` for one of a newer schema."""
        return StructWithARatherLongNameThatFillsLines.MEMBERS.get(self._member())

    @builtins.classmethod
    def __capnsafe_schema__(
        cls,
    ) -> schema.Types[
        StructWithARatherLongNameThatFillsLines.Builder,
        StructWithARatherLongNameThatFillsLines.Reader,
    ]:
        """Return the sections of the struct, its builder and its reader."""
        return (
            1,
            4,
            StructWithARatherLongNameThatFillsLines.Builder,
            StructWithARatherLongNameThatFillsLines.Reader,
        )

    class Reader(schema.GeneratedReader["StructWithARatherLongNameThatFillsLines"]):
        """Reads ``StructWithARatherLongNameThatFillsLines``."""

        __slots__ = ()

        @builtins.property
        def some_member_of_the_union_with_a_long_name(
            self,
        ) -> StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader:
            """``someMemberOfTheUnionWithALongName :StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName``."""
            if self._low.get_uint16(0) != 0:
                raise self._unset("some_member_of_the_union_with_a_long_name")
            return StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader(
                self._low.get_struct(0) or schema.NO_STRUCT,
            )

        def has_some_member_of_the_union_with_a_long_name(self) -> builtins.bool:
            """Return whether the pointer ``someMemberOfTheUnionWithALongName`` is not null."""
            return self._low.get_uint16(0) == 0 and not self._low.is_null(0)

        @builtins.property
        def other_members_of_the_union_with_a_long_name(
            self,
        ) -> schema.Items[
            StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
        ]:
            """``otherMembersOfTheUnionWithALongName :List(StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName)``."""
            if self._low.get_uint16(0) != 1:
                raise self._unset("other_members_of_the_union_with_a_long_name")
            return schema.StructItems(
                self._low.get_struct_list(0),
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader,
            )

        def has_other_members_of_the_union_with_a_long_name(self) -> builtins.bool:
            """Return whether the pointer ``otherMembersOfTheUnionWithALongName`` is not null."""
            return self._low.get_uint16(0) == 1 and not self._low.is_null(0)

        @builtins.property
        def last_group_of_the_union_with_a_long_name(
            self,
        ) -> StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName.Reader:
            """The group ``lastGroupOfTheUnionWithALongName``."""
            if self._low.get_uint16(0) != 2:
                raise self._unset("last_group_of_the_union_with_a_long_name")
            return StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName.Reader(
                self._low,
            )

        @builtins.property
        def things(
            self,
        ) -> schema.Items[
            StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
        ]:
            """``things :List(StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName)``."""
            return schema.StructItems(
                self._low.get_struct_list(2),
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader,
            )

        def has_things(self) -> builtins.bool:
            """Return whether the pointer ``things`` is not null."""
            return not self._low.is_null(2)

        def which(self) -> StructWithARatherLongNameThatFillsLines_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return StructWithARatherLongNameThatFillsLines.MEMBERS.get(self._low.get_uint16(0))

    class Builder(schema.GeneratedBuilder["StructWithARatherLongNameThatFillsLines"]):
        """Builds ``StructWithARatherLongNameThatFillsLines``."""

        __slots__ = ()

        @builtins.property
        def some_member_of_the_union_with_a_long_name(
            self,
        ) -> StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder:
            """``someMemberOfTheUnionWithALongName :StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName``."""
            if self._low.get_uint16(0) != 0:
                raise self._unset("some_member_of_the_union_with_a_long_name")
            return StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder(
                self._low.get_struct(0, 0, 1) or self._low.init_struct(0, 0, 1),
            )

        @some_member_of_the_union_with_a_long_name.setter
        def some_member_of_the_union_with_a_long_name(
            self,
            value: StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
            | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
            | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder
            | None,
        ) -> None:
            self._select("some_member_of_the_union_with_a_long_name", value)

        def has_some_member_of_the_union_with_a_long_name(self) -> builtins.bool:
            """Return whether the pointer ``someMemberOfTheUnionWithALongName`` is not null."""
            return self._low.get_uint16(0) == 0 and not self._low.is_null(0)

        def init_some_member_of_the_union_with_a_long_name(
            self,
        ) -> StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder:
            """Build a zeroed struct as ``someMemberOfTheUnionWithALongName``."""
            return StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder(
                self._select_blank("some_member_of_the_union_with_a_long_name"),
            )

        @builtins.property
        def other_members_of_the_union_with_a_long_name(
            self,
        ) -> schema.ItemsBuilder[
            StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder,
            StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
        ]:
            """``otherMembersOfTheUnionWithALongName :List(StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName)``."""
            if self._low.get_uint16(0) != 1:
                raise self._unset("other_members_of_the_union_with_a_long_name")
            return schema.StructItemsBuilder(
                self._low.get_struct_list(0, 0, 1),
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
            )

        @other_members_of_the_union_with_a_long_name.setter
        def other_members_of_the_union_with_a_long_name(
            self,
            value: typing.Iterable[
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
                | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
                | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder
            ],
        ) -> None:
            self._select("other_members_of_the_union_with_a_long_name", value)

        def has_other_members_of_the_union_with_a_long_name(self) -> builtins.bool:
            """Return whether the pointer ``otherMembersOfTheUnionWithALongName`` is not null."""
            return self._low.get_uint16(0) == 1 and not self._low.is_null(0)

        def init_other_members_of_the_union_with_a_long_name(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[
            StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder,
            StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
        ]:
            """Build a list of ``count`` zeroed items as ``otherMembersOfTheUnionWithALongName``."""
            return schema.StructItemsBuilder(
                self._select_blank("other_members_of_the_union_with_a_long_name", count),
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
            )

        @builtins.property
        def last_group_of_the_union_with_a_long_name(
            self,
        ) -> StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName.Builder:
            """The group ``lastGroupOfTheUnionWithALongName``."""
            if self._low.get_uint16(0) != 2:
                raise self._unset("last_group_of_the_union_with_a_long_name")
            return StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName.Builder(
                self._low,
            )

        @last_group_of_the_union_with_a_long_name.setter
        def last_group_of_the_union_with_a_long_name(
            self,
            value: StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName,
        ) -> None:
            self._select("last_group_of_the_union_with_a_long_name", value)

        def init_last_group_of_the_union_with_a_long_name(
            self,
        ) -> StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName.Builder:
            """Set the group ``lastGroupOfTheUnionWithALongName``, with zeroed fields."""
            self._select_blank("last_group_of_the_union_with_a_long_name")
            return StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName.Builder(
                self._low,
            )

        @builtins.property
        def things(
            self,
        ) -> schema.ItemsBuilder[
            StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder,
            StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
        ]:
            """``things :List(StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName)``."""
            return schema.StructItemsBuilder(
                self._low.get_struct_list(2, 0, 1),
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
            )

        @things.setter
        def things(
            self,
            value: typing.Iterable[
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
                | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
                | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder
            ],
        ) -> None:
            self._assign("things", value)

        def has_things(self) -> builtins.bool:
            """Return whether the pointer ``things`` is not null."""
            return not self._low.is_null(2)

        def init_things(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[
            StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder,
            StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
        ]:
            """Build a list of ``count`` zeroed items as ``things``."""
            return schema.StructItemsBuilder(
                self._low.init_struct_list(2, count, 0, 1),
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
            )

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            some_member_of_the_union_with_a_long_name: (
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
                | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
                | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder
                | None
            )
            other_members_of_the_union_with_a_long_name: typing.Iterable[
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
                | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
                | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder
            ]
            last_group_of_the_union_with_a_long_name: (
                StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName
            )
            things: typing.Iterable[
                StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
                | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Reader
                | StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName.Builder
            ]

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)

        def which(self) -> StructWithARatherLongNameThatFillsLines_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return StructWithARatherLongNameThatFillsLines.MEMBERS.get(self._low.get_uint16(0))


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Recursive(schema.StructValue):
    """A struct that is the default of its own fields."""

    itself: Recursive | None = dataclasses.field(
        default_factory=lambda: Recursive._layout.initial("itself"),
    )
    list: builtins.list[Recursive] = dataclasses.field(
        default_factory=lambda: Recursive._layout.initial("list"),
    )
    number: builtins.int = 0
    choice: Recursive.Choice = dataclasses.field(default_factory=lambda: Recursive.Choice())

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Choice(schema.UnionValue):
        """The group ``Recursive.Choice``."""

        member: Recursive | schema.UnsetType | None = schema.UNSET
        members: builtins.list[Recursive] | schema.UnsetType = schema.UNSET

        MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Recursive_Choice_Which]] = {
            0: "member",
            1: "members",
        }

        def which(self) -> Recursive_Choice_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Recursive.Choice.MEMBERS.get(self._member())

        class Reader(schema.GeneratedReader["Recursive.Choice"]):
            """Reads ``Recursive.Choice``."""

            __slots__ = ()

            @builtins.property
            def member(self) -> Recursive.Reader:
                """``member :Recursive``."""
                if self._low.get_uint16(1) != 0:
                    raise self._unset("member")
                return Recursive.Reader(
                    self._low.get_struct(2, default=_RECURSIVE_CHOICE_MEMBER.struct())
                    or schema.NO_STRUCT,
                )

            def has_member(self) -> builtins.bool:
                """Return whether the pointer ``member`` is not null."""
                return self._low.get_uint16(1) == 0 and not self._low.is_null(2)

            @builtins.property
            def members(self) -> schema.Items[Recursive.Reader]:
                """``members :List(Recursive)``."""
                if self._low.get_uint16(1) != 1:
                    raise self._unset("members")
                return schema.StructItems(
                    self._low.get_struct_list(2, default=_RECURSIVE_CHOICE_MEMBERS.structs()),
                    Recursive.Reader,
                )

            def has_members(self) -> builtins.bool:
                """Return whether the pointer ``members`` is not null."""
                return self._low.get_uint16(1) == 1 and not self._low.is_null(2)

            def which(self) -> Recursive_Choice_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Recursive.Choice.MEMBERS.get(self._low.get_uint16(1))

        class Builder(schema.GeneratedBuilder["Recursive.Choice"]):
            """Builds ``Recursive.Choice``."""

            __slots__ = ()

            @builtins.property
            def member(self) -> Recursive.Builder:
                """``member :Recursive``."""
                if self._low.get_uint16(1) != 0:
                    raise self._unset("member")
                return Recursive.Builder(
                    self._low.get_struct(2, 1, 3, default=_RECURSIVE_CHOICE_MEMBER.struct())
                    or self._low.init_struct(2, 1, 3),
                )

            @member.setter
            def member(
                self,
                value: Recursive | Recursive.Reader | Recursive.Builder | None,
            ) -> None:
                self._select("member", value)

            def has_member(self) -> builtins.bool:
                """Return whether the pointer ``member`` is not null."""
                return self._low.get_uint16(1) == 0 and not self._low.is_null(2)

            def init_member(self) -> Recursive.Builder:
                """Build a zeroed struct as ``member``."""
                return Recursive.Builder(self._select_blank("member"))

            @builtins.property
            def members(self) -> schema.ItemsBuilder[Recursive.Builder, Recursive]:
                """``members :List(Recursive)``."""
                if self._low.get_uint16(1) != 1:
                    raise self._unset("members")
                return schema.StructItemsBuilder(
                    self._low.get_struct_list(2, 1, 3, default=_RECURSIVE_CHOICE_MEMBERS.structs()),
                    Recursive,
                )

            @members.setter
            def members(
                self,
                value: typing.Iterable[Recursive | Recursive.Reader | Recursive.Builder],
            ) -> None:
                self._select("members", value)

            def has_members(self) -> builtins.bool:
                """Return whether the pointer ``members`` is not null."""
                return self._low.get_uint16(1) == 1 and not self._low.is_null(2)

            def init_members(
                self,
                count: builtins.int,
            ) -> schema.ItemsBuilder[Recursive.Builder, Recursive]:
                """Build a list of ``count`` zeroed items as ``members``."""
                return schema.StructItemsBuilder(self._select_blank("members", count), Recursive)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                member: Recursive | Recursive.Reader | Recursive.Builder | None
                members: typing.Iterable[Recursive | Recursive.Reader | Recursive.Builder]

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

            def which(self) -> Recursive_Choice_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Recursive.Choice.MEMBERS.get(self._low.get_uint16(1))

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Recursive.Builder, Recursive.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 3, Recursive.Builder, Recursive.Reader

    class Reader(schema.GeneratedReader["Recursive"]):
        """Reads ``Recursive``."""

        __slots__ = ()

        @builtins.property
        def itself(self) -> Recursive.Reader:
            """``itself :Recursive``."""
            return Recursive.Reader(
                self._low.get_struct(0, default=_RECURSIVE_ITSELF.struct()) or schema.NO_STRUCT,
            )

        def has_itself(self) -> builtins.bool:
            """Return whether the pointer ``itself`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def list(self) -> schema.Items[Recursive.Reader]:
            """``list :List(Recursive)``."""
            return schema.StructItems(
                self._low.get_struct_list(1, default=_RECURSIVE_LIST.structs()),
                Recursive.Reader,
            )

        def has_list(self) -> builtins.bool:
            """Return whether the pointer ``list`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def number(self) -> builtins.int:
            """``number :UInt8``."""
            return self._low.get_uint8(0)

        @builtins.property
        def choice(self) -> Recursive.Choice.Reader:
            """The group ``choice``."""
            return Recursive.Choice.Reader(self._low)

    class Builder(schema.GeneratedBuilder["Recursive"]):
        """Builds ``Recursive``."""

        __slots__ = ()

        @builtins.property
        def itself(self) -> Recursive.Builder:
            """``itself :Recursive``."""
            return Recursive.Builder(
                self._low.get_struct(0, 1, 3, default=_RECURSIVE_ITSELF.struct())
                or self._low.init_struct(0, 1, 3),
            )

        @itself.setter
        def itself(self, value: Recursive | Recursive.Reader | Recursive.Builder | None) -> None:
            self._assign("itself", value)

        def has_itself(self) -> builtins.bool:
            """Return whether the pointer ``itself`` is not null."""
            return not self._low.is_null(0)

        def init_itself(self) -> Recursive.Builder:
            """Build a zeroed struct as ``itself``."""
            return Recursive.Builder(self._low.init_struct(0, 1, 3))

        @builtins.property
        def list(self) -> schema.ItemsBuilder[Recursive.Builder, Recursive]:
            """``list :List(Recursive)``."""
            return schema.StructItemsBuilder(
                self._low.get_struct_list(1, 1, 3, default=_RECURSIVE_LIST.structs()),
                Recursive,
            )

        @list.setter
        def list(
            self,
            value: typing.Iterable[Recursive | Recursive.Reader | Recursive.Builder],
        ) -> None:
            self._assign("list", value)

        def has_list(self) -> builtins.bool:
            """Return whether the pointer ``list`` is not null."""
            return not self._low.is_null(1)

        def init_list(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[Recursive.Builder, Recursive]:
            """Build a list of ``count`` zeroed items as ``list``."""
            return schema.StructItemsBuilder(self._low.init_struct_list(1, count, 1, 3), Recursive)

        @builtins.property
        def number(self) -> builtins.int:
            """``number :UInt8``."""
            return self._low.get_uint8(0)

        @number.setter
        def number(self, value: builtins.int) -> None:
            self._low._put_integer(_uint8, 0, value, 0)

        @builtins.property
        def choice(self) -> Recursive.Choice.Builder:
            """The group ``choice``."""
            return Recursive.Choice.Builder(self._low)

        @choice.setter
        def choice(self, value: Recursive.Choice) -> None:
            Recursive.Choice.Builder(self._low).set(value)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            itself: Recursive | Recursive.Reader | Recursive.Builder | None
            list: typing.Iterable[Recursive | Recursive.Reader | Recursive.Builder]
            number: builtins.int
            choice: Recursive.Choice

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Grouped(schema.StructValue):
    """The struct ``Grouped``."""

    number: builtins.int = 0
    texts: Grouped.Texts = dataclasses.field(default_factory=lambda: Grouped.Texts())

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Texts(schema.StructValue):
        """A group without a number."""

        first: builtins.str = ""
        second: builtins.str = ""

        class Reader(schema.GeneratedReader["Grouped.Texts"]):
            """Reads ``Grouped.Texts``."""

            __slots__ = ()

            @builtins.property
            def first(self) -> builtins.str:
                """``first :Text``."""
                return self._low.get_text(0) or ""

            def has_first(self) -> builtins.bool:
                """Return whether the pointer ``first`` is not null."""
                return not self._low.is_null(0)

            @builtins.property
            def second(self) -> builtins.str:
                """``second :Text``."""
                return self._low.get_text(1) or ""

            def has_second(self) -> builtins.bool:
                """Return whether the pointer ``second`` is not null."""
                return not self._low.is_null(1)

        class Builder(schema.GeneratedBuilder["Grouped.Texts"]):
            """Builds ``Grouped.Texts``."""

            __slots__ = ()

            @builtins.property
            def first(self) -> builtins.str:
                """``first :Text``."""
                return self._low.get_text(0) or ""

            @first.setter
            def first(self, value: builtins.str) -> None:
                self._low.set_text(0, value)

            def has_first(self) -> builtins.bool:
                """Return whether the pointer ``first`` is not null."""
                return not self._low.is_null(0)

            @builtins.property
            def second(self) -> builtins.str:
                """``second :Text``."""
                return self._low.get_text(1) or ""

            @second.setter
            def second(self, value: builtins.str) -> None:
                self._low.set_text(1, value)

            def has_second(self) -> builtins.bool:
                """Return whether the pointer ``second`` is not null."""
                return not self._low.is_null(1)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                first: builtins.str
                second: builtins.str

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Grouped.Builder, Grouped.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 2, Grouped.Builder, Grouped.Reader

    class Reader(schema.GeneratedReader["Grouped"]):
        """Reads ``Grouped``."""

        __slots__ = ()

        @builtins.property
        def number(self) -> builtins.int:
            """``number :UInt32``."""
            return self._low.get_uint32(0)

        @builtins.property
        def texts(self) -> Grouped.Texts.Reader:
            """A group without a number."""
            return Grouped.Texts.Reader(self._low)

    class Builder(schema.GeneratedBuilder["Grouped"]):
        """Builds ``Grouped``."""

        __slots__ = ()

        @builtins.property
        def number(self) -> builtins.int:
            """``number :UInt32``."""
            return self._low.get_uint32(0)

        @number.setter
        def number(self, value: builtins.int) -> None:
            self._low._put_integer(_uint32, 0, value, 0)

        @builtins.property
        def texts(self) -> Grouped.Texts.Builder:
            """A group without a number."""
            return Grouped.Texts.Builder(self._low)

        @texts.setter
        def texts(self, value: Grouped.Texts) -> None:
            Grouped.Texts.Builder(self._low).set(value)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            number: builtins.int
            texts: Grouped.Texts

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Chain(schema.GenericValue, typing.Generic[_Chain_Item]):
    """The struct ``Chain``."""

    item: _Chain_Item | None = None
    next: Chain[_Chain_Item] | None = None
    group: Chain.Group[_Chain_Item] = dataclasses.field(default_factory=lambda: Chain.Group())
    inner: Chain.Inner[_Chain_Item] | None = None
    inners: builtins.list[Chain.Inner[_Chain_Item]] = dataclasses.field(
        default_factory=builtins.list,
    )

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Inner(schema.GenericValue, typing.Generic[_Chain_Inner_Item]):
        """The struct ``Chain.Inner``."""

        item: _Chain_Inner_Item | None = None
        number: builtins.int = 0

        @builtins.classmethod
        def __capnsafe_schema__(cls) -> schema.Types[Chain.Inner.Builder, Chain.Inner.Reader]:
            """Return the sections of the struct, its builder and its reader."""
            return 1, 1, Chain.Inner.Builder, Chain.Inner.Reader

        class Reader(
            schema.GenericReader["Chain.Inner[_Chain_Inner_Item_value]"],
            typing.Generic[_Chain_Inner_Item_value, _Chain_Inner_Item_reader],
        ):
            """Reads ``Chain.Inner``."""

            __slots__ = ()

            @builtins.property
            def item(self) -> _Chain_Inner_Item_reader:
                """``item :AnyPointer``."""
                found: _Chain_Inner_Item_reader = self._open("item")
                return found

            def has_item(self) -> builtins.bool:
                """Return whether the pointer ``item`` is not null."""
                return not self._low.is_null(0)

            @builtins.property
            def number(self) -> builtins.int:
                """``number :UInt8``."""
                return self._low.get_uint8(0)

        class Builder(
            schema.GenericBuilder["Chain.Inner[_Chain_Inner_Item_value]"],
            typing.Generic[
                _Chain_Inner_Item_value,
                _Chain_Inner_Item_builder,
                _Chain_Inner_Item_set,
            ],
        ):
            """Builds ``Chain.Inner``."""

            __slots__ = ()

            @builtins.property
            def item(self) -> _Chain_Inner_Item_builder:
                """``item :AnyPointer``."""
                found: _Chain_Inner_Item_builder = self._open("item")
                return found

            @item.setter
            def item(self, value: _Chain_Inner_Item_set | None) -> None:
                self._assign("item", value)

            def has_item(self) -> builtins.bool:
                """Return whether the pointer ``item`` is not null."""
                return not self._low.is_null(0)

            def init_item(self, count: builtins.int = 0) -> _Chain_Inner_Item_builder:
                """Build a zeroed struct, or a list of ``count`` zeroed items, as ``item``."""
                found: _Chain_Inner_Item_builder = self._init("item", count)
                return found

            @builtins.property
            def number(self) -> builtins.int:
                """``number :UInt8``."""
                return self._low.get_uint8(0)

            @number.setter
            def number(self, value: builtins.int) -> None:
                self._low._put_integer(_uint8, 0, value, 0)

            def update(
                self,
                /,
                **fields: typing.Unpack[
                    Chain_Inner_Fields[
                        _Chain_Inner_Item_value,
                        _Chain_Inner_Item_builder,
                        _Chain_Inner_Item_set,
                    ]
                ],
            ) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Group(schema.UnionValue, schema.GenericValue, typing.Generic[_Chain_Group_Item]):
        """The group ``Chain.Group``."""

        item: _Chain_Group_Item | None = None
        none: schema.UnsetType | None = schema.UNSET
        one: _Chain_Group_Item | schema.UnsetType | None = schema.UNSET

        MEMBERS: typing.ClassVar[builtins.dict[builtins.int, Chain_Group_Which]] = {
            0: "none",
            1: "one",
        }

        def which(self) -> Chain_Group_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Chain.Group.MEMBERS.get(self._member())

        class Reader(
            schema.GenericReader["Chain.Group[_Chain_Group_Item_value]"],
            typing.Generic[_Chain_Group_Item_value, _Chain_Group_Item_reader],
        ):
            """Reads ``Chain.Group``."""

            __slots__ = ()

            @builtins.property
            def item(self) -> _Chain_Group_Item_reader:
                """``item :AnyPointer``."""
                found: _Chain_Group_Item_reader = self._open("item")
                return found

            def has_item(self) -> builtins.bool:
                """Return whether the pointer ``item`` is not null."""
                return not self._low.is_null(2)

            @builtins.property
            def none(self) -> None:
                """``none :Void``."""
                if self._low.get_uint16(0) != 0:
                    raise self._unset("none")
                return None

            @builtins.property
            def one(self) -> _Chain_Group_Item_reader:
                """``one :AnyPointer``."""
                if self._low.get_uint16(0) != 1:
                    raise self._unset("one")
                found: _Chain_Group_Item_reader = self._open("one")
                return found

            def has_one(self) -> builtins.bool:
                """Return whether the pointer ``one`` is not null."""
                return self._low.get_uint16(0) == 1 and not self._low.is_null(3)

            def which(self) -> Chain_Group_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Chain.Group.MEMBERS.get(self._low.get_uint16(0))

        class Builder(
            schema.GenericBuilder["Chain.Group[_Chain_Group_Item_value]"],
            typing.Generic[
                _Chain_Group_Item_value,
                _Chain_Group_Item_builder,
                _Chain_Group_Item_set,
            ],
        ):
            """Builds ``Chain.Group``."""

            __slots__ = ()

            @builtins.property
            def item(self) -> _Chain_Group_Item_builder:
                """``item :AnyPointer``."""
                found: _Chain_Group_Item_builder = self._open("item")
                return found

            @item.setter
            def item(self, value: _Chain_Group_Item_set | None) -> None:
                self._assign("item", value)

            def has_item(self) -> builtins.bool:
                """Return whether the pointer ``item`` is not null."""
                return not self._low.is_null(2)

            def init_item(self, count: builtins.int = 0) -> _Chain_Group_Item_builder:
                """Build a zeroed struct, or a list of ``count`` zeroed items, as ``item``."""
                found: _Chain_Group_Item_builder = self._init("item", count)
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
            def one(self) -> _Chain_Group_Item_builder:
                """``one :AnyPointer``."""
                if self._low.get_uint16(0) != 1:
                    raise self._unset("one")
                found: _Chain_Group_Item_builder = self._open("one")
                return found

            @one.setter
            def one(self, value: _Chain_Group_Item_set | None) -> None:
                self._select("one", value)

            def has_one(self) -> builtins.bool:
                """Return whether the pointer ``one`` is not null."""
                return self._low.get_uint16(0) == 1 and not self._low.is_null(3)

            def init_one(self, count: builtins.int = 0) -> _Chain_Group_Item_builder:
                """Build a zeroed struct, or a list of ``count`` zeroed items, as ``one``."""
                found: _Chain_Group_Item_builder = self._init("one", count)
                return found

            def update(
                self,
                /,
                **fields: typing.Unpack[
                    Chain_Group_Fields[
                        _Chain_Group_Item_value,
                        _Chain_Group_Item_builder,
                        _Chain_Group_Item_set,
                    ]
                ],
            ) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

            def which(self) -> Chain_Group_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Chain.Group.MEMBERS.get(self._low.get_uint16(0))

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Chain.Builder, Chain.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 6, Chain.Builder, Chain.Reader

    class Reader(
        schema.GenericReader["Chain[_Chain_Item_value]"],
        typing.Generic[_Chain_Item_value, _Chain_Item_reader],
    ):
        """Reads ``Chain``."""

        __slots__ = ()

        @builtins.property
        def item(self) -> _Chain_Item_reader:
            """``item :AnyPointer``."""
            found: _Chain_Item_reader = self._open("item")
            return found

        def has_item(self) -> builtins.bool:
            """Return whether the pointer ``item`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def next(self) -> Chain.Reader[_Chain_Item_value, _Chain_Item_reader]:
            """``next :Chain``."""
            found: Chain.Reader[_Chain_Item_value, _Chain_Item_reader] = self._open("next")
            return found

        def has_next(self) -> builtins.bool:
            """Return whether the pointer ``next`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def group(self) -> Chain.Group.Reader[_Chain_Item_value, _Chain_Item_reader]:
            """The group ``group``."""
            found: Chain.Group.Reader[_Chain_Item_value, _Chain_Item_reader] = self._open("group")
            return found

        @builtins.property
        def inner(self) -> Chain.Inner.Reader[_Chain_Item_value, _Chain_Item_reader]:
            """``inner :Chain.Inner``."""
            found: Chain.Inner.Reader[_Chain_Item_value, _Chain_Item_reader] = self._open("inner")
            return found

        def has_inner(self) -> builtins.bool:
            """Return whether the pointer ``inner`` is not null."""
            return not self._low.is_null(4)

        @builtins.property
        def inners(self) -> schema.Items[Chain.Inner.Reader[_Chain_Item_value, _Chain_Item_reader]]:
            """``inners :List(Chain.Inner)``."""
            found: schema.Items[Chain.Inner.Reader[_Chain_Item_value, _Chain_Item_reader]] = (
                self._open("inners")
            )
            return found

        def has_inners(self) -> builtins.bool:
            """Return whether the pointer ``inners`` is not null."""
            return not self._low.is_null(5)

    class Builder(
        schema.GenericBuilder["Chain[_Chain_Item_value]"],
        typing.Generic[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set],
    ):
        """Builds ``Chain``."""

        __slots__ = ()

        @builtins.property
        def item(self) -> _Chain_Item_builder:
            """``item :AnyPointer``."""
            found: _Chain_Item_builder = self._open("item")
            return found

        @item.setter
        def item(self, value: _Chain_Item_set | None) -> None:
            self._assign("item", value)

        def has_item(self) -> builtins.bool:
            """Return whether the pointer ``item`` is not null."""
            return not self._low.is_null(0)

        def init_item(self, count: builtins.int = 0) -> _Chain_Item_builder:
            """Build a zeroed struct, or a list of ``count`` zeroed items, as ``item``."""
            found: _Chain_Item_builder = self._init("item", count)
            return found

        @builtins.property
        def next(self) -> Chain.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set]:
            """``next :Chain``."""
            found: Chain.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set] = (
                self._open("next")
            )
            return found

        @next.setter
        def next(
            self,
            value: Chain[_Chain_Item_value]
            | Chain.Reader[_Chain_Item_value, builtins.object]
            | Chain.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set]
            | None,
        ) -> None:
            self._assign("next", value)

        def has_next(self) -> builtins.bool:
            """Return whether the pointer ``next`` is not null."""
            return not self._low.is_null(1)

        def init_next(
            self,
        ) -> Chain.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set]:
            """Build a zeroed struct as ``next``."""
            found: Chain.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set] = (
                self._init("next")
            )
            return found

        @builtins.property
        def group(
            self,
        ) -> Chain.Group.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set]:
            """The group ``group``."""
            found: Chain.Group.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set] = (
                self._open("group")
            )
            return found

        @group.setter
        def group(self, value: Chain.Group[_Chain_Item_value]) -> None:
            self._open("group").set(value)

        @builtins.property
        def inner(
            self,
        ) -> Chain.Inner.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set]:
            """``inner :Chain.Inner``."""
            found: Chain.Inner.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set] = (
                self._open("inner")
            )
            return found

        @inner.setter
        def inner(
            self,
            value: Chain.Inner[_Chain_Item_value]
            | Chain.Inner.Reader[_Chain_Item_value, builtins.object]
            | Chain.Inner.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set]
            | None,
        ) -> None:
            self._assign("inner", value)

        def has_inner(self) -> builtins.bool:
            """Return whether the pointer ``inner`` is not null."""
            return not self._low.is_null(4)

        def init_inner(
            self,
        ) -> Chain.Inner.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set]:
            """Build a zeroed struct as ``inner``."""
            found: Chain.Inner.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set] = (
                self._init("inner")
            )
            return found

        @builtins.property
        def inners(
            self,
        ) -> schema.ItemsBuilder[
            Chain.Inner.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set],
            Chain.Inner[_Chain_Item_value],
        ]:
            """``inners :List(Chain.Inner)``."""
            found: schema.ItemsBuilder[
                Chain.Inner.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set],
                Chain.Inner[_Chain_Item_value],
            ] = self._open("inners")
            return found

        @inners.setter
        def inners(
            self,
            value: typing.Iterable[
                Chain.Inner[_Chain_Item_value]
                | Chain.Inner.Reader[_Chain_Item_value, builtins.object]
                | Chain.Inner.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set]
            ],
        ) -> None:
            self._assign("inners", value)

        def has_inners(self) -> builtins.bool:
            """Return whether the pointer ``inners`` is not null."""
            return not self._low.is_null(5)

        def init_inners(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[
            Chain.Inner.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set],
            Chain.Inner[_Chain_Item_value],
        ]:
            """Build a list of ``count`` zeroed items as ``inners``."""
            found: schema.ItemsBuilder[
                Chain.Inner.Builder[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set],
                Chain.Inner[_Chain_Item_value],
            ] = self._init("inners", count)
            return found

        def update(
            self,
            /,
            **fields: typing.Unpack[
                Chain_Fields[_Chain_Item_value, _Chain_Item_builder, _Chain_Item_set]
            ],
        ) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Generics(schema.StructValue):
    """The struct ``Generics``."""

    texts: Chain[builtins.str] | None = None
    points: Chain[Point] | None = None
    numbers: Chain[builtins.list[builtins.int]] | None = None
    anything: Chain[schema.Anything] | None = None
    pairs: builtins.list[Generic[builtins.str, builtins.list[Point]]] = dataclasses.field(
        default_factory=builtins.list,
    )
    half: Generic[builtins.bytes, schema.Anything] | None = None
    stores: Chain[builtins.int] | None = None

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Generics.Builder, Generics.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 0, 7, Generics.Builder, Generics.Reader

    class Reader(schema.GeneratedReader["Generics"]):
        """Reads ``Generics``."""

        __slots__ = ()

        @builtins.property
        def texts(self) -> Chain.Reader[builtins.str, builtins.str]:
            """``texts :Chain``."""
            found: Chain.Reader[builtins.str, builtins.str] = self._open("texts")
            return found

        def has_texts(self) -> builtins.bool:
            """Return whether the pointer ``texts`` is not null."""
            return not self._low.is_null(0)

        @builtins.property
        def points(self) -> Chain.Reader[Point, Point.Reader]:
            """``points :Chain``."""
            found: Chain.Reader[Point, Point.Reader] = self._open("points")
            return found

        def has_points(self) -> builtins.bool:
            """Return whether the pointer ``points`` is not null."""
            return not self._low.is_null(1)

        @builtins.property
        def numbers(
            self,
        ) -> Chain.Reader[builtins.list[builtins.int], schema.Numbers[builtins.int]]:
            """``numbers :Chain``."""
            found: Chain.Reader[builtins.list[builtins.int], schema.Numbers[builtins.int]] = (
                self._open("numbers")
            )
            return found

        def has_numbers(self) -> builtins.bool:
            """Return whether the pointer ``numbers`` is not null."""
            return not self._low.is_null(2)

        @builtins.property
        def anything(self) -> Chain.Reader[schema.Anything, schema.AnyReader]:
            """``anything :Chain``."""
            return Chain.Reader(self._low.get_struct(3) or schema.NO_STRUCT)

        def has_anything(self) -> builtins.bool:
            """Return whether the pointer ``anything`` is not null."""
            return not self._low.is_null(3)

        @builtins.property
        def pairs(
            self,
        ) -> schema.Items[
            Generic.Reader[
                builtins.str,
                builtins.list[Point],
                builtins.str,
                schema.Items[Point.Reader],
            ]
        ]:
            """``pairs :List(Generic)``."""
            found: schema.Items[
                Generic.Reader[
                    builtins.str,
                    builtins.list[Point],
                    builtins.str,
                    schema.Items[Point.Reader],
                ]
            ] = self._open("pairs")
            return found

        def has_pairs(self) -> builtins.bool:
            """Return whether the pointer ``pairs`` is not null."""
            return not self._low.is_null(4)

        @builtins.property
        def half(
            self,
        ) -> Generic.Reader[builtins.bytes, schema.Anything, builtins.bytes, schema.AnyReader]:
            """``half :Generic``."""
            found: Generic.Reader[
                builtins.bytes,
                schema.Anything,
                builtins.bytes,
                schema.AnyReader,
            ] = self._open("half")
            return found

        def has_half(self) -> builtins.bool:
            """Return whether the pointer ``half`` is not null."""
            return not self._low.is_null(5)

        @builtins.property
        def stores(self) -> Chain.Reader[builtins.int, builtins.int | None]:
            """``stores :Chain``."""
            found: Chain.Reader[builtins.int, builtins.int | None] = self._open("stores")
            return found

        def has_stores(self) -> builtins.bool:
            """Return whether the pointer ``stores`` is not null."""
            return not self._low.is_null(6)

    class Builder(schema.GeneratedBuilder["Generics"]):
        """Builds ``Generics``."""

        __slots__ = ()

        @builtins.property
        def texts(self) -> Chain.Builder[builtins.str, builtins.str, builtins.str]:
            """``texts :Chain``."""
            found: Chain.Builder[builtins.str, builtins.str, builtins.str] = self._open("texts")
            return found

        @texts.setter
        def texts(
            self,
            value: Chain[builtins.str]
            | Chain.Reader[builtins.str, builtins.str]
            | Chain.Builder[builtins.str, builtins.str, builtins.str]
            | None,
        ) -> None:
            self._assign("texts", value)

        def has_texts(self) -> builtins.bool:
            """Return whether the pointer ``texts`` is not null."""
            return not self._low.is_null(0)

        def init_texts(self) -> Chain.Builder[builtins.str, builtins.str, builtins.str]:
            """Build a zeroed struct as ``texts``."""
            found: Chain.Builder[builtins.str, builtins.str, builtins.str] = self._init("texts")
            return found

        @builtins.property
        def points(
            self,
        ) -> Chain.Builder[Point, Point.Builder, Point | Point.Reader | Point.Builder]:
            """``points :Chain``."""
            found: Chain.Builder[Point, Point.Builder, Point | Point.Reader | Point.Builder] = (
                self._open("points")
            )
            return found

        @points.setter
        def points(
            self,
            value: Chain[Point]
            | Chain.Reader[Point, Point.Reader]
            | Chain.Builder[Point, Point.Builder, Point | Point.Reader | Point.Builder]
            | None,
        ) -> None:
            self._assign("points", value)

        def has_points(self) -> builtins.bool:
            """Return whether the pointer ``points`` is not null."""
            return not self._low.is_null(1)

        def init_points(
            self,
        ) -> Chain.Builder[Point, Point.Builder, Point | Point.Reader | Point.Builder]:
            """Build a zeroed struct as ``points``."""
            found: Chain.Builder[Point, Point.Builder, Point | Point.Reader | Point.Builder] = (
                self._init("points")
            )
            return found

        @builtins.property
        def numbers(
            self,
        ) -> Chain.Builder[
            builtins.list[builtins.int],
            schema.NumbersBuilder[builtins.int],
            typing.Iterable[builtins.int],
        ]:
            """``numbers :Chain``."""
            found: Chain.Builder[
                builtins.list[builtins.int],
                schema.NumbersBuilder[builtins.int],
                typing.Iterable[builtins.int],
            ] = self._open("numbers")
            return found

        @numbers.setter
        def numbers(
            self,
            value: Chain[builtins.list[builtins.int]]
            | Chain.Reader[builtins.list[builtins.int], schema.Numbers[builtins.int]]
            | Chain.Builder[
                builtins.list[builtins.int],
                schema.NumbersBuilder[builtins.int],
                typing.Iterable[builtins.int],
            ]
            | None,
        ) -> None:
            self._assign("numbers", value)

        def has_numbers(self) -> builtins.bool:
            """Return whether the pointer ``numbers`` is not null."""
            return not self._low.is_null(2)

        def init_numbers(
            self,
        ) -> Chain.Builder[
            builtins.list[builtins.int],
            schema.NumbersBuilder[builtins.int],
            typing.Iterable[builtins.int],
        ]:
            """Build a zeroed struct as ``numbers``."""
            found: Chain.Builder[
                builtins.list[builtins.int],
                schema.NumbersBuilder[builtins.int],
                typing.Iterable[builtins.int],
            ] = self._init("numbers")
            return found

        @builtins.property
        def anything(self) -> Chain.Builder[schema.Anything, schema.AnyBuilder, schema.Anything]:
            """``anything :Chain``."""
            return Chain.Builder(self._low.get_struct(3, 1, 6) or self._low.init_struct(3, 1, 6))

        @anything.setter
        def anything(
            self,
            value: Chain[schema.Anything]
            | Chain.Reader[schema.Anything, schema.AnyReader]
            | Chain.Builder[schema.Anything, schema.AnyBuilder, schema.Anything]
            | None,
        ) -> None:
            self._assign("anything", value)

        def has_anything(self) -> builtins.bool:
            """Return whether the pointer ``anything`` is not null."""
            return not self._low.is_null(3)

        def init_anything(
            self,
        ) -> Chain.Builder[schema.Anything, schema.AnyBuilder, schema.Anything]:
            """Build a zeroed struct as ``anything``."""
            return Chain.Builder(self._low.init_struct(3, 1, 6))

        @builtins.property
        def pairs(
            self,
        ) -> schema.ItemsBuilder[
            Generic.Builder[
                builtins.str,
                builtins.list[Point],
                builtins.str,
                schema.ItemsBuilder[Point.Builder, Point],
                builtins.str,
                typing.Iterable[Point | Point.Reader | Point.Builder],
            ],
            Generic[builtins.str, builtins.list[Point]],
        ]:
            """``pairs :List(Generic)``."""
            found: schema.ItemsBuilder[
                Generic.Builder[
                    builtins.str,
                    builtins.list[Point],
                    builtins.str,
                    schema.ItemsBuilder[Point.Builder, Point],
                    builtins.str,
                    typing.Iterable[Point | Point.Reader | Point.Builder],
                ],
                Generic[builtins.str, builtins.list[Point]],
            ] = self._open("pairs")
            return found

        @pairs.setter
        def pairs(
            self,
            value: typing.Iterable[
                Generic[builtins.str, builtins.list[Point]]
                | Generic.Reader[
                    builtins.str,
                    builtins.list[Point],
                    builtins.str,
                    schema.Items[Point.Reader],
                ]
                | Generic.Builder[
                    builtins.str,
                    builtins.list[Point],
                    builtins.str,
                    schema.ItemsBuilder[Point.Builder, Point],
                    builtins.str,
                    typing.Iterable[Point | Point.Reader | Point.Builder],
                ]
            ],
        ) -> None:
            self._assign("pairs", value)

        def has_pairs(self) -> builtins.bool:
            """Return whether the pointer ``pairs`` is not null."""
            return not self._low.is_null(4)

        def init_pairs(
            self,
            count: builtins.int,
        ) -> schema.ItemsBuilder[
            Generic.Builder[
                builtins.str,
                builtins.list[Point],
                builtins.str,
                schema.ItemsBuilder[Point.Builder, Point],
                builtins.str,
                typing.Iterable[Point | Point.Reader | Point.Builder],
            ],
            Generic[builtins.str, builtins.list[Point]],
        ]:
            """Build a list of ``count`` zeroed items as ``pairs``."""
            found: schema.ItemsBuilder[
                Generic.Builder[
                    builtins.str,
                    builtins.list[Point],
                    builtins.str,
                    schema.ItemsBuilder[Point.Builder, Point],
                    builtins.str,
                    typing.Iterable[Point | Point.Reader | Point.Builder],
                ],
                Generic[builtins.str, builtins.list[Point]],
            ] = self._init("pairs", count)
            return found

        @builtins.property
        def half(
            self,
        ) -> Generic.Builder[
            builtins.bytes,
            schema.Anything,
            builtins.bytes,
            schema.AnyBuilder,
            builtins.bytes,
            schema.Anything,
        ]:
            """``half :Generic``."""
            found: Generic.Builder[
                builtins.bytes,
                schema.Anything,
                builtins.bytes,
                schema.AnyBuilder,
                builtins.bytes,
                schema.Anything,
            ] = self._open("half")
            return found

        @half.setter
        def half(
            self,
            value: Generic[builtins.bytes, schema.Anything]
            | Generic.Reader[builtins.bytes, schema.Anything, builtins.bytes, schema.AnyReader]
            | Generic.Builder[
                builtins.bytes,
                schema.Anything,
                builtins.bytes,
                schema.AnyBuilder,
                builtins.bytes,
                schema.Anything,
            ]
            | None,
        ) -> None:
            self._assign("half", value)

        def has_half(self) -> builtins.bool:
            """Return whether the pointer ``half`` is not null."""
            return not self._low.is_null(5)

        def init_half(
            self,
        ) -> Generic.Builder[
            builtins.bytes,
            schema.Anything,
            builtins.bytes,
            schema.AnyBuilder,
            builtins.bytes,
            schema.Anything,
        ]:
            """Build a zeroed struct as ``half``."""
            found: Generic.Builder[
                builtins.bytes,
                schema.Anything,
                builtins.bytes,
                schema.AnyBuilder,
                builtins.bytes,
                schema.Anything,
            ] = self._init("half")
            return found

        @builtins.property
        def stores(self) -> Chain.Builder[builtins.int, builtins.int | None, builtins.int]:
            """``stores :Chain``."""
            found: Chain.Builder[builtins.int, builtins.int | None, builtins.int] = self._open(
                "stores",
            )
            return found

        @stores.setter
        def stores(
            self,
            value: Chain[builtins.int]
            | Chain.Reader[builtins.int, builtins.int | None]
            | Chain.Builder[builtins.int, builtins.int | None, builtins.int]
            | None,
        ) -> None:
            self._assign("stores", value)

        def has_stores(self) -> builtins.bool:
            """Return whether the pointer ``stores`` is not null."""
            return not self._low.is_null(6)

        def init_stores(self) -> Chain.Builder[builtins.int, builtins.int | None, builtins.int]:
            """Build a zeroed struct as ``stores``."""
            found: Chain.Builder[builtins.int, builtins.int | None, builtins.int] = self._init(
                "stores",
            )
            return found

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            texts: (
                Chain[builtins.str]
                | Chain.Reader[builtins.str, builtins.str]
                | Chain.Builder[builtins.str, builtins.str, builtins.str]
                | None
            )
            points: (
                Chain[Point]
                | Chain.Reader[Point, Point.Reader]
                | Chain.Builder[Point, Point.Builder, Point | Point.Reader | Point.Builder]
                | None
            )
            numbers: (
                Chain[builtins.list[builtins.int]]
                | Chain.Reader[builtins.list[builtins.int], schema.Numbers[builtins.int]]
                | Chain.Builder[
                    builtins.list[builtins.int],
                    schema.NumbersBuilder[builtins.int],
                    typing.Iterable[builtins.int],
                ]
                | None
            )
            anything: (
                Chain[schema.Anything]
                | Chain.Reader[schema.Anything, schema.AnyReader]
                | Chain.Builder[schema.Anything, schema.AnyBuilder, schema.Anything]
                | None
            )
            pairs: typing.Iterable[
                Generic[builtins.str, builtins.list[Point]]
                | Generic.Reader[
                    builtins.str,
                    builtins.list[Point],
                    builtins.str,
                    schema.Items[Point.Reader],
                ]
                | Generic.Builder[
                    builtins.str,
                    builtins.list[Point],
                    builtins.str,
                    schema.ItemsBuilder[Point.Builder, Point],
                    builtins.str,
                    typing.Iterable[Point | Point.Reader | Point.Builder],
                ]
            ]
            half: (
                Generic[builtins.bytes, schema.Anything]
                | Generic.Reader[builtins.bytes, schema.Anything, builtins.bytes, schema.AnyReader]
                | Generic.Builder[
                    builtins.bytes,
                    schema.Anything,
                    builtins.bytes,
                    schema.AnyBuilder,
                    builtins.bytes,
                    schema.Anything,
                ]
                | None
            )
            stores: (
                Chain[builtins.int]
                | Chain.Reader[builtins.int, builtins.int | None]
                | Chain.Builder[builtins.int, builtins.int | None, builtins.int]
                | None
            )

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Annotated(schema.StructValue):
    """The struct ``Annotated``."""

    first: builtins.int = 0
    second: Annotated.Second = dataclasses.field(default_factory=lambda: Annotated.Second())

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Nested(schema.StructValue):
        """The struct ``Annotated.Nested``."""

        OWN: typing.ClassVar[schema.Annotation[builtins.int]]

        @builtins.classmethod
        def __capnsafe_schema__(
            cls,
        ) -> schema.Types[Annotated.Nested.Builder, Annotated.Nested.Reader]:
            """Return the sections of the struct, its builder and its reader."""
            return 0, 0, Annotated.Nested.Builder, Annotated.Nested.Reader

        class Reader(schema.GeneratedReader["Annotated.Nested"]):
            """Reads ``Annotated.Nested``."""

            __slots__ = ()

        class Builder(schema.GeneratedBuilder["Annotated.Nested"]):
            """Builds ``Annotated.Nested``."""

            __slots__ = ()

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Second(schema.StructValue):
        """The group ``Annotated.Second``."""

        third: builtins.str = ""

        class Reader(schema.GeneratedReader["Annotated.Second"]):
            """Reads ``Annotated.Second``."""

            __slots__ = ()

            @builtins.property
            def third(self) -> builtins.str:
                """``third :Text``."""
                return self._low.get_text(0) or ""

            def has_third(self) -> builtins.bool:
                """Return whether the pointer ``third`` is not null."""
                return not self._low.is_null(0)

        class Builder(schema.GeneratedBuilder["Annotated.Second"]):
            """Builds ``Annotated.Second``."""

            __slots__ = ()

            @builtins.property
            def third(self) -> builtins.str:
                """``third :Text``."""
                return self._low.get_text(0) or ""

            @third.setter
            def third(self, value: builtins.str) -> None:
                self._low.set_text(0, value)

            def has_third(self) -> builtins.bool:
                """Return whether the pointer ``third`` is not null."""
                return not self._low.is_null(0)

    @builtins.classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Annotated.Builder, Annotated.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 1, Annotated.Builder, Annotated.Reader

    class Reader(schema.GeneratedReader["Annotated"]):
        """Reads ``Annotated``."""

        __slots__ = ()

        @builtins.property
        def first(self) -> builtins.int:
            """``first :UInt8``."""
            return self._low.get_uint8(0)

        @builtins.property
        def second(self) -> Annotated.Second.Reader:
            """The group ``second``."""
            return Annotated.Second.Reader(self._low)

    class Builder(schema.GeneratedBuilder["Annotated"]):
        """Builds ``Annotated``."""

        __slots__ = ()

        @builtins.property
        def first(self) -> builtins.int:
            """``first :UInt8``."""
            return self._low.get_uint8(0)

        @first.setter
        def first(self, value: builtins.int) -> None:
            self._low._put_integer(_uint8, 0, value, 0)

        @builtins.property
        def second(self) -> Annotated.Second.Builder:
            """The group ``second``."""
            return Annotated.Second.Builder(self._low)

        @second.setter
        def second(self, value: Annotated.Second) -> None:
            Annotated.Second.Builder(self._low).set(value)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            first: builtins.int
            second: Annotated.Second

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


_KEYWORDS_LIST: typing.Final = schema.Default(
    b"\x01\x00\x00\x00\x16\x00\x00\x00\x05\x00\x00\x00\x12\x00\x00\x00\x05\x00\x00\x00\x12\x00\x00\x00a\x00\x00\x00\x00\x00\x00\x00b\x00\x00\x00\x00\x00\x00\x00",
)
_POINTERS_DAY: typing.Final = schema.Default(
    b"\x00\x00\x00\x00\x01\x00\x00\x00Z\x00\x00\x00\x00\x00\x00\x00",
)
_POINTERS_POINTS: typing.Final = schema.Default(
    b"\x01\x00\x00\x00\x17\x00\x00\x00\x08\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00",
)
_POINTERS_GRID: typing.Final = schema.Default(
    b"\x01\x00\x00\x00\x16\x00\x00\x00\x05\x00\x00\x00\x14\x00\x00\x00\x05\x00\x00\x00\x04\x00\x00\x00\x00\x00\x80?\x00\x00\x00@",
)
_POINTERS_COLOURS: typing.Final = schema.Default(
    b"\x01\x00\x00\x00\x0b\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00",
)
_POINTERS_BITS: typing.Final = schema.Default(
    b"\x01\x00\x00\x00\x19\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00",
)
_CHOICE_DAY: typing.Final = schema.Default(
    b"\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x06\x00\x00\x00\x00\x00",
)
_STRUCTWITHARATHERLONGNAMETHATFILLSLINES_LASTGROUPOFTHEUNIONWITHALONGNAME_GRID: typing.Final = schema.Default(
    b'\x01\x00\x00\x00\x0e\x00\x00\x00\x01\x00\x00\x00\x0f\x00\x00\x00\x04\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00J\x00\x00\x00a, b "c"\x00\x00\x00\x00\x00\x00\x00\x00',
)
_STRUCTWITHARATHERLONGNAMETHATFILLSLINES_LASTGROUPOFTHEUNIONWITHALONGNAME_KINDS: typing.Final = schema.Default(
    b"\x01\x00\x00\x003\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00",
)
_RECURSIVE_CHOICE_MEMBER: typing.Final = schema.Default(
    b"\x00\x00\x00\x00\x01\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
)
_RECURSIVE_CHOICE_MEMBERS: typing.Final = schema.Default(
    b"\x01\x00\x00\x00'\x00\x00\x00\x04\x00\x00\x00\x01\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
)
_RECURSIVE_ITSELF: typing.Final = schema.Default(
    b"\x00\x00\x00\x00\x01\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
)
_RECURSIVE_LIST: typing.Final = schema.Default(
    b"\x01\x00\x00\x00'\x00\x00\x00\x04\x00\x00\x00\x01\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
)
Colour.BY_VALUE = schema.enumerants(
    Colour,
    "red",
    "green",
    "darkBlue",
    "class",
    annotations={"": {0xF3A91D5BE2C07F68: None}, "DARK_BLUE": {0xE5C1F07B3AE94D2A: "navy"}},
)
schema.Layout(
    Point,
    0xF69E4964F53824F2,
    1,
    0,
    schema.FieldLayout("x", "x", schema.INT32, 0),
    schema.FieldLayout("y", "y", schema.INT32, 1),
)
schema.Layout(
    Keywords.WhichOne.Lambda,
    0xF513939EAE690AD0,
    3,
    9,
    schema.FieldLayout("none", "none", schema.TEXT, 4),
    schema.FieldLayout("self", "self", schema.TEXT, 5),
    is_group=True,
)
schema.Layout(
    Keywords.WhichOne,
    0x8451F8707CC6BCAD,
    3,
    9,
    schema.FieldLayout("which_", "which", schema.VOID, 0, member=0),
    schema.FieldLayout("from_", "from", schema.UINT8, 18, member=1),
    schema.FieldLayout(
        "lambda_",
        "lambda",
        schema.GroupKind(lambda: Keywords.WhichOne.Lambda),
        member=2,
    ),
    tag=8,
    is_group=True,
)
schema.Layout(
    Keywords,
    0xAD21AC183AE0773C,
    3,
    9,
    schema.FieldLayout("class_", "class", schema.UINT16, 0),
    schema.FieldLayout("def_", "def", schema.TEXT, 0),
    schema.FieldLayout("import_", "import", schema.INT8, 2, default=-1),
    schema.FieldLayout("int", "int", schema.INT64, 1),
    schema.FieldLayout("str", "str", schema.TEXT, 1, default="text"),
    schema.FieldLayout("list", "list", schema.list_of(schema.TEXT), 2, default=_KEYWORDS_LIST),
    schema.FieldLayout("property", "property", schema.BOOL, 24),
    schema.FieldLayout("schema_", "schema", schema.FLOAT32, 1),
    schema.FieldLayout("set_", "set", schema.DATA, 3, default=b"\xff"),
    schema.FieldLayout("to_dict_", "toDict", schema.VOID, 0),
    schema.FieldLayout("which_one", "whichOne", schema.GroupKind(lambda: Keywords.WhichOne)),
    schema.FieldLayout("name", "name", schema.TEXT, 6),
    schema.FieldLayout("has_name", "hasName", schema.TEXT, 7),
    schema.FieldLayout("init_name", "initName", schema.list_of(schema.INT8), 8),
    schema.FieldLayout("http_port", "httpPort", schema.UINT16, 10),
)
Scopes.Point.Colour.BY_VALUE = schema.enumerants(Scopes.Point.Colour, "black", "white")
schema.Layout(
    Scopes.Point.Deeper.Deepest,
    0xBA4E4810D8EF7DB4,
    1,
    0,
    schema.FieldLayout("value", "value", schema.UINT8, 0),
)
schema.Layout(Scopes.Point.Deeper, 0xB9BB80B6F40B47F0, 0, 0)
schema.Layout(
    Scopes.Point,
    0xE14DD2264767FC1C,
    2,
    1,
    schema.FieldLayout("z", "z", schema.FLOAT64, 0),
    schema.FieldLayout(
        "colour",
        "colour",
        schema.EnumKind(lambda: Scopes.Point.Colour),
        4,
        default=1,
    ),
    schema.FieldLayout("outer", "outer", schema.EnumKind(lambda: Colour), 5, default=2),
    schema.FieldLayout("corner", "corner", schema.StructKind(lambda: Point), 0),
)
schema.Layout(
    Scopes,
    0xD38ADD0C9979965D,
    0,
    3,
    schema.FieldLayout("point", "point", schema.StructKind(lambda: Scopes.Point), 0),
    schema.FieldLayout("other", "other", schema.StructKind(lambda: Point), 1),
    schema.FieldLayout(
        "deepest",
        "deepest",
        schema.StructKind(lambda: Scopes.Point.Deeper.Deepest),
        2,
    ),
)
schema.Layout(
    Store.Entry,
    0xC5C834AF0AEA7C02,
    0,
    2,
    schema.FieldLayout("key", "key", schema.TEXT, 0),
    schema.FieldLayout("value", "value", schema.ANY_POINTER, 1),
)
schema.Layout(
    Pointers,
    0xA85892C561C9F3AF,
    1,
    20,
    schema.FieldLayout("any", "any", schema.ANY_POINTER, 0),
    schema.FieldLayout("any_struct", "anyStruct", schema.ANY_STRUCT, 1),
    schema.FieldLayout("any_list", "anyList", schema.ANY_LIST, 2),
    schema.FieldLayout("capability", "capability", schema.CAPABILITY, 3),
    schema.FieldLayout("store", "store", schema.CAPABILITY, 4),
    schema.FieldLayout("stores", "stores", schema.list_of(schema.CAPABILITY), 5),
    schema.FieldLayout("entry", "entry", schema.StructKind(lambda: Store.Entry), 6),
    schema.FieldLayout(
        "day",
        "day",
        schema.StructKind(lambda: shared_capnp.Date),
        7,
        default=_POINTERS_DAY,
    ),
    schema.FieldLayout(
        "season",
        "season",
        schema.EnumKind(lambda: shared_capnp.Date.Season),
        0,
        default=3,
    ),
    schema.FieldLayout(
        "text_box",
        "textBox",
        schema.StructKind(lambda: shared_capnp.Box, {0xF255C37DC96F9D96: (schema.TEXT,)}),
        8,
    ),
    schema.FieldLayout(
        "point_box",
        "pointBox",
        schema.StructKind(
            lambda: shared_capnp.Box,
            {0xF255C37DC96F9D96: (schema.StructKind(lambda: Point),)},
        ),
        9,
    ),
    schema.FieldLayout(
        "boxes",
        "boxes",
        schema.list_of(
            schema.StructKind(
                lambda: shared_capnp.Box,
                {0xF255C37DC96F9D96: (schema.StructKind(lambda: Point),)},
            ),
        ),
        10,
    ),
    schema.FieldLayout(
        "points",
        "points",
        schema.list_of(schema.StructKind(lambda: Point)),
        11,
        default=_POINTERS_POINTS,
    ),
    schema.FieldLayout(
        "grid",
        "grid",
        schema.list_of(schema.list_of(schema.FLOAT32)),
        12,
        default=_POINTERS_GRID,
    ),
    schema.FieldLayout(
        "colours",
        "colours",
        schema.list_of(schema.EnumKind(lambda: Colour)),
        13,
        default=_POINTERS_COLOURS,
    ),
    schema.FieldLayout("bits", "bits", schema.list_of(schema.BOOL), 14, default=_POINTERS_BITS),
    schema.FieldLayout(
        "days",
        "days",
        schema.list_of(schema.StructKind(lambda: shared_capnp.Date)),
        15,
    ),
    schema.FieldLayout(
        "lengths",
        "lengths",
        schema.list_of(schema.list_of(schema.StructKind(lambda: Point))),
        16,
    ),
    schema.FieldLayout("names", "names", schema.list_of(schema.list_of(schema.TEXT)), 17),
    schema.FieldLayout("voids", "voids", schema.list_of(schema.VOID), 18),
    schema.FieldLayout(
        "more",
        "more",
        schema.list_of(schema.list_of(schema.EnumKind(lambda: Colour))),
        19,
    ),
)
schema.Layout(
    Choice.Pair,
    0xF8F1E49B2D7583C6,
    2,
    2,
    schema.FieldLayout("left", "left", schema.TEXT, 0),
    schema.FieldLayout("right", "right", schema.UINT32, 2, default=9),
    schema.FieldLayout("inner", "inner", schema.UINT8, 12, member=0),
    schema.FieldLayout("outer", "outer", schema.TEXT, 1, member=1),
    tag=7,
    is_group=True,
)
schema.Layout(
    Choice,
    0xEEB473ADB16DBF9A,
    2,
    2,
    schema.FieldLayout("common", "common", schema.UINT8, 0),
    schema.FieldLayout(
        "name",
        "name",
        schema.TEXT,
        0,
        default="nobody",
        member=0,
        annotations={0xF3A91D5BE2C07F68: None},
    ),
    schema.FieldLayout("number", "number", schema.INT64, 1, default=-7, member=1),
    schema.FieldLayout("flag", "flag", schema.BOOL, 64, member=2),
    schema.FieldLayout("point", "point", schema.StructKind(lambda: Point), 0, member=3),
    schema.FieldLayout(
        "points",
        "points",
        schema.list_of(schema.StructKind(lambda: Point)),
        0,
        member=4,
    ),
    schema.FieldLayout("numbers", "numbers", schema.list_of(schema.UINT16), 0, member=5),
    schema.FieldLayout("texts", "texts", schema.list_of(schema.TEXT), 0, member=6),
    schema.FieldLayout("any", "any", schema.ANY_POINTER, 0, member=7),
    schema.FieldLayout("nothing", "nothing", schema.VOID, 0, member=8),
    schema.FieldLayout("colour", "colour", schema.EnumKind(lambda: Colour), 4, default=1, member=9),
    schema.FieldLayout(
        "day",
        "day",
        schema.StructKind(lambda: shared_capnp.Date),
        0,
        default=_CHOICE_DAY,
        member=10,
    ),
    schema.FieldLayout("real", "real", schema.FLOAT32, 2, default=1.5, member=11),
    schema.FieldLayout("data", "data", schema.DATA, 0, member=12),
    schema.FieldLayout("store", "store", schema.CAPABILITY, 0, member=13),
    schema.FieldLayout("pair", "pair", schema.GroupKind(lambda: Choice.Pair), member=14),
    tag=1,
)
schema.Layout(
    Tree,
    0xD1E5F7AA4B99F072,
    1,
    3,
    schema.FieldLayout("value", "value", schema.UINT32, 0),
    schema.FieldLayout("left", "left", schema.StructKind(lambda: Tree), 0),
    schema.FieldLayout("right", "right", schema.StructKind(lambda: Tree), 1),
    schema.FieldLayout("children", "children", schema.list_of(schema.StructKind(lambda: Tree)), 2),
)
schema.Layout(
    Generic.Inner,
    0xAD6C38E948F23334,
    0,
    1,
    schema.FieldLayout("key", "key", schema.parameter(0xC33318A18E525779, 0), 0),
)
schema.Layout(
    Generic,
    0xC33318A18E525779,
    0,
    3,
    schema.FieldLayout("key", "key", schema.parameter(0xC33318A18E525779, 0), 0),
    schema.FieldLayout("value", "value", schema.parameter(0xC33318A18E525779, 1), 1),
    schema.FieldLayout(
        "inner",
        "inner",
        schema.StructKind(lambda: Generic.Inner, {0xC33318A18E525779: None}),
        2,
    ),
)
Versions.Old.Kind.BY_VALUE = schema.enumerants(Versions.Old.Kind, "one", "two")
schema.Layout(
    Versions.Old,
    0xEE9391824F934944,
    2,
    2,
    schema.FieldLayout("id", "id", schema.UINT32, 0),
    schema.FieldLayout("a", "a", schema.TEXT, 0, member=0),
    schema.FieldLayout("b", "b", schema.UINT8, 6, member=1),
    schema.FieldLayout("kind", "kind", schema.EnumKind(lambda: Versions.Old.Kind), 4),
    schema.FieldLayout("items", "items", schema.list_of(schema.UINT16), 1),
    tag=2,
)
Versions.New.Kind.BY_VALUE = schema.enumerants(Versions.New.Kind, "one", "two", "three")
schema.Layout(
    Versions.New.Item,
    0xD38025EACFFFFE3F,
    1,
    1,
    schema.FieldLayout("value", "value", schema.UINT16, 0),
    schema.FieldLayout("note", "note", schema.TEXT, 0),
)
schema.Layout(
    Versions.New,
    0xFB49A821B5762BA6,
    3,
    3,
    schema.FieldLayout("id", "id", schema.UINT32, 0),
    schema.FieldLayout("a", "a", schema.TEXT, 0, member=0),
    schema.FieldLayout("b", "b", schema.UINT8, 6, member=1),
    schema.FieldLayout("kind", "kind", schema.EnumKind(lambda: Versions.New.Kind), 4),
    schema.FieldLayout(
        "items",
        "items",
        schema.list_of(schema.StructKind(lambda: Versions.New.Item)),
        1,
    ),
    schema.FieldLayout("c", "c", schema.FLOAT64, 2, member=2),
    schema.FieldLayout("extra", "extra", schema.TEXT, 2),
    tag=2,
)
schema.Layout(
    Versions,
    0x82CD9D0D1C1B1738,
    0,
    2,
    schema.FieldLayout("old", "old", schema.StructKind(lambda: Versions.Old), 0),
    schema.FieldLayout("new", "new", schema.StructKind(lambda: Versions.New), 1),
)
schema.Layout(
    StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
    0x9F1985A1893BE86D,
    0,
    1,
    schema.FieldLayout(
        "text",
        "text",
        schema.TEXT,
        0,
        default='a default that is so long that the line of the field has to "be" broken, or it\'s not',
    ),
)
StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo.BY_VALUE = schema.enumerants(
    StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo,
    "first",
    "second",
)
schema.Layout(
    StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName,
    0x933E2C04EF91D19A,
    1,
    4,
    schema.FieldLayout(
        "field",
        "field",
        schema.list_of(
            schema.StructKind(
                lambda: StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
            ),
        ),
        0,
    ),
    schema.FieldLayout(
        "grid",
        "grid",
        schema.list_of(
            schema.list_of(
                schema.StructKind(
                    lambda: (
                        StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName
                    ),
                ),
            ),
        ),
        1,
        default=_STRUCTWITHARATHERLONGNAMETHATFILLSLINES_LASTGROUPOFTHEUNIONWITHALONGNAME_GRID,
    ),
    schema.FieldLayout(
        "kinds",
        "kinds",
        schema.list_of(
            schema.EnumKind(
                lambda: StructWithARatherLongNameThatFillsLines.EnumerationWithALongNameToo,
            ),
        ),
        3,
        default=_STRUCTWITHARATHERLONGNAMETHATFILLSLINES_LASTGROUPOFTHEUNIONWITHALONGNAME_KINDS,
    ),
    is_group=True,
)
schema.Layout(
    StructWithARatherLongNameThatFillsLines,
    0xCD7DD1466FF570AA,
    1,
    4,
    schema.FieldLayout(
        "some_member_of_the_union_with_a_long_name",
        "someMemberOfTheUnionWithALongName",
        schema.StructKind(
            lambda: StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
        ),
        0,
        member=0,
    ),
    schema.FieldLayout(
        "other_members_of_the_union_with_a_long_name",
        "otherMembersOfTheUnionWithALongName",
        schema.list_of(
            schema.StructKind(
                lambda: StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
            ),
        ),
        0,
        member=1,
    ),
    schema.FieldLayout(
        "last_group_of_the_union_with_a_long_name",
        "lastGroupOfTheUnionWithALongName",
        schema.GroupKind(
            lambda: StructWithARatherLongNameThatFillsLines.LastGroupOfTheUnionWithALongName,
        ),
        member=2,
    ),
    schema.FieldLayout(
        "things",
        "things",
        schema.list_of(
            schema.StructKind(
                lambda: StructWithARatherLongNameThatFillsLines.NestedStructWithAnEvenLongerName,
            ),
        ),
        2,
    ),
    tag=0,
)
schema.Layout(
    Recursive.Choice,
    0xD039E16FACA122F2,
    1,
    3,
    schema.FieldLayout(
        "member",
        "member",
        schema.StructKind(lambda: Recursive),
        2,
        default=_RECURSIVE_CHOICE_MEMBER,
        member=0,
    ),
    schema.FieldLayout(
        "members",
        "members",
        schema.list_of(schema.StructKind(lambda: Recursive)),
        2,
        default=_RECURSIVE_CHOICE_MEMBERS,
        member=1,
    ),
    tag=1,
    is_group=True,
)
schema.Layout(
    Recursive,
    0xD1222A579932EDE2,
    1,
    3,
    schema.FieldLayout(
        "itself",
        "itself",
        schema.StructKind(lambda: Recursive),
        0,
        default=_RECURSIVE_ITSELF,
    ),
    schema.FieldLayout(
        "list",
        "list",
        schema.list_of(schema.StructKind(lambda: Recursive)),
        1,
        default=_RECURSIVE_LIST,
    ),
    schema.FieldLayout("number", "number", schema.UINT8, 0),
    schema.FieldLayout("choice", "choice", schema.GroupKind(lambda: Recursive.Choice)),
)
schema.Layout(
    Grouped.Texts,
    0xCC4CE27DEBEE2AFE,
    1,
    2,
    schema.FieldLayout("first", "first", schema.TEXT, 0),
    schema.FieldLayout("second", "second", schema.TEXT, 1),
    is_group=True,
)
schema.Layout(
    Grouped,
    0x859421AD072CEA3B,
    1,
    2,
    schema.FieldLayout("number", "number", schema.UINT32, 0),
    schema.FieldLayout("texts", "texts", schema.GroupKind(lambda: Grouped.Texts)),
)
schema.Layout(
    Chain.Inner,
    0xE82B31E3656920E5,
    1,
    1,
    schema.FieldLayout("item", "item", schema.parameter(0xCCC72492F05B410C, 0), 0),
    schema.FieldLayout("number", "number", schema.UINT8, 0),
)
schema.Layout(
    Chain.Group,
    0x8533BA10061E5A9C,
    1,
    6,
    schema.FieldLayout("item", "item", schema.parameter(0xCCC72492F05B410C, 0), 2),
    schema.FieldLayout("none", "none", schema.VOID, 0, member=0),
    schema.FieldLayout("one", "one", schema.parameter(0xCCC72492F05B410C, 0), 3, member=1),
    tag=0,
    is_group=True,
)
schema.Layout(
    Chain,
    0xCCC72492F05B410C,
    1,
    6,
    schema.FieldLayout("item", "item", schema.parameter(0xCCC72492F05B410C, 0), 0),
    schema.FieldLayout(
        "next",
        "next",
        schema.StructKind(
            lambda: Chain,
            {0xCCC72492F05B410C: (schema.parameter(0xCCC72492F05B410C, 0),)},
        ),
        1,
    ),
    schema.FieldLayout("group", "group", schema.GroupKind(lambda: Chain.Group)),
    schema.FieldLayout(
        "inner",
        "inner",
        schema.StructKind(lambda: Chain.Inner, {0xCCC72492F05B410C: None}),
        4,
    ),
    schema.FieldLayout(
        "inners",
        "inners",
        schema.list_of(schema.StructKind(lambda: Chain.Inner, {0xCCC72492F05B410C: None})),
        5,
    ),
)
schema.Layout(
    Generics,
    0x8D447A05C9E931A2,
    0,
    7,
    schema.FieldLayout(
        "texts",
        "texts",
        schema.StructKind(lambda: Chain, {0xCCC72492F05B410C: (schema.TEXT,)}),
        0,
    ),
    schema.FieldLayout(
        "points",
        "points",
        schema.StructKind(lambda: Chain, {0xCCC72492F05B410C: (schema.StructKind(lambda: Point),)}),
        1,
    ),
    schema.FieldLayout(
        "numbers",
        "numbers",
        schema.StructKind(lambda: Chain, {0xCCC72492F05B410C: (schema.list_of(schema.INT8),)}),
        2,
    ),
    schema.FieldLayout("anything", "anything", schema.StructKind(lambda: Chain), 3),
    schema.FieldLayout(
        "pairs",
        "pairs",
        schema.list_of(
            schema.StructKind(
                lambda: Generic,
                {
                    0xC33318A18E525779: (
                        schema.TEXT,
                        schema.list_of(schema.StructKind(lambda: Point)),
                    ),
                },
            ),
        ),
        4,
    ),
    schema.FieldLayout(
        "half",
        "half",
        schema.StructKind(lambda: Generic, {0xC33318A18E525779: (schema.DATA, schema.ANY_POINTER)}),
        5,
    ),
    schema.FieldLayout(
        "stores",
        "stores",
        schema.StructKind(lambda: Chain, {0xCCC72492F05B410C: (schema.CAPABILITY,)}),
        6,
    ),
)
schema.Layout(Annotated.Nested, 0xB48F86CD1FDEE73E, 0, 0)
schema.Layout(
    Annotated.Second,
    0xCC566D7394A22047,
    1,
    1,
    schema.FieldLayout("third", "third", schema.TEXT, 0, annotations={0xE5C1F07B3AE94D27: 0.5}),
    is_group=True,
)
schema.Layout(
    Annotated,
    0xDACBD9006F56F07C,
    1,
    1,
    schema.FieldLayout(
        "first",
        "first",
        schema.UINT8,
        0,
        annotations={
            0xE5C1F07B3AE94D2A: 'the "first"',
            0xE5C1F07B3AE94D28: 2,
            0xE5C1F07B3AE94D29: schema.Default(
                b"\x01\x00\x00\x00\x12\x00\x00\x00\x01\x02\x00\x00\x00\x00\x00\x00",
            ),
            0xC5F0A7E1B39D2C46: "m",
        },
    ),
    schema.FieldLayout(
        "second",
        "second",
        schema.GroupKind(lambda: Annotated.Second),
        annotations={0xE5C1F07B3AE94D2A: "a group"},
    ),
    annotations={
        0xD5C1F07B3AE94D26: schema.Default(
            b"\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00",
        ),
        0xE5C1F07B3AE94D27: builtins.float("inf"),
        0xF3A91D5BE2C07F68: None,
        0xE5C1F07B3AE94D2B: 7,
    },
)
IMPORTANT: typing.Final[schema.Annotation[None]] = schema.Annotation(
    0xF3A91D5BE2C07F68,
    schema.VOID,
)
PLACE: typing.Final[schema.Annotation[Point]] = schema.Annotation(
    0xD5C1F07B3AE94D26,
    schema.StructKind(lambda: Point),
)
SHARE: typing.Final[schema.Annotation[builtins.float]] = schema.Annotation(
    0xE5C1F07B3AE94D27,
    schema.FLOAT64,
)
TINT: typing.Final[schema.Annotation[Colour]] = schema.Annotation(
    0xE5C1F07B3AE94D28,
    schema.EnumKind(lambda: Colour),
)
LIMITS: typing.Final[schema.Annotation[builtins.list[builtins.int]]] = schema.Annotation(
    0xE5C1F07B3AE94D29,
    schema.list_of(schema.UINT8),
)
TAG: typing.Final[schema.Annotation[builtins.str]] = schema.Annotation(
    0xE5C1F07B3AE94D2A,
    schema.TEXT,
)
SHADE: typing.Final[Colour] = Colour(2)
ORIGIN: typing.Final[Point] = schema.Default(
    b"\x00\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00\xfc\xff\xff\xff",
).value(
    schema.StructKind(lambda: Point),
)
PRIMES: typing.Final[builtins.list[builtins.int]] = schema.Default(
    b"\x01\x00\x00\x00\x1b\x00\x00\x00\x02\x00\x03\x00\x05\x00\x00\x00",
).value(
    schema.list_of(schema.UINT16),
)
NO_POINTS: typing.Final[builtins.list[Point]] = schema.Default(
    b"\x01\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00",
).value(
    schema.list_of(schema.StructKind(lambda: Point)),
)
BIRTHDAY: shared_capnp.Date
Point.ZERO = schema.Default(
    b"\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
).value(
    schema.StructKind(lambda: Point),
)
Point.DISCOVERY = schema.constant(
    lambda: schema.Default(
        b"\x00\x00\x00\x00\x01\x00\x00\x00\xd7\x01\x00\x00\x00\x00\x00\x00",
    ).value(
        schema.StructKind(lambda: shared_capnp.Date),
    ),
)
Point.SEASON = schema.constant(lambda: shared_capnp.Date.Season(2))
Point.NAMES = schema.Default(
    b"\x01\x00\x00\x00\x16\x00\x00\x00\x05\x00\x00\x00\x12\x00\x00\x00\x05\x00\x00\x00\x12\x00\x00\x00x\x00\x00\x00\x00\x00\x00\x00y\x00\x00\x00\x00\x00\x00\x00",
).value(
    schema.list_of(schema.TEXT),
)
Annotated.Nested.OWN = schema.Annotation(0xE5C1F07B3AE94D2B, schema.INT16)
_Colour = Colour
_Point = Point

if not typing.TYPE_CHECKING:
    __getattr__, __dir__ = schema.constants(
        globals(),
        {
            "BIRTHDAY": lambda: schema.Default(
                b"\x00\x00\x00\x00\x01\x00\x00\x00b\x00\x03\x1c\x00\x00\x00\x00",
            ).value(
                schema.StructKind(lambda: shared_capnp.Date),
            ),
        },
    )
