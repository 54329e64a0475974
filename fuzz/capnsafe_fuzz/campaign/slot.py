"""The slot: a mapped file in which a worker notes its next execution.

A worker that is killed by a signal, ``os._exit`` or the kernel cannot report why. So before each
execution it writes the input's bytes and a number here, and afterwards that it is idle. The mapping
is shared, so its contents stay readable when the writer is dead.

Earlier inputs stay for a while, too. The damage of an execution may show only later: a closed pipe
is noticed when the next message is sent, and an encoder may carry state from message to message.
The inputs lie in a ring of bytes; beside it are their positions and lengths.

A map keeps a descriptor of its file, and an encoder may write into descriptors that are not its
own. So the position of that descriptor is far beyond the end of the mapping.

The parent writes one field, ``stop``: a worker that sees it ends after the present execution.
"""

from __future__ import annotations

import mmap
import struct
import time
from dataclasses import dataclass
from pathlib import Path

INPUT_BYTES = 64 * 1024
"""The longest input that a slot holds, in bytes; engines make no longer ones."""

RECENT = 1 << 14
"""The most inputs that it holds: that of the present execution, and earlier ones."""

RING_BYTES = 16 * 1024 * 1024
"""The room for them, in bytes. If inputs are long, fewer than ``RECENT`` fit."""

_WORD = struct.Struct("=Q")
_MARK = struct.Struct("=QQ")
_STATE = struct.Struct("=QQQQQQ")
_EXECUTIONS, _STARTED, _FIRED, _FALLBACKS, _STOP, _SEEDS = range(0, 48, 8)
_PLACE = struct.Struct("=QQ")
"""For one input: the number of bytes written to the ring before it, and its length."""
_PLACES = _STATE.size
_RING = _PLACES + RECENT * _PLACE.size
_SIZE = _RING + RING_BYTES
_UNMAPPED = mmap.ALLOCATIONGRANULARITY
_ELSEWHERE = 1 << 40


@dataclass(frozen=True, slots=True)
class SlotState:
    """The contents of a slot at one moment."""

    executions: int
    """Executions begun since the worker started."""
    started: int
    """``time.monotonic_ns()`` when the present execution began; 0 between executions."""
    data: bytes
    """The present input, or the last one."""
    faults_fired: int
    fallbacks: int
    """Times that a mutator failed and a simpler one replaced it."""
    seeds_left: int
    """Seeds of the worker that did not run yet."""

    @classmethod
    def nothing(cls) -> SlotState:
        """Return the state of a worker that has not begun."""
        return cls(0, 0, b"", 0, 0, 0)

    @property
    def running(self) -> bool:
        """Return whether an execution was under way."""
        return self.started != 0


class Slot:
    """One worker's slot, seen from either side."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        if create:
            path.write_bytes(bytes(_UNMAPPED + _SIZE))
        with path.open("r+b") as file:
            # The map keeps a descriptor that shares the position of this one.
            file.seek(_ELSEWHERE)
            self._map = mmap.mmap(file.fileno(), _SIZE, offset=_UNMAPPED)
        self._written = 0

    def begin(self, executions: int, data: bytes) -> None:
        """Note, in the worker, that execution ``executions`` (from 1) begins, with ``data``."""
        kept = data[:INPUT_BYTES]
        mapped, length = self._map, len(kept)
        if self._written % RING_BYTES + length > RING_BYTES:
            # No input lies in two pieces.
            self._written += RING_BYTES - self._written % RING_BYTES
        at = _RING + self._written % RING_BYTES
        place = _PLACES + executions % RECENT * _PLACE.size
        mapped[at : at + length] = kept
        _PLACE.pack_into(mapped, place, self._written, length)
        self._written += length
        _MARK.pack_into(mapped, _EXECUTIONS, executions, time.monotonic_ns())

    def finished(self, faults_fired: int) -> None:
        """Note, in the worker, that the execution is over; ``faults_fired`` is the sum so far."""
        _WORD.pack_into(self._map, _FIRED, faults_fired)
        _WORD.pack_into(self._map, _STARTED, 0)

    def note_fallbacks(self, count: int) -> None:
        """Note, in the worker, that ``count`` mutations failed since the start."""
        _WORD.pack_into(self._map, _FALLBACKS, count)

    def note_seeds_left(self, count: int) -> None:
        """Note, in the worker, that ``count`` seeds did not run yet."""
        _WORD.pack_into(self._map, _SEEDS, count)

    @property
    def stopping(self) -> bool:
        """Return, in the worker, whether the parent wants it to end."""
        return self._map[_STOP] != 0

    def stop(self) -> None:
        """Ask the worker, from the parent, to end after the present execution."""
        self._map[_STOP] = 1

    def read(self) -> SlotState:
        """Return the present contents, in the parent."""
        executions, started, fired, fallbacks, _, seeds = _STATE.unpack_from(self._map, 0)
        data = self._input(executions) if executions else b""
        return SlotState(executions, started, data, fired, fallbacks, seeds)

    def recent(self, most: int = RECENT, *, until: int | None = None) -> list[bytes]:
        """Return, in the parent, the inputs of the last executions, the last one first.

        There are at most ``most``. ``until`` is the number of the execution to begin with, instead
        of the last one.
        """
        executions, *_ = _STATE.unpack_from(self._map, 0)
        newest = self._place(executions)
        end = sum(newest)
        inputs: list[bytes] = []
        execution = executions if until is None else min(until, executions)
        oldest = max(0, executions - RECENT)
        while execution > oldest and len(inputs) < most:
            start, length = self._place(execution)
            if start + RING_BYTES < end or length > INPUT_BYTES:
                break
            inputs.append(self._input(execution))
            execution -= 1
        return inputs

    def _place(self, execution: int) -> tuple[int, int]:
        start, length = _PLACE.unpack_from(self._map, _PLACES + execution % RECENT * _PLACE.size)
        return start, length

    def _input(self, execution: int) -> bytes:
        start, length = self._place(execution)
        at = _RING + start % RING_BYTES
        return self._map[at : at + min(length, INPUT_BYTES)]

    def close(self) -> None:
        """Unmap."""
        self._map.close()
