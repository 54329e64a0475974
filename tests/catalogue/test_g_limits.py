"""Group G: small messages that are much work, and readers that look further than they may."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from capnsafe import (
    Element,
    Error,
    MalformedMessage,
    MessageBuilder,
    MessageReader,
    NestingLimitExceeded,
    PointerOutOfBounds,
    TraversalLimitExceeded,
    frame,
    read_message,
    unframe,
    wire,
)
from capnsafe._read.reader import NESTING_LIMIT, TRAVERSAL_LIMIT_WORDS
from tests.catalogue.hostile import ROOT, list_pointer, read, scribbled, segment

MOST_VOIDS = wire.MAX_LIST_COUNT
MOST_EMPTIES = (1 << 30) - 1

VOIDS = (list_pointer(wire.SIZE_VOID, MOST_VOIDS),)
EMPTIES = (list_pointer(wire.SIZE_COMPOSITE, 0), wire.tag(MOST_EMPTIES, 0, 0))


@pytest.mark.parametrize(("words", "count"), [(VOIDS, MOST_VOIDS), (EMPTIES, MOST_EMPTIES)])
def test_g1_elements_without_a_size_are_charged(words: tuple[int, ...], count: int) -> None:
    """CVE-2015-2312: 16 bytes held 2**29 elements, each free of charge."""
    root = read(*words)
    for act in (root.get_struct_list, root._tree_at, lambda at: root.get_list(at, Element.VOID)):
        with pytest.raises(TraversalLimitExceeded, match=rf"\b{count}\b"):
            act(0)
    enough = 2 + len(words) - 1 + count  # The root pointer, the root, the tag.
    structs = read(*words, traversal_limit_words=enough).get_struct_list(0)
    assert structs is not None
    assert len(structs) == count
    # None is charged a second time.
    for _ in range(2):
        assert structs[count - 1].data_bytes == 0
    with pytest.raises(TraversalLimitExceeded):
        structs.total_size()


def test_g1_voids_are_charged_too() -> None:
    few = (list_pointer(wire.SIZE_VOID, 1000),)
    with pytest.raises(TraversalLimitExceeded):
        read(*few, traversal_limit_words=1001).get_list(0, Element.VOID)
    voids = read(*few, traversal_limit_words=1002).get_list(0, Element.VOID)
    assert voids is not None
    assert list(voids) == [None] * 1000
    assert voids[999] is None
    with pytest.raises(TraversalLimitExceeded):
        voids.total_size()


@pytest.mark.parametrize("words", [VOIDS, EMPTIES])
def test_g2_elements_without_words_are_not_gone_through(words: tuple[int, ...]) -> None:
    """CVE-2015-2313, capnproto-rust 66def413: a total size took a day.

    So did erasing. Here each of these would.
    """
    root = read(*words, traversal_limit_words=1 << 40)
    size = root.total_words()
    assert size == len(words)
    message = MessageBuilder()
    target = message.init_root(0, 2)
    target.set(0, root.get_struct_list(0))
    assert target.total_words() == 2 + len(words) - 1
    target.set(1, target.get_list(0, Element.VOID) if words is VOIDS else target.get_struct_list(0))
    target.clear(0)
    message.canonical()
    orphan = target.disown(1)
    assert orphan is not None
    orphan.drop()
    message.close()
    with scribbled(*words) as built:
        assert built.total_words() == size
        built.clear(0)


def test_g4_a_limit_counts_words() -> None:
    """capnproto-java #96: bytes were compared with it, and an eighth was readable."""
    with MessageBuilder() as message:
        message.init_root(1, 1).set_data(0, bytes(800))
        data = message.to_bytes()
    exact = 1 + 2 + 100  # The root pointer, the root, the data.
    assert read_message(data, traversal_limit_words=exact).get_root().get_data(0) == bytes(800)
    with pytest.raises(TraversalLimitExceeded):
        MessageReader(unframe(data), traversal_limit_words=exact - 1).get_root().get_data(0)


def test_g5_what_fails_raises_no_limit() -> None:
    """capnproto-rust ceb5649b: below zero, the limit was 2**64."""
    root = read(list_pointer(wire.SIZE_BYTE, 8, 2), 0, 0, 1, traversal_limit_words=1 + 1 + 2)
    with pytest.raises(TraversalLimitExceeded) as refused:
        read(list_pointer(wire.SIZE_BYTE, 80), *[0] * 10, traversal_limit_words=5).get_data(0)
    assert refused.value.words_granted == 3
    assert root.get_data(0) is not None
    assert root.get_data(0) is not None
    for _ in range(5):
        with pytest.raises(TraversalLimitExceeded):
            root.get_data(0)


@pytest.mark.parametrize("act", [lambda root: root.get_data(0), lambda root: root._tree_at(0)])
def test_g5_nothing_is_given_back(act: Callable[[Any], object]) -> None:
    """A pointer that is refused for another reason costs no less than before."""
    root = read(list_pointer(wire.SIZE_BYTE, 4000), traversal_limit_words=10)
    for _ in range(50):
        with pytest.raises(PointerOutOfBounds):
            act(root)
    assert root._segments.unread_words == 8


def test_g6_there_are_limits_unless_others_are_asked_for() -> None:
    """capnpy #42. One pointer of a list is followed by the next, and all lead to one list."""
    fan = segment(
        ROOT,
        list_pointer(wire.SIZE_POINTER, 20_000),
        *(list_pointer(wire.SIZE_EIGHT_BYTES, 1000, 19_999 - at) for at in range(20_000)),
        *range(1000),
    )
    readers = [MessageReader([fan]), read_message(frame([fan]))]
    for reader in readers:
        rows = reader.get_root().get_pointer_list(0)
        assert rows is not None
        affordable = (TRAVERSAL_LIMIT_WORDS - 2 - 20_000) // 1000
        for at in range(affordable):
            rows.get_list(at, Element.UINT64)
        with pytest.raises(TraversalLimitExceeded):
            rows.get_list(affordable, Element.UINT64)
    loop = MessageReader([segment(ROOT, wire.with_offset(wire.struct_shape(0, 1), -1))])
    struct = loop.get_root()
    for _ in range(NESTING_LIMIT - 1):
        inner = struct.get_struct(0)
        assert inner is not None
        struct = inner
    with pytest.raises(NestingLimitExceeded):
        struct.get_struct(0)


def test_g7_whatever_is_opened_is_charged_to_one_account() -> None:
    """RUSTSEC-2025-0143: a reader made from parts checked nothing, and was safe to call.

    Here readers come from readers, and all of one message share what the limit has left; a copy of
    a reader too.
    """
    with MessageBuilder() as message:
        root = message.init_root(1, 4)
        root.init_struct(0, 1, 0)
        root.init_list(1, Element.UINT64, 3)
        root.init_struct_list(2, 2, 1, 0)
        root.init_pointer_list(3, 2).set_text(0, "text")
        reader = MessageReader(message.segments(), traversal_limit_words=1000)
    struct = reader.get_root()
    left = struct._segments.unread_words
    costs: dict[str, tuple[Callable[[], object], int]] = {
        "struct": (lambda: struct.get_struct(0), 1),
        "list": (lambda: struct.get_list(1, Element.UINT64), 3),
        "structs": (lambda: struct.get_struct_list(2), 3),
        "pointers": (lambda: struct.get_pointer_list(3), 2),
        "copy": (lambda: copy.copy(struct).get_struct(0), 1),
        "size": (lambda: struct.total_words(), 5 + 1 + 3 + 3 + 2 + 1),
        "root": (reader.get_root, 6),
    }
    for act, cost in costs.values():
        act()
        left -= cost
        assert struct._segments.unread_words == left
    with pytest.raises(TypeError):
        pickle.dumps(struct)


#: Pointers that lead one word outside, and the words with which they would be valid.
OUTSIDE: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "struct": ((wire.with_offset(wire.struct_shape(1, 0), 1), 0), (0,)),
    "pointers": ((wire.with_offset(wire.struct_shape(1, 1), 0), 0), (0,)),
    "list": ((list_pointer(wire.SIZE_EIGHT_BYTES, 2), 0), (0,)),
    "bits": ((list_pointer(wire.SIZE_BIT, 65), 0), (0,)),
    "bytes": ((list_pointer(wire.SIZE_BYTE, 9), 0), (0,)),
    "structs": ((list_pointer(wire.SIZE_COMPOSITE, 1), wire.tag(1, 1, 0)), (0,)),
    "tag": ((list_pointer(wire.SIZE_COMPOSITE, 0, 1), 0), (0,)),
    "far": ((wire.far_pointer(0, 3), 0), (wire.struct_shape(0, 0),)),
    "double far": (
        (wire.far_pointer(0, 2, double=True), wire.far_pointer(0, 4)),
        (wire.struct_shape(1, 0), 0),
    ),
    "behind the pad": ((wire.far_pointer(0, 2), wire.struct_shape(2, 0), 0), (0,)),
    "behind the double pad": (
        (
            wire.far_pointer(0, 2, double=True),
            wire.far_pointer(0, 4),
            wire.struct_shape(1, 0),
        ),
        (0,),
    ),
}


@pytest.mark.parametrize(("words", "more"), OUTSIDE.values(), ids=OUTSIDE)
def test_g8_nothing_leads_one_word_outside(words: tuple[int, ...], more: tuple[int, ...]) -> None:
    """capnproto-dlang #12. One word more, and each of these is good."""
    root = read(*words)
    acts: list[Callable[[int], object]] = [
        root.get_struct,
        root.get_struct_list,
        root.get_data,
        root._tree_at,
    ]
    for act in acts:
        with pytest.raises(MalformedMessage):
            act(0)
    with pytest.raises(PointerOutOfBounds):
        root._tree_at(0)
    with pytest.raises(PointerOutOfBounds):
        root.total_words()
    with scribbled(*words) as built:
        for work in (built._tree_at, built.clear, built.disown, built.kind):
            with pytest.raises(PointerOutOfBounds):
                work(0)
    assert read(*words, *more)._tree_at(0) is not None


def test_g8_every_error_is_one_of_ours() -> None:
    """Each single bit of a message is turned, and each reader asked for all it has."""
    with MessageBuilder() as message:
        root = message.init_root(1, 3)
        root.set_text(0, "text")
        root.init_struct_list(1, 2, 1, 1)[1].set_data(0, b"d")
        root.init_pointer_list(2, 2).init_list(1, Element.BOOL, 5)
        (good,) = message.segments()
    outcomes: set[type[Error] | None] = set()
    for bit in range(len(good) * 8):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        try:
            MessageReader([bad]).get_root().total_words()
        except Error as error:
            outcomes.add(type(error))
        else:
            outcomes.add(None)
    assert None in outcomes
    assert PointerOutOfBounds in outcomes
