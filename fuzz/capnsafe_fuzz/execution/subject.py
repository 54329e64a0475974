"""The subject of an execution: an encoder's message, over a memory with its faults.

An encoder may return anything, so its output and its segment sizes are checked here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from types import CodeType
from typing import Any, Final, cast

from capnsafe_allocators import FAMILIES, Fault, HostileAllocator, effects_of

from ..encoders.protocol import Encoder, Failure, RemoteEncoder, Session
from ..memories import LIBRARY, new_memory
from ..record import Record
from ..record.telling import full_type_name, plain, repr_of, text_of
from ..scenario import Operation, Scenario
from ..scenario.model import Expectation, ExpectationKind
from ..scenario.scenario import UNLIMITED_WORDS
from .excuse import Interceptor

#: The most segments of a message that are examined: more than there are allocator calls.
_MOST_SEGMENTS: Final = 1 << 16


_MISTAKES: Final = {
    ExpectationKind.STALE: "stale",
    ExpectationKind.INDEX: "index",
    ExpectationKind.REFUSED: "kind",
}
"""The mistake in an operation that must raise, by the expectation."""


class _StrangeWords(ValueError):
    """The encoder did not return the words in each segment."""


class _StrangeFailure(TypeError):
    """An encoder's ``classify`` did not return a ``Failure``."""


class _NoSession:
    """Placeholder for a session that the encoder could not begin: every method raises why."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def perform(self, operation: Operation) -> object:
        raise self._error

    def skip(self, operation: Operation) -> None:
        pass

    def output(self) -> bytes:
        raise self._error

    def canonical(self) -> bytes:
        raise self._error

    def segment_words(self) -> tuple[int, ...]:
        return ()

    def close(self) -> None:
        pass


def remote_encoder(encoder: Encoder) -> RemoteEncoder | None:
    """Return the encoder if it builds in another process; None if it does not."""
    return cast("RemoteEncoder", encoder) if hasattr(encoder, "memory") else None


def within_reach(scenario: Scenario, encoder: Encoder) -> tuple[Scenario, tuple[Fault, ...]]:
    """Return the scenario without the limit and faults that the encoder does not support.

    The second result is the tuple of the faults that were left out.
    """
    remote = remote_encoder(encoder)
    if remote is None:
        return scenario, ()
    beyond: tuple[Fault, ...] = ()
    try:
        if scenario.max_segment_words != UNLIMITED_WORDS and not remote.able("limit"):
            scenario = replace(scenario, max_segment_words=UNLIMITED_WORDS)
        # Faults that act in the encoder's code cannot act in another process.
        beyond = tuple(
            one
            for one in scenario.faults
            if not remote.able("memory")
            or FAMILIES[one.family].in_code is not None
            or (effects_of(one).calls_message and not remote.able("reenter"))
        )
        if beyond:
            kept = tuple(one for one in scenario.faults if one not in beyond)
            scenario = replace(scenario, faults=kept)
    except KeyboardInterrupt:
        raise
    except Exception:
        # The session will raise this exception again, and the oracles judge that.
        return scenario, ()
    return scenario, beyond


class Subject:
    """One message of the encoder, and the memory below it.

    Impossible results of the encoder go into the record.
    """

    __slots__ = (
        "_honest",
        "_record",
        "_remote",
        "encoder",
        "hostile",
        "interceptor",
        "session",
        "verified",
    )

    def __init__(self, scenario: Scenario, encoder: Encoder, record: Record) -> None:
        """Make the memory and begin the message."""
        self.encoder = encoder
        self._record = record
        #: The encoder, if it builds in another process.
        self._remote = remote_encoder(encoder)
        self._honest: Any = None
        self.hostile = self._memory_below(scenario)
        self.interceptor = Interceptor(self.hostile)
        self.verified = scenario.verify and getattr(encoder, "verifies", False)
        options = {"verify": True} if self.verified else {}
        self.session: Session
        try:
            self.session = encoder.session(self.interceptor, scenario.max_segment_words, **options)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # Each operation raises this exception of the encoder, so that the oracles judge it.
            self.session = _NoSession(error)
        self.hostile.used = self._checked_words
        if self._remote is None:
            self.hostile.owns = encoder.owns

    def _memory_below(self, scenario: Scenario) -> HostileAllocator:
        """Make the honest memory and lay the faults over it."""
        kind, size = scenario.memory.kind, scenario.memory.size
        remote = self._remote
        if remote is not None:
            size = scenario.memory.remote_size
            self._honest = remote.memory(size.segment_words, size.total_words)
            return HostileAllocator(self._honest, scenario.faults, grows=size.grows)
        library = getattr(self.encoder, "memories", LIBRARY)
        self._honest = new_memory(kind, size, library)
        hostile = HostileAllocator(
            self._honest,
            scenario.faults,
            stable=kind.stays,
            grows=kind.is_asked_to_grow(size, self._honest),
        )
        hostile.places_known = kind.places_known(size)
        return hostile

    @property
    def is_remote(self) -> bool:
        """Return whether the encoder builds in another process."""
        return self._remote is not None

    @property
    def ending(self) -> str:
        """Return how the process of a remote encoder ended; an empty string while it runs.

        After its end, no operation can be performed.
        """
        return "" if self._remote is None else str(getattr(self.session, "ending", ""))

    @property
    def judged_by(self) -> Callable[[str], bool] | None:
        """Return a function that says by which promises it is judged; None if by all of them."""
        judged: Callable[[str], bool] | None = getattr(self.encoder, "judged_by", None)
        return judged

    def promises(self, expectation: Expectation) -> bool:
        """Return whether the library promises anything about an operation with this expectation."""
        mistake = _MISTAKES.get(expectation.kind)
        return mistake is None or self._remote is None or self._remote.detects(mistake)

    @property
    def shows_memory(self) -> bool:
        """Return whether the message lies in the hostile memory."""
        return self._remote is None or self._remote.able("memory")

    def output(self) -> bytes:
        """Return the framed message."""
        return _octets(self.session.output())

    def canonical(self) -> bytes:
        """Return the canonical form."""
        return _octets(self.session.canonical())

    def octets_of(self, operation: Operation) -> bytes:
        """Return the bytes that an operation returns."""
        return _octets(self.session.perform(operation))

    def close(self) -> None:
        """Release the honest memory, even if a view of it is still held.

        The memory forgets the driver, or both would stay until the next collection of garbage.
        """
        self.hostile.used = self.hostile.reenter = self.hostile.owns = None
        close = getattr(self._honest, "close", None)
        if close is not None:
            with suppress(BufferError):
                close()

    def segment_words(self) -> tuple[int, ...]:
        """Return the words handed out in each segment; none if the encoder's result is wrong."""
        try:
            return self._checked_words()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # The harness only requires a sequence of numbers, so any exception here comes from the
            # encoder.
            if not self._record.strange:
                description = f"segment_words raised {full_type_name(error)}: {text_of(error)}"
                if isinstance(error, _StrangeWords):
                    description = str(error)
                index = self._record.steps[-1].index if self._record.steps else 0
                self._record.strange.append((index, description))
            return ()

    def told_words(self) -> int | None:
        """Return the number of words in use that the message shows; None if it shows none."""
        tell = getattr(self.session, "told_words", None)
        if tell is None:
            return None
        told: object = tell()
        return told if type(told) is int else None

    def _checked_words(self) -> tuple[int, ...]:
        words = tuple(islice(self.session.segment_words(), _MOST_SEGMENTS))
        if len(words) == _MOST_SEGMENTS:
            raise _StrangeWords("segment_words returned more segments than there can be")
        for count in words:
            if count.__class__ is not int or count < 0:
                raise _StrangeWords(f"segment_words returned {repr_of(list(words))}")
        return words

    def words_in_use(self) -> list[bytes] | None:
        """Return the words in use as bytes; None if it is not known which words are in use."""
        words = self.segment_words()
        snapshot = self.hostile.snapshot()
        if len(snapshot) != len(words):
            return None
        return [part[: used * 8] for part, used in zip(snapshot, words, strict=True)]


def _octets(output: object) -> bytes:
    """Return an encoder's output; an empty message if it is not bytes."""
    if type(output) is bytes:
        return output
    octets = plain(output)
    return octets if type(octets) is bytes else b""


def failure_of(error: BaseException, encoder: Encoder) -> Failure:
    """Return the encoder's classification of ``error``; raise, with its place, if it is wrong."""
    failure: object = encoder.classify(error)
    if isinstance(failure, Failure):
        return failure
    code = getattr(encoder.classify, "__code__", None)
    place = f" in {os.path.basename(code.co_filename)}:{code.co_firstlineno}" if code else ""
    raise _StrangeFailure(f"classify{place} returned {repr_of(failure)}, which is no Failure")


def innermost(error: BaseException, encoder: Encoder) -> str:
    """Return the innermost function of the encoder's own files in the traceback.

    The exception of an encoder in another process has it in its attribute ``raised_at``.
    """
    remote: object = getattr(error, "raised_at", "") if hasattr(encoder, "memory") else ""
    if isinstance(remote, str) and remote:
        return remote
    found: CodeType | None = None
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if encoder.owns(code.co_filename):
            found = code
        traceback = traceback.tb_next
    return f"{os.path.basename(found.co_filename)}:{found.co_qualname}" if found else ""
