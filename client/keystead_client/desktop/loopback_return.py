"""Bring the person back from the browser where no ``keystead:`` link reaches this window.

An installed program owns the scheme, and the page after paying has such a link. A program that runs
from a checkout or a virtual environment may not own it: then it listens on loopback while the
person is in the browser, and the page leads there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from keystead_client.desktop.background_task import BackgroundTask
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.loopback_lifetime import PORTAL_MS, remaining_ms
from keystead_client.desktop.store import Store

if TYPE_CHECKING:
    from keystead_client.desktop.loopback_server import LoopbackServer


class LoopbackReturn(QObject):
    """Two addresses: a payment page and a billing portal may be open at the same time."""

    #: the browser requested one of the addresses
    returned = Signal()

    def __init__(self, store: Store, opens_links: Callable[[], bool]) -> None:
        """``opens_links`` says whether ``keystead:`` links reach this window; it may block."""
        super().__init__()
        self.product = tr("window.unnamed")
        self._store, self._needed = store, False
        self._checkout = _ReturnAddress(self._page, self)
        self._portal = _ReturnAddress(self._page, self)
        for address in (self._checkout, self._portal):
            address.requested.connect(self.returned)
        self._detector = BackgroundTask(opens_links, self)
        self._detector.done.connect(self._detected)
        store.changed.connect(self._update_soon)

    def detect(self) -> None:
        """Find out whether the addresses are needed."""
        self._detector.begin()

    def checkout_url(self) -> str | None:
        """Return the URL for the payment page to lead back to; None where links work."""
        return self._checkout.open() if self._needed else None

    def portal_url(self) -> str | None:
        """Return the URL for the billing portal to lead back to; None where links work."""
        return self._portal.open(PORTAL_MS) if self._needed else None

    def close(self) -> None:
        """Stop listening."""
        self._checkout.close_in(0)
        self._portal.close_in(0)

    def _detected(self, opens_links: bool) -> None:
        self._needed = not opens_links

    def _page(self) -> bytes:
        from keystead.loopback_http import render_response

        body = tr("landing.body", product=self.product)
        return render_response("200 OK", tr.language.tag, tr("landing.title"), body)

    def _update_soon(self) -> None:
        if self._checkout.url is not None:
            # From the event loop: an answer changes the store in two steps, and in between the
            # state has neither the request in progress nor the checkout.
            QTimer.singleShot(0, self, self._update)

    def _update(self) -> None:
        self._checkout.close_in(remaining_ms(self._store.state))


class _ReturnAddress(QObject):
    """One loopback server and when it closes. It is loaded when it is first needed."""

    requested = Signal()

    def __init__(self, page: Callable[[], bytes], parent: QObject) -> None:
        super().__init__(parent)
        self._page = page
        self._server: LoopbackServer | None = None
        self._end = QTimer(self, singleShot=True)
        self._end.timeout.connect(self._close)

    @property
    def url(self) -> str | None:
        """The URL while the server listens, or None."""
        return self._server.url if self._server else None

    def open(self, for_ms: int | None = None) -> str | None:
        """Listen and return the URL; None if no port could be opened."""
        server = self._server = self._server or self._create()
        if server.url is None:
            from secrets import token_urlsafe

            server.open(f"/activated/{token_urlsafe(32)}")
        self._end.stop()
        self.close_in(for_ms)
        return self.url

    def close_in(self, ms: int | None) -> None:
        """Close after so many milliseconds, unless an earlier end is set; None never closes."""
        if ms is None:
            self._end.stop()
        elif ms == 0:
            self._end.stop()
            self._close()
        elif not self._end.isActive():
            self._end.start(ms)

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()

    def _create(self) -> LoopbackServer:
        from keystead_client.desktop.loopback_server import LoopbackServer

        server = LoopbackServer(self._page, self)
        server.received.connect(self.requested)
        return server
