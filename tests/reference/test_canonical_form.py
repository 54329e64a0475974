"""The canonical form that the model asks for is the one that the reference implementation makes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.reference.canonical import canonical_form
from capnsafe_fuzz.scenario import (
    EVERYTHING,
    ExpectationKind,
    Model,
    Operation,
    Scenario,
    Verb,
    generate,
    schema,
)

from capnsafe import HeapAllocator

CAPNP_TOOL = Path(sys.executable).with_name("capnp")
SCHEMA_FILE = Path(schema.__file__).with_name("everything.capnp")
CANONICAL = Operation(Verb.CANONICAL)


def built(scenario: Scenario) -> tuple[Model, bytes]:
    """The model and the output of a program in which nothing goes wrong."""
    model = Model()
    session = find_encoder("capnsafe").session(HeapAllocator(), 1 << 20)
    for operation in scenario.operations:
        kind = model.expect(operation).kind
        if operation.verb in (Verb.OUTPUT, Verb.CANONICAL, Verb.READ):
            continue
        # The heap does not tell its keys, which another builder needs.
        taken_over = operation.verb is Verb.RESUME
        if not taken_over and kind in (ExpectationKind.OK, ExpectationKind.VALUE):
            done = session.perform(operation)
            if done is False:
                model.forget(operation)
            else:
                model.commit(operation)
        else:
            session.skip(operation)
            model.forget(operation)
    stream = session.output()
    session.close()
    return model, stream


def test_no_root_is_a_null_pointer() -> None:
    assert canonical_form(None, EVERYTHING) == bytes(8)


def test_a_root_that_says_nothing_has_no_words() -> None:
    model = Model()
    model.commit(Operation(Verb.ROOT))
    assert canonical_form(model.tree(), EVERYTHING) == bytes.fromhex("fcffffff00000000")


@pytest.mark.process
@pytest.mark.skipif(not CAPNP_TOOL.exists(), reason="the capnp tool is not installed")
def test_the_reference_implementation_makes_the_same() -> None:
    rng = Random(4)
    compared = 0
    while compared < 12:
        model, stream = built(generate(rng, 40))
        tree = model.tree()
        if tree is None or model.expect(CANONICAL).kind is ExpectationKind.REFUSED:
            continue
        command = [str(CAPNP_TOOL), "convert", "binary:canonical", str(SCHEMA_FILE), "Everything"]
        found = subprocess.run(command, input=stream, capture_output=True, check=True).stdout
        assert canonical_form(tree, EVERYTHING) == found
        compared += 1
