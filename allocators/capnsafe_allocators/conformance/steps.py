"""The steps of a program: single and repeated calls of the allocators of a run.

A step refers to a grant by the step that made it. If a shorter program lacks that step, calls for
its grants are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random
from typing import Final, TypeAlias

from .run import ATTEMPTS, CheckRun, Name, Side, WrittenGrant
from .words import MOST_WORDS

#: If many grants are each larger than this in words, only the words asked for are written.
_WHOLE_WORDS: Final = 512


@dataclass(frozen=True)
class Allocate:
    """Allocate once or several times, until a call is refused."""

    step: int
    words: int
    times: int = 1
    at: int = 0
    written: bool = True
    #: The rule that a refusal breaks, if any.
    required: str = ""

    def perform(self, run: CheckRun) -> None:
        """Call allocate, and write to the grants."""
        side = run.side(self.at)
        call = f"{side.prefix}allocate({self.words})"
        granted: list[WrittenGrant] = []
        refusal = ""

        def calls_text() -> list[str]:
            if len(granted) < 2:
                calls = [f"{grant} = {call}" for grant in granted]
            else:
                calls = [f"{granted[0]}, ..., {granted[-1]} = {call} × {len(granted)}"]
            return [*calls, f"{call}  # raised {refusal}"] if refusal else calls

        run.partial = calls_text
        for index in range(self.times):
            if (index and run.is_full) or (index % 64 == 63 and run.step_is_long):
                break
            found = run.allocate(side, (self.step, index), self.words)
            if not isinstance(found, WrittenGrant):
                self._require(run, side, call, found)
                refusal = found
                break
            granted.append(found)
            if self.written:
                # If the first grant is much larger than asked for, so are the others.
                whole = self.times == 1 or granted[0].used <= _WHOLE_WORDS
                run.fill(found, MOST_WORDS if whole else self.words)
        run.verify()

    def _require(self, run: CheckRun, side: Side, call: str, refusal: str) -> None:
        if not self.required or self.required in run.ignored or side.live:
            return
        if self.required == "reusable memory" and self.words not in side.served:
            return
        for _ in range(ATTEMPTS - 1):
            found = run.allocate(side, (self.step, 0), self.words)
            if isinstance(found, WrittenGrant):
                run.release(found)
                return
        after = ", although all grants were released" if side.served else ""
        raise run.broken(self.required, call, f"raised {refusal}{after}")

    def simpler(self) -> Iterator[Step]:
        """Yield the same step with one unusual property made usual."""
        if self.at:
            yield replace(self, at=0)
        if not self.written:
            yield replace(self, written=True)


@dataclass(frozen=True)
class Release:
    """Release one grant."""

    name: Name

    def perform(self, run: CheckRun) -> None:
        """Release the grant if it is live."""
        for side in run.sides:
            if grant := side.live.get(self.name):
                calls = [run.release(grant)]
                run.partial = calls.copy
                run.verify()
                return

    def simpler(self) -> Iterator[Step]:
        """Yield nothing, because there is no simpler release."""
        return iter(())


#: The orders in which many grants are released.
ORDERS: Final = ("first to last", "last to first", "every second", "in a mixed order")


@dataclass(frozen=True)
class ReleaseMany:
    """Release all grants of an allocator, or every second one."""

    order: str = ORDERS[0]
    at: int = 0

    def chosen(self, run: CheckRun) -> list[WrittenGrant]:
        """Return the grants in order."""
        grants = [*run.side(self.at).live.values()]
        if self.order == "last to first":
            grants.reverse()
        elif self.order == "every second":
            grants = grants[::2]
        elif self.order == "in a mixed order":
            Random(len(grants)).shuffle(grants)
        return grants

    def perform(self, run: CheckRun) -> None:
        """Release the grants, and sometimes compare the contents of the remaining ones."""
        grants = self.chosen(run)
        calls: list[str] = []

        def calls_text() -> list[str]:
            if len(calls) < 2:
                return calls
            return [f"{calls[0]}, ..., {calls[-1]}  # {len(calls)} grants, {self.order}"]

        run.partial = calls_text
        for done, grant in enumerate(grants):
            calls.append(run.release(grant))
            if len(grants) <= 32 or done % 128 == 0:
                run.verify()
        run.verify()

    def simpler(self) -> Iterator[Step]:
        """Yield the same step with an earlier order."""
        if self.at:
            yield replace(self, at=0)
        for order in ORDERS[: ORDERS.index(self.order)]:
            yield replace(self, order=order)


@dataclass(frozen=True)
class Grow:
    """Grow the last of the live grants by ``more`` words."""

    more: int
    at: int = 0

    def perform(self, run: CheckRun) -> None:
        """Call grow, if the allocator has that method."""
        side = run.side(self.at)
        if side.live and callable(side.grow):
            grant = max(side.live.values(), key=lambda grant: grant.number)
            run.grow(grant, max(grant.used, grant.words) + self.more)
            run.verify()

    def simpler(self) -> Iterator[Step]:
        """Yield the same step for the first allocator."""
        if self.at:
            yield replace(self, at=0)


@dataclass(frozen=True)
class Rounds:
    """Allocate and release repeatedly."""

    step: int
    words: int
    times: int
    #: Number of words that are written; None for all.
    used: int | None = None
    at: int = 0
    #: Number of words by which the grant grows before it is released.
    more: int = 0

    def perform(self, run: CheckRun) -> None:
        """Allocate and release. A size that was granted at first must not be refused later."""
        side = run.side(self.at)
        most = self.words if self.used is None else self.used
        call = f"{side.prefix}allocate({self.words})"
        done = 0
        found: WrittenGrant | str = ""

        def calls_text() -> list[str]:
            rounds = f"k = {call}, "
            if self.more and callable(side.grow):
                rounds += f"{side.prefix}grow(k, {self.words + self.more}), "
            rounds += f"{side.prefix}release(k, {most})"
            calls = [f"{done} times: {rounds}" if done > 1 else rounds] if done else []
            return [*calls, f"{found} = {call}"] if isinstance(found, WrittenGrant) else calls

        run.partial = calls_text
        contents = b""
        while done < self.times and (done % 64 or not run.step_is_long):
            for _ in range(ATTEMPTS):
                found = run.allocate(side, (self.step, 0), self.words)
                if isinstance(found, WrittenGrant):
                    break
            if not isinstance(found, WrittenGrant):
                if done and not side.live:
                    detail = f"raised {found}, although all grants were released"
                    raise run.broken("reusable memory", call, detail)
                break
            if most:
                run.fill(found, most, contents)
                contents = found.contents
            if self.more and callable(side.grow):
                # An allocator that raises has refused.
                with suppress(Exception):
                    side.grow(found.key, self.words + self.more)
            run.release(found)
            found = ""
            done += 1
        run.verify()

    def simpler(self) -> Iterator[Step]:
        """Yield the same step with one unusual property made usual."""
        if self.at:
            yield replace(self, at=0)
        if self.used is not None:
            yield replace(self, used=None)


@dataclass(frozen=True)
class Resize:
    """Resize each segment that is a bytearray, as its owner could, and restore it."""

    def perform(self, run: CheckRun) -> None:
        """Append a byte to each bytearray, and remove it."""
        for side in run.sides:
            for grant in side.live.values():
                buffer = run.buffer(grant)
                if type(buffer) is not bytearray:
                    continue
                try:
                    buffer.append(0)
                    buffer.pop()
                except BufferError:
                    call = f"{side.prefix}segment({grant}).append(0)"
                    detail = "raised BufferError: a view of the bytearray is held"
                    raise run.broken("resizable buffer", call, detail) from None

    def simpler(self) -> Iterator[Step]:
        """Yield nothing, because there is no simpler step."""
        return iter(())


Step: TypeAlias = Allocate | Release | ReleaseMany | Grow | Rounds | Resize
