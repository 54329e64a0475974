"""Search for a small change of the encoder's code with which an execution breaks no promise.

The oracles know exactly what a right encoder does, so a wrong change rarely passes them. The few
that pass must also pass variants of the execution: those that break a promise, too, show which
change goes to the root of the mistake, and those that break none show which change makes another.

Functions are changed in place, in this process; use it only where nothing else runs.
"""

from __future__ import annotations
import __future__

import ast
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import islice
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Final, NamedTuple

from .changes import Change, Function, changes_of
from .children import in_forks
from .guilty import Mended
from .lines import CodeLine, Stack, file_below, plain_name
from .spectrum import Coverage, Covered
from .surroundings import Surroundings, Usage, insertions_of, larger_changes_of

MOST_CHANGES: Final = (4_000, 2_000, 1_500)
"""The most changes of each kind that are tried for one finding."""
SUSPICIOUS: Final = 0.9
"""The share of the greatest suspicion from which on a line is as suspicious as any."""
MOST_UNFINISHED: Final = 2
"""The most variants that may not end in time, or confuse the harness."""
MOST_PASSING: Final = 48
"""The most executions without a broken promise that are run with each change."""
MOST_AT_A_LINE: Final = 4
"""The most repairs of one line."""
LEAST_FIXED: Final = 0.5
"""The least share of the variants that break a promise that a repair fixes."""
MOST_BROKEN: Final = 0.1
"""The largest share of the others that it may break."""
FAR: Final = 10
"""A repair so many calls away from the line that evidence names is not better than any other."""
NEARLY: Final = 0.25
"""How much worse than the best one another repair may be that is searched for and kept."""
SECONDS: Final = 0.1
"""How much time of the processor one execution may take: a change may make a loop endless."""


class Behaviour(NamedTuple):
    """The behaviour of an encoder in one execution."""

    fails: bool
    """Whether it broke a promise."""
    results: int
    """A hash of its results, exceptions and outputs."""
    asked: int
    """A hash of the memory that it asked for and released; borrows do not count."""


Run = Callable[[], Behaviour]

_FAILED: Final = Behaviour(True, 0, 0)


class Variant(NamedTuple):
    """A similar execution."""

    run: Run
    before: Behaviour
    """Its behaviour without any change."""
    covered: Covered
    """The lines that it runs."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A change with which no promise is broken."""

    path: str
    function: str
    """The qualified name of the changed function."""
    line: int
    end: int
    told: str
    suspicion: float
    """The suspicion of the line; see :mod:`.spectrum`."""
    fixed: float
    """The share of the variants that break a promise that it fixes."""
    broken: float
    """The share of the compared executions without a broken promise that it breaks."""
    altered: float
    """The share of these in which the encoder does other things."""
    diverted: float
    """The share of the variants that it fixes in which the encoder asks for other memory."""
    boldness: int
    """How much it changes: that of the :class:`.Change`, and more for unlikely kinds."""

    @property
    def is_perfect(self) -> bool:
        """Return whether every variant passes, and the encoder does the same as before."""
        return self.fixed == 1 and not (self.broken or self.altered or self.diverted)

    def score(self, suspects: Stack, most: float) -> float:
        """Return how likely it is at the place of the mistake.

        ``suspects`` are the lines that evidence points at, and ``most`` is the greatest suspicion.
        """
        frames = [frame for frame in suspects if frame.path == self.path]
        named = [frame for frame in frames if self.line <= frame.line <= self.end]
        place = plain_name(self.function)
        at = next((n for n, one in enumerate(suspects) if _is_in(one, self.path, place)), FAR)
        return (
            2 * self.fixed
            - 4 * self.broken
            - 2 * self.altered
            - 0.3 * self.diverted
            - 0.05 * self.boldness
            + self.suspicion / (most or 1)
            + 0.25 * bool(named)
            + 0.1 * (bool(named) and named[0] == suspects[0])
            - 0.1 * min(at, FAR) / FAR
        )


def _is_in(frame: CodeLine, path: str, function: str) -> bool:
    return frame.path == path and frame.function.startswith(function)


class _TooLongError(BaseException):
    """The execution of a changed function takes too long."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    kind: int
    """The index of its kind in ``_CHANGES``."""
    change: Change
    classes: tuple[str, ...]
    node: Function
    function: FunctionType

    @property
    def place(self) -> tuple[str, str]:
        """Return the file and the name of the function."""
        code = self.function.__code__
        return code.co_filename, plain_name(code.co_qualname)

    def is_at(self, frames: Iterable[CodeLine]) -> bool:
        """Return whether one of these lines is changed."""
        path, change = self.function.__code__.co_filename, self.change
        return any(
            frame.path == path and change.line <= frame.line <= change.end for frame in frames
        )

    def repair(self, suspicion: float) -> Repair:
        """Return it as a repair that passes all variants."""
        change, code = self.change, self.function.__code__
        boldness = change.boldness + self.kind
        return Repair(
            code.co_filename, code.co_qualname, change.line, change.end, "", suspicion,
            fixed=1, broken=0, altered=0, diverted=0, boldness=boldness,
        )  # fmt: skip

    def touched(self, variants: Iterable[Variant]) -> Iterator[Variant]:
        """Yield the executions that run one of its lines."""
        path, change = self.function.__code__.co_filename, self.change
        lines = {(path, line) for line in range(change.line, change.end + 1)}
        return (one for one in variants if not lines.isdisjoint(one.covered))

    def compiled(self) -> CodeType | None:
        """Return the code of the changed function; None if it cannot be compiled."""
        self.change.make()
        try:
            return _compile(self.classes, self.node, self.function.__code__)
        finally:
            self.change.undo()


def repairs(
    ran: Mapping[CodeLine, float],
    suspects: Stack,
    fails: Run,
    failing: Sequence[Variant],
    passing: Sequence[Variant],
) -> list[Repair]:
    """Return the repairs, the best first.

    A change is left out if it could not be a good repair even if it passed all variants.

    Args:
        ran: The lines that ran, with their suspicion: the most suspicious are changed first.
        suspects: The lines that evidence points at. They and their functions come before all
            others.
        fails: Runs the execution that breaks a promise.
        failing: Similar executions that break a promise.
        passing: Executions that break none. A change is compared with the first ones that run
            its line.
    """
    places = {(frame.path, frame.function) for frame in suspects}

    def rank(entry: tuple[float, _Candidate]) -> tuple[bool, bool, float]:
        suspicion, candidate = entry
        is_elsewhere = not candidate.kind and candidate.place not in places
        return not candidate.is_at(suspects), is_elsewhere, -suspicion

    most = max(ran.values(), default=0.0)
    found: list[Repair] = []
    at_line: Counter[tuple[str, int]] = Counter()
    best = 0.0

    def note(repair: Repair) -> None:
        # Called in a fork for what it finds itself, and in this process for what forks report.
        nonlocal best
        at_line[repair.path, repair.line] += 1
        best = max(best, repair.score(suspects, most))

    def tried(candidate: _Candidate, suspicion: float) -> Repair | None:
        ideal = candidate.repair(suspicion)
        if ideal.score(suspects, most) < best - NEARLY:
            return None
        code = None
        if at_line[ideal.path, ideal.line] < MOST_AT_A_LINE:
            code = candidate.compiled()
        if code is None or _with(candidate.function, code, fails).fails:
            return None
        compared = [*failing, *islice(candidate.touched(passing), MOST_PASSING)]
        repair = _checked(candidate, code, compared, ideal)
        if repair is not None:
            note(repair)
        return repair

    with _clock():
        before = _limited(fails)
        # Some encoders keep something from each execution, and so never do the same twice.
        is_steady = _limited(fails) == before
        for kind, limit in enumerate(MOST_CHANGES):
            candidates = sorted(_candidates(ran, kind), key=rank)[:limit]
            work = [partial(tried, one, suspicion) for suspicion, one in candidates]
            for _, repair in in_forks(work, lambda: not is_steady or _limited(fails) == before):
                if repair is not None:
                    note(repair)
                    found.append(repair)
            if any(one.is_perfect and one.suspicion >= SUSPICIOUS * most for one in found):
                break
    return sorted(found, key=lambda one: -one.score(suspects, most))


def passes_with(owns: Callable[[str], bool], mended: Mended, fails: Run) -> bool:
    """Return whether an execution breaks no promise with a change of the encoder."""
    module = next(
        (
            one
            for name, one in list(sys.modules.items())
            if (path := getattr(one, "__file__", None))
            and owns(path)
            and file_below(path, name) == mended.file
        ),
        None,
    )
    if module is None or module.__file__ is None:
        return False
    frame = CodeLine(module.__file__, mended.file, mended.function, mended.line)

    def passes(candidate: _Candidate) -> bool:
        code = candidate.compiled()
        return code is not None and not _with(candidate.function, code, fails).fails

    with _clock():
        for kind in range(len(_CHANGES)):
            for _, candidate in _candidates({frame: 0}, kind):
                if str(candidate.change) == mended.change and candidate.change.line == mended.line:
                    done = in_forks([partial(passes, candidate)], lambda: True)
                    return any(passed for _, passed in done)
    return False


def _checked(
    candidate: _Candidate, code: CodeType, variants: Sequence[Variant], ideal: Repair
) -> Repair | None:
    """Return a change with its measures; None if it is no repair."""
    failing = sum(one.before.fails for one in variants)
    passing = len(variants) - failing
    unfixed = broken = altered = diverted = unfinished = 0
    for run, old, _ in variants:
        new = _with(candidate.function, code, run)
        unfinished += new is _FAILED
        if not old.fails:
            broken += new.fails
            altered += not new.fails and new != old
        elif new.fails:
            unfixed += 1
        else:
            diverted += new.asked != old.asked
        if unfixed > failing * (1 - LEAST_FIXED) or broken > passing * MOST_BROKEN:
            return None
        if unfinished > MOST_UNFINISHED:
            return None
    fixed = failing - unfixed
    return replace(
        ideal,
        told=str(candidate.change),
        fixed=fixed / max(1, failing),
        broken=broken / max(1, passing),
        altered=altered / max(1, passing),
        diverted=diverted / max(1, fixed),
    )


_CHANGES: Final = (
    lambda function, lines, around: changes_of(function, lines),
    larger_changes_of,
    insertions_of,
)
"""The kinds of changes, the likely ones first."""


def _candidates(ran: Mapping[CodeLine, float], kind: int) -> Iterator[tuple[float, _Candidate]]:
    files: dict[str, _Source] = {}
    lines: dict[str, dict[int, float]] = {}
    for frame, at in ran.items():
        lines.setdefault(frame.path, {})[frame.line] = at
    for path in lines:
        with suppress(OSError, SyntaxError, ValueError):
            files[path] = _Source(path)
    for path, source in files.items():
        numbers = lines[path]
        around = Surroundings(source.tree, _usage(source.package))
        for classes, node in source.functions:
            end = node.end_lineno or node.lineno
            own = {line for line in numbers if node.lineno <= line <= end}
            function = source.function(classes, node) if own else None
            if function is None:
                continue
            for change in _CHANGES[kind](node, own, around):
                whole = range(change.line, change.end + 1)
                worst = max((numbers.get(line, 0) for line in whole), default=0)
                yield worst, _Candidate(kind, change, classes, node, function)


@cache
def _usage(package: Path) -> Usage:
    files = sorted(package.rglob("*.py")) if package.is_dir() else [package]
    return Usage(ast.parse(file.read_text("utf-8")) for file in files)


class _Source:
    """The functions of a source file, without those inside other functions."""

    def __init__(self, path: str) -> None:
        self.tree = tree = ast.parse(Path(path).read_text("utf-8"))
        self.functions: list[tuple[tuple[str, ...], Function]] = []
        self._add(tree.body, ())
        self._module = next(
            (one for one in list(sys.modules.values()) if getattr(one, "__file__", None) == path),
            None,
        )
        name = str(getattr(self._module, "__name__", "")).partition(".")[0]
        root = getattr(sys.modules.get(name), "__path__", None)
        self.package = Path(root[0]) if root else Path(path)
        """The folder of its package; the file, if it has none."""

    def _add(self, body: Iterable[ast.stmt], classes: tuple[str, ...]) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                self._add(node.body, (*classes, node.name))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.functions.append((classes, node))

    def function(self, classes: Iterable[str], node: Function) -> FunctionType | None:
        """Return the function of a definition; None if it is no plain one."""
        holder: Any = self._module
        try:
            for name in classes:
                holder = vars(holder)[name]
            found = vars(holder)[node.name]
        except (KeyError, TypeError):
            return None
        for name in ("fget", "__func__", "__wrapped__"):
            if not isinstance(found, FunctionType):
                found = getattr(found, name, found)
        first = min((node.lineno, *(one.lineno for one in node.decorator_list)))
        if isinstance(found, FunctionType) and found.__code__.co_firstlineno == first:
            return found
        return None


def _compile(classes: Iterable[str], node: Function, old: CodeType) -> CodeType | None:
    decorators, node.decorator_list = node.decorator_list, []
    body: list[ast.stmt] = [node]
    for name in reversed(tuple(classes)):
        holder = ast.parse(f"class {name}: pass").body[0]
        assert isinstance(holder, ast.ClassDef)
        holder.body = body
        body = [holder]
    try:
        flags = __future__.annotations.compiler_flag
        module = ast.Module(body, [])
        code = compile(module, old.co_filename, "exec", flags=flags, dont_inherit=True)
    except (SyntaxError, ValueError, TypeError, RecursionError):
        return None
    finally:
        node.decorator_list = decorators
    for name in (*classes, node.name):
        inner = (one for one in code.co_consts if isinstance(one, CodeType) and one.co_name == name)
        found = next(inner, None)
        if found is None:
            return None
        code = found
    return code if code.co_freevars == old.co_freevars else None


def _with(function: FunctionType, code: CodeType, run: Run) -> Behaviour:
    old = function.__code__
    function.__code__ = code
    try:
        return _limited(run)
    finally:
        function.__code__ = old


def observed(runs: Sequence[Run], owns: Callable[[str], bool]) -> Iterator[Variant]:
    """Yield the executions that end in time."""
    known: dict[tuple[str, int], tuple[str, int]] = {}

    def watched(run: Run) -> tuple[Behaviour, Covered]:
        coverage = Coverage(owns)
        with coverage:
            behaviour = _limited(run)
        return behaviour, coverage.covered

    with _clock():
        for at, (behaviour, covered) in in_forks(
            [partial(watched, run) for run in runs], lambda: True
        ):
            if behaviour != _FAILED:
                # Each line is kept once.
                lines = frozenset(known.setdefault(line, line) for line in covered)
                yield Variant(runs[at], behaviour, lines)


def _limited(run: Run) -> Behaviour:
    """Run something for a short time."""
    try:
        signal.setitimer(signal.ITIMER_PROF, SECONDS, SECONDS)
        try:
            return run()
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except (Exception, _TooLongError):
        # The changed code may raise anything, and confuse the harness.
        return _FAILED


@contextmanager
def _clock() -> Iterator[None]:
    def ring(number: int, frame: object) -> None:
        raise _TooLongError

    def ignore(unraisable: sys.UnraisableHookArgs) -> None:
        # The clock rang in a finalizer or a weak reference's callback. It will ring again.
        if unraisable.exc_type is not _TooLongError:
            hook(unraisable)

    previous = signal.signal(signal.SIGPROF, ring)
    hook = sys.unraisablehook
    sys.unraisablehook = ignore
    try:
        yield
    finally:
        sys.unraisablehook = hook
        signal.signal(signal.SIGPROF, previous)
