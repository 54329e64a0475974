"""Honest memory for applications: allocators that keep their side of the contract.

The contract is the docstring of :mod:`capnsafe.allocator`. Each module is one kind of memory and
can be used by itself.
"""

from .fixed import FixedAllocator
from .heap import HeapAllocator

__all__ = ["FixedAllocator", "HeapAllocator"]
