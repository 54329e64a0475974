"""Coverage of a corpus: the same as coverage.py run by hand, for any package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from capnsafe_fuzz.campaign.children import import_path
from capnsafe_fuzz.campaign.code_coverage import read_report
from capnsafe_fuzz.campaign.corpus import corpus_root
from capnsafe_fuzz.cli import main

BY_HAND = """
import sys
from pathlib import Path
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.targets import find_target, target_of_text
encoder = find_encoder("capnsafe")
for path in map(Path, sys.argv[1:]):
    target = find_target(target_of_text(path.read_bytes()))
    target.run(target.parse(path.read_text()), encoder, False)
"""


@pytest.mark.process
def test_it_agrees_with_coverage_run_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    # The configuration in this folder says which code does not count.
    Path(".coveragerc").write_text("[report]\nexclude_also = raise\n")
    inputs = [str(path) for path in sorted((corpus_root() / "stream").rglob("*.scenario"))[:8]]
    with pytest.raises(SystemExit, match="0"):
        main(["coverage", *inputs, "--lcov", "ours", "--source", "capnsafe._stream"])
    out, _ = capsys.readouterr()
    assert max(map(len, out.splitlines())) <= 80
    Path("by_hand.py").write_text(BY_HAND)
    for arguments in (
        ["run", "--branch", "--source=capnsafe._stream", "by_hand.py", *inputs],
        ["lcov", "-o", "theirs"],
    ):
        subprocess.run(
            [sys.executable, "-m", "coverage", *arguments],
            env=os.environ | {"PYTHONPATH": import_path()},
            check=True,
            capture_output=True,
        )
    assert Path("ours").read_text() == Path("theirs").read_text()


@pytest.mark.process
def test_any_package_is_measured_up_to_an_input_that_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (
        "capnsafe scenario 1\nmemory heap segment_words=16\nlimit max_segment_words=99\nh0 = root\n"
    )
    Path("a.scenario").write_text(text + "h1 = init h0.u16s 2\n")
    # The longest input runs last, and ends the process; the inputs before it run again.
    Path("b.scenario").write_text(text + "h1 = init h0.u16s 9\nset h1[0] 7\n")
    command = ["coverage", ".", "--encoder", "bad_encoders:leaving"]
    with pytest.raises(SystemExit, match="5"):
        main([*command, "--html", "pages", "--json", "totals.json"])
    out, err = capsys.readouterr()
    assert "b.scenario: exit 7" in err
    assert Path("pages", "index.html").exists()
    assert json.loads(Path("totals.json").read_text())["missed_statements"] > 0
    # The function that ends the process never returned, and the others ran.
    assert "_segfault" in out
    assert "BentSession.perform" not in out
    with pytest.raises(SystemExit, match="3"):
        main(["coverage", "a.scenario", "--source", "json.tool"])
    assert "no Python code of json.tool ran" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["coverage", ".", "--encoder", "planted:gone_for_now"])


def function(missing: list[int], executed: list[int], *branches: tuple[int, int]) -> dict[str, Any]:
    return {
        "missing_lines": missing,
        "executed_lines": executed,
        "missing_branches": [list(one) for one in branches],
    }


def test_what_is_missing_is_said_once() -> None:
    summary = dict.fromkeys(
        ("num_statements", "missing_lines", "num_branches", "missing_branches", "percent_covered"),
        0,
    )
    functions = {
        "never": function([10, 11], []),
        "half": function([21, 23, 26], [20, 24], (20, 21), (24, -20), (24, 25), (21, 23)),
        "all": function([], [30]),
        "": function([], [1]),
    }
    file = {"summary": summary, "functions": functions} | function([10, 11, 21, 23, 26], [1, 20])
    unused = {"summary": summary, "functions": {}} | function([1, 2], [])
    empty = {"summary": summary, "functions": {}} | function([], [])
    report = {"files": {"a": file, "b": unused, "c": empty}, "totals": summary}
    assert [one.missing for one in read_report(report).files] == [
        ("all of never", "half: 21-23, 26, 24->exit, 24->25"),
        ("the whole file",),
        (),
    ]
