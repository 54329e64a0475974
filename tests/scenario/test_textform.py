"""Text: one way to print, and a parser that names the line."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest
from capnsafe_fuzz.memories import MEMORIES
from capnsafe_fuzz.scenario import (
    FieldKind,
    Operation,
    Scenario,
    ScenarioSyntaxError,
    Verb,
    decode,
    parse_scenario,
    print_operations,
    print_scenario,
    print_value,
)
from hypothesis import given
from hypothesis import strategies as st

EXAMPLE = r"""capnsafe scenario 1
# why this scenario is here
#
#   indented
memory fixed segment_words=16 total_words=512
limit max_segment_words=64
h0 = root
set h0.u32 7
set h0.i64 -9223372036854775808
set h0.flag true
set h0.group.text "a\"b\\c\n\t\u{0}\u{e9}\u{1f600}\u{7f} ~"
set h0.f64 0x3ff8000000000000
set h0.f32 0x00000001
set h0.data x"00ff"
set h0.colour 65535
h1 = init h0.child
h2 = init h0.i32s 10
set h2[3] -5
h3 = open h0.children
h4 = init h0.f32s 2
set h4[0] 0x3f800000
h5 = open h3[2]
h6 = init h0.datas 1
set h6[0] x""
get h1.u32
clear h0.child
output
h7 = reopen
fault refuse MemoryError allocate 2 once
fault shrink below-used after 3 always segment=0 amount=1
"""


def test_an_example_of_everything() -> None:
    scenario = parse_scenario(EXAMPLE)
    assert print_scenario(scenario) == EXAMPLE
    assert scenario.comment == "why this scenario is here\n\n  indented"
    assert (scenario.memory.name, scenario.memory.segment_words) == ("fixed", 16)
    assert (scenario.memory.total_words, scenario.max_segment_words) == (512, 64)
    assert scenario.operations[:3] == (
        Operation(Verb.ROOT),
        Operation(Verb.SET, 0, "u32", 7),
        Operation(Verb.SET, 0, "i64", -(1 << 63)),
    )
    assert scenario.operations[3].value is True
    assert scenario.operations[4].value == 'a"b\\c\n\t\0é😀\x7f ~'
    assert scenario.operations[10] == Operation(Verb.INIT, 0, "i32s", 10)
    assert scenario.operations[11] == Operation(Verb.SET, 2, 3, -5)
    assert [fault.family for fault in scenario.faults] == ["refuse", "shrink"]
    assert print_operations(scenario.operations)[1] == "set h0.u32 7"


def test_the_least_scenario() -> None:
    text = (
        "capnsafe scenario 1\nmemory heap segment_words=1024\nlimit max_segment_words=536870911\n"
    )
    assert print_scenario(Scenario()) == text
    assert parse_scenario(text) == Scenario()


def test_values_that_only_get_can_have() -> None:
    assert print_value(FieldKind.TEXT, None) == "null"


@given(st.integers(0, 1200), st.integers(0, 1 << 32), st.text(max_size=60))
def test_text_says_all(size: int, seed: int, comment: str) -> None:
    decoded = decode(Random(seed).randbytes(size))
    scenario = Scenario(
        decoded.memory, decoded.max_segment_words, decoded.operations, decoded.faults, comment
    )
    text = print_scenario(scenario)
    again = parse_scenario(text)
    assert again == scenario
    assert again.comment == scenario.comment
    assert print_scenario(again) == text
    assert scenario.comment or text.isascii()


@given(st.text(st.characters(codec="utf-8"), max_size=70))
def test_any_text_survives(value: str) -> None:
    scenario = Scenario(operations=(Operation(Verb.ROOT), Operation(Verb.SET, 0, "text", value)))
    text = print_scenario(scenario)
    assert text.isascii()
    assert text.isprintable() is False
    assert text.count("\n") == 5
    assert parse_scenario(text) == scenario


def test_blank_lines_and_foreign_line_ends() -> None:
    loose = EXAMPLE.replace("\n", "\r\n\r\n").replace("#\r\n", "#   \r\n")
    assert parse_scenario(loose) == parse_scenario(EXAMPLE)
    assert parse_scenario(EXAMPLE.rstrip("\n")) == parse_scenario(EXAMPLE)


HEAD = "capnsafe scenario 1\nmemory heap segment_words=1\nlimit max_segment_words=64\n"


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        ("", 1, "ends where"),
        ("capnsafe scenario 2\n", 1, "capnsafe scenario 1"),
        ("# why\ncapnsafe scenario 1\n", 1, "capnsafe scenario 1"),
        ("capnsafe scenario 1\n", 2, "memory is expected"),
        ("capnsafe scenario 1\n\n# why\nmemory pool\n", 4, "is expected"),
        ("capnsafe scenario 1\nmemory heap segment_words=01\n", 2, "is expected"),
        (
            "capnsafe scenario 1\nmemory drum segment_words=1\n",
            2,
            "no memory named 'drum'; there is",
        ),
        ("capnsafe scenario 1\nmemory heap segment_words=1 total_words=1\n", 2, "total_words"),
        ("capnsafe scenario 1\nmemory stable segment_words=1 total_words=1\n", 2, "total_words"),
        ("capnsafe scenario 1\nmemory stable segment_words=0\n", 2, "1 to 4096, not 0"),
        ("capnsafe scenario 1\nmemory fixed segment_words=1\n", 2, "have total_words"),
        ("capnsafe scenario 1\nmemory heap segment_words=4097\n", 2, "not 4097"),
        ("capnsafe scenario 1\nmemory heap segment_words=1\nh0 = root\n", 3, "limit"),
        ("capnsafe scenario 1\nmemory heap grows segment_words=1\n", 2, "is expected"),
        ("capnsafe scenario 1\nmemory heap segment_words=1 shrinks\n", 2, "is expected"),
        ("capnsafe scenario 1\nmemory shared-memory segment_words=1 grows\n", 2, "no grows"),
        (HEAD + "h0 = root\n# late\n", 5, "comments"),
        (HEAD + "root\n", 4, '"h0 = "'),
        (HEAD + "h1 = root\n", 4, '"h0 = "'),
        (HEAD + "h0 = root h0.u8\n", 4, "takes no handle"),
        (HEAD + "h0 = output\n", 4, "makes no handle"),
        (HEAD + "h0  =  root\n", 4, "operation"),
        (HEAD + "destroy\n", 4, "operation"),
        (HEAD + "set h0.u8 1\n", 4, "no handle h0"),
        (HEAD + "h0 = root\nset\n", 5, "takes a place"),
        (HEAD + "h0 = root\nset h0.u8\n", 5, "takes an int"),
        (HEAD + "h0 = root\n\n\nset h0.u9 1\n", 7, "no field 'u9'"),
        (HEAD + "h0 = root\nset h0.u8 256\n", 5, "0 to 255"),
        (HEAD + "h0 = root\nset h0.u8 007\n", 5, "decimal integer"),
        (HEAD + "h0 = root\nset h0.u8 \u0663\n", 5, "decimal integer"),
        (HEAD + "h0 = root\nset h0.u8 +1\n", 5, "decimal integer"),
        (HEAD + "h0 = root\nset h0.i8 -0\n", 5, "decimal integer"),
        (HEAD + "h0 = root\nset h0.flag 1\n", 5, "true or false"),
        (HEAD + "h0 = root\nset h0.f32 0x1\n", 5, "8 digits"),
        (HEAD + "h0 = root\nset h0.f32 1.5\n", 5, "IEEE bits"),
        (HEAD + "h0 = root\nset h0.f64 0x7ff0000000000001\n", 5, "signalling"),
        (HEAD + "h0 = root\nset h0.text abc\n", 5, "in quotes"),
        (HEAD + 'h0 = root\nset h0.text "é"\n', 5, "in quotes"),
        (HEAD + 'h0 = root\nset h0.text "\\x"\n', 5, "in quotes"),
        (HEAD + 'h0 = root\nset h0.text "\\u{110000}"\n', 5, "Unicode"),
        (HEAD + 'h0 = root\nset h0.text "\\u{d800}"\n', 5, "surrogates"),
        (HEAD + 'h0 = root\nset h0.data x"0"\n', 5, "pairs"),
        (HEAD + 'h0 = root\nset h0.data x"FF"\n', 5, "pairs"),
        (HEAD + "h0 = root\nset h0.child 1\n", 5, "does not go with"),
        (HEAD + "h0 = root\nh1 = init h0.i8s -1\n", 5, "count from 0"),
        (HEAD + "h0 = root\nh1 = open h0[1]\n", 5, "takes a field's name"),
        (HEAD + "fault refuse MemoryError allocate 0 once\n", 4, "number of a call"),
        (HEAD + "fault refuse Nonsense allocate 1 once\n", 4, "no kind"),
        (HEAD + "fault refuse MemoryError allocate 5000 once\n", 4, "0 to 4095"),
        (HEAD + "fault move all after 0 once\nh0 = root\n", 5, "faults"),
        (HEAD + "h0 = root\n" + "output\n" * 64, 68, "at most 64"),
    ],
)
def test_the_line_that_is_wrong_is_named(text: str, line: int, complaint: str) -> None:
    with pytest.raises(ScenarioSyntaxError, match=complaint) as caught:
        parse_scenario(text)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"line {line}: ")


@given(st.text(max_size=200))
def test_nothing_but_a_syntax_error_escapes(text: str) -> None:
    for given_text in (text, HEAD + text, HEAD + "h0 = root\nset h0." + text):
        with suppress(ScenarioSyntaxError):
            parse_scenario(given_text)


def test_second_handles_choices_and_members_are_spelled() -> None:
    text = """capnsafe scenario 1
memory heap segment_words=1024
limit max_segment_words=536870911
h0 = root
select h0.choice mixed
h1 = init h0.choice.mixed
h2 = init h1.any List(AnyPointer) 3
set h2[0] "a"
set h2[1] x"61"
set h2[2] 5
h3 = open h1.any List(Text)
h4 = disown h1.any
h5 = unwrap h4 List(AnyPointer)
adopt h1.other h4
copy h0.child h0
copyroot h0
h6 = new h0
drop h6
h7 = fill h0.u16s x"0100"
canonical
"""
    assert print_scenario(parse_scenario(text)) == text


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("copy h0.child 0", "copy takes another handle, not 0"),
        ("copy h0.child", "copy takes the number of a handle"),
        ("drop h0.child", "drop"),
        ("h1 = new", "new takes a handle"),
        ("select h0.choice", "select takes one of nothing"),
        ("h1 = init h0.child Everything", "is not a decimal integer"),
        ("copyroot h0 Older", "takes no value here"),
        ("canonical h0.text", "takes no handle, place or value"),
    ],
)
def test_what_is_wrong_about_them_is_said(line: str, complaint: str) -> None:
    head = (
        "capnsafe scenario 1\nmemory heap segment_words=1\nlimit max_segment_words=64\nh0 = root\n"
    )
    with pytest.raises(ScenarioSyntaxError, match=complaint):
        parse_scenario(head + line)


@pytest.mark.parametrize("name", [kind.name for kind in MEMORIES.values() if kind.grows])
def test_memory_that_grows_says_so(name: str) -> None:
    total = " total_words=64" if MEMORIES[name].bounded else ""
    for grows in (True, False):
        line = f"memory {name} segment_words=8{total}{' grows' if grows else ''}"
        text = f"capnsafe scenario 1\n{line}\nlimit max_segment_words=64\nh0 = root\n"
        scenario = parse_scenario(text)
        assert scenario.memory.grows is grows
        assert print_scenario(scenario) == text
