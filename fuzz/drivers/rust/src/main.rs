//! A driver of capnproto-rust, by the layer that its generated code uses.
//!
//! The protocol is described in docs/drivers.md. Every object is a `Handle`: a struct or a list. A
//! handle does not borrow the message, because the driver keeps many handles at once.

use capnp::message::{Allocator, Builder, HeapAllocator};
use capnp::private::layout::{
    ElementSize, ListBuilder, PointerBuilder, PointerType, PrimitiveElement, StructBuilder,
    StructReader, StructSize,
};
use capnp::traits::FromPointerBuilder;
use capnp::Word;
use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::panic::{self, AssertUnwindSafe};

// ---------------------------------------------------------------------------------------- lines

struct Line {
    word: String,
    values: BTreeMap<String, String>,
}

impl Line {
    fn parse(text: &str) -> Line {
        let mut parts = text.split(' ');
        let word = parts.next().unwrap_or("").to_string();
        let pairs = parts.filter_map(|pair| pair.split_once('='));
        Line { word, values: pairs.map(|(k, v)| (k.to_string(), v.to_string())).collect() }
    }

    fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    fn text(&self, key: &str) -> &str {
        &self.values[key]
    }

    fn number(&self, key: &str) -> u64 {
        self.values[key].parse().unwrap()
    }

    /// A number as the bits of its two's complement.
    fn bits(&self, key: &str) -> u64 {
        self.values.get(key).map_or(0, |text| text.parse::<i128>().unwrap() as u64)
    }

    fn octets(&self, key: &str) -> Vec<u8> {
        let text = self.values[key].as_bytes();
        let digit = |c: u8| if c <= b'9' { c - b'0' } else { c - b'a' + 10 };
        text.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
    }
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn send(line: &str) {
    let mut out = io::stdout().lock();
    if out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

fn receive() -> Line {
    let mut text = String::new();
    match io::stdin().lock().read_line(&mut text) {
        Ok(size) if size > 0 => Line::parse(text.trim_end()),
        _ => std::process::exit(0),
    }
}

// --------------------------------------------------------------------------------------- memory

/// The memory refused a call. An `Allocator` can only report that by a panic.
struct Refused {
    number: String,
    is_interrupt: bool,
    text: String,
}

/// The driver does not have an operation.
struct Unsupported(&'static str);

fn call(line: &str) -> Line {
    send(line);
    let answer = receive();
    if answer.word == "refused" {
        panic::panic_any(Refused {
            number: answer.text("number").to_string(),
            is_interrupt: answer.text("kind") == "interrupt",
            text: answer.text("text").to_string(),
        });
    }
    answer
}

extern "C" {
    fn mmap(at: *mut u8, length: usize, access: i32, flags: i32, file: i32, from: i64) -> *mut u8;
}

struct Memory {
    writable: *mut u8,
    readable: *mut u8,
    /// The numbers of the segments that are not released, in the order of the grants.
    segments: Vec<String>,
    /// The number of an interrupt during a release.
    interrupt: Option<String>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = const {
        RefCell::new(Memory {
            writable: std::ptr::null_mut(),
            readable: std::ptr::null_mut(),
            segments: Vec::new(),
            interrupt: None,
        })
    };
}

fn map_memory(start: &Line) {
    use std::os::fd::AsRawFd;
    let (memory, room) = (start.number("bytes") as usize, start.bits("counters") as usize);
    let length = memory + room;
    let options = std::fs::OpenOptions::new().read(true).write(true).open(start.text("memory"));
    let file = options.expect("the memory cannot be opened");
    let map = |access| unsafe { mmap(std::ptr::null_mut(), length, access, 1, file.as_raw_fd(), 0) };
    let (writable, readable) = (map(3), map(1));
    assert!(writable as isize != -1 && readable as isize != -1, "the memory cannot be mapped");
    MEMORY.with_borrow_mut(|memory| (memory.writable, memory.readable) = (writable, readable));
    coverage::use_room(unsafe { writable.add(memory) }, room);
}

/// Memory of the harness.
struct Shared;

unsafe impl Allocator for Shared {
    fn allocate_segment(&mut self, minimum_size: u32) -> (*mut u8, u32) {
        let number = call(&format!("allocate words={minimum_size}")).text("segment").to_string();
        let asked = format!("segment segment={number}");
        let place = match panic::catch_unwind(|| call(&asked)) {
            Ok(place) => place,
            Err(refused) => {
                // The library never gets this segment.
                send(&format!("release segment={number} words=0"));
                receive();
                panic::resume_unwind(refused);
            }
        };
        MEMORY.with_borrow_mut(|memory| {
            memory.segments.push(number);
            if place.word == "nothing" {
                return (std::ptr::null_mut(), 0);
            }
            let base = if place.text("readonly") == "1" { memory.readable } else { memory.writable };
            let at = unsafe { base.add(place.number("at") as usize) };
            (at, (place.number("bytes") / 8) as u32)
        })
    }

    fn deallocate_segment(&mut self, _: *mut u8, _: u32, words_used: u32) {
        // They are released in the order of the grants.
        let number = MEMORY.with_borrow_mut(|memory| {
            (!memory.segments.is_empty()).then(|| memory.segments.remove(0))
        });
        let Some(number) = number else { return };
        // An `Allocator` cannot report a refused release, so a refusal is no fault of the library's.
        send(&format!("release segment={number} words={words_used}"));
        let answer = receive();
        if answer.word == "refused" && answer.text("kind") == "interrupt" {
            let number = answer.text("number").to_string();
            MEMORY.with_borrow_mut(|memory| memory.interrupt = Some(number));
        }
    }
}

// ------------------------------------------------------------------------------------ coverage

/// The counters of the places in the code that ran, if the compiler has instrumented it. A process
/// counts from `begin` to its answer to `close`. At other times the harness reads the counters, or
/// another process uses them.
mod coverage {
    use std::ptr::{addr_of, addr_of_mut};

    /// The number of places. The compiler gives each a guard: a number, which the driver assigns.
    static mut PLACES: u32 = 0;
    static mut ROOM: *mut u8 = std::ptr::null_mut();
    static mut COUNTERS: *mut u8 = std::ptr::null_mut();

    /// Take the room for the counters, if it is large enough.
    pub fn use_room(room: *mut u8, length: usize) {
        unsafe {
            if addr_of!(PLACES).read() as usize <= length {
                addr_of_mut!(ROOM).write(room);
            }
        }
    }

    /// The number of counters; 0 if the driver counts nothing.
    pub fn counters() -> u32 {
        unsafe { if addr_of!(ROOM).read().is_null() { 0 } else { addr_of!(PLACES).read() } }
    }

    /// Begin to count.
    pub fn begin() {
        unsafe { addr_of_mut!(COUNTERS).write(addr_of!(ROOM).read()) }
    }

    /// Count no more.
    pub fn end() {
        unsafe { addr_of_mut!(COUNTERS).write(std::ptr::null_mut()) }
    }

    // The compiler does not instrument functions whose names begin with `__sanitizer_`. They must
    // call no other function of the driver, which may be instrumented.

    #[no_mangle]
    unsafe extern "C" fn __sanitizer_cov_trace_pc_guard_init(mut guard: *mut u32, end: *mut u32) {
        if guard == end || *guard != 0 {
            return;
        }
        while guard != end {
            PLACES = PLACES.wrapping_add(1);
            *guard = PLACES;
            guard = (guard as usize).wrapping_add(4) as *mut u32;
        }
    }

    #[no_mangle]
    unsafe extern "C" fn __sanitizer_cov_trace_pc_guard(guard: *mut u32) {
        if COUNTERS as usize != 0 && *guard != 0 {
            let counter = (COUNTERS as usize).wrapping_add(*guard as usize - 1) as *mut u8;
            if *counter != 255 {
                *counter = (*counter).wrapping_add(1);
            }
        }
    }
}

// ------------------------------------------------------------------------------------- handles

#[derive(Clone, Copy)]
enum Handle {
    Struct(StructBuilder<'static>),
    List(ListBuilder<'static>),
}

/// The pointer of the root.
struct Root(PointerBuilder<'static>);

fn cut_off(pointer: PointerBuilder<'_>) -> PointerBuilder<'static> {
    unsafe { std::mem::transmute(pointer) }
}

impl<'a> FromPointerBuilder<'a> for Root {
    fn init_pointer(builder: PointerBuilder<'a>, _: u32) -> Self {
        Root(cut_off(builder))
    }

    fn get_from_pointer(builder: PointerBuilder<'a>, _: Option<&'a [Word]>) -> capnp::Result<Self> {
        Ok(Root(cut_off(builder)))
    }
}

#[derive(Default)]
struct Driver {
    message: Option<Box<Builder<Shared>>>,
    handles: BTreeMap<u64, Handle>,
}

type Answer = capnp::Result<String>;

fn unsupported(what: &'static str) -> ! {
    panic::panic_any(Unsupported(what))
}

fn is_pointer(kind: &str) -> bool {
    matches!(kind, "Text" | "Data" | "List" | "AnyPointer" | "Capability")
}

fn bits_of_kind(kind: &str) -> u32 {
    match kind {
        "Void" => 0,
        "Bool" => 1,
        "Int8" | "UInt8" => 8,
        "Int16" | "UInt16" | "Enum" | "Union" => 16,
        "Int32" | "UInt32" | "Float32" => 32,
        _ => 64,
    }
}

fn element_size(kind: &str) -> ElementSize {
    if is_pointer(kind) {
        return ElementSize::Pointer;
    }
    match bits_of_kind(kind) {
        0 => ElementSize::Void,
        1 => ElementSize::Bit,
        8 => ElementSize::Byte,
        16 => ElementSize::TwoBytes,
        32 => ElementSize::FourBytes,
        _ => ElementSize::EightBytes,
    }
}

fn struct_size(line: &Line) -> StructSize {
    StructSize { data: line.number("data") as u16, pointers: line.number("pointers") as u16 }
}

fn tell(kind: &str, bits: u64) -> String {
    let value = match kind {
        "Int8" => i128::from(bits as i8),
        "Int16" => i128::from(bits as i16),
        "Int32" => i128::from(bits as i32),
        "Int64" => i128::from(bits as i64),
        "Float32" if f32::from_bits(bits as u32).is_nan() => i128::from(bits | 1 << 22),
        "Float64" if f64::from_bits(bits).is_nan() => i128::from(bits | 1 << 51),
        _ => i128::from(bits),
    };
    format!(" value={value}")
}

fn set_element(list: &ListBuilder<'static>, index: u32, kind: &str, bits: u64) {
    match bits_of_kind(kind) {
        0 => {}
        1 => bool::set(list, index, bits != 0),
        8 => u8::set(list, index, bits as u8),
        16 => u16::set(list, index, bits as u16),
        32 => u32::set(list, index, bits as u32),
        _ => u64::set(list, index, bits),
    }
}

/// The index of a line, checked as the typed lists of the library do.
fn index_in(list: &ListBuilder<'static>, line: &Line) -> u32 {
    let index = line.number("index") as u32;
    assert!(index < list.len());
    index
}

impl Driver {
    fn root(&mut self) -> capnp::Result<PointerBuilder<'static>> {
        Ok(self.message.as_mut().unwrap().get_root::<Root>()?.0)
    }

    fn on(&self, line: &Line) -> Handle {
        self.handles[&line.number("on")]
    }

    fn pointer(&self, line: &Line) -> PointerBuilder<'static> {
        match self.on(line) {
            Handle::Struct(holder) => holder.get_pointer_field(line.number("slot") as usize),
            Handle::List(list) => list.get_pointer_element(index_in(&list, line)),
        }
    }

    fn made(&mut self, line: &Line, handle: Handle) -> Answer {
        self.handles.insert(line.number("makes"), handle);
        Ok(" object=1".to_string())
    }

    /// Make or open the object that a line describes.
    fn object(&mut self, line: &Line, pointer: PointerBuilder<'static>, make: bool) -> Answer {
        if !make && pointer.is_null() {
            return Ok(" object=0".to_string());
        }
        let handle = match line.values.get("element").map(String::as_str) {
            None if make => Handle::Struct(pointer.init_struct(struct_size(line))),
            None => Handle::Struct(pointer.get_struct(struct_size(line), None)?),
            Some("Struct") if make => {
                Handle::List(pointer.init_struct_list(line.number("count") as u32, struct_size(line)))
            }
            Some("Struct") => Handle::List(pointer.get_struct_list(struct_size(line), None)?),
            Some(kind) if make => {
                Handle::List(pointer.init_list(element_size(kind), line.number("count") as u32))
            }
            Some(kind) => Handle::List(pointer.get_list(element_size(kind), None)?),
        };
        self.made(line, handle)
    }

    fn set(&mut self, line: &Line) -> Answer {
        let kind = line.values.get("as").map_or(line.text("kind"), String::as_str);
        match kind {
            "Capability" => unsupported("capabilities"),
            "Text" => {
                let octets = line.octets("value");
                let text = std::str::from_utf8(&octets).expect("the harness sends UTF-8");
                self.pointer(line).set_text(text);
            }
            "Data" => self.pointer(line).set_data(&line.octets("value")),
            _ => {
                let bits = line.bits("value");
                match self.on(line) {
                    Handle::List(list) => set_element(&list, index_in(&list, line), kind, bits),
                    Handle::Struct(holder) => set_field(&holder, line, kind, bits),
                }
            }
        }
        Ok(String::new())
    }

    fn get(&mut self, line: &Line) -> Answer {
        let kind = line.text("kind");
        match kind {
            "Capability" => unsupported("capabilities"),
            "AnyPointer" => {
                let name = match self.pointer(line).into_reader().get_pointer_type()? {
                    PointerType::Null => "null",
                    PointerType::Struct => "struct",
                    PointerType::List => "list",
                    PointerType::Capability => "capability",
                };
                Ok(format!(" value={name}"))
            }
            "Text" | "Data" => {
                let pointer = self.pointer(line);
                if pointer.is_null() {
                    return Ok(String::new());
                }
                let reader = pointer.into_reader();
                Ok(format!(" value={}", match kind {
                    "Text" => hex(reader.get_text(None)?.as_bytes()),
                    _ => hex(reader.get_data(None)?),
                }))
            }
            _ => Ok(tell(kind, match self.on(line) {
                Handle::List(list) => get_element(&list, index_in(&list, line), kind),
                Handle::Struct(holder) => get_field(&holder, line, kind),
            })),
        }
    }

    fn open(&mut self, line: &Line) -> Answer {
        if let (Handle::List(list), "Struct") = (self.on(line), line.text("kind")) {
            let element = list.get_struct_element(index_in(&list, line));
            return self.made(line, Handle::Struct(element));
        }
        let pointer = self.pointer(line);
        self.object(line, pointer, false)
    }

    fn select(&mut self, line: &Line) -> Answer {
        let Handle::Struct(holder) = self.on(line) else { unsupported("unions of lists") };
        // Generated code leaves the value of the old member in place.
        for slot in line.text("clears").split(',').filter(|slot| !slot.is_empty()) {
            holder.get_pointer_field(slot.parse().unwrap()).clear();
        }
        for slot in line.text("slots").split(',').filter(|slot| !slot.is_empty()) {
            let (kind, offset) = slot.split_once(':').unwrap();
            put(&holder, offset.parse().unwrap(), kind, 0);
        }
        put(&holder, line.number("slot") as usize, "Union", line.number("number"));
        Ok(String::new())
    }

    fn fill(&mut self, line: &Line) -> Answer {
        let kind = line.text("element");
        let size = bits_of_kind(kind) as usize / 8;
        let octets = line.octets("value");
        let pointer = self.pointer(line);
        let list = pointer.init_list(element_size(kind), (octets.len() / size) as u32);
        for (index, number) in octets.chunks(size).enumerate() {
            let mut bits = [0; 8];
            bits[..size].copy_from_slice(number);
            set_element(&list, index as u32, kind, u64::from_le_bytes(bits));
        }
        self.made(line, Handle::List(list))
    }

    fn copy(&mut self, line: &Line) -> Answer {
        let source = self.handles[&line.number("from")];
        if let (Handle::List(list), "Struct") = (self.on(line), line.text("kind")) {
            let Handle::Struct(object) = source else { unsupported("lists as elements") };
            let mut element = list.get_struct_element(index_in(&list, line));
            element.copy_content_from(&object.into_reader())?;
            return Ok(String::new());
        }
        match source {
            Handle::Struct(object) => self.pointer(line).set_struct(&object.into_reader(), false)?,
            Handle::List(list) => self.pointer(line).set_list(&list.into_reader(), false)?,
        }
        Ok(String::new())
    }

    fn copy_root(&mut self, line: &Line) -> Answer {
        let Handle::Struct(object) = self.on(line) else { unsupported("lists as root") };
        self.root()?.set_struct(&object.into_reader(), false)?;
        Ok(String::new())
    }

    fn output(&mut self) -> Answer {
        // The library makes the first segment when the root is requested.
        self.root()?;
        let mut stream = Vec::new();
        let message: &Builder<Shared> = self.message.as_ref().unwrap();
        capnp::serialize::write_message(&mut stream, message)?;
        Ok(format!(" value={}", hex(&stream)))
    }

    fn canonical(&mut self) -> Answer {
        // To ask the library for the root makes the first segment.
        if MEMORY.with_borrow(|memory| memory.segments.is_empty()) {
            unsupported("the canonical form of no root");
        }
        let pointer = self.root()?;
        if pointer.is_null() {
            unsupported("the canonical form of no root");
        }
        let reader: StructReader<'static> = pointer.into_reader().get_struct(None)?;
        let words = reader.total_size()?.word_count as u32 + 1;
        let mut form = Builder::new(HeapAllocator::new().first_segment_words(words));
        form.get_root::<Root>()?.0.set_struct(&reader, true)?;
        let segments = form.get_segments_for_output();
        Ok(format!(" value={}", hex(segments[0])))
    }

    fn perform(&mut self, line: &Line) -> Answer {
        match line.word.as_str() {
            "begin" => {
                coverage::begin();
                self.handles.clear();
                self.message = Some(Box::new(Builder::new(Shared)));
                Ok(String::new())
            }
            "close" => {
                self.handles.clear();
                self.message = None;
                if let Some(number) = MEMORY.with_borrow_mut(|memory| memory.interrupt.take()) {
                    panic::panic_any(Refused { number, is_interrupt: true, text: String::new() });
                }
                Ok(String::new())
            }
            "root" => {
                let root = self.root()?;
                self.object(line, root, true)
            }
            "reopen" => {
                let root = self.root()?;
                self.object(line, root, false)
            }
            "set" => self.set(line),
            "get" => self.get(line),
            "init" => {
                let pointer = self.pointer(line);
                self.object(line, pointer, true)
            }
            "open" => self.open(line),
            "clear" => {
                self.pointer(line).clear();
                Ok(String::new())
            }
            "select" => self.select(line),
            "fill" => self.fill(line),
            "copy" => self.copy(line),
            "copyroot" => self.copy_root(line),
            "output" => self.output(),
            "canonical" => self.canonical(),
            _ => unsupported("this operation"),
        }
    }

    fn words(&self) -> String {
        let granted = MEMORY.with_borrow(|memory| memory.segments.len());
        // An empty message makes its first segment when it is asked for its segments.
        let message = self.message.as_ref().filter(|_| granted > 0);
        let segments = message.map(|message| message.get_segments_for_output());
        let mut used: Vec<usize> =
            segments.map_or(Vec::new(), |found| found.iter().map(|one| one.len() / 8).collect());
        // A segment that the library did not take has no words in use.
        used.resize(granted, 0);
        let numbers: Vec<String> = used.iter().map(usize::to_string).collect();
        format!(" words={}", numbers.join(","))
    }
}

fn put(holder: &StructBuilder<'static>, slot: usize, kind: &str, bits: u64) {
    match bits_of_kind(kind) {
        0 => {}
        1 => holder.set_bool_field(slot, bits != 0),
        8 => holder.set_data_field::<u8>(slot, bits as u8),
        16 => holder.set_data_field::<u16>(slot, bits as u16),
        32 => holder.set_data_field::<u32>(slot, bits as u32),
        _ => holder.set_data_field::<u64>(slot, bits),
    }
}

fn set_field(holder: &StructBuilder<'static>, line: &Line, kind: &str, bits: u64) {
    put(holder, line.number("slot") as usize, kind, bits ^ line.bits("default"));
}

fn get_field(holder: &StructBuilder<'static>, line: &Line, kind: &str) -> u64 {
    let slot = line.number("slot") as usize;
    let default = line.bits("default");
    match bits_of_kind(kind) {
        0 => 0,
        1 => u64::from(holder.get_bool_field(slot)) ^ default,
        8 => u64::from(holder.get_data_field::<u8>(slot) ^ default as u8),
        16 => u64::from(holder.get_data_field::<u16>(slot) ^ default as u16),
        32 => u64::from(holder.get_data_field::<u32>(slot) ^ default as u32),
        _ => holder.get_data_field::<u64>(slot) ^ default,
    }
}

fn get_element(list: &ListBuilder<'static>, index: u32, kind: &str) -> u64 {
    match bits_of_kind(kind) {
        0 => 0,
        1 => u64::from(bool::get_from_builder(list, index)),
        8 => u64::from(u8::get_from_builder(list, index)),
        16 => u64::from(u16::get_from_builder(list, index)),
        32 => u64::from(u32::get_from_builder(list, index)),
        _ => u64::get_from_builder(list, index),
    }
}

thread_local! {
    /// The message and the place of the last panic.
    static PANIC: RefCell<(String, String)> = const { RefCell::new((String::new(), String::new())) };
}

/// The answer for a panic.
fn report(panic: Box<dyn Any + Send>) -> String {
    if let Some(Unsupported(what)) = panic.downcast_ref::<Unsupported>() {
        return format!("unsupported text={}", hex(what.as_bytes()));
    }
    if let Some(refused) = panic.downcast_ref::<Refused>() {
        if refused.is_interrupt {
            return format!("passed cause={}", refused.number);
        }
        let (number, text) = (&refused.number, &refused.text);
        return format!("raised failure=refused class=panic text={text} cause={number}");
    }
    let (text, place) = PANIC.with_borrow(|(text, place)| (hex(text.as_bytes()), place.clone()));
    let failure = if place.starts_with("main.rs") { "index" } else { "foreign" };
    format!("raised failure={failure} class=panic text={text} at={place}")
}

fn main() {
    panic::set_hook(Box::new(|info| {
        let text = info.payload_as_str().unwrap_or("").to_string();
        let file = info.location().map_or("", |at| at.file());
        let name = file.rsplit('/').next().unwrap_or("").to_string();
        PANIC.with_borrow_mut(|last| *last = (text, name));
    }));
    let start = receive();
    map_memory(&start);
    let able = match coverage::counters() {
        0 => "memory,words".to_string(),
        number => format!("memory,words,coverage counters={number}"),
    };
    send(&format!(
        "hello library=capnproto-rust version=0.14.11 language=Rust operations=root,reopen,set,get,\
        init,open,clear,select,fill,copy,copyroot,output,canonical detects=index \
        promises=P1,P2,P3,P8,P9,P11 able={able}"
    ));
    let place = hex(b"capnp/src/message.rs, trait Allocator");
    for (name, text) in [
        ("zeroed", "the returned memory is initialized to all zeroes"),
        ("fixed", "the returned memory is valid until deallocate_segment() is called on it"),
        ("whole", "the returned memory is valid until deallocate_segment() is called on it"),
        ("separate", "the memory doesn't overlap with other allocated memory"),
        ("enough", "The allocated segment must be at least `minimum_size` words long"),
        ("granted", "fn allocate_segment(&mut self, minimum_size: u32) -> (*mut u8, u32)"),
    ] {
        send(&format!("demand name={name} text={} place={place}", hex(text.as_bytes())));
    }
    send("ready");
    let mut driver = Driver::default();
    loop {
        let line = receive();
        let answer = match panic::catch_unwind(AssertUnwindSafe(|| driver.perform(&line))) {
            Ok(Ok(done)) => format!("done{done}"),
            Ok(Err(error)) => {
                let text = hex(error.to_string().as_bytes());
                format!("raised failure=error class=capnp::Error text={text}")
            }
            Err(panic) => report(panic),
        };
        let words = panic::catch_unwind(AssertUnwindSafe(|| driver.words()));
        let reply = answer + &words.unwrap_or_default();
        if line.word == "close" {
            coverage::end();
        }
        send(&reply);
    }
}
