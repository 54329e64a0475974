"""Generated code answers questions about a message, and a wrong answer is a finding."""

from __future__ import annotations

from random import Random
from typing import Any

from capnsafe_fuzz.encoders import find_encoder
from capnsafe_fuzz.encoders.generated_encoder import GeneratedEncoder
from capnsafe_fuzz.execution import execute, explain, script
from capnsafe_fuzz.scenario import parse_scenario
from capnsafe_fuzz.targets import find_target

import capnsafe

VALUES = find_target("values")
CLEAN = find_encoder("capnsafe")
TRIED = parse_scenario(
    "capnsafe scenario 1\nmemory heap segment_words=64\nlimit max_segment_words=4096\n"
    'h0 = root\nset h0.text "asked"\nset h0.f64 0x7ff0000000000000\n'
)


class Forgetful(GeneratedEncoder):
    """It gives no right answer to one question."""

    def __init__(self, question: str, answer: Any) -> None:
        super().__init__(capnsafe, "forgetful")
        self.question = question
        self.wrong = answer
        self.asked: list[str] = []

    def answer_question(self, name: str, stream: bytes, given: Any) -> Any:
        self.asked.append(name)
        return self.wrong if name == self.question else super().answer_question(name, stream, given)


def test_right_answers_are_no_finding() -> None:
    rng = Random(2)
    for _ in range(40):
        scenario = VALUES.generate(rng)
        assert VALUES.run(scenario, CLEAN, True).violations == (), VALUES.print(scenario)


def test_a_wrong_answer_is_found_where_costly_oracles_judge() -> None:
    encoder = Forgetful("from dict", {})
    assert execute(TRIED, encoder).violations == ()
    assert encoder.asked == []
    [violation] = explain(TRIED, encoder, costly=True).violations
    assert violation.group == "P11 output from dict"
    assert "the root lacks ['choice', 'colour'," in violation.detail
    assert violation.detail.endswith("and has []")
    # Nothing is asked after the first wrong answer.
    assert encoder.asked[-1] == "from dict"


def test_a_wrong_text_is_shown_where_it_differs() -> None:
    [violation] = explain(TRIED, Forgetful("text", "(unit = voit)"), costly=True).violations
    assert "it has '(unit = voit)', not '(unit = void" in violation.detail
    [violation] = explain(TRIED, Forgetful("dict", "no dict"), costly=True).violations
    assert "it returned 'no dict'" in violation.detail
    [violation] = explain(TRIED, Forgetful("asyncio", [True, 1]), costly=True).violations
    assert "wrong: [True, 1]" in violation.detail
    [violation] = explain(TRIED, Forgetful("parameters", 5), costly=True).violations
    assert "the root is 5, not None" in violation.detail


def test_an_exception_is_a_wrong_answer() -> None:
    encoder = GeneratedEncoder(capnsafe, "capnsafe")
    stream = capnsafe.frame([bytes(8)])
    answer = encoder.answer_question("from json", stream, {"i8": 1000})
    assert answer.startswith("raised ArgumentValueError: i8: ")


def test_the_program_of_a_wrong_answer_asks_the_question() -> None:
    program = script(TRIED, Forgetful("from dict", {}))
    assert 'nan, inf = float("nan"), float("inf")' in program
    assert "found = answer(capnsafe, 'from dict', result, given)" in program
    # capnsafe itself answers rightly.
    exec(compile(program, "<program>", "exec"), {"__name__": "program"})
