"""The page between the browser and the confirmed payment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.checkout_progress import CheckoutProgressModel
from keystead_client.desktop.parts.actions import Actions
from keystead_client.desktop.parts.labels import label, set_text
from keystead_client.desktop.parts.page import Page, busy_bar

if TYPE_CHECKING:
    from keystead_client.desktop.parts.qr_code import QrCode


class CheckoutProgressPage(Page):
    #: the name of an action of `presentation`
    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(tr("waiting.progress"))
        self._headline, self._advice = label("headline"), label("lead")
        self._elapsed, self._expires = label("strong"), label("muted")
        self._hints, self._scan = label("body"), label("body", tr("waiting.scan"))
        self._actions = Actions()
        self._actions.chosen.connect(self.chosen)
        self.column.addStretch(1)
        for one in (
            self._headline,
            self._advice,
            busy_bar(tr("waiting.progress")),
            self._elapsed,
            self._expires,
            self._hints,
            self._actions,
            self._scan,
        ):
            self.column.addWidget(one)
        self.column.addStretch(2)
        self._picture: QrCode | None = None

    def show_model(self, model: CheckoutProgressModel) -> None:
        """Show the checkout that is under way."""
        self.setAccessibleName(model.headline)
        self._headline.setText(model.headline)
        self._advice.setText(model.advice)
        self._elapsed.setText(model.elapsed)
        set_text(self._expires, model.expires)
        set_text(self._hints, "\n".join(model.hints))
        self._actions.offer(model.actions, enabled=model.enabled)
        self._show_picture(model.scanned)

    def first_focus(self) -> QWidget | None:
        return self._actions.first()

    def _show_picture(self, address: str) -> None:
        self._scan.setVisible(bool(address))
        if self._picture is None and address:
            from keystead_client.desktop.parts.qr_code import QrCode

            self._picture = QrCode(tr("waiting.picture"))
            self.column.insertWidget(self.column.indexOf(self._scan) + 1, self._picture)
        if self._picture is not None:
            self._picture.show_text(address)
            self._picture.setVisible(bool(address))
