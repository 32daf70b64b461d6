"""The one place for colours, spacing and type.

Pages name a *role* (`as_role`) or a *tone* (`as_tone`) and never a colour or a size. Sizes follow
the font that the person chose for the system; colours follow the system's light or dark setting.
A test holds the contrast of every pair of text and ground that is used here (WCAG 2.2 §1.4.3).
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6 import QtCore
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QWidget

#: Logical pixels: the distance between things that belong together, and multiples of it.
GAP = 8
MARGIN = 3 * GAP
#: Lines longer than this are tiring to read.
COLUMN = 560
MINIMUM_SIZE = (420, 480)
USUAL_SIZE = (600, 680)

#: Type, as multiples of the system's own size.
SIZES = {
    "sign": 2.2,
    "headline": 1.9,
    "title": 1.35,
    "lead": 1.1,
    "body": 1.0,
    "small": 0.9,
    "badge": 0.85,
}
#: Properties of the application: what a person chose, and what the system's setting is.
_CHOSEN, _SYSTEM_DARK = "keysteadAppearance", "keysteadSystemDark"
_BOLD = {"headline", "title", "strong"}


class Ground(NamedTuple):
    """A text's colour and what it stands on."""

    text: str
    ground: str


class Colours(NamedTuple):
    """One scheme. ``tones`` are the weights in which the program speaks."""

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


def as_role(widget: QWidget, role: str) -> None:
    """Give a widget the look of a role: a size of `SIZES`, ``primary``, ``card``.

    A widget is to have its first role before it is first seen.
    """
    fresh = widget.property("role") is None
    widget.setProperty("role", role)
    if isinstance(widget, QLabel):
        widget.setFont(font_of(role))
    if not fresh:
        _polish(widget)


def as_tone(widget: QWidget, tone: str) -> None:
    """Give a widget, and the labels in it, the colours of a tone."""
    for one in (widget, *widget.findChildren(QLabel)):
        one.setProperty("tone", tone)
        _polish(one)


def font_of(role: str) -> QFont:
    """The system's font in a role's size."""
    font = QApplication.font()
    font.setPointSizeF(font.pointSizeF() * SIZES.get(role, 1.0))
    font.setBold(role in _BOLD)
    return font


def is_dark(application: QGuiApplication) -> bool:
    """What the system asks for, as its palette tells."""
    palette = application.palette()
    return palette.window().color().lightness() < palette.windowText().color().lightness()


def apply(application: QApplication, *, dark: bool | None = None) -> None:
    """Dress the whole application; ``dark`` None follows the system, now and when it changes."""
    if application.style().name() != "fusion":
        application.setStyle("Fusion")
    if dark is None:
        dark = is_dark(application)
        application.setProperty(_SYSTEM_DARK, dark)
        application.styleHints().colorSchemeChanged.connect(
            lambda scheme: _follow(application, dark=scheme is QtCore.Qt.ColorScheme.Dark)
        )
    dress(application, DARK if dark else LIGHT)


def choose(application: QApplication, appearance: str) -> None:
    """Dress as a person chose: ``light``, ``dark``, or ``system``, which is followed."""
    was = application.property(_CHOSEN) or "system"
    if appearance == was:
        return
    application.setProperty(_CHOSEN, appearance)
    dark = appearance == "dark"
    if appearance == "system":
        dark = bool(application.property(_SYSTEM_DARK))
    dress(application, DARK if dark else LIGHT)


def _follow(application: QApplication, *, dark: bool) -> None:
    """The system changed; whoever chose for themselves keeps their choice."""
    application.setProperty(_SYSTEM_DARK, dark)
    if (application.property(_CHOSEN) or "system") == "system":
        dress(application, DARK if dark else LIGHT)


def dress(application: QApplication, colours: Colours) -> None:
    """Put a scheme on."""
    application.setPalette(palette_of(colours))
    application.setStyleSheet(sheet_of(colours))


def palette_of(colours: Colours) -> QPalette:
    """The scheme for what the style draws itself: dialogs, menus, boxes."""
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


def sheet_of(colours: Colours) -> str:
    """The scheme as a style sheet, by role and tone."""
    sizes = {"pad": GAP, "half": GAP // 2, "wide": 2 * GAP, "seats": 6 * GAP}
    # A ring of the same outer size whether it is filled or not.
    rings = {"dot": 12, "core": 8, "ring": 8}
    return _BASE.format(c=colours, **sizes, **rings) + "".join(
        _TONE.format(name=name, tone=tone) for name, tone in colours.tones.items()
    )


def _polish(widget: QWidget) -> None:
    # A style sheet that asks for a property is not asked again by itself.
    widget.style().unpolish(widget)
    widget.style().polish(widget)


_BASE = """
QLabel[role="muted"], QLabel[role="small"] {{ color: {c.muted}; }}
QFrame[role="card"] {{
    background: {c.surface}; border: 1px solid {c.line}; border-radius: {pad}px;
}}
QFrame[role="plan"] {{
    background: {c.surface}; border: 1px solid {c.control_line};
    border-radius: {pad}px; margin: 2px;
}}
QFrame[role="plan"][chosen="true"] {{
    background: {c.tones[wait].ground}; border-color: {c.accent.ground};
}}
QFrame[role="plan"][keyboard="true"] {{ border: 3px solid {c.accent.ground}; margin: 0; }}
QFrame[role="rule"] {{ background: {c.line}; border: none; }}
QPushButton {{
    background: {c.surface}; color: {c.text}; border: 1px solid {c.control_line};
    border-radius: {half}px; padding: {pad}px {wide}px; margin: 1px;
}}
QPushButton:hover {{ border-color: {c.accent.ground}; }}
QPushButton:focus {{ border: 2px solid {c.accent.ground}; margin: 0; }}
QPushButton:pressed {{ background: {c.window}; }}
QPushButton:disabled {{ color: {c.muted}; border-color: {c.line}; background: {c.window}; }}
QPushButton[role="primary"] {{
    background: {c.accent.ground}; color: {c.accent.text}; border: 2px solid {c.accent.ground};
    margin: 0;
}}
QPushButton[role="primary"]:hover, QPushButton[role="primary"]:pressed {{
    background: {c.accent_pressed}; border-color: {c.accent_pressed};
}}
QPushButton[role="primary"]:focus {{ border: 2px solid {c.text}; }}
QPushButton[role="primary"]:disabled {{
    background: {c.window}; color: {c.muted}; border: 2px solid {c.line};
}}
QPushButton[role="plain"] {{
    background: transparent; color: {c.link}; border: 2px solid transparent; padding: {half}px;
}}
QPushButton[role="plain"]:hover {{ text-decoration: underline; }}
QPushButton[role="plain"]:focus {{ border: 2px solid {c.accent.ground}; }}
QPushButton[role="plain"]:disabled {{ color: {c.muted}; }}
QFrame[role="navigation"] {{ border: none; border-bottom: 1px solid {c.line}; }}
QPushButton[role="place"] {{
    background: transparent; color: {c.muted}; border: 2px solid transparent; margin: 0;
    border-bottom: 3px solid transparent; border-radius: 0; padding: {pad}px;
}}
QPushButton[role="place"]:hover {{ color: {c.text}; }}
QPushButton[role="place"]:checked {{
    color: {c.tones[wait].text}; background: {c.tones[wait].ground};
    border-bottom-color: {c.accent.ground};
}}
QPushButton[role="place"]:focus {{
    border: 2px solid {c.accent.ground}; border-bottom-width: 3px;
}}
QLineEdit, QSpinBox, QPlainTextEdit {{
    background: {c.surface}; color: {c.text}; border: 1px solid {c.control_line};
    border-radius: {half}px; padding: {half}px {pad}px; min-height: {wide}px;
}}
QLineEdit:focus, QSpinBox:focus, QPlainTextEdit:focus {{ border: 2px solid {c.accent.ground}; }}
QSpinBox {{ min-width: {seats}px; padding: {half}px; }}
QSpinBox::up-button, QSpinBox::down-button {{ width: 0; border: none; }}
QSpinBox QLineEdit {{ border: none; padding: 0; min-height: 0; background: transparent; }}
QPushButton[role="step"] {{ padding: {half}px {pad}px; min-width: {wide}px; }}
QRadioButton {{
    spacing: {pad}px; border: 2px solid transparent; border-radius: {half}px; padding: {half}px 2px;
}}
QRadioButton[role="plan"] {{ border: none; padding: 0; }}
QRadioButton:focus {{ border-color: {c.accent.ground}; }}
QRadioButton[role="plan"]:focus {{ border: none; }}
QRadioButton::indicator {{
    width: {dot}px; height: {dot}px; border-radius: {ring}px;
    border: 2px solid {c.control_line}; background: {c.surface};
}}
QRadioButton::indicator:checked {{
    width: {core}px; height: {core}px; border: {half}px solid {c.accent.ground};
}}
QCheckBox {{
    spacing: {pad}px; border: 2px solid transparent; border-radius: {half}px; padding: {half}px;
}}
QCheckBox:focus {{ border-color: {c.accent.ground}; }}
QCheckBox::indicator {{
    width: {dot}px; height: {dot}px; border-radius: {half}px;
    border: 2px solid {c.control_line}; background: {c.surface};
}}
QCheckBox::indicator:checked {{
    border-color: {c.accent.ground}; background: {c.accent.ground};
}}
QComboBox {{
    background: {c.surface}; color: {c.text}; border: 1px solid {c.control_line};
    border-radius: {half}px; padding: {half}px {pad}px; min-height: {wide}px; margin: 1px;
    combobox-popup: 0;
}}
QComboBox QAbstractItemView {{
    background: {c.surface}; color: {c.text}; border: 1px solid {c.control_line};
    selection-background-color: {c.accent.ground}; selection-color: {c.accent.text};
}}
QComboBox:hover {{ border-color: {c.accent.ground}; }}
QComboBox:focus {{ border: 2px solid {c.accent.ground}; margin: 0; }}
QComboBox:disabled {{ color: {c.muted}; border-color: {c.line}; background: {c.window}; }}
QComboBox::drop-down {{ border: none; width: {wide}px; }}
QComboBox::down-arrow {{ image: none; }}
QProgressBar {{
    background: {c.line}; border: none; border-radius: 2px; max-height: 4px; min-height: 4px;
}}
QProgressBar::chunk {{ background: {c.accent.ground}; border-radius: 2px; }}
QScrollArea, QScrollArea > QWidget > QWidget[role="column"] {{
    background: transparent; border: none;
}}
"""

_TONE = """
QFrame[role="hero"][tone="{name}"] {{ background: {tone.ground}; border: none; }}
QFrame[role="notice"][tone="{name}"] {{
    background: {tone.ground}; border: none; border-bottom: 1px solid {tone.text};
}}
QLabel[role="badge"][tone="{name}"] {{
    background: {tone.ground}; border-radius: 7px; padding: 1px 7px;
}}
QLabel[tone="{name}"] {{ color: {tone.text}; }}
"""
