"""The lines of generated code. Long statements are broken where a formatter would break them."""

from __future__ import annotations

from typing import Final

#: Longer calls are written with one argument a line.
WIDTH: Final = 100


def quoted(value: str | bytes) -> str:
    """Return a literal, in double quotes where that needs no escape."""
    text = repr(value)
    prefix = "b" if isinstance(value, bytes) else ""
    body = text[len(prefix) + 1 : -1]
    if text[len(prefix)] == "'" and '"' not in body:
        return prefix + '"' + body.replace("\\'", "'") + '"'
    return text


def doc_lines(comment: str) -> list[str]:
    """Return the lines of a comment of the schema, escaped for a docstring."""
    text = comment.rstrip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if text.endswith('"'):
        text += " "
    return [line.rstrip() for line in text.splitlines()]


def call_lines(depth: int, head: str, arguments: list[str], tail: str) -> list[str]:
    """Return the lines of a call: one, or one for each argument."""
    indent = "    " * depth
    line = f"{indent}{head}{', '.join(arguments)}{tail}"
    if len(line) <= WIDTH or not arguments:
        return [line]
    lines = [indent + head]
    for argument in arguments:
        lines += _argument_lines(depth + 1, argument)
    return [*lines, indent + tail]


def _argument_lines(depth: int, argument: str) -> list[str]:
    """Return the lines of an argument, which ends with a comma."""
    indent = "    " * depth
    if len(indent) + len(argument) + 1 <= WIDTH or argument[-1] not in ")]":
        return [f"{indent}{argument},"]
    first, *others = split_arguments(argument, " or ")
    if others:
        return [indent + first, *(f"{indent}or {other}," for other in others)]
    head, inner = _outer_call(argument)
    lines = [indent + head]
    for each in inner:
        lines += _argument_lines(depth + 1, each)
    return [*lines, f"{indent}{argument[-1]},"]


def _outer_call(text: str) -> tuple[str, list[str]]:
    """Split the text of a call into its head, with the parenthesis, and its arguments."""
    start = text.index("(" if text.endswith(")") else "[")
    return text[: start + 1], split_arguments(text[start + 1 : -1])


def split_arguments(text: str, separator: str = ",") -> list[str]:
    """Split arguments at separators, except those inside of parentheses and literals."""
    depth = 0
    quote = ""
    start = at = 0
    parts = []
    while at < len(text):
        letter = text[at]
        if quote:
            if letter == "\\":
                at += 1
            elif letter == quote:
                quote = ""
        elif letter in "\"'":
            quote = letter
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif text.startswith("lambda low, at:", at):
            at += len("lambda low, at:") - 1
        elif not depth and text.startswith(separator, at):
            parts.append(text[start:at].strip())
            at += len(separator) - 1
            start = at + 1
        at += 1
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def statement_lines(depth: int, text: str) -> list[str]:
    """Return the lines of a statement that ends with a call."""
    indent = "    " * depth
    if len(indent) + len(text) <= WIDTH or text[-1] not in ")]":
        return [indent + text]
    head, inner = _outer_call(text)
    if text.endswith("]"):
        return [indent + head, f"{indent}    {', '.join(inner)}", f"{indent}]"]
    return call_lines(depth, head, inner, ")")
