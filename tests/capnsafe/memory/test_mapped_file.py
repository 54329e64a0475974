"""A mapped file that grows, and moves as it grows."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from capnsafe import (
    AllocationRefused,
    ArgumentValueError,
    Element,
    MessageBuilder,
    SegmentLost,
    StructBuilder,
    read_message,
)
from capnsafe.memory.mapped_file import MappedFileAllocator
from tests.capnsafe.reading import NUMBERS, TEXT, init_child, init_node, meaning, tool


@contextmanager
def files_of_at_most(octets: int) -> Iterator[None]:
    """Have the system refuse longer files, as a full disk would."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


def address_of(memory: MappedFileAllocator, key: int) -> int:
    with memory.segment(key) as view:
        return ctypes.addressof(ctypes.c_char.from_buffer(view))


def node_of(message: MessageBuilder) -> StructBuilder:
    root = message.get_root()
    assert root is not None
    return root


def fill(message: MessageBuilder, rounds: int) -> None:
    node = init_node(message)
    for number in range(rounds):
        node.set_text(TEXT, f"round {number}")
        node = init_child(node)
    node.init_list(NUMBERS, Element.UINT32, 3)[2] = 77


def test_every_segment_moves_when_the_file_grows() -> None:
    with MappedFileAllocator(segment_words=4, in_place=False) as memory:
        first = memory.allocate(1)
        was = address_of(memory, first)
        memory.allocate(1)
        assert address_of(memory, first) != was
        last = memory.allocate(1)
        was = address_of(memory, first)
        memory.grow(last, 100)
        assert address_of(memory, first) == was


@pytest.mark.process
@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("segment_words", [1, 16, 100, 4096])
def test_the_finished_file_is_a_message_for_any_reader(
    tmp_path: Path, in_place: bool, segment_words: int
) -> None:
    path = tmp_path / "message.bin"
    with MappedFileAllocator(path, segment_words=segment_words, in_place=in_place) as memory:
        with MessageBuilder(memory) as message:
            fill(message, 20)
            meant = message.to_bytes()
            memory.finish(message.check_segments())
        assert memory.live_grants == 0
    assert path.read_bytes() == meant
    assert len(read_message(meant).get_root().get_text(TEXT) or "") > 0
    assert b"round 19" in tool("decode", path.read_bytes())
    if in_place:
        assert int.from_bytes(meant[:4], "little") == 0, "more than one segment"


def test_finish_wants_the_segments_that_there_are(tmp_path: Path) -> None:
    with MappedFileAllocator(tmp_path / "message.bin") as memory:
        with pytest.raises(ArgumentValueError):
            memory.finish([])
        with MessageBuilder(memory) as message:
            init_node(message)
            for wrong in ([], [1, 1], [-1], [1 << 40]):
                with pytest.raises(ArgumentValueError):
                    memory.finish(wrong)
            memory.finish(message.check_segments())
            with pytest.raises(SegmentLost):
                meaning(message)


def test_every_block_is_there_before_it_is_mapped(tmp_path: Path) -> None:
    """A hole in the file would be a SIGBUS at the first write on a full disk."""
    path = tmp_path / "message.bin"
    with MappedFileAllocator(path, segment_words=10_000) as memory:
        key = memory.allocate(1)
        for words in (10_000, 20_000):
            memory.grow(key, words)
            found = path.stat()
            assert found.st_size >= words * 8
            assert found.st_blocks * 512 >= found.st_size


@pytest.mark.parametrize("in_place", [False, True])
def test_a_full_disk_refuses_and_the_message_stays(tmp_path: Path, in_place: bool) -> None:
    path = tmp_path / "message.bin"
    with (
        MappedFileAllocator(path, segment_words=64, in_place=in_place) as memory,
        MessageBuilder(memory) as message,
        files_of_at_most(4096),
    ):
        node = init_node(message)
        node.set_text(TEXT, "first")
        with pytest.raises(AllocationRefused) as caught:
            node.init_list(NUMBERS, Element.UINT32, 4000)
        assert isinstance(caught.value.__cause__, OSError)
        assert path.stat().st_size <= 4096
        assert meaning(message)["text"] == "first"
        node.init_list(NUMBERS, Element.UINT32, 100)[99] = 5
        assert meaning(message)["numbers"][99] == 5


def test_growth_takes_what_was_asked_where_the_disk_has_no_more() -> None:
    with MappedFileAllocator(segment_words=300) as memory, files_of_at_most(4096):
        key = memory.allocate(1)
        memory.grow(key, 500)
        with memory.segment(key) as view:
            assert len(view) == 4000
        with pytest.raises(OSError, match=r".+"):
            memory.grow(key, 600)


def test_a_view_that_somebody_holds_refuses_growth_and_changes_nothing() -> None:
    memory = MappedFileAllocator(segment_words=4)
    key = memory.allocate(1)
    view = memory.segment(key)
    with pytest.raises(BufferError):
        memory.allocate(1)
    view[:8] = b"still it"
    view.release()
    with memory.segment(key) as view:
        assert bytes(view[:8]) == b"still it"
    memory.close()


def test_cuts_are_reused_once_all_behind_them_are_released() -> None:
    with MappedFileAllocator(segment_words=10, in_place=False) as memory:
        first, second = memory.allocate(1), memory.allocate(1)
        memory.release(first, 0)
        with pytest.raises(LookupError):
            memory.segment(first)
        with pytest.raises(LookupError):
            memory.release(first, 0)
        assert memory.live_grants == 1
        memory.release(second, 0)
        memory.allocate(1)
        assert memory._words == 21
        with pytest.raises(LookupError):
            memory.release(77, 0)


def test_after_closing_segments_are_missing_and_none_is_granted() -> None:
    memory = MappedFileAllocator()
    message = MessageBuilder(memory)
    node = init_node(message)
    memory.close()
    memory.close()
    with pytest.raises(SegmentLost):
        node.set_uint64(0, 1)
    message.close()
    with pytest.raises(AllocationRefused):
        init_node(MessageBuilder(memory))


def test_where_blocks_cannot_be_asked_for_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_fallocate")
    with MappedFileAllocator(tmp_path / "file", segment_words=20_000) as memory:
        with MessageBuilder(memory) as message, files_of_at_most(1 << 18):
            fill(message, 5)
            with pytest.raises(AllocationRefused):
                node_of(message).init_list(NUMBERS, Element.UINT32, 80_000)
            assert meaning(message)["text"] == "round 0"
            memory.finish(message.check_segments())
        assert b"round 4" in (tmp_path / "file").read_bytes()
