"""A scenario is one value: a program of build operations, its memory, and a script of faults.

It has two forms that say the same. Text is what people read, write, review and commit. Bytes are
what a coverage-guided fuzzer mutates: every byte string decodes. A plain Python model knows at
every moment what the message must say, and random programs can be made, mutated and crossed.

Modules: `schema` (what can be named), `operations` (the table of verbs), `program` (which of their
uses make sense), `scenario` (the value), `heading` (what a text was found on), `textform`,
`bytesform`, `labels` (what operations are called); `model`, with `nodes` (its objects), `versions`
(what they may be taken for) and `trees` (what they read as); `mutate`, with `front` (what may come
next), `values` and `steps` (edits).
Nothing here knows who runs a scenario, what on, or who judges it.
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
from .model import WEIGHTLESS, Capability, Expectation, ExpectationKind, Model
from .mutate import crossover, generate, mutate
from .operations import HANDLE_MAKERS, PLACELESS, SOURCED, WHOLE_MESSAGE, Verb
from .program import NO_HANDLE, As, Operation, Place, Program, ScenarioError, Value, handle_types
from .scenario import UNLIMITED_WORDS, MemorySpec, Scenario
from .schema import EMPTY, EVERYTHING, SMALL, TYPES, Field, FieldKind, ListType, StructType, Type
from .textform import (
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
    "NO_HANDLE",
    "PLACELESS",
    "SMALL",
    "SOURCED",
    "TYPES",
    "UNLIMITED_WORDS",
    "WEIGHTLESS",
    "WHOLE_MESSAGE",
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
