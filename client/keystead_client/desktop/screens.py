"""From what is known to what is on the screen: each page made when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from keystead_client import presentation
from keystead_client.desktop.commands import Commands
from keystead_client.desktop.daemon_supervisor import DaemonSupervisor
from keystead_client.desktop.models.app_state import Screen, banner_of, now_ms, screen_of
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.display_updates import next_change_ms
from keystead_client.desktop.models.navigation import navigation_entries
from keystead_client.desktop.models.overview import overview_model
from keystead_client.desktop.pages.overview import OverviewPage
from keystead_client.desktop.parts.draft import Draft
from keystead_client.desktop.parts.navigation import Navigation
from keystead_client.desktop.parts.notice_bar import NoticeBar
from keystead_client.desktop.parts.page import Page
from keystead_client.desktop.places import Places
from keystead_client.desktop.store import Store
from keystead_client.desktop.window import MainWindow

if TYPE_CHECKING:
    from keystead_client.desktop.pages.activate import ActivatePage
    from keystead_client.desktop.pages.checkout_progress import CheckoutProgressPage
    from keystead_client.desktop.pages.daemon_unavailable import DaemonUnavailablePage
    from keystead_client.desktop.pages.devices import DevicesPage
    from keystead_client.desktop.pages.restore import RestorePage


class Screens(QObject):
    """Shows the store in the window, and again when words are due to change."""

    def __init__(
        self,
        window: MainWindow,
        store: Store,
        commands: Commands,
        supervisor: DaemonSupervisor,
        places: Places,
        *,
        clock: Callable[[], int],
        zone: tzinfo | None = None,
    ) -> None:
        """``clock``: milliseconds of this boot. ``zone`` None is the machine's own."""
        super().__init__(window)
        self.support: str | None = None
        self._window, self._store, self._commands = window, store, commands
        self._supervisor, self._clock, self._zone = supervisor, clock, zone
        self._places, self._left = places, False
        self._build_frame()
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self.show)
        store.changed.connect(self.show)
        window.seen.connect(self.show)
        commands.file_wanted.connect(self._choose_file)

    def stop(self) -> None:
        """Show nothing any more: another page has taken the window for good."""
        self._next.stop()
        self._store.changed.disconnect(self.show)
        self._window.seen.disconnect(self.show)

    def leave_as_it_is(self) -> None:
        """Build nothing any more: nobody is behind it."""
        self._left = True

    def build_anew(self) -> None:
        """Say everything in another language; what was typed stays, and where one is."""
        if self._left:
            return
        on_places = self._navigation.keyboard_at()
        mine, theirs = forget_pages(self), forget_pages(self._places)
        self._window.clear_away()
        self._build_frame()
        self.show()
        for owner, drafts in ((self, mine), (self._places, theirs)):
            for name, draft in drafts.items():
                getattr(owner, name).take_draft(draft)
        self._navigation.take_keyboard(on_places)

    def show(self) -> None:
        """Bring the window up to date."""
        state = self._store.state
        screen = screen_of(state)
        now = now_ms(state, self._clock())
        self._navigation.show_places(navigation_entries(state))
        self._window.show_page(self._page(screen, now))
        self._bar.show_notice(banner_of(state))
        due_ms = next_change_ms(state, screen, now) if self._window.is_seen() else None
        if due_ms is None:
            self._next.stop()
        else:
            self._next.start(due_ms)

    def _build_frame(self) -> None:
        self._navigation, self._bar = Navigation(), NoticeBar()
        self._navigation.wanted.connect(self._places.go)
        self._bar.dismissed.connect(self._commands.dismiss)
        self._window.add_notice_bar(self._bar)
        self._window.add_navigation(self._navigation)

    def _page(self, screen: Screen, now: int) -> Page:
        state, zone = self._store.state, self._zone
        view = state.view
        if (place := self._places.page(screen, state)) is not None:
            return place
        match screen:
            case Screen.DAEMON_UNAVAILABLE:
                from keystead_client.desktop.models.daemon_unavailable import (
                    daemon_unavailable_model,
                )

                self._nobody.show_model(daemon_unavailable_model(state, zone=zone))
                return self._nobody
            case Screen.ACTIVATE:
                from keystead_client.desktop.models.activate import activate_model

                self._activate.show_model(activate_model(state))
                return self._activate
            case Screen.SIGN_IN:
                return self._places.sign_in(state)
            case Screen.RESTORE:
                from keystead_client.desktop.models.restore import restore_model

                self._restore.show_model(restore_model(state))
                return self._restore
            case Screen.DEVICES:
                from keystead_client.desktop.models.devices import devices_model

                self._devices.show_model(devices_model(state, now, zone=zone))
                return self._devices
        if screen is Screen.CHECKOUT_PROGRESS and view is not None and view.checkout is not None:
            from keystead_client.desktop.models.checkout_progress import checkout_progress_model

            self._waiting.show_model(
                checkout_progress_model(state, view, view.checkout, now, zone=zone)
            )
            return self._waiting
        if screen is Screen.OVERVIEW and view is not None:
            model = overview_model(state, view, now, zone=zone, support=self.support)
            self._overview.show_model(model)
            return self._overview
        return self._window.connecting

    @cached_property
    def _nobody(self) -> DaemonUnavailablePage:
        from keystead_client.desktop.pages.daemon_unavailable import DaemonUnavailablePage

        page = DaemonUnavailablePage()
        page.try_again.connect(self._supervisor.try_again)
        return page

    @cached_property
    def _activate(self) -> ActivatePage:
        from keystead_client.desktop.pages.activate import ActivatePage

        page, commands = ActivatePage(), self._commands
        page.chosen.connect(self._from_activate)
        page.plan_chosen.connect(lambda plan: commands.choose(plan=plan))
        page.period_chosen.connect(lambda period: commands.choose(billing_period=period))
        page.modules_chosen.connect(lambda modules: commands.choose(modules=modules))
        page.seats_chosen.connect(lambda seats: commands.choose(seats=seats))
        page.retry.connect(commands.list_plans)
        page.back.connect(commands.back)
        # Asked for when they are first to be seen, and not from inside the showing.
        QTimer.singleShot(0, commands, commands.list_plans)
        return page

    @cached_property
    def _restore(self) -> RestorePage:
        from keystead_client.desktop.pages.restore import RestorePage

        page = RestorePage()
        page.asked.connect(self._commands.restore)
        page.back.connect(self._commands.back)
        return page

    @cached_property
    def _waiting(self) -> CheckoutProgressPage:
        from keystead_client.desktop.pages.checkout_progress import CheckoutProgressPage

        page = CheckoutProgressPage()
        page.chosen.connect(self._commands.carry_out)
        return page

    @cached_property
    def _devices(self) -> DevicesPage:
        from keystead_client.desktop.pages.devices import DevicesPage

        page = DevicesPage()
        page.removed.connect(self._commands.remove_device)
        page.back.connect(self._commands.back)
        return page

    @cached_property
    def _overview(self) -> OverviewPage:
        page = OverviewPage()
        page.chosen.connect(self._commands.carry_out)
        return page

    def _from_activate(self, action: str) -> None:
        # The same word leads to this screen from elsewhere, and on from here.
        if action == presentation.ACTIVATE:
            self._commands.start_checkout()
        else:
            self._commands.carry_out(action)

    def _choose_file(self) -> None:
        dialog = QFileDialog(self._window, tr("import.title"))
        dialog.setNameFilter(tr("import.files"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self._commands.import_file(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def forget_pages(owner: object) -> dict[str, Draft]:
    """Take the pages from who made them when they were needed; what was done on each, by name."""
    pages = {name: page for name, page in vars(owner).items() if isinstance(page, Page)}
    for name in pages:
        delattr(owner, name)
    return {name: page.draft() for name, page in pages.items()}
