"""The target ``frame``: bytes into whatever reads messages from a stream, and segments back again.

A message in a stream begins with a table of its segments' sizes (encoding specification,
"Serialization Over a Stream"), and a table can claim anything. The same bytes are read from memory,
from a file that delivers them in pieces of any size and may be interrupted, and from a socket; what
was read is framed again, and written to a file that takes it in pieces.
"""

from .target import TARGET

__all__ = ["TARGET"]
