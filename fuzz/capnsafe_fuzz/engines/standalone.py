"""Targets for a fuzzer that runs alone, without a campaign.

They take bytes and raise on a broken promise, as libFuzzer and similar fuzzers expect. The
executables are in ``fuzz/targets``.
"""

from __future__ import annotations

from collections.abc import Callable

from ..encoders import find_encoder
from ..targets import Target


class PromiseBrokenError(Exception):
    """The encoder broke a promise; the message names the group."""


def standalone(target: Target) -> Callable[[bytes], None]:
    """Return a function that executes any bytes once on capnsafe."""
    encoder = find_encoder("capnsafe")

    def run(data: bytes) -> None:
        for violation in target.run(target.decode(data), encoder, False).violations:
            raise PromiseBrokenError(f"{violation.group}: {violation.detail}")

    return run
