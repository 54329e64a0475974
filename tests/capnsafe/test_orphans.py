"""Objects without a pointer: disowned, adopted, dropped, built apart from the message."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from capnsafe import (
    AllocationRefused,
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    Closed,
    Element,
    FixedAllocator,
    HeapAllocator,
    MalformedMessage,
    MessageBuilder,
    MessageTooLarge,
    Orphan,
    PointerKind,
    PointerKindMismatch,
    SegmentLost,
    StaleHandle,
    StructBuilder,
    read_message,
    wire,
)
from tests.capnsafe.generated import converted, root_of
from tests.capnsafe.memories import FailingMemory, Memory, ResizingMemory, closing
from tests.capnsafe.reading import (
    ANY,
    CHILD,
    CHILDREN,
    NUMBERS,
    TEXT,
    TEXTS,
    init_child,
    init_node,
    meaning,
)

SIZES = [1, 2, 7, 20, 400]


@pytest.fixture(params=SIZES)
def memory(request: pytest.FixtureRequest) -> Memory:
    return Memory(grant_words=request.param)


@pytest.fixture
def message(memory: Memory) -> Iterator[MessageBuilder]:
    with closing(MessageBuilder(memory), memory) as message:
        yield message


def orphan_of(node: Any, index: int) -> Orphan:
    orphan = node.disown(index)
    assert type(orphan) is Orphan
    return orphan


def filled_child(root: StructBuilder) -> StructBuilder:
    child = init_child(root)
    child.set_uint64(0, 5)
    child.set_text(TEXT, "text")
    child.init_list(NUMBERS, Element.UINT32, 3)[2] = 6
    init_child(child).set_uint64(0, 7)
    return child


# -- out and in again ----------------------------------------------------------------------------


def test_a_value_moves_to_another_pointer(message: MessageBuilder) -> None:
    root = init_node(message)
    filled_child(root)
    target = init_child(root, ANY)
    before = meaning(message)
    orphan = orphan_of(root, CHILD)
    assert root.is_null(CHILD)
    assert meaning(message) == before | {"child": None}
    target.adopt(CHILD, orphan)
    root.adopt(CHILD, orphan_of(root, ANY))
    empty = meaning(message)["child"]
    assert empty["child"] == before["child"]
    assert empty | {"child": None} == before | {"child": None}


@pytest.mark.process
@pytest.mark.parametrize("filler", [0, 1, 3])
def test_every_situation_of_segments(filler: int) -> None:
    """Owner, object and new owner in one, two and three segments, full and not."""
    for size in (4, 5, 6, 7, 8, 12):
        memory = Memory(grant_words=size)
        with closing(MessageBuilder(memory), memory) as message:
            root = message.init_root(0, 3)
            value = root.init_struct(0, 1, 1)
            value.set_uint64(0, 77)
            value.set_text(0, "below")
            for _ in range(filler):
                root.set_data(2, b"12345678")
            other = root.init_struct(1, 0, 1)
            for _ in range(filler):
                root.set_data(2, b"12345678")
            for owner, index in ((other, 0), (root, 0), (root, 2), (other, 0)):
                source, at = next(
                    (node, at)
                    for node, at in ((root, 0), (other, 0), (root, 2))
                    if not node.is_null(at) and node.kind(at) is PointerKind.STRUCT
                )
                orphan = orphan_of(source, at)
                owner.adopt(index, orphan)
                read = root_of(message.to_bytes())
                holder = read if owner is root else read.get_struct(1)
                assert holder is not None
                found = holder.get_struct(index)
                assert found is not None
                assert (found.get_uint64(0), found.get_text(0)) == (77, "below")
                assert source is owner or source.is_null(at)
            assert message.canonical() == converted("binary:canonical", [message.to_bytes()])


def test_a_full_segment_of_an_orphan_gets_a_double_pad() -> None:
    memory = Memory(grant_words=1)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 1)
        orphan = message.new_orphan_struct(3, 0)
        assert message.segment_words() == (2, 3)
        root.adopt(0, orphan)
        assert message.segment_words() == (2, 3, 2)
        pointer = wire.POINTER.unpack_from(message.segments()[0], 8)[0]
        assert wire.far_is_double(pointer)
        struct = root.get_struct(0)
        assert struct is not None
        struct.set_uint64(2, 9)
        read = root_of(message.to_bytes()).get_struct(0)
        assert read is not None
        assert read.get_uint64(2) == 9


def test_pads_on_the_way_are_retired() -> None:
    memory = Memory(grant_words=2)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 1)
        root.init_struct(0, 1, 0).set_uint64(0, 5)
        assert message.segments()[1] == wire.POINTER.pack(wire.struct_shape(1, 0)) + b"\5" + bytes(
            7
        )
        orphan = orphan_of(root, 0)
        assert message.segments()[1] == bytes(8) + b"\5" + bytes(7)
        root.adopt(0, orphan)
        child = root.get_struct(0)
        assert child is not None
        assert child.get_uint64(0) == 5
        # The first pad stays zero: it is not handed out again.
        assert message.segments()[1][:8] == bytes(8)


# -- handles -------------------------------------------------------------------------------------


def test_handles_are_stale_once_disowned(message: MessageBuilder) -> None:
    root = init_node(message)
    child = filled_child(root)
    grandchild = child.get_struct(CHILD)
    assert grandchild is not None
    numbers = child.get_list(NUMBERS, Element.UINT32)
    assert numbers is not None
    empty = child.init_list(ANY, Element.VOID, 3)
    orphan = orphan_of(root, CHILD)
    before = message.segments()
    for call in (
        lambda: child.set_uint64(0, 1),
        lambda: grandchild.set_uint64(0, 1),
        lambda: numbers.__setitem__(0, 1),
        lambda: empty[0],
        lambda: child.set_text(TEXT, "x"),
        lambda: grandchild._tree(),
    ):
        with pytest.raises(StaleHandle):
            call()
    assert message.segments() == before
    # Opened again, before and after adoption.
    again = orphan.get_struct()
    again.set_uint64(0, 8)
    inner = again.get_struct(CHILD)
    assert inner is not None
    root.adopt(CHILD, orphan)
    again.set_uint64(0, 9)
    inner.set_uint64(0, 10)
    with pytest.raises(StaleHandle):
        child.set_uint64(0, 1)
    value = meaning(message)["child"]
    assert (value["u64"], value["child"]["u64"]) == (9, 10)
    # And disowned again.
    second = orphan_of(root, CHILD)
    for handle in (again, inner):
        with pytest.raises(StaleHandle):
            handle.set_uint64(0, 1)
    second.get_struct().set_uint64(0, 11)
    second.drop()


def test_each_kind_is_opened_as_what_it_is(message: MessageBuilder) -> None:
    root = init_node(message)
    init_child(root).set_uint64(0, 1)
    root.init_list(NUMBERS, Element.UINT32, 3)[1] = 2
    root.init_pointer_list(TEXTS, 2).set_text(0, "t")
    root.init_struct_list(CHILDREN, 2, 1, 1)[1].set_uint64(0, 3)
    root.set_capability(ANY, 4)
    struct = orphan_of(root, CHILD)
    numbers = orphan_of(root, NUMBERS)
    texts = orphan_of(root, TEXTS)
    structs = orphan_of(root, CHILDREN)
    capability = orphan_of(root, ANY)
    assert struct.get_struct().get_uint64(0) == 1
    assert list(numbers.get_list(Element.UINT32)) == [0, 2, 0]
    assert texts.get_pointer_list().get_text(0) == "t"
    assert [node.get_uint64(0) for node in structs.get_struct_list()] == [0, 3]
    orphans = (struct, numbers, texts, structs, capability)
    kinds = [orphan.kind for orphan in orphans]
    assert kinds == [PointerKind.STRUCT, *[PointerKind.LIST] * 3, PointerKind.CAPABILITY]
    for orphan in orphans:
        wrong: list[tuple[set[Orphan], Callable[[], object]]] = [
            ({struct}, orphan.get_struct),
            ({numbers, structs}, partial(orphan.get_list, Element.FLOAT32)),
            ({structs}, partial(orphan.get_list, Element.INT8)),
            (set(), partial(orphan.get_list, Element.BOOL)),
            ({texts, structs}, orphan.get_pointer_list),
            ({structs}, orphan.get_struct_list),
        ]
        for right, call in wrong:
            if orphan not in right:
                with pytest.raises(PointerKindMismatch):
                    call()
    with pytest.raises(ArgumentTypeError):
        numbers.get_list("UINT32")  # type: ignore[arg-type]
    root.adopt(NUMBERS, capability)
    assert root.get_capability(NUMBERS) == 4
    root.adopt(TEXTS, texts)
    root.adopt(CHILDREN, structs)
    texts_read = root_of(message.to_bytes()).get_pointer_list(TEXTS)
    assert texts_read is not None
    assert texts_read.get_text(0) == "t"


@pytest.mark.parametrize("end", ["adopt", "drop", "extend"])
def test_handles_on_an_orphan_without_words_end_with_it(message: MessageBuilder, end: str) -> None:
    """P12: and not before; they were judged by the pointer of the root once."""
    root = message.init_root(0, 2)
    root.init_list(0, Element.UINT64, 0)
    root.init_struct(1, 0, 0)
    orphan, other = orphan_of(root, 0), orphan_of(root, 1)
    handle, kept = orphan.get_list(Element.UINT64), other.get_struct()
    root = message.init_root(0, 2)
    assert handle._tree().words == 0
    with pytest.raises(ArgumentValueError):
        orphan.extend(-1)
    assert handle._tree().words == 0
    if end == "adopt":
        root.adopt(0, orphan)
    elif end == "drop":
        orphan.drop()
    else:
        orphan.extend(2)
        assert len(orphan.get_list(Element.UINT64)) == 2
    with pytest.raises(StaleHandle):
        handle._tree()
    assert kept.total_words() == 0


def test_objects_without_words_are_disowned_and_adopted(message: MessageBuilder) -> None:
    root = message.init_root(0, 5)
    old = root.init_struct(0, 0, 0)
    root.init_list(1, Element.VOID, 9)
    root.init_list(2, Element.UINT64, 0)
    root.init_struct_list(3, 4, 0, 0)
    orphans = [orphan_of(root, at) for at in range(4)]
    assert all(root.is_null(at) for at in range(5))
    with pytest.raises(StaleHandle):
        old.copy_from(old)
    assert orphans[0].get_struct().data_words == 0
    assert len(orphans[1].get_list(Element.VOID)) == 9
    assert len(orphans[2].get_list(Element.INT64)) == 0
    assert len(orphans[3].get_struct_list()) == 4
    assert orphans[0].get_struct().total_words() == 0
    for at, orphan in enumerate(reversed(orphans)):
        root.adopt(at, orphan)
    read = root_of(message.to_bytes())
    empty = read.get_struct(3)
    assert empty is not None
    assert empty.data_bytes == 0
    lengths = [
        len(values)
        for values in (
            read.get_struct_list(0),
            read.get_list(1, Element.UINT64),
            read.get_list(2, Element.VOID),
        )
        if values is not None
    ]
    assert lengths == [4, 0, 9]
    orphan_of(root, 3).drop()
    assert root.is_null(3)


def test_null_has_nothing_to_disown(message: MessageBuilder) -> None:
    root = init_node(message)
    before = message.segments()
    assert root.disown(CHILD) is None
    with pytest.raises(ArgumentIndexError):
        root.disown(10)
    with pytest.raises(ArgumentTypeError):
        root.disown("0")  # type: ignore[arg-type]
    assert message.segments() == before


def test_elements_are_disowned_and_adopted(message: MessageBuilder) -> None:
    root = init_node(message)
    texts = root.init_pointer_list(TEXTS, 3)
    texts.set_text(0, "first")
    texts.set_text(1, "second")
    texts.adopt(2, orphan_of(texts, 0))
    assert meaning(message)["texts"] == ["", "second", "first"]


# -- the end of an orphan ------------------------------------------------------------------------


def test_an_orphan_is_adopted_once(message: MessageBuilder) -> None:
    """(pycapnp #182: finishing twice ends the process.)"""
    root = init_node(message)
    filled_child(root)
    orphan = orphan_of(root, CHILD)
    root.adopt(CHILD, orphan)
    before = message.segments()
    calls = (
        lambda: root.adopt(ANY, orphan),
        orphan.drop,
        orphan.get_struct,
        lambda: orphan.kind,
        orphan.get_pointer_list,
        orphan.get_struct_list,
    )
    for call in calls:
        with pytest.raises(StaleHandle):
            call()
    assert message.segments() == before


def test_a_dropped_orphan_leaves_zeros(message: MessageBuilder) -> None:
    root = init_node(message)
    child = init_child(root)
    child.set_text(TEXT, "SECRET TEXT")
    init_child(child).set_text(TEXT, "SECRET TEXT")
    orphan = orphan_of(root, CHILD)
    handle = orphan.get_struct()
    assert message.to_bytes().count(b"SECRET") == 2
    orphan.drop()
    assert b"SECRET" not in message.to_bytes()
    for call in (handle._tree, orphan.drop, lambda: root.adopt(CHILD, orphan)):
        with pytest.raises(StaleHandle):
            call()
    assert meaning(message)["child"] is None
    # Only its own words were retired.
    root.set_text(TEXT, "stays")
    assert meaning(message)["text"] == "stays"


def test_what_an_adoption_overwrites_is_retired(message: MessageBuilder) -> None:
    root = init_node(message)
    old = init_child(root)
    old.set_text(TEXT, "SECRET")
    root.adopt(CHILD, message.new_orphan_struct(1, 0))
    assert b"SECRET" not in message.to_bytes()
    with pytest.raises(StaleHandle):
        old.set_uint64(0, 1)


def test_no_orphan_is_adopted_below_itself(message: MessageBuilder) -> None:
    root = init_node(message)
    child = filled_child(root)
    child.init_struct_list(CHILDREN, 2, 1, 1)
    orphan = orphan_of(root, CHILD)
    top = orphan.get_struct()
    below = top.get_struct(CHILD)
    structs = top.get_struct_list(CHILDREN)
    assert below is not None
    assert structs is not None
    before = message.segments()
    for node, index in ((top, CHILD), (top, ANY), (below, ANY), (structs[1], 0)):
        with pytest.raises(ArgumentValueError):
            node.adopt(index, orphan)
    assert message.segments() == before
    root.adopt(CHILD, orphan)
    assert meaning(message)["child"]["child"]["u64"] == 7


def test_no_orphan_is_adopted_by_what_it_adopted(message: MessageBuilder) -> None:
    """Handles that were opened before an adoption know of it, whoever adopted whom."""
    root = init_node(message)
    orphans = [message.new_orphan_struct(0, 2) for _ in range(9)]
    tops = [orphan.get_struct() for orphan in orphans]
    below = [top.init_pointer_list(1, 2) for top in tops]
    # Pairs are adopted by pairs, in both orders, until one orphan has all.
    for adopter, adopted in ((0, 1), (3, 2), (4, 5), (7, 6), (1, 3), (7, 4), (2, 7), (6, 8)):
        slot = int(not below[adopter].is_null(0))
        below[adopter].adopt(slot, orphans[adopted])
    for top in (*tops, *below):
        with pytest.raises(ArgumentValueError):
            top.adopt(0, orphans[0])
    root.adopt(ANY, orphans[0])
    late = message.new_orphan_struct(0, 1)
    top = late.get_struct()
    tops[8].adopt(0, late)
    top.adopt(0, message.new_orphan_text("deep"))
    assert top.get_text(0) == "deep"
    assert read_message(message.to_bytes()).get_root().kind(ANY) is PointerKind.STRUCT


def test_no_circle_is_made_of_what_two_pointers_lead_to() -> None:
    """A resumed message need not be a tree."""

    def pointer(offset: int, pointers: int) -> bytes:
        return wire.POINTER.pack(wire.with_offset(wire.struct_shape(0, pointers), offset))

    # The root has two pointers, and both lead to one struct.
    words = pointer(0, 2) + pointer(1, 1) + pointer(0, 1) + bytes(8)
    memory = FixedAllocator(bytearray(words + bytes(64)))
    key = memory.allocate(12)
    with MessageBuilder.resume(memory, [(key, 4)]) as message:
        root = message.get_root()
        assert root is not None
        orphan = root.disown(0)
        assert orphan is not None
        opened = root.get_struct(1)
        assert opened is not None
        below = opened.init_struct(0, 0, 1)
        before = message.segments()
        for handle in (opened, below, orphan.get_struct()):
            with pytest.raises(ArgumentValueError):
                handle.adopt(0, orphan)
        assert message.segments() == before
        root.adopt(0, orphan)


def test_who_failed_to_adopt_can_still_be_adopted() -> None:
    memory = FailingMemory("allocate", 4, OSError, grant_words=4)
    with closing(MessageBuilder(memory), memory) as message:
        message.init_root(0, 1)
        outer, inner = (message.new_orphan_struct(3, 1) for _ in range(2))
        inner_top, outer_top = inner.get_struct(), outer.get_struct()
        with pytest.raises(AllocationRefused):
            outer_top.adopt(0, inner)
        inner_top.adopt(0, outer)
        with pytest.raises(ArgumentValueError):
            outer_top.adopt(0, inner)


def test_adopting_costs_the_same_however_much_is_adopted() -> None:
    """P7: a list that is built from its end takes linear time."""
    calls = []
    memory = Memory(grant_words=8)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 1)
        tail = message.new_orphan_struct(1, 1)
        for number in range(300):
            node = message.new_orphan_struct(1, 1)
            node.get_struct().init_pointer_list(0, 1)
            row = node.get_struct().get_pointer_list(0)
            assert row is not None
            before = memory.calls["segment"]
            row.adopt(0, tail)
            calls.append(memory.calls["segment"] - before)
            tail = node
            assert tail.get_struct().get_uint64(0) == 0, number
        root.adopt(0, tail)
    # What is new is compared with a bounded number of segments.
    assert max(calls[100:]) <= max(calls[:100])


def test_an_orphan_is_adopted_by_another_one(message: MessageBuilder) -> None:
    root = init_node(message)
    outer = message.new_orphan_struct(1, 2)
    inner = message.new_orphan(filled_child(root))
    outer.get_struct().adopt(1, inner)
    inner_again = orphan_of(outer.get_struct(), 1)
    outer.get_struct().adopt(0, inner_again)
    root.adopt(ANY, outer)
    found = root.get_struct(ANY)
    assert found is not None
    value = found.get_struct(0)
    assert value is not None
    assert value.get_text(TEXT) == "text"


def test_no_message_adopts_from_another(message: MessageBuilder) -> None:
    """(capnproto C++ has a test NoCrossMessageTransfers.)"""
    root = init_node(message)
    before = message.segments()
    with MessageBuilder() as other:
        orphan = other.new_orphan_struct(1, 1)
        with pytest.raises(ArgumentValueError):
            root.adopt(CHILD, orphan)
        assert message.segments() == before
        other.init_root(0, 1).adopt(0, orphan)


@pytest.mark.parametrize("value", [None, 5, "orphan", object()])
def test_only_orphans_are_adopted(message: MessageBuilder, value: Any) -> None:
    root = init_node(message)
    with pytest.raises(ArgumentTypeError):
        root.adopt(CHILD, value)
    with pytest.raises(ArgumentIndexError):
        root.adopt(99, message.new_orphan_struct(0, 0))


@pytest.mark.parametrize("verify", [False, True])
def test_an_orphan_whose_object_another_pointer_retired_is_stale(verify: bool) -> None:
    """Two pointers may lead to one object where a message came from elsewhere (P12, P9)."""
    memory = HeapAllocator(segment_words=20, growth=False)
    key = memory.allocate(20)
    words = (2 << 48, wire.with_offset(wire.struct_shape(1, 0), 1), wire.struct_shape(1, 0), 5)
    memory.segment(key)[:32] = b"".join(word.to_bytes(8, "little") for word in words)
    with MessageBuilder.resume(memory, [(key, 4)], verify=verify) as message:
        root = message.get_root()
        assert root is not None
        orphan = root.disown(0)
        assert orphan is not None
        assert orphan.get_struct().get_uint64(0) == 5
        root.clear(1)
        acts: list[Callable[[], object]] = [
            orphan.get_struct,
            orphan.total_size,
            orphan.drop,
            lambda: orphan.kind,
            lambda: root.adopt(0, orphan),
        ]
        for act in acts:
            with pytest.raises(StaleHandle):
                act()
        root.set_text(0, "still good")
        root.clear(0)
        assert read_message(message.to_bytes()).get_root().is_null(0)


def test_the_orphan_of_a_capability_outlives_the_pointer_that_it_was(
    message: MessageBuilder,
) -> None:
    """It has no words. (Found by a campaign, after orphans were asked whether theirs are gone.)"""
    root = message.init_root(0, 2)
    row = root.init_pointer_list(0, 2)
    row.set_capability(1, 7)
    orphan = row.disown(1)
    assert orphan is not None
    root.clear(0)
    root.adopt(1, orphan)
    assert root.get_capability(1) == 7


def test_an_orphan_has_one_owner(message: MessageBuilder) -> None:
    orphan = message.new_orphan_struct(1, 1)
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(ArgumentTypeError):
            duplicate(orphan)


def test_after_the_message_was_closed() -> None:
    with MessageBuilder() as message:
        root = init_node(message)
        orphan = message.new_orphan_struct(1, 1)
        struct = orphan.get_struct()
    for call in (
        orphan.drop,
        orphan.get_struct,
        lambda: orphan.kind,
        lambda: root.adopt(0, orphan),
        lambda: root.disown(0),
        struct._tree,
        lambda: message.new_orphan_struct(1, 1),
        lambda: message.new_orphan(struct),
    ):
        with pytest.raises(Closed):
            call()


# -- built apart ---------------------------------------------------------------------------------


def test_orphans_come_before_the_root(message: MessageBuilder) -> None:
    orphan = message.new_orphan_struct(2, 1)
    orphan.get_struct().set_uint64(1, 3)
    assert message.get_root() is None
    empty = message.new_orphan_struct(0, 0)
    root = message.init_root(0, 2)
    root.adopt(0, orphan)
    root.adopt(1, empty)
    read = root_of(message.to_bytes())
    child = read.get_struct(0)
    assert child is not None
    assert child.get_uint64(1) == 3
    assert read.get_struct(1) is not None


def test_an_orphan_without_words_comes_first(message: MessageBuilder) -> None:
    orphan = message.new_orphan_struct(0, 0)
    assert message.segments() == [bytes(8)]
    assert orphan.get_struct()._tree().words == 0
    message.init_root(0, 1).adopt(0, orphan)
    assert message.canonical() == wire.POINTER.pack(wire.struct_shape(0, 1)) + wire.POINTER.pack(
        wire.EMPTY_STRUCT
    )


def test_copies_are_built_apart(message: MessageBuilder) -> None:
    with MessageBuilder() as other:
        source = init_node(other)
        filled_child(source)
        expected = meaning(other)
        orphan = message.new_orphan(source)
        texts = source.init_pointer_list(TEXTS, 1)
        texts.set_text(0, "text")
        texts_orphan = message.new_orphan(texts)
        bits = message.new_orphan(source.init_list(NUMBERS, Element.BOOL, 0))
    message.init_root(0, 1)
    root = message.init_root(4, 10)
    root.adopt(CHILD, orphan)
    root.adopt(TEXTS, texts_orphan)
    bits.drop()
    assert meaning(message)["child"] == expected
    assert meaning(message)["texts"] == ["text"]


def test_the_limit_of_a_segment() -> None:
    memory = Memory()
    with closing(MessageBuilder(memory, max_segment_words=6), memory) as message:
        with pytest.raises(MessageTooLarge):
            message.new_orphan_struct(6, 1)
        assert message.segment_words() == ()
        large = message.new_orphan_struct(6, 0)
        large.get_struct().set_uint64(5, 1)
        assert message.segment_words() == (1, 6)
        root = message.init_root(0, 1)
        root.adopt(0, large)
        assert message.canonical()[-8:] == b"\1" + bytes(7)
        with pytest.raises(MessageTooLarge):
            message.new_orphan_struct(3, 65535)
    with closing(MessageBuilder(Memory(), max_segment_words=1), Memory()) as message:
        orphan = message.new_orphan_struct(1, 0)
        with pytest.raises(MessageTooLarge):
            message.init_root(0, 1)
        orphan.drop()


def test_a_copy_and_a_longer_list_that_no_segment_can_hold_are_refused() -> None:
    memory = Memory()
    with (
        closing(MessageBuilder(memory, max_segment_words=6), memory) as message,
        MessageBuilder() as other,
    ):
        with pytest.raises(MessageTooLarge) as copied:
            message.new_orphan(other.init_root(7, 0))
        assert copied.value.words_asked == 7
        numbers = message.new_orphan_primitives(Element.UINT64, 2)
        message.new_orphan_struct(1, 0)
        before = message.segments()
        with pytest.raises(MessageTooLarge):
            numbers.extend(7)
        assert message.segments() == before


def test_a_pad_that_no_segment_can_hold_is_refused() -> None:
    memory = Memory(grant_words=1)
    with closing(MessageBuilder(memory, max_segment_words=1), memory) as message:
        message.new_orphan_struct(0, 0)
        first = message.new_orphan_struct(0, 1)
        second = message.new_orphan_struct(1, 0)
        before = message.segments()
        with pytest.raises(MessageTooLarge):
            first.get_struct().adopt(0, second)
        assert message.segments() == before
        assert second.get_struct().get_uint64(0) == 0


# -- failures ------------------------------------------------------------------------------------


def test_a_failed_adopt_leaves_the_orphan_and_the_message() -> None:
    memory = FailingMemory("allocate", 3, OSError, grant_words=1)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 1)
        orphan = message.new_orphan_struct(3, 0)
        orphan.get_struct().set_uint64(0, 5)
        before = message.segments()
        with pytest.raises(AllocationRefused):
            root.adopt(0, orphan)
        assert message.segments() == before
        assert root.is_null(0)
        assert orphan.get_struct().get_uint64(0) == 5
        root.adopt(0, orphan)
        child = root.get_struct(0)
        assert child is not None
        assert child.get_uint64(0) == 5


def test_words_of_an_orphan_that_are_lost() -> None:
    memory = ResizingMemory()
    with MessageBuilder(memory) as message:
        root = message.init_root(0, 1)
        orphan = message.new_orphan_struct(2, 1)
        memory.cut(1, 2)
        for call in (orphan.drop, lambda: root.adopt(0, orphan), orphan.get_struct()._tree):
            with pytest.raises(SegmentLost):
                call()
        assert root.is_null(0)


def test_an_orphan_that_was_scribbled_upon() -> None:
    memory = Memory(grant_words=40)
    with closing(MessageBuilder(memory), memory) as message:
        root = message.init_root(0, 2)
        child = root.init_struct(0, 0, 2)
        child.set_text(0, "below")
        orphan = orphan_of(root, 0)
        for pointer in (
            wire.with_offset(wire.struct_shape(0, 2), -1),
            wire.with_offset(wire.struct_shape(0, 2), 900),
            wire.far_pointer(9, 0),
            wire.with_offset(wire.list_shape(wire.SIZE_COMPOSITE, 1), 1),
        ):
            memory.grants[0].scribble(4, pointer)
            before = message.segments()
            with pytest.raises(MalformedMessage):
                orphan.drop()
            assert message.segments() == before
        # What lies below is not looked at when it is adopted, but whenever it is followed.
        root.adopt(1, orphan)
        with pytest.raises(MalformedMessage):
            root.disown(1)
        with pytest.raises(MalformedMessage):
            root.clear(1)
        memory.grants[0].scribble(4, 0)
        root.clear(1)


@pytest.mark.parametrize("segment_words", [1, 3, 1024])
def test_new_objects_of_every_kind_are_built_apart(segment_words: int) -> None:
    """An object that is built as an orphan and adopted reads like one built in place."""
    apart, in_place = (
        MessageBuilder(HeapAllocator(segment_words=segment_words, growth=False)) for _ in range(2)
    )
    with apart, in_place:
        root, other = apart.init_root(0, 7), in_place.init_root(0, 7)
        root.adopt(0, apart.new_orphan_primitives(Element.UINT16, 5))
        other.init_list(0, Element.UINT16, 5)
        root.adopt(1, apart.new_orphan_pointers(3))
        other.init_pointer_list(1, 3)
        root.adopt(2, apart.new_orphan_structs(2, 1, 1))
        other.init_struct_list(2, 2, 1, 1)
        root.adopt(3, apart.new_orphan_text("grüß"))
        other.set_text(3, "grüß")
        root.adopt(4, apart.new_orphan_data(bytearray(b"data, more than a word")))
        other.set_data(4, b"data, more than a word")
        root.adopt(5, apart.new_orphan_primitives(Element.VOID, 1000))
        other.init_list(5, Element.VOID, 1000)
        root.adopt(6, apart.new_orphan_structs(0, 3, 3))
        other.init_struct_list(6, 0, 3, 3)
        assert apart.canonical() == in_place.canonical()
        structs = root.get_struct_list(2)
        assert structs is not None
        structs[1].set_text(0, "written later")
        assert root.get_text(3) == "grüß"


def test_new_objects_that_are_none_are_refused() -> None:
    with MessageBuilder(max_segment_words=20) as message:
        made: Any = message
        refused: dict[type[Exception], list[Callable[[], object]]] = {
            ArgumentTypeError: [
                lambda: made.new_orphan_primitives("UINT8", 1),
                lambda: made.new_orphan_pointers("1"),
                lambda: made.new_orphan_text(b"bytes"),
                lambda: made.new_orphan_data("text"),
            ],
            ArgumentValueError: [
                lambda: made.new_orphan_pointers(-1),
                lambda: made.new_orphan_text("\ud800"),
                lambda: made.new_orphan_structs(1, 1 << 16, 0),
            ],
            MessageTooLarge: [
                lambda: made.new_orphan_primitives(Element.UINT64, 21),
                lambda: made.new_orphan_structs(20, 1, 0),
                lambda: made.new_orphan_structs(1 << 20, 1 << 15, 0),
                lambda: made.new_orphan_data(bytes(161)),
            ],
        }
        for error, calls in refused.items():
            for call in calls:
                with pytest.raises(error):
                    call()
        assert message.segment_words() == ()


@pytest.mark.parametrize("old", ["text", "list", "struct", "far", "capability"])
def test_an_empty_struct_replaces_every_bit_of_a_pointer(old: str) -> None:
    with MessageBuilder(HeapAllocator(segment_words=3, growth=False)) as message:
        root = message.init_root(0, 2)
        if old == "far":
            root.init_struct(0, 2, 1)
        elif old == "struct":
            root.init_struct(0, 0, 0)
        elif old == "list":
            root.init_list(0, Element.VOID, 12)
        elif old == "capability":
            root.set_capability(0, 7)
        else:
            root.set_text(0, "")
        root.adopt(0, message.new_orphan_struct(0, 0))
        assert message.segments()[0][8:16] == bytes.fromhex("fcffffff00000000")
