"""What holds for every target: forms agree, search makes what is valid, bugs are found."""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest
from capnsafe_fuzz.campaign.cache import Cache
from capnsafe_fuzz.campaign.corpus import Entry, read_any, read_corpus
from capnsafe_fuzz.campaign.targets import UnknownNameError, check_encoder, targets_of
from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.encoders.planted import BUGS, bugs_of, read_bug, witness_text
from capnsafe_fuzz.engines import MAX_INPUT_BYTES
from capnsafe_fuzz.record import Violation
from capnsafe_fuzz.scenario import Heading, ScenarioError, with_heading
from capnsafe_fuzz.targets import (
    TARGETS,
    Scope,
    Target,
    UnknownTargetError,
    current_name,
    described,
    find_target,
    measure,
    target_of_text,
)
from capnsafe_fuzz.targets.reader.scenario import Ask, Question, Read
from capnsafe_fuzz.targets.reader.script import print_program
from capnsafe_fuzz.targets.stream.framed import FRAMED, Frame
from capnsafe_fuzz.targets.stream.packed import PACKED, Packed

from capnsafe import Error

OTHERS = [name for name in TARGETS if name != "builder"]
RECEIVING = [name for name in OTHERS if name != "values"]
"""The targets for data from outside."""
LONGEST_SENTENCE = 140
"""Characters: nobody reads a longer one."""
FEWEST_SEEDS = 12
FEWEST_BUGS = {"reader": 4, "stream": 6, "values": 30}

every_target = pytest.mark.parametrize(
    "target", [find_target(name) for name in TARGETS], ids=list(TARGETS)
)
every_receiving = pytest.mark.parametrize(
    "target", [find_target(name) for name in RECEIVING], ids=RECEIVING
)
every_other = pytest.mark.parametrize("target", [find_target(name) for name in OTHERS], ids=OTHERS)
ENTRIES = [(name, entry) for name in OTHERS for entry in read_corpus(name)]
every_entry = pytest.mark.parametrize(
    ("name", "entry"), ENTRIES, ids=lambda value: getattr(value, "path", Path(str(value))).stem
)
every_bug = pytest.mark.parametrize("bug", [bug for name in OTHERS for bug in bugs_of(name)])


def breaks(target: Target, scenario: Any, encoder: Any, promise: str) -> bool:
    """Whether an oracle sees that a promise is broken; the costly ones are asked last."""
    return any(
        promise in {found.promise for found in target.run(scenario, encoder, costly).violations}
        for costly in (False, True)
    )


def word(number: int) -> bytes:
    return number.to_bytes(8, "little")


def made(target: Target, count: int, seed: int = 3) -> list[Any]:
    """Generated inputs, mutated and crossed."""
    rng = Random(seed)
    inputs = [target.generate(rng) for _ in range(count)]
    for _ in range(count):
        one = target.crossover(rng.choice(inputs), rng.choice(inputs), rng)
        inputs.append(target.mutate(one, rng))
    return inputs


# Forms


@every_target
def test_bytes_and_text_say_the_same(target: Target) -> None:
    for scenario in [target.sample, *made(target, 40)]:
        data = target.encode(scenario)
        assert len(data) <= MAX_INPUT_BYTES
        assert target.decode(data) == scenario
        text = target.print(scenario)
        assert target.parse(text) == scenario
        assert target.print(target.parse(text)) == text
        assert target_of_text(text.encode()) == target.name


@every_target
def test_any_bytes_are_an_input_with_canonical_bytes(target: Target) -> None:
    rng = Random(4)
    for _ in range(300):
        scenario = target.decode(rng.randbytes(rng.randint(0, 90)))
        assert target.decode(target.encode(scenario)) == scenario
        # The constructor accepts what the decoder makes.
        assert replace(scenario, comment="x") == scenario


@every_receiving
@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("nonsense 1", "line 3: "),
        ("limit max_fun=1", "line 3: "),
        ("# late", "line 3: "),
    ],
)
def test_a_text_that_cannot_be_read_is_named_by_its_line(
    target: Target, line: str, sentence: str
) -> None:
    lines = target.print(target.sample).splitlines()
    lines.insert(2, line)
    with pytest.raises(ScenarioError, match=sentence):
        target.parse("\n".join(lines))


def test_a_target_is_found_by_name_and_by_the_first_line(tmp_path: Path) -> None:
    for name in TARGETS:
        target = find_target(name)
        assert target.name == name
        path = tmp_path / f"{name}.scenario"
        path.write_text(target.print(target.sample))
        found = read_any(path)
        assert (found.target, found.scenario) == (name, target.sample)
    assert target_of_text(b"capnsafe input 1\n") is None
    with pytest.raises(UnknownTargetError, match="there is builder, reader, stream, values"):
        find_target("nowhere")


@pytest.mark.parametrize("former", ["build", "read", "frame", "packed"])
def test_a_former_name_of_a_target_still_works(former: str, tmp_path: Path) -> None:
    target = find_target(former)
    assert target is find_target(current_name(former))
    assert find_target(f"{former}-sequence") is find_target(f"{target.name}-sequence")
    text = target.print(target.sample)
    # A finding, and a seed in a folder of that name.
    path = tmp_path / former / "seeds" / "old.scenario"
    path.parent.mkdir(parents=True)
    path.write_text(with_heading(text, Heading("capnsafe", former)))
    found = read_any(path)
    assert (found.target, found.scenario) == (target.name, target.sample)
    assert [entry.path for entry in read_corpus(target.name, tmp_path)] == [path]
    assert targets_of("capnsafe", tmp_path) == [target.name]
    # A cached input, whose name is the hash of its contents and of the name.
    data = target.encode(target.sample)
    cached = tmp_path / "cache" / hashlib.sha256(f"{former}\n".encode() + data).hexdigest()[:24]
    cached.parent.mkdir()
    cached.write_bytes(f"capnsafe input {former} {target.version}\n".encode() + data)
    assert read_any(cached).scenario == target.sample
    assert Cache(cached.parent, target.name).open() == [data]
    assert read_any(cached, former).target == target.name


@pytest.mark.parametrize("form", [FRAMED, PACKED])
def test_a_stream_has_two_forms(form: Any) -> None:
    target, sequences = find_target("stream"), find_target("stream-sequence")
    text = form.sample.print()
    assert target.parse(text) == form.sample
    old = f"{form.sample.header.removesuffix(' 1')}-sequence 1\n---\n{text}"
    assert target_of_text(old.encode()) == sequences.name
    sequence = sequences.parse(old)
    assert sequences.parse(sequences.print(sequence)) == sequence
    assert target_of_text(sequences.print(sequence).encode()) == sequences.name


def test_forms_of_a_stream_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ScenarioError, match="'capnsafe frame 1' or 'capnsafe packed 1'"):
        find_target("stream").parse("capnsafe stream 1\n")


def test_streams_of_both_forms_are_generated_and_crossed() -> None:
    target, rng = find_target("stream"), Random(5)
    forms = {type(target.generate(rng)) for _ in range(40)}
    assert forms == {Frame, Packed}
    crossed = target.crossover(PACKED.sample, FRAMED.sample, rng)
    assert crossed == replace(PACKED.sample, data=FRAMED.sample.data)


@every_target
def test_programs_use_public_names_only(target: Target) -> None:
    clean = find_encoder("capnsafe")
    private = re.compile(r"(?<!\bself)\._|import _|from [\w.]*\b_")
    for scenario in [target.sample, *made(target, 20)]:
        assert not private.search(target.plain_script(scenario, clean))


COPIES = {
    "a struct": [Question(Ask.ROOT), Question(Ask.COPY, 0)],
    "the object of a pointer": [Question(Ask.ROOT), Question(Ask.COPIED, 0, 1)],
    "a list": [Question(Ask.ROOT), Question(Ask.STRUCTS, 0, 1), Question(Ask.TREE, 1)],
}
#: A struct with a capability and a list of two structs, each with a word and a Text.
NESTED = (
    word(2 << 48) + word(3 | 7 << 32) + word(1 | 7 << 32 | 4 << 35)
    + word(2 << 2 | 1 << 32 | 1 << 48) + word(5) + word(2 << 2 | 1 | 2 << 32 | 2 << 35)
    + word(6) + word(1 << 2 | 1 | 2 << 32 | 3 << 35) + b"a\0\0\0\0\0\0\0" + b"bc\0\0\0\0\0\0"
)  # fmt: skip


@pytest.mark.parametrize("name", COPIES)
def test_the_program_of_a_copy_compares_all_of_it(name: str) -> None:
    scenario = Read((NESTED,), questions=tuple(COPIES[name]))
    step = len(COPIES[name]) - 1
    violation = Violation("P11", "read", step, "", "on purpose", "")
    program = print_program(scenario, find_encoder("capnsafe"), [violation])
    exec(program, {})
    start, found, check = program.partition("assert found")
    assert found
    # The second Text begins a line of digits.
    assert '"6263' in start
    with pytest.raises(AssertionError):
        exec(start.replace('"6263', '"6264') + found + check, {})


@every_target
def test_search_is_repeatable(target: Target) -> None:
    assert made(target, 10) == made(target, 10)
    assert made(target, 10) != made(target, 10, seed=5)
    assert len(set(map(target.encode, made(target, 40)))) > 60


@every_target
def test_sizes_are_told_to_people(target: Target) -> None:
    sizes = target.sizes(target.sample)
    assert measure(target, target.sample) == tuple(sizes.values())
    assert described({"bytes": 1, "pieces": 2}) == ["1 byte", "2 pieces"]


# Encoders


@pytest.mark.process
def test_an_encoder_without_a_package_can_only_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    methods = ("session", "classify", "owns", "argument_type", "script")
    bodies = "".join(f"    def {name}(self, *given):\n        pass\n" for name in methods)
    (tmp_path / "own_encoder.py").write_text(f"class Own:\n    name = 'own'\n{bodies}")
    monkeypatch.syspath_prepend(tmp_path)
    encoder = cast(Any, SimpleNamespace(name="own"))
    assert find_target("builder").refusal(encoder) is None
    for name in OTHERS:
        assert find_target(name).refusal(encoder) is not None
        assert find_target(name).refusal(find_encoder("capnsafe")) is None
        with pytest.raises(UnknownNameError, match="cannot be tested on the target"):
            check_encoder("own_encoder:Own", find_target(name))


def test_targets_where_none_is_named(tmp_path: Path) -> None:
    assert targets_of("capnsafe", None) == list(TARGETS)
    assert targets_of("planted:tag_product_wraps", None) == ["reader"]
    assert targets_of("capnsafe", None, memory="pool") == ["builder", "values"]
    (tmp_path / "stream").mkdir()
    assert targets_of("capnsafe", tmp_path) == ["stream"]


# The corpus


@every_other
def test_there_are_seeds_and_they_say_different_things(target: Target) -> None:
    seeds = [entry for name, entry in ENTRIES if name == target.name]
    assert len(seeds) >= FEWEST_SEEDS
    assert len({target.encode(entry.scenario) for entry in seeds}) == len(seeds)
    assert len({entry.scenario.comment for entry in seeds}) == len(seeds)


@every_entry
def test_a_seed_is_canonical_says_why_and_keeps_every_promise(name: str, entry: Entry) -> None:
    target = find_target(name)
    assert target.print(entry.scenario) == entry.path.read_text("utf-8")
    assert 20 <= len(entry.scenario.comment) <= LONGEST_SENTENCE
    assert entry.scenario.comment.endswith(".")
    assert target.run(entry.scenario, find_encoder("capnsafe"), True).violations == ()


@pytest.mark.thorough
@every_bug
def test_no_seed_shows_a_planted_bug(bug: str) -> None:
    name = read_bug(BUGS[bug]).target
    encoder = find_encoder(f"planted:{bug}")
    fired = [
        entry.path.stem
        for entry in read_corpus(name)
        if entry.path.parent.name == "seeds"
        and find_target(name).run(entry.scenario, encoder, True).violations
    ]
    assert fired == []


# Planted bugs


@every_other
def test_there_are_bugs_enough_of_several_promises(target: Target) -> None:
    bugs = [read_bug(BUGS[name]) for name in bugs_of(target.name)]
    assert len(bugs) >= FEWEST_BUGS[target.name]
    assert len({bug.promise for bug in bugs}) >= 3


@every_bug
def test_a_witness_shows_its_bug_and_the_clean_encoder_passes_it(bug: str) -> None:
    about = read_bug(BUGS[bug])
    target, text = find_target(about.target), witness_text(bug)
    scenario = target.parse(text)
    assert target.print(scenario) == text
    assert dict(target.sizes(scenario)) == about.needs
    assert scenario.comment.endswith(".")
    encoder, clean = find_encoder(f"planted:{bug}"), find_encoder("capnsafe")
    assert breaks(target, scenario, encoder, about.promise)
    assert target.run(scenario, clean, True).violations == ()


@every_bug
def test_the_program_of_a_witness_shows_the_bug_and_nothing_else(bug: str) -> None:
    about = read_bug(BUGS[bug])
    target = find_target(about.target)
    scenario = target.parse(witness_text(bug))
    program = target.script(scenario, find_encoder(f"planted:{bug}"))
    loading = f"capnsafe = load_package({bug!r})"
    assert loading in program
    assert f"# {about.promise}: " in program
    shown: Any = struct.error if about.promise == "P1" else AssertionError
    if about.target == "values" and about.promise != "P1":
        # Another error than that for a stale handle, and a message that cannot be read, are raised.
        shown = (AssertionError, IndexError, Error)
    with pytest.raises(shown):
        exec(compile(program, "<program>", "exec"), {"__name__": "program"})
    exec(compile(program.replace(loading, "import capnsafe"), "<program>", "exec"), {})


@pytest.mark.parametrize(
    ("name", "entry"),
    [(name, entry) for name, entry in ENTRIES if name in RECEIVING],
    ids=lambda value: getattr(value, "path", Path(str(value))).stem,
)
def test_the_program_of_a_seed_runs(name: str, entry: Entry) -> None:
    target, clean = find_target(name), find_encoder("capnsafe")
    for program in (
        target.script(entry.scenario, clean),
        target.plain_script(entry.scenario, clean),
    ):
        exec(compile(program, "<program>", "exec"), {"__name__": "program"})


@every_entry
def test_the_story_of_a_seed_tells_every_step(name: str, entry: Entry) -> None:
    target = find_target(name)
    told = target.tell(entry.scenario, find_encoder("capnsafe"))
    for line in target.lines(entry.scenario):
        assert any(line in told_line for told_line in told)


# Shrinking


@pytest.mark.parametrize(
    "bug",
    [
        # One of each target runs in `make check`.
        pytest.param(bug, marks=() if bug == bugs_of(name)[0] else pytest.mark.thorough)
        for name in OTHERS
        for bug in bugs_of(name)
    ],
)
def test_a_witness_with_more_around_it_shrinks(bug: str) -> None:
    about = read_bug(BUGS[bug])
    target, encoder = find_target(about.target), find_encoder(f"planted:{bug}")

    def fires(scenario: Any) -> bool:
        return breaks(target, scenario, encoder, about.promise)

    rng = Random(1)
    larger = target.parse(witness_text(bug))
    for _ in range(200):
        changed = target.mutate(larger, rng)
        if measure(target, changed) > measure(target, larger) and fires(changed):
            larger = changed
    small = target.shrink(larger, fires, budget=500)
    assert fires(small)
    assert target.simplicity(small) <= target.simplicity(larger)
    # Two kinds of simplicity may conflict, so the result need not be the smallest.
    assert sum(measure(target, small)) <= 2 * sum(about.needs.values()), target.print(small)


@every_receiving
def test_an_input_without_faults_has_no_variations(target: Target) -> None:
    sample = target.sample
    assert target.trace(sample, find_encoder("capnsafe")) is None
    variations = target.variations(sample, {}, Scope.PAIRS, everything=True)
    assert [variations.make(number) for number in range(variations.count)] == [sample]


def test_beginnings_leave_the_last_step_out() -> None:
    target = find_target("reader")
    counts = [len(target.lines(shorter)) for shorter in target.beginnings(target.sample)]
    assert counts == list(range(1, len(target.lines(target.sample))))
