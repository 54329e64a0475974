r"""One input of the target ``reader``: segments, limits, and questions.

    capnsafe read 1
    # why it is here
    limit traversal_words=8192
    limit nesting=64
    segment
    word 0000000001000100  # struct +0: 1 data word, 1 pointer
    word 0700000000000000
    word 01000000 0a000000  # list +0 of 1 byte
    word 6100000000000000
    ask root  # h0
    ask field h0 0 UINT32
    ask data h0 0
    ask structs h0 0  # h1
    ask element h1 0  # h2
    ask equal h0 h2

Words have the byte order of memory. A question to a handle without an object is skipped, unless it
is the second handle of ``equal``: then an object is compared with a null pointer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from ...scenario import ScenarioError, tidy_comment
from .. import octets, text
from .describe import describe_word

HEADER: Final = "capnsafe read 1"
VERSION: Final = 2

MAX_SEGMENTS: Final = 4
MAX_WORDS: Final = 128
"""Words of all segments together."""
MAX_ASKS: Final = 16
MAX_INDEX: Final = 70_000
MAX_TRAVERSAL: Final = 8192
"""The default; it is small, so that many pointers to the same object cost little."""
MAX_NESTING: Final = 64
WORD_BYTES: Final = 8


class Ask(StrEnum):
    """The kinds of questions."""

    ROOT = "root"
    STRUCT = "struct"
    LIST = "list"
    POINTERS = "pointers"
    STRUCTS = "structs"
    ELEMENT = "element"
    NULL = "null"
    TEXT = "text"
    DATA = "data"
    CAPABILITY = "capability"
    COPIED = "copied"
    FIELD = "field"
    ITEM = "item"
    COUNT = "count"
    EACH = "each"
    TREE = "tree"
    TOTAL = "total"
    COPY = "copy"
    CANONICAL = "canonical"
    EQUAL = "equal"
    """Whether two objects have the same contents."""
    EVERYTHING = "everything"


class HandleKind(StrEnum):
    """The kinds of objects of a handle."""

    STRUCT = "struct"
    LIST = "list"
    POINTERS = "pointers"
    STRUCTS = "structs"


ELEMENTS: Final = (
    "VOID", "BOOL", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64",
    "FLOAT32", "FLOAT64",
)  # fmt: skip
"""The names of the library's ``Element``."""

MAKES: Final = {
    Ask.ROOT: HandleKind.STRUCT,
    Ask.STRUCT: HandleKind.STRUCT,
    Ask.LIST: HandleKind.LIST,
    Ask.POINTERS: HandleKind.POINTERS,
    Ask.STRUCTS: HandleKind.STRUCTS,
    Ask.ELEMENT: HandleKind.STRUCT,
}
"""Questions that make a handle, and the kind of its object."""

_OF_POINTERS: Final = (
    Ask.STRUCT, Ask.LIST, Ask.POINTERS, Ask.STRUCTS, Ask.NULL, Ask.TEXT, Ask.DATA, Ask.CAPABILITY,
    Ask.COPIED,
)  # fmt: skip

ACCEPTED: Final = {
    HandleKind.STRUCT: (
        *_OF_POINTERS, Ask.FIELD, Ask.TREE, Ask.TOTAL, Ask.COPY, Ask.CANONICAL, Ask.EQUAL,
    ),
    HandleKind.LIST: (Ask.ITEM, Ask.COUNT, Ask.EACH, Ask.TREE, Ask.EQUAL),
    HandleKind.POINTERS: (*_OF_POINTERS, Ask.COUNT, Ask.TREE, Ask.EQUAL),
    HandleKind.STRUCTS: (Ask.ELEMENT, Ask.COUNT, Ask.EACH, Ask.TREE, Ask.EQUAL),
}  # fmt: skip
"""The questions that each kind of handle takes."""

WHOLE: Final = (Ask.ROOT, Ask.EVERYTHING)
"""Questions to the message itself."""
INDEXED: Final = frozenset((*_OF_POINTERS, Ask.ELEMENT, Ask.FIELD, Ask.ITEM))
TYPED: Final = frozenset((Ask.LIST, Ask.FIELD))
"""Questions that take an element type."""
NO_HANDLE: Final = -1


class Question(NamedTuple):
    """One question."""

    ask: Ask
    handle: int = NO_HANDLE
    place: int = 0
    """The index of a pointer or an element; for a field, in units of its own size."""
    element: str = ""
    other: int = NO_HANDLE
    """The second handle of ``equal``."""


def handle_kinds(questions: Sequence[Question]) -> list[HandleKind]:
    """Return the kind of object of each handle that these questions make."""
    return [MAKES[question.ask] for question in questions if question.ask in MAKES]


@dataclass(frozen=True, slots=True)
class Read:
    """Segments, limits and questions."""

    segments: tuple[bytes, ...] = ()
    traversal_words: int = MAX_TRAVERSAL
    nesting: int = MAX_NESTING
    questions: tuple[Question, ...] = ()
    comment: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if len(self.segments) > MAX_SEGMENTS:
            raise ScenarioError(f"there may be at most {MAX_SEGMENTS} segments")
        if any(len(segment) % WORD_BYTES for segment in self.segments):
            raise ScenarioError("segments must be whole words")
        if sum(map(len, self.segments)) > MAX_WORDS * WORD_BYTES:
            raise ScenarioError(f"all segments together may have at most {MAX_WORDS} words")
        if len(self.questions) > MAX_ASKS:
            raise ScenarioError(f"there may be at most {MAX_ASKS} questions")
        text.check("traversal_words", self.traversal_words, 0, MAX_TRAVERSAL)
        text.check("nesting", self.nesting, 0, MAX_NESTING)
        kinds: list[HandleKind] = []
        for question in self.questions:
            _check(question, kinds)
            if question.ask in MAKES:
                kinds.append(MAKES[question.ask])
        object.__setattr__(self, "comment", tidy_comment(self.comment))


def _check(question: Question, kinds: Sequence[HandleKind]) -> None:
    ask, handle, index, element, other = question
    if ask in WHOLE:
        if handle != NO_HANDLE:
            raise ScenarioError(f"{ask} is asked of the message, not of a handle")
    elif not 0 <= handle < len(kinds):
        raise ScenarioError(f"there is no handle h{handle} yet")
    elif ask not in ACCEPTED[kinds[handle]]:
        raise ScenarioError(f"{ask} cannot be asked of h{handle}, which is a {kinds[handle]}")
    if ask is Ask.EQUAL:
        if not 0 <= other < len(kinds):
            raise ScenarioError(f"there is no handle h{other} yet")
    elif other != NO_HANDLE:
        raise ScenarioError(f"{ask} takes no second handle")
    text.check("an index", index, 0, MAX_INDEX if ask in INDEXED else 0)
    if ask not in TYPED:
        if element:
            raise ScenarioError(f"{ask} takes no element type")
    elif element not in ELEMENTS or (ask is Ask.FIELD and element == "VOID"):
        raise ScenarioError(f"{ask} takes an element type, not {element!r}")


# -- bytes ----------------------------------------------------------------------------------------

_EVERY: Final = tuple(Ask)


def decode(data: bytes) -> Read:
    """Return the input of any bytes."""
    reader = octets.Reader(data)
    traversal, nesting = reader.number(MAX_TRAVERSAL), reader.number(MAX_NESTING)
    questions: list[Question] = []
    kinds: list[HandleKind] = []
    for _ in range(reader.number(MAX_ASKS)):
        if not reader.left:
            break
        question = _decode_question(reader, kinds)
        questions.append(question)
        if question.ask in MAKES:
            kinds.append(MAKES[question.ask])
    sizes = [reader.number(MAX_WORDS) for _ in range(reader.number(MAX_SEGMENTS))]
    segments: list[bytes] = []
    room = MAX_WORDS
    for size in sizes:
        taken = reader.take(min(size, room) * WORD_BYTES)
        words = -(-len(taken) // WORD_BYTES)
        segments.append(taken.ljust(words * WORD_BYTES, b"\0"))
        room -= words
    return _trusted(tuple(segments), traversal, nesting, tuple(questions))


def _trusted(
    segments: tuple[bytes, ...], traversal: int, nesting: int, questions: tuple[Question, ...]
) -> Read:
    """Return an input that is valid by construction, without the checks, for the decoder."""
    made = object.__new__(Read)
    for name, value in (
        ("segments", segments),
        ("traversal_words", traversal),
        ("nesting", nesting),
        ("questions", questions),
        ("comment", ""),
    ):
        object.__setattr__(made, name, value)
    return made


def _decode_question(reader: octets.Reader, kinds: Sequence[HandleKind]) -> Question:
    """Return a valid question from any bytes."""
    handle = reader.number(MAX_ASKS + 1) - 1
    choice = reader.number(255)
    if handle < 0 or not kinds:
        return Question(WHOLE[choice % len(WHOLE)])
    handle %= len(kinds)
    accepted = ACCEPTED[kinds[handle]]
    ask = accepted[choice % len(accepted)]
    index = reader.number(MAX_INDEX) if ask in INDEXED else 0
    element = ""
    if ask in TYPED:
        first = 1 if ask is Ask.FIELD else 0
        element = ELEMENTS[first + reader.number(255) % (len(ELEMENTS) - first)]
    other = reader.number(MAX_ASKS) % len(kinds) if ask is Ask.EQUAL else NO_HANDLE
    return Question(ask, handle, index, element, other)


def encode(scenario: Read) -> bytes:
    """Return the bytes of an input."""
    out = bytearray(octets.number(scenario.traversal_words) + octets.number(scenario.nesting))
    out += octets.number(len(scenario.questions))
    kinds = handle_kinds(scenario.questions)
    for ask, handle, index, element, other in scenario.questions:
        out += octets.number(handle + 1)
        accepted = WHOLE if handle == NO_HANDLE else ACCEPTED[kinds[handle]]
        out += octets.number(accepted.index(ask))
        if ask in INDEXED:
            out += octets.number(index)
        if ask in TYPED:
            out += octets.number(ELEMENTS.index(element) - (ask is Ask.FIELD))
        if ask is Ask.EQUAL:
            out += octets.number(other)
    out += octets.number(len(scenario.segments))
    for segment in scenario.segments:
        out += octets.number(len(segment) // WORD_BYTES)
    return bytes(out) + b"".join(scenario.segments)


# -- text -----------------------------------------------------------------------------------------


def print_question(question: Question) -> str:
    """Return a question as text, without the handle that it makes."""
    ask, handle, index, element, other = question
    words = [str(ask)]
    if handle != NO_HANDLE:
        words.append(f"h{handle}")
    if ask in INDEXED:
        words.append(str(index))
    if element:
        words.append(element)
    if other != NO_HANDLE:
        words.append(f"h{other}")
    return " ".join(words)


def print_questions(questions: Sequence[Question]) -> list[str]:
    """Return a line for each question, with the handle that it makes."""
    lines: list[str] = []
    made = 0
    for question in questions:
        line = print_question(question)
        if question.ask in MAKES:
            line += f"  # h{made}"
            made += 1
        lines.append(line)
    return lines


def print_read(scenario: Read) -> str:
    """Return the text of an input."""
    lines = text.head(HEADER, scenario.comment)
    lines.append(f"limit traversal_words={scenario.traversal_words}")
    lines.append(f"limit nesting={scenario.nesting}")
    for segment in scenario.segments:
        lines.append("segment")
        for start in range(0, len(segment), WORD_BYTES):
            word = segment[start : start + WORD_BYTES]
            meaning = describe_word(int.from_bytes(word, "little"))
            lines.append(f"word {word.hex()}" + (f"  # {meaning}" if meaning else ""))
    lines += [f"ask {line}" for line in print_questions(scenario.questions)]
    return "\n".join(lines) + "\n"


def parse_read(source: str) -> Read:
    """Return the input of a text."""
    made: dict[str, int] = {}
    segments: list[bytearray] = []
    questions: list[Question] = []
    kinds: list[HandleKind] = []

    def read_limit(rest: str) -> None:
        name = rest.partition("=")[0]
        most = {"traversal_words": MAX_TRAVERSAL, "nesting": MAX_NESTING}.get(name)
        if most is None:
            raise ScenarioError(f"a limit must be traversal_words or nesting, not {name!r}")
        made[name] = text.setting(rest, name, 0, most)

    def read_segment(rest: str) -> None:
        if rest:
            raise ScenarioError(f"nothing may follow segment, not {rest!r}")
        segments.append(bytearray())

    def read_word(rest: str) -> None:
        word = text.octets(rest)
        if len(word) != WORD_BYTES or not segments:
            raise ScenarioError("a word must have 8 bytes, and stand below a segment")
        segments[-1] += word

    def read_ask(rest: str) -> None:
        question = _parse_question(rest)
        _check(question, kinds)
        questions.append(question)
        if question.ask in MAKES:
            kinds.append(MAKES[question.ask])

    readers = {
        "limit": read_limit,
        "segment": read_segment,
        "word": read_word,
        "ask": read_ask,
    }
    return text.parse(
        source,
        HEADER,
        readers,
        lambda comment: Read(
            tuple(map(bytes, segments)), questions=tuple(questions), **made, comment=comment
        ),
    )


def _parse_question(rest: str) -> Question:
    words = rest.split()
    try:
        ask = Ask(words.pop(0))
    except (ValueError, IndexError):
        raise ScenarioError(f"the questions are {', '.join(Ask)}, not {rest!r}") from None
    handle, index, element, other = NO_HANDLE, 0, "", NO_HANDLE
    if ask not in WHOLE:
        handle = _parse_handle(ask, words)
    if ask in INDEXED:
        index = text.whole(words.pop(0) if words else "", 0, MAX_INDEX, "an index")
    if ask in TYPED:
        element = words.pop(0) if words else ""
    if ask is Ask.EQUAL:
        other = _parse_handle(ask, words)
    if words:
        raise ScenarioError(f"nothing may follow {ask}, not {' '.join(words)!r}")
    return Question(ask, handle, index, element, other)


def _parse_handle(ask: Ask, words: list[str]) -> int:
    name = words.pop(0) if words else ""
    if not name.startswith("h"):
        raise ScenarioError(f"{ask} is asked of a handle, not of {name!r}")
    return text.whole(name[1:], 0, MAX_ASKS, "a handle")
