"""What all screens are: one readable column, which scrolls where it does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from keystead_client.desktop.theme import COLUMN, GAP, MARGIN, set_role

if TYPE_CHECKING:
    from keystead_client.desktop.parts.draft import Draft


class Page(QScrollArea):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        # By name: the first mention of `Qt` builds all of its enumerations, a tenth of first paint.
        self.setProperty("focusPolicy", "NoFocus")
        body = QWidget()
        set_role(body, "column")
        inner = QWidget()
        inner.setMaximumWidth(COLUMN)
        self.column = QVBoxLayout(inner)
        self.column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        self.column.setSpacing(2 * GAP)
        self._body = QVBoxLayout(body)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(0)
        centre = QHBoxLayout()
        centre.addStretch(1)
        centre.addWidget(inner, 1000)
        centre.addStretch(1)
        self._body.addLayout(centre, 2)
        self.setWidget(body)

    def set_banner(self, band: QWidget) -> None:
        """Put this above the column, from one side of the window to the other."""
        self._body.insertWidget(0, band, 3)

    def first_focus(self) -> QWidget | None:
        """Where the keyboard is when this screen comes; None leaves it to Qt."""
        return None

    def draft(self) -> Draft:
        """What a person has done here that nobody else knows of."""
        from keystead_client.desktop.parts.draft import Draft

        return Draft.of(self)

    def take_draft(self, draft: Draft) -> None:
        """Go on where they were, on a page that was built anew."""
        draft.give_to(self)


def busy_bar(name: str) -> QProgressBar:
    """A bar that moves for as long as nobody knows how long it takes."""
    bar = QProgressBar()
    bar.setRange(0, 0)
    bar.setTextVisible(False)
    bar.setAccessibleName(name)
    return bar
