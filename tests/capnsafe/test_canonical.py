"""The canonical form: the bytes that the reference implementation gives, and each of its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from capnsafe import (
    Closed,
    Element,
    HeapAllocator,
    MalformedMessage,
    MessageBuilder,
    MessageTooLarge,
    StructBuilder,
    frame,
    wire,
)
from tests.builds import patches_constants
from tests.capnsafe.generated import (
    converted,
    everything,
    filled,
    root_of,
    scattered,
)
from tests.capnsafe.memories import Memory, closing


@pytest.fixture(params=[1, 100])
def message(request: pytest.FixtureRequest) -> Iterator[MessageBuilder]:
    memory = Memory(grant_words=request.param)
    with closing(MessageBuilder(memory), memory) as message:
        yield message


def canonical(message: bytes, segment_words: int) -> bytes:
    with MessageBuilder(HeapAllocator(segment_words=segment_words, growth=False)) as copy:
        copy.set_root(root_of(message))
        before = copy.segments()
        form = copy.canonical()
        assert copy.segments() == before
        return form


@pytest.mark.untraced
@pytest.mark.process
@pytest.mark.parametrize("segment_words", [1, 6, 1000])
def test_the_form_is_that_of_the_reference_implementation(segment_words: int) -> None:
    messages = [scattered(seed) for seed in range(1000, 1200)]
    messages += [filled(seed) for seed in range(1000, 1040)]
    ours = [canonical(message, segment_words) for message in messages]
    assert b"".join(ours) == converted("binary:canonical", messages)


def test_the_form_of_a_canonical_message_is_the_same() -> None:
    for seed in range(60):
        form = canonical(scattered(seed), 9)
        assert canonical(frame([form]), 3) == form


@pytest.mark.process
def test_what_pycapnp_builds_has_the_form_that_pycapnp_gives() -> None:
    builder = everything.Everything.new_message(num_first_segment_words=3)
    builder.init("smalls", 3)[1].label = "label"
    builder.init("matrix", 2).init(1, 3)[0] = 7
    builder.child.child.i8 = -1
    message = builder.to_bytes()
    form = canonical(message, 4)
    with everything.Everything.from_bytes(frame([form])) as reader:
        assert reader.to_dict() == builder.to_dict()
    assert form == converted("binary:canonical", [message])


# -- its rules, one by one -----------------------------------------------------------------------


def _last_data_byte(root: StructBuilder) -> None:
    root.set_uint8(15, 0x80)


def _last_bit(root: StructBuilder) -> None:
    root.set_bool(64, True)


def _empty_struct(root: StructBuilder) -> None:
    root.init_struct(1, 0, 0)


def _zero_struct(root: StructBuilder) -> None:
    root.init_struct(1, 3, 3)


def _empty_text(root: StructBuilder) -> None:
    root.set_data(1, b"")


def _no_structs(root: StructBuilder) -> None:
    root.init_struct_list(0, 0, 2, 2)
    root.init_struct_list(2, 0, 0, 0)


def _zero_structs(root: StructBuilder) -> None:
    root.init_struct_list(0, 4, 2, 2)


def _empty_structs(root: StructBuilder) -> None:
    root.init_struct_list(0, 4, 0, 0)


def _uneven_structs(root: StructBuilder) -> None:
    structs = root.init_struct_list(0, 3, 3, 3)
    structs[0].set_uint64(0, 1)
    structs[2].set_uint8(8, 1)
    structs[1].set_text(1, "second pointer")
    structs[2].set_text(0, "first pointer")


def _last_pointers(root: StructBuilder) -> None:
    structs = root.init_struct_list(2, 2, 1, 2)
    structs[1].init_struct(1, 1, 0)
    structs[0].init_list(0, Element.VOID, 3)


def _zero_sized_lists(root: StructBuilder) -> None:
    root.init_list(0, Element.VOID, 7)
    root.init_list(1, Element.BOOL, 0)
    root.init_pointer_list(2, 0)


def _null_pointers(root: StructBuilder) -> None:
    root.init_pointer_list(2, 3).set_data(1, b"x")


def _retired(root: StructBuilder) -> None:
    root.set_text(0, "a text that goes")
    root.set_text(1, "kept")
    root.clear(0)


def _nothing(root: StructBuilder) -> None:
    pass


@pytest.mark.process
@pytest.mark.parametrize(
    "build",
    [
        _last_data_byte,
        _last_bit,
        _empty_struct,
        _zero_struct,
        _empty_text,
        _no_structs,
        _zero_structs,
        _empty_structs,
        _uneven_structs,
        _last_pointers,
        _zero_sized_lists,
        _null_pointers,
        _retired,
        _nothing,
    ],
)
def test_a_rule(message: MessageBuilder, build: Callable[[StructBuilder], None]) -> None:
    build(message.init_root(2, 3))
    assert message.canonical() == converted("binary:canonical", [message.to_bytes()])


@pytest.mark.process
def test_bits_behind_a_list_are_cleared() -> None:
    """Another writer left ones behind 5 bits and behind 3 bytes."""
    words = (
        wire.struct_shape(0, 2),
        wire.with_offset(wire.list_shape(wire.SIZE_BIT, 5), 1),
        wire.with_offset(wire.list_shape(wire.SIZE_BYTE, 3), 1),
        2**64 - 1,
        2**64 - 1,
    )
    message = frame([b"".join(map(wire.POINTER.pack, words))])
    form = canonical(message, 50)
    assert form[-16:] == b"\x1f" + bytes(7) + b"\xff\xff\xff" + bytes(5)
    assert form == converted("binary:canonical", [message])


@pytest.mark.process
def test_words_behind_the_last_struct_are_cut() -> None:
    words = (
        wire.struct_shape(0, 1),
        wire.list_shape(wire.SIZE_COMPOSITE, 4),
        wire.tag(2, 1, 0),
        *(1, 2, 3, 4),
    )
    message = frame([b"".join(map(wire.POINTER.pack, words))])
    form = canonical(message, 50)
    assert len(form) == 5 * 8
    assert form == converted("binary:canonical", [message])


def test_a_message_without_root_is_one_null_pointer(message: MessageBuilder) -> None:
    assert message.canonical() == bytes(8)
    message.new_orphan_struct(1, 0)
    assert message.canonical() == bytes(8)


def test_capabilities_have_no_canonical_form(message: MessageBuilder) -> None:
    root = message.init_root(1, 2)
    root.set_capability(1, 3)
    with pytest.raises(MalformedMessage):
        message.canonical()
    root.clear(1)
    assert message.canonical() == wire.POINTER.pack(wire.EMPTY_STRUCT)


def test_a_closed_message_has_none() -> None:
    with MessageBuilder() as message:
        message.init_root(1, 0)
    with pytest.raises(Closed):
        message.canonical()


@patches_constants
def test_a_form_that_no_segment_can_hold_is_refused(
    message: MessageBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    message.init_root(1, 1).set_data(0, b"x" * 80)
    monkeypatch.setattr(wire, "MAX_SEGMENT_WORDS", 11)
    with pytest.raises(MessageTooLarge):
        message.canonical()
    monkeypatch.setattr(wire, "MAX_SEGMENT_WORDS", 12)
    assert len(message.canonical()) == 12 * 8
