"""What the message must say: Cap'n Proto's building semantics over plain Python values.

A model goes along with an execution. Before each operation, `expect` says what a right encoder
does; afterwards, `commit` says that the encoder did it, or `forget` that it failed and so must have
changed nothing. `tree` is the message as it must read at that moment.

What right means, where there was a choice:

- Making something in place of something, setting a text or data, and clearing end the life of the
  old object and of all it contains, at once. ROOT ends everything. Handles to them are stale for
  ever, also when the same place is filled again.
- Opening the same object twice gives two handles to the one object.
- A void handle (from an operation that failed or was skipped, or that found null) comes before
  staleness, and staleness before indices: a stale list does not say how long it is.
- Elements of struct lists are there from the start; of pointer lists, null.
- A list of no elements, an empty text and an empty struct are there, and not null.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, NamedTuple

from .program import HANDLE_MAKERS, NO_HANDLE, Operation, Value, Verb, type_at
from .schema import EVERYTHING, POINTERS, STRUCTS, Kind, ListType, StructType, Type

WEIGHTLESS: Final = "count"
"""A List(Void) or List(Empty) of n elements reads as `("count", n)`: n may be millions."""


class ExpectationKind(Enum):
    """What a right encoder does with an operation."""

    OK = "ok"
    """It succeeds; INIT, OPEN, ROOT and REOPEN give a handle that is not void."""
    VALUE = "value"
    """It succeeds and answers the value: of GET, or None of an OPEN or REOPEN that finds null."""
    STALE = "stale"
    """It raises, because the handle's object is gone."""
    INDEX = "index"
    """It raises, because the index is past the end."""
    VOID = "void"
    """There is no handle to do it with: the operation is skipped."""


class Expectation(NamedTuple):
    """What a right encoder does with an operation."""

    kind: ExpectationKind
    value: Value = None


_OK: Final = Expectation(ExpectationKind.OK)
NULL: Final = Expectation(ExpectationKind.VALUE)
"""Of an OPEN or REOPEN that finds null."""
_STALE: Final = Expectation(ExpectationKind.STALE)
_INDEX: Final = Expectation(ExpectationKind.INDEX)
_VOID: Final = Expectation(ExpectationKind.VOID)
_VALUE: Final = ExpectationKind.VALUE

# Enum members cost an attribute look-up each time.
_ROOT, _REOPEN, _OUTPUT = Verb.ROOT, Verb.REOPEN, Verb.OUTPUT
_SET, _GET, _INIT, _OPEN, _CLEAR = Verb.SET, Verb.GET, Verb.INIT, Verb.OPEN, Verb.CLEAR


def _blank(of: StructType) -> dict[str, Any]:
    return {field.name: None if field.kind in POINTERS else field.default for field in of.fields}


_BLANKS: Final = {struct.name: _blank(struct) for struct in STRUCTS}
"""What a struct reads as in which nothing was written, by its type."""

_ELEMENT_BLANKS: Final[dict[Kind, Any]] = {
    **{kind: None if kind in POINTERS or kind is Kind.VOID else 0 for kind in Kind},
    Kind.BOOL: False,
}


class _Struct:
    """A struct in the message: the fields that were written, by name; the rest reads as default."""

    __slots__ = ("blanks", "contents", "live", "type")

    def __init__(self, of: StructType) -> None:
        self.type = of
        self.live = True
        self.blanks: dict[Any, Any] = _BLANKS[of.name]
        self.contents: dict[Any, Any] = {}

    def tree(self) -> dict[str, Any]:
        tree = self.blanks.copy()
        for name, held in self.contents.items():
            tree[name] = held.tree() if isinstance(held, _NODES) else held
        return tree


class _List:
    """A list in the message: the elements that were written or opened, by index."""

    __slots__ = ("blank", "contents", "count", "live", "type")

    def __init__(self, of: ListType, count: int) -> None:
        self.type = of
        self.count = count
        self.live = True
        # Elements that are structs read as blank ones, all the same object: nobody changes a tree.
        self.blank = _ELEMENT_BLANKS[of.element] if of.element is not Kind.STRUCT else None
        self.contents: dict[Any, Any] = {}

    def tree(self) -> object:
        of = self.type
        if of.weightless:
            return (WEIGHTLESS, self.count)
        blank = self.blank if of.element is not Kind.STRUCT else _BLANKS[of.type.name]
        tree = [blank] * self.count
        for index, held in self.contents.items():
            tree[index] = held.tree() if isinstance(held, _NODES) else held
        return tree


_Node = _Struct | _List
_NODES: Final = (_Struct, _List)


def _bury(node: object) -> None:
    """Mark an object, and all that it contains, as gone; anything but an object is ignored.

    What it contains is let go of, so that nothing is buried twice.
    """
    if not isinstance(node, _NODES):
        return
    doomed = [node]
    while doomed:
        node = doomed.pop()
        node.live = False
        doomed += [held for held in node.contents.values() if isinstance(held, _NODES)]
        node.contents = {}


def _make(of: Type, count: Value) -> _Node:
    if isinstance(of, StructType):
        return _Struct(of)
    assert isinstance(count, int)
    return _List(of, count)


class Model:
    """One message, as far as a program has got with it."""

    __slots__ = ("_handles", "_root")

    def __init__(self) -> None:
        self._root: _Struct | None = None
        self._handles: list[_Node | None] = []
        """None is a void handle."""

    def expect(self, operation: Operation) -> Expectation:
        """What a right encoder does with this operation next; changes nothing."""
        verb, handle, place, _ = operation
        if handle == NO_HANDLE:
            return NULL if verb is _REOPEN and self._root is None else _OK
        node = self._handles[handle]
        if node is None:
            return _VOID
        if not node.live:
            return _STALE
        if node.__class__ is _Struct:
            if verb is _GET:
                return Expectation(_VALUE, node.contents.get(place, node.blanks[place]))
        else:
            assert isinstance(node, _List)
            if place >= node.count:  # type: ignore[operator]
                return _INDEX
            if verb is _GET:
                return Expectation(_VALUE, node.contents.get(place, node.blank))
            if verb is _OPEN and node.type.element is Kind.STRUCT:
                return _OK
        if verb is _OPEN and place not in node.contents:
            return NULL
        return _OK

    def commit(self, operation: Operation) -> None:
        """The encoder did it; if it was expected to fail or be skipped, the same as `forget`."""
        verb, handle, place, value = operation
        if verb is _GET or verb is _OUTPUT:
            return
        if handle == NO_HANDLE:
            if verb is _ROOT:
                _bury(self._root)
                self._root = _Struct(EVERYTHING)
            self._handles.append(self._root)
            return
        node = self._handles[handle]
        if node is None or not node.live or (node.__class__ is _List and place >= node.count):  # type: ignore
            self.forget(operation)
            return
        contents = node.contents
        if verb is _SET:
            contents[place] = value
        elif verb is _CLEAR:
            _bury(contents.pop(place, None))
        elif verb is _INIT:
            _bury(contents.get(place))
            made = contents[place] = _make(type_at(node.type, place), value)
            self._handles.append(made)
        else:
            assert verb is _OPEN
            found = contents.get(place)
            if found is None and node.__class__ is _List and node.type.element is Kind.STRUCT:
                found = contents[place] = _make(type_at(node.type, place), None)
            self._handles.append(found)

    def forget(self, operation: Operation) -> None:
        """The encoder failed or was not asked: nothing changed, and the handle is void."""
        if operation.verb in HANDLE_MAKERS:
            self._handles.append(None)

    def tree(self) -> dict[str, Any] | None:
        """The whole message as plain values, None if it has no root. Not to be changed.

        A struct is a dict with every field, also those never written, groups' under their dotted
        names; a list a list, but a weightless one `("count", n)`; a null pointer None; a float its
        bits, an enum its number, a void None.
        """
        return None if self._root is None else self._root.tree()

    def live(self, handle: int) -> bool:
        """Whether the handle leads to an object that is still there."""
        node = self._handles[handle]
        return node is not None and node.live

    def stale(self, handle: int) -> bool:
        """Whether the handle leads to an object that is gone."""
        node = self._handles[handle]
        return node is not None and not node.live

    def count(self, handle: int) -> int | None:
        """How long the list is that the handle leads to; None if there is none or it is no list."""
        node = self._handles[handle]
        return node.count if isinstance(node, _List) and node.live else None
