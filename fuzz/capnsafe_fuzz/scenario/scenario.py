"""The value that everything else passes around: a program, its memory, and what goes wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from capnsafe_allocators import Fault, FaultError, check_fault

from .heading import tidy_comment
from .program import Operation, Program, ScenarioError
from .schema import Type

MAX_FAULTS: Final = 8
MAX_MOMENT: Final = 4095
"""The highest `number` of a fault."""
MAX_FAULT_SEGMENT: Final = 63
MAX_FAULT_AMOUNT: Final = 4095
MAX_MEMORY_WORDS: Final = 4096
"""Of the size of a segment, and of a fixed buffer."""
UNLIMITED_WORDS: Final = (1 << 29) - 1
"""The most words in a segment that the encoding can address."""


MEMORY_NAMES: Final = (
    "heap",
    "stable",
    "fixed",
    "pool",
    "malloc",
    "mapped-file",
    "shared-memory",
    "wasm",
    "wasm-stays",
)
OWN_MEMORY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
"""``module:Class``: an allocator of somebody else, made by calling it without arguments."""
BOUNDED_MEMORIES: Final = frozenset({"fixed", "pool"})
"""Those that have so many words in all, and no more."""
GROWING_MEMORIES: Final = frozenset(
    {"heap", "stable", "pool", "malloc", "mapped-file", "wasm", "wasm-stays"}
)
"""Those that can make the last segment longer instead of granting another."""


def _check_range(what: str, number: int, least: int, most: int) -> None:
    if number.__class__ is not int or not least <= number <= most:
        raise ScenarioError(f"{what} is {least} to {most}, not {number!r}")


@dataclass(frozen=True, slots=True)
class MemorySpec:
    """The honest memory under the faults.

    heap    each grant has the words asked for, but at least `segment_words`; it never grows with
            the number of grants, so that a small number makes many segments.
    stable  the same, and it promises that a segment stays where it is and as long as it is, so
            that faults which move or cut segments, or refuse to show them, are never fired.
    fixed   grants are cut in the same way from one buffer of `total_words`; `segment_words` 0
            means that each grant takes all that is left.
    pool    the same, with gaps that are cut again; `segment_words` is at least 1.
    malloc, mapped-file, shared-memory, wasm, wasm-stays
            as the heap, in the C library's heap, a file that grows and moves, shared memory, the
            memory of a guest that moves at each grant, and of one that never does.

    module:Class
            an allocator of one's own, which grants what it likes, whatever `segment_words` says.
            A text can name one; in bytes a heap stands for it.

    `total_words` is 0 for all but fixed and pool. With `grows` the last segment grows in place;
    fixed and shared memory cannot, and an allocator of one's own is asked to if it has the method.
    Where the library that guests need is not installed, a heap takes its place.
    """

    name: str
    segment_words: int
    total_words: int = 0
    grows: bool = False

    def __post_init__(self) -> None:
        if self.name not in MEMORY_NAMES and not OWN_MEMORY.fullmatch(self.name):
            names = ", ".join(MEMORY_NAMES)
            raise ScenarioError(f"memory is {names} or module:Class, not {self.name!r}")
        least = 0 if self.name == "fixed" else 1
        _check_range("segment_words", self.segment_words, least, MAX_MEMORY_WORDS)
        if self.name in BOUNDED_MEMORIES:
            _check_range("total_words", self.total_words, 1, MAX_MEMORY_WORDS)
        elif self.total_words:
            raise ScenarioError(f"{self.name} memory has no total_words")
        if self.grows.__class__ is not bool or (self.grows and self.name not in GROWING_MEMORIES):
            raise ScenarioError(f"{self.name} memory has no grows={self.grows!r}")


HEAP: Final = MemorySpec("heap", 1024)


def check_script_fault(fault: Fault) -> None:
    """Raise ScenarioError unless the fault means something and bytes can hold it."""
    try:
        check_fault(fault)
    except FaultError as error:
        raise ScenarioError(str(error)) from None
    _check_range("the number of a fault's moment", fault.number, 0, MAX_MOMENT)
    _check_range("a fault's segment", fault.segment, 0, MAX_FAULT_SEGMENT)
    _check_range("a fault's amount", fault.amount, 0, MAX_FAULT_AMOUNT)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A program of build operations over some memory, and a script of faults; target `build`.

    Whatever the constructor accepts has one text and one canonical byte string, and both say the
    same. What bytes cannot hold is refused with ScenarioError.
    """

    memory: MemorySpec = HEAP
    max_segment_words: int = UNLIMITED_WORDS
    """The longest segment that the encoder may ask for: an injected limit of the encoding."""
    operations: tuple[Operation, ...] = ()
    faults: tuple[Fault, ...] = ()
    comment: str = field(default="", compare=False)
    """Why this scenario is here, in lines; of the text form only."""
    verify: bool = False
    """Whether the encoder is asked to verify what memory holds, where it can."""

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
        """The type of every handle of the program, by its number."""
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
    """A scenario that is valid by construction: the decoder's way round the checks.

    They would double the time that it takes; that it makes nothing invalid is a test.
    """
    made = _new(Scenario)
    _set(made, "memory", memory)
    _set(made, "max_segment_words", max_segment_words)
    _set(made, "operations", operations)
    _set(made, "faults", faults)
    _set(made, "verify", verify)
    _set(made, "comment", "")
    return made
