"""Opening fields by their kinds.

Generated code opens most fields by calls that the generator wrote. It does not know the type of a
field whose type is a parameter of a generic struct: that depends on the field around the struct.
These functions ask the kind, in which parameters have their types.
"""

from __future__ import annotations

from typing import Any, Final

from .._build.builder import Pointers
from .._read.objects import PointerSlotsReader
from ..wire import PointerKind
from .any_kinds import AnyKind
from .anything import (
    AnyBuilder,
    AnyListBuilder,
    AnyListReader,
    AnyReader,
    AnyStructBuilder,
    AnyStructReader,
)
from .kinds import (
    DataKind,
    EnumKind,
    ListKind,
    PointerListKind,
    ScalarListKind,
    StructKind,
    StructListKind,
    TextKind,
)
from .layout import NO_STRUCT, Default, PointerTo
from .lists import (
    NO_ITEMS,
    EnumItems,
    EnumItemsBuilder,
    PointerItems,
    PointerItemsBuilder,
    StructItems,
    StructItemsBuilder,
    numbers,
)

#: The classes of readers and builders, by the kind of objects that a pointer takes.
_READERS: Final = {
    None: AnyReader,
    PointerKind.STRUCT: AnyStructReader,
    PointerKind.LIST: AnyListReader,
}
_BUILDERS: Final = {
    None: AnyBuilder,
    PointerKind.STRUCT: AnyStructBuilder,
    PointerKind.LIST: AnyListBuilder,
}


def read(kind: PointerTo, slots: PointerSlotsReader, index: int, default: Any = None) -> Any:
    """Return what a generated reader returns for the object behind a pointer.

    A null pointer reads as the default, which is a ``Default`` if it is a struct or a list.
    """
    if type(default) is Default and slots.is_null(index):
        slots, index = default.slots(), 0
    if isinstance(kind, AnyKind):
        return _READERS[kind.takes](slots, index)
    if isinstance(kind, StructKind):
        layout = kind.struct.layout()
        return layout.opened(layout.reader, slots.get_struct(index) or NO_STRUCT)
    if isinstance(kind, StructListKind):
        layout = kind.struct.layout()
        bound = layout if layout.is_bound else None
        return StructItems(slots.get_struct_list(index), layout.reader, bound)
    if isinstance(kind, PointerListKind):
        reads = kind.reads
        if reads is None:
            of = kind.of
            reads = kind.reads = lambda low, at: read(of, low, at)
        return PointerItems(slots.get_pointer_list(index), reads)
    if isinstance(kind, ScalarListKind):
        low = slots.get_list(index, kind.of.element)
        if isinstance(kind.of, EnumKind):
            return EnumItems(low, kind.of.members())
        if low is None:
            return NO_ITEMS
        # As in ``numbers``. The type of the list is known here.
        low._from_end = True
        return low
    return _leaf(kind, slots, index)


def build(kind: PointerTo, slots: Pointers, index: int, default: Any = None) -> Any:
    """Return what a generated builder returns for the object behind a pointer.

    If the pointer is null, a struct is built first. A list becomes a copy of its default.
    """
    given = default if type(default) is Default else None
    if isinstance(kind, AnyKind):
        return _BUILDERS[kind.takes](slots, index)
    if isinstance(kind, StructKind):
        layout = kind.struct.layout()
        struct = slots.get_struct(
            index,
            layout.data_words,
            layout.pointer_count,
            default=None if given is None else given.struct(),
        )
        if struct is None:
            struct = slots.init_struct(index, layout.data_words, layout.pointer_count)
        return layout.opened(layout.builder, struct)
    if isinstance(kind, StructListKind):
        layout = kind.struct.layout()
        structs = slots.get_struct_list(
            index,
            layout.data_words,
            layout.pointer_count,
            default=None if given is None else given.structs(),
        )
        return wrapped(kind, structs)
    if isinstance(kind, PointerListKind):
        return wrapped(
            kind, slots.get_pointer_list(index, default=None if given is None else given.pointers())
        )
    if isinstance(kind, ScalarListKind):
        element = kind.of.element
        low = slots.get_list(
            index, element, default=None if given is None else given.numbers(element)
        )
        return wrapped(kind, low)
    return _leaf(kind, slots, index)


def init(kind: StructKind | ListKind, slots: Pointers, index: int, count: int) -> Any:
    """Build a struct of zeros, or a list of ``count`` zeros, and return its builder."""
    if isinstance(kind, StructKind):
        layout = kind.struct.layout()
        return wrapped(kind, slots.init_struct(index, layout.data_words, layout.pointer_count))
    if isinstance(kind, StructListKind):
        layout = kind.struct.layout()
        structs = slots.init_struct_list(index, count, layout.data_words, layout.pointer_count)
        return wrapped(kind, structs)
    if isinstance(kind, ScalarListKind):
        return wrapped(kind, slots.init_list(index, kind.of.element, count))
    return wrapped(kind, slots.init_pointer_list(index, count))


def wrapped(kind: StructKind | ListKind, low: Any) -> Any:
    """Return the builder of a struct or a list for its handle of the low layer."""
    if isinstance(kind, StructKind):
        layout = kind.struct.layout()
        return layout.opened(layout.builder, low)
    if isinstance(kind, StructListKind):
        layout = kind.struct.layout()
        return StructItemsBuilder(low, layout.owner, layout if layout.is_bound else None)
    if isinstance(kind, PointerListKind):
        builds = kind.builds
        if builds is None:
            of = kind.of
            builds = kind.builds = lambda low, at: build(of, low, at)
        return PointerItemsBuilder(low, builds, kind.of)
    assert isinstance(kind, ScalarListKind)
    if isinstance(kind.of, EnumKind):
        return EnumItemsBuilder(low, kind.of.members())
    return numbers(low)


def _leaf(kind: PointerTo, slots: PointerSlotsReader | Pointers, index: int) -> Any:
    """Return a Text, a Data or the index of a capability."""
    if isinstance(kind, TextKind):
        return slots.get_text(index) or ""
    return (
        slots.get_data(index) or b"" if isinstance(kind, DataKind) else slots.get_capability(index)
    )
