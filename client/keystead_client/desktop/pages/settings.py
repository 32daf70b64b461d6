"""What a person may choose; each choice is taken at once."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from keystead_client.desktop.models.settings import (
    APPEARANCES,
    MANUAL,
    PROXIES,
    Option,
    SettingsModel,
    is_proxy,
)
from keystead_client.desktop.models.words import WORDS
from keystead_client.desktop.parts.buttons import button
from keystead_client.desktop.parts.flow import FlowLayout
from keystead_client.desktop.parts.labels import label, tell
from keystead_client.desktop.parts.page import Page


class Choices(QWidget):
    """One of a few, side by side."""

    #: a value
    chosen = Signal(str)

    def __init__(self, group: str, values: tuple[str, ...]) -> None:
        super().__init__()
        self.setAccessibleName(WORDS(f"settings.{group}"))
        self._group, row = QButtonGroup(self), FlowLayout(self)
        self._radios = {value: QRadioButton(WORDS(f"{group}.{value}")) for value in values}
        for radio in self._radios.values():
            self._group.addButton(radio)
            row.addWidget(radio)
        self._group.buttonClicked.connect(self._clicked)

    def show_options(self, options: tuple[Option, ...]) -> None:
        """Show which one it is."""
        for option in options:
            self._radios[option.value].setChecked(option.chosen)

    def first(self) -> QWidget:
        """Where the keyboard comes in: the one that is chosen, from which arrows lead on."""
        return self._group.checkedButton() or next(iter(self._radios.values()))

    def _clicked(self, radio: QAbstractButton) -> None:
        self.chosen.emit(next(value for value, one in self._radios.items() if one is radio))


class SettingsPage(Page):
    #: (the name of a setting, its value)
    changed = Signal(str, object)

    def __init__(self) -> None:
        super().__init__(WORDS("place.settings"))
        self._proxies = Choices("proxy", PROXIES)
        self._proxies.chosen.connect(self._proxy_chosen)
        self._appearances = Choices("appearance", APPEARANCES)
        self._appearances.chosen.connect(lambda one: self.changed.emit("appearance", one))
        self._address, self._take = QLineEdit(), button(WORDS("proxy.take"))
        self._address.setAccessibleName(WORDS("proxy.address"))
        self._address.setPlaceholderText("http://proxy:3128")
        self._address.returnPressed.connect(self._take_address)
        self._take.clicked.connect(self._take_address)
        self._wrong, self._trouble = label("strong"), label("strong")
        self._known_address = ""
        self._typing = False
        self._lay_out()

    def show_model(self, model: SettingsModel) -> None:
        """Show what is chosen."""
        self._appearances.show_options(model.appearances)
        if not self._typing:
            self._proxies.show_options(model.proxies)
        if model.address != self._known_address:
            self._known_address = model.address
            self._address.setText(model.address)
        self._show_manual(self._typing or bool(model.address))
        trouble = model.trouble
        tell(
            self._trouble,
            "\n".join(filter(None, (trouble.sentence, trouble.remedy))) if trouble else "",
        )
        self._controls.setEnabled(model.enabled)

    def first_focus(self) -> QWidget:
        return self._appearances.first()

    def _lay_out(self) -> None:
        self._controls = QWidget()
        column = QVBoxLayout(self._controls)
        column.setContentsMargins(0, 0, 0, 0)
        self._manual = QWidget()
        manual = QHBoxLayout(self._manual)
        manual.setContentsMargins(0, 0, 0, 0)
        manual.addWidget(self._address, 1)
        manual.addWidget(self._take)
        self.column.addWidget(label("headline", WORDS("place.settings")))
        self.column.addWidget(self._controls)
        for one in (
            label("title", WORDS("settings.appearance")),
            self._appearances,
            label("title", WORDS("settings.proxy")),
            self._proxies,
            self._manual,
            self._wrong,
        ):
            column.addWidget(one)
        self.column.addWidget(self._trouble)
        self.column.addStretch(1)
        self._wrong.hide()

    def _show_manual(self, shown: bool) -> None:
        self._manual.setVisible(shown)

    def _proxy_chosen(self, mode: str) -> None:
        self._typing = mode == MANUAL
        tell(self._wrong, "")
        if self._typing:
            self._show_manual(True)
            self._address.setFocus()
        else:
            self.changed.emit("proxy", mode)

    def _take_address(self) -> None:
        address = self._address.text().strip()
        tell(self._wrong, "" if is_proxy(address) else WORDS("proxy.invalid"))
        if is_proxy(address):
            self._typing = False
            self.changed.emit("proxy", address)
