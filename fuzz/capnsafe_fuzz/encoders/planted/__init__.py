"""Planted bugs: mistakes of real libraries, put into a copy of capnsafe.

A harness that finds nothing may be blind. Each file ``NAME.toml`` here is one mistake, as an exact
patch to the core, and ``NAME.scenario`` is a program that shows it, its *witness*::

    name = "zero_before_allocate"
    promise = "P2"                            # the broken promise
    source = "capnproto-c++, java and rust"   # the libraries that had it
    mechanism = "One sentence: the mistake in the code."
    target = "builder"                          # the target of the witness; the default

    [needs]                                   # the sizes of the smallest witness
    operations = 3
    faults = 1

    [[edit]]
    file = "_build/builder.py"                # optional; without it, any file of the core
    before = '''the old text, which must occur exactly once'''
    after = '''the new text'''

A patch that does not apply is an error; the bug is never skipped. Witnesses are not seeds: no
campaign starts from them.

The copy is a separate package, ``capnsafe_planted_NAME``, with its own classes and exceptions. So
the core must import itself relatively only.
"""

from .loader import (
    BUGS,
    Edit,
    PlantedBug,
    PlantingError,
    bugs_of,
    encoder,
    load_package,
    plant,
    read_bug,
    witness,
    witness_text,
)

__all__ = [
    "BUGS",
    "Edit",
    "PlantedBug",
    "PlantingError",
    "bugs_of",
    "encoder",
    "load_package",
    "plant",
    "read_bug",
    "witness",
    "witness_text",
]
