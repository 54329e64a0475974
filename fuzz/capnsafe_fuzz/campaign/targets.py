"""Find targets and encoders by the names that people type.

An encoder has its name in the registry of encoders (``capnsafe``, ``planted:NAME``), or is named
``MODULE:ATTRIBUTE``: the attribute is an encoder, or a class or function that returns one when it
is called without arguments. So users can test their own encoder without changing this project.
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
from ..known_drivers import COMMANDS, SUMMARIES
from ..ownership import VARIABLE, OwnedFolder
from ..targets import TARGETS, Target, names_of, single_target
from .children import GRACE_SECONDS, import_path
from .ending import describe_death, place_in, timed_out
from .failures import told_in_a_sentence
from .messages import Message
from .supervisor import end_supervised

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder

CLEAN_ENCODER = "capnsafe"
"""The clean encoder: a finding about another encoder counts only if this one passes."""

PLANTED = "planted"
"""The prefix of the names of encoders with planted bugs."""
DRIVER = "driver"
"""The prefix of the name of an encoder behind a driver; the command of the driver follows it."""
ENCODER, ALLOCATOR = "encoder", "allocator"
"""The kinds of user code."""
SAID, PLACE = "said", "place"
"""The files of a trial."""
LOAD_SECONDS = 60.0
"""Seconds that loading an encoder may take, on a busy machine and instrumented."""
CONTRACT_SECONDS = 60.0
"""Seconds that the check of an allocator's contract may take."""

_TRIED: dict[tuple[str, ...], Mapping[str, str | None]] = {}
"""The refusals of the user's encoders, by name, current folder and import path."""

DRIVEN_TIMES = 6
"""How many times longer an execution may take if the encoder is behind a driver.

It changes processes at each call of memory, so it takes many times longer on a busy machine. A
driver that hangs is found anyway: each of its answers has a limit, in processor time.
"""

HARNESS = __name__.partition(".")[0]
"""The package that is never instrumented."""


class UnknownNameError(Exception):
    """No target, encoder, engine or allocator has that name; the message lists the known names."""


def find_target(name: str) -> Target:
    """Return the target of that name."""
    try:
        return targets.find_target(name)
    except targets.UnknownTargetError as error:
        raise UnknownNameError(str(error)) from None


def find_encoder(name: str) -> Encoder:
    """Return the encoder of that name, from the registry or from a module."""
    from .. import encoders

    if name in encoders.encoder_names():
        return encoders.find_encoder(name)
    module_name, colon, attribute = name.partition(":")
    if colon and module_name == DRIVER:
        return _driven(name)
    if not colon or module_name == PLANTED:
        raise UnknownNameError(_no_encoder(name, encoders.encoder_names()))
    # A console script does not search the current folder, where the user's encoder is.
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


def _driven(name: str) -> Encoder:
    from .. import encoders

    try:
        return encoders.find_encoder(name)
    except ValueError as error:
        raise UnknownNameError(f"the command of {name!r} cannot be read: {error}") from error


def is_driven(encoder: str) -> bool:
    """Return whether the encoder of that name is behind a driver."""
    return encoder in COMMANDS or encoder.startswith(f"{DRIVER}:")


def seconds_of_one(encoder: str, timeout: float) -> float:
    """Return how long an execution may take, in seconds, where ``timeout`` was requested."""
    return timeout * (DRIVEN_TIMES if is_driven(encoder) else 1)


def is_of_the_user(encoder: str) -> bool:
    """Return whether an encoder of that name is user code, which may do anything when loaded."""
    module, colon, _ = encoder.partition(":")
    return (bool(colon) and module != PLANTED) or is_driven(encoder)


def encoder_packages(name: str) -> tuple[str, ...]:
    """Return the top-level packages of an encoder's code, without importing any of them."""
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
    """Return a line about each encoder."""
    from .. import encoders
    from ..encoders.planted import BUGS, read_bug

    summaries = dict.fromkeys(encoders.encoder_names(), "")
    summaries[CLEAN_ENCODER] = "the encoder of this project"
    for bug in map(read_bug, BUGS.values()):
        summaries[f"{PLANTED}:{bug.name}"] = f"{bug.promise}: {bug.mechanism}"
    summaries.update(SUMMARIES)
    summaries["driver:COMMAND"] = "a library behind a driver: docs/drivers.md"
    summaries["MODULE:ATTRIBUTE"] = "an encoder of your own, or a function that returns one"
    return summaries


def find_memory(name: str, target: Target, cancelled: Callable[[], bool] = lambda: False) -> str:
    """Return the name, if the target has such a memory; ``cancelled`` is polled meanwhile."""
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
    """Check that an allocator of the user keeps its contract."""
    _try(ALLOCATOR, name, f"allocator {name!r} cannot be tried", CONTRACT_SECONDS, cancelled)


def _refusals(name: str, cancelled: Callable[[], bool]) -> Mapping[str, str | None]:
    """Return, for each target, why the encoder cannot be tested on it, or None.

    It loads no user code into this process.

    Raises:
        UnknownNameError: The encoder cannot be loaded.
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
    """Load user code in a separate process, which it may end or keep busy.

    Returns None if ``cancelled``.

    Raises:
        UnknownNameError: Something is wrong with the code. If the process only ended, the message
            begins with ``what``.
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
            # Processes that it started end with it.
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
            how = f"it took longer than {seconds:g} seconds"
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
    """Return how a process ended; None if it did not in time, or if ``cancelled``."""
    until = time.monotonic() + seconds
    while not cancelled() and time.monotonic() < until:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(0.1)
    return None


def check_encoder(name: str, target: Target, cancelled: Callable[[], bool] = lambda: False) -> None:
    """Check that the encoder of that name can be tested on the target."""
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
    """Return the targets of a campaign that names none.

    A planted bug has its own target; any other encoder has all on which it can be tested. With a
    ``memory``, only targets that take one remain. With a user's corpus, only targets for which it
    has a folder remain, if there is any.
    """
    from ..encoders.planted import BUGS, read_bug

    owner, _, bug = encoder_name.partition(":")
    if owner == PLANTED and bug in BUGS:
        return [read_bug(BUGS[bug]).target]
    able = [name for name, refusal in _refusals(encoder_name, cancelled).items() if refusal is None]
    if memory is not None:
        able = [name for name in able if find_target(name).memories] or able
    there = (
        able
        if corpus is None
        else [name for name in able if any((corpus / one).is_dir() for one in names_of(name))]
    )
    return there or able[:1]


def _no_encoder(name: str, known: Iterable[str]) -> str:
    """Return a message that there is no such encoder, with the nearest names only."""
    near = get_close_matches(name, list(known), n=3, cutoff=0.75)
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"no encoder named {name!r} (capnsafe list encoders lists all){meant}"


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    return f"no {what} named {name!r}; there is {', '.join(known)}"
