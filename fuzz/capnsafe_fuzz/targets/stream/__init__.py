"""The target ``stream``: bytes from a stream of messages, framed or packed.

An input has one of two forms. A text that begins with ``capnsafe frame 1`` is for the readers of
message streams (``framed``), one with ``capnsafe packed 1`` for unpacking and packing (``packed``).
The folder of a form has the modules that only this form needs; ``scenario`` has the text and the
bytes of both forms, and ``form`` their search.
"""

from .target import TARGET

__all__ = ["TARGET"]
