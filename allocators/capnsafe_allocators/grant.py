"""One grant in the ledger, and the keys by which clients name grants."""

from __future__ import annotations

from typing import Any

from .place import WORD_BYTES, Place


class SegmentKey:
    """The key of a grant, which is all that a client holds. Opaque."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        """Name the grant ``index``."""
        self.index = index

    def __repr__(self) -> str:
        """Return a short description for people."""
        return f"<key of segment {self.index}>"


class TouchedKey(Exception):
    """A client used a key other than by passing it back."""


class ThornyKey(SegmentKey):
    """A key that raises in every operation; a client can only pass it back."""

    __slots__ = ()

    def _refuse(self, *others: object) -> Any:
        raise TouchedKey("a key is not to be looked into")

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
        """Note a grant of ``granted_bytes`` bytes where ``asked`` words were asked."""
        #: In order of granting, counted from 0.
        self.index = index
        self.key: SegmentKey | None = SegmentKey(index)
        #: The minimum that was asked, in words.
        self.asked = asked
        #: Where it lies now.
        self.place = place
        #: The length it was granted with, or grown to; not a multiple of 8 after ``short odd``.
        self.granted_bytes = granted_bytes
        #: The length it is shown with now: less after it shrank.
        self.shown_bytes = granted_bytes
        #: The length in bytes that it grows back to when its cut was seen; 0 if it does not.
        self.grows_back_to = 0
        #: How many times it was granted, and how many times released.
        self.times = 1
        self.released = 0
        #: The grant that was granted once more in its stead.
        self.again: Grant | None = None
        #: ``words_used`` of its releases, the greatest.
        self.words_used: int | None = None
        #: Views of it that are held now, where they can be counted.
        self.views = 0
        #: ``segment`` returned it since this was last set to False.
        self.seen = False
        #: Its contents when it was granted; of words that were added, when they were added.
        self.first = first
        #: The allocator itself changed its contents since.
        self.tampered = False
        #: ``segment`` raises KeyError for it; only once if ``returns``.
        self.gone = False
        self.returns = False
        #: As many of its first words were its own when it was granted, or grown, into memory that
        #: another one has; None if it was not.
        self.own_words: int | None = None
        #: The ``len`` of its buffers, in words; 0 if that is not claimed.
        self.claimed_words = 0
        #: The most words that were shown under its key.
        self.most_words = self.words
        #: Its contents after each operation, if these are kept, the latest last.
        self.earlier: list[bytes] = []

    @property
    def lives(self) -> bool:
        """Whether it was granted more often than released."""
        return self.released < self.times

    @property
    def words(self) -> int:
        """The whole words it was granted with, or grown to."""
        return self.granted_bytes // WORD_BYTES

    def __repr__(self) -> str:
        """Return a short description for people."""
        state = "live" if self.lives else "released"
        return f"<Grant {self.index}: {self.words} words, {state}>"
