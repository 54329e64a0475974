"""The command ``capnsafe``, also as ``python -m capnsafe_fuzz``."""

import signal
import sys
from collections.abc import Callable

from .interrupts import deliver_again, interrupt
from .optional import COMMAND

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)


def main() -> None:
    """Run the command. A signal while its modules are still loaded ends it as any later one."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    heard = {number: old for number, old in before.items() if old in _DEFAULTS}
    hook = sys.unraisablehook
    try:
        sys.unraisablehook = deliver_again
        for number in heard:
            signal.signal(number, interrupt)
        _load()()
    except KeyboardInterrupt:
        print("capnsafe: interrupted", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    finally:
        sys.unraisablehook = hook
        for number, old in heard.items():
            signal.signal(number, old)


def _load() -> Callable[[], None]:
    try:
        from .cli import main as command
    except ModuleNotFoundError as error:
        for package in COMMAND:
            if error.name is not None and error.name.partition(".")[0] == package.module:
                print(f"capnsafe: {package.sentence}", file=sys.stderr)
                sys.exit(2)
        raise
    except Exception as error:
        # The class is compared by name: its own package may be missing, so it cannot be imported.
        if type(error).__name__ != "FamilyPluginError":
            raise
        print(f"capnsafe: {error}", file=sys.stderr)
        sys.exit(2)
    return command


if __name__ == "__main__":
    main()
