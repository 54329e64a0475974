"""Read values from text in the schema language, as the tool ``capnp`` does.

The text has the form of constants. ``to_text``, ``capnp convert binary:text`` and ``capnp eval``
print it, and ``capnp convert text:binary`` reads it. Fields have the names of the schema. Numbers
can be hexadecimal (``0x1f``) or octal (``017``). Adjacent strings are joined, and the rest of a
line after a backtick is a string, its newline included. A Data is a string or ``0x"00 ff"``. ``#``
begins a comment. If a field, or another member of its union, is set twice, the last one counts.

The tool has three mistakes that this parser does not have: integers of more than 64 bits wrap
around, ``-0`` loses its sign in a float, and the values of enums that the schema does not know,
which the tool prints as ``(77)``, are refused.

The tool also accepts the value of the first field in place of a struct. This parser does not.

The types of the fields guide the parser, so an error names the expected type and its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NoReturn

from .._words.arguments import type_name
from ..errors import ArgumentTypeError, ArgumentValueError
from .enums import Enumeration, labels_of
from .kinds import (
    CapabilityKind,
    DataKind,
    EnumKind,
    GroupKind,
    ListKind,
    ScalarKind,
    StructKind,
    TextKind,
    VoidKind,
)
from .layout import BaseKind, FieldLayout, Layout

#: The text that is skipped before a token: white space, a byte order mark, comments.
_BLANK: Final = re.compile(r"(?:[ \f\n\r\t\v\ufeff]+|#[^\n]*)*")

_TOKEN: Final = re.compile(
    r"""
    (?P<name> [A-Za-z_][A-Za-z0-9_]* )
    | (?P<octets> 0x"[\s0-9A-Fa-f]*" )
    | (?P<number>
        (?: 0x[0-9A-Fa-f]+ | (?: 0[0-7]* | [1-9][0-9]* ) (?: \.[0-9]* )? (?: [eE][+-]?[0-9]+ )? )
        (?! [A-Za-z0-9_.] )
    )
    | (?P<string> "(?: [^"\\\n] | \\[abfnrtv'"?\\] | \\x[0-9A-Fa-f]{2} | \\[0-7]{1,3} )*" )
    | (?P<line> `[^\r\n]* (?: \r\n? | \n ) )
    | (?P<sign> [][()=,-] )
    """,
    re.VERBOSE,
)

#: The part that an error shows of text that is no token.
_WRONG: Final = re.compile(r"[A-Za-z0-9_.+-]+|.", re.DOTALL)

_ESCAPE: Final = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|([0-7]{1,3})|(.))")
_LETTERS: Final = dict(zip(b"abfnrtv", b"\a\b\f\n\r\t\v", strict=True))

#: The kind of the token after the last one.
_END: Final = "end"


def value_of_text(layout: Layout, text: str | bytes) -> Any:
    """Return the value of the struct that a text describes.

    Raises:
        ArgumentTypeError: If the text is no ``str`` or ``bytes``.
        ArgumentValueError: If it is not the text of such a struct; the error has line and column.
    """
    return _TextParser(_decoded(text)).whole(layout)


def _decoded(text: Any) -> str:
    if issubclass(type(text), str):
        return str.__str__(text)
    if not issubclass(type(text), (bytes, bytearray)):
        raise ArgumentTypeError(f"the text must be a str or bytes, not {type_name(text)}")
    octets = bytes(text)
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        before = octets[: error.start].decode("utf-8")
        place = _place(before, len(before))
        raise ArgumentValueError(f"{place}: the text is not UTF-8") from error


def _place(text: str, at: int) -> str:
    line = text.count("\n", 0, at) + 1
    return f"line {line}, column {at - text.rfind(chr(10), 0, at)}"


class _TextParser:
    """The text, and the present token."""

    def __init__(self, text: str) -> None:
        self._text: Final = text
        #: Start of the token, and its end.
        self._at = 0
        self._end = 0
        #: The kind of the token: a group of ``_TOKEN``, or that of the end; and the token itself.
        self._kind: str | None = None
        self._token = ""
        self._advance()

    def _advance(self) -> None:
        """Go to the next token."""
        blank = _BLANK.match(self._text, self._end)
        assert blank is not None
        self._at = self._end = blank.end()
        if self._at == len(self._text):
            self._kind, self._token = _END, "the end of the text"
            return
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            # The caller raises the error, because it knows the expected token.
            self._kind, self._token = None, self._text[self._at]
            return
        self._kind, self._token = found.lastgroup, found[0]
        self._end = found.end()

    def _taken(self) -> str:
        """Return the token, and go to the next one."""
        token = self._token
        self._advance()
        return token

    def _error(self, sentence: str, at: int | None = None) -> NoReturn:
        place = _place(self._text, self._at if at is None else at)
        raise ArgumentValueError(f"{place}: {sentence}")

    def _expected(self, what: str) -> NoReturn:
        token = self._token
        if self._kind is None and token == '"':
            self._error("the string has no end in this line, or an escape that does not exist")
        if self._kind is None:
            token = _WRONG.findall(self._text[self._at : self._at + 30])[0]
        shown = token if self._kind == _END else repr(token[:20] + "…" * (len(token) > 20))
        self._error(f"expected {what}, not {shown}")

    def _require(self, sign: str, what: str) -> None:
        if not self._is(sign):
            self._expected(what)
        self._advance()

    def _is(self, sign: str) -> bool:
        return self._kind == "sign" and self._token == sign

    def whole(self, layout: Layout) -> Any:
        """Return the value of a text that is one struct."""
        value = self._struct(layout)
        if self._kind != _END:
            self._expected("the end of the text")
        return value

    # -- values ----------------------------------------------------------------------------------

    def _struct(self, layout: Layout) -> Any:
        """Return a struct or group: ``(name = value, …)``."""
        what = layout.owner.__qualname__
        self._require("(", f"'(' of a {what}")
        if self._is("("):
            value = self._struct(layout)
            self._require(")", "')'")
            return value
        by_label = {field.label: field for field in layout.fields}
        found: dict[str, Any] = {}
        while not self._is(")"):
            field = self._field(by_label, what)
            if field.member is not None:
                for name in layout.members:
                    found.pop(name, None)
            found[field.name] = self._value(field.kind)
            self._next(")")
        self._advance()
        return layout.made(found)

    def _field(self, by_label: dict[str, FieldLayout], what: str) -> FieldLayout:
        """Return the field whose name stands before the next value."""
        if self._kind != "name":
            self._expected(f"the name of a field of {what}, or ')'")
        field = by_label.get(self._token)
        if field is None:
            self._error(f"{what} has no field {self._token!r}")
        self._advance()
        self._require("=", "'='")
        return field

    def _next(self, closing: str) -> None:
        """Pass a comma, unless the list ends."""
        if self._is(","):
            self._advance()
        elif not self._is(closing):
            self._expected(f"',' or {closing!r}")

    def _value(self, kind: BaseKind) -> Any:
        if isinstance(kind, (GroupKind, StructKind)):
            return self._struct(kind.struct.layout())
        depth = 0
        while self._is("("):
            depth += 1
            self._advance()
        value = self._inner(kind)
        for _ in range(depth):
            self._require(")", "')'")
        return value

    def _inner(self, kind: BaseKind) -> Any:
        """Return a value that is no struct."""
        if isinstance(kind, ListKind):
            return self._list(kind)
        if isinstance(kind, EnumKind):
            return self._enum(kind)
        if isinstance(kind, ScalarKind):
            return self._number(kind) if kind.integral or kind.element.floating else self._bool()
        if isinstance(kind, VoidKind):
            return self._word("void", {"void": None})
        if isinstance(kind, (TextKind, DataKind)):
            return self._blob(isinstance(kind, TextKind))
        return self._unreadable(kind)

    def _unreadable(self, kind: BaseKind) -> NoReturn:
        what = "a capability" if isinstance(kind, CapabilityKind) else "a pointer of any kind"
        self._error(f"{what} has no text that can be read")

    def _list(self, kind: ListKind) -> list[Any]:
        self._require("[", "'[' of a list")
        items = []
        while not self._is("]"):
            items.append(self._value(kind.of))
            self._next("]")
        self._advance()
        return items

    def _word(self, what: str, words: dict[str, Any]) -> Any:
        """Return the meaning of a word."""
        if self._kind != "name" or self._token not in words:
            self._expected(what)
        return words[self._taken()]

    def _bool(self) -> bool:
        value: bool = self._word("true or false", {"true": True, "false": False})
        return value

    def _enum(self, kind: EnumKind) -> Enumeration:
        owner: Callable[[int], Enumeration] = kind.owner()
        if self._kind == "number":
            # A value that the schema does not know.
            return owner(self._number(kind))
        names = labels_of(kind.owner())
        if self._kind == "name" and self._token not in names:
            self._error(f"{kind.owner().__qualname__} has no enumerant {self._token!r}")
        what = f"an enumerant of {kind.owner().__qualname__}"
        return owner(self._word(what, {name: at for at, name in enumerate(names)}))

    def _number(self, kind: ScalarKind) -> Any:
        at = self._at
        what = f"a number ({kind.element.name})"
        sign = 1
        if self._is("-"):
            self._advance()
            sign = -1
        if kind.element.floating:
            return self._float(kind, sign, what)
        if self._kind != "number":
            self._expected(what)
        number = _integer(self._token)
        if number is None:
            self._error(f"expected an integer ({kind.element.name}), not {self._token}", at)
        self._advance()
        try:
            kind.raw(sign * number)
        except ArgumentValueError as error:
            self._error(str(error), at)
        return sign * number

    def _float(self, kind: ScalarKind, sign: int, what: str) -> float:
        if self._kind == "name" and self._token in ("inf", "nan"):
            return sign * float(self._taken())
        if self._kind != "number":
            self._expected(what)
        token = self._taken()
        codec = kind.element.codec
        try:
            # Python knows neither 0x10 nor 010 as floats.
            other_base = token[0] == "0" and _integer(token)
            value = sign * float(other_base or token)
            rounded: float = codec.unpack(codec.pack(value))[0]
        except OverflowError:
            return sign * float("inf")
        return rounded

    def _blob(self, is_text: bool) -> str | bytes:
        at = self._at
        if self._kind == "octets" and not is_text:
            octets = self._octets()
        elif self._kind in ("string", "line"):
            octets = b""
            while self._kind in ("string", "line"):
                octets += self._string()
        else:
            self._expected("a string (Text)" if is_text else 'a string or 0x"…" (Data)')
        if not is_text:
            return octets
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            self._error("the string is not UTF-8, so it is no Text", at)

    def _octets(self) -> bytes:
        digits = "".join(self._token[3:-1].split())
        if len(digits) % 2 or not re.fullmatch(r'0x"\s*(?:[0-9A-Fa-f]{2}\s*)+"', self._token):
            self._expected("two hexadecimal digits for each byte")
        self._advance()
        return bytes.fromhex(digits)

    def _string(self) -> bytes:
        is_line = self._kind == "line"
        at = self._at
        token = self._taken()
        inner = token[1:].rstrip("\r\n") + "\n" if is_line else token[1:-1]
        try:
            octets = inner.encode("utf-8")
        except UnicodeEncodeError as error:
            self._error("half of a surrogate pair is no character", at + 1 + error.start)
        return octets if is_line else _ESCAPE.sub(_unescaped, octets)


def _unescaped(escape: re.Match[bytes]) -> bytes:
    """Return the byte that an escape stands for."""
    hexadecimal, octal, letter = escape.groups()
    if hexadecimal:
        return bytes((int(hexadecimal, 16),))
    if octal:
        return bytes((int(octal, 8) & 0xFF,))
    return bytes((_LETTERS.get(letter[0], letter[0]),))


def _integer(token: str) -> int | None:
    """Return the integer of a number without a fraction or an exponent."""
    if token.startswith("0x"):
        return int(token, 16)
    if not token.isdecimal():
        return None
    # Python refuses to convert thousands of digits, and a thousand are too many for any field.
    return int(token, 8) if token[0] == "0" else int(token[:1000])
