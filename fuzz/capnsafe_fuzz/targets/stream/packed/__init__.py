"""The form ``packed``: bytes for unpacking and packing, whole and in chunks of any size.

Packing is the compression of zero bytes that comes with the encoding (encoding specification,
"Packing"). Almost any bytes are packed words. So mistakes show at the end of the bytes, at the ends
of chunks, and where few bytes stand for many words.

The same bytes go both ways: they are unpacked as they are, and their whole words are packed.
"""

from .form import PACKED
from .scenario import Packed

__all__ = ["PACKED", "Packed"]
