"""The outline of a program, whatever its language: its steps, its memory, and the check at its end.

The outline is made from a tape and from the account of the breach. It leaves out what the library
cannot see: calls that a driver makes by itself, and memory that was never granted to the library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any, Final

from capnsafe_allocators import GUARD_WORDS

from ...protocol import Account, Attempt, Failure, Proof, ProofKind
from ..mapped import WORD_BYTES
from ..process import ENDLESS, HANG
from ..tape import Allocation, Patch, Tape, TapedRequest, joined

_OUTSIDE: Final = "P3: "
_SIGNAL: Final = re.compile(r"SIG[A-Z0-9]+")
_PAGE: Final = 4096
GAP: Final = 2 * GUARD_WORDS * WORD_BYTES
"""The bytes between two segments of the harness's memory: a guard of each."""
_RULED_BYTES: Final = 1 << 28
"""The memory of a program whose allocator follows a rule; most of it is never touched."""
_MANY: Final = 8
"""So many answers are not printed one by one."""
_LEAST_BYTES: Final = 1 << 24
"""The least memory of a program: a library that writes far outside must find it writable, too."""


DIES_SENTENCE: Final = "This program ends with {ending} when that happens."
HANGS_SENTENCE: Final = "This program never ends, or dies by a signal, when that happens."
EXITS_SENTENCE: Final = "This program exits with 1 when that happens."
LEADS_SENTENCE: Final = "This program leads to it; showing it takes more than the library."


class Check(Enum):
    """How a program shows that the promise is broken."""

    NOTHING = auto()
    """It shows nothing: it only runs."""
    DIES = auto()
    """Its process ends by a signal."""
    HANGS = auto()
    """It never ends. In other memory, what hangs may also die of the wild address that it reads."""
    ENDLESS = auto()
    """The library asks for more segments than in the scenario, where it asked without end."""
    FOREIGN = auto()
    """The last step raises something that is not the library's own error."""
    RAISES = auto()
    """The last step raises an error, although the memory gave no reason."""
    ACCEPTS = auto()
    """The last step succeeds, although it has a wrong index."""
    SWALLOWS = auto()
    """The last step does not let the interrupt of the memory through."""
    RETURNS = auto()
    """The last step returns another value than ``expected``."""
    READS = auto()
    """The value at ``path`` of the message is not ``expected``."""
    BYTES = auto()
    """The segments of the message are exactly those that were recorded, which are wrong."""
    ZERO = auto()
    """A bit of ``expected`` is set in a ``word`` of the message."""
    WRITTEN = auto()
    """Bytes were written that are not the message's."""
    OVERLAPS = auto()
    """The library uses words of a segment that lies in the memory of an earlier one."""


@dataclass(frozen=True, slots=True)
class ProgramStep:
    """One step of a program."""

    request: TapedRequest
    attempt: Attempt
    patches: Sequence[Patch]
    """Bytes to write before it."""
    source: str
    """The operation as text, for a comment."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in place of answers of the allocator that would be printed one by one.

    Each segment has ``least`` bytes, or as many as are asked for, and begins ``GAP`` bytes behind
    the one before it.
    """

    at: int
    """The offset of the first one."""
    least: int


@dataclass(frozen=True, slots=True)
class Outline:
    """A program without a language."""

    library: str
    version: str
    headline: str
    steps: Sequence[ProgramStep]
    allocations: Sequence[Allocation]
    """The answers of the allocator, in order."""
    memory_bytes: int
    check: Check
    proof: Proof = field(default_factory=Proof)
    ending: str = ""
    """The signal by which the program ends, for DIES."""
    damage: Sequence[Patch] = ()
    """The bytes that must not be written, for WRITTEN."""
    rule: Rule | None = None
    """The rule for most answers, if there are many."""
    ruled: range = range(0)
    """The answers that follow the rule."""

    @property
    def ordinary(self) -> bool:
        """Return whether the library's ordinary memory shows the same: one segment, no faults."""
        return (
            len(self.allocations) <= 1
            and self.check not in (Check.WRITTEN, Check.OVERLAPS)
            and not any(step.patches for step in self.steps)
            and all(
                not one.patches
                and not one.refused
                and not one.readonly
                and one.length >= one.words * WORD_BYTES
                for one in self.allocations
            )
        )

    @property
    def answers(self) -> Iterator[tuple[int, Allocation]]:
        """Yield the answers that are printed one by one, with the numbers of their calls."""
        for index, allocation in enumerate(self.allocations):
            if index not in self.ruled:
                yield index + 1, allocation

    @property
    def granted(self) -> list[tuple[int, int]]:
        """Return the first byte of each segment, and the one after its last."""
        return [(one.at, one.at + one.length) for one in self.allocations if one.length]

    @property
    def readonly(self) -> bool:
        """Return whether some memory of it must be read-only."""
        return any(one.readonly for one in self.allocations)

    @property
    def says_how(self) -> str:
        """Return a sentence that tells how the program ends."""
        match self.check:
            case Check.NOTHING:
                return LEADS_SENTENCE
            case Check.DIES:
                return DIES_SENTENCE.format(ending=self.ending)
            case Check.HANGS:
                return HANGS_SENTENCE
        return EXITS_SENTENCE


def outlines(tape: Tape, account: Account | None, sources: Sequence[str]) -> Iterator[Outline]:
    """Yield outlines of programs that may show the breach, the shortest and clearest first.

    The last one shows nothing. ``sources`` are the operations as text.
    """
    tape.finish()
    assert tape.hello is not None
    if account is None:
        attempts: Sequence[Attempt] = [
            Attempt(index, one is not None and one.answer is not None and one.answer.word == "done")
            for index, one in enumerate(tape.attempts)
        ]
    else:
        attempts = [one for one in account.attempts if not one.skipped]
    steps = list(_steps(tape, attempts, sources))
    base = Outline(
        tape.hello.library,
        tape.hello.version,
        "" if account is None else account.headline,
        steps,
        [one for step in steps for one in step.request.allocations if one.answered],
        _LEAST_BYTES,
        Check.NOTHING,
        Proof() if account is None else account.proof,
    )
    if account is None or not steps:
        yield _cut(base, whole=False)
        return
    made = [replace(base, **facts) for facts in _checks(account, steps)]
    for whole in (False, True):
        for outline in made:
            yield _cut(outline, whole=whole)
    yield _cut(base, whole=False)


def _steps(
    tape: Tape, attempts: Sequence[Attempt], sources: Sequence[str]
) -> Iterator[ProgramStep]:
    """Yield the steps that the library took part in."""
    patches: list[Patch] = []
    for attempt, request in zip(attempts, tape.attempts, strict=False):
        if request is None:
            continue
        patches += request.patches
        if request.answer is not None and request.answer.word == "unsupported":
            continue
        ends = ("output", "close")
        at = attempt.index - len(sources)
        source = sources[attempt.index] if at < 0 else ends[min(at, 1)]
        yield ProgramStep(request, attempt, patches, source)
        patches = []


def _checks(account: Account, steps: Sequence[ProgramStep]) -> Iterator[dict[str, Any]]:
    """Yield the facts of each check that may show the breach."""
    last = steps[-1].request
    if last.ended == HANG:
        yield {"check": Check.HANGS}
        return
    if last.ended == ENDLESS:
        yield {"check": Check.ENDLESS}
        return
    if last.ended:
        died = _SIGNAL.fullmatch(last.ended)
        yield {"check": Check.DIES if died else Check.NOTHING, "ending": last.ended}
        return
    kind = account.proof.kind
    if kind is ProofKind.EVIDENCE and not account.headline.startswith(_OUTSIDE):
        # A driver releases memory, not its library: so no program shows that.
        return
    if last.damage and kind in (ProofKind.EVIDENCE, ProofKind.READS):
        yield {"check": Check.WRITTEN, "damage": joined(last.damage)}
    if kind is ProofKind.EVIDENCE:
        for number, step in enumerate(steps[:-1], 1):
            if step.request.damage:
                # It was seen later only, and has been put back by then.
                damage = joined(step.request.damage)
                yield {"check": Check.WRITTEN, "damage": damage, "steps": steps[:number]}
        yield {"check": Check.OVERLAPS}
        return
    simple = _SIMPLE.get(kind)
    if kind is ProofKind.REFUSAL and account.proof.failure is Failure.INDEX:
        simple = Check.ACCEPTS if account.attempts[-1].succeeded else Check.RAISES
    if simple is not None:
        yield {"check": simple}
    if simple is None or simple is Check.READS or simple is Check.ZERO:
        yield {"check": Check.BYTES}


_SIMPLE: Final = {
    ProofKind.OWN_ERROR: Check.FOREIGN,
    ProofKind.SUCCESS: Check.RAISES,
    ProofKind.REFUSAL: Check.ACCEPTS,
    ProofKind.INTERRUPT: Check.SWALLOWS,
    ProofKind.VALUE: Check.RETURNS,
    ProofKind.READS: Check.READS,
    ProofKind.OUTPUT_READS: Check.READS,
    ProofKind.ZERO: Check.ZERO,
}


def _cut(outline: Outline, *, whole: bool) -> Outline:
    """Return the outline with only those patches that the library, or the check, can see.

    With ``whole`` it keeps all of them.
    """
    shown = [
        (one.at, one.at + max(one.length, one.words * WORD_BYTES)) for one in outline.allocations
    ]
    shown += [(one.at, one.end) for one in outline.damage]

    def seen(patches: Sequence[Patch]) -> list[Patch]:
        if whole:
            return joined(list(patches))
        return joined([part for one in patches for part in _within(one, shown)])

    # A call of memory happens once; the tape, which others read, stays as it is.
    allocations = [replace(one, patches=seen(one.patches)) for one in outline.allocations]
    steps = [replace(step, patches=seen(step.patches)) for step in outline.steps]
    ends = [end for _, end in shown]
    ends += [patch.end for one in allocations for patch in one.patches]
    ends += [patch.end for step in steps for patch in step.patches]
    size = max(_LEAST_BYTES, -(-max(ends, default=0) // _PAGE) * _PAGE)
    rule, ruled = _ruled(allocations)
    if rule is not None:
        # The stack of another program may hold more calls before it overflows.
        size = max(size, _RULED_BYTES)
    return replace(
        outline, allocations=allocations, steps=steps, memory_bytes=size, rule=rule, ruled=ruled
    )


def _ruled(allocations: Sequence[Allocation]) -> tuple[Rule | None, range]:
    """Return a rule that many answers follow, and which they are; None if there is no such rule."""
    plain = [not (one.patches or one.refused or one.readonly) for one in allocations]
    end = len(plain)
    while end and not plain[end - 1]:
        end -= 1
    least = min((one.length for one in allocations[max(0, end - _MANY) : end]), default=0)
    first = end
    while first and plain[first - 1]:
        one = allocations[first - 1]
        joins = first == end or one.at + one.length + GAP == allocations[first].at
        if not joins or one.length != max(one.words * WORD_BYTES, least):
            break
        first -= 1
    if end - first < _MANY:
        return None, range(0)
    return Rule(allocations[first].at, least), range(first, end)


def _within(patch: Patch, shown: Sequence[tuple[int, int]]) -> Iterator[Patch]:
    """Yield the parts of a patch that lie in one of these stretches."""
    end = patch.at
    for first, last in sorted(shown):
        first, last = max(first, end), min(last, patch.end)
        if first < last:
            yield Patch(first, patch.data[first - patch.at : last - patch.at])
            end = last
