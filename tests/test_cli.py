"""The command, as people and CI run it: what it prints, what it leaves, and its exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from capnsafe_fuzz import cli
from capnsafe_fuzz.campaign.children import import_path
from capnsafe_fuzz.campaign.failures import EnvironmentFailedError
from capnsafe_fuzz.campaign.listing import LISTS
from capnsafe_fuzz.cli import main
from capnsafe_fuzz.encoders.planted import BUGS
from capnsafe_fuzz.scenario import DECODER_VERSION, parse_scenario

BAD_ENCODERS = Path(__file__).parent / "campaign"

SEED = """\
capnsafe scenario 1
# a little of everything
memory heap segment_words=16
limit max_segment_words=536870911
h0 = root
set h0.u32 7
h1 = init h0.child
h2 = init h0.u16s 2
"""

BREAKS = """\
capnsafe scenario 1
# why it is here
memory heap segment_words=16
limit max_segment_words=536870911
h0 = root
set h0.u32 7
h1 = init h0.child
set h1.text "a long text"
fault refuse MemoryError allocate 3 always
"""

PROVOKES = {
    "list": SEED.replace("u16s 2", "u16s 9"),
    "text": SEED.replace("set h0.u32 7", 'set h0.text "a text"'),
}
"""Seeds at which the encoders of ``bad_encoders`` misbehave."""

GROUP = "P1 set text ZeroDivisionError bad_encoders.py:_raise"


def _hear_signals() -> None:
    """As in a terminal: where tests run in the background, some may be ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Command:
    """Runs ``capnsafe`` in a folder of its own, with a corpus and encoders that misbehave."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(BAD_ENCODERS), *filter(None, sys.path)]),
            "COLUMNS": "100",
        }
        seeds = folder / "corpus" / "builder" / "seeds"
        seeds.mkdir(parents=True)
        (seeds / "first.scenario").write_text(SEED)
        for name, text in PROVOKES.items():
            (seeds / f"{name}.scenario").write_text(text)
        (folder / "breaks.scenario").write_text(BREAKS)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "capnsafe_fuzz", *arguments]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=_hear_signals,
        )

    def run(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        """Run it in this process, which has imported everything; `start` starts one."""
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        out, err = self._capsys.readouterr()
        assert ended.value.code == code, out + err
        assert "Traceback" not in out + err
        return out, err

    def run_apart(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        """Run it in a process of its own, as people do."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=60)
        assert process.returncode == code, out + err
        assert "Traceback" not in out + err
        return out, err

    def fuzz(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        options = ("--engine", "random", "--seeds", "corpus", "--seed", "1")
        return self.run("fuzz", *options, *arguments, code=code)


@pytest.fixture
def capnsafe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(BAD_ENCODERS)
    monkeypatch.setenv("COLUMNS", "100")
    return Command(tmp_path, capsys)


@pytest.mark.process
def test_a_clean_campaign(capnsafe: Command) -> None:
    out, err = capnsafe.run_apart(
        "fuzz", "--engine", "random", "--seeds", "corpus", "--runs", "150", "--seed", "3",
        "--json", "result.json",
    )  # fmt: skip
    assert err == ""
    assert "random ran 150 executions of capnsafe" in out
    assert "no promise was broken" in out
    assert "again: capnsafe fuzz builder --engine random --seed 3 --runs 150 --seeds corpus" in out
    data = json.loads((capnsafe.folder / "result.json").read_text())
    assert data["exit_code"] == 0
    (campaign,) = data["campaigns"]
    assert campaign["reproducible"] is True
    assert campaign["executions"] == 150
    assert {"operation", "fault", "outcome", "execution"} == set(campaign["situations"][0])


@pytest.mark.process
def test_a_finding_is_announced_reproduced_and_shrunk(capnsafe: Command) -> None:
    out, _ = capnsafe.fuzz(
        "--runs", "300", "--seed", "1", "-x", "--encoder", "bad_encoders:raising", code=1
    )
    assert "P1 broken: P1 set text" in out
    assert "program.py does not show it: it passes on bad_encoders:raising\n" in out
    for verb in ("repro", "shrink"):
        (command,) = set(re.findall(rf"capnsafe {verb} (findings/builder/\S+)", out))
        assert (capnsafe.folder / command / "finding.scenario").exists()
    story, _ = capnsafe.run("repro", command, code=1)
    assert "P1 broken in operation" in story
    assert "bad_encoders:raising" in story
    group = json.loads((capnsafe.folder / command / "verdict.json").read_text())["group"]
    capnsafe.run("repro", command, "--expect", group)
    _, err = capnsafe.run("repro", command, "--expect", "P2 something else", code=1)
    assert "did not fire" in err
    out, _ = capnsafe.run("repro", "--encoder", "capnsafe", command)
    assert "no promise was broken" in out


@pytest.mark.process
def test_repro_tells_every_call_and_every_fault(capnsafe: Command) -> None:
    out, _ = capnsafe.run("repro", "--encoder", "bad_encoders:raising", "breaks.scenario", code=1)
    lines = out.splitlines()
    assert "  0  h0 = root" in lines
    assert any(re.fullmatch(r" +\. allocate\(\d+\) -> segment 0", line) for line in lines)
    assert any(re.fullmatch(r" +\. segment\(segment 0\) -> \d+ words", line) for line in lines)
    assert "       = raised ZeroDivisionError: a text" in lines
    assert f"  group: {GROUP}" in lines
    refused = BREAKS.replace("allocate 3 always", "allocate 2 once")
    (capnsafe.folder / "refused.scenario").write_text(refused)
    out, _ = capnsafe.run("repro", "refused.scenario")
    assert "! fault: refuse MemoryError allocate 2 once" in out
    assert re.search(r"allocate\(\d+\) raised MemoryError", out)
    assert "tried again:" in out


@pytest.mark.process
def test_repro_of_what_takes_the_process_down(capnsafe: Command) -> None:
    out, _ = capnsafe.run(
        "repro", "--encoder", "bad_encoders:segfaulting", "breaks.scenario", code=1
    )
    assert "crash SIGSEGV" in out
    assert 'set h1.text "a long text"' in out
    capnsafe.run(
        "repro", "--encoder", "bad_encoders:segfaulting", "--expect", "crash SIGSEGV",
        "breaks.scenario",
    )  # fmt: skip


@pytest.mark.process
def test_repro_of_a_folder(capnsafe: Command) -> None:
    out, _ = capnsafe.run("repro", ".", "--encoder", "bad_encoders:raising", code=1)
    assert re.search(r"^P1 broken +breaks\.scenario", out, re.MULTILINE)
    assert re.search(r"^P1 broken +corpus/builder/seeds/text\.scenario", out, re.MULTILINE)
    assert re.search(r"^passes +corpus/builder/seeds/first\.scenario", out, re.MULTILINE)
    assert "4 scenarios, 2 of them break a promise" in out


@pytest.mark.process
def test_repro_prints_the_program(capnsafe: Command) -> None:
    out, _ = capnsafe.run(
        "repro", "--script", "--encoder", "bad_encoders:raising", "breaks.scenario"
    )
    trouble = "# This program does not show it: it passes on bad_encoders:raising.\n"
    assert out == f"{trouble}# 4 operations\n"
    out, _ = capnsafe.run("repro", "--script", "--encoder", "bad_encoders:raising", "corpus")
    assert out.count(trouble) == 1


@pytest.mark.process
def test_shrink_writes_a_smaller_scenario_of_the_same_group(capnsafe: Command) -> None:
    out, err = capnsafe.run("tmin", "--encoder", "bad_encoders:raising", "breaks.scenario")
    assert 'set h0.text "aaa"' in out
    assert "fault" not in out
    assert "# why it is here" in out
    assert f"{GROUP}: 4 operations and 1 fault to 2 operations and 0 faults" in err
    capnsafe.run(
        "shrink", "--encoder", "bad_encoders:raising", "breaks.scenario", "-o", "small.scenario"
    )
    assert (capnsafe.folder / "small.scenario").read_text() == out
    _, err = capnsafe.run("shrink", "breaks.scenario", code=2)
    assert "breaks no promise of capnsafe" in err


@pytest.mark.process
def test_show_prints_any_form_as_text(capnsafe: Command) -> None:
    out, _ = capnsafe.run("show", "breaks.scenario")
    assert out == BREAKS
    for name, options in (("raw", ["--bytes", "builder"]), ("raw.bytes", [])):
        (capnsafe.folder / name).write_bytes(b"any bytes are a scenario")
        out, _ = capnsafe.run("fmt", name, *options)
        parse_scenario(out)
    out, _ = capnsafe.run("show", "--bytes", "stream", "raw")
    assert out.startswith("capnsafe packed 1\n")
    capnsafe.fuzz("--runs", "50", "--seed", "1", "--corpus", "cache")
    path = min((capnsafe.folder / "cache").iterdir())
    out, _ = capnsafe.run("show", str(path))
    parse_scenario(out)


@pytest.mark.process
def test_a_finding_knows_what_it_was_found_on(
    capnsafe: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(capnsafe.folder)
    monkeypatch.syspath_prepend(str(BAD_ENCODERS))

    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main([*arguments])
        captured = capsys.readouterr()
        return int(str(ended.value)), captured.out + captured.err

    capnsafe.fuzz("--runs", "100", "-x", "--encoder", "bad_encoders:raising", code=1)
    (folder,) = (capnsafe.folder / "findings" / "builder").iterdir()
    for name in ("verdict.json", "program.py"):
        for command in ("repro", "show", "shrink"):
            code, told = run(command, str(folder / name))
            assert (code, name in told) == (2, True)
    for name in ("empty.scenario", "json.scenario", "wide.scenario"):
        text = {"e": "", "j": '{"format": 1}', "w": "capnsafe scenario 1"}[name[0]]
        Path(name).write_text(text, encoding="utf-16" if name[0] == "w" else "utf-8")
        for command in ("repro", "show", "shrink"):
            code, told = run(command, name)
            assert (code, name in told) == (2, True)
    alone = os.fsdecode(b"na\xffme")
    (folder / "finding.scenario").rename(alone)
    code, told = run("repro", alone)
    assert (code, f"group: {GROUP}" in told) == (1, True)
    code, text = run("show", alone)
    assert "\nencoder bad_encoders:raising\ntarget builder\nmemory " in text
    text = text.replace("\nmemory ", "\n\nmemory ").replace("\n", "\r\n")
    Path(alone).write_bytes(text.encode())
    code, told = run("shrink", alone, "-o", alone)
    assert (code, told.startswith(GROUP)) == (0, True)
    assert "\nencoder bad_encoders:raising\n" in Path(alone).read_text()
    assert run("repro", alone, "--encoder", "capnsafe")[0] == 0
    Path("gone").write_text(text.replace("bad_encoders:raising", "no_such_module:Encoder"))
    code, told = run("repro", "gone")
    assert (code, "gone" in told and "no_such_module:Encoder" in told) == (2, True)
    assert run("repro", "gone", "--encoder", "capnsafe")[0] == 0
    code, told = run("repro", "gone", alone)
    assert (code, "1 scenario, " in told and "; 1 more " in told) == (1, True)
    Path("folder").mkdir()
    Path("folder/corrupt.scenario").write_text("capnsafe scenario 1\nnothing\n")
    code, told = run("repro", "folder")
    assert (code, "folder/corrupt.scenario" in told) == (3, True)
    Path("folder/fails.scenario").write_text(Path(alone).read_text())
    code, told = run("repro", "folder")
    assert (code, "1 scenario, " in told and "; 1 more " in told) == (1, True)
    assert "folder/corrupt.scenario" in told
    code, told = run("repro", "folder", "--encoder", "capnsafe")
    assert (code, "1 scenario, 0 of " in told and "; 1 more " in told) == (3, True)
    Path("over").write_text(BREAKS.replace("memory heap", "memory no_such_module:Memory"))
    code, told = run("repro", "over")
    assert (code, "over was found over the memory no_such_module:Memory" in told) == (2, True)
    assert run("repro", "over", "--allocator", "heap")[0] == 0


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


@pytest.mark.parametrize("what", list(LISTS))
def test_list_tells_what_there_is(capsys: pytest.CaptureFixture[str], what: str) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["list", what])
    out = capsys.readouterr().out
    _, rows = LISTS[what]()
    assert len(rows) >= 1
    for row in rows:
        assert row[0] in out


@pytest.mark.process
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupt_while_modules_are_loaded_is_no_traceback(name: str) -> None:
    script = f"""
import os, signal, sys
class Interrupts:
    def find_spec(self, name, *rest):
        if name == "capnsafe_fuzz.cli":
            os.kill(os.getpid(), signal.{name})
sys.meta_path.insert(0, Interrupts())
from capnsafe_fuzz.__main__ import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": import_path()},
        preexec_fn=_hear_signals,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (130, b"")
    assert done.stderr == b"capnsafe: interrupted\n"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["fuzz", "nowhere"], 2, "'nowhere'"),
        (["fuzz", "--encoder", "nobody"], 2, "'nobody'"),
        (["fuzz", "--allocator", "drum"], 2, "'drum'"),
        (["fuzz", "--engine", "steam"], 2, "'steam'"),
        (["fuzz", "--jobs", "1"], 2, "--jobs"),
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
def test_a_campaign_on_each_target_that_is_named(capnsafe: Command) -> None:
    out, _ = capnsafe.run(
        "fuzz", "read", "stream", "--engine", "random", "--runs", "100", "--seed", "1",
        "--corpus", "cache", "--json", "result.json",
    )  # fmt: skip
    assert out.count("random ran 100 executions of capnsafe") == 2
    data = json.loads((capnsafe.folder / "result.json").read_text())
    assert [campaign["target"] for campaign in data["campaigns"]] == ["reader", "stream"]
    kept = [path.read_bytes().split(b" ")[2] for path in (capnsafe.folder / "cache").iterdir()]
    assert set(kept) <= {b"reader", b"stream"}
    assert kept


@pytest.mark.process
@pytest.mark.parametrize(
    ("bug", "group"),
    [
        ("tag_product_wraps", "P6 structs accepted"),
        ("segment_count_wraps", "P6 unframe accepted"),
        ("zero_run_ignores_limit", "P7 unpack in chunks unasked"),
    ],
)
def test_files_say_by_their_first_line_whose_they_are(
    capnsafe: Command, bug: str, group: str
) -> None:
    witness = str(BUGS[bug].with_suffix(".scenario"))
    encoder = f"planted:{bug}"
    out, _ = capnsafe.run("repro", "--encoder", encoder, witness, code=1)
    assert f"group: {group}" in out
    out, _ = capnsafe.run("show", witness)
    assert out == Path(witness).read_text()
    out, _ = capnsafe.run("repro", "--script", "--encoder", encoder, witness)
    assert f"load_package('{bug}')" in out
    _, err = capnsafe.run("shrink", "--encoder", encoder, witness)
    assert err.startswith(group)


@pytest.mark.process
def test_inputs_of_another_decoder_are_left_alone_and_corrupt_ones_refused(
    capnsafe: Command,
) -> None:
    cache = capnsafe.folder / "cache"
    cache.mkdir()
    (cache / "old").write_bytes(b"capnsafe input build 9999\nabc")
    out, _ = capnsafe.fuzz("--runs", "20", "--corpus", "cache")
    assert "written for another version of the decoder, left alone and not used: 1" in out
    assert (cache / "old").read_bytes() == b"capnsafe input build 9999\nabc"
    (cache / "new").write_bytes(b"capnsafe input %d\nabc" % DECODER_VERSION)
    _, err = capnsafe.fuzz("--runs", "20", "--corpus", "cache", code=3)
    assert "corrupt corpus file cache/new" in err
    (cache / "new").write_bytes(b"what is this")
    _, err = capnsafe.fuzz("--runs", "20", "--corpus", "cache", code=3)
    assert "corrupt corpus file cache/new" in err


@pytest.mark.process
def test_where_atheris_is_missing_random_stands_in(capnsafe: Command) -> None:
    blocker = capnsafe.folder / "blocked"
    blocker.mkdir()
    (blocker / "sitecustomize.py").write_text(
        "import importlib.util\n"
        "real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, package=None: "
        "None if name == 'atheris' else real(name, package)\n"
    )
    path = capnsafe.environment["PYTHONPATH"]
    capnsafe.environment["PYTHONPATH"] = os.pathsep.join([str(blocker), path])
    out, err = capnsafe.run_apart("fuzz", "--seeds", "corpus", "--runs", "20")
    assert "Atheris is not installed for this Python" in err
    assert "random ran 20 executions" in out
    _, err = capnsafe.run_apart("fuzz", "--engine", "atheris", "--seeds", "corpus", code=2)
    assert err.startswith("capnsafe: Atheris is not installed for this Python")


def _children(pid: int) -> list[int]:
    listing = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listing.split()]


def _until(condition: Any, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def campaign(capnsafe: Command) -> Iterator[subprocess.Popen[str]]:
    """A campaign without end that has a worker, on an encoder that breaks promises."""
    process = capnsafe.start(
        "fuzz", "--engine", "random", "--seeds", "corpus", "--time", "10m",
        "--encoder", "bad_encoders:raising_twice",
    )  # fmt: skip
    yield process
    process.kill()
    process.communicate()


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_campaign_keeps_what_it_found(
    capnsafe: Command, campaign: subprocess.Popen[str], number: signal.Signals
) -> None:
    findings = capnsafe.folder / "findings" / "builder"
    _until(lambda: findings.is_dir() and any(findings.glob("[a-z]*")))
    children = _children(campaign.pid)
    assert children
    campaign.send_signal(number)
    out, err = campaign.communicate(timeout=20)
    assert "interrupted after" in out
    assert "Traceback" not in out + err
    assert campaign.returncode == 1
    _until(lambda: all(map(_gone, children)))


@pytest.mark.process
def test_an_interrupted_campaign_that_found_nothing_exits_130(capnsafe: Command) -> None:
    process = capnsafe.start(
        "fuzz", "--engine", "random", "--seeds", "corpus", "--corpus", "cache", "--time", "10m"
    )
    cache = capnsafe.folder / "cache"
    _until(lambda: cache.is_dir() and any(cache.iterdir()))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130, out + err
    assert "no promise was broken so far" in out


@pytest.mark.process
def test_a_campaign_that_is_interrupted_before_it_begins_says_so(capnsafe: Command) -> None:
    (capnsafe.folder / "ending.py").write_text(
        "import os, signal, time\n"
        "stat = open(f'/proc/{os.getppid()}/stat').read()\n"
        "os.kill(int(stat.rpartition(')')[2].split()[1]), signal.SIGTERM)\ntime.sleep(9)\n"
    )
    said = capnsafe.run_apart(
        "fuzz", "builder", "--engine", "random", "--encoder", "ending:it", code=130
    )
    assert said == ("", "capnsafe: interrupted before the first execution\n")


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
        timeout=60,
        check=False,
    )
    assert process.returncode == 1
    assert len(list((capnsafe.folder / "findings" / "builder").glob("[a-z]*"))) == 1


def test_the_help_of_repro_says_what_a_path_may_be(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["repro", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "PATH is a scenario file, the folder of a finding, or a folder of such" in told


def test_a_list_shows_extras_in_brackets(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "atheris", None)
    monkeypatch.setenv("COLUMNS", "300")
    with pytest.raises(SystemExit):
        main(["list", "engines"])
    assert "pip install 'capnsafe[fuzz]'" in capsys.readouterr().out


@pytest.mark.process
def test_nohup_is_heard(capnsafe: Command) -> None:
    command = [sys.executable, "-m", "capnsafe_fuzz", "fuzz", "--engine", "random"]
    process = subprocess.Popen(
        [*command, "--seeds", "corpus", "--corpus", "cache", "--runs", "2000"],
        cwd=capnsafe.folder,
        env=capnsafe.environment,
        stdout=subprocess.PIPE,
        preexec_fn=partial(signal.signal, signal.SIGHUP, signal.SIG_IGN),
    )
    cache = capnsafe.folder / "cache"
    _until(lambda: cache.is_dir() and any(cache.iterdir()))
    process.send_signal(signal.SIGHUP)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"random ran 2 000 executions" in out


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_in_the_making_of_a_class_ends_with_130(
    capnsafe: Command, number: signal.Signals
) -> None:
    """Python runs generated code for some classes, and remembers an interrupt of such code."""
    (capnsafe.folder / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'click':\n"
        "            sys.meta_path.remove(self)\n"
        f"            exec('os.kill(os.getpid(), {int(number)})')\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    )
    path = os.pathsep.join([str(capnsafe.folder), capnsafe.environment["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "capnsafe_fuzz", "list", "targets"],
        cwd=capnsafe.folder,
        env=capnsafe.environment | {"PYTHONPATH": path},
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "capnsafe: interrupted\n"


@pytest.mark.process
@pytest.mark.parametrize(
    "arguments",
    [
        ("fuzz", "builder", "--engine", "random", "--seeds", "corpus"),
        ("gate",),
        ("canaries", "zero_before_allocate", "--engine", "random"),
    ],
)
def test_a_signal_while_the_first_json_is_written_is_told_in_it(
    capnsafe: Command, arguments: tuple[str, ...]
) -> None:
    (capnsafe.folder / "sitecustomize.py").write_text(
        "import os, signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "flush = os.fsync\n"
        "def once(file):\n"
        "    os.fsync = flush\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    flush(file)\n"
        "os.fsync = once\n"
    )
    path = os.pathsep.join([str(capnsafe.folder), capnsafe.environment["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "capnsafe_fuzz", *arguments, "--json", "result.json"],
        cwd=capnsafe.folder,
        env=capnsafe.environment | {"PYTHONPATH": path},
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 130, done.stdout + done.stderr
    assert "interrupted" in done.stdout + done.stderr
    assert json.loads((capnsafe.folder / "result.json").read_text())["exit_code"] == 130


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_command_that_is_interrupted_tidies_up(capnsafe: Command, number: signal.Signals) -> None:
    (capnsafe.folder / "tmp").mkdir()
    capnsafe.environment["TMPDIR"] = str(capnsafe.folder / "tmp")
    (capnsafe.folder / "hangs.scenario").write_text(PROVOKES["list"])
    process = capnsafe.start("repro", "--encoder", "bad_encoders:hanging", "hangs.scenario")
    _until(lambda: len(_children(process.pid)) > 0)
    time.sleep(0.5)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130, out + err
    assert err.strip() == "capnsafe: interrupted"
    assert list((capnsafe.folder / "tmp").iterdir()) == []


@pytest.mark.process
def test_known_groups_are_read_as_people_write_them(capnsafe: Command) -> None:
    known = capnsafe.folder / "known"
    known.write_text(f"\ufeff{GROUP}\n\n  # not yet looked into\n", "utf-8")
    out, _ = capnsafe.fuzz(
        "--runs", "40", "--encoder", "bad_encoders:raising", "--known", "known", code=0
    )
    assert f"not counted (known): {GROUP}" in out


@pytest.mark.process
def test_killing_a_campaign_loses_nothing_that_it_announced(
    capnsafe: Command, campaign: subprocess.Popen[str]
) -> None:
    assert campaign.stdout is not None
    announced: list[str] = []
    for line in campaign.stdout:
        match = re.search(r"kept: (\S+)", line)
        if match:
            announced.append(match[1])
        if len(announced) == 2:
            break
    children = _children(campaign.pid)
    campaign.kill()
    campaign.wait()
    _until(lambda: all(map(_gone, children)))
    for path in announced:
        folder = capnsafe.folder / path
        parse_scenario((folder / "finding.scenario").read_text())
        verdict = json.loads((folder / "verdict.json").read_text())
        assert verdict["promise"] == "P1"
        assert (folder / "program.py").read_text()
    # In a process of its own, which removes the folders of the killed one.
    capnsafe.run_apart("repro", announced[0], code=1)


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
        timeout=60,
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
            timeout=60,
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
            timeout=60,
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
    assert process.wait(timeout=60) == code, err
    assert err == ""
    data = json.loads((capnsafe.folder / "result.json").read_text())
    assert data["exit_code"] == code
    assert data["campaigns"][0]["executions"] == 300


@pytest.mark.process
def test_findings_outrank_a_report_that_cannot_be_written(
    capnsafe: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(path: Path, data: Any, result: Any) -> None:
        if result is not None:
            raise EnvironmentFailedError("the disk is full")

    monkeypatch.chdir(capnsafe.folder)
    monkeypatch.syspath_prepend(BAD_ENCODERS)
    monkeypatch.setattr(cli, "_write_json", full)
    common = ["fuzz", "--engine", "random", "--seeds", "corpus", "--json", "result.json"]
    with pytest.raises(SystemExit, match="1"):
        main([*common, "--runs", "300", "--seed", "1", "-x", "--encoder", "bad_encoders:raising"])
    assert "capnsafe: the disk is full" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="4"):
        main([*common, "--runs", "20"])
    assert "capnsafe: the disk is full" in capsys.readouterr().err


@pytest.mark.process
def test_a_sequence_is_run_again_on_any_encoder(capnsafe: Command) -> None:
    text = f"capnsafe scenario-sequence 1\n---\n{SEED}---\n{BREAKS}"
    (capnsafe.folder / "two.scenario").write_text(text)
    out, _ = capnsafe.run("repro", "two.scenario")
    assert "scenario 2 of 2, in the same process" in out
    out, _ = capnsafe.run("repro", "--encoder", "bad_encoders:raising", "two.scenario", code=1)
    assert GROUP in out


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
