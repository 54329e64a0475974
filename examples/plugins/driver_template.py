"""A driver to begin with: it has one struct with one number, and builds it by hand.

Replace the calls below by those of your library, and add a method ``do_OPERATION`` for each further
operation of docs/drivers.md. ``Driver`` does the rest. To run it:

    PYTHONPATH=fuzz/drivers/python capnsafe fuzz builder \
        --driver "python examples/plugins/driver_template.py"
"""

import struct
from typing import ClassVar

from driver_protocol import Driver, UnsupportedOperation

WORDS = 36
"""The root pointer, and the root."""


class TemplateDriver(Driver):
    """Messages with one struct."""

    hello: ClassVar[dict[str, str]] = {
        "library": "template",
        "version": "1",
        "able": "memory,words",
        "promises": "P3,P8,P11",
    }
    demands = (("fixed", "memory stays where it is", "this template"),)

    def on_begin(self, values):
        self.memory, self.segment, self.view = self.new_memory(False), None, None

    def on_close(self, values):
        if self.segment is not None:
            segment, self.segment = self.segment, None
            self.memory.release(segment, WORDS)

    def words(self):
        return " words=" + ("" if self.segment is None else str(WORDS))

    def do_root(self, values):
        if self.segment is not None:
            raise UnsupportedOperation("a second root")
        self.segment = self.memory.allocate(WORDS)
        self.view = self.memory.segment(self.segment)
        self.view[:8] = struct.pack("<IHH", 0, int(values["data"]), int(values["pointers"]))
        return " object=1"

    def do_set(self, values):
        if values["kind"] != "UInt32" or "default" in values:
            raise UnsupportedOperation(values["kind"])
        struct.pack_into("<I", self.view, 8 + 4 * int(values["slot"]), int(values["value"]))

    def do_get(self, values):
        if values["kind"] != "UInt32" or "default" in values:
            raise UnsupportedOperation(values["kind"])
        return f" value={struct.unpack_from('<I', self.view, 8 + 4 * int(values['slot']))[0]}"

    def do_output(self, values):
        words = self.view[: WORDS * 8] if self.segment is not None else bytes(8)
        return f" value={(struct.pack('<II', 0, len(words) // 8) + bytes(words)).hex()}"

    def classify(self, error):
        return "refused" if self.segment is None else "foreign"

    def owns(self, filename):
        return filename == __file__


if __name__ == "__main__":
    TemplateDriver().serve()
