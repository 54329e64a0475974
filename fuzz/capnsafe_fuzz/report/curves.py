"""The curves of a campaign: one figure over its seconds, as a path in a drawing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

WIDTH: Final = 1000
HEIGHT: Final = 300
"""The size of a drawing, in its own units; the page stretches it."""
MOST_POINTS: Final = 400

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """One figure over time."""

    name: str
    note: str
    path: str
    """The points as the ``d`` of an SVG path."""
    dots: Sequence[str]
    """The measurements of which each is an epoch's, as paths of length 0."""
    last: int
    seconds: float
    """The right end of the time axis."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The seconds at which executions ended, as far as the campaign recorded them."""

    marks: Sequence[Point]
    """(executions, seconds), both growing; the first is (0, 0)."""

    @classmethod
    def of(cls, campaign: Mapping[str, Any]) -> Clock:
        """Return the clock of a campaign by its epochs and its end."""
        marks: list[Point] = [(0.0, 0.0)]
        ends = [*campaign["epochs"], campaign]
        for executions, seconds in ((float(e["executions"]), float(e["seconds"])) for e in ends):
            if executions > marks[-1][0] and seconds >= marks[-1][1]:
                marks.append((executions, seconds))
        return cls(marks)

    def at(self, execution: float) -> float:
        """Return the seconds of an execution, between the marks by proportion."""
        for (before, since), (after, until) in pairwise(self.marks):
            if execution <= after:
                return since + (until - since) * (execution - before) / (after - before)
        return self.marks[-1][1]


def curves_of(campaign: Mapping[str, Any]) -> list[Curve]:
    """Return the curves of a campaign that ran at all."""
    clock = Clock.of(campaign)
    seconds = max(clock.marks[-1][1], float(campaign["seconds"]))
    if not campaign["executions"] or not seconds:
        return []
    firsts = sorted(int(one["execution"]) for one in campaign["situations"])
    reached = [(clock.at(first), number) for number, first in enumerate(firsts, 1)]
    epochs = campaign["epochs"]
    curves = [
        _curve(
            "situations",
            "each at the execution that reached it first",
            [(0.0, 0.0), *_thinned(reached), (seconds, float(len(firsts)))],
            [(float(e["seconds"]), float(e["situations"])) for e in epochs],
            seconds,
        )
    ]
    covered = [(float(e["seconds"]), float(e["coverage"])) for e in epochs if e["coverage"]]
    if campaign["coverage"]:
        end = (seconds, float(campaign["coverage"]))
        note = "counters of the encoder's code, at the end of each epoch"
        curves.append(_curve("coverage", note, [(0.0, 0.0), *covered, end], covered, seconds))
    made = [(second, executions) for executions, second in clock.marks]
    ends = [(float(e["seconds"]), float(e["executions"])) for e in epochs]
    note = "of the encoder under test, at the end of each epoch"
    return [*curves, _curve("executions", note, made, ends, seconds)]


def finding_place(clock: Clock, execution: int, seconds: float) -> float:
    """Return where on the time axis an execution was, from 0 to ``WIDTH``."""
    return round(WIDTH * min(1.0, clock.at(execution) / seconds), 1)


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    """Return at most ``MOST_POINTS`` of the points, evenly over their time."""
    if len(points) <= MOST_POINTS:
        return points
    times = [time for time, _ in points]
    first, step = times[0], (times[-1] - times[0]) / MOST_POINTS
    chosen = (bisect_left(times, first + number * step) for number in range(MOST_POINTS))
    return [points[min(at, len(points) - 1)] for at in dict.fromkeys(chosen)]


def _curve(
    name: str, note: str, points: Sequence[Point], dots: Sequence[Point], seconds: float
) -> Curve:
    most = max((height for _, height in points), default=0.0) or 1.0

    def place(point: Point) -> str:
        across, up = point[0] / seconds, point[1] / most
        return f"{WIDTH * min(1.0, across):.1f} {HEIGHT * (1 - up):.1f}"

    path = "M" + "L".join(map(place, points))
    return Curve(name, note, path, [f"M{place(dot)}h0" for dot in dots], int(most), seconds)
