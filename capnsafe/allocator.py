"""The contract between a message and the allocator that owns its memory.

Read this before you write an allocator. A message never keeps memory; it keeps *keys*. For each
write or read it calls ``segment``, uses the buffer at once, and gives it back before the call ends
and before it calls the allocator again (P4). So an allocator may fail at any call, and may move or
enlarge a segment at any call.

The words of this file: a *word* is 8 bytes; a *grant* is what one ``allocate`` returned; a grant
becomes a *segment* of the message once the message has checked it.

**allocate(minimum_words)** grants one new segment of at least ``minimum_words`` words (always at
least 1) and returns its key.

- It MAY raise any exception. The call of the message that needed the memory then raises
  ``AllocationRefused`` with that exception as its ``__cause__``, and the message reads as it did
  before (P2). A ``BaseException`` such as ``KeyboardInterrupt`` passes through unchanged.
- It MAY grant more than was asked. The message fills the whole segment with objects, up to 2²⁹−1
  words, before it asks for another one. So the allocator decides how segments grow: it may grant
  more each time.
- The key MAY be any object, also ``None``. The message passes it back and never inspects it. The
  key of another live grant would grant the same memory twice: the message raises
  ``GrantOverlaps``.
- The memory NEED NOT be zero: words are zeroed when they are handed out (P9).
- It MUST NOT grant memory that another live grant covers. The message detects overlap with another
  of its segments and raises ``GrantOverlaps``.

**segment(key)** returns the memory of the segment at its current place.

- It MUST return an object with a writable, C-contiguous buffer (``bytearray``, ``memoryview``,
  ``mmap``, a ctypes or numpy array …) of at least as many words as have been handed out. Bytes
  past the last whole word are ignored.
- The address MUST be a multiple of 8. capnsafe works at any address, but other libraries that read
  the message in place do not.
- The address and the length MAY differ from call to call. A length below the words handed out
  means that contents are lost: the segment stays lost (P5).
- It MAY raise. A ``LookupError`` means that the segment is gone, and it stays lost. Any other
  exception fails only the current call, which may be tried again.
- The message bounds its number of calls (P7):

  ================================================  ===============================================
  call of the message                               calls of ``segment``, at most
  ================================================  ===============================================
  read or write a primitive (``MessageBuilder``)    1
  follow a pointer (``MessageBuilder``)             5
  build, clear, adopt, disown, cut or extend        8, and 4 for each item of the list below
  output                                            1 for each segment
  check a grant or a growth for overlap             10, and 1 for each of up to 16 other segments
                                                    (``FEW_SEGMENTS``), unless they are ``stable``
  the same check, if segments move meanwhile        3 times as many
  read a primitive (``MessageReader``)              1
  follow a pointer (``MessageReader``)              6
  ================================================  ===============================================

  The list has one item for each

  - object that the call retires, or whose handles become stale because it is disowned;
  - pointer that moves with its object;
  - segment that was last seen at addresses where a new grant or a growth is now;
  - growth;
  - object of an adopted orphan, if the message was resumed (``MessageBuilder.resume``).

- A reader (``MessageReader.from_allocator``) only reads, so its buffers NEED NOT be writable.

**release(key, words_used)** takes the grant back.

- It is called exactly once for every grant, also for a rejected one (P8). ``words_used`` is a
  number of words: all words that were ever written are among the first ``words_used``.
- It MAY raise; the grant counts as released, and the others are still released. But it SHOULD NOT,
  and it SHOULD make the words available to later grants.

**grow(key, minimum_words)** (optional method) makes the segment that was granted last at least
``minimum_words`` words long, its contents kept. The message calls it before ``allocate`` if an
object does not fit into that segment, and ignores its result.

- It MAY do less, or nothing. The message looks at the segment afterwards, as at any grant, and asks
  for a new one if it is too short.
- It MAY raise. After an ``Exception`` the message asks for a new segment. A ``BaseException`` such
  as ``KeyboardInterrupt`` passes unchanged.
- It MAY grow the segment further, and it MAY move this segment and all others.
- The added words NEED NOT be zero. They MUST NOT belong to another live grant: the message then
  raises ``GrantOverlaps``, and reads as before.
- The segment keeps its new length if the call of the message fails later (P2).
- Without the method, or with an attribute that cannot be called, nothing grows.

**stable** (optional attribute, ``False`` where absent): a promise that ``segment(key)`` returns the
same object, at the same address and of the same length, for as long as the grant lives, except for
changes by ``grow``. The message then calls ``segment`` once, and once more after each call of
``grow``, and keeps the *object*, never a view of it. It checks the length before each write, so it
notices a ``bytearray`` that was resized nevertheless.

A message can also begin with grants that were made before (``MessageBuilder.resume``). It releases
them like its own; ``words_used`` is at least the words that were in use.

While a view is lent to the caller (``ListBuilder.lend``, ``lend_data``, ``lend_segment``) the
message calls none of these, and the buffer that ``segment`` returned MUST stay: the caller writes
to it.

The handler of a signal may raise while one of these methods runs. Its exception comes out of the
method, so the message cannot tell it from the method's own: an ``Exception`` becomes the
``__cause__`` of ``AllocationRefused`` or ``BorrowRefused``, or one of the ``failures`` of
``ReleaseFailed``; if ``grow`` was running, it counts as a refusal. If the exception must reach the
caller of the message, the handler raises a ``BaseException`` that is no ``Exception``, as Python's
handler of Ctrl-C does.

Any of these methods MAY move any segment. They MUST NOT call into the message that is calling
them: such a call raises ``Reentered`` (P10). The same holds for the finalizer of an object that
``segment`` returned, which runs when the message gives its view back, and for any other finalizer
that runs in the middle of a call: its call raises ``Reentered`` or ``Poisoned``. Only ``close``
works there, and the call that it interrupts raises ``Closed``.
"""

from __future__ import annotations

from typing import Any, Final, Protocol, TypeAlias

#: The name of a grant. Only the allocator knows its meaning.
Key: TypeAlias = Any

#: An object with a writable buffer (``collections.abc.Buffer`` exists from Python 3.12 on only).
Buffer: TypeAlias = Any

#: Up to this number of segments, each grant makes the message look at all others again.
FEW_SEGMENTS: Final = 16


class Allocator(Protocol):
    """The three methods of every allocator. The module's docstring has their contract."""

    def allocate(self, minimum_words: int, /) -> Key:
        """Grant one new segment of at least ``minimum_words`` words, and return its key."""

    def segment(self, key: Key, /) -> Buffer:
        """Return the memory of the grant ``key`` at its current place."""

    def release(self, key: Key, words_used: int, /) -> None:
        """Take the grant ``key`` back; its first ``words_used`` words may have been written."""
