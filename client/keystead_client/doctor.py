"""Find out why it does not work: what is looked at, and what it says.

The daemon knows of the backend, TLS, the clock, the keyring and the license, and is asked; what
can be seen without it is looked at here, so that a daemon that does not start is a finding too.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from time import time_ns

import msgspec

from keystead.activation import Activation
from keystead.errors import KeysteadError
from keystead.files import read_whole
from keystead.inspection import Inspection, inspect_document
from keystead.jose import MAX_BYTES
from keystead.local_api import Check, Diagnostics
from keystead.paths import Paths
from keystead_client.browser import has_screen
from keystead_client.context import Context
from keystead_client.waiting import NETWORK_S

#: What only a running daemon can tell.
_DAEMONS_OWN = ("server", "tls", "clock", "keyring")


class Findings(msgspec.Struct, frozen=True):
    """All checks, in the order in which one would look; ``daemon`` is None where none answered."""

    checks: tuple[Check, ...]
    daemon: Diagnostics | None

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)


def examine(context: Context, report: Callable[[str], None] = lambda _: None) -> Findings:
    """Look at everything; ``report`` is told what is being looked at."""
    report("profile")
    profile = _profile(context)
    if not profile.ok:
        return Findings((profile,), None)
    report("files")
    files = tuple(_files(context.paths))
    report("daemon")
    daemon, answered = _daemon(context)
    rest = answered.checks if answered else tuple(_without_daemon(context))
    return Findings((profile, *files, daemon, *rest, _browser(context)), answered)


def license_on_disk(context: Context) -> Inspection | None:
    """The license file as ``keystead inspect`` would see it now; None where there is none.

    Raises StorageFailed where it cannot be read.
    """
    text = read_whole(context.paths.license, MAX_BYTES)
    if text is None:
        return None
    now_ms = time_ns() // 1_000_000
    return inspect_document(text.strip(), keys=context.profile.keys, now_ms=now_ms)


def _profile(context: Context) -> Check:
    try:
        profile = context.profile
    except KeysteadError as error:
        return Check(name="profile", ok=False, detail=error.sentence, fix=error.remedy)
    detail = f"{profile.product_name} ({profile.product_id}), {len(profile.keys)} trusted key(s)"
    return Check(name="profile", ok=True, detail=detail)


def _files(paths: Paths) -> Iterator[Check]:
    wrong = [
        f"{path.name} ({problem})"
        for path, private in _looked_at(paths)
        if (problem := _permission_problem(path, private))
    ]
    if wrong:
        yield Check(
            name="files",
            ok=False,
            detail=f"Not as they should be: {', '.join(wrong)}.",
            fix=f"Make {paths.state} and what is in it belong to you alone (chmod -R go-rwx).",
        )
    else:
        yield Check(name="files", ok=True, detail=f"In {paths.state}, for this user alone.")


def _looked_at(paths: Paths) -> Iterator[tuple[Path, int]]:
    for folder in (paths.state, paths.runtime, paths.logs):
        yield folder, stat.S_IRWXU
    for file in (paths.license, paths.device, paths.vault, paths.secret_key):
        yield file, stat.S_IRUSR | stat.S_IWUSR


def _permission_problem(path: Path, wanted: int) -> str | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        return error.strerror or "unreadable"
    if sys.platform == "win32":
        return None
    if found.st_uid != os.getuid():
        return "belongs to another user"
    if found.st_mode & wanted != wanted:
        return "not writable"
    return "open to others" if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO) else None


def _daemon(context: Context) -> tuple[Check, Diagnostics | None]:
    try:
        with context.connect() as client:
            answered: Diagnostics = client.call("diagnostics.get", timeout_s=NETWORK_S)
    except KeysteadError as error:
        failed = Check(
            name="daemon",
            ok=False,
            detail=error.sentence,
            fix=error.remedy or f"Look into {context.paths.log_file}.",
        )
        return failed, None
    ours, theirs = version("keystead"), answered.info.version
    if ours != theirs:
        detail = f"It runs version {theirs}, this is version {ours}."
        fix = "Stop it; the next command starts the right one."
        return Check(name="daemon", ok=False, detail=detail, fix=fix), answered
    detail = f"Version {theirs} answers (process {answered.info.pid})."
    return Check(name="daemon", ok=True, detail=detail), answered


def _without_daemon(context: Context) -> Iterator[Check]:
    for name in _DAEMONS_OWN:
        yield Check(
            name=name,
            ok=False,
            detail="Not looked at, because the daemon does not run.",
            fix="See to the daemon first.",
        )
    yield _license(context)


def _license(context: Context) -> Check:
    try:
        found = license_on_disk(context)
    except KeysteadError as error:
        return Check(name="license", ok=False, detail=error.sentence, fix=error.remedy)
    if found is None:
        return Check(
            name="license", ok=False, detail="There is none yet.", fix="Run: keystead activate"
        )
    if not found.ok:
        return Check(
            name="license",
            ok=False,
            detail=f"The license file is refused ({found.code}).",
            fix="Run: keystead refresh",
        )
    return _decided(found.activation)


def _decided(activation: Activation | None) -> Check:
    usable = activation is not None and activation.usable
    state = activation.state if activation else "no license"
    fix = None if usable else "Run: keystead refresh"
    return Check(name="license", ok=usable, detail=f"By this computer's clock: {state}.", fix=fix)


def _browser(context: Context) -> Check:
    # Nothing is wrong with a machine without a screen: links are printed there.
    there = has_screen(context.environ) or bool(context.environ.get("BROWSER"))
    detail = "Links open in the browser." if there else "No screen here: links are printed instead."
    return Check(name="browser", ok=True, detail=detail)
