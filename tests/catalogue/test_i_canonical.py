"""Group I: the canonical form. What the reference implementation gives is asked of its tool."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from capnsafe import (
    Element,
    MessageBuilder,
    MessageReader,
    StructBuilder,
    frame,
    wire,
)
from tests.capnsafe.generated import converted
from tests.capnsafe.memories import Memory, closing
from tests.catalogue.hostile import ROOT, list_pointer, segment


@pytest.fixture(params=[1, 100])
def message(request: pytest.FixtureRequest) -> Iterator[MessageBuilder]:
    memory = Memory(grant_words=request.param)
    with closing(MessageBuilder(memory), memory) as message:
        yield message


def canonical(segments: list[bytes]) -> bytes:
    """Return the canonical form of the message in these segments."""
    with MessageBuilder() as message:
        message.set_root(MessageReader(segments).get_root())
        return message.canonical()


@pytest.mark.untraced
@pytest.mark.parametrize("bit", range(192))
def test_i1_every_bit_of_a_data_section_counts(bit: int) -> None:
    """capnproto C++ 4b7572fe: the last byte was taken for padding, and a value went with it."""
    with MessageBuilder() as message:
        root = message.init_root(3, 1)
        root.set_bool(bit, True)
        root.init_struct_list(0, 2, 3, 0)[0].set_bool(bit, True)
        form = message.canonical()
    reader = MessageReader([form]).get_root()
    structs = reader.get_struct_list(0)
    assert structs is not None
    assert MessageReader([form]).is_canonical()
    assert reader.get_bool(bit)
    assert structs[0].get_bool(bit)
    assert reader.data_bytes == structs[0].data_bytes == structs[1].data_bytes
    assert reader.data_bytes == 8 * (bit // 64 + 1)


def _empty(root: StructBuilder) -> None:
    root.init_struct(0, 0, 0)


def _zero(root: StructBuilder) -> None:
    root.init_struct(0, 4, 4)


def _empties(root: StructBuilder) -> None:
    root.init_struct_list(0, 5, 0, 0)


def _zeros(root: StructBuilder) -> None:
    root.init_struct_list(0, 5, 2, 2)


def _below(root: StructBuilder) -> None:
    root.init_struct(0, 0, 3).init_struct(2, 0, 0)


@pytest.mark.process
@pytest.mark.parametrize("build", [_empty, _zero, _empties, _zeros, _below])
def test_i2_structs_without_words_have_one_form(
    message: MessageBuilder, build: Callable[[StructBuilder], None]
) -> None:
    """capnproto C++ #394: a struct that was cut to nothing pointed anywhere."""
    build(message.init_root(0, 1))
    form = message.canonical()
    assert form == converted("binary:canonical", [message.to_bytes()])
    assert MessageReader([form]).is_canonical()
    assert canonical([form]) == form


def test_i2_nothing_but_a_root_is_one_word(message: MessageBuilder) -> None:
    message.init_root(5, 5)
    assert message.canonical() == wire.POINTER.pack(wire.EMPTY_STRUCT)


@pytest.mark.process
@pytest.mark.parametrize("trailing", [[0], [7], [0] * 9])
def test_i3_words_behind_the_last_object_are_cut(trailing: list[int]) -> None:
    """capnproto C++ 8d53497a."""
    words = segment(ROOT, list_pointer(wire.SIZE_BYTE, 4), b"data")
    assert MessageReader([words]).is_canonical()
    assert not MessageReader([words + segment(*trailing)]).is_canonical()
    form = canonical([words + segment(*trailing)])
    assert form == words
    assert form == converted("binary:canonical", [frame([words + segment(*trailing)])])


@pytest.mark.process
@pytest.mark.parametrize("kept_data", range(4))
@pytest.mark.parametrize("kept_pointers", range(4))
def test_i5_elements_are_cut_alike_and_read_at_their_old_step(
    message: MessageBuilder, kept_data: int, kept_pointers: int
) -> None:
    """capnproto-rust b98c4807: the source was stepped over at the size of the copy.

    (9fb4b82e: the count of pointers was the old one. 32007913: a list of empty structs.)
    """
    structs = message.init_root(0, 1).init_struct_list(0, 4, 3, 3)
    for number, struct in enumerate(structs):
        if number == 2:
            continue
        for word in range(kept_data):
            struct.set_uint8(word * 8, 16 * number + word + 1)
        for index in range(kept_pointers):
            struct.set_text(index, f"{number} {index}")
    form = message.canonical()
    assert form == converted("binary:canonical", [message.to_bytes()])
    reader = MessageReader([form]).get_root().get_struct_list(0)
    assert reader is not None
    assert [each.data_bytes for each in reader] == [kept_data * 8] * 4
    assert [each.pointer_count for each in reader] == [kept_pointers] * 4
    for number, each in enumerate(reader):
        for word in range(kept_data):
            assert each.get_uint64(word) == (0 if number == 2 else 16 * number + word + 1)
        for index in range(kept_pointers):
            assert each.get_text(index) == (None if number == 2 else f"{number} {index}")


@pytest.mark.process
def test_i6_a_far_pointer_into_its_own_segment_is_not_canonical() -> None:
    """capnproto-rust e72746cd: one segment, so it was taken for canonical as it was."""
    far = segment(ROOT, wire.far_pointer(0, 2), list_pointer(wire.SIZE_BYTE, 4), b"data")
    plain = segment(ROOT, list_pointer(wire.SIZE_BYTE, 4), b"data")
    assert not MessageReader([far]).is_canonical()
    assert MessageReader([plain]).is_canonical()
    assert canonical([far]) == plain
    assert converted("binary:canonical", [frame([far])]) == plain


@pytest.mark.process
@pytest.mark.parametrize("element", [Element.VOID, Element.BOOL, Element.UINT8, Element.UINT64])
def test_i8_a_list_without_words_points_to_where_it_would_be(
    message: MessageBuilder, element: Element
) -> None:
    """capnproto C++ #1085: to itself, to nothing, or, as it was settled there, to the next word."""
    root = message.init_root(1, 4)
    root.set_text(0, "in front")
    root.init_list(1, element, 9 if element is Element.VOID else 0)
    root.init_pointer_list(2, 0)
    root.set_text(3, "behind")
    root.set_uint8(0, 1)
    form = message.canonical()
    assert form == converted("binary:canonical", [message.to_bytes()])
    words = [int.from_bytes(form[at : at + 8], "little") for at in range(0, len(form), 8)]
    # The root has words 1 to 5, and the text in front has 6 and 7.
    assert [word + 1 + wire.offset(words[word]) for word in (2, 3, 4, 5)] == [6, 8, 8, 8]
