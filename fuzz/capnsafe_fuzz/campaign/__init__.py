"""A campaign is many executions of one encoder: searched, judged, grouped, shrunk and kept.

A *parent* process (``parent``) owns everything that must not be lost: the corpus, the findings, the
deadlines and the signals. A *worker* process (``worker``) only runs: an engine in it hands
scenarios to the encoder under test. A *judge* process (``confirmer``), never instrumented, runs a
scenario again on the parent's behalf, to confirm, to group and to shrink. Either child may die at
any moment; the parent then knows what killed it, and goes on.

Nothing is imported here, because the worker must be able to import this package before it has
arranged for the encoder under test to be instrumented.
"""
