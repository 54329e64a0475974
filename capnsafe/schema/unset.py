"""The value of a member of a union while another member is set."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, TypeAlias


class Unset(Enum):
    """The value of a member of a union while another member is set."""

    UNSET = "UNSET"

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse the fields of a struct or group that is not set: there is nothing to change."""
        if not name.startswith("_"):
            raise AttributeError(
                f"the field {name!r} cannot be set, because another member of the union is set:"
                " assign a value to this member first"
            )
        # Python sets the names of a member itself.
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        """Return its name in the module ``capnsafe.schema``."""
        return "UNSET"


UNSET: Final = Unset.UNSET

#: The annotation of a member of a union: ``str | UnsetType``.
UnsetType: TypeAlias = Literal[Unset.UNSET]
