"""Building a message: the arena, its segments, drafts, and the handles that write."""
