"""The command ``keysteadd``. Checks that the daemon's dependencies are installed."""

from __future__ import annotations

import sys

NEEDED = ("apscheduler", "httpx", "keyring")
HINT = 'keysteadd: the daemon needs: pip install "keystead[daemon]"'


def main(argv: list[str] | None = None) -> int:
    """Start the daemon and return its exit code: 0 done, 1 an error, 2 usage."""
    arguments = sys.argv[1:] if argv is None else argv
    if any(not _installed(name) for name in NEEDED):
        print(HINT, file=sys.stderr)
        return 1
    from keystead_daemon.helpers import FROZEN_FLAG, run

    if arguments[:1] == [FROZEN_FLAG]:
        return run(arguments[1:])
    from keystead_daemon.startup_imports import imports_without_openssl

    with imports_without_openssl():
        from keystead_daemon import app, main
    return main.run(arguments, app.serve)


def _installed(name: str) -> bool:
    # importlib.util would take longer to import than this check does.
    return any(finder.find_spec(name, None) for finder in sys.meta_path)


if __name__ == "__main__":
    sys.exit(main())
