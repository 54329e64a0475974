"""Reading a message that is complete: its segments, its limits, and the handles that read."""
