"""The executor: the operations that it repeats and excuses, and its record."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Callable
from typing import Any, cast

import pytest
from capnsafe_fuzz import execution
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.encoders.capnsafe_encoder import CapnsafeEncoder, CapnsafeSession
from capnsafe_fuzz.encoders.protocol import Failure
from capnsafe_fuzz.execution import HarnessError, Outcome, execute, explain, observe, script
from capnsafe_fuzz.execution.run import Execution
from capnsafe_fuzz.oracles import Cost
from capnsafe_fuzz.scenario import Operation, Scenario, Verb, parse_scenario
from capnsafe_fuzz.targets.builder.story import tell

import capnsafe

CLEAN = find_encoder("capnsafe")


def scenario(*lines: str, memory: str = "heap segment_words=64", limit: int = 4096) -> Scenario:
    head = ["capnsafe scenario 1", f"memory {memory}", f"limit max_segment_words={limit}"]
    return parse_scenario("\n".join([*head, *lines, ""]))


def told(tried: Scenario) -> list[tuple[int, str, str]]:
    """(index, verb, outcome) of every step."""
    return [
        (step.index, step.verb, str(step.failure or step.outcome))
        for step in observe(tried, CLEAN).steps
    ]


def test_a_program_is_ended_by_an_output_and_closed() -> None:
    assert told(scenario("h0 = root", "set h0.u32 7")) == [
        (0, "root", "done"),
        (1, "set number", "done"),
        (2, "output", "done"),
        (3, "close", "done"),
    ]


def test_nothing_of_an_execution_waits_for_the_collector() -> None:
    gc.disable()
    try:
        tried = scenario("h0 = root", "set h0.u32 7", "fault re-enter write allocate 1 once")
        run = Execution(tried, CLEAN, each_step=False, timed=False)
        memory = weakref.ref(run.subject.hostile)
        run.complete()
        assert run.subject.hostile.fired
        del run
        assert memory() is None
    finally:
        gc.enable()


def test_a_program_with_too_many_allocator_calls_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("capnsafe_fuzz.execution.run._MOST_CALLS", 2)
    assert told(scenario("h0 = root", "set h0.u32 7", "set h0.u32 8")) == [
        (0, "root", "done"),
        (3, "output", "done"),
        (4, "close", "done"),
    ]


def test_what_makes_a_handle_is_tried_again() -> None:
    tried = scenario("h0 = root", "set h0.u32 7", "fault refuse MemoryError allocate 1 once")
    assert told(tried)[:3] == [
        (0, "root", "refused"),
        (0, "root", "done"),
        (1, "set number", "done"),
    ]
    assert execute(tried, CLEAN).violations == ()


def test_an_interrupt_is_tried_again_too() -> None:
    tried = scenario("h0 = root", "fault refuse KeyboardInterrupt allocate 1 once")
    assert told(tried)[:2] == [(0, "root", "interrupted"), (0, "root", "done")]
    assert ("root", "refuse KeyboardInterrupt", "interrupted") in execute(tried, CLEAN).situations


def test_output_is_tried_again() -> None:
    tried = scenario("h0 = root", "fault refuse OSError after 0 once")
    assert told(tried)[1:3] == [(1, "output", "refused"), (1, "output", "done")]


def test_a_set_is_not_tried_again() -> None:
    tried = scenario("h0 = root", "set h0.u32 7", "get h0.u32", "fault refuse OSError after 0 once")
    record = observe(tried, CLEAN)
    assert [(step.index, step.outcome) for step in record.steps[1:3]] == [
        (1, Outcome.RAISED),
        (2, Outcome.DONE),
    ]
    assert record.steps[2].value == 0
    assert execute(tried, CLEAN).violations == ()


def test_what_failed_twice_leaves_a_void_handle() -> None:
    tried = scenario(
        "h0 = root", "set h0.u32 7", "h1 = root", "fault refuse MemoryError allocate 1 always"
    )
    assert told(tried)[:3] == [
        (0, "root", "refused"),
        (0, "root", "refused"),
        (1, "set number", "skipped"),
    ]


def test_handles_keep_their_numbers_when_some_are_void() -> None:
    tried = scenario(
        "h0 = root",
        "h1 = open h0.child",
        "h2 = init h1.small",
        "h3 = init h0.small",
        "set h3.number 7",
        "get h3.number",
    )
    record = observe(tried, CLEAN)
    assert record.steps[2].outcome is Outcome.SKIPPED
    assert record.steps[5].value == 7
    assert execute(tried, CLEAN, costly=True).violations == ()


def test_a_handle_that_the_encoder_does_not_have_is_void() -> None:
    class Encoder(CapnsafeEncoder):
        def session(self, memory: Any, max_segment_words: int, **options: bool) -> CapnsafeSession:
            class Session(CapnsafeSession):
                def perform(self, operation: Operation) -> object:
                    found = super().perform(operation)
                    if operation.verb is Verb.REOPEN:
                        self._handles[-1] = None
                        return False
                    return found

            return Session(self._builder(memory), capnsafe.Element)

    tried = scenario("h0 = root", "h1 = reopen", "set h1.u32 7", "set h0.u32 7")
    assert observe(tried, Encoder(capnsafe)).steps[2].outcome is Outcome.SKIPPED
    assert [found.group for found in execute(tried, Encoder(capnsafe)).violations] == [
        "P11 reopen null"
    ]


def test_contents_are_not_judged_once_words_were_taken_away() -> None:
    tried = scenario(
        "h0 = root",
        "set h0.u32 7",
        "get h0.u32",
        "fault shrink below-used-regrow after 1 once segment=0 amount=20",
    )
    record = observe(tried, CLEAN)
    assert [step.lost for step in record.steps] == [False, False, True, True, True]
    assert all(step.contents is None for step in record.steps if step.lost)
    assert record.steps[-2].failure == "lost"
    assert record.steps[-2].seen_lost.startswith("segment 0 ")
    assert execute(tried, CLEAN).violations == ()


def test_what_was_short_is_not_missed_where_segments_change_places() -> None:
    """At its borrow the other one is short, and has no word in use there."""
    lines = ("h0 = root", "h1 = init h0.smalls 0")
    cut = "fault shrink below-used after 1 once segment=0 amount=0"
    swap = "fault vanish swap segment 1 always segment=0"
    tried = scenario(*lines, cut, swap, memory="heap segment_words=36")
    output = observe(tried, CLEAN).steps[-2]
    assert (output.outcome, output.short) == (Outcome.DONE, "")
    assert execute(tried, CLEAN).violations == ()
    output = observe(scenario(*lines, cut, memory="heap segment_words=36"), CLEAN).steps[-2]
    assert (output.outcome, output.short) == (
        Outcome.RAISED,
        "segment 0 has 35 of 36 words in use",
    )


def test_a_loss_is_believed_of_a_segment_that_was_granted_again_and_given_back() -> None:
    """While it is granted twice, what its borrows show may be of the other grant."""
    seen = []
    for moment in range(1, 30):
        tried = scenario(
            "h0 = root",
            "h1 = init h0.i8s 1",
            "get h0.u32",
            "fault alias again allocate 2 once segment=0",
            f"fault vanish gone-back segment {moment} once segment=0",
            memory="heap segment_words=1",
        )
        record = observe(tried, CLEAN)
        seen += [step.seen_lost for step in record.steps if step.verb == "get number"]
        assert execute(tried, CLEAN).violations == ()
    assert any(one.startswith("segment 0 ") and one.endswith("operation 2") for one in seen)


def test_words_may_be_taken_away_while_they_are_handed_out() -> None:
    """The cut comes when the new segment is filled, and nothing of it is in use yet."""
    for moment in range(1, 40):
        tried = scenario(
            "h0 = root",
            "h1 = init h0.empty",
            "h2 = init h0.empties 2",
            "h3 = init h0.colours 2",
            f"fault shrink below-granted-regrow any {moment} always segment=3 amount=2",
            memory="heap segment_words=2",
            limit=43,
        )
        assert execute(tried, CLEAN, each_step=True).violations == ()


def test_a_fault_between_operations_belongs_to_what_follows() -> None:
    tried = scenario("h0 = root", "set h0.u32 7", "fault move one after 0 once segment=0")
    situations = execute(tried, CLEAN).situations
    assert ("root", "-", "done") in situations
    assert ("set number", "move one", "done") in situations


def test_counts() -> None:
    tried = scenario("h0 = root", "set h0.u32 7", "fault refuse MemoryError allocate 1 once")
    verdict = execute(tried, CLEAN)
    assert verdict.operations == 5
    assert verdict.faults_fired == 1
    assert verdict.allocator_calls >= 4
    assert verdict.timing is None


def test_the_same_scenario_gives_the_same_verdict() -> None:
    tried = scenario("h0 = root", 'set h0.text "abc"', "fault move all segment 1 always")
    assert execute(tried, CLEAN) == execute(tried, CLEAN)


def test_what_happens_again_and_again_is_told_once() -> None:
    class Encoder(CapnsafeEncoder):
        def session(self, memory: Any, max_segment_words: int, **options: bool) -> CapnsafeSession:
            class Session(CapnsafeSession):
                def perform(self, operation: Operation) -> object:
                    found = super().perform(operation)
                    return 1 if operation.verb is Verb.GET else found

            return Session(self._builder(memory), capnsafe.Element)

    tried = scenario("h0 = root", "get h0.u8", "get h0.u16", 'set h0.text "a"', "get h0.u32")
    violations = execute(tried, Encoder(capnsafe)).violations
    assert [(found.operation, found.group) for found in violations] == [(1, "P11 get number value")]


def test_timing_covers_the_execution() -> None:
    timing = execute(scenario("h0 = root"), CLEAN, timed=True).timing
    assert timing is not None
    assert min(timing.encoder, timing.oracles, timing.rest) > 0


class BrokenAdapter(CapnsafeEncoder):
    """An adapter with a mistake: its own code raises, not the library's."""

    def __init__(self, error: type[BaseException]) -> None:
        super().__init__(capnsafe, "broken adapter")
        self.error = error

    def session(self, memory: Any, max_segment_words: int, **options: bool) -> CapnsafeSession:
        raises = self.error

        class Session(CapnsafeSession):
            def perform(self, operation: Operation) -> object:
                raise raises("the adapter's mistake")

        return Session(self._builder(memory), capnsafe.Element)


def test_a_mistake_of_the_harness_is_no_finding() -> None:
    with pytest.raises(HarnessError, match="h0 = root") as caught:
        execute(scenario("h0 = root"), BrokenAdapter(ZeroDivisionError))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


class OddAdapter(CapnsafeEncoder):
    """An adapter that cannot say what an exception means, or says what is no failure."""

    def __init__(self, says: object) -> None:
        super().__init__(capnsafe, "odd adapter")
        self.says = says

    def classify(self, error: BaseException) -> Failure:
        if isinstance(self.says, Exception):
            raise self.says
        return cast("Failure", self.says)


@pytest.mark.parametrize("says", [None, "refused", 3])
@pytest.mark.parametrize(
    "lines",
    [
        ("h0 = root", "fault refuse MemoryError allocate 1 once"),
        ("h0 = root", "get h0.u32", "fault re-enter read segment 2 once"),
    ],
)
def test_an_adapter_that_returns_no_failure_is_told_with_its_line(
    says: object, lines: tuple[str, ...]
) -> None:
    with pytest.raises(HarnessError) as caught:
        execute(scenario(*lines), OddAdapter(says))
    line = OddAdapter.classify.__code__.co_firstlineno
    assert isinstance(caught.value.__cause__, TypeError)
    assert f"classify in test_execution.py:{line} returned {says!r}" in str(caught.value.__cause__)


@pytest.mark.parametrize("where", ["re-enter", "finalize"])
def test_an_adapter_that_fails_on_a_call_from_inside_is_not_swallowed(where: str) -> None:
    tried = scenario("h0 = root", "h1 = init h0.child", f"fault {where} read segment 3 once")
    with pytest.raises(HarnessError) as caught:
        execute(tried, OddAdapter(ZeroDivisionError()))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("where", ["re-enter", "finalize"])
def test_an_encoder_that_exits_on_a_call_from_inside_breaks_a_promise(where: str) -> None:
    class Encoder(CapnsafeEncoder):
        def session(self, memory: Any, max_segment_words: int, **options: bool) -> CapnsafeSession:
            class Session(CapnsafeSession):
                def perform(self, operation: Operation) -> object:
                    return self._exit_if_busy(lambda: super(Session, self).perform(operation))

                def output(self) -> bytes:
                    return bytes(self._exit_if_busy(super().output))

                def _exit_if_busy(self, work: Callable[[], Any]) -> Any:
                    try:
                        return work()
                    except (capnsafe.Reentered, capnsafe.Poisoned):
                        sys.exit(0)

            return Session(self._builder(memory), capnsafe.Element)

    tried = scenario("h0 = root", "h1 = init h0.child", f"fault {where} read segment 3 once")
    (violation,) = execute(tried, Encoder(capnsafe)).violations
    assert violation.promise == "P10"
    assert "it raised SystemExit" in violation.detail


def test_an_oracle_that_raises_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        cost = Cost.CHEAP

        def judge(self, record: object) -> object:
            raise ZeroDivisionError

    monkeypatch.setattr(execution, "ORACLES", {"broken": Broken()})
    with pytest.raises(HarnessError):
        execute(scenario("h0 = root"), CLEAN)


@pytest.mark.parametrize("fault", ["fault refuse KeyboardInterrupt allocate 1 once", None])
def test_a_real_interrupt_ends_the_execution(fault: str | None) -> None:
    tried = scenario("h0 = root", *([fault] if fault else []))
    with pytest.raises(KeyboardInterrupt, match="adapter"):
        execute(tried, BrokenAdapter(KeyboardInterrupt))


def test_explain_tells_what_the_first_guilty_operation_broke() -> None:
    tried = scenario(
        "h0 = root",
        "set h0.u32 7",
        'set h0.text "old"',
        'set h0.text "too long for what is left"',
        "get h0.text",
        "fault refuse MemoryError allocate 2 once",
        memory="heap segment_words=37",
    )
    encoder = find_encoder("planted:zero_before_allocate")
    (violation,) = explain(tried, encoder).violations
    assert (violation.operation, violation.group) == (3, "P2 set text contents")
    assert "text is None, not 'old'" in violation.detail
    everything = execute(tried, encoder, each_step=True).violations
    assert len(everything) >= 1


STAYS = "stable segment_words=40"


def test_memory_that_stays_is_asked_for_once() -> None:
    tried = scenario(
        "h0 = root",
        "set h0.u32 7",
        "h1 = init h0.u64s 40",
        "set h1[3] 5",
        'set h0.text "a"',
        'set h0.text "b"',
        "get h0.u32",
        "output",
        memory=STAYS,
    )
    run = Execution(tried, CLEAN, each_step=False, timed=False)
    run.complete()
    calls = [call.kind.value for call in run.subject.hostile.calls]
    assert calls == ["allocate", "segment"] * 2 + ["release"] * 2
    assert [grant.words for grant in run.subject.hostile.grants] == [40, 41]


@pytest.mark.parametrize(
    "fault",
    [
        "move one after 0 always segment=0",
        "shrink nothing any 1 always segment=0",
        "refuse KeyError segment 1 always",
    ],
)
def test_faults_that_break_the_promise_to_stay_are_no_excuse(fault: str) -> None:
    tried = scenario("h0 = root", "set h0.u32 7", f"fault {fault}", memory=STAYS)
    verdict = execute(tried, CLEAN)
    assert verdict.violations == ()
    assert verdict.faults_fired == 0
    assert {situation[1] for situation in verdict.situations} == {"-"}


def test_a_view_of_memory_that_stays_is_seen() -> None:
    tried = scenario("h0 = root", "h1 = init h0.u64s 40", "set h0.u32 7", memory=STAYS)
    (found,) = explain(tried, find_encoder("planted:bytearray_pinned")).violations
    assert (found.group, found.operation) == ("P4 init number-list held-view", 1)


def test_bytes_written_through_a_stale_handle_are_not_left_over() -> None:
    tried = scenario(
        "h0 = root", "h1 = init h0.u16s 1", "clear h0.u16s", "set h1[0] 7", "output", memory=STAYS
    )
    found = explain(tried, find_encoder("planted:quick_path_forgets_staleness")).violations
    assert [violation.group for violation in found] == ["P12 set number element accepted"]


def test_bytes_left_over_are_told_though_a_stale_handle_wrote_later() -> None:
    tried = scenario(
        "h0 = root",
        "h1 = init h0.u16s 1",
        "set h1[0] 7",
        "h2 = init h0.u16s 1",
        "set h1[0] 7",
        "output",
        memory=STAYS,
    )
    encoder = find_encoder("planted:quick_path_forgets_old_value")
    assert [violation.group for violation in execute(tried, encoder).violations] == [
        "P12 set number element accepted",
        "P9 output leftover",
    ]
    (found,) = explain(tried, encoder).violations
    assert (found.group, found.operation) == ("P9 init number-list leftover", 3)


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import sys; exec(sys.stdin.read())"],
        input=program,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
        check=False,
    )


@pytest.mark.process
def test_a_program_of_a_scenario_that_breaks_nothing_runs() -> None:
    tried = scenario(
        "h0 = root",
        "set h0.u32 7",
        "set h0.f64 0x7ff8000000000001",
        "set h0.f64Default 0x3ff0000000000000",
        'set h0.text "a\\"b"',
        'set h0.data x"00ff"',
        "h1 = init h0.child",
        "set h1.flagDefault false",
        "h2 = init h1.smalls 3",
        "h3 = open h2[1]",
        'set h3.label "q"',
        "h4 = init h0.matrix 2",
        "h5 = init h4[1] 3",
        "set h5[2] 65535",
        "get h5[2]",
        "h6 = init h0.f32s 2",
        "set h6[0] 0xff800000",
        "h7 = reopen",
        "h8 = open h7.child",
        "clear h0.child",
        "output",
        "fault move all any 3 always",
    )
    program = script(tried, CLEAN)
    finished = run(program)
    assert finished.returncode == 0, finished.stderr + program


@pytest.mark.process
def test_a_program_over_memory_that_stays() -> None:
    tried = scenario("h0 = root", 'set h0.text "a"', memory=STAYS)
    program = script(tried, CLEAN)
    assert "HeapAllocator(segment_words=40, growth=False)" in program
    assert "HostileAllocator(honest, faults, stable=True)" in program
    assert "guards" not in program
    finished = run(program)
    assert finished.returncode == 0, finished.stderr + program
    overwritten = scenario("h0 = root", 'set h0.text "a"', 'set h0.text "b"', memory=STAYS)
    finished = run(script(overwritten, find_encoder("planted:quick_path_forgets_old_value")))
    assert finished.returncode == 1
    assert "AssertionError" in finished.stderr
    finished = run(script(overwritten, CLEAN))
    assert finished.returncode == 0, finished.stderr


class Lacking(Exception):
    """The library has no such operation."""


class PartialEncoder(CapnsafeEncoder):
    """Says that it does not have a verb, or output: before it does it, after it, or if it fails."""

    def __init__(self, verb: Verb | None, how: str = "before") -> None:
        super().__init__(capnsafe, "partial")
        self.verb = verb
        self.how = how

    def classify(self, error: BaseException) -> Failure:
        return Failure.UNSUPPORTED if isinstance(error, Lacking) else super().classify(error)

    def session(self, memory: Any, max_segment_words: int, **options: bool) -> CapnsafeSession:
        verb, how = self.verb, self.how

        class Session(CapnsafeSession):
            def perform(self, operation: Operation) -> object:
                if operation.verb is not verb or how == "output":
                    return super().perform(operation)
                if how == "before":
                    raise Lacking
                try:
                    value = super().perform(operation)
                except capnsafe.Error:
                    raise Lacking from None
                if how == "after":
                    raise Lacking
                return value

            def output(self) -> bytes:
                if how == "output":
                    raise Lacking
                return super().output()

        return Session(self._builder(memory), capnsafe.Element)


PARTLY = scenario(
    "h0 = root",
    "set h0.u32 7",
    "h1 = init h0.u16s 3",
    "set h1[0] 5",
    "set h1[9] 5",
    "h2 = init h0.u16s 2",
    "set h1[0] 5",
    'set h0.text "x"',
)


def test_what_an_encoder_does_not_support_is_left_out() -> None:
    encoder = PartialEncoder(Verb.INIT)
    record = observe(PARTLY, encoder)
    assert [str(step.failure or step.outcome) for step in record.steps] == [
        "done", "done", "unsupported", "skipped", "skipped", "unsupported", "skipped", "done",
        "done", "done",
    ]  # fmt: skip
    verdict = execute(PARTLY, encoder, each_step=True, costly=True)
    assert verdict.violations == ()
    assert ("init number-list", "-", "unsupported") in verdict.situations
    assert "not supported: " in "\n".join(tell(PARTLY, encoder))


def test_a_story_tells_the_calls_of_a_canonical_form() -> None:
    told = tell(scenario("h0 = root", "canonical", "h1 = init h0.child"), CLEAN)
    (canonical,) = [at for at, line in enumerate(told) if line.endswith("canonical")]
    assert "allocate(" not in "\n".join(told[canonical : canonical + 3])
    assert told[-1].endswith("= done")
    assert "release(segment 0" in told[-2] or "release(segment 0" in told[-3]


def test_a_story_tells_calls_from_inside_with_the_step_around_them() -> None:
    tried = scenario(
        "h0 = root",
        "h1 = init h0.texts 0",
        "h2 = init h0.texts 1",
        "fault re-enter read allocate 2 once",
        memory="pool segment_words=1 total_words=36",
    )
    told = tell(tried, CLEAN)
    (output, close) = [at for at, line in enumerate(told) if "added to every program" in line]
    assert "allocate(" not in "\n".join(told[output:])
    assert "release(segment 0" in "\n".join(told[close:])


def test_a_story_leaves_out_calls_if_there_are_many() -> None:
    texts = [f'set h1[{index}] "more than one word"' for index in range(50)]
    memory = "heap segment_words=1"
    told = tell(scenario("h0 = root", "h1 = init h0.texts 50", *texts, memory=memory), CLEAN)
    (output, close) = [at for at, line in enumerate(told) if "added to every program" in line]
    calls = told[output + 1 : close]
    assert [line for line in calls if "more calls" in line] == [
        "       . (here were 12 more calls)"
    ]
    assert sum("segment(segment" in line for line in calls) == 40


def test_a_stale_handle_or_an_index_may_be_unsupported() -> None:
    verdict = execute(PARTLY, PartialEncoder(Verb.SET), each_step=True)
    assert verdict.violations == ()
    assert ("set number", "-", "unsupported") in verdict.situations


def test_a_call_from_inside_may_be_unsupported() -> None:
    tried = scenario("h0 = root", "h1 = init h0.child", "fault re-enter read segment 1 once")
    assert execute(tried, PartialEncoder(Verb.GET)).violations == ()


@pytest.mark.parametrize("memory", ["heap segment_words=64", "stable segment_words=64"])
@pytest.mark.parametrize("verb", [Verb.SET, Verb.INIT])
def test_an_encoder_that_has_written_does_not_get_away_with_unsupported(
    verb: Verb, memory: str
) -> None:
    tried = scenario("h0 = root", "h1 = init h0.u16s 3", "set h0.u32 7", memory=memory)
    (violation, *_) = execute(tried, PartialEncoder(verb, "after")).violations
    assert violation.promise == "P2"
    assert "and changed the message" in violation.detail


def test_an_encoder_does_not_hide_what_the_memory_raised_behind_unsupported() -> None:
    tried = scenario("h0 = root", "h1 = init h0.u16s 3", "fault refuse OSError after 0 once")
    (violation,) = execute(tried, PartialEncoder(Verb.INIT, "hiding")).violations
    assert violation.promise == "P1"
    assert "cause" in violation.detail


def test_output_must_be_supported() -> None:
    for tried in (scenario("h0 = root"), scenario("h0 = root", "output")):
        violations = execute(tried, PartialEncoder(None, "output")).violations
        assert {violation.promise for violation in violations} == {"P11"}
