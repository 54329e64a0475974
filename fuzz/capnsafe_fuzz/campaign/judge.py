"""The judge: the parent's interface to a separate process that examines scenarios."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..ownership import OwnedFolder
from ..targets import Input, Sequence, with_comment
from . import messages
from .children import Child, start
from .ending import place_in
from .failures import EnvironmentFailedError, HarnessFailedError, UsageError
from .printed import Printed, on_the_right_encoder
from .targets import CLEAN_ENCODER, LOAD_SECONDS, PLANTED, find_target

if TYPE_CHECKING:
    from types import TracebackType

    from ..record import Violation

MARGIN_SECONDS = LOAD_SECONDS + 30.0
"""How long beyond an execution's deadline the judge may take before it is replaced."""

SECONDS_PER_INPUT = 0.05
"""The additional time for each input of a sequence."""

POLL_SECONDS = 0.1

PROCESS = "process"
"""The oracle's name for executions that end their process, or never end."""

TIMEOUT_GROUP = "timeout"

_MISPRINTED = frozenset({"SyntaxError", "NameError", "ImportError", "ModuleNotFoundError"})
"""Exceptions that end a program without showing anything."""


class JudgingCancelledError(Exception):
    """The campaign is to end now; the present judgement is abandoned."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judge's verdict on one scenario."""

    violations: tuple[Violation, ...]

    def of_group(self, group: str) -> Violation | None:
        """Return the first violation of that group."""
        return next((v for v in self.violations if v.group == group), None)

    @property
    def groups(self) -> frozenset[str]:
        """Return all groups that fired."""
        return frozenset(v.group for v in self.violations)


def crash_group(death: str) -> str:
    """Return the group of an execution that ended its process."""
    return f"crash {death}"


def fatal(group: str, steps: int, detail: str) -> Violation:
    """Return the violation of an execution that ended its process, or that never ended.

    ``steps`` is the number of its steps; the guilty one is not known yet.
    """
    from ..record import Violation

    return Violation(
        promise="P1",
        oracle=PROCESS,
        operation=max(0, steps - 1),
        verb="",
        detail=detail,
        group=group,
    )


class Judge:
    """Keeps the judge process, and replaces it when it has died."""

    def __init__(
        self,
        target: str,
        *,
        timeout: float,
        memory_limit: int | None,
        cancelled: Callable[[], bool] = lambda: False,
        waiting: Callable[[], None] = lambda: None,
    ) -> None:
        """Start nothing yet.

        ``cancelled`` is called while waiting for a reply, and ``waiting`` as often.
        """
        self._target = find_target(target)
        self._timeout = timeout
        self._memory_limit = memory_limit
        self._cancelled = cancelled
        self._waiting = waiting
        self._child: Child | None = None
        self._folder: OwnedFolder | None = None
        self._lines = messages.LineBuffer()
        self.asked = 0
        """Scenarios judged so far."""

    def ask(self, encoder: str, scenario: Input, *, costly: bool = True) -> Judgement:
        """Run ``scenario`` on ``encoder`` with all oracles, or with the cheap ones only."""
        self.asked += 1
        reply = self._reply("violations" if costly else "cheap", encoder, scenario)
        if "hung" in reply:
            seconds = f"{self._seconds(scenario):g} seconds"
            detail = f"not done after {seconds}{place_in(reply['stderr'])}"
            return Judgement((fatal(TIMEOUT_GROUP, self._steps(scenario), detail),))
        if "died" in reply:
            detail = f"the process ended: {reply['died']}{place_in(reply['stderr'])}"
            return Judgement((fatal(crash_group(reply["died"]), self._steps(scenario), detail),))
        return Judgement(tuple(messages.violation_from_json(v) for v in reply["violations"]))

    def code(self, encoder: str) -> dict[str, str]:
        """Return the digests of the encoder's files, as the judge loads them; none if it cannot."""
        reply = self._reply("code", encoder, self._target.sample)
        return dict(reply.get("code", {}))

    def program(self, encoder: str, scenario: Input, *, about: bool = True) -> Printed:
        """Print ``scenario`` as a program, and check whether that shows the breach.

        Printing runs the scenario. If that ends the process, or never ends, the program only runs
        the operations, which already shows it. ``about`` says that the scenario breaks a promise,
        which the program must then show.
        """
        why = f"{encoder} prints no program: printing it ends the process"
        hung = False
        for wanted in ("program", "plain"):
            reply = self._reply(wanted, encoder, scenario)
            if "program" in reply:
                source = str(reply["program"])
                # Do not wait again for a scenario that never ends.
                known = hung or not about
                return Printed(source, "" if known else self._trouble(encoder, scenario, source))
            if "hung" in reply:
                hung = True
                why = f"{encoder} prints no program: it takes too long"
            if "unprintable" in reply:
                why = reply["unprintable"]
                break
        return Printed(f"raise NotImplementedError({why!r})\n", why)

    def _trouble(self, encoder: str, scenario: Input, source: str) -> str:
        """Return why a program does not show the breach; empty if it does."""
        ended = self._reply("run", encoder, scenario, program=source)
        if "hung" in ended and not isinstance(scenario, Sequence):
            # Endless scenarios were not finished when the program was printed.
            return "it takes too long"
        if ended.get("passed") or ended.get("died") == "exit 0":
            return f"it passes on {encoder}"
        if ended.get("how") in _MISPRINTED:
            return f"it ends with {ended['how']}"
        owner, _, planted = encoder.partition(":")
        if owner == PLANTED:
            right = on_the_right_encoder(source, planted)
            if not self._reply("run", CLEAN_ENCODER, scenario, program=right).get("passed"):
                return f"it fails on {CLEAN_ENCODER} too"
        return ""

    def story(self, encoder: str, scenario: Input) -> list[str] | None:
        """Return the steps of ``scenario``, a line each; None if it ends its process."""
        told = self._reply("story", encoder, scenario).get("story")
        return None if told is None else [str(line) for line in told]

    def locate(self, encoder: str, scenario: Input, violation: Violation) -> Violation:
        """Return the violation with the guilty operation, if only a dead process reported it.

        That is the last operation of the shortest beginning of the scenario that dies as well.
        """
        if violation.oracle != PROCESS:
            return violation
        for shorter in self._target.beginnings(scenario):
            found = self.ask(encoder, shorter).of_group(violation.group)
            if found is not None:
                return found
        return violation

    def _seconds(self, scenario: Input) -> float:
        """Return how long a scenario or a sequence of them may take, in seconds."""
        if not isinstance(scenario, Sequence):
            return self._timeout
        return self._timeout + SECONDS_PER_INPUT * len(scenario.inputs)

    def _steps(self, scenario: Input) -> int:
        return len(self._target.lines(scenario))

    def _reply(
        self, wanted: str, encoder: str, scenario: Input, program: str | None = None
    ) -> messages.Message:
        """Return the reply about ``scenario``, from a second process if the first one died."""
        request = {
            "wanted": wanted,
            "encoder": encoder,
            # Bytes cannot name a user's memory; a text can.
            "text": self._target.print(
                scenario if wanted == "story" else with_comment(scenario, "")
            ),
            "timeout": self._seconds(scenario),
            "memory_limit": self._memory_limit,
            "program": program,
        }
        reply = self._exchange(request) or self._exchange(request)
        if reply is None:
            raise EnvironmentFailedError("the process that confirms findings keeps dying")
        if reply.get("of_the_user"):
            raise UsageError(reply["broken"])
        if "broken" in reply:
            where = "CAPNSAFE_TRACEBACK=1 shows where"
            if os.environ.get("CAPNSAFE_TRACEBACK") == "1":
                where = reply["traceback"]
            raise HarnessFailedError(
                f"the harness failed on a scenario: {reply['broken']} ({where})"
            )
        return reply

    def _exchange(self, request: messages.Message) -> messages.Message | None:
        """Send one request and return its reply; None if the process died over it."""
        if self._child is None:
            self._folder = OwnedFolder()
            self._child = start(
                "capnsafe_fuzz.campaign.confirmer",
                [str(os.getpid()), self._target.name],
                self._folder.path,
                keep_stderr=False,
            )
            self._lines = messages.LineBuffer()
        child = self._child
        deadline = time.monotonic() + float(request["timeout"]) + MARGIN_SECONDS
        try:
            messages.send(child.hears, request)
        except BrokenPipeError:
            self.close()
            return None
        while time.monotonic() < deadline:
            if self._cancelled():
                self.close()
                raise JudgingCancelledError
            self._waiting()
            ready, _, _ = select.select([child.says], [], [], POLL_SECONDS)
            if ready:
                data = os.read(child.says, 65536)
                if not data:
                    break
                for message in self._lines.feed(data):
                    return message
        self.close()
        return None

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.close()
            self._child = None
        if self._folder is not None:
            self._folder.close()
            self._folder = None

    def __enter__(self) -> Judge:
        """Start nothing before the first request."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self.close()


class Judges:
    """A judge for each target, each started when it is first needed."""

    def __init__(
        self,
        *,
        timeout: float,
        memory_limit: int | None,
        cancelled: Callable[[], bool] = lambda: False,
        waiting: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the options of ``Judge``."""
        self._begin = partial(
            Judge,
            timeout=timeout,
            memory_limit=memory_limit,
            cancelled=cancelled,
            waiting=waiting,
        )
        self._judges: dict[str, Judge] = {}

    def of(self, target: str) -> Judge:
        """Return the judge of this target."""
        if target not in self._judges:
            self._judges[target] = self._begin(target)
        return self._judges[target]

    @property
    def asked(self) -> int:
        """Return the number of scenarios judged so far, by all of them."""
        return sum(judge.asked for judge in self._judges.values())

    def __enter__(self) -> Judges:
        """Start nothing before the first request."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all of them."""
        for judge in self._judges.values():
            judge.close()
