"""The judge process: runs a scenario again, uninstrumented, and says what the oracles say.

It also prints scenarios as programs: a program that shows what broke is made from a run.

Started as ``python -m capnsafe_fuzz.campaign.confirmer PARENT TARGET REPLIES REQUESTS``. For every
request it forks, and the child runs the scenario: so nothing that an encoder leaves behind reaches
the next execution, and an encoder that takes its process down takes down that child only. A fork
costs about a millisecond, starting an interpreter two hundred.

A request is ``{"wanted", "encoder", "text", "timeout", "memory_limit"}``; ``wanted`` is
``violations``, ``cheap`` (by the cheap oracles only), ``story``, ``program``, ``plain``, a program
that is printed without a run, ``run``, which runs the one in ``program``, or ``code``; ``timeout``
in seconds, the limit in megabytes or null. A reply has one of

- ``violations``: what the oracles said, the costly ones included
- ``died``: how the child ended (``SIGSEGV``, ``exit 3``, or the name of what was raised to end it),
  and ``stderr``, the end of what it wrote
- ``hung``: it was not done in time, and ``stderr``
- ``story``: the lines of one
- ``program``, or ``unprintable``, why there is none
- ``passed``, whether a printed program ended well, and ``how`` it ended
- ``code``: the digest of each file of the encoder that was loaded
- ``broken``: the harness failed, in a sentence, and ``traceback``; with ``of_the_user``, code of
  the user did, an encoder or an allocator that cannot be loaded or made
"""

from __future__ import annotations

import faulthandler
import gc
import os
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from ..ownership import VARIABLE, blocks_of, own_blocks, remove_blocks
from ..record.telling import type_name
from ..targets import Input, SequenceTarget, Target
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
from .printed import PROGRAM_FILE
from .supervisor import supervise
from .targets import (
    CLEAN_ENCODER,
    LOAD_SECONDS,
    UnknownNameError,
    encoder_packages,
    find_encoder,
    find_target,
    is_of_the_user,
    loaded_code,
)

POLL_SECONDS = 0.1
ENDING_SECONDS = 0.001
DUMP_SECONDS = 0.2
"""How long a child that is not done in time has to tell where it is."""
REST_SECONDS = 1.0
"""How long to read what a child that has ended left in its pipes."""

STDERR_BYTES = 4000
"""How much of the end of a dead child's stderr is kept."""


_REPLIES = frozenset(
    {"violations", "code", "program", "passed", "unprintable", "story", "broken", "died"}
)
_LOADED: set[str] = set()
"""The encoders that this process has imported."""
_UNHEARD = 88
"""How a child ends that could not send what it has to say."""


def in_child(
    work: Callable[[], messages.Message],
    *,
    timeout: float,
    memory_limit: int | None,
    private: Iterable[int] = (),
) -> messages.Message:
    """What ``work`` answers, done in a forked child; or how the child died, or that it hung.

    ``private`` are descriptors that the child does not get.
    """
    with tempfile.TemporaryFile() as place:
        return _in_child(work, timeout, memory_limit, private, place.fileno())


def _in_child(
    work: Callable[[], messages.Message],
    timeout: float,
    memory_limit: int | None,
    private: Iterable[int],
    place: int,
) -> messages.Message:
    """``place`` is a file for the place in the code at which the child hung or ended."""
    result_read, result_write = os.pipe()
    stderr_read, stderr_write = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        try:
            end_with_parent(parent)
            # Whatever this process starts must not keep the pipes from breaking.
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
    heard = _drain(child, result_read, stderr_read, until)
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
    """What a child said, and how it ended."""

    replies: list[messages.Message] = field(default_factory=list)
    stderr: bytes = b""
    status: int | None = None
    """As ``os.waitpid`` has it; None as long as it runs."""
    garbled: bool = False
    """Something that is no message came through the pipe for messages."""
    hung: bool = False


def _answer(work: Callable[[], messages.Message]) -> messages.Message:
    try:
        return work()
    except Exception as error:
        if isinstance(error, MemoryError) or memory_is_spent():
            # Where an encoder leaves none, the harness fails next.
            trace = "".join(traceback.format_exception(error, limit=-MOST_FRAMES))
            return {"died": OUT_OF_MEMORY, "stderr": trace}
        return _broken(error)
    except BaseException as error:
        # It ends a worker, too, for it was meant to end the process: ``sys.exit`` in an encoder
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
    """End what the child started, and what did not leave its process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)


def _drain(child: int, result: int, stderr: int, deadline: float) -> _Heard:
    """Read both pipes until the child has ended, or the deadline has come.

    Of what it prints, only the end is kept, however much it is.
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
                # A process that left its group may have the pipes open, and print without end.
                deadline = min(deadline, time.monotonic() + REST_SECONDS)
        # With both pipes closed it is about to end; or it closed them itself, and never does.
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


def print_program(
    target: Target, encoder_name: str, scenario: Input, plain: bool
) -> messages.Message:
    """Print one scenario as a program that shows what it breaks; a plain one only runs it."""
    encoder = find_encoder(encoder_name)
    if isinstance(target, SequenceTarget):
        return {"program": target.program(scenario, encoder_name)}
    print_it = target.plain_script if plain else target.script
    try:
        program = print_it(scenario, encoder)
        if not isinstance(program, str):
            raise TypeError(program)
    except (Exception, SystemExit) as error:
        if encoder_packages(encoder_name)[0].startswith(CLEAN_ENCODER):
            raise
        # An encoder of somebody else's: what it breaks is kept without a program of its own.
        return {"unprintable": f"{encoder_name} prints no program: {type(error).__name__}"}
    return {"program": program}


def run_program(program: str) -> messages.Message:
    """Run a printed program in this process, which is a child, and say how it ended."""
    try:
        code = compile(program, PROGRAM_FILE, "exec")
    except Exception:
        # Half a surrogate pair, or more brackets than the compiler takes, are no SyntaxError.
        return {"passed": False, "how": SyntaxError.__name__}
    try:
        exec(code, {"__name__": "__main__"})
    except SystemExit as error:
        return {"passed": error.code in (None, 0), "how": "SystemExit"}
    except BaseException as error:
        # Whatever a program raises is how it fails; terminals cannot interrupt this process.
        return {"passed": False, "how": type_name(error)}
    return {"passed": True, "how": ""}


def main(arguments: list[str]) -> None:
    """Answer requests until there are no more."""
    name = arguments.pop(1)
    parent, replies, requests = (int(argument) for argument in arguments)
    supervise(parent)
    ignore_terminal_signals()
    no_core_dumps()
    adopt_orphans()
    own_blocks()
    target = find_target(name)
    # Whatever is imported or compiled at first use is so before the first fork, not in every child.
    judge_scenario(target, CLEAN_ENCODER, target.sample)
    # A collection in a child would write to every page that it shares with this process.
    gc.freeze()

    with os.fdopen(requests, "rb") as file:
        while (request := messages.receive(file)) is not None:
            reply = _serve(target, request, (replies, requests))
            # Also what left the process group of the child that started it.
            end_children()
            messages.send(replies, reply)


def _serve(target: Target, request: messages.Message, private: tuple[int, ...]) -> messages.Message:
    unloadable = _load(request["encoder"], request["memory_limit"], private)
    if unloadable is not None:
        return unloadable
    scenario = target.parse(request["text"])

    def work() -> messages.Message:
        if request["wanted"] == "run":
            return run_program(request["program"])
        wanted, encoder = request["wanted"], request["encoder"]
        if wanted == "code":
            find_encoder(encoder)
            return {"code": loaded_code(encoder_packages(encoder))}
        if wanted in ("violations", "cheap"):
            return judge_scenario(target, encoder, scenario, wanted == "violations")
        if wanted == "story":
            return {"story": target.tell(scenario, find_encoder(encoder))}
        return print_program(target, encoder, scenario, wanted == "plain")

    return in_child(
        work,
        timeout=request["timeout"],
        memory_limit=request["memory_limit"],
        private=private,
    )


def _load(name: str, memory_limit: int | None, private: tuple[int, ...]) -> messages.Message | None:
    """Import an encoder, so that no child has to; or what to reply if that is impossible.

    One of the user's is imported in a child first, for its module may do anything.
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
        find_encoder(name)
    except Exception as error:
        # One that this project plants is not the user's, even if it cannot be found.
        return _broken(error) | {"of_the_user": is_of_the_user(name)}
    if os.getpid() != process:
        # The encoder's module forked, and this is the other one.
        os._exit(0)
    _LOADED.add(name)
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
