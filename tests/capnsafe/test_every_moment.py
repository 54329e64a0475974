"""P10: a call into the message from inside a call of it, at every moment and for every operation.

Foreign code can run inside a call whenever a view is given back (the object behind it may have a
finalizer) and whenever the garbage collector runs, which is at the end of any call that Python
makes. Both are tried here, the second by a profile function, which is told of each call.

The outcome must be that of the two calls one after the other, in one order or the other, or that of
the outer call alone where the inner one was refused. A message that the inner call closed makes the
outer one raise ``Closed``, unless that was over.
"""

from __future__ import annotations

import ctypes
import io
import sys
from collections.abc import Callable
from contextlib import suppress
from pickle import PickleBuffer
from types import FrameType
from typing import Any

import pytest

import capnsafe
from capnsafe import (
    AllocationRefused,
    Borrowed,
    Closed,
    Element,
    Error,
    GrantTooSmall,
    HeapAllocator,
    MessageBuilder,
    MessageReader,
    Orphan,
    PointerListBuilder,
    Poisoned,
    Reentered,
    SegmentLost,
    StructBuilder,
)


class Exporting:
    """Memory in which an object is finalized whenever a view is given back."""

    def __init__(self, words: int = 12) -> None:
        self.words = words
        self.grants: dict[int, bytearray] = {}
        #: It is somebody else's now.
        self.gone: list[bytearray] = []
        self.moment = 0
        self.hook: Callable[[], None] | None = None

    def tell(self) -> None:
        self.moment -= 1
        if self.moment == 0 and self.hook is not None:
            hook, self.hook = self.hook, None
            hook()

    def allocate(self, minimum_words: int, /) -> int:
        key = len(self.grants) + len(self.gone)
        self.grants[key] = bytearray(max(self.words, minimum_words) * 8)
        return key

    def segment(self, key: int, /) -> Any:
        tell = self.tell

        class Window(ctypes.c_ubyte * len(self.grants[key])):  # type: ignore[misc]
            def __del__(self) -> None:
                tell()

        return Window.from_buffer(self.grants[key])

    def release(self, key: int, words_used: int, /) -> None:
        memory = self.grants.pop(key)
        memory[:] = b"\xee" * len(memory)
        self.gone.append(memory)


class Staying(HeapAllocator):
    """Memory that stays, and is somebody else's as soon as it is released."""

    def __init__(self) -> None:
        super().__init__(segment_words=12, growth=False)
        self.gone: list[bytearray] = []

    def release(self, key: int, words_used: int, /) -> None:
        memory = self.segment(key)
        super().release(key, words_used)
        memory[:] = b"\xee" * len(memory)
        self.gone.append(memory)


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
        return reader.root_pointer().copied(0) and _plain(reader.root_pointer().copied(0))


def _plain(tree: Any) -> Any:
    return (tree.shape, bytes(tree.body), [(at, _plain(child)) for at, child in tree.children])


def _written(message: MessageBuilder) -> bytes:
    file = io.BytesIO()
    message.write_to(file)
    return file.getvalue()


def _lent(build: Build, lend: Callable[[], Any]) -> bytes | list[bytes]:
    with lend() as view:
        octets = [bytes(one) for one in view] if type(view) is list else bytes(view)
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
    "canonical": lambda build: build.message.root_pointer().copied(0),
    "check_segments": lambda build: build.message.check_segments(),
    "segments": lambda build: build.message.segments(),
    "lend_segment": lambda build: _lent(build, lambda: build.message.lend_segment(0)),
    "to_bytes": lambda build: build.message.to_bytes(),
    "write_to": lambda build: _written(build.message),
    "set_uint32": lambda build: build.root.set_uint32(0, 7),
    "set_uint32 with a default": lambda build: build.root.set_uint32(0, 7, 3),
    "get_uint32": lambda build: build.root.get_uint32(0),
    "set_bool": lambda build: build.root.set_bool(9, True),
    "get_bool": lambda build: build.root.get_bool(9),
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
    "copy_from": lambda build: build.child.copy_from(build.small),
    "select": lambda build: build.root.select(0, 3, fields=[(Element.BOOL, 70)], pointers=[1]),
    "orphan get": lambda build: build.bits.get_list(Element.BOOL),
    "orphan kind": lambda build: build.orphan.kind,
    "orphan size": lambda build: build.orphan.total_size(),
    "truncate": lambda build: build.bits.truncate(3),
    "extend": lambda build: build.bits.extend(900),
    "drop": lambda build: build.orphan.drop(),
}

#: Called from inside. The last one is the only one that is served whatever else is going on.
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


Seen = tuple[Any, Any, Any]

#: How many moments of an operation are tried, about.
_SAMPLE = 9


def _serial(kind: str, outer: str, inner: str) -> list[Seen]:
    """Return what may come of it: (outer outcome, inner outcome, meaning)."""
    allowed = []
    build = Build.over(kind)
    first = _outcome(INNER[inner], build)
    allowed.append((_outcome(OPERATIONS[outer], build), first, build.meaning()))
    build = Build.over(kind)
    first = _outcome(OPERATIONS[outer], build)
    second = _outcome(INNER[inner], build)
    allowed.append((first, second, build.meaning()))
    build = Build.over(kind)
    alone = _outcome(OPERATIONS[outer], build)
    allowed.append((alone, "refused", build.meaning()))
    return allowed


class Profile:
    """Calls a hook at the n-th moment at which the garbage collector can run in capnsafe."""

    def __init__(self, moment: int, hook: Callable[[], None]) -> None:
        self.left = moment
        self.hook = hook
        self.running = False

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if event not in ("call", "c_return") or self.running:
            return
        if frame.f_globals.get("__package__", "").partition(".")[0] != "capnsafe":
            return
        self.left -= 1
        if self.left == 0:
            self.running = True
            self.hook()
            self.running = False


def _at_moment(kind: str, outer: str, inner: str, moment: int, collected: bool) -> Seen | None:
    """Return what comes of an inner call at one moment, ``None`` if there is no such moment."""
    build = Build.over(kind)
    inner_outcome: list[Any] = []

    def hook() -> None:
        inner_outcome.append(_outcome(INNER[inner], build))

    if collected:
        sys.setprofile(Profile(moment, hook))
        try:
            outcome = _outcome(OPERATIONS[outer], build)
        finally:
            sys.setprofile(None)
    else:
        build.memory.hook = hook
        build.memory.moment = moment
        outcome = _outcome(OPERATIONS[outer], build)
    if not inner_outcome:
        return None
    seen = (outcome, inner_outcome[0], build.meaning())
    for memory in build.memory.gone:
        assert memory.count(0xEE) == len(memory), "written to after it was released"
    return seen


def _moments(kind: str, outer: str, collected: bool) -> int:
    """Count the moments of a call."""
    build = Build.over(kind)
    if not collected:
        build.memory.moment = 0
        _outcome(OPERATIONS[outer], build)
        return -int(build.memory.moment)
    profile = Profile(0, lambda: None)
    sys.setprofile(profile)
    try:
        _outcome(OPERATIONS[outer], build)
    finally:
        sys.setprofile(None)
    return -profile.left


def _check(kind: str, outer: str, collected: bool) -> None:
    moments = _moments(kind, outer, collected)
    # A sample, which is another one for each operation; closing is every third of the inner calls.
    stride = max(1, moments // _SAMPLE)
    turn = list(OPERATIONS).index(outer)
    names = list(INNER)
    for moment in range(1 + turn % stride, moments + 1, stride):
        turn += 1
        inner = names[-1] if turn % 3 == 0 else names[turn % (len(names) - 1)]
        seen = _at_moment(kind, outer, inner, moment, collected)
        if seen is None:
            # How many there are depends a little on what was called before.
            assert collected
            continue
        if inner == "close" and seen[0] is Closed and seen[2] == "closed":
            continue
        allowed = _serial(kind, outer, inner)
        if seen not in allowed:
            pytest.fail(
                f"{inner} at moment {moment} of {outer}: {str(seen[:2])[:200]}, and not one of"
                f" {[str(one[:2])[:200] for one in allowed]}"
            )


@pytest.mark.parametrize("outer", OPERATIONS)
def test_a_call_when_a_view_is_given_back(outer: str) -> None:
    for kind in ("asked", "verified"):
        _check(kind, outer, collected=False)


@pytest.mark.parametrize("outer", OPERATIONS)
def test_a_call_when_the_garbage_collector_runs(outer: str) -> None:
    for kind in ("stable", "asked"):
        _check(kind, outer, collected=True)


@pytest.mark.parametrize("outer", ["set_text", "set_text far", "set_text long", "set_uint32"])
def test_memory_that_was_said_to_stay_and_shrinks_is_noticed(outer: str) -> None:
    moments = _moments("stable", outer, collected=True)
    for moment in range(1, moments + 1):
        build = Build.over("stable")

        shrunk: list[int] = []

        def shrink(memory: Staying = build.memory, shrunk: list[int] = shrunk) -> None:
            for key in range(memory.live_grants):
                with suppress(BufferError):  # It is held.
                    del memory.segment(key)[8:]
                    shrunk.append(key)

        sys.setprofile(Profile(moment, shrink))
        try:
            outcome = _outcome(OPERATIONS[outer], build)
        finally:
            sys.setprofile(None)
        assert outcome in (SegmentLost, GrantTooSmall, "<class 'NoneType'>")
        if shrunk:
            with pytest.raises(SegmentLost):
                build.message.to_bytes()


def test_the_moments_are_many() -> None:
    assert sum(_moments("asked", outer, collected=False) for outer in OPERATIONS) > 300
    assert sum(_moments("stable", outer, collected=True) for outer in OPERATIONS) > 3000


def test_the_table_has_every_operation() -> None:
    """Each public method of what is built is in the table, or calls no memory."""
    named = " ".join(OPERATIONS)
    beside = {"close", "over", "segment_words", "total_words", "lend_segments", "element", "kind",
        "data_words", "pointer_count", "last_disowned"}  # fmt: skip
    for owner in (MessageBuilder, StructBuilder, capnsafe.PointerListBuilder, Orphan):
        for name in dir(owner):
            if name.startswith("_") or name in beside:
                continue
            assert name in named or name.startswith(("get_", "set_", "new_orphan_")) or name in (
                "copied", "total_size", "tree",
            ), name  # fmt: skip


@pytest.mark.parametrize("pointers", [1, 11], ids=["near", "far"])
def test_a_close_at_each_moment_of_the_short_ways(pointers: int) -> None:
    """They are taken where memory stays and has room, beside the pointer or elsewhere."""
    outcomes = set()
    moment = 0
    while True:
        moment += 1
        memory = Staying()
        message = MessageBuilder(memory)
        root = message.init_root(0, pointers)
        if pointers > 1:
            root.set_text(1, "far")
        closed: list[bool] = []

        def hook(message: MessageBuilder = message, closed: list[bool] = closed) -> None:
            message.close()
            closed.append(True)

        sys.setprofile(Profile(moment, hook))
        try:
            root.set_text(0, "text")
            outcomes.add("done")
        except Closed:
            outcomes.add("closed")
        finally:
            sys.setprofile(None)
        if not closed:
            break
        with pytest.raises(Closed):
            message.to_bytes()
        assert not memory.live_grants
        for released in memory.gone:
            assert released.count(0xEE) == len(released), "written to after it was released"
    # Nothing is called once it is done.
    assert outcomes == {"closed", "done"}
    assert moment > 10


def test_a_close_at_each_moment_at_which_a_call_is_taken_back() -> None:
    def refuse(minimum_words: int, /) -> int:
        raise OSError("no memory")

    outcomes = set()
    moment = 0
    while True:
        moment += 1
        build = Build.over("stable")
        build.memory.allocate = refuse
        closed: list[Any] = []

        def hook(build: Build = build, closed: list[Any] = closed) -> None:
            closed.append(_outcome(INNER["close"], build))

        sys.setprofile(Profile(moment, hook))
        try:
            outcome = _outcome(OPERATIONS["set_text long"], build)
        finally:
            sys.setprofile(None)
        if not closed:
            break
        outcomes.add((outcome, closed[0]))
        build.message.close()
        assert not build.memory.live_grants
    # From inside ``allocate`` it is refused.
    assert {outcome for outcome, _ in outcomes} == {Closed, AllocationRefused}


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
        sys.setprofile(Profile(moment, hook))
        try:
            build.message.segments()
        finally:
            sys.setprofile(None)
        assert build.meaning() == before
    assert refused
