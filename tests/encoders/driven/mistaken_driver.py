"""capnsafe's driver with one mistake, which its argument names."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT / "fuzz" / "drivers" / "python")]

# The folder of the drivers must be in the path first.
from capnsafe_driver import CapnsafeDriver  # noqa: E402
from driver_protocol import Memory, UnsupportedOperation, Values  # noqa: E402

MISTAKE = sys.argv[1]


class Forgetful(Memory):
    """Memory whose segments are never given back."""

    def release(self, number: int, words_used: int) -> None:
        pass


class Stale(Memory):
    """Memory that keeps using the place that it saw first."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]  # Passed on as they are.
        self._seen: dict[int, memoryview | None] = {}

    def segment(self, number: int) -> memoryview | None:
        if number not in self._seen:
            self._seen[number] = super().segment(number)
        return self._seen[number]


class MistakenDriver(CapnsafeDriver):
    def new_memory(self, grows: bool) -> Memory:
        if MISTAKE in ("forgetful", "stale"):
            return (Forgetful if MISTAKE == "forgetful" else Stale)(*self._memory, self.call)
        return super().new_memory(grows)

    def do_get(self, values: Values) -> str:
        if MISTAKE == "wrong value":
            return " value=7"
        return super().do_get(values)

    def do_set(self, values: Values) -> None:
        match MISTAKE:
            case "nothing":
                return
            case "signal":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hang":
                time.sleep(60)
            case "printing":
                while True:
                    os.write(2, b"endless " * 8192)
            case "garbage":
                self._send("what?")
            case "strange answer":
                self._send("set kind=Text")
            case "exit":
                print("a last word", file=sys.stderr, flush=True)
                os._exit(3)
            case "unsupported":
                raise UnsupportedOperation("not today")
        super().do_set(values)

    #: Whether the next line is the answer to ``close``.
    closing = False

    def answer(self, word: str, values: Values) -> None:
        self.closing = word == "close"
        super().answer(word, values)
        if word == "close" and MISTAKE == "late signal":
            os.kill(os.getpid(), signal.SIGSEGV)

    def _send(self, line: str) -> None:
        if self.closing and line.startswith("done") and MISTAKE == "one line more":
            line += "\ndone"
        super()._send(line)


if __name__ == "__main__":
    MistakenDriver().serve()
