"""Elements, how builders set and get them, and values to set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from capnsafe import Element, MessageBuilder, StructBuilder
from capnsafe.wire import ELEMENTS

INTEGERS = [element for element in ELEMENTS if element.bits > 1 and not element.floating]

PRIMITIVES = [element for element in ELEMENTS if element is not Element.VOID]

ALL_ONES = b"\xff" * 32

HUGE = 10**5000
"""More digits than Python turns into text."""


def getter(builder: StructBuilder, element: Element) -> Callable[..., Any]:
    method: Callable[..., Any] = getattr(builder, f"get_{element.name.lower()}")
    return method


def setter(builder: StructBuilder, element: Element) -> Callable[..., None]:
    method: Callable[..., None] = getattr(builder, f"set_{element.name.lower()}")
    return method


def sample_of(element: Element) -> int | float | bool:
    return 1.5 if element.floating else True if element is Element.BOOL else element.high - 1


def data_section(message: MessageBuilder) -> bytes:
    return message.segments()[0][8:40]
