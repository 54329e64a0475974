"""Encoders that only fail under a fault, in ways that end a process; ``fragile_encoders:NAME``."""

from __future__ import annotations

import os
import signal
from typing import Any

from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.scenario import Operation, Scenario


class FragileSession:
    """A session of capnsafe that crashes if the memory raises StopIteration."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def perform(self, operation: Operation) -> object:
        try:
            return self._session.perform(operation)
        except Exception as error:
            if isinstance(error.__cause__, StopIteration):
                os.kill(os.getpid(), signal.SIGSEGV)
            raise


class Fragile:
    """capnsafe, with such sessions."""

    name = "fragile_encoders:Fragile"

    def __init__(self) -> None:
        self._encoder: Any = find_encoder("capnsafe")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def session(self, memory: Any, max_segment_words: int, **options: bool) -> FragileSession:
        return FragileSession(self._encoder.session(memory, max_segment_words, **options))

    def script(self, scenario: Scenario, account: object = None) -> str:
        return f"# {len(scenario.operations)} operations\n"
