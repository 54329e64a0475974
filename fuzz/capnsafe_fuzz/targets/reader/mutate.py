"""New inputs of the target ``reader``: valid messages, and changes of their pointers.

Questions are chosen with the reference, so that most of them fit the message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final

from ...reference.reading import Reference, Refused
from .expect import Held, expect, slot_of
from .scenario import (
    ACCEPTED,
    ELEMENTS,
    INDEXED,
    MAKES,
    MAX_ASKS,
    MAX_INDEX,
    MAX_NESTING,
    MAX_SEGMENTS,
    MAX_TRAVERSAL,
    MAX_WORDS,
    NO_HANDLE,
    TYPED,
    WHOLE,
    WORD_BYTES,
    Ask,
    HandleKind,
    Question,
    Read,
)

_MASK: Final = (1 << 64) - 1
_BITS: Final = (0, 1, 8, 16, 32, 64)
_COUNTS: Final = (0, 1, 2, 3, 7, 8, 9, 64, 65, 1 << 16, (1 << 28), (1 << 29) - 1)
_SECTIONS: Final = (0, 1, 2, 3, 8, 0x7FFF, 0x8000, 0x8001, 0xFFFF)
_OFFSETS: Final = (0, 1, -1, 2, -2, 5, -5, (1 << 29) - 1, -(1 << 29))
_ASKED_AT_ONCE: Final = 8


def generate(rng: Random) -> Read:
    """Return a message of a few objects, and questions about it; most have a wrong pointer."""
    if rng.random() < 0.1:
        scenario = _twins(rng)
    else:
        words = _Words(rng)
        words.fill(0, 0, 0, Ask.STRUCT)
        scenario = Read(words.segments(), MAX_TRAVERSAL, MAX_NESTING)
    for _ in range(rng.choice((0, 0, 1, 2))):
        scenario = _lie(scenario, rng)
    if rng.random() < 0.3:
        scenario = _limits(scenario, rng)
    return _ask_more(scenario, rng, rng.randint(2, MAX_ASKS // 2))


# Messages


class _Words:
    """The words of a message under construction."""

    def __init__(self, rng: Random, most: int = MAX_WORDS, extra: int | None = None) -> None:
        """Begin with a null root pointer.

        Args:
            rng: The source of choices.
            most: About how many words there may be.
            extra: The number of zeros at the end of each section of a struct. With a number, all
                words lie in one segment.
        """
        self._rng = rng
        self._most = most
        self._extra = extra or 0
        self._segments: list[list[int]] = [[0]]
        if extra is None:
            for _ in range(rng.choice((0, 0, 1, 2))):
                self._segments.append([])

    def segments(self) -> tuple[bytes, ...]:
        return tuple(
            b"".join((word & _MASK).to_bytes(WORD_BYTES, "little") for word in words)
            for words in self._segments
        )

    def _room(self) -> int:
        return self._most - sum(map(len, self._segments))

    def fill(self, segment: int, at: int, depth: int, ask: Ask | None = None) -> None:
        """Make the word a pointer to a new object, with objects below it."""
        rng = self._rng
        if self._room() < 12 or depth > 5 or (depth and rng.random() < 0.15):
            return
        kind = ask or rng.choice((Ask.STRUCT, Ask.LIST, Ask.DATA, Ask.POINTERS, Ask.STRUCTS))
        if depth and rng.random() < 0.04:
            self._segments[segment][at] = 3 | rng.choice((0, 1, 9)) << 32
            return
        shape, body, slots = self._object(kind)
        target = segment if rng.random() < 0.7 else rng.randrange(len(self._segments))
        start = self._place(segment, at, shape, body, target)
        for slot in slots:
            self.fill(target, start + slot, depth + 1)

    def _object(self, kind: Ask) -> tuple[int, list[int], list[int]]:
        """Return a shape, its words, and the indices of those that are pointers."""
        rng, extra = self._rng, self._extra
        if kind is Ask.STRUCT:
            data, pointers = rng.choice((0, 1, 1, 2)), rng.choice((0, 1, 2, 3))
            body = self._sections(data, pointers)
            first = data + extra
            shape = first << 32 | pointers + extra << 48
            return shape, body, list(range(first, first + pointers))
        if kind is Ask.POINTERS:
            count = rng.choice((0, 1, 2, 3))
            return 1 | 6 << 32 | count << 35, [0] * count, list(range(count))
        if kind is Ask.STRUCTS:
            count, data, pointers = rng.randrange(4), rng.randrange(2), rng.randrange(3)
            first = data + extra
            step = first + pointers + extra
            body = [count << 2 | first << 32 | pointers + extra << 48]
            for _ in range(count):
                body += self._sections(data, pointers)
            slots = [1 + n * step + first + p for n in range(count) for p in range(pointers)]
            return 1 | 7 << 32 | count * step << 35, body, slots
        if kind is Ask.DATA:
            text = rng.choice((b"", b"\0", b"abc\0", b"12345678\0", b"\xff\0", b"no end"))
            padded = text.ljust(-(-len(text) // 8) * 8, b"\0")
            body = [int.from_bytes(padded[n : n + 8], "little") for n in range(0, len(padded), 8)]
            return 1 | 2 << 32 | len(text) << 35, body, []
        size = rng.randrange(6)
        count = rng.choice((0, 1, 2, 3, 9))
        words = (count * _BITS[size] + 63) // 64
        return 1 | size << 32 | count << 35, [self._data() for _ in range(words)], []

    def _sections(self, data: int, pointers: int) -> list[int]:
        zeros = [0] * self._extra
        return [self._data() for _ in range(data)] + zeros + [0] * pointers + zeros

    def _data(self) -> int:
        rng = self._rng
        return rng.choice((0, 1, _MASK, 0x8000_0000_0000_8080, rng.getrandbits(64)))

    def _place(self, segment: int, at: int, shape: int, body: list[int], target: int) -> int:
        """Append the object, and point to it: directly, or by one or two far pointers."""
        segments = self._segments
        if target == segment:
            start = len(segments[target])
            offset = start - at - 1 if body or shape & 3 else -1
            segments[segment][at] = shape | (offset & 0x3FFFFFFF) << 2
            segments[target] += body
            return start
        if self._rng.random() < 0.6:
            pad = len(segments[target])
            segments[target] += [shape, *body]
            segments[segment][at] = 2 | pad << 3 | target << 32
            return pad + 1
        start = len(segments[target])
        segments[target] += body
        where = self._rng.randrange(len(segments))
        pad = len(segments[where])
        segments[where] += [2 | start << 3 | target << 32, shape]
        segments[segment][at] = 2 | 4 | pad << 3 | where << 32
        return start


def _twins(rng: Random) -> Read:
    """Return a message of two structs with the same contents, and the question if they are equal.

    Each has its own segment, whose root pointer is the landing pad. The second one may be of a
    newer version, and a later change makes one of them another one.
    """
    seed, most = rng.getrandbits(32), MAX_WORDS // 2 - 8
    root = 2 << 48
    segments = [root.to_bytes(8, "little")]
    for number, extra in ((1, 0), (2, rng.choice((0, 1)))):
        segments[0] += (2 | number << 32).to_bytes(8, "little")
        words = _Words(Random(seed), most, extra)
        words.fill(0, 0, 0, Ask.STRUCT)
        segments += words.segments()
    questions = (
        Question(Ask.ROOT),
        Question(Ask.STRUCT, 0, 0),
        Question(Ask.STRUCT, 0, 1),
        Question(Ask.EQUAL, 1, other=2),
    )
    return Read(tuple(segments), MAX_TRAVERSAL, MAX_NESTING, questions)


# Wrong pointers


def _words_of(scenario: Read) -> list[list[int]]:
    return [
        [int.from_bytes(segment[at : at + 8], "little") for at in range(0, len(segment), 8)]
        for segment in scenario.segments
    ]


def _with_words(scenario: Read, words: list[list[int]]) -> Read:
    room = MAX_WORDS
    segments: list[bytes] = []
    for numbers in words[:MAX_SEGMENTS]:
        kept = numbers[:room]
        room -= len(kept)
        segments.append(b"".join((word & _MASK).to_bytes(8, "little") for word in kept))
    return replace(scenario, segments=tuple(segments))


def _lie(scenario: Read, rng: Random) -> Read:
    """Change one field of a word that may be a pointer or a tag."""
    words = _words_of(scenario)
    places = [
        (segment, at)
        for segment, numbers in enumerate(words)
        for at, word in enumerate(numbers)
        if word or rng.random() < 0.1
    ]
    if not places:
        return scenario
    segment, at = rng.choice(places)
    words[segment][at] = _other(words[segment][at], at, words, rng)
    return _with_words(scenario, words)


def _other(word: int, at: int, words: list[list[int]], rng: Random) -> int:
    luck = rng.random()
    if luck < 0.08:
        return word & ~3 | rng.randrange(4)
    if luck < 0.14:
        return rng.choice((0, _MASK, rng.getrandbits(64)))
    if luck < 0.2:
        return word ^ 1 << rng.randrange(64)
    kind = word & 3
    if kind == 2:
        return _other_far(word, words, rng)
    if kind == 3:
        return 3 | rng.choice((0, 1, 0xFFFFFFFF)) << 32 | rng.choice((0, 0, 4))
    if luck < 0.4:
        # Anywhere, and beside its old value; for a tag, this is its count.
        old = word >> 2 & 0x3FFFFFFF
        new = rng.choice((old + rng.choice((-1, 1)), *_OFFSETS, -at - 1, rng.randrange(64) - at))
        return word & ~0xFFFFFFFC | (new & 0x3FFFFFFF) << 2
    if kind == 0:
        data, pointers = word >> 32 & 0xFFFF, word >> 48
        if rng.random() < 0.5:
            data = _beside(data, _SECTIONS, rng) & 0xFFFF
        else:
            pointers = _beside(pointers, _SECTIONS, rng) & 0xFFFF
        return word & 0xFFFFFFFF | data << 32 | pointers << 48
    size, count = word >> 32 & 7, word >> 35
    if rng.random() < 0.4:
        size = rng.randrange(8)
    else:
        count = _beside(count, _COUNTS, rng) & 0x1FFFFFFF
    return word & 0xFFFFFFFF | size << 32 | count << 35


def _other_far(word: int, words: list[list[int]], rng: Random) -> int:
    double, pad, segment = word >> 2 & 1, word >> 3 & 0x1FFFFFFF, word >> 32
    luck = rng.random()
    if luck < 0.25:
        double ^= 1
    elif luck < 0.6:
        segment = rng.choice((*range(len(words)), len(words), 0xFFFFFFFF))
    else:
        ends = [len(numbers) + n for numbers in words for n in (-2, -1, 0)]
        pad = rng.choice((pad + 1, pad - 1, 0, *ends, 0x1FFFFFFF)) & 0x1FFFFFFF
    return 2 | double << 2 | pad << 3 | segment << 32


def _beside(number: int, edges: tuple[int, ...], rng: Random) -> int:
    return number + rng.choice((-1, 1)) if rng.random() < 0.5 else rng.choice(edges)


def _cut(scenario: Read, rng: Random) -> Read:
    """Return it with a segment without its last words, or with a few more."""
    words = _words_of(scenario)
    if not words:
        return scenario
    numbers = rng.choice(words)
    if numbers and rng.random() < 0.7:
        del numbers[len(numbers) - rng.choice((1, 1, 2, len(numbers))) :]
    else:
        numbers += [rng.choice((0, rng.getrandbits(64)))] * rng.choice((1, 2))
    return _with_words(scenario, words)


def _alias(scenario: Read, rng: Random) -> Read:
    """Return it with a pointer that shares another one's target, or leads to itself."""
    words = _words_of(scenario)
    places = [
        (segment, at)
        for segment, numbers in enumerate(words)
        for at, word in enumerate(numbers)
        if word
    ]
    if len(places) < 2:
        return scenario
    (segment, at), (other, there) = rng.choice(places), rng.choice(places)
    word = words[other][there]
    if word & 3 < 2 and segment == other:
        offset = (word >> 2 & 0x3FFFFFFF) + there - at
        word = word & ~0xFFFFFFFC | (offset & 0x3FFFFFFF) << 2
    words[segment][at] = word
    return _with_words(scenario, words)


def _limits(scenario: Read, rng: Random) -> Read:
    if rng.random() < 0.4:
        return replace(scenario, nesting=rng.choice((0, 1, 2, 3, 4, MAX_NESTING)))
    words = sum(map(len, scenario.segments)) // WORD_BYTES
    limit = rng.choice((0, 1, words // 2, words, words + 1, 2 * words, MAX_TRAVERSAL))
    return replace(scenario, traversal_words=min(limit, MAX_TRAVERSAL))


# Questions


class _Asker:
    """Chooses questions with the reference."""

    def __init__(self, scenario: Read, rng: Random) -> None:
        self._rng = rng
        self._nesting = scenario.nesting
        self._reference = Reference(scenario.segments)
        self._held: list[Held | None] = []
        self._kinds: list[HandleKind] = []
        self.questions: list[Question] = []
        for question in scenario.questions:
            self._add(question)

    def _add(self, question: Question) -> None:
        self.questions.append(question)
        if question.ask not in MAKES:
            return
        held = self._held[question.handle] if question.handle >= 0 else None
        made: Held | None = None
        if held is not None or question.handle == NO_HANDLE:
            try:
                made = expect(self._reference, question, held, self._nesting, MAX_TRAVERSAL).held
            except Refused:
                made = None
        self._held.append(made)
        self._kinds.append(MAKES[question.ask])

    def more(self) -> None:
        rng = self._rng
        alive = [number for number, held in enumerate(self._held) if held is not None]
        if not alive:
            self._add(Question(Ask.ROOT if rng.random() < 0.9 else rng.choice(WHOLE)))
            return
        if rng.random() < 0.03:
            self._add(Question(Ask.EVERYTHING))
            return
        number = rng.choice(alive[-3:]) if rng.random() < 0.7 else rng.choice(alive)
        held = self._held[number]
        assert held is not None
        kind = self._kinds[number]
        ask = rng.choice(ACCEPTED[kind])
        count = held.pointers if kind is HandleKind.STRUCT else getattr(held, "count", 0)
        index = rng.randrange(count) if count and rng.random() < 0.85 else rng.choice((0, 1, 2, 7))
        if kind in (HandleKind.STRUCT, HandleKind.POINTERS) and rng.random() < 0.6:
            ask = self._fitting(held, index) or ask
        if ask is Ask.FIELD:
            index = rng.choice((0, 0, 1, 2, 3, 7, 8, 63, 64, MAX_INDEX))
        self._add(self._question(ask, number, min(index, MAX_INDEX)))

    def _question(self, ask: Ask, number: int, index: int) -> Question:
        rng = self._rng
        element, other = "", NO_HANDLE
        if ask in TYPED:
            element = rng.choice(ELEMENTS[1:] if ask is Ask.FIELD else ELEMENTS)
        if ask is Ask.EQUAL:
            other = self._partner(number)
        return Question(ask, number, index if ask in INDEXED else 0, element, other)

    def _partner(self, number: int) -> int:
        """Return a handle to compare with, mostly one of an object of the same kind."""
        kinds = self._kinds
        alike = [other for other, kind in enumerate(kinds) if kind is kinds[number]]
        others = [other for other in alike if other != number]
        luck = self._rng.random()
        if luck < 0.1:
            return self._rng.randrange(len(kinds))
        return self._rng.choice(others if others and luck < 0.9 else alike)

    def _fitting(self, held: Held, index: int) -> Ask | None:
        """Return a question that fits the target of the pointer."""
        try:
            at = slot_of(held, index)
            spot = None if at is None else self._reference.follow(held.segment, at)
        except Refused:
            return None
        if spot is None or spot.shape & 3 > 1:
            return None
        if spot.shape & 3 == 0:
            return Ask.STRUCT
        lists = {2: (Ask.TEXT, Ask.DATA), 6: (Ask.POINTERS,), 7: (Ask.STRUCTS, Ask.POINTERS)}
        return self._rng.choice((*lists.get(spot.shape >> 32 & 7, (Ask.LIST,)), Ask.STRUCTS))


def _ask_more(scenario: Read, rng: Random, count: int = 0) -> Read:
    asker = _Asker(scenario, rng)
    for _ in range(count or rng.randint(1, _ASKED_AT_ONCE)):
        if len(asker.questions) >= MAX_ASKS:
            break
        asker.more()
    return replace(scenario, questions=tuple(asker.questions))


def _ask_other_questions(scenario: Read, rng: Random) -> Read:
    kept = _kept(scenario.questions, rng.randint(0, len(scenario.questions)))
    return _ask_more(replace(scenario, questions=kept), rng)


def _kept(questions: tuple[Question, ...], count: int) -> tuple[Question, ...]:
    """Return the first questions; they stay valid, because each depends only on earlier ones."""
    return questions[:count]


def _ask_otherwise(scenario: Read, rng: Random) -> Read:
    """Return it with one question changed to another index or type."""
    if not scenario.questions:
        return _ask_more(scenario, rng)
    at = rng.randrange(len(scenario.questions))
    question = scenario.questions[at]
    if question.ask in INDEXED:
        index = rng.choice((0, 1, question.place + 1, max(0, question.place - 1), 7, 64, 255))
        question = question._replace(place=min(index, MAX_INDEX))
    if question.ask in TYPED and rng.random() < 0.5:
        elements = ELEMENTS[1:] if question.ask is Ask.FIELD else ELEMENTS
        question = question._replace(element=rng.choice(elements))
    questions = (*scenario.questions[:at], question, *scenario.questions[at + 1 :])
    return replace(scenario, questions=questions)


def mutate(scenario: Read, rng: Random) -> Read:
    """Return an input a step away."""
    return rng.choice(_STEPS)(scenario, rng)


_STEPS: Final[tuple[Callable[[Read, Random], Read], ...]] = (
    _lie,
    _lie,
    _lie,
    _cut,
    _alias,
    _limits,
    _ask_more,
    _ask_more,
    _ask_other_questions,
    _ask_otherwise,
)


def crossover(scenario: Read, other: Read, rng: Random) -> Read:
    """Return the segments of one with the questions of the other; or segments of both."""
    if rng.random() < 0.5:
        return replace(scenario, questions=other.questions)
    words = _words_of(scenario)
    words += _words_of(other)
    return _with_words(scenario, words)
