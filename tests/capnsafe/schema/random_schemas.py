"""Schemas made at random.

They have structs, groups, unions, enums, lists of lists, defaults, constants, annotations, generic
structs, interfaces, pointers of any kind, and declarations of an imported file.
"""

from __future__ import annotations

import random
import struct

#: Names that Python or generated classes need, among others.
NAMES = [
    *("class", "def", "int", "list", "str", "property", "set", "which", "name", "hasName", "self"),
    *("toDict", "value", "number", "text", "longNameOfAField", "x", "typing", "bytes"),
    *("init", "initX", "hasX", "cls", "lambda", "http2Port", "aB", "label", "reader", "builder"),
]

ENUMERANTS = ["red", "darkBlue", "class", "none", "mro", "byValue", "x", "aB", "self"]

NUMBERS = {
    "Int8": (-(1 << 7), (1 << 7) - 1),
    "Int16": (-(1 << 15), (1 << 15) - 1),
    "Int32": (-(1 << 31), (1 << 31) - 1),
    "Int64": (-(1 << 63), (1 << 63) - 1),
    "UInt8": (0, (1 << 8) - 1),
    "UInt16": (0, (1 << 16) - 1),
    "UInt32": (0, (1 << 32) - 1),
    "UInt64": (0, (1 << 64) - 1),
}

TEXTS = ["", "x", "Grüße", 'quotes \\" and \\\\', "it's \\n two lines", "}) or (x", "# no comment"]


#: The declarations of the file that a schema imports. Each has its own, as pycapnp forgets no id.
SHARED = """
struct Box(Item) { item @0 :Item; note @1 :Text; }
enum Season { spring @0; summer @1; autumn @2; winter @3; }
annotation note (*) :Text;
"""


class RandomSchema:
    """The text of a schema, and the names of its structs."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.enums = {f"Enum{at}": self._enumerants() for at in range(self.rng.randint(1, 2))}
        self.structs = [f"Struct{at}" for at in range(self.rng.randint(1, 4))]
        parts = [f"@0x{(1 << 63) + self.rng.getrandbits(62):x};"]
        self.shared_name = f"shared{seed}.capnp"
        parts.append(f'using Shared = import "{self.shared_name}";')
        self.shared = f"@0x{(1 << 63) + self.rng.getrandbits(62):x};{SHARED}"
        parts.append("interface Service { call @0 (number :Int32) -> (text :Text); }")
        for name, members in self.enums.items():
            body = " ".join(f"{member} @{at};" for at, member in enumerate(members))
            parts.append(f"enum {name} {{ {body} }}")
        for name in self.structs:
            self.ordinal = 0
            #: What defaults and unions may contain. (pycapnp does not end otherwise.)
            self.later = self.structs[self.structs.index(name) + 1 :]
            self.left = self.rng.randint(0, 14)
            body = self._members(depth=0)
            parts.append(f"struct {name}{self._note()} {{\n{body}\n}}")
        for at in range(self.rng.randint(0, 3)):
            kind = self._type(2, self.structs)
            parts.append(f"const constant{at} :{kind} = {self._literal(kind)};")
        self.text = "\n".join(parts) + "\n"

    def _enumerants(self) -> list[str]:
        # pycapnp itself needs some of the other names.
        return self.rng.sample(ENUMERANTS, self.rng.randint(1, 6))

    def _members(self, depth: int) -> str:
        """Return the fields, groups and unions of a struct or group."""
        rng = self.rng
        names = rng.sample(NAMES, len(NAMES))
        lines: list[str] = []
        had_union = False
        while self.left > 0 or (depth and not lines):
            self.left -= 1
            kind = rng.random()
            if kind < 0.1 and depth < 2:
                lines.append(f"{names.pop()} :group {{\n{self._members(depth + 1)}\n}}")
            elif kind < 0.2 and depth < 2:
                lines.append(f"{names.pop()} :union {{\n{self._union(depth + 1)}\n}}")
            elif kind < 0.3 and depth < 2 and not had_union:
                had_union = True
                taken = self._union(depth + 1, names)
                lines.append(f"union {{\n{taken}\n}}")
            else:
                lines.append(self._field(names.pop(), self.structs))
            if not names or (depth and rng.random() < 0.3):
                break
        return "\n".join(lines)

    def _union(self, depth: int, names: list[str] | None = None) -> str:
        names = self.rng.sample(NAMES, len(NAMES)) if names is None else names
        lines = []
        for _ in range(self.rng.randint(2, 5)):
            if self.rng.random() < 0.15 and depth < 3:
                lines.append(f"{names.pop()} :group {{\n{self._members(depth + 1)}\n}}")
            else:
                lines.append(self._field(names.pop(), self.later))
        return "\n".join(lines)

    def _field(self, name: str, structs: list[str]) -> str:
        # JSON has no form for the last two, which a union would show even if they are null.
        outside = structs is self.structs
        if self.rng.random() < 0.15:
            item = self.rng.choice(["Text", "Data", "List(Int16)", *self.later])
            kinds = [f"Shared.Box({item})", f"List(Shared.Box({item}))", "Shared.Season"]
            kind = self.rng.choice([*kinds, *(["AnyPointer", "Service"] if outside else [])])
            self.ordinal += 1
            return f"{name} @{self.ordinal - 1} :{kind}{self._note()};"
        kind = self._type(0, structs)
        own = any(each in kind for each in self.structs if each not in self.later)
        default = f" = {self._literal(kind)}" if self.rng.random() < 0.3 and not own else ""
        self.ordinal += 1
        return f"{name} @{self.ordinal - 1} :{kind}{default}{self._note()};"

    def _note(self) -> str:
        """Return an annotation, or mostly nothing."""
        if self.rng.random() < 0.8:
            return ""
        return f' $Shared.note("{self.rng.choice(TEXTS)}")'

    def _type(self, depth: int, structs: list[str]) -> str:
        rng = self.rng
        kind = rng.random()
        if kind < 0.25 and depth < 3:
            return f"List({self._type(depth + 1, structs)})"
        if kind < 0.35 and structs:
            return rng.choice(structs)
        if kind < 0.45:
            return rng.choice(list(self.enums))
        others = ["Void", "Bool", "Float32", "Float64", "Text", "Data"]
        return rng.choice([*NUMBERS, *others])

    def _literal(self, kind: str, depth: int = 0) -> str:
        rng = self.rng
        if kind.startswith("List("):
            of = kind[5:-1]
            items = [self._literal(of, depth + 1) for _ in range(rng.randint(0, 3))]
            return f"[{', '.join(items)}]"
        if kind in self.structs:
            return "()"
        if kind in self.enums:
            return rng.choice(self.enums[kind])
        if kind in NUMBERS:
            low, high = NUMBERS[kind]
            return str(rng.choice((low, high, rng.randint(low, high), max(low, 0))))
        if kind == "Float32":
            value = struct.unpack("<f", struct.pack("<f", rng.uniform(-1e6, 1e6)))[0]
            return rng.choice(("inf", "-inf", "0", "-0.0", repr(value)))
        if kind == "Float64":
            return rng.choice(("inf", "-inf", "0", "-0.0", repr(rng.uniform(-1e300, 1e300))))
        if kind == "Text":
            return f'"{rng.choice(TEXTS)}"'
        if kind == "Data":
            return f'0x"{rng.randbytes(rng.randint(1, 5)).hex()}"'
        return {"Void": "void", "Bool": rng.choice(("true", "false"))}[kind]
