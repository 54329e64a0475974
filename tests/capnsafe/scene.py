"""A message with a bit of everything, and the calls that are tried at every moment of theirs."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

from capnsafe import Element, MessageBuilder, Orphan, Poisoned, StructBuilder
from tests.capnsafe.memories import ResizingMemory
from tests.capnsafe.reading import (
    ANY,
    CHILD,
    CHILDREN,
    DATA,
    DATA_WORDS,
    NUMBERS,
    POINTERS,
    TEXT,
    TEXTS,
    init_child,
    init_node,
    meaning,
)

POISONED = "poisoned"


class Scene:
    """A message with a bit of everything, in memory that stays or in many small segments."""

    def __init__(
        self, stable: bool, memory: ResizingMemory | None = None, *, verify: bool = False
    ) -> None:
        self.memory = memory or ResizingMemory(400 if stable else 1, stable=stable)
        self.message = MessageBuilder(self.memory, verify=verify)
        self.root = init_node(self.message)
        child = init_child(self.root)
        child.set_text(TEXT, "child")
        child.init_list(NUMBERS, Element.UINT32, 2)[1] = 5
        self.root.init_pointer_list(TEXTS, 2).set_text(1, "in a list")
        self.root.init_struct_list(CHILDREN, 1, DATA_WORDS, POINTERS)[0].set_uint64(0, 9)
        self.root.set_data(DATA, b"old data")
        self.root.set_text(TEXT, "orphaned")
        orphan = self.root.disown(TEXT)
        assert orphan is not None
        self.orphan: Orphan = orphan

    def now(self) -> Any:
        try:
            return meaning(self.message)
        except Poisoned:
            return POISONED

    def texts(self) -> Any:
        return self.root.get_pointer_list(TEXTS)

    def require_released(self) -> None:
        keys = [key for key, _ in self.memory.released]
        assert sorted(keys) == list(range(len(self.memory.grants)))


def _select(root: StructBuilder) -> None:
    root.select(8, 3, fields=[(Element.UINT64, 0)], pointers=[CHILD, TEXTS])


ACTS: dict[str, Callable[[Scene], object]] = {
    "copy below itself": lambda scene: scene.root.set(CHILD, scene.root),
    "copy over itself": lambda scene: scene.root.copy_from(scene.root.get_struct(CHILD)),  # type: ignore[arg-type]
    "root from itself": lambda scene: scene.message.set_root(scene.root),
    "disown": lambda scene: scene.root.disown(CHILD),
    "adopt": lambda scene: scene.root.adopt(TEXT, scene.orphan),
    "adopt over": lambda scene: scene.root.adopt(DATA, scene.orphan),
    "adopt contents": lambda scene: scene.root.get_struct_list(CHILDREN).adopt(  # type: ignore[union-attr]
        0, scene.message.new_orphan_struct(1, 1)
    ),
    "edit an older list": lambda scene: scene.root.get_pointer_list(CHILDREN).set_text(0, "new"),  # type: ignore[union-attr]
    "drop": lambda scene: scene.orphan.drop(),
    "truncate": lambda scene: scene.orphan.truncate(3, text=True),
    "extend": lambda scene: scene.orphan.extend(30, text=True),
    "new orphan": lambda scene: scene.message.new_orphan(scene.root),
    "grow a struct": lambda scene: scene.root.get_struct(CHILD, 9, 12),
    "grow a list": lambda scene: scene.root.get_struct_list(CHILDREN, 9, 12),
    "grow the root": lambda scene: scene.message.get_root(5, 12),
    "switch": lambda scene: _select(scene.root),
    "bulk": lambda scene: scene.root.set_list(NUMBERS, Element.UINT32, array("I", [1, 2])),
    "capability": lambda scene: scene.root.set_capability(ANY, 7),
    "canonical": lambda scene: scene.message.canonical(),
    "read": lambda scene: scene.root.get_uint64(0),
    "output": lambda scene: scene.message.segments(),
}
