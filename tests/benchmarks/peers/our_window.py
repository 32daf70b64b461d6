"""``keystead-desktop`` as it is, which says ``painted`` when its window is first seen."""

from __future__ import annotations

import sys

from keystead_client.desktop import entry

if __name__ == "__main__":
    # What `main` begins with as well: before it, nothing of Qt is loaded.
    entry._load_qt()
    from keystead_client.desktop.window import MainWindow

    _usual = MainWindow.__init__

    def _heard(window: MainWindow, title: str) -> None:
        _usual(window, title)
        window.first_painted.connect(lambda: print("painted", flush=True))

    MainWindow.__init__ = _heard  # type: ignore[assignment,method-assign]
    sys.exit(entry.main())
