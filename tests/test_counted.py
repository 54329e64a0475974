"""The encoder and the harness do not become slower unnoticed: their bytecodes are committed."""

from __future__ import annotations

import pytest

from benchmarks.counted import VERSION, counts, differences, figures
from tests.builds import counts_bytecodes


@counts_bytecodes
@pytest.mark.skipif(VERSION not in figures(), reason="there are no figures for this Python")
def test_the_work_takes_as_many_bytecodes_as_it_did() -> None:
    told = differences(counts(), figures()[VERSION])
    assert not told, (
        "\n".join(told) + "\nIf that is right: python -m benchmarks.counted --write, and say in the"
        " commit what made the difference."
    )


def test_what_differs_is_told() -> None:
    committed = {"same": 100.0, "more": 100.0, "less": 100.0, "gone": 1.0}
    counted = {"same": 102.9, "more": 103.1, "less": 96.9, "new": 1.0}
    assert differences(counted, committed) == [
        "gone: counted None, committed 1.0",
        "less: 97 bytecodes, but the figure is 100",
        "more: 103 bytecodes, but the figure is 100",
        "new: counted 1.0, committed None",
    ]
