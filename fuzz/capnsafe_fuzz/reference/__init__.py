"""Our own decoders, written by the encoding specification. They share no code with any encoder.

- ``framing`` and ``packing``: streams of messages, packed or not
- ``reading``: what untyped segments hold, and what must be refused
- ``examiner``: strictly by the schema (``layout``), and what is wrong (``examination``)
- ``canonical``: the canonical form
"""
