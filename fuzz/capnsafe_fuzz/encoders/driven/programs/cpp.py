"""Programs for the reference implementation, in C++, by its dynamic API."""

from __future__ import annotations

from collections.abc import Iterator
from struct import unpack
from typing import Any, Final

from ....scenario.model import ZERO_SIZED
from ....scenario.nodes import Capability
from ....scenario.schema import (
    DYNAMIC,
    EVERYTHING,
    FLOATS,
    POINTERS,
    SIGNED,
    FieldKind,
    ListType,
    StructType,
    Type,
)
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
    hex_lines,
    pattern_of,
    recorded,
    schema_lines,
)

_STRUCT: Final = "DynamicStruct::Builder"
_LIST: Final = "DynamicList::Builder"
_POINTERS: Final = "AnyList::Builder"
_ORPHAN: Final = "capnp::Orphan<AnyPointer>"
_POINTER_ELEMENTS: Final = ("Text", "Data", "List", "AnyPointer")
_HEAD: Final = """\
// g++ -std=c++20 program.cpp -lcapnpc -lcapnp -lkj -pthread
#include <capnp/any.h>
#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <capnp/schema-parser.h>
#include <capnp/serialize.h>
#include <kj/encoding.h>
#include <kj/exception.h>
#include <kj/filesystem.h>

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <exception>

using capnp::AnyList;
using capnp::AnyPointer;
using capnp::AnyStruct;
using capnp::DynamicList;
using capnp::DynamicStruct;
using capnp::word;

const char SCHEMA[] = R"schema("""
_MEMORY: Final = """
char* memory;
char* readable;
int calls = 0;

struct Interrupt {};

// Write a pattern of some bytes, several times, from an offset of the memory on.
void put(size_t at, const char* pattern, size_t size, size_t times) {
  for (size_t i = 0; i < times; i++) memcpy(memory + at + i * size, pattern, size);
}

// Tell whether it is still there.
bool holds(size_t at, const char* pattern, size_t size, size_t times) {
  for (size_t i = 0; i < times; i++) {
    if (memcmp(memory + at + i * size, pattern, size) != 0) return false;
  }
  return true;
}

kj::ArrayPtr<word> part(char* mapping, size_t at, size_t bytes) {
  return kj::arrayPtr(reinterpret_cast<word*>(mapping + at), bytes / sizeof(word));
}

class Message final : public capnp::MessageBuilder {
public:
  kj::ArrayPtr<word> allocateSegment(unsigned minimumSize) override {
    switch (++calls) {"""
_BROKEN: Final = """
[[noreturn]] void broken(kj::StringPtr what) {
  fprintf(stderr, "broken: %s\\n", what.cStr());
  _exit(1);
}
"""
_HELPERS: Final = """
[[maybe_unused]] AnyPointer::Builder pointer(AnyStruct::Builder holder, unsigned slot) {
  return holder.getPointerSection()[slot];
}

[[maybe_unused]] AnyPointer::Builder pointer(AnyList::Builder holder, unsigned index) {
  auto list = holder.as<capnp::List<AnyPointer>>();
  KJ_REQUIRE(index < list.size(), "List index out-of-bounds.");
  return list[index];
}

template <typename Float, typename Bits>
Float floatOf(Bits bits) {
  Float result;
  memcpy(&result, &bits, sizeof(result));
  return result;
}

template <typename Bits, typename Float>
kj::String bitsOf(Float value, Bits quiet) {
  Bits bits;
  memcpy(&bits, &value, sizeof(bits));
  return kj::str(value != value ? bits | quiet : bits);
}
"""


class CppWriter(ReportWriter):
    """Writes a program that needs the reference implementation."""

    comment = "//"

    def __init__(self, outline: Outline) -> None:
        """Write ``outline``."""
        super().__init__(outline)
        #: The type of each handle, by its number.
        self._types: dict[str, str] = {}

    # -- the beginning ----------------------------------------------------------------------------

    def beginning(self) -> Iterator[str]:
        """Yield includes, schema, memory and message."""
        outline = self.outline
        yield from _HEAD.splitlines()
        yield from schema_lines()
        yield ')schema";'
        yield from _BROKEN.splitlines()
        if not outline.ordinary:
            yield from _MEMORY.splitlines()
            if outline.check is Check.ENDLESS:
                yield f"      case {len(outline.allocations) + 1}:"
                yield f'        broken("{ENDLESS_SENTENCE}");'
            for number, allocation in outline.answers:
                yield f"      case {number}:  // {described(allocation)}"
                for patch in allocation.patches:
                    yield f"        {_patch(patch)}"
                yield f"        {_answer(allocation)}"
            yield "    }"
            if outline.rule is None:
                yield '    KJ_FAIL_REQUIRE("no more memory", minimumSize);'
            else:
                yield "    // Further segments lie one behind the other."
                yield f"    static size_t next = {outline.rule.at};"
                yield f"    size_t size = kj::max(8ull * minimumSize, {outline.rule.least}ull);"
                yield f"    next += size + {GAP};"
                yield f"    return part(memory, next - size - {GAP}, size);"
            yield "  }"
            yield "};"
        yield from _HELPERS.splitlines()
        yield ""
        yield "int main() {"
        if not outline.ordinary:
            size = outline.memory_bytes
            if outline.readonly:
                yield '  int file = memfd_create("memory", 0);'
                yield f"  if (ftruncate(file, {size}) != 0) return 2;"
                yield "  memory = static_cast<char*>("
                yield f"      mmap(nullptr, {size}, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));"
                yield "  readable = static_cast<char*>("
                yield f"      mmap(nullptr, {size}, PROT_READ, MAP_SHARED, file, 0));"
            else:
                yield "  memory = static_cast<char*>(mmap("
                yield f"      nullptr, {size}, PROT_READ | PROT_WRITE,"
                yield "      MAP_SHARED | MAP_ANONYMOUS, -1, 0));"
        yield "  auto folder = kj::newInMemoryDirectory(kj::nullClock());"
        yield '  kj::Path path("everything.capnp");'
        yield "  folder->openFile(path, kj::WriteMode::CREATE)->writeAll(SCHEMA);"
        yield "  capnp::SchemaParser parser;"
        yield "  auto schema = parser.parseFromDirectory(*folder, kj::mv(path), nullptr);"
        yield '  auto everything = schema.getNested("Everything").asStruct();'
        yield f"  {'capnp::MallocMessageBuilder' if outline.ordinary else 'Message'} message;"
        for handle, kind in self._types.items():
            yield f"  {kind} h{handle}{'{nullptr}' if kind == _POINTERS else ''};"

    # -- the steps --------------------------------------------------------------------------------

    def step(self, step: ProgramStep) -> Iterator[str]:
        """Yield the lines of a step that is not the last one."""
        for patch in step.patches:
            yield f"  {_patch(patch)}"
        lines = self._statements(step)
        if step.attempt.succeeded:
            yield from _indented(lines)
            return
        yield from _tried(lines)
        if step.attempt.interrupted:
            yield "  } catch (Interrupt) {"
            yield '    puts("interrupted");'
        else:
            yield from _CAUGHT
        yield "  }"

    def last_step(self, step: ProgramStep) -> Iterator[str]:
        """Yield the lines of the last step, with its check."""
        for patch in step.patches:
            yield f"  {_patch(patch)}"
        if self.outline.check is Check.RETURNS:
            yield from self._returns(step)
            return
        lines = self._statements(step)
        match self.outline.check:
            case Check.FOREIGN:
                yield from _tried(lines)
                yield from _CAUGHT
                yield "  } catch (const std::exception& error) {"
                yield "    broken(error.what());"
                yield "  }"
            case Check.RAISES:
                yield from _tried(lines)
                yield "  } catch (const kj::Exception& error) {"
                yield "    broken(error.getDescription());"
                yield "  }"
            case Check.ACCEPTS:
                yield from _tried([*lines, 'broken("it was accepted");'])
                yield from _CAUGHT
                yield "  }"
            case Check.SWALLOWS:
                yield from _tried([*lines, 'broken("nobody saw the interrupt");'])
                yield "  } catch (Interrupt) {"
                yield '    puts("interrupted");'
                yield "  } catch (const kj::Exception& error) {"
                yield "    broken(error.getDescription());"
                yield "  }"
            case Check.DIES | Check.HANGS | Check.ENDLESS:
                yield from _indented(lines)
            case _ if step.attempt.succeeded:
                yield from _indented(lines)
            case _:
                yield from _tried(lines)
                yield from _CAUGHT
                yield "  }"

    def ending(self) -> Iterator[str]:
        """Yield the check of the message or its memory, and the end of the program."""
        outline = self.outline
        match outline.check:
            case Check.WRITTEN:
                yield "  // These bytes are not the message's any more, or never were."
                for patch in outline.damage:
                    yield f"  if (!holds({patch.at}, {_pattern(patch.data)})) {{"
                    where = f"bytes {patch.at} to {patch.end - 1} were written"
                    yield f'    broken("{where}");'
                    yield "  }"
            case Check.OVERLAPS:
                pairs = ", ".join(f"{{{at}, {end}}}" for at, end in few(outline.granted))
                yield f"  const size_t granted[][2] = {{{pairs}}};"
                yield "  auto found = message.getSegmentsForOutput();"
                most = f"kj::min(found.size(), {len(few(outline.granted))}ul)"
                yield f"  for (size_t i = 0; i < {most}; i++) {{"
                yield "    size_t first = granted[i][0], end = first + found[i].asBytes().size();"
                yield "    for (size_t j = 0; j < i; j++) {"
                yield "      if (first < granted[j][1] && granted[j][0] < end) {"
                yield '        broken("two segments use the same words");'
                yield "      }"
                yield "    }"
                yield "  }"
            case Check.BYTES:
                parts = recorded(outline)
                yield "  const char* recorded[] = {"
                for part in parts:
                    yield from _long(part)
                yield "  };"
                yield "  auto found = message.getSegmentsForOutput();"
                yield f"  bool same = found.size() == {len(parts)};"
                yield "  for (unsigned i = 0; same && i < found.size(); i++) {"
                yield "    same = kj::encodeHex(found[i].asBytes()) == recorded[i];"
                yield "  }"
                yield f'  if (same) broken("{BYTES_SENTENCE}");'
            case Check.ZERO:
                proof = outline.proof
                yield f"  auto part = message.getSegmentsForOutput()[{proof.segment}];"
                yield "  uint64_t found;"
                yield f"  memcpy(&found, part.begin() + {proof.word}, sizeof(found));"
                yield f'  if (found & {proof.expected:#x}ull) broken("stray bits");'
            case Check.READS:
                yield from self._reads()
        yield "}"

    # -- values -----------------------------------------------------------------------------------

    def _returns(self, step: ProgramStep) -> Iterator[str]:
        line, expected = step.request.line, self.outline.proof.expected
        if line.word in ("open", "disown", "reopen"):
            says = "no" if expected else "an"
            negated = "" if expected else "!"
            root = "message.getRoot<AnyPointer>()"
            pointer = root if line.word == "reopen" else self._pointer(line)
            yield f"  if ({negated}{pointer}.isNull()) {{"
            yield f'    broken("there is {says} object");'
            yield "  }"
            return
        if line.word == "canonical":
            found, wanted = f"kj::encodeHex({self._canonical_form()}.asBytes())", expected.hex()
        elif line.word == "get":
            found, wanted = self._got(line, expected)
        else:
            raise UnprintableError(f"{line.word} returns nothing")
        yield f"  auto result = {found};  // {_comment(step.source)}"
        yield f"  if (result != {_quoted(wanted)}) broken(result);"

    def _got(self, line: Line, expected: Any) -> tuple[str, str]:
        """Return an expression for the value that is read, as text, and the right text."""
        kind = line.values["kind"]
        if kind == "AnyPointer":
            at = self._pointer(line)
            name = f'{at}.isNull() ? "null" : {at}.isStruct() ? "struct" : {at}.isList() ? "list"'
            return f'kj::str({name} : "capability")', str(expected)
        if kind in ("Text", "Data"):
            at = self._pointer(line)
            return _blob(kind, f"{at}.isNull()", f"{at}.getAs<capnp::{kind}>()", expected)
        if kind == "Union":
            group = f"{self._field(line)}.as<DynamicStruct>()"
            member = f"KJ_REQUIRE_NONNULL({group}.which()).getProto().getDiscriminantValue()"
            return f"kj::str({member})", str(expected)
        if self._types[line.values["on"]] == _LIST:
            value = f"h{line.values['on']}[{line.values['index']}]"
            kind = "UInt16" if kind == "Enum" else kind
        else:
            value = self._field(line)
        return _scalar(FieldKind(kind), value, expected)

    def _reads(self) -> Iterator[str]:
        found, wanted = self._reading()
        yield "  capnp::ReaderOptions options;"
        yield f"  options.traversalLimitInWords = {TRAVERSAL_WORDS}ull;"
        yield f"  options.nestingLimit = {NESTING};"
        yield "  capnp::SegmentArrayMessageReader reader(message.getSegmentsForOutput(), options);"
        yield "  try {"
        yield "    auto root = reader.getRoot<DynamicStruct>(everything);"
        yield f"    auto result = {found};"
        yield f"    if (result != {_quoted(wanted)}) broken(result);"
        yield "  } catch (const kj::Exception& error) {"
        yield "    broken(error.getDescription());"
        yield "  }"

    def _reading(self) -> tuple[str, str]:
        """Return an expression of the value at the path, as text, and the right text."""
        of: Type = EVERYTHING
        holder, kind = "root", FieldKind.STRUCT
        path, expected = self.outline.proof.path, self.outline.proof.expected
        if not path:
            raise UnprintableError("a reader reads no root as an empty struct")
        for depth, part in enumerate(path):
            last = depth == len(path) - 1
            if isinstance(of, ListType):
                kind = of.element
                if kind is FieldKind.CAPABILITY or (last and expected is None):
                    raise UnprintableError("a list does not show that an element is null")
                if last and isinstance(expected, dict):
                    raise UnprintableError("an element is a struct")
                holder = f"{holder}[{part}]"
                if last:
                    return _leaf(kind, holder, expected)
                of = of.type
            else:
                assert isinstance(of, StructType)
                field = of.by_name[str(part)]
                kind = field.kind
                loose = kind in DYNAMIC or kind is FieldKind.CAPABILITY
                if loose and not last:
                    raise UnprintableError("the object has no type")
                chosen = ""
                if field.union is not None:
                    group = f'{holder}.get("{field.union}").as<DynamicStruct>()'
                    member = f"KJ_REQUIRE_NONNULL({group}.which()).getProto()"
                    chosen = f"{member}.getDiscriminantValue() != {field.member}"
                *groups, name = field.name.split(".")
                for group in groups:
                    holder = f'{holder}.get("{group}").as<DynamicStruct>()'
                there = f'{holder}.has("{name}")'
                if chosen:
                    there = f"!({chosen}) && {there}"
                holder = f'{holder}.get("{name}")'
                if last and kind in POINTERS:
                    if expected is None or isinstance(expected, dict) or loose:
                        return f"kj::str({there})", str(expected is not None).lower()
                    if kind in (FieldKind.TEXT, FieldKind.DATA):
                        value = f"{holder}.as<capnp::{kind.value}>()"
                        return _blob(kind.value, f"!({there})", value, expected)
                if last:
                    found, wanted = _leaf(kind, holder, expected)
                    if chosen:
                        blank = str(int(field.default or 0))
                        blank = (
                            str(bool(field.default)).lower() if kind is FieldKind.BOOL else blank
                        )
                        found = f'{chosen} ? kj::str("{blank}") : {found}'
                    return found, wanted
                of = field.type
            if not last:
                cast = "DynamicStruct" if isinstance(of, StructType) else "DynamicList"
                holder = f"{holder}.as<{cast}>()"
        raise AssertionError(path)

    # -- operations -------------------------------------------------------------------------------

    def _statements(self, step: ProgramStep) -> list[str]:
        line = step.request.line
        lines = _OPERATIONS[line.word](self, line, step)
        return [f"// {_comment(step.source)}", *lines]

    def _make(self, line: Line, kind: str, expression: str) -> list[str]:
        number = line.values["makes"]
        self._types[number] = kind
        return [f"h{number} = {expression};"]

    def _pointer(self, line: Line) -> str:
        holder = f"h{line.values['on']}"
        return f"pointer({holder}, {line.values.get('slot', line.values.get('index'))})"

    def _owner(self, line: Line) -> tuple[str, str]:
        """Return the struct that has a field directly, and the field's name."""
        holder = f"h{line.values['on']}"
        *groups, name = line.values["field"].split(".")
        for group in groups:
            holder = f'{holder}.get("{group}").as<DynamicStruct>()'
        return holder, name

    def _field(self, line: Line) -> str:
        holder, name = self._owner(line)
        return f'{holder}.get("{name}")'

    def _is_null(self, step: ProgramStep) -> bool:
        answer = step.request.answer
        return answer is not None and answer.values.get("object") == "0"

    def _object(self, line: Line, at: str, make: bool) -> list[str]:
        """Make or open the object at a pointer, as the line describes it."""
        verb = "init" if make else "get"
        count = f", {line.values['count']}" if make and "count" in line.values else ""
        element = line.values.get("element")
        if element is None:
            return self._make(line, _STRUCT, f"{at}.{verb}As<DynamicStruct>({_struct(line)})")
        if element in _POINTER_ELEMENTS:
            if make:
                size = "capnp::ElementSize::POINTER"
                return self._make(line, _POINTERS, f"{at}.initAsAnyList({size}{count})")
            if element == "AnyPointer":
                handle = f"h{line.values['makes']}"
                return [
                    *self._make(line, _POINTERS, f"{at}.getAs<AnyList>()"),
                    "// The library opens any list.",
                    f"KJ_REQUIRE({handle}.getElementSize() == capnp::ElementSize::POINTER);",
                ]
            return self._make(line, _POINTERS, f"{at}.getAs<DynamicList>({_list(line)})")
        return self._make(line, _LIST, f"{at}.{verb}As<DynamicList>({_list(line)}{count})")

    def _root(self, line: Line, step: ProgramStep) -> list[str]:
        return self._make(line, _STRUCT, f"message.initRoot<DynamicStruct>({_struct(line)})")

    def _reopen(self, line: Line, step: ProgramStep) -> list[str]:
        if self._is_null(step):
            return ["message.getRoot<AnyPointer>().isNull();"]
        return self._object(line, "message.getRoot<AnyPointer>()", False)

    def _set(self, line: Line, step: ProgramStep) -> list[str]:
        kind = line.values.get("as", line.values["kind"])
        if kind in ("Text", "Data"):
            octets = line.octets("value")
            value = f"capnp::Text::Reader({_bytes(octets)}, {len(octets)})"
            if kind == "Data":
                value = f"kj::StringPtr({_bytes(octets)}, size_t({len(octets)})).asBytes()"
            return [f"{self._pointer(line)}.setAs<capnp::{kind}>({value});"]
        value = _number(kind, line.values["value"])
        if self._types[line.values["on"]] == _LIST:
            return [f"h{line.values['on']}.set({line.values['index']}, {value});"]
        holder, name = self._owner(line)
        if kind == "Enum":
            colour = 'schema.getNested("Colour").asEnum()'
            value = f"capnp::DynamicEnum({colour}, {line.values['value']})"
        return [f'{holder}.set("{name}", {value});']

    def _get(self, line: Line, step: ProgramStep) -> list[str]:
        return [f"{self._got(line, None if line.values['kind'] in ('Text', 'Data') else 0)[0]};"]

    def _init(self, line: Line, step: ProgramStep) -> list[str]:
        return self._object(line, self._pointer(line), True)

    def _open(self, line: Line, step: ProgramStep) -> list[str]:
        if self._types[line.values["on"]] == _LIST:
            element = f"h{line.values['on']}[{line.values['index']}].as<DynamicStruct>()"
            return self._make(line, _STRUCT, element)
        if self._is_null(step):
            return [f"{self._pointer(line)}.isNull();"]
        return self._object(line, self._pointer(line), False)

    def _clear(self, line: Line, step: ProgramStep) -> list[str]:
        return [f"{self._pointer(line)}.clear();"]

    def _select(self, line: Line, step: ProgramStep) -> list[str]:
        return [
            "{",
            f"  auto group = {self._field(line)}.as<DynamicStruct>();",
            "  // The library leaves the value of the old member where it is.",
            "  KJ_IF_MAYBE(old, group.which()) group.clear(*old);",
            f'  group.clear("{line.values["member"]}");',
            "}",
        ]

    def _fill(self, line: Line, step: ProgramStep) -> list[str]:
        octets = line.octets("value")
        bits = FILL_BITS[line.values["element"]]
        count = len(octets) * 8 // bits
        numbers = unpack(f"<{count}{_FORMATS[bits]}", octets)
        at = self._pointer(line)
        sets = [f"  list.set({index}, {number}u);" for index, number in enumerate(numbers)]
        return [
            "{",
            f"  auto list = {at}.initAs<capnp::List<uint{bits}_t>>({count});",
            *sets,
            "}",
            *self._object(line, at, False),
        ]

    def _copy(self, line: Line, step: ProgramStep) -> list[str]:
        source = f"h{line.values['from']}.asReader()"
        if self._types[line.values["on"]] == _LIST:
            return [f"h{line.values['on']}.set({line.values['index']}, {source});"]
        kind = self._types[line.values["from"]].partition(":")[0]
        return [f"{self._pointer(line)}.setAs<{kind}>({source});"]

    def _copyroot(self, line: Line, step: ProgramStep) -> list[str]:
        return [f"message.setRoot(h{line.values['on']}.asReader());"]

    def _new(self, line: Line, step: ProgramStep) -> list[str]:
        source = f"h{line.values['on']}.asReader()"
        return self._make(line, _ORPHAN, f"message.getOrphanage().newOrphanCopy({source})")

    def _disown(self, line: Line, step: ProgramStep) -> list[str]:
        if self._is_null(step):
            return [f"{self._pointer(line)}.isNull();"]
        return self._make(line, _ORPHAN, f"{self._pointer(line)}.disown()")

    def _adopt(self, line: Line, step: ProgramStep) -> list[str]:
        return [f"{self._pointer(line)}.adopt(kj::mv(h{line.values['from']}));"]

    def _unwrap(self, line: Line, step: ProgramStep) -> list[str]:
        return self._object(line, f"h{line.values['on']}", False)

    def _drop(self, line: Line, step: ProgramStep) -> list[str]:
        return [f"h{line.values['on']} = {_ORPHAN}();"]

    def _output(self, line: Line, step: ProgramStep) -> list[str]:
        return ["message.getRoot<AnyPointer>();", "capnp::messageToFlatArray(message);"]

    def _canonical_form(self) -> str:
        root = "message.getRoot<AnyPointer>().getAs<DynamicStruct>(everything)"
        return f"AnyStruct::Reader({root}.asReader()).canonicalize()"

    def _canonical(self, line: Line, step: ProgramStep) -> list[str]:
        return [f"{self._canonical_form()};"]

    def _close(self, line: Line, step: ProgramStep) -> list[str]:
        return ["// The end of the program closes the message."]


_CAUGHT: Final = (
    "  } catch (const kj::Exception& error) {",
    '    printf("failed: %s\\n", error.getDescription().cStr());',
)
_OPERATIONS: Final = {
    "root": CppWriter._root,
    "reopen": CppWriter._reopen,
    "set": CppWriter._set,
    "get": CppWriter._get,
    "init": CppWriter._init,
    "open": CppWriter._open,
    "clear": CppWriter._clear,
    "select": CppWriter._select,
    "fill": CppWriter._fill,
    "copy": CppWriter._copy,
    "copyroot": CppWriter._copyroot,
    "new": CppWriter._new,
    "disown": CppWriter._disown,
    "adopt": CppWriter._adopt,
    "unwrap": CppWriter._unwrap,
    "drop": CppWriter._drop,
    "output": CppWriter._output,
    "canonical": CppWriter._canonical,
    "close": CppWriter._close,
}
_FORMATS: Final = {8: "B", 16: "H", 32: "I", 64: "Q"}
FILL_BITS: Final = {
    "Int8": 8, "UInt8": 8, "Int16": 16, "UInt16": 16, "Enum": 16, "Int32": 32, "UInt32": 32,
    "Float32": 32, "Int64": 64, "UInt64": 64, "Float64": 64,
}  # fmt: skip
"""The bits of the numbers that a list is filled with; no bit of a float changes."""
_WHICH: Final = {"Enum": "UINT16"}


def _struct(line: Line) -> str:
    name = line.values["type"]
    return "everything" if name == "Everything" else f'schema.getNested("{name}").asStruct()'


def _list(line: Line) -> str:
    element = line.values["element"]
    if element == "Struct":
        name = line.values["type"].removeprefix("List(").removesuffix(")")
        inner = "everything" if name == "Everything" else f'schema.getNested("{name}").asStruct()'
    elif element == "List":
        inner = "capnp::ListSchema::of(capnp::schema::Type::UINT16)"
    else:
        inner = f"capnp::schema::Type::{_WHICH.get(element, element.upper())}"
    return f"capnp::ListSchema::of({inner})"


def _number(kind: str, value: str) -> str:
    if kind == "Bool":
        return "true" if value == "1" else "false"
    if kind == "Float32":
        return f"floatOf<float>(uint32_t({value}u))"
    if kind == "Float64":
        return f"floatOf<double>(uint64_t({value}ull))"
    if value.startswith("-"):
        return f"int64_t({int(value) + 1}ll - 1)"
    return f"uint64_t({value}ull)"


def _leaf(kind: FieldKind, value: str, expected: Any) -> tuple[str, str]:
    if isinstance(expected, Capability):
        raise UnprintableError("the reader has no capabilities")
    if isinstance(expected, tuple) and expected[:1] == (ZERO_SIZED,):
        return f"kj::str({value}.as<DynamicList>().size())", str(expected[1])
    if isinstance(expected, list):
        return f"kj::str({value}.as<DynamicList>().size())", str(len(expected))
    if kind in (FieldKind.TEXT, FieldKind.DATA):
        return _blob(kind.value, "false", f"{value}.as<capnp::{kind.value}>()", expected)
    if kind is FieldKind.UNION:
        member = f"KJ_REQUIRE_NONNULL({value}.as<DynamicStruct>().which())"
        return f"kj::str({member}.getProto().getDiscriminantValue())", str(expected)
    return _scalar(kind, value, expected)


def _scalar(kind: FieldKind, value: str, expected: Any) -> tuple[str, str]:
    wanted = str(expected)
    if kind is FieldKind.BOOL:
        return f"kj::str({value}.as<bool>())", wanted.lower()
    if kind is FieldKind.FLOAT32:
        return f"bitsOf<uint32_t>({value}.as<float>(), 1u << 22)", wanted
    if kind in FLOATS:
        return f"bitsOf<uint64_t>({value}.as<double>(), 1ull << 51)", wanted
    if kind is FieldKind.ENUM:
        return f"kj::str({value}.as<capnp::DynamicEnum>().getRaw())", wanted
    signed = "int64_t" if kind in SIGNED else "uint64_t"
    return f"kj::str({value}.as<{signed}>())", wanted


def _blob(kind: str, null: str, value: str, expected: Any) -> tuple[str, str]:
    """Return an expression of a Text or Data, as hexadecimal text, and the right text."""
    octets = expected.encode() if isinstance(expected, str) else expected
    wanted = "null" if octets is None else f"x{octets.hex()}"
    asked = "" if null == "false" else f'{null} ? kj::str("null") : '
    return f'{asked}kj::str("x", kj::encodeHex({value}.asBytes()))', wanted


def _bytes(octets: bytes) -> str:
    """Return a string literal."""
    shown = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\?' else f"\\{byte:03o}"
        for byte in octets
    )
    return f'"{shown}"'


def _quoted(text: str) -> str:
    return _bytes(text.encode())


def _comment(text: str) -> str:
    """Return a text that cannot continue a comment on the next line."""
    return text.rstrip("\\")


def _answer(allocation: Allocation) -> str:
    if allocation.refused == "interrupt":
        return "throw Interrupt();"
    if allocation.refused:
        return f"KJ_FAIL_REQUIRE({_quoted(allocation.text or 'no memory')});"
    if not allocation.at:
        return "return nullptr;"
    mapping = "readable" if allocation.readonly else "memory"
    return f"return part({mapping}, {allocation.at}, {allocation.length});"


def _pattern(data: bytes) -> str:
    pattern, times = pattern_of(data)
    return f"{_bytes(pattern)}, {len(pattern)}, {times}"


def _patch(patch: Patch) -> str:
    return f"put({patch.at}, {_pattern(patch.data)});"


def _long(data: bytes) -> Iterator[str]:
    """Yield the hexadecimal digits of bytes, as the lines of a string."""
    parts = hex_lines(data)
    for part in parts[:-1]:
        yield f'    "{part}"'
    yield f'    "{parts[-1]}",'


def _indented(lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield f"  {line}"


def _tried(lines: list[str]) -> Iterator[str]:
    yield "  try {"
    for line in lines:
        yield f"    {line}"
