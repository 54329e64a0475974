"""The questions of capnproto-rust issue #467, measured: ``python -m benchmarks.answers``.

The issue proposes that builders keep offsets and borrow segments only to write. It asks what that
costs, what one more indirection costs, whether dispatch should be static, and whether it is worth
it. These are the numbers of an encoder in Python, where a call costs more than in Rust: the order
of the results carries over, their size does not.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from struct import Struct

import click

from capnsafe import Allocator, MessageBuilder, StructBuilder
from capnsafe.memory.adapters.accessors import AppendBuilder, AppendStruct
from capnsafe.memory.wasm import WasmAllocator, new_guest

from .address_book import DifferentMessageError
from .circumstances import Circumstances, load
from .guest import SHAPES, crossover, sweep
from .measure import Comparison, Effort, compare
from .present import between_markers, for_document, in_bytes, require_markers
from .results import Crossover, Ratio

#: Fields written in one call, so that the call itself weighs little.
FIELDS = 100

#: Lines of the order.
LINES = 50

SEGMENT_WORDS = 512

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "answers.md"
PICTURE = DOCUMENT.with_suffix(".svg")


class Late:
    """A bytearray per segment, with no promises: it is borrowed for each write."""

    def __init__(self) -> None:
        self._segments: list[bytearray] = []

    def allocate(self, minimum_words: int, /) -> int:
        """Grant a new one."""
        self._segments.append(bytearray(max(minimum_words, SEGMENT_WORDS) * 8))
        return len(self._segments) - 1

    def segment(self, key: int, /) -> bytearray:
        """Return it."""
        return self._segments[key]

    def release(self, key: int, words_used: int, /) -> None:
        """Keep it: all segments end with the allocator."""


class Held(Late):
    """The same, declared stable: the encoder keeps the buffer and does not ask again."""

    stable = True


class Second(Late):
    """The same again, of another class."""


class Third(Late):
    """The same again, of another class."""


class Fourth(Late):
    """The same again, of another class."""


class Behind:
    """One more indirection: each call is passed on."""

    def __init__(self, memory: Allocator) -> None:
        self._memory = memory

    def allocate(self, minimum_words: int, /) -> object:
        """Pass it on."""
        return self._memory.allocate(minimum_words)

    def segment(self, key: object, /) -> object:
        """Pass it on."""
        return self._memory.segment(key)

    def release(self, key: object, words_used: int, /) -> None:
        """Pass it on."""
        self._memory.release(key, words_used)


class Written:
    """A bytearray behind accessors: written a value at a time, never read."""

    _U16 = Struct("<H")
    _U32 = Struct("<I")
    _U64 = Struct("<Q")

    def __init__(self) -> None:
        self._octets = bytearray(SEGMENT_WORDS * 8)
        self._used = 0

    def alloc(self, amount: int, /) -> tuple[int, int]:
        """Hand out the next words."""
        start = self._used
        self._used += amount
        if self._used * 8 > len(self._octets):
            raise MemoryError
        return 0, start

    def write_bit(self, segment: int, offset: int, bit: int, value: bool, /) -> None:
        """Write a bit."""
        old = self._octets[offset]
        self._octets[offset] = old | 1 << bit if value else old & ~(1 << bit)

    def write_u8(self, segment: int, offset: int, value: int, /) -> None:
        """Write a byte."""
        self._octets[offset] = value

    def write_u16(self, segment: int, offset: int, value: int, /) -> None:
        """Write two bytes."""
        self._U16.pack_into(self._octets, offset, value)

    def write_u32(self, segment: int, offset: int, value: int, /) -> None:
        """Write four bytes."""
        self._U32.pack_into(self._octets, offset, value)

    def write_u64(self, segment: int, offset: int, value: int, /) -> None:
        """Write eight bytes."""
        self._U64.pack_into(self._octets, offset, value)

    def contents(self) -> bytes:
        """Return the words that were handed out."""
        return bytes(self._octets[: self._used * 8])


def guest_memory() -> Allocator:
    """Return the memory of a guest."""
    return WasmAllocator(*new_guest(), segment_words=SEGMENT_WORDS)


def set_fields(struct: StructBuilder | AppendStruct) -> None:
    """Set one field, a hundred times."""
    for value in range(FIELDS):
        struct.set_uint64(0, value)


def fill_order(order: StructBuilder | AppendStruct) -> None:
    """Set a number, a text, and two fields of each line."""
    order.set_uint64(0, 467)
    order.set_text(0, "Alice")
    lines = order.init_struct_list(1, LINES, 1, 0)
    for at in range(LINES):
        lines[at].set_uint32(0, at)
        lines[at].set_uint32(1, 7)


def build_in(memory: Allocator) -> bytes:
    """Build an order through an allocator, and return its one segment."""
    with MessageBuilder(memory) as message:
        fill_order(message.init_root(1, 2))
        (segment,) = message.segments()
        return segment


def build_by_accessors() -> bytes:
    """Build the same through accessors."""
    supply = Written()
    fill_order(AppendBuilder(supply, zeroed=True).init_root(1, 2))
    return supply.contents()


def require_same_orders() -> None:
    """Raise unless every way of building leaves the same bytes."""
    orders = {
        "held": build_in(Held()),
        "late": build_in(Late()),
        "guest": build_in(guest_memory()),
        "behind": build_in(Behind(Late())),
        "accessors": build_by_accessors(),
    }
    different = [name for name, order in orders.items() if order != orders["held"]]
    if different:
        raise DifferentMessageError(f"other messages than the one held: {different}")


def _field(memory: Allocator) -> Callable[[], None]:
    struct = MessageBuilder(memory).init_root(1, 0)
    return lambda: set_fields(struct)


def _accessor_field() -> Callable[[], None]:
    struct = AppendBuilder(Written(), zeroed=True).init_root(1, 0)
    return lambda: set_fields(struct)


def _in_turn(memories: list[Allocator]) -> Callable[[], None]:
    """Set a field of one message after the other, so that calls go to their classes in turn."""
    structs = [MessageBuilder(memory).init_root(1, 0) for memory in memories]

    def work() -> None:
        for value in range(FIELDS // len(structs)):
            for struct in structs:
                struct.set_uint64(0, value)

    return work


def costs(effort: Effort) -> Iterator[Ratio]:
    """Compare each way of reaching memory with another."""

    def field(
        id: str, ours: str, a: Callable[[], None], theirs: str, b: Callable[[], None]
    ) -> Ratio:
        return Ratio(id, "set one field", ours, theirs, compare(a, b, effort).per(FIELDS))

    def order(
        id: str, ours: str, a: Callable[[], object], theirs: str, b: Callable[[], object]
    ) -> Ratio:
        return Ratio(id, f"order of {LINES} lines", ours, theirs, compare(a, b, effort))

    yield field("late", "borrowed late", _field(Late()), "held", _field(Held()))
    yield order("late", "borrowed late", lambda: build_in(Late()), "held", lambda: build_in(Held()))
    yield field("guest", "in a guest", _field(guest_memory()), "borrowed late", _field(Late()))
    guest = guest_memory()
    yield order(
        "guest", "in a guest", lambda: build_in(guest), "borrowed late", lambda: build_in(Late())
    )
    yield field("accessors", "accessors", _accessor_field(), "borrowed late", _field(Late()))
    yield order(
        "accessors", "accessors", build_by_accessors, "borrowed late", lambda: build_in(Late())
    )
    yield field("indirection", "one more", _field(Behind(Late())), "borrowed late", _field(Late()))
    yield order(
        "indirection",
        "one more",
        lambda: build_in(Behind(Late())),
        "borrowed late",
        lambda: build_in(Late()),
    )
    yield field(
        "dispatch",
        "four classes in turn",
        _in_turn([Late(), Second(), Third(), Fourth()]),
        "one class",
        _in_turn([Late(), Late(), Late(), Late()]),
    )


def sentences(ratios: list[Ratio], sizes: list[Crossover]) -> str:
    """Return the results as sentences, with the numbers of this run."""
    found = {(ratio.id, ratio.what == "set one field"): ratio.comparison.ratio for ratio in ratios}

    def both(id: str) -> str:
        return f"{found[id, True]:.2f} times for a field, {found[id, False]:.2f} for an order"

    answers = [
        f"**What does it cost to borrow late?** {both('late')}, beside holding the buffer.",
        f"**In a guest's memory?** {both('guest')}, beside borrowing a bytearray late: that is the"
        " price of asking the runtime where the memory is.",
        f"**And accessors?** {both('accessors')}, beside borrowing late. They cannot read, so they"
        " can neither overwrite a pointer nor answer a getter.",
        f"**One more indirection?** {both('indirection')}, beside one less.",
        f"**Dynamic dispatch?** {found['dispatch', True]:.2f} times for a field where four classes"
        " of allocators take turns, beside one class.",
    ]
    for size in sizes:
        if size.size is None:
            answer = f"not up to {in_bytes(size.largest)}: field by field, copying is cheaper."
        else:
            answer = f"from about {in_bytes(size.size)} on."
        answers.append(f"**Is it worth it to write into a guest? {size.what}:** {answer}")
    return "\n".join(f"- {answer}" for answer in answers)


def draw(ratios: list[Ratio], lines: dict[str, dict[int, Comparison]], path: Path) -> None:
    """Draw both: costs as bars, and direct beside copied by size."""
    import matplotlib as mpl

    mpl.use("agg")
    mpl.rcParams.update({"svg.hashsalt": "answers", "svg.fonttype": "none"})
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    names = [f"{each.ours} / {each.theirs}\n{each.what}" for each in ratios]
    found = [each.comparison for each in ratios]
    left.barh(
        names,
        [each.ratio for each in found],
        xerr=[
            [each.ratio - each.low for each in found],
            [each.high - each.ratio for each in found],
        ],
        color=["#4477aa" if each.what == "set one field" else "#99bbdd" for each in ratios],
    )
    left.axvline(1, color="black", linewidth=0.8)
    left.invert_yaxis()
    left.tick_params(axis="y", labelsize=7)
    left.set_title("time beside another way (median, quartiles)", fontsize=9)
    for shape, comparisons in lines.items():
        sizes = sorted(comparisons)
        right.plot(sizes, [comparisons[size].ratio for size in sizes], marker="o", label=shape)
        right.fill_between(
            sizes,
            [comparisons[size].low for size in sizes],
            [comparisons[size].high for size in sizes],
            alpha=0.2,
        )
    right.axhline(1, color="black", linewidth=0.8)
    right.set_xscale("log", base=2)
    right.set_yscale("log", base=2)
    right.set_xticks(sorted({size for each in lines.values() for size in each}))
    right.xaxis.set_major_formatter(lambda size, _: in_bytes(size))
    right.yaxis.set_major_formatter(lambda ratio, _: f"{ratio:g}")
    right.tick_params(axis="x", labelsize=7, rotation=45)
    right.set_title("built in the guest, beside built outside and copied; below 1 wins", fontsize=9)
    right.legend(fontsize=8)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)


def run(effort: Effort, document: Path, picture: Path) -> str:
    """Measure, write table and picture, and return the sentences."""
    text = document.read_text(encoding="utf-8")
    require_markers(text)
    circumstances = Circumstances(shlex.join(["python", "-m", "benchmarks.answers", *sys.argv[1:]]))
    require_same_orders()
    ratios = list(costs(effort))
    swept = {
        shape: sweep(shape, replace(effort, pairs=max(3, effort.pairs // 4))) for shape in SHAPES
    }
    by_size = [
        Ratio("size", f"{shape}, {in_bytes(size)}", "into the guest", "copied", comparison)
        for shape, comparisons in swept.items()
        for size, comparison in comparisons.items()
    ]
    sizes = [
        Crossover("size", shape, crossover(each), min(each), max(each))
        for shape, each in swept.items()
    ]
    circumstances = replace(circumstances, load_after=load())
    told = sentences(ratios, sizes)
    tables = for_document([*ratios, *by_size, *sizes], circumstances)
    document.write_text(between_markers(text, f"{told}\n\n{tables}"), encoding="utf-8")
    draw(ratios, swept, picture)
    return told


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--markdown", "document", type=click.Path(path_type=Path, dir_okay=False, exists=True),
    default=DOCUMENT, help="The document that has the markers.",
)  # fmt: skip
@click.option(
    "--picture", type=click.Path(path_type=Path, dir_okay=False), default=PICTURE,
    help="Where the picture goes: .svg or .png.",
)  # fmt: skip
def main(document: Path, picture: Path) -> None:
    """Measure the answers to the questions of capnproto-rust issue #467 (a few minutes)."""
    click.echo(run(Effort(), document, picture))


if __name__ == "__main__":
    main()
