"""A grant in the ledger, and the keys by which clients name grants."""

from __future__ import annotations

from typing import Any

from .place import WORD_BYTES, Place


class SegmentKey:
    """The key of a grant, which is all that a client has. It is opaque."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        """Make the key of the grant ``index``."""
        self.index = index

    def __repr__(self) -> str:
        """Return a short description."""
        return f"<key of segment {self.index}>"


class TouchedKey(Exception):
    """A client did something with a key other than passing it back."""


class ThornyKey(SegmentKey):
    """A key that raises in every operation; a client can only pass it back."""

    __slots__ = ()

    def _refuse(self, *others: object) -> Any:
        raise TouchedKey("a client must only pass a key back")

    __repr__ = __str__ = __bool__ = __eq__ = __ne__ = __hash__ = _refuse
    __lt__ = __int__ = __index__ = __len__ = __iter__ = _refuse


class Grant:
    """One grant: the words asked and granted, its place, and its state."""

    __slots__ = (
        "again",
        "asked",
        "claimed_words",
        "earlier",
        "first",
        "gone",
        "granted_bytes",
        "grows_back_to",
        "index",
        "key",
        "most_words",
        "own_words",
        "place",
        "released",
        "returns",
        "seen",
        "shown_bytes",
        "tampered",
        "times",
        "views",
        "words_used",
    )

    def __init__(
        self, index: int, asked: int, place: Place, granted_bytes: int, first: bytes
    ) -> None:
        """Record a grant of ``granted_bytes`` bytes, for which ``asked`` words were asked."""
        #: The position among all grants, oldest first, counted from 0.
        self.index = index
        self.key: SegmentKey | None = SegmentKey(index)
        #: The minimum that was asked for, in words.
        self.asked = asked
        #: The present place.
        self.place = place
        #: The length at which it was granted, or to which it grew; after ``short odd`` it is not a
        #: multiple of 8.
        self.granted_bytes = granted_bytes
        #: The length that the client sees now: less after a ``shrink``.
        self.shown_bytes = granted_bytes
        #: The length in bytes to which it grows back after its cut was seen; 0 if it does not.
        self.grows_back_to = 0
        #: Number of times it was granted, and number of times released.
        self.times = 1
        self.released = 0
        #: The grant that was granted again in place of this one.
        self.again: Grant | None = None
        #: The greatest ``words_used`` of its releases.
        self.words_used: int | None = None
        #: Number of views of it that are held now, if they can be counted.
        self.views = 0
        #: Whether ``segment`` returned it since this was last set to False.
        self.seen = False
        #: The contents at the grant; for words that were added, when they were added.
        self.first = first
        #: Whether the allocator itself changed its contents since.
        self.tampered = False
        #: Whether ``segment`` raises KeyError for it; only once if ``returns``.
        self.gone = False
        self.returns = False
        #: The number of its first words that no other grant shares, if it was granted or grown into
        #: the memory of another one; otherwise None.
        self.own_words: int | None = None
        #: The ``len`` that its buffers claim, in words; 0 if it is not false.
        self.claimed_words = 0
        #: The greatest number of words that were shown under its key.
        self.most_words = self.words
        #: The contents after each operation, if these are kept, the latest last.
        self.earlier: list[bytes] = []

    @property
    def lives(self) -> bool:
        """Whether it was granted more often than released."""
        return self.released < self.times

    @property
    def words(self) -> int:
        """The whole words with which it was granted, or to which it grew."""
        return self.granted_bytes // WORD_BYTES

    def __repr__(self) -> str:
        """Return a short description."""
        state = "live" if self.lives else "released"
        return f"<Grant {self.index}: {self.words} words, {state}>"
