"""P9 clean: words read as zero when handed out, and no old byte gets into the output.

The examiner reads outputs: padding must be zero, and so must every word that the root does not
reach. If a message on dirty memory has wrong contents, with no failure to explain them, that counts
here, too: a field that was never set reads as the bytes that were there before.

Only an output is judged, since an encoder may zero retired words as late as that. But if memory was
examined after each operation, the finding names the operation that left the bytes: the one after
which the root no longer reached the word.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..encoders.protocol import Proof, ProofKind
from ..record import Outcome, Record, Step
from ..reference.examination import Problem, ProblemKind
from ..scenario.model import ExpectationKind
from .oracle import Cost, Oracle, OracleFinding, of_step, reading


def _check(record: Record) -> Iterator[OracleFinding]:
    first = record.first_wrong if record.dirty else None
    if first is not None and first.contents is not None and first.outcome is Outcome.DONE:
        _, sentence = first.contents.first_problem()
        sentence = f"on dirty memory, after {first.verb}: {sentence}"
        yield of_step(first, "dirt", sentence, reading(first, first.contents))
        return
    # If contents are wrong, unreachable words were lost, and are no leftovers.
    for number, step in enumerate(record.steps):
        if step.output is not None and step.contents is not None and not step.tampered:
            if step.contents.wrong:
                return
            problem = step.contents.unclean
            if problem is not None:
                guilty = _guilty(record.steps[: number + 1], problem)
                if guilty is None or (guilty.contents is not None and guilty.contents.wrong):
                    return
                proof = Proof(
                    ProofKind.ZERO,
                    segment=problem.segment,
                    word=problem.word,
                    expected=problem.stray,
                )
                yield of_step(guilty, str(problem.kind), problem.sentence, proof)
                return


def _guilty(steps: list[Step], problem: Problem) -> Step | None:
    """Return the step that left the bytes behind, as far as memory was examined; else the output.

    None if a stale handle wrote the bytes later: that is P12.
    """
    output = steps[-1]
    if problem.kind is ProblemKind.FRAMING:
        return output
    guilty = output
    for step in reversed(steps):
        if step.contents is None:
            continue
        if problem.kind is ProblemKind.LEFTOVER:
            if not _unreached(step, problem.segment, problem.word):
                break
            is_older = problem in step.contents.examination.problems
            if not is_older and _wrote_through_stale_handle(guilty):
                return None
        elif problem not in step.contents.examination.problems:
            break
        guilty = step
    return guilty


def _wrote_through_stale_handle(step: Step) -> bool:
    return step.expectation.kind is ExpectationKind.STALE and step.outcome is Outcome.DONE


def _unreached(step: Step, segment: int, word: int) -> bool:
    """Return whether the word was in use after the step, and could not be reached from the root."""
    assert step.contents is not None
    claimed = step.contents.examination.claimed
    return segment < len(claimed) and word < len(claimed[segment]) and claimed[segment][word] == 0


CLEAN = Oracle(
    "clean",
    "P9",
    Cost.CHEAP,
    "old bytes are in the output: in padding, in retired words, or in a field that was never set",
    _check,
)
