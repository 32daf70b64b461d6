"""From the browser back to this window, where no ``keystead:`` link would find it.

An installed program owns that scheme, and the page after paying has a link of it. One that runs
from a checkout or an environment may not: then it listens on loopback while somebody is away to
pay, and the page leads there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from keystead_client.desktop.background_task import BackgroundTask
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.loopback_lifetime import PORTAL_MS, left_ms
from keystead_client.desktop.store import Store

if TYPE_CHECKING:
    from keystead_client.desktop.loopback_server import LoopbackServer


class LoopbackReturn(QObject):
    """Two ways, for there may be a page to pay on and one to manage billing on at a time."""

    #: somebody came back by one of them
    taken = Signal()

    def __init__(self, store: Store, opens_links: Callable[[], bool]) -> None:
        """``opens_links`` says whether a ``keystead:`` link leads here; it may wait."""
        super().__init__()
        self.product = tr("window.unnamed")
        self._store, self._needed = store, False
        self._checkout = _Way(self._page, self)
        self._portal = _Way(self._page, self)
        for way in (self._checkout, self._portal):
            way.received.connect(self.taken)
        self._finder = BackgroundTask(opens_links, self)
        self._finder.done.connect(self._found)
        store.changed.connect(self._look_soon)

    def find_out(self) -> None:
        """See whether there is any need of it."""
        self._finder.begin()

    def to_checkout(self) -> str | None:
        """Where a page to pay on shall lead back to; None where a link does."""
        return self._checkout.opened() if self._needed else None

    def to_portal(self) -> str | None:
        """The same for the billing portal."""
        return self._portal.opened(PORTAL_MS) if self._needed else None

    def close(self) -> None:
        """Nobody is expected any more."""
        self._checkout.close_in(0)
        self._portal.close_in(0)

    def _found(self, owned: bool) -> None:
        self._needed = not owned

    def _page(self) -> bytes:
        from keystead.loopback_http import render_response

        body = tr("landing.body", product=self.product)
        return render_response("200 OK", tr.language.tag, tr("landing.title"), body)

    def _look_soon(self) -> None:
        if self._checkout.address is not None:
            # Once whoever changes the store has finished: an answer is noted in two steps.
            QTimer.singleShot(0, self, self._look)

    def _look(self) -> None:
        self._checkout.close_in(left_ms(self._store.state))


class _Way(QObject):
    """One landing, and when it ends; most windows never need any, and load nothing for it."""

    received = Signal()

    def __init__(self, page: Callable[[], bytes], parent: QObject) -> None:
        super().__init__(parent)
        self._page = page
        self._server: LoopbackServer | None = None
        self._end = QTimer(self, singleShot=True)
        self._end.timeout.connect(self._close)

    @property
    def address(self) -> str | None:
        """Where it listens, or None."""
        return self._server.address if self._server else None

    def opened(self, for_ms: int | None = None) -> str | None:
        """Listen at an address of its own; None where that cannot be."""
        server = self._server = self._server or self._made()
        if server.address is None:
            from secrets import token_urlsafe

            server.open(f"/activated/{token_urlsafe(32)}")
        self._end.stop()
        self.close_in(for_ms)
        return self.address

    def close_in(self, ms: int | None) -> None:
        """End then, if not sooner by itself; None is never."""
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

    def _made(self) -> LoopbackServer:
        from keystead_client.desktop.loopback_server import LoopbackServer

        made = LoopbackServer(self._page, self)
        made.received.connect(self.received)
        return made
