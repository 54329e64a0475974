"""The target ``builder``: a program of build operations, over an allocator with faults."""

from .target import TARGET

__all__ = ["TARGET"]
