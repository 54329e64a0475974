"""A value whose build is refused at any call of the allocator leaves the message as it was.

Each call of a build fails in a run of its own. The message keeps its octets, and the same build
succeeds after that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from capnsafe_fuzz.campaign.corpus import Entry, read_corpus
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.engines.sweep import sweep_slice
from capnsafe_fuzz.targets import Scope, find_target

from capnsafe import AllocatorError, MessageBuilder
from capnsafe.schema import schema_capnp
from tests.capnsafe.memories import FailingMemory, closing
from tests.capnsafe.schema import addressbook_capnp, features_capnp
from tests.capnsafe.schema.addressbook_capnp import Person
from tests.capnsafe.schema.features_capnp import Choice, Generics, Keywords
from tests.capnsafe.schema.round_trips import name_of, structs_of
from tests.capnsafe.schema.tools import Scatter

pytestmark = pytest.mark.untraced

STRUCTS = [
    kind
    for module in (addressbook_capnp, features_capnp, schema_capnp)
    for kind in structs_of(module)
]


def root_of(message: MessageBuilder, value: Any) -> Any:
    """Return the root of a message, as the struct of a value."""
    kind: Any = type(value)
    return message.get_root(kind)


def as_root(message: MessageBuilder, value: Any) -> None:
    message.set_root(value)


def in_place(message: MessageBuilder, value: Any) -> None:
    root = root_of(message, value)
    root.set(value)


def field_by_field(message: MessageBuilder, value: Any) -> None:
    """Set all fields in one call."""
    root = root_of(message, value)
    layout = value._layout
    fields = {field.name: getattr(value, field.name) for field in layout.singles}
    member = layout.by_tag.get(value._member()) if layout.members else None
    if member is not None:
        fields[member.name] = getattr(value, member.name)
    if len(layout.fields) > 1:
        root.update(**fields)
    else:
        for name, field in fields.items():
            setattr(root, name, field)


#: Puts a value into a message that has another one of the same struct.
Build: TypeAlias = Callable[[MessageBuilder, Any], None]

BUILDS: list[Build] = [as_root, in_place, field_by_field]


def require_all_or_nothing(build: Build, before: Any, after: Any, grant_words: int) -> int:
    """Let each call of the allocator in a build fail, one in each run. Return their number."""
    failed = 0
    for kind in ("allocate", "segment"):
        number = 0
        while True:
            number += 1
            memory = FailingMemory(kind, 0, MemoryError, grant_words=grant_words)
            with closing(MessageBuilder(memory), memory) as message:
                message.set_root(before)
                octets = [bytes(segment) for segment in message.segments()]
                memory.number = memory.calls[kind] + number
                try:
                    build(message, after)
                except AllocatorError:
                    assert [bytes(segment) for segment in message.segments()] == octets
                    build(message, after)
                memory.armed = False
                root = root_of(message, after)
                assert root.to_value() == after
            if not memory.raised:
                break
            failed += 1
    return failed


def require_every_call_fails_once(kind: Any, build: Build) -> None:
    """Build a random value over another one, with each fault."""
    before, after = (Scatter(seed).struct(kind._layout, 2) for seed in (1, 2))
    assert require_all_or_nothing(build, before, after, grant_words=8) > 0


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("kind", [Person, Keywords, Choice, Generics], ids=name_of)
def test_every_call_fails_once(kind: Any, build: Build) -> None:
    require_every_call_fails_once(kind, build)


@pytest.mark.release
@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("kind", STRUCTS, ids=name_of)
def test_every_call_fails_once_for_each_struct(kind: Any, build: Build) -> None:
    require_every_call_fails_once(kind, build)


@pytest.mark.process
@pytest.mark.release
@pytest.mark.parametrize("entry", read_corpus("values"), ids=lambda entry: entry.path.stem)
def test_every_call_of_the_corpus_fails_once(entry: Entry) -> None:
    """After each refusal, the oracles judge the message and the operations that follow."""
    target, encoder = find_target("values"), find_encoder("capnsafe")
    program: Any = target.without_faults(entry.scenario)
    trace = target.trace(program, encoder)
    assert trace is not None
    variations = target.variations(program, trace, Scope.SINGLES, everything=False)
    made: list[Any] = [variations.make(index) for index in range(variations.count)]
    refusals = [
        index
        for index, scenario in enumerate(made)
        if any(fault.family == "refuse" for fault in scenario.faults)
    ]
    swept = sweep_slice(target, encoder, variations, refusals)
    assert swept.acted > 10
    assert swept.broken == []
