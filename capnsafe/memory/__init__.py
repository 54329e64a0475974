"""Honest memory for applications: allocators that keep their side of the contract.

The contract is the docstring of :mod:`capnsafe.allocator`. Each module is one kind of memory and
can be used by itself; those that this package does not export are imported by their own names,
since they bring in what most programs do not need.

- :class:`HeapAllocator`: a ``bytearray`` a segment. The default.
- :class:`FixedAllocator`: one buffer of yours, and nowhere else.
- :class:`PoolAllocator`: a number of words that many messages share.
- ``mapped_file.MappedFileAllocator``: a file that grows as the message does.
- ``shared_memory.SharedMemoryAllocator``: blocks that another process reads.
- ``malloc.MallocAllocator``: the heap of the C library, by address.
- ``wasm.WasmAllocator``: the memory of a WebAssembly guest (the extra ``wasm``).
- :class:`ScratchAllocator`: a buffer of yours first, another memory after.
- ``adapters``: memory that speaks another language.
"""

from .fixed import FixedAllocator
from .heap import HeapAllocator
from .pool import PoolAllocator
from .scratch import ScratchAllocator

__all__ = ["FixedAllocator", "HeapAllocator", "PoolAllocator", "ScratchAllocator"]
