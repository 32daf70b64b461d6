"""Show the page that belongs to the window's state, and show it again when its text is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo

from PySide6.QtCore import QObject, QTimer

from keystead_client.desktop.daemon_supervisor import DaemonSupervisor
from keystead_client.desktop.intents import Intents
from keystead_client.desktop.models.app_state import Screen, banner_of, now_ms, screen_of
from keystead_client.desktop.models.display_updates import next_change_ms
from keystead_client.desktop.models.navigation import navigation_entries
from keystead_client.desktop.page_factories import FACTORIES, PageContext, Route
from keystead_client.desktop.parts.draft import Draft
from keystead_client.desktop.parts.navigation import Navigation
from keystead_client.desktop.parts.notice_bar import NoticeBar
from keystead_client.desktop.store import Store
from keystead_client.desktop.window import MainWindow


class PageRouter(QObject):
    """The pages by screen, each made when it is first shown (`page_factories.FACTORIES`)."""

    def __init__(
        self,
        window: MainWindow,
        store: Store,
        intents: Intents,
        supervisor: DaemonSupervisor,
        *,
        clock: Callable[[], int],
        zone: tzinfo | None = None,
    ) -> None:
        """``clock`` returns the milliseconds since boot; ``zone`` None is the machine's own."""
        super().__init__(window)
        self._window, self._store, self._intents = window, store, intents
        self._clock, self._closed = clock, False
        self._context = PageContext(window, intents, supervisor, zone)
        self._routes: dict[Screen, Route] = {}
        self._build_frame()
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self.show)
        store.changed.connect(self.show)
        window.seen.connect(self.show)

    def set_support(self, email: str | None) -> None:
        """Name the vendor's support address on the pages."""
        self._context.support = email

    def stop(self) -> None:
        """Leave the window to another page for good."""
        self._next.stop()
        self._store.changed.disconnect(self.show)
        self._window.seen.disconnect(self.show)

    def close(self) -> None:
        """Rebuild nothing from now on: the window is closing."""
        self._closed = True

    def rebuild(self) -> None:
        """Build every page again in another language; drafts and keyboard focus are kept."""
        if self._closed:
            return
        focused = self._navigation.focused_index()
        drafts = self._take_drafts()
        self._window.clear()
        self._build_frame()
        self.show()
        for screen, draft in drafts.items():
            self._route(screen).page.take_draft(draft)
        self._navigation.focus_button(focused)

    def show(self) -> None:
        """Bring the window up to date."""
        state = self._store.state
        screen = screen_of(state)
        now = now_ms(state, self._clock())
        route = self._route(screen)
        route.update(state, now)
        self._navigation.show_entries(navigation_entries(state))
        self._window.show_page(route.page)
        self._bar.show_notice(banner_of(state))
        due_ms = next_change_ms(state, screen, now) if self._window.is_seen() else None
        if due_ms is None:
            self._next.stop()
        else:
            self._next.start(due_ms)

    def _route(self, screen: Screen) -> Route:
        if screen not in self._routes:
            self._routes[screen] = FACTORIES[screen](self._context)
        return self._routes[screen]

    def _take_drafts(self) -> dict[Screen, Draft]:
        drafts = {screen: route.page.draft() for screen, route in self._routes.items()}
        self._routes.clear()
        return drafts

    def _build_frame(self) -> None:
        self._navigation, self._bar = Navigation(), NoticeBar()
        self._navigation.wanted.connect(self._intents.go_to)
        self._bar.dismissed.connect(self._intents.dismiss_notice)
        self._window.add_notice_bar(self._bar)
        self._window.add_navigation(self._navigation)
