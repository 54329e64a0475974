"""P9 clean: words read as zero when handed out, and no old byte gets into the output.

Outputs are examined: padding must be zero, and so must every word that the root does not reach.  A
message that says something else than it must, with no failure to explain it, on memory that was
granted dirty, is counted here too: a field nobody set reads as what lay there before.
"""

from __future__ import annotations

from collections.abc import Iterator

from .oracle import Cost, Finding, Oracle, of_step
from .record import Outcome, Record


def _check(record: Record) -> Iterator[Finding]:
    for step in record.steps:
        if step.output is not None and step.contents is not None:
            problem = step.contents.unclean
            if problem is not None:
                yield of_step(step, str(problem.kind), problem.sentence)
    if record.dirty:
        first = record.first_wrong
        if first is not None and first.contents is not None and first.outcome is Outcome.DONE:
            what, sentence = first.contents.what_is_wrong()
            yield of_step(first, what, f"on dirty memory, after {first.verb}: {sentence}")


CLEAN = Oracle(
    "clean",
    "P9",
    Cost.CHEAP,
    "old bytes are in the output: in padding, behind a retired object, in a field nobody set",
    _check,
)
