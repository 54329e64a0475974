"""Faults are detected with verification only, or always, as they declare."""

from __future__ import annotations

import pytest
from capnsafe_allocators import FAMILIES, Family, Fault, HostileAllocator, When
from capnsafe_allocators.hostile import GUARD_WORDS

from capnsafe import Element, Error, HeapAllocator, MessageBuilder, read_message

pytestmark = pytest.mark.thorough

KINDS = [(family, kind) for family in FAMILIES for kind in FAMILIES[family].kinds]
ONLY_VERIFIED = [one for one in KINDS if FAMILIES[one[0]].kinds[one[1]].effects.changes_contents]

TEXT = "a text that is longer than what is left of the first segment"
NUMBERS = list(range(1, 13))


def built(faults: list[Fault], *, verify: bool) -> str:
    """Build a message of several segments; return whether it is right, raised, or is wrong."""
    memory = HostileAllocator(
        HeapAllocator(segment_words=8 + 2 * GUARD_WORDS, growth=False), faults
    )
    try:
        with MessageBuilder(memory, verify=verify) as message:
            memory.used = message.segment_words
            root = message.init_root(data_words=1, pointer_count=2)
            root.set_uint64(0, 467)
            memory.operation_finished(0)
            root.set_text(0, TEXT)
            memory.operation_finished(1)
            numbers = root.init_list(1, Element.UINT64, len(NUMBERS))
            memory.operation_finished(2)
            for at, number in enumerate(NUMBERS):
                numbers[at] = number
            memory.operation_finished(3)
            data = message.to_bytes()
    except (Error, KeyboardInterrupt, SystemExit):
        return "raised"
    try:
        read = read_message(data).get_root()
        found = (read.get_uint64(0), read.get_text(0), list(read.get_list(1, Element.UINT64) or ()))
    except Error:
        return "wrong"
    return "right" if found == (467, TEXT, NUMBERS) else "wrong"


def faults_of(family: Family, name: str) -> list[Fault]:
    """The fault at each moment of the program, once and from then on."""
    kind = family.kinds[name]
    return [
        Fault(family.name, name, when, number, persistent, segment, amount)
        for when in family.moments
        for number in (1, 2, 3, 7)
        for persistent in (False, True)
        for segment in ((0, 1) if kind.takes_segment else (0,))
        for amount in ((0, 5) if kind.takes_amount else (0,))
    ]


@pytest.mark.parametrize(("family", "kind"), KINDS)
def test_what_is_declared_is_what_happens(family: str, kind: str) -> None:
    faults = faults_of(FAMILIES[family], kind)
    assert not any(built([fault], verify=True) == "wrong" for fault in faults)
    unverified = any(built([fault], verify=False) == "wrong" for fault in faults)
    assert unverified == ((family, kind) in ONLY_VERIFIED)


def test_without_a_fault_it_is_right() -> None:
    assert {built([], verify=verify) for verify in (False, True)} == {"right"}
    never = Fault("refuse", "MemoryError", When.ALLOCATE, 4000)
    assert built([never], verify=True) == "right"
