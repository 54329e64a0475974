"""The plugin and ``capnsafe.load``: from a schema to a module."""

from __future__ import annotations

import io
import os
import pickle
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import capnsafe
from capnsafe import ArgumentTypeError, SchemaError, schema
from capnsafe.schema import loading, plugin, schema_capnp
from capnsafe.schema.generator import modules_of
from capnsafe.schema.loading import request_in
from capnsafe.schema.naming import module_name
from tests.capnsafe.schema.regenerate import FILES, generated
from tests.capnsafe.schema.round_trips import require_round_trips
from tests.capnsafe.schema.tools import EVERY, FOLDER, STANDARD, TOOL, Scatter, compiled

pytestmark = pytest.mark.process


def test_generated_modules_are_up_to_date() -> None:
    """If this fails, run ``python -m tests.capnsafe.schema.regenerate``."""
    for path, text in generated().items():
        assert path.read_text(encoding="utf-8") == text, path


def test_the_schema_of_schemas() -> None:
    octets = compiled(STANDARD / "capnp" / "schema.capnp")
    value = request_in(octets).to_value()
    again = value.to_bytes()
    assert schema_capnp.CodeGeneratorRequest.from_bytes(again) == value
    assert modules_of(request_in(again)) == modules_of(request_in(octets))


def test_the_plugin(tmp_path: Path) -> None:
    for path in FILES:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    environment = {**os.environ, "PATH": f"{TOOL.parent}{os.pathsep}{os.environ['PATH']}"}
    names = [path.name for path in FILES]
    command = [str(TOOL), "compile", "-ocapnsafe", f"-I{STANDARD}", *names]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    program = (
        "from features_capnp import Pointers\n"
        "from shared_capnp import Date\n"
        "assert Pointers(day=Date(month=3)).to_dict()['day']['month'] == 3"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    name = "addressbook_capnp.py"
    assert (tmp_path / name).read_text() == (FOLDER / name).read_text()


def run_plugin(monkeypatch: pytest.MonkeyPatch, folder: Path, octets: bytes) -> int:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets)))
    return plugin.main()


def test_modules_of_a_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "__init__.py").touch()
    source = tmp_path / "source"
    (source / "deep" / "2nd").mkdir(parents=True)
    (source / "top.capnp").write_text(
        '@0xa1b2c3d4e5f60718; struct Top { low @0 :import "deep/2nd/low-er.capnp".Low; }'
    )
    (source / "deep" / "2nd" / "low-er.capnp").write_text(
        "@0xa1b2c3d4e5f60719; struct Low { top @0 :Top; side @1 :Side; any @2 :Other; }\n"
        'using import "../../top.capnp".Top; using import "side.capnp".Side;\n'
        'using import "/root.capnp".Other;'
    )
    (source / "deep" / "2nd" / "side.capnp").write_text(
        "@0xa1b2c3d4e5f6071a; struct Side { number @0 :UInt8; }"
    )
    (source / "root.capnp").write_text("@0xa1b2c3d4e5f6071b; struct Other { number @0 :UInt8; }")
    names = ["top.capnp", "deep/2nd/low-er.capnp", "deep/2nd/side.capnp"]
    command = [str(TOOL), "compile", "-o-", f"-I{source}", *names]
    octets = subprocess.run(command, cwd=source, capture_output=True, check=True).stdout
    assert run_plugin(monkeypatch, tmp_path, octets) == 0
    upper = (tmp_path / "top_capnp.py").read_text()
    assert "\nfrom .deep._2nd import low_er_capnp as deep__2nd_low_er_capnp\n" in upper
    lower = (tmp_path / "deep" / "_2nd" / "low_er_capnp.py").read_text()
    assert "\nfrom ... import top_capnp\n" in lower
    assert "\nfrom . import side_capnp as deep__2nd_side_capnp\n" in lower
    assert "\nimport root_capnp\n" in lower


def test_what_the_plugin_refuses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_plugin(monkeypatch, tmp_path, b"no request") == 1
    assert ": the input is no request of the schema compiler" in capsys.readouterr().err
    (tmp_path / "addressbook_capnp.py").mkdir()
    assert run_plugin(monkeypatch, tmp_path, compiled(FOLDER / "addressbook.capnp")) == 1
    assert "addressbook_capnp.py cannot be written" in capsys.readouterr().err


def test_a_schema_is_loaded() -> None:
    module: Any = capnsafe.load(FOLDER / "features.capnp")
    point = module.Point(x=1)
    assert module.Point.from_bytes(point.to_bytes()) == point
    assert pickle.loads(pickle.dumps(point)) == point
    assert module.shared_capnp.Date(year=2000, month=2, day=29) == module.BIRTHDAY
    assert module.__doc__.startswith("Code generated from features.capnp")


def test_a_schema_that_is_loaded_again_has_the_names_of_the_first() -> None:
    first, second = (capnsafe.load(FOLDER / "addressbook.capnp") for _ in range(2))
    pickled = pickle.dumps(second.Date(year=1990))
    assert pickle.loads(pickled) == second.Date(year=1990) != first.Date(year=1990)
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(first.Date(year=1990))
    # As in another process.
    del sys.modules[second.__name__]
    with pytest.raises(ModuleNotFoundError):
        pickle.loads(pickled)
    again: Any = capnsafe.load(FOLDER / "addressbook.capnp")
    assert pickle.loads(pickled) == again.Date(year=1990)


def test_a_compiled_schema_is_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    octets = compiled(FOLDER / "addressbook.capnp")
    monkeypatch.setattr(loading, "compiler", None)
    path = tmp_path / "request"
    path.write_bytes(octets)
    for source in (octets, bytearray(octets), memoryview(octets), path, str(path)):
        module: Any = capnsafe.load(source)
        assert module.Person().to_bytes() == module.Person.from_dict({}).to_bytes()


def test_files_that_import_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.capnp").write_text(
        '@0xe1b2c3d4e5f60718; using B = import "b.capnp"; struct One { two @0 :B.Two; }\n'
        'const one :B.Two = (name = "x");'
    )
    (tmp_path / "b.capnp").write_text(
        '@0xe1b2c3d4e5f60719; using A = import "/a.capnp";'
        "struct Two { one @0 :A.One; name @1 :Text; } struct Unused { two @0 :Two; }"
    )
    module: Any = capnsafe.load(tmp_path / "a.capnp", import_path=[tmp_path])
    value = module.One(two=module.b_capnp.Two(one=module.One()))
    assert module.One.from_bytes(value.to_bytes()) == value
    assert module.ONE.name == "x"
    assert not hasattr(module.b_capnp, "Unused"), "the compiler sends what the file needs"


@pytest.mark.parametrize("in_package", [False, True])
@pytest.mark.parametrize("first", ["a", "b", "c"])
def test_constants_of_files_that_import_each_other(
    tmp_path: Path, in_package: bool, first: str
) -> None:
    """They are there whichever module Python imports first."""
    (tmp_path / "a.capnp").write_text(
        '@0xe1b2c3d4e5f60718; using B = import "b.capnp"; using C = import "c.capnp";\n'
        "struct A { b @0 :B.B; c @1 :C.C = (x = 1); }\n"
        "struct Box(Item) { item @0 :Item; }\n"
        "struct Group { group :group { list @0 :List(List(C.C)); } colour @1 :B.Colour; }\n"
        "const box :Box(B.B) = (item = (x = 2)); const colours :List(B.Colour) = [red, green];\n"
        "const group :Group = (group = (list = [[(x = 3)]])); const colour :B.Colour = green;\n"
        "struct Own { own @0 :Own; others @1 :List(Own); } const own :Own = (own = ());\n"
    )
    (tmp_path / "b.capnp").write_text(
        '@0xe1b2c3d4e5f60719; using A = import "a.capnp"; enum Colour { red @0; green @1; }\n'
        "struct B { a @0 :A.A; x @1 :Int8; const inner :A.A = (b = (x = 4)); const own :Int8 = 1; }"
        "const first :A.A = (b = (x = 5), c = (x = 6)); const box :A.Box(B) = (item = (x = 7));"
    )
    (tmp_path / "c.capnp").write_text(
        '@0xe1b2c3d4e5f6071a; using B = import "b.capnp"; struct C { x @0 :Int8; b @1 :B.B; }\n'
        "const it :B.B = (x = 8); const own :C = (x = 9);"
    )
    if in_package:
        (tmp_path / "__init__.py").touch()
    environment = {**os.environ, "PATH": f"{TOOL.parent}{os.pathsep}{os.environ['PATH']}"}
    command = [str(TOOL), "compile", "-ocapnsafe", "a.capnp", "b.capnp", "c.capnp"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    package = tmp_path.name if in_package else ""
    names = sorted("abc", key=lambda name: name != first)
    program = [
        "from importlib import import_module",
        f"sys_path = {str(tmp_path.parent if in_package else tmp_path)!r}",
        "import sys; sys.path.insert(0, sys_path)",
        *(f"{name} = import_module({package!r} + '.{name}_capnp')" for name in names if package),
        *(f"{name} = import_module('{name}_capnp')" for name in names if not package),
        "assert a.BOX.item.x == 2",
        "assert a.COLOURS == [b.Colour.RED, b.Colour.GREEN]",
        "assert a.GROUP.group.list[0][0].x == 3",
        "assert a.COLOUR is b.Colour.GREEN",
        "assert a.OWN.own == a.Own()",
        "assert b.B.INNER.b.x == 4",
        "assert (b.FIRST.b.x, b.FIRST.c.x, b.BOX.item.x) == (5, 6, 7)",
        "assert (c.IT.x, c.OWN.x) == (8, 9)",
    ]
    subprocess.run([sys.executable, "-c", "\n".join(program)], cwd=tmp_path, check=True)
    module: Any = capnsafe.load(tmp_path / f"{first}.capnp")
    if first == "a":
        assert vars(module)["OWN"].own == module.Own()
        assert "BOX" not in vars(module), "it needs another file, so it is made later"
        assert module.BOX.item.x == 2
        assert module.GROUP.group.list[0][0].x == 3


def test_a_file_in_a_folder_around_the_schema(tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "x.capnp").write_text("@0xe1b2c3d4e5f60723; struct X { a @0 :Int8; }")
    inner = tmp_path / "class" / "y.capnp"
    inner.write_text('@0xe1b2c3d4e5f60724; using X = import "../x.capnp"; struct Y { x @0 :X.X; }')
    module: Any = capnsafe.load(inner)
    assert module.Y(x=module.x_capnp.X(a=3)).to_dict() == {"x": {"a": 3}}
    inner.write_text('@0xe1b2c3d4e5f60724; using X = import "../gone.capnp"; struct Y {}')
    with pytest.raises(SchemaError, match=r"Import failed: \.\./gone\.capnp"):
        capnsafe.load(inner)


def test_names_of_folders_that_python_cannot_import(tmp_path: Path) -> None:
    assert module_name("sub/class/import.capnp") == "sub.class_.import_capnp"
    # The package of pycapnp has the name capnp.
    assert module_name("/capnp/compat/json.capnp") == "capnp_.compat.json_capnp"
    assert module_name("capnp.capnp") == "capnp_capnp"
    assert module_name("my/capnp/a.capnp") == "my.capnp.a_capnp"


def test_a_file_that_is_imported_for_an_annotation_alone(tmp_path: Path) -> None:
    (tmp_path / "units.capnp").write_text(
        "@0xe1b2c3d4e5f60720; annotation unit @0xe1b2c3d4e5f60721 (field) :Text;"
    )
    (tmp_path / "road.capnp").write_text(
        '@0xe1b2c3d4e5f60722; using Units = import "units.capnp";'
        'struct Road { length @0 :UInt32 $Units.unit("m"); }'
    )
    module: Any = capnsafe.load(tmp_path / "road.capnp")
    assert module.units_capnp.UNIT.of(module.Road, "length") == "m"


def test_the_schemas_of_the_compiler_can_be_imported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "named.capnp"
    path.write_text(
        '@0xa1b2c3d4e5f60799; using Cxx = import "/capnp/c++.capnp"; $Cxx.namespace("named");'
        'struct Named { name @0 :Text $Cxx.name("other"); }'
    )
    module: Any = capnsafe.load(path)
    assert module.Named(name="x").to_dict() == {"name": "x"}
    monkeypatch.setattr(loading, "find_spec", lambda name: None)
    with pytest.raises(SchemaError, match=r"Import failed: /capnp/c\+\+\.capnp"):
        capnsafe.load(path)


def test_what_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wrong: Any
    for wrong in (3, None, object()):
        with pytest.raises(ArgumentTypeError, match="a path must be a str"):
            capnsafe.load(wrong)
    for name in ("missing.request", "missing.capnp"):
        with pytest.raises(SchemaError, match=rf"/{name}' cannot be read: No such file or dir"):
            capnsafe.load(tmp_path / name)
    (tmp_path / "folder.capnp").mkdir()
    for path in (tmp_path, tmp_path / "folder.capnp"):
        with pytest.raises(SchemaError, match=rf"^'{path}' cannot be read: Is a directory$"):
            capnsafe.load(path)
    for name in ("a\0b", "a\0b.capnp"):
        with pytest.raises(SchemaError, match=r"cannot be read: ValueError"):
            capnsafe.load(name)
    (tmp_path / "program.py").write_text("print('a program')")
    with pytest.raises(SchemaError, match=r"program\.py' is neither a \.capnp file nor a request"):
        capnsafe.load(tmp_path / "program.py")
    for wrong in ("/", Path("/")):
        with pytest.raises(ArgumentTypeError, match="import_path takes a list of folders, not one"):
            capnsafe.load(FOLDER / "addressbook.capnp", import_path=wrong)
    for folder in ("/gone", "a\0b"):
        with pytest.raises(SchemaError, match=r"of import_path is no folder$"):
            capnsafe.load(FOLDER / "addressbook.capnp", import_path=[folder])
    (tmp_path / "bad.capnp").write_text("@0xa1b2c3d4e5f60718; struct A { x @0 :Missing; }")
    with pytest.raises(SchemaError, match="Not defined: Missing"):
        capnsafe.load(tmp_path / "bad.capnp")
    for octets in (b"", b"no message"):
        with pytest.raises(SchemaError, match=r"^the bytes are no request of the schema compiler"):
            capnsafe.load(octets)
    with pytest.raises(SchemaError, match="has no file: is it what `capnp compile -o-` writes"):
        capnsafe.load(schema_capnp.CodeGeneratorRequest().to_bytes())
    broken = schema_capnp.CodeGeneratorRequest.from_bytes(compiled(FOLDER / "addressbook.capnp"))
    broken.nodes = []
    with pytest.raises(SchemaError, match="has no node 0xf49850cd1bd8ae91"):
        capnsafe.load(broken.to_bytes())
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SchemaError, match="there is no schema compiler"):
        capnsafe.load(FOLDER / "addressbook.capnp")


def test_names_that_are_code() -> None:
    request = schema_capnp.CodeGeneratorRequest.from_bytes(compiled(FOLDER / "addressbook.capnp"))
    text = request.to_bytes()
    for name, wrong in ((b"Person", b"Pers()"), (b"email\0", b"e=1;x\0"), (b"mobile", b"mob.ly")):
        assert name in text
        with pytest.raises(SchemaError, match="a declaration cannot have the name '"):
            capnsafe.load(text.replace(name, wrong))


@pytest.mark.traced
@pytest.mark.thorough
def test_damaged_requests() -> None:
    """Whatever a request says, loading it raises ``SchemaError``, or makes a module."""
    octets = compiled(FOLDER / "addressbook.capnp", FOLDER / "shared.capnp")
    rng = random.Random(5)
    refused = 0
    for _ in range(60):
        damaged = bytearray(octets)
        for _ in range(rng.choice((1, 3, 10))):
            at = rng.randrange(len(damaged))
            damaged[at] ^= 1 << rng.randrange(8)
        try:
            capnsafe.load(damaged)
        except SchemaError:
            refused += 1
    assert refused > 5


def test_a_damaged_request_is_called_damaged() -> None:
    octets = compiled(FOLDER / "addressbook.capnp")
    request: Any = schema_capnp.CodeGeneratorRequest.from_bytes(octets)
    person = next(node for node in request.nodes if node.display_name.endswith(":Person"))
    person.struct.fields[0].slot.type = schema_capnp.Type(enum=schema_capnp.Type.Enum(type_id=5))
    with pytest.raises(SchemaError, match="is damaged: it refers to 5, which it lacks"):
        capnsafe.load(request.to_bytes())
    at = octets.index(b"Person\0\0")
    with pytest.raises(SchemaError, match="is damaged: the text of 7 bytes does not end in a NUL"):
        capnsafe.load(octets[:at] + b"Person!" + octets[at + 7 :])


def test_every_type_of_field() -> None:
    module: Any = capnsafe.load(EVERY)
    for seed in range(3):
        require_round_trips(Scatter(seed).struct(module.Every._layout, 2), EVERY)


def test_the_public_names() -> None:
    assert sorted(schema.__all__) == sorted(set(schema.__all__))
    assert all(hasattr(schema, name) for name in schema.__all__)


def test_a_schema_that_declares_no_type(tmp_path: Path) -> None:
    path = tmp_path / "notes.capnp"
    path.write_text("@0xa1b2c3d4e5f60777; annotation note @0xf3a91d5be2c07f69 (*) :Text;")
    module: Any = capnsafe.load(path)
    assert module.__doc__.startswith("Code generated from notes.capnp")
    path.write_text("@0xa1b2c3d4e5f60777; interface Nothing {} const one :Int8 = 1;")
    assert capnsafe.load(path).ONE == 1
