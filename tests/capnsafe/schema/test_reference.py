"""Values of generated classes mean the same to pycapnp and to its tool, in every form.

The structs are those of the reference project's address book, of the schema of schemas, and of a
schema that has each feature of the language.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import pytest

from capnsafe import ArgumentTypeError
from capnsafe.schema import StructValue, schema_capnp
from capnsafe.schema.generator import modules_of
from capnsafe.schema.loading import request_in
from capnsafe.schema.schema_capnp import CodeGeneratorRequest, Node, Value
from tests.capnsafe.schema import addressbook_capnp, features_capnp, shared_capnp
from tests.capnsafe.schema.features_capnp import Recursive
from tests.capnsafe.schema.round_trips import (
    name_of,
    outermost,
    require_printed,
    require_pycapnp_agrees,
    require_round_trips,
    require_same_json,
    require_same_octets,
    require_tool_agrees,
    structs_of,
    theirs,
)
from tests.capnsafe.schema.tools import EVERY, FOLDER, STANDARD, Scatter, compiled, converted

SCHEMA = STANDARD / "capnp" / "schema.capnp"

FILES: dict[Any, Path] = {
    addressbook_capnp: FOLDER / "addressbook.capnp",
    features_capnp: FOLDER / "features.capnp",
    shared_capnp: FOLDER / "shared.capnp",
    schema_capnp: SCHEMA,
}

STRUCTS: list[tuple[Path, Any]] = [
    (file, kind) for module, file in FILES.items() for kind in structs_of(module)
]

#: Random values of these structs contain values of all others.
OUTERMOST: list[tuple[Path, Any]] = [
    (file, kind) for module, file in FILES.items() for kind in outermost(structs_of(module))
]


def ids(one: object) -> str:
    return name_of(one) if isinstance(one, type) else Path(str(one)).stem


def value_of(kind: Any, seed: int) -> Any:
    if kind is Recursive:
        return recursive(random.Random(seed), 2)
    return Scatter(seed).struct(kind._layout, 3)


def recursive(rng: random.Random, depth: int) -> Recursive:
    """Return a struct that is the default of its own fields.

    If the pointer of its union is null, the reference shows the default, in which that pointer is
    null again. It goes on until it reaches its limit of nesting. So no such pointer is null here.
    """

    def items() -> list[Recursive]:
        return [recursive(rng, depth - 1) for _ in range(rng.choice((0, 1, 3)) if depth else 0)]

    choice = Recursive.Choice(members=items())
    if depth and rng.random() < 0.5:
        choice = Recursive.Choice(member=recursive(rng, depth - 1))
    value = Recursive(number=rng.randrange(256), choice=choice)
    if depth and rng.random() < 0.5:
        value.itself = recursive(rng, depth - 1)
    if rng.random() < 0.5:
        value.list = items()
    return value


@pytest.mark.process
@pytest.mark.parametrize("module", FILES, ids=lambda module: str(module.__name__).split(".")[-1])
def test_no_struct_is_missing(module: Any) -> None:
    request = CodeGeneratorRequest.from_bytes(compiled(FILES[module]))
    nodes = {node.id: node for node in request.nodes}
    file = request.requested_files[0].id

    def file_of(node: Node) -> int:
        while node.scope_id in nodes:
            node = nodes[node.scope_id]
        return node.id

    declared = [
        node.id
        for node in request.nodes
        if isinstance(node.struct, Node.Struct)
        and not node.struct.is_group
        and file_of(node) == file
    ]
    assert sorted(kind._layout.type_id for kind in structs_of(module)) == sorted(declared)


@pytest.mark.parametrize(("file", "kind"), STRUCTS, ids=ids)
def test_pycapnp_reads_and_writes_the_same(file: Path, kind: Any) -> None:
    for seed in range(3):
        require_round_trips(value_of(kind, seed), file)


@pytest.mark.process
@pytest.mark.parametrize(("file", "kind"), OUTERMOST, ids=ids)
def test_the_tool_reads_and_writes_the_same(file: Path, kind: Any) -> None:
    require_tool_agrees([value_of(kind, seed) for seed in range(10, 13)], file)


@pytest.mark.process
@pytest.mark.release
@pytest.mark.parametrize(("file", "kind"), STRUCTS, ids=ids)
def test_the_tool_reads_and_writes_many_values(file: Path, kind: Any) -> None:
    require_tool_agrees([value_of(kind, seed) for seed in range(40)], file)


#: The files of requests of the compiler.
REQUESTS = {
    "this folder": [FILES[addressbook_capnp], FILES[features_capnp], FILES[shared_capnp]],
    "the schema of schemas": [SCHEMA],
    "every type": [EVERY],
    "rpc": [STANDARD / "capnp" / "rpc.capnp"],
}


def values_below(value: object) -> Iterator[StructValue]:
    """Yield the values of all structs and groups in a value, itself included."""
    if isinstance(value, list):
        for item in value:
            yield from values_below(item)
    if isinstance(value, StructValue):
        yield value
        for field in vars(value).values():
            yield from values_below(field)


def without_objects(request: CodeGeneratorRequest) -> CodeGeneratorRequest:
    """Return a request without the defaults that are objects. It has them as AnyPointers."""
    copy = CodeGeneratorRequest.from_bytes(request.to_bytes())
    for value in values_below(copy):
        if isinstance(value, Value) and value.which() in ("struct", "list", "any_pointer"):
            value.void = None
    return copy


def require_request(value: CodeGeneratorRequest) -> None:
    """Require that pycapnp and the tool read and write a request of the compiler."""
    with theirs(CodeGeneratorRequest, SCHEMA).from_bytes(value.to_bytes()) as message:
        # pycapnp copies AnyPointers, which it does not show.
        copied = message.as_builder().to_bytes()
    assert CodeGeneratorRequest.from_bytes(copied) == value
    require_same_octets([value], SCHEMA)
    require_printed([value], SCHEMA)
    plain = without_objects(value)
    require_pycapnp_agrees(plain, SCHEMA)
    require_tool_agrees([plain], SCHEMA)


@pytest.mark.process
@pytest.mark.parametrize("name", ["this folder", "the schema of schemas"])
def test_requests_of_the_compiler(name: str) -> None:
    require_request(CodeGeneratorRequest.from_bytes(compiled(*REQUESTS[name])))


@pytest.mark.process
@pytest.mark.release
@pytest.mark.parametrize("name", REQUESTS)
def test_the_generator_reads_what_a_value_has_written(name: str) -> None:
    octets = compiled(*REQUESTS[name])
    value = CodeGeneratorRequest.from_bytes(octets)
    written = modules_of(request_in(value.to_bytes()), in_package=True)
    assert written == modules_of(request_in(octets), in_package=True)
    require_request(value)


@pytest.mark.process
def test_json_has_no_form_for_the_defaults_of_lists() -> None:
    """Neither here nor in the tool. Declarations without such a default are the same in both."""
    request = CodeGeneratorRequest.from_bytes(compiled(SCHEMA))
    shown, refused = [], []
    for node in request.nodes:
        try:
            node.to_json()
            shown.append(node)
        except ArgumentTypeError:
            refused.append(node)
    assert len(shown) > 10
    require_same_json(shown, SCHEMA)
    for node in refused[:2]:
        with pytest.raises(CalledProcessError):
            converted(node.to_bytes(), "binary:json", SCHEMA, "Node")
