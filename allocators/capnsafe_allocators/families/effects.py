"""The effects of a fault on its client: everything that others need to know about a kind of fault.

Code that judges a client, prints its program or lays faults reads these declarations, and names no
family or kind. No field has a default, so a kind that omits one cannot be imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Excuse(Enum):
    """How long a client may fail because of a fault that fired."""

    NOTHING = "nothing"
    STEP = "this step"
    REST = "for good"


class Loss(Enum):
    """Whether a fault removes words that were handed out."""

    NONE = "none"
    #: It removes words or a segment; whether these were in use must be looked up.
    POSSIBLE = "possible"
    CERTAIN = "certain"


class Move(Enum):
    """Whether a fault moves segments."""

    NOWHERE = "nowhere"
    ELSEWHERE = "elsewhere"
    #: The memory below a segment is resized, so it may move, with all segments that share it.
    WITH_ITS_MEMORY = "with its memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """The effects of one kind of fault."""

    #: The client's failures that are excused if it fires in any call but ``grow``.
    excuses: Excuse
    #: The client's failures that are excused if it fires in a call of ``grow``. A client whose
    #: segment does not grow asks for another one, so most faults there excuse nothing.
    excuses_in_growth: Excuse
    #: Whether it removes words that were handed out.
    loses_words: Loss
    #: Whether ``segment`` raises a LookupError for a segment that exists, so that the client takes
    #: it for lost.
    says_gone: bool
    #: Whether it changes words in use without a trace in addresses, lengths or exceptions, so that
    #: a client can detect it only by comparing the memory with a private copy (P5v).
    changes_contents: bool
    #: Whether two segments lie in the same memory afterwards.
    shares_memory: bool
    #: Whether a segment may have the length of another one afterwards.
    exchanges_segments: bool
    #: Whether words that the client has not used yet become nonzero.
    soils: bool
    moves: Move
    #: Whether a client that trusts the memory may walk or call without end.
    endless: bool
    #: Whether it calls the message during a call of the message.
    calls_message: bool
    #: Whether it changes exactly the word in use that ``Fault.amount`` names.
    aims: bool

    def __post_init__(self) -> None:
        """Raise ValueError for effects that contradict each other."""
        excuses = {self.excuses, self.excuses_in_growth}
        lasting = self.changes_contents or self.loses_words is not Loss.NONE
        if lasting and excuses != {Excuse.REST}:
            raise ValueError(
                "effects that change or remove words must excuse failures for good (Excuse.REST),"
                f" not {self.excuses} and {self.excuses_in_growth}"
            )

    @property
    def shortens(self) -> bool:
        """Whether a segment may afterwards be shorter than the words in use."""
        return self.loses_words is not Loss.NONE or self.shares_memory or self.exchanges_segments

    @property
    def alters(self) -> bool:
        """Whether words in use may afterwards differ from the words that were written."""
        return self.changes_contents or self.shortens

    @property
    def sharing_shows(self) -> bool:
        """Whether a client can see by addresses that two segments share memory."""
        return self.shares_memory and not self.changes_contents
