"""Messages come whole or not at all."""

from __future__ import annotations

import os

import pytest
from capnsafe_fuzz.campaign.messages import (
    GarbledError,
    LineBuffer,
    receive,
    send,
    violation_from_json,
    violation_to_json,
)
from capnsafe_fuzz.oracles import Violation


def test_messages_cut_anywhere_arrive_whole() -> None:
    read, write = os.pipe()
    send(write, {"kind": "a", "text": "ä\n"})
    send(write, {"kind": "b"})
    data = os.read(read, 1000)
    for cut in range(len(data)):
        buffer = LineBuffer()
        got = buffer.feed(data[:cut]) + buffer.feed(data[cut:])
        assert [message["kind"] for message in got] == ["a", "b"]
        assert got[0]["text"] == "ä\n"
    os.close(read)
    os.close(write)


def test_half_a_message_is_no_message() -> None:
    read, write = os.pipe()
    os.write(write, b'{"kind": "done"')
    os.close(write)
    with os.fdopen(read, "rb") as file:
        assert receive(file) is None


def test_a_violation_travels() -> None:
    violation = Violation("P2", "all_or_nothing", 3, "set text", "it says more", "P2 set text")
    assert violation_from_json(violation_to_json(violation)) == violation


def test_what_has_no_end_is_no_message_and_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("capnsafe_fuzz.campaign.messages.MOST_BYTES", 1000)
    buffer = LineBuffer()
    assert buffer.feed(b'{"kind": "a"}\n' + b"a" * 900)[0]["kind"] == "a"
    with pytest.raises(GarbledError):
        buffer.feed(b"a" * 101)
    assert buffer.feed(b'{"kind": "b"}\n')[0]["kind"] == "b"
