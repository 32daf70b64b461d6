"""Sign in to the account at the billing service, and sign out."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from keystead.local_api import ActivationView, SignIn
from keystead_client.accounts import sign_in_params
from keystead_client.desktop.daemon_requests import DaemonRequests
from keystead_client.desktop.models.app_state import Operation, needs_sign_in
from keystead_client.desktop.models.catalog import tr


class AccountIntents(QObject):
    #: the person is signed in and was not before
    signed_in = Signal()

    def __init__(self, requests: DaemonRequests, clock: Callable[[], int]) -> None:
        """``clock`` returns the milliseconds since boot."""
        super().__init__()
        self._requests, self._store, self._clock = requests, requests.store, clock
        self._was_signed_out = False
        self._store.changed.connect(self._detect_sign_in)

    def show_sign_in(self) -> None:
        self._requests.show_sign_in()

    def sign_in(self) -> None:
        """Open the sign-in page. The daemon reports the outcome as an event."""

        def done(answer: SignIn) -> None:
            self._requests.open_in_browser(answer.url)

        self._requests.send(Operation.SIGN_IN, "signin.start", sign_in_params(tr), done=done)

    def sign_out(self) -> None:
        def done(view: ActivationView) -> None:
            self._store.set_view(view, self._clock())

        self._requests.send(Operation.SIGN_OUT, "signin.end", done=done)

    def _detect_sign_in(self) -> None:
        view = self._store.state.view
        signed_out = view is not None and needs_sign_in(view)
        came_in, self._was_signed_out = self._was_signed_out and not signed_out, signed_out
        if came_in:
            self.signed_in.emit()
