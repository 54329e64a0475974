"""The accounts that are compared between the two builds: they tell of everything that differs."""

from __future__ import annotations

import pytest

from tests.differential.accounts import account, corpus, main, scenario_of


def test_the_same_scenario_has_the_same_account() -> None:
    for scenario in (*corpus()[:10], *map(scenario_of, range(10))):
        assert account(scenario) == account(scenario)


def test_an_account_has_errors_calls_and_bytes() -> None:
    told = "\n".join(account(scenario) for scenario in corpus()[:100])
    for part in ("step ", "raised", "AllocationRefused by ", "  bytes 0", "call (", "fired "):
        assert part in told


def test_digests_are_printed_for_each_number(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--first", "5", "--count", "2"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["5", "6"]
    assert len({line.split()[1] for line in lines}) == 2
    main(["--first", "5", "--count", "2", "--tell", "6"])
    assert capsys.readouterr().out.startswith("step 0 ")
