"""Copies of packers, streams, builders and readers: each works, or is refused by name."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from capnsafe import (
    ArgumentTypeError,
    Element,
    MessageBuilder,
    Packer,
    Unpacker,
    frame,
    pack,
    read_message,
    read_messages,
)

WAYS: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "oldest pickle": lambda value: pickle.loads(pickle.dumps(value, 2)),
}

every_way = pytest.mark.parametrize("way", WAYS)


@every_way
@pytest.mark.parametrize("size", [3, 12, 1 << 14, (1 << 15) + 5])
def test_a_copied_packer_goes_on_by_itself(way: str, size: int) -> None:
    first = bytes(range(256)) * (size // 256) + bytes(size % 256)
    rests = (b"\1" * (-size % 8) + b"original", b"\2" * (-size % 8) + b"a copy goes on..")
    original = Packer()
    begun = original.feed(first)
    copied = WAYS[way](original)
    ends = [packer.feed(rest) for packer, rest in zip((original, copied), rests, strict=True)]
    ends = [end + packer.flush() for end, packer in zip(ends, (original, copied), strict=True)]
    assert [begun + end for end in ends] == [pack(first + rest) for rest in rests]


@every_way
def test_a_copied_unpacker_goes_on_by_itself(way: str) -> None:
    words = bytes(range(1, 65)) + bytes(64) + b"the rest"
    packed = pack(words)
    original = Unpacker()
    begun = original.feed(packed[:70], max_words=4)
    copied = WAYS[way](original)
    for unpacker in (copied, original):
        assert begun + unpacker.feed(packed[70:]) == words
        unpacker.finish()


@every_way
@pytest.mark.parametrize("packed", [False, True])
def test_a_stream_of_messages_is_not_copied(way: str, packed: bool) -> None:
    octets = frame([bytes(8)], packed=packed) * 2
    for source in (io.BytesIO(octets), octets):
        messages = read_messages(source, packed=packed)
        next(messages)
        if way == "copy":
            # Another name for the same stream: each message comes once.
            assert len([*copy.copy(messages), *messages]) == 1
            continue
        with pytest.raises(ArgumentTypeError):
            WAYS[way](messages)
        assert len(list(messages)) == 1


def built() -> MessageBuilder:
    message = MessageBuilder()
    root = message.init_root(1, 3)
    root.init_list(0, Element.UINT8, 3)
    root.init_struct_list(1, 2, 1, 1)
    root.init_pointer_list(2, 2)
    return message


@every_way
def test_readers_are_copied_as_what_they_are_and_not_pickled(way: str) -> None:
    message = read_message(built().to_bytes())
    root = message.get_root()
    readers = [
        message,
        root,
        root.get_list(0, Element.UINT8),
        root.get_struct_list(1),
        root.get_pointer_list(2),
        MessageReaderOver.made(),
    ]
    for reader in readers:
        if way == "copy":
            assert copy.copy(reader) is reader
        else:
            with pytest.raises(ArgumentTypeError):
                WAYS[way](reader)


class MessageReaderOver:
    """A reader over memory that is borrowed."""

    def segment(self, key: object, /) -> bytearray:
        return bytearray(16)

    @classmethod
    def made(cls) -> Any:
        from capnsafe import MessageReader

        return MessageReader.from_allocator(cls(), [0])


@every_way
def test_builders_are_copied_as_handles_or_refused(way: str) -> None:
    with built() as message:
        root = message.get_root()
        assert root is not None
        orphan = message.new_orphan_text("text")
        handles: list[Any] = [
            root,
            root.get_list(0, Element.UINT8),
            root.get_struct_list(1),
            root.get_pointer_list(2),
        ]
        for thing in (message, orphan, *handles):
            if way == "copy" and thing in handles:
                assert WAYS[way](thing)._tree().body == thing._tree().body
            else:
                with pytest.raises(ArgumentTypeError):
                    WAYS[way](thing)
        again = copy.copy(root)
        again.set_uint64(0, 7)
        assert root.get_uint64(0) == 7
        message.init_root(1, 0)
        for handle in (root, again):
            with pytest.raises(Exception, match="overwritten"):
                handle.get_uint64(0)


@every_way
def test_lent_views_are_not_copied(way: str) -> None:
    message = MessageBuilder()
    root = message.init_root(0, 1)
    root.set_data(0, b"12345678")
    for lent in (root.lend_data(0), message.lend_segment(0), message.lend_segments()):
        with pytest.raises(ArgumentTypeError):
            WAYS[way](lent)
        with lent:
            pass
    assert root.get_data(0) == b"12345678"
