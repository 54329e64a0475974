"""The order of simplicity in the target ``reader``, and the inputs that are a step away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from .. import greedy
from .scenario import (
    MAKES,
    MAX_NESTING,
    MAX_TRAVERSAL,
    NO_HANDLE,
    WORD_BYTES,
    Question,
    Read,
    handle_kinds,
    print_read,
)


def simplicity(scenario: Read) -> tuple[object, ...]:
    """Return a key: few questions, few words, no limits, zeros."""
    whole = b"".join(scenario.segments)
    return (
        len(scenario.questions),
        len(whole),
        len(scenario.segments),
        scenario.traversal_words != MAX_TRAVERSAL,
        scenario.nesting != MAX_NESTING,
        greedy.weight(whole),
        sum(question.place for question in scenario.questions),
        sum(question.handle + question.other for question in scenario.questions),
        scenario.traversal_words,
        scenario.nesting,
        print_read(scenario),
    )


def without(questions: tuple[Question, ...], doomed: int) -> tuple[Question, ...]:
    """Return the questions without one of them, and without those that need its handle."""
    renumbered: dict[int, int] = {}
    kept: list[Question] = []
    made = left = 0
    for at, question in enumerate(questions):
        needed = {question.handle, question.other} - {NO_HANDLE}
        gone = at == doomed or not needed <= renumbered.keys()
        if not gone:
            handle = renumbered.get(question.handle, NO_HANDLE)
            other = renumbered.get(question.other, NO_HANDLE)
            kept.append(question._replace(handle=handle, other=other))
        if question.ask in MAKES:
            if not gone:
                renumbered[made] = left
                left += 1
            made += 1
    return tuple(kept)


def steps(scenario: Read) -> Iterator[Callable[[], Read]]:
    """Yield inputs a step away, the much simpler ones first."""
    questions = scenario.questions
    for at in range(len(questions) - 1, -1, -1):
        yield partial(replace, scenario, questions=without(questions, at))
    for segments in greedy.shorter(scenario.segments):
        yield partial(replace, scenario, segments=segments)
    yield partial(replace, scenario, traversal_words=MAX_TRAVERSAL)
    yield partial(replace, scenario, nesting=MAX_NESTING)
    for at in range(len(scenario.segments)):
        yield from _smaller_segments(scenario, at)
    kinds = handle_kinds(questions)
    for at, question in enumerate(questions):
        smaller = [question._replace(place=index) for index in greedy.lower(question.place)]
        smaller += [
            question._replace(handle=handle)
            for handle in range(max(0, question.handle))
            if kinds[handle] is kinds[question.handle]
        ]
        smaller += [question._replace(other=other) for other in range(max(0, question.other))]
        for other in smaller:
            changed = (*questions[:at], other, *questions[at + 1 :])
            yield partial(replace, scenario, questions=changed)
    for words in greedy.lower(scenario.traversal_words):
        yield partial(replace, scenario, traversal_words=words)
    for levels in greedy.lower(scenario.nesting):
        yield partial(replace, scenario, nesting=levels)


def _smaller_segments(scenario: Read, at: int) -> Iterator[Callable[[], Read]]:
    segment = scenario.segments[at]
    words = [segment[n : n + WORD_BYTES] for n in range(0, len(segment), WORD_BYTES)]

    def with_words(changed: bytes) -> Callable[[], Read]:
        segments = (*scenario.segments[:at], changed, *scenario.segments[at + 1 :])
        return partial(replace, scenario, segments=segments)

    for length in greedy.lower(len(words)):
        yield with_words(b"".join(words[:length]))
    for fewer in greedy.shorter(words):
        yield with_words(b"".join(fewer))
    for changed in greedy.plainer_bytes(segment):
        yield with_words(changed)
