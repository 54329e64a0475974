"""An encoder for Cap'n Proto that cannot be hurt by its memory.

Builders hold a segment and an offset, never memory. An :class:`Allocator` owns the memory, and may
refuse, move or shrink it at any call; a builder borrows it for the length of one write. Every
failure is an exception from the tree in :mod:`capnsafe.errors`, and a call that raises leaves the
message as it was.
"""

import typing as _typing
from importlib import import_module as _import_module

# This import decides whether those after it find compiled modules or sources.
from . import _sources
from . import aio as aio
from . import wire as _wire
from ._build.builder import Orphan, PointerListBuilder, StructBuilder, StructListBuilder, equal
from ._build.message import MessageBuilder
from ._build.primitives import ListBuilder
from ._read.lists import ListReader
from ._read.objects import PointerListReader, StructListReader, StructReader
from ._read.reader import MessageReader
from ._stream.framing import frame, message_words, unframe
from ._stream.messages import read_message, read_messages
from ._stream.packing import Packer, Unpacker, pack, unpack
from ._stream.writing import WriteProgress, write_message
from ._words.tree import ObjectSize
from .allocator import Allocator
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
    SchemaError,
    SegmentLost,
    StaleHandle,
    TraversalLimitExceeded,
    Unreadable,
)
from .memory import FixedAllocator, HeapAllocator
from .wire import Element, ElementSize, PointerKind

if _typing.TYPE_CHECKING:
    from . import schema as schema
    from .schema.loading import load
else:
    # A third of the package is for schemas. It is imported when a program uses it, by an import or
    # by one of these names.
    def __getattr__(name):
        """Return ``schema`` or ``load``, which are not imported yet."""
        if name == "schema":
            return _import_module(".schema", __name__)
        if name == "load":
            load = globals()["load"] = _import_module(".schema.loading", __name__).load
            return load
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        """Return all names, including ``load`` and ``schema``, which may not be imported yet."""
        return sorted({*globals(), "load", "schema"})


#: Whether the package runs as modules that mypyc compiled. Otherwise it runs as sources.
COMPILED: bool = _sources.is_extension(_wire.__file__)

__all__ = [
    "COMPILED",
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
    "ElementSize",
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
    "SchemaError",
    "SegmentLost",
    "StaleHandle",
    "StructBuilder",
    "StructListBuilder",
    "StructListReader",
    "StructReader",
    "TraversalLimitExceeded",
    "Unpacker",
    "Unreadable",
    "WriteProgress",
    "equal",
    "frame",
    "load",
    "message_words",
    "pack",
    "read_message",
    "read_messages",
    "unframe",
    "unpack",
    "write_message",
]
