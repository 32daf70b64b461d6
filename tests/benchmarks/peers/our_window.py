"""``keystead-desktop`` as it is, which says ``painted`` when its window is first seen."""

from __future__ import annotations

import sys

from keystead_client.desktop.entry import main
from keystead_client.desktop.window import MainWindow

_usual = MainWindow.__init__


def _heard(window: MainWindow, title: str) -> None:
    _usual(window, title)
    window.first_painted.connect(lambda: print("painted", flush=True))


if __name__ == "__main__":
    MainWindow.__init__ = _heard  # type: ignore[assignment,method-assign]
    sys.exit(main())
