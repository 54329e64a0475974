"""A family of faults: its kinds with their effects, the promises that it tests, and its hooks.

A family is one file: a few functions, and one :class:`Family` that names them. To add a family,
write such a file and list it in the package's ``__init__``. No other file names a family or a kind;
other code reads the declarations, mostly the :class:`.effects.Effects` of each kind.

A family acts through hooks. :class:`.HostileAllocator` calls a hook if a fault of the family is due
and the hook's event occurs; a hook that is None is never called. A hook returns None if it changed
nothing that the client can see; then the fault has not fired, and stays due. Otherwise the hook
returns a sentence about its change (or the result for the client), and the fault has fired. Hooks
never raise; to make the client's call raise, a hook returns the exception.

======================  ====================================================================
hook                    its event
======================  ====================================================================
``before_call``         a call of the kind the fault names, before it is served: change
                        memory, or return an exception for the client
``grant_bytes``         an allocate or a grow call: return the size in bytes
``on_grant``            an allocate call: the grant is made, the client does not have it yet
``on_growth``           a grow call: words were added, the client has not looked yet
``on_borrow``           a segment call: return a result in place of the buffer
``between_operations``  an operation has finished
``in_code``             a call within the client's own code begins, or a built-in function returns
                        to it: ``Fault.amount`` such moments after the fault was due
======================  ====================================================================

If the allocator promises that memory stays, no hook is called for a call of ``segment``. A family
with the hook ``in_code`` has no other hook.
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
    """A result of ``segment`` in place of the buffer, and a sentence about it."""

    value: Any
    change: str
    #: Whether the client can see by it how long the segment is.
    tells_length: bool = False


#: (ledger, fault, kind of the call, its grant if there is one)
BeforeCall: TypeAlias = "Callable[[Ledger, Fault, When, Grant | None], str | BaseException | None]"
#: (fault, minimum words asked for) -> bytes to grant, or to grow to
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
    """A variant of a family: a sentence about it, its effects, and the numbers it takes."""

    sentence: str
    effects: Effects = field(kw_only=True)
    #: Whether it applies to one grant, which ``Fault.segment`` selects.
    takes_segment: bool = False
    #: Whether it uses ``Fault.amount``.
    takes_amount: bool = False
    #: Amounts up to this one are worth trying; larger ones seldom are.
    usual_amount: int = 4
    #: The amounts that a sweep tries, each for another reason. A kind that aims at a word has none:
    #: the words in use depend on the program.
    swept_amounts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError if amounts are to be swept and it takes none, or the other way round."""
        if bool(self.swept_amounts) != (self.takes_amount and not self.effects.aims):
            raise ValueError(
                "a kind that takes an amount, and does not aim at a word, has swept_amounts;"
                " no other kind has"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A family of faults."""

    name: str
    #: A few words that complete "the allocator ...".
    description: str
    kinds: Mapping[str, Kind]
    #: What a library demands of memory if its documentation excludes these faults: a word of
    #: docs/drivers.md.
    demand: str
    #: The promises that it tests.
    promises: tuple[str, ...]
    #: The moments at which it may be laid.
    moments: tuple[When, ...]
    #: Whether it changes the place or length of a segment that the client has. Such a fault never
    #: fires if the allocator promises that memory stays (``stable``).
    changes_segments: bool
    #: Whether it needs the contents of grants after earlier operations (``Grant.earlier``).
    needs_earlier: bool
    #: Whether it acts when a view of a segment is given back. Such a fault never fires if the
    #: allocator promises that memory stays, because clients keep that memory.
    needs_views_given_back: bool = False
    before_call: BeforeCall | None = None
    grant_bytes: GrantBytes | None = None
    on_grant: OnGrant | None = None
    on_growth: OnGrowth | None = None
    on_borrow: OnBorrow | None = None
    between_operations: BetweenOperations | None = None
    in_code: InCode | None = None

    def acts_at(self, call: When) -> bool:
        """Return whether it has a hook that may act during a call of this kind."""
        if self.before_call is not None or self.in_code is not None:
            return True
        hooks: Mapping[When, tuple[object, ...]] = {
            When.ALLOCATE: (self.grant_bytes, self.on_grant),
            When.GROW: (self.grant_bytes, self.on_growth),
            When.SEGMENT: (self.on_borrow,),
        }
        return any(hook is not None for hook in hooks.get(call, ()))

    @property
    def missing(self) -> str | None:
        """A clause about the reason why its faults cannot fire in this Python, or None."""
        if self.needs_views_given_back and not COUNTS_VIEWS:
            return f"the faults {self.name} need Python 3.12 or newer"
        return None
