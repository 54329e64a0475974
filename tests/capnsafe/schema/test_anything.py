"""Pointers whose objects the schema leaves open: AnyPointer, AnyStruct and AnyList."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import capnp
import pytest

from capnsafe import (
    ArgumentTypeError,
    ArgumentValueError,
    Element,
    Exhausted,
    MessageBuilder,
    PointerKind,
    PointerKindMismatch,
    read_message,
    schema,
)
from capnsafe.schema.any_kinds import AnyKind
from tests.capnsafe.schema.features_capnp import Choice, Colour, Pointers, Tree
from tests.capnsafe.schema.features_capnp import Point as Place
from tests.capnsafe.schema.tools import FOLDER, reference
from tests.capnsafe.stack import MOST_FRAMES, near_the_limit, require_own_error

POINT = Place(x=1, y=2)


def read(value: Pointers) -> Pointers.Reader:
    return read_message(value.to_bytes()).get_root(Pointers)


def reader_with(**fields: Any) -> Pointers.Reader:
    return read(Pointers(**fields))


def built(message: MessageBuilder) -> Pointers.Builder:
    root = message.get_root(Pointers)
    assert root is not None
    return root


#: Objects that are no list, and objects that are no struct.
STRUCTS: list[Callable[[], Any]] = [
    lambda: POINT,
    lambda: read_message(POINT.to_bytes()).get_root(Place),
    lambda: reader_with(any=POINT).any,
    lambda: reader_with(any_struct=POINT).any_struct,
    lambda: reader_with(any_struct=POINT).any_struct.copy(),
]
LISTS: list[Callable[[], Any]] = [
    lambda: "text",
    lambda: b"data",
    lambda: bytearray(b"data"),
    lambda: memoryview(b"data"),
    list,
    lambda: (),
    lambda: ["a"],
    lambda: [POINT],
    lambda: array("h", [1]),
    lambda: reader_with(points=[POINT]).points,
    lambda: reader_with(names=[["a"]]).names[0],
    lambda: reader_with(grid=[[1.5]]).grid[0],
    lambda: reader_with(any=["a"]).any,
    lambda: reader_with(any_list=["a"]).any_list,
    lambda: reader_with(any_list=["a"]).any_list.copy(),
]


def ways(name: str, given: Any) -> list[Callable[[MessageBuilder], object]]:
    """Return each way to put an object behind a pointer of the struct."""

    def assign(message: MessageBuilder) -> None:
        setattr(built(message), name, given)

    return [
        lambda message: message.set_root(Pointers(**{name: given})),
        lambda message: Pointers(**{name: given}).to_bytes(),
        lambda message: built(message).update(**{"capability": 1, name: given}),
        lambda message: getattr(built(message), name).set(given),
        assign,
    ]


@pytest.mark.parametrize("make", STRUCTS)
def test_an_any_list_takes_no_struct(make: Callable[[], Any]) -> None:
    with MessageBuilder() as message:
        message.set_root(Pointers(any_list="before"))
        octets = message.to_bytes()
        for way in ways("any_list", make()):
            with pytest.raises(ArgumentTypeError, match="an AnyList takes a list, not the struct"):
                way(message)
            assert message.to_bytes() == octets
        for way in ways("any_struct", make()):
            way(message)
            assert built(message).any_struct.as_struct(Place).y in (2, 0)


@pytest.mark.parametrize("make", LISTS)
def test_an_any_struct_takes_no_list(make: Callable[[], Any]) -> None:
    with MessageBuilder() as message:
        message.set_root(Pointers(any_struct=POINT))
        octets = message.to_bytes()
        for way in ways("any_struct", make()):
            with pytest.raises(ArgumentTypeError, match="an AnyStruct takes a struct, not the lis"):
                way(message)
            assert message.to_bytes() == octets
        for way in ways("any_list", make()):
            way(message)
        assert built(message).any_list.kind is PointerKind.LIST


@pytest.mark.parametrize("name", ["any_struct", "any_list"])
def test_a_capability_is_neither(name: str) -> None:
    with MessageBuilder() as message:
        message.init_root(Pointers).any.set_capability(3)
        for way in ways(name, built(message).any):
            with pytest.raises(ArgumentTypeError, match="not the capability of the AnyBuilder"):
                way(message)


def swapped(message: MessageBuilder) -> Pointers.Builder:
    """Return a root with a list in its AnyStruct, and a struct in its AnyList."""
    root = message.init_root(Pointers)
    offsets = {name: field.offset for name, field in Pointers._layout.by_name.items()}
    root.low_level.set_text(offsets["any_struct"], "text")
    root.low_level.init_struct(offsets["any_list"], 1, 1)
    return root


def test_a_message_with_the_wrong_kind_is_malformed() -> None:
    """In C++, ``getAnyStruct`` and ``getAnyList`` check the pointer in the same way."""
    with MessageBuilder() as message:
        root = swapped(message)
        reader = read_message(message.to_bytes()).get_root(Pointers)
        acts: list[Callable[[], object]] = [
            reader.any_struct.copy,
            reader.any_list.copy,
            lambda: reader.any_struct.as_struct(Place),
            lambda: reader.any_list.as_structs(Place),
            lambda: root.any_struct.as_struct(Place),
            root.any_list.as_lists,
            reader.to_value,
            root.to_value,
            reader.to_dict,
            lambda: Pointers.from_bytes(message.to_bytes()),
        ]
        for act in acts:
            with pytest.raises(PointerKindMismatch, match=r"was found where|does not lead"):
                act()
        assert root.any_struct.kind is PointerKind.LIST
        # A copy keeps what the message has.
        message.set_root(reader)


def test_the_kinds_have_the_methods_that_make_sense() -> None:
    reader = reader_with(any_struct=POINT, any_list=[POINT])
    assert not hasattr(reader.any_struct, "as_text")
    assert not hasattr(reader.any_struct, "as_capability")
    assert not hasattr(reader.any_list, "as_struct")
    assert reader.any_struct.as_struct(Place).y == 2
    assert reader.any_list.as_structs(Place)[0].y == 2
    assert repr(reader.any_list).startswith("<AnyListReader: pointer ")


def lists_of(kind: schema.AnyListReader | schema.AnyListBuilder) -> list[bytes]:
    return [item.as_data() for item in kind.as_lists()]


def test_lists_of_python() -> None:
    tree = Tree(children=[Tree(value=1), Tree(value=2)])
    root = read_message(tree.to_bytes()).get_root(Tree)
    for field in ("any", "any_list"):

        def put(given: Any, field: str = field) -> schema.AnyListReader:
            found: schema.AnyListReader = getattr(reader_with(**{field: given}), field)
            return found

        points = put([POINT, read_message(POINT.to_bytes()).get_root(Place), Place()])
        assert [point.y for point in points.as_structs(Place)] == [2, 2, 0]
        assert list(put(["a", None, ""]).as_texts()) == ["a", "", ""]
        assert list(put([None, "a"]).as_texts()) == ["", "a"]
        assert lists_of(put([b"a", bytearray(b"b"), memoryview(b"c")])) == [b"a", b"b", b"c"]
        assert list(put([True, False, True]).as_numbers(Element.BOOL)) == [True, False, True]
        assert list(put([Colour.GREEN, Colour(77)]).as_numbers(Element.UINT16)) == [1, 77]
        nested = put([["a"], [[POINT], []], "text", None])
        assert list(nested.as_lists()[0].as_texts()) == ["a"]
        assert nested.as_lists()[1].as_lists()[0].as_structs(Place)[0].x == 1
        assert nested.as_lists()[2].as_text() == "text"
        assert [tree.value for tree in put(root.children).as_structs(Tree)] == [1, 2]
        assert [tree.value for tree in put(list(root.children)).as_structs(Tree)] == [1, 2]
        assert [tree.value for tree in put(iter(tree.children)).as_structs(Tree)] == [1, 2]
        assert [len(each.as_structs(Tree)) for each in put([root.children]).as_lists()] == [2]


def test_the_list_of_a_person_as_a_user_writes_it() -> None:
    value = Pointers(any_list=[POINT, Place(x=5)], any=["a", "b"])
    again = Pointers.from_bytes(value.to_bytes())
    assert isinstance(again.any_list, schema.Opaque)
    assert [point.to_value() for point in again.any_list.reader().as_structs(Place)] == [
        POINT,
        Place(x=5),
    ]
    assert isinstance(again.any, schema.Opaque)
    assert list(again.any.reader().as_texts()) == ["a", "b"]
    assert Pointers.from_bytes(again.to_bytes()) == again


@pytest.mark.parametrize("code", list("bBhHiIlLqQfd"))
def test_arrays_have_the_width_of_their_type(code: str) -> None:
    numbers = array(code, [0, 1, 100])
    name = "FLOAT" if code in "fd" else "UINT" if code.isupper() else "INT"
    element: Element = getattr(Element, f"{name}{numbers.itemsize * 8}")
    opened = reader_with(any_list=numbers).any_list
    assert list(opened.as_numbers(element)) == [0, 1, 100]
    copied = reader_with(any=reader_with(any_list=numbers).any_list.as_numbers(element)).any
    assert list(copied.as_numbers(element)) == [0, 1, 100]


def test_numbers_of_a_builder() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        root.init_voids(3)
        root.init_bits(2)[1] = True
        root.any_list = root.voids
        assert len(root.any_list.as_numbers(Element.VOID)) == 3
        root.any_list = root.bits
        assert list(root.any_list.as_numbers(Element.BOOL)) == [False, True]


def test_an_empty_list_is_one_of_any_type() -> None:
    value = Pointers(any_list=[])
    opened = read(value).any_list
    assert opened.kind is PointerKind.LIST
    assert len(opened.as_structs(Choice)) == 0
    assert len(opened.as_texts()) == 0
    assert len(opened.as_lists()) == 0
    assert len(opened.as_numbers(Element.FLOAT64)) == 0
    features = reference(FOLDER / "features.capnp")
    with features.Pointers.from_bytes(Pointers(any=[]).to_bytes()) as theirs:
        for item in (features.Point, capnp.types.Text, capnp.types.Data, capnp.types.Float64):
            assert len(theirs.any.as_list(capnp._ListSchema(item))) == 0


WRONG: list[tuple[Any, str]] = [
    ([1, 2], "Python's numbers does not tell how wide"),
    ([1.5], "Python's numbers does not tell how wide"),
    ([[1]], "Python's numbers does not tell how wide"),
    ([None], "a list of None only"),
    (["a", b"b"], "str"),
    ([POINT, Tree()], "must be a Point, not Tree"),
    ([POINT, None], "must be a Point, not NoneType"),
    ([Choice.Pair()], "a group cannot be an item of a list: Pair"),
    ([object()], "an AnyList takes a str, bytes, an array.array, or a list, not object"),
    ([["a"], POINT], "an AnyList takes a list, not the struct of the Point"),
    (array("w" if "w" in array.__doc__ else "u", "a"), "an array of characters"),  # type: ignore[operator]
    (3.5, "not float"),
    (7, "not int"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
@pytest.mark.parametrize("name", ["any", "any_list"])
def test_lists_without_a_clear_type_are_refused(name: str, wrong: Any, message: str) -> None:
    with MessageBuilder() as built:
        root = built.init_root(Pointers)
        root.any = "before"
        octets = built.to_bytes()
        with pytest.raises(ArgumentTypeError, match=message):
            setattr(root, name, wrong)
        assert built.to_bytes() == octets


def test_an_array_may_lie_about_its_type() -> None:
    class Liar(array):  # type: ignore[type-arg]
        @property
        def typecode(self) -> Any:
            return ["h"]

    with pytest.raises(ArgumentTypeError, match="an array of characters"):
        reader_with(any_list=Liar("h", [1]))


def test_a_list_that_contains_itself() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ArgumentValueError, match="contains itself"):
        reader_with(any_list=endless)


def test_a_list_of_lists_that_is_built() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        assert len(root.any_list.as_lists()) == 0
        lists = root.any_list.init_lists(3)
        lists[0].init_texts(1)[0] = "a"
        lists[1] = [POINT]
        lists[2].set(b"data")
        with pytest.raises(ArgumentTypeError, match="an AnyList takes a list"):
            lists[2] = POINT  # type: ignore[assignment]
        again = root.any_list.as_lists()
        assert list(again[0].as_texts()) == ["a"]
        assert again[1].as_structs(Place)[0].y == 2
        assert again[2].as_data() == b"data"


def test_values_nested_too_deeply_for_python() -> None:
    value = Pointers()
    for _ in range(1000):
        value = Pointers(any=value)
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        with pytest.raises(Exhausted):
            root.any_struct.set(value)
        with pytest.raises(Exhausted):
            root.any_list.set([value])
        assert root.any_list.kind is PointerKind.NULL


@pytest.mark.parametrize("spare", range(MOST_FRAMES))
def test_near_the_limit_of_the_stack(spare: int) -> None:
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        for set_it in (
            lambda: root.any_list.set([[POINT]]),
            lambda: root.any_struct.set(POINT),
        ):
            require_own_error(spare, near_the_limit(spare, set_it))


def test_only_the_kinds_of_any_type_take_any_object() -> None:
    takes = {
        field.name: field.kind.takes
        for field in Pointers._layout.fields
        if isinstance(field.kind, AnyKind)
    }
    assert takes == {
        "any": None,
        "any_struct": PointerKind.STRUCT,
        "any_list": PointerKind.LIST,
    }
