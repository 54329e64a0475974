"""Print a scenario on a driven encoder as a program that runs it again through the driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...scenario import print_scenario

if TYPE_CHECKING:
    from ...scenario import Scenario
    from ..protocol import Account


def print_driven_program(name: str, scenario: Scenario, account: Account | None) -> str:
    """Return a program that runs ``scenario`` and exits with 1 if a promise is broken.

    Without an ``account`` it only runs.
    """
    lines = ["# This program needs capnsafe_fuzz and the driver."]
    if account is not None:
        lines += [f"# {line}" for line in account.headline.splitlines()]
        lines.append("import sys")
        lines.append("")
    lines += [
        "from capnsafe_fuzz.campaign.targets import find_encoder",
        "from capnsafe_fuzz.targets import find_target",
        "",
        "SCENARIO = [",
        *(f"    {line!r}," for line in print_scenario(scenario).splitlines()),
        "]",
        'target = find_target("builder")',
        f"encoder = find_encoder({name!r})",
        'verdict = target.run(target.parse("\\n".join([*SCENARIO, ""])), encoder, True)',
    ]
    if account is not None:
        lines += [
            "for violation in verdict.violations:",
            '    print(f"{violation.promise} broken: {violation.detail}")',
            "sys.exit(1 if verdict.violations else 0)",
        ]
    return "\n".join([*lines, ""])
