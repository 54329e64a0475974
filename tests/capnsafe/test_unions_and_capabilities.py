"""Unions, switched in one step, and capability pointers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from capnsafe_fuzz.scenario.schema import EVERYTHING

from capnsafe import (
    ArgumentError,
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    BorrowRefused,
    Closed,
    Element,
    Error,
    MalformedMessage,
    MessageBuilder,
    MessageReader,
    PointerKind,
    PointerKindMismatch,
    StaleHandle,
    StructBuilder,
    wire,
)
from capnsafe.wire import ELEMENTS
from tests.capnsafe.generated import converted, everything, root_of
from tests.capnsafe.memories import FailingMemory, HookedMemory, Memory, Stop, closing
from tests.catalogue.hostile import scribbled

# The members of the union `choice` of everything.capnp.
NOTHING, NUMBER, WORDS, NUMBERS = range(4)


@pytest.fixture
def root(message: MessageBuilder) -> StructBuilder:
    return message.init_root(EVERYTHING.data_words, EVERYTHING.pointer_count)


def union_layout() -> tuple[int, int, int, int]:
    """Return where the compiler put the union: discriminant, number, words, low."""
    choice = everything.Everything.schema.fields["choice"].schema
    node = choice.node.struct
    offsets = {field.name: field.slot.offset for field in node.fields if field.which() == "slot"}
    group = choice.fields["numbers"].schema.node.struct
    low = next(field.slot.offset for field in group.fields if field.name == "low")
    return node.discriminantOffset, offsets["number"], offsets["words"], low


TAG, NUMBER_AT, WORDS_AT, LOW_AT = union_layout()


def switch(node: StructBuilder, member: int) -> None:
    node.select(TAG, member, fields=[(Element.UINT32, NUMBER_AT)], pointers=[WORDS_AT])


def choice_of(message: MessageBuilder) -> Any:
    with everything.Everything.from_bytes(message.to_bytes()) as reader:
        return reader.choice.to_dict()


# -- unions --------------------------------------------------------------------------------------


def test_a_union_is_switched_and_begins_as_zero(
    message: MessageBuilder, root: StructBuilder
) -> None:
    root.set_uint64(3, 2**64 - 1)
    assert choice_of(message) == {"nothing": None}
    switch(root, NUMBER)
    root.set_uint32(NUMBER_AT, 0xFFFFFFFF)
    assert choice_of(message) == {"number": 0xFFFFFFFF}
    switch(root, NUMBERS)
    assert choice_of(message) == {"numbers": {"low": 0, "high": 0}}
    root.set_int16(LOW_AT, -3)
    assert choice_of(message) == {"numbers": {"low": -3, "high": 0}}
    switch(root, WORDS)
    assert choice_of(message) == {"words": ""}
    root.set_text(WORDS_AT, "SECRET")
    assert choice_of(message) == {"words": "SECRET"}
    switch(root, NUMBER)
    assert choice_of(message) == {"number": 0}
    assert b"SECRET" not in message.to_bytes()
    assert root.get_uint64(3) == 2**64 - 1


def test_what_a_pointer_of_the_old_member_led_to_is_stale(root: StructBuilder) -> None:
    child = root.init_struct(WORDS_AT, 1, 0)
    switch(root, NOTHING)
    with pytest.raises(StaleHandle):
        child.set_uint64(0, 1)
    assert root.is_null(WORDS_AT)


@pytest.mark.parametrize("element", [e for e in ELEMENTS if e is not Element.VOID])
def test_a_slot_of_each_size_is_cleared_alone(message: MessageBuilder, element: Element) -> None:
    root = message.init_root(4, 0)
    for word in range(4):
        root.set_uint64(word, 2**64 - 1)
    offset = 64 // element.bits + 1
    root.select(12, 5, fields=[(element, offset)])
    value = int.from_bytes(b"".join(root.get_uint8(at).to_bytes() for at in range(32)), "little")
    expected = 2**256 - 1
    expected &= ~(((1 << element.bits) - 1) << offset * element.bits)
    expected &= ~(0xFFFF << 12 * 16)
    expected |= 5 << 12 * 16
    assert value == expected


def test_void_members_have_no_slot(message: MessageBuilder) -> None:
    root = message.init_root(1, 0)
    root.set_uint64(0, 2**64 - 1)
    root.select(3, 2, fields=[(Element.VOID, 99)])
    assert root.get_uint64(0) == 0x0002_FFFF_FFFF_FFFF


def test_a_pointer_may_be_named_twice(message: MessageBuilder) -> None:
    root = message.init_root(1, 2)
    root.set_text(0, "zero")
    root.set_text(1, "one")
    root.select(0, 1, pointers=(1, 0, 1, 1))
    assert root.is_null(0)
    assert root.is_null(1)
    assert root.get_uint16(0) == 1


def test_an_element_is_switched(message: MessageBuilder) -> None:
    structs = message.init_root(0, 1).init_struct_list(0, 3, 1, 1)
    for node in structs:
        node.set_uint64(0, 2**64 - 1)
        node.set_text(0, "text")
    structs[1].select(0, 7, fields=[(Element.UINT16, 1)], pointers=[0])
    assert [node.get_uint64(0) for node in structs] == [
        2**64 - 1,
        0xFFFF_FFFF_0000_0007,
        2**64 - 1,
    ]
    assert [node.get_text(0) for node in structs] == ["text", None, "text"]


class Angry:
    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("not iterable today")

    def __index__(self) -> int:
        raise RuntimeError("no index either")


class Failing:
    def __iter__(self) -> Iterator[Any]:
        yield Element.UINT16, 0
        raise KeyError("in the middle")


@pytest.mark.parametrize(
    ("arguments", "options", "error"),
    [
        ((4, 0), {}, ArgumentIndexError),
        ((-1, 0), {}, ArgumentIndexError),
        ((0, -1), {}, ArgumentValueError),
        ((0, 65536), {}, ArgumentValueError),
        ((0, 2**300), {}, ArgumentValueError),
        ((2**300, 0), {}, ArgumentIndexError),
        (("0", 0), {}, ArgumentTypeError),
        ((0, 1.0), {}, ArgumentTypeError),
        ((0, 1), {"fields": 5}, ArgumentTypeError),
        ((0, 1), {"fields": [5]}, ArgumentTypeError),
        ((0, 1), {"fields": [(Element.UINT16,)]}, ArgumentTypeError),
        ((0, 1), {"fields": [(Element.UINT16, 0, 0)]}, ArgumentTypeError),
        ((0, 1), {"fields": [("UINT16", 0)]}, ArgumentTypeError),
        ((0, 1), {"fields": [(Element.UINT16, "0")]}, ArgumentTypeError),
        ((0, 1), {"fields": [(Element.UINT16, 4)]}, ArgumentIndexError),
        ((0, 1), {"fields": [(Element.BOOL, 64)]}, ArgumentIndexError),
        ((0, 1), {"fields": [(Element.UINT64, -1)]}, ArgumentIndexError),
        ((0, 1), {"fields": Failing()}, ArgumentTypeError),
        ((0, 1), {"fields": Angry()}, ArgumentTypeError),
        ((0, 1), {"pointers": 5}, ArgumentTypeError),
        ((0, 1), {"pointers": [0, "1"]}, ArgumentTypeError),
        ((0, 1), {"pointers": [0, 2]}, ArgumentIndexError),
        ((0, 1), {"pointers": [-1]}, ArgumentIndexError),
        ((0, 1), {"pointers": [Angry()]}, ArgumentTypeError),
    ],
)
def test_wrong_arguments_change_nothing(
    message: MessageBuilder, arguments: Any, options: Any, error: type[Error]
) -> None:
    root = message.init_root(1, 2)
    root.set_uint64(0, 2**64 - 1)
    root.set_text(0, "text")
    before = message.segments()
    with pytest.raises(error):
        root.select(*arguments, **options)
    with pytest.raises(ArgumentError):
        root.select(*arguments, **options)
    assert message.segments() == before


def test_a_field_may_be_any_pair(message: MessageBuilder) -> None:
    root = message.init_root(1, 0)
    root.set_uint64(0, 2**64 - 1)
    pairs: Any = iter([[Element.UINT16, 1], (Element.UINT32, 1)])
    root.select(0, 0, fields=pairs)
    assert root.get_uint64(0) == 0


def test_a_stale_struct_is_not_switched(message: MessageBuilder) -> None:
    root = message.init_root(0, 1)
    child = root.init_struct(0, 1, 1)
    root.clear(0)
    before = message.segments()
    every: list[Any] = [{}, {"pointers": [0]}, {"fields": [(Element.UINT16, 99)]}]
    for options in every:
        with pytest.raises(StaleHandle):
            child.select(0, 1, **options)
    assert message.segments() == before
    message.close()
    with pytest.raises(Closed):
        root.select(0, 1)


@pytest.mark.parametrize("error", [OSError, Stop])
def test_a_switch_is_all_or_nothing(error: type[BaseException]) -> None:
    for number in range(1, 30):
        memory = FailingMemory("segment", 10**9, error, grant_words=2)
        with closing(MessageBuilder(memory), memory) as message:
            root = message.init_root(1, 2)
            root.set_uint64(0, 2**64 - 1)
            for at in range(2):
                root.init_struct(at, 0, 1).set_text(0, "below")
            before = message.segments()
            memory.number = memory.calls["segment"] + number
            try:
                root.select(0, 3, fields=[(Element.UINT16, 1)], pointers=[0, 1])
            except (BorrowRefused, Stop):
                assert message.segments() == before
                root.select(0, 3, fields=[(Element.UINT16, 1)], pointers=[0, 1])
            else:
                assert number > 5
                return
            assert root.get_uint64(0) == 0xFFFF_FFFF_0000_0003
            assert root.is_null(0)
            assert root.is_null(1)
            assert b"below" not in message.to_bytes()
    raise AssertionError("it never succeeded")


# -- capabilities --------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", [0, 1, 77, 2**32 - 1])
def test_a_capability_is_an_index(message: MessageBuilder, entry: int) -> None:
    root = message.init_root(0, 2)
    root.set_capability(1, entry)
    assert root.get_capability(1) == entry
    assert root.get_capability(0) is None
    assert root.kind(1) is PointerKind.CAPABILITY
    assert not root.is_null(1)
    assert message.segments()[0] == bytes.fromhex("000000000000020000000000000000000300 0000") + (
        entry.to_bytes(4, "little")
    )
    read = root_of(message.to_bytes())
    assert read.get_capability(1) == entry
    assert read.get_capability(0) is None
    assert read.get_capability(5) is None


@pytest.mark.parametrize("entry", [-1, 2**32, 2**300])
def test_an_entry_has_32_bits(message: MessageBuilder, entry: int) -> None:
    root = message.init_root(0, 1)
    with pytest.raises(ArgumentValueError):
        root.set_capability(0, entry)
    assert root.is_null(0)


@pytest.mark.parametrize("entry", [None, "0", 1.0, Angry()])
def test_an_entry_is_an_integer(message: MessageBuilder, entry: Any) -> None:
    root = message.init_root(0, 1)
    with pytest.raises(ArgumentTypeError):
        root.set_capability(0, entry)
    with pytest.raises(ArgumentIndexError):
        root.set_capability(1, 0)
    assert root.is_null(0)


def test_a_capability_takes_the_place_of_a_value_and_back(message: MessageBuilder) -> None:
    """(capnproto-rust panicked when a capability pointer was overwritten.)"""
    root = message.init_root(0, 1)
    child = root.init_struct(0, 1, 1)
    child.set_text(0, "SECRET")
    child.set_capability(0, 3)
    child.set_text(0, "SECRET")
    root.set_capability(0, 4)
    with pytest.raises(StaleHandle):
        child.set_uint64(0, 1)
    assert b"SECRET" not in message.to_bytes()
    root.set_capability(0, 5)
    assert root.get_capability(0) == 5
    root.set_text(0, "text")
    assert root.get_text(0) == "text"
    with pytest.raises(PointerKindMismatch):
        root.get_capability(0)
    root.set_capability(0, 6)
    root.clear(0)
    assert root.kind(0) is PointerKind.NULL


def test_a_capability_is_nothing_else(message: MessageBuilder) -> None:
    root = message.init_root(0, 2)
    root.set_capability(0, 0)
    root.init_struct(1, 1, 0)
    calls: list[Callable[[Any], Any]] = [
        lambda node: node.get_struct(0),
        lambda node: node.get_list(0, Element.UINT8),
        lambda node: node.get_pointer_list(0),
        lambda node: node.get_struct_list(0),
        lambda node: node.get_text(0),
        lambda node: node.get_data(0),
        lambda node: node.get_capability(1),
    ]
    for call in calls:
        for node in (root, root_of(message.to_bytes())):
            with pytest.raises(PointerKindMismatch):
                call(node)


def test_an_unknown_pointer_is_no_capability() -> None:
    memory = Memory(grant_words=10)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 2)
        memory.grants[0].scribble(1, wire.OTHER | 1 << 2)
        with pytest.raises(PointerKindMismatch):
            root.get_capability(0)
        with pytest.raises(MalformedMessage):
            root._tree()
        with pytest.raises(PointerKindMismatch):
            MessageReader(message.segments()).get_root().get_capability(0)
        root.clear(0)
        assert root.is_null(0)


def test_capabilities_are_copied_and_moved(message: MessageBuilder) -> None:
    root = message.init_root(0, 3)
    child = root.init_struct(0, 0, 2)
    child.set_capability(0, 8)
    caps = child.init_pointer_list(1, 3)
    caps.set_capability(2, 9)
    root.set(1, child)
    copied = root.get_struct(1)
    assert copied is not None
    assert copied.get_capability(0) == 8
    list_read = root_of(message.to_bytes()).get_struct(1)
    assert list_read is not None
    read = list_read.get_pointer_list(1)
    assert read is not None
    assert [read.get_capability(at) for at in range(3)] == [None, None, 9]
    with MessageBuilder() as other:
        other.set_root(root_of(message.to_bytes()))
        again = other.get_root()
        assert again is not None
        first = again.get_struct(0)
        assert first is not None
        assert first.get_capability(0) == 8


def test_the_slot_of_a_double_far_pointer_may_hold_a_capability() -> None:
    """Positional pointers are not moved, capabilities are (capnproto C++, b32a53bd)."""
    words = (
        wire.struct_shape(0, 1),
        wire.far_pointer(0, 2),
        wire.capability_pointer(12),
    )
    segment = b"".join(map(wire.POINTER.pack, words))
    with MessageBuilder() as message:
        message.set_root(MessageReader([segment]).get_root())
        root = message.get_root()
        assert root is not None
        assert root.get_capability(0) == 12


def test_the_kind_of_each_pointer(message: MessageBuilder) -> None:
    root = message.init_root(0, 6)
    root.init_struct(1, 0, 0)
    root.init_list(2, Element.VOID, 0)
    root.set_text(3, "far away" * 9)
    root.init_struct_list(4, 1, 1, 1)
    root.set_capability(5, 0)
    assert [root.kind(at) for at in range(6)] == [
        PointerKind.NULL,
        PointerKind.STRUCT,
        PointerKind.LIST,
        PointerKind.LIST,
        PointerKind.LIST,
        PointerKind.CAPABILITY,
    ]
    with pytest.raises(ArgumentIndexError):
        root.kind(6)


def test_a_call_from_inside_a_switch_is_refused() -> None:
    memory = HookedMemory(grant_words=20)
    seen: list[Exception] = []
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(1, 2)
        root.set_text(0, "text")

        def hook(kind: str) -> None:
            for call in (
                lambda: root.select(0, 9),
                lambda: root.set_capability(1, 9),
                lambda: root.set(1, root),
                lambda: root.disown(0),
                lambda: message.new_orphan_struct(1, 1),
                lambda: message.set_root(root),
                message.canonical,
                root._tree,
            ):
                with pytest.raises(Error) as caught:
                    call()
                seen.append(caught.value)

        memory.hook = hook
        root.select(0, 3, pointers=[0])
        memory.hook = None
        assert {type(error).__name__ for error in seen} == {"Reentered"}
        assert root.get_uint16(0) == 3
        assert root.is_null(0)
        assert root.is_null(1)


@pytest.mark.process
def test_the_tool_reads_the_switched_union(message: MessageBuilder, root: StructBuilder) -> None:
    switch(root, WORDS)
    root.set_text(WORDS_AT, "words")
    framed = message.to_bytes()
    assert message.canonical() == converted("binary:canonical", [framed])


#: Kind 3 with something in the 30 bits behind it: "all other values are reserved".
RESERVED = (0x7, 0xB, 0x1_0000_0007, 0xFFFFFFFF)


@pytest.mark.parametrize("pointer", RESERVED)
def test_a_pointer_of_reserved_kind_is_no_capability(pointer: int) -> None:
    with scribbled(pointer) as root:
        for act in (root.kind, root.disown, root.get_capability, root._tree_at):
            with pytest.raises(MalformedMessage):
                act(0)
        assert not root.is_null(0)
        # It has no words, so it can be overwritten.
        root.set_capability(0, 1)
        assert root.kind(0) is PointerKind.CAPABILITY
    one_word = MessageReader([pointer.to_bytes(8, "little")]).root_pointer()
    for read_it in (one_word.kind, one_word.get_capability, one_word._tree_at):
        with pytest.raises(MalformedMessage):
            read_it(0)
    octets: Callable[[int], object] = one_word.get_data
    for open_it in (octets, one_word.get_text, one_word.get_struct, one_word.get_pointer_list):
        with pytest.raises(MalformedMessage, match=rf"reserved type \({pointer:#018x}\) was found"):
            open_it(0)
