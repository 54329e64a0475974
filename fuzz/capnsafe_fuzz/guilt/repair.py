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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Final, NamedTuple

from .changes import Change, Function, changes_of
from .guilty import Guilty
from .lines import CodeLine, file_below, plain_name

MOST_CHANGES: Final = 800
"""The most changes that are tried for one finding."""
MOST_CHECKED: Final = 32
"""The most of those that pass whose variants are run."""
SECONDS: Final = 0.4
"""How much time of the processor one execution may take: a change may make a loop endless."""
MOST_BROKEN: Final = 2
"""A change that breaks more variants than this is no repair."""


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


@dataclass(frozen=True, slots=True)
class Repair:
    """A change with which no promise is broken."""

    path: str
    function: str
    """The qualified name of the changed function."""
    line: int
    end: int
    told: str
    fixed: int
    """The variants that break a promise only without the change."""
    broken: int
    """The variants that break a promise only with the change."""
    altered: int
    """The variants that break no promise, but in which the encoder does other things."""
    diverted: int
    """The variants that it fixes, but in which the encoder asks for other memory."""
    boldness: int
    """How much it changes; see :class:`.Change`."""
    is_perfect: bool
    """Whether every variant passes, and the encoder does the same as before."""

    @property
    def score(self) -> float:
        """Return how good a repair it is: it removes the mistake, and changes nothing else."""
        return self.fixed - 3 * self.broken - self.altered - self.diverted / 4 - self.boldness / 4


class _TooLongError(BaseException):
    """The execution of a changed function takes too long."""


@dataclass(frozen=True, slots=True)
class _Candidate:
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

    def compiled(self) -> CodeType | None:
        """Return the code of the changed function; None if it cannot be compiled."""
        self.change.make()
        try:
            return _compile(self.classes, self.node, self.function.__code__)
        finally:
            self.change.undo()


def repairs(
    ran: Mapping[CodeLine, int],
    suspects: Sequence[CodeLine],
    fails: Run,
    variants: Sequence[Run],
    most: int = MOST_CHANGES,
) -> list[Repair]:
    """Return the repairs, the best first.

    Args:
        ran: The lines that ran, and when each ran last: the latest are changed first.
        suspects: The lines that evidence points at. They and their functions come before all
            others, and the search ends with a perfect repair of one of them.
        fails: Runs the execution that breaks a promise.
        variants: Run similar executions.
        most: The most changes to try.
    """
    places = {(frame.path, frame.function) for frame in suspects}

    def rank(entry: tuple[int, _Candidate]) -> tuple[bool, bool, int]:
        when, candidate = entry
        return not candidate.is_at(suspects), candidate.place not in places, -when

    candidates = sorted(_candidates(ran), key=rank)
    checked: list[Repair] = []
    before: list[Behaviour] = []
    with _clock():
        for _, candidate in candidates[:most]:
            code = candidate.compiled()
            if code is None or _with(candidate.function, code, fails).fails:
                continue
            before = before or [_limited(run) for run in variants]
            repair = _checked(candidate, code, variants, before)
            if repair.broken <= MOST_BROKEN:
                checked.append(repair)
            is_suspected = candidate.place in places
            if (repair.is_perfect and is_suspected) or len(checked) == MOST_CHECKED:
                break
    checked.sort(key=lambda repair: -repair.score)
    return checked


def passes_with(owns: Callable[[str], bool], guilty: Guilty, fails: Run) -> bool:
    """Return whether an execution breaks no promise with the change that repairs a guilty line."""
    module = next(
        (
            one
            for name, one in list(sys.modules.items())
            if (path := getattr(one, "__file__", None))
            and owns(path)
            and file_below(path, name) == guilty.file
        ),
        None,
    )
    if module is None or module.__file__ is None:
        return False
    frame = CodeLine(module.__file__, guilty.file, guilty.function, guilty.line)
    with _clock():
        for _, candidate in _candidates({frame: 0}):
            if str(candidate.change) == guilty.change and candidate.change.line == guilty.line:
                code = candidate.compiled()
                return code is not None and not _with(candidate.function, code, fails).fails
    return False


def _checked(
    candidate: _Candidate,
    code: CodeType,
    variants: Iterable[Run],
    before: Iterable[Behaviour],
) -> Repair:
    fixed = unfixed = broken = altered = diverted = 0
    for run, old in zip(variants, before, strict=True):
        new = _with(candidate.function, code, run)
        broken += new.fails and not old.fails
        if new.fails:
            unfixed += old.fails
        elif old.fails:
            fixed += 1
            diverted += new.asked != old.asked
        else:
            altered += new != old
        if broken > MOST_BROKEN:
            break
    change, original = candidate.change, candidate.function.__code__
    return Repair(
        original.co_filename,
        original.co_qualname,
        change.line,
        change.end,
        str(change),
        fixed,
        broken,
        altered,
        diverted,
        change.boldness,
        bool(fixed) and not (unfixed or broken or altered or diverted),
    )


def _candidates(ran: Mapping[CodeLine, int]) -> Iterator[tuple[int, _Candidate]]:
    files: dict[str, _Source] = {}
    lines: dict[str, dict[int, int]] = {}
    for frame, at in ran.items():
        lines.setdefault(frame.path, {})[frame.line] = at
    for path in lines:
        with suppress(OSError, SyntaxError, ValueError):
            files[path] = _Source(path)
    for path, source in files.items():
        numbers = lines[path]
        for classes, node in source.functions:
            end = node.end_lineno or node.lineno
            own = {line for line in numbers if node.lineno <= line <= end}
            function = source.function(classes, node) if own else None
            if function is None:
                continue
            for change in changes_of(node, own):
                when = numbers.get(change.line, 0)
                yield when, _Candidate(change, classes, node, function)


class _Source:
    """The functions of a source file, without those inside other functions."""

    def __init__(self, path: str) -> None:
        tree = ast.parse(Path(path).read_text("utf-8"))
        self.functions: list[tuple[tuple[str, ...], Function]] = []
        self._add(tree.body, ())
        self._module = next(
            (one for one in list(sys.modules.values()) if getattr(one, "__file__", None) == path),
            None,
        )

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
