"""The model against trees written by hand, and against the reference implementation."""

from __future__ import annotations

from importlib.resources import as_file, files
from random import Random
from struct import pack, unpack
from typing import Any

import capnp
import pytest
from capnsafe_fuzz.scenario import (
    EVERYTHING,
    TYPES,
    ZERO_SIZED,
    Expectation,
    ExpectationKind,
    FieldKind,
    ListType,
    Model,
    Operation,
    StructType,
    Type,
    Verb,
    generate,
    handle_types,
    parse_scenario,
)
from capnsafe_fuzz.scenario.program import ACTIONS, kind_of
from capnsafe_fuzz.scenario.schema import POINTERS
from capnsafe_fuzz.targets.builder.variants import without

OK = Expectation(ExpectationKind.OK)
NULL = Expectation(ExpectationKind.VALUE, None)
STALE = Expectation(ExpectationKind.STALE)
INDEX = Expectation(ExpectationKind.INDEX)
VOID = Expectation(ExpectationKind.VOID)

EVERYTHING_BLANK: dict[str, Any] = {
    "unit": None,
    "flag": False,
    "flagDefault": True,
    "i8": 0,
    "i16": 0,
    "i32": 0,
    "i64": 0,
    "u8": 0,
    "u16": 0,
    "u32": 0,
    "u64": 0,
    "f32": 0,
    "f64": 0,
    "colour": 0,
    "u16Default": 4660,
    "i32Default": -7,
    "f64Default": 0x3FF8000000000000,
    "colourDefault": 2,
    "text": None,
    "data": None,
    "child": None,
    "small": None,
    "empty": None,
    "group.scalar": 0,
    "group.text": None,
    **dict.fromkeys(["units", "flags", "i8s", "i16s", "i32s", "i64s", "u8s", "u16s", "u32s"]),
    **dict.fromkeys(["u64s", "f32s", "f64s", "colours", "texts", "datas", "children", "smalls"]),
    **dict.fromkeys(["empties", "matrix"]),
    "choice": 0,
    "choice.nothing": None,
    "choice.number": 0,
    "choice.words": None,
    "choice.numbers.low": 0,
    "choice.numbers.high": 0,
    "choice.mixed": None,
}
SMALL_BLANK = {"number": 0, "flag": False, "label": None}


def operations(program: str) -> tuple[Operation, ...]:
    head = "capnsafe scenario 1\nmemory heap segment_words=1\nlimit max_segment_words=1\n"
    lines = "\n".join(line.strip() for line in program.strip().splitlines())
    return parse_scenario(head + lines).operations


def run(program: str) -> tuple[Model, list[Expectation]]:
    """A model after a program in which nothing but what is expected goes wrong."""
    model = Model()
    expected = []
    for operation in operations(program):
        expected.append(model.expect(operation))
        model.commit(operation)
    return model, expected


def tree_of(program: str) -> dict[str, Any]:
    tree = run(program)[0].tree()
    assert tree is not None
    assert list(tree) == [field.name for field in EVERYTHING.fields]
    return {name: value for name, value in tree.items() if value != EVERYTHING_BLANK[name]}


def test_a_message_without_a_root() -> None:
    model, expected = run("output\nh0 = reopen\nset h0.u8 1")
    assert model.tree() is None
    assert expected == [OK, NULL, VOID]


def test_a_blank_root_reads_as_defaults() -> None:
    assert run("h0 = root")[0].tree() == EVERYTHING_BLANK


def test_what_is_set_is_read() -> None:
    program = """
        h0 = root
        get h0.i32Default
        set h0.i32Default 0
        get h0.i32Default
        get h0.text
        set h0.text ""
        get h0.text
        set h0.group.text "a"
        set h0.flagDefault false
        set h0.f64 0x8000000000000000
        get h0.f64
        clear h0.text
        get h0.text
        get h0.data
    """
    _, expected = run(program)
    values = [found.value for found in expected if found.kind is ExpectationKind.VALUE]
    assert values == [-7, 0, None, "", 1 << 63, None, None]
    assert tree_of(program) == {
        "i32Default": 0,
        "group.text": "a",
        "flagDefault": False,
        "f64": 1 << 63,
    }


def test_lists_and_structs() -> None:
    assert tree_of("""
        h0 = root
        h1 = init h0.i8s 3
        set h1[1] -4
        h2 = init h0.flags 2
        set h2[1] true
        h3 = init h0.texts 3
        set h3[0] "a"
        set h3[1] "b"
        clear h3[0]
        h4 = init h0.smalls 2
        h5 = open h4[1]
        set h5.label "z"
        h6 = init h0.matrix 3
        h7 = init h6[0] 2
        set h7[1] 9
        h8 = init h6[1] 0
        h9 = init h0.empty
        h10 = init h0.u8s 0
        h11 = init h0.units 4194304
        h12 = init h0.empties 1000000
        h13 = open h12[4095]
        h14 = init h0.children 0
    """) == {
        "i8s": [0, -4, 0],
        "flags": [False, True],
        "texts": [None, "b", None],
        "smalls": [SMALL_BLANK, SMALL_BLANK | {"label": "z"}],
        "matrix": [[0, 9], [], None],
        "empty": {},
        "u8s": [],
        "units": (ZERO_SIZED, 4194304),
        "empties": (ZERO_SIZED, 1000000),
        "children": [],
    }


def test_opening_finds_the_same_object() -> None:
    _, expected = run("""
        h0 = root
        h1 = open h0.child
        h2 = init h0.child
        h3 = open h0.child
        set h3.u8 7
        get h2.u8
        h4 = reopen
        h5 = open h4.child
        get h5.u8
        set h1.u8 1
    """)
    seven = Expectation(ExpectationKind.VALUE, 7)
    assert expected == [OK, NULL, OK, OK, OK, seven, OK, OK, seven, VOID]


@pytest.mark.parametrize(
    ("end", "next_handle"),
    [("h9 = init h0.children 1", 10), ("clear h0.children", 9), ("h9 = root", 10)],
)
def test_what_is_overwritten_is_stale_with_all_it_contains(end: str, next_handle: int) -> None:
    _, expected = run(f"""
        h0 = root
        h1 = init h0.children 2
        h2 = open h1[0]
        h3 = init h2.matrix 2
        h4 = init h3[1] 2
        h5 = open h1[0]
        h6 = init h0.child
        h7 = open h2.child
        h8 = init h0.smalls 1
        {end}
        h{next_handle} = open h1[0]
        set h2.u8 1
        clear h3[9]
        set h4[0] 1
        clear h5.text
        set h7.u8 1
    """)
    assert expected[:10] == [OK] * 7 + [NULL, OK, OK]
    # h3 has no element 9, but what is gone has no length; h7 was void before.
    assert expected[10:] == [STALE, STALE, STALE, STALE, STALE, VOID]


def test_neighbours_of_what_is_overwritten_live() -> None:
    _, expected = run("""
        h0 = root
        h1 = init h0.matrix 2
        h2 = init h1[0] 1
        h3 = init h1[1] 1
        h4 = init h1[0] 5
        set h2[0] 1
        set h3[0] 1
        set h4[4] 1
        clear h1[1]
        set h3[0] 1
        set h4[0] 1
    """)
    assert expected[5:] == [STALE, OK, OK, OK, STALE, OK]


def test_stale_stays_stale() -> None:
    _, expected = run("""
        h0 = root
        h1 = init h0.small
        clear h0.small
        h2 = init h0.small
        h3 = open h0.small
        set h1.number 1
        set h3.number 1
    """)
    assert expected[5:] == [STALE, OK]


def test_making_from_a_stale_handle_makes_a_void_one() -> None:
    model, expected = run("""
        h0 = root
        h1 = init h0.child
        clear h0.child
        h2 = init h1.child
        set h2.u8 1
        h3 = init h0.child
        set h3.u8 2
    """)
    assert expected[3:] == [STALE, VOID, OK, OK]
    tree = model.tree()
    assert tree is not None
    assert tree["child"] == EVERYTHING_BLANK | {"u8": 2}


def test_indices() -> None:
    _, expected = run("""
        h0 = root
        h1 = init h0.u8s 2
        set h1[1] 1
        set h1[2] 1
        get h1[4095]
        h2 = init h0.texts 0
        get h2[0]
        clear h2[0]
        h3 = init h0.smalls 1
        h4 = open h3[1]
        set h4.number 1
        h5 = init h0.matrix 1
        h6 = open h5[0]
        h7 = init h5[1] 1
        set h7[0] 1
        h8 = init h0.empties 3
        h9 = open h8[2]
        h10 = open h8[3]
    """)
    assert expected[2:] == [
        OK, INDEX, INDEX, OK, INDEX, INDEX, OK, INDEX, VOID, OK, NULL, INDEX, VOID, OK, OK, INDEX
    ]  # fmt: skip


def test_what_failed_changed_nothing() -> None:
    program = operations("""
        h0 = root
        h1 = init h0.child
        set h1.u8 1
        h2 = init h0.child
        h3 = root
        clear h0.child
        set h1.u8 2
        h4 = open h0.child
    """)
    model = Model()
    for operation in program[:3]:
        model.commit(operation)
    before = model.tree()
    for operation in program[3:]:
        model.forget(operation)
        assert model.tree() == before
    assert not model.live(2)
    assert not model.stale(2)
    assert model.expect(Operation(Verb.SET, 1, "u8", 3)) == OK
    for void in (2, 3, 4):
        assert model.expect(Operation(Verb.SET, void, "u8", 3)) == VOID


def test_expecting_changes_nothing() -> None:
    for seed in range(100):
        asked, quiet = Model(), Model()
        for operation in generate(Random(seed), 30).operations:
            assert asked.expect(operation) == asked.expect(operation)
            asked.commit(operation)
            quiet.commit(operation)
        assert asked.tree() == quiet.tree()


def test_a_tree_is_a_snapshot() -> None:
    program = operations("""
        h0 = root
        h1 = init h0.i8s 2
        h2 = init h0.child
        set h0.u8 1
        set h1[0] 1
        set h2.u8 1
    """)
    model = Model()
    for operation in program[:3]:
        model.commit(operation)
    before = model.tree()
    for operation in program[3:]:
        model.commit(operation)
    assert before == EVERYTHING_BLANK | {"i8s": [0, 0], "child": EVERYTHING_BLANK}
    assert run("h0 = root\nh1 = init h0.child")[0].tree() == EVERYTHING_BLANK | {
        "child": EVERYTHING_BLANK
    }


def test_a_chain_as_deep_as_programs_go() -> None:
    model, _ = run("h0 = root\n" + "\n".join(f"h{n + 1} = init h{n}.child" for n in range(63)))
    tree: Any = model.tree()
    for _ in range(63):
        tree = tree["child"]
    assert tree == EVERYTHING_BLANK
    assert model.live(63)
    model.commit(Operation(Verb.CLEAR, 0, "child"))
    assert not model.live(63)
    assert model.stale(63)


def test_lengths() -> None:
    model, _ = run("h0 = root\nh1 = init h0.i8s 5\nh2 = open h0.u8s\nh3 = init h0.i8s 7")
    assert [model.count(handle) for handle in range(4)] == [None, None, None, 7]


# Against the reference implementation: the same program, through pycapnp's dynamic API.


@pytest.fixture(scope="module")
def everything() -> Any:
    capnp.remove_import_hook()
    with as_file(files("capnsafe_fuzz.scenario") / "everything.capnp") as path:
        return capnp.load(str(path)).Everything


def to_python(kind: FieldKind, value: Any) -> Any:
    if kind is FieldKind.FLOAT32:
        return unpack("<f", pack("<I", value))[0]
    return unpack("<d", pack("<Q", value))[0] if kind is FieldKind.FLOAT64 else value


def from_python(kind: FieldKind, value: Any) -> Any:
    if kind is FieldKind.FLOAT32:
        return unpack("<I", pack("<f", value))[0]
    if kind is FieldKind.FLOAT64:
        return unpack("<Q", pack("<d", value))[0]
    return value.raw if kind is FieldKind.ENUM else value


class Reference:
    """Runs operations that are expected to succeed, with pycapnp's builders as handles."""

    def __init__(self, everything: Any) -> None:
        self._everything = everything
        self._messages: list[Any] = []
        self.root: Any = None
        self.handles: list[Any] = []

    def tree(self) -> object:
        """The message as another process would read it."""
        # A reader counts elements that take no words, too.
        limits = {"traversal_limit_in_words": 1 << 40, "nesting_limit": 1000}
        with self._everything.from_bytes(self.root.to_bytes(), **limits) as root:
            return read(root, EVERYTHING)

    def perform(self, operation: Operation, held: Type | None, made: Type | None) -> Any:
        verb, handle, place, value = operation
        if verb is Verb.OUTPUT:
            return None
        if verb is Verb.ROOT:
            # Its own message for each root: pycapnp would let old handles write to the new one.
            message = capnp._MallocMessageBuilder()
            self._messages.append(message)
            self.root = message.init_root(self._everything)
        if verb in (Verb.ROOT, Verb.REOPEN):
            self.handles.append(self.root)
            return None
        assert held is not None
        at: Any = place
        builder = self.handles[handle]
        if isinstance(at, str) and "." in at:
            group, _, at = at.partition(".")
            builder = getattr(builder, group)
        kind = kind_of(held, place)
        if verb is Verb.SET:
            value = to_python(kind, value)
            if isinstance(at, str):
                setattr(builder, at, value)
            else:
                builder[at] = ("red", "green", "blue")[value] if kind is FieldKind.ENUM else value
        elif verb is Verb.CLEAR:
            builder.disown(at)
        elif verb is Verb.INIT:
            assert made is not None
            size = () if isinstance(made, StructType) else (value,)
            self.handles.append(builder.init(at, *size))
        elif verb is Verb.OPEN:
            self.handles.append(builder[at] if isinstance(at, int) else getattr(builder, at))
        else:
            if isinstance(at, str) and kind in POINTERS and not builder._has(at):
                return None
            return from_python(kind, builder[at] if isinstance(at, int) else getattr(builder, at))
        return None


def read(builder: Any, of: Type) -> object:
    """What pycapnp reads, as a tree. It cannot tell null elements of pointer lists."""
    if isinstance(of, ListType):
        if of.zero_sized:
            return (ZERO_SIZED, len(builder))
        if of.target:
            return [read(builder[index], of.type) for index in range(len(builder))]
        return [from_python(of.element, value) for value in builder]
    tree: dict[str, object] = {}
    assert isinstance(of, StructType)
    for field in of.fields:
        holder, name = builder, field.name
        if name.startswith("choice"):
            tree[name] = None if field.kind in POINTERS else field.default
            continue
        if "." in name:
            group, _, name = name.partition(".")
            holder = getattr(builder, group)
        if field.kind in POINTERS and not holder._has(name):
            tree[field.name] = None
        elif field.target:
            tree[field.name] = read(getattr(holder, name), field.type)
        else:
            tree[field.name] = from_python(field.kind, getattr(holder, name))
    return tree


NULL_ELEMENTS: dict[FieldKind, object] = {
    FieldKind.TEXT: "",
    FieldKind.DATA: b"",
    FieldKind.LIST: [],
}


def without_null_elements(tree: Any, of: Type) -> object:
    if tree is None or (isinstance(of, ListType) and of.zero_sized):
        return tree
    if isinstance(of, ListType):
        tree = [NULL_ELEMENTS[of.element] if one is None else one for one in tree]
        return [without_null_elements(one, of.type) for one in tree] if of.target else tree
    assert isinstance(of, StructType)
    return {
        field.name: without_null_elements(tree[field.name], field.type)
        if field.target
        else tree[field.name]
        for field in of.fields
    }


def narrowed(operation: Operation, held: Type | None) -> Operation:
    """pycapnp sets elements of enum lists by name only."""
    if operation.verb is Verb.SET and held is TYPES["List(Enum)"]:
        assert isinstance(operation.value, int)
        return operation._replace(value=operation.value % 3)
    return operation


REFERENCE_VERBS = {Verb.ROOT, Verb.REOPEN, Verb.OUTPUT}
REFERENCE_VERBS |= {Verb.SET, Verb.GET, Verb.INIT, Verb.OPEN, Verb.CLEAR}


def known_to_reference(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """What pycapnp's dynamic API can do; for the rest it reads what an encoder wrote."""
    doomed = frozenset(
        index
        for index, operation in enumerate(operations)
        if operation.verb not in REFERENCE_VERBS or str(operation.place).startswith("choice")
    )
    return tuple(without(operations, doomed, reaim=True)[0])


@pytest.mark.thorough
def test_the_model_agrees_with_the_reference_implementation(everything: Any) -> None:
    performed: set[tuple[str, Verb, str | None]] = set()
    rng = Random(11)
    for _ in range(2500):
        program = known_to_reference(generate(rng, rng.randint(2, 60)).operations)
        types = handle_types(program)
        model, reference = Model(), Reference(everything)
        for operation in program:
            held = types[operation.handle] if operation.handle >= 0 else None
            operation = narrowed(operation, held)
            expected = model.expect(operation)
            is_done = expected.kind is ExpectationKind.OK or operation.verb is Verb.GET
            if expected.kind in (ExpectationKind.OK, ExpectationKind.VALUE) and is_done:
                handle = len(reference.handles)
                made = types[handle] if handle < len(types) else None
                found = reference.perform(operation, held, made)
                if operation.verb is Verb.GET:
                    assert held is not None
                    value = expected.value
                    if value is None and isinstance(operation.place, int):
                        value = NULL_ELEMENTS[kind_of(held, operation.place)]  # type: ignore[assignment]
                    assert found == value
                model.commit(operation)
                place = operation.place if isinstance(operation.place, str) else None
                performed.add((held.name if held else "", operation.verb, place))
            else:
                model.commit(operation)
                if operation.verb in (Verb.INIT, Verb.OPEN, Verb.REOPEN):
                    reference.handles.append(None)
        tree = model.tree()
        if tree is None:
            assert reference.root is None
        else:
            assert reference.tree() == without_null_elements(tree, EVERYTHING)
    # Seeded, so it is known that everything was put to the test.
    wanted = {
        (name, verb, place)
        for name in {
            held.name for held in (EVERYTHING, *(f.type for f in EVERYTHING.fields if f.target))
        }
        for verb, place in ACTIONS[name]
        if verb in REFERENCE_VERBS and not str(place).startswith("choice") and name != "Mixed"
    }
    assert wanted <= performed
