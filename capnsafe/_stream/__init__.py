"""Messages in files, sockets and bytes: framing and packing."""
