"""The lines of generated code. Long statements are broken where a formatter would break them.

The generator writes each statement as one line. If it is too long, it is parsed, and broken at its
outermost brackets and operators. The result is as ``ruff format --line-length 100`` leaves it.
"""

from __future__ import annotations

import ast
import re
from textwrap import dedent
from typing import Final

#: Longer statements are broken.
WIDTH: Final = 100

_INDENT: Final = "    "


def quoted(value: str | bytes) -> str:
    """Return a literal, in double quotes unless single quotes need fewer escapes."""
    text = repr(value)
    prefix = "b" if isinstance(value, bytes) else ""
    body = text[len(prefix) + 1 : -1]
    if text[len(prefix)] == '"' or body.count('"') > body.count("'"):
        return text
    other = re.sub(r"\\.|\"", lambda found: _QUOTES.get(found[0], found[0]), body)
    return f'{prefix}"{other}"'


#: Parts of a literal in single quotes, as they are in double quotes.
_QUOTES: Final = {"\\'": "'", '"': '\\"'}


def doc_lines(comment: str) -> list[str]:
    """Return the lines of a comment of the schema, escaped for a docstring."""
    text = comment.strip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    first, *others = [line.rstrip() for line in text.expandtabs().split("\n")]
    return [first, *dedent("\n".join(others)).split("\n")] if others else [first] if first else []


def docstring_lines(depth: int, lines: list[str]) -> list[str]:
    """Return a docstring of these lines, which are never broken."""
    indent = _INDENT * depth
    first, *others = lines
    if first.startswith('"'):
        first = f" {first}"
    if others:
        inner = [indent + line if line else "" for line in others]
        return [f'{indent}"""{first}', *inner, f'{indent}"""']
    # An escaped quote does not end the docstring.
    space = " " if first.endswith('"') and not first.endswith('\\"\\"\\"') else ""
    return [f'{indent}"""{first}{space}"""']


def statement_lines(depth: int, text: str) -> list[str]:
    """Return the lines of a statement that is one line, without its indentation."""
    line = _INDENT * depth + text
    if len(line) <= WIDTH or text[0] == "@" or text.endswith(":"):
        return [line]
    [statement] = ast.parse(text).body
    source = LineOfCode(text)
    if isinstance(statement, ast.AnnAssign):
        return source.annotated(statement, depth)
    if isinstance(statement, ast.Assign):
        head = f"{source.flat(statement.targets[0])} = "
        return source.expression(statement.value, depth, head, "", inside=False)
    if isinstance(statement, ast.Return):
        assert statement.value is not None
        return source.expression(statement.value, depth, "return ", "", inside=False)
    if isinstance(statement, ast.Raise):
        assert statement.exc is not None
        return source.expression(statement.exc, depth, "raise ", "", inside=False)
    assert isinstance(statement, ast.Expr)
    return source.expression(statement.value, depth, "", "", inside=False)


def class_lines(depth: int, name: str, bases: list[str]) -> list[str]:
    """Return the first lines of a class."""
    return _block_lines(depth, f"class {name}(", bases, "):")


def function_lines(depth: int, name: str, parameters: list[str], returned: str) -> list[str]:
    """Return the first lines of a function.

    Args:
        depth: The level of its indentation.
        name: The name.
        parameters: The parameters with their annotations and defaults.
        returned: The annotation of the result.
    """
    head = f"def {name}("
    tail = f") -> {returned}:"
    *lines, last = _block_lines(depth, head, parameters, tail)
    if not lines or len(last) <= WIDTH:
        return [*lines, last]
    return [*lines, *expression_lines(returned, depth, ") -> ", ":")]


def _block_lines(depth: int, head: str, parts: list[str], tail: str) -> list[str]:
    indent = _INDENT * depth
    line = f"{indent}{head}{', '.join(parts)}{tail}"
    if len(line) <= WIDTH:
        return [line]
    lines = [indent + head]
    for part in parts:
        if len(indent) + len(part) + 5 <= WIDTH:
            lines.append(f"{indent}{_INDENT}{part},")
            continue
        name, colon, annotation = part.rpartition(": ")
        source = LineOfCode(annotation)
        lines += source.expression(source.parsed(), depth + 1, name + colon, ",", inside=True)
    return [*lines, indent + tail]


def expression_lines(text: str, depth: int, head: str, tail: str) -> list[str]:
    """Return the lines of an expression that is in no brackets."""
    source = LineOfCode(text)
    return source.expression(source.parsed(), depth, head, tail, inside=False)


class LineOfCode:
    """The text of one line of code, and how its nodes are broken."""

    def __init__(self, text: str) -> None:
        self._text: Final = text
        # The nodes count bytes.
        self._octets: Final = text.encode()

    def parsed(self) -> ast.expr:
        """Return the text as an expression."""
        return ast.parse(self._text, mode="eval").body

    def flat(self, node: ast.expr) -> str:
        """Return the text of a node."""
        return self._octets[node.col_offset : node.end_col_offset].decode()

    def annotated(self, node: ast.AnnAssign, depth: int) -> list[str]:
        """Return the lines of an assignment with an annotation, or of the annotation alone."""
        head = f"{self.flat(node.target)}: "
        if node.value is None:
            return self.expression(node.annotation, depth, head, "", inside=False)
        whole = f"{head}{self.flat(node.annotation)} = "
        if self._opening(node.annotation) is None or self._can_break(node.value, depth, whole):
            return self.expression(node.value, depth, whole, "", inside=False)
        # Brackets are broken where they are; a union gets parentheses.
        inside = isinstance(node.annotation, ast.Subscript)
        *lines, last = self.broken(node.annotation, depth, head, " = ", inside=inside)
        return lines + self.expression(node.value, depth, last.lstrip(), "", inside=False)

    def _opening(self, node: ast.expr) -> str | None:
        """Return the text up to the bracket at which a node is broken, or ``None``."""
        if isinstance(node, ast.Call) and (node.args or node.keywords):
            chained = isinstance(node.func, ast.Attribute) and self._opening(node.func.value)
            return chained or self.flat(node.func) + "("
        if isinstance(node, ast.Subscript):
            return self.flat(node.value) + "["
        if isinstance(node, (ast.Dict, ast.Tuple, ast.BinOp, ast.BoolOp)):
            return "("
        return None

    def _can_break(self, node: ast.expr, depth: int, head: str) -> bool:
        """Return whether the value of a statement can be broken after its head."""
        room = WIDTH - len(_INDENT) * depth - len(head)
        return (
            self._begins_better_below(node, depth, head, "")
            or len(self._opening(node) or self.flat(node)) <= room
        )

    def _begins_better_below(self, node: ast.expr, depth: int, head: str, tail: str) -> bool:
        """Return whether an expression cannot begin after the head, but in a line of its own."""
        room = WIDTH - len(_INDENT) * depth
        opening = self._opening(node)
        here = len(head) + len(opening or self.flat(node) + tail)
        below = len(_INDENT) + len(opening or self.flat(node))
        return len(head) < room < here and below <= room

    def expression(
        self, node: ast.expr, depth: int, head: str, tail: str, *, inside: bool
    ) -> list[str]:
        """Return the lines of an expression.

        Args:
            node: The expression.
            depth: The level of the indentation of its first line.
            head: The text before it in its first line.
            tail: The text after it in its last line.
            inside: Whether it is inside of brackets, where a line may end before an operator.
        """
        line = f"{_INDENT * depth}{head}{self.flat(node)}{tail}"
        return [line] if len(line) <= WIDTH else self.broken(node, depth, head, tail, inside=inside)

    def broken(
        self, node: ast.expr, depth: int, head: str, tail: str, *, inside: bool
    ) -> list[str]:
        """Return the lines of an expression that does not fit in one, as ``expression`` does."""
        indent = _INDENT * depth
        if not inside and head and self._begins_better_below(node, depth, head, tail):
            inner = self.expression(node, depth + 1, "", "", inside=True)
            if all(len(line) <= WIDTH for line in inner):
                return [f"{indent}{head}(", *inner, f"{indent}){tail}"]
        if isinstance(node, (ast.BinOp, ast.BoolOp)):
            return self._operands(node, depth, head, tail, inside=inside)
        if isinstance(node, ast.Lambda):
            return self._lambda(node, depth, head, tail)
        if isinstance(node, ast.Dict):
            lines = [f"{indent}{head}{{"]
            for key, value in zip(node.keys, node.values, strict=True):
                assert key is not None
                start = f"{self.flat(key)}: "
                lines += self.expression(value, depth + 1, start, ",", inside=True)
            return [*lines, f"{indent}}}{tail}"]
        if isinstance(node, ast.Tuple):
            return self._bracketed(node.elts, depth, f"{head}(", f"){tail}")
        if isinstance(node, ast.Call) and (node.args or node.keywords):
            opening = f"{self.flat(node.func)}("
            if len(indent) + len(head) + len(opening) > WIDTH and self._opening(node) != opening:
                # A call of a method of the result of a call.
                assert isinstance(node.func, ast.Attribute)
                end = f".{node.func.attr}("
                lines = self.broken(node.func.value, depth, head, end, inside=inside)
            else:
                lines = [f"{indent}{head}{opening}"]
            for each in node.args:
                lines += self.expression(each, depth + 1, "", ",", inside=True)
            for keyword in node.keywords:
                start = f"{keyword.arg}="
                lines += self.expression(keyword.value, depth + 1, start, ",", inside=True)
            return [*lines, f"{indent}){tail}"]
        if isinstance(node, ast.Subscript):
            opening = f"{head}{self.flat(node.value)}["
            if isinstance(node.slice, ast.Tuple):
                return self._bracketed(node.slice.elts, depth, opening, f"]{tail}")
            inner = self.expression(node.slice, depth + 1, "", "", inside=True)
            return [indent + opening, *inner, f"{indent}]{tail}"]
        return [f"{indent}{head}{self.flat(node)}{tail}"]

    def _bracketed(self, nodes: list[ast.expr], depth: int, head: str, tail: str) -> list[str]:
        """Return the lines of expressions in brackets, each with a comma at its end."""
        lines = [_INDENT * depth + head]
        for node in nodes:
            lines += self.expression(node, depth + 1, "", ",", inside=True)
        return [*lines, _INDENT * depth + tail]

    def _operands(
        self, node: ast.BinOp | ast.BoolOp, depth: int, head: str, tail: str, *, inside: bool
    ) -> list[str]:
        """Return the lines of operands with the operator between them, a line for each."""
        if not inside:
            indent = _INDENT * depth
            inner = self.expression(node, depth + 1, "", "", inside=True)
            return [f"{indent}{head}(", *inner, f"{indent}){tail}"]
        operands: list[ast.expr] = []
        if isinstance(node, ast.BoolOp):
            operands += node.values
            operator = "or " if isinstance(node.op, ast.Or) else "and "
        else:
            left: ast.expr = node
            while isinstance(left, ast.BinOp):
                operands.append(left.right)
                left = left.left
            operands = [left, *reversed(operands)]
            operator = "| "
        lines = []
        for at, each in enumerate(operands):
            start = operator if at else head
            end = "" if each is not operands[-1] else tail
            lines += self.expression(each, depth, start, end, inside=True)
        return lines

    def _lambda(self, node: ast.Lambda, depth: int, head: str, tail: str) -> list[str]:
        """Return the lines of a lambda. Its result is in parentheses unless it can be broken."""
        body = node.body
        start = head + self._octets[node.col_offset : body.col_offset].decode()
        indent = _INDENT * depth
        opening = self._opening(body)
        if opening is not None and len(indent) + len(start) + len(opening) <= WIDTH:
            return self.expression(body, depth, start, tail, inside=True)
        inner = self.expression(body, depth + 1, "", "", inside=True)
        return [f"{indent}{start}(", *inner, f"{indent}){tail}"]
