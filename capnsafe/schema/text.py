"""Values as text in the schema language, on one line.

``capnp convert --short binary:text`` prints a message in this form. The schema language uses it for
constants: ``(id = 123, name = "Alice", phones = [(number = "555-1212", type = mobile)])``.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ..wire import Element
from .any_kinds import AnyKind
from .kinds import CapabilityKind, EnumKind, ScalarKind
from .layout import BaseKind, PointerTo
from .plain import DictForm

_ESCAPES: Final = {
    **{code: f"\\{code:03o}" for code in (*range(0x20), *range(0x7F, 0x100))},
    **{ord(letter): f"\\{name}" for letter, name in zip("\a\b\f\n\r\t\v", "abfnrtv", strict=True)},
    **{ord(letter): f"\\{letter}" for letter in "\"'\\\\"},
}


#: The least normal Float32.
_LEAST_NORMAL: Final = 2.0**-126


class Verbatim(str):
    """A finished piece of the text, which is neither quoted nor escaped again."""


class TextForm(DictForm):
    """The form of the schema language."""

    shows_first = False

    def scalar(self, kind: BaseKind, value: Any) -> Any:
        """Return the text of a number, Bool, enum or Void."""
        if isinstance(kind, EnumKind):
            return Verbatim(f"({int(value)})" if value.label is None else value.label)
        if isinstance(kind, ScalarKind) and kind.element.floating:
            return Verbatim(_float_text(kind.element, value))
        if value is None:
            return Verbatim("void")
        return Verbatim(str(value).lower())

    def pointer(self, kind: PointerTo, value: Any) -> Any:
        """Return a Text or a Data in quotes."""
        if isinstance(kind, CapabilityKind):
            return Verbatim("<external capability>")
        if isinstance(kind, AnyKind):
            return Verbatim("<opaque pointer>")
        if isinstance(value, bytes):
            return Verbatim(f'"{value.decode("latin-1").translate(_ESCAPES)}"')
        octets = value.encode("utf-8", "surrogatepass").decode("latin-1")
        escaped = octets.translate({code: to for code, to in _ESCAPES.items() if code < 0x80})
        return Verbatim(f'"{escaped.encode("latin-1").decode("utf-8", "surrogatepass")}"')


TEXT_FORM: Final = TextForm()


def _float_text(element: Element, value: float) -> str:
    """Return the digits that the reference implementation prints."""
    few, more = (15, 17) if element is Element.FLOAT64 else (6, 8)
    text = f"{value:.{few}g}"
    pack = element.codec.pack
    # It takes these digits for too few if the number is subnormal: strtof reports an underflow.
    underflows = element is Element.FLOAT32 and 0 < abs(value) < _LEAST_NORMAL
    if value == value and (underflows or pack(float(text)) != pack(value)):
        text = f"{value:.{more}g}"
    return re.sub(r"e\+", "e", text)


def text_of(plain: Any) -> str:
    """Return the text of a struct or list in plain form, whose leaves are ``Verbatim``."""
    if isinstance(plain, Verbatim):
        return str(plain)
    if isinstance(plain, dict):
        return f"({', '.join(f'{name} = {text_of(value)}' for name, value in plain.items())})"
    return f"[{', '.join(map(text_of, plain))}]"
