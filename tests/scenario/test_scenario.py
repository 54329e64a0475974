"""What a scenario's constructor lets in."""

from __future__ import annotations

import pytest
from capnsafe_allocators import Fault, When
from capnsafe_fuzz.scenario import (
    EVERYTHING,
    TYPES,
    UNLIMITED_WORDS,
    As,
    MemorySpec,
    Operation,
    Scenario,
    ScenarioError,
    Verb,
    handle_types,
)
from capnsafe_fuzz.scenario.program import MAX_COUNT, MAX_COUNT_CHILDREN, MAX_COUNT_ZERO_SIZED

ROOT = Operation(Verb.ROOT)


def scenario(*operations: Operation, faults: tuple[Fault, ...] = ()) -> Scenario:
    return Scenario(operations=operations, faults=faults)


def test_handles_have_the_types_of_what_they_were_made_from() -> None:
    operations = (
        ROOT,
        Operation(Verb.SET, 0, "u8", 1),
        Operation(Verb.INIT, 0, "matrix", 3),
        Operation(Verb.OUTPUT),
        Operation(Verb.OPEN, 1, 2),
        Operation(Verb.INIT, 0, "smalls", 3),
        Operation(Verb.OPEN, 3, 0),
        Operation(Verb.REOPEN),
    )
    names = [held.name for held in handle_types(operations)]
    assert names == [
        "Everything",
        "List(List(UInt16))",
        "List(UInt16)",
        "List(Small)",
        "Small",
        "Everything",
    ]
    assert scenario(*operations).handle_types == handle_types(operations)


@pytest.mark.parametrize(
    ("operation", "complaint"),
    [
        (Operation(Verb.SET, 1, "u8", 1), "no handle h1"),
        (Operation(Verb.SET, -1, "u8", 1), "no handle"),
        (Operation(Verb.OUTPUT, 0), "takes no handle"),
        (Operation(Verb.ROOT, -1, None, 1), "takes no handle"),
        (Operation(Verb.SET, 0, "u99", 1), "no field 'u99'"),
        (Operation(Verb.SET, 0, "choice.other", 1), "no field"),
        (Operation(Verb.SELECT, 0, "choice", "other"), "takes one of nothing, number"),
        (Operation(Verb.SELECT, 0, "choice.number"), "does not go with UInt32"),
        (Operation(Verb.COPY, 0, "child", 1), "no handle h1"),
        (Operation(Verb.COPY, 0, "small", 0), "takes a handle on Small here, not Everything"),
        (Operation(Verb.ADOPT, 0, "small", 0), r"takes a handle on Orphan\(Small\) here"),
        (Operation(Verb.FILL, 0, "u16s", b"abc"), "UInt16"),
        (Operation(Verb.FILL, 0, "flags", b"abc"), "does not go with List"),
        (Operation(Verb.NEW, 0, "child"), "takes no place"),
        (Operation(Verb.DROP, 0), "does not go with Everything"),
        (Operation(Verb.INIT, 0, "child", As("Everything")), "takes no value"),
        (Operation(Verb.SET, 0, 0, 1), "takes a field's name"),
        (Operation(Verb.GET, 0, "unit"), "does not go with Void"),
        (Operation(Verb.CLEAR, 0, "u8"), "does not go with UInt8"),
        (Operation(Verb.INIT, 0, "text", 3), "does not go with Text"),
        (Operation(Verb.SET, 0, "child", 3), "does not go with Struct"),
        (Operation(Verb.GET, 0, "u8", 3), "takes no value"),
        (Operation(Verb.INIT, 0, "child", 3), "takes no value"),
        (Operation(Verb.OPEN, 0, "i8s", 3), "takes no value"),
        (Operation(Verb.SET, 0, "u8", 256), "0 to 255"),
        (Operation(Verb.SET, 0, "u8", -1), "0 to 255"),
        (Operation(Verb.SET, 0, "i8", 128), "-128 to 127"),
        (Operation(Verb.SET, 0, "i64", 1 << 63), "Int64 takes"),
        (Operation(Verb.SET, 0, "colour", 1 << 16), "Enum takes"),
        (Operation(Verb.SET, 0, "u8", True), "takes an int"),
        (Operation(Verb.SET, 0, "u8", None), "takes an int"),
        (Operation(Verb.SET, 0, "flag", 1), "true or false"),
        (Operation(Verb.SET, 0, "f32", 1.5), "takes an int"),  # type: ignore[arg-type]
        (Operation(Verb.SET, 0, "f32", 0x7F800001), "signalling NaN"),
        (Operation(Verb.SET, 0, "f64", 0xFFF0000000000001), "signalling NaN"),
        (Operation(Verb.SET, 0, "text", b"a"), "takes a str"),
        (Operation(Verb.SET, 0, "text", "\ud800"), "surrogates"),
        (Operation(Verb.SET, 0, "text", "é" * 151), "at most 300 bytes"),
        (Operation(Verb.SET, 0, "data", "a"), "takes bytes"),
        (Operation(Verb.SET, 0, "data", bytes(301)), "at most 300 bytes"),
        (Operation(Verb.INIT, 0, "i8s", None), "takes a count"),
        (Operation(Verb.INIT, 0, "i8s", True), "takes a count"),
        (Operation(Verb.INIT, 0, "i8s", -1), "count from 0"),
        (Operation(Verb.INIT, 0, "i8s", MAX_COUNT + 1), "count from 0"),
        (Operation(Verb.INIT, 0, "children", MAX_COUNT_CHILDREN + 1), "count from 0"),
        (Operation(Verb.INIT, 0, "empties", MAX_COUNT_ZERO_SIZED + 1), "count from 0"),
    ],
)
def test_operations_that_mean_nothing_are_refused(operation: Operation, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=f"operation 1: .*{complaint}"):
        scenario(ROOT, operation)


@pytest.mark.parametrize(
    ("field", "operation", "complaint"),
    [
        ("i8s", Operation(Verb.SET, 1, "u8", 1), "takes an index"),
        ("i8s", Operation(Verb.SET, 1, -1, 1), "an index"),
        ("i8s", Operation(Verb.SET, 1, 4096, 1), "an index"),
        ("i8s", Operation(Verb.SET, 1, True, 1), "takes an index"),
        ("i8s", Operation(Verb.CLEAR, 1, 0), "does not go with Int8"),
        ("units", Operation(Verb.GET, 1, 0), "does not go with Void"),
        ("smalls", Operation(Verb.INIT, 1, 0), "does not go with Struct"),
        ("smalls", Operation(Verb.CLEAR, 1, 0), "does not go with Struct"),
        ("matrix", Operation(Verb.SET, 1, 0, 1), "does not go with List"),
        ("matrix", Operation(Verb.INIT, 1, 0, 301), "count from 0"),
        ("flags", Operation(Verb.SET, 1, 0, 1), "true or false"),
    ],
)
def test_elements_that_mean_nothing_are_refused(
    field: str, operation: Operation, complaint: str
) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        scenario(ROOT, Operation(Verb.INIT, 0, field, 1), operation)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("i8", -128),
        ("i8", 127),
        ("u64", (1 << 64) - 1),
        ("colour", 65535),
        ("f32", 0x7FC00001),
        ("f32", 0xFF800000),
        ("f64", 0xFFF8000000000001),
        ("f64", 0x7FF0000000000000),
        ("text", "é" * 150),
        ("data", bytes(300)),
    ],
)
def test_edges_are_let_in(field: str, value: int | str | bytes) -> None:
    assert scenario(ROOT, Operation(Verb.SET, 0, field, value)).operations[1].value == value


def test_a_scenario_holds_so_much() -> None:
    assert len(Scenario(operations=(ROOT,) * 64).operations) == 64
    with pytest.raises(ScenarioError, match="64"):
        Scenario(operations=(ROOT,) * 65)
    fault = Fault("move", "all", When.AFTER, 0)
    assert len(Scenario(faults=(fault,) * 8).faults) == 8
    with pytest.raises(ScenarioError, match="8"):
        Scenario(faults=(fault,) * 9)


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        (Fault("nonsense", "all", When.AFTER, 0), "no family"),
        (Fault("move", "nonsense", When.AFTER, 0), "no kind"),
        (Fault("short", "zero", When.SEGMENT, 1), "cannot be laid"),
        (Fault("move", "all", When.AFTER, 0, segment=1), "takes no segment"),
        (Fault("move", "all", When.AFTER, 4096), "moment is 0 to 4095"),
        (Fault("move", "one", When.AFTER, 0, segment=64), "segment is 0 to 63"),
        (Fault("short", "less", When.ALLOCATE, 1, amount=4096), "amount is 0 to 4095"),
    ],
)
def test_faults_that_bytes_cannot_hold_are_refused(fault: Fault, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        scenario(faults=(fault,))


@pytest.mark.parametrize(
    ("name", "segment_words", "total_words"),
    [
        ("pool", 1, 0),
        ("heap", 0, 0),
        ("heap", 4097, 0),
        ("heap", 1, 1),
        ("stable", 0, 0),
        ("stable", 4097, 0),
        ("stable", 1, 1),
        ("fixed", 1, 0),
        ("fixed", -1, 1),
        ("fixed", 1, 4097),
        ("heap", True, 0),
    ],
)
def test_memories_that_are_refused(name: str, segment_words: int, total_words: int) -> None:
    with pytest.raises(ScenarioError):
        MemorySpec(name, segment_words, total_words)


@pytest.mark.parametrize(
    ("name", "total_words", "grows"),
    [
        ("fixed", 64, True),
        ("shared-memory", 0, True),
        ("package.module:Memory", 0, True),
        ("heap", 0, 1),
    ],
)
def test_growth_that_is_refused(name: str, total_words: int, grows: bool) -> None:
    MemorySpec(name, 8, total_words)
    with pytest.raises(ScenarioError, match="grows"):
        MemorySpec(name, 8, total_words, grows)


@pytest.mark.parametrize("words", [0, -1, UNLIMITED_WORDS + 1, True])
def test_limits_that_are_refused(words: int) -> None:
    with pytest.raises(ScenarioError, match="max_segment_words"):
        Scenario(max_segment_words=words)


def test_a_comment_is_no_part_of_what_a_scenario_is() -> None:
    noted = Scenario(operations=(ROOT,), comment="\nwhy  \r\n\rand how\n\n")
    assert noted.comment == "why\n\nand how"
    assert noted == scenario(ROOT)
    assert hash(noted) == hash(scenario(ROOT))


def test_a_root_has_the_size_that_limits_are_measured_by() -> None:
    assert EVERYTHING.words == 35
    assert TYPES["Everything"] is EVERYTHING
