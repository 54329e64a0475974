"""Find words that two objects of a message share, without a schema.

Programs that are printed for bug reports contain the source of this function, so it uses nothing
else of this module.
"""

from __future__ import annotations


def shared_word(segments: list[bytes]) -> tuple[int, int] | None:
    """Return the segment and number of a word that two objects share; None if there is none."""

    def word(segment: int, at: int) -> int:
        inside = segment < len(segments) and 0 <= at < len(segments[segment]) // 8
        return int.from_bytes(segments[segment][8 * at : 8 * at + 8], "little") if inside else 0

    taken = {(0, 0)}
    pointers = [(0, 0)]
    while pointers:
        segment, at = pointers.pop()
        pointer, base = word(segment, at), at + 1
        owned = []
        if pointer & 3 == 2:
            pads, pad = 1 + (pointer >> 2 & 1), pointer >> 3 & 0x1FFFFFFF
            segment = pointer >> 32
            owned.append((segment, pad, pads))
            pointer, base = word(segment, pad), pad + 1
            if pads == 2:
                tag = word(segment, pad + 1)
                segment, base, pointer = pointer >> 32, pointer >> 3 & 0x1FFFFFFF, tag
        offset = pointer >> 2 & 0x3FFFFFFF
        start = base + offset - (offset >> 29 << 30)
        size, count, words = pointer >> 32 & 7, pointer >> 35, 0
        step, first, end = 1, 0, 0
        if pointer & 3 == 0:
            end = words = (pointer >> 32 & 0xFFFF) + (pointer >> 48)
            step, first = end or 1, pointer >> 32 & 0xFFFF
        elif pointer & 3 == 1 and size == 7:
            tag, words = word(segment, start), 1 + count
            step, first, end = (tag >> 32 & 0xFFFF) + (tag >> 48) or 1, tag >> 32 & 0xFFFF, count
        elif pointer & 3 == 1:
            words = (count * (0, 1, 8, 16, 32, 64, 64)[size] + 63) // 64
            end = words if size == 6 else 0
        inside = segment < len(segments) and 0 <= start <= len(segments[segment]) // 8 - words
        owned += [(segment, start, words)] if inside else []
        for part, begin, number in owned:
            for place in range(begin, begin + number):
                if (part, place) in taken:
                    return part, place
                taken.add((part, place))
        if inside:
            begin = start + words - end
            pointers += [(segment, begin + n) for n in range(end) if n % step >= first]
    return None
