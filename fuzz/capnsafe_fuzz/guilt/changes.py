"""Small changes of a function, as a programmer would try them at a line that may be wrong.

A change is one of a fixed set: a statement is left out; a condition always or never holds, or is
turned around; a bound moves by one; an operand, a keyword argument or a slice is left out; other
exceptions are caught; an exception gets a cause. The program repair of GenProg and the mutation
testing of MutPy choose from similar sets.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Put: TypeAlias = Callable[[Any], None]

_OPPOSITE: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_CAUGHT: Final = ("Exception", "BaseException")
_SKIPPED: Final = frozenset({"decorator_list", "returns", "annotation", "type_params"})
_HEADED: Final = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.With, ast.Try,
)  # fmt: skip
"""Statements with others inside, whose lines need not all run."""
_MOST_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a function, which can be made and undone in its syntax tree."""

    line: int
    """The first line of the changed part."""
    end: int
    """Its last line."""
    boldness: int
    """How much it changes: to leave a statement out is 0, to ignore a condition is 3."""
    _node: ast.AST
    _other: ast.AST | None
    _put: Put
    _told: str = ""

    def make(self) -> None:
        """Make the change."""
        node = self._node
        new = ast.copy_location(ast.Pass() if self._other is None else self._other, node)
        ast.fix_missing_locations(new)
        self._put(new)

    def undo(self) -> None:
        """Undo the change."""
        self._put(self._node)

    def __str__(self) -> str:
        """Describe it in a few words."""
        if self._told:
            return self._told
        before = text_of(self._node)
        if self._other is None:
            return f"without `{before}`"
        return f"with `{text_of(self._other)}` instead of `{before}`"


class RanParts:
    """The parts of a function that ran on some lines, with the way to replace each of them."""

    def __init__(self, function: Function, lines: Collection[int]) -> None:
        """Begin with the function."""
        self._function = function
        self._lines = lines
        self.statements: list[tuple[list[ast.stmt], int]] = []
        """Each statement that ran, as its block and its place in it; known after the iteration."""

    def __iter__(self) -> Iterator[tuple[ast.AST, Put]]:
        """Yield each part."""
        lines = self._lines
        work: list[tuple[ast.AST, Put | None, bool]] = [(self._function, None, False)]
        while work:
            node, put, ran = work.pop()
            line = getattr(node, "lineno", 0)
            if isinstance(node, ast.stmt):
                # Expressions over several lines belong to their statement.
                ran = line in lines and not isinstance(node, _HEADED)
            if put is not None and (ran or line in lines):
                yield node, put
            for name, value in ast.iter_fields(node):
                if name in _SKIPPED:
                    continue
                if isinstance(value, ast.AST):
                    work.append((value, _setter(node, name), ran))
                elif isinstance(value, list):
                    for at, one in enumerate(value):
                        if isinstance(one, ast.AST):
                            work.append((one, item_setter(value, at), ran))
                        if isinstance(one, ast.stmt) and one.lineno in lines:
                            self.statements.append((value, at))


def changes_of(function: Function, lines: Collection[int]) -> Iterator[Change]:
    """Yield the changes of the parts of a function that ran on these lines."""
    for node, put in RanParts(function, lines):
        for other in _instead_of(node):
            yield changed(node, other, put)


def changed(node: ast.AST, other: ast.AST | None, put: Put) -> Change:
    """Return the change of one part; None stands for leaving it out."""
    line = getattr(node, "lineno", 0)
    if isinstance(other, ast.stmt):
        # Without a line, its text cannot be told.
        ast.copy_location(other, node)
    is_headed = isinstance(node, ast.ExceptHandler | ast.For)
    end = line if is_headed else getattr(node, "end_lineno", line)
    return Change(line, end, _boldness(other), node, other, put)


def _setter(holder: ast.AST, name: str) -> Callable[[Any], None]:
    return lambda new: setattr(holder, name, new)


def item_setter(holder: list[Any], at: int) -> Put:
    """Return a function that replaces an item of a list."""

    def put(new: Any) -> None:
        holder[at] = new

    return put


def text_of(node: ast.AST) -> str:
    """Return a part of a program as a short text."""
    match node:
        case ast.For(target=target, iter=iterable):
            return f"for {ast.unparse(target)} in {ast.unparse(iterable)}"
        case ast.ExceptHandler(type=caught, body=[ast.Raise(exc=None)]):
            return f"except {ast.unparse(caught) if caught else ''}: raise"
        case ast.ExceptHandler(type=caught):
            return f"except {ast.unparse(caught) if caught else ''}"
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"


def _instead_of(node: ast.AST) -> Iterator[ast.AST | None]:
    """Yield the replacements for a node; None stands for leaving a statement out."""
    match node:
        case ast.Raise(exc=ast.expr() as error, cause=ast.Constant(value=None)):
            yield None
            yield ast.Raise(error, ast.Name("error", ast.Load()))
        case ast.Expr(value=ast.Constant() | ast.Yield() | ast.YieldFrom()):
            return
        case ast.Assign(targets=[ast.Name() | ast.Tuple()]) | ast.AnnAssign():
            # Without it, its name would be missing.
            return
        case ast.Expr() | ast.Assign() | ast.AugAssign() | ast.Raise() | ast.Delete() | ast.Break():
            yield None
        case ast.Continue():
            yield None
        case ast.ExceptHandler(type=ast.expr() as caught, name=name, body=body):
            for other in _CAUGHT:
                if not (isinstance(caught, ast.Name) and caught.id == other):
                    yield ast.ExceptHandler(ast.Name(other, ast.Load()), name, body)
            yield ast.ExceptHandler(caught, name, [ast.Raise()])
        case ast.Compare(ops=[operator], left=left, comparators=[right]):
            yield ast.Compare(left, [_OPPOSITE[type(operator)]()], [right])
            yield from _both()
        case ast.BoolOp(op=operator, values=values):
            for at in range(len(values)):
                rest = values[:at] + values[at + 1 :]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(operator, rest)
            yield from _both()
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
            yield from _both()
        case ast.BinOp(left=left, op=operator, right=right):
            yield left
            yield right
            if isinstance(operator, ast.Add):
                yield ast.BinOp(left, ast.Sub(), right)
            elif isinstance(operator, ast.Sub):
                yield ast.BinOp(left, ast.Add(), right)
        case ast.If(test=ast.Name() | ast.Attribute() | ast.Call() as test, body=body, orelse=rest):
            for condition in (ast.UnaryOp(ast.Not(), test), *_both()):
                yield ast.If(condition, body, rest)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield test
            yield body
            yield orelse
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Subscript(value=value, slice=ast.Slice(), ctx=ast.Load()):
            yield value
        case ast.Call(func=called, args=arguments, keywords=keywords):
            for at in range(len(keywords)):
                yield ast.Call(called, arguments, keywords[:at] + keywords[at + 1 :])


def _boldness(other: ast.AST | None) -> int:
    match other:
        case None:
            return 0
        case ast.Constant(value=bool()) | ast.If(test=ast.Constant()):
            return 3
    return 1


def _both() -> tuple[ast.expr, ast.expr]:
    return ast.Constant(True), ast.Constant(False)
