"""Makes the parts of the README that come from the code: ``python -m tests.readme``.

``test_readme`` holds the README to what this makes.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from pathlib import Path

from capnsafe_allocators import FAMILIES, PROMISES
from capnsafe_fuzz.campaign.listing import promises
from capnsafe_fuzz.cli import main
from capnsafe_fuzz.encoders import planted

README = Path(__file__).resolve().parents[1] / "README.md"

#: The planted bug that the README shows.
SHOWN = "zero_before_allocate"


def promise_table() -> str:
    """Answer the table of promises, from the declarations."""
    _, rows = promises()
    lines = ["| | promise | judged by | tested by the faults |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {name} | **{title}**: {sentence} | {judges} | {faults} |"
        for name, title, sentence, judges, faults in rows
    ]
    assert len(rows) == len(PROMISES)
    assert set(FAMILIES)
    return "\n".join(lines)


def finding() -> str:
    """Answer the story of a planted bug, as the command tells it."""
    folder = Path(planted.__file__).parent
    path = folder / f"{SHOWN}.scenario"
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        main(["repro", "--encoder", f"planted:{SHOWN}", str(path)])
    name = path.relative_to(README.parent)
    told = out.getvalue().replace(str(path), str(name)).rstrip()
    command = f"capnsafe repro --encoder planted:{SHOWN} {name}"
    return f"```console\n$ {command}\n{told}\n```"


PARTS = {"promises": promise_table, "finding": finding}


def remade(text: str) -> str:
    """Answer the README with its made parts made anew."""
    for name, make in PARTS.items():
        pattern = re.compile(rf"(<!-- {name}:[^\n]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)
        found = pattern.search(text)
        if found is None:
            raise SystemExit(f"README.md has no place for {name!r}")
        text = text[: found.end(1)] + make() + "\n" + text[found.start(2) :]
    return text


if __name__ == "__main__":
    README.write_text(remade(README.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write("README.md made\n")
