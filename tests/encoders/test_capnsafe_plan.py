"""The plans of capnsafe's adapter: every operation has one, and it holds nothing of the library."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from capnsafe_fuzz.encoders import capnsafe_steps
from capnsafe_fuzz.encoders.capnsafe_plan import (
    FUNCTION,
    BufferArgument,
    ElementArgument,
    FloatArgument,
    HandleArgument,
    NameArgument,
    Plan,
    plan_of,
)
from capnsafe_fuzz.scenario import (
    EVERYTHING,
    NO_HANDLE,
    PLACELESS,
    SOURCED,
    TYPES,
    WHOLE_MESSAGE,
    Operation,
    Verb,
)
from capnsafe_fuzz.scenario.program import ACTIONS
from capnsafe_fuzz.scenario.values import value_for

import capnsafe
from capnsafe import Element, MessageBuilder

#: What a message of another process can be made of.
PLAIN = {
    int,
    bool,
    str,
    bytes,
    HandleArgument,
    FloatArgument,
    ElementArgument,
    BufferArgument,
    NameArgument,
}


def operations(name: str) -> Iterator[Operation]:
    """Operations on handle 0 of this type: some for each verb and place, with different values."""
    rng = Random(name)
    for verb, place in ACTIONS[name]:
        at = 3 if place is None and verb not in PLACELESS else place
        for _ in range(20):
            value = 1 if verb in SOURCED else value_for(verb, TYPES[name], at, rng)
            yield Operation(verb, 0, at, value)


def leaves(argument: Any) -> Iterator[Any]:
    if type(argument) in (list, tuple):  # A named tuple is a leaf.
        for one in argument:
            yield from leaves(one)
    else:
        yield argument


def receivers(plan: Plan) -> tuple[type, ...]:
    if plan.receiver == NO_HANDLE:
        return (MessageBuilder,)
    return (
        capnsafe.StructBuilder,
        capnsafe.ListBuilder,
        capnsafe.PointerListBuilder,
        capnsafe.StructListBuilder,
        capnsafe.Orphan,
    )


def check(plan: Plan) -> None:
    if plan.method.startswith(FUNCTION):
        assert callable(getattr(capnsafe_steps, plan.method.removeprefix(FUNCTION))), plan
    else:
        assert any(callable(getattr(cls, plan.method, None)) for cls in receivers(plan)), plan
    for argument in (*plan.arguments, *(value for _, value in plan.keywords)):
        for leaf in leaves(argument):
            assert type(leaf) in PLAIN, plan
            if isinstance(leaf, ElementArgument):
                assert isinstance(getattr(Element, leaf.name), Element)


@pytest.mark.parametrize("name", [name for name in TYPES if ACTIONS[name]])
def test_every_operation_on_a_handle_is_a_call(name: str) -> None:
    for operation in operations(name):
        check(plan_of(TYPES[name], operation))


@pytest.mark.parametrize("verb", sorted(WHOLE_MESSAGE, key=str))
def test_every_operation_on_the_message_is_a_call(verb: Verb) -> None:
    plan = plan_of(None, Operation(verb))
    assert plan.receiver == NO_HANDLE
    check(plan)


@pytest.mark.parametrize(
    ("operation", "plan"),
    [
        (Operation(Verb.GET, 4, "u32"), Plan(4, "get_uint32", (5,))),
        (
            Operation(Verb.SET, 4, "i32Default", 3),
            Plan(4, "set_int32", (12, 3), (("default", -7),)),
        ),
        (
            Operation(Verb.SET, 4, "f32", 7),
            Plan(4, "set_float32", (8, FloatArgument(EVERYTHING.by_name["f32"].kind, 7))),
        ),
        (Operation(Verb.ADOPT, 4, "text", 9), Plan(4, "adopt", (0, HandleArgument(9)))),
        (Operation(Verb.NEW, 4), Plan(NO_HANDLE, "new_orphan", (HandleArgument(4),))),
        (
            Operation(Verb.INIT, 4, "u16s", 2),
            Plan(4, "init_list", (13, ElementArgument("UINT16"), 2)),
        ),
    ],
)
def test_a_plan_says_whose_method_with_which_arguments(operation: Operation, plan: Plan) -> None:
    assert plan_of(EVERYTHING, operation) == plan
