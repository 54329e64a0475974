"""The model: unions, pointers that may lead to anything, copies, orphans."""

from __future__ import annotations

from typing import Any

import pytest
from capnsafe_fuzz.scenario import (
    EVERYTHING,
    As,
    Capability,
    Expectation,
    ExpectationKind,
    Operation,
    Verb,
)
from capnsafe_fuzz.scenario.nodes import BLANKS

from tests.scenario.test_model import OK, STALE, VOID, run

REFUSED = Expectation(ExpectationKind.REFUSED)
MIXED = "h0 = root\nselect h0.choice mixed\nh1 = init h0.choice.mixed\n"


def kinds(program: str) -> list[ExpectationKind]:
    return [found.kind for found in run(program)[1]]


_LATER = ("title", "blob", *(name for name in BLANKS["Mixed"] if name.startswith("either")))


def mixed_tree(program: str) -> Any:
    tree = run(MIXED + program)[0].tree()
    assert tree is not None
    mixed = tree["choice.mixed"]
    # Later fields are blank in programs that know the earlier ones only.
    return {name: value for name, value in mixed.items() if name not in _LATER or value}


def test_a_member_is_there_while_it_is_selected() -> None:
    model, expected = run(
        """h0 = root
        set h0.choice.number 1
        select h0.choice number
        set h0.choice.number 1
        get h0.choice.number
        get h0.choice
        get h0.choice.words
        select h0.choice numbers
        get h0.choice.numbers.low"""
    )
    number = EVERYTHING.by_name["choice"].members.index("number")
    values = [Expectation(ExpectationKind.VALUE, value) for value in (1, number)]
    assert expected[1] == expected[6] == VOID
    assert expected[4:6] == values
    assert expected[8] == Expectation(ExpectationKind.VALUE, 0)
    tree = model.tree()
    assert tree is not None
    assert (tree["choice"], tree["choice.number"]) == (3, 0)


def test_selecting_ends_what_the_member_before_held() -> None:
    model, _ = run(MIXED + "select h0.choice nothing")
    assert model.stale(1)
    assert model.live(0)


def test_an_orphan_takes_its_handles_along_and_gives_new_ones() -> None:
    model, expected = run(
        """h0 = root
        h1 = init h0.small
        set h1.number 7
        h2 = disown h0.small
        get h1.number
        h3 = unwrap h2
        get h3.number
        adopt h0.small h2
        get h3.number
        drop h2
        adopt h0.small h2"""
    )
    seven = Expectation(ExpectationKind.VALUE, 7)
    assert expected[4:] == [STALE, OK, seven, OK, seven, STALE, STALE]
    tree = model.tree()
    assert tree is not None
    assert tree["small"]["number"] == 7
    assert not model.has_orphans


def test_an_orphan_survives_the_root_and_is_not_adopted_by_its_part() -> None:
    program = """h0 = root
        h1 = init h0.child
        h2 = disown h0.child
        h3 = root
        h4 = unwrap h2
        h5 = init h4.child
        adopt h5.child h2
        adopt h3.child h2"""
    assert kinds(program)[4:] == [OK.kind, OK.kind, ExpectationKind.REFUSED, OK.kind]


def test_a_copy_is_another_object() -> None:
    model, _ = run(
        """h0 = root
        h1 = init h0.child
        set h1.u8 1
        copy h0.child h1
        h2 = open h0.child
        set h2.u8 2
        h3 = new h2
        set h2.u8 3
        h4 = unwrap h3
        get h4.u8"""
    )
    assert model.stale(1)
    assert model.expect(Operation(Verb.GET, 4, "u8")) == Expectation(ExpectationKind.VALUE, 2)


def test_a_copy_of_what_contains_it() -> None:
    model, expected = run("h0 = root\nset h0.u8 1\ncopy h0.child h0\ncopy h0.child h0")
    tree = model.tree()
    assert tree is not None
    assert expected[2:] == [OK, OK]
    assert tree["child"]["u8"] == tree["child"]["child"]["u8"] == 1
    assert tree["child"]["child"]["child"] is None


def test_a_copy_in_a_list_stays_where_it_is() -> None:
    model, _ = run(
        """h0 = root
        h1 = init h0.children 2
        h2 = open h1[0]
        h3 = init h2.small
        h4 = open h1[1]
        set h4.u8 4
        copy h1[0] h4"""
    )
    assert model.live(2)
    assert model.stale(3)
    assert model.expect(Operation(Verb.GET, 2, "u8")) == Expectation(ExpectationKind.VALUE, 4)


def test_copies_of_copies_end() -> None:
    program = "h0 = root\n" + "copy h0.child h0\n" * 60
    found = kinds(program)
    assert found[1:4] == [ExpectationKind.OK] * 3
    assert found[-1] is ExpectationKind.VOID


@pytest.mark.parametrize(
    ("made", "taken", "expected"),
    [
        ("Older", "Older", OK),
        ("Older", "Newer", OK),
        ("Newer", "Older", OK),
        ("List(UInt16) 2", "List(UInt16)", OK),
        ("List(UInt16) 2", "List(UInt32)", REFUSED),
        ("List(UInt16) 2", "List(Newer)", OK),
        ("List(Bool) 2", "List(Newer)", REFUSED),
        ("List(Text) 2", "List(AnyPointer)", OK),
        ("List(Text) 2", "List(Older)", OK),
        ("List(Text) 2", "Older", REFUSED),
        ("Older", "List(Older)", REFUSED),
        ("List(Newer) 1", "List(Text)", OK),
        ("List(Newer) 1", "List(UInt32)", OK),
        ("List(Newer) 1", "List(Bool)", REFUSED),
    ],
)
def test_what_a_pointer_is_taken_for(made: str, taken: str, expected: Expectation) -> None:
    assert run(f"{MIXED}h2 = init h1.any {made}\nh3 = open h1.any {taken}")[1][-1] == expected


def test_what_grows_is_stale_and_what_it_leads_to_is_not() -> None:
    program = """h2 = init h1.any List(AnyPointer) 3
        h3 = init h2[0] Older
        h4 = init h2[1] List(Bool) 0
        set h2[2] 5
        h5 = open h1.any List(Older)"""
    model, _ = run(MIXED + program)
    # A list of no elements lies in its pointer, which moved.
    assert [model.live(handle) for handle in (2, 3, 4, 5)] == [False, True, False, True]
    zeros = bytes(8)
    assert mixed_tree(program)["any"] == {
        "sections": (1, 1),
        "elements": [
            {"data": zeros, "pointers": [{"data": zeros, "pointers": [None]}]},
            {"data": zeros, "pointers": [(1, 0, b"")]},
            {"data": zeros, "pointers": [Capability(5)]},
        ],
    }


def test_numbers_and_texts_become_the_first_fields_of_structs() -> None:
    assert mixed_tree(
        """h2 = init h1.evolvings List(UInt32) 2
        set h2[1] 9
        h3 = open h1.evolvings List(Newer)
        set h1.any "a"
        h4 = open h1.any List(Older)"""
    ) == {
        **dict.fromkeys(["other", "service", "services", "evolving"]),
        "any": {
            "sections": (1, 1),
            "elements": [{"data": octet + bytes(7), "pointers": [None]} for octet in (b"a", b"\0")],
        },
        "evolvings": {
            "sections": (2, 2),
            "elements": [
                {"data": bytes(16), "pointers": [None, None]},
                {"data": b"\x09" + bytes(15), "pointers": [None, None]},
            ],
        },
    }


def test_a_newer_struct_fits_an_older_one_if_it_says_no_more() -> None:
    program = """h2 = init h1.any Newer
        h3 = open h1.any Older
        h4 = init h1.other List(Older) 1
        copy h4[0] h3
        set h2.total 1
        copy h4[0] h3"""
    assert run(MIXED + program)[1][-3:] == [OK, OK, REFUSED]


def test_what_a_pointer_leads_to_has_a_kind() -> None:
    program = """get h1.any
        set h1.any 5
        get h1.any
        set h1.any x""
        get h1.any
        h2 = init h1.any Older
        get h1.any
        canonical
        set h1.service 3
        canonical"""
    _, expected = run(MIXED + program)
    values = [one.value for one in expected[3:] if one.kind is ExpectationKind.VALUE]
    assert values == ["null", "capability", "list", "struct"]
    assert [expected[-3], expected[-1]] == [OK, REFUSED]


def test_a_list_from_a_buffer() -> None:
    model, _ = run('h0 = root\nh1 = fill h0.i16s x"0100ffff"')
    tree = model.tree()
    assert tree is not None
    assert tree["i16s"] == [1, -1]
    assert model.count(1) == 2


def test_first_fields_are_seen_and_written_in_their_structs() -> None:
    program = """h2 = init h1.any List(Newer) 2
        h3 = open h2[1]
        set h3.number 327687
        h4 = open h1.any List(UInt16)
        get h4[1]
        set h4[1] 8
        get h3.number
        h5 = open h1.any List(AnyPointer)
        set h5[0] "a"
        h6 = init h5[1] Older
        clear h5[1]
        size h4
        h7 = open h1.any List(Newer)"""
    model, expected = run(MIXED + program)
    seven, eight = (Expectation(ExpectationKind.VALUE, value) for value in (7, 0x50008))
    one_word = Expectation(ExpectationKind.VALUE, 1)
    assert expected[-9:] == [seven, OK, eight, OK, OK, OK, OK, one_word, OK]
    assert [model.live(handle) for handle in range(2, 8)] == [True] * 4 + [False, True]
    assert model.written(4) == (1,)
    blank = {"data": bytes(16), "pointers": [(2, 2, b"a\0"), None]}
    number = (0x50008).to_bytes(16, "little")
    assert mixed_tree(program)["any"] == {
        "sections": (2, 2),
        "elements": [blank, {"data": number, "pointers": [None, None]}],
    }


def test_first_numbers_are_copied_alone_and_first_pointers_with_their_structs() -> None:
    program = """h2 = init h1.any List(Newer) 2
        h3 = open h2[1]
        set h3.total 1
        h4 = open h1.any List(UInt32)
        set h4[1] 7
        h5 = open h1.any List(Text)
        set h5[0] "a"
        size h4
        size h5
        lend h4 x"01000000"
        copy h1.other h4
        copy h1.evolvings h5
        copy h0.u32s h4
        copy h0.texts h5
        h6 = join h4 h4
        h7 = new h5
        h8 = ensure h0.texts h5"""
    model, expected = run(MIXED + program)
    words = [Expectation(ExpectationKind.VALUE, value) for value in (1, 10)]
    assert expected[-10:] == [*words, REFUSED, OK, OK, OK, VOID, OK, VOID, VOID]
    number = (7).to_bytes(4, "little")
    tree = mixed_tree(program)
    assert tree["other"] == (4, 2, bytes(4) + number)
    assert tree["evolvings"] == tree["any"]
    assert tree["any"]["elements"][1]["data"] == number + bytes(4) + (1).to_bytes(8, "little")
    whole = model.tree()
    assert whole is not None
    assert whole["u32s"] == [0, 7]
    # The copy of the structs is another object.
    assert run(MIXED + program + '\nset h5[1] "b"')[0].tree() != whole
    assert mixed_tree(program + '\nset h5[1] "b"')["evolvings"] == tree["evolvings"]


def test_a_list_of_structs_cannot_be_lent_even_if_it_is_gone() -> None:
    program = """h2 = init h1.any List(Newer) 2
        h3 = open h1.any List(UInt32)
        clear h1.any
        lend h3 x"01000000"
        size h3"""
    assert run(MIXED + program)[1][-2:] == [REFUSED, STALE]


def test_an_orphan_is_upgraded() -> None:
    program = """h2 = init h1.any List(Text) 2
        set h2[1] "a"
        h3 = disown h1.any
        h4 = unwrap h3 List(AnyPointer)
        h5 = unwrap h3 List(Newer)
        h6 = open h5[1]
        get h6.label
        size h4
        h7 = unwrap h3 List(Bool)
        adopt h1.other h3
        get h6.label"""
    model, expected = run(MIXED + program)
    text = Expectation(ExpectationKind.VALUE, "a")
    assert expected[-7:] == [OK, OK, text, STALE, REFUSED, OK, text]
    operation = Operation(Verb.UNWRAP, 3, None, As("List(Newer)"))
    earlier = run(MIXED + program.partition("h5 =")[0])[0]
    assert earlier.largest_object(operation) == 9
    assert earlier.needed_words(operation) == (9, 10)
    blank = {"data": bytes(16), "pointers": [None, None]}
    assert mixed_tree(program)["other"] == {
        "sections": (2, 2),
        "elements": [blank, {"data": bytes(16), "pointers": [(2, 2, b"a\0"), None]}],
    }
    assert model.live(5)


def test_first_fields_end_with_their_structs() -> None:
    program = """h2 = init h1.any List(Older) 1
        h3 = open h1.any List(Text)
        h4 = open h1.any List(Newer)
        get h3[0]"""
    assert run(MIXED + program)[1][-1] == STALE
