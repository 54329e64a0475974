"""The form ``packed`` of the target ``stream``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..form import Form
from .mutate import MUTATIONS, generate
from .run import NEEDED, ORACLES, STEPS, PackedRun, run
from .scenario import Packed
from .script import print_program

if TYPE_CHECKING:
    from ....encoders.protocol import Encoder


class PackedForm(Form):
    """Bytes for unpacking and packing."""

    sample = Packed(b"\x00\x01\xff\1\2\3\4\5\6\7\x08\x00\x24\7\7", (3,))
    calls = STEPS
    oracles = ORACLES
    needed = NEEDED
    mutations = MUTATIONS

    generate = staticmethod(generate)
    program = staticmethod(print_program)

    def record(self, scenario: Packed, encoder: Encoder, measured: bool) -> PackedRun:
        """Make every call once."""
        return run(scenario, encoder)


PACKED: Final = PackedForm()
