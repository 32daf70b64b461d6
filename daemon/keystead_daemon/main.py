"""The `keysteadd` command: arguments, lock, log, daemonization and exit codes.

Exit codes: 0 after a clean stop, or where a daemon of this home already runs; 1 error; 2 usage.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, MutableMapping
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import msgspec

from keystead import __version__
from keystead.bootstrap import launcher_name
from keystead.errors import DaemonUnreachable, InvalidInput, KeysteadError
from keystead.product_names import DAEMON
from keystead_daemon.clocks import SystemClocks
from keystead_daemon.configuration import Configuration, configure
from keystead_daemon.daemonization import StartupReport, daemonize
from keystead_daemon.lock import InstanceLock
from keystead_daemon.logs import Log, LogFile

if TYPE_CHECKING:
    import argparse

_ERROR, _USAGE = 1, 2
#: Seconds to wait for the daemon that holds the lock, which may still be starting.
_OTHER_DAEMON_S = 5.0
_POLL_S = 0.05
_LIBRARIES = ("asyncio", "apscheduler")


class Serve(Protocol):
    """`app.serve`: runs the daemon to its end and returns its exit code."""

    def __call__(
        self,
        configuration: Configuration,
        log: Log,
        *,
        environ: MutableMapping[str, str],
        ready: Callable[[], None],
    ) -> int: ...


class Options(msgspec.Struct):
    foreground: bool = False
    profile: str | None = None
    home: str | None = None


def run(arguments: list[str], serve: Serve) -> int:
    """Run the daemon for command-line ``arguments``; without --foreground it detaches."""
    options = _parse_plain(arguments) or _parse(arguments)
    try:
        configuration = configure(options.profile, options.home, os.environ)
    except KeysteadError as error:
        return _report_error(error)
    if options.foreground:
        return _run_exclusively(configuration, serve, StartupReport.to_terminal())
    return daemonize(lambda report: _run_exclusively(configuration, serve, report))


def _parse_plain(arguments: list[str]) -> Options | None:
    """Parse options as a service file has them, without argparse, whose import takes 8 ms.

    Returns None for everything else, which argparse then parses or refuses.
    """
    options, rest = Options(), iter(arguments)
    for argument in rest:
        if argument == "--foreground":
            options.foreground = True
        elif argument in {"--profile", "--home"}:
            value = next(rest, "")
            if not value or value.startswith("-"):
                return None
            setattr(options, argument[2:], value)
        else:
            return None
    return options


def _parse(arguments: list[str]) -> Options:
    return msgspec.convert(vars(argument_parser().parse_args(arguments)), Options)


def argument_parser(prog: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of a daemon's command that is called ``prog``."""
    import argparse

    parser = argparse.ArgumentParser(
        prog=prog or launcher_name(DAEMON),
        description="Keep this device's activation: refresh it in the background, and answer "
        "whoever asks on this machine.",
        allow_abbrev=False,
    )
    parser.add_argument("--foreground", action="store_true", help="stay attached to the terminal")
    parser.add_argument("--profile", metavar="FILE", help="the vendor's profile")
    parser.add_argument("--home", metavar="DIR", help="put every file under DIR")
    parser.add_argument("--version", action="version", version=f"keysteadd {__version__}")
    return parser


def _run_exclusively(configuration: Configuration, serve: Serve, report: StartupReport) -> int:
    """Run as the only daemon of this home, or report the one that runs."""
    lock = InstanceLock(configuration.paths.lock)
    try:
        if not lock.acquire():
            code = _wait_for_other_daemon(configuration, lock, report)
            if code is not None:
                return code
        log = _log(configuration)
    except KeysteadError as error:
        report.failed(_sentence(error))
        return _ERROR
    except OSError as error:
        report.failed(f"Can't open the log: {error.strerror}.")
        return _ERROR
    try:
        return serve(configuration, log, environ=os.environ, ready=report.ready)
    except KeysteadError as error:
        log.failed("daemon", error)
        report.failed(_sentence(error))
        return _ERROR
    finally:
        log.close()
        lock.release()


def _log(configuration: Configuration) -> Log:
    file = LogFile(configuration.paths.log_file)
    for name in _LIBRARIES:
        library = logging.getLogger(name)
        library.handlers[:] = [file]
        library.setLevel(logging.WARNING)
        library.propagate = False
    return Log(SystemClocks(), file)


def _wait_for_other_daemon(
    configuration: Configuration, lock: InstanceLock, report: StartupReport
) -> int | None:
    """Return the exit code if another daemon runs; None if it has ended and the lock is ours."""
    from keystead.local_client import LocalClient

    # It may have the lock but not the socket yet, or no more: a client that replaces a daemon
    # starts the next one when the first has closed its socket.
    limit, pause = monotonic() + _OTHER_DAEMON_S, Event()
    while monotonic() < limit:
        try:
            with LocalClient(configuration.paths.socket) as client:
                info = client.call("daemon.info")
        except (DaemonUnreachable, InvalidInput):
            if lock.acquire():
                return None
            pause.wait(_POLL_S)
            continue
        report.already_running(f"keysteadd is already running (pid {info.pid}).")
        return 0
    holder = lock.holder()
    who = f" (pid {holder})" if holder is not None else ""
    paths = configuration.paths
    report.failed(
        f"Another keysteadd{who} holds {paths.lock} but does not respond at {paths.socket}."
        " Stop it, then try again."
    )
    return _ERROR


def _report_error(error: KeysteadError) -> int:
    sys.stderr.write(f"keysteadd: {_sentence(error)}\n")
    return _USAGE if isinstance(error, InvalidInput) else _ERROR


def _sentence(error: KeysteadError) -> str:
    return f"{error.sentence} {error.remedy}" if error.remedy else error.sentence
