"""Programs printed from scenarios: each kind of check fails where what it checks does not hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.encoders.protocol import Account, Attempt, Failure, Proof, ProofKind
from capnsafe_fuzz.execution import script
from capnsafe_fuzz.scenario import MemorySpec, Scenario, parse_scenario

CLEAN = find_encoder("capnsafe")


def scenario(*lines: str) -> Scenario:
    head = ["capnsafe scenario 1", "memory heap segment_words=64", "limit max_segment_words=4096"]
    return parse_scenario("\n".join([*head, *lines, ""]))


def program(tried: Scenario, proof: Proof, *attempts: Attempt) -> str:
    account = Account(attempts or done(len(tried.operations)), "P0: a sentence", proof)
    return CLEAN.script(tried, account)


def done(count: int) -> tuple[Attempt, ...]:
    return tuple(Attempt(index, True) for index in range(count))


def passes(text: str) -> bool:
    try:
        exec(compile(text, "<program>", "exec"), {"__name__": "program"})
    except SystemExit as ended:
        return ended.code == 0
    except (Exception, KeyboardInterrupt):
        return False
    return True


SET = scenario("h0 = root", "set h0.u32 7")
GET = scenario("h0 = root", "set h0.f64 0x4000000000000000", "get h0.f64")
STALE = scenario("h0 = root", "h1 = init h0.child", "clear h0.child", "get h1.u32")
DEEP = scenario(
    "h0 = root",
    "h1 = init h0.children 2",
    "h2 = open h1[1]",
    "h3 = init h2.matrix 2",
    "h4 = init h3[0] 3",
    "set h4[2] 9",
    "h5 = init h2.texts 2",
    "h6 = init h2.f32s 2",
    "set h6[1] 0x3f800000",
    "h7 = init h2.units 4",
    "set h2.flagDefault false",
)
REFUSED = scenario("h0 = root", "fault refuse MemoryError allocate 1 once")
INTERRUPTED = scenario("h0 = root", "fault refuse KeyboardInterrupt allocate 1 once")


def reads(path: tuple[str | int, ...], expected: Any) -> Proof:
    return Proof(ProofKind.READS, path, expected)


@pytest.mark.parametrize(
    ("tried", "right", "wrong"),
    [
        (GET, *(Proof(ProofKind.VALUE, expected=bits) for bits in (2**62, 2**62 + 1))),
        (
            scenario("h0 = root", "h1 = open h0.child"),
            *(Proof(ProofKind.VALUE, expected=expected) for expected in (False, True)),
        ),
        (SET, reads(("u32",), 7), reads(("u32",), 8)),
        (SET, reads(("child",), None), reads(("small", "number"), 0)),
        (SET, reads(("text",), None), reads(("text",), "")),
        (DEEP, reads(("children", 1, "matrix", 0, 2), 9), reads(("children", 0, "text"), "")),
        (DEEP, reads(("children", 1, "matrix", 1), None), reads(("children",), [0] * 3)),
        (DEEP, reads(("children", 1, "texts", 1), None), reads(("children", 1, "texts", 1), "")),
        (DEEP, reads(("children", 1, "f32s", 1), 0x3F800000), reads(("children", 1, "f32s", 1), 0)),
        (DEEP, reads(("children", 1, "units"), ("count", 4)), reads(("i8s",), [1])),
        (
            DEEP,
            reads(("children", 1, "flagDefault"), False),
            reads(("children", 0, "flagDefault"), False),
        ),
        (SET, reads((), {}), reads((), None)),
        (
            STALE,
            Proof(ProofKind.REFUSAL, failure=Failure.STALE),
            Proof(ProofKind.REFUSAL, failure=Failure.INDEX),
        ),
        (STALE, Proof(ProofKind.REFUSAL), Proof(ProofKind.SUCCESS)),
        (STALE, Proof(ProofKind.OWN_ERROR), Proof(ProofKind.CAUSE)),
        (SET, Proof(ProofKind.SUCCESS), Proof(ProofKind.REFUSAL)),
        (REFUSED, Proof(ProofKind.CAUSE), Proof(ProofKind.INTERRUPT)),
        (INTERRUPTED, Proof(ProofKind.INTERRUPT), Proof(ProofKind.OWN_ERROR)),
        (
            SET,
            Proof(ProofKind.ZERO, word=3, expected=0xFF << 56),
            Proof(ProofKind.ZERO, word=3, expected=7 << 32),
        ),
        (
            SET,
            Proof(ProofKind.ZERO, word=99, expected=1),
            Proof(ProofKind.ZERO, word=0, expected=2**64 - 1),
        ),
        (SET, Proof(ProofKind.EVIDENCE), Proof(ProofKind.REFUSAL)),
    ],
)
def test_a_check_holds_or_fails(tried: Scenario, right: Proof, wrong: Proof) -> None:
    assert passes(program(tried, right)), program(tried, right)
    assert not passes(program(tried, wrong)), program(tried, wrong)


def test_what_failed_before_is_caught_and_told() -> None:
    attempts = (Attempt(0, False), Attempt(0, True))
    proof = reads(("u32",), 0)
    assert passes(program(REFUSED, proof, *attempts))
    assert not passes(program(REFUSED, proof, Attempt(0, True)))
    interrupted = Attempt(0, False, interrupted=True)
    assert passes(program(INTERRUPTED, proof, interrupted, Attempt(0, True)))


def test_what_a_right_encoder_may_refuse_is_caught() -> None:
    tried = scenario("h0 = root", "get h0.u32", "get h0.u32", "fault refuse KeyError after 0 once")
    proof = Proof(ProofKind.REFUSAL)
    succeeded = Attempt(1, True)
    last = Attempt(2, True)
    assert not passes(program(tried, proof, Attempt(0, True), succeeded, last))
    assert passes(program(tried, proof, Attempt(0, True), Attempt(1, True, may_fail=True), last))


def test_what_was_skipped_is_not_done() -> None:
    tried = scenario("h0 = root", "h1 = open h0.child", "set h1.u32 7")
    attempts = (*done(2), Attempt(2, False, skipped=True))
    assert "# skipped: set h1.u32 7" in program(tried, Proof(ProofKind.EVIDENCE), *attempts)
    assert passes(program(tried, Proof(ProofKind.EVIDENCE), *attempts))


def test_a_leak_shows_at_the_end() -> None:
    text = program(SET, Proof(ProofKind.EVIDENCE), *done(2), Attempt(2, True), Attempt(3, True))
    assert passes(text)
    assert not passes(text.replace("message.close()", "pass"))


def test_faults_after_an_operation_get_their_moment() -> None:
    tried = scenario("h0 = root", "get h0.u32", "fault refuse OSError after 0 always")
    assert passes(program(tried, Proof(ProofKind.REFUSAL)))


def test_a_call_from_inside_is_made_before_there_is_a_root() -> None:
    """As the harness makes it: it asks for output then."""
    tried = scenario("h0 = root", "fault re-enter read segment 1 once")
    planted = find_encoder("planted:build_inside_build").script(
        tried, Account(done(1), "P0: a sentence", Proof(ProofKind.SUCCESS))
    )
    assert not passes(planted)
    assert passes(program(tried, Proof(ProofKind.SUCCESS)))


@pytest.mark.parametrize(
    ("bug", "tried"),
    [
        ("limit_ignored", replace(scenario("h0 = root"), max_segment_words=1)),
        ("grant_asked_for_again", scenario("h0 = root", "fault short zero allocate 1 once")),
        (
            "grown_into_another",
            replace(
                scenario(
                    "h0 = root",
                    "h1 = init h0.u16s 1",
                    "h2 = init h0.smalls 0",
                    "h3 = init h0.small",
                    "fault alias overlap after 1 once segment=0 amount=2",
                ),
                memory=MemorySpec("heap", 3, grows=True),
                max_segment_words=35,
            ),
        ),
    ],
)
def test_a_program_runs_where_a_right_encoder_fails(bug: str, tried: Scenario) -> None:
    """Beyond the limit, or for a reason that memory gave: nothing is compared then."""
    text = script(tried, find_encoder(f"planted:{bug}"))
    loading = f"capnsafe = load_package({bug!r})"
    assert loading in text
    assert not passes(text)
    assert passes(text.replace(loading, "import capnsafe"))


def test_lines_are_fit_to_read() -> None:
    text = program(SET, Proof(ProofKind.SUCCESS))
    assert "h0.set_uint32(5, 7)  # set h0.u32 7" in text
    assert text.startswith("# P0: a sentence\n")
    assert "capnsafe_fuzz" not in text
