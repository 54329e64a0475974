"""Generated builders and readers: what their properties write and read."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from capnsafe import (
    AllocationRefused,
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    BorrowRefused,
    Closed,
    Element,
    FixedAllocator,
    MessageBuilder,
    MessageReader,
    PointerKind,
    StaleHandle,
    StructBuilder,
    read_message,
)
from capnsafe.schema import data_at, handles, lists
from capnsafe.schema.anything import AnyBuilder
from tests.capnsafe.memories import FailingMemory, HookedMemory, MovingMemory
from tests.capnsafe.schema import features_capnp
from tests.capnsafe.schema.addressbook_capnp import AddressBook, Date, Person
from tests.capnsafe.schema.features_capnp import (
    BIRTHDAY,
    BLOB,
    LIMIT,
    NO_POINTS,
    NOTHING,
    ORIGIN,
    PRIMES,
    RATIO,
    SHADE,
    TITLE,
    WORST,
    YES,
    ZERO,
    Choice,
    Colour,
    Generic,
    Grouped,
    Keywords,
    Point,
    Pointers,
    Scopes,
    Store,
    Versions,
)
from tests.capnsafe.schema.shared_capnp import Date as Day
from tests.capnsafe.test_arguments import Index


def test_the_example() -> None:
    with MessageBuilder() as message:
        book = message.init_root(AddressBook)
        alice, bob = book.init_people(2)
        alice.id = 123
        alice.name = "Alice"
        alice.email = "alice@example.com"
        phones = alice.init_phones(1)
        phones[0].number = "555-1212"
        phones[0].type = Person.PhoneNumber.Type.MOBILE
        alice.employment.school = "MIT"
        bob.id = 456
        bob.employment.unemployed = None
        bob.init_birthdate().year = 1999
        octets = message.to_bytes()
    people = read_message(octets).get_root(AddressBook).people
    assert [person.name for person in people] == ["Alice", ""]
    assert people[0].phones[0].type is Person.PhoneNumber.Type.MOBILE
    assert people[0].employment.which() == "school"
    assert people[0].employment.school == "MIT"
    assert people[0].birthdate.year == 0
    assert not people[0].has_birthdate()
    assert people[-1].birthdate.year == 1999
    assert people[-1].has_birthdate()


def test_docstrings_are_the_comments_of_the_schema() -> None:
    assert Person.__doc__ == "A person with a name, and ways to reach them."
    assert Person.Reader.email.__doc__ == "An address for electronic mail."
    assert Person.Builder.name.__doc__ == "``name :Text``."
    assert Person.Builder.employment.__doc__ == "The occupation of the person."


def test_constants() -> None:
    assert (1000, -0.5, float("inf"), True, 0, None) == (LIMIT, RATIO, WORST, YES, ZERO, NOTHING)
    assert (TITLE, BLOB, SHADE) == ('A "title"', b"\0\1\xff", Colour.DARK_BLUE)
    assert Point(x=3, y=-4) == ORIGIN
    assert PRIMES == [2, 3, 5]
    assert NO_POINTS == []
    assert Day(year=2000, month=2, day=29) == BIRTHDAY
    assert features_capnp.BIRTHDAY is BIRTHDAY
    assert "BIRTHDAY" in dir(features_capnp)
    assert Day(year=1637) == Point.DISCOVERY
    assert Point().DISCOVERY is Point.DISCOVERY
    assert Point.SEASON is Day.Season.AUTUMN
    with pytest.raises(AttributeError, match=r"module '.*features_capnp' has no attribute 'NO'"):
        getattr(features_capnp, "NO")  # noqa: B009
    assert (2, ["x", "y"], Point()) == (Point.DIMENSIONS, Point.NAMES, Point.ZERO)
    assert Store.VERSION == 3


def test_names_that_python_needs() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Keywords)
        assert (root.import_, root.str, root.set_, list(root.list)) == (
            -1,
            "text",
            b"\xff",
            ["a", "b"],
        )
        root.class_ = 7
        root.def_ = "def"
        root.which_one.lambda_ = Keywords.WhichOne.Lambda(none="none", self="self")
        root.has_name = "a field"
        root.init_name = [1, 2]
        root.name = "another one"
        assert root.has_name_()
        assert root.has_has_name()
        assert root.which_one.lambda_.self == "self"
        assert list(root.init_name) == [1, 2]
        assert root.to_dict()["whichOne"] == {"lambda": {"none": "none", "self": "self"}}


def test_a_class_inside_of_a_class_hides_none_outside() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Scopes)
        root.point.z = 2.5
        root.other = Point(x=1)
        root.point.corner = Point(y=2)
        root.init_deepest().value = 9
        assert root.point.colour is Scopes.Point.Colour.WHITE
        assert root.point.outer is Colour.DARK_BLUE
        value = root.to_value()
    assert value == Scopes(
        point=Scopes.Point(z=2.5, corner=Point(y=2)),
        other=Point(x=1),
        deepest=Scopes.Point.Deeper.Deepest(value=9),
    )


def test_defaults_of_pointers() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        reader = read_message(message.to_bytes()).get_root(Pointers)
        for each in (reader, root):
            assert (each.day.year, each.season.label) == (2024, "winter")
            assert [(point.x, point.y) for point in each.points] == [(1, 0), (0, 2)]
            assert [list(row) for row in each.grid] == [[1.0, 2.0], []]
            assert list(each.colours) == [Colour.GREEN]
            assert list(each.bits) == [True, False, True]
        assert root.has_day()
        assert not reader.has_day()
        root.points = []
        root.grid = []
        assert len(root.points) == 0
        assert root.to_value().points == []
        assert len(read_message(message.to_bytes()).get_root(Pointers).points) == 0


def test_lists() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        assert len(root.days) == len(root.names) == len(root.stores) == len(root.voids) == 0
        assert list(root.voids) == list(root.names) == []
        days = root.init_days(2)
        days[0] = Day(year=2001)
        days[-1].month = 5
        assert [day.year for day in days] == [2001, 1970]
        colours = root.init_colours(2)
        colours[0] = Colour.CLASS
        assert list(colours) == [Colour.CLASS, Colour.RED]
        root.names = [["a", "b"], []]
        root.names[1] = ["c"]
        assert [list(row) for row in root.names] == [["a", "b"], ["c"]]
        names = root.init_names(1)
        names[0] = ("d",)
        assert list(names[0]) == ["d"]
        root.names[0][0] = "e"
        root.stores = [1, None, 2]
        stores = root.stores
        stores[0] = None
        assert list(stores) == [None, None, 2]
        root.lengths = [[Point(x=1)], [Point(x=2), Point(x=3)]]
        assert [[point.x for point in row] for row in root.lengths] == [[1], [2, 3]]
        root.more = [[Colour.RED], [Colour.CLASS]]
        root.init_voids(3)
        assert list(root.voids) == [None] * 3
        bits = root.init_bits(2)
        bits[1] = True
        reader = read_message(message.to_bytes()).get_root(Pointers)
        assert [list(row) for row in reader.names] == [["e"]]
        assert list(reader.stores) == [None, None, 2]
        assert [[point.x for point in row] for row in reader.lengths] == [[1], [2, 3]]
        assert [list(row) for row in reader.more] == [[Colour.RED], [Colour.CLASS]]
        assert list(reader.bits) == [False, True]
        assert reader.to_value() == root.to_value()
        assert repr(reader.days) == "<StructItems: 2 items>"


def test_items_out_of_bounds() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        root.init_days(1)
        for bad in (1, -2, 1 << 200):
            with pytest.raises(ArgumentIndexError, match="does not exist"):
                root.days[bad]
        with pytest.raises(ArgumentIndexError, match="the list has no items"):
            root.names[0]
        with pytest.raises(ArgumentIndexError, match="the list has 0 items"):
            root.names[-1]
        with pytest.raises(ArgumentIndexError, match="the list has no items"):
            root.names[0] = "x"
        with pytest.raises(ArgumentIndexError, match="the list has no items"):
            root.voids[0]
        with pytest.raises(ArgumentIndexError):
            root.voids[0] = None
        with pytest.raises(ArgumentTypeError):
            root.days["x"]  # type: ignore[index] # The mistake is the subject.


@pytest.mark.parametrize(
    ("name", "items", "other"),
    [("bits", [True, False, False], True), ("voids", [None] * 3, None)],
)
def test_negative_indices_count_from_the_end(name: str, items: list[Any], other: Any) -> None:
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        setattr(root, name, items)
        built = getattr(root, name)
        read = getattr(read_message(message.to_bytes()).get_root(Pointers), name)
        for found in (built, copy.copy(built), read, copy.copy(read)):
            assert [found[at] for at in (-3, -2, -1)] == items
            assert found[Index(-3)] == items[0]
            for outside in (-4, 3, -1 << 200, Index(-4)):
                with pytest.raises(ArgumentIndexError):
                    found[outside]
            with pytest.raises(ArgumentTypeError):
                found["x"]
        built[-1] = other
        built[Index(-2)] = other
        assert list(built) == [items[0], other, other]
        with pytest.raises(ArgumentIndexError):
            built[-4] = other
        with pytest.raises(ArgumentTypeError):
            built[-1] = "x"
        assert list(built) == [items[0], other, other]


def test_negative_indices_of_numbers_everywhere() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        root.grid = [[1.5], [2.5, 3.5]]
        assert root.grid[-1][-1] == 3.5
        root.grid[-1][-2] = 4.5
        assert read_message(message.to_bytes()).get_root(Pointers).grid[-1][-2] == 4.5
        # The low layer refuses them.
        low = root.low_level.init_list(0, Element.FLOAT32, 1)
        reader = read_message(message.to_bytes()).get_root(Pointers)
        assert reader.any.as_numbers(Element.FLOAT32)[-1] == 0
        for refused in (low, reader.low_level.get_list(0, Element.FLOAT32)):
            assert refused is not None
            with pytest.raises(ArgumentIndexError):
                refused[-1]


def test_lists_from_other_messages() -> None:
    source = Pointers(days=[Day(year=7), Day(month=8)], colours=[Colour.RED], grid=[[1.5]])
    reader = read_message(source.to_bytes()).get_root(Pointers)
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        root.days = reader.days
        root.colours = reader.colours
        root.grid = reader.grid
        assert root.to_value() == source
        root.days = list(reader.days)
        assert root.to_value() == source
        root.days = [root.days[1], root.days[0]]
        assert root.to_value().days == source.days[::-1]
        other = message.new_orphan(source).get_struct()
        root.days = Pointers.Builder(other).days
        assert root.to_value().days == source.days
        root.days = read_message(Pointers().to_bytes()).get_root(Pointers).days
        assert root.has_days()
        assert root.to_value().days == []


def test_structs_from_other_messages() -> None:
    value = Pointers(day=Day(year=7))
    reader = read_message(value.to_bytes()).get_root(Pointers)
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        root.day = reader.day
        assert root.day.year == 7
        root.day = None
        assert root.day.year == 2024
        other = message.new_orphan(Day(year=8)).get_struct()
        root.day = Day.Builder(other)
        assert root.day.year == 8
        root.day.set(Day(year=9))
        assert root.to_value().day == Day(year=9)
        given: Any = reader.day
        root.day.set(given)
        assert root.to_value().day == Day(year=7)
        wrong: Any = Date(year=1)
        for give in (root.day.set, lambda value: setattr(root, "day", value)):
            with pytest.raises(ArgumentTypeError, match="must be a Date, not"):
                give(wrong)
        with pytest.raises(ArgumentTypeError, match="must be a Point, not Date"):
            root.points = [wrong]
        assert root.day.year == 7


def test_a_root_is_opened_and_replaced() -> None:
    with MessageBuilder() as message:
        assert message.get_root(Point) is None
        message.set_root(Point(x=5))
        root = message.get_root(Point)
        assert root is not None
        root.y = 6
        assert read_message(message.to_bytes()).get_root(Point).to_value() == Point(x=5, y=6)
        message.set_root(read_message(Point(x=7).to_bytes()).get_root(Point))
        assert Point.from_bytes(message.to_bytes()) == Point(x=7)
        message.root_pointer().set(0, Point(x=8))
        assert Point.from_bytes(message.to_bytes()) == Point(x=8)


def test_what_is_no_class_of_a_schema() -> None:
    class Broken:
        @classmethod
        def __capnsafe_schema__(cls) -> Any:
            raise KeyError("broken")

    with MessageBuilder() as message:
        wrong: Any
        for wrong in (3, int, "x", Point(), Choice.Pair):
            with pytest.raises(ArgumentTypeError, match="class that was generated"):
                message.init_root(wrong)
        with pytest.raises(ArgumentTypeError, match="the class cannot be opened: KeyError"):
            message.init_root(Broken)


def test_what_cannot_be_laid_out() -> None:
    class Raises:
        def __capnsafe_copy__(self) -> Any:
            raise KeyError("broken")

    class Returns:
        def __capnsafe_copy__(self) -> Any:
            return "x"

    with MessageBuilder() as message:
        with pytest.raises(ArgumentTypeError, match="Raises could not be laid out: KeyError"):
            message.set_root(Raises())
        with pytest.raises(ArgumentTypeError, match="must be laid out as a tree"):
            message.set_root(Returns())
        root = message.init_root(Pointers)
        with pytest.raises(ArgumentTypeError, match="the root must be a struct"):
            message.set_root(root.init_days(1))  # type: ignore[arg-type] # Refused, and so typed.


@pytest.mark.parametrize("verify", [False, True])
def test_unions(verify: bool) -> None:
    with MessageBuilder(MovingMemory(), verify=verify) as message:
        root = message.init_root(Choice)
        root.common = 3
        assert (root.which(), root.name) == ("name", "nobody")
        for name, given, found in (
            ("name", "Bob", "Bob"),
            ("number", -8, -8),
            ("flag", True, True),
            ("nothing", None, None),
            ("colour", Colour.CLASS, Colour.CLASS),
            ("real", 2.5, 2.5),
            ("data", b"xyz", b"xyz"),
            ("store", 4, 4),
        ):
            setattr(root, name, given)
            assert (root.which(), getattr(root, name)) == (name, found)
            reader = read_message(message.to_bytes()).get_root(Choice)
            assert (reader.which(), getattr(reader, name)) == (name, found)
            assert (root.common, reader.common) == (3, 3)
            with pytest.raises(ArgumentValueError, match=f"points is not set: .* has {name}"):
                _ = root.points
            with pytest.raises(ArgumentValueError, match="pair is not set"):
                _ = reader.pair
        root.number = -7
        assert root.to_value() == Choice(common=3, number=-7)
        assert root.has_data() is root.has_points() is False
        root.init_point().y = 4
        assert (root.which(), root.point.y, root.has_point()) == ("point", 4, True)
        root.init_points(2)[1].x = 1
        assert [point.x for point in root.points] == [0, 1]
        root.init_numbers(3)
        assert list(root.numbers) == [0, 0, 0]
        root.numbers = [1, 2]
        assert list(root.numbers) == [1, 2]
        root.init_texts(1)[0] = "x"
        assert list(root.texts) == ["x"]
        root.any = "anything"
        assert root.any.as_text() == "anything"
        root.day = None
        assert root.day.month == 7
        pair = root.init_pair()
        assert (root.which(), pair.which(), pair.right) == ("pair", "inner", 9)
        pair.outer = "out"
        assert root.to_value() == Choice(common=3, pair=Choice.Pair(outer="out"))
        root.pair = Choice.Pair(left="l", inner=2)
        assert (root.pair.left, root.pair.inner) == ("l", 2)
        root.pair.set(Choice.Pair(left="m", outer="o"))
        assert (root.pair.left, root.pair.outer) == ("m", "o")
        with pytest.raises(ArgumentTypeError, match=r"must be a Choice\.Pair, not Choice"):
            root.pair.set(Choice())  # type: ignore[arg-type] # The mistake is the subject.


def test_a_group_is_set_as_a_whole() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Person)
        root.name = "Alice"
        root.employment = Person.Employment(employer="X")
        assert root.to_value() == Person(name="Alice", employment=Person.Employment(employer="X"))
        root.employment = Person.Employment()
        assert root.employment.which() == "unemployed"
        assert root.name == "Alice"
    with MessageBuilder() as message:
        grouped = message.init_root(Grouped)
        grouped.number = 5
        grouped.texts.first = "old"
        grouped.texts = Grouped.Texts(second="new")
        assert grouped.to_value() == Grouped(number=5, texts=Grouped.Texts(second="new"))


@pytest.mark.parametrize("verify", [False, True])
def test_several_fields_are_set_in_one_step(verify: bool) -> None:
    with MessageBuilder(MovingMemory(), verify=verify) as message:
        root = message.init_root(Person)
        root.email = "alice@example.com"
        phones = [Person.PhoneNumber(number="1", type=Person.PhoneNumber.Type.WORK)]
        root.update(id=7, name="Alice", phones=phones, employment=Person.Employment(school="MIT"))
        assert root.to_value() == Person(
            id=7,
            name="Alice",
            email="alice@example.com",
            phones=phones,
            employment=Person.Employment(school="MIT"),
        )
        root.phones[0].update(number="2")
        assert (root.phones[0].number, root.phones[0].type) == ("2", phones[0].type)
        root.update(birthdate=None, phones=root.phones)
        assert (root.has_birthdate(), len(root.phones)) == (False, 1)
        root.update()
        assert root.id == 7


def test_several_fields_are_written_at_once() -> None:
    memory = HookedMemory()
    calls: list[str] = []
    with MessageBuilder(memory) as message:
        date = message.init_root(Date)
        memory.hook = calls.append
        date.year = 1
        one = len(calls)
        calls.clear()
        date.update(year=1999, month=12, day=31)
        memory.hook = None
        assert len(calls) == one
        assert date.to_value() == Date(year=1999, month=12, day=31)


def test_several_fields_outside_of_the_struct() -> None:
    with MessageBuilder() as message:
        date = Date.Builder(message.init_root(0, 0))
        with pytest.raises(ArgumentIndexError, match="outside the data, which has 0 bits"):
            date.update(year=1999, day=31)
    with pytest.raises(Closed):
        date.update(year=1999, day=31)


def test_a_member_of_a_union_is_set_with_other_fields() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Choice)
        root.name = "Bob"
        root.update(common=3, number=-8)
        assert root.to_value() == Choice(common=3, number=-8)
        root.update(common=4)
        assert root.to_value() == Choice(common=4, number=-8)
        root.update(pair=Choice.Pair(left="l", inner=2))
        assert root.to_value() == Choice(common=4, pair=Choice.Pair(left="l", inner=2))
        with pytest.raises(ArgumentValueError, match="name and number are members of one union"):
            root.update(name="Bob", number=1)
        with pytest.raises(ArgumentTypeError, match="Choice has no field 'nick'"):
            root.update(nick="Bob")  # type: ignore[call-arg] # The mistake is the subject.
        with pytest.raises(ArgumentTypeError):
            root.update(common="three")  # type: ignore[arg-type] # The mistake is the subject.
        assert root.to_value() == Choice(common=4, pair=Choice.Pair(left="l", inner=2))


def test_a_member_of_a_newer_schema() -> None:
    newer = Versions.New(c=1.5, kind=Versions.New.Kind.THREE)
    older = read_message(newer.to_bytes()).get_root(Versions.Old)
    assert older.which() is None
    with pytest.raises(ArgumentValueError, match="has a member of a newer schema"):
        _ = older.a
    assert repr(older.kind) == "Versions.Old.Kind(2)"
    assert older.kind.label is None
    assert older.to_dict() == {"id": 0, "kind": 2}


def test_a_refused_member_leaves_the_union_as_it_was() -> None:
    with MessageBuilder(FixedAllocator(bytearray(8 * 8))) as message:
        root = message.init_root(Choice)
        root.number = 5
        with pytest.raises(AllocationRefused):
            root.name = "a text that does not fit into what is left of the memory"
        assert (root.which(), root.number) == ("number", 5)


@pytest.mark.parametrize("name", ["init_point", "init_points", "init_numbers", "init_texts"])
def test_a_member_is_built_and_opened_at_once(name: str) -> None:
    count = () if name == "init_point" else (2,)
    for call in range(1, 40):
        memory = FailingMemory("segment", call, ValueError)
        message = MessageBuilder(memory)
        memory.armed = False
        root = message.init_root(Choice)
        memory.armed = True
        try:
            getattr(root, name)(*count)
        except BorrowRefused:
            assert root.which() == "name"
            assert getattr(root, name)(*count) is not None
        else:
            if call > memory.calls["segment"]:
                return
    pytest.fail("there is no last call")


def test_a_list_that_is_gone_does_not_show_its_length() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        lists: list[Any] = [root.init_points(1), root.init_colours(1)]
        assert [len(one.low_level) for one in lists] == [1, 1]
        message.init_root(Pointers)
        for one in lists:
            with pytest.raises(StaleHandle):
                one[1]


def test_pointers_of_any_kind() -> None:
    point = Point(x=1, y=2)
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        assert root.any.kind is PointerKind.NULL
        assert repr(root.any) == f"<AnyBuilder: pointer {root.any._index} of {root.low_level!r}>"
        assert (root.any.as_text(), root.any.as_data(), root.any.as_capability()) == ("", b"", None)
        root.any = point
        assert root.any.as_struct(Point).y == 2
        root.any_struct.init_struct(Point).x = 5
        assert root.any_struct.kind is PointerKind.STRUCT
        root.any_list.set(b"bytes")
        assert root.any_list.as_data() == b"bytes"
        root.capability = 3
        assert (root.capability, root.store) == (3, None)
        root.text_box = root.init_text_box()
        root.text_box.item = "text"
        root.init_entry().value.set_capability(9)
        assert root.entry.value.as_capability() == 9
        root.init_point_box().item.set(point)
        root.point_box.item = root.any.as_struct(Point)
        reader = read_message(message.to_bytes()).get_root(Pointers)
        assert reader.any.kind is PointerKind.STRUCT
        assert repr(reader.any).startswith("<AnyReader: pointer ")
        assert reader.any.as_struct(Point).to_value() == point
        assert reader.text_box.item == "text"
        assert reader.any_list.as_data() == b"bytes"
        assert reader.entry.value.as_capability() == 9
        assert reader.entry.value.copy() is not None
        assert reader.point_box.item.x == 1
        assert reader.stores.__len__() == 0
        root.any = reader.any
        assert root.any.as_struct(Point).to_value() == point
        empty = read_message(Pointers().to_bytes()).get_root(Pointers)
        assert empty.any.copy() is None
        assert empty.any.as_struct(Point).x == 0
        with pytest.raises(ArgumentValueError, match="null"):
            root.any = empty.any
        wrong: Any = 3.5
        with pytest.raises(ArgumentTypeError, match="not float"):
            root.any = wrong


def test_lists_behind_pointers_of_any_kind() -> None:
    source = Pointers(days=[Day(year=1)], names=[["a"]])
    layout = Pointers._layout
    low = read_message(source.to_bytes()).get_root(Pointers).low_level
    names = low.get_pointer_list(layout.by_name["names"].offset)
    assert names is not None
    with MessageBuilder() as message:
        root = message.init_root(Generic)
        root.low_level.copy_pointer(0, low, layout.by_name["days"].offset)
        root.low_level.copy_pointer(1, names, 0)
        reader = read_message(message.to_bytes()).get_root(Generic)
    assert list(reader.value.as_texts()) == ["a"]
    assert reader.key.kind is PointerKind.LIST
    assert [day.year for day in reader.key.as_structs(Day)] == [1]
    assert len(reader.inner.key.as_numbers(Element.UINT8)) == 0


def test_the_low_layer_is_below() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Point)
        assert type(root.low_level) is StructBuilder
        root.low_level.set_int32(1, 9)
        assert root.y == 9
        assert repr(root) == f"<Point.Builder: {root.low_level!r}>"
        reader = read_message(message.to_bytes()).get_root(Point)
        assert reader.low_level.get_int32(1) == 9
        assert repr(reader) == f"<Point.Reader: {reader.low_level!r}>"
        assert (root.to_json(), reader.to_json()) == ('{"x": 0, "y": 9}',) * 2
        assert message.new_orphan(reader).get_struct().get_int32(1) == 9


def test_lists_behind_a_pointer_of_any_kind() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        assert len(root.any.as_structs(Point)) == 0
        assert len(root.any.as_numbers(Element.UINT8)) == 0
        assert len(root.any.as_texts()) == 0
        points = root.any.init_structs(Point, 2)
        points[1].x = 5
        points[0] = Point(y=3)
        assert [(point.x, point.y) for point in root.any.as_structs(Point)] == [(0, 3), (5, 0)]
        read = read_message(message.to_bytes()).get_root(Pointers)
        assert [point.x for point in read.any.as_structs(Point)] == [0, 5]
        numbers = root.any.init_numbers(Element.UINT16, 3)
        numbers[-1] = 7
        assert list(root.any.as_numbers(Element.UINT16)) == [0, 0, 7]
        texts = root.any_list.init_texts(2)
        texts[1] = "text"
        assert list(root.any_list.as_texts()) == ["", "text"]
        with pytest.raises(StaleHandle):
            points[0].x = 1
        read = read_message(message.to_bytes()).get_root(Pointers)
        assert list(read.any.as_numbers(Element.UINT16)) == [0, 0, 7]
        assert list(read.any_list.as_texts()) == ["", "text"]


def test_a_list_of_structs_behind_a_pointer_of_any_kind_grows() -> None:
    """An older program wrote smaller structs."""
    with MessageBuilder() as message:
        root = message.init_root(1, 1)
        older = root.init_struct_list(0, 2, 0, 0)
        assert len(older) == 2
        newer = AnyBuilder(root, 0).as_structs(Point)
        newer[1].x = 4
        assert [point.x for point in AnyBuilder(root, 0).as_structs(Point)] == [0, 4]


@pytest.mark.parametrize("name", ["init_numbers", "init_texts", "init_points"])
def test_a_list_that_a_finalizer_cut_before_its_handle_was_made_is_stale(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The garbage collector may run when the list is built and its handle is not made yet."""
    amend = lists.amend_struct
    with MessageBuilder() as message:
        root = message.init_root(0, 2)
        layout = Choice._layout
        low = root.init_struct(0, layout.data_words, layout.pointer_count)
        pointer = layout.by_name[name.removeprefix("init_")].offset

        def amend_and_collect(*given: Any) -> Any:
            made = amend(*given)
            orphan = low.disown(pointer)
            assert orphan is not None
            orphan.truncate(0)
            root.init_list(1, Element.UINT64, 8)
            return made

        monkeypatch.setattr(handles, "amend_struct", amend_and_collect)
        found = getattr(Choice.Builder(low), name)(4)
        with pytest.raises(StaleHandle):
            found[0]


def test_the_class_of_a_struct() -> None:
    """The error for anything else tells what to give."""
    wrong: dict[str, Any] = {
        r"the class Person\.Builder: give Person": Person.Builder,
        r"the class Person\.Reader: give Person": Person.Reader,
        r"the class Generic\.Reader: give Generic": features_capnp.Generic.Reader,
        r"the class Person\.PhoneNumber\.Type": Person.PhoneNumber.Type,
        r"the group Person\.Employment": Person.Employment,
        r"an object of the class Person: give the class itself": Person(),
        r"an object of the class module": features_capnp,
        r"the class Named": type("Named", (), {}),
    }
    with MessageBuilder() as message:
        message.set_root(Person(name="a"))
        reader = read_message(message.to_bytes())
        for text, given in wrong.items():
            match = rf"generated from a schema, not {text}$"
            for act in (message.init_root, reader.get_root):
                with pytest.raises(ArgumentTypeError, match=match):
                    act(given)
            if given is not features_capnp:
                with pytest.raises(ArgumentTypeError, match=match):
                    message.get_root(given)
        with pytest.raises(ArgumentTypeError, match=r"must be a struct, not the class Person$"):
            message.set_root(Person)  # type: ignore[arg-type]  # It is a mistake.
        assert message.get_root(Person) is not None


def test_an_item_of_a_list_of_data() -> None:
    with MessageBuilder() as message:
        low = message.init_root(0, 1).init_pointer_list(0, 2)
        low.set_data(0, b"octets")
        assert [data_at(low, at) for at in range(2)] == [b"octets", b""]
        read = MessageReader(message.segments()).get_root().get_pointer_list(0)
        assert read is not None
        assert [data_at(read, at) for at in range(2)] == [b"octets", b""]
