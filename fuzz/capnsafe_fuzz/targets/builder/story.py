"""The story of one execution: every operation, every call of the allocator, every fault, the end.

It listens on both sides of the encoder: a session notes where an operation begins, and a memory
notes the encoder's calls with their results. Neither changes anything, and neither keeps a buffer
or an exception that passes through.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...execution import Outcome, Step, observe
from ...record.telling import cause_of, full_type_name, repr_of, text_of
from ...scenario import Scenario, print_operations, print_scenario

if TYPE_CHECKING:
    from capnsafe.allocator import Allocator

    from ...encoders.protocol import Encoder
    from ...scenario import Operation

WORD_BYTES = 8
MOST_CALLS = 40
"""The most calls that are shown for one attempt. Of more, those in the middle are left out."""
LAST_CALLS = 10
"""The number of calls after those that are left out."""


@dataclass(slots=True)
class _CallLog:
    """The calls that were noted, for each attempt at an operation."""

    attempts: list[list[str]] = field(default_factory=lambda: [[]])

    def attempt(self) -> None:
        """Begin another attempt."""
        self.attempts.append([])

    def call(self, line: str) -> None:
        """Note a call of the encoder's memory."""
        self.attempts[-1].append(line)


class _LoggedMemory:
    """Stands between encoder and memory, and notes calls."""

    def __init__(self, memory: Allocator, log: _CallLog) -> None:
        self._memory = memory
        self._log = log
        self._names: dict[object, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._memory, name)

    def allocate(self, minimum_words: int, /) -> object:
        return self._logged(
            f"allocate({minimum_words})", lambda: self._memory.allocate(minimum_words), self._named
        )

    def segment(self, key: object, /) -> object:
        name = self._name(key)
        return self._logged(f"segment({name})", lambda: self._memory.segment(key), _length)

    @property
    def grow(self) -> Callable[[object, int], object] | None:
        """The method, which notes calls; None if the memory does not grow."""
        grow = getattr(self._memory, "grow", None)
        if grow is None:
            return None

        def logged(key: object, minimum_words: int, /) -> object:
            call = f"grow({self._name(key)}, {minimum_words})"
            return self._logged(call, lambda: grow(key, minimum_words), lambda _: "done")

        return logged

    def release(self, key: object, words_used: int, /) -> None:
        name = self._name(key)
        self._logged(
            f"release({name}, {words_used})",
            lambda: self._memory.release(key, words_used),
            lambda _: "done",
        )

    def _logged(
        self, call: str, act: Callable[[], object], describe: Callable[[object], str]
    ) -> object:
        try:
            result = act()
        except BaseException as error:
            self._log.call(f"{call} raised {_exception(error)}")
            raise
        self._log.call(f"{call} -> {describe(result)}")
        return result

    def _named(self, key: object) -> str:
        name = f"segment {len(self._names)}"
        self._names[_identity(key)] = name
        return name

    def _name(self, key: object) -> str:
        return self._names.get(_identity(key), "something never granted")


class _LoggedSession:
    """Notes where operations begin. One that a fault makes inside of another is part of that."""

    def __init__(self, session: Any, log: _CallLog) -> None:
        self._session = session
        self._log = log
        self._inside = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def perform(self, operation: Operation) -> object:
        return self._attempt(lambda: self._session.perform(operation))

    def output(self) -> Any:
        return self._attempt(self._session.output)

    def canonical(self) -> Any:
        return self._attempt(self._session.canonical)

    def close(self) -> None:
        self._attempt(self._session.close)

    def _attempt(self, operate: Callable[[], Any]) -> Any:
        if self._inside:
            return operate()
        self._log.attempt()
        self._inside = True
        try:
            return operate()
        finally:
            self._inside = False


class _LoggedEncoder:
    """An encoder whose sessions note their operations."""

    def __init__(self, encoder: Encoder, log: _CallLog) -> None:
        self._encoder = encoder
        self._log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def session(self, memory: Allocator, max_segment_words: int, **options: bool) -> Any:
        logged: Any = _LoggedMemory(memory, self._log)
        session = self._encoder.session(logged, max_segment_words, **options)
        return _LoggedSession(session, self._log)


def tell(scenario: Scenario, encoder: Encoder) -> list[str]:
    """Return the story, line by line; run the scenario in this process."""
    from typing import cast

    log = _CallLog()
    record = observe(scenario, cast("Encoder", _LoggedEncoder(encoder, log)), each_step=False)
    sources = print_operations(scenario.operations)
    lines = _opening(scenario)
    attempts = iter(log.attempts[1:])
    last_index = -1
    for step in record.steps:
        calls = [] if step.outcome is Outcome.SKIPPED else next(attempts, [])
        if step.index == last_index:
            lines.append("      tried again:")
        elif step.index < len(sources):
            lines.append(f"{step.index:>3}  {sources[step.index]}")
        else:
            lines.append(f"{step.index:>3}  ({step.verb}, added to every program)")
        last_index = step.index
        lines += [f"       . {call}" for call in _few(calls)]
        lines += [f"       ! fault: {_fault(step, at)}" for at in range(len(step.faults))]
        lines.append(f"       = {_outcome(step)}")
    return lines


def _few(calls: list[str]) -> list[str]:
    """Return calls, with a line in the place of those in the middle if there are many."""
    left_out = len(calls) - MOST_CALLS
    if left_out <= 0:
        return calls
    first = MOST_CALLS - LAST_CALLS
    return [*calls[:first], f"(here were {left_out:,} more calls)", *calls[-LAST_CALLS:]]


def _opening(scenario: Scenario) -> list[str]:
    """Return the lines before the first operation: memory, limit, faults."""
    lines = print_scenario(scenario).splitlines()
    return [line for line in lines[1:] if line.startswith(("#", "memory ", "limit ", "fault "))]


def _fault(step: Step, at: int) -> str:
    from capnsafe_allocators import print_fault

    return print_fault(step.faults[at])


def _outcome(step: Step) -> str:
    if step.outcome is Outcome.SKIPPED:
        return "skipped: a handle is missing, or its result is unspecified or too large"
    if step.error is not None:
        ending = "interrupted by" if step.outcome is Outcome.INTERRUPTED else "raised"
        if step.unsupported:
            ending = "not supported:"
        text = f"{ending} {_exception(step.error)}"
        cause = cause_of(step.error)
        if cause is not None:
            text += f", caused by {_exception(cause)}"
        return text
    if step.output is not None:
        return f"{len(step.output) // WORD_BYTES} words of output"
    return "done" if step.value is None else repr_of(step.value)


def _exception(error: BaseException) -> str:
    name = full_type_name(error)
    text = text_of(error)
    return f"{name}: {text}" if text else name


def _length(buffer: Any) -> str:
    try:
        with memoryview(buffer) as view:
            size = view.nbytes
    except (TypeError, BufferError, ValueError):
        return f"{type(buffer).__name__}, not a buffer"
    words, odd = divmod(size, WORD_BYTES)
    return f"{words} words" + (f" and {odd} bytes" if odd else "")


def _identity(key: object) -> object:
    try:
        hash(key)
    except TypeError:
        return id(key)
    return key
