"""An older and a newer program edit each other's messages, generated from two versions of a schema.

Nothing is lost, and pycapnp does the same with the same two versions.
"""

from __future__ import annotations

from typing import Any

import capnp
import pytest

import capnsafe
from capnsafe import HeapAllocator, MessageBuilder, read_message

pytestmark = pytest.mark.process

OLDER = """@0xf3a9d4b1c2e5a701;
struct Point { x @0 :Int32; }
struct Everything {
  names @0 :List(Text);
  counts @1 :List(UInt32);
  points @2 :List(Point);
  one @3 :Point;
}
"""

#: Lists of values became lists of structs, and structs have got more fields.
NEWER = """@0xf3a9d4b1c2e5a702;
struct Name { text @0 :Text; age @1 :UInt16; }
struct Count { value @0 :UInt32; unit @1 :Text; }
struct Point { x @0 :Int32; y @1 :Int64; label @2 :Text; }
struct Everything {
  names @0 :List(Name);
  counts @1 :List(Count);
  points @2 :List(Point);
  one @3 :Point;
  added @4 :Text;
}
"""


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Any, Any]:
    """Return the modules of both versions, by capnsafe and by pycapnp."""
    folder = tmp_path_factory.mktemp("versions")
    found: list[Any] = []
    for load in (capnsafe.load, capnp.load):
        for name, text in (("older", OLDER), ("newer", NEWER)):
            path = folder / f"{name}.capnp"
            path.write_text(text, encoding="utf-8")
            found.append(load(path if load is capnsafe.load else str(path)))
    older, newer, older_capnp, newer_capnp = found
    return older, newer, older_capnp, newer_capnp


def value_of(newer: Any) -> Any:
    return newer.Everything(
        names=[newer.Name(text="alice", age=30), newer.Name(text="bob", age=31)],
        counts=[newer.Count(value=7, unit="m"), newer.Count(value=8, unit="s")],
        points=[newer.Point(x=1, y=2, label="a"), newer.Point(x=3, y=4, label="b")],
        one=newer.Point(x=5, y=6, label="c"),
        added="added",
    )


def edit(root: Any) -> None:
    """Edit a message by the older schema, with either library."""
    root.names[1] = "eve"
    root.counts[0] = 70
    root.points[1].x = 30
    root.one.x = 50


@pytest.mark.parametrize("segment_words", [1, 4, 1000])
def test_an_older_program_edits_a_newer_message(
    versions: tuple[Any, Any, Any, Any], segment_words: int
) -> None:
    older, newer, older_capnp, newer_capnp = versions
    value = value_of(newer)
    memory = HeapAllocator(segment_words=segment_words, growth=False)
    with MessageBuilder(memory) as message:
        message.set_root(value)
        root = message.get_root(older.Everything)
        assert root is not None
        assert list(root.names) == ["alice", "bob"]
        assert list(root.counts) == [7, 8]
        edit(root)
        found = read_message(message.to_bytes()).get_root(newer.Everything).to_value()
    with older_capnp.Everything.from_bytes(value.to_bytes()) as theirs:
        builder = theirs.as_builder()
        edit(builder)
        with newer_capnp.Everything.from_bytes(builder.to_bytes()) as again:
            expected = newer.Everything.from_dict(again.to_dict())
    assert found == expected
    assert [name.age for name in found.names] == [30, 31]
    assert [count.unit for count in found.counts] == ["m", "s"]
    assert (found.points[1].y, found.one.label, found.added) == (4, "c", "added")


@pytest.mark.parametrize("segment_words", [1, 4, 1000])
def test_they_edit_one_message_in_turn(
    versions: tuple[Any, Any, Any, Any], segment_words: int
) -> None:
    older, newer, older_capnp, _ = versions
    memory = HeapAllocator(segment_words=segment_words, growth=False)
    with MessageBuilder(memory) as message:
        message.set_root(
            older.Everything(
                names=["alice", "bob"],
                counts=[7, 8],
                points=[older.Point(x=1), older.Point(x=3)],
                one=older.Point(x=5),
            )
        )
        # The newer program lets everything grow.
        after = message.get_root(newer.Everything)
        assert after is not None
        after.names[0].age = 30
        after.counts[1].unit = "s"
        after.points[0].label = "a"
        after.one.y = 6
        after.added = "added"
        # The older one edits the fields that it knows.
        before = message.get_root(older.Everything)
        assert before is not None
        edit(before)
        last = message.get_root(newer.Everything)
        assert last is not None
        last.names[1].age = 31
        value = last.to_value()
        octets = message.to_bytes()
    assert [(name.text, name.age) for name in value.names] == [("alice", 30), ("eve", 31)]
    assert [(count.value, count.unit) for count in value.counts] == [(70, ""), (8, "s")]
    assert [(point.x, point.label) for point in value.points] == [(1, "a"), (30, "")]
    assert (value.one.x, value.one.y, value.added) == (50, 6, "added")
    with older_capnp.Everything.from_bytes(octets) as theirs:
        assert list(theirs.names) == ["alice", "eve"]
        assert list(theirs.counts) == [70, 8]
        assert [point.x for point in theirs.points] == [1, 30]
