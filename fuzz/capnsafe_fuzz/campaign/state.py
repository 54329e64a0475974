"""The state of a campaign on disk, with which ``--resume`` goes on.

It is a hidden file in the folder of the findings. Its name is a digest of everything on which the
executions depend, so that no other campaign goes on with it. It is replaced as a whole. It holds
the facts that were known after a number of complete shards. A shard that was interrupted runs
again. So a campaign that was interrupted any number of times ends like one that was not.

A number of jobs, a time, a limit for findings or the file of known groups may be another one when
the campaign goes on.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from .config import CampaignConfig, CampaignResult, Epoch, Kept, Unsettled
from .failures import EnvironmentFailedError, sentence
from .files import write_whole
from .finding import Finding, OtherBreach, read_guilty
from .messages import violation_from_json, violation_to_json
from .outcomes import Unsettling
from .targets import find_target

FORMAT: Final = 1
_UNDONE: Final = frozenset({Unsettling.EXECUTIONS, Unsettling.SEEDS})
"""What is unsettled only if the campaign does not go on."""
STATE_FILES: Final = ".campaign-*.json"
"""The pattern of their names."""


def state_path(config: CampaignConfig, seeds: Sequence[bytes]) -> Path:
    """Return the path of the state of a campaign; ``seeds`` are those of its corpus."""
    target = find_target(config.target)
    parts = [
        target.name, target.version, config.encoder, config.engine, config.memory, config.seed,
        config.runs, config.timeout, config.memory_limit, config.shrinking, config.guilty,
        config.cache,
        platform.python_version(), *(seed.hex() for seed in seeds),
    ]  # fmt: skip
    digest = hashlib.sha256("\0".join(map(str, parts)).encode(errors="backslashreplace"))
    return config.findings / STATE_FILES.replace("*", digest.hexdigest()[:16])


def save_state(path: Path, state: dict[str, Any]) -> None:
    """Write a state.

    Raises:
        EnvironmentFailedError: If the state cannot be written.
    """
    try:
        write_whole(path, json.dumps({"format": FORMAT} | state).encode())
    except OSError as error:
        raise EnvironmentFailedError(
            f"the state of the campaign cannot be written: {sentence(error)}"
        ) from error


def load_state(path: Path) -> dict[str, Any] | None:
    """Return a state; None if there is none that can be read."""
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and data.get("format") == FORMAT else None


def result_to_json(result: CampaignResult) -> dict[str, Any]:
    """Return the parts of a result that grow while a campaign runs."""
    return {
        "coverage": result.coverage,
        "kept_inputs": result.kept_inputs,
        "worker_deaths": result.worker_deaths,
        "situations": [(*cell, first) for cell, first in result.situations.items()],
        "findings": [_kept_to_json(kept) for kept in result.findings.values()],
        "unconfirmed": dict(result.unconfirmed),
        "unsettled": [one.to_json() for one in result.unsettled],
        "timed_out": result.timed_out,
        "not_counted": dict(result.not_counted),
        "epochs": [epoch.to_json() for epoch in result.epochs],
    }


def with_unsettled(data: dict[str, Any], result: CampaignResult) -> dict[str, Any]:
    """Return the data of ``result_to_json``, with everything that became unsettled since.

    The shard that saw it runs again, and may not see it again. So it counts no times yet.
    """
    known = {(one["kind"], one["group"], one["path"]) for one in data["unsettled"]}
    later = [one.to_json() | {"times": 0} for one in result.unsettled if one.kind not in _UNDONE]
    new = [one for one in later if (one["kind"], one["group"], one["path"]) not in known]
    return data | {"unsettled": data["unsettled"] + new}


def restore_result(result: CampaignResult, data: dict[str, Any]) -> None:
    """Restore a result from the data of ``result_to_json``."""
    result.coverage = data["coverage"]
    result.kept_inputs = data["kept_inputs"]
    result.worker_deaths = data["worker_deaths"]
    result.situations.update({(o, f, r): first for o, f, r, first in data["situations"]})
    for one in map(_kept_from_json, data["findings"]):
        result.findings[one.finding.group] = one
    result.unconfirmed.update(data["unconfirmed"])
    result.unsettled += map(_unsettled_from_json, data["unsettled"])
    result.timed_out = data["timed_out"]
    result.not_counted.update(data["not_counted"])
    result.epochs += [Epoch(**epoch) for epoch in data["epochs"]]


def _kept_to_json(kept: Kept) -> dict[str, Any]:
    finding = kept.finding
    return {
        "target": finding.target,
        "encoder": finding.encoder,
        "violation": violation_to_json(finding.violation),
        "scenario": find_target(finding.target).print(finding.scenario),
        "found": finding.found,
        "guilty": None if finding.guilty is None else finding.guilty.to_json(),
        "witnesses": [
            {
                "violation": violation_to_json(one.violation),
                "scenario": find_target(finding.target).print(one.scenario),
            }
            for one in finding.witnesses
        ],
        "path": str(kept.path),
        "fresh": kept.fresh,
    }


def _kept_from_json(data: dict[str, Any]) -> Kept:
    violation = violation_from_json(data["violation"])
    scenario = find_target(data["target"]).parse(data["scenario"])
    finding = Finding(
        data["target"],
        data["encoder"],
        violation,
        scenario,
        data["found"],
        read_guilty(data),
        tuple(
            OtherBreach(
                violation_from_json(one["violation"]),
                find_target(data["target"]).parse(one["scenario"]),
            )
            for one in data["witnesses"]
        ),
    )
    return Kept(finding, Path(data["path"]), data["fresh"])


def _unsettled_from_json(data: dict[str, Any]) -> Unsettled:
    path = None if data["path"] is None else Path(data["path"])
    kind = Unsettling(data["kind"])
    return Unsettled(kind, data["sentence"], data["group"], path, data["times"])
