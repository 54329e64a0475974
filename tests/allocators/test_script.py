"""Faults as values and as text."""

from __future__ import annotations

from typing import Any

import pytest
from capnsafe_allocators import (
    FAMILIES,
    Fault,
    FaultError,
    FaultSyntaxError,
    When,
    check_fault,
    parse_fault,
    print_fault,
)
from hypothesis import given
from hypothesis import strategies as st

_NUMBERS = st.integers(0, 2**32 - 1)


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    family = draw(st.sampled_from(list(FAMILIES.values())))
    name = draw(st.sampled_from(list(family.kinds)))
    kind = family.kinds[name]
    when = draw(st.sampled_from(family.moments))
    return Fault(
        family.name,
        name,
        when,
        draw(_NUMBERS.filter(lambda number: number > 0 or when is When.AFTER)),
        draw(st.booleans()),
        draw(_NUMBERS) if kind.takes_segment else 0,
        draw(_NUMBERS) if kind.takes_amount else 0,
    )


@given(faults())
def test_what_is_printed_parses_to_the_same(fault: Fault) -> None:
    line = print_fault(fault)
    assert parse_fault(line) == fault
    assert "\n" not in line


def test_every_kind_at_every_moment_prints_and_parses() -> None:
    lines = set()
    for family in FAMILIES.values():
        for kind in family.kinds:
            for when in family.moments:
                for persistent in (False, True):
                    fault = Fault(family.name, kind, when, 1, persistent)
                    lines.add(print_fault(fault))
                    assert parse_fault(print_fault(fault)) == fault
    kinds_and_moments = sum(len(f.kinds) * len(f.moments) for f in FAMILIES.values())
    assert len(lines) == 2 * kinds_and_moments


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("refuse MemoryError allocate 2 once", Fault("refuse", "MemoryError", When.ALLOCATE, 2)),
        (
            "shrink below-used after 3 always segment=0 amount=1",
            Fault("shrink", "below-used", When.AFTER, 3, persistent=True, amount=1),
        ),
        ("move one any 7 once segment=4", Fault("move", "one", When.ANY, 7, segment=4)),
    ],
)
def test_the_one_way_to_write_it(line: str, fault: Fault) -> None:
    assert print_fault(fault) == line
    assert parse_fault(line) == fault


def test_blanks_and_the_order_of_options_do_not_matter() -> None:
    assert parse_fault("  shrink  below-used after 3 once amount=1 segment=2 ") == Fault(
        "shrink", "below-used", When.AFTER, 3, segment=2, amount=1
    )
    assert parse_fault("shrink below-used after 3 once").amount == 0


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("", "<family> <kind> <when> <n> once|always"),
        ("refuse MemoryError allocate 2", "4 parts"),
        ("explode now allocate 2 once", "explode"),
        ("refuse TypeError allocate 2 once", "TypeError"),
        ("refuse MemoryError sometimes 2 once", "sometimes"),
        ("short zero segment 2 once", "allocate, grow"),
        ("refuse MemoryError allocate two once", "'two'"),
        ("refuse MemoryError allocate ٢ once", "'٢'"),
        ("refuse MemoryError allocate 02 once", "'02'"),
        ("refuse MemoryError allocate -1 once", "'-1'"),
        ("refuse MemoryError allocate 0 once", "not 0"),
        ("refuse MemoryError after 4294967296 once", "not 4294967296"),
        ("refuse MemoryError allocate 99999999999999 once", "99999999999999"),
        ("refuse MemoryError allocate 1 twice", "'twice'"),
        ("refuse MemoryError allocate 1 once segment=1", "refuse MemoryError"),
        ("refuse MemoryError allocate 1 once segment=0", "refuse MemoryError"),
        ("short zero allocate 1 once amount=0", "amount"),
        ("move one any 1 once segment", "'segment'"),
        ("move one any 1 once colour=3", "'colour=3'"),
        ("move one any 1 once segment=1 segment=1", "segment"),
        ("move one any 1 once segment=x", "'x'"),
        ("move one any 1 once segment=9999999999", "9999999999"),
    ],
)
def test_syntax_errors_name_the_mistake(line: str, named: str) -> None:
    with pytest.raises(FaultSyntaxError) as caught:
        parse_fault(line)
    assert named in str(caught.value)
    assert isinstance(caught.value, ValueError)


@given(st.text(alphabet="refusmov one any 1-=segt\n", max_size=60))
def test_any_text_is_a_fault_or_a_syntax_error(line: str) -> None:
    try:
        fault = parse_fault(line)
    except FaultSyntaxError:
        return
    assert parse_fault(print_fault(fault)) == fault


@pytest.mark.parametrize(
    "numbers",
    [
        {"number": 0},
        {"number": -1},
        {"number": 2**32},
        {"number": 1, "segment": -1},
        {"number": 1, "amount": -1},
        {"number": 1, "segment": 2**32},
        {"number": 1, "amount": 2**32},
    ],
)
def test_numbers_that_cannot_be_are_refused(numbers: dict[str, Any]) -> None:
    with pytest.raises(FaultError):
        Fault("shrink", "below-used", When.ALLOCATE, **numbers)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("explode", "now", When.ANY, 1),
        Fault("refuse", "now", When.ANY, 1),
        Fault("dirty", "filler", When.RELEASE, 1),
        Fault("refuse", "MemoryError", When.ANY, 1, segment=1),
        Fault("move", "all", When.ANY, 1, amount=1),
    ],
)
def test_faults_that_mean_nothing_are_not_printed(fault: Fault) -> None:
    with pytest.raises(FaultError):
        check_fault(fault)
    with pytest.raises(FaultError):
        print_fault(fault)


def test_families_declare_what_they_are() -> None:
    assert list(FAMILIES) == [
        "refuse",
        "garble",
        "short",
        "move",
        "shrink",
        "vanish",
        "alias",
        "dirty",
        "scribble",
        "re-enter",
        "release",
        "guest",
        "finalize",
        "collect",
    ]
    for name, family in FAMILIES.items():
        assert family.name == name
        assert family.promises
        assert all(promise.startswith("P") for promise in family.promises)
        assert family.moments
        assert family.description
        for kind in family.kinds.values():
            assert kind.sentence.endswith(".")
