"""What happened in one execution, as a value.

``record`` has the value itself, ``difference`` says where two readings of a message differ, and
``telling`` puts exceptions and values of foreign code into words without trusting them.
"""

from .record import CallCounts, Contents, Outcome, Record, Step, Violation

__all__ = ["CallCounts", "Contents", "Outcome", "Record", "Step", "Violation"]
