"""Programs for bug reports: a recorded message of a driver, in the library's own language and API.

A program needs the library and nothing else. Its allocator gives the answers that were recorded,
and where memory changed behind the library's back, the program changes it. At its end it checks
what the oracle found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .cpp import CppWriter
from .outline import Outline, outlines
from .pycapnp import PycapnpWriter
from .running import run_cpp, run_python, run_rust
from .rust import RustWriter
from .writer import ReportWriter, UnprintableError

if TYPE_CHECKING:
    from ...protocol import Account
    from ..process import Hello
    from ..tape import Tape

__all__ = ["Language", "language_of"]


@dataclass(frozen=True, slots=True)
class Language:
    """The language of the programs of one library."""

    suffix: str
    """The end of a file name in its language."""
    write: Callable[[Outline], ReportWriter]
    trouble: Callable[[str], str]
    """Runs a program; returns why it does not show the breach, empty if it does."""

    def programs(self, tape: Tape, account: Account | None, sources: Sequence[str]) -> list[str]:
        """Return programs that may show the breach, the shortest and clearest first."""
        printed: list[str] = []
        for outline in outlines(tape, account, sources):
            try:
                text = self.write(outline).text()
            except UnprintableError:
                continue
            if text not in printed:
                printed.append(text)
        return printed


_LANGUAGES: Final = {
    ("pycapnp", "Python"): Language(".py", PycapnpWriter, run_python),
    ("capnproto", "C++"): Language(".cpp", CppWriter, run_cpp),
    ("capnproto-rust", "Rust"): Language(".rs", RustWriter, run_rust),
}


def language_of(hello: Hello) -> Language | None:
    """Return the language of the programs of a driver's library; None if it has none."""
    return _LANGUAGES.get((hello.library, hello.language))
