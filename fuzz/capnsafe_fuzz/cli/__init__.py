"""The command ``capnsafe``: everything that people and CI do with this project.

Exit codes: 0 clean, 1 findings (outranks the rest), 2 usage, 3 the run proved nothing, 4 the
environment failed, 5 unsettled, 130 interrupted. Errors are one sentence on standard error.
"""

from .root import cli, main

__all__ = ["cli", "main"]
