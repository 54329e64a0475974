"""The compiled package: how it is built, chosen, and installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

from ci.compile_package import INTERPRETED, with_explicit_causes

ROOT = Path(__file__).resolve().parents[1]


# -- the choice ----------------------------------------------------------------------------------


@pytest.mark.process
def test_the_harness_tests_the_sources() -> None:
    script = (
        "import sys, types; import capnsafe_fuzz.encoders, capnsafe, os\n"
        "print(os.environ['CAPNSAFE_PLAIN'], capnsafe.COMPILED,"
        " sys.path_importer_cache[capnsafe.__path__[0]].find_spec('wire').origin)"
    )
    environment = {key: value for key, value in os.environ.items() if key != "CAPNSAFE_PLAIN"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True
    )
    setting, compiled, origin = done.stdout.split()
    assert (setting, compiled) == ("1", "False")
    assert origin.endswith("wire.py")


# -- the build -----------------------------------------------------------------------------------


def test_causes_are_assigned_and_lines_keep_their_numbers() -> None:
    source = """\
def fail(what: str) -> None:
    try:
        int(what)
    except ValueError as error:
        if what:
            raise LookupError(
                f"ü {what}",
            ) from error
        if not what: raise KeyError("ü") from None
    raise
"""
    changed = with_explicit_causes(source)
    assert " from " not in changed
    assert len(changed.splitlines()) == len(source.splitlines())
    kept = [line for line in source.splitlines() if "raise " not in line and ") from" not in line]
    assert set(kept) <= set(changed.splitlines())
    names: dict[str, object] = {}
    exec(changed, names)
    fail = names["fail"]
    assert callable(fail)
    with pytest.raises(LookupError, match="ü x") as raised:
        fail("x")
    assert isinstance(raised.value.__cause__, ValueError)
    with pytest.raises(KeyError) as bare:
        fail("")
    assert bare.value.__cause__ is None
    assert bare.value.__suppress_context__


def test_every_raise_of_a_compiled_module_can_be_rewritten() -> None:
    package = ROOT / "capnsafe"
    for path in package.rglob("*.py"):
        text = path.read_text("utf-8")
        assert len(with_explicit_causes(text).splitlines()) == len(text.splitlines()), path


def test_what_stays_interpreted_is_there() -> None:
    assert [name for name in INTERPRETED if not (ROOT / "capnsafe" / name).exists()] == []


#: What mypyc does not compile as it should: it gives all subclasses of an ABC one cache of
#: ``isinstance``, which then returns what held for another class.
FORBIDDEN = ("(ABC)", ", ABC)", "ABCMeta")


def test_no_compiled_class_is_an_abc() -> None:
    package = ROOT / "capnsafe"
    interpreted = tuple(package / name for name in INTERPRETED)
    found = [
        path.name
        for path in package.rglob("*.py")
        if not any(path.is_relative_to(one) for one in interpreted)
        and any(text in path.read_text("utf-8") for text in FORBIDDEN)
    ]
    assert found == []


# -- the wheel -----------------------------------------------------------------------------------


def build_wheel(folder: Path, **environment: str) -> tuple[Path, str]:
    """Build a wheel, and return its path and the output of the build."""
    command = [sys.executable, "-m", "pip", "wheel", "-v", "--no-deps", "-w", str(folder), "."]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel, done.stdout + done.stderr


def install(wheel: Path, folder: Path) -> Path:
    """Install a wheel, and nothing else, in an empty environment; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", str(wheel)]
    subprocess.run(pip, check=True)
    return python


def is_compiled(python: Path, **environment: str) -> str:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("CAPNSAFE")}
    script = "import capnsafe; print(capnsafe.COMPILED)"
    done = subprocess.run(
        [str(python), "-c", script],
        cwd="/",
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.process
@pytest.mark.release
def test_a_wheel_made_without_a_compiler_is_plain_and_the_build_says_so(tmp_path: Path) -> None:
    without: Mapping[str, str] = {"CC": "no-such-compiler", "CAPNSAFE_COMPILE": ""}
    wheel, said = build_wheel(tmp_path, **without)
    assert "capnsafe stays plain Python: there is no compiler no-such-compiler" in said
    assert wheel.name.endswith("-py3-none-any.whl")
    assert is_compiled(install(wheel, tmp_path / "empty")) == "False"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an empty environment in which the compiled wheel is installed."""
    folder = tmp_path_factory.mktemp("compiled")
    wheel, _ = build_wheel(folder, CAPNSAFE_COMPILE="1")
    names = ZipFile(wheel).namelist()
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    assert {"capnsafe/wire.py", f"capnsafe/wire{suffix}", "capnsafe/errors.py"} <= set(names)
    assert f"capnsafe/errors{suffix}" not in names
    assert not wheel.name.endswith("-any.whl")
    return install(wheel, folder / "empty")


def with_packages(*paths: Path | str, **environment: str) -> dict[str, str]:
    """The other packages of this environment, but not this project: a path has no editable ones."""
    path = os.pathsep.join(map(str, [*paths, sysconfig.get_path("platlib")]))
    return {**os.environ, "PYTHONPATH": path, **environment}


@pytest.mark.process
@pytest.mark.release
def test_a_compiled_wheel_passes_the_tests_of_the_encoder(compiled: Path) -> None:
    assert is_compiled(compiled) == "True"
    assert is_compiled(compiled, CAPNSAFE_PLAIN="1") == "False"
    done = subprocess.run(
        [str(compiled), str(ROOT / "ci" / "test_wheel.py")],
        env=with_packages(CAPNSAFE_PLAIN="0"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]


@pytest.mark.process
@pytest.mark.release
def test_the_sources_and_what_is_compiled_from_them_do_the_same(
    compiled: Path, tmp_path: Path
) -> None:
    """In every scenario of the corpus and 2,000 generated ones, in two processes."""
    shutil.copytree(ROOT / "tests", tmp_path / "tests")
    command = [str(compiled), "-m", "tests.differential.accounts", "--corpus", "--count", "2000"]
    said: dict[str, list[str]] = {}
    for plain, build in (("0", "compiled"), ("1", "plain")):
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=with_packages(CAPNSAFE_PLAIN=plain, PYTHONHASHSEED="0"),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == f"{build}\n"
        said[build] = done.stdout.splitlines()
    assert len(said["plain"]) > 2200
    assert said["compiled"] == said["plain"]
