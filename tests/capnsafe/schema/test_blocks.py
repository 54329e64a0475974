"""Values enter a message as one run of words, or object by object where a run finds no room.

A copy of a reader always goes object by object. So messages that were made from values are compared
with messages that were made from readers of the same values.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

import numpy
import pytest

from capnsafe import (
    ArgumentError,
    ArgumentIndexError,
    ArgumentTypeError,
    ArgumentValueError,
    Error,
    HeapAllocator,
    MessageBuilder,
    MessageTooLarge,
    read_message,
    schema,
)
from capnsafe._words.block import BlockBuilder, require_words
from capnsafe.wire import MAX_LIST_COUNT, MAX_SEGMENT_WORDS
from tests.capnsafe.schema.features_capnp import Choice, Point, Pointers, Recursive, Tree
from tests.capnsafe.schema.tools import Scatter

VALUES = [
    *(Scatter(seed).struct(Pointers._layout, 2) for seed in range(12)),
    Pointers(any=Point(x=1), any_list="text", voids=[None] * 5, capability=7),
    Pointers(any=Pointers(any=Recursive(), names=[["a", ""], []])),
]


def as_root(message: MessageBuilder, given: Any) -> None:
    message.set_root(given)


def as_second_root(message: MessageBuilder, given: Any) -> None:
    message.init_root(1, 1)
    message.set_root(given)


def behind_a_pointer(message: MessageBuilder, given: Any) -> None:
    message.init_root(0, 2).set(1, given)


def as_orphan(message: MessageBuilder, given: Any) -> None:
    root = message.init_root(0, 1)
    root.adopt(0, message.new_orphan(given))


def as_first_orphan(message: MessageBuilder, given: Any) -> None:
    orphan = message.new_orphan(given)
    message.init_root(0, 1).adopt(0, orphan)


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
@pytest.mark.parametrize(
    "build", [as_root, as_second_root, behind_a_pointer, as_orphan, as_first_orphan]
)
def test_segments_of_any_size_get_the_same_words(
    build: Callable[[MessageBuilder, Any], None], value: Any
) -> None:
    reader = read_message(value.to_bytes()).get_root(Pointers)
    words = len(value.to_bytes()) // 8
    for size in sorted({1, 2, 3, 5, 8, 13, 21, *range(max(1, words - 4), words + 5)}):
        made = []
        for given in (value, reader):
            with MessageBuilder(HeapAllocator(segment_words=size, growth=False)) as message:
                build(message, given)
                made.append([bytes(segment) for segment in message.segments()])
        assert made[0] == made[1], size


@pytest.mark.parametrize(
    ("build", "below"),
    [(as_root, None), (as_second_root, None), (behind_a_pointer, 1), (as_orphan, 0)],
)
def test_the_words_that_an_empty_list_leads_to_stay_in_use(
    build: Callable[[MessageBuilder, Any], None], below: int | None
) -> None:
    """The last list is empty, and its pointer leads to the end of the words in use."""
    with MessageBuilder() as message:
        build(message, Pointers(names=[["a text of some words"], []]))
        root = message.get_root()
        assert root is not None
        pointers = root if below is None else root.get_struct(below)
        assert pointers is not None
        names = pointers.get_pointer_list(17)
        assert names is not None
        first = names.get_pointer_list(0)
        assert first is not None
        text = first.disown(0)
        assert text is not None
        text.truncate(1, text=True)
        first.adopt(0, text)
        assert first.get_text(0) == "a"
        last = names.get_pointer_list(1)
        assert last is not None
        assert len(last) == 0


def as_bytes(message: MessageBuilder) -> bytes:
    """Return the root as a message of its own."""
    read = read_message(message.to_bytes()).get_root(Pointers)
    return read.to_value().to_bytes()


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_a_value_in_memory_that_grows(value: Any) -> None:
    with MessageBuilder(HeapAllocator(segment_words=4, in_place=True)) as message:
        message.init_root(Pointers).set(value)
        assert as_bytes(message) == value.to_bytes()


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_a_value_over_another(value: Any) -> None:
    """Nothing of the earlier value stays, whatever it had."""
    for other in VALUES:
        with MessageBuilder() as message:
            root = message.init_root(Pointers)
            root.set(other)
            root.set(value)
            assert as_bytes(message) == value.to_bytes()


def test_a_value_that_no_segment_can_hold() -> None:
    require_words(MAX_SEGMENT_WORDS)
    with pytest.raises(MessageTooLarge) as raised:
        require_words(MAX_SEGMENT_WORDS + 1)
    assert raised.value.words_asked == MAX_SEGMENT_WORDS + 1


@pytest.mark.parametrize("sections", [(0, 0), (0, 1), (1, 0)])
def test_a_value_in_a_struct_of_an_older_schema(sections: tuple[int, int]) -> None:
    """What does not fit is refused, and never cut off."""
    with MessageBuilder() as message:
        low = message.init_root(*sections)
        root = Tree.Builder(low)
        root.set(Tree())
        for value, needs in ((Tree(left=Tree()), (0, 1)), (Tree(value=5), (1, 0))):
            before = message.to_bytes()
            if sections[0] >= needs[0] and sections[1] >= needs[1]:
                root.set(value)
                assert root.to_value() == value
                root.set(Tree())
            else:
                with pytest.raises(ArgumentValueError, match="do not fit"):
                    root.set(value)
                assert message.to_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        lambda choice: setattr(choice, "number", 9),
        lambda choice: setattr(choice, "flag", True),
        lambda choice: setattr(choice, "point", Point(x=1)),
        lambda choice: choice.init_points(2),
        lambda choice: choice.update(number=7),
    ],
)
def test_a_member_in_a_struct_of_an_older_schema(change: Callable[[Choice.Builder], Any]) -> None:
    with MessageBuilder() as message:
        choice = Choice.Builder(message.init_root(0, 9))
        before = message.to_bytes()
        with pytest.raises(ArgumentIndexError, match="outside"):
            change(choice)
        assert message.to_bytes() == before


def test_a_text_that_no_list_can_hold() -> None:
    out = BlockBuilder()
    with pytest.raises(MessageTooLarge):
        out.append_bytes(out.root, 0, b"", MAX_LIST_COUNT + 1)


@pytest.mark.parametrize("count", [-1, MAX_LIST_COUNT, MAX_LIST_COUNT + 1])
def test_a_list_that_no_segment_can_hold(count: int) -> None:
    with MessageBuilder() as message:
        root = message.init_root(Choice)
        root.number = 7
        tracemalloc.start()
        try:
            with pytest.raises((ArgumentValueError, MessageTooLarge)):
                root.init_points(count)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < 1 << 20, "it was made, and then refused"
        assert root.number == 7


def test_an_opaque_object_is_checked_again() -> None:
    """Somebody may have made the words of an ``Opaque``, or changed them in a pickle."""
    outside = schema.Opaque(b"\4\0\0\0\1\0\0\0")
    with MessageBuilder() as message, pytest.raises(Error):
        message.init_root(0, 1).set(0, outside)


@pytest.mark.parametrize("count", [0, 1, 200, 2_000])
@pytest.mark.parametrize("item", [Tree(value=1), Tree(value=1, left=Tree(value=2)), Point(x=1)])
def test_a_list_of_many_structs(count: int, item: Tree | Point) -> None:
    """The words of a long list are converted in stretches, whose objects keep their order."""
    items: Any = [item] * count
    value = Tree(children=items) if type(item) is Tree else Choice(points=items)
    framed = value.to_bytes(HeapAllocator(segment_words=1 << 16))
    assert type(value).from_bytes(framed) == value
    with MessageBuilder(HeapAllocator(segment_words=1 << 16)) as message:
        message.set_root(read_message(framed).get_root())
        assert message.to_bytes() == framed


class Failing:
    """A number whose conversion fails with an exception that no number of Python raises."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __index__(self) -> int:
        raise self._error

    def __float__(self) -> float:
        raise self._error


@pytest.mark.parametrize("error", [ZeroDivisionError(), KeyError("x"), MemoryError()])
@pytest.mark.parametrize("field", ["numbers", "colours", "grid"])
def test_an_item_whose_conversion_fails(field: str, error: Exception) -> None:
    item: Any = [Failing(error)] if field == "grid" else Failing(error)
    kind: Any = Choice if field == "numbers" else Pointers
    value = kind(**{field: [item]})
    with MessageBuilder() as message:
        root = message.init_root(kind)
        before = message.to_bytes()
        acts: list[Callable[[], Any]] = [
            lambda: root.set(value),
            lambda: root.update(**{field: [item]}),
            lambda: setattr(root, field, [item]),
        ]
        for act in acts:
            with pytest.raises(ArgumentTypeError) as raised:
                act()
            assert raised.value.__cause__ is error
        assert message.to_bytes() == before


class Complex:
    """A complex number of another library, whose ``__float__`` drops the imaginary part."""

    def __complex__(self) -> complex:
        return 1 + 2j

    def __float__(self) -> float:
        return 1.0


@pytest.mark.parametrize("item", [Decimal("1e400"), Complex(), numpy.ma.array(5.0, mask=True)])
def test_a_list_takes_the_same_floats_as_a_field(item: Any) -> None:
    with pytest.raises(ArgumentError):
        Choice(real=item).to_bytes()
    with pytest.raises(ArgumentError):
        Pointers(grid=[[item]]).to_bytes()


def test_a_list_refuses_a_masked_integer() -> None:
    masked: Any = numpy.ma.array(5, mask=True)
    with pytest.raises(ArgumentTypeError, match="masked"):
        Choice(numbers=[masked]).to_bytes()


def test_numbers_of_other_libraries_in_a_list() -> None:
    items: Any = [numpy.float32(1.5), Fraction(1, 2), True, 3, numpy.float64(-2), Decimal(4)]
    read = read_message(Pointers(grid=[items]).to_bytes()).get_root(Pointers)
    assert read.to_value().grid == [[1.5, 0.5, 1.0, 3.0, -2.0, 4.0]]
    choice = Choice(numbers=cast(Any, [numpy.uint8(200), 7, True]))
    assert read_message(choice.to_bytes()).get_root(Choice).to_value().numbers == [200, 7, 1]
