"""The page of campaigns: a single HTML file, made by the template beside this module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..campaign.config import DEFAULT_MEMORY_MEGABYTES, DEFAULT_TIMEOUT_SECONDS
from ..campaign.failures import CampaignError, EnvironmentFailedError, UsageError, sentence
from ..campaign.figures import count, duration, plural, printable
from ..campaign.files import shell_word, write_whole
from ..campaign.finding import read_verdict
from ..campaign.judge import PROCESS, Judges
from ..campaign.replay import find_scenarios, settle
from ..campaign.targets import UnknownNameError, find_target
from ..optional import JINJA
from .curves import HEIGHT, WIDTH, Clock, Curve, curves_of, finding_place
from .kept import Collected, ShownFinding, Story, collect, finding_folders, read_campaigns
from .matrix import SHADES, Matrix, matrix_of

if TYPE_CHECKING:
    from ..targets import Target

TEMPLATE: Final = "page.html.jinja"
MOST_STORIES: Final = 30
"""The most findings that run once more, to show their steps."""


@dataclass(frozen=True, slots=True)
class ShownCampaign:
    """One campaign, as the page shows it."""

    data: Mapping[str, Any]
    curves: Sequence[Curve]
    marks: Sequence[float]
    """The positions of the findings on the time axis."""
    matrix: Matrix
    findings: Sequence[ShownFinding]
    again: str
    """The command that runs it again; empty if it is not known."""


def check_possible() -> None:
    """Raise UsageError if the package that fills the template is missing."""
    if not JINJA.is_installed:
        raise UsageError(JINJA.sentence)


def write_page(path: Path, folder: Path, campaigns: Sequence[Mapping[str, Any]]) -> int:
    """Write the page of these campaigns, and of all findings in their folder.

    Returns:
        The number of findings that it shows.

    Raises:
        EnvironmentFailedError: If the page cannot be written.
    """
    with _stories() as story:
        collected = collect(folder, story, campaigns)
    try:
        write_whole(path, render(collected, folder).encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise EnvironmentFailedError(f"the page cannot be written: {sentence(error)}") from error
    return sum(map(len, collected.findings)) + len(collected.others)


def campaigns_in(folder: Path) -> Sequence[Mapping[str, Any]]:
    """Return the campaigns of a folder, which may be none if it has findings.

    Raises:
        UsageError: If the folder is not one of a campaign.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}")
    campaigns = read_campaigns(folder)
    if not campaigns and next(finding_folders(folder), None) is None:
        raise UsageError(f"{folder} holds no campaign and no finding; a campaign has --findings")
    return campaigns


def render(collected: Collected, folder: Path) -> str:
    """Return the page."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": count, "duration": duration}
    source = resources.files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8")
    campaigns = list(map(_campaign, collected.campaigns, collected.findings))
    number = sum(map(len, collected.findings)) + len(collected.others)
    return environment.from_string(source).render(
        campaigns=campaigns,
        others=collected.others,
        verdict=_verdict(collected, number),
        broken=number > 0,
        folder=str(folder),
        width=WIDTH,
        height=HEIGHT,
        shades=SHADES,
        plural=plural,
    )


def _shown(value: object) -> object:
    """Return a value with control characters and direction marks escaped, line by line."""
    if type(value) is not str:
        return value
    return "\n".join(printable(line.replace("\t", "    ")) for line in value.split("\n"))


def _campaign(data: Mapping[str, Any], findings: Sequence[ShownFinding]) -> ShownCampaign:
    curves = curves_of(data)
    clock = Clock.of(data)
    executions = [one.execution for one in findings if one.execution is not None]
    marks = [finding_place(clock, one, curves[0].seconds) for one in executions] if curves else []
    again = str(data.get("command") or _command(data))
    return ShownCampaign(data, curves, marks, matrix_of(data, _target(data)), findings, again)


def _command(data: Mapping[str, Any]) -> str:
    """Return a command like that of a campaign that was killed, from its saved state."""
    options = {
        "--engine": data["engine"], "--encoder": data["encoder"], "--seed": data["seed"],
        "--runs": data.get("runs"), "--time": data.get("time"), "--jobs": data.get("jobs"),
        "--allocator": data.get("allocator"),
    }  # fmt: skip
    words = ["capnsafe", "fuzz", data["target"]]
    words += [str(w) for pair in options.items() if pair[1] is not None for w in pair]
    return " ".join(map(shell_word, words))


def _target(data: Mapping[str, Any]) -> Target | None:
    try:
        return find_target(str(data["target"]))
    except UnknownNameError:
        return None


def _verdict(collected: Collected, findings: int) -> str:
    if findings:
        return plural(findings, "finding")
    unsettled = sum(len(one["unsettled"]) for one in collected.campaigns)
    if unsettled:
        return f"no finding, and {plural(unsettled, 'thing')} unsettled"
    if any(one.get("unfinished") or one.get("interrupted") for one in collected.campaigns):
        return "no promise was broken so far"
    if not sum(one["executions"] for one in collected.campaigns):
        return "nothing was executed"
    return "no promise was broken"


@contextmanager
def _stories() -> Iterator[Story]:
    """Return the steps of findings. Each runs in its own process, as encoders may do anything."""
    told = 0

    def story(place: Path) -> Sequence[str] | None:
        nonlocal told
        ends_process = (read_verdict(place) or {}).get("oracle") == PROCESS
        if told >= MOST_STORIES or ends_process:
            return None
        told += 1
        try:
            (found,) = find_scenarios(place)
            found = settle(found)
            return judges.of(found.target).story(found.encoder, found.scenario)
        except (CampaignError, UnknownNameError, ValueError):
            # Its encoder or memory is not here any more, or its files are no scenario.
            return None

    with Judges(timeout=DEFAULT_TIMEOUT_SECONDS, memory_limit=DEFAULT_MEMORY_MEGABYTES) as judges:
        yield story
