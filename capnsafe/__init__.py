"""An encoder for Cap'n Proto that cannot be hurt by its memory.

Builders hold a segment and an offset, never memory. The memory stays with an :class:`Allocator`,
which may refuse, move or shrink it at any call; it is borrowed only while one write lasts. Every
failure is an exception from the tree in :mod:`capnsafe.errors`, and a call that raises leaves the
message as it was.
"""

from .allocator import Allocator
from .builder import Orphan, PointerListBuilder, StructBuilder, StructListBuilder
from .errors import (
    AllocationRefused,
    AllocatorError,
    ArgumentError,
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    BadBuffer,
    Borrowed,
    BorrowRefused,
    Closed,
    ContentsChanged,
    Error,
    Exhausted,
    FramingError,
    GrantOverlaps,
    GrantTooSmall,
    InvalidText,
    MalformedMessage,
    MessageStateError,
    MessageTooLarge,
    NestingLimitExceeded,
    PointerKindMismatch,
    PointerOutOfBounds,
    Poisoned,
    Reentered,
    ReleaseFailed,
    SegmentLost,
    StaleHandle,
    TraversalLimitExceeded,
    Unreadable,
)
from .framing import Written, frame, read_message, read_messages, unframe, write_message
from .memory import FixedAllocator, HeapAllocator
from .message import MessageBuilder
from .objects import PointerListReader, StructListReader, StructReader
from .packing import Packer, Unpacker, pack, unpack
from .primitives import ListBuilder, ListReader
from .reader import MessageReader
from .tree import ObjectSize
from .wire import Element, PointerKind

__all__ = [
    "AllocationRefused",
    "Allocator",
    "AllocatorError",
    "ArgumentError",
    "ArgumentIndexError",
    "ArgumentTypeError",
    "ArgumentValueError",
    "BadBuffer",
    "BorrowRefused",
    "Borrowed",
    "Closed",
    "ContentsChanged",
    "Element",
    "Error",
    "Exhausted",
    "FixedAllocator",
    "FramingError",
    "GrantOverlaps",
    "GrantTooSmall",
    "HeapAllocator",
    "InvalidText",
    "ListBuilder",
    "ListReader",
    "MalformedMessage",
    "MessageBuilder",
    "MessageReader",
    "MessageStateError",
    "MessageTooLarge",
    "NestingLimitExceeded",
    "ObjectSize",
    "Orphan",
    "Packer",
    "PointerKind",
    "PointerKindMismatch",
    "PointerListBuilder",
    "PointerListReader",
    "PointerOutOfBounds",
    "Poisoned",
    "Reentered",
    "ReleaseFailed",
    "SegmentLost",
    "StaleHandle",
    "StructBuilder",
    "StructListBuilder",
    "StructListReader",
    "StructReader",
    "TraversalLimitExceeded",
    "Unpacker",
    "Unreadable",
    "Written",
    "frame",
    "pack",
    "read_message",
    "read_messages",
    "unframe",
    "unpack",
    "write_message",
]
