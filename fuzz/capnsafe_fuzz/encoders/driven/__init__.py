"""Encoders in other processes, behind drivers: libraries of any language under the same faults.

A driver is a process around a library. It performs the operations that the harness sends, and calls
back for memory. All segments are in one mapped file, which it shares with the harness. So the same
hostile allocators serve every language. ``docs/drivers.md`` describes the protocol.
"""
