"""Handlers with which signals end a command cleanly, with its exit code."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..campaign.config import StopRequest
from ..interrupts import interrupt


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP end a command cleanly, with its exit code."""
    with _handling((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), interrupt):
        yield


@contextmanager
def ending_on_signals(stop: StopRequest) -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP ask a campaign to stop."""

    def ask(number: int, frame: object) -> None:
        stop()

    with _handling((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), ask):
        yield


@contextmanager
def _handling(
    signals: Sequence[signal.Signals], handler: Callable[[int, Any], None]
) -> Iterator[None]:
    """Handle signals, except those that the parent process has set to be ignored (``nohup``)."""
    before = {number: signal.getsignal(number) for number in signals}
    if threading.current_thread() is not threading.main_thread():
        before = {}
    heard = [number for number, old in before.items() if old is not signal.SIG_IGN]
    for number in heard:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])
