"""An allocator to begin with: a pool of a fixed number of words.

To test it, and then an encoder over it:

    python examples/plugins/allocator_template.py
    PYTHONPATH=examples/plugins capnsafe fuzz builder --allocator allocator_template:Pool

``capnsafe/allocator.py`` is the contract of the methods.
"""


class Pool:
    """Lends whole segments from one buffer, and takes them back in any order."""

    def __init__(self, words=1 << 16):
        self.buffer = bytearray(words * 8)
        self.lent = {}  # The first word and the number of words of each segment.
        self.keys = 0

    def allocate(self, minimum_words):
        start = 0
        for first, words in sorted(self.lent.values()):
            if first - start >= minimum_words:
                break
            start = first + words
        if start + minimum_words > len(self.buffer) // 8:
            raise MemoryError("the pool is full")
        # Memory is zero when it is granted.
        self.buffer[start * 8 : (start + minimum_words) * 8] = bytes(minimum_words * 8)
        self.keys += 1
        self.lent[self.keys] = start, minimum_words
        return self.keys

    def segment(self, key):
        start, words = self.lent[key]
        return memoryview(self.buffer)[start * 8 : (start + words) * 8]

    def release(self, key, words_used):
        del self.lent[key]


if __name__ == "__main__":
    from capnsafe_allocators import check_allocator

    print(*check_allocator(Pool), sep="\n")
