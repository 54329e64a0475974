"""Python itself fails: no stack is left, or no memory for its own objects (P1, P2)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from capnsafe import Error, Exhausted
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
