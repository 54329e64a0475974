"""The command, as people and CI run it: its output, its files, and its exit code."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from pathlib import Path

import pytest
from capnsafe_fuzz.campaign.listing import LISTS
from capnsafe_fuzz.cli import cli, main
from capnsafe_fuzz.encoders.planted import BUGS
from capnsafe_fuzz.scenario import DECODER_VERSION, parse_scenario
from capnsafe_fuzz.targets import target_of_text
from click import Context

from tests.cli.command import BAD_ENCODERS, BREAKS, GROUP, SEED, Command


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
def test_a_campaign_on_each_target_that_is_named(capnsafe: Command) -> None:
    out, _ = capnsafe.run(
        "fuzz", "read", "stream", "--engine", "random", "--runs", "100", "--seed", "1",
        "--corpus", "cache", "--json", "result.json",
    )  # fmt: skip
    assert out.count("random ran 100 executions of capnsafe") == 2
    data = json.loads((capnsafe.folder / "result.json").read_text())
    assert [campaign["target"] for campaign in data["campaigns"]] == ["reader", "stream"]
    kept = [target_of_text(path.read_bytes()) for path in (capnsafe.folder / "cache").iterdir()]
    assert set(kept) <= {"reader", "stream"}
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
    old = cache / hashlib.sha256(b"build\nabc").hexdigest()[:24]
    old.write_bytes(b"capnsafe input build 9999\nabc")
    out, _ = capnsafe.fuzz("--runs", "20", "--corpus", "cache")
    assert "written for another version of the decoder, left alone and not used: 1" in out
    assert old.read_bytes() == b"capnsafe input build 9999\nabc"
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
def test_known_groups_are_read_as_people_write_them(capnsafe: Command) -> None:
    known = capnsafe.folder / "known"
    known.write_text(f"\ufeff{GROUP}\n\n  # not yet looked into\n", "utf-8")
    out, _ = capnsafe.fuzz(
        "--runs", "40", "--encoder", "bad_encoders:raising", "--known", "known", code=0
    )
    assert f"not counted (known): {GROUP}" in out


@pytest.mark.process
def test_a_sequence_is_run_again_on_any_encoder(capnsafe: Command) -> None:
    text = f"capnsafe scenario-sequence 1\n---\n{SEED}---\n{BREAKS}"
    (capnsafe.folder / "two.scenario").write_text(text)
    out, _ = capnsafe.run("repro", "two.scenario")
    assert "scenario 2 of 2, in the same process" in out
    out, _ = capnsafe.run("repro", "--encoder", "bad_encoders:raising", "two.scenario", code=1)
    assert GROUP in out


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not name the cores")
@pytest.mark.parametrize("command", ["fuzz", "sweep"])
def test_auto_is_one_job_for_each_core_that_may_be_used(command: str) -> None:
    (jobs,) = (one for one in cli.commands[command].params if one.name == "jobs")
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert jobs.type_cast_value(Context(cli), "auto") == 1
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize("command", ["", "  ", "driver 'unclosed"])
def test_the_command_of_a_driver_has_words(command: str, capnsafe: Command) -> None:
    _, err = capnsafe.run("fuzz", "builder", "--driver", command, "--runs", "1", code=2)
    assert "--driver" in err
    assert "the command is empty" in err or "no closing quotation" in err
