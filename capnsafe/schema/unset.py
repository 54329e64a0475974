"""The value of a member of a union while another member is set."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, TypeAlias


class Unset(Enum):
    """The value of a member of a union while another member is set."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        """Return its name in the module ``capnsafe.schema``."""
        return "UNSET"


UNSET: Final = Unset.UNSET

#: The annotation of a member of a union: ``str | UnsetType``.
UnsetType: TypeAlias = Literal[Unset.UNSET]
