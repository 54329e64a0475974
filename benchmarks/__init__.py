"""The budgets of the project, measured: ``python -m benchmarks``, or ``make bench``.

A *benchmark* measures one thing and yields results: rows of a table. No other part of the project
imports this package, and nothing here judges: a missed budget is printed, and fails nothing.
"""
