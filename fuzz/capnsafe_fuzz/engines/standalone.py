"""Targets for a fuzzer that runs by itself, without a campaign around it.

They take bytes and raise on a broken promise, as libFuzzer and its relatives expect of a target.
The executables are in ``fuzz/targets``.
"""

from __future__ import annotations

from collections.abc import Callable

from ..encoders import find_encoder
from ..targets import Target


class PromiseBrokenError(Exception):
    """The encoder broke a promise; names the group."""


def standalone(target: Target) -> Callable[[bytes], None]:
    """One execution of a target on capnsafe, of any bytes."""
    encoder = find_encoder("capnsafe")

    def run(data: bytes) -> None:
        for violation in target.run(target.decode(data), encoder, False).violations:
            raise PromiseBrokenError(f"{violation.group}: {violation.detail}")

    return run
