"""Targets for a fuzzer that runs by itself, without a campaign around it.

They take bytes and raise on a broken promise, as libFuzzer and its relatives expect of a target.
The executables are in ``fuzz/targets``.
"""

from __future__ import annotations

from ..encoders import find_encoder
from ..execution import execute
from ..scenario import decode


class PromiseBrokenError(Exception):
    """The encoder broke a promise; names the group."""


def build(data: bytes) -> None:
    """One execution of the target ``build`` on capnsafe."""
    for violation in execute(decode(data), find_encoder("capnsafe")).violations:
        raise PromiseBrokenError(f"{violation.group}: {violation.detail}")
