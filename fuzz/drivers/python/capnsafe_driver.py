"""A driver of capnsafe itself. Its results must be those of capnsafe without a driver."""

from __future__ import annotations

import struct
from importlib.metadata import version
from typing import Any, ClassVar

from driver_protocol import Driver, Values, value_line

import capnsafe

ACCESSORS = {
    "Void": "void", "Bool": "bool", "Int8": "int8", "Int16": "int16", "Int32": "int32",
    "Int64": "int64", "UInt8": "uint8", "UInt16": "uint16", "UInt32": "uint32",
    "UInt64": "uint64", "Float32": "float32", "Float64": "float64", "Enum": "uint16",
    "Union": "uint16", "Text": "text", "Data": "data", "Capability": "capability",
}  # fmt: skip
POINTERS = ("Text", "Data", "List", "Capability", "AnyPointer")
"""The kinds of list elements that are pointers. (Structs are stored in the list itself.)"""
FLOATS = {"Float32": ("<I", "<f"), "Float64": ("<Q", "<d")}
FAILURES = (
    (capnsafe.StaleHandle, "stale"),
    (capnsafe.ArgumentIndexError, "index"),
    (capnsafe.ArgumentError, "argument"),
    (capnsafe.SegmentLost, "lost"),
    (capnsafe.AllocatorError, "refused"),
    (capnsafe.MessageTooLarge, "limit"),
    (capnsafe.Reentered, "busy"),
    (capnsafe.Poisoned, "busy"),
    (capnsafe.Error, "error"),
)


def written(kind: str, text: str) -> Any:
    """Convert a value of a line to an argument of capnsafe."""
    if kind == "Text":
        return bytes.fromhex(text).decode()
    if kind == "Data":
        return bytes.fromhex(text)
    if kind == "Bool":
        return text == "1"
    if kind in FLOATS:
        whole, real = FLOATS[kind]
        return struct.unpack(real, struct.pack(whole, int(text)))[0]
    return int(text)


def read(kind: str, value: Any) -> Any:
    """Convert a value that capnsafe returned to a value of a line."""
    if value is not None and kind in FLOATS:
        whole, real = FLOATS[kind]
        bits = struct.unpack(whole, struct.pack(real, value))[0]
        quiet, infinite = (1 << 22, 0xFF << 23) if kind == "Float32" else (1 << 51, 0x7FF << 52)
        is_nan = bits & infinite == infinite and bits & (quiet - 1)
        return bits | quiet if is_nan else bits
    return value


class CapnsafeDriver(Driver):
    """Messages of capnsafe."""

    hello: ClassVar[Values] = {
        "library": "capnsafe",
        "version": version("capnsafe"),
        "language": "Python",
        "detects": "stale,index,kind",
        "able": "memory,reenter,grow,words,limit",
    }

    def on_begin(self, values: Values) -> None:
        """Begin a message."""
        memory = self.new_memory(values["grows"] == "1")
        self._handles: dict[int, Any] = {}
        self._elements: dict[int, str] = {}
        self._message = capnsafe.MessageBuilder(
            memory, max_segment_words=int(values["limit"]), verify=values["verify"] == "1"
        )

    def on_close(self, values: Values) -> None:
        """Close it."""
        self._message.close()

    def words(self) -> str:
        """Return the words handed out in each segment."""
        return " words=" + ",".join(map(str, self._message.segment_words()))

    def classify(self, error: BaseException) -> str:
        """Return the meaning of capnsafe's exceptions."""
        return next((name for kind, name in FAILURES if isinstance(error, kind)), "foreign")

    def is_builtin(self, error: BaseException) -> bool:
        """Return whether the error is also a TypeError, a ValueError or an IndexError."""
        return isinstance(error, TypeError | ValueError | IndexError)

    def owns(self, filename: str) -> bool:
        """Return whether the file is in the package."""
        return filename.startswith(capnsafe.__path__[0])

    # -- places -----------------------------------------------------------------------------------

    def _on(self, values: Values) -> Any:
        return self._handles[int(values["on"])]

    def _at(self, values: Values) -> int:
        return int(values["slot"] if "slot" in values else values["index"])

    def _in_list(self, values: Values) -> bool:
        """Return whether the place is an element of a list, and no pointer."""
        return "index" in values and values["kind"] not in POINTERS

    def _made(self, values: Values, handle: Any) -> str:
        self._handles[int(values["makes"])] = handle
        return f" object={int(handle is not None)}"

    def _object(self, method: str, receiver: Any, at: tuple[int, ...], values: Values) -> str:
        """Make or open the struct or list that the line describes."""
        element = values.get("element")
        count = (int(values["count"]),) if method == "init" and element else ()
        # The lines without a kind of place open orphans.
        sized = method == "init" or values.get("kind") in (None, "AnyPointer", "Evolving")
        sizes = (int(values["data"]), int(values["pointers"])) if sized and "data" in values else ()
        if element is None:
            return self._made(values, getattr(receiver, f"{method}_struct")(*at, *sizes))
        if element == "Struct":
            made = getattr(receiver, f"{method}_struct_list")(*at, *count, *sizes)
        elif element in POINTERS:
            made = getattr(receiver, f"{method}_pointer_list")(*at, *count)
        else:
            kind = getattr(capnsafe.Element, ACCESSORS[element].upper())
            made = getattr(receiver, f"{method}_list")(*at, kind, *count)
        return self._made(values, made)

    # -- operations -------------------------------------------------------------------------------

    def do_root(self, values: Values) -> str:
        return self._made(
            values, self._message.init_root(int(values["data"]), int(values["pointers"]))
        )

    def do_reopen(self, values: Values) -> str:
        return self._made(values, self._message.get_root())

    def do_output(self, values: Values) -> str:
        return value_line(self._message.to_bytes())

    def do_canonical(self, values: Values) -> str:
        return value_line(self._message.canonical())

    def do_set(self, values: Values) -> None:
        kind = values.get("as", values["kind"])
        value = written(kind, values["value"])
        if self._in_list(values):
            self._on(values)[self._at(values)] = value
            return
        extra = {"default": written(kind, values["default"])} if "default" in values else {}
        getattr(self._on(values), f"set_{ACCESSORS[kind]}")(self._at(values), value, **extra)

    def do_get(self, values: Values) -> str:
        kind, on, at = values["kind"], self._on(values), self._at(values)
        if kind == "AnyPointer":
            return f" value={on.kind(at).value}"
        if self._in_list(values):
            return value_line(read(kind, on[at]))
        extra = {"default": written(kind, values["default"])} if "default" in values else {}
        return value_line(read(kind, getattr(on, f"get_{ACCESSORS[kind]}")(at, **extra)))

    def do_init(self, values: Values) -> str:
        return self._object("init", self._on(values), (self._at(values),), values)

    def do_open(self, values: Values) -> str:
        if self._in_list(values):
            return self._made(values, self._on(values)[self._at(values)])
        return self._object("get", self._on(values), (self._at(values),), values)

    def do_clear(self, values: Values) -> None:
        self._on(values).clear(self._at(values))

    def do_select(self, values: Values) -> None:
        slots = [slot.split(":") for slot in values["slots"].split(",")]
        self._on(values).select(
            self._at(values),
            int(values["number"]),
            fields=[(getattr(capnsafe.Element, ACCESSORS[k].upper()), int(n)) for k, n in slots],
            pointers=[int(pointer) for pointer in values["clears"].split(",")],
        )

    def do_fill(self, values: Values) -> str:
        element = getattr(capnsafe.Element, ACCESSORS[values["element"]].upper())
        octets = bytes.fromhex(values["value"])
        return self._made(values, self._on(values).set_list(self._at(values), element, octets))

    def do_copy(self, values: Values) -> None:
        source = self._handles[int(values["from"])]
        if self._in_list(values):
            self._on(values)[self._at(values)] = source
        else:
            self._on(values).set(self._at(values), source)

    def do_copyroot(self, values: Values) -> None:
        self._message.set_root(self._on(values))

    def do_new(self, values: Values) -> str:
        return self._made(values, self._message.new_orphan(self._on(values)))

    def do_disown(self, values: Values) -> str:
        return self._made(values, self._on(values).disown(self._at(values)))

    def do_adopt(self, values: Values) -> None:
        self._on(values).adopt(self._at(values), self._handles[int(values["from"])])

    def do_unwrap(self, values: Values) -> str:
        return self._object("get", self._on(values), (), values)

    def do_drop(self, values: Values) -> None:
        self._on(values).drop()


if __name__ == "__main__":
    CapnsafeDriver().serve()
