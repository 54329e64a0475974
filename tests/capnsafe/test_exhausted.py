"""Every handler that turns a ``RecursionError`` into ``Exhausted`` is made to run.

Real calls near the limit are in ``test_python_fails.py``. No tracer runs there, so coverage cannot
tell which handlers did. Here the error is raised at a bytecode of each function that has one.
"""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from types import CodeType
from typing import Any

import pytest

from capnsafe import (
    Element,
    Error,
    Exhausted,
    ListReader,
    MessageBuilder,
    MessageReader,
    Packer,
    Unpacker,
    aio,
    equal,
    frame,
    message_words,
    pack,
    read_message,
    unframe,
    unpack,
)
from capnsafe.memory.adapters.accessors import AppendBuilder
from tests.builds import counts_bytecodes
from tests.capnsafe.interrupts import codes_of_capnsafe, interrupt_in
from tests.capnsafe.memory.test_accessors import WriteOnly
from tests.capnsafe.reading import ANY, CHILD, CHILDREN, DATA, NUMBERS, TEXT, TEXTS
from tests.capnsafe.scene import ACTS, Scene
from tests.capnsafe.schema.features_capnp import Choice, Pointers
from tests.capnsafe.schema.shared_capnp import Date as Day

pytestmark = [
    counts_bytecodes,
    pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring exists from 3.12 on"),
]

#: Functions whose handler is for the end of a call: ``test_python_fails.py`` and
#: ``test_interrupts.py`` have their tests.
ENDS = {"Arena.abandon", "Arena.require_idle", "Arena.close"}

#: Bytecodes of a function at which the error is raised, until one lies in its ``try``.
MOST_BYTECODES = 120


def _read(root: Any) -> None:
    child = root.get_struct(CHILD)
    numbers = child.get_list(NUMBERS, Element.UINT32)
    structs = root.get_struct_list(CHILDREN)
    texts = root.get_pointer_list(TEXTS)
    if type(numbers) is ListReader:
        numbers.view()
    for value in (root, numbers, structs, texts):
        value.total_size()
    root.total_words()
    assert [*numbers, numbers[0]]
    assert [*structs, structs[0]]
    texts.get_text(1)
    root.get_uint64(0)
    root.get_float64(0)
    root.get_bool(0)
    root.get_data(DATA)
    root.get_text_octets(TEXT)
    root.get_capability(ANY)
    root._tree_at(CHILD)
    root.kind(CHILD)
    root.element_size(CHILDREN)
    root.data_section()
    root.is_null(ANY)


def _build(scene: Scene) -> None:
    root = scene.root
    root.set_bool(9, True)
    root.set_float64(1, 0.5)
    root.get_float64(1)
    root.set_uint64(0, 1)
    root.set_text(TEXT, "text")
    numbers = root.init_list(NUMBERS, Element.UINT32, 2)
    numbers[0] = 7
    root.set(ANY, numbers)
    structs = root.init_struct_list(CHILDREN, 1, 1, 0)
    structs[0] = root.init_struct(CHILD, 1, 0)
    structs.adopt(0, scene.message.new_orphan_struct(1, 0))
    equal(root, structs)
    root.copy_pointer(ANY, root, CHILD)
    scene.message.new_orphan_list([numbers, numbers]).total_size()
    scene.message.new_orphan_text("text").extend(9, text=True)
    scene.message.init_root(1, 1)


def _append() -> None:
    root = AppendBuilder(WriteOnly()).init_root(4, 8)
    root.set_uint64(0, 1)
    root.set_text(0, "text")
    root.init_struct(1, 1, 0)
    root.init_list(2, Element.UINT8, 1)[0] = 1
    structs = root.init_struct_list(3, 1, 1, 0)
    assert [*structs, structs[0]]


class Silent:
    """A stream of asyncio without a byte."""

    async def read(self, size: int) -> bytes:
        return b""


class Taking:
    """A stream of asyncio that takes everything at once."""

    def write(self, chunk: bytes) -> None:
        pass

    async def drain(self) -> None:
        pass


def _stream() -> None:
    octets = frame([bytes(16)])
    with suppress(StopIteration):
        aio.write_message(Taking(), [octets]).send(None)
    unframe(octets)
    message_words(octets)
    unpack(pack(octets))
    packer, unpacker = Packer(), Unpacker()
    unpacker.feed(packer.feed(octets) + packer.flush())
    unpacker.finish()
    read_message(frame([bytes(16)], packed=True), packed=True)
    aio.read_messages(Silent())
    message = read_message(octets)
    message.segments()
    message.total_words()
    message.is_canonical()
    message.root_pointer()


def _over(scene: Scene) -> None:
    words = scene.message.segment_words()
    _read(MessageReader.from_allocator(scene.memory, range(len(words))).get_root())
    MessageBuilder.resume(scene.memory, enumerate(words))
    MessageReader.over(scene.memory, range(len(words)))
    MessageBuilder.over(scene.memory, enumerate(words))


def _schema() -> None:
    value = Choice(number=1)
    assert Choice.from_bytes(value.to_bytes()) == value
    repr(value)
    assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value)
    Choice.from_json(value.to_json())
    Choice.from_text(value.to_text())
    with MessageBuilder() as message:
        root = message.init_root(Pointers)
        root.days = [Day()]
        root.days[0] = Day(year=1)
        root.days[0].set(Day(year=2))
        root.any.set(Day())
        root.to_value()
        root.any.set(None)
        root.to_json()
        root.to_text()
        message.init_root(Choice).update(number=5, common=6)
        message.init_root(Choice).number = 5


CALLS: dict[str, Callable[[Scene], object]] = {
    "builder": lambda scene: _read(scene.root),
    "reader": lambda scene: _read(MessageReader(scene.message.segments()).get_root()),
    "over": _over,
    "build": _build,
    "append": lambda scene: _append(),
    "stream": lambda scene: _stream(),
    "schema": lambda scene: _schema(),
    "file": lambda scene: scene.message.write_to(BytesIO()),
    **ACTS,
}


def _handlers() -> Iterator[CodeType]:
    for code in codes_of_capnsafe():
        if "exhausted" in code.co_names and code.co_qualname not in ENDS:
            yield code


def _runs(code: CodeType, call: str) -> bool:
    """Return whether a call runs a function."""
    runs: list[bool] = []
    scene = Scene(stable=False)
    raised = interrupt_in(code, lambda: CALLS[call](scene), 1, None, lambda: runs.append(True))
    assert raised is None, raised
    return bool(runs)


def _is_exhausted(code: CodeType, call: str, number: int) -> bool:
    scene = Scene(stable=False)
    raised = interrupt_in(code, lambda: CALLS[call](scene), number, RecursionError)
    assert isinstance(raised, RecursionError | Error | None), raised
    return isinstance(raised, Exhausted) and isinstance(raised.__cause__, RecursionError)


@pytest.mark.parametrize("code", [*_handlers()], ids=lambda code: code.co_qualname)
def test_a_handler_raises_the_librarys_error(code: CodeType) -> None:
    call = next((call for call in CALLS if _runs(code, call)), None)
    assert call is not None, "none of the calls gets there"
    assert any(_is_exhausted(code, call, number) for number in range(2, MOST_BYTECODES))
