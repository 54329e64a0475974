"""Hostile allocators: faults that can be laid over any honest memory.

A *fault* is one thing that an allocator does to its client, and the moment it does it
(:class:`Fault`). A *family* is one way of misbehaving, with its kinds (:data:`FAMILIES`). A fault
script is a list of faults; one line of text is one fault (:func:`print_fault`,
:func:`parse_fault`). :class:`Effects` declares everything that others need to know about a kind of
fault (:func:`effects_of`). :class:`HostileAllocator` lays a script over honest memory, keeps a log
of every call, and collects evidence of its client's mistakes.

:func:`check_allocator` reports the rules of the contract that an allocator breaks. The memory below
the faults must break none.

The faults know nothing of any encoder: they need only the allocator's protocol.
"""

from .client_code import files_of
from .conformance import RECOMMENDED, RULES, Breach, CheckUnfinishedError, check_allocator
from .families import (
    FAMILIES,
    FINALIZER,
    Callback,
    CustomRefusal,
    Effects,
    Excuse,
    Family,
    Kind,
    Loss,
    Misbehaviour,
    Move,
    check_fault,
    effects_of,
)
from .fault import Fault, FaultError, When
from .grant import Grant
from .hostile import GUARD_WORDS, HostileAllocator
from .plugins import FamilyPluginError, add_families, is_added
from .promises import PROMISES, Promise
from .records import Call, Evidence, Fired
from .script import FaultSyntaxError, parse_fault, print_fault

__all__ = [
    "FAMILIES",
    "FINALIZER",
    "GUARD_WORDS",
    "PROMISES",
    "RECOMMENDED",
    "RULES",
    "Breach",
    "Call",
    "Callback",
    "CheckUnfinishedError",
    "CustomRefusal",
    "Effects",
    "Evidence",
    "Excuse",
    "Family",
    "FamilyPluginError",
    "Fault",
    "FaultError",
    "FaultSyntaxError",
    "Fired",
    "Grant",
    "HostileAllocator",
    "Kind",
    "Loss",
    "Misbehaviour",
    "Move",
    "Promise",
    "When",
    "add_families",
    "check_allocator",
    "check_fault",
    "effects_of",
    "files_of",
    "is_added",
    "parse_fault",
    "print_fault",
]
