"""One question to the daemon at a time of each kind; what goes wrong is told where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from keystead.errors import DaemonUnreachable, KeysteadError
from keystead_client import presentation
from keystead_client.desktop.browser import is_page, open_page
from keystead_client.desktop.daemon_connection import NETWORK_MS, Link
from keystead_client.desktop.loopback_return import WayBack
from keystead_client.desktop.models.app_state import Detour, Doing, Notice, Trouble
from keystead_client.desktop.models.catalog import WORDS
from keystead_client.desktop.store import Store

_SIGN_IN_FIRST = ("sign_in_needed", "session_ended")


class Asking:
    """What all commands share: the way to the daemon, to the store, to the browser and back."""

    def __init__(self, store: Store, link: Link, way_back: WayBack) -> None:
        self.store, self.way_back = store, way_back
        self._link = link
        #: Whether a page was opened from which the person may come back with something changed.
        self.away = False

    def ask(
        self,
        doing: Doing,
        method: str,
        params: msgspec.Struct | None = None,
        *,
        done: Callable[[Any], None],
        quietly: bool = False,
        trouble_in: str | None = None,
        otherwise: Callable[[KeysteadError], bool] | None = None,
    ) -> None:
        """Ask the daemon, once at a time; what goes wrong is told above the screen, or in it.

        ``trouble_in`` names the field of `Known` that takes it; ``quietly`` tells nobody.
        ``otherwise`` may take a refusal in hand, and then says so.
        """

        def succeeded(result: Any) -> None:
            self.store.end(doing)
            done(result)

        def failed(error: KeysteadError) -> None:
            if quietly or (otherwise is not None and otherwise(error)):
                self.store.end(doing)
            elif error.code in _SIGN_IN_FIRST and trouble_in is None:
                # The screen to which this leads says why.
                self.store.end(doing)
                self.sign_in_first()
            else:
                self.failed(doing, error, trouble_in)

        cleared = {} if quietly else {"notice": None}
        if self.store.begin(doing, **cleared):
            self._link.call(method, params, done=succeeded, failed=failed, limit_ms=NETWORK_MS)

    def sign_in_first(self) -> None:
        """Go where somebody signs in; from there the way leads back to here."""
        here = self.store.known.detour
        if here is not Detour.SIGN_IN:
            self.store.put(detour=Detour.SIGN_IN, after_sign_in=here, notice=None)

    def failed(self, doing: Doing, error: KeysteadError, trouble_in: str | None = None) -> None:
        """Note that something ended badly, and tell why."""
        told = presentation.refusal(error, texts=WORDS)
        if trouble_in is not None:
            self.store.end(doing, **{trouble_in: Trouble(told.sentence, told.remedy)})
        elif isinstance(error, DaemonUnreachable) and not self.store.known.up:
            # That nobody answers is said already.
            self.store.end(doing)
        else:
            self.store.end(doing, notice=Notice("attention", told.sentence, told.remedy))

    def open(self, url: str) -> None:
        """Open a page in the person's browser, or say why not."""
        self.away = True
        if open_page(url):
            return
        notice = (
            Notice("attention", WORDS("browser.failed"), address=url)
            if is_page(url)
            else Notice("attention", WORDS("browser.refused"))
        )
        self.store.put(notice=notice)
