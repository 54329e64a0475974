"""Interrupts at any bytecode: before, after or poisoned, and nothing owned twice (P1, P8)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from capnsafe import (
    AllocationRefused,
    AllocatorError,
    Closed,
    Element,
    Error,
    Exhausted,
    MessageBuilder,
    MessageStateError,
    Poisoned,
    StaleHandle,
)
from capnsafe._build.arena import Arena
from tests.builds import counts_bytecodes
from tests.capnsafe.interrupts import (
    Alarm,
    bytecodes_of,
    cut_short,
    interrupt,
    interrupt_in,
    sample,
)
from tests.capnsafe.memories import ExporterMemory, ResizingMemory
from tests.capnsafe.reading import (
    CHILD,
    TEXT,
    TEXTS,
    init_node,
)
from tests.capnsafe.scene import ACTS, POISONED, Scene

pytestmark = [
    counts_bytecodes,
    pytest.mark.thorough,
    pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring exists from 3.12 on"),
]

WORDS_STAY = pytest.mark.parametrize("stable", [False, True], ids=["asked", "stable"])


def moments(scene: Scene, act: Callable[[Scene], object], most: int = 15) -> Iterator[int]:
    """Return the bytecodes at which to interrupt an act: a sample of at most about ``most``."""
    return iter(sample(1, bytecodes_of(lambda: act(scene)) - 1, most))


@WORDS_STAY
@pytest.mark.parametrize("name", ACTS)
def test_an_act_is_before_or_after_or_poisoned(name: str, stable: bool) -> None:
    act = ACTS[name]
    scene = Scene(stable)
    before = scene.now()
    numbers = moments(scene, act)
    # What is read as a node may no longer be one: an act that succeeded is known by its words.
    after = scene.now()
    seen = set()
    for number in numbers:
        scene = Scene(stable)
        cut_short(partial(act, scene), number)
        now = scene.now()
        assert now in (before, after, POISONED), number
        seen.add("before" if now == before else "after" if now == after else POISONED)
        scene.message.close()
        scene.require_released()
    assert "before" in seen


#: What an orphan says when it is adopted after one of these had come to its end.
LATER = {"adopt": None, "drop": None, "truncate": "orp", "extend": "orphaned".ljust(30, "\0")}


@pytest.mark.traced
@WORDS_STAY
@pytest.mark.parametrize("name", LATER)
def test_an_orphan_is_used_up_once_whenever_it_is_interrupted(name: str, stable: bool) -> None:
    """(pycapnp #182.) Adopted a second time, one object would have two pointers to it."""
    outcomes = set()
    for number in moments(Scene(stable), ACTS[name], most=60):
        scene = Scene(stable)
        before = scene.now()
        cut_short(partial(ACTS[name], scene), number)
        now = scene.now()
        if now == POISONED:
            continue
        texts = scene.texts()
        try:
            texts.adopt(0, scene.orphan)
        except StaleHandle:
            outcomes.add("used up")
            continue
        found = texts.get_text(0)
        assert found in ("orphaned", LATER[name]), number
        outcomes.add("as before" if found == "orphaned" else "done")
        assert now == before, number
        assert scene.root.is_null(TEXT), number
    # What is cut or extended is the same orphan still.
    assert outcomes == {"as before", "done" if LATER[name] else "used up"}


@pytest.mark.parametrize("name", ["adopt", "adopt over", "extend"])
def test_an_orphan_that_was_refused_memory_is_kept_whenever_that_is_interrupted(name: str) -> None:
    def refuse(minimum_words: int, /) -> Any:
        raise OSError("no memory")

    def refused() -> Scene:
        scene = Scene(stable=False)
        scene.memory.allocate = refuse  # type: ignore[method-assign]
        return scene

    def act(scene: Scene) -> None:
        with suppress(AllocationRefused):
            ACTS[name](scene)

    before = refused().now()
    seen = set()
    for number in moments(refused(), act, most=40):
        scene = refused()
        cut_short(partial(act, scene), number)
        now = scene.now()
        seen.add(now == before)
        assert now in (before, POISONED), number
        del scene.memory.allocate
        if now == before:
            scene.root.adopt(TEXT, scene.orphan)
            assert scene.root.get_text(TEXT) == "orphaned", number
    assert True in seen


@WORDS_STAY
@pytest.mark.parametrize("name", ACTS)
def test_a_handler_that_closes_the_message_closes_it_for_good(name: str, stable: bool) -> None:
    """A signal's handler may close the message at any bytecode, and then raise."""
    act = ACTS[name]
    for number in moments(Scene(stable), act):
        scene = Scene(stable)

        closed: list[bool] = []

        def close(scene: Scene = scene, closed: list[bool] = closed) -> None:
            # Refused while an allocator method runs.
            with suppress(MessageStateError):
                scene.message.close()
                closed.append(True)

        raised = interrupt(partial(act, scene), number, close)
        assert isinstance(raised, KeyboardInterrupt | Error | None), raised
        if closed:
            with pytest.raises(Closed):
                scene.root.get_uint64(0)
            with pytest.raises(Closed):
                scene.message.to_bytes()
            scene.require_released()
        scene.message.close()
        scene.require_released()
        with pytest.raises(Closed):
            init_node(scene.message)


@pytest.mark.parametrize("name", ACTS)
def test_a_view_that_closes_the_message_when_it_is_given_back(name: str) -> None:
    """The owner of the memory runs code there, and the call that is under way must not go on."""
    for number in range(1, 400):
        memory = ExporterMemory()
        scene = Scene(False, memory)
        closed: list[bool] = []

        def hook(scene: Scene = scene, closed: list[bool] = closed) -> None:
            with suppress(MessageStateError):
                scene.message.close()
            closed.append(scene.message._arena.segments == [])

        memory.hook = hook  # type: ignore[method-assign]
        memory.number = memory.given_back + number
        with suppress(Error):
            ACTS[name](scene)
        if not closed:
            break
        if closed == [True]:
            with pytest.raises(Closed):
                scene.message.to_bytes()
            with pytest.raises(Closed):
                scene.root.get_uint64(0)
        scene.message.close()
        scene.require_released()
    assert number > 1


BEGINNINGS: dict[str, Callable[[MessageBuilder], object]] = {
    "far": lambda message: message.init_root(0, 1).set_data(0, bytes(24)),
    "orphan": lambda message: message.new_orphan_struct(3, 0),
    "orphan without words": lambda message: message.new_orphan_struct(0, 0),
    "orphan of no items": lambda message: message.new_orphan(
        message.init_root(0, 1).init_list(0, Element.VOID, 3)
    ).truncate(0),
    "root": lambda message: message.set_root(message.init_root(1, 1)),
    "any root": lambda message: message.root_pointer().set_text(0, "text"),
}


@pytest.mark.parametrize("name", BEGINNINGS)
def test_a_view_that_closes_a_message_that_begins(name: str) -> None:
    """The first segment is looked at when the second comes, and may be there no more."""
    for number in range(1, 50):
        memory = ExporterMemory(1)
        message = MessageBuilder(memory)
        closed: list[bool] = []

        def hook(message: MessageBuilder = message, closed: list[bool] = closed) -> None:
            with suppress(MessageStateError):
                message.close()
                closed.append(True)

        memory.hook = hook  # type: ignore[method-assign]
        memory.number = number
        with suppress(Error):
            BEGINNINGS[name](message)
        ended = memory.given_back < number
        message.close()
        assert [key for key, _ in memory.released] == list(range(len(memory.grants)))
        with pytest.raises(Closed):
            message.to_bytes()
        if ended:
            break
    assert number > 1


def test_an_interrupt_leaves_no_exception_behind() -> None:
    """A later error would have it as its context, whose frames keep memory."""
    scene = Scene(stable=False)
    bytecodes_of(lambda: ACTS["adopt over"](Scene(stable=False)))
    for number in range(1, 400, 29):
        interrupt(lambda: ACTS["adopt over"](scene), number)
        assert sys.exception() is None


@pytest.mark.traced
@pytest.mark.parametrize("name", ["capability", "drop"])
def test_memory_that_runs_out_at_any_bytecode_says_what_became_of_the_call(name: str) -> None:
    scene = Scene(stable=False)
    before = scene.now()
    bytecodes = bytecodes_of(lambda: ACTS[name](scene))
    after = scene.now()
    seen = set()
    for number in sample(1, bytecodes - 1, 200):
        scene = Scene(stable=False)
        raised = interrupt(partial(ACTS[name], scene), number, error=MemoryError)
        now = scene.now()
        if isinstance(raised, Exhausted):
            assert now == (after if raised.done else before), number
        elif isinstance(raised, Poisoned):
            assert now == POISONED, number
        else:
            # Where a call begins, nothing can be said yet.
            assert now in (before, after, POISONED), number
        seen.add(type(raised))
        scene.message.close()
        scene.require_released()
    assert {Exhausted, Poisoned} <= seen


@pytest.mark.parametrize("name", ["capability", "drop"])
def test_a_handler_that_closes_anywhere_in_a_publication(name: str) -> None:
    bytecodes = bytecodes_of(partial(ACTS[name], Scene(stable=False)))
    for number in sample(1, bytecodes - 1, 200):
        scene = Scene(stable=False)

        def close(scene: Scene = scene) -> None:
            with suppress(MessageStateError):
                scene.message.close()

        raised = interrupt(partial(ACTS[name], scene), number, close, error=Alarm)
        assert isinstance(raised, Alarm | Error | None), raised
        scene.message.close()
        scene.require_released()


@WORDS_STAY
@pytest.mark.parametrize("error", [Alarm, MemoryError])
def test_what_is_disowned_is_not_lost(error: type[BaseException], stable: bool) -> None:
    """Whatever comes between the publication and the caller's assignment."""
    scene = Scene(stable)
    bytecodes = bytecodes_of(partial(ACTS["disown"], scene))
    seen = set()
    # Most of the first half is before the publication.
    for number in range(bytecodes // 2, bytecodes):
        scene = Scene(stable)
        before = scene.now()
        last = scene.message.last_disowned
        kept: list[Any] = []
        raised = interrupt(
            lambda scene=scene, kept=kept: kept.append(ACTS["disown"](scene)),  # type: ignore[misc]
            number,
            error=error,
        )
        now = scene.now()
        if now in (before, POISONED):
            assert not kept
            seen.add("before" if now == before else POISONED)
            continue
        orphan = scene.message.last_disowned
        assert orphan is not None
        assert orphan is not last, (number, raised)
        if kept:
            assert kept == [orphan]
        scene.root.adopt(CHILD, orphan)
        assert scene.now() == before, number
        seen.add("returned" if kept else "after")
    assert {"before", "after"} <= seen
    # Where memory runs out after the publication, the call returns nevertheless.
    assert ("returned" in seen) == (error is MemoryError)


def test_the_last_orphan_is_forgotten_when_it_is_used_up() -> None:
    scene = Scene(stable=True)
    assert scene.message.last_disowned is scene.orphan
    scene.orphan.truncate(3, text=True)
    assert scene.message.last_disowned is scene.orphan
    scene.orphan.drop()
    assert scene.message.last_disowned is None
    first = scene.root.disown(CHILD)
    assert first is not None
    second = scene.root.disown(TEXTS)
    assert second is not None
    scene.root.adopt(CHILD, first)
    assert scene.message.last_disowned is second
    scene.message.close()
    assert scene.message.last_disowned is None


@pytest.mark.traced
@pytest.mark.parametrize("error", [Alarm, KeyboardInterrupt])
def test_a_close_that_is_interrupted_at_any_bytecode_is_gone_on_with(
    error: type[BaseException],
) -> None:
    def scene_of() -> Scene:
        return Scene(False, ResizingMemory(30))

    seen = set()
    # All of them: between the return of a release and its record there are few.
    for number in range(1, bytecodes_of(scene_of().message.close) + 1):
        scene = scene_of()
        raised = interrupt(scene.message.close, number, error=error)
        assert isinstance(raised, error | None), raised
        seen.add(len(scene.memory.released) - len(scene.memory.grants))
        scene.message.close()
        scene.require_released()
    assert 0 in seen
    assert min(seen) == -len(scene.memory.grants)


class Refusing(ResizingMemory):
    """Memory that refuses further segments once a test lowers ``most``."""

    most = 1000

    def allocate(self, minimum_words: int, /) -> Any:
        if len(self.grants) >= self.most:
            raise OSError("no memory")
        return super().allocate(minimum_words)


@pytest.mark.traced
@pytest.mark.parametrize("error", [Alarm, KeyboardInterrupt])
def test_grants_are_released_once_wherever_taking_them_back_is_interrupted(
    error: type[BaseException],
) -> None:
    grants = 0

    def scene_of() -> Scene:
        nonlocal grants
        memory = Refusing(60)
        scene = Scene(False, memory)
        grants = len(memory.grants)
        memory.most = grants + 2
        memory.grant_words = 1
        return scene

    def act(scene: Scene) -> None:
        scene.root.set(CHILD, scene.root)

    scene = scene_of()
    before = scene.now()

    def refused() -> None:
        with suppress(AllocationRefused):
            act(scene)

    bytecodes = bytecodes_of(refused)
    assert len(scene.memory.released) == 2
    for number in sample(bytecodes // 2, bytecodes, 80):
        scene = scene_of()
        raised = interrupt(partial(act, scene), number, error=error)
        if isinstance(raised, AllocationRefused):
            # The handler's own exception is not taken for that of the allocator.
            assert isinstance(raised.__cause__, OSError), number
        elif isinstance(raised, AllocatorError):
            # A call that only asks where memory is cannot tell: it may be tried again.
            assert isinstance(raised.__cause__, error), number
        else:
            assert isinstance(raised, error), raised
        now = scene.now()
        assert now in (before, POISONED), number
        if now == before:
            assert len(scene.memory.grants) - len(scene.memory.released) == grants, number
        scene.message.close()
        scene.require_released()


@pytest.mark.traced
def test_a_finalizer_that_closes_while_octets_are_published_closes_for_good() -> None:
    def scene_of() -> Scene:
        return Scene(False, ResizingMemory(60), verify=True)

    bytecodes = bytecodes_of(partial(ACTS["capability"], scene_of()))
    for number in range(bytecodes // 2, bytecodes):
        scene = scene_of()

        def close(scene: Scene = scene) -> None:
            with suppress(MessageStateError):
                scene.message.close()

        interrupt(partial(ACTS["capability"], scene), number, close, error=None)
        scene.message.close()
        scene.require_released()
        with pytest.raises(Closed):
            scene.message.to_bytes()


@pytest.mark.traced
def test_what_follows_from_a_publication_is_made_up_for_as_soon_as_there_is_memory() -> None:
    scene = Scene(stable=False)
    ACTS["drop"](scene)
    after = scene.now()
    scene = Scene(stable=False)
    code = Arena._follow_up.__code__
    assert interrupt_in(code, lambda: ACTS["drop"](scene), 2, MemoryError, again=True) is None
    raised = interrupt_in(code, lambda: scene.root.get_uint64(0), 2, MemoryError, again=True)
    assert isinstance(raised, Exhausted)
    assert not raised.done
    assert scene.now() == after
    scene.message.close()
    scene.require_released()


@pytest.mark.traced
def test_an_alarm_while_a_message_is_made_is_not_one_of_the_allocator() -> None:
    def make() -> None:
        MessageBuilder(ExporterMemory())

    for number in range(1, bytecodes_of(make)):
        raised = interrupt(make, number, error=Alarm)
        assert isinstance(raised, Alarm), (number, raised)


@pytest.mark.parametrize("kind", [ExporterMemory, ResizingMemory])
def test_words_that_were_given_back_are_not_written_through_old_handles(kind: Any) -> None:
    """Whenever a list is interrupted while it gives its words back (P12)."""

    def scene() -> tuple[MessageBuilder, Any, Any, Any]:
        message = MessageBuilder(kind(100))
        root = message.init_root(0, 2)
        root.init_list(0, Element.UINT64, 4)
        orphan = root.disown(0)
        assert orphan is not None
        return message, root, orphan, orphan.get_list(Element.UINT64)

    message, _, orphan, _ = scene()
    outcomes = set()
    for number in range(1, bytecodes_of(partial(orphan.truncate, 0))):
        message, root, orphan, values = scene()
        cut_short(partial(orphan.truncate, 0), number)
        with suppress(Poisoned):
            later = root.init_list(1, Element.UINT64, 4)
            try:
                values[0] = 7
            except StaleHandle:
                outcomes.add("stale")
            else:
                outcomes.add("current")
            assert list(later) == [0] * 4, number
        message.close()
    assert outcomes == {"stale", "current"}


@pytest.mark.parametrize("kind", [ExporterMemory, ResizingMemory])
def test_a_publication_that_was_undone_is_not_continued(kind: Any) -> None:
    """Whenever a value is interrupted, objects that are built later get words of their own."""

    def scene() -> tuple[MessageBuilder, Any]:
        message = MessageBuilder(kind(100))
        root = message.init_root(0, 3)
        root.set_data(0, b"old")
        return message, root

    message, root = scene()
    seen = set()
    for number in range(1, bytecodes_of(partial(root.set_data, 0, b"new"))):
        message, root = scene()
        cut_short(partial(root.set_data, 0, b"new"), number)
        with suppress(Poisoned):
            lists = [root.init_list(index, Element.UINT64, 4) for index in (1, 2)]
            lists[1][0] = 7
            assert list(lists[0]) == [0] * 4, number
            seen.add(root.get_data(0))
        message.close()
    assert seen == {b"old", b"new"}
