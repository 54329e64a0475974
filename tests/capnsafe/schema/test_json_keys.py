"""JSON with the annotations of ``capnp/compat/json.capnp``, compared with the reference's tool."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import capnsafe
from capnsafe import ArgumentTypeError, ArgumentValueError, MessageBuilder, SchemaError
from capnsafe.schema.plugin import write_modules
from tests.capnsafe.schema import json_keys_capnp as generated
from tests.capnsafe.schema.json_keys_capnp import (
    Box,
    Boxes,
    Coded,
    Deep,
    Flat,
    Named,
    Plain,
    Shape,
    Size,
    Spread,
    Unions,
    Untagged,
    Valued,
)
from tests.capnsafe.schema.tools import FOLDER, Scatter, alike, by_tool, compiled, converted

FILE = FOLDER / "json_keys.capnp"

PLACE = {"X": 0, "y": 0.0}
PLAIN: dict[str, Any] = {"number": 1, "text": "one", "wide": "2"}
ONE = Plain(number=1, text="one", wide=2)

#: Values, and the JSON that the reference's tool writes for them.
WRITTEN: list[tuple[Any, dict[str, Any]]] = [
    (
        Named(number=-1, base=b"hi", hex=b"\0\xab", list=b"\1", place=Named.Place(x=3)),
        {"a number": -1, "size_": "small", "base": "aGk=", "hex": "00ab", "list": [1]}
        | {"where": {"X": 3, "y": 0.0}},
    ),
    (
        Named(size=Size.VERY_LARGE, sizes=[Size(7), Size.VERY_LARGE], base=b"", hex=b""),
        {"a number": 0, "size_": "very-large", "sizes": [7, "very-large"], "hex": ""}
        | {"where": PLACE},
    ),
    (
        Flat(),
        {"own": 0, "near-x": 0, "p.place": "nowhere"},
    ),
    (
        Flat(
            plain=ONE,
            given=ONE,
            deep=Deep(named=Named(number=4)),
            near=Flat.Near(shape=Shape(circle=0.5)),
            place=Flat.Place(town="Ulm"),
        ),
        {"own": 0, **PLAIN, **{f"given.{key}": item for key, item in PLAIN.items()}}
        | {"deep.named.a number": 4, "deep.named.size_": "small"}
        | {"deep.named.where": PLACE, "near-x": 0, "near-shape-kind": "ring"}
        | {"near-shape-ring": 0.5, "p.place": "city", "p.city": "Ulm"},
    ),
    (Shape(name="x"), {"name": "x", "kind": "nothing"}),
    (Shape(circle=float("inf")), {"kind": "ring", "ring": "Infinity"}),
    (
        Shape(plain=ONE),
        {"kind": "plain", "plain-number": 1, "plain-text": "one", "plain-wide": "2"},
    ),
    (
        Shape(other=Plain()),
        {"kind": "other", "plain-number": 0, "plain-wide": "0"},
    ),
    (
        Shape(group=Shape.Group(plain="text", octets=b"\xff")),
        {"kind": "group", "plain-number": "text", "plain-octets": "ff"},
    ),
    (Shape(data=b"?>"), {"kind": "data", "data": "Pz4="}),
    (Shape(struct=ONE), {"kind": "struct", "struct": PLAIN}),
    (Shape(size=Size.VERY_LARGE), {"kind": "size", "size": "very-large"}),
    (Shape(size=Size(9)), {"kind": "size", "size": 9}),
    (Shape(given=Plain(number=9)), {"kind": "given", "g-number": 9, "g-wide": "0"}),
    (Valued(), {"is": "nothing"}),
    (Valued(number=-5), {"is": "NUMBER", "value": "-5"}),
    (Valued(data=b"hi"), {"is": "data", "value": "aGk="}),
    (Valued(shape=Shape()), {"is": "shape", "value": {"kind": "nothing"}}),
    (Valued(group=Valued.Group(x=2)), {"is": "group", "value": {"x": 2}}),
    (Valued(list=["a"]), {"is": "list", "value": ["a"]}),
    (
        Unions(
            inside=Unions.Inside(b=ONE),
            valued=Unions.Valued(d="x"),
            valueds=[Valued(number=1), Valued()],
        ),
        {"inside": {"of": "b", **PLAIN}, "valueds": [{"is": "NUMBER", "value": "1"}]}
        | {"v": "d", "w": "x"},
    ),
    (
        Boxes(
            text=Box(item="x", member="y"),
            data=Box(item=b"", member=b"\1"),
            spread=Spread(item=ONE),
            nested=Spread(item=Spread(item=ONE)),
            coded=[Coded(item=b"\1")],
        ),
        {"text": {"thing": "x", "member": "y"}, "data": {"thing": [], "member": [1]}}
        | {"spread": {f"s.{key}": item for key, item in PLAIN.items()}}
        | {f"s.s.{key}": item for key, item in PLAIN.items()}
        | {"coded": [{"item": "01"}]},
    ),
]
WRITTEN[-2][1]["valueds"].append({"is": "nothing"})


@pytest.fixture(params=["generated", "loaded"])
def module(request: pytest.FixtureRequest) -> ModuleType:
    if request.param == "generated":
        return generated
    return capnsafe.load(compiled(FILE))


def is_wrong(module: ModuleType, value: Any, plain: dict[str, Any]) -> bool:
    """Return whether generated code does not write a value as this JSON, or not read it back."""
    kind = getattr(module, type(value).__name__)
    same = kind.from_bytes(value.to_bytes())
    written = json.loads(same.to_json())
    return bool(written != plain or kind.from_json(json.dumps(plain)) != same)


def ids(each: Any) -> str:
    return repr(each)[:40]


@pytest.mark.process
@pytest.mark.parametrize(("value", "plain"), WRITTEN, ids=ids)
def test_what_is_written(module: ModuleType, value: Any, plain: dict[str, Any]) -> None:
    name = type(value).__name__
    kind = getattr(module, name)
    octets = value.to_bytes()
    same = kind.from_bytes(octets)
    assert not is_wrong(module, value, plain)
    with MessageBuilder() as message:
        message.set_root(same)
        root: Any = message.get_root(kind)
        assert json.loads(root.to_json()) == plain
    told = json.loads(converted(octets, "binary:json", FILE, name))
    assert told == plain
    assert kind.from_bytes(converted(json.dumps(plain).encode(), "json:binary", FILE, name)) == same


@pytest.mark.process
@pytest.mark.parametrize(
    "kind", [Named, Flat, Deep, Shape, Valued, Unions, Untagged, Boxes], ids=ids
)
def test_random_values(kind: Any) -> None:
    name = kind.__name__
    values = [Scatter(seed).struct(kind._layout, 3) for seed in range(40)]
    octets = b"".join(value.to_bytes() for value in values)
    told = converted(octets, "binary:json", FILE, name).splitlines()
    assert len(told) == len(values)
    for value, line in zip(values, told, strict=True):
        assert alike(json.loads(line), json.loads(value.to_json()))
        again = kind.from_json(line)
        # JSON does not have null pointers in place of defaults, and members without a tag.
        if kind not in (Flat, Untagged):
            assert alike(json.loads(line), json.loads(again.to_json()))
    for value in values[:5]:
        text = value.to_json()
        read = kind.from_bytes(converted(text.encode(), "json:binary", FILE, name))
        assert kind.from_bytes(kind.from_json(text).to_bytes()) == read


@pytest.mark.process
def test_null_parameters() -> None:
    value = Boxes(text=Box(member=None), data=Box(member=None))
    plain = {"text": {"member": ""}, "data": {"member": []}}
    assert json.loads(value.to_json()) == plain
    assert json.loads(converted(value.to_bytes(), "binary:json", FILE, "Boxes")) == plain
    assert value.to_dict() == {"text": {"member": None}, "data": {"member": None}}


#: Objects that no value is written as, and the values that they are read as.
READ: list[tuple[str, Any]] = [
    ("{}", Shape()),
    ('{"kind": "ring", "ring": 2}', Shape(circle=2.0)),
    ('{"ring": 2}', Shape(circle=2.0)),
    ('{"kind": "ring"}', Shape(circle=0.0)),
    ('{"kind": "circle", "circle": 2}', Shape()),
    ('{"kind": "ring", "data": "aGk"}', Shape(data=b"hi")),
    ('{"data": "aGk", "ring": 2}', Shape(circle=2.0)),
    ('{"ring": 2, "data": "aGk"}', Shape(data=b"hi")),
    ('{"plain-number": 1, "kind": "other"}', Shape(other=Plain(number=1))),
    ('{"plain-number": 1}', Shape()),
    ('{"kind": "unknown", "plain-number": 1}', Shape()),
    ('{"kind": "data"}', Shape(data=b"")),
    ('{"kind": "struct", "struct": {}}', Shape(struct=Plain())),
    ('{"kind": "given", "g-text": "x"}', Shape(given=Plain(number=9, text="x"))),
    ('{"value": 3, "is": "NUMBER"}', Valued(number=3)),
    ('{"value": 3}', Valued()),
    ('{"NUMBER": 3}', Valued()),
    ('{"is": "nothing", "value": 3}', Valued()),
    ('{"is": "group"}', Valued(group=Valued.Group())),
    ('{"p.city": "Ulm"}', Flat(place=Flat.Place(town="Ulm"))),
    ('{"p.place": "city"}', Flat(place=Flat.Place(town=""))),
    ('{"given.number": 1}', Flat(given=Plain(number=1, text="given", wide=8))),
    ('{"number": 1}', Flat(plain=Plain(number=1))),
    ('{"plain": {"number": 1}}', Flat()),
    ('{"near-shape-name": "x"}', Flat(near=Flat.Near(shape=Shape(name="x")))),
    ('{"near": {"x": 3}}', Flat()),
    ('{"a": 3, "number": 1}', Untagged(a=3)),
    ('{"c": "x", "a": 3}', Untagged(a=3)),
    ('{"a": 3, "c": "x"}', Untagged(c="x")),
    ('{"kind": "plain"}', Shape(plain=None)),
    ('{"inside": {"of": "b", "text": "x"}}', Unions(inside=Unions.Inside(b=Plain(text="x")))),
    ('{"where": {"X": 3}}', Named(place=Named.Place(x=3))),
    ('{"thing": "x"}', Boxes()),
]


@pytest.mark.process
@pytest.mark.parametrize(("text", "value"), READ, ids=ids)
def test_what_is_read(text: str, value: Any) -> None:
    kind = type(value)
    assert kind.from_bytes(kind.from_json(text).to_bytes()) == kind.from_bytes(value.to_bytes())
    octets = converted(text.encode(), "json:binary", FILE, kind.__name__)
    assert kind.from_bytes(octets) == kind.from_bytes(value.to_bytes())


def test_what_the_reference_loses() -> None:
    # Its tool erases the member if its name comes later, and refuses the key of another member.
    assert Shape.from_json('{"ring": 2, "kind": "ring"}') == Shape(circle=2.0)
    assert Shape.from_json('{"kind": "ring", "plain-number": 1}') == Shape(circle=0.0)
    assert Named.from_json('{"base": null, "hex": null}') == Named()
    assert Shape.from_json('{"kind": "data", "data": null}') == Shape(data=b"")
    text = '{"plain-number": 1, "given.text": null, "deep.shapes": null}'
    assert Flat.from_json(text) == Flat(given=Flat().given, deep=Deep())


@pytest.mark.parametrize("text", ["3", "null", "[]", "{}"])
def test_a_member_is_named_by_a_string(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="kind must be the name of a member of Shape, not"):
        Shape.from_json(f'{{"kind": {text}}}')


def test_dicts_and_text_have_the_names_of_the_schema() -> None:
    value = Flat(plain=ONE, near=Flat.Near(shape=Shape(circle=1.0)), place=Flat.Place(town="Ulm"))
    plain = value.to_dict()
    assert plain["near"]["shape"] == {"circle": 1.0}
    assert plain["place"] == {"town": "Ulm"}
    assert Flat.from_dict(plain) == value
    assert Named(size=Size.VERY_LARGE).to_dict()["size"] == "veryLarge"
    assert Named.from_dict({"size": "veryLarge"}) == Named(size=Size.VERY_LARGE)
    assert "town = " in value.to_text()
    with pytest.raises(ArgumentValueError, match="Size has no enumerant 'veryLarge'"):
        Named.from_json('{"size_": "veryLarge"}')
    with pytest.raises(ArgumentValueError, match="Size has no enumerant 'very-large'"):
        Named.from_dict({"size": "very-large"})


def test_groups_by_themselves() -> None:
    inside = Unions.Inside(b=ONE)
    assert json.loads(inside.to_json()) == {"of": "b", **PLAIN}
    assert Unions.Inside.from_json(inside.to_json()) == inside
    # Only the field around it gives the discriminator its name.
    assert json.loads(Flat.Place(town="Ulm").to_json()) == {"city": "Ulm"}
    assert Flat.Place.from_json('{"city": "Ulm"}') == Flat.Place(town="Ulm")


#: Fields of ``Scalars`` in JSON: the value; None if it is refused.
SCALARS: list[tuple[str, str, Any]] = [
    *(("float32", text, float("nan")) for text in ("null", '"nan"', '"NaN"', '"-NAN"')),
    *(("float32", text, float("inf")) for text in ("1e40", '"1e40"', '"inf"', '"+Infinity"')),
    *(("float32", text, float("-inf")) for text in ("-1e40", '"-1e400"', '"-INF"', "-1e400")),
    *(("float32", text, 1.5) for text in ("1.5", '"1.5"', '"+1.5"', '" 1.5"', '"0x1.8p0"')),
    *(("float32", text, 16.0) for text in ("16", '"0x10"', '"16."', '"1.6e1"', '"0X1p4"')),
    ("float32", '".5"', 0.5),
    ("float32", "3.4028235677973366e38", float("inf")),
    ("float32", "3.4028235677973362e38", 3.4028234663852886e38),
    *(("float32", text, None) for text in ('""', '"."', '"1_0"', '"1.5 "', '"x"', '"0x"', "true")),
    *(("float32", text, None) for text in ("[]", "{}", '"1e"', '"infinit"', '"٣"')),
    ("float64", "1e40", 1e40),
    ("float64", "1e400", float("inf")),
    ("float64", "1" + "0" * 400, float("inf")),
    ("float64", "-1" + "0" * 400, float("-inf")),
    ("float64", '" -0x1p5000"', float("-inf")),
    ("float64", '"1e-400"', 0.0),
    ("int8", "5.0", 5),
    ("int8", "1e2", 100),
    *(("int8", text, 16) for text in ('"0x10"', '"0X10"', '"+16"', '" 16"', '"016"', "16")),
    *(("int8", text, -16) for text in ('"-0x10"', '"-16"', "-16.0")),
    *(("int8", text, None) for text in ("null", "1.5", "128", "-129", '"128"', "true", "1e400")),
    *(("int8", text, None) for text in ('"5 "', '"1_0"', '""', '"5.0"', '"0x"', '"0b1"', '"٣"')),
    *(("int8", text, 0) for text in ("-0", "-0.0", '"-0"')),
    ("int64", '"9007199254740993"', 9007199254740993),
    ("int64", '"9223372036854775808"', None),
    ("int64", '"-0x8000000000000000"', -(1 << 63)),
    ("uint64", '"0xffffffffffffffff"', (1 << 64) - 1),
    ("uint64", "1e19", 10**19),
    *(("uint64", text, None) for text in ("-1", '"-1"', "1e20", '"18446744073709551616"')),
    ("uint16", "65536", None),
    ("bool", "true", True),
    *(("bool", text, None) for text in ("0", "1", '"true"', "null")),
    *(("text", text, None) for text in ("0", "[]", "true")),
    ("text", '"\\u0000"', "\0"),
    ("data", "[1.0, 2]", b"\1\2"),
    *(("data", text, None) for text in ("[1.5]", "[256]", "[-1]", '["1"]', '"abc"')),
    *(("hex", text, b"JK") for text in ('"4a4b"', '"4A4B"')),
    *(("hex", text, None) for text in ("[1]", "5")),
    *(("base64", text, b"hi") for text in ('"aGk="', '"aGk"', '"aGk=="', '"a G\\nk="')),
    ("base64", '"aG+/"', b"ho\xbf"),
    ("base64", '""', b""),
    *(("base64", text, None) for text in ("[1]", "5")),
    ("size", '"very-large"', Size.VERY_LARGE),
    *(("size", text, Size.VERY_LARGE) for text in ("1", "1.0")),
    ("size", "77", Size(77)),
    *(("size", text, None) for text in ('"veryLarge"', '"1"', "null", "true")),
    ("list", '[1, "2"]', [1, 2]),
    *(("list", text, None) for text in ("[null]", "[1.5]", "{}")),
    *(("void", text, None) for text in ("null", "1", '"x"', "{}")),
    ("plain", "{}", Plain()),
    *(("plain", text, None) for text in ("1", '"x"', "[]")),
]


def scalar_ids(each: Any) -> str:
    return each[:20] if isinstance(each, str) else ""


def read_scalar(field: str, octets: bytes) -> Any:
    found = getattr(generated.Scalars.from_bytes(octets), field)
    return repr(found)


def refuses(field: str, text: str) -> bool:
    try:
        generated.Scalars.from_json(f'{{"{field}": {text}}}').to_bytes()
    except (ArgumentTypeError, ArgumentValueError):
        return True
    return False


@pytest.mark.parametrize(("field", "text", "value"), SCALARS, ids=scalar_ids)
def test_scalars(field: str, text: str, value: Any) -> None:
    if value is None and field != "void":
        assert refuses(field, text)
        return
    octets = generated.Scalars.from_json(f'{{"{field}": {text}}}').to_bytes()
    assert read_scalar(field, octets) == repr(value)


@pytest.mark.process
@pytest.mark.parametrize(("field", "text", "value"), SCALARS, ids=scalar_ids)
def test_scalars_by_the_reference(field: str, text: str, value: Any) -> None:
    done = by_tool(f'{{"{field}": {text}}}'.encode(), "json:binary", FILE, "Scalars")
    if value is None and field != "void":
        assert done is None
    else:
        assert done is not None
        assert read_scalar(field, done) == repr(value)


#: Invalid values which the reference implementation accepts, with another meaning.
WRONG = [
    *(("hex", text) for text in ('"686"', '"zz"', '"68 69"', '"0x68"')),
    *(("base64", text) for text in ('"!!!!"', '"aG-_"', '"a"', '"aGk=aGk="', '"aGk=x"', '"=aGk"')),
    *(("size", text) for text in ("70000", "-1", "1.5")),
]


@pytest.mark.parametrize(("field", "text"), WRONG)
def test_wrong_data_and_enumerants_are_refused(field: str, text: str) -> None:
    assert refuses(field, text)


def test_what_the_reference_refuses() -> None:
    scalars = generated.Scalars
    assert scalars.from_json('{"text": null, "list": null, "plain": null}') == scalars()
    # A double has less digits.
    assert scalars.from_json('{"int64": 9223372036854775807}').int64 == (1 << 63) - 1
    assert scalars.from_json('{"int64": 9007199254740993}').int64 == 9007199254740993
    with pytest.raises(ArgumentValueError, match="is not a number"):
        scalars.from_json('{"int64": "%s"}' % ("1" * 5000))


HEAD = """@0xd5b1c2d3e4f50617;
using Json = import "/capnp/compat/json.capnp";
struct P { x @0 :Int32; y @1 :Text; }
struct Box(T) { v @0 :T $Json.flatten(); }
struct Hex(T) { v @0 :T $Json.hex; }
"""
TAGGED = 'struct T $Json.discriminator(name = "k") '

#: Schemas that are right.
RIGHT = [
    TAGGED + "{ x @0 :Int32; }",
    TAGGED + "{ union { p @0 :P $Json.flatten(); q @1 :P $Json.flatten(); } }",
    'struct T $Json.discriminator(name = "k", valueName = "v")'
    " { union { a @0 :Int32; p @1 :P $Json.flatten(); } }",
    "struct T { union { p @0 :P $Json.flatten(); q @1 :Text; } }",
    'struct T { x @0 :Int32 $Json.name(""); }',
    "struct T { x @0 :Box(P); y @1 :Box(Box(P)); }",
    "struct T { x @0 :List(Hex(Data)); }",
    "struct T { x @0 :U(P); } struct U(X) { b @0 :Box(X); }",
    "struct T { x @0 :U(P); } struct U(X) { b @0 :Box(X) $Json.flatten(); h @1 :Hex(Data); }",
    "struct T { x @0 :U(P); } struct U(X) { g :group { b @0 :X $Json.flatten(); } }",
    'struct T { x @0 :P $Json.name("x") $Json.flatten(prefix = "p"); y @1 :Text; }',
]

#: Schemas with a mistake: (definition of the struct T, beginning of the message).
MISTAKEN = [
    ("struct T { a @0 :Int32 $Json.flatten(); }", "a is not a struct"),
    ("struct T { a @0 :List(P) $Json.flatten(); }", "a is not a struct"),
    ("struct T { a @0 :AnyPointer $Json.flatten(); }", "a is not a struct"),
    ("struct T { a @0 :Box(Text); }", "v is not a struct"),
    ("struct T { a @0 :List(List(Box(Text))); }", "v is not a struct"),
    ("struct T { a @0 :Hex(Text); }", "v is not a Data"),
    ("struct T { a @0 :Text $Json.base64; }", "a is not a Data, so it cannot be base64"),
    ("struct T { a @0 :List(Data) $Json.hex; }", "a is not a Data, so it cannot be hex"),
    ("struct T { a @0 :Data $Json.hex $Json.base64; }", "a cannot be both base64 and hex"),
    ('struct T { a @0 :Int8; b @1 :Int8 $Json.name("a"); }', "two of its fields have the key 'a'"),
    ('struct T { union { a @0 :Int8; b @1 :Int8 $Json.name("a"); } }', "two members .* name 'a'"),
    ('struct T { c @2 :Int8 $Json.name("a"); union { a @0 :Int8; b @1 :Int8; } }', "key 'a'"),
    (TAGGED + "{ k @2 :Int8; union { a @0 :Int8; b @1 :Int8; } }", "key 'k'"),
    (TAGGED + "{ k @0 :Int8; }", "key 'k'"),
    (TAGGED + '{ union { a @0 :Int8; b @1 :Int8 $Json.name("a"); } }', "two members"),
    (TAGGED + "{ union { p @0 :P $Json.flatten(); x @1 :Int8; } }", "key 'x'"),
    (
        TAGGED + "{ p @0 :P $Json.flatten(); union { q @1 :P $Json.flatten(); r @2 :Void; } }",
        "key 'x'",
    ),
    (
        'struct T $Json.discriminator(name = "k", valueName = "k")'
        " { union { a @0 :Int8; b @1 :P; } }",
        "key 'k'",
    ),
    (
        'struct T $Json.discriminator(name = "k", valueName = "v")'
        " { v @2 :Int8; union { a @0 :Int8; b @1 :P; } }",
        "key 'v'",
    ),
    (
        'struct T $Json.discriminator(name = "k", valueName = "x")'
        " { union { a @0 :Int8; b @1 :P $Json.flatten(); } }",
        "key 'x'",
    ),
    ("struct T { x @0 :Int8; p @1 :P $Json.flatten(); }", "key 'x'"),
    ("struct T { p @0 :P $Json.flatten(); x @1 :Int8; }", "key 'x'"),
    ("struct T { p @0 :P $Json.flatten(); q @1 :P $Json.flatten(); }", "key 'x'"),
    ('struct T { x @0 :Int8; t @1 :T $Json.flatten(prefix = "t"); }', "flattened into itself"),
    ('struct T { g :group { t @0 :T $Json.flatten(prefix = "t"); } }', "flattened into itself"),
    (
        "struct T { a @0 :A $Json.flatten(); } struct A { t @0 :T $Json.flatten(); }",
        "flattened into itself",
    ),
    ('struct T { e @0 :E; } enum E { a @0; b @1 $Json.name("a"); }', "two enumerants of E"),
    ("struct T { x @0 :List(S); } struct S { a @0 :Text $Json.hex; }", "S cannot be written"),
    ("struct T { x @0 :Json.Value $Json.flatten(); }", "x has any JSON"),
]


def schema_of(folder: Path, body: str) -> Path:
    file = folder / "t.capnp"
    file.write_text(HEAD + body)
    return file


@pytest.mark.process
@pytest.mark.parametrize("body", RIGHT)
def test_right_schemas(tmp_path: Path, body: str) -> None:
    file = schema_of(tmp_path, body)
    kind: Any = capnsafe.load(file).T
    text = kind().to_json()
    told = by_tool(kind().to_bytes(), "binary:json", file, "T")
    assert told is not None
    assert json.loads(text) == json.loads(told)
    assert write_modules(compiled(file), tmp_path) == [tmp_path / "t_capnp.py"]


@pytest.mark.process
@pytest.mark.parametrize(("body", "message"), MISTAKEN, ids=ids)
def test_mistaken_schemas(tmp_path: Path, body: str, message: str) -> None:
    file = schema_of(tmp_path, body)
    assert by_tool(b"()", "text:json", file, "T") is None
    with pytest.raises(SchemaError, match=message):
        capnsafe.load(file)
    with pytest.raises(SchemaError, match=message):
        write_modules(compiled(file), tmp_path)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.process
def test_a_generic_struct_without_types(tmp_path: Path) -> None:
    # Whether the annotations are right depends on types that the schema does not say.
    module = capnsafe.load(schema_of(tmp_path, "struct T { x @0 :Box; y @1 :Hex; }"))
    assert module.T().to_json() == "{}"
    for kind in (module.Box, module.Hex, module.T(x=module.Box())):
        value = kind() if isinstance(kind, type) else kind
        with pytest.raises(SchemaError, match="v is of any type"):
            value.to_json()


@pytest.mark.process
def test_null_members_that_have_themselves(tmp_path: Path) -> None:
    body = "struct T { union { b @0 :B $Json.flatten(); v @1 :Void; } }"
    body += " struct B { union { a @0 :T; w @1 :Void; } }"
    kind: Any = capnsafe.load(schema_of(tmp_path, body)).T
    assert kind().to_json() == '{"a": {}}'


@pytest.mark.process
def test_any_json(tmp_path: Path) -> None:
    file = schema_of(tmp_path, "struct T { x @0 :Json.Value; y @1 :List(Json.Value); n @2 :Text; }")
    module = capnsafe.load(file)
    kind: Any = module.T
    plain = {"x": {"a": [None, True, 0.5, "s", {}, []]}, "y": [3.0, "z"], "n": "name"}
    value = kind.from_json(json.dumps(plain))
    assert json.loads(value.to_json()) == plain
    assert json.loads(converted(value.to_bytes(), "binary:json", file, "T")) == plain
    assert kind.from_bytes(converted(json.dumps(plain).encode(), "json:binary", file, "T")) == value
    assert kind.from_json('{"x": null, "y": [null]}').to_json() == '{"x": null, "y": [null]}'
    assert kind.from_dict({"x": None}) == kind()
    of: Any = module.json_capnp.Value if hasattr(module, "json_capnp") else type(value.x)
    assert of.from_json("[1, null]").to_json() == "[1.0, null]"
    assert of(object=[of.Field(name="k")]).to_json() == '{"k": null}'
    assert of(raw='{"k": [1.5]}').to_json() == '{"k": [1.5]}'
    assert kind(x=of(array=[of(string="s")])).to_dict()["x"] == {"array": [{"string": "s"}]}
    wrong = {"x": of(raw="{"), "y": [of(raw="1e999")]}
    for label, one in wrong.items():
        with pytest.raises(ArgumentValueError, match="the raw text of a Value is not JSON"):
            kind(**{label: one}).to_json()
    with pytest.raises(ArgumentValueError, match="no form for a Value whose member is call"):
        of(call=of.Call(function="f")).to_json()
    with pytest.raises(ArgumentValueError, match="JSON has no number nan"):
        of(number=float("nan")).to_json()
    newer = bytearray(of().to_bytes())
    newer[16] = 99
    with pytest.raises(ArgumentValueError, match="whose member is of a newer schema"):
        capnsafe.read_message(newer).get_root(of).to_json()
