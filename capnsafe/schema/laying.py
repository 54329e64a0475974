"""Laying out values: they become blocks, in private bytes.

A value is laid out before the message asks for memory. So an invalid value is refused before the
message changes, and the message takes the whole value or nothing (P2). Objects behind pointers are
put into a list of work instead of being laid out recursively, so deep values need no deep stack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .. import wire
from .._words.arguments import method_of, type_name
from .._words.block import Block, BlockBuilder, Body, Copied, block_of
from ..errors import ArgumentError, ArgumentTypeError, ArgumentValueError
from ..wire import WORD_BYTES
from .layout import BaseKind, Contents, Layout, PointerTo, in_field


def fill(layout: Layout, body: Body, start: int, value: Any) -> None:
    """Write the fields of a value to the zeroed struct at word ``start`` of a body."""
    fields: dict[str, Any] = value.__dict__
    if len(fields) > layout.field_count:
        refuse_unknown(layout, value)
    try:
        for field in layout.singles:
            field.kind.put(field, body, start, fields[field.name])
        if layout.tag is not None:
            field = layout.member(value._member())
            layout.select(field, body, start)
            field.kind.put(field, body, start, fields[field.name])
    except KeyError as error:
        raise ArgumentValueError(
            f"the field {error} of a {type_name(value)} was deleted"
        ) from error


def refuse_unknown(layout: Layout, value: Any) -> None:
    """Raise ``ArgumentTypeError`` if a value has an attribute that its struct does not have.

    An instance of a derived class may have attributes of its own.
    """
    if type(value) is not layout.owner:
        return
    # Imported here, because only this error needs it.
    from difflib import get_close_matches

    name = next(name for name in value.__dict__ if name not in layout.by_name)
    near = get_close_matches(name, layout.by_name, 1)
    hint = f"; is it {near[0]}?" if near else ""
    raise ArgumentTypeError(f"{type_name(value)} has no field {name!r}{hint}")


def lay_struct(layout: Layout, out: BlockBuilder, body: Body, at: int, value: Any) -> None:
    """Append the struct for a value, and point to it from word ``at`` of ``body``."""
    if layout.words:
        out.point(body, at, layout.shape)
    else:
        body.words[at] = wire.EMPTY_STRUCT
    struct = Body([0] * layout.words, out.end)
    out.end += layout.words
    fill(layout, struct, 0, value)
    out.add(struct, ordered=layout.ordered)


#: Values that are nested more deeply are searched for one that contains itself.
_DEEP: Final = 1000


def _finished(out: BlockBuilder, of: BaseKind | Layout, whole: Any) -> Block:
    """Lay out the objects behind all pointers, and those below them, until none is left.

    Args:
        out: The block, which has the pointer to the first object.
        of: The type of the whole value, for errors.
        whole: The whole value.
    """
    path: list[tuple[int, Any]] = []
    while out.open:
        body = out.open[-1]
        if not body.below:
            out.parts[body.part] = body.octets()
            out.open.pop()
            continue
        at, kind, value = body.below.pop()
        if len(out.open) > _DEEP:
            _enter(path, len(out.open), value)
        elif path:
            path.clear()
        to: PointerTo = kind
        try:
            to.lay(out, body, at, value)
        except ArgumentError as error:
            name = _field_of(of.contents(whole), to, value)
            if not name:
                raise
            raise in_field(error, name) from error.__cause__
    return out.block()


def _field_of(todo: Contents, kind: BaseKind, wrong: Any) -> str:
    """Return the name of the field which has a value, or a list with it; nothing if none is found.

    Args:
        todo: The fields of the outermost value.
        kind: The type of the value that is searched.
        wrong: The value that is searched.
    """
    seen: set[int] = set()
    while todo:
        name, each, value = todo.pop()
        if value is wrong and each is kind:
            return name
        if id(value) not in seen:
            contents = each.contents(value)
            if contents:
                seen.add(id(value))
            todo += [(inner or name, of, item) for inner, of, item in contents]
    return ""


def _enter(path: list[tuple[int, Any]], depth: int, value: Any) -> None:
    """Add a value to the path of those around it, each with its depth.

    Raises:
        ArgumentValueError: If a value contains itself. It is searched for only when the path has
            doubled, so that the search takes a constant time for each value.
    """
    while path and path[-1][0] >= depth:
        path.pop()
    path.append((depth, value))
    if len(path).bit_count() == 1 and len({id(one) for _, one in path}) < len(path):
        raise ArgumentValueError("the value contains itself")


def block_from(kind: PointerTo, value: Any) -> Block:
    """Return the object of a value, with everything below it."""
    out = BlockBuilder()
    out.root.below.append((0, kind, value))
    return _finished(out, kind, value)


def block_of_value(layout: Layout, value: Any) -> Block:
    """Return the struct of a value, with everything below it."""
    out = BlockBuilder()
    lay_struct(layout, out, out.root, 0, value)
    return _finished(out, layout, value)


def is_laid_out(value: Any) -> bool:
    """Return whether ``value`` can be laid out."""
    return callable(method_of(type(value), "__capnsafe_copy__"))


def flat_words(copied: Copied | None) -> bytes:
    """Return a message of one segment, without framing, whose root is ``copied``."""
    return bytes(WORD_BYTES) if copied is None else block_of(copied).octets


def objects_of(
    layout: Layout, body: Body, contents: Callable[[], Contents] | None
) -> dict[int, Block]:
    """Return the objects behind the pointers of a struct, by their indices.

    ``contents`` returns the fields that the body was filled with, for errors.
    """
    found = {}
    for at, kind, value in body.below:
        try:
            found[at - layout.data_words] = block_from(kind, value)
        except ArgumentError as error:
            if contents is None:
                raise
            name = _field_of(contents(), kind, value)
            raise in_field(error, name) from error.__cause__
    return found
