"""Programs for pycapnp, in Python."""

from __future__ import annotations

import math
from collections.abc import Iterator
from struct import calcsize, unpack
from typing import Any, Final

from ....scenario.model import ZERO_SIZED
from ....scenario.nodes import Capability
from ....scenario.schema import (
    DYNAMIC,
    EVERYTHING,
    FLOATS,
    POINTERS,
    STRUCTS,
    FieldKind,
    ListType,
    StructType,
    Type,
)
from ...capnsafe_api import float_of
from ..lines import Line
from ..tape import Allocation, Patch
from .outline import GAP, Check, Outline, ProgramStep
from .writer import (
    BYTES_SENTENCE,
    ENDLESS_SENTENCE,
    NESTING,
    TRAVERSAL_WORDS,
    ReportWriter,
    UnprintableError,
    described,
    few,
    pattern_of,
    recorded,
    schema_lines,
    text_of,
)

_FORMATS: Final = {
    "Int8": "b", "Int16": "h", "Int32": "i", "Int64": "q", "UInt8": "B", "UInt16": "H",
    "UInt32": "I", "UInt64": "Q", "Float32": "f", "Float64": "d", "Enum": "H",
}  # fmt: skip
_ENUMERANTS: Final = ("red", "green", "blue")
_EXCEPTIONS: Final = {
    "error": "RuntimeError",
    "gone": "LookupError",
    "interrupt": "KeyboardInterrupt",
}
_OWN: Final = "(capnp.KjException, IndexError)"
_SELECT: Final = """

def select(union, member):
    # The value of the old member stays where it is, unless it is overwritten.
    for name in (union._which_str(), member):
        if name in ("nothing", "blank"):
            setattr(union, name, None)
        elif name == "number":
            setattr(union, name, 0)
        elif name == "flag":
            setattr(union, name, False)
        elif name in ("numbers", "pair"):
            union.init(name)
        else:
            union.init(name, *((0,) if name == "words" else ()))
            union.disown(name)

"""
_BROKEN: Final = """

def broken(what):
    print("broken:", what, file=sys.stderr, flush=True)
    os._exit(1)  # The message is not destroyed: that may fail, too.

"""


class PycapnpWriter(ReportWriter):
    """Writes a program that needs pycapnp."""

    comment = "#"

    def __init__(self, outline: Outline) -> None:
        """Write ``outline``."""
        super().__init__(outline)
        self._selects = any(step.request.line.word == "select" for step in outline.steps)
        self._checks = outline.check not in (Check.NOTHING, Check.DIES, Check.HANGS)
        self._needs_struct = False

    # -- the beginning ----------------------------------------------------------------------------

    def beginning(self) -> Iterator[str]:
        """Yield imports, schema, memory and message."""
        outline = self.outline
        if not outline.ordinary:
            yield "import mmap"
        if self._checks:
            yield "import os"
        if self._needs_struct:
            yield "import struct"
        if self._checks:
            yield "import sys"
        yield "import tempfile"
        yield ""
        yield "import capnp"
        yield ""
        yield 'SCHEMA = """'
        yield from schema_lines()
        yield '"""'
        yield 'with tempfile.NamedTemporaryFile("w", suffix=".capnp") as file:'
        yield "    file.write(SCHEMA)"
        yield "    file.flush()"
        yield "    schema = capnp.load(file.name)"
        if self._checks:
            yield from _BROKEN.splitlines()
        if self._selects:
            yield from _SELECT.splitlines()
        yield ""
        if outline.ordinary:
            yield "message = capnp._MallocMessageBuilder()"
        else:
            yield from self._memory()
            yield "message = capnp._PyCustomMessageBuilder(allocate, 1)"

    def _memory(self) -> Iterator[str]:
        size = self.outline.memory_bytes
        if self.outline.readonly:
            yield "file = tempfile.TemporaryFile()"
            yield f"file.truncate({size})"
            yield f"memory = memoryview(mmap.mmap(file.fileno(), {size}))"
            yield f"readable = mmap.mmap(file.fileno(), {size}, access=mmap.ACCESS_READ)"
            yield "readable = memoryview(readable)"
        else:
            yield f"memory = memoryview(mmap.mmap(-1, {size}))"
        yield "calls = 0"
        if self.outline.rule is not None:
            yield f"free = {self.outline.rule.at}"
        yield ""
        yield ""
        yield "def allocate(minimum_words):"
        yield "    global calls"
        yield "    calls += 1"
        if self.outline.check is Check.ENDLESS:
            yield f"    if calls > {len(self.outline.allocations)}:"
            yield f'        broken("{ENDLESS_SENTENCE}")'
        for number, allocation in self.outline.answers:
            yield f"    if calls == {number}:  # {described(allocation)}"
            for patch in allocation.patches:
                yield f"        {_patch(patch)}"
            yield f"        {_answer(allocation)}"
        rule = self.outline.rule
        if rule is None:
            yield '    raise RuntimeError(f"no more memory for {minimum_words} words")'
        else:
            yield "    # Further segments lie one behind the other."
            yield "    global free"
            yield f"    at, size = free, max(8 * minimum_words, {rule.least})"
            yield f"    free += size + {GAP}"
            yield "    return memory[at : at + size]"
        yield ""
        yield ""

    # -- the steps --------------------------------------------------------------------------------

    def step(self, step: ProgramStep) -> Iterator[str]:
        """Yield the lines of a step that is not the last one."""
        yield from map(_patch, step.patches)
        lines = self._statements(step)
        if step.attempt.succeeded:
            yield from lines
            return
        yield from _tried(lines)
        yield f"except {'KeyboardInterrupt' if step.attempt.interrupted else 'Exception'} as error:"
        yield '    print(f"failed: {error}")'

    def last_step(self, step: ProgramStep) -> Iterator[str]:
        """Yield the lines of the last step, with its check."""
        yield from map(_patch, step.patches)
        lines = self._statements(step)
        match self.outline.check:
            case Check.FOREIGN:
                yield from _tried(lines)
                yield f"except {_OWN} as error:"
                yield '    print(f"failed: {error}")'
                yield "except BaseException as error:"
                yield "    broken(repr(error))"
            case Check.RAISES:
                yield from _tried(lines)
                yield "except Exception as error:"
                yield "    broken(repr(error))"
            case Check.ACCEPTS:
                yield from _tried(lines)
                yield "except Exception as error:"
                yield '    print(f"failed: {error}")'
                yield "else:"
                yield '    broken("it was accepted")'
            case Check.SWALLOWS:
                yield from _tried(lines)
                yield "except KeyboardInterrupt:"
                yield '    print("interrupted")'
                yield "except Exception as error:"
                yield '    broken(f"{error!r} and not the interrupt")'
                yield "else:"
                yield '    broken("nobody saw the interrupt")'
            case Check.RETURNS:
                yield from self._returns(step, lines)
            case Check.DIES | Check.HANGS | Check.ENDLESS:
                yield from lines
            case _:
                yield from self._looked_at(step, lines)

    def _looked_at(self, step: ProgramStep, lines: list[str]) -> Iterator[str]:
        """Yield a step after which the message or its memory is looked at."""
        if step.attempt.succeeded:
            yield from lines
        else:
            yield from _tried(lines)
            yield "except Exception as error:"
            yield '    print(f"failed: {error}")'

    def ending(self) -> Iterator[str]:
        """Yield the check of the message or its memory."""
        outline = self.outline
        match outline.check:
            case Check.WRITTEN:
                yield "# These bytes are not the message's any more, or never were."
                for patch in outline.damage:
                    yield f"if memory[{patch.at}:{patch.end}] != {_octets(patch.data)}:"
                    where = f"bytes {patch.at} to {patch.end - 1} were written"
                    yield f'    broken("{where}")'
            case Check.OVERLAPS:
                yield f"granted = {few(outline.granted)}"
                yield "parts = message.get_segments_for_output()"
                yield "for number, part in enumerate(parts[: len(granted)]):"
                yield "    first = granted[number][0]"
                yield "    for at, end in granted[:number]:"
                yield "        if first < end and at < first + len(part):"
                yield '            broken("two segments use the same words")'
            case Check.BYTES:
                parts = recorded(outline)
                yield "recorded = ["
                for part in parts:
                    yield from _long(part)
                yield "]"
                yield "if message.get_segments_for_output() == recorded:"
                yield f'    broken("{BYTES_SENTENCE}")'
            case Check.ZERO:
                proof = outline.proof
                first = proof.word * 8
                yield f"part = message.get_segments_for_output()[{proof.segment}]"
                yield f'word = int.from_bytes(part[{first}:{first + 8}], "little")'
                yield f"if word & {proof.expected:#x}:"
                yield '    broken(f"stray bits in {word:#x}")'
            case Check.READS:
                yield from self._reads()

    # -- values -----------------------------------------------------------------------------------

    def _returns(self, step: ProgramStep, lines: list[str]) -> Iterator[str]:
        line, expected = step.request.line, self.outline.proof.expected
        if line.word in ("open", "disown"):
            yield f"if {self._is_there(line)} is not {bool(expected)}:"
            yield f'    broken("there is {"no" if expected else "an"} object")'
            return
        if line.word != "get":
            raise UnprintableError(f"{line.word} returns nothing")
        yield from lines
        kind = FieldKind(line.values["kind"])
        if kind is FieldKind.UNION:
            name = line.values["field"]
            field = next(one.by_name[name] for one in STRUCTS if name in one.by_name)
            expected = field.members[expected]
        yield f"if {self._differs('result', kind, expected)}:"
        yield "    broken(repr(result))"

    def _differs(self, expression: str, kind: FieldKind, expected: Any) -> str:
        if kind in FLOATS:
            self._needs_struct = True
            form, size = ("<f", 4) if kind is FieldKind.FLOAT32 else ("<d", 8)
            wanted = expected.to_bytes(size, "little")
            return f'struct.pack("{form}", {expression}) != {wanted!r}'
        if expected is None or isinstance(expected, bool):
            return f"{expression} is not {expected!r}"
        if isinstance(expected, bytes):
            return f"bytes({expression}) != {expected!r}"
        return f"{expression} != {expected!r}"

    def _reads(self) -> Iterator[str]:
        proof = self.outline.proof
        yield "segments = message.get_segments_for_output()"
        limits = f"traversal_limit_in_words={TRAVERSAL_WORDS}, nesting_limit={NESTING}"
        yield "try:"
        yield f"    root = schema.Everything.from_segments(segments, {limits})"
        expression, differs = self._reading()
        yield f"    found = {expression}"
        yield "except capnp.KjException as error:"
        yield '    broken(f"it cannot be read: {error}")'
        yield f"if {differs}:"
        wanted = "" if proof.expected is None else f", not {_short(proof.expected)}"
        yield f'    broken(f"{{found!r}}{wanted}")'

    def _reading(self) -> tuple[str, str]:
        """Return the expression of the value at the path, and one that is true if it is wrong."""
        holder, held = "root", EVERYTHING
        of: Type = held
        path, expected = self.outline.proof.path, self.outline.proof.expected
        if not path:
            raise UnprintableError("a reader reads no root as an empty struct")
        kind = FieldKind.STRUCT
        chosen = ""
        for depth, part in enumerate(path):
            last = depth == len(path) - 1
            if isinstance(of, StructType):
                field = of.by_name[str(part)]
                kind = field.kind
                *groups, name = field.name.split(".")
                owner = ".".join([holder, *groups])
                if field.union is not None:
                    union = ".".join([holder, field.union])
                    chosen = f" if {union}.which.raw == {field.member} else "
                    blank = None if kind in POINTERS else field.default
                    chosen += repr(blank)
                loose = kind in DYNAMIC or kind is FieldKind.CAPABILITY
                if loose and not last:
                    raise UnprintableError("pycapnp shows no objects without a type")
                holder = f"{owner}.{name}"
                if last and kind in POINTERS and (loose or not isinstance(expected, list | tuple)):
                    if expected is None or isinstance(expected, dict) or loose:
                        wanted = expected is not None
                        there = f"{owner}._has({name!r})"
                        return f"bool({there}{chosen})", f"found is not {wanted}"
                    chosen = chosen or f" if {owner}._has({name!r}) else None"
                if kind is FieldKind.UNION:
                    holder = f"{holder}.which"
                if not last:
                    if chosen:
                        raise UnprintableError("the path goes through a union")
                    of = field.type
            else:
                assert isinstance(of, ListType)
                kind = of.element
                if kind is FieldKind.CAPABILITY or (last and expected is None):
                    raise UnprintableError("pycapnp does not show that an element is null")
                holder = f"{holder}[{part}]"
                if last and isinstance(expected, dict):
                    raise UnprintableError("an element is a struct")
                if not last:
                    of = of.type
        return self._value(holder, kind, expected, chosen)

    def _value(self, holder: str, kind: FieldKind, expected: Any, chosen: str) -> tuple[str, str]:
        if isinstance(expected, Capability):
            raise UnprintableError("pycapnp shows no number of a capability")
        if isinstance(expected, tuple) and expected[:1] == (ZERO_SIZED,):
            return f"len({holder}){chosen}", f"found != {expected[1]}"
        if isinstance(expected, list):
            return f"len({holder}){chosen}", f"found != {len(expected)}"
        if kind in (FieldKind.ENUM, FieldKind.UNION):
            return f"{holder}.raw{chosen}", f"found != {expected!r}"
        return f"{holder}{chosen}", self._differs("found", kind, expected)

    # -- operations -------------------------------------------------------------------------------

    def _statements(self, step: ProgramStep) -> list[str]:
        line = step.request.line
        lines = _OPERATIONS[line.word](self, line, step)
        lines[0] += f"  # {step.source}"
        return lines

    def _holder(self, line: Line) -> tuple[str, str]:
        """Return the struct or list of a line, and how its place is given as an argument."""
        holder = f"h{line.values['on']}"
        if "index" in line.values:
            return holder, line.values["index"]
        *groups, name = line.values["field"].split(".")
        return ".".join([holder, *groups]), repr(name).replace("'", '"')

    def _place(self, line: Line) -> str:
        holder, at = self._holder(line)
        return f"{holder}[{at}]" if "index" in line.values else f"{holder}.{at[1:-1]}"

    def _is_there(self, line: Line) -> str:
        holder, at = self._holder(line)
        return f"bool(len({holder}[{at}]))" if "index" in line.values else f"{holder}._has({at})"

    def _made(self, line: Line) -> str:
        return f"h{line.values['makes']}"

    def _root(self, line: Line, step: ProgramStep) -> list[str]:
        return [f"{self._made(line)} = message.init_root(schema.Everything)"]

    def _reopen(self, line: Line, step: ProgramStep) -> list[str]:
        return [f"{self._made(line)} = message.get_root(schema.Everything)"]

    def _output(self, line: Line, step: ProgramStep) -> list[str]:
        done = [one.request.line.word for one in self.outline.steps if one.attempt.succeeded]
        if "root" in done or "copyroot" in done:
            return ["message.get_segments_for_output()"]
        return ["message.get_root_as_any()", "message.get_segments_for_output()"]

    def _set(self, line: Line, step: ProgramStep) -> list[str]:
        return [f"{self._place(line)} = {_written(line)}"]

    def _get(self, line: Line, step: ProgramStep) -> list[str]:
        place, kind = self._place(line), line.values["kind"]
        if kind in ("Text", "Data"):
            there = self._is_there(line)
            return [f"result = {place} if {there} else None"]
        if kind == "Union":
            return [f"result = {place}._which_str()"]
        if kind == "Enum":
            # A number that has no name is read as it is.
            return [f"result = getattr({place}, 'raw', {place})"]
        return [f"result = {place}"]

    def _init(self, line: Line, step: ProgramStep) -> list[str]:
        holder, at = self._holder(line)
        count = f", {line.values['count']}" if "count" in line.values else ""
        return [f"{self._made(line)} = {holder}.init({at}{count})"]

    def _open(self, line: Line, step: ProgramStep) -> list[str]:
        answer = step.request.answer
        if answer is not None and answer.values.get("object") == "0":
            return [f"assert not {self._is_there(line)}"]
        opened = f"{self._made(line)} = {self._place(line)}"
        if line.values["kind"] == "Struct" and "index" in line.values:
            return [opened]
        return [f"assert {self._is_there(line)}", opened]

    def _clear(self, line: Line, step: ProgramStep) -> list[str]:
        holder, at = self._holder(line)
        return [f"{holder}.disown({at})"]

    def _select(self, line: Line, step: ProgramStep) -> list[str]:
        return [f'select({self._place(line)}, "{line.values["member"]}")']

    def _fill(self, line: Line, step: ProgramStep) -> list[str]:
        holder, at = self._holder(line)
        element, octets = line.values["element"], line.octets("value")
        count = len(octets) // calcsize(_FORMATS[element])
        numbers: list[Any] = list(unpack(f"<{count}{_FORMATS[element]}", octets))
        if element == "Enum":
            shown = repr([_ENUMERANTS[number] for number in numbers])
        elif element in ("Float32", "Float64"):
            shown = f"[{', '.join(map(_float, numbers))}]"
        else:
            shown = repr(numbers)
        made = self._made(line)
        return [
            f"{made} = {holder}.init({at}, {count})",
            f"for index, number in enumerate({shown}):",
            f"    {made}[index] = number",
        ]

    def _copy(self, line: Line, step: ProgramStep) -> list[str]:
        return [f"{self._place(line)} = h{line.values['from']}"]

    def _copyroot(self, line: Line, step: ProgramStep) -> list[str]:
        return [f"message.set_root(h{line.values['on']}.as_reader())"]

    def _disown(self, line: Line, step: ProgramStep) -> list[str]:
        answer = step.request.answer
        if answer is not None and answer.values.get("object") == "0":
            return [f"assert not {self._is_there(line)}"]
        holder, at = self._holder(line)
        return [
            f"assert {self._is_there(line)}",
            f"{self._made(line)} = {holder}.disown({at})",
        ]

    def _adopt(self, line: Line, step: ProgramStep) -> list[str]:
        holder, at = self._holder(line)
        return [f"{holder}.adopt({at}, h{line.values['from']})"]

    def _unwrap(self, line: Line, step: ProgramStep) -> list[str]:
        return [f"{self._made(line)} = h{line.values['on']}.get()"]

    def _drop(self, line: Line, step: ProgramStep) -> list[str]:
        return [f"del h{line.values['on']}"]

    def _close(self, line: Line, step: ProgramStep) -> list[str]:
        made = {
            self._made(one.request.line)
            for one in self.outline.steps
            if "makes" in one.request.line.values and one.attempt.succeeded
        }
        return [" = ".join([*sorted(made), "message", "None"])]


_OPERATIONS: Final = {
    "root": PycapnpWriter._root,
    "reopen": PycapnpWriter._reopen,
    "set": PycapnpWriter._set,
    "get": PycapnpWriter._get,
    "init": PycapnpWriter._init,
    "open": PycapnpWriter._open,
    "clear": PycapnpWriter._clear,
    "select": PycapnpWriter._select,
    "fill": PycapnpWriter._fill,
    "copy": PycapnpWriter._copy,
    "copyroot": PycapnpWriter._copyroot,
    "disown": PycapnpWriter._disown,
    "adopt": PycapnpWriter._adopt,
    "unwrap": PycapnpWriter._unwrap,
    "drop": PycapnpWriter._drop,
    "output": PycapnpWriter._output,
    "close": PycapnpWriter._close,
}


def _written(line: Line) -> str:
    kind, value = line.values["kind"], line.values["value"]
    if kind == "Text":
        return repr(text_of(line))
    if kind == "Data":
        return repr(line.octets("value"))
    if kind == "Bool":
        return str(value == "1")
    if kind in ("Float32", "Float64"):
        return _float(float_of(FieldKind(kind), int(value)), int(value), kind)
    if kind == "Enum" and "index" in line.values:
        return repr(_ENUMERANTS[int(value)])
    return value


def _float(number: float, bits: int | None = None, kind: str = "") -> str:
    if math.isfinite(number):
        return repr(number)
    if math.isinf(number) or bits is None:
        return f'float("{number}")'
    form, size = ("<f", 4) if kind == "Float32" else ("<d", 8)
    return f'__import__("struct").unpack("{form}", {bits.to_bytes(size, "little")!r})[0]'


def _answer(allocation: Allocation) -> str:
    if allocation.refused:
        return f"raise {_EXCEPTIONS[allocation.refused]}({allocation.text!r})"
    if not allocation.at:
        return "return None"
    mapping = "readable" if allocation.readonly else "memory"
    return f"return {mapping}[{allocation.at}:{allocation.at + allocation.length}]"


def _patch(patch: Patch) -> str:
    return f"memory[{patch.at}:{patch.end}] = {_octets(patch.data)}"


def _octets(data: bytes) -> str:
    pattern, times = pattern_of(data)
    return repr(pattern) if times == 1 else f"{pattern!r} * {times}"


def _long(data: bytes) -> Iterator[str]:
    """Yield a long string of bytes in lines."""
    if not data:
        yield '    b"",'
        return
    lines = [data[at : at + 64] for at in range(0, len(data), 64)]
    yield '    bytes.fromhex("".join(('
    for part in lines:
        yield f'        "{part.hex()}",'
    yield "    ))),"


def _short(value: object) -> str:
    text = repr(value).replace("\\", "\\\\").replace('"', "'").replace("{", "{{").replace("}", "}}")
    return text if len(text) <= 60 else text[:57] + "..."


def _tried(lines: list[str]) -> Iterator[str]:
    yield "try:"
    for line in lines:
        yield f"    {line}"
