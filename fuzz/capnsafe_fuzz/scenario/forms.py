"""The forms in which generated code gives the contents of a message, made from the model.

They are what its properties return, dicts, JSON, and text in the schema language. This module knows
them from the model's objects and the table of the schema alone, and shares no code with capnsafe.

``disguised.capnp`` is another schema for the same words. Its JSON has other keys, and lacks the
fields that it does not know.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from .by_value import value_of
from .nodes import Capability, ListNode, StructNode
from .schema import EVERYTHING, FLOATS, POINTERS, Field, FieldKind, ListType, StructType
from .trees import tree_of

ENUMERANTS: Final = ("red", "green", "blue")
"""The names of the values of Colour."""
_WIDE: Final = (FieldKind.INT64, FieldKind.UINT64)
_REFERENCES: Final = (FieldKind.ANY, FieldKind.CAPABILITY)


class FormQuestion(NamedTuple):
    """A question to generated code about a message, and its right answer."""

    name: str
    given: Any
    """The second argument of the question, beside the message: a dict or a text."""
    expected: Any


class FormOfModel:
    """The form of a value: here that of dicts."""

    everything = False
    """Whether null pointers are shown, and the name of the member of a union that is set."""

    def number(self, kind: FieldKind, raw: Any) -> Any:
        """Return the form of a value of the data section; floats are given by their bits."""
        if kind is FieldKind.ENUM:
            return ENUMERANTS[raw] if raw < len(ENUMERANTS) else raw
        if kind in FLOATS:
            return float_of(kind, raw)
        return bool(raw) if kind is FieldKind.BOOL else raw

    def blob(self, value: str | bytes) -> Any:
        """Return the form of a Text or a Data."""
        return value

    def reference(self, kind: FieldKind, value: Any) -> Any:
        """Return the form of a capability or of the object of an AnyPointer."""
        if kind is FieldKind.CAPABILITY:
            return None if value is None else value.number
        return None if value is None else OPAQUE


OPAQUE: Final = "<object>"
"""Stands for the object of an AnyPointer in dicts."""


class PropertiesOfModel(FormOfModel):
    """What properties return."""

    everything = True

    def number(self, kind: FieldKind, raw: Any) -> Any:
        """Return a value of the data section; an enum as its number."""
        return raw if kind is FieldKind.ENUM else super().number(kind, raw)

    def reference(self, kind: FieldKind, value: Any) -> Any:
        """Return the index of a capability, or the kind of an object."""
        if kind is FieldKind.CAPABILITY:
            return super().reference(kind, value)
        if value is None:
            return "null"
        if isinstance(value, Capability):
            return "capability"
        return "struct" if isinstance(value, StructNode) else "list"


class JsonOfModel(FormOfModel):
    """JSON, as the reference implementation's codec has it."""

    def number(self, kind: FieldKind, raw: Any) -> Any:
        """Return a number, or a string if JSON has no such number."""
        value = super().number(kind, raw)
        if kind in _WIDE:
            return str(value)
        if kind in FLOATS and (value != value or value in (float("inf"), -float("inf"))):
            return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
        return value

    def blob(self, value: str | bytes) -> Any:
        """Return a Data as a list of numbers."""
        return list(value) if isinstance(value, bytes) else value


class TextOfModel(FormOfModel):
    """The schema language. Each leaf is a finished piece of text."""

    def number(self, kind: FieldKind, raw: Any) -> Any:
        """Return the text of a value."""
        value = super().number(kind, raw)
        if kind is FieldKind.ENUM:
            return value if isinstance(value, str) else f"({value})"
        if kind in FLOATS:
            return float_text(kind, value)
        return "void" if kind is FieldKind.VOID else str(value).lower()

    def blob(self, value: str | bytes) -> Any:
        """Return a string with its quotes."""
        if isinstance(value, bytes):
            return f'"{"".join(map(_escaped, value.decode("latin-1")))}"'
        return f'"{"".join(one if one >= chr(0x80) else _escaped(one) for one in value)}"'

    def reference(self, kind: FieldKind, value: Any) -> Any:
        """Return what stands for an object that has no text."""
        return "<external capability>" if kind is FieldKind.CAPABILITY else "<opaque pointer>"


class OtherTextOfModel(TextOfModel):
    """Another way to write the same text: hexadecimal numbers and Data, and exact floats."""

    def number(self, kind: FieldKind, raw: Any) -> Any:
        """Return an unsigned number in hexadecimal, or all digits of a float."""
        if kind.value.startswith("UInt"):
            return hex(raw)
        if kind in FLOATS:
            # The digits of the other form are too few for some.
            return repr(float_of(kind, raw))
        return super().number(kind, raw)

    def blob(self, value: str | bytes) -> Any:
        """Return a Data of an odd length in hexadecimal, and a Text in two parts."""
        if isinstance(value, bytes):
            return f'0x"{value.hex(" ")}"' if len(value) % 2 else super().blob(value)
        return f"{super().blob(value[:1])} {super().blob(value[1:])}"


_LETTERS: Final = dict(zip("\a\b\f\n\r\t\v\"'\\", "abfnrtv\"'\\", strict=True))


def _escaped(one: str) -> str:
    """Return a byte in a string of the schema language."""
    if one in _LETTERS:
        return f"\\{_LETTERS[one]}"
    return one if " " <= one <= "~" else f"\\{ord(one):03o}"


def float_of(kind: FieldKind, bits: int) -> float:
    """Return a float with these bits."""
    number: float
    if kind is FieldKind.FLOAT32:
        [number] = struct.unpack("<f", bits.to_bytes(4, "little"))
    else:
        [number] = struct.unpack("<d", bits.to_bytes(8, "little"))
    return number


def float_text(kind: FieldKind, value: float) -> str:
    """Return a float with the fewest digits that the reference implementation tries."""
    code, few, most = ("<f", 6, 8) if kind is FieldKind.FLOAT32 else ("<d", 15, 17)
    text = format(value, f".{few}g")
    if kind is FieldKind.FLOAT32 and 0 < abs(value) < 2.0**-126:
        # C's strtof reports an underflow, so the implementation takes these digits for too few.
        return format(value, f".{most}g")
    if value == value and struct.pack(code, float(text)) != struct.pack(code, value):
        text = format(value, f".{most}g")
    return text.replace("e+", "e")


# Values have a limited depth, so this may recurse.


def plain(node: StructNode | None, of: StructType, form: FormOfModel) -> dict[str, Any]:
    """Return the form of a struct; ``None`` stands for one of defaults."""
    made: dict[str, Any] = {}
    held = {} if node is None else node.contents
    for field in of.fields:
        if field.union is not None and held.get(field.union, 0) != field.member:
            continue
        *groups, name = field.name.split(".")
        place = made
        for group in groups:
            place = place.setdefault(group, {})
        if field.kind is FieldKind.UNION:
            place[name] = {}
            if form.everything:
                place[name]["which"] = field.members[held.get(field.name, 0)]
            continue
        value = held.get(field.name)
        if value is None:
            value = field.default
            # The member of a union that is set is shown even if its pointer is null.
            shown = form.everything or (field.union is not None and len(groups) == 1)
            if field.kind in POINTERS and not shown:
                continue
        place[name] = _leaf(value, field, form)
    return made


def _leaf(value: Any, field: Field, form: FormOfModel) -> Any:
    kind = field.kind
    if kind in _REFERENCES:
        return form.reference(kind, value)
    if kind is FieldKind.TEXT:
        return form.blob("" if value is None else value)
    if kind is FieldKind.DATA:
        return form.blob(b"" if value is None else value)
    if field.target is None:
        return form.number(kind, value)
    if isinstance(field.type, ListType):
        return items(value, field.type, form)
    if value is None and form.everything:
        return None
    assert isinstance(field.type, StructType)
    return plain(value, field.type, form)


def items(node: ListNode | None, of: ListType, form: FormOfModel) -> list[Any]:
    """Return the form of a list; ``None`` stands for an empty one."""
    if node is None:
        return []
    kind = of.element
    found = [node.contents.get(index, node.blank) for index in range(node.count)]
    if kind in _REFERENCES:
        return [form.reference(kind, item) for item in found]
    if kind is FieldKind.TEXT or kind is FieldKind.DATA:
        return [form.blob(item) for item in found]
    if kind is FieldKind.STRUCT:
        assert isinstance(of.type, StructType)
        return [plain(item or None, of.type, form) for item in found]
    if kind is FieldKind.LIST:
        assert isinstance(of.type, ListType)
        return [items(item, of.type, form) for item in found]
    return [form.number(kind, item) for item in found]


def text_of(made: Any) -> str:
    """Return the text of a struct or list whose leaves are pieces of text."""
    if isinstance(made, dict):
        return f"({', '.join(f'{name} = {text_of(item)}' for name, item in made.items())})"
    if isinstance(made, list):
        return f"[{', '.join(map(text_of, made))}]"
    return str(made)


def normal(made: Any) -> Any:
    """Return a form in which floats are strings, so that NaNs are equal and zeros differ."""
    if isinstance(made, dict):
        return {name: normal(item) for name, item in made.items()}
    if isinstance(made, list):
        return [normal(item) for item in made]
    return made.hex() if isinstance(made, float) else made


def has_nan(made: Any) -> bool:
    """Return whether a form has a NaN, so that it does not equal itself."""
    if isinstance(made, dict):
        return any(map(has_nan, made.values()))
    if isinstance(made, list):
        return any(map(has_nan, made))
    return bool(made != made)


def normal_json(made: Any) -> Any:
    """Return a normal form of JSON, in which keys are sorted."""
    if isinstance(made, dict):
        return {name: normal_json(made[name]) for name in sorted(made)}
    if isinstance(made, list):
        return [normal_json(item) for item in made]
    return made.hex() if isinstance(made, float) else made


def normal_tree(tree: Any) -> Any:
    """Return the tree of a message in which Bools are numbers."""
    if isinstance(tree, dict):
        return {name: normal_tree(item) for name, item in tree.items()}
    if isinstance(tree, list):
        return [normal_tree(item) for item in tree]
    return int(tree) if isinstance(tree, bool) else tree


# -- JSON by the schema in disguise --------------------------------------------------------------

_NAMES: Final = {"text": "a text", "texts": "all texts"}
_COLOURS: Final = {"green": "GREEN"}


def _colour(name: Any) -> Any:
    return _COLOURS.get(name, name)


def disguised(made: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON by the schema in disguise, from the JSON of Everything."""
    found: dict[str, Any] = {}
    for name, item in made.items():
        if name in ("colour", "colourDefault"):
            item = _colour(item)
        elif name == "colours":
            item = list(map(_colour, item))
        elif name == "data":
            item = base64.b64encode(bytes(item)).decode()
        elif name == "child":
            item = disguised(item)
        elif name == "children":
            item = list(map(disguised, item))
        elif name == "smalls":
            item = list(map(_small, item))
        elif name == "small":
            found.update({f"small.{key}": each for key, each in _small(item).items()})
            continue
        elif name == "group":
            names = {"text": "words"}
            found.update({f"group-{names.get(key, key)}": each for key, each in item.items()})
            continue
        elif name == "choice":
            [(member, value)] = item.items()
            label = {"number": "NUMBER"}.get(member, member)
            found["choice.is"] = label
            if member == "numbers":
                found.update({"choice.n-least": value["low"], "choice.n-high": value["high"]})
            elif member != "nothing":
                found[f"choice.{label}"] = _mixed(value) if member == "mixed" else value
            continue
        found[_NAMES.get(name, name)] = item
    return found


def _small(made: Mapping[str, Any]) -> dict[str, Any]:
    return {"no": made["number"], "flag": made["flag"]}


def _older(made: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in made.items() if name in ("number", "label")}


def _mixed(made: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, item in made.items():
        if name == "evolving":
            item = _older(item)
        elif name == "evolvings":
            item = list(map(_older, item))
        elif name == "blob":
            item = bytes(item).hex()
        elif name == "either":
            [(member, value)] = item.items()
            found["either"] = {"words": "said"}.get(member, member)
            if member == "pair":
                value = {
                    key: each if key == "first" else bytes(each).hex()
                    for key, each in value.items()
                }
            if member != "blank":
                found["value"] = value
            continue
        found[name] = item
    return found


# -- questions -----------------------------------------------------------------------------------

MOST_WORDS: Final = 2000
"""The largest message that questions are asked about, in words."""

_READ: Final = PropertiesOfModel()
_DICT: Final = FormOfModel()
_JSON: Final = JsonOfModel()
_TEXT: Final = TextOfModel()
_OTHER_TEXT: Final = OtherTextOfModel()


def questions_of(root: StructNode, stream: bytes) -> list[FormQuestion]:
    """Return all questions about a message with this root, and its right answers.

    There are none if a copy of it by value is not specified or too large.
    """
    value = value_of(root, EVERYTHING) if len(stream) <= MOST_WORDS * 8 else None
    if value is None:
        return []
    assert isinstance(value, StructNode)
    read = normal(plain(value, EVERYTHING, _READ))
    as_dict = plain(value, EVERYTHING, _DICT)
    normal_dict = normal(as_dict)
    as_text = text_of(plain(value, EVERYTHING, _TEXT))
    tree = normal_tree(tree_of(value))
    asked = [
        FormQuestion("read", None, read),
        FormQuestion("read from the end", None, read),
        FormQuestion("read in a builder", None, read),
        FormQuestion("value", None, tree),
        FormQuestion("rebuilt", None, tree),
        FormQuestion("dict", None, normal_dict),
        FormQuestion("text", None, as_text),
        FormQuestion("equal", None, [not has_nan(as_dict), False]),
        FormQuestion("asyncio", None, [True, True]),
    ]
    if "<opaque pointer>" in as_text or "<external capability>" in as_text:
        # Nothing but a message can have them.
        return asked
    as_json = plain(value, EVERYTHING, _JSON)
    in_disguise = disguised(as_json)
    mixed = as_json["choice"].get("mixed")
    parameters = None
    if mixed is not None:
        found = [] if mixed.get("evolving") is None else [mixed["evolving"]]
        versions = [*found, *mixed.get("evolvings", [])]
        parameters = [(one["number"], one.get("label", "")) for one in versions]
    return [
        *asked,
        FormQuestion("from dict", as_dict, normal_dict),
        FormQuestion("repr", None, normal_dict),
        FormQuestion("from text", text_of(plain(value, EVERYTHING, _OTHER_TEXT)), normal_dict),
        FormQuestion("json", None, normal_json(as_json)),
        FormQuestion("from json", as_json, normal_dict),
        FormQuestion("disguised json", None, normal_json(in_disguise)),
        FormQuestion("from disguised json", in_disguise, normal_json(in_disguise)),
        FormQuestion("parameters", None, parameters),
    ]
