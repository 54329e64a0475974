"""The target ``stream``: bytes from a stream of messages, framed or packed.

An input has one of two forms, which the first line of its text names: ``framed`` is for the readers
of message streams, ``packed`` is for unpacking and packing.
"""

from .target import TARGET

__all__ = ["TARGET"]
