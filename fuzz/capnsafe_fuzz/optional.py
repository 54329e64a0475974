"""Optional packages, and the parts of the harness that need them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final


@dataclass(frozen=True, slots=True)
class Package:
    """A package that the encoder does not need."""

    name: str
    module: str
    """The name under which it is imported."""
    extra: str
    """The extra of this project that installs it."""
    without: str
    """The consequence if it is missing: a clause that follows "is not installed: "."""

    @property
    def is_installed(self) -> bool:
        """Return whether it can be imported."""
        return find_spec(self.module) is not None

    @property
    def sentence(self) -> str:
        """Return a sentence that it is missing, with the consequence and how to install it."""
        return (
            f"{self.name} is not installed: {self.without} (pip install 'capnsafe[{self.extra}]')"
        )


COMMAND: Final = tuple(
    Package(name, name, "fuzz", "the command capnsafe needs it") for name in ("click", "rich")
)
"""The packages without which there is no command."""

PYCAPNP: Final = Package(
    "pycapnp", "capnp", "fuzz", "no output is read by another implementation (P11)"
)
HYPOTHESIS: Final = Package(
    "hypothesis", "hypothesis", "check", "an allocator of your own cannot be checked"
)
JINJA: Final = Package("jinja2", "jinja2", "fuzz", "no page can be written")
COVERAGE: Final = Package("coverage", "coverage", "fuzz", "the coverage of code cannot be measured")
WASMTIME: Final = Package(
    "wasmtime", "wasmtime", "wasm", "scenarios over the memory of a guest run over a heap"
)
RAY: Final = Package("Ray", "ray", "ray", "campaigns cannot run on a cluster")

OPTIONAL: Final = (PYCAPNP, WASMTIME)
"""The packages without which the harness does less, and says so.

(An engine itself reports the packages that it lacks.)
"""


def missing() -> list[Package]:
    """Return the optional packages that are not installed."""
    return [package for package in OPTIONAL if not package.is_installed]
