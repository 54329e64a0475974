"""Where the command cannot print or write, and how it says what cannot be done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from capnsafe_fuzz.campaign.failures import EnvironmentFailedError
from capnsafe_fuzz.campaign.listing import LISTS
from capnsafe_fuzz.cli import cli, fuzz, main
from click.testing import CliRunner

from tests.cli.command import BAD_ENCODERS, BREAKS, SEED, Command


@pytest.mark.process
def test_nothing_that_is_printed_depends_on_the_encoding(capnsafe: Command) -> None:
    text = BREAKS.replace("a long text", "un texte").replace("why", "pourquoi \u00e9")
    (capnsafe.folder / "breaks.scenario").write_text(text, encoding="utf-8")
    said: dict[str, str] = {}
    for encoding in ("ascii", "latin-1", "utf-8"):
        capnsafe.environment["PYTHONIOENCODING"] = encoding
        command = [sys.executable, "-m", "capnsafe_fuzz", "repro", "breaks.scenario"]
        done = subprocess.run(
            [*command, "--encoder", "bad_encoders:accented"],
            cwd=capnsafe.folder, env=capnsafe.environment, capture_output=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (1, b"")
        said[encoding] = done.stdout.decode(encoding)
    assert "un texte accentu\u00e9\u2026" in said["utf-8"]
    assert said["ascii"] == said["utf-8"].encode("ascii", "backslashreplace").decode()
    assert said["latin-1"].encode("ascii", "backslashreplace").decode() == said["ascii"]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["fuzz", "nowhere"], 2, "'nowhere'"),
        (["fuzz", "--encoder", "nobody"], 2, "'nobody'"),
        (["fuzz", "--allocator", "drum"], 2, "'drum'"),
        (["fuzz", "--engine", "steam"], 2, "'steam'"),
        (["fuzz", "--jobs", "0"], 2, "'--jobs'"),
        (["fuzz", "--time", "soon"], 2, "'--time'"),
        (["fuzz", "--time", "0m"], 2, "'--time'"),
        (["fuzz", "--time", "9000h"], 2, "'--time'"),
        (["fuzz", "--memory-limit", "255"], 2, "'--memory-limit'"),
        (["fuzz", "--runs", "0"], 2, "'--runs'"),
        (["fuzz", "--known", "none"], 2, " none "),
        (["fuzz", "--seeds", "void"], 3, "'builder'"),
        (["fuzz", "--json", "no/folder/x"], 4, "--json"),
        (["fuzz", "--findings", "breaks.scenario"], 4, "breaks.scenario"),
        (["fuzz", "--corpus", "breaks.scenario"], 4, "breaks.scenario"),
        (["fuzz", "--corpus", "/proc/sys"], 4, "/proc/sys"),
        (["fuzz", "--corpus", "."], 2, "--corpus"),
        (["fuzz", "--nonsense"], 2, "--nonsense"),
        (["repro", "nothing"], 2, "nothing"),
        (["repro", "void"], 2, "void"),
        (["repro", "corrupt.scenario"], 3, "corrupt.scenario, line 5"),
        (["repro", "breaks.scenario", "--encoder", "nobody"], 2, "'nobody'"),
        (["list", "everything"], 2, "'everything'"),
        (["shrink", "."], 2, "shrink"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    capnsafe: Command,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    sentence: str,
) -> None:
    monkeypatch.chdir(capnsafe.folder)
    (capnsafe.folder / "void").mkdir()
    if "corrupt.scenario" in arguments:
        (capnsafe.folder / "corrupt.scenario").write_text(SEED.replace("h0 = root", "h0 is root"))
    with pytest.raises(SystemExit, match=str(code)):
        main(arguments)
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert sentence in last


@pytest.mark.process
@pytest.mark.parametrize("closed", [(0,), (1,), (0, 1, 2)])
def test_closed_standard_streams_lose_no_finding(
    capnsafe: Command, closed: tuple[int, ...]
) -> None:
    """A pipe must not get the number of one, or what was found cannot be confirmed."""
    arguments = ["--encoder", "bad_encoders:raising", "--seeds", "corpus"]
    arguments += ["--runs", "60", "--seed", "1"]
    command = [
        sys.executable,
        "-m",
        "capnsafe_fuzz",
        "fuzz",
        "--engine",
        "random",
        "-x",
        *arguments,
    ]
    process = subprocess.run(
        command,
        cwd=capnsafe.folder,
        env=capnsafe.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: [*map(os.close, closed)].clear(),
        timeout=600,
        check=False,
    )
    assert process.returncode == 1
    assert len(list((capnsafe.folder / "findings" / "builder").glob("[a-z]*"))) == 1


@pytest.mark.process
def test_a_disk_that_fills_up_ends_the_campaign(capnsafe: Command) -> None:
    """RLIMIT_FSIZE stands in for a disk: no file may grow beyond it."""
    code = (
        "import resource, runpy, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "sys.argv[0] = 'capnsafe'\n"
        "runpy.run_module('capnsafe_fuzz', run_name='__main__')\n"
    )
    command = [sys.executable, "-c", code, "fuzz", "--seeds", "corpus", "--runs", "20"]
    done = subprocess.run(
        command,
        cwd=capnsafe.folder,
        env=capnsafe.environment,
        text=True,
        capture_output=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 4, done.stdout + done.stderr
    assert "findings cannot be written to findings: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((capnsafe.folder / "findings").rglob(".probe*"))


DEV_FULL = Path("/dev/full")
needs_dev_full = pytest.mark.skipif(not DEV_FULL.exists(), reason="there is no /dev/full here")


def _with_full_output(capnsafe: Command, *arguments: str) -> tuple[int, str]:
    with DEV_FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "capnsafe_fuzz", *arguments],
            cwd=capnsafe.folder,
            env=capnsafe.environment,
            text=True,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=600,
        )
    return done.returncode, done.stderr


@pytest.mark.process
@needs_dev_full
@pytest.mark.parametrize(
    "arguments",
    [
        ["fuzz", "--engine", "random", "--seeds", "corpus", "--runs", "20"],
        ["list", "promises"],
        ["repro", "breaks.scenario"],
        ["--help"],
    ],
)
def test_a_full_disk_under_the_output_is_said(capnsafe: Command, arguments: list[str]) -> None:
    code, err = _with_full_output(capnsafe, *arguments)
    assert err == "capnsafe: standard output cannot be written: No space left on device\n"
    assert code == 4


@pytest.mark.process
@needs_dev_full
def test_a_full_disk_under_the_summary_does_not_hide_findings(capnsafe: Command) -> None:
    code, err = _with_full_output(
        capnsafe, "fuzz", "--engine", "random", "--seeds", "corpus", "--runs", "300", "--seed",
        "1", "-x", "--encoder", "bad_encoders:raising",
    )  # fmt: skip
    assert "standard output cannot be written" in err
    # On a busy machine a line of progress comes first, before there is anything to hide.
    found = any((capnsafe.folder / "findings").glob("builder/[a-z]*"))
    assert code == (1 if found else 4)


@pytest.mark.process
@needs_dev_full
def test_a_full_disk_under_the_errors_does_not_change_the_code(capnsafe: Command) -> None:
    with DEV_FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "capnsafe_fuzz", "repro", "nothing"],
            cwd=capnsafe.folder,
            env=capnsafe.environment,
            stderr=full,
            check=False,
            timeout=600,
        )
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (OSError(28, "No space left on device", "x"), 4, "No space left on device: 'x'"),
        (KeyError("what"), 3, "KeyError: 'what'"),
        (RecursionError("too\ndeep"), 3, r"RecursionError: too\ndeep"),
    ],
)
@pytest.mark.parametrize("traceback", ["", "1"])
def test_a_crash_of_the_tool_does_not_look_like_findings(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    code: int,
    sentence: str,
    traceback: str,
) -> None:
    def crash() -> None:
        raise error

    monkeypatch.setenv("CAPNSAFE_TRACEBACK", traceback)
    monkeypatch.setitem(LISTS, "promises", crash)
    with pytest.raises(SystemExit, match=str(code)):
        main(["list", "promises"])
    err = capsys.readouterr().err
    assert err.splitlines()[-1] == f"capnsafe failed: {sentence}"
    assert ("Traceback" in err) is bool(traceback)


@pytest.mark.process
@pytest.mark.parametrize(("encoder", "code"), [("capnsafe", 0), ("bad_encoders:raising", 1)])
def test_a_campaign_goes_on_when_nobody_reads_any_more(
    capnsafe: Command, encoder: str, code: int
) -> None:
    process = capnsafe.start(
        "fuzz", "--engine", "random", "--seeds", "corpus", "--runs", "300", "--seed", "1",
        "--encoder", encoder, "--json", "result.json",
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=600) == code, err
    assert err == ""
    data = json.loads((capnsafe.folder / "result.json").read_text())
    assert data["exit_code"] == code
    assert data["campaigns"][0]["executions"] == 300


@pytest.mark.process
def test_findings_outrank_a_report_that_cannot_be_written(
    capnsafe: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(path: Path, data: Any, result: Any, name: str = "--json") -> None:
        if result is not None:
            raise EnvironmentFailedError("the disk is full")

    monkeypatch.chdir(capnsafe.folder)
    monkeypatch.syspath_prepend(BAD_ENCODERS)
    monkeypatch.setattr(fuzz, "write_campaigns", full)
    common = ["fuzz", "--engine", "random", "--seeds", "corpus", "--json", "result.json"]
    with pytest.raises(SystemExit, match="1"):
        main([*common, "--runs", "300", "--seed", "1", "-x", "--encoder", "bad_encoders:raising"])
    assert "capnsafe: the disk is full" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="4"):
        main([*common, "--runs", "20"])
    assert "capnsafe: the disk is full" in capsys.readouterr().err


@pytest.mark.process
def test_names_of_files_are_printed_on_one_line(capnsafe: Command) -> None:
    name = os.fsdecode(b"a\n\x1b[31m\xff.scenario")
    (capnsafe.folder / name).write_text(SEED)
    out, _ = capnsafe.run("repro", name)
    assert out.startswith("a\\n\\x1b[31m\\udcff.scenario on capnsafe\n")
    (capnsafe.folder / name).write_text("")
    _, err = capnsafe.run("repro", name, code=2)
    assert err.startswith("capnsafe: a")
    assert "\x1b" not in err


@pytest.mark.parametrize("name", ["", *cli.commands])
def test_help_fits_in_80_columns(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    help_ = CliRunner().invoke(cli, [*name.split(), "--help"]).output
    usage, _, rest = help_.partition("\n\n")
    assert len(usage.splitlines()) == 1
    assert max(map(len, help_.splitlines())) <= 80
    assert "..." not in rest
