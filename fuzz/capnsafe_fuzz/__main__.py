"""The command ``capnsafe``, also as ``python -m capnsafe_fuzz``."""

import signal
import sys

from .optional import COMMAND

SIGNALS = (signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """Run the command.

    A signal while its modules are still being loaded ends it like any later one.
    """
    heard = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    try:
        for number in heard:
            signal.signal(number, signal.default_int_handler)
        from .cli import main as command
    except KeyboardInterrupt:
        print("capnsafe: interrupted", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    except ModuleNotFoundError as error:
        for package in COMMAND:
            if error.name is not None and error.name.partition(".")[0] == package.module:
                print(f"capnsafe: {package.sentence}", file=sys.stderr)
                sys.exit(2)
        raise
    finally:
        for number in heard:
            signal.signal(number, signal.SIG_DFL)
    command()


if __name__ == "__main__":
    main()
