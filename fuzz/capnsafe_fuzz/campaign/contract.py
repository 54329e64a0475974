"""Whether an allocator of somebody else keeps its contract, tried in a process of its own.

``python -m capnsafe_fuzz.campaign.contract MODULE:CLASS FILE PARENT`` writes to FILE what is wrong,
as a person would be told; nothing if nothing is. An allocator that never answers, or ends the
process, leaves no FILE. PARENT is the process with which this one ends.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from capnsafe_allocators import check_allocator

from ..scenario.honest import own_memory
from .ending import end_with_parent, no_core_dumps


def complaint(name: str) -> str:
    """What is wrong with the allocator, if there is one; nothing if nothing is."""
    try:
        factory = own_memory(name)
    except (ImportError, AttributeError, ValueError) as error:
        return f"no allocator {name!r}: {error}"
    except BaseException as error:
        return f"allocator {name!r} cannot be loaded: {error!r}"
    try:
        breaches = check_allocator(factory)
    except BaseException as error:
        return f"allocator {name!r} cannot be tried: {error!r}"
    if not breaches:
        return ""
    told = "\n".join(map(str, breaches))
    return f"allocator {name!r} breaks the contract of allocators:\n{told}"


def main(name: str, said: Path, parent: int) -> None:
    """Write down what is wrong; the file is there when it is whole."""
    end_with_parent(parent)
    no_core_dumps()
    whole = said.with_suffix(".part")
    whole.write_text(complaint(name), encoding="utf-8", errors="backslashreplace")
    whole.rename(said)
    # Without finalizers: those of an allocator may do anything.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
