"""A campaign is divided by its executions alone, and a shard tells all that it depends on."""

from __future__ import annotations

from pathlib import Path

import pytest
from capnsafe_fuzz.campaign.shards import (
    ALONE,
    FIRST,
    MOST,
    WIDEST,
    WIDTH,
    Shard,
    epoch_sizes,
    shard_seed,
)


def epochs(runs: int, seeds: int) -> list[list[int]]:
    found: list[list[int]] = []
    while (done := sum(map(sum, found))) < runs:
        found.append(epoch_sizes(done, runs - done, seeds))
    return found


@pytest.mark.parametrize("seeds", [3, 250, 30_000])
@pytest.mark.parametrize("runs", [1, ALONE, ALONE + 1, 10_000, 77_777, 1_000_000, 50_000_000])
def test_shards_make_the_executions_that_were_asked_for(runs: int, seeds: int) -> None:
    found = epochs(runs, seeds)
    assert sum(map(sum, found)) == runs
    assert len(found[0]) == 1
    assert found[0][0] >= min(runs, FIRST, seeds)
    for sizes in found[1:]:
        # Those that run at once have equal work to do, and enough for two or four to share.
        assert max(sizes) - min(sizes) <= 1
        assert min(sizes) > 0
        assert max(sizes) <= MOST
        assert len(sizes) <= 2 * WIDEST
        assert len(sizes) >= WIDTH
    assert len(found) < 10 + runs // (WIDEST * MOST)


def test_a_small_campaign_is_one_shard() -> None:
    assert epochs(ALONE, 3) == [[ALONE]]
    assert len(epochs(ALONE + 1, 3)) > 1


def test_a_campaign_without_a_number_of_executions_has_epochs_that_grow() -> None:
    done, widths = 0, []
    for _ in range(20):
        sizes = epoch_sizes(done, None, 3)
        widths.append(len(sizes))
        done += sum(sizes)
    assert widths[:2] == [1, WIDTH]
    assert widths[-1] == WIDEST
    assert widths == sorted(widths)


def test_seeds_of_shards_and_attempts_differ() -> None:
    seeds = [
        shard_seed(seed, epoch, shard, attempt)
        for seed in (1, 2)
        for epoch in (1, 2)
        for shard in range(8)
        for attempt in range(3)
    ]
    assert len(set(seeds)) == len(seeds)
    assert shard_seed(7, 0, 0, 0) == 7
    assert shard_seed(7, 0, 0, 2) == 9


def test_a_shard_survives_its_file(tmp_path: Path) -> None:
    shard = Shard(
        seed=3,
        runs=10,
        seeds=(b"", b"\xff"),
        kept=(b"kept",),
        known=frozenset({("set text", "-", "done")}),
        covered=frozenset({17, 8}),
        sizes=(("P1 set", (1, 2)), ("P2 get", None)),
    )
    shard.write(tmp_path / "shard")
    assert Shard.read(tmp_path / "shard") == shard
    rest = shard.after_death(4, 7, frozenset({b"\xff"}))
    assert (rest.seed, rest.runs, rest.seeds) == (4, 3, (b"",))
