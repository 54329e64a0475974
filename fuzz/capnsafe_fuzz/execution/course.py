"""What the message must say by now: the model, and what it was told so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from ..scenario.model import Model
from ..scenario.operations import OPERATIONS
from ..scenario.program import Operation
from ..scenario.schema import Type


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
        kind = OPERATIONS[verb]
        new = kind.new_objects
        if kind.reads_only:
            if value is None:
                return
            # What is opened as something may be moved to where it has room for that.
            new = None
        self.objects += sum(words()) if new is None else new
        # By place alone: two handles may lead to one object.
        self.retired |= new != 1 or place in self._places
        self._places.add(place)
