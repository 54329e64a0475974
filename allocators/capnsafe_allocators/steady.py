"""Settings with which a search by Hypothesis repeats itself, and leaves nothing behind.

Hypothesis's own backend reads the constants of loaded modules: the search would depend on which
modules are loaded, and a folder would be left behind. The backend here does not read them.
"""

from __future__ import annotations

from typing import Any, Final, cast

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

_BACKEND: Final = "capnsafe_allocators.steady"


class _Provider(HypothesisProvider):
    def _maybe_draw_constant(self, *_arguments: Any, **_options: Any) -> None:
        return None


AVAILABLE_PROVIDERS[_BACKEND] = cast(Any, _Provider)

STEADY: Final = settings(
    database=None,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=[*HealthCheck],
    verbosity=Verbosity.quiet,
    backend=_BACKEND,
)
"""Only generate, without limits of time; print nothing."""
