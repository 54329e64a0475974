"""Print a scenario as a program in capnsafe's own API, for a bug report.

The program looks handwritten: every call with its numbers, the field's name in a comment beside it,
and at the end one check of the promise. It needs capnsafe and the allocator that lays the faults; a
planted bug needs its copy of capnsafe, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from inspect import getsource
from struct import calcsize
from typing import Any, Final

from capnsafe_allocators import (
    FAMILIES,
    FINALIZER,
    GUARD_WORDS,
    Callback,
    When,
    effects_of,
    is_added,
    print_fault,
)

from ..memories import LIBRARY
from ..scenario import Operation, Scenario, print_operations
from ..scenario.model import ZERO_SIZED
from ..scenario.nodes import Capability
from ..scenario.operations import HANDLE_MAKERS, Verb
from ..scenario.program import NO_HANDLE, place_of
from ..scenario.schema import (
    DYNAMIC,
    EVERYTHING,
    FLOATS,
    TYPES,
    FieldKind,
    ListType,
    StructType,
    Type,
)
from .capnsafe_api import float_of
from .capnsafe_plan import (
    FUNCTION,
    MEMORY,
    Argument,
    BufferArgument,
    ElementArgument,
    FloatArgument,
    HandleArgument,
    NameArgument,
    Plan,
    plan_of,
)
from .loose_reading import loose_reading
from .protocol import Account, Attempt, Failure, Proof, ProofKind
from .shared_words import shared_word

_NEED_RESULT: Final = (
    ProofKind.VALUE,
    ProofKind.OUTPUT_READS,
    ProofKind.OUTPUT_DISJOINT,
    ProofKind.ZERO,
    ProofKind.ANSWER,
)
"""The proofs that need the result of the last attempt."""
STEPS: Final = "capnsafe_fuzz.encoders.capnsafe_steps"
_ERRORS: Final = {Failure.STALE: "StaleHandle", Failure.INDEX: "ArgumentIndexError"}


def print_program(
    scenario: Scenario, account: Account | None, planted: str = "", *, verifies: bool = False
) -> str:
    """Return the program.

    Args:
        scenario: The scenario to print.
        account: The finding that the program must show, if any.
        planted: The name of a planted bug. The program then runs on the copy of capnsafe with it.
        verifies: Whether messages can verify the contents of their memory.
    """
    return "\n".join(ProgramWriter(scenario, account, planted, verifies).lines()) + "\n"


class ProgramWriter:
    """Write one program, line by line."""

    def __init__(
        self, scenario: Scenario, account: Account | None, planted: str, verifies: bool
    ) -> None:
        self.scenario = scenario
        self.account = account
        self.planted = planted
        self.verifies = verifies
        self.proof = account.proof if account is not None else Proof()
        self.texts = print_operations(scenario.operations)
        self.types: Sequence[Type] = scenario.handle_types
        #: Whether a fault acts in the library's own code.
        self.watches = any(FAMILIES[fault.family].in_code for fault in scenario.faults)
        #: Whether a fault comes from another package.
        self.adds_families = any(is_added(fault.family) for fault in scenario.faults)
        #: Whether the program uses the name ``capnsafe``.
        self.needs_package = self.watches
        self.needed: set[str] = {"MessageBuilder"}
        #: Names for reading, with their modules: always from capnsafe itself, never from a planted
        #: copy.
        self.readers: dict[str, str] = {}
        #: The allocators that come from a planted copy, with their modules below its package.
        self.memories: dict[str, str] = {}

    def lines(self) -> list[str]:
        """Return the lines of the program."""
        body = [*self._message(), *self._steps(), *self._ending()]
        return [*self._head(), *body]

    # -- the head ---------------------------------------------------------------------------------

    def _head(self) -> Iterator[str]:
        if self.account is not None:
            yield from _comment(self.account.headline)
            if self.proof.kind is ProofKind.NONE:
                yield "# This program leads to it; showing it takes more than the library."
            else:
                yield "# This program exits non-zero when that happens."
        names = ", ".join(sorted(self.needed, key=str.casefold))
        readers = [f"from {module} import {name}" for name, module in sorted(self.readers.items())]
        if self.planted:
            if self.memories:
                yield "from importlib import import_module"
                yield ""
            yield from readers
            yield f"from capnsafe_allocators import {self._allocators()}"
            yield "from capnsafe_fuzz.encoders.planted import load_package"
            yield ""
            yield f"capnsafe = load_package({self.planted!r})"
            for name in sorted(self.needed, key=str.casefold):
                yield f"{name} = capnsafe.{name}"
            for name, module in sorted(self.memories.items()):
                yield f'{name} = import_module(f"{{capnsafe.__name__}}{module}").{name}'
        else:
            if self.needs_package:
                yield "import capnsafe"
            yield f"from capnsafe import {names}"
            yield from readers
            yield f"from capnsafe_allocators import {self._allocators()}"
        yield ""

    def _allocators(self) -> str:
        names = ["HostileAllocator", "parse_fault"]
        if self.watches:
            names.append("files_of")
        if self.adds_families:
            names.append("add_families")
        return ", ".join(sorted(names, key=lambda name: (name.islower(), name)))

    def _message(self) -> Iterator[str]:
        spec = self.scenario.memory
        kind, size = spec.kind, spec.size
        if not kind.stays:
            guards = 2 * GUARD_WORDS
            yield f"# {guards} words of each segment are guards, which the message does not get."
        call = kind.call(size)
        if call.module == LIBRARY:
            self.needed.add(call.name)
        elif self.planted and call.module.startswith(f"{LIBRARY}."):
            self.memories[call.name] = call.module.removeprefix(LIBRARY)
        else:
            self.readers[call.name] = call.module
        yield f"honest = {call.printed('capnsafe.__name__' if self.planted else '')}"
        if self.adds_families:
            yield "add_families()"
        yield "faults = ["
        for fault in self.scenario.faults:
            yield f'    parse_fault("{print_fault(fault)}"),'
        yield "]"
        promises = ", stable=True" if kind.stays else ""
        if kind.foreign:
            promises += ', grows=callable(getattr(honest, "grow", None))'
        elif spec.grows:
            promises += ", grows=True"
        yield f"memory = HostileAllocator(honest, faults{promises})"
        verify = ", verify=True" if self.scenario.verify and self.verifies else ""
        yield (
            f"message = MessageBuilder(memory, "
            f"max_segment_words={self.scenario.max_segment_words}{verify})"
        )
        yield "memory.used = message.segment_words"
        if self.watches:
            yield "memory.owns = files_of(capnsafe)"
        if any(effects_of(fault).endless for fault in self.scenario.faults):
            yield "memory.last_call = 20_000  # Ends an endless walk."
        if self.proof.kind is ProofKind.EVIDENCE:
            # Views may hide in results, and in the frames that a traceback keeps.
            yield "kept = []  # Results and exceptions of calls, which callers may keep."
        if _reenters(self.scenario):
            self.needed |= {"Closed", "Poisoned", "Reentered"}
            yield from _REENTER.splitlines()
        yield ""

    # -- the operations ---------------------------------------------------------------------------

    def _attempts(self) -> Sequence[Attempt]:
        if self.account is not None:
            return self.account.attempts
        return [Attempt(index, True) for index in range(len(self.scenario.operations))]

    def _steps(self) -> Iterator[str]:
        attempts = self._attempts()
        operations = self.scenario.operations
        tells_moments = any(fault.when is When.AFTER for fault in self.scenario.faults)
        tells_moments |= self.proof.kind is ProofKind.EVIDENCE
        for number, attempt in enumerate(attempts):
            last = number == len(attempts) - 1 and self.account is not None
            index = attempt.index
            if index < len(operations):
                text = self.texts[index]
                expression, name = self._call(index)
            elif index == len(operations):
                text, expression, name = "output", self._print(_OUTPUT), ""
            else:
                text, expression, name = "close", "message.close()", ""
            if index > len(operations) and _reenters(self.scenario):
                yield "memory.reenter = None  # Closing again would make no difference."
            if attempt.skipped:
                yield f"# skipped: {text}"
            else:
                yield from self._step(attempt, last, text, expression, name)
            again = not last and attempts[number + 1 : number + 2]
            if tells_moments and not last and not (again and again[0].index == index):
                yield f"memory.operation_finished({index})"

    def _step(
        self, attempt: Attempt, last: bool, text: str, expression: str, name: str
    ) -> Iterator[str]:
        kind = self.proof.kind if last else None
        if kind in _NEED_RESULT:
            name = name or "result"
        keeps = self.proof.kind is ProofKind.EVIDENCE
        if keeps and not name and attempt.index <= len(self.scenario.operations):
            statement = f"kept.append({expression})"
        else:
            statement = f"{name} = {expression}" if name else expression
        if self.watches:
            statement = f"with memory.watching(): {statement}"
        if kind is ProofKind.CALLS:
            yield "calls = len(memory.calls)"
        elif kind in (ProofKind.TAKES, ProofKind.ENDS_WITH):
            yield "before = message.total_words()"
        elif kind is ProofKind.WORD_KEPT:
            yield f"before = {self._word_in_memory()}"
        if kind is ProofKind.REFUSAL:
            failure = self.proof.failure
            yield from self._guarded(_ERRORS.get(failure, "Error") if failure else "Error")(
                text, statement, "pass"
            )
            yield "else:"
            yield f'    raise SystemExit("{_inline(text)}: accepted")'
        elif kind is ProofKind.INTERRUPT:
            yield from self._guarded("")(text, statement, "pass", "KeyboardInterrupt")
            yield "else:"
            yield f'    raise SystemExit("{_inline(text)}: the interrupt was swallowed")'
        elif kind is ProofKind.CAUSE:
            yield from self._guarded("Error")(
                text, statement, 'assert error.__cause__ is not None, f"{error!r} has no cause"'
            )
        elif kind in (ProofKind.OWN_ERROR, ProofKind.EVIDENCE) or (
            kind is not ProofKind.SUCCESS and (attempt.may_fail or not attempt.succeeded)
        ):
            tell = "kept.append(error)" if keeps else 'print(f"failed: {error!r}")'
            if attempt.succeeded and not keeps:
                # The check below only counts if this did not fail.
                tell += "\n    raise SystemExit(0)"
            error = "KeyboardInterrupt" if attempt.interrupted else ""
            yield from self._guarded("Error" if not error else "")(text, statement, tell, error)
        else:
            yield f"{statement}  # {text}"

    def _guarded(self, name: str) -> Any:
        """Return a writer of ``try`` … ``except``; ``name`` is an error of capnsafe's."""
        if name:
            self.needed.add(name)

        def write(text: str, statement: str, handler: str, builtin: str = "") -> Iterator[str]:
            yield "try:"
            yield f"    {statement}  # {text}"
            binding = " as error" if "error" in handler else ""
            yield f"except {builtin or name}{binding}:"
            yield f"    {handler}"

        return write

    def _call(self, index: int) -> tuple[str, str]:
        """Return an expression, and the name or element to which it is assigned, or ""."""
        operation = self.scenario.operations[index]
        name = ""
        if operation.verb in HANDLE_MAKERS:
            made = sum(one.verb in HANDLE_MAKERS for one in self.scenario.operations[:index])
            name = f"h{made}"
        held = None if operation.handle == NO_HANDLE else self.types[operation.handle]
        plan = plan_of(held, operation)
        if operation.verb is Verb.RESUME:
            options = f"max_segment_words={self.scenario.max_segment_words}"
            if self.scenario.verify and self.verifies:
                options += ", verify=True"
            self.readers["resumed"] = STEPS
            return f"resumed(message, memory, {options})", f"message, {name}"
        if plan.method == "__setitem__":
            at, value = map(self._argument, plan.arguments)
            return value, f"{self._handle(plan.receiver)}[{at}]"
        return self._print(plan), name

    def _print(self, plan: Plan, read: str = "") -> str:
        """Return the call, or a call of the reader ``read``."""
        on_message = plan.receiver == NO_HANDLE
        receiver = read or ("message" if on_message else self._handle(plan.receiver))
        arguments = [self._argument(one, reading=bool(read)) for one in plan.arguments]
        if plan.method == "__getitem__":
            return f"{receiver}[{arguments[0]}]"
        arguments += [f"{name}={self._argument(one)}" for name, one in plan.keywords]
        if plan.method.startswith(FUNCTION):
            function = plan.method[len(FUNCTION) :]
            self.readers[function] = STEPS
            return f"{function}({', '.join([receiver, *arguments])})"
        name = ".value" if plan.returns is FieldKind.ANY else ""
        return f"{receiver}.{plan.method}({', '.join(arguments)}){name}"

    def _handle(self, number: int) -> str:
        """Return the expression of a handle of the low layer."""
        return f"h{number}"

    def _argument(self, argument: Argument, *, reading: bool = False) -> str:
        if isinstance(argument, HandleArgument):
            return self._handle(argument.number)
        if isinstance(argument, ElementArgument):
            return f"{self._element(reading)}.{argument.name}"
        if isinstance(argument, FloatArgument):
            return _float(*argument)
        if isinstance(argument, BufferArgument):
            return _buffer(argument)
        if isinstance(argument, NameArgument):
            if argument is not MEMORY:
                self.needed.add(argument.name)
            return argument.name
        if isinstance(argument, list):
            return f"[{', '.join(map(self._argument, argument))}]"
        if isinstance(argument, tuple):
            return f"({', '.join(map(self._argument, argument))})"
        return repr(argument)

    def _element(self, reading: bool) -> str:
        """Return the name of class Element in the package that builds, or in the one that reads."""
        if reading and self.planted:
            # A copy has its own class Element, which the reader refuses.
            self.readers["Element as ReaderElement"] = "capnsafe"
            return "ReaderElement"
        self.needed.add("Element")
        return "Element"

    # -- the end ----------------------------------------------------------------------------------

    def _ending(self) -> Iterator[str]:
        proof = self.proof
        yield ""
        if self.account is None:
            yield self._print(_OUTPUT)
            yield "message.close()"
        elif proof.kind is ProofKind.EVIDENCE:
            closing = self.account.attempts[-1].index > len(self.scenario.operations)
            if closing:
                yield "memory.finished()"
            else:
                yield "memory.check_guards()"
                yield f"memory.operation_finished({self.account.attempts[-1].index})"
            yield "assert not memory.evidence, memory.evidence"
        elif proof.kind is ProofKind.ZERO:
            first = proof.word * 8
            segments = "message.segments()"
            index = self.account.attempts[-1].index
            operations = self.scenario.operations
            if index < len(operations) and operations[index].verb is Verb.LENT:
                self.readers["unframe"] = "capnsafe"
                segments = "unframe(result)"
            part = f'b"".join({segments}[{proof.segment}:{proof.segment + 1}])'
            yield f'word = int.from_bytes({part}[{first}:{first + 8}], "little")'
            yield f'assert word & {proof.expected:#x} == 0, f"stray bits in {{word:#x}}"'
        elif proof.kind is ProofKind.WITHIN_LIMIT:
            yield "words = [len(segment) // 8 for segment in message.segments()]"
            yield f"assert max(words) <= {proof.expected}, words"
        elif proof.kind is ProofKind.CALLS:
            yield f'made = [call.kind.value for call in memory.calls[calls:]].count("{proof.call}")'
            yield f"assert made <= {proof.expected}, made"
        elif proof.kind is ProofKind.TOLD:
            yield 'assert f", {message.total_words()} word" in repr(message), message'
        elif proof.kind is ProofKind.TAKES:
            yield "taken = message.total_words() - before"
            yield f"assert taken <= {proof.expected}, taken"
        elif proof.kind is ProofKind.ENDS_WITH:
            yield "copied = message.segments()[0][before * 8 :]"
            yield f"assert copied == {proof.expected!r}, copied"
        elif proof.kind is ProofKind.WORD_KEPT:
            yield f"assert {self._word_in_memory()} == before"
        elif proof.kind is ProofKind.VALUE:
            yield from self._value_check()
        elif proof.kind in (ProofKind.READS, ProofKind.OUTPUT_READS):
            yield from self._reading_check()
        elif proof.kind in (ProofKind.DISJOINT, ProofKind.OUTPUT_DISJOINT):
            yield from self._segments()
            yield ""
            yield ""
            yield from getsource(shared_word).splitlines()
            yield ""
            yield ""
            yield "shared = shared_word(segments)"
            yield 'assert shared is None, f"two objects share (segment, word) {shared}"'

    def _word_in_memory(self) -> str:
        first = self.proof.word * 8
        return f"memory.snapshot()[{self.proof.segment}][{first}:{first + 8}]"

    def _value_check(self) -> Iterator[str]:
        assert self.account is not None
        expected = self.proof.expected
        index = self.account.attempts[-1].index
        operation = self.scenario.operations[index]
        if operation.verb in HANDLE_MAKERS:
            name = self._call(index)[1].removeprefix("message, ")
            yield f"assert {name} is {'not ' if expected else ''}None, {name}"
            return
        if operation.place is None:
            yield f"assert result == {expected!r}, result"
            return
        kind = place_of(self.types[operation.handle], operation.place)[0]
        yield f"assert {_equal('result', kind, expected)}, result"

    def _segments(self) -> Iterator[str]:
        """Yield the lines that name the words of the message."""
        if self.proof.kind in (ProofKind.OUTPUT_READS, ProofKind.OUTPUT_DISJOINT):
            self.readers["unframe"] = "capnsafe"
            yield "segments = unframe(result)"
        else:
            yield "# The contents of the memory, independently of the builder."
            yield "parts = zip(memory.snapshot(), message.segment_words(), strict=True)"
            yield "segments = [part[: words * 8] for part, words in parts]"

    def _reading_check(self) -> Iterator[str]:
        yield from self._segments()
        self.readers["MessageReader"] = "capnsafe"
        yield "root = MessageReader(segments).get_root()"
        if self.proof.path:
            yield f"assert {self._reading()}"
        else:
            # A reader reads a null root as an empty struct.
            void = "not " if self.proof.expected is None else ""
            yield f'assert {void}any(b"".join(segments)[:8])'

    def _reading(self) -> str:
        """Return an expression that is true if the contents at the proof's path are right."""
        expression = "root"
        held: Type = EVERYTHING
        path = self.proof.path
        expected = self.proof.expected
        for depth, part in enumerate(path):
            kind, target, _ = place_of(held, part)
            at = held.by_name[str(part)].offset if isinstance(held, StructType) else int(part)
            if kind in DYNAMIC:
                rest = path[depth + 1 :]
                return loose_reading(expression, at, rest, expected, lambda: self._element(True))
            in_list = isinstance(held, ListType) and kind is FieldKind.STRUCT
            pointer = target is not None or kind in (FieldKind.TEXT, FieldKind.DATA)
            if expected is None and depth == len(path) - 1 and pointer and not in_list:
                return f"{expression}.is_null({at})"
            verb = Verb.GET if target is None else Verb.OPEN
            expression = self._print(plan_of(held, Operation(verb, 0, part)), expression)
            if target is None:
                return _equal(expression, kind, expected)
            held = TYPES[target]
        count = None
        if isinstance(expected, list):
            count = len(expected)
        elif isinstance(expected, tuple) and expected[:1] == (ZERO_SIZED,):
            count = expected[1]
        if count is not None:
            # A null pointer has no length.
            return f"(found := {expression}) is not None and len(found) == {count}"
        return f"{expression} is not None"


_OUTPUT: Final = plan_of(None, Operation(Verb.OUTPUT))
_NUMBER: Final = EVERYTHING.by_name["u32"].offset
_TEXT: Final = EVERYTHING.by_name["text"].offset
#: The function that the memory calls for faults that call the message.
_REENTER: Final = f"""

def reenter(kind):
    try:
        if kind == "{Callback.CLOSE}":
            message.close()
            finalized = memory.called_back_from == "{FINALIZER}"
            return "" if finalized else "it closed the message in the middle of a call"
        elif kind == "{Callback.OUTPUT}" or (root := message.get_root()) is None:
            message.to_bytes()
        elif kind in ("{Callback.READ}", "{Callback.WRITE}"):
            root.set_uint32({_NUMBER}, root.get_uint32({_NUMBER}))
        elif (text := root.get_text({_TEXT})) is not None:
            root.set_text({_TEXT}, text)
        else:
            root.clear({_TEXT})
    except (Closed, Reentered, Poisoned):
        return ""
    except Exception as error:
        return f"it raised {{error!r}}"
    return ""


memory.reenter = reenter"""


def _reenters(scenario: Scenario) -> bool:
    return any(effects_of(fault).calls_message for fault in scenario.faults)


def _float(kind: FieldKind, bits: int) -> str:
    number = float_of(kind, bits)
    if math.isfinite(number):
        return repr(number)
    form, size = ("<f", 4) if kind is FieldKind.FLOAT32 else ("<d", 8)
    if math.isinf(number):
        return f'float("{number}")'
    return f'__import__("struct").unpack("{form}", ({bits:#x}).to_bytes({size}, "little"))[0]'


def _buffer(argument: BufferArgument) -> str:
    octets, code, rows = argument
    if not code:
        return f"memoryview({octets!r})[::2]"
    shape = f", [{rows}, {len(octets) // rows // calcsize(code)}]" if rows > 1 else ""
    return f'memoryview({octets!r}).cast("{code}"{shape})'


def _equal(expression: str, kind: FieldKind, expected: Any) -> str:
    if kind in FLOATS:
        form = "<f" if kind is FieldKind.FLOAT32 else "<d"
        size = 4 if kind is FieldKind.FLOAT32 else 8
        packed = f'__import__("struct").pack("{form}", {expression})'
        return f'{packed} == ({expected:#x}).to_bytes({size}, "little")'
    if isinstance(expected, Capability):
        expected = expected.number
    if expected is None or isinstance(expected, bool):
        return f"({expression}) is {expected!r}"
    if isinstance(expected, bytes):
        # A view of the same bytes is equal to them.
        return f"(type({expression}), {expression}) == (bytes, {expected!r})"
    return f"({expression}) == {expected!r}"


def _inline(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _comment(sentence: str) -> Iterator[str]:
    for line in sentence.splitlines():
        while len(line) > 96:
            cut = line.rfind(" ", 0, 96)
            if cut <= 0:
                break
            yield f"# {line[:cut]}"
            line = line[cut + 1 :]
        yield f"# {line}"
