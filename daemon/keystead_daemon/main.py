"""From arguments to a running daemon: lock, log, detaching, exit codes.

Exit codes: 0 ended cleanly, or another daemon of this home already answers; 1 an error; 2 usage.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, MutableMapping
from threading import Event
from time import monotonic
from typing import Protocol

import msgspec

from keystead.errors import DaemonUnreachable, InvalidInput, KeysteadError
from keystead_daemon.clocks import SystemClocks
from keystead_daemon.configuration import Configuration, configure
from keystead_daemon.daemonization import StartupReport, daemonize
from keystead_daemon.lock import InstanceLock
from keystead_daemon.logs import LibraryLogHandler, Log, LogFile
from keystead_daemon.version import VERSION

_ERROR, _USAGE = 1, 2
#: Seconds that a daemon which holds the lock may take to answer: it may just be starting.
_ANSWERS_S = 5.0
_LOOK_S = 0.05
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
    return daemonize(lambda messenger: _run_exclusively(configuration, serve, messenger))


def _parse_plain(arguments: list[str]) -> Options | None:
    """The options where they are as plain as in a service file: argparse takes 8 ms to import."""
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
    import argparse

    parser = argparse.ArgumentParser(
        prog="keysteadd",
        description="Keep this device's activation: refresh it in the background, and answer "
        "whoever asks on this machine.",
        allow_abbrev=False,
    )
    parser.add_argument("--foreground", action="store_true", help="stay attached to the terminal")
    parser.add_argument("--profile", metavar="FILE", help="the vendor's profile")
    parser.add_argument("--home", metavar="DIR", help="put every file under DIR")
    parser.add_argument("--version", action="version", version=f"keysteadd {VERSION}")
    return msgspec.convert(vars(parser.parse_args(arguments)), Options)


def _run_exclusively(configuration: Configuration, serve: Serve, messenger: StartupReport) -> int:
    """Run as the one daemon of this home, or say that there is another one."""
    lock = InstanceLock(configuration.paths.lock)
    try:
        if not lock.acquire():
            return _report_running_daemon(configuration, lock, messenger)
        log = _log(configuration)
    except KeysteadError as error:
        messenger.failed(_sentence(error))
        return _ERROR
    except OSError as error:
        messenger.failed(f"The log could not be opened: {error.strerror}.")
        return _ERROR
    try:
        return serve(configuration, log, environ=os.environ, ready=messenger.ready)
    except KeysteadError as error:
        log.failed("daemon", error)
        messenger.failed(_sentence(error))
        return _ERROR
    finally:
        log.close()
        lock.release()


def _log(configuration: Configuration) -> Log:
    file = LogFile(configuration.paths.log_file)
    for name in _LIBRARIES:
        library = logging.getLogger(name)
        library.handlers[:] = [LibraryLogHandler(file)]
        library.setLevel(logging.WARNING)
        library.propagate = False
    return Log(SystemClocks(), file)


def _report_running_daemon(
    configuration: Configuration, lock: InstanceLock, messenger: StartupReport
) -> int:
    from keystead.local_client import LocalClient

    limit, pause = monotonic() + _ANSWERS_S, Event()
    while monotonic() < limit:
        try:
            with LocalClient(configuration.paths.socket) as client:
                info = client.call("daemon.info")
        except (DaemonUnreachable, InvalidInput):
            pause.wait(_LOOK_S)
            continue
        messenger.already(f"keysteadd is already running (pid {info.pid}).")
        return 0
    holder = lock.holder()
    who = f" (pid {holder})" if holder is not None else ""
    messenger.failed(f"Another keysteadd{who} holds {configuration.paths.lock} and is silent.")
    return _ERROR


def _report_error(error: KeysteadError) -> int:
    sys.stderr.write(f"keysteadd: {_sentence(error)}\n")
    return _USAGE if isinstance(error, InvalidInput) else _ERROR


def _sentence(error: KeysteadError) -> str:
    return f"{error.sentence} {error.remedy}" if error.remedy else error.sentence
