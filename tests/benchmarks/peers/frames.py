"""A simulated user of ``keystead-desktop``: how long each action blocks the event loop.

A line for each, once it is over: what it was, the longest gap between two beats of a timer, and
the most time on a core in one, in seconds. Before the last it says ``change``, and whoever reads
that is to take the activation away. With ``idle`` as its argument it is a form with nothing to do.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from time import perf_counter, thread_time

from keystead_client.desktop import entry

entry._load_qt()

from PySide6.QtCore import QObject, QTimer  # noqa: E402
from PySide6.QtWidgets import QApplication, QLineEdit  # noqa: E402

from keystead_client.desktop.models.catalog import tr  # noqa: E402
from keystead_client.desktop.parts.buttons import Button  # noqa: E402
from keystead_client.desktop.window import MainWindow  # noqa: E402

#: Milliseconds between two beats.
_BEAT_MS = 4
#: Milliseconds for each action, including the responses of daemon and stub.
_EACH_MS = 1_500

Step = tuple[str, Callable[[], object]]


class Heart(QObject):
    """A timer in the event loop that measures the gaps between its beats."""

    def __init__(self) -> None:
        super().__init__()
        self._beats = QTimer(self, interval=_BEAT_MS)
        self._beats.timeout.connect(self._beat)
        self._beats.start()
        self.begin()

    def begin(self) -> None:
        """Start a new measurement."""
        self._last, self._last_core = perf_counter(), thread_time()
        self._longest = self._longest_core = 0.0

    def tell(self, what: str) -> None:
        """Print the measurement since `begin`."""
        self._beat()
        print(f"{what} {self._longest:.6f} {self._longest_core:.6f}", flush=True)

    def _beat(self) -> None:
        now, core = perf_counter(), thread_time()
        self._longest = max(self._longest, now - self._last)
        self._longest_core = max(self._longest_core, core - self._last_core)
        self._last, self._last_core = now, core


class Person(QObject):
    """A simulated user who performs one action after the other in an open window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._heart = window, Heart()
        self._steps, self._done = self._all(), ""
        self._pace = QTimer(self, interval=_EACH_MS)
        self._pace.timeout.connect(self._go_on)
        self._pace.start()

    def _go_on(self) -> None:
        if self._done:
            self._heart.tell(self._done)
        step = next(self._steps, None)
        if step is None:
            self._pace.stop()
            return
        self._done = step[0]
        self._heart.begin()
        step[1]()

    def _all(self) -> Iterator[Step]:
        yield "refresh", self._button(tr("action.refresh")).click
        for place in ("devices", "billing", "diagnostics", "settings", "overview"):
            yield place, self._button(tr(f"place.{place}")).click
        yield "refresh", self._button(tr("action.refresh")).click
        yield "change", lambda: print("change", flush=True)

    def _button(self, text: str) -> Button:
        """Find a button. It is looked up each time, because pages are rebuilt."""
        buttons: list[Button] = self._window.findChildren(Button)
        return next(one for one in buttons if one.text().replace("&", "") == text)


def _used() -> int:
    usual = MainWindow.__init__

    def watched(window: MainWindow, title: str) -> None:
        usual(window, title)
        window.first_painted.connect(lambda: Person(window))

    MainWindow.__init__ = watched  # type: ignore[assignment,method-assign]
    return entry.main()


def _idle() -> int:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    application = QApplication(sys.argv[:1])
    form, heart = QLineEdit(), Heart()
    form.show()
    QTimer.singleShot(_EACH_MS, heart.begin)
    QTimer.singleShot(2 * _EACH_MS, lambda: heart.tell("idle"))
    return application.exec()


if __name__ == "__main__":
    sys.exit(_idle() if "idle" in sys.argv else _used())
