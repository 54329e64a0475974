"""Running programs on fresh allocators, and shortening those that show a breach.

Hypothesis could shorten the programs that it finds, but not the fixed ones in ``scripts``, and it
takes twenty times as long to replay a program. So both are shortened here. A program is shorter if
it has fewer steps, then fewer calls in a step, then fewer words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from capnsafe.allocator import Allocator

from .rules import Breach, Broken
from .run import LIVE_WORDS, CheckRun, Name, TimeLimit
from .steps import Allocate, Release, ReleaseMany, Rounds, Step

#: Repeated calls are shown one by one if there are at most this many in all.
_SHOWN_CALLS: Final = 10
#: Number of sizes that are tried as the common size of all grants.
_TRIED_SIZES: Final = 4
#: A number above this need not be lowered to the smallest that shows the breach.
_EXACT: Final = 5000
#: Up to this number, repeated calls are tried one by one, as only some may matter.
_SPLIT: Final = 40

#: Limits on the processor time, which does not depend on other programs, in which one step repeats
#: a slow call: this fraction of the time limit, but at least these seconds.
_STEP_PART: Final = 0.1
_STEP_SECONDS: Final = 1.5

Program = Sequence[Step]


class ProgramResult(NamedTuple):
    """The result of a program."""

    breaches: tuple[Breach, ...]
    #: Number of steps that were begun.
    steps: int
    #: The names of the grants that each step released.
    released: tuple[tuple[Name, ...], ...] = ()
    #: Number of allocate calls in the last step.
    allocated: int = 0

    def breach(self, rule: str) -> Breach | None:
        """Return the breach of a rule, if there is one."""
        return next((breach for breach in self.breaches if breach.rule == rule), None)


class Player:
    """Runs programs on fresh allocators of a factory, for a limited time."""

    def __init__(
        self,
        factory: Callable[[], Allocator],
        seconds: float,
        *,
        keep: bool,
        ignored: frozenset[str],
    ) -> None:
        """Make a player.

        Args:
            factory: Returns an unused allocator.
            seconds: The time limit.
            keep: Whether to leave allocators open, because the factory returns the same one each
                time.
            ignored: Names of rules that may be broken.
        """
        self.factory = factory
        self.keep = keep
        self.ignored = ignored
        self._limit = TimeLimit(seconds)
        self._step_seconds = max(seconds * _STEP_PART, _STEP_SECONDS)

    @property
    def out_of_time(self) -> bool:
        """Return whether the time is over."""
        return self._limit.left() <= 0

    def start(self, *, two: bool, most_words: int = LIVE_WORDS) -> CheckRun:
        """Return a run without calls. The caller must close it."""
        return CheckRun(
            self.factory,
            self._limit,
            step_seconds=self._step_seconds,
            two=two,
            keep=self.keep,
            ignored=self.ignored,
            most_words=most_words,
        )

    def play(self, program: Program) -> ProgramResult:
        """Run a program up to its first breach."""
        try:
            run = self.start(two=any(getattr(step, "at", 0) for step in program))
        except Broken as broken:
            return ProgramResult((broken.breach,), 0)
        breaches: list[Breach] = []
        released = []
        try:
            for step in program:
                try:
                    perform(run, step)
                except Broken as broken:
                    breaches.append(broken.breach)
                released.append(tuple(run.released))
                if breaches or self.out_of_time:
                    break
        finally:
            run.close()
        breaches += run.noted.values()
        return ProgramResult(tuple(breaches), len(released), tuple(released), run.allocated)


def perform(run: CheckRun, step: Step) -> None:
    """Perform one step, and record its calls."""
    run.begin_step()
    step.perform(run)
    run.calls += run.partial()
    run.partial = list


def shorten(player: Player, program: Program, breach: Breach) -> Breach:
    """Return the breach with the shortest calls found that show it."""
    return _Shortener(player, program, breach).best


class _Shortener:
    def __init__(self, player: Player, program: Program, breach: Breach) -> None:
        self.player = player
        self.rule = breach.rule
        self.best = breach
        self.program = [*program]
        self.outcome: ProgramResult | None = None
        #: Programs without the breach, which later rounds try again.
        self.failed: set[tuple[Step, ...]] = set()
        if not self.works(self.program):
            return
        before: list[Step] = []
        while before != self.program and not player.out_of_time:
            before = self.program
            self.drop_steps()
            self.join()
            self.lower_numbers()
            self.simplify_steps()
            self.split()

    def works(self, program: list[Step]) -> bool:
        """Return whether a program shows the breach, and keep it if so."""
        tried = tuple(program)
        if self.player.out_of_time or tried in self.failed:
            return False
        outcome = self.player.play(program)
        breach = outcome.breach(self.rule)
        if breach is None:
            self.failed.add(tried)
            return False
        self.program = program[: outcome.steps]
        last = self.program[-1] if self.program else None
        if isinstance(last, Allocate | Rounds) and 0 < outcome.allocated < last.times:
            # The step ended after this number of calls.
            self.program[-1] = replace(last, times=outcome.allocated)
        self.outcome = outcome
        self.best = breach
        return True

    def drop_steps(self) -> None:
        """Remove steps, many at once first."""
        size = len(self.program) // 2
        while size:
            end = len(self.program)
            while end > 0:
                self.works(self.program[: max(end - size, 0)] + self.program[end:])
                end = min(end - size, len(self.program))
            size //= 2

    def lower_numbers(self) -> None:
        """Lower repetitions, sizes and growths."""
        for name in ("times", "words", "more"):
            values = {getattr(step, name, 0) for step in self.program}
            for value in sorted(values, reverse=True):
                # First all steps with the same number, which may have to stay equal.
                self._lower(name, value, range(len(self.program)))
            for at in range(len(self.program) - 1, -1, -1):
                if at < len(self.program):
                    self._lower(name, getattr(self.program[at], name, 0), [at])

    def _lower(self, name: str, value: int, places: Sequence[int]) -> None:
        low, high = 0, value

        def lowered(guess: int) -> bool:
            nonlocal low, high
            if not self._set(name, high, guess, places):
                low = max(low, guess)
                return False
            high = guess
            if len(places) == 1 and places[0] < len(self.program):
                high = min(high, getattr(self.program[places[0]], name, high))
            return True

        for guess in (1, 2, 3):
            if low < guess < high and lowered(guess):
                break
        while high - low > 1:
            # The exact minimum of a large number takes long to find, and is often found already.
            if not lowered((low + high) // 2) and high > _EXACT and not lowered(high - 1):
                break

    def _set(self, name: str, old: int, new: int, places: Sequence[int]) -> bool:
        change: Any = {name: new}
        program = [
            replace(step, **change) if at in places and getattr(step, name, 0) == old else step
            for at, step in enumerate(self.program)
        ]
        return program != self.program and self.works(program)

    def simplify_steps(self) -> None:
        """Replace unusual properties of steps by usual ones."""
        for at in range(len(self.program) - 1, -1, -1):
            for step in self.program[at].simpler() if at < len(self.program) else ():
                if self.works([*self.program[:at], step, *self.program[at + 1 :]]):
                    break

    def join(self) -> None:
        """Join many single grants of the same size into one step."""
        if len(self.best.before) < _SHOWN_CALLS:
            return
        sizes = {step.words for step in self.program if isinstance(step, Allocate)}
        for words in sorted(sizes, reverse=True)[:_TRIED_SIZES]:
            same = [
                replace(step, words=words) if isinstance(step, Allocate) else step
                for step in self.program
            ]
            if self.works(same):
                break
        names: dict[Name, Name] = {}
        joined: list[Step] = []
        for step in self.program:
            last = joined[-1] if joined else None
            if isinstance(step, Release):
                joined.append(Release(names.get(step.name, step.name)))
            elif isinstance(step, Allocate):
                base = last if isinstance(last, Allocate) else step
                if base is step or replace(step, step=base.step, times=base.times) != base:
                    joined.append(step)
                else:
                    for index in range(step.times):
                        names[step.step, index] = (base.step, base.times + index)
                    joined[-1] = replace(base, times=base.times + step.times)
            else:
                joined.append(step)
        if joined != self.program:
            self.works(joined)

    def split(self) -> None:
        """Replace repeated calls by single ones where the result is short."""
        kept = self.program, self.outcome, self.best
        for candidate in self._splits():
            if self.works(candidate):
                self.drop_steps()
                calls = len(self.best.before)
                if calls < _SHOWN_CALLS or calls <= len(kept[2].before):
                    return
                self.program, self.outcome, self.best = kept

    def _splits(self) -> Iterator[list[Step]]:
        """Yield programs in which some or all repeated calls are replaced by single ones."""
        assert self.outcome is not None
        fresh = 1 + max((getattr(step, "step", 0) for step in self.program), default=0)
        names: dict[Name, Name] = {}
        all_single: list[Step] = []
        releases: list[Step] = []
        for step, released in zip(self.program, self.outcome.released, strict=True):
            if isinstance(step, Allocate) and 1 < step.times <= _SPLIT:
                for index in range(step.times):
                    names[step.step, index] = (fresh, 0)
                    all_single.append(replace(step, step=fresh, times=1))
                    fresh += 1
                releases.append(step)
            elif isinstance(step, Rounds) and 1 < step.times <= _SHOWN_CALLS // 2:
                used = step.used is None
                for _ in range(step.times):
                    one = Allocate(fresh, step.words, at=step.at, written=used)
                    all_single += [one, Release((fresh, 0))]
                    fresh += 1
                releases.append(step)
            elif isinstance(step, ReleaseMany) and released and len(released) <= _SPLIT:
                all_single += [Release(names.get(name, name)) for name in released]
                releases += [Release(name) for name in released]
            elif isinstance(step, Release):
                all_single.append(Release(names.get(step.name, step.name)))
                releases.append(step)
            else:
                all_single.append(step)
                releases.append(step)
        for program in (all_single, releases):
            if program != self.program:
                yield program
