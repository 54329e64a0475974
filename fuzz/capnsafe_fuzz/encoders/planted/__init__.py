"""Planted bugs: mistakes that were really made, put into a copy of capnsafe.

A harness that finds nothing may be blind.  Each file ``NAME.toml`` here is one mistake, as an exact
patch to the plain core, and ``NAME.scenario`` a program that shows it::

    name = "zero_before_allocate"
    promise = "P2"                            # what it breaks
    source = "capnproto-c++, java and rust"   # where it really happened
    mechanism = "One sentence: what the code does wrong."
    target = "build"                          # whose scenarios show it; this if it is left out

    [needs]                                   # the sizes of the smallest that does
    operations = 3
    faults = 1

    [[edit]]
    file = "_build/builder.py"                # or left out: any file of the core
    before = '''the text as it is, which must occur exactly once'''
    after = '''the text as it shall be'''

A patch that does not apply, or is not in place any more, is an error and never a bug that is left
out.  Witnesses are no seeds: no campaign starts from them.

The copy is a package of its own, ``capnsafe_planted_NAME``, so it has classes and exceptions of its
own.  That needs the core to import itself relatively only.
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
