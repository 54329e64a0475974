"""Programs for bug reports: they need the library alone, and show the breach."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign.judge import Judge
from capnsafe_fuzz.encoders.driven.encoder import DrivenEncoder
from capnsafe_fuzz.encoders.driven.programs.running import run_cpp, run_python, run_rust
from capnsafe_fuzz.execution import execute, explain, scripts
from capnsafe_fuzz.known_drivers import COMMANDS, missing
from capnsafe_fuzz.scenario import Scenario, parse_scenario

pytestmark = pytest.mark.process


def scenario(rest: str, segment_words: int = 37) -> Scenario:
    return parse_scenario(
        f"capnsafe scenario 1\nmemory heap segment_words={segment_words}\n"
        f"limit max_segment_words=536870911\nh0 = root\n{rest}"
    )


@pytest.fixture(scope="module")
def pycapnp() -> Iterator[DrivenEncoder]:
    encoder = DrivenEncoder("pycapnp", COMMANDS["pycapnp"]())
    yield encoder
    encoder.processes.close()


def compiled(name: str) -> Iterator[DrivenEncoder]:
    command = COMMANDS[name]()
    if missing(command):
        pytest.skip("make drivers has not built it")
    encoder = DrivenEncoder(name, command)
    yield encoder
    encoder.processes.close()


@pytest.fixture(scope="module")
def cpp() -> Iterator[DrivenEncoder]:
    yield from compiled("cpp")


@pytest.fixture(scope="module")
def rust() -> Iterator[DrivenEncoder]:
    yield from compiled("rust")


def program_about(found: Scenario, encoder: DrivenEncoder, group: str) -> str:
    assert group in [one.group for one in explain(found, encoder, costly=True).violations]
    program = scripts(found, encoder, group)[0]
    assert "capnsafe" not in program
    return program


LOST = 'set h0.text "old"\nset h0.text "too long for the first segment"\n'
LOST += "fault refuse OSError allocate 2 once\n"
ENDLESS = "h1 = init h0.children 1\ncopy h1[0] h0\n"
"""These libraries copy an object into itself until there is no more memory."""
LIST_AFTER_MOVE = """\
select h0.choice mixed
h1 = init h0.choice.mixed
copy h1.other h0
set h1.other ""
h2 = open h1.other List(AnyPointer)
fault move one allocate 3 once segment=1
"""
"""The library finds a text where the program expects a list of pointers."""


@pytest.mark.parametrize(
    ("rest", "group"),
    [
        pytest.param(LOST, "P2 set text contents", id="the message changed"),
        pytest.param(
            "set h0.u32 8\nfault move one after 0 once\n",
            "P3 set number stale-write",
            id="a place that was left was written",
        ),
        pytest.param(
            "fault garble none segment 1 once\n",
            "P1 root pycapnp.SIGABRT after segment",
            id="the process dies",
        ),
        pytest.param(
            "fault garble read-only segment 1 once\n",
            "P1 root pycapnp.SIGSEGV after segment",
            id="read-only memory is written",
        ),
        pytest.param(
            "h1 = init h0.u16s 1\nset h1[0] 1\ncopy h0.u16s h1\n",
            "P11 copy number-list contents",
            id="without faults",
        ),
        pytest.param(
            ENDLESS,
            "P1 copy struct element pycapnp.endless after allocate",
            id="it never stops asking for memory",
        ),
    ],
)
def test_a_program_of_pycapnp(pycapnp: DrivenEncoder, rest: str, group: str) -> None:
    found = scenario(rest)
    program = program_about(found, pycapnp, group)
    assert program.splitlines()[1].startswith(f"# {group[:3].strip()}: ")
    assert run_python(program) == ""


@pytest.mark.parametrize(
    ("rest", "group"),
    [
        (LOST, "P2 set text contents"),
        ("set h0.u32 8\nfault move one after 0 once\n", "P3 set number stale-write"),
        ("fault garble none segment 1 once\n", "P1 root capnproto.SIGSEGV after segment"),
        (ENDLESS, "P1 copy struct element capnproto.endless after allocate"),
        (
            'set h0.text "too long for the first segment"\nfault alias same allocate 2 once\n',
            "P3 set text shared",
        ),
    ],
)
def test_a_program_in_cpp(cpp: DrivenEncoder, rest: str, group: str) -> None:
    assert run_cpp(program_about(scenario(rest), cpp, group)) == ""
    assert run_cpp("int main() {").startswith("it does not compile: ")


def test_a_program_in_cpp_that_finds_another_kind_of_list(cpp: DrivenEncoder) -> None:
    # The library opens each list as one of pointers, so the program must look, as the driver does.
    group = "P11 open any as any-list capnproto.kj::Exception driver.cpp"
    found = scenario(LIST_AFTER_MOVE, segment_words=36)
    assert group in [one.group for one in execute(found, cpp).violations]
    assert run_cpp(scripts(found, cpp, group)[0]) == ""


@pytest.mark.parametrize(
    ("rest", "group"),
    [
        (LOST, "P2 set text contents"),
        ("set h0.u32 8\nfault move one after 0 once\n", "P3 set number stale-write"),
        ("fault short zero allocate 1 once\n", "P1 root capnproto-rust.panic message.rs"),
        (ENDLESS, "P1 copy struct element capnproto-rust.endless after allocate"),
    ],
)
def test_a_program_in_rust(rust: DrivenEncoder, rest: str, group: str) -> None:
    assert run_rust(program_about(scenario(rest), rust, group)) == ""


def test_a_library_that_asks_for_far_too_much(rust: DrivenEncoder) -> None:
    # The pointers of the original lead to objects that are as large as possible.
    program = "h1 = init h0.children 3\nh2 = new h1\ncopy h1[2] h0\n"
    faults = "fault scribble struct after 1 once segment=0 amount=28\n"
    faults += "fault scribble struct after 0 once segment=0 amount=2\n"
    found = scenario(program + faults, segment_words=1024)
    (group,) = [one.group for one in execute(found, rust).violations]
    assert group == "P1 copy struct element capnproto-rust.endless after allocate"
    assert run_rust(scripts(found, rust, group)[0]) == ""


def test_a_root_that_is_gone(rust: DrivenEncoder) -> None:
    program = f"""\
select h0.choice words
set h0.choice.words "{"x" * 38}"
select h0.choice number
h1 = reopen
"""
    found = scenario(f"{program}fault alias same allocate 1 once segment=0\n", segment_words=6)
    groups = [one.group for one in execute(found, rust).violations]
    assert "P11 reopen null" in groups, groups
    assert run_rust(scripts(found, rust, "P11 reopen null")[0]) == ""


def test_bytes_that_were_put_back_before_the_last_step(pycapnp: DrivenEncoder) -> None:
    faults = "fault vanish swap after 0 always segment=0\n"
    faults += "fault shrink below-used after 0 once segment=0 amount=0\n"
    found = scenario(f"set h0.i32 0\n{faults}", segment_words=1)
    programs = scripts(found, pycapnp, "P3 output guard")
    assert "" in [run_python(program) for program in programs[:2]]


@pytest.mark.parametrize("library", ["pycapnp", "cpp", "rust"])
def test_a_message_of_thousands_of_segments(library: str, request: pytest.FixtureRequest) -> None:
    encoder: DrivenEncoder = request.getfixturevalue(library)
    endless = scenario(ENDLESS, segment_words=1)
    assert len(scripts(endless, encoder)[0]) < 10_000


def test_a_program_is_about_the_breach_that_is_meant(cpp: DrivenEncoder) -> None:
    shrink = "fault shrink below-used after 0 once segment=0 amount=0\n"
    found = scenario(f"copy h0.child h0\n{shrink}", segment_words=1024)
    groups = [one.group for one in execute(found, cpp).violations]
    assert {group[:2] for group in groups} == {"P1", "P3"}
    for group in groups:
        program = scripts(found, cpp, group)[0]
        assert program.splitlines()[1].startswith(f"// {group.partition(' ')[0]}: ")


def test_a_program_without_a_breach_runs(pycapnp: DrivenEncoder) -> None:
    (program,) = scripts(scenario('set h0.text "a"\nh1 = init h0.i8s 3\nset h1[2] -1\n'), pycapnp)
    assert "exits with 1" not in program
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_program_that_shows_nothing_is_told(pycapnp: DrivenEncoder) -> None:
    lost = scripts(scenario(LOST), pycapnp)[0]
    assert run_python(lost.replace("raise RuntimeError('refused", "return memory[8192:16384]  #"))
    dies = scripts(scenario("fault garble none segment 1 once\n"), pycapnp)[0]
    assert run_python(dies.replace("return None", "return memory[4160:]")) == (
        "it ends with exit code 0 and not with SIGABRT"
    )


def test_the_judge_prints_and_checks_it(tmp_path: Path) -> None:
    with Judge("builder", timeout=10.0, memory_limit=None) as judge:
        printed = judge.program("pycapnp", scenario(LOST), group="P2 set text contents")
    assert (printed.trouble, printed.suffix) == ("", ".py")
    assert "# P2: set text raised" in printed.text
