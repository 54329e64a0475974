"""The judge process: run a scenario again, uninstrumented, and ask the oracles.

It also prints scenarios as programs, because a program that shows a breach is made from a run.

Started as ``python -m capnsafe_fuzz.campaign.confirmer PARENT TARGET REPLIES REQUESTS``. It forks
for every request, and the child runs the scenario. So nothing that an encoder leaves behind reaches
the next execution, and an encoder that kills its process kills only that child. A fork costs about
a millisecond, starting an interpreter two hundred.

An encoder behind a driver is in a process of its own anyway. While one of its scenarios is shrunk,
hundreds of candidates are run, most of them for nothing. So a request with ``quick`` runs in this
process, and its driver serves the next one, too. What is kept in the end is judged without it.

A request is ``{"wanted", "encoder", "text", "timeout", "memory_limit"}``, with the timeout in
seconds and the limit in megabytes or null. ``wanted`` is one of

- ``violations``: the verdict of all oracles
- ``cheap``: that of the cheap oracles
- ``story``: the lines of a story
- ``program``: a program that shows the breach, of the ``group`` if there are several
- ``plain``: a program that is printed without a run
- ``guilty``: the guilty line of the encoder; ``promise`` is the broken one
- ``evidence``: the same, by evidence alone
- ``is_same``: whether the change that repairs the line in ``guilty`` also repairs this scenario
- ``run``: run the program in ``program``, alone if the encoder has programs in another language
- ``code``: the encoder's files
- ``traces``: the allocator calls of each scenario of ``texts`` without faults, for a sweep
- ``sweep``: the verdicts of a slice of a sweep: of its variations with the numbers of the range
  ``indices``, by its ``trace``, ``scope``, and ``everything``. The timeout is that of the slice;
  ``each`` is that of one variation, in seconds

A reply has one of

- ``violations``: the verdict of the oracles; for ``quick``, also ``ended``: how the driver's
  process ended, as a word, empty if it lives
- ``died``: how the child ended (``SIGSEGV``, ``exit 3``, or the name of the exception that ended
  it), and ``stderr``, the end of its standard error
- ``hung``: the time was up; with ``stderr``
- ``story``: its lines
- ``programs``, of which the first one that shows the breach is the best, and ``suffix``, the end
  of their files' names; or ``unprintable``, the reason why there is none
- ``guilty``: the line as data, or null; or ``is_same``
- ``passed``, whether a printed program succeeded, and ``how`` it ended; or ``trouble``, why a
  program that ran alone does not show its breach, empty if it does
- ``code``: the digest of each file of the encoder that was loaded
- ``traces``: those of the scenarios, in their order
- ``swept``: counts, situations and breaches of the slice; if its process died or hung instead, the
  reply has ``at``, the number of the variation that ran then
- ``broken``: the harness failed, in a sentence, and ``traceback``; with ``of_the_user``, code of
  the user failed: an encoder or an allocator cannot be loaded or made
"""

from __future__ import annotations

import faulthandler
import gc
import mmap
import os
import resource
import select
import signal
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..encoders.driven.encoder import DrivenEncoder
from ..engines.sweep import sweep_slice
from ..guilt.guilty import Guilty
from ..ownership import VARIABLE, blocks_of, own_blocks, remove_blocks
from ..record.telling import type_name
from ..targets import Input, Scope, SequenceTarget, Target, Variations
from ..targets.guilt import find_guilty, is_same_mistake
from . import messages
from .ending import (
    DEAFENED,
    GARBLED,
    MOST_FRAMES,
    OUT_OF_MEMORY,
    adopt_orphans,
    describe_death,
    end_children,
    end_with_parent,
    ignore_terminal_signals,
    limit_memory,
    memory_is_spent,
    no_core_dumps,
    place_in,
    tell_exits,
)
from .failures import MOST_TOLD, error_of_the_user, told_in_a_sentence, told_with_cause
from .printed import PROGRAM_FILE, PYTHON
from .supervisor import supervise
from .targets import (
    CLEAN_ENCODER,
    LOAD_SECONDS,
    UnknownNameError,
    encoder_packages,
    find_encoder,
    find_target,
    is_driven,
    is_of_the_user,
    loaded_code,
)

if TYPE_CHECKING:
    from ..encoders.protocol import Encoder

POLL_SECONDS = 0.1
ENDING_SECONDS = 0.001
DUMP_SECONDS = 0.2
"""How long a child whose time is up may take to report its place."""
REST_SECONDS = 1.0
"""How long to read the pipes of a child that has ended."""

STDERR_BYTES = 4000
"""How much of the end of a dead child's stderr is kept, in bytes."""


_REPLIES = frozenset(
    {
        "violations",
        "code",
        "programs",
        "passed",
        "trouble",
        "unprintable",
        "story",
        "traces",
        "swept",
        "guilty",
        "is_same",
        "broken",
        "died",
    }
)
_LOADED: set[str] = set()
"""The encoders that this process has imported."""
_VARIATIONS: dict[tuple[str, str, str, bool], Variations] = {}
"""The variations of the scenario that is being swept."""
_BEGUN = struct.Struct("=QQ")
"""The number of a variation, and ``time.monotonic_ns()`` when it began."""
_REARMED = 0.25
"""The part of the timeout of a variation after which the clock that dumps its place starts again.

To start it costs as much as a tenth of a variation.
"""
_UNHEARD = 88
"""The exit code of a child that could not send its result."""


def in_child(
    work: Callable[[], messages.Message],
    *,
    timeout: float,
    memory_limit: int | None,
    private: Iterable[int] = (),
) -> messages.Message:
    """Run ``work`` in a forked child; return its result, or how the child died, or that it hung.

    ``private`` are descriptors that the child does not get.
    """
    with tempfile.TemporaryFile() as place:
        return _in_child(work, timeout, memory_limit, private, place.fileno())


def _never() -> bool:
    return False


def _in_child(
    work: Callable[[], messages.Message],
    timeout: float,
    memory_limit: int | None,
    private: Iterable[int],
    place: int,
    late: Callable[[], bool] = _never,
) -> messages.Message:
    """Do that. ``place`` is a file for the place in the code at which the child hung or ended.

    The child also hangs if ``late`` returns True before the timeout.
    """
    result_read, result_write = os.pipe()
    stderr_read, stderr_write = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            end_with_parent(parent)
            # Processes that this one starts must not keep the pipes open.
            for descriptor in (*private, result_read, stderr_read):
                os.close(descriptor)
            os.setpgid(0, 0)
            os.dup2(stderr_write, 2)
            os.dup2(stderr_write, 1)
            faulthandler.enable(place)
            faulthandler.dump_traceback_later(timeout, file=place)
            tell_exits(place)
            limit_memory(memory_limit)
            answer = _answer(work)
            try:
                messages.send(result_write, answer)
            except OSError:
                os._exit(_UNHEARD)
        finally:
            os._exit(0)
    os.close(result_write)
    os.close(stderr_write)
    until = time.monotonic() + timeout + DUMP_SECONDS
    heard = _drain(child, result_read, stderr_read, until, late)
    if heard.status is None:
        os.kill(child, signal.SIGKILL)
        _, heard.status = os.waitpid(child, 0)
        heard.hung = not heard.garbled
    _end_group(child)
    remove_blocks(blocks_of(os.environ.get(VARIABLE, ""), child))
    at = os.pread(place, STDERR_BYTES, 0)
    stderr = (heard.stderr + at).decode(errors="replace")
    if heard.hung:
        return {"hung": True, "stderr": stderr}
    code = os.waitstatus_to_exitcode(heard.status)
    death = DEAFENED if code == _UNHEARD else describe_death(code, stderr)
    if heard.replies and _REPLIES.isdisjoint(heard.replies[0]):
        heard.garbled = True
    if heard.garbled:
        death = GARBLED
    elif heard.replies:
        return heard.replies[0]
    return {"died": death, "stderr": stderr}


@dataclass(slots=True)
class _Heard:
    """The messages of a child, and how it ended."""

    replies: list[messages.Message] = field(default_factory=list)
    stderr: bytes = b""
    status: int | None = None
    """The status as ``os.waitpid`` returns it; None while it runs."""
    garbled: bool = False
    """Whether the pipe for messages brought bytes that are no message."""
    hung: bool = False


def _answer(work: Callable[[], messages.Message]) -> messages.Message:
    try:
        return work()
    except Exception as error:
        if isinstance(error, MemoryError) or memory_is_spent():
            # If an encoder leaves no stack or memory, the harness fails next.
            trace = "".join(traceback.format_exception(error, limit=-MOST_FRAMES))
            return {"died": OUT_OF_MEMORY, "stderr": trace}
        return _broken(error)
    except BaseException as error:
        # This ends a worker, too, since it was meant to end the process: ``sys.exit`` in an encoder
        # that no package's code called. Terminals cannot interrupt this process.
        return {"died": type(error).__name__, "stderr": "".join(traceback.format_exception(error))}


def _broken(error: Exception) -> messages.Message:
    trace = "".join(traceback.format_exception(error))[-MOST_TOLD:]
    of_the_user = error_of_the_user(error)
    if of_the_user is not None:
        told = told_with_cause(of_the_user)
    elif isinstance(error, UnknownNameError):
        told = str(error)
    else:
        return {"broken": told_in_a_sentence(error), "traceback": trace}
    return {"broken": told, "traceback": trace, "of_the_user": True}


def _end_group(child: int) -> None:
    """End the processes that the child started, except those that left its process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)


def _drain(
    child: int, result: int, stderr: int, deadline: float, late: Callable[[], bool]
) -> _Heard:
    """Read both pipes until the child has ended, or the deadline has come, or it is ``late``.

    Only the end of its output is kept.
    """
    heard = _Heard()
    lines = messages.LineBuffer()
    waiting = {result, stderr}
    while not heard.garbled and time.monotonic() < deadline:
        if heard.status is None:
            ended, how = os.waitpid(child, os.WNOHANG)
            if ended:
                heard.status = how
                _end_group(child)
                # A process that left its group may have the pipes open, and print endlessly.
                deadline = min(deadline, time.monotonic() + REST_SECONDS)
            elif late():
                break
        # With both pipes closed the child is about to end; or it closed them itself, and never
        # ends.
        pause = POLL_SECONDS if waiting else ENDING_SECONDS
        ready, _, _ = select.select(list(waiting), [], [], pause if heard.status is None else 0)
        if not ready and heard.status is not None:
            break
        for descriptor in ready:
            data = os.read(descriptor, 65536)
            if not data:
                waiting.discard(descriptor)
            elif descriptor == stderr:
                heard.stderr = (heard.stderr + data)[-STDERR_BYTES:]
            else:
                try:
                    heard.replies += lines.feed(data)
                except messages.GarbledError:
                    heard.garbled = True
    os.close(result)
    os.close(stderr)
    return heard


def judge_scenario(
    target: Target, encoder_name: str, scenario: Input, costly: bool = True
) -> messages.Message:
    """Run one scenario, and ask every oracle, or the cheap ones."""
    verdict = target.run(scenario, find_encoder(encoder_name), costly)
    return {"violations": [messages.violation_to_json(v) for v in verdict.violations]}


def sweep_scenario(
    target: Target,
    encoder_name: str,
    variations: Variations,
    indices: range,
    begin: Callable[[int], object],
) -> messages.Message:
    """Run some variations of a scenario; ``begin`` is called with the number of each."""
    swept = sweep_slice(target, find_encoder(encoder_name), variations, indices, begin)
    return {
        "swept": {
            "tried": swept.tried,
            "acted": swept.acted,
            "situations": sorted(swept.situations),
            "broken": [
                (one.index, messages.violation_to_json(one.violation)) for one in swept.broken
            ],
            "alike": dict(swept.alike),
        }
    }


def print_program(
    target: Target, encoder_name: str, scenario: Input, plain: bool, group: str
) -> messages.Message:
    """Print one scenario as a program that shows its breach; a plain one only runs it.

    If it has several breaches, the program shows the one of that ``group``.
    """
    encoder = find_encoder(encoder_name)
    if isinstance(target, SequenceTarget):
        return {"programs": [target.program(scenario, encoder_name)], "suffix": PYTHON}
    try:
        if plain:
            programs, suffix = [target.plain_script(scenario, encoder)], PYTHON
        else:
            programs = target.scripts(scenario, encoder, group)
            language = language_of(encoder)
            suffix = PYTHON if language is None else language.suffix
        if not all(isinstance(program, str) for program in programs):
            raise TypeError(programs)
    except (Exception, SystemExit) as error:
        if encoder_packages(encoder_name)[0].startswith(CLEAN_ENCODER):
            raise
        # A user's encoder that prints no program: its findings are kept without one.
        return {"unprintable": f"{encoder_name} prints no program: {type(error).__name__}"}
    return {"programs": programs, "suffix": suffix}


def language_of(encoder: Encoder) -> Any:
    """Return the language of an encoder's programs that run alone; None if they need no process."""
    return getattr(encoder, "language", None)


def run_program(program: str) -> messages.Message:
    """Run a printed program in this process, which is a child; report how it ended."""
    try:
        code = compile(program, PROGRAM_FILE, "exec")
    except Exception:
        # For half a surrogate pair or too many brackets, the compiler raises no SyntaxError.
        return {"passed": False, "how": SyntaxError.__name__}
    try:
        exec(code, {"__name__": "__main__"})
    except SystemExit as error:
        return {"passed": error.code in (None, 0), "how": "SystemExit"}
    except BaseException as error:
        # Any exception of a program counts as its failure; terminals cannot interrupt this process.
        return {"passed": False, "how": type_name(error)}
    return {"passed": True, "how": ""}


def main(arguments: list[str]) -> None:
    """Serve requests until there are no more."""
    name = arguments.pop(1)
    parent, replies, requests = (int(argument) for argument in arguments)
    supervise(parent)
    ignore_terminal_signals()
    no_core_dumps()
    adopt_orphans()
    own_blocks()
    target = find_target(name)
    # Import and compile everything before the first fork, and not in every child.
    judge_scenario(target, CLEAN_ENCODER, target.sample)
    # A collection in a child would write to every page that it shares with this process.
    gc.freeze()

    with os.fdopen(requests, "rb") as file:
        while (request := messages.receive(file)) is not None:
            reply = _serve(target, request, (replies, requests))
            # Also processes that left the group of the child that started them.
            end_children(_kept_processes())
            messages.send(replies, reply)


def _serve(target: Target, request: messages.Message, private: tuple[int, ...]) -> messages.Message:
    unloadable = _load(target, request["encoder"], request["memory_limit"], private)
    if unloadable is not None:
        return unloadable
    scenario = target.parse(request["text"])

    if request["wanted"] == "sweep":
        return _sweep(target, scenario, request, private)

    def work() -> messages.Message:
        if request["wanted"] == "run":
            language = language_of(find_encoder(request["encoder"]))
            alone = language is not None and request.get("suffix") == language.suffix
            if alone and not isinstance(target, SequenceTarget):
                return {"trouble": language.trouble(request["program"])}
            return run_program(request["program"])
        wanted, encoder = request["wanted"], request["encoder"]
        if wanted == "code":
            find_encoder(encoder)
            return {"code": loaded_code(encoder_packages(encoder))}
        if wanted in ("violations", "cheap"):
            return judge_scenario(target, encoder, scenario, wanted == "violations")
        if wanted in ("guilty", "evidence"):
            line = find_guilty(
                target,
                scenario,
                find_encoder(encoder),
                request["promise"],
                repair=wanted == "guilty",
            )
            return {"guilty": None if line is None else line.to_json()}
        if wanted == "is_same":
            line = Guilty.from_json(request["guilty"])
            return {"is_same": is_same_mistake(target, scenario, find_encoder(encoder), line)}
        if wanted == "story":
            return {"story": target.tell(scenario, find_encoder(encoder))}
        if wanted == "traces":
            traced = map(target.parse, request["texts"])
            return {"traces": [target.trace(one, find_encoder(encoder)) for one in traced]}
        return print_program(target, encoder, scenario, wanted == "plain", request.get("group", ""))

    # A sequence is about the state that earlier scenarios leave behind.
    alone = not isinstance(target, SequenceTarget)
    if alone and request.get("quick") and is_driven(request["encoder"]):
        return _quickly(work, request["encoder"], request["memory_limit"])
    return in_child(
        work,
        timeout=request["timeout"],
        memory_limit=request["memory_limit"],
        private=private,
    )


def _quickly(
    work: Callable[[], messages.Message], name: str, memory_limit: int | None
) -> messages.Message:
    """Run an encoder behind a driver in this process; its own one may serve again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    # The driver's process inherits the limit.
    limit_memory(memory_limit)
    try:
        reply = _answer(work)
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
    encoder = find_encoder(name)
    assert isinstance(encoder, DrivenEncoder)
    return reply | {"ended": encoder.processes.ending}


def _kept_processes() -> frozenset[int]:
    """Return the processes of drivers that wait for another quick request."""
    encoders = (find_encoder(name) for name in _LOADED if is_driven(name))
    return frozenset(
        pid for one in encoders if isinstance(one, DrivenEncoder) for pid in one.processes.pids
    )


def _sweep(
    target: Target, scenario: Input, request: messages.Message, private: tuple[int, ...]
) -> messages.Message:
    """Sweep a slice in a child, which writes the start of each variation to shared memory.

    If the child dies or hangs, the reply says at which variation, and how long that had run. A
    variation hangs after as many seconds as it has alone, and not only when the time of the whole
    slice is up.
    """
    key = request["encoder"], request["text"], request["scope"], request["everything"]
    if key not in _VARIATIONS:
        # The slices of one scenario come one after the other.
        _VARIATIONS.clear()
        _VARIATIONS[key] = target.variations(
            scenario, request["trace"], Scope(request["scope"]), everything=request["everything"]
        )
    variations = _VARIATIONS[key]
    indices = range(*request["indices"])
    each, whole = float(request["each"]), float(request["timeout"])
    with mmap.mmap(-1, _BEGUN.size) as present, tempfile.TemporaryFile() as place:
        until = time.monotonic() + whole
        armed = 0.0

        def note(index: int) -> None:
            _BEGUN.pack_into(present, 0, index, time.monotonic_ns())

        def begin(index: int) -> None:
            nonlocal armed
            note(index)
            now = time.monotonic()
            if now - armed > each * _REARMED:
                armed = now
                seconds = max(min(each, until - now), ENDING_SECONDS)
                faulthandler.dump_traceback_later(seconds, file=place.fileno())

        def seconds_of_this() -> float:
            began: int = _BEGUN.unpack_from(present, 0)[1]
            return (time.monotonic_ns() - began) / 1e9

        note(indices[0])
        reply = _in_child(
            lambda: sweep_scenario(target, request["encoder"], variations, indices, begin),
            whole,
            request["memory_limit"],
            private,
            place.fileno(),
            lambda: seconds_of_this() > each + DUMP_SECONDS,
        )
        if "died" in reply or "hung" in reply:
            reply["at"] = _BEGUN.unpack_from(present, 0)[0]
            reply["seconds"] = seconds_of_this()
        return reply


def _load(
    target: Target, name: str, memory_limit: int | None, private: tuple[int, ...]
) -> messages.Message | None:
    """Import an encoder, so that no child has to; return a reply if that is impossible.

    A user's encoder is first imported in a child, because its module may do anything.
    """
    if name in _LOADED:
        return None
    if is_of_the_user(name):
        reply = in_child(
            lambda: {"story": [find_encoder(name).name]},
            timeout=LOAD_SECONDS,
            memory_limit=memory_limit,
            private=private,
        )
        if "broken" in reply:
            return reply
        if "story" not in reply:
            how = f"it ended the process ({reply.get('died')})"
            if "hung" in reply:
                how = f"it was not done after {LOAD_SECONDS:g} seconds"
            how = f"the encoder {name!r} cannot be loaded: {how}{place_in(reply['stderr'])}"
            return {"broken": how, "traceback": reply["stderr"], "of_the_user": True}
    process = os.getpid()
    try:
        target.prepare(find_encoder(name))
    except Exception as error:
        # A planted bug is not the user's, even if it cannot be found.
        return _broken(error) | {"of_the_user": is_of_the_user(name)}
    if os.getpid() != process:
        # The encoder's module forked, and this is the second process.
        os._exit(0)
    _LOADED.add(name)
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
