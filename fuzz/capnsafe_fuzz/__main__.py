"""``python -m capnsafe_fuzz`` is the command ``capnsafe``."""

from .cli import main

main()
