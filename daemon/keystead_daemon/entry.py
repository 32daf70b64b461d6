"""The command ``keysteadd``, as far as it needs nothing that may not be installed."""

from __future__ import annotations

import sys
from importlib.util import find_spec

NEEDED = ("apscheduler", "httpx", "keyring")
HINT = 'keysteadd: the daemon needs: pip install "keystead[daemon]"'


def main(argv: list[str] | None = None) -> int:
    """Start the daemon and return its exit code: 0 done, 1 an error, 2 usage."""
    arguments = sys.argv[1:] if argv is None else argv
    if any(find_spec(name) is None for name in NEEDED):
        print(HINT, file=sys.stderr)
        return 1
    from keystead_daemon.helpers import FROZEN_FLAG, run

    if arguments[:1] == [FROZEN_FLAG]:
        return run(arguments[1:])
    from keystead_daemon.main import run as run_daemon

    return run_daemon(arguments)


if __name__ == "__main__":
    sys.exit(main())
