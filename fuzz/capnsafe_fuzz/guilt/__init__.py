"""The guilty line: the line of the encoder that broke a promise."""
