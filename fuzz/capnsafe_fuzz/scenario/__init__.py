"""Scenarios: each is one value, a program of build operations, its memory, and a script of faults.

A scenario has two equivalent forms. Text is for people, who read, write, review and commit it.
Bytes are for a coverage-guided fuzzer, which mutates them: every byte string decodes. A plain
Python model knows the expected contents of the message at every moment. Random programs can be
made, mutated and crossed.

Modules: `schema` (the names), `operations` (the table of verbs), `program` (their valid uses),
`scenario` (the value), `heading` (the names of encoder and target in a text), `textform`,
`bytesform`, `labels` (short names of operations); `model`, with `nodes` (its objects), `versions`
(the types that an object may be opened as) and `trees` (its contents as plain values); `mutate`,
with `generator` (the next operation), `values` (its value), `steps` (edits) and `aim` (the words
that faults change).

Nothing here knows who runs or judges a scenario.
"""

from .bytesform import DECODER_VERSION, decode, encode
from .heading import (
    Heading,
    ScenarioSyntaxError,
    below_heading,
    read_heading,
    split_lines,
    tidy_comment,
    with_heading,
)
from .model import ZERO_SIZED, Capability, Expectation, ExpectationKind, Model
from .mutate import crossover, generate, mutate
from .operations import HANDLE_MAKERS, PLACELESS, SOURCED, WHOLE_MESSAGE, Verb
from .program import NO_HANDLE, As, Operation, Place, Program, ScenarioError, Value, handle_types
from .scenario import UNLIMITED_WORDS, MemorySpec, Scenario
from .schema import EMPTY, EVERYTHING, SMALL, TYPES, Field, FieldKind, ListType, StructType, Type
from .textform import (
    HEADER,
    Printer,
    parse_scenario,
    print_operations,
    print_scenario,
    print_value,
)

__all__ = [
    "DECODER_VERSION",
    "EMPTY",
    "EVERYTHING",
    "HANDLE_MAKERS",
    "HEADER",
    "NO_HANDLE",
    "PLACELESS",
    "SMALL",
    "SOURCED",
    "TYPES",
    "UNLIMITED_WORDS",
    "WHOLE_MESSAGE",
    "ZERO_SIZED",
    "As",
    "Capability",
    "Expectation",
    "ExpectationKind",
    "Field",
    "FieldKind",
    "Heading",
    "ListType",
    "MemorySpec",
    "Model",
    "Operation",
    "Place",
    "Printer",
    "Program",
    "Scenario",
    "ScenarioError",
    "ScenarioSyntaxError",
    "StructType",
    "Type",
    "Value",
    "Verb",
    "below_heading",
    "crossover",
    "decode",
    "encode",
    "generate",
    "handle_types",
    "mutate",
    "parse_scenario",
    "print_operations",
    "print_scenario",
    "print_value",
    "read_heading",
    "split_lines",
    "tidy_comment",
    "with_heading",
]
