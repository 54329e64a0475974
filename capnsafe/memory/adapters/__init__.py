"""Adapters: allocators over the memory interfaces of other libraries.

Each supports one interface that another library has, or that was proposed. So old code keeps
working, and the interfaces can be compared.

- :class:`CallableAllocator`: a function that returns a buffer (pycapnp's hook).
- :class:`AddressAllocator`: addresses and lengths (capnproto-rust's ``Allocator``).
- :class:`HandedOverAllocator`: buffers that were made in advance.
- ``accessors.AppendBuilder``: a builder over write-only memory (capnproto-rust issue #467).
"""

from .address import AddressAllocator
from .callable import CallableAllocator
from .handed_over import HandedOverAllocator

__all__ = ["AddressAllocator", "CallableAllocator", "HandedOverAllocator"]
