"""Targets and encoders by the names that people type, and what stands behind them.

An encoder is named as the registry of encoders has it (``capnsafe``, ``planted:NAME``), or as
``MODULE:ATTRIBUTE``: the attribute is an encoder, or a class or function that is called without
arguments and answers one.
That is how one's own encoder is put to the test without touching this project.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from .. import targets
from ..targets import TARGETS, Target
from .children import import_path
from .ending import describe_death

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder

CLEAN_ENCODER = "capnsafe"
"""The encoder that a finding about any other encoder must spare, to count."""

PLANTED = "planted"
"""What the names of encoders with planted bugs begin with."""
CONTRACT_SECONDS = 60.0
"""How long it may take to see whether an allocator keeps its contract."""

HARNESS = __name__.partition(".")[0]
"""The package that is never instrumented."""


class UnknownNameError(Exception):
    """A target, encoder, engine or allocator of that name does not exist; says what there is."""


def find_target(name: str) -> Target:
    """The target of that name."""
    try:
        return targets.find_target(name)
    except targets.UnknownTargetError as error:
        raise UnknownNameError(str(error)) from None


def find_encoder(name: str) -> Encoder:
    """The encoder of that name, from the registry or from anywhere."""
    from .. import encoders

    if name in encoders.encoder_names():
        return encoders.find_encoder(name)
    module_name, colon, attribute = name.partition(":")
    if not colon or module_name == PLANTED:
        raise UnknownNameError(_no_encoder(name, encoders.encoder_names()))
    # A console script does not look in the current folder, where one's own encoder is.
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise UnknownNameError(f"no encoder {name!r}: {error}") from error
    except (Exception, SystemExit) as error:
        raise UnknownNameError(f"the encoder {name!r} cannot be loaded: {error!r}") from error
    encoder: Encoder = found
    if isinstance(found, type) or (not hasattr(found, "session") and callable(found)):
        try:
            encoder = found()
        except (Exception, SystemExit) as error:
            raise UnknownNameError(f"the encoder {name!r} cannot be made: {error!r}") from error
    if not hasattr(encoder, "session"):
        raise UnknownNameError(f"{name!r} is no encoder: it has no method 'session'")
    return encoder


def encoder_packages(name: str) -> tuple[str, ...]:
    """The top-level packages that hold an encoder's code, without importing any of them."""
    owner, colon, rest = name.partition(":")
    if owner == PLANTED and colon:
        return (f"capnsafe_planted_{rest}",)
    package = owner.partition(".")[0]
    return (CLEAN_ENCODER,) if package == HARNESS else (package,)


def loaded_code(packages: Iterable[str]) -> dict[str, str]:
    """Return the digest of each loaded module's file, for modules of these top-level packages."""
    wanted = frozenset(packages)
    digests: dict[str, str] = {}
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.partition(".")[0] in wanted and isinstance(file, str):
            with suppress(OSError):
                digests[name] = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    return digests


def encoder_summaries() -> dict[str, str]:
    """Every encoder in a line each."""
    from .. import encoders
    from ..encoders.planted import BUGS, read_bug

    summaries = dict.fromkeys(encoders.encoder_names(), "")
    summaries[CLEAN_ENCODER] = "the encoder of this project"
    for bug in map(read_bug, BUGS.values()):
        summaries[f"{PLANTED}:{bug.name}"] = f"{bug.promise}: {bug.mechanism}"
    summaries["MODULE:ATTRIBUTE"] = "an encoder of your own, or what answers one when called"
    return summaries


def find_memory(name: str, target: Target, cancelled: Callable[[], bool] = lambda: False) -> str:
    """The name, if the target has such a memory; ``cancelled`` is asked while that takes time."""
    if not target.memories:
        raise UnknownNameError(f"the target {target.name} takes no allocator")
    if name in target.memories:
        return name
    if ":" not in name:
        known = [*target.memories, "MODULE:CLASS"]
        raise UnknownNameError(_unknown("allocator", name, known))
    _require_contract(name, cancelled)
    return name


def _require_contract(name: str, cancelled: Callable[[], bool]) -> None:
    """See that an allocator of somebody else keeps its contract; the encoder is not to blame.

    It is tried in a process of its own, which it may take down, or keep busy.
    """
    with tempfile.TemporaryDirectory(prefix="capnsafe-contract-") as folder:
        said = Path(folder) / "said"
        environment = os.environ | {"PYTHONPATH": import_path()}
        tried = f"{__package__}.contract"
        command = [sys.executable, "-P", "-m", tried, name, str(said), str(os.getpid())]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            process_group=0,
        )
        try:
            code = _wait(process, CONTRACT_SECONDS, cancelled)
        finally:
            # What it started ends with it.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if cancelled():
            return
        if code is None:
            raise UnknownNameError(
                f"allocator {name!r} cannot be tried: it was not done after {CONTRACT_SECONDS:g} "
                "seconds"
            )
        if not said.exists():
            raise UnknownNameError(
                f"allocator {name!r} cannot be tried: it ended the process ({describe_death(code)})"
            )
        told = said.read_text(encoding="utf-8")
    if told:
        raise UnknownNameError(told)


def _wait(
    process: subprocess.Popen[bytes], seconds: float, cancelled: Callable[[], bool]
) -> int | None:
    """How a process ended; None if it did not in time, or nobody wants to know any more."""
    until = time.monotonic() + seconds
    while not cancelled() and time.monotonic() < until:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(0.1)
    return None


def check_encoder(name: str, target: Target) -> Encoder:
    """The encoder of that name, if it can be tested on the target."""
    encoder = find_encoder(name)
    refusal = target.refusal(encoder)
    if refusal is not None:
        raise UnknownNameError(f"{name} cannot be tested on the target {target.name}: {refusal}")
    return encoder


def targets_of(encoder_name: str, corpus: Path | None) -> list[str]:
    """The targets that a campaign runs on where none is named.

    A planted bug's own; of any other encoder all that it can be tested on. With a corpus of one's
    own, those that it has a folder for, if there is any.
    """
    from ..encoders.planted import BUGS, read_bug

    owner, _, bug = encoder_name.partition(":")
    if owner == PLANTED and bug in BUGS:
        return [read_bug(BUGS[bug]).target]
    encoder = find_encoder(encoder_name)
    able = [name for name in TARGETS if find_target(name).refusal(encoder) is None]
    there = able if corpus is None else [name for name in able if (corpus / name).is_dir()]
    return there or able[:1]


def _no_encoder(name: str, known: Iterable[str]) -> str:
    """Say that there is no such encoder; there are too many to name more than the nearest."""
    near = get_close_matches(name, list(known), n=3, cutoff=0.75)
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"no encoder named {name!r} (capnsafe list encoders has them all){meant}"


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    return f"no {what} named {name!r}; there is {', '.join(known)}"
