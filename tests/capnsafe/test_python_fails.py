"""Python itself fails: no stack is left, or no memory for its own objects (P1, P2)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from capnsafe import Borrowed, Element, Error, Exhausted
from tests.capnsafe.reading import CHILD, DATA, NUMBERS
from tests.capnsafe.scene import ACTS, Scene

WORDS_STAY = pytest.mark.parametrize("stable", [False, True], ids=["asked", "stable"])

#: Beyond the deepest that a call of the library goes by itself.
MOST_FRAMES = 60


def near_the_limit(spare: int, call: Callable[[], object]) -> BaseException | None:
    """Run a call with so many frames to spare, in a thread of its own; return what it raised."""
    raised: list[BaseException] = []

    def deeper(frames: int) -> None:
        if frames:
            deeper(frames - 1)
        else:
            call()

    def run() -> None:
        here = 0
        frame: Any = sys._getframe()
        while frame is not None:
            here += 1
            frame = frame.f_back
        try:
            deeper(sys.getrecursionlimit() - here - spare)
        except BaseException as error:
            # Without the frames, which keep views.
            raised.append(error.with_traceback(None))

    thread = Thread(target=run)
    thread.start()
    thread.join()
    return raised[0] if raised else None


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
        assert isinstance(raised, RecursionError | Error | None), raised
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
        assert isinstance(raised, RecursionError | Error | None), raised
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


@pytest.mark.parametrize("what", ["a list", "a segment", "all segments"])
@pytest.mark.parametrize("kind", ["asked", "stable", "verified"])
def test_the_end_of_a_block_that_has_no_stack_is_made_up_for(kind: str, what: str) -> None:
    """`__exit__` can be what meets the limit: then nothing else says that the block is over."""
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
