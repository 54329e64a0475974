"""The target ``reader``: hostile segments for the reader, and every possible question to it.

An input is the words of some segments, the limits, and a list of questions: accessors of every
reader class, copies, canonical forms. A reference (``reference``), which shares no code with any
encoder, gives the expected result of each: a value, or a refusal.
"""

from .target import TARGET

__all__ = ["TARGET"]
