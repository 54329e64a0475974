"""The command ``capnsafe``, also as ``python -m capnsafe_fuzz``."""

import signal
import sys

from .optional import COMMAND


def main() -> None:
    """Run the command. Ctrl-C while its modules are still loaded ends it without a traceback."""
    try:
        from .cli import main as command
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except ModuleNotFoundError as error:
        for package in COMMAND:
            if error.name is not None and error.name.partition(".")[0] == package.module:
                print(f"capnsafe: {package.sentence}", file=sys.stderr)
                sys.exit(2)
        raise
    command()


if __name__ == "__main__":
    main()
