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


@dataclass(slots=True)
class _Ear:
    """The calls that were noted, for each attempt at an operation."""

    attempts: list[list[str]] = field(default_factory=lambda: [[]])

    def attempt(self) -> None:
        """Begin another attempt."""
        self.attempts.append([])

    def call(self, line: str) -> None:
        """Note a call of the encoder's memory."""
        self.attempts[-1].append(line)


class _HeardMemory:
    """Stands between encoder and memory, and notes calls."""

    def __init__(self, memory: Allocator, ear: _Ear) -> None:
        self._memory = memory
        self._ear = ear
        self._names: dict[object, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._memory, name)

    def allocate(self, minimum_words: int, /) -> object:
        return self._hear(
            f"allocate({minimum_words})", lambda: self._memory.allocate(minimum_words), self._named
        )

    def segment(self, key: object, /) -> object:
        name = self._name(key)
        return self._hear(f"segment({name})", lambda: self._memory.segment(key), _length)

    @property
    def grow(self) -> Callable[[object, int], object] | None:
        """The method, which notes calls; None if the memory does not grow."""
        grow = getattr(self._memory, "grow", None)
        if grow is None:
            return None

        def heard(key: object, minimum_words: int, /) -> object:
            call = f"grow({self._name(key)}, {minimum_words})"
            return self._hear(call, lambda: grow(key, minimum_words), lambda _: "done")

        return heard

    def release(self, key: object, words_used: int, /) -> None:
        name = self._name(key)
        self._hear(
            f"release({name}, {words_used})",
            lambda: self._memory.release(key, words_used),
            lambda _: "done",
        )

    def _hear(
        self, call: str, act: Callable[[], object], describe: Callable[[object], str]
    ) -> object:
        try:
            answer = act()
        except BaseException as error:
            self._ear.call(f"{call} raised {_exception(error)}")
            raise
        self._ear.call(f"{call} -> {describe(answer)}")
        return answer

    def _named(self, key: object) -> str:
        name = f"segment {len(self._names)}"
        self._names[_identity(key)] = name
        return name

    def _name(self, key: object) -> str:
        return self._names.get(_identity(key), "something never granted")


class _HeardSession:
    """Notes where operations begin."""

    def __init__(self, session: Any, ear: _Ear) -> None:
        self._session = session
        self._ear = ear

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def perform(self, operation: Operation) -> object:
        self._ear.attempt()
        return self._session.perform(operation)

    def output(self) -> Any:
        self._ear.attempt()
        return self._session.output()

    def close(self) -> None:
        self._ear.attempt()
        self._session.close()


class _HeardEncoder:
    """An encoder whose sessions note their operations."""

    def __init__(self, encoder: Encoder, ear: _Ear) -> None:
        self._encoder = encoder
        self._ear = ear

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def session(self, memory: Allocator, max_segment_words: int, **options: bool) -> Any:
        heard: Any = _HeardMemory(memory, self._ear)
        session = self._encoder.session(heard, max_segment_words, **options)
        return _HeardSession(session, self._ear)


def tell(scenario: Scenario, encoder: Encoder) -> list[str]:
    """Return the story, line by line; run the scenario in this process."""
    from typing import cast

    ear = _Ear()
    record = observe(scenario, cast("Encoder", _HeardEncoder(encoder, ear)), each_step=False)
    sources = print_operations(scenario.operations)
    lines = _opening(scenario)
    attempts = iter(ear.attempts[1:])
    told = -1
    for step in record.steps:
        calls = [] if step.outcome is Outcome.SKIPPED else next(attempts, [])
        if step.index == told:
            lines.append("      tried again:")
        elif step.index < len(sources):
            lines.append(f"{step.index:>3}  {sources[step.index]}")
        else:
            lines.append(f"{step.index:>3}  ({step.verb}, added to every program)")
        told = step.index
        lines += [f"       . {call}" for call in calls]
        lines += [f"       ! fault: {_fault(step, at)}" for at in range(len(step.faults))]
        lines.append(f"       = {_outcome(step)}")
    return lines


def _opening(scenario: Scenario) -> list[str]:
    """Return the lines before the first operation: memory, limit, faults."""
    lines = print_scenario(scenario).splitlines()
    return [line for line in lines[1:] if line.startswith(("#", "memory ", "limit ", "fault "))]


def _fault(step: Step, at: int) -> str:
    from capnsafe_allocators import print_fault

    return print_fault(step.faults[at])


def _outcome(step: Step) -> str:
    if step.outcome is Outcome.SKIPPED:
        return "skipped: its handle is missing"
    if step.error is not None:
        what = "interrupted by" if step.outcome is Outcome.INTERRUPTED else "raised"
        if step.unsupported:
            what = "not supported:"
        text = f"{what} {_exception(step.error)}"
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
