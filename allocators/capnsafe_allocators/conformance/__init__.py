"""A test of whether an allocator keeps its side of the contract: ``check_allocator(factory)``.

The contract is the docstring of :mod:`capnsafe.allocator`. :data:`RULES` is the part of it that can
be observed from outside. The check calls allocators directly, compares them with a model of the
contract (``run``), and reports each broken rule with the calls that show it::

    def test_my_allocator_keeps_the_contract():
        assert not check_allocator(MyAllocator)

It tries fixed programs (``scripts``), then a message, then programs that Hypothesis generates
(``search``), and shortens the calls of a program that shows a breach (``shortening``). An allocator
that raises has refused, which is allowed; the check then skips everything that needs that call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from inspect import signature
from math import inf
from typing import Any, Final

from capnsafe import MessageBuilder
from capnsafe._words.arguments import type_name
from capnsafe.allocator import Allocator
from capnsafe.errors import (
    AllocationRefused,
    AllocatorError,
    BadBuffer,
    BorrowRefused,
    Error,
    GrantOverlaps,
    GrantTooSmall,
    ReleaseFailed,
    SegmentLost,
)

from .rules import RECOMMENDED, RULES, Breach, CheckUnfinishedError
from .run import close, one_line
from .scripts import SCRIPTS
from .shortening import Player, Program, shorten

__all__ = ["RECOMMENDED", "RULES", "Breach", "CheckUnfinishedError", "check_allocator"]

#: The fraction of the time for finding breaches; the rest is for shortening.
_FINDING: Final = 0.6

#: A breach with fewer calls is short enough to be reported without trying others.
_FEW_CALLS: Final = 10
#: The methods, and their arguments.
_METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    "allocate": ("minimum_words",),
    "segment": ("key",),
    "release": ("key", "words_used"),
    "grow": ("key", "minimum_words"),
}

#: The rule that is broken if a message raises this error. Any other error is about contents.
_RULE_OF: Final[Mapping[type[Error], str]] = {
    GrantTooSmall: "granted length",
    GrantOverlaps: "separate grants",
    BadBuffer: "writable buffer",
    SegmentLost: "lasting length",
    ReleaseFailed: "accepted release",
    AllocatorError: "readable attributes",
}


def check_allocator(
    factory: Callable[[], Allocator],
    *,
    seconds: float = 30.0,
    examples: int = 100,
    recommended: bool = True,
) -> tuple[Breach, ...]:
    """Return a breach for each rule that the allocators of ``factory`` were seen to break.

    The result is empty, and so false, if they break none. The same factory gives the same result.

    Args:
        factory: A function without arguments that returns an unused allocator. It is called many
            times. An allocator that is a context manager is exited after each use.
        seconds: The limit on the processor time; on the clock, four times as many seconds. Most
            allocators take a few seconds. A call that never returns is not interrupted.
        examples: The number of programs that Hypothesis generates if the fixed programs show no
            breach. With 0, only the shorter fixed programs and a message are tried.
        recommended: Whether to report breaches of the rules in :data:`RECOMMENDED`, too. Without
            them, an allocator may raise in ``release``, and need not grant released words again.

    Raises:
        CheckUnfinishedError: If the time was over before all programs had run, and no breach had
            been found.
        ImportError: If Hypothesis is not installed (the extra ``check``).
    """
    if not callable(factory):
        raise TypeError(f"factory must be callable, not {type_name(factory)}")
    if not 0 < seconds < inf:
        raise ValueError(f"seconds must be more than 0, not {seconds!r}")
    if examples < 0:
        raise ValueError(f"examples must be at least 0, not {examples!r}")
    if find_spec("hypothesis") is None:
        raise ImportError(
            "check_allocator needs Hypothesis, which is not installed: "
            "install capnsafe with the extra 'check' (pip install 'capnsafe[check]')",
            name="hypothesis",
        )
    first, second = factory(), factory()
    keep = first is second
    breaches = {breach.rule: breach for breach in _inspect(first)}
    if not keep:
        close(first)
        close(second)
    if breaches.keys() & {"callable methods", "readable attributes"}:
        return tuple(breaches.values())
    ignored = frozenset() if recommended else RECOMMENDED
    examples = 0 if breaches else examples
    try:
        for breach in _observe(factory, seconds, examples, keep=keep, ignored=ignored):
            breaches.setdefault(breach.rule, breach)
    except CheckUnfinishedError:
        if not breaches:
            raise CheckUnfinishedError(
                f"no breach was found, but not all programs ran within {seconds:g} s: "
                "give check_allocator more seconds or fewer examples"
            ) from None
    return tuple(breaches.values())


def _observe(
    factory: Callable[[], Allocator],
    seconds: float,
    examples: int,
    *,
    keep: bool,
    ignored: frozenset[str],
) -> list[Breach]:
    """Return the breaches that calls show: those of scripts, of a message, or of the search."""
    player = Player(factory, seconds * _FINDING, keep=keep, ignored=ignored)
    found: dict[str, list[tuple[Program, Breach]]] = {}
    for scripts in SCRIPTS:
        for script in scripts():
            if player.out_of_time:
                if not found:
                    raise CheckUnfinishedError
                break
            for breach in player.play(script).breaches:
                found.setdefault(breach.rule, []).append((script, breach))
        if found or not examples:
            break
    if not found:
        breaches = [one for one in _build(factory, keep=keep) if one.rule not in ignored]
        if breaches:
            return breaches
        if not examples:
            return []
        from .search import search

        searched = search(player, examples)
        if searched is not None:
            program, outcome = searched
            found = {breach.rule: [(program, breach)] for breach in outcome.breaches}
    for_each = seconds * (1 - _FINDING) / max(len(found), 1)
    return [
        _shortest(Player(factory, for_each, keep=keep, ignored=ignored), shown)
        for shown in found.values()
    ]


def _shortest(player: Player, shown: list[tuple[Program, Breach]]) -> Breach:
    """Return a breach with few calls: the first one that is short enough, or the shortest."""
    shown = sorted(shown, key=lambda pair: len(pair[0]))
    best = shown[0][1]
    for at, (program, breach) in enumerate(shown):
        shorter = shorten(player, program, breach)
        if at == 0 or len(shorter.before) < len(best.before):
            best = shorter
        if len(best.before) < _FEW_CALLS or player.out_of_time:
            break
    return best


def _inspect(allocator: Allocator) -> list[Breach]:
    """Return the breaches that are visible without any call."""
    breaches: list[Breach] = []
    for name in (*_METHODS, "stable"):
        try:
            method: Any = getattr(allocator, name, None)
        except Exception as error:
            detail = f"raised {type_name(error)} when it was read"
            breaches.append(Breach("readable attributes", f"allocator.{name}", detail))
            continue
        if name == "stable" or (name == "grow" and not callable(method)):
            continue
        if not callable(method):
            detail = "is missing, or cannot be called"
            breaches.append(Breach("callable methods", f"allocator.{name}", detail))
            continue
        try:
            parameters = signature(method)
        except Exception:
            # The parameters of a method that is not written in Python may be unknown. To ask for
            # them can also run foreign code, such as a property ``__signature__``.
            continue
        try:
            parameters.bind(*_METHODS[name])
        except TypeError as error:
            call = f"{name}({', '.join(_METHODS[name])})"
            detail = f"does not fit the parameters of the method: {one_line(str(error))}"
            breaches.append(Breach("callable methods", call, detail))
    for convert in (repr, str):
        try:
            convert(allocator)
        except Exception as error:
            detail = f"raised {type_name(error)}"
            breaches.append(Breach("printable objects", f"{convert.__name__}(allocator)", detail))
    return breaches


def _build(factory: Callable[[], Allocator], *, keep: bool) -> list[Breach]:
    """Build a message over an allocator, and read it back."""
    texts = ["a", "b" * 50, "c" * 700]
    call = "a message that builds three texts"
    allocator = factory()
    try:
        with MessageBuilder(allocator, verify=True) as message:
            root = message.init_root(data_words=1, pointer_count=3)
            root.set_uint64(0, 7)
            for index, text in enumerate(texts):
                root.set_text(index, text)
            found = [root.get_text(index) for index in range(3)]
            number = root.get_uint64(0)
            message.to_bytes()
    except (AllocationRefused, BorrowRefused):
        return []
    except Error as error:
        rule = _RULE_OF.get(type(error), "preserved contents")
        return [Breach(rule, call, f"raised {type_name(error)}: {one_line(str(error))}")]
    finally:
        if not keep:
            close(allocator)
    if found != texts or number != 7:
        return [Breach("preserved contents", call, "reads other values than were written")]
    return []
