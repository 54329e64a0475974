"""A sequence: inputs of one target that run one after the other in one process.

An encoder may carry state from message to message: a pool, a cache, a counter. A mistake that shows
only from the n-th message on needs the messages before it, so its finding is a sequence. The last
input is judged; those before it only run.

Every target has a twin for its sequences: ``builder-sequence`` for ``builder``. A text names it by
its first line. A line ``---`` begins the next input, ``--- 50 times`` one that is repeated::

    capnsafe scenario-sequence 1
    # the comment
    --- 50 times
    capnsafe scenario 1
    memory heap segment_words=1
    limit max_segment_words=536870911
    ---
    capnsafe scenario 1
    memory heap segment_words=37
    limit max_segment_words=536870911
    h0 = root
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import groupby
from random import Random
from typing import TYPE_CHECKING, Any

from .protocol import DEFAULT_BUDGET, Input, Target, with_comment

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder
    from ..execution import Verdict

MOST_INPUTS = 1 << 16
"""The longest sequence."""
MOST_DISTINCT = 8
"""How many different inputs of a sequence are made simpler."""
KEPT_TEXTS = 1 << 14
PASSED = 90
"""Exit code of a program's child if no promise breaks; an encoder that exits may use 0."""

_NEXT = re.compile(r"---(?: ([1-9][0-9]{0,5}) times)?", re.ASCII)
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Sequence:
    """Inputs of one target, in the order in which they run; at least one."""

    inputs: tuple[Input, ...]
    comment: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Check the number of inputs.

        Raises:
            ScenarioError: There is none, or there are too many.
        """
        from ..scenario import ScenarioError, tidy_comment

        object.__setattr__(self, "comment", tidy_comment(self.comment))
        if not 1 <= len(self.inputs) <= MOST_INPUTS:
            raise ScenarioError(f"a sequence has 1 to {MOST_INPUTS} inputs")

    @property
    def last(self) -> Input:
        """The input that is judged."""
        return self.inputs[-1]


def inputs_of(scenario: Input) -> tuple[Input, ...]:
    """Return the inputs of a sequence, or the one input."""
    return scenario.inputs if isinstance(scenario, Sequence) else (scenario,)


class SequenceTarget(Target):
    """Sequences of another target's inputs."""

    def __init__(self, inner: Target, name: str, titles: Many[str]) -> None:
        """Make the target ``name``. New texts begin with the first title, old ones with any."""
        self.name = name
        self.inner = inner
        self.version = inner.version
        self.memories = inner.memories
        self.sample = Sequence((inner.sample,))
        self._headers = [f"capnsafe {title} 1" for title in titles]
        # While a sequence is shrunk, most of its inputs were in the one before it, too.
        self._parse = lru_cache(KEPT_TEXTS)(inner.parse)
        self._print = lru_cache(KEPT_TEXTS)(lambda one: inner.print(with_comment(one, "")))

    def refusal(self, encoder: Encoder) -> str | None:
        """Return why the encoder cannot be tested on the other target; None if it can."""
        return self.inner.refusal(encoder)

    def prepare(self, encoder: Encoder) -> None:
        """Import what the other target needs."""
        self.inner.prepare(encoder)

    # Forms

    def decode(self, data: bytes) -> Sequence:
        """Return the sequence of any bytes: a length before the bytes of each input."""
        inputs: list[Input] = []
        while data and len(inputs) < MOST_INPUTS:
            length = int.from_bytes(data[:_LENGTH_BYTES], "little")
            data = data[_LENGTH_BYTES:]
            inputs.append(self.inner.decode(data[:length]))
            data = data[length:]
        return Sequence(tuple(inputs) or (self.inner.decode(b""),))

    def encode(self, scenario: Sequence) -> bytes:
        """Return the canonical bytes."""
        every = map(self.inner.encode, scenario.inputs)
        return b"".join(len(one).to_bytes(_LENGTH_BYTES, "little") + one for one in every)

    def parse(self, text: str) -> Sequence:
        """Return the sequence of a text.

        Raises:
            ScenarioSyntaxError: If the text is malformed; the error has the line.
        """
        from ..scenario import ScenarioSyntaxError, below_heading

        lines = below_heading(text)
        if lines[0].rstrip() not in self._headers:
            raise ScenarioSyntaxError(
                1, f"the first line is {self._headers[0]!r}, not {lines[0]!r}"
            )
        starts = [at for at, line in enumerate(lines) if _NEXT.fullmatch(line.rstrip())]
        comment = []
        for at, line in enumerate(lines[1 : starts[0] if starts else None], 2):
            if line.strip() and not line.startswith("#"):
                raise ScenarioSyntaxError(at, f"'---' begins the first input, not {line[:60]!r}")
            comment += [line[1:].removeprefix(" ")] if line.startswith("#") else []
        inputs: list[Input] = []
        ends = [*starts[1:], len(lines)]
        for start, end in zip(starts, ends, strict=False):
            match = _NEXT.fullmatch(lines[start].rstrip())
            times = int(match[1] or 1) if match is not None else 1
            if len(inputs) + times > MOST_INPUTS:
                raise ScenarioSyntaxError(start + 1, f"there are more than {MOST_INPUTS} inputs")
            try:
                one = self._parse("\n".join([*lines[start + 1 : end], ""]))
            except ScenarioSyntaxError as error:
                message = str(error.args[-1])
                raise ScenarioSyntaxError(start + 1 + error.line, message) from None
            inputs += [one] * times
        if not inputs:
            raise ScenarioSyntaxError(len(lines), "a sequence has at least one input")
        return Sequence(tuple(inputs), "\n".join(comment))

    def print(self, scenario: Sequence) -> str:
        """Return the text; equal inputs in a row are printed once."""
        lines = [self._headers[0]]
        if scenario.comment:
            lines += [f"# {line}" if line else "#" for line in scenario.comment.split("\n")]
        parts = ["\n".join(lines) + "\n"]
        for one, equal in groupby(scenario.inputs):
            times = len(list(equal))
            parts.append("---\n" if times == 1 else f"--- {times} times\n")
            parts.append(self._print(one))
        return "".join(parts)

    def lines(self, scenario: Sequence) -> list[str]:
        """Return the steps of the last input, as violations number them."""
        return self.inner.lines(scenario.last)

    # Search

    def generate(self, rng: Random) -> Sequence:
        """Return a short generated sequence."""
        return Sequence(tuple(self.inner.generate(rng) for _ in range(rng.randint(1, 4))))

    def mutate(self, scenario: Sequence, rng: Random) -> Sequence:
        """Return the sequence with one input changed."""
        inputs = list(scenario.inputs)
        at = rng.randrange(len(inputs))
        inputs[at] = self.inner.mutate(inputs[at], rng)
        return replace(scenario, inputs=tuple(inputs))

    def crossover(self, scenario: Sequence, other: Sequence, rng: Random) -> Sequence:
        """Return the beginning of one sequence with the end of another."""
        head = scenario.inputs[: rng.randint(0, len(scenario.inputs))]
        tail = other.inputs[rng.randrange(len(other.inputs)) :]
        return Sequence((*head, *tail)[-MOST_INPUTS:])

    def memory(self, scenario: Sequence) -> str | None:
        """Return the name of the memory of the last input; None if it needs none."""
        return self.inner.memory(scenario.last)

    def over_memory(self, scenario: Sequence, memory: str | None) -> Sequence:
        """Return the sequence with every input over that memory."""
        every = tuple(self.inner.over_memory(one, memory) for one in scenario.inputs)
        return replace(scenario, inputs=every)

    # Size

    def sizes(self, scenario: Sequence) -> Mapping[str, int]:
        """Return the number of inputs, and the sums of the sizes that the other target counts."""
        total: dict[str, int] = {"scenarios": len(scenario.inputs)}
        for one in scenario.inputs:
            for noun, number in self.inner.sizes(one).items():
                total[noun] = total.get(noun, 0) + number
        return total

    def simplicity(self, scenario: Sequence) -> Any:
        """Order by length, then by the number of different inputs, then by the inputs."""
        keys = tuple(map(self.inner.simplicity, reversed(scenario.inputs)))
        return len(keys), len(set(scenario.inputs)), keys

    def shrink(
        self,
        scenario: Sequence,
        fires: Callable[[Sequence], bool],
        *,
        budget: int = DEFAULT_BUDGET,
    ) -> Sequence:
        """Return the shortest sequence found that fires; ``budget`` counts single executions."""
        shrinking = _SequenceShrinking(self.inner, scenario.inputs, fires, budget)
        return replace(scenario, inputs=shrinking.run())

    def beginnings(self, scenario: Sequence) -> Iterator[Sequence]:
        """Yield the sequence with its last input cut off after each step."""
        for last in self.inner.beginnings(scenario.last):
            yield replace(scenario, inputs=(*scenario.inputs[:-1], last))

    def with_fewer_faults(self, scenario: Sequence) -> Iterator[Sequence]:
        """Yield the sequence without one of the faults of its last input."""
        for last in self.inner.with_fewer_faults(scenario.last):
            yield replace(scenario, inputs=(*scenario.inputs[:-1], last))

    # Running

    def run(self, scenario: Sequence, encoder: Encoder, costly: bool) -> Verdict:
        """Run every input, and judge the last."""
        for one in scenario.inputs[:-1]:
            self.inner.run(one, encoder, False)
        return self.inner.run(scenario.last, encoder, costly)

    def tell(self, scenario: Sequence, encoder: Encoder) -> list[str]:
        """Return the inputs that run first, and the story of the last."""
        lines: list[str] = []
        done = 0
        for one, equal in groupby(scenario.inputs[:-1]):
            times = len(list(equal))
            which = f"scenario {done + 1}"
            if times > 1:
                which = f"scenarios {done + 1} to {done + times}"
            lines += [f"{which} of {len(scenario.inputs)}", *self.inner.print(one).splitlines(), ""]
            done += times
        for one in scenario.inputs[:-1]:
            self.inner.run(one, encoder, False)
        lines.append(f"scenario {done + 1} of {len(scenario.inputs)}, in the same process")
        return lines + self.inner.tell(scenario.last, encoder)

    def script(self, scenario: Sequence, encoder: Encoder) -> str:
        """Return a program that runs the sequence and exits with 1 if a promise breaks."""
        return self.program(scenario, encoder.name)

    def plain_script(self, scenario: Sequence, encoder: Encoder) -> str:
        """Return the same program; nothing is run to print it."""
        return self.program(scenario, encoder.name)

    def program(self, scenario: Sequence, encoder: str) -> str:
        """Return a program that runs the sequence on the encoder of that name."""
        text = self.print(with_comment(scenario, "")).splitlines()
        return "\n".join(
            [
                "# This program exits non-zero when the last scenario of the sequence breaks a",
                "# promise. Those before it run in the same process, a child that may end itself.",
                "import os",
                "import sys",
                "",
                "from capnsafe_fuzz.campaign.targets import find_encoder",
                "from capnsafe_fuzz.targets import find_target",
                "",
                "SEQUENCE = [",
                *(f"    {line!r}," for line in text),
                "]",
                f"PASSED = {PASSED}",
                "",
                f"target = find_target({self.name!r})",
                f"encoder = find_encoder({encoder!r})",
                'sequence = target.parse("\\n".join([*SEQUENCE, ""]))',
                "child = os.fork()",
                "if child == 0:",
                "    passed = False",
                "    try:",
                "        verdict = target.run(sequence, encoder, True)",
                "        for violation in verdict.violations:",
                '            print(f"{violation.promise} broken: {violation.detail}", flush=True)',
                "        passed = not verdict.violations",
                "    finally:",
                "        os._exit(PASSED if passed else 1)",
                "_, status = os.waitpid(child, 0)",
                "sys.exit(0 if os.waitstatus_to_exitcode(status) == PASSED else 1)",
                "",
            ]
        )


class _SequenceShrinking:
    """The shrinking of one sequence: first shorter, then simpler."""

    def __init__(
        self,
        inner: Target,
        inputs: tuple[Input, ...],
        fires: Callable[[Sequence], bool],
        budget: int,
    ) -> None:
        self._inner = inner
        self._best = tuple(with_comment(one, "") for one in inputs)
        self._fires = fires
        self._left = budget

    def run(self) -> tuple[Input, ...]:
        self._repeat_one()
        self._delete()
        self._simplify()
        self._repeat_one()
        self._delete()
        return self._best

    def _works(self, inputs: tuple[Input, ...]) -> bool:
        if len(inputs) > self._left or len(inputs) > MOST_INPUTS:
            return False
        self._left -= len(inputs)
        return self._fires(Sequence(inputs))

    def _try(self, before: tuple[Input, ...], last: Input) -> bool:
        inputs = (*before, last)
        if inputs == self._best or not self._works(inputs):
            return False
        self._best = inputs
        return True

    def _repeat_one(self) -> None:
        """Replace all inputs before the last by one input, repeated as often as needed.

        State may build up with every message, so the largest input is tried as well as the
        plainest.
        """
        *before, last = self._best
        if not before:
            return
        plainest = with_comment(self._inner.decode(b""), "")
        known = sorted(set(before), key=self._inner.simplicity)
        for one in (plainest, known[-1], known[0]):
            if set(before) == {one} or self._try((one,) * len(before), last):
                break
        else:
            return
        self._try((one,) * len(before), one)
        last = self._best[-1]
        fewest, enough = 0, len(before)
        while fewest < enough:
            middle = (fewest + enough) // 2
            if self._try((one,) * middle, last):
                enough = middle
            else:
                fewest = middle + 1

    def _delete(self) -> None:
        """Delete runs of inputs before the last, long runs first."""
        size = len(self._best) // 2
        while size and len(set(self._best[:-1])) > 1:
            start = 0
            while start < len(self._best) - 1:
                *before, last = self._best
                if not self._try((*before[:start], *before[start + size :]), last):
                    start += size
            size //= 2

    def _simplify(self) -> None:
        """Shrink the last input, and each different input before it."""
        *rest, last = self._best
        before = tuple(rest)
        self._shrink(last, lambda one: (*before, one))
        for old in list(dict.fromkeys(reversed(before)))[:MOST_DISTINCT]:
            self._shrink(old, partial(_put, self._best, old))

    def _shrink(self, one: Input, put: Callable[[Input], tuple[Input, ...]]) -> None:
        def fires(smaller: Input) -> bool:
            inputs = put(with_comment(smaller, ""))
            if not self._works(inputs):
                return False
            self._best = inputs
            return True

        most = self._left // len(self._best)
        if most:
            self._inner.shrink(one, fires, budget=most)


def _put(inputs: tuple[Input, ...], old: Input, new: Input) -> tuple[Input, ...]:
    """Return the inputs with each one before the last that equals ``old`` replaced by ``new``."""
    return (*(new if one == old else one for one in inputs[:-1]), inputs[-1])
