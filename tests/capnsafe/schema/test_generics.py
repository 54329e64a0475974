"""Generic structs: a field gives types to their parameters, and everything below it knows them."""

from __future__ import annotations

import copy
import dataclasses
import operator
import pickle
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import capnsafe
from capnsafe import ArgumentTypeError, ArgumentValueError, Element, MessageBuilder, read_message
from capnsafe.schema.kinds import StructKind
from tests.capnsafe.schema.features_capnp import (
    Chain,
    Generic,
    Generics,
    Point,
    Pointers,
    Tree,
)
from tests.capnsafe.schema.shared_capnp import Box

POINT = Point(x=1, y=2)

VALUE = Generics(
    texts=Chain(
        item="text",
        next=Chain(item="next"),
        group=Chain.Group(item="grouped", one="one"),
        inner=Chain.Inner(item="inner", number=7),
        inners=[Chain.Inner(item="first"), Chain.Inner(number=8)],
    ),
    points=Chain(item=POINT, inners=[Chain.Inner(item=POINT)]),
    numbers=Chain(item=[1, 2], next=Chain(item=[3])),
    anything=Chain(item="any"),
    pairs=[Generic(key="key", value=[POINT], inner=Generic.Inner(key="inner"))],
    half=Generic(key=b"data"),
    stores=Chain(item=7),
)


def test_readers_know_the_types() -> None:
    reader = read_message(VALUE.to_bytes()).get_root(Generics)
    assert reader.texts.item == "text"
    assert reader.texts.next.item == "next"
    assert reader.texts.next.next.item == ""
    assert reader.texts.group.item == "grouped"
    assert reader.texts.group.which() == "one"
    assert reader.texts.group.one == "one"
    assert reader.texts.inner.item == "inner"
    assert [inner.item for inner in reader.texts.inners] == ["first", ""]
    assert reader.texts.inners[-1].number == 8
    assert reader.points.item.y == 2
    assert reader.points.next.item.y == 0
    assert list(reader.numbers.item) == [1, 2]
    assert len(reader.numbers.next.next.item) == 0
    assert reader.anything.item.as_text() == "any"
    assert reader.pairs[0].key == "key"
    assert reader.pairs[0].value[0].x == 1
    assert reader.pairs[0].inner.key == "inner"
    assert reader.half.key == b"data"
    assert reader.half.value.copy() is None
    assert reader.stores.item == 7


#: The same without pointers of any kind and capabilities, for which JSON has no form.
PLAIN = dataclasses.replace(VALUE, anything=None, stores=None)

#: Each part of the value, by the way to it.
PARTS: list[Callable[[Any], Any]] = [
    lambda whole: whole.texts,
    lambda whole: whole.texts.next,
    lambda whole: whole.texts.inner,
    lambda whole: whole.texts.inners[0],
    lambda whole: whole.points,
    lambda whole: whole.points.inners[0],
    lambda whole: whole.numbers,
    lambda whole: whole.numbers.next,
    lambda whole: whole.pairs[0],
    lambda whole: whole.pairs[0].inner,
    lambda whole: whole.half,
]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_converts_as_the_whole_does(part: Callable[[Any], Any]) -> None:
    """The types are known to values that were read, to readers and to builders."""
    with MessageBuilder() as message:
        message.set_root(PLAIN)
        read = read_message(message.to_bytes()).get_root(Generics)
        expected = part(PLAIN)
        shown = part(read)
        wholes: list[Any] = [read, message.get_root(Generics)]
        for whole in wholes:
            assert part(whole).to_value() == expected
        values = [
            Generics.from_bytes(message.to_bytes()),
            Generics.from_dict(PLAIN.to_dict()),
            Generics.from_json(PLAIN.to_json()),
            Generics.from_text(PLAIN.to_text()),
        ]
        values += [copy.copy(values[0]), copy.deepcopy(values[0])]
        for value in values:
            found = part(value)
            assert found == expected
            assert copy.copy(found).to_bytes() == found.to_bytes()
            assert copy.deepcopy(found).to_bytes() == found.to_bytes()
            assert found._repr_html_() == shown._repr_html_()
        for whole in wholes + values:
            assert part(whole).to_dict() == shown.to_dict()
            assert part(whole).to_json() == shown.to_json()
            assert part(whole).to_text() == shown.to_text()


def test_the_dict_of_a_part_is_in_the_dict_of_the_whole() -> None:
    reader = read_message(VALUE.to_bytes()).get_root(Generics)
    whole = reader.to_dict()
    assert reader.texts.to_dict() == whole["texts"]
    assert reader.texts.group.to_dict() == whole["texts"]["group"]
    assert (
        reader.numbers.next.to_dict()
        == whole["numbers"]["next"]
        == {
            "item": [3],
            "group": {"none": None},
        }
    )
    assert reader.pairs[0].to_dict() == whole["pairs"][0]


def test_a_value_that_was_pickled_does_not_know_its_types() -> None:
    read = Generics.from_bytes(VALUE.to_bytes())
    again = pickle.loads(pickle.dumps(read))
    assert again == read
    assert again.to_bytes() == read.to_bytes()
    assert read.numbers is not None
    alone = pickle.loads(pickle.dumps(read.numbers))
    with pytest.raises(ArgumentTypeError, match="how wide they are"):
        alone.to_bytes()
    texts = pickle.loads(pickle.dumps(read.texts))
    assert read.texts is not None
    assert texts.to_bytes() == read.texts.to_bytes()


def test_a_value_alone_tells_its_types_by_its_items() -> None:
    """A value that nobody read has no types for its parameters, but the items may tell enough."""
    alone = Chain(item=[POINT], next=Chain(item=[Point(x=3)]))
    reader = read_message(alone.to_bytes()).get_root(Chain)
    assert [point.x for point in reader.item.as_structs(Point)] == [1]
    assert [point.x for point in reader.next.item.as_structs(Point)] == [3]
    narrow = Chain(item=array("b", [1, 2]))
    reader = read_message(narrow.to_bytes()).get_root(Chain)
    assert list(reader.item.as_numbers(Element.INT8)) == [1, 2]
    assert Generics(numbers=Chain(item=list(narrow.item or ()))).to_bytes()


def test_python_may_note_the_types_at_a_value() -> None:
    """``Box[str](…)`` sets an attribute of the value. It is no field."""
    noted = Box[str](item="text")
    assert noted == Box(item="text")
    assert repr(noted) == "Box(item='text')"
    assert Chain.Group[str](one="x") == Chain.Group(one="x")
    assert copy.deepcopy(noted) == noted
    assert pickle.loads(pickle.dumps(noted)) == noted
    assert Pointers(text_box=noted).to_bytes() == Pointers(text_box=Box(item="text")).to_bytes()


def test_builders_know_the_types() -> None:
    with MessageBuilder() as message:
        root = message.init_root(Generics)
        root.texts.item = "text"
        root.texts.next.item = "next"
        root.texts.group.item = "grouped"
        root.texts.group.one = "one"
        root.texts.init_inners(2)[1].item = "second"
        root.texts.inners[0] = Chain.Inner(item="first")
        root.texts.inner.update(item="inner", number=7)
        root.points.init_item().x = 5
        root.points.next.item = POINT
        root.points.next.next.item.y = 6
        root.numbers.init_item(3)[2] = 9
        root.numbers.init_next().item = [7]
        root.pairs = [Generic(key="key")]
        root.pairs[0].init_value(1)[0].x = 3
        root.half.update(key=b"data", value=POINT)
        root.stores.item = 4
        root.anything.item.set("any")
        read = Generics.from_bytes(message.to_bytes())
        assert read == root.to_value()
        assert read == Generics(
            texts=Chain(
                item="text",
                next=Chain(item="next", group=Chain.Group(none=None)),
                group=Chain.Group(item="grouped", one="one"),
                inner=Chain.Inner(item="inner", number=7),
                inners=[Chain.Inner(item="first"), Chain.Inner(item="second")],
            ),
            points=Chain(item=Point(x=5), next=Chain(item=POINT, next=Chain(item=Point(y=6)))),
            numbers=Chain(item=[0, 0, 9], next=Chain(item=[7])),
            anything=read.anything,
            pairs=[Generic(key="key", value=[Point(x=3)])],
            half=read.half,
            stores=Chain(item=4),
        )
        assert root.texts.group.one == "one"
        assert root.numbers.item[2] == 9
        assert list(root.numbers.next.item) == [7]
        assert root.pairs[0].value[0].x == 3
        assert root.half.key == b"data"
        assert root.half.value.as_struct(Point).y == 2
        assert root.stores.item == 4
        root.numbers.set(Chain(item=[5]))
        assert root.numbers.to_json() == '{"item": [5], "group": {"none": null}}'
        root.texts.group = Chain.Group(item="other")
        assert root.texts.group.to_dict() == {"item": "other", "none": None}
        octets = message.to_bytes()
        wrong: Any = Chain(item=POINT)
        inners: Any = root.texts.inners
        acts: list[Callable[[], object]] = [
            lambda: root.texts.set(wrong),
            lambda: root.update(texts=wrong),
            lambda: root.texts.update(item=wrong),
            lambda: setattr(root.texts, "item", 5),
            lambda: setattr(root.texts.group, "one", 5),
            lambda: operator.setitem(inners, 0, wrong),
        ]
        for act in acts:
            with pytest.raises(ArgumentTypeError):
                act()
            assert message.to_bytes() == octets
        for init in (root.texts.init_item, root.stores.init_item, root.half.init_key):
            with pytest.raises(ArgumentTypeError, match="assign a value instead"):
                init()
        with pytest.raises(ArgumentTypeError, match="assign a value instead"):
            root.anything.init_item()


def test_a_smaller_struct_grows_with_its_types() -> None:
    """An older program wrote no pointer for the last fields."""
    with MessageBuilder() as message:
        root = message.init_root(Generics)
        field = Generics._layout.by_name["numbers"]
        assert isinstance(field.kind, StructKind)
        low = root.low_level.init_struct(field.offset, 0, 1)
        value: Any = Chain(item=[1])
        with pytest.raises(ArgumentTypeError, match="how wide"):
            Chain.Builder(low).set(value)
        Chain.Builder(low, field.kind.struct.layout()).set(value)
        assert list(root.numbers.item) == [1]


KINDS = """@0xa1b2c3d4e5f60888;
enum Colour { red @0; green @1; }
struct Item { number @0 :UInt8; }
struct Cell(T) {
  union {
    none @0 :Void;
    one @1 :T;
    texts @2 :List(Cell(Text));
    self @3 :Cell(T);
    pair :group { left @4 :T; right @5 :T; }
  }
}
struct Two(First, Second) {
  first @0 :First;
  struct Nested(First) { mine @0 :First; theirs @1 :Second; }
  nested @1 :Nested(Text);
}
interface Service(T) { struct Reply { payload @0 :T; } ask @0 () -> (reply :Reply); }
struct All {
  texts @0 :Cell(List(Text));
  colours @1 :Cell(List(Colour));
  lists @2 :Cell(List(List(Int16)));
  cells @3 :Cell(Cell(Data));
  items @4 :Cell(List(Item));
  any @5 :Cell(AnyPointer);
  open @6 :Cell;
  reply @7 :Service(Text).Reply;
  given @8 :Cell(Text) = (one = "default");
  listed @9 :List(Cell(Text)) = [(one = "a"), (one = "b")];
  nested @10 :List(List(Cell(Text))) = [[(one = "deep")]];
  two @11 :Two(Item, Data);
}
"""


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path: Path = tmp_path_factory.mktemp("kinds") / "kinds.capnp"
    path.write_text(KINDS)
    return capnsafe.load(path)


@pytest.mark.process
def test_parameters_of_every_kind(kinds: Any) -> None:
    cell = kinds.Cell
    value = kinds.All(
        texts=cell(one=["a", "b"]),
        colours=cell(one=[kinds.Colour.GREEN]),
        lists=cell(one=[[1], []]),
        cells=cell(one=cell(one=b"data")),
        items=cell(pair=cell.Pair(left=[kinds.Item(number=1)])),
        any=cell(one=POINT),
        open=cell(one=["x"]),
        reply=kinds.Service.Reply(payload="hello"),
        two=kinds.Two(first=kinds.Item(), nested=kinds.Two.Nested(mine="m", theirs=b"t")),
    )
    with MessageBuilder() as message:
        message.set_root(value)
        for whole in (
            message.get_root(kinds.All),
            read_message(message.to_bytes()).get_root(kinds.All),
        ):
            assert whole is not None
            assert list(whole.texts.one) == ["a", "b"]
            assert list(whole.colours.one) == [kinds.Colour.GREEN]
            assert [list(each) for each in whole.lists.one] == [[1], []]
            assert whole.cells.one.one == b"data"
            assert [item.number for item in whole.items.pair.left] == [1]
            assert whole.any.one.as_struct(Point).y == 2
            assert list(whole.open.one.as_texts()) == ["x"]
            assert whole.reply.payload == "hello"
            assert whole.two.nested.mine == "m"
            assert whole.two.nested.theirs == b"t"
            assert whole.given.one == "default"
            assert [each.one for each in whole.listed] == ["a", "b"]
            assert whole.nested[0][0].one == "deep"
            with pytest.raises(ArgumentValueError, match="has pair set"):
                print(whole.items.one)
        root = message.init_root(kinds.All)
        root.items.init_one(2)[1] = kinds.Item(number=2)
        root.cells.init_one().init_pair().left = b"left"
        root.colours.init_one(1)[0] = kinds.Colour.GREEN
        root.lists.init_one(1)[0] = [5]
        root.init_nested(1)[0] = [cell(one="x")]
        root.init_listed(1)[0].one = "y"
        root.texts.init_texts(1)[0].one = "in a union"
        root.init_given().init_self().one = "self"
        root.colours.init_self().init_one(1)
        read = kinds.All.from_bytes(message.to_bytes())
        assert read.items.one == [kinds.Item(), kinds.Item(number=2)]
        assert read.cells.one.pair == cell.Pair(left=b"left")
        assert read.lists.one == [[5]]
        assert read.nested == [[cell(one="x")]]
        assert read.listed == [cell(one="y")]
        assert read.texts.texts == [cell(one="in a union")]
        assert read.given.self.one == "self"
        assert read.colours.self.one == [kinds.Colour.RED]
        assert root.texts.texts[0].to_dict() == {"one": "in a union"}


def test_a_list_of_a_reader_is_copied() -> None:
    reader = read_message(VALUE.to_bytes()).get_root(Generics)
    with MessageBuilder() as message:
        root = message.init_root(Generics)
        root.pairs = reader.pairs
        assert root.pairs[0].to_dict() == reader.pairs[0].to_dict()
        root.texts.inners = reader.texts.inners
        assert root.texts.inners[0].item == "first"
        root.points = reader.points
        assert root.points.to_value() == reader.points.to_value()
        tree: Any = Tree()
        with pytest.raises(ArgumentTypeError, match="must be a Chain, not Tree"):
            root.points = tree
