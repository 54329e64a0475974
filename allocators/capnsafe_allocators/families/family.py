"""A family of faults: its kinds with their effects, the promises that it tests, and its hooks.

A family is one file: a few functions, and one :class:`Family` that names them. To add a family,
write such a file and list it in the package's ``__init__``. Nothing else names a family or a kind:
others read the declarations, above all the :class:`.effects.Effects` of each kind.

Hooks are how a family acts. :class:`.HostileAllocator` calls a hook when a fault of the family is
due and the hook's event comes; a hook that is None is never called. Every hook returns None if it
changed nothing that the client can see: the fault has then not fired, and stays due. Otherwise it
returns a sentence about its change (or the result for the client), and the fault has fired. Hooks
never raise; one that wants the client's call to raise returns the exception.

======================  ====================================================================
hook                    its event
======================  ====================================================================
``before_call``         a call of the kind the fault names, before it is served: change
                        memory, or return an exception for the client
``grant_bytes``         an allocate or a grow call: how many bytes there are to be
``on_grant``            an allocate call: the grant is made, the client does not have it yet
``on_growth``           a grow call: words were added, and the client has not looked yet
``on_borrow``           a segment call: the result in place of the buffer
``between_operations``  an operation has finished
``in_code``             a call within the client's own code begins, or a built-in function returns
                        to it: ``Fault.amount`` such moments after the fault was due
======================  ====================================================================

Where the allocator promises that memory stays, no hook is called for a call of ``segment``. A
family with the hook ``in_code`` has no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..exporter import COUNTS_VIEWS
from ..fault import Fault, When
from ..grant import Grant
from ..ledger import Ledger
from .effects import Effects


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """The result of a call of ``segment`` in place of the buffer, and the sentence about it."""

    value: Any
    what: str
    #: A client can see by it how long the segment is.
    tells_length: bool = False


#: (ledger, fault, kind of the call, its grant if it names one)
BeforeCall: TypeAlias = "Callable[[Ledger, Fault, When, Grant | None], str | BaseException | None]"
#: (fault, minimum words asked) -> bytes to grant, or to grow to
GrantBytes: TypeAlias = "Callable[[Fault, int], int | None]"
#: (ledger, fault, the new grant)
OnGrant: TypeAlias = "Callable[[Ledger, Fault, Grant], str | None]"
#: (ledger, fault, the grant that has grown, the first byte that was added)
OnGrowth: TypeAlias = "Callable[[Ledger, Fault, Grant, int], str | None]"
#: (ledger, fault, grant, the result without the fault)
OnBorrow: TypeAlias = "Callable[[Ledger, Fault, Grant, Any], SegmentResult | None]"
#: (ledger, fault)
InCode: TypeAlias = "Callable[[Ledger, Fault], str | None]"
#: (ledger, fault)
BetweenOperations: TypeAlias = "Callable[[Ledger, Fault], str | None]"


@dataclass(frozen=True, slots=True)
class Kind:
    """A variant of a family: a sentence about it, and the numbers it takes."""

    sentence: str
    effects: Effects = field(kw_only=True)
    #: It applies to one grant: ``Fault.segment`` says which.
    takes_segment: bool = False
    #: ``Fault.amount`` means something.
    takes_amount: bool = False
    #: Amounts up to this one are worth a try; larger ones seldom are.
    usual_amount: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A family of faults."""

    name: str
    #: A few words that complete "the allocator ...".
    description: str
    kinds: Mapping[str, Kind]
    #: The promises that it puts to the test.
    promises: tuple[str, ...]
    #: The moments at which it may be laid.
    moments: tuple[When, ...]
    #: It changes where a segment lies, or its length, after the client has it: such a fault is
    #: never fired where the allocator promises that memory stays (``stable``).
    changes_segments: bool
    #: It needs the contents of grants after earlier operations: ``Grant.earlier``.
    needs_earlier: bool
    #: It acts when a view of a segment is given back: such a fault is never fired where the
    #: allocator promises that memory stays, since clients keep that memory itself.
    needs_views_given_back: bool = False
    before_call: BeforeCall | None = None
    grant_bytes: GrantBytes | None = None
    on_grant: OnGrant | None = None
    on_growth: OnGrowth | None = None
    on_borrow: OnBorrow | None = None
    between_operations: BetweenOperations | None = None
    in_code: InCode | None = None

    @property
    def missing(self) -> str | None:
        """Return what this Python lacks for its faults to fire, as a clause; None if nothing."""
        if self.needs_views_given_back and not COUNTS_VIEWS:
            return f"the faults {self.name} need Python 3.12 or newer"
        return None
