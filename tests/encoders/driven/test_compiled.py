"""The libraries whose drivers are compiled: without faults, and with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign.features import Features
from capnsafe_fuzz.encoders.driven.encoder import DrivenEncoder
from capnsafe_fuzz.execution import execute, explain
from capnsafe_fuzz.known_drivers import COMMANDS, missing
from capnsafe_fuzz.scenario import Scenario, Verb, parse_scenario

CORPUS = Path(__file__).parents[3] / "corpus" / "builder"

pytestmark = pytest.mark.process


def driven(name: str) -> Iterator[DrivenEncoder]:
    command = COMMANDS[name]()
    if missing(command):
        pytest.skip("make drivers has not built it")
    encoder = DrivenEncoder(name, command)
    yield encoder
    encoder.processes.close()


@pytest.fixture(scope="module")
def cpp() -> Iterator[DrivenEncoder]:
    yield from driven("cpp")


@pytest.fixture(scope="module")
def rust() -> Iterator[DrivenEncoder]:
    yield from driven("rust")


def scenario(program: str, fault: str, segment_words: int = 37) -> Scenario:
    return parse_scenario(
        f"capnsafe scenario 1\nmemory heap segment_words={segment_words}\n"
        f"limit max_segment_words=536870911\n{program}{fault}"
    )


def test_it_says_what_it_is(cpp: DrivenEncoder) -> None:
    hello = cpp.check()
    assert (hello.library, hello.version, hello.language) == ("capnproto", "1.3.0", "C++")
    assert set(hello.demands) == {"zeroed", "enough", "fixed", "whole"}


@pytest.mark.parametrize("library", ["cpp", "rust"])
def test_without_faults_it_breaks_no_promise(library: str, request: pytest.FixtureRequest) -> None:
    encoder: DrivenEncoder = request.getfixturevalue(library)
    for path in sorted(CORPUS.rglob("*.scenario"))[::4]:
        found = parse_scenario(path.read_text())
        if any(operation.verb in (Verb.COPY, Verb.OPEN) for operation in found.operations):
            # Below: copies of an object to its own place. Older lists open as newer ones.
            continue
        plain = replace(found, faults=(), memory=replace(Scenario().memory, segment_words=20))
        assert execute(plain, encoder).violations == (), path


@pytest.mark.parametrize("opened", ["open h1.any", "unwrap h3"])
def test_structs_are_no_list_of_pointers_in_the_api_of_c(cpp: DrivenEncoder, opened: str) -> None:
    disowned = "h3 = disown h1.any\n" if "unwrap" in opened else "h3 = open h1.any List(Newer)\n"
    program = (
        "h0 = root\nselect h0.choice mixed\nh1 = init h0.choice.mixed\n"
        f"h2 = init h1.any List(Newer) 2\n{disowned}h4 = {opened} List(AnyPointer)\n"
    )
    verdict = execute(scenario(program, ""), cpp)
    assert verdict.violations == ()
    left_out = [name for name, _, outcome in verdict.situations if outcome == "unsupported"]
    assert len(left_out) == 1
    assert left_out[0].startswith(opened.split()[0])


@pytest.mark.parametrize("library", ["cpp", "rust"])
@pytest.mark.parametrize("kind", ["KeyboardInterrupt", "MemoryError"])
def test_a_release_that_raises(library: str, kind: str, request: pytest.FixtureRequest) -> None:
    encoder: DrivenEncoder = request.getfixturevalue(library)
    found = scenario("h0 = root\n", f"fault refuse {kind} release 1 once\n")
    assert explain(found, encoder).violations == ()


@pytest.mark.parametrize(
    ("program", "fault", "group"),
    [
        pytest.param(
            'h0 = root\nset h0.text "old"\nset h0.text "too long for the first segment"\n',
            "fault refuse MemoryError allocate 2 once\n",
            "P2 set text contents",
            id="the old value is lost when memory is refused",
        ),
        pytest.param(
            "h0 = root\nset h0.u32 8\n",
            "fault move one after 0 once\n",
            "P3 set number stale-write",
            id="it writes to a place that was left",
        ),
        pytest.param(
            "h0 = root\n",
            "fault garble none segment 1 once\n",
            "P1 root capnproto.SIGSEGV after segment",
            id="no memory is a null pointer",
        ),
        pytest.param(
            "h0 = root\nh1 = init h0.u16s 1\nset h1[0] 1\ncopy h0.u16s h1\n",
            "",
            "P11 copy number-list contents",
            id="a copy to its own place is empty",
        ),
    ],
)
def test_what_faults_do(cpp: DrivenEncoder, program: str, fault: str, group: str) -> None:
    groups = [found.group for found in explain(scenario(program, fault), cpp).violations]
    assert group in groups


@pytest.mark.parametrize(
    ("program", "fault", "group"),
    [
        ("set h0.u32 8\n", "fault move one after 0 once\n", "P3 set number stale-write"),
        (
            'set h0.text "old"\nset h0.text "too long for the first segment"\n',
            "fault refuse MemoryError allocate 2 once\n",
            "P2 set text contents",
        ),
        # "allocate root pointer"
        (
            "",
            "fault short zero allocate 1 once\n",
            "P1 root capnproto-rust.panic message.rs",
        ),
    ],
)
def test_what_faults_do_to_rust(rust: DrivenEncoder, program: str, fault: str, group: str) -> None:
    found = explain(scenario(f"h0 = root\n{program}", fault), rust).violations
    assert group in [one.group for one in found]


@pytest.mark.parametrize("library", ["cpp", "rust"])
def test_it_reports_the_code_that_ran(library: str, request: pytest.FixtureRequest) -> None:
    command = COMMANDS[request.getfixturevalue(library).name]()
    encoder = DrivenEncoder(library, command)
    features = Features(encoder)
    short, long = scenario("h0 = root\n", ""), scenario('h0 = root\nset h0.text "abc"\n', "")
    # The library may run at the start of the process, which belongs to no scenario.
    assert encoder.able("coverage")
    before = encoder.covered()
    found = []
    # Some code runs at other counts in a process that has done the same before.
    for one in (short, short, short, long, long):
        execute(one, encoder)
        found.append(len(features.take_new()))
    encoder.processes.close()
    assert len(before) > 1000
    assert not any(before)
    assert found[0] > 50
    assert found[2] == 0
    assert found[3] > 10
    assert found[4] == 0


@pytest.mark.parametrize("library", ["cpp", "rust"])
def test_a_death_tells_the_code_that_ran(library: str, request: pytest.FixtureRequest) -> None:
    command = COMMANDS[request.getfixturevalue(library).name]()
    encoder = DrivenEncoder(library, command)
    found = execute(scenario("h0 = root\n", "fault garble none segment 1 once\n"), encoder)
    assert {one.promise for one in found.violations} == {"P1"}
    assert any(encoder.covered())
    encoder.processes.close()


@pytest.mark.parametrize("name", ["cpp-sanitized", "rust-sanitized"])
def test_no_sanitizer_complains_without_faults(name: str) -> None:
    command = COMMANDS[name]()
    if missing(command):
        pytest.skip("make drivers ARGS=--sanitize has not built it")
    encoder = DrivenEncoder(name, command)
    program = 'h0 = root\nset h0.text "abc"\nh1 = init h0.smalls 3\nclear h0.smalls\noutput\n'
    assert explain(scenario(program, ""), encoder).violations == ()
    refused = scenario("h0 = root\n", "fault garble none segment 1 once\n")
    ends = [one.group for one in execute(refused, encoder).violations]
    encoder.processes.close()
    # In Rust, null is a length of 0 first, and a panic.
    assert ends[0].rpartition(".")[2].startswith(("AddressSanitizer-SEGV", "rs"))


def test_an_operation_that_was_left_out_is_not_blamed(rust: DrivenEncoder) -> None:
    program = "h0 = root\nh1 = disown h0.text\n"
    found = execute(scenario(program, "fault dirty pointers allocate 2 once\n", 1), rust)
    assert ("disown text", "-", "unsupported") in found.situations
    # The dirt came with the root.
    assert {one.group for one in found.violations} == {"P9 output dirt"}


def test_a_process_that_dies_in_close_is_not_blamed_for_its_memory(cpp: DrivenEncoder) -> None:
    program = "h0 = root\nh1 = disown h0.child\n"
    found = execute(scenario(program, "fault dirty filler allocate 2 once\n", 1), cpp)
    broken = {one.group for one in found.violations}
    assert "P1 close capnproto.SIGSEGV before any call of the allocator" in broken
    assert "P8" not in {one.promise for one in found.violations}
