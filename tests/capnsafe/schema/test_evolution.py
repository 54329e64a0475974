"""Two programs edit a message in turn at random, generated from two versions of one schema.

In each turn, one program reads the message, edits some fields that its version has, and writes it.
The same edits run in four chains: capnsafe alone, pycapnp alone, and both in turn, in both orders.
After each turn, all four messages have the same value, and the older program has kept all fields
that its version does not have.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import capnp
import pytest

import capnsafe
from capnsafe import (
    ArgumentTypeError,
    HeapAllocator,
    MessageBuilder,
    MessageReader,
    load,
    read_message,
    unframe,
)
from tests.capnsafe.schema.tools import plain_of

pytestmark = pytest.mark.process

OLDER = """@0xf3a9d4b1c2e5a703;
enum Colour { red @0; green @1; }
struct Point { x @0 :Int32 = 4; }
struct Box { item @0 :AnyPointer; size @1 :UInt8; }
struct Everything {
  names @0 :List(Text);
  counts @1 :List(UInt32);
  points @2 :List(Point);
  one @3 :Point = (x = 7);
  colour @4 :Colour = green;
  loose @5 :UInt16 = 5;
  choice @6 :UInt32;
  title @7 :Text = "untitled";
  colours @8 :List(Colour);
  blobs @9 :List(Data);
  grid @10 :List(List(Int16));
  flags @11 :List(Bool);
  union { nothing @12 :Void; text @13 :Text; number @14 :Int16 = -1; }
  box @15 :Box;
  oldname @16 :Int8;
}
"""

#: Each change that the language allows: fields and enumerants are added, also to a union; lists of
#: values, texts, data, enums and lists become lists of structs; a number and a text get into a
#: group, and another number into a union; a field is renamed; a struct becomes generic, and an
#: AnyPointer gets the type of its parameter.
NEWER = """@0xf3a9d4b1c2e5a704;
enum Colour { red @0; green @1; blue @2; }
struct Name { text @0 :Text; age @1 :UInt16 = 18; }
struct Count { value @0 :UInt32; unit @1 :Text; }
struct Tint { colour @0 :Colour; share @1 :Float64; note @2 :Text; }
struct Blob { data @0 :Data; kind @1 :Text; }
struct Row { items @0 :List(Int16); label @1 :Text; }
struct Point { x @0 :Int32 = 4; y @1 :Int64; label @2 :Text = "none"; }
struct Box(Item) { item @0 :Item; size @1 :UInt8; }
struct Everything {
  names @0 :List(Name);
  counts @1 :List(Count);
  points @2 :List(Point);
  one @3 :Point = (x = 7);
  colour @4 :Colour = green;
  size :group { loose @5 :UInt16 = 5; wide @17 :Int64; inner @18 :Text; }
  picked :union { choice @6 :UInt32; permille @19 :Int32; }
  heading :group { title @7 :Text = "untitled"; sub @20 :Text; }
  colours @8 :List(Tint);
  blobs @9 :List(Blob);
  grid @10 :List(Row);
  flags @11 :List(Bool);
  union {
    nothing @12 :Void; text @13 :Text; number @14 :Int16 = -1;
    point @21 :Point; pair :group { left @22 :Text; right @23 :UInt64; }
  }
  box @15 :Box(Point);
  newname @16 :Int8;
  added @24 :Text = "added";
  more @25 :List(Point);
}
"""

#: Builds a new object in a field: (struct, name, and the count of a list).
Init = Callable[..., Any]

#: The names of the lists that the older program has replaced by new ones.
Replaced = set[str]


def word(rng: Random) -> str:
    return "".join(rng.choices("aé∀ \n", k=rng.choice((0, 1, 5, 20))))


def integer(rng: Random, bits: int) -> int:
    return rng.choice((0, 1, (1 << bits) - 1, rng.getrandbits(bits)))


def signed(rng: Random, bits: int) -> int:
    return integer(rng, bits) - (1 << bits - 1)


def colour(rng: Random, count: int, init: Init) -> int | str:
    """Return an enumerant. pycapnp takes its name."""
    at = rng.randrange(count)
    return ("red", "green", "blue")[at] if init is their_init else at


def edit_older(rng: Random, root: Any, init: Init) -> Replaced:
    """Edit some fields of the older version."""
    replaced = set()
    for name in rng.sample(("names", "counts", "points", "colours", "blobs", "grid", "flags"), 4):
        if rng.random() < 0.2:
            replaced.add(name)
            if name == "grid":
                root.grid = [[1, 2], [], [3]]
            else:
                init(root, name, rng.choice((0, 1, 3)))
        items = getattr(root, name)
        if not len(items):
            continue
        at = rng.randrange(len(items))
        if name == "points":
            items[at].x = signed(rng, 32)
        elif name == "grid":
            numbers = items[at]
            if len(numbers):
                numbers[rng.randrange(len(numbers))] = signed(rng, 16)
        else:
            items[at] = {
                "names": word(rng),
                "counts": integer(rng, 32),
                "colours": colour(rng, 2, init),
                "blobs": rng.randbytes(rng.randrange(10)),
                "flags": rng.random() < 0.5,
            }[name]
    for _ in range(3):
        name = rng.choice(("one", "colour", "loose", "choice", "title", "oldname", "box"))
        if name == "one":
            root.one.x = signed(rng, 32)
        elif name == "box":
            root.box.size = rng.randrange(256)
        elif name == "title":
            root.title = word(rng)
        elif name == "colour":
            root.colour = colour(rng, 2, init)
        else:
            bits = {"loose": 16, "choice": 32, "oldname": 7}[name]
            setattr(root, name, integer(rng, bits))
    kind = rng.randrange(6)
    if kind == 0:
        root.nothing = None
    elif kind == 1:
        root.text = word(rng)
    elif kind == 2:
        root.number = signed(rng, 16)
    return replaced


def edit_point(rng: Random, point: Any) -> None:
    point.x = signed(rng, 32)
    point.y = signed(rng, 64)
    if rng.random() < 0.5:
        point.label = word(rng)


def edit_box(rng: Random, root: Any, init: Init) -> None:
    """Set the field of the generic struct, whose type is its parameter."""
    if init is their_init:
        edit_point(rng, root.box.init("item"))
    else:
        point = type(root.one.to_value())()
        edit_point(rng, point)
        root.box.item.set(point)


def edit_newer(rng: Random, root: Any, init: Init) -> Replaced:
    """Edit some fields of the newer version."""
    names = ("names", "counts", "points", "colours", "blobs", "grid", "flags", "more")
    for name in rng.sample(names, 5):
        items = getattr(root, name)
        if not len(items) or rng.random() < 0.2:
            items = init(root, name, rng.choice((1, 2, 4)))
        at = rng.randrange(len(items))
        if name == "flags":
            items[at] = rng.random() < 0.5
            continue
        item = items[at]
        if name in ("points", "more"):
            edit_point(rng, item)
        elif name == "names":
            item.text, item.age = word(rng), integer(rng, 16)
        elif name == "counts":
            item.value, item.unit = integer(rng, 32), word(rng)
        elif name == "colours":
            item.colour, item.share, item.note = colour(rng, 3, init), rng.random(), word(rng)
        elif name == "blobs":
            item.data, item.kind = rng.randbytes(rng.randrange(10)), word(rng)
        else:
            item.label = word(rng)
            item.items = [signed(rng, 16) for _ in range(rng.randrange(4))]
    root.size.wide = signed(rng, 64)
    for _ in range(3):
        name = rng.choice(("one", "colour", "size", "picked", "heading", "box", "newname", "added"))
        if name == "one":
            edit_point(rng, root.one)
        elif name == "colour":
            root.colour = colour(rng, 3, init)
        elif name == "size":
            root.size.loose, root.size.inner = integer(rng, 16), word(rng)
        elif name == "picked":
            if rng.random() < 0.5:
                root.picked.choice = integer(rng, 32)
            else:
                root.picked.permille = signed(rng, 32)
        elif name == "heading":
            root.heading.title, root.heading.sub = word(rng), word(rng)
        elif name == "box":
            edit_box(rng, root, init)
        elif name == "newname":
            root.newname = signed(rng, 8)
        else:
            root.added = word(rng)
    kind = rng.randrange(8)
    if kind == 0:
        root.text = word(rng)
    elif kind == 1:
        root.number = signed(rng, 16)
    elif kind == 2:
        edit_point(rng, init(root, "point"))
    elif kind == 3:
        pair = init(root, "pair")
        pair.left, pair.right = word(rng), integer(rng, 64)
    return set()


def our_init(struct: Any, name: str, *count: int) -> Any:
    """Build a new object in a field of capnsafe."""
    return getattr(struct, f"init_{name}")(*count)


def their_init(struct: Any, name: str, *count: int) -> Any:
    """Build a new object in a field of pycapnp."""
    return struct.init(name, *count)


class Version:
    """One version of the schema, as both libraries load it, and the edits of its program."""

    def __init__(self, folder: Path, text: str, edit: Any) -> None:
        path = folder / f"{edit.__name__}.capnp"
        path.write_text(text, encoding="utf-8")
        self.ours: Any = capnsafe.load(path).Everything
        self.theirs: Any = capnp.load(str(path)).Everything
        self.edit: Callable[[Random, Any, Init], Replaced] = edit

    def by_capnsafe(self, octets: bytes, seed: str) -> tuple[bytes, Replaced]:
        """Return the message after an edit by capnsafe, in segments of a size chosen at random."""
        memory = HeapAllocator(segment_words=Random(seed).choice((1, 8, 1000)), growth=False)
        with MessageBuilder(memory) as message:
            message.set_root(read_message(octets).get_root())
            replaced = self.edit(Random(seed), message.get_root(self.ours), our_init)
            return message.to_bytes(), replaced

    def by_pycapnp(self, octets: bytes, seed: str) -> tuple[bytes, Replaced]:
        """Return the message after an edit by pycapnp."""
        with self.theirs.from_bytes(octets) as message:
            root = message.as_builder()
            replaced = self.edit(Random(seed), root, their_init)
            written: bytes = root.to_bytes()
            return written, replaced


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Version, Version]:
    """Return the older and the newer version."""
    folder = tmp_path_factory.mktemp("evolution")
    older = Version(folder, OLDER, edit_older)
    return older, Version(folder, NEWER, edit_newer)


def unknown_to_older(value: Any, replaced: Replaced) -> Any:
    """Return the parts of a message that the older version does not have."""
    new = {
        "names": ["age"],
        "counts": ["unit"],
        "points": ["y", "label"],
        "colours": ["share", "note"],
        "blobs": ["kind"],
        "grid": ["label"],
    }
    items = {
        name: [[getattr(item, key) for key in keys] for item in getattr(value, name)]
        for name, keys in new.items()
        if name not in replaced
    }
    one = (value.one.y, value.one.label)
    size = (value.size.wide, value.size.inner)
    rest = (value.heading.sub, value.picked.which(), value.more, value.added)
    return items, one, size, rest, value.box and value.box.item


def require_turns(versions: tuple[Version, Version], seed: int, turns: int) -> None:
    """Let both programs edit a message in turn, in each of the four chains."""
    older, newer = versions
    with MessageBuilder() as message:
        message.init_root(older.ours)
        start = message.to_bytes()
    chains = [start] * 4
    before: Any = None
    for turn in range(turns):
        by = (older, newer)[(turn + seed) % 2]
        edit = f"{seed} {turn}"
        replaced: Replaced = set()
        for at, octets in enumerate(chains):
            # Chains 0 and 1 stay with one library; 2 and 3 change it after two turns.
            ours = at == 0 if at < 2 else (turn // 2 + at) % 2 == 0
            change = by.by_capnsafe if ours else by.by_pycapnp
            chains[at], replaced = change(octets, edit)
        found = [newer.ours.from_bytes(octets) for octets in chains]
        for octets in chains:
            with newer.theirs.from_bytes(octets) as read:
                found.append(newer.ours.from_dict(plain_of(read.to_dict())))
        for value in found:
            assert value == found[0], (seed, turn)
        # The older program's own view is the same, too, whichever library wrote the message.
        views = [older.ours.from_bytes(octets) for octets in chains]
        assert all(view == views[0] for view in views), (seed, turn)
        if by is older and before is not None:
            kept = unknown_to_older(found[0], replaced)
            assert kept == unknown_to_older(before, replaced), (seed, turn)
        before = found[0]


@pytest.mark.parametrize("seed", range(12))
def test_two_programs_edit_in_turn(versions: tuple[Version, Version], seed: int) -> None:
    require_turns(versions, seed, 8)


@pytest.mark.release
@pytest.mark.parametrize("start", range(100, 400, 100))
def test_many_messages(versions: tuple[Version, Version], start: int) -> None:
    for seed in range(start, start + 100):
        require_turns(versions, seed, 12)


def test_items_of_a_list_keep_what_an_older_schema_does_not_know(tmp_path: Path) -> None:
    """Readers, builders and values may be mixed."""
    text = """
        @0xb2a8d6c1f05e4937;
        struct Root { items @0 :List(Item); }
        struct Item { number @0 :UInt32; %s }
    """
    (tmp_path / "older.capnp").write_text(text % "", encoding="utf-8")
    added = "wide @1 :UInt64; name @2 :Text; below @3 :List(Item); entry @4 :Capability;"
    added += "interface Capability {}"
    (tmp_path / "newer.capnp").write_text(text % added, encoding="utf-8")
    older, newer = (load(tmp_path / name) for name in ("older.capnp", "newer.capnp"))
    items = [
        newer.Item(number=1, wide=2**60, name="one", below=[newer.Item(number=5)]),
        newer.Item(number=2, entry=7),
        newer.Item(),
    ]
    octets = newer.Root(items=items).to_bytes()
    read = MessageReader(unframe(octets)).get_root(older.Root)
    with MessageBuilder() as source, MessageBuilder() as message:
        source.set_root(newer.Root(items=items))
        built = source.get_root(older.Root).items
        root = message.init_root(older.Root)
        small = older.Root(items=[older.Item(number=8)])
        of_small = MessageReader(unframe(small.to_bytes())).get_root(older.Root).items[0]
        root.items = [read.items[1], older.Item(number=9), built[0], of_small, read.items[-1]]
        found = newer.Root.from_bytes(message.to_bytes())
        assert found.items == [
            items[1],
            newer.Item(number=9),
            items[0],
            newer.Item(number=8),
            items[2],
        ]
        value = older.Root(items=[read.items[0]])
        assert newer.Root.from_bytes(value.to_bytes()).items == [items[0]]
        with pytest.raises(ArgumentTypeError, match="items"):
            root.items = [read.items[0], "no item"]
        assert newer.Root.from_bytes(message.to_bytes()) == found
