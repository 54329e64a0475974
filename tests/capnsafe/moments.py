"""Memory and a watch that run code at each moment at which foreign code can run in a call."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, Final

from capnsafe_allocators import files_of
from capnsafe_allocators.client_code import Watch

import capnsafe
from capnsafe import HeapAllocator

_IS_CAPNSAFE: Final = files_of(capnsafe)


class _Releasing:
    """Keeps released memory, and records wrong releases."""

    def __init__(self) -> None:
        #: Released memory, which belongs to somebody else now.
        self.gone: list[bytearray] = []
        #: Sentences about wrong releases.
        self.wrong: list[str] = []

    def look(self, memory: bytearray, words_used: int) -> None:
        try:
            memory.append(0)
            memory.pop()
        except BufferError:
            self.wrong.append("a view was held when its memory was released")
        if any(memory[words_used * 8 :]):
            self.wrong.append("more words were written than were said to be used")
        memory[:] = b"\xee" * len(memory)
        self.gone.append(memory)

    def breaches(self) -> list[str]:
        """Return the wrong releases, and the writes since then."""
        written = [memory for memory in self.gone if memory.count(0xEE) != len(memory)]
        return self.wrong + ["memory was written to after it was released"] * bool(written)


class Exporting(_Releasing):
    """Memory in which an object is finalized whenever a view is given back."""

    def __init__(self, words: int = 12) -> None:
        super().__init__()
        self.words = words
        self.grants: dict[int, bytearray] = {}
        self.moment = 0
        self.hook: Callable[[], None] | None = None

    def tell(self) -> None:
        self.moment -= 1
        if self.moment == 0 and self.hook is not None:
            hook, self.hook = self.hook, None
            hook()
            # The object that is finalized exports the memory until it is gone.
            self.wrong = [wrong for wrong in self.wrong if "a view was held" not in wrong]

    def allocate(self, minimum_words: int, /) -> int:
        key = len(self.grants) + len(self.gone)
        self.grants[key] = bytearray(max(self.words, minimum_words) * 8)
        return key

    def segment(self, key: int, /) -> Any:
        tell = self.tell

        class Window(ctypes.c_ubyte * len(self.grants[key])):  # type: ignore[misc]
            def __del__(self) -> None:
                tell()

        return Window.from_buffer(self.grants[key])

    def release(self, key: int, words_used: int, /) -> None:
        self.look(self.grants.pop(key), words_used)


class Staying(HeapAllocator, _Releasing):
    """Memory that stays, and is somebody else's as soon as it is released."""

    def __init__(self) -> None:
        HeapAllocator.__init__(self, segment_words=12, growth=False)
        _Releasing.__init__(self)

    def release(self, key: int, words_used: int, /) -> None:
        memory = self.segment(key)
        super().release(key, words_used)
        self.look(memory, words_used)


class Moments:
    """Counts the moments of capnsafe's code in a ``with`` block, and runs a hook at the n-th."""

    def __init__(self, moment: int = 0, hook: Callable[[], None] | None = None) -> None:
        self.count = 0
        self._moment = moment
        self._hook = hook
        self._watch = Watch(_IS_CAPNSAFE, self._act)

    def __enter__(self) -> Moments:
        self._watch.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        self._watch.__exit__(*raised)

    def _act(self) -> bool:
        self.count += 1
        if self.count != self._moment or self._hook is None:
            return True
        self._hook()
        return False
