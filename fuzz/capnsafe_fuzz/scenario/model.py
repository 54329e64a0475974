"""The model: Cap'n Proto's building semantics over plain Python values.

A model accompanies an execution. Before each operation, `expect` returns what a correct encoder
does. Afterwards, `commit` records that the encoder did it, or `forget` that it failed and so must
have changed nothing. `tree` returns the message's expected contents at that moment.

Where the semantics leave a choice, these rules apply:

- Making an object in place of another, setting a text or data, and clearing end the life of the old
  object and of all it contains, at once. ROOT ends everything. Handles to them are stale for ever,
  even if the same place is filled again. Selecting a member of a union does the same to the value
  of the old member.
- Opening the same object twice gives two handles to the one object.
- A handle is missing if its operation failed or was skipped, or found null. A missing handle is
  checked before staleness, and staleness before indices: a stale list does not show its length. If
  a second handle is copied to a pointer, it is checked first; elsewhere the place is.
- Elements of struct lists exist from the start; elements of pointer lists start as null.
- A list of no elements, an empty text and an empty struct are not null. They lie in their pointer:
  when it moves, they move, and handles to them are stale.
- A disowned object stays, with all below it, but handles to them are stale: the orphan gives new
  ones. An orphan is stale once it was adopted or dropped. It survives the root.
- A copy into an element of a list of structs leaves the element in its place: handles to it stay
  valid, those to its old children are stale.
- An object that is opened as a larger type of its kind is upgraded and moves. Handles to it are
  stale, handles to its children stay valid.
- Opening an object as another kind is refused. So are an orphan's adoption by a part of itself, and
  a canonical form with capabilities.

Some operations are skipped, as if their handle were missing: operations on a member of a union that
is not selected; copies that would make a message larger or deeper than an execution can handle; and
opening an orphan as an object without words, or as a larger one than it is. Nothing is promised
there.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, NamedTuple

from .nodes import (
    NODES,
    Capability,
    ListNode,
    Node,
    OrphanNode,
    StructNode,
    bury,
    clone,
    contains,
    has_capabilities,
    largest,
    renew,
    weigh,
)
from .operations import HANDLE_MAKERS, OPERATIONS, PLACELESS, SOURCED, Made, Verb
from .program import NO_HANDLE, As, Operation, Value, made_by, quiet, type_at
from .schema import (
    EVERYTHING,
    FLOATS,
    STRUCTS,
    TYPES,
    FieldKind,
    ListType,
    OrphanType,
    StructType,
    Type,
)
from .trees import WEIGHTLESS, tree_of
from .versions import TypeFit, as_text, kind_name, opened, read_numbers, unwrapped, upgraded

__all__ = ["NULL", "WEIGHTLESS", "Capability", "Expectation", "ExpectationKind", "Model"]

MAX_COPIED_WORDS: Final = 1 << 13
"""The most words that all copies of a program may have together: copies of copies grow fast."""
MAX_COPIED_DEPTH: Final = 64


class ExpectationKind(Enum):
    """The result of an operation with a correct encoder."""

    OK = "ok"
    """It succeeds; if it makes a handle, the handle has an object."""
    VALUE = "value"
    """It succeeds and returns the value: that of GET, or None if it opens null."""
    STALE = "stale"
    """It raises, because the handle's object is gone."""
    INDEX = "index"
    """It raises, because the index is past the end."""
    REFUSED = "refused"
    """It raises, because the request is impossible, such as opening a struct as a list."""
    VOID = "void"
    """The handle is missing: the operation is skipped."""


class Expectation(NamedTuple):
    """The expected result of an operation."""

    kind: ExpectationKind
    value: Value = None


_OK: Final = Expectation(ExpectationKind.OK)
NULL: Final = Expectation(ExpectationKind.VALUE)
"""The result of opening null."""
_STALE: Final = Expectation(ExpectationKind.STALE)
_INDEX: Final = Expectation(ExpectationKind.INDEX)
_REFUSED: Final = Expectation(ExpectationKind.REFUSED)
_VOID: Final = Expectation(ExpectationKind.VOID)
_VALUE: Final = ExpectationKind.VALUE
_FOUND: Final = {
    TypeFit.NULL: NULL,
    TypeFit.SAME: _OK,
    TypeFit.SMALLER: _OK,
    TypeFit.OTHER: _REFUSED,
    TypeFit.UNPROMISED: _VOID,
}

# Enum members cost an attribute look-up each time.
_ROOT, _REOPEN = Verb.ROOT, Verb.REOPEN
_SET, _GET, _INIT, _OPEN, _CLEAR = Verb.SET, Verb.GET, Verb.INIT, Verb.OPEN, Verb.CLEAR
_SELECT, _COPY, _ADOPT, _CANONICAL = Verb.SELECT, Verb.COPY, Verb.ADOPT, Verb.CANONICAL

_MEMBERS: Final = {
    field.name: (field.union, field.member)
    for struct in STRUCTS
    for field in struct.fields
    if field.union is not None
}
"""Fields that exist only while a union selects them, by name: (union, discriminant)."""
_LOOSE_PLACES: Final = frozenset(
    field.name
    for struct in STRUCTS
    for field in struct.fields
    if field.kind in (FieldKind.ANY, FieldKind.CAPABILITY, FieldKind.TEXT)
)
"""Fields for which GET does not always return the stored value."""
_LOOSE_ELEMENTS: Final = frozenset(
    (FieldKind.ANY, FieldKind.CAPABILITY, FieldKind.TEXT, FieldKind.DATA)
)


class Model:
    """One message, after the operations of a program so far."""

    __slots__ = ("_copied_depth", "_copied_words", "_handles", "_orphans", "_root", "_types")

    def __init__(self) -> None:
        self._root: StructNode | None = None
        self._handles: list[Node | OrphanNode | None] = []
        """None is a missing handle."""
        self._types: list[Type | None] = []
        """The type that the program gives each handle; None for a missing one."""
        self._orphans: list[OrphanNode] = []
        self._copied_words = 0
        self._copied_depth = 0

    # -- expectations -----------------------------------------------------------------------------

    def expect(self, operation: Operation) -> Expectation:
        """Return what a correct encoder does with this operation next; change nothing."""
        verb, handle, place, value = operation
        if handle == NO_HANDLE:
            if verb is _CANONICAL:
                return _REFUSED if has_capabilities(self._root) else _OK
            return NULL if verb is _REOPEN and self._root is None else _OK
        node = self._handles[handle]
        if node is None:
            return _VOID
        if verb in SOURCED or verb in PLACELESS or isinstance(node, OrphanNode):
            return self._expect_more(operation, node)
        if not node.live:
            return _STALE
        if node.__class__ is StructNode:
            if place in _MEMBERS and verb is not _SELECT:
                union, member = _MEMBERS[place]
                if node.contents.get(union, 0) != member:
                    return _VOID
            if verb is _GET:
                if place in _LOOSE_PLACES:
                    kind = node.type.by_name[place].kind
                    return _answer(kind, node.contents.get(place))
                return Expectation(_VALUE, node.contents.get(place, node.blanks[place]))
        else:
            assert isinstance(node, ListNode)
            assert isinstance(place, int)
            if place >= node.count:
                return _INDEX
            if verb is _GET:
                held = self._types[handle]
                assert isinstance(held, ListType)
                if held.element in _LOOSE_ELEMENTS:
                    return _answer(held.element, node.contents.get(place))
                number = node.contents.get(place, node.blank)
                # A buffer may hold values that a Python float does not preserve on every machine.
                if held.element in FLOATS:
                    number = quiet(held.element, number)
                return Expectation(_VALUE, number)
            if verb is _OPEN and node.type.element is FieldKind.STRUCT:
                return _OK
        if verb is _OPEN:
            found = node.contents.get(place)
            if found is None:
                return NULL
            if isinstance(value, As):
                return _FOUND[opened(found, TYPES[value.type])]
        elif verb is Verb.DISOWN and place not in node.contents:
            return NULL
        return _OK

    def _expect_more(self, operation: Operation, node: Node | OrphanNode) -> Expectation:
        """Return that for verbs with a second handle or without a place, and for orphans."""
        verb, handle, place, value = operation
        if verb in SOURCED:
            assert isinstance(value, int)
            source = self._handles[value]
            if source is None:
                return _VOID
            assert not isinstance(node, OrphanNode)
            element = _struct_element(node)
            if verb is _COPY and element is None and not source.live:
                return _STALE
            complaint = self._complaint(node, place)
            if complaint is not None:
                return complaint
            if not source.live:
                return _STALE
            if isinstance(source, OrphanNode):
                return _REFUSED if contains(source.value, node) else _OK
            if not self._affordable(source):
                return _VOID
            if element is not None and not _fits(source, element):
                return _REFUSED
            return _OK
        if not node.live:
            return _STALE
        if isinstance(node, OrphanNode):
            if verb is Verb.DROP:
                return _OK
            return _FOUND[unwrapped(node.value, self._unwrapped_type(handle, value))]
        return _OK if self._affordable(node) else _VOID

    def _complaint(self, node: Node, place: Any) -> Expectation | None:
        """Return why no value can be written to this place, if so."""
        if not node.live:
            return _STALE
        if isinstance(node, ListNode):
            return _INDEX if place >= node.count else None
        if place in _MEMBERS:
            union, member = _MEMBERS[place]
            if node.contents.get(union, 0) != member:
                return _VOID
        return None

    def _unwrapped_type(self, handle: int, value: Value) -> Type:
        if isinstance(value, As):
            return TYPES[value.type]
        held = self._types[handle]
        assert isinstance(held, OrphanType)
        assert held.target is not None
        return TYPES[held.target]

    def _affordable(self, source: Node) -> bool:
        words, depth = weigh(source)
        return (
            self._copied_words + words <= MAX_COPIED_WORDS
            and self._copied_depth + depth <= MAX_COPIED_DEPTH
        )

    # -- changes
    # --------------------------------------------------------------------------------------

    def commit(self, operation: Operation) -> None:
        """Record that the encoder did it; a step that must fail or be skipped is forgotten."""
        verb, handle, place, value = operation
        if verb in _ONLY_READ:
            return
        if handle == NO_HANDLE:
            if verb is _ROOT:
                bury(self._root)
                self._root = StructNode(EVERYTHING)
            self._number(self._root, EVERYTHING)
            return
        node = self._handles[handle]
        if (
            node is None
            or not node.live
            or (isinstance(node, ListNode) and isinstance(place, int) and place >= node.count)
        ):
            self.forget(operation)
            return
        unsure = verb not in _EVERYDAY or isinstance(value, As) or place in _MEMBERS
        if unsure and self.expect(operation).kind in _FAILURES:
            self.forget(operation)
        elif verb in PLACELESS:
            self._commit_whole(operation, node)
        else:
            assert not isinstance(node, OrphanNode)
            self._commit_place(operation, node)

    def _commit_place(self, operation: Operation, node: Node) -> None:
        """Record an operation on a place of a struct or list."""
        verb, handle, place, value = operation
        contents = node.contents
        if verb is _SET:
            written: Any = value
            if place in _LOOSE_PLACES or node.type.__class__ is ListType:
                bury(contents.get(place))
                held = self._types[handle]
                assert held is not None
                if _sets_capability(held, place, value):
                    assert isinstance(value, int)
                    written = Capability(value)
            contents[place] = written
        elif verb is _CLEAR:
            bury(contents.pop(place, None))
        elif verb is _INIT:
            bury(contents.get(place))
            taken = value if isinstance(value, As) else None
            of = type_at(node.type, place) if taken is None else TYPES[taken.type]
            made = contents[place] = make(of, value if taken is None else taken.length)
            self._number(made, of)
        elif verb is _OPEN:
            found = contents.get(place)
            if isinstance(value, As):
                of = TYPES[value.type]
                if found is not None and opened(found, of) is TypeFit.SMALLER:
                    found = contents[place] = upgraded(found, of)
            else:
                of = type_at(node.type, place)
                if found is None and _struct_element(node) is not None:
                    found = contents[place] = make(of, None)
            self._number(found, of)
        elif verb is _SELECT:
            assert isinstance(node.type, StructType)
            assert isinstance(place, str)
            field = node.type.by_name[place]
            for name, (union, _) in _MEMBERS.items():
                if union == place:
                    bury(contents.pop(name, None))
            contents[place] = field.members.index(str(value))
        elif verb is Verb.FILL:
            assert isinstance(value, bytes)
            bury(contents.get(place))
            of = type_at(node.type, place)
            assert isinstance(of, ListType)
            numbers = read_numbers(of.element, value)
            filled = contents[place] = ListNode(of, len(numbers))
            filled.contents = dict(enumerate(numbers))
            self._number(filled, of)
        elif verb is Verb.DISOWN:
            taken = contents.pop(place, None)
            self._number_orphan(operation, renew(taken))
        elif verb is _ADOPT:
            assert isinstance(value, int)
            orphan = self._handles[value]
            assert isinstance(orphan, OrphanNode)
            bury(contents.get(place))
            contents[place] = orphan.value
            self._let_go(orphan)
        else:
            assert verb is _COPY
            assert isinstance(value, int)
            copied = self._copy(value)
            held_type = _struct_element(node)
            if held_type is not None:
                element = contents.get(place)
                if element is None:
                    element = contents[place] = StructNode(held_type)
                for held in element.contents.values():
                    bury(held)
                fields = element.blanks
                element.contents = {
                    name: held for name, held in copied.contents.items() if name in fields
                }
            else:
                bury(contents.get(place))
                contents[place] = copied

    def _commit_whole(self, operation: Operation, node: Node | OrphanNode) -> None:
        """Record an operation without a place."""
        verb, handle, _, value = operation
        if isinstance(node, OrphanNode):
            if verb is Verb.UNWRAP:
                assert isinstance(node.value, NODES)
                self._number(node.value, self._unwrapped_type(handle, value))
            else:
                bury(node.value)
                self._let_go(node)
        elif verb is Verb.NEW:
            self._number_orphan(operation, self._copy(handle))
        else:
            assert verb is Verb.COPY_ROOT
            copied = self._copy(handle)
            assert isinstance(copied, StructNode)
            bury(self._root)
            self._root = copied

    def _copy(self, handle: int) -> Node:
        source = self._handles[handle]
        assert isinstance(source, NODES)
        words, depth = weigh(source)
        self._copied_words += words
        self._copied_depth += depth
        return clone(source)

    def _number(self, node: Node | None, of: Type) -> None:
        self._handles.append(node)
        self._types.append(of)

    def _number_orphan(self, operation: Operation, value: Any) -> None:
        if value is None:
            self.forget(operation)
            return
        orphan = OrphanNode(value)
        self._orphans.append(orphan)
        self._handles.append(orphan)
        self._types.append(made_by(self._types[operation.handle], operation))

    def _let_go(self, orphan: OrphanNode) -> None:
        orphan.live = False
        orphan.value = None
        self._orphans.remove(orphan)

    def forget(self, operation: Operation) -> None:
        """Record that nothing changed and the handle is missing: it failed or was not asked."""
        if operation.verb in HANDLE_MAKERS:
            self._handles.append(None)
            self._types.append(None)

    # -- contents
    # -----------------------------------------------------------------------------------

    def tree(self) -> dict[str, Any] | None:
        """Return the whole message as plain values, None if it has no root. Do not change it.

        A struct is a dict with every field, also those never written; those of groups have dotted
        names. A list is a list, but one of zero-sized elements is `("count", n)`. A null pointer is
        None, a float its bits, an enum its number, a void None. The value of an AnyPointer is in
        the encoding's form: see `trees`.
        """
        return None if self._root is None else tree_of(self._root)

    @property
    def has_orphans(self) -> bool:
        """Return whether the message has words without a pointer to them that must stay."""
        return bool(self._orphans)

    def largest_object(self, operation: Operation) -> int:
        """Return the words of the largest object that the operation would make; 0 if none."""
        verb, handle, place, value = operation
        if handle == NO_HANDLE:
            return EVERYTHING.words if verb is _ROOT else 0
        node = self._handles[handle]
        if node is None or not node.live:
            return 0
        if verb is _COPY or verb is Verb.NEW or verb is Verb.COPY_ROOT:
            # The value of a copy is its source's handle: mypy does not know verbs.
            source = self._handles[value] if verb is _COPY else node  # type: ignore[index]
            return largest(source) if isinstance(source, NODES) else 0
        if isinstance(node, OrphanNode) or verb is _SELECT:
            return 0
        if verb is _OPEN and isinstance(value, As):
            found = node.contents.get(place)
            of = TYPES[value.type]
            smaller = found is not None and opened(found, of) is TypeFit.SMALLER
            return upgraded(found, of, bury_old=False).words if smaller else 0
        if isinstance(value, str):
            return (len(value.encode()) + 8) // 8
        if isinstance(value, bytes):
            return (len(value) + 7) // 8
        if verb is not _INIT:
            return 0
        if isinstance(value, As):
            return make(TYPES[value.type], value.length).words
        return make(type_at(node.type, place), value).words

    def live(self, handle: int) -> bool:
        """Return whether the handle refers to an object that exists."""
        node = self._handles[handle]
        return node is not None and node.live

    def stale(self, handle: int) -> bool:
        """Return whether the handle refers to an object that is gone."""
        node = self._handles[handle]
        return node is not None and not node.live

    def written(self, handle: int) -> tuple[Any, ...]:
        """Return the places that were written in the struct or list of the handle."""
        node = self._handles[handle]
        return tuple(node.contents) if isinstance(node, NODES) else ()

    def count(self, handle: int) -> int | None:
        """Return the length of the handle's list; None if there is none or it is not a list."""
        node = self._handles[handle]
        return node.count if isinstance(node, ListNode) and node.live else None


_ONLY_READ: Final = frozenset(
    verb for verb, kind in OPERATIONS.items() if kind.reads_only and kind.makes is Made.NOTHING
)
_EVERYDAY: Final = frozenset((_SET, _CLEAR, _INIT, _OPEN))
_FAILURES: Final = frozenset(
    (
        ExpectationKind.STALE,
        ExpectationKind.INDEX,
        ExpectationKind.REFUSED,
        ExpectationKind.VOID,
    )
)


def make(of: Type, count: Value) -> Node:
    """Return a new struct, or a list of this many elements."""
    if isinstance(of, StructType):
        return StructNode(of)
    assert isinstance(of, ListType)
    assert isinstance(count, int)
    return ListNode(of, count)


def _struct_element(node: Node) -> StructType | None:
    """Return the type of the elements of a list of structs, None for any other object."""
    if isinstance(node, StructNode) or node.type.element is not FieldKind.STRUCT:
        return None
    of = node.type.type
    assert isinstance(of, StructType)
    return of


def _answer(kind: FieldKind, held: Any) -> Expectation:
    """Return the expected result of GET on an AnyPointer or similar."""
    if kind is FieldKind.ANY:
        return Expectation(_VALUE, kind_name(held))
    if held is None:
        return NULL
    if kind is FieldKind.CAPABILITY:
        return Expectation(_VALUE, held.number)
    if kind is FieldKind.TEXT:
        text = as_text(held)
        return _REFUSED if text is None else Expectation(_VALUE, text)
    return Expectation(_VALUE, held)


def _sets_capability(held: Type, place: Any, value: Value) -> bool:
    """Return whether SET of this value writes a capability."""
    if not isinstance(value, int):
        return False
    # The target is a field or an element: an orphan, which has neither, accepts no SET.
    kind = held.by_name[place].kind if isinstance(held, StructType) else held.element  # type: ignore[union-attr]
    return kind is FieldKind.CAPABILITY or kind is FieldKind.ANY


def _fits(source: Node, of: StructType) -> bool:
    """Return whether a struct of type `of` can hold all fields of this one."""
    return all(
        name in of.by_name or (isinstance(held, int) and not held)
        for name, held in source.contents.items()
    )
