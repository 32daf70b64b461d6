"""A layout that wraps its widgets into lines, from either side."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

from keystead_client.desktop.theme import GAP


class FlowLayout(QLayout):
    def __init__(self, parent: QWidget | None = None, *, centred: bool = False) -> None:
        super().__init__(parent)
        self._centred = centred
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(GAP)
        self._items: list[QLayoutItem] = []

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        margins = self.contentsMargins()
        inside = width - margins.left() - margins.right()
        height = self._lay(QRect(0, 0, inside, 0), place=False)
        return height + margins.top() + margins.bottom()

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._lay(rect.marginsRemoved(self.contentsMargins()), place=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size.grownBy(self.contentsMargins())

    def _lay(self, rect: QRect, *, place: bool) -> int:
        """Place the items, or only measure them, and return the height."""
        top = 0
        for line in self._lines(rect.width()):
            left = (rect.width() - self._length(line)) // 2 if self._centred else 0
            for item in line if place else ():
                at = QRect(rect.topLeft() + QPoint(left, top), item.sizeHint())
                if self._turned():
                    # Qt mirrors its own layouts only; a custom layout places its items itself.
                    at.moveRight(rect.right() - left)
                item.setGeometry(at)
                left += item.sizeHint().width() + self.spacing()
            top += max(item.sizeHint().height() for item in line) + self.spacing()
        return max(0, top - self.spacing())

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        # Hidden items take no space, and no gap.
        for item in (one for one in self._items if not one.isEmpty()):
            if not lines or self._length([*lines[-1], item]) > width:
                lines.append([])
            lines[-1].append(item)
        return lines

    def _length(self, line: list[QLayoutItem]) -> int:
        return sum(item.sizeHint().width() for item in line) + self.spacing() * (len(line) - 1)

    def _turned(self) -> bool:
        parent = self.parentWidget()
        return parent is not None and parent.isRightToLeft()
