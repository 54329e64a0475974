"""Deep copies: byte for byte those of the reference implementation, and safe in any overlap."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from capnsafe import (
    ArgumentTypeError,
    ArgumentValueError,
    Closed,
    Element,
    Error,
    HeapAllocator,
    MalformedMessage,
    MessageBuilder,
    MessageReader,
    MessageTooLarge,
    NestingLimitExceeded,
    PointerOutOfBounds,
    StaleHandle,
    StructBuilder,
    StructListBuilder,
    StructReader,
    TraversalLimitExceeded,
    frame,
    read_message,
    unframe,
    wire,
)
from tests.capnsafe.generated import (
    converted,
    copied_in_segments,
    everything,
    filled,
    root_of,
    scattered,
)
from tests.capnsafe.memories import Memory, closing
from tests.capnsafe.reading import (
    ANY,
    CHILD,
    CHILDREN,
    DATA,
    DATA_WORDS,
    NUMBERS,
    POINTERS,
    TEXT,
    TEXTS,
    init_child,
    init_node,
    meaning,
)

MESSAGES = [scattered(seed) for seed in range(150)] + [filled(seed) for seed in range(50)]


# -- the reference implementation's bytes --------------------------------------------------------


@pytest.mark.process
@pytest.mark.parametrize("segment_words", [1, 2, 7, 40, 1000])
def test_a_copy_has_the_bytes_of_the_reference_implementation(segment_words: int) -> None:
    expected = converted("binary:binary", MESSAGES, f"--segment-size={segment_words}")
    ours = [copied_in_segments(root_of(message), segment_words) for message in MESSAGES]
    assert b"".join(ours) == expected


@pytest.mark.process
@pytest.mark.parametrize("segment_words", [1, 7, 1000])
def test_a_copy_of_a_builder_has_the_same_bytes(segment_words: int) -> None:
    expected = converted("binary:binary", MESSAGES, f"--segment-size={segment_words}")
    ours = []
    for message in MESSAGES:
        with MessageBuilder(HeapAllocator(segment_words=5, growth=False)) as source:
            source.set_root(root_of(message))
            root = source.get_root()
            assert root is not None
            ours.append(copied_in_segments(root, segment_words))
    assert b"".join(ours) == expected


@pytest.mark.process
def test_copies_of_damaged_messages_have_its_bytes_too() -> None:
    """What is read in bounds and within the limits is copied as the reference copies it."""
    rng = random.Random(3)
    accepted, ours = [], []
    refused = 0
    for seed in range(400):
        damaged = damage(rng, scattered(seed))
        try:
            ours.append(copied_in_segments(root_of(damaged), 7))
        except Error:
            refused += 1
        else:
            accepted.append(damaged)
    assert refused > 50
    assert len(accepted) > 50
    assert b"".join(ours) == converted("binary:binary", accepted, "--segment-size=7")


def damage(rng: random.Random, message: bytes) -> bytes:
    """Change bits of one word, or put one word in the place of another; no capabilities."""
    segments = [bytearray(view) for view in unframe(message)]
    body = rng.choice([segment for segment in segments if segment])
    at = rng.randrange(len(body) // 8) * 8
    if rng.random() < 0.5:
        other = rng.choice([segment for segment in segments if segment])
        word = other[: len(other) - len(other) % 8][rng.randrange(len(other) // 8) * 8 :][:8]
        body[at : at + 8] = word
    else:
        body[at + rng.randrange(8)] ^= 1 << rng.randrange(8)
    if body[at] & 3 == 3:
        body[at] ^= 1
    return frame(segments)


# -- messages of pycapnp -------------------------------------------------------------------------


@pytest.mark.process
@pytest.mark.parametrize("first_segment_words", [1, 5, 200])
def test_what_pycapnp_builds_is_read_and_copied(first_segment_words: int) -> None:
    builder = everything.Everything.new_message(num_first_segment_words=first_segment_words)
    child = builder
    for depth in range(6):
        child.text = "text" * depth
        child.u64 = depth
        child.init("u16s", 3)[2] = depth
        smalls = child.init("smalls", 2)
        smalls[1].label = "label"
        child.text = "given on"
        orphan = child.disown("text")
        child.group.adopt("text", orphan)
        matrix = child.init("matrix", 2)
        matrix.init(1, 3)[0] = 7
        child = child.init("child")
    child.u64 = 9
    child.text = "overwritten"
    child.text = "last"
    message = builder.to_bytes()
    copy = copied_in_segments(root_of(message), 3)
    with everything.Everything.from_bytes(copy) as reader:
        assert reader.to_dict() == builder.to_dict()
    assert copy == converted("binary:binary", [message], "--segment-size=3")


def test_a_double_far_pointer_is_followed() -> None:
    far = [
        [wire.far_pointer(1, 0, double=True)],
        [wire.far_pointer(2, 0), wire.struct_shape(1, 0)],
        [77],
    ]
    message = frame([b"".join(map(wire.POINTER.pack, words)) for words in far])
    with MessageBuilder() as target:
        target.set_root(root_of(message))
        assert target.segments() == [words(wire.struct_shape(1, 0), 77)]


# -- within one message --------------------------------------------------------------------------


@pytest.fixture(params=[1, 6, 200])
def message(request: pytest.FixtureRequest) -> Iterator[MessageBuilder]:
    memory = Memory(grant_words=request.param)
    with closing(MessageBuilder(memory), memory) as message:
        yield message


def grow(node: StructBuilder, name: str, depth: int = 2) -> None:
    node.set_text(TEXT, name)
    node.set_uint64(0, len(name))
    node.init_list(NUMBERS, Element.UINT32, 3)[1] = depth
    texts = node.init_pointer_list(TEXTS, 2)
    texts.set_text(1, name * 2)
    if depth:
        grow(init_child(node), name + "c", depth - 1)
        for child in node.init_struct_list(CHILDREN, 2, DATA_WORDS, POINTERS):
            grow(child, name + "l", 0)


def child_of(node: StructBuilder) -> StructBuilder:
    child = node.get_struct(CHILD)
    assert child is not None
    return child


def children_of(node: StructBuilder) -> StructListBuilder:
    children = node.get_struct_list(CHILDREN)
    assert children is not None
    return children


def test_a_child_is_set_from_itself(message: MessageBuilder) -> None:
    root = init_node(message)
    grow(root, "a")
    before = meaning(message)
    old = child_of(root)
    root.set(CHILD, old)
    assert meaning(message) == before
    with pytest.raises(StaleHandle):
        old.get_uint64(0)


def test_a_struct_is_copied_from_itself(message: MessageBuilder) -> None:
    root = init_node(message)
    grow(root, "a")
    before = meaning(message)
    old = child_of(root)
    root.copy_from(root)
    assert meaning(message) == before
    assert root.get_uint64(0) == 1
    with pytest.raises(StaleHandle):
        old.get_uint64(0)


@pytest.mark.parametrize("index", [0, 1])
def test_an_element_is_set_from_itself(message: MessageBuilder, index: int) -> None:
    """(capnproto C++, #729: the list wiped itself.)"""
    root = init_node(message)
    grow(root, "a")
    children_of(root)[1].set_text(TEXT, "other")
    before = meaning(message)
    children = children_of(root)
    children[index] = children[index]
    assert meaning(message) == before


def test_an_element_is_set_from_another(message: MessageBuilder) -> None:
    root = init_node(message)
    grow(root, "a")
    children = children_of(root)
    grow(children[1], "new", 1)
    before = meaning(message)
    children[0] = children[1]
    after = meaning(message)
    assert after["children"] == [before["children"][1]] * 2
    children[1].set_text(TEXT, "apart")
    assert meaning(message)["children"][0] == before["children"][1]


def test_a_parent_is_copied_into_its_child(message: MessageBuilder) -> None:
    root = init_node(message)
    grow(root, "a")
    before = meaning(message)
    root.set(CHILD, root)
    assert meaning(message) == before | {"child": before}


def test_a_parent_is_copied_over_its_child(message: MessageBuilder) -> None:
    root = init_node(message)
    grow(root, "a")
    before = meaning(message)
    child_of(root).copy_from(root)
    assert meaning(message) == before | {"child": before}


def test_a_child_is_copied_over_its_parent(message: MessageBuilder) -> None:
    root = init_node(message)
    grow(root, "a")
    before = meaning(message)
    root.copy_from(child_of(root))
    assert meaning(message) == before["child"]
    message.set_root(child_of(root))
    assert meaning(message) == before["child"]["child"]


def test_lists_are_set_from_each_other(message: MessageBuilder) -> None:
    root = init_node(message)
    grow(root, "a")
    numbers = root.get_list(NUMBERS, Element.UINT32)
    texts = root.get_pointer_list(TEXTS)
    assert numbers is not None
    assert texts is not None
    before = meaning(message)
    child = child_of(root)
    child.set(NUMBERS, numbers)
    child.set(TEXTS, texts)
    child.set(CHILDREN, children_of(root))
    root.set(NUMBERS, numbers)
    texts.set(0, texts)
    texts.clear(0)
    expected = before["child"] | {key: before[key] for key in ("numbers", "texts", "children")}
    assert meaning(message) == before | {"child": expected}


def test_none_clears(message: MessageBuilder) -> None:
    root = init_node(message)
    grow(root, "a")
    root.set(CHILD, None)
    assert root.is_null(CHILD)
    assert meaning(message)["child"] is None


def test_a_reader_over_the_messages_own_memory_is_copied() -> None:
    memory = HeapAllocator(segment_words=4000)
    with MessageBuilder(memory) as message:
        root = init_node(message)
        grow(root, "a")
        before = meaning(message)
        with memoryview(memory.segment(0)) as view:
            own = MessageReader([view]).get_root()
            root.copy_from(own)
            assert meaning(message) == before
            root.set(CHILD, own)
            assert meaning(message) == before | {"child": before}
            message.set_root(own)
            assert meaning(message) == before | {"child": before}
            del own


def test_the_old_value_is_retired_and_leaves_no_bytes(message: MessageBuilder) -> None:
    root = init_node(message)
    root.set_text(TEXT, "A SECRET THAT GOES")
    child = init_child(root)
    child.set_text(TEXT, "ANOTHER SECRET")
    child.set_uint64(0, 0x5345435245542121)
    inner = init_child(child)
    inner.set_data(DATA, b"A THIRD SECRET")
    with MessageBuilder() as other:
        source = init_node(other)
        source.set_uint64(0, 5)
        root.copy_from(source)
    for secret in (b"SECRET", b"TERCES"):
        assert secret not in message.to_bytes()
    for handle in (child, inner):
        with pytest.raises(StaleHandle):
            handle.set_uint64(0, 1)
    assert meaning(message)["u64"] == 5


@pytest.mark.untraced
def test_a_deep_chain_is_copied_without_recursion() -> None:
    with MessageBuilder() as message:
        node = message.init_root(0, 1)
        for _ in range(8_000):
            node = node.init_struct(0, 0, 1)
        node.set_text(0, "end")
        root = message.get_root()
        assert root is not None
        assert root.total_words() == 8_002
        with MessageBuilder() as copy:
            copy.set_root(root)
            assert copy.segment_words()[0] > 0
            assert copy.canonical() == message.canonical()
        root.set(0, None)
        assert root.total_words() == 1


# -- sizes ---------------------------------------------------------------------------------------


def test_an_element_takes_a_larger_struct_only_if_nothing_is_cut(message: MessageBuilder) -> None:
    smalls = message.init_root(0, 1).init_struct_list(0, 2, 1, 1)
    smalls[0].set_uint64(0, 11)
    smalls[0].set_text(0, "kept")
    with MessageBuilder() as other:
        large = other.init_root(2, 2)
        large.set_uint64(0, 1)
        large.set_text(0, "t")
        smalls[1] = large
        assert smalls[1].get_uint64(0) == 1
        assert smalls[1].get_text(0) == "t"
        before = message.segments()
        large.set_bool(127, True)
        with pytest.raises(ArgumentValueError):
            smalls[1] = large
        large.set_bool(127, False)
        large.init_struct(1, 0, 0)
        with pytest.raises(ArgumentValueError):
            smalls[1] = large
        assert message.segments() == before
        assert smalls[0].get_text(0) == "kept"


def test_a_smaller_struct_leaves_the_rest_zero(message: MessageBuilder) -> None:
    node = message.init_root(3, 3)
    for at in range(3):
        node.set_uint64(at, 2**64 - 1)
        node.set_text(at, "old")
    with MessageBuilder() as other:
        small = other.init_root(1, 1)
        small.set_uint64(0, 7)
        small.set_text(0, "new")
        node.copy_from(small)
    assert [node.get_uint64(at) for at in range(3)] == [7, 0, 0]
    assert [node.get_text(at) for at in range(3)] == ["new", None, None]


def test_an_empty_struct_is_copied_over_and_from(message: MessageBuilder) -> None:
    node = message.init_root(1, 2)
    node.set_uint64(0, 3)
    node.set_text(0, "old")
    empty = node.init_struct(1, 0, 0)
    empty.copy_from(empty)
    assert node.get_uint64(0) == 3
    with pytest.raises(ArgumentValueError):
        empty.copy_from(node)
    node.copy_from(empty)
    assert node.get_uint64(0) == 0
    assert node.is_null(0)
    assert node.is_null(1)


def test_an_element_of_values_is_copied_as_a_struct(message: MessageBuilder) -> None:
    """A reader opens a list of values as structs; 2-byte values are no whole words."""
    with MessageBuilder() as other:
        node = other.init_root(0, 3)
        values = node.init_list(0, Element.UINT16, 3)
        values[1] = 0xABCD
        node.init_list(1, Element.VOID, 2)
        node.init_pointer_list(2, 2).set_text(1, "pointed")
        root = root_of(other.to_bytes())
        target = message.init_root(1, 1)
        structs = root.get_struct_list(0)
        voids = root.get_struct_list(1)
        pointers = root.get_struct_list(2)
        assert structs is not None
        assert voids is not None
        assert pointers is not None
        target.copy_from(structs[1])
        assert target.get_uint64(0) == 0xABCD
        assert structs[1].total_words() == 1
        target.copy_from(pointers[1])
        assert target.get_uint64(0) == 0
        assert target.get_text(0) == "pointed"
        target.set(0, structs[1])
        inner = target.get_struct(0)
        assert inner is not None
        assert (inner.data_words, inner.get_uint64(0)) == (1, 0xABCD)
        target.copy_from(voids[1])
        assert target.is_null(0)


def test_readers_of_lists_are_copied(message: MessageBuilder) -> None:
    with MessageBuilder() as other:
        node = other.init_root(0, 4)
        bits = node.init_list(0, Element.BOOL, 11)
        bits[10] = True
        structs = node.init_struct_list(1, 2, 1, 1)
        structs[1].set_uint64(0, 0x11223344)
        structs[1].set_text(0, "pointed")
        node.init_list(2, Element.VOID, 9)
        node.init_pointer_list(3, 1).set_data(0, b"d")
        root = root_of(other.to_bytes())
    target = message.init_root(0, 6)
    target.set(0, root.get_list(0, Element.BOOL))
    target.set(1, root.get_struct_list(1))
    target.set(2, root.get_list(2, Element.VOID))
    target.set(3, root.get_pointer_list(3))
    # A list of structs read as one of its first fields is copied as what it was read as; one read
    # as a list of pointers, as what it is.
    target.set(4, root.get_list(1, Element.UINT16))
    target.set(5, root.get_pointer_list(1))
    copied_bits = target.get_list(0, Element.BOOL)
    copied_structs = target.get_struct_list(1)
    voids = target.get_list(2, Element.VOID)
    pointers = target.get_pointer_list(3)
    firsts = target.get_list(4, Element.UINT16)
    assert copied_bits is not None
    assert copied_structs is not None
    assert voids is not None
    assert pointers is not None
    assert firsts is not None
    assert list(copied_bits) == [False] * 10 + [True]
    assert copied_structs[1].get_uint64(0) == 0x11223344
    assert copied_structs[1].get_text(0) == "pointed"
    assert len(voids) == 9
    assert pointers.get_data(0) == b"d"
    assert list(firsts) == [0, 0x3344]
    assert target.get_struct_list(5) is not None


def test_what_any_pointer_leads_to_is_copied_out(message: MessageBuilder) -> None:
    root = message.init_root(0, 4)
    root.init_struct(0, 1, 1).set_text(0, "text")
    root.init_list(1, Element.BOOL, 3)[2] = True
    root.set_capability(2, 5)
    inner = root.get_struct(0)
    assert inner is not None
    for row in (root, root_of(message.to_bytes())):
        struct, bits, capability, null = (row._tree_at(at) for at in range(4))
        assert struct is not None
        assert (struct.shape, bytes(struct.body)) == (wire.struct_shape(1, 1), bytes(16))
        assert [(at, bytes(child.body)) for at, child in struct.children] == [
            (1, b"text" + bytes(4))
        ]
        assert bits is not None
        assert bytes(bits.body) == b"\4" + bytes(7)
        assert capability is not None
        assert (capability.shape, capability.words) == (wire.capability_pointer(5), 0)
        assert null is None
    assert root_of(message.to_bytes())._tree_at(9) is None


# -- hostile sources -----------------------------------------------------------------------------


def words(*values: int) -> bytes:
    return b"".join(wire.POINTER.pack(value) for value in values)


CYCLE = words(wire.struct_shape(0, 1), wire.with_offset(wire.struct_shape(0, 1), -1))
AMPLIFIED = words(
    wire.struct_shape(0, 1),
    wire.with_offset(wire.list_shape(wire.SIZE_POINTER, 1000), 0),
    *(
        wire.with_offset(wire.list_shape(wire.SIZE_EIGHT_BYTES, 1000), 999 - at)
        for at in range(1000)
    ),
    *range(1000),
)
DOUBLING = words(
    wire.struct_shape(0, 2),
    *(wire.with_offset(wire.struct_shape(0, 2), 1 - at % 2) for at in range(100)),
    *[0] * 2,
)
LYING_TAG = words(
    wire.struct_shape(0, 1),
    wire.list_shape(wire.SIZE_COMPOSITE, 2),
    wire.tag(3, 1, 0),
    1,
    2,
)
TAG_OF_NO_STRUCT = words(
    wire.struct_shape(0, 1), wire.list_shape(wire.SIZE_COMPOSITE, 1), wire.list_shape(0, 1), 1
)
UNKNOWN_POINTER = words(wire.struct_shape(0, 1), wire.OTHER | 4)
UNKNOWN_BEHIND_A_PAD = words(wire.struct_shape(0, 1), wire.far_pointer(0, 2), wire.OTHER | 4)
OUT_OF_BOUNDS = words(wire.struct_shape(0, 1), wire.list_shape(wire.SIZE_BYTE, 9), 0)
NO_SEGMENT = words(wire.struct_shape(0, 1), wire.far_pointer(7, 0))


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("segment", "limits", "error"),
    [
        (CYCLE, {}, NestingLimitExceeded),
        (CYCLE, {"nesting_limit": 10**9, "traversal_limit_words": 5000}, TraversalLimitExceeded),
        (AMPLIFIED, {"traversal_limit_words": 100_000}, TraversalLimitExceeded),
        (DOUBLING, {"traversal_limit_words": 10_000}, TraversalLimitExceeded),
        (LYING_TAG, {}, MalformedMessage),
        (TAG_OF_NO_STRUCT, {}, MalformedMessage),
        (UNKNOWN_POINTER, {}, MalformedMessage),
        (UNKNOWN_BEHIND_A_PAD, {}, MalformedMessage),
        (OUT_OF_BOUNDS, {}, PointerOutOfBounds),
        (NO_SEGMENT, {}, PointerOutOfBounds),
    ],
)
def test_a_hostile_source_raises_and_nothing_changes(
    message: MessageBuilder, segment: bytes, limits: dict[str, int], error: type[Error]
) -> None:
    root = init_node(message)
    grow(root, "a")
    before = message.segments()
    acts: list[Callable[[StructReader], None]] = [
        message.set_root,
        root.copy_from,
        lambda value: root.set(ANY, value),
    ]
    for act in acts:
        source = MessageReader([segment], **limits).get_root()
        with pytest.raises(error):
            act(source)
        with pytest.raises(error):
            message.new_orphan(source)
        assert message.segments() == before
    assert root.get_uint64(0) == 1


def test_what_is_nested_as_deep_as_the_limit_is_copied() -> None:
    with MessageBuilder() as message:
        node = message.init_root(0, 1)
        for _ in range(9):
            node = node.init_struct(0, 0, 1)
        framed = message.to_bytes()
        canonical = message.canonical()
    with MessageBuilder() as copy:
        copy.set_root(read_message(framed, nesting_limit=10).get_root())
        assert copy.canonical() == canonical
        with pytest.raises(NestingLimitExceeded):
            copy.set_root(read_message(framed, nesting_limit=9).get_root())
        inner = read_message(framed, nesting_limit=10).get_root().get_struct(0)
        assert inner is not None
        copy.set_root(inner)


def test_a_copy_is_charged_to_the_traversal_limit() -> None:
    with MessageBuilder() as message:
        node = message.init_root(1, 1)
        node.set_data(0, bytes(80))
        framed = message.to_bytes()
    root = read_message(framed, traversal_limit_words=1 + 2 + 2 * 12).get_root()
    assert root.total_words() == 12
    assert root.total_words() == 12
    with pytest.raises(TraversalLimitExceeded):
        root.total_words()


def test_a_huge_list_of_nothing_costs_nothing_to_copy(message: MessageBuilder) -> None:
    most = (1 << 30) - 1
    segment = words(
        wire.struct_shape(0, 2),
        wire.with_offset(wire.list_shape(wire.SIZE_VOID, wire.MAX_LIST_COUNT), 1),
        wire.with_offset(wire.list_shape(wire.SIZE_COMPOSITE, 0), 0),
        wire.tag(most, 0, 0),
    )
    refused = MessageReader([segment]).get_root()
    acts: list[Callable[[], object]] = [
        lambda: message.set_root(refused),
        lambda: message.new_orphan(refused),
    ]
    for act in acts:
        with pytest.raises(TraversalLimitExceeded):
            act()
    assert message.segment_words() == ()
    source = MessageReader([segment], traversal_limit_words=1 << 40).get_root()
    message.set_root(source)
    root = message.get_root()
    assert root is not None
    empties = root.get_struct_list(1)
    assert empties is not None
    assert len(empties) == most
    assert message.canonical() == segment
    assert sum(message.segment_words()) < 12
    # One bit more than a list of voids can count.
    voids = source.get_list(1, Element.VOID)
    assert voids is not None
    before = message.segments()
    with pytest.raises(MessageTooLarge):
        root.set(0, voids)
    assert message.segments() == before


def test_a_message_scribbled_into_a_circle_is_not_copied_for_ever() -> None:
    memory = Memory(grant_words=10)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 2)
        for pointer in (
            wire.with_offset(wire.struct_shape(0, 2), -1),
            wire.far_pointer(0, 0),
        ):
            memory.grants[0].scribble(1, pointer)
            before = message.segments()
            for act in (
                root._tree,
                root.total_words,
                message.canonical,
                lambda: message.set_root(root),
                lambda: root.set(1, root),
                lambda: message.new_orphan(root),
                lambda: root.clear(0),
            ):
                with pytest.raises(MalformedMessage):
                    act()
            assert message.segments() == before


@pytest.mark.parametrize("value", [5, "text", b"bytes", object(), Element.BOOL, []])
def test_only_structs_and_lists_are_copied(message: MessageBuilder, value: Any) -> None:
    root = init_node(message)
    for act in (
        message.set_root,
        message.new_orphan,
        root.copy_from,
        lambda value: root.set(ANY, value),
    ):
        with pytest.raises(ArgumentTypeError):
            act(value)
    numbers = root.init_list(NUMBERS, Element.UINT32, 1)
    for act in (message.set_root, root.copy_from):
        with pytest.raises(ArgumentTypeError):
            act(numbers)  # type: ignore[arg-type]


def test_a_stale_source_or_destination_raises(message: MessageBuilder) -> None:
    root = init_node(message)
    child = init_child(root)
    lists = (
        child.init_list(NUMBERS, Element.UINT32, 1),
        child.init_pointer_list(TEXTS, 1),
        child.init_struct_list(CHILDREN, 1, 1, 0),
    )
    root.clear(CHILD)
    before = message.segments()
    for value in (child, *lists):
        with pytest.raises(StaleHandle):
            root.set(ANY, value)
    with pytest.raises(StaleHandle):
        child.copy_from(root)
    with pytest.raises(StaleHandle):
        child.set(ANY, root)
    assert message.segments() == before


def test_copying_between_messages_after_either_was_closed(message: MessageBuilder) -> None:
    root = init_node(message)
    with MessageBuilder() as other:
        source = init_node(other)
    with pytest.raises(Closed):
        root.copy_from(source)
    with pytest.raises(Closed):
        other.set_root(root)
    with pytest.raises(Closed):
        source.copy_from(root)


def test_an_index_is_converted_before_what_is_copied_is_read() -> None:
    message = MessageBuilder()
    root = message.init_root(0, 3)
    root.set_text(0, "before")

    class Changing:
        def __index__(self) -> int:
            root.set_text(0, "changed by the index")
            return 1

    index: Any = Changing()
    root.set(index, root)
    copied = root.get_struct(1)
    assert copied is not None
    assert copied.get_text(0) == "changed by the index"
    root.set_text(0, "before")
    root.copy_pointer(index, root, 0)
    assert root.get_text(1) == "changed by the index"
