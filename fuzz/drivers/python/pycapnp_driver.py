"""A driver of pycapnp, by the hook for custom allocators of its message builder.

The driver answers ``unsupported`` if pycapnp has no call for an operation, or cannot give its
result (such as whether an empty text in a list is null).
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Any, ClassVar

import capnp
from driver_protocol import (
    Driver,
    MemoryGone,
    MemoryInterrupt,
    MemoryRefused,
    UnsupportedOperation,
    Values,
    value_line,
)

FLOATS = {"Float32": ("<I", "<f"), "Float64": ("<Q", "<d")}
QUIET = {"Float32": 1 << 22, "Float64": 1 << 51}
FORMATS = {
    "Int8": "b", "Int16": "h", "Int32": "i", "Int64": "q", "UInt8": "B", "UInt16": "H",
    "UInt32": "I", "UInt64": "Q", "Float32": "f", "Float64": "d", "Enum": "H",
}  # fmt: skip
ENUMERANTS = ("red", "green", "blue")
FIRST_WORDS = 1
"""The minimum number of words of the first segment."""


def float_of(kind: str, bits: int) -> float:
    """Return the float with these bits."""
    whole, real = FLOATS[kind]
    value: float = struct.unpack(real, struct.pack(whole, bits))[0]
    return value


def bits_of(kind: str, value: float) -> int:
    """Return the bits of a float, with a NaN made quiet."""
    whole, real = FLOATS[kind]
    bits: int = struct.unpack(whole, struct.pack(real, value))[0]
    return bits | QUIET[kind] if value != value else bits


def written(kind: str, text: str) -> Any:
    """Convert a value of a line to an argument of pycapnp."""
    if kind == "Text":
        return bytes.fromhex(text).decode()
    if kind == "Data":
        return bytes.fromhex(text)
    if kind == "Bool":
        return text == "1"
    if kind in FLOATS:
        return float_of(kind, int(text))
    return int(text)


def enumerant(number: int) -> str:
    """Return the name of an enumerant, because pycapnp's lists of enums accept no numbers."""
    if number >= len(ENUMERANTS):
        raise UnsupportedOperation("enumerants that are not in the schema")
    return ENUMERANTS[number]


def framed(segments: list[bytes]) -> bytes:
    """Return the message with these segments, framed as a stream."""
    sizes = [len(segment) // 8 for segment in segments]
    table = struct.pack(f"<{1 + len(sizes)}I", len(sizes) - 1, *sizes)
    return table + bytes(-len(table) % 8) + b"".join(segments)


class PycapnpDriver(Driver):
    """Messages of pycapnp."""

    hello: ClassVar[Values] = {
        "library": "pycapnp",
        "version": capnp.__version__,
        "language": "Python",
        "detects": "index",
        "able": "memory,words",
        "promises": "P1,P2,P3,P8,P9,P11",
    }
    demands = ()

    def prepare(self) -> None:
        """Load the schema."""
        self._schemas = capnp.load(self.schema)
        self._message: Any = None

    def on_begin(self, values: Values) -> None:
        """Begin a message; pycapnp asks for memory only when it needs some."""
        self._shared = self.new_memory(grows=False)
        #: The segments that pycapnp got: the number of each, and its words.
        self._granted: list[tuple[int, int]] = []
        self._refused: MemoryRefused | None = None
        self._handles: dict[int, Any] = {}
        self._has_root = False
        self._message = capnp._PyCustomMessageBuilder(self._allocate, FIRST_WORDS)

    def _allocate(self, minimum_words: int) -> Any:
        try:
            number = self._shared.allocate(minimum_words)
            try:
                segment = self._shared.segment(number)
            except BaseException:
                # pycapnp never gets this segment.
                self._shared.release(number, 0)
                raise
            self._granted.append((number, 0 if segment is None else len(segment) // 8))
            return segment
        except MemoryRefused as error:
            self._refused = error
            raise

    def on_close(self, values: Values) -> None:
        """Drop all objects, and release the memory in place of pycapnp, which never does.

        It never tells how many words it used either, so all that were granted count.
        """
        self._handles.clear()
        self._message = None
        granted, self._granted = self._granted, []
        interrupt = None
        for number, words in granted:
            # The driver makes this call, not pycapnp, so a refusal is no fault of pycapnp's.
            try:
                with suppress(MemoryRefused, MemoryGone):
                    self._shared.release(number, words)
            except MemoryInterrupt as error:
                interrupt = error
        if interrupt is not None:
            raise interrupt

    def _sizes(self) -> list[int]:
        """Return the words in use of each segment; a segment that was not taken has none."""
        if not self._granted or self._message is None:
            return [0] * len(self._granted)
        sizes = [len(segment) // 8 for segment in self._message.get_segments_for_output()]
        while len(self._granted) > len(sizes) > 0:
            # pycapnp did not accept the last segment that it was given. The driver makes this call,
            # not pycapnp, so a refusal is no fault of pycapnp's.
            number, _ = self._granted.pop()
            with suppress(MemoryRefused, MemoryGone):
                self._shared.release(number, 0)
        return (sizes + [0] * len(self._granted))[: len(self._granted)]

    def words(self) -> str:
        """Return the words in use of each segment."""
        return " words=" + ",".join(map(str, self._sizes())) if self._message is not None else ""

    def classify(self, error: BaseException) -> str:
        """Return the meaning of an exception."""
        refused, self._refused = self._refused, None
        if isinstance(error, IndexError) or "List index out-of-bounds" in str(error):
            return "index"
        if isinstance(error, capnp.KjException):
            if refused is not None and str(refused) in str(error):
                error.__cause__ = refused
                return "refused"
            return "error"
        return "foreign"

    def owns(self, filename: str) -> bool:
        """Return False: the library is compiled, and has no source files."""
        return False

    # -- places -----------------------------------------------------------------------------------

    def _on(self, values: Values) -> Any:
        return self._handles[int(values["on"])]

    def _place(self, values: Values) -> tuple[Any, Any]:
        """Return the struct or list, and the name or index in it."""
        if values["kind"] in ("AnyPointer", "Capability"):
            raise UnsupportedOperation(values["kind"])
        kind, made = values["kind"], values.get("type", "Newer")
        if kind == "Evolving" and made not in ("Newer", "List(Newer)"):
            raise UnsupportedOperation("older versions")
        holder = self._on(values)
        if "index" in values:
            return holder, int(values["index"])
        *groups, name = values["field"].split(".")
        for group in groups:
            holder = getattr(holder, group)
        return holder, name

    def _made(self, values: Values, handle: Any) -> str:
        if values.get("element") in ("AnyPointer", "Capability"):
            raise UnsupportedOperation(f"lists of {values['element']}")
        self._handles[int(values["makes"])] = handle
        return " object=1"

    def _is_null(self, holder: Any, at: Any) -> bool:
        """Return whether a pointer is null.

        Raises:
            UnsupportedOperation: If the element is empty, because pycapnp then reads it like null.
        """
        if isinstance(at, str):
            return not holder._has(at)
        if len(holder[at]) == 0:
            raise UnsupportedOperation("empty or null elements")
        return False

    # -- operations -------------------------------------------------------------------------------

    def do_root(self, values: Values) -> str:
        made = self._made(values, self._message.init_root(self._schemas.Everything))
        self._has_root = True
        return made

    def do_reopen(self, values: Values) -> str:
        if not self._has_root:
            raise UnsupportedOperation("a root that may be null")
        return self._made(values, self._message.get_root(self._schemas.Everything))

    def do_output(self, values: Values) -> str:
        if not self._has_root:
            # This call makes the first segment.
            self._message.get_root_as_any()
        return value_line(framed(self._message.get_segments_for_output()))

    def do_set(self, values: Values) -> None:
        holder, at = self._place(values)
        value = written(values["kind"], values["value"])
        if values["kind"] == "Enum" and not isinstance(at, str):
            value = enumerant(value)
        self._put(holder, at, value)

    def _put(self, holder: Any, at: Any, value: Any) -> None:
        if isinstance(at, str):
            setattr(holder, at, value)
        else:
            holder[at] = value

    def do_get(self, values: Values) -> str:
        holder, at = self._place(values)
        kind = values["kind"]
        if kind in ("Text", "Data") and self._is_null(holder, at):
            return ""
        value = getattr(holder, at) if isinstance(at, str) else holder[at]
        if kind == "Union":
            return f" value={value.schema.union_fields.index(value._which_str())}"
        if kind == "Enum":
            return f" value={value if isinstance(value, int) else value.raw}"
        return value_line(bits_of(kind, value) if kind in FLOATS else value)

    def do_init(self, values: Values) -> str:
        holder, at = self._place(values)
        if values.get("element") in ("AnyPointer", "Capability"):
            raise UnsupportedOperation(f"lists of {values['element']}")
        count = (int(values["count"]),) if "count" in values else ()
        return self._made(values, holder.init(at, *count))

    def do_open(self, values: Values) -> str:
        holder, at = self._place(values)
        is_element = values["kind"] == "Struct" and not isinstance(at, str)
        if not is_element and self._is_null(holder, at):
            return " object=0"
        return self._made(values, getattr(holder, at) if isinstance(at, str) else holder[at])

    def do_clear(self, values: Values) -> None:
        holder, at = self._place(values)
        holder.disown(at)

    def do_select(self, values: Values) -> None:
        holder, at = self._place(values)
        union = getattr(holder, at)
        old, new = union._which_str(), values["member"]
        # pycapnp leaves the value of the old member in place, unless it is overwritten here.
        for member in (old, new):
            match member:
                case "nothing" | "blank":
                    setattr(union, member, None)
                case "number":
                    setattr(union, member, 0)
                case "flag":
                    setattr(union, member, False)
                case "numbers" | "pair":
                    union.init(member)
                case _:
                    union.init(member, *((0,) if member == "words" else ()))
                    union.disown(member)

    def do_fill(self, values: Values) -> str:
        holder, at = self._place(values)
        form, octets = FORMATS[values["element"]], bytes.fromhex(values["value"])
        count = len(octets) // struct.calcsize(form)
        numbers = struct.unpack(f"<{count}{form}", octets)
        if struct.pack(f"<{count}{form}", *numbers) != octets:
            raise UnsupportedOperation("a signalling NaN")
        if values["element"] == "Enum":
            numbers = tuple(map(enumerant, numbers))
        made = holder.init(at, count)
        for index, number in enumerate(numbers):
            made[index] = number
        return self._made(values, made)

    def do_copy(self, values: Values) -> None:
        holder, at = self._place(values)
        self._put(holder, at, self._handles[int(values["from"])])

    def do_copyroot(self, values: Values) -> None:
        self._message.set_root(self._on(values).as_reader())
        self._has_root = True

    def do_disown(self, values: Values) -> str:
        holder, at = self._place(values)
        if self._is_null(holder, at):
            return " object=0"
        return self._made(values, holder.disown(at))

    def do_adopt(self, values: Values) -> None:
        holder, at = self._place(values)
        holder.adopt(at, self._handles[int(values["from"])])

    def do_unwrap(self, values: Values) -> str:
        return self._made(values, self._on(values).get())

    def do_drop(self, values: Values) -> None:
        del self._handles[int(values["on"])]


if __name__ == "__main__":
    PycapnpDriver().serve()
