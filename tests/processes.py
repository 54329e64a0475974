"""Which tests start processes, and which run in one of their own.

Tests that start processes have the mark ``process``; :class:`ProcessWatch` lets no other test start
one. Tests that measure memory or time have the mark ``own_process``: :class:`OwnProcess` runs each
in a new interpreter, where no other test has left anything that counts.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from functools import wraps
from typing import Final, ParamSpec, TypeVar

import pytest

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: Set in the environment of a process that runs one test.
_ALONE: Final = "CAPNSAFE_TEST_ALONE"

#: Everything in Python that starts a process; ``os.spawn...`` forks.
_STARTS: Final = (
    (os, "fork"),
    (os, "forkpty"),
    (os, "posix_spawn"),
    (os, "posix_spawnp"),
    (os, "system"),
    (subprocess.Popen, "_execute_child"),
)


def hear_signals() -> None:
    """In a new process: obey the signals of a terminal, as a command that a person starts does.

    Where tests run in the background, a shell has made their processes ignore some of them.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class ProcessWatch:
    """Fails a test without the mark ``process`` in which a process starts.

    It replaces the functions that start one. An audit hook would see more, but it is called
    whenever Python looks at a frame or an address, so some tests took four times as long. Not seen
    are processes that libraries start in C, and the helper process that
    ``multiprocessing.shared_memory`` starts to remember its blocks.
    """

    def __init__(self) -> None:
        """Watch from now on, until the process ends."""
        self._forbidden = False
        self._started: list[str] = []
        for owner, name in _STARTS:
            setattr(owner, name, self._watching(getattr(owner, name)))

    def _watching(self, start: Callable[_P, _T]) -> Callable[_P, _T]:
        @wraps(start)
        def watched(*arguments: _P.args, **options: _P.kwargs) -> _T:
            if self._forbidden:
                self._started.append(start.__qualname__)
                # No Exception: the code under test must not handle it.
                raise pytest.fail.Exception(
                    f"{start.__qualname__} in a test without `pytest.mark.process`"
                )
            return start(*arguments, **options)

        return watched

    def _watched(self, item: pytest.Item) -> Generator[None, object, object]:
        self._forbidden = item.get_closest_marker("process") is None
        try:
            result = yield
        finally:
            self._forbidden = False
            started, self._started = self._started, []
        if started:
            pytest.fail(f"{', '.join(started)} in a test without `pytest.mark.process`")
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch the fixtures being made."""
        return (yield from self._watched(item))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch the test."""
        return (yield from self._watched(item))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch the fixtures being taken down."""
        return (yield from self._watched(item))


class OwnProcess:
    """Runs each test with the mark ``own_process`` in a process of its own."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Mark them as tests that start a process, before ``-m`` looks at the marks."""
        for item in items:
            if item.get_closest_marker("own_process"):
                item.add_marker(pytest.mark.process)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Start the process, and fail if the test fails there."""
        if pyfuncitem.get_closest_marker("own_process") is None or _ALONE in os.environ:
            return None
        options = ("-q", "-p", "no:xdist", "-p", "no:cacheprovider")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, pyfuncitem.nodeid],
            cwd=pyfuncitem.config.rootpath,
            env=os.environ | {_ALONE: "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.fail(done.stdout + done.stderr, pytrace=False)
        return True
