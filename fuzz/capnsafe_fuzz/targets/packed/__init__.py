"""The target ``packed``: bytes into unpacking and packing, whole and in chunks of any size.

Packing is the compression of zero bytes that comes with the encoding (encoding specification,
"Packing"). Almost any bytes are packed words; so what hurts is where they end, where chunks end,
and how much few bytes can stand for.

The same bytes go both ways: they are unpacked as they are, and packed as words, as far as they are
whole ones.
"""

from .target import TARGET

__all__ = ["TARGET"]
