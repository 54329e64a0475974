"""An encoder is a library that builds messages, as the harness sees it."""
