"""The account that is signed in, with buttons to sign in or out."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.settings import AccountModel
from keystead_client.desktop.parts.buttons import button
from keystead_client.desktop.parts.flow_layout import FlowLayout
from keystead_client.desktop.parts.labels import label, set_text


class AccountRow(QWidget):
    sign_in = Signal()
    sign_out = Signal()

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._who = label("body")
        self._in, self._out = button(tr("sign_in")), button(tr("sign_out"))
        self._in.clicked.connect(self.sign_in)
        self._out.clicked.connect(self.sign_out)
        buttons = QWidget()
        row = FlowLayout(buttons)
        row.addWidget(self._in)
        row.addWidget(self._out)
        for one in (label("title", tr("settings.account")), self._who, buttons):
            column.addWidget(one)

    def show_account(self, account: AccountModel | None) -> None:
        """Show the account; hidden if the billing service has no sign-in."""
        self.setVisible(account is not None)
        if account is None:
            return
        set_text(self._who, account.sentence)
        self._in.setVisible(not account.signed_in)
        self._out.setVisible(account.signed_in)
        self._in.setEnabled(account.enabled)
        self._out.setEnabled(account.enabled)
