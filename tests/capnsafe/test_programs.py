"""Random programs of all that copies, moves, grows and disowns, the same in every memory.

The plain course of events is that of one large segment. In small segments, and while all memory
moves, each call must have the same outcome and the message must mean the same; the reference
implementation must read it, and a canonical form is what it says that it is.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from capnsafe import (
    ArgumentValueError,
    Element,
    Error,
    HeapAllocator,
    MessageBuilder,
    Orphan,
    PointerListBuilder,
    StructBuilder,
)
from tests.capnsafe.generated import DEPTH, Scattering, converted
from tests.capnsafe.memories import Memory, MovingMemory, closing


class Course:
    """One run of a program: its handles, and the outcome of each call."""

    def __init__(self, message: MessageBuilder, seed: int) -> None:
        self.rng = random.Random(seed)
        self.message = message
        self.rows: list[StructBuilder | PointerListBuilder] = [message.init_root(2, 4)]
        self.orphans: list[Orphan] = []
        self.outcomes: list[Any] = []

    def run(self, steps: int) -> None:
        for _ in range(steps):
            choice = self.rng.choice(CALLS)
            try:
                outcome = choice(self)
            except Error as error:
                outcome = type(error).__name__
            self.outcomes.append((choice.__name__, outcome))

    def row(self) -> StructBuilder | PointerListBuilder:
        return self.rng.choice(self.rows[-12:])

    def struct(self) -> StructBuilder:
        structs = [row for row in self.rows[-14:] if type(row) is StructBuilder]
        return self.rng.choice(structs or [self.root()])

    def root(self) -> StructBuilder:
        root = self.message.get_root()
        assert root is not None
        return root

    def slot(self, row: StructBuilder | PointerListBuilder) -> int:
        count = row.pointer_count if isinstance(row, StructBuilder) else len(row)
        return self.rng.randrange(count + 1) if count < 2 else self.rng.randrange(count)

    def sections(self) -> tuple[int, int]:
        return self.rng.randrange(5), self.rng.randrange(1, 5)

    def keep(self, row: Any) -> Any:
        if row is not None:
            self.rows.append(row)
        return row is not None

    def open_root(self) -> Any:
        return self.keep(self.message.get_root(*self.sections()))

    def scatter(self) -> Any:
        row = self.row()
        Scattering(self.rng).any(row, self.slot(row), DEPTH - 1)

    def init(self) -> Any:
        row = self.row()
        return self.keep(row.init_struct(self.slot(row), *self.sections()))

    def init_many(self) -> Any:
        row = self.row()
        structs = row.init_struct_list(self.slot(row), 3, *self.sections())
        return self.keep(structs[self.rng.randrange(3)])

    def init_pointers(self) -> Any:
        row = self.row()
        return self.keep(row.init_pointer_list(self.slot(row), 3))

    def open(self) -> Any:
        row = self.row()
        return self.keep(row.get_struct(self.slot(row)))

    def grow(self) -> Any:
        row = self.row()
        return self.keep(row.get_struct(self.slot(row), *self.sections()))

    def grow_many(self) -> Any:
        row = self.row()
        structs = row.get_struct_list(self.slot(row), *self.sections())
        if structs is None or len(structs) == 0:
            return structs is None
        return self.keep(structs[self.rng.randrange(len(structs))])

    def write(self) -> Any:
        self.struct().set_uint32(self.rng.randrange(3), self.rng.getrandbits(32))

    def read(self) -> Any:
        struct = self.struct()
        return struct.get_uint64(0), struct.total_words()

    def set_list(self) -> Any:
        row = self.row()
        made = row.set_list(self.slot(row), Element.UINT16, self.rng.randbytes(10))
        return len(made)

    def copy(self) -> Any:
        row, source = self.row(), self.struct()
        if source.total_words() < 300:
            row.set(self.slot(row), source)

    def copy_from(self) -> Any:
        source = self.struct()
        if source.total_words() < 300:
            self.struct().copy_from(source)

    def set_root(self) -> Any:
        if self.rng.random() < 0.2:
            self.message.set_root(self.struct())

    def disown(self) -> Any:
        row = self.row()
        orphan = row.disown(self.slot(row))
        if orphan is not None:
            self.orphans.append(orphan)
        return orphan is not None

    def adopt(self) -> Any:
        if self.orphans:
            row, orphan = self.row(), self.rng.choice(self.orphans[-4:])
            row.adopt(self.slot(row), orphan)

    def open_orphan(self) -> Any:
        if self.orphans:
            orphan = self.orphans[-1]
            self.keep(orphan.get_struct())
            return orphan.kind.name
        return None

    def drop(self) -> Any:
        if self.orphans:
            self.rng.choice(self.orphans).drop()

    def new_orphan(self) -> Any:
        source = self.struct()
        if source.total_words() < 300:
            self.orphans.append(self.message.new_orphan(source))

    def select(self) -> Any:
        struct = self.struct()
        struct.select(1, 3, fields=[(Element.UINT32, 1)], pointers=[self.slot(struct)])

    def clear(self) -> Any:
        row = self.row()
        row.clear(self.slot(row))

    def kinds(self) -> Any:
        row = self.row()
        return row.kind(self.slot(row)).name


CALLS = [
    call
    for name, call in vars(Course).items()
    if name.islower()
    and name not in ("run", "row", "struct", "root", "slot", "sections", "keep")
    and not name.startswith("_")
]

STEPS = 60
SEEDS = range(25)


def course(memory: Any, seed: int) -> tuple[list[Any], bytes, bytes]:
    if isinstance(memory, Memory):
        with closing(MessageBuilder(memory), memory) as message:
            run = Course(message, seed)
            run.run(STEPS)
            return run.outcomes, message.canonical(), message.to_bytes()
    with MessageBuilder(memory) as message:
        run = Course(message, seed)
        run.run(STEPS)
        return run.outcomes, message.canonical(), message.to_bytes()


@pytest.fixture(scope="module")
def plain() -> dict[int, tuple[list[Any], bytes, bytes]]:
    return {seed: course(HeapAllocator(segment_words=100_000), seed) for seed in SEEDS}


def test_the_programs_do_something(plain: dict[int, tuple[list[Any], bytes, bytes]]) -> None:
    outcomes = [outcome for outcomes, _, _ in plain.values() for outcome in outcomes]
    assert len({name for name, _ in outcomes}) == len(CALLS)
    failed = sum(outcome in ("StaleHandle", "ArgumentIndexError") for _, outcome in outcomes)
    assert failed < len(outcomes) / 2
    assert {"StaleHandle", "ArgumentValueError"} <= {
        outcome for _, outcome in outcomes if type(outcome) is str
    }
    assert issubclass(ArgumentValueError, Error)


@pytest.mark.untraced
@pytest.mark.process
@pytest.mark.parametrize("memory", ["1", "5", "17", "moving", "stable"])
def test_the_course_is_the_same_in_every_memory(
    memory: str, plain: dict[int, tuple[list[Any], bytes, bytes]]
) -> None:
    messages = []
    forms = []
    for seed in SEEDS:
        outcomes, form, message = course(
            MovingMemory(9)
            if memory == "moving"
            else HeapAllocator(segment_words=3)
            if memory == "stable"
            else Memory(int(memory)),
            seed,
        )
        assert outcomes == plain[seed][0]
        assert form == plain[seed][1]
        messages.append(message)
        forms.append(form)
    few = [at for at, message in enumerate(messages) if message[0] + message[1] * 256 < 500]
    assert len(few) > 5
    assert converted("binary:canonical", [messages[at] for at in few]) == b"".join(
        forms[at] for at in few
    )
