"""Allocators of the user: ``module:Class``, made by calling it without arguments."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, Final

from .kind import ConstructorCall, MemoryKind, Size

OWN_MEMORY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
"""The form of such a name."""


class OwnMemoryError(Exception):
    """An allocator of the user cannot be loaded or made; the cause is the exception of its code."""


@cache
def own_memory(name: str) -> Callable[[], Any]:
    """Return a function that makes a user's allocator, named ``module:Class``.

    Raises:
        OwnMemoryError: If the allocator cannot be loaded.
    """
    module_name, _, attribute = name.partition(":")
    # A console script does not search the current folder, where the user's allocator is.
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not module_name.startswith(error.name):
            raise OwnMemoryError(f"allocator {name!r} cannot be loaded") from error
        raise OwnMemoryError(f"no allocator {name!r}: {error}") from None
    except (Exception, SystemExit) as error:
        raise OwnMemoryError(f"allocator {name!r} cannot be loaded") from error
    found: Callable[[], Any] | None = getattr(module, attribute, None)
    if found is None:
        raise OwnMemoryError(f"no allocator {name!r}: {module_name} has no {attribute!r}")
    return found


@cache
def own_kind(name: str) -> MemoryKind:
    """Return an allocator of the user as a kind of memory, about which nothing is known."""
    module, _, attribute = name.partition(":")

    def make(size: Size, library: str) -> Any:
        factory = own_memory(name)
        try:
            return factory()
        except (Exception, SystemExit) as error:
            raise OwnMemoryError(f"allocator {name!r} cannot be made") from error

    return MemoryKind(
        name=name,
        summary="an allocator of your own",
        place=sys.maxsize,
        weight=0,
        call=lambda size: ConstructorCall(module, attribute),
        make=make,
        foreign=True,
    )
