from __future__ import annotations

import re
from pathlib import Path

import pytest
from capnsafe_fuzz.encoders.driven.lines import GarbageError, Line, hex_of, parse
from capnsafe_fuzz.encoders.driven.process import read_hello
from capnsafe_fuzz.encoders.driven.requests import DESCRIBED


def test_a_line_is_a_word_and_pairs() -> None:
    line = parse(b"done value=616263 words=3,4 n=-7 empty=")
    assert line.word == "done"
    assert (line.text("value"), line.octets("value")) == ("abc", b"abc")
    assert line.numbers("words") == (3, 4)
    assert line.numbers("empty") == line.numbers("missing") == ()
    assert line.number("n", -10) == -7
    assert line.octets("missing") == b""
    assert bytes.fromhex(hex_of("é")).decode() == "é"


@pytest.mark.parametrize("raw", [b"", b"what?", b"done value", "done é=1".encode(), b" done", b"3"])
def test_what_is_no_line(raw: bytes) -> None:
    with pytest.raises(GarbageError):
        parse(raw)


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ({"n": "x"}, lambda line: line.number("n")),
        ({}, lambda line: line.number("n")),
        ({"n": "-1"}, lambda line: line.number("n")),
        ({"n": "1,x"}, lambda line: line.numbers("n")),
        ({"n": "1,-1"}, lambda line: line.numbers("n")),
        ({"n": "6"}, lambda line: line.octets("n")),
    ],
)
def test_values_that_are_none(values: dict[str, str], read: object) -> None:
    with pytest.raises(GarbageError):
        read(Line("done", values))  # type: ignore[operator]  # A lambda of the list above.


def test_hello() -> None:
    said = [
        b"hello library=mine version=1 operations=root,set able=words detects=stale",
        b"demand name=zeroed text=" + hex_of("must be zero").encode() + b" place=",
        b"ready",
    ]
    hello = read_hello(map(parse, said).__next__)
    assert (hello.library, hello.version, hello.language) == ("mine", "1", "")
    assert hello.operations == {"root", "set"}
    assert (*hello.able, *hello.detects) == ("words", "stale")
    assert hello.demands["zeroed"].text == "must be zero"
    assert hello.counters == 0


def test_hello_of_a_driver_that_counts() -> None:
    said = [b"hello library=mine version=1 operations=root able=coverage counters=7", b"ready"]
    assert read_hello(map(parse, said).__next__).counters == 7


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ([b"start version=1"], "begins with 'start'"),
        ([b"hello library=mine"], "no version and no operations"),
        ([b"hello library=mine version=1 operations=root", b"done"], "'done' came"),
        ([b"hello library=m version=1 operations=root able=coverage"], "no number counters"),
        (
            [b"hello library=m version=1 operations=root able=coverage counters=1048577"],
            "1048577 counters, and 1048576 at most",
        ),
    ],
)
def test_what_is_no_hello(said: list[bytes], complaint: str) -> None:
    with pytest.raises(GarbageError, match=complaint):
        read_hello(map(parse, said).__next__)


def test_the_page_describes_each_operation() -> None:
    page = (Path(__file__).parents[3] / "docs" / "drivers.md").read_text(encoding="utf-8")
    for verb in DESCRIBED:
        assert re.search(rf"^\| `{verb.value}\b", page, re.MULTILINE), verb
