"""The judge: the parent's interface to a separate process that examines scenarios."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..guilt.guilty import Guilty
from ..ownership import OwnedFolder
from ..targets import Input, Sequence, with_comment
from . import messages
from .children import Child, start
from .ending import place_in
from .failures import EnvironmentFailedError, HarnessFailedError, UsageError
from .printed import Printed, on_the_right_encoder
from .targets import (
    CLEAN_ENCODER,
    LOAD_SECONDS,
    PLANTED,
    find_target,
    is_driven,
    seconds_of_one,
)

if TYPE_CHECKING:
    from types import TracebackType

    from ..record import Violation

MARGIN_SECONDS = LOAD_SECONDS + 30.0
"""How long beyond an execution's deadline the judge may take before it is replaced."""

SECONDS_PER_INPUT = 0.05
"""The additional time for each input of a sequence."""

POLL_SECONDS = 0.1

GUILTY_SECONDS = 300.0
"""How long the search for a guilty line may take."""

PROGRAM_SECONDS = 120.0
"""How long it may take to print a program about an encoder behind a driver, or to run it."""

PROCESS = "process"
"""The oracle's name for executions that end their process, or never end."""

TIMEOUT_GROUP = "timeout"

_MISPRINTED = frozenset({"SyntaxError", "NameError", "ImportError", "ModuleNotFoundError"})
"""Exceptions that end a program without showing anything."""


class JudgingCancelledError(Exception):
    """The campaign is to end now; the present judgement is abandoned."""


class JudgeDiedError(EnvironmentFailedError):
    """The judge process died over a scenario, and the one that replaced it did, too."""

    def __init__(self, target: str, scenario: Input) -> None:
        super().__init__(target, scenario)
        self.target = target
        self.scenario = scenario

    def __str__(self) -> str:
        """Return the sentence for people."""
        return "the process that confirms findings keeps dying"


class TraceError(Exception):
    """A scenario without faults ends its process, or never ends."""

    def __init__(self, how: str, hung: bool) -> None:
        super().__init__(how, hung)
        self.how = how
        self.hung = hung

    def __str__(self) -> str:
        """Return how the process ended."""
        return self.how


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judge's verdict on one scenario."""

    violations: tuple[Violation, ...]
    ended: str = ""
    """How a quick judgement ended the process of a driver, as a word; empty if it did not."""

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

    def ask(
        self, encoder: str, scenario: Input, *, costly: bool = True, quick: bool = False
    ) -> Judgement:
        """Run ``scenario`` on ``encoder`` with all oracles, or with the cheap ones only.

        With ``quick``, a driver's process may have run other scenarios before.
        """
        self.asked += 1
        wanted = "violations" if costly else "cheap"
        reply = self._reply(wanted, encoder, scenario, {"quick": quick})
        if "hung" in reply:
            seconds = f"{self._seconds(encoder, scenario):g} seconds"
            detail = f"not done after {seconds}{place_in(reply['stderr'])}"
            return Judgement((fatal(TIMEOUT_GROUP, self._steps(scenario), detail),))
        if "died" in reply:
            detail = f"the process ended: {reply['died']}{place_in(reply['stderr'])}"
            return Judgement((fatal(crash_group(reply["died"]), self._steps(scenario), detail),))
        found = tuple(messages.violation_from_json(v) for v in reply["violations"])
        return Judgement(found, str(reply.get("ended", "")))

    def code(self, encoder: str) -> dict[str, str]:
        """Return the digests of the encoder's files, as the judge loads them; none if it cannot."""
        reply = self._reply("code", encoder, self._target.sample)
        return dict(reply.get("code", {}))

    def traces(self, encoder: str, scenarios: list[Input]) -> list[messages.Message | None]:
        """Return the allocator calls of scenarios without faults; None if they can have no faults.

        They run in one process, because most are so short that starting it would take longer.

        Raises:
            TraceError: Without a fault, one of them ends its process or never ends.
        """
        more = {
            "texts": [self._target.print(with_comment(one, "")) for one in scenarios],
            "timeout": self._each(encoder) + SECONDS_PER_INPUT * len(scenarios),
        }
        reply = self._reply("traces", encoder, scenarios[0], more)
        if "traces" in reply:
            return list(reply["traces"])
        raise TraceError(str(reply.get("died", TIMEOUT_GROUP)), hung="hung" in reply)

    def sweep(
        self, encoder: str, scenario: Input, slice_: messages.Message, count: int
    ) -> messages.Message:
        """Return the reply about a slice of ``count`` variations of a scenario."""
        self.asked += count
        each = self._each(encoder)
        more = {"timeout": each + SECONDS_PER_INPUT * count, "each": each}
        return self._reply("sweep", encoder, scenario, slice_ | more)

    def program(
        self, encoder: str, scenario: Input, *, about: bool = True, group: str = ""
    ) -> Printed:
        """Print ``scenario`` as a program, and check whether that shows the breach.

        Printing runs the scenario. If that ends the process, or never ends, the program only runs
        the operations, which already shows it. ``about`` says that the scenario breaks a promise,
        which the program must then show; ``group`` names one of several breaches.
        """
        why = f"{encoder} prints no program: printing it ends the process"
        hung = False
        for wanted in ("program", "plain"):
            seconds = self._program_seconds(encoder, scenario)
            reply = self._reply(wanted, encoder, scenario, {"group": group}, seconds=seconds)
            if "programs" in reply:
                # Do not wait again for a scenario that never ends.
                known = hung or not about
                return self._best(encoder, scenario, reply, known=known)
            if "hung" in reply:
                hung = True
                why = f"{encoder} prints no program: it takes too long"
            if "unprintable" in reply:
                why = reply["unprintable"]
                break
        return Printed.missing(why)

    def _best(
        self, encoder: str, scenario: Input, reply: messages.Message, *, known: bool
    ) -> Printed:
        """Return the first program that shows the breach; the first one if none does.

        If the result is ``known``, no program is run.
        """
        programs, suffix = [str(one) for one in reply["programs"]], str(reply["suffix"])
        first = ""
        for source in () if known else programs:
            trouble = self._trouble(encoder, scenario, source, suffix)
            if not trouble:
                return Printed(source, suffix=suffix)
            first = first or trouble
        return Printed(programs[0], first, suffix)

    def _trouble(self, encoder: str, scenario: Input, source: str, suffix: str) -> str:
        """Return why a program does not show the breach; empty if it does."""
        seconds = self._program_seconds(encoder, scenario)
        program = {"program": source, "suffix": suffix}
        ended = self._reply("run", encoder, scenario, program, seconds=seconds)
        if "trouble" in ended:
            return str(ended["trouble"])
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
            if not self._reply("run", CLEAN_ENCODER, scenario, {"program": right}).get("passed"):
                return f"it fails on {CLEAN_ENCODER} too"
        return ""

    def story(self, encoder: str, scenario: Input) -> list[str] | None:
        """Return the steps of ``scenario``, a line each; None if it ends its process."""
        told = self._reply("story", encoder, scenario).get("story")
        return None if told is None else [str(line) for line in told]

    def guilty(
        self, encoder: str, scenario: Input, violation: Violation, *, repair: bool = True
    ) -> Guilty | None:
        """Return the line of the encoder that broke the promise; None if nothing points at one.

        Without ``repair``, no change of the encoder is tried.
        """
        if violation.oracle == PROCESS or isinstance(scenario, Sequence):
            return None
        for wanted in ("guilty", "evidence") if repair else ("evidence",):
            more = {"promise": violation.promise}
            reply = self._reply(wanted, encoder, scenario, more, seconds=GUILTY_SECONDS)
            # A changed encoder may end its process, or never end.
            if "guilty" in reply:
                told = reply["guilty"]
                return None if told is None else Guilty.from_json(told)
        return None

    def is_same(self, encoder: str, scenario: Input, guilty: Guilty) -> bool:
        """Return whether the change that repairs a guilty line also repairs this scenario."""
        if not guilty.change or isinstance(scenario, Sequence):
            return False
        reply = self._reply("is_same", encoder, scenario, {"guilty": guilty.to_json()})
        return bool(reply.get("is_same"))

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

    def _each(self, encoder: str) -> float:
        """Return how long one scenario may take, in seconds."""
        return seconds_of_one(encoder, self._timeout)

    def _seconds(self, encoder: str, scenario: Input) -> float:
        """Return how long a scenario or a sequence of them may take, in seconds."""
        if not isinstance(scenario, Sequence):
            return self._each(encoder)
        return self._each(encoder) + SECONDS_PER_INPUT * len(scenario.inputs)

    def _program_seconds(self, encoder: str, scenario: Input) -> float:
        """Return how long it may take to print a program, or to run it, in seconds."""
        return PROGRAM_SECONDS if is_driven(encoder) else self._seconds(encoder, scenario)

    def _steps(self, scenario: Input) -> int:
        return len(self._target.lines(scenario))

    def _reply(
        self,
        wanted: str,
        encoder: str,
        scenario: Input,
        more: messages.Message | None = None,
        *,
        seconds: float | None = None,
    ) -> messages.Message:
        """Return the reply about ``scenario``, from a second process if the first one died."""
        request = {
            "wanted": wanted,
            "encoder": encoder,
            # Bytes cannot name a user's memory; a text can.
            "text": self._target.print(
                scenario if wanted == "story" else with_comment(scenario, "")
            ),
            "timeout": self._seconds(encoder, scenario) if seconds is None else seconds,
            "memory_limit": self._memory_limit,
        } | (more or {})
        reply = self._exchange(request) or self._exchange(request)
        if reply is None:
            raise JudgeDiedError(self._target.name, scenario)
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
        self.close()

    def close(self) -> None:
        """End all processes; a later request starts another one."""
        for judge in self._judges.values():
            judge.close()
