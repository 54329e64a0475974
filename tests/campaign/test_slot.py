"""The slot names the input that was running, at any moment and for any reader."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign.slot import INPUT_BYTES, RECENT, RING_BYTES, Slot


def test_it_tells_the_execution_in_hand(tmp_path: Path) -> None:
    parent = Slot(tmp_path / "slot", create=True)
    worker = Slot(tmp_path / "slot")
    assert not parent.read().running
    worker.begin(3, b"abc")
    state = parent.read()
    assert (state.executions, state.data, state.running) == (3, b"abc", True)
    worker.finished(5)
    state = parent.read()
    assert (state.faults_fired, state.running) == (5, False)
    worker.begin(4, b"x")
    assert parent.read().data == b"x"


@pytest.mark.process
def test_it_outlives_its_writer(tmp_path: Path) -> None:
    parent = Slot(tmp_path / "slot", create=True)
    child = os.fork()
    if child == 0:
        Slot(tmp_path / "slot").begin(7, b"the last words")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    state = parent.read()
    assert (state.executions, state.data, state.running) == (7, b"the last words", True)


def test_what_is_written_into_its_descriptor_does_no_harm(tmp_path: Path) -> None:
    slot = Slot(tmp_path / "slot", create=True)
    slot.begin(7, b"in hand")
    before = slot.read()
    links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    written = 0
    for link in links:
        if link.exists() and link.readlink() == tmp_path / "slot":
            written += os.write(int(link.name), b"\xff" * 1000)
    assert written
    assert slot.read() == before


def test_a_long_input_is_cut(tmp_path: Path) -> None:
    slot = Slot(tmp_path / "slot", create=True)
    slot.begin(1, b"x" * (INPUT_BYTES + 1))
    assert slot.read().data == b"x" * INPUT_BYTES


def test_it_keeps_the_inputs_before_that_one(tmp_path: Path) -> None:
    parent = Slot(tmp_path / "slot", create=True)
    worker = Slot(tmp_path / "slot")
    assert parent.recent() == []
    for execution in range(1, RECENT + 5):
        worker.begin(execution, b"%d" % execution)
        if execution == 3:
            assert parent.recent() == [b"3", b"2", b"1"]
            assert parent.recent(1) == [b"3"]
            assert parent.recent(until=2) == [b"2", b"1"]
    assert parent.recent() == [b"%d" % execution for execution in range(RECENT + 4, 4, -1)]


def test_it_keeps_fewer_inputs_where_they_are_long(tmp_path: Path) -> None:
    parent = Slot(tmp_path / "slot", create=True)
    worker = Slot(tmp_path / "slot")
    # A length that does not divide the ring, so that no input begins where another one did.
    length = INPUT_BYTES - 7
    ran = RING_BYTES // length + 20
    for execution in range(1, ran + 1):
        worker.begin(execution, execution.to_bytes(4, "big") * (length // 4))
    kept = [int.from_bytes(data[:4], "big") for data in parent.recent()]
    assert kept == list(range(ran, ran - len(kept), -1))
    assert RING_BYTES // length - 2 <= len(kept) <= RING_BYTES // length
    for number, data in zip(kept, parent.recent(), strict=True):
        assert data == number.to_bytes(4, "big") * (length // 4)


def test_it_tells_how_many_seeds_are_left(tmp_path: Path) -> None:
    parent = Slot(tmp_path / "slot", create=True)
    Slot(tmp_path / "slot").note_seeds_left(7)
    assert parent.read().seeds_left == 7


def test_the_parent_can_ask_for_an_end(tmp_path: Path) -> None:
    parent = Slot(tmp_path / "slot", create=True)
    worker = Slot(tmp_path / "slot")
    assert not worker.stopping
    parent.stop()
    worker.begin(1, b"")
    worker.finished(0)
    assert worker.stopping
