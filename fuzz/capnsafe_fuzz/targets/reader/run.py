"""Ask the library the questions of one input, and judge the results.

Limits. The reference gives the cost of a question, and the words charged so far are known. But a
refused question may have been charged for a part of its way. So there are two sums: the words that
were charged for certain, and those that may have been. A question must be refused if its cost and
the first sum exceed the traversal limit, and may be refused if its cost and the second sum do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from ...encoders.protocol import Failure
from ...execution import Situation
from ...optional import PYCAPNP
from ...oracles import Cost, Oracle, OracleFinding
from ...oracles.interoperable import as_pycapnp_reads, read_with_pycapnp
from ...record.difference import first_difference
from ...record.telling import plain
from ...reference.examination import UNCLEAN
from ...reference.examiner import examine
from ...reference.framing import write
from ...reference.layout import ROOT
from ...reference.reading import MOST_ITEMS, Copy, Reference, Refused
from ..library import RAISED, LibraryCall, LibraryCalls, LibraryRun, library_of, shown
from .everything import read_everything, zero_sized_in
from .expect import Expected, Held, expect, has_view, normal
from .scenario import MAKES, Ask, Question, Read

if TYPE_CHECKING:
    from ...encoders.protocol import Encoder

NEEDED: Final = ("Element", "MessageBuilder", "MessageReader", "equal")
"""The names that the package under test must have."""

BUILT_NESTING: Final = 200
"""Nesting limit for a message that was copied."""


@dataclass(slots=True)
class Asked:
    """One question, with its expected result."""

    call: LibraryCall
    question: Question
    expected: Expected | None
    """None if it must be refused."""
    why: str = ""
    """Why it must be refused."""
    limited: bool = False
    """Whether the traversal limit is the only reason."""
    may_refuse: bool = False
    """Whether the traversal limit may have been reached."""


@dataclass(slots=True)
class ReadRun(LibraryRun):
    """The record of one execution."""

    scenario: Read
    asked: list[Asked] = field(default_factory=list)
    pinned: str = ""
    """The segment that was still held when all readers were gone."""

    def situations(self) -> Iterator[Situation]:
        """Yield the questions, why they had to be refused, and the outcomes."""
        for asked in self.asked:
            why = asked.why or "-"
            if asked.limited:
                why = "over the limit"
            elif asked.expected is not None and asked.expected.value is None:
                why = "null"
            yield asked.call.name, why, asked.call.outcome


def run(scenario: Read, encoder: Encoder) -> ReadRun:
    """Ask every question once."""
    library: Any = library_of(encoder)
    calls = LibraryCalls(encoder)
    done = ReadRun(scenario, library, calls.made)
    buffers = [bytearray(segment) for segment in scenario.segments]
    _Asking(done, calls, buffers).all()
    for index, buffer in enumerate(buffers):
        try:
            buffer.append(0)
        except BufferError as error:
            done.pinned = f"segment {index}: {error}"
    return done


class _Asking:
    """One execution in progress. All readers are dropped with it."""

    def __init__(self, run: ReadRun, calls: LibraryCalls, buffers: list[bytearray]) -> None:
        scenario = run.scenario
        self._run = run
        self._calls = calls
        self._reference = Reference(scenario.segments)
        self._reader: Any = None

        def begin() -> None:
            self._reader = run.library.MessageReader(
                buffers,
                traversal_limit_words=scenario.traversal_words,
                nesting_limit=scenario.nesting,
            )

        self._begun = calls.call(0, "reader", begin).failure is None
        if self._begun:
            # It is not a question, and counts as one only if it fails.
            calls.made.pop()
        self._handles: list[tuple[Any, Held] | None] = []
        self._charged = 0
        self._perhaps = 0

    def all(self) -> None:
        if not self._begun:
            return
        for step, question in enumerate(self._run.scenario.questions):
            if question.ask is Ask.EVERYTHING:
                self._everything(step, question)
                continue
            handle = self._handles[question.handle] if question.handle >= 0 else None
            if question.handle >= 0 and handle is None:
                if question.ask in MAKES:
                    self._handles.append(None)
                continue
            made = self._ask(step, question, handle)
            if question.ask in MAKES:
                self._handles.append(made)

    def _ask(
        self, step: int, question: Question, handle: tuple[Any, Held] | None
    ) -> tuple[Any, Held] | None:
        limit = self._run.scenario.traversal_words
        left = limit - self._charged
        reader, held = handle or (self._reader, None)
        partner = self._handles[question.other] if question.other >= 0 else None
        other, other_held = partner or (None, None)
        expected, why, limited, spent = None, "", False, 0
        try:
            expected = expect(
                self._reference,
                question,
                held,
                self._run.scenario.nesting,
                max(0, left),
                other_held,
            )
            spent = expected.cost
            if spent > left:
                expected, why, limited = None, f"{left} words are left of the limit", True
        except Refused as refusal:
            why, spent = str(refusal), refusal.cost
            limited = spent > left
        call = self._calls.call(
            step,
            _name(question),
            lambda: _answer(self._run.library, reader, question, limit, held, expected, other),
        )
        made = None
        if call.failure is None:
            made, call.value = call.value.made, call.value.value
        asked = Asked(call, question, expected, why, limited)
        asked.may_refuse = self._charged + self._perhaps + spent > limit
        self._run.asked.append(asked)
        if expected is None or call.failure is not None:
            # A copy is charged in its own order, as far as it gets.
            self._perhaps += spent if question.ask not in _DEEP else limit
            return None
        self._charged += spent
        return (made, expected.held) if expected.held is not None and made is not None else None

    def _everything(self, step: int, question: Question) -> None:
        """Read the whole message by the schema, if the examiner finds no problem in it."""
        examination = examine(self._run.scenario.segments, ROOT)
        invalid = any(problem.kind not in UNCLEAN for problem in examination.problems)
        if invalid or examination.tree is None:
            return
        library, segments = self._run.library, self._run.scenario.segments
        free = zero_sized_in(examination.tree)
        if free is None:
            return
        call = self._calls.call(
            step, "everything", lambda: read_everything(library, segments, free)
        )
        self._run.asked.append(Asked(call, question, Expected(examination.tree)))


_DEEP: Final = frozenset((Ask.TREE, Ask.TOTAL, Ask.COPIED, Ask.COPY, Ask.CANONICAL, Ask.EQUAL))


def _name(question: Question) -> str:
    return f"{question.ask} {question.element.lower()}".strip()


@dataclass(frozen=True, slots=True)
class _Answer:
    made: Any
    """The handle that was made."""
    value: Any
    """The comparable value."""


def _answer(
    library: Any,
    reader: Any,
    question: Question,
    limit: int,
    held: Held | None,
    expected: Expected | None,
    other: Any,
) -> _Answer:
    """Call the library's reader, and return its result. ``limit`` limits the traversed words.

    ``other`` is the reader of the question's second handle.
    """
    if question.ask in MAKES:
        made = _open(library, reader, question)
        sized = expected is not None and expected.sized
        return _Answer(made, plain(_facts(reader, question, made, sized)))
    if question.ask is Ask.EQUAL:
        return _Answer(None, plain(library.equal(reader, other)))
    value = _asked(library, reader, question, limit)
    if question.ask is Ask.EACH and has_view(held):
        view = reader.view()
        value = value, view.format, len(view), view[:MOST_ITEMS]
    return _Answer(None, plain(value))


def _facts(reader: Any, question: Question, made: Any, sized: bool) -> Any:
    """Return what the library tells about an opened object."""
    if made is None:
        return None
    if MAKES[question.ask] == "struct":
        return made.data_bytes, made.pointer_count, made.data_section()
    return (len(made), reader.element_size(question.place).value) if sized else len(made)


def _asked(library: Any, reader: Any, question: Question, limit: int) -> Any:
    ask, _, index, element, _ = question
    if ask is Ask.NULL:
        return reader.is_null(index)
    if ask is Ask.COPIED:
        copied = reader._tree_at(index)
        return None if copied is None else _copy(copied)
    if ask is Ask.FIELD:
        return normal(getattr(reader, f"get_{element.lower()}")(index))
    if ask is Ask.ITEM:
        return normal(reader[index])
    if ask is Ask.COUNT:
        return len(reader)
    if ask is Ask.EACH:
        items = islice(reader, MOST_ITEMS)
        return [normal(i.get_uint8(0) if hasattr(i, "get_uint8") else i) for i in items]
    if ask is Ask.TREE:
        return _copy(reader._tree())
    if ask is Ask.TOTAL:
        return reader.total_words()
    if ask in (Ask.COPY, Ask.CANONICAL):
        return _built(library, reader, ask, limit)
    return getattr(reader, f"get_{ask}")(index)


def _open(library: Any, reader: Any, question: Question) -> Any:
    ask, _, index, element, _ = question
    if ask is Ask.ROOT:
        return reader.get_root()
    if ask is Ask.STRUCT:
        return reader.get_struct(index)
    if ask is Ask.LIST:
        return reader.get_list(index, getattr(library.Element, element))
    if ask is Ask.POINTERS:
        return reader.get_pointer_list(index)
    if ask is Ask.STRUCTS:
        return reader.get_struct_list(index)
    return reader[index]


def _built(library: Any, reader: Any, ask: Ask, limit: int) -> Any:
    """Copy a struct into a new message, and read that as a reference."""
    with library.MessageBuilder() as message:
        message.set_root(reader)
        if ask is Ask.CANONICAL:
            return message.canonical()
        segments = tuple(message.segments())
    try:
        # Elements without size are charged. There are no more of them than the limit allowed.
        budget = len(b"".join(segments)) + limit
        copy, _ = Reference(segments).copy_at(0, 0, BUILT_NESTING, budget)
    except Refused as refusal:
        return f"a malformed message: {refusal}"
    return copy


def _copy(tree: Any) -> Copy:
    """Return a tree of the library in the reference's form; as deep as the nesting limit allows."""
    below = tuple((word, _copy(child)) for word, child in sorted(tree.children, key=_first))
    return tree.shape, bytes(tree.body), below


def _first(child: tuple[int, Any]) -> int:
    return child[0]


# -- oracles --------------------------------------------------------------------------------------


def _judged(run: ReadRun) -> Iterator[Asked]:
    for asked in run.asked:
        if asked.call.failure is not Failure.FOREIGN:
            yield asked


def _checked(run: ReadRun) -> Iterator[OracleFinding]:
    for asked in _judged(run):
        if asked.expected is None and not asked.limited and asked.call.failure is None:
            detail = f"it must be refused ({asked.why}), but it {asked.call.outcome_text}"
            yield OracleFinding(asked.call.step, asked.call.name, "accepted", detail)


def _bounded(run: ReadRun) -> Iterator[OracleFinding]:
    for asked in _judged(run):
        if asked.expected is None and asked.limited and asked.call.failure is None:
            detail = (
                f"it is over the traversal limit ({asked.why}), but it {asked.call.outcome_text}"
            )
            yield OracleFinding(asked.call.step, asked.call.name, "limit", detail)


def _read(run: ReadRun) -> Iterator[OracleFinding]:
    for asked in _judged(run):
        call, expected = asked.call, asked.expected
        if expected is None or asked.question.ask in (Ask.COPY, Ask.CANONICAL, Ask.EVERYTHING):
            continue
        if call.failure is not None:
            if not asked.may_refuse:
                detail = f"{shown(expected.value)} is there, but it {call.outcome_text}"
                yield OracleFinding(call.step, call.name, "refused", detail)
        elif call.value != expected.value:
            detail = f"{shown(expected.value)} is there, but it {call.outcome_text}"
            yield OracleFinding(call.step, call.name, "value", detail)


def _copied(run: ReadRun) -> Iterator[OracleFinding]:
    for asked in _judged(run):
        call, expected = asked.call, asked.expected
        if expected is None or asked.question.ask not in (Ask.COPY, Ask.CANONICAL):
            continue
        if call.failure is not None:
            if not asked.may_refuse:
                yield OracleFinding(call.step, call.name, "refused", f"it {call.outcome_text}")
        elif call.value != expected.value:
            detail = f"it must be {shown(expected.value)}, but it {call.outcome_text}"
            yield OracleFinding(call.step, call.name, "differs", detail)


def _decoded(run: ReadRun) -> Iterator[OracleFinding]:
    for asked in _judged(run):
        call, expected = asked.call, asked.expected
        if asked.question.ask is not Ask.EVERYTHING:
            continue
        assert expected is not None
        if call.failure is not None:
            yield OracleFinding(
                call.step, call.name, "refused", f"a valid message is {call.outcome_text}"
            )
        elif call.value != expected.value:
            difference = first_difference(call.value, expected.value)
            yield OracleFinding(
                call.step, call.name, "contents", f"read by the library, {difference}"
            )


def _given_back(run: ReadRun) -> Iterator[OracleFinding]:
    if run.pinned:
        step = max(0, len(run.scenario.questions) - 1)
        detail = f"memory cannot be resized when its readers are gone: {run.pinned}"
        yield OracleFinding(step, "close", "view kept", detail)


def _interoperable(run: ReadRun) -> Iterator[OracleFinding]:
    """Compare readings by the schema, also if the strict examiner rejects the message."""
    segments = run.scenario.segments
    if not segments or not segments[0]:
        return
    try:
        found = read_with_pycapnp(
            write(segments),
            traversal_words=run.scenario.traversal_words,
            nesting=run.scenario.nesting,
        )
    except Exception:
        # pycapnp refuses wider elements that are to be read as narrower ones, and more.
        return
    try:
        own = as_pycapnp_reads(plain(read_everything(run.library, segments)))
    except KeyboardInterrupt:
        raise
    except BaseException:
        # The library refuses, or returns an impossible value. The other oracles judge that in an
        # input that asks for everything.
        return
    difference = first_difference(own, found)
    if difference is not None:
        yield OracleFinding(
            0, "everything", "pycapnp differs", f"compared with pycapnp, {difference}"
        )


ORACLES: Final[tuple[Oracle[ReadRun], ...]] = (
    RAISED,
    Oracle(
        "given_back",
        "P4",
        Cost.CHEAP,
        "memory is still held when its readers are gone, or an exception is kept",
        _given_back,
    ),
    Oracle(
        "checked",
        "P6",
        Cost.CHEAP,
        "a value is read that lies outside, is of another kind, or is nested too deep",
        _checked,
    ),
    Oracle(
        "bounded",
        "P7",
        Cost.CHEAP,
        "more words are visited than the traversal limit allows",
        _bounded,
    ),
    Oracle(
        "read",
        "P11",
        Cost.CHEAP,
        "another value is read than is there, or a value that is there is refused",
        _read,
    ),
    Oracle(
        "copied",
        "P11",
        Cost.CHEAP,
        "a copy differs from its source, or a canonical form is not canonical",
        _copied,
    ),
    Oracle(
        "decoded",
        "P11",
        Cost.CHEAP,
        "a valid message is read differently than by the strict examiner",
        _decoded,
    ),
    Oracle(
        "interoperable",
        "P11",
        Cost.COSTLY,
        "pycapnp reads other values where both can read",
        _interoperable,
        PYCAPNP,
    ),
)
