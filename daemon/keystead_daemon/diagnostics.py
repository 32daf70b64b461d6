"""The daemon's part of ``keystead doctor``: checks as codes with values, free of secrets."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from keystead import hints
from keystead.checks import CHECK_SPECS, UNTRIED
from keystead.errors import BackendRefused, BackendUnreachable, DaemonRefused, Values
from keystead.local_api import ActivationView, Check, DaemonInfo, Diagnostics
from keystead_daemon.backends.licenses import LicenseApi
from keystead_daemon.logs import newest_lines
from keystead_daemon.state import State
from keystead_daemon.view import keys_error

LOG_LINES = 100
#: Largest difference between the server's time and ours that is accepted.
CLOCK_TOLERANCE_MS = 300_000
_SHOWN_PARTS = {"license", "device", "key_manifest"}
_OURS = tuple(spec.name for spec in CHECK_SPECS if spec.by_daemon)


class Diagnosis:
    """Runs the checks. ``info`` describes the daemon; ``log_file`` is its log."""

    def __init__(
        self,
        licenses: LicenseApi,
        *,
        info: DaemonInfo,
        log_file: Path,
    ) -> None:
        self._licenses = licenses
        self._info = info
        self._log_file = log_file

    async def of(self, state: State, view: ActivationView, spec: str | None) -> Diagnostics:
        """Run one step of the diagnostics, or all; the server step requests its health report.

        Raises DaemonRefused (``unknown_check``) for a step that the daemon does not have.
        """
        if spec is not None and spec not in _OURS:
            raise DaemonRefused("Unknown check.", code="unknown_check")
        found = [await self._look(name, state, view) for name in _OURS if spec in (None, name)]
        return Diagnostics(
            info=self._info,
            checks=tuple(check for checks in found for check in checks),
            activation=_shown(view),
            log=newest_lines(self._log_file, LOG_LINES),
        )

    async def _look(self, name: str, state: State, view: ActivationView) -> tuple[Check, ...]:
        match name:
            case "keyring":
                return (_keyring(state),)
            case "storage":
                return (_storage(view),)
            case "clock":
                return (_clock(view),)
            case "license":
                return (Check(name="license", ok=view.usable, code=view.state),)
            case "refresh":
                return (_refresh(state),)
            case "keys":
                return (_keys(state, view),)
            case _:
                return await self._server(view)

    async def _server(self, view: ActivationView) -> tuple[Check, ...]:
        url = urlsplit(self._info.backend_url)
        host: Values = {"host": url.netloc}
        try:
            health = await self._licenses.health()
        except (BackendUnreachable, BackendRefused) as error:
            failed = Check(name="server", ok=False, code=error.code, values=host | error.values)
            later = Check(name="server_time", ok=True, code=UNTRIED)
            unreachable = error if isinstance(error, BackendUnreachable) else None
            return (failed, _tls(url.scheme, unreachable), later)
        code = "ok" if health.ok else "unwell"
        return (
            Check(name="server", ok=health.ok, code=code, values=host),
            _tls(url.scheme, None),
            _server_time(abs(health.time - view.now)),
        )


def _shown(view: ActivationView) -> dict[str, object]:
    shown: dict[str, object] = {
        name: value for name, value in msgspec.to_builtins(view).items() if name not in _SHOWN_PARTS
    }
    if view.checkout is not None:
        # Anyone who knows the address of an open checkout can open it.
        closed = msgspec.structs.replace(view.checkout, url=None, session_id="")
        shown["checkout"] = msgspec.to_builtins(closed)
    if view.account is not None:
        # A report is sent to support, which doesn't need the person's name.
        nameless = msgspec.structs.replace(view.account, subject=None, account=None)
        shown["account"] = msgspec.to_builtins(nameless)
    return shown


def _keyring(state: State) -> Check:
    closed = state.vault_error
    if closed is not None:
        return Check(name="keyring", ok=False, code=closed.code, values=closed.values)
    return Check(name="keyring", ok=True, code="ok" if state.ready else "asking")


def _storage(view: ActivationView) -> Check:
    for hint in (hints.STORAGE_FAILED, hints.VAULT_UNREADABLE):
        if hint in view.hints:
            return Check(name="storage", ok=False, code=hint)
    return Check(name="storage", ok=True, code="ok")


def _clock(view: ActivationView) -> Check:
    behind = hints.CLOCK_BEHIND in view.hints
    return Check(name="clock", ok=not behind, code="behind" if behind else "ok")


def _refresh(state: State) -> Check:
    """Check the last refresh. That the server can't be reached is found by the check of it."""
    failure = state.failure
    if failure is None:
        asked = state.answered_since_start or state.persisted.last_refresh_at is not None
        return Check(name="refresh", ok=True, code="ok" if asked else "none")
    if failure.unreachable:
        return Check(name="refresh", ok=True, code="retrying")
    if failure.code == "unknown_key":
        return Check(name="refresh", ok=False, code="unknown_key")
    if hints.LICENSE_REFUSED in state.hints:
        values: Values = {"code": failure.code}
        return Check(name="refresh", ok=False, code="not_accepted", values=values)
    return Check(name="refresh", ok=False, code=failure.code, values=failure.values)


def _keys(state: State, view: ActivationView) -> Check:
    """Check which keys may sign, and whether the last list of them was accepted."""
    error = keys_error(state)
    if error is not None:
        return Check(name="keys", ok=False, code="not_accepted", values={"code": error})
    manifest = state.key_manifest
    if manifest is None:
        return Check(name="keys", ok=True, code="pinned")
    values: Values = {"version": manifest.version}
    stale = manifest.is_stale(view.now)
    return Check(name="keys", ok=not stale, code="stale" if stale else "ok", values=values)


def _server_time(apart_ms: int) -> Check:
    if apart_ms <= CLOCK_TOLERANCE_MS:
        return Check(name="server_time", ok=True, code="ok")
    values: Values = {"minutes": apart_ms // 60_000}
    return Check(name="server_time", ok=False, code="apart", values=values)


def _tls(scheme: str, failure: BackendUnreachable | None) -> Check:
    if scheme != "https":
        return Check(name="tls", ok=True, code="local")
    if failure is not None and failure.code.startswith("tls_"):
        return Check(name="tls", ok=False, code=failure.code, values=failure.values)
    return Check(name="tls", ok=True, code="ok" if failure is None else UNTRIED)
