"""The base of all pages: one readable column that scrolls."""

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
        # The large stretch gives the column all space up to its maximum; the sides share the rest.
        centre.addWidget(inner, 1000)
        centre.addStretch(1)
        self._body.addLayout(centre, 2)
        self.setWidget(body)

    def set_banner(self, band: QWidget) -> None:
        """Put a widget above the column, across the whole width."""
        self._body.insertWidget(0, band, 3)

    def first_focus(self) -> QWidget | None:
        """Return the widget that gets the focus with the page; None leaves it to Qt."""
        return None

    def draft(self) -> Draft:
        """Return what the person has typed and where they are."""
        from keystead_client.desktop.parts.draft import Draft

        return Draft.of(self)

    def take_draft(self, draft: Draft) -> None:
        """Restore a draft on a page that was rebuilt."""
        draft.give_to(self)


def busy_bar(name: str) -> QProgressBar:
    """Create a progress bar without an end."""
    bar = QProgressBar()
    bar.setRange(0, 0)
    bar.setTextVisible(False)
    bar.setAccessibleName(name)
    return bar
