"""Run pieces of work that may end the process, or leave something behind in it.

An encoder that was changed may write over memory, wait forever, or keep a lock. So the work is done
in forks, many pieces in each. A fork tells its results after every few pieces, if a check says that
nothing was left behind. If it says otherwise, or the fork ends, the pieces since then are done
again, one at a time, and the culprit has no result.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from ..ownership import VARIABLE, blocks_of, process_folder, remove_blocks

PIECES: Final = 16
"""The pieces of work from one check to the next."""
PATIENCE: Final = 10.0
"""How many seconds these may take; then the fork is ended."""

MOST_LOST: Final = 64
"""After so many pieces without a result, the rest is not done."""

Result = TypeVar("Result")


def in_forks(
    work: Sequence[Callable[[], Result]], is_unharmed: Callable[[], bool]
) -> Iterator[tuple[int, Result]]:
    """Yield the number and the result of each piece of work that ended well, in order.

    Args:
        work: The pieces; their results can be pickled.
        is_unharmed: Returns whether the process is as it was. It is called in the fork.
    """
    folder = os.environ.get(VARIABLE) or str(process_folder().path)
    at = careful = lost = 0
    while at < len(work) and lost < MOST_LOST:
        reading, writing = os.pipe()
        child = os.fork()
        was_careful = careful > 0
        if child == 0:
            os.close(reading)
            _do(work, at, 1 if careful else PIECES, is_unharmed, writing)
        os.close(writing)
        try:
            for results in _batches(reading):
                for result in results:
                    yield at, result
                    at += 1
                careful = max(0, careful - 1)
                if was_careful and not careful:
                    break
        finally:
            os.close(reading)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            remove_blocks(blocks_of(folder, child))
        if was_careful and careful:
            at += 1
            careful -= 1
            lost += 1
        elif not was_careful:
            careful = PIECES


def _do(
    work: Sequence[Callable[[], Result]],
    at: int,
    pieces: int,
    is_unharmed: Callable[[], bool],
    writing: int,
) -> None:
    """Do the work from a piece on, until the process is harmed or all is done; never return."""
    try:
        # Imported here, because it imports the encoder, which workers must instrument first.
        from ..memories.shared_memory import forget_blocks

        forget_blocks()
        for start in range(at, len(work), pieces):
            results = [one() for one in work[start : start + pieces]]
            if not is_unharmed():
                break
            data = pickle.dumps(results)
            data = len(data).to_bytes(8, "little") + data
            while data:
                data = data[os.write(writing, data) :]
    finally:
        os._exit(0)


def _batches(reading: int) -> Iterator[list[Any]]:
    """Yield the results that arrive in time."""
    while (head := _exactly(reading, 8)) is not None:
        data = _exactly(reading, int.from_bytes(head, "little"))
        if data is None:
            return
        yield pickle.loads(data)


def _exactly(reading: int, size: int) -> bytes | None:
    data = b""
    while len(data) < size:
        ready, _, _ = select.select([reading], [], [], PATIENCE)
        more = os.read(reading, size - len(data)) if ready else b""
        if not more:
            return None
        data += more
    return data
