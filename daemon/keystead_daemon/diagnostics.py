"""Why does it not work? Checks with a detail and a remedy each, and nothing secret in any."""

from __future__ import annotations

from pathlib import Path

import msgspec

from keystead import hints
from keystead.errors import BackendRefused, BackendUnreachable
from keystead.local_api import ActivationView, Check, DaemonInfo, Diagnostics
from keystead_daemon.backends.nyra import Nyra
from keystead_daemon.logs import newest_lines
from keystead_daemon.state import State

LOG_LINES = 100
#: A server's time further from ours than this is worth a word.
CLOCK_TOLERANCE_MS = 300_000
_SHOWN_PARTS = {"license", "device"}


class Diagnosis:
    """``info`` describes the daemon, ``log_file`` has its newest lines."""

    def __init__(
        self,
        backend: Nyra,
        *,
        info: DaemonInfo,
        log_file: Path,
    ) -> None:
        self._backend = backend
        self._info = info
        self._log_file = log_file

    async def of(self, state: State, view: ActivationView) -> Diagnostics:
        """All checks, run now; the backend is asked for its health."""
        server = await self._server(view)
        shown = {
            name: value
            for name, value in msgspec.to_builtins(view).items()
            if name not in _SHOWN_PARTS
        }
        if shown.get("checkout") is not None:
            # The address of an open checkout lets whoever has it look into it.
            shown["checkout"]["url"] = None
            shown["checkout"]["sessionId"] = None
        return Diagnostics(
            info=self._info,
            checks=(_license(view), _keyring(state), _storage(view), _clock(view), *server),
            activation=shown,
            log=newest_lines(self._log_file, LOG_LINES),
        )

    async def _server(self, view: ActivationView) -> tuple[Check, ...]:
        secure = self._info.backend_url.startswith("https://")
        try:
            health = await self._backend.health()
        except BackendUnreachable as error:
            failed = Check(name="server", ok=False, detail=error.sentence, fix=error.remedy)
            return (failed, _tls(secure, error.code))
        except BackendRefused as error:
            failed = Check(name="server", ok=False, detail=error.sentence, fix=error.remedy)
            return (failed, _tls(secure, None))
        apart_ms = abs(health.time - view.now)
        detail = "The server answers." if health.ok else "The server answers, and is not well."
        near = apart_ms <= CLOCK_TOLERANCE_MS
        return (
            Check(
                name="server",
                ok=health.ok,
                detail=detail,
                fix=None if health.ok else "Try again later.",
            ),
            _tls(secure, None),
            Check(
                name="server_time",
                ok=near,
                detail="Our time is the server's."
                if near
                else f"Our time and the server's differ by {apart_ms // 1000} s.",
                fix=None if near else "Refresh the activation; check the date of this computer.",
            ),
        )


def _license(view: ActivationView) -> Check:
    return Check(
        name="license",
        ok=view.usable,
        detail=f"The state is “{view.state}” ({view.reason}).",
        fix=None if view.usable else "Activate this device, or refresh the activation.",
    )


def _keyring(state: State) -> Check:
    if state.closed is not None:
        return Check(
            name="keyring", ok=False, detail=state.closed.sentence, fix=state.closed.remedy
        )
    detail = "The keys are at hand." if state.ready else "The keyring is being asked."
    return Check(name="keyring", ok=True, detail=detail)


def _storage(view: ActivationView) -> Check:
    failed = {hints.STORAGE_FAILED, hints.VAULT_UNREADABLE} & set(view.hints)
    if not failed:
        return Check(name="storage", ok=True, detail="The files can be read and written.")
    if hints.STORAGE_FAILED in failed:
        fix = "Free some disk space, or check who may write to the folder."
        return Check(name="storage", ok=False, detail="The last save failed.", fix=fix)
    fix = "Use “I already paid” to connect this device again."
    return Check(name="storage", ok=False, detail="The vault could not be opened.", fix=fix)


def _clock(view: ActivationView) -> Check:
    if hints.CLOCK_BEHIND in view.hints:
        return Check(
            name="clock",
            ok=False,
            detail="This computer's clock is behind the time that is known.",
            fix="Set the date and time of this computer.",
        )
    return Check(name="clock", ok=True, detail="This computer's clock is plausible.")


def _tls(secure: bool, failure: str | None) -> Check:
    if not secure:
        return Check(name="tls", ok=True, detail="The server is on this machine: no TLS.")
    if failure == "tls_failed":
        fix = "Check the date of this computer, and whether a network asks you to sign in."
        return Check(name="tls", ok=False, detail="The connection is not secure.", fix=fix)
    if failure is not None:
        detail = "No connection was made, so TLS was not tried."
        return Check(name="tls", ok=True, detail=detail)
    return Check(name="tls", ok=True, detail="The server's certificate holds.")
