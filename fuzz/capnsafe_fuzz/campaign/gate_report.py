"""The output of a gate for people: a line for each part, followed by its problems."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.status import Status

from .figures import plural
from .finding import Finding
from .gate import CaseOutcome, GateResult, Part
from .gate_config import FILE, TABLE, GateConfig
from .report import print_finding, print_line

_STYLES = {CaseOutcome.PASSED.value: "green", CaseOutcome.FAILED.value: "bold red"}
_OTHER_STYLE = "bold yellow"


class GateTerminalReporter:
    """Reports to a person, on a terminal or in a log."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        if console.is_terminal:
            self._status = console.status("")
            self._status.start()

    def begin(self, config: GateConfig, *, configured: bool) -> None:
        """Print the encoder and the source of the configuration.

        A gate of the wrong encoder passes, too.
        """
        source = f"[{TABLE}] in {FILE}" if configured else f"defaults: no [{TABLE}] in ./{FILE}"
        corpus = "this project's corpus" if config.corpus is None else f"corpus {config.corpus}"
        self._print(f"gate of {config.encoder}, {corpus} ({source})")

    def activity(self, what: str) -> None:
        """Show the present activity, if there is a terminal."""
        if self._status is not None:
            self._status.update(what)

    def finding(self, finding: Finding, path: Path, *, fresh: bool) -> None:
        """Print the breach, its folder, and the next commands."""
        print_finding(self._console, finding, path, fresh=fresh)

    def note(self, sentence: str) -> None:
        """Print a sentence."""
        self._print(sentence)

    def part(self, part: Part) -> None:
        """Print the line of a part, and its problems."""
        style = _STYLES.get(part.verdict, _OTHER_STYLE)
        summary = part.summary or "not done"
        self._print(f"{part.verdict:<6}  {part.name:<9}  {summary}  {part.seconds:.1f} s", style)
        for case in part.troubles:
            # The breach was printed when it was found.
            if case.outcome is not CaseOutcome.FAILED:
                for line in case.detail.split("\n"):
                    self._print(f"        {line}")
        if part.error is not None:
            self._print(f"        {part.error}")

    def end(self, result: GateResult) -> None:
        """Print the result of the gate."""
        seconds = sum(part.seconds for part in result.parts)
        troubles = sum(len(part.troubles) for part in result.parts)
        if result.interrupted:
            self._print("the gate was interrupted", _OTHER_STYLE)
        elif result.exit_code == 0:
            self._print(f"the gate is open: nothing wrong in {seconds:.0f} s", "bold green")
        else:
            what = f"{plural(troubles, 'case')} did not pass" if troubles else "not done"
            self._print(f"the gate is shut: {what}, {seconds:.0f} s", "bold red")

    def close(self) -> None:
        """Remove the live line."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _print(self, line: str, style: str | None = None) -> None:
        print_line(self._console, line, style)
