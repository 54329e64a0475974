"""Bytes: every string is a scenario, every scenario a string, and random ones mean something."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from struct import pack, unpack
from time import process_time

import pytest
from capnsafe_allocators import FAMILIES, Fault, When
from capnsafe_fuzz.memories import MEMORIES
from capnsafe_fuzz.scenario import (
    EVERYTHING,
    NO_HANDLE,
    PLACELESS,
    SOURCED,
    TYPES,
    UNLIMITED_WORDS,
    WHOLE_MESSAGE,
    As,
    ExpectationKind,
    FieldKind,
    ListType,
    MemorySpec,
    Model,
    Operation,
    Scenario,
    StructType,
    Verb,
    decode,
    encode,
    generate,
    handle_types,
)
from capnsafe_fuzz.scenario.operations import OPERATIONS, ValueForm
from capnsafe_fuzz.scenario.program import (
    ACTIONS,
    MAX_COUNT,
    MAX_COUNT_ZERO_SIZED,
    Value,
    choices_of,
    kind_of,
    sources,
)
from capnsafe_fuzz.scenario.schema import FLOATS, Type
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scenario.ways import way_to

ROOT = Operation(Verb.ROOT)
HEADER_BYTES, FAULT_BYTES, OPERATION_BYTES = 12, 8, 12


def checked(scenario: Scenario) -> Scenario:
    """The same scenario, through the checks that decode goes round."""
    return replace(scenario)


def assert_is_a_scenario(data: bytes) -> None:
    scenario = decode(data)
    assert checked(scenario) == scenario
    canonical = encode(scenario)
    assert decode(canonical) == scenario
    assert encode(decode(canonical)) == canonical


@given(st.binary(max_size=150))
@settings(max_examples=200)
def test_every_byte_string_is_a_scenario(data: bytes) -> None:
    assert_is_a_scenario(data)


@pytest.mark.thorough
def test_every_long_byte_string_is_a_scenario() -> None:
    """Hypothesis takes a hundred times as long to draw one as to decode it."""
    rng = Random(21)
    for number in range(2000):
        few = rng.randbytes(rng.choice((2, 16)))
        data = rng.randbytes(rng.randrange(1500)) if number % 2 else bytes(rng.choices(few, k=1500))
        try:
            assert_is_a_scenario(data)
        except Exception as error:
            error.add_note(f"the bytes {data.hex()}")
            raise


@given(st.integers(0, 64), st.integers(0, 1 << 32))
@settings(max_examples=300)
def test_every_scenario_is_a_byte_string(size: int, seed: int) -> None:
    scenario = generate(Random(seed), size)
    again = decode(encode(scenario))
    assert again == scenario
    # True == 1 and 1 == 1.0, but not here.
    assert [type(operation.value) for operation in again.operations] == [
        type(operation.value) for operation in scenario.operations
    ]


def values_without_a_place(held: Type, verb: Verb, number: int) -> list[Value]:
    """The values with which an operation of a handle as a whole is tried."""
    form = OPERATIONS[verb].value
    if form is ValueForm.SOURCE:
        return [number]
    if form is ValueForm.LENGTH:
        return [0, 1, 15, 16, MAX_COUNT]
    if form is ValueForm.OCTETS:
        return [b"", bytes(8), bytes(range(24))]
    return [As(taken) for taken in choices_of(held, verb, None)] or [None]


@pytest.mark.parametrize("name", TYPES)
def test_every_action_of_every_type_survives(name: str) -> None:
    """With the edges of every value: the constructor may let in only what bytes can hold."""
    held = TYPES[name]
    start, number = way_to(name)
    for verb, place in ACTIONS[name]:
        if verb in PLACELESS:
            for asked in values_without_a_place(held, verb, number):
                assert_survives(*start, Operation(verb, number, None, asked))
            continue
        for index in (0, 3, 4, 15, 16, 4095) if place is None else (place,):
            if verb in SOURCED:
                for source in sources(held, verb, index):
                    before, other = joined(start, source)
                    assert_survives(*before, Operation(verb, number, index, other))
                continue
            kind = kind_of(held, index)
            for value in edges(verb, kind, name, place):
                assert_survives(*start, Operation(verb, number, index, value))


def assert_survives(*operations: Operation) -> None:
    scenario = Scenario(operations=(*operations, Operation(Verb.OUTPUT)))
    again = decode(encode(scenario))
    assert again == scenario, operations[-1]
    # True == 1, but not here.
    assert type(again.operations[-2].value) is type(operations[-1].value)


def joined(start: tuple[Operation, ...], source: str) -> tuple[tuple[Operation, ...], int]:
    """A program that goes on with the way to another type, and the number of that handle."""
    way, other = way_to(source)
    made = len(handle_types(start))
    moved = (
        one if one.handle == NO_HANDLE else one._replace(handle=one.handle + made) for one in way
    )
    return (*start, *moved), other + made


def edges(
    verb: Verb, kind: FieldKind, name: str, place: str | None
) -> list[int | bool | str | bytes | As | None]:
    held = TYPES[name]
    at = 0 if place is None else place
    form = OPERATIONS[verb].value
    if form is ValueForm.MEMBER:
        assert isinstance(held, StructType)
        return [*held.by_name[str(place)].members]
    if form is ValueForm.OCTETS:
        return [b"", bytes(8), b"\xff" * 16, bytes(range(240))]
    if choices := choices_of(held, verb, at):
        taken: list[int | bool | str | bytes | As | None] = []
        for choice in choices:
            is_list = form is ValueForm.COUNT and isinstance(TYPES[choice], ListType)
            taken += [As(choice, length) for length in ((0, 15, 16, 300) if is_list else (None,))]
        return taken
    if form is ValueForm.COUNT and kind is FieldKind.LIST:
        if place in ("units", "empties"):
            return [0, 15, 16, MAX_COUNT_ZERO_SIZED]
        return [0, 1, 15, 16, 32 if place == "children" else 300]
    if form is not ValueForm.WRITTEN:
        return [None]
    if kind is FieldKind.ANY:
        return ["", "a" * 9, b"", b"a", 0, (1 << 32) - 1]
    if kind is FieldKind.CAPABILITY:
        return [0, (1 << 32) - 1]
    if kind is FieldKind.TEXT:
        return ["", "a", "abcdefg", "abcdefgh", "\0", "é" * 3, "é" * 4, "é" * 150]
    if kind is FieldKind.DATA:
        return [b"", b"\0", b"\xff" * 7, b"\xff" * 8, b"\x80" * 300]
    if kind is FieldKind.BOOL:
        return [False, True]
    if kind in FLOATS:
        return [0, 1, 0x7F800000, 0x7FC00000]
    signed = kind.value.startswith("Int")
    bits = int("".join(filter(str.isdigit, kind.value)) or 16)
    return [-(1 << bits - 1), -1, 0, (1 << bits - 1) - 1] if signed else [0, 1, (1 << bits) - 1]


@pytest.mark.parametrize(
    "memory",
    [
        MemorySpec(name, segment, total, grows)
        for segment in (0, 1, 16, 17, 256, 257, 4096)
        for name, totals in (
            ("heap", (0,)),
            ("stable", (0,)),
            ("fixed", (1, 128, 129, 1024, 1025, 4096)),
            ("pool", (1, 128, 129, 1024, 1025, 4096)),
            ("malloc", (0,)),
            ("mapped-file", (0,)),
            ("shared-memory", (0,)),
            ("wasm", (0,)),
            ("wasm-stays", (0,)),
        )
        for total in totals
        for grows in (False, True)
        if (segment or name == "fixed") and (not grows or MEMORIES[name].grows)
    ],
)
def test_every_memory_survives(memory: MemorySpec) -> None:
    assert decode(encode(Scenario(memory))).memory == memory


@pytest.mark.parametrize(
    "words", [1, 2, 34, 35, 36, 98, 99, 4096, 4097, 1 << 20, UNLIMITED_WORDS - 1, UNLIMITED_WORDS]
)
def test_every_limit_survives(words: int) -> None:
    scenario = Scenario(max_segment_words=words)
    assert decode(encode(scenario)).max_segment_words == words


def test_every_kind_of_fault_survives() -> None:
    for family in FAMILIES.values():
        for name, kind in family.kinds.items():
            for when in family.moments:
                for number, numbers in (
                    (1, (0, 0)),
                    (7, (1, 1)),
                    (64, (4, 63)),
                    (4095, (63, 4095)),
                ):
                    fault = Fault(
                        family.name,
                        name,
                        when,
                        number - (when is When.AFTER),
                        number % 2 == 1,
                        numbers[0] if kind.takes_segment else 0,
                        numbers[1] if kind.takes_amount else 0,
                    )
                    scenario = Scenario(faults=(fault,) * 8)
                    assert decode(encode(scenario)) == scenario, fault


def test_random_bytes_mean_memory_that_grows_now_and_then() -> None:
    rng = Random(4)
    grows = Counter(decode(rng.randbytes(12)).memory.grows for _ in range(2000))
    assert 300 < grows[True] < 700


def test_random_bytes_mean_every_fault() -> None:
    rng = Random(5)
    seen = Counter(
        (fault.family, fault.kind, fault.when)
        for _ in range(3000)
        for fault in decode(rng.randbytes(60)).faults
    )
    expected = {
        (family.name, kind, when)
        for family in FAMILIES.values()
        for kind in family.kinds
        for when in family.moments
    }
    assert set(seen) == expected


def random_bytes(rng: Random) -> bytes:
    """A dozen operations, as the header says, and room for all the faults there may be."""
    data = bytearray(rng.randbytes(HEADER_BYTES + 8 * FAULT_BYTES + 14 * OPERATION_BYTES))
    data[1] = 12
    return bytes(data)


def test_random_bytes_mostly_mean_something() -> None:
    rng = Random(1)
    kinds: Counter[ExpectationKind] = Counter()
    faults: Counter[int] = Counter()
    roots = 0
    for _ in range(1000):
        scenario = decode(random_bytes(rng))
        model = Model()
        roots += scenario.operations[0] == ROOT
        faults[len(scenario.faults)] += 1
        for operation in scenario.operations:
            kinds[model.expect(operation).kind] += 1
            model.commit(operation)
    total = kinds.total()
    assert roots > 950
    assert (kinds[ExpectationKind.OK] + kinds[ExpectationKind.VALUE]) / total > 0.7
    # Wrong programs are tested, too.
    assert kinds[ExpectationKind.STALE] / total > 0.01
    assert kinds[ExpectationKind.INDEX] / total > 0.01
    assert faults[1] > 400
    assert faults[0] > 100
    assert sum(count for number, count in faults.items() if number > 1) > 150


def test_random_bytes_reach_every_action() -> None:
    rng = Random(2)
    seen = set()
    for _ in range(4000):
        scenario = decode(random_bytes(rng))
        types = scenario.handle_types
        for verb, handle, place, _ in scenario.operations:
            held = types[handle].name if handle >= 0 else ""
            seen.add((held, verb, place if isinstance(place, str) else None))
    expected = {(name, *action) for name, actions in ACTIONS.items() for action in actions}
    expected |= {("", verb, None) for verb in WHOLE_MESSAGE}
    assert seen <= expected
    # What takes an orphan of one kind at one place is for mutation to find.
    assert len(seen) / len(expected) > 0.84
    assert {verb for _, verb, _ in seen} == set(Verb)


@pytest.mark.thorough
def test_a_small_edit_of_the_bytes_is_a_small_edit_of_the_program() -> None:
    """One byte of one record changes one operation, and what depends on its handle."""
    rng = Random(3)
    changed = []
    for _ in range(2000):
        scenario = generate(rng, 12)
        data = bytearray(encode(scenario))
        start = HEADER_BYTES + FAULT_BYTES * len(scenario.faults)
        at = rng.randrange(start, start + OPERATION_BYTES * 12)
        data[at] ^= 1 << rng.randrange(8)
        edited = decode(bytes(data)).operations
        assert len(edited) == 12
        changed.append(sum(a != b for a, b in zip(scenario.operations, edited, strict=True)))
        if at % OPERATION_BYTES != start % OPERATION_BYTES + 1:
            assert (
                edited[: (at - start) // OPERATION_BYTES]
                == scenario.operations[: (at - start) // OPERATION_BYTES]
            )
    assert sum(changed) / len(changed) < 1.5


def test_long_texts_do_not_push_operations_about() -> None:
    operations = (
        ROOT,
        Operation(Verb.SET, 0, "text", "x" * 100),
        Operation(Verb.SET, 0, "data", b"y" * 50),
        Operation(Verb.SET, 0, "u8", 7),
    )
    data = encode(Scenario(operations=operations))
    assert len(data) == HEADER_BYTES + 4 * OPERATION_BYTES + 150
    edited = bytearray(data)
    edited[HEADER_BYTES + OPERATION_BYTES + 4] = 90
    found = decode(bytes(edited)).operations
    assert found[1].value == "x" * 90
    assert found[2].value == b"x" * 10 + b"y" * 40
    assert found[3] == operations[3]
    # The end of the input cuts texts, not operations.
    assert decode(data[:-60]).operations[1:] == (
        Operation(Verb.SET, 0, "text", "x" * 90),
        Operation(Verb.SET, 0, "data", b""),
        operations[3],
    )


def test_too_much_is_cut() -> None:
    scenario = decode(b"\x40" * 12 + bytes(10_000))
    assert len(scenario.operations) == 64
    assert decode(b"").operations == ()
    assert decode(b"") == decode(bytes(12))


@pytest.mark.parametrize(
    ("length", "expected"), [(300, 300), (301, 0), (302, 1), (0xFFFFFFFF, 101)]
)
def test_no_length_is_too_long(length: int, expected: int) -> None:
    operations = (ROOT, Operation(Verb.SET, 0, "data", b"y" * 300))
    data = bytearray(encode(Scenario(operations=operations)))
    at = HEADER_BYTES + OPERATION_BYTES + 4
    data[at : at + 4] = pack("<I", length)
    assert decode(bytes(data) + bytes(1000)).operations[1].value == b"y" * expected


def test_no_limit_is_too_large() -> None:
    assert decode(b"\xff" * HEADER_BYTES).max_segment_words == UNLIMITED_WORDS


def test_limits_of_random_bytes_let_most_roots_be() -> None:
    rng = Random(6)
    limits = [decode(rng.randbytes(HEADER_BYTES)).max_segment_words for _ in range(1000)]
    assert 400 < limits.count(UNLIMITED_WORDS) < 600
    assert 150 < sum(EVERYTHING.words <= limit < 100 for limit in limits) < 350


def test_texts_that_are_not_utf8_lose_what_is_not() -> None:
    data = bytearray(encode(Scenario(operations=(ROOT, Operation(Verb.SET, 0, "text", "abc")))))
    value = data.index(b"abc")
    data[value : value + 3] = b"\xffb\xc3"
    assert decode(bytes(data)).operations[1].value == "b"


def test_floats_survive_as_python_floats() -> None:
    """On the way to an encoder and back, a float's bits are a Python float."""
    rng = Random(22)
    tried = 0
    for _ in range(1000):
        scenario = decode(rng.randbytes(rng.randint(200, 800)))
        types = scenario.handle_types
        for verb, handle, place, value in scenario.operations:
            if verb is Verb.SET and (kind := kind_of(types[handle], place)) in FLOATS:
                integer, real = ("<I", "<f") if kind is FieldKind.FLOAT32 else ("<Q", "<d")
                assert unpack(integer, pack(real, *unpack(real, pack(integer, value)))) == (value,)
                tried += 1
    assert tried > 100, tried


@pytest.mark.own_process
def test_decoding_is_fast() -> None:
    """It runs once for each execution; the bound is ten times what it takes on a slow machine."""
    rng = Random(4)
    inputs = [encode(generate(rng, 12)) for _ in range(200)]
    best = 1.0
    for _ in range(5):
        start = process_time()
        for data in inputs:
            decode(data)
        best = min(best, process_time() - start)
    assert best / len(inputs) < 300e-6
