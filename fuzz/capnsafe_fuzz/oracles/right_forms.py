"""P11 right in all forms: generated code reads, prints, parses and rebuilds what was built.

The model knows the contents of an output in each form: as properties, values, dicts, JSON and text.
The encoder answers questions about the output, each by another part of its generated code, and the
first wrong answer is reported. That takes longer than building the message, so only a sample is
judged. Encoders without generated code answer no questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..encoders.protocol import Proof, ProofKind
from ..record import Answer, Record
from ..record.difference import first_difference, print_path
from ..record.telling import repr_of
from .oracle import Cost, Oracle, OracleFinding, of_step

_MOST_SHOWN = 40
"""Characters of a text before and after its first difference."""


def _check(record: Record) -> Iterator[OracleFinding]:
    for step in record.steps:
        if step.ask is None or step.lost:
            continue
        for answer in step.ask():
            expected = repr(answer.expected)
            if repr(answer.found) != expected:
                path: tuple[Any, ...] = (answer.question, answer.given)
                proof = Proof(ProofKind.ANSWER, path, expected)
                sentence = f"asked for {answer.question!r}, generated code is wrong: "
                yield of_step(step, answer.question, sentence + _difference(answer), proof)
                return


def _difference(answer: Answer) -> str:
    found, expected = answer.found, answer.expected
    if isinstance(found, str) and isinstance(expected, str):
        pairs = enumerate(zip(found, expected, strict=False))
        at = next((at for at, (one, other) in pairs if one != other), 0)
        around = slice(max(at - _MOST_SHOWN, 0), at + _MOST_SHOWN)
        return f"it has {found[around]!r}, not {expected[around]!r}"
    if isinstance(found, str):
        return f"it {found}" if found.startswith("raised ") else f"it returned {found!r}"
    difference = first_difference(found, expected)
    if difference is None:
        return repr_of(found)
    one, other = difference.found, difference.expected
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted(other.keys() - one.keys()), sorted(one.keys() - other.keys())
        return f"{print_path(difference.path)} lacks {keys[0]}, and has {keys[1]}"
    return str(difference)


RIGHT_FORMS = Oracle(
    "right-forms",
    "P11",
    Cost.COSTLY,
    "generated code reads, prints, parses or rebuilds other contents than those that were built",
    _check,
)
