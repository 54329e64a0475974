"""B5 and the answers to the questions of issue #467: the comparison, and its report."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import answers, guest, present
from benchmarks.address_book import DifferentMessageError
from benchmarks.measure import Comparison, Effort
from benchmarks.registry import BENCHMARKS
from benchmarks.results import Crossover, Ratio
from capnsafe import MessageBuilder

pytestmark = pytest.mark.release

TINY = Effort(batch_seconds=0.0002, pairs=3)
DOCUMENT = f"before\n\n{present.BEGIN}\nwhat was there\n{present.END}\n"


def compared(ratio: float) -> Comparison:
    return Comparison(ratio, 1.0, ratio, ratio, ratio)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure as little as can be."""
    monkeypatch.setattr(guest, "SIZES", (256, 1024))
    monkeypatch.setattr(guest, "SWEEP", (256, 1024))
    monkeypatch.setattr(answers, "Effort", lambda: TINY)


# -- from which size on ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratios", "size"),
    [
        ({256: 2.0, 1024: 1.0, 4096: 0.5}, 1024),
        ({256: 2.0, 1024: 0.5}, 512),
        ({256: 4.0, 4096: 0.5}, 256 * 16 ** (2 / 3)),
        ({256: 0.5, 1024: 2.0, 4096: 0.5}, 2048),
        ({256: 0.9, 1024: 0.5}, 256),
        ({256: 0.5, 1024: 1.5}, None),
        ({256: 0.5, 1024: 1.0}, None),
    ],
)
def test_the_size_from_which_on_one_way_wins(ratios: dict[int, float], size: float | None) -> None:
    found = guest.crossover({each: compared(ratio) for each, ratio in ratios.items()})
    assert found == (None if size is None else pytest.approx(size))


def test_sizes_are_told_in_words() -> None:
    rows = [
        Crossover("B5", "a", 100.0, 256, 4096),
        Crossover("B5", "b", None, 256, 4096),
        Crossover("B5", "c", 1536.0, 256, 4096),
        Crossover("B5", "d", 3 << 20, 256, 1 << 24),
    ]
    [table] = present.tables(rows)
    told = [row[2] for row in table.rows]
    assert told == ["any from 256 bytes", "none up to 4 KiB", "1.5 KiB", "3 MiB"]
    assert rows[1].to_json()["size"] is None


# -- B5 --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
def test_b5_has_both_shapes_at_each_size_and_where_they_cross() -> None:
    found = list(BENCHMARKS["B5"].measure(TINY))
    assert [type(each) for each in found] == [Ratio, Ratio, Crossover] * 2
    assert {each.id for each in found} == {"B5"}
    assert [each.what for each in found if isinstance(each, Crossover)] == list(guest.SHAPES)


@pytest.mark.parametrize("shape", guest.SHAPES)
def test_both_ways_leave_the_message_in_the_guest(
    shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = guest.SHAPES[shape](1024)
    with MessageBuilder() as message:
        build(message)
        (meant,) = message.segments()
    assert 1024 < len(meant) <= 1024 + 24
    both = guest.Guest(1024 // 8 + 3)
    found: list[bytes] = []
    release = both.memory.release

    def look(key: int, words_used: int, /) -> None:
        found.append(bytes(both.memory.segment(key)[: words_used * 8]))
        release(key, words_used)

    monkeypatch.setattr(both.memory, "release", look)
    both.direct(build)
    both.copied(build)
    assert found == [meant, meant]


def test_another_message_in_the_guest_is_not_measured() -> None:
    times = 0

    def build(message: MessageBuilder) -> None:
        nonlocal times
        times += 1
        message.init_root(1, 0).set_uint64(0, times)

    with pytest.raises(DifferentMessageError):
        guest.Guest(10).require_same(build)


# -- the answers -----------------------------------------------------------------------------------


def test_every_way_builds_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    answers.require_same_orders()
    monkeypatch.setattr(answers, "build_by_accessors", lambda: b"something else")
    with pytest.raises(DifferentMessageError, match="accessors"):
        answers.require_same_orders()


# Without its cache of fonts, matplotlib runs fc-list.
@pytest.mark.process
@pytest.mark.parametrize("suffix", [".svg", ".png"])
@pytest.mark.usefixtures("small")
def test_the_command_writes_table_and_picture(tmp_path: Path, suffix: str) -> None:
    document = tmp_path / "answers.md"
    document.write_text(DOCUMENT, encoding="utf-8")
    picture = tmp_path / f"answers{suffix}"
    ran = CliRunner().invoke(answers.main, ["--markdown", str(document), "--picture", str(picture)])
    assert ran.exception is None
    text = document.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert "what was there" not in text
    for id in ("late", "guest", "accessors", "indirection", "dispatch", "size"):
        assert f"| {id} |" in text
    for line in ran.output.splitlines():
        assert line in text
    assert ran.output.count("**") == 2 * 7
    if suffix == ".svg":
        written = "".join(ElementTree.parse(picture).getroot().itertext())
        assert "in a guest / borrowed late" in written
        assert "structs of 8 bytes" in written
    else:
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_document_without_a_place_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    document = tmp_path / "answers.md"
    document.write_text("no place", encoding="utf-8")
    with pytest.raises(present.MarkersMissingError):
        answers.run(TINY, document, tmp_path / "picture.svg")
    assert not (tmp_path / "picture.svg").exists()


def test_the_document_has_what_the_command_writes() -> None:
    text = answers.DOCUMENT.read_text(encoding="utf-8")
    present.require_markers(text)
    assert "**What does it cost to borrow late?**" in text
    assert answers.PICTURE.exists()


def test_sentences_say_what_was_found() -> None:
    ratios = [
        Ratio(id, what, "", "", compared(number))
        for number, id in enumerate(("late", "guest", "accessors", "indirection", "dispatch"), 2)
        for what in ("set one field", "an order")
    ]
    sizes = [
        Crossover("size", "one Data", 65536.0, 256, 1 << 20),
        Crossover("size", "structs", None, 256, 1 << 16),
    ]
    told = answers.sentences(ratios, sizes).splitlines()
    assert "2.00 times for a field, 2.00 for an order" in told[0]
    assert "3.00 times for a field, 3.00 for an order" in told[1]
    assert "6.00 times" in told[4]
    assert told[5].endswith("from about 64 KiB on.")
    assert "not up to 64 KiB" in told[6]
