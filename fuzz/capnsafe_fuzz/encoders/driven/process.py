"""A driver's process: its start, its lines, and its end.

If a process has ended, the next execution uses a new one. After the first unexpected end, one more
process is kept ready, so that executions need not wait until a process has started.
"""

from __future__ import annotations

import atexit
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from capnsafe_allocators import FAMILIES, PROMISES

from ...scenario.operations import Verb
from .lines import MOST_LINE_BYTES, GarbageError, Line, parse
from .mapped import COUNTER_BYTES, FILE_BYTES, SharedFile, unnamed_file

HANG: Final = "hang"
"""How a process ended that did not answer."""
ENDLESS: Final = "endless"
"""How a process ended that called its memory without end."""
VERSION: Final = 1
"""The version of the protocol."""
ANSWER_SECONDS: Final = 3.0
"""The processor time that a driver may use for one line. If it uses more, it hangs."""
WAIT_SECONDS: Final = 8.0
"""How long a driver may sleep before it sends a line."""
_STARVED_TIMES: Final = 10
"""How many times longer than it may sleep a driver may wait for the processor."""
START_SECONDS: Final = 10.0
"""How long a driver may compute, or sleep, before each of its lines up to ``ready``."""
MOST_EXECUTIONS: Final = 1000
"""The executions after which a process is replaced, so that leaks of the library stay bounded."""
_MOST_PRINTED_BYTES: Final = 1 << 20
"""The most bytes of its standard error that are kept; if there are more, all are dropped."""
_MOST_TOLD: Final = 600
"""Characters of a driver's last output that a finding repeats."""
_COMPLAINT: Final = re.compile(r"SUMMARY: (\w+Sanitizer): ([\w-]+)")
"""The last line of a sanitizer: its name, and the kind of the mistake."""
_READ_BYTES: Final = 1 << 16
_SOON: Final = 200.0
"""The milliseconds in which most answers come. Only for later ones, the process is observed."""
_TICKS: Final = os.sysconf("SC_CLK_TCK")
SCHEMA: Final = Path(__file__).parents[2] / "scenario" / "everything.capnp"
"""The schema of all programs."""


_OPERATIONS: Final = frozenset(verb.value for verb in Verb)
"""The operations that a driver may list."""
_MISTAKES: Final = frozenset(("stale", "index", "kind"))
"""The mistakes of a program that a driver may list as detected."""
_ABILITIES: Final = frozenset(("memory", "words", "reenter", "grow", "limit", "coverage"))
"""The abilities that a driver may list."""
_DEMANDS: Final = frozenset(family.demand for family in FAMILIES.values())
"""The demands on memory that the documentation of a library can make."""


class DriverFailedError(Exception):
    """A driver cannot be started, or is no driver; the message says why."""


class EndedError(Exception):
    """A driver's process ended, hung or sent garbage."""

    def __init__(self, detail: str, *, how: str = "") -> None:
        """Keep a sentence about the end, and a word for it, such as SIGSEGV."""
        super().__init__(detail)
        self.how = how


@dataclass(frozen=True, slots=True)
class Demand:
    """A demand of a library's documentation on memory."""

    name: str
    text: str
    place: str
    """The place in the documentation."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The description of a driver and its library, from the first lines of the driver."""

    library: str
    version: str
    language: str
    operations: frozenset[str]
    detects: frozenset[str]
    """The mistakes of a program that the library reports: ``stale``, ``index``, ``kind``."""
    able: frozenset[str]
    """The abilities of the driver: ``memory``, ``reenter``, ``words``, ``limit``, ``coverage``."""
    promises: frozenset[str] = frozenset()
    """The promises by which the library is judged. If empty, it is judged by all."""
    demands: Mapping[str, Demand] = field(default_factory=dict)
    counters: int = 0
    """The number of counters of code that ran; 0 without the ability ``coverage``."""


def read_hello(receive: Callable[[], Line]) -> Hello:
    """Return the description of a driver from the lines that ``receive`` returns.

    Raises:
        GarbageError: If they are not lines of the protocol.
    """
    line = receive()
    if line.word != "hello":
        raise GarbageError(f"its first line begins with {line.word!r} and not with 'hello'")
    values = line.values

    def names(key: str, known: Collection[str]) -> frozenset[str]:
        found = frozenset(filter(None, values.get(key, "").split(",")))
        _require_known(found, key, known)
        return found

    lacking = [key for key in ("library", "version", "operations") if not values.get(key)]
    if lacking:
        raise GarbageError(f"its hello has no {' and no '.join(lacking)}")
    operations = names("operations", _OPERATIONS)
    detects = names("detects", _MISTAKES)
    able = names("able", _ABILITIES)
    promises = names("promises", PROMISES)
    counters = 0
    if "coverage" in able:
        counters = line.number("counters", least=1)
        if counters > COUNTER_BYTES:
            raise GarbageError(f"it has {counters} counters, and {COUNTER_BYTES} at most are read")
    demands = {}
    while (line := receive()).word != "ready":
        if line.word != "demand":
            raise GarbageError(f"{line.word!r} came where 'demand' or 'ready' is expected")
        name = line.values.get("name", "")
        _require_known([name], "demand name", _DEMANDS)
        demands[name] = Demand(name, line.text("text"), line.text("place"))

    return Hello(
        values["library"],
        values["version"],
        values.get("language", ""),
        operations,
        detects,
        able,
        promises,
        demands,
        counters,
    )


def _require_known(names: Iterable[str], key: str, known: Collection[str]) -> None:
    """Raise ``GarbageError`` if one of the names is unknown: it may be a misspelt one."""
    for name in names:
        if name not in known:
            raise GarbageError(
                f"{key}={name[:40]} is unknown; known are {', '.join(sorted(known))}"
            )


class DriverProcess:
    """One process of a driver."""

    def __init__(self, command: Sequence[str], file: SharedFile) -> None:
        """Start the process.

        Raises:
            DriverFailedError: If it cannot be started.
        """
        #: The file of its standard error; -1 once it is closed.
        self._errors = unnamed_file()
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                pass_fds=(file.descriptor,),
            )
        except OSError as error:
            self._close_errors()
            raise DriverFailedError(
                f"{command[0]!r} cannot be started: {error.strerror or error}"
            ) from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to = self._process.stdin.fileno()
        self._from = self._process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._from, select.POLLIN)
        self._unread = bytearray()
        #: How it ended, once that is known.
        self._end: EndedError | None = None
        self._hello: Hello | None = None
        #: How long it may sleep before an answer, in seconds.
        self.wait_seconds = WAIT_SECONDS
        #: Executions that it has begun.
        self.executions = 0
        with suppress(EndedError):
            # If it has ended already, the answer that is awaited next shows that.
            self.send(
                f"start version={VERSION} memory={file.path} bytes={FILE_BYTES}"
                f" counters={COUNTER_BYTES} schema={str(SCHEMA).encode().hex()}"
            )

    @property
    def hello(self) -> Hello:
        """Return the description of the driver. The first call waits for it.

        Raises:
            DriverFailedError: If the process does not send the first lines of a driver.
        """
        if self._hello is None:
            lines: list[Line] = []

            def receive() -> Line:
                lines.append(self.receive(START_SECONDS))
                return lines[-1]

            try:
                self._hello = read_hello(receive)
            except (EndedError, GarbageError) as error:
                self.end()
                lacking = "did not send 'ready' after" if lines else "did not send"
                raise DriverFailedError(f"it {lacking} its hello: {error}") from error
        return self._hello

    def send(self, line: str) -> None:
        """Send a line.

        Raises:
            EndedError: If the process has ended.
        """
        if self._end is not None:
            raise self._end
        data = line.encode("ascii") + b"\n"
        try:
            while data:
                data = data[os.write(self._to, data) :]
        except OSError:
            raise self._ended() from None

    def receive(self, seconds: float = 0.0) -> Line:
        """Return the next line.

        Wait for ``seconds``, or by default as long as an answer may take. Time in which the process
        wants the processor and does not get it hardly counts.

        Raises:
            EndedError: If the process has ended, is silent for too long, or sent garbage.
        """
        if self._end is not None:
            raise self._end
        unread, searched = self._unread, 0
        clock: _Clock | None = None
        while (at := unread.find(b"\n", searched)) < 0:
            searched = len(unread)
            if not self._poll.poll(_SOON):
                if clock is None:
                    clock = _Clock(self._process.pid, seconds, self.wait_seconds)
                while not self._poll.poll(_SOON):
                    if clock.is_over():
                        raise self._hung(seconds or ANSWER_SECONDS)
                    self.drop_printed()
            part = os.read(self._from, _READ_BYTES)
            if not part:
                raise self._ended()
            unread += part
            if len(unread) > MOST_LINE_BYTES:
                raise self.garbled(f"a line of more than {MOST_LINE_BYTES} bytes")
        line = bytes(unread[:at])
        del unread[: at + 1]
        try:
            return parse(line)
        except GarbageError as error:
            raise self.garbled(str(error)) from error

    def unasked(self) -> bool:
        """Return whether it has sent more than it was asked for."""
        return bool(self._unread) or any(
            event & select.POLLIN and not event & select.POLLHUP for _, event in self._poll.poll(0)
        )

    def garbled(self, what: str) -> EndedError:
        """End the process because it sent garbage; return the error to raise."""
        return self._note("garbage", what)

    def called_endlessly(self, what: str) -> EndedError:
        """End the process because it calls its memory without end; return the error to raise."""
        return self._note(ENDLESS, what)

    def _hung(self, seconds: float) -> EndedError:
        return self._note(HANG, f"it did not answer within {seconds:g} seconds")

    def _ended(self) -> EndedError:
        try:
            code = self._process.wait(ANSWER_SECONDS)
        except subprocess.TimeoutExpired:
            return self._note("closed", "it closed its pipes")
        how = _name_of_end(code)
        complaint = _COMPLAINT.search(self._told())
        if complaint is not None:
            # A sanitizer ends each process in the same way, and says why.
            how = f"{complaint[1]}-{complaint[2]}"
        elif code >= 0:
            return self._note(how, f"it exited with code {code}")
        return self._note(how, f"it ended with {how}")

    def _note(self, how: str, sentence: str) -> EndedError:
        """End the process, if it runs, and remember how it ended."""
        told = self._told()
        self.end()
        self._end = EndedError(f"{sentence}{told}", how=how)
        return self._end

    def _told(self) -> str:
        """Return the last text that the process wrote on standard error."""
        with suppress(OSError):
            first = max(0, os.fstat(self._errors).st_size - _MOST_TOLD)
            text = os.pread(self._errors, _MOST_TOLD, first).decode(errors="replace")
            told = " ".join(text.replace("\0", " ").split())
            return f": {told}" if told else ""
        return ""

    def drop_printed(self) -> None:
        """Drop the text on standard error if it is long: the process may write endlessly."""
        if not self.has_ended and os.fstat(self._errors).st_size > _MOST_PRINTED_BYTES:
            # The process keeps its offset in the file, which then begins with a hole.
            os.ftruncate(self._errors, 0)

    @property
    def has_ended(self) -> bool:
        """Return whether the process was ended, or ended in an execution, which got the error.

        If it ended between two executions, the next execution gets the error.
        """
        return self._end is not None or self._errors < 0

    @property
    def lives(self) -> bool:
        """Return whether it still runs, whether anybody was told or not."""
        return not self.has_ended and self._process.poll() is None

    @property
    def ending(self) -> str:
        """Return how it ended, as a word such as SIGSEGV; empty if that is not known yet."""
        return "" if self._end is None else self._end.how

    @property
    def pid(self) -> int:
        """Return its number."""
        return self._process.pid

    def end(self) -> None:
        """Kill the process, if it runs."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        self._close()

    def _close(self) -> None:
        self._close_errors()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _close_errors(self) -> None:
        if self._errors >= 0:
            os.close(self._errors)
            self._errors = -1


class _Clock:
    """Measure how long a process computes and sleeps before an answer, and limit both."""

    def __init__(self, process: int, seconds: float, wait_seconds: float) -> None:
        self._process = process
        self._seconds = seconds or ANSWER_SECONDS
        self._wait_seconds = seconds or max(wait_seconds, self._seconds)
        self._started = self._looked = time.monotonic()
        self._asleep = 0.0
        state = _state_of(process)
        self._spent = None if state is None else state.computed

    def is_over(self) -> bool:
        """Return whether the time is up."""
        now = time.monotonic()
        waited, passed = now - self._started, now - self._looked
        self._looked = now
        state = _state_of(self._process)
        if state is None or self._spent is None:
            return waited >= self._seconds
        if state.sleeps:
            # If the harness did not get the processor either, nobody knows about the time before.
            self._asleep += min(passed, 2 * _SOON / 1000)
        return (
            state.computed - self._spent >= self._seconds
            or self._asleep >= self._wait_seconds
            or waited >= _STARVED_TIMES * self._wait_seconds
        )


class _State(NamedTuple):
    """The state of a process."""

    computed: float
    """The processor time that it has used, in seconds."""
    sleeps: bool
    """Whether it neither runs nor waits for the processor."""


def _state_of(process: int) -> _State | None:
    """Return the state of a process; None if that is unknown (not Linux)."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return _State((int(fields[11]) + int(fields[12])) / _TICKS, fields[0] != b"R")


def _name_of_end(code: int) -> str:
    if code >= 0:
        return f"exit-{code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal-{-code}"


class Processes:
    """All processes of one driver that one process of the harness has started."""

    def __init__(self, command: Sequence[str]) -> None:
        """Set the command. No process is started yet."""
        self.command: Final = tuple(command)
        self.file: Final = SharedFile()
        self._owner = os.getpid()
        atexit.register(self.close)
        self._present: DriverProcess | None = None
        self._spare: DriverProcess | None = None
        self._hello: Hello | None = None
        #: How long a process may sleep before an answer, in seconds.
        self.wait_seconds = WAIT_SECONDS
        #: How often a process ended without being asked to.
        self.deaths = 0

    @property
    def is_own(self) -> bool:
        """Return whether this process of the harness made the object, and no parent of it."""
        return self._owner == os.getpid()

    def present(self) -> DriverProcess:
        """Return the process for the next execution.

        If the process ended after its last answer, it is still returned, so that the next execution
        reports its end.

        Raises:
            DriverFailedError: If none can be started.
        """
        present = self._present
        if present is not None and present.executions >= MOST_EXECUTIONS:
            present.end()
            present = None
        if present is None or present.has_ended:
            died = present is not None
            present = self._spare or DriverProcess(self.command, self.file)
            self._spare = None
            if died:
                self.deaths += 1
                self._spare = DriverProcess(self.command, self.file)
            self._present = present
        present.drop_printed()
        present.wait_seconds = self.wait_seconds
        present.executions += 1
        return present

    @property
    def ending(self) -> str:
        """Return how the process of the last execution ended, as a word; empty while it lives."""
        return "" if self._present is None else self._present.ending

    @property
    def pids(self) -> frozenset[int]:
        """Return the numbers of the processes that wait for an execution."""
        kept = (self._present, self._spare)
        return frozenset(one.pid for one in kept if one is not None and not one.has_ended)

    def present_hello(self) -> Hello:
        """Return the description of the driver.

        Raises:
            DriverFailedError: If no process can be started.
        """
        if self._hello is None:
            process = self.present()
            process.executions -= 1
            self._hello = process.hello
        return self._hello

    def take_counters(self) -> bytes:
        """Return the counters of the code that ran, and set them to zero.

        They are empty if the driver counts nothing, or if no process has been started.
        """
        number = 0 if self._hello is None else self._hello.counters
        return self.file.take_counters(number) if number else b""

    def close(self) -> None:
        """End all processes, unless they belong to another process."""
        for process in (self._present, self._spare):
            if process is not None and self.is_own:
                process.end()
        self._present = self._spare = None


def hello_of(command: Sequence[str]) -> Hello:
    """Return the description of the driver that a command starts.

    Raises:
        DriverFailedError: If the command starts no driver.
    """
    processes = Processes(command)
    try:
        return processes.present().hello
    finally:
        processes.close()


def values_of(**pairs: Any) -> str:
    """Return the text of pairs for a line, without pairs whose value is None."""
    return "".join(f" {key}={value}" for key, value in pairs.items() if value is not None)
