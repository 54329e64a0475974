"""The target ``stream``: bytes from a stream of messages, framed or packed.

An input has one of two forms. A text that begins with ``capnsafe frame 1`` is for the readers of
message streams (``framed``), one with ``capnsafe packed 1`` for unpacking and packing (``packed``).
"""

from .target import TARGET

__all__ = ["TARGET"]
