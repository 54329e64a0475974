"""Shards: the parts of a campaign, some of which can run at once.

A campaign is a row of *epochs*, and an epoch is a row of shards. Each shard makes a fixed number of
executions. All shards of an epoch begin with the corpus that was known when the epoch began.
So a shard is a pure function of the campaign's job and the shard's fields. It does not matter where
it runs, when, or beside how many others.

The parent reads the reports of the shards in their order, whichever ends first. So a campaign is
one sequence of executions, and ``--jobs`` only says how far ahead its parts are run.

How many shards an epoch has, and how many executions a shard makes, depends on the executions
before and on those that are left, and on nothing else. Small campaigns are one shard. Epochs grow
with the campaign: at first much is new, and shards should learn it from each other soon.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from ..engines import Cell
from .slot import RECENT

ALONE: Final = RECENT
"""The most executions of a campaign that is one shard.

Shards do not learn from each other until their epoch ends: 10,000 executions in eight shards
reached a fifth fewer situations than in one.
"""
FIRST: Final = 4096
"""The executions of the first epoch, which is one shard. It runs each seed."""
FEWEST: Final = 1024
MOST: Final = min(8192, RECENT)
"""The executions of a shard. The slot keeps all its inputs, so that each has its history."""
WIDTH: Final = 4
"""The fewest shards of an epoch after the first."""
WIDEST: Final = 64
"""The most shards of an epoch."""


def epoch_sizes(done: int, left: int | None, seeds: int) -> list[int]:
    """Return the executions of each shard of the next epoch.

    ``done`` executions were made, ``left`` are to be made (None: any number), and ``seeds`` inputs
    must run first.
    """
    if not done:
        if left is not None and left <= ALONE:
            return [left]
        first = max(FIRST, 2 * seeds)
        return [first if left is None else min(first, left)]
    wanted = min(max(done, WIDTH * FEWEST), WIDEST * MOST)
    if left is not None and left < 1.5 * wanted:
        # No small epoch remains.
        wanted = left
    size = min(max(-(-wanted // WIDTH), 1), MOST)
    return _divided(wanted, -(-wanted // size))


def _divided(number: int, parts: int) -> list[int]:
    whole, rest = divmod(number, parts)
    return [whole + (part < rest) for part in range(parts)]


def shard_seed(seed: int, epoch: int, shard: int, attempt: int) -> int:
    """Return the seed of a shard's engine; of an attempt after one that died, another one."""
    if not epoch:
        return seed + attempt
    digest = hashlib.sha256(f"{seed} {epoch} {shard} {attempt}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


@dataclass(frozen=True, slots=True)
class Job:
    """The task of a campaign's workers: the same for each shard."""

    target: str
    encoder: str
    engine: str
    packages: tuple[str, ...]
    """Top-level packages with the encoder's code, for engines that instrument."""
    memory: str | None
    """The only honest memory for scenarios; None leaves them their own."""
    memory_limit: int | None
    """Megabytes of memory that a worker may write to."""
    timeout: float
    """Seconds that one execution may take."""
    load_seconds: float
    """Seconds that the import of a user's encoder may take."""

    def write(self, path: Path) -> None:
        """Write the job file."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Job:
        """Read a job file."""
        data = json.loads(path.read_text())
        data["packages"] = tuple(data["packages"])
        return cls(**data)


@dataclass(frozen=True, slots=True)
class Shard:
    """A number of executions, and the knowledge with which they begin."""

    seed: int
    runs: int
    """Executions after which to end, including those of seeds."""
    seeds: tuple[bytes, ...]
    """Initial inputs, in order. The shards of the first epoch run all of them."""
    kept: tuple[bytes, ...] = ()
    """Inputs that reached new situations in earlier epochs."""
    known: frozenset[Cell] = frozenset()
    """The situations that earlier epochs reached."""
    covered: frozenset[int] = frozenset()
    """The features that earlier epochs reached (``features``)."""
    sizes: tuple[tuple[str, tuple[int, ...] | None], ...] = ()
    """Groups with a finding, and the sizes of the scenarios kept."""

    def after_death(self, seed: int, made: int, killers: frozenset[bytes]) -> Shard:
        """Return the rest of a shard whose worker died after ``made`` executions."""
        return replace(
            self,
            seed=seed,
            runs=self.runs - made,
            seeds=tuple(data for data in self.seeds if data not in killers),
            kept=tuple(data for data in self.kept if data not in killers),
        )

    def write(self, path: Path) -> None:
        """Write it to a file."""
        data = asdict(self) | {
            "seeds": [one.hex() for one in self.seeds],
            "kept": [one.hex() for one in self.kept],
            "known": sorted(self.known),
            "covered": sorted(self.covered),
        }
        path.write_text(json.dumps(data))

    @classmethod
    def read(cls, path: Path) -> Shard:
        """Read it from a file."""
        data = json.loads(path.read_text())
        return cls(
            seed=data["seed"],
            runs=data["runs"],
            seeds=tuple(map(bytes.fromhex, data["seeds"])),
            kept=tuple(map(bytes.fromhex, data["kept"])),
            known=frozenset((o, f, r) for o, f, r in data["known"]),
            covered=frozenset(data["covered"]),
            sizes=tuple((group, size and tuple(size)) for group, size in data["sizes"]),
        )
