"""A campaign: many executions of one encoder, searched, judged, grouped, shrunk and kept.

| process | module | does |
| --- | --- | --- |
| parent | ``parent`` | owns all that must not be lost: corpus, findings, deadlines, signals |
| worker | ``worker`` | runs shards: an engine hands scenarios to the encoder under test |
| judge | ``confirmer`` | runs a scenario again, uninstrumented: to confirm, to group, to shrink |

A campaign consists of epochs, and an epoch of shards (``shards``). Several workers may run shards
of one epoch at once, wherever a pool (``pool``) has a place for them.

Worker and judge may die at any moment. The parent then finds the input that killed them, and goes
on.

Nothing is imported here, because the worker must import this package before the encoder under test
can be instrumented.
"""
