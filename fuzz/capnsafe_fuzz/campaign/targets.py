"""Targets and encoders by the names that people type, and what stands behind them.

An encoder is named as the registry of encoders has it (``capnsafe``, ``planted:NAME``), or as
``MODULE:ATTRIBUTE``: the attribute is an encoder, or a class or function that is called without
arguments and answers one.
That is how one's own encoder is put to the test without touching this project.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from .. import targets
from ..ownership import VARIABLE, OwnedFolder
from ..targets import TARGETS, Target, single_target
from .children import GRACE_SECONDS, import_path
from .ending import describe_death, place_in, timed_out
from .failures import told_in_a_sentence
from .messages import Message
from .supervisor import end_supervised

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder

CLEAN_ENCODER = "capnsafe"
"""The encoder that a finding about any other encoder must spare, to count."""

PLANTED = "planted"
"""What the names of encoders with planted bugs begin with."""
ENCODER, ALLOCATOR = "encoder", "allocator"
"""What the user may bring along."""
SAID, PLACE = "said", "place"
"""The files of a trial."""
LOAD_SECONDS = 60.0
"""How long it may take to load an encoder: on a busy machine, and instrumented in a worker."""
CONTRACT_SECONDS = 60.0
"""How long it may take to see whether an allocator keeps its contract."""

_TRIED: dict[tuple[str, ...], Mapping[str, str | None]] = {}
"""The refusals of encoders of the user, by name, current folder and import path."""

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
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and module_name.startswith(str(error.name)):
            raise UnknownNameError(f"no encoder {name!r}: {error}") from error
        raise UnknownNameError(
            f"the encoder {name!r} cannot be loaded: {told_in_a_sentence(error)}"
        ) from error
    try:
        found = getattr(module, attribute)
    except AttributeError as error:
        raise UnknownNameError(f"no encoder {name!r}: {error}") from error
    encoder: Encoder = found
    try:
        if isinstance(found, type) or (not hasattr(found, "session") and callable(found)):
            encoder = found()
        is_encoder = hasattr(encoder, "session")
    except (Exception, SystemExit) as error:
        raise UnknownNameError(
            f"the encoder {name!r} cannot be made: {told_in_a_sentence(error)}"
        ) from error
    if not is_encoder:
        raise UnknownNameError(f"{name!r} is no encoder: it has no method 'session'")
    return encoder


def is_of_the_user(encoder: str) -> bool:
    """Whether an encoder of that name is code that may do anything when it is loaded."""
    module, colon, _ = encoder.partition(":")
    return bool(colon) and module != PLANTED


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
    """See that an allocator of the user keeps its contract; the encoder is not to blame."""
    _try(ALLOCATOR, name, f"allocator {name!r} cannot be tried", CONTRACT_SECONDS, cancelled)


def _refusals(name: str, cancelled: Callable[[], bool]) -> Mapping[str, str | None]:
    """For each target, why an encoder cannot be tested on it, or None; loads no code of the user.

    Raises ``UnknownNameError`` if it cannot be loaded.
    """
    if not is_of_the_user(name):
        encoder = find_encoder(name)
        return {target: find_target(target).refusal(encoder) for target in TARGETS}
    key = (name, os.getcwd(), *sys.path)
    if key not in _TRIED:
        what = f"the encoder {name!r} cannot be loaded"
        said = _try(ENCODER, name, what, LOAD_SECONDS, cancelled)
        if said is None:
            return dict.fromkeys(TARGETS)
        _TRIED[key] = said["refusals"]
    return _TRIED[key]


def _try(
    kind: str, name: str, what: str, seconds: float, cancelled: Callable[[], bool]
) -> Message | None:
    """Try code of the user in a process of its own, which it may take down, or keep busy.

    Raises ``UnknownNameError`` about what is wrong with it, which begins with ``what`` where there
    is only the end of the process to tell of. Returns None if ``cancelled``.
    """
    with OwnedFolder() as folder:
        environment = os.environ | {"PYTHONPATH": import_path()}
        environment["TMPDIR"] = environment[VARIABLE] = str(folder.path)
        arguments = [kind, name, str(folder.path), str(os.getpid()), str(seconds)]
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", f"{__package__}.trial", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            process_group=0,
        )
        try:
            code = _wait(process, seconds + GRACE_SECONDS, cancelled)
        finally:
            # What it started ends with it.
            end_supervised(process)
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if cancelled():
            return None
        said = folder.path / SAID
        if not said.exists():
            trace = ""
            with suppress(OSError):
                trace = (folder.path / PLACE).read_text(errors="replace")
            how = f"it was not done after {seconds:g} seconds"
            if code is not None and not timed_out(trace):
                how = f"it ended the process ({describe_death(code)})"
            raise UnknownNameError(f"{what}: {how}{place_in(trace)}")
        told: Message = json.loads(said.read_text())
    if told["complaint"]:
        raise UnknownNameError(told["complaint"])
    return told


def _wait(
    process: subprocess.Popen[bytes], seconds: float, cancelled: Callable[[], bool]
) -> int | None:
    """How a process ended; None if it did not in time, or nobody wants to know any more."""
    until = time.monotonic() + seconds
    while not cancelled() and time.monotonic() < until:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(0.1)
    return None


def check_encoder(name: str, target: Target, cancelled: Callable[[], bool] = lambda: False) -> None:
    """See that the encoder of that name can be tested on the target."""
    refusal = _refusals(name, cancelled)[single_target(target.name)]
    if refusal is not None:
        raise UnknownNameError(f"{name} cannot be tested on the target {target.name}: {refusal}")


def targets_of(
    encoder_name: str,
    corpus: Path | None,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    memory: str | None = None,
) -> list[str]:
    """The targets that a campaign runs on where none is named.

    A planted bug's own; of any other encoder all that it can be tested on. With a ``memory``, those
    that take one. With a corpus of one's own, those that it has a folder for, if there is any.
    """
    from ..encoders.planted import BUGS, read_bug

    owner, _, bug = encoder_name.partition(":")
    if owner == PLANTED and bug in BUGS:
        return [read_bug(BUGS[bug]).target]
    able = [name for name, refusal in _refusals(encoder_name, cancelled).items() if refusal is None]
    if memory is not None:
        able = [name for name in able if find_target(name).memories] or able
    there = able if corpus is None else [name for name in able if (corpus / name).is_dir()]
    return there or able[:1]


def _no_encoder(name: str, known: Iterable[str]) -> str:
    """Say that there is no such encoder; there are too many to name more than the nearest."""
    near = get_close_matches(name, list(known), n=3, cutoff=0.75)
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"no encoder named {name!r} (capnsafe list encoders has them all){meant}"


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    return f"no {what} named {name!r}; there is {', '.join(known)}"
