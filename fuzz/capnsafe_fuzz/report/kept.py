"""The campaigns and findings in a folder of findings, read for the page.

``capnsafe fuzz`` records its campaigns there, in a hidden file. A campaign that was killed leaves
its state instead (``campaign.state``). These files may have been written by another version, or by
an encoder under test. So entries that are not understood are left out, and no content is executed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..campaign.files import shell_word
from ..campaign.finding import SCENARIO_FILE, VERDICT_FILE, read_guilty, read_verdict
from ..campaign.printed import PROGRAM_FILE, program_files
from ..campaign.state import STATE_FILES, load_state
from ..guilt.guilty import Guilty

CAMPAIGNS_FILE: Final = ".campaigns.json"
"""The file in which ``capnsafe fuzz`` leaves its results, as in ``--json``."""
UNSETTLED_FOLDER: Final = "unsettled"
MOST_TEXT: Final = 60_000
"""The most characters of a program, a scenario or a story that a page shows."""

Story = Callable[[Path], Sequence[str] | None]
"""Returns the lines of the story of a finding; None if there is none."""


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding, as the page shows it."""

    group: str
    promise: str
    detail: str
    target: str
    encoder: str
    path: str
    fresh: bool | None
    """Whether the campaign found it; None if that is not known."""
    execution: int | None
    guilty: Guilty | None
    story: str
    scenario: str
    program: str
    trouble: str
    """Why the program does not show the breach; empty if it does."""
    witnesses: Sequence[tuple[str, str]]
    """Further breaches of the same mistake: symptom and detail."""
    commands: Sequence[str]


@dataclass(frozen=True, slots=True)
class Collected:
    """Everything that is known about the campaigns of a folder."""

    campaigns: Sequence[Mapping[str, Any]]
    """As in ``--json``; an unfinished one has the key ``unfinished``."""
    findings: Sequence[Sequence[ShownFinding]]
    """The findings of each campaign."""
    others: Sequence[ShownFinding]
    """Findings in the folder that belong to none of them."""


def collect(folder: Path, story: Story, campaigns: Sequence[Mapping[str, Any]]) -> Collected:
    """Return these campaigns with their findings, and the other findings of the folder."""
    listed: list[list[ShownFinding]] = []
    shown: set[Path] = set()
    for campaign in campaigns:
        mine: list[ShownFinding] = []
        for told in campaign["findings"]:
            place = _place(folder, str(told["path"]))
            shown.add(place.resolve())
            verdict = dict(told) | (read_verdict(place) or {})
            mine.append(_finding(place, verdict, bool(told.get("fresh")), story))
        listed.append(mine)
    others = [
        _finding(place, verdict, None, story)
        for place, verdict in finding_folders(folder)
        if place.resolve() not in shown
    ]
    return Collected(campaigns, listed, others)


def read_campaigns(folder: Path) -> list[Mapping[str, Any]]:
    """Return the campaigns recorded in a folder of findings; empty if there is none.

    They are those of the last command that was completed or interrupted, or, if newer, one that was
    killed.
    """
    file = folder / CAMPAIGNS_FILE
    campaigns: list[Mapping[str, Any]] = []
    ended = 0.0
    try:
        ended = file.stat().st_mtime
        data = json.loads(file.read_bytes())
        campaigns = [one for one in data["campaigns"] if _is_campaign(one)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    for path in sorted(folder.glob(STATE_FILES)):
        state = load_state(path) or {}
        told = state.get("campaign")
        if not isinstance(told, dict) or not _is_campaign(told) or _modified(path) <= ended:
            continue
        totals = state.get("totals")
        made = totals.get("executions") if isinstance(totals, dict) else None
        now = {"executions": made or told["executions"], "seconds": state.get("seconds", 0.0)}
        campaigns.append(told | now | {"unfinished": True})
    return campaigns


def finding_folders(folder: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield the folders of findings in a folder, with their verdicts."""
    for path in sorted(folder.rglob(VERDICT_FILE)):
        parts = path.relative_to(folder).parts
        if UNSETTLED_FOLDER in parts or any(part.startswith(".") for part in parts):
            continue
        verdict = read_verdict(path.parent)
        if verdict is not None and isinstance(verdict.get("group"), str):
            yield path.parent, verdict


def _is_campaign(data: Any) -> bool:
    """Return whether the fields that a page needs are there, with the types of ``--json``."""
    kinds: Mapping[str, type | tuple[type, ...]] = {
        "target": str, "encoder": str, "engine": str, "executions": int, "seconds": (int, float),
        "epochs": list, "situations": list, "findings": list, "unsettled": list, "corpus": int,
        "seeds": int, "faults_fired": int,
    }  # fmt: skip
    if not isinstance(data, dict) or not {"coverage", "seed"} <= data.keys():
        return False
    if not all(isinstance(data.get(name), kind) for name, kind in kinds.items()):
        return False
    inner = {
        "epochs": {"executions", "seconds", "coverage", "situations", "corpus", "findings"},
        "situations": {"operation", "fault", "outcome", "execution"},
        "findings": {"path", "group"},
        "unsettled": {"kind", "sentence"},
    }
    return all(
        isinstance(one, dict) and keys <= one.keys()
        for name, keys in inner.items()
        for one in data[name]
    )


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _place(folder: Path, path: str) -> Path:
    """Return the folder of a finding, also if the findings were moved since."""
    told = Path(path)
    if told.is_dir():
        return told
    moved = folder.joinpath(*told.parts[-2:])
    return moved if moved.is_dir() else told


def _finding(
    place: Path, verdict: Mapping[str, Any], fresh: bool | None, story: Story
) -> ShownFinding:
    found = verdict.get("found")
    execution = found.get("execution") if isinstance(found, dict) else None
    program = verdict.get("program")
    told = program.get("trouble") if isinstance(program, dict) else ""
    where = shell_word(place)
    lines = story(place)
    return ShownFinding(
        group=_text(verdict.get("group")),
        promise=_text(verdict.get("promise")),
        detail=_text(verdict.get("detail")),
        target=_text(verdict.get("target")),
        encoder=_text(verdict.get("encoder")),
        path=str(place),
        fresh=fresh,
        execution=execution if isinstance(execution, int) else None,
        guilty=read_guilty(verdict),
        story="" if lines is None else _text("\n".join(lines)),
        scenario=_read(place / SCENARIO_FILE),
        program=_read(next(program_files(place), place / PROGRAM_FILE)),
        trouble=_text(told),
        witnesses=list(_witnesses(verdict)),
        commands=[
            f"capnsafe repro {where}",
            f"capnsafe repro --script {where}",
            f"capnsafe shrink {where}",
        ],
    )


def _witnesses(verdict: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    listed = verdict.get("witnesses")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            yield _text(one.get("symptom")), _text(one.get("detail"))


def _read(path: Path) -> str:
    try:
        return _text(path.read_text(encoding="utf-8", errors="backslashreplace"))
    except OSError:
        return ""


def _text(value: object) -> str:
    text = "" if value is None else str(value)
    if len(text) <= MOST_TEXT:
        return text
    return f"{text[:MOST_TEXT]}\n… {len(text) - MOST_TEXT} more characters"
