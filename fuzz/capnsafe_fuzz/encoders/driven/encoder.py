"""An encoder in another process, behind the protocol of encoders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from ...known_drivers import missing
from ...scenario import print_operations
from ..protocol import Failure
from . import errors
from .errors import ReportedError, UnbuiltinError, UnsupportedError
from .mapped import MappedMemory
from .process import DriverFailedError, Hello, Processes, hello_of
from .session import DrivenSession, RecordedSession
from .tape import Tape

if TYPE_CHECKING:
    from ...scenario import Scenario
    from ..protocol import Account, Memory
    from .programs import Language


class DrivenEncoder:
    """A library behind a driver."""

    #: Whether messages can verify the contents of their memory. The line ``begin`` says whether to
    #: do so, and the driver ignores that if its library cannot.
    verifies: Final = True

    def __init__(self, name: str, command: Sequence[str]) -> None:
        """Set the command of the driver, which is started when it is first needed."""
        self.name: Final = name
        self.command: Final = tuple(command)
        self._processes: Processes | None = None
        self._records = False
        #: The tape of the last message, if it was recorded.
        self._tape: Tape | None = None

    @property
    def processes(self) -> Processes:
        """Return the driver's processes. A fork of the harness gets processes of its own."""
        if self._processes is None or not self._processes.is_own:
            self._processes = Processes(self.command)
        return self._processes

    def check(self) -> Hello:
        """Start the driver, return its ``hello``, and end it.

        Raises:
            DriverFailedError: If the command starts no driver.
        """
        try:
            return hello_of(self.command)
        except DriverFailedError as error:
            why = missing(self.command) or error
            raise DriverFailedError(f"the driver {' '.join(self.command)!r}: {why}") from error

    def memory(self, segment_words: int, total_words: int) -> Any:
        """Return honest memory that the driver can reach."""
        file = self.processes.file
        file.clear()
        return MappedMemory(file, segment_words=segment_words, total_words=total_words)

    def detects(self, mistake: str) -> bool:
        """Return whether the library reports a mistake of the program: stale, index or kind."""
        return mistake in self.processes.present_hello().detects

    def able(self, what: str) -> bool:
        """Return whether the driver lists the ability ``what``."""
        return what in self.processes.present_hello().able

    def judged_by(self, promise: str) -> bool:
        """Return whether the driver lists the promise, or lists none."""
        promises = self.processes.present_hello().promises
        return not promises or promise in promises

    def covered(self) -> bytes:
        """Return the counters of the code that ran since the last call; empty if there are none."""
        return self.processes.take_counters()

    def session(self, memory: Memory, max_segment_words: int, **options: bool) -> DrivenSession:
        """Begin a message."""
        grows = getattr(memory, "grow", None) is not None
        begin = f"begin limit={max_segment_words} grows={int(grows)}"
        begin += f" verify={int(options.get('verify', False))}"
        if self._records:
            self._tape = Tape(self.processes.file)
            return RecordedSession(self.processes, memory, begin, self._tape)
        return DrivenSession(self.processes, memory, begin)

    def classify(self, error: BaseException) -> Failure:
        """Return the meaning of a session's exception."""
        if isinstance(error, UnsupportedError):
            return Failure.UNSUPPORTED
        return error.failure if isinstance(error, ReportedError) else Failure.FOREIGN

    def owns(self, filename: str) -> bool:
        """Return whether a source file counts as code of the library."""
        return os.path.abspath(filename) == errors.__file__

    def argument_type(self, error: BaseException) -> bool:
        """Return whether callers can catch the error as an exception of the language itself."""
        return not isinstance(error, UnbuiltinError)

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record each message of the block, so that it can be printed as a program."""
        self._records = True
        try:
            yield
        finally:
            self._records = False

    @property
    def language(self) -> Language | None:
        """Return the language of the library's own programs; None if it has none."""
        from .programs import language_of

        return language_of(self.processes.present_hello())

    def scripts(self, scenario: Scenario, account: Account | None = None) -> list[str]:
        """Print the message that was recorded last as programs in the library's own API.

        The first one that shows the breach is the best. A library without programs of its own gets
        one that runs the scenario through the driver.
        """
        language, tape = self.language, self._tape
        if language is None or tape is None:
            return [self.script(scenario, account)]
        return language.programs(tape, account, print_operations(scenario.operations))

    def script(self, scenario: Scenario, account: Account | None = None) -> str:
        """Print the scenario as a Python program that runs it through the driver."""
        from .script import print_driven_program

        return print_driven_program(self.name, scenario, account)
