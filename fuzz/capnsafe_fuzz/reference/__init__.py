"""Reference decoders, written from the encoding specification. They share no code with any encoder.

- ``framing`` and ``packing``: streams of messages, packed or not
- ``reading``: the contents of untyped segments, and the questions that must be refused
- ``examiner``: strict checks against the schema (``layout``); its result is an ``examination``
- ``canonical``: the canonical form
"""
