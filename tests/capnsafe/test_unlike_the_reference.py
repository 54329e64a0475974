"""Where the encoding's text, or Python's habits, decide against the reference implementation.

The reference implementation reads or writes each of these words otherwise.
"""

from __future__ import annotations

import struct

import pytest

from capnsafe import (
    ArgumentIndexError,
    ArgumentValueError,
    Element,
    MessageBuilder,
    MessageReader,
    PointerKind,
    PointerOutOfBounds,
    frame,
)
from capnsafe._read.objects import PointerListReader
from tests.capnsafe.streaming import SCHEMA


def slots(words: str) -> PointerListReader:
    return MessageReader([bytes.fromhex(words)]).root_pointer()


#: Pointers to objects of zero size that lie millions of words beyond the segment's end.
OUTSIDE = ["0000000100000000", "0100000102000000", "0100000110000000", "1500000000000000"]


@pytest.mark.parametrize("words", OUTSIDE)
def test_an_object_of_zero_size_lies_within_its_segment(words: str) -> None:
    """The specification lets such an object lie anywhere "so long as it is in-bounds"."""
    opened = slots(words)
    is_struct = opened.kind(0) is PointerKind.STRUCT
    with pytest.raises(PointerOutOfBounds, match="not within segment 0, which has 1 words"):
        opened.get_struct(0) if is_struct else opened.get_list(0, Element.VOID)
    assert not MessageReader([bytes.fromhex(words)]).is_canonical()


def test_the_reference_moves_such_an_object() -> None:
    with SCHEMA.Small.from_bytes(frame([bytes.fromhex(OUTSIDE[0])])) as read:
        assert (read.number, read.name) == (0, "")


def test_the_count_of_a_tag_has_thirty_bits() -> None:
    """The reference implementation uses 29 of them, and finds one struct here."""
    tag = struct.pack("<IHH", (1 << 29 | 1) << 2, 1, 1)
    words = bytes.fromhex("0100000017000000") + tag + bytes(16)
    with pytest.raises(PointerOutOfBounds, match="the 536870913 structs of 2 words that its tag"):
        MessageReader([words]).root_pointer().get_struct_list(0)


def test_a_number_that_is_no_float32_is_refused() -> None:
    """Pycapnp stores an infinity."""
    with MessageBuilder() as message:
        root = message.init_root(1, 0)
        root.set_float32(0, 0.5)
        for number in (1e40, -3.5e38):
            with pytest.raises(ArgumentValueError, match="too large for FLOAT32"):
                root.set_float32(0, number)
        assert root.get_float32(0) == 0.5
        root.set_float32(0, float("inf"))
        assert root.get_float32(0) == float("inf")


@pytest.mark.parametrize("bits", [0x7FC00001, 0xFFC12345, 0x7FFFFFFF])
def test_the_payload_of_a_quiet_nan_is_kept(bits: int) -> None:
    with MessageBuilder() as message:
        root = message.init_root(1, 0)
        root.set_uint32(0, bits)
        root.set_float32(1, root.get_float32(0))
        assert root.get_uint32(1) == bits


def test_a_field_outside_of_a_builder_is_an_error_and_in_a_reader_the_default() -> None:
    """A builder that was opened without its sizes would otherwise write into the next object."""
    with MessageBuilder() as message:
        root = message.init_root(1, 0)
        with pytest.raises(ArgumentIndexError, match="UINT32 at offset 2 is outside the data"):
            root.get_uint32(2, default=7)
        assert MessageReader(message.segments()).get_root().get_uint32(2, default=7) == 7
