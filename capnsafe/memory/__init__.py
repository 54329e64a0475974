"""Honest memory for applications: allocators that keep their side of the contract.

The contract is the docstring of :mod:`capnsafe.allocator`. Each module is one kind of memory and
can be used alone. This package does not export those that import modules which most programs do not
need; import them by their own names.

- :class:`HeapAllocator`: a ``bytearray`` for each segment. The default.
- :class:`FixedAllocator`: one buffer of the caller, and nothing else.
- :class:`PoolAllocator`: a fixed number of words that many messages share.
- ``mapped_file.MappedFileAllocator``: a file that grows with the message.
- ``shared_memory.SharedMemoryAllocator``: blocks that another process reads.
- ``malloc.MallocAllocator``: the heap of the C library, by address.
- ``wasm.WasmAllocator``: the memory of a WebAssembly guest (the extra ``wasm``).
- :class:`ScratchAllocator`: a buffer of the caller first, then another allocator.
- ``adapters``: allocators over other libraries' interfaces.
"""

from .fixed import FixedAllocator
from .heap import HeapAllocator
from .pool import PoolAllocator
from .scratch import ScratchAllocator

__all__ = ["FixedAllocator", "HeapAllocator", "PoolAllocator", "ScratchAllocator"]
