"""The slot: a mapped file in which a worker notes what it is about to run.

A worker that dies by a signal, by ``os._exit`` or by the kernel's hand cannot say why. So before
each execution it writes the input's bytes and a number here, and after it that it is idle again.
The mapping is shared, so what was written stays readable when the writer is dead.

The inputs before that one stay for a while, too. What an execution does to a process may end it
only later: a pipe that was closed is missed when the next message is sent.

The file begins with words that nobody maps: a map keeps a descriptor of its file, and an encoder
that writes into descriptors which are not its own writes there.

The parent writes one field, ``stop``: a worker that sees it ends after the execution in hand.
"""

from __future__ import annotations

import mmap
import struct
import time
from dataclasses import dataclass
from pathlib import Path

INPUT_BYTES = 64 * 1024
"""The longest input that a slot holds; engines make none longer."""

RECENT = 128
"""How many inputs it holds: that of the execution in hand, and those before."""

_WORD = struct.Struct("=Q")
_MARK = struct.Struct("=QQ")
_STATE = struct.Struct("=QQQQQ")
_EXECUTIONS, _STARTED, _FIRED, _FALLBACKS, _STOP = range(0, 40, 8)
_RECORD_BYTES = _WORD.size + INPUT_BYTES
_SIZE = _STATE.size + RECENT * _RECORD_BYTES
_UNMAPPED = mmap.ALLOCATIONGRANULARITY


@dataclass(frozen=True, slots=True)
class SlotState:
    """What a slot says at one moment."""

    executions: int
    """Executions begun since the worker started."""
    started: int
    """``time.monotonic_ns()`` when the execution in hand began; 0 between executions."""
    data: bytes
    """The input in hand, or the last one."""
    faults_fired: int
    fallbacks: int
    """Times a mutator failed and a plainer one stood in."""

    @property
    def running(self) -> bool:
        """Whether an execution was in hand."""
        return self.started != 0


class Slot:
    """One worker's slot, seen from either side."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        if create:
            path.write_bytes(bytes(_UNMAPPED + _SIZE))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SIZE, offset=_UNMAPPED)

    def begin(self, executions: int, data: bytes) -> None:
        """Worker: the execution numbered ``executions`` (from 1) begins, with ``data``."""
        kept = data[:INPUT_BYTES]
        mapped = self._map
        at = _record_of(executions)
        _WORD.pack_into(mapped, at, len(kept))
        mapped[at + _WORD.size : at + _WORD.size + len(kept)] = kept
        _MARK.pack_into(mapped, _EXECUTIONS, executions, time.monotonic_ns())

    def finished(self, faults_fired: int) -> None:
        """Worker: the execution in hand is over; ``faults_fired`` is the sum since the start."""
        _WORD.pack_into(self._map, _FIRED, faults_fired)
        _WORD.pack_into(self._map, _STARTED, 0)

    def note_fallbacks(self, count: int) -> None:
        """Worker: ``count`` mutations failed since the start."""
        _WORD.pack_into(self._map, _FALLBACKS, count)

    @property
    def stopping(self) -> bool:
        """Whether the parent wants the worker to end."""
        return self._map[_STOP] != 0

    def stop(self) -> None:
        """Parent: ask the worker to end after the execution in hand."""
        self._map[_STOP] = 1

    def read(self) -> SlotState:
        """Parent: what the slot says now."""
        executions, started, fired, fallbacks, _ = _STATE.unpack_from(self._map, 0)
        return SlotState(executions, started, self._input(executions), fired, fallbacks)

    def recent(self) -> list[bytes]:
        """Parent: the inputs of the last executions, at most ``RECENT``, the last one first."""
        executions, *_ = _STATE.unpack_from(self._map, 0)
        return [self._input(executions - ago) for ago in range(min(executions, RECENT))]

    def _input(self, execution: int) -> bytes:
        at = _record_of(execution)
        (length,) = _WORD.unpack_from(self._map, at)
        return self._map[at + _WORD.size : at + _WORD.size + min(length, INPUT_BYTES)]

    def close(self) -> None:
        """Unmap."""
        self._map.close()


def _record_of(execution: int) -> int:
    return _STATE.size + execution % RECENT * _RECORD_BYTES
