"""Programs for capnproto-rust, by the layer that its generated code uses, which needs no schema."""

from __future__ import annotations

from collections.abc import Iterator
from struct import unpack
from typing import Any, Final

from ....scenario.model import ZERO_SIZED
from ....scenario.nodes import Capability
from ....scenario.schema import (
    DYNAMIC,
    EVERYTHING,
    POINTERS,
    SCALAR_BITS,
    Field,
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
)

_STRUCT: Final = "StructBuilder<'static>"
_LIST: Final = "ListBuilder<'static>"
_POINTER_ELEMENTS: Final = ("Text", "Data", "List", "AnyPointer", "Capability")
_SIZES: Final = {0: "Void", 1: "Bit", 8: "Byte", 16: "TwoBytes", 32: "FourBytes", 64: "EightBytes"}
_HEAD: Final = """\
// It needs the crate capnp: `cargo add capnp@VERSION`.
#![allow(dead_code, unused_imports, unused_must_use, unused_mut, unused_variables, static_mut_refs)]

use capnp::message::{Allocator, Builder, HeapAllocator, Reader, ReaderOptions, SegmentArray};
use capnp::private::layout::{
    ElementSize, ListBuilder, PointerBuilder, PointerReader, PrimitiveElement, StructBuilder,
    StructSize,
};
use capnp::traits::{FromPointerBuilder, FromPointerReader};
use capnp::Word;
use std::panic::{self, AssertUnwindSafe};

/// The pointer of the root.
struct Root<'a>(PointerBuilder<'a>);

impl<'a> FromPointerBuilder<'a> for Root<'a> {
    fn init_pointer(builder: PointerBuilder<'a>, _: u32) -> Self {
        Root(builder)
    }

    fn get_from_pointer(builder: PointerBuilder<'a>, _: Option<&'a [Word]>) -> capnp::Result<Self> {
        Ok(Root(builder))
    }
}

/// The same for a reader.
struct Read<'a>(PointerReader<'a>);

impl<'a> FromPointerReader<'a> for Read<'a> {
    fn get_from_pointer(reader: &PointerReader<'a>, _: Option<&'a [Word]>) -> capnp::Result<Self> {
        Ok(Read(*reader))
    }
}

/// The root; its lifetime is cut off, as in a program that keeps several builders at once.
fn root<A: Allocator>(message: &mut Builder<A>) -> capnp::Result<PointerBuilder<'static>> {
    let Root(pointer) = message.get_root::<Root>()?;
    Ok(unsafe { std::mem::transmute(pointer) })
}

fn size(data: u16, pointers: u16) -> StructSize {
    StructSize { data, pointers }
}

/// An index, checked as the typed lists of the library do.
fn checked(list: ListBuilder<'static>, index: u32) -> u32 {
    assert!(index < list.len());
    index
}

/// An exception of the memory that must pass unchanged.
struct Interrupt;
/// A refusal of the memory: an `Allocator` has no way to fail but to panic.
struct Refused(&'static str);

enum Outcome {
    Done,
    Failed(String),
    Panicked(String),
    Interrupted,
}

fn tried(step: impl FnOnce() -> capnp::Result<()>) -> Outcome {
    match panic::catch_unwind(AssertUnwindSafe(step)) {
        Ok(Ok(())) => Outcome::Done,
        Ok(Err(error)) => Outcome::Failed(error.to_string()),
        Err(panic) if panic.is::<Interrupt>() => Outcome::Interrupted,
        Err(panic) if panic.is::<Refused>() => {
            Outcome::Failed(panic.downcast::<Refused>().unwrap().0.to_string())
        }
        Err(panic) => Outcome::Panicked(
            panic.downcast::<String>().map_or("a panic".to_string(), |text| *text),
        ),
    }
}

fn tell(outcome: Outcome) {
    match outcome {
        Outcome::Done => println!("done"),
        Outcome::Failed(text) => println!("failed: {text}"),
        Outcome::Panicked(text) => println!("panicked: {text}"),
        Outcome::Interrupted => println!("interrupted"),
    }
}

fn broken(what: &str) -> ! {
    eprintln!("broken: {what}");
    std::process::exit(1)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
"""
_MEMORY: Final = """
extern "C" {
    fn mmap(at: *mut u8, length: usize, access: i32, flags: i32, file: i32, from: i64) -> *mut u8;
    fn memfd_create(name: *const u8, flags: u32) -> i32;
    fn ftruncate(file: i32, length: i64) -> i32;
}

static mut MEMORY: *mut u8 = std::ptr::null_mut();
static mut READABLE: *mut u8 = std::ptr::null_mut();

/// Write a pattern several times, from an offset of the memory on.
fn put(at: usize, pattern: &[u8], times: usize) {
    for (index, byte) in pattern.repeat(times).iter().enumerate() {
        unsafe { MEMORY.add(at + index).write_volatile(*byte) };
    }
}

/// Tell whether it is still there.
fn holds(at: usize, pattern: &[u8], times: usize) -> bool {
    let found = |index| unsafe { MEMORY.add(at + index).read_volatile() };
    pattern.repeat(times).iter().enumerate().all(|(index, byte)| found(index) == *byte)
}

struct Memory {
    calls: u32,
    free: usize,
}

unsafe impl Allocator for Memory {
    fn allocate_segment(&mut self, minimum_size: u32) -> (*mut u8, u32) {
        self.calls += 1;
        match self.calls {"""
_MEMORY_END: Final = """\
        }
    }

    fn deallocate_segment(&mut self, _: *mut u8, _: u32, _: u32) {}
}"""


class RustWriter(ReportWriter):
    """Writes a program that needs capnproto-rust."""

    comment = "//"

    def __init__(self, outline: Outline) -> None:
        """Write ``outline``."""
        super().__init__(outline)
        #: The type of each handle, by its number.
        self._types: dict[str, str] = {}

    # -- the beginning ----------------------------------------------------------------------------

    def beginning(self) -> Iterator[str]:
        """Yield imports, memory and message."""
        outline = self.outline
        yield from _HEAD.replace("VERSION", outline.version).splitlines()
        if not outline.ordinary:
            yield from _MEMORY.splitlines()
            if outline.check is Check.ENDLESS:
                yield f'            {len(outline.allocations) + 1} => broken("{ENDLESS_SENTENCE}"),'
            for number, allocation in outline.answers:
                yield f"            // {described(allocation)}"
                yield f"            {number} => {{"
                for patch in allocation.patches:
                    yield f"                {_patch(patch)}"
                yield f"                {_answer(allocation)}"
                yield "            }"
            if outline.rule is None:
                yield '            _ => panic::panic_any(Refused("no more memory")),'
            else:
                yield "            // Further segments lie one behind the other."
                yield "            _ => {"
                yield f"                let size = (8 * minimum_size).max({outline.rule.least});"
                yield "                let at = unsafe { MEMORY.add(self.free) };"
                yield f"                self.free += size as usize + {GAP};"
                yield "                (at, size / 8)"
                yield "            }"
            yield from _MEMORY_END.splitlines()
        yield ""
        yield "fn main() -> capnp::Result<()> {"
        if outline.ordinary:
            yield "    let mut message = Builder::new(HeapAllocator::new());"
        else:
            yield "    unsafe {"
            at, length = "std::ptr::null_mut()", outline.memory_bytes
            if outline.readonly:
                yield '        let file = memfd_create(b"memory\\0".as_ptr(), 0);'
                yield f"        ftruncate(file, {length});"
                yield f"        MEMORY = mmap({at}, {length}, 3, 1, file, 0);"
                yield f"        READABLE = mmap({at}, {length}, 1, 1, file, 0);"
            else:
                yield "        // Anonymous pages for reading and writing."
                yield f"        MEMORY = mmap({at}, {length}, 3, 0x21, -1, 0);"
            yield "    }"
            free = 0 if outline.rule is None else outline.rule.at
            yield f"    let mut message = Builder::new(Memory {{ calls: 0, free: {free} }});"
        for handle, kind in self._types.items():
            yield f"    let mut h{handle}: Option<{kind}> = None;"

    # -- the steps --------------------------------------------------------------------------------

    def step(self, step: ProgramStep) -> Iterator[str]:
        """Yield the lines of a step that is not the last one."""
        for patch in step.patches:
            yield f"    {_patch(patch)}"
        lines = self._statements(step)
        if step.attempt.succeeded:
            yield from _indented(lines)
        else:
            yield from _tried(lines, "tell(tried(|| {", "}));")

    def last_step(self, step: ProgramStep) -> Iterator[str]:
        """Yield the lines of the last step, with its check."""
        for patch in step.patches:
            yield f"    {_patch(patch)}"
        if self.outline.check is Check.RETURNS:
            yield from self._returns(step)
            return
        lines = self._statements(step)
        wrong: tuple[str, ...] = ()
        match self.outline.check:
            case Check.FOREIGN:
                wrong = ("Outcome::Panicked(text) => broken(&text),",)
            case Check.RAISES:
                wrong = (
                    "Outcome::Failed(text) | Outcome::Panicked(text) => broken(&text),",
                    'Outcome::Interrupted => broken("interrupted"),',
                )
            case Check.ACCEPTS:
                wrong = ('Outcome::Done => broken("it was accepted"),',)
            case Check.SWALLOWS:
                wrong = (
                    'Outcome::Done => broken("nobody saw the interrupt"),',
                    "Outcome::Failed(text) | Outcome::Panicked(text) => broken(&text),",
                )
            case Check.DIES | Check.HANGS | Check.ENDLESS:
                yield from _indented(lines)
                return
            case _ if step.attempt.succeeded:
                yield from _indented(lines)
                return
            case _:
                yield from _tried(lines, "tell(tried(|| {", "}));")
                return
        yield from _tried(lines, "match tried(|| {", "}) {")
        for line in wrong:
            yield f"        {line}"
        yield "        outcome => tell(outcome),"
        yield "    }"

    def ending(self) -> Iterator[str]:
        """Yield the check of the message or its memory, and the end of the program."""
        outline = self.outline
        match outline.check:
            case Check.WRITTEN:
                yield "    // These bytes are not the message's any more, or never were."
                for patch in outline.damage:
                    yield f"    if !holds({patch.at}, {_pattern(patch.data)}) {{"
                    where = f"bytes {patch.at} to {patch.end - 1} were written"
                    yield f'        broken("{where}");'
                    yield "    }"
            case Check.OVERLAPS:
                yield f"    let granted = {few(outline.granted)};"
                yield "    let found = message.get_segments_for_output();"
                yield "    for (number, part) in found.iter().take(granted.len()).enumerate() {"
                yield "        let first = granted[number].0;"
                yield "        let end = first + part.len();"
                yield "        for other in &granted[..number] {"
                yield "            if first < other.1 && other.0 < end {"
                yield '                broken("two segments use the same words");'
                yield "            }"
                yield "        }"
                yield "    }"
            case Check.BYTES:
                parts = recorded(outline)
                yield "    let recorded = ["
                for part in parts:
                    yield "        concat!("
                    for line in hex_lines(part):
                        yield f'            "{line}",'
                    yield "        ),"
                yield "    ];"
                yield "    let segments = message.get_segments_for_output();"
                yield "    if segments.iter().map(|part| hex(part)).eq(recorded) {"
                yield f'        broken("{BYTES_SENTENCE}");'
                yield "    }"
            case Check.ZERO:
                proof = outline.proof
                first = proof.word * 8
                yield "    let segments = message.get_segments_for_output();"
                yield f"    let word = &segments[{proof.segment}][{first}..{first + 8}];"
                yield "    let word = u64::from_le_bytes(word.try_into().unwrap());"
                yield f"    if word & {proof.expected:#x} != 0 {{"
                yield '        broken(&format!("stray bits in {word:#x}"));'
                yield "    }"
            case Check.READS:
                yield from self._reads()
        yield "    Ok(())"
        yield "}"

    # -- values -----------------------------------------------------------------------------------

    def _returns(self, step: ProgramStep) -> Iterator[str]:
        line, expected = step.request.line, self.outline.proof.expected
        yield f"    // {_comment(step.source)}"
        if line.word in ("open", "reopen"):
            root = "root(&mut message)?"
            pointer = root if line.word == "reopen" else self._pointer(line)
            found, wanted = f"{pointer}.is_null().to_string()", str(not expected).lower()
        elif line.word == "canonical":
            yield from _indented(self._canonical(line, step)[:-1])
            found, wanted = "hex(form.get_segments_for_output()[0])", expected.hex()
        elif line.word == "get":
            found, wanted = self._got(line, expected)
        else:
            raise UnprintableError(f"{line.word} returns nothing")
        yield f"    let found = {found};"
        yield f'    if found != "{wanted}" {{'
        yield "        broken(&found);"
        yield "    }"

    def _got(self, line: Line, expected: Any) -> tuple[str, str]:
        """Return an expression for the value that is read, as text, and the right text."""
        kind = FieldKind(line.values["kind"])
        if kind is FieldKind.ANY:
            found = f'format!("{{:?}}", {self._pointer(line)}.into_reader().get_pointer_type()?)'
            raise UnprintableError(f"no text for {found}")
        if kind in (FieldKind.TEXT, FieldKind.DATA):
            return _blob(kind, f"{self._pointer(line)}.into_reader()", expected)
        bits = SCALAR_BITS[kind]
        number = _bits(kind, expected)
        holder = self._handle(line)
        if "index" in line.values:
            index = f"checked({holder}, {line.values['index']})"
            number_type = _primitive(bits)
            return (
                f"u64::from(<{number_type}>::get_from_builder(&{holder}, {index})).to_string()",
                str(number),
            )
        stored = number ^ _bits(kind, int(line.values.get("default", "0")))
        return _field_text(holder, bits, int(line.values["slot"])), str(stored)

    def _reads(self) -> Iterator[str]:
        found, wanted = self._reading()
        yield "    let segments = message.get_segments_for_output();"
        yield "    let options = ReaderOptions {"
        yield f"        traversal_limit_in_words: Some({TRAVERSAL_WORDS}),"
        yield f"        nesting_limit: {NESTING},"
        yield "    };"
        yield "    let reader = Reader::new(SegmentArray::new(&segments), options);"
        yield "    let look = || -> capnp::Result<String> {"
        yield "        let root = reader.get_root::<Read>()?.0;"
        yield f"        Ok({found})"
        yield "    };"
        yield "    match look() {"
        yield f'        Ok(found) if found == "{wanted}" => (),'
        yield "        Ok(found) => broken(&found),"
        yield "        Err(error) => broken(&error.to_string()),"
        yield "    }"

    def _reading(self) -> tuple[str, str]:
        """Return an expression of the value at the path, as text, and the right text."""
        of: Type = EVERYTHING
        pointer, owner = "root", ""
        path, expected = self.outline.proof.path, self.outline.proof.expected
        kind = FieldKind.STRUCT
        for depth, part in enumerate(path, 1):
            if isinstance(of, ListType):
                kind = of.element
                size = "InlineComposite" if kind is FieldKind.STRUCT else _element(kind)
                held = f"{pointer}.get_list(ElementSize::{size}, None)?"
                pointer, owner = "", ""
                if kind is FieldKind.STRUCT:
                    owner = f"{held}.get_struct_element({part})"
                elif kind in POINTERS:
                    pointer = f"{held}.get_pointer_element({part})"
                else:
                    bits = SCALAR_BITS[kind]
                    found = f"<{_primitive(bits)}>::get(&{held}, {part})"
                    return f"u64::from({found}).to_string()", str(_bits(kind, expected))
            else:
                assert isinstance(of, StructType)
                owner = owner or f"{pointer}.get_struct(None)?"
                field = of.by_name[str(part)]
                kind = field.kind
                chosen = ""
                if field.union is not None:
                    slot = of.by_name[field.union].offset
                    chosen = f"{owner}.get_data_field::<u16>({slot}) != {field.member}"
                if kind not in POINTERS:
                    found, wanted = _read_field(owner, field, expected)
                    if chosen:
                        # A member that is not selected reads as its default, which is 0.
                        found = f'if {chosen} {{ "0".to_string() }} else {{ {found} }}'
                    return found, wanted
                pointer, owner = f"{owner}.get_pointer_field({field.offset})", ""
                if chosen and depth == len(path):
                    found, wanted = _at_pointer(pointer, kind, expected)
                    blank = "null" if kind in (FieldKind.TEXT, FieldKind.DATA) else "true"
                    blank = blank if expected is not None else "true"
                    return f'if {chosen} {{ "{blank}".to_string() }} else {{ {found} }}', wanted
            if kind in DYNAMIC or kind is FieldKind.CAPABILITY:
                if depth == len(path):
                    return f"{pointer}.is_null().to_string()", str(expected is None).lower()
                raise UnprintableError("the object has no type")
            if depth < len(path):
                of = (of.by_name[str(part)] if isinstance(of, StructType) else of).type
        if not pointer or isinstance(expected, Capability):
            raise UnprintableError("an element is a struct")
        return _at_pointer(pointer, kind, expected)

    # -- operations -------------------------------------------------------------------------------

    def _statements(self, step: ProgramStep) -> list[str]:
        line = step.request.line
        lines = _OPERATIONS[line.word](self, line, step)
        return [f"// {_comment(step.source)}", *lines]

    def _make(self, line: Line, kind: str, expression: str) -> list[str]:
        number = line.values["makes"]
        self._types[number] = kind
        return [f"h{number} = Some({expression});"]

    def _handle(self, line: Line, key: str = "on") -> str:
        return f"h{line.values[key]}.unwrap()"

    def _pointer(self, line: Line) -> str:
        holder = self._handle(line)
        if "index" in line.values:
            index = f"checked({holder}, {line.values['index']})"
            return f"{holder}.get_pointer_element({index})"
        return f"{holder}.get_pointer_field({line.values['slot']})"

    def _is_null(self, step: ProgramStep) -> bool:
        answer = step.request.answer
        return answer is not None and answer.values.get("object") == "0"

    def _object(self, line: Line, at: str, make: bool) -> list[str]:
        """Make or open the object at a pointer, as the line describes it."""
        element, count = line.values.get("element"), line.values.get("count")
        if element in (None, "Struct"):
            size = f"size({line.values['data']}, {line.values['pointers']})"
            if element is None:
                opened = f"init_struct({size})" if make else f"get_struct({size}, None)?"
                return self._make(line, _STRUCT, f"{at}.{opened}")
            opened = (
                f"init_struct_list({count}, {size})" if make else f"get_struct_list({size}, None)?"
            )
            return self._make(line, _LIST, f"{at}.{opened}")
        size = f"ElementSize::{_element(FieldKind(element))}"
        opened = f"init_list({size}, {count})" if make else f"get_list({size}, None)?"
        return self._make(line, _LIST, f"{at}.{opened}")

    def _root(self, line: Line, step: ProgramStep) -> list[str]:
        return self._object(line, "root(&mut message)?", True)

    def _reopen(self, line: Line, step: ProgramStep) -> list[str]:
        if self._is_null(step):
            return ["root(&mut message)?.is_null();"]
        return self._object(line, "root(&mut message)?", False)

    def _set(self, line: Line, step: ProgramStep) -> list[str]:
        kind = FieldKind(line.values.get("as", line.values["kind"]))
        if kind is FieldKind.TEXT:
            octets = line.octets("value")
            text = f"std::str::from_utf8({_bytes(octets)}).unwrap()"
            if octets.isascii() and b"\\" not in _bytes(octets).encode():
                text = _bytes(octets)[1:]
            return [f"{self._pointer(line)}.set_text({text});"]
        if kind is FieldKind.DATA:
            return [f"{self._pointer(line)}.set_data({_bytes(line.octets('value'))});"]
        bits, number = SCALAR_BITS[kind], _bits(kind, int(line.values["value"]))
        holder = self._handle(line)
        if "index" in line.values:
            index = f"checked({holder}, {line.values['index']})"
            return [_set_element(holder, index, bits, number)]
        number ^= _bits(kind, int(line.values.get("default", "0")))
        return [_put(holder, line.values["slot"], bits, number)]

    def _get(self, line: Line, step: ProgramStep) -> list[str]:
        kind = line.values["kind"]
        if kind == "AnyPointer":
            return [f"{self._pointer(line)}.into_reader().get_pointer_type()?;"]
        return [f"{self._got(line, None if kind in ('Text', 'Data') else 0)[0]};"]

    def _init(self, line: Line, step: ProgramStep) -> list[str]:
        return self._object(line, self._pointer(line), True)

    def _open(self, line: Line, step: ProgramStep) -> list[str]:
        if line.values["kind"] == "Struct" and "index" in line.values:
            holder = self._handle(line)
            index = f"checked({holder}, {line.values['index']})"
            return self._make(line, _STRUCT, f"{holder}.get_struct_element({index})")
        if self._is_null(step):
            return [f"{self._pointer(line)}.is_null();"]
        return self._object(line, self._pointer(line), False)

    def _clear(self, line: Line, step: ProgramStep) -> list[str]:
        return [f"{self._pointer(line)}.clear();"]

    def _select(self, line: Line, step: ProgramStep) -> list[str]:
        holder = self._handle(line)
        clears = filter(None, line.values["clears"].split(","))
        made = [f"{holder}.get_pointer_field({slot}).clear();" for slot in clears]
        for slot in filter(None, line.values["slots"].split(",")):
            kind, _, at = slot.partition(":")
            made.append(_put(holder, at, SCALAR_BITS[FieldKind(kind)], 0))
        made.append(_put(holder, line.values["slot"], 16, int(line.values["number"])))
        return made

    def _fill(self, line: Line, step: ProgramStep) -> list[str]:
        kind = FieldKind(line.values["element"])
        bits, octets = SCALAR_BITS[kind], line.octets("value")
        count = len(octets) * 8 // bits
        numbers = list(unpack(f"<{count}{_FORMATS[bits]}", octets))
        made = f"{self._pointer(line)}.init_list(ElementSize::{_element(kind)}, {count})"
        setting = _set_element(f"h{line.values['makes']}.unwrap()", "index as u32", bits, None)
        return [
            *self._make(line, _LIST, made),
            f"for (index, number) in {numbers}.into_iter().enumerate() {{",
            f"    {setting}",
            "}",
        ]

    def _copy(self, line: Line, step: ProgramStep) -> list[str]:
        source = f"{self._handle(line, 'from')}.into_reader()"
        if line.values["kind"] == "Struct" and "index" in line.values:
            holder = self._handle(line)
            index = f"checked({holder}, {line.values['index']})"
            return [f"{holder}.get_struct_element({index}).copy_content_from(&{source})?;"]
        verb = "set_struct" if self._types[line.values["from"]] == _STRUCT else "set_list"
        return [f"{self._pointer(line)}.{verb}(&{source}, false)?;"]

    def _copyroot(self, line: Line, step: ProgramStep) -> list[str]:
        return [f"root(&mut message)?.set_struct(&{self._handle(line)}.into_reader(), false)?;"]

    def _output(self, line: Line, step: ProgramStep) -> list[str]:
        return [
            "root(&mut message)?;",
            "capnp::serialize::write_message(&mut Vec::new(), &message)?;",
        ]

    def _canonical(self, line: Line, step: ProgramStep) -> list[str]:
        return [
            "root(&mut message)?.is_null();",
            "let object = root(&mut message)?.into_reader().get_struct(None)?;",
            "let words = object.total_size()?.word_count as u32 + 1;",
            "let mut form = Builder::new(HeapAllocator::new().first_segment_words(words));",
            "root(&mut form)?.set_struct(&object, true)?;",
            "form.get_segments_for_output();",
        ]

    def _close(self, line: Line, step: ProgramStep) -> list[str]:
        if self.outline.check in (Check.BYTES, Check.READS, Check.OVERLAPS, Check.ZERO):
            return []
        return ["drop(message);"]


_OPERATIONS: Final = {
    "root": RustWriter._root,
    "reopen": RustWriter._reopen,
    "set": RustWriter._set,
    "get": RustWriter._get,
    "init": RustWriter._init,
    "open": RustWriter._open,
    "clear": RustWriter._clear,
    "select": RustWriter._select,
    "fill": RustWriter._fill,
    "copy": RustWriter._copy,
    "copyroot": RustWriter._copyroot,
    "output": RustWriter._output,
    "canonical": RustWriter._canonical,
    "close": RustWriter._close,
}
_FORMATS: Final = {8: "B", 16: "H", 32: "I", 64: "Q"}


def _bits(kind: FieldKind, value: Any) -> int:
    """Return a scalar as the bits of its two's complement."""
    return int(value) & (1 << SCALAR_BITS[kind]) - 1


def _primitive(bits: int) -> str:
    return "bool" if bits == 1 else f"u{bits}"


def _element(kind: FieldKind) -> str:
    return "Pointer" if kind.value in _POINTER_ELEMENTS else _SIZES[SCALAR_BITS[kind]]


def _value(bits: int, number: int) -> str:
    return str(bool(number)).lower() if bits == 1 else str(number)


def _put(holder: str, slot: str, bits: int, number: int) -> str:
    if bits == 0:
        return f"{holder};"
    if bits == 1:
        return f"{holder}.set_bool_field({slot}, {_value(bits, number)});"
    return f"{holder}.set_data_field::<u{bits}>({slot}, {number});"


def _set_element(holder: str, index: str, bits: int, number: int | None) -> str:
    if bits == 0:
        return f"{index};"
    value = "number" if number is None else _value(bits, number)
    return f"<{_primitive(bits)}>::set(&{holder}, {index}, {value});"


def _field_text(holder: str, bits: int, slot: int) -> str:
    if bits == 0:
        return '"0".to_string()'
    if bits == 1:
        return f"u64::from({holder}.get_bool_field({slot})).to_string()"
    return f"{holder}.get_data_field::<u{bits}>({slot}).to_string()"


def _read_field(owner: str, field: Field, expected: Any) -> tuple[str, str]:
    stored = _bits(field.kind, expected or 0) ^ _bits(field.kind, field.default or 0)
    return _field_text(owner, SCALAR_BITS[field.kind], field.offset), str(stored)


def _at_pointer(pointer: str, kind: FieldKind, expected: Any) -> tuple[str, str]:
    """Return an expression of the value of a pointer, as text, and the right text."""
    if expected is None or isinstance(expected, dict):
        return f"{pointer}.is_null().to_string()", str(expected is None).lower()
    if isinstance(expected, str | bytes):
        return _blob(kind, pointer, expected)
    count = expected[1] if expected[:1] == (ZERO_SIZED,) else len(expected)
    return f"{pointer}.get_list(ElementSize::Void, None)?.len().to_string()", str(count)


def _blob(kind: FieldKind, pointer: str, expected: Any) -> tuple[str, str]:
    """Return an expression of a Text or Data, as hexadecimal text, and the right text."""
    octets = expected.encode() if isinstance(expected, str) else expected
    wanted = "null" if octets is None else f"x{octets.hex()}"
    value = "get_text(None)?.as_bytes()" if kind is FieldKind.TEXT else "get_data(None)?"
    found = f'format!("x{{}}", hex({pointer}.{value}))'
    return f'if {pointer}.is_null() {{ "null".to_string() }} else {{ {found} }}', wanted


def _bytes(octets: bytes) -> str:
    """Return a string literal of bytes."""
    shown = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}"
        for byte in octets
    )
    return f'b"{shown}"'


def _comment(text: str) -> str:
    return text


def _answer(allocation: Allocation) -> str:
    if allocation.refused == "interrupt":
        return "panic::panic_any(Interrupt)"
    if allocation.refused:
        text = _bytes(allocation.text.encode("ascii", "replace"))[1:]
        return f"panic::panic_any(Refused({text}))"
    if not allocation.at:
        return "(std::ptr::null_mut(), 0)"
    mapping = "READABLE" if allocation.readonly else "MEMORY"
    return f"(unsafe {{ {mapping}.add({allocation.at}) }}, {allocation.length // 8})"


def _pattern(data: bytes) -> str:
    pattern, times = pattern_of(data)
    return f"{_bytes(pattern)}, {times}"


def _patch(patch: Patch) -> str:
    return f"put({patch.at}, {_pattern(patch.data)});"


def _indented(lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield f"    {line}"


def _tried(lines: list[str], before: str, behind: str) -> Iterator[str]:
    yield f"    {before}"
    for line in lines:
        yield f"        {line}"
    yield "        Ok(())"
    yield f"    {behind}"
