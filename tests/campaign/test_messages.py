"""Messages come whole or not at all."""

from __future__ import annotations

import os

from capnsafe_fuzz.campaign.messages import (
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
