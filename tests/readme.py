"""Generate the parts of documents that come from the code: ``python -m tests.readme``.

``test_readme`` fails if a generated part is out of date. The command also records the versions of
decoders, which ``test_decoders`` compares, and compiles the schema of all programs.
"""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

from capnsafe_allocators import FAMILIES, PROMISES, Family
from capnsafe_fuzz.campaign.exit_codes import EXIT_CODES
from capnsafe_fuzz.campaign.listing import promises
from capnsafe_fuzz.campaign.outcomes import OUTCOMES
from capnsafe_fuzz.cli import main
from capnsafe_fuzz.encoders import planted
from capnsafe_fuzz.encoders.generated_answers import DISGUISED, REQUEST

from capnsafe.schema.loading import _standard_folders, compiler
from tests import decoders

README = Path(__file__).resolve().parents[1] / "README.md"
FAULTS = README.parent / "docs" / "faults.md"
OUTCOMES_PAGE = README.parent / "docs" / "outcomes.md"

#: The schemas of all programs, compiled.
SCHEMAS = (REQUEST, DISGUISED)

#: The planted bug that the README shows.
SHOWN = "zero_before_allocate"


def promise_table() -> str:
    """Return the table of promises, from the declarations."""
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
    """Return the output of the command that runs a planted bug."""
    folder = Path(planted.__file__).parent
    path = folder / f"{SHOWN}.scenario"
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        main(["repro", "--encoder", f"planted:{SHOWN}", str(path)])
    name = path.relative_to(README.parent)
    told = out.getvalue().replace(str(path), str(name)).rstrip()
    command = f"capnsafe repro --encoder planted:{SHOWN} {name}"
    return f"```console\n$ {command}\n{told}\n```"


def _kinds(family: Family) -> list[str]:
    lines = ["| kind | what it does | numbers | kept |", "| --- | --- | --- | --- |"]
    for name, kind in family.kinds.items():
        swept = ", ".join(map(str, kind.swept_amounts))
        amount = f"amount ({swept})" if swept else "amount"
        numbers = " ".join(
            word
            for word, taken in [("segment", kind.takes_segment), (amount, kind.takes_amount)]
            if taken
        )
        kept = "with `verify`" if kind.effects.changes_contents else "always"
        lines.append(f"| `{name}` | {kind.sentence} | {numbers} | {kept} |")
    return lines


def families() -> str:
    """Return a section for each family of faults, from the declarations."""
    parts = []
    for family in FAMILIES.values():
        tested = ", ".join(f"{name} {PROMISES[name].name}" for name in family.promises)
        moments = " ".join(f"`{when.value}`" for when in family.moments)
        about = f"The allocator {family.description}. Tests {tested}. Laid at {moments}."
        parts.append("\n".join([f"### {family.name}", "", about, "", *_kinds(family)]))
    return "\n\n".join(parts)


def only_verified() -> str:
    """Return the faults that a message detects only if it verifies, from the declarations."""
    lines = []
    for family in FAMILIES.values():
        names = [name for name, kind in family.kinds.items() if kind.effects.changes_contents]
        if names and len(names) == len(family.kinds):
            lines.append(f"- `{family.name}`: all kinds")
        elif names:
            lines.append(f"- `{family.name}`: {', '.join(f'`{name}`' for name in names)}")
    return "\n".join(lines)


def exit_codes() -> str:
    """Return the table of exit codes, from the declarations."""
    lines = ["| code | what it means |", "| --- | --- |"]
    lines += [f"| {code} | {sentence} |" for code, sentence in EXIT_CODES.items()]
    return "\n".join(lines)


def outcomes() -> str:
    """Return the table of outcomes, from the declarations."""
    lines = ["| of | outcome | what happens | code | it says | `--json` |", "| --- " * 6 + "|"]
    lines += [
        f"| {one.of} | {one.name} | {one.happens} | {one.code} "
        f"| `…{one.sentence}…` | `{one.json}` |"
        for one in OUTCOMES
    ]
    return "\n".join(lines)


#: The generated parts, by the name in their marks: the document, and the function.
PARTS = {
    "promises": (README, promise_table),
    "finding": (README, finding),
    "families": (FAULTS, families),
    "only verified": (FAULTS, only_verified),
    "exit codes": (OUTCOMES_PAGE, exit_codes),
    "outcomes": (OUTCOMES_PAGE, outcomes),
}


def remade(document: Path) -> str:
    """Return a document with its generated parts updated."""
    text = document.read_text(encoding="utf-8")
    for name, (where, make) in PARTS.items():
        if where != document:
            continue
        pattern = re.compile(rf"(<!-- {name}:[^\n]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)
        found = pattern.search(text)
        if found is None:
            raise SystemExit(f"{document.name} has no place for {name!r}")
        text = text[: found.end(1)] + make() + "\n" + text[found.start(2) :]
    return text


def compiled_schema(request: Path) -> bytes:
    """Return a schema as its compiler passes it to a plugin."""
    schema = request.with_suffix(".capnp")
    folders = [f"-I{folder}" for folder in _standard_folders()]
    command = [compiler(), "compile", "-o-", f"--src-prefix={schema.parent}", *folders, str(schema)]
    return subprocess.run(command, check=True, capture_output=True).stdout


if __name__ == "__main__":
    for request in SCHEMAS:
        request.write_bytes(compiled_schema(request))
        sys.stdout.write(f"{request.name} made\n")
    for document in (README, FAULTS, OUTCOMES_PAGE):
        document.write_text(remade(document), encoding="utf-8")
        sys.stdout.write(f"{document.name} made\n")
    decoders.record()
    sys.stdout.write(f"{decoders.RECORDED.name} made\n")
