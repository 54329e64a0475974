"""Group H: framing and packing, in addition to the ids in tests/capnsafe/test_streams.py."""

from __future__ import annotations

import array
import os
import socket

import pytest

from capnsafe import (
    FramingError,
    MessageBuilder,
    frame,
    read_message,
    read_messages,
    unframe,
    write_message,
)
from tests.capnsafe.reading import contents


@pytest.mark.parametrize("odd", range(8))
def test_h6_a_buffer_need_not_be_whole_words(odd: int) -> None:
    """capnproto-rust 31fa4a4f: bytes after the message, fewer than a word, made it unreadable."""
    with MessageBuilder() as message:
        message.init_root(0, 1).set_text(0, "text")
        data = message.to_bytes()
    buffer = bytearray(b"\xee" * odd + data + b"\xee" * odd)
    for at in (memoryview(buffer)[odd:], buffer[odd:]):
        assert read_message(at).get_root().get_text(0) == "text"
        assert [bytes(view) for view in unframe(at)] == [data[8:]]
    if odd:
        # The next message would have to begin there.
        messages = read_messages(data + b"\xee" * odd)
        assert next(messages).get_root().get_text(0) == "text"
        with pytest.raises(FramingError):
            next(messages)


def test_h12_what_comes_beside_a_message_is_given_to_none() -> None:
    """capnproto C++ #2359: file descriptors of one message arrived with another.

    A message here is its bytes alone. What a sender attaches to them is not asked for, and the
    kernel closes it; entries of the capability table are numbers, and stay with their message.
    """
    messages = []
    for entry in (1, 2):
        with MessageBuilder() as message:
            message.init_root(0, 1).set_capability(0, entry)
            messages.append(message.to_bytes())
    left, right = socket.socketpair()
    reading, writing = os.pipe()
    with left, right:
        attached = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [writing]))]
        left.sendmsg([messages[0]], attached)
        os.close(writing)
        write_message(left, unframe(messages[1]))
        left.shutdown(socket.SHUT_WR)
        found = [each.get_root().get_capability(0) for each in read_messages(right)]
    assert found == [1, 2]
    # Nobody has the other end any more.
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_h12_messages_of_one_stream_share_nothing() -> None:
    """They share no limits and no memory: the first may be dropped, exhausted, or kept."""
    stream = b"".join(frame([bytes(8), bytes([number]) * 8]) for number in range(4))
    assert [bytes(view) for view in unframe(stream)] == [bytes(8), bytes(8)]
    segments = [contents(message) for message in read_messages(stream)]
    assert segments == [[bytes(8), bytes([number]) * 8] for number in range(4)]
