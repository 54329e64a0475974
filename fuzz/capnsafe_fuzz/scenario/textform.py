r"""Scenarios as text, for people, who read, write, review and commit them.

There is one way to print a scenario. The parser also accepts blank lines, and names the line that
it cannot read.

    capnsafe scenario 1
    # why this scenario is here
    memory heap segment_words=16
    limit max_segment_words=64
    h0 = root
    set h0.u32 7
    set h0.text "abc"
    h1 = init h0.i32s 10
    set h1[3] -5
    select h0.choice mixed
    h2 = init h0.choice.mixed
    h3 = init h2.any List(UInt16) 10
    h4 = disown h2.any
    adopt h2.other h4
    fault refuse MemoryError allocate 2 once

A second handle is the value of COPY and ADOPT. If the schema does not give a pointer's type, INIT,
OPEN and UNWRAP name it. A capability is a number. Floats are their IEEE bits in hexadecimal, at
full width. Lines that name the encoder and target of a finding (`heading`) may stand above the
memory. Everything but printable ASCII is escaped (``\u{e9}``), so that every editor, terminal and
version of Python shows a file in the same way.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from capnsafe_allocators import parse_fault, print_fault

from ..memories import MEMORIES, memory_kind
from ..memories.own import OWN_MEMORY
from .heading import ScenarioSyntaxError, below_heading
from .operations import (
    HANDLE_MAKERS,
    OPERATIONS,
    PLACELESS,
    SOURCED,
    WHOLE_MESSAGE,
    ValueForm,
    Verb,
)
from .program import As, Operation, Place, Program, ScenarioError, Value, choices_of, kind_of
from .scenario import (
    MemorySpec,
    Scenario,
    check_script_fault,
)
from .schema import FLOATS, SCALAR_BITS, FieldKind, Type

HEADER: Final = "capnsafe scenario 1"


# Printing.

_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
_UNPRINTABLE: Final = re.compile(r"[^ !#-\[\]-~]")


def _escape(found: re.Match[str]) -> str:
    char = found.group()
    return _ESCAPES.get(char) or f"\\u{{{ord(char):x}}}"


def print_value(kind: FieldKind, value: Value) -> str:
    """Return a value that SET writes or GET reads, as text; null is ``null``."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return f'"{_UNPRINTABLE.sub(_escape, value)}"'
    if isinstance(value, bytes):
        return f'x"{value.hex()}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind in FLOATS:
        return f"0x{value:0{SCALAR_BITS[kind] // 4}x}"
    return str(value)


def print_place(handle: int, place: Place) -> str:
    """Return the place of an operation as text: ``h0.text``, ``h2[3]`` or ``h4``."""
    if place is None:
        return f"h{handle}"
    return f"h{handle}.{place}" if isinstance(place, str) else f"h{handle}[{place}]"


class Printer:
    """Prints a program's operations one after the other, and numbers their handles."""

    def __init__(self) -> None:
        self._program = Program()

    def line(self, operation: Operation) -> str:
        """Return the line of the next operation."""
        program = self._program
        verb, handle, place, value = operation
        made = len(program.types)
        program.add(operation)
        start = f"h{made} = {verb.value}" if verb in HANDLE_MAKERS else verb.value
        if verb in WHOLE_MESSAGE:
            return start
        line = f"{start} {print_place(handle, place)}"
        if value is None:
            return line
        return f"{line} {_print_argument(program.handle_type(handle), operation)}"


def _print_argument(held: Type, operation: Operation) -> str:
    verb, _, place, value = operation
    form = OPERATIONS[verb].value
    if verb in SOURCED and isinstance(value, int):
        return f"h{value}"
    if form is ValueForm.MEMBER and isinstance(value, str):
        return value
    if form is ValueForm.LENGTH:
        return str(value)
    if isinstance(value, As):
        return value.type if value.length is None else f"{value.type} {value.length}"
    return print_value(FieldKind.DATA if form is ValueForm.OCTETS else kind_of(held, place), value)


def print_operations(operations: tuple[Operation, ...]) -> list[str]:
    """Return a line for each operation of a program."""
    printer = Printer()
    return [printer.line(operation) for operation in operations]


def print_scenario(scenario: Scenario, header: str = HEADER) -> str:
    """Return the text of a scenario, ending in a newline; ``header`` is its first line."""
    memory = scenario.memory
    lines = [header]
    if scenario.comment:
        lines += [f"# {line}" if line else "#" for line in scenario.comment.split("\n")]
    total = f" total_words={memory.total_words}" if memory.kind.bounded else ""
    grows = " grows" if memory.grows else ""
    lines.append(f"memory {memory.name} segment_words={memory.segment_words}{total}{grows}")
    verify = " verify" if scenario.verify else ""
    lines.append(f"limit max_segment_words={scenario.max_segment_words}{verify}")
    lines += print_operations(scenario.operations)
    lines += [f"fault {print_fault(fault)}" for fault in scenario.faults]
    return "\n".join(lines) + "\n"


# Parsing.

_NUMBER = r"0|[1-9][0-9]{0,19}"
_BOUNDED = " and ".join(kind.name for kind in MEMORIES.values() if kind.bounded)
_MEMORY = re.compile(
    rf"memory ({'|'.join(MEMORIES)}|{OWN_MEMORY.pattern}) "
    rf"segment_words=({_NUMBER})(?: total_words=({_NUMBER}))?( grows)?",
    re.ASCII,
)
_LIMIT = re.compile(rf"limit max_segment_words=({_NUMBER})( verify)?", re.ASCII)
_OPERATION = re.compile(
    rf"(?:h({_NUMBER}) = )?([a-z]+)"
    rf"(?: h({_NUMBER})(?:\.([A-Za-z0-9.]+)|\[({_NUMBER})\])?(?: (.+))?)?",
    re.ASCII,
)
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,19}", re.ASCII)
_BITS = re.compile(r"0x[0-9a-f]{1,16}", re.ASCII)
_TEXT = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\nt]|\\u\{[0-9a-f]{1,6}\})*)"', re.ASCII)
_HANDLE = re.compile(rf"h({_NUMBER})", re.ASCII)
_TAKEN = re.compile(rf"([A-Za-z0-9()]+)(?: ({_NUMBER}))?", re.ASCII)
_DATA = re.compile(r'x"((?:[0-9a-f]{2})*)"', re.ASCII)
_ESCAPED = re.compile(r"\\(?:u\{([0-9a-f]+)\}|(.))", re.ASCII)
_UNESCAPES: Final = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
_VERBS: Final = {verb.value: verb for verb in Verb}


def _unescape(found: re.Match[str]) -> str:
    digits, char = found.groups()
    if digits is None:
        return _UNESCAPES[char]
    number = int(digits, 16)
    if number > 0x10FFFF:
        raise ScenarioError(f"\\u{{{digits}}} is past the last character of Unicode")
    return chr(number)


def parse_value(kind: FieldKind, text: str) -> Value:
    """Return the value that `print_value` printed, except null.

    Raises:
        ScenarioError: If the text is not a value of this kind.
    """
    if kind is FieldKind.ANY and text.startswith('"'):
        kind = FieldKind.TEXT
    if kind is FieldKind.ANY and text.startswith("x"):
        kind = FieldKind.DATA
    if kind is FieldKind.TEXT:
        if found := _TEXT.fullmatch(text):
            return _ESCAPED.sub(_unescape, found.group(1))
        raise ScenarioError(
            f'a text must be ASCII and escapes in quotes: "a\\n\\u{{e9}}", not {text}'
        )
    if kind is FieldKind.DATA:
        if found := _DATA.fullmatch(text):
            return bytes.fromhex(found.group(1))
        raise ScenarioError(
            f'data must be pairs of lower-case hexadecimal digits: x"00ff", not {text}'
        )
    if kind is FieldKind.BOOL:
        if text in ("true", "false"):
            return text == "true"
        raise ScenarioError(f"a Bool must be true or false, not {text}")
    if kind in FLOATS:
        digits = SCALAR_BITS[kind] // 4
        if _BITS.fullmatch(text) and len(text) == 2 + digits:
            return int(text, 16)
        raise ScenarioError(
            f"a {kind.value} must be its IEEE bits, 0x and {digits} digits, not {text}"
        )
    if _INTEGER.fullmatch(text):
        return int(text)
    raise ScenarioError(f"{text[:60]} is not a decimal integer of at most 20 digits")


def parse_scenario(text: str, header: str = HEADER) -> Scenario:
    """Return the scenario of a text, whose first line is ``header``.

    Raises:
        ScenarioSyntaxError: If the text is malformed; the error names the first wrong line.
    """
    return _Parser(text, header).scenario()


class _Parser:
    """Reads the lines once, from top to bottom."""

    def __init__(self, text: str, header: str) -> None:
        self._lines = below_heading(text)
        self._header = header
        self._next = 0
        """Index of the line to read next, which is the number, from 1, of the last one read."""

    def _refuse(self, sentence: str) -> NoReturn:
        raise ScenarioSyntaxError(max(1, min(self._next, len(self._lines))), sentence)

    def _peek(self) -> str | None:
        """Return the next line that is not blank, None at the end."""
        while self._next < len(self._lines):
            if line := self._lines[self._next].rstrip():
                return line
            self._next += 1
        return None

    def _take(self, what: str) -> str:
        line = self._peek()
        self._next += 1
        if line is None:
            self._refuse(f"the text ends where {what} is expected")
        return line

    def scenario(self) -> Scenario:
        first = self._header
        if (header := self._take(f'"{first}"')) != first:
            self._refuse(f'a scenario must start with "{first}", not {header[:60]!r}')
        comment = []
        while (line := self._peek()) is not None and line.startswith("#"):
            comment.append(line[1:].removeprefix(" "))
            self._next += 1
        memory = self._memory()
        limit, verify = self._limit()
        operations = []
        program = Program()
        faults = []
        while (line := self._peek()) is not None:
            self._next += 1
            try:
                if line.startswith("fault "):
                    fault = parse_fault(line.removeprefix("fault "))
                    check_script_fault(fault)
                    faults.append(fault)
                    continue
                if line.startswith("#"):
                    self._refuse("comments may stand only directly below the first line")
                if faults:
                    self._refuse("operations must come before faults")
                operation = _parse_operation(line, program)
                program.add(operation)
            except ScenarioSyntaxError:
                raise
            except ValueError as error:
                self._refuse(str(error))
            operations.append(operation)
        try:
            return Scenario(
                memory, limit, tuple(operations), tuple(faults), "\n".join(comment), verify
            )
        except ScenarioError as error:
            self._refuse(str(error))

    def _memory(self) -> MemorySpec:
        found = _MEMORY.fullmatch(line := self._take("the memory"))
        if found is None:
            named = re.match("memory ([^ :]+) ", line)
            if named is not None and named[1] not in MEMORIES:
                self._refuse(f"no memory named {named[1]!r}; there is {', '.join(MEMORIES)}")
            self._refuse(
                f'"memory NAME segment_words=N" is expected, with "total_words=N" for {_BOUNDED}, '
                f'and with "grows" if it grows, not {line[:60]!r}'
            )
        name, segment, total, grows = found.groups()
        kind = memory_kind(name)
        if (total is not None) != (kind is not None and kind.bounded):
            self._refuse(f"{_BOUNDED} must have total_words, and other memories must not")
        try:
            return MemorySpec(name, int(segment), int(total or 0), grows is not None)
        except ScenarioError as error:
            self._refuse(str(error))

    def _limit(self) -> tuple[int, bool]:
        found = _LIMIT.fullmatch(line := self._take("the limit"))
        if found is None:
            self._refuse(
                '"limit max_segment_words=N" is expected, with "verify" if the encoder verifies, '
                f"not {line[:60]!r}"
            )
        return int(found.group(1)), found.group(2) is not None


def _parse_operation(line: str, program: Program) -> Operation:
    found = _OPERATION.fullmatch(line)
    verb = _VERBS.get(found.group(2)) if found else None
    if found is None or verb is None:
        raise ScenarioError(f"{line[:60]!r} is not an operation")
    made, _, number, name, index, written = found.groups()
    if verb in HANDLE_MAKERS:
        expected = len(program.types)
        if made is None or int(made) != expected:
            raise ScenarioError(
                f'this operation makes a handle, so it must start with "h{expected} = "'
            )
    elif made is not None:
        raise ScenarioError(f"{verb.value} makes no handle")
    if verb in WHOLE_MESSAGE:
        if number is not None:
            raise ScenarioError(f"{verb.value} takes no handle, place or value")
        return Operation(verb)
    if number is None:
        what = "handle" if verb in PLACELESS else "place: a handle's field or element"
        raise ScenarioError(f"{verb.value} takes a {what}")
    handle = int(number)
    held = program.handle_type(handle)
    if verb in PLACELESS:
        if name is not None or index is not None:
            raise ScenarioError(f"{verb.value} takes a handle without a field or element")
        if written is None:
            return Operation(verb, handle)
        if OPERATIONS[verb].value in _PLAINLY_WRITTEN:
            # The kind does not matter here: the form of the value decides how it is written.
            taken = _parse_written(verb, held, None, FieldKind.DATA, written)
        else:
            taken = _parse_taken(held, verb, None, written)
        return Operation(verb, handle, None, taken)
    if name is None and index is None:
        raise ScenarioError(f"{verb.value} takes a place: a handle's field or element")
    place: Place = name if index is None else int(index)
    kind = kind_of(held, place)
    value = None if written is None else _parse_written(verb, held, place, kind, written)
    return Operation(verb, handle, place, value)


def _parse_written(verb: Verb, held: Type, place: Place, kind: FieldKind, written: str) -> Value:
    form = OPERATIONS[verb].value
    if verb in SOURCED:
        if found := _HANDLE.fullmatch(written):
            return int(found.group(1))
        raise ScenarioError(f"{verb.value} takes another handle, not {written}")
    if form is ValueForm.MEMBER:
        return written
    if form is ValueForm.OCTETS:
        return parse_value(FieldKind.DATA, written)
    if form is ValueForm.WRITTEN:
        if kind not in OPERATIONS[verb].kinds:
            raise ScenarioError(f"{verb.value} does not go with {kind.value} in {held.name}")
        return parse_value(kind, written)
    if choices_of(held, verb, place):
        return _parse_taken(held, verb, place, written)
    # Any other verb with a value takes a count.
    return parse_value(FieldKind.UINT32, written)


_PLAINLY_WRITTEN: Final = frozenset((ValueForm.SOURCE, ValueForm.OCTETS, ValueForm.LENGTH))
"""The forms of values, except types, that operations without a place have."""


def _parse_taken(held: Type, verb: Verb, place: Place, written: str) -> Value:
    found = _TAKEN.fullmatch(written)
    if found is None:
        choices = ", ".join(choices_of(held, verb, place)) or "nothing"
        raise ScenarioError(f"{verb.value} takes one of {choices} here, not {written}")
    name, count = found.groups()
    return As(name, None if count is None else int(count))
