"""A program of many steps over any memory, and the contents of its message after each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from capnsafe import Element, HeapAllocator, MessageBuilder, Orphan, StructBuilder
from tests.capnsafe.memories import Memory
from tests.capnsafe.reading import (
    BOOLS,
    CHILD,
    CHILDREN,
    DATA,
    DATA_WORDS,
    EMPTIES,
    EMPTY,
    NUMBERS,
    POINTERS,
    TEXT,
    TEXTS,
    init_child,
    init_node,
    meaning,
)


class Build:
    """A message, and how the steps of the program find their way in it."""

    def __init__(self, memory: Any, max_segment_words: int = 64) -> None:
        self.message = MessageBuilder(memory, max_segment_words=max_segment_words)

    def again(self) -> StructBuilder:
        root = self.message.get_root()
        assert root is not None
        return root

    def child(self) -> StructBuilder:
        child = self.again().get_struct(CHILD)
        assert child is not None
        return child


def set_scalars(build: Build) -> None:
    root = build.again()
    root.set_uint64(0, 1 << 63)
    root.set_int16(12, 300, default=-5)
    root.set_bool(120, True)
    root.set_float64(2, -1.5)


def fill_numbers(build: Build) -> None:
    numbers = build.child().init_list(NUMBERS, Element.UINT32, 5)
    for index in range(5):
        numbers[index] = index * 1000


def rename_second_child(build: Build) -> None:
    children = build.child().get_struct_list(CHILDREN)
    assert children is not None
    children[1].set_text(TEXT, "second")
    children[1].set_data(DATA, b"\x01" * 20)


STEPS: list[Callable[[Build], object]] = [
    lambda build: init_node(build.message),
    set_scalars,
    lambda build: build.again().set_text(TEXT, "first text"),
    lambda build: init_child(build.again()),
    fill_numbers,
    lambda build: build.child().init_struct_list(CHILDREN, 2, DATA_WORDS, POINTERS),
    rename_second_child,
    lambda build: build.child().init_pointer_list(TEXTS, 2).set_text(1, "listed"),
    lambda build: build.again().init_struct(EMPTY, 0, 0),
    lambda build: build.again().init_struct_list(EMPTIES, 3, 0, 0),
    lambda build: build.again().init_list(BOOLS, Element.BOOL, 12),
    lambda build: build.again().set_text(TEXT, "a second, longer text that retires the first"),
    lambda build: build.child().clear(NUMBERS),
    lambda build: build.again().init_struct(EMPTY, 0, 0),
    lambda build: init_child(build.again()),
    lambda build: build.again().init_list(NUMBERS, Element.UINT32, 126),
    lambda build: build.again().clear(CHILD),
    lambda build: build.message.to_bytes(),
    lambda build: init_node(build.message),
    lambda build: build.again().set_data(DATA, b"after the second root"),
]


def _honest_meanings() -> list[Any]:
    """Return the contents of the message before each step, and after the last."""
    build = Build(HeapAllocator())
    meanings: list[Any] = [None]
    for step in STEPS:
        step(build)
        meanings.append(meaning(build.message))
    return meanings


MEANINGS = _honest_meanings()


def meaning_or_none(build: Build) -> Any:
    return meaning(build.message) if build.message.get_root() is not None else None


def run_program(build: Build) -> None:
    for step in STEPS:
        step(build)


def calls_of(kind: str, grant_words: int) -> int:
    memory = Memory(grant_words)
    build = Build(memory)
    run_program(build)
    build.message.close()
    return memory.calls[kind]


def opened(orphan: Orphan) -> Orphan:
    """Open a handle on an orphan: on one without words it is judged by a mark."""
    orphan.get_struct()
    return orphan
