"""The reference's equality of objects, which the target ``reader`` compares with the library's."""

from __future__ import annotations

from typing import Any

import pytest
from capnsafe_fuzz.reference.equality import equal_copies
from capnsafe_fuzz.reference.reading import Copy


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(8, "little") for number in numbers)


def struct(data: tuple[int, ...] = (), *below: Copy | None) -> Copy:
    first = len(data)
    children = tuple((first + at, child) for at, child in enumerate(below) if child is not None)
    return len(data) << 32 | len(below) << 48, words(*data, *(0 for _ in below)), children


def structs(data: int, pointers: int, *bodies: tuple[int, ...]) -> Copy:
    step = data + pointers
    tag = len(bodies) << 2 | data << 32 | pointers << 48
    flat = [number for body in bodies for number in body]
    return 1 | 7 << 32 | len(bodies) * step << 35, words(tag, *flat), ()


def pointers(*below: Copy | None) -> Copy:
    children = tuple((at, child) for at, child in enumerate(below) if child is not None)
    return 1 | 6 << 32 | len(below) << 35, words(*(0 for _ in below)), children


def octets(*values: int) -> Copy:
    return 1 | 2 << 32 | len(values) << 35, bytes(values).ljust(8, b"\0"), ()


SEVEN = struct((7,))
CAPABILITY: Copy = (3 | 5 << 32, b"", ())


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (SEVEN, struct((7, 0)), True),
        (SEVEN, struct((7,), None, None), True),
        (SEVEN, struct((7, 1)), False),
        (SEVEN, struct((0, 7)), False),
        (SEVEN, struct((7,), struct()), False),
        (struct(), struct((0,), None), True),
        (struct((), SEVEN, None), struct((0,), struct((7, 0)), None), True),
        (struct((), None, SEVEN), struct((), SEVEN), False),
        (SEVEN, octets(7), False),
        (octets(7), octets(7), True),
        (octets(7), octets(7, 0), False),
        (octets(7), (1 | 3 << 32 | 1 << 35, words(7), ()), False),
        (pointers(SEVEN), pointers(struct((7, 0))), True),
        (pointers(SEVEN), pointers(SEVEN, None), False),
        (pointers(SEVEN), pointers(None), False),
        (structs(1, 0, (7,), (8,)), structs(1, 1, (7, 0), (8, 0)), True),
        (structs(1, 0, (7,), (8,)), structs(1, 0, (7,)), False),
        (structs(1, 0, (7,), (8,)), structs(1, 0, (7,), (9,)), False),
        (structs(0, 0, (), ()), structs(1, 0, (0,), (0,)), True),
        (structs(0, 0, (), ()), structs(1, 0, (0,), (1,)), False),
        (structs(0, 0, (), ()), structs(0, 0, ()), False),
        (CAPABILITY, (3, b"", ()), None),
        (CAPABILITY, struct(), False),
        (struct((), CAPABILITY), struct((), CAPABILITY), None),
        (struct((), CAPABILITY), struct((), None), False),
        (struct((), CAPABILITY, SEVEN), struct((), CAPABILITY, struct((8,))), False),
    ],
)
def test_objects_are_equal_whatever_version_wrote_them(one: Any, other: Any, equal: Any) -> None:
    assert equal_copies(one, other) is equal
    assert equal_copies(other, one) is equal
    assert equal_copies(one, one) is (None if CAPABILITY in _all(one) else True)


def _all(copy: Copy) -> list[Copy]:
    return [copy, *(below for _, child in copy[2] for below in _all(child))]
