"""The test that docs/hypothesis.md shows fails as it says, and fails at once the second time."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from capnsafe_fuzz.encoders.planted import witness_text
from capnsafe_fuzz.scenario import Scenario, parse_scenario
from capnsafe_fuzz.testing import BrokenPromise, check

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "hypothesis.md").read_text(encoding="utf-8")
SHOWN, ARGUMENTS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
BUG = "old_value_left_behind"


def test_the_arguments_that_are_shown_are_accepted() -> None:
    names: dict[str, object] = {}
    exec(SHOWN, names)
    exec(ARGUMENTS, names)


def run_pytest(folder: Path) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"]
    run = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    assert run.returncode == 1, run.stdout + run.stderr
    return run.stdout


def printed_scenario(output: str) -> Scenario:
    lines = [re.sub(r"^E   ? ? ?", "", line).strip() for line in output.splitlines()]
    first = next(n for n, line in enumerate(lines) if "=parse_scenario('''" in line)
    last = lines.index("'''),", first)
    return parse_scenario("\n".join(["capnsafe scenario 1", *lines[first + 1 : last]]))


@pytest.mark.process
def test_the_test_that_is_shown_finds_a_bug_and_remembers_it(tmp_path: Path) -> None:
    assert len(SHOWN.splitlines()) <= 10
    counted = SHOWN.replace(
        "    check(", "    open('executions', 'a').write(f'{scenario!r}\\n')\n    check("
    )
    (tmp_path / "test_mine.py").write_text(counted)
    # Where a variable such as CI is set, Hypothesis keeps no examples.
    (tmp_path / "conftest.py").write_text(
        "from hypothesis import settings\nsettings.load_profile('default')\n"
    )
    found = printed_scenario(run_pytest(tmp_path))
    with pytest.raises(BrokenPromise):
        check(found, encoder=f"planted:{BUG}")
    witness = parse_scenario(witness_text(BUG))
    assert len(found.operations) <= len(witness.operations) + 2
    assert not found.faults
    # The second run begins with the example of the first one.
    (tmp_path / "executions").unlink()
    run_pytest(tmp_path)
    assert (tmp_path / "executions").read_text().splitlines()[0] == repr(found)
