"""Code generated from addressbook.capnp by capnpc-capnsafe. Do not edit it.

The people that somebody knows.
"""

# This code is formatted. Linters have nothing to say about it.
# ruff: noqa

from __future__ import annotations

import dataclasses
import typing

from capnsafe import schema

_int16: typing.Final = schema.Element.INT16
_uint16: typing.Final = schema.Element.UINT16
_uint32: typing.Final = schema.Element.UINT32
_uint8: typing.Final = schema.Element.UINT8

Person_Employment_Which: typing.TypeAlias = typing.Literal[
    "unemployed",
    "employer",
    "school",
    "self_employed",
]


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Person(schema.StructValue):
    """A person with a name, and ways to reach them."""

    id: int = 0
    name: str = ""
    email: str = ""
    phones: list[Person.PhoneNumber] = dataclasses.field(default_factory=list)
    birthdate: Date | None = None
    employment: Person.Employment = dataclasses.field(default_factory=lambda: Person.Employment())

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class PhoneNumber(schema.StructValue):
        """The struct ``Person.PhoneNumber``."""

        number: str = ""
        type: Person.PhoneNumber.Type = dataclasses.field(
            default_factory=lambda: Person.PhoneNumber._layout.initial("type"),
        )

        class Type(schema.Enumeration):
            """The enum ``Person.PhoneNumber.Type``."""

            MOBILE = 0
            HOME = 1
            WORK = 2

            BY_VALUE: schema.Enumerants[Person.PhoneNumber.Type]

        @classmethod
        def __capnsafe_schema__(
            cls,
        ) -> schema.Types[Person.PhoneNumber.Builder, Person.PhoneNumber.Reader]:
            """Return the sections of the struct, its builder and its reader."""
            return 1, 1, Person.PhoneNumber.Builder, Person.PhoneNumber.Reader

        class Reader(schema.GeneratedReader["Person.PhoneNumber"]):
            """Reads ``Person.PhoneNumber``."""

            __slots__ = ()

            @property
            def number(self) -> str:
                """``number :Text``."""
                return self._low.get_text(0) or ""

            def has_number(self) -> bool:
                """Return whether the pointer ``number`` is not null."""
                return not self._low.is_null(0)

            @property
            def type(self) -> Person.PhoneNumber.Type:
                """``type :Person.PhoneNumber.Type``."""
                return Person.PhoneNumber.Type.BY_VALUE[self._low._integer(_uint16, 0, 0)]

        class Builder(schema.GeneratedBuilder["Person.PhoneNumber"]):
            """Builds ``Person.PhoneNumber``."""

            __slots__ = ()

            @property
            def number(self) -> str:
                """``number :Text``."""
                return self._low.get_text(0) or ""

            @number.setter
            def number(self, value: str) -> None:
                self._low.set_text(0, value)

            def has_number(self) -> bool:
                """Return whether the pointer ``number`` is not null."""
                return not self._low.is_null(0)

            @property
            def type(self) -> Person.PhoneNumber.Type:
                """``type :Person.PhoneNumber.Type``."""
                return Person.PhoneNumber.Type.BY_VALUE[self._low._take_integer(_uint16, 0, 0)]

            @type.setter
            def type(self, value: Person.PhoneNumber.Type) -> None:
                self._low._put_integer(_uint16, 0, value, 0)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                number: str
                type: Person.PhoneNumber.Type

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

    @dataclasses.dataclass(eq=False, repr=False, kw_only=True)
    class Employment(schema.UnionValue):
        """The occupation of the person."""

        unemployed: schema.UnsetType | None = schema.UNSET
        employer: str | schema.UnsetType = schema.UNSET
        school: str | schema.UnsetType = schema.UNSET
        self_employed: schema.UnsetType | None = schema.UNSET

        MEMBERS: typing.ClassVar[dict[int, Person_Employment_Which]] = {
            0: "unemployed",
            1: "employer",
            2: "school",
            3: "self_employed",
        }

        def which(self) -> Person_Employment_Which | None:
            """Return the member that is set, or ``None`` for one of a newer schema."""
            return Person.Employment.MEMBERS.get(self._member())

        class Reader(schema.GeneratedReader["Person.Employment"]):
            """Reads ``Person.Employment``."""

            __slots__ = ()

            @property
            def unemployed(self) -> None:
                """``unemployed :Void``."""
                if self._low.get_uint16(2) != 0:
                    raise self._unset("unemployed")
                return None

            @property
            def employer(self) -> str:
                """``employer :Text``."""
                if self._low.get_uint16(2) != 1:
                    raise self._unset("employer")
                return self._low.get_text(4) or ""

            def has_employer(self) -> bool:
                """Return whether the pointer ``employer`` is not null."""
                return self._low.get_uint16(2) == 1 and not self._low.is_null(4)

            @property
            def school(self) -> str:
                """``school :Text``."""
                if self._low.get_uint16(2) != 2:
                    raise self._unset("school")
                return self._low.get_text(4) or ""

            def has_school(self) -> bool:
                """Return whether the pointer ``school`` is not null."""
                return self._low.get_uint16(2) == 2 and not self._low.is_null(4)

            @property
            def self_employed(self) -> None:
                """``selfEmployed :Void``."""
                if self._low.get_uint16(2) != 3:
                    raise self._unset("self_employed")
                return None

            def which(self) -> Person_Employment_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Person.Employment.MEMBERS.get(self._low.get_uint16(2))

        class Builder(schema.GeneratedBuilder["Person.Employment"]):
            """Builds ``Person.Employment``."""

            __slots__ = ()

            @property
            def unemployed(self) -> None:
                """``unemployed :Void``."""
                if self._low.get_uint16(2) != 0:
                    raise self._unset("unemployed")
                return None

            @unemployed.setter
            def unemployed(self, value: None) -> None:
                self._select("unemployed", value)

            @property
            def employer(self) -> str:
                """``employer :Text``."""
                if self._low.get_uint16(2) != 1:
                    raise self._unset("employer")
                return self._low.get_text(4) or ""

            @employer.setter
            def employer(self, value: str) -> None:
                self._select("employer", value)

            def has_employer(self) -> bool:
                """Return whether the pointer ``employer`` is not null."""
                return self._low.get_uint16(2) == 1 and not self._low.is_null(4)

            @property
            def school(self) -> str:
                """``school :Text``."""
                if self._low.get_uint16(2) != 2:
                    raise self._unset("school")
                return self._low.get_text(4) or ""

            @school.setter
            def school(self, value: str) -> None:
                self._select("school", value)

            def has_school(self) -> bool:
                """Return whether the pointer ``school`` is not null."""
                return self._low.get_uint16(2) == 2 and not self._low.is_null(4)

            @property
            def self_employed(self) -> None:
                """``selfEmployed :Void``."""
                if self._low.get_uint16(2) != 3:
                    raise self._unset("self_employed")
                return None

            @self_employed.setter
            def self_employed(self, value: None) -> None:
                self._select("self_employed", value)

            class _Fields(typing.TypedDict, total=False):
                """The fields that ``update`` takes."""

                unemployed: None
                employer: str
                school: str
                self_employed: None

            def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
                """Set several fields in one step, all or nothing."""
                self._update(fields)

            def which(self) -> Person_Employment_Which | None:
                """Return the member that is set, or ``None`` for one of a newer schema."""
                return Person.Employment.MEMBERS.get(self._low.get_uint16(2))

    @classmethod
    def __capnsafe_schema__(cls) -> schema.Types[Person.Builder, Person.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 1, 5, Person.Builder, Person.Reader

    class Reader(schema.GeneratedReader["Person"]):
        """Reads ``Person``."""

        __slots__ = ()

        @property
        def id(self) -> int:
            """``id :UInt32``."""
            return self._low.get_uint32(0)

        @property
        def name(self) -> str:
            """``name :Text``."""
            return self._low.get_text(0) or ""

        def has_name(self) -> bool:
            """Return whether the pointer ``name`` is not null."""
            return not self._low.is_null(0)

        @property
        def email(self) -> str:
            """An address for electronic mail."""
            return self._low.get_text(1) or ""

        def has_email(self) -> bool:
            """Return whether the pointer ``email`` is not null."""
            return not self._low.is_null(1)

        @property
        def phones(self) -> schema.Items[Person.PhoneNumber.Reader]:
            """``phones :List(Person.PhoneNumber)``."""
            return schema.StructItems(self._low.get_struct_list(2), Person.PhoneNumber.Reader)

        def has_phones(self) -> bool:
            """Return whether the pointer ``phones`` is not null."""
            return not self._low.is_null(2)

        @property
        def birthdate(self) -> Date.Reader:
            """``birthdate :Date``."""
            return Date.Reader(self._low.get_struct(3) or schema.NO_STRUCT)

        def has_birthdate(self) -> bool:
            """Return whether the pointer ``birthdate`` is not null."""
            return not self._low.is_null(3)

        @property
        def employment(self) -> Person.Employment.Reader:
            """The occupation of the person."""
            return Person.Employment.Reader(self._low)

    class Builder(schema.GeneratedBuilder["Person"]):
        """Builds ``Person``."""

        __slots__ = ()

        @property
        def id(self) -> int:
            """``id :UInt32``."""
            return self._low.get_uint32(0)

        @id.setter
        def id(self, value: int) -> None:
            self._low._put_integer(_uint32, 0, value, 0)

        @property
        def name(self) -> str:
            """``name :Text``."""
            return self._low.get_text(0) or ""

        @name.setter
        def name(self, value: str) -> None:
            self._low.set_text(0, value)

        def has_name(self) -> bool:
            """Return whether the pointer ``name`` is not null."""
            return not self._low.is_null(0)

        @property
        def email(self) -> str:
            """An address for electronic mail."""
            return self._low.get_text(1) or ""

        @email.setter
        def email(self, value: str) -> None:
            self._low.set_text(1, value)

        def has_email(self) -> bool:
            """Return whether the pointer ``email`` is not null."""
            return not self._low.is_null(1)

        @property
        def phones(self) -> schema.ItemsBuilder[Person.PhoneNumber.Builder, Person.PhoneNumber]:
            """``phones :List(Person.PhoneNumber)``."""
            return schema.StructItemsBuilder(self._low.get_struct_list(2, 1, 1), Person.PhoneNumber)

        @phones.setter
        def phones(
            self,
            value: typing.Iterable[
                Person.PhoneNumber | Person.PhoneNumber.Reader | Person.PhoneNumber.Builder
            ],
        ) -> None:
            self._assign("phones", value)

        def has_phones(self) -> bool:
            """Return whether the pointer ``phones`` is not null."""
            return not self._low.is_null(2)

        def init_phones(
            self,
            count: int,
        ) -> schema.ItemsBuilder[Person.PhoneNumber.Builder, Person.PhoneNumber]:
            """Build a list of ``count`` zeroed items as ``phones``."""
            return schema.StructItemsBuilder(
                self._low.init_struct_list(2, count, 1, 1),
                Person.PhoneNumber,
            )

        @property
        def birthdate(self) -> Date.Builder:
            """``birthdate :Date``."""
            return Date.Builder(self._low.get_struct(3, 1, 0) or self._low.init_struct(3, 1, 0))

        @birthdate.setter
        def birthdate(self, value: Date | Date.Reader | Date.Builder | None) -> None:
            self._assign("birthdate", value)

        def has_birthdate(self) -> bool:
            """Return whether the pointer ``birthdate`` is not null."""
            return not self._low.is_null(3)

        def init_birthdate(self) -> Date.Builder:
            """Build a zeroed struct as ``birthdate``."""
            return Date.Builder(self._low.init_struct(3, 1, 0))

        @property
        def employment(self) -> Person.Employment.Builder:
            """The occupation of the person."""
            return Person.Employment.Builder(self._low)

        @employment.setter
        def employment(self, value: Person.Employment) -> None:
            Person.Employment.Builder(self._low).set(value)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            id: int
            name: str
            email: str
            phones: typing.Iterable[
                Person.PhoneNumber | Person.PhoneNumber.Reader | Person.PhoneNumber.Builder
            ]
            birthdate: Date | Date.Reader | Date.Builder | None
            employment: Person.Employment

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class Date(schema.StructValue):
    """The struct ``Date``."""

    year: int = 0
    month: int = 0
    day: int = 0

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
            return self._low.get_int16(0)

        @property
        def month(self) -> int:
            """``month :UInt8``."""
            return self._low.get_uint8(2)

        @property
        def day(self) -> int:
            """``day :UInt8``."""
            return self._low.get_uint8(3)

    class Builder(schema.GeneratedBuilder["Date"]):
        """Builds ``Date``."""

        __slots__ = ()

        @property
        def year(self) -> int:
            """``year :Int16``."""
            return self._low.get_int16(0)

        @year.setter
        def year(self, value: int) -> None:
            self._low._put_integer(_int16, 0, value, 0)

        @property
        def month(self) -> int:
            """``month :UInt8``."""
            return self._low.get_uint8(2)

        @month.setter
        def month(self, value: int) -> None:
            self._low._put_integer(_uint8, 2, value, 0)

        @property
        def day(self) -> int:
            """``day :UInt8``."""
            return self._low.get_uint8(3)

        @day.setter
        def day(self, value: int) -> None:
            self._low._put_integer(_uint8, 3, value, 0)

        class _Fields(typing.TypedDict, total=False):
            """The fields that ``update`` takes."""

            year: int
            month: int
            day: int

        def update(self, /, **fields: typing.Unpack[_Fields]) -> None:
            """Set several fields in one step, all or nothing."""
            self._update(fields)


@dataclasses.dataclass(eq=False, repr=False, kw_only=True)
class AddressBook(schema.StructValue):
    """The struct ``AddressBook``."""

    people: list[Person] = dataclasses.field(default_factory=list)

    @classmethod
    def __capnsafe_schema__(cls) -> schema.Types[AddressBook.Builder, AddressBook.Reader]:
        """Return the sections of the struct, its builder and its reader."""
        return 0, 1, AddressBook.Builder, AddressBook.Reader

    class Reader(schema.GeneratedReader["AddressBook"]):
        """Reads ``AddressBook``."""

        __slots__ = ()

        @property
        def people(self) -> schema.Items[Person.Reader]:
            """``people :List(Person)``."""
            return schema.StructItems(self._low.get_struct_list(0), Person.Reader)

        def has_people(self) -> bool:
            """Return whether the pointer ``people`` is not null."""
            return not self._low.is_null(0)

    class Builder(schema.GeneratedBuilder["AddressBook"]):
        """Builds ``AddressBook``."""

        __slots__ = ()

        @property
        def people(self) -> schema.ItemsBuilder[Person.Builder, Person]:
            """``people :List(Person)``."""
            return schema.StructItemsBuilder(self._low.get_struct_list(0, 1, 5), Person)

        @people.setter
        def people(self, value: typing.Iterable[Person | Person.Reader | Person.Builder]) -> None:
            self._assign("people", value)

        def has_people(self) -> bool:
            """Return whether the pointer ``people`` is not null."""
            return not self._low.is_null(0)

        def init_people(self, count: int) -> schema.ItemsBuilder[Person.Builder, Person]:
            """Build a list of ``count`` zeroed items as ``people``."""
            return schema.StructItemsBuilder(self._low.init_struct_list(0, count, 1, 5), Person)


Person.PhoneNumber.Type.BY_VALUE = schema.enumerants(
    Person.PhoneNumber.Type,
    "mobile",
    "home",
    "work",
)
schema.Layout(
    Person.PhoneNumber,
    0xC2603D2BC2893290,
    1,
    1,
    schema.FieldLayout("number", "number", schema.TEXT, 0),
    schema.FieldLayout("type", "type", schema.EnumKind(lambda: Person.PhoneNumber.Type), 0),
)
schema.Layout(
    Person.Employment,
    0xA227C76127E7E659,
    1,
    5,
    schema.FieldLayout("unemployed", "unemployed", schema.VOID, 0, member=0),
    schema.FieldLayout("employer", "employer", schema.TEXT, 4, member=1),
    schema.FieldLayout("school", "school", schema.TEXT, 4, member=2),
    schema.FieldLayout("self_employed", "selfEmployed", schema.VOID, 0, member=3),
    tag=2,
    is_group=True,
)
schema.Layout(
    Person,
    0xE62F672D242DF27D,
    1,
    5,
    schema.FieldLayout("id", "id", schema.UINT32, 0),
    schema.FieldLayout("name", "name", schema.TEXT, 0),
    schema.FieldLayout("email", "email", schema.TEXT, 1),
    schema.FieldLayout(
        "phones",
        "phones",
        schema.list_of(schema.StructKind(lambda: Person.PhoneNumber)),
        2,
    ),
    schema.FieldLayout("birthdate", "birthdate", schema.StructKind(lambda: Date), 3),
    schema.FieldLayout("employment", "employment", schema.GroupKind(lambda: Person.Employment)),
)
schema.Layout(
    Date,
    0xD6845BF6D9C59F9C,
    1,
    0,
    schema.FieldLayout("year", "year", schema.INT16, 0),
    schema.FieldLayout("month", "month", schema.UINT8, 2),
    schema.FieldLayout("day", "day", schema.UINT8, 3),
)
schema.Layout(
    AddressBook,
    0xC4100AD5BCD07AB0,
    0,
    1,
    schema.FieldLayout("people", "people", schema.list_of(schema.StructKind(lambda: Person)), 0),
)
