"""The type of arguments that the library checks itself.

mypyc checks each argument of a compiled function against its annotation before the function runs,
and raises a bare ``TypeError``. The library promises exceptions of its own (P1). So the annotation
of a public parameter is a protocol, such as ``SupportsIndex``, or ``Given[T]``. To readers and type
checkers, that is a ``T``; the build tells mypyc that it is any object (``ci/compile_package.py``).
"""

from __future__ import annotations

from typing import Annotated, TypeAlias, TypeVar

T = TypeVar("T")

Given: TypeAlias = Annotated[T, "checked by the library"]
