"""Where shards run: the interface between the parent and the places where workers are.

The parent submits the shards of an epoch, and reads the messages of each one. It does not know
where they run. A pool may lose a place together with the shard that ran there. Then it runs the
shard again elsewhere, because that gives the same messages.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from .messages import Message
from .shards import Shard
from .slot import RECENT, SlotState

TIMED_OUT = "timeout"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a shard ended."""

    how: str | None
    """``SIGSEGV``, ``exit 3``, or ``timeout`` if it was killed for that; None if nothing failed."""
    state: SlotState
    stderr: str
    """The last lines of its output."""
    done: bool
    """Whether it ran everything requested, or was asked to stop; otherwise its worker died."""
    recent: list[bytes]
    """The inputs of its last executions, the last one first; none if they are not needed."""

    @property
    def timed_out(self) -> bool:
        """Return whether it was ended because an execution took too long."""
        return self.how == TIMED_OUT

    def before(self, most: int, until: int | None) -> list[bytes]:
        """Return up to ``most`` inputs, from execution ``until`` backwards; None for the last."""
        skipped = 0 if until is None else max(0, self.state.executions - until)
        return self.recent[skipped : skipped + most]


class Run(Protocol):
    """One shard that was submitted."""

    @property
    def shard(self) -> Shard:
        """Return the shard."""

    @property
    def messages(self) -> deque[Message]:
        """Return the messages that were not taken yet."""

    @property
    def ended(self) -> Ended | None:
        """Return how it ended; None until then. No message arrives afterwards."""

    @property
    def coverage(self) -> int | None:
        """Return the counters that its engine has raised; None if it has no counters."""

    def take(self) -> Message:
        """Return the next message, and remove it."""

    def state(self) -> SlotState:
        """Return the counts at this moment."""

    def recent(self, most: int = RECENT, *, until: int | None = None) -> list[bytes]:
        """Return the inputs of the last executions, the last one first.

        There are at most ``most``. ``until`` is the number of the execution to begin with, instead
        of the last one.
        """


class Pool(Protocol):
    """A number of places that each run one shard at a time."""

    @property
    def began(self) -> bool:
        """Return whether any place was ready so far."""

    def submit(self, shard: Shard, *, first: bool = False) -> Run:
        """Run a shard as soon as a place is free: after those submitted earlier, or before them."""

    def pump(self, seconds: float) -> None:
        """Wait up to ``seconds`` for messages, and begin with shards where a place is free.

        Raises:
            UsageError: The encoder cannot be loaded.
            EnvironmentFailedError: If no place for shards is available.
        """

    def stop(self) -> None:
        """Ask all shards to end after the present execution. Those that did not begin end now."""

    def codes(self) -> list[Mapping[str, str]]:
        """Return, once each, the digests of the encoder's files where it was loaded."""

    def close(self) -> None:
        """End all workers at once. Their shards end with their last reports."""
