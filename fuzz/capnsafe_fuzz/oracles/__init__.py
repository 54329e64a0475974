"""An oracle decides, from the record of one execution, whether one promise was broken.

Each has a module of its own, which begins with the promise.  ``record`` is what they judge,
``decode`` the strict examiner that says what a message really holds.  To add an oracle, write its
module and list it here.

An oracle must not cry wolf: where memory gave a reason to fail, a failure is no finding, and where
words were really taken away, contents are none.
"""

from ..record import Outcome, Record, Step, Violation
from .all_or_nothing import ALL_OR_NOTHING
from .bounded import BOUNDED
from .clean import CLEAN
from .contained import CONTAINED
from .current import CURRENT
from .distrustful import DISTRUSTFUL
from .faithful import FAITHFUL
from .interoperable import INTEROPERABLE
from .no_loss_in_silence import NO_LOSS_IN_SILENCE
from .no_reentry import NO_REENTRY
from .no_stale_borrow import NO_STALE_BORROW
from .oracle import Cost, Oracle
from .raised import RAISED
from .released_once import RELEASED_ONCE
from .verified import VERIFIED

#: Every oracle, by name, in the order of the promises.
ORACLES = {
    oracle.name: oracle
    for oracle in (
        RAISED,
        ALL_OR_NOTHING,
        CONTAINED,
        NO_STALE_BORROW,
        NO_LOSS_IN_SILENCE,
        VERIFIED,
        DISTRUSTFUL,
        BOUNDED,
        RELEASED_ONCE,
        CLEAN,
        NO_REENTRY,
        FAITHFUL,
        INTEROPERABLE,
        CURRENT,
    )
}

__all__ = ["ORACLES", "Cost", "Oracle", "Outcome", "Record", "Step", "Violation"]
