"""The harness: scenarios, engines that search them, and oracles that judge them.

It tests the sources of capnsafe, even if the compiled package is installed, because engines
instrument sources, and planted bugs patch them. With ``CAPNSAFE_PLAIN=0`` in the environment it
tests the compiled package, which no engine can instrument.
"""

import os

# Processes that the harness starts inherit the variable.
os.environ.setdefault("CAPNSAFE_PLAIN", "1")
