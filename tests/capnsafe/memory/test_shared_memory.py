"""Shared memory, read by another process where it was built."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from capnsafe import AllocationRefused, MessageBuilder, MessageReader, SegmentLost
from capnsafe.memory import shared_memory
from capnsafe.memory.shared_memory import SharedMemoryAllocator, SharedSegments
from tests.capnsafe.reading import CHILD, TEXT, init_child, init_node

READER = f"""
import sys
from capnsafe import MessageReader
from capnsafe.memory.shared_memory import SharedSegments

parts = [(name, int(words)) for name, words in zip(sys.argv[1::2], sys.argv[2::2])]
with SharedSegments(parts) as shared:
    root = MessageReader(shared.segments).get_root()
    print(root.get_text({TEXT}), root.get_struct({CHILD}).get_text({TEXT}))
    del root
"""


def parts_of(memory: SharedMemoryAllocator, message: MessageBuilder) -> list[tuple[str, int]]:
    return list(zip(memory.names, message.check_segments(), strict=True))


def there_is(name: str) -> bool:
    return (Path("/dev/shm") / name).exists()


@pytest.mark.process
@pytest.mark.parametrize("segment_words", [4, 1024])
def test_another_process_reads_it(segment_words: int) -> None:
    with SharedMemoryAllocator(segment_words=segment_words) as memory:
        with MessageBuilder(memory) as message:
            node = init_node(message)
            node.set_text(TEXT, "parent")
            init_child(node).set_text(TEXT, "child")
            parts = parts_of(memory, message)
            assert (len(parts) > 1) == (segment_words == 4)
            arguments = [str(each) for part in parts for each in part]
            told = subprocess.run(
                [sys.executable, "-c", READER, *arguments],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            assert told.stdout == "parent child\n"
            assert told.stderr == ""
            # The reader's end did not unlink what it had only opened.
            assert all(there_is(name) for name, _ in parts)
        assert memory.live_grants == 0
    assert not any(there_is(name) for name, _ in parts)


PLAIN_READER = """
import sys
from multiprocessing.shared_memory import SharedMemory

block = SharedMemory(sys.argv[1])
block.close()
"""

WRITER = f"""
import os
import subprocess
import sys

from capnsafe import MessageBuilder
from capnsafe.memory.shared_memory import SharedMemoryAllocator

with SharedMemoryAllocator() as memory, MessageBuilder(memory) as message:
    node = message.init_root(1, 6)
    node.set_text({TEXT}, "text")
    (name,) = memory.names
    subprocess.run([sys.executable, "-c", sys.argv[1], name], check=True, capture_output=True)
    print(os.path.exists("/dev/shm/" + name), node.get_text({TEXT}))
"""


@pytest.mark.process
@pytest.mark.parametrize("then", ["", "block.unlink()"])
def test_a_block_that_another_process_unlinked_is_released(then: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", WRITER, PLAIN_READER + then],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert (told.stdout, told.stderr, told.returncode) == ("False text\n", "", 0)


def test_a_block_that_was_unlinked_before_is_closed() -> None:
    with SharedMemoryAllocator() as memory:
        key = memory.allocate(1)
        block = memory._live[key]
        block.unlink()
        memory.release(key, 0)
        assert block.buf is None
        assert memory.live_grants == 0


def test_what_a_reader_has_open_outlives_the_writer() -> None:
    with SharedMemoryAllocator() as memory, MessageBuilder(memory) as message:
        init_node(message).set_text(TEXT, "still there")
        shared = SharedSegments(parts_of(memory, message))
    with shared:
        assert MessageReader(shared.segments).get_root().get_text(TEXT) == "still there"


def test_shared_segments_cannot_be_written_and_end_together() -> None:
    with SharedMemoryAllocator() as memory:
        key = memory.allocate(1)
        (name,) = memory.names
        with SharedSegments([(name, 5)]) as shared:
            assert [len(segment) for segment in shared.segments] == [40]
            assert shared.segments[0].readonly
            held = memoryview(shared.segments[0])
            with pytest.raises(BufferError):
                shared.close()
            held.release()
        memory.release(key, 0)
        with pytest.raises(FileNotFoundError):
            SharedSegments([(name, 5)])


def test_a_block_with_fewer_words_is_refused() -> None:
    with SharedMemoryAllocator(segment_words=4) as memory:
        memory.allocate(1)
        (name,) = memory.names
        for words in (-1, 1 << 20):
            with pytest.raises(ValueError, match=name):
                SharedSegments([(name, words)])


def test_where_no_memory_is_left_is_a_refusal() -> None:
    memory = SharedMemoryAllocator(segment_words=1 << 50)
    message = MessageBuilder(memory)
    with pytest.raises(AllocationRefused) as caught:
        init_node(message)
    assert isinstance(caught.value.__cause__, OSError)
    assert memory.live_grants == 0


def test_where_memory_runs_out_while_a_block_is_made_none_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []

    def fail(descriptor: int, *_: int) -> None:
        made.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        assert Path(made[0]).exists()
        raise OSError(28, "no space")

    memory = SharedMemoryAllocator()
    monkeypatch.setattr(shared_memory, "lengthen", fail)
    with pytest.raises(OSError, match="no space"):
        memory.allocate(1)
    assert not Path(made[0]).exists()
    assert memory.live_grants == 0


def test_a_block_is_unlinked_also_while_somebody_holds_a_view() -> None:
    memory = SharedMemoryAllocator()
    key = memory.allocate(1)
    (name,) = memory.names
    view = memory.segment(key)
    block = memory._live[key]
    with pytest.raises(BufferError):
        memory.release(key, 0)
    assert not there_is(name)
    assert memory.live_grants == 0
    view.release()
    block.close()


def test_a_block_that_was_closed_is_missing() -> None:
    with SharedMemoryAllocator() as memory:
        with MessageBuilder(memory) as message:
            node = init_node(message)
            memory._live[0].close()
            with pytest.raises(SegmentLost):
                node.set_uint64(0, 1)
        assert memory.live_grants == 0


def test_where_blocks_are_no_files_none_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for folder in (tmp_path / "no such folder", tmp_path):
        monkeypatch.setattr(shared_memory, "_FOLDER", folder)
        with SharedMemoryAllocator() as memory, MessageBuilder(memory) as message:
            init_node(message).set_text(TEXT, "text")
            (name,) = memory.names
            assert there_is(name)
        assert not there_is(name)


def test_closing_unlinks_every_block_also_where_one_cannot_be_closed() -> None:
    memory = SharedMemoryAllocator()
    keys = [memory.allocate(1) for _ in range(3)]
    names = memory.names
    view = memory.segment(keys[1])
    block = memory._live[keys[1]]
    with pytest.raises(BufferError):
        memory.close()
    assert not any(there_is(name) for name in names)
    view.release()
    block.close()
    memory.close()


FORK = f"""
import os
from capnsafe import MessageBuilder
from capnsafe.memory.shared_memory import SharedMemoryAllocator

with SharedMemoryAllocator(segment_words=30) as memory, MessageBuilder(memory) as message:
    node = message.init_root(1, 6)
    node.set_text({TEXT}, "parent")
    pid = os.fork()
    if pid == 0:
        own = MessageBuilder(memory)
        own.init_root(1, 1)
        name = memory.names[-1]
        own.close()
        message.close()
        memory.close()
        os._exit(os.path.exists("/dev/shm/" + name))
    assert os.waitpid(pid, 0)[1] == 0
    print(node.get_text({TEXT}))
"""


@pytest.mark.process
def test_a_forked_process_unlinks_its_own_blocks_and_no_others() -> None:
    told = subprocess.run(
        [sys.executable, "-c", FORK], capture_output=True, text=True, timeout=600, check=False
    )
    assert (told.stdout, told.stderr, told.returncode) == ("parent\n", "", 0)


def test_what_another_process_made_is_closed_and_not_unlinked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = SharedMemoryAllocator()
    key = memory.allocate(1)
    (name,) = memory.names
    block = memory._live[key]
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: 1)
        memory.release(key, 0)
    assert block.buf is None
    assert there_is(name)
    block.unlink()


def test_after_closing_segments_are_missing() -> None:
    with SharedMemoryAllocator() as memory:
        message = MessageBuilder(memory)
        node = init_node(message)
    with pytest.raises(SegmentLost):
        node.set_uint64(0, 1)


def test_the_names_of_blocks_begin_as_asked() -> None:
    prefix = f"of-a-test-{os.getpid()}-"
    with SharedMemoryAllocator(segment_words=4, prefix=prefix) as memory:
        memory.allocate(1)
        memory.allocate(1)
        assert len({name for name in memory.names if name.startswith(prefix)}) == 2
    with pytest.raises(ValueError, match="'a/b'"):
        SharedMemoryAllocator(prefix="a/b")
