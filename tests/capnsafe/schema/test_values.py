"""Values of generated classes: how they are made, compared, built, read and copied."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from capnsafe import (
    AllocatorError,
    ArgumentError,
    ArgumentTypeError,
    ArgumentValueError,
    Error,
    Exhausted,
    FramingError,
    HeapAllocator,
    MessageBuilder,
    NestingLimitExceeded,
    TraversalLimitExceeded,
    read_message,
    schema,
)
from capnsafe.schema.kinds import StructKind
from capnsafe.schema.values import MOST_WITHOUT_SIZE
from tests.capnsafe.memories import HookedMemory
from tests.capnsafe.schema import features_capnp, shared_capnp
from tests.capnsafe.schema.addressbook_capnp import AddressBook, Date, Person
from tests.capnsafe.schema.features_capnp import (
    Chain,
    Choice,
    Colour,
    Generic,
    Generics,
    Point,
    Pointers,
    Recursive,
    Tree,
    Versions,
)
from tests.capnsafe.schema.tools import FOLDER, Scatter, read_by_reference, same

ALICE = Person(
    id=123,
    name="Alice",
    phones=[Person.PhoneNumber(number="555-1212", type=Person.PhoneNumber.Type.WORK)],
    employment=Person.Employment(school="MIT"),
)
BOOK = AddressBook(people=[ALICE, Person(id=456, birthdate=Date(year=1999))])


def test_a_value_is_built_and_read_in_one_call() -> None:
    memory = HeapAllocator()
    octets = BOOK.to_bytes(memory)
    assert AddressBook.from_bytes(octets) == BOOK
    assert AddressBook.from_message(read_message(octets)) == BOOK
    assert AddressBook.from_bytes(BOOK.to_bytes(packed=True), packed=True) == BOOK
    assert len(BOOK.to_bytes(packed=True)) < len(octets)


def test_equality() -> None:
    assert copy.deepcopy(BOOK) == BOOK
    assert Person(id=1) != Person(id=2)
    assert Person() != Date()
    assert Person() != "Person()"
    assert Person.Employment(unemployed=None) == Person.Employment()
    with pytest.raises(TypeError, match="unhashable"):
        hash(Person())


FLOATS = {"inf": float("inf"), "nan": float("nan")}


def test_repr_makes_the_value_again() -> None:
    assert repr(Person()) == "Person()"
    assert repr(Choice()) == "Choice(name='nobody')"
    assert repr(schema.UNSET) == "UNSET"
    for seed in range(10):
        value = Scatter(seed).struct(Pointers._layout, 3)
        assert eval(repr(value), {**vars(shared_capnp), **vars(features_capnp), **FLOATS}) == value
    assert eval(repr(BOOK)) == BOOK


def test_repr_shows_a_minus_zero_although_it_equals_the_default() -> None:
    assert repr(features_capnp.Keywords(schema_=-0.0)) == "Keywords(schema_=-0.0)"
    assert repr(features_capnp.Keywords(schema_=0.0)) == "Keywords()"
    lists = features_capnp.Keywords(list=["a", "b"])
    assert repr(lists) == "Keywords()"


def test_match_on_unions() -> None:
    def told(person: Person) -> str:
        match person.employment:
            case Person.Employment(school=str(school)):
                return f"studies at {school}"
            case Person.Employment(employer=str(employer)):
                return f"works for {employer}"
        match person.employment.which():
            case "self_employed":
                return "works"
        return "rests"

    assert told(ALICE) == "studies at MIT"
    assert told(Person(employment=Person.Employment(employer="X"))) == "works for X"
    assert told(Person(employment=Person.Employment(self_employed=None))) == "works"
    assert told(Person()) == "rests"


def test_setting_a_member_unsets_the_others() -> None:
    value = Choice(common=1, number=5)
    value.pair = Choice.Pair(left="l")
    assert (value.which(), value.number) == ("pair", schema.UNSET)
    value.common = 2
    assert value.which() == "pair"
    value.name = schema.UNSET
    assert value.which() == "pair"
    with pytest.raises(ArgumentValueError, match=r"only one member .* not number and flag"):
        Choice(number=1, flag=True)


def test_replacing_the_member_of_a_union() -> None:
    value = Choice(common=1, number=5)
    assert dataclasses.replace(value, common=2) == Choice(common=2, number=5)
    assert dataclasses.replace(value, number=6) == Choice(common=1, number=6)
    with pytest.raises(ArgumentValueError, match=r"replace needs UNSET for the one"):
        dataclasses.replace(value, name="x")
    replaced = dataclasses.replace(value, number=schema.UNSET, name="x")
    assert replaced == Choice(common=1, name="x")
    assert replaced.which() == "name"
    copied = copy.copy(value)
    copied.name = "x"
    assert copied == replaced
    assert value.which() == "number"


def test_a_member_of_a_newer_schema_cannot_be_built() -> None:
    older = Versions.Old.from_bytes(Versions.New(c=1.5).to_bytes())
    assert older.which() is None
    assert repr(older) == "Versions.Old()"
    assert copy.deepcopy(older) == older
    with pytest.raises(ArgumentValueError, match=r"member of Versions\.Old .* is not known"):
        older.to_bytes()


def test_unknown_enumerants_survive() -> None:
    newer = Versions.New(kind=Versions.New.Kind.THREE)
    older = Versions.Old.from_bytes(newer.to_bytes())
    assert repr(older) == "Versions.Old(kind=Versions.Old.Kind(2), a='')"
    assert pickle.loads(pickle.dumps(older)) == older
    assert Versions.New.from_bytes(older.to_bytes()) == newer
    assert Colour.CLASS.label == "class"
    wrong: Any
    for wrong in (-1, 1 << 16, "red"):
        with pytest.raises(ArgumentValueError, match="must be 0 to 65535"):
            Colour(wrong)


def test_a_struct_that_is_its_own_default() -> None:
    value = Recursive()
    assert value.itself is not None
    assert value.itself.itself is None
    assert value.list[0].list == []
    assert Recursive.from_bytes(value.to_bytes()) == value
    inner = {"number": 0, "choice": {"member": {"number": 0, "choice": {"member": {}}}}}
    assert value.to_dict() == inner
    value.choice.members = []
    assert value.to_dict() == {"number": 0, "choice": {"members": []}}
    with MessageBuilder() as message:
        root = message.init_root(Recursive)
        root.choice.members = []
        root.itself.itself.itself.list[0].number = 5
        assert root.to_value() == Recursive.from_bytes(message.to_bytes())
        root.choice = Recursive.Choice(members=[Recursive()])
        assert root.to_dict()["choice"] == {"members": [inner]}


def test_a_field_that_was_deleted_is_missed() -> None:
    value = Person(phones=[])
    del value.phones
    with pytest.raises(ArgumentValueError, match="the field 'phones' of a Person was deleted"):
        value.to_bytes()


def test_an_attribute_that_is_no_field_is_refused() -> None:
    value: Any = Person(id=1)
    value.nmae = "Alice"
    book = AddressBook(people=[value])
    for build in (value.to_bytes, book.to_bytes, book.to_dict):
        with pytest.raises(ArgumentTypeError, match=r"Person has no field 'nmae'; is it name\?$"):
            build()
    with MessageBuilder() as message:
        root = message.init_root(AddressBook)
        with pytest.raises(ArgumentTypeError, match="no field 'nmae'"):
            root.people = [value]
        assert len(root.people) == 0
    del value.nmae
    value.employment.zzz = 1
    with pytest.raises(ArgumentTypeError, match=r"Employment has no field 'zzz'$"):
        value.to_bytes()
    choice: Any = Choice(number=5)
    choice.numebr = 1
    with pytest.raises(ArgumentTypeError, match=r"Choice has no field 'numebr'; is it number\?$"):
        choice.to_bytes()


def test_a_derived_class_may_have_attributes_of_its_own() -> None:
    value = Stated(x=1)
    value.nmae = "a"
    assert Point.from_bytes(value.to_bytes()) == Point(x=1)


def test_copies_and_pickles() -> None:
    for seed in range(10):
        value = Scatter(seed, any_pointers=True).struct(Pointers._layout, 3)
        assert pickle.loads(pickle.dumps(value)) == value
        copied = copy.deepcopy(value)
        assert copied == value
        assert copy.copy(value) == value
        copied.day = Pointers(any="x").day
    changed = copy.deepcopy(BOOK)
    changed.people[0].name = "Bob"
    assert BOOK.people[0].name == "Alice"


def test_copies_and_pickles_of_values_deeper_than_the_stack() -> None:
    value = Tree(value=1)
    for _ in range(5_000):
        value = Tree(left=value, children=[Tree(value=2)])
    for copied in (copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert copied.to_bytes() == value.to_bytes()
        assert copied.left is not value.left
        while copied.left is not None:  # Python itself frees deep objects by recursion.
            copied = copied.left
    assert copy.copy(value).left is value.left
    while value.left is not None:
        value = value.left


def test_a_shallow_copy_shares_the_objects_of_its_fields() -> None:
    copied = copy.copy(BOOK)
    assert copied.people is BOOK.people
    copied.people = []
    assert BOOK.people
    box = Generics.from_bytes(Generics(numbers=Chain(item=[1, 2])).to_bytes()).numbers
    assert box is not None
    assert copy.copy(box).to_bytes() == box.to_bytes(), "the copy knows the types"


def test_copies_and_pickles_keep_what_is_the_same_object() -> None:
    shared = Tree(value=1)
    value = Tree(left=shared, right=shared, children=[shared])
    value.children.append(value)
    for copied in (copy.deepcopy(value), pickle.loads(pickle.dumps(value, 2))):
        assert copied.left is copied.right is copied.children[0]
        assert copied.children[1] is copied
    both = copy.deepcopy((value, shared))
    assert both[0].left is both[1]


class Noted(Point):
    """A class of a user, with a state of its own."""

    __slots__ = ("note",)

    note: Any


class Stated(Point):
    """A class of a user that says how its objects are copied."""

    nmae: str

    def __getstate__(self) -> Any:
        return {"x": self.x + 1}

    def __setstate__(self, state: Any) -> None:
        self.__dict__.update(y=0, **state)


class Remade(Point):
    def __reduce__(self) -> Any:
        return Remade, ()


def test_copies_and_pickles_of_derived_classes() -> None:
    noted = Noted(x=1)
    noted.note = ["a"]
    for copied in (copy.copy(noted), copy.deepcopy(noted), pickle.loads(pickle.dumps(noted))):
        assert (type(copied), copied, copied.note) == (Noted, noted, ["a"])
    assert copy.copy(noted).note is noted.note
    assert copy.deepcopy(noted).note is not noted.note
    noted.note = noted
    assert copy.deepcopy(noted).note.note.x == 1
    for made in (copy.copy(Stated(x=1)), copy.deepcopy(Stated(x=1))):
        assert made == Stated(x=2)
    for again in (copy.copy(Remade(x=1)), copy.deepcopy(Remade(x=1))):
        assert again == Remade(x=0)
    inside = copy.deepcopy(Choice(points=[Stated(x=1)]))
    assert inside.points == [Stated(x=2)]
    assert pickle.loads(pickle.dumps(inside)).points == [Stated(x=3)]


def test_a_copy_of_a_leaf_that_is_deeper_than_the_stack() -> None:
    deep: Any = ()
    for _ in range(100_000):
        deep = (deep, [])
    with pytest.raises(Exhausted):
        copy.deepcopy(Pointers(any=deep))
    while deep:
        deep = deep[0]


def test_pointers_of_any_kind() -> None:
    value = Pointers(any=Point(x=1), any_list="text", any_struct=Tree(), capability=7)
    read = Pointers.from_bytes(value.to_bytes())
    opaque = read.any
    assert isinstance(opaque, schema.Opaque)
    assert opaque.message().get_root(Point).x == 1
    assert Pointers.from_bytes(read.to_bytes()) == read
    assert hash(opaque) == hash(copy.deepcopy(opaque))
    assert opaque != "text"
    assert repr(opaque) == "<Opaque: 1 words>"
    assert read.capability == 7
    empty = Pointers.from_bytes(Pointers(any=Tree()).to_bytes())
    assert Pointers.from_bytes(empty.to_bytes()) == empty
    for wrong in (-1, 1 << 32):
        with pytest.raises(ArgumentValueError, match="a capability must be"):
            Pointers(capability=wrong).to_bytes()


@pytest.mark.parametrize("field", ["left", "children"])
def test_a_value_that_contains_itself(field: str) -> None:
    value = Tree(value=1)
    inner = value
    for _ in range(50):
        inner = Tree(left=Tree(value=2), right=inner)
    setattr(value, field, inner if field == "left" else [Tree(value=3), inner])
    with pytest.raises(ArgumentValueError, match="contains itself"):
        value.to_bytes()
    with MessageBuilder() as message:
        root = message.init_root(Tree)
        root.value = 7
        with pytest.raises(ArgumentValueError, match="contains itself"):
            root.set(value)
        assert root.value == 7


def test_a_value_may_be_in_several_places_of_a_deep_one() -> None:
    shared = Tree(value=1)
    pair = Tree(left=shared, right=shared, children=[shared, shared])
    value = Tree(left=pair, right=pair)
    for level in range(3_000):
        value = Tree(left=pair if level % 3 else None, right=value, children=[shared])
    deep = Tree(left=value, right=value)
    framed = deep.to_bytes()
    copied = Tree.from_message(
        read_message(framed, nesting_limit=1 << 20, traversal_limit_words=1 << 30)
    )
    assert copied.to_bytes() == framed
    for each in (value, copied.left, copied.right):
        while each is not None:  # Python itself frees deep objects by recursion.
            each = each.right


def test_deep_values_need_no_deep_stack() -> None:
    value = Tree(value=1)
    for _ in range(3_000):
        value = Tree(left=value)
    with MessageBuilder() as message:
        message.set_root(value)
        assert message.total_words() > 3_000
        framed = message.to_bytes()
        root = message.get_root(Tree)
        assert root is not None
        copies = [
            Tree.from_message(read_message(framed, nesting_limit=1 << 20)),
            root.to_value(),
        ]
        for call in (root.to_dict, root.to_json):
            with pytest.raises(Exhausted):
                call()
    for copied in copies:
        assert copied.to_bytes() == framed
    with pytest.raises(Exhausted):
        value.to_dict()
    while value.left is not None:  # Python itself frees deep objects by recursion.
        value = value.left


def test_from_bytes_takes_the_limits_that_its_errors_name() -> None:
    value = Tree(value=1)
    for _ in range(100):
        value = Tree(left=value)
    framed = value.to_bytes()
    with pytest.raises(NestingLimitExceeded, match="given as nesting_limit"):
        Tree.from_bytes(framed)
    assert Tree.from_bytes(framed, nesting_limit=200) == value
    with pytest.raises(TraversalLimitExceeded):
        Tree.from_bytes(framed, nesting_limit=200, max_words=10_000, traversal_limit_words=50)
    for limit in ("max_words", "max_segments"):
        options: Any = {limit: 0}
        with pytest.raises(FramingError, match=rf"more than the limit 0 \({limit}\)"):
            Tree.from_bytes(framed, **options)


def test_a_copy_out_of_a_builder_has_a_limit_of_elements_without_size() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        root.init_voids(MOST_WITHOUT_SIZE)
        assert len(root.to_value().voids) == MOST_WITHOUT_SIZE
        root.init_voids(2 * MOST_WITHOUT_SIZE)
        for call in (root.to_value, root.to_dict, root.to_json, root.to_text):
            with pytest.raises(TraversalLimitExceeded):
                call()
        assert len(root.voids) == 2 * MOST_WITHOUT_SIZE


# Type checkers refuse most of these values, too.
untyped_person: Any = Person
untyped_choice: Any = Choice
untyped_pointers: Any = Pointers

WRONG: list[tuple[Any, type[Exception]]] = [
    (Person(id=-1), ArgumentValueError),
    (Person(id=1 << 32), ArgumentValueError),
    (untyped_person(id="1"), ArgumentTypeError),
    (untyped_person(name=1), ArgumentTypeError),
    (Person(name="\ud800"), ArgumentValueError),
    (untyped_person(phones=3), ArgumentTypeError),
    (untyped_person(phones=[Date()]), ArgumentTypeError),
    (untyped_person(birthdate=Point()), ArgumentTypeError),
    (untyped_person(employment=Date()), ArgumentTypeError),
    (Person(employment=untyped_person.Employment(self_employed=1)), ArgumentTypeError),
    (Choice(real=1e40), ArgumentValueError),
    (untyped_choice(real="x"), ArgumentTypeError),
    (untyped_choice(flag=2), ArgumentValueError),
    (Choice(numbers=[1, 1 << 16]), ArgumentValueError),
    (untyped_choice(numbers=["x"]), ArgumentTypeError),
    (Pointers(grid=[[1e40]]), ArgumentValueError),
    (untyped_pointers(bits=["x"]), ArgumentTypeError),
    (untyped_pointers(voids=[0]), ArgumentTypeError),
]


@pytest.mark.parametrize(("value", "error"), WRONG, ids=lambda each: repr(each)[:40])
def test_a_wrong_value_changes_nothing(value: Any, error: type[Exception]) -> None:
    with MessageBuilder() as message:
        message.set_root(ALICE)
        before = message.segments()
        with pytest.raises(error):
            message.set_root(value)
        if isinstance(value, Person):
            root = message.get_root(Person)
            assert root is not None
            with pytest.raises(error):
                root.set(value)
        assert message.segments() == before


class Stubborn:
    """An object whose code raises whatever is asked of it."""

    def refuse(self, *arguments: object) -> Any:
        raise RuntimeError("refused")

    __eq__ = __index__ = __iter__ = __len__ = __float__ = __bool__ = keys = refuse
    __class__ = property(refuse)


def test_the_code_of_arguments_is_contained() -> None:
    stubborn: Any = Stubborn()
    for make in (
        lambda: Pointers(bits=[stubborn, stubborn, stubborn]).to_bytes(),
        lambda: Pointers(points=[stubborn, stubborn]).to_bytes(),
        lambda: Pointers(points=stubborn).to_bytes(),
        lambda: Pointers(day=stubborn).to_bytes(),
        lambda: Pointers(any=stubborn).to_bytes(),
        lambda: Person(id=stubborn).to_bytes(),
        lambda: Person(employment=stubborn).to_bytes(),
        lambda: Person.from_dict(stubborn),
        lambda: Person.from_dict(StubbornDict(id=1)),
    ):
        with pytest.raises(ArgumentTypeError):
            make()
    assert Pointers(points=[Point(x=1), Point(y=2)]).to_bytes() == Pointers().to_bytes()


class StubbornDict(dict[str, Any]):
    def refuse(self, *arguments: object) -> Any:
        raise RuntimeError("refused")

    __iter__ = keys = items = refuse


def state_of(message: MessageBuilder) -> Person:
    return Person.from_bytes(message.to_bytes())


@pytest.mark.parametrize("verb", ["root", "set", "update", "assign", "select", "group", "item"])
def test_a_fault_at_every_call_leaves_the_message_as_it_was(verb: str) -> None:
    large = Person(
        id=9,
        name="a name of more than one word",
        phones=[Person.PhoneNumber(number=str(10**20 + each)) for each in range(2)],
        employment=Person.Employment(employer="an employer with a long name"),
    )

    def change(message: MessageBuilder) -> None:
        root: Any = message.get_root(Person)
        if verb == "root":
            message.set_root(large)
        elif verb == "set":
            root.set(large)
        elif verb == "update":
            root.update(id=9, name=large.name, phones=large.phones, employment=large.employment)
        elif verb == "assign":
            root.phones = large.phones
        elif verb == "select":
            root.employment.employer = "an employer with a long name"
        elif verb == "group":
            root.employment = large.employment
        else:
            root.phones[0] = large.phones[0]

    refused = 0
    for at in range(1, 200):
        memory = HookedMemory(grant_words=16)
        calls = iter(range(1, 1000))

        def fail(kind: str, at: int = at, calls: Iterator[int] = calls) -> None:
            if next(calls) == at:
                raise MemoryError(kind)

        with MessageBuilder(memory) as message:
            message.set_root(ALICE)
            memory.hook = fail
            try:
                change(message)
            except AllocatorError:
                refused += 1
                memory.hook = None
                assert state_of(message) == ALICE
                change(message)
            memory.hook = None
            assert state_of(message) != ALICE
        memory.require_all_released()
        if next(calls) <= at:
            break
    assert refused >= 3


def test_parameters_of_generic_structs_have_the_types_of_the_field() -> None:
    end = Chain(item="end", next=Chain(item="very end"))
    value = Generics(
        texts=Chain(
            item="text",
            next=end,
            group=Chain.Group(item="grouped", one="one"),
            inner=Chain.Inner(item="inner", number=7),
            inners=[Chain.Inner(item="first")],
        ),
        points=Chain(item=Point(x=1)),
        numbers=Chain(item=[1, 2]),
        anything=Chain(item=Point(x=1)),
        pairs=[Generic(key="key", value=[Point(x=1)], inner=Generic.Inner(key="inner"))],
        half=Generic(key=b"data"),
        stores=Chain(item=7),
    )
    read = Generics.from_bytes(value.to_bytes())
    assert read.texts == value.texts
    assert read.points == value.points
    assert read.numbers == value.numbers
    assert read.pairs == value.pairs
    assert read.half == value.half
    assert read.stores == value.stores
    assert read.anything is not None
    assert isinstance(read.anything.item, schema.Opaque)
    assert Generics.from_bytes(read.to_bytes()) == read
    value.anything = value.stores = None
    plain = value.to_dict()
    assert same(read_by_reference(value.to_bytes(), FOLDER / "features.capnp", "Generics"), plain)
    assert Generics.from_dict(plain) == Generics.from_bytes(value.to_bytes())
    assert Generics.from_json(value.to_json()).to_dict() == plain
    wrong = Generics(texts=Chain(item=Point()))  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match="a Text must be a str"):
        wrong.to_bytes()


def test_a_generic_struct_that_contains_itself_has_one_layout() -> None:
    kind = Generics._layout.by_name["texts"].kind
    assert isinstance(kind, StructKind)
    layout = kind.struct.layout()
    inner = layout.by_name["next"].kind
    assert isinstance(inner, StructKind)
    assert inner.struct.layout() is layout


def test_a_value_that_is_deeper_than_the_stack_cannot_be_shown_or_compared() -> None:
    one, two = Tree(), Tree()
    for _ in range(100_000):
        one, two = Tree(left=one), Tree(left=two)
    with pytest.raises(Exhausted):
        repr(one)
    with pytest.raises(Exhausted):
        _ = one == two


@pytest.mark.parametrize("value", ["abc", "", {"a": 1}, {"a"}, frozenset(("a",))])
def test_an_iterable_that_is_no_list(value: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="a list takes its items, not one"):
        features_capnp.Keywords(list=value).to_bytes()
    if type(value) is not str:
        with pytest.raises(ArgumentTypeError, match="an AnyPointer takes"):
            Pointers(any=value).to_bytes()


def test_the_error_for_a_number_names_its_field() -> None:
    wrong: Any
    for wrong in (-1, "a"):
        with pytest.raises(ArgumentError, match=r"^id: a value "):
            AddressBook(people=[ALICE, Person(id=wrong)]).to_bytes()


def test_fields_of_a_member_that_is_not_set_cannot_be_set() -> None:
    value = Choice(number=1)
    assert value.pair is schema.UNSET
    with pytest.raises(AttributeError, match="another member of the union is set"):
        value.pair.first = 2
    assert not hasattr(Choice(number=3).pair, "first")
    assert value == Choice(number=1)


@pytest.mark.parametrize("form", ["dict", "json", "indented", "text"])
def test_values_of_any_depth_are_printed_or_refused_by_an_error_of_the_library(form: str) -> None:
    printed: Any = {
        "dict": lambda value: value.to_dict(),
        "json": lambda value: value.to_json(),
        "indented": lambda value: value.to_json(indent=1),
        "text": lambda value: value.to_text(),
    }[form]
    outcomes = []
    value = Recursive()
    for depth in range(1, 450):
        value = Recursive(choice=Recursive.Choice(member=value))
        if depth % 11 == 0:
            try:
                outcomes.append(type(printed(value)).__name__)
            except Error as error:
                outcomes.append(type(error).__name__)
    assert outcomes[-1] == "Exhausted"
    assert outcomes[0] in ("dict", "str")


def test_a_layout_is_shared_by_copies_and_is_not_pickled() -> None:
    layout = Generics._layout
    assert copy.deepcopy(layout) is layout
    assert pickle.loads(pickle.dumps(layout)) is None
