"""Count the bytecodes of a few tasks, and compare the counts with figures in ``counted.json``.

``python -m benchmarks.counted`` prints the counts, and ``--write`` also writes them to that file.
Counts do not depend on the machine or its load, so ``tests/test_counted.py`` compares them on every
machine. They depend on the version of Python, so the file has figures for each version.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from capnsafe_fuzz.campaign.corpus import corpus_root
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.execution import execute
from capnsafe_fuzz.scenario import parse_scenario

from .hot_spots import Spot, bytecodes, spots

#: The file with the figures, by version of Python and title of the task.
FIGURES: Final = Path(__file__).with_name("counted.json")

#: The largest allowed difference between a count and its figure, as a share of the figure.
TOLERANCE: Final = 0.03

VERSION: Final = f"{sys.version_info[0]}.{sys.version_info[1]}"

#: The seeds of the corpus that are executed. They are listed, so that new seeds change no count.
SEEDS: Final = (
    "alias_again",
    "copies_2",
    "empty_struct",
    "floats",
    "group",
    "grow_short",
    "list_of_datas",
    "orphan_adopted_by_its_part",
    "refuse_indexerror",
    "release_keyerror",
    "scribble_composite",
    "segment_full",
    "upgrade_interrupted",
)


def works() -> Iterator[Spot]:
    """Yield the tasks: B1, B2, B6, and an execution of the harness."""
    yield from (spot for spot in spots() if spot.title.startswith(("B1", "B2", "B6")))
    folder = corpus_root() / "builder" / "seeds"
    texts = [(folder / f"{name}.scenario").read_text("utf-8") for name in SEEDS]
    chosen = [parse_scenario(text) for text in texts]
    encoder = find_encoder("capnsafe")

    def run() -> None:
        for scenario in chosen:
            execute(scenario, encoder)

    yield Spot("an execution", run, 1, len(chosen))


def counts() -> dict[str, float]:
    """Return the number of bytecodes of each task, by its title."""
    found = {}
    for spot in works():
        # Run the task once before, so that work which a process does only once is not counted.
        spot.work()
        found[spot.title] = round(sum(bytecodes(spot).values()) / spot.items, 2)
    return found


def figures() -> dict[str, dict[str, float]]:
    """Return the figures in the file."""
    found: dict[str, dict[str, float]] = json.loads(FIGURES.read_text("utf-8"))
    return found


def differences(counted: dict[str, float], committed: dict[str, float]) -> list[str]:
    """Return a sentence for each count that differs from its figure by more than ``TOLERANCE``."""
    told = []
    for title in sorted(counted.keys() | committed.keys()):
        now, before = counted.get(title), committed.get(title)
        if now is None or before is None:
            told.append(f"{title}: counted {now}, committed {before}")
        elif abs(now / before - 1) > TOLERANCE:
            told.append(f"{title}: {now:,.0f} bytecodes, but the figure is {before:,.0f}")
    return told


def main(arguments: list[str]) -> int:
    """Print the counts. With ``--write``, write them; otherwise return 1 if a count differs."""
    counted = counts()
    every = figures()
    committed = every.get(VERSION, {})
    for title, count in counted.items():
        ratio = f"{count / committed[title]:.3f}" if title in committed else "new"
        print(f"{title}: {count:,.1f} bytecodes ({ratio})")
    if "--write" in arguments:
        every[VERSION] = counted
        FIGURES.write_text(json.dumps(every, indent=2, sort_keys=True) + "\n", "utf-8")
        return 0
    return 1 if differences(counted, committed) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
