"""The bases of generated readers and builders.

A generated reader or builder holds one handle of the low layer, and each of its properties calls
one method of that handle. So the promises of the low layer hold for generated code.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from .._build.builder import StructBuilder
from .._read.objects import StructReader
from .._words.block import Body, Copied
from .._words.exhausted import exhausted
from .._words.tree import Tree
from ..errors import ArgumentError, ArgumentTypeError, ArgumentValueError, Error
from .kinds import GroupKind, ListKind, ScalarListKind, StructKind
from .laying import fill, objects_of
from .layout import Contents, Layout, PointerTo, in_field
from .lists import amend_struct, overwrite_struct, put_pointer
from .notebook import html_of
from .opening import build, init, read, wrapped
from .plain import DICT, JSON, DictForm, json_text, plain_struct
from .properties import BuilderHandle, ReaderHandle, described
from .text import TEXT_FORM, text_of
from .values import StructValue, reader_of, without_internal

V = TypeVar("V", bound=StructValue)


class StructHandle(Generic[V]):
    """The base of generated readers and builders. ``V`` is the class of values."""

    __slots__ = ()

    _layout: Layout
    _low: Any

    @classmethod
    def _describe(cls, layout: Layout) -> None:
        """Set the layout of the struct."""
        cls._layout = layout
        described(cls, layout, generic=False)

    @abstractmethod
    def _reader(self) -> StructReader:
        """Return a reader of the struct, or of a copy of it."""

    def to_value(self) -> V:
        """Return a copy of the struct as a value."""
        try:
            value: V = self._layout.owner._from_low(self._reader(), self._layout)
            return value
        except RecursionError as error:
            raise exhausted() from error

    def to_dict(self) -> dict[str, Any]:
        """Return the struct as a dict, with the names of the schema as keys."""
        plain: dict[str, Any] = self._plain(DICT)
        return plain

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the struct as JSON, as the reference implementation writes it."""
        return json_text(self._plain(JSON), indent)

    def to_text(self) -> str:
        """Return the struct in the schema language, as ``capnp convert --short`` prints it."""
        plain = self._plain(TEXT_FORM)
        try:
            return text_of(plain)
        except RecursionError as error:
            raise exhausted() from error

    def _plain(self, form: DictForm) -> Any:
        try:
            return plain_struct(self._layout, self._reader(), form)
        except RecursionError as error:
            raise exhausted() from error

    def _unset(self, name: str) -> ArgumentValueError:
        """Return the error for a member of the union that is not set."""
        tag = self._layout.tag
        assert tag is not None
        owner: Any = self._layout.owner
        which = owner.MEMBERS.get(self._low.get_uint16(tag))
        return ArgumentValueError(
            f"{name} is not set: the union of {self._layout.owner.__qualname__} has"
            f" {which or 'a member of a newer schema'} set"
        )

    def __capnsafe_copy__(self) -> Copied:
        """Return a copy of the struct."""
        tree: Tree = self._low._tree()
        return tree

    def __repr__(self) -> str:
        """Return the class and the place of the struct. Reads no memory."""
        return f"<{type(self).__qualname__}: {self._low!r}>"

    def __dir__(self) -> list[str]:
        """Return the names of the class without those that are internal."""
        return without_internal(super().__dir__())


class GeneratedReader(ReaderHandle, StructHandle[V]):
    """The base of generated readers."""

    __slots__ = ()

    _low: StructReader

    @property
    def low_level(self) -> StructReader:
        """The reader of the low layer."""
        return self._low

    def _reader(self) -> StructReader:
        return self._low

    def _open(self, name: str) -> Any:
        """Return what a field reads as whose type has parameters, or types for them."""
        field = self._layout.by_name[name]
        kind = field.kind
        if isinstance(kind, GroupKind):
            layout = kind.struct.layout()
            return layout.opened(layout.owner.Reader, self._low)
        assert isinstance(kind, PointerTo)
        return read(kind, self._low, field.offset, field.default)

    def _repr_html_(self) -> str | None:
        """Return a table of the fields for a notebook, or ``None`` if they cannot be read.

        As with any reading, the words that are shown are charged to the traversal limit.
        """
        try:
            return html_of(self._layout, self._low)
        except (Error, RecursionError):
            return None


class GeneratedBuilder(BuilderHandle, StructHandle[V]):
    """The base of generated builders."""

    __slots__ = ()

    _low: StructBuilder

    @property
    def low_level(self) -> StructBuilder:
        """The builder of the low layer."""
        return self._low

    def _reader(self) -> StructReader:
        return reader_of(self._low._tree()).get_root()

    def set(self, value: V) -> None:
        """Write a value to the struct, all or nothing."""
        layout = self._layout
        try:
            if layout.is_group:
                layout.require(value)
                body = layout.blank()
                fill(layout, body, 0, value)
                contents = partial(layout.contents, value)
                self._amend(body, layout.bits, layout.pointers, contents)
            else:
                overwrite_struct(self._low, layout, value)
        except RecursionError as error:
            raise exhausted() from error

    def _open(self, name: str) -> Any:
        """Return the builder of a field whose type has parameters, or types for them."""
        field = self._layout.by_name[name]
        kind = field.kind
        if isinstance(kind, GroupKind):
            layout = kind.struct.layout()
            return layout.opened(layout.owner.Builder, self._low)
        assert isinstance(kind, PointerTo)
        return build(kind, self._low, field.offset, field.default)

    def _init(self, name: str, count: int = 0) -> Any:
        """Build an object of zeros in such a field, and return its builder."""
        field = self._layout.by_name[name]
        kind = field.kind
        if not isinstance(kind, (StructKind, ListKind)):
            raise ArgumentTypeError(
                f"{name} has neither a struct nor a list of a known type: assign a value instead"
            )
        if field.member is not None:
            return wrapped(kind, self._select_blank(name, count))
        return init(kind, self._low, field.offset, count)

    def _assign(self, name: str, value: Any) -> None:
        """Build the object of a pointer field from a value."""
        field = self._layout.by_name[name]
        assert isinstance(field.kind, PointerTo)
        try:
            put_pointer(self._low, field.offset, field.kind, value)
        except ArgumentError as error:
            raise in_field(error, name) from error.__cause__
        except RecursionError as error:
            raise exhausted() from error

    def _update(self, values: Mapping[str, Any]) -> None:
        """Write several fields in one step, all or nothing."""
        layout = self._layout
        try:
            numbers = layout.numbers(values)
            if numbers is not None:
                self._low._put_bits(*numbers)
                return
            bits, pointers = layout.extent(values)
            body = layout.blank()
            for name, value in values.items():
                field = layout.by_name[name]
                if field.member is not None:
                    layout.choose(name, body)
                field.kind.put(field, body, 0, value)
            by_name = layout.by_name

            def contents() -> Contents:
                return [(name, by_name[name].kind, value) for name, value in values.items()]

            self._amend(body, bits, pointers, contents)
        except RecursionError as error:
            raise exhausted() from error

    def _select(self, name: str, value: Any) -> None:
        """Set a member of the union, and clear the others, in one step."""
        layout = self._layout
        try:
            body = layout.blank()
            field = layout.choose(name, body)
            field.kind.put(field, body, 0, value)
            self._amend(body, layout.union_bits, layout.union_pointers)
        except ArgumentError as error:
            raise in_field(error, name) from error.__cause__
        except RecursionError as error:
            raise exhausted() from error

    def _select_blank(self, name: str, count: int | None = None) -> Any:
        """Set a member of the union to a zeroed object, and clear the others, in one step.

        Return the builder of the object in the low layer, or ``None`` for a group.
        """
        layout = self._layout
        body = layout.blank()
        field = layout.choose(name, body)
        kind = field.kind
        if not isinstance(kind, (StructKind, ListKind)):
            self._amend(body, layout.union_bits, layout.union_pointers)
            return None
        child = kind.blank(0 if count is None else count)
        [(word, found)], epoch = amend_struct(
            self._low,
            body,
            {field.offset: child},
            layout.union_bits,
            layout.union_pointers,
        )
        element = kind.of.element if isinstance(kind, ScalarListKind) else None
        # The handle is made here, because opening the object could fail after the message changed.
        return self._low._handle_on_new(word, found, child, element, epoch)

    def _amend(
        self,
        body: Body,
        bits: int,
        pointers: frozenset[int],
        contents: Callable[[], Contents] | None = None,
    ) -> None:
        """Replace the given bits and pointers of this struct, in one step.

        ``contents`` returns the fields of the body, for errors.
        """
        amend_struct(self._low, body, objects_of(self._layout, body, contents), bits, pointers)


class GenericReader(GeneratedReader[V]):
    """The base of readers whose struct has parameters, or is inside of a struct that has some.

    Args:
        low: The reader of the low layer.
        layout: The layout in which the parameters have types; by default they have none.
    """

    __slots__ = ("_layout",)

    _unbound: ClassVar[Layout]

    def __init__(self, low: StructReader, layout: Layout | None = None) -> None:
        super().__init__(low)
        self._layout = self._unbound if layout is None else layout

    @classmethod
    def _describe(cls, layout: Layout) -> None:
        cls._unbound = layout
        described(cls, layout, generic=True)


class GenericBuilder(GeneratedBuilder[V]):
    """The base of builders whose struct has parameters, or is inside of a struct that has some.

    Args:
        low: The builder of the low layer.
        layout: The layout in which the parameters have types; by default they have none.
    """

    __slots__ = ("_layout",)

    _unbound: ClassVar[Layout]

    def __init__(self, low: StructBuilder, layout: Layout | None = None) -> None:
        super().__init__(low)
        self._layout = self._unbound if layout is None else layout

    @classmethod
    def _describe(cls, layout: Layout) -> None:
        cls._unbound = layout
        described(cls, layout, generic=True)
