"""Lines that type checkers must refuse: those with a comment that ignores the error.

mypy reports a comment that ignores nothing. A test runs pyright without these comments.
"""

from __future__ import annotations

from tests.capnsafe.schema.addressbook_capnp import Person
from tests.capnsafe.schema.features_capnp import Chain, Generic, Generics, Point, Pointers
from tests.capnsafe.schema.shared_capnp import Box


def values() -> None:
    Generics(texts=Chain(item=5))  # type: ignore[arg-type]
    Generics(points=Chain(item="a text"))  # type: ignore[arg-type]
    Generics(numbers=Chain(item=["a text"]))  # type: ignore[list-item]
    Generics(anything=Chain(item=3.5))  # type: ignore[arg-type]
    Generics(stores=Chain(item="a text"))  # type: ignore[arg-type]
    Generics(texts=Chain(next=Chain(item=5)))  # type: ignore[arg-type]
    Generics(texts=Chain(inner=Chain.Inner(item=5)))  # type: ignore[arg-type]
    Generics(texts=Chain(group=Chain.Group(one=5)))  # type: ignore[arg-type]
    Generics(pairs=[Generic(key=b"data")])  # type: ignore[arg-type]
    Generics(half=Generic(key="a text"))  # type: ignore[arg-type]
    Generics(texts=Chain[Point]())  # type: ignore[arg-type]
    Pointers(text_box=Box(item=b"data"))  # type: ignore[arg-type]
    Pointers(boxes=[Box(item="a text")])  # type: ignore[arg-type]
    Chain[str](item=5)  # type: ignore[arg-type]
    Pointers(any=[1, 2])  # type: ignore[list-item]
    Pointers(any=3)  # type: ignore[arg-type]
    Pointers(any_list=Point())  # type: ignore[arg-type]
    Pointers(any_struct="a text")  # type: ignore[arg-type]
    Pointers(any_struct=[Point()])  # type: ignore[arg-type]
    Person().nmae = "Alice"  # type: ignore[attr-defined]


def what_is_read(reader: Generics.Reader, pointers: Pointers.Reader) -> None:
    reader.texts.item.as_text()  # type: ignore[attr-defined]
    print(reader.points.item.z)  # type: ignore[attr-defined]
    reader.texts.next.next.item + 1  # type: ignore[operator]
    reader.texts.group.one + 1  # type: ignore[operator]
    print(reader.points.inners[0].item.z)  # type: ignore[attr-defined]
    reader.numbers.item["key"]  # type: ignore[index]
    Generics(points=reader.texts.to_value())  # type: ignore[arg-type]
    pointers.any_struct.as_text()  # type: ignore[attr-defined]
    pointers.any_list.as_struct(Point)  # type: ignore[attr-defined]


def what_is_built(
    root: Generics.Builder, reader: Generics.Reader, any_of: Pointers.Builder
) -> None:
    root.texts = Chain(item=5)  # type: ignore[arg-type]
    root.points = reader.texts  # type: ignore[assignment]
    root.points = root.texts  # type: ignore[assignment]
    root.texts.item = 5  # type: ignore[assignment]
    root.points.item = "a text"  # type: ignore[assignment]
    root.points.next.item = "a text"  # type: ignore[assignment]
    root.points.inner.item = "a text"  # type: ignore[assignment]
    root.points.group.one = "a text"  # type: ignore[assignment]
    root.points.inners = [Chain.Inner(item=5)]  # type: ignore[arg-type]
    root.numbers.item = ["a text"]  # type: ignore[list-item]
    root.pairs[0] = Generic(key=5)  # type: ignore[arg-type]
    root.update(texts=Chain(item=5))  # type: ignore[arg-type]
    root.texts.update(item=5)  # type: ignore[arg-type]
    root.texts.set(Chain(item=5))  # type: ignore[arg-type]
    any_of.any_struct = [Point()]  # type: ignore[assignment]
    any_of.any_list = Point()  # type: ignore[assignment]
    any_of.any_struct.set("a text")  # type: ignore[arg-type]
    any_of.point_box.item = any_of.any  # type: ignore[assignment]
    any_of.typo = 1  # type: ignore[attr-defined]
