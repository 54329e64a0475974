"""The judge process: run a scenario again, uninstrumented, and ask the oracles.

It also prints scenarios as programs, because a program that shows a breach is made from a run.

Started as ``python -m capnsafe_fuzz.campaign.confirmer PARENT TARGET REPLIES REQUESTS``. It forks
for every request, and the child runs the scenario. So nothing that an encoder leaves behind reaches
the next execution, and an encoder that kills its process kills only that child. A fork costs about
a millisecond, starting an interpreter two hundred.

A request is ``{"wanted", "encoder", "text", "timeout", "memory_limit"}``, with the timeout in
seconds and the limit in megabytes or null. ``wanted`` is one of

- ``violations``: the verdict of all oracles
- ``cheap``: that of the cheap oracles
- ``story``: the lines of a story
- ``program``: a program that shows the breach
- ``plain``: a program that is printed without a run
- ``run``: run the program in ``program``
- ``code``: the encoder's files

A reply has one of

- ``violations``: the verdict of the oracles
- ``died``: how the child ended (``SIGSEGV``, ``exit 3``, or the name of the exception that ended
  it), and ``stderr``, the end of its standard error
- ``hung``: the time was up; with ``stderr``
- ``story``: its lines
- ``program``; or ``unprintable``, the reason why there is none
- ``passed``, whether a printed program succeeded, and ``how`` it ended
- ``code``: the digest of each file of the encoder that was loaded
- ``broken``: the harness failed, in a sentence, and ``traceback``; with ``of_the_user``, code of
  the user failed: an encoder or an allocator cannot be loaded or made
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
"""How long a child whose time is up may take to report its place."""
REST_SECONDS = 1.0
"""How long to read the pipes of a child that has ended."""

STDERR_BYTES = 4000
"""How much of the end of a dead child's stderr is kept, in bytes."""


_REPLIES = frozenset(
    {"violations", "code", "program", "passed", "unprintable", "story", "broken", "died"}
)
_LOADED: set[str] = set()
"""The encoders that this process has imported."""
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


def _in_child(
    work: Callable[[], messages.Message],
    timeout: float,
    memory_limit: int | None,
    private: Iterable[int],
    place: int,
) -> messages.Message:
    """Do that; ``place`` is a file for the place in the code at which the child hung or ended."""
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


def _drain(child: int, result: int, stderr: int, deadline: float) -> _Heard:
    """Read both pipes until the child has ended, or the deadline has come.

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


def print_program(
    target: Target, encoder_name: str, scenario: Input, plain: bool
) -> messages.Message:
    """Print one scenario as a program that shows its breach; a plain one only runs it."""
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
        # A user's encoder that prints no program: its findings are kept without one.
        return {"unprintable": f"{encoder_name} prints no program: {type(error).__name__}"}
    return {"program": program}


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
        find_encoder(name)
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
