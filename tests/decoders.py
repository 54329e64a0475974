"""Ties what bytes mean to the version of their decoder.

Each target decodes a fixed sample of byte strings. A file holds the digest of what they mean, and
the version. A decoder that gives them another meaning under the same version would take a cached
corpus for something else. ``python -m tests.readme`` records another version, and nothing else.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from random import Random

from capnsafe_fuzz.targets import TARGETS, Target, find_target

RECORDED = Path(__file__).with_name("decoders.txt")
SAMPLE = 400
MOST_BYTES = 700


def sample() -> list[bytes]:
    """Return byte strings at random, always the same."""
    rng = Random(2026)
    return [rng.randbytes(rng.randint(0, MOST_BYTES)) for _ in range(SAMPLE)]


def meaning(target: Target) -> str:
    """Return a digest of the inputs that a target decodes from the sample."""
    texts = "".join(target.print(target.decode(data)) for data in sample())
    return hashlib.sha256(texts.encode()).hexdigest()


def recorded() -> dict[str, tuple[int, str]]:
    """Return the version and the digest that the file has for each target."""
    rows = [line.split() for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    return {name: (int(version), digest) for name, version, digest in rows}


def unnoticed(target: Target, known: dict[str, tuple[int, str]]) -> bool:
    """Return whether bytes mean something else, and the version is the same."""
    version, digest = known.get(target.name, (None, ""))
    return version == target.version and digest != meaning(target)


def record() -> None:
    """Write the version of every target, and its digest of the sample."""
    known = recorded()
    targets = [find_target(name) for name in TARGETS]
    for target in targets:
        if unnoticed(target, known):
            raise SystemExit(
                f"bytes mean something else to {target.name}, and its version is the same: "
                "increase it where its decoder defines it"
            )
    lines = [f"{target.name} {target.version} {meaning(target)}\n" for target in targets]
    RECORDED.write_text("".join(lines), encoding="utf-8")
