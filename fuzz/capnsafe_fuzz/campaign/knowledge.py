"""The inputs and the position of a campaign. A resumed campaign needs these and the result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Totals:
    """The counts of all shards before the present one, added up."""

    executions: int = 0
    fired: int = 0
    fallbacks: int = 0

    def add(self, executions: int, fired: int, fallbacks: int) -> None:
        """Add the counts of a shard."""
        self.executions += executions
        self.fired += fired
        self.fallbacks += fallbacks


@dataclass(slots=True)
class PresentEpoch:
    """An epoch, and the state of the campaign when it began."""

    number: int
    done: int
    """The executions before it."""
    kept: int
    """The number of inputs that had reached new situations before it."""
    killers: frozenset[bytes]
    """The inputs that had ended their worker before it."""
    sizes: tuple[tuple[str, tuple[int, ...] | None], ...]
    """The groups found before it, and the sizes of the scenarios that are kept for them."""
    settled: int = 0
    """The number of its shards whose reports have been read."""

    def to_json(self) -> dict[str, Any]:
        """Return the epoch as plain data."""
        return asdict(self) | {"killers": _texts(sorted(self.killers))}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> PresentEpoch:
        """Return the epoch from the data of ``to_json``."""
        sizes = tuple((group, size and tuple(size)) for group, size in data["sizes"])
        killers = frozenset(map(bytes.fromhex, data["killers"]))
        return cls(**(data | {"killers": killers, "sizes": sizes}))


@dataclass(slots=True)
class Knowledge:
    """The inputs of a campaign, its counts, and its present epoch."""

    seeds: list[bytes] = field(default_factory=list)
    kept: dict[bytes, None] = field(default_factory=dict)
    """The inputs that reached new situations, in the order in which they were reported."""
    unrun: set[bytes] = field(default_factory=set)
    """The seeds that did not run."""
    killers: set[bytes] = field(default_factory=set)
    """The inputs that ended their worker."""
    code: dict[str, str] = field(default_factory=dict)
    """The digests of the encoder's files that workers and judges have loaded."""
    totals: Totals = field(default_factory=Totals)
    epoch: PresentEpoch | None = None
    covered: dict[int, int] = field(default_factory=dict)
    """The features of code that were reached (``features``), each with the execution."""

    def to_json(self) -> dict[str, Any]:
        """Return a copy as plain data, which later changes do not affect."""
        return {
            "seeds": _texts(self.seeds),
            "kept": _texts(self.kept),
            "unrun": _texts(sorted(self.unrun)),
            "killers": _texts(sorted(self.killers)),
            "code": dict(self.code),
            "totals": asdict(self.totals),
            "epoch": None if self.epoch is None else self.epoch.to_json(),
            "covered": list(self.covered.items()),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Knowledge:
        """Return the knowledge from the data of ``to_json``. Other keys of ``data`` are ignored."""
        epoch = data["epoch"]
        return cls(
            seeds=list(map(bytes.fromhex, data["seeds"])),
            kept=dict.fromkeys(map(bytes.fromhex, data["kept"])),
            unrun=set(map(bytes.fromhex, data["unrun"])),
            killers=set(map(bytes.fromhex, data["killers"])),
            code=dict(data["code"]),
            totals=Totals(**data["totals"]),
            epoch=None if epoch is None else PresentEpoch.from_json(epoch),
            # A campaign that an earlier version interrupted has none.
            covered=dict(data.get("covered", ())),
        )


def _texts(inputs: Iterable[bytes]) -> list[str]:
    return [one.hex() for one in inputs]
