"""The budgets of the project, measured: ``python -m benchmarks``, or ``make bench``.

A *benchmark* measures one thing and yields results: rows of a table. Nothing here is imported by
anything else, and nothing here judges: a missed budget is printed, and fails nothing.
"""
