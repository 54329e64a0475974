"""What the message must say by now: the model, and what it was told so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from ..scenario.model import Model
from ..scenario.operations import Verb
from ..scenario.program import Operation
from ..scenario.schema import Type

#: Verbs that change nothing, and those that make at most one object.
_READING: Final = frozenset(
    {Verb.GET, Verb.OPEN, Verb.REOPEN, Verb.OUTPUT, Verb.CANONICAL, Verb.UNWRAP}
)
_MAKES_ONE: Final = frozenset({Verb.ROOT, Verb.INIT, Verb.SET, Verb.FILL})


class Course:
    """The model as the program goes on, and what the message can have by then."""

    __slots__ = ("_places", "model", "objects", "retired", "revision", "types")

    def __init__(self) -> None:
        """Nothing was done yet."""
        self.model: Final = Model()
        #: The types of the handles so far.
        self.types: Final[list[Type]] = []
        #: Counts what the model was told, so that a tree is made once for each state.
        self.revision = 0
        #: The most objects that the message can have by now.
        self.objects = 0
        #: Whether something that was set was overwritten or cleared, and what pointers were set.
        self.retired = False
        self._places: set[object] = set()

    def commit(self, operation: Operation) -> None:
        """The operation was done."""
        self.model.commit(operation)
        self.revision += 1

    def note_made(self, operation: Operation, words: Callable[[], Iterable[int]]) -> None:
        """Count what an operation that succeeded can have made, and whether it retired something.

        An operation that is not known to make one object may have made as many as there are words
        in the message: ``words`` counts them for each segment.
        """
        verb, _, place, value = operation
        # What is opened as something may be moved to where it has room for that.
        if verb in _READING and value is None:
            return
        if verb in _MAKES_ONE:
            self.objects += 1
        elif verb is not Verb.CLEAR:
            self.objects += sum(words())
        # By place alone: two handles may lead to one object.
        self.retired |= verb not in _MAKES_ONE or place in self._places
        self._places.add(place)
