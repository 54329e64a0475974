"""Two tiers of tests: those that start processes have the mark ``process``, the others start none.

A pytest plugin: it listens to the interpreter's audit events, and fails an unmarked test in which a
process starts. Not seen are processes that libraries start in C, and the one helper process that
``multiprocessing.shared_memory`` starts to remember its blocks.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Final

import pytest

#: The audit events of everything in Python that starts a process.
_STARTS: Final = frozenset(
    {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"}
)


class ProcessWatch:
    """Remembers the processes that start while starting one is forbidden."""

    def __init__(self) -> None:
        """Listen from now on: an audit hook stays for good."""
        self._forbidden = False
        self._started: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in _STARTS and self._forbidden:
            self._started.append(event)
            # No Exception: the code under test must not handle it.
            raise pytest.fail.Exception(f"{event} in a test that is not marked `process`")

    def _watched(self, item: pytest.Item) -> Generator[None, object, object]:
        self._forbidden = item.get_closest_marker("process") is None
        try:
            result = yield
        finally:
            self._forbidden = False
            started, self._started = self._started, []
        if started:
            pytest.fail(f"{', '.join(started)} in a test that is not marked `process`")
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
