"""A campaign: many executions of one encoder, searched, judged, grouped, shrunk and kept.

| process | module | does |
| --- | --- | --- |
| parent | ``parent`` | owns all that must not be lost: corpus, findings, deadlines, signals |
| worker | ``worker`` | runs an engine, which hands scenarios to the encoder under test |
| judge | ``confirmer`` | runs a scenario again, uninstrumented: to confirm, to group, to shrink |

Worker and judge may die at any moment. The parent then finds the input that killed them, and goes
on.

Nothing is imported here, because the worker must import this package before the encoder under test
can be instrumented.
"""
