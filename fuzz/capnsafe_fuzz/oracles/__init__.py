"""Oracles: each decides, from the record of one execution, whether one promise was broken.

Each oracle has its own module, which begins with the promise. Oracles read only the ``Record``. To
add an oracle, write its module and list it here.

An oracle must not raise false alarms. If the memory gave a reason to fail, a failure is no finding.
If words were really taken away, wrong contents are no finding.
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
from .oracle import Cost, Oracle, OracleFinding, judge
from .raised import RAISED
from .released_once import RELEASED_ONCE
from .right_forms import RIGHT_FORMS
from .verified import VERIFIED

#: Every oracle, by name, in the order of the promises.
ORACLES: dict[str, Oracle[Record]] = {
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
        RIGHT_FORMS,
        INTEROPERABLE,
        CURRENT,
    )
}

__all__ = [
    "ORACLES",
    "Cost",
    "Oracle",
    "OracleFinding",
    "Outcome",
    "Record",
    "Step",
    "Violation",
    "judge",
]
