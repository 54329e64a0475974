"""The configuration of a gate: ``[tool.capnsafe]`` in the pyproject.toml of the current folder.

A repository gates its own encoder by naming it there. It may have its own corpus, and uses this
project's planted bugs. Every key has a default, which is the value for this project.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..targets import current_name
from .config import DEFAULT_FINDINGS
from .failures import UsageError, sentence
from .targets import CLEAN_ENCODER

FILE = "pyproject.toml"
TABLE = "tool.capnsafe"

DEFAULT_EXECUTIONS = 10_000

DEFAULT_CANARIES = (
    "cause_lost",
    "zero_before_allocate",
    "address_kept",
    "view_held_while_granting",
    "loss_forgiven",
    "release_stops_at_error",
    "landing_pad_left_behind",
    "segment_from_outer_far_pointer",
    "stale_handle_reads",
    "struct_list_as_pointers_not_shifted",
    "segment_size_signed",
    "truncated_run_never_ends",
    "zeroed_while_walking",
    "first_word_verified",
    "build_inside_build",
    "value_default_not_xored",
)
"""Planted bugs that every gate must find: at least one for each promise and each target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfig:
    """The parameters of a gate."""

    targets: tuple[str, ...] | None = None
    """None for all targets on which the encoder can be tested."""
    encoder: str = CLEAN_ENCODER
    engine: str | None = None
    """The engine of the campaign; None for the best that runs here."""
    memory: str | None = None
    corpus: Path | None = None
    findings: Path = DEFAULT_FINDINGS
    executions: int = DEFAULT_EXECUTIONS
    seed: int = 1
    canaries: tuple[str, ...] = DEFAULT_CANARIES
    situations: Mapping[str, int] = field(default_factory=dict)
    """For each ``TARGET.ENGINE``, the fewest situations that the campaign must reach.

    ``ENGINE`` alone is that of the target ``builder``.
    """
    known: Path | None = None
    allow_flaky: bool = False
    """Whether the gate may open although something is unsettled."""
    jobs: int = 1
    """Number of witnesses, canaries or campaigns that run at once."""


def _is_name(value: Any) -> bool:
    # No file or module has a null character in its name.
    return isinstance(value, str) and value != "" and "\0" not in value


def _text(value: Any) -> str:
    if not _is_name(value):
        raise ValueError("a text")
    return str(value)


def _path(value: Any) -> Path:
    if not _is_name(value):
        raise ValueError("a path, as text")
    return Path(value)


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("a whole number above 0")
    return value


def _seed(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a whole number, 0 or more")
    return value


def _names(value: Any) -> tuple[str, ...]:
    # With an empty list, the gate would not test the harness.
    if not isinstance(value, list) or not value or not all(map(_is_name, value)):
        raise ValueError("a list of names, at least one")
    return tuple(dict.fromkeys(value))


def _targets(value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(current_name, _names(value))))


def _floors(value: Any) -> dict[str, int]:
    if not isinstance(value, dict) or not value:
        raise ValueError("a table with a number for each engine")
    floors: dict[str, int] = {}
    for name, number in value.items():
        if isinstance(number, dict):
            target = current_name(name)
            floors |= {f"{target}.{engine}": _count(most) for engine, most in number.items()}
        else:
            floors[name] = _count(number)
    return floors


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the table: the field that it sets, its parser, and its description."""

    field: str
    read: Callable[[Any], Any]
    about: str


KEYS: Mapping[str, Key] = {
    "encoder": Key("encoder", _text, "encoder under test: NAME or MODULE:ATTRIBUTE (capnsafe)"),
    "allocator": Key("memory", _text, "the only memory: NAME or MODULE:CLASS (all)"),
    "targets": Key("targets", _targets, "targets to run (all that the encoder supports)"),
    "corpus": Key("corpus", _path, "folder with TARGET/seeds, /regressions (this project's)"),
    "executions": Key("executions", _count, f"executions of each campaign ({DEFAULT_EXECUTIONS})"),
    "seed": Key("seed", _seed, "random seed of the campaigns (1)"),
    "engine": Key("engine", _text, "engine of the campaigns (atheris if installed, else random)"),
    "canaries": Key("canaries", _names, "planted bugs that must be found (a sample)"),
    "situations": Key(
        "situations",
        _floors,
        "fewest situations to reach, by ENGINE or TARGET.ENGINE (none)",
    ),
    "known": Key("known", _path, "file of groups of findings that do not count (none)"),
    "findings": Key("findings", _path, f"folder for findings ({DEFAULT_FINDINGS})"),
}


def describe_keys() -> str:
    """Return a line for each key, for people."""
    width = max(map(len, KEYS))
    return "\n".join(f"  {name:<{width}}  {key.about}" for name, key in KEYS.items())


def read_gate_config(folder: Path) -> tuple[GateConfig, bool]:
    """Return the configuration of the folder's pyproject.toml, and whether it has the table.

    Encoders named MODULE:ATTRIBUTE and paths are relative to that folder.
    """
    path = folder / FILE
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return GateConfig(), False
    except OSError as error:
        raise UsageError(f"{FILE} cannot be read: {sentence(error)}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{FILE} cannot be read: {error}") from error
    tools = document.get("tool", {})
    if not isinstance(tools, dict):
        raise UsageError(f"{FILE}: tool is a table, not {tools!r}")
    table = tools.get("capnsafe")
    if table is None:
        return GateConfig(), False
    if not isinstance(table, dict):
        raise UsageError(f"{FILE}: {TABLE} is a table, not {table!r}")
    settings: dict[str, Any] = {}
    for name, value in table.items():
        key = KEYS.get(name)
        if key is None:
            raise UsageError(f"{FILE}: [{TABLE}] has no key {name!r}; it has {', '.join(KEYS)}")
        try:
            settings[key.field] = key.read(value)
        except ValueError as error:
            raise UsageError(
                f"{FILE}: {name} in [{TABLE}] must be {error}, not {value!r}"
            ) from None
    return GateConfig(**settings), True
