"""The target ``read``: hostile segments into the reader, and everything asked that can be asked.

An input is the words of some segments, the limits, and a list of what is asked: accessors of every
reader class, copies, canonical forms. A reference (``reference``), which shares no code with any
encoder, says what must come of each: a value, or that it must be refused.
"""

from .target import TARGET

__all__ = ["TARGET"]
