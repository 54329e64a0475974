"""The form ``framed``: bytes for the readers of message streams, and segments framed again.

A message in a stream begins with a table of its segments' sizes (encoding specification,
"Serialization Over a Stream"), and a table can declare any sizes. The same bytes are read from
memory, from a file that returns them in pieces of any size and may be interrupted, and from a
socket. The messages are then framed again, and written to a file that accepts them in pieces.
"""

from .form import FRAMED
from .scenario import Frame

__all__ = ["FRAMED", "Frame"]
