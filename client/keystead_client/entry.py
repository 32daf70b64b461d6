"""The command ``keystead``: from the arguments to an exit code, with nothing heavy on the way."""

from __future__ import annotations

import os
import sys

_USAGE = 2
_INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code (contract §4)."""
    if _missing_extra():
        print('keystead: the command needs: pip install "keystead[client]"', file=sys.stderr)
        return 1
    try:
        code = _run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print(file=sys.stderr)
        code = _INTERRUPTED
    except BrokenPipeError:
        code = 1
        _discard_output()
    except OSError as error:
        code = _output_failed(error)
    return code


def _run(arguments: list[str]) -> int:
    from keystead_client.command_line import run

    try:
        return run(arguments)
    except SystemExit as ended:
        # argparse has said its help; whether that could be written is still to be seen.
        return ended.code if isinstance(ended.code, int) else 0


def _missing_extra() -> bool:
    # Asked of the import system itself: importlib.util would cost more than the whole question.
    found = (finder.find_spec("babel", None) for finder in sys.meta_path)
    return not any(found)


def _output_failed(error: OSError) -> int:
    print(f"keystead: the output could not be written: {error.strerror}.", file=sys.stderr)
    _discard_output()
    return 1


def _discard_output() -> None:
    # What is still buffered would fail once more when the interpreter flushes it at its end.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
