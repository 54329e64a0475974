"""P10: a call into the message from inside a call of it, at every moment and for every operation.

Foreign code can run inside a call whenever a view is given back (the object behind it may have a
finalizer) and whenever the garbage collector runs, which is at the end of any call that Python
makes. Both are tried here: see :mod:`.moments`.

The outcome must be that of the two calls one after the other, in one order or the other, or that of
the outer call alone where the inner one was refused. A message that the inner call closed makes the
outer one raise ``Closed``, unless that was over.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pickle import PickleBuffer
from typing import Any

import pytest

from capnsafe import (
    AllocationRefused,
    Borrowed,
    BorrowRefused,
    Closed,
    Element,
    Error,
    GrantTooSmall,
    ListBuilder,
    MessageBuilder,
    MessageReader,
    Orphan,
    PointerListBuilder,
    Poisoned,
    Reentered,
    SegmentLost,
    StaleHandle,
    StructBuilder,
    StructListBuilder,
)
from tests.builds import counts_bytecodes

from .moments import Exporting, Moments, Staying
from .schema.features_capnp import Recursive

pytestmark = [pytest.mark.thorough, counts_bytecodes]


class Build:
    """A message with something of everything, and handles on it."""

    def __init__(self, memory: Any, verify: bool) -> None:
        self.memory = memory
        self.message = MessageBuilder(memory, verify=verify)
        self.root = self.message.init_root(2, 9)
        self.root.set_text(0, "first text")
        self.child = self.root.init_struct(1, 1, 1)
        self.child.set_text(0, "below")
        self.numbers = self.root.init_list(2, Element.UINT32, 3)
        self.structs = self.root.init_struct_list(3, 2, 1, 1)
        self.structs[1].set_text(0, "in a list")
        self.row = self.root.init_pointer_list(4, 2)
        self.row.set_text(1, "in a row")
        self.root.set_data(5, b"0123456789")
        self.root.set_capability(7, 3)
        self.orphan = self.message.new_orphan_text("an orphan")
        # Copying reads all of its source in a call of that message, and builds in another call.
        other = MessageBuilder().init_root(1, 2)
        other.set_text(0, "of another message")
        other.init_struct(1, 1, 1).set_data(0, b"abc")
        self.other = other
        self.small = MessageBuilder().init_root(1, 1)
        self.small.set_text(0, "small")
        self.bits = self.message.new_orphan_primitives(Element.BOOL, 70)

    @classmethod
    def over(cls, kind: str) -> Build:
        if kind == "stable":
            return cls(Staying(), False)
        return cls(Exporting(), kind == "verified")

    def meaning(self) -> Any:
        if self.memory.__class__ is Exporting:
            self.memory.hook = None
        try:
            segments = self.message.segments()
        except Closed:
            return "closed"
        reader = MessageReader(segments)
        return reader.root_pointer()._tree_at(0) and _plain(reader.root_pointer()._tree_at(0))


def _plain(tree: Any) -> Any:
    return (tree.shape, bytes(tree.body), [(at, _plain(child)) for at, child in tree.children])


def _older(root: StructBuilder) -> ListBuilder:
    """Open the list of structs as the list of numbers that it was."""
    numbers = root.get_list(3, Element.UINT16)
    assert numbers is not None
    return numbers


def _older_pointers(root: StructBuilder) -> PointerListBuilder:
    """Open the list of structs as the list of texts that it was."""
    texts = root.get_pointer_list(3)
    assert texts is not None
    return texts


def _written(message: MessageBuilder) -> bytes:
    file = io.BytesIO()
    message.write_to(file)
    return file.getvalue()


def _lent(build: Build, lend: Callable[[], Any]) -> bytes | list[bytes]:
    with lend() as view:
        try:
            octets = [bytes(one) for one in view] if type(view) is list else bytes(view)
        except ValueError:
            # Closing the message takes back the lent view.
            build.message.root_pointer()
            raise
        view = None
    return octets


OPERATIONS: dict[str, Callable[[Build], Any]] = {
    "init_root": lambda build: build.message.init_root(1, 1),
    "get_root": lambda build: build.message.get_root(),
    "get_root larger": lambda build: build.message.get_root(4, 12),
    "root_pointer": lambda build: build.message.root_pointer().get_struct(0),
    "set_root": lambda build: build.message.set_root(build.other),
    "new_orphan": lambda build: build.message.new_orphan(build.other),
    "new_orphan_list": lambda build: build.message.new_orphan_list(
        [build.other.init_list(0, Element.BOOL, 9), build.other.init_list(1, Element.BOOL, 70)]
    ),
    "new_orphan_struct": lambda build: build.message.new_orphan_struct(0, 0),
    "new_orphan_text": lambda build: build.message.new_orphan_text("x" * 90),
    "canonical": lambda build: build.message.root_pointer()._tree_at(0),
    "check_segments": lambda build: build.message.check_segments(),
    "segments": lambda build: build.message.segments(),
    "lend_segment": lambda build: _lent(build, lambda: build.message.lend_segment(0)),
    "to_bytes": lambda build: build.message.to_bytes(),
    "write_to": lambda build: _written(build.message),
    "set_uint32": lambda build: build.root.set_uint32(0, 7),
    "set_uint32 with a default": lambda build: build.root.set_uint32(0, 7, default=3),
    "get_uint32": lambda build: build.root.get_uint32(0),
    "set_bool": lambda build: build.root.set_bool(9, True),
    "get_bool": lambda build: build.root.get_bool(9),
    "several fields": lambda build: build.root._put_bits(0xFF00FF << 3, 0xA5005A << 3),
    "set_float64": lambda build: build.root.set_float64(1, 1.5),
    "get_float64": lambda build: build.root.get_float64(1),
    "set element": lambda build: build.numbers.__setitem__(1, 4),
    "get element": lambda build: build.numbers[1],
    "list of structs": lambda build: build.structs[1].get_text(0),
    "lend": lambda build: _lent(build, build.numbers.lend),
    "lend_data": lambda build: _lent(build, lambda: build.root.lend_data(5)),
    "tree": lambda build: build.root.total_size(),
    "set_text": lambda build: build.root.set_text(6, "a new text"),
    "set_text far": lambda build: build.root.set_text(6, "a new text" * 8),
    "set_text long": lambda build: build.root.set_text(6, "a new text" * 70),
    "set_text over": lambda build: build.root.set_text(0, "another text"),
    "set_text in a row": lambda build: build.row.set_text(0, "another text"),
    "set_data of a view": lambda build: build.root.set_data(6, memoryview(b"abcd")),
    "get_text": lambda build: build.root.get_text(0),
    "get_data": lambda build: build.root.get_data(5),
    "get_capability": lambda build: build.root.get_capability(7),
    "set_capability": lambda build: build.root.set_capability(0, 5),
    "kind": lambda build: build.root.kind(1),
    "is_null": lambda build: build.root.is_null(1),
    "clear": lambda build: build.root.clear(1),
    "init_struct": lambda build: build.root.init_struct(6, 1, 1),
    "init_struct over": lambda build: build.root.init_struct(1, 1, 1),
    "init_struct empty": lambda build: build.root.init_struct(6, 0, 0),
    "get_struct": lambda build: build.root.get_struct(1),
    "get_struct larger": lambda build: build.root.get_struct(1, 3, 3),
    "get_struct default": lambda build: build.root.get_struct(6, default=build.other),
    "init_list": lambda build: build.root.init_list(6, Element.UINT16, 9),
    "get_list": lambda build: build.root.get_list(2, Element.UINT32),
    "set_list": lambda build: build.root.set_list(6, Element.UINT8, b"abc"),
    "init_pointer_list": lambda build: build.root.init_pointer_list(6, 3),
    "get_pointer_list": lambda build: build.root.get_pointer_list(4),
    "init_struct_list": lambda build: build.root.init_struct_list(6, 2, 1, 1),
    "get_struct_list": lambda build: build.root.get_struct_list(3),
    "get_struct_list larger": lambda build: build.root.get_struct_list(3, 2, 2),
    "set": lambda build: build.root.set(6, build.other),
    "set None": lambda build: build.root.set(1, None),
    "copy_pointer": lambda build: build.root.copy_pointer(0, build.other, 1),
    "disown": lambda build: build.root.disown(1),
    "adopt": lambda build: build.root.adopt(1, build.orphan),
    "adopt contents": lambda build: build.structs.adopt(1, build.message.new_orphan(build.small)),
    "orphan grows": lambda build: build.message.new_orphan(build.small).get_struct(3, 4),
    "older list": lambda build: _older(build.root).__setitem__(1, 5),
    "older pointers": lambda build: _older_pointers(build.root).set_text(0, "edited"),
    "element_size": lambda build: repr(build.root.element_size(3)),
    "data_section": lambda build: build.root.data_section(),
    "lend_data_section": lambda build: _lent(build, build.root.lend_data_section),
    "copy_from": lambda build: build.child.copy_from(build.small),
    "select": lambda build: build.root.select(0, 3, fields=[(Element.BOOL, 70)], pointers=[1]),
    "orphan get": lambda build: build.bits.get_list(Element.BOOL),
    "orphan kind": lambda build: build.orphan.kind,
    "orphan size": lambda build: build.orphan.total_size(),
    "truncate": lambda build: build.bits.truncate(3),
    "extend": lambda build: build.bits.extend(900),
    "drop": lambda build: build.orphan.drop(),
}

#: The inner calls. Only the last one is served during every other call.
INNER: dict[str, Callable[[Build], Any]] = {
    "set_text": lambda build: build.root.set_text(0, "inner text, which is longer"),
    "set_text beside": lambda build: build.root.set_text(8, "inner"),
    "clear": lambda build: build.root.clear(1),
    "disown": lambda build: build.root.disown(1),
    "set_uint32": lambda build: build.root.set_uint32(0, 99),
    "init_root": lambda build: build.message.init_root(1, 2),
    "drop": lambda build: build.orphan.drop(),
    "adopt": lambda build: build.root.adopt(6, build.orphan),
    "to_bytes": lambda build: build.message.to_bytes(),
    "close": lambda build: build.message.close(),
}


def _outcome(call: Callable[[Build], Any], build: Build) -> Any:
    """Return what a call returns or raises, so that it can be compared."""
    try:
        value = call(build)
    except (Reentered, Poisoned, Borrowed):
        return "refused"
    except Error as error:
        return type(error)
    if isinstance(value, StructBuilder | PointerListBuilder | Orphan):
        return type(value).__name__
    return (
        value if isinstance(value, bytes | str | int | float | list | tuple) else repr(type(value))
    )


#: The end of two calls: the outcome of the outer one, that of the inner one, and the meaning.
Seen = tuple[Any, Any, Any]

#: How many moments of an operation are tried, about.
_SAMPLED = 6


@cache
def _serial(kind: str, outer: str, inner: str) -> list[Seen]:
    """Return the ends to which two calls may come, one after the other."""
    allowed = []
    build = Build.over(kind)
    first = _outcome(INNER[inner], build)
    allowed.append((_outcome(OPERATIONS[outer], build), first, build.meaning()))
    build = Build.over(kind)
    first = _outcome(OPERATIONS[outer], build)
    second = _outcome(INNER[inner], build)
    allowed.append((first, second, build.meaning()))
    return allowed


#: The ends that are there when the inner call was refused, by memory and outer call.
_alone: dict[tuple[str, str], Seen] = {}


def _is_allowed(kind: str, outer: str, inner: str, seen: Seen) -> bool:
    """Return whether the two calls may end like this."""
    if seen[1] == "refused":
        if (kind, outer) not in _alone:
            build = Build.over(kind)
            _alone[kind, outer] = (_outcome(OPERATIONS[outer], build), "refused", build.meaning())
        return seen == _alone[kind, outer]
    if inner == "close" and seen[0] is Closed and seen[2] == "closed":
        return True
    return seen in _serial(kind, outer, inner)


def _run(kind: str, outer: str, inner: str, moment: int, collected: bool) -> Seen | None:
    """Return the end with an inner call at one moment, ``None`` if there is no such moment."""
    build = Build.over(kind)
    inner_outcome: list[Any] = []

    def hook() -> None:
        inner_outcome.append(_outcome(INNER[inner], build))

    if collected:
        with Moments(moment, hook):
            outcome = _outcome(OPERATIONS[outer], build)
    else:
        build.memory.hook = hook
        build.memory.moment = moment
        outcome = _outcome(OPERATIONS[outer], build)
    if not inner_outcome:
        return None
    seen = (outcome, inner_outcome[0], build.meaning())
    assert build.memory.breaches() == [], f"{inner} at moment {moment} of {outer}"
    return seen


@cache
def _moments(kind: str, outer: str, collected: bool) -> int:
    """Count the moments of a call."""
    build = Build.over(kind)
    if not collected:
        build.memory.moment = 0
        _outcome(OPERATIONS[outer], build)
        return -int(build.memory.moment)
    with Moments() as counted:
        _outcome(OPERATIONS[outer], build)
    return counted.count


def _sample(kind: str, outer: str, collected: bool) -> Iterator[tuple[int, str]]:
    """Yield some moments of a call, each with an inner call; every third inner call is a close."""
    moments = _moments(kind, outer, collected)
    # Each operation begins at another moment, and with another inner call.
    begin = list(OPERATIONS).index(outer)
    stride = max(1, moments // _SAMPLED)
    *others, close = INNER
    for turn, moment in enumerate(range(1 + begin % stride, moments + 1, stride), begin):
        # Every third turn closes. The others go through the other calls in order.
        yield moment, close if turn % 3 == 2 else others[(turn - turn // 3) % len(others)]


def _check(kind: str, outer: str, collected: bool) -> None:
    for moment, inner in _sample(kind, outer, collected):
        seen = _run(kind, outer, inner, moment, collected)
        assert seen is not None
        if not _is_allowed(kind, outer, inner, seen):
            pytest.fail(
                f"{inner} at moment {moment} of {outer}: {str(seen[:2])[:200]}, and not one of"
                f" {[str(one[:2])[:200] for one in _serial(kind, outer, inner)]}"
            )


@pytest.mark.parametrize("outer", OPERATIONS)
def test_a_call_when_a_view_is_given_back(outer: str) -> None:
    for kind in ("asked", "verified"):
        _check(kind, outer, collected=False)


@pytest.mark.traced
@pytest.mark.parametrize("outer", OPERATIONS)
def test_a_call_when_the_garbage_collector_runs(outer: str) -> None:
    for kind in ("stable", "asked", "verified"):
        _check(kind, outer, collected=True)


@pytest.mark.traced
@pytest.mark.parametrize(
    "outer", ["to_bytes", "set_text far", "init_list", "set_list", "lend", "lend_segment"]
)
def test_a_close_at_each_moment(outer: str) -> None:
    """They hold a part of a view, look at an address, write where memory stays, and lend."""
    for kind in ("stable", "asked", "verified"):
        # "verified" is "asked", and looks once more. But it lends a copy of a segment, so that a
        # close succeeds where it is refused otherwise.
        stride = 3 if kind == "verified" and outer != "lend_segment" else 1
        for moment in range(1, _moments(kind, outer, collected=True) + 1, stride):
            seen = _run(kind, outer, "close", moment, collected=True)
            assert seen is not None
            assert _is_allowed(kind, outer, "close", seen), (kind, moment, seen[:2])


def _shrink(memory: Staying) -> list[int]:
    """Cut each segment to a word; return the keys of those that nobody held."""
    cut = []
    for key in range(memory.live_grants):
        with suppress(BufferError):
            del memory.segment(key)[8:]
            cut.append(key)
    return cut


@pytest.mark.parametrize("outer", ["set_text", "set_text far", "set_text long", "set_uint32"])
def test_memory_that_was_said_to_stay_and_shrinks_is_noticed(outer: str) -> None:
    moments = _moments("stable", outer, collected=True)
    for moment in range(1, moments + 1):
        build = Build.over("stable")

        shrunk: list[int] = []

        def shrink(memory: Staying = build.memory, shrunk: list[int] = shrunk) -> None:
            shrunk += _shrink(memory)

        with Moments(moment, shrink):
            outcome = _outcome(OPERATIONS[outer], build)
        assert outcome in (SegmentLost, GrantTooSmall, "<class 'NoneType'>")
        if shrunk:
            with pytest.raises(SegmentLost):
                build.message.to_bytes()


@pytest.mark.parametrize(
    ("kind", "collected"),
    [("asked", False), ("verified", False), ("stable", True), ("asked", True), ("verified", True)],
)
def test_the_samples_have_every_inner_call_many_times(kind: str, collected: bool) -> None:
    tried = Counter(inner for outer in OPERATIONS for _, inner in _sample(kind, outer, collected))
    assert tried.keys() == INNER.keys()
    assert min(tried.values()) > len(OPERATIONS) // len(INNER)


@pytest.mark.traced
def test_the_moments_are_many() -> None:
    assert sum(_moments("asked", outer, collected=False) for outer in OPERATIONS) > 300
    assert sum(_moments("stable", outer, collected=True) for outer in OPERATIONS) > 3000


def test_the_table_has_every_operation() -> None:
    """Each public method of builders is in the table, or calls no memory."""
    named = " ".join(OPERATIONS)
    beside = {"close", "resume", "segment_words", "total_words", "lend_segments", "element", "kind",
        "data_words", "pointer_count", "last_disowned"}  # fmt: skip
    handles = (ListBuilder, PointerListBuilder, StructBuilder, StructListBuilder)
    for owner in (MessageBuilder, *handles, Orphan):
        for name in dir(owner):
            if name.startswith("_") or name in beside:
                continue
            known = name == "total_size" or name.startswith(("get_", "set_", "new_orphan_"))
            assert known or name in named, name


@pytest.mark.traced
@pytest.mark.parametrize("shrinks", [False, True])
def test_a_close_or_a_cut_at_each_moment_of_a_first_root(shrinks: bool) -> None:
    """In memory that stays, a small value is written without a view."""
    value = Recursive(number=7)
    outcomes = set()
    moment = 0
    while True:
        moment += 1
        memory = Staying()
        message = MessageBuilder(memory)

        def hook(memory: Staying = memory, message: MessageBuilder = message) -> None:
            if shrinks:
                _shrink(memory)
            else:
                with suppress(Reentered):
                    message.close()

        with Moments(moment, hook) as moments:
            try:
                message.set_root(value)
                outcomes.add("done")
            except Closed:
                outcomes.add("closed")
        message.close()
        assert memory.breaches() == []
        if moments.count < moment:
            break
    # Where words are missing, others are found.
    assert outcomes == ({"done"} if shrinks else {"done", "closed"})


def _with_a_short_way(memory: Any, pointers: int) -> tuple[MessageBuilder, StructBuilder]:
    """Return a message and its root, with room for a text: after the root if it has one pointer."""
    message = MessageBuilder(memory)
    root = message.init_root(0, pointers)
    if pointers > 1:
        # The root fills its segment. This text makes the other one.
        root.set_text(1, "far")
    return message, root


@pytest.mark.traced
@pytest.mark.parametrize(
    ("kind", "pointers"),
    [(Staying, 1), (Staying, 11), (Exporting, 1)],
    ids=["near", "far", "near, in memory that does not stay"],
)
def test_a_close_at_each_moment_of_the_short_ways(
    kind: type[Staying] | type[Exporting], pointers: int
) -> None:
    """They are taken where there is room beside the pointer or, in memory that stays, elsewhere."""
    outcomes = set()
    moment = 0
    while True:
        moment += 1
        memory = kind()
        message, root = _with_a_short_way(memory, pointers)
        closed: list[bool] = []

        def hook(message: MessageBuilder = message, closed: list[bool] = closed) -> None:
            try:
                message.close()
                closed.append(True)
            except Reentered:
                # The allocator is running.
                closed.append(False)

        with Moments(moment, hook):
            try:
                root.set_text(0, "text")
                outcomes.add("done")
            except Closed:
                outcomes.add("closed")
        if not closed:
            break
        if closed == [False]:
            message.close()
        with pytest.raises(Closed):
            message.to_bytes()
        assert not _live(memory)
        assert memory.breaches() == []
    # Nothing is called once it is done.
    assert outcomes == {"closed", "done"}
    assert moment > 10


@pytest.mark.traced
@pytest.mark.parametrize("pointers", [1, 11], ids=["near", "far"])
def test_memory_that_shrinks_at_each_moment_of_the_short_ways(pointers: int) -> None:
    """Somebody resizes memory that was said to stay, and nothing is written beyond its end."""
    outcomes = set()
    moment = 0
    while True:
        moment += 1
        memory = Staying()
        _, root = _with_a_short_way(memory, pointers)
        tried: list[list[int]] = []

        def shrink(memory: Staying = memory, tried: list[list[int]] = tried) -> None:
            tried.append(_shrink(memory))

        with Moments(moment, shrink):
            try:
                root.set_text(0, "text")
                outcomes.add("done")
            except SegmentLost:
                outcomes.add("lost")
        if not tried:
            break
    assert outcomes == {"done", "lost"}
    assert moment > 10


def _live(memory: Exporting | Staying) -> int:
    return len(memory.grants) if isinstance(memory, Exporting) else memory.live_grants


def _refuse_a_grant(memory: Any) -> None:
    def refuse(minimum_words: int, /) -> int:
        raise OSError("no memory")

    memory.allocate = refuse


def _refuse_the_place_of_a_grant(memory: Any) -> None:
    refused = len(memory.grants)
    segment = memory.segment

    def refuse(key: int, /) -> Any:
        if key == refused:
            raise OSError("no place")
        return segment(key)

    memory.segment = refuse


def _refuse_every_place(memory: Any) -> None:
    def refuse(key: int, /) -> Any:
        raise OSError("no place")

    memory.segment = refuse


@pytest.mark.traced
@pytest.mark.parametrize(
    ("kind", "spoil", "raised"),
    [
        ("stable", _refuse_a_grant, AllocationRefused),
        ("asked", _refuse_the_place_of_a_grant, BorrowRefused),
        ("asked", _refuse_every_place, BorrowRefused),
    ],
)
def test_a_close_at_each_moment_at_which_a_call_is_taken_back(
    kind: str, spoil: Callable[[Any], None], raised: type[Error]
) -> None:
    outcomes = set()
    moment = 0
    while True:
        moment += 1
        build = Build.over(kind)
        spoil(build.memory)
        closed: list[Any] = []

        def hook(build: Build = build, closed: list[Any] = closed) -> None:
            closed.append(_outcome(INNER["close"], build))

        with Moments(moment, hook):
            outcome = _outcome(OPERATIONS["set_text long"], build)
        if not closed:
            break
        outcomes.add(outcome)
        if closed[0] != "refused":
            assert not _live(build.memory)
            with pytest.raises(Closed):
                build.message.to_bytes()
        build.message.close()
        assert not _live(build.memory)
        assert build.memory.breaches() == []
    assert outcomes == {Closed, raised}


def test_a_close_is_refused_while_somebody_looks_at_the_view_that_is_held() -> None:
    """A debugger may: the memory is not released below it."""
    refused = 0
    for moment in range(1, _moments("stable", "segments", collected=True) + 1):
        build = Build.over("stable")

        def hook(build: Build = build) -> None:
            nonlocal refused
            held = build.message._arena._held
            if held is not None:
                looking = PickleBuffer(held)
                with pytest.raises(Reentered):
                    build.message.close()
                looking.release()
                refused += 1

        before = build.meaning()
        with Moments(moment, hook):
            build.message.segments()
        assert build.meaning() == before
    assert refused


@pytest.mark.traced
@pytest.mark.parametrize("kind", ["stable", "asked", "verified"])
@pytest.mark.parametrize("outer", ["set_uint32", "set_float64", "set_bool", "several fields"])
def test_nothing_is_written_to_an_object_that_is_cleared_at_any_moment(
    outer: str, kind: str
) -> None:
    build = Build.over(kind)
    build.root.init_struct(6, 2, 0)
    build.root.clear(6)
    expected = build.message.to_bytes()
    outcomes = set()
    for moment in range(1, _moments(kind, outer, collected=True) + 1):
        build = Build.over(kind)
        root = build.root
        build.root = root.init_struct(6, 2, 0)

        def clear(build: Build = build, root: StructBuilder = root) -> None:
            with suppress(Reentered):
                root.clear(6)
                # It zeroes the retired words. Nobody zeroes them a second time.
                build.message.to_bytes()

        with Moments(moment, clear):
            outcomes.add(_outcome(OPERATIONS[outer], build))
        root.clear(6)
        assert build.message.to_bytes() == expected, moment
    assert StaleHandle in outcomes
