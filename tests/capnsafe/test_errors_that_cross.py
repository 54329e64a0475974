"""Errors cross processes: every exception of the project pickles, copies, and keeps its facts."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

import pytest
from capnsafe_fuzz.campaign.judge import JudgeDiedError, TraceError
from capnsafe_fuzz.record import Violation
from capnsafe_fuzz.reference.reading import Refused
from capnsafe_fuzz.scenario import ScenarioSyntaxError
from capnsafe_fuzz.targets import find_target
from capnsafe_fuzz.testing import BrokenPromise

from capnsafe import BorrowRefused, Error, MessageBuilder, ReleaseFailed
from capnsafe._words.caught import Misplaced
from tests.capnsafe.memories import ResizingMemory
from tests.test_structure import MODULES

Way = Callable[[Any], Any]

WAYS: dict[str, Way] = {
    "pickle": lambda error: pickle.loads(pickle.dumps(error)),
    "oldest pickle": lambda error: pickle.loads(pickle.dumps(error, 2)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}

#: For classes whose arguments are not one sentence.
MADE: dict[type[Exception], Callable[[], Exception]] = {
    ReleaseFailed: lambda: ReleaseFailed("A sentence.", (OSError(5, "told"), KeyError("k"))),
    Misplaced: lambda: Misplaced(["people", "[1]"], ValueError("A sentence.")),
    ScenarioSyntaxError: lambda: ScenarioSyntaxError(3, "A sentence."),
    Refused: lambda: Refused("A sentence.", 7),
    JudgeDiedError: lambda: JudgeDiedError("builder", find_target("builder").sample),
    TraceError: lambda: TraceError("A sentence.", True),
    BrokenPromise: lambda: BrokenPromise(
        Violation("P4", "faithful", 1, "set text", "other text", "P4 set text"), ["A", "sentence."]
    ),
}


def every_class() -> list[type[Exception]]:
    found: dict[type[Exception], None] = {}
    for name, path in MODULES:
        if path.name in ("__main__.py", "worker.py") or "bad" in path.name:
            continue
        module = importlib.import_module(name)
        for _, thing in inspect.getmembers(module, inspect.isclass):
            if issubclass(thing, Exception) and thing.__module__.startswith("capnsafe"):
                found[thing] = None
    return list(found)


CLASSES = every_class()


class Awkward(Exception):
    """Pickles, and cannot be unpickled: its class takes two arguments."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


class Unprintable(Exception):
    def __repr__(self) -> str:
        raise OSError

    def __reduce__(self) -> str:
        raise OSError


def test_every_class_is_found() -> None:
    assert {Error, ReleaseFailed, Refused, ScenarioSyntaxError} <= set(CLASSES)
    assert len(CLASSES) > 40


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_survives(kind: type[Exception], way: str) -> None:
    error = MADE.get(kind, lambda: kind("A sentence."))()
    error.add_note("a note")
    if isinstance(error, Error):
        error.segment, error.offset, error.words_asked, error.words_granted = 1, 2, 3, 4
        error.__cause__ = LookupError("the cause")
    again = WAYS[way](error)
    assert type(again) is kind
    assert str(again) == str(error)
    assert repr(again.args) == repr(error.args)
    assert again.__notes__ == ["a note"]
    facts, facts_again = ({**vars(one), "__notes__": None} for one in (error, again))
    assert {name: repr(fact) for name, fact in facts_again.items()} == {
        name: repr(fact) for name, fact in facts.items()
    }
    if isinstance(error, Error):
        assert repr(again.__cause__) == repr(error.__cause__)
        assert again.__suppress_context__
        again.add_note("another")
        assert error.__notes__ == ["a note"]


@pytest.mark.parametrize("theirs", [Awkward(1, 2), Unprintable()], ids=["awkward", "unprintable"])
def test_what_an_allocator_raised_need_not_pickle(theirs: Exception) -> None:
    failed = ReleaseFailed("A sentence.", (theirs, OSError(5, "told")))
    failed.__cause__ = theirs
    again = pickle.loads(pickle.dumps(failed))
    assert type(again.failures[0]) is type(again.__cause__) is Exception
    assert ("1 and 2" if isinstance(theirs, Awkward) else "printed") in str(again.failures[0])
    assert repr(again.failures[1]) == repr(failed.failures[1])
    assert copy.copy(failed).failures[0] is copy.deepcopy(failed).__cause__ is theirs


def test_an_error_without_a_cause_has_none_afterwards() -> None:
    for way in WAYS.values():
        assert way(Error("A sentence.")).__cause__ is None


def test_errors_that_cause_each_other_pickle() -> None:
    first, second = Error("first"), BorrowRefused("second")
    first.__cause__, second.__cause__ = second, first
    again = pickle.loads(pickle.dumps(first))
    assert str(again) == "first"
    assert "second" in str(again.__cause__)


def test_what_is_unpickled_as_a_cause_is_an_exception() -> None:
    class Turning(Exception):
        def __reduce__(self) -> Any:
            return str, ("no exception",)

    error = Error("A sentence.")
    error.__cause__ = Turning("turned")
    assert repr(pickle.loads(pickle.dumps(error)).__cause__) == repr(Exception("Turning('turned')"))


class Failing(ResizingMemory):
    def release(self, key: int, words_used: int, /) -> None:
        raise Awkward(1, 2)


def build_and_close(_: int) -> None:
    with MessageBuilder(Failing()) as message:
        message.init_root(1, 0)


@pytest.mark.process
def test_an_error_comes_back_from_a_pool_of_processes() -> None:
    with get_context("spawn").Pool(1) as pool, pytest.raises(ReleaseFailed) as caught:
        pool.map_async(build_and_close, [1]).get(timeout=600)
    assert "1 and 2" in str(caught.value.failures[0])
