"""Try encoders and allocators of the user in a separate process before a run relies on them.

``python -m capnsafe_fuzz.campaign.trial KIND NAME FOLDER PARENT SECONDS`` loads NAME, which is an
``encoder`` or an ``allocator``, and writes a JSON object to the file ``SAID`` in FOLDER:

- ``complaint``: a sentence about its mistake; empty if there is none
- ``refusals``, for an encoder: for each target, why it cannot be tested on that, or null

Code that ends the process or takes longer than SECONDS leaves no such file. If Python knows the
place, it is in the file ``PLACE``. The process ends with PARENT.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Final

from ..encoders import encoder_names
from ..encoders.driven.process import DriverFailedError
from ..memories.own import OwnMemoryError, own_memory
from ..optional import HYPOTHESIS
from ..ownership import own_blocks
from ..targets import TARGETS
from . import messages
from .config import DEFAULT_MEMORY_MEGABYTES
from .ending import limit_memory, no_core_dumps, tell_exits
from .failures import told_in_a_sentence, told_with_cause
from .supervisor import supervise
from .targets import (
    ALLOCATOR,
    PLACE,
    SAID,
    UnknownNameError,
    find_encoder,
    find_target,
    is_driven,
)

#: The processor time of a check of an allocator, and of the quick check that follows if the first
#: was not finished. On the clock, together they stay below the limit of the process.
_CHECK_SECONDS: Final = 10.0
_QUICK_CHECK_SECONDS: Final = 4.0


def try_allocator(name: str) -> messages.Message:
    """Load an allocator and check whether it keeps the contract of allocators."""
    if not HYPOTHESIS.is_installed:
        return {"complaint": f"allocator {name!r} cannot be tried: {HYPOTHESIS.sentence}"}
    from capnsafe_allocators import CheckUnfinishedError, check_allocator

    try:
        factory = own_memory(name)
        try:
            breaches = check_allocator(factory, seconds=_CHECK_SECONDS, recommended=False)
        except CheckUnfinishedError:
            # It is slow. The fixed programs alone show most mistakes.
            breaches = check_allocator(
                factory, seconds=_QUICK_CHECK_SECONDS, examples=0, recommended=False
            )
    except OwnMemoryError as error:
        return {"complaint": told_with_cause(error)}
    except BaseException as error:
        return {"complaint": f"allocator {name!r} cannot be tried: {told_in_a_sentence(error)}"}
    if not breaches:
        return {"complaint": ""}
    told = "\n".join(map(str, breaches))
    return {"complaint": f"allocator {name!r} breaks the contract of allocators:\n{told}"}


def try_encoder(name: str) -> messages.Message:
    """Load an encoder and find out on which targets it can be tested."""
    try:
        encoder = find_encoder(name)
        begin = getattr(encoder, "check", None)
        if is_driven(name) and begin is not None:
            begin()
        refusals = {target: find_target(target).refusal(encoder) for target in TARGETS}
    except (UnknownNameError, DriverFailedError) as error:
        return {"complaint": str(error)}
    except BaseException as error:
        return {"complaint": f"the encoder {name!r} cannot be loaded: {told_in_a_sentence(error)}"}
    return {"complaint": "", "refusals": refusals}


def main(kind: str, name: str, folder: Path, parent: int, seconds: float) -> None:
    """Write the result; the file appears when it is complete."""
    supervise(parent)
    no_core_dumps()
    own_blocks()
    # The imports of the harness take a while, too.
    list(encoder_names())
    process = os.getpid()
    if kind == ALLOCATOR and HYPOTHESIS.is_installed:
        # This takes a while, which is not the allocator's fault.
        import_module(HYPOTHESIS.module)
    with open(folder / PLACE, "w") as place:
        faulthandler.enable(place)
        faulthandler.dump_traceback_later(seconds, file=place, exit=True)
        tell_exits(place.fileno())
        limit_memory(DEFAULT_MEMORY_MEGABYTES)
        said = try_allocator(name) if kind == ALLOCATOR else try_encoder(name)
        if os.getpid() != process:
            # The code forked, and this is the second process.
            os._exit(0)
        whole = folder / f"{SAID}.part"
        whole.write_text(json.dumps(said))
        whole.rename(folder / SAID)
        # Without finalizers: those of the user's code may do anything.
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
