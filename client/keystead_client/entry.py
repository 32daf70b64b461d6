"""The command ``keystead``: from its arguments to its exit code."""

from __future__ import annotations

import os
import sys

_USAGE = 2
_INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code (specification §11.4)."""
    _open_standard_streams()
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


def _open_standard_streams() -> None:
    """Put the null device in the place of standard streams that are closed.

    Else the next file or socket would get the descriptor of stdout, and Python's streams be None.
    """
    names = ("stdin", "stdout", "stderr")
    if all(getattr(sys, name) is not None for name in names):
        return
    while (opened := os.open(os.devnull, os.O_RDWR)) < len(names):
        os.set_inheritable(opened, True)
    os.close(opened)
    for descriptor, name in enumerate(names):
        if getattr(sys, name) is None:
            mode = "w" if descriptor else "r"
            setattr(sys, name, open(descriptor, mode, closefd=False))  # noqa: SIM115


def _run(arguments: list[str]) -> int:
    from keystead_client.command_line import run

    try:
        return run(arguments)
    except SystemExit as ended:
        # argparse has printed its help; the flush in `main` finds out whether that succeeded.
        return ended.code if isinstance(ended.code, int) else 0


def _missing_extra() -> bool:
    # The import system's own finders: importing importlib.util costs more than this check.
    found = (finder.find_spec("babel", None) for finder in sys.meta_path)
    return not any(found)


def _output_failed(error: OSError) -> int:
    print(f"keystead: the output could not be written: {error.strerror}.", file=sys.stderr)
    _discard_output()
    return 1


def _discard_output() -> None:
    # The interpreter flushes stdout when it exits, which would fail again.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
