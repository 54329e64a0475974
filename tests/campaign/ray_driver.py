"""A campaign on a Ray cluster, in short epochs: ``ray_driver.py ADDRESS CORPUS FINDINGS``.

It prints each finding as it comes, and its result at the end.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from capnsafe_fuzz.campaign import parent, shards
from capnsafe_fuzz.campaign.config import CampaignConfig
from capnsafe_fuzz.campaign.finding import Finding
from capnsafe_fuzz.campaign.parent import run_campaign
from capnsafe_fuzz.campaign.progress import Quiet

ENCODER = "bad_encoders:raising_twice"


class Telling(Quiet):
    def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
        print(path, flush=True)


def main() -> None:
    sys.path.insert(0, str(Path(__file__).parent))
    address, corpus, findings = sys.argv[1:]
    shards.ALONE, shards.FIRST, shards.FEWEST = 40, 20, 6  # type: ignore[misc]
    parent.SAVE_SECONDS = 0.0
    config = CampaignConfig(
        encoder=ENCODER,
        engine="random",
        runs=240,
        jobs=3,
        on="local" if address == "local" else "ray",
        address=None if address == "local" else address,
        corpus=Path(corpus),
        findings=Path(findings),
        cache=Path(findings) / "cache",
        resumable=True,
        resume=True,
    )
    result = run_campaign(config, reporter=Telling())
    data = result.to_json()
    for timed in (data, *data["epochs"]):
        del timed["seconds"]
    for kept in (*data["findings"], *data["unsettled"]):
        # Where it is, and whether the driver that was killed had put it there.
        del kept["path"], kept["fresh"]
    del data["on"], data["not_reproducible"], data["judged"]
    data["inputs"] = sorted(path.name for path in (Path(findings) / "cache").iterdir())
    print(json.dumps(data, sort_keys=True))


if __name__ == "__main__":
    main()
