"""The plugin ``capnpc-capnsafe`` of the schema compiler.

``capnp compile -ocapnsafe person.capnp`` runs it: the compiler sends its request to the standard
input, and the plugin writes ``person_capnp.py`` to the current directory. If that directory has a
file ``__init__.py``, the modules import each other relatively, as modules of one package.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ..errors import Error, SchemaError
from .generator import modules_of
from .json_ids import ANNOTATIONS
from .loading import check_json, request_in


def write_modules(request: bytes, folder: Path) -> list[Path]:
    """Write the module of each requested file; return the paths of the modules."""
    texts = modules_of(
        request_in(request, "the input is no request"), in_package=(folder / "__init__.py").exists()
    )
    if any(f"0x{one:016X}" in text for text in texts.values() for one in ANNOTATIONS):
        check_json(request_in(request))
    written = []
    for name, text in texts.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise SchemaError(f"{path} cannot be written: {error}") from error
        written.append(path)
    return written


def main() -> int:
    """Read a request from the standard input, and write the modules. Return the exit code."""
    try:
        write_modules(sys.stdin.buffer.read(), Path())
    except Error as error:
        print(f"capnpc-capnsafe: {error}", file=sys.stderr)
        return 1
    return 0
