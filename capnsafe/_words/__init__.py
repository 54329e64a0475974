"""Words, pointers, sizes, buffers and arguments: functions and values that hold no message."""
