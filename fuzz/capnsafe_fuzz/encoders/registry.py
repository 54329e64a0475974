"""Every encoder by its name.

An encoder is made when it is first needed, because a planted bug costs a copy of a package, and
another library its import.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from shlex import split
from typing import TYPE_CHECKING, Final

from ..known_drivers import COMMANDS

if TYPE_CHECKING:
    from .protocol import Encoder

PLANTED: Final = "planted:"
DRIVER: Final = "driver:"


class UnknownEncoder(LookupError):
    """There is no encoder with this name; the message lists the encoders."""


def encoder_names() -> Iterator[str]:
    """Yield the names of all encoders: the libraries first, then the planted bugs in order."""
    from . import planted

    yield "capnsafe"
    yield from COMMANDS
    for bug in planted.BUGS:
        yield f"{PLANTED}{bug}"


@cache
def find_encoder(name: str) -> Encoder:
    """Return the encoder of this name; always the same object."""
    from .capnsafe_encoder import CapnsafeEncoder

    if name == "capnsafe":
        import capnsafe

        return CapnsafeEncoder(capnsafe)
    if name.startswith(PLANTED):
        from . import planted

        if name.removeprefix(PLANTED) in planted.BUGS:
            return planted.encoder(name.removeprefix(PLANTED))
    if name in COMMANDS:
        from .driven.encoder import DrivenEncoder

        return DrivenEncoder(name, COMMANDS[name]())
    if name.startswith(DRIVER):
        from .driven.encoder import DrivenEncoder

        return DrivenEncoder(name, split(name.removeprefix(DRIVER)))
    raise UnknownEncoder(f"no encoder {name!r}; there are {', '.join(encoder_names())}")
