"""B8: whether a call costs the same among a million as among a thousand, in any order (P7)."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterable, Iterator
from time import thread_time
from typing import Any, Final, TypeAlias

from capnsafe import Element, FixedAllocator, HeapAllocator, MessageBuilder, MessageReader
from capnsafe.schema.schema_capnp import CodeGeneratorRequest
from capnsafe.wire import MAX_SEGMENT_WORDS

from .measure import Comparison, Effort
from .results import Ratio

#: Caches hold a thousand objects and not a million; a cost that grows with their number shows as a
#: factor of hundreds.
BUDGET: Final = 4.0

#: Calls of the yardstick, and how often it is repeated.
FEW: Final = 1_000
ROUNDS: Final = 20

Call: TypeAlias = Callable[[], object]

#: Holds a text of four characters, with its landing pad.
SMALL_SEGMENT: Final = 3


def _upward(count: int) -> Iterable[int]:
    return range(count)


def _downward(count: int) -> Iterable[int]:
    return range(count - 1, -1, -1)


def _shuffled(count: int) -> Iterable[int]:
    numbers = list(range(count))
    random.Random(count).shuffle(numbers)
    return numbers


Order: TypeAlias = Callable[[int], Iterable[int]]


class Growing(HeapAllocator):
    """Segments of three words, until they may grow."""

    stable = False
    grows = False

    def __init__(self) -> None:
        super().__init__(segment_words=SMALL_SEGMENT, growth=False)

    def grow(self, key: int, minimum_words: int, /) -> None:
        """Make the segment as long as asked."""
        memory = self._live[key]
        if self.grows:
            memory.extend(bytes(minimum_words * 8 - len(memory)))


def _small() -> HeapAllocator:
    return HeapAllocator(segment_words=SMALL_SEGMENT, growth=False)


def _texts(count: int, memory: Any = None, **options: bool) -> tuple[MessageBuilder, Any]:
    """Build this many texts; in memory of small segments each has its own."""
    message = MessageBuilder(memory, **options)
    texts = message.init_root(0, 2).init_pointer_list(0, count)
    for index in range(count):
        texts.set_text(index, "abcd")
    return message, texts


def _each(order: Order, of: Callable[[Any, int], object], *, small: bool = False) -> Any:
    def prepare(count: int) -> Call:
        _, texts = _texts(count, _small() if small else None)
        numbers = order(count)

        def call() -> None:
            for index in numbers:
                of(texts, index)

        return call

    return prepare


def _clear(texts: Any, index: int) -> None:
    # Every other one, so that no two ranges touch.
    if index % 2:
        texts.clear(index)


def _drop_in(order: Order) -> Any:
    def prepare(count: int) -> Call:
        _, texts = _texts(count)
        orphans = [texts.disown(index) for index in range(count)]
        numbers = order(count)

        def call() -> None:
            for index in numbers:
                orphans[index].drop()

        return call

    return prepare


def _joined(element: Element) -> Any:
    def prepare(count: int) -> Call:
        message = MessageBuilder()
        part = message.init_root(0, 1).init_list(0, element, 13)
        return lambda: message.new_orphan_list([part] * count)

    return prepare


def _grown(count: int) -> Call:
    memory = Growing()
    message, _ = _texts(count, memory)
    root = message.get_root()
    assert root is not None
    more = root.init_pointer_list(1, count)
    memory.grows = True

    def call() -> None:
        for index in range(count):
            more.set_text(index, "abcd")

    return call


def _over(count: int) -> Call:
    memory = _small()
    message, _ = _texts(count, memory)
    grants = list(enumerate(message.segment_words()))
    return lambda: MessageBuilder.resume(memory, grants)


def _closed(memory: Callable[[int], Any]) -> Any:
    def prepare(count: int) -> Call:
        message, _ = _texts(count, memory(count))
        return message.close

    return prepare


def _fixed(count: int) -> FixedAllocator:
    return FixedAllocator(bytearray(count * 48 + 80), segment_words=SMALL_SEGMENT)


def _set_lists(count: int) -> Call:
    _, texts = _texts(count)
    values = bytes(16)

    def call() -> None:
        for index in range(count):
            texts.set_list(index, Element.UINT16, values)

    return call


def _lent_together(count: int) -> Call:
    message, _ = _texts(count, _small())

    def call() -> None:
        with message.lend_segments():
            pass

    return call


def _lent_each(count: int) -> Call:
    message, _ = _texts(count, _small())

    def call() -> None:
        for index in range(len(message.segment_words())):
            with message.lend_segment(index):
                pass

    return call


def _structs(count: int) -> CodeGeneratorRequest:
    """Return a value with a list of this many structs, each of which has two pointers."""
    file = CodeGeneratorRequest.RequestedFile
    imports = [file.Import(id=7, name="other.capnp")]
    files = [file(id=at, filename="file.capnp", imports=imports) for at in range(count)]
    return CodeGeneratorRequest(requested_files=files)


def _built(count: int) -> Call:
    value = _structs(count)

    def call() -> None:
        with MessageBuilder() as message:
            message.set_root(value)

    return call


def _read(count: int) -> Call:
    value = _structs(count)
    with MessageBuilder() as message:
        message.set_root(value)
        segments = [bytes(segment) for segment in message.segments()]

    # A million structs are more than the default limit allows.
    limit = MAX_SEGMENT_WORDS
    return lambda: type(value).from_message(MessageReader(segments, traversal_limit_words=limit))


def _plain(count: int) -> Call:
    value = _structs(count)
    return lambda: type(value).from_dict(value.to_dict())


def _as_text(count: int) -> Call:
    value = _structs(count)
    return lambda: type(value).from_text(value.to_text())


#: For each name, a function that prepares a number of calls and returns one that makes them.
CASES: Final[dict[str, Callable[[int], Call]]] = {
    "clear, from the start": _each(_upward, _clear),
    "clear, from the end": _each(_downward, _clear),
    "clear, in any order": _each(_shuffled, _clear),
    "clear, in many segments": _each(_shuffled, _clear, small=True),
    "replace, from the end": _each(_downward, lambda texts, at: texts.set_text(at, "efgh")),
    "disown, from the end": _each(_downward, lambda texts, at: texts.disown(at)),
    "disown and adopt": _each(_shuffled, lambda texts, at: texts.adopt(at, texts.disown(at))),
    "drop orphans, from the end": _drop_in(_downward),
    "drop orphans, in any order": _drop_in(_shuffled),
    "replace by lists": _set_lists,
    "join lists of bools": _joined(Element.BOOL),
    "join lists of bytes": _joined(Element.UINT8),
    "build in many segments": lambda count: lambda: _texts(count, _small()),
    "build in many segments that are verified": (
        lambda count: lambda: _texts(count, _small(), verify=True)
    ),
    "grow the last of many segments": _grown,
    "take many segments over": _over,
    "lend many segments": _lent_together,
    "lend many segments, one after the other": _lent_each,
    "close many segments": _closed(lambda count: _small()),
    "close many cuts of a buffer": _closed(_fixed),
    "build a value with a list of structs": _built,
    "read a value with a list of structs": _read,
    "a dict of many structs, and back": _plain,
    "the text of many structs, and back": _as_text,
}


def _time(prepare: Callable[[int], Call], count: int) -> float:
    call = prepare(count)
    gc.collect()
    gc.disable()
    try:
        start = thread_time()
        call()
        return (thread_time() - start) / count
    finally:
        gc.enable()


def costs_of_many(effort: Effort) -> Iterator[Ratio]:
    """Compare the time for a call among very many with that among few."""
    many = effort.objects
    for name, prepare in CASES.items():
        pairs = [
            (_time(prepare, many), sum(_time(prepare, FEW) for _ in range(ROUNDS)) / ROUNDS)
            for _ in range(effort.large_pairs)
        ]
        yield Ratio("B8", name, f"one of {many}", f"one of {FEW}", Comparison.of(pairs), BUDGET)
