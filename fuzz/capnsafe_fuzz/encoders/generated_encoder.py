"""The code that capnsafe generates from a schema, as an encoder.

This encoder performs the operations of the target ``builder`` with the properties of generated
builders, and copies objects through values. The tested package itself generates the code, from the
compiled schema of all programs, so a mistake of the generator shows, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from ..scenario.operations import HANDLE_MAKERS
from ..scenario.program import NO_HANDLE, As, Operation, made_by
from ..scenario.schema import ListType, StructType
from .capnsafe_api import bits_of, float_of
from .capnsafe_encoder import CapnsafeEncoder, CapnsafeSession
from .generated_answers import answer, load_everything
from .generated_plan import GeneratedPlanner, Template, is_struct_list, written_float

if TYPE_CHECKING:
    from capnsafe.allocator import Allocator

    from ..scenario import Scenario
    from .protocol import Account


@cache
def _function(template: Template) -> Any:
    """Return the statement of a template as a function."""
    names = {"h": "h", "i": "i", "v": "v", "s": "s"}
    start = f"{template.target.format(**names)} = " if template.target else "return "
    names_text = "message, everything, h, i, v, s"
    text = f"def perform({names_text}):\n    {start}{template.expression.format(**names)}\n"
    scope: dict[str, Any] = {}
    exec(compile(text, "<statement>", "exec"), scope)
    return scope["perform"]


class GeneratedSession(CapnsafeSession):
    """A message, and the objects of generated classes that refer to it."""

    __slots__ = ("_everything", "_objects", "_planner")

    def __init__(
        self,
        message: Any,
        package: ModuleType,
        memory: Any,
        options: Mapping[str, Any],
        everything: Any,
    ) -> None:
        """Begin with the arguments of ``CapnsafeSession``, and the generated module."""
        super().__init__(message, package.Element, package, memory, options)
        self._everything = everything
        self._planner = GeneratedPlanner()
        #: The generated builder or list of each handle. ``CapnsafeSession`` has those of the low
        #: layer.
        self._objects: list[Any] = []

    def perform(self, operation: Operation) -> object:
        """Do one operation other than OUTPUT and CANONICAL."""
        template = self._planner.template(operation)
        if template is None:
            return super().perform(operation)
        result = self._run(template, operation)
        if operation.verb in HANDLE_MAKERS:
            return self._number(operation, result)
        return result

    def _resume(self, operation: Operation) -> bool:
        before = len(self._objects)
        found = super()._resume(operation)
        # If it raised, the message goes on, and so do its builders.
        self._objects[:before] = [None] * before
        return found

    def _run(self, template: Template, operation: Operation) -> Any:
        number, place, value = operation.handle, operation.place, operation.value
        receiver = None if number == NO_HANDLE else self._objects[number]
        source = None
        if isinstance(value, As):
            value = value.length
        if "{s}" in template.expression:
            assert isinstance(value, int)
            source = self._objects[value]
        kind = written_float(self._types, operation)
        argument = float_of(kind, value) if kind and isinstance(value, int) else value
        result = _function(template)(
            self._message, self._everything, receiver, place, argument, source
        )
        return bits_of(template.returns, result) if template.returns else result

    def _wrapped(self, made: object, low: Any) -> Any:
        """Return the generated builder or list on a handle of the low layer."""
        everything = self._everything
        if isinstance(made, StructType):
            return getattr(everything, made.name).Builder(low)
        if isinstance(made, ListType) and is_struct_list(made):
            return everything.schema.StructItemsBuilder(low, getattr(everything, str(made.target)))
        return low

    def _number(self, operation: Operation, handle: Any) -> bool:
        held = None if operation.handle == NO_HANDLE else self._types[operation.handle]
        self._planner.note(operation)
        low = handle
        if handle is not None and self._planner.generated[-1]:
            if hasattr(handle, "low_level"):
                low = handle.low_level
            else:
                handle = self._wrapped(made_by(held, operation), handle)
        if low is self._everything.schema.lists.NO_ITEMS:
            # A fault made the pointer null after the program had looked at it.
            handle = low = None
        self._objects.append(handle)
        return super()._number(operation, low)


class GeneratedEncoder(CapnsafeEncoder):
    """The generated code of capnsafe, or of a copy of it under another name."""

    by_value: Final = True
    """Whether objects are copied through values."""
    NOT_JUDGED: Final = ("P7",)
    """The promises that generated code does not make: one property may make several calls."""

    def __init__(self, package: ModuleType, name: str) -> None:
        """Test the code that ``package`` generates."""
        super().__init__(package, name)
        self._everything = load_everything(package)

    def session(
        self, memory: Allocator, max_segment_words: int, **options: bool
    ) -> GeneratedSession:
        """Begin a message; use ``verify=True`` if the package has that."""
        given = {"max_segment_words": max_segment_words, **options}
        message = self._builder(memory, **given)
        return GeneratedSession(message, self.package, memory, given, self._everything)

    def answer_question(self, name: str, stream: bytes, given: Any) -> Any:
        """Return the answer of generated code to a question about a message."""
        return answer(self.package, name, stream, given)

    def judged_by(self, promise: str) -> bool:
        """Return whether the encoder is judged by a promise."""
        return promise not in self.NOT_JUDGED

    def owns(self, filename: str) -> bool:
        """Return whether the file belongs to the package, or is code that it generated."""
        return super().owns(filename) or filename in ("<everything.capnp>", "<disguised.capnp>")

    def script(self, scenario: Scenario, account: Account | None = None) -> str:
        """Print the scenario as a program in the API of generated code."""
        from .generated_script import print_program

        planted = self.name.partition(":")[2]
        return print_program(scenario, account, planted, verifies=self.verifies)
