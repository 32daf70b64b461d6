"""The style sheet of a colour scheme, for each role and tone of `theme`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keystead_client.desktop.theme import Colours


def sheet_of(colours: Colours, gap: int) -> str:
    """Return the style sheet; ``gap`` (logical pixels) is the unit of all distances."""
    sizes = {"pad": gap, "half": gap // 2, "wide": 2 * gap, "seats": 6 * gap, "bar": gap + 2}
    # The ring has the same outer size whether it is filled or not.
    rings = {"dot": 12, "core": 8, "ring": 8}
    return _BASE.format(c=colours, **sizes, **rings) + "".join(
        _TONE.format(name=name, tone=tone) for name, tone in colours.tones.items()
    )


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
QPushButton[role="danger"] {{
    color: {c.tones[blocked].text}; border-color: {c.tones[blocked].text};
}}
QPushButton[role="danger"]:hover, QPushButton[role="danger"]:pressed {{
    background: {c.tones[blocked].ground};
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
QMenu {{ background: {c.surface}; color: {c.text}; border: 1px solid {c.line}; padding: {half}px; }}
QMenu::item {{ padding: {half}px {wide}px; border-radius: {half}px; }}
QMenu::item:selected {{ background: {c.accent.ground}; color: {c.accent.text}; }}
QMenu::item:disabled {{ background: transparent; color: {c.muted}; }}
QMenu::separator {{ background: {c.control_line}; height: 1px; margin: {half}px {pad}px; }}
QScrollBar:vertical {{ background: transparent; width: {bar}px; margin: 0; }}
QScrollBar::handle:vertical {{
    background: {c.control_line}; border-radius: 3px; margin: 2px; min-height: {seats}px;
}}
QScrollBar::handle:vertical:hover {{ background: {c.muted}; }}
QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical {{ height: 0; border: none; }}
QScrollBar::add-page:vertical, QScrollBar::sub-page:vertical {{ background: transparent; }}
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
