"""What is known of one grant: what its client asked and got, and what became of it."""

from __future__ import annotations

from .place import WORD_BYTES, Place


class SegmentKey:
    """What a client holds of a grant. Opaque."""

    __slots__ = ("_index",)

    def __init__(self, index: int) -> None:
        """Name the grant ``index``."""
        self._index = index

    def __repr__(self) -> str:
        """Tell people which grant it is."""
        return f"<key of segment {self._index}>"


class Grant:
    """One grant: what the client asked and got, and what became of it."""

    __slots__ = (
        "asked",
        "first",
        "granted_bytes",
        "grows_back_to",
        "index",
        "key",
        "place",
        "released",
        "seen",
        "shown_bytes",
        "tampered",
        "views",
        "words_used",
    )

    def __init__(
        self, index: int, asked: int, place: Place, granted_bytes: int, first: bytes
    ) -> None:
        """Remember a grant of ``granted_bytes`` bytes where ``asked`` words were asked."""
        #: In order of granting, counted from 0.
        self.index = index
        self.key = SegmentKey(index)
        #: The minimum that was asked, in words.
        self.asked = asked
        #: Where it lies now.
        self.place = place
        #: The length it was granted with; not a multiple of 8 after ``short odd``.
        self.granted_bytes = granted_bytes
        #: The length it is shown with now: less after it shrank.
        self.shown_bytes = granted_bytes
        #: The length in bytes that it grows back to when its cut was seen; 0 if it does not.
        self.grows_back_to = 0
        #: How many times it was released.
        self.released = 0
        #: What the first release told.
        self.words_used: int | None = None
        #: Views of it that are held now, where they can be counted.
        self.views = 0
        #: ``segment`` answered it since this was last set to False.
        self.seen = False
        #: What it held when it was granted.
        self.first = first
        #: The allocator itself changed its contents since.
        self.tampered = False

    @property
    def words(self) -> int:
        """The whole words it was granted with."""
        return self.granted_bytes // WORD_BYTES

    def __repr__(self) -> str:
        """Tell people what it is."""
        state = "released" if self.released else "live"
        return f"<Grant {self.index}: {self.words} words, {state}>"
