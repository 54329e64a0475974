"""The expected contents of the message: the model, and the operations that it was given so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from ..scenario.model import Model
from ..scenario.operations import OPERATIONS
from ..scenario.program import Operation
from ..scenario.schema import Type


class ExpectedMessage:
    """The model as the program goes on, with bounds on what the message can hold."""

    __slots__ = ("_places", "model", "objects", "retired", "revision", "types")

    def __init__(self, *, by_value: bool = False) -> None:
        """Begin with an empty message. ``by_value`` goes to the model."""
        self.model: Final = Model(by_value=by_value)
        #: The types of the handles so far.
        self.types: Final[list[Type]] = []
        #: Counts the operations given to the model, so that a tree is made once for each state.
        self.revision = 0
        #: Upper bound on the objects of the message.
        self.objects = 0
        #: Whether a value was overwritten or cleared, and which pointers were set.
        self.retired = False
        self._places: set[object] = set()

    def commit(self, operation: Operation) -> None:
        """Apply an operation to the model."""
        self.model.commit(operation)
        self.revision += 1

    def note_made(self, operation: Operation, words: Callable[[], Iterable[int]]) -> None:
        """Count the objects that a successful operation can have made; note whether it retired any.

        An operation may make any number of objects, unless it is known to make at most one. The
        bound is then the number of words in the message: ``words`` counts them for each segment.
        """
        verb, _, place, value = operation
        kind = OPERATIONS[verb]
        new = kind.new_objects
        if kind.reads_only:
            if value is None:
                return
            # An object that is opened with a larger size may be moved to get room.
            new = None
        self.objects += sum(words()) if new is None else new
        # By place alone: two handles may refer to one object.
        self.retired |= new != 1 or place in self._places
        self._places.add(place)
