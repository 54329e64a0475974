"""Views of the message's own memory, lent in a ``with`` block (P4's first exception)."""

from __future__ import annotations

import ctypes
import struct
import sys
from collections.abc import Callable
from typing import Any

import pytest

from capnsafe import (
    AllocatorError,
    ArgumentIndexError,
    ArgumentTypeError,
    Borrowed,
    BorrowRefused,
    Closed,
    Element,
    HeapAllocator,
    MessageBuilder,
    PointerKindMismatch,
    Reentered,
    SegmentLost,
    StaleHandle,
    StructBuilder,
)
from capnsafe.wire import ELEMENTS
from tests.capnsafe.memories import (
    FailingMemory,
    HookedMemory,
    Memory,
    MovingMemory,
    ResizingMemory,
    Stop,
    closing,
)

NUMBERS, DATA, TEXT, FREE = range(4)

NUMERIC = [element for element in ELEMENTS if element.bytes]


def filled(message: MessageBuilder) -> StructBuilder:
    root = message.init_root(1, 4)
    root.set_list(NUMBERS, Element.UINT32, b"".join(n.to_bytes(4, "little") for n in range(5)))
    root.set_data(DATA, b"abcdefghijk")
    root.set_text(TEXT, "text")
    return root


@pytest.mark.parametrize("element", NUMERIC)
def test_a_list_is_lent_as_what_it_holds(element: Element) -> None:
    memory = MovingMemory(100)
    with closing(MessageBuilder(memory), memory) as message:
        values = message.init_root(0, 1).init_list(0, element, 5)
        values[1] = 7
        with values.lend() as view:
            assert len(view) == 5
            assert view[1] == 7
            view[4] = 9
        assert list(values) == [0, 7, 0, 0, 9]


def test_bytes_are_lent_and_written_in_place() -> None:
    memory = MovingMemory(100)
    with closing(MessageBuilder(memory), memory) as message:
        root = filled(message)
        with root.lend_data(DATA) as view:
            assert bytes(view) == b"abcdefghijk"
            view[:3] = b"ABC"
        assert root.get_data(DATA) == b"ABCdefghijk"
        assert root.get_text(TEXT) == "text"


def test_the_view_is_released_at_the_end() -> None:
    with MessageBuilder() as message:
        root = filled(message)
        with root.lend_data(DATA) as view:
            pass
        with pytest.raises(ValueError, match="released"):
            view[0] = 1


@pytest.mark.parametrize("element", [Element.VOID, Element.BOOL])
def test_what_has_no_items_is_not_lent(element: Element) -> None:
    with MessageBuilder() as message:
        values = message.init_root(0, 1).init_list(0, element, 5)
        with pytest.raises(ArgumentTypeError):
            values.lend()


def test_nothing_is_lent_where_there_is_nothing() -> None:
    with MessageBuilder() as message:
        root = filled(message)
        values = root.init_list(FREE, Element.FLOAT64, 0)
        with values.lend() as view:
            assert (len(view), view.format) == (0, "d")
        root.clear(FREE)
        with root.lend_data(FREE) as view:
            assert len(view) == 0
        with pytest.raises(PointerKindMismatch), root.lend_data(NUMBERS):
            pass
        with pytest.raises(ArgumentIndexError), root.lend_data(9):
            pass


CALLS: dict[str, Callable[[MessageBuilder, StructBuilder], object]] = {
    "read": lambda message, root: root.get_uint8(0),
    "write": lambda message, root: root.set_uint8(0, 1),
    "write a bool": lambda message, root: root.set_bool(0, True),
    "write a float": lambda message, root: root.set_float64(0, 1.0),
    "get_text": lambda message, root: root.get_text(TEXT),
    "set_text": lambda message, root: root.set_text(TEXT, "other"),
    "init_struct": lambda message, root: root.init_struct(FREE, 1, 1),
    "clear": lambda message, root: root.clear(TEXT),
    "disown": lambda message, root: root.disown(TEXT),
    "select": lambda message, root: root.select(0, 1, pointers=[TEXT]),
    "copy": lambda message, root: root.set(FREE, root),
    "tree": lambda message, root: root._tree(),
    "init_root": lambda message, root: message.init_root(1, 1),
    "get_root": lambda message, root: message.get_root(),
    "output": lambda message, root: message.to_bytes(),
    "canonical": lambda message, root: message.canonical(),
    "new_orphan_struct": lambda message, root: message.new_orphan_struct(1, 1),
}


@pytest.mark.parametrize("memory", [HeapAllocator, Memory], ids=["stable", "not stable"])
@pytest.mark.parametrize("name", CALLS)
def test_calls_are_refused_while_something_is_lent(name: str, memory: Callable[[], Any]) -> None:
    with MessageBuilder(memory()) as message:
        root = filled(message)
        before = message.segments()
        with root.lend_data(DATA):
            with pytest.raises(Borrowed):
                CALLS[name](message, root)
            assert message.segment_words() == tuple(len(part) // 8 for part in before)
        assert message.segments() == before
        CALLS[name](message, root)


def test_a_copy_of_what_is_lent_is_refused() -> None:
    with MessageBuilder() as message, MessageBuilder() as other:
        root = filled(message)
        target = other.init_root(0, 1)
        with root.lend_data(DATA), pytest.raises(Borrowed):
            target.set(0, root)
        target.set(0, root)


def test_more_of_the_same_segment_is_lent_without_a_call() -> None:
    memory = Memory(100)
    with closing(MessageBuilder(memory), memory) as message:
        root = filled(message)
        numbers = root.get_list(NUMBERS, Element.UINT32)
        assert numbers is not None
        with root.lend_data(DATA) as octets:
            calls = memory.calls["segment"]
            with numbers.lend() as view, root.lend_data(TEXT) as text:
                assert memory.calls["segment"] == calls
                octets[0] = view[1] = 65
                assert bytes(text) == b"text\0"
            with pytest.raises(Borrowed):
                root.get_uint8(0)
        assert root.get_data(DATA) == b"Abcdefghijk"
        assert numbers[1] == 65


def test_another_segment_is_not_lent_where_that_takes_a_call() -> None:
    memory = Memory(1)
    with closing(MessageBuilder(memory), memory) as message:
        root = filled(message)
        numbers = root.get_list(NUMBERS, Element.UINT32)
        assert numbers is not None
        with numbers.lend() as view:
            calls = dict(memory.calls)
            with pytest.raises(Borrowed), root.lend_data(DATA):
                pass
            assert dict(memory.calls) == calls
            view[0] = 5
        assert numbers[0] == 5
        with root.lend_data(DATA):
            pass


def test_memory_that_stays_is_lent_of_every_segment() -> None:
    with MessageBuilder(HeapAllocator(segment_words=1, growth=False)) as message:
        root = filled(message)
        assert len(message.segment_words()) > 3
        numbers = root.get_list(NUMBERS, Element.UINT32)
        assert numbers is not None
        with numbers.lend() as view, root.lend_data(DATA) as octets:
            octets[0] = view[0] = 65
        assert root.get_data(DATA) == b"Abcdefghijk"
        with message.lend_segments() as parts:
            assert [bytes(part) for part in parts] == message_words(parts)
            lent = [bytes(part) for part in parts]
        assert lent == message.segments()


def test_what_is_kept_of_one_of_several_views_is_found() -> None:
    kept: list[Any] = []
    with MessageBuilder(HeapAllocator(segment_words=1, growth=False)) as message:
        root = filled(message)
        lent = message.lend_segments()
        parts = lent.__enter__()
        kept += [parts[0][:1], parts[2][:1]]
        with pytest.raises(Borrowed) as caught:
            lent.__exit__(None, None, None)
        # All were taken back, the first one last.
        assert caught.value.segment == 0
        with pytest.raises(Borrowed):
            root.get_uint8(0)
        kept.clear()
        assert root.get_data(DATA) == b"abcdefghijk"


def message_words(parts: list[memoryview[Any]]) -> list[bytes]:
    assert all(part.readonly for part in parts)
    return [part.tobytes() for part in parts]


def kept_slice(view: memoryview[Any]) -> Any:
    return view[1:]


def kept_cast(view: memoryview[Any]) -> Any:
    return view.cast("B") if view.format != "B" else view.toreadonly()


def kept_array(view: memoryview[Any]) -> Any:
    return (ctypes.c_ubyte * 2).from_buffer(view)


def kept_exporter(view: memoryview[Any]) -> Any:
    return view.obj


def kept_iterator(view: memoryview[Any]) -> Any:
    # It holds a buffer of the view itself, so that the view cannot even be released.
    return struct.iter_unpack("B", view)


KEEPERS = (kept_slice, kept_cast, kept_array, kept_exporter, kept_iterator)


@pytest.mark.parametrize("keep", KEEPERS)
@pytest.mark.parametrize("memory", [HeapAllocator, lambda: Memory(100)], ids=["stable", "not"])
def test_what_is_kept_of_a_view_is_found(
    keep: Callable[[memoryview[Any]], Any], memory: Callable[[], Any]
) -> None:
    message = MessageBuilder(memory())
    root = filled(message)
    kept: Any = None

    def lend() -> None:
        nonlocal kept
        with root.lend_data(DATA) as view:
            kept = keep(view)

    with pytest.raises(Borrowed):
        lend()
    for _ in range(2):
        with pytest.raises(Borrowed):
            root.get_uint8(0)
        with pytest.raises(Borrowed):
            message.close()
    kept = None
    assert root.get_data(DATA) == b"abcdefghijk"
    message.close()
    with pytest.raises(Closed):
        root.get_uint8(0)


@pytest.mark.parametrize("keep", KEEPERS)
def test_an_exception_in_the_block_is_not_replaced(keep: Callable[[memoryview[Any]], Any]) -> None:
    kept: list[Any] = []
    with MessageBuilder() as message:
        root = filled(message)

        def stop() -> None:
            with root.lend_data(DATA) as view:
                view[0] = 65
                kept.append(keep(view))
                raise Stop

        with pytest.raises(Stop) as caught:
            stop()
        assert any("still held" in note for note in caught.value.__notes__)
        with pytest.raises(Borrowed):
            root.get_uint8(0)
        kept.clear()
        assert root.get_data(DATA) == b"Abcdefghijk"
        with pytest.raises(Stop) as caught, root.lend_data(DATA):
            raise Stop
        assert not hasattr(caught.value, "__notes__")
        assert root.get_uint8(0) == 0


def test_closing_takes_back_what_is_lent() -> None:
    memory = Memory(100)
    message = MessageBuilder(memory)
    root = filled(message)
    with root.lend_data(DATA) as view:
        message.close()
        with pytest.raises(ValueError, match="released"):
            view[0] = 1
    memory.require_all_released()
    with pytest.raises(Closed), root.lend_data(DATA):
        pass


def test_closing_waits_for_what_is_kept() -> None:
    memory = Memory(100)
    message = MessageBuilder(memory)
    root = filled(message)
    with root.lend_data(DATA) as view:
        kept = view[2:]
        with pytest.raises(Borrowed):
            message.close()
        assert memory.calls["release"] == 0
        kept[0] = 65
        del kept
        message.close()
    memory.require_all_released()


def test_a_stale_handle_lends_nothing() -> None:
    with MessageBuilder() as message:
        root = filled(message)
        numbers = root.get_list(NUMBERS, Element.UINT32)
        assert numbers is not None
        lent = numbers.lend()
        root.clear(NUMBERS)
        with pytest.raises(StaleHandle), lent:
            pass
        with root.lend_data(DATA), pytest.raises(StaleHandle), numbers.lend():
            pass
        assert root.get_uint8(0) == 0


def test_a_block_can_be_entered_again_but_not_twice_at_once() -> None:
    with MessageBuilder() as message:
        lent = filled(message).lend_data(DATA)
        for _ in range(2):
            with lent as view:
                view[0] += 1
                with pytest.raises(Borrowed), lent:
                    pass
        with lent as view:
            assert bytes(view[:2]) == b"cb"


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_refusal_while_lending_changes_nothing(error: type[BaseException]) -> None:
    for number in range(1, 4):
        memory = FailingMemory("segment", 10**9, error, grant_words=3)
        with closing(MessageBuilder(memory), memory) as message:
            root = filled(message)
            before = message.segments()
            memory.number = memory.calls["segment"] + number
            with pytest.raises((BorrowRefused, KeyboardInterrupt)), root.lend_data(DATA):
                pass
            assert message.segments() == before
            with root.lend_data(DATA) as view:
                view[0] = 65
            assert root.get_data(DATA) == b"Abcdefghijk"


def test_no_call_from_inside_the_allocator_lends() -> None:
    memory = HookedMemory(100)
    with closing(MessageBuilder(memory), memory) as message:
        root = filled(message)
        seen: list[type[BaseException]] = []

        def hook(kind: str) -> None:
            try:
                with root.lend_data(DATA):
                    pass
            except Reentered as caught:
                seen.append(type(caught))

        memory.hook = hook
        with root.lend_data(DATA):
            pass
        memory.hook = None
        assert seen == [Reentered] * len(seen) != []
        assert root.get_uint8(0) == 0


def test_output_is_lent_segment_by_segment() -> None:
    memory = MovingMemory(3)
    with closing(MessageBuilder(memory), memory) as message:
        filled(message)
        segments = message.segments()
        lent = []
        for index in range(len(message.segment_words())):
            with message.lend_segment(index) as view:
                assert view.readonly
                lent.append(bytes(view))
        assert lent == segments
        with pytest.raises(ArgumentIndexError), message.lend_segment(len(segments)):
            pass
        with pytest.raises(Borrowed), message.lend_segments():
            pass
        assert message.segments() == segments


def test_a_message_without_a_root_lends_a_null_pointer() -> None:
    memory = Memory()
    with closing(MessageBuilder(memory), memory) as message:
        with message.lend_segment(0) as view:
            assert bytes(view) == bytes(8)
        with message.lend_segments() as views:
            assert [bytes(view) for view in views] == [bytes(8)]
        assert not memory.calls
        with pytest.raises(ArgumentIndexError), message.lend_segment(1):
            pass


def test_retired_words_are_zero_in_what_is_lent() -> None:
    memory = Memory(100)
    with closing(MessageBuilder(memory), memory) as message:
        root = filled(message)
        root.clear(DATA)
        root.clear(TEXT)
        with message.lend_segment(0) as view:
            assert b"abc" not in bytes(view)
            assert b"text" not in bytes(view)


def test_a_lost_segment_is_not_lent_nor_any_other() -> None:
    memory = ResizingMemory(3)
    with MessageBuilder(memory) as message:
        root = filled(message)
        last = len(message.segment_words()) - 1
        memory.cut(last, 0)
        with pytest.raises(SegmentLost), message.lend_segment(last):
            pass
        memory.extend(last, 10)
        for index in range(last + 1):
            with pytest.raises(SegmentLost), message.lend_segment(index):
                pass
        assert root.get_uint8(0) == 0


def test_a_segment_that_shrinks_while_it_is_lent_is_seen_afterwards() -> None:
    class Leaky(Memory):
        cut = False

        def segment(self, key: int, /) -> Any:
            view = super().segment(key)
            return view[:8] if self.cut else view

    memory = Leaky(100)
    with MessageBuilder(memory) as message:
        root = filled(message)
        with root.lend_data(DATA):
            memory.cut = True
        with pytest.raises(SegmentLost):
            message.segments()


def test_an_interrupt_that_skips_the_end_of_a_block_leaves_closing() -> None:
    memory = Memory(100)
    message = MessageBuilder(memory)
    lent = filled(message).lend_data(DATA)
    lent.__enter__()[0] = 65
    with pytest.raises(Borrowed):
        message.to_bytes()
    message.close()
    memory.require_all_released()


@pytest.mark.skipif(sys.byteorder != "little", reason="lists are lent as bytes there")
def test_the_format_is_that_of_array() -> None:
    import array

    with MessageBuilder() as message:
        values = message.init_root(0, 1).init_list(0, Element.INT64, 3)
        with values.lend() as view:
            view[:] = memoryview(array.array("q", [1, -2, 3]))
        assert list(values) == [1, -2, 3]


def test_a_bad_buffer_is_not_lent() -> None:
    class Garbling(Memory):
        garbled = False

        def segment(self, key: int, /) -> Any:
            view = super().segment(key)
            return view.toreadonly() if self.garbled else view

    memory = Garbling(100)
    with MessageBuilder(memory) as message:
        root = filled(message)
        memory.garbled = True
        with pytest.raises(AllocatorError), root.lend_data(DATA):
            pass
        memory.garbled = False
        assert root.get_uint8(0) == 0


@pytest.mark.skipif(sys.version_info < (3, 12), reason="a class cannot export a buffer there")
def test_a_call_from_the_end_of_the_export_finds_the_message_as_it_is() -> None:
    """The allocator's own object hears that its last view is gone, and calls the message."""

    class Exporting(Memory):
        hook: Callable[[], None] | None = None

        def segment(self, key: int, /) -> Any:
            return Exporter(self, super().segment(key))

    class Exporter:
        def __init__(self, memory: Exporting, view: memoryview) -> None:
            self.memory = memory
            self.view = view

        def __buffer__(self, flags: int) -> memoryview:
            return self.view

        def __release_buffer__(self, view: memoryview) -> None:
            if self.memory.hook is not None:
                self.memory.hook()

    memory = Exporting(100)
    message = MessageBuilder(memory)
    root = filled(message)
    lent = [root.lend_data(DATA) for _ in range(2)]
    views: list[memoryview[Any]] = []

    def hook() -> None:
        memory.hook = None
        views.append(lent[1].__enter__())

    with lent[0] as view:
        view[0] = 65
        memory.hook = hook
    assert len(views) == 1
    with pytest.raises(Borrowed):
        root.get_uint8(0)
    lent[1].__exit__(None, None, None)
    assert root.get_data(DATA) == b"Abcdefghijk"
    message.close()


def test_the_end_of_a_message_replaces_no_exception_either() -> None:
    kept: list[Any] = []
    memory = Memory(100)
    message = MessageBuilder(memory)

    def stop() -> None:
        with message:
            root = filled(message)
            with root.lend_data(DATA) as view:
                kept.append(view[1:])
                raise Stop

    with pytest.raises(Stop) as caught:
        stop()
    assert len(caught.value.__notes__) == 2
    assert memory.calls["release"] == 0
    kept.clear()
    message.close()
    memory.require_all_released()


def test_a_segment_that_was_lost_and_released_again_keeps_no_view_back() -> None:
    class Losing(ResizingMemory):
        loses = False

        def segment(self, key: int, /) -> bytearray:
            if self.loses and key == len(self.grants) - 1 and key > 0:
                raise KeyError(key)
            return super().segment(key)

    memory = Losing(6)
    message = MessageBuilder(memory)
    root = message.init_root(0, 2)
    memory.loses = True
    with pytest.raises(SegmentLost):
        root.set_text(0, "a text that needs a segment of its own")
    with message.lend_segment(0) as view:
        assert len(view) == 24
    memory.loses = False
    root.set_text(0, "a text that needs a segment of its own")
    memory.loses = True
    with pytest.raises(SegmentLost):
        root.get_text(0)
    with pytest.raises(SegmentLost), message.lend_segment(0):
        pass
