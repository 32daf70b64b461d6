"""Labels. Text is shown as it is: what comes from others is never read as markup."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QLabel, QSizePolicy

from keystead_client.desktop.theme import set_role


def label(role: str, text: str = "") -> QLabel:
    """Create a wrapping label in a role of `theme`, aligned with the start of its row."""
    made = QLabel(text)
    # By name: the first mention of `Qt` builds all of its enumerations, a tenth of first paint.
    made.setProperty("textFormat", "PlainText")
    if QApplication.isRightToLeft():
        _from_the_right(made)
    made.setWordWrap(True)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    made.setSizePolicy(policy)
    set_role(made, role)
    return _towards(made, "AlignRight" if made.isRightToLeft() else "AlignLeft")


def _from_the_right(shown: QLabel) -> None:
    """Align a label at the right. By default Qt aligns Latin text left in an Arabic page."""
    from PySide6.QtCore import Qt

    side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute
    shown.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)


def set_text(shown: QLabel, text: str) -> None:
    """Change a label's text; an empty label is hidden."""
    if shown.text() != text:
        shown.setText(text)
    shown.setVisible(bool(text))


def centered(shown: QLabel) -> QLabel:
    """Center a label's lines."""
    shown.setProperty("alignment", "AlignHCenter|AlignVCenter")
    return shown


def align_end(shown: QLabel) -> QLabel:
    """Align a label with the end of its row."""
    return _towards(shown, "AlignLeft" if shown.isRightToLeft() else "AlignRight")


def _towards(shown: QLabel, side: str) -> QLabel:
    shown.setProperty("alignment", f"{side}|AlignAbsolute|AlignVCenter")
    return shown
