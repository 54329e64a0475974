"""Values: the structs of a schema as ordinary Python objects.

The class of a value is a generated dataclass. One call builds a value in a message, all or nothing,
and one call reads it. Values are compared by their fields, copied and pickled like other objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final, Self, SupportsIndex

from .._build.message import MessageBuilder
from .._read.objects import StructReader
from .._read.reader import NESTING_LIMIT, TRAVERSAL_LIMIT_WORDS, MessageReader
from .._stream.framing import SEGMENT_LIMIT, frame
from .._stream.messages import read_message
from .._stream.sources import Source
from .._words.block import Block, Copied
from .._words.exhausted import exhausted
from ..allocator import Allocator
from ..errors import ArgumentValueError, Error
from ..wire import MAX_SEGMENT_WORDS
from .copying import deep_copy, is_generated, parts_of, shallow_copy, whole
from .laying import block_of_value, flat_words
from .layout import Layout, read_value
from .notebook import html_of
from .plain import DICT, JSON, DictForm, json_text, parsed_json, plain_struct, value_from
from .text import TEXT_FORM, text_of
from .text_parser import value_of_text
from .unset import UNSET


def without_internal(names: Iterable[str]) -> list[str]:
    """Return the names that do not begin with one underscore."""
    return [name for name in names if name[:1] != "_" or name[:2] == "__"]


def _differs(value: Any, default: Any) -> bool:
    """Return whether a field has to be shown. ``-0.0`` equals the default 0.0, but is none."""
    return bool(value != default) or repr(value) != repr(default)


class StructValue:
    """The base of generated values: those of structs and of groups."""

    _layout: ClassVar[Layout]

    def __capnsafe_copy__(self) -> Block:
        """Return the struct, laid out in private bytes."""
        try:
            return block_of_value(self._own_layout(), self)
        except RecursionError as error:
            raise exhausted() from error

    def _own_layout(self) -> Layout:
        """Return the layout of this value."""
        return self._layout

    @classmethod
    def _from_low(cls, low: StructReader, layout: Layout) -> Self:
        """Return the value of a struct."""
        value = cls.__new__(cls)
        read_value(layout, low, value)
        return value

    @classmethod
    def from_bytes(
        cls,
        source: Source,
        *,
        packed: bool = False,
        max_segments: SupportsIndex = SEGMENT_LIMIT,
        max_words: SupportsIndex | None = None,
        traversal_limit_words: SupportsIndex = TRAVERSAL_LIMIT_WORDS,
        nesting_limit: SupportsIndex = NESTING_LIMIT,
    ) -> Self:
        """Return the value of the root of a message: bytes, a file or a socket.

        The options are those of ``read_message``.
        """
        message = read_message(
            source,
            packed=packed,
            max_segments=max_segments,
            max_words=max_words,
            traversal_limit_words=traversal_limit_words,
            nesting_limit=nesting_limit,
        )
        return cls.from_message(message)

    @classmethod
    def from_message(cls, message: MessageReader) -> Self:
        """Return the value of the root of a message."""
        try:
            return cls._from_low(message.get_root(), cls._layout)
        except RecursionError as error:
            raise exhausted() from error

    def to_bytes(self, allocator: Allocator | None = None, *, packed: bool = False) -> bytes:
        """Build a message of this value, and return it with stream framing.

        Args:
            allocator: The owner of the memory, by default a new ``HeapAllocator``.
            packed: Whether to pack the message.
        """
        with MessageBuilder(allocator) as message:
            message.set_root(self)
            return frame(message.segments(), packed=True) if packed else message.to_bytes()

    def to_dict(self) -> dict[str, Any]:
        """Return the value as a dict, with the names of the schema as keys."""
        plain: dict[str, Any] = self._plain(DICT)
        return plain

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the value as JSON, as the reference implementation writes it."""
        return json_text(self._plain(JSON), indent)

    def to_text(self) -> str:
        """Return the value in the schema language, as ``capnp convert --short`` prints it."""
        plain = self._plain(TEXT_FORM)
        try:
            return text_of(plain)
        except RecursionError as error:
            raise exhausted() from error

    def _plain(self, form: DictForm) -> Any:
        layout = self._own_layout()
        try:
            low = reader_of(self.__capnsafe_copy__()).get_root()
            return plain_struct(layout, low, form)
        except RecursionError as error:
            raise exhausted() from error

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Self:
        """Return the value that a dict describes, as ``to_dict`` returns it."""
        return cls._from_plain(plain, as_json=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return the value that a JSON text describes, as ``to_json`` returns it."""
        try:
            return cls._from_plain(parsed_json(text), as_json=True)
        except RecursionError as error:
            raise exhausted() from error

    @classmethod
    def from_text(cls, text: str | bytes) -> Self:
        """Return the value that a text in the schema language describes.

        ``to_text`` returns such a text, and the tool ``capnp`` prints and reads it.

        Raises:
            ArgumentValueError: If it is not the text of such a struct. The error says the line and
                the column.
        """
        try:
            value: Self = value_of_text(cls._layout, text)
            return value
        except RecursionError as error:
            raise exhausted() from error

    @classmethod
    def _from_plain(cls, plain: Any, *, as_json: bool) -> Self:
        try:
            value: Self = value_from(cls._layout, plain, as_json)
            return value
        except RecursionError as error:
            raise exhausted() from error

    def _shown(self) -> list[str]:
        """Return the names of the fields that ``repr`` shows: those that are not the default."""
        return [
            field.name
            for field in self._layout.singles
            if _differs(getattr(self, field.name), field.initial())
        ]

    def __repr__(self) -> str:
        """Return an expression that makes the value. Fields with their default are left out."""
        try:
            shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown())
        except RecursionError as error:
            raise exhausted() from error
        return f"{type(self).__qualname__}({shown})"

    def _repr_html_(self) -> str | None:
        """Return a table of the fields for a notebook, or ``None`` if the value cannot be built."""
        try:
            return html_of(self._own_layout(), reader_of(self.__capnsafe_copy__()).get_root())
        except (Error, RecursionError):
            return None

    def __dir__(self) -> list[str]:
        """Return the names of the class without those that are internal."""
        return without_internal(super().__dir__())

    def __copy__(self) -> Self:
        """Return a copy whose fields are the same objects."""
        copied: Self = shallow_copy(self)
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a copy that shares nothing which can change. The value may be of any depth."""
        try:
            copied: Self = deep_copy(self, memo)
            return copied
        except RecursionError as error:
            raise exhausted() from error

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        """Return the parts of the value for a pickle. The value may be of any depth."""
        if not is_generated(self):
            return super().__reduce_ex__(protocol)
        try:
            return whole, (parts_of(self),)
        except RecursionError as error:
            raise exhausted() from error

    def __eq__(self, other: object) -> bool:
        """Return whether all fields are equal."""
        if type(other) is not type(self):
            return NotImplemented
        try:
            return self.__dict__ == other.__dict__
        except RecursionError as error:
            raise exhausted() from error


class GenericValue(StructValue):
    """The base of values whose struct has parameters, or is inside of a struct that has some.

    A value that was read from a field knows the types that the schema gives to the parameters.
    """

    # Python sets ``__orig_class__`` if the value is made by ``Box[str](…)``.
    __slots__ = ("__orig_class__", "_bound")

    _bound: Layout | None

    def _own_layout(self) -> Layout:
        """Return the layout in which parameters have their types, as far as they are known."""
        return getattr(self, "_bound", None) or self._layout


class UnionValue(StructValue):
    """The base of values that have an unnamed union. Exactly one member of the union is set."""

    #: The names of the members in Python, by the values of the discriminant.
    MEMBERS: ClassVar[dict[int, Any]]

    def __post_init__(self) -> None:
        """If no member of the union was given, set the one with the discriminant 0."""
        if self._member() < 0:
            field = self._layout.by_tag[0]
            self.__dict__[field.name] = field.initial()

    def __setattr__(self, name: str, value: object) -> None:
        """Set a field. Setting a member of the union unsets the others."""
        fields = self.__dict__
        members = self._layout.members
        if name in members and value is not UNSET:
            # While the constructor runs, some members are not there yet. It sets each once, so a
            # second member that is set is a mistake of the caller.
            complete = all(other in fields for other in members)
            for other in members:
                if other != name and fields.get(other, UNSET) is not UNSET:
                    if not complete:
                        raise ArgumentValueError(
                            f"only one member of the union can be set, not {other} and {name};"
                            " dataclasses.replace needs UNSET for the one that was set before"
                        )
                    fields[other] = UNSET
        if name in self._layout.by_name:
            fields[name] = value
        else:
            super().__setattr__(name, value)

    def _member(self) -> int:
        """Return the discriminant of the member that is set.

        It is -1 if none is set: the value was read from a message of a newer schema, which sets a
        member that this schema does not have. Such a value cannot be built.
        """
        fields = self.__dict__
        for name, field in self._layout.members.items():
            if fields[name] is not UNSET:
                return field.member or 0
        return -1

    def _shown(self) -> list[str]:
        """Return the names of the fields that ``repr`` shows, the member that is set included."""
        field = self._layout.by_tag.get(self._member())
        return super()._shown() if field is None else [*super()._shown(), field.name]


def own_reader(words: bytes) -> MessageReader:
    """Return a reader of words that this package has made, without limits."""
    return MessageReader([words], traversal_limit_words=1 << 64, nesting_limit=MAX_SEGMENT_WORDS)


#: The most elements without size that are copied from a message that is being built: memory that
#: somebody else changed may have a list of half a billion.
MOST_WITHOUT_SIZE: Final = 1 << 18


def reader_of(copied: Copied) -> MessageReader:
    """Return a reader of a message whose root is ``copied``, to be read once."""
    words = flat_words(copied)
    # An element without size is charged as a word.
    limit = len(words) + MOST_WITHOUT_SIZE
    return MessageReader([words], traversal_limit_words=limit, nesting_limit=MAX_SEGMENT_WORDS)
