"""Where coverage is measured: in the tests that are of the encoder itself.

To follow every branch makes a test take up to four times as long, and the harness's own tests run
the encoder some hundred thousand times. What only those would reach, no test of the encoder asks
for: so they do not count, and are not slowed down. Nor do those that make the same few calls again
and again, each time with one more allocator call before the fault.
"""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent

COVERING = tuple(HERE / name for name in ("capnsafe", "catalogue", "differential"))

REPEATING = frozenset({"test_all_or_nothing.py"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        covers = any(item.path.is_relative_to(folder) for folder in COVERING)
        if not covers or item.path.name in REPEATING:
            item.add_marker(pytest.mark.no_cover)
