"""The entry point of `keystead-stub`, which imports no package of the `stub` extra at first."""

from __future__ import annotations

import sys
from importlib.util import find_spec

NEEDED = ("alembic", "httptools", "httpx", "jinja2", "litestar", "sqlalchemy", "tomlkit", "uvicorn")
HINT = 'keystead-stub: packages are missing. Run: pip install "keystead[stub]"'


def missing() -> list[str]:
    """Packages of the `stub` extra that are not installed."""
    return [name for name in NEEDED if find_spec(name) is None]


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 an error, 2 usage."""
    if missing():
        print(HINT, file=sys.stderr)
        return 1
    from keystead_stub.main import run

    try:
        return run(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


if __name__ == "__main__":
    sys.exit(main())
