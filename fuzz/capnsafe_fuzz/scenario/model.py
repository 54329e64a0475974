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
- A handle is missing if its operation failed or was skipped, or found null. Missing handles are
  checked first, then staleness, then indices: a stale list does not show its length. With a second
  handle, the place is checked before that handle is; but a copy to a pointer checks first whether
  the second handle is stale.
- Elements of struct lists exist from the start; elements of pointer lists start as null.
- A list of no elements, an empty text and an empty struct are not null. A list or struct without
  words lies in its pointer: when the pointer moves, it moves, and handles to it are stale.
- A disowned object stays, with all below it, but handles to them are stale: the orphan gives new
  ones. An orphan is stale once it was adopted or dropped. It survives a new root.
- A copy into an element of a list of structs leaves the element in its place: handles to it stay
  valid, those to its old children are stale.
- An object that is opened as a larger type of its kind is upgraded and moves. Handles to it are
  stale, handles to its children stay valid.
- A list of structs that is opened as a list of numbers or pointers shows the first fields of the
  structs, and writes them in their place. All handles to it stay valid. Copies and sizes are those
  of the numbers alone, or of the structs with the pointers. It cannot be lent.
- Opening an object as another kind is refused. So are an orphan's adoption by a part of itself, and
  a canonical form with capabilities.

Some operations are skipped although their handles are not missing:

- operations on a member of a union that is not selected, because nothing is promised there;
- opening an orphan as an object without words, for the same reason;
- copies of a list whose elements have other types than its handle says, for the same reason;
- copies of a list of structs that was opened as one of pointers, to a place whose schema has a list
  of pointers: the copy is a list of structs;
- copies that would make a message larger or deeper than an execution can handle.

With ``by_value``, the model is that of an API that copies objects through values of a schema (the
module `by_value`). In that API, a stale source is reported before all other mistakes, and an empty
text that is set to a member of a union becomes null, as in a value.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, NamedTuple

from .by_value import copies_value, value_of
from .nodes import (
    DEFAULTS,
    NODES,
    Capability,
    FirstFields,
    ListNode,
    Node,
    OrphanNode,
    StructNode,
    clone,
    contains,
    copied_from,
    has_capabilities,
    largest,
    measure,
    renew,
    retire,
    weigh,
)
from .operations import HANDLE_MAKERS, OPERATIONS, PLACELESS, SOURCED, Made, Verb
from .program import MAX_INDEX, NO_HANDLE, As, Operation, Value, made_by, place_of, quiet, type_at
from .schema import (
    DYNAMIC,
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
from .trees import ZERO_SIZED, raw_of, tree_of
from .versions import (
    TypeFit,
    as_text,
    handle_on,
    holds,
    is_of_kind,
    joined,
    kind_name,
    length_of,
    moved_into,
    opened,
    read_numbers,
    resized,
    unwrapped,
    upgraded,
)

__all__ = ["NULL", "VOID", "ZERO_SIZED", "Capability", "Expectation", "ExpectationKind", "Model"]

MAX_COPIED_WORDS: Final = 1 << 13
"""The most words that all copies of a program may have together: copies of copies grow fast."""
MAX_COPIED_DEPTH: Final = 64


class ExpectationKind(Enum):
    """The result of an operation with a correct encoder."""

    OK = "ok"
    """It succeeds; if it makes a handle, the handle has an object."""
    VALUE = "value"
    """It succeeds and returns the value: for GET the contents, for opening null None."""
    STALE = "stale"
    """It raises, because the handle's object is gone."""
    INDEX = "index"
    """It raises, because the index is past the end."""
    REFUSED = "refused"
    """It raises, because the request is impossible, such as opening a struct as a list."""
    VOID = "void"
    """It is skipped: a handle is missing, or its result is unspecified or too large."""


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
VOID: Final = Expectation(ExpectationKind.VOID)
"""The result of an operation that is skipped."""
_VALUE: Final = ExpectationKind.VALUE
_FOUND: Final = {
    TypeFit.NULL: NULL,
    TypeFit.SAME: _OK,
    TypeFit.SMALLER: _OK,
    TypeFit.OTHER: _REFUSED,
    TypeFit.UNPROMISED: VOID,
}

# Enum members cost an attribute look-up each time.
_ROOT, _REOPEN = Verb.ROOT, Verb.REOPEN
_SET, _GET, _INIT, _OPEN, _CLEAR = Verb.SET, Verb.GET, Verb.INIT, Verb.OPEN, Verb.CLEAR
_SELECT, _COPY, _ADOPT, _CANONICAL = Verb.SELECT, Verb.COPY, Verb.ADOPT, Verb.CANONICAL
_JOIN, _ENSURE = Verb.JOIN, Verb.ENSURE
_RESIZES: Final = frozenset((Verb.TRUNCATE, Verb.EXTEND))
_CAN_BE_NULL: Final = frozenset((_REOPEN, Verb.RESUME))
_CANONICAL_FORMS: Final = frozenset((_CANONICAL, Verb.READ))

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
    if field.kind in (FieldKind.ANY, FieldKind.CAPABILITY, FieldKind.TEXT, FieldKind.DATA)
)
"""Fields for which GET does not always return the stored value."""
_LOOSE_ELEMENTS: Final = frozenset(
    (FieldKind.ANY, FieldKind.CAPABILITY, FieldKind.TEXT, FieldKind.DATA)
)


class Model:
    """One message, after the operations of a program so far."""

    __slots__ = (
        "_by_value",
        "_copied_depth",
        "_copied_words",
        "_handles",
        "_orphans",
        "_root",
        "_types",
    )

    def __init__(self, *, by_value: bool = False) -> None:
        self._by_value = by_value
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
        """Return the result of a correct encoder for this operation; change nothing."""
        verb, handle, place, value = operation
        if handle == NO_HANDLE:
            if verb in _CANONICAL_FORMS:
                return _REFUSED if has_capabilities(self._root) else _OK
            return NULL if verb in _CAN_BE_NULL and self._root is None else _OK
        node = self._handles[handle]
        if node is None:
            return VOID
        if verb in SOURCED or verb in PLACELESS or isinstance(node, OrphanNode):
            return self._expect_more(operation, node)
        if not node.live:
            return _STALE
        if node.__class__ is StructNode:
            if place in _MEMBERS and verb is not _SELECT:
                union, member = _MEMBERS[place]
                if node.contents.get(union, 0) != member:
                    return VOID
            if verb is _GET:
                if place in _LOOSE_PLACES:
                    kind = node.type.by_name[place].kind
                    return _answer(kind, node.contents.get(place, DEFAULTS.get(place)))
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
        elif verb is Verb.DISOWN:
            if place not in node.contents:
                return NULL
            held = self._types[handle]
            assert held is not None
            if not is_of_kind(node.contents[place], place_of(held, place)[0]):
                # The orphan would be taken for another object.
                return VOID
        return _OK

    def _expect_more(self, operation: Operation, node: Node | OrphanNode) -> Expectation:
        """Return the result of verbs with a second handle or without a place, and on orphans."""
        verb, handle, place, value = operation
        if verb in SOURCED:
            assert isinstance(value, int)
            source = self._handles[value]
            if source is None:
                return VOID
            assert not isinstance(node, OrphanNode)
            if verb is _JOIN:
                assert not isinstance(source, OrphanNode)
                if not (node.live and source.live):
                    return _STALE
                both = (
                    self._copied(operation, handle, node),
                    self._copied(operation, value, source),
                )
                return VOID if None in both else _OK
            if verb is _ENSURE:
                return self._expect_ensured(operation, node, source)
            element = _struct_element(node)
            no_item = isinstance(source, ListNode) and source.count == 0
            if self._by_value and no_item and not source.live:
                # If no item of a list is read, nothing notices that the list is stale.
                return VOID
            if verb is _COPY and (element is None or self._by_value) and not source.live:
                return _STALE
            complaint = self._complaint(node, place)
            if complaint is not None:
                if verb is _COPY and self._by_value:
                    assert not isinstance(source, OrphanNode)
                    # The value is read first, which may fail.
                    return VOID if self._original(operation, value, source) is None else complaint
                return complaint
            if not source.live:
                return _STALE
            if isinstance(source, OrphanNode):
                whole = node.structs if isinstance(node, FirstFields) else node
                return _REFUSED if contains(source.value, whole) else _OK
            copied = self._copied(operation, value, source)
            if copied is None:
                return VOID
            if element is not None and not _fits(copied, element):
                return _REFUSED
            return _OK
        if verb is Verb.LEND and isinstance(node, FirstFields):
            # Other fields lie between the numbers.
            return _REFUSED
        if not node.live:
            return _STALE
        if isinstance(node, OrphanNode):
            if verb is Verb.DROP:
                return _OK
            if verb in _RESIZES:
                assert isinstance(value, int)
                longer = value - length_of(node.value)
                if longer and (longer > 0) is not (verb is Verb.EXTEND):
                    return _REFUSED
                return VOID if resized(node.value, value) is None else _OK
            return _FOUND[unwrapped(node.value, self._unwrapped_type(handle, value))]
        if verb is Verb.SIZE:
            return Expectation(_VALUE, measure(copied_from(node))[0])
        if verb is Verb.LEND:
            return _OK
        return VOID if self._copied(operation, handle, node) is None else _OK

    def _expect_ensured(
        self, operation: Operation, node: Node, source: Node | OrphanNode
    ) -> Expectation:
        """Return the expected result of ENSURE: open an object, or a copy of the default."""
        complaint = self._complaint(node, operation.place)
        if complaint is not None:
            return complaint
        if node.contents.get(operation.place) is not None:
            return _OK
        if not source.live:
            return _STALE
        assert isinstance(operation.value, int)
        assert not isinstance(source, OrphanNode)
        copied = self._copied(operation, operation.value, source)
        return VOID if copied is None else _OK

    def _complaint(self, node: Node, place: Any) -> Expectation | None:
        """Return why no value can be written to this place, if so."""
        if not node.live:
            return _STALE
        if isinstance(node, ListNode):
            return _INDEX if place >= node.count else None
        if place in _MEMBERS:
            union, member = _MEMBERS[place]
            if node.contents.get(union, 0) != member:
                return VOID
        return None

    def _unwrapped_type(self, handle: int, value: Value) -> Type:
        if isinstance(value, As):
            return TYPES[value.type]
        held = self._types[handle]
        assert isinstance(held, OrphanType)
        assert held.target is not None
        return TYPES[held.target]

    def _copied(self, operation: Operation, handle: int, source: Node) -> Node | None:
        """Return the object that a copy operation puts into place: the original, or by value.

        Return None if the copy is too large, or if elements of the original have other types than
        its handle says: the schema may require these types at the place of the copy.
        """
        of = self._types[handle]
        assert of is not None
        words, depth = weigh(copied_from(source))
        if (
            not (self._copies_value(operation, of) or self._accepts(operation, source))
            or not holds(source, of)
            or self._copied_words + words > MAX_COPIED_WORDS
            or self._copied_depth + depth > MAX_COPIED_DEPTH
        ):
            return None
        return self._original(operation, handle, source)

    def _accepts(self, operation: Operation, source: Node) -> bool:
        """Return whether the schema accepts a copy of the object at the place of the copy."""
        if not isinstance(source, FirstFields) or not source.of_pointers:
            return True
        # The copy has the structs.
        held = self._types[operation.handle]
        assert held is not None
        return operation.verb is _COPY and place_of(held, operation.place)[0] in DYNAMIC

    def _copies_value(self, operation: Operation, of: Type) -> bool:
        held = self._types[operation.handle]
        assert held is not None
        return self._by_value and copies_value(held, operation, of)

    def _original(self, operation: Operation, handle: int, source: Node) -> Node | None:
        """Return the object itself or, by value, a new one; None if its value is not specified."""
        of = self._types[handle]
        assert of is not None
        return value_of(source, of) if self._copies_value(operation, of) else copied_from(source)

    # -- changes ----------------------------------------------------------------------------------

    def commit(self, operation: Operation) -> None:
        """Record that the encoder did it; forget an operation that must fail or be skipped."""
        verb, handle, place, value = operation
        if verb in _ONLY_READ:
            return
        if handle == NO_HANDLE:
            if verb is _ROOT:
                retire(self._root)
                self._root = StructNode(EVERYTHING)
            elif verb is Verb.RESUME:
                self.forget_handles()
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
        if verb is _SET or verb is Verb.STRIDE:
            written: Any = value
            if place in _LOOSE_PLACES or node.type.__class__ is ListType:
                retire(contents.get(place))
                held = self._types[handle]
                assert held is not None
                if _sets_capability(held, place, value):
                    assert isinstance(value, int)
                    written = Capability(value)
            if self._by_value and value == "" and _is_member(place):
                contents.pop(place, None)
            else:
                contents[place] = written
        elif verb is _CLEAR:
            retire(contents.pop(place, None))
        elif verb is _INIT:
            retire(contents.get(place))
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
                found = handle_on(found, of)
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
                    retire(contents.pop(name, None))
            contents[place] = field.members.index(str(value))
        elif verb is Verb.FILL or verb is Verb.CAST:
            assert isinstance(value, bytes)
            retire(contents.get(place))
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
            retire(contents.get(place))
            contents[place] = orphan.value
            self._let_go(orphan)
        elif verb is _ENSURE:
            assert isinstance(value, int)
            if contents.get(place) is None:
                contents[place] = self._copy(operation, value)
            self._number(contents[place], type_at(node.type, place))
        else:
            assert verb is _COPY
            assert isinstance(value, int)
            copied = self._copy(operation, value)
            held_type = _struct_element(node)
            if held_type is not None:
                element = contents.get(place)
                if element is None:
                    element = contents[place] = StructNode(held_type)
                for held in element.contents.values():
                    retire(held)
                fields = element.blanks
                element.contents = {
                    name: held for name, held in copied.contents.items() if name in fields
                }
            else:
                retire(contents.get(place))
                contents[place] = copied

    def _commit_whole(self, operation: Operation, node: Node | OrphanNode) -> None:
        """Record an operation without a place."""
        verb, handle, _, value = operation
        if isinstance(node, OrphanNode):
            if verb in _RESIZES:
                assert isinstance(value, int)
                made = resized(node.value, value)
                if isinstance(made, ListNode):
                    moved_into(made, node.value)
                node.value = made
            elif verb is Verb.UNWRAP:
                of = self._unwrapped_type(handle, value)
                if opened(node.value, of) is TypeFit.SMALLER:
                    node.value = upgraded(node.value, of)
                assert isinstance(node.value, NODES)
                self._number(handle_on(node.value, of), of)
            else:
                retire(node.value)
                self._let_go(node)
        elif verb is Verb.NEW:
            self._number_orphan(operation, self._copy(operation, handle))
        elif verb is _JOIN:
            assert isinstance(value, int)
            one, other = self._copy(operation, handle), self._copy(operation, value)
            assert isinstance(one, ListNode)
            assert isinstance(other, ListNode)
            self._number_orphan(operation, joined(one, other))
        elif verb is Verb.LEND:
            assert isinstance(node, ListNode)
            assert isinstance(value, bytes)
            numbers = read_numbers(node.type.element, value)
            node.contents.update(enumerate(numbers[: node.count]))
        else:
            assert verb is Verb.COPY_ROOT
            copied = self._copy(operation, handle)
            assert isinstance(copied, StructNode)
            retire(self._root)
            self._root = copied

    def _copy(self, operation: Operation, handle: int) -> Node:
        source = self._handles[handle]
        assert isinstance(source, NODES)
        words, depth = weigh(copied_from(source))
        copied = self._original(operation, handle, source)
        assert copied is not None
        self._copied_words += words
        self._copied_depth += depth
        return clone(copied)

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

    def forget_handles(self) -> None:
        """Forget all handles: a new builder continues the message."""
        self._handles = [None] * len(self._handles)
        self._types = [None] * len(self._types)

    def forget(self, operation: Operation) -> None:
        """Record that the operation failed or was skipped: a handle that it makes is missing."""
        if operation.verb in HANDLE_MAKERS:
            self._handles.append(None)
            self._types.append(None)

    # -- contents ---------------------------------------------------------------------------------

    def tree(self) -> dict[str, Any] | None:
        """Return the whole message as plain values, None if it has no root. Do not change it.

        A struct is a dict with every field, also those never written; those of groups have dotted
        names. A list is a list, but one of zero-sized elements is `("count", n)`. A null pointer is
        None, a float its bits, an enum its number, a void None. The value of an AnyPointer is in
        the encoding's form: see `trees`.
        """
        return None if self._root is None else tree_of(self._root)

    @property
    def root(self) -> StructNode | None:
        """Return the root, None if there is none. Do not change it."""
        return self._root

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
            number = _source_of(operation)
            source = self._handles[number]
            if not isinstance(source, NODES):
                return 0
            return largest(self._copied(operation, number, source) or source)
        if verb is _JOIN or verb is _ENSURE or verb is Verb.EXTEND or verb is Verb.LEND:
            return self._largest_of_more(operation, node)
        if isinstance(node, OrphanNode):
            return self._words_of_larger(node.value, value) if verb is Verb.UNWRAP else 0
        if verb is _SELECT:
            return 0
        if verb is _OPEN and isinstance(value, As):
            return self._words_of_larger(node.contents.get(place), value)
        if isinstance(value, str):
            return (len(value.encode()) + 8) // 8
        if isinstance(value, bytes):
            return (len(value) + 7) // 8
        if verb is not _INIT:
            return 0
        if isinstance(value, As):
            return make(TYPES[value.type], value.length).words
        return make(type_at(node.type, place), value).words

    def _words_of_larger(self, found: Any, value: Value) -> int:
        """Return the words of an object of an older version after it is opened; 0 for others."""
        of = TYPES[value.type] if isinstance(value, As) else None
        if found is None or of is None or opened(found, of) is not TypeFit.SMALLER:
            return 0
        return upgraded(found, of, retire_old=False).words

    def _largest_of_more(self, operation: Operation, node: Node | OrphanNode) -> int:
        """Return the words of the largest object that JOIN, ENSURE, EXTEND or LEND makes."""
        verb, _, place, value = operation
        assert isinstance(value, int | bytes)
        if verb is Verb.LEND:
            return 0
        if verb is Verb.EXTEND:
            assert isinstance(node, OrphanNode)
            if isinstance(node.value, ListNode):
                return ListNode(node.value.type, int(value)).words
            return int(value) // 8 + 1
        source = self._handles[int(value)]
        if not isinstance(source, NODES):
            return 0
        if verb is _JOIN:
            assert isinstance(node, ListNode)
            assert isinstance(source, ListNode)
            wider = max(node.type, source.type, key=lambda of: ListNode(of, 1).words)
            return max(largest(node), ListNode(wider, node.count + source.count).words)
        assert not isinstance(node, OrphanNode)
        return largest(source) if node.contents.get(place) is None else 0

    def needed_words(self, operation: Operation) -> tuple[int, int]:
        """Return the words of all objects that the operation makes, and the most landing pads."""
        verb, handle, _, value = operation
        if handle == NO_HANDLE:
            return (EVERYTHING.words, 1) if verb is _ROOT else (0, 0)
        node = self._handles[handle]
        if verb is _COPY or verb is Verb.NEW or verb is Verb.COPY_ROOT:
            number = _source_of(operation)
            source = self._handles[number]
            if not isinstance(source, NODES):
                return 0, 0
            source = self._original(operation, number, source) or source
            words, objects = measure(source)
            if verb is _COPY and isinstance(node, ListNode) and _struct_element(node) is not None:
                return words - source.words, objects - 1
            return words, objects
        if verb is _ENSURE:
            assert isinstance(value, int)
            source = self._handles[value]
            is_copied = isinstance(source, NODES) and self.largest_object(operation) > 0
            return measure(source) if is_copied and isinstance(source, NODES) else (0, 0)
        if verb is _JOIN:
            assert isinstance(value, int)
            return self._needed_to_join(node, self._handles[value])
        words = self.largest_object(operation)
        if verb is Verb.EXTEND:
            return words, 1 + words
        if (verb is _OPEN or verb is Verb.UNWRAP) and words:
            # The pointers of an object that moves may each need a landing pad.
            return words, 1 + words
        return words, 1

    def _needed_to_join(self, *lists: Node | OrphanNode | None) -> tuple[int, int]:
        wider = 1
        words, objects = 0, 0
        for one in lists:
            assert isinstance(one, ListNode)
            step = ListNode(one.type, 1).words
            if one.type.element is FieldKind.STRUCT:
                wider = max(wider, step - 1)
            below, number = measure(one)
            words += below - one.words
            objects += number
        count = sum(one.count for one in lists if isinstance(one, ListNode))
        first = lists[0]
        assert isinstance(first, ListNode)
        if first.type.element is FieldKind.STRUCT:
            return words + 1 + count * wider, objects
        return words + ListNode(first.type, count).words, objects

    def copied_object(self, operation: Operation) -> Any:
        """Return the object that an operation copies as a whole, in the encoding's form.

        Return None if the operation copies no object, or one with capabilities or without words.
        """
        verb, handle, *_ = operation
        node = self._handles[handle] if handle != NO_HANDLE else None
        if verb is _COPY:
            if isinstance(node, ListNode) and _struct_element(node) is not None:
                return None
            handle = _source_of(operation)
            node = self._handles[handle]
        elif verb is not Verb.NEW and verb is not Verb.COPY_ROOT:
            return None
        if not isinstance(node, NODES):
            return None
        seen = copied_from(node)
        if not seen.words or has_capabilities(seen):
            return None
        return raw_of(self._original(operation, handle, node))

    def live(self, handle: int) -> bool:
        """Return whether the handle refers to an object that exists."""
        node = self._handles[handle]
        return node is not None and node.live

    def stale(self, handle: int) -> bool:
        """Return whether the handle refers to an object that is gone."""
        node = self._handles[handle]
        return node is not None and not node.live

    def written(self, handle: int) -> tuple[Any, ...]:
        """Return the places of the handle's struct or list that were written.

        Places that no operation can name are left out.
        """
        node = self._handles[handle]
        if isinstance(node, ListNode):
            return tuple(place for place in node.contents if place <= MAX_INDEX)
        return tuple(node.contents) if isinstance(node, StructNode) else ()

    def value_at(self, handle: int, place: Any) -> Any:
        """Return the value of a pointer, or of an orphan if there is no place; None for null."""
        node = self._handles[handle]
        if node is None or not node.live:
            return None
        return node.value if isinstance(node, OrphanNode) else node.contents.get(place)

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


def _is_member(place: Any) -> bool:
    """Return whether the place is a whole member of a union, and not a field of a member."""
    union, _ = _MEMBERS.get(place, (None, 0))
    return union is not None and "." not in place.removeprefix(f"{union}.")


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


def _source_of(operation: Operation) -> int:
    """Return the handle of the object that a copying operation copies."""
    if operation.verb is not _COPY:
        return operation.handle
    assert isinstance(operation.value, int)
    return operation.value


def _sets_capability(held: Type, place: Any, value: Value) -> bool:
    """Return whether SET of this value writes a capability."""
    if not isinstance(value, int):
        return False
    # An orphan has neither fields nor elements, and accepts no SET.
    assert isinstance(held, StructType | ListType)
    kind = held.by_name[place].kind if isinstance(held, StructType) else held.element
    return kind is FieldKind.CAPABILITY or kind is FieldKind.ANY


def _fits(source: Node, of: StructType) -> bool:
    """Return whether a struct of type `of` can hold all fields of this one."""
    return all(
        name in of.by_name or (isinstance(held, int) and not held)
        for name, held in source.contents.items()
    )
