"""Print a scenario as a program in the API of generated code, for a bug report."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..scenario import Operation, Scenario, Verb
from ..scenario.by_value import in_schema
from ..scenario.operations import HANDLE_MAKERS
from ..scenario.program import As, made_by
from ..scenario.schema import ListType, StructType
from .capnsafe_plan import FloatArgument
from .capnsafe_script import ProgramWriter
from .generated_plan import GeneratedPlanner, is_struct_list, written_float
from .protocol import Account, ProofKind


def print_program(
    scenario: Scenario, account: Account | None, planted: str = "", *, verifies: bool = False
) -> str:
    """Return the program; the arguments are those of ``capnsafe_script.print_program``."""
    writer = _GeneratedWriter(scenario, account, planted, verifies)
    return "\n".join(writer.lines()) + "\n"


class _GeneratedWriter(ProgramWriter):
    def __init__(
        self, scenario: Scenario, account: Account | None, planted: str, verifies: bool
    ) -> None:
        super().__init__(scenario, account, planted, verifies)
        self.readers["load_everything"] = "capnsafe_fuzz.encoders.generated_answers"
        self.needs_package = True
        self._planner = GeneratedPlanner()
        for operation in scenario.operations:
            self._planner.note(operation)

    def _message(self) -> Iterator[str]:
        yield "everything = load_everything(capnsafe)"
        yield from super()._message()

    def _ending(self) -> Iterator[str]:
        if self.proof.kind is not ProofKind.ANSWER:
            yield from super()._ending()
            return
        name, given = self.proof.path
        self.readers["answer"] = "capnsafe_fuzz.encoders.generated_answers"
        yield ""
        text = repr(given)
        if isinstance(given, dict) and re.search(r"\b(nan|inf)\b", text):
            yield 'nan, inf = float("nan"), float("inf")'
        yield f"given = {text}"
        yield f"found = answer(capnsafe, {name!r}, result, given)"
        yield f"expected = {self.proof.expected!r}"
        yield "assert repr(found) == expected, found"

    def _call(self, index: int) -> tuple[str, str]:
        operation = self.scenario.operations[index]
        expression, name = super()._call(index)
        template = self._planner.template(operation)
        if template is None:
            return self._wrapped(operation, expression), name
        names = {
            "h": f"h{operation.handle}",
            "i": str(operation.place),
            "s": f"h{operation.value!r}",
            "v": self._value(operation),
        }
        if operation.verb not in HANDLE_MAKERS:
            name = template.target.format(**names)
        return template.expression.format(**names), name

    def _handle(self, number: int) -> str:
        return f"h{number}.low_level" if self._planner.generated[number] else f"h{number}"

    def _value(self, operation: Operation) -> str:
        value = operation.value
        kind = written_float(self.types, operation)
        if kind and isinstance(value, int):
            return self._argument(FloatArgument(kind, value))
        return repr(value.length if isinstance(value, As) else value)

    def _wrapped(self, operation: Operation, expression: str) -> str:
        """Return the expression that wraps the result of the low layer in a generated class."""
        held = self.types[operation.handle] if operation.handle >= 0 else None
        made = made_by(held, operation) if operation.verb in HANDLE_MAKERS else None
        if made is None or not in_schema(made):
            return expression
        if isinstance(made, StructType):
            wrapped = f"everything.{made.name}.Builder(low)"
        elif isinstance(made, ListType) and is_struct_list(made):
            wrapped = f"everything.schema.StructItemsBuilder(low, everything.{made.target})"
        else:
            return expression
        if operation.verb is Verb.RESUME:
            root = wrapped.replace("(low)", "(made[1])")
            return f"(made := {expression})[0], None if made[1] is None else {root}"
        return f"None if (low := {expression}) is None else {wrapped}"
