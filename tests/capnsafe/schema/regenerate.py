"""``python -m tests.capnsafe.schema.regenerate`` writes the generated modules of this repository.

They are the modules of the schemas in this folder, and that of the schema of schemas, by which the
generator reads a compiler's request.
"""

from __future__ import annotations

from pathlib import Path

import capnsafe
from capnsafe.schema.generator import modules_of
from capnsafe.schema.loading import request_in
from tests.capnsafe.schema.tools import FOLDER, STANDARD, compiled

FILES = sorted(FOLDER.glob("*.capnp"))


def generated() -> dict[Path, str]:
    """Return the text of each generated module by its path."""
    own = Path(capnsafe.__file__).parent / "schema"
    texts = {}
    for folder, files in ((FOLDER, FILES), (own, [STANDARD / "capnp" / "schema.capnp"])):
        found = modules_of(request_in(compiled(*files)), in_package=True)
        texts.update({folder / name: text for name, text in found.items()})
    return texts


if __name__ == "__main__":
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")
