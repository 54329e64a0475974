"""The search: a Hypothesis state machine whose rules are the steps of a program.

Its choices favour the places where allocators go wrong: sizes around limits, sizes that were
released before, many small grants, releases in different orders, growth, churn, two allocators.
"""

from __future__ import annotations

from typing import Final

from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis._settings import local_settings
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from ..steady import STEADY
from .rules import Broken, CheckUnfinishedError
from .run import CheckRun, WrittenGrant
from .shortening import Player, Program, ProgramResult, perform
from .steps import ORDERS, Allocate, Grow, Release, ReleaseMany, Rounds, Step

#: Once the live grants of a program have this many words together (1 MiB), it allocates no more.
_LIVE_WORDS: Final = 1 << 17
#: Number of steps of one example, which is one program.
_STEPS: Final = 40

_SMALL: Final = st.sampled_from((1, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 31, 32, 33))
_LARGE: Final = st.sampled_from((63, 64, 65, 100, 127, 128, 129, 256, 300, 512, 1000, 1024, 4096))
_WORDS: Final = st.one_of(_SMALL, _SMALL, _LARGE)
#: Which of two allocators a step uses.
_AT: Final = st.sampled_from((0, 0, 0, 0, 0, 1))
_ANY: Final = st.integers(0, 1 << 16)


class _Stop(BaseException):
    """The time is over. It is not an ``Exception``, which Hypothesis would catch and retry."""


class _Machine(RuleBasedStateMachine):
    player: Player
    #: Whether programs use two allocators side by side.
    two: bool

    def __init__(self) -> None:
        super().__init__()
        self.program: list[Step] = []
        try:
            self.run: CheckRun = self.player.start(two=self.two, most_words=_LIVE_WORDS)
        except Broken as broken:
            raise _Found([], ProgramResult((broken.breach,), 0)) from None
        #: Sizes of released grants, the latest last.
        self.free: list[int] = []

    def take(self, step: Step) -> None:
        """Perform a step, and end the search at a breach or when the time is over."""
        self.program.append(step)
        try:
            perform(self.run, step)
        except Broken as broken:
            raise _Found([*self.program], ProgramResult((broken.breach,), 0)) from None
        if self.run.noted:
            raise _Found([*self.program], ProgramResult(tuple(self.run.noted.values()), 0))
        if self.player.out_of_time:
            raise _Stop

    def live(self, at: int) -> list[WrittenGrant]:
        return [*self.run.side(at).live.values()]

    @property
    def some_live(self) -> bool:
        return any(side.live for side in self.run.sides)

    @precondition(lambda self: not self.run.is_full)
    @rule(words=_WORDS, at=_AT, written=st.sampled_from((True, True, True, False)))
    def allocate(self, words: int, at: int, written: bool) -> None:
        self.take(Allocate(len(self.program), words, at=at * self.two, written=written))

    @precondition(lambda self: self.free and not self.run.is_full)
    @rule(which=_ANY, merged=st.integers(1, 4), more=st.sampled_from((0, 0, 1, -1)))
    def allocate_where_others_were(self, which: int, merged: int, more: int) -> None:
        end = len(self.free) - which % len(self.free)
        words = sum(self.free[max(0, end - merged) : end]) + more
        self.take(Allocate(len(self.program), min(max(words, 1), 1 << 14)))

    @precondition(lambda self: not self.run.is_full)
    @rule(words=_SMALL, times=st.sampled_from((2, 3, 5, 9, 17, 40, 140, 300)), at=_AT)
    def allocate_many(self, words: int, times: int, at: int) -> None:
        self.take(Allocate(len(self.program), words, times, at * self.two))

    @precondition(lambda self: not self.run.is_full)
    @rule(words=st.sampled_from((1 << 15, (1 << 16) + 1)))
    def allocate_much(self, words: int) -> None:
        self.take(Allocate(len(self.program), words))

    @precondition(lambda self: self.some_live)
    @rule(which=st.one_of(st.sampled_from((0, 1, 2, -1, -2, -3)), _ANY), at=_AT)
    def release(self, which: int, at: int) -> None:
        grants = self.live(at)
        if grants:
            grant = grants[which % len(grants)]
            self.free.append(grant.words)
            self.take(Release(grant.name))

    @precondition(lambda self: self.some_live)
    @rule(order=st.sampled_from(ORDERS), at=_AT)
    def release_many(self, order: str, at: int) -> None:
        self.free += [grant.words for grant in self.live(at)[:8]]
        self.take(ReleaseMany(order, at * self.two))

    @precondition(lambda self: self.some_live and callable(self.run.sides[0].grow))
    @rule(more=st.sampled_from((1, 1, 2, 7, 64, 1000, 5000)), at=_AT)
    def grow(self, more: int, at: int) -> None:
        self.take(Grow(more, at * self.two))

    @rule(words=_WORDS, times=st.sampled_from((2, 3, 20, 70)), used=st.sampled_from((None, 1, 0)))
    def rounds(self, words: int, times: int, used: int | None) -> None:
        self.take(Rounds(len(self.program), words, times, used))

    def teardown(self) -> None:
        self.run.close()


class _Found(_Stop):
    def __init__(self, program: Program, outcome: ProgramResult) -> None:
        super().__init__()
        self.program = program
        self.outcome = outcome


def search(player: Player, examples: int) -> tuple[Program, ProgramResult] | None:
    """Return a program that shows a breach, or None if none does.

    ``examples`` is the number of programs to try. Apart from the time limit, the search is
    deterministic.

    Raises:
        CheckUnfinishedError: If the time was over before all programs had run.
    """
    options = settings(STEADY, stateful_step_count=_STEPS)
    for two, part in ((False, examples - examples // 3), (True, examples // 3)):
        if not part:
            continue

        @seed(467)
        class Machine(_Machine):
            pass

        Machine.player = player
        Machine.two = two
        try:
            # Also set as the default, or Hypothesis would refuse a check within one of its tests.
            with local_settings(options):
                run_state_machine_as_test(Machine, settings=settings(options, max_examples=part))
        except _Found as found:
            return found.program, found.outcome
        except _Stop:
            raise CheckUnfinishedError from None
    return None
