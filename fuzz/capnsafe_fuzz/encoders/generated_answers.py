"""Answer questions about a message by the code that capnsafe generates.

``scenario.forms`` knows the right answers. Each answer is given by another part of generated code:
properties of readers and builders, values, dicts, JSON, text, and the streams of asyncio.
"""

from __future__ import annotations

import asyncio
import json
import math
import pickle
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from .. import scenario
from ..reference.examiner import examine_stream
from ..reference.layout import ROOT
from ..scenario.forms import OPAQUE, normal, normal_json, normal_tree
from ..scenario.schema import EVERYTHING, Field, FieldKind, ListType, StructType

REQUEST: Final = Path(scenario.__file__).with_name("everything.request")
"""The schema of all programs, compiled. ``python -m tests.readme`` makes it."""
DISGUISED: Final = REQUEST.with_name("disguised.request")
"""The other schema for the same words, compiled. ``python -m tests.readme`` makes it."""

_LIMIT: Final = 1 << 40


@cache
def load_everything(package: ModuleType) -> Any:
    """Return the module that ``package`` generates from the schema of all programs."""
    return package.load(REQUEST.read_bytes())


@cache
def load_disguised(package: ModuleType) -> Any:
    """Return the module that ``package`` generates from the other schema for the same words."""
    return package.load(DISGUISED.read_bytes())


def answer(package: Any, name: str, stream: bytes, given: Any = None) -> Any:
    """Return the answer to a question of ``scenario.forms.questions_of``.

    If generated code raises an exception, that is the answer.

    Args:
        package: capnsafe, or a copy of it under another name.
        name: The name of the question.
        stream: The message that it is about, with framing.
        given: The dict or text that is given.
    """
    try:
        return _ANSWERS[name](package, stream, given)
    except Exception as error:
        return f"raised {type(error).__name__}: {error}"


def _message(package: Any, stream: bytes) -> Any:
    return package.read_message(stream, traversal_limit_words=_LIMIT, nesting_limit=_LIMIT)


@lru_cache(maxsize=1)
def _value(package: Any, stream: bytes) -> Any:
    """Return the root as a value, which nobody changes: several questions are about it."""
    everything = load_everything(package).Everything
    return everything.from_message(_message(package, stream))


def _tree(value: Any) -> Any:
    """Return the tree of a value, which is read in the message that is built from it."""
    return normal_tree(examine_stream(value.to_bytes(), ROOT).tree)


# -- properties ----------------------------------------------------------------------------------


def _in_order(found: Any) -> list[Any]:
    """Return the items of a list, by iteration."""
    return list(found)


def _from_the_end(found: Any) -> list[Any]:
    """Return the items of a list by negative indices. There is none before the first one."""
    count = len(found)
    with suppress(IndexError):
        return ["there is an item before the first one", found[-count - 1]]
    return [found[at - count] for at in range(count)]


def _read(package: Any, stream: bytes, given: Any) -> Any:
    root = _message(package, stream).get_root(load_everything(package).Everything)
    return normal(_properties(root, EVERYTHING, "", _in_order))


def _read_from_the_end(package: Any, stream: bytes, given: Any) -> Any:
    root = _message(package, stream).get_root(load_everything(package).Everything)
    return normal(_properties(root, EVERYTHING, "", _from_the_end))


def _read_in_a_builder(package: Any, stream: bytes, given: Any) -> Any:
    everything = load_everything(package).Everything
    with package.MessageBuilder() as message:
        message.set_root(_message(package, stream).get_root())
        return normal(_properties(message.get_root(everything), EVERYTHING, "", _from_the_end))


def _properties(handle: Any, of: StructType, prefix: str, listed: Any) -> dict[str, Any]:
    """Return everything that the properties of a reader or builder return, by labels."""
    made: dict[str, Any] = {}
    which = handle.which() if hasattr(handle, "which") else None
    if which is not None:
        made["which"] = which
    for label in _labels(of, prefix):
        name = python_name(label)
        if which is not None and label != which:
            made.update(_unset(handle, name))
            continue
        field = of.by_name.get(prefix + label)
        if field is None or field.kind is FieldKind.UNION:
            made[label] = _properties(getattr(handle, name), of, f"{prefix}{label}.", listed)
        else:
            made[label] = _property(handle, name, field, listed)
    return made


def _unset(handle: Any, name: str) -> dict[str, Any]:
    """Return what the properties of a member that is not set return: they should do nothing."""
    made: dict[str, Any] = {}
    if hasattr(handle, f"has_{name}") and getattr(handle, f"has_{name}")():
        made[f"has_{name}"] = True
    with suppress(ValueError):
        made[name] = getattr(handle, name)
    return made


@cache
def _labels(of: StructType, prefix: str) -> Sequence[str]:
    """Return the labels of the fields of a struct, or of a group whose fields have a prefix."""
    size = len(prefix)
    found = (
        field.name[size:].partition(".")[0] for field in of.fields if field.name.startswith(prefix)
    )
    return tuple(dict.fromkeys(found))


@cache
def python_name(label: str) -> str:
    """Return the name of a field in Python."""
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in label)


def _property(handle: Any, name: str, field: Field, listed: Any) -> Any:
    kind = field.kind
    if kind is FieldKind.ANY:
        return getattr(handle, name).kind.value
    if kind is FieldKind.ENUM:
        return int(getattr(handle, name))
    if field.target is None:
        return getattr(handle, name)
    if isinstance(field.type, ListType):
        return _items(getattr(handle, name), field.type, listed)
    if not getattr(handle, f"has_{name}")():
        return None
    assert isinstance(field.type, StructType)
    return _properties(getattr(handle, name), field.type, "", listed)


def _items(found: Any, of: ListType, listed: Any) -> list[Any]:
    items = listed(found)
    if of.element is FieldKind.ENUM:
        return [int(item) for item in items]
    if of.element is FieldKind.LIST:
        assert isinstance(of.type, ListType)
        return [_items(item, of.type, listed) for item in items]
    if of.element is FieldKind.STRUCT:
        assert isinstance(of.type, StructType)
        return [_properties(item, of.type, "", listed) for item in items]
    return list(items)


# -- values, dicts, JSON, text -------------------------------------------------------------------


def _by_value(package: Any, stream: bytes, given: Any) -> Any:
    """Return the tree of a value that was pickled."""
    return _tree(pickle.loads(pickle.dumps(_value(package, stream))))


def _equal(package: Any, stream: bytes, given: Any) -> Any:
    """Return whether a value equals its copy, and whether it equals a copy that was changed."""
    value = _value(package, stream)
    twin, other = (pickle.loads(pickle.dumps(value)) for _ in range(2))
    other.i8 ^= 1
    return [twin == value, other == value]


def _repr(package: Any, stream: bytes, given: Any) -> Any:
    """Return the dict of the value that the ``repr`` of a value makes."""
    names = {**vars(load_everything(package)), "nan": math.nan, "inf": math.inf}
    return _normal_dict(eval(repr(_value(package, stream)), names))


def _dict(package: Any, stream: bytes, given: Any) -> Any:
    return _normal_dict(_value(package, stream))


def _normal_dict(value: Any) -> Any:
    return normal(_without_objects(value.to_dict()))


def _without_objects(made: Any) -> Any:
    """Return a dict in which a word stands for the object of each AnyPointer."""
    if isinstance(made, dict):
        return {name: _without_objects(item) for name, item in made.items()}
    if isinstance(made, list):
        return list(map(_without_objects, made))
    return OPAQUE if type(made).__name__ == "Opaque" else made


def _from_dict(package: Any, stream: bytes, given: Any) -> Any:
    return _normal_dict(load_everything(package).Everything.from_dict(given))


def _text(package: Any, stream: bytes, given: Any) -> Any:
    return _value(package, stream).to_text()


def _from_text(package: Any, stream: bytes, given: Any) -> Any:
    text = f"# A comment.\n{given}\n"
    return _normal_dict(load_everything(package).Everything.from_text(text))


def _json(package: Any, stream: bytes, given: Any) -> Any:
    return normal_json(json.loads(_value(package, stream).to_json()))


def _from_json(package: Any, stream: bytes, given: Any) -> Any:
    everything = load_everything(package).Everything
    return _normal_dict(everything.from_json(json.dumps(given)))


def _disguised_json(package: Any, stream: bytes, given: Any) -> Any:
    # In a value of the other schema, no Text is empty that may as well be null.
    octets = _value(package, stream).to_bytes()
    root = _message(package, octets).get_root(load_disguised(package).Everything)
    return normal_json(json.loads(root.to_json()))


def _from_disguised_json(package: Any, stream: bytes, given: Any) -> Any:
    value = load_disguised(package).Everything.from_json(json.dumps(given))
    return normal_json(json.loads(value.to_json()))


def _parameters(package: Any, stream: bytes, given: Any) -> Any:
    """Return the fields of a generic struct that have its parameters as types."""
    choice = _message(package, stream).get_root(load_disguised(package).Everything).choice
    if choice.which() != "mixed":
        return None
    mixed = choice.mixed
    found = [mixed.evolving] if mixed.has_evolving() else []
    found += mixed.evolvings
    return [(one.number, one.label) for one in found]


# -- building ------------------------------------------------------------------------------------


def _rebuilt(package: Any, stream: bytes, given: Any) -> Any:
    """Return the tree of a message that was built from the readers of another one.

    The schema in disguise lacks some fields of the message. They must be copied, too.
    """
    everything = load_disguised(package).Everything
    old = _message(package, stream).get_root(everything)
    with package.MessageBuilder() as message:
        _rebuild(old, message.init_root(everything))
        octets = message.to_bytes()
    return _tree(_value(package, octets))


def _rebuild(old: Any, new: Any) -> None:
    """Set each field of a builder to that of a reader: half of them by ``update``."""
    singles = [
        name
        for name in _SINGLES
        if not hasattr(old, f"has_{name}") or getattr(old, f"has_{name}")()
    ]
    half = len(singles) // 2
    new.update(**{name: getattr(old, name) for name in singles[:half:2]})
    for name in singles[half:]:
        setattr(new, name, getattr(old, name))
    new.update(**{name: getattr(old, name) for name in singles[1:half:2]})
    new.group.scalar = old.group.scalar
    if old.group.has_text():
        new.group.text = old.group.text
    for name in ("small", "empty"):
        if getattr(old, f"has_{name}")():
            setattr(new, name, getattr(old, name))
    if old.has_child():
        _rebuild(old.child, new.init_child())
    for name, element in _LISTS.items():
        if getattr(old, f"has_{name}")():
            _rebuild_list(name, element, old, new)
    _rebuild_choice(old.choice, new.choice)


#: The fields of Everything that are no objects with handles, and its lists, by names of Python.
_SINGLES: Final = tuple(
    python_name(field.name)
    for field in EVERYTHING.fields
    if field.target is None
    and "." not in field.name
    and field.kind not in (FieldKind.UNION, FieldKind.VOID)
)
_LISTS: Final = {
    python_name(field.name): field.type.element
    for field in EVERYTHING.fields
    if field.target is not None and isinstance(field.type, ListType)
}


def _rebuild_list(name: str, element: FieldKind, old: Any, new: Any) -> None:
    """Set a list: as a whole, by its items, or item by item, counted from the end."""
    found = getattr(old, name)
    count = len(found)
    if name in ("smalls", "empties", "units") or (element is not FieldKind.STRUCT and count % 2):
        setattr(new, name, list(found) if name == "smalls" and count % 2 else found)
        return
    made = getattr(new, f"init_{name}")(count)
    for at in range(count):
        if element is FieldKind.STRUCT and at % 2:
            _rebuild(found[at], made[at - count])
        else:
            made[at - count] = found[at]


def _rebuild_choice(old: Any, new: Any) -> None:
    which = old.which()
    if which == "numbers":
        new.init_numbers().update(low=old.numbers.low, high=old.numbers.high)
    elif which == "mixed":
        mixed = new.init_mixed()
        if old.has_mixed():
            _rebuild_mixed(old.mixed, mixed)
        else:
            new.mixed = None
    elif which != "words" or old.has_words():
        setattr(new, which, getattr(old, which))
    else:
        new.words = None


def _rebuild_mixed(old: Any, new: Any) -> None:
    for name in ("any", "other"):
        if getattr(old, f"has_{name}")():
            getattr(new, name).set(getattr(old, name).copy())
    for name in ("service", "services", "evolving", "evolvings", "title", "blob"):
        if getattr(old, f"has_{name}")():
            setattr(new, name, getattr(old, name))
    which = old.which()
    if which == "pair":
        new.init_pair()
        pair = {name: getattr(old.pair, name) for name in ("first", "second")}
        new.pair.update(**pair)
    else:
        setattr(new, which, getattr(old, which))


# -- streams of asyncio --------------------------------------------------------------------------


class _Writer:
    """A writer whose peer gets the bytes in small pieces, between which other tasks run."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._octets = b""

    def write(self, octets: bytes) -> None:
        """Take the bytes."""
        self._octets += octets

    async def drain(self) -> None:
        """Wait."""
        await asyncio.sleep(0)

    async def send(self) -> None:
        """Give all bytes to the peer."""
        size, start = 1, 0
        while start < len(self._octets):
            self._reader.feed_data(self._octets[start : start + size])
            await asyncio.sleep(0)
            start += size
            size = 3 * size + 2
        self._reader.feed_eof()


def _asyncio(package: Any, stream: bytes, given: Any) -> Any:
    """Send the value of the root, and some of its words in two segments; plain, and then packed.

    Return whether each arrived as it was sent.
    """
    aio = import_module(f"{package.__name__}.aio")
    loop = asyncio.SelectorEventLoop()
    try:
        return loop.run_until_complete(_sent(package, aio, stream))
    finally:
        loop.close()


async def _sent(package: Any, aio: Any, stream: bytes) -> list[Any]:
    value = _value(package, stream)
    segments = _message(package, value.to_bytes()).segments()
    middle = len(segments[0]) // 16 * 8
    halves = [segments[0][:middle], segments[0][middle:]]
    arrived: list[Any] = []
    for packed in (False, True):
        reader = asyncio.StreamReader()
        writer = _Writer(reader)
        await aio.write_message(writer, segments if packed else value, packed=packed)
        await aio.write_message(writer, halves, packed=packed)
        messages = aio.read_messages(reader, packed=packed)
        # The first task is cancelled in the middle of the message, and the iterator goes on.
        first = asyncio.ensure_future(anext(messages))
        sending = asyncio.ensure_future(writer.send())
        try:
            for _ in range(4):
                await asyncio.sleep(0)
            first.cancel()
            read: list[Any] = []
            with suppress(asyncio.CancelledError):
                read.append(await first)
            read += [message async for message in messages]
        finally:
            sending.cancel()
            await asyncio.gather(first, sending, return_exceptions=True)
        arrived.append([message.segments() for message in read] == [segments, halves])
    return arrived


_ANSWERS: Final[dict[str, Callable[[Any, bytes, Any], Any]]] = {
    "read": _read,
    "read from the end": _read_from_the_end,
    "read in a builder": _read_in_a_builder,
    "value": _by_value,
    "rebuilt": _rebuilt,
    "equal": _equal,
    "repr": _repr,
    "dict": _dict,
    "from dict": _from_dict,
    "text": _text,
    "from text": _from_text,
    "json": _json,
    "from json": _from_json,
    "disguised json": _disguised_json,
    "from disguised json": _from_disguised_json,
    "parameters": _parameters,
    "asyncio": _asyncio,
}
