"""Growth of grants: by the memory below them, or into the memory of another one.

The functions update the ledger: the length of the grant, its first contents, its guards, and the
watched part of its place.
"""

from __future__ import annotations

from typing import Any

from .grant import Grant
from .ledger import Ledger
from .place import WORD_BYTES, Place, make_fit, make_room, octets, put_elsewhere


def lengthen(ledger: Ledger, grant: Grant, minimum_words: int, wanted_bytes: int | None) -> bool:
    """Grow a whole grant, to ``wanted_bytes`` if given; return whether the memory could grow.

    Exceptions of the honest memory pass through.
    """
    ledger.look_around(grant)
    guard = ledger.guard_words * WORD_BYTES
    before = grant.shown_bytes // WORD_BYTES * WORD_BYTES
    asked = minimum_words
    if wanted_bytes is not None:
        asked = max(asked, -(-wanted_bytes // WORD_BYTES))
    honest: Any = grant.place.memory
    left = grant.place.buffer()
    if type(left) is not bytearray:
        # A view that is held may keep the honest memory from growing.
        left = None
    if honest is not None:
        honest.grow(grant.place.key, asked + 2 * ledger.guard_words)
        grant.place.renew()
    elif asked * WORD_BYTES > before:
        ledger.rehouse(grant, asked)
    place = grant.place
    buffer = place.buffer()
    with octets(buffer) as view:
        length = len(view)
    # Of memory that stays, the client sees every byte, even after the last whole word.
    shown = length if ledger.stays else length // WORD_BYTES * WORD_BYTES - 2 * guard
    if shown <= grant.shown_bytes:
        return False
    if honest is not None and left is not None and left is not buffer:
        ledger.leave(grant, left)
    if wanted_bytes is not None:
        shown = max(before, min(shown, wanted_bytes))
        if ledger.stays:
            make_fit(buffer, shown)
            length = shown
    # The old guard now belongs to the client, so it is zeroed like new memory.
    place.write(place.start + before, bytes(max(0, place.watched - place.start - before)))
    whole = length // WORD_BYTES * WORD_BYTES
    place.watched = min(whole, max(place.watched, guard + max(shown, asked * WORD_BYTES) + guard))
    _show(grant, shown)
    if ledger.stays:
        # Memory that stays always moves when it grows, so that a client that relies on the old
        # place is always found. From here on, clients may remember the new place.
        put_elsewhere(buffer)
    grant.first = grant.first[:before].ljust(before, b"\0") + ledger.contents(grant)[before:]
    return True


def take_in(ledger: Ledger, grant: Grant, other: Grant, words: int) -> None:
    """Move ``other`` into the memory of a grant, ``words`` words after its start.

    Both must be whole. The grant grows if necessary.
    """
    contents = ledger.contents(other)
    shown = max(grant.shown_bytes, words * WORD_BYTES + len(contents))
    ledger.rehouse(grant, -(-shown // WORD_BYTES))
    _show(grant, shown)
    make_room(grant.place.buffer())
    ledger.abandon(other)
    other.place = Place.within(grant.place, words, shown)
    ledger.write(other, 0, contents)
    # A write to one changes the other.
    grant.tampered = True


def _show(grant: Grant, shown_bytes: int) -> None:
    grant.shown_bytes = grant.granted_bytes = shown_bytes
    grant.most_words = max(grant.most_words, grant.words)
    grant.place.paint_guards(shown_bytes)
