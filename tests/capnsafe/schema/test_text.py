"""Values from text, beside the tool of the reference implementation."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

import capnsafe
from capnsafe import ArgumentTypeError, ArgumentValueError, Exhausted, read_message
from tests.capnsafe.schema.features_capnp import Choice, Colour, Generics, Pointers, Tree
from tests.capnsafe.schema.tools import TOOL

SCHEMA = """\
@0xf49850cd1bd8ae92;
enum E { red @0; darkBlue @1; true @2; }
struct S {
  u8 @0 :UInt8;
  i64 @1 :Int64;
  f @2 :Float64;
  f4 @3 :Float32;
  t @4 :Text;
  d @5 :Data;
  b @6 :Bool;
  e @7 :E;
  v @8 :Void;
  l @9 :List(UInt8);
  s @10 :S;
  ls @11 :List(S);
  ll @12 :List(List(Text));
  g :group { x @13 :UInt8 = 7; y @14 :UInt8; }
  union {
    m @15 :UInt8;
    n @16 :Text;
    o :group { p @17 :UInt8; }
  }
}
"""

#: Texts that the tool reads, most of which it would write otherwise.
READ = [
    "()",
    " ( ) ",
    "\ufeff(u8 = 5,) # a comment\n",
    '# a comment\n(u8 = 1 # another\n, t = "#")',
    "(u8\f=\r5\v)",
    *("(u8 = 0x1F)", "(u8 = 017)", "(u8 = 0)", "(u8 = 00)", "(u8 = 255)"),
    *("(i64 = -9223372036854775808)", "(i64 = 9223372036854775807)", "(i64 = - 1)"),
    *("(f = 5)", "(f = -5)", "(f = -0.0)", "(f = inf)", "(f = -inf)", "(f = nan)", "(f = 1.)"),
    *("(f = 1e5)", "(f = 1.5E+3)", "(f = 1.e-5)", "(f = 00.5)", "(f = 0x10)", "(f = 010)"),
    *("(f = 1e400)", "(f4 = 1e40)", "(f4 = 0.1)", "(f4 = 16777217)", "(f = 4.9e-324)"),
    r'(t = "a\x41\101\?\a\b\f\n\r\t\v\"\\\'\1234\0")',
    '(t = "a" "b" `c\n)',
    "(t = `a \\n\r\n # a comment\n `b\n)",
    "(t = `a\r)",
    '(t = "tab\tcr\r\x01 Grüße")',
    r'(t = "Gr\303\274\xc3\x9fe")',
    r'(d = "é\200\xff\777")',
    *('(d = 0x"00 fF")', '(d = 0x" 00\n01")'),
    *("(b = true, v = void)", "(b = false)", "(e = darkBlue)", "(e = true)"),
    *("(l = [])", "(l = [1, 2,])", "(l = [(7)])", "(l = ([1]))"),
    *("(u8 = ((7)))", '(t = ("x"))', "(e = (red))", "((u8 = 1))", "(g = ((x = 1)))"),
    *("(s = ())", "(s = (s = (u8 = 1)))", "(ls = [(u8 = 1), ()])", '(ll = [["a"], [], ["", "b"]])'),
    *("(u8 = 1, u8 = 2)", '(m = 1, n = "x")', '(n = "x", m = 1)', "(o = (p = 1), o = ())"),
    *("(m = 2, o = (p = 3))", "(g = (x = 1))", "(s = (u8 = 1), s = (b = true))"),
]

#: Texts that the tool refuses, with the place and the reason.
REFUSED = [
    ("(", 1, 2, "expected the name of a field of S, or ')', not the end of the text"),
    ("5", 1, 1, "expected '(' of a S, not '5'"),
    ("(5)", 1, 2, "expected the name of a field of S, or ')', not '5'"),
    ("(,)", 1, 2, "expected the name of a field of S, or ')', not ','"),
    ("(u8 = 1,,)", 1, 9, "expected the name of a field of S"),
    ("(u8 = 1", 1, 8, "expected ',' or ')', not the end of the text"),
    ('(u8 = 1\n t = "x")', 2, 2, "expected ',' or ')', not 't'"),
    ("(u8 5)", 1, 5, "expected '=', not '5'"),
    ("(ls = [\n(u8 = 1), (zz = 2)])", 2, 12, "S has no field 'zz'"),
    ("(u8 = 1) x", 1, 10, "expected the end of the text, not 'x'"),
    ("(u8 = 256)", 1, 7, "a value of UINT8 must be 0 to 255, not 256"),
    ("(u8 = -1)", 1, 7, "a value of UINT8 must be 0 to 255, not -1"),
    ("(u8 = 1.0)", 1, 7, "expected an integer (UINT8), not 1.0"),
    (f"(u8 = {'9' * 5000})", 1, 7, "must be 0 to 255, not a number of"),
    *((f"(u8 = {wrong})", 1, 7, f"not '{wrong}'") for wrong in ("08", "1u", "1_0", "0X1", "+1")),
    ("(i64 = -x)", 1, 9, "expected a number (INT64), not 'x'"),
    ("(u8 = [5])", 1, 7, "expected a number (UINT8), not '['"),
    ("(u8 = (5)", 1, 10, "expected ',' or ')'"),
    ("(u8 = (5", 1, 9, "expected ')', not the end"),
    ("((u8 = 5)", 1, 10, "expected ')', not the end"),
    ('(f = "x")', 1, 6, "expected a number (FLOAT64)"),
    ("(f = pi)", 1, 6, "expected a number (FLOAT64), not 'pi'"),
    ("(f = 08.5)", 1, 6, "expected a number (FLOAT64), not '08.5'"),
    ("(b = 1)", 1, 6, "expected true or false, not '1'"),
    ("(b = yes)", 1, 6, "expected true or false, not 'yes'"),
    ("(v = 0)", 1, 6, "expected void, not '0'"),
    ("(e = pink)", 1, 6, "E has no enumerant 'pink'"),
    ('(e = "red")', 1, 6, "expected an enumerant of E"),
    ("(t = red)", 1, 6, "expected a string (Text), not 'red'"),
    ('(t = 0x"41")', 1, 6, "expected a string (Text)"),
    ("(d = 5)", 1, 6, 'expected a string or 0x"…" (Data), not'),
    *((f'(d = 0x"{odd}")', 1, 6, "expected two hexadecimal") for odd in ("", "0", "0 0ff")),
    ('(t = "a\nb")', 1, 6, "the string has no end in this line"),
    (r'(t = "a\q")', 1, 6, "the string has no end in this line, or an escape"),
    ("(l = 5)", 1, 6, "expected '[' of a list, not '5'"),
    ("(l = [1 2])", 1, 9, "expected ',' or ']', not '2'"),
    ("(l = [, 1])", 1, 7, "expected a number (UINT8), not ','"),
    ("(s = [])", 1, 6, "expected '(' of a S, not '['"),
    ("(u8 = $)", 1, 7, "expected a number (UINT8), not '$'"),
    (f"({'x' * 40} 5)", 1, 2, f"S has no field '{'x' * 40}'"),
    (f'(u8 = "{"x" * 40}")', 1, 7, "not '\"xxxxxxxxxxxxxxxxxxx…'"),
]


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "text.capnp"
    path.write_text(SCHEMA, encoding="utf-8")
    return path


def told(text: str, file: Path) -> subprocess.CompletedProcess[bytes]:
    """Return the output of the tool for texts."""
    command = [str(TOOL), "convert", "--quiet", "text:binary", str(file), "S"]
    return subprocess.run(command, input=text.encode(), capture_output=True, check=False)


#: The least Float32, the largest subnormal one, the least normal one, and others with few digits.
FLOATS = [2.0**-149, -(2.0**-149), 2.0**-126 - 2.0**-149, 2.0**-126, 0.1, 1e30, 16777217.0, -0.0]


@pytest.mark.process
@pytest.mark.parametrize("name", ["f4", "f"])
def test_floats_are_printed_as_the_tool_prints_them(schema: Path, name: str) -> None:
    owner: Any = capnsafe.load(schema).S
    values = [owner(**{name: value}) for value in (*FLOATS, float("inf"), float("nan"))]
    stream = b"".join(value.to_bytes() for value in values)
    command = [str(TOOL), "convert", "--quiet", "--short", "binary:text", str(schema), "S"]
    printed = subprocess.run(command, input=stream, capture_output=True, check=True)
    assert [value.to_text() for value in values] == printed.stdout.decode().splitlines()


@pytest.mark.process
def test_what_the_tool_reads_is_read_alike(schema: Path) -> None:
    kind: Any = capnsafe.load(schema).S
    for text in READ:
        done = told(text, schema)
        assert not done.stderr, text
        message = read_message(done.stdout)
        value = kind.from_text(text)
        assert repr(value) == repr(kind.from_message(message)), text
        assert repr(kind.from_text(value.to_text())) == repr(value), text
        assert repr(kind.from_text(text.encode())) == repr(value)


@pytest.mark.process
@pytest.mark.parametrize(("text", "line", "column", "reason"), REFUSED)
def test_what_the_tool_refuses_is_refused(
    text: str, line: int, column: int, reason: str, schema: Path
) -> None:
    kind: Any = capnsafe.load(schema).S
    with pytest.raises(ArgumentValueError) as raised:
        kind.from_text(text)
    assert str(raised.value).startswith(f"line {line}, column {column}: ")
    assert reason in str(raised.value)
    assert told(text, schema).stderr


def test_where_the_tool_errs() -> None:
    assert Colour(77).label is None
    for text in ("(colour = (77))", "(colour = 77)"):
        assert Choice.from_text(text) == Choice(colour=Colour(77))
    assert repr(Choice.from_text("(real = -0)")) == "Choice(real=-0.0)"
    for text in ("(number = 18446744073709551616)", "(number = -9223372036854775809)"):
        with pytest.raises(ArgumentValueError, match="a value of INT64 must be"):
            Choice.from_text(text)
    with pytest.raises(ArgumentValueError, match=r"column 9: a value of UINT16 must be 0 to 65535"):
        Choice.from_text("(colour=65536)")
    assert Choice.from_text(f"(real = {'9' * 5000})").real == float("inf")


def test_the_types_of_a_brand_are_known() -> None:
    text = '(texts = (item = "x", next = (item = "y")), numbers = (item = [-1]))'
    value = Generics.from_text(text)
    assert value.to_dict()["numbers"]["item"] == [-1]
    assert Generics.from_text(value.to_text()) == value
    with pytest.raises(ArgumentValueError, match=r"column 18: expected a string \(Text\), not '5'"):
        Generics.from_text("(texts = (item = 5))")


def test_objects_without_text_are_not_read_back() -> None:
    for name in ("any", "anyStruct", "anyList"):
        with pytest.raises(ArgumentValueError, match="a pointer of any kind has no text"):
            Pointers.from_text(f"({name} = <opaque pointer>)")
    for text in ("(capability = <external capability>)", "(stores = [<external capability>])"):
        with pytest.raises(ArgumentValueError, match="a capability has no text"):
            Pointers.from_text(text)


def test_what_is_no_text() -> None:
    wrong: Any
    for wrong in (3, None, ["x"]):
        with pytest.raises(ArgumentTypeError, match="the text must be a str or bytes"):
            Tree.from_text(wrong)
    with pytest.raises(ArgumentValueError, match="line 2, column 2: the text is not UTF-8"):
        Tree.from_text("(\né".encode() + b"\xff)")
    with pytest.raises(ArgumentValueError, match=r"column 9: the string is not UTF-8"):
        Choice.from_text(r'(name = "\200")')
    with pytest.raises(ArgumentValueError, match=r"column 11: half of a surrogate pair"):
        Choice.from_text('(name = "x\ud800")')
    assert Choice.from_text(r'(data = "\200")').data == b"\x80"


def test_text_that_is_too_deep() -> None:
    with pytest.raises(Exhausted):
        Tree.from_text("(left = " * 100_000)
    # Parentheses around a value need no stack.
    assert Tree.from_text(f"(value = {'(' * 100_000}5{')' * 100_000})") == Tree(value=5)
