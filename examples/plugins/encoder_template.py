"""An encoder to begin with: it has one struct with one number, and builds it by hand.

Replace the code below by calls of your library, and add further operations.
``capnsafe_fuzz/scenario/operations.py`` lists the operations, and
``capnsafe_fuzz/encoders/protocol.py`` is the contract of the methods.

    PYTHONPATH=examples/plugins capnsafe fuzz builder --encoder encoder_template:Encoder
"""

import struct

from capnsafe_fuzz.encoders import Failure
from capnsafe_fuzz.scenario import EVERYTHING, Verb

WORDS = 1 + EVERYTHING.data_words + EVERYTHING.pointer_count
"""The root pointer, and the root."""
NUMBERS = {f.name: f for f in EVERYTHING.fields if f.kind.value == "UInt32" and not f.default}


class Session:
    """One message."""

    def __init__(self, memory):
        self.memory, self.key = memory, None

    def perform(self, operation):
        if operation.verb is Verb.ROOT and self.key is None:
            self.key = self.memory.allocate(WORDS)
            shape = EVERYTHING.data_words, EVERYTHING.pointer_count
            struct.pack_into("<IHH", self.memory.segment(self.key), 0, 0, *shape)
            return True
        field = NUMBERS.get(operation.place) if self.key is not None else None
        if field is None or operation.verb not in (Verb.SET, Verb.GET):
            raise NotImplementedError(operation.verb)
        at, view = 8 + 4 * field.offset, self.memory.segment(self.key)
        if operation.verb is Verb.GET:
            return struct.unpack_from("<I", view, at)[0]
        return struct.pack_into("<I", view, at, operation.value)

    def skip(self, operation):
        """Do nothing: this encoder numbers no handles."""

    def output(self):
        words = bytes(8) if self.key is None else self.memory.segment(self.key)[: WORDS * 8]
        return struct.pack("<II", 0, len(words) // 8) + bytes(words)

    def canonical(self):
        raise NotImplementedError("canonical")

    def segment_words(self):
        return [] if self.key is None else [WORDS]

    def close(self):
        if self.key is not None:
            key, self.key = self.key, None
            self.memory.release(key, WORDS)


class Encoder:
    """The encoder that the harness calls."""

    name = "encoder_template:Encoder"

    def session(self, memory, max_segment_words):
        return Session(memory)

    def classify(self, error):
        return Failure.UNSUPPORTED if isinstance(error, NotImplementedError) else Failure.FOREIGN

    def owns(self, filename):
        return filename == __file__

    def argument_type(self, error):
        return False

    def script(self, scenario, account=None):
        return "raise NotImplementedError('this encoder prints no programs')\n"
