"""Encoders with state from message to message, or flaky ones; ``stateful_encoders:NAME``."""

from __future__ import annotations

import atexit
import os
import signal
import time
from pathlib import Path
from typing import Any

from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.scenario import Operation, Scenario, Verb

_COMMAND = Path("/proc/self/cmdline").read_bytes()
#: Whether this is a worker of a campaign, and not a judge: an encoder that looks there is flaky.
IN_WORKER = b"campaign.worker" in _COMMAND


def long_text(operation: Operation) -> bool:
    value = operation.value
    return operation.verb is Verb.SET and isinstance(value, str) and len(value) > 2


def long_list(operation: Operation) -> bool:
    value = operation.value
    return operation.verb is Verb.INIT and isinstance(value, int) and value > 3


class Session:
    """A session of capnsafe, watched by its encoder."""

    def __init__(self, session: Any, owner: Stateful) -> None:
        self._session = session
        self._owner = owner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def perform(self, operation: Operation) -> object:
        self._owner.before(operation)
        return self._session.perform(operation)

    def output(self) -> bytes:
        octets: bytes = self._session.output()
        return bytes(len(octets)) if self._owner.wrong() else octets


class Stateful:
    """capnsafe, and state that all its messages share."""

    def __init__(self) -> None:
        self.name = f"{__name__}:{type(self).__name__}"
        self.sessions = 0
        self._encoder: Any = find_encoder("capnsafe")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def script(self, scenario: Scenario, account: object = None) -> str:
        return f"# {len(scenario.operations)} operations\n"

    def session(self, memory: Any, max_segment_words: int, **options: bool) -> Any:
        self.sessions += 1
        self.begin()
        return Session(self._encoder.session(memory, max_segment_words, **options), self)

    def owns(self, filename: str) -> bool:
        return filename == __file__ or bool(self._encoder.owns(filename))

    def begin(self) -> None:
        """A message begins."""

    def before(self, operation: Operation) -> None:
        """An operation begins."""

    def wrong(self) -> bool:
        """Whether the output is."""
        return False


class WrongFromTheTenth(Stateful):
    """A pool that goes bad."""

    def wrong(self) -> bool:
        return self.sessions >= 10


class WrongAfterAText(Stateful):
    """A list is wrong in a message that comes after one with a text: it takes two messages."""

    def __init__(self) -> None:
        super().__init__()
        self.text_before = self.text = self.listed = False

    def begin(self) -> None:
        self.text_before |= self.text
        self.listed = False

    def before(self, operation: Operation) -> None:
        self.text |= long_text(operation)
        self.listed |= long_list(operation)

    def wrong(self) -> bool:
        return self.text_before and self.listed


class EndsEachThird(Stateful):
    """Takes its process down at every third message."""

    def begin(self) -> None:
        if self.sessions % 3 == 0:
            os.kill(os.getpid(), signal.SIGSEGV)


class LeavesAtTheTenth(Stateful):
    """Ends its process at the tenth message, as if all were well."""

    def begin(self) -> None:
        if self.sessions == 10:
            os._exit(0)


class HangsAtTheTenth(Stateful):
    """Never is done with the tenth message."""

    def begin(self) -> None:
        while self.sessions == 10:
            time.sleep(0.05)


class EndsTheFirst(Stateful):
    """Takes the first process down that begins a message, and no other one."""

    def begin(self) -> None:
        path = Path(os.environ["COUNTED_IN"])
        if not path.exists():
            path.touch()
            os.kill(os.getpid(), signal.SIGKILL)


class HangsFromTheFourth(Stateful):
    """Never is done with the fourth message."""

    def begin(self) -> None:
        while self.sessions >= 4:
            time.sleep(0.05)


class WrongOnce(Stateful):
    """Wrong at one output of a worker, the first from the eighth message on; never in a judge."""

    def __init__(self) -> None:
        super().__init__()
        self.done = False

    def wrong(self) -> bool:
        if not IN_WORKER or self.done or self.sessions < 8:
            return False
        self.done = True
        return True


class WrongOftenAndAtTexts(Stateful):
    """Wrong at some messages of a worker, and where a text is long, in any process."""

    first, last = 5, 12

    def __init__(self) -> None:
        super().__init__()
        self.text = False

    def begin(self) -> None:
        self.text = False

    def before(self, operation: Operation) -> None:
        self.text |= long_text(operation)

    def wrong(self) -> bool:
        noise = IN_WORKER and self.first <= self.sessions <= self.last
        return noise or self.text


class FlakyWhereItRaises(Stateful):
    """Raises where a text is long, in any process; its output is wrong there once, in a worker."""

    def __init__(self) -> None:
        super().__init__()
        self.raised = self.done = False

    def begin(self) -> None:
        self.raised = False

    def before(self, operation: Operation) -> None:
        if long_text(operation):
            self.raised = True
            raise ZeroDivisionError("a text")

    def wrong(self) -> bool:
        if not IN_WORKER or not self.raised or self.done:
            return False
        self.done = True
        return True


class NoiseThenState(Stateful):
    """Wrong twice in a worker only, and in any process from the ninth message on."""

    def wrong(self) -> bool:
        return self.sessions >= 9 or (IN_WORKER and self.sessions in (3, 4))


class EndsOnce(Stateful):
    """Takes a worker down, and never a judge."""

    def begin(self) -> None:
        if IN_WORKER and self.sessions == 40:
            os.kill(os.getpid(), signal.SIGKILL)


class EndsAtExit(Stateful):
    """Takes a worker down when Python ends it, as a finalizer with a mistake does."""

    def begin(self) -> None:
        if IN_WORKER and self.sessions == 1:
            atexit.register(os.kill, os.getpid(), signal.SIGSEGV)


class EndsAlways(Stateful):
    """Takes every worker down, and never a judge."""

    def begin(self) -> None:
        if IN_WORKER:
            os.kill(os.getpid(), signal.SIGKILL)


class Interrupting(Stateful):
    """Sends the parent of its worker a Ctrl-C."""

    def begin(self) -> None:
        if IN_WORKER and self.sessions == 3:
            # Between the two are the process that was forked and its supervisor.
            process = os.getppid()
            while b"campaign.worker" in Path(f"/proc/{process}/cmdline").read_bytes():
                stat = Path(f"/proc/{process}/stat").read_text()
                process = int(stat.rpartition(")")[2].split()[1])
            os.kill(process, signal.SIGINT)


class Slow(Stateful):
    """Takes its time."""

    def begin(self) -> None:
        time.sleep(0.7)


class SometimesWrong(Stateful):
    """Wrong at texts, but in a judge the first two times only."""

    def __init__(self) -> None:
        super().__init__()
        self.text = False

    def begin(self) -> None:
        self.text = False

    def before(self, operation: Operation) -> None:
        self.text |= long_text(operation)

    def wrong(self) -> bool:
        if not self.text or IN_WORKER:
            return self.text
        path = Path(os.environ["COUNTED_IN"])
        with path.open("ab") as file:
            file.write(b".")
        return path.stat().st_size <= 2


class HangingWhereJudged(Stateful):
    """Wrong at every message of a worker; never done with one in a judge."""

    def begin(self) -> None:
        # A judge runs one message of capnsafe before it answers.
        while not IN_WORKER:
            time.sleep(1)

    def wrong(self) -> bool:
        return True


class EndsTheJudge(Stateful):
    """Wrong at texts of a worker; a judge of them is killed."""

    def before(self, operation: Operation) -> None:
        if long_text(operation):
            if not IN_WORKER:
                os.kill(os.getppid(), signal.SIGKILL)
            raise ZeroDivisionError("a text")


class WrongOnceForAll(Stateful):
    """Wrong at the tenth output of the first worker that comes so far, and then never again."""

    def wrong(self) -> bool:
        path = Path(os.environ["COUNTED_IN"])
        if not IN_WORKER or self.sessions < 10 or path.exists():
            return False
        path.touch()
        return True
