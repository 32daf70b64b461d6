"""Run the diagnostics of `keystead.checks`, one after another.

The daemon answers about the keyring, the clock, the license and the server. What can be checked
without it is checked here, so that a daemon that does not start is a finding too.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import time_ns

import msgspec

import keystead
from keystead.activation import State
from keystead.checks import CHECK_SPECS, UNTRIED, CheckSpec, stops_run, timed_out
from keystead.errors import KeysteadError, Values
from keystead.files import read_file
from keystead.inspection import Inspection, inspect_document
from keystead.jose import MAX_BYTES
from keystead.local_api import Check, DaemonInfo, Diagnostics, DiagnosticsParams
from keystead.paths import Paths
from keystead.profile_match import Match
from keystead.screen import has_screen
from keystead.signing_keys import SigningKeys
from keystead_client.context import Context
from keystead_client.daemon_events import NETWORK_S


class Findings(msgspec.Struct, frozen=True):
    """The results of all checks, in order; ``daemon`` is None if no daemon answered."""

    checks: tuple[Check, ...]
    daemon: Diagnostics | None

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)


class Examination:
    """One run of the checks for a context; it remembers whether a daemon can be asked."""

    def __init__(self, context: Context) -> None:
        self.daemon: Diagnostics | None = None
        self._context = context
        self._up = False

    def run(self, spec: CheckSpec) -> tuple[Check, ...]:
        """Carry out one spec, however long it takes."""
        try:
            match spec.name:
                case "profile":
                    return (_profile(self._context),)
                case "files":
                    return (_files(self._context.paths),)
                case "daemon":
                    return (self._daemon(),)
                case "browser":
                    return (_browser(self._context),)
            return self._ask(spec)
        except KeysteadError as error:
            return tuple(
                Check(name=name, ok=False, code=error.cause, values=error.values)
                for name in spec.checks
            )

    def _daemon(self) -> Check:
        with self._context.connect() as client:
            info: DaemonInfo = client.call("daemon.info")
        self._up = True
        ours, theirs = keystead.__version__, info.version
        if ours != theirs:
            values: Values = {"ours": ours, "theirs": theirs}
            return Check(name="daemon", ok=False, code="other_version", values=values)
        if self._context.match is Match.OTHER:
            product: Values = {"product": self._context.profile.product_name}
            return Check(name="daemon", ok=False, code="other_profile", values=product)
        return Check(
            name="daemon", ok=True, code="ok", values={"version": theirs, "pid": str(info.pid)}
        )

    def _ask(self, spec: CheckSpec) -> tuple[Check, ...]:
        if not self._up:
            if spec.name == "license":
                return (_license(self._context),)
            return tuple(Check(name=name, ok=False, code=UNTRIED) for name in spec.checks)
        with self._context.connect() as client:
            params = DiagnosticsParams(check=spec.name)
            self.daemon = client.call("diagnostics.get", params, timeout_s=NETWORK_S)
        return self.daemon.checks


def examine(
    context: Context,
    *,
    begun: Callable[[CheckSpec], None] = lambda _: None,
    found: Callable[[Check], None] = lambda _: None,
) -> Findings:
    """Run all specs in order; one that exceeds its limit is abandoned.

    ``begun`` gets each spec before it runs, ``found`` each result when it is known.
    """
    examination, checks = Examination(context), list[Check]()
    for spec in CHECK_SPECS:
        begun(spec)
        came = _run_with_limit(spec.limit_s, partial(examination.run, spec)) or timed_out(spec)
        for check in came:
            found(check)
        checks += came
        if stops_run(spec, came):
            break
    return Findings(tuple(checks), examination.daemon)


def license_on_disk(context: Context) -> Inspection | None:
    """Return the license file as ``keystead inspect`` would see it now; None if there is none.

    Raises StorageFailed if it cannot be read.
    """
    text = read_file(context.paths.license, MAX_BYTES)
    if text is None:
        return None
    profile, now_ms = context.profile, time_ns() // 1_000_000
    keys = SigningKeys(profile.product_id, profile.keys, profile.root)
    keys = keys.with_file(read_file(context.paths.key_manifest, MAX_BYTES))
    return inspect_document(text.strip(), keys=keys.trusted(), now_ms=now_ms)


def _run_with_limit(
    limit_s: float, work: Callable[[], tuple[Check, ...]]
) -> tuple[Check, ...] | None:
    """Return what the work returns, or None after the time limit; its thread is abandoned."""
    answers: SimpleQueue[tuple[Check, ...]] = SimpleQueue()
    Thread(target=lambda: answers.put(work()), daemon=True).start()
    try:
        return answers.get(timeout=limit_s)
    except Empty:
        return None


def _profile(context: Context) -> Check:
    profile = context.profile
    values: Values = {"name": profile.product_name, "product": profile.product_id}
    return Check(name="profile", ok=True, code="ok", values=values)


def _files(paths: Paths) -> Check:
    wrong: dict[str, list[str]] = {}
    for path, private in _checked_paths(paths):
        if problem := _permission_problem(path, private):
            wrong.setdefault(problem, []).append(path.name)
    folder: Values = {"folder": str(paths.state)}
    if not wrong:
        return Check(name="files", ok=True, code="ok", values=folder)
    # One kind of problem at a time: the next run finds the next one.
    problem, names = next(iter(wrong.items()))
    return Check(name="files", ok=False, code=problem, values=folder | {"files": ", ".join(names)})


def _checked_paths(paths: Paths) -> list[tuple[Path, int]]:
    folders = (paths.state, paths.runtime, paths.logs)
    files = (paths.license, paths.device, paths.key_manifest, paths.vault, paths.secret_key)
    return [
        *((folder, stat.S_IRWXU) for folder in folders),
        *((file, stat.S_IRUSR | stat.S_IWUSR) for file in files),
    ]


def _permission_problem(path: Path, wanted: int) -> str | None:
    """Return the check's code for what is wrong with a file or folder, or None."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError:
        return "unreadable"
    if sys.platform == "win32":
        return None
    if found.st_uid != os.getuid():
        return "foreign"
    if found.st_mode & wanted != wanted:
        return "unwritable"
    return "open" if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO) else None


def _license(context: Context) -> Check:
    """Check the license on disk by this computer's clock, because no daemon answers."""
    found = license_on_disk(context)
    if found is None:
        return Check(name="license", ok=False, code=State.UNACTIVATED)
    if not found.ok or found.activation is None:
        return Check(name="license", ok=False, code=State.UNTRUSTED)
    return Check(name="license", ok=found.activation.usable, code=found.activation.state)


def _browser(context: Context) -> Check:
    # A machine without a screen is fine: links are printed there.
    there = has_screen(context.environ) or bool(context.environ.get("BROWSER"))
    return Check(name="browser", ok=True, code="ok" if there else "no_screen")
