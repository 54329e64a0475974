"""Count the machine instructions of B1, B2 and B6, and name the functions that run most of them.

``python -m benchmarks.instructions`` needs ``valgrind``, and a compiled encoder (``make compile``).
It prints a table for each task, done with that encoder and with pycapnp. Unlike times, instructions
depend little on the load of the machine. Each task runs in two processes, a few times and many
times, so that the difference has nothing of the start of Python.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from capnsafe import HeapAllocator, MessageBuilder

from .address_book import FIRST_WORDS, build_with_capnsafe, build_with_pycapnp, schema
from .builds import compiled_python
from .encoders import FIELDS, set_fields_with_capnsafe, set_fields_with_pycapnp
from .memory import SMALL_WORDS, MovingAllocator

#: How often a task runs in the two processes.
FEW: Final = 20
MANY: Final = 120

#: The functions that a table shows.
SHOWN: Final = 6

#: A line of ``callgrind_annotate``: instructions, file, function, and perhaps the object file.
_LINE: Final = re.compile(r"\s*([\d,]+) \([ \d.]+%\)\s+[^\s:]*:(.+?)(?: \[[^\]]*\])?$")

#: What follows the name of a C++ function, or of a copy that the compiler made.
_AFTER_NAME: Final = re.compile(r"(?<=\w)(\(.*|\.constprop.*|\.isra.*|'\d+)$")


def tasks() -> Iterator[tuple[str, int, Callable[[], object]]]:
    """Yield (title, number of operations, work) for each task."""
    message = MessageBuilder()
    ours = message.init_root(1, 4)
    theirs: Any = schema.Person.new_message()
    yield "B1 with capnsafe: one field", FIELDS, lambda: set_fields_with_capnsafe(ours)
    yield "B1 with pycapnp: one field", FIELDS, lambda: set_fields_with_pycapnp(theirs)
    yield (
        "B2 with capnsafe: an address book",
        1,
        lambda: build_with_capnsafe(HeapAllocator(segment_words=FIRST_WORDS)).close(),
    )
    for title, words in (("segments that move", SMALL_WORDS), ("one segment", FIRST_WORDS)):

        def on_moving_memory(words: int = words) -> None:
            build_with_capnsafe(MovingAllocator(words)).close()

        yield f"B6 with capnsafe: an address book in {title}", 1, on_moving_memory
    yield "B2 and B6 with pycapnp: an address book", 1, build_with_pycapnp


def perform(title: str, times: int) -> None:
    """Run a task. This is all that the counted process does."""
    [work] = [work for name, _, work in tasks() if name == title]
    for _ in range(times):
        work()


def counted(
    title: str, times: int, folder: Path, python: list[str], environment: dict[str, str]
) -> Counter[str]:
    """Return the instructions of each function in a process that runs a task so many times."""
    out = folder / f"callgrind.{times}"
    counting = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
    task = ["-m", __spec__.name, title, str(times)]
    subprocess.run([*counting, *python, *task], env=environment, check=True, capture_output=True)
    lines = subprocess.run(
        ["callgrind_annotate", "--threshold=100", "--auto=no", out],
        check=True,
        capture_output=True,
        text=True,
    )
    found: Counter[str] = Counter()
    for line in lines.stdout.splitlines():
        if match := _LINE.match(line):
            found[_AFTER_NAME.sub("", match[2])] += int(match[1].replace(",", ""))
    return found


def table(title: str, operations: int, functions: Counter[str]) -> Iterator[str]:
    """Yield the lines of a table of the instructions of one operation."""
    yield f"| {title} | instructions | share |"
    yield "| --- | ---: | ---: |"
    whole = functions.total()
    for name, count in functions.most_common(SHOWN):
        yield f"| `{name}` | {count / operations:,.0f} | {count / whole:.0%} |"
    yield f"| all | {whole / operations:,.0f} | 100% |"


def main(arguments: list[str]) -> int:
    """Print the tables, or run the task that is named."""
    if arguments:
        perform(arguments[0], int(arguments[1]))
        return 0
    compiled = compiled_python()
    if shutil.which("valgrind") is None or compiled is None:
        print("this needs valgrind, and a compiled encoder: run `make compile`", file=sys.stderr)
        return 4
    with tempfile.TemporaryDirectory() as folder:
        for title, operations, _ in tasks():
            few, many = (counted(title, times, Path(folder), *compiled) for times in (FEW, MANY))
            many.subtract(few)
            print("\n".join(table(title, operations * (MANY - FEW), many)), end="\n\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
