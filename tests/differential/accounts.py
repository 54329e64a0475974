"""What the encoder does in scenarios, as text: ``python -m tests.differential.accounts``.

Run once with the sources and once with the compiled package (``CAPNSAFE_PLAIN``), it must print the
same. For each scenario it prints one line: its number and a digest of the account, which has every
outcome, value, exception with its causes and facts, allocator call and byte of output. With
``--tell NUMBER`` it prints the account of one scenario instead.

Faults that act between two bytecodes of the encoder are left out: compiled code has no bytecodes.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from capnsafe_allocators import FAMILIES
from capnsafe_fuzz.campaign.corpus import read_corpus
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.execution.run import Execution
from capnsafe_fuzz.record import Step
from capnsafe_fuzz.record.telling import cause_of, chain_of, full_type_name, plain, repr_of, text_of
from capnsafe_fuzz.scenario import Scenario, generate

import capnsafe

#: The largest generated program, in operations, as in the random engine.
LARGEST = 24

#: The facts of an error that are not in its text.
FACTS = ("segment", "offset", "words_asked", "words_granted", "failures")

#: An address in the text of an object.
ADDRESS = re.compile(r"0x[0-9a-f]+")


def corpus() -> list[Scenario]:
    """Return the scenarios of the whole corpus."""
    return [entry.scenario for entry in read_corpus("builder")]


def scenario_of(number: int) -> Scenario:
    """Return a generated scenario; its number alone decides what it is."""
    rng = Random(number)
    return generate(rng, rng.randint(1, LARGEST))


def account(scenario: Scenario) -> str:
    """Run a scenario once, and return everything that the encoder did."""
    at_calls = [fault for fault in scenario.faults if FAMILIES[fault.family].in_code is None]
    scenario = replace(scenario, faults=tuple(at_calls))
    run = Execution(scenario, find_encoder("capnsafe"), False, False)
    run.complete()
    lines = [line for step in run.record.steps for line in _of_step(step)]
    lines += [f"strange {strange}" for strange in run.record.strange]
    lines += [f"evidence {evidence}" for evidence in run.record.evidence]
    lines += [f"call {tuple(call)}" for call in run.subject.hostile.calls]
    lines += [f"fired {fired}" for fired in run.subject.hostile.fired]
    return ADDRESS.sub("0x…", "\n".join(lines))


def _of_step(step: Step) -> Iterator[str]:
    yield (
        f"step {step.index} {step.verb}: {step.outcome} {repr_of(plain(step.value))}"
        f" {step.failure} lost={step.lost} damage={step.damage} calls={tuple(step.calls)}"
    )
    if step.error is not None:
        for link in chain_of(step.error):
            facts = {name: getattr(link, name) for name in FACTS if hasattr(link, name)}
            cause = cause_of(link)
            by = "nothing" if cause is None else full_type_name(cause)
            yield f"  {full_type_name(link)} by {by}: {text_of(link)} {_texts(facts)}"
    for octets in (step.output, step.canonical):
        if octets is not None:
            yield f"  bytes {octets.hex()}"


def _texts(facts: dict[str, Any]) -> dict[str, str]:
    return {name: repr_of(value) for name, value in facts.items() if value is not None}


def main(arguments: list[str]) -> None:
    """Print digests, or one account."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=0, help="generated scenarios")
    parser.add_argument("--corpus", action="store_true")
    parser.add_argument("--tell", metavar="NUMBER", help="a number of the first column")
    options = parser.parse_args(arguments)
    print("compiled" if capnsafe.COMPILED else "plain", file=sys.stderr)
    numbers = range(options.first, options.first + options.count)
    scenarios: Iterator[tuple[str, Scenario]] = iter(
        [(f"corpus-{at}", scenario) for at, scenario in enumerate(corpus())]
        if options.corpus
        else ()
    )
    for name, scenario in (*scenarios, *((str(n), None) for n in numbers)):
        if options.tell is None:
            text = account(scenario or scenario_of(int(name)))
            print(name, hashlib.sha256(text.encode()).hexdigest()[:16])
        elif options.tell == name:
            print(account(scenario or scenario_of(int(name))))


if __name__ == "__main__":
    main(sys.argv[1:])
