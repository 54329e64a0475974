"""Engines: each finds scenarios that are worth running.

An engine gets a *hunt*: seeds, a random seed, and a function that runs one input. It calls that
function repeatedly, with the bytes that it thinks will reach something new. It knows nothing of
oracles, findings or processes. The function raises ``EndOfRun`` to end the hunt; nothing else ends
it.

An engine must be able to instrument an encoder before the encoder is imported. So this module and
those of the engines import encoders, targets and engine libraries only inside functions.
"""

from .protocol import MAX_INPUT_BYTES, Cell, EndOfRun, Engine, Hunt

__all__ = ["MAX_INPUT_BYTES", "Cell", "EndOfRun", "Engine", "Hunt", "engines"]


def engines() -> dict[str, Engine]:
    """Return every engine by its name, the preferred one first."""
    from .atheris import AtherisEngine
    from .hypothesis import HypothesisEngine
    from .random import RandomEngine

    every: list[Engine] = [AtherisEngine(), RandomEngine(), HypothesisEngine()]
    return {engine.name: engine for engine in every}
