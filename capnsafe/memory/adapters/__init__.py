"""Adapters: memory that speaks another language than :mod:`capnsafe.allocator`.

Each makes an allocator of one shape that other libraries have, or have been asked for. So old code
keeps working, and the shapes can be compared.

- :class:`CallableAllocator`: a function that returns a buffer (pycapnp's hook).
- :class:`AddressAllocator`: addresses and lengths (capnproto-rust's ``Allocator``).
- :class:`HandedOverAllocator`: segments that were made in advance.
- ``accessors.AppendBuilder``: memory that can be written and not read (capnproto-rust issue #467).
"""

from .address import AddressAllocator
from .callable import CallableAllocator
from .handed_over import HandedOverAllocator

__all__ = ["AddressAllocator", "CallableAllocator", "HandedOverAllocator"]
