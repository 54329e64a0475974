"""The names in Python of the declarations of a schema."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Final

from ..errors import SchemaError

#: The package that generated code imports: capnsafe, or the renamed copy that has this module.
PACKAGE: Final = __name__.partition(".")[0]

#: Builtins that generated annotations and decorators use. If a field has such a name, its module
#: writes ``builtins.int`` and so on.
BUILTINS: Final = frozenset(
    ("bool", "bytes", "classmethod", "dict", "float", "int", "list", "object", "property", "str")
)

#: Modules that generated code uses.
MODULES: Final = frozenset(("builtins", "dataclasses", "schema", "typing"))

#: The names that the bases of generated classes use.
METHODS: Final = frozenset(
    (
        "from_bytes",
        "from_dict",
        "from_json",
        "from_message",
        "from_text",
        "low_level",
        "set",
        "to_bytes",
        "to_dict",
        "to_json",
        "to_text",
        "to_value",
        "update",
        "which",
    )
)

_RESERVED: Final = frozenset(keyword.kwlist) | MODULES | METHODS

#: Members that an enum cannot have.
_ENUM_RESERVED: Final = frozenset(("label", "name", "value"))


def words(name: str) -> str:
    """Return a name in camel case with underscores between its words.

    Raises:
        SchemaError: If ``name`` is not a valid name. This is checked because names become code, and
            anybody can write a request.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise SchemaError(
            "the request of the schema compiler is damaged: a declaration cannot have the name"
            f" {name!r}"
        )
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)


def free(name: str, taken: Iterable[str]) -> str:
    """Return the name, with as many underscores appended as make it different from taken names."""
    while name in taken:
        name += "_"
    return name


def field_name(name: str, taken: Iterable[str]) -> str:
    """Return the name of a property: ``phoneNumber`` becomes ``phone_number``."""
    snake = words(name).lower()
    return free(snake + "_" if snake in _RESERVED else snake, taken)


def constant_name(name: str, taken: Iterable[str]) -> str:
    """Return the name of a constant or enumerant: ``maxSize`` becomes ``MAX_SIZE``."""
    return free(words(name).upper(), taken)


def class_name(name: str, taken: Iterable[str]) -> str:
    """Return the name of a class. The group ``employment`` gets the class ``Employment``."""
    words(name)
    upper = name[:1].upper() + name[1:]
    return free(upper + "_" if keyword.iskeyword(upper) else upper, taken)


def module_name(path: str) -> str:
    """Return the dotted name of a module: ``dir/a-b.capnp`` gives ``dir.a_b_capnp``.

    A folder whose name is a keyword gets an underscore, and so does the folder of the compiler's
    own schemas: ``capnp`` is the package of pycapnp.
    """
    stem = path.removesuffix(".capnp").strip("/")
    parts = [re.sub(r"\W", "_", part) for part in stem.split("/") if part not in ("", ".")]
    parts = [f"_{part}" if part[:1].isdigit() else part for part in parts]
    *folders, name = parts
    taken = [f"{part}_" if keyword.iskeyword(part) else part for part in folders]
    if taken[:1] == ["capnp"]:
        taken[0] = "capnp_"
    return ".".join((*taken, f"{name}_capnp"))
