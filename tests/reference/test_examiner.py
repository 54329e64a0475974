"""The strict examiner: messages of the reference implementation, and messages broken by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from capnsafe_fuzz.reference.examination import UNCLEAN, UNREADABLE, Examination, ProblemKind
from capnsafe_fuzz.reference.examiner import examine, examine_stream
from capnsafe_fuzz.reference.framing import unframe
from capnsafe_fuzz.reference.layout import ROOT, StructLayout, layout_of
from capnsafe_fuzz.scenario import schema
from capnsafe_fuzz.scenario.model import ZERO_SIZED, Capability

SMALL = layout_of(schema.SMALL)
SCHEMA_FILE = Path(schema.__file__).with_name("everything.capnp")
CAPNP_TOOL = Path(sys.executable).with_name("capnp")

DEFAULTS: dict[str, Any] = {
    field.name: None if field.kind in schema.POINTERS else field.default
    for field in schema.EVERYTHING.fields
}


# -- The encoding, spelled out once more for messages made by hand --------------------------------


def struct_pointer(offset: int, data_words: int, pointer_count: int) -> int:
    return (offset & 0x3FFFFFFF) << 2 | data_words << 32 | pointer_count << 48


def list_pointer(offset: int, element_size: int, count: int) -> int:
    return 1 | (offset & 0x3FFFFFFF) << 2 | element_size << 32 | count << 35


def far_pointer(segment: int, word: int, *, double: bool = False) -> int:
    return 2 | double << 2 | word << 3 | segment << 32


def words(*values: int) -> bytes:
    return b"".join((value % 2**64).to_bytes(8, "little") for value in values)


SMALL_POINTER = struct_pointer(0, 1, 1)
ABC = int.from_bytes(b"abc\0", "little")


def kinds(examination: Examination) -> list[ProblemKind]:
    return [problem.kind for problem in examination.problems]


def small(*segments: bytes, used: list[int] | None = None) -> Examination:
    return examine(segments, SMALL, used)


def everything(field: str, pointer: int, *body: int) -> Examination:
    """A root Everything whose one pointer is at word 36, with ``body`` from word 36 on."""
    pointers = [0] * ROOT.pointer_count
    index = schema.EVERYTHING.by_name[field].offset
    behind = ROOT.pointer_count - index - 1
    pointers[index] = pointer + (behind << 2)
    return examine(
        [words(struct_pointer(0, 9, 26), *[0] * ROOT.data_words, *pointers, *body)], ROOT
    )


# -- Messages that are right ----------------------------------------------------------------------


def build_sample() -> Any:
    capnp = pytest.importorskip("capnp")
    module = capnp.load(str(SCHEMA_FILE))
    root = module.Everything.new_message()
    root.flag = True
    root.flagDefault = False
    root.i8, root.i16, root.i32, root.i64 = -8, -16, -32, -(2**63)
    root.u8, root.u16, root.u32, root.u64 = 255, 65535, 2**32 - 1, 2**64 - 1
    root.f32, root.f64 = 1.5, -2.0
    root.colour = "green"
    root.u16Default, root.i32Default, root.f64Default = 1, 5, 0.0
    root.colourDefault = "red"
    root.text, root.data = "grüße", b"\0\1\2"
    root.group.scalar, root.group.text = 7, ""
    root.init("empty")
    child = root.init("child")
    child.i32Default = 2**31 - 1
    child.init("small").label = "x" * 100
    for name, values in LISTS.items():
        setattr(child, name, values)
    root.texts = ["", "one", "zwei"]
    root.datas = [b"", b"12345678"]
    root.matrix = [[1, 2, 3], [], [65535]]
    root.init("empties", 3)
    root.init("units", 5)
    smalls = root.init("smalls", 3)
    smalls[1].number, smalls[1].flag, smalls[1].label = 9, True, "label"
    root.init("children", 2)[1].text = "deep"
    return root


LISTS: dict[str, list[Any]] = {
    "flags": [True, False, True] * 23,
    "i8s": [-1, 0, 1],
    "i16s": [-1, 0, 1],
    "i32s": [-1, 0, 1],
    "i64s": [-(2**63), 2**63 - 1],
    "u8s": [255],
    "u16s": [],
    "u32s": [2**32 - 1, 1],
    "u64s": [2**64 - 1],
    "f32s": [1.0],
    "f64s": [1.0],
    "colours": ["blue", "red", "green"],
}
SAMPLE_CHILD: dict[str, Any] = DEFAULTS | {
    "i32Default": 2**31 - 1,
    "small": {"number": 0, "flag": False, "label": "x" * 100},
    **LISTS,
    "f32s": [0x3F800000],
    "f64s": [0x3FF0000000000000],
    "colours": [2, 0, 1],
}
SAMPLE_TREE: dict[str, Any] = DEFAULTS | {
    "flag": True,
    "flagDefault": False,
    "i8": -8,
    "i16": -16,
    "i32": -32,
    "i64": -(2**63),
    "u8": 255,
    "u16": 65535,
    "u32": 2**32 - 1,
    "u64": 2**64 - 1,
    "f32": 0x3FC00000,
    "f64": 0xC000000000000000,
    "colour": 1,
    "u16Default": 1,
    "i32Default": 5,
    "f64Default": 0,
    "colourDefault": 0,
    "text": "grüße",
    "data": b"\0\1\2",
    "group.scalar": 7,
    "group.text": "",
    "empty": {},
    "child": SAMPLE_CHILD,
    "texts": ["", "one", "zwei"],
    "datas": [b"", b"12345678"],
    "matrix": [[1, 2, 3], [], [65535]],
    "empties": (ZERO_SIZED, 3),
    "units": (ZERO_SIZED, 5),
    "smalls": [
        {"number": 0, "flag": False, "label": None},
        {"number": 9, "flag": True, "label": "label"},
        {"number": 0, "flag": False, "label": None},
    ],
    "children": [DEFAULTS, DEFAULTS | {"text": "deep"}],
}


def test_reads_what_the_reference_implementation_wrote() -> None:
    examination = examine_stream(build_sample().to_bytes(), ROOT)
    assert examination.problems == ()
    assert examination.tree == SAMPLE_TREE


@pytest.mark.process
@pytest.mark.skipif(not CAPNP_TOOL.exists(), reason="needs the capnp tool")
@pytest.mark.parametrize("segment_words", [1, 2, 36, 40, 64])
def test_reads_many_segments(segment_words: int) -> None:
    stream = subprocess.run(
        [
            CAPNP_TOOL,
            "convert",
            "binary:binary",
            f"--segment-size={segment_words}",
            SCHEMA_FILE,
            "Everything",
        ],
        input=build_sample().to_bytes(),
        capture_output=True,
        check=True,
    ).stdout
    assert len(unframe(stream)[0]) > 1, "the tool did not split the message"
    examination = examine_stream(stream, ROOT)
    assert examination.problems == ()
    assert examination.tree == SAMPLE_TREE


def test_no_segment_and_null_root_read_as_nothing() -> None:
    assert examine([], ROOT) == Examination(None, ())
    assert examine([b""], ROOT) == Examination(None, ())
    assert examine([words(0)], ROOT) == Examination(None, ())


def test_words_not_in_use_are_not_looked_at() -> None:
    message = words(SMALL_POINTER, 5, 0, 0, 0xDEAD)
    (problem,) = small(message).problems
    assert (problem.kind, problem.segment, problem.word) == (ProblemKind.LEFTOVER, 0, 4)
    assert small(message, used=[3]).problems == ()


def test_double_far_to_an_empty_struct_is_no_null() -> None:
    pads = words(far_pointer(2, 0), struct_pointer(0, 0, 0))
    examination = examine(
        [words(far_pointer(1, 0, double=True)), pads, words(0)], layout_of(schema.EMPTY)
    )
    assert examination == Examination({}, ())


def test_double_far_reaches_its_object() -> None:
    examination = small(
        words(far_pointer(1, 1, double=True)),
        words(0, far_pointer(2, 1), struct_pointer(0, 1, 1)),
        words(0, 7, 0),
    )
    assert examination == Examination({"number": 7, "flag": False, "label": None}, ())


# -- Messages that are broken ---------------------------------------------------------------------

FAR_ROOT = words(far_pointer(1, 0))
DOUBLE_ROOT = words(far_pointer(1, 0, double=True))
LABEL = list_pointer(0, 2, 4)

BROKEN: dict[str, tuple[ProblemKind, list[bytes]]] = {
    "struct behind the end": (ProblemKind.OUT_OF_BOUNDS, [words(SMALL_POINTER, 0)]),
    "struct before the start": (
        ProblemKind.OUT_OF_BOUNDS,
        [words(struct_pointer(-3, 1, 1), 0, 0)],
    ),
    "text behind the end": (ProblemKind.OUT_OF_BOUNDS, [words(SMALL_POINTER, 0, LABEL)]),
    "far to no segment": (ProblemKind.OUT_OF_BOUNDS, [FAR_ROOT]),
    "pad behind the end": (ProblemKind.OUT_OF_BOUNDS, [FAR_ROOT, b""]),
    "pad of two words cut": (ProblemKind.OUT_OF_BOUNDS, [DOUBLE_ROOT, words(far_pointer(0, 0))]),
    "double-far to no segment": (
        ProblemKind.OUT_OF_BOUNDS,
        [DOUBLE_ROOT, words(far_pointer(2, 0), struct_pointer(0, 1, 1))],
    ),
    "list where a struct belongs": (ProblemKind.WRONG_KIND, [words(list_pointer(0, 0, 0))]),
    "struct where a text belongs": (
        ProblemKind.WRONG_KIND,
        [words(SMALL_POINTER, 0, struct_pointer(-1, 0, 0))],
    ),
    "capability where a struct belongs": (ProblemKind.WRONG_KIND, [words(3)]),
    "words where a text belongs": (
        ProblemKind.WRONG_KIND,
        [words(SMALL_POINTER, 0, list_pointer(0, 5, 1), 0)],
    ),
    "null pad": (ProblemKind.WRONG_KIND, [FAR_ROOT, words(0)]),
    "struct too small": (ProblemKind.WRONG_SIZE, [words(struct_pointer(0, 1, 0), 0)]),
    "struct too large": (ProblemKind.WRONG_SIZE, [words(struct_pointer(0, 2, 1), 0, 0, 0)]),
    "text over its own struct": (
        ProblemKind.SHARED_WORDS,
        [words(SMALL_POINTER, 0, list_pointer(-2, 2, 4))],
    ),
    "struct over the root pointer": (
        ProblemKind.SHARED_WORDS,
        [words(struct_pointer(-1, 1, 1), 0)],
    ),
    "text over a landing pad": (
        ProblemKind.SHARED_WORDS,
        [FAR_ROOT, words(SMALL_POINTER, 0, list_pointer(-3, 2, 4))],
    ),
    "pad over the root pointer": (ProblemKind.SHARED_WORDS, [words(far_pointer(0, 0))]),
    "far to far": (
        ProblemKind.FAR_CHAIN,
        [FAR_ROOT, words(far_pointer(1, 1), SMALL_POINTER, 0, 0)],
    ),
    "double-far to a struct pointer": (
        ProblemKind.FAR_CHAIN,
        [DOUBLE_ROOT, words(SMALL_POINTER, SMALL_POINTER, 0, 0)],
    ),
    "double-far to a double-far": (
        ProblemKind.FAR_CHAIN,
        [DOUBLE_ROOT, words(far_pointer(1, 2, double=True), SMALL_POINTER, 0, 0)],
    ),
    "double-far tag with an offset": (
        ProblemKind.DOUBLE_FAR_TAG,
        [DOUBLE_ROOT, words(far_pointer(1, 2), struct_pointer(2, 1, 1), 0, 0)],
    ),
    "text without NUL": (
        ProblemKind.TEXT,
        [words(SMALL_POINTER, 0, list_pointer(0, 2, 3), ABC)],
    ),
    "text of no bytes": (ProblemKind.TEXT, [words(SMALL_POINTER, 0, list_pointer(0, 2, 0))]),
    "text not UTF-8": (
        ProblemKind.TEXT,
        [words(SMALL_POINTER, 0, list_pointer(0, 2, 2), 0xFF)],
    ),
    "bytes behind a text": (
        ProblemKind.PADDING,
        [words(SMALL_POINTER, 0, LABEL, ABC | 1 << 63)],
    ),
    "data that no field has": (ProblemKind.PADDING, [words(SMALL_POINTER, 1 << 33, 0)]),
    "words behind the message": (ProblemKind.LEFTOVER, [words(SMALL_POINTER, 0, 0, 0, 1)]),
    "words without a root": (ProblemKind.LEFTOVER, [words(0, 0, 1)]),
    "segment nothing leads to": (ProblemKind.LEFTOVER, [words(SMALL_POINTER, 0, 0), words(1)]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_names_what_is_wrong(name: str) -> None:
    kind, segments = BROKEN[name]
    examination = small(*segments)
    assert kind in kinds(examination), examination
    if kind not in UNCLEAN:
        # Nothing else may be reported than what follows from it: words nobody reached.
        assert set(kinds(examination)) <= {kind, ProblemKind.LEFTOVER}


@pytest.mark.parametrize("kind", ProblemKind)
def test_every_kind_of_problem_is_tested(kind: ProblemKind) -> None:
    elsewhere = {ProblemKind.FRAMING, ProblemKind.TAG_MISMATCH}
    assert kind in elsewhere or any(kind is broken for broken, _ in BROKEN.values())


def test_bits_behind_a_bit_list() -> None:
    right = everything("flags", list_pointer(0, 1, 3), 0b111)
    assert right.problems == ()
    assert right.tree["flags"] == [True] * 3
    assert kinds(everything("flags", list_pointer(0, 1, 3), 0b1111)) == [ProblemKind.PADDING]


def test_bytes_behind_a_list() -> None:
    assert everything("i16s", list_pointer(0, 3, 3), 0x0000_0001_0001_0001).problems == ()
    broken = everything("i16s", list_pointer(0, 3, 3), 0x0001_0001_0001_0001)
    assert kinds(broken) == [ProblemKind.PADDING]


def test_pointer_that_no_field_has() -> None:
    message = words(struct_pointer(0, 9, 26), *[0] * 34, list_pointer(0, 2, 1), 0)
    assert kinds(examine([message], ROOT)) == [ProblemKind.PADDING]


STRUCT_LIST = list_pointer(0, 7, 4)


@pytest.mark.parametrize(
    ("kind", "tag"),
    [
        (ProblemKind.TAG_MISMATCH, struct_pointer(1, 1, 1)),
        (ProblemKind.TAG_MISMATCH, struct_pointer(3, 1, 1)),
        (ProblemKind.TAG_MISMATCH, list_pointer(2, 1, 0)),
        (ProblemKind.WRONG_SIZE, struct_pointer(2, 2, 0)),
        (ProblemKind.WRONG_SIZE, struct_pointer(4, 1, 0)),
    ],
)
def test_struct_list_tags(kind: ProblemKind, tag: int) -> None:
    right = everything("smalls", STRUCT_LIST, struct_pointer(2, 1, 1), 0, 0, 0, 0)
    assert right.problems == ()
    assert len(right.tree["smalls"]) == 2
    broken = everything("smalls", STRUCT_LIST, tag, 0, 0, 0, 0)
    assert kinds(broken)[0] is kind
    assert broken.tree["smalls"] is UNREADABLE


def test_struct_list_without_a_tag() -> None:
    assert kinds(everything("smalls", list_pointer(0, 7, 0))) == [ProblemKind.OUT_OF_BOUNDS]


def test_two_fields_with_one_text() -> None:
    # text at pointer 0, data at pointer 1, both of the one word after the struct.
    message = words(
        struct_pointer(0, 9, 26),
        *[0] * 9,
        list_pointer(25, 2, 4),
        list_pointer(24, 2, 4),
        *[0] * 24,
        ABC,
    )
    examination = examine([message], ROOT)
    assert kinds(examination) == [ProblemKind.SHARED_WORDS]


def test_a_cycle_is_not_followed() -> None:
    child = schema.EVERYTHING.by_name["child"].offset
    pointers = [0] * 26
    pointers[child] = struct_pointer(-(child + 10), 9, 26)
    examination = examine([words(struct_pointer(0, 9, 26), *[0] * 9, *pointers)], ROOT)
    assert kinds(examination) == [ProblemKind.SHARED_WORDS]
    assert examination.tree["child"] is UNREADABLE


def test_zero_sized_lists_are_counted_and_not_entered() -> None:
    assert everything("units", list_pointer(0, 0, 2**29 - 1)).tree["units"] == (
        ZERO_SIZED,
        2**29 - 1,
    )
    tag = struct_pointer(2**29 - 1, 0, 0)
    assert everything("empties", list_pointer(0, 7, 0), tag).tree["empties"] == (
        ZERO_SIZED,
        2**29 - 1,
    )


def test_depth_is_no_recursion() -> None:
    child = schema.EVERYTHING.by_name["child"].offset
    pointers = [0] * 26
    pointers[child] = struct_pointer(25 - child, 9, 26)
    one = words(*[0] * 9, *pointers)
    depth = 5000
    examination = examine(
        [words(struct_pointer(0, 9, 26)) + one * (depth - 1) + words(*[0] * 35)], ROOT
    )
    assert examination.problems == ()
    tree, seen = examination.tree, 0
    while tree is not None:
        tree, seen = tree["child"], seen + 1
    assert seen == depth


# -- Framing --------------------------------------------------------------------------------------


def stream_of(*segments: bytes) -> bytes:
    table = [len(segments) - 1, *(len(segment) // 8 for segment in segments)]
    if len(table) % 2:
        table.append(0)
    return b"".join(value.to_bytes(4, "little") for value in table) + b"".join(segments)


RIGHT = stream_of(words(SMALL_POINTER, 0, 0), words(0))


def test_framing_that_is_right() -> None:
    assert unframe(RIGHT) == ([words(SMALL_POINTER, 0, 0), words(0)], [])


@pytest.mark.parametrize(
    "stream",
    [b"", RIGHT[:3], RIGHT[:12], RIGHT[:-8], RIGHT + b"\0" * 8, RIGHT[:12] + b"\1" + RIGHT[13:]],
    ids=["nothing", "no count", "table cut", "segment cut", "bytes behind", "table padding"],
)
def test_framing_that_is_wrong(stream: bytes) -> None:
    assert ProblemKind.FRAMING in kinds(examine_stream(stream, SMALL))


def test_every_layout_covers_its_fields() -> None:
    for held in schema.TYPES.values():
        if isinstance(held, schema.StructType):
            layout: StructLayout = layout_of(held)
            assert list(layout.blank()) == [field.name for field in held.fields]


# Unions, and pointers of which the schema says nothing.

CHOICE = schema.EVERYTHING.by_name["choice"]
MEMBERS = {name: number for number, name in enumerate(CHOICE.members)}


def chosen(member: int, data: int = 0, pointer: int = 0, *body: int) -> Examination:
    """A root whose union is at ``member``: half of word 8 is its data, pointer 25 leads on."""
    sections = [0] * (ROOT.data_words + ROOT.pointer_count)
    sections[CHOICE.offset // 4] |= member << CHOICE.offset % 4 * 16
    sections[8] |= data << 32
    sections[-1] = pointer
    size = struct_pointer(0, ROOT.data_words, ROOT.pointer_count)
    return examine([words(size, *sections, *body)], ROOT)


def test_members_of_a_union_are_read_while_they_are_selected() -> None:
    assert chosen(MEMBERS["number"], 0xFFFF0001).tree["choice.number"] == 0xFFFF0001
    numbers = chosen(MEMBERS["numbers"], 0xFFFF0001)
    assert (numbers.tree["choice.numbers.low"], numbers.tree["choice.numbers.high"]) == (1, -1)
    assert numbers.tree["choice.number"] == 0
    text = chosen(MEMBERS["words"], 0, list_pointer(0, 2, 4), ABC)
    assert text.tree["choice.words"] == "abc"
    assert numbers.problems == text.problems == ()


def test_what_belongs_to_another_member_is_stray() -> None:
    for member in ("nothing", "words", "mixed"):
        assert kinds(chosen(MEMBERS[member], 1)) == [ProblemKind.PADDING]
    left = chosen(MEMBERS["number"], 1, list_pointer(0, 2, 4), ABC)
    assert set(kinds(left)) == {ProblemKind.PADDING, ProblemKind.LEFTOVER}
    assert kinds(chosen(len(MEMBERS), 1)) == [ProblemKind.PADDING]


def mixed(field: str, pointer: int, *body: int) -> Examination:
    """A root whose union is a Mixed, one pointer of which leads to ``body``."""
    pointers = [0] * schema.MIXED.pointer_count
    index = schema.MIXED.by_name[field].offset
    behind = schema.MIXED.pointer_count - index - 1
    pointers[index] = pointer + (behind << 2 if pointer & 3 < 2 else 0)
    data_words = schema.MIXED.data_words
    to_mixed = struct_pointer(0, data_words, schema.MIXED.pointer_count)
    return chosen(MEMBERS["mixed"], 0, to_mixed, *[0] * data_words, *pointers, *body)


def test_what_the_schema_says_nothing_of_reads_as_the_encoding_has_it() -> None:
    found = {
        "struct": mixed("any", struct_pointer(0, 1, 1), 7, list_pointer(0, 2, 4), ABC),
        "numbers": mixed("any", list_pointer(0, 3, 2), 0x0002_0001),
        "pointers": mixed("any", list_pointer(0, 6, 2), 0, 5 << 32 | 3),
        "structs": mixed("any", list_pointer(0, 7, 2), struct_pointer(2, 1, 0), 1, 2),
        "capability": mixed("any", 5 << 32 | 3),
        "service": mixed("service", 6 << 32 | 3),
    }
    assert {name: one.problems for name, one in found.items()} == dict.fromkeys(found, ())
    trees = {name: one.tree["choice.mixed"] for name, one in found.items()}
    assert trees["struct"]["any"] == {"data": words(7), "pointers": [(2, 4, b"abc\0")]}
    assert trees["numbers"]["any"] == (3, 2, b"\1\0\2\0")
    assert trees["pointers"]["any"] == [None, Capability(5)]
    assert trees["structs"]["any"] == {
        "sections": (1, 0),
        "elements": [{"data": words(1), "pointers": []}, {"data": words(2), "pointers": []}],
    }
    assert trees["capability"]["any"] == Capability(5)
    assert trees["service"]["service"] == Capability(6)


@pytest.mark.parametrize(
    ("field", "pointer", "body", "kind"),
    [
        ("any", 7, (), ProblemKind.WRONG_KIND),
        ("service", struct_pointer(0, 1, 0), (1,), ProblemKind.WRONG_KIND),
        ("any", struct_pointer(0, 1, 1), (1,), ProblemKind.OUT_OF_BOUNDS),
        ("any", list_pointer(0, 6, 2), (0,), ProblemKind.OUT_OF_BOUNDS),
        ("any", list_pointer(0, 3, 5), (0,), ProblemKind.OUT_OF_BOUNDS),
        ("any", list_pointer(0, 3, 1), (1 << 16,), ProblemKind.PADDING),
        ("any", list_pointer(0, 7, 1), (struct_pointer(2, 1, 0), 1), ProblemKind.TAG_MISMATCH),
        ("any", list_pointer(0, 7, 1), (1, 1), ProblemKind.TAG_MISMATCH),
    ],
)
def test_what_is_wrong_there_is_named(
    field: str, pointer: int, body: tuple[int, ...], kind: ProblemKind
) -> None:
    assert kind in kinds(mixed(field, pointer, *body))


def test_orphans_may_lie_about() -> None:
    stream = words(SMALL_POINTER, 0, 0, 1)
    assert kinds(examine([stream], SMALL)) == [ProblemKind.LEFTOVER]
    assert examine([stream], SMALL, leftovers=False).problems == ()
