"""Words as packers meet them: zero, without a zero, nearly so, and all else; alone and in runs."""

from __future__ import annotations

from hypothesis import strategies as st

#: Around the lengths at which a count is full.
RUNS = (1, 1, 1, 2, 3, 7, 254, 255, 256, 257, 511, 512, 513)

WORDS = {
    "zero": bytes(8),
    "dense": bytes(range(1, 9)),
    "one zero in front": bytes(range(8)),
    "one zero in the middle": b"\xff\xfe\xfd\x00\xfb\xfa\xf9\xf8",
    "one zero at the end": b"1234567\x00",
    "two zeros": b"\x00abcdef\x00",
    "one byte": b"\x00\x00\x00\x00\x80\x00\x00\x00",
    "half": b"\x01\x00\x02\x00\x03\x00\x04\x00",
}


@st.composite
def runs_of_words(draw: st.DrawFn, most: int) -> bytes:
    """Draw whole words, in a limited number of runs."""
    run = st.tuples(
        st.one_of(st.sampled_from(sorted(WORDS.values())), st.binary(min_size=8, max_size=8)),
        st.sampled_from(RUNS),
    )
    return b"".join(word * count for word, count in draw(st.lists(run, max_size=most)))


#: From none to some thousand.
words = runs_of_words(12)


def chunks_of(data: bytes, sizes: list[int]) -> list[bytes]:
    """Cut data into chunks of these sizes, over and over."""
    chunks = []
    at = 0
    index = 0
    while at < len(data):
        size = sizes[index % len(sizes)]
        chunks.append(data[at : at + size])
        at += size
        index += 1
    return chunks


#: Sizes for ``chunks_of``; some are empty, but never all.
chunk_sizes = st.lists(
    st.sampled_from([0, 1, 2, 3, 7, 8, 9, 10, 11, 64, 2047, 5000]), max_size=5
).map(lambda sizes: [*sizes, 17])
