"""Schemas: readers, builders and values that are generated from ``.capnp`` files.

``capnp compile -ocapnsafe person.capnp`` writes a module, and ``capnsafe.load("person.capnp")``
makes the same module at run time. This package has the base classes of generated code. They do the
work; generated code only gives the names, types and places of fields.
"""

from .._read.objects import StructReader
from .._words.laid_out import Types
from ..wire import Element
from .annotations import Annotation
from .anything import ANY_POINTER, AnyBuilder, AnyReader, Anything, Opaque, parameter
from .enums import Enumerants, Enumeration, enumerants
from .handles import GeneratedBuilder, GeneratedReader
from .kinds import (
    BOOL,
    CAPABILITY,
    DATA,
    FLOAT32,
    FLOAT64,
    INT8,
    INT16,
    INT32,
    INT64,
    TEXT,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    VOID,
    EnumKind,
    GroupKind,
    StructKind,
    list_of,
)
from .layout import NO_STRUCT, Default, FieldLayout, Layout
from .lists import (
    EnumItems,
    EnumItemsBuilder,
    Items,
    ItemsBuilder,
    Numbers,
    NumbersBuilder,
    PointerItems,
    PointerItemsBuilder,
    StructItems,
    StructItemsBuilder,
    bools,
    floats,
    ints,
    or_default,
    voids,
)
from .unset import UNSET, UnsetType
from .values import StructValue, UnionValue

__all__ = [
    "ANY_POINTER",
    "BOOL",
    "CAPABILITY",
    "DATA",
    "FLOAT32",
    "FLOAT64",
    "INT8",
    "INT16",
    "INT32",
    "INT64",
    "NO_STRUCT",
    "TEXT",
    "UINT8",
    "UINT16",
    "UINT32",
    "UINT64",
    "UNSET",
    "VOID",
    "Annotation",
    "AnyBuilder",
    "AnyReader",
    "Anything",
    "Default",
    "Element",
    "EnumItems",
    "EnumItemsBuilder",
    "EnumKind",
    "Enumerants",
    "Enumeration",
    "FieldLayout",
    "GeneratedBuilder",
    "GeneratedReader",
    "GroupKind",
    "Items",
    "ItemsBuilder",
    "Layout",
    "Numbers",
    "NumbersBuilder",
    "Opaque",
    "PointerItems",
    "PointerItemsBuilder",
    "StructItems",
    "StructItemsBuilder",
    "StructKind",
    "StructReader",
    "StructValue",
    "Types",
    "UnionValue",
    "UnsetType",
    "bools",
    "enumerants",
    "floats",
    "ints",
    "list_of",
    "or_default",
    "parameter",
    "voids",
]
