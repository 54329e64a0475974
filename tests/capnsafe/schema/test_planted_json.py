"""Mistakes that are put into the code of JSON's annotations, and found by the tables of values."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from capnsafe_fuzz.encoders.planted import Edit, PlantedBug, plant
from capnsafe_fuzz.encoders.planted.loader import import_package

import capnsafe
from tests.builds import plain_only
from tests.capnsafe.schema.test_json_keys import FILE, MISTAKEN, READ, WRITTEN, is_wrong, schema_of
from tests.capnsafe.schema.tools import compiled

pytestmark = plain_only("a module is compiled for its own package, not for a copy with a mistake")

#: Mistakes by their names: (its effect, the file, the right text, the wrong text).
PLANTED = {
    "tag_without_prefix": (
        "the discriminator of a flattened union has no prefix",
        "plain.py",
        "        plain[prefix + shape.tag] = member.name\n",
        "        plain[shape.tag] = member.name\n",
    ),
    "prefix_not_nested": (
        "a struct that is flattened twice has only the inner prefix",
        "plain.py",
        "_annotated(inner, low, prefix + each.prefix, plain, opened)",
        "_annotated(inner, low, each.prefix, plain, opened)",
    ),
    "part_of_a_default": (
        "a flattened struct of which JSON has a part loses its default",
        "plain.py",
        "    return _annotated_value(each.inner, inside, each.field.initial())\n",
        "    return _annotated_value(each.inner, inside, None)\n",
    ),
    "tag_has_the_name_of_the_schema": (
        "the discriminator ignores the names that members have in JSON",
        "plain.py",
        "        plain[prefix + shape.tag] = member.name\n",
        "        plain[prefix + shape.tag] = member.field.label\n",
    ),
    "first_member_wins": (
        "of several members of a union, the first is set",
        "plain.py",
        "            member = shape.by_key.get(key, member)\n",
        "            member = member or shape.by_key.get(key)\n",
    ),
    "empty_data_is_the_default": (
        "an empty Data is written as the default of its field",
        "plain.py",
        'low.get_data(field.offset, default=field.default) or b""',
        'low.get_data(field.offset) or field.default or b""',
    ),
    "brand_drops_annotations": (
        "a generic struct has annotations only without its types",
        "layout.py",
        "                annotations=field.annotations,\n",
        "",
    ),
    "enumerants_of_the_schema": (
        "an enumerant ignores its name in JSON",
        "enums.py",
        ".get(NAME, label)",
        ".get(0, label)",
    ),
    "group_without_discriminator": (
        "a named union that is not flattened has no discriminator",
        "generator.py",
        "self._annotations(found or node.annotations)",
        "self._annotations(node.annotations)",
    ),
}

#: Mistakes that let a wrong schema pass.
LENIENT = {
    "keys_collide": (
        "two fields have one key",
        "json_layout.py",
        "and name in self.names:",
        "and name in ():",
    ),
    "cycle": (
        "a struct is flattened into itself without end",
        "json_layout.py",
        "        if layout in opened:\n",
        "        if layout in opened[-1:]:\n",
    ),
}


def planted(folder: Path, name: str, mistake: tuple[str, str, str, str]) -> ModuleType:
    """Return the package with a mistake in it."""
    mechanism, file, before, after = mistake
    edits = (Edit(before, after, f"schema/{file}"),)
    bug = PlantedBug(name, "P11", "nobody", mechanism, {"operations": 1}, edits, "values")
    return import_package(plant(bug, folder))


@cache
def request() -> bytes:
    """Return the compiled schema."""
    return compiled(FILE)


def is_found(package: Any) -> bool:
    """Return whether a value of the tables shows a mistake."""
    module = package.load(request())
    try:
        if any(is_wrong(module, value, plain) for value, plain in WRITTEN):
            return True
        return any(
            getattr(module, type(value).__name__).from_json(text).to_bytes()
            != type(value).from_json(text).to_bytes()
            for text, value in READ
        )
    except package.Error:
        return True


@pytest.mark.process
@pytest.mark.parametrize("name", PLANTED)
def test_a_mistake_is_found(tmp_path: Path, name: str) -> None:
    assert is_found(planted(tmp_path, name, PLANTED[name]))


@pytest.mark.process
def test_without_a_mistake_nothing_is_found() -> None:
    assert not is_found(capnsafe)


@pytest.mark.process
@pytest.mark.parametrize("name", LENIENT)
def test_a_schema_that_passes_is_found(tmp_path: Path, name: str) -> None:
    package: Any = planted(tmp_path, name, LENIENT[name])
    passed = []
    for body, message in MISTAKEN:
        if "key 'x'" in message or "itself" in message:
            octets = compiled(schema_of(tmp_path, body))
            try:
                package.load(octets)
            except package.SchemaError as error:
                if "itself" in message and "itself" not in str(error):
                    passed.append(body)
            else:
                passed.append(body)
    assert passed
