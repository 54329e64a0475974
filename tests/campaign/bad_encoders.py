"""Encoders that misbehave without any fault of the memory; named ``bad_encoders:NAME``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.encoders.protocol import Failure
from capnsafe_fuzz.scenario import Operation, Scenario, Verb

Misdeed = Callable[[Operation], None]


class BentSession:
    """A session of capnsafe, and a misdeed before each operation."""

    def __init__(self, session: Any, misdeed: Misdeed) -> None:
        self._session = session
        self._misdeed = misdeed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def perform(self, operation: Operation) -> object:
        self._misdeed(operation)
        return self._session.perform(operation)


class BentEncoder:
    """capnsafe, bent."""

    def __init__(self, name: str, misdeed: Misdeed) -> None:
        self.name = f"bad_encoders:{name}"
        self._misdeed = misdeed
        self._encoder: Any = find_encoder("capnsafe")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def session(self, memory: Any, max_segment_words: int, **options: bool) -> BentSession:
        session = self._encoder.session(memory, max_segment_words, **options)
        return BentSession(session, self._misdeed)

    def owns(self, filename: str) -> bool:
        return filename == __file__ or bool(self._encoder.owns(filename))

    def script(self, scenario: Scenario, account: object = None) -> str:
        return f"# {len(scenario.operations)} operations\n"


def _long_text(operation: Operation) -> bool:
    value = operation.value
    return operation.verb is Verb.SET and isinstance(value, str) and len(value) > 2


def _long_list(operation: Operation) -> bool:
    value = operation.value
    return operation.verb is Verb.INIT and isinstance(value, int) and value > 3


def _segfault(operation: Operation) -> None:
    if _long_text(operation):
        os.kill(os.getpid(), signal.SIGSEGV)


def _leave(operation: Operation) -> None:
    if _long_list(operation):
        os._exit(7)


def _hang(operation: Operation) -> None:
    if _long_list(operation):
        while True:
            time.sleep(0.05)


def _raise(operation: Operation) -> None:
    if _long_text(operation):
        raise ZeroDivisionError("a text")


class Unsupported(Exception):
    """The library has no such operation."""


class PartialEncoder(BentEncoder):
    """capnsafe, without some of its operations."""

    def __init__(self, name: str, lacks: Callable[[Operation], bool]) -> None:
        def refuse(operation: Operation) -> None:
            if lacks(operation):
                raise Unsupported(f"{operation.verb} is not supported")

        super().__init__(name, refuse)

    def classify(self, error: BaseException) -> Any:
        if isinstance(error, Unsupported):
            return Failure.UNSUPPORTED
        return self._encoder.classify(error)


def without_lists() -> PartialEncoder:
    return PartialEncoder("without_lists", lambda operation: operation.verb is Verb.INIT)


def without_anything() -> PartialEncoder:
    return PartialEncoder("without_anything", lambda operation: True)


def _raise_twice(operation: Operation) -> None:
    _raise(operation)
    if _long_list(operation):
        raise LookupError("a list")


def _leave_always(operation: Operation) -> None:
    os._exit(9)


def segfaulting() -> BentEncoder:
    return BentEncoder("segfaulting", _segfault)


def leaving() -> BentEncoder:
    return BentEncoder("leaving", _leave)


def leaving_always() -> BentEncoder:
    return BentEncoder("leaving_always", _leave_always)


def hanging() -> BentEncoder:
    return BentEncoder("hanging", _hang)


def raising() -> BentEncoder:
    return BentEncoder("raising", _raise)


def _raise_accented(operation: Operation) -> None:
    if _long_text(operation):
        raise ZeroDivisionError("un texte accentu\u00e9\u2026")


def accented() -> BentEncoder:
    return BentEncoder("accented", _raise_accented)


def raising_twice() -> BentEncoder:
    return BentEncoder("raising_twice", _raise_twice)


def broken() -> BentEncoder:
    """What it raises is neither the library's nor the memory's: the adapter itself is broken."""
    encoder = BentEncoder("broken", _raise)
    encoder.owns = lambda filename: False  # type: ignore[method-assign]
    return encoder


class UnspeakableError(Exception):
    """What it says cannot be told."""

    def __str__(self) -> str:
        raise ValueError("no words")


def _raise_half_a_pair(operation: Operation) -> None:
    if _long_text(operation):
        raise ValueError("half a pair: \ud800")


def _raise_the_unspeakable(operation: Operation) -> None:
    if _long_text(operation):
        raise UnspeakableError


def _leave_a_child(operation: Operation) -> None:
    if _long_text(operation):
        subprocess.Popen(["sleep", "30"])
        os.abort()


def _deafen(operation: Operation) -> None:
    if _long_text(operation):
        os.closerange(3, 256)


def deafening() -> BentEncoder:
    return BentEncoder("deafening", _deafen)


def _hang_in_silence(operation: Operation) -> None:
    if _long_text(operation):
        os.closerange(3, 256)
        os.close(1)
        os.close(2)
        while True:
            time.sleep(0.05)


def hanging_in_silence() -> BentEncoder:
    return BentEncoder("hanging_in_silence", _hang_in_silence)


class PanicException(BaseException):
    """What a panic in Rust becomes: no Exception, that nobody may swallow it."""


def _quit(operation: Operation) -> None:
    if _long_text(operation):
        sys.exit()


def _panic(operation: Operation) -> None:
    if _long_text(operation):
        raise PanicException("index out of bounds")


def _interrupt(operation: Operation) -> None:
    if _long_text(operation):
        raise KeyboardInterrupt


def quitting() -> BentEncoder:
    return BentEncoder("quitting", _quit)


def panicking() -> BentEncoder:
    return BentEncoder("panicking", _panic)


def interrupting() -> BentEncoder:
    return BentEncoder("interrupting", _interrupt)


def _stay(operation: Operation) -> None:
    if _long_text(operation):
        threading.Thread(target=time.sleep, args=(1000,)).start()


def _garble(operation: Operation) -> None:
    if _long_text(operation):
        for descriptor in range(3, 1000):
            with suppress(OSError):
                os.write(descriptor, b'{"kind": "violation"}\n[]\n\xff\n')


def staying() -> BentEncoder:
    return BentEncoder("staying", _stay)


def garbling() -> BentEncoder:
    return BentEncoder("garbling", _garble)


class Raising(BentEncoder):
    """An encoder that is made by its class, not by a function."""

    def __init__(self) -> None:
        super().__init__("Raising", _raise)


def misprinting() -> BentEncoder:
    encoder = BentEncoder("misprinting", _raise)
    encoder.script = lambda scenario, account=None: "import no_such_module\n"  # type: ignore[method-assign]
    return encoder


def failing_script() -> BentEncoder:
    encoder = BentEncoder("failing_script", _raise)
    encoder.script = lambda scenario, account=None: "assert False\n"  # type: ignore[method-assign]
    return encoder


def _printing(name: str, program: str) -> BentEncoder:
    encoder = BentEncoder(name, _raise)
    encoder.script = lambda scenario, account=None: program  # type: ignore[method-assign]
    return encoder


def leaving_program() -> BentEncoder:
    return _printing("leaving_program", "import os\nos._exit(0)\n")


def endless_program() -> BentEncoder:
    return _printing("endless_program", "while True: pass\n")


def garbled_program() -> BentEncoder:
    return _printing("garbled_program", "# \udcff\n")


def endless_script() -> BentEncoder:
    def script(scenario: Scenario, account: object = None) -> str:
        while True:
            print("without end")

    encoder = BentEncoder("endless_script", _raise)
    encoder.script = script  # type: ignore[method-assign]
    return encoder


def exiting_script() -> BentEncoder:
    def script(scenario: Scenario, account: object = None) -> str:
        sys.exit()

    encoder = BentEncoder("exiting_script", _raise)
    encoder.script = script  # type: ignore[method-assign]
    return encoder


def crashing_script() -> BentEncoder:
    def script(scenario: Scenario, account: object = None) -> str:
        os._exit(5)

    encoder = BentEncoder("crashing_script", _raise)
    encoder.script = script  # type: ignore[method-assign]
    return encoder


class EndlessError(Exception):
    """What it says fills a book."""

    def __str__(self) -> str:
        return "on and on " * 100_000


def broken_at_length() -> BentEncoder:
    """Raises an exception with an endless text, and owns no file that could have raised it."""

    def rant(operation: Operation) -> None:
        if _long_text(operation):
            raise EndlessError

    encoder = BentEncoder("broken_at_length", rant)
    encoder.owns = lambda filename: False  # type: ignore[method-assign]
    return encoder


def half_a_pair() -> BentEncoder:
    return BentEncoder("half_a_pair", _raise_half_a_pair)


def unspeakable() -> BentEncoder:
    return BentEncoder("unspeakable", _raise_the_unspeakable)


def leaving_a_child() -> BentEncoder:
    return BentEncoder("leaving_a_child", _leave_a_child)


def without_programs() -> BentEncoder:
    def script(scenario: Scenario, account: object = None) -> str:
        raise NotImplementedError

    encoder = BentEncoder("without_programs", _raise)
    encoder.script = script  # type: ignore[method-assign]
    return encoder


class MuteSession(BentSession):
    """Returns None in place of the output, without an exception."""

    def output(self) -> None:
        self._session.output()


def mute() -> BentEncoder:
    encoder = BentEncoder("mute", lambda operation: None)
    encoder.session = lambda *given, **options: MuteSession(  # type: ignore[method-assign]
        find_encoder("capnsafe").session(*given, **options), lambda operation: None
    )
    return encoder


def exiting() -> BentEncoder:
    sys.exit(0)


class Endless:
    """An allocator that never answers."""

    def allocate(self, minimum_words: int, /) -> int:
        while True:
            time.sleep(0.01)

    def segment(self, key: int, /) -> bytearray:
        raise KeyError(key)

    def release(self, key: int, words_used: int, /) -> None:
        pass


class Leaving(Endless):
    """An allocator that ends the process."""

    def allocate(self, minimum_words: int, /) -> int:
        os._exit(0)


class Exiting(Endless):
    """An allocator that asks the interpreter to end."""

    def allocate(self, minimum_words: int, /) -> int:
        sys.exit(0)


def sharing_script() -> BentEncoder:
    """A program that names its blocks of shared memory, leaves them open and is killed."""
    text = """\
import os, signal, sys
from multiprocessing.shared_memory import SharedMemory
from capnsafe.memory.shared_memory import SharedMemoryAllocator

memory = SharedMemoryAllocator(segment_words=1, growth=False)
memory.allocate(1)
block = SharedMemory(create=True, size=8)
with open(os.environ["BLOCKS"], "w") as file:
    file.write(" ".join([*memory.names, block.name]))
os.kill(os.getpid(), signal.SIGKILL)
"""
    encoder = BentEncoder("sharing_script", _raise)
    encoder.script = lambda scenario, account=None: text  # type: ignore[method-assign]
    return encoder


MARK = os.environ.get("MARK", "no mark")
SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(300)", MARK]
_STARTED_IN: set[int] = set()


def start_unmarked() -> None:
    """Start, once in a process, two processes that drop everything that tells whose they are.

    Only their arguments have the environment variable ``MARK`` of this process.
    """
    if os.getpid() in _STARTED_IN:
        return
    _STARTED_IN.add(os.getpid())
    quiet = subprocess.DEVNULL
    subprocess.Popen(SLEEP, env={}, start_new_session=True, stdout=quiet, stderr=quiet)
    child = os.fork()
    if not child:
        os.setsid()
        if not os.fork():
            # A daemon, with the pipes of the harness open.
            os.execve(sys.executable, SLEEP, {})
        os._exit(0)
    os.waitpid(child, 0)


def _start(operation: Operation) -> None:
    start_unmarked()


def _start_and_abort(operation: Operation) -> None:
    start_unmarked()
    if _long_text(operation):
        os.abort()


def _start_and_hang(operation: Operation) -> None:
    start_unmarked()
    while _long_text(operation):
        time.sleep(1)


def _start_and_kill_the_group(operation: Operation) -> None:
    start_unmarked()
    if _long_text(operation):
        os.killpg(0, signal.SIGKILL)


def starting() -> BentEncoder:
    return BentEncoder("starting", _start)


def starting_and_aborting() -> BentEncoder:
    return BentEncoder("starting_and_aborting", _start_and_abort)


def starting_and_hanging() -> BentEncoder:
    return BentEncoder("starting_and_hanging", _start_and_hang)


def starting_and_killing_the_group() -> BentEncoder:
    return BentEncoder("starting_and_killing_the_group", _start_and_kill_the_group)
