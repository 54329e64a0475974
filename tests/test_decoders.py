"""What bytes mean does not change without the version of their decoder."""

from __future__ import annotations

from typing import Any

import pytest
from capnsafe_fuzz.targets import TARGETS, find_target

from tests import decoders

every_target = pytest.mark.parametrize("name", TARGETS)


class Changed:
    """A target whose decoder was changed: it passes over the last byte."""

    def __init__(self, name: str, version: int) -> None:
        self._target: Any = find_target(name)
        self.version = version

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    def decode(self, data: bytes) -> Any:
        return self._target.decode(data[:-1])


@every_target
def test_bytes_mean_what_they_meant(name: str) -> None:
    """If this fails, increase the version of the decoder; then run ``python -m tests.readme``."""
    target = find_target(name)
    assert decoders.recorded()[name] == (target.version, decoders.meaning(target))


@every_target
def test_another_meaning_needs_another_version(name: str) -> None:
    known = decoders.recorded()
    version = find_target(name).version
    changed: Any = Changed(name, version)
    assert decoders.unnoticed(changed, known)
    changed.version = version + 1
    assert not decoders.unnoticed(changed, known)
    assert not decoders.unnoticed(find_target(name), known)
