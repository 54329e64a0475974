"""Marks for tests of features of one build of the encoder: the sources, or the compiled package.

``make test-compiled`` runs the tests of the encoder on the compiled package.
"""

from __future__ import annotations

import pytest

import capnsafe


def plain_only(reason: str) -> pytest.MarkDecorator:
    """Skip a test on the compiled package, for this reason."""
    return pytest.mark.skipif(capnsafe.COMPILED, reason=reason)


#: Compiled functions have constants where the sources look names up.
patches_constants = plain_only("it patches a name that compiled functions do not look up")
#: Compiled functions take no frame of the interpreter, so they do not meet its limit.
counts_frames = plain_only("it counts on the encoder's calls to take frames of the interpreter")
#: Compiled functions run no bytecodes.
counts_bytecodes = plain_only("it interrupts the encoder between two bytecodes")
