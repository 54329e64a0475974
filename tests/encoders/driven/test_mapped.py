from __future__ import annotations

import pytest
from capnsafe_allocators import Fault, HostileAllocator, When
from capnsafe_fuzz.encoders.driven.mapped import FILE_BYTES, MappedMemory, SharedFile


@pytest.fixture(scope="module")
def file() -> SharedFile:
    return SharedFile()


def test_memory_is_zero_again_after_it_is_cleared(file: SharedFile) -> None:
    for length in (24, 3 << 20):
        view = file.cut(length)
        first = file.offset_of(view)
        view[:] = b"\xff" * length
        file.clear()
        again = file.cut(length)
        assert file.offset_of(again) == first
        assert not any(again)
        file.clear()


def test_a_view_elsewhere_has_no_offset(file: SharedFile) -> None:
    assert file.offset_of(memoryview(bytearray(8))) is None


def test_counters_are_zero_after_they_were_taken(file: SharedFile) -> None:
    with open(file.descriptor, "r+b", closefd=False) as other:
        other.seek(FILE_BYTES + 1)
        other.write(b"\x07")
    assert file.take_counters(3) == b"\0\x07\0"
    assert file.take_counters(3) == bytes(3)


def test_the_file_has_an_end(file: SharedFile) -> None:
    with pytest.raises(MemoryError):
        file.cut(FILE_BYTES)


def test_bounded_memory(file: SharedFile) -> None:
    file.clear()
    memory = MappedMemory(file, segment_words=4, total_words=10)
    assert len(memory.segment(memory.allocate(1))) == 32
    assert len(memory.segment(memory.allocate(5))) == 40
    with pytest.raises(MemoryError):
        memory.allocate(2)
    uncut = MappedMemory(file, segment_words=0, total_words=10)
    assert len(uncut.segment(uncut.allocate(1))) == 80


def test_the_last_segment_grows_in_place(file: SharedFile) -> None:
    file.clear()
    memory = MappedMemory(file, segment_words=4, total_words=20)
    first, last = memory.allocate(1), memory.allocate(1)
    before = file.offset_of(memory.segment(last))
    memory.grow(last, 8)
    memory.grow(first, 8)
    memory.grow(last, 80)
    assert len(memory.segment(last)) == 64
    assert len(memory.segment(first)) == 32
    assert file.offset_of(memory.segment(last)) == before
    assert memory.allocate(8) == 2


def test_a_segment_that_a_fault_moves_stays_in_the_file(file: SharedFile) -> None:
    file.clear()
    memory = MappedMemory(file, segment_words=64, total_words=0)
    fault = Fault("move", "one", When.SEGMENT, 2)
    hostile = HostileAllocator(memory, [fault])
    key = hostile.allocate(1)
    places = []
    for _ in range(2):
        with memoryview(hostile.segment(key)) as view:
            places.append(file.offset_of(view))
    assert None not in places
    assert places[0] != places[1]
