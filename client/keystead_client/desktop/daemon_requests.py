"""One question to the daemon at a time of each kind; what goes wrong is told where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from keystead.errors import DaemonUnreachable, KeysteadError
from keystead_client import presentation
from keystead_client.desktop.browser import is_page, open_page
from keystead_client.desktop.daemon_connection import NETWORK_MS, DaemonConnection
from keystead_client.desktop.loopback_return import LoopbackReturn
from keystead_client.desktop.models.app_state import Destination, Notice, Operation, Problem
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.store import Store

_SIGN_IN_FIRST = ("sign_in_needed", "session_ended")


class DaemonRequests:
    """What all commands share: the way to the daemon, to the store, to the browser and back."""

    def __init__(
        self, store: Store, connection: DaemonConnection, loopback: LoopbackReturn
    ) -> None:
        self.store, self.loopback = store, loopback
        self._connection = connection
        #: Whether a page was opened from which the person may come back with something changed.
        self.away = False

    def ask(
        self,
        operation: Operation,
        method: str,
        params: msgspec.Struct | None = None,
        *,
        done: Callable[[Any], None],
        quietly: bool = False,
        problem_field: str | None = None,
        otherwise: Callable[[KeysteadError], bool] | None = None,
    ) -> None:
        """Ask the daemon, once at a time; what goes wrong is told above the screen, or in it.

        ``problem_field`` names the field of `Known` that takes it; ``quietly`` tells nobody.
        ``otherwise`` may take a refusal in hand, and then says so.
        """

        def succeeded(result: Any) -> None:
            self.store.end(operation)
            done(result)

        def failed(error: KeysteadError) -> None:
            if quietly or (otherwise is not None and otherwise(error)):
                self.store.end(operation)
            elif error.code in _SIGN_IN_FIRST and problem_field is None:
                # The screen to which this leads says why.
                self.store.end(operation)
                self.sign_in_first()
            else:
                self.failed(operation, error, problem_field)

        cleared = {} if quietly else {"notice": None}
        if self.store.begin(operation, **cleared):
            self._connection.call(
                method, params, done=succeeded, failed=failed, limit_ms=NETWORK_MS
            )

    def sign_in_first(self) -> None:
        """Go where somebody signs in; from there the way leads back to here."""
        here = self.store.state.destination
        if here is not Destination.SIGN_IN:
            self.store.put(destination=Destination.SIGN_IN, after_sign_in=here, notice=None)

    def failed(
        self, operation: Operation, error: KeysteadError, problem_field: str | None = None
    ) -> None:
        """Note that something ended badly, and tell why."""
        told = presentation.refusal(error, tr=tr)
        if problem_field is not None:
            self.store.end(operation, **{problem_field: Problem(told.sentence, told.remedy)})
        elif isinstance(error, DaemonUnreachable) and not self.store.state.up:
            # That nobody answers is said already.
            self.store.end(operation)
        else:
            self.store.end(operation, notice=Notice("attention", told.sentence, told.remedy))

    def open(self, url: str) -> None:
        """Open a page in the person's browser, or say why not."""
        self.away = True
        if open_page(url):
            return
        notice = (
            Notice("attention", tr("browser.failed"), address=url)
            if is_page(url)
            else Notice("attention", tr("browser.refused"))
        )
        self.store.put(notice=notice)
