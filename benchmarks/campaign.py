"""Executions per second of real campaigns, with parent, worker, judge and oracles."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from capnsafe_fuzz.campaign.config import CampaignConfig
from capnsafe_fuzz.campaign.parent import run_campaign
from capnsafe_fuzz.engines import engines

from .measure import Effort
from .results import CampaignSpeed

ID = "campaign"
SEED = 1


def campaigns(effort: Effort) -> Iterator[CampaignSpeed]:
    """Run one campaign on the real encoder with each available engine."""
    for name, engine in engines().items():
        missing = engine.missing()
        if missing is not None:
            yield CampaignSpeed(ID, name, SEED, missing=missing)
            continue
        with tempfile.TemporaryDirectory(prefix="capnsafe-bench-") as folder:
            config = CampaignConfig(engine=name, seed=SEED, runs=effort.runs, findings=Path(folder))
            result = run_campaign(config)
        yield CampaignSpeed(
            ID,
            name,
            SEED,
            result.executions,
            result.seconds,
            len(result.situations),
            result.coverage,
            len(result.findings) + len(result.unconfirmed),
        )
