"""The harness: who searches for broken promises, and who judges."""
