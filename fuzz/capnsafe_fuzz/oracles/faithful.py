"""P11 interoperable, the cheap part: the message is valid and has the contents that were built.

- The strict examiner accepts every output.
- A canonical form has exactly the expected bytes.
- A copy has its objects in pre-order, as the reference implementation lays them out, so that equal
  sizes of segments give equal bytes. This is judged if the message has one segment.
- Reads return the values that were written; a null pointer reads as null.
- No operation fails unless the memory gave a reason. Memory that moves or is dirty gives none.
- The ``repr`` of the message has the right number of words in use.
- No segment is longer than a far pointer can address. Scenarios set this limit low, so that
  messages can reach it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..encoders.protocol import Failure, Proof, ProofKind
from ..record import Outcome, Record, Step
from ..reference.canonical import canonical_form
from ..reference.framing import segment_words
from ..scenario.model import ExpectationKind
from ..scenario.schema import EVERYTHING
from .oracle import (
    Cost,
    Oracle,
    OracleFinding,
    exception_name,
    of_step,
    raised_sentence,
    reading,
    wrong_value,
)

_SUCCESS = (ExpectationKind.OK, ExpectationKind.VALUE)


def _check(record: Record) -> Iterator[OracleFinding]:
    first = record.first_wrong
    for step in record.steps:
        if step is first:
            yield from _wrong_contents(record, step)
            # Later steps may only show the consequences.
            return
        if step.output is not None and step.outcome is Outcome.DONE:
            yield from _over_the_limit(record, step, step.output)
        refused = step.expectation.kind is ExpectationKind.REFUSED and not step.lost
        if refused and step.outcome is Outcome.DONE:
            sentence = f"{step.verb} succeeded, although it cannot be done"
            yield of_step(step, "accepted", sentence, Proof(ProofKind.REFUSAL))
        if step.lost or step.expectation.kind not in _SUCCESS:
            continue
        if step.canonical is not None:
            yield from _wrong_form(step, step.canonical)
        if step.outcome is Outcome.RAISED and not step.excused:
            if step.failure is not Failure.FOREIGN and not step.unsupported:
                yield of_step(
                    step,
                    exception_name(step),
                    f"{raised_sentence(step)}, although the memory gave no reason",
                    Proof(ProofKind.SUCCESS),
                )
        elif step.outcome is Outcome.DONE:
            wrong = wrong_value(step)
            if wrong is not None:
                symptom, sentence, expected = wrong
                yield of_step(step, symptom, sentence, Proof(ProofKind.VALUE, expected=expected))
            yield from _wrong_copy(step)
            if step.told_words not in (None, step.words):
                sentence = (
                    f"the message says that it has {step.told_words} words, but it has {step.words}"
                )
                yield of_step(step, "told", f"after {step.verb}: {sentence}", Proof(ProofKind.TOLD))


def _wrong_contents(record: Record, step: Step) -> Iterator[OracleFinding]:
    if (
        step.contents is None
        or step.outcome is not Outcome.DONE
        or record.dirty
        or step.expectation.kind not in _SUCCESS
    ):
        return
    symptom, sentence = step.contents.first_problem()
    yield of_step(step, symptom, f"after {step.verb}: {sentence}", reading(step, step.contents))


def _wrong_form(step: Step, segment: bytes) -> Iterator[OracleFinding]:
    expected = canonical_form(step.tree, EVERYTHING)
    if segment != expected:
        words = zip(_words(segment), _words(expected), strict=False)
        at = next((at for at, (one, other) in enumerate(words) if one != other), None)
        if at is None:
            sentence = f"{len(segment)} bytes, not {len(expected)}"
        else:
            found, wanted = _words(segment)[at], _words(expected)[at]
            sentence = f"word {at} is {found.hex()}, not {wanted.hex()}"
        sentence = f"the canonical form differs: {sentence}"
        yield of_step(step, "form", sentence, Proof(ProofKind.VALUE, expected=expected))


def _words(segment: bytes) -> list[bytes]:
    return [segment[at : at + 8] for at in range(0, len(segment), 8)]


def _over_the_limit(record: Record, step: Step, stream: bytes) -> Iterator[OracleFinding]:
    limit = record.scenario.max_segment_words
    longest = max(segment_words(stream), default=0)
    if longest > limit:
        sentence = f"{step.verb} returned a segment of {longest} words; the limit is {limit}"
        yield of_step(
            step, "over the limit", sentence, Proof(ProofKind.WITHIN_LIMIT, expected=limit)
        )


def _wrong_copy(step: Step) -> Iterator[OracleFinding]:
    if step.copied is None:
        return
    found, expected = step.copied
    if found != expected:
        words = zip(_words(found), _words(expected), strict=False)
        at = next((at for at, (one, other) in enumerate(words) if one != other), None)
        if at is None:
            sentence = f"it takes {len(found) // 8} words, not {len(expected) // 8}"
        else:
            sentence = (
                f"its word {at} is {_words(found)[at].hex()}, not {_words(expected)[at].hex()}"
            )
        yield of_step(
            step,
            "layout",
            f"the copy is not laid out in pre-order: {sentence}",
            Proof(ProofKind.ENDS_WITH, expected=expected),
        )


FAITHFUL = Oracle(
    "faithful",
    "P11",
    Cost.CHEAP,
    "the message is invalid or has other contents, or a call fails without a reason",
    _check,
)
