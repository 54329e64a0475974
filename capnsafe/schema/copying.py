"""Copies and pickles of values.

Python copies and pickles objects by recursion, so a value that is deeper than the stack would fail.
The functions below keep a list of the work that is left instead. They do so for the classes that
the generator wrote. An object of any other class, also of a class derived from a generated one, is
left to Python.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, Final, TypeAlias

#: Classes of objects that copies share.
_ATOMS: Final = frozenset((str, bytes, int, float, bool, type(None)))

#: What typing and readers keep in a value besides its fields.
_SLOTS: Final = ("__orig_class__", "_bound")

#: The places of a list or a value that have another list or value: the key, and its number.
Links: TypeAlias = "list[tuple[Any, int]]"

#: A value, or a list if there is no class: the class, the fields or items, and the links.
Part: TypeAlias = "tuple[Any, Any, Links]"


def is_generated(value: Any) -> bool:
    """Return whether the class of an object is one that the generator wrote."""
    layout = getattr(type(value), "_layout", None)
    return layout is not None and getattr(layout, "owner", None) is type(value)


def remade(value: Any, copied: Callable[[Any], Any], begun: Callable[[Any], None]) -> Any:
    """Return a copy that is made by the ``__reduce_ex__`` of the class.

    Args:
        value: The object.
        copied: Returns the copy of the arguments, or of the state.
        begun: Is called with the object before it has its state.
    """
    make, arguments, *rest = value.__reduce_ex__(4)
    made = make(*copied(arguments))
    begun(made)
    state = copied(rest[0]) if rest else None
    if state is None:
        return made
    restore = getattr(made, "__setstate__", None)
    if restore is not None:
        restore(state)
        return made
    fields, slots = state if isinstance(state, tuple) else (state, None)
    made.__dict__.update(fields or {})
    for name, each in (slots or {}).items():
        setattr(made, name, each)
    return made


def _blank(value: Any) -> Any:
    """Return a value of the same class without fields, which knows the same types."""
    owner: Any = type(value)
    made = owner.__new__(owner)
    for name in _SLOTS:
        found = getattr(value, name, None)
        if found is not None:
            setattr(made, name, found)
    return made


def shallow_copy(value: Any) -> Any:
    """Return a copy whose fields are the same objects."""
    if not is_generated(value):
        return remade(value, lambda each: each, lambda made: None)
    made = _blank(value)
    made.__dict__.update(value.__dict__)
    return made


def deep_copy(value: Any, memo: dict[int, Any]) -> Any:
    """Return a copy that shares no object which can change.

    Args:
        value: The value.
        memo: The copies of objects by the ids of the objects, as for ``copy.deepcopy``.
    """
    if not is_generated(value):

        def begun(made: Any) -> None:
            memo[id(value)] = made

        return remade(value, lambda each: deepcopy(each, memo), begun)
    unfinished: list[tuple[Any, Any]] = []
    made = _copied(value, memo, unfinished)
    while unfinished:
        old, new = unfinished.pop()
        if type(old) is list:
            new.extend([_copied(each, memo, unfinished) for each in old])
            continue
        fields = new.__dict__
        for name, each in [*old.__dict__.items()]:
            fields[name] = _copied(each, memo, unfinished)
    return made


def _copied(value: Any, memo: dict[int, Any], unfinished: list[tuple[Any, Any]]) -> Any:
    """Return the copy of an object. ``unfinished`` gets the copies that have no contents yet."""
    if type(value) in _ATOMS:
        return value
    if type(value) is not list and not is_generated(value):
        return deepcopy(value, memo)
    made = memo.get(id(value))
    if made is None:
        made = [] if type(value) is list else _blank(value)
        memo[id(value)] = made
        unfinished.append((value, made))
    return made


def parts_of(value: Any) -> list[Part]:
    """Return a value and everything below it as a list that is not deep, for a pickle.

    ``whole`` makes the value again.
    """
    numbers = {id(value): 0}
    objects = [value]
    parts: list[Part] = []
    # The list grows meanwhile.
    for each in objects:
        is_list = type(each) is list
        inside: Any = each.copy() if is_list else each.__dict__.copy()
        links: Links = []
        for key, item in enumerate(inside) if is_list else inside.items():
            if type(item) in _ATOMS or not (type(item) is list or is_generated(item)):
                continue
            number = numbers.setdefault(id(item), len(objects))
            if number == len(objects):
                objects.append(item)
            links.append((key, number))
        for key, _ in links:
            inside[key] = None
        parts.append((None if is_list else type(each), inside, links))
    return parts


def whole(parts: list[Part]) -> Any:
    """Return the value of which ``parts_of`` returned the parts. Pickles name this function."""
    made: list[Any] = [[] if owner is None else owner.__new__(owner) for owner, _, _ in parts]
    for each, (owner, inside, links) in zip(made, parts, strict=True):
        for key, number in links:
            inside[key] = made[number]
        if owner is None:
            each.extend(inside)
        else:
            each.__dict__.update(inside)
    return made[0]
