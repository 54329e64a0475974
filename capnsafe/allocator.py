"""What the owner of memory owes to a message, and what it may do.

Read this before you write an allocator. A message never keeps memory; it keeps *keys*. Whenever it
writes or reads it asks for the segment anew, uses the answer at once, and lets it go before the
call ends and before it asks the allocator anything else (P4). So an allocator is free to do what
other builders cannot survive: move a segment at every call, fail at every call, grow.

The words of this file: a *word* is 8 bytes; a *grant* is what one ``allocate`` returned; a grant
becomes a *segment* of the message once it was found good.

**allocate(minimum_words)** grants one new segment of at least ``minimum_words`` words (always at
least 1) and returns its key.

- It MAY raise any exception. The call of the message that needed the memory then raises
  ``AllocationRefused`` with that exception as its ``__cause__``, and the message reads as it did
  before (P2). A ``BaseException`` such as ``KeyboardInterrupt`` passes through unchanged.
- It MAY grant more than was asked; the message hands out all of it, up to 2²⁹−1 words. Growth
  policy is the allocator's business: grant more when asked again.
- The key MAY be any object, also ``None``. The message gives it back and never looks into it. A key
  that names another live grant of the message is that grant once more: ``GrantOverlaps``.
- The memory NEED NOT be zero: words are zeroed when they are handed out (P9).
- It MUST NOT grant memory that another live grant covers. Overlap with another segment of the same
  message is found, and refused with ``GrantOverlaps``.

**segment(key)** says where the segment is now.

- It MUST return an object with a writable, C-contiguous buffer (``bytearray``, ``memoryview``,
  ``mmap``, a ctypes or numpy array …) of at least as many words as have been handed out. Bytes
  past the last whole word are ignored.
- The address MUST be a multiple of 8. capnsafe works at any address, but other libraries that read
  the message in place do not.
- The address and the length MAY differ from call to call. A length below the words handed out
  means that contents are gone: the segment is lost for good (P5).
- It MAY raise. A ``LookupError`` says that the segment is gone, and it is lost for good. Any other
  exception refuses this call alone, which may be tried again.
- Reading or writing a primitive calls it once; following a pointer, at most 5 times; building,
  clearing, adopting, cutting or extending, at most 8 times, and 4 times more for every object that
  is retired, for every pointer that moves with its object, for every segment whose remembered place
  a new grant takes, and for every growth; disowning, 4 times more for every object whose handles
  become stale by it; adopting, 4 times more for every object of the orphan where the message was
  taken over; output, once a segment (P7).
- What was granted or grown is compared with where the other segments lie, which takes at most 10
  calls. In a message of at most 16 segments (``FEW_SEGMENTS``), each of the others is looked at
  anew, too, which takes no calls where the memory is ``stable``. If something moves meanwhile that
  is done again, up to 3 times in all.
- A reader over the memory (``MessageReader.over``) calls it once for a primitive, and at most 6
  times for what a pointer leads to. It only reads: there a buffer NEED NOT be writable.

**release(key, words_used)** takes the grant back.

- It is called exactly once for every grant, whatever became of it (P8). ``words_used`` is the
  highest word ever written, 0 where none was.
- It MAY raise; the grant counts as released, and the others are still released.

**grow(key, minimum_words)** (optional method) makes the segment that was granted last at least
``minimum_words`` words long, its contents kept. It is asked before ``allocate`` is, where an object
would not fit into that segment otherwise; what it answers is not looked at.

- It MAY do less, or nothing: the message looks at the segment afterwards, as at any grant, and asks
  for a new one if it is too short. It MAY raise: an ``Exception`` refuses this growth alone, and a
  new segment is asked for. A ``BaseException`` such as ``KeyboardInterrupt`` passes unchanged.
- It MAY grow the segment further, and it MAY move it and all others.
- The words that are added NEED NOT be zero, and MUST NOT be another live grant's: that is
  ``GrantOverlaps``, and the message reads as before.
- The segment keeps its new length if the call of the message fails later (P2).
- The absence of the method, or an attribute that cannot be called, says that nothing grows.

**stable** (optional attribute, ``False`` where absent): a promise that ``segment(key)`` answers the
same object, at the same address and of the same length, for as long as the grant lives, but for
what ``grow`` does to it. The message then asks once, and once more after each call of ``grow``, and
keeps the *object*, never a view of it. A ``bytearray`` that somebody resizes nevertheless is
noticed, since its length is looked at before each write.

A message can also begin with grants that were made before (``MessageBuilder.over``). It releases
them like its own; ``words_used`` is at least the words that were in use.

While a view is lent to the caller (``ListBuilder.lend``, ``lend_data``, ``lend_segment``) none of
these is called, and what ``segment`` answered MUST stay: the caller writes to it directly.

Any of these MAY move any segment. None MUST call into the message that is calling it: such a
call raises ``Reentered`` (P10). The same holds for the finalizer of an object that ``segment``
returned, which runs when the message gives its view back, and for any other finalizer that runs in
the middle of a call: the call raises ``Reentered`` or ``Poisoned``. ``close`` alone is served
there, and the call that it interrupts raises ``Closed``.
"""

from __future__ import annotations

from typing import Any, Final, Protocol, TypeAlias

#: What names a grant. Opaque: only the allocator knows what it means.
Key: TypeAlias = Any

#: An object with a writable buffer (``collections.abc.Buffer`` exists from Python 3.12 on only).
Buffer: TypeAlias = Any

#: In a message of at most so many segments, all are looked at anew at a grant.
FEW_SEGMENTS: Final = 16


class Allocator(Protocol):
    """The three calls that every allocator has. The module's docstring says what each must do."""

    def allocate(self, minimum_words: int, /) -> Key:
        """Grant one new segment of at least ``minimum_words`` words, and return its key."""

    def segment(self, key: Key, /) -> Buffer:
        """Answer the memory of the grant ``key`` as it lies now."""

    def release(self, key: Key, words_used: int, /) -> None:
        """Take the grant ``key`` back; its first ``words_used`` words may have been written."""
