"""Groups of commands some of which have a second name, as other fuzzers call them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click


class Aliased(click.Group):
    """A group some of whose commands have a second name."""

    def __init__(self, *arguments: Any, aliases: Mapping[str, str], **options: Any) -> None:
        """``aliases`` maps second names to commands; ``GROUP COMMAND`` is one in a group of it."""
        super().__init__(*arguments, **options)
        self._aliases = aliases

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name."""
        name, _, inner = self._aliases.get(cmd_name, cmd_name).partition(" ")
        command = super().get_command(ctx, name)
        if inner and isinstance(command, click.Group):
            return command.get_command(ctx, inner)
        return command
