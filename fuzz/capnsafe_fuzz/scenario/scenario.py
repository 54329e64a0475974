"""The value of a scenario: a program, its memory, and its faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from capnsafe_allocators import GUARD_WORDS, Fault, FaultError, check_fault

from ..memories import MEMORIES, PLAIN, MemoryKind, Size, memory_kind
from .heading import tidy_comment
from .program import Operation, Program, ScenarioError
from .schema import Type

MAX_FAULTS: Final = 8
MAX_MOMENT: Final = 4095
"""The greatest `number` of a fault."""
MAX_FAULT_SEGMENT: Final = 63
MAX_FAULT_AMOUNT: Final = 4095
MAX_MEMORY_WORDS: Final = 4096
"""The greatest size of a segment, and of a fixed buffer, in words."""
UNLIMITED_WORDS: Final = (1 << 29) - 1
"""The most words of a segment that the encoding can address."""


PLAIN_SEGMENT_WORDS: Final = 1024
"""The segment size of a scenario's default memory, in words."""
BOUNDED_WORDS: Final = 256
"""Words of bounded memory that replaces another one; at least one segment fits."""


def _check_range(what: str, number: int, least: int, most: int) -> None:
    if number.__class__ is not int or not least <= number <= most:
        raise ScenarioError(f"{what} is {least} to {most}, not {number!r}")


@dataclass(frozen=True, slots=True)
class MemorySpec:
    """The honest memory under the faults.

    Each grant has the words asked for, but at least `segment_words`. That does not grow with the
    number of grants, so that a small number makes many segments. Bounded memory has `total_words`
    in all; other memory has 0 there. Some bounded memory may have `segment_words` 0, so that each
    grant takes all words that are left. With `grows` the last segment grows in place, if the kind
    can.

    The kinds are those of `capnsafe_fuzz.memories`, and `module:Class`: an allocator of the user,
    which ignores `segment_words`, and is asked to grow if it has the method. A text can name one;
    in bytes the plainest kind replaces it.
    """

    name: str
    segment_words: int
    total_words: int = 0
    grows: bool = False

    def __post_init__(self) -> None:
        kind = memory_kind(self.name)
        if kind is None:
            names = ", ".join(MEMORIES)
            raise ScenarioError(f"memory is {names} or module:Class, not {self.name!r}")
        least = 0 if kind.uncut else 1
        _check_range("segment_words", self.segment_words, least, MAX_MEMORY_WORDS)
        if kind.bounded:
            _check_range("total_words", self.total_words, 1, MAX_MEMORY_WORDS)
        elif self.total_words:
            raise ScenarioError(f"{self.name} memory has no total_words")
        if self.grows.__class__ is not bool or (self.grows and not kind.grows):
            raise ScenarioError(f"{self.name} memory has no grows={self.grows!r}")

    @property
    def kind(self) -> MemoryKind:
        """Return the record of this kind of memory."""
        kind = memory_kind(self.name)
        assert kind is not None
        return kind

    @property
    def size(self) -> Size:
        """Return the sizes, enlarged by the guards of the hostile allocator."""
        return self._enlarged(0 if self.kind.stays else 2 * GUARD_WORDS)

    @property
    def remote_size(self) -> Size:
        """Return the sizes for the memory of an encoder in another process. It is never stable."""
        return self._enlarged(2 * GUARD_WORDS)

    def _enlarged(self, guards: int) -> Size:
        return Size(
            self.segment_words + guards if self.segment_words else 0,
            self.total_words + guards if self.kind.bounded else 0,
            self.grows,
        )

    def over(self, name: str) -> MemorySpec:
        """Return memory of another kind and of about the same size."""
        kind = memory_kind(name)
        grows = self.grows and kind is not None and kind.grows
        if kind is None or not kind.bounded:
            return MemorySpec(name, max(1, self.segment_words), grows=grows)
        uncut = 0 if kind.uncut else BOUNDED_WORDS
        total = max(BOUNDED_WORDS, self.segment_words)
        return MemorySpec(name, self.segment_words or uncut, total, grows)


PLAIN_MEMORY: Final = MemorySpec(PLAIN.name, PLAIN_SEGMENT_WORDS)


def check_script_fault(fault: Fault) -> None:
    """Raise ScenarioError unless the fault is valid and fits into bytes."""
    try:
        check_fault(fault)
    except FaultError as error:
        raise ScenarioError(str(error)) from None
    _check_range("the number of a fault's moment", fault.number, 0, MAX_MOMENT)
    _check_range("a fault's segment", fault.segment, 0, MAX_FAULT_SEGMENT)
    _check_range("a fault's amount", fault.amount, 0, MAX_FAULT_AMOUNT)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A program of build operations over some memory, and a script of faults; target `builder`.

    Each scenario that the constructor accepts has one text and one canonical byte string, which are
    equivalent. Values that bytes cannot hold are refused with ScenarioError.
    """

    memory: MemorySpec = PLAIN_MEMORY
    max_segment_words: int = UNLIMITED_WORDS
    """The longest segment that the encoder may ask for, in words: a lowered limit of the encoding.
    """
    operations: tuple[Operation, ...] = ()
    faults: tuple[Fault, ...] = ()
    comment: str = field(default="", compare=False)
    """Why this scenario exists, in lines; only in the text form."""
    verify: bool = False
    """Whether the encoder is asked to verify the contents of its memory, if it can."""

    def __post_init__(self) -> None:
        _check_range("max_segment_words", self.max_segment_words, 1, UNLIMITED_WORDS)
        program = Program()
        for number, operation in enumerate(self.operations):
            try:
                program.add(operation)
            except ScenarioError as error:
                raise ScenarioError(f"operation {number}: {error}") from None
        if len(self.faults) > MAX_FAULTS:
            raise ScenarioError(f"a scenario has at most {MAX_FAULTS} faults")
        for fault in self.faults:
            check_script_fault(fault)
        if self.verify.__class__ is not bool:
            raise ScenarioError(f"verify is True or False, not {self.verify!r}")
        object.__setattr__(self, "comment", tidy_comment(self.comment))

    @property
    def handle_types(self) -> tuple[Type, ...]:
        """Return the type of every handle of the program, by its number."""
        return tuple(Program(self.operations).types)


_new = object.__new__
_set = object.__setattr__


def trusted(
    memory: MemorySpec,
    max_segment_words: int,
    operations: tuple[Operation, ...],
    faults: tuple[Fault, ...],
    verify: bool,
) -> Scenario:
    """Return a scenario that is valid by construction, without the checks.

    The checks would double the time of the decoder, and take a quarter of the mutator's. Tests
    ensure that neither makes an invalid scenario.
    """
    made = _new(Scenario)
    _set(made, "memory", memory)
    _set(made, "max_segment_words", max_segment_words)
    _set(made, "operations", operations)
    _set(made, "faults", faults)
    _set(made, "verify", verify)
    _set(made, "comment", "")
    return made
