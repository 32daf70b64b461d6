"""Labels. What others wrote is shown as it is, never read as markup."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QLabel, QSizePolicy

from keystead_client.desktop.theme import set_role


def label(role: str, text: str = "") -> QLabel:
    """A wrapping label in a role of `theme`, from the beginning of its row in any script."""
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
    """A Latin name too begins where its page does; Qt puts a text where its own letters begin."""
    from PySide6.QtCore import Qt

    side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute
    shown.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)


def tell(shown: QLabel, text: str) -> None:
    """Change a label, and take no room for an empty one."""
    if shown.text() != text:
        shown.setText(text)
    shown.setVisible(bool(text))


def centered(shown: QLabel) -> QLabel:
    """Write a label's lines in the middle."""
    shown.setProperty("alignment", "AlignHCenter|AlignVCenter")
    return shown


def align_end(shown: QLabel) -> QLabel:
    """Write a label towards the end of its row."""
    return _towards(shown, "AlignLeft" if shown.isRightToLeft() else "AlignRight")


def _towards(shown: QLabel, side: str) -> QLabel:
    shown.setProperty("alignment", f"{side}|AlignAbsolute|AlignVCenter")
    return shown
