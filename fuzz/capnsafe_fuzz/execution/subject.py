"""The subject of an execution: an encoder's message, over a memory with its faults.

An encoder may return anything, so its output and its segment sizes are checked here.
"""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from capnsafe_allocators import HostileAllocator

from ..encoders.protocol import Encoder, Failure, Session
from ..memories import new_memory
from ..record import Record
from ..record.telling import full_type_name, plain, repr_of, text_of
from ..scenario import Operation, Scenario
from .excuse import Interceptor

#: The most segments of a message that are examined: more than there are allocator calls.
_MOST_SEGMENTS: Final = 1 << 16


class _StrangeWords(ValueError):
    """The encoder returned something else than the words in each segment."""


class _StrangeFailure(TypeError):
    """An encoder's ``classify`` returned something else than a ``Failure``."""


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


class Subject:
    """One message of the encoder, and the memory below it.

    Impossible results of the encoder go into the record.
    """

    __slots__ = ("_honest", "_record", "encoder", "hostile", "session", "verified", "witness")

    def __init__(self, scenario: Scenario, encoder: Encoder, record: Record) -> None:
        """Make the memory and begin the message."""
        self.encoder = encoder
        self._record = record
        kind, size = scenario.memory.kind, scenario.memory.size
        self._honest: Any = new_memory(kind, size)
        self.hostile = HostileAllocator(
            self._honest,
            scenario.faults,
            stable=kind.stays,
            grows=kind.is_asked_to_grow(size, self._honest),
        )
        self.witness = Interceptor(self.hostile)
        self.verified = scenario.verify and getattr(encoder, "verifies", False)
        options = {"verify": True} if self.verified else {}
        self.session: Session
        try:
            self.session = encoder.session(self.witness, scenario.max_segment_words, **options)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self.session = _NoSession(error)
        self.hostile.used = self._words_told
        self.hostile.owns = encoder.owns
        self.hostile.places_known = kind.places_known(size)

    def output(self) -> bytes:
        """Return the framed message."""
        return _octets(self.session.output())

    def canonical(self) -> bytes:
        """Return the canonical form."""
        return _octets(self.session.canonical())

    def close(self) -> None:
        """Release the honest memory, even if a view of it is still held."""
        close = getattr(self._honest, "close", None)
        if close is not None:
            with suppress(BufferError):
                close()

    def segment_words(self) -> tuple[int, ...]:
        """Return the words handed out in each segment; none if the encoder's result is wrong."""
        try:
            return self._words_told()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # The harness only requires a sequence of numbers, so any exception here comes from the
            # encoder.
            if not self._record.strange:
                said = f"segment_words raised {full_type_name(error)}: {text_of(error)}"
                if isinstance(error, _StrangeWords):
                    said = str(error)
                index = self._record.steps[-1].index if self._record.steps else 0
                self._record.strange.append((index, said))
            return ()

    def _words_told(self) -> tuple[int, ...]:
        words = tuple(islice(self.session.segment_words(), _MOST_SEGMENTS))
        if len(words) == _MOST_SEGMENTS:
            raise _StrangeWords("segment_words returned more segments than there can be")
        if words and (set(map(type, words)) != {int} or min(words) < 0):
            raise _StrangeWords(f"segment_words returned {repr_of(list(words))}")
        return words

    def words_in_use(self) -> list[bytes] | None:
        """Return the words in use as bytes; None if it is not known which words are in use."""
        words = self.segment_words()
        snapshot = self.hostile.snapshot()
        if len(snapshot) != len(words):
            return None
        return [part[: used * 8] for part, used in zip(snapshot, words, strict=True)]


def _octets(answer: object) -> bytes:
    """Return an encoder's output; an empty message if it is not bytes."""
    if type(answer) is bytes:
        return answer
    octets = plain(answer)
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
    """Return the innermost function of the encoder's own files in the traceback."""
    found = ""
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if encoder.owns(code.co_filename):
            found = f"{os.path.basename(code.co_filename)}:{code.co_qualname}"
        traceback = traceback.tb_next
    return found
