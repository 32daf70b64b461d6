"""The settings; each change is sent at once."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.settings import (
    APPEARANCES,
    MANUAL,
    PROXIES,
    SYSTEM,
    SettingsModel,
    proxy_problem,
)
from keystead_client.desktop.parts.account_row import AccountRow
from keystead_client.desktop.parts.buttons import button
from keystead_client.desktop.parts.checkbox import CheckBox
from keystead_client.desktop.parts.combo_box import ComboBox
from keystead_client.desktop.parts.labels import label, set_text
from keystead_client.desktop.parts.page import Page
from keystead_client.desktop.parts.radio_group import RadioGroup
from keystead_client.desktop.theme import GAP, MARGIN


class SettingsPage(Page):
    #: (the name of a setting, its value)
    changed = Signal(str, object)
    #: whether the system should start the window at login
    at_login_wanted = Signal(bool)
    sign_in = Signal()
    sign_out = Signal()

    def __init__(self) -> None:
        super().__init__(tr("place.settings"))
        self._languages = ComboBox(tr("settings.language"))
        self._languages.chosen.connect(self._language_chosen)
        self._appearances = RadioGroup("appearance", APPEARANCES)
        self._appearances.chosen.connect(lambda one: self.changed.emit("appearance", one))
        self._login = CheckBox(tr("settings.login"), tr("settings.login.note"))
        self._login.wanted.connect(self.at_login_wanted)
        self._news = CheckBox(tr("settings.notifications"), tr("settings.notifications.note"))
        self._news.wanted.connect(lambda on: self.changed.emit("notifications", on))
        self._account = AccountRow()
        self._account.sign_in.connect(self.sign_in)
        self._account.sign_out.connect(self.sign_out)
        self._make_proxy()
        self._problem = label("strong")
        self._lay_out()

    def show_model(self, model: SettingsModel) -> None:
        """Show the settings."""
        self._languages.show_options(model.languages)
        self._appearances.show_options(model.appearances)
        self._login.show_state(on=bool(model.at_login), enabled=model.at_login is not None)
        self._news.show_state(on=model.notifications, enabled=model.enabled)
        self._show_proxy(model)
        self._account.show_account(model.account)
        problem = model.problem
        message = (problem.sentence, problem.remedy) if problem else ()
        set_text(self._problem, "\n".join(filter(None, message)))
        for one in (self._languages, self._appearances, self._proxy):
            one.setEnabled(model.enabled)

    def first_focus(self) -> QWidget:
        return self._languages

    def _make_proxy(self) -> None:
        self._proxies = RadioGroup("proxy", PROXIES)
        self._proxies.chosen.connect(self._proxy_chosen)
        self._address, self._take = QLineEdit(), button(tr("proxy.take"))
        self._address.setAccessibleName(tr("proxy.address"))
        self._address.setPlaceholderText("http://proxy:3128")
        self._address.returnPressed.connect(self._take_address)
        self._take.clicked.connect(self._take_address)
        self._wrong = label("strong")
        self._known_address = ""
        self._typing = False
        self._manual = QWidget()
        manual = QHBoxLayout(self._manual)
        manual.setContentsMargins(0, 0, 0, 0)
        manual.addWidget(self._address, 1)
        manual.addWidget(self._take)
        self._proxy = _stack(self._proxies, self._manual, self._wrong)
        self._wrong.hide()

    def _lay_out(self) -> None:
        self.column.setSpacing(MARGIN)
        self.column.addWidget(label("headline", tr("place.settings")))
        # At the top it is visible without scrolling, whichever setting failed.
        self.column.addWidget(self._problem)
        for heading, *parts in (
            ("settings.language", self._languages),
            ("settings.appearance", self._appearances),
            ("settings.background", self._login, self._news),
            ("settings.proxy", self._proxy),
        ):
            title = label("title", tr(heading))
            if isinstance(parts[0], ComboBox):
                # On Linux a screen reader takes a list's name from its label.
                title.setBuddy(parts[0])
            self.column.addWidget(_stack(title, *parts))
        self.column.addWidget(self._account)
        self.column.addStretch(1)

    def _show_proxy(self, model: SettingsModel) -> None:
        if not self._typing:
            self._proxies.show_options(model.proxies)
        if model.address != self._known_address:
            self._known_address = model.address
            self._address.setText(model.address)
        self._manual.setVisible(self._typing or bool(model.address))

    def _language_chosen(self, language: str) -> None:
        self.changed.emit("language", None if language == SYSTEM else language)

    def _proxy_chosen(self, mode: str) -> None:
        self._typing = mode == MANUAL
        set_text(self._wrong, "")
        if self._typing:
            self._manual.show()
            self._address.setFocus()
        else:
            self.changed.emit("proxy", mode)

    def _take_address(self) -> None:
        address = self._address.text().strip()
        problem = proxy_problem(address)
        set_text(self._wrong, problem or "")
        if problem is None:
            self._typing = False
            self.changed.emit("proxy", address)


def _stack(*parts: QWidget) -> QWidget:
    """Stack widgets vertically; a list is no wider than its text."""
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(GAP)
    for part in parts:
        if isinstance(part, ComboBox):
            column.addWidget(part, 0, Qt.AlignmentFlag.AlignLeft)
        else:
            column.addWidget(part)
    return made
