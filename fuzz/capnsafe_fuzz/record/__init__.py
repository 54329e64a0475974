"""The record of one execution, as a value.

``record`` has the value itself, ``difference`` says where two readings of a message differ, and
``telling`` describes exceptions and values of foreign code without trusting them.
"""

from .record import Answer, CallCounts, Contents, Outcome, Record, Step, Violation

__all__ = ["Answer", "CallCounts", "Contents", "Outcome", "Record", "Step", "Violation"]
