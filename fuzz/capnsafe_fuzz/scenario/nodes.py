"""The objects of the model: structs, lists and orphans, and the operations on whole objects.

The value of a pointer is a node, the str of a Text, the bytes of a Data, or a `Capability`. Values
that were never written are not in `contents`. Nothing here recurses, since copies of copies nest
deeply.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any, Final, NamedTuple

from .schema import POINTERS, SCALAR_BITS, STRUCTS, FieldKind, ListType, StructType

WORD_BITS: Final = 64


class Capability(NamedTuple):
    """A capability, in models and in trees."""

    number: int


def _blank(of: StructType) -> dict[str, Any]:
    return {field.name: None if field.kind in POINTERS else field.default for field in of.fields}


DEFAULTS: Final = {
    field.name: field.default
    for struct in STRUCTS
    for field in struct.fields
    if field.kind in POINTERS and field.default is not None
}
"""The value that each field reads as if its pointer is null, by the name of the field."""


BLANKS: Final = {struct.name: _blank(struct) for struct in STRUCTS}
"""The tree of a struct in which nothing was written, by the name of its type."""

_ELEMENT_BLANKS: Final[dict[FieldKind, Any]] = {
    **{kind: None if kind in POINTERS or kind is FieldKind.VOID else 0 for kind in FieldKind},
    FieldKind.BOOL: False,
}


class StructNode:
    """A struct in the message: the fields that were written, by name; the rest reads as default."""

    __slots__ = ("blanks", "contents", "live", "type")

    def __init__(self, of: StructType) -> None:
        self.type = of
        self.live = True
        self.blanks: dict[Any, Any] = BLANKS[of.name]
        self.contents: dict[Any, Any] = {}

    @property
    def words(self) -> int:
        """Return the words of the struct itself."""
        return self.type.words


class ListNode:
    """A list in the message: the elements that were written or opened, by index."""

    __slots__ = ("blank", "contents", "count", "live", "type")

    def __init__(self, of: ListType, count: int) -> None:
        self.type = of
        self.count = count
        self.live = True
        self.blank = _ELEMENT_BLANKS[of.element]
        self.contents: MutableMapping[Any, Any] = {}

    @property
    def words(self) -> int:
        """Return the words of the list itself, including the tag of a list of structs."""
        of = self.type
        if of.element is FieldKind.STRUCT:
            assert isinstance(of.type, StructType)
            return 1 + self.count * of.type.words
        bits = SCALAR_BITS.get(of.element, WORD_BITS)
        return (self.count * bits + WORD_BITS - 1) // WORD_BITS


class FirstFields(ListNode):
    """A handle's view of a list of structs: the list of their first numbers or pointers."""

    __slots__ = ("structs",)

    def __init__(self, of: ListType, structs: ListNode, field: str) -> None:
        """See the field of that name, in each of the structs, as an element of type ``of``."""
        self.structs = structs
        self.type = of
        self.count = structs.count
        self.blank = _ELEMENT_BLANKS[of.element]
        self.contents = _FirstFieldContents(structs, field, SCALAR_BITS.get(of.element, 0))

    @property
    def of_pointers(self) -> bool:
        """Return whether the elements are pointers."""
        return self.type.element in POINTERS

    @property
    def live(self) -> bool:
        """Return whether the list of structs exists."""
        return self.structs.live

    @live.setter
    def live(self, live: bool) -> None:
        self.structs.live = live


class _FirstFieldContents(MutableMapping[Any, Any]):
    """The first fields that were written, by the index of their struct."""

    __slots__ = ("_field", "_mask", "_structs")

    def __init__(self, structs: ListNode, field: str, bits: int) -> None:
        self._structs = structs
        self._field = field
        # The bits of the number that the narrower element has; 0 for a pointer.
        self._mask = (1 << bits) - 1

    def __getitem__(self, index: Any) -> Any:
        held = self._structs.contents[index].contents[self._field]
        return held & self._mask if self._mask else held

    def __setitem__(self, index: Any, value: Any) -> None:
        structs = self._structs
        if index not in structs.contents:
            assert isinstance(structs.type.type, StructType)
            structs.contents[index] = StructNode(structs.type.type)
        fields = structs.contents[index].contents
        if self._mask:
            value |= fields.get(self._field, 0) & ~self._mask
        fields[self._field] = value

    def __delitem__(self, index: Any) -> None:
        del self._structs.contents[index].contents[self._field]

    def __iter__(self) -> Iterator[Any]:
        for index, struct in self._structs.contents.items():
            if self._field in struct.contents:
                yield index

    def __len__(self) -> int:
        return sum(1 for _ in self)


def copied_from(node: Node) -> Node:
    """Return the object that a copy of a handle's object equals.

    Of a list of structs, a handle on their first numbers copies the numbers alone, and one on their
    first pointers copies the structs.
    """
    if not isinstance(node, FirstFields):
        return node
    if node.of_pointers:
        return node.structs
    numbers = ListNode(node.type, node.count)
    numbers.contents = dict(node.contents)
    return numbers


class OrphanNode:
    """An object without a pointer to it, until it is adopted or dropped: then it has no value."""

    __slots__ = ("live", "value")

    def __init__(self, value: Any) -> None:
        self.live = True
        self.value = value


Node = StructNode | ListNode
NODES: Final = (StructNode, ListNode)


def retire(node: object) -> None:
    """Mark an object, and all that it contains, as gone; ignore values that are not objects.

    Its contents are dropped, so that nothing is marked twice.
    """
    if not isinstance(node, NODES):
        return
    doomed = [node]
    while doomed:
        node = doomed.pop()
        node.live = False
        doomed += [held for held in node.contents.values() if isinstance(held, NODES)]
        node.contents = {}


def _twin(node: Node) -> Node:
    """Return a new object with the same values at the same places; both share objects below."""
    made: Node = (
        StructNode(node.type) if isinstance(node, StructNode) else ListNode(node.type, node.count)
    )
    made.contents = dict(node.contents)
    return made


def clone(node: Node) -> Node:
    """Return a deep copy."""
    copied = _twin(node)
    todo = [copied]
    while todo:
        made = todo.pop()
        for place, held in made.contents.items():
            if isinstance(held, NODES):
                made.contents[place] = twin = _twin(held)
                todo.append(twin)
    return copied


def renew(value: Any) -> Any:
    """Return a copy of an object, and make handles to the object and to all below it stale."""
    if not isinstance(value, NODES):
        return value
    renewed = clone(value)
    retire(value)
    return renewed


def contains(value: Any, sought: Node) -> bool:
    """Return whether an object is another one, or contains it at any depth."""
    todo = [value] if isinstance(value, NODES) else []
    while todo:
        node = todo.pop()
        if node is sought:
            return True
        todo += [held for held in node.contents.values() if isinstance(held, NODES)]
    return False


def weigh(node: Node) -> tuple[int, int]:
    """Return upper bounds on the (words, depth) of an object with all below it."""
    words, depth = 0, 0
    todo: list[tuple[Any, int]] = [(node, 1)]
    while todo:
        held, level = todo.pop()
        depth = max(depth, level)
        if isinstance(held, NODES):
            words += held.words
            todo += [(below, level + 1) for below in held.contents.values()]
        elif isinstance(held, str | bytes):
            words += _blob_words(held)
    return words, depth


def measure(node: Node) -> tuple[int, int]:
    """Return the number of words of an object and all objects below it, and their number."""
    words, objects = 0, 0
    todo: list[Any] = [node]
    while todo:
        held = todo.pop()
        if isinstance(held, NODES):
            words += held.words
            objects += 1
            if isinstance(held, ListNode) and held.type.element is FieldKind.STRUCT:
                # The elements are part of the list, and no objects of their own.
                for element in held.contents.values():
                    todo += element.contents.values()
            else:
                todo += held.contents.values()
        elif isinstance(held, str | bytes):
            words += _blob_words(held)
            objects += 1
    return words, objects


def largest(node: Node) -> int:
    """Return the words of the largest among an object and all below it."""
    most = 0
    todo: list[Any] = [node]
    while todo:
        held = todo.pop()
        if isinstance(held, NODES):
            most = max(most, held.words)
            todo += held.contents.values()
        elif isinstance(held, str | bytes):
            most = max(most, _blob_words(held))
    return most


def _blob_words(blob: str | bytes) -> int:
    size = len(blob.encode()) + 1 if isinstance(blob, str) else len(blob)
    return (size * 8 + WORD_BITS - 1) // WORD_BITS


def has_capabilities(node: Node | None) -> bool:
    """Return whether the message contains a capability."""
    todo: list[Any] = [node]
    while todo:
        held = todo.pop()
        if isinstance(held, Capability):
            return True
        if isinstance(held, NODES):
            todo += [below for below in held.contents.values() if not isinstance(below, int)]
    return False
