"""Colours, spacing and type.

Pages name a *role* (`set_role`) or a *tone* (`set_tone`), never a colour or a size. Sizes follow
the system's font; colours follow the system's light or dark setting. A test holds the contrast of
every pair of text and background (WCAG 2.2 §1.4.3).
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6 import QtCore
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from keystead_client.desktop.stylesheet import sheet_of

#: Logical pixels: the distance between related widgets; other distances are multiples.
GAP = 8
MARGIN = 3 * GAP
#: Longer lines are hard to read.
COLUMN = 560
MINIMUM_SIZE = (420, 480)
USUAL_SIZE = (600, 680)

#: Font sizes, as multiples of the system's.
SIZES = {
    "sign": 2.2,
    "headline": 1.9,
    "title": 1.35,
    "lead": 1.1,
    "body": 1.0,
    "small": 0.9,
    "badge": 0.85,
}
#: Properties of the application: the person's choice, and the system's setting.
_CHOSEN, _SYSTEM_DARK = "keysteadAppearance", "keysteadSystemDark"
_BOLD = {"headline", "title", "strong"}


class Ground(NamedTuple):
    """A text colour and its background."""

    text: str
    ground: str


class Colours(NamedTuple):
    """One colour scheme; ``tones`` are for the states of an activation."""

    window: str
    surface: str
    text: str
    muted: str
    line: str
    control_line: str
    accent: Ground
    accent_pressed: str
    link: str
    tones: dict[str, Ground]


LIGHT = Colours(
    window="#f5f6f8",
    surface="#ffffff",
    text="#1b1f24",
    muted="#57606a",
    line="#d8dde3",
    control_line="#7d8690",
    accent=Ground("#ffffff", "#1f5fd6"),
    accent_pressed="#194ca8",
    link="#1a56c4",
    tones={
        "ok": Ground("#0f5c2c", "#e1f4e7"),
        "attention": Ground("#744800", "#fff1d1"),
        "blocked": Ground("#9c1519", "#fde8e8"),
        "wait": Ground("#1b4a94", "#e6effc"),
        "skipped": Ground("#57606a", "#eceff2"),
    },
)

DARK = Colours(
    window="#15181c",
    surface="#1f2429",
    text="#eceff2",
    muted="#a8b2bc",
    line="#39414a",
    control_line="#7f8a95",
    accent=Ground("#0b1422", "#7fb0ff"),
    accent_pressed="#a3c6ff",
    link="#8fbaff",
    tones={
        "ok": Ground("#86e5a7", "#12301e"),
        "attention": Ground("#f4c873", "#372a12"),
        "blocked": Ground("#ffa5a0", "#3f1b1c"),
        "wait": Ground("#a2c8ff", "#17293f"),
        "skipped": Ground("#a8b2bc", "#262c33"),
    },
)


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget the look of a role: a size of `SIZES`, ``primary``, ``card``.

    The first role must be set before the widget is shown.
    """
    fresh = widget.property("role") is None
    widget.setProperty("role", role)
    if isinstance(widget, QLabel):
        widget.setFont(font_of(role))
    if not fresh:
        _polish(widget)


def set_tone(widget: QWidget, tone: str) -> None:
    """Give a widget and the labels in it the colours of a tone."""
    for one in (widget, *widget.findChildren(QLabel)):
        one.setProperty("tone", tone)
        _polish(one)


def font_of(role: str) -> QFont:
    """Return the system's font in a role's size."""
    font = QApplication.font()
    font.setPointSizeF(font.pointSizeF() * SIZES.get(role, 1.0))
    font.setBold(role in _BOLD)
    return font


def is_dark(application: QGuiApplication) -> bool:
    """Return whether the system's palette is dark."""
    palette = application.palette()
    return palette.window().color().lightness() < palette.windowText().color().lightness()


def apply(application: QApplication, *, dark: bool | None = None) -> None:
    """Apply the theme; ``dark`` None follows the system, now and when it changes."""
    if application.style().name() != "fusion":
        application.setStyle("Fusion")
    if dark is None:
        dark = is_dark(application)
        application.setProperty(_SYSTEM_DARK, dark)
        application.styleHints().colorSchemeChanged.connect(
            lambda scheme: _follow(application, dark=scheme is QtCore.Qt.ColorScheme.Dark)
        )
    apply_colours(application, DARK if dark else LIGHT)


def choose(application: QApplication, appearance: str) -> None:
    """Apply the person's choice: ``light``, ``dark``, or ``system``."""
    was = application.property(_CHOSEN) or "system"
    if appearance == was:
        return
    application.setProperty(_CHOSEN, appearance)
    dark = appearance == "dark"
    if appearance == "system":
        dark = bool(application.property(_SYSTEM_DARK))
    apply_colours(application, DARK if dark else LIGHT)


def _follow(application: QApplication, *, dark: bool) -> None:
    """Follow the system's setting, unless the person chose another one."""
    application.setProperty(_SYSTEM_DARK, dark)
    if (application.property(_CHOSEN) or "system") == "system":
        apply_colours(application, DARK if dark else LIGHT)


def apply_colours(application: QApplication, colours: Colours) -> None:
    """Apply a colour scheme."""
    application.setPalette(palette_of(colours))
    application.setStyleSheet(sheet_of(colours, GAP))


def palette_of(colours: Colours) -> QPalette:
    """Return the palette for what Qt's style draws itself: dialogs, menus, boxes."""
    role = QPalette.ColorRole
    palette = QPalette()
    for name, colour in (
        (role.Window, colours.window),
        (role.Base, colours.surface),
        (role.AlternateBase, colours.window),
        (role.Button, colours.surface),
        (role.ToolTipBase, colours.surface),
        (role.WindowText, colours.text),
        (role.Text, colours.text),
        (role.ButtonText, colours.text),
        (role.ToolTipText, colours.text),
        (role.PlaceholderText, colours.muted),
        (role.Highlight, colours.accent.ground),
        (role.HighlightedText, colours.accent.text),
        (role.Link, colours.link),
        (role.Accent, colours.accent.ground),
    ):
        palette.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(colours.muted))
    return palette


def _polish(widget: QWidget) -> None:
    # Qt evaluates property selectors only when a widget is polished.
    widget.style().unpolish(widget)
    widget.style().polish(widget)
