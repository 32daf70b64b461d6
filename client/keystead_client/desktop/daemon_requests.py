"""Requests to the daemon, one at a time of each kind, and how their errors are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from keystead.browser import is_page
from keystead.errors import DaemonUnreachable, KeysteadError
from keystead_client import presentation
from keystead_client.desktop.browser import open_page
from keystead_client.desktop.daemon_connection import NETWORK_MS, DaemonConnection
from keystead_client.desktop.loopback_return import LoopbackReturn
from keystead_client.desktop.models.app_state import Destination, Notice, Operation, Problem
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.store import Store

_SIGN_IN_REQUIRED = ("sign_in_needed", "session_ended")


class DaemonRequests:
    """What all intents share: the daemon, the store, the browser and the return from it."""

    def __init__(
        self, store: Store, connection: DaemonConnection, loopback: LoopbackReturn
    ) -> None:
        self.store, self.loopback = store, loopback
        self._connection = connection
        #: Whether a page was opened from which the person may return with something changed.
        self.browser_opened = False

    def send(
        self,
        operation: Operation,
        method: str,
        params: msgspec.Struct | None = None,
        *,
        done: Callable[[Any], None],
        quietly: bool = False,
        problem_field: str | None = None,
        on_error: Callable[[KeysteadError], bool] | None = None,
    ) -> None:
        """Send a request, unless one of the same operation is under way.

        An error is shown above the page, or in the field of `AppState` that ``problem_field``
        names, or not at all (``quietly``). ``on_error`` may handle it and then returns True.
        """

        def succeeded(result: Any) -> None:
            self.store.end(operation)
            done(result)

        def failed(error: KeysteadError) -> None:
            if quietly or (on_error is not None and on_error(error)):
                self.store.end(operation)
            elif error.code in _SIGN_IN_REQUIRED and problem_field is None:
                # The sign-in page itself says why it is shown.
                self.store.end(operation)
                self.show_sign_in()
            else:
                self.fail(operation, error, problem_field)

        cleared = {} if quietly else {"notice": None}
        if self.store.begin(operation, **cleared):
            self._connection.call(
                method, params, done=succeeded, failed=failed, limit_ms=NETWORK_MS
            )

    def show_sign_in(self) -> None:
        """Go to the sign-in page; afterwards the present page is shown again."""
        here = self.store.state.destination
        if here is not Destination.SIGN_IN:
            self.store.put(destination=Destination.SIGN_IN, after_sign_in=here, notice=None)

    def fail(
        self, operation: Operation, error: KeysteadError, problem_field: str | None = None
    ) -> None:
        """End an operation and show its error."""
        text = presentation.error_text(error, tr=tr)
        if problem_field is not None:
            problem = Problem(text.sentence, text.remedy)
            self.store.end(operation, **{problem_field: problem})
        elif isinstance(error, DaemonUnreachable) and not self.store.state.connected:
            # The lost connection has a notice of its own.
            self.store.end(operation)
        else:
            self.store.end(operation, notice=Notice("attention", text.sentence, text.remedy))

    def open_in_browser(self, url: str) -> None:
        """Open a page in the person's browser, or show why that is not possible."""
        self.browser_opened = True
        if open_page(url):
            return
        notice = (
            Notice("attention", tr("browser.failed"), address=url)
            if is_page(url)
            else Notice("attention", tr("browser.refused"))
        )
        self.store.put(notice=notice)
