"""Print an input of the target ``reader`` as a program in capnsafe's API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from .. import program
from .expect import Expected
from .run import Asked, run
from .scenario import MAKES, NO_HANDLE, Ask, Question, Read

if TYPE_CHECKING:
    from ...encoders.protocol import Encoder
    from ...execution import Violation

_CALLS: Final = {
    Ask.ROOT: "message.get_root()",
    Ask.STRUCT: "{h}.get_struct({i})",
    Ask.LIST: "{h}.get_list({i}, capnsafe.Element.{e})",
    Ask.POINTERS: "{h}.get_pointer_list({i})",
    Ask.STRUCTS: "{h}.get_struct_list({i})",
    Ask.ELEMENT: "{h}[{i}]",
    Ask.NULL: "{h}.is_null({i})",
    Ask.TEXT: "{h}.get_text({i})",
    Ask.DATA: "{h}.get_data({i})",
    Ask.CAPABILITY: "{h}.get_capability({i})",
    Ask.COPIED: "copied(lambda root: root.copy_pointer(0, {h}, {i}))",
    Ask.ITEM: "{h}[{i}]",
    Ask.COUNT: "len({h})",
    Ask.EACH: "each({h})",
    Ask.TREE: "copied(lambda root: root.set(0, {h}))",
    Ask.TOTAL: "{h}.total_words()",
    Ask.COPY: "copied(lambda root: root.set(0, {h}))",
    Ask.CANONICAL: "canonical({h})",
    Ask.EQUAL: "capnsafe.equal({h}, {o})",
}

_TOOLS: Final = '''
def bits(value):
    """Return floats as their bits, because NaN equals nothing."""
    if isinstance(value, list):
        return [bits(item) for item in value]
    return struct.pack("<d", value) if isinstance(value, float) else value


def copied(copy):
    """Return the object that ``copy`` makes below the root of a new message, as ``tree`` does."""
    with capnsafe.MessageBuilder(capnsafe.FixedAllocator(bytearray(1 << 24))) as message:
        copy(message.init_root(0, 1))
        (segment,) = map(bytes, message.segments())
    return tree(segment, 1)


def tree(segment, at):
    """Return the target of the pointer at a word: shape, words, and (word, target) of pointers.

    The shape is the pointer without its offset. The words have zeros in place of pointers.
    """
    pointer = int.from_bytes(segment[8 * at : 8 * at + 8], "little")
    if pointer == 0:
        return None
    kind, size, count = pointer & 3, pointer >> 32 & 7, pointer >> 35
    if kind == 3:
        return pointer, b"", ()
    start = at + 1 + (pointer >> 2 & 0x3FFFFFFF)
    if kind == 0:
        data, words = pointer >> 32 & 0xFFFF, (pointer >> 32 & 0xFFFF) + (pointer >> 48)
        places = range(data, words)
    elif size == 6:
        words, places = count, range(count)
    elif size == 7:
        tag = int.from_bytes(segment[8 * start : 8 * start + 8], "little")
        data, step, words = tag >> 32 & 0xFFFF, (tag >> 32 & 0xFFFF) + (tag >> 48), 1 + count
        places = [word for word in range(1, words) if (word - 1) % step >= data]
    else:
        words, places = (count * (0, 1, 8, 16, 32, 64)[size] + 63) // 64, ()
    body = bytearray(segment[8 * start : 8 * (start + words)])
    below = []
    for word in places:
        body[8 * word : 8 * word + 8] = bytes(8)
        below.append((word, tree(segment, start + word)))
    found = tuple((word, target) for word, target in below if target is not None)
    return pointer & ~0xFFFFFFFC, bytes(body), found


def each(items):
    """Return the first elements; for structs, their first byte."""
    return [i.get_uint8(0) if hasattr(i, "get_uint8") else i for i in itertools.islice(items, 32)]


def seen(view):
    """Return what a view of a list shows: its format, its length, and the first elements."""
    return view.format, len(view), view[:32].tobytes()


def canonical(reader):
    """Return the canonical form of a copy of the struct."""
    with capnsafe.MessageBuilder() as message:
        message.set_root(reader)
        return message.canonical()
'''


def print_program(scenario: Read, encoder: Encoder, violations: Sequence[Violation]) -> str:
    """Return the program; it ends with a check of the guilty question's result."""
    first = program.provable(violations)
    lines = program.head(encoder, first, ["import itertools", "import struct"])
    for index, segment in enumerate(scenario.segments):
        lines += program.constant(f"SEGMENT_{index}", segment)
    names = ", ".join(f"bytearray(SEGMENT_{n})" for n in range(len(scenario.segments)))
    lines += [*_TOOLS.splitlines(), "", "", f"segments = [{names}]"]
    lines.append("message = capnsafe.MessageReader(")
    lines.append(f"    segments, traversal_limit_words={scenario.traversal_words},")
    lines.append(f"    nesting_limit={scenario.nesting}")
    lines.append(")")
    guilty = first[0].operation if first else len(scenario.questions)
    asked = {entry.call.step: entry for entry in run(scenario, encoder).asked} if first else {}
    made = 0
    for step, question in enumerate(scenario.questions[: guilty + 1]):
        name = f"h{made}" if question.ask in MAKES else ""
        made += question.ask in MAKES
        if question.ask is Ask.EVERYTHING:
            lines.append("# Read it all by the schema of the harness.")
        elif first and step == guilty and step in asked:
            lines += _check(question, asked[step], first[0])
        elif not asked or step in asked:
            lines += _attempt(_call(question), name)
        elif name:
            lines.append(f"{name} = None")
    return "\n".join(lines) + "\n"


def _call(question: Question) -> str:
    handle = f"h{question.handle}" if question.handle != NO_HANDLE else ""
    if question.ask is Ask.FIELD:
        return f"{handle}.get_{question.element.lower()}({question.place})"
    return _CALLS[question.ask].format(
        h=handle, i=question.place, e=question.element, o=f"h{question.other}"
    )


def _attempt(call: str, name: str) -> list[str]:
    target = f"{name} = " if name else ""
    lines = ["try:", f"    {target}{call}", "except (AttributeError, capnsafe.Error):"]
    return [*lines, f"    {name} = None" if name else "    pass"]


def _check(question: Question, asked: Asked, violation: Violation) -> list[str]:
    """Return the check of the guilty question's result."""
    call = _call(question)
    if violation.oracle == "given_back":
        return [
            *_attempt(call, ""),
            "del message",
            "for name in [name for name in globals() if name[0] == 'h' and name[1:].isdigit()]:",
            "    del globals()[name]",
            "for segment in segments:",
            "    segment.append(0)  # Nothing holds it any more.",
        ]
    if asked.expected is None or violation.promise == "P1":
        ending = ["else:", f'    raise AssertionError("{asked.why}")']
        if asked.expected is not None:
            ending = []
        return ["try:", f"    {call}", "except capnsafe.Error:", "    pass", *ending]
    found = _summary(question, call, asked.expected)
    return [f"found = {found}", f"assert found == {asked.expected.value!r}"]


def _summary(question: Question, call: str, expected: Expected) -> str:
    kind: Any = MAKES.get(question.ask)
    if kind == "struct":
        facts = "(made.data_bytes, made.pointer_count, made.data_section())"
        return f"(lambda made: made and {facts})({call})"
    if expected.sized:
        size = f"h{question.handle}.element_size({question.place}).value"
        return f"(lambda made: None if made is None else (len(made), {size}))({call})"
    if question.ask is Ask.EACH and isinstance(expected.value, tuple):
        return f"(bits({call}), *seen(h{question.handle}.view()))"
    if kind is not None:
        return f"(lambda made: None if made is None else len(made))({call})"
    if question.element.startswith("FLOAT") or question.ask in (Ask.ITEM, Ask.EACH):
        return f"bits({call})"
    return call
