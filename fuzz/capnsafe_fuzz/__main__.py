"""The command ``capnsafe``, also as ``python -m capnsafe_fuzz``."""

import signal
import sys


def main() -> None:
    """Run the command. Ctrl-C while its modules are still loaded ends it without a traceback."""
    try:
        from .cli import main as command
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    command()


if __name__ == "__main__":
    main()
