"""Python itself fails: no stack is left, or no memory for its own objects (P1, P2)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from capnsafe import (
    Borrowed,
    Element,
    Exhausted,
    MessageReader,
    frame,
    pack,
    read_message,
    read_messages,
    unframe,
    unpack,
)
from tests.builds import counts_frames
from tests.capnsafe.memories import ResizingMemory
from tests.capnsafe.reading import ANY, CHILD, CHILDREN, DATA, NUMBERS, TEXTS
from tests.capnsafe.scene import ACTS, Scene
from tests.capnsafe.stack import MOST_FRAMES, near_the_limit, require_own_error

WORDS_STAY = pytest.mark.parametrize("stable", [False, True], ids=["asked", "stable"])


@counts_frames
@pytest.mark.thorough
@WORDS_STAY
@pytest.mark.parametrize("name", ACTS)
def test_at_any_depth_of_the_stack_an_act_is_before_or_after(name: str, stable: bool) -> None:
    act = ACTS[name]
    scene = Scene(stable)
    before = scene.now()
    act(scene)
    after = scene.now()
    failures = 0
    for spare in range(1, MOST_FRAMES):
        scene = Scene(stable)
        raised = near_the_limit(spare, partial(act, scene))
        now = scene.now()
        assert now == (after if raised is None else before), (spare, raised)
        failures += 1 if raised else 0
        require_own_error(spare, raised)
        if raised is not None:
            act(scene)
            assert scene.now() == after, spare
        scene.message.close()
        scene.require_released()
    assert failures > 3


@WORDS_STAY
def test_at_any_depth_of_the_stack_closing_releases_every_grant_once(stable: bool) -> None:
    for spare in range(1, MOST_FRAMES):
        scene = Scene(stable)
        raised = near_the_limit(spare, scene.message.close)
        require_own_error(spare, raised)
        if raised is not None:
            scene.message.close()
        scene.require_released()


@WORDS_STAY
def test_the_error_is_the_librarys_and_says_whether_the_call_was_done(stable: bool) -> None:
    scene = Scene(stable)
    before = scene.now()
    ACTS["drop"](scene)
    after = scene.now()
    seen = set()
    for spare in range(1, MOST_FRAMES):
        scene = Scene(stable)
        raised = near_the_limit(spare, partial(ACTS["drop"], scene))
        if isinstance(raised, Exhausted):
            assert isinstance(raised.__cause__, RecursionError)
            assert scene.now() == (after if raised.done else before), spare
            seen.add(raised.done)
    assert False in seen


#: What can be asked of a struct, by a builder and by readers.
READS: dict[str, Callable[[Any], object]] = {
    "an integer": lambda root: root.get_uint64(0),
    "a float": lambda root: root.get_float64(0),
    "a bool": lambda root: root.get_bool(0),
    "a struct": lambda root: root.get_struct(CHILD).get_uint64(0),
    "numbers": lambda root: list(root.get_struct(CHILD).get_list(NUMBERS, Element.UINT32)),
    "a number": lambda root: root.get_struct(CHILD).get_list(NUMBERS, Element.UINT32)[1],
    "structs": lambda root: [each.get_uint64(0) for each in root.get_struct_list(CHILDREN)],
    "a struct of a list": lambda root: root.get_struct_list(CHILDREN)[0].get_uint64(0),
    "a text": lambda root: root.get_pointer_list(TEXTS).get_text(1),
    "data": lambda root: root.get_data(DATA),
    "a capability": lambda root: root.get_capability(ANY),
    "a kind": lambda root: (root.kind(CHILD), root.is_null(ANY)),
    "sizes": lambda root: (
        root.total_size(),
        root.total_words(),
        root.get_pointer_list(TEXTS).total_size(),
        root.get_struct_list(CHILDREN).total_size(),
        root.get_struct(CHILD).get_list(NUMBERS, Element.UINT32).total_size(),
    ),
}


def _roots(scene: Scene) -> dict[str, Any]:
    segments = scene.message.segments()
    keys = list(range(len(segments)))
    return {
        "builder": scene.root,
        "reader": MessageReader(segments).get_root(),
        "reader of memory that moves": MessageReader.from_allocator(scene.memory, keys).get_root(),
    }


@pytest.mark.thorough
@counts_frames
@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("of", ["builder", "reader", "reader of memory that moves"])
def test_at_any_depth_of_the_stack_a_read_is_right_or_raises_the_librarys_error(
    of: str, read: str
) -> None:
    scene = Scene(stable=False)
    root = _roots(scene)[of]
    right = READS[read](root)
    seen = []
    own = 0
    for spare in range(1, MOST_FRAMES):
        raised = near_the_limit(spare, lambda: seen.append(READS[read](root)))
        # One more for the call around the read.
        require_own_error(spare - 1, raised)
        own += isinstance(raised, Exhausted)
    assert seen
    assert all(value == right for value in seen)
    assert own
    assert READS[read](root) == right


@counts_frames
@pytest.mark.parametrize(
    "call",
    [
        lambda segments: read_message(frame(segments)),
        lambda segments: read_message(frame(segments, packed=True), packed=True),
        lambda segments: unframe(frame(segments)),
        lambda segments: unpack(pack(segments[0])),
        lambda segments: MessageReader(segments).get_root(),
        lambda segments: MessageReader(segments).root_pointer(),
        lambda segments: MessageReader(segments[:1]).is_canonical(),
        lambda segments: MessageReader(segments).segments(),
        lambda segments: MessageReader(segments).total_words(),
    ],
)
def test_at_any_depth_of_the_stack_streams_and_readers_raise_the_librarys_error(
    call: Callable[[list[bytes]], object],
) -> None:
    segments = Scene(stable=False).message.segments()
    own = 0
    for spare in range(1, MOST_FRAMES):
        raised = near_the_limit(spare, partial(call, segments))
        require_own_error(spare, raised)
        own += isinstance(raised, Exhausted)
    assert own


class Interrupting(ResizingMemory):
    """Memory that is interrupted when it is asked for its last grant."""

    interrupted_at = 1000
    interrupts = 0

    def allocate(self, minimum_words: int, /) -> Any:
        if len(self.grants) >= self.interrupted_at:
            self.interrupts += 1
            raise KeyboardInterrupt
        return super().allocate(minimum_words)


def test_an_interrupt_passes_also_where_there_is_no_stack_to_take_the_call_back() -> None:
    """Grants of the call are released by the next one, and once."""
    passed = 0
    for spare in range(1, MOST_FRAMES):
        memory = Interrupting(1)
        scene = Scene(False, memory)
        before = scene.now()
        memory.interrupted_at = len(memory.grants) + 1
        raised = near_the_limit(spare, partial(ACTS["copy below itself"], scene))
        if memory.interrupts:
            passed += 1
            assert isinstance(raised, KeyboardInterrupt), (spare, raised)
        memory.interrupted_at = 1000
        assert scene.now() == before, spare
        ACTS["copy below itself"](scene)
        scene.message.close()
        scene.require_released()
    assert passed > 3


def test_a_file_that_has_no_stack_loses_nothing() -> None:
    """What a file raises passes unchanged, and so does a ``RecursionError`` while it is read."""
    segments = Scene(stable=False).message.segments()
    stream = frame(segments) * 2
    failed = 0
    for spare in range(1, MOST_FRAMES):
        messages = read_messages(BytesIO(stream))
        read: list[MessageReader] = []
        for _ in range(2):
            raised = near_the_limit(spare, lambda: read.append(next(messages)))  # noqa: B023
            failed += raised is not None
        read.extend(messages)
        assert [message.segments() for message in read] == [segments, segments]
    assert failed > 3


@pytest.mark.process
@pytest.mark.skipif(find_spec("_testcapi") is None, reason="this Python is built without _testcapi")
def test_any_allocation_of_pythons_may_be_refused() -> None:
    """A sample: `python -m tests.capnsafe.no_memory` tries a part of them, by its strides."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.capnsafe.no_memory"],
        capture_output=True,
        cwd=Path(__file__).parents[2],
        check=True,
        timeout=300,
    )
    table = json.loads(done.stdout)
    assert len(table) == 10
    for name, outcomes in table.items():
        allowed = {"not needed", "whole", "before or after", "as it says"}
        if name.endswith("stable"):
            # To assign to a slice of a bytearray takes memory, in the middle of publication.
            allowed.add("poisoned")
        # Some versions of CPython crash where an allocation is refused.
        lost = outcomes.pop("ended CPython", 0)
        assert set(outcomes) <= allowed, (name, outcomes)
        assert lost < sum(outcomes.values()) / 10, name


def _lends(scene: Scene) -> dict[str, Callable[[], Any]]:
    numbers = scene.root.get_struct(CHILD).get_list(NUMBERS, Element.UINT32)  # type: ignore[union-attr]
    assert numbers is not None
    return {
        "a list": numbers.lend,
        "a segment": lambda: scene.message.lend_segment(0),
        "all segments": scene.message.lend_segments,
    }


@counts_frames
@pytest.mark.parametrize("what", ["a list", "a segment", "all segments"])
@pytest.mark.parametrize("kind", ["asked", "stable", "verified"])
def test_the_end_of_a_block_that_has_no_stack_is_made_up_for(kind: str, what: str) -> None:
    """`__exit__` may itself reach the limit: then nothing else says that the block is over."""
    failures = 0
    for spare in range(1, 24):
        scene = Scene(kind == "stable", verify=kind == "verified")
        lend = _lends(scene)[what]
        before = scene.now()

        def block(lend: Callable[[], Any] = lend, kind: str = kind) -> Iterator[None]:
            with lend() as view:
                if isinstance(view, memoryview) and not view.readonly:
                    view[0] = view[0]
                yield

        blocks = block()
        if what == "all segments" and kind == "asked":
            # There is more than one, and to ask for one may move the others.
            with pytest.raises(Borrowed):
                next(blocks)
            return
        next(blocks)
        raised = near_the_limit(spare, partial(next, blocks, None))
        del blocks
        failures += raised is not None
        assert scene.now() == before, (spare, raised)
        scene.root.set_uint64(0, 3)
        with lend():
            pass
        scene.message.close()
        scene.require_released()
    assert failures > 3


def test_a_view_whose_block_did_not_end_makes_room_for_another_one() -> None:
    """Lending is the only call that is served while something is lent."""
    scene = Scene(stable=False)
    child = scene.root.get_struct(CHILD)
    assert child is not None
    numbers = child.get_list(NUMBERS, Element.UINT32)
    assert numbers is not None
    lent = numbers.lend()
    lent.__enter__()
    with pytest.raises(Borrowed), scene.root.lend_data(DATA):
        pass
    del lent
    with scene.root.lend_data(DATA) as view:
        assert bytes(view) == b"old data"
    assert numbers[1] == 5
