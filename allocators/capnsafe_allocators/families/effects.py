"""The effects of a fault on its client: everything that others need to know of a kind of fault.

Whoever judges a client, prints its program or lays faults reads these declarations, and knows no
family or kind by name. No field has a default, so a kind that leaves one out cannot be imported.
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
    """Whether a fault takes words that were handed out."""

    NONE = "none"
    #: It takes words or a segment; whether these were in use must be looked up.
    POSSIBLE = "possible"
    CERTAIN = "certain"


class Move(Enum):
    """Whether a fault puts segments elsewhere."""

    NOWHERE = "nowhere"
    ELSEWHERE = "elsewhere"
    #: The memory below a segment is resized, and so may move with all that shares it.
    WITH_ITS_MEMORY = "with its memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """The effects of one kind of fault."""

    #: The failures of the client that it excuses when it fires anywhere but in a call of ``grow``.
    excuses: Excuse
    #: The failures that it excuses when it fires in a call of ``grow``. A client whose segment does
    #: not grow asks for another one, so most faults there excuse nothing.
    excuses_in_growth: Excuse
    #: It takes words that were handed out.
    loses_words: Loss
    #: ``segment`` raises a LookupError for a segment that is there: the client takes it for lost.
    says_gone: bool
    #: It changes words in use and leaves no trace in addresses, lengths or exceptions: a client can
    #: find it only by comparing the memory with a copy of its own (P5v).
    changes_contents: bool
    #: Two segments lie in the same memory afterwards.
    shares_memory: bool
    #: A segment may have the length of another one afterwards.
    exchanges_segments: bool
    #: Words that the client has not used yet are not zero.
    soils: bool
    moves: Move
    #: A client that trusts the memory may walk, or call, without end.
    endless: bool
    #: It calls the message while a call of the message is under way.
    calls_message: bool
    #: It changes the word in use that ``Fault.amount`` names, so it can be aimed.
    aims: bool

    def __post_init__(self) -> None:
        """Raise ValueError for effects that contradict each other."""
        excuses = {self.excuses, self.excuses_in_growth}
        lasting = self.changes_contents or self.loses_words is not Loss.NONE
        if lasting and excuses != {Excuse.REST}:
            raise ValueError("words that were changed or taken excuse failures for good")

    @property
    def shortens(self) -> bool:
        """Whether a segment may be shorter afterwards than the words in use."""
        return self.loses_words is not Loss.NONE or self.shares_memory or self.exchanges_segments

    @property
    def alters(self) -> bool:
        """Whether words in use may differ afterwards from the words that were written."""
        return self.changes_contents or self.shortens

    @property
    def sharing_shows(self) -> bool:
        """Whether a client can see by addresses that two segments share memory."""
        return self.shares_memory and not self.changes_contents
