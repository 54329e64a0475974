"""An engine finds scenarios worth running.

An engine is given a *hunt*: seeds, a number to draw its luck from, and a function that runs one
input. It calls that function again and again, with whatever bytes it thinks will reach something
new, and knows nothing of oracles, findings or processes. The function raises ``EndOfRun`` when
there has been enough; nothing else ends a hunt.

Nothing of an encoder may be imported before an engine had the chance to instrument it: so this
module and those of the engines import encoders, targets and engine libraries only inside functions.
"""

from .protocol import MAX_INPUT_BYTES, Cell, EndOfRun, Engine, Hunt

__all__ = ["MAX_INPUT_BYTES", "Cell", "EndOfRun", "Engine", "Hunt", "engines"]


def engines() -> dict[str, Engine]:
    """Every engine by its name, the preferred one first."""
    from .atheris import AtherisEngine
    from .random import RandomEngine

    every: list[Engine] = [AtherisEngine(), RandomEngine()]
    return {engine.name: engine for engine in every}
