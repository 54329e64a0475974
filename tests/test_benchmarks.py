"""The benchmarks: they run, they measure what they claim, and they write to the named files."""

from __future__ import annotations

import gc
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign.failures import EnvironmentFailedError
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.execution import execute
from click.testing import CliRunner, Result

from benchmarks import address_book, cli, generated, harness, hot_spots, present, reading, space
from benchmarks.circumstances import Circumstances
from benchmarks.costs import CASES
from benchmarks.measure import Comparison, Effort, compare
from benchmarks.memory import MovingAllocator
from benchmarks.registry import BENCHMARKS, Benchmark
from benchmarks.results import CampaignSpeed, Crossover, Ratio, Share
from capnsafe import HeapAllocator, load

pytestmark = [pytest.mark.process, pytest.mark.release]

TINY = Effort(
    batch_seconds=0.0002, pairs=3, runs=30, scenarios=2, rounds=2, objects=2000, large_pairs=2
)

DOCUMENT = f"""# Numbers

before, with {"{braces}"} and \\1

{present.BEGIN}
old
{present.END}

after
"""


def measure(name: str) -> list[Ratio | CampaignSpeed | Share | Crossover]:
    return list(BENCHMARKS[name].measure(TINY))


def ratios(name: str) -> list[Ratio]:
    return [result for result in measure(name) if isinstance(result, Ratio)]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command measure as little as it can."""
    monkeypatch.setattr(cli, "Effort", lambda: TINY)


def command(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.main, [str(argument) for argument in arguments])


# -- measuring -----------------------------------------------------------------------------------


def spin(turns: int) -> None:
    for _ in range(turns):
        pass


@pytest.mark.parametrize("factor", [0.5, 1, 3])
def test_a_known_ratio_is_found(factor: float) -> None:
    found = compare(
        lambda: spin(round(4000 * factor)),
        lambda: spin(4000),
        Effort(batch_seconds=0.001, pairs=21),
    )
    assert found.ratio == pytest.approx(factor, rel=0.25)
    assert found.low <= found.ratio <= found.high
    # Each side's own median is as noisy as the machine: only a mix-up of the two would show.
    assert found.ours > 0 < found.theirs
    if factor == 3:
        assert found.ours > found.theirs


def test_calls_and_bytecodes_are_counted() -> None:
    def row(turns: int, times: int) -> list[str]:
        def twice() -> None:
            spin(turns)
            spin(turns)

        spot = hot_spots.Spot("spins", twice, times, items=2)
        (line,) = (line for line in hot_spots.table(spot) if ".spin`" in line)
        return [cell.strip() for cell in line.strip("|").split("|")]

    few, same, many = row(10, 1), row(10, 5), row(110, 1)
    assert few[:3] == same[:3]
    assert few[:2] == many[:2] == ["`test_benchmarks.spin`", "1"]
    in_a_turn = (int(many[2]) - int(few[2])) / 100
    assert in_a_turn in (2, 3, 4)


def test_memory_beside_the_segments_is_counted() -> None:
    plain, verified = (space.measure(5_000, verify=verify) for verify in (False, True))
    assert plain.segments == verified.segments > 50
    assert 0 < plain.kept < 0.3
    # The private copy, and what the output is.
    assert 0.9 < verified.kept - plain.kept < 1.2
    assert 1 <= plain.as_bytes <= plain.kept + plain.as_bytes < 1.3
    assert verified.as_bytes >= 1


def test_memory_is_counted_alike_after_a_profiler() -> None:
    _, before = (space.measure(5_000, verify=False) for _ in range(2))
    hot_spots.bytecodes(hot_spots.Spot("spins", lambda: spin(10), 1))
    after = space.measure(5_000, verify=False)
    assert after.kept == pytest.approx(before.kept, abs=0.02)


def test_every_hot_spot_is_where_its_name_says() -> None:
    for spot in hot_spots.spots():
        table = "\n".join(hot_spots.table(replace(spot, times=1)))
        assert table.startswith(f"| {spot.title} | calls | bytecodes | share of time |")
        assert "/" not in table


def test_both_sides_run_and_take_turns_in_being_first() -> None:
    order: list[str] = []

    def work(name: str) -> None:
        order.append(name)
        spin(2000)

    compare(lambda: work("a"), lambda: work("b"), Effort(batch_seconds=0, pairs=4))
    # One call each finds out how many make a batch.
    assert "".join(order) == "ab" + "abbaabba"


def test_a_slow_moment_changes_one_pair_and_not_the_median() -> None:
    quiet = [(2.0, 1.0)] * 8
    assert Comparison.of([*quiet, (50.0, 1.0)]).ratio == 2.0
    assert Comparison.of([*quiet, (50.0, 25.0)]) == Comparison(2.0, 1.0, 2.0, 2.0, 2.0)


def test_an_item_costs_its_share_of_a_call_at_the_same_ratio() -> None:
    assert Comparison(6.0, 3.0, 2.0, 1.5, 2.5).per(3) == Comparison(2.0, 1.0, 2.0, 1.5, 2.5)


def test_the_collector_works_again_afterwards() -> None:
    def fail() -> None:
        if not gc.isenabled():
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        compare(fail, fail, TINY)
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


# -- the benchmarks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "budget"),
    [
        ("noise", None),
        ("B1", 1.6),
        ("B2", 3.0),
        ("B3", 1.5),
        ("B4", 1.3),
        ("B7", 2.0),
        ("B8", 4.0),
        ("B10", 2.5),
    ],
)
def test_each_ratio_has_its_row_and_its_budget(name: str, budget: float | None) -> None:
    found = ratios(name)
    assert {result.id for result in found} == {name}
    assert len(found) == {"B3": 2, "B4": 2, "B7": 2, "B8": len(CASES), "B10": 2}.get(name, 1)
    for result in found:
        assert result.comparison.ratio > 0
        assert result.comparison.low <= result.comparison.high
        assert result.budget == budget


@pytest.mark.parametrize(("ratio", "met"), [(1.99, True), (2.0, True), (2.01, False)])
def test_a_budget_is_met_up_to_itself(ratio: float, met: bool) -> None:
    result = Ratio("B1", "", "", "", Comparison(ratio, 1, ratio, 0, 9), 2.0)
    assert result.met is met
    assert result.to_json()["met"] is met


def test_campaigns_run_what_they_are_asked_to() -> None:
    found = [result for result in measure("campaign") if isinstance(result, CampaignSpeed)]
    assert [result.engine for result in found] == ["atheris", "random", "hypothesis"]
    for result in found:
        if result.missing is None:
            assert result.executions == TINY.runs
            assert result.per_second == result.executions / result.seconds
            assert result.findings == 0


def test_an_engine_that_is_not_there_is_told_and_not_measured() -> None:
    missing = CampaignSpeed("campaign", "atheris", 1, missing="atheris is not installed")
    assert missing.per_second is None
    [table] = present.tables([missing])
    assert "atheris is not installed" in table.rows[0]


def test_shares_add_up() -> None:
    shares = [result for result in measure("B7") if isinstance(result, Share)]
    assert len(shares) == 5
    assert sum(share.share for share in shares) == pytest.approx(1)
    assert all(share.microseconds > 0 for share in shares)


def test_the_encoder_with_a_clock_does_the_same() -> None:
    encoder = find_encoder("capnsafe")
    chosen = harness.scenarios(40)
    assert chosen == harness.scenarios(40)
    stable = 0
    for scenario in chosen:
        clocked = harness.ClockedEncoder(encoder)
        plain = execute(scenario, encoder)
        assert execute(scenario, clocked) == plain
        assert clocked.clock is not None
        assert (clocked.clock.spent > 0) == (plain.allocator_calls > 0)
        stable += clocked.clock.stable
    assert 0 < stable < len(chosen)


# -- the same message on both sides ----------------------------------------------------------------


def test_both_sides_build_the_address_book() -> None:
    address_book.require_same_messages(HeapAllocator())


def test_another_message_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address_book, "build_with_pycapnp", _book_without_people)
    with pytest.raises(address_book.DifferentMessageError, match="pycapnp"):
        measure("B2")


def _book_without_people() -> object:
    import capnp

    builder = capnp._PyCustomMessageBuilder(lambda words, *_: bytearray(words * 8), 16)
    builder.init_root(address_book.schema.AddressBook)
    return builder


def test_moving_memory_moves_at_each_grant() -> None:
    moving = MovingAllocator(2)
    first = moving.allocate(1)
    before = moving.segment(first)
    before[0] = 7
    second = moving.allocate(5)
    assert moving.segment(first) is not before
    assert moving.segment(first)[0] == 7
    assert [len(moving.segment(key)) for key in (first, second)] == [16, 40]
    assert moving.moves == 1


def test_b6_is_measured_where_memory_really_moves() -> None:
    found = ratios("B6")
    assert [(result.theirs, result.budget) for result in found] == [
        ("pycapnp", 6),
        ("heap", None),
    ] * 2
    assert all("3 segments, 3 moves" in result.what for result in found[:2])
    assert all("1 segment, 0 moves" in result.what for result in found[2:])


def test_b4_is_measured_in_one_segment_and_in_many() -> None:
    one, many = ratios("B4")
    assert "2000 objects in 1 segment" in one.what
    assert "2000 objects in 22 segments" in many.what


def test_b9_compares_values_with_dicts_and_properties_with_calls() -> None:
    found = ratios("B9")
    assert [(result.ours, result.theirs, result.budget) for result in found] == [
        ("capnsafe", "pycapnp", 0.8),
        ("capnsafe", "pycapnp", 1.0),
        ("property", "call", 1.15),
        ("property", "call", 1.15),
    ]


def test_a_value_is_read_as_it_was_before_b9_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    module = load(Path(generated.__file__).with_name("addressbook.capnp"))
    monkeypatch.setattr(module.AddressBook, "__eq__", lambda one, other: False)
    monkeypatch.setattr(generated, "load", lambda path: module)
    with pytest.raises(address_book.DifferentMessageError, match="another one"):
        measure("B9")


def test_what_is_read_is_the_address_book(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "read_with_capnsafe", lambda framed: [])
    with pytest.raises(address_book.DifferentMessageError):
        measure("B10")


# -- the command -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_only_what_was_asked_for_is_measured(tmp_path: Path) -> None:
    result = command("--only", "b2,B1", "--json", tmp_path / "out.json")
    assert result.exit_code == 0, result.output
    data = json.loads((tmp_path / "out.json").read_text())
    assert [row["id"] for row in data["results"]] == ["B1", "B2"]
    for row in data["results"]:
        assert row["comparison"].keys() == {"ours", "theirs", "ratio", "low", "high"}
        assert row["id"] in result.output
    assert data["machine"] in result.output
    distributions = {"capnsafe", "pycapnp", "atheris", "hypothesis", "wasmtime"}
    assert data["versions"].keys() == distributions


def test_an_unknown_id_is_a_usage_error() -> None:
    result = command("--only", "B1,B99")
    assert result.exit_code == 2
    assert (
        "no benchmark 'b99'; there is campaign, noise, B1, B2, B3, B4, B5, B6, B7, B8, B9, B10"
        in result.output
    )


def test_all_is_measured_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Benchmark, ...]] = []
    monkeypatch.setattr(cli, "run", lambda chosen, *_: asked.append(chosen))
    assert command().exit_code == 0
    assert asked == [tuple(BENCHMARKS.values())]


@pytest.mark.usefixtures("quick")
def test_the_document_has_what_was_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = tmp_path / "numbers.md"
    document.write_text(DOCUMENT, encoding="utf-8")
    arguments = ["--only", "B1", "--markdown", str(document), "--even-if-busy"]
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    result = command(*arguments)
    assert result.exit_code == 0, result.output
    text = document.read_text(encoding="utf-8")
    before, _, rest = text.partition(present.BEGIN)
    written, _, after = rest.partition(present.END)
    assert before == DOCUMENT.partition(present.BEGIN)[0]
    assert after == DOCUMENT.partition(present.END)[2]
    assert "old" not in written
    assert f"python -m benchmarks --only B1 --markdown {document} --even-if-busy" in written
    [row] = [line for line in written.splitlines() if line.startswith("| B1 |")]
    printed = [line for line in result.output.splitlines() if "B1" in line and "capnsafe" in line]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert [cell.strip() for cell in printed[0].strip("│").split("│")] == cells


def test_no_document_is_written_on_a_busy_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[object] = []
    monkeypatch.setattr(cli, "run", lambda *arguments: ran.append(arguments))
    monkeypatch.setattr(cli, "load", lambda: 9.0)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    document = tmp_path / "numbers.md"
    document.write_text(DOCUMENT, encoding="utf-8")
    refused = command("--markdown", document)
    assert refused.exit_code == 4
    assert "the load is 9.0 on 8 cores" in refused.output
    assert ran == []
    assert command("--markdown", document, "--even-if-busy").exit_code == 0
    assert command("--only", "B1").exit_code == 0
    monkeypatch.setattr(cli, "load", lambda: 8.0)
    assert command("--markdown", document).exit_code == 0
    assert len(ran) == 3


def test_the_compiled_encoder_is_measured_beside_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stamp is beside the sources here, so both rows are theirs."""
    stamp = tmp_path / ".compiled"
    monkeypatch.setattr(cli, "STAMP", stamp)
    chosen = (BENCHMARKS["B1"], BENCHMARKS["B7"])
    assert list(cli.compiled_results(chosen)) == []
    stamp.touch()
    [row] = cli.compiled_results(chosen)
    assert (row.id, row.build, row.theirs) == ("B1", "compiled", "pycapnp")
    assert list(cli.compiled_results((BENCHMARKS["B7"],))) == []
    os.utime(stamp, (0, 0))
    with pytest.raises(EnvironmentFailedError, match="older than the sources"):
        list(cli.compiled_results(chosen))


def test_rows_of_both_builds_stand_together(monkeypatch: pytest.MonkeyPatch) -> None:
    def row(id: str, theirs: str, build: str = "plain") -> Ratio:
        return Ratio(id, "w", "capnsafe", theirs, Comparison(1, 1, 1, 1, 1), build=build)

    shown: list[list[Ratio]] = []

    def show(results: list[Ratio]) -> list[present.Table]:
        shown.append(results)
        return []

    monkeypatch.setattr(cli, "tables", show)
    monkeypatch.setattr(
        cli, "compiled_results", lambda _: [row("B2", "b", "compiled"), row("B2", "a", "compiled")]
    )
    plain = [row("B1", "a"), row("B2", "a"), row("B2", "b")]
    cli.run((Benchmark("B2", "", lambda _: plain),), TINY, None, None)
    assert [(found.id, found.theirs, found.build) for found in shown[0]] == [
        ("B1", "a", "plain"),
        ("B2", "a", "plain"),
        ("B2", "a", "compiled"),
        ("B2", "b", "plain"),
        ("B2", "b", "compiled"),
    ]


@pytest.mark.parametrize(
    "text",
    ["", present.BEGIN, f"{present.END}{present.BEGIN}", f"{DOCUMENT}{DOCUMENT}"],
    ids=["none", "one", "order", "twice"],
)
def test_a_document_without_its_place_is_refused_before_measuring(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "run", lambda *_: pytest.fail("measured"))
    document = tmp_path / "numbers.md"
    document.write_text(text)
    result = command("--markdown", document)
    assert result.exit_code == 2
    assert str(document) in result.output
    assert document.read_text() == text


def test_writing_twice_gives_the_same_place(monkeypatch: pytest.MonkeyPatch) -> None:
    once = present.between_markers(DOCUMENT, "one")
    assert present.between_markers(once, "two") == present.between_markers(DOCUMENT, "two")


@pytest.mark.usefixtures("quick")
def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    result = command("--only", "B1", "--json", tmp_path / "missing" / "out.json")
    assert result.exit_code == 4
    assert "cannot be written: No such file or directory" in result.output


# -- how it is printed -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (2.5, "2.50 s"),
        (0.0123, "12.3 ms"),
        (0.000045678, "45.7 µs"),
        (1e-6, "1.00 µs"),
        (480e-9, "480 ns"),
        (3e-9, "3.00 ns"),
    ],
)
def test_times_have_three_digits(time: float, text: str) -> None:
    assert present.seconds(time) == text


def test_markdown_tables_are_whole() -> None:
    results: list[CampaignSpeed | Share | Ratio] = [
        CampaignSpeed("campaign", "random", 1, 5000, 10.0, 1200, None, 0),
        Share("B7", "oracles", 25.0, 100.0),
        Ratio("B1", "one | field", "a", "b", Comparison(2e-6, 1e-6, 2, 1.9, 2.1), 3.0),
    ]
    text = present.for_document(results, Circumstances("python -m benchmarks"))
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")
    assert "| random | 1 | 5 000 | 10.0 s | 500 | 1 200 | 0 |" in text
    assert "| oracles | 25.0 µs | 25 % |" in text
    assert (
        "| B1 | one \\| field | plain | a: 2.00 µs | b: 1.00 µs | 2.00 | 1.90 to 2.10 | 3 | yes |"
        in text
    )
