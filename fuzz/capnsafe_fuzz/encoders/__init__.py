"""Encoders: libraries that build messages, each behind an adapter.

``capnsafe`` is the library of this repository. ``planted:NAME`` is a copy of it with a mistake that
a real library once made, to prove that the harness would find it. ``protocol`` says what an adapter
must offer.
"""

from .protocol import Encoder, Failure, Session
from .registry import UnknownEncoder, encoder_names, find_encoder

__all__ = [
    "Encoder",
    "Failure",
    "Session",
    "UnknownEncoder",
    "encoder_names",
    "find_encoder",
]
