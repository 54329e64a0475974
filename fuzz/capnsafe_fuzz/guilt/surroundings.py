"""Larger changes of a function, made of names and statements that stand elsewhere in its file.

Most of what a wrong function lacks is written somewhere near: the right name, the other attribute,
the check that its neighbours make. So a name is exchanged for another one of the function, an
attribute for another one of the same object, and a statement of the same file is inserted. The
program repair of GenProg rests on the same observation.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from .changes import Change, Function, Put, RanParts, changed, item_setter, text_of

_MOST_NAMES: Final = 14
_BUILTIN: Final = frozenset(dir(builtins))
_NAMED: Final = ast.Name | ast.Attribute | ast.Call | ast.BinOp


class Usage:
    """How a package uses its names."""

    def __init__(self, trees: Iterable[ast.Module]) -> None:
        """Collect it from its files."""
        self.attributes: dict[str, dict[str, None]] = {}
        """By the name of an object, the attributes that are read from it."""
        self.keywords: dict[str, dict[str, ast.expr]] = {}
        """By the name of a function, the keyword arguments that it is called with."""
        called = set()
        for tree in trees:
            for node in ast.walk(tree):
                match node:
                    case ast.Call(func=function, keywords=keywords):
                        called.add(id(function))
                        for keyword in keywords:
                            if keyword.arg is not None and isinstance(keyword.value, ast.Constant):
                                known = self.keywords.setdefault(_last_name(function), {})
                                known[keyword.arg] = keyword.value
                    case ast.FunctionDef(name=name, args=ast.arguments() as declared):
                        for argument, value in _defaults(declared):
                            if isinstance(value, ast.Constant) and type(value.value) is bool:
                                opposite = ast.Constant(not value.value)
                                self.keywords.setdefault(name, {})[argument] = opposite
                    case ast.Attribute(value=ast.Name(id=name), attr=attribute, ctx=ast.Load()):
                        # Python visits a call before its parts.
                        if id(node) not in called:
                            self.attributes.setdefault(name, {})[attribute] = None


class Surroundings:
    """The names and statements of a source file."""

    def __init__(self, tree: ast.Module, usage: Usage) -> None:
        """Collect them."""
        self.usage = usage
        self.own = Usage([tree]).attributes.get("self", {})
        """The attributes of the objects of its classes."""
        self.globals: set[str] = set()
        self.statements: dict[str, tuple[ast.stmt, frozenset[str]]] = {}
        """By its text, each statement that can be inserted elsewhere, and the names in it."""
        for one in tree.body:
            if isinstance(one, ast.ImportFrom | ast.Import):
                for alias in one.names:
                    self.globals.add((alias.asname or alias.name).partition(".")[0])
            names = getattr(one, "targets", [getattr(one, "target", None)])
            self.globals |= {name.id for name in names if isinstance(name, ast.Name)}
            self.globals |= {str(getattr(one, "name", ""))}
        self.constants = sorted(one for one in self.globals if one.isupper())
        for node in ast.walk(tree):
            if isinstance(node, ast.stmt) and _is_ingredient(node):
                self.statements.setdefault(text_of(node), (node, _names(node)))


def larger_changes_of(
    function: Function, lines: Collection[int], around: Surroundings
) -> Iterator[Change]:
    """Yield the changes of names, calls and order in the parts of a function that ran."""
    local = _local_names(function)
    nodes = RanParts(function, lines)
    for node, put in nodes:
        for other in _instead_of(node, local, around):
            yield changed(node, other, put)
    for block, at in nodes.statements:
        yield from _in_block(block, at)


def insertions_of(
    function: Function, lines: Collection[int], around: Surroundings
) -> Iterator[Change]:
    """Yield the insertions of statements of the file beside those of a function that ran."""
    known = {*_local_names(function), *around.globals, *_BUILTIN}
    nodes = RanParts(function, lines)
    for _ in nodes:
        """Walk through all parts, to learn the statements."""
    for block, at in nodes.statements:
        one, put = block[at], item_setter(block, at)
        for text, (new, names) in around.statements.items():
            if names <= known:
                yield _inserted(one, new, text, put, before=True)
                if at == len(block) - 1 and not isinstance(one, ast.Return | ast.Raise):
                    yield _inserted(one, new, text, put, before=False)


def _instead_of(node: ast.AST, local: list[str], around: Surroundings) -> Iterator[ast.AST]:
    own = list(around.own) if "self" in local else []
    match node:
        case ast.Name(id=name, ctx=ast.Load()) if name in around.constants:
            yield from (_name(one) for one in around.constants if one != name)
        case ast.Name(id=name, ctx=ast.Load()) if name in local:
            yield from (_name(one) for one in local[:_MOST_NAMES] if one not in (name, "self"))
        case ast.Attribute(value=ast.Name(id=name) as base, attr=attribute, ctx=ast.Load()):
            for other in around.usage.attributes.get(name, ()):
                if other != attribute:
                    yield ast.Attribute(base, other, ast.Load())
        case ast.Constant(value=int() | None as value) if value is None or value == 0:
            yield from (_name(one) for one in local[:_MOST_NAMES] if one != "self")
            yield from (_own(one) for one in own[:_MOST_NAMES])
        case ast.For(target=target, iter=iterable, body=body, orelse=rest):
            backwards = ast.Call(_name("reversed"), [iterable], [])
            yield ast.For(target, backwards, body, rest)
            yield ast.For(target, ast.Tuple([], ast.Load()), body, rest)
        case ast.Return(value=ast.expr() as value) | ast.Assign(value=value):
            if isinstance(value, _NAMED):
                least = [_name(one) for one in local[:_MOST_NAMES] if one != "self"]
                for bound in (*least, *(_own(one) for one in own[:_MOST_NAMES])):
                    new = ast.Call(_name("min"), [value, bound], [])
                    if isinstance(node, ast.Return):
                        yield ast.Return(new)
                    else:
                        assert isinstance(node, ast.Assign)
                        yield ast.Assign(node.targets, new)
        case ast.GeneratorExp(elt=each, generators=[first, *rest]):
            backwards = ast.Call(_name("reversed"), [first.iter], [])
            one = ast.comprehension(first.target, backwards, first.ifs, first.is_async)
            yield ast.GeneratorExp(each, [one, *rest])
        case ast.BinOp(left=left, op=operator, right=right):
            yield ast.BinOp(right, operator, left)
        case ast.Call(func=called, args=arguments, keywords=keywords):
            yield from _calls(called, arguments, keywords, around)


def _calls(
    called: ast.expr, arguments: list[ast.expr], keywords: list[ast.keyword], around: Surroundings
) -> Iterator[ast.AST]:
    name = _last_name(called)
    if arguments:
        yield ast.Call(called, arguments[:-1], keywords)
    if len(arguments) == 1 or name in ("min", "max"):
        yield from (one for one in arguments if not isinstance(one, ast.Starred))
    for at in range(len(arguments) - 1):
        first, second = arguments[at : at + 2]
        yield ast.Call(called, [*arguments[:at], second, first, *arguments[at + 2 :]], keywords)
    given = {one.arg for one in keywords}
    for keyword, value in around.usage.keywords.get(name, {}).items():
        if keyword not in given:
            yield ast.Call(called, arguments, [*keywords, ast.keyword(keyword, value)])


def _in_block(block: list[ast.stmt], at: int) -> Iterator[Change]:
    """Yield the changes of the order and number of statements, beginning with one."""
    one = block[at]
    for size in range(2, min(5, len(block) - at + 1)):
        yield _run(block, at, size)
    if at + 1 < len(block):
        yield _swapped(block, at)
    if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
        yield changed(one, None, item_setter(block, at))


def _inserted(one: ast.stmt, new: ast.stmt, text: str, put: Put, *, before: bool) -> Change:
    both = [new, one] if before else [one, new]
    where = "before" if before else "after"
    told = f"with `{text}` {where} line {one.lineno}"
    line = one.lineno if before else one.end_lineno or one.lineno
    return Change(line, line, 0, one, ast.If(ast.Constant(True), both, []), put, told)


def _swapped(block: list[ast.stmt], at: int) -> Change:
    one, other = block[at : at + 2]

    def put(new: ast.AST) -> None:
        block[at : at + 2] = [one, other] if new is one else [other, one]

    told = f"with line {other.lineno} before line {one.lineno}"
    end = other.end_lineno or other.lineno
    return Change(one.lineno, end, 1, one, None, put, told)


def _run(block: list[ast.stmt], at: int, size: int) -> Change:
    old = block[at : at + size]

    def put(new: ast.AST) -> None:
        assert isinstance(new, ast.stmt)
        block[at : at + size] = old if new is old[0] else [new] * size

    told = f"without the {size} statements from line {old[0].lineno} on"
    end = old[-1].end_lineno or old[-1].lineno
    return Change(old[0].lineno, end, 1, old[0], None, put, told)


def _defaults(declared: ast.arguments) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield the arguments that have defaults, with these."""
    placed = declared.args[len(declared.args) - len(declared.defaults) :]
    for one, value in zip(placed, declared.defaults, strict=True):
        yield one.arg, value
    for one, default in zip(declared.kwonlyargs, declared.kw_defaults, strict=True):
        yield one.arg, default


def _is_ingredient(node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            return True
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            return True
        case ast.If(body=[ast.Raise() | ast.Return() | ast.Continue() | ast.Expr()], orelse=[]):
            return True
    return False


def _local_names(function: Function) -> list[str]:
    found: dict[str, None] = {}
    for node in ast.walk(function):
        match node:
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                found[name] = None
    return list(found)


def _names(node: ast.AST) -> frozenset[str]:
    return frozenset(
        one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)
    )


def _last_name(called: ast.expr) -> str:
    match called:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _own(name: str) -> ast.Attribute:
    return ast.Attribute(_name("self"), name, ast.Load())
